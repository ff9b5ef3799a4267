"""Transfers where either body is not of the Crown: a novation of each contract, signed by three, or nothing passes."""

from datetime import timedelta

import pytest
from django.urls import reverse

from contracts import novating, transfer_guards, transfer_queries
from contracts.models import Novation
from documents import clock
from documents.management.commands.check_invariants import FILE, broken, read
from documents.models import Email
from documents.refusal import Refused
from procurement.models import Accession, Passing
from tests import cast, paper
from tests.cast import START
from tests.contracts import transfer_cast as made
from tests.procurement.test_pages import sign_in

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("in_force")]
INVARIANTS = read(FILE.read_text(encoding="utf-8"))


def agreed():
    contract = paper.in_force()
    return contract, made.agreed(made.prepared(made.novated()))


def test_three_sign_and_the_contract_passes_on_the_day_by_that_document():
    contract, transfer = agreed()
    one = made.novation(transfer)
    assert [signer["identifier"] for signer in one.document.expected_signers] == ["NTRGB-00096056", "GOVGB-DIUS", "GOVGB-CAFCASS"]
    assert not transfer.notices.exists()
    one = made.novation_executed(one)
    assert (one.state, cast.fresh(contract).department.code) == ("executed", "DIUS"), "it passes on the day"
    made.applied(transfer)
    contract = cast.fresh(contract)
    assert (contract.department.code, contract.parties["department"]["code"]) == ("CAFCASS", "DIUS")
    assert Passing.objects.get(subject="contracts.contract").document == one.document
    assert Accession.objects.get(department__code="CAFCASS", state="active").carried_from.department.code == "DIUS"
    assert broken(INVARIANTS) == []


def test_the_plan_says_that_a_body_has_nobody_to_sign():
    paper.in_force()
    alone = made.prepared(made.asked(receiving="CAFCASS", basis="novation", order_number="", order_on=None))
    assert "Children and Family Court Advisory and Support Service has no signatory to sign a novation" in " ".join(map(str, transfer_guards.in_the_way(alone, START.date())))
    made.novated()  # gives it one
    assert "signatory to sign" not in " ".join(map(str, transfer_guards.in_the_way(cast.fresh(alone), START.date())))


def test_what_is_not_signed_by_all_before_the_day_does_not_pass():
    contract, transfer = agreed()
    one = made.novation_issued(made.novation(transfer))
    made.sign_novation(one, *made.NOVATION_PARTIES[0])
    assert "has no novation that all three have signed" in " ".join(map(str, transfer_guards.in_the_way(transfer, START.date())))
    with pytest.raises(Refused, match="no novation that all three have signed"):
        made.applied(transfer)
    transfer = made.taken(transfer)
    assert (transfer.state, cast.fresh(contract).department.code, Novation.objects.get().state) == ("withdrawn", "DIUS", "void")
    assert Novation.objects.get().document.state == "void" and broken(INVARIANTS) == []


def test_a_signature_being_put_on_is_waited_for():
    contract, transfer = agreed()
    one = made.novation_issued(made.novation(transfer))
    for party in made.NOVATION_PARTIES[:2]:
        one = made.sign_novation(one, *party)
    intent = made.novation_act(one, *made.NOVATION_PARTIES[2])
    assert made.taken(transfer).state == "agreed"
    paper.signed(intent)
    one = novating.signature_made(made.novation(transfer), at=START)
    assert made.taken(transfer).state == "agreed", "all have signed, and it is being closed"
    paper.add(one.document, "archive_timestamp")
    novating.execute(made.novation(transfer), at=made.day_of(transfer))
    assert made.taken(transfer).state == "applied" and cast.fresh(contract).department.code == "CAFCASS"


def test_a_party_that_refuses_keeps_the_contract_where_it_is():
    contract, transfer = agreed()
    one = made.novation_issued(made.novation(transfer))
    novating.refuse_to_sign(one, "supplier", reason="We do not know them.", by=cast.person(made.NOVATION_PARTIES[0][1]), at=START)
    told = set(Email.objects.filter(template="contracts/email/transfer_novation_void.txt").values_list("recipient", flat=True))
    assert {"contract.manager@dius.example", "contract.manager@cafcass.example", made.MANAGER} < told
    assert made.taken(transfer).state == "withdrawn" and cast.fresh(contract).department.code == "DIUS"


def test_the_withdrawn_novation_of_all_three_has_no_effect():
    contract, transfer = agreed()
    made.novation_executed(made.novation(transfer))
    made.withdrawn(transfer)
    one = Novation.objects.get()
    assert (one.state, one.document.state, cast.fresh(contract).department.code) == ("void", "complete", "DIUS")
    assert broken(INVARIANTS) == []


def test_orders_on_which_others_have_acted_do_not_pass_by_novation():
    order = cast.submitted()
    transfer = made.prepared(made.novated())
    with pytest.raises(Refused, match=f"{order.reference} is submitted"):
        made.agreed(transfer)


@pytest.mark.world(None)
def test_a_draft_passes_with_the_people():
    order = cast.drafted()
    made.applied(made.agreed(made.prepared(made.novated())))
    assert cast.fresh(order).department.code == "CAFCASS" and broken(INVARIANTS) == []


def test_nobody_who_prepared_it_signs_and_nobody_signs_twice():
    contract, transfer = agreed()
    one = made.novation_issued(made.novation(transfer))
    with pytest.raises(Refused, match="Only the supplier signatory"):
        made.novation_act(one, "supplier", made.MANAGER)
    made.sign_novation(one, *made.NOVATION_PARTIES[0])
    with pytest.raises(Refused, match="It is the turn of"):
        made.novation_act(one, "incoming", made.NOVATION_PARTIES[2][1])
    assert cast.fresh(contract).department.code == "DIUS"


def test_it_is_signed_before_the_day():
    _contract, transfer = agreed()
    one = made.novation_issued(made.novation(transfer))
    with pytest.raises(Refused, match="It was to be signed before"):
        made.novation_act(one, *made.NOVATION_PARTIES[0], at=made.day_of(transfer) + timedelta(hours=1))


READERS = {
    "requester@ons.example": 404, "order.desk@fujitsu.example": 200, "requester@dius.example": 200, "contract.manager@cafcass.example": 200,
    "auditor@co.example": 200,
}  # fmt: skip


@pytest.mark.parametrize(("email", "status"), READERS.items())
def test_the_three_parties_and_the_authority_read_it(client, settings, email, status):
    contract, transfer = agreed()
    made.novation_issued(made.novation(transfer))
    settings.STEPPABLE_CLOCK = True
    clock.step_to(START, by=cast.person(made.MANAGER))
    sign_in(client, email)
    args = [transfer.public_id, contract.public_id]
    for name in ("novation", "novation_progress", "novation_pdf"):
        assert client.get(reverse(f"contracts:{name}", args=args)).status_code == status, name
    for name in ("sign_novation", "refuse_novation"):
        assert client.get(reverse(f"contracts:{name}", args=args)).status_code == (403 if status == 200 else 404), name


def test_it_waits_for_whose_turn_it_is():

    _contract, transfer = agreed()
    one = made.novation_issued(made.novation(transfer))

    def waits(email):
        return [item.todo for item in transfer_queries.inbox(cast.person(email), START.date())]

    supplier, outgoing, _incoming = (email for _party, email in made.NOVATION_PARTIES)
    assert (waits(supplier), waits(outgoing)) == (["novation to sign"], [])
    made.sign_novation(one, *made.NOVATION_PARTIES[0])
    assert (waits(supplier), waits(outgoing)) == ([], ["novation to sign"])
