"""The ledger: charges by month from the versions of a contract's terms, against a calculation day by day."""

import csv
import io
import json
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue import queries as catalogue
from contracts import terms
from contracts.charges import Line, Version, by_line_and_month, by_month
from tests import cast
from tests.procurement.test_pages import sign_in

START = date(2007, 10, 1)


def recurring(number, monthly, starts_on, ends_on):
    return Line(number, "shared", Decimal(monthly), Decimal(0), starts_on, ends_on)


def test_nothing_is_charged_under_no_terms():
    assert by_line_and_month([]) == {}
    assert by_month([], []) == []


def test_a_part_month_is_charged_by_its_days():
    """700 thin clients at 74.88 from 17 March 2008 (domain.md, "Price")."""
    line = recurring(1, Decimal("74.88") * 700, date(2008, 3, 17), date(2008, 4, 30))
    assert by_line_and_month([Version(START, (line,))]) == {
        (1, date(2008, 3, 1)): Decimal("25362.58"), (1, date(2008, 4, 1)): Decimal("52416.00"),
    }  # fmt: skip


def test_a_later_version_takes_over_on_its_day_and_the_month_is_rounded_once():
    ends = date(2007, 10, 31)
    before, after = recurring(1, "100.00", START, ends), recurring(1, "90.01", START, ends)
    versions = [Version(START, (before,)), Version(date(2007, 10, 11), (after,)), Version(date(2007, 10, 11), (before,))]
    assert by_line_and_month(versions[:2]) == {(1, START): Decimal("93.23")}  # (1,000 + 21 x 90.01) / 31
    assert by_line_and_month(versions) == {(1, START): Decimal("100.00")}  # of two from one day the later one
    assert by_line_and_month([versions[0], Version(date(2007, 10, 11), ())]) == {(1, START): Decimal("32.26")}
    for_a_day = [versions[0], Version(date(2007, 10, 11), (after,)), Version(date(2007, 10, 12), (before,))]
    assert by_line_and_month(for_a_day) == {(1, START): Decimal("99.68")}  # (3,000 + 90.01) / 31


def test_one_off_work_counts_once_and_usage_is_spread_to_the_penny():
    once = Line(1, "one_off", None, Decimal("241000.00"), date(2007, 12, 14), None)
    usage = Line(2, "usage", None, Decimal("100.00"), START, date(2007, 12, 31))
    later = Version(date(2007, 12, 15), (once, usage))
    for versions in ([Version(START, (once, usage))], [Version(START, (once, usage)), later]):
        found = by_line_and_month(versions)
        assert found.pop((1, date(2007, 12, 1))) == Decimal("241000.00")
        assert list(found.values()) == [Decimal("33.33"), Decimal("33.33"), Decimal("33.34")]
    for gone_from in (date(2007, 12, 1), date(2007, 12, 14)):  # from its own day on it is no part of the terms
        assert (1, date(2007, 12, 1)) not in by_line_and_month([Version(START, (once,)), Version(gone_from, ())])
    assert by_line_and_month([Version(START, (once,)), Version(date(2007, 12, 15), ())]) == {(1, date(2007, 12, 1)): once.total}


def test_a_month_is_its_phases_together_with_vat_rounded_once():
    ends = date(2007, 10, 31)
    lines = (recurring(1, "33.33", START, ends), Line(2, "one_off", None, Decimal("0.10"), START, None))
    [month] = by_month([Version(START, lines)], [(date(1991, 4, 1), Decimal("17.5"))])
    assert (month.phases["shared"], month.phases["one_off"], month.net) == (Decimal("33.33"), Decimal("0.10"), Decimal("33.43"))
    assert (month.vat, month.gross, month.financial_year) == (Decimal("5.85"), Decimal("39.28"), "2007/08")


BUDGETS = st.builds(
    lambda phase, pence, first, length: Line(1, phase, None, Decimal(pence) / 100, START + timedelta(days=first),
                                             None if phase == "one_off" else START + timedelta(days=first + length)),
    st.sampled_from(["one_off", "usage"]), st.integers(1, 10_000_000), st.integers(0, 300), st.integers(0, 400),
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 400), BUDGETS), min_size=1, max_size=5))
def test_a_budget_is_charged_whole_and_once_whatever_moves_it(found):
    versions = [Version(START + timedelta(days=day), (line,)) for day, line in sorted(found, key=lambda one: one[0])]
    assert sum(by_line_and_month(versions).values()) == versions[-1].lines[0].total


DAYS = st.integers(0, 200).map(lambda n: START + timedelta(days=n))
PENCE = st.integers(0, 10_000_000).map(lambda pence: Decimal(pence) / 100)
LINES = st.builds(
    lambda number, monthly, first, length: recurring(number, monthly, first, first + timedelta(days=length)),
    st.integers(1, 4), PENCE, DAYS, st.integers(0, 120),
)  # fmt: skip
VERSIONS = st.lists(
    st.tuples(DAYS, st.lists(LINES, max_size=4, unique_by=lambda line: line.number)), min_size=1, max_size=5
).map(lambda found: [Version(day, tuple(lines)) for day, lines in sorted(found, key=lambda one: one[0])])


def day_by_day(versions):
    """Whoever reads the terms with a calendar in hand."""
    exact = defaultdict(Fraction)
    for day in (START + timedelta(days=n) for n in range(400)):
        in_force = [version for version in versions if version.effective_from <= day] or versions[:1]
        following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        for line in in_force[-1].lines:
            if line.starts_on <= day <= line.ends_on:
                exact[line.number, day.replace(day=1)] += Fraction(line.monthly) / (following - day.replace(day=1)).days
    return {
        key: (Decimal(amount.numerator) / amount.denominator).quantize(Decimal("0.01"), ROUND_HALF_UP)
        for key, amount in exact.items()
    }


@settings(max_examples=150, deadline=None)
@given(VERSIONS)
def test_every_month_is_the_sum_over_its_days(versions):
    assert by_line_and_month(versions) == day_by_day(versions)


# ---- of a real contract


@pytest.mark.usefixtures("db")
@pytest.mark.world("executed")
def test_the_months_come_to_what_was_approved():
    contract = cast.contract()
    months = by_month(terms.ledger(terms.put_together(terms.read(contract))), catalogue.vat_rates(cast.START.date()))
    assert sum(month.net for month in months) == contract.original_value_gbp == Decimal("11252943.00")
    by_year = defaultdict(lambda: {"net_gbp": Decimal(0), "vat_gbp": Decimal(0), "gross_gbp": Decimal(0)})
    for month in months:
        for name in ("net", "vat", "gross"):
            by_year[month.financial_year][f"{name}_gbp"] += getattr(month, name)
    approved = json.loads(contract.revision.content)["charges_by_financial_year"]
    assert {year["year"]: {k: Decimal(v) for k, v in year.items() if k != "year"} for year in approved} == by_year


@pytest.mark.usefixtures("db")
@pytest.mark.world("executed")
def test_the_page_and_the_file_say_the_same_and_an_outsider_finds_neither(client):
    contract = cast.contract()
    address = reverse("contracts:charges", args=[contract.public_id])
    for email in ("requester@dius.example", "order.desk@fujitsu.example", "auditor@co.example"):
        sign_in(client, email)
        page = client.get(address).content.decode()
        assert "2,241,151.20" in page and "11,252,943.00" in page, email
        assert address in client.get(reverse("contracts:contract", args=[contract.public_id])).content.decode()
        rows = list(csv.DictReader(io.StringIO(client.get(address, {"format": "csv"}).content.decode("utf-8-sig"))))
        assert sum(Decimal(row["Net, GBP"]) for row in rows) == Decimal("11252943.00")
        assert {row["Site"] for row in rows} >= {"London", "Runcorn"}
    assert client.get(address, {"format": "xlsx"}).content.startswith(b"PK")
    sign_in(client, "requester@ons.example")
    for format in ("", "csv", "xlsx"):
        assert client.get(address, {"format": format}).status_code == 404


@pytest.mark.usefixtures("db")
@pytest.mark.world("issued")
def test_before_it_is_executed_there_is_no_calendar(client):
    contract = cast.contract()
    address = reverse("contracts:charges", args=[contract.public_id])
    sign_in(client, "requester@dius.example")
    for format in ("", "csv"):
        page = client.get(address, {"format": format}).content.decode()
        assert "from the day on which the contract is executed" in page
        assert "Subject to contract" in page
    assert address not in client.get(reverse("contracts:contract", args=[contract.public_id])).content.decode()
