"""What an invoice of a month is compared with: the charges of the one ledger, what milestones release, and what takes from both.

Money is Decimal GBP with two places, VAT excluded unless it is named. Sources: the contract's clauses 12 and 13; domain.md, "Invoices".

- Services are charged in arrears: those of a month count once it is over, as ``contracts.charges`` has them, recurring lines and
  the share of usage lines; a break cost in the month from which the contract is terminated. One-off work is not among them: it is
  paid by milestones.
- Of a milestone counts what its acceptance released in that month; what the delay takes from it is the delay payment.
- A service credit counts with the invoice whose reference it was applied to, of whatever month the credit is.
- What other invoices of the month ask that are matched, approved or paid is used up, with the credits that came off them.
- VAT is at the rate in force on the first of the month, rounded half-up once an invoice.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet, Sum

from catalogue import queries as catalogue
from catalogue.pricing import HUNDRED, ZERO, add_months, first_of_month, to_penny, vat_percent
from contracts import charges, levels, terms
from contracts.models import (
    COUNTED,
    Contract,
    CreditAct,
    Invoice,
    PaymentRelease,
    Termination,
    TerminationState,
)
from documents import clock

ONE_OFF = "one_off"


@dataclass(frozen=True)
class Due:
    """The parts of what is due for a month, and its VAT."""

    services: Decimal
    milestones: Decimal
    delay: Decimal
    credits: Decimal
    billed: Decimal
    vat_percent: Decimal

    @property
    def net(self) -> Decimal:
        return self.services + self.milestones - self.delay - self.credits - self.billed

    @property
    def vat(self) -> Decimal:
        return vat(self.net, self.vat_percent)


def vat(net: Decimal, percent: Decimal) -> Decimal:
    """Half-up to the penny."""
    return to_penny(net * percent / HUNDRED)


def of_services(standing: Sequence[terms.Terms], month: date) -> Decimal:
    """What all but the one-off lines come to in the month: recurring and usage lines, and what ends the contract for convenience."""
    versions = terms.ledger(standing)
    phases = {line.number: line.phase for version in versions for line in version.lines}
    amounts = charges.by_line_and_month(versions).items()
    return sum((amount for (number, first), amount in amounts if first == month and phases[number] != ONE_OFF), ZERO)


def last_month(ends_on: date, *, by_notice: bool) -> date:
    """The last in which something can be charged by the terms of a contract that ends on the day: that of the day; if it was
    ended by a notice that of the day after, on which that takes effect."""
    return first_of_month(ends_on + timedelta(days=1) if by_notice else ends_on)


def with_notice(contracts: QuerySet[Contract]) -> QuerySet[Contract]:
    """Each says whether a notice has ended it (``by_notice``)."""
    return contracts.annotate(
        by_notice=Exists(Termination.objects.filter(contract=OuterRef("pk"), state=TerminationState.IN_EFFECT))
    )


def between(month: date) -> tuple[datetime, datetime]:
    """The moments in which the month begins and ends in London."""
    begins, ends = (datetime.combine(day, time(), tzinfo=clock.LONDON) for day in (month, add_months(month, 1)))
    return begins, ends


def _releases(month: date):
    begins, ends = between(month)
    return PaymentRelease.objects.filter(decision__decided_at__gte=begins, decision__decided_at__lt=ends)


def released(contract: Contract, month: date) -> tuple[Decimal, Decimal]:
    """What acceptances of the month released of its payments, and what their delays take from that."""
    rows = _releases(month).filter(payment__milestone__contract=contract)
    found = rows.aggregate(amount=Sum("amount_gbp"), delay=Sum("reduction_gbp"))
    return found["amount"] or ZERO, found["delay"] or ZERO


def of_month(contracts: Iterable[Contract], month: date) -> dict[Contract, Decimal]:
    """What the ledger says of contracts (with ``terms.all_changes``) and a month, which is over: services and what milestones
    released, less delay payments and the credits applied in it, to whichever invoice. Below zero where more is given back than
    is charged. Two queries."""
    begins, ends = between(month)
    other: dict[int, Decimal] = defaultdict(lambda: ZERO)
    rows = _releases(month).values_list("payment__milestone__contract").annotate(Sum("amount_gbp"), Sum("reduction_gbp"))
    for contract, amount, delay in rows.order_by():
        other[contract] += amount - delay
    acts = CreditAct.objects.filter(kind=CreditAct.Kind.APPLIED, at__gte=begins, at__lt=ends)
    for contract, amount in acts.values_list("credit__contract").annotate(Sum("amount_gbp")).order_by():
        other[contract] -= amount
    return {one: of_services(terms.put_together(terms.changes_of(one)), month) + other[one.pk] for one in contracts}


def anything(contract: Contract, month: date) -> bool:
    """Whether the ledger has a charge or a released payment in the month: after the last day what runs on without a contract, a
    break cost, or a milestone that was decided then."""
    return bool(of_services(terms.put_together(terms.read(contract)), month)) or any(released(contract, month))


def applied(contract: Contract) -> dict[str, Decimal]:
    """The credits that were applied, by the reference of the invoice in capitals: a reference is the same in any."""
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    acts = CreditAct.objects.filter(credit__contract=contract, kind=CreditAct.Kind.APPLIED)
    for reference, amount in acts.values_list("invoice_reference", "amount_gbp"):
        found[reference.strip().upper()] += amount
    return found


def credited(contract: Contract, reference: str) -> Decimal:
    """The credits that were applied to the invoice of the reference."""
    return applied(contract)[reference.strip().upper()]


def used_up(invoice: Invoice) -> Decimal:
    """What other invoices of the month ask that count, with the credits that made them less: those were given back by that."""
    others = Invoice.objects.filter(contract=invoice.contract, month=invoice.month, state__in=COUNTED).exclude(pk=invoice.pk)
    return sum((one.net_gbp + credited(invoice.contract, one.reference) for one in others), ZERO)


def due(invoice: Invoice, on: date) -> Due:
    """What is due for the month of the invoice on the day."""
    contract, month = invoice.contract, invoice.month
    services = of_services(terms.put_together(terms.read(contract)), month) if levels.is_complete(month, on) else ZERO
    milestones, delay = released(contract, month)
    return Due(
        services, milestones, delay, credited(contract, invoice.reference), used_up(invoice),
        vat_percent(catalogue.vat_rates(on), month),
    )  # fmt: skip
