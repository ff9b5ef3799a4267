"""Changes of a draft release's sheets, each a new copy of the whole, to be read as one before it is saved; and the rows
that somebody uploads in place of a sheet."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from catalogue import contents
from catalogue.contents import BANDS, CATALOGUE, COLUMNS, LEVELS, Content
from catalogue.fields import Upload
from catalogue.models import CatalogueRelease
from catalogue.reading import Table, tables_of
from catalogue.rows import Fault, Faults, LoadRefused
from procurement.releasing import RULES, lots

Sheets = dict[str, Any]
Cells = dict[str, str]


def _put(rows: list[Any], is_it: Callable[[Any], bool], new: list[Any]) -> list[Any]:
    """The rows with those that match replaced by the new ones, which stand where the first of them stood, or at the end."""
    place = next((index for index, row in enumerate(rows) if is_it(row)), len(rows))
    kept = [row for row in rows if not is_it(row)]
    return [*kept[:place], *new, *kept[place:]]


def put_service(sheets: Sheets, was: str, row: Cells | None) -> Sheets:
    """In place of the service of that code ('' for a new one); None takes it out."""
    rows = _put(sheets[CATALOGUE], lambda each: bool(was) and each["code"] == was, [row] if row else [])
    return {**sheets, CATALOGUE: rows}


def put_bands(sheets: Sheets, was: str, rows: list[Cells]) -> Sheets:
    """In place of the band table of that code ('' for a new one); no rows take it out."""
    return {**sheets, BANDS: _put(sheets[BANDS], lambda each: bool(was) and each["price_bands"] == was, rows)}


def put_measure(sheets: Sheets, was: str, row: Cells | None) -> Sheets:
    """In place of the measure of that code ('' for a new one); None takes it out. A new one stands below its level's last."""
    rows = list(sheets[LEVELS])
    if was or row is None:
        return {**sheets, LEVELS: _put(rows, lambda each: each["measure_code"] == was, [row] if row else [])}
    last = max((n for n, each in enumerate(rows, start=1) if each["service_level"] == row["service_level"]), default=len(rows))
    return {**sheets, LEVELS: [*rows[:last], row, *rows[last:]]}


def put_rule(sheets: Sheets, index: int | None, rule: dict[str, Any] | None) -> Sheets:
    """In place of the rule at the index (None for a new one); None takes it out."""
    rules = list(sheets[RULES])
    place = len(rules) if index is None else index
    rules[place : place + 1] = [rule] if rule else []
    return {**sheets, RULES: rules}


def place_of(sheets: Sheets, sheet: str, column: str, code: str) -> int:
    """The row in which what a page is about stands, as faults count it; the last one of that code."""
    return max((number for number, row in enumerate(sheets[sheet], start=2) if row[column] == code), default=0)


def read_uploads(release: CatalogueRelease, files: Mapping[str, Upload]) -> tuple[Content | None, Faults, list[str]]:
    """The draft's content with these sheets in place of its own, or None and every fault; and which sheets were replaced.
    A workbook may hold several, named by what they are."""
    faults = Faults()
    found: dict[str, Table] = {}
    for name, file in files.items():
        for sheet, table in faults.read(_tables, name, file) or ():
            if sheet in found:
                faults.append(Fault(table.file, _("the sheet %(name)s was given twice") % {"name": sheet}))
            found[sheet] = table
    if faults:
        return None, faults, []
    own = contents.as_rows(release.draft.sheets)
    rules = contents.as_rules(release.draft.sheets[RULES])
    content, faults = contents.read_tables(found, own, rules, lots(release.framework), of_rules=_("Rules"))
    return content, faults, sorted(found)


def _tables(name: str, file: Upload) -> list[tuple[str, Table]]:
    """The sheets of one file, each with what it is: as its title says in a workbook; one by itself may be called anything,
    and is what it was given for. Raises LoadRefused for one beside others that is none of ours: it was meant to be read."""
    book = tables_of(file.filename, file.data)
    titled = [("_".join(title.lower().replace("-", " ").split()), table) for title, table in book.items()]
    if len(titled) == 1 and titled[0][0] not in COLUMNS:
        return [(name, titled[0][1])]
    words = _("is none of %(sheets)s; call the sheet one of these, or delete it if it is not to be read") % {"sheets": ", ".join(COLUMNS)}
    unknown = [Fault(table.file, words) for title, table in titled if title not in COLUMNS]
    if unknown:
        raise LoadRefused(*unknown)
    return titled
