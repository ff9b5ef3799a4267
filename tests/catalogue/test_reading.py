"""A sheet is read to text, or every fault is said by row, column and value. Hostile ones get words, and soon."""

import io
import time
import zipfile
from datetime import date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import Workbook

from catalogue import reading, sheets
from catalogue.reading import MOST_COLUMNS, MOST_FORMULAS, MOST_ROWS, MOST_SCANNED, MOST_SHEETS, tables_of
from catalogue.rows import Faults, LoadRefused

COLUMNS = ("service", "quantity")


def read(data: bytes, *, columns=COLUMNS, beside=(), others=False, most_rows=MOST_ROWS):
    """The rows of the first table as texts, and the faults as words: of the file, of its heading, of its rows."""
    found = Faults()
    tables = found.read(tables_of, "f", data, most_rows=most_rows)
    rows = next(iter(tables.values())).read(columns, found, beside=beside, others=others) if tables else None
    texts = [(row.number, *(found.read(row.text, name) for name in row.values)) for row in rows or ()]
    return texts, [str(fault) for fault in found]


def saved(book: Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def workbook(*rows) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    return saved(book)


def soon(data: bytes, seconds: float = 3, **more):
    """Words, within so much of a processor's time."""
    started = time.process_time()
    _rows, faults = read(data, **more)
    assert time.process_time() - started < seconds
    assert 0 < len(faults) < 100 and all(len(words) < 1_000 for words in faults)
    return faults


# ---- what is read


def test_a_csv_file_is_read_with_its_row_numbers_and_without_empty_rows():
    data = "\ufeffQuantity , service\r\n5,CORE-01\r\n,\r\n\r\n\"1,000\", CORE-02 \r\n".encode()
    assert read(data) == ([(2, "5", "CORE-01"), (5, "1,000", "CORE-02")], [])


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_separators_of_spreadsheets_are_understood(mark):
    assert read(f"\nservice{mark}quantity\nCORE-01{mark}5\n".encode()) == ([(3, "CORE-01", "5")], [])


def test_a_row_may_end_before_its_last_columns_or_have_empty_ones_beyond_them():
    assert read(b"service,quantity\nA\nB,1,,,\n") == ([(2, "A", ""), (3, "B", "1")], [])


def test_a_workbook_is_read_as_its_csv_file_would_be():
    data = workbook(COLUMNS, ("CORE-01", 5), (None, None), (" CORE-02 ", 7.0), (date(2008, 4, 1), 7.25),
                    (datetime(2008, 4, 1, 12, 30), True), (0.1 + 0.2, 10**25))  # fmt: skip
    assert read(data) == (
        [(2, "CORE-01", "5"), (4, "CORE-02", "7"), (5, "2008-04-01", "7.25"), (6, "2008-04-01 12:30:00", "TRUE"),
         (7, "0.3", "1e+25")], [],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("shown_as", "text"),
    [("0%", "4%"), ("0.00%", "4%"), ('0.0" "%', "4%"), ("0%;[Red]-0%", "4%"), ('0.00" % off"', "0.04"), ("0.00\\%", "0.04"), ("General", "0.04")],
)
def test_a_percentage_is_read_as_it_is_shown_and_not_as_it_is_kept(shown_as, text):
    book = Workbook()
    book.active.append(COLUMNS)
    book.active.append(("CORE-01", 0.04))
    book.active["B2"].number_format = shown_as
    assert read(saved(book)) == ([(2, "CORE-01", text)], [])


def test_each_sheet_of_a_workbook_is_a_table_but_empty_ones_are_none():
    book = Workbook()
    book.create_sheet("Sites").append(["site"])
    book.create_sheet("Lines").append(["line"])
    assert [(title, table.heading) for title, table in tables_of("f", saved(book)).items()] == [
        ("Sites", ("site",)), ("Lines", ("line",))]  # fmt: skip


def test_a_column_that_may_be_there_is_read_when_it_is():
    assert read(b"service,quantity,note\nA,1,x\n", beside=("note",)) == ([(2, "A", "1", "x")], [])
    assert read(b"service,quantity\nA,1\n", beside=("note",)) == ([(2, "A", "1")], [])
    assert read(b"service,quantity,note\nA,1,x\n", others=True) == ([(2, "A", "1", "x")], [])


ODD = ["=1+1", "-x", "+x", "@y", "'=1+1", "''-x", "'plain", "plain", "'", "x;=1;'-y;z", "x;y"]


@pytest.mark.parametrize("write", [sheets.to_csv, lambda *a: sheets.to_xlsx("lines", *a)], ids=["csv", "xlsx"])
def test_what_the_site_exports_comes_back_as_it_was(write):
    found, faults = read(write(COLUMNS, [[text, n] for n, text in enumerate(ODD)]))
    assert faults == [] and [(what, int(n)) for _row, what, n in found] == [(text, n) for n, text in enumerate(ODD)]


@given(st.text() | st.text("=+-@;'\t\r\nx"))
@example("'=")
@example(";\t'=")
def test_what_makes_a_text_harmless_is_taken_off_again(text):
    written = sheets.harmless(text)
    assert sheets.meant(written) == text and not written.startswith(("=", "+", "-", "@"))


# ---- faults


def test_every_fault_is_named_at_once_by_row_column_and_value():
    _rows, faults = read(b'service,quantity\n=HYPERLINK(x),5\nCORE-01, =1+1\nCORE-02,5,stray\nCORE\x07,1\n')
    assert faults == [
        "f row 4: has more values than there are columns: stray",
        "f row 2, column service: '=HYPERLINK(x)' is a formula or an error, which is not read; put its value there",
        "f row 3, column quantity: '=1+1' is a formula or an error, which is not read; put its value there",
        "f row 5, column service: 'CORE\ufffd' cannot be used: Remove the character after “CORE”: it cannot be printed.",
    ]  # fmt: skip


def test_a_formula_is_a_fault_whatever_value_was_shown_for_it_and_so_is_an_error():
    shown = workbook(COLUMNS, ("=A1", 5), ("CORE-01", "#REF!"))
    shown = _with(shown, SHEET, _part(shown, SHEET).replace(b"<f>A1</f><v></v>", b"<f>A1</f><v>78</v>").replace(
        b"<f>A1</f><v />", b"<f>A1</f><v>78</v>"))  # fmt: skip
    assert b"<v>78</v>" in _part(shown, SHEET)
    _rows, faults = read(shown)
    assert len(faults) == 2 and "'=A1' is a formula" in faults[0] and "'#REF!' is a formula or an error" in faults[1]


def test_a_formula_that_is_not_read_is_no_fault():
    assert read(b"service,quantity,note\nA,1,=1\n", beside=("note",))[0] == [(2, "A", "1", None)]
    found = Faults()
    (row,) = tables_of("f", b"service,quantity,note\nA,1,=1\n")[""].read(COLUMNS, found, beside=("note",))
    assert (row.text("service"), row.text("quantity"), found) == ("A", "1", [])


@pytest.mark.parametrize(
    ("heading", "words"),
    [
        ("service", "f row 1, column quantity: is missing; the columns are service, quantity"),
        ("service,quantity,service", "f row 1, column service: 'service' is there twice"),
        ("service,quantity,price", "f row 1, column price: 'price' is not a column of this sheet; it has service, quantity"),
        ("service,,quantity", "f row 1, column B: '' is not a column of this sheet; it has service, quantity"),
        ("service,quantity,=A1", "f row 1, column =A1: '=A1' is a formula or an error"),
    ],
)  # fmt: skip
def test_a_heading_that_is_wrong_is_said_in_words_with_every_formula_below(heading, words):
    rows, faults = read(f"{heading}\n=1,5,1,2\n".encode())
    assert rows == [] and faults[0].startswith(words)
    assert any("'=1' is a formula" in fault for fault in faults[1:]), faults


def test_a_formula_in_a_heading_is_a_fault_where_any_column_may_be_there():
    assert read(b"service,=A1\nA,1\n", others=True)[0] == []


# ---- what is no table


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "f: is empty"),
        (b" \n\n", "f: is empty"),
        ("service,quantity\n".encode("utf-16"), "f: is in UTF-16; save it as “CSV UTF-8”"),
        ("service,quantity\n".encode("utf-16-be"), "f: is not a table"),
        ("service,quantity\nCaf\u00e9,5\n".encode("latin-1"), "f row 2: cannot be read: it has a character"),
        (b"service,quantity\nA\x00,5\n", "f: is not a table"),
        (b'service,quantity\n"A,5\n', "f row 2: cannot be read as CSV"),
        (b"service,quantity\n" + b"A" * 200_000 + b",5\n", "f row 2: cannot be read as CSV"),
        (b"\xd0\xcf\x11\xe0 old excel", "an Excel file of the old kind"),
        (b"PK\x03\x04 not really", "cannot be read as an Excel workbook"),
        (b"%PDF-1.7\n%%EOF", "is not a column of this sheet"),
        (b"service,quantity\n" + b"A,1\n" * 11, "f: has more than 10 rows"),
        (b"service,quantity\n" + b"A,1\n" * 100_000, "f: has more than 10 rows"),
        (b"service,quantity\n" + b"\n" * 100_000 + b"A,1\n", f"f: goes on beyond row {MOST_SCANNED:,}"),
        (b",".join(b"c%d" % n for n in range(100_000)), "is not a column of this sheet"),
        (b"service,quantity\nCORE-01,1," + b"x," * 1_000_000, "has more values than there are columns"),
    ],
    ids=["nothing", "blanks", "utf-16", "utf-16-be", "latin-1", "nul", "unclosed", "long-cell", "old", "zip", "pdf",
         "11-rows", "100000-rows", "empty-rows", "100000-headings", "million-values"],
)  # fmt: skip
def test_a_file_that_is_no_table_gets_words_and_soon(data, words):
    assert words in soon(data, most_rows=10)[0]


def test_a_first_row_of_a_million_empty_values_is_none():
    assert read(b"," * 1_000_000 + b"\nservice,quantity\nA,1") == ([(3, "A", "1")], [])


def repacked(data: bytes, parts: dict[str, bytes]) -> bytes:
    """The workbook with these parts in place of its own, or beside them."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, parts.get(name) or old.read(name))
        for name in parts.keys() - set(old.namelist()):
            new.writestr(name, parts[name])
    return out.getvalue()


def _with(data: bytes, part: str, content: bytes) -> bytes:
    return repacked(data, {part: content})


def _part(data: bytes, part: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(part)


SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>service</t></is></c><c r="B1" t="inlineStr"><is><t>quantity</t></is></c></row>'
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def _sheet(rows: str, after: str = "") -> dict[str, bytes]:
    return {SHEET: f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData>{after}</worksheet>'.encode()}


def _entities(depth: int, encoding: str) -> dict[str, bytes]:
    """A sheet whose second row unpacks to ten to the power of ``depth`` cells."""
    defined = "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, depth + 1))
    return {SHEET: (f"<?xml version='1.0' encoding='{encoding}'?><!DOCTYPE x [<!ENTITY a0 '<c><v>1</v></c>'>{defined}]>"
                    f"<worksheet xmlns='{MAIN}'><sheetData>{HEAD}<row r='2'>&a{depth};</row></sheetData></worksheet>"
                    ).encode(encoding)}  # fmt: skip


def _shared(count: int, text: str, prefix: str = "") -> dict[str, bytes]:
    """Cells that share one formula: it would be written out for each of them."""
    f = f"{prefix}:f" if prefix else "f"
    more = f' xmlns:{prefix}="{MAIN}"' if prefix else ""
    first = f'<row r="2"><c r="A2"><{f}{more} t="shared" si="0">{text}</{f}></c></row>'
    cells = "".join(f'<row r="{n}"><c r="A{n}"><{f}{more} t="shared" si="0"/></c></row>' for n in range(3, count + 2))
    return _sheet(HEAD + first + cells)


HOSTILE = {
    "a far last row": (_sheet(HEAD + '<row r="999999999999"><c r="A999999999999"><v>1</v></c></row>'), "goes on beyond row"),
    "a text that is not there": (_sheet(HEAD + '<row r="2"><c r="A2" t="s"><v>99999</v></c></row>'), "cannot be read"),
    "a wild row": (_sheet(HEAD + '<row r="x"><c r="A2"><v>1</v></c></row>'), "cannot be read"),
    "a wild cell": (_sheet(HEAD + '<row r="2"><c r="??"><v>one</v></c></row>'), "cannot be read"),
    "a wild row and cell": (_sheet('<row r="x"><c r="1A" t="s"><v>99999</v></c></row>'), "cannot be read"),
    "a wild day": (_sheet(HEAD + '<row r="2"><c r="A2" t="d"><v>never</v></c></row>'), "cannot be read"),
    "a wild number": (_sheet('<row r="1"><c r="A1" t="n"><v>1e999999</v></c></row>'), "is not a column"),
    "cut short": ({SHEET: b"<worksheet"}, "cannot be read"),
    "cut short in a row": ({SHEET: f'<worksheet xmlns="{MAIN}"><sheetData><row><c'.encode()}, "cannot be read"),
    "not xml": ({SHEET: b"\x00\xff<<<"}, "not written in UTF-8"),
    "a bomb": ({SHEET: b"0" * 60_000_000}, "unpacks to far more"),
    "a bomb of blanks": ({SHEET: f'<worksheet xmlns="{MAIN}"><sheetData>'.encode() + b" " * 50_000_000}, "unpacks"),
    "a bomb beside": ({"xl/media/x.xml": b" " * 50_000_000}, "unpacks"),
    "many bombs": ({f"xl/worksheets/s{n}.xml": b" " * 7_000_000 for n in range(5)}, "unpacks"),
    "styles": ({"xl/styles.xml": b"<styleSheet>" + b"<x/>" * 400_000}, "unpacks"),
    "entities": (_entities(1, "utf-8"), "words of its own"),
    "entities in UTF-16": (_entities(5, "utf-16"), "not written in UTF-8"),
    "empty cells in rows": (_sheet(HEAD + ("<row>" + "<c/>" * 60 + "</row>") * 40_000), "unpacks|more cells"),
    "a million empty cells": (_sheet("<row r='1'>" + "<c/>" * 1_000_000 + "</row>"), "more cells"),
    "rows without end": (_sheet(HEAD + "<row><c><v>1</v></c></row>" * 100_000), "more cells|more than"),
    "one tag of 400,000 attributes": (_sheet(HEAD + "<row r='2' " + " ".join(f"a{n}='1'" for n in range(400_000))
                                             + "><c><v>1</v></c></row>"), "nothing can be read from"),
    "formulas": (_sheet(HEAD + "".join(f'<row><c r="A{n}"><f>{n}</f></c></row>' for n in range(2, 3_000))), "2,998 formulas"),
    "a shared formula": (_shared(100_000, "A1"), "formulas|more cells"),
    "a shared formula of another name": (_shared(MOST_FORMULAS + 1, "A1", "x"), "201 formulas"),
    "a long shared formula": (_shared(100, "+A1" * 100_000), "100 formulas"),
    "a long shared formula behind a word": (_shared(100, "<![CDATA[" + "+A1" * 100_000 + "]]>"), "cannot be read"),
    "no sheets": ({"xl/workbook.xml": b"<workbook/>"}, "cannot be read|no sheet"),
    "links": ({"xl/externalLinks/externalLink1.xml": b"<x/>"}, "linked to other files"),
    "merged": (_sheet(HEAD, '<mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>'), "merged cells"),
    "merged by another name": (_sheet(HEAD, f'<x:mergeCells xmlns:x="{MAIN}"><x:mergeCell ref="A1:B2"/></x:mergeCells>'), "merged"),
    "macros": ({"xl/vbaProject.bin": b"x"}, "macros"),
    "a text document": ({"[Content_Types].xml": f'<Types><Override ContentType="{DOCX}"/></Types>'.encode()}, "Word document"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_gets_words_and_soon(name):
    parts, words = HOSTILE[name]
    faults = soon(repacked(workbook(COLUMNS), parts))
    assert any(each in faults[0] for each in words.split("|")), faults


def test_as_many_formulas_as_are_looked_at_are_told_one_by_one_and_soon():
    data = repacked(workbook(COLUMNS), _shared(MOST_FORMULAS, "A1+" * 300 + "A1"))
    started = time.process_time()
    _rows, faults = read(data)
    assert time.process_time() - started < 3
    assert len(faults) == MOST_FORMULAS and f"row {MOST_FORMULAS + 1}, column service: '=A200+" in faults[-1]


def test_a_workbook_of_many_sheets_gets_words():
    book = Workbook()
    for _n in range(MOST_SHEETS):
        book.create_sheet()
    assert "has more than 10 sheets" in soon(saved(book))[0]


def test_what_stands_far_beside_or_below_the_table_of_a_workbook_costs_nothing():
    body = '<row><c r="XFD2" t="inlineStr"><is><t>x</t></is></c></row>' * 4_000
    data = repacked(workbook(COLUMNS), _sheet(HEAD + body))
    started = time.process_time()
    assert read(data) == ([], []), f"beyond column {MOST_COLUMNS} nothing is looked at"
    assert time.process_time() - started < 3
    below = body + '<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    assert "goes on beyond row" in soon(repacked(workbook(COLUMNS), _sheet(HEAD + below)))[0]


def test_a_row_below_many_empty_ones_is_not_lost():
    data = repacked(workbook(COLUMNS), _sheet(HEAD + f'<row r="{MOST_ROWS + 500}"><c><v>7</v></c></row>'))
    assert read(data) == ([(MOST_ROWS + 500, "7", "")], [])


@pytest.mark.parametrize("claimed", ["A1", "A1:B2", "A1:XFD1048576"])
def test_a_workbook_is_read_to_its_last_row_whatever_size_it_claims(claimed):
    rows = "".join(f'<row r="{number}"><c r="B{number}"><v>{number}</v></c></row>' for number in (2, 3, 4))
    data = repacked(workbook(COLUMNS), {SHEET: (
        f'<worksheet xmlns="{MAIN}"><dimension ref="{claimed}"/><sheetData>{HEAD}{rows}</sheetData></worksheet>'.encode()
    )})  # fmt: skip
    assert read(data) == ([(number, "", str(number)) for number in (2, 3, 4)], [])


@pytest.mark.parametrize("numbers", [(2, 2), (3, 2), (2, 4, 3)], ids=str)
def test_rows_that_stand_twice_or_out_of_order_are_not_left_out_without_a_word(numbers):
    rows = "".join(f'<row spans="1:2" r="{number}"><c r="B{number}"><v>7</v></c></row>' for number in numbers)
    assert "rows that stand twice or out of order" in soon(repacked(workbook(COLUMNS), _sheet(HEAD + rows)))[0]


def test_a_table_of_what_if_is_said_to_be_a_formula_as_the_sheet_has_it():
    cell = '<row r="2"><c r="A2"><f t="dataTable" ref="A2:B9" dt2D="1" r1="A1" r2="B1"/><v>7</v></c></row>'
    (fault,) = read(repacked(workbook(COLUMNS), _sheet(HEAD + cell)))[1]
    assert "'=TABLE(A1,B1)'" in fault and "is a formula" in fault


def test_a_workbook_of_100000_rows_gets_words():
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(COLUMNS)
    for number in range(100_000):
        sheet.append(("CORE-01", number))
    faults = soon(saved(book), 10, most_rows=2_000)
    assert "more than 2,000 rows" in faults[0] or "unpacks" in faults[0] or "more cells" in faults[0]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_table_of_2000_rows_is_read_in_time(kind):
    rows = [("CORE-01", number) for number in range(2_000)]
    data = workbook(COLUMNS, *rows) if kind == "xlsx" else sheets.to_csv(COLUMNS, rows)
    started = time.process_time()
    rows, faults = read(data, most_rows=2_000)
    assert (len(rows), faults) == (2_000, []) and time.process_time() - started < 5


@given(st.binary(max_size=400))
@example(b"PK\x03\x04")
@example(b"service,quantity\n\xf0\x28\x8c\x28,1")
def test_no_bytes_at_all_make_it_fail(data):
    for start in (b"", b"service,quantity\n"):
        read(start + data)


def test_the_rows_of_a_table_can_be_fewer_for_one_reader_than_for_another():
    data = b"service,quantity\n" + b"A,1\n" * 20
    assert len(reading.from_csv("f", data).rows) == 20
    with pytest.raises(LoadRefused, match="more than 19 rows"):
        reading.from_csv("f", data, most_rows=19)
