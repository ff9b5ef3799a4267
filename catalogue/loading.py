"""Loading a framework with its first release from files (the layout of config/data/flex).

One transaction, done whole or not at all; a second load changes nothing. Bad rows are refused by file, row, column and
value. Opening states are entered by one operator action and recorded as such.
"""

import csv
import re
from collections.abc import Collection, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from catalogue.models import (
    BandTable,
    CatalogueRelease,
    CatalogueRule,
    ChargeType,
    Framework,
    FrameworkSupplier,
    Lot,
    Organisation,
    PriceBand,
    ServiceLevelMeasure,
    ServiceVersion,
    Site,
    VatRate,
)
from catalogue.pricing import Band
from catalogue.pricing import BandTable as Bands
from catalogue.rules import Rule, faults
from documents import audit
from documents.actors import Actor


class LoadRefused(ValueError):
    """A file cannot be loaded: file, row, column and value in words."""


_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,3})?", re.ASCII)


class Row:
    """One row of a file; every reading of a column says where it failed."""

    def __init__(self, file: str, number: int, values: dict[str, str]):
        self.file, self.number, self.values = file, number, values

    def refuse(self, column: str, why: str):
        raise LoadRefused(f"{self.file} row {self.number}, column {column}: {self.values.get(column)!r} {why}")

    def text(self, column: str) -> str:
        value = self.values.get(column)
        return value.strip() if value is not None else self.refuse(column, "is missing")

    def needed(self, column: str) -> str:
        return self.text(column) or self.refuse(column, "is empty")

    def amount(self, column: str) -> Decimal:
        """Digits with at most two places, zero or more: money, a percentage or a factor."""
        text = self.needed(column)
        if not _AMOUNT.fullmatch(text) or Decimal(text) != round(Decimal(text), 2):
            self.refuse(column, "is not an amount like 1000.00")
        return Decimal(text)

    def whole(self, column: str) -> int:
        text = self.needed(column)
        return int(text) if re.fullmatch("[0-9]{1,9}", text) else self.refuse(column, "is not a whole number")

    def day(self, column: str) -> date | None:
        text = self.text(column)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            return self.refuse(column, "is not a day like 2007-10-01")

    def yes(self, column: str) -> bool:
        text = self.needed(column)
        return text == "yes" if text in ("yes", "no") else self.refuse(column, "is neither yes nor no")

    def one_of(self, column: str, allowed: Collection) -> str:
        text = self.needed(column)
        return text if text in allowed else self.refuse(column, f"is none of {', '.join(map(str, allowed))}")

    def only_once(self, column: str, seen: set) -> str:
        """A value no earlier row has; it is added to those seen."""
        text = self.needed(column)
        if text in seen:
            self.refuse(column, "is there twice")
        seen.add(text)
        return text


def rows(directory: Path, file: str) -> Iterator[Row]:
    """The rows of a CSV file in UTF-8, numbered as a spreadsheet numbers them. Raises LoadRefused."""
    try:
        with open(directory / file, newline="", encoding="utf-8-sig") as handle:
            for number, values in enumerate(csv.DictReader(handle, strict=True), start=2):
                if None in values:
                    raise LoadRefused(f"{file} row {number}: has more values than there are columns: {values[None]}")
                yield Row(file, number, values)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise LoadRefused(f"{file}: cannot be read as a CSV file in UTF-8: {error}") from error


def _settings(directory: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load((directory / "framework.yaml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LoadRefused(f"framework.yaml: cannot be read: {error}") from error
    wanted = {*_PLAIN, *_MONEY, *_PERCENT.values(), "purchasing_authority", "suppliers", "lots", "catalogue_rules"}
    missing = sorted(wanted - (found.keys() if isinstance(found, dict) else set()))
    if missing:
        raise LoadRefused(f"framework.yaml: {', '.join(missing)} is missing")
    for name in (*_MONEY, *_PERCENT.values()):
        if not (isinstance(found[name], str) and _AMOUNT.fullmatch(found[name])):
            raise LoadRefused(f'framework.yaml: {name}: {found[name]!r} is not an amount in quotes like "0.500"')
    for name in ("starts_on", "ends_on"):
        if not isinstance(found[name], date):
            raise LoadRefused(f"framework.yaml: {name}: {found[name]!r} is not a day like 2007-05-21")
    return found


def _organisation(code: str, where: str) -> Organisation:
    found = Organisation.objects.filter(code=code).first()
    if found is None:
        raise LoadRefused(f"{where}: there is no organisation {code!r}")
    return found


@transaction.atomic
def load_catalogue(directory: Path, *, by: Actor, at: datetime) -> Framework:
    """Organisations, sites, VAT rates, the framework and its release 1, live from the framework's first day."""
    settings = _settings(directory)
    existing = Framework.objects.filter(reference=settings["reference"]).first()
    if existing is not None:
        return existing
    _load_organisations(directory)
    for row in rows(directory, "vat_rates.csv"):
        VatRate.objects.get_or_create(starts_on=row.day("from"), defaults={"percent": row.amount("percent")})
    framework = _load_framework(settings)
    release = _load_release(directory, framework, settings, by)
    framework.activate()
    framework.save()
    audit.record("framework.loaded", framework, by=by, at=at, before="", after=framework.state,
                 reason="opening states of the register")  # fmt: skip
    audit.record("catalogue_release.loaded", release, by=by, at=at, before="", after=release.state,
                 reason="opening states of the register")  # fmt: skip
    return framework


def _load_organisations(directory: Path) -> None:
    found = list(rows(directory, "organisations.csv"))
    codes: set[str] = set()
    identifiers: set[str] = set()
    for row in found:
        row.only_once("identifier", identifiers)
        Organisation.objects.get_or_create(
            code=row.only_once("code", codes),
            defaults={
                "name": row.needed("name"), "identifier": row.needed("identifier"), "address": row.text("address"),
                "crown": row.yes("crown"), "exists_from": row.day("exists_from"), "exists_to": row.day("exists_to"),
            },
        )  # fmt: skip
    for row in found:
        if row.text("succeeded_by"):
            successor = _organisation(row.text("succeeded_by"), f"organisations.csv row {row.number}, column succeeded_by")
            Organisation.objects.filter(code=row.needed("code")).update(succeeded_by=successor)
    for path in sorted(directory.glob("*_sites.csv")):
        organisation = _organisation(path.name.removesuffix("_sites.csv").upper(), path.name)
        for row in rows(directory, path.name):
            Site.objects.get_or_create(
                organisation=organisation, name=row.needed("site"), defaults={"seats": row.whole("seats")}
            )


_MONEY = ("estimated_value_gbp", "ceiling_gbp", "modification_threshold_gbp", "spend_control_reference_from_gbp")
_PERCENT = {
    "levy_percent": "levy_percent",
    "service_credit_cap_percent": "service_credit_cap_percent_of_monthly_charges",
    "variation_control_percent": "variation_control_percent",
    "quantity_tolerance_percent": "quantity_tolerance_percent",
}
_PLAIN = (
    "reference", "title", "starts_on", "ends_on", "term_justification", "extension_months", "scope",
    "selection_method", "price_mechanism", "open_framework", "regime", "call_off_max_months",
    "call_off_may_outlive_framework_months", "supplier_response_working_days", "price_hold_days", "upward_rerating",
    "indexation", "signing_order", "accession_review_working_days", "priced_together_days",
)  # fmt: skip

_WITH_DEFAULT = ("reminder_working_days", "escalation_working_days")


def _load_framework(settings: dict[str, Any]) -> Framework:
    framework = Framework.objects.create(
        authority=_organisation(settings["purchasing_authority"], "framework.yaml: purchasing_authority"),
        **{name: settings[name] for name in _PLAIN},
        **{name: settings[name] for name in _WITH_DEFAULT if name in settings},
        **{name: Decimal(settings[name]) for name in _MONEY},
        **{name: Decimal(settings[source]) for name, source in _PERCENT.items()},
    )
    for code in settings["suppliers"]:
        FrameworkSupplier.objects.create(framework=framework, supplier=_organisation(code, "framework.yaml: suppliers"))
    for lot in settings["lots"]:
        Lot.objects.create(
            framework=framework, number=lot["number"], title=lot["title"], route=lot["route"],
            needs_lot=lot.get("needs_lot"),
        )  # fmt: skip
    return framework


def _load_release(directory: Path, framework: Framework, settings: dict, by: Actor) -> CatalogueRelease:
    release = CatalogueRelease.objects.create(
        framework=framework, number=1, valid=(framework.starts_on, None), author_name=by.words
    )
    tables = _load_bands(directory, release)
    levels = _load_service_levels(directory, release)
    services = _load_services(directory, release, tables, levels)
    for position, row in enumerate(settings["catalogue_rules"], start=1):
        parameters = {key: value for key, value in row.items() if key not in ("rule", "text")}
        for fault in faults(Rule(row["rule"], parameters, row["text"]), services):
            raise LoadRefused(f"framework.yaml: catalogue_rules {position}: {fault}")
        CatalogueRule.objects.create(
            release=release, position=position, kind=row["rule"], parameters=parameters, text=row["text"]
        )
    for move in (release.submit, release.approve, release.schedule, release.go_live):
        move()
        release.save()
    return release


def _load_bands(directory: Path, release: CatalogueRelease) -> set[str]:
    """The codes of the band tables; each table runs on from 1 and its price never rises."""
    tables: dict[str, BandTable] = {}
    bands: dict[str, list[Band]] = {}
    for row in rows(directory, "price_bands.csv"):
        code = row.needed("price_bands")
        if code not in tables:
            tables[code] = BandTable.objects.create(
                release=release, code=code, scope=row.one_of("scope", ("framework", "call_off")),
                method=row.one_of("method", ("slab", "graduated")),
            )  # fmt: skip
        row.one_of("scope", (tables[code].scope,))
        row.one_of("method", (tables[code].method,))
        band = Band(row.whole("from_quantity"), row.amount("discount_percent"))
        bands.setdefault(code, []).append(band)
    for code, table in tables.items():
        for fault in Bands(code, table.scope, table.method, tuple(bands[code])).faults():
            raise LoadRefused(f"price_bands.csv: {fault}")
        for band in bands[code]:
            PriceBand.objects.create(
                table=table, from_quantity=band.from_quantity, discount_percent=band.discount_percent
            )
    return set(tables)


def _load_service_levels(directory: Path, release: CatalogueRelease) -> set[str]:
    """The codes of the service levels."""
    seen: set[str] = set()
    levels: set[str] = set()
    for position, row in enumerate(rows(directory, "service_levels.csv"), start=1):
        levels.add(row.needed("service_level"))
        ServiceLevelMeasure.objects.create(
            release=release, position=position, service_level=row.needed("service_level"),
            measure_code=row.only_once("measure_code", seen), measure=row.needed("measure"), unit=row.needed("unit"),
            target=row.needed("target"), minimum=row.text("minimum"), critical=row.text("critical"),
            credit_applies_to=row.needed("credit_applies_to"),
        )  # fmt: skip
    return levels


def _load_services(directory: Path, release: CatalogueRelease, tables: set[str], levels: set[str]) -> set[str]:
    """The codes of the services; lots, bands and service levels they name exist."""
    lots = {str(number) for number in release.framework.lots.values_list("number", flat=True)}
    seen: set[str] = set()

    def known(row: Row, column: str, allowed: Collection[str]) -> str:
        return row.one_of(column, sorted(allowed)) if row.text(column) else ""

    for position, row in enumerate(rows(directory, "catalogue.csv"), start=1):
        ServiceVersion.objects.create(
            release=release, position=position, code=row.only_once("code", seen), lot=int(row.one_of("lot", sorted(lots))),
            category=row.needed("category"), name=row.needed("name"), unit=row.needed("unit"),
            charge_type=row.one_of("charge_type", ChargeType.values), list_price_gbp=row.amount("list_price_gbp"),
            band_table=known(row, "price_bands", tables), adds_to_volume=known(row, "adds_to_volume", tables),
            service_level=known(row, "service_level", levels), kgco2e=row.amount("kgco2e_per_unit_year"),
            baseline_kgco2e=row.amount("baseline_kgco2e_per_unit_year"),
        )  # fmt: skip
    return seen
