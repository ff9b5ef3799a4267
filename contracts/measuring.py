"""What was measured in a month, and the credits calculated from it once the department confirms it or corrects it. Money is Decimal
GBP, VAT excluded; ``contracts.credits`` says how it is rounded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from catalogue.models import ServiceLevelMeasure
from contracts import credits, level_guards, levels, manager_guards, notifications
from contracts.locking import lock_contract
from contracts.models import (
    CalculatedLevel,
    Contract,
    CreditCalculation,
    CreditState,
    Measurement,
    Party,
    ServiceCredit,
    ServiceReport,
)
from documents import audit, canonical
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from procurement import seats, working_days
from procurement.actors import Person
from procurement.seats import Seat

C = CreditState
DAYS_TO_PLAN = 10  # working days that the supplier has for a rectification plan (domain.md, "Service credits")
Standing = CalculatedLevel.Standing


@dataclass(frozen=True)
class Measured:
    """Per cent, or the word of a pass/fail measure; ``relief`` is the event that excludes it, in words."""

    actual: str
    relief: str = ""


def content(contract: Contract, month: date, number: int, rows: list[Measurement], note: str) -> dict[str, Any]:
    """What a report says, as its hash is taken of."""
    return {
        "contract": contract.number, "month": f"{month:%Y-%m}", "number": number, "note": note,
        "measurements": [{"measure": row.measure.measure_code, "actual": row.actual, "relief": row.relief} for row in rows],
    }  # fmt: skip


@transaction.atomic
def report(contract: Contract, month: date, measured: Mapping[str, Measured], *, note: str = "", by: Person, at: datetime) -> ServiceReport:
    """The supplier says what was measured, by measure code: every measure in per cent of the services that ran, those that
    pass or fail as they were tested. The department confirms it."""
    contract = lock_contract(contract)
    insist(level_guards.why_not_report(contract, month, by=by, at=at))
    if any(one.relief for one in measured.values()):
        refuse(_("Relief is granted by the department, in a correction."))
    seat = seats.hold(manager_guards.supplier_seat(contract, by, london_day(at)))
    made = _record(contract, month, measured, Party.SUPPLIER, note, seat, by=by, at=at)
    notifications.tell_reported(made, at)
    return made


@transaction.atomic
def confirm(report: ServiceReport, *, shown_hash: str, by: Person, at: datetime) -> CreditCalculation:
    """It was so: the credits are calculated."""
    report.contract = lock_contract(report.contract)
    insist(level_guards.why_not_confirm(report, by=by, at=at))
    if shown_hash != report.content_hash:
        refuse(_("What you were shown is not this report."), _("Open the page again, read it, and decide on what it shows."))
    seat = seats.hold(manager_guards.department_seat(report.contract, by, london_day(at)))
    return _calculate(report, seat, by=by, at=at)


@transaction.atomic
def correct(contract: Contract, month: date, measured: Mapping[str, Measured], *, reason: str, by: Person, at: datetime) -> CreditCalculation:
    """The department measured otherwise, or grants relief: the credits are calculated anew. What was calculated before
    stays, and what was notified is notified anew."""
    contract = lock_contract(contract)
    insist(level_guards.why_not_correct(contract, month, by=by, at=at))
    insist_on_words(reason, _("Say why: it is what the supplier will read."))
    seat = seats.hold(manager_guards.department_seat(contract, by, london_day(at)))
    made = _record(contract, month, measured, Party.DEPARTMENT, reason, seat, by=by, at=at)
    return _calculate(made, seat, by=by, at=at)


def _record(
    contract: Contract, month: date, measured: Mapping[str, Measured], source: str, note: str, seat: Seat, *, by: Person,
    at: datetime,
) -> ServiceReport:  # fmt: skip
    measures = {one.measure_code: one for one in levels.read(contract, month).measures}
    for code in measured:
        if code not in measures:
            refuse(_("%(code)s measures no service that the contract had in the month.") % {"code": code})
    for code, measure in measures.items():
        if code in measured:
            fault = why_not_actual(measure, measured[code].actual)
            if fault:
                refuse(f"{code}: {fault}")
        elif measure.unit != credits.TESTED:
            refuse(_("%(code)s is missing: %(measure)s.") % {"code": code, "measure": measure.measure})
    number = contract.reports.filter(month=month).count() + 1
    made = ServiceReport(
        contract=contract, month=month, number=number, source=source, note=note, reported_by=by.person_id,
        reported_by_name=by.words, principal_id=_principal(seat), acting_for=_for(seat), reported_at=at,
    )  # fmt: skip
    rows = [
        Measurement(report=made, measure=measure, actual=measured[code].actual, relief=measured[code].relief)
        for code, measure in measures.items() if code in measured
    ]  # fmt: skip
    made.content_hash = canonical.sha256_hex(canonical.dumps(content(contract, month, number, rows, note)))
    made.save()
    Measurement.objects.bulk_create(rows)
    audit.record("service_report.made", made, by=by, at=at, reason=note, acting_for=seat.principal, hash_shown=made.content_hash)
    return made


def why_not_actual(measure: ServiceLevelMeasure, actual: str) -> str:
    """In words, or nothing: per cent from 0 to 100 with at most three places, or one of the measure's own words."""
    if measure.unit == credits.TESTED:
        words = [measure.target, measure.minimum, measure.critical]
        return "" if actual in words else _("is none of %(all)s") % {"all": ", ".join(filter(None, words))}
    whole, _dot, rest = actual.partition(".")
    plain = actual.isascii() and whole.isdigit() and len(whole) <= 3 and len(rest) <= 3 and (rest.isdigit() or "." not in actual)
    if not plain or Decimal(actual) > 100:
        return _("is not a percentage from 0 to 100 with at most three places")
    return ""


def _principal(seat: Seat):
    return seat.principal.person_id if seat.principal else None


def _for(seat: Seat) -> str:
    return seat.principal.name if seat.principal else ""


def _calculate(report: ServiceReport, seat: Seat, *, by: Person, at: datetime) -> CreditCalculation:
    """With all of its inputs as they are now; the caller holds the contract."""
    contract, month = report.contract, levels.read(report.contract, report.month)
    percent = contract.framework.service_credit_cap_percent
    calculation = CreditCalculation.objects.create(
        contract=contract, month=report.month, number=contract.calculations.filter(month=report.month).count() + 1,
        report=report, charges_gbp=month.total, cap_percent=percent, cap_gbp=credits.cap(month.total, percent),
        shown_hash=report.content_hash, calculated_by=by.person_id, calculated_by_name=by.words,
        principal_id=_principal(seat), acting_for=_for(seat), calculated_at=at,
    )  # fmt: skip
    found = [_level(calculation, row, month, at) for row in report.measurements.select_related("measure")]
    for level, cut in zip(found, credits.cuts([one.credit_gbp for one in found], calculation.cap_gbp), strict=True):
        level.cut_gbp = cut
        level.save()
    audit.record("service_report.confirmed", report, by=by, at=at, acting_for=seat.principal, hash_shown=report.content_hash)
    notified = _credits(calculation, found, seat, by=by, at=at)
    notifications.tell_calculated(calculation, [one for one in found if one.plan_due_on], notified, at)
    return calculation


def _level(calculation: CreditCalculation, row: Measurement, month: levels.Month, at: datetime) -> CalculatedLevel:
    """Not saved yet, nor cut. A plan that is due already stays due on its day."""
    measure, base = row.measure, month.base(row.measure)
    where = credits.standing(measure.unit, measure.target, measure.minimum, measure.critical, row.actual)
    if row.relief:
        where = Standing.RELIEVED.value
    missed = Decimal(0) if row.relief else credits.points(measure.unit, measure.target, row.actual)
    due = None
    if where in (Standing.BELOW_MINIMUM, Standing.BELOW_CRITICAL):
        earlier = CalculatedLevel.objects.filter(
            calculation__contract=calculation.contract, calculation__month=calculation.month, measurement__measure=measure,
            plan_due_on__isnull=False,
        ).first()  # fmt: skip
        due = earlier.plan_due_on if earlier else working_days.add_working_days(london_day(at), DAYS_TO_PLAN)
    return CalculatedLevel(
        calculation=calculation, measurement=row, standing=where, points=missed, base_gbp=base,
        credit_gbp=credits.credit(missed, base), plan_due_on=due,
    )  # fmt: skip


def _credits(calculation: CreditCalculation, found: list[CalculatedLevel], seat: Seat, *, by: Person, at: datetime) -> list[ServiceCredit]:
    """The credits follow the calculation: new ones are calculated, those that give nothing any more are void, a disputed one
    is notified anew. Returns those that were notified already: their amounts may have changed."""
    contract = calculation.contract
    standing = {one.measure_id: one for one in contract.credits.filter(month=calculation.month).exclude(state=C.VOID)}
    number, notified = contract.credits.count(), []
    for level in found:
        credit = standing.pop(level.measurement.measure_id, None)
        if credit is None and level.credit_gbp:
            number += 1
            credit = ServiceCredit.objects.create(
                contract=contract, number=number, month=calculation.month, measure=level.measurement.measure, level=level, state_since=at
            )
            record("calculated", credit, None, seat, by=by, at=at)
        elif credit is not None and level.credit_gbp:
            before, credit.contract, credit.level = credit.state, contract, level
            if before == C.DISPUTED:
                credit.notify(at=at)
            credit.save()
            record("recalculated", credit, before, seat, by=by, at=at)
            if credit.state == C.NOTIFIED:
                notified.append(credit)
        elif credit is not None:
            _void(credit, contract, seat, by=by, at=at)
    for credit in standing.values():  # of measures that the new report says nothing of
        _void(credit, contract, seat, by=by, at=at)
    return notified


def _void(credit: ServiceCredit, contract: Contract, seat: Seat, *, by: Person, at: datetime) -> None:
    before, credit.contract = credit.state, contract
    credit.void(at=at)
    credit.save()
    record("voided", credit, before, seat, by=by, at=at)


def record(verb: str, credit: ServiceCredit, before: str | None, seat: Seat, *, by: Person, at: datetime, **more: Any) -> None:
    extra = {"amount_gbp": canonical.money(credit.level.payable_gbp)}
    audit.record(f"service_credit.{verb}", credit, by=by, at=at, before=before, after=credit.state, acting_for=seat.principal,
                 extra=extra, **more)  # fmt: skip
