"""The content of a release in its tables: written once, while it is a draft, and read back as plain values."""

from collections.abc import Sequence

from catalogue import queries
from catalogue.contents import Content, Measure
from catalogue.models import (
    BandTable,
    CatalogueRelease,
    CatalogueRule,
    PriceBand,
    ServiceLevelMeasure,
    ServiceVersion,
)


def write(release: CatalogueRelease, content: Content) -> None:
    """Facts from here on: the database takes no more rows once the release has left its draft."""
    tables = BandTable.objects.bulk_create(
        BandTable(release=release, code=table.code, scope=table.scope, method=table.method) for table in content.bands
    )
    PriceBand.objects.bulk_create(
        PriceBand(table=row, from_quantity=band.from_quantity, discount_percent=band.discount_percent)
        for row, table in zip(tables, content.bands, strict=True)
        for band in table.bands
    )
    ServiceLevelMeasure.objects.bulk_create(
        ServiceLevelMeasure(
            release=release, position=position, service_level=m.service_level, measure_code=m.code, measure=m.measure,
            unit=m.unit, target=m.target, minimum=m.minimum, critical=m.critical, credit_applies_to=m.credit_applies_to,
        )
        for position, m in enumerate(content.measures, start=1)
    )  # fmt: skip
    ServiceVersion.objects.bulk_create(
        ServiceVersion(
            release=release, position=position, code=s.code, lot=s.lot, category=s.category, name=s.name, unit=s.unit,
            charge_type=s.charge_type, list_price_gbp=s.list_price, band_table=s.band_table or "",
            adds_to_volume=s.adds_to_volume or "", service_level=s.service_level or "", kgco2e=s.kgco2e,
            baseline_kgco2e=s.baseline_kgco2e,
        )
        for position, s in enumerate(content.services, start=1)
    )  # fmt: skip
    CatalogueRule.objects.bulk_create(
        CatalogueRule(release=release, position=position, kind=rule.kind, parameters=rule.parameters, text=rule.text)
        for position, rule in enumerate(content.rules, start=1)
    )


def of(release: CatalogueRelease) -> Content:
    """Of a release that has left its draft."""
    prices = queries.price_list(release)
    measures: Sequence[ServiceLevelMeasure] = list(ServiceLevelMeasure.objects.filter(release=release))
    return Content(
        tuple(prices.services.values()), tuple(prices.bands.values()),
        tuple(
            Measure(m.service_level, m.measure_code, m.measure, m.unit, m.target, m.minimum, m.critical, m.credit_applies_to)
            for m in measures
        ),
        tuple(queries.catalogue_rules(release)),
    )  # fmt: skip
