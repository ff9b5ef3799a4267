"""Splitting an order lowers neither its steps nor the limit of who commits it (trust.md, "Invariants", 23)."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from hypothesis import assume, given
from hypothesis import strategies as st

from catalogue import pricing
from documents.management.commands.check_invariants import FILE, broken, read
from documents.refusal import Refused
from procurement import approval_guards, display, guards, quoting, splitting, workflow
from procurement.models import Delegation, MatrixRow, PostHolding, Side
from procurement.routes import parse, row_for
from procurement.splitting import Related, connected
from tests import cast
from tests.catalogue.figures import DIUS, LEVY, OPENING, PRICES, rows
from tests.procurement.test_pages import sign_in

MATRIX = [
    MatrixRow(up_to_gbp=Decimal(row["up_to_gbp_inclusive"]) if row["up_to_gbp_inclusive"] else None,
              department_steps=row["department_steps"], authority_steps=row["authority_steps"])
    for row in rows("approval_matrix.csv")
]  # fmt: skip
DAY, MONTH_ON = date(2007, 10, 1), date(2007, 11, 1)
pytestmark = pytest.mark.usefixtures("db")


def steps(value: Decimal) -> list[int]:
    """How many posts decide on each side."""
    row = row_for(MATRIX, value)
    return [sum(map(len, parse(text))) for text in (row.department_steps, row.authority_steps)]


def value_of(quantities: list[int]) -> Decimal:
    lines = [replace(line, quantity=n) for line, n in zip(DIUS, quantities, strict=True) if n]
    return pricing.totals(pricing.price_lines(lines, PRICES, OPENING), LEVY).whole_life


@st.composite
def splits(draw):
    """An order of DIUS's services at random quantities, cut into two to four parts line by line."""
    count = draw(st.integers(2, 4))
    parts = [[draw(st.sampled_from([0, 0, 1, 2, 7, 40, 300])) for _line in DIUS] for _part in range(count)]
    assume(all(any(part) for part in parts))
    return parts


@given(splits())
def test_the_last_part_of_any_split_has_at_least_the_steps_of_the_whole(parts):
    related = [
        Related(f"CO-{n}", DAY, value_of(part), frozenset(line.service for line, q in zip(DIUS, part, strict=True) if q))
        for n, part in enumerate(parts)
    ]
    *earlier, last = related
    found = connected(last.services, earlier)
    assume(len(found) == len(earlier))  # parts that share no service, even through others, are orders of their own
    together = splitting.Together(last.whole_life_gbp, found, 30).total_gbp
    whole = value_of([sum(quantities) for quantities in zip(*parts, strict=True)])
    assert together >= whole, "a part is never cheaper for being a part"
    assert all(a >= b for a, b in zip(steps(together), steps(whole), strict=True))


def test_parts_are_connected_through_each_other_and_strangers_are_not():
    one, two, three, other = (
        Related(name, DAY, Decimal(1), frozenset(codes)) for name, codes in
        (("1", "ab"), ("2", "bc"), ("3", "cd"), ("4", "xy"))
    )  # fmt: skip
    assert connected({"a"}, [three, other, two, one]) == (one, two, three)
    assert connected({"z"}, [one, two, three, other]) == ()


def submit(call_off, at=cast.START):
    return cast.fresh(workflow.submit(call_off, by=cast.requester(), at=at))


@pytest.mark.world("submitted")
def test_an_order_alone_takes_the_route_of_its_own_value():
    revision = cast.submitted().revision
    assert (revision.approval.route_gbp, revision.approval.counted_with) == (Decimal("11252943.00"), [])


def test_the_second_order_within_thirty_days_is_counted_with_the_first():
    first = cast.submitted()
    second = submit(cast.drafted(MONTH_ON), cast.START + timedelta(days=30))
    revision = second.revision
    assert revision.approval.counted_with == [
        {"reference": first.reference, "submitted_on": "2007-10-01", "whole_life_gbp": "11252943.00"}
    ]
    assert revision.approval.route_gbp == 2 * Decimal("11252943.00")
    assert revision.whole_life_gbp == Decimal("11252943.00"), "its own value is what it commits of the ceiling"
    assert broken(read(FILE.read_text(encoding="utf-8"))) == []


def test_after_thirty_days_or_for_another_department_it_is_not():
    cast.submitted()
    late = submit(cast.drafted(MONTH_ON), cast.START + timedelta(days=31))
    assert late.revision.approval.counted_with == []


@pytest.mark.parametrize("end", ["recall", "withdraw"])
def test_what_came_back_or_ended_unbound_does_not_count(end):
    first = cast.submitted()
    if end == "recall":
        workflow.recall(first, by=cast.requester(), at=cast.START)
    else:
        workflow.withdraw(first, reason="Not needed.", by=cast.requester(), at=cast.START)
    assert submit(cast.drafted()).revision.approval.counted_with == []


def cheap_limit(value: Decimal) -> None:
    """The accounting officer's delegation, limited, as its administrator would give a smaller one."""
    holding = PostHolding.objects.get(user__email="accounting.officer@dius.example")
    old = Delegation.objects.get(holding=holding)
    old.ends_on = cast.START.date() - timedelta(days=1)
    old.save()
    Delegation.objects.create(holding=holding, kind="budget", limit_gbp=value, starts_on=cast.START.date())


def test_the_limit_of_who_commits_covers_what_is_counted_together(client):
    cheap_limit(Decimal("20000000.00"))
    first = cast.submitted()
    second = submit(cast.drafted())
    for email in cast.ROUTE[:3]:
        cast.decide(second, email)
    with pytest.raises(Refused, match=f"It commits £11,252,943.00; with {first.reference}, counted together, £22,505,886.00"):
        cast.decide(second, cast.ROUTE[3])
    for email in cast.ROUTE[:4]:
        cast.decide(first, email)
    step = cast.fresh(second).revision.approval.steps.get(post="accounting_officer")
    page = sign_in(client, cast.ROUTE[3]).get(reverse("procurement:brief", args=[second.public_id, step.position]))
    words = page.content.decode()
    assert "Counted together: £22,505,886.00" in words and f"{first.reference}, submitted on 1 October 2007" in words


def test_the_database_holds_the_limit_against_what_is_counted_together(monkeypatch):
    cheap_limit(Decimal("20000000.00"))
    cast.submitted()
    second = submit(cast.drafted())
    for email in cast.ROUTE[:3]:
        cast.decide(second, email)
    monkeypatch.setattr(approval_guards, "covers", lambda delegation, approval: True)
    with pytest.raises(DatabaseError, match="does not cover the orders counted together"), transaction.atomic():
        cast.decide(second, cast.ROUTE[3])


def test_the_check_page_says_what_is_counted_and_submitting_refuses_what_came_in_between(client):
    second = cast.drafted()
    buyer = sign_in(client, "requester@dius.example")
    address = reverse("procurement:check", args=[second.public_id])
    shown = buyer.get(address).context["shown_hash"]
    first = cast.submitted()
    with pytest.raises(Refused, match="have changed since this page was shown"):
        workflow.submit(second, shown_hash=shown, by=cast.requester(), at=cast.START)
    assert submit(cast.fresh(second)).revision.approval.counted_with[0]["reference"] == first.reference


def test_an_order_for_other_services_is_an_order_of_its_own():
    revision = cast.drafted().revision
    cast.submitted()
    on = cast.START.date()
    assert splitting.together(revision, {"CHG-01"}, Decimal(1), on).others == ()
    assert len(splitting.together(revision, {"CHG-01", "CORE-01"}, Decimal(1), on).others) == 1


def test_a_route_of_parts_is_the_route_of_the_whole():
    """Two orders under the line of a route: the second has the steps of both."""
    cast.submitted()
    revision = cast.drafted().revision
    quote = quoting.quote(revision, cast.START.date())
    counted = guards.counted_together(revision, quote, cast.START.date())
    alone, both = steps(Decimal("20000.00")), steps(counted.total_gbp)
    assert both > alone
    preview = display.route_preview(revision.call_off, counted.total_gbp, cast.START.date())
    assert [sum(one["turn"][0] == side for one in preview) for side in (Side.DEPARTMENT, Side.AUTHORITY)] == both
