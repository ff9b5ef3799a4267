"""Why not: reasons in words for the acts on a transfer, and what stands in its way."""

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.models import Framework, Organisation
from contracts import transfer_plan
from contracts.manager_guards import hands
from contracts.models import Transfer, TransferBasis, TransferKind, TransferState
from documents.clock import london_day
from documents.once import once
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from procurement import passing_on, people_guards, seats, signing
from procurement.actors import Person
from procurement.models import AccessionState, PostCode
from procurement.seats import Seat

T = TransferState
AGREEING = (PostCode.DEPUTY_DIRECTOR, PostCode.AUTHORITY_SIGNATORY)
FEW = 5


def preparing_seat(authority_id: int, by: Person, on: date) -> Seat | None:
    return seats.find_seat(by, authority_id, PostCode.FRAMEWORK_MANAGER, on)


def agreeing_seat(transfer: Transfer, by: Person, on: date) -> Seat | None:
    """The first of the person's seats among those who agree whose holder had no hand in it."""
    sits = [seat for code in AGREEING for seat in seats.seats_of(by, transfer.authority_id, code, on)]
    return seats.choose(sits, lambda seat: bool(hands(by, seat) & set(transfer.hands)))


def deciding_seat(transfer: Transfer, by: Person, on: date) -> Seat | None:
    """From which it is withdrawn or applied."""
    return preparing_seat(transfer.authority_id, by, on) or agreeing_seat(transfer, by, on)


def why_not_prepare(authority: Organisation, *, by: Person, at: datetime) -> Iterator[Reason]:
    on = london_day(at)
    if preparing_seat(authority.pk, by, on) is None:
        yield Reason(
            _("Only the framework manager of %(authority)s can do this.") % {"authority": authority.name},
            seats.who_holds(authority.pk, PostCode.FRAMEWORK_MANAGER, on),
        )


def _in_state(transfer: Transfer, *wanted: str) -> Iterator[Reason]:
    if transfer.state not in wanted:
        yield Reason(_("Transfer %(number)s is %(state)s.") % {"number": transfer.number, "state": transfer.get_state_display()})


def why_not_choose(transfer: Transfer, *, by: Person, at: datetime) -> Iterator[Reason]:
    """What passes of a department that is split, until it is agreed."""
    yield from _in_state(transfer, T.DRAFT)
    yield from why_not_prepare(transfer.authority, by=by, at=at)
    if transfer.is_whole:
        yield Reason(_("%(department)s ends: all that it has passes.") % {"department": transfer.outgoing.name})


def why_not_agree(transfer: Transfer, *, by: Person, at: datetime) -> Iterator[Reason]:
    """By another than who prepared it or chose what passes, whomever either acts for; before its day is over."""
    on = london_day(at)
    yield from _in_state(transfer, T.DRAFT)
    seat = agreeing_seat(transfer, by, on)
    if seat is None:
        yield Reason(
            _("Only the deputy director or the authority signatory of %(authority)s can do this.") % {"authority": transfer.authority.name},
            seats.who_holds(transfer.authority_id, PostCode.DEPUTY_DIRECTOR, on),
        )
    elif hands(by, seat) & set(transfer.hands):
        yield Reason(
            _("%(name)s prepared it, or you had a hand in it: a second person agrees.") % {"name": transfer.prepared_by_name},
            seats.who_holds(transfer.authority_id, PostCode.DEPUTY_DIRECTOR, on),
        )
    if transfer.effective_on < on:
        yield Reason(
            _("The day it was to take effect, %(day)s, is over.") % {"day": as_day(transfer.effective_on)},
            _("Withdraw it and prepare another."),
        )
    if transfer.order_on is not None and transfer.order_on > on:
        yield Reason(_("The transfer order is of %(day)s: it is agreed to once that is made.") % {"day": as_day(transfer.order_on)})
    if not transfer.is_whole and not (transfer.contracts or transfer.orders or transfer.people):
        yield Reason(_("Nothing is chosen that passes."), _("The framework manager chooses it."))
    yield from why_not_between(transfer)
    yield from why_orders_stay(transfer)


def why_not_withdraw(transfer: Transfer, *, by: Person, at: datetime) -> Iterator[Reason]:
    on = london_day(at)
    yield from _in_state(transfer, T.DRAFT, T.AGREED)
    if deciding_seat(transfer, by, on) is None:
        yield from why_not_prepare(transfer.authority, by=by, at=at)


def why_not_apply(transfer: Transfer, *, by: Person, at: datetime) -> Iterator[Reason]:
    """By hand on its day, or later where the clock is late."""
    on = london_day(at)
    yield from _in_state(transfer, T.AGREED)
    if deciding_seat(transfer, by, on) is None:
        yield from why_not_prepare(transfer.authority, by=by, at=at)
    if transfer.state == T.AGREED and transfer.effective_on > on:
        yield Reason(_("It takes effect on %(day)s, not before.") % {"day": as_day(transfer.effective_on)})
    if transfer.state == T.AGREED:
        yield from in_the_way(transfer, on)
        yield from why_wait(transfer)


def why_not_basis(outgoing: Organisation, receiving: Organisation, basis: str) -> Iterator[Reason]:
    """An order of the Crown moves what is the Crown's; a body that is not of it agrees to what binds it."""
    if basis == TransferBasis.ORDER:
        for body in (outgoing, receiving):
            if not body.crown:
                yield Reason(
                    _("%(body)s is not a body of the Crown: no transfer order moves its contracts.") % {"body": body.name},
                    _("Choose novation: the supplier and both bodies sign it for each contract."),
                )
    elif outgoing.crown and receiving.crown:
        yield Reason(
            _("Both are bodies of the Crown: nothing is novated between them."),
            _("Choose the transfer order and enter its number and date."),
        )


def _successor(body: Organisation) -> Organisation | None:
    """To whom all of it has passed: nobody is there who could take anything over, not even on the day itself."""
    away = body.transfers_away.filter(state=T.APPLIED).exclude(kind=TransferKind.SPLIT).select_related("receiving").first()
    return away.receiving if away else None


def why_not_between(transfer: Transfer) -> Iterator[Reason]:
    """Which bodies these are."""
    outgoing, receiving = transfer.outgoing, transfer.receiving
    if outgoing.pk == receiving.pk:
        yield Reason(_("Nothing passes from a department to itself."))
    if receiving.framework_places.exists():
        yield Reason(_("%(body)s is a supplier here; nothing passes to a supplier.") % {"body": receiving.name})
    if transfer.is_whole and outgoing.frameworks.exists():
        yield Reason(_("%(body)s is the authority of a framework: it does not end while it is.") % {"body": outgoing.name})
    if (successor := _successor(receiving)) is not None:
        yield Reason(
            _("%(body)s has passed to %(successor)s as a whole.") % {"body": receiving.name, "successor": successor.name},
            _("Withdraw this one and prepare another to %(successor)s.") % {"successor": successor.name},
        )
    yield from why_not_basis(outgoing, receiving, transfer.basis)
    if receiving.exists_from and receiving.exists_from > transfer.effective_on:
        yield Reason(_("%(body)s begins on %(day)s, after the day of the transfer.") % {"body": receiving.name, "day": as_day(receiving.exists_from)})
    if receiving.exists_to and receiving.exists_to < transfer.effective_on:
        yield Reason(_("%(body)s ends on %(day)s, before the day of the transfer.") % {"body": receiving.name, "day": as_day(receiving.exists_to)})


def _named(things, count: int) -> str:
    names = ", ".join(str(one) for one in things[:FEW])
    return names if count <= FEW else _("%(names)s and %(n)s more") % {"names": names, "n": count - FEW}


def why_orders_stay(transfer: Transfer) -> Iterator[Reason]:
    """By novation no order passes on which others have acted."""
    if transfer_plan.by_novation(transfer) and (acted := list(transfer_plan.acted_on(transfer))):
        yield Reason(
            ngettext(
                "%(orders)s is submitted and becomes no order of a body that is not of the Crown by being moved.",
                "%(orders)s are submitted and become no orders of a body that is not of the Crown by being moved.", len(acted),
            ) % {"orders": _named(acted, len(acted))},
            _("Bring it to its contract before the day, or withdraw it; the receiving body orders anew."),
        )  # fmt: skip


def in_the_way(transfer: Transfer, on: date) -> list[Reason]:
    """What keeps it from taking effect, as it stands: somebody has to mend it before the day. Looked at once for each copy of it."""
    return once(transfer, ("in its way", on), lambda: list(_in_the_way(transfer, on)))


def _in_the_way(transfer: Transfer, on: date) -> Iterator[Reason]:
    outgoing, receiving = transfer.outgoing, transfer.receiving
    yield from why_not_between(transfer)
    yield from why_orders_stay(transfer)
    if transfer.is_whole and (others := list(transfer_plan.elsewhere(transfer))):
        yield Reason(
            _("%(contracts)s of %(body)s: under a framework of another authority.") % {"contracts": _named(others, len(others)), "body": outgoing.name},
            _("That authority moves them, or they end, before %(body)s does.") % {"body": outgoing.name},
        )
    if transfer.is_whole and (orders := list(transfer_plan.orders_elsewhere(transfer))):
        yield Reason(
            _("%(orders)s of %(body)s: under way under a framework of another authority.") % {"orders": _named(orders, len(orders)), "body": outgoing.name},
            _("Bring them to their end before %(body)s comes to its own.") % {"body": outgoing.name},
        )
    for framework in transfer_plan.frameworks(transfer):
        yield from _memberships(framework, outgoing, receiving)
        yield from _why_no_member(transfer, framework)
    theirs = seats.people_of(receiving, on) or passing_on.own_people(receiving, transfer.effective_on)
    if not theirs and not transfer_plan.people_of(transfer, on).exists():
        yield Reason(
            _("Nobody would act for what passes: %(body)s has no people, and none pass to it.") % {"body": receiving.name},
            _("Choose people who pass, or somebody is given a post there first."),
        )
    if transfer_plan.by_novation(transfer) and (missing := list(transfer_plan.not_novated(transfer))):
        yield Reason(
            ngettext(
                "%(contracts)s has no novation that all three have signed.",
                "%(contracts)s have no novation that all three have signed.", len(missing),
            ) % {"contracts": _named(missing, len(missing))},
            _("The supplier and both bodies sign; without that it is withdrawn on its day."),
        )  # fmt: skip
        yield from _why_nobody_signs(transfer, on)
    for user in transfer_plan.people_of(transfer, on) if receiving.frameworks.exists() or outgoing.frameworks.exists() else ():
        yield from people_guards.why_not_of(user, receiving, on, leaving=outgoing)


def _why_nobody_signs(transfer: Transfer, on: date) -> Iterator[Reason]:
    """Said before the novations go out: without a signatory of each body none is ever signed by all."""
    for body in (transfer.outgoing, transfer.receiving):
        if not seats.holders(body.pk, PostCode.SIGNATORY, on):
            yield Reason(
                _("%(body)s has no signatory to sign a novation.") % {"body": body.name},
                _("Somebody is given the post there before the day; a body that joins names its first people in its application."),
            )


def _memberships(framework, outgoing: Organisation, receiving: Organisation) -> Iterator[Reason]:
    rows = {
        row.department_id: row
        for row in framework.accessions.filter(
            Q(department=outgoing, state=AccessionState.SUSPENDED)
            | Q(department=receiving, state__in=[AccessionState.SUSPENDED, AccessionState.AGREEMENT_ISSUED])
        )
    }
    if outgoing.pk in rows:
        yield Reason(
            _("The membership of %(body)s in %(framework)s is suspended.") % {"body": outgoing.name, "framework": framework.title},
            _("The framework manager resumes or ends it first."),
        )
    if (own := rows.get(receiving.pk)) is not None:
        words = _("The membership of %(body)s in %(framework)s is suspended.")
        mend = _("The framework manager resumes or ends it first.")
        if own.state == AccessionState.AGREEMENT_ISSUED:
            words = _("An access agreement of %(body)s for %(framework)s is out for signature.")
            mend = _("It is signed, or withdrawn, before the day.")
        yield Reason(words % {"body": receiving.name, "framework": framework.title}, mend)


def _why_no_member(transfer: Transfer, framework: Framework) -> Iterator[Reason]:
    """What passes under a framework is a member's."""
    carried, own = passing_on.memberships(framework, transfer.outgoing, transfer.receiving)
    if carried is not None or (own is not None and own.state in (AccessionState.ACTIVE, AccessionState.SUSPENDED, AccessionState.AGREEMENT_ISSUED)):
        return
    if any(rows.filter(framework=framework).exists() for rows in (transfer_plan.contracts_of(transfer), transfer_plan.orders_of(transfer))):
        yield Reason(
            _("%(body)s is no member of %(framework)s, and %(outgoing)s has no membership that it could continue.")
            % {"body": transfer.receiving.name, "framework": framework.title, "outgoing": transfer.outgoing.name},
            _("It joins first."),
        )


def why_wait(transfer: Transfer) -> Iterator[Reason]:
    """What comes first within moments: a signature that is being put on, a document that all have signed and that is being
    closed."""
    waiting = (*transfer_plan.unsigned_contracts(transfer), *transfer_plan.unsigned_variations(transfer))
    documents = [one.document for one in waiting if one.document is not None]
    for document in signing.being_signed(documents):
        yield Reason(_("A signature is just being put on %(document)s; try again in a moment.") % {"document": document.number})


def what_happens(transfer: Transfer) -> Iterator[Reason]:
    """What the day itself brings: what it undoes, unless somebody comes before it, and who acts for the receiving body then."""
    mend = _("Sign it, or take it back, before %(day)s.") % {"day": as_day(transfer.effective_on)}
    for contract in transfer_plan.unsigned_contracts(transfer):
        yield Reason(
            _("%(number)s is out for signature. On the day it is void, and its order goes back to its requester, who submits it anew.")
            % {"number": contract.number},
            mend,
        )
    for variation in transfer_plan.unsigned_variations(transfer):
        yield Reason(_("%(variation)s is out for signature. On the day it lapses.") % {"variation": variation}, mend)
    for framework in transfer_plan.frameworks(transfer):
        carried, own = passing_on.memberships(framework, transfer.outgoing, transfer.receiving)
        if carried is not None and own is not None and own.state not in (AccessionState.ACTIVE, AccessionState.AGREEMENT_ISSUED, AccessionState.SUSPENDED):
            yield Reason(
                _("%(body)s is on its way to join %(framework)s (%(state)s). It continues the membership of %(outgoing)s instead, and what it began is withdrawn.")
                % {"body": transfer.receiving.name, "state": own.get_state_display(), "framework": framework.title, "outgoing": transfer.outgoing.name}
            )
        if carried is not None and (own is None or own.state != AccessionState.ACTIVE) and (found := passing_on.own_people(transfer.receiving, transfer.effective_on)):
            names = [user.name for user in found]
            yield Reason(
                ngettext("%(names)s holds a post of %(body)s already and acts for it from the day on.",
                         "%(names)s hold posts of %(body)s already and act for it from the day on.", len(names))
                % {"names": _named(names, len(names)), "body": transfer.receiving.name}
            )  # fmt: skip
