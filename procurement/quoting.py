"""The price of a revision: today's for a draft, and what is frozen at submission. Reads only; the sums are
``catalogue.pricing``'s, which says how they are rounded. Money is Decimal GBP with two places, VAT excluded unless named gross."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from django.db.models import Sum, prefetch_related_objects

from catalogue import pricing, queries, rules
from catalogue.models import CatalogueRelease, Framework
from catalogue.pricing import ZERO
from procurement import contracted
from procurement.models import (
    Baseline,
    CallOffLine,
    CallOffRevision,
    VolumeEntry,
)


@dataclass(frozen=True)
class MilestoneMoney:
    """What one milestone releases: (service code, name, percent or None, quantity or None, GBP). ``unknown`` are the
    codes of payments for what the order has no one-off line of: nothing is paid for them."""

    number: int
    payments: tuple[tuple[str, str, Decimal | None, int | None, Decimal], ...]
    unknown: tuple[str, ...] = ()

    @property
    def total(self) -> Decimal:
        """GBP, VAT excluded, of its known payments."""
        return sum((payment[4] for payment in self.payments), ZERO)


@dataclass(frozen=True)
class Quote:
    """Everything a price page shows. Money is GBP, VAT excluded unless named gross.

    ``unmet`` are the catalogue rules not met yet; while there are any, a part of what the baseline bought is missing
    from the order, so there is no ``saving``. ``exceptional`` are the services that take the authority's exception.
    """

    release: CatalogueRelease | None
    price_list: pricing.PriceList | None
    volumes: dict[str, int]
    lines: tuple[pricing.PricedLine, ...]
    totals: pricing.Totals
    years: tuple[pricing.YearCharge, ...]
    vat_rates: tuple[tuple[date, Decimal], ...]
    vat_gbp: Decimal
    gross_gbp: Decimal
    baseline: Decimal | None
    saving: pricing.Saving | None
    carbon: pricing.Carbon
    milestones: tuple[MilestoneMoney, ...]
    unmet: tuple[rules.Unmet, ...]
    exceptional: tuple[str, ...]
    unknown_services: tuple[str, ...]
    undated: tuple[str, ...]


def volumes(framework: Framework, on: date) -> dict[str, int]:
    """Quantities that count towards each framework band, from entries effective by the day."""
    rows = (
        VolumeEntry.objects.filter(framework=framework, effective_from__lte=on)
        .values_list("volume")
        .annotate(Sum("quantity"))
    )
    return dict(rows)


def volumes_with(quoted: Quote) -> dict[str, int]:
    """The framework's volumes with what the quoted lines would add."""
    added = pricing.volumes_added([p.line for p in quoted.lines], quoted.price_list) if quoted.price_list else {}
    return {code: quoted.volumes.get(code, 0) + added.get(code, 0) for code in quoted.volumes.keys() | added.keys()}


def as_pricing_lines(lines: list[CallOffLine]) -> list[pricing.Line]:
    return [
        pricing.Line(
            number=line.number, phase=line.phase, service=line.service_code, site=line.site.name if line.site else None,
            quantity=line.quantity, starts_on=line.starts_on, months=line.months,
        )  # fmt: skip
        for line in lines
    ]


def read_whole(revision: CallOffRevision) -> CallOffRevision:
    """Reads what lies under the revision once, for who prices, checks and freezes it without changing it between."""
    prefetch_related_objects(
        [revision], "sites", "lines", "exceptions", "milestones__payments", "special_terms", "attachments"
    )
    return revision


def lines_of(revision: CallOffRevision) -> list[CallOffLine]:
    """Its lines with their sites."""
    sites = {site.pk: site for site in revision.sites.all()}
    rows = list(revision.lines.all())
    for row in rows:
        if row.site_id is not None:
            row.site = sites[row.site_id]
    return rows


def _milestone_money(
    revision: CallOffRevision, rows: list[CallOffLine], priced: list[pricing.PricedLine]
) -> tuple[MilestoneMoney, ...]:  # fmt: skip
    """Percentages of a line's total and units at its price, each rounded half-up to the penny."""
    by_code = {p.line.service: p for p in priced if p.line.phase == "one_off"}
    ordered = {row.service_code for row in rows if row.phase == "one_off"}  # priced or, without a term, not yet
    out = []
    milestones = list(revision.milestones.all())
    prefetch_related_objects(milestones, "payments")
    for milestone in milestones:
        payments, unknown = [], []
        for payment in milestone.payments.all():
            line = by_code.get(payment.service_code)
            if line is None:
                unknown += [payment.service_code] if payment.service_code not in ordered else []
                continue
            amount = (
                pricing.to_penny(line.total * payment.percent / 100)
                if payment.percent is not None
                else pricing.to_penny(line.unit_price * payment.quantity)
            )
            payments.append((payment.service_code, line.service.name, payment.percent, payment.quantity, amount))
        out.append(MilestoneMoney(milestone.number, tuple(payments), tuple(unknown)))
    return tuple(out)


def baseline_of(framework_id: int, department_id: int) -> Baseline | None:
    """The department's last, with its sign-off where it has one."""
    rows = Baseline.objects.filter(accession__framework=framework_id, accession__department=department_id)
    return rows.select_related("sign_off").order_by("-accession_id", "-number").first()


def baseline(revision: CallOffRevision) -> Decimal | None:
    """GBP a user and year, VAT excluded."""
    found = baseline_of(revision.call_off.framework_id, revision.call_off.department_id)
    return found.gbp_per_user_year if found else None


def quote(
    revision: CallOffRevision, on: date, rows: list[CallOffLine] | None = None,
    sites: list[tuple[str, int]] | None = None,
) -> Quote:  # fmt: skip
    """Price the revision on the day's live release and volumes. Lines without dates or service are named, not priced.

    ``rows`` are unsaved lines to price instead of the revision's own, for totals while somebody types; ``sites``
    (name, seats) are measured by instead of the revision's own, for a sheet before it is taken over.
    """
    framework = revision.call_off.framework
    release = queries.live_release(framework, on)
    price_list = queries.price_list(release) if release else None
    if rows is None:
        rows = lines_of(revision)
    known = price_list.services if price_list else {}
    unknown = tuple(sorted({row.service_code for row in rows if row.service_code not in known}))
    undated = tuple(sorted({row.service_code for row in rows if row.starts_on is None}))
    wanted = [row for row in rows if row.service_code in known and row.starts_on is not None]
    current = volumes(framework, on)
    priced = pricing.price_lines(as_pricing_lines(wanted), price_list, current) if price_list else []
    rates = queries.vat_rates(on)
    years = pricing.charges_by_financial_year(priced, rates)
    if sites is None:
        sites = [(site.name, site.seats) for site in revision.sites.all()]
    seats = sum(count for _name, count in sites)
    found = queries.catalogue_rules(release) if release else ()
    unmet: Sequence[rules.Unmet] = ()
    if price_list:
        checked, lots = as_pricing_lines([row for row in rows if row.service_code in known]), queries.lots(framework)
        unmet = rules.unmet(
            found, sites, checked, price_list, lots, {one.service_code: one.quantity for one in revision.exceptions.all()},
            contracted.lots(revision.call_off, on) if rules.lots_missing(lots, checked, price_list) else (),
        )  # fmt: skip
    base = baseline(revision)
    complete = seats and not unmet and any(p.line.phase == "shared" for p in priced)
    return Quote(
        release=release, price_list=price_list, volumes=current, lines=tuple(priced),
        totals=pricing.totals(priced, framework.levy_percent),
        years=tuple(years), vat_rates=tuple(rates),
        vat_gbp=sum((year.vat for year in years), ZERO), gross_gbp=sum((year.gross for year in years), ZERO),
        baseline=base, saving=pricing.saving(priced, base, seats) if base is not None and complete else None,
        carbon=pricing.carbon(priced), milestones=_milestone_money(revision, rows, priced),
        unmet=tuple(unmet), exceptional=tuple(rules.exceptional(found)), unknown_services=unknown, undated=undated,
    )  # fmt: skip


@dataclass(frozen=True)
class Fall:
    """How much less a submitted order would cost at another day's prices: GBP, VAT excluded."""

    monthly: Decimal
    whole_life: Decimal


def fall(revision: CallOffRevision, on: date) -> Fall | None:
    """What is offered to an order whose prices are held: the day's own, where they are lower over the whole life and
    everything in it is still in the catalogue (domain.md, "Price")."""
    framework = revision.call_off.framework
    release = queries.live_release(framework, on)
    if release is None:
        return None
    price_list, lines = queries.price_list(release), as_pricing_lines(lines_of(revision))
    if not {line.service for line in lines} <= price_list.services.keys():
        return None
    now = pricing.totals(pricing.price_lines(lines, price_list, volumes(framework, on)), framework.levy_percent)
    less = Fall(revision.monthly_gbp - now.monthly, revision.whole_life_gbp - now.whole_life)
    return less if less.whole_life > 0 else None


@dataclass(frozen=True)
class Assessment:
    """What the department weighs beside the price, frozen at submission in the revision's columns of the same names:
    the saving of a year in GBP and in percent of the baseline and what is left of it over the term net of transition
    (None where no saving may be claimed), kgCO2e a year, and the services whose carbon was not assessed."""

    baseline_gbp_per_user_year: Decimal | None
    saving_gbp_a_year: Decimal | None
    saving_percent: Decimal | None
    saving_net_of_transition_gbp: Decimal | None
    carbon_saved_kg_a_year: Decimal | None
    carbon_not_assessed: list[str]


def assessment(quoted: Quote) -> Assessment:
    saving = quoted.saving
    return Assessment(
        quoted.baseline, saving and saving.saving_year, saving and saving.percent,
        saving and saving.whole_life_net_of_transition, quoted.carbon.saved_kg_year, list(quoted.carbon.not_assessed),
    )  # fmt: skip


def frozen_assessment(revision: CallOffRevision) -> Assessment:
    return Assessment(**{field.name: getattr(revision, field.name) for field in fields(Assessment)})


def option_value(monthly: Decimal, months: int) -> Decimal:
    """GBP net of an option to extend by so many months, at the monthly charge of the shared service."""
    return monthly * months


def unpaid_one_offs(quoted: Quote) -> list[tuple[str, Decimal, Decimal]]:
    """One-off lines whose milestone payments do not add up: (service code, line total, sum of payments)."""
    paid: Counter[str] = Counter()
    for milestone in quoted.milestones:
        for code, _name, _percent, _quantity, amount in milestone.payments:
            paid[code] += amount
    return [
        (p.line.service, p.total, paid[p.line.service] or ZERO)
        for p in quoted.lines
        if p.line.phase == "one_off" and paid[p.line.service] != p.total
    ]


def estimated_value(revision: CallOffRevision, quoted: Quote) -> Decimal:
    """What the law's thresholds compare (GBP): the whole life with VAT, and the option to extend at the last month's
    price and VAT rate (Procurement Act 2023 s.4 and Schedule 3)."""
    option = option_value(quoted.totals.monthly, revision.extension_months)
    rate = quoted.vat_rates[-1][1] if quoted.vat_rates else ZERO
    return quoted.gross_gbp + pricing.to_penny(option * (100 + rate) / 100)
