"""Who does not answer is reminded, then a deputy and the next post are told: each once, and never does it become a yes."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from documents import audit, clock, mail
from documents.clock import LONDON
from documents.models import Email
from documents.refusal import Refused
from documents.templatetags.flex import day, last_day
from procurement import (
    approval,
    framework_life,
    joining,
    negotiation,
    periodic,
    pipeline,
    recusals,
    reminding,
    waiting,
    working_days,
)
from procurement.models import Accession, ActingFor, Decision, Post, PostHolding, Reminder
from tests import cast
from tests.cast import START
from tests.procurement import release_cast

pytestmark = pytest.mark.usefixtures("db")
HOLDER, OFFICER = cast.ROUTE[0], cast.ROUTE[1]
ADMINISTRATOR, MANAGER = "administrator@dius.example", "framework.manager@co.example"
DIRECTOR = "deputy.director@co.example"
REMIND, ESCALATE = working_days.due(START, 2), working_days.due(START, 4)
SECOND = timedelta(seconds=1)


def levels(subject: str = "") -> list[tuple[str, str]]:
    return list(Reminder.objects.filter(subject__startswith=subject).order_by("id").values_list("level", "told"))


def mails() -> list[str]:
    return list(Email.objects.filter(template__contains="reminder").order_by("id").values_list("recipient", flat=True))


def name_deputy(deputy: str = "signatory@dius.example", days: int = 60) -> None:
    holding = PostHolding.objects.get(post__code="budget_holder", user=cast.person(HOLDER).user)
    ActingFor.objects.create(
        holding=holding, deputy=cast.person(deputy).user, starts_on=START.date(), ends_on=START.date() + timedelta(days=days)
    )


@pytest.mark.world("submitted")
def test_an_approver_is_reminded_after_two_working_days_and_not_before():
    cast.submitted()
    periodic.run(REMIND - SECOND)
    assert levels() == []
    periodic.run(REMIND)
    assert [level for level, _told in levels()] == ["reminded"]
    assert HOLDER in mails()


@pytest.mark.world("submitted")
def test_nothing_is_said_twice_however_often_the_clock_looks():
    call_off = cast.submitted()
    for moment in (REMIND, REMIND, REMIND + SECOND, ESCALATE, ESCALATE, ESCALATE + timedelta(days=20)):
        periodic.run(moment)
        periodic.run(moment)
    assert len(set(levels())) == len(levels())
    assert len(mails()) == len(set(Email.objects.filter(template__contains="reminder").values_list("key", flat=True)))
    verbs = list(audit.history(call_off).filter(verb__in=["call_off.reminded", "call_off.escalated"]).values_list("verb", flat=True))
    assert verbs.count("call_off.reminded") == 1 + Reminder.objects.filter(subject__startswith="hold").count()
    assert Decision.objects.count() == 0 and cast.fresh(call_off).state == "department_approval", "no answer is never a yes"


@pytest.mark.world("submitted")
def test_without_a_deputy_the_administrator_is_told_where_the_next_post_has_its_own_step():
    """The budget holder reports to the technology officer, who has a step of their own on the revision."""
    cast.submitted()
    periodic.run(REMIND)
    periodic.run(ESCALATE)
    level, told = levels("step")[-1]
    assert level == "senior" and told == cast.person(ADMINISTRATOR).words
    assert OFFICER not in mails()


@pytest.mark.world("submitted")
def test_without_a_step_of_its_own_the_next_post_is_told():
    above = Post.objects.get(organisation__code="DIUS", code="contract_manager")
    Post.objects.filter(organisation__code="DIUS", code="budget_holder").update(reports_to=above)
    call_off = cast.submitted()
    periodic.run(REMIND)
    periodic.run(ESCALATE)
    assert levels("step")[-1] == ("senior", cast.person("contract.manager@dius.example").words)
    with pytest.raises(Refused, match="This step is for the budget holder"):  # told, and without a right
        step = call_off.revision.approval.steps.get(state="open")
        approval.decide(step, shown_hash=step.approval.content_hash, no_conflict=True,
                        by=cast.person("contract.manager@dius.example"), at=ESCALATE)  # fmt: skip


@pytest.mark.world("submitted")
def test_who_declared_a_conflict_is_not_told_as_the_senior_either():
    above = Post.objects.get(organisation__code="DIUS", code="contract_manager")
    Post.objects.filter(organisation__code="DIUS", code="budget_holder").update(reports_to=above)
    call_off = cast.submitted()
    out = cast.person("contract.manager@dius.example")
    recusals.declare(call_off.revision.approval.steps.first(), reason="My brother.", by=out, at=START)
    periodic.run(REMIND)
    periodic.run(ESCALATE)
    assert levels("step")[-1] == ("senior", cast.person(ADMINISTRATOR).words)
    assert out.email not in mails()


@pytest.mark.world("submitted")
def test_a_named_deputy_is_told_first_and_has_as_long_before_the_next_post_hears():
    name_deputy()
    cast.submitted()
    for moment in (REMIND, ESCALATE):
        periodic.run(moment)
    assert levels("step")[-1] == ("deputy", cast.person("signatory@dius.example").words)
    following = working_days.due(ESCALATE, 2)
    periodic.run(following - SECOND)
    assert levels("step")[-1][0] == "deputy"
    periodic.run(following)
    assert [level for level, _told in levels("step")] == ["reminded", "deputy", "senior"]


@pytest.mark.world("submitted")
def test_a_scheduler_that_was_away_says_one_level_a_day():
    cast.submitted()
    late = ESCALATE + timedelta(days=3)
    periodic.run(late)
    periodic.run(late + timedelta(minutes=5))
    assert [level for level, _told in levels("step")] == ["reminded"]
    periodic.run(working_days.midnight_after(late.astimezone(LONDON).date()))
    assert len(levels("step")) == 2


@pytest.mark.world("submitted")
def test_a_decided_step_is_no_more_spoken_of_and_the_next_counts_from_its_own_day():
    call_off = cast.submitted()
    tuesday = START + timedelta(days=1)
    cast.decide(call_off, HOLDER, at=tuesday)
    periodic.run(REMIND)
    assert levels("step") == []
    periodic.run(working_days.due(tuesday, 2))
    assert len(levels("step")) == 2, "both parallel steps"


@pytest.mark.world("submitted")
def test_reminders_stand_while_the_framework_is_suspended():
    cast.submitted()
    by = cast.person(MANAGER)
    framework_life.suspend(cast.framework(), reason="Examined.", by=by, at=START + timedelta(days=1))
    periodic.run(START + timedelta(days=20))
    assert levels("step") == []
    resumed = START + timedelta(days=28)
    framework_life.resume(cast.framework(), by=by, at=resumed)
    periodic.run(working_days.due(resumed, 1) - SECOND)
    assert levels("step") == []
    periodic.run(working_days.due(resumed, 1))
    assert [level for level, _told in levels("step")] == ["reminded"]


def read(at) -> list[str]:
    """The kinds of which the clock reads rows."""
    return [one.subject.partition(":")[0] for found in waiting.by_kind(waiting.pauses_of_all(), at) for one in found]


@pytest.mark.world("submitted")
def test_the_clock_reads_nothing_of_which_it_can_say_nothing_yet_or_ever_again():
    call_off = cast.submitted()
    assert read(REMIND - SECOND) == [] and REMIND in reminding.next_moments()
    assert read(REMIND) == ["step"]
    periodic.run(REMIND)
    assert read(ESCALATE) == ["step"] and ESCALATE in reminding.next_moments()
    periodic.run(ESCALATE)
    assert read(ESCALATE + timedelta(days=9)) == []
    hold = working_days.midnight_after(call_off.revision.approval.hold_until)
    asked = working_days.due(cast.ons().invited_at, cast.framework().accession_review_working_days)  # ONS, to apply
    assert sorted(reminding.next_moments()) == [asked, hold]
    periodic.run(asked)
    assert read(hold - SECOND) == [] and read(hold) == ["hold"]
    periodic.run(hold)
    assert read(hold + timedelta(days=9)) == [] == reminding.next_moments()


@pytest.mark.world("with_supplier")
def test_the_clock_reads_an_order_before_its_time_to_answer_ends_and_not_sooner():
    call_off = cast.with_supplier()
    first = working_days.ahead(call_off.answer_due_at, 2)
    assert read(first - SECOND) == [] and first in reminding.next_moments()
    assert read(first) == ["answer"]


@pytest.mark.world("submitted")
def test_questions_are_reminded_of_like_steps():
    call_off = cast.submitted()
    by = cast.person(HOLDER)
    query = approval.ask(cast.open_step(call_off, by), text="Why so many?", by=by, at=START)
    periodic.run(REMIND)
    assert [row.subject for row in Reminder.objects.exclude(subject__startswith="step")] == [f"query:{query.pk}"]
    approval.answer(query, text="1,000 people.", by=cast.requester(), at=REMIND)
    periodic.run(ESCALATE)
    assert not Reminder.objects.filter(subject=f"query:{query.pk}").exclude(level="reminded").exists()


@pytest.mark.world("submitted")
def test_who_asked_is_not_reminded_before_the_answer_and_the_step_waits_anew_from_it():
    call_off = cast.submitted()
    by = cast.person(HOLDER)
    query = approval.ask(cast.open_step(call_off, by), text="Why so many?", by=by, at=START)
    periodic.run(ESCALATE)
    assert levels("step") == [] and HOLDER not in mails()
    approval.answer(query, text="1,000 people.", by=cast.requester(), at=ESCALATE)
    again = working_days.due(ESCALATE, 2)
    periodic.run(again - SECOND)
    assert levels("step") == [] and again in reminding.next_moments()
    periodic.run(again)
    assert [level for level, _told in levels("step")] == ["reminded"] and f"It has waited since {day(ESCALATE)}." in body(HOLDER)


@pytest.mark.world("with_supplier")
def test_the_supplier_is_reminded_before_its_time_ends_and_then_it_lapses():
    call_off = cast.with_supplier()
    due = call_off.answer_due_at
    periodic.run(working_days.ahead(due, 2) - SECOND)
    assert levels("answer") == []
    periodic.run(working_days.ahead(due, 2))
    assert levels("answer")[0][0] == "reminded" and "order.desk@fujitsu.example" in mails()
    periodic.run(working_days.ahead(due, 0))
    assert levels("answer")[1] == ("senior", cast.person("account.manager@fujitsu.example").words)
    periodic.run(due)
    assert cast.fresh(call_off).state == "lapsed"


def body(recipient: str) -> str:
    return mail.render(Email.objects.filter(template__contains="reminder", recipient=recipient).latest("id"))[1]


@pytest.mark.world("with_supplier")
def test_who_is_reminded_of_a_time_that_runs_reads_since_when_until_when_and_what_becomes_of_it():
    due = cast.with_supplier().answer_due_at
    said = "It has waited since 1 October 2007. It is to be done by the end of 8 October 2007; after that it lapses."
    periodic.run(working_days.ahead(due, 2))
    assert said in body("order.desk@fujitsu.example")
    periodic.run(working_days.ahead(due, 0))
    told = body("account.manager@fujitsu.example")
    assert said in told and told.count("Please see to it that the order desk does.") == 1, "nobody there could name a deputy"


@pytest.mark.world("submitted")
def test_who_can_name_a_deputy_is_asked_to_and_no_time_is_said_where_none_runs():
    cast.submitted()
    for moment in (REMIND, ESCALATE):
        periodic.run(moment)
    assert "or name a deputy for that post." in body(ADMINISTRATOR)
    assert "It has waited since 1 October 2007.\n" in body(HOLDER)


@pytest.mark.world("submitted")
def test_who_is_reminded_shortly_before_the_framework_ends_reads_that_the_order_lapses_with_it():
    cast.submitted()
    ends_on = cast.framework().ends_on
    periodic.run(clock.first_moment(ends_on - timedelta(days=1)))
    assert f"The framework ends on {day(ends_on)}: what all three parties have not signed by the end of that day lapses." in body(HOLDER)


@pytest.mark.world("countered")
def test_a_counter_proposal_is_reminded_of_with_the_end_of_its_time():
    due = cast.countered().call_off.answer_due_at
    periodic.run(REMIND)
    assert f"by the end of {last_day(due)}; after that it lapses." in body("requester@dius.example")


@pytest.mark.world("with_supplier")
def test_a_question_of_the_supplier_reminds_the_requester_and_not_the_supplier():
    call_off = cast.with_supplier()
    negotiation.ask(call_off, text="When?", by=cast.person("order.desk@fujitsu.example"), at=START)
    periodic.run(START + timedelta(days=12))
    assert levels("answer") == [] and levels("clarification")[0][0] == "reminded"
    assert cast.fresh(call_off).state == "with_supplier"


@pytest.mark.world("submitted")
def test_prices_that_are_held_no_longer_are_told_to_the_requester_and_nothing_lapses():
    call_off = cast.submitted()
    until = call_off.revision.approval.hold_until
    moment = working_days.midnight_after(until)
    periodic.run(moment - SECOND)
    assert levels("hold") == []
    periodic.run(moment)
    periodic.run(moment + timedelta(days=30))
    assert len(levels("hold")) == 1 and cast.requester().words in levels("hold")[0][1]
    assert cast.fresh(call_off).state == "department_approval"


@pytest.mark.world("ons_applied")
def test_the_review_of_an_application_is_reminded_of():
    accession = cast.ons_applied()
    periodic.run(working_days.ahead(accession.due_at, 2))
    assert levels("review")[0][0] == "reminded" and "accession.lead@co.example" in mails()
    lead = cast.person("accession.lead@co.example")
    joining.start_review(accession, by=lead, at=START)
    joining.ask(accession, text="Which sites?", by=lead, at=START)
    periodic.run(REMIND)
    assert levels("information")[0][0] == "reminded"


@pytest.mark.world("submitted")
def test_the_pages_say_whom_it_was_told(client):
    from tests.procurement.test_pages import sign_in

    call_off = cast.submitted()
    periodic.run(REMIND)
    sign_in(client, "requester@dius.example")
    shown = client.get(f"/call-offs/{call_off.public_id}/").content.decode()
    assert "Reminded, 4 October 2007 at 12:00am: " in shown
    assert "A reminder was sent" in shown and "can name a deputy" in shown


@pytest.mark.world("submitted")
def test_a_reminder_never_changes():
    cast.submitted()
    periodic.run(REMIND)
    with pytest.raises(IntegrityError), transaction.atomic():
        row = Reminder.objects.first()
        Reminder.objects.create(call_off=row.call_off, subject=row.subject, level=row.level, at=REMIND)
    with pytest.raises(TypeError):
        row.save()


def test_a_release_to_approve_and_one_without_its_day_are_reminded_of_each_once():
    release = release_cast.submitted()
    periodic.run(REMIND - SECOND)
    assert levels("release") == []
    for moment in (REMIND, REMIND + SECOND):
        periodic.run(moment)
    assert levels("release") == [("reminded", cast.person(MANAGER).words)]
    message = Email.objects.get(template__contains="reminder")
    assert (message.recipient, message.context["what"], message.context["contract"]) == (MANAGER, "to approve or reject", False)
    assert message.context["url"].endswith(f"/releases/{release.public_id}/")
    periodic.run(ESCALATE)
    assert levels("release")[1][0] == "senior", "the post reports to nobody: whoever can appoint a deputy is told"
    release_cast.approve(release)
    periodic.run(ESCALATE)
    assert [subject.split(":")[2] for subject in Reminder.objects.order_by("id").values_list("subject", flat=True)] == [
        "submitted", "submitted", "approved",
    ]  # fmt: skip
    assert audit.history(release).filter(verb="catalogue_release.reminded").count() == 2
    assert cast.fresh(release).state == "approved", "no answer is never a yes"


def test_nobody_is_reminded_to_approve_what_they_wrote():
    manager = cast.person(MANAGER)
    PostHolding.objects.create(
        post=Post.objects.get(organisation__code="CO", code="catalogue_manager"), user=manager.user, starts_on=START.date()
    )
    release_cast.submitted(MANAGER)
    periodic.run(REMIND)
    assert MANAGER not in mails()
    assert levels("release") == [("reminded", "")]


def test_a_termination_that_waits_for_its_second_person_is_reminded_of_though_the_framework_is_suspended():
    by = cast.person(MANAGER)
    proposed = framework_life.propose_termination(cast.framework(), reason="Insolvent.", by=by, at=START)
    framework_life.suspend(cast.framework(), reason="Examined.", by=by, at=START)
    periodic.run(REMIND - SECOND)
    assert levels("termination") == []
    assert REMIND in reminding.next_moments()
    for moment in (REMIND, REMIND + SECOND):
        periodic.run(moment)
    assert levels("termination") == [("reminded", cast.person(DIRECTOR).words)]
    message = Email.objects.get(template__contains="reminder", context__what="to confirm or drop its termination")
    assert message.recipient == DIRECTOR and message.context["url"].endswith("/framework/") and not message.context["contract"]
    row = Reminder.objects.get(subject=f"termination:{proposed.pk}")
    assert row.framework == cast.framework() and row.call_off is None
    periodic.run(ESCALATE)
    assert [level for level, _told in levels("termination")] == ["reminded", "senior"]
    assert audit.history(cast.framework()).filter(verb__in=["framework.reminded", "framework.escalated"]).count() == 2
    assert cast.fresh(proposed).outcome == "", "no answer is never a yes"


def test_who_proposed_a_termination_is_not_reminded_to_confirm_it():
    cast.give_post(MANAGER, "CO", "deputy_director")
    framework_life.propose_termination(cast.framework(), reason="Insolvent.", by=cast.person(MANAGER), at=START)
    periodic.run(REMIND)
    assert levels("termination") == [("reminded", cast.person(DIRECTOR).words)]


def test_a_termination_that_was_dropped_is_no_more_spoken_of():
    framework_life.propose_termination(cast.framework(), reason="Insolvent.", by=cast.person(MANAGER), at=START)
    framework_life.drop_termination(cast.framework(), reason="Paid.", by=cast.person(DIRECTOR), at=START)
    periodic.run(ESCALATE)
    assert levels("termination") == []


def proposed_contact():
    body = pipeline.Interest("MUSEUM", "The Museum", "GOVGB-MUSEUM", "London", crown=False)
    by = cast.person("accession.lead@co.example")
    accession = pipeline.add_interest(cast.framework(), body, seats_expected=50, by=by, at=START)
    return pipeline.engage(accession, contact_name="Mary", contact_email="mary@museum.example", by=by, at=START)


def test_a_proposed_contact_is_reminded_of_until_somebody_confirms_or_refuses_it():
    accession = proposed_contact()
    periodic.run(REMIND - SECOND)
    assert levels("contact") == []
    periodic.run(REMIND)
    approver = cast.person("accession.approver@co.example")
    assert levels("contact") == [("reminded", approver.words)] and approver.email in mails()
    pipeline.refuse_contact(
        accession, shown_hash=pipeline.contact_hash(accession), reason="Nobody knows her.", by=approver, at=REMIND
    )
    periodic.run(ESCALATE)
    assert len(levels("contact")) == 1
    again = pipeline.name_contact(
        cast.fresh(accession), contact_name="Ann", contact_email="ann@museum.example",
        by=cast.person("accession.lead@co.example"), at=ESCALATE,
    )  # fmt: skip
    periodic.run(working_days.due(ESCALATE, 2))
    assert len(levels("contact")) == 2, "another proposal is another matter"
    pipeline.confirm_contact(again, shown_hash=pipeline.contact_hash(again), by=approver, at=working_days.due(ESCALATE, 2))
    periodic.run(working_days.due(ESCALATE, 9))
    assert len(levels("contact")) == 2


def test_an_application_that_was_asked_for_and_is_not_sent_reminds_its_department_once():
    accession = proposed_contact()
    approver = cast.person("accession.approver@co.example")
    pipeline.confirm_contact(accession, shown_hash=pipeline.contact_hash(accession), by=approver, at=REMIND)
    due = working_days.due(REMIND, cast.framework().accession_review_working_days)
    subject = f"application:{accession.pk}"
    periodic.run(due - SECOND)
    assert levels(subject) == []
    periodic.run(due)
    assert levels(subject) == [("reminded", "Mary")]
    message = Email.objects.get(key__startswith=f"reminder:{subject}")
    assert (message.recipient, message.context["post"]) == ("mary@museum.example", "administrator or requester")
    periodic.run(due + timedelta(days=60))
    assert len(levels(subject)) == 1 and read(due + timedelta(days=60)).count("application") == 0
    assert cast.fresh(accession).state == "engaged"


def test_an_application_asked_of_the_opening_register_is_counted_from_then_and_ends_when_it_is_sent():
    accession = cast.ons()
    assert accession.state == "engaged" and accession.invited_at is not None
    assert Accession.objects.filter(state="engaged", invited_at=None).exists(), "nobody is there to be asked"
    cast.ons_applied()
    periodic.run(working_days.due(START, 25))
    assert levels("application") == []
