"""Loading a framework with its first release from files (the layout of config/data/flex).

One transaction, done whole or not at all; a second load changes nothing. Bad rows are refused by file, row, column and
value. Opening states are entered by one operator action and recorded as such.
"""

import csv
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
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
from catalogue.rules import KINDS
from documents import audit
from documents.actors import Actor


class LoadRefused(ValueError):
    """A file cannot be loaded: file, row, column and value in words."""


class Row:
    """One row of a file; every reading of a column says where it failed."""

    def __init__(self, file: str, number: int, values: dict[str, str]):
        self.file, self.number, self.values = file, number, values

    def _refuse(self, column: str, why: str):
        raise LoadRefused(f"{self.file} row {self.number}, column {column}: {self.values.get(column)!r} {why}")

    def text(self, column: str) -> str:
        value = self.values.get(column)
        return value.strip() if value is not None else self._refuse(column, "is missing")

    def needed(self, column: str) -> str:
        return self.text(column) or self._refuse(column, "is empty")

    def money(self, column: str) -> Decimal:
        try:
            value = Decimal(self.needed(column))
        except InvalidOperation:
            return self._refuse(column, "is not a number")
        if not value.is_finite() or value < 0 or value != round(value, 2):
            self._refuse(column, "is not an amount with two places")
        return value

    def whole(self, column: str) -> int:
        text = self.needed(column)
        return int(text) if text.isascii() and text.isdigit() else self._refuse(column, "is not a whole number")

    def day(self, column: str) -> date | None:
        text = self.text(column)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            return self._refuse(column, "is not a day like 2007-10-01")

    def yes(self, column: str) -> bool:
        text = self.needed(column)
        return text == "yes" if text in ("yes", "no") else self._refuse(column, "is neither yes nor no")

    def one_of(self, column: str, allowed) -> str:
        text = self.needed(column)
        return text if text in allowed else self._refuse(column, f"is none of {', '.join(allowed)}")


def rows(directory: Path, file: str) -> Iterator[Row]:
    """The rows of a CSV file in UTF-8, numbered as a spreadsheet numbers them."""
    with open(directory / file, newline="", encoding="utf-8") as handle:
        for number, values in enumerate(csv.DictReader(handle, strict=True), start=2):
            yield Row(file, number, values)


@transaction.atomic
def load_catalogue(directory: Path, *, by: Actor, at: datetime) -> Framework:
    """Organisations, sites, VAT rates, the framework and its release 1, live from the framework's first day."""
    settings = yaml.safe_load((directory / "framework.yaml").read_text(encoding="utf-8"))
    existing = Framework.objects.filter(reference=settings["reference"]).first()
    if existing is not None:
        return existing
    _load_organisations(directory)
    for row in rows(directory, "vat_rates.csv"):
        VatRate.objects.get_or_create(starts_on=row.day("from"), defaults={"percent": row.money("percent")})
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
    for row in found:
        Organisation.objects.get_or_create(
            code=row.needed("code"),
            defaults={
                "name": row.needed("name"), "identifier": row.needed("identifier"), "address": row.text("address"),
                "crown": row.yes("crown"), "exists_from": row.day("exists_from"), "exists_to": row.day("exists_to"),
            },
        )  # fmt: skip
    for row in found:
        if row.text("succeeded_by"):
            successor = Organisation.objects.get(code=row.text("succeeded_by"))
            Organisation.objects.filter(code=row.needed("code")).update(succeeded_by=successor)
    for path in sorted(directory.glob("*_sites.csv")):
        organisation = Organisation.objects.get(code=path.name.removesuffix("_sites.csv").upper())
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
    "indexation", "signing_order",
)  # fmt: skip


def _load_framework(settings: dict[str, Any]) -> Framework:
    framework = Framework.objects.create(
        authority=Organisation.objects.get(code=settings["purchasing_authority"]),
        **{name: settings[name] for name in _PLAIN},
        **{name: Decimal(settings[name]) for name in _MONEY},
        **{name: Decimal(settings[source]) for name, source in _PERCENT.items()},
    )
    for code in settings["suppliers"]:
        FrameworkSupplier.objects.create(framework=framework, supplier=Organisation.objects.get(code=code))
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
    tables: dict[str, BandTable] = {}
    for row in rows(directory, "price_bands.csv"):
        code = row.needed("price_bands")
        if code not in tables:
            tables[code] = BandTable.objects.create(
                release=release, code=code, scope=row.one_of("scope", ("framework", "call_off")),
                method=row.one_of("method", ("slab", "graduated")),
            )  # fmt: skip
        PriceBand.objects.create(
            table=tables[code], from_quantity=row.whole("from_quantity"), discount_percent=row.money("discount_percent")
        )
    for position, row in enumerate(rows(directory, "catalogue.csv"), start=1):
        ServiceVersion.objects.create(
            release=release, position=position, code=row.needed("code"), lot=row.whole("lot"),
            category=row.needed("category"), name=row.needed("name"), unit=row.needed("unit"),
            charge_type=row.one_of("charge_type", ChargeType.values), list_price_gbp=row.money("list_price_gbp"),
            band_table=row.one_of("price_bands", tables) if row.text("price_bands") else "",
            adds_to_volume=row.text("adds_to_volume"), service_level=row.text("service_level"),
            kgco2e=row.money("kgco2e_per_unit_year"), baseline_kgco2e=row.money("baseline_kgco2e_per_unit_year"),
        )  # fmt: skip
    for position, rule in enumerate(settings["catalogue_rules"], start=1):
        parameters = {key: value for key, value in rule.items() if key not in ("rule", "text")}
        if rule["rule"] not in KINDS:
            raise LoadRefused(f"framework.yaml: {rule['rule']!r} is none of {', '.join(KINDS)}")
        CatalogueRule.objects.create(
            release=release, position=position, kind=rule["rule"], parameters=parameters, text=rule["text"]
        )
    for position, row in enumerate(rows(directory, "service_levels.csv"), start=1):
        ServiceLevelMeasure.objects.create(
            release=release, position=position,
            **{
                name: row.text(name)
                for name in ("service_level", "measure_code", "measure", "unit", "target", "minimum", "critical",
                             "credit_applies_to")
            },
        )  # fmt: skip
    for move in (release.submit, release.approve, release.schedule, release.go_live):
        move()
        release.save()
    return release
