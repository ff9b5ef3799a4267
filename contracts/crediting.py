"""What is done with a calculated service credit: notified, agreed or disputed, decided, applied to an invoice, or waived. It is
a price adjustment, without prejudice to what else the contract gives."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contracts import invoice_guards, invoicing, level_guards, manager_guards, notifications
from contracts.locking import lock_contract
from contracts.measuring import record
from contracts.models import CalculatedLevel, CreditAct, RectificationPlan, ServiceCredit
from documents import audit, canonical
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from documents.templatetags.flex import gbp
from procurement import seats
from procurement.actors import Person
from procurement.papers import StoredFile
from procurement.seats import Seat

Kind = CreditAct.Kind


def lock(credit: ServiceCredit) -> ServiceCredit:
    """A fresh copy; the contract's lock holds it."""
    contract = lock_contract(credit.contract)
    fresh = ServiceCredit.objects.select_related("level__calculation", "measure").get(pk=credit.pk)
    fresh.contract = contract
    return fresh


def shown_of(credit: ServiceCredit) -> str:
    """What every act repeats of what its page showed: which calculation, and what it comes to (GBP). A correction moves a
    credit to another and leaves its state, so that the state alone does not say what somebody agrees to."""
    return f"{credit.level.calculation.number}: {canonical.money(credit.level.payable_gbp)}"


def _insist_on_shown(credit: ServiceCredit, shown: str) -> None:
    if shown != shown_of(credit):
        refuse(
            _("Credit %(label)s is not what your page showed: by calculation %(number)s it comes to %(amount)s.")
            % {"label": credit.label, "number": credit.level.calculation.number, "amount": gbp(credit.level.payable_gbp)},
            _("Look at the month again, and decide on what it shows."),
        )


def _act(
    credit: ServiceCredit, kind: str, before: str, seat: Seat | None, *, by: Person, at: datetime, words: str = "",
    file: StoredFile | None = None, invoice: str = "",
) -> ServiceCredit:  # fmt: skip
    """The fact, the new state, its record, and the word to the others: one transaction, which the caller holds."""
    seat = seats.hold(seat)
    shown = file or StoredFile("", "", "", 0)
    made = CreditAct.objects.create(
        credit=credit, kind=kind, words=words, invoice_reference=invoice, amount_gbp=credit.level.payable_gbp,
        filename=shown.filename, content_type=shown.content_type, length=shown.length, sha256=shown.sha256,
        person_id=by.person_id, person_name=by.words, principal_id=seat.principal.person_id if seat.principal else None,
        acting_for=seat.principal.name if seat.principal else "", post=seat.holding.post.code, at=at,
    )  # fmt: skip
    credit.save()
    record(kind, credit, before, seat, by=by, at=at, reason=words)
    notifications.tell_credit(made, at)
    return credit


@transaction.atomic
def notify(credit: ServiceCredit, *, shown: str, by: Person, at: datetime) -> ServiceCredit:
    """The department tells the supplier what it takes off."""
    credit = lock(credit)
    insist(level_guards.why_not_notify(credit, by=by, at=at))
    _insist_on_shown(credit, shown)
    before = credit.state
    credit.notify(at=at)
    return _act(credit, Kind.NOTIFIED, before, _department(credit, by, at), by=by, at=at)


@transaction.atomic
def agree(credit: ServiceCredit, *, shown: str, by: Person, at: datetime) -> ServiceCredit:
    """The supplier agrees to it."""
    credit = lock(credit)
    insist(level_guards.why_not_agree(credit, by=by, at=at))
    _insist_on_shown(credit, shown)
    before = credit.state
    credit.agree(at=at)
    return _act(credit, Kind.AGREED, before, _supplier(credit, by, at), by=by, at=at)


@transaction.atomic
def dispute(credit: ServiceCredit, *, shown: str, reason: str, file: StoredFile, by: Person, at: datetime) -> ServiceCredit:
    """One side says that it is wrong, why, and what shows it. The bytes of the file are in the store."""
    credit = lock(credit)
    insist(level_guards.why_not_dispute(credit, by=by, at=at))
    _insist_on_shown(credit, shown)
    insist_on_words(reason, _("Say what is wrong with it: the other side reads it."))
    seat = _department(credit, by, at) or _supplier(credit, by, at)
    before = credit.state
    credit.dispute(at=at)
    return _act(credit, Kind.DISPUTED, before, seat, by=by, at=at, words=reason, file=file)


@transaction.atomic
def uphold(credit: ServiceCredit, *, shown: str, reason: str, by: Person, at: datetime) -> ServiceCredit:
    """The department decides the dispute: the credit was right."""
    credit = lock(credit)
    insist(level_guards.why_not_decide(credit, by=by, at=at))
    _insist_on_shown(credit, shown)
    insist_on_words(reason, _("Give a reason: it is what the supplier will read."))
    before = credit.state
    credit.agree(at=at)
    return _act(credit, Kind.UPHELD, before, _department(credit, by, at), by=by, at=at, words=reason)


@transaction.atomic
def drop(credit: ServiceCredit, *, shown: str, reason: str, by: Person, at: datetime) -> ServiceCredit:
    """The department decides the dispute: there is no such credit."""
    credit = lock(credit)
    insist(level_guards.why_not_decide(credit, by=by, at=at))
    _insist_on_shown(credit, shown)
    insist_on_words(reason, _("Give a reason: it is what the supplier will read."))
    before = credit.state
    credit.void(at=at)
    return _act(credit, Kind.DROPPED, before, _department(credit, by, at), by=by, at=at, words=reason)


@transaction.atomic
def waive(credit: ServiceCredit, *, shown: str, reason: str, by: Person, at: datetime) -> ServiceCredit:
    """It is right and is not taken, for a reason that both sides read; by nobody who had a hand in it."""
    credit = lock(credit)
    insist(level_guards.why_not_waive(credit, by=by, at=at))
    _insist_on_shown(credit, shown)
    insist_on_words(reason, _("Give a reason: both sides read it."))
    before, seat = credit.state, level_guards.waiver_seat(credit, by, london_day(at))
    credit.waive(at=at)
    return _act(credit, Kind.WAIVED, before, seat, by=by, at=at, words=reason)


@transaction.atomic
def apply(credit: ServiceCredit, *, shown: str, invoice: str, by: Person, at: datetime) -> ServiceCredit:
    """The invoice of this reference is less by it."""
    credit = lock(credit)
    insist(level_guards.why_not_apply(credit, by=by, at=at))
    _insist_on_shown(credit, shown)
    insist_on_words(invoice, _("Say which invoice is less by it."))
    insist(invoice_guards.why_not_credited(credit.contract, invoice, credit.level.payable_gbp, at=at))
    before, seat = credit.state, _department(credit, by, at)
    credit.apply(at=at)
    _act(credit, Kind.APPLIED, before, seat, by=by, at=at, invoice=invoice.strip())
    invoicing.credit_applied(credit.contract, invoice, by=by, at=at, seat=seat)
    return credit


def _department(credit: ServiceCredit, by: Person, at: datetime) -> Seat:
    return manager_guards.department_seat(credit.contract, by, london_day(at))


def _supplier(credit: ServiceCredit, by: Person, at: datetime) -> Seat:
    return manager_guards.supplier_seat(credit.contract, by, london_day(at))


@transaction.atomic
def submit_plan(level: CalculatedLevel, *, words: str, by: Person, at: datetime) -> RectificationPlan:
    """How the supplier puts right what was below its minimum."""
    contract = lock_contract(level.calculation.contract)
    insist(level_guards.why_not_plan(contract, by=by, at=at))
    insist_on_words(words, _("Say how it is put right."))
    if level.plan_due_on is None:
        refuse(_("No plan is due: the measure was not below its minimum."))
    seat = seats.hold(manager_guards.supplier_seat(contract, by, london_day(at)))
    made = RectificationPlan.objects.create(
        level=level, words=words, submitted_by=by.person_id, submitted_by_name=by.words,
        acting_for=seat.principal.name if seat.principal else "", submitted_at=at,
    )  # fmt: skip
    report = level.calculation.report
    audit.record("service_report.plan_submitted", report, by=by, at=at, reason=words, acting_for=seat.principal,
                 extra={"measure": level.measurement.measure.measure_code})  # fmt: skip
    notifications.tell_plan(made, at)
    return made
