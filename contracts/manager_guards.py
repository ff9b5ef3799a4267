"""Why not: which seat a person acts from for either side of a contract, and what stands against it."""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from django.utils.translation import gettext as _

from contracts import managers
from contracts.models import Contract
from documents.once import once
from documents.refusal import Reason
from procurement import granting, recusals, seats
from procurement.actors import Person
from procurement.models import PostCode
from procurement.seats import Seat


def supplier_seat(contract: Contract, by: Person, on: date) -> Seat | None:
    """From which the person acts for the supplier."""
    return managers.supplier_seat(contract.supplier_id, by, on)


def department_seat(contract: Contract, by: Person, on: date) -> Seat | None:
    """The first of the person's seats in the contract manager's chair against which nothing stands."""
    sits = seats.seats_of(by, contract.department_id, PostCode.CONTRACT_MANAGER, on)
    return seats.choose(sits, lambda seat: any(why_not_from(contract, by, seat, on)))


def hands(by: Person, seat: Seat | None) -> set[UUID]:
    """Who acts, and for whom: whoever is kept from deciding on their own work is by both."""
    return {by.person_id, seat.principal.person_id} if seat and seat.principal else {by.person_id}


def why_not_from(contract: Contract, by: Person, seat: Seat, on: date) -> Iterator[Reason]:
    """What stands against the seat, of whoever decides for a side that pays: that somebody who keeps out of the order chose who
    sits in it, or that they are of the supplier."""
    yield from recusals.why_chosen(contract.revision.approval, seat)
    yield from why_of_supplier(contract, by, seat, on)


def why_apart(contract: Contract, by: Person, seat: Seat, on: date) -> Iterator[Reason]:
    """The same, and that the person keeps out of the order themselves."""
    yield from recusals.why_recused(contract.revision.approval, by)
    yield from why_not_from(contract, by, seat, on)


def why_of_supplier(contract: Contract, by: Person, seat: Seat, on: date) -> Iterator[Reason]:
    """Nobody decides for the department on what their own company delivers, nor for somebody of it. Who takes a post in a
    department is none of a supplier's people (``procurement.sides``); who came to be one since then is kept out here."""
    people = once(contract, ("its supplier's people", on), lambda: granting.people_ever_after([contract.supplier], on))
    for user in filter(None, (by.user, seat.principal)):
        if user.email in people:
            yield Reason(
                _("%(name)s is one of the people of %(supplier)s.") % {"name": user.name, "supplier": contract.supplier.name},
                _("Another contract manager has to decide."),
            )


def who_holds(contract: Contract, organisation_id: int, code: str, on: date) -> str:
    """``seats.who_holds``, once a page: it says the same of every milestone and credit of the contract."""
    return once(contract, ("who holds", organisation_id, code, on), lambda: seats.who_holds(organisation_id, code, on))


def why_not_supplier(contract: Contract, by: Person, on: date) -> Iterator[Reason]:
    if supplier_seat(contract, by, on) is None:
        held = once(contract, ("its supplier's post", on), lambda: managers.post_that_is_held(contract.supplier_id, on))
        yield Reason(
            _("Only the service manager or the account manager of %(supplier)s can do this.")
            % {"supplier": contract.supplier.name},
            who_holds(contract, contract.supplier_id, held, on),
        )


def why_not_department(contract: Contract, by: Person, on: date) -> Iterator[Reason]:
    """Who keeps out of the order accepts nothing of what it bought, nor does whom such a person chose."""
    seat = department_seat(contract, by, on)
    if seat is None:
        yield Reason(
            _("Only the contract manager of %(department)s can do this.") % {"department": contract.department.name},
            who_holds(contract, contract.department_id, PostCode.CONTRACT_MANAGER, on),
        )
        return
    yield from why_apart(contract, by, seat, on)
