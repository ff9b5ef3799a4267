"""Prices that fall while an order is in approval: its own are held, and today's are offered."""

from decimal import Decimal

import pytest
from django.urls import reverse

from procurement import approval, quoting, workflow
from tests import cast
from tests.procurement.test_pages import sign_in

pytestmark = pytest.mark.usefixtures("db")
TODAY = cast.START.date()
OFFERED = "Prices have fallen since this was submitted"


def page(client, email: str, call_off) -> str:
    return sign_in(client, email).get(reverse("procurement:call_off", args=[call_off.public_id])).content.decode()


@pytest.mark.world("submitted")
def test_the_fall_is_the_difference_to_what_it_costs_when_submitted_again(client):
    call_off = cast.submitted()
    assert quoting.fall(call_off.revision, TODAY) is None
    cast.add_volume("seats", 1500)  # 3,500 before: with the order's own 1,000 it reaches the band of 5,000 and passes it
    found = quoting.fall(call_off.revision, TODAY)
    for email in (cast.ROUTE[0], "requester@dius.example"):
        words = page(client, email, call_off)
        assert OFFERED in words and f"£{found.whole_life:,.2f} less" in words and f"£{found.monthly:,.2f} less a month" in words
    assert OFFERED not in page(client, cast.DESK, call_off)
    step = cast.open_step(call_off, cast.person(cast.ROUTE[0]))
    brief = reverse("procurement:brief", args=[call_off.public_id, step.position])
    assert OFFERED in sign_in(client, cast.ROUTE[0]).get(brief).content.decode()
    approval.return_for_changes(
        step, shown_hash=step.approval.content_hash, no_conflict=True, reason="At today's prices.",
        by=cast.person(cast.ROUTE[0]), at=cast.START,
    )  # fmt: skip
    again = cast.fresh(workflow.submit(cast.fresh(call_off), by=cast.requester(), at=cast.START))
    assert call_off.revision.monthly_gbp - again.revision.monthly_gbp == found.monthly > 0
    assert call_off.revision.whole_life_gbp - again.revision.whole_life_gbp == found.whole_life
    assert OFFERED not in page(client, cast.ROUTE[0], again)
    assert quoting.fall(again.revision, TODAY) is None


@pytest.mark.world("with_supplier")
def test_a_rise_and_what_is_with_the_supplier(client):
    call_off = cast.with_supplier()
    cast.add_volume("seats", 1500)
    words = page(client, "requester@dius.example", call_off)
    assert OFFERED in words and "withdraws it and submits a copy" in words
    assert OFFERED not in page(client, cast.DESK, call_off), "the supplier decides on what it was sent"
    assert OFFERED in page(client, "commercial.lead@co.example", call_off)
    revision = cast.fresh(call_off).revision
    revision.whole_life_gbp = Decimal("1.00")
    assert quoting.fall(revision, TODAY) is None, "what became dearer is held, and not offered"


@pytest.mark.world("with_supplier")
def test_a_brief_of_an_order_that_is_decided_offers_nothing_and_counts_it_once(client):
    call_off = cast.with_supplier()
    cast.add_volume("seats", 1500)
    step = call_off.revision.approval.steps.get(post="budget_holder")
    brief = reverse("procurement:brief", args=[call_off.public_id, step.position])
    words = sign_in(client, cast.ROUTE[0]).get(brief).content.decode()
    assert OFFERED not in words and "flex-bar" not in words


@pytest.mark.world("approved_by_department")
def test_of_an_order_that_went_back_the_authority_reads_no_figure_of_what_has_not_reached_it(client):
    call_off, lead = cast.approved_by_department(), "commercial.lead@co.example"
    step = cast.open_step(call_off, cast.person(lead))
    approval.return_for_changes(
        step, shown_hash=step.approval.content_hash, no_conflict=True, reason="At fewer sites.", by=cast.person(lead), at=cast.START
    )
    again = workflow.submit(cast.fresh(call_off), by=cast.requester(), at=cast.START)
    cast.add_volume("seats", 1500)
    assert OFFERED in page(client, "requester@dius.example", again)
    assert OFFERED not in page(client, lead, again), "it would be the fall of the revision that stands there now"
    for email in cast.ROUTE[:4]:
        cast.decide(again, email)
    assert OFFERED in page(client, lead, again)
