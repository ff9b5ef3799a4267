"""A service report as a sheet: month, measure_code and actual, a row a measure, read with every fault at once."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from catalogue.models import ServiceLevelMeasure
from catalogue.rows import Fault, Faults, Row
from contracts import credits, measuring
from contracts.measuring import Measured
from procurement.sheet_reading import rows_of

COLUMNS = ("month", "measure_code", "actual")
MOST_ROWS = 200


def read(
    data: bytes, month: date, measures: Sequence[ServiceLevelMeasure], known: set[str]
) -> tuple[dict[str, Measured], list[str], list[str]]:
    """What was measured by code; the codes passed over, ``known`` to the catalogue but of no service of the contract in the
    month; and every fault in words. Nothing is to be taken over where there is one."""
    found = Faults()
    rows = rows_of(_("Service report"), data, COLUMNS, found, most=MOST_ROWS)
    of_contract = {one.measure_code: one for one in measures}
    measured: dict[str, Measured] = {}
    passed_over: list[str] = []
    seen: set[str] = set()
    for row in rows:
        found.read(_month, row, month)
        code = found.read(row.only_once, "measure_code", seen, lambda column, row=row: row.needed(column).upper())
        if code is None:
            continue
        if code in of_contract:
            actual = found.read(_actual, row, of_contract[code])
            if actual is not None:
                measured[code] = Measured(actual)
        elif code in known:
            passed_over.append(code)
        else:
            found.read(row.refuse, "measure_code", _("is no measure of the catalogue"))
    if not found:
        missing = [one for one in measures if one.measure_code not in measured and one.unit != credits.TESTED]
        for one in missing:
            found.append(Fault(_("Service report"), _("%(code)s is missing: %(measure)s.") % {"code": one.measure_code, "measure": one.measure}))
    return measured, passed_over, [str(fault) for fault in sorted(found, key=lambda fault: fault.row)]


def _month(row: Row, month: date) -> None:
    """A month may be written as a spreadsheet writes the first day of it."""
    if row.needed("month")[:7] != f"{month:%Y-%m}":
        row.refuse("month", _("is not the month reported, %(month)s") % {"month": f"{month:%Y-%m}"})


def _actual(row: Row, measure: ServiceLevelMeasure) -> str:
    typed = row.needed("actual").removesuffix("%").strip()
    fault = measuring.why_not_actual(measure, typed)
    if fault:
        row.refuse("actual", fault)
    return typed if measure.unit == credits.TESTED else plain(typed)


def plain(typed: str) -> str:
    """Per cent as it is kept: 99.50 as 99.5, 099 as 99."""
    number = f"{Decimal(typed):f}"
    return (number.rstrip("0").rstrip(".") if "." in number else number) or "0"
