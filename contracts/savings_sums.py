"""Savings and carbon of many contracts, by sums of the months that are kept (``contracts.savings_kept``).

Money is Decimal GBP with two places, VAT excluded; carbon is Decimal kgCO2e. A saving is the baselines less the charges that
they are compared with; charges of a department without a baseline are in ``charges`` and in no saving.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import (
    Case,
    Count,
    DecimalField,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Round

from catalogue.models import Organisation
from catalogue.pricing import HUNDRED, ZERO, financial_year, to_penny
from contracts.models import Contract, DepartmentMonth, DepartmentSavings, MonthSavings
from procurement.headroom import FEWEST

GBP = DecimalField(max_digits=14, decimal_places=2)
IS_COMPARED = Q(baseline_gbp__isnull=False)


def baseline_gbp(per_user_year: Any) -> Round:
    """Of a row of ``MonthSavings``: what its seats cost before, for an expression of GBP a user and year; as ``savings.by_month``
    rounds it, half-up once a contract and month."""
    exact = ExpressionWrapper(
        per_user_year * F("seat_days") / (Value(12) * F("days")),
        output_field=DecimalField(max_digits=30, decimal_places=10),
    )
    return Round(exact, precision=2, output_field=GBP)


@dataclass(frozen=True)
class Total:
    """``compared``: the charges that stand against ``baseline``, both None where nothing does; ``unsigned``: the part of the saving
    whose baselines no finance director has signed off, None where all are."""

    charges: Decimal | None = None
    compared: Decimal | None = None
    baseline: Decimal | None = None
    unsigned: Decimal | None = None
    unassessed: Decimal | None = None
    fallen: Decimal | None = None
    kg_before: Decimal | None = None
    kg: Decimal | None = None

    def __add__(self, other: "Total") -> "Total":
        return Total(*(_plus(getattr(self, one.name), getattr(other, one.name)) for one in fields(Total)))

    @property
    def saving(self) -> Decimal | None:
        """Below zero where it costs more."""
        return None if self.baseline is None or self.compared is None else self.baseline - self.compared

    @property
    def percent(self) -> Decimal | None:
        """Of the baseline, rounded half-up to two places; None where there is none."""
        return to_penny(self.saving * HUNDRED / self.baseline) if self.saving is not None and self.baseline else None

    @property
    def kg_saved(self) -> Decimal:
        """Of what is assessed; below zero where it emits more."""
        return (self.kg_before or ZERO) - (self.kg or ZERO)

    @property
    def without_baseline(self) -> Decimal:
        """Charges that are compared with nothing."""
        return (self.charges or ZERO) - (self.compared or ZERO)


def _plus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return other if one is None else one if other is None else one + other


def _sums(only: Q, prefix: str = "sum_") -> dict[str, Sum]:
    """Of ``DepartmentMonth``, by the names of ``Total``."""
    compared = only & IS_COMPARED
    unsigned = compared & Q(of__baseline__sign_off__isnull=True)
    found = {
        "charges": Sum("charges_gbp", filter=only), "compared": Sum("charges_gbp", filter=compared),
        "baseline": Sum("baseline_gbp", filter=only),
        "unsigned": Sum(F("baseline_gbp") - F("charges_gbp"), filter=unsigned, output_field=GBP),
        "unassessed": Sum("unassessed_gbp", filter=only), "fallen": Sum("fallen_gbp", filter=only),
        "kg_before": Sum("kg_before", filter=only), "kg": Sum("kg", filter=only),
    }  # fmt: skip
    return {prefix + name: amount for name, amount in found.items()}


def _total(row: dict[str, Any], prefix: str = "sum_") -> Total:
    return Total(**{one.name: row[prefix + one.name] for one in fields(Total)})


def by_month(heads: QuerySet[DepartmentSavings]) -> list[tuple[date, Total]]:
    """In order. One query, however many contracts and departments."""
    rows = DepartmentMonth.objects.filter(of__in=heads).order_by("month").values("month").annotate(**_sums(Q()))
    return [(row["month"], _total(row)) for row in rows]


def by_year(months: Iterable[tuple[date, Total]]) -> list[tuple[str, Total]]:
    return [
        (year, together(total for _month, total in rows))
        for year, rows in groupby(months, key=lambda one: financial_year(one[0]))
    ]


def together(totals: Iterable[Total]) -> Total:
    return sum(totals, Total())


@dataclass(frozen=True)
class Part:
    """Of a department, or a framework, until the beginning of this month and over the whole life of its contracts."""

    code: str
    name: str
    contracts: int
    so_far: Total
    whole: Total


def _parts(heads: QuerySet[DepartmentSavings], code: str, name: str, before: date) -> list[Part]:
    """What saves most over its life first. Two queries."""
    contracts = dict(heads.order_by().values_list(code).annotate(Sum("contracts")))
    paths = {"code": F(f"of__{code}"), "name": F(f"of__{name}")}
    rows = DepartmentMonth.objects.filter(of__in=heads).order_by().values(**paths)
    rows = rows.annotate(**_sums(Q(month__lt=before), "so_far_"), **_sums(Q(), "whole_"))
    found = [
        Part(row["code"], row["name"], contracts.get(row["code"], 0), _total(row, "so_far_"), _total(row, "whole_"))
        for row in rows
    ]
    return sorted(found, key=lambda part: (part.whole.saving is None, -(part.whole.saving or ZERO), part.name))


def by_department(heads: QuerySet[DepartmentSavings], before: date) -> list[Part]:
    return _parts(heads, "department__code", "department__name", before)


def by_framework(heads: QuerySet[DepartmentSavings], before: date) -> list[Part]:
    return _parts(heads, "framework__reference", "framework__title", before)


def of_everybody(heads: QuerySet[DepartmentSavings], before: date) -> list[tuple[str, Decimal]]:
    """For a department: of each framework that its ``heads`` are under, how many per cent of their baselines all departments have
    saved until then. Only where ``FEWEST`` others stand behind the figure: of fewer it would say what one of them saves."""
    own = heads.values("pk")
    rows = DepartmentMonth.objects.filter(
        IS_COMPARED, of__framework__in=heads.values("framework"), month__lt=before
    ).order_by()
    found = rows.values(name=F("of__framework__title")).annotate(
        others=Count("of", distinct=True, filter=~Q(of__in=own)),
        baseline=Sum("baseline_gbp"),
        compared=Sum("charges_gbp"),
    )
    shown = [
        (row["name"], Total(baseline=row["baseline"], compared=row["compared"]).percent)
        for row in found
        if row["others"] >= FEWEST
    ]
    return [(name, percent) for name, percent in shown if percent is not None]


def with_savings(contracts: QuerySet[Contract], heads: Collection[DepartmentSavings], before: date) -> QuerySet[Contract]:
    """Contracts of one department, whose ``heads`` these are, each with ``saving`` and ``kg_saved`` until then, and over its ``whole_``
    life; None where nothing is kept, and a saving where no baseline was stated."""
    known = [
        When(of__framework=head.framework_id, then=Value(head.baseline.gbp_per_user_year, GBP)) for head in heads if head.baseline
    ]
    per_user = Case(*known, default=None, output_field=GBP) if known else Value(None, GBP)
    amounts = {
        "saving": Sum(baseline_gbp(per_user) - F("charges_gbp"), output_field=GBP),
        "kg_saved": Sum(F("kg_before") - F("kg"), output_field=GBP),
    }  # fmt: skip
    months = MonthSavings.objects.filter(of__contract=OuterRef("pk")).order_by()
    found = {}
    for prefix, rows in (("", months.filter(month__lt=before)), ("whole_", months)):
        for name, amount in amounts.items():
            found[prefix + name] = Subquery(rows.values("of").annotate(found=amount).values("found"), output_field=GBP)
    return contracts.annotate(**found)


def heads_of(heads: QuerySet[DepartmentSavings], department: Organisation) -> list[DepartmentSavings]:
    """Those of one department, each with its baseline and who signed it off. One query."""
    return list(
        heads.filter(department=department).select_related("framework", "baseline__sign_off").order_by("framework_id")
    )
