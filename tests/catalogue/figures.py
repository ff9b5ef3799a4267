"""The Flex data files as plain values for the pure tests: no database, no loader."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import yaml

from catalogue.pricing import Band, BandTable, Line, PriceList, Service
from catalogue.rules import Rule

DATA = Path(__file__).resolve().parents[2] / "config" / "data" / "flex"
FRAMEWORK = yaml.safe_load((DATA / "framework.yaml").read_text())
OPENING = FRAMEWORK["opening_volumes"]
LEVY = Decimal(FRAMEWORK["levy_percent"])
LOTS = [(lot["number"], lot.get("needs_lot")) for lot in FRAMEWORK["lots"]]
RULES = [
    Rule(row["rule"], {key: value for key, value in row.items() if key not in ("rule", "text")}, row["text"])
    for row in FRAMEWORK["catalogue_rules"]
]


def rows(name: str) -> list[dict[str, str]]:
    with open(DATA / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def price_list() -> PriceList:
    bands: dict[str, tuple[str, str, list[Band]]] = {}
    for row in rows("price_bands.csv"):
        table = bands.setdefault(row["price_bands"], (row["scope"], row["method"], []))
        table[2].append(Band(int(row["from_quantity"]), Decimal(row["discount_percent"])))
    services = {
        row["code"]: Service(
            row["code"], row["name"], int(row["lot"]), row["category"], row["unit"], row["charge_type"],
            Decimal(row["list_price_gbp"]), row["price_bands"] or None, row["adds_to_volume"] or None,
            row["service_level"] or None, Decimal(row["kgco2e_per_unit_year"]),
            Decimal(row["baseline_kgco2e_per_unit_year"]),
        )
        for row in rows("catalogue.csv")
    }  # fmt: skip
    return PriceList(
        services, {code: BandTable(code, scope, method, tuple(found)) for code, (scope, method, found) in bands.items()}
    )


def lines(name: str) -> list[Line]:
    return [
        Line(
            number, row["phase"], row["service"], row["site"] or None, int(row["quantity"]),
            date.fromisoformat(row["starts_on"]), int(row["months"]) if row["months"] else None,
        )
        for number, row in enumerate(rows(name), start=1)
    ]  # fmt: skip


def sites(name: str) -> list[tuple[str, int]]:
    return [(row["site"], int(row["seats"])) for row in rows(name)]


def vat_rates() -> list[tuple[date, Decimal]]:
    return [(date.fromisoformat(row["from"]), Decimal(row["percent"])) for row in rows("vat_rates.csv")]


PRICES = price_list()
DIUS, ONS = lines("dius_call_off.csv"), lines("ons_call_off.csv")
DIUS_SITES, ONS_SITES = sites("dius_sites.csv"), sites("ons_sites.csv")
