"""Somebody is stopped while they act, on real connections: they did it before, or not at all. Who decides and who signs
stands in ``test_races``; that every other action holds the chair it is done from, in ``test_records``."""

import pytest

from catalogue.models import Organisation
from contracts import formation
from procurement import access, countering, drafting, framework_life, membership, workflow
from procurement.models import Post
from tests import cast
from tests.cast import DESK, START
from tests.procurement.release_cast import ACCOUNT_MANAGER
from tests.procurement.test_joining_races import meeting
from tests.procurement.test_races import race  # noqa: F401 - the fixture

STOPPED = ("This post was ended with immediate effect", "no longer one of the people", "stopped at this moment")
BUYER, MANAGER = "requester@dius.example", "framework.manager@co.example"


def stopping(who):
    """Whoever looks after the people of the same organisation stops them."""
    body = Organisation.objects.get(code__iexact=who.email.partition("@")[2].removesuffix(".example"))
    _post, new = Post.objects.get_or_create(organisation=body, code="administrator")
    if new:
        cast.give_post(ACCOUNT_MANAGER, body.code, "administrator")
    by = cast.person(ACCOUNT_MANAGER if new else f"administrator@{body.code.lower()}.example")
    return lambda: membership.stop(body, who.user, reason="Now.", by=by, at=START)


def submitting(by):
    order = cast.drafted()
    return order, "draft", lambda: workflow.submit(order, by=by, at=START)


def accepting(by):
    order = cast.with_supplier()
    shown = order.revision.revision_hash
    return order, "with_supplier", lambda: formation.accept_order(order, shown_hash=shown, by=by, at=START)


def countering_it(by):
    order = cast.with_supplier()
    wanted = cast.later(order)
    return order, "with_supplier", lambda: countering.counter(order, wanted, reason="Full.", by=by, at=START)


def taking_the_counter(by):
    made = cast.countered()
    shown = cast.shown(made)
    return made.call_off, "counter_proposed", lambda: countering.accept(made, shown_hash=shown, by=by, at=START)


def suspending(by):
    framework = cast.framework()
    return framework, "live", lambda: framework_life.suspend(framework, reason="Examined.", by=by, at=START)


ACTS = [(submitting, BUYER), (accepting, DESK), (countering_it, DESK), (taking_the_counter, BUYER), (suspending, MANAGER)]


@pytest.mark.parametrize("first", ["acts", "is stopped"])
@pytest.mark.parametrize("whose", ["own", "a principal's"])
@pytest.mark.parametrize(("beginning", "email"), ACTS, ids=lambda one: getattr(one, "__name__", ""))
def test_who_is_stopped_while_they_act_did_it_before_or_not_at_all(committed_db, beginning, email, whose, first):
    by = cast.person(email) if whose == "own" else cast.deputy_of(email)
    thing, before, act = beginning(by)
    acts = {"acts": act, "is stopped": stopping(by)}
    (second,) = acts.keys() - {first}
    told = meeting(acts[first], acts[second])
    assert told == "done" if second == "is stopped" else any(words in told for words in STOPPED), told
    assert (cast.fresh(thing).state == before) is (first == "is stopped")
    assert access.sight(by.user, START.date()) == access.NOTHING


def test_neither_waits_for_the_other_in_a_circle(race):  # noqa: F811
    """Accepting writes rows that name the supplier while it holds a chair there, which stopping waits for."""
    by = cast.person(DESK)
    order, before, act = accepting(by)
    stop = stopping(by)

    def after(results):
        assert results[1] == "done", results
        assert (cast.fresh(order).state == before) is (results[0] != "done"), results

    race().run(act, stop, after)


@pytest.mark.parametrize("ended", ["the framework", "the department"])
def test_a_draft_is_begun_before_its_framework_or_its_requester_goes_or_not_at_all(committed_db, ended):
    """What passes a department's orders to another holds every framework: no order is begun beside it."""
    by, framework, body = cast.requester(), cast.framework(), cast.dius()
    begin = lambda: drafting.start(framework, body, title="One more", by=by, at=START)  # noqa: E731
    if ended == "the framework":
        framework_life.propose_termination(framework, reason="Insolvent.", by=cast.person(MANAGER), at=START)
        director = cast.person("deputy.director@co.example")
        assert "has ended" in meeting(lambda: framework_life.terminate(framework, by=director, at=START), begin)
    else:
        assert "ended with immediate effect" in meeting(stopping(by), begin)
    assert not body.call_offs.exists()
