"""What was made before there were milestones, statutory notices, or an amount that counts of a variation, is as lawful after them."""

from datetime import date
from functools import partial
from importlib import import_module

import psycopg2
import pytest
from django.core.management import call_command

from config.embedded_pg import SUPERUSER
from contracts import variation_approval, varying
from tests import cast
from tests.conftest import CLUSTER
from tests.contracts import variation_cast

OF_EARLIER_CONTRACTS = import_module("contracts.migrations.0024_duties_of_earlier_contracts").OF_EARLIER_CONTRACTS
OF_THE_ORDERS = import_module("contracts.migrations.0005_milestones").OF_THE_ORDERS
WITHOUT = """
SET session_replication_role = replica;
DELETE FROM contracts_paymentdue; DELETE FROM contracts_acceptancecriterion; DELETE FROM contracts_milestone;
DELETE FROM documents_statechange WHERE machine = 'milestone'; DELETE FROM documents_auditevent WHERE subject = 'contracts.milestone';
SET session_replication_role = DEFAULT;
"""


WITHOUT_NOTICES = """
SET session_replication_role = replica;
DELETE FROM contracts_statutorynotice;
SET session_replication_role = DEFAULT;
"""
AS_BEFORE = """
SET session_replication_role = replica;
UPDATE contracts_variationrevision SET cumulative_gbp = cumulative_gbp - counted_gbp + abs(value_gbp), counted_gbp = abs(value_gbp), content = replace(content, '"schema":2', '"schema":1');
UPDATE contracts_variationrevision SET content_hash = encode(sha256(convert_to(content, 'UTF8')), 'hex');
SET session_replication_role = DEFAULT;
"""


def by_hand(database: str, statements: str) -> None:
    with psycopg2.connect(host=str(CLUSTER.socket), user=SUPERUSER, dbname=database) as connection, connection.cursor() as cursor:
        cursor.execute(statements)


def plan() -> list[tuple]:
    return [
        (one.number, one.title, one.effect, one.planned_on, one.due_on, one.state, one.state_since,
         [criterion.words for criterion in one.criteria.all()],
         [(paid.line_id, paid.percent, paid.quantity, paid.amount_gbp) for paid in one.payments.all()])
        for one in cast.contract().milestones.all()
    ]  # fmt: skip


@pytest.mark.world("executed")
def test_the_migration_makes_the_plan_that_an_execution_makes(committed_db):
    made = plan()
    with psycopg2.connect(host=str(CLUSTER.socket), user=SUPERUSER, dbname=committed_db) as connection, connection.cursor() as cursor:
        cursor.execute(WITHOUT)
    assert len(made) == 9 and plan() == []
    with psycopg2.connect(host=str(CLUSTER.socket), user=SUPERUSER, dbname=committed_db) as connection, connection.cursor() as cursor:
        cursor.execute(OF_THE_ORDERS)
    assert plan() == made
    call_command("check_invariants")


@pytest.mark.world("executed")
def test_the_migration_makes_the_duties_that_the_actions_make(committed_db):
    contract = cast.contract()
    made = list(contract.statutory_notices.exclude(kind="performance").values_list("number", "kind", "due_on", "made_at", "is_last"))
    by_hand(committed_db, WITHOUT_NOTICES)
    assert [kind for _number, kind, *_rest in made] == ["award", "details"] and not contract.statutory_notices.exists()
    by_hand(committed_db, OF_EARLIER_CONTRACTS + OF_EARLIER_CONTRACTS)
    assert list(contract.statutory_notices.values_list("number", "kind", "due_on", "made_at", "is_last")) == made
    call_command("check_invariants")


@pytest.mark.world("executed")
def test_what_was_assessed_by_its_net_amount_is_decided_by_it(committed_db):
    """More of one service and still more fewer of another: net below zero, and more counts of it now."""
    wanted = [varying.Wanted("CORE-08", 20), varying.Wanted("CORE-09", -60)]
    assessed = variation_cast.of_kind("quantity", partial(varying.save_lines, wanted=wanted, effective_on=date(2008, 11, 1)))
    assert assessed.revision.value_gbp < 0
    by_hand(committed_db, AS_BEFORE)
    variation = cast.fresh(assessed)
    variation = variation_approval.submit(
        variation, shown_hash=variation.revision.content_hash, by=cast.person(variation_cast.MANAGER), at=cast.START
    )
    assert variation_cast.decided(variation).state == "awaiting_signatures"
    call_command("check_invariants")
