"""Prices that fall for everybody: when what departments have ordered reaches another price band, every contract in force has
that band's prices from the first of the following month, by a sealed notice (domain.md, "Price").

What is due is read from the terms and from the volumes, not from the event that brings it: a contract is asked about as
often as one likes, at once by several or after a stop, and gets each notice once.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

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


class Volumes:
    """What counts towards a framework's price bands, from which day on."""

    def __init__(self, framework: Framework):
        entries = VolumeEntry.objects.filter(framework=framework)
        self.entries = list(entries.values_list("effective_from", "volume", "quantity"))

    def turns(self) -> list[date]:
        """The first days of months on which a price may follow what was ordered in the month before, ascending."""
        return sorted({_following_month(day) for day, _volume, _quantity in self.entries})

    def before(self, turn: date) -> dict[str, int]:
        """By volume what had been ordered by then."""
        found: dict[str, int] = {}
        for day, volume, quantity in self.entries:
            if day < turn:
                found[volume] = found.get(volume, 0) + quantity
        return found

    def most(self) -> dict[str, int]:
        """By volume the most that there was at any turn: a band once reached is kept."""
        found: dict[str, int] = {}
        for turn in self.turns():
            for volume, quantity in self.before(turn).items():
                found[volume] = max(quantity, found.get(volume, quantity))
        return found


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
    """Ids of the contracts in force that pay more for a line, as it stands last, than the most that the volumes have come
    to, ascending: there is a notice to make. Three queries."""
    most = Volumes(framework).most()
    last = (
        LineChange.objects.filter(
            line__contract__framework=framework, line__contract__state=ContractState.EXECUTED,
            line__contract__ends_on__gte=on, unit_price_gbp__isnull=False,
        )
        .order_by("line_id", "-version__effective_from", "-version__number")
        .distinct("line_id")
    )  # fmt: skip
    paid = list(last.values_list("line__contract_id", "line__service_id", "unit_price_gbp"))
    services = ServiceVersion.objects.filter(pk__in={service for _contract, service, _price in paid})
    due = {service.pk: due_price(service, most) for service in services.select_related("release")}
    return sorted({contract for contract, service, price in paid if (reached := due[service]) is not None and reached < price})


@transaction.atomic
def rerate(contract: Contract, *, at: datetime, by: Actor = SYSTEM) -> list[ContractVersion]:
    """Make the notices that are due, each with the change of the terms that it announces. A band once reached is kept: no
    price rises. Safe to run twice and by two at once."""
    contract = lock_contract(contract)
    if contract.state != ContractState.EXECUTED:
        return []
    volumes, made = Volumes(contract.framework), []
    for turn in _turns(contract, volumes):
        before = terms.read(contract)
        reached = volumes.before(turn)
        falls = list(_falls(terms.put_together(before), reached, turn))
        if falls:
            made.append(_notice(contract, turn, before, falls, reached, by=by, at=at))
    return made


def _turns(contract: Contract, volumes: Volumes) -> list[date]:
    """The days from which a price may fall, ascending: those of the volumes, and those on which other terms take effect,
    whose new lines have their price of then. None before the contract's first day, nor before the month that follows its
    signature: until then its price is the one that was signed."""
    first = max(_following_month(contract.signed_on), contract.starts_on)
    other = contract.versions.exclude(kind=ContractVersion.Kind.RERATING).values_list("effective_from", flat=True)
    return sorted({max(turn, first) for turn in volumes.turns()} | {day for day in other if day >= first})


def _falls(standing: Sequence[Terms], volumes: dict[str, int], turn: date) -> Iterator[Fall]:
    """The lines that would cost less from that day on; what ends before it stays as it was charged."""
    for line in terms.as_of(standing, turn).lines:
        price = due_price(line.line.service, volumes)
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
