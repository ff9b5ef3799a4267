"""A department states a baseline, its finance director finds it waiting and signs it off, and what its contracts save says so."""

import pytest

from contracts import savings_kept
from documents import clock
from tests import cast, paper
from tests.contracts import ending_cast, transition_cast
from tests.contracts import savings_cast as made

pytestmark = pytest.mark.world("in_force")

UNSIGNED = "not signed off by the finance director"


def test_a_baseline_is_signed_off_from_the_inbox_and_the_sums_say_so(visit, committed_db, settings):
    paper.in_force()
    transition_cast.cut_over(made.CUTOVER)
    at = ending_cast.on(made.AFTER_A_YEAR)
    settings.STEPPABLE_CLOCK = True
    clock.step_to(at, by=cast.person("framework.manager@co.example"))
    made.stated("2990.50", at)
    savings_kept.run(at)

    lead = visit("commercial.lead@co.example")
    lead.go("/contracts/")
    lead.follow("Savings and carbon")
    lead.look("savings-of-all")
    assert UNSIGNED in lead.text() and "£749,348.76" in lead.text()

    director = visit(made.DIRECTOR)
    director.go("/")
    director.look("inbox-of-the-finance-director")
    director.go("/due/")
    director.look("due-of-the-finance-director")
    assert "to sign off" in director.text()
    director.follow("Baseline of Department for Innovation, Universities and Skills, £2,990.50 a user and year")
    director.look("baseline-to-sign-off")
    director.press("Sign off the baseline")
    director.go("/savings/")
    director.look("savings-of-the-department")
    assert UNSIGNED not in director.text() and "£749,348.76" in director.text()
    director.follow("By contract")
    director.look("savings-by-contract")
