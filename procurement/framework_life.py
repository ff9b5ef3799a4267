"""What people and the clock do with a framework in force: suspend, resume, extend, change the ceiling, announce its end,
terminate, expire.

Each act holds the framework against every other action under it (they hold it shared), so an order is either done before
or sees what was done. Orders that end with the framework lapse one by one by the clock (``procurement.periodic``,
``contracts.periodic``); until then their guards refuse them. Closing is ``contracts.closing``, which knows what still runs.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.models import Framework, FrameworkState
from documents import audit
from documents.actors import SYSTEM, Actor
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from documents.templatetags.flex import day as as_day
from documents.templatetags.flex import gbp
from procurement import clocks, completeness, seats
from procurement import framework_guards as guards
from procurement import framework_notifications as notifications
from procurement import notifications as order_notifications
from procurement.actors import Person
from procurement.locking import lock_framework
from procurement.models import (
    Accession,
    CallOff,
    CapacityAccount,
    FrameworkAgreement,
    Modification,
    PostCode,
    Suspension,
    Termination,
    User,
)
from procurement.papers import StoredFile


def _insist_on_reason(reason: str) -> None:
    insist_on_words(reason, _("Give a reason: departments and suppliers will read it."))


def _manager_for(framework: Framework, by: Person, at: datetime) -> User | None:
    """For whom the framework manager's deputy acts, as the record says it."""
    return seats.acting_for(by, framework.authority_id, PostCode.FRAMEWORK_MANAGER, on=london_day(at))


def _record_clocks(
    found: Iterable[CallOff | Accession], verb: str, reason: str, *, by: Actor, at: datetime, acting_for: User | None
) -> int:
    """The stopped or started clock stands in the history of each thing it belongs to."""
    moved = 0
    for thing in found:
        kind = "call_off" if isinstance(thing, CallOff) else "accession"
        audit.record(f"{kind}.{verb}", thing, by=by, at=at, reason=reason, acting_for=acting_for)
        moved += 1
    return moved


@transaction.atomic
def activate(framework: Framework, *, agreement: StoredFile | None, by: Actor, at: datetime) -> Framework:
    """In force from now, by the operator who loads it with the signed ``agreement``, which is kept as a fact. Raises
    Refused."""
    framework = lock_framework(framework)
    insist(guards.why_not_activate(framework, agreement, by=by, at=at))
    FrameworkAgreement.objects.create(
        framework=framework, **vars(agreement), received_by_name=by.words, received_at=at
    )
    before = framework.state
    framework.activate()
    framework.save()
    audit.record("framework.activated", framework, by=by, at=at, before=before, after=framework.state,
                 extra={"agreement": agreement.sha256})  # fmt: skip
    return framework


@transaction.atomic
def suspend(framework: Framework, *, reason: str, by: Person, at: datetime) -> Framework:
    """Nothing new is submitted; everything under way goes on, and every clock stands with the days it has left."""
    framework = lock_framework(framework)
    insist(guards.why_not_suspend(framework, by=by, at=at))
    _insist_on_reason(reason)
    made = Suspension.objects.create(
        framework=framework, reason=reason, suspended_by=by.person_id, suspended_by_name=by.words, suspended_at=at
    )
    before = framework.state
    framework.suspend()
    framework.save()
    acting_for = _manager_for(framework, by, at)
    stood = _record_clocks(
        clocks.stop_all(framework, at), "clock_stopped", _("The framework was suspended."), by=by, at=at,
        acting_for=acting_for,
    )  # fmt: skip
    audit.record("framework.suspended", framework, by=by, at=at, before=before, after=framework.state, reason=reason,
                 acting_for=acting_for, extra={"clocks": stood})  # fmt: skip
    notifications.tell_changed(framework, "suspended", at, key=str(made.pk), reason=reason)
    return framework


def _end_suspension(framework: Framework, *, by: Person | None, at: datetime) -> Suspension | None:
    open_one = Suspension.objects.select_for_update().filter(framework=framework, ended_at__isnull=True).first()
    if open_one is not None:
        open_one.ended_at = at
        open_one.ended_by, open_one.ended_by_name = (by.person_id, by.words) if by else (None, "")
        open_one.save()
    return open_one


@transaction.atomic
def resume(framework: Framework, *, by: Person, at: datetime) -> Framework:
    """Orders can be submitted again, and every clock goes on with the working days it had left."""
    framework = lock_framework(framework)
    insist(guards.why_not_resume(framework, by=by, at=at))
    ended = _end_suspension(framework, by=by, at=at)
    before = framework.state
    framework.resume()
    framework.save()
    acting_for = _manager_for(framework, by, at)
    started = list(clocks.start_all(framework, at))
    went_on = _record_clocks(
        started, "clock_started", _("The framework was resumed."), by=by, at=at, acting_for=acting_for
    )
    for thing in started:
        if isinstance(thing, CallOff):
            order_notifications.tell_clock_goes_on(thing, at)
    audit.record("framework.resumed", framework, by=by, at=at, before=before, after=framework.state,
                 acting_for=acting_for, extra={"clocks": went_on})  # fmt: skip
    notifications.tell_changed(framework, "resumed", at, key=str(ended.pk))
    return framework


def _modified(framework: Framework, kind: str, *, reason: str, notice: str, by: Person, at: datetime, **figures) -> Modification:
    return Modification.objects.create(
        framework=framework, kind=kind, reason=reason, notice=notice.strip(), made_by=by.person_id, made_by_name=by.words,
        made_at=at, **figures,
    )  # fmt: skip


@transaction.atomic
def extend(framework: Framework, *, months: int, reason: str, notice: str, by: Person, at: datetime) -> Framework:
    """Its last day moves by whole months, in total by no more than the framework allows. ``notice`` is the published
    notice of it (Procurement Act 2023 s.75)."""
    framework = lock_framework(framework)
    insist(guards.why_not_extend(framework, by=by, at=at))
    _insist_on_reason(reason)
    left = guards.months_left(framework)
    if not 1 <= months <= left:
        refuse(ngettext("It can be extended by %(left)s month.", "It can be extended by 1 to %(left)s months.", left) % {"left": left})
    insist_on_words(notice, _("Name the published notice of the extension."))
    before = framework.ends_on
    framework.ends_on = completeness.months_after(before, months)
    framework.extended_months += months
    framework.save()
    made = _modified(
        framework, Modification.Kind.TERM, reason=reason, notice=notice, by=by, at=at, months=months,
        ends_on_before=before, ends_on_after=framework.ends_on,
    )  # fmt: skip
    audit.record("framework.extended", framework, by=by, at=at, reason=reason, acting_for=_manager_for(framework, by, at), extra={
        "months": months, "from": before.isoformat(), "to": framework.ends_on.isoformat(), "notice": made.notice,
    })  # fmt: skip
    notifications.tell_changed(
        framework, "extended", at, key=str(made.pk), reason=reason, months=months, ends_on=as_day(framework.ends_on)
    )
    return framework


@transaction.atomic
def change_ceiling(
    framework: Framework, *, ceiling: Decimal, reason: str, notice: str = "", by: Person, at: datetime
) -> Framework:
    """Another ceiling (GBP, VAT excluded), never below what is committed and reserved. The counter moves last."""
    framework = lock_framework(framework)
    insist(guards.why_not_change_ceiling(framework, by=by, at=at))
    insist(guards.why_not_ceiling_of(framework, ceiling))
    _insist_on_reason(reason)
    before = framework.ceiling_gbp
    framework.ceiling_gbp = ceiling
    framework.save()
    made = _modified(
        framework, Modification.Kind.CEILING, reason=reason, notice=notice, by=by, at=at, ceiling_before_gbp=before,
        ceiling_after_gbp=ceiling,
    )  # fmt: skip
    audit.record("framework.ceiling_changed", framework, by=by, at=at, reason=reason, acting_for=_manager_for(framework, by, at), extra={
        "from": f"{before:.2f}", "to": f"{ceiling:.2f}", "notice": notice.strip(), "words": f"{gbp(before)} → {gbp(ceiling)}",
    })  # fmt: skip
    notifications.tell_changed(
        framework, "ceiling", at, key=str(made.pk), reason=reason, before=gbp(before), after=gbp(ceiling)
    )
    CapacityAccount.objects.filter(framework=framework).update(ceiling_gbp=ceiling)
    return framework


@transaction.atomic
def propose_termination(framework: Framework, *, reason: str, by: Person, at: datetime) -> Termination:
    """The framework manager proposes that it ends early; nothing changes until a second person confirms it."""
    framework = lock_framework(framework)
    insist(guards.why_not_propose_termination(framework, by=by, at=at))
    _insist_on_reason(reason)
    acting_for = guards.principal(framework, PostCode.FRAMEWORK_MANAGER, by=by, at=at)
    proposed = Termination.objects.create(
        framework=framework, reason=reason, proposed_by=by.person_id, proposed_by_name=by.words, proposed_at=at,
        proposed_for=acting_for.person_id if acting_for else None,
    )
    audit.record("framework.termination_proposed", framework, by=by, at=at, reason=reason, acting_for=acting_for)
    notifications.tell_proposed(framework, proposed, at)
    return proposed


def _decide(
    proposed: Termination, outcome: str, words: str, by: Person | None, at: datetime, *, acting_for: User | None = None
) -> None:
    proposed.decided_for = acting_for.person_id if acting_for else None
    proposed.outcome, proposed.words, proposed.decided_at = outcome, words, at
    proposed.decided_by, proposed.decided_by_name = (by.person_id, by.words) if by else (None, "")
    proposed.save()


@transaction.atomic
def terminate(framework: Framework, *, by: Person, at: datetime) -> Framework:
    """The second person confirms: it ends from this moment. Orders not signed by all parties lapse; contracts go on."""
    framework = lock_framework(framework)
    insist(guards.why_not_confirm_termination(framework, by=by, at=at))
    proposed = guards.standing_termination(framework)
    acting_for = guards.principal(framework, PostCode.DEPUTY_DIRECTOR, by=by, at=at)
    _decide(proposed, Termination.Outcome.CONFIRMED, "", by, at, acting_for=acting_for)
    _end_suspension(framework, by=None, at=at)
    before = framework.state
    framework.terminate()
    framework.save()
    audit.record("framework.terminated", framework, by=by, at=at, before=before, after=framework.state,
                 reason=proposed.reason, acting_for=acting_for,
                 extra={"proposed_by": proposed.proposed_by_name})  # fmt: skip
    notifications.tell_changed(framework, "terminated", at, key=str(proposed.pk), reason=proposed.reason)
    return framework


@transaction.atomic
def drop_termination(framework: Framework, *, reason: str, by: Person, at: datetime) -> Termination:
    """The proposal does not stand any more: taken back, or not confirmed."""
    framework = lock_framework(framework)
    insist(guards.why_not_drop_termination(framework, by=by, at=at))
    _insist_on_reason(reason)
    proposed = guards.standing_termination(framework)
    acting_for = guards.principal(framework, *guards.DROPPING, by=by, at=at)
    _decide(proposed, Termination.Outcome.DROPPED, reason, by, at, acting_for=acting_for)
    audit.record("framework.termination_dropped", framework, by=by, at=at, reason=reason, acting_for=acting_for)
    notifications.tell_dropped(framework, proposed, at)
    return proposed


ANNOUNCED_BEFORE = (180, 90, 30, 7)  # days before its last


def to_announce(framework: Framework, at: datetime) -> int | None:
    """Of how many days before its last nobody has been told yet; of several that are due together the last. None where
    nothing is to be said."""
    left = (framework.ends_on - london_day(at)).days
    reached = [days for days in ANNOUNCED_BEFORE if left <= days]
    if framework.state not in guards.IN_FORCE or left < 0 or not reached:
        return None
    said = {"days": min(reached), "ends_on": framework.ends_on.isoformat()}
    is_said = audit.history(framework).filter(verb="framework.end_announced", extra__contains=said).exists()
    return None if is_said else min(reached)


@transaction.atomic
def announce_end(framework: Framework, *, at: datetime, by: Actor = SYSTEM) -> Framework:
    """The clock's: who orders and who answers are told before its last day, in time to sign what is under way. Safe to run
    twice; a framework that was extended is announced anew."""
    framework = lock_framework(framework)
    days = to_announce(framework, at)
    if days is not None:
        audit.record("framework.end_announced", framework, by=by, at=at, before=framework.state, after=framework.state,
                     extra={"days": days, "ends_on": framework.ends_on.isoformat()})  # fmt: skip
        notifications.tell_end_nears(framework, days, at)
    return framework


@transaction.atomic
def expire(framework: Framework, *, at: datetime, by: Actor = SYSTEM) -> Framework:
    """The clock's end at midnight after its last day. Safe to run twice: one that was extended or has ended is left."""
    framework = lock_framework(framework)
    if framework.state not in guards.IN_FORCE or framework.ends_on >= london_day(at):
        return framework
    _end_suspension(framework, by=None, at=at)
    proposed = guards.standing_termination(framework)
    if proposed is not None:
        _decide(proposed, Termination.Outcome.DROPPED, _("The framework came to its end first."), None, at)
    before = framework.state
    framework.expire()
    framework.save()
    audit.record("framework.expired", framework, by=by, at=at, before=before, after=framework.state)
    notifications.tell_changed(framework, "expired", at, key=framework.ends_on.isoformat())
    return framework


def close(framework: Framework, *, by: Person, at: datetime) -> Framework:
    """Nothing is left to do under it. The caller (``contracts.closing``) holds the transaction and has made sure."""
    framework = lock_framework(framework)
    if framework.state not in (FrameworkState.EXPIRED, FrameworkState.TERMINATED):
        refuse(_("Only a framework that has ended is closed."))
    before = framework.state
    framework.close()
    framework.save()
    audit.record("framework.closed", framework, by=by, at=at, before=before, after=framework.state,
                 acting_for=_manager_for(framework, by, at))  # fmt: skip
    return framework
