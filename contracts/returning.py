"""The monthly return of a supplier: made from the ledger by the clock, declared line by line, corrected by another; and what is paid
of its levy (domain.md, "Management information and levy")."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from catalogue.models import Framework, Organisation
from catalogue.pricing import ZERO, add_months, first_of_month
from contracts import billing, levy_money, return_guards, return_notifications, terms
from contracts.models import (
    CHARGED,
    NOTE_SERIES,
    Contract,
    Declaration,
    DeclaredLine,
    LevyNote,
    LevyPayment,
    ManagementReturn,
    ReturnLine,
)
from documents import audit, canonical, numbers
from documents.actors import SYSTEM
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from procurement import seats, working_days
from procurement.actors import Person
from procurement.locking import lock_organisation, share_framework
from procurement.seats import Seat

WORKING_DAYS = 5  # of the month after, by the last of which the supplier declares (the contract's clause 14.2)
DAYS_TO_PAY = 30  # of a note, from the day it is made (clause 14.3)


@dataclass(frozen=True)
class Declared:
    """GBP, VAT excluded; ``explanation`` where that is not what the ledger says."""

    amount: Decimal
    explanation: str = ""


def due_on(month: date) -> date:
    """The fifth working day of the month after (the contract's clause 14.2)."""
    return working_days.add_working_days(add_months(month, 1) - timedelta(days=1), WORKING_DAYS)


def lock(found: ManagementReturn) -> ManagementReturn:
    """A fresh copy; framework, then supplier, whose lock holds all of its returns."""
    framework = share_framework(found.framework_id)
    supplier = lock_organisation(found.supplier)
    fresh = ManagementReturn.objects.select_for_update(of=("self",)).get(pk=found.pk)
    fresh.framework, fresh.supplier = framework, supplier
    return fresh


@transaction.atomic
def make(framework: Framework, supplier: Organisation, month: date, *, at: datetime) -> ManagementReturn | None:
    """By the clock, once the month is over: what the ledger says of each contract that ran or was charged in it. None where
    there is nothing to declare, or it is made already."""
    framework, supplier = share_framework(framework.pk), lock_organisation(supplier)
    known = ManagementReturn.objects.filter(framework=framework, supplier=supplier, month=month)
    lines = [] if london_day(at) < add_months(month, 1) or known.exists() else lines_of(framework, supplier, month)
    if not lines:
        return None
    made = _save(ManagementReturn(framework=framework, supplier=supplier, month=month, number=1), lines, at)
    audit.record("management_return.made", made, by=SYSTEM, at=at, after=made.state)
    return_notifications.tell_made(made, at)
    return made


def _save(made: ManagementReturn, lines: list[ReturnLine], at: datetime) -> ManagementReturn:
    made.due_on, made.made_at, made.state_since = due_on(made.month), at, at
    made.save()
    for line in lines:
        line.return_of = made
    ReturnLine.objects.bulk_create(lines)
    return made


def lines_of(framework: Framework, supplier: Organisation, month: date) -> list[ReturnLine]:
    """Not saved: what the ledger says now, by contract number."""
    rows = billing.with_notice(Contract.objects.filter(framework=framework, supplier=supplier, state__in=CHARGED))
    found = []
    charged = billing.of_month(rows.select_related("revision").prefetch_related(terms.all_changes()).order_by("number"), month)
    for contract, charges in charged.items():
        first, last = first_of_month(contract.starts_on), billing.last_month(contract.ends_on, by_notice=contract.by_notice)
        if charges or first <= month <= last:
            found.append(ReturnLine(
                contract=contract, charges_gbp=charges, levy_percent=frozen_percent(contract), is_last=month >= last,
            ))  # fmt: skip
    return found


def frozen_percent(contract: Contract) -> Decimal:
    """Per cent of the levy that the order was approved with, whatever the framework's is today."""
    return Decimal(json.loads(contract.revision.content)["framework"]["levy_percent"])


def hash_of(found: ManagementReturn, lines: Sequence[ReturnLine]) -> str:
    """The sha256 of the canonical JSON of what is declared upon."""
    said: dict[str, Any] = {
        "framework": found.framework.reference, "supplier": found.supplier.code, "month": f"{found.month:%Y-%m}",
        "lines": [
            {"contract": line.contract.number, "charges_gbp": canonical.money(line.charges_gbp)}
            for line in sorted(lines, key=lambda line: line.contract.number)
        ],
    }  # fmt: skip
    return canonical.sha256_hex(canonical.dumps(said))


@transaction.atomic
def declare(
    found: ManagementReturn, declared: Mapping[str, Declared], *, shown_hash: str, by: Person, at: datetime
) -> ManagementReturn:
    """The supplier confirms the figure of each contract, by number, or explains another."""
    found = lock(found)
    insist(return_guards.why_not_declare(found, by=by, at=at))
    return _declare(found, declared, shown_hash, "", by=by, at=at)


@transaction.atomic
def correct(
    found: ManagementReturn, declared: Mapping[str, Declared], *, reason: str, shown_hash: str, by: Person, at: datetime
) -> ManagementReturn:
    """What was declared was wrong: a new return of the month names it and is declared at once, from the ledger as it is now. The
    difference of the levy is a note of its own, a credit note where it is less."""
    found = lock(found)
    insist(return_guards.why_not_correct(found, by=by, at=at))
    insist_on_words(reason, _("Say what was wrong: the authority reads it."))
    before = {one.line.contract.number: one.declared_gbp for one in _declared(found)}
    if before == {number: one.amount for number, one in declared.items()}:
        refuse(_("Nothing of it is different from what was declared."))
    made = ManagementReturn(
        framework=found.framework, supplier=found.supplier, month=found.month, number=found.number + 1, corrects=found
    )
    _save(made, lines_of(found.framework, found.supplier, found.month), at)
    seat = seats.hold(return_guards.supplier_seat(found, by, london_day(at)))
    audit.record("management_return.made", made, by=by, at=at, after=made.state, acting_for=seat.principal)
    return _declare(made, declared, shown_hash, reason, by=by, at=at)


def _declared(found: ManagementReturn):
    return DeclaredLine.objects.filter(line__return_of=found).select_related("line__contract")


def _declare(
    found: ManagementReturn, declared: Mapping[str, Declared], shown_hash: str, words: str, *, by: Person, at: datetime
) -> ManagementReturn:  # fmt: skip
    lines = list(found.lines.select_related("contract"))
    if shown_hash != hash_of(found, lines):
        refuse(_("What you were shown is not this return."), _("Open the page again, read it, and decide on what it shows."))
    if declared.keys() != {line.contract.number for line in lines}:
        refuse(_("Each contract of the return is declared, and no other."))
    unexplained = [line for line in lines if _differs(line, declared) and not declared[line.contract.number].explanation.strip()]
    if unexplained:
        refuse(_("Explain what is not as the ledger says: %(contracts)s.") % {"contracts": ", ".join(line.contract.number for line in unexplained)})
    seat = seats.hold(return_guards.supplier_seat(found, by, london_day(at)))
    Declaration.objects.create(
        return_of=found, words=words, shown_hash=shown_hash, declared_by=by.person_id, declared_by_name=by.words,
        principal_id=_principal(seat), acting_for=_for(seat), declared_at=at,
    )  # fmt: skip
    rows = [_line(line, found, declared[line.contract.number]) for line in lines]
    DeclaredLine.objects.bulk_create(rows)
    before = found.state
    found.declare(at=at)
    found.save()
    note = _note(found, sum((row.total_gbp for row in rows), ZERO), at)
    extra = {"levy_gbp": canonical.money(sum((row.total_gbp for row in rows), ZERO)), "note": note.number if note else ""}
    audit.record("management_return.declared", found, by=by, at=at, before=before, after=found.state, reason=words,
                 hash_shown=shown_hash, acting_for=seat.principal, extra=extra)  # fmt: skip
    return_notifications.tell_declared(found, note, at)
    return found


def _differs(line: ReturnLine, declared: Mapping[str, Declared]) -> bool:
    return declared[line.contract.number].amount != line.charges_gbp


def _line(line: ReturnLine, found: ManagementReturn, said: Declared) -> DeclaredLine:
    """Not saved. What agrees with the ledger explains nothing: a correction is filled in with the words of what it corrects."""
    settled = ZERO
    if line.is_last:
        settled = levy_money.settlement(standing(line.contract, but=found.month), said.amount, line.levy_percent)
    return DeclaredLine(
        line=line, declared_gbp=said.amount, explanation=said.explanation.strip() if said.amount != line.charges_gbp else "",
        levy_gbp=levy_money.levy(said.amount, line.levy_percent), settlement_gbp=settled,
    )  # fmt: skip


def standing(contract: Contract, *, but: date | None = None) -> list[levy_money.Month]:
    """What stands of each month of a contract: by the newest return that was declared of it."""
    rows = DeclaredLine.objects.filter(line__contract=contract, line__return_of__corrected_by__isnull=True).exclude(
        line__return_of__month=but
    )
    return [levy_money.Month(row.declared_gbp, row.levy_gbp, row.settlement_gbp) for row in rows]


def _note(found: ManagementReturn, amount: Decimal, at: datetime) -> LevyNote | None:
    """What the return asks beyond the one that it corrects, or gives back of it: a credit names the note that it is set off
    against, the newest of the month that asks something."""
    if found.corrects_id:
        amount -= sum((row.total_gbp for row in _declared(found.corrects)), ZERO)
    if not amount:
        return None
    kind = LevyNote.Kind.CREDIT if amount < 0 else LevyNote.Kind.ADDITIONAL if found.corrects_id else LevyNote.Kind.LEVY
    known = return_guards.notes_of_month(found)
    earlier = known.exclude(kind=LevyNote.Kind.CREDIT).last() if amount < 0 else known.last()
    on = london_day(at)
    return LevyNote.objects.create(
        return_of=found, number=numbers.take(NOTE_SERIES, on.year), kind=kind, corrects=earlier, amount_gbp=abs(amount),
        made_at=at, due_on=on + timedelta(days=DAYS_TO_PAY),
    )  # fmt: skip


@transaction.atomic
def pay(
    found: ManagementReturn, *, amount: Decimal, paid_on: date, reference: str = "", by: Person, at: datetime
) -> LevyPayment:
    """The authority's finance lead records what came of the note of a return, in one or several parts."""
    found = lock(found)
    insist(return_guards.why_not_pay(found, by=by, at=at))
    note, owed = return_guards.note_of(found)
    insist(return_guards.why_not_that_payment(note, owed, amount, paid_on, at=at))
    seat = seats.hold(return_guards.finance_seat(found, by, london_day(at)))
    made = LevyPayment.objects.create(
        note=note, number=note.payments.count() + 1, amount_gbp=amount, paid_on=paid_on, reference=reference.strip(),
        recorded_by=by.person_id, recorded_by_name=by.words, principal_id=_principal(seat), acting_for=_for(seat), recorded_at=at,
    )  # fmt: skip
    audit.record("management_return.levy_paid", found, by=by, at=at, acting_for=seat.principal,
                 extra={"note": note.number, "paid_gbp": canonical.money(amount), "paid_on": paid_on.isoformat()})  # fmt: skip
    return made


def _principal(seat: Seat):
    return seat.principal.person_id if seat.principal else None


def _for(seat: Seat) -> str:
    return seat.principal.name if seat.principal else ""

