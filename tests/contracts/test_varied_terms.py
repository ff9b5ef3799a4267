"""What variations do to the terms, in whatever order they come, and their shares: pure functions under random sequences."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.models import ServiceVersion
from catalogue.pricing import add_months
from contracts import terms, varied_terms
from contracts.models import Contract, ContractLine, ContractVersion, LineChange, LineVariation
from contracts.varied_terms import Asked

FIRST, LAST = date(2008, 4, 1), date(2010, 3, 31)
VAT = [(date(2008, 1, 1), Decimal("17.5"))]
CODES, SITES = ("A-1", "B-2", "C-3"), ("", "London", "Leeds")


def service(code: str) -> ServiceVersion:
    """Charged by the month, without bands, at a price of its own."""
    price = Decimal(CODES.index(code) + 1) * Decimal("3.33")
    return ServiceVersion(pk=CODES.index(code) + 1, code=code, name=code, lot=1, charge_type="recurring", list_price_gbp=price)


OFFERED = {code: service(code) for code in CODES}
CONTRACT = Contract(pk=1, starts_on=FIRST, ends_on=LAST)


def the_contract() -> list[terms.Change]:
    """100 of A-1 at London and 100 of B-2 for all sites, from the first day to the last."""
    version = ContractVersion(pk=1, contract=CONTRACT, number=1, kind="contract", effective_from=FIRST, caused_by="CON")
    rows = [(1, "A-1", "London"), (2, "B-2", "")]
    lines = [ContractLine(pk=n, contract=CONTRACT, number=n, phase="shared", service=OFFERED[code], site=site) for n, code, site in rows]
    return [(version, [
        LineChange(version=version, line=line, quantity_change=100, unit_price_gbp=line.service.list_price_gbp, starts_on=FIRST, ends_on=LAST)
        for line in lines
    ])]  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """A variation as somebody asks for it: lines from a day on."""

    day: date
    lines: tuple[tuple[str, str, int], ...]

    def asked(self, _before: list[terms.Change]) -> Asked:
        changes = [LineVariation(phase="shared", service_code=code, site=site, quantity_change=by) for code, site, by in self.lines]
        return Asked(self.day, changes)


@dataclass(frozen=True)
class Longer:
    """One that uses the option to extend, from the day after the last."""

    months: int

    def asked(self, before: list[terms.Change]) -> Asked:
        return Asked(last(before) + timedelta(days=1), (), self.months)


def last(changes: list[terms.Change]) -> date:
    return terms.last_day(terms.put_together(changes), default=LAST)


def applied(before: list[terms.Change], wanted: Wanted | Longer) -> list[terms.Change]:
    """As an execution writes it: new lines are numbered on."""
    asked = wanted.asked(before)
    effects = varied_terms.effects(before, asked, OFFERED, {})
    version = ContractVersion(pk=len(before) + 1, contract=CONTRACT, number=len(before) + 1, kind="variation",
                              effective_from=asked.effective_on, caused_by="V")  # fmt: skip
    number = max(change.line.number for _version, changes in before for change in changes)
    changes = []
    for effect in effects:
        line = effect.line
        if line is None:
            number += 1
            line = ContractLine(pk=number, contract=CONTRACT, number=number, phase=effect.phase, service=effect.service, site=effect.site)
        changes.append(effect.change(version, line))
    return [*before, (version, changes)]


DAYS = st.integers(1, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))
LINES = st.dictionaries(st.tuples(st.sampled_from(CODES), st.sampled_from(SITES)), st.integers(1, 30), min_size=1, max_size=3).map(
    lambda found: tuple((code, site, by) for (code, site), by in found.items())
)
WANTED = st.lists(st.builds(Wanted, DAYS, LINES) | st.builds(Longer, st.integers(1, 8)), min_size=1, max_size=4)


def standing(changes: list[terms.Change], day: date) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for line in varied_terms.standing_on(changes, day):
        key = line.line.service.code, line.line.site
        found[key] = found.get(key, 0) + line.quantity
    return found


@settings(max_examples=60, deadline=None)
@given(WANTED, st.randoms())
def test_whatever_order_they_are_executed_in_all_their_changes_stand(wanted, shuffle):
    here = there = the_contract()
    for one in wanted:
        here = applied(here, one)
    for one in sorted(wanted, key=lambda _one: shuffle.random()):
        there = applied(there, one)
    lines, months = [one for one in wanted if isinstance(one, Wanted)], sum(one.months for one in wanted if isinstance(one, Longer))
    assert last(here) == last(there) == add_months(LAST + timedelta(days=1), months) - timedelta(days=1)
    for day in {one.day for one in lines} | {LAST, last(here)}:
        expected = {("A-1", "London"): 100, ("B-2", ""): 100}
        for one in lines:
            for code, site, by in one.lines:
                if one.day <= day:
                    expected[code, site] = expected.get((code, site), 0) + by
        assert standing(here, day) == standing(there, day) == expected
    one, other = (varied_terms.money(the_contract(), changes, VAT) for changes in (here, there))
    # a line that is there already, or is added once more by an earlier day, rounds its part of a month by itself
    assert abs(one.value_gbp - other.value_gbp) <= Decimal("0.01") * len(wanted) * len(one.months)


@settings(max_examples=40, deadline=None)
@given(WANTED)
def test_what_it_adds_is_the_sum_over_its_days(wanted):
    """A second calculation, day by day: each line's month is rounded once, with and without the variation."""
    before = the_contract()
    for one in wanted[:-1]:
        before = applied(before, one)
    after = applied(before, wanted[-1])
    found = varied_terms.money(before, after, VAT)
    assert found.value_gbp == by_days(after) - by_days(before)
    assert found.gross_gbp == sum(amount + (amount * Decimal("0.175")).quantize(Decimal("0.01"), ROUND_HALF_UP) for amount in found.months.values())


def by_days(changes: list[terms.Change]) -> Decimal:
    standing_terms, months = terms.put_together(changes), {}
    day = FIRST
    while day <= last(changes):
        length = ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day
        for line in terms.as_of(standing_terms, day).lines:
            if line.starts_on <= day <= line.ends_on:
                key = line.number, day.year, day.month
                months[key] = months.get(key, Fraction(0)) + Fraction(line.quantity * line.unit_price) / length
        day += timedelta(days=1)
    return sum((Decimal(int(amount * 100 + Fraction(1, 2))) / 100 for amount in months.values()), Decimal(0))


def test_an_extension_lengthens_what_lasts_until_the_end_at_the_price_it_has():
    asked = Asked(LAST + timedelta(days=1), (), 6)
    effects = varied_terms.effects(the_contract(), asked, {}, {})
    assert [(one.number, one.before_ends_on, one.ends_on, one.quantity_change) for one in effects] == [
        (1, LAST, date(2010, 9, 30), 0), (2, LAST, date(2010, 9, 30), 0)]  # fmt: skip
    version = varied_terms.unsaved(CONTRACT, 2, asked.effective_on)
    found = varied_terms.money(the_contract(), varied_terms.after(the_contract(), version, effects), VAT)
    assert found.value_gbp == 6 * 100 * (Decimal("3.33") + Decimal("6.66")) and min(found.months) == date(2010, 4, 1)


def test_two_lines_of_one_service_at_one_site_are_extended_and_taken_from_together():
    """The second variation begins it a day before the first did."""
    changes = the_contract()
    for day in (3, 2):
        changes = applied(changes, Wanted(FIRST + timedelta(days=day), (("A-1", "Leeds", 5),)))
    changes = applied(changes, Longer(2))
    assert standing(changes, last(changes))["A-1", "Leeds"] == 10
    changes = applied(changes, Wanted(FIRST + timedelta(days=4), (("A-1", "Leeds", -7),)))
    assert [line.quantity for line in varied_terms.standing_on(changes, LAST) if line.line.site == "Leeds"] == [3]
    fewer = varied_terms.effects(changes, Wanted(LAST, (("A-1", "Leeds", -7),)).asked(changes), OFFERED, {})
    assert [one.after for one in fewer] == [-4]


def test_the_control_is_passed_strictly():
    less = varied_terms.share(Decimal("600.00"), [Decimal("400.00")], Decimal("10000.00"))
    assert (less.percent, less.cumulative_gbp, less.cumulative_percent) == (Decimal("6.00"), Decimal("1000.00"), Decimal("10.00"))
    assert not less.passes(Decimal(10), Decimal("10000.00"))
    assert varied_terms.share(Decimal("0.01"), [Decimal("1000.00")], Decimal("10000.00")).passes(Decimal(10), Decimal("10000.00"))


@pytest.mark.parametrize(("site", "price"), [("Leeds", "3.33"), ("London", "3.33")])
def test_a_service_that_the_contract_has_keeps_its_price_at_another_site(site, price):
    dear = {"A-1": ServiceVersion(pk=9, code="A-1", name="A-1", lot=1, charge_type="recurring", list_price_gbp=Decimal("9.99"))}
    asked = Wanted(FIRST + timedelta(days=1), (("A-1", site, 5),)).asked(the_contract())
    (effect,) = varied_terms.effects(the_contract(), asked, dear, {})
    assert effect.price == Decimal(price) and effect.service.pk == 1
