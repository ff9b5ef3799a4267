"""The other acts on an order, its contract and its department that can meet, on real connections: one is done, and whoever
comes second is told so. Those that money or a signature hangs on stand in ``test_races``."""

from datetime import timedelta

import pytest

from contracts import formation
from contracts.models import Contract
from documents import store
from documents.models import SigningIntent
from procurement import (
    agreements,
    approval,
    countering,
    drafting,
    framework_life,
    joining,
    leaving,
    membership,
    negotiation,
    releasing,
    workflow,
)
from procurement.models import (
    AccessionDecision,
    Clarification,
    CounterProposal,
    Decision,
    ExceptionDecision,
    MembershipNotice,
    PostHolding,
)
from tests import cast, paper
from tests.cast import DESK, START
from tests.machines.frameworks import EXPIRED
from tests.machines.joining import AFTER_IT, APPROVER, LAST_DAY, LEAD, ONS
from tests.machines.orders import excepted
from tests.procurement import release_cast as releases
from tests.procurement.release_cast import MIDNIGHT, shown_on
from tests.procurement.test_races import deciding, one_done, race  # noqa: F401 - the fixture

MANAGER, DIRECTOR = "framework.manager@co.example", "deputy.director@co.example"


@pytest.fixture
def running(race):  # noqa: F811
    """``running(first, second, after)`` once the rows stand as every round begins."""
    return lambda first, second, after, **more: race(**more).run(first, second, after)


def test_what_is_submitted_is_what_was_checked_though_a_colleague_saves(running):
    order, by, colleague = cast.drafted(), cast.requester(), cast.person("second.requester@dius.example")
    shown = shown_on(order, START.date())

    def after(results):
        assert one_done(results), results
        now = cast.fresh(order)
        submitted = results[0] == "done"
        assert (now.state, now.title == "Another") == (("department_approval", False) if submitted else ("draft", True))
        assert "This call-off is" in results[1] if submitted else "have changed since" in results[0], results

    running(lambda: workflow.submit(order, shown_hash=shown, by=by, at=START),
            lambda: drafting.save_title(order, "Another", by=colleague, at=START), after)  # fmt: skip


def test_an_order_is_accepted_in_time_or_it_lapses(running):
    """The clock passes the time limit while the order desk's page, sent before it, is on its way."""
    order, by = cast.with_supplier(), cast.person(DESK)
    shown, due = order.revision.revision_hash, order.answer_due_at

    def after(results):
        accepted = results[0] == "done"
        assert cast.fresh(order).state == ("confirmed" if accepted else "lapsed")
        assert Contract.objects.count() == int(accepted)
        assert accepted or "lapsed" in results[0], results

    running(lambda: formation.accept_order(order, shown_hash=shown, by=by, at=START), lambda: workflow.lapse(order, at=due), after)


def test_an_order_is_accepted_or_declined(running):
    order, by = cast.with_supplier(), cast.person(DESK)
    shown = order.revision.revision_hash

    def after(results):
        assert one_done(results), results
        assert cast.fresh(order).state == ("confirmed" if results[0] == "done" else "declined")

    running(lambda: formation.accept_order(order, shown_hash=shown, by=by, at=START),
            lambda: workflow.decline(order, code="capacity", reason="Full.", by=by, at=START), after)  # fmt: skip


def test_an_order_is_declined_in_time_or_it_lapses(running):
    order, by = cast.with_supplier(), cast.person(DESK)
    due = order.answer_due_at

    def after(results):
        declined = results[0] == "done"
        assert results[1] == "done" and cast.fresh(order).state == ("declined" if declined else "lapsed")
        assert declined or "lapsed" in results[0], results

    running(lambda: workflow.decline(order, code="capacity", reason="Full.", by=by, at=START),
            lambda: workflow.lapse(order, at=due), after)  # fmt: skip


def test_a_counter_proposal_is_made_in_time_or_the_order_lapses(running):
    """Made first it has a time of its own, which the supplier's last moment does not end."""
    order, by = cast.with_supplier(), cast.person(DESK)
    due, wanted = order.answer_due_at, cast.later(order)

    def after(results):
        made = results[0] == "done"
        assert results[1] == "done" and cast.fresh(order).state == ("counter_proposed" if made else "lapsed")
        assert [one.answer for one in CounterProposal.objects.all()] == ([""] if made else [])
        assert made or "lapsed" in results[0], results

    running(lambda: countering.counter(order, wanted, reason="Full.", by=by, at=START), lambda: workflow.lapse(order, at=due), after)


def test_a_counter_proposal_is_accepted_or_refused(running):
    """Two requesters of one department, each with the page open."""
    made, by, colleague = cast.countered(), cast.requester(), cast.person("second.requester@dius.example")
    shown = cast.shown(made)

    def after(results):
        assert one_done(results), results
        accepted = results[0] == "done"
        assert cast.fresh(made).answer == ("accepted" if accepted else "refused")
        assert cast.fresh(made.call_off).state == ("department_approval" if accepted else "with_supplier")

    running(lambda: countering.accept(made, shown_hash=shown, by=by, at=START),
            lambda: countering.refuse_it(made, reason="No.", by=colleague, at=START), after)  # fmt: skip


@pytest.mark.parametrize("ends", ["its time", "the framework"])
def test_a_question_is_answered_before_its_order_lapses_or_not_at_all(running, ends):
    """While it is open the supplier's clock stands: only once it is answered does that time end the order. The end of
    the framework ends it either way."""
    order, by = cast.with_supplier(), cast.requester()
    asked = negotiation.ask(order, text="Which door?", by=cast.person(DESK), at=START)
    at = START + timedelta(days=30) if ends == "its time" else EXPIRED

    def after(results):
        answered, state = results[0] == "done", cast.fresh(order).state
        assert results[1] == "done" and (cast.fresh(asked).answered_at is not None) == answered
        if ends == "its time":
            assert answered and state in ("with_supplier", "lapsed"), results
        else:
            assert state == "lapsed" and (answered or "lapsed" in results[0]), results

    running(lambda: negotiation.answer(asked, text="The left.", by=by, at=START), lambda: workflow.lapse(order, at=at), after)


def test_no_order_is_accepted_over_a_question_that_is_open(running):
    order, by = cast.with_supplier(), cast.person(DESK)
    shown = order.revision.revision_hash

    def after(results):
        assert one_done(results), results
        assert Clarification.objects.count() == int(results[1] == "done")
        assert Contract.objects.count() == int(results[0] == "done")

    running(lambda: formation.accept_order(order, shown_hash=shown, by=by, at=START),
            lambda: negotiation.ask(order, text="Which door?", by=by, at=START), after)  # fmt: skip


def test_an_approval_keeps_the_price_it_was_shown_while_a_release_goes_live(running):
    """Submitted at yesterday's prices, it is decided on at those: whichever comes first, both are done."""
    release, order = releases.scheduled(CORE_01="70.20"), cast.submitted()
    value = order.whole_life_gbp

    def after(results):
        assert results == ("done", "done"), results
        now = cast.fresh(order)
        assert (now.revision.release.number, now.whole_life_gbp, Decision.objects.count()) == (1, value, 1)
        assert cast.fresh(release).state == "live"

    running(deciding(order, cast.ROUTE[0]), lambda: releasing.go_live(release, at=MIDNIGHT), after,
            tables="(procurement|contracts|documents|catalogue)_")  # fmt: skip


def test_an_exception_is_granted_or_refused(running):
    asked = excepted(None)
    step, by = asked.revision.approval.steps.get(post="commercial_lead"), cast.person(cast.ROUTE[4])
    shown = {"shown_hash": asked.revision.revision_hash, "no_conflict": True, "by": by, "at": START}

    def after(results):
        assert one_done(results), results
        assert ExceptionDecision.objects.get().outcome == ("granted" if results[0] == "done" else "refused")

    running(lambda: approval.grant_exception(step, asked, **shown),
            lambda: approval.refuse_exception(step, asked, reason="No.", **shown), after)  # fmt: skip


def test_a_post_that_ends_today_decides_today(running):
    order = cast.submitted()
    holding, by = PostHolding.objects.get(user__email=cast.ROUTE[0]), cast.person("administrator@dius.example")

    def after(results):
        assert results == ("done", "done"), results
        assert Decision.objects.get().holding_id == holding.pk

    running(deciding(order, cast.ROUTE[0]), lambda: membership.end_holding(holding, ends_on=START.date(), by=by, at=START), after)


def test_a_party_signs_or_refuses(running):
    contract = paper.issued(cast.accepted())
    by, shown = cast.person(cast.SIGNATORIES[0][1]), store.head(contract.document).sha256

    def after(results):
        assert one_done(results), results
        signed = results[0] == "done"
        assert SigningIntent.objects.count() == int(signed)
        assert cast.fresh(contract).state == ("awaiting_signatures" if signed else "void")
        assert "It is the turn of" in results[1] if signed else "is void" in results[0], results

    running(lambda: formation.sign(contract, "supplier", shown_sha256=shown, by=by, at=START),
            lambda: formation.refuse_to_sign(contract, "supplier", reason="A term.", changes_wanted=False, by=by, at=START), after)  # fmt: skip


def test_a_membership_that_is_suspended_submits_nothing_after_it(running):
    order, by, manager = cast.drafted(), cast.requester(), cast.person(MANAGER)
    member = order.framework.accessions.get(department=order.department)

    def after(results):
        submitted, suspended = results
        assert suspended == "done"
        assert submitted == "done" or "is no member" in submitted, results
        assert cast.fresh(order).state == ("department_approval" if submitted == "done" else "draft")

    running(lambda: workflow.submit(order, by=by, at=START),
            lambda: agreements.suspend(member, reason="Dues.", by=manager, at=START), after)  # fmt: skip


def reviewed():
    accession = cast.ons_applied()
    lead, shown = cast.person(LEAD), joining.current(accession).content_hash
    joining.start_review(accession, by=lead, at=START)
    joining.recommend(accession, shown_hash=shown, by=lead, at=START)
    return cast.fresh(accession), shown


@pytest.mark.parametrize("how", ["withdraw", "decline", "ask"])
def test_an_application_is_approved_before_it_ends_or_not_at_all(running, how):
    accession, shown = reviewed()
    approver, department, lead = cast.person(APPROVER), cast.person(ONS), cast.person(LEAD)
    others = {
        "withdraw": lambda: agreements.withdraw(accession, reason="Not now.", by=department, at=START),
        "decline": lambda: joining.decline(accession, reason="No room.", by=approver, at=START),
        "ask": lambda: joining.ask(accession, text="Which lots?", by=lead, at=START),
    }

    def after(results):
        approved, other = results
        if how == "ask":
            assert one_done(results), results
        else:
            assert other == "done", "an approved body still withdraws, and is still declined"
        ended = {"withdraw": "withdrawn", "decline": "declined", "ask": "approved" if approved == "done" else "information_requested"}
        assert cast.fresh(accession).state == ended[how]
        assert AccessionDecision.objects.filter(outcome="approved").count() == int(approved == "done")
        assert approved == "done" or "The accession of" in approved, results

    running(lambda: agreements.approve(accession, shown_hash=shown, by=approver, at=START), others[how], after)


def noticing(email: str):
    accession, by = cast.ons(), cast.person(email)
    return lambda: leaving.give_notice(accession, last_day=LAST_DAY, reason="It merges.", by=by, at=START)


def test_a_notice_is_taken_back_or_the_clock_ends_the_membership(running):
    """Sent on the day before the last, and on its way while midnight passes."""
    accession = cast.ons_joined()
    noticing("signatory@ons.example")()
    by, sent = cast.person("signatory@ons.example"), AFTER_IT - timedelta(days=2)

    def after(results):
        back = results[0] == "done"
        assert cast.fresh(accession).state == ("active" if back else "ended")
        assert back or "The accession of" in results[0], results
        assert MembershipNotice.objects.filter(taken_back_at=None).count() == int(not back)

    running(lambda: leaving.take_back_notice(accession, reason="It does not.", by=by, at=sent),
            lambda: leaving.end_by_notice(accession, at=AFTER_IT), after)  # fmt: skip


def test_both_parties_give_notice_and_one_stands(running):
    cast.ons_joined()

    def after(results):
        assert one_done(results), results
        assert any("has given notice already" in result for result in results), results
        assert MembershipNotice.objects.count() == 1

    running(noticing("signatory@ons.example"), noticing(MANAGER), after)


def test_a_termination_is_confirmed_or_dropped(running):
    framework_life.propose_termination(cast.framework(), reason="Insolvent.", by=cast.person(MANAGER), at=START)
    framework, director, manager = cast.framework(), cast.person(DIRECTOR), cast.person(MANAGER)

    def after(results):
        assert one_done(results), results
        assert cast.framework().state == ("terminated" if results[0] == "done" else "live")

    running(lambda: framework_life.terminate(framework, by=director, at=START),
            lambda: framework_life.drop_termination(framework, reason="Paid.", by=manager, at=START), after)  # fmt: skip
