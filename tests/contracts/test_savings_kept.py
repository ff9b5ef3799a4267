"""What is kept of savings by month is what the terms come to, after each act that changes them, and their sums with it."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from django.db.models import Value

from catalogue.pricing import add_months
from contracts import savings, savings_kept, terminating
from contracts.models import ContractSavings, DepartmentMonth, DepartmentSavings, MonthSavings
from contracts.savings_sums import GBP, baseline_gbp
from tests import cast, paper
from tests.contracts import ending_cast, transition_cast
from tests.contracts import savings_cast as made
from tests.contracts import variation_cast as varied

pytestmark = pytest.mark.usefixtures("db")
APRIL = date(2008, 4, 1)


def given_and_withdrawn():
    notice = ending_cast.given()
    return terminating.withdraw(notice, reason="Not any more.", by=cast.person(ending_cast.SIGNATORY), at=cast.START)


CHANGES = {
    "prices fall": lambda contract: (cast.add_volume("seats", 1500), paper.noticed(contract)),
    "a variation": lambda contract: paper.variation_executed(varied.decided(varied.submitted("VAR-01"))),
    "notice is given": lambda contract: ending_cast.given(contract),
    "notice takes effect": lambda contract: ending_cast.in_effect(contract),
    "notice is withdrawn": lambda contract: given_and_withdrawn(),
    "an early cutover": lambda contract: transition_cast.cut_over(date(2008, 3, 17)),
    "it runs on": lambda contract: ending_cast.ran_on(ending_cast.expired(contract)),
}  # fmt: skip


@pytest.mark.world("in_force")
@pytest.mark.parametrize("change", CHANGES)
def test_what_is_kept_is_what_the_terms_come_to_whatever_has_changed_them(change):
    contract = paper.in_force()
    assert made.is_due(contract), "from its execution on"
    made.run()
    before = made.kept(contract)
    assert before == made.computed(contract) and len(before) == 55
    CHANGES[change](contract)
    assert made.is_due(contract), "the database has seen it"
    at = cast.START if change != "it runs on" else ending_cast.over(cast.fresh(contract))
    made.run(at)
    assert made.kept(contract) == made.computed(contract, at)
    assert (made.kept(contract) == before) is (change == "notice is withdrawn")
    assert not made.is_due(contract)
    assert made.of_department() == {
        month: (savings.baseline_of(Decimal("2988.00"), seat_days, days), charges)
        for month, seat_days, days, charges in MonthSavings.objects.values_list("month", "seat_days", "days", "charges_gbp")
    }


@pytest.mark.world("in_force")
def test_to_run_twice_or_late_comes_to_the_same_and_writes_nothing_new():
    contract = paper.in_force()
    made.run()
    before = made.kept(contract), list(MonthSavings.objects.values_list("pk", flat=True)), made.of_department()
    made.run()
    made.run(cast.START + timedelta(days=3))
    ContractSavings.objects.update(is_due=True)
    DepartmentSavings.objects.update(is_due=True)
    made.run(cast.START + timedelta(days=3))
    assert (made.kept(contract), list(MonthSavings.objects.values_list("pk", flat=True)), made.of_department()) == before


@pytest.mark.world("in_force")
def test_a_cutover_that_is_overdue_is_forecast_anew_every_day():
    contract = paper.in_force()
    made.run()
    milestone = transition_cast.milestone(8)
    first = milestone.due_on + timedelta(days=1)
    assert ContractSavings.objects.get().again_on <= first
    found = []
    for day in (first, first + timedelta(days=1), first + timedelta(days=7)):
        at = ending_cast.on(day)
        made.run(at)
        assert made.kept(contract) == made.computed(contract, at)
        assert ContractSavings.objects.get().again_on == day + timedelta(days=1)
        found.append(made.kept(contract)[0])
    assert len(set(found)) > 1, "the shared service is expected a day later each day"


@pytest.mark.world("in_force")
def test_a_baseline_that_is_stated_anew_is_followed_by_every_month_and_its_sign_off_changes_none():
    paper.in_force()
    made.run()
    assert made.of_department()[APRIL][0] == Decimal("249000.00")
    made.stated("2990.50")
    assert made.of_department()[APRIL][0] == Decimal("249000.00"), "until the clock comes"
    made.run()
    assert made.of_department()[APRIL][0] == Decimal("249208.33")
    before = made.of_department()
    made.signed_off()
    made.run()
    assert made.of_department() == before
    assert DepartmentSavings.objects.get().baseline.number == 2


@pytest.mark.world("in_force")
def test_the_sums_of_a_department_are_those_of_its_contracts_each_rounded_by_itself():
    first = paper.in_force()
    second = paper.executed(cast.accept(cast.with_supplier()))
    made.run()
    assert first.pk != second.pk and DepartmentSavings.objects.get().contracts == 2
    together: dict[date, Decimal] = {}
    for contract in (first, second):
        for month, seat_days, *_rest in made.kept(contract):
            days = MonthSavings.objects.filter(month=month).first().days
            together[month] = together.get(month, 0) + savings.baseline_of(Decimal("2988.00"), seat_days, days)
    assert {month: baseline for month, (baseline, _charges) in made.of_department().items()} == together


@pytest.mark.world("in_force")
def test_what_is_too_much_for_one_look_of_the_clock_is_left_to_the_next(monkeypatch):
    contracts = [paper.in_force(), paper.executed(cast.accept(cast.with_supplier()))]
    monkeypatch.setattr(savings_kept, "AT_ONCE", 1)
    made.run()
    assert [made.is_due(contract) for contract in contracts] == [False, True]
    made.run()
    assert [made.is_due(contract) for contract in contracts] == [False, False]
    assert DepartmentSavings.objects.get().contracts == 2


def test_what_is_not_in_force_is_kept_nowhere():
    cast.issued()
    made.run()
    assert not ContractSavings.objects.exists() and not DepartmentMonth.objects.exists()


@pytest.mark.world("in_force")
def test_the_database_rounds_a_baseline_as_the_terms_do():
    """Half-up of the exact amount, which a division with a limited number of places must not blur; every second is a tie."""
    paper.in_force()
    head, some = ContractSavings.objects.get(), Random(2007)
    rows = []
    for number in range(400):
        days = some.randint(28, 31)
        seat_days = 6 * days * some.randrange(1, 99, 2) if number % 2 else some.randint(0, 10**7)
        rows.append(MonthSavings(of=head, month=add_months(date(2030, 1, 1), number), days=days, seat_days=seat_days, charges_gbp=0,
                                 unassessed_gbp=0, fallen_gbp=0, kg_before=0, kg=0))  # fmt: skip
    MonthSavings.objects.bulk_create(rows)
    ties = 0
    for per_user in (Decimal("2988.01"), Decimal("0.01"), Decimal("99999.99")):
        found = MonthSavings.objects.annotate(baseline=baseline_gbp(Value(per_user, GBP)))
        assert {row.pk: row.baseline for row in found} == {row.pk: savings.baseline_of(per_user, row.seat_days, row.days) for row in rows}
        ties += sum((Fraction(per_user) * row.seat_days * 100 / (12 * row.days)) % 1 == Fraction(1, 2) for row in rows)
    assert ties > 100
