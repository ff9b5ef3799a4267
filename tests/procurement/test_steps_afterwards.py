"""A link to a step outlives the step: who opens it reads what became of it, and who decides again why it came back."""

import re

import pytest

from procurement import approval, workflow
from tests import cast
from tests.procurement.test_pages import address, sign_in

pytestmark = pytest.mark.usefixtures("db")
HOLDER, OFFICER = cast.ROUTE[0], "technology.officer@dius.example"
WHY = "The budget code is last year's."


def returned():
    order, by = cast.submitted(), cast.person(HOLDER)
    step = cast.open_step(order, by)
    approval.return_for_changes(
        step, reason=WHY, shown_hash=step.approval.content_hash, no_conflict=True, by=by, at=cast.START
    )
    return cast.fresh(order), step


def read(client, email, order, step, name="brief") -> str:
    answer = sign_in(client, email).get(address(name, order, position=step.position))
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


@pytest.mark.world("submitted")
def test_the_link_to_a_step_of_a_recalled_order_says_that_it_was_recalled(client):
    order = cast.submitted()
    step = cast.open_step(order, cast.person(HOLDER))
    workflow.recall(order, by=cast.requester(), at=cast.START)
    page = read(client, HOLDER, order, step)
    assert "Revision 1 is decided no more. <strong>Recalled</strong>, DIUS requester" in page
    assert "This step no longer counts" in page
    assert "This step no longer counts" in read(client, HOLDER, order, step, "decide")
    assert "This step is for the" not in read(client, OFFICER, order, step), "nobody can decide it any more"
    assert sign_in(client, "requester@ons.example").get(address("brief", order, position=step.position)).status_code == 404


@pytest.mark.world("submitted")
def test_the_link_to_a_step_of_a_returned_order_says_by_whom_and_why(client):
    order, step = returned()
    for email in (HOLDER, OFFICER):
        page = read(client, email, order, step)
        assert "<strong>Returned for amendment</strong>" in page and "DIUS budget holder" in page
        assert WHY.replace("'", "&#x27;") in page


@pytest.mark.world("submitted")
def test_the_next_brief_says_why_the_order_came_back(client):
    order, _step = returned()
    again = cast.fresh(workflow.submit(order, by=cast.requester(), at=cast.START))
    step = again.revision.approval.steps.get(post="budget_holder")
    page = read(client, HOLDER, again, step)
    assert "Why it came back before" in page and WHY.replace("'", "&#x27;") in page and "Changed since revision 1" in page


@pytest.mark.world("submitted")
def test_who_has_decided_reads_what_they_decided_and_when(client):
    order, by = cast.submitted(), cast.person(HOLDER)
    step = cast.open_step(order, by)
    cast.decide(order, HOLDER)
    for name in ("brief", "decide"):
        page = read(client, HOLDER, order, step, name)
        assert "You have decided this step (endorsed) on 1 October 2007 at 10:00am." in page and "somebody else has to do this" not in page


@pytest.mark.world("with_supplier")
def test_everybody_else_reads_by_whom_a_step_was_decided_and_not_that_it_counts_no_more(client):
    order = cast.with_supplier()
    step = order.revision.approval.steps.get(post="accounting_officer")
    page = read(client, HOLDER, order, step)
    assert "DIUS accounting officer has already decided this step (committed)." in page
    assert "no longer counts" not in page and "This step is for the" not in page
