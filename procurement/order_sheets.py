"""An order's sites and lines as a sheet: read with every error at once, compared with the draft, taken over whole.

The columns are those of a call-off's files (``config/data/flex``): phase, service, site, quantity, starts_on, months;
and site, seats. A phase may be left empty, for a service says its own; starts_on and months are of the phase, so a
sheet that gives them gives the term.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import Field
from django.utils.translation import gettext as _

from catalogue.fields import DayField, LineField, QuantityField
from catalogue.pricing import Service
from catalogue.sheets import Value
from catalogue.tables import Fault, TableRow, read_table
from documents.clock import london_day
from documents.templatetags.flex import count
from documents.templatetags.flex import day as as_day
from procurement import guards
from procurement.actors import Person
from procurement.drafting import (
    MOST_LINES,
    Ordered,
    Site,
    Term,
    close_draft,
    open_draft,
    phase_of,
    put_services,
    put_sites,
    put_term,
)
from procurement.models import CallOff, CallOffLine, CallOffRevision, Phase, RevisionSite

LINES = ("phase", "service", "site", "quantity", "starts_on", "months")
SITES = ("site", "seats")
BESIDE_SITES = ("site_network", "wide_area_link")  # a department's own notes in its file of sites; not read
MOST_SITES = 60


@dataclass(frozen=True)
class Sheet:
    """What is to stand in the draft; None leaves that part as it is."""

    sites: tuple[Site, ...] | None = None
    lines: tuple[Ordered, ...] | None = None
    term: Term | None = None

    def plain(self) -> dict[str, Any]:
        """As JSON, for the page that asks before it is taken over."""
        return {
            "sites": None if self.sites is None else [[site.name, site.seats] for site in self.sites],
            "lines": None if self.lines is None else [[o.phase, o.service, o.site, o.quantity] for o in self.lines],
            "term": None if self.term is None else {
                field.name: value.isoformat() if isinstance(value := getattr(self.term, field.name), date) else value
                for field in fields(Term)
            },
        }  # fmt: skip

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Sheet":
        term = plain["term"]
        if term is not None:
            term = Term(**{
                name: date.fromisoformat(value) if isinstance(value, str) else value for name, value in term.items()
            })  # fmt: skip
        return cls(
            None if plain["sites"] is None else tuple(Site(name, seats) for name, seats in plain["sites"]),
            None if plain["lines"] is None else tuple(Ordered(*line) for line in plain["lines"]), term,
        )  # fmt: skip


File = tuple[bytes, str]


def read(
    revision: CallOffRevision, services: Mapping[str, Service], *, sites: File | None, lines: File | None
) -> tuple[Sheet | None, list[str]]:
    """The sheet, or every fault of both files in words."""
    faults: list[str] = []
    wanted: tuple[Site, ...] | None = None
    if sites is not None:
        rows, found = read_table(*sites, columns=SITES, max_rows=MOST_SITES, optional=BESIDE_SITES)
        wanted, more = _sites(rows)
        faults += _named(_("Sites"), [*found, *more])
        if not found and not wanted and not more:
            faults.append(_("Sites: the sheet has no rows."))
    if lines is None:
        return (None, faults) if faults else (Sheet(sites=wanted), [])
    rows, found = read_table(*lines, columns=LINES, max_rows=MOST_LINES)
    # a sheet of sites that cannot be read says nothing of the sites the lines name
    names = None if sites is not None and faults else [s.name for s in wanted or revision.sites.all()]
    reader = _Lines(revision, services, names)
    ordered = reader.read(rows)
    faults += _named(_("Lines"), [*found, *reader.faults])
    if not rows and not found:
        faults.append(_("Lines: the sheet has no rows."))
    return (None, faults) if faults else (Sheet(wanted, ordered, reader.term), [])


def _named(which: str, faults: Sequence[Fault]) -> list[str]:
    return [f"{which}: {fault}" for fault in sorted(faults, key=lambda fault: fault.row)]


def _typed(row: TableRow, column: str, field: Field, faults: list[Fault]) -> Any:
    """The value of a cell as its field reads it, or None and a fault."""
    value = row.values[column]
    try:
        return field.clean(value)
    except ValidationError as error:
        faults.append(Fault(row.number, column, value, " ".join(error.messages)))
        return None


def _sites(rows: Sequence[TableRow]) -> tuple[tuple[Site, ...], list[Fault]]:
    faults: list[Fault] = []
    found: dict[str, int] = {}
    wanted = []
    for row in rows:
        name = _typed(row, "site", LineField(max_length=80, missing=_("Enter the site's name.")), faults)
        seats = _typed(row, "seats", QuantityField(missing=_("Enter the site's seats.")), faults)
        if name and name.casefold() in found:
            faults.append(
                Fault(row.number, "site", name, _("it is in row %(row)s already.") % {"row": found[name.casefold()]})
            )
        elif name:
            found[name.casefold()] = row.number
            wanted.append(Site(name, seats or 0))
    return tuple(wanted), faults


class _Lines:
    """One reading of a sheet of lines: its faults, and the term that its days and months make."""

    def __init__(self, revision: CallOffRevision, services: Mapping[str, Service], sites: Sequence[str] | None):
        self.revision, self.services = revision, services
        self.sites = None if sites is None else {name.casefold(): name for name in sites}
        self.faults: list[Fault] = []
        self.term: Term | None = None

    def read(self, rows: Sequence[TableRow]) -> tuple[Ordered, ...]:
        seen: dict[tuple[str, str], int] = {}
        dated: dict[str, list[tuple[TableRow, date | None, int | None]]] = {}
        ordered = []
        for row in rows:
            service = self._service(row)
            phase = self._phase(row, service)
            site = self._site(row)
            quantity = _typed(row, "quantity", QuantityField(missing=_("Enter how many.")), self.faults)
            starts_on = _typed(row, "starts_on", DayField(required=False), self.faults)
            months = _typed(row, "months", QuantityField(required=False, most=120), self.faults)
            if service is None or phase is None:
                continue
            if (key := (service.code, row.values["site"].casefold())) in seen:
                self._fault(row, "service", _("%(code)s for %(site)s is in row %(row)s already; put them together.") % {
                    "code": service.code, "site": site or row.values["site"] or _("all sites"), "row": seen[key],
                })  # fmt: skip
            seen.setdefault(key, row.number)
            dated.setdefault(phase, []).append((row, starts_on, months))
            ordered.append(Ordered(phase, service.code, site, quantity or 1))
        self._read_term(dated)
        return tuple(ordered)

    def _fault(self, row: TableRow, column: str, words: str) -> None:
        self.faults.append(Fault(row.number, column, row.values[column], words))

    def _service(self, row: TableRow) -> Service | None:
        found = self.services.get(row.values["service"].upper())
        if found is None:
            self._fault(row, "service", _("it is not in the live catalogue.") if row.values["service"]
                        else _("Enter the code of a service."))  # fmt: skip
        return found

    def _phase(self, row: TableRow, service: Service | None) -> str | None:
        given = row.values["phase"].lower()
        if given and given not in Phase.values:
            self._fault(row, "phase", _("it is none of %(all)s.") % {"all": ", ".join(Phase.values)})
            return None
        if service is None:
            return None
        own = str(phase_of(service, interim=service.category == "Transition"))
        if given and given != own:
            self._fault(row, "phase", _("%(code)s is ordered in the phase %(own)s.") % {
                "code": service.code, "own": own})  # fmt: skip
        return own

    def _site(self, row: TableRow) -> str | None:
        typed = row.values["site"]
        if not typed or self.sites is None:
            return None
        if typed.casefold() not in self.sites:
            self._fault(row, "site", _("it is not a site of this order: %(all)s.") % {
                "all": ", ".join(self.sites.values()) or _("there are none yet")})  # fmt: skip
        return self.sites.get(typed.casefold())

    def _read_term(self, dated: dict[str, list[tuple[TableRow, date | None, int | None]]]) -> None:
        """The shared and the interim phase give the term; the other phases follow it."""
        shared_on, shared_months = self._agreed(dated, Phase.SHARED)
        interim_on, interim_months = self._agreed(dated, Phase.INTERIM)
        now = self.revision
        term = Term(
            shared_on or now.shared_starts_on, shared_months or now.shared_months,
            interim_on or now.interim_starts_on, interim_months or now.interim_months, now.extension_months,
        )  # fmt: skip
        if term.shared_starts_on is None or term.shared_months is None:
            if shared_on or shared_months or interim_on or interim_months:
                self.faults.append(Fault(0, "", "", _("Give the shared lines both a start and their months.")))
            return
        if not self.faults:  # what follows from days that were misread would mislead
            self.faults += [Fault(0, "", "", reason.words) for reason in guards.why_not_term(term)]
            self._follow(dated, _under(now, term))
        if any(getattr(term, field.name) != getattr(now, field.name) for field in fields(Term)):
            self.term = term

    def _agreed(self, dated, phase: str) -> tuple[date | None, int | None]:
        """The one start and the one number of months that the lines of a phase give."""
        agreed: list[Any] = []
        for place, column in ((1, "starts_on"), (2, "months")):
            given = [(entry[0], entry[place]) for entry in dated.get(phase, []) if entry[place] is not None]
            for row, value in given[1:]:
                if value != given[0][1]:
                    self._fault(row, column, _("the lines of a phase go together, and row %(row)s says %(other)s.") % {
                        "row": given[0][0].number, "other": given[0][0].values[column]})  # fmt: skip
            agreed.append(given[0][1] if given else None)
        return agreed[0], agreed[1]

    def _follow(self, dated, revision: CallOffRevision) -> None:
        for phase in (Phase.ONE_OFF, Phase.USAGE):
            starts_on, months = revision.dates_of(phase)
            for row, given_on, given_months in dated.get(phase, []):
                if given_on is not None and given_on != starts_on:
                    self._fault(row, "starts_on", _("%(phase)s lines start on %(day)s, with the term.") % {
                        "phase": Phase(phase).label, "day": as_day(starts_on)})  # fmt: skip
                if given_months is not None and given_months != months:
                    self._fault(row, "months", _("%(phase)s lines have no months of their own.") % {
                        "phase": Phase(phase).label})  # fmt: skip


def _under(revision: CallOffRevision, term: Term | None) -> CallOffRevision:
    """The revision as it would be under the term; nothing is saved."""
    would_be = copy(revision)
    if term is not None:
        for field in fields(Term):
            setattr(would_be, field.name, getattr(term, field.name))
    return would_be


@transaction.atomic
def take_over(call_off: CallOff, sheet: Sheet, *, edits: int | None = None, by: Person, at: datetime) -> CallOff:
    """Put the whole sheet into the draft: sites that are not in it go with their quantities, as was shown. Raises
    Refused, with nothing changed, for a draft saved meanwhile and for what the catalogue no longer offers."""
    call_off = open_draft(call_off, edits=edits, by=by, at=at)
    revision = call_off.revision
    if sheet.sites is not None:
        put_sites(revision, list(sheet.sites))
    if sheet.term is not None:
        put_term(revision, sheet.term)
    if sheet.lines is not None:
        put_services(revision, sheet.lines, london_day(at))
    return close_draft(call_off, "sheet", by=by, at=at)


@dataclass(frozen=True)
class Preview:
    """What a sheet would change, in words, and the draft as it would stand: unsaved lines, (site, seats), the revision."""

    changes: list[str]
    revision: CallOffRevision
    lines: list[CallOffLine]
    sites: list[tuple[str, int]]


def preview(revision: CallOffRevision, sheet: Sheet) -> Preview:
    would_be = _under(revision, sheet.term)
    now_sites = {site.name: site.seats for site in revision.sites.all()}
    new_sites = now_sites if sheet.sites is None else {site.name: site.seats for site in sheet.sites}
    stored = list(revision.lines.select_related("site"))
    now = {(line.phase, line.service_code, line.site.name if line.site else None): line.quantity for line in stored}
    if sheet.lines is not None:
        new = {(o.phase, o.service, o.site): o.quantity for o in sheet.lines}
    else:
        new = {key: quantity for key, quantity in now.items() if key[2] is None or key[2] in new_sites}
    rows = {site.name: site for site in revision.sites.all()}
    for name, seats in new_sites.items():
        rows.setdefault(name, RevisionSite(name=name, seats=seats))
    lines = []
    for number, ((phase, code, site), quantity) in enumerate(new.items(), start=1):
        starts_on, months = would_be.dates_of(phase)
        lines.append(
            CallOffLine(revision=would_be, number=number, phase=phase, service_code=code, quantity=quantity,
                        site=rows[site] if site else None, starts_on=starts_on, months=months)
        )  # fmt: skip
    changes = [
        *_changed(now_sites, new_sites, lambda name: name, _("seats")), *_changed_term(revision, sheet.term),
        *_changed(now, new, lambda key: f"{key[1]}, {key[2] or _('all sites')}", ""),
    ]  # fmt: skip
    return Preview(changes, would_be, lines, list(new_sites.items()))


def _changed(now: Mapping, new: Mapping, name, unit: str) -> Iterator[str]:
    unit = f" {unit}" if unit else ""
    for key in [*new, *(key for key in now if key not in new)]:
        was, becomes = now.get(key), new.get(key)
        if was == becomes:
            continue
        if was is None:
            yield _("%(what)s: %(n)s%(unit)s, new") % {"what": name(key), "n": count(becomes), "unit": unit}
        elif becomes is None:
            yield _("%(what)s: %(n)s%(unit)s, taken out") % {"what": name(key), "n": count(was), "unit": unit}
        else:
            yield _("%(what)s: %(was)s%(unit)s become %(n)s") % {
                "what": name(key), "was": count(was), "n": count(becomes), "unit": unit}  # fmt: skip


def _changed_term(revision: CallOffRevision, term: Term | None) -> Iterator[str]:
    if term is None:
        return
    for what, starts_on, months in (
        (_("interim service"), "interim_starts_on", "interim_months"),
        (_("shared service"), "shared_starts_on", "shared_months"),
    ):
        was, becomes = (
            _("%(months)s months from %(day)s") % {"months": getattr(one, months), "day": as_day(getattr(one, starts_on))}
            if getattr(one, starts_on) else _("none")
            for one in (revision, term)
        )  # fmt: skip
        if was != becomes:
            yield _("Term, %(what)s: %(was)s becomes %(now)s") % {"what": what, "was": was, "now": becomes}


def rows_of_lines(revision: CallOffRevision) -> list[list[Value]]:
    """The draft's lines under ``LINES``, as a sheet to fill in and send back."""
    return [
        [line.phase, line.service_code, line.site.name if line.site else "", line.quantity, line.starts_on, line.months]
        for line in revision.lines.select_related("site")
    ]


def rows_of_sites(revision: CallOffRevision) -> list[list[Value]]:
    """The draft's sites under ``SITES``, or the department's own while it has none."""
    own = [[site.name, site.seats] for site in revision.sites.all()]
    return own or [[site.name, site.seats] for site in revision.call_off.department.sites.all()]
