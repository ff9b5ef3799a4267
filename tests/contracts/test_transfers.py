"""Transfers between departments by an order of the Crown: what passes, what stays, what stands in the way, and who may what."""

import itertools
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from contracts import (
    access,
    formation,
    open_data,
    periodic,
    terms,
    transfer_guards,
    transfer_plan,
    transfer_queries,
    transferring,
    variation_approval,
)
from contracts.models import Contract, Transfer, TransferNotice
from documents import audit
from documents.actors import operator
from documents.management.commands.check_invariants import FILE, broken, read
from documents.models import Email
from documents.refusal import Refused
from procurement import access as procurement_access
from procurement import agreements, approval, capacity, membership, passings, quoting, recusals, seats, workflow
from procurement.models import (
    Accession,
    ActingFor,
    CallOff,
    Delegation,
    OrganisationGrant,
    Passing,
    PostHolding,
    StepState,
    User,
)
from tests import cast, paper
from tests.cast import START
from tests.contracts import ending_cast as ending
from tests.contracts import money_cast as money
from tests.contracts import transfer_cast as made
from tests.contracts import variation_cast as varied
from tests.procurement.test_pages import sign_in

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("in_force")]
INVARIANTS = read(FILE.read_text(encoding="utf-8"))
EVE, DAY = made.DAY - timedelta(days=1), made.DAY
AFTER = made.on(DAY + timedelta(days=1))
SOON = START.date() + timedelta(days=1)


def executed() -> Contract:
    return paper.in_force()


def soon() -> Transfer:
    """Agreed, while the time to answer still runs."""
    return made.agreed(made.prepared(made.asked(day=SOON)))


def reasons(found) -> str:
    return " ".join(map(str, found))


# ---- what passes


def test_a_contract_passes_with_its_order_its_history_and_its_total_to_the_penny():
    contract = executed()
    standing = terms.put_together(terms.read(contract))
    before, told = cast.fresh(contract), audit.history(contract).count()
    transfer = made.applied()
    contract = Contract.objects.select_related("department", "call_off__department").get()
    assert (transfer.state, transfer.contracts_before, transfer.contracts_after) == ("applied", 1, 1)
    assert transfer.value_before_gbp == transfer.value_after_gbp == before.original_value_gbp
    assert transfer.committed_before_gbp == transfer.committed_after_gbp == before.original_value_gbp
    assert contract.department.code == contract.call_off.department.code == "ONS"
    assert (contract.number, contract.parties, contract.document_id) == (before.number, before.parties, before.document_id)
    assert contract.parties["department"]["code"] == "DIUS" and contract.parties_now["department"]["code"] == "ONS"
    assert "dius" in contract.search_text and "office for national statistics" in contract.search_text, "found by either"
    assert terms.put_together(terms.read(contract)) == standing, "no line, price or day is another"
    assert audit.history(contract).count() == told + 1
    assert audit.history(contract).last().reason == "Illustrative order 2007/1 of 28 September 2007"
    assert broken(INVARIANTS) == []


def test_whose_it_was_is_told_for_every_day():
    contract = executed()
    made.applied()
    contract = cast.fresh(contract)
    assert [passings.department_on(contract, day).code for day in (START.date(), EVE, DAY, date(2012, 1, 1))] == ["DIUS", "DIUS", "ONS", "ONS"]
    assert passings.departments_on([contract], EVE)[contract.pk].code == "DIUS"


def test_who_signed_stays_who_signed(client, settings):
    settings.STEPPABLE_CLOCK = True
    contract = executed()
    cast.wind_to(made.day_of(made.agreed()))
    assert cast.fresh(contract).department.code == "ONS"
    sign_in(client, "signatory@ons.example")
    shown = client.get(f"/contracts/{contract.public_id}/").content.decode()
    signatures = shown[shown.index("Signatures in signing order"):shown.index("sha256 of the document now")]
    assert "Department for Innovation, Universities and Skills" in signatures and "Office for National Statistics" not in signatures


def test_it_can_pass_again_and_back():
    contract = executed()
    treasurer = membership.Named("A treasurer", "contract.manager@hmt.example", "contract_manager")
    membership.appoint(made.body("HMT"), treasurer, by=operator("test"), at=START)
    made.applied(made.agreed(made.chosen(made.split(), contracts=[contract])))
    second = made.prepared(made.asked("ONS", "HMT", DAY + timedelta(days=30), order_number="Another", kind="split"), at=AFTER)
    made.applied(made.agreed(made.chosen(second, contracts=[contract], at=AFTER), AFTER))
    then = made.day_of(second)
    back = made.prepared(made.asked("HMT", "DIUS", DAY + timedelta(days=60), order_number="A third", kind="split"), at=then)
    made.applied(made.agreed(made.chosen(back, contracts=[contract], at=then), then))
    contract = cast.fresh(contract)
    days = [START.date(), DAY, DAY + timedelta(days=30), DAY + timedelta(days=60)]
    assert [passings.department_on(contract, day).code for day in days] == ["DIUS", "ONS", "HMT", "DIUS"]
    assert broken(INVARIANTS) == []


def test_people_have_their_posts_and_delegations_there_from_the_day_on_and_nothing_here():
    executed()
    officer = User.objects.get(email="accounting.officer@dius.example")
    deputy = cast.deputy_of("finance.director@dius.example")
    transfer = made.applied()
    dius, ons = made.body("DIUS"), made.body("ONS")
    old, new = PostHolding.objects.filter(user=officer).order_by("starts_on")
    assert (old.post.organisation, old.ends_on, new.post.organisation, new.starts_on) == (dius, EVE, ons, DAY)
    was, now = Delegation.objects.get(holding=old), Delegation.objects.get(holding=new)
    assert (was.ends_on, now.starts_on, now.ends_on, now.unlimited, now.carried_from) == (EVE, DAY, date(2014, 5, 20), True, was)
    assert now.letter_filename == "Illustrative order 2007/1 of 28 September 2007", "the order is what gives it"
    assert [officer in seats.holders(body.pk, "accounting_officer", day) for body in (dius, ons) for day in (EVE, DAY)] == [True, False, False, True]
    assert not seats.holders(dius.pk, "accounting_officer", DAY)
    assert deputy.user in seats.holders(ons.pk, "finance_director", DAY), "who acts for somebody goes on"
    assert ActingFor.objects.filter(deputy=deputy.user, holding__post__organisation=dius, ends_on__gte=DAY).count() == 0
    assert procurement_access.sight(officer, DAY).organisations == {ons.pk}
    assert procurement_access.sight(officer, EVE).organisations == {dius.pk}
    moved = transfer_plan.moved(transfer)
    assert {one.user for one in moved} == set(User.objects.filter(email__endswith="@dius.example"))


def test_a_post_that_has_not_begun_begins_there():
    executed()
    holding = PostHolding.objects.get(user__email="second.requester@dius.example")
    later = PostHolding.objects.create(post=holding.post, user=User.objects.get(email="contract.manager@dius.example"), starts_on=DAY + timedelta(days=9))
    made.applied()
    later = cast.fresh(later)
    assert later.ends_on == later.starts_on and later.stopped_at is not None, "it ends on its first day, unused"
    assert PostHolding.objects.get(user=later.user, post__code="requester", post__organisation__code="ONS").starts_on == later.starts_on


def test_the_membership_is_continued_with_the_figure_of_before():
    contract = executed()
    before = quoting.baseline_of(contract.framework_id, contract.department_id)
    made.applied()
    old = Accession.objects.get(department__code="DIUS")
    new = Accession.objects.get(department__code="ONS", state="active")
    assert (old.state, new.carried_from, Accession.objects.filter(department__code="ONS").count()) == ("ended", old, 2)
    assert Accession.objects.get(department__code="ONS", state="withdrawn").ended_words.startswith("Carried over by MG-2007-000001")
    assert quoting.baseline_of(new.framework_id, new.department_id).gbp_per_user_year == before.gbp_per_user_year
    assert [row.pk for row in procurement_access.joined(cast.person("requester@dius.example"), DAY)] == [new.pk]


def test_a_receiving_member_stays_what_it_is():
    executed()
    agreements.activate(paper.agreement_archived(paper.agreement_issued(cast.ons_approved())), at=START)
    own = Accession.objects.get(department__code="ONS")
    made.applied()
    assert list(Accession.objects.filter(department__code="ONS")) == [own] and cast.fresh(own).state == "active"
    assert broken(INVARIANTS) == []


@pytest.mark.parametrize("reach", ["drafted", "submitted", "approved_by_department", "with_supplier"])
def test_an_order_under_way_passes_as_it_stands(reach):
    order = getattr(cast, reach)()
    revision, reserved = order.revision, capacity.reserved_for(capacity.of_order(order))
    decided = list(order.revision.approval.decisions.values_list("person_id", flat=True)) if order.revision.approval else []
    transfer = made.applied()
    after = cast.fresh(order)
    assert (after.state, after.department.code, after.revision) == (order.state, "ONS", revision)
    assert after.revision.revision_hash == revision.revision_hash and after.revision.content == revision.content
    assert capacity.reserved_for(capacity.of_order(after)) == reserved == transfer.reserved_after_gbp
    if decided:
        assert list(after.revision.approval.decisions.values_list("person_id", flat=True)) == decided
    assert broken(INVARIANTS) == []


def test_who_would_have_decided_decides_for_the_receiving_department():
    order = cast.submitted()
    cast.decide(order, cast.ROUTE[0])
    made.applied()
    steps = list(cast.fresh(order).revision.approval.steps.order_by("position"))
    assert [one.organisation.code for one in steps if one.side == "department"][:2] == ["DIUS", "ONS"], "what is decided was decided there"
    assert cast.fresh(order).revision.approval.department.code == "ONS"
    officer = cast.person("technology.officer@dius.example")
    own = cast.person("finance.director@ons.example")  # who held the post there already
    for by, post in ((officer, "technology_officer"), (own, "finance_director")):
        step = cast.fresh(order).revision.approval.steps.get(post=post)
        approval.decide(step, shown_hash=step.approval.content_hash, no_conflict=True, by=by, at=AFTER)
    assert broken(INVARIANTS) == []


def test_who_endorsed_before_does_not_decide_again_after():
    order = cast.submitted()
    cast.decide(order, cast.ROUTE[0])
    made.applied()
    ons = made.body("ONS")
    by = cast.person(cast.ROUTE[0])
    membership._seat(ons, by.words, by.email, "technology_officer", DAY)
    step = cast.fresh(order).revision.approval.steps.get(post="technology_officer")
    with pytest.raises(Refused, match="already"):
        approval.decide(step, shown_hash=step.approval.content_hash, no_conflict=True, by=by, at=AFTER)


def test_whom_a_recused_administrator_chose_before_is_kept_out_after_it_too():
    order = cast.submitted()
    dius = made.body("DIUS")
    holding = PostHolding.objects.get(user__email="administrator@dius.example")
    PostHolding.objects.create(post=dius.posts.get(code="budget_holder"), user=holding.user, starts_on=START.date())
    membership.invite(dius, name="Chosen", email="chosen@dius.example", post="technology_officer", by=cast.person("administrator@dius.example"), at=START)
    step = order.revision.approval.steps.get(state=StepState.OPEN)
    approval.recuse(step, reason="My own firm.", by=cast.person("administrator@dius.example"), at=START)
    made.applied()
    found = cast.fresh(order).revision.approval
    seat = seats.find_seat(cast.person("chosen@dius.example"), made.body("ONS").pk, "technology_officer", DAY)
    assert seat is not None and reasons(recusals.why_chosen(found, seat))


def test_a_contract_formed_afterwards_names_the_department_and_by_what_the_order_passed():
    order = cast.with_supplier()
    made.applied(soon())
    order = CallOff.objects.select_related("framework", "department", "supplier", "revision").get(pk=order.pk)
    contract = formation.accept_order(order, shown_hash=order.revision.revision_hash, by=cast.person(cast.DESK), at=made.on(SOON))
    payload = contract.document.payload
    assert contract.parties["department"]["code"] == "ONS" and payload["order"]["parties"]["department"]["name"] != contract.department.name
    assert [row["name"] for row in payload["signatories"]][1] == "Office for National Statistics"
    assert payload["customer"]["passed"] == [{
        "from": "Department for Innovation, Universities and Skills", "to": "Office for National Statistics", "effective_on": SOON.isoformat(),
        "words": "Illustrative order 2007/1 of 28 September 2007", "transfer": "MG-2007-000001", "notice": "ST-2007-000001",
    }]  # fmt: skip
    assert payload["evidence"][0]["organisation"] == "Department for Innovation, Universities and Skills", "who submitted it did so there"
    assert broken(INVARIANTS) == []


def test_a_contract_out_for_signature_is_void_on_the_day_and_its_order_is_ordered_anew():
    contract = paper.issued(cast.accepted())
    transfer = soon()
    assert f"{contract.number} is out for signature" in reasons(transfer_guards.what_happens(transfer))
    made.applied(transfer)
    contract, order = cast.fresh(contract), cast.fresh(contract.call_off)
    assert (contract.state, order.state, order.department.code) == ("void", "returned", "ONS")
    assert "before all had signed" in contract.void_reason and contract.document.state == "void"
    assert capacity.reserved_for(capacity.of_order(order)) == 0
    workflow.submit(order, by=cast.requester(), at=made.on(SOON))
    assert cast.fresh(order).revision.approval.department.code == "ONS"
    assert broken(INVARIANTS) == []


def test_a_signature_that_is_being_put_on_is_waited_for():
    contract = paper.issued(cast.accepted())
    transfer = made.agreed()
    intent = paper.act(contract, *cast.SIGNATORIES[0])
    assert made.taken(transfer).state == "agreed"
    with pytest.raises(Refused, match="just being put on"):
        made.applied(transfer)
    paper.signed(intent)
    formation.signature_made(cast.fresh(contract), at=START)
    assert made.taken(transfer).state == "applied" and cast.fresh(contract).state == "void"


def test_a_variation_out_for_signature_lapses():
    executed()
    out = paper.variation_issued(varied.decided(varied.submitted("VAR-01")))
    transfer = made.agreed()
    assert f"{out} is out for signature. On the day it lapses." in reasons(transfer_guards.what_happens(transfer))
    assert made.applied(transfer).reserved_after_gbp == 0
    assert (cast.fresh(out).state, cast.fresh(out).document.state) == ("lapsed", "void") and broken(INVARIANTS) == []


def test_a_variation_under_approval_passes_with_what_is_decided():
    contract = executed()
    going = varied.decided(varied.submitted("VAR-01"), steps=1)
    made.applied()
    going = cast.fresh(going)
    assert (going.state, going.approval.department.code) == ("in_approval", "ONS")
    step = going.approval.steps.get(state=StepState.OPEN)
    assert step.organisation.code == "ONS"
    officer = cast.person("technology.officer@dius.example")
    variation_approval.decide(step, shown_hash=step.approval.content_hash, no_conflict=True, by=officer, at=AFTER)
    assert cast.fresh(contract).department.code == "ONS" and broken(INVARIANTS) == []


def test_a_return_names_the_department_that_had_the_contract_when_its_month_ended(client, settings):
    executed()
    april, may = money.made(date(2008, 4, 1)), date(2008, 5, 20)
    made.applied(made.agreed(made.prepared(made.asked(day=may))))
    later = money.made(date(2008, 5, 1), at=money.moment(date(2008, 6, 2)))
    settings.STEPPABLE_CLOCK = True
    cast.wind_to(money.moment(date(2008, 6, 2)))
    sign_in(client, money.ACCOUNT)
    for found, name in ((april, "Innovation"), (later, "Statistics")):
        file = client.get(reverse("contracts:return", args=[found.public_id]), {"format": "csv"}).content.decode()
        assert name in file and ("Innovation" in file) != ("Statistics" in file)


# ---- split


def test_of_a_department_that_is_split_only_what_is_chosen_passes():
    contract, other = executed(), cast.submitted()
    transfer = made.chosen(made.split(), contracts=[contract], people=["contract.manager@dius.example"])
    assert transfer_plan.totals(transfer_plan.contracts_of(transfer), transfer_plan.orders_of(transfer)).value == contract.original_value_gbp
    made.applied(made.agreed(transfer))
    assert (cast.fresh(contract).department.code, cast.fresh(other).department.code) == ("ONS", "DIUS")
    stays, goes = cast.person("requester@dius.example"), cast.person("contract.manager@dius.example")
    assert not access.visible_contracts(stays, DAY).exists() and access.visible_contracts(goes, DAY).get() == contract
    assert not access.visible_transfers(stays, DAY).exists(), "who stays sees nothing of it"
    assert OrganisationGrant.objects.filter(user=goes.user, content_object__code="DIUS", ends_on=EVE).exists()
    assert Accession.objects.get(department__code="DIUS").state == "active"
    assert Accession.objects.get(department__code="ONS", state="active").carried_from.department.code == "DIUS"
    assert made.body("DIUS").succeeded_by.code == "BIS" and broken(INVARIANTS) == []


def test_only_what_is_the_departments_can_be_chosen():
    contract = executed()
    transfer = made.chosen(made.split(), contracts=[contract], people=["requester@ons.example", "signatory@dius.example"])
    assert transfer.people == [cast.person("signatory@dius.example").person_id]


def test_nothing_chosen_is_not_agreed_to():
    executed()
    with pytest.raises(Refused, match="Nothing is chosen"):
        made.agreed(made.split())


def test_what_was_agreed_cannot_be_chosen_anew():
    contract = executed()
    transfer = made.agreed(made.chosen(made.split(), contracts=[contract]))
    with pytest.raises(Refused, match="is agreed"):
        made.chosen(transfer)


# ---- who, and when


def test_nobody_agrees_to_what_they_prepared_or_chose():
    executed()
    PostHolding.objects.create(post=made.body("CO").posts.get(code="deputy_director"), user=User.objects.get(email=made.MANAGER), starts_on=START.date())
    transfer = made.prepared()
    with pytest.raises(Refused, match="a second person agrees"):
        made.agreed(transfer, email=made.MANAGER)
    PostHolding.objects.create(post=made.body("CO").posts.get(code="framework_manager"), user=User.objects.get(email=made.DIRECTOR), starts_on=START.date())
    made.withdrawn(transfer)
    other = made.chosen(made.split(), contracts=[cast.contract()], email=made.DIRECTOR)
    with pytest.raises(Refused, match="you had a hand in it"):
        made.agreed(other)
    assert made.agreed(other, email=made.SIGNATORY).state == "agreed"


def test_nor_does_their_deputy():
    executed()
    deputy = cast.deputy_of(made.MANAGER)
    transfer = transferring.prepare(made.body("CO"), made.asked(), by=deputy, at=START)
    assert transfer.prepared_for == cast.person(made.MANAGER).person_id and len(transfer.hands) == 2
    PostHolding.objects.create(post=made.body("CO").posts.get(code="deputy_director"), user=deputy.user, starts_on=START.date())
    with pytest.raises(Refused, match="a second person agrees"):
        transferring.agree(transfer, shown_hash=transfer.content_hash, by=deputy, at=START)


@pytest.mark.parametrize("email", ["requester@dius.example", "commercial.lead@co.example", "order.desk@fujitsu.example", made.DIRECTOR])
def test_only_the_framework_manager_prepares(email):
    with pytest.raises(Refused, match="Only the framework manager"):
        made.prepared(email=email)


def test_it_is_agreed_to_once_its_order_is_made():
    made_on = START.date() + timedelta(days=3)
    transfer = made.prepared(made.asked(order_on=made_on))
    with pytest.raises(Refused, match="agreed to once that is made"):
        made.agreed(transfer)
    assert made.agreed(transfer, at=START + timedelta(days=3)).state == "agreed"


def test_it_is_agreed_to_as_it_was_shown():
    transfer = made.prepared()
    with pytest.raises(Refused, match="not what was prepared"):
        transferring.agree(transfer, shown_hash="0" * 64, by=cast.person(made.DIRECTOR), at=START)


def test_it_takes_effect_on_its_day_and_not_before():
    executed()
    transfer = made.agreed()
    eve = made.on(EVE)
    assert made.taken(transfer, eve).state == "agreed"
    with pytest.raises(Refused, match="takes effect on"):
        transferring.apply(transfer, by=cast.person(made.MANAGER), at=eve)
    assert made.taken(transfer).state == "applied"


def test_the_clock_applies_it_once_however_often_and_late_it_is(settings):
    contract = executed()
    transfer = made.agreed()
    settings.STEPPABLE_CLOCK = True
    assert made.on(DAY).replace(hour=0) in periodic.next_moments()
    late = made.on(DAY + timedelta(days=3))
    assert f"{transfer.number} is applied" in periodic.run(late)
    assert not [line for line in periodic.run(late) if transfer.number in line]
    assert passings.department_on(cast.fresh(contract), DAY).code == "ONS", "from its day on, though the clock was late"
    assert PostHolding.objects.get(user__email="signatory@dius.example", post__organisation__code="DIUS").ends_on == late.date() - timedelta(days=1)
    assert Passing.objects.filter(subject="contracts.contract").count() == 1


def test_until_it_takes_effect_it_can_be_withdrawn_and_everybody_is_told():
    contract = executed()
    transfer = made.agreed()
    made.withdrawn(transfer)
    told = set(Email.objects.filter(template="contracts/email/transfer_withdrawn.txt").values_list("recipient", flat=True))
    assert {"requester@dius.example", "administrator@ons.example", "supplier.signatory@fujitsu.example", made.DIRECTOR} < told
    assert made.taken(transfer).state == "withdrawn" and cast.fresh(contract).department.code == "DIUS"
    applied = made.applied(made.agreed(made.prepared()))
    with pytest.raises(Refused, match="is in effect"):
        made.withdrawn(applied, made.day_of(applied))


def test_of_what_was_not_agreed_to_nobody_outside_the_authority_hears():
    executed()
    made.withdrawn(made.prepared())
    told = Email.objects.filter(template__startswith="contracts/email/transfer").values_list("recipient", flat=True)
    assert {address.partition("@")[2] for address in told} == {"co.example"}


def test_the_page_of_a_contract_says_that_it_is_to_pass_once_that_is_agreed(client):
    contract = executed()
    page = reverse("contracts:contract", args=[contract.public_id])
    transfer = made.prepared()
    for email in ("contract.manager@dius.example", "service.manager@fujitsu.example"):
        assert "It passes to" not in sign_in(client, email).get(page).content.decode()
    made.agreed(transfer)
    for email in ("contract.manager@dius.example", "service.manager@fujitsu.example"):
        shown = sign_in(client, email).get(page).content.decode()
        assert "It passes to Office for National Statistics with 15 November 2007, by Illustrative order 2007/1" in shown and "ST-2007-000001</a>" in shown
    made.withdrawn(transfer)
    assert "It passes to" not in client.get(page).content.decode()
    of_part = made.split()
    made.agreed(made.chosen(of_part, people=["contract.manager@dius.example"]))
    assert transfer_queries.coming(cast.fresh(contract)) is None, "only what is chosen of a department that is split"


def test_each_supplier_and_both_departments_have_a_sealed_notice():
    contract = executed()
    transfer = made.agreed()
    notice = TransferNotice.objects.get()
    assert (notice.number, notice.supplier, notice.document.expected_signers) == ("ST-2007-000001", contract.supplier, [])
    said = notice.document.payload["notice"]
    assert [row["number"] for row in said["contracts"]] == [contract.number] and said["total_gbp"] == str(contract.original_value_gbp)
    made.noticed(notice)
    told = set(Email.objects.filter(template="contracts/email/transfer_sealed.txt").values_list("recipient", flat=True))
    assert {"contract.manager@dius.example", "administrator@ons.example", "service.manager@fujitsu.example"} < told
    made.applied(transfer)
    assert Passing.objects.get(subject="contracts.contract").document == notice.document


@pytest.mark.world("submitted")
def test_a_notice_tells_a_supplier_of_no_order_that_it_does_not_have():
    order = cast.submitted()
    made.agreed()
    notice = TransferNotice.objects.get()
    assert notice.supplier is None and notice.document.payload["notice"]["orders"] == []
    assert order.reference not in str(notice.document.payload)


# ---- what stands in the way


@pytest.mark.parametrize(("what", "words"), [
    ({"order_number": ""}, "Enter the number and the date"),
    ({"order_on": None}, "Enter the number and the date"),
    ({"order_on": date(2099, 12, 31)}, "of a day after it takes effect"),
    ({"words": " "}, "Say what changes"),
    ({"kind": "x"}, "Choose what becomes"),
    ({"basis": "x"}, "Choose by what it passes"),
    ({"effective_on": START.date() - timedelta(days=1)}, "today at the earliest"),
    ({"basis": "novation", "order_number": "", "order_on": None}, "nothing is novated between them"),
    ({"basis": "novation"}, "has no transfer order"),
    ({"receiving": "DIUS"}, "from a department to itself"),
    ({"receiving": "FUJITSU"}, "nothing passes to a supplier"),
    ({"receiving": "CAFCASS"}, "is not a body of the Crown"),
    ({"receiving": "BIS"}, "begins on 5 June 2009"),
])  # fmt: skip
def test_what_cannot_be_prepared_is_said(what, words):
    changes = {name: made.body(value) if name == "receiving" else value for name, value in what.items()}
    with pytest.raises(Refused, match=words):
        made.prepared(replace(made.asked(), **changes))


def test_one_transfer_of_a_department_at_a_time():
    made.prepared()
    with pytest.raises(Refused, match="under way already"):
        made.prepared()


def test_a_suspended_membership_stands_in_the_way_until_it_is_resumed():
    executed()
    transfer = made.agreed()
    accession = Accession.objects.get(department__code="DIUS")
    agreements.suspend(accession, reason="Late.", by=cast.person(made.MANAGER), at=START)
    assert "is suspended" in reasons(transfer_guards.in_the_way(transfer, DAY))
    assert made.taken(transfer).state == "agreed"
    assert Email.objects.filter(template="contracts/email/transfer_waits.txt", recipient=made.MANAGER).count() == 1
    made.taken(transfer)
    assert Email.objects.filter(template="contracts/email/transfer_waits.txt", recipient=made.MANAGER).count() == 1, "once a day"
    agreements.resume(cast.fresh(accession), reason="Paid.", by=cast.person(made.MANAGER), at=made.on(DAY))
    assert made.taken(transfer).state == "applied"


def test_an_access_agreement_of_the_receiving_body_that_is_out_for_signature_does_too():
    executed()
    paper.agreement_issued(cast.ons_approved())
    assert "out for signature" in reasons(transfer_guards.in_the_way(made.prepared(), DAY))


def test_nothing_passes_to_whom_there_is_no_more():
    """Of two transfers of one day the order in which they are applied is that of their numbers."""
    executed()
    made.agreed(made.prepared(made.asked("ONS", "HMT", order_number="Another")))
    late = made.agreed()
    periodic.run(made.on(DAY))
    assert [Transfer.objects.get(pk=one.pk).state for one in Transfer.objects.order_by("pk")] == ["applied", "agreed"]
    assert "has passed to" in reasons(transfer_guards.in_the_way(cast.fresh(late), DAY))
    assert Contract.objects.get().department.code == "DIUS"


def test_the_authority_of_a_framework_does_not_end_and_who_serves_it_goes_to_no_customer():
    executed()
    with pytest.raises(Refused, match="is the authority of a framework"):
        made.prepared(made.asked("CO", "ONS"))
    cast.give_post("catalogue.manager@co.example", "CO", "requester")
    transfer = made.chosen(made.split(made.asked("CO", "ONS", kind="split")), people=["catalogue.manager@co.example"])
    assert "acts for another side" in reasons(transfer_guards.in_the_way(transfer, DAY))


def test_people_pass_to_an_authority_that_they_leave_their_department_for():
    executed()
    transfer = made.prepared(made.asked("DIUS", "CO"))
    assert "acts for another side" not in reasons(transfer_guards.in_the_way(transfer, DAY))


def test_no_supplier_reads_what_the_others_have_nor_is_sent_to_a_page_that_is_shut():
    executed()
    transfer = made.applied()
    said = Email.objects.filter(recipient="account.manager@fujitsu.example", template__startswith="contracts/email/transfer_a")
    assert {one.template for one in said} == {"contracts/email/transfer_agreed.txt", "contracts/email/transfer_applied_to_supplier.txt"}
    for one in said:
        assert one.context["url"].endswith(f"/transfers/{transfer.public_id}/notices/1/") and "value" not in one.context


# ---- the database


def refused_by_the_database(statement: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError:
        return True
    return False


@pytest.mark.parametrize("table", ["contracts_contract", "procurement_calloff", "procurement_approval"])
def test_no_department_changes_without_its_fact(table):
    executed()
    assert refused_by_the_database(f"UPDATE {table} SET department_id = (SELECT id FROM catalogue_organisation WHERE code = 'ONS')")


def test_a_step_passes_with_its_round_alone():
    cast.submitted()
    assert refused_by_the_database("UPDATE procurement_approvalstep SET organisation_id = (SELECT id FROM catalogue_organisation WHERE code = 'ONS')")


def test_nothing_else_of_a_round_changes():
    cast.submitted()
    assert refused_by_the_database("UPDATE procurement_approval SET commits_gbp = 1")
    assert refused_by_the_database("DELETE FROM procurement_approval")


def fact(of: Transfer, contract: Contract, **more) -> None:
    known = {
        "subject": "contracts.contract", "subject_id": str(contract.public_id), "outgoing": of.outgoing, "receiving": of.receiving,
        "effective_on": of.effective_on, "transfer": of.number, "words": "x", "made_at": made.day_of(of),
    }  # fmt: skip
    Passing.objects.create(**(known | more))


@pytest.mark.parametrize(("stage", "more"), [
    (made.prepared, {}), (lambda: made.agreed(), {"made_at": START}), (lambda: made.agreed(), {"effective_on": START.date()}),
    (lambda: made.applied(), {"subject": "contracts.variation"}), (lambda: made.agreed(), {"transfer": "MG-2007-000002"}),
])  # fmt: skip
def test_a_fact_of_passing_has_its_transfer_agreed_and_due(stage, more):
    contract = executed()
    transfer = stage()
    with pytest.raises(DatabaseError, match="nothing passes without a transfer"), transaction.atomic():
        fact(transfer, contract, **more)


@pytest.mark.parametrize("change", [
    "hands = '{}'", "agreed_by = prepared_by", "value_after_gbp = 0", "contracts = ARRAY[gen_random_uuid()]", "content_hash = repeat('0', 64)",
])  # fmt: skip
def test_what_was_agreed_stays(change):
    executed()
    made.agreed()
    assert refused_by_the_database(f"UPDATE contracts_transfer SET {change}")


def test_a_total_that_has_moved_is_taken_back(monkeypatch):
    contract = executed()
    transfer = made.agreed()
    real = transfer_plan.of_bodies
    answers = itertools.count()
    monkeypatch.setattr(transfer_plan, "of_bodies", lambda *both: replace(real(*both), value=Decimal(next(answers))))
    with pytest.raises(transferring.TotalsMoved), transaction.atomic():
        made.applied(transfer)
    assert cast.fresh(contract).department.code == "DIUS" and cast.fresh(transfer).state == "agreed"


def test_a_statutory_notice_names_whose_duty_it_is_by_then():
    contract = executed()
    made.applied()
    notice = cast.fresh(contract).statutory_notices.get(kind="details")
    data = open_data.package(notice, at=AFTER)
    assert data["publisher"]["name"] == data["releases"][0]["buyer"]["name"] == made.body("ONS").name


def test_the_documents_made_afterwards_name_the_department_of_the_day():
    contract = executed()
    made.applied()
    notice = ending.given(cast.fresh(contract), at=AFTER)
    assert notice.document.payload["notice"]["department"]["code"] == "ONS"
    assert cast.fresh(contract).parties["department"]["code"] == "DIUS", "what was signed stays"


def test_contracts_do_not_pass_to_where_nobody_could_act_for_them():
    """Of a split without people, to a body that has none; and to one that is no member where there is no membership to continue."""
    contract = executed()
    alone = made.chosen(made.split(made.asked(kind="split", receiving="HMT")), contracts=[contract])
    assert "Nobody would act for what passes" in " ".join(map(str, transfer_guards.in_the_way(alone, START.date())))
    made.withdrawn(alone)
    Accession.objects.filter(department__code="DIUS").update(state="ended")
    nowhere = made.chosen(made.split(made.asked(kind="split", receiving="HMT")), contracts=[contract], people=["contract.manager@dius.example"])
    said = " ".join(map(str, transfer_guards.in_the_way(nowhere, START.date())))
    assert "is no member of" in said and "Nobody would act" not in said
