"""From the supplier's acceptance to execution, with real rendering, real signatures and the real check."""

import pytest

from contracts.models import ContractLine, ContractState
from documents import store, verifying
from documents.models import DocumentRevision
from documents.refusal import Refused
from procurement.models import CallOffState, CapacityAccount
from tests import cast
from tests.cast import START

pytestmark = pytest.mark.usefixtures("db")


@pytest.mark.world("issued")
def test_three_parties_sign_and_the_contract_is_executed():
    contract = cast.contract()
    assert contract.state == ContractState.AWAITING_SIGNATURES
    with pytest.raises(Refused, match="turn of Fujitsu Services"):
        cast.sign(contract, "department", "signatory@dius.example")
    for party, email in cast.SIGNATORIES:
        cast.sign(contract, party, email)
        cast.run_all_jobs()
    contract = cast.fresh(contract)
    assert (contract.state, str(contract.original_value_gbp)) == (ContractState.EXECUTED, "11252943.00")
    assert cast.fresh(contract.call_off).state == CallOffState.CONTRACTED
    account = CapacityAccount.objects.get()
    assert (str(account.committed_gbp), str(account.headroom_gbp), str(account.reserved_gbp)) == (
        "67252943.00", "32747057.00", "0.00")  # fmt: skip
    assert ContractLine.objects.count() == 33
    revisions = list(DocumentRevision.objects.order_by("number"))
    bytes_of = [store.content(r) for r in revisions]
    assert len(revisions) == 6
    assert all(later.startswith(earlier) for earlier, later in zip(bytes_of, bytes_of[1:], strict=False))
    verdict = verifying.check(bytes_of[-1])
    assert verdict.valid, verdict
    assert [s["who"] for s in verdict.signatures][1:4] == [
        "Fujitsu Services supplier signatory", "DIUS signatory", "Cabinet Office authority signatory"]  # fmt: skip
    assert not verifying.check(bytes_of[-2]).valid  # a genuine earlier state is not the executed document
    assert not verifying.check(bytes_of[-1] + b"\n").valid
    assert not verifying.check(bytes_of[-1][:-100]).valid


@pytest.mark.world("with_supplier")
def test_the_order_is_accepted_only_by_repeating_its_hash():
    from contracts import formation

    call_off = cast.with_supplier()
    desk = cast.person("order.desk@fujitsu.example")
    with pytest.raises(Refused, match="not what was awarded"):
        formation.accept_order(call_off, shown_hash="0" * 64, by=desk, at=START)
    assert cast.fresh(call_off).state == CallOffState.WITH_SUPPLIER


@pytest.mark.world("issued")
def test_a_signatory_needs_a_fresh_sign_in_and_the_shown_document():
    from dataclasses import replace
    from datetime import timedelta

    from contracts import formation

    contract = cast.contract()
    signatory = cast.person("supplier.signatory@fujitsu.example")
    stale = replace(signatory, signed_in_at=signatory.signed_in_at - timedelta(minutes=10))
    shown = store.head(contract.document).sha256
    with pytest.raises(Refused, match="Sign in again"):
        formation.sign(contract, "supplier", shown_sha256=shown, by=stale, at=START)
    with pytest.raises(Refused, match="not the document as it stands"):
        formation.sign(contract, "supplier", shown_sha256="0" * 64, by=signatory, at=START)


@pytest.mark.world("issued")
def test_a_refusal_to_sign_voids_the_contract_and_reopens_the_order():
    from contracts import formation

    contract = cast.contract()
    formation.refuse_to_sign(
        contract, "supplier", reason="The London address is wrong", changes_wanted=True,
        by=cast.person("supplier.signatory@fujitsu.example"), at=START,
    )  # fmt: skip
    assert cast.fresh(contract).state == ContractState.VOID
    call_off = cast.fresh(contract.call_off)
    assert (call_off.state, call_off.revision.number) == (CallOffState.RETURNED, 2)
    assert CapacityAccount.objects.get().reserved_gbp == 0
