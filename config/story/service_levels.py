"""A month of DIUS's service levels: reported from the supplier's file, confirmed, and its credits taken to an invoice."""

from datetime import date, datetime

from django.core.management.base import CommandError

from catalogue.models import ServiceLevelMeasure
from config.story.data import DATA
from contracts import crediting, level_sheets, levels, measuring
from contracts.models import Contract, ServiceCredit
from procurement.actors import Person

MONTH, FILE, INVOICE = date(2008, 9, 1), "dius_service_report.csv", "FS-2008-09"


def report(contract: Contract, by: Person, at: datetime) -> None:
    """The supplier's file as it is: it reports to more customers than one, and what DIUS has not ordered is passed over."""
    measures = levels.read(contract, MONTH).measures
    known = set(ServiceLevelMeasure.objects.filter(release__in={one.release_id for one in measures}).values_list("measure_code", flat=True))
    measured, _passed_over, faults = level_sheets.read((DATA / FILE).read_bytes(), MONTH, measures, known)
    if faults:
        raise CommandError(f"{FILE}: {faults}")
    measuring.report(contract, MONTH, measured, by=by, at=at)


def confirm(contract: Contract, by: Person, at: datetime) -> None:
    made = contract.reports.get(month=MONTH)
    measuring.confirm(made, shown_hash=made.content_hash, by=by, at=at)


def _credits(contract: Contract) -> list[ServiceCredit]:
    return list(ServiceCredit.objects.select_related("contract__call_off", "level__calculation").filter(contract=contract, month=MONTH))


def notify(contract: Contract, by: Person, at: datetime) -> None:
    for credit in _credits(contract):
        crediting.notify(credit, shown=crediting.shown_of(credit), by=by, at=at)


def agree(contract: Contract, by: Person, at: datetime) -> None:
    for credit in _credits(contract):
        crediting.agree(credit, shown=crediting.shown_of(credit), by=by, at=at)


def apply(contract: Contract, by: Person, at: datetime) -> None:
    for credit in _credits(contract):
        crediting.apply(credit, shown=crediting.shown_of(credit), invoice=INVOICE, by=by, at=at)


ACTS = {
    "service report of dius_service_report.csv for September 2008": report,
    "confirm the service report": confirm, "notify the service credits": notify, "agree to the service credits": agree,
    "apply the service credits": apply,
}  # fmt: skip
