"""Why not: reasons in words for deciding on an order: whose step it is, who may not, what a delegation covers."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from documents.templatetags.flex import gbp
from procurement import recusals, routes, seats
from procurement.actors import Person
from procurement.guards import why_no_room
from procurement.models import (
    Act,
    ApprovalStep,
    CallOff,
    CallOffRevision,
    CallOffState,
    Delegation,
    DelegationKind,
    ExceptionRequest,
    PostCode,
    Side,
    StepState,
    User,
)
from procurement.standing import why_framework_over, why_no_member, why_several_suppliers, why_supplier_excluded

S = CallOffState


def hands_of(call_off: CallOff, revision: CallOffRevision) -> dict:
    """person_id -> what they did on this revision that bars them from deciding on it."""
    barred = {hand.person_id: _("edited this revision") for hand in revision.hands.all()}
    barred[call_off.requester.person_id] = _("requested this order")
    if revision.submitted_by:
        barred[revision.submitted_by] = _("submitted this revision")
    for decision in revision.decisions.all():
        barred[decision.person_id] = _("already decided on this revision")
        if decision.principal_id:
            barred[decision.principal_id] = _("was acted for on this revision")
    return barred


def why_barred(
    call_off: CallOff, step: ApprovalStep, by: Person, seat: seats.Seat | None, on: date, *,
    requesting: Collection[UUID] | None = None,
) -> Iterator[Reason]:  # fmt: skip
    """What keeps somebody from a step whosever turn it is: what is not listed for them, nor written to them about.
    ``requesting`` are the requesters of the order's department on the day, where the caller has read them."""
    yield from why_not_segregated(call_off, step.revision, by, seat)
    yield from _why_requesting(call_off, step, by, seat, on, requesting)
    yield from recusals.why_recused(call_off, by)
    yield from recusals.why_chosen(call_off, seat)


def seat_for(
    call_off: CallOff, step: ApprovalStep, by: Person, on: date, *,
    sits: list[seats.Seat] | None = None, requesting: Collection[UUID] | None = None,
) -> seats.Seat | None:  # fmt: skip
    """The seat from which the person takes the step; None where they sit in none. Who acts for several takes it from the
    first against whom nothing stands, their own before others', and where it commits from one whose delegation covers it.
    Guard, decision, record and list all ask this. ``sits`` are their seats there that day (``seats.seats_of``) and
    ``requesting`` as for ``why_barred``, where the caller has read them."""

    def against(seat: seats.Seat) -> tuple[bool, bool]:
        barred = any(why_barred(call_off, step, by, seat, on, requesting=requesting))
        return barred, step.act == Act.COMMIT and not _covers(step, committing(call_off, step, seat, on))

    return seats.choose(seats.seats_of(by, step.organisation_id, step.post, on) if sits is None else sits, against)


def is_own_order(call_off: CallOff, step: ApprovalStep) -> bool:
    """Whether the step decides for the authority on an order of its own."""
    return step.side == Side.AUTHORITY and call_off.department_id == step.organisation_id


def _why_requesting(
    call_off: CallOff, step: ApprovalStep, by: Person, seat: seats.Seat | None, on: date, requesting: Collection[UUID] | None
) -> Iterator[Reason]:
    """Authority approvers of the authority's own orders are not of its requesting team (domain.md, "Approval")."""
    if not is_own_order(call_off, step):
        return
    team = seats.sitting(call_off.department_id, PostCode.REQUESTER, on) if requesting is None else requesting
    for person in filter(None, [by.user, seat.principal if seat else None]):
        if person.person_id in team:
            yield Reason(
                _("%(name)s is a requester of %(department)s, whose own order this is.")
                % {"name": person.name, "department": call_off.department.name},
                _("Somebody who is not of the requesting team decides for the authority."),
            )


def who_can_take(call_off: CallOff, step: ApprovalStep, on: date) -> list[User]:
    """Of those who sit in the step's chair on the day, whom nothing bars from it (``seats.holders``)."""
    return [user for user, _seat in _able(call_off, step, on)]


def _able(call_off: CallOff, step: ApprovalStep, on: date) -> list[tuple[User, seats.Seat]]:
    found = [
        (user, seat_for(call_off, step, Person.of(user), on, sits=sits))
        for user, sits in seats.taken(step.organisation_id, step.post, on)
    ]
    return [(user, seat) for user, seat in found if not any(why_barred(call_off, step, Person.of(user), seat, on))]


def why_not_segregated(call_off: CallOff, revision: CallOffRevision, by: Person, seat: seats.Seat | None):
    barred = hands_of(call_off, revision)
    if by.person_id in barred:
        yield Reason(_("You %(did)s, so somebody else has to do this.") % {"did": barred[by.person_id]})
    if seat and seat.principal and seat.principal.person_id in barred:
        yield Reason(
            _("%(name)s, for whom you act, %(did)s.")
            % {"name": seat.principal.name, "did": barred[seat.principal.person_id]}
        )


def _step_is_open(call_off: CallOff, step: ApprovalStep, on: date) -> Iterator[Reason]:
    wanted = S.DEPARTMENT_APPROVAL if step.side == Side.DEPARTMENT else S.AUTHORITY_APPROVAL
    if step.revision_id != call_off.revision_id or call_off.state != wanted or step.state == StepState.VOID:
        yield Reason(_("This step no longer counts: the call-off is %(state)s.") % {
            "state": call_off.get_state_display()})  # fmt: skip
    elif step.state == StepState.WAITING:
        first = [one for one in step.revision.steps.all() if one.state == StepState.OPEN]
        yield Reason(
            _("It is not yet the turn of the %(post)s.") % {"post": step.get_post_display()},
            " ".join(_who_takes(call_off, one, on) for one in first),
        )
    elif step.state == StepState.DECIDED:
        yield Reason(
            _("%(name)s has already %(outcome)s this step.")
            % {"name": step.decision.name, "outcome": step.decision.get_outcome_display()}
        )


def why_not_act_on_step(call_off: CallOff, step: ApprovalStep, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Whose step it is, and segregation; shared by endorse, commit, return and reject."""
    on = london_day(at)
    yield from _step_is_open(call_off, step, on)
    yield from why_framework_over(call_off.framework, on)
    seat = seat_for(call_off, step, by, on)
    if seat is None:
        yield Reason(
            _("This step is for the %(post)s of %(organisation)s.")
            % {"post": step.get_post_display(), "organisation": step.organisation.name},
            seats.who_holds(step.organisation_id, step.post, on),
        )
    undecided = step.state in (StepState.WAITING, StepState.OPEN)
    for reason in why_barred(call_off, step, by, seat, on):
        yield reason if reason.who_can or not undecided else replace(reason, who_can=_who_takes(call_off, step, on))


def _who_takes(call_off: CallOff, step: ApprovalStep, on: date) -> str:
    able = who_can_take(call_off, step, on)
    if not able and call_off.recusals.all():
        return _("No %(post)s may on this day; an administrator who has declared no conflict in it can appoint somebody.") % {
            "post": PostCode(step.post).label
        }
    return who_acts(step.post, able)


def who_acts(post: str, able: Iterable[User]) -> str:
    """Of the ``seats.holders`` of a chair those whom nothing bars, in words: "DIUS budget holder can, as budget holder"."""
    names, chair = ", ".join(seats.named(user) for user in able), {"post": PostCode(post).label}
    if not names:
        return _("No %(post)s may on this day; the administrator can appoint somebody or name a deputy.") % chair
    return _("%(names)s can, as %(post)s.") % (chair | {"names": names})


def why_not_decide(call_off: CallOff, step: ApprovalStep, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Endorse or commit: on top of the turn, the department's membership, the price hold and, where it commits, a
    delegation that covers the value."""
    on = london_day(at)
    yield from why_not_act_on_step(call_off, step, by=by, at=at)
    yield from why_no_member(call_off.framework, call_off.department)
    yield from why_hold_ended(step.revision, on)
    yield from why_exceptions_open(step)
    if step.act == Act.COMMIT:
        yield from why_not_covered(call_off, step, by=by, on=on)
        if step.side == Side.DEPARTMENT:
            yield from why_no_room(step.revision, step.revision.whole_life_gbp)
        else:
            yield from why_supplier_excluded(call_off, on)
            yield from why_several_suppliers(call_off.framework)


def why_exceptions_open(step: ApprovalStep) -> Iterator[Reason]:
    """The authority's exceptions come first: at the step that decides them, and before anybody commits for it."""
    if step.side != Side.AUTHORITY:
        return
    asked = [one for one in step.revision.exceptions.select_related("decision") if not hasattr(one, "decision")]
    if not asked:
        return
    decider = routes.step_for_exceptions(step.revision.steps.select_related("organisation"))
    if step.pk != decider.pk and step.act != Act.COMMIT:
        return
    for one in asked:
        yield Reason(
            _("The exception for %(n)s of %(code)s is neither granted nor refused.")
            % {"n": f"{one.quantity:,}", "code": one.service_code},
            _("The %(post)s of %(organisation)s decides it on the approval brief.")
            % {"post": decider.get_post_display(), "organisation": decider.organisation.name},
        )


def why_not_decide_exception(
    call_off: CallOff, step: ApprovalStep, asked: ExceptionRequest, *, by: Person, at: datetime
) -> Iterator[Reason]:
    """Grant or refuse: whose step it is, the price hold, and that nobody did it before."""
    yield from why_not_act_on_step(call_off, step, by=by, at=at)
    yield from why_hold_ended(step.revision, london_day(at))
    decider = routes.step_for_exceptions(step.revision.steps.all())
    if decider is None or decider.pk != step.pk:
        yield Reason(_("Exceptions are decided at another step of this order."))
    decided = getattr(asked, "decision", None)
    if decided is not None:
        yield Reason(
            _("%(name)s has already %(outcome)s it.")
            % {"name": decided.name, "outcome": decided.get_outcome_display()}
        )


def why_hold_ended(revision: CallOffRevision, on: date) -> Iterator[Reason]:
    if revision.hold_until and on > revision.hold_until:
        yield Reason(
            _("Its prices were held until %(day)s: return to reprice.") % {"day": as_day(revision.hold_until)},
            _("An approver whose turn it is can return it; the requester can withdraw it."),
        )


def commit_kind(side: str) -> str:
    """A department commits under a budget delegation, the authority under a purchase delegation."""
    return DelegationKind.BUDGET if side == Side.DEPARTMENT else DelegationKind.PURCHASE


def committing(call_off: CallOff, step: ApprovalStep, seat: seats.Seat, on: date) -> list[Delegation]:
    """The delegations under which the step could be committed from the seat that day, largest first."""
    return recusals.delegations(call_off, seat, commit_kind(step.side), on)


def why_not_covered(call_off: CallOff, step: ApprovalStep, *, by: Person, on: date) -> Iterator[Reason]:
    seat = seat_for(call_off, step, by, on)
    if seat is None:
        return
    held = committing(call_off, step, seat, on)
    if _covers(step, held):
        return
    if _covers(step, seats.delegations(seat, commit_kind(step.side), on)):
        words = _("%(value)s; who gave you the delegation for it has declared a conflict of interest in this order.") % {
            "value": _commits(step.revision)
        }
    elif not held:
        words = _("%(value)s and you hold no %(kind)s delegation on this day.") % {
            "value": _commits(step.revision), "kind": DelegationKind(commit_kind(step.side)).label,
        }  # fmt: skip
    else:
        words = _("%(value)s; your delegation is %(limit)s.") % {
            "value": _commits(step.revision), "limit": delegation_words(held[0])
        }  # fmt: skip
    yield Reason(words, _who_covers(call_off, step, on))


def _covers(step: ApprovalStep, held: Iterable[Delegation]) -> bool:
    return any(covers(delegation, step.revision) for delegation in held)


def covers(delegation: Delegation, revision: CallOffRevision) -> bool:
    """Whether the revision is within it, with the orders counted together."""
    return delegation.covers(revision.route_value, revision.call_off.framework_id, revision.lots)


def _commits(revision: CallOffRevision) -> str:
    """"It commits £400,000.00; with CO-2007-000001, counted together, £800,000.00"."""
    words = _("It commits %(value)s") % {"value": gbp(revision.whole_life_gbp)}
    if not revision.counted_with:
        return words
    return _("%(words)s; with %(others)s, counted together, %(total)s") % {
        "words": words, "others": revision.counted_words,
        "total": gbp(revision.route_value),
    }  # fmt: skip


def delegation_words(held: Delegation) -> str:
    """"£5,000,000.00 for lot 2 of FLEX-2007 until 20 May 2014"."""
    limit = _("unlimited") if held.unlimited else gbp(held.limit_gbp)
    lot = _(" for %(lot)s") % {"lot": held.lot_words} if held.lot is not None else ""
    until = as_day(held.ends_on) if held.ends_on else _("further notice")
    return _("%(limit)s%(lot)s until %(day)s") % {"limit": limit, "lot": lot, "day": until}


def _who_covers(call_off: CallOff, step: ApprovalStep, on: date) -> str:
    """Who could commit instead, from the chair they sit in that day and under its delegations."""
    names = [
        seats.named(user) for user, seat in _able(call_off, step, on)
        if _covers(step, committing(call_off, step, seat, on))
    ]  # fmt: skip
    if names:
        return _("%(names)s can.") % {"names": ", ".join(names)}
    return _("Nobody in this post can; a larger delegation is needed.")


def why_not_query(call_off: CallOff, step: ApprovalStep, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_act_on_step(call_off, step, by=by, at=at)
