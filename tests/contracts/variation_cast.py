"""The variations of the DIUS story (config/data/flex/dius_variations.csv), and the steps of one in one call each."""

import csv
from datetime import date, datetime

from contracts import varying
from contracts.models import Contract, Variation
from tests import cast
from tests.cast import START
from tests.databases import ROOT

MANAGER = "contract.manager@dius.example"
REASON = "More staff than was planned for."
ANSWERS = {"scope": "The same services for the same work.", "balance": "The same prices."}


def rows(label: str) -> list[dict[str, str]]:
    with open(ROOT / "config" / "data" / "flex" / "dius_variations.csv", newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["variation"] == label]


def wanted(label: str = "VAR-01") -> list[varying.Wanted]:
    return [varying.Wanted(row["service"], int(row["add_quantity"]), row["site"]) for row in rows(label)]


def begun(contract: Contract | None = None, kind: str = "quantity", at: datetime = START) -> Variation:
    return varying.begin(contract or cast.contract(), kind=kind, title="100 more desktops at London", by=cast.person(MANAGER), at=at)


def filled(
    label: str = "VAR-01", day: date = date(2008, 11, 1), contract: Contract | None = None, at: datetime = START
) -> Variation:
    variation = begun(contract, at=at)
    varying.save_lines(variation, wanted(label), effective_on=day, by=cast.person(MANAGER), at=at)
    return varying.save_grounds(
        variation, reason=REASON, gateway="not_substantial", answers=ANSWERS, by=cast.person(MANAGER), at=at
    )


def assessed(label: str = "VAR-01", contract: Contract | None = None, at: datetime = START) -> Variation:
    return varying.assess(filled(label, contract=contract, at=at), by=cast.person(MANAGER), at=at)
