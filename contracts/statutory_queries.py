"""Reads of statutory notices: what of them waits for a person."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.translation import gettext as _

from contracts import statutory
from contracts.models import KpiRound, NoticeKind, StatutoryNotice
from contracts.statutory_guards import CONFIRMING
from procurement import working_days
from procurement.access import sight_of
from procurement.actors import Person
from procurement.inbox import MOST_OF_A_KIND, Item
from procurement.models import PostCode

RATED_AHEAD = 60  # days before its last day, from which on the ratings of a year are on the contract manager's desk

ROUNDS = KpiRound.objects.filter(notice=OuterRef("pk")).order_by("-number")
LAST = {name: Subquery(ROUNDS.values(field)[:1]) for name, field in (("last_round", "number"), ("rater", "rated_by"), ("rated_for", "rated_for"), ("last_rated_at", "rated_at"))}
IS_CONFIRMED = Exists(KpiRound.objects.filter(notice=OuterRef("pk"), confirmation__isnull=False))
TO_CONFIRM = Q(kind=NoticeKind.PERFORMANCE, last_round__isnull=False, is_confirmed=False)


def open_notices() -> QuerySet[StatutoryNotice]:
    """Those that are still to be published, each with how far its ratings are: the number of the last round, null before there is
    one, who gave it and for whom, and whether one is confirmed."""
    rows = StatutoryNotice.objects.annotate(**LAST, is_confirmed=IS_CONFIRMED)
    return statutory.unpublished(rows).select_related("contract__department", "variation")


def todo(notice: StatutoryNotice) -> str:
    """Of one of the ``open_notices``: what is to be done next."""
    if notice.kind != NoticeKind.PERFORMANCE or notice.is_confirmed:
        return _("%(kind)s to publish") % {"kind": notice.get_kind_display()}
    return _("ratings of key performance indicators to confirm") if notice.last_round else _("key performance indicators to rate")


def asked(notice: StatutoryNotice) -> str:
    """The same as whoever has it is asked, with the contract: "to publish the contract award notice (s.50) of CON-2007-000001"."""
    of = {"kind": notice.get_kind_display(), "contract": notice.contract.number}
    if notice.kind != NoticeKind.PERFORMANCE or notice.is_confirmed:
        return _("to publish the %(kind)s of %(contract)s") % of
    if is_to_confirm(notice):
        return _("to confirm the ratings of the key performance indicators of %(contract)s") % of
    return _("to rate the key performance indicators of %(contract)s") % of


def is_to_confirm(notice: StatutoryNotice) -> bool:
    return notice.kind == NoticeKind.PERFORMANCE and notice.last_round is not None and not notice.is_confirmed


def since(notice: StatutoryNotice) -> datetime:
    """Of one of the ``open_notices``: from when on it is on somebody's desk. The ratings of a year come there near its end."""
    if notice.kind != NoticeKind.PERFORMANCE:
        return notice.made_at
    near = working_days.midnight_after(notice.due_on - timedelta(days=RATED_AHEAD + 1))
    return notice.last_rated_at or max(notice.made_at, near)


def address(notice: StatutoryNotice) -> str:
    contract = notice.contract
    if notice.kind == NoticeKind.CHANGE:
        return reverse("contracts:variation", args=[contract.public_id, notice.variation.number])
    return reverse("contracts:statutory_notice", args=[contract.public_id, notice.number])


def inbox(by: Person, on: date) -> list[Item]:
    """Of contract managers what is to be published or rated, the ratings of a year once they are near; of who can confirm them
    those that are to be confirmed, but not who has rated. One query."""
    held = sight_of(by, on).posts
    buys = {organisation for organisation, post in held if post == PostCode.CONTRACT_MANAGER}
    confirms = {organisation for organisation, post in held if post in CONFIRMING}
    if not confirms:
        return []
    to_confirm = TO_CONFIRM & ~Q(rater=by.person_id)
    to_confirm &= Q(rated_for__isnull=True) | ~Q(rated_for=by.person_id)
    near = ~Q(kind=NoticeKind.PERFORMANCE) | Q(is_confirmed=True) | Q(due_on__lte=on + timedelta(days=RATED_AHEAD))
    waits = to_confirm | Q(contract__department__in=buys) & ~TO_CONFIRM & near
    rows = open_notices().filter(waits, due_on__lte=on + timedelta(days=366), contract__department__in=confirms)
    return list(_items(rows.order_by("due_on", "id")[:MOST_OF_A_KIND]))


def _items(found: Iterable[StatutoryNotice]) -> Iterator[Item]:
    for notice in found:
        contract = notice.contract
        yield Item(
            f"{contract.number} {contract.title}", contract.department.name, todo(notice), address(notice), since(notice),
            working_days.midnight_after(statutory.last_day(notice)), subject_to_contract=not contract.is_binding,
        )  # fmt: skip
