"""A framework's manager and somebody under it act at one moment on real connections: one is done first, and whoever comes
second sees it. Rounds as in ``test_races``."""

from datetime import datetime, time, timedelta
from decimal import Decimal

import pytest

from contracts import formation
from contracts.models import Contract
from documents.clock import LONDON
from documents.models import Email
from documents.refusal import Refused
from procurement import framework_life, membership, reminding, workflow, working_days
from procurement.clocks import answer
from procurement.models import CapacityAccount, Decision, Delegation, Modification, Reminder, Suspension
from tests import cast
from tests.cast import START
from tests.procurement.test_races import deciding, race  # noqa: F401 - the fixture

MANAGER, DIRECTOR = "framework.manager@co.example", "deputy.director@co.example"


def suspending():
    framework, by = cast.framework(), cast.person(MANAGER)
    return lambda: framework_life.suspend(framework, reason="Examined.", by=by, at=START)


def test_a_submission_and_a_suspension_exclude_each_other_or_the_order_came_first(race):  # noqa: F811
    call_off, by = cast.drafted(), cast.requester()

    def after(results):
        submitted, suspended = results
        assert suspended == "done" and Suspension.objects.count() == 1
        assert submitted == "done" or "is suspended" in submitted, results
        assert cast.fresh(call_off).state == ("department_approval" if submitted == "done" else "draft")

    submit = lambda: workflow.submit(call_off, by=by, at=START)  # noqa: E731
    race().run(submit, suspending(), after)


def test_an_approval_goes_on_whichever_comes_first_and_the_clock_it_starts_stands(race):  # noqa: F811
    """The authority's last approval awards: the supplier's clock starts, and stands, in either order."""
    call_off = cast.approved_by_department()
    for email in cast.ROUTE[4:6]:
        cast.decide(call_off, email)

    def after(results):
        assert results == ("done", "done"), results
        awarded = cast.fresh(call_off)
        assert (awarded.state, answer(awarded)) == ("with_supplier", (None, 5))
        assert Decision.objects.count() == 7

    race().run(deciding(call_off, cast.ROUTE[6]), suspending(), after)


def test_an_acceptance_and_a_termination_leave_no_order_accepted_under_what_had_ended(race):  # noqa: F811
    call_off = cast.with_supplier()
    desk, director = cast.person("order.desk@fujitsu.example"), cast.person(DIRECTOR)
    framework_life.propose_termination(cast.framework(), reason="Insolvent.", by=cast.person(MANAGER), at=START)
    framework, shown = cast.framework(), call_off.revision.revision_hash

    def after(results):
        accepted, terminated = results
        assert terminated == "done" and cast.framework().state == "terminated"
        assert accepted == "done" or "has ended" in accepted, results
        assert Contract.objects.count() == int(accepted == "done")
        assert cast.fresh(call_off).state == ("confirmed" if accepted == "done" else "with_supplier")

    race().run(
        lambda: formation.accept_order(call_off, shown_hash=shown, by=desk, at=START),
        lambda: framework_life.terminate(framework, by=director, at=START), after,
    )  # fmt: skip


def test_of_an_approval_and_a_lower_ceiling_that_leaves_it_no_room_one_is_done(race):  # noqa: F811
    call_off = cast.submitted()
    for email in cast.ROUTE[:3]:
        cast.decide(call_off, email)
    framework, by, value = cast.framework(), cast.person(MANAGER), call_off.whole_life_gbp
    before = CapacityAccount.objects.get()
    ceiling = before.committed_gbp + before.reserved_gbp + value - Decimal("0.01")
    lower = lambda: framework_life.change_ceiling(framework, ceiling=ceiling, reason="Cut.", by=by, at=START)  # noqa: E731

    def after(results):
        approved, lowered = results
        assert sorted([approved == "done", lowered == "done"]) == [False, True], results
        assert "ceiling" in (lowered if approved == "done" else approved), results
        now = CapacityAccount.objects.get()
        assert now.reserved_gbp + now.committed_gbp <= now.ceiling_gbp
        assert now.ceiling_gbp == cast.framework().ceiling_gbp == (before.ceiling_gbp if approved == "done" else ceiling)

    race().run(deciding(call_off, cast.ROUTE[3]), lower, after)


def test_a_framework_is_extended_on_its_last_day_or_it_expires(race):  # noqa: F811
    """The clock strikes midnight while the manager's page, sent before it, is on its way."""
    framework, by, last = cast.framework(), cast.person(MANAGER), cast.framework().ends_on
    evening = datetime.combine(last, time(23, 59), tzinfo=LONDON)
    midnight = working_days.midnight_after(last)

    def after(results):
        extended, expired = results
        assert expired == "done", "the clock leaves alone what was extended"
        assert extended == "done" or "is expired" in extended, results
        now = cast.framework()
        assert now.state == ("live" if extended == "done" else "expired")
        assert (now.ends_on > last, Modification.objects.count()) == ((True, 1) if extended == "done" else (False, 0))

    race().run(
        lambda: framework_life.extend(framework, months=1, reason="Not yet over.", notice="2013/S 1", by=by, at=evening),
        lambda: framework_life.expire(framework, at=midnight), after,
    )  # fmt: skip


def test_an_approval_counts_under_the_delegation_as_it_stood_that_day(race):  # noqa: F811
    """A delegation ends with the end of a day: given today, the approval of today holds and tomorrow's is refused."""
    call_off = cast.submitted()
    for email in cast.ROUTE[:3]:
        cast.decide(call_off, email)
    held = Delegation.objects.get(holding__user__email=cast.ROUTE[3], kind="budget")
    by, today = cast.person("administrator@dius.example"), START.date()
    end = lambda: membership.end_delegation(held, ends_on=today, by=by, at=START)  # noqa: E731

    def after(results):
        assert results == ("done", "done"), results
        assert Delegation.objects.get(pk=held.pk).ends_on == today
        decision = Decision.objects.get(step__post="accounting_officer")
        assert decision.delegation_id == held.pk and decision.decided_at == START

    race().run(deciding(call_off, cast.ROUTE[3]), end, after)


def test_a_delegation_that_has_ended_covers_nothing_the_next_day(db):
    call_off = cast.submitted()
    for email in cast.ROUTE[:3]:
        cast.decide(call_off, email)
    held = Delegation.objects.get(holding__user__email=cast.ROUTE[3], kind="budget")
    membership.end_delegation(held, ends_on=START.date(), by=cast.person("administrator@dius.example"), at=START)
    with pytest.raises(Refused, match="you hold no budget delegation on this day"):
        cast.decide(call_off, cast.ROUTE[3], at=START + timedelta(days=1))


def test_two_schedulers_at_once_make_one_message(race):  # noqa: F811
    cast.submitted()
    moment = working_days.due(START, 2)
    (waiting,) = [one for one in reminding.due(moment) if one.subject.startswith("step")]
    made = lambda: reminding.remind(waiting, at=moment)  # noqa: E731

    def after(results):
        assert results == ("done", "done"), results
        assert Reminder.objects.count() == 1
        assert Email.objects.filter(template__contains="reminder").count() == 2, "both who hold the post, once"

    race().run(made, made, after)
