"""Who runs contracts on each side: the department's contract managers; the supplier's service managers and account managers, either
of whom does what the supplier has to."""

from datetime import date

from procurement import seats
from procurement.actors import Person
from procurement.models import PostCode, User
from procurement.seats import Seat

SUPPLIER_POSTS = (PostCode.SERVICE_MANAGER, PostCode.ACCOUNT_MANAGER)
ON_EITHER_SIDE = (PostCode.CONTRACT_MANAGER, *SUPPLIER_POSTS)


def of_department(department_id: int, on: date) -> list[User]:
    """And their deputies."""
    return seats.holders(department_id, PostCode.CONTRACT_MANAGER, on)


def of_supplier(supplier_id: int, on: date) -> list[User]:
    """And their deputies; who holds both posts twice."""
    return [user for code in SUPPLIER_POSTS for user in seats.holders(supplier_id, code, on)]


def supplier_seat(supplier_id: int, by: Person, on: date) -> Seat | None:
    """From which the person acts for the supplier."""
    found = (seats.find_seat(by, supplier_id, code, on) for code in SUPPLIER_POSTS)
    return next(filter(None, found), None)


def post_that_is_held(supplier_id: int, on: date) -> PostCode:
    """The one to name to whom may not: the first in which somebody sits, or that nobody is in any."""
    return next((code for code in SUPPLIER_POSTS if seats.holders(supplier_id, code, on)), SUPPLIER_POSTS[0])
