"""What there is under a framework's ceiling, beside one order and for a reader. Reads only; what moves it is
``procurement.capacity``'s."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, Count, Exists, Model, OuterRef, Q, QuerySet, Sum

from catalogue.pricing import ZERO
from documents import audit
from procurement.models import CallOff, CallOffState, CapacityAccount, CapacityEntry, CounterProposal


@dataclass(frozen=True)
class CapacityForecast:
    """Where the framework would stand if this order went through (GBP, VAT excluded).

    ``reserved`` and ``in_approval`` are those of all other orders; the latter of the reader's own alone where ``withheld``
    (``in_approval``). ``fits`` asks what a reservation asks: what is committed and reserved; an order still in its
    department's approval has no place yet.
    """

    ceiling: Decimal
    committed: Decimal
    reserved: Decimal
    in_approval: Decimal
    this_order: Decimal
    withheld: bool = False

    @property
    def free_after(self) -> Decimal:
        """Beside everything that is in approval too; below zero where not all of it fits."""
        return self.ceiling - self.committed - self.reserved - self.in_approval - self.this_order

    @property
    def free_now(self) -> Decimal:
        """Beside what has a place already, without this order."""
        return self.ceiling - self.committed - self.reserved

    @property
    def left(self) -> Decimal:
        """What would be free beside what is committed and reserved; below zero where it does not fit."""
        return self.free_now - self.this_order

    @property
    def fits(self) -> bool:
        return self.left >= 0


def unreserved(call_offs: QuerySet[CallOff]) -> QuerySet[CallOff]:
    """Those in their department's approval that have no place under the ceiling yet; an accepted counter-proposal has."""
    placed = CounterProposal.objects.filter(became=OuterRef("revision_id"))
    return call_offs.filter(~Exists(placed), state=CallOffState.DEPARTMENT_APPROVAL)


FEWEST = 3  # departments behind a figure that is of others and no total of the framework


def in_approval(found: dict[str, Any]) -> tuple[Decimal, bool]:
    """What ``unreserved`` orders come to (GBP, VAT excluded) for a reader, from the values of ``pending``, and whether those
    of others are left out. A department reads of its own orders alone, and that it does, while fewer than three others stand behind the rest: what one of them is about
    to order would be read from it, and from its absence that none is. What is committed, reserved and free is a total of the framework: nobody can order
    without knowing what is free, and no more is told by the rest of it."""
    withheld = "others" in found and (found["others"] or 0) < FEWEST
    return (found["own"] if withheld else found["total"]) or ZERO, withheld


def pending(reader: Collection[int] | None) -> dict[str, Aggregate]:
    """What ``in_approval`` needs of ``unreserved`` orders. ``reader``: the ids of the departments that it is shown to; None
    for the authority, which reads all of it."""
    total = {"total": Sum("whole_life_gbp")}
    if reader is None:
        return total
    own = Q(department_id__in=reader)
    return total | {"own": Sum("whole_life_gbp", filter=own), "others": Count("department_id", distinct=True, filter=~own)}


def holder_words(thing: Model) -> str:
    """What is reserved and committed for it stands in the ledger under these."""
    return " ".join(audit.subject_of(thing))


def edge_words(call_off: CallOff) -> str:
    """The same, of the upper edge of its quantities, which outlasts the order's own reservation."""
    return f"edge of {holder_words(call_off)}"


def capacity_forecast(
    call_off: CallOff, amount: Decimal, *, holder: Model | None = None, reader: Collection[int] | None = None
) -> CapacityForecast:
    """``amount``: what the order, or another ``holder`` that belongs to it, comes to (GBP, VAT excluded); ``reader`` as for
    ``pending``."""
    account = CapacityAccount.objects.get(framework=call_off.framework_id)
    own = [holder_words(holder)] if holder else [holder_words(call_off), edge_words(call_off)]
    entries = CapacityEntry.objects.filter(holder__in=own)
    here = entries.aggregate(total=Sum("reserved_delta_gbp"))["total"] or ZERO
    others = CallOff.objects.filter(framework=call_off.framework_id).exclude(pk=call_off.pk)
    waiting, withheld = in_approval(unreserved(others).aggregate(**pending(reader)))
    return CapacityForecast(
        account.ceiling_gbp, account.committed_gbp, account.reserved_gbp - here, waiting, amount, withheld
    )
