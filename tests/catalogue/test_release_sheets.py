"""Sheets of a release as people send them: read whole, every fault at once, and out again as the same."""

import io
import time
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from catalogue import contents, differences, levels, reading, sheets
from catalogue.contents import BANDS, CATALOGUE, COLUMNS, LEVELS
from catalogue.rows import LoadRefused
from tests.catalogue.figures import DATA, LOTS, PRICES, RULES

LOT_NUMBERS = [number for number, _needs in LOTS]
FILES = {name: (DATA / f"{name}.csv").read_bytes() for name in COLUMNS}


def table(name: str, data: bytes | None = None) -> reading.Table:
    return reading.from_csv(f"{name}.csv", data if data is not None else FILES[name])


def read(rules=RULES, **changed: bytes):
    tables = {name: table(name, changed.get(name)) for name in COLUMNS}
    return contents.read_tables(tables, {}, rules, LOT_NUMBERS, of_rules="catalogue_rules")


def flex() -> contents.Content:
    content, faults = read()
    assert content is not None, faults
    return content


def words(faults) -> list[str]:
    return [str(fault) for fault in faults]


def test_the_flex_sheets_are_a_content():
    assert flex().price_list == PRICES and list(flex().rules) == RULES


def test_every_fault_is_told_at_once():
    data = FILES[CATALOGUE].replace(b"recurring,78.00", b"recurring,1e3").replace(b"CORE-02,1", b"CORE-02,9")
    data = data.replace(b"CORE-04,1", b"CORE-01,1").replace(b"seats,seats,EUS-B,125", b"chairs,seats,EUS-Q,125")
    levels = FILES[LEVELS].replace(b"NET-S,NET-S,site connection availability,percent", b"NET-S,NET-S,,percent")
    content, faults = read(**{CATALOGUE: data, LEVELS: levels})
    assert content is None
    assert words(faults) == [
        "service_levels.csv row 8, column measure: '' is empty",
        "catalogue.csv row 2, column list_price_gbp: '1e3' is not an amount like 1000.00",
        "catalogue.csv row 3, column lot: '9' is none of 1, 2, 3",
        "catalogue.csv row 3, column price_bands: 'chairs' is none of applications, days, devices, seats, servers, sites",
        "catalogue.csv row 3, column service_level: 'EUS-Q' is none of "
        + ", ".join(sorted({values[0] for _number, values in table(LEVELS).rows})),
        "catalogue.csv row 5, column code: 'CORE-01' is there twice",
        "catalogue_rules 4: CORE-04 is not in the catalogue",
    ]


def test_what_is_wrong_with_one_table_of_bands_is_told_beside_a_row_of_another():
    data = FILES[BANDS].replace(b"seats,framework,slab,10000,14", b"seats,framework,slab,5000,8")
    data = data.replace(b"servers,framework,slab,20,6", b"servers,framework,slab,20,600")
    data = data.replace(b"servers,framework,slab,100,12", b"servers,framework,slab,10,12")
    content, faults = read(**{BANDS: data})
    assert content is None
    assert sorted(words(faults)) == [
        "price_bands.csv row 16, column discount_percent: '600' is not less than 100",
        "price_bands.csv row 5, column discount_percent: '8' is less than the 9 of the band of seats before it: no price rises with the volume",
        "price_bands.csv row 5, column from_quantity: '5000' is not more than 5,000, where the band of seats before it starts",
    ], "servers as a whole is not judged without its row 16"


@pytest.mark.parametrize(
    ("name", "old", "new", "why"),
    [
        (BANDS, b"slab,1,0\nseats,framework,slab,2500,4", b"slab,1,5\nseats,framework,slab,2500,4", "row 3, column discount_percent: '4' is less than the 5 of the band of seats before it"),
        (BANDS, b"slab,2500,4", b"slab,2500,100", "is not less than 100"),
        (BANDS, b"slab,2500,4", b"slab,2500,100%", "'100%' is not less than 100"),
        (BANDS, b"slab,2500,4", b"slab,2500,%4", "'%4' is not an amount"),
        (BANDS, b"seats,framework,slab,1,0\n", b"", "row 2, column from_quantity: '2500' is not 1"),
        (BANDS, b"slab,2500,4", b"slab,1,4", "row 3, column from_quantity: '1' is not more than 1"),
        (CATALOGUE, b"EUS-B,90,210", b"EUS-B,100000000,210", "is not less than 100,000,000"),
        (CATALOGUE, b"CORE-01,1", b"../etc,1", "is not a code"),
        (CATALOGUE, b"thin client", b"thin \xe2\x80\xae client", "hidden character"),
        (CATALOGUE, b"thin client", b"x" * 99 + b" " + b"y" * 99, "160 characters or fewer"),
        (CATALOGUE, b"code,lot", b"code,code", "'code' is there twice"),
        (CATALOGUE, b"code,lot", b"code,plot", "'plot' is not a column of this sheet"),
        (CATALOGUE, b"code,lot,", b"code,", "column lot: is missing"),
    ],
)
def test_what_cannot_be_is_told_by_its_place(name, old, new, why):
    assert old in FILES[name]
    content, faults = read(**{name: FILES[name].replace(old, new, 1)})
    assert content is None
    assert any(why in text for text in words(faults)), words(faults)


def test_a_release_without_services_is_none():
    content, faults = read(rules=[], **{name: FILES[name].splitlines()[0] for name in (CATALOGUE, LEVELS)})
    assert content is None and words(faults) == ["catalogue: has no services"]


# ---- out and in again


def workbook(content: contents.Content) -> bytes:
    out = contents.to_sheets(content)
    return sheets.to_workbook([(name, COLUMNS[name], contents.cells(name, out[name])) for name in COLUMNS])


def from_csv_again(content: contents.Content) -> contents.Content:
    out = contents.to_sheets(content)
    found, faults = read(content.rules, **{
        name: sheets.to_csv(COLUMNS[name], contents.cells(name, out[name])) for name in COLUMNS
    })  # fmt: skip
    assert found is not None, faults
    return found


def from_workbook_again(content: contents.Content) -> contents.Content:
    tables = reading.from_workbook("release.xlsx", workbook(content))
    found, faults = contents.read_tables(tables, {}, content.rules, LOT_NUMBERS, of_rules="catalogue_rules")
    assert found is not None, faults
    return found


def renamed(name: str) -> contents.Content:
    content, faults = contents.read(
        contents.as_rows(contents.to_sheets(flex()) | {CATALOGUE: [
            row | {"name": name} for row in contents.to_sheets(flex())[CATALOGUE]
        ]}), RULES, LOT_NUMBERS,
    )  # fmt: skip
    assert content is not None, faults
    return content


@pytest.mark.parametrize("name", ["Desktop", "=1+1", "-5 degrees", "@home", "'quoted", "0123", "Größe, “so”", '=HYPERLINK("x")'])
def test_what_is_taken_out_reads_as_the_same_again(name):
    content = renamed(name)
    assert from_csv_again(content) == content
    assert from_workbook_again(content) == content


@given(price=st.decimals(0, Decimal("999999999999.99"), places=2), percent=st.decimals(0, Decimal("99.99"), places=2))
@settings(max_examples=30, deadline=None)
def test_money_and_percentages_survive_both_files(price, percent):
    out = contents.to_sheets(flex())
    out[CATALOGUE][0]["list_price_gbp"] = f"{price:.2f}"
    out[BANDS] = [row | {"discount_percent": f"{percent:.2f}"} for row in out[BANDS]]
    content, faults = contents.read(contents.as_rows(out), RULES, LOT_NUMBERS)
    assert content is not None, faults
    assert from_csv_again(content) == content == from_workbook_again(content)


def test_a_discount_may_have_its_sign_as_excel_shows_it():
    book = load_workbook(io.BytesIO(workbook(flex())))
    for row in book[BANDS].iter_rows(min_row=2, min_col=5, max_col=5):
        row[0].value, row[0].number_format = float(row[0].value) / 100, "0.0%"
    out = io.BytesIO()
    book.save(out)
    found, faults = contents.read_tables(
        reading.from_workbook("release.xlsx", out.getvalue()), {}, RULES, LOT_NUMBERS, of_rules="catalogue_rules"
    )
    assert found == flex(), faults


def test_a_formula_is_a_fault_beside_every_other_one():
    book = load_workbook(io.BytesIO(workbook(flex())))
    book["catalogue"]["G2"], book["catalogue"]["B3"], book["catalogue"]["N4"] = "=70+8", 9, "beside"
    book["price_bands"]["A2"] = "=A3"
    out = io.BytesIO()
    book.save(out)
    content, faults = contents.read_tables(reading.from_workbook("x", out.getvalue()), {}, RULES, LOT_NUMBERS, of_rules="r")
    assert content is None
    assert words(faults)[:4] == [
        "x, sheet catalogue row 4: has more values than there are columns: beside",
        "x, sheet price_bands row 2, column price_bands: '=A3' is a formula or an error, which is not read; put its value there",
        "x, sheet catalogue row 2, column list_price_gbp: '=70+8' is a formula or an error, which is not read; put its value there",
        "x, sheet catalogue row 3, column lot: '9' is none of 1, 2, 3",
    ]


# ---- service levels


def level(**changes: str) -> list[str]:
    """The faults of the sheets with these cells in their first measure."""
    out = contents.to_sheets(flex())
    out[LEVELS][0] |= changes
    _content, faults = contents.read(contents.as_rows(out), RULES, LOT_NUMBERS)
    return [text.removeprefix("service_levels row 2, column ") for text in words(faults)]


PASSED = {"unit": "pass_fail", "target": "pass", "minimum": "pass_with_actions", "critical": "fail"}


@pytest.mark.parametrize("changes", [
    {}, {"minimum": ""}, {"critical": ""}, {"minimum": "", "critical": ""}, {"target": "99.999"}, {"target": "98.50"},
    {"target": "0", "minimum": "0", "critical": "0"}, {"target": "100", "minimum": "100"}, PASSED,
    {"credit_applies_to": "CORE-08;CORE-09"}, {"credit_applies_to": "CORE-08"},
], ids=str)  # fmt: skip
def test_a_measure_can_be_computed_with(changes):
    assert level(**changes) == []


NO_PERCENTAGE = "is not a percentage from 0 to 100 like 99.5"


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"unit": "minutes"}, ["unit: 'minutes' is none of percent, pass_fail"]),
        ({"target": "99,5"}, [f"target: '99,5' {NO_PERCENTAGE}"]),
        ({"target": "99.5%"}, [f"target: '99.5%' {NO_PERCENTAGE}"]),
        ({"target": "100.1"}, [f"target: '100.1' {NO_PERCENTAGE}"]),
        ({"target": "-1"}, [f"target: '-1' {NO_PERCENTAGE}"]),
        ({"target": "1e2"}, [f"target: '1e2' {NO_PERCENTAGE}"]),
        ({"target": "NaN"}, [f"target: 'NaN' {NO_PERCENTAGE}"]),
        ({"target": "9 9"}, [f"target: '9 9' {NO_PERCENTAGE}"]),
        ({"target": "99.5001"}, [f"target: '99.5001' {NO_PERCENTAGE}"]),
        ({"target": ""}, ["target: '' is empty"]),
        ({"target": "98"}, ["minimum: '98.5' is above the target of 98"]),
        ({"critical": "99"}, ["critical: '99' is above the minimum of 98.5"]),
        ({"minimum": "", "critical": "99.6"}, ["critical: '99.6' is above the target of 99.5"]),
        ({"minimum": "low", "critical": "95"}, [f"minimum: 'low' {NO_PERCENTAGE}"]),
        ({"target": "x", "minimum": "y", "critical": "z"},
         [f"{column}: '{text}' {NO_PERCENTAGE}" for column, text in (("target", "x"), ("minimum", "y"), ("critical", "z"))]),
        (PASSED | {"target": "99"}, ["target: '99' is none of pass, pass_with_actions, fail"]),
        (PASSED | {"target": "fail"}, ["minimum: 'pass_with_actions' is above the target of fail"]),
        ({"credit_applies_to": "desktops"}, [
            "credit_applies_to: 'desktops' is neither “all recurring charges” nor codes of the catalogue with semicolons"
            " between them: desktops is none"]),
        ({"credit_applies_to": "CORE-08;CORE-99"}, [
            "credit_applies_to: 'CORE-08;CORE-99' is neither “all recurring charges” nor codes of the catalogue with"
            " semicolons between them: CORE-99 is none"]),
        ({"credit_applies_to": "CORE-08;CORE-08"}, ["credit_applies_to: 'CORE-08;CORE-08' names a service twice"]),
        ({"credit_applies_to": ""}, ["credit_applies_to: '' is empty"]),
    ],
)  # fmt: skip
def test_a_measure_that_no_credit_could_be_computed_from_is_told_by_its_place(changes, faults):
    assert level(**changes) == faults


def test_blanks_between_the_codes_of_a_credit_are_nobodys():
    out = contents.to_sheets(flex())
    out[LEVELS][0] |= {"credit_applies_to": "CORE-08 ; CORE-09"}
    content, faults = contents.read(contents.as_rows(out), RULES, LOT_NUMBERS)
    assert content is not None, faults
    applies = content.measures[0].credit_applies_to
    assert (applies, levels.credited(applies, {"CORE-08", "CORE-09"})) == ("CORE-08;CORE-09", ("CORE-08", "CORE-09"))


def test_levels_of_one_unit_can_be_compared():
    assert levels.credited(levels.ALL_RECURRING, ()) is None
    assert levels.level("percent", "99.50") == Decimal("99.5") > levels.level("percent", "9.5")
    assert levels.level("pass_fail", "pass") > levels.level("pass_fail", "pass_with_actions") > levels.level("pass_fail", "fail")


# ---- how long it takes, and what is none


def many(count: int) -> bytes:
    """The catalogue with so many services."""
    head, *own = FILES[CATALOGUE].splitlines()
    return b"\n".join([head, *own, *(own[0].replace(b"CORE-01", b"X-%d" % n) for n in range(len(own), count))])


def as_workbook(data: bytes) -> bytes:
    read = reading.from_csv("x.csv", data)
    return sheets.to_xlsx("catalogue", read.heading, [values for _number, values in read.rows])


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_two_thousand_rows_are_checked_in_under_five_seconds(kind):
    data = many(2000)
    file = as_workbook(data) if kind == "xlsx" else data
    started = time.process_time()
    (found,) = reading.tables_of("x", file).values()
    tables = {CATALOGUE: found, BANDS: table(BANDS), LEVELS: table(LEVELS)}
    content, faults = contents.read_tables(tables, {}, [], LOT_NUMBERS, of_rules="r")
    assert time.process_time() - started < 5
    assert content is not None and len(content.services) == 2000, faults


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xff\xfec\x00o\x00", b"code;lot", "prénom".encode("latin-1"),
                                  b'"unclosed', b"a," * 100, b"\x00", b"code\n" + b"x," * 200])  # fmt: skip
def test_a_file_that_is_no_sheet_of_ours_gets_words(data):
    try:
        content, faults = read(**{CATALOGUE: data})
    except LoadRefused as refused:
        content, faults = None, refused.faults
    assert content is None and faults and all(fault.words for fault in faults)


# ---- differences


def test_what_changes_is_said_by_service_band_level_and_rule():
    out = contents.to_sheets(flex())
    out[CATALOGUE][0] |= {"list_price_gbp": "70.20", "unit": "seat/month"}
    out[CATALOGUE] = [row for row in out[CATALOGUE] if row["code"] != "CALL-07"]
    out[CATALOGUE].append(out[CATALOGUE][1] | {"code": "CORE-99"})
    out[BANDS][1]["discount_percent"] = "5"
    content, faults = contents.read(contents.as_rows(out), RULES[1:], LOT_NUMBERS)
    assert content is not None, faults
    found = differences.between(flex(), content)
    told = {(change.code, change.kind) for change in found.services}
    assert told == {("CORE-01", "changed"), ("CALL-07", "gone"), ("CORE-99", "new")}
    price = next(value for change in found.services for value in change.values if value.money)
    assert (price.was, price.now, price.percent) == (Decimal("78.00"), Decimal("70.20"), Decimal("-10.0"))
    assert [(change.code, change.values[0].now[:17]) for change in found.bands] == [("seats", "1: 0%, 2,500: 5%,")]
    assert [(change.kind, change.name) for change in found.rules] == [("gone", RULES[0].text)]
    assert not found.measures and not differences.between(flex(), flex())


def test_a_rule_that_checks_something_else_under_the_same_words_says_what():
    out = contents.to_sheets(flex())
    rules = [replace(rule, parameters=rule.parameters | {"months": 5}) if rule.kind == "max_months" else rule for rule in RULES]
    by_words = replace(RULES[1], text="Every seat takes what it needs.")
    content, faults = contents.read(contents.as_rows(out), [*rules[:1], by_words, *rules[2:]], LOT_NUMBERS)
    assert content is not None, faults
    found = [(change.kind, change.name, *((value.was, value.now) for value in change.values))
             for change in differences.between(flex(), content).rules]  # fmt: skip
    seats = "Every seat takes one of the services: CORE-07"
    assert found == [
        ("gone", RULES[1].text, (seats, "")),
        ("changed", RULES[-1].text, ("At most so many months: TRN-01; 6 months", "At most so many months: TRN-01; 5 months")),
        ("new", by_words.text, ("", seats)),
    ]
