"""Sheets of a release as people send them: read whole, every fault at once, and nothing hostile keeps a request waiting."""

import io
import time
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from catalogue import contents, differences, reading, sheets
from catalogue.contents import BANDS, CATALOGUE, COLUMNS, LEVELS
from catalogue.rows import LoadRefused, Row
from tests.catalogue.figures import DATA, LOTS, PRICES, RULES

LOT_NUMBERS = [number for number, _needs in LOTS]
FILES = {name: (DATA / f"{name}.csv").read_bytes() for name in COLUMNS}


def rows(name: str, data: bytes | None = None) -> list[Row]:
    return reading.from_csv(f"{name}.csv", data if data is not None else FILES[name]).read(COLUMNS[name])


def read(rules=RULES, **changed: bytes):
    return contents.read({name: rows(name, changed.get(name)) for name in COLUMNS}, rules, LOT_NUMBERS)


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
        + ", ".join(sorted({row.values["service_level"] for row in rows(LEVELS)})),
        "catalogue.csv row 5, column code: 'CORE-01' is there twice",
        "catalogue_rules 4: required_per_seat: CORE-04 is not in the catalogue",
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "why"),
    [
        (BANDS, b"slab,1,0\nseats,framework,slab,2500,4", b"slab,1,5\nseats,framework,slab,2500,4", "the price rises at 2500"),
        (BANDS, b"slab,2500,4", b"slab,2500,100", "is not less than 100"),
        (BANDS, b"seats,framework,slab,1,0\n", b"", "the first band must start at 1"),
        (BANDS, b"slab,2500,4", b"slab,1,4", "1 comes after 1"),
        (CATALOGUE, b"EUS-B,90,210", b"EUS-B,100000000,210", "is not less than 100,000,000"),
        (CATALOGUE, b"CORE-01,1", b"../etc,1", "is not a code"),
        (CATALOGUE, b"thin client", b"thin \xe2\x80\xae client", "hidden character"),
        (CATALOGUE, b"thin client", b"x" * 99 + b" " + b"y" * 99, "160 characters or fewer"),
        (CATALOGUE, b"code,lot", b"code,code", "'code' is there twice"),
        (CATALOGUE, b"code,lot", b"code,plot", "'plot' is not a column of this sheet"),
        (CATALOGUE, b"code,lot,", b"code,", "column lot: None is missing"),
    ],
)
def test_what_cannot_be_is_told_by_its_place(name, old, new, why):
    assert old in FILES[name]
    try:
        _content, faults = read(**{name: FILES[name].replace(old, new, 1)})
    except LoadRefused as refused:
        faults = refused.faults
    assert any(why in text for text in words(faults)), words(faults)


def test_a_release_without_services_is_none():
    content, faults = read(rules=[], **{CATALOGUE: FILES[CATALOGUE].splitlines()[0]})
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
    read_rows = {name: tables[name].read(COLUMNS[name]) for name in COLUMNS}
    found, faults = contents.read(read_rows, content.rules, LOT_NUMBERS)
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


def test_a_formula_counts_as_what_the_spreadsheet_showed_and_in_a_new_file_as_nothing():
    book = load_workbook(io.BytesIO(workbook(flex())))
    book["catalogue"]["G2"] = "=70+8"
    out = io.BytesIO()
    book.save(out)
    row = reading.from_workbook("x.xlsx", out.getvalue())["catalogue"].read(COLUMNS[CATALOGUE])[0]
    with pytest.raises(LoadRefused, match="is empty"):
        row.amount("list_price_gbp")


def test_cells_are_read_as_they_are_shown():
    book = Workbook()
    book.active.append(["a", "b", "c", "d", "e"])
    book.active.append([0.1 + 0.2, date(2007, 10, 1), True, "78.00 ", 10**25])
    out = io.BytesIO()
    book.save(out)
    (row,) = next(iter(reading.from_workbook("x.xlsx", out.getvalue()).values())).read(["a", "b", "c", "d", "e"])
    assert list(row.values.values()) == ["0.3", "2007-10-01", "TRUE", "78.00", "1e20"] or row.values["e"] == "1e+25"
    for column in ("b", "c", "e"):
        with pytest.raises(LoadRefused, match="is not an amount"):
            row.amount(column)


# ---- hostile


def many(count: int) -> bytes:
    head, first = FILES[CATALOGUE].splitlines()[:2]
    return b"\n".join([head, *(first.replace(b"CORE-01", b"X-%d" % n) for n in range(count))])


def as_workbook(data: bytes) -> bytes:
    table = reading.from_csv("x.csv", data)
    return sheets.to_xlsx("catalogue", table.heading, [values for _number, values in table.rows])


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_two_thousand_rows_are_checked_in_under_five_seconds(kind):
    data = many(2000)
    file = as_workbook(data) if kind == "xlsx" else data
    started = time.process_time()
    table = reading.from_csv("x.csv", file) if kind == "csv" else reading.from_workbook("x.xlsx", file)["catalogue"]
    sheets_read = {CATALOGUE: table.read(COLUMNS[CATALOGUE]), BANDS: rows(BANDS), LEVELS: rows(LEVELS)}
    content, faults = contents.read(sheets_read, [], LOT_NUMBERS)
    assert time.process_time() - started < 5
    assert content is not None and len(content.services) == 2000, faults


def test_a_hundred_thousand_rows_are_refused_and_not_read():
    started = time.process_time()
    with pytest.raises(LoadRefused, match="more than 5,000 rows"):
        reading.from_csv("x.csv", many(100_000))
    long = OPEN + b"<row><c><v>1</v></c></row>" * 100_000 + b"</sheetData></worksheet>"
    with pytest.raises(LoadRefused, match="more cells"):
        reading.from_workbook("x.xlsx", repacked(sheets.to_xlsx("catalogue", ["a"], []), **{SHEET: long}))
    assert time.process_time() - started < 5


def repacked(data: bytes, **parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.pop(name.replace("/", "__"), None) or old.read(name))
        for name, content in parts.items():
            new.writestr(name.replace("__", "/"), content)
    return out.getvalue()


SHEET = "xl__worksheets__sheet1.xml"
OPEN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
HOSTILE = {
    "a bomb": {SHEET: OPEN + b" " * 50_000_000},
    "a bomb beside": {"xl__media__x.xml": b" " * 50_000_000},
    "many bombs": {f"xl__worksheets__s{n}.xml": b" " * 7_000_000 for n in range(5)},
    "a million empty cells": {SHEET: OPEN + b"<row r='1'>" + b"<c/>" * 1_000_000 + b"</row></sheetData></worksheet>"},
    "a row of many attributes": {SHEET: OPEN + b"<row " + b" ".join(b"a%d='1'" % n for n in range(200_000)) + b"/></sheetData></worksheet>"},
    "entities in UTF-16": {SHEET: ("<?xml version='1.0' encoding='UTF-16'?><!DOCTYPE x [<!ENTITY a 'b'>]>"
                                   + OPEN.decode() + "<row/></sheetData></worksheet>").encode("utf-16")},
    "links": {"xl__externalLinks__externalLink1.xml": b"<x/>"},
    "not xml": {SHEET: b"\x00\xff<<<"},
    "cut short": {SHEET: OPEN + b"<row><c"},
    "a wild cell": {SHEET: OPEN + b'<row r="x"><c r="1A" t="s"><v>99999</v></c></row></sheetData></worksheet>'},
    "a wild number": {SHEET: OPEN + b'<row r="1"><c r="A1" t="n"><v>1e999999</v></c></row><row r="2"><c r="A2" t="d"><v>x</v></c></row></sheetData></worksheet>'},
    "no sheets": {"xl__workbook.xml": b"<workbook/>"},
    "merged": {SHEET: OPEN + b'</sheetData><mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells></worksheet>'},
    "styles": {"xl__styles.xml": b"<styleSheet>" + b"<x/>" * 400_000},
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_gets_words_and_soon(name):
    file = repacked(sheets.to_xlsx("catalogue", ["code"], [["1"]]), **HOSTILE[name])
    started = time.process_time()
    with pytest.raises(LoadRefused) as refused:
        for table in reading.from_workbook("x.xlsx", file).values():
            table.read(COLUMNS[CATALOGUE])
    assert time.process_time() - started < 3
    assert refused.value.faults[0].words


def test_rows_far_away_cost_nothing():
    body = b'<row r="1"><c r="XFD1" t="inlineStr"><is><t>x</t></is></c></row>' * 4000
    body += b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    started = time.process_time()
    with pytest.raises(LoadRefused):
        found = reading.from_workbook("x.xlsx", repacked(sheets.to_xlsx("s", ["a"], []), **{SHEET: OPEN + body + b"</sheetData></worksheet>"}))
        next(iter(found.values())).read(["a"])
    assert time.process_time() - started < 3


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xff\xfec\x00o\x00", b"code;lot", "prénom".encode("latin-1"),
                                  b'"unclosed', b"a," * 100, b"\x00", b"code\n" + b"x," * 200])  # fmt: skip
def test_a_file_that_is_no_sheet_of_ours_gets_words(data):
    with pytest.raises(LoadRefused) as refused:
        rows(CATALOGUE, data)
    assert all(fault.words for fault in refused.value.faults)


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
