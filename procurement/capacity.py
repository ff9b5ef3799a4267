"""Reserve, commit and release under the ceiling: one conditional UPDATE on the counter and one fact in the ledger.

The counter is locked by that UPDATE, so nothing slow may follow it in the transaction. Amounts are GBP, VAT excluded.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet, Sum
from django.utils.translation import gettext as _

from catalogue.models import Framework
from catalogue.pricing import ZERO
from documents.refusal import refuse
from documents.templatetags.flex import gbp
from procurement.headroom import edge_words, holder_words
from procurement.models import CallOff, CallOffRevision, CapacityAccount, CapacityEntry, VolumeEntry

Kind = CapacityEntry.Kind


@dataclass(frozen=True)
class Holder:
    """Whose reservation and commitment it is: an order, or what changes the contract that it became, which then touches
    nothing of the order's. ``words`` are its own in the ledger, ``key`` is in the keys of its entries, once a holder, and
    ``round`` which of its contents was approved; ``revision`` is the order's, if it is one."""

    words: str
    key: str
    round: int
    call_off: CallOff
    source: str
    revision: CallOffRevision | None = None

    def entries(self) -> QuerySet[CapacityEntry]:
        return CapacityEntry.objects.filter(holder=self.words)


def of_order(call_off: CallOff) -> Holder:
    revision = call_off.revision
    return Holder(
        holder_words(call_off), str(call_off.public_id), revision.number, call_off, call_off.reference or "", revision
    )


def edge_of(call_off: CallOff) -> Holder:
    """The upper edge of its quantities: reserved with the order, and kept for its contract's change requests until that ends."""
    return Holder(edge_words(call_off), f"edge:{call_off.public_id}", call_off.revision.number, call_off, call_off.reference or "")


def reserved_for(holder: Holder) -> Decimal:
    """GBP that the ledger still holds reserved for it."""
    return holder.entries().aggregate(total=Sum("reserved_delta_gbp"))["total"] or ZERO


def _move(framework: Framework, *, reserved: Decimal, committed: Decimal, entry: dict, at: datetime) -> None:
    updated = CapacityAccount.objects.filter(
        framework=framework,
        ceiling_gbp__gte=F("reserved_gbp") + F("committed_gbp") + reserved + committed,
    ).update(reserved_gbp=F("reserved_gbp") + reserved, committed_gbp=F("committed_gbp") + committed)
    account = CapacityAccount.objects.get(framework=framework)
    if not updated:
        refuse(
            _("This order needs %(needed)s more of %(framework)s and only %(free)s is free under its ceiling of %(ceiling)s.")
            % {
                "needed": gbp(reserved + committed), "framework": framework.reference,
                "free": gbp(account.headroom_gbp), "ceiling": gbp(account.ceiling_gbp),
            },
            _("The framework manager can raise the ceiling; the requester can order less."),
        )  # fmt: skip
    CapacityEntry.objects.create(
        account=account, reserved_delta_gbp=reserved, committed_delta_gbp=committed, at=at, **entry
    )


def open_account(framework: Framework, ceiling: Decimal, opening_commitment: Decimal, *, at: datetime) -> None:
    """The framework's counter, with what agreements outside the register already commit."""
    account, created = CapacityAccount.objects.get_or_create(framework=framework, defaults={"ceiling_gbp": ceiling})
    if created and opening_commitment:
        entry = {"kind": Kind.OPEN, "source": "opening commitment", "key": f"open:{framework.reference}"}
        _move(account.framework, reserved=ZERO, committed=opening_commitment, entry=entry, at=at)


def reserve_to(holder: Holder, amount: Decimal, *, act: str, at: datetime) -> None:
    """Set its reservation to ``amount``; the entry is the difference. Raises Refused over the ceiling. ``act`` names it in
    the entry's key, once a round: the last approval's ``reserve``, or ``counter``."""
    difference = amount - reserved_for(holder)
    if difference:
        entry = _entry(Kind.RESERVE, holder, f"{act}:{holder.key}:{holder.round}")
        _move(holder.call_off.framework, reserved=difference, committed=ZERO, entry=entry, at=at)


def release_all(holder: Holder, *, at: datetime) -> None:
    """Give back whatever is reserved for it (return, rejection, withdrawal, decline, lapse)."""
    held = reserved_for(holder)
    if held:
        entry = _entry(Kind.RELEASE, holder, f"release:{holder.key}:{holder.entries().count()}")
        _move(holder.call_off.framework, reserved=-held, committed=ZERO, entry=entry, at=at)


def release_order(call_off: CallOff, *, at: datetime) -> None:
    """Of an order that ends or goes back: what is reserved for it and for the upper edge of its quantities."""
    for holder in (of_order(call_off), edge_of(call_off)):
        release_all(holder, at=at)


def draw(call_off: CallOff, amount: Decimal, *, key: str, at: datetime) -> None:
    """Take what is about to be committed for its contract from what is reserved for the upper edge, as far as that reaches.
    ``key`` once an act."""
    edge = edge_of(call_off)
    held = reserved_for(edge)
    if part := min(held, amount):
        _move(call_off.framework, reserved=-part, committed=ZERO, entry=_entry(Kind.RELEASE, edge, key), at=at)


def uncommitted(call_off: CallOff, amount: Decimal) -> Decimal:
    """By how much a contract in force comes to more than is committed for it, by whatever holder; 0 where it comes to less."""
    committed = call_off.capacity_entries.aggregate(total=Sum("committed_delta_gbp"))["total"] or ZERO
    return max(ZERO, amount - committed)


def commit(holder: Holder, amount: Decimal, volumes: Mapping[str, int], *, at: datetime, on: date) -> None:
    """Turn its reservation into commitment, and count the volumes that it brings (or, below zero, takes away) from the day
    on."""
    framework = holder.call_off.framework
    for volume, quantity in sorted(volumes.items()):
        VolumeEntry.objects.create(
            framework=framework, volume=volume, quantity=quantity, effective_from=on, source=holder.source,
            key=f"volume:{holder.key}:{volume}",
        )  # fmt: skip
    entry = _entry(Kind.COMMIT, holder, f"commit:{holder.key}")
    _move(framework, reserved=-reserved_for(holder), committed=amount, entry=entry, at=at)


def raise_to(call_off: CallOff, amount: Decimal, *, key: str, at: datetime) -> Decimal:
    """Commit what a contract in force comes to more than is committed for it, by whatever holder; returns how much that was,
    0 where it comes to no more: what is committed is not given back. ``key`` once an act. Raises Refused over the ceiling."""
    more = uncommitted(call_off, amount)
    if more:
        entry = _entry(Kind.ADJUST, of_order(call_off), key)
        _move(call_off.framework, reserved=ZERO, committed=more, entry=entry, at=at)
    return more


def give_back(holder: Holder, charged: Decimal, *, at: datetime) -> Decimal:
    """Release what is committed for its order, by whatever holder, and will not be charged: ``charged`` is what the ended
    contract comes to. Returns how much, 0 where it comes to all of it or, with what its end costs, to more. Once a holder."""
    committed = holder.call_off.capacity_entries.aggregate(total=Sum("committed_delta_gbp"))["total"] or ZERO
    rest = max(ZERO, committed - charged)
    if rest:
        entry = _entry(Kind.RELEASE, holder, f"end:{holder.key}")
        _move(holder.call_off.framework, reserved=ZERO, committed=-rest, entry=entry, at=at)
    return rest


def volumes_of(revision: CallOffRevision) -> dict[str, int]:
    """Recurring shared quantities by volume name, as frozen with the revision's services; interim adds nothing."""
    added: dict[str, int] = {}
    for line in revision.lines.select_related("service").filter(phase="shared"):
        name = line.service.adds_to_volume
        if name and line.service.charge_type == "recurring":
            added[name] = added.get(name, 0) + line.quantity
    return added


def _entry(kind: str, holder: Holder, key: str) -> dict[str, Any]:
    return {
        "kind": kind, "holder": holder.words, "call_off": holder.call_off, "revision": holder.revision,
        "source": holder.source, "key": key,
    }  # fmt: skip
