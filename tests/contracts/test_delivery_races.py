"""Two people act on one milestone at one moment: one effect, the other gets words."""

import pytest

from contracts.models import AcceptanceDecision, Evidence, Milestone, MilestoneSubmission, PaymentRelease
from documents.models import Document
from procurement.models import CapacityAccount
from tests import cast, paper
from tests.contracts import transition_cast as made
from tests.procurement.test_races import one_done, race  # noqa: F401 - the fixture

pytestmark = pytest.mark.world("in_force")


def certificates() -> int:
    return Document.objects.filter(kind="milestone_certificate").count()


def acting(act, *args):
    """On the milestone as it was before either began."""
    found = made.milestone(3)
    return lambda: act(found, *args)


def test_two_who_decide_at_once_decide_once(race):  # noqa: F811
    contract = paper.in_force()
    made.submitted(made.milestone(3, contract))

    def after(results):
        assert one_done(results), results
        returned = results[1] == "done"
        assert AcceptanceDecision.objects.get().outcome == ("returned" if returned else "accepted")
        assert made.milestone(3).state == ("in_progress" if returned else "achieved")
        assert (PaymentRelease.objects.count(), certificates()) == ((0, 0) if returned else (1, 1))

    race().run(acting(made.accepted), acting(made.sent_back), after)


def test_a_doubled_acceptance_pays_once(race):  # noqa: F811
    contract = paper.in_force()
    made.submitted(made.milestone(3, contract))

    def after(results):
        assert one_done(results), results
        assert (PaymentRelease.objects.count(), certificates(), AcceptanceDecision.objects.count()) == (1, 1, 1)

    race().run(acting(made.accepted), acting(made.accepted), after)


def test_it_is_submitted_again_only_after_it_was_sent_back(race):  # noqa: F811
    """Of a submission and a decision on what stood before it, in either order: nothing is decided unseen."""
    contract = paper.in_force()
    made.submitted(made.milestone(3, contract))
    waits, seen = acting(made.submitted), made.last(made.milestone(3))

    def after(results):
        assert results[1] == "done", results
        again = results[0] == "done"
        assert MilestoneSubmission.objects.count() == 1 + again
        assert Milestone.objects.get(number=3).state == ("submitted" if again else "in_progress")
        assert Evidence.objects.count() == 2 * (1 + again)
        assert AcceptanceDecision.objects.get().shown_hash == seen

    race().run(waits, acting(made.sent_back), after)


def test_a_cutover_and_an_order_do_not_pass_the_ceiling_together(race):  # noqa: F811
    """The earlier cutover commits more, an approval reserves: what is left is enough for one of them."""
    order = cast.submitted()
    for email in cast.ROUTE[:3]:
        cast.decide(order, email)
    contract = paper.in_force()
    first, early = contract.starts_on, made.date(2008, 3, 15)
    made.submitted(made.milestone(2), made.on(first))
    made.accepted(made.milestone(2), first, made.on(first))
    made.submitted(made.milestone(8), made.on(early))
    cast.leave_free(order.revision.whole_life_gbp)
    found, by = made.milestone(8), cast.person(cast.ROUTE[3])
    step = cast.open_step(order, by)
    shown = step.approval.content_hash

    def after(results):
        assert one_done(results), results
        account = CapacityAccount.objects.get()
        assert account.reserved_gbp + account.committed_gbp <= account.ceiling_gbp

    race().run(
        lambda: made.accepted(found, early, made.on(early)),
        lambda: cast.approval.decide(step, shown_hash=shown, no_conflict=True, by=by, at=cast.START), after,
    )  # fmt: skip
