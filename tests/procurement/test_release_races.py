"""A release and an order, or two acts on one release, meet at one moment on real connections: one effect each, the other
gets words, and no order is ever priced from a release that was not in force on its day."""

from datetime import timedelta

import pytest

from catalogue.models import CatalogueRelease
from documents.models import AuditEvent
from procurement import releasing, workflow
from tests import cast
from tests.procurement import release_cast as releases
from tests.procurement.release_cast import ACCOUNT_MANAGER, FIRST_DAY, FRAMEWORK_MANAGER, MANAGER, MIDNIGHT, shown_on
from tests.procurement.test_races import Race, one_done, race  # noqa: F401 - a fixture

TABLES = "(procurement|contracts|documents|catalogue)_"


@pytest.fixture
def running(race):  # noqa: F811
    """``running(first, second, after)`` once the rows stand as every round begins."""

    def run(first, second, after) -> None:
        made: Race = race(tables=TABLES)
        made.run(first, second, after)

    return run


def states() -> dict[int | None, str]:
    return {release.number: release.state for release in CatalogueRelease.objects.all()}


def test_an_order_shown_at_yesterdays_prices_is_refused_whether_or_not_the_clock_has_run(running):
    release, call_off = releases.scheduled(CORE_01="70.20"), cast.drafted(FIRST_DAY)
    shown, by = shown_on(call_off, FIRST_DAY - timedelta(days=1)), cast.requester()

    def after(results):
        assert results[1] == "done" and "have changed since" in results[0], results
        assert states() == {1: "superseded", 2: "live"}
        assert cast.fresh(call_off).state == "draft"

    running(lambda: workflow.submit(call_off, shown_hash=shown, by=by, at=MIDNIGHT),
            lambda: releasing.go_live(release, at=MIDNIGHT), after)  # fmt: skip


def test_an_order_of_the_last_second_has_the_price_of_its_day(running):
    release, call_off = releases.scheduled(CORE_01="70.20"), cast.drafted(FIRST_DAY)
    last = MIDNIGHT - timedelta(seconds=1)
    shown, by = shown_on(call_off, last.date()), cast.requester()

    def after(results):
        assert results == ("done", "done")
        assert cast.fresh(call_off).revision.release.number == 1
        assert states() == {1: "superseded", 2: "live"}

    running(lambda: workflow.submit(call_off, shown_hash=shown, by=by, at=last),
            lambda: releasing.go_live(release, at=MIDNIGHT), after)  # fmt: skip


def test_a_day_is_not_chosen_on_which_an_order_is_being_priced(running):
    """The order is of the day, the choice of the second before it."""
    release, call_off = releases.approved(CORE_01="70.20"), cast.drafted(FIRST_DAY)
    shown, by, manager = shown_on(call_off, FIRST_DAY), cast.requester(), cast.person(FRAMEWORK_MANAGER)

    def after(results):
        assert one_done(results), results
        ordered = cast.fresh(call_off)
        assert (ordered.state, states()[2]) == (
            ("department_approval", "approved") if results[0] == "done" else ("draft", "scheduled")
        )

    running(lambda: workflow.submit(call_off, shown_hash=shown, by=by, at=MIDNIGHT),
            lambda: releasing.schedule(release, first_day=FIRST_DAY, by=manager, at=MIDNIGHT - timedelta(seconds=1)),
            after)  # fmt: skip


def test_two_schedulers_move_it_once(running):
    release = releases.scheduled()
    go = lambda: releasing.go_live(release, at=MIDNIGHT)  # noqa: E731

    def after(results):
        assert results == ("done", "done")
        assert states() == {1: "superseded", 2: "live"}
        assert AuditEvent.objects.filter(verb="catalogue_release.live").count() == 1

    running(go, go, after)


def test_what_goes_live_is_not_withdrawn(running):
    release, by = releases.scheduled(), cast.person(FRAMEWORK_MANAGER)

    def after(results):
        gone = results[1] == "done"
        assert gone or "is live" in results[1], results
        assert states() == ({1: "live", 2: "withdrawn"} if gone else {1: "superseded", 2: "live"}), results
        assert (CatalogueRelease.objects.get(number=1).last_day is None) == gone

    running(lambda: releasing.go_live(release, at=MIDNIGHT),
            lambda: releasing.withdraw(release, reason="no", by=by, at=MIDNIGHT - timedelta(seconds=1)), after)  # fmt: skip


def test_one_release_goes_live_while_another_is_approved(running):
    scheduled, release = releases.scheduled(), releases.submitted(CORE_01="60.00")
    by, shown = cast.person(FRAMEWORK_MANAGER), release.content_hash

    def after(results):
        assert results == ("done", "done")
        assert states() == {1: "superseded", 2: "live", 3: "approved"}

    running(lambda: releasing.go_live(scheduled, at=MIDNIGHT),
            lambda: releasing.approve(release, shown_hash=shown, by=by, at=cast.START), after)  # fmt: skip


@pytest.mark.parametrize("other", ["approve", "reject", "withdraw"])
def test_a_release_is_decided_once(running, other):
    release = releases.submitted()
    shown, first, second = release.content_hash, cast.person(FRAMEWORK_MANAGER), cast.person(MANAGER)
    drafter = cast.person(ACCOUNT_MANAGER)
    others = {
        "approve": lambda: releasing.approve(release, shown_hash=shown, by=second, at=cast.START),
        "reject": lambda: releasing.reject(release, reason="no", by=second, at=cast.START),
        "withdraw": lambda: releasing.withdraw(release, reason="no", by=drafter, at=cast.START),
    }

    def after(results):
        assert one_done(results), results
        ended = {"approve": "approved", "reject": "rejected", "withdraw": "withdrawn"}[other]
        assert cast.fresh(release).state == ("approved" if results[0] == "done" else ended)

    running(lambda: releasing.approve(release, shown_hash=shown, by=first, at=cast.START), others[other], after)


def test_what_is_submitted_is_what_was_shown_though_a_colleague_saves(running):
    release = cast.fresh(releases.repriced(releases.drafted()))
    held, _faults = releasing.read(release, releases.priced(release.draft.sheets, {"CORE-02": "99.00"}))
    shown, edits, by = releasing.hashed(release, release.draft.sheets), release.draft.edits, cast.person(ACCOUNT_MANAGER)

    def after(results):
        assert one_done(results), results
        assert cast.fresh(release).state == ("submitted" if results[0] == "done" else "draft")

    running(lambda: releasing.submit(release, shown_hash=shown, by=by, at=cast.START),
            lambda: releasing.save(release, held, edits=edits, what="x", by=by, at=cast.START), after)  # fmt: skip
