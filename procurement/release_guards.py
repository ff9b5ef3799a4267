"""Why not: reasons in words for the acts on a catalogue release (domain.md, "Catalogue release")."""

from collections.abc import Iterator
from datetime import date, datetime

from django.utils.translation import gettext as _

from catalogue.models import CatalogueRelease, Framework, FrameworkState, Organisation, ReleaseState
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import day as day_words
from procurement.actors import Person
from procurement.models import PostCode
from procurement.seats import Seat, choose, find_seat, holders, seats_of, who_holds
from procurement.standing import why_excluded

S = ReleaseState
APPROVERS = (PostCode.FRAMEWORK_MANAGER, PostCode.CATALOGUE_MANAGER)


def drafting_post(framework: Framework, organisation: Organisation) -> PostCode:
    """Who drafts for the organisation: the authority's catalogue manager, a supplier's account manager."""
    own = organisation.pk == framework.authority_id
    return PostCode.CATALOGUE_MANAGER if own else PostCode.ACCOUNT_MANAGER


def why_not_post(organisation: Organisation, *posts: PostCode, by: Person, at: datetime) -> Iterator[Reason]:
    on = london_day(at)
    if all(find_seat(by, organisation.pk, post, on) is None for post in posts):
        yield Reason(
            _("Only the %(post)s of %(organisation)s can do this.")
            % {"post": _(" or the ").join(str(post.label) for post in posts), "organisation": organisation.name},
            " ".join(who_holds(organisation.pk, post, on) for post in posts),
        )


def why_not_in_state(release: CatalogueRelease, *wanted: str) -> Iterator[Reason]:
    if release.state not in wanted:
        yield Reason(_("The release is %(state)s.") % {"state": release.get_state_display()})


def _not_over(framework: Framework) -> Iterator[Reason]:
    if framework.state not in (FrameworkState.LIVE, FrameworkState.SUSPENDED):
        yield Reason(_("The framework is %(state)s.") % {"state": framework.get_state_display()})


def why_not_draft(framework: Framework, organisation: Organisation, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_post(organisation, drafting_post(framework, organisation), by=by, at=at)
    yield from _not_over(framework)
    yield from _excluded(framework, organisation, london_day(at))


def _excluded(framework: Framework, organisation: Organisation, on: date) -> Iterator[Reason]:
    """A supplier that may not receive orders offers nothing new."""
    if organisation.pk != framework.authority_id:
        yield from why_excluded(framework, organisation, on)


def _drafters(release: CatalogueRelease, by: Person, at: datetime) -> Iterator[Reason]:
    post = drafting_post(release.framework, release.organisation)
    yield from why_not_post(release.organisation, post, by=by, at=at)


def why_not_edit(release: CatalogueRelease, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _drafters(release, by, at)
    yield from why_not_in_state(release, S.DRAFT)
    yield from _excluded(release.framework, release.organisation, london_day(at))


def why_not_submit(release: CatalogueRelease, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_edit(release, by=by, at=at)
    yield from _not_over(release.framework)


def _approvers(release: CatalogueRelease, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_post(release.framework.authority, *APPROVERS, by=by, at=at)


def approving_seat(release: CatalogueRelease, by: Person, on: date) -> Seat | None:
    """The seat the person approves from: of several the first whose principal has not written in the release."""
    sits = [seat for post in APPROVERS for seat in seats_of(by, release.framework.authority_id, post, on)]
    return choose(sits, lambda seat: _wrote(release, seat))


def _wrote(release: CatalogueRelease, seat: Seat) -> bool:
    return seat.principal is not None and str(seat.principal.person_id) in release.draft.hands


def why_not_approve(release: CatalogueRelease, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _approvers(release, by, at)
    yield from why_not_in_state(release, S.SUBMITTED)
    if not hasattr(release, "draft"):
        return
    seat = approving_seat(release, by, london_day(at))
    if str(by.person_id) in release.draft.hands or (seat is not None and _wrote(release, seat)):
        others = [
            user.name
            for post in APPROVERS
            for user in holders(release.framework.authority_id, post, london_day(at))
            if str(user.person_id) not in release.draft.hands and user.person_id != by.person_id
        ]
        yield Reason(
            _("Nobody approves a release that they, or whom they act for, have written in."),
            _("%(names)s can.") % {"names": ", ".join(dict.fromkeys(others))} if others else "",
        )


def why_not_reject(release: CatalogueRelease, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _approvers(release, by, at)
    yield from why_not_in_state(release, S.SUBMITTED)


def why_not_schedule(release: CatalogueRelease, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _approvers(release, by, at)
    yield from why_not_in_state(release, S.APPROVED)
    yield from _not_over(release.framework)


def why_not_day(release: CatalogueRelease, before: CatalogueRelease | None, first_day: date, at: datetime) -> Iterator[Reason]:
    """``before`` is what is in force on the day now. Orders of today are priced from today's release, so the next one
    begins tomorrow at the earliest."""
    framework = release.framework
    if first_day <= london_day(at):
        yield Reason(_("A release comes into force tomorrow at the earliest: today's orders have today's prices."))
    if not framework.starts_on <= first_day <= framework.ends_on:
        yield Reason(
            _("The framework runs from %(first)s to %(last)s.")
            % {"first": day_words(framework.starts_on), "last": day_words(framework.ends_on)}
        )
    if before is not None and before.first_day == first_day:
        yield Reason(
            _("Release %(number)s comes into force on that day. Choose another day, or withdraw it first.")
            % {"number": before.number}
        )


def why_not_withdraw(release: CatalogueRelease, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Its drafters take back what is not approved; the authority what is, until its day has come."""
    yield from why_not_in_state(release, S.DRAFT, S.SUBMITTED, S.APPROVED, S.SCHEDULED)
    if release.state in (S.DRAFT, S.SUBMITTED):
        yield from _drafters(release, by, at)
    else:
        yield from _approvers(release, by, at)
    if release.state == S.SCHEDULED and release.first_day <= london_day(at):
        yield Reason(_("Its day has come: orders are priced from it. A later release can replace it."))


def why_not_go_live(release: CatalogueRelease, *, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(release, S.SCHEDULED)
    if release.first_day is not None and release.first_day > london_day(at):
        yield Reason(_("Its day is %(day)s.") % {"day": day_words(release.first_day)})
