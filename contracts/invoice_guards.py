"""Why not: reasons in words for what is done with an invoice. Money is Decimal GBP with two places, VAT excluded unless it is named:
an invoice is paid with VAT, and compared without."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from catalogue import queries as catalogue
from catalogue.pricing import ZERO, add_months, first_of_month, vat_percent
from contracts import billing, manager_guards
from contracts.models import (
    BOUND,
    Contract,
    ContractState,
    Invoice,
    InvoiceAct,
    InvoiceCheck,
    InvoiceState,
)
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from documents.templatetags.flex import gbp
from procurement.actors import Person

S, Kind = InvoiceState, InvoiceAct.Kind
def _billable(contract: Contract) -> Iterator[Reason]:
    if contract.state not in BOUND:
        yield Reason(_("The contract is %(state)s.") % {"state": contract.get_state_display()})


def why_not_record(contract: Contract, *, by: Person, at: datetime) -> Iterator[Reason]:
    """The supplier records what it has sent."""
    yield from _billable(contract)
    yield from manager_guards.why_not_supplier(contract, by, london_day(at))


def why_not_so(
    contract: Contract, *, reference: str, month: date, invoiced_on: date, received_on: date, net: Decimal, vat: Decimal,
    gross: Decimal, at: datetime,
) -> Iterator[Reason]:  # fmt: skip
    """What is wrong with the invoice itself, whatever is due."""
    on = london_day(at)
    if not reference.strip():
        yield Reason(_("Say its reference: both sides name it by that."))
    standing = bears(contract, reference)
    if standing is not None:
        yield Reason(
            _("%(label)s has the reference %(reference)s already.") % {"label": standing.label, "reference": standing.reference}
        )
    waiting = _named_by_a_credit(contract, reference)
    if waiting is not None:
        yield Reason(
            _("%(label)s, %(reference)s, was rejected, and a service credit names that reference: it comes off no other.")
            % {"label": waiting.label, "reference": waiting.reference},
            _("The right one takes the same reference."),
        )
    first, last = first_of_month(contract.starts_on), billing.last_month(contract.ends_on, by_notice=contract.state == ContractState.TERMINATED)
    if month != first_of_month(month) or month < first or month > first_of_month(on):
        yield Reason(
            _("An invoice is for a month from the one of %(first)s to that of today, %(last)s.")
            % {"first": as_day(first), "last": as_day(on)}
        )
    elif month > last and not billing.anything(contract, month):
        yield Reason(_("The contract ended on %(day)s: nothing was due in that month.") % {"day": as_day(contract.ends_on)})
    if received_on > on:
        yield Reason(_("%(day)s is still to come: it cannot have been received then.") % {"day": as_day(received_on)})
    if received_on < month:
        yield Reason(_("An invoice of a month is received once that has begun: on %(day)s at the earliest.") % {"day": as_day(month)})
    if invoiced_on > received_on:
        yield Reason(_("It is dated after the day on which it was received."))
    if net <= ZERO or vat < ZERO:
        yield Reason(_("An invoice asks for more than nothing; what is given back is a credit."))
    if net + vat != gross:
        yield Reason(
            _("%(net)s and VAT of %(vat)s are %(sum)s, not %(gross)s.")
            % {"net": gbp(net), "vat": gbp(vat), "sum": gbp(net + vat), "gross": gbp(gross)}
        )


def _named_by_a_credit(contract: Contract, reference: str) -> Invoice | None:
    """A rejected invoice of another reference that a credit was applied to, while none that stands has taken its reference: the
    credit would be lost."""
    named = set(billing.applied(contract)) - {reference.strip().upper()}
    if not named:
        return None
    found = {one.reference.upper(): one for one in contract.invoices.filter(state=S.REJECTED)}
    standing = {one.upper() for one in contract.invoices.exclude(state=S.REJECTED).values_list("reference", flat=True)}
    return next((one for key, one in sorted(found.items()) if key in named - standing), None)


def why_not_in_state(invoice: Invoice, *wanted: str) -> Iterator[Reason]:
    if invoice.contract.state not in BOUND:
        yield from _billable(invoice.contract)
    elif invoice.state not in wanted:
        yield Reason(
            _("Invoice %(label)s is %(state)s.") % {"label": invoice.label, "state": invoice.get_state_display()}
        )


def last_check(invoice: Invoice) -> InvoiceCheck | None:
    found = invoice.checks.last()
    if found is not None:
        found.invoice = invoice
    return found


def disputed(invoice: Invoice) -> InvoiceAct | None:
    """The dispute that stands."""
    act = invoice.acts.last()
    return act if act is not None and act.kind == Kind.DISPUTED else None


def settled(invoice: Invoice) -> bool:
    """Whether the department's last word was to take it as it is."""
    act = invoice.acts.last()
    return act is not None and act.kind == Kind.SETTLED


def why_not_check(invoice: Invoice, *, by: Person, at: datetime) -> Iterator[Reason]:
    """To compare it again, after something has changed: either side can."""
    yield from why_not_in_state(invoice, S.RECEIVED, S.MATCHED, S.QUERIED)
    if invoice.state == S.QUERIED and disputed(invoice):
        yield Reason(_("The department disputes it: it settles the dispute, or rejects the invoice."))
    contract, on = invoice.contract, london_day(at)
    if manager_guards.department_seat(contract, by, on) is not None:
        yield from manager_guards.why_not_department(contract, by, on)
    else:
        yield from manager_guards.why_not_supplier(contract, by, on)


def why_not_approve(invoice: Invoice, *, by: Person, at: datetime) -> Iterator[Reason]:
    """The ledger may have changed since it was compared: what is due is looked at again, but where the department has settled
    a difference already."""
    yield from why_not_in_state(invoice, S.MATCHED)
    yield from manager_guards.why_not_department(invoice.contract, by, london_day(at))
    yield from _own(invoice, by, at)
    if invoice.state == S.MATCHED:
        made, now = last_check(invoice), billing.due(invoice, london_day(at))
        if made is not None and (made.net_gbp, made.vat_gbp) != (now.net, now.vat):
            yield Reason(
                _("What is due has changed since it was compared: it was %(was)s and is %(now)s, VAT excluded.")
                % {"was": gbp(made.net_gbp), "now": gbp(now.net)},
                _("Either side can compare it again."),
            )


def _own(invoice: Invoice, by: Person, at: datetime) -> Iterator[Reason]:
    """Who recorded it, for whom they worked then, does not decide on it, nor does who acts for them."""
    seat = manager_guards.department_seat(invoice.contract, by, london_day(at))
    if manager_guards.hands(by, seat) & {invoice.recorded_by, invoice.principal_id}:
        yield Reason(
            _("%(name)s recorded it: somebody else decides on it.") % {"name": invoice.recorded_by_name},
            _("Another contract manager has to decide."),
        )


def why_not_dispute(invoice: Invoice, *, by: Person, at: datetime) -> Iterator[Reason]:
    """What agrees with the ledger can still be wrong."""
    yield from why_not_in_state(invoice, S.MATCHED)
    yield from manager_guards.why_not_department(invoice.contract, by, london_day(at))
    yield from _own(invoice, by, at)


def why_not_settle(invoice: Invoice, *, by: Person, at: datetime) -> Iterator[Reason]:
    """To take it as it is: it asks for no more than is due, and its VAT is right."""
    yield from why_not_in_state(invoice, S.QUERIED)
    yield from manager_guards.why_not_department(invoice.contract, by, london_day(at))
    yield from _own(invoice, by, at)
    if invoice.state == S.QUERIED:
        yield from _more_than_is_due(invoice, at)


def _more_than_is_due(invoice: Invoice, at: datetime) -> Iterator[Reason]:
    on = london_day(at)
    now, percent = billing.due(invoice, on), vat_percent(catalogue.vat_rates(on), invoice.month)
    if invoice.net_gbp > now.net:
        yield Reason(
            _("It asks for %(asked)s and %(due)s is due, VAT excluded: more than is due is not paid.")
            % {"asked": gbp(invoice.net_gbp), "due": gbp(now.net)},
            _("The supplier sends a right one after this is rejected, or the ledger is put right and it is compared again."),
        )
    right = billing.vat(invoice.net_gbp, percent)
    if invoice.vat_gbp != right:
        yield Reason(
            _("VAT of %(net)s is %(right)s, and it asks for %(asked)s.")
            % {"net": gbp(invoice.net_gbp), "right": gbp(right), "asked": gbp(invoice.vat_gbp)},
            _("The supplier sends a right one after this is rejected."),
        )


def why_not_answer(invoice: Invoice, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Whoever runs the contract for the supplier, while the department has not decided."""
    yield from why_not_in_state(invoice, S.QUERIED)
    yield from manager_guards.why_not_supplier(invoice.contract, by, london_day(at))


def why_not_reject(invoice: Invoice, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(invoice, S.RECEIVED, S.MATCHED, S.QUERIED)
    yield from manager_guards.why_not_department(invoice.contract, by, london_day(at))
    yield from _own(invoice, by, at)


def why_not_pay(invoice: Invoice, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(invoice, S.APPROVED)
    yield from manager_guards.why_not_department(invoice.contract, by, london_day(at))
    yield from _own(invoice, by, at)


def paid(invoice: Invoice) -> Decimal:
    """What is recorded as paid of it, VAT included."""
    return sum((one.amount_gbp for one in invoice.payments.all()), ZERO)


def why_not_that_payment(invoice: Invoice, amount: Decimal, paid_on: date, *, at: datetime) -> Iterator[Reason]:
    """``amount`` VAT included: up to what is left of the gross amount, on no day to come and on none before the invoice's own."""
    left = invoice.gross_gbp - paid(invoice)
    if not ZERO < amount <= left:
        yield Reason(_("%(left)s of it is not paid yet: a payment is of more than nothing and of no more than that.") % {"left": gbp(left)})
    if paid_on > london_day(at):
        yield Reason(_("%(day)s is still to come: only what has happened is recorded.") % {"day": as_day(paid_on)})
    if paid_on < invoice.invoiced_on:
        yield Reason(_("It is dated %(day)s: nothing was paid of it before.") % {"day": as_day(invoice.invoiced_on)})


def bears(contract: Contract, reference: str) -> Invoice | None:
    """The invoice that has the reference, of those that are not rejected."""
    return contract.invoices.filter(reference__iexact=reference.strip()).exclude(state=S.REJECTED).first()


def still_to_be_approved(contract: Contract) -> list[Invoice]:
    """Those that a credit can still be taken off, the newest first."""
    return list(contract.invoices.filter(state__in=[S.RECEIVED, S.MATCHED, S.QUERIED]).order_by("-number"))


def why_not_credited(contract: Contract, reference: str, amount: Decimal, *, at: datetime) -> Iterator[Reason]:
    """An invoice that is approved or paid is not made less by a credit any more, nor is one made less than nothing: no invoice
    could ask for the rest. Of a month that runs counts what is due once it is over."""
    found = bears(contract, reference)
    if found is None:
        return
    if found.state in (S.APPROVED, S.PAID):
        yield Reason(
            _("Invoice %(reference)s is %(state)s: name one that is still to be approved.")
            % {"reference": found.reference, "state": found.get_state_display()}
        )
        return
    found.contract = contract
    due = billing.due(found, max(london_day(at), add_months(found.month, 1))).net
    if due <= amount:
        yield Reason(
            _("%(due)s is due for invoice %(reference)s, VAT excluded: a credit of %(amount)s would leave nothing to ask for.")
            % {"due": gbp(due), "reference": found.reference, "amount": gbp(amount)},
            _("Name one that more is due for."),
        )
