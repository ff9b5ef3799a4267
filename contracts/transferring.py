"""Transfers from one department to another, where the machinery of government changes: prepared by the framework manager, agreed
by a second person, withdrawn as long as they have not taken effect, applied on their day by the clock or by hand.

To apply is one step: every framework of the authority is held alone meanwhile (``locking.lock_framework``), so that no order is
submitted, decided or signed between what is counted before and what is counted after.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from catalogue.models import Organisation
from contracts import (
    formation,
    novating,
    transfer_guards,
    transfer_notices,
    transfer_notifications,
    transfer_plan,
    variation_issuing,
)
from contracts.models import (
    BOUND,
    OPEN_TRANSFERS,
    TRANSFER_NOTICE_SERIES,
    TRANSFER_SERIES,
    Contract,
    Novation,
    NovationState,
    Transfer,
    TransferBasis,
    TransferKind,
    TransferNotice,
    TransferState,
    Variation,
)
from documents import audit, numbers, steps, store
from documents.actors import SYSTEM, Actor, Principal
from documents.clock import london_day
from documents.models import Document
from documents.refusal import insist, insist_on_words, refuse
from procurement import passing_on, seats
from procurement.actors import Person
from procurement.locking import lock_framework, lock_organisation
from procurement.models import AWARDED, CallOff, CallOffState
from procurement.papers import StoredFile
from procurement.passing_on import Passage

DOCUMENT_KIND, TEMPLATE_VERSION = "transfer_notice", 1
T = TransferState


class TotalsMoved(RuntimeError):
    """What is there after a transfer is not what was there before: nothing of it is kept."""


@dataclass(frozen=True)
class Asked:
    """What is prepared. ``order_number`` and ``order_on`` are of the transfer order; both are left out of a novation."""

    outgoing: Organisation
    receiving: Organisation
    kind: str
    basis: str
    effective_on: date
    words: str
    order_number: str = ""
    order_on: date | None = None
    file: StoredFile | None = None


def lock(transfer: Transfer) -> Transfer:
    """A fresh copy under FOR UPDATE; before it every framework of the authority alone, and both departments' people."""
    for framework in transfer_plan.frameworks(transfer):
        lock_framework(framework)
    for body in sorted((transfer.outgoing, transfer.receiving), key=lambda one: one.pk):
        lock_organisation(body)
    rows = Transfer.objects.select_for_update(of=("self",)).select_related("authority", "outgoing", "receiving")
    return rows.get(pk=transfer.pk)


def _record(verb: str, transfer: Transfer, before: str, *, by: Actor, at: datetime, principal: Principal | None = None, **more) -> None:
    audit.record(f"transfer.{verb}", transfer, by=by, at=at, before=before, after=transfer.state, acting_for=principal, **more)


@transaction.atomic
def prepare(authority: Organisation, asked: Asked, *, by: Person, at: datetime) -> Transfer:
    """The framework manager says from which department to which, by what and on which day. The bytes of the order's file are in
    the store. Nothing passes yet, and nobody outside the authority hears of it."""
    insist(transfer_guards.why_not_prepare(authority, by=by, at=at))
    outgoing = lock_organisation(asked.outgoing)
    on = london_day(at)
    _insist_on_what_is_asked(asked, on)
    if Transfer.objects.filter(outgoing=outgoing, state__in=OPEN_TRANSFERS).exists():
        refuse(_("A transfer of %(body)s is under way already.") % {"body": outgoing.name}, _("Withdraw that one first."))
    seat = seats.hold(transfer_guards.preparing_seat(authority.pk, by, on))
    file = asked.file or StoredFile("", "", "", 0)
    made = Transfer(
        authority=authority, outgoing=outgoing, receiving=asked.receiving, kind=asked.kind, basis=asked.basis,
        order_number=asked.order_number, order_on=asked.order_on, effective_on=asked.effective_on, words=asked.words,
        filename=file.filename, content_type=file.content_type, length=file.length, sha256=file.sha256, state_since=at,
        prepared_by=by.person_id, prepared_by_name=by.words, prepared_for=seat.principal.person_id if seat.principal else None,
        prepared_for_name=seat.principal.name if seat.principal else "", prepared_at=at, hands=_hands([], by, seat),
    )  # fmt: skip
    insist(transfer_guards.why_not_between(made))
    made.number = numbers.take(TRANSFER_SERIES, on.year)
    made.content_hash = transfer_notices.hash_of(made)
    made.save()
    _record("prepared", made, "", by=by, at=at, principal=seat.principal, reason=asked.words, hash_shown=made.content_hash)
    transfer_notifications.tell_prepared(made, at)
    return made


def _hands(known: Collection[UUID], by: Person, seat: seats.Seat) -> list[UUID]:
    return sorted({*known, by.person_id, *([seat.principal.person_id] if seat.principal else [])}, key=str)


def _insist_on_what_is_asked(asked: Asked, on: date) -> None:
    insist_on_words(asked.words, _("Say what changes and why: both departments and the supplier read it."))
    if asked.kind not in TransferKind.values:
        refuse(_("Choose what becomes of the outgoing department."))
    if asked.basis not in TransferBasis.values:
        refuse(_("Choose by what it passes."))
    if asked.basis == TransferBasis.ORDER and not (asked.order_number.strip() and asked.order_on):
        refuse(_("Enter the number and the date of the transfer order."))
    if asked.order_on is not None and asked.order_on > asked.effective_on:
        refuse(_("The transfer order is of a day after it takes effect: enter the day on which it is made."))
    if asked.basis == TransferBasis.NOVATION and (asked.order_number or asked.order_on):
        refuse(_("A novation has no transfer order: leave its number and date out."))
    if asked.effective_on < on:
        refuse(_("It takes effect today at the earliest: nothing passes on a day that is over."))


@transaction.atomic
def choose(
    transfer: Transfer, *, contracts: Collection[UUID], orders: Collection[UUID], people: Collection[UUID], by: Person, at: datetime
) -> Transfer:  # fmt: skip
    """Of a department that is split: what passes, by public ids. Only what is the department's is kept."""
    transfer = lock(transfer)
    insist(transfer_guards.why_not_choose(transfer, by=by, at=at))
    on = london_day(at)
    seat = seats.hold(transfer_guards.preparing_seat(transfer.authority_id, by, on))
    of_body = {"department": transfer.outgoing, "framework__authority": transfer.authority}
    transfer.contracts = _known(Contract.objects.filter(**of_body), "public_id", contracts)
    transfer.orders = _known(CallOff.objects.filter(**of_body), "public_id", orders)
    transfer.people = _known(passing_on.people_of(transfer.outgoing, on), "person_id", people)
    transfer.hands = _hands(transfer.hands, by, seat)
    transfer.content_hash = transfer_notices.hash_of(transfer)
    transfer.save()
    _record("chosen", transfer, transfer.state, by=by, at=at, principal=seat.principal, hash_shown=transfer.content_hash)
    transfer_notifications.tell_prepared(transfer, at)
    return transfer


def _known(rows: QuerySet, name: str, wanted: Collection[UUID]) -> list[UUID]:
    return sorted(rows.filter(**{f"{name}__in": list(wanted)}).values_list(name, flat=True), key=str)


@transaction.atomic
def agree(transfer: Transfer, *, shown_hash: str, by: Person, at: datetime) -> Transfer:
    """The second person agrees: the notices are asked for, or the novations, and everybody hears of it."""
    transfer = lock(transfer)
    on = london_day(at)
    insist(transfer_guards.why_not_agree(transfer, by=by, at=at))
    if shown_hash != transfer.content_hash:
        refuse(_("What you were shown is not what was prepared."), _("Open the page again, read it, and decide on what it shows."))
    seat = seats.hold(transfer_guards.agreeing_seat(transfer, by, on))
    before = transfer.state
    transfer.agree(at=at)
    transfer.agreed_by, transfer.agreed_by_name, transfer.agreed_post = by.person_id, by.words, seat.holding.post.code
    if seat.principal:
        transfer.agreed_for, transfer.agreed_for_name = seat.principal.person_id, seat.principal.name
    transfer.save()
    _record("agreed", transfer, before, by=by, at=at, principal=seat.principal, hash_shown=shown_hash)
    suppliers = _suppliers(transfer)
    if transfer.basis == TransferBasis.ORDER:
        _give_notice(transfer, suppliers, by=by, at=at, principal=seat.principal)
    else:
        novating.issue_each(transfer, by=by, at=at, acting_for=seat.principal)
    transfer_notifications.tell_agreed(transfer, suppliers, at)
    return transfer


def _suppliers(transfer: Transfer) -> list[Organisation]:
    """Whose contracts pass, or orders that have reached them."""
    of_contracts = transfer_plan.contracts_of(transfer).filter(state__in=BOUND).values("supplier")
    of_orders = _reached(transfer).values("supplier")
    return list(Organisation.objects.filter(pk__in=of_contracts.union(of_orders)).order_by("pk"))


def _reached(transfer: Transfer) -> QuerySet[CallOff]:
    """Orders under way that their supplier has."""
    return transfer_plan.orders_of(transfer).filter(state__in=[*AWARDED, CallOffState.CONFIRMED]).order_by("pk")


def _give_notice(transfer: Transfer, suppliers: Collection[Organisation], *, by: Person, at: datetime, principal: Principal | None) -> None:
    contracts = transfer_plan.contracts_of(transfer).filter(state__in=BOUND).select_related("framework").order_by("number")
    values, frameworks = transfer_plan.values(contracts), list(transfer_plan.frameworks(transfer))
    for position, supplier in enumerate(suppliers or [None], start=1):
        number = numbers.take(TRANSFER_NOTICE_SERIES, london_day(at).year)
        mine = list(contracts.filter(supplier=supplier)) if supplier else []
        orders = list(_reached(transfer).filter(supplier=supplier).select_related("framework")) if supplier else []
        payload = transfer_notices.notice(transfer, number, supplier, frameworks, mine, values, orders, at=at)
        document = store.create(
            kind=DOCUMENT_KIND, version=TEMPLATE_VERSION, subject=f"notice {number}", number=number, payload=payload, signers=[],
            by=by, at=at, acting_for=principal,
        )  # fmt: skip
        TransferNotice.objects.create(transfer=transfer, position=position, number=number, supplier=supplier, document=document)
        steps.ask_to_make(document)


@transaction.atomic
def announced(notice: TransferNotice, *, at: datetime) -> None:
    """The notice is sealed and closed: everybody whom it is to is told where its file is. A repeat writes nothing new."""
    transfer_notifications.tell_sealed(notice, at)


@transaction.atomic
def withdraw(transfer: Transfer, *, reason: str, by: Person, at: datetime) -> Transfer:
    """Before it takes effect: everything stays as it is. A sealed notice stays, and so does this; novations are void."""
    transfer = lock(transfer)
    insist(transfer_guards.why_not_withdraw(transfer, by=by, at=at))
    insist_on_words(reason, _("Give a reason: everybody who has heard of it reads it."))
    seat = seats.hold(transfer_guards.deciding_seat(transfer, by, london_day(at)))
    return _withdraw(transfer, reason=reason, by=by, at=at, principal=seat.principal)


def _withdraw(transfer: Transfer, *, reason: str, by: Actor, at: datetime, principal: Principal | None = None) -> Transfer:
    before, suppliers = transfer.state, _suppliers(transfer)
    transfer.withdraw(at=at, reason=reason)
    transfer.save()
    _record("withdrawn", transfer, before, by=by, at=at, principal=principal, reason=reason)
    for novation in transfer.novations.exclude(state=NovationState.VOID).select_related("document"):
        novating.void(novation, reason=reason, by=by, at=at, acting_for=principal)
    transfer_notifications.tell_withdrawn(transfer, suppliers, at)
    return transfer


@transaction.atomic
def apply(transfer: Transfer, *, by: Person, at: datetime) -> Transfer:
    """By hand, on its day or after it."""
    transfer = lock(transfer)
    insist(transfer_guards.why_not_apply(transfer, by=by, at=at))
    seat = seats.hold(transfer_guards.deciding_seat(transfer, by, london_day(at)))
    return _apply(transfer, by=by, at=at, principal=seat.principal)


@transaction.atomic
def take_effect(transfer: Transfer, *, at: datetime, by: Actor = SYSTEM) -> Transfer:
    """The clock's: its day has come. A signature that is just being put on is waited for; where something is in its way those
    who can mend it are told; what was to be novated and is not signed by all three does not pass. Safe to run twice."""
    transfer = lock(transfer)
    if transfer.state != T.AGREED or transfer.effective_on > london_day(at) or any(transfer_guards.why_wait(transfer)) or novating.is_being_closed(transfer):
        return transfer
    if transfer_plan.by_novation(transfer) and transfer_plan.not_novated(transfer).exists():
        return _withdraw(transfer, reason=_("Not every contract was novated by all three before the day."), by=by, at=at)
    reasons = list(transfer_guards.in_the_way(transfer, london_day(at)))
    if reasons:
        transfer_notifications.tell_kept_waiting(transfer, reasons, at)
        return transfer
    return _apply(transfer, by=by, at=at)


def _apply(transfer: Transfer, *, by: Actor, at: datetime, principal: Principal | None = None) -> Transfer:
    _clear_the_way(transfer, by=by, at=at, principal=principal)
    contracts = list(transfer_plan.contracts_of(transfer).select_for_update(of=("self",)).order_by("pk"))
    orders, people = transfer_plan.orders_of(transfer), list(transfer_plan.people_of(transfer, london_day(at)))
    suppliers = _suppliers(transfer)
    passage = Passage(
        transfer.outgoing, transfer.receiving, transfer.effective_on, transfer.number, transfer_notices.legal_basis(transfer),
        _letter(transfer), by, at, principal,
    )  # fmt: skip
    before, together = transfer_plan.totals(Contract.objects.filter(pk__in=[one.pk for one in contracts]), orders), _together(transfer)
    notices = {one.supplier_id: one.document for one in transfer.notices.select_related("document")}
    moved = passing_on.pass_orders(passage, orders, {pk: notices.get(supplier) for pk, supplier in orders.values_list("pk", "supplier_id")})
    _pass_contracts(transfer, passage, contracts, notices)
    passing_on.pass_people(passage, people)
    for framework in transfer_plan.frameworks(transfer):
        passing_on.pass_membership(passage, framework, whole=transfer.is_whole)
    passing_on.pass_sites(passage)
    _end_department(transfer)
    was = transfer.state
    transfer.apply(at=at)
    after = _after(transfer, moved)
    if (before, together) != (after, _together(transfer)):
        raise TotalsMoved(f"{transfer.number}: {before} and {together} before, {after} and {_together(transfer)} after")
    transfer.contracts_before, transfer.contracts_after = before.contracts, after.contracts
    transfer.value_before_gbp, transfer.value_after_gbp = before.value, after.value
    transfer.reserved_before_gbp, transfer.reserved_after_gbp = before.reserved, after.reserved
    transfer.committed_before_gbp, transfer.committed_after_gbp = before.committed, after.committed
    transfer.save()
    _record("applied", transfer, was, by=by, at=at, principal=principal, extra={"contracts": after.contracts, "orders": len(moved), "people": len(people)})
    transfer_notifications.tell_applied(transfer, people, suppliers, at)
    return transfer


def _clear_the_way(transfer: Transfer, *, by: Actor, at: datetime, principal: Principal | None) -> None:
    """A document that is out for signature names the outgoing department: nobody signs it any more."""
    reason = _("%(outgoing)s has passed to %(receiving)s (%(number)s) before all had signed.") % {
        "outgoing": transfer.outgoing.name, "receiving": transfer.receiving.name, "number": transfer.number,
    }  # fmt: skip
    for variation in transfer_plan.unsigned_variations(transfer):
        variation_issuing.take_back(variation, reason=reason, by=by, at=at, acting_for=principal)
    for contract in transfer_plan.unsigned_contracts(transfer):
        formation.take_back(contract, reason=reason, by=by, at=at, acting_for=principal)


def _letter(transfer: Transfer) -> tuple[str, str]:
    """What gives a delegation at the receiving department: the order, by name where its file is not in the store."""
    if transfer.sha256:
        return transfer.filename, transfer.sha256
    return transfer_notices.legal_basis(transfer)[:120], ""


def _pass_contracts(transfer: Transfer, passage: Passage, contracts: list[Contract], notices: dict[int | None, Document]) -> None:
    """With what changes them: its approvals pass as an order's do. Prices, terms and numbers stay."""
    novations = {one.contract_id: one.document for one in Novation.objects.filter(transfer=transfer, state=NovationState.EXECUTED).select_related("document")}
    by_what = {one.pk: novations.get(one.pk) or notices.get(one.supplier_id) for one in contracts}
    passing_on.passed(passage, contracts, by_what)
    keys = [one.pk for one in contracts]
    Contract.objects.filter(pk__in=keys).update(department=transfer.receiving, search_text=passing_on.found_by(passage))
    variations = list(Variation.objects.filter(contract__in=keys).order_by("pk"))
    passing_on.passed(passage, variations, {one.pk: by_what[one.contract_id] for one in variations})
    passing_on.pass_approvals(passage, variations)
    passing_on.record_each("contract.passed", passage, contracts)


def _after(transfer: Transfer, moved: list[CallOff]) -> transfer_plan.Totals:
    """Read anew, of what the facts say has passed and is the receiving department's."""
    mine = transfer_plan.contracts_of(transfer).filter(department=transfer.receiving)
    orders = CallOff.objects.filter(pk__in=[one.pk for one in moved], department=transfer.receiving)
    return transfer_plan.totals(mine, orders)


def _together(transfer: Transfer) -> transfer_plan.Totals:
    return transfer_plan.of_bodies(transfer.outgoing, transfer.receiving)


def _end_department(transfer: Transfer) -> None:
    """Its last day, unless the register knows another, and what follows it."""
    if transfer.is_whole:
        body = transfer.outgoing
        body.exists_to = body.exists_to or transfer.effective_on
        body.succeeded_by = transfer.receiving
        body.save()

