"""A department with a contract orders more: the seats that it has are served already."""

from datetime import date

import pytest
from django.urls import reverse

from procurement import completeness, contracted, copying, drafting, quoting, workflow
from procurement.drafting import Ordered
from tests import cast
from tests.procurement.test_pages import sign_in

pytestmark = pytest.mark.usefixtures("db")
TODAY = cast.START.date()


def further(*ordered: Ordered, sites=()):
    """A new draft of DIUS: what a contract's order says beside what is ordered, and these services alone."""
    source = cast.drafted()
    order = drafting.start(cast.framework(), cast.dius(), title="More", by=cast.requester(), at=cast.START)
    copying.copy_content(source.revision, order.revision)
    copying.copy_particulars(source.particulars, order.particulars)
    at = {"by": cast.requester(), "at": cast.START}
    workflow.withdraw(source, reason="It was drafted to be copied.", **at)
    drafting.save_sites(order, sites, drop_quantities=True, **at)
    drafting.save_term(order, drafting.Term(date(2008, 4, 1), 36), drop_quantities=True, **at)
    drafting.save_milestones(order, [], none_needed=True, **at)
    drafting.save_services(order, ordered, **at)
    return cast.fresh(order)


def gaps_of(order, on=TODAY) -> str:
    revision = cast.fresh(order).revision
    return " ".join(str(gap.words) for gap in completeness.gaps(revision, quoting.quote(revision, on), on))


TELEPHONES, CONSULTANTS = Ordered("shared", "CALL-05", None, 50), Ordered("usage", "CHG-01", None, 20)


@pytest.mark.world("executed")
def test_lots_that_build_on_a_contract_are_ordered_alone_and_reach_the_approvers(client):
    order = further(TELEPHONES, CONSULTANTS)
    assert contracted.lots(order, TODAY) == {1, 2} and gaps_of(order) == ""
    submitted = workflow.submit(order, by=cast.requester(), at=cast.START)
    assert cast.fresh(submitted).state == "department_approval" and submitted.revision.sites.count() == 0
    assert sign_in(client, "budget.holder@dius.example").get(f"/call-offs/{order.public_id}/").status_code == 200


@pytest.mark.world("executed")
def test_a_site_whose_seats_are_contracted_can_be_named_without_seats(client):
    phones = Ordered("shared", "CALL-05", "London", 50)
    order = further(phones, sites=[drafting.Site("London", 0)])
    assert gaps_of(order) == ""
    assert contracted.offered_sites(order, TODAY) == [("London", 0), ("Sheffield", 0), ("Darlington", 0), ("Runcorn", 0)]
    drafting.save_sites(order, [], drop_quantities=True, by=cast.requester(), at=cast.START)
    page = sign_in(client, "requester@dius.example").get(reverse("procurement:sites", args=[order.public_id])).content.decode()
    assert "Seats that are under contract already are not ordered again" in page and 'value="620"' not in page


@pytest.mark.world("executed")
def test_a_contract_that_is_over_carries_no_further_order():
    order = further(TELEPHONES)
    assert contracted.lots(order, date(2012, 10, 31)) == {1, 2} and contracted.lots(order, date(2012, 11, 1)) == set()


def test_without_a_contract_lot_2_is_refused_in_words_and_lot_3_needs_nothing():
    order = further(TELEPHONES)
    assert gaps_of(order) == (
        "Services of lot 2 need services of lot 1, in the same order or under a contract of yours that is in force, and "
        "there are none: CALL-05 (all sites) 50."
    )
    assert gaps_of(further(CONSULTANTS)) == ""


def test_the_answers_of_an_order_that_needs_no_site_call_none_missing(client):
    sign_in(client, "requester@dius.example")

    def answers(order):
        return client.get(reverse("procurement:check", args=[order.public_id])).content.decode()

    assert "none: the order brings no seats" in answers(further(CONSULTANTS)) and "not yet entered" not in answers(further(CONSULTANTS))
    assert "not yet entered" in answers(further(Ordered("shared", "CORE-06", None, 10)))


def test_no_saving_is_promised_for_an_order_that_brings_no_seats(client):
    sign_in(client, "requester@dius.example")
    order = further(CONSULTANTS)
    pages = [client.get(reverse(f"procurement:{name}", args=[order.public_id])).content.decode() for name in ("check", "services")]
    workflow.submit(order, by=cast.requester(), at=cast.START)
    pages.append(client.get(reverse("procurement:call_off", args=[order.public_id])).content.decode())
    for page in pages:
        assert "once the order meets" not in page and "when the rules are met" not in page
    unfinished = further(Ordered("shared", "CORE-06", None, 10))
    assert "once the order meets" in client.get(reverse("procurement:check", args=[unfinished.public_id])).content.decode()


def test_seats_of_a_first_order_take_all_that_every_seat_takes():
    order = further(Ordered("shared", "CORE-09", None, 10))
    assert gaps_of(order) == "Add at least one site with its seats."
