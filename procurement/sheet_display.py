"""What a sheet would change in a draft, before it is taken over; and the draft as a sheet to fill in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.sheets import Value
from documents.templatetags.flex import count
from documents.templatetags.flex import day as as_day
from procurement import contracted
from procurement.drafting import Term
from procurement.models import CallOffLine, CallOffRevision, Phase, RevisionSite
from procurement.order_sheets import Sheet, under


@dataclass(frozen=True)
class Preview:
    """What a sheet would change, in words, and the draft as it would stand: unsaved lines, (site, seats), the revision."""

    changes: list[str]
    revision: CallOffRevision
    lines: list[CallOffLine]
    sites: list[tuple[str, int]]


def preview(revision: CallOffRevision, sheet: Sheet) -> Preview:
    would_be = under(revision, sheet.term)
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
        *_changed(now_sites, new_sites, lambda name: name, _in_seats), *_changed_term(revision, sheet.term),
        *_changed(now, new, lambda key: f"{key[1]}, {key[2] or _('all sites')}"), *_left_empty(would_be, now, new),
    ]  # fmt: skip
    return Preview(changes, would_be, lines, list(new_sites.items()))


def _changed(now: Mapping, new: Mapping, name, words=count) -> Iterator[str]:
    """``words`` say a quantity."""
    for key in [*new, *(key for key in now if key not in new)]:
        was, becomes = now.get(key), new.get(key)
        if was == becomes:
            continue
        if was is None:
            yield _("%(what)s: %(n)s, new") % {"what": name(key), "n": words(becomes)}
        elif becomes is None:
            yield _("%(what)s: %(n)s, taken out") % {"what": name(key), "n": words(was)}
        else:
            yield ngettext("%(what)s: %(was)s becomes %(n)s", "%(what)s: %(was)s become %(n)s", was) % {
                "what": name(key), "was": words(was), "n": count(becomes)}  # fmt: skip


def _in_seats(seats: int) -> str:
    return ngettext("%(n)s seat", "%(n)s seats", seats) % {"n": count(seats)}


def _left_empty(would_be: CallOffRevision, now: Mapping, new: Mapping) -> Iterator[str]:
    """That the term keeps an interim service whose last line goes: the order could not be submitted so."""
    if would_be.interim_months and _has_interim(now) and not _has_interim(new):
        yield _("The interim service stays in the term without a line: order it, or take it out in the term.")


def _has_interim(lines: Mapping) -> bool:
    return any(phase == Phase.INTERIM for phase, _code, _site in lines)


def _changed_term(revision: CallOffRevision, term: Term | None) -> Iterator[str]:
    if term is None:
        return
    for what, starts_on, months in (
        (_("interim service"), "interim_starts_on", "interim_months"),
        (_("shared service"), "shared_starts_on", "shared_months"),
    ):
        was, becomes = (
            ngettext("%(months)s month from %(day)s", "%(months)s months from %(day)s", getattr(one, months) or 0)
            % {"months": getattr(one, months) or 0, "day": as_day(getattr(one, starts_on))}
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


def rows_of_sites(revision: CallOffRevision, on: date) -> list[list[Value]]:
    """The draft's sites under ``SITES``, or those of the department with the seats not yet contracted while it has none."""
    own = [[site.name, site.seats] for site in revision.sites.all()]
    return own or [[name, seats] for name, seats in contracted.offered_sites(revision.call_off, on)]
