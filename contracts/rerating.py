"""Prices that fall for everybody: when what departments have ordered reaches another price band, every contract in force has
that band's prices from the first of the following month, by a sealed notice (domain.md, "Price").

What is due is read from the terms and from the volumes, not from the event that brings it: a contract is asked about as
often as one likes, at once by several or after a stop, and gets each notice once.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum

from catalogue import queries as catalogue
from catalogue.models import Framework, ServiceVersion
from catalogue.pricing import add_months, first_of_month, unit_price
from contracts import notices, notifications, terms
from contracts.locking import lock_contract
from contracts.models import Contract, ContractState, ContractVersion, LineChange
from contracts.notices import Fall
from contracts.terms import RECURRING, Terms
from documents import audit, jobs, numbers, steps, store
from documents.actors import SYSTEM, Actor
from documents.clock import london_day
from procurement.models import VolumeEntry

DOCUMENT_KIND, TEMPLATE_VERSION = "rerating_notice", 1
AT_ONCE = 100  # contracts whose terms are read together


class Volumes:
    """What counts towards a framework's price bands, from which day on. A quantity falls again where what was ordered ends:
    a band once reached is kept for the life of each contract that had it (the contract's Schedule 1, paragraph 5.4)."""

    def __init__(self, framework: Framework):
        entries = VolumeEntry.objects.filter(framework=framework).values_list("effective_from", "volume")
        self.changes = list(entries.annotate(Sum("quantity")).order_by("effective_from", "volume"))
        self.prices: dict[tuple[int, int], Decimal | None] = {}

    def turns(self) -> list[date]:
        """The first days of months on which a price may follow what was ordered in the month before, ascending."""
        return sorted({_following_month(day) for day, _volume, _quantity in self.changes})

    def most(self, turns: Iterable[date], *, since: date) -> Iterator[tuple[date, dict[str, int]]]:
        """For each of the ascending turns by volume the most that there was on any day before it, from the end of the day
        ``since`` on: what was reached and lost before a contract was signed is not what it keeps."""
        standing: dict[str, int] = {}
        most: dict[str, int] = {}
        rest = iter(self.changes)
        change = next(rest, None)
        for turn in turns:
            while change is not None and change[0] < turn:
                day, volume, quantity = change
                standing[volume] = standing.get(volume, 0) + quantity
                most[volume] = standing[volume] if day <= since else max(standing[volume], most.get(volume, 0))
                change = next(rest, None)
            yield turn, dict(most)

    def price(self, service: ServiceVersion, reached: dict[str, int]) -> Decimal | None:
        """``due_price`` (GBP a unit), worked out once for each quantity that is asked about."""
        key = service.pk, reached.get(service.band_table, 0)
        if key not in self.prices:
            self.prices[key] = due_price(service, reached)
        return self.prices[key]


def _following_month(day: date) -> date:
    return add_months(first_of_month(day), 1)


def due_price(service: ServiceVersion, volumes: dict[str, int]) -> Decimal | None:
    """GBP a unit at the band that the framework's volumes reach, by the bands of the service's own release; None for what
    is not charged by the month or has no bands over the framework."""
    if service.charge_type != RECURRING or not service.band_table:
        return None
    table = catalogue.price_list(service.release).bands[service.band_table]
    if table.scope != "framework":
        return None
    return unit_price(service.list_price_gbp, table.reached(volumes.get(table.code, 0)).discount_percent)


def look(framework: Framework, *, cause: str) -> None:
    """Ask a worker, once for each cause, on whose prices the volumes tell: when a contract is executed, and every day."""
    jobs.enqueue("contracts.find_falls", f"framework {framework.reference}", key=f"falls:{framework.pk}:{cause}",
                 payload={"framework": framework.pk, "cause": cause})  # fmt: skip


def candidates(framework: Framework, on: date) -> list[int]:
    """Ids of the contracts in force that pay more for a line, from any turn on, than the price that is due from then:
    there is a notice to make. As many queries for a hundred contracts as for one."""
    volumes, found = Volumes(framework), []
    running = Contract.objects.filter(framework=framework, state=ContractState.EXECUTED, ends_on__gte=on).order_by("pk")
    for contract in running.prefetch_related(terms.all_changes()).iterator(chunk_size=AT_ONCE):
        standing = terms.put_together(terms.changes_of(contract))
        if any(True for turn, reached in _reached(contract, volumes) for _fall in _falls(standing, volumes, reached, turn)):
            found.append(contract.pk)
    return found


@transaction.atomic
def rerate(contract: Contract, *, at: datetime, by: Actor = SYSTEM) -> list[ContractVersion]:
    """Make the notices that are due, each with the change of the terms that it announces; one of an earlier month also
    where a later one stands. No price rises, and of a contract that has ended nothing changes. Safe to run twice and by
    two at once."""
    contract = lock_contract(contract)
    if contract.state != ContractState.EXECUTED or contract.ends_on < london_day(at):
        return []
    return _notices(contract, contract.ends_on, by=by, at=at)


def catch_up(contract: Contract, last_day: date, *, by: Actor, at: datetime) -> list[ContractVersion]:
    """Make the notices that are due by the last day of a contract that is about to end, for a clock that is late: nobody looks at
    it afterwards. The caller holds the contract's lock."""
    return _notices(contract, last_day, by=by, at=at)


def _notices(contract: Contract, last_day: date, *, by: Actor, at: datetime) -> list[ContractVersion]:
    volumes, made = Volumes(contract.framework), []
    before = terms.read(contract)
    for turn, reached in _reached(contract, volumes):
        falls = list(_falls(terms.put_together(before), volumes, reached, turn)) if turn <= last_day else []
        if falls:
            made.append(_notice(contract, turn, before, falls, reached, by=by, at=at))
            before = terms.read(contract)
    return made


def _reached(contract: Contract, volumes: Volumes) -> Iterator[tuple[date, dict[str, int]]]:
    """The days from which a price may fall, ascending, each with the volumes that the contract has seen by then: the turns
    of the volumes, and the days on which terms take effect, whose new lines have their price of then. None before the
    contract's first day, nor before the month that follows its signature: until then its price is the one that was
    signed."""
    signed_on = contract.signed_on
    first = max(_following_month(signed_on), contract.starts_on)
    other = [version.effective_from for version in contract.versions.all()]
    turns = sorted({max(turn, first) for turn in volumes.turns()} | {day for day in other if day >= first})
    return volumes.most(turns, since=signed_on)


def _falls(standing: Sequence[Terms], volumes: Volumes, reached: dict[str, int], turn: date) -> Iterator[Fall]:
    """The lines that would cost less from that day on; what ends before it stays as it was charged."""
    for line in terms.as_of(standing, turn).lines:
        price = volumes.price(line.line.service, reached)
        if price is not None and price < line.unit_price and (line.ends_on is None or line.ends_on >= turn):
            yield Fall(line, price)


def _notice(
    contract: Contract, turn: date, before: list[terms.Change], falls: list[Fall], reached: dict[str, int], *, by: Actor,
    at: datetime,
) -> ContractVersion:  # fmt: skip
    version = ContractVersion(
        contract=contract, number=len(before) + 1, kind=ContractVersion.Kind.RERATING, effective_from=turn, made_at=at,
        caused_by=numbers.take("RN", london_day(at).year),
    )  # fmt: skip
    changes = [LineChange(version=version, line=fall.line.line, unit_price_gbp=fall.price) for fall in falls]
    after = terms.put_together([*before, (version, changes)])
    payload = notices.build(version, falls, reached, terms.put_together(before), after, at=at)
    version.document = store.create(
        kind=DOCUMENT_KIND, version=TEMPLATE_VERSION, subject=f"notice {version.caused_by}", number=version.caused_by,
        payload=payload, signers=[], by=by, at=at,
    )  # fmt: skip
    version.save()
    LineChange.objects.bulk_create(changes)
    audit.record("contract.rerated", contract, by=by, at=at, extra={"notice": version.caused_by, "from": turn.isoformat()})
    steps.ask_to_make(version.document)
    return version


@transaction.atomic
def announced(version: ContractVersion, *, at: datetime) -> None:
    """The notice is sealed and closed: both sides are told. A repeat writes nothing new."""
    notifications.tell_rerated(version, at)
