"""Why not: reasons in words for ending a contract, its exit, and what runs on after it."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.dateformat import format as format_month
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.pricing import first_of_month
from contracts import billing, levels, manager_guards, terms
from contracts.ending_terms import CONVENIENCE_DAYS, LATE_DAYS, most_break_cost
from contracts.exit_items import BY_CODE, DELETED, RETURNED
from contracts.models import (
    BOUND,
    ENDED,
    OPEN_CREDITS,
    OPEN_INVOICES,
    OPEN_TERMINATIONS,
    UNSIGNED_VARIATIONS,
    CalculatedLevel,
    Contract,
    ContractState,
    CreditCalculation,
    CreditState,
    ExitAct,
    ExitItem,
    Ground,
    Milestone,
    MilestoneState,
    Party,
    RunningState,
    Termination,
    TerminationState,
    VariationState,
)
from documents import store
from documents.clock import london_day
from documents.models import DocumentState
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from documents.templatetags.flex import gbp
from procurement import seats
from procurement.actors import Person
from procurement.models import PostCode
from procurement.seats import Seat

T = TerminationState
ONE_DAY = timedelta(days=1)
CONFIRMING = (PostCode.SIGNATORY, PostCode.ACCOUNTING_OFFICER)


def why_not_executed(contract: Contract) -> Iterator[Reason]:
    if contract.state != ContractState.EXECUTED:
        yield Reason(_("The contract is %(state)s.") % {"state": contract.get_state_display()})


def why_not_propose(contract: Contract, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_executed(contract)
    found = contract.terminations.filter(state__in=OPEN_TERMINATIONS).first()
    if found is not None:
        yield Reason(
            _("Termination %(label)s is %(state)s already.") % {"label": found.label, "state": found.get_state_display()},
            _("It is withdrawn, or refused, before another is proposed."),
        )
    yield from manager_guards.why_not_department(contract, by, london_day(at))


def earliest(ground: str, on: date) -> date:
    """The first day without the contract, if notice is given on the day: no whole day lies between, of a convenience the
    days of its notice."""
    return on + timedelta(days=1 + (CONVENIENCE_DAYS if ground == Ground.CONVENIENCE else 0))


def latest(ground: str, effective_on: date) -> date:
    """The last day on which notice can be given for an end that takes effect on the day."""
    return effective_on - (earliest(ground, effective_on) - effective_on)


def why_not_from(contract: Contract, ground: str, day: date, on: date) -> Iterator[Reason]:
    """Whether a notice given on the day ``on`` can end it from ``day`` on."""
    first = earliest(ground, on)
    if day < first and ground == Ground.CONVENIENCE:
        yield Reason(
            ngettext(
                "An end for convenience needs %(days)s whole day of notice: its last day is %(day)s at the earliest.",
                "An end for convenience needs %(days)s whole days of notice: its last day is %(day)s at the earliest.",
                CONVENIENCE_DAYS,
            ) % {"days": CONVENIENCE_DAYS, "day": as_day(first - ONE_DAY)}
        )  # fmt: skip
    elif day < first:
        yield Reason(_("What is over is not ended: the last day is %(day)s at the earliest.") % {"day": as_day(first - ONE_DAY)})
    if day > contract.ends_on:
        yield Reason(_("The contract ends by itself on %(day)s.") % {"day": as_day(contract.ends_on)})
    if day <= contract.starts_on:
        yield Reason(_("The contract begins on %(day)s, which is its last day at the earliest.") % {"day": as_day(contract.starts_on)})


def critical_levels(contract: Contract) -> list[CalculatedLevel]:
    """The levels below their critical figure, by the newest calculation of each month, newest month first."""
    newest = {one.month: one.pk for one in CreditCalculation.objects.filter(contract=contract).order_by("number")}
    rows = CalculatedLevel.objects.filter(calculation__in=newest.values(), standing=CalculatedLevel.Standing.BELOW_CRITICAL)
    return list(rows.select_related("calculation", "measurement__measure").order_by("-calculation__month", "id"))


def late_milestones(contract: Contract, on: date) -> list[Milestone]:
    """Those that have failed, or were not accepted within 60 days of the day to which relief events have moved them."""
    rows = contract.milestones.exclude(state__in=[MilestoneState.ACHIEVED, MilestoneState.CONDITIONAL])
    return [one for one in rows if one.state == MilestoneState.FAILED or one.due_on + timedelta(days=LATE_DAYS) < on]


def why_not_break_cost(contract: Contract, cost: Decimal, first: date) -> Iterator[Reason]:
    """GBP, VAT excluded, of an end from the day ``first`` on, by the terms as they are."""
    most = most_break_cost(terms.read(contract), first) if cost else cost
    if cost > most:
        yield Reason(_("The break cost is at most three months' charges of what is ended: %(most)s (clause 30.4).") % {"most": gbp(most)})


def _why_not_any_more(termination: Termination, on: date) -> Iterator[Reason]:
    """What a proposal rests on can go before notice is given: a month is calculated anew, a milestone is accepted or moved, a
    variation makes the charges less."""
    contract, level, milestone = termination.contract, termination.level, termination.milestone
    anew = _("It is refused or withdrawn, and proposed anew with what stands.")
    if level is not None and level not in critical_levels(contract):
        yield Reason(
            _("%(measure)s in %(month)s was calculated anew after it was proposed: that level is no ground any more.")
            % {"measure": level.measurement.measure.measure, "month": format_month(level.calculation.month, "F Y")}, anew
        )  # fmt: skip
    if milestone is not None and milestone not in late_milestones(contract, on):
        yield Reason(
            ngettext(
                "Milestone %(label)s is %(state)s, due on %(day)s: it has not failed, nor is it more than %(days)s day late.",
                "Milestone %(label)s is %(state)s, due on %(day)s: it has not failed, nor is it more than %(days)s days late.",
                LATE_DAYS,
            ) % {"label": milestone.label, "state": milestone.get_state_display(), "day": as_day(milestone.due_on), "days": LATE_DAYS},
            anew,
        )  # fmt: skip
    yield from why_not_break_cost(contract, termination.break_cost_gbp, termination.effective_on)


def seat_to_confirm(contract: Contract, by: Person, on: date) -> Seat | None:
    """The first of the person's seats as signatory or accounting officer against which nothing stands."""
    sits = [seat for code in CONFIRMING for seat in seats.seats_of(by, contract.department_id, code, on)]
    return seats.choose(sits, lambda seat: any(manager_guards.why_not_from(contract, by, seat, on)))


def why_not_confirming(contract: Contract, by: Person, on: date) -> Iterator[Reason]:
    """Whether the person is the department's second one, who sits as its signatory or accounting officer."""
    seat = seat_to_confirm(contract, by, on)
    if seat is None:
        yield Reason(
            _("Only the signatory or the accounting officer of %(department)s can do this.") % {"department": contract.department.name},
            seats.who_holds(contract.department_id, PostCode.SIGNATORY, on),
        )
        return
    yield from manager_guards.why_apart(contract, by, seat, on)


def _in_state(termination: Termination, *wanted: str) -> Iterator[Reason]:
    if termination.state not in wanted:
        yield Reason(
            _("Termination %(label)s is %(state)s.") % {"label": termination.label, "state": termination.get_state_display()}
        )


def why_not_decide(termination: Termination, *, by: Person, at: datetime) -> Iterator[Reason]:
    """To give notice, or to refuse to: by another than who proposed it, whomever either acts for."""
    contract, on = termination.contract, london_day(at)
    yield from _in_state(termination, T.PROPOSED)
    yield from why_not_confirming(contract, by, on)
    if manager_guards.hands(by, seat_to_confirm(contract, by, on)) & {termination.proposed_by, termination.proposed_for}:
        yield Reason(
            _("%(name)s proposed it: a second person confirms it.") % {"name": termination.proposed_by_name},
            seats.who_holds(contract.department_id, PostCode.ACCOUNTING_OFFICER, on),
        )


def why_not_confirm(termination: Termination, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_decide(termination, by=by, at=at)
    if termination.state == T.PROPOSED:
        yield from why_not_executed(termination.contract)
        yield from why_not_from(termination.contract, termination.ground, termination.effective_on, london_day(at))
        yield from _why_not_any_more(termination, london_day(at))


def why_not_withdraw(termination: Termination, *, by: Person, at: datetime) -> Iterator[Reason]:
    """What is only proposed the contract manager takes back; a notice that was given those who can give one, before its day."""
    contract, on = termination.contract, london_day(at)
    yield from _in_state(termination, T.PROPOSED, T.GIVEN)
    if termination.state == T.PROPOSED:
        yield from manager_guards.why_not_department(contract, by, on)
    elif termination.state == T.GIVEN:
        if termination.effective_on <= on:
            yield Reason(_("It has taken effect on %(day)s.") % {"day": as_day(termination.effective_on)})
        yield from why_not_confirming(contract, by, on)


def is_being_closed(contract: Contract) -> bool:
    """Whether the last signature of a variation was given, and its document is still being closed: what it changes comes
    first, within moments."""
    signing = contract.variations.filter(state=VariationState.AWAITING_SIGNATURES, document__isnull=False).select_related("document")
    return any(store.next_party(one.document) is None for one in signing)


def seat_for(contract: Contract, party: str, by: Person, on: date) -> Seat | None:
    return (manager_guards.supplier_seat if party == Party.SUPPLIER else manager_guards.department_seat)(contract, by, on)


def why_not_side(contract: Contract, party: str, by: Person, on: date) -> Iterator[Reason]:
    guard = manager_guards.why_not_supplier if party == Party.SUPPLIER else manager_guards.why_not_department
    yield from guard(contract, by, on)


def present_end(contract: Contract) -> date:
    """The last day that the contract is to have, as it stands: its own, or the one before that of a notice that is given."""
    given = None
    if contract.state == ContractState.EXECUTED:
        given = contract.terminations.filter(state=T.GIVEN).values_list("effective_on", flat=True).first()
    return given - ONE_DAY if given else contract.ends_on


def standing_acts(contract: Contract) -> dict[str, ExitAct]:
    """What is done, or not needed, of the items of its exit, by code: for the present end, or one that was to come later. What
    was done for an earlier end, of a notice that was withdrawn or before the term was extended, is done anew."""
    rows = ExitAct.objects.filter(item__exit__contract=contract, ends_on__gte=present_end(contract))
    return {act.item.code: act for act in rows.select_related("item").order_by("id")}


def acts_of(contract: Contract) -> dict[str, str]:
    """The same, by kind."""
    return {code: act.kind for code, act in standing_acts(contract).items()}


def _why_not_now(contract: Contract, item: ExitItem, acts: Mapping[str, str]) -> Iterator[Reason]:
    if contract.state not in BOUND:
        yield Reason(_("The contract is %(state)s.") % {"state": contract.get_state_display()})
    if item.code in acts:
        yield Reason(_("It is %(state)s already.") % {"state": ExitAct.Kind(acts[item.code]).label})


def why_not_yet(contract: Contract, item: ExitItem, acts: Mapping[str, str]) -> Iterator[Reason]:
    """Whoever does it: what comes first. ``acts`` is ``acts_of`` it."""
    yield from _why_not_now(contract, item, acts)
    known = BY_CODE[item.code]
    if known.at_the_end and contract.state == ContractState.EXECUTED:
        yield Reason(_("It is done once the contract has ended: its last day is %(day)s.") % {"day": as_day(contract.ends_on)})
    if known.after and acts.get(known.after) != ExitAct.Kind.DONE:
        yield Reason(_("“%(first)s” comes first.") % {"first": BY_CODE[known.after].title})


def why_not_do(contract: Contract, item: ExitItem, *, by: Person, at: datetime) -> Iterator[Reason]:
    """The side whose it is, once what comes first is done."""
    yield from why_not_yet(contract, item, acts_of(contract))
    yield from why_not_side(contract, item.party, by, london_day(at))


def why_needed(contract: Contract, item: ExitItem, acts: Mapping[str, str]) -> Iterator[Reason]:
    """Whoever would leave it out: what follows the return of the data is left out only with that."""
    yield from _why_not_now(contract, item, acts)
    known = BY_CODE[item.code]
    if known.after and acts.get(known.after) != ExitAct.Kind.NOT_NEEDED:
        yield Reason(_("It is needed as long as “%(first)s” is.") % {"first": BY_CODE[known.after].title})


def why_not_leave_out(contract: Contract, item: ExitItem, *, by: Person, at: datetime) -> Iterator[Reason]:
    """The department says that it is not needed."""
    yield from why_needed(contract, item, acts_of(contract))
    yield from manager_guards.why_not_department(contract, by, london_day(at))


def why_not_run_on(contract: Contract, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Either side records it, once the contract has expired."""
    on = london_day(at)
    if contract.state != ContractState.EXPIRED:
        yield Reason(_("The contract is %(state)s.") % {"state": contract.get_state_display()})
    elif hasattr(contract, "running_on"):
        yield Reason(_("That services run on is recorded: %(state)s.") % {"state": contract.running_on.get_state_display()})
    elif not runs_at_the_end(contract):
        yield Reason(_("No service that is charged by the month ran on its last day."))
    yield from _why_not_either(contract, by, on)


def runs_at_the_end(contract: Contract) -> list[terms.StandingLine]:
    """The lines charged by the month that ran on the last day."""
    now = terms.as_of(terms.put_together(terms.read(contract)), contract.ends_on)
    return [line for line in (now.lines if now else ()) if line.monthly is not None and line.ends_on == contract.ends_on]


def why_not_stop(contract: Contract, *, by: Person, at: datetime) -> Iterator[Reason]:
    if not hasattr(contract, "running_on") or contract.running_on.state != RunningState.RUNNING:
        yield Reason(_("Nothing runs on without a contract."))
    yield from _why_not_either(contract, by, london_day(at))


def _why_not_either(contract: Contract, by: Person, on: date) -> Iterator[Reason]:
    if manager_guards.department_seat(contract, by, on) is not None:
        yield from manager_guards.why_not_department(contract, by, on)
    elif manager_guards.supplier_seat(contract, by, on) is None:
        yield Reason(
            _("Only those who run the contract on either side can do this."),
            seats.who_holds(contract.department_id, PostCode.CONTRACT_MANAGER, on),
        )


def why_not_close(contract: Contract, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Nothing is open any more."""
    if contract.state not in ENDED:
        yield Reason(_("The contract is %(state)s.") % {"state": contract.get_state_display()})
    else:
        yield from _still_to_settle(contract, london_day(at))
        yield from _still_open(contract)
    yield from manager_guards.why_not_department(contract, by, london_day(at))


def _last_month(contract: Contract) -> date:
    """The last in which something can be charged, also of what ran on."""
    last = billing.last_month(contract.ends_on, by_notice=contract.state == ContractState.TERMINATED)
    stopped = contract.running_on.last_day if hasattr(contract, "running_on") else None
    return max(last, first_of_month(stopped)) if stopped else last


def _still_to_settle(contract: Contract, on: date) -> Iterator[Reason]:
    """A closed contract takes no report, credit or invoice any more: its months are over before, and their levels confirmed."""
    last = _last_month(contract)
    if not levels.is_complete(last, on):
        yield Reason(
            _("%(month)s is not over: what it comes to is measured and invoiced from %(day)s on.")
            % {"month": format_month(last, "F Y"), "day": as_day(levels.last_day(last) + ONE_DAY)}
        )
    known = set(contract.calculations.values_list("month", flat=True))
    standing = terms.put_together(terms.read(contract))
    missing = [month for month in levels.months_to_measure(contract, standing, on) if month not in known]
    if missing:
        yield Reason(
            ngettext(
                "The service levels of %(months)s month are not confirmed: %(first)s.",
                "The service levels of %(months)s months are not confirmed, the first of %(first)s.",
                len(missing),
            ) % {"months": len(missing), "first": format_month(missing[0], "F Y")},
            _("%(supplier)s reports them, and %(department)s confirms or corrects them.")
            % {"supplier": contract.supplier.name, "department": contract.department.name},
        )  # fmt: skip


def _still_open(contract: Contract) -> Iterator[Reason]:
    acts = acts_of(contract)
    for item in ExitItem.objects.filter(exit__contract=contract).exclude(code__in=acts):
        who = contract.supplier if item.party == Party.SUPPLIER else contract.department
        yield Reason(_("“%(item)s” is not done.") % {"item": BY_CODE[item.code].title}, who.name)
    if acts.get(RETURNED) != ExitAct.Kind.NOT_NEEDED:
        certificate = contract.exit.document if hasattr(contract, "exit") else None
        if certificate is None or certificate.state != DocumentState.COMPLETE:
            yield Reason(
                _("There is no sealed certificate that the data was returned and deleted."),
                _("It is made once “%(item)s” is done.") % {"item": BY_CODE[DELETED].title},
            )
    open_milestones = contract.milestones.exclude(state__in=[MilestoneState.ACHIEVED, MilestoneState.FAILED])
    for one in open_milestones:
        yield Reason(
            _("Milestone %(label)s is %(state)s.") % {"label": one.label, "state": one.get_state_display()},
            _("On its page the contract manager decides on it, or calls it failed."),
        )
    for one in contract.credits.filter(state__in=[*OPEN_CREDITS, CreditState.AGREED]):
        yield Reason(_("Credit %(label)s is %(state)s.") % {"label": one.label, "state": one.get_state_display()})
    for one in contract.invoices.filter(state__in=OPEN_INVOICES):
        yield Reason(
            _("Invoice %(reference)s is %(state)s.") % {"reference": one.reference, "state": one.get_state_display()},
            _("It is paid, or rejected, first."),
        )
    for one in contract.variations.filter(state__in=UNSIGNED_VARIATIONS):
        yield Reason(_("Variation %(label)s is %(state)s.") % {"label": one.label, "state": one.get_state_display()})
    for report in contract.reports.filter(calculation__isnull=True):
        if not contract.reports.filter(month=report.month, number__gt=report.number).exists():
            yield Reason(_("The service report of %(month)s is not confirmed.") % {"month": format_month(report.month, "F Y")})
    if hasattr(contract, "running_on") and contract.running_on.state == RunningState.RUNNING:
        yield Reason(_("Services run on without a contract."), _("Their stop is recorded first."))
