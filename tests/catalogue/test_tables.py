"""An uploaded table is read to text, or every fault is said by row, column and value. Hostile ones get words."""

import io
import time
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from catalogue.sheets import to_csv, to_xlsx
from catalogue.tables import MOST_SCANNED, read_table

COLUMNS = ("service", "quantity")


def read(data: bytes, name: str = "lines.csv", **more):
    rows, faults = read_table(data, name, columns=COLUMNS, **{"max_rows": 10} | more)
    assert not (rows and faults), "nothing is half read"
    return [(row.number, *row.values.values()) for row in rows], [str(fault) for fault in faults]


def workbook(*rows) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_csv_file_is_read_with_its_row_numbers_and_without_empty_rows():
    data = "\ufeffQuantity , service\r\n5,CORE-01\r\n,\r\n\r\n\"1,000\", CORE-02 \r\n".encode()
    assert read(data) == ([(2, "CORE-01", "5"), (5, "CORE-02", "1,000")], [])


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_separators_of_spreadsheets_are_understood(mark):
    assert read(f"service{mark}quantity\nCORE-01{mark}5\n".encode()) == ([(2, "CORE-01", "5")], [])


def test_a_workbook_is_read_as_the_same_text():
    data = workbook(COLUMNS, ("CORE-01", 5), (None, None), ("CORE-02", 7.0), (date(2008, 4, 1), 7.25),
                    (datetime(2008, 4, 1, 12, 30), True))  # fmt: skip
    assert read(data) == (
        [(2, "CORE-01", "5"), (4, "CORE-02", "7"), (5, "2008-04-01", "7.25"), (6, "2008-04-01 12:30:00", "yes")], []
    )  # fmt: skip


@pytest.mark.parametrize("write", [lambda *a: to_csv(*a), lambda *a: to_xlsx("lines", *a)])
def test_what_the_site_exports_comes_back_as_it_was(write):
    rows = [["=1+1", 5], ["-x", 6], ["@y", 7], ["plain", 8]]
    found, faults = read(write(COLUMNS, rows))
    assert faults == [] and [(what, int(n)) for _row, what, n in found] == [tuple(row) for row in rows]


def test_every_fault_is_named_at_once_by_row_column_and_value():
    rows, faults = read(b'service,quantity\n=HYPERLINK(x),5\nCORE-01,=1+1\nCORE-02,5,stray\nCORE\x07,1\n')
    assert rows == []
    assert faults == [
        "Row 2, service “=HYPERLINK(x)”: a formula or an error is not read; put its value there.",
        "Row 3, quantity “=1+1”: a formula or an error is not read; put its value there.",
        "Row 4 “stray”: the value stands beside the columns.",
        "Row 5, service: Remove the character after “CORE”: it cannot be printed.",
    ]


def test_formulas_and_errors_of_a_workbook_are_faults():
    _rows, faults = read(workbook(COLUMNS, ("=A1", 5), ("CORE-01", "#REF!")))
    assert len(faults) == 2 and "“=A1”" in faults[0] and "“#REF!”" in faults[1]


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("service", "Row 1, quantity: the column is missing; the columns are service, quantity."),
        ("service,quantity,service", "Row 1, service: the column is there twice."),
        ("service,quantity,price", "Row 1, C “price”: this is none of the columns service, quantity."),
        ("service,,quantity", "Row 1, B: this is none of the columns service, quantity."),
    ],
)
def test_a_heading_that_is_wrong_is_said_in_words(heading, words):
    assert read(f"{heading}\nCORE-01,5,1\n".encode()) == ([], [words])


def test_a_column_that_may_be_there_is_read_when_it_is():
    assert read(b"service,quantity,note\nA,1,x\n", optional=("note",)) == ([(2, "A", "1", "x")], [])
    assert read(b"service,quantity\nA,1\n", optional=("note",)) == ([(2, "A", "1")], [])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b" \n\n", "The file is empty."),
        ("service,quantity\n".encode("utf-16"), "The file is in UTF-16. Save it as “CSV UTF-8”."),
        ("service,quantity\nCaf\u00e9,5\n".encode("latin-1"), "row 2 has a character that cannot be read"),
        (b"service,quantity\nA\x00,5\n", "This is not a table."),
        (b'service,quantity\n"A,5\n', "cannot be read as CSV"),
        (b"service,quantity\n" + b"A" * 200_000 + b",5\n", "cannot be read as CSV"),
        (b"\xd0\xcf\x11\xe0 old excel", "an Excel file of the old kind"),
        (b"PK\x03\x04 not really", "damaged"),
        (b"%PDF-1.7\n%%EOF", "the column is missing"),
        (b"service,quantity\n" + b"A,1\n" * 100_000, "The file has more than 10 rows."),
        (b"service,quantity\n" + b"\n" * 100_000 + b"A,1\n", f"goes on beyond row {MOST_SCANNED:,}"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_gets_words(data, words):
    rows, faults = read(data)
    assert rows == [] and words in faults[0], faults


def _with(data: bytes, part: str, content: bytes) -> bytes:
    """The workbook with one part replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, content if entry.filename == part else old.read(entry.filename))
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _sheet(rows: str) -> bytes:
    return _with(workbook(COLUMNS), SHEET, f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode())


def _entities(depth: int) -> str:
    """A sheet whose second row unpacks to ten to the power of ``depth`` cells."""
    defined = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, depth + 1))
    return (f"<?xml version='1.0' encoding='UTF-16'?><!DOCTYPE x [<!ENTITY a0 '<c><v>1</v></c>'>{defined}]>"
            f"<worksheet xmlns='{MAIN}'><sheetData>{HEAD}<row r='2'>&a{depth};</row></sheetData></worksheet>")  # fmt: skip


HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>service</t></is></c><c r="B1" t="inlineStr"><is><t>quantity</t></is></c></row>'


@pytest.mark.parametrize(
    "data",
    [
        _sheet(HEAD + '<row r="999999999999"><c r="A999999999999"><v>1</v></c></row>'),
        _sheet(HEAD + '<row r="2"><c r="A2" t="s"><v>99999</v></c></row>'),
        _sheet(HEAD + '<row r="x"><c r="A2"><v>1</v></c></row>'),
        _sheet(HEAD + '<row r="2"><c r="??"><v>one</v></c></row>'),
        _sheet(HEAD + '<row r="2"><c r="A2" t="d"><v>never</v></c></row>'),
        _with(workbook(COLUMNS), SHEET, b"<worksheet"),
        _with(workbook(COLUMNS), SHEET, b"0" * 60_000_000),
        _with(workbook(COLUMNS), SHEET, b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'),
        _with(workbook(COLUMNS), SHEET, _entities(5).encode("utf-16")),
        _sheet(HEAD + ("<row>" + "<c/>" * 60 + "</row>") * 40_000),
        _sheet(HEAD + "<row r='2' " + " ".join(f"a{n}='1'" for n in range(200_000)) + "><c><v>1</v></c></row>"),
        _with(workbook(COLUMNS), "xl/workbook.xml", b"<workbook/>"),
    ],
    ids=["last-row", "string", "row", "cell", "day", "cut", "bomb", "entities", "entities-utf-16", "empty-cells",
         "attributes", "no-sheets"],
)  # fmt: skip
def test_a_hostile_workbook_gets_words_and_soon(data):
    started = time.process_time()
    rows, faults = read(data, "lines.xlsx")
    assert time.process_time() - started < 3
    assert faults and rows == [], rows


def test_what_stands_far_beside_the_table_of_a_workbook_is_not_looked_at():
    assert read(_sheet(HEAD + '<row r="2"><c r="XFD2"><v>1</v></c></row>')) == ([], [])


@pytest.mark.parametrize("data", [
    b",".join(b"c%d" % n for n in range(100_000)), b"service,quantity\nCORE-01,1," + b"x," * 1_000_000,
], ids=["heading", "row"])  # fmt: skip
def test_a_row_of_very_many_values_gets_words_and_soon(data):
    started = time.process_time()
    rows, faults = read(data)
    assert rows == [] and 0 < len(faults) < 100
    assert time.process_time() - started < 3


def test_a_workbook_of_100000_rows_gets_words():
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(COLUMNS)
    for number in range(100_000):
        sheet.append(("CORE-01", number))
    out = io.BytesIO()
    book.save(out)
    rows, faults = read(out.getvalue(), "lines.xlsx", max_rows=2_000)
    assert rows == [] and ("more than 2,000 rows" in faults[0] or "unpacks" in faults[0])


def test_a_table_of_2000_rows_is_read_in_time():
    data = workbook(COLUMNS, *(("CORE-01", number) for number in range(2_000)))
    started = time.monotonic()
    rows, faults = read(data, "lines.xlsx", max_rows=2_000)
    assert (len(rows), faults) == (2_000, []) and time.monotonic() - started < 5
    assert load_workbook(io.BytesIO(data)).active.max_row == 2_001


@given(st.binary(max_size=400))
@example(b"PK\x03\x04")
@example(b"service,quantity\n\xf0\x28\x8c\x28,1")
def test_no_bytes_at_all_make_it_fail(data):
    for start in (b"", b"service,quantity\n"):
        read(start + data)
