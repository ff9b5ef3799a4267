"""The end of a contract at its last day, what is done at its exit, and its closing."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contracts import ending_guards, ending_notices, ending_notifications, manager_guards, rerating, statutory
from contracts.exit_items import BY_CODE, DELETED, ITEMS, RETURNED, USABLE
from contracts.locking import lock_contract
from contracts.models import (
    RETURN_SERIES,
    Contract,
    ContractState,
    EndReminder,
    Exit,
    ExitAct,
    ExitItem,
    TerminationState,
)
from documents import audit, numbers, steps, store
from documents.actors import SYSTEM, Actor
from documents.clock import london_day
from documents.refusal import insist, insist_on_words
from procurement import capacity, seats
from procurement.actors import Person
from procurement.papers import StoredFile
from procurement.seats import Seat

DOCUMENT_KIND, TEMPLATE_VERSION = "data_return_certificate", 1
Kind = ExitAct.Kind


@transaction.atomic
def expire(contract: Contract, *, at: datetime, by: Actor = SYSTEM) -> Contract:
    """The clock's: its last day is over. A notice of termination whose day has come goes first, and so does the last signature of
    a variation that is just being closed; prices that were due by then fall first. Safe to run twice."""
    contract = lock_contract(contract)
    if contract.state != ContractState.EXECUTED or contract.ends_on >= london_day(at):
        return contract
    if contract.terminations.filter(state=TerminationState.GIVEN).exists() or ending_guards.is_being_closed(contract):
        return contract
    rerating.catch_up(contract, contract.ends_on, by=by, at=at)
    before = contract.state
    contract.expire(at=at)
    contract.save()
    audit.record("contract.expired", contract, by=by, at=at, before=before, after=contract.state)
    open_exit(contract, at=at)
    statutory.ended(contract, at=at)
    ending_notifications.tell_ended(contract, at)
    capacity.release_all(capacity.edge_of(contract.call_off), at=at)
    return contract


def open_exit(contract: Contract, *, at: datetime) -> Exit:
    """The list of what is to be done, made once. The caller holds the contract's lock and records why."""
    made, is_new = Exit.objects.get_or_create(contract=contract, defaults={"opened_at": at})
    if is_new:
        ExitItem.objects.bulk_create(
            ExitItem(exit=made, number=number, code=item.code, party=item.party) for number, item in enumerate(ITEMS, start=1)
        )
    return made


def _act(contract: Contract, item: ExitItem, kind: str, words: str, file: StoredFile | None, seat: Seat, *, by: Person, at: datetime) -> ExitAct:
    shown = file or StoredFile("", "", "", 0)
    seats.hold(seat)
    act = ExitAct.objects.create(
        item=item, ends_on=ending_guards.present_end(contract), kind=kind, words=words, filename=shown.filename, content_type=shown.content_type, length=shown.length,
        sha256=shown.sha256, person_id=by.person_id, person_name=by.words,
        principal_id=seat.principal.person_id if seat.principal else None,
        acting_for=seat.principal.name if seat.principal else "", post=seat.holding.post.code, at=at,
    )  # fmt: skip
    said = f"{BY_CODE[item.code].title}: {words}"
    audit.record(f"contract.exit_{kind}", contract, by=by, at=at, reason=said, acting_for=seat.principal, extra={"item": item.code})
    return act


@transaction.atomic
def do(item: ExitItem, *, words: str, file: StoredFile | None = None, by: Person, at: datetime) -> ExitAct:
    """The side whose it is says that it is done, and what shows it. The bytes of a file are in the store. Once the data is
    deleted, its certificate is asked for."""
    contract = lock_contract(item.exit.contract)
    insist(ending_guards.why_not_do(contract, item, by=by, at=at))
    insist_on_words(words, _("Say what was done, and what shows it."))
    seat = ending_guards.seat_for(contract, item.party, by, london_day(at))
    act = _act(contract, item, Kind.DONE, words, file, seat, by=by, at=at)
    if item.code == DELETED:
        _certify(contract, seat, by=by, at=at)
    return act


@transaction.atomic
def leave_out(item: ExitItem, *, reason: str, by: Person, at: datetime) -> ExitAct:
    """The department says that it is not needed, and why."""
    contract = lock_contract(item.exit.contract)
    insist(ending_guards.why_not_leave_out(contract, item, by=by, at=at))
    insist_on_words(reason, _("Give a reason: both sides read it."))
    seat = manager_guards.department_seat(contract, by, london_day(at))
    return _act(contract, item, Kind.NOT_NEEDED, reason, None, seat, by=by, at=at)


def _certify(contract: Contract, seat: Seat, *, by: Person, at: datetime) -> None:
    found = Exit.objects.get(contract=contract)
    found.contract = contract
    found.number = numbers.take(RETURN_SERIES, london_day(at).year)
    rows = ending_guards.standing_acts(contract)
    acts = {code: rows[code] for code in (RETURNED, USABLE, DELETED)}
    found.document = store.create(
        kind=DOCUMENT_KIND, version=TEMPLATE_VERSION, subject=f"certificate {found.number}", number=found.number,
        payload=ending_notices.certificate(found, acts, at=at), signers=[], by=by, at=at, acting_for=seat.principal,
    )  # fmt: skip
    found.save()
    steps.ask_to_make(found.document)


@transaction.atomic
def certified(exit: Exit, *, at: datetime) -> None:
    """The certificate is sealed and closed: both sides are told. A repeat writes nothing new."""
    ending_notifications.tell_certified(exit, at)


REMINDED_BEFORE = (180, 90, 30)  # days


@transaction.atomic
def remind_of_end(contract: Contract, *, at: datetime, by: Actor = SYSTEM) -> Contract:
    """The clock's: 180, 90 and 30 days before its last day those who run the contract are told, once each; of several that are
    due together only of the last. With the first the exit begins (Schedule 6, paragraph 2.1). Not of a last day that a notice comes
    before. Safe to run twice."""
    contract = lock_contract(contract)
    left = (contract.ends_on - london_day(at)).days
    reached = [days for days in REMINDED_BEFORE if left <= days]
    if contract.state != ContractState.EXECUTED or left < 0 or not reached:
        return contract
    if contract.terminations.filter(state=TerminationState.GIVEN).exists():
        return contract
    given = contract.end_reminders.filter(ends_on=contract.ends_on).values_list("days", flat=True)
    due = [days for days in reached if days not in given]
    if not due:
        return contract
    EndReminder.objects.bulk_create(EndReminder(contract=contract, ends_on=contract.ends_on, days=days, at=at) for days in due)
    open_exit(contract, at=at)
    if min(due) == min(reached):
        audit.record("contract.end_announced", contract, by=by, at=at, before=contract.state, after=contract.state, extra={"days": min(due)})
        ending_notifications.tell_end_nears(contract, min(due), at)
    return contract


@transaction.atomic
def close(contract: Contract, *, by: Person, at: datetime) -> Contract:
    """Nothing of it is open any more."""
    contract = lock_contract(contract)
    insist(ending_guards.why_not_close(contract, by=by, at=at))
    seat = seats.hold(manager_guards.department_seat(contract, by, london_day(at)))
    before = contract.state
    contract.close(at=at)
    contract.save()
    audit.record("contract.closed", contract, by=by, at=at, before=before, after=contract.state, acting_for=seat.principal)
    ending_notifications.tell_closed(contract, at)
    return contract
