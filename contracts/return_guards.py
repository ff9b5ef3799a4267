"""Why not: reasons in words for what is done with a return of management information and its levy, and what is left to pay of that.
Money is Decimal GBP with two places, VAT excluded; it is added up and set off, never rounded (``contracts.levy_money`` has)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from catalogue.pricing import ZERO
from contracts import managers
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
    return managers.supplier_seat(found.supplier_id, by, on)


def finance_seat(found: ManagementReturn, by: Person, on: date) -> Seat | None:
    """The finance lead's of the authority."""
    return seats.find_seat(by, found.framework.authority_id, PostCode.FINANCE_LEAD, on)


def _supplier(found: ManagementReturn, by: Person, on: date) -> Iterator[Reason]:
    if supplier_seat(found, by, on) is None:
        yield Reason(
            _("Only the service manager or the account manager of %(supplier)s can do this.") % {"supplier": found.supplier.name},
            seats.who_holds(found.supplier_id, managers.post_that_is_held(found.supplier_id, on), on),
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
    """What the authority has recorded as come of it."""
    return sum((one.amount_gbp for one in note.payments.all()), ZERO)


def set_offs(notes: Iterable[LevyNote]) -> dict[int, Decimal]:
    """By note that asks something, GBP: what the credit notes after it of the same month give back of it, the newest first, as far
    as it is not paid; and what is left of those before it, where more was paid, or a month came to less than nothing. ``notes`` with
    their returns and payments, oldest first, all of each month."""
    found, _over, _asking = _set_off(notes)
    return found


def over(notes: Iterable[LevyNote]) -> dict[int, Decimal]:
    """By note that asks something, GBP: what was paid of it that credit notes have given back since, and no later note of the month
    has used: the authority owes it to the supplier. ``notes`` as for ``set_offs``."""
    _found, rests, asking = _set_off(notes)
    found: dict[int, Decimal] = {}
    for key, of_month in asking.items():
        rest = rests[key]
        for one in reversed(of_month):
            found[one.pk] = min(rest, paid(one))
            rest -= found[one.pk]
    return found


def _set_off(notes: Iterable[LevyNote]) -> tuple[dict[int, Decimal], dict[tuple, Decimal], dict[tuple, list[LevyNote]]]:
    """The ``set_offs``; by month what of its credit notes nothing has used; by month the notes that ask something."""
    asking: dict[tuple, list[LevyNote]] = defaultdict(list)
    over: dict[tuple, Decimal] = defaultdict(lambda: ZERO)
    found: dict[int, Decimal] = {}
    for note in notes:
        key = note.return_of.framework_id, note.return_of.supplier_id, note.return_of.month
        if note.kind != LevyNote.Kind.CREDIT:
            found[note.pk] = min(over[key], note.amount_gbp)
            over[key] -= found[note.pk]
            asking[key].append(note)
            continue
        over[key] += note.amount_gbp
        for one in reversed(asking[key]):
            taken = max(ZERO, min(over[key], one.amount_gbp - found[one.pk] - paid(one)))
            found[one.pk] += taken
            over[key] -= taken
    return found, over, asking


def left(note: LevyNote, given: dict[int, Decimal]) -> Decimal:
    """What is still to be paid of it, by what the ``set_offs`` give back."""
    return max(ZERO, note.amount_gbp - given[note.pk] - paid(note)) if note.pk in given else ZERO


def notes_of_month(found: ManagementReturn) -> QuerySet[LevyNote]:
    """Of all returns of the month, oldest first, with their payments."""
    rows = LevyNote.objects.filter(return_of__framework=found.framework_id, return_of__supplier=found.supplier_id, return_of__month=found.month)
    return rows.select_related("return_of").prefetch_related("payments").order_by("id")


def note_of(found: ManagementReturn) -> tuple[LevyNote | None, Decimal]:
    """The note of the return, and what is left of it."""
    notes = list(notes_of_month(found))
    note = next((one for one in notes if one.return_of_id == found.pk), None)
    return note, left(note, set_offs(notes)) if note else ZERO


def why_not_pay(found: ManagementReturn, *, by: Person, at: datetime) -> Iterator[Reason]:
    """To record that the levy came."""
    note, owed = note_of(found)
    if note is None or note.kind == LevyNote.Kind.CREDIT:
        yield Reason(_("Nothing is to be paid by this return."))
    elif not owed:
        yield Reason(_("All of %(number)s is paid, or given back.") % {"number": note.number})
    if finance_seat(found, by, london_day(at)) is None:
        yield Reason(
            _("Only the finance lead of %(authority)s can do this.") % {"authority": found.framework.authority.name},
            seats.who_holds(found.framework.authority_id, PostCode.FINANCE_LEAD, london_day(at)),
        )


def why_not_that_payment(note: LevyNote, owed: Decimal, amount: Decimal, paid_on: date, *, at: datetime) -> Iterator[Reason]:
    """``owed``: what is left of the note."""
    if not ZERO < amount <= owed:
        yield Reason(_("%(left)s of it is not paid yet: a payment is of more than nothing and of no more than that.") % {"left": gbp(owed)})
    if paid_on > london_day(at):
        yield Reason(_("%(day)s is still to come: only what has happened is recorded.") % {"day": as_day(paid_on)})
    if paid_on < london_day(note.made_at):
        yield Reason(_("It is of %(day)s: nothing was paid of it before.") % {"day": as_day(london_day(note.made_at))})
