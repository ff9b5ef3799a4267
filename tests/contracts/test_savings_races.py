"""Two clocks, or a clock and an act, come to what is kept of savings at one moment: it is what the terms come to then."""

import pytest

from contracts.models import ContractSavings, DepartmentSavings
from tests import paper
from tests.contracts import ending_cast
from tests.contracts import savings_cast as made
from tests.procurement.test_races import race  # noqa: F401 - the fixture

pytestmark = pytest.mark.world("in_force")


def test_two_clocks_keep_it_once(race):  # noqa: F811
    contract = paper.in_force()

    def after(results):
        assert results == ("done", "done"), results
        assert made.kept(contract) == made.computed(contract) and len(made.of_department()) == 55
        assert not made.is_due(contract)

    race().run(made.run, made.run, after)


def test_what_changes_while_it_is_computed_is_computed_again(race):  # noqa: F811
    """The clock reads before the act and writes after it, or the other way round: nothing is kept that no longer holds."""
    contract = paper.in_force()
    notice = ending_cast.proposed(contract)

    def after(results):
        assert results == ("done", "done"), results
        made.run()
        assert made.kept(contract) == made.computed(contract)
        assert sum(charges for _baseline, charges in made.of_department().values()) == sum(row[2] for row in made.kept(contract))
        assert not ContractSavings.objects.filter(is_due=True).exists() and not DepartmentSavings.objects.filter(is_due=True).exists()

    race().run(made.run, lambda: ending_cast.confirmed(notice), after)
