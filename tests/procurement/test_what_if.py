"""What if more seats, or fewer: one's own money, everybody else's percent, and nothing written."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from documents.templatetags.flex import gbp
from procurement import what_if
from procurement.models import VolumeEntry
from procurement.what_if import Case, answer
from tests import cast
from tests.catalogue.figures import DIUS, OPENING, PRICES, RULES
from tests.procurement.test_pages import sign_in

QUANTITIES: dict[str, int] = {}
for _line in DIUS:
    if _line.phase == "shared":
        QUANTITIES[_line.service] = QUANTITIES.get(_line.service, 0) + _line.quantity
CASE = Case(PRICES, RULES, OPENING, QUANTITIES, 1000, date(2007, 10, 1))


def band(found, code="seats"):
    return next(row for row in found.bands if row.code == code)


def row(found, code):
    return next(row for row in found.services if row.service.code == code)


def test_the_order_as_it_is_has_its_golden_month():
    assert answer(CASE, 500).monthly_now == Decimal("186762.60")


def test_fifteen_hundred_more_reach_the_next_band_for_everybody():
    found = answer(CASE, 1500)
    seats = band(found)
    assert (seats.volume_today, seats.volume_now, seats.volume_then) == (2500, 3500, 5000)
    assert (seats.discount_now, seats.discount_then) == (Decimal(4), Decimal(9))
    assert seats.others_fall == Decimal("5.21"), "91 % of list price instead of 96 %"
    assert (seats.next_from, seats.still) == (10_000, 5_000)
    desktop = row(found, "CORE-01")
    assert (desktop.quantity_now, desktop.quantity_then) == (700, 1750)
    assert (desktop.price_now, desktop.price_then) == (Decimal("74.88"), Decimal("70.98"))
    assert desktop.monthly_then == Decimal("124215.00")
    assert row(found, "CALL-06").quantity_then == 45, "devices do not follow the seats"


def test_one_seat_short_of_the_band_says_what_is_missing():
    seats = band(answer(CASE, 1499))
    assert (seats.discount_then, seats.next_from, seats.still) == (Decimal(4), 5000, 1)


def test_fewer_seats_lose_a_band_that_only_the_draft_would_bring():
    case = replace(CASE, volumes=OPENING | {"seats": 1700})
    seats = band(answer(case, -300))
    assert (seats.discount_now, seats.discount_then) == (Decimal(4), Decimal(0)) and seats.others_fall < 0
    kept = answer(replace(case, kept=True, counts_already=True), -300)
    assert band(kept).discount_then == Decimal(4) and row(kept, "CORE-01").price_then == Decimal("74.88")


@given(st.integers(-999, 60_000))
def test_what_every_seat_takes_stays_one_a_seat(by):
    found = answer(CASE, by)
    then = {row.service.code: row.quantity_then for row in found.services}
    for group in (("CORE-01", "CORE-02"), ("CORE-04",), ("CORE-06",), ("CORE-07",), ("CORE-15",), ("CORE-16", "CORE-17")):
        assert sum(then[code] for code in group) == 1000 + by, group
    if by > 0:
        assert all(row.price_then <= row.price_now for row in found.services), "more seats are never dearer a unit"


def test_an_order_keeps_at_least_one_seat():
    with pytest.raises(ValueError):
        answer(CASE, -1000)


def test_before_there_is_an_order_the_smallest_basket_is_priced():
    found = answer(Case(PRICES, RULES, OPENING, {}, 0, date(2007, 10, 1)), 2500)
    assert {row.quantity_then for row in found.services} == {2500} and band(found).discount_then == Decimal(9)
    assert found.monthly_now == Decimal("0.00") and found.monthly_then > 0


pages = pytest.mark.django_db


def ask(client, address, **typed):
    answer = client.get(address, typed)
    assert answer.status_code == 200
    return answer.content.decode()


@pages
def test_the_page_of_a_draft_answers_and_refuses_in_words(client):
    call_off = cast.drafted()
    sign_in(client, "requester@dius.example")
    address = reverse("procurement:what_if", args=[call_off.public_id])
    page = ask(client, address, change="more", seats="1,500")
    assert "2,500 seats instead of 1,000" in page and "£124,215.00" in page
    assert "Everybody else would pay 5.21% less than with this order as it is." in page, page
    assert "is reached at 10,000: 5,000 more" in page
    assert "Whole life, 55 months" in page and "£11,252,943.00" in page and "with £981,000.00 interim, one-off and usage as ordered" in page
    assert "do not fit" not in page
    found = what_if.answer(what_if.of_order(call_off, cast.START.date()), 60_000)
    over = found.term_then - what_if.free_gbp(call_off.framework)
    assert over == what_if.short_gbp(found, call_off.framework, call_off) > 0
    assert f"That many seats do not fit: it is {gbp(over)} more than is free" in ask(client, address, change="more", seats="60000")
    assert "take off fewer" in ask(client, address, change="fewer", seats="1000")
    for seats in ("1e3", "-5", "", "\u0661", "9" * 400):
        assert "There is a problem" in ask(client, address, change="more", seats=seats)
    assert "There is a problem" in ask(client, address, change="sideways", seats="5")


@pages
def test_what_fewer_seats_cost_everybody_else_is_told_in_percent(client):
    call_off = cast.drafted()
    VolumeEntry.objects.create(framework=call_off.framework, volume="seats", quantity=2000, source="CO-2007-000009",
                               effective_from=cast.START.date(), key="volume:another:seats")  # fmt: skip
    sign_in(client, "requester@dius.example")
    page = ask(client, reverse("procurement:what_if", args=[call_off.public_id]), change="fewer", seats="600")
    line = " ".join(page[page.index("seats: 4,900 in the framework") :].split("</li>")[0].split())
    assert line.startswith("seats: 4,900 in the framework, 4% off list price; today it is 4%, and with this order as it is 9%.")
    assert "Everybody else would pay 5.49% more than with this order as it is." in line
    assert "Everybody else would pay the same as with this order as it is." in page, "for the devices"
    assert "£" not in page[page.index("The bands, for everybody") :].split("</section>")[0]


@pages
def test_a_contract_is_asked_about_at_its_own_release_without_counting_it_twice():
    call_off = cast.submitted()
    case = what_if.of_order(call_off, cast.START.date())
    assert (case.seats, case.volumes["seats"], case.counts_already) == (1000, 2500, False)
    VolumeEntry.objects.create(framework=call_off.framework, volume="seats", quantity=1000, source=call_off.reference,
                               effective_from=cast.START.date(), key=f"volume:{call_off.public_id}:seats")  # fmt: skip
    call_off.__dict__["state"] = "contracted"  # as execution leaves it; the case reads nothing else of it
    case = what_if.of_order(call_off, cast.START.date())
    assert (case.volumes["seats"], case.counts_already, case.kept) == (2500, True, True)
    assert band(answer(case, 100)).volume_today == 3500
    assert (case.months, case.beside) == (55, 0)
    assert [what_if.months_left(call_off.revision, day) for day in (date(2008, 5, 1), date(2008, 5, 2), date(2013, 1, 1))] == [54, 53, 0]
    grown = answer(case, 100)
    assert what_if.short_gbp(grown, call_off.framework, call_off) == 0
    assert grown.term_then == grown.monthly_then * 55


@pages
def test_only_the_department_asks_about_its_order_and_who_has_not_joined_asks_nothing(client):
    call_off = cast.with_supplier()
    address = reverse("procurement:what_if", args=[call_off.public_id])
    for email, status in (("requester@dius.example", 200), ("budget.holder@dius.example", 200),
                          ("order.desk@fujitsu.example", 404), ("requester@ons.example", 404),
                          ("commercial.lead@co.example", 404)):  # fmt: skip
        assert sign_in(client, email).get(address).status_code == status, email
    nothing = reverse("procurement:what_if_seats")
    page = ask(sign_in(client, "requester@dius.example"), nothing, change="more", seats="4500")
    assert "4,500 seats" in page
    assert sign_in(client, "requester@ons.example").get(nothing).status_code == 404


@pytest.mark.world("ons_joined")
@pytest.mark.usefixtures("db")
def test_nothing_of_another_departments_money_is_on_the_page(client):
    """Another department's order of a value that would be seen is in the register; the page tells percent alone."""
    cast.with_supplier()
    page = ask(sign_in(client, "requester@ons.example"), reverse("procurement:what_if_seats"), change="more", seats="100")
    for figure in ("11,252,943", "186,762", "2,241,151", "DIUS"):
        assert figure not in page
