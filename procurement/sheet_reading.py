"""Sheets of an order's sites and lines, read with every fault at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.forms import Field
from django.utils.translation import gettext as _

from catalogue.fields import DayField, LineField, QuantityField
from catalogue.pricing import Service
from catalogue.reading import Table, tables_of
from catalogue.rows import Fault, Faults, Row
from documents.templatetags.flex import day as as_day
from procurement import guards
from procurement.drafting import MOST_LINES, Ordered, Site, Term, interim_words, phase_of
from procurement.models import CallOffRevision, Phase
from procurement.order_sheets import LINES, SITES, Sheet, under

BESIDE_SITES = ("site_network", "wide_area_link")  # a department's own notes in its file of sites; not read
MOST_SITES = 60

Dated = dict[str, list[tuple[Row, date | None, int | None]]]


def read(
    revision: CallOffRevision, services: Mapping[str, Service], *, sites: bytes | None, lines: bytes | None
) -> tuple[Sheet | None, list[str]]:
    """The sheet, or every fault of both files in words. A workbook may hold both, named by what they are."""
    of_sites, of_lines = Faults(), Faults()
    tables = _tables((("sites", _("Sites"), sites, of_sites), ("lines", _("Lines"), lines, of_lines)))
    wanted: tuple[Site, ...] | None = None
    if "sites" in tables:
        wanted = _sites(_rows(tables["sites"], SITES, of_sites, most=MOST_SITES, beside=BESIDE_SITES), of_sites)
    ordered: tuple[Ordered, ...] | None = None
    term: Term | None = None
    if "lines" in tables:
        rows = _rows(tables["lines"], LINES, of_lines, most=MOST_LINES)
        # a sheet of sites that cannot be read says nothing of the sites the lines name
        names = None if of_sites else [site.name for site in wanted or revision.sites.all()]
        reader = _Lines(revision, services, names, of_lines)
        ordered, term = reader.read(rows), reader.term
    words = [str(fault) for found in (of_sites, of_lines) for fault in sorted(found, key=lambda fault: fault.row)]
    return (None, words) if words else (Sheet(wanted, ordered, term), [])


def _tables(files: Sequence[tuple[str, str, bytes | None, Faults]]) -> dict[str, Table]:
    """The tables of files, each (what it was given for, what to call it, data, its faults), by what they are: as the title
    of their sheet says, or one by itself as it was given. A sheet beside others that is neither was meant to be read."""
    known = [name for name, _words, _data, _found in files]
    given: dict[str, Table] = {}
    for name, words, data, found in files:
        book = found.read(tables_of, words, data, most_rows=MOST_LINES) if data is not None else None
        for title, table in (book or {}).items():
            what = title.strip().lower()
            if what not in known and len(book or {}) == 1:
                what = name
            if what not in known:
                found.append(Fault(table.file, _("is none of %(sheets)s; call the sheet one of these, or delete it if it is not to be read") % {
                    "sheets": ", ".join(known)}))  # fmt: skip
            elif what in given:
                found.append(Fault(table.file, _("the sheet %(name)s was given twice") % {"name": what}))
            else:
                given[what] = table
    return given


def _rows(table: Table, columns: Sequence[str], found: Faults, *, most: int, beside: Sequence[str] = ()) -> list[Row]:
    if not table.rows:
        found.append(Fault(table.file, _("the sheet has no rows.")))
    if len(table.rows) > most:
        found.append(Fault(table.file, _("has more than %(most)s rows; take some out, or split it") % {"most": f"{most:,}"}))
        return []
    return table.read(columns, found, beside=beside) or []


def rows_of(name: str, data: bytes, columns: Sequence[str], found: Faults, *, most: int) -> list[Row]:
    """The rows of a CSV file or of the first sheet of a workbook with anything in it; what it is to be called is in the
    faults."""
    tables = found.read(tables_of, name, data, most_rows=most)
    return [] if tables is None else _rows(next(iter(tables.values())), columns, found, most=most)


def _clean(row: Row, column: str, field: Field) -> Any:
    """The value of a cell as its field reads it. Raises LoadRefused."""
    value = row.text(column)
    try:
        return field.clean(value)
    except ValidationError as error:
        return row.refuse(column, _("cannot be used: %(why)s") % {"why": " ".join(error.messages)})


def _sites(rows: Sequence[Row], found: Faults) -> tuple[Site, ...]:
    seen: dict[str, int] = {}
    wanted = []
    for row in rows:
        name = found.read(_clean, row, "site", LineField(max_length=80, missing=_("Enter the site's name.")))
        seats = found.read(_clean, row, "seats", QuantityField(least=0, missing=_("Enter the site's seats.")))
        if name and name.casefold() in seen:
            found.read(row.refuse, "site", _("is in row %(row)s already") % {"row": seen[name.casefold()]})
        elif name:
            seen[name.casefold()] = row.number
            wanted.append(Site(name, seats or 0))
    return tuple(wanted)


class _Lines:
    """One reading of a sheet of lines: its faults, and the term that its days and months make."""

    def __init__(
        self, revision: CallOffRevision, services: Mapping[str, Service], sites: Sequence[str] | None, found: Faults
    ):
        self.revision, self.services, self.found = revision, services, found
        self.sites = None if sites is None else {name.casefold(): name for name in sites}
        self.term: Term | None = None

    def read(self, rows: Sequence[Row]) -> tuple[Ordered, ...]:
        seen: dict[tuple[str, str], int] = {}
        dated: Dated = {}
        ordered = []
        for row in rows:
            service = self.found.read(self._service, row)
            phase = self.found.read(self._phase, row, service)
            typed = self.found.read(row.text, "site")
            site = self.found.read(self._site, row, typed)
            quantity = self.found.read(_clean, row, "quantity", QuantityField(missing=_("Enter how many.")))
            starts_on = self.found.read(_clean, row, "starts_on", DayField(required=False))
            months = self.found.read(_clean, row, "months", QuantityField(required=False, most=120))
            if service is None or phase is None or typed is None:
                continue
            if (key := (service.code, typed.casefold())) in seen:
                self._fault(row, "service", _("is for %(site)s in row %(row)s already; put them together") % {
                    "site": site or typed or _("all sites"), "row": seen[key]})  # fmt: skip
            seen.setdefault(key, row.number)
            dated.setdefault(phase, []).append((row, starts_on, months))
            ordered.append(Ordered(phase, service.code, site, quantity or 1))
        self._read_term(dated, rows)
        return tuple(ordered)

    def _fault(self, row: Row, column: str, words: str) -> None:
        self.found.read(row.refuse, column, words)

    def _service(self, row: Row) -> Service:
        found = self.services.get(row.needed("service").upper())
        return row.refuse("service", _("is not in the live catalogue")) if found is None else found

    def _phase(self, row: Row, service: Service | None) -> str | None:
        given = row.text("phase").lower()
        if given and given not in Phase.values:
            row.refuse("phase", _("is none of %(all)s") % {"all": ", ".join(Phase.values)})
        if service is None:
            return None
        own = str(phase_of(service, interim=service.category == "Transition"))
        if given and given != own:
            self._fault(row, "phase", _("is not where %(code)s is ordered, which is %(own)s") % {
                "code": service.code, "own": own})  # fmt: skip
        return own

    def _site(self, row: Row, typed: str | None) -> str | None:
        if not typed or self.sites is None:
            return None
        if typed.casefold() not in self.sites:
            row.refuse("site", _("is not a site of this order: %(all)s") % {
                "all": ", ".join(self.sites.values()) or _("there are none yet")})  # fmt: skip
        return self.sites[typed.casefold()]

    def _read_term(self, dated: Dated, rows: Sequence[Row]) -> None:
        """The shared and the interim phase give the term, and the other phases follow it; without shared lines those of
        usage give it, for they last as long."""
        leading = Phase.USAGE if Phase.USAGE in dated and Phase.SHARED not in dated else Phase.SHARED
        shared_on, shared_months = self._agreed(dated, leading)
        interim_on, interim_months = self._agreed(dated, Phase.INTERIM)
        now = self.revision
        term = Term(
            shared_on or now.shared_starts_on, shared_months or now.shared_months,
            interim_on or now.interim_starts_on, interim_months or now.interim_months, now.extension_months,
        )  # fmt: skip
        if term.shared_starts_on is None or term.shared_months is None:
            if any(starts_on or months for entries in dated.values() for _row, starts_on, months in entries):
                self._of_term(rows, self._without_term(leading, dated))
            return
        if not self.found:  # what follows from days that were misread would mislead, here and below
            for words in self._why_not_term(term, dated):
                self._of_term(rows, words)
        if not self.found:
            self._follow(dated, under(now, term))
        if any(getattr(term, field.name) != getattr(now, field.name) for field in fields(Term)):
            self.term = term

    def _without_term(self, leading: str, dated: Dated) -> str:
        if leading not in dated:
            return _("The draft has no term yet: enter it first, or leave starts_on and months empty.")
        if leading == Phase.USAGE:
            return _("Give the usage lines both a start and their months.")
        return _("Give the shared lines both a start and their months.")

    def _why_not_term(self, term: Term, dated: Dated) -> Iterator[str]:
        """What stands against the term that the sheet and the draft make together. A sheet can give an interim service
        but not take it out: no line of it says whether that is meant or was forgotten."""
        ordered = Phase.INTERIM in dated
        if ordered and term.interim_starts_on is None and term.interim_months is None:
            yield _("The sheet has interim lines, and the draft's term has no interim service: give them a start and their months.")
        faults = [reason.words for reason in guards.why_not_term(term)]
        shared_alone = replace(term, interim_starts_on=None, interim_months=None)
        if faults and not ordered and not any(guards.why_not_term(shared_alone)):
            lines = interim_words(self.revision)
            yield _(
                "The sheet has no interim lines, but the draft has an interim service of %(months)s months from %(day)s (%(lines)s), "
                "which does not end the day before the shared service starts on %(shared)s. Give interim lines that do, or first take "
                "the interim service out in the term."
            ) % {
                "months": term.interim_months, "day": as_day(term.interim_starts_on),
                "lines": lines or _("nothing ordered"), "shared": as_day(term.shared_starts_on),
            }  # fmt: skip
            return
        yield from faults

    def _of_term(self, rows: Sequence[Row], words: str) -> None:
        self.found.append(Fault(rows[0].file, words))

    def _agreed(self, dated: Dated, phase: str) -> tuple[date | None, int | None]:
        """The one start and the one number of months that the lines of a phase give."""
        agreed: list[Any] = []
        for place, column in ((1, "starts_on"), (2, "months")):
            given = [(entry[0], entry[place]) for entry in dated.get(phase, []) if entry[place] is not None]
            for row, value in given[1:]:
                if value != given[0][1]:
                    self._fault(row, column, _("is not what row %(row)s says, %(other)s: the lines of a phase go together") % {
                        "row": given[0][0].number, "other": given[0][0].text(column)})  # fmt: skip
            agreed.append(given[0][1] if given else None)
        return agreed[0], agreed[1]

    def _follow(self, dated: Dated, revision: CallOffRevision) -> None:
        for phase in (Phase.ONE_OFF, Phase.USAGE):
            starts_on, months = revision.dates_of(phase)
            for row, given_on, given_months in dated.get(phase, []):
                if given_on is not None and given_on != starts_on:
                    self._fault(row, "starts_on", _("is not when %(phase)s lines start, which is %(day)s, with the term") % {
                        "phase": Phase(phase).label, "day": as_day(starts_on)})  # fmt: skip
                if given_months is not None and given_months != months:
                    self._fault(row, "months", _("cannot be used: %(phase)s lines have no months of their own") % {
                        "phase": Phase(phase).label})  # fmt: skip
