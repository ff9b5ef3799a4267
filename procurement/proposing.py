"""A counter-proposal as data, and the order it would make of the revision awarded: the same content with other dates,
quantities and services of the same kind, priced and checked like any draft. Nothing here is saved but by ``write``."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Prefetch, prefetch_related_objects
from django.utils.translation import gettext as _

from catalogue import pricing, queries
from documents.refusal import Reason
from procurement import content, quoting
from procurement.models import CallOff, CallOffLine, CallOffRevision, ExceptionRequest, MilestonePayment, Phase
from procurement.quoting import Quote

TERM = ("interim_starts_on", "interim_months", "shared_starts_on", "shared_months")
DAYS = frozenset({"interim_starts_on", "shared_starts_on"})
READ = ("lines__site", "lines__service", "sites", "milestones__payments", "special_terms")


@dataclass(frozen=True)
class Changes:
    """Only what differs from the revision awarded: columns of the term; (service code, quantity) by line number, where a
    quantity of 0 leaves the line out; planned days by milestone number; units paid by (milestone number, service code
    as it was awarded)."""

    term: dict[str, Any] = field(default_factory=dict)
    lines: dict[int, tuple[str, int]] = field(default_factory=dict)
    milestones: dict[int, date] = field(default_factory=dict)
    units: dict[tuple[int, str], int] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """As JSON keeps it: days in ISO form."""
        return {
            "term": {k: v.isoformat() if isinstance(v, date) else v for k, v in self.term.items()},
            "lines": [{"number": n, "service": s, "quantity": q} for n, (s, q) in sorted(self.lines.items())],
            "milestones": [{"number": n, "planned_on": d.isoformat()} for n, d in sorted(self.milestones.items())],
            "units": [{"milestone": n, "service": s, "quantity": q} for (n, s), q in sorted(self.units.items())],
        }

    @classmethod
    def of(cls, data: dict[str, Any]) -> "Changes":
        return cls(
            {k: date.fromisoformat(v) if k in DAYS else v for k, v in data["term"].items()},
            {row["number"]: (row["service"], row["quantity"]) for row in data["lines"]},
            {row["number"]: date.fromisoformat(row["planned_on"]) for row in data["milestones"]},
            {(row["milestone"], row["service"]): row["quantity"] for row in data["units"]},
        )


def read(revision: CallOffRevision) -> CallOffRevision:
    """The revision read afresh with its content, so that what is changed in it stays in memory."""
    fresh = CallOffRevision.objects.get(pk=revision.pk)
    fresh.call_off = revision.call_off
    prefetch_related_objects([fresh], *READ)
    return fresh


def equivalents(line: CallOffLine, price_list: pricing.PriceList | None) -> list[pricing.Service]:
    """The services of the live catalogue that may stand in a line: of the category and charge type of the one ordered,
    itself among them; by its frozen entry, for it may have left the catalogue."""
    if price_list is None:
        return []
    was = line.service
    kind = was.lot, was.category, was.charge_type
    return [s for s in price_list.services.values() if (s.lot, s.category, s.charge_type) == kind]


def faults(changes: Changes, awarded: CallOffRevision, price_list: pricing.PriceList | None) -> Iterator[Reason]:
    """What no counter-proposal may ask, in words, before anything is priced. ``awarded`` as ``read`` gives it."""
    if changes == Changes():
        yield Reason(_("Change a date, a quantity or a service; otherwise accept or decline the order."))
    lines = {line.number: line for line in awarded.lines.all()}
    if changes.lines.keys() - lines.keys() or changes.milestones.keys() - {m.number for m in awarded.milestones.all()}:
        yield Reason(_("It names a line or a milestone that the order does not have."))
        return
    if set(changes.term) - {name for name in TERM if getattr(awarded, name) is not None}:
        yield Reason(_("It changes a part of the term that the order does not have."))
    for number, (code, _quantity) in changes.lines.items():
        line = lines[number]
        if code != line.service_code and code not in {s.code for s in equivalents(line, price_list)}:
            yield Reason(
                _("%(code)s is no equivalent of %(was)s: it must be of the same category and kind of charge, in the live catalogue.")
                % {"code": code, "was": line.service_code}
            )
    yield from _twice(changes, lines)


def _twice(changes: Changes, lines: dict[int, CallOffLine]) -> Iterator[Reason]:
    """One line a service and site; and a one-off service that milestones pay is replaced everywhere or nowhere."""
    standing: Counter[tuple[str, str, str]] = Counter()
    one_off: Counter[str] = Counter()
    for number, line in lines.items():
        code, quantity = changes.lines.get(number, (line.service_code, line.quantity))
        if quantity:
            standing[line.phase, code, line.site.name if line.site else _("all sites")] += 1
            one_off[code] += line.phase == Phase.ONE_OFF
    for (_phase, code, site), times in standing.items():
        if times > 1:
            yield Reason(_("%(code)s for %(site)s would stand in two lines: put the quantity of both into one of them, and 0 into the other.") % {"code": code, "site": site})
    for number, (code, quantity) in changes.lines.items():
        line = lines[number]
        if line.phase == Phase.ONE_OFF and quantity and code != line.service_code and (one_off[code] > 1 or one_off[line.service_code]):
            yield Reason(
                _("%(was)s is paid by milestones and stands in several lines, so it cannot be replaced in one of them.")
                % {"was": line.service_code}
            )


def apply(changes: Changes, revision: CallOffRevision) -> list[CallOffLine]:
    """Put the changes on a revision that ``read`` gave, in memory; returns the lines that stay. The lines follow the
    term; the payments of a one-off service follow its equivalent; an exception asked for goes with the last of its service,
    for nobody could take the request back before the order is submitted again."""
    for name, value in changes.term.items():
        setattr(revision, name, value)
    staying, became = [], {}
    for line in revision.lines.all():
        code, quantity = changes.lines.get(line.number, (line.service_code, line.quantity))
        if line.phase == Phase.ONE_OFF:
            became[line.service_code] = code
        line.service_code, line.quantity = code, quantity
        line.starts_on, line.months = revision.dates_of(line.phase)
        if quantity:
            staying.append(line)
    for milestone in revision.milestones.all():
        milestone.planned_on = changes.milestones.get(milestone.number, milestone.planned_on)
        for payment in milestone.payments.all():
            payment.quantity = changes.units.get((milestone.number, payment.service_code), payment.quantity)
            payment.service_code = became.get(payment.service_code, payment.service_code)
    asked = ExceptionRequest.objects.filter(service_code__in={line.service_code for line in staying})
    prefetch_related_objects([revision], Prefetch("exceptions", queryset=asked))
    return staying


@dataclass(frozen=True)
class Proposal:
    """The order as it would be: an unsaved revision, its price on a day, and the approved object with its hash."""

    revision: CallOffRevision
    quote: Quote
    approved: dict[str, Any]
    content: str
    content_hash: str


def propose(call_off: CallOff, changes: Changes, on: date) -> Proposal:
    """Price the changes to the revision awarded on the day's live release and volumes."""
    revision = read(call_off.revision)
    rows = apply(changes, revision)
    revision.number += 1
    revision.approval = revision.release = None  # given again when it is submitted
    quote = quoting.quote(revision, on, rows)
    approved = content.approved_object(revision, quote)
    return Proposal(revision, quote, approved, *content.freeze(approved))


def live_prices(call_off: CallOff, on: date) -> pricing.PriceList | None:
    release = queries.live_release(call_off.framework, on)
    return queries.price_list(release) if release else None


def write(changes: Changes, draft: CallOffRevision) -> None:
    """Put the changes into a saved draft that is a copy of the revision awarded."""
    revision = read(draft)
    rows = apply(changes, revision)
    revision.save()
    revision.lines.all().delete()
    CallOffLine.objects.bulk_create(
        CallOffLine(
            revision=revision, number=row.number, phase=row.phase, service_code=row.service_code, site=row.site,
            quantity=row.quantity, starts_on=row.starts_on, months=row.months,
        )  # fmt: skip
        for row in rows
    )
    ordered = {row.service_code for row in rows}
    draft.exceptions.exclude(service_code__in=ordered).delete()
    for milestone in revision.milestones.all():
        payments = list(milestone.payments.all())
        milestone.save()
        milestone.payments.all().delete()
        MilestonePayment.objects.bulk_create(
            MilestonePayment(milestone=milestone, service_code=p.service_code, percent=p.percent, quantity=p.quantity)
            for p in payments
            if p.service_code in ordered
        )
