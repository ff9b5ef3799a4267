"""What an invoice of a month is compared with: the charges of the one ledger, what milestones release, and what takes from both.

Money is Decimal GBP with two places, VAT excluded unless it is named. Sources: the contract's clauses 12 and 13; domain.md, "Invoices".

- Services are charged in arrears: those of a month count once it is over, as ``contracts.charges`` has them, recurring lines and
  the share of usage lines; a break cost in the month from which the contract is terminated. One-off work is not among them: it is
  paid by milestones.
- Of a milestone counts what its acceptance released in that month; what the delay takes from it is the delay payment.
- A service credit counts with the invoice whose reference it was applied to, of whatever month the credit is.
- What other invoices of the month ask that are matched, approved or paid is used up, with the credits that came off them and what
  was taken back by them of other months.
- Where the ledger says less of another month that is over than its invoices used up, what was overpaid is taken back, once: what
  counted invoices have taken back is left out, and is given back where the ledger has risen again since.
- VAT is at the rate in force on the first of the month, rounded half-up once an invoice.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet, Subquery, Sum

from catalogue import queries as catalogue
from catalogue.pricing import HUNDRED, ZERO, add_months, first_of_month, to_penny, vat_percent
from contracts import charges, levels, terms
from contracts.models import (
    COUNTED,
    Contract,
    CreditAct,
    Invoice,
    InvoiceCheck,
    InvoiceState,
    PaymentRelease,
    Termination,
    TerminationState,
)
from documents import clock

ONE_OFF = "one_off"


@dataclass(frozen=True)
class Due:
    """The parts of what is due for a month (GBP, VAT excluded) and the rate of its VAT (per cent). ``services`` and ``milestones`` are
    charged; ``delay``, ``credits``, ``billed`` and ``overpaid`` come off it."""

    services: Decimal
    milestones: Decimal
    delay: Decimal
    credits: Decimal
    billed: Decimal
    overpaid: Decimal
    vat_percent: Decimal

    @property
    def net(self) -> Decimal:
        """What an invoice of the month can ask for; below zero where more is used up than is charged."""
        return self.services + self.milestones - self.delay - self.credits - self.billed - self.overpaid

    @property
    def vat(self) -> Decimal:
        """Of all of it, rounded once."""
        return vat(self.net, self.vat_percent)


def vat(net: Decimal, percent: Decimal) -> Decimal:
    """GBP of VAT on the net amount at the rate in per cent, rounded half-up to the penny."""
    return to_penny(net * percent / HUNDRED)


def services_by_month(standing: Sequence[terms.Terms]) -> dict[date, Decimal]:
    """What all but the one-off lines come to, by the first of the month: recurring and usage lines, and what ends the contract for
    convenience. ``ZERO`` of every other month."""
    versions = terms.ledger(standing)
    phases = {line.number: line.phase for version in versions for line in version.lines}
    found: dict[date, Decimal] = defaultdict(lambda: ZERO)
    for (number, month), amount in charges.by_line_and_month(versions).items():
        if phases[number] != ONE_OFF:
            found[month] += amount
    return found


def of_services(standing: Sequence[terms.Terms], month: date) -> Decimal:
    """The same, of the month."""
    return services_by_month(standing)[month]


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
    return clock.first_moment(month), clock.first_moment(add_months(month, 1))


def _releases(month: date):
    begins, ends = between(month)
    return PaymentRelease.objects.filter(decision__decided_at__gte=begins, decision__decided_at__lt=ends)


def released(contract: Contract) -> dict[date, tuple[Decimal, Decimal]]:
    """By the first of the month: what its acceptances released of the contract's payments, and what delays take from that. One
    query."""
    found: dict[date, tuple[Decimal, Decimal]] = defaultdict(lambda: (ZERO, ZERO))
    rows = PaymentRelease.objects.filter(payment__milestone__contract=contract)
    for at, amount, delay in rows.values_list("decision__decided_at", "amount_gbp", "reduction_gbp"):
        month = first_of_month(clock.london_day(at))
        found[month] = found[month][0] + amount, found[month][1] + delay
    return found


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
    return bool(of_services(terms.put_together(terms.read(contract)), month)) or any(released(contract)[month])


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


@dataclass(frozen=True)
class _Sides:
    """Of a contract by month: what the ledger has, and what invoices that count use up of it: what they ask, the credits that made
    them less (those were given back by that) and what they took back of other months, which together is ``taken_back``."""

    services: dict[date, Decimal]
    released: dict[date, tuple[Decimal, Decimal]]
    used: dict[date, Decimal]
    taken_back: Decimal

    def overpaid(self, on: date, *, but: date | None = None) -> Decimal:
        """By which the months that are over on the day, but one, are used up beyond the ledger and none has taken back."""
        return sum((self._beyond(one) for one in list(self.used) if one != but and levels.is_complete(one, on)), ZERO) - self.taken_back

    def _beyond(self, month: date) -> Decimal:
        """By how much a month is used up beyond the ledger; none where less is."""
        amount, delay = self.released[month]
        return max(self.used[month] - self.services[month] - amount + delay, ZERO)


def _sides(contract: Contract, *, but: Invoice | None = None) -> _Sides:
    """With all its invoices that count, but one. Five queries."""
    used: dict[date, Decimal] = defaultdict(lambda: ZERO)
    taken_back, credits = ZERO, applied(contract)
    last = InvoiceCheck.objects.filter(invoice=OuterRef("pk")).order_by("-number").values("overpaid_gbp")[:1]
    for one in contract.invoices.filter(state__in=COUNTED).exclude(pk=but.pk if but else None).annotate(overpaid=Subquery(last)):
        used[one.month] += one.net_gbp + credits[one.reference.upper()] + one.overpaid
        taken_back += one.overpaid
    return _Sides(services_by_month(terms.put_together(terms.read(contract))), released(contract), used, taken_back)


def overpaid(contract: Contract, on: date) -> Decimal:
    """What the next invoice takes back of months that are over: below zero where too much was taken back."""
    return _sides(contract).overpaid(on)


@dataclass(frozen=True)
class NotInvoiced:
    """What no invoice that counts has used up yet of a month; VAT excluded, and before credits and what was overpaid. ``undecided``: the
    invoices of the month that count once they are compared, or taken as they are."""

    month: date
    net: Decimal
    vat_percent: Decimal
    undecided: Sequence[Invoice] = ()

    @property
    def vat(self) -> Decimal:
        """GBP: VAT on ``net``, rounded half-up once (``billing.vat``)."""
        return vat(self.net, self.vat_percent)


def not_invoiced(contract: Contract, on: date) -> list[NotInvoiced]:
    """The months of which something is left to invoice on the day, the newest first: services of those that are over, and what
    milestones released."""
    found, rates = _sides(contract), catalogue.vat_rates(on)
    undecided: dict[date, list[Invoice]] = defaultdict(list)
    for one in contract.invoices.filter(state__in=[InvoiceState.RECEIVED, InvoiceState.QUERIED]).order_by("number"):
        undecided[one.month].append(one)
    rows = []
    for month in sorted({*found.services, *found.released, *found.used}, reverse=True):
        amount, delay = found.released[month]
        services = found.services[month] if levels.is_complete(month, on) else ZERO
        left = services + amount - delay - found.used[month]
        if left > ZERO:
            rows.append(NotInvoiced(month, left, vat_percent(rates, month), undecided[month]))
    return rows


def credits_without_invoice(contract: Contract) -> list[tuple[str, Decimal]]:
    """Credits that were applied to a reference of which no invoice stands yet, by that reference in capitals."""
    standing = {one.upper() for one in contract.invoices.exclude(state=InvoiceState.REJECTED).values_list("reference", flat=True)}
    return sorted((reference, amount) for reference, amount in applied(contract).items() if reference not in standing)


def due(invoice: Invoice, on: date) -> Due:
    """What is due for the month of the invoice on the day."""
    contract, month = invoice.contract, invoice.month
    found = _sides(contract, but=invoice)
    return Due(
        found.services[month] if levels.is_complete(month, on) else ZERO, *found.released[month], credited(contract, invoice.reference),
        found.used[month], found.overpaid(on, but=month), vat_percent(catalogue.vat_rates(on), month),
    )  # fmt: skip
