"""Orders that are priced together for their approval route (domain.md, "Approval": same department, same services, 30
days). Splitting an order then lowers neither its steps nor the limit its approvers need (trust.md, "Invariants", 23).

Counted are the department's orders under the framework that are submitted and not ended unbound, submitted within the
framework's ``priced_together_days`` before this one, and for a service that this one orders too, directly or through
another of them: or a chain of parts, each with the next one's service, would never be added up. Values are whole lives
in GBP, VAT excluded.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.contrib.postgres.aggregates import ArrayAgg

from catalogue.pricing import ZERO
from documents.clock import first_moment, london_day
from procurement.models import EDITABLE, UNBOUND, CallOff, CallOffRevision


@dataclass(frozen=True)
class Related:
    """Another order, as it was submitted."""

    reference: str
    submitted_on: date
    whole_life_gbp: Decimal
    services: frozenset[str]


@dataclass(frozen=True)
class Together:
    """An order's own value and the orders counted with it, in the order of their submission."""

    own_gbp: Decimal
    others: tuple[Related, ...]
    days: int

    @property
    def total_gbp(self) -> Decimal:
        """What the route and the limits of who commits follow."""
        return self.own_gbp + sum((other.whole_life_gbp for other in self.others), ZERO)

    @property
    def plain(self) -> list[dict[str, str]]:
        """As kept with the revision: money with two places, ISO days."""
        return [
            {"reference": other.reference, "submitted_on": other.submitted_on.isoformat(),
             "whole_life_gbp": f"{other.whole_life_gbp:.2f}"}
            for other in self.others
        ]  # fmt: skip


def connected(services: Collection[str], others: Iterable[Related]) -> tuple[Related, ...]:
    """Those that share a service with these, or with another one that does, in the order given."""
    reached, left, found = set(services), list(others), []
    while more := [other for other in left if reached & other.services]:
        found += more
        left = [other for other in left if other not in more]
        reached |= set().union(*(other.services for other in more))
    return tuple(sorted(found, key=lambda other: (other.submitted_on, other.reference)))


def together(revision: CallOffRevision, services: Collection[str], own_gbp: Decimal, on: date) -> Together:
    """What an order of these services and this value would be counted together with, if it were submitted on the day.
    In an action, ``locking.lock_ordering`` comes first: two parts submitted at one moment then see each other."""
    call_off = revision.call_off
    days = call_off.framework.priced_together_days
    first = first_moment(on - timedelta(days=days))
    rows = (
        CallOff.objects.filter(
            framework=call_off.framework_id, department=call_off.department_id, revision__submitted_at__gte=first
        )
        .exclude(state__in=[*EDITABLE, *UNBOUND])
        .exclude(pk=call_off.pk)
        .annotate(codes=ArrayAgg("revision__lines__service_code", distinct=True))
        .values_list("reference", "revision__submitted_at", "revision__whole_life_gbp", "codes")
    )
    others: Sequence[Related] = [
        Related(reference, london_day(at), value, frozenset(codes)) for reference, at, value, codes in rows
    ]
    return Together(own_gbp, connected(services, others), days)
