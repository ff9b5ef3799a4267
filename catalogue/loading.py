"""Loading a framework with its first release from files (the layout of config/data/flex).

One transaction, done whole or not at all; a second load changes nothing. Bad rows are refused by file, row, column and
value. Opening states are entered by one operator action and recorded as such.
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from catalogue import contents, reading, release_rows
from catalogue.models import (
    CatalogueRelease,
    Framework,
    FrameworkSupplier,
    Lot,
    Organisation,
    Site,
    VatRate,
)
from catalogue.rows import AMOUNT, Fault, Faults, LoadRefused, Row
from documents import audit
from documents.actors import Actor


def table(directory: Path, file: str) -> reading.Table:
    """A CSV file in UTF-8. Raises LoadRefused."""
    try:
        data = (directory / file).read_bytes()
    except OSError as error:
        raise LoadRefused(Fault(file, f"cannot be read: {error}")) from error
    return reading.from_csv(file, data)


def rows(directory: Path, file: str) -> Iterator[Row]:
    """The rows of a CSV file, whatever columns it has. Raises LoadRefused."""
    found = Faults()
    read = table(directory, file).read((), found, others=True)
    found.insist()
    yield from read or ()


SETTINGS = "framework.yaml"
RELEASE_TITLE = "First release"


def _settings(directory: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load((directory / "framework.yaml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LoadRefused(Fault(SETTINGS, f"cannot be read: {error}")) from error
    wanted = {*_PLAIN, *_MONEY, *_PERCENT.values(), "purchasing_authority", "suppliers", "lots", "catalogue_rules"}
    missing = sorted(wanted - (found.keys() if isinstance(found, dict) else set()))
    if missing:
        raise LoadRefused(Fault(SETTINGS, f"{', '.join(missing)} is missing"))
    for name in (*_MONEY, *_PERCENT.values()):
        if not (isinstance(found[name], str) and AMOUNT.fullmatch(found[name])):
            raise LoadRefused(Fault(SETTINGS, f'{name}: {found[name]!r} is not an amount in quotes like "0.500"'))
    for name in ("starts_on", "ends_on"):
        if not isinstance(found[name], date):
            raise LoadRefused(Fault(SETTINGS, f"{name}: {found[name]!r} is not a day like 2007-05-21"))
    return found


def _organisation(code: str, where: str) -> Organisation:
    found = Organisation.objects.filter(code=code).first()
    if found is None:
        raise LoadRefused(Fault(where, f"there is no organisation {code!r}"))
    return found


@transaction.atomic
def load_catalogue(directory: Path, *, by: Actor, at: datetime) -> Framework:
    """Organisations, sites, VAT rates, the framework, still a draft, and its release 1, live from the framework's first
    day."""
    settings = _settings(directory)
    existing = Framework.objects.filter(reference=settings["reference"]).first()
    if existing is not None:
        return existing
    _load_organisations(directory)
    for row in rows(directory, "vat_rates.csv"):
        VatRate.objects.get_or_create(starts_on=row.day("from"), defaults={"percent": row.amount("percent")})
    framework = _load_framework(settings)
    release = _load_release(directory, framework, settings, by, at)
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


def _load_release(
    directory: Path, framework: Framework, settings: dict[str, Any], by: Actor, at: datetime
) -> CatalogueRelease:
    found = {name: table(directory, f"{name}.csv") for name in contents.COLUMNS}
    lots = framework.lots.values_list("number", flat=True)
    content, faults = contents.read_tables(
        found, {}, contents.as_rules(settings["catalogue_rules"]), lots, of_rules=f"{SETTINGS}: catalogue_rules"
    )
    if content is None:
        raise LoadRefused(*faults)
    release = CatalogueRelease.objects.create(
        framework=framework, organisation=framework.authority, title=RELEASE_TITLE, number=1,
        valid=(framework.starts_on, None), state_since=at, author_name=by.words,
    )  # fmt: skip
    release_rows.write(release, content)
    for move in (release.submit, release.approve, release.schedule, release.go_live):
        move(at=at)
        release.save()
    return release
