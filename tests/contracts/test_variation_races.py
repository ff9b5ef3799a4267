"""Two act at one moment on a variation, on two of one contract, or on a service credit: one effect, the other gets words."""

import pytest

from contracts import measuring, variation_issuing
from contracts.models import CreditAct, CreditCalculation, Variation
from documents.models import SigningIntent
from tests import cast, paper
from tests.contracts import levels_cast
from tests.contracts import variation_cast as made
from tests.contracts.test_variations import DAY
from tests.contracts.transition_cast import on
from tests.procurement.test_races import one_done, race  # noqa: F401 - the fixture

pytestmark = pytest.mark.world("in_force")


def signed_by_two(label: str) -> Variation:
    return made.signed_on_paper(made.approved(made.assessed(label)), parties=2)


def last_act(variation: Variation):
    return lambda: paper.variation_act(variation, *cast.SIGNATORIES[2])


def test_the_last_act_stops_the_lapse_or_is_refused_and_of_two_variations_one_is_signed_last(race):  # noqa: F811
    paper.in_force()
    first, second = signed_by_two("VAR-01"), signed_by_two("VAR-02")

    def has_lapsed_or_is_signed(results):
        variation = cast.fresh(first)
        acts = SigningIntent.objects.filter(document=variation.document).count()
        assert results[1] == "done" and (variation.state, variation.document.state, acts) == (
            ("awaiting_signatures", "signing", 3) if results[0] == "done" else ("lapsed", "void", 2)
        ), results  # fmt: skip

    def one_is_signed_last(results):
        assert one_done(results), results
        assert "All parties have signed VAR-0" in "".join(results)
        assert SigningIntent.objects.filter(document__kind=variation_issuing.DOCUMENT_KIND).count() == 5

    begun = race()
    begun.run(last_act(first), lambda: variation_issuing.lapse(first, at=on(DAY)), has_lapsed_or_is_signed)
    begun.run(last_act(first), last_act(second), one_is_signed_last)


def test_a_credit_is_agreed_as_it_was_calculated_before_or_after_a_correction_and_not_between(race):  # noqa: F811
    contract = paper.in_force()
    levels_cast.confirmed(contract)
    levels_cast.notified()
    anew = levels_cast.measured(contract, {"SD-S-FIX": "74"})
    by = cast.person(levels_cast.MANAGER)

    def after(results):
        credit = levels_cast.credit()
        assert "done" in results and (credit.state == "agreed") == (results[0] == "done"), results
        assert CreditCalculation.objects.count() == 1 + (results[1] == "done")
        amounts = set(CreditAct.objects.filter(credit=credit, kind="agreed").values_list("amount_gbp", flat=True))
        assert amounts == ({credit.level.payable_gbp} if credit.state == "agreed" else set())

    race().run(
        levels_cast.agreed,
        lambda: measuring.correct(contract, levels_cast.MONTH, anew, reason="Counted anew.", by=by, at=levels_cast.AFTER),
        after,
    )  # fmt: skip
