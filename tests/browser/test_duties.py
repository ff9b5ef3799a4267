"""In a browser: joiners inside the tolerance of a contract's quantities, asked and accepted; and a year's indicators, rated, confirmed,
commented on and published."""

from datetime import date

import pytest

from documents import clock
from tests import cast, paper
from tests.contracts import request_cast, statutory_cast

pytestmark = pytest.mark.world("in_force")

MANAGER, SERVICE, SIGNATORY = statutory_cast.MANAGER, statutory_cast.SERVICE, statutory_cast.SIGNATORY


def fill_day(visitor, day: date) -> None:
    for name, value in (("Day", day.day), ("Month", day.month), ("Year", day.year)):
        visitor.fill(name, str(value), exact=True)


@pytest.mark.world("accepted_with_tolerance")
def test_joiners_are_asked_for_and_accepted(visit):
    contract = paper.executed(cast.accepted_with_tolerance())
    clock.step_to(cast.START, by=cast.requester())
    variations = f"/contracts/{contract.public_id}/variations/"
    manager = visit(MANAGER)
    manager.go(variations)
    manager.look("requests-none")
    manager.follow("Ask for other quantities")
    manager.look("request-new")
    manager.press("Ask the supplier", refused=True)
    manager.look("request-new-refused")
    lines = {(line.service.code, line.site): line.number for line in contract.lines.filter(phase="shared")}
    for key, more in request_cast.seats(contract, 5).items():
        manager.page.locator(f"#id_line_{lines[key]}").fill(str(more))
    manager.fill("Why are there more or fewer?", "Joiners at London.")
    fill_day(manager, request_cast.DAY)
    manager.press("Ask the supplier")
    assert "CR-01" in manager.heading() and "+5" in manager.text()
    manager.look("request-asked")

    supplier = visit(SERVICE)
    assert "change request CR-01 to accept or refuse" in supplier.text()
    supplier.go(f"/contracts/{contract.public_id}/requests/1/")
    supplier.follow("Refuse")
    supplier.look("request-refuse")
    supplier.go(f"/contracts/{contract.public_id}/requests/1/")
    supplier.follow("Accept")
    supplier.look("request-accept")
    supplier.press("Accept")
    supplier.look("request-accepted")

    manager.go(variations)
    manager.look("requests")
    manager.go(f"/contracts/{contract.public_id}/terms/?on=2008-07-01")
    assert "CR-01" in manager.text() and "439" in manager.text()
    manager.look("request-terms")


def test_a_year_is_rated_confirmed_and_published(visit):
    contract = paper.in_force()
    statutory_cast.measured(contract, {date(2008, 4, 1): {"EUS-B": "97.9"}, date(2008, 5, 1): {}})
    clock.step_to(statutory_cast.RATED_AT, by=cast.requester())
    notices = f"/contracts/{contract.public_id}/publications/"
    manager = visit(MANAGER)
    assert "key performance indicators to rate" in manager.text()
    manager.go(notices)
    assert "late" in manager.text()
    manager.look("notices")
    manager.go(f"{notices}2/")
    manager.look("notice-details")
    manager.follow("Record its publication")
    manager.look("notice-publish")
    manager.press("Record its publication", refused=True)
    manager.fill("Under which reference was it published?", "2008/S 12")
    fill_day(manager, date(2007, 10, 29))
    manager.press("Record its publication")
    assert "29 October 2007, as 2008/S 12" in manager.text()
    manager.look("notice-published")
    manager.go(f"{notices}3/")
    manager.follow("Rate the indicators")
    manager.look("notice-rate")
    manager.press("Rate the indicators")
    manager.look("notice-rated")

    supplier = visit(SERVICE)
    supplier.go(f"{notices}3/")
    assert "Requires improvement" in supplier.text()
    supplier.follow("Comment")
    supplier.fill("What do you say of the ratings?", "A strike of others.")
    supplier.look("notice-comment")
    supplier.press("Comment")

    signatory = visit(SIGNATORY)
    assert "ratings of key performance indicators to confirm" in signatory.text()
    signatory.go(f"{notices}3/")
    signatory.follow("Confirm the ratings")
    signatory.look("notice-confirm")
    signatory.press("Confirm the ratings")
    signatory.look("notice-confirmed")
    assert visit("requester@bis.example").go(notices) == 404
