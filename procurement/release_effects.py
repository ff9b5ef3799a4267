"""What a release would mean in money: the same baskets under it, beside what they cost as agreed.

Nothing of it happens to them: a release never touches a live contract, and an order in approval keeps the price that it
was submitted at. It says what the next order of the same kind would cost.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import DateField, Exists, F, Func, OuterRef, Q, QuerySet

from catalogue import queries as catalogue_queries
from catalogue.contents import Content
from catalogue.models import CatalogueRelease
from catalogue.pricing import ZERO, Line, PriceList, percent_of, price_lines
from documents.clock import london_day
from procurement import access, quoting
from procurement.actors import Person
from procurement.models import INSIDE, CallOff, CallOffLine, CallOffRevision, CallOffState, VolumeEntry

S = CallOffState
UNDER_WAY = (S.DEPARTMENT_APPROVAL, S.AUTHORITY_APPROVAL, S.WITH_SUPPLIER, S.COUNTER_PROPOSED, S.CONFIRMED)
MOST_IN_TOTAL = 400  # baskets priced for one total


@dataclass(frozen=True)
class Effect:
    """GBP over the whole life, VAT excluded. ``difference`` is what the services that are still offered would cost more
    (or less, below zero) at the same volumes; ``gone`` are services of the basket that the release does not offer;
    ``state`` is the order's in words for the reader."""

    call_off: CallOff
    state: str
    agreed: Decimal
    difference: Decimal
    gone: tuple[str, ...]

    @property
    def percent(self) -> Decimal | None:
        """By how many per cent of what was agreed they would cost more, below zero less; None of nothing."""
        return percent_of(self.difference, self.agreed)


@dataclass(frozen=True)
class Total:
    """Of one group of orders; ``priced`` is how many the sums are of, fewer than ``count`` where there are too many."""

    count: int
    priced: int
    agreed: Decimal
    difference: Decimal
    gone: int


def concerned(release: CatalogueRelease, by: Person, on: date) -> QuerySet[CallOff]:
    """The reader's orders under the framework that are in approval, with the supplier, or contracted and not over. Of those
    that were theirs and have gone back to the department the supplier reads nothing: not even whether they are decided on."""
    seen = access.sight_of(by, on)
    gone_back = Q(supplier_id__in=seen.sellers, state__in=INSIDE)
    runs = CallOffLine.objects.filter(revision=OuterRef("revision_id")).annotate(
        over=Func(F("starts_on"), F("months"), template="((%(expressions)s))::date", arg_joiner=" + interval '1 month' * ",
                  output_field=DateField())
    )  # fmt: skip
    return (
        access.visible_call_offs(by, on)
        .filter(framework=release.framework_id)
        .filter(Q(state__in=UNDER_WAY) | Q(Exists(runs.filter(over__gt=on)), state=S.CONTRACTED))
        .exclude(gone_back)
        .select_related("department", "framework", "supplier", "revision", "authority_revision", "supplier_revision")
        .order_by("-id")
    )


def of(orders: Sequence[CallOff], content: Content, by: Person, on: date) -> list[Effect]:
    """Each order's effect, in as many queries for one as for many (beside what is read once of each release)."""
    views = {order.pk: access.viewpoint(by, order, on) for order in orders}
    seen = {order.pk: access.revision_seen(order, views[order.pk]) for order in orders}
    revisions = [revision for revision in seen.values() if revision.submitted_at is not None]
    lines: dict[int, list[CallOffLine]] = {}
    for line in CallOffLine.objects.filter(revision__in=revisions).select_related("site").order_by("number"):
        lines.setdefault(line.revision_id, []).append(line)
    releases = {r.pk: r for r in CatalogueRelease.objects.filter(pk__in={r.release_id for r in revisions})}
    volumes = _volumes({order.framework_id for order in orders})
    return [
        _effect(order, views[order.pk], seen[order.pk], quoting.as_pricing_lines(lines.get(seen[order.pk].pk, [])),
                catalogue_queries.price_list(releases[seen[order.pk].release_id]), content.price_list, volumes)
        for order in orders
        if seen[order.pk].release_id in releases
    ]  # fmt: skip


def _volumes(frameworks: Iterable[int]) -> list[VolumeEntry]:
    return list(VolumeEntry.objects.filter(framework__in=frameworks))


def _effect(
    order: CallOff, view: str, revision: CallOffRevision, lines: Sequence[Line], was: PriceList, now: PriceList,
    entries: Iterable[VolumeEntry],
) -> Effect:  # fmt: skip
    """Both prices at the volumes of the day it was submitted, so that the difference is the release's alone."""
    day, volumes = london_day(revision.submitted_at), dict[str, int]()
    for entry in entries:
        if entry.framework_id == order.framework_id and entry.effective_from <= day:
            volumes[entry.volume] = volumes.get(entry.volume, 0) + entry.quantity
    kept = [line for line in lines if line.service in now.services]
    gone = sorted({line.service for line in lines} - set(now.services))
    before = sum((p.total for p in price_lines(kept, was, volumes)), ZERO)
    after = sum((p.total for p in price_lines(kept, now, volumes)), ZERO)
    return Effect(order, order.state_words(view), revision.whole_life_gbp, after - before, tuple(gone))


def total(orders: QuerySet[CallOff], content: Content, by: Person, on: date) -> Total:
    """Of the newest orders, up to what one page can price."""
    found = of(list(orders[:MOST_IN_TOTAL]), content, by, on)
    return Total(
        orders.count(), len(found), sum((e.agreed for e in found), ZERO), sum((e.difference for e in found), ZERO),
        sum(1 for e in found if e.gone),
    )  # fmt: skip
