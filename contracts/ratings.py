"""The key performance indicators of a contract (Procurement Act 2023 s.52), how they stood month by month, what the legal scale makes
of that, and whether the law asks for it. Reads only."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from catalogue import queries
from catalogue.models import ServiceLevelMeasure
from catalogue.pricing import HUNDRED, ZERO, add_months, to_penny
from contracts import levels, terms
from contracts.models import CalculatedLevel, Contract, CreditCalculation, KpiRound, Rating, StatutoryNotice
from procurement import quoting
from procurement.completeness import KPI_VALUE_GBP

S = CalculatedLevel.Standing


def estimated_gross(contract: Contract) -> Decimal:
    """GBP that the legal thresholds compare, of what was signed: the whole life with VAT, and the option to extend at the last month's
    price and VAT rate, rounded half-up once (Procurement Act 2023 s.4 and Schedule 3); the same as asked for the indicators when the order was submitted (``quoting.estimated_value``)."""
    revision = contract.revision
    rates = json.loads(revision.content)["vat_rates"]
    rate = Decimal(rates[-1]["percent"]) if rates else ZERO
    option = quoting.option_value(revision.monthly_gbp, revision.extension_months)
    return revision.gross_gbp + to_penny(option * (HUNDRED + rate) / HUNDRED)


def asks_for_ratings(contract: Contract) -> bool:
    """Whether the law wants them: of what is worth more than 5,000,000.00 with VAT and options, and has indicators (s.52 and s.71)."""
    return bool(indicators(contract)) and estimated_gross(contract) > KPI_VALUE_GBP


def indicators(contract: Contract) -> list[ServiceLevelMeasure]:
    """Those that the contract was signed with, in catalogue order. One query, and the measures of a release once a process."""
    signed = json.loads(contract.revision.content)["service_levels"]
    wanted = {one["measure_code"] for one in signed if one["kpi"]}
    codes = {one["service_level"] for one in signed}
    return [one for one in queries.service_levels(contract.revision.release, codes) if one.measure_code in wanted]


@dataclass(frozen=True)
class Measured:
    """How often an indicator stood how, of the months that were calculated."""

    measure: ServiceLevelMeasure
    months: Mapping[str, int]

    @property
    def suggested(self) -> Rating:
        """By the worst that happened: nothing measured cannot be described by the scale."""
        if self.months.get(S.BELOW_CRITICAL):
            return Rating.INADEQUATE
        if self.months.get(S.BELOW_MINIMUM):
            return Rating.IMPROVE
        if self.months.get(S.BELOW_TARGET):
            return Rating.APPROACHING
        return Rating.GOOD if self.months.get(S.MET) else Rating.OTHER


def first_month(notice: StatutoryNotice) -> date:
    """The month after the last that an earlier notice's confirmed ratings are of; the contract's first where there is none."""
    earlier = KpiRound.objects.filter(
        notice__contract=notice.contract_id, notice__number__lt=notice.number, confirmation__isnull=False, months_to__isnull=False
    )
    last = earlier.order_by("-months_to").values_list("months_to", flat=True).first()
    return add_months(last, 1) if last else notice.contract.starts_on.replace(day=1)


def measured(notice: StatutoryNotice) -> tuple[list[Measured], list[date]]:
    """Of each indicator, from the newest calculation of every month since the last notice up to the end of its period; and the
    months, in order. Four queries."""
    contract = notice.contract
    rows = CreditCalculation.objects.filter(contract=contract, month__gte=first_month(notice), month__lte=notice.period_to)
    newest = {one.month: one.pk for one in rows.order_by("number")}
    found: dict[str, Counter[str]] = {}
    stood = CalculatedLevel.objects.filter(calculation__in=newest.values()).values_list("measurement__measure__measure_code", "standing")
    for code, standing in stood:
        found.setdefault(code, Counter())[standing] += 1
    return [Measured(one, found.get(one.measure_code, {})) for one in indicators(contract)], sorted(newest)


def left_out(notice: StatutoryNotice, months: Sequence[date], on: date) -> list[date]:
    """Complete months, by the day, of the time that is rated which had service levels to measure and are not among those that were calculated."""
    contract, first = notice.contract, first_month(notice)
    over = levels.months_to_measure(contract, terms.put_together(terms.read(contract)), on)
    return [month for month in over if first <= month <= notice.period_to and month not in months]


def confirmed_round(notice: StatutoryNotice) -> KpiRound | None:
    return notice.rounds.filter(confirmation__isnull=False).prefetch_related("ratings__measure").last()


def content(notice: StatutoryNotice, number: int, months: Sequence[date], rated: Sequence[tuple[Measured, str, str]]) -> dict:
    """What is confirmed: (measured, rating, words) of each indicator; its sha256 is what is repeated."""
    return {
        "notice": str(notice), "round": number, "months": [month.isoformat() for month in months],
        "ratings": [
            {"measure": one.measure.measure_code, "rating": rating, "suggested": one.suggested, "words": words,
             "months": {standing: one.months.get(standing, 0) for standing in S.values}}
            for one, rating, words in rated
        ],
    }  # fmt: skip
