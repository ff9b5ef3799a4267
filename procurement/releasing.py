"""The life of a catalogue release: drafted, submitted, approved by somebody else, scheduled for a day, in force from that
day on (domain.md, "Catalogue release"). A later release never touches a live contract, nor a price that is held.

What is in force changes only under the framework's row lock, which submitting an order shares.
"""

from datetime import date, datetime, time
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue import contents, differences, release_rows
from catalogue import queries as catalogue_queries
from catalogue.contents import Content
from catalogue.models import (
    IN_FORCE,
    CatalogueRelease,
    Framework,
    Organisation,
    ReleaseDraft,
    ReleaseState,
)
from catalogue.rows import Faults
from documents import audit, canonical
from documents.actors import SYSTEM
from documents.clock import LONDON, london_day
from documents.refusal import Reason, insist, insist_on_words, refuse
from procurement import access, seats
from procurement import release_guards as guards
from procurement import release_notifications as notifications
from procurement.actors import Person
from procurement.locking import lock_framework, lock_release, share_framework
from procurement.models import CallOffRevision, User

RULES = "catalogue_rules"
SCHEMA = 1
STALE = (
    gettext_lazy("Somebody saved this release while this page was open."),
    gettext_lazy("Open it again and look at what stands there now."),
)


def as_sheets(content: Content) -> dict[str, Any]:
    """The content as a draft keeps it."""
    return {**contents.to_sheets(content), RULES: contents.plain_rules(content)}


def content_of(release: CatalogueRelease) -> Content:
    """What it holds: its rows once it was submitted, or entered by an operator; the draft's sheets until then."""
    if release.submitted_at is not None or not hasattr(release, "draft"):
        return release_rows.of(release)
    content, faults = read(release, release.draft.sheets)
    if content is None:  # kept by an earlier version, which asked less of it
        again = _("Upload the sheet again, with this put right.")
        raise access.NotYours([Reason(str(fault), again) for fault in faults])
    return content


def read(release: CatalogueRelease, sheets: dict[str, Any]) -> tuple[Content | None, Faults]:
    """(content or None, faults) of sheets as a draft keeps them."""
    rules = contents.as_rules(sheets[RULES])
    return contents.read(contents.as_rows(sheets), rules, lots(release.framework), of_rules=_("Rules"))


def lots(framework: Framework) -> list[int]:
    return [number for number, _needs in catalogue_queries.lots(framework)]


def _hands(release: CatalogueRelease, by: Person, at: datetime) -> set[str]:
    """Who writes now, and whom they act for."""
    seat = seats.find_seat(
        by, release.organisation_id, guards.drafting_post(release.framework, release.organisation), london_day(at)
    )
    principal = seat.principal if seat else None
    return {str(by.person_id)} | ({str(principal.person_id)} if principal else set())


def _for_drafter(release: CatalogueRelease, by: Person, at: datetime) -> User | None:
    post = guards.drafting_post(release.framework, release.organisation)
    return seats.acting_for(by, release.organisation_id, post, on=london_day(at))


def _for_approver(release: CatalogueRelease, by: Person, at: datetime) -> User | None:
    return seats.acting_for(by, release.framework.authority_id, *guards.APPROVERS, on=london_day(at))


def _lock_draft(release: CatalogueRelease) -> ReleaseDraft:
    """A fresh copy, which is the release's from here on."""
    release.draft = ReleaseDraft.objects.select_for_update(of=("self",)).get(release=release)
    return release.draft


@transaction.atomic
def start(
    framework: Framework, organisation: Organisation, *, title: str, like: CatalogueRelease | None = None, by: Person,
    at: datetime,
) -> CatalogueRelease:  # fmt: skip
    """A draft that begins as a copy of what is in force today, or of an earlier one of its own (``like``)."""
    framework = share_framework(framework.pk)
    insist(guards.why_not_draft(framework, organisation, by=by, at=at))
    source = like or catalogue_queries.live_release(framework, london_day(at))
    if source is None:
        refuse(_("No release is in force to start from."))
    release = CatalogueRelease.objects.create(
        framework=framework, organisation=organisation, title=title, state_since=at, author_person_id=by.person_id,
        author_name=by.words,
    )  # fmt: skip
    hands = _hands(release, by, at) | (set(like.draft.hands) if like is not None else set())
    ReleaseDraft.objects.create(release=release, sheets=as_sheets(content_of(source)), hands=sorted(hands))
    audit.record("catalogue_release.drafted", release, by=by, at=at, before=None, after=release.state, acting_for=_for_drafter(release, by, at))
    return release


@transaction.atomic
def save(
    release: CatalogueRelease, content: Content, *, edits: int, what: str, by: Person, at: datetime
) -> CatalogueRelease:
    """Replace the draft's content by one that was read whole. ``edits`` is the count it was read at: refused when a
    colleague has saved since."""
    release = lock_release(release)
    insist(guards.why_not_edit(release, by=by, at=at))
    draft = _lock_draft(release)
    if edits != draft.edits:
        refuse(*STALE)
    draft.sheets = as_sheets(content)
    draft.hands = sorted({*draft.hands, *_hands(release, by, at)})
    draft.edits += 1
    draft.save()
    audit.record("catalogue_release.edited", release, by=by, at=at, acting_for=_for_drafter(release, by, at), extra={"what": what})
    return release


def hashed(release: CatalogueRelease, sheets: dict[str, Any]) -> str:
    """sha256 of the canonical content, with whose release it is of which framework."""
    return canonical.sha256_hex(canonical.dumps({
        "schema": SCHEMA, "framework": release.framework.reference, "organisation": release.organisation.identifier,
        "title": release.title, **sheets,
    }))  # fmt: skip


@transaction.atomic
def submit(release: CatalogueRelease, *, shown_hash: str, by: Person, at: datetime) -> CatalogueRelease:
    """Its content becomes facts; somebody else at the authority decides."""
    release = lock_release(release)
    insist(guards.why_not_submit(release, by=by, at=at))
    draft = _lock_draft(release)
    if shown_hash != hashed(release, draft.sheets):
        refuse(*STALE)
    content = content_of(release)
    live = catalogue_queries.live_release(release.framework, london_day(at))
    if live is not None and not differences.between(release_rows.of(live), content):
        refuse(_("Nothing in it differs from the release in force."))
    draft.hands = sorted({*draft.hands, *_hands(release, by, at)})
    draft.save()
    release_rows.write(release, content)
    before = release.state
    release.submit(at=at)
    release.submitted_at, release.content_hash = at, shown_hash
    release.save()
    audit.record("catalogue_release.submitted", release, by=by, at=at, before=before, after=release.state,
                 hash_shown=shown_hash, acting_for=_for_drafter(release, by, at))  # fmt: skip
    notifications.tell_submitted(release, at)
    return release


def _insist_on_hash(release: CatalogueRelease, shown_hash: str) -> None:
    if shown_hash != release.content_hash:
        refuse(_("The release you were shown is not this one."), _("Open it again and read what stands there."))


@transaction.atomic
def approve(release: CatalogueRelease, *, shown_hash: str, by: Person, at: datetime) -> CatalogueRelease:
    """It is given its number; a day is chosen next. The framework is held, so that no number is given twice."""
    release = lock_release(release, alone=True)
    insist(guards.why_not_approve(release, by=by, at=at))
    _insist_on_hash(release, shown_hash)
    principal = seats.hold(guards.approving_seat(release, by, london_day(at))).principal
    before = release.state
    last = CatalogueRelease.objects.filter(framework=release.framework).aggregate(last=Max("number"))["last"]
    release.number = (last or 0) + 1
    release.approver_person_id, release.approver_name = by.person_id, by.words
    release.approver_principal_id = principal.person_id if principal else None
    release.approve(at=at)
    release.save()
    audit.record("catalogue_release.approved", release, by=by, at=at, before=before, after=release.state,
                 hash_shown=shown_hash, acting_for=principal)  # fmt: skip
    notifications.tell_decided(release, at)
    return release


@transaction.atomic
def reject(release: CatalogueRelease, *, reason: str, by: Person, at: datetime) -> CatalogueRelease:
    """It ends; its drafters read why and can make a new draft of it."""
    release = lock_release(release)
    insist(guards.why_not_reject(release, by=by, at=at))
    insist_on_words(reason, _("Give a reason: whoever drafted it will read it."))
    before = release.state
    release.reject(at=at, reason=reason)
    release.save()
    audit.record("catalogue_release.rejected", release, by=by, at=at, before=before, after=release.state, reason=reason,
                 acting_for=_for_approver(release, by, at))  # fmt: skip
    notifications.tell_decided(release, at)
    return release


def _in_force_on(framework: Framework, day: date) -> CatalogueRelease | None:
    return (
        CatalogueRelease.objects.select_for_update(of=("self",))
        .filter(framework=framework, valid__contains=day, state__in=IN_FORCE)
        .first()
    )


@transaction.atomic
def schedule(release: CatalogueRelease, *, first_day: date, by: Person, at: datetime) -> CatalogueRelease:
    """It will be in force from the day on: what is in force then ends the day before."""
    release = lock_release(release, alone=True)
    insist(guards.why_not_schedule(release, by=by, at=at))
    earlier = _in_force_on(release.framework, first_day)
    insist(guards.why_not_day(release, earlier, first_day, at))
    midnight = datetime.combine(first_day, time.min, tzinfo=LONDON)
    if CallOffRevision.objects.filter(release=earlier, submitted_at__gte=midnight).exists():
        refuse(_("An order of that day has been submitted at today's prices already. Choose a later day."))
    upper = None
    if earlier is not None:
        upper = earlier.valid.upper
        earlier.valid = DateRange(earlier.valid.lower, first_day)
        earlier.save()
    before = release.state
    release.valid = DateRange(first_day, upper)
    release.schedule(at=at)
    release.save()
    audit.record("catalogue_release.scheduled", release, by=by, at=at, before=before, after=release.state,
                 acting_for=_for_approver(release, by, at), extra={"first_day": first_day.isoformat()})  # fmt: skip
    notifications.tell_scheduled(release, at)
    return release


@transaction.atomic
def withdraw(release: CatalogueRelease, *, reason: str, by: Person, at: datetime) -> CatalogueRelease:
    """It never comes into force. If it had its day, what was to end before it goes on."""
    release = lock_release(release, alone=True)
    insist(guards.why_not_withdraw(release, by=by, at=at))
    insist_on_words(reason, _("Give a reason: it stays with the release."))
    before, days = release.state, release.valid
    by_drafter = before in (ReleaseState.DRAFT, ReleaseState.SUBMITTED)
    release.valid = None
    release.withdraw(at=at, reason=reason)
    release.save()
    if days is not None:
        earlier = CatalogueRelease.objects.select_for_update(of=("self",)).filter(
            framework=release.framework, state__in=IN_FORCE, valid__endswith=days.lower
        ).first()  # fmt: skip
        if earlier is not None:
            earlier.valid = DateRange(earlier.valid.lower, days.upper)
            earlier.save()
    audit.record("catalogue_release.withdrawn", release, by=by, at=at, before=before, after=release.state, reason=reason,
                 acting_for=(_for_drafter if by_drafter else _for_approver)(release, by, at))  # fmt: skip
    if before != ReleaseState.DRAFT:
        notifications.tell_withdrawn(release, at)
    return release


@transaction.atomic
def go_live(release: CatalogueRelease, *, at: datetime) -> CatalogueRelease:
    """Its day has come: it is live and the one before it is superseded. Safe to run twice and late: prices came from it
    from its first day on, whenever this runs; what is not due, or done already, is left as it is."""
    release = lock_release(release, alone=True)
    if any(True for _reason in guards.why_not_go_live(release, at=at)):
        return release
    earlier = (
        CatalogueRelease.objects.select_for_update(of=("self",))
        .filter(framework=release.framework, state=ReleaseState.LIVE)
        .first()
    )
    if earlier is not None:
        supersede(earlier, at=at)
    before = release.state
    release.go_live(at=at)
    release.save()
    audit.record("catalogue_release.live", release, by=SYSTEM, at=at, before=before, after=release.state)
    notifications.tell_live(release, at)
    return release


@transaction.atomic
def supersede(release: CatalogueRelease, *, at: datetime) -> CatalogueRelease:
    """Part of the next one's going live, recorded as what it is: its own state has changed."""
    lock_framework(release.framework)
    before = release.state
    release.supersede(at=at)
    release.save()
    audit.record("catalogue_release.superseded", release, by=SYSTEM, at=at, before=before, after=release.state)
    return release
