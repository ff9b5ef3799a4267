"""Two things at one moment at the end of a contract: one effect, in either order."""

import pytest

from contracts import exiting, terminating, variation_issuing
from contracts.models import Contract, ContractVersion, Termination, Variation
from procurement.models import CapacityEntry
from tests import cast, paper
from tests.contracts import ending_cast as made
from tests.contracts import variation_cast as varied
from tests.procurement.test_races import one_done, race  # noqa: F401 - the fixture

pytestmark = pytest.mark.world("in_force")


def test_a_notice_takes_effect_once_and_the_contract_does_not_expire_beside_it(race):  # noqa: F811
    """Of the last day: two schedulers, one late, so that both the notice's day and the contract's end have come."""
    contract = paper.in_force()
    one = made.given(contract, made.insolvent(contract.ends_on))
    at = made.over(contract)

    def effect():
        return terminating.take_effect(Termination.objects.select_related("contract__call_off").get(pk=one.pk), at=at)

    def expire():
        return exiting.expire(Contract.objects.select_related("call_off").get(pk=contract.pk), at=at)

    def after(results):
        assert results == ("done", "done"), results
        assert Contract.objects.get().state == "terminated" and Termination.objects.get().state == "in_effect"
        assert ContractVersion.objects.filter(kind="termination").count() == 1
        assert CapacityEntry.objects.filter(holder__startswith="contracts.termination").count() == 1

    racing = race()
    racing.run(effect, expire, after)
    racing.run(effect, effect, after)


def test_a_notice_and_a_variation_that_takes_effect_leave_one_set_of_terms(race):  # noqa: F811
    """The variation's day is the one before the notice's: it takes effect, whichever comes first, and ends with the contract."""
    contract = paper.in_force()
    variation = paper.variation_executed(varied.decided(varied.submitted("VAR-01")))
    day = variation.revision.effective_on
    one = made.given(contract, made.insolvent(day.replace(day=2)))
    at = made.on(day.replace(day=3))

    def effect():
        return terminating.take_effect(Termination.objects.select_related("contract__call_off").get(pk=one.pk), at=at)

    def apply():
        return variation_issuing.apply(Variation.objects.select_related("contract__call_off", "revision").get(pk=variation.pk), at=at)

    def after(results):
        assert results == ("done", "done"), results
        assert (Contract.objects.get().state, Variation.objects.get().state) == ("terminated", "applied")
        assert Contract.objects.get().ends_on == day

    race().run(effect, apply, after)


def test_a_notice_is_given_or_withdrawn(race):  # noqa: F811
    contract = paper.in_force()
    one = made.proposed(contract)

    def give():
        return made.confirmed(Termination.objects.select_related("contract__call_off").get(pk=one.pk))

    def withdraw():
        by = cast.person(made.MANAGER)
        return terminating.withdraw(Termination.objects.select_related("contract__call_off").get(pk=one.pk), reason="No.", by=by, at=cast.START)

    def after(results):
        assert one_done(results), results
        found = Termination.objects.get()
        assert (found.state, found.notice is not None) in {("given", True), ("withdrawn", False)}

    race().run(give, withdraw, after)
