"""What is done with an invoice: recorded by the supplier and compared with the ledger at once, compared again, approved or disputed
by the department, settled, rejected, paid in one or several parts (domain.md, "Invoices")."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from contracts import billing, invoice_guards, levels, manager_guards, money_notifications
from contracts.locking import lock_contract
from contracts.models import Contract, Invoice, InvoiceAct, InvoiceAnswer, InvoiceCheck, InvoicePayment, InvoiceState
from documents import audit, canonical
from documents.actors import SYSTEM, Actor
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from procurement import seats
from procurement.actors import Person
from procurement.papers import StoredFile
from procurement.seats import Seat

S, Kind = InvoiceState, InvoiceAct.Kind


def lock(invoice: Invoice) -> Invoice:
    """A fresh copy; the contract's lock holds it."""
    contract = lock_contract(invoice.contract)
    fresh = Invoice.objects.get(pk=invoice.pk)
    fresh.contract = contract
    return fresh


def content(invoice: Invoice) -> dict[str, Any]:
    """What it says, as its hash is taken of."""
    return {
        "contract": invoice.contract.number, "number": invoice.number, "reference": invoice.reference,
        "month": f"{invoice.month:%Y-%m}", "invoiced_on": invoice.invoiced_on.isoformat(),
        "received_on": invoice.received_on.isoformat(), "net_gbp": canonical.money(invoice.net_gbp),
        "vat_gbp": canonical.money(invoice.vat_gbp), "gross_gbp": canonical.money(invoice.gross_gbp), "sha256": invoice.sha256,
    }  # fmt: skip


@transaction.atomic
def record(
    contract: Contract, *, reference: str, month: date, invoiced_on: date, received_on: date, net: Decimal, vat: Decimal,
    gross: Decimal, file: StoredFile, by: Person, at: datetime,
) -> Invoice:  # fmt: skip
    """The supplier says what it has sent; it is compared at once. While its month runs and what it asks is not due yet, it
    waits until the month is over. The bytes of the file are in the store."""
    contract = lock_contract(contract)
    insist(invoice_guards.why_not_record(contract, by=by, at=at))
    insist(invoice_guards.why_not_so(
        contract, reference=reference, month=month, invoiced_on=invoiced_on, received_on=received_on, net=net, vat=vat, gross=gross, at=at,
    ))  # fmt: skip
    seat = seats.hold(manager_guards.supplier_seat(contract, by, london_day(at)))
    made = Invoice(
        contract=contract, number=contract.invoices.count() + 1, reference=reference.strip(), month=month,
        invoiced_on=invoiced_on, received_on=received_on, net_gbp=net, vat_gbp=vat, gross_gbp=gross, filename=file.filename,
        content_type=file.content_type, length=file.length, sha256=file.sha256, recorded_by=by.person_id,
        recorded_by_name=by.words, principal_id=_principal(seat), acting_for=_for(seat), recorded_at=at, state_since=at,
    )  # fmt: skip
    made.content_hash = canonical.sha256_hex(canonical.dumps(content(made)))
    made.save()
    _tell("received", made, None, by=by, at=at, seat=seat, hash_shown=made.content_hash)
    _compare(made, by=by, at=at, seat=seat)
    money_notifications.tell_recorded(made, at)
    return made


@transaction.atomic
def check(invoice: Invoice, *, by: Person, at: datetime) -> Invoice:
    """Something has changed: it is compared again."""
    invoice = lock(invoice)
    insist(invoice_guards.why_not_check(invoice, by=by, at=at))
    on = london_day(at)
    seat = seats.hold(manager_guards.department_seat(invoice.contract, by, on) or manager_guards.supplier_seat(invoice.contract, by, on))
    before = invoice.state
    _compare(invoice, by=by, at=at, seat=seat, again=True)
    if invoice.state != before:
        money_notifications.tell_recorded(invoice, at)
    return invoice


@transaction.atomic
def month_over(invoice: Invoice, *, at: datetime) -> Invoice:
    """By the clock: the month that an invoice waited for is over. Safe to run twice."""
    invoice = lock(invoice)
    if invoice.state == S.RECEIVED and levels.is_complete(invoice.month, london_day(at)):
        _compare(invoice, by=SYSTEM, at=at, seat=None)
        money_notifications.tell_recorded(invoice, at)
    return invoice


def credit_applied(contract: Contract, reference: str, *, by: Person, at: datetime, seat: Seat) -> None:
    """A credit has been applied to the reference: an invoice that agreed no longer does. The caller holds the contract."""
    found = contract.invoices.filter(reference__iexact=reference.strip(), state__in=[S.MATCHED, S.QUERIED]).first()
    if found is not None and not invoice_guards.disputed(found):
        before, found.contract = found.state, contract
        _compare(found, by=by, at=at, seat=seat, again=True)
        if found.state != before:
            money_notifications.tell_recorded(found, at)


def _compare(invoice: Invoice, *, by: Actor, at: datetime, seat: Seat | None, again: bool = False) -> None:
    """With what is due now; the figures stay as a fact. One that agrees is matched, another queried, or it goes on waiting."""
    due, before, last = billing.due(invoice, london_day(at)), invoice.state, invoice_guards.last_check(invoice)
    if invoice.state == S.MATCHED and invoice_guards.settled(invoice) and (last.net_gbp, last.vat_gbp) == (due.net, due.vat):
        return _tell("compared", invoice, before, by=by, at=at, seat=seat)  # the department has taken just this difference
    made = _kept(invoice, due, at)
    if made.agrees and invoice.state != S.MATCHED:
        invoice.match(at=at)
    elif (not made.agrees and invoice.state == S.MATCHED) or (
        not made.agrees and invoice.state == S.RECEIVED and levels.is_complete(invoice.month, london_day(at))
    ):
        invoice.query(at=at)
    if invoice.state != before:
        invoice.save()
        _tell(invoice.state, invoice, before, by=by, at=at, seat=seat)
    elif again:
        _tell("compared", invoice, before, by=by, at=at, seat=seat)
    return None


def _kept(invoice: Invoice, due: billing.Due, at: datetime) -> InvoiceCheck:
    """The figures of a comparison."""
    return InvoiceCheck.objects.create(
        invoice=invoice, number=invoice.checks.count() + 1, services_gbp=due.services, milestones_gbp=due.milestones,
        delay_gbp=due.delay, credits_gbp=due.credits, billed_gbp=due.billed, overpaid_gbp=due.overpaid, net_gbp=due.net,
        vat_percent=due.vat_percent, vat_gbp=due.vat, checked_at=at,
    )  # fmt: skip


@transaction.atomic
def approve(invoice: Invoice, *, shown_hash: str, by: Person, at: datetime) -> Invoice:
    """The department pays it."""
    invoice = lock(invoice)
    insist(invoice_guards.why_not_approve(invoice, by=by, at=at))
    if shown_hash != invoice.content_hash:
        refuse(_("What you were shown is not this invoice."), _("Open the page again, read it, and decide on what it shows."))
    before = invoice.state
    invoice.approve(at=at)
    return _decided(invoice, Kind.APPROVED, before, by=by, at=at, shown_hash=shown_hash)


@transaction.atomic
def dispute(invoice: Invoice, *, reason: str, by: Person, at: datetime) -> Invoice:
    """It agrees with the ledger and is wrong all the same."""
    invoice = lock(invoice)
    insist(invoice_guards.why_not_dispute(invoice, by=by, at=at))
    insist_on_words(reason, _("Say what is wrong with it: the supplier reads it."))
    before = invoice.state
    invoice.query(at=at)
    return _decided(invoice, Kind.DISPUTED, before, by=by, at=at, words=reason)


@transaction.atomic
def settle(invoice: Invoice, *, reason: str, by: Person, at: datetime) -> Invoice:
    """The department takes it as it is, though it asks for less than is due, or no longer disputes it. What is due now is kept
    beside the decision."""
    invoice = lock(invoice)
    insist(invoice_guards.why_not_settle(invoice, by=by, at=at))
    insist_on_words(reason, _("Say why it is taken as it is: the supplier reads it."))
    before, last, due = invoice.state, invoice_guards.last_check(invoice), billing.due(invoice, london_day(at))
    if (last.net_gbp, last.vat_gbp) != (due.net, due.vat):
        _kept(invoice, due, at)
    invoice.match(at=at)
    return _decided(invoice, Kind.SETTLED, before, by=by, at=at, words=reason)


@transaction.atomic
def answer(invoice: Invoice, *, words: str, by: Person, at: datetime) -> InvoiceAnswer:
    """What the supplier says of the difference, or of the dispute. It decides nothing: the department reads it before it does."""
    invoice = lock(invoice)
    insist(invoice_guards.why_not_answer(invoice, by=by, at=at))
    insist_on_words(words, _("Say what the department should know of it."))
    seat = seats.hold(manager_guards.supplier_seat(invoice.contract, by, london_day(at)))
    made = InvoiceAnswer.objects.create(
        invoice=invoice, check_made=invoice_guards.last_check(invoice), words=words.strip(), person_id=by.person_id,
        person_name=by.words, principal_id=_principal(seat), acting_for=_for(seat), at=at,
    )  # fmt: skip
    _tell("answered", invoice, invoice.state, by=by, at=at, seat=seat, reason=made.words)
    money_notifications.tell_answered(made, at)
    return made


@transaction.atomic
def reject(invoice: Invoice, *, reason: str, by: Person, at: datetime) -> Invoice:
    """It is not valid: nothing is paid of it, and its reference is free for a right one."""
    invoice = lock(invoice)
    insist(invoice_guards.why_not_reject(invoice, by=by, at=at))
    insist_on_words(reason, _("Give a reason: it is what the supplier will read."))
    before = invoice.state
    invoice.reject(at=at)
    return _decided(invoice, Kind.REJECTED, before, by=by, at=at, words=reason)


def _decided(invoice: Invoice, kind: str, before: str, *, by: Person, at: datetime, words: str = "", shown_hash: str = "") -> Invoice:
    """The fact, the new state, its record, and the word to the supplier: one transaction, which the caller holds."""
    seat = seats.hold(manager_guards.department_seat(invoice.contract, by, london_day(at)))
    act = InvoiceAct.objects.create(
        invoice=invoice, check_made=invoice_guards.last_check(invoice), kind=kind, words=words, shown_hash=shown_hash,
        person_id=by.person_id, person_name=by.words, principal_id=_principal(seat), acting_for=_for(seat), at=at,
    )  # fmt: skip
    invoice.save()
    _tell(kind, invoice, before, by=by, at=at, seat=seat, reason=words, hash_shown=shown_hash)
    money_notifications.tell_decided(invoice, act, at)
    return invoice


@transaction.atomic
def pay(invoice: Invoice, *, amount: Decimal, paid_on: date, reference: str = "", by: Person, at: datetime) -> InvoicePayment:
    """What was paid of it on a day. It is paid once the payments come to all of it."""
    invoice = lock(invoice)
    insist(invoice_guards.why_not_pay(invoice, by=by, at=at))
    insist(invoice_guards.why_not_that_payment(invoice, amount, paid_on, at=at))
    seat = seats.hold(manager_guards.department_seat(invoice.contract, by, london_day(at)))
    made = InvoicePayment.objects.create(
        invoice=invoice, number=invoice.payments.count() + 1, amount_gbp=amount, paid_on=paid_on, reference=reference.strip(),
        recorded_by=by.person_id, recorded_by_name=by.words, principal_id=_principal(seat), acting_for=_for(seat), recorded_at=at,
    )  # fmt: skip
    before = invoice.state
    if invoice_guards.paid(invoice) == invoice.gross_gbp:
        invoice.pay(at=at)
        invoice.save()
    extra = {"paid_gbp": canonical.money(amount), "paid_on": paid_on.isoformat()}
    _tell("paid" if invoice.state == S.PAID else "part_paid", invoice, before, by=by, at=at, seat=seat, extra=extra)
    money_notifications.tell_paid(made, at)
    return made


def _tell(verb: str, invoice: Invoice, before: str | None, *, by: Actor, at: datetime, seat: Seat | None, extra: dict | None = None, **more) -> None:
    amounts = {"gross_gbp": canonical.money(invoice.gross_gbp)} | (extra or {})
    audit.record(f"invoice.{verb}", invoice, by=by, at=at, before=before, after=invoice.state,
                 acting_for=seat.principal if seat else None, extra=amounts, **more)  # fmt: skip


def _principal(seat: Seat):
    return seat.principal.person_id if seat.principal else None


def _for(seat: Seat) -> str:
    return seat.principal.name if seat.principal else ""
