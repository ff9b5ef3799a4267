"""Reserve, commit and release under the ceiling: one conditional UPDATE on the counter and one fact in the ledger.

The counter is locked by that UPDATE, so nothing slow may follow it in the transaction. Amounts are GBP, VAT excluded.
"""

from datetime import date, datetime
from decimal import Decimal

from django.db.models import F, Sum
from django.utils.translation import gettext as _

from catalogue.models import Framework
from documents.refusal import refuse
from documents.templatetags.flex import gbp
from procurement.models import CallOff, CallOffRevision, CapacityAccount, CapacityEntry, VolumeEntry

ZERO = Decimal("0.00")
Kind = CapacityEntry.Kind


def reserved_for(call_off: CallOff) -> Decimal:
    """What the ledger still holds reserved for the call-off."""
    return call_off.capacity_entries.aggregate(total=Sum("reserved_delta_gbp"))["total"] or ZERO


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


def reserve_to(revision: CallOffRevision, amount: Decimal, *, at: datetime, by: str = "reserve") -> None:
    """Set the call-off's reservation to ``amount``; the entry is the difference. Raises Refused over the ceiling. ``by``
    names the act in the entry's key, once a revision: the last approval's ``reserve``, or ``counter``."""
    call_off = revision.call_off
    difference = amount - reserved_for(call_off)
    if difference:
        entry = _entry(Kind.RESERVE, call_off, revision, f"{by}:{call_off.public_id}:{revision.number}")
        _move(call_off.framework, reserved=difference, committed=ZERO, entry=entry, at=at)


def release_all(call_off: CallOff, *, at: datetime) -> None:
    """Give back whatever is reserved for the call-off (return, rejection, withdrawal, decline, lapse)."""
    held = reserved_for(call_off)
    if held:
        count = call_off.capacity_entries.count()
        entry = _entry(Kind.RELEASE, call_off, call_off.revision, f"release:{call_off.public_id}:{count}")
        _move(call_off.framework, reserved=-held, committed=ZERO, entry=entry, at=at)


def commit(revision: CallOffRevision, *, at: datetime, on: date) -> None:
    """Turn the reservation into commitment and append the volume entries, on execution of the contract."""
    call_off = revision.call_off
    amount = revision.whole_life_gbp
    entry = _entry(Kind.COMMIT, call_off, revision, f"commit:{call_off.public_id}")
    for volume, quantity in sorted(_volumes_of(revision).items()):
        VolumeEntry.objects.create(
            framework=call_off.framework, volume=volume, quantity=quantity, effective_from=on,
            source=call_off.reference, key=f"volume:{call_off.public_id}:{volume}",
        )  # fmt: skip
    _move(call_off.framework, reserved=-reserved_for(call_off), committed=amount, entry=entry, at=at)


def raise_to(call_off: CallOff, amount: Decimal, *, key: str, at: datetime) -> Decimal:
    """Commit what a contract in force comes to more than is committed for it; returns how much that was, 0 where it comes to
    no more: what is committed is not given back. ``key`` once an act. Raises Refused over the ceiling."""
    committed = call_off.capacity_entries.aggregate(total=Sum("committed_delta_gbp"))["total"] or ZERO
    more = max(ZERO, amount - committed)
    if more:
        entry = _entry(Kind.ADJUST, call_off, call_off.revision, key)
        _move(call_off.framework, reserved=ZERO, committed=more, entry=entry, at=at)
    return more


def _volumes_of(revision: CallOffRevision) -> dict[str, int]:
    """Recurring shared quantities by volume name, as frozen with the revision's services; interim adds nothing."""
    added: dict[str, int] = {}
    for line in revision.lines.select_related("service").filter(phase="shared"):
        name = line.service.adds_to_volume
        if name and line.service.charge_type == "recurring":
            added[name] = added.get(name, 0) + line.quantity
    return added


def _entry(kind: str, call_off: CallOff, revision: CallOffRevision, key: str) -> dict:
    return {"kind": kind, "call_off": call_off, "revision": revision, "source": call_off.reference, "key": key}
