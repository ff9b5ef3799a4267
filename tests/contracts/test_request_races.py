"""Two things at one moment at the quantities of a contract: one effect, the other gets words, and what is left is inside."""

from datetime import date

from contracts import requesting, rerating
from contracts.models import ChangeRequest, Contract, ContractVersion
from tests import cast, paper
from tests.contracts import request_cast as made
from tests.contracts import variation_cast as varied
from tests.contracts.test_requests import account, whole_life
from tests.procurement.test_races import one_done, race  # noqa: F401 - the fixture


def contract():
    cast.leave_tolerance()
    return paper.in_force()


def again(one: ChangeRequest) -> ChangeRequest:
    return ChangeRequest.objects.select_related("contract__call_off").get(pk=one.pk)


def test_of_two_that_fit_alone_and_not_together_one_is_accepted(race):  # noqa: F811
    signed = contract()
    first, second = made.asked(signed, more=20), made.asked(signed, more=20)

    def after(results):
        assert one_done(results), results
        assert "35 may move" in "".join(results)
        assert sorted(ChangeRequest.objects.values_list("state", flat=True)) == ["accepted", "asked"]
        assert ContractVersion.objects.filter(kind="change_request").count() == 1

    race().run(lambda: made.accepted(again(first)), lambda: made.accepted(again(second)), after)


def test_it_is_accepted_or_withdrawn_and_a_doubled_acceptance_counts_once(race):  # noqa: F811
    one = made.asked(contract())

    def after(results):
        assert one_done(results), results
        found = cast.fresh(one)
        assert found.state == ("accepted" if results[0] == "done" else "withdrawn")
        assert ContractVersion.objects.filter(kind="change_request").count() == (found.state == "accepted")

    def once(results):
        assert one_done(results) and cast.fresh(one).state == "accepted", results
        assert ContractVersion.objects.filter(kind="change_request").count() == 1

    racing = race()
    racing.run(lambda: made.accepted(again(one)), lambda: made.withdrawn(again(one)), after)
    racing.run(lambda: made.accepted(again(one)), lambda: made.accepted(again(one)), once)


def test_a_request_and_the_last_act_of_a_variation_both_hold_or_one_waits(race):  # noqa: F811
    """Whichever comes first: the other fits what then stands, or is told to look again."""
    signed = contract()
    variation = varied.signed_on_paper(varied.approved(varied.assessed("VAR-01", signed)), parties=2)
    one = made.asked(signed, day=date(2008, 11, 1))

    def after(results):
        assert "done" in results, results
        if results != ("done", "done"):
            assert "being closed" in "".join(results), results

    race().run(
        lambda: made.accepted(again(one)), lambda: paper.variation_act(cast.fresh(variation), *cast.SIGNATORIES[2]), after
    )


def test_a_request_and_a_fall_of_prices_leave_one_set_of_terms(race):  # noqa: F811
    signed = contract()
    one = made.asked(signed)
    cast.add_volume("seats", 1500)

    def fall():
        return rerating.rerate(Contract.objects.select_related("call_off").get(pk=signed.pk), at=cast.START)

    def after(results):
        assert results == ("done", "done"), results
        kinds = list(ContractVersion.objects.order_by("number").values_list("number", "kind"))
        assert [number for number, _kind in kinds] == [1, 2, 3]
        assert {kind for _number, kind in kinds} == {"contract", "rerating", "change_request"}
        assert whole_life(signed) <= account().committed_gbp

    race().run(lambda: made.accepted(again(one)), fall, after)


def test_one_that_lapses_is_not_accepted_beside_it(race):  # noqa: F811
    one = made.asked(contract())

    def after(results):
        state = cast.fresh(one).state
        assert results[1] == "done" and state == ("accepted" if results[0] == "done" else "lapsed"), results

    late = made.on_its_day()
    race().run(lambda: made.accepted(again(one)), lambda: requesting.lapse(again(one), at=late), after)
