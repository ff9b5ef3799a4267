"""The rules of ordering: met by the two departments' orders, and named in words where an order misses one."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue import rules
from catalogue.pricing import Line
from catalogue.rules import Rule, Unmet
from tests.catalogue.figures import DIUS, DIUS_SITES, LOTS, ONS, ONS_SITES, PRICES, RULES


def unmet(lines: list[Line], sites=DIUS_SITES) -> list[Unmet]:
    return rules.unmet(RULES, sites, lines, PRICES, LOTS)


def words(lines: list[Line], sites=DIUS_SITES) -> str:
    return "\n".join(found.words for found in unmet(lines, sites))


def changed(code: str, site: str | None = None, **changes) -> list[Line]:
    """The DIUS order with one line changed."""
    return [replace(line, **changes) if (line.service, line.site) == (code, site) else line for line in DIUS]


def without(*codes: str) -> list[Line]:
    return [line for line in DIUS if line.service not in codes]


def extra(code: str, quantity: int = 1, site: str | None = None, phase: str = "shared", months: int | None = 55) -> list[Line]:
    return [*DIUS, Line(99, phase, code, site, quantity, date(2008, 4, 1), months)]


def test_the_two_departments_orders_meet_every_rule():
    assert unmet(DIUS) == []
    assert unmet(ONS, ONS_SITES) == []


def test_a_site_short_of_desktops_is_named_with_what_is_missing():
    (found,) = unmet(changed("CORE-01", "London", quantity=424))
    assert found.words == "London has 620 seats and 610 desktops (CORE-01 424, CORE-02 186): add 10 or lower the seats."
    assert (found.rule, found.site, found.figure) == ("seats", "London", 10)


def test_a_site_with_too_many_desktops_is_named_with_what_to_remove():
    (found,) = unmet(changed("CORE-02", "Runcorn", quantity=20))
    assert found.words == "Runcorn has 60 seats and 62 desktops (CORE-01 42, CORE-02 20): remove 2 or raise the seats."


def test_two_wrong_sites_are_both_named_though_their_sum_is_right():
    moved = [
        replace(line, quantity=line.quantity + {"London": 10, "Sheffield": -10}.get(line.site, 0))
        if line.service == "CORE-01" else line
        for line in DIUS
    ]  # fmt: skip
    assert [found.site for found in unmet(moved)] == ["London", "Sheffield"]


def test_desktops_are_not_ordered_for_all_sites():
    assert "CORE-01: 5 ordered for all sites; desktops are ordered site by site." in words(extra("CORE-01", 5))


@pytest.mark.parametrize("code", ["CORE-06", "CORE-07", "CORE-15", "CORE-04"])
def test_every_seat_takes_what_is_required(code):
    short = words(changed(code, quantity=990))
    assert code in short
    assert "990 ordered for 1,000 seats; add 10 or lower the seats." in short
    assert "0 ordered for 1,000 seats; add 1,000 or lower the seats." in words(without(code))


def test_one_of_two_levels_may_be_chosen_seat_by_seat():
    """CORE-16 for 800 and CORE-17 for 200 make 1,000."""
    assert "CORE-16 or CORE-17: 1,001 ordered for 1,000 seats; remove 1" in words(changed("CORE-17", quantity=201))


def test_a_required_service_may_be_ordered_site_by_site():
    by_site = [Line(100 + n, "shared", "CORE-06", name, seats, date(2008, 4, 1), 55) for n, (name, seats) in enumerate(DIUS_SITES)]
    assert unmet([*without("CORE-06"), *by_site]) == []
    lopsided = [replace(line, quantity=line.quantity + {"London": 10, "Runcorn": -10}.get(line.site, 0)) for line in by_site]
    assert words([*without("CORE-06"), *lopsided]) == (
        "London has 620 seats and 630 of CORE-06: remove 10 or raise the seats."
    )


def test_a_site_takes_the_network_of_its_size():
    assert words(changed("CORE-12", "London", service="CORE-11")) == "London has 620 seats: it takes CORE-12, not CORE-11."
    assert words(changed("CORE-11", "Runcorn", service="CORE-10")) == "Runcorn has 60 seats: it takes CORE-11, not CORE-10."


@pytest.mark.parametrize(("seats", "code"), [(1, "CORE-10"), (50, "CORE-10"), (51, "CORE-11"), (250, "CORE-11"), (251, "CORE-12")])
def test_the_sizes_meet_at_their_bounds(seats, code):
    sites = [("Only", seats)]
    sized = next(rule for rule in RULES if "by_seats_at_site" in rule.parameters)
    for offered in ("CORE-10", "CORE-11", "CORE-12"):
        line = Line(1, "shared", offered, "Only", 1, date(2008, 4, 1), 55)
        wrong = [found for found in rules.unmet([sized], sites, [line], PRICES) if found.rule == "required_per_site"]
        assert (wrong == []) == (offered == code)


def test_a_site_without_its_link_is_named():
    bare = [line for line in DIUS if (line.service, line.site) != ("CORE-13", "Sheffield")]
    assert words(bare).endswith("Sheffield: 0 ordered of CORE-13 or CORE-14, one is needed.")


def test_two_networks_at_a_site_are_one_too_many():
    assert "London: 2 ordered of CORE-10 or CORE-11 or CORE-12, with 620 seats it takes one CORE-12." in words(extra("CORE-12", site="London"))


def test_a_network_belongs_to_a_site_with_seats():
    assert "CORE-14: 1 ordered for all sites; order it site by site." in words(extra("CORE-14"))
    assert "CORE-13: 1 ordered at Store room, a site without seats; take it off." in words(
        extra("CORE-13", site="Store room"), [*DIUS_SITES, ("Store room", 0)]
    )


def test_a_site_without_seats_needs_nothing():
    assert unmet(DIUS, [*DIUS_SITES, ("Store room", 0)]) == []


WITH_PCS = [
    *changed("CORE-01", "Runcorn", quantity=40),
    Line(99, "shared", "CORE-03", "Runcorn", 2, date(2008, 4, 1), 55),
]


def test_a_standard_pc_needs_an_exception():
    assert words(WITH_PCS) == (
        "A standard PC needs the authority's exception. CORE-03: 2 ordered (Runcorn 2) and an exception asked for 0; ask "
        "for 2 more or order fewer."
    )
    assert rules.exceptional(RULES) == ["CORE-03"]


@pytest.mark.parametrize(("asked", "missing"), [(1, 1), (2, None), (3, None)])
def test_a_request_meets_the_rule_when_it_covers_what_is_ordered(asked, missing):
    found = rules.unmet(RULES, DIUS_SITES, WITH_PCS, PRICES, LOTS, {"CORE-03": asked})
    assert [(one.service, one.site, one.figure) for one in found] == ([("CORE-03", "Runcorn", missing)] if missing else [])


def test_a_request_for_what_is_not_ordered_is_taken_back():
    (found,) = rules.unmet(RULES, DIUS_SITES, DIUS, PRICES, LOTS, {"CORE-03": 4})
    assert found.words == "CORE-03: an exception is asked for 4 and none is ordered; take the request back."


def test_a_service_short_of_a_site_is_named_with_the_site():
    by_site = [Line(100 + n, "shared", "CORE-06", name, seats - 20 * (name == "London"), date(2008, 4, 1), 55)
               for n, (name, seats) in enumerate(DIUS_SITES)]  # fmt: skip
    assert words([*without("CORE-06"), *by_site]) == (
        "Every seat takes e-mail, calendar and directory. CORE-06: 980 ordered for 1,000 seats, at London 600 of 620; "
        "add 20 or lower the seats."
    )


def test_the_interim_service_lasts_six_months_at_most():
    longer = changed("TRN-01", starts_on=date(2007, 9, 1), months=7)
    assert words(longer) == (
        "The interim managed service lasts six months at most. TRN-01 (all sites): 1,000 ordered for 7 months, 1 too long."
    )
    assert unmet(changed("TRN-01", starts_on=date(2007, 10, 1), months=6)) == []


def test_the_interim_service_is_for_no_more_seats_than_there_are():
    assert words(changed("TRN-01", quantity=1010)) == (
        "The sites have 1,000 seats and 1,010 of TRN-01 are ordered: remove 10 or raise the seats."
    )
    assert unmet(changed("TRN-01", quantity=400)) == []


def test_no_day_lies_between_the_interim_and_the_shared_service():
    assert words(changed("TRN-01", months=4)) == (
        "TRN-01 (all sites) ends on 29 February 2008 and the shared service starts 31 days later: close the gap."
    )


def test_one_day_between_them_is_not_days():
    day_late = [replace(line, starts_on=line.starts_on + timedelta(days=1)) if line.phase == "shared" else line for line in DIUS]
    assert "starts 1 day later: close the gap." in words(day_late)


def test_no_seat_is_charged_twice_for_a_day():
    assert words(changed("TRN-01", months=6)) == (
        "TRN-01 (all sites) and the shared service both run for 30 days, until 30 April 2008: no seat is charged twice for a day."
    )


def test_a_lot_that_needs_another_is_ordered_with_it():
    alone = [line for line in DIUS if line.service.startswith("CALL-")]
    assert (
        "Services of lot 2 need services of lot 1, in the same order or under a contract of yours that is in force, and "
        "there are none: CALL-01 (all sites) 12, CALL-02 (all sites) 2,"
    ) in words(alone, [])
    assert rules.unmet(RULES, [], alone, PRICES, LOTS, lots_held={1}) == []
    assert unmet([], []) == []


@given(st.lists(st.integers(0, 3), min_size=len(DIUS), max_size=len(DIUS)))
def test_every_unmet_rule_has_words_and_names_something(factors):
    lines = [replace(line, quantity=line.quantity * factor) for line, factor in zip(DIUS, factors, strict=True) if factor]
    for found in unmet(lines):
        assert found.words.endswith(".")
        assert found.service or found.site or found.rule == "needs_lot"
        assert not found.site or found.site in {name for name, _seats in DIUS_SITES}


def test_the_rules_of_the_framework_have_no_fault():
    assert [fault for rule in RULES for fault in rules.faults(rule, PRICES.services)] == []


@pytest.mark.parametrize(
    ("kind", "parameters", "fault"),
    [
        ("required_per_moon", {"services": ["CORE-06"]}, "none of"),
        ("required_per_seat", {"services": []}, "names no services"),
        ("required_per_seat", {"services": ["CORE-99"]}, "CORE-99 is not in the catalogue"),
        ("max_months", {"services": ["TRN-01"], "months": 0}, "0 is not a number of months"),
        ("max_months", {"services": ["TRN-01"]}, "None is not a number of months"),
        ("required_per_site", {"services": ["CORE-10"], "by_seats_at_site": {"CORE-10": [2, None]}}, "starts at 2 seats"),
        ("required_per_site", {"services": ["CORE-10"], "by_seats_at_site": {"CORE-10": [1, 50]}}, "51 seats and more"),
        ("required_per_site", {"services": ["CORE-10", "CORE-11"], "by_seats_at_site": {"CORE-10": [1, None]}}, "exactly"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_used_names_its_fault(kind, parameters, fault):
    assert fault in " ".join(rules.faults(Rule(kind, parameters, ""), PRICES.services))
