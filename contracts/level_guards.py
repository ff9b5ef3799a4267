"""Why not: reasons in words for what is done with measurements and service credits."""

from collections.abc import Iterator
from datetime import date, datetime

from django.utils.translation import gettext as _

from catalogue.pricing import add_months
from contracts import levels, manager_guards
from contracts.models import (
    BOUND,
    Contract,
    CreditAct,
    CreditCalculation,
    CreditState,
    RectificationPlan,
    ServiceCredit,
    ServiceReport,
)
from documents.clock import london_day
from documents.once import once
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from procurement import seats
from procurement.actors import Person
from procurement.models import PostCode
from procurement.seats import Seat

C = CreditState
SETTLED = (C.AGREED, C.APPLIED, C.WAIVED)


def why_not_month(contract: Contract, month: date, *, at: datetime) -> Iterator[Reason]:
    """A month that is not complete, or in which no recurring service runs, has no levels."""
    if contract.state not in BOUND:
        yield Reason(_("The contract is %(state)s.") % {"state": contract.get_state_display()})
    elif not levels.is_complete(month, london_day(at)):
        yield Reason(_("The month is not over: it is measured from %(day)s on.") % {"day": as_day(add_months(month, 1))})
    elif not levels.read(contract, month).measures:
        yield Reason(_("No service of the contract that has service levels ran in that month."))


def _settled(contract: Contract, month: date) -> Iterator[Reason]:
    credit = contract.credits.filter(month=month, state__in=SETTLED).first()
    if credit is not None:
        yield Reason(
            _("Credit %(label)s of the month is %(state)s: what it was calculated from stays.")
            % {"label": credit.label, "state": credit.get_state_display()}
        )


def why_not_report(contract: Contract, month: date, *, by: Person, at: datetime) -> Iterator[Reason]:
    """The supplier says what was measured, or says it anew."""
    yield from why_not_month(contract, month, at=at)
    yield from _settled(contract, month)
    yield from manager_guards.why_not_supplier(contract, by, london_day(at))


def why_not_correct(contract: Contract, month: date, *, by: Person, at: datetime) -> Iterator[Reason]:
    """The department says what was measured instead, and why, and grants relief."""
    yield from why_not_month(contract, month, at=at)
    yield from _settled(contract, month)
    yield from manager_guards.why_not_department(contract, by, london_day(at))


def why_not_confirm(report: ServiceReport, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_correct(report.contract, report.month, by=by, at=at)
    if CreditCalculation.objects.filter(report=report).exists():
        yield Reason(_("The report is confirmed."))
    if report.contract.reports.filter(month=report.month, number__gt=report.number).exists():
        yield Reason(_("There is a newer report of the month."))


def _in_state(credit: ServiceCredit, *wanted: str) -> Iterator[Reason]:
    if credit.contract.state not in BOUND:
        yield Reason(_("The contract is %(state)s.") % {"state": credit.contract.get_state_display()})
    elif credit.state not in wanted:
        yield Reason(
            _("Credit %(label)s is %(state)s.") % {"label": credit.label, "state": credit.get_state_display()}
        )


def why_not_notify(credit: ServiceCredit, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _in_state(credit, C.CALCULATED)
    yield from manager_guards.why_not_department(credit.contract, by, london_day(at))


def why_not_agree(credit: ServiceCredit, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _in_state(credit, C.NOTIFIED)
    yield from manager_guards.why_not_supplier(credit.contract, by, london_day(at))


def why_not_dispute(credit: ServiceCredit, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Either side, by whom it runs the contract."""
    yield from _in_state(credit, C.NOTIFIED)
    contract, on = credit.contract, london_day(at)
    if manager_guards.department_seat(contract, by, on) is not None:
        yield from manager_guards.why_not_department(contract, by, on)
    else:
        yield from manager_guards.why_not_supplier(contract, by, on)


def why_not_decide(credit: ServiceCredit, *, by: Person, at: datetime) -> Iterator[Reason]:
    """The department, by another than who disputed it: who did can measure anew."""
    yield from _in_state(credit, C.DISPUTED)
    yield from manager_guards.why_not_department(credit.contract, by, london_day(at))
    seat = manager_guards.department_seat(credit.contract, by, london_day(at))
    disputed = next((act for act in reversed(list(credit.acts.all())) if act.kind == CreditAct.Kind.DISPUTED), None)
    if disputed and seat and manager_guards.hands(by, seat) & {disputed.person_id, disputed.principal_id}:
        yield Reason(_("You disputed it, so you do not decide it; what was measured can be corrected."))


def why_not_apply(credit: ServiceCredit, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _in_state(credit, C.AGREED)
    yield from manager_guards.why_not_department(credit.contract, by, london_day(at))


def waiver_seats(contract: Contract, by: Person, on: date) -> list[Seat]:
    """The finance director's of the department, then the category manager's of the authority."""
    return [
        *seats.seats_of(by, contract.department_id, PostCode.FINANCE_DIRECTOR, on),
        *seats.seats_of(by, contract.framework.authority_id, PostCode.CATEGORY_MANAGER, on),
    ]


def hands_on(credit: ServiceCredit) -> set:
    """Whoever measured, calculated, notified or did anything else about the credit, and for whom."""
    found: set = set()
    for row in credit.acts.all():
        found |= {row.person_id, row.principal_id}
    return (found | once(credit.contract, ("calculated by", credit.month), lambda: _calculated(credit.contract, credit.month))) - {None}


def _calculated(contract: Contract, month: date) -> set:
    """Whoever reported or calculated the month, and for whom."""
    rows = contract.calculations.filter(month=month).values_list(
        "calculated_by", "principal_id", "report__reported_by", "report__principal_id"
    )
    return {person for row in rows for person in row}


def waiver_seat(credit: ServiceCredit, by: Person, on: date) -> Seat | None:
    """The first from which nothing stands against waiving."""
    contract, taken = credit.contract, hands_on(credit)
    return seats.choose(
        waiver_seats(contract, by, on), lambda seat: bool(manager_guards.hands(by, seat) & taken) or any(manager_guards.why_not_from(contract, by, seat, on))
    )


def why_not_waive(credit: ServiceCredit, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Never who had a hand in the credit."""
    contract, on = credit.contract, london_day(at)
    yield from _in_state(credit, C.CALCULATED, C.NOTIFIED, C.DISPUTED, C.AGREED)
    seat = waiver_seat(credit, by, on)
    if seat is None:
        yield Reason(
            _("Only the finance director of %(department)s or the category manager of %(authority)s can waive a credit.")
            % {"department": contract.department.name, "authority": contract.framework.authority.name},
            manager_guards.who_holds(contract, contract.department_id, PostCode.FINANCE_DIRECTOR, on),
        )
        return
    if manager_guards.hands(by, seat) & hands_on(credit):
        yield Reason(_("Who measured, calculated, notified or decided a credit does not waive it."))
    yield from manager_guards.why_apart(contract, by, seat, on)


def why_not_plan(contract: Contract, *, by: Person, at: datetime) -> Iterator[Reason]:
    """How the supplier puts right what was below its minimum."""
    if contract.state not in BOUND:
        yield Reason(_("The contract is %(state)s.") % {"state": contract.get_state_display()})
    yield from manager_guards.why_not_supplier(contract, by, london_day(at))


def plans_of(contract: Contract, month: date) -> list[RectificationPlan]:
    """All of the month, in order, whichever calculation they were submitted of; each with what was decided on it, if it was."""
    rows = RectificationPlan.objects.filter(level__calculation__contract=contract, level__calculation__month=month)
    return list(rows.select_related("decision", "level__calculation__report", "level__measurement__measure").order_by("id"))


def newest_plan(contract: Contract, month: date, code: str) -> RectificationPlan | None:
    """Of the measure of this code."""
    return next((one for one in reversed(plans_of(contract, month)) if one.level.measurement.measure.measure_code == code), None)


def why_not_decide_plan(plan: RectificationPlan, contract: Contract, *, by: Person, at: datetime) -> Iterator[Reason]:
    """To approve the newest plan, or to refuse it."""
    if contract.state not in BOUND:
        yield Reason(_("The contract is %(state)s.") % {"state": contract.get_state_display()})
    if hasattr(plan, "decision"):
        yield Reason(_("The plan is approved.") if plan.decision.approves else _("The plan is refused: the supplier sends a better one."))
    yield from manager_guards.why_not_department(contract, by, london_day(at))
