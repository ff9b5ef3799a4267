"""What the pages of catalogue releases show: plain rows, ready for a template."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue import queries as catalogue_queries
from catalogue import rule_words
from catalogue.contents import figure
from catalogue.models import CatalogueRelease, Framework, ReleaseState
from catalogue.rules import Rule
from procurement import access
from procurement import release_guards as guards
from procurement.actors import Person
from procurement.models import PostCode

S = ReleaseState
VERBS = {
    "catalogue_release.loaded": gettext_lazy("Entered when the register was opened"),
    "catalogue_release.drafted": gettext_lazy("Draft started"), "catalogue_release.edited": gettext_lazy("Changed"),
    "catalogue_release.submitted": gettext_lazy("Submitted"), "catalogue_release.approved": gettext_lazy("Approved"),
    "catalogue_release.rejected": gettext_lazy("Rejected"), "catalogue_release.scheduled": gettext_lazy("Day chosen"),
    "catalogue_release.withdrawn": gettext_lazy("Withdrawn"), "catalogue_release.live": gettext_lazy("In force"),
    "catalogue_release.reminded": gettext_lazy("Reminded"), "catalogue_release.escalated": gettext_lazy("Escalated"),
    "catalogue_release.superseded": gettext_lazy("Replaced by the next release"),
}  # fmt: skip


def timeline(events: Iterable) -> list[dict[str, Any]]:
    """The history in words, the newest first."""
    return [
        {
            "title": VERBS.get(event.verb, event.verb), "actor_words": event.actor_words, "acting_for": event.acting_for,
            "at": event.at, "reason": event.reason or event.extra.get("what", ""),
        }
        for event in reversed(list(events))
    ]  # fmt: skip


def state_words(release: CatalogueRelease, on: date) -> str:
    """The day decides what is in force, before the clock has moved the state."""
    if release.state == S.SCHEDULED and release.first_day is not None and release.first_day <= on:
        return S.LIVE.label
    return release.get_state_display()


def tell_last_days(releases: Collection[CatalogueRelease], by: Person, on: date) -> None:
    """Puts ``until`` on each: its last day as the reader may know it. One that is still to come says that another release
    follows, and that is told to nobody who does not see that one."""
    ending = [release for release in releases if release.last_day is not None and release.last_day >= on]
    coming = access.visible_releases(by, on).filter(framework__in={r.framework_id for r in ending}, valid__startswith__gt=on)
    follows = {release.first_day for release in coming} if ending else set()
    for release in releases:
        release.until = release.last_day if release not in ending or release.valid.upper in follows else None


def overview(rows: Collection[CatalogueRelease], by: Person, on: date) -> dict[str, list[CatalogueRelease]]:
    """In force today, coming, and past; each release in one of them."""
    tell_last_days(rows, by, on)
    found = {"now": [], "coming": [], "past": [], "ended": []}
    for release in rows:
        release.words = state_words(release, on)
        if release.state in (S.REJECTED, S.WITHDRAWN):
            found["ended"].append(release)
        elif release.state in (S.SCHEDULED, S.LIVE, S.SUPERSEDED) and release.first_day <= on:
            over = release.last_day is not None and release.last_day < on
            found["past" if over else "now"].append(release)
        else:
            found["coming"].append(release)
    found["past"].sort(key=lambda release: release.first_day, reverse=True)
    return found


def rules_in_words(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    """Each rule's words, and beside them what the register checks."""
    return [{"text": rule.text, "check": rule_words.check(rule)} for rule in rules]


def price_history(framework: Framework, code: str, by: Person, on: date) -> list[dict[str, Any]]:
    found = catalogue_queries.price_history(framework, code, on)
    tell_last_days([then.release for then in found], by, on)
    return [
        {
            "release": then.release, "list_price": then.list_price,
            "bands": ", ".join(_("%(percent)s%% from %(quantity)s") % {"percent": figure(band.discount_percent), "quantity": f"{band.from_quantity:,}"} for band in then.bands),
        }
        for then in found
    ]  # fmt: skip


def waiting(by: Person, on: date) -> list[dict[str, Any]]:
    """Releases whose next move is the person's: (release, what to do)."""
    seen = access.sight_of(by, on)
    if not seen.holds_anywhere(*guards.APPROVERS, PostCode.ACCOUNT_MANAGER):
        return []
    rows = access.visible_releases(by, on).filter(state__in=[S.DRAFT, S.SUBMITTED, S.APPROVED])
    rows = rows.select_related("draft").defer("draft__sheets")
    found = []
    for release in rows.order_by("state_since", "id")[:50]:
        approves = seen.holds(release.framework.authority_id, *guards.APPROVERS)
        drafts = seen.holds(release.organisation_id, guards.drafting_post(release.framework, release.organisation))
        wrote = str(by.person_id) in release.draft.hands
        words = {
            S.DRAFT: _("to finish and submit") if drafts else "",
            S.SUBMITTED: _("to approve or reject") if approves and not wrote else "",
            S.APPROVED: _("to choose its first day") if approves else "",
        }[release.state]
        if words:
            found.append({"release": release, "words": words})
    return found
