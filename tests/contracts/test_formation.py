"""From the supplier's acceptance to execution, with real rendering, real signatures and the real check."""

from datetime import timedelta

import pytest

from contracts import payload
from contracts.models import ContractLine, ContractState
from documents import canonical, legal_templates, store, verifying
from documents.models import DocumentRevision
from documents.refusal import Refused
from procurement.models import CallOffState, CapacityAccount, PostHolding
from tests import cast
from tests.cast import START
from tests.documents.html_tree import Tree

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


@pytest.mark.world("accepted")
def test_what_is_attached_calls_the_acceptance_by_its_name_and_what_is_printed_names_contacts():
    contract = cast.accepted()
    document = contract.document
    assert document.payload["order"]["contract"] == {
        "schema": 2, "number": contract.number, "accepted_at": canonical.moment(START),
        "revision_hash": contract.revision.revision_hash,
    }  # fmt: skip
    assert contract.signed_on is None, "executed by the last signature, which is not there yet"
    words = Tree(legal_templates.html(document.kind, document.template_version, document.payload)).root.text
    for contact in ("supplier.signatory@fujitsu.example", "contract.manager@dius.example", "framework.manager@co.example"):
        assert contact in words
    attached = document.payload["order"]["attachments"]
    assert any(file["kind"] == "business_case" for file in attached)
    assert all((file["sha256"] in words) == (file["kind"] == "specification") for file in attached)


@pytest.mark.world("accepted")
def test_a_notice_goes_to_who_holds_the_post_or_to_the_next_post():
    call_off, on = cast.accepted().call_off, START.date()
    PostHolding.objects.filter(post__code__in=["supplier_signatory", "framework_manager"]).update(ends_on=on - timedelta(days=1))
    named = {row["role"]: (row["post"], row["email"]) for row in payload.contacts(call_off, on=on)}
    assert named["The Supplier"] == ("order desk", "order.desk@fujitsu.example")
    assert named["The Purchasing Authority"] == ("authority signatory", "authority.signatory@co.example")
    PostHolding.objects.filter(post__code="order_desk").update(ends_on=on - timedelta(days=1))
    assert "The Supplier" not in {row["role"] for row in payload.contacts(call_off, on=on)}


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
