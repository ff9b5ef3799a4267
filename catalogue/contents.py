"""What a release holds: services, bands, service levels and rules, as plain values; from sheets and to sheets again.

One reading for the operator's files, an upload and a page: every fault at once, by sheet, row, column and value. Pure.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue import levels
from catalogue.pricing import Band, BandTable, PriceList, Service
from catalogue.reading import Table
from catalogue.rows import Fault, Faults, Formula, Row
from catalogue.rules import Rule, faults

CATALOGUE, BANDS, LEVELS = "catalogue", "price_bands", "service_levels"
COLUMNS = {
    CATALOGUE: ("code", "lot", "category", "name", "unit", "charge_type", "list_price_gbp", "price_bands", "adds_to_volume",
                "service_level", "kgco2e_per_unit_year", "baseline_kgco2e_per_unit_year"),
    BANDS: ("price_bands", "scope", "method", "from_quantity", "discount_percent"),
    LEVELS: ("service_level", "measure_code", "measure", "unit", "target", "minimum", "critical", "credit_applies_to"),
}  # fmt: skip
CHARGE_TYPES = ("recurring", "fixed", "one-off", "usage")
SCOPES, METHODS = ("framework", "call_off"), ("slab", "graduated")
LARGEST_FACTOR = Decimal("100000000")  # kgCO2e a unit and year


@dataclass(frozen=True)
class Measure:
    """A measure of a service level; target, minimum and critical as the catalogue states them, to be read by
    ``catalogue.levels``, as is what the credit applies to."""

    service_level: str
    code: str
    measure: str
    unit: str
    target: str
    minimum: str
    critical: str
    credit_applies_to: str


@dataclass(frozen=True)
class Content:
    """In catalogue order. Services name only bands and levels that are there, rules only services that are."""

    services: tuple[Service, ...]
    bands: tuple[BandTable, ...]
    measures: tuple[Measure, ...]
    rules: tuple[Rule, ...]

    @property
    def price_list(self) -> PriceList:
        return PriceList({service.code: service for service in self.services}, {table.code: table for table in self.bands})


def read_tables(
    tables: Mapping[str, Table], others: Mapping[str, Sequence[Row]], rules: Iterable[Rule], lots: Collection[int], *,
    of_rules: str,
) -> tuple[Content | None, Faults]:  # fmt: skip
    """As ``read``, of tables as they were sent, with the rows of the ``others`` beside them."""
    found = Faults()
    rows = {name: table.read(COLUMNS[name], found) for name, table in tables.items()}
    if None in rows.values():
        return None, found
    content, more = read({**others, **rows}, rules, lots, of_rules=of_rules)
    return (None if found else content), Faults([*found, *more])


def read(
    sheets: Mapping[str, Sequence[Row]], rules: Iterable[Rule], lots: Collection[int], *, of_rules: str = "catalogue_rules"
) -> tuple[Content | None, Faults]:
    """The content, or None and everything that is wrong with it. ``of_rules`` is where the rules stand, for the words."""
    found = Faults()
    bands = _bands(sheets[BANDS], found)
    codes = _named(sheets[CATALOGUE], "code")
    measures = _measures(sheets[LEVELS], codes, found)
    services = _services(sheets[CATALOGUE], found, sorted(map(str, lots)), sorted(_named(sheets[BANDS], "price_bands")),
                         sorted(_named(sheets[LEVELS], "service_level")))  # fmt: skip
    rules = tuple(rules)
    for position, rule in enumerate(rules, start=1):
        found += [Fault(f"{of_rules} {position}", words) for words in faults(rule, codes)]
    if not sheets[CATALOGUE]:
        found.append(Fault(CATALOGUE, _("has no services")))
    return (None if found else Content(services, bands, measures, rules)), found


def _named(rows: Sequence[Row], column: str) -> set[str]:
    """What the rows give as their code, whatever else is wrong with them."""
    given = (row.values.get(column) for row in rows)
    return {value for value in given if value and not isinstance(value, Formula)}


_BAND_WORDS = {
    "first": ("from_quantity", gettext_lazy("is not 1, where the first band of %(code)s starts")),
    "order": ("from_quantity", gettext_lazy("is not more than %(quantity)s, where the band of %(code)s before it starts")),
    "rises": ("discount_percent", gettext_lazy("is less than the %(percent)s of the band of %(code)s before it: no price rises with the volume")),
    "graduated": ("method", gettext_lazy("is only for each order by itself, scope call_off")),
}  # fmt: skip


def _bands(rows: Sequence[Row], found: Faults) -> tuple[BandTable, ...]:
    """Each table runs on from 1 and its price never rises; its rows agree on scope and method. A table of which a row
    could not be read is not looked at as a whole: it would be called wrong for what is not its fault."""
    first: dict[tuple[str, str], tuple[int, str]] = {}
    bands: dict[str, list[tuple[Row, Band]]] = {}
    kinds: dict[str, tuple[str, str]] = {}
    broken: set[str | None] = set()
    for row in rows:
        before = len(found)
        code = found.read(row.code, "price_bands")
        kind = found.read(_agreed, row, "scope", SCOPES, code, first), found.read(_agreed, row, "method", METHODS, code, first)
        quantity = found.read(row.whole, "from_quantity")
        percent = found.read(row.percentage, "discount_percent")
        if len(found) > before:
            broken.add(code)
        else:
            kinds[code] = kind
            bands.setdefault(code, []).append((row, Band(quantity, percent)))
    tables = {code: BandTable(code, *kinds[code], tuple(band for _row, band in bands[code])) for code in kinds}
    for code, table in tables.items():
        if not broken & {code, None}:  # a row without a code may be of any of them
            found += _faults_of_bands(table, [row for row, _band in bands[code]])
    return tuple(tables.values())


def _agreed(row: Row, column: str, allowed: Collection[str], code: str | None, first: dict[tuple[str, str], tuple[int, str]]) -> str:
    """One of the allowed, and what the first row of the table says. Raises LoadRefused."""
    given = row.one_of(column, allowed)
    number, said = first.setdefault((code, column), (row.number, given)) if code else (row.number, given)
    if given != said:
        row.refuse(column, _("is not what row %(row)s says, %(said)s: the rows of %(code)s go together")
                   % {"row": number, "said": said, "code": code})  # fmt: skip
    return given


def _faults_of_bands(table: BandTable, rows: Sequence[Row]) -> Iterator[Fault]:
    for place, why in table.faults():
        column, words = _BAND_WORDS[why]
        before = table.bands[max(place - 1, 0)]
        row = rows[place]
        yield Fault(
            row.file, words % {"code": table.code, "quantity": f"{before.from_quantity:,}", "percent": figure(before.discount_percent)},
            row.number, column, row.values[column],
        )  # fmt: skip


def _measures(rows: Sequence[Row], codes: Collection[str], found: Faults) -> tuple[Measure, ...]:
    """Levels do not rise from target to critical; a credit is of charges that there are."""
    seen: set[str] = set()
    out = []
    for row in rows:
        out.append(Measure(
            found.read(row.code, "service_level"), found.read(row.only_once, "measure_code", seen, row.long_code),
            found.read(row.needed, "measure", 160), found.read(row.one_of, "unit", levels.UNITS),
            *_levels(row, found), found.read(_credited, row, codes),
        ))  # fmt: skip
    return tuple(out)


def _levels(row: Row, found: Faults) -> tuple[str, str, str]:
    """Target, minimum and critical as they stand; the last two may be empty."""
    texts = {"target": found.read(row.needed, "target", 20), "minimum": found.read(row.text, "minimum", 20),
             "critical": found.read(row.text, "critical", 20)}  # fmt: skip
    unit = row.values.get("unit")
    above: tuple[str, levels.Level] | None = None
    for column, text in texts.items() if unit in levels.UNITS else ():
        read = found.read(_level, row, column, unit, text) if text else None
        if read is not None and above is not None and read > above[1]:
            words = _("is above the %(column)s of %(value)s") % {"column": above[0], "value": texts[above[0]]}
            found.append(Fault(row.file, words, row.number, column, text))
        elif read is not None:
            above = column, read
    return texts["target"], texts["minimum"], texts["critical"]


def _level(row: Row, column: str, unit: str, text: str) -> levels.Level:
    try:
        return levels.level(unit, text)
    except ValueError as error:
        return row.refuse(column, str(error))


def _credited(row: Row, codes: Collection[str]) -> str:
    column = "credit_applies_to"
    text = row.needed(column, 200)
    try:
        named = levels.credited(text, codes)
    except ValueError as error:
        return row.refuse(column, str(error))
    return text if named is None else ";".join(named)


def _services(
    rows: Sequence[Row], found: Faults, lots: list[str], tables: list[str], named_levels: list[str]
) -> tuple[Service, ...]:
    """Lots, bands and service levels they name exist."""
    seen: set[str] = set()

    def known(row: Row, column: str, allowed: list[str]) -> str | None:
        return row.one_of(column, allowed) if row.text(column) else None

    out = []
    for row in rows:
        out.append(Service(
            found.read(row.only_once, "code", seen, row.code), found.read(row.needed, "name", 160), int(found.read(row.one_of, "lot", lots) or 0),
            found.read(row.needed, "category", 40), found.read(row.needed, "unit", 40),
            found.read(row.one_of, "charge_type", CHARGE_TYPES), found.read(row.amount, "list_price_gbp"),
            found.read(known, row, "price_bands", tables), found.read(known, row, "adds_to_volume", tables),
            found.read(known, row, "service_level", named_levels),
            found.read(row.amount, "kgco2e_per_unit_year", below=LARGEST_FACTOR),
            found.read(row.amount, "baseline_kgco2e_per_unit_year", below=LARGEST_FACTOR),
        ))  # fmt: skip
    return tuple(out)


def figure(value: Decimal) -> str:
    """A percentage or a factor without idle noughts: 4, 0.5"""
    return f"{value.normalize():f}"


def to_sheets(content: Content) -> dict[str, list[dict[str, str]]]:
    """Each sheet's rows by column, as texts that ``read`` reads as the same content."""
    services = [
        (s.code, str(s.lot), s.category, s.name, s.unit, s.charge_type, f"{s.list_price:.2f}", s.band_table or "",
         s.adds_to_volume or "", s.service_level or "", figure(s.kgco2e), figure(s.baseline_kgco2e))
        for s in content.services
    ]  # fmt: skip
    bands = [
        (table.code, table.scope, table.method, str(band.from_quantity), figure(band.discount_percent))
        for table in content.bands
        for band in table.bands
    ]
    measures = [
        (m.service_level, m.code, m.measure, m.unit, m.target, m.minimum, m.critical, m.credit_applies_to)
        for m in content.measures
    ]
    return {
        name: [dict(zip(COLUMNS[name], values, strict=True)) for values in rows]
        for name, rows in ((CATALOGUE, services), (BANDS, bands), (LEVELS, measures))
    }


def as_rows(sheets: Mapping[str, list[dict[str, str]]]) -> dict[str, list[Row]]:
    """What ``to_sheets`` made, to be read again."""
    return {name: [Row(name, number, dict(values)) for number, values in enumerate(sheets[name], start=2)]
            for name in COLUMNS}  # fmt: skip


def plain_rules(content: Content) -> list[dict[str, Any]]:
    return [{"rule": rule.kind, "text": rule.text, **rule.parameters} for rule in content.rules]


def as_rules(rows: Iterable[Mapping[str, Any]]) -> list[Rule]:
    """Rules as framework.yaml and ``plain_rules`` write them."""
    return [
        Rule(row["rule"], {key: value for key, value in row.items() if key not in ("rule", "text")}, row["text"])
        for row in rows
    ]


NUMBERS = {"lot", "list_price_gbp", "from_quantity", "discount_percent", "kgco2e_per_unit_year", "baseline_kgco2e_per_unit_year"}


def cells(name: str, rows: Iterable[Mapping[str, str]]) -> Iterable[list[str | int | Decimal]]:
    """The rows of a sheet for a file, numbers as numbers: amounts in GBP, discounts in per cent."""
    for row in rows:
        yield [
            row[column] if column not in NUMBERS or not row[column]
            else int(row[column]) if row[column].isdigit() else Decimal(row[column])
            for column in COLUMNS[name]
        ]  # fmt: skip
