"""Building an order: every save of its order form (its papers are in ``procurement.papers``). Each locks the
call-off, refuses a stale form, and records the hand.

``edits`` is the number of saves the form was shown with: a second browser's older form is refused, nothing is lost.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue import queries as catalogue_queries
from catalogue.models import Framework, Organisation
from documents import audit
from documents.clock import london_day
from documents.refusal import Reason, Refused, insist, refuse
from documents.templatetags.flex import count
from procurement import guards, searching
from procurement.actors import Person
from procurement.locking import lock_call_off, share_framework
from procurement.models import (
    CallOff,
    CallOffLine,
    CallOffRevision,
    MilestonePayment,
    Particulars,
    Phase,
    PlannedMilestone,
    PostCode,
    RevisionHand,
    RevisionSite,
    SpecialTerm,
)
from procurement.seats import find_seat

STALE = (
    gettext_lazy("Somebody saved this call-off while this form was open."),
    gettext_lazy("Compare what is stored now with what you typed, then save what is right."),
)
MOST_LINES = 400  # the largest order whose document is tested to be made within the renderer's limits


@transaction.atomic
def start(framework: Framework, department: Organisation, *, title: str, by: Person, at: datetime) -> CallOff:
    """A new draft. The supplier is the framework's one supplier (direct award)."""
    call_off = begin(share_framework(framework.pk), department, title=title, by=by, at=at)
    audit.record("call_off.started", call_off, by=by, at=at, before=None, after=call_off.state,
                 acting_for=guards.for_requester(call_off, by, at))  # fmt: skip
    return call_off


def begin(framework: Framework, department: Organisation, *, title: str, by: Person, at: datetime) -> CallOff:
    """The rows of a new draft; the caller holds the framework and records what it is."""
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
    touch(call_off.revision, by, at)
    return call_off


def touch(revision: CallOffRevision, by: Person, at: datetime) -> None:
    """Count the save and remember the hand that made it."""
    CallOffRevision.objects.filter(pk=revision.pk).update(edits=F("edits") + 1)
    remember_hands(revision, by, at)


def remember_hands(revision: CallOffRevision, by: Person, at: datetime) -> None:
    """Who writes in or submits a revision, and for whom: neither decides on it."""
    seat = find_seat(by, revision.call_off.department_id, PostCode.REQUESTER, london_day(at))
    people = {by.person_id: by.words}
    if seat is not None and seat.principal is not None:
        people[seat.principal.person_id] = seat.principal.name
    for person_id, name in people.items():
        RevisionHand.objects.get_or_create(
            revision=revision, person_id=person_id, defaults={"name": name, "first_at": at}
        )


def open_draft(call_off: CallOff, *, edits: int | None, by: Person, at: datetime) -> CallOff:
    call_off = lock_call_off(call_off)
    insist(guards.why_not_edit(call_off, by=by, at=at))
    if edits is not None and edits != call_off.revision.edits:
        refuse(*STALE)
    return call_off


def close_draft(call_off: CallOff, section: str, *, by: Person, at: datetime) -> CallOff:
    touch(call_off.revision, by, at)
    call_off.search_text = searching.text_of(call_off)
    call_off.save()
    audit.record(f"call_off.{section}_saved", call_off, by=by, at=at, acting_for=guards.for_requester(call_off, by, at))
    return call_off


@transaction.atomic
def save_title(call_off: CallOff, title: str, *, edits: int | None = None, by: Person, at: datetime) -> CallOff:
    call_off = open_draft(call_off, edits=edits, by=by, at=at)
    call_off.title = title
    return close_draft(call_off, "title", by=by, at=at)


@dataclass(frozen=True)
class Site:
    """A wanted site. ``was`` is the name it is stored under: a site with another name then is renamed, not replaced."""

    name: str
    seats: int
    was: str = ""


@transaction.atomic
def save_sites(
    call_off: CallOff, sites: Iterable[Site], *, drop_quantities: bool = False, edits: int | None = None, by: Person,
    at: datetime,
) -> CallOff:  # fmt: skip
    """Replace the sites. A site that goes takes its quantities along only when ``drop_quantities`` says so."""
    call_off = open_draft(call_off, edits=edits, by=by, at=at)
    revision = call_off.revision
    wanted = list(sites)
    if len({site.name.casefold() for site in wanted}) != len(wanted):
        raise Refused([Reason(_("Two sites have the same name; give each its own."))])
    if not drop_quantities:
        insist(why_quantities_lost(revision, wanted))
    put_sites(revision, wanted)
    return close_draft(call_off, "sites", by=by, at=at)


def put_sites(revision: CallOffRevision, wanted: list[Site]) -> None:
    """The sites as wanted, in their order; those that are not among them go with their lines. Of a draft that is locked."""
    stored = {site.name: site for site in revision.sites.all()}
    kept = [stored.pop(site.was or site.name, None) for site in wanted]
    RevisionSite.objects.filter(pk__in=[site.pk for site in stored.values()]).delete()
    # out of each other's way: two sites may have changed names; no text that is typed has a control character in it
    for row in filter(None, kept):
        row.name = f"\x1f{row.pk}"
        row.save()
    for position, (site, row) in enumerate(zip(wanted, kept, strict=True), start=1):
        row = row or RevisionSite(revision=revision)
        row.name, row.seats, row.position = site.name, site.seats, position
        row.save()


def why_quantities_lost(revision: CallOffRevision, wanted: Iterable[Site]) -> Iterator[Reason]:
    """What goes with each site that is not among the wanted."""
    staying = {site.was or site.name for site in wanted}
    for site in revision.sites.prefetch_related("lines"):
        lines = [f"{line.service_code} {count(line.quantity)}" for line in site.lines.all()]
        if lines and site.name not in staying:
            yield Reason(
                _("%(site)s would go with its quantities: %(lines)s.") % {"site": site.name, "lines": ", ".join(lines)},
                _("Say that they go too, or leave the site in."),
            )


@dataclass(frozen=True)
class Term:
    shared_starts_on: date
    shared_months: int
    interim_starts_on: date | None = None
    interim_months: int | None = None
    extension_months: int = 0


@transaction.atomic
def save_term(
    call_off: CallOff, term: Term, *, drop_quantities: bool = False, edits: int | None = None, by: Person, at: datetime
) -> CallOff:
    """The phases in whole months from the first of a month; the lines follow it. An interim service that goes takes its
    quantities along only when ``drop_quantities`` says so. Raises Refused."""
    call_off = open_draft(call_off, edits=edits, by=by, at=at)
    revision = call_off.revision
    insist(guards.why_not_term(term))
    if not drop_quantities:
        insist(why_interim_lost(revision, term))
    put_term(revision, term)
    return close_draft(call_off, "term", by=by, at=at)


def put_term(revision: CallOffRevision, term: Term) -> None:
    """The term and the dates of the lines under it; without an interim service its lines go, which whoever asks has said.
    Of a draft that is locked."""
    for name in ("shared_starts_on", "shared_months", "interim_starts_on", "interim_months", "extension_months"):
        setattr(revision, name, getattr(term, name))
    revision.save()
    if term.interim_months is None:
        revision.lines.filter(phase=Phase.INTERIM).delete()
    for phase in Phase.values:
        starts_on, months = revision.dates_of(phase)
        revision.lines.filter(phase=phase).update(starts_on=starts_on, months=months)


def why_interim_lost(revision: CallOffRevision, term: Term) -> Iterator[Reason]:
    """What goes with the interim service where the term has none."""
    lines = interim_words(revision)
    if term.interim_months is None and lines:
        yield Reason(
            _("The interim service would go with its quantities: %(lines)s.") % {"lines": lines},
            _("Say that they go too, or give its start and its months."),
        )


def interim_words(revision: CallOffRevision) -> str:
    """The interim lines of a draft, "TRN-01 1,000, TRN-01 London 20"; empty without one."""
    lines = revision.lines.filter(phase=Phase.INTERIM).select_related("site")
    return ", ".join(
        " ".join(filter(None, [line.service_code, line.site.name if line.site else "", count(line.quantity)]))
        for line in lines
    )


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
    """Replace the lines by those with a quantity above zero, numbered as ``unsaved_lines`` says."""
    call_off = open_draft(call_off, edits=edits, by=by, at=at)
    put_services(call_off.revision, ordered, london_day(at))
    return close_draft(call_off, "services", by=by, at=at)


def put_services(revision: CallOffRevision, ordered: Iterable[Ordered], on: date) -> None:
    """The lines as ordered from the day's live catalogue. Of a draft that is locked; raises Refused."""
    release = catalogue_queries.live_release(revision.call_off.framework, on)
    known = list(catalogue_queries.price_list(release).services) if release else []
    sites = {site.name: site for site in revision.sites.all()}
    wanted = [item for item in ordered if item.quantity > 0]
    for item in wanted:
        if item.service not in known:
            raise Refused([Reason(_("%(code)s is not in the live catalogue.") % {"code": item.service})])
        if item.site is not None and item.site not in sites:
            raise Refused([Reason(_("%(site)s is not a site of this order.") % {"site": item.site})])
    if len(wanted) > MOST_LINES:
        raise Refused([
            Reason(
                _("The order has %(lines)s lines; one order can have %(most)s, so that its contract can be made.")
                % {"lines": len(wanted), "most": MOST_LINES},
                _("Order for all sites together where the site does not matter, or split the order."),
            )
        ])  # fmt: skip
    lines = unsaved_lines(revision, wanted, sites, known)
    revision.lines.all().delete()
    CallOffLine.objects.bulk_create(lines)


def unsaved_lines(
    revision: CallOffRevision, ordered: Iterable[Ordered], sites: dict[str, RevisionSite], catalogue: Sequence[str]
) -> list[CallOffLine]:
    """Lines as they would be saved, numbered from 1 as every page and the contract has them: by phase, within one in the
    order of the ``catalogue`` (its codes), and of a service first what is for all sites, then site by site."""
    phases, ranks = list(Phase.values), {code: rank for rank, code in enumerate(catalogue)}

    def place(item: Ordered) -> tuple[int, int, int]:
        return phases.index(item.phase), ranks[item.service], sites[item.site].position if item.site else 0

    lines = []
    for number, item in enumerate(sorted(ordered, key=place), start=1):
        starts_on, months = revision.dates_of(item.phase)
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
    call_off = open_draft(call_off, edits=edits, by=by, at=at)
    call_off.revision.kpi_codes = sorted(set(codes))
    call_off.revision.save()
    return close_draft(call_off, "service_levels", by=by, at=at)


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
    """Replace the transition milestones, numbered M1 onwards in the order given. Milestones beside ``none_needed``
    are refused: one of both is meant."""
    call_off = open_draft(call_off, edits=edits, by=by, at=at)
    revision, milestones = call_off.revision, list(milestones)
    if milestones and none_needed:
        refuse(_("You entered milestones and said that none are needed: take the tick away, or empty the milestones."))
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
    return close_draft(call_off, "milestones", by=by, at=at)


@transaction.atomic
def save_special_terms(
    call_off: CallOff, terms: Iterable[tuple[str, str]], *, staff_transfer: bool, staff_transfer_text: str = "",
    edits: int | None = None, by: Person, at: datetime,
) -> CallOff:  # fmt: skip
    """Replace the special terms (heading, text) and answer whether staff transfer; no terms is an answer too."""
    call_off = open_draft(call_off, edits=edits, by=by, at=at)
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
    return close_draft(call_off, "special_terms", by=by, at=at)
