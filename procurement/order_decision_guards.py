"""Why not: what deciding on an order asks beside ``procurement.approval_guards``: the order's own state, its exceptions,
membership, capacity and supplier."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from documents.clock import london_day
from documents.refusal import Reason
from procurement import routes, tolerance
from procurement.actors import Person
from procurement.approval_guards import why_hold_ended, why_not_covered, why_not_take
from procurement.guards import why_no_room
from procurement.models import Act, ApprovalStep, CallOff, CallOffState, ExceptionRequest, Side, StepState
from procurement.standing import why_no_member, why_several_suppliers, why_supplier_excluded

S = CallOffState


def order_of(step: ApprovalStep) -> CallOff:
    return step.approval.revision.call_off


def _why_not_counting(step: ApprovalStep) -> Iterator[Reason]:
    order = order_of(step)
    wanted = S.DEPARTMENT_APPROVAL if step.side == Side.DEPARTMENT else S.AUTHORITY_APPROVAL
    passed = order.state != wanted and step.state != StepState.DECIDED  # one that was decided counts for what follows
    if step.approval.revision.pk != order.revision_id or passed or step.state == StepState.VOID:
        yield Reason(_("This step no longer counts: the call-off is %(state)s.") % {"state": order.get_state_display()})


def why_not_act_on_step(step: ApprovalStep, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Shared by endorse, commit, return, reject, ask and declaring a conflict of interest."""
    yield from why_not_take(step, list(_why_not_counting(step)), by=by, at=at)


def why_not_decide(step: ApprovalStep, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Endorse or commit: on top of the turn, the department's membership, the price hold and, where it commits, a
    delegation that covers the value."""
    on, approval = london_day(at), step.approval
    yield from why_not_act_on_step(step, by=by, at=at)
    if step.state == StepState.DECIDED:
        return
    yield from why_no_member(approval.framework, approval.department)
    yield from why_hold_ended(approval, on)
    yield from why_exceptions_open(step)
    if step.act == Act.COMMIT:
        yield from why_not_covered(step, by=by, on=on)
        if step.side == Side.DEPARTMENT:
            yield from why_no_room(order_of(step), approval.commits_gbp, tolerance.edge_of_revision(order_of(step).revision))
        else:
            yield from why_supplier_excluded(order_of(step), on)
            yield from why_several_suppliers(approval.framework)


def why_exceptions_open(step: ApprovalStep) -> Iterator[Reason]:
    """The authority's exceptions come first: at the step that decides them, and before anybody commits for it."""
    if step.side != Side.AUTHORITY:
        return
    requests = step.approval.revision.exceptions.select_related("decision")
    asked = [one for one in requests if not hasattr(one, "decision")]
    if not asked:
        return
    decider = routes.step_for_exceptions(step.approval.steps.select_related("organisation"))
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
    step: ApprovalStep, asked: ExceptionRequest, *, by: Person, at: datetime
) -> Iterator[Reason]:
    """Grant or refuse: whose step it is, the price hold, and that nobody did it before."""
    yield from why_not_act_on_step(step, by=by, at=at)
    yield from why_hold_ended(step.approval, london_day(at))
    decider = routes.step_for_exceptions(step.approval.steps.all())
    if decider is None or decider.pk != step.pk:
        yield Reason(_("Exceptions are decided at another step of this order."))
    decided = getattr(asked, "decision", None)
    if decided is not None:
        yield Reason(
            _("%(name)s has already %(outcome)s it.")
            % {"name": decided.name, "outcome": decided.get_outcome_display()}
        )
