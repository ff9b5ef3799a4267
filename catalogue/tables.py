"""An uploaded table read to rows of text, with every fault by row, column and value. Pure: bytes in, rows or faults out.

CSV in UTF-8 (comma, semicolon or tab) or the first sheet of an XLSX workbook. Nothing in it is run or guessed: a formula
is a fault, a number becomes its digits, a day its ISO date. What a hostile file says of its own size is not believed.
"""

import csv
import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from xml.etree import ElementTree

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from catalogue import text, uploads

LONGEST_CELL = 4_000
LARGEST_UNPACKED = 40 * 1024 * 1024
MOST_TAGS = 500_000  # in all parts of a workbook: parsing takes time by their number, whatever they weigh
MOST_SCANNED = 60_000  # rows looked at, empty ones too: a workbook may claim a last row that nobody typed
MOST_FAULTS = 1_000
MOST_COLUMNS = 60  # what stands beyond them is not looked at
_BROKEN = (
    ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, EOFError, OSError, RecursionError,
    zipfile.BadZipFile, zlib.error, ElementTree.ParseError, InvalidFileException, NotImplementedError,
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """What is wrong where: ``row`` as a spreadsheet numbers it (0: the file), ``column`` its heading or ''."""

    row: int
    column: str
    value: str
    words: str

    def __str__(self) -> str:
        place = _("Row %(row)s") % {"row": f"{self.row:,}"} if self.row else ""
        place += f", {self.column}" if self.column else ""
        shown = f" “{self.value[:60]}”" if self.value else ""
        return f"{place}{shown}: {self.words}" if place else self.words


@dataclass(frozen=True)
class TableRow:
    """``values`` by heading; a cell that is empty or not there is ''."""

    number: int
    values: dict[str, str]


@dataclass(frozen=True)
class _Formula:
    words: str


Cell = str | _Formula


class _Unreadable(ValueError):
    """The file as a whole is refused; the words say what to do."""


def read_table(
    data: bytes, filename: str, *, columns: Sequence[str], max_rows: int, optional: Sequence[str] = ()
) -> tuple[list[TableRow], list[Fault]]:
    """The rows under a heading that has all ``columns``, in any order, and may have ``optional`` ones; or the faults,
    all at once, and then no rows. Rows without any value are left out."""
    try:
        raw = _workbook(data) if data.startswith(b"PK") else _text(data, filename)
        return _read(raw, list(columns), set(optional), max_rows)
    except _Unreadable as refused:
        return [], [Fault(0, "", "", str(refused))]


def _read(
    raw: Iterator[tuple[int, list[Cell]]], columns: list[str], optional: set[str], max_rows: int
) -> tuple[list[TableRow], list[Fault]]:
    number, cells = next(raw, (0, []))
    if not cells:
        raise _Unreadable(_("The file has no rows. The first row names the columns: %(columns)s.") % {
            "columns": ", ".join(columns)})  # fmt: skip
    heading, faults = _heading(number, cells, columns, optional)
    if faults:
        return [], faults
    rows: list[TableRow] = []
    for number, cells in raw:
        if len(rows) == max_rows:
            raise _Unreadable(
                _("The file has more than %(most)s rows. Take some out, or split it.") % {"most": f"{max_rows:,}"}
            )
        values = dict.fromkeys([*columns, *sorted(optional & set(heading))], "")
        for place, cell in enumerate(cells):
            name = heading[place] if place < len(heading) else ""
            faults += _cell(number, name, cell, values)
        rows.append(TableRow(number, values))
        if len(faults) >= MOST_FAULTS:
            break
    return ([], faults) if faults else (rows, [])


def _heading(
    number: int, cells: list[Cell], columns: list[str], optional: set[str]
) -> tuple[list[str], list[Fault]]:
    heading = [cell.strip().lower() if isinstance(cell, str) else "=" for cell in cells]
    while heading and not heading[-1]:
        heading.pop()
    faults = []
    for name in columns:
        if name not in heading:
            faults.append(Fault(number, name, "", _("the column is missing; the columns are %(all)s.") % {
                "all": ", ".join(columns)}))  # fmt: skip
    for place, name in enumerate(heading):
        if name in heading[:place]:
            faults.append(Fault(number, name or _column(place), "", _("the column is there twice.")))
        elif name not in columns and name not in optional:
            faults.append(Fault(number, _column(place), name, _("this is none of the columns %(all)s.") % {
                "all": ", ".join(columns)}))  # fmt: skip
    return heading, faults


def _column(place: int) -> str:
    """How a spreadsheet names the place, counted from 0: A, B, ... Z, AA."""
    return get_column_letter(place + 1)


def _cell(number: int, name: str, cell: Cell, values: dict[str, str]) -> Iterator[Fault]:
    """Put a cell's text into the values, or say why not."""
    if isinstance(cell, _Formula):
        yield Fault(number, name, cell.words, _("a formula or an error is not read; put its value there."))
        return
    if not name:
        if cell.strip():
            yield Fault(number, "", cell, _("the value stands beside the columns."))
        return
    try:
        values[name] = text.line(cell, longest=LONGEST_CELL)
    except ValueError as error:
        yield Fault(number, name, "", str(error))


def _plain(value: str) -> Cell:
    """A text cell. The apostrophe that an export puts before what looks like a formula is taken off again."""
    if value.startswith("="):
        return _Formula(value)
    if value.startswith(("'=", "'+", "'-", "'@")):
        return value[1:]
    return value


def _text(data: bytes, filename: str) -> Iterator[tuple[int, list[Cell]]]:
    """(row number, cells) of every row of a CSV file that is not empty."""
    if not data.strip():
        raise _Unreadable(_("The file is empty. Choose the file again, or save it first."))
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise _Unreadable(_("This is an Excel file of the old kind. Save it as .xlsx or CSV."))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _Unreadable(_("The file is in UTF-16. Save it as “CSV UTF-8”."))
    try:
        content = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        raise _Unreadable(
            _("%(name)s is not in UTF-8: row %(row)s has a character that cannot be read. Save it as “CSV UTF-8”, or as "
              ".xlsx.") % {"name": filename[:80] or _("The file"), "row": f"{row:,}"}
        ) from None
    if "\x00" in content:
        raise _Unreadable(_("This is not a table. Choose a CSV file in UTF-8 or an .xlsx workbook."))
    first = content.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=lambda mark: (first.count(mark), mark == ","))
    return _rows_of_csv(content, delimiter)


def _rows_of_csv(content: str, delimiter: str) -> Iterator[tuple[int, list[Cell]]]:
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _Unreadable(
                _("Row %(row)s cannot be read as CSV (%(why)s). Save the table again as “CSV UTF-8”.")
                % {"row": f"{number:,}", "why": error}
            ) from None
        if cells is None:
            return
        if number > MOST_SCANNED:
            raise _Unreadable(_too_long())
        if any(cell.strip() for cell in cells):
            yield number, [_plain(cell) for cell in cells[: MOST_COLUMNS + 1]]  # the one too many is a fault


def _too_long() -> str:
    return _("The table goes on beyond row %(most)s. Delete the empty rows below it, or split it.") % {
        "most": f"{MOST_SCANNED:,}"}  # fmt: skip


def _workbook(data: bytes) -> Iterator[tuple[int, list[Cell]]]:
    """(row number, cells) of every row of the first sheet that is not empty."""
    try:
        kind = uploads.kind_of(data)
    except uploads.NotAccepted as refused:
        raise _Unreadable(str(refused)) from None
    if kind is not uploads.XLSX:
        raise _Unreadable(
            _("This is a %(kind)s. Choose a CSV file in UTF-8 or an .xlsx workbook.") % {"kind": kind.words}
        )
    if _too_much(data):
        raise _Unreadable(_("The workbook unpacks to far more than a table. Save only its sheet, as CSV."))
    return _rows_of_workbook(data)


def _too_much(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > LARGEST_UNPACKED:
            return True
        parts = [archive.read(entry) for entry in archive.infolist() if entry.filename.endswith((".xml", ".rels"))]
    try:
        return sum(map(uploads.tags_of, parts)) > MOST_TAGS
    except uploads.NotAccepted:
        return True


def _rows_of_workbook(data: bytes) -> Iterator[tuple[int, list[Cell]]]:
    number, blank = 0, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and days that the library reads in its own way
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
            for number, cells in enumerate(book.worksheets[0].iter_rows(max_col=MOST_COLUMNS), start=1):
                if number > MOST_SCANNED:
                    raise _Unreadable(_too_long())
                if cells is blank:  # the library gives one and the same for all the rows that are not there
                    continue
                found = [_value(cell) for cell in cells]
                while found and found[-1] == "":
                    found.pop()
                if any(not isinstance(cell, str) or cell.strip() for cell in found):
                    yield number, found
                else:
                    blank = cells
    except _Unreadable:
        raise
    except _BROKEN as error:
        raise _Unreadable(
            _("The workbook cannot be read from row %(row)s on. Save it again, or as “CSV UTF-8”.")
            % {"row": f"{number + 1:,}"}
        ) from error


def _value(cell) -> Cell:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in ("f", "e"):
        return _Formula(str(getattr(value, "text", value)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)
