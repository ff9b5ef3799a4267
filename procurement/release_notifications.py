"""One function a message about a catalogue release. Rows in the caller's transaction, sent after it, each once (unique
key): at once to whoever must decide, as they prefer to the rest."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.urls import reverse

from catalogue.models import CatalogueRelease, ReleaseState
from documents.clock import london_day
from documents.templatetags.flex import day
from procurement import mailing, seats
from procurement.models import EDITABLE, AccessionState, PostCode, PostHolding, User, in_force
from procurement.release_guards import APPROVERS, drafting_post


def _message(template: str, release: CatalogueRelease, key: str, url: str = "") -> tuple[str, dict[str, Any], str]:
    context = {
        "title": release.title, "number": release.number, "framework": release.framework.title,
        "organisation": release.organisation.name, "state": release.get_state_display(),
        "approved": release.state == ReleaseState.APPROVED, "reason": release.ended_words, "day": day(release.first_day),
        "url": settings.PUBLIC_URL + (url or reverse("procurement:release", args=[release.public_id])),
    }  # fmt: skip
    return f"procurement/email/release_{template}.txt", context, f"release:{key}:{release.public_id}"


def _inform(people: Iterable[User], template: str, release: CatalogueRelease, *, key: str = "", url: str = "",
            at: datetime) -> None:  # fmt: skip
    mailing.inform(people, *_message(template, release, key or template, url), at=at)


def _approvers(release: CatalogueRelease, at: datetime) -> list[User]:
    on = london_day(at)
    return [user for post in APPROVERS for user in seats.holders(release.framework.authority_id, post, on)]


def _drafters(release: CatalogueRelease, at: datetime) -> list[User]:
    """Whoever drafts for its organisation: its author while they do, and their colleagues."""
    post = drafting_post(release.framework, release.organisation)
    return seats.holders(release.organisation_id, post, london_day(at))


def _suppliers(release: CatalogueRelease, at: datetime) -> list[User]:
    suppliers = release.framework.framework_suppliers.values_list("supplier_id", flat=True)
    return [user for pk in suppliers for user in seats.holders(pk, PostCode.ACCOUNT_MANAGER, london_day(at))]


def tell_submitted(release: CatalogueRelease, at: datetime) -> None:
    """Whoever may approve it: nobody who has written in it."""
    hands = set(release.draft.hands)
    people = [user for user in _approvers(release, at) if str(user.person_id) not in hands]
    mailing.must_act(people, *_message("submitted", release, "submitted"))


def tell_decided(release: CatalogueRelease, at: datetime) -> None:
    _inform(_drafters(release, at), "decided", release, key=f"decided:{release.state}", at=at)


def tell_withdrawn(release: CatalogueRelease, at: datetime) -> None:
    people = [*_drafters(release, at), *_approvers(release, at)]
    _inform(people, "decided", release, key=f"decided:{release.state}", at=at)


def tell_scheduled(release: CatalogueRelease, at: datetime) -> None:
    _inform(_drafters(release, at), "scheduled", release, at=at)


def tell_live(release: CatalogueRelease, at: datetime) -> None:
    """Its drafters, every supplier's account manager, and each requester with orders that are not submitted yet."""
    people = [*_drafters(release, at), *_suppliers(release, at)]
    _inform(people, "live", release, at=at)
    requesters = User.objects.filter(
        requested_call_offs__framework=release.framework_id, requested_call_offs__state__in=EDITABLE, is_active=True,
        requested_call_offs__department__accessions__framework=release.framework_id,
        requested_call_offs__department__accessions__state=AccessionState.ACTIVE,
    )  # fmt: skip
    still = PostHolding.objects.filter(in_force(london_day(at)), user=OuterRef("pk"), post__code=PostCode.REQUESTER)
    _inform(requesters.filter(Exists(still)).distinct(), "reprices", release, url=reverse("home"), at=at)
