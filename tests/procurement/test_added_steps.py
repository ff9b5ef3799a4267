"""A department asks more of its own orders than the authority's matrix does, never less."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from documents.refusal import Refused
from procurement import added_steps, display, membership, routes, workflow
from procurement.models import (
    APPROVING,
    Act,
    AddedStep,
    ApprovalMatrix,
    MatrixRow,
    PostCode,
    PostHolding,
    Side,
    StepState,
)
from tests import cast
from tests.procurement.test_pages import post, sign_in

pytestmark = pytest.mark.usefixtures("db")
ADMIN = "administrator@dius.example"
TODAY = cast.START.date()
STEPS = st.lists(
    st.builds(AddedStep, post=st.sampled_from(APPROVING), from_gbp=st.decimals(0, 9_000_000, places=2)), max_size=4
)


def add(code: str = "technology_officer", from_gbp: str = "0.00", at=cast.START, body=None, by: str = ADMIN) -> AddedStep:
    return added_steps.add(body or cast.dius(), post=code, from_gbp=Decimal(from_gbp), by=cast.person(by), at=at)


def route(value: str, on=TODAY) -> list[tuple[str, int, str]]:
    """The department's steps: (post, group, act)."""
    matrix = routes.matrix_in_force(cast.framework(), on)
    made = routes.build(matrix, Decimal(value), routes.added_steps(cast.dius(), on))
    return [(step.post, step.group, step.act) for step in made if step.side == Side.DEPARTMENT]


@pytest.fixture(scope="module")
def matrix(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        found = ApprovalMatrix.objects.prefetch_related("rows").get(framework__reference="FLEX-2007")
        found.rows.all()
        return found


@given(STEPS, st.decimals(1, 20_000_000, places=2), st.decimals(1, 20_000_000, places=2))
def test_added_steps_only_add_and_more_money_never_needs_fewer(matrix, added, one, other):
    less, more = sorted((one, other))

    def posts(value, added) -> dict[str, list[str]]:
        made = routes.build(matrix, value, added)
        assert [step.position for step in made] == list(range(1, len(made) + 1))
        return {side: [step.post for step in made if step.side == side] for side in Side.values}

    bare, full = posts(less, ()), posts(less, added)
    assert full[Side.AUTHORITY] == bare[Side.AUTHORITY]
    assert set(bare[Side.DEPARTMENT]) <= set(full[Side.DEPARTMENT])
    assert len(full[Side.DEPARTMENT]) == len(set(full[Side.DEPARTMENT])), "one step a post"
    assert set(full[Side.DEPARTMENT]) <= set(posts(more, added)[Side.DEPARTMENT])
    last = [step for step in routes.build(matrix, less, added) if step.side == Side.DEPARTMENT and step.act == Act.COMMIT]
    bare_last = [step for step in routes.build(matrix, less, ()) if step.side == Side.DEPARTMENT and step.act == Act.COMMIT]
    assert [step.post for step in last] == [step.post for step in bare_last], "who commits stays who commits"


def test_the_step_endorses_before_the_department_commits_from_its_value_on():
    assert route("20000.00") == [("budget_holder", 1, "commit")]
    add("finance_director", "20000.00")
    assert route("19999.99") == [("budget_holder", 1, "commit")]
    assert route("20000.00") == [("finance_director", 1, "endorse"), ("budget_holder", 2, "commit")]
    assert [row[0] for row in route("400000.00")] == ["budget_holder", "finance_director", "technology_officer"]
    assert [row[0] for row in route("4000000.00")] == ["budget_holder", "technology_officer", "finance_director"]
    add("accounting_officer", "1000000.00")
    assert route("4000000.00") == [
        ("budget_holder", 1, "endorse"), ("technology_officer", 2, "endorse"), ("accounting_officer", 3, "endorse"),
        ("finance_director", 4, "commit"),
    ]  # fmt: skip


@pytest.fixture
def short_route() -> None:
    """A matrix under which one post of each side decides on any value."""
    matrix = ApprovalMatrix.objects.create(framework=cast.framework(), version=2, valid_from=TODAY)
    MatrixRow.objects.create(matrix=matrix, department_steps="accounting_officer", authority_steps="category_manager")


def test_an_order_takes_the_steps_of_the_day_it_is_submitted_and_keeps_them(short_route):
    step = add("finance_director")
    call_off = cast.submitted()
    first, second = call_off.revision.approval.steps.filter(side=Side.DEPARTMENT)
    assert (first.post, first.state, first.act) == ("finance_director", StepState.OPEN, Act.ENDORSE)
    assert (second.post, second.state, second.act) == ("accounting_officer", StepState.WAITING, Act.COMMIT)
    added_steps.end(step, by=cast.person(ADMIN), at=cast.START)
    assert len(route("9.00")) == 2, "it counts until the end of the day"
    assert len(route("9.00", TODAY + timedelta(days=1))) == 1
    cast.decide(call_off, "finance.director@dius.example", cast.START + timedelta(days=1))
    cast.decide(call_off, "accounting.officer@dius.example", cast.START + timedelta(days=1))
    assert cast.fresh(call_off).state == "authority_approval"


def test_an_added_step_needs_somebody_in_its_post_before_an_order_is_submitted(short_route):
    order = cast.drafted()
    add("finance_director")
    holding = PostHolding.objects.get(post__code="finance_director", post__organisation=cast.dius())
    membership.end_holding(holding, ends_on=TODAY, by=cast.person(ADMIN), at=cast.START)
    with pytest.raises(Refused, match="Nobody holds the post of finance director at"):
        workflow.submit(order, by=cast.requester(), at=cast.START + timedelta(days=1))
    preview = display.route_preview(order, Decimal("9.00"), TODAY + timedelta(days=1))
    assert (preview[0]["post"], preview[0]["names"]) == ("finance director", ())


def test_only_the_administrator_adds_and_ends_and_one_a_post(client):
    step = add()
    with pytest.raises(Refused, match="such a step already"):
        add()
    with pytest.raises(Refused, match="Only the administrator"):
        add("finance_director", by=cast.ROUTE[0])
    with pytest.raises(Refused, match="no such step"):
        add("signatory")
    added_steps.end(step, by=cast.person(ADMIN), at=cast.START)
    with pytest.raises(Refused, match="ends on 1 October 2007 already"):
        added_steps.end(step, by=cast.person(ADMIN), at=cast.START)
    with pytest.raises(Refused, match="until the end of today"):
        add()
    assert add(at=cast.START + timedelta(days=1)).starts_on == TODAY + timedelta(days=1)
    for wrong in ({"post": PostCode.SIGNATORY}, {"from_gbp": Decimal("-1.00")}, {"ends_on": TODAY - timedelta(days=1)}):
        values = {"organisation": cast.dius(), "post": PostCode.FINANCE_DIRECTOR, "from_gbp": 0, "starts_on": TODAY} | wrong
        with pytest.raises(IntegrityError), transaction.atomic():
            AddedStep.objects.create(**values)


def test_the_page_adds_shows_and_ends(client):
    sign_in(client, ADMIN)
    assert b"None was added on that day" in client.get("/people/DIUS/").content
    refused = post(client, "/people/DIUS/steps/add/", post="finance_director", from_gbp="lots").content.decode()
    assert "Enter an amount in pounds" in refused and 'value="lots"' in refused
    assert post(client, "/people/DIUS/steps/add/", post="finance_director", from_gbp="20,000")["Location"] == "/people/DIUS/"
    assert "finance director endorses orders of £20,000.00 or more" in client.get("/people/DIUS/").content.decode()
    step = AddedStep.objects.get()
    post(client, f"/people/DIUS/steps/{step.pk}/end/")
    assert cast.fresh(step).ends_on == TODAY
    sign_in(client, cast.ROUTE[0])
    page = client.get("/people/DIUS/").content.decode()
    assert "finance director endorses" in page and "Add a step" not in page
