"""A framework is suspended, resumed, extended, terminated by two, and expires: each with its effect on every order."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from catalogue.models import Framework
from contracts import closing
from documents import audit, clock, mail
from documents.clock import LONDON
from documents.management.commands.check_invariants import FILE, broken, read
from documents.models import Email
from documents.refusal import Refused
from documents.templatetags.flex import day, last_day
from procurement import (
    accession_display,
    agreements,
    clocks,
    countering,
    desks,
    drafting,
    framework_display,
    framework_life,
    joining,
    negotiation,
    periodic,
    workflow,
    working_days,
)
from procurement.framework_display import EFFECTS
from procurement.models import (
    OPEN,
    PIPELINE,
    Accession,
    ActingFor,
    ApprovalStep,
    CallOffState,
    CapacityAccount,
    Modification,
    OrganisationGrant,
    PostHolding,
    StepState,
    Suspension,
    Termination,
    User,
)
from procurement.proposing import Changes
from tests import cast, paper
from tests.cast import START
from tests.machines import frameworks, undone

pytestmark = pytest.mark.usefixtures("db")
S = CallOffState
MANAGER, DIRECTOR, DESK = "framework.manager@co.example", "deputy.director@co.example", "order.desk@fujitsu.example"
REASON = "The supplier's accounts are being examined."
LATER = START + timedelta(days=30)
EXPIRED = datetime(2014, 5, 21, 0, 0, tzinfo=LONDON)
INVARIANTS = read(FILE.read_text(encoding="utf-8"))
PAGE = Path(__file__).resolve().parents[2] / "docs" / "framework-life.md"


def manage(action, at=START, by=MANAGER, **more):
    return action(cast.framework(), by=cast.person(by), at=at, **more)


def suspend(at=START):
    return manage(framework_life.suspend, at, reason=REASON)


def resume(at=LATER):
    return manage(framework_life.resume, at)


def terminate(at=START):
    manage(framework_life.propose_termination, at, reason="The supplier is insolvent.")
    return manage(framework_life.terminate, at, by=DIRECTOR)


def sound():
    assert broken(INVARIANTS) == []


# ---- its end is announced


def announced() -> list[tuple[str, str]]:
    """Whom the announcements reached that were written at once, and the day that they name."""
    found = Email.objects.filter(template__endswith="/framework_ends.txt", held_until=None).order_by("id")
    return list(found.values_list("recipient", "context__ends_on"))


def test_the_end_of_a_framework_is_announced_once_a_half_year_a_quarter_a_month_and_a_week_before_it():
    ends_on = cast.framework().ends_on
    for days, times in ((181, 0), (180, 1), (180, 1), (91, 1), (90, 2), (30, 3), (8, 3), (7, 4), (0, 4)):
        at = clock.first_moment(ends_on - timedelta(days=days))
        periodic.run(at)
        periodic.run(at)
        assert [person for person, _day in announced()].count("requester@dius.example") == times, days
    assert set(announced()) == {(person, day(ends_on)) for person, _day in announced()}
    assert {"order.desk@fujitsu.example", "account.manager@fujitsu.example", MANAGER} <= {person for person, _day in announced()}
    assert audit.history(cast.framework()).filter(verb="framework.end_announced").count() == 4


def test_a_clock_that_was_away_announces_the_end_once_and_an_extended_framework_anew():
    ends_on = cast.framework().ends_on
    periodic.run(clock.first_moment(ends_on - timedelta(days=5)))
    assert [person for person, _day in announced()].count(MANAGER) == 1
    manage(framework_life.extend, clock.first_moment(ends_on - timedelta(days=4)), months=1, reason="Not yet over.", notice="2013/S 1")
    periodic.run(clock.first_moment(ends_on - timedelta(days=4)))
    later = day(cast.framework().ends_on)
    assert [said for person, said in announced() if person == MANAGER] == [day(ends_on), later]


@pytest.mark.parametrize(("days", "words"), [(7, "That is in 7 days."), (1, "That is tomorrow."), (0, "That is today.")])
def test_the_announcement_says_how_long_is_left(days, words):
    framework_life.announce_end(cast.framework(), at=clock.first_moment(cast.framework().ends_on - timedelta(days=days)))
    assert {words in mail.render(email)[1] for email in Email.objects.filter(template__endswith="/framework_ends.txt")} == {True}


# ---- suspended: only submissions stop, and every clock stands


def test_a_draft_is_edited_and_not_submitted_while_suspended():
    call_off = cast.drafted(LATER.date())
    suspend()
    drafting.save_title(call_off, "Desktops for all", by=cast.requester(), at=START)
    assert cast.fresh(call_off).title == "Desktops for all"
    with pytest.raises(Refused, match=r"FLEX-2007 is suspended\. The framework manager can resume it"):
        workflow.submit(call_off, by=cast.requester(), at=START)
    resume()
    assert workflow.submit(cast.fresh(call_off), by=cast.requester(), at=LATER).state == S.DEPARTMENT_APPROVAL


@pytest.mark.world("submitted")
def test_a_returned_order_is_not_submitted_while_suspended():
    call_off = workflow.recall(cast.submitted(), by=cast.requester(), at=START)
    suspend()
    with pytest.raises(Refused, match="is suspended"):
        workflow.submit(call_off, by=cast.requester(), at=START)


@pytest.mark.world("submitted")
def test_approvals_go_on_and_the_award_starts_with_a_clock_that_stands():
    call_off = cast.submitted()
    suspend()
    for email in cast.ROUTE:
        cast.decide(call_off, email)
    awarded = cast.fresh(call_off)
    assert (awarded.state, awarded.answer_due_at, awarded.answer_days_left) == (S.WITH_SUPPLIER, None, 5)
    sound()
    resume()
    assert cast.fresh(call_off).answer_due_at == working_days.due(LATER, 5)
    sound()


@pytest.mark.world("with_supplier")
def test_the_supplier_clock_stands_and_goes_on_with_the_days_it_had_left():
    call_off = cast.with_supplier()
    wednesday = START + timedelta(days=2)
    suspend(wednesday)
    stood = cast.fresh(call_off)
    assert (stood.answer_due_at, stood.answer_days_left) == (None, 3)
    assert workflow.lapse(call_off, at=LATER).state == S.WITH_SUPPLIER
    sound()
    resume()
    assert cast.fresh(call_off).answer_due_at == working_days.due(LATER, 3)
    verbs = list(audit.history(call_off).values_list("verb", flat=True))
    assert verbs[-2:] == ["call_off.clock_stopped", "call_off.clock_started"]


def told_when_resumed() -> dict[str, str]:
    """Who was told at once that their time goes on, and until when."""
    return dict(Email.objects.filter(template__endswith="/clock_goes_on.txt", held_until=None).values_list("recipient", "context__due"))


@pytest.mark.world("with_supplier")
def test_the_order_desk_is_told_at_once_until_when_it_can_answer_when_the_framework_is_resumed():
    """Also who wants no news: what waits for somebody is none."""
    cast.with_supplier()
    User.objects.filter(email=DESK).update(news="none")
    suspend(START + timedelta(days=2))
    resume()
    due = last_day(working_days.due(LATER, 3))
    assert told_when_resumed() == {DESK: due, "second.order.desk@fujitsu.example": due}


@pytest.mark.world("countered")
def test_the_requester_is_told_at_once_until_when_a_counter_proposal_can_be_answered_when_the_framework_is_resumed():
    made = cast.countered()
    suspend()
    resume()
    assert told_when_resumed() == {"requester@dius.example": last_day(cast.fresh(made.call_off).answer_due_at)}


@pytest.mark.world("with_supplier")
def test_nobody_is_told_of_a_time_that_an_open_question_keeps_standing():
    call_off = cast.with_supplier()
    suspend()
    negotiation.ask(call_off, text="When?", by=cast.person(DESK), at=START)
    resume()
    assert told_when_resumed() == {}


@pytest.mark.world("with_supplier")
def test_a_question_answered_while_suspended_keeps_the_clock_standing_until_it_is_resumed():
    call_off = cast.with_supplier()
    asked = negotiation.ask(call_off, text="When?", by=cast.person(DESK), at=START)
    suspend()
    negotiation.answer(asked, text="Now.", by=cast.requester(), at=START + timedelta(days=7))
    assert clocks.answer(cast.fresh(call_off)) == (None, 5)
    sound()
    resume()
    assert clocks.answer(cast.fresh(call_off)) == (working_days.due(LATER, 5), None)


@pytest.mark.world("with_supplier")
def test_a_question_still_open_when_resumed_keeps_the_clock_standing_until_it_is_answered():
    call_off = cast.with_supplier()
    suspend(START + timedelta(days=1))
    asked = negotiation.ask(call_off, text="When?", by=cast.person(DESK), at=START + timedelta(days=2))
    resume()
    assert clocks.answer(cast.fresh(call_off)) == (None, 4)
    end = LATER + timedelta(days=5)
    negotiation.answer(asked, text="Now.", by=cast.requester(), at=end)
    assert clocks.answer(cast.fresh(call_off)) == (working_days.due(end, 4), None)


def test_an_order_is_accepted_while_suspended_and_one_that_is_late_already_lapses():
    call_off, late = cast.with_supplier(), None
    suspend()
    assert cast.accept(call_off).state == "preparing"
    resume()
    late = cast.with_supplier()
    suspend(late.answer_due_at)
    assert cast.fresh(late).answer_due_at is not None
    assert workflow.lapse(late, at=LATER).state == S.LAPSED


@pytest.mark.world("ons_applied")
def test_the_review_of_an_application_stands_and_a_new_one_is_refused():
    accession = cast.ons_applied()
    suspend(START + timedelta(days=1))
    stood = cast.fresh(accession)
    assert (stood.due_at, stood.days_left) == (None, 19)
    resume()
    assert cast.fresh(accession).due_at == working_days.due(LATER, 19)


def test_no_application_is_sent_while_suspended():
    suspend()
    with pytest.raises(Refused, match="is suspended"):
        cast.ons_applied()
    assert cast.ons().state == "engaged"
    assert joining.current(cast.ons()).submitted_at is None


def test_a_counter_proposal_that_could_not_be_accepted_in_time_can_be_when_the_framework_is_resumed():
    """Suspended over the end of the price hold: nobody was silent, and there is a day to answer in."""
    order = cast.with_supplier()
    months = cast.later(order).term | {"interim_starts_on": date(2008, 2, 1), "interim_months": 3}
    made = cast.countered(order, Changes(term=months))
    order = cast.fresh(made.call_off)
    due = order.answer_due_at
    suspend(due - timedelta(days=1))
    order = cast.fresh(order)
    assert desks.of(order, due.date())[0].due is None
    assert "stands" in str(framework_display.clock_words(order, "department")["what"])
    late = due + timedelta(days=1)
    periodic.run(late)
    assert cast.fresh(order).state == S.COUNTER_PROPOSED
    with pytest.raises(Refused, match="is suspended"):
        countering.accept(made, shown_hash=cast.shown(made, late), by=cast.requester(), at=late)
    resume(late)
    assert cast.fresh(order).answer_due_at == working_days.due(late, 1)
    verbs = list(audit.history(order).filter(verb__contains="clock").values_list("verb", flat=True))
    assert verbs == ["call_off.clock_stopped", "call_off.clock_started"]
    assert not [words for words in periodic.run(late) if "lapsed" in words]
    assert cast.accept_counter(made, late).state == S.DEPARTMENT_APPROVAL
    sound()


@pytest.mark.world("countered")
def test_a_counter_proposal_is_refused_while_suspended_also_after_its_day():
    made = cast.countered()
    due = cast.fresh(made.call_off).answer_due_at
    suspend(due - timedelta(seconds=1))
    order = countering.refuse_it(made, reason="No.", by=cast.requester(), at=due)
    assert (order.state, order.answer_due_at, order.answer_days_left) == (S.WITH_SUPPLIER, None, 5)
    words = "within 5 working days of the day on which the framework, which is suspended, is resumed"
    told = Email.objects.filter(template="procurement/email/counter_refused.txt")
    assert told.exists() and all(words in mail.render(message)[1] for message in told)
    sound()


@pytest.mark.world("countered")
def test_the_working_days_of_a_suspension_are_given_back_and_the_price_hold_stands():
    made = cast.countered()
    order = cast.fresh(made.call_off)
    hold, days = order.answer_due_at, order.framework.supplier_response_working_days
    suspend(START + timedelta(days=1))
    resume(START + timedelta(days=3))
    assert cast.fresh(order).answer_due_at == hold, "the hold gives longer"
    manage(framework_life.suspend, START + timedelta(days=4), reason="Again.")
    manage(framework_life.resume, hold - timedelta(days=2))
    pauses = [(row.suspended_at, row.ended_at) for row in Suspension.objects.all()]
    given = working_days.due_through(order.state_since, days, pauses)
    assert given > hold
    assert cast.fresh(order).answer_due_at == given
    sound()


@pytest.mark.world("countered")
def test_a_counter_proposal_whose_time_was_over_before_the_suspension_lapses():
    made = cast.countered()
    due = cast.fresh(made.call_off).answer_due_at
    suspend(due)
    with pytest.raises(Refused, match="The time to answer it ended"):
        countering.refuse_it(made, reason="No.", by=cast.requester(), at=due)
    assert workflow.lapse(made.call_off, at=due).state == S.LAPSED


def test_a_counter_proposal_made_while_suspended_says_that_its_time_stands():
    order = cast.with_supplier()
    suspend()
    cast.countered(order)
    told = Email.objects.get(template="procurement/email/counter_proposed.txt")
    assert "Until then your time to answer stands" in mail.render(told)[1]
    sound()


# ---- who, and from where


@pytest.mark.parametrize("email", [DIRECTOR, "auditor@co.example", "requester@dius.example", DESK, "requester@ons.example"])
def test_only_the_framework_manager_changes_its_life(email):
    acts = {
        framework_life.suspend: {"reason": "x"}, framework_life.propose_termination: {"reason": "x"},
        framework_life.extend: {"months": 1, "reason": "x", "notice": "N"},
        framework_life.change_ceiling: {"ceiling": Decimal("90000000.00"), "reason": "x"},
    }  # fmt: skip
    for action, more in acts.items():
        with pytest.raises(Refused, match="Only the framework manager of Cabinet Office"):
            manage(action, by=email, **more)
    suspend()
    with pytest.raises(Refused, match="Only the framework manager"):
        manage(framework_life.resume, by=email)
    assert cast.framework().state == "suspended"


@pytest.mark.world("with_supplier")
def test_a_reason_is_needed_and_nothing_is_half_done_without_one():
    call_off = cast.with_supplier()
    before = clocks.answer(call_off)
    with pytest.raises(Refused, match="Give a reason"):
        manage(framework_life.suspend, reason="  ")
    assert (cast.framework().state, clocks.answer(cast.fresh(call_off)), Suspension.objects.count()) == ("live", before, 0)


def test_each_act_leaves_one_record_and_tells_whom_it_concerns_once():
    suspend()
    events = audit.history(cast.framework()).filter(verb="framework.suspended")
    assert [(e.before, e.after, e.reason) for e in events] == [("live", "suspended", REASON)]
    told = set(Email.objects.filter(template="procurement/email/framework_changed.txt").values_list("recipient", flat=True))
    assert {"requester@dius.example", DESK, MANAGER} <= told
    assert "requester@ons.example" not in told, "a body that has not joined is told nothing"
    with pytest.raises(Refused, match="is suspended"):
        suspend()
    assert events.count() == 1


# ---- extended


def test_it_is_extended_once_or_several_times_never_beyond_what_it_may_be():
    framework = manage(framework_life.extend, months=3, reason="Exit is late.", notice="2014/S 001-1")
    assert framework.ends_on == date(2014, 8, 20)
    with pytest.raises(Refused, match="1 to 5 months"):
        manage(framework_life.extend, months=6, reason="More.", notice="2014/S 002-1")
    assert manage(framework_life.extend, months=5, reason="More.", notice="2014/S 002-1").ends_on == date(2015, 1, 20)
    with pytest.raises(Refused, match="by 8 months in total, and has been"):
        manage(framework_life.extend, months=1, reason="More.", notice="x")
    assert [m.months for m in Modification.objects.all()] == [3, 5]


def test_an_extension_keeps_open_what_would_have_lapsed():
    call_off = cast.drafted()
    manage(framework_life.extend, months=8, reason="Exit is late.", notice="N")
    periodic.run(EXPIRED)
    assert (cast.framework().state, cast.fresh(call_off).state) == ("live", S.DRAFT)
    periodic.run(datetime(2015, 1, 21, tzinfo=LONDON))
    assert (cast.framework().state, cast.fresh(call_off).state) == ("expired", S.LAPSED)


def test_an_extension_needs_its_notice():
    with pytest.raises(Refused, match="Name the published notice"):
        manage(framework_life.extend, months=1, reason="x", notice=" ")


# ---- the ceiling


def test_the_ceiling_is_never_lower_than_what_is_committed_and_reserved():
    cast.approved_by_department()
    with pytest.raises(Refused, match=r"£56,000,000\.00 is committed and £11,252,943\.00 reserved: the ceiling cannot be below £67,252,943\.00"):
        manage(framework_life.change_ceiling, ceiling=Decimal("67252942.99"), reason="Budget cut.")
    manage(framework_life.change_ceiling, ceiling=Decimal("67252943.00"), reason="Budget cut.")
    account = CapacityAccount.objects.get()
    assert (account.headroom_gbp, cast.framework().ceiling_gbp) == (0, Decimal("67252943.00"))
    made = Modification.objects.get()
    assert (made.ceiling_before_gbp, made.ceiling_after_gbp) == (Decimal("100000000.00"), Decimal("67252943.00"))
    with pytest.raises(Refused, match="passes the framework's ceiling"):
        workflow.submit(cast.drafted(), by=cast.requester(), at=START)
    manage(framework_life.change_ceiling, ceiling=Decimal("80000000.00"), reason="Restored.")
    workflow.submit(cast.drafted(), by=cast.requester(), at=START)


# ---- terminated by two people


@pytest.mark.world("submitted")
def test_a_termination_changes_nothing_until_a_second_person_confirms_it():
    call_off = cast.submitted()
    manage(framework_life.propose_termination, reason="Insolvent.")
    assert cast.framework().state == "live"
    assert Email.objects.filter(template__contains="termination_proposed").get().recipient == DIRECTOR
    with pytest.raises(Refused, match="Only the deputy director"):
        manage(framework_life.terminate)
    manage(framework_life.terminate, by=DIRECTOR)
    assert cast.framework().state == "terminated"
    done = Termination.objects.get()
    assert done.proposed_by != done.decided_by
    with pytest.raises(Refused, match="has ended"):
        cast.decide(call_off, cast.ROUTE[0])


def test_one_person_in_both_posts_is_not_two():
    cast.give_post(MANAGER, "CO", "deputy_director")
    manage(framework_life.propose_termination, reason="Insolvent.")
    with pytest.raises(Refused, match="a second one has to confirm"):
        manage(framework_life.terminate)
    assert cast.framework().state == "live"


def deputise(holder: str, deputy: str) -> None:
    """The deputy acts for the holder of their post from that day."""
    holding = PostHolding.objects.get(user__email=holder)
    ActingFor.objects.create(holding=holding, deputy=User.objects.get(email=deputy), starts_on=START.date(), ends_on=date(2008, 1, 1))


def test_for_whom_a_termination_was_proposed_is_not_the_second_person():
    """The manager's deputy proposes it in the manager's name; the manager sits in for the deputy director."""
    deputise(MANAGER, "category.manager@co.example")
    deputise(DIRECTOR, MANAGER)
    proposed = manage(framework_life.propose_termination, by="category.manager@co.example", reason="Insolvent.")
    manager = cast.person(MANAGER)
    assert proposed.proposed_for == manager.person_id
    assert audit.history(cast.framework()).last().acting_for == manager.words
    with pytest.raises(Refused, match="a second one has to confirm"):
        manage(framework_life.terminate)
    with pytest.raises(IntegrityError), transaction.atomic():
        Termination.objects.filter(pk=proposed.pk).update(
            outcome="confirmed", decided_by=manager.person_id, decided_by_name="x", decided_at=START
        )
    assert manage(framework_life.terminate, by=DIRECTOR).state == "terminated"


def test_what_was_decided_on_a_termination_and_when_a_suspension_ended_stays():
    suspend()
    resume()
    with pytest.raises(IntegrityError, match="settled"), transaction.atomic():
        Suspension.objects.update(ended_by_name="Somebody else")
    terminate(LATER)
    with pytest.raises(IntegrityError, match="settled"), transaction.atomic():
        Termination.objects.update(decided_by_name="Somebody else")


def test_a_termination_that_is_dropped_leaves_the_framework_as_it_was():
    manage(framework_life.propose_termination, reason="Insolvent.")
    with pytest.raises(Refused, match="has proposed it already"):
        manage(framework_life.propose_termination, reason="Again.")
    with pytest.raises(Refused, match="Only the framework manager"):
        manage(framework_life.drop_termination, by="commercial.lead@co.example", reason="No.")
    manage(framework_life.drop_termination, by=DIRECTOR, reason="It was rescued.")
    assert cast.framework().state == "live"
    with pytest.raises(Refused, match="Nobody has proposed"):
        manage(framework_life.terminate, by=DIRECTOR)


# ---- the end, for orders in every state


def at_end(state: str):
    makers = {
        S.DRAFT: cast.drafted, S.DEPARTMENT_APPROVAL: cast.submitted, S.AUTHORITY_APPROVAL: cast.approved_by_department,
        S.WITH_SUPPLIER: cast.with_supplier, S.COUNTER_PROPOSED: lambda: cast.fresh(cast.countered().call_off),
        S.RETURNED: lambda: workflow.recall(cast.submitted(), by=cast.requester(), at=START),
    }  # fmt: skip
    return makers[state]()


@pytest.mark.parametrize("end", ["terminated", "expired", "expired while suspended"])
@pytest.mark.parametrize("state", OPEN)
def test_every_open_order_lapses_with_its_framework(state, end):
    call_off = at_end(state)
    at = EXPIRED
    if end == "terminated":
        at = START
        terminate()
    elif end != "expired":
        suspend()
    periodic.run(at)
    periodic.run(at)
    ended = cast.fresh(call_off)
    late = {
        S.WITH_SUPPLIER: "The supplier did not answer in time.",
        S.COUNTER_PROPOSED: "The department did not answer the counter-proposal in time.",
    } if end == "expired" else {}  # its own clock has run out long before
    reason = late.get(state, "The framework has ended.")
    assert (ended.state, ended.ended_reason) == (S.LAPSED, reason)
    assert CapacityAccount.objects.get().reserved_gbp == 0
    steps = ApprovalStep.objects.filter(approval__revision__call_off=ended)
    assert not steps.filter(state__in=[StepState.OPEN, StepState.WAITING]).exists()
    assert audit.history(ended).filter(verb="call_off.lapsed").count() == 1
    told = Email.objects.filter(template="procurement/email/ended.txt", recipient="requester@dius.example")
    assert told.count() == 1
    assert not Suspension.objects.filter(ended_at=None).exists()
    sound()


def test_it_expires_at_midnight_in_london_and_not_a_second_before():
    periodic.run(EXPIRED - timedelta(seconds=1))
    assert cast.framework().state == "live"
    assert EXPIRED in periodic.next_moments()
    assert "FLEX-2007 expired" in periodic.run(EXPIRED)
    assert cast.framework().state == "expired"
    assert periodic.run(EXPIRED + timedelta(days=1)) == []


@pytest.mark.world("submitted")
def test_nothing_is_decided_between_midnight_and_the_clock():
    call_off = cast.submitted()
    with pytest.raises(Refused, match="has ended"):
        cast.decide(call_off, cast.ROUTE[0], at=EXPIRED)


@pytest.mark.world("submitted")
def test_a_framework_is_closed_when_nothing_is_open_under_it():
    call_off = cast.submitted()
    with pytest.raises(Refused, match="FLEX-2007 is live"):
        manage(closing.close)
    terminate()
    with pytest.raises(Refused, match="1 order under it has not ended.*bodies are still on their way to join it"):
        manage(closing.close)
    periodic.run(START)
    assert cast.fresh(call_off).state == S.LAPSED
    with pytest.raises(Refused, match="Only the framework manager"):
        manage(closing.close, by=DIRECTOR)
    assert manage(closing.close).state == "closed"
    sound()


def test_who_has_not_joined_by_its_end_does_not_join_and_nothing_of_it_waits_for_anybody():
    leads = [cast.person(email) for email in ("accession.lead@co.example", "accession.approver@co.example")]
    on_their_way = Accession.objects.filter(state__in=PIPELINE)
    assert on_their_way.exists() and any(accession_display.waiting(by, START.date()) for by in leads)
    terminate()
    ended = [words for words in periodic.run(START) if "withdrawn" in words]
    assert len(ended) > 3 and not on_their_way.exists() and periodic.run(START) == []
    assert not any(accession_display.waiting(by, START.date()) for by in leads)
    assert set(Accession.objects.filter(state="withdrawn").values_list("ended_words", flat=True)) == {"The framework has ended."}
    sound()


@pytest.mark.world("ons_approved")
def test_an_agreement_that_waits_for_a_signature_is_void_and_its_signatories_lose_what_the_approval_gave_them():
    cast.ons_approved()
    accession = paper.agreement_issued(cast.ons())
    paper.sign_agreement(accession, *paper.PARTIES[0])
    signatory = cast.person("authority.signatory@co.example")
    assert accession_display.waiting(signatory, START.date())
    terminate()
    with pytest.raises(Refused, match="bodies are still on their way"):
        manage(closing.close)
    assert f"{accession} withdrawn" in periodic.run(START)
    assert cast.ons().state == "withdrawn" and cast.fresh(accession.document).state == "void"
    given = OrganisationGrant.objects.filter(pk__in=accession.given["grants"])
    assert set(given.values_list("ends_on", flat=True)) == {START.date()}
    assert accession_display.waiting(signatory, START.date()) == []
    assert Email.objects.filter(recipient="requester@ons.example", template__endswith="accession_closed.txt").count() == 1
    assert manage(closing.close).state == "closed"


@pytest.mark.world("ons_approved")
def test_an_agreement_both_have_signed_outlives_the_framework_and_one_being_sealed_is_waited_for():
    cast.ons_approved()
    accession = paper.agreement_issued(cast.ons())
    first = paper.agreement_act(accession, *paper.PARTIES[0])
    terminate()
    assert agreements.end_with_framework(accession, at=START).state == "agreement_issued", "its seal is being put on"
    with undone():
        paper.signed(first)
        assert agreements.end_with_framework(accession, at=START).state == "withdrawn"


@pytest.mark.world("ons_approved")
def test_a_last_act_before_its_end_lets_the_body_join():
    cast.ons_approved()
    accession = paper.agreement_issued(cast.ons())
    paper.agreement_archived(accession)
    terminate()
    periodic.run(START)
    assert agreements.activate(cast.ons(), at=START).state == "active"


# ---- the database's own wall


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE catalogue_framework SET state = 'suspended'", "UPDATE catalogue_framework SET state = 'terminated'",
        "UPDATE catalogue_framework SET ends_on = '2019-05-20'",
        "UPDATE catalogue_framework SET ends_on = '2014-06-20'",
        "UPDATE catalogue_framework SET ends_on = '2015-02-20', extended_months = 9",
        "UPDATE procurement_capacityaccount SET ceiling_gbp = committed_gbp - 1",
    ],
)  # fmt: skip
def test_the_database_refuses_what_no_action_does(change):
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_the_database_refuses_a_submission_while_suspended():
    call_off = cast.drafted()
    suspend()
    call_off.submit(at=START)
    call_off.reference = "CO-2007-000009"
    with pytest.raises(IntegrityError, match="not live"), transaction.atomic():
        call_off.save()


def test_the_database_refuses_a_termination_by_one_person():
    manager = cast.person(MANAGER)
    proposed = manage(framework_life.propose_termination, reason="Insolvent.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Termination.objects.filter(pk=proposed.pk).update(
            outcome="confirmed", decided_by=manager.person_id, decided_by_name="x", decided_at=START
        )
    assert Framework.objects.get().state == "live"


def test_the_page_of_effects_says_what_the_pages_say():
    text = PAGE.read_text(encoding="utf-8")
    for act, effects in EFFECTS.items():
        assert set(effects) == {*OPEN, S.CONFIRMED, S.CONTRACTED}, act
        for state, words in effects.items():
            row = next(line for line in text.splitlines() if line.startswith(f"| {S(state).label} |"))
            assert str(words) in row, (act, state)


def test_a_framework_comes_into_force_with_a_catalogue_a_matrix_and_a_counter_alone():
    framework = frameworks.drafted(None)
    with pytest.raises(Refused, match="has no approval matrix for every value.*has no counter under its ceiling"):
        frameworks.activated(framework)
    framework.activate()
    with pytest.raises(IntegrityError, match="has no approval matrix"), transaction.atomic():
        framework.save()
    assert frameworks.activated(frameworks.ready(cast.fresh(framework))).state == "live"
    same = {f.attname: getattr(framework, f.attname) for f in Framework._meta.concrete_fields if f.attname not in ("id", "reference", "state")}
    bare = frameworks.ready(Framework.objects.create(reference="FLEX-3", **same))
    with pytest.raises(Refused, match="has no live release"):
        frameworks.activated(bare)
    bare.activate()
    with pytest.raises(IntegrityError, match="has no live release"), transaction.atomic():
        bare.save()
