"""Reading the catalogue: what is live on a day, and its price list as plain values for ``catalogue.pricing``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType

from django.db import connection
from django.db.models import Q, QuerySet

from catalogue import pricing
from catalogue.models import (
    IN_FORCE,
    BandTable,
    CatalogueRelease,
    CatalogueRule,
    Framework,
    ServiceLevelMeasure,
    ServiceVersion,
    VatRate,
)
from catalogue.rules import Rule
from catalogue.text import search_words


def live_release(framework: Framework, on: date) -> CatalogueRelease | None:
    """The release in force on the day. The day decides, not the clock's bookkeeping: one that is scheduled is in force
    from its first day on, also before its state says live."""
    return CatalogueRelease.objects.filter(framework=framework, valid__contains=on, state__in=IN_FORCE).first()


def as_service(row: ServiceVersion) -> pricing.Service:
    return pricing.Service(
        row.code, row.name, row.lot, row.category, row.unit, row.charge_type, row.list_price_gbp,
        row.band_table or None, row.adds_to_volume or None, row.service_level or None, row.kgco2e, row.baseline_kgco2e,
    )  # fmt: skip


def price_list(release: CatalogueRelease) -> pricing.PriceList:
    """The whole release, in catalogue order. What is in force is a fact (trigger), so a process reads it once."""
    return _settled(connection.settings_dict["NAME"], release.pk)[0] if release.state in IN_FORCE else _prices(release.pk)


def catalogue_rules(release: CatalogueRelease) -> Sequence[Rule]:
    """The rules of the release, in its order; read once like its prices."""
    return _settled(connection.settings_dict["NAME"], release.pk)[1] if release.state in IN_FORCE else _rules(release.pk)


@lru_cache(maxsize=16)
def _settled(
    database: str, release_id: int
) -> tuple[pricing.PriceList, tuple[Rule, ...], tuple[ServiceLevelMeasure, ...]]:
    return _prices(release_id), _rules(release_id), tuple(ServiceLevelMeasure.objects.filter(release=release_id))


def _rules(release_id: int) -> tuple[Rule, ...]:
    rows = CatalogueRule.objects.filter(release=release_id)
    return tuple(Rule(row.kind, row.parameters, row.text) for row in rows)


def _prices(release_id: int) -> pricing.PriceList:
    bands = {
        table.code: pricing.BandTable(
            table.code, table.scope, table.method,
            tuple(pricing.Band(band.from_quantity, band.discount_percent) for band in table.bands.all()),
        )
        for table in BandTable.objects.filter(release=release_id).prefetch_related("bands")
    }
    services = {row.code: as_service(row) for row in ServiceVersion.objects.filter(release=release_id)}
    return pricing.PriceList(MappingProxyType(services), MappingProxyType(bands))


@dataclass(frozen=True)
class PriceThen:
    """What one release said of a service; ``first_day`` to ``last_day`` (None while it goes on) is when it was in force."""

    release: CatalogueRelease
    list_price: Decimal
    bands: tuple[pricing.Band, ...]


def price_history(framework: Framework, code: str, on: date) -> list[PriceThen]:
    """The service in every release that was in force by the day, the newest first (three queries)."""
    rows = (
        ServiceVersion.objects.filter(release__framework=framework, release__state__in=IN_FORCE, code=code)
        .filter(release__valid__startswith__lte=on)
        .select_related("release")
        .order_by("-release__valid")
    )
    rows = list(rows)
    wanted = BandTable.objects.filter(release__in=[row.release_id for row in rows]).prefetch_related("bands")
    tables = {(table.release_id, table.code): table for table in wanted}
    return [
        PriceThen(
            row.release, row.list_price_gbp,
            tuple(pricing.Band(band.from_quantity, band.discount_percent)
                  for band in tables[row.release_id, row.band_table].bands.all()) if row.band_table else (),
        )
        for row in rows
    ]  # fmt: skip


def lots(framework: Framework) -> list[tuple[int, int | None]]:
    """(number, the lot it needs or None)"""
    return list(framework.lots.values_list("number", "needs_lot"))


def service_levels(release: CatalogueRelease, codes: Iterable[str]) -> list[ServiceLevelMeasure]:
    """The measures of these service levels, in catalogue order; read once like the prices."""
    wanted = set(codes)
    if release.state in IN_FORCE:
        measures = _settled(connection.settings_dict["NAME"], release.pk)[2]
        return [measure for measure in measures if measure.service_level in wanted]
    return list(ServiceLevelMeasure.objects.filter(release=release, service_level__in=wanted))


def vat_rates(on: date) -> list[tuple[date, Decimal]]:
    """(from, percent), ascending, as they are known on the day: what was set later was in nobody's forecast, which goes
    on with the last one known."""
    return list(VatRate.objects.filter(starts_on__lte=on).values_list("starts_on", "percent"))


def browse(release: CatalogueRelease, *, text: str = "", lot: int | None = None, category: str = "") -> QuerySet:
    """The services of a release by words in code, name or category, lot and category; catalogue order."""
    rows = release.services.all()
    if lot is not None:
        rows = rows.filter(lot=lot)
    if category:
        rows = rows.filter(category=category)
    for word in search_words(text):
        rows = rows.filter(Q(name__icontains=word) | Q(code__icontains=word) | Q(category__icontains=word))
    return rows


def categories(release: CatalogueRelease) -> list[str]:
    """The categories of a release, each once, in catalogue order."""
    return list(dict.fromkeys(release.services.values_list("category", flat=True)))
