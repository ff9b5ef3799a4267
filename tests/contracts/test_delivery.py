"""The transition: what the supplier submits and the department decides, what falls due, and the certificate that says it."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, ProgrammingError, transaction
from django.urls import reverse

from contracts import accepting, delivery, delivery_guards, manager_guards, queries
from contracts.models import AcceptanceDecision, Evidence, Milestone, PaymentRelease
from documents import verifying
from documents.models import Email
from procurement import granting, membership, recusals, working_days
from procurement.models import OrganisationGrant, PostHolding
from tests import cast
from tests.cast import START
from tests.contracts import transition_cast as made
from tests.locks import stored_before_any_lock
from tests.procurement.test_pages import sign_in
from tests.refusals import refused

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("executed")]


def test_the_plan_is_that_of_the_accepted_order():
    contract = cast.contract()
    rows = list(contract.milestones.all())
    assert [row.label for row in rows] == [f"M{n}" for n in range(1, 10)]
    assert [row.effect for row in rows if row.effect] == ["interim_starts", "cutover"]
    assert {row.state for row in rows} == {"planned"} and all(row.due_on == row.planned_on for row in rows)
    eight = rows[7]
    assert (eight.planned_on, [c.words for c in eight.criteria.all()]) == (
        date(2008, 4, 1), ["interim lines end and shared lines start together"])  # fmt: skip
    paid = {}
    for row in rows:
        for payment in row.payments.select_related("line__service"):
            paid[payment.line.number] = paid.get(payment.line.number, 0) + payment.amount_gbp
    once = {line.number: line.total_gbp for line in contract.revision.lines.filter(phase="one_off") if line.number in paid}
    assert paid == once, "milestones pay the one-off work whole, once"
    call_command("check_invariants")


def test_from_begun_to_achieved_with_its_payment_and_a_certificate_that_is_valid(client):
    contract = cast.contract()
    submission = made.submitted(made.milestone(3))
    assert Evidence.objects.filter(submission=submission).count() == made.milestone(3).criteria.count() == 2
    (told,) = Email.objects.filter(template="contracts/email/milestone_submitted.txt").values_list("recipient", flat=True)
    assert told == made.MANAGER
    decision = made.accepted(made.milestone(3))
    three = made.milestone(3)
    assert (three.state, three.achieved_on, decision.number) == ("achieved", START.date(), "MC-2007-000001")
    (release,) = PaymentRelease.objects.all()
    assert (release.amount_gbp, release.reduction_gbp, release.weeks_late) == (release.payment.amount_gbp, 0, 0)
    sign_in(client, made.MANAGER)
    address = reverse("contracts:certificate", args=[contract.public_id, decision.number])
    assert "is being made and sealed" in client.get(address).content.decode()
    assert client.get(address[:-1] + ".pdf").status_code == 404
    cast.run_all_jobs()
    verdict = verifying.check(client.get(address[:-1] + ".pdf").content)
    assert verdict.valid and verdict.number == decision.number, verdict
    page = client.get(address).content.decode()
    assert "report.pdf" in page and made.file().sha256 in page and "DIUS contract manager" in page
    sent = Email.objects.filter(template="contracts/email/milestone_certified.txt").values_list("recipient", flat=True)
    assert sorted(sent) == ["account.manager@fujitsu.example", made.MANAGER, "requester@dius.example", made.SERVICE]
    call_command("check_invariants")


def test_sent_back_for_a_criterion_it_is_submitted_again():
    made.submitted(made.milestone(3))
    words = refused(accepting.send_back, made.milestone(3), shown_hash=made.last(made.milestone(3)), not_met={},
                    by=cast.person(made.MANAGER), at=START)  # fmt: skip
    assert "a reason that is no criterion" in words
    for wrong in ({7: "No."}, {1: " "}):
        refused(accepting.send_back, made.milestone(3), shown_hash=made.last(made.milestone(3)), not_met=wrong,
                by=cast.person(made.MANAGER), at=START)  # fmt: skip
    first = made.last(made.milestone(3))
    made.sent_back(made.milestone(3))
    assert made.milestone(3).state == "in_progress"
    mail = Email.objects.filter(template="contracts/email/milestone_sent_back.txt")
    assert {one.recipient for one in mail} == {made.SERVICE, "account.manager@fujitsu.example"}
    assert "One test is missing." in mail.first().context["reason"]
    made.submitted(made.milestone(3), START + timedelta(days=1))
    words = refused(accepting.accept, made.milestone(3), shown_hash=first, by=cast.person(made.MANAGER), at=START)
    assert "not what was submitted last" in words
    made.accepted(made.milestone(3))
    assert list(AcceptanceDecision.objects.order_by("id").values_list("outcome", flat=True)) == ["returned", "accepted"]
    call_command("check_invariants")


def test_a_part_pays_in_proportion_and_the_rest_when_the_conditions_are_met():
    made.submitted(made.milestone(3))
    whole = made.milestone(3).payments.get().amount_gbp
    made.conditional(made.milestone(3), Decimal("33.33"))
    assert made.milestone(3).state == "conditional"
    first = PaymentRelease.objects.get()
    assert first.amount_gbp == (whole * Decimal("33.33") / 100).quantize(Decimal("0.01"))
    made.met(made.milestone(3))
    assert sum(row.amount_gbp for row in PaymentRelease.objects.all()) == whole
    assert list(AcceptanceDecision.objects.values_list("number", flat=True)) == ["MC-2007-000001", "MC-2007-000002"]
    assert made.milestone(3).state == "achieved"
    cast.run_all_jobs()
    call_command("check_invariants")


def test_every_criterion_has_evidence_and_only_its_side_acts():
    three, by = made.milestone(3), cast.person(made.SERVICE)
    made.begun(three)
    words = refused(delivery.submit, made.milestone(3), {1: delivery.Shown("Done.")}, by=by, at=START)
    assert "Criterion 2 has no evidence" in words
    for email in ("order.desk@fujitsu.example", made.MANAGER, "commercial.lead@co.example"):
        words = refused(delivery.submit, made.milestone(3), made.shown(three), by=cast.person(email), at=START)
        assert "Fujitsu Services service manager can" in words
    made.submitted(made.milestone(3))
    for email in (made.SERVICE, "requester@dius.example", "commercial.lead@co.example"):
        words = refused(accepting.accept, made.milestone(3), shown_hash=made.last(three), by=cast.person(email), at=START)
        assert "DIUS contract manager can" in words
    deputy = cast.deputy_of(made.MANAGER)
    decision = accepting.accept(made.milestone(3), shown_hash=made.last(three), by=deputy, at=START)
    assert (decision.decided_by_name, decision.acting_for) == ("Del Deputy", "DIUS contract manager")


def declared(email: str):
    """As if they had declared a conflict of interest while the order was approved."""
    by, contract = cast.person(email), cast.contract()
    recusals.declare(contract.revision.approval.steps.first(), reason="My brother works there.", by=by, at=START)
    return by


def test_who_keeps_out_of_the_order_accepts_nothing_of_it_nor_does_whom_they_chose():
    made.submitted(made.milestone(3))
    declared(made.MANAGER)
    assert "You declared a conflict of interest in this order" in refused(made.accepted, made.milestone(3))
    by = declared("administrator@dius.example")
    membership.invite(cast.dius(), name="New", email="new@dius.example", post="contract_manager", by=by, at=START)
    chosen, shown = cast.person("new@dius.example"), made.last(made.milestone(3))
    words = refused(accepting.accept, made.milestone(3), shown_hash=shown, by=chosen, at=START)
    assert "Who gave you this post has declared a conflict of interest" in words


def test_nobody_decides_on_what_they_or_their_company_delivered():
    """A contract manager whom the supplier takes on; and who submitted it and has changed sides since."""
    made.submitted(made.milestone(3))
    fujitsu, by = cast.contract().supplier, cast.person(made.MANAGER)
    granting.grant_organisation(by.user, fujitsu, starts_on=START.date(), ends_on=START.date())
    assert "is one of the people of Fujitsu Services" in refused(made.accepted, made.milestone(3))
    assert "is one of the people of Fujitsu Services" in refused(made.sent_back, made.milestone(3))
    left = START + timedelta(days=1)
    for rows in (OrganisationGrant, PostHolding):
        rows.objects.filter(user__email=made.SERVICE).update(ends_on=START.date())
    cast.give_post(made.SERVICE, "DIUS", "contract_manager")
    granting.grant_organisation(cast.person(made.SERVICE).user, cast.dius(), starts_on=START.date())
    words = refused(accepting.accept, made.milestone(3), shown_hash=made.last(made.milestone(3)), by=cast.person(made.SERVICE), at=left)
    assert "somebody else decides on it" in words
    made.accepted(made.milestone(3), at=left)


def test_under_a_contract_that_has_ended_nothing_new_is_delivered_but_what_was_is_decided_and_put_right():
    over = made.on(cast.contract().ends_on + timedelta(days=1))
    made.submitted(made.milestone(3))
    made.begun(made.milestone(4))
    assert "The contract ended on" in refused(made.begun, made.milestone(5), over)
    assert "The contract ended on" in refused(made.submitted, made.milestone(4), over)
    made.sent_back(made.milestone(3), over)
    made.submitted(made.milestone(3), over)
    made.accepted(made.milestone(3), at=over)


def test_who_is_stopped_at_that_moment_acts_no_more(monkeypatch):
    """Stopped after the reasons were looked for and before the act."""
    made.submitted(made.milestone(3))
    seat_of = manager_guards.department_seat

    def then_stopped(contract, by, on):
        seat = seat_of(contract, by, on)
        PostHolding.objects.filter(pk=seat.holding_id).update(stopped_at=START, ends_on=on)
        return seat

    found, shown = made.milestone(3), made.last(made.milestone(3))
    monkeypatch.setattr(delivery_guards, "why_not_decide", lambda *_milestone, **_how: ())
    monkeypatch.setattr(manager_guards, "department_seat", then_stopped)
    words = refused(accepting.accept, found, shown_hash=shown, by=cast.person(made.MANAGER), at=START)
    assert "ended with immediate effect" in words


def test_an_address_that_no_certificate_can_have_is_not_found(client):
    contract = cast.contract()
    sign_in(client, made.MANAGER)
    for number in ("MC%00", "%F0%9F%98%80", "M" * 2000):
        assert client.get(f"/contracts/{contract.public_id}/certificates/{number}/").status_code == 404
        assert client.get(f"/contracts/{contract.public_id}/certificates/{number}.pdf").status_code == 404


def test_a_late_one_costs_its_payment_and_a_relief_event_moves_the_day():
    three = made.milestone(3)
    day = three.planned_on + timedelta(weeks=3)
    made.submitted(three, made.on(day))
    made.accepted(made.milestone(3), at=made.on(day + timedelta(weeks=9)))
    release = PaymentRelease.objects.get()
    assert (release.weeks_late, release.reduction_gbp) == (3, release.amount_gbp * 5 / 100), "of the submission, not of the decision"
    four, by = made.milestone(4), cast.person(made.MANAGER)
    at = made.on(four.planned_on)
    assert "comes after" in refused(delivery.move_due_day, four, four.planned_on, reason="Strike.", by=by, at=at)
    delivery.move_due_day(four, four.planned_on + timedelta(weeks=3), reason="Strike.", by=by, at=at)
    made.submitted(made.milestone(4), made.on(four.planned_on + timedelta(weeks=4)))
    made.accepted(made.milestone(4), at=made.on(four.planned_on + timedelta(weeks=4)))
    assert PaymentRelease.objects.latest("id").reduction_gbp == 0
    call_command("check_invariants")


def test_it_fails_only_when_a_delay_lowers_its_payment_no_further():
    three, by = made.milestone(3), cast.person(made.MANAGER)
    stop = three.planned_on + timedelta(weeks=9)
    words = refused(delivery.fail, three, reason="Gone.", by=by, at=made.on(stop - timedelta(days=1)))
    assert "15 February 2008" in words
    delivery.fail(three, reason="Gone.", by=by, at=made.on(stop))
    assert made.milestone(3).state == "failed"
    call_command("check_invariants")


def test_the_database_keeps_what_was_said():
    made.submitted(made.milestone(3))
    made.accepted(made.milestone(3))
    decision, three = AcceptanceDecision.objects.get(), made.milestone(3)
    for wrong in (
        lambda: AcceptanceDecision.objects.filter(pk=decision.pk).update(words="other"),
        lambda: Evidence.objects.all().delete(),
        lambda: Milestone.objects.filter(pk=three.pk).update(state="in_progress"),
        lambda: Milestone.objects.filter(pk=three.pk).update(planned_on=date(2009, 1, 1)),
        lambda: PaymentRelease.objects.create(decision=decision, payment=three.payments.get(), amount_gbp=1, weeks_late=0, reduction_gbp=0),
    ):  # fmt: skip
        with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
            wrong()


# ---- pages


def post(client, address, **fields):
    return client.post(address, {"idempotency_key": str(uuid.uuid4()), **fields})


def test_its_pages_for_both_sides(client):
    contract = cast.contract()
    path = reverse("contracts:milestone", args=[contract.public_id, 3])
    plan = reverse("contracts:plan", args=[contract.public_id])
    sign_in(client, made.SERVICE)
    assert plan in client.get(reverse("contracts:contract", args=[contract.public_id])).content.decode()
    assert "Discovery and application list agreed" in client.get(plan).content.decode()
    assert post(client, path + "begin/").status_code == 302
    again = post(client, path + "begin/")
    assert again.status_code == 403 and "M3 is in progress" in again.content.decode()
    empty = post(client, path + "submit/", words_1="All eight.", words_2="")
    assert "shows that criterion 2 is met" in empty.content.decode()
    file = SimpleUploadedFile("servers.pdf", made.DATA, content_type="application/pdf")
    with stored_before_any_lock(made.DATA):
        assert post(client, path + "submit/", words_1="All eight.", file_2=file).status_code == 302
    page = client.get(path).content.decode()
    row = Evidence.objects.get(filename="servers.pdf")
    assert row.sha256 in page
    download = client.get(reverse("contracts:milestone_evidence", args=[contract.public_id, 3, row.pk]))
    assert download.content == made.DATA and "attachment" in download["Content-Disposition"]
    assert client.get(path + "decide/").status_code == 403
    sign_in(client, made.MANAGER)
    home = client.get("/").content.decode()
    assert "milestone M3 to accept or send back" in home and path in home
    decide = client.get(path + "decide/").content.decode()
    shown = made.last(made.milestone(3))
    assert shown in decide
    wrong = post(client, path + "decide/", shown_hash=shown, outcome="accepted", not_met_1="No.")
    assert "why it is not met" in wrong.content.decode()
    assert "no other reason" in post(client, path + "decide/", shown_hash=shown, outcome="returned").content.decode()
    assert post(client, path + "decide/", shown_hash=shown, outcome="conditional", conditions="The rest.",
                conditions_by_day="1", conditions_by_month="12", conditions_by_year="2029", part="50").status_code == 302  # fmt: skip
    assert made.milestone(3).state == "conditional"
    assert "The rest." in client.get(path).content.decode()
    assert post(client, path + "conditions/", shown_hash=shown).status_code == 302
    assert made.milestone(3).state == "achieved" and "MC-2007-000002" in client.get(path).content.decode()
    sign_in(client, "commercial.lead@co.example")
    assert client.get(path).status_code == client.get(plan).status_code == 200
    sign_in(client, "requester@ons.example")
    for address in (plan, path, path + "begin/", reverse("contracts:certificate", args=[contract.public_id, "MC-2007-000001"])):
        assert client.get(address).status_code == 404


def test_who_moves_a_milestone_on_is_said_to_both_sides(client):
    """The page names whose turn it is, conditions have their day on both desks, and who submits again reads why."""
    contract = made.milestone(3).contract
    path = reverse("contracts:milestone", args=[contract.public_id, 3])

    def read(email: str, address: str = path) -> str:
        sign_in(client, email)
        return client.get(address).content.decode()

    assert "Fujitsu Services begins it" in read(made.MANAGER)
    made.submitted(made.milestone(3))
    assert "sends it back by the end of" in read(made.SERVICE)
    made.sent_back(made.milestone(3))
    assert "One test is missing." in read(made.SERVICE, path + "submit/")
    made.submitted(made.milestone(3), START + timedelta(days=1))
    made.conditional(made.milestone(3), Decimal("50"))
    assert "50% of it was accepted as delivered" in read(made.SERVICE)
    for email, todo in ((made.SERVICE, "milestone M3: its conditions to meet"), (made.MANAGER, "milestone M3: are its conditions met?")):
        (item,) = [one for one in queries.transition(cast.person(email), START.date()) if one.todo == todo]
        assert working_days.last_day(item.due) == date(2030, 1, 1), email
    assert "The rest of its payments" not in read(made.MANAGER, path + "conditions/")
    assert "the rest of its payments falls due for invoice" in read(made.MANAGER, path + "conditions/")


def test_a_part_is_asked_for_only_where_something_is_paid(client):
    one = made.milestone(1)
    made.submitted(one)
    assert not one.payments.exists()
    words = refused(accepting.accept_on_conditions, made.milestone(1), shown_hash=made.last(one), conditions="The calendar follows.",
                    conditions_by=date(2030, 1, 1), part_percent=Decimal(50), by=cast.person(made.MANAGER), at=START)  # fmt: skip
    assert "there is no payment of which a part falls due" in words
    sign_in(client, made.MANAGER)
    page = client.get(reverse("contracts:decide_milestone", args=[one.contract.public_id, 1])).content.decode()
    assert "Per cent delivered" not in page and "Conditions, if you accept on conditions" in page
