"""Recording that a statutory notice was published, with what it said as open data; and the years in which indicators are rated.
The register drafts the notice; it is published on the central digital platform, which gives the reference."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contracts import manager_guards, open_data, statutory
from contracts import statutory_guards as guards
from contracts.locking import lock_contract
from contracts.models import Contract, NoticePublication, StatutoryNotice, Variation
from documents import audit, canonical
from documents.actors import SYSTEM, Actor
from documents.clock import london_day
from documents.refusal import insist, refuse
from documents.templatetags.flex import day as as_day
from procurement import seats
from procurement.actors import Person
from procurement.seats import Seat


def lock(notice: StatutoryNotice) -> StatutoryNotice:
    """A fresh copy; the contract's lock, which every act on it takes, holds it."""
    contract = lock_contract(notice.contract)
    fresh = StatutoryNotice.objects.select_related("publication", "variation__revision").get(pk=notice.pk)
    fresh.contract = contract
    return fresh


@transaction.atomic
def publish(notice: StatutoryNotice, *, reference: str, published_on: date, by: Person, at: datetime) -> NoticePublication:
    """The contract manager records under which reference, and on which day, it was published."""
    notice = lock(notice)
    insist(guards.why_not_publish(notice, by=by, at=at))
    if published_on > london_day(at):
        refuse(_("%(day)s is still to come: record it once it is published.") % {"day": as_day(published_on)})
    if not reference.strip():
        refuse(_("Enter the reference under which it was published."))
    insist(guards.why_not_before(notice, published_on))
    insist(guards.why_not_under(notice, reference))
    seat = seats.hold(manager_guards.department_seat(notice.contract, by, london_day(at)))
    made = _record(notice, reference, published_on, seat, by=by, at=at)
    audit.record("contract.notice_published", notice.contract, by=by, at=at, acting_for=seat.principal,
                 extra={"notice": notice.label, "kind": notice.kind, "reference": reference}, hash_shown=made.sha256)  # fmt: skip
    return made


def _record(notice: StatutoryNotice, reference: str, published_on: date, seat: Seat, *, by: Person, at: datetime) -> NoticePublication:
    content = open_data.text(open_data.package(notice, at=at, published_on=published_on))
    return NoticePublication.objects.create(
        notice=notice, reference=reference, published_on=published_on, content=content,
        sha256=canonical.sha256_hex(content.encode()), recorded_by=by.person_id, recorded_by_name=by.words,
        principal_id=seat.principal.person_id if seat.principal else None,
        acting_for=seat.principal.name if seat.principal else "", recorded_at=at,
    )  # fmt: skip


def published_with(variation: Variation, reference: str, published_on: date, seat: Seat, *, by: Person, at: datetime) -> None:
    """From the act on a variation that records its change notice, which holds the contract's lock and is its record."""
    notice = statutory.of_change(variation, at=at)
    if notice is not None:
        notice.contract, notice.variation = variation.contract, variation
        insist(guards.why_not_under(notice, reference))
        _record(notice, reference, published_on, seat, by=by, at=at)


@transaction.atomic
def begin_year(contract: Contract, *, at: datetime, by: Actor = SYSTEM) -> StatutoryNotice | None:
    """The clock's: a year of ratings is over and the contract goes on: the next one's are due. Safe to run twice."""
    contract = lock_contract(contract)
    made = statutory.next_year(contract, at=at)
    if made is not None:
        audit.record("contract.kpi_year_begun", contract, by=by, at=at, extra={"notice": made.label, "due": made.due_on.isoformat()})
    return made
