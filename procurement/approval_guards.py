"""Why not: reasons in words for deciding on what is approved, of every kind: whose step it is, who may not, what a
delegation covers. What a kind adds is its own module's (``procurement.order_decision_guards``)."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from documents.templatetags.flex import gbp
from documents.templatetags.flex import moment as as_moment
from procurement import approvals, recusals, seats
from procurement.actors import Person
from procurement.models import (
    Act,
    Approval,
    ApprovalStep,
    Delegation,
    DelegationKind,
    PostCode,
    Side,
    StepState,
    User,
)
from procurement.standing import why_framework_over


def hands_of(approval: Approval) -> dict[UUID, str]:
    """person_id -> what they did that bars them from deciding on it."""
    kind = approvals.kind_of(approval)
    barred = dict.fromkeys(approval.edited_by, _("edited %(content)s") % {"content": kind.content})
    barred[approval.requester_id] = _("requested %(this)s") % {"this": kind.this}
    barred[approval.submitted_by] = _("submitted %(content)s") % {"content": kind.content}
    for decision in approval.decisions.all():
        barred[decision.person_id] = _("already decided on %(content)s") % {"content": kind.content}
        if decision.principal_id:
            barred[decision.principal_id] = _("was acted for on %(content)s") % {"content": kind.content}
    return barred


def why_barred(
    step: ApprovalStep, by: Person, seat: seats.Seat | None, on: date, *, requesting: Collection[UUID] | None = None
) -> Iterator[Reason]:
    """What keeps somebody from a step whosever turn it is: what is not listed for them, nor written to them about.
    ``requesting`` are the requesters of the department on the day, where the caller has read them."""
    yield from why_not_segregated(step.approval, by, seat)
    yield from _why_requesting(step, by, seat, on, requesting)
    yield from recusals.why_recused(step.approval, by)
    yield from recusals.why_chosen(step.approval, seat)


def seat_for(
    step: ApprovalStep, by: Person, on: date, *,
    sits: list[seats.Seat] | None = None, requesting: Collection[UUID] | None = None,
) -> seats.Seat | None:  # fmt: skip
    """The seat from which the person takes the step; None where they sit in none. Who acts for several takes it from the
    first against whom nothing stands, their own before others', and where it commits from one whose delegation covers it.
    Guard, decision, record and list all ask this. ``sits`` are their seats there that day (``seats.seats_of``) and
    ``requesting`` as for ``why_barred``, where the caller has read them."""

    def against(seat: seats.Seat) -> tuple[bool, bool]:
        barred = any(why_barred(step, by, seat, on, requesting=requesting))
        return barred, step.act == Act.COMMIT and not _covers(step, committing(step, seat, on))

    return seats.choose(seats.seats_of(by, step.organisation_id, step.post, on) if sits is None else sits, against)


def is_own_order(step: ApprovalStep) -> bool:
    """Whether the step decides for the authority on what it orders itself."""
    return step.side == Side.AUTHORITY and step.approval.department_id == step.organisation_id


def _why_requesting(
    step: ApprovalStep, by: Person, seat: seats.Seat | None, on: date, requesting: Collection[UUID] | None
) -> Iterator[Reason]:
    """Authority approvers of the authority's own orders are not of its requesting team (domain.md, "Approval")."""
    if not is_own_order(step):
        return
    team = seats.sitting(step.organisation_id, PostCode.REQUESTER, on) if requesting is None else requesting
    for person in filter(None, [by.user, seat.principal if seat else None]):
        if person.person_id in team:
            yield Reason(
                _("%(name)s is a requester of %(department)s, whose own order this is.")
                % {"name": person.name, "department": step.approval.department.name},
                _("Somebody who is not of the requesting team decides for the authority."),
            )


def who_can_take(step: ApprovalStep, on: date) -> list[User]:
    """Of those who sit in the step's chair on the day, whom nothing bars from it (``seats.holders``)."""
    return [user for user, _seat in _able(step, on)]


def _able(step: ApprovalStep, on: date) -> list[tuple[User, seats.Seat]]:
    found = [
        (user, seat_for(step, Person.of(user), on, sits=sits))
        for user, sits in seats.taken(step.organisation_id, step.post, on)
    ]
    return [(user, seat) for user, seat in found if not any(why_barred(step, Person.of(user), seat, on))]


def why_not_segregated(approval: Approval, by: Person, seat: seats.Seat | None) -> Iterator[Reason]:
    barred = hands_of(approval)
    if by.person_id in barred:
        yield Reason(_("You %(did)s, so somebody else has to do this.") % {"did": barred[by.person_id]})
    if seat and seat.principal and seat.principal.person_id in barred:
        yield Reason(
            _("%(name)s, for whom you act, %(did)s.")
            % {"name": seat.principal.name, "did": barred[seat.principal.person_id]}
        )


def why_not_in_turn(step: ApprovalStep, on: date) -> Iterator[Reason]:
    """Of a step that still counts: whether it is its turn."""
    if step.state == StepState.WAITING:
        first = [one for one in step.approval.steps.all() if one.state == StepState.OPEN]
        yield Reason(
            _("It is not yet the turn of the %(post)s.") % {"post": step.get_post_display()},
            " ".join(_who_takes(one, on) for one in first),
        )
    elif step.state == StepState.DECIDED:
        yield Reason(
            _("%(name)s has already decided this step (%(outcome)s).")
            % {"name": step.decision.name, "outcome": step.decision.get_outcome_display()}
        )


def why_not_take(step: ApprovalStep, gone: Collection[Reason], *, by: Person, at: datetime) -> Iterator[Reason]:
    """Whose turn and whose step it is, and segregation; shared by endorse, commit, return, reject and ask. ``gone``: why it
    no longer counts, which its kind says. Of that, and of one that was decided, everybody reads why, and not who else has to."""
    on = london_day(at)
    decision = getattr(step, "decision", None)
    if decision is not None and decision.person_id == by.person_id:
        words = {"outcome": decision.get_outcome_display(), "moment": as_moment(decision.decided_at)}
        yield Reason(_("You have decided this step (%(outcome)s) on %(moment)s.") % words)
        return
    if gone or step.state == StepState.DECIDED:
        yield from gone or why_not_in_turn(step, on)
        return
    yield from why_not_in_turn(step, on)
    yield from why_framework_over(step.approval.framework, on)
    seat = seat_for(step, by, on)
    if seat is None:
        yield Reason(
            _("This step is for the %(post)s of %(organisation)s.")
            % {"post": step.get_post_display(), "organisation": step.organisation.name},
            seats.who_holds(step.organisation_id, step.post, on),
        )
    undecided = step.state in (StepState.WAITING, StepState.OPEN)
    for reason in why_barred(step, by, seat, on):
        yield reason if reason.who_can or not undecided else replace(reason, who_can=_who_takes(step, on))


def _who_takes(step: ApprovalStep, on: date) -> str:
    able = who_can_take(step, on)
    if not able and recusals.of(step.approval):
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


def why_hold_ended(approval: Approval, on: date, mended: str = "") -> Iterator[Reason]:
    """``mended``: by whom and how, where what is approved is no order."""
    if on <= approval.hold_until:
        return
    if not mended and all(step.state == StepState.DECIDED for step in approval.steps.all()):  # the supplier has it
        mended = _("The requester can withdraw it and submit a copy.")
    yield Reason(
        _("Its prices were held until %(day)s: return to reprice.") % {"day": as_day(approval.hold_until)},
        mended or _("An approver whose turn it is can return it; the requester can recall it while nobody has decided, or withdraw it."),
    )


def commit_kind(side: str) -> str:
    """A department commits under a budget delegation, the authority under a purchase delegation."""
    return DelegationKind.BUDGET if side == Side.DEPARTMENT else DelegationKind.PURCHASE


def committing(step: ApprovalStep, seat: seats.Seat, on: date) -> list[Delegation]:
    """The delegations under which the step could be committed from the seat that day, largest first."""
    return recusals.delegations(step.approval, seat, commit_kind(step.side), on)


def why_not_covered(step: ApprovalStep, *, by: Person, on: date) -> Iterator[Reason]:
    seat = seat_for(step, by, on)
    if seat is None:
        return
    held = committing(step, seat, on)
    if _covers(step, held):
        return
    value = _commits(step.approval)
    if _covers(step, seats.delegations(seat, commit_kind(step.side), on)):
        words = _("%(value)s; who gave you the delegation for it has declared a conflict of interest in %(this)s.") % {
            "value": value, "this": approvals.kind_of(step.approval).this
        }  # fmt: skip
    elif not held:
        words = _("%(value)s and you hold no %(kind)s delegation on this day.") % {
            "value": value, "kind": DelegationKind(commit_kind(step.side)).label,
        }  # fmt: skip
    else:
        words = _("%(value)s; your delegation is %(limit)s.") % {"value": value, "limit": delegation_words(held[0])}
    yield Reason(words, _who_covers(step, on))


def _covers(step: ApprovalStep, held: Iterable[Delegation]) -> bool:
    return any(covers(delegation, step.approval) for delegation in held)


def covers(delegation: Delegation, approval: Approval) -> bool:
    """Whether what is approved is within it, with what is counted together with it."""
    return delegation.covers(approval.route_gbp, approval.framework_id, approval.lots)


def _commits(approval: Approval) -> str:
    """"It commits £400,000.00; with CO-2007-000001, counted together, £800,000.00"."""
    words = _("It commits %(value)s") % {"value": gbp(approval.commits_gbp)}
    if not approval.counted_with:
        return words
    return _("%(words)s; with %(others)s, counted together, %(total)s") % {
        "words": words, "others": approval.counted_words, "total": gbp(approval.route_gbp),
    }  # fmt: skip


def delegation_words(held: Delegation) -> str:
    """"£5,000,000.00 for lot 2 of FLEX-2007 until 20 May 2014"."""
    limit = _("unlimited") if held.unlimited else gbp(held.limit_gbp)
    lot = _(" for %(lot)s") % {"lot": held.lot_words} if held.lot is not None else ""
    until = as_day(held.ends_on) if held.ends_on else _("further notice")
    return _("%(limit)s%(lot)s until %(day)s") % {"limit": limit, "lot": lot, "day": until}


def _who_covers(step: ApprovalStep, on: date) -> str:
    """Who could commit instead, from the chair they sit in that day and under its delegations."""
    names = [seats.named(user) for user, seat in _able(step, on) if _covers(step, committing(step, seat, on))]
    if names:
        return _("%(names)s can.") % {"names": ", ".join(names)}
    return _("Nobody in this post can; a larger delegation is needed.")
