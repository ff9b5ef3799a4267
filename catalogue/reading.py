"""Sheets as people send them, read into plain tables of text: CSV in UTF-8, or an Excel workbook.

Nothing in a sheet runs: a formula counts as the value that the spreadsheet last showed for it. How much is read is capped
before reading, by what the file unpacks to and by how many cells it declares, so that no file keeps a request waiting.
"""

import csv
import io
import math
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl import load_workbook

from catalogue import uploads
from catalogue.rows import Fault, LoadRefused, Row, shown
from catalogue.sheets import meant

MOST_ROWS = 5_000
MOST_COLUMNS = 40
MOST_SHEETS = 10
LARGEST_PART = 8 * 1024 * 1024  # of a workbook, unpacked
LARGEST_OTHER = 1024 * 1024  # a part that is neither a sheet nor the texts of the sheets
LARGEST_WHOLE = 24 * 1024 * 1024
MOST_TAGS = 500_000  # in all its parts: parsing takes time by their number


@dataclass(frozen=True)
class Table:
    """``file`` is what to call it to its sender. A row is (number as a spreadsheet counts, values); empty rows are left
    out, and empty columns at the right."""

    file: str
    heading: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def read(self, columns: Iterable[str], *, others: bool = False) -> list[Row]:
        """Its rows by these columns, each of which it must have once; ``others`` may stand beside them. Raises
        LoadRefused with everything that is wrong with the heading and with rows that are too long."""
        wanted, faults = list(columns), []

        def refuse(column: str, words: str) -> None:
            faults.append(Fault(self.file, words, 1, shown(column) or "", shown(column)))

        for name in dict.fromkeys(self.heading):
            if self.heading.count(name) > 1:
                refuse(name, _("is there twice"))
            if not others and name not in wanted:
                refuse(name, _("is not a column of this sheet; it has %(columns)s") % {"columns": ", ".join(wanted)})
        faults += [Fault(self.file, _("is missing"), 1, name) for name in wanted if name not in self.heading]
        for number, values in self.rows:
            if len(values) > len(self.heading):
                extra = ", ".join(shown(value) or "" for value in values[len(self.heading) :])
                words = _("has more values than there are columns: %(extra)s") % {"extra": shown(extra)}
                faults.append(Fault(self.file, words, number))
        if faults:
            raise LoadRefused(*faults)
        return [
            Row(self.file, number, dict(zip(self.heading, [*values, *[None] * len(self.heading)], strict=False)))
            for number, values in self.rows
        ]


def _table(file: str, numbered: Iterator[tuple[int, list[str]]], *, padded: bool) -> Table:
    """The first row is the heading. Rows of a workbook are as wide as the sheet; a row of a CSV file ends where it ends."""
    first = next(numbered, None)
    if first is None or not any(first[1]):
        raise LoadRefused(Fault(file, _("is empty: the first row names the columns")))
    heading = _trimmed(first[1])
    rows: list[tuple[int, tuple[str, ...]]] = []
    for number, values in numbered:
        if len(rows) >= MOST_ROWS and any(values):
            raise LoadRefused(Fault(file, _("has more than %(most)s rows") % {"most": f"{MOST_ROWS:,}"}))
        if any(values):
            kept = _trimmed(values)
            width = max(len(heading), len(kept)) if padded else len(values)
            rows.append((number, tuple([*kept, *[""] * width][:width])))
    return Table(file, tuple(name.strip() for name in heading), tuple(rows))


def _trimmed(values: list[str]) -> list[str]:
    while values and not values[-1]:
        values = values[:-1]
    return values


def from_csv(file: str, data: bytes) -> Table:
    """Raises LoadRefused: not UTF-8, not CSV, or more than is read."""
    try:
        lines = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        numbered = ((number, [meant(value) for value in values[: MOST_COLUMNS + 1]])
                    for number, values in enumerate(lines, start=1))  # fmt: skip
        return _table(file, numbered, padded=False)
    except (UnicodeDecodeError, csv.Error) as error:
        raise LoadRefused(Fault(file, _("cannot be read as a CSV file in UTF-8: %(why)s") % {"why": error})) from error


def from_workbook(file: str, data: bytes) -> dict[str, Table]:
    """The sheets of a workbook by their title. Raises LoadRefused: damaged, linked to other files, or more than is read."""
    try:
        _insist_on_size(file, data)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        try:
            if len(book.worksheets) > MOST_SHEETS:
                raise LoadRefused(Fault(file, _("has more than %(most)s sheets") % {"most": MOST_SHEETS}))
            found = {
                sheet.title: _table(_("%(file)s, sheet %(sheet)s") % {"file": file, "sheet": shown(sheet.title)},
                                    _cells(sheet), padded=True)
                for sheet in book.worksheets
                if _is_filled(sheet)
            }  # fmt: skip
            if not found:
                raise LoadRefused(Fault(file, _("has no sheet with anything in it")))
            return found
        finally:
            book.close()
    except LoadRefused:
        raise
    # what a hostile workbook makes openpyxl raise is not a closed list; ours are not among these
    except (zipfile.BadZipFile, ParseError, LookupError, ValueError, TypeError, AttributeError, OSError, EOFError,
            ArithmeticError, NotImplementedError, RuntimeError, AssertionError) as error:  # fmt: skip
        raise LoadRefused(Fault(file, _("cannot be read as an Excel workbook; save it again as .xlsx"))) from error


def _insist_on_size(file: str, data: bytes) -> None:
    tags = 0
    too_large = Fault(file, _("unpacks to more than a catalogue of %(most)s rows can be") % {"most": f"{MOST_ROWS:,}"})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(part.file_size for part in archive.infolist()) > LARGEST_WHOLE:  # nothing is read past what it declares
            raise LoadRefused(too_large)
        for part in archive.infolist():
            name = part.filename.lower()
            if name.startswith("xl/externallinks/") or name.startswith("xl/connections"):
                raise LoadRefused(Fault(file, _("is linked to other files; save it with its values only")))
            carries_cells = name.startswith("xl/worksheets/") or name == "xl/sharedstrings.xml"
            if part.file_size > (LARGEST_PART if carries_cells else LARGEST_OTHER):
                raise LoadRefused(too_large)
            if name.endswith((".xml", ".rels")):
                content = archive.read(part)
                if b"<mergeCell " in content or b":mergeCell " in content:
                    raise LoadRefused(Fault(file, _("has merged cells; unmerge them, so that each row has its own values")))
                try:
                    tags += uploads.tags_of(content)
                except uploads.NotAccepted as refused:
                    raise LoadRefused(Fault(file, str(refused))) from refused
    if tags > MOST_TAGS:
        raise LoadRefused(Fault(file, _("has more cells than a catalogue of %(most)s rows can have")
                                % {"most": f"{MOST_ROWS:,}"}))  # fmt: skip


def _is_filled(sheet) -> bool:
    """A workbook made anew has empty sheets beside the one that is used."""
    return any(any(values) for _number, values in _cells(sheet))


def _cells(sheet) -> Iterator[tuple[int, list[str]]]:
    rows = sheet.iter_rows(max_row=MOST_ROWS + 2, max_col=MOST_COLUMNS, values_only=True)
    for number, values in enumerate(rows, start=1):
        yield number, [_as_text(value) for value in values]


def _as_text(value: Any) -> str:
    """A cell's value as it would stand in the CSV file. Numbers as Excel shows them, to 15 digits."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**20 else "1e20"
    if isinstance(value, float):
        return f"{Decimal(f'{value:.15g}'):f}" if math.isfinite(value) and abs(value) < 1e20 else str(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).strip()
