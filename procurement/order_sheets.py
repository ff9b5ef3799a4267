"""An order's sites and lines as a sheet, taken over whole.

The columns are those of a call-off's files (``config/data/flex``): phase, service, site, quantity, starts_on, months;
and site, seats. A phase may be left empty, for a service says its own; starts_on and months are of the phase, so a
sheet that gives them gives the term. Read by ``sheet_reading``, shown before it is taken over by ``sheet_display``.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from django.db import transaction

from documents.clock import london_day
from procurement.actors import Person
from procurement.drafting import (
    Ordered,
    Site,
    Term,
    close_draft,
    open_draft,
    put_services,
    put_sites,
    put_term,
)
from procurement.models import CallOff, CallOffRevision

LINES = ("phase", "service", "site", "quantity", "starts_on", "months")
SITES = ("site", "seats")


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


def under(revision: CallOffRevision, term: Term | None) -> CallOffRevision:
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
