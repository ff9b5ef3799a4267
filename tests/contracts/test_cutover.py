"""The cutover: interim lines end and shared lines start in the same moment, whenever it comes, and no day is paid twice."""

import re
from calendar import monthrange
from collections import defaultdict
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.models import ServiceVersion
from contracts import accepting, charges, cutover, delivery, rerating, terms, varying
from contracts import transition_money as money
from contracts.models import ContractLine, ContractVersion, LineChange, Milestone
from documents import clock
from documents.models import Document
from procurement.models import CapacityAccount
from tests import cast, paper
from tests.contracts import transition_cast as made
from tests.contracts import variation_cast
from tests.procurement.test_pages import sign_in
from tests.refusals import refused

FIRST, PLANNED, LAST = date(2007, 11, 1), date(2008, 4, 1), date(2008, 12, 31)
ONE_DAY = timedelta(days=1)
CUTOVER, STARTS = Milestone.Effect.CUTOVER, Milestone.Effect.INTERIM_STARTS
PENNY = Decimal("0.01")


def line(number: int, phase: str) -> ContractLine:
    service = ServiceVersion(code=f"S-{number}", name="x", charge_type="recurring", list_price_gbp=Decimal("100.00"))
    return ContractLine(pk=number, number=number, phase=phase, service=service)


INTERIM, SHARED = line(1, "interim"), line(2, "shared")


def version(number: int, day: date, *changes: LineChange) -> terms.Change:
    return ContractVersion(number=number, effective_from=day, caused_by=f"V{number}"), list(changes)


def accepted_order(interim: Decimal, shared: Decimal, *, with_interim: bool = True) -> terms.Change:
    rows = [(INTERIM, interim, FIRST, PLANNED - ONE_DAY)] if with_interim else []
    return version(1, FIRST, *(
        LineChange(line=one, line_id=one.pk, quantity_change=10, unit_price_gbp=price, starts_on=starts, ends_on=ends)
        for one, price, starts, ends in [*rows, (SHARED, shared, PLANNED, LAST)]
    ))  # fmt: skip


def fall(number: int, day: date, price: Decimal) -> terms.Change:
    return version(number, day, LineChange(line=SHARED, line_id=SHARED.pk, unit_price_gbp=price))


def moved(before: list[terms.Change], effect: str, day: date) -> list[terms.Change]:
    """The terms with what the day brings, if it brings anything."""
    found = cutover.move(before, effect, day)
    if not found.shifts:
        return before
    made_by = ContractVersion(number=len(before) + 1, effective_from=found.effective_from, caused_by="MC")
    changes = [shift.of(made_by) for shift in found.shifts]
    for change in changes:
        change.line_id = change.line.pk
    return [*before, (made_by, changes)]


# ---- day by day, by other means than the code's


def share(price: Decimal, day: date) -> Fraction:
    return Fraction(price * 10) / monthrange(day.year, day.month)[1]


def price_on(day: date, at_first: Decimal, falls: list[tuple[date, Decimal]]) -> Decimal:
    """Of several notices that hold from one day the one made last."""
    held = sorted(((at, number, price) for number, (at, price) in enumerate(falls) if at <= day))
    return held[-1][2] if held else at_first


def by_hand(interim: Decimal, shared: Decimal, day: date, known: list, later: list, *, with_interim: bool) -> dict:
    """What each day costs, added up by line and month and rounded once. ``known``: the falls at the acceptance."""
    paid = {day_: share(price_on(day_, shared, [*known, *later]), day_) for day_ in every(FIRST, LAST)}
    late = list(every(PLANNED, day - ONE_DAY))
    of_shared = sum((share(price_on(one, shared, known), one) for one in late), Fraction(0))
    of_interim = sum((share(interim, one) for one in late), Fraction(0)) if with_interim else Fraction(0)
    turn = PLANNED if of_interim > of_shared else day
    found: dict = defaultdict(Fraction)
    for one in every(FIRST, LAST):
        if one >= turn:
            found[2, one.replace(day=1)] += paid[one]
        elif with_interim:
            found[1, one.replace(day=1)] += share(interim, one)
    return {key: penny(value) for key, value in found.items() if value}


def every(first: date, last: date):
    return (first + n * ONE_DAY for n in range((last - first).days + 1))


def penny(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(PENNY, ROUND_HALF_UP)


PRICE = st.integers(1, 20_000).map(lambda pence: Decimal(pence) / 100)
FALLS = st.lists(st.tuples(st.integers(1, 13).map(lambda n: date(2007 + (10 + n) // 12, (10 + n) % 12 + 1, 1)), PRICE), max_size=3)


@settings(max_examples=120, deadline=None)
@given(PRICE, PRICE, st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + n * ONE_DAY), FALLS, FALLS, st.booleans())
def test_whenever_it_comes_each_day_is_charged_once_and_as_the_schedule_says(interim, shared, day, known, later, with_interim):
    before = [accepted_order(interim, shared, with_interim=with_interim)]
    before += [fall(number, on, price) for number, (on, price) in enumerate(known, start=2)]
    changes = moved(before, CUTOVER, day)
    changes += [fall(number, on, price) for number, (on, price) in enumerate(later, start=len(changes) + 1)]
    ledger = terms.ledger(terms.put_together(changes))
    found = {key: amount for key, amount in charges.by_line_and_month(ledger).items() if amount}
    wanted = by_hand(interim, shared, day, known, later, with_interim=with_interim)
    assert found == {key: amount for key, amount in wanted.items() if amount}
    for one in every(FIRST, LAST):
        both = [charges.of_days(ledger, phase, one, one) for phase in ("interim", "shared")]
        assert 0 in both, f"{one} is charged for both"


def test_the_day_that_was_planned_changes_nothing():
    found = cutover.move([accepted_order(Decimal(10), Decimal(20))], CUTOVER, PLANNED)
    assert (found.shifts, found.kept) == ((), False)


def test_late_the_lower_charges_are_paid_and_equal_ones_are_the_interim_services():
    late = PLANNED + timedelta(days=45)
    for interim, kept in ((Decimal(10), False), (Decimal(20), False), (Decimal("20.01"), True)):
        found = cutover.move([accepted_order(interim, Decimal(20))], CUTOVER, late)
        assert (found.kept, bool(found.shifts)) == (kept, not kept), interim
    found = cutover.move([accepted_order(Decimal(10), Decimal(20), with_interim=False)], CUTOVER, late)
    assert [(shift.line.number, shift.starts_on, shift.ends_on) for shift in found.shifts] == [(2, late, None)]


def test_the_interim_service_begins_later_and_never_earlier():
    before = [accepted_order(Decimal(10), Decimal(20))]
    assert cutover.move(before, STARTS, FIRST).shifts == cutover.move(before, STARTS, FIRST - ONE_DAY).shifts == ()
    after = moved(before, STARTS, date(2007, 11, 16))
    found = charges.by_line_and_month(terms.ledger(terms.put_together(after)))
    assert found[1, FIRST] == Decimal("50.00") and found[1, date(2007, 12, 1)] == Decimal("100.00")


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, 10**10).map(lambda pence: Decimal(pence) / 100), st.integers(1, 10_000).map(lambda n: Decimal(n) / 100),
    st.integers(0, 40),
)  # fmt: skip
def test_the_shares_of_a_payment_are_the_payment_and_its_reduction_that_of_the_whole(payment, part, weeks):
    first = money.part_due(payment, part, weeks)
    rest = money.rest_due(payment, first, weeks)
    assert first.amount + rest.amount == payment and min(first.amount, rest.amount) >= 0
    assert first.reduction + rest.reduction == money.reduction(payment, weeks) <= payment / 5 + PENNY
    assert 0 <= first.reduction <= first.amount and 0 <= rest.reduction <= rest.amount


def test_the_reduction_counts_full_weeks_after_the_first():
    due = date(2008, 2, 1)
    late = {days: money.reduction_percent(money.weeks_late(due + timedelta(days=days), due)) for days in (0, 6, 13, 14, 62, 63, 700)}
    assert {days: str(percent) for days, percent in late.items()} == {
        0: "0.0", 6: "0.0", 13: "0.0", 14: "2.5", 62: "17.5", 63: "20", 700: "20"}  # fmt: skip
    assert money.weeks_late(due - timedelta(days=30), due) == 0 and money.reduction(Decimal("0.20"), 2) == PENNY
    assert money.long_stop(due) == due + timedelta(days=63), "the first week is free, eight more reach a fifth"


def test_a_part_falls_due_in_its_proportion_and_half_a_penny_is_rounded_up():
    part = money.part_due(Decimal("1000.00"), Decimal(40), 3)
    assert (part.amount, part.reduction) == (Decimal("400.00"), Decimal("20.00"))
    rest = money.rest_due(Decimal("1000.00"), part, 3)
    assert (rest.amount, rest.reduction) == (Decimal("600.00"), Decimal("30.00"))
    assert money.part_due(Decimal("0.05"), Decimal(50), 0) == money.Due(Decimal("0.03"), Decimal("0.00"))


# ---- of a real contract

executed = [pytest.mark.usefixtures("db"), pytest.mark.world("executed")]


def of(*marks):
    def decorate(test):
        for mark in marks:
            test = mark(test)
        return test

    return decorate


def months(contract) -> dict[date, Decimal]:
    ledger = terms.ledger(terms.put_together(terms.read(contract)))
    found: dict[date, Decimal] = defaultdict(Decimal)
    for (_number, month), amount in charges.by_line_and_month(ledger).items():
        found[month] += amount
    return found


@of(*executed)
def test_on_the_planned_day_there_is_a_certificate_and_no_change_of_the_terms():
    contract = cast.contract()
    decision = made.cut_over(PLANNED)
    assert contract.versions.count() == 1 and decision.document.payload["certificate"]["terms"]["lines"] == []
    assert str(CapacityAccount.objects.get().committed_gbp) == "67252943.00"
    call_command("check_invariants")


@of(*executed)
def test_earlier_it_costs_more_and_commits_the_difference(client):
    contract, day = cast.contract(), date(2008, 3, 15)
    with CaptureQueriesContext(connection) as asked:
        decision = made.cut_over(day)
    said = [query["sql"] for query in asked if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    (counted,) = (n for n, sql in enumerate(said) if sql.startswith('UPDATE "procurement_capacityaccount"'))
    after = {sql.split('"')[1] for sql in said[counted + 1 :]}
    assert after <= {"procurement_capacityaccount", "procurement_capacityentry"}, "nothing slow follows the counter"
    change = contract.versions.get(number=2)
    assert (change.kind, change.effective_from, change.caused_by) == ("milestone", day, decision.number)
    assert change.document == decision.document
    more = sum(months(contract).values()) - contract.original_value_gbp
    assert more > 0 and CapacityAccount.objects.get().committed_gbp == Decimal("67252943.00") + more
    standing = terms.as_of(terms.put_together(terms.read(contract)), day)
    assert {row.ends_on for row in standing.lines if row.line.phase == "interim"} == {day - ONE_DAY}
    assert {row.starts_on for row in standing.lines if row.line.phase == "shared"} == {day}
    assert {row.ends_on for row in standing.lines if row.line.phase == "shared"} == {date(2012, 10, 31)}
    cast.run_all_jobs()
    call_command("check_invariants")
    sign_in(client, made.MANAGER)
    page = client.get(reverse("contracts:terms_in_force", args=[contract.public_id]), {"on": "2008-03-15"}).content.decode()
    assert decision.number in page and reverse("contracts:certificate", args=[contract.public_id, decision.number]) in page


@of(*executed)
def test_earlier_it_is_refused_where_the_ceiling_has_no_room():
    cast.leave_free(Decimal("1000.00"))
    made.submitted(made.milestone(2), made.on(FIRST))
    made.accepted(made.milestone(2), FIRST, made.on(FIRST))
    day = date(2008, 3, 15)
    made.submitted(made.milestone(8), made.on(day))
    words = refused(made.accepted, made.milestone(8), day, made.on(day))
    assert "free under its ceiling" in words
    assert made.milestone(8).state == "submitted" and Document.objects.filter(kind="milestone_certificate").count() == 1


@of(*executed)
def test_later_the_interim_service_is_kept_as_the_cheaper_one_with_the_prices_that_fell_meanwhile():
    contract, day = cast.contract(), date(2008, 5, 15)
    cast.add_volume("seats", 4500)  # prices fall from November 2007 on
    rerating.rerate(contract, at=made.on(date(2008, 4, 20)))
    before = months(contract)
    made.cut_over(day)
    after = months(contract)
    change = contract.versions.get(kind="milestone")
    assert (change.number, change.effective_from) == (3, PLANNED)
    assert after[PLANNED] == Decimal("148000.00"), "the interim service in April"
    assert after[date(2008, 6, 1)] == before[date(2008, 6, 1)] < Decimal("186762.60")
    assert sum(after.values()) < sum(before.values())
    assert str(CapacityAccount.objects.get().committed_gbp) == "67252943.00", "nothing is given back"
    cast.run_all_jobs()
    call_command("check_invariants")


@of(*executed)
@pytest.mark.parametrize(
    ("varied_from", "site", "number", "day", "first", "last"),
    [
        (date(2008, 2, 1), "London", 10, date(2008, 4, 10), date(2008, 4, 10), LAST),
        (date(2008, 2, 1), "London", 10, date(2008, 3, 15), date(2008, 3, 15), LAST),
        (date(2008, 3, 20), "London", 10, date(2008, 3, 10), date(2008, 3, 20), LAST),
        (date(2008, 5, 1), "London", 10, date(2008, 4, 20), date(2008, 5, 1), LAST),
        (date(2008, 5, 1), "London", 10, date(2008, 5, 20), date(2008, 5, 20), LAST),
        (date(2008, 6, 1), "", -1000, date(2008, 5, 20), date(2008, 5, 20), date(2008, 5, 31)),
        (PLANNED, "", -1000, date(2008, 5, 20), LAST, FIRST),
        (PLANNED, "", -1000, date(2008, 3, 20), LAST, FIRST),
    ],
)
def test_what_a_variation_adds_or_gives_up_begins_with_the_cutover_too(varied_from, site, number, day, first, last):
    """A service at a site that the contract did not have it at, or one that is given up later, whichever of the days comes first."""
    contract, at, usual = cast.contract(), made.on(date(2007, 10, 20)), months(cast.contract())
    wanted = [varying.Wanted("CALL-05", number, site)]
    variation = variation_cast.of_kind(
        "service", lambda one, *, by, at: varying.save_lines(one, wanted, effective_on=varied_from, by=by, at=at), at
    )
    paper.variation_executed(variation_cast.approved(variation, at), at)
    assert months(contract)[date(2008, 3, 1)] == usual[date(2008, 3, 1)], "nothing shared runs beside the interim service"
    made.cut_over(day)
    together = terms.put_together(terms.read(contract))
    on, ledger = PLANNED.replace(month=3), terms.ledger(together)
    while on < date(2008, 7, 1):
        standing = terms.as_of(together, on)
        charged = {(line.line.phase, line.line.service.code, line.line.site) for line in standing.lines
                   if line.monthly is not None and line.starts_on <= on <= line.ends_on}  # fmt: skip
        assert {phase for phase, _code, _site in charged} == {"interim" if on < day else "shared"}, on
        assert (("shared", "CALL-05", site) in charged) == (first <= on <= last), on
        on += ONE_DAY
    assert charges.of_days(ledger, "shared", date(2008, 3, 1), day - ONE_DAY) == 0
    cast.run_all_jobs()
    call_command("check_invariants")


@of(*executed)
def test_a_cutover_that_moves_lines_on_two_days_stands_once_among_what_has_changed_the_contract_at_its_first(client):
    contract, at = cast.contract(), made.on(date(2007, 10, 20))
    wanted = [varying.Wanted("CALL-05", 10, "London")]
    variation = variation_cast.of_kind(
        "service", lambda one, *, by, at: varying.save_lines(one, wanted, effective_on=date(2008, 5, 1), by=by, at=at), at
    )
    paper.variation_executed(variation_cast.approved(variation, at), at)
    made.cut_over(date(2008, 5, 20))
    assert contract.versions.filter(kind="milestone").count() == 2
    page = sign_in(client, made.MANAGER).get(reverse("contracts:contract", args=[contract.public_id])).content.decode()
    assert re.findall(r"</a>, ([a-z ]+: from [^<]+)", page) == ["milestone certificate: from 1 April 2008", "variation: from 1 May 2008"]


@of(*executed)
def test_the_day_is_named_not_to_come_within_the_contract_and_after_the_interim_service_is_decided():
    eight, day = made.milestone(8), PLANNED
    made.submitted(eight, made.on(day))
    by, shown = cast.person(made.MANAGER), made.last(eight)
    for on, words in (
        (None, "on which day"), (day + ONE_DAY, "still to come"), (FIRST - ONE_DAY, "The contract runs from"),
        (day, "Milestone M2, by which the interim service starts, is planned"),
    ):  # fmt: skip
        assert words in refused(accepting.accept, made.milestone(8), shown_hash=shown, on=on, by=by, at=made.on(day))
    begun = FIRST + ONE_DAY * 5
    made.submitted(made.milestone(2), made.on(begun))
    made.accepted(made.milestone(2), begun, made.on(begun))
    words = refused(accepting.accept, made.milestone(8), shown_hash=shown, on=begun - ONE_DAY, by=by, at=made.on(day))
    assert "The interim service began on 6 November 2007, by milestone M2" in words


@of(*executed)
def test_while_it_is_overdue_it_is_expected_tomorrow_and_the_pages_say_so(client, settings):
    settings.STEPPABLE_CLOCK = True
    contract, today = cast.contract(), date(2008, 4, 10)
    made.submitted(made.milestone(2), made.on(FIRST))
    made.accepted(made.milestone(2), FIRST, made.on(FIRST))
    assert cutover.expected(contract, PLANNED).days == ()
    found = cutover.expected(contract, today)
    assert [(milestone.number, day) for milestone, day in found.days] == [(8, date(2008, 4, 11))]
    standing = terms.as_of(found.terms, today)
    assert {row.line.phase for row in standing.lines if row.starts_on <= today <= (row.ends_on or today)} >= {"interim"}
    assert not [row for row in standing.lines if row.line.phase == "shared" and row.starts_on <= today]
    assert contract.versions.count() == 1, "nothing of it is kept"
    clock.step_to(made.on(today), by=cast.person("framework.manager@co.example"))
    sign_in(client, made.MANAGER)
    for name in ("charges", "terms_in_force", "plan"):
        page = client.get(reverse(f"contracts:{name}", args=[contract.public_id])).content.decode()
        assert "shown as if it came on 11 April 2008" in page, name
    file = client.get(reverse("contracts:charges", args=[contract.public_id]), {"format": "csv"})
    assert "charges-expected" in file["Content-Disposition"]
    by = cast.person(made.MANAGER)
    delivery.move_due_day(made.milestone(8), date(2008, 6, 1), reason="A strike.", by=by, at=made.on(today))
    assert [day for _milestone, day in cutover.expected(contract, today).days] == [date(2008, 6, 1)]
