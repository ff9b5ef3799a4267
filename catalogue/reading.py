"""Sheets as people send them, read into plain tables of text: CSV in UTF-8 (comma, semicolon or tab), or an Excel workbook.

Nothing in a sheet is run or guessed: a formula is not its value, a number is its digits, a percentage what is shown with
its sign, a day its ISO date. How much is read is capped before reading, by what the file unpacks to and by how many cells it declares, so that no file keeps a
request waiting; what a hostile file says of its own size is not believed.
"""

import csv
import io
import math
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.formula import DataTableFormula

from catalogue import uploads
from catalogue.rows import Fault, Faults, Formula, LoadRefused, Row, shown
from catalogue.sheets import meant

MOST_ROWS = 5_000
MOST_SCANNED = 60_000  # rows looked at, empty ones too: a workbook may claim a last row that nobody typed
MOST_COLUMNS = 60  # of a workbook: what stands beyond them is not looked at
MOST_SHEETS = 10
LARGEST_PART = 8 * 1024 * 1024  # of a workbook, unpacked
LARGEST_OTHER = 1024 * 1024  # a part that is neither a sheet nor the texts of the sheets
LARGEST_WHOLE = 24 * 1024 * 1024
MOST_TAGS = 500_000  # in all its parts: parsing takes time by their number
MOST_FORMULAS, LONGEST_FORMULA = 200, 1_000  # one that is shared is written out for every cell that shares it
_FORMULA = re.compile(rb"<(?:[^\s<>/:]+:)?f(?:[\s/][^<>]*)?>([^<]*)")
_PERCENT = re.compile(r'\A(?:"[^"]*"|\\.|[^"\\%])*%')  # a format of Excel that shows a percentage: a % that is no text of its own
_ROW = re.compile(rb"""<(?:[^\s<>/:]+:)?row\s(?:[^<>]*\s)?r=["'](\d{1,7})["']""")


@dataclass(frozen=True)
class Table:
    """``file`` is what to call it to its sender. The heading stands in the row ``top``. A row is (number as a spreadsheet
    counts, values), as wide as the heading or wider; rows without any value are left out."""

    file: str
    top: int
    heading: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def read(self, columns: Iterable[str], found: Faults, *, beside: Iterable[str] = (), others: bool = False) -> list[Row] | None:
        """Its rows by these columns, each of which it must have once, in any order; those of ``beside`` may be there,
        with ``others`` any. Values beside the columns are faults. None, with all that is wrong with the heading and every
        formula, where the heading leaves open what stands where; else formulas are refused by the rows' readings."""
        wrong = [*self._faults_of_heading([*columns], {*beside}, others)]
        found += wrong
        for number, values in self.rows:
            extra = ", ".join(filter(None, values[len(self.heading) :]))
            if extra:
                words = _("has more values than there are columns: %(extra)s") % {"extra": shown(extra)}
                found.append(Fault(self.file, words, number))
        if not wrong:
            return [Row(self.file, number, dict(zip(self.heading, values, strict=False))) for number, values in self.rows]
        for number, values in self.rows:
            found += [Fault(self.file, Formula.words(), number, shown(name) or "", shown(value))
                      for name, value in zip(self.heading, values, strict=False) if isinstance(value, Formula)]  # fmt: skip
        return None

    def _faults_of_heading(self, wanted: list[str], beside: set[str], others: bool) -> Iterator[Fault]:
        for place, name in enumerate(self.heading):
            column = shown(name) or get_column_letter(place + 1)
            if name in self.heading[:place]:
                yield Fault(self.file, _("is there twice"), self.top, column, shown(name))
            elif isinstance(name, Formula):
                yield Fault(self.file, Formula.words(), self.top, column, shown(name))
            elif not others and name not in wanted and name not in beside:
                words = _("is not a column of this sheet; it has %(columns)s") % {"columns": ", ".join(wanted)}
                yield Fault(self.file, words, self.top, column, shown(name))
        for name in wanted:
            if name not in self.heading:
                words = _("is missing; the columns are %(columns)s") % {"columns": ", ".join(wanted)}
                yield Fault(self.file, words, self.top, name)


def tables_of(file: str, data: bytes, *, most_rows: int = MOST_ROWS) -> dict[str, Table]:
    """The tables of a file by the title of their sheet, '' for a CSV file. Raises LoadRefused."""
    if data.startswith(b"PK"):
        return from_workbook(file, data, most_rows=most_rows)
    return {"": from_csv(file, data, most_rows=most_rows)}


def _table(file: str, filled: Iterator[tuple[int, list[str]]], most_rows: int) -> Table | None:
    """The first row that is not empty is the heading; None where there is none."""
    top, heading = next(filled, (0, []))
    if not heading:
        return None
    rows: list[tuple[int, tuple[str, ...]]] = []
    for number, values in filled:
        if len(rows) >= most_rows:
            raise LoadRefused(Fault(file, _("has more than %(most)s rows; take some out, or split it") % {"most": f"{most_rows:,}"}))
        rows.append((number, (*values, *[""] * (len(heading) - len(values)))))
    names = (name if isinstance(name, Formula) else name.lower() for name in heading)
    return Table(file, top, tuple(names), tuple(rows))


def _filled(file: str, rows: Iterator[list[str] | None]) -> Iterator[tuple[int, list[str]]]:
    """The rows that have a value, numbered, without the empty values at their right. None is an empty row too."""
    for number, values in enumerate(rows, start=1):
        if number > MOST_SCANNED:
            words = _("goes on beyond row %(most)s; delete the empty rows below it, or split it")
            raise LoadRefused(Fault(file, words % {"most": f"{MOST_SCANNED:,}"}))
        while values and not values[-1]:
            values.pop()
        if values:
            yield number, values


def from_csv(file: str, data: bytes, *, most_rows: int = MOST_ROWS) -> Table:
    """Raises LoadRefused: not UTF-8, not CSV, or more than is read."""
    content = _decoded(file, data)
    first = content.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=lambda mark: (first.count(mark), mark == ","))
    table = _table(file, _filled(file, _rows_of_csv(file, content, delimiter)), most_rows)
    if table is None:
        raise LoadRefused(Fault(file, _("is empty: the first row names the columns")))
    return table


def _decoded(file: str, data: bytes) -> str:
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise LoadRefused(Fault(file, _("is an Excel file of the old kind; save it as .xlsx or CSV")))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise LoadRefused(Fault(file, _("is in UTF-16; save it as “CSV UTF-8”")))
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        words = _("cannot be read: it has a character that is not UTF-8; save it as “CSV UTF-8”, or as .xlsx")
        raise LoadRefused(Fault(file, words, data.count(b"\n", 0, error.start) + 1)) from error
    if "\x00" in content:
        raise LoadRefused(Fault(file, _("is not a table; choose a CSV file in UTF-8 or an .xlsx workbook")))
    return content


def _rows_of_csv(file: str, content: str, delimiter: str) -> Iterator[list[str]]:
    lines = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, values in enumerate(lines, start=1):  # noqa: B007 - the refusal says after which
            yield [_typed(value) for value in values[: MOST_COLUMNS + 1]]  # the one too many is a fault
    except csv.Error as error:
        words = _("cannot be read as CSV (%(why)s); save the table again as “CSV UTF-8”") % {"why": error}
        raise LoadRefused(Fault(file, words, number + 1)) from error


def _typed(value: str) -> str:
    """A cell of a CSV file: a formula, or the text that is meant."""
    value = value.strip()
    return Formula(value) if value.startswith("=") else meant(value)


def from_workbook(file: str, data: bytes, *, most_rows: int = MOST_ROWS) -> dict[str, Table]:
    """The sheets of a workbook that have anything in them, by their title. Raises LoadRefused: damaged, linked to other
    files, or more than is read."""
    try:
        _insist_on_size(file, data)
        _insist_on_kind(file, data)
        _insist_on_parts(file, data)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        try:
            if len(book.worksheets) > MOST_SHEETS:
                raise LoadRefused(Fault(file, _("has more than %(most)s sheets") % {"most": MOST_SHEETS}))
            found = {}
            for sheet in book.worksheets:
                name = _("%(file)s, sheet %(sheet)s") % {"file": file, "sheet": shown(sheet.title)}
                table = _table(name, _filled(name, _rows_of_sheet(sheet)), most_rows)
                if table is not None:  # a workbook made anew has empty sheets beside the one that is used
                    found[sheet.title] = table
            if not found:
                raise LoadRefused(Fault(file, _("has no sheet with anything in it")))
            return found
        finally:
            book.close()
    except LoadRefused:
        raise
    # what a hostile workbook makes openpyxl raise is not a closed list; ours are not among these
    except (zipfile.BadZipFile, zlib.error, ParseError, InvalidFileException, LookupError, ValueError, TypeError,
            AttributeError, OSError, EOFError, ArithmeticError, NotImplementedError, RuntimeError, AssertionError) as error:  # fmt: skip
        raise LoadRefused(Fault(file, _("cannot be read as an Excel workbook; save it again as .xlsx"))) from error


def _insist_on_size(file: str, data: bytes) -> None:
    """By what its parts declare; nothing is read past that."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
    carrying = {part for part in parts
                if part.filename.lower().startswith("xl/worksheets/") or part.filename.lower() == "xl/sharedstrings.xml"}  # fmt: skip
    if (
        sum(part.file_size for part in parts) > LARGEST_WHOLE
        or any(part.file_size > (LARGEST_PART if part in carrying else LARGEST_OTHER) for part in parts)
    ):  # fmt: skip
        raise LoadRefused(Fault(file, _("unpacks to far more than a table; save only its sheet, as CSV")))


def _insist_on_kind(file: str, data: bytes) -> None:
    try:
        kind = uploads.kind_of(data)
    except uploads.NotAccepted as refused:
        raise LoadRefused(Fault(file, str(refused))) from refused
    if kind is not uploads.XLSX:
        words = _("is a %(kind)s; choose a CSV file in UTF-8 or an .xlsx workbook") % {"kind": kind.words}
        raise LoadRefused(Fault(file, words))


def _insist_on_parts(file: str, data: bytes) -> None:
    tags, formulas = 0, []
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for part in archive.infolist():
            name = part.filename.lower()
            if name.startswith("xl/externallinks/") or name.startswith("xl/connections"):
                raise LoadRefused(Fault(file, _("is linked to other files; save it with its values only")))
            if not name.endswith((".xml", ".rels")):
                continue
            content = archive.read(part)
            if b"<mergeCell " in content or b":mergeCell " in content:
                raise LoadRefused(Fault(file, _("has merged cells; unmerge them, so that each row has its own values")))
            numbers = [int(number) for number in _ROW.findall(content)] if name.startswith("xl/worksheets/") else []
            if any(first >= second for first, second in pairwise(numbers)):  # the library leaves out whatever comes late
                raise LoadRefused(Fault(file, _("has rows that stand twice or out of order; save it again as .xlsx")))
            try:
                tags += uploads.tags_of(content)
            except uploads.NotAccepted as refused:
                raise LoadRefused(Fault(file, str(refused))) from refused
            found = _FORMULA.findall(content)
            if found and b"<!" in content:  # no office program writes any, and text behind it would not be measured
                raise LoadRefused(Fault(file, _("cannot be read as an Excel workbook; save it again as .xlsx")))
            formulas += found
    if tags > MOST_TAGS:
        raise LoadRefused(Fault(file, _("has more cells than a table can have; save only its sheet, as CSV")))
    if len(formulas) > MOST_FORMULAS or any(len(formula) > LONGEST_FORMULA for formula in formulas):
        words = _("has %(n)s formulas; copy its cells and paste them as values") % {"n": f"{len(formulas):,}"}
        raise LoadRefused(Fault(file, words))


def _rows_of_sheet(sheet) -> Iterator[list[str] | None]:
    sheet.reset_dimensions()  # what it says of its size: rows beyond that would be left out without a word
    blank = None
    for cells in sheet.iter_rows(max_col=MOST_COLUMNS):
        if cells is blank:  # the library gives one and the same for all the rows that are not there
            yield None
            continue
        values = [_as_text(cell) for cell in cells]
        if not any(values):
            blank = cells
        yield values


def _as_text(cell: Any) -> str:
    """A cell's value as it would stand in the CSV file. Numbers as Excel shows them, to 15 digits, and with the sign of a
    percentage where it shows one: it keeps 4% as 0.04, which is no discount of 4."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in ("f", "e"):
        if isinstance(value, DataTableFormula):  # has no text of its own; Excel shows it like this
            return Formula(f"=TABLE({value.r1 or ''},{value.r2 or ''})")
        return Formula(getattr(value, "text", None) or value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number_as_text(value, percent=bool(_PERCENT.search(cell.number_format or "")))
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).strip()


def _number_as_text(value: int | float, *, percent: bool) -> str:
    if abs(value) >= 1e20 or not math.isfinite(value):  # asked in this order: a whole number can be too large for a float
        return "1e20" if isinstance(value, int) else str(value)
    digits = Decimal(value) if isinstance(value, int) else Decimal(f"{value:.15g}")
    return f"{(digits * 100).normalize():f}%" if percent else f"{digits:f}"
