"""Rows written as a CSV file or an Excel workbook that a spreadsheet opens without running anything. Pure."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

Value = str | int | Decimal | date | None

# What a spreadsheet takes for a formula, at the start of a text and also after a semicolon, a tab or the end of a line:
# one that separates by semicolons takes quotation marks after a comma for text, and ends a cell there within them too.
_FORMULA = re.compile(r"(^|[;\t\r\n])(?='*[=+\-@\t\r])")
_MADE_HARMLESS = re.compile(r"(^|[;\t\r\n])'(?='*[=+\-@\t\r])")
_MONEY, _DAY = "#,##0.00", "yyyy-mm-dd"


def harmless(text: str) -> str:
    """What a spreadsheet would take for a formula gets an apostrophe in front, and so does what looks as if it had got
    one: ``meant`` takes exactly that off again."""
    return _FORMULA.sub(r"\1'", text)


def meant(text: str) -> str:
    """What was written before ``harmless``."""
    return _MADE_HARMLESS.sub(r"\1", text)


def to_csv(heading: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """UTF-8 with a byte-order mark, for Excel; days as 2007-10-01, money as 1234.50. Every cell is in quotation marks:
    where semicolons separate, one in the first cell does not end it. ``harmless`` looks after those in other cells."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow([harmless(words) for words in heading])
    for row in rows:
        writer.writerow([harmless(value) if isinstance(value, str) else "" if value is None else value for value in row])
    return out.getvalue().encode("utf-8-sig")


def to_xlsx(title: str, heading: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """A workbook of one sheet."""
    return to_workbook([(title, heading, rows)])


def to_workbook(parts: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Value]]]]) -> bytes:
    """Sheets of (title, heading, rows), each with a heading that stays in sight; text is text, whatever it begins with."""
    book = Workbook(write_only=True)
    for title, heading, rows in parts:
        _add_sheet(book, title, heading, rows)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _add_sheet(book: Workbook, title: str, heading: Sequence[str], rows: Iterable[Sequence[Value]]) -> None:
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    for place, words in enumerate(heading, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = max(14, len(words) + 2)
    sheet.append([_cell(sheet, words, bold=True) for words in heading])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])


def _cell(sheet, value: Value, *, bold: bool = False) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"
    elif isinstance(value, Decimal):
        cell.number_format = _MONEY
    elif isinstance(value, date):
        cell.number_format = _DAY
    if bold:
        cell.font = Font(bold=True)
    return cell
