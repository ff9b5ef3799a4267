"""Why not: reasons in words for what is done with a return of management information and its levy."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from catalogue.pricing import ZERO
from contracts.delivery_guards import SUPPLIER_POSTS
from contracts.models import LevyNote, ManagementReturn, ReturnState
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from documents.templatetags.flex import gbp
from procurement import seats
from procurement.actors import Person
from procurement.models import PostCode
from procurement.seats import Seat


def supplier_seat(found: ManagementReturn, by: Person, on: date) -> Seat | None:
    """From which the person declares for the supplier."""
    return next(filter(None, (seats.find_seat(by, found.supplier_id, code, on) for code in SUPPLIER_POSTS)), None)


def finance_seat(found: ManagementReturn, by: Person, on: date) -> Seat | None:
    """The finance lead's of the authority."""
    return seats.find_seat(by, found.framework.authority_id, PostCode.FINANCE_LEAD, on)


def _supplier(found: ManagementReturn, by: Person, on: date) -> Iterator[Reason]:
    if supplier_seat(found, by, on) is None:
        held = next((code for code in SUPPLIER_POSTS if seats.holders(found.supplier_id, code, on)), SUPPLIER_POSTS[0])
        yield Reason(
            _("Only the service manager or the account manager of %(supplier)s can do this.") % {"supplier": found.supplier.name},
            seats.who_holds(found.supplier_id, held, on),
        )


def why_not_declare(found: ManagementReturn, *, by: Person, at: datetime) -> Iterator[Reason]:
    """It is due by a day, and can be declared after it too."""
    if found.state != ReturnState.OPEN:
        yield Reason(_("The return of %(month)s is %(state)s.") % {"month": found.label, "state": found.get_state_display()})
    yield from _supplier(found, by, london_day(at))


def why_not_correct(found: ManagementReturn, *, by: Person, at: datetime) -> Iterator[Reason]:
    """What was declared stays; a correction is a return of its own, and of a month the newest alone is corrected."""
    if found.state != ReturnState.DECLARED:
        yield Reason(_("The return of %(month)s is %(state)s.") % {"month": found.label, "state": found.get_state_display()})
    elif ManagementReturn.objects.filter(corrects=found).exists():
        yield Reason(_("There is a newer return of the month: that one is corrected."))
    yield from _supplier(found, by, london_day(at))


def paid(note: LevyNote) -> Decimal:
    return sum((one.amount_gbp for one in note.payments.all()), ZERO)


def left(note: LevyNote) -> Decimal:
    """What is still to be paid of it: the credit notes that name it are set off."""
    if note.kind == LevyNote.Kind.CREDIT:
        return ZERO
    set_off = sum((one.amount_gbp for one in note.corrected_by.all() if one.kind == LevyNote.Kind.CREDIT), ZERO)
    return max(ZERO, note.amount_gbp - set_off - paid(note))


def note_of(found: ManagementReturn) -> LevyNote | None:
    return LevyNote.objects.filter(return_of=found).prefetch_related("payments", "corrected_by").first()


def why_not_pay(found: ManagementReturn, *, by: Person, at: datetime) -> Iterator[Reason]:
    """To record that the levy came."""
    note = note_of(found)
    if note is None or note.kind == LevyNote.Kind.CREDIT:
        yield Reason(_("Nothing is to be paid by this return."))
    elif not left(note):
        yield Reason(_("All of %(number)s is paid, or given back.") % {"number": note.number})
    if finance_seat(found, by, london_day(at)) is None:
        yield Reason(
            _("Only the finance lead of %(authority)s can do this.") % {"authority": found.framework.authority.name},
            seats.who_holds(found.framework.authority_id, PostCode.FINANCE_LEAD, london_day(at)),
        )


def why_not_that_payment(note: LevyNote, amount: Decimal, paid_on: date, *, at: datetime) -> Iterator[Reason]:
    owed = left(note)
    if not ZERO < amount <= owed:
        yield Reason(_("%(left)s of it is not paid yet: a payment is of more than nothing and of no more than that.") % {"left": gbp(owed)})
    if paid_on > london_day(at):
        yield Reason(_("%(day)s is still to come: only what has happened is recorded.") % {"day": as_day(paid_on)})
    if paid_on < london_day(note.made_at):
        yield Reason(_("It is of %(day)s: nothing was paid of it before.") % {"day": as_day(london_day(note.made_at))})
