"""Building an order: every save of the task list. Each locks the call-off, refuses a stale form, and records the hand.

``edits`` is the number of saves the form was shown with: a second browser's older form is refused, nothing is lost.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from catalogue import queries as catalogue_queries
from catalogue.models import Framework, Organisation
from documents import audit
from documents.clock import london_day
from documents.refusal import Reason, Refused, insist
from procurement import guards, searching
from procurement.actors import Person
from procurement.locking import lock_call_off
from procurement.models import (
    Attachment,
    CallOff,
    CallOffLine,
    CallOffRevision,
    MilestonePayment,
    Particulars,
    Phase,
    PlannedMilestone,
    RevisionHand,
    RevisionSite,
    SpecialTerm,
)


@transaction.atomic
def start(framework: Framework, department: Organisation, *, title: str, by: Person, at: datetime) -> CallOff:
    """A new draft. The supplier is the framework's one supplier (direct award)."""
    insist(guards.why_not_start(framework, department, by=by, at=at))
    supplier = framework.framework_suppliers.select_related("supplier").get().supplier
    call_off = CallOff.objects.create(
        framework=framework, department=department, supplier=supplier, title=title, requester=by.user,
        created_at=at, state_since=at,
    )  # fmt: skip
    call_off.revision = CallOffRevision.objects.create(
        call_off=call_off, number=1, created_at=at, extension_months=0
    )
    call_off.search_text = searching.text_of(call_off)
    call_off.save()
    Particulars.objects.create(call_off=call_off)
    _touch(call_off.revision, by, at)
    audit.record("call_off.started", call_off, by=by, at=at, before=None, after=call_off.state)
    return call_off


def _touch(revision: CallOffRevision, by: Person, at: datetime) -> None:
    """Count the save and remember the hand that made it."""
    CallOffRevision.objects.filter(pk=revision.pk).update(edits=F("edits") + 1)
    RevisionHand.objects.get_or_create(
        revision=revision, person_id=by.person_id, defaults={"name": by.words, "first_at": at}
    )


def _open(call_off: CallOff, *, edits: int | None, by: Person, at: datetime) -> CallOff:
    call_off = lock_call_off(call_off)
    insist(guards.why_not_edit(call_off, by=by, at=at))
    if edits is not None and edits != call_off.revision.edits:
        raise Refused(
            [
                Reason(
                    _("Somebody saved this call-off while this form was open."),
                    _("Check what is there now, then make your change again."),
                )
            ]
        )
    return call_off


def _close(call_off: CallOff, section: str, *, by: Person, at: datetime) -> CallOff:
    _touch(call_off.revision, by, at)
    call_off.search_text = searching.text_of(call_off)
    call_off.save()
    audit.record(f"call_off.{section}_saved", call_off, by=by, at=at)
    return call_off


@transaction.atomic
def save_title(call_off: CallOff, title: str, *, edits: int | None = None, by: Person, at: datetime) -> CallOff:
    call_off = _open(call_off, edits=edits, by=by, at=at)
    call_off.title = title
    return _close(call_off, "title", by=by, at=at)


@transaction.atomic
def save_sites(
    call_off: CallOff, sites: Iterable[tuple[str, int]], *, edits: int | None = None, by: Person, at: datetime
) -> CallOff:
    """Replace the sites: (name, seats). Lines of a site that goes are removed with it; others keep their lines."""
    call_off = _open(call_off, edits=edits, by=by, at=at)
    revision = call_off.revision
    wanted = list(sites)
    names = [name for name, _seats in wanted]
    if len(set(map(str.casefold, names))) != len(names):
        raise Refused([Reason(_("Two sites have the same name; give each its own."))])
    revision.sites.exclude(name__in=names).delete()
    for position, (name, seats) in enumerate(wanted, start=1):
        RevisionSite.objects.update_or_create(
            revision=revision, name=name, defaults={"seats": seats, "position": position}
        )
    return _close(call_off, "sites", by=by, at=at)


@dataclass(frozen=True)
class Term:
    shared_starts_on: date
    shared_months: int
    interim_starts_on: date | None = None
    interim_months: int | None = None
    extension_months: int = 0


@transaction.atomic
def save_term(call_off: CallOff, term: Term, *, edits: int | None = None, by: Person, at: datetime) -> CallOff:
    """The phases in whole months from the first of a month; the lines follow it."""
    call_off = _open(call_off, edits=edits, by=by, at=at)
    revision = call_off.revision
    insist(_why_not_term(term))
    for name in ("shared_starts_on", "shared_months", "interim_starts_on", "interim_months", "extension_months"):
        setattr(revision, name, getattr(term, name))
    revision.save()
    if term.interim_months is None:
        revision.lines.filter(phase=Phase.INTERIM).delete()
    for phase in Phase.values:
        starts_on, months = dates_of(revision, phase)
        revision.lines.filter(phase=phase).update(starts_on=starts_on, months=months)
    return _close(call_off, "term", by=by, at=at)


def _why_not_term(term: Term):
    for words, day in (("shared", term.shared_starts_on), ("interim", term.interim_starts_on)):
        if day is not None and day.day != 1:
            yield Reason(_("The %(phase)s service must start on the first of a month.") % {"phase": words})
    if (term.interim_starts_on is None) != (term.interim_months is None):
        yield Reason(_("Give both the start and the months of the interim service, or neither."))
    elif term.interim_starts_on is not None:
        index = term.interim_starts_on.year * 12 + term.interim_starts_on.month - 1 + term.interim_months
        if (index // 12, index % 12 + 1) != (term.shared_starts_on.year, term.shared_starts_on.month):
            yield Reason(_("The shared service must start the day after the interim service ends, without a gap."))


def dates_of(revision: CallOffRevision, phase: str) -> tuple[date | None, int | None]:
    """(starts on, months) of a phase's lines. One-off lines have no months."""
    if phase == Phase.INTERIM:
        return revision.interim_starts_on, revision.interim_months
    if phase == Phase.ONE_OFF:
        return revision.interim_starts_on or revision.shared_starts_on, None
    return revision.shared_starts_on, revision.shared_months


@dataclass(frozen=True)
class Ordered:
    """A wanted line: quantity of a service in a phase, at a site by name or (None) for all sites."""

    phase: str
    service: str
    site: str | None
    quantity: int


def phase_of(service, interim: bool) -> str:
    """Where a service is charged: by its charge type; recurring transition services are the interim ones."""
    if service.charge_type in ("fixed", "one-off"):
        return Phase.ONE_OFF
    if service.charge_type == "usage":
        return Phase.USAGE
    return Phase.INTERIM if interim else Phase.SHARED


@transaction.atomic
def save_services(
    call_off: CallOff, ordered: Iterable[Ordered], *, edits: int | None = None, by: Person, at: datetime
) -> CallOff:
    """Replace the lines by those with a quantity above zero, numbered in the order given."""
    call_off = _open(call_off, edits=edits, by=by, at=at)
    revision = call_off.revision
    release = catalogue_queries.live_release(call_off.framework, london_day(at))
    known = set(catalogue_queries.price_list(release).services) if release else set()
    sites = {site.name: site for site in revision.sites.all()}
    wanted = [item for item in ordered if item.quantity > 0]
    for item in wanted:
        if item.service not in known:
            raise Refused([Reason(_("%(code)s is not in the live catalogue.") % {"code": item.service})])
        if item.site is not None and item.site not in sites:
            raise Refused([Reason(_("%(site)s is not a site of this order.") % {"site": item.site})])
    lines = unsaved_lines(revision, wanted, sites)
    revision.lines.all().delete()
    CallOffLine.objects.bulk_create(lines)
    return _close(call_off, "services", by=by, at=at)


def unsaved_lines(
    revision: CallOffRevision, ordered: Iterable[Ordered], sites: dict[str, RevisionSite]
) -> list[CallOffLine]:
    """Lines as they would be saved, numbered in the order given."""
    lines = []
    for number, item in enumerate(ordered, start=1):
        starts_on, months = dates_of(revision, item.phase)
        lines.append(
            CallOffLine(
                revision=revision, number=number, phase=item.phase, service_code=item.service,
                site=sites.get(item.site) if item.site else None, quantity=item.quantity, starts_on=starts_on,
                months=months,
            )  # fmt: skip
        )
    return lines


@transaction.atomic
def save_kpis(call_off: CallOff, codes: Iterable[str], *, edits: int | None = None, by: Person, at: datetime) -> CallOff:
    """Which service-level measures are the contract's key performance indicators (s.52)."""
    call_off = _open(call_off, edits=edits, by=by, at=at)
    call_off.revision.kpi_codes = sorted(set(codes))
    call_off.revision.save()
    return _close(call_off, "service_levels", by=by, at=at)


@dataclass(frozen=True)
class Milestone:
    """payments: (service code, percent of the line or None, quantity of units or None)."""

    title: str
    planned_on: date
    criteria: tuple[str, ...]
    effect: str = ""
    payments: tuple[tuple[str, Decimal | None, int | None], ...] = ()


@transaction.atomic
def save_milestones(
    call_off: CallOff, milestones: Iterable[Milestone], *, none_needed: bool = False, edits: int | None = None,
    by: Person, at: datetime,
) -> CallOff:  # fmt: skip
    """Replace the transition milestones, numbered M1 onwards in the order given."""
    call_off = _open(call_off, edits=edits, by=by, at=at)
    revision = call_off.revision
    revision.milestones.all().delete()
    for number, item in enumerate(milestones, start=1):
        row = PlannedMilestone.objects.create(
            revision=revision, number=number, title=item.title, planned_on=item.planned_on,
            criteria=list(item.criteria), effect=item.effect,
        )  # fmt: skip
        MilestonePayment.objects.bulk_create(
            MilestonePayment(milestone=row, service_code=code, percent=percent, quantity=quantity)
            for code, percent, quantity in item.payments
        )
    revision.no_milestones_needed = none_needed
    revision.save()
    return _close(call_off, "milestones", by=by, at=at)


@transaction.atomic
def save_special_terms(
    call_off: CallOff, terms: Iterable[tuple[str, str]], *, staff_transfer: bool, staff_transfer_text: str = "",
    edits: int | None = None, by: Person, at: datetime,
) -> CallOff:  # fmt: skip
    """Replace the special terms (heading, text) and answer whether staff transfer; no terms is an answer too."""
    call_off = _open(call_off, edits=edits, by=by, at=at)
    revision = call_off.revision
    revision.special_terms.all().delete()
    SpecialTerm.objects.bulk_create(
        SpecialTerm(revision=revision, number=number, heading=heading, text=text)
        for number, (heading, text) in enumerate(terms, start=1)
    )
    revision.special_terms_settled = True
    revision.staff_transfer_applies = staff_transfer
    revision.staff_transfer_text = staff_transfer_text
    revision.save()
    return _close(call_off, "special_terms", by=by, at=at)


@transaction.atomic
def save_data_protection(
    call_off: CallOff, schedule: dict[str, Any], *, edits: int | None = None, by: Person, at: datetime
) -> CallOff:
    """The data-processing schedule (UK GDPR article 28(3)): plain strings and ``applies``."""
    call_off = _open(call_off, edits=edits, by=by, at=at)
    call_off.revision.data_protection = schedule
    call_off.revision.save()
    return _close(call_off, "data_protection", by=by, at=at)


@transaction.atomic
def save_budget(
    call_off: CallOff, *, budget_code: str, edits: int | None = None, by: Person, at: datetime
) -> CallOff:
    call_off = _open(call_off, edits=edits, by=by, at=at)
    call_off.revision.budget_code = budget_code
    call_off.revision.save()
    return _close(call_off, "budget", by=by, at=at)


@transaction.atomic
def save_spend_control(
    call_off: CallOff, reference: str, *, edits: int | None = None, by: Person, at: datetime
) -> CallOff:
    call_off = _open(call_off, edits=edits, by=by, at=at)
    call_off.revision.spend_control_reference = reference
    call_off.revision.save()
    return _close(call_off, "spend_control", by=by, at=at)


@dataclass(frozen=True)
class StoredFile:
    """Bytes already in the store: their sha256 is their key."""

    filename: str
    content_type: str
    sha256: str
    length: int


@transaction.atomic
def attach(
    call_off: CallOff, file: StoredFile, *, kind: str, edits: int | None = None, by: Person, at: datetime
) -> CallOff:
    """Add a file to the draft. The same content twice is refused by name."""
    call_off = _open(call_off, edits=edits, by=by, at=at)
    same = call_off.revision.attachments.filter(sha256=file.sha256).first()
    if same is not None:
        raise Refused([Reason(_("This file is already attached as %(name)s.") % {"name": same.filename})])
    Attachment.objects.create(
        revision=call_off.revision, kind=kind, filename=file.filename, content_type=file.content_type,
        length=file.length, sha256=file.sha256, added_at=at, added_by_name=by.words,
    )  # fmt: skip
    return _close(call_off, "attachments", by=by, at=at)


@transaction.atomic
def detach(call_off: CallOff, attachment_id: int, *, edits: int | None = None, by: Person, at: datetime) -> CallOff:
    call_off = _open(call_off, edits=edits, by=by, at=at)
    call_off.revision.attachments.filter(pk=attachment_id).delete()
    return _close(call_off, "attachments", by=by, at=at)


@transaction.atomic
def save_particulars(call_off: CallOff, values: dict[str, str], *, by: Person, at: datetime) -> CallOff:
    """Administrative particulars lie outside the hash: while drafting a save, later a recorded notice."""
    call_off = lock_call_off(call_off)
    insist(guards.why_not_change_particulars(call_off, by=by, at=at))
    row = call_off.particulars
    before = {name: getattr(row, name) for name in values}
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    changed = {name: [before[name], value] for name, value in values.items() if before[name] != value}
    if call_off.is_editable:
        _touch(call_off.revision, by, at)
    call_off.search_text = searching.text_of(call_off)
    call_off.save()
    audit.record("call_off.particulars_saved", call_off, by=by, at=at, extra={"changed": changed})
    return call_off


def copy_content(source: CallOffRevision, target: CallOffRevision) -> None:
    """Copy everything a requester wrote from one revision to a new draft; prices are made anew at submission."""
    sites = {}
    for site in source.sites.all():
        sites[site.pk] = RevisionSite.objects.create(
            revision=target, position=site.position, name=site.name, seats=site.seats
        )
    for name in (
        "interim_starts_on", "interim_months", "shared_starts_on", "shared_months", "extension_months", "budget_code",
        "spend_control_reference", "data_protection", "staff_transfer_applies", "staff_transfer_text", "kpi_codes",
        "no_milestones_needed", "special_terms_settled",
    ):  # fmt: skip
        setattr(target, name, getattr(source, name))
    target.save()
    CallOffLine.objects.bulk_create(
        CallOffLine(
            revision=target, number=line.number, phase=line.phase, service_code=line.service_code,
            site=sites.get(line.site_id), quantity=line.quantity, starts_on=line.starts_on, months=line.months,
        )  # fmt: skip
        for line in source.lines.all()
    )
    for milestone in source.milestones.prefetch_related("payments"):
        row = PlannedMilestone.objects.create(
            revision=target, number=milestone.number, title=milestone.title, planned_on=milestone.planned_on,
            criteria=milestone.criteria, effect=milestone.effect,
        )  # fmt: skip
        MilestonePayment.objects.bulk_create(
            MilestonePayment(milestone=row, service_code=p.service_code, percent=p.percent, quantity=p.quantity)
            for p in milestone.payments.all()
        )
    SpecialTerm.objects.bulk_create(
        SpecialTerm(revision=target, number=t.number, heading=t.heading, text=t.text)
        for t in source.special_terms.all()
    )
    Attachment.objects.bulk_create(
        Attachment(
            revision=target, kind=a.kind, filename=a.filename, content_type=a.content_type, length=a.length,
            sha256=a.sha256, added_at=a.added_at, added_by_name=a.added_by_name,
        )  # fmt: skip
        for a in source.attachments.all()
    )
