"""The life of a catalogue release: who may move it, what it changes, and what it never touches."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.http import Http404

from catalogue import queries
from catalogue.models import CatalogueRelease, FrameworkSupplier, ReleaseDraft, ServiceVersion
from documents import audit, clock
from documents.models import AuditEvent, Email
from documents.refusal import Refused
from procurement import access, framework_life, periodic, quoting, release_effects, releasing, workflow
from procurement.models import ActingFor, PostCode, PostHolding
from tests import cast
from tests.procurement import release_cast as releases
from tests.procurement.release_cast import (
    ACCOUNT_MANAGER,
    FIRST_DAY,
    FRAMEWORK_MANAGER,
    IN_STATE,
    MANAGER,
    MIDNIGHT,
)

pytestmark = pytest.mark.usefixtures("db")
DAY = cast.START.date()


def live_on(day: date) -> int | None:
    found = queries.live_release(cast.framework(), day)
    return found.number if found else None


def mails(template: str) -> set[str]:
    return set(Email.objects.filter(template=f"procurement/email/release_{template}.txt").values_list("recipient", flat=True))


def test_a_supplier_that_was_excluded_edits_and_sends_no_draft_it_began_before():
    release = releases.repriced(releases.drafted())
    FrameworkSupplier.objects.filter(supplier=release.organisation).update(excluded_from=DAY)
    for act in (releases.repriced, releases.submit):
        with pytest.raises(Refused, match="may not receive orders under FLEX-2007"):
            act(release)
    by = cast.person(ACCOUNT_MANAGER)
    with pytest.raises(Refused, match="may not receive orders under FLEX-2007"):
        releasing.start(release.framework, release.organisation, title="Another", by=by, at=cast.START)
    assert cast.fresh(release).state == "draft"
    assert releases.drafted(MANAGER).state == "draft", "the authority's own goes on"
    assert releasing.withdraw(release, reason="Excluded.", by=by, at=cast.START).state == "withdrawn"


def test_a_supplier_drafts_and_the_authority_approves_and_chooses_the_day():
    release = releases.submitted(CORE_01="70.20")
    assert (release.state, release.number, release.valid) == ("submitted", None, None)
    assert mails("submitted") == {MANAGER, FRAMEWORK_MANAGER}
    release = releases.schedule(releases.approve(release))
    assert (release.state, release.number, release.first_day) == ("scheduled", 2, FIRST_DAY)
    assert mails("decided") == mails("scheduled") == {ACCOUNT_MANAGER}
    assert (live_on(DAY), live_on(FIRST_DAY - timedelta(days=1)), live_on(FIRST_DAY)) == (1, 1, 2)
    assert periodic.release_moments() == [MIDNIGHT]
    assert periodic.run_releases(MIDNIGHT - timedelta(seconds=1)) == []
    assert periodic.run_releases(MIDNIGHT) == ["release 2 is live"]
    assert periodic.run_releases(MIDNIGHT) == [] == periodic.release_moments()
    first = CatalogueRelease.objects.get(number=1)
    assert (first.state, first.last_day) == ("superseded", FIRST_DAY - timedelta(days=1))
    assert (live_on(DAY), live_on(FIRST_DAY)) == (1, 2), "what was in force on a past day stays so"
    verbs = [event.verb for event in audit.history(release)]
    assert verbs == [f"catalogue_release.{verb}" for verb in ("drafted", "edited", "submitted", "approved", "scheduled", "live")]
    call_command("check_invariants")


def test_the_clock_brings_releases_however_late_and_in_their_order():
    releases.scheduled(FIRST_DAY)
    releases.scheduled(date(2007, 12, 1), CORE_01="60.00")
    at = MIDNIGHT + timedelta(days=90)
    assert periodic.run_releases(at) == ["release 2 is live", "release 3 is live"]
    assert list(CatalogueRelease.objects.order_by("number").values_list("state", flat=True)) == ["superseded", "superseded", "live"]
    assert [live_on(day) for day in (FIRST_DAY, date(2007, 11, 30), date(2007, 12, 1))] == [2, 2, 3]


def test_until_the_clock_has_run_the_day_decides_what_orders_are_priced_from():
    releases.scheduled(CORE_01="70.20")
    revision = cast.drafted().revision
    before, after = (quoting.quote(revision, day).release.number for day in (FIRST_DAY - timedelta(days=1), FIRST_DAY))
    assert (before, after) == (1, 2)


def test_stepping_the_clock_stops_where_a_release_goes_live(settings):
    settings.STEPPABLE_CLOCK = True
    release = releases.scheduled()
    done = clock.step_to(MIDNIGHT + timedelta(hours=9), by=cast.person(FRAMEWORK_MANAGER))
    assert "release 2 is live" in done
    assert cast.fresh(release).state_since == MIDNIGHT


def test_who_has_drafts_open_is_told_of_new_prices_and_nobody_twice():
    cast.drafted()
    cast.drafted()
    releases.live()
    assert mails("live") == {ACCOUNT_MANAGER}
    assert mails("reprices") == {"requester@dius.example"}
    assert Email.objects.filter(template__contains="reprices").count() == 1


def test_a_submitted_order_keeps_its_price_and_a_draft_takes_the_new_one():
    held = cast.submitted()
    draft = cast.drafted(FIRST_DAY)
    releases.live(CORE_01="70.20")
    assert cast.fresh(held).revision.release.number == 1
    assert quoting.quote(draft.revision, FIRST_DAY).release.number == 2
    shown = releases.shown_on(draft, DAY)
    with pytest.raises(Refused, match="have changed since"):
        workflow.submit(draft, shown_hash=shown, by=cast.requester(), at=MIDNIGHT)


# ---- who may


def test_nobody_approves_what_they_wrote_nor_what_whom_they_act_for_wrote():
    release = releases.submitted(MANAGER)
    with pytest.raises(Refused, match="Nobody approves a release that they") as caught:
        releases.approve(release, MANAGER)
    assert "framework manager" in str(caught.value)
    holding = PostHolding.objects.get(user__email=MANAGER, post__code=PostCode.CATALOGUE_MANAGER)
    deputy = cast.person("accession.lead@co.example").user
    ActingFor.objects.create(holding=holding, deputy=deputy, starts_on=DAY, ends_on=FIRST_DAY)
    with pytest.raises(Refused, match="whom they act for"):
        releases.approve(release, deputy.email)
    assert releases.approve(release, FRAMEWORK_MANAGER).number == 2


def test_whoever_changed_a_word_may_not_approve_it_in_the_database_either():
    release = releases.submitted(MANAGER)
    person = cast.person(MANAGER)
    with pytest.raises(DatabaseError, match="nobody approves a release they have written in"), transaction.atomic():
        release.number, release.author_person_id = 9, None  # as if somebody else had begun it
        release.approver_person_id = person.person_id
        release.approve(at=cast.START)
        release.save()


@pytest.mark.parametrize("email", ["requester@dius.example", "order.desk@fujitsu.example", "accession.lead@co.example"])
def test_others_draft_nothing_and_decide_nothing(email):
    release, by = releases.submitted(), cast.person(email)
    with pytest.raises(Refused, match="Only the account manager of Fujitsu Services can do this"):
        releasing.start(release.framework, release.organisation, title="x", by=by, at=cast.START)
    for action in (
        lambda: releasing.approve(release, shown_hash=release.content_hash, by=by, at=cast.START),
        lambda: releasing.reject(release, reason="x", by=by, at=cast.START),
    ):
        with pytest.raises(Refused, match="Only the framework manager or the catalogue manager of Cabinet Office"):
            action()
    with pytest.raises(Refused, match="Only the account manager of Fujitsu Services"):
        releasing.withdraw(release, reason="x", by=by, at=cast.START)


def seen(email: str, day: date = DAY) -> set[str]:
    return {release.title for release in access.visible_releases(cast.person(email), day)}


def test_each_reader_sees_what_is_theirs_and_what_is_in_force():
    releases.drafted(MANAGER, title="The authority's")
    releases.drafted(title="The supplier's")
    authority = {"First release", "The authority's"}
    assert seen(FRAMEWORK_MANAGER) == authority, "a supplier's draft is its own until it submits it"
    assert seen(ACCOUNT_MANAGER) == {"First release", "The supplier's"}
    assert seen("requester@dius.example") == {"First release"} == seen("requester@co.example")
    assert seen("finance.director@ons.example") == set(), "who has not joined reads no prices"
    releases.scheduled()
    assert seen(FRAMEWORK_MANAGER) == authority | {"Prices from November"}
    assert seen("requester@dius.example") == {"First release"}
    assert seen("requester@dius.example", FIRST_DAY) == {"First release", "Prices from November"}
    with pytest.raises(Http404):
        access.get_release(cast.requester(), releases.drafted().public_id, DAY)


# ---- states


def _shown(release):
    return release.content_hash or (releasing.hashed(release, release.draft.sheets) if hasattr(release, "draft") else "")


ACTIONS = {
    "submit": (lambda r: releasing.submit(r, shown_hash=_shown(r), by=cast.person(ACCOUNT_MANAGER), at=cast.START), {"draft"}),
    "approve": (lambda r: releasing.approve(r, shown_hash=_shown(r), by=cast.person(FRAMEWORK_MANAGER), at=cast.START), {"submitted"}),
    "reject": (lambda r: releasing.reject(r, reason="No.", by=cast.person(FRAMEWORK_MANAGER), at=cast.START), {"submitted"}),
    "schedule": (lambda r: releasing.schedule(r, first_day=date(2008, 1, 1), by=cast.person(FRAMEWORK_MANAGER), at=cast.START), {"approved"}),
    "withdraw": (lambda r: releasing.withdraw(r, reason="No.", at=cast.START, by=cast.person(
        ACCOUNT_MANAGER if r.state in ("draft", "submitted") else FRAMEWORK_MANAGER)), {"draft", "submitted", "approved", "scheduled"}),
    "edit": (lambda r: releases.repriced(r), {"draft"}),
}  # fmt: skip


@pytest.mark.parametrize("action", ["submit", "approve", "reject", "schedule", "withdraw"])
def test_an_act_that_fails_at_its_end_leaves_nothing(action, monkeypatch):
    act, allowed = ACTIONS[action]
    state = next(iter(sorted(allowed)))
    release = cast.fresh(releases.repriced(IN_STATE["draft"]()) if state == "draft" else IN_STATE[state]())
    before = (AuditEvent.objects.count(), Email.objects.count(), ServiceVersion.objects.count())

    def broken(*args, **kwargs):
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(releasing.audit, "record", broken)
    with pytest.raises(RuntimeError), transaction.atomic():
        act(release)
    monkeypatch.undo()
    assert cast.fresh(release).state == state
    assert (AuditEvent.objects.count(), Email.objects.count(), ServiceVersion.objects.count()) == before


def test_a_withdrawn_release_gives_its_days_back():
    release = releases.scheduled()
    releasing.withdraw(release, reason="Not yet.", by=cast.person(FRAMEWORK_MANAGER), at=cast.START)
    assert (live_on(FIRST_DAY), CatalogueRelease.objects.get(number=1).last_day) == (1, None)
    between, last = releases.scheduled(FIRST_DAY, CORE_01="70.00"), releases.scheduled(date(2008, 1, 1), CORE_01="69.00")
    releasing.withdraw(between, reason="Not yet.", by=cast.person(FRAMEWORK_MANAGER), at=cast.START)
    assert [live_on(day) for day in (FIRST_DAY, date(2007, 12, 31), date(2008, 1, 1))] == [1, 1, last.number]


def test_what_has_had_its_day_is_not_withdrawn_though_the_clock_is_late():
    release = releases.scheduled()
    with pytest.raises(Refused, match="Its day has come"):
        releasing.withdraw(release, reason="x", by=cast.person(FRAMEWORK_MANAGER), at=MIDNIGHT)


@pytest.mark.parametrize(
    ("day", "why"),
    [(DAY, "tomorrow at the earliest"), (date(2007, 1, 1), "runs from 21 May 2007"), (date(2014, 5, 21), "to 20 May 2014")],
)
def test_a_day_must_be_to_come_and_within_the_framework(day, why):
    with pytest.raises(Refused, match=why):
        releases.schedule(releases.approved(), day)


def test_two_releases_do_not_share_a_day():
    releases.scheduled()
    with pytest.raises(Refused, match="Release 2 comes into force on that day"):
        releases.scheduled(FIRST_DAY, CORE_01="60.00")


def test_a_day_on_which_an_order_was_priced_already_is_too_late():
    release = releases.approved()
    tomorrow = cast.START + timedelta(days=1)
    workflow.submit(cast.drafted(), by=cast.requester(), at=tomorrow)
    with pytest.raises(Refused, match="at today's prices already"):
        releases.schedule(release, tomorrow.date())


def test_a_release_that_changes_nothing_is_not_submitted():
    with pytest.raises(Refused, match="Nothing in it differs"):
        releases.submit(releases.drafted())


def test_a_late_save_does_not_overwrite_a_colleagues():
    release = cast.fresh(releases.drafted())
    held = releasing.content_of(release)
    releases.repriced(release)
    with pytest.raises(Refused):
        releasing.save(release, held, edits=0, what="x", by=cast.person(ACCOUNT_MANAGER), at=cast.START)
    assert cast.fresh(release).draft.edits == 1


def test_what_was_submitted_is_a_fact():
    release = releases.submitted()
    with pytest.raises(DatabaseError, match="its draft is settled"), transaction.atomic():
        ReleaseDraft.objects.filter(release=release).update(edits=7)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        ReleaseDraft.objects.filter(release=release).delete()
    number = releases.approve(release).number
    with pytest.raises(DatabaseError, match="keeps its number"), transaction.atomic():
        CatalogueRelease.objects.filter(pk=release.pk).update(number=number + 1)
    releases.schedule(release)
    releasing.go_live(cast.fresh(release), at=MIDNIGHT)
    with pytest.raises(DatabaseError, match="stays so"), transaction.atomic():
        CatalogueRelease.objects.filter(number=1).update(valid=None)


def test_one_that_was_rejected_is_the_beginning_of_another_and_its_hands_stay():
    rejected = releases.rejected()
    by = cast.person(ACCOUNT_MANAGER)
    again = releasing.start(rejected.framework, rejected.organisation, title="Again", like=rejected, by=by, at=cast.START)
    assert releasing.content_of(again) == releasing.content_of(rejected)
    assert set(again.draft.hands) >= set(rejected.draft.hands)


def test_a_framework_that_is_over_takes_no_release():
    over = datetime(2014, 5, 21, 0, 0, tzinfo=clock.LONDON)
    release = releases.scheduled(date(2014, 5, 20))
    framework_life.expire(release.framework, at=over)
    assert periodic.run_releases(over) == [] and cast.fresh(release).state == "scheduled"
    with pytest.raises(Refused, match="The framework is expired"):
        releases.drafted()


# ---- what it means in money


def by_hand(revision, prices: dict[str, str]) -> Decimal:
    """What these list prices change, from the lines as they were frozen."""
    return sum(
        (
            ((Decimal(prices[line.service_code]) * (100 - line.discount_percent) / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
             - line.unit_price_gbp) * line.quantity * line.months
            for line in revision.lines.all()
            if line.service_code in prices
        ),
        Decimal(0),
    )  # fmt: skip


@pytest.mark.world("executed")
def test_the_effect_is_what_the_same_basket_would_cost():
    order, waiting = cast.contract().call_off, cast.with_supplier()
    prices = {"CORE-01": "88.00", "CALL-01": "300.00"}
    release = releases.submitted(CORE_01="88.00", CALL_01="300.00")
    by = cast.person(FRAMEWORK_MANAGER)
    found = release_effects.concerned(release, by, DAY)
    effects = {e.call_off.pk: e for e in release_effects.of(list(found), releasing.content_of(release), by, DAY)}
    assert set(effects) == {order.pk, waiting.pk}
    for call_off in (order, waiting):
        effect, revision = effects[call_off.pk], cast.fresh(call_off).revision
        assert (effect.agreed, effect.gone) == (revision.whole_life_gbp, ()), "nothing of it happens to them"
        assert effect.difference == by_hand(revision, prices) != 0
    total = release_effects.total(found, releasing.content_of(release), by, DAY)
    assert (total.count, total.difference) == (2, sum(effect.difference for effect in effects.values()))


@pytest.mark.world("submitted")
def test_the_effect_shows_nobody_an_order_that_has_not_reached_them():
    release = releases.submitted()
    call_off = cast.submitted()
    for email in (FRAMEWORK_MANAGER, ACCOUNT_MANAGER):
        assert not release_effects.concerned(release, cast.person(email), DAY).exists(), email
    for email in cast.ROUTE[:4]:
        cast.decide(call_off, email)
    assert release_effects.concerned(release, cast.person(FRAMEWORK_MANAGER), DAY).count() == 1
    assert not release_effects.concerned(release, cast.person(ACCOUNT_MANAGER), DAY).exists()


@pytest.mark.world("executed")
def test_a_service_that_is_gone_is_named_and_left_out_of_the_difference():
    order = cast.contract().call_off
    release = cast.fresh(releases.drafted())
    sheets = release.draft.sheets
    sheets = sheets | {
        "catalogue": [row for row in sheets["catalogue"] if row["code"] != "CALL-06"],
        "service_levels": [row for row in sheets["service_levels"] if row["credit_applies_to"] != "CALL-06"],
    }
    held, faults = releasing.read(release, sheets)
    assert held is not None, faults
    by = cast.person(ACCOUNT_MANAGER)
    (effect,) = release_effects.of([order], held, by, DAY)
    assert (effect.gone, effect.difference) == (("CALL-06",), Decimal(0))


@pytest.mark.world("executed")
def test_a_contract_that_is_over_is_not_counted():
    release = releases.drafted()
    by = cast.person(ACCOUNT_MANAGER)
    assert release_effects.concerned(release, by, date(2012, 10, 31)).count() == 1
    assert release_effects.concerned(release, by, date(2012, 11, 1)).count() == 0


def test_the_price_of_a_service_has_a_history():
    releases.live(CORE_01="70.20")
    found = queries.price_history(cast.framework(), "CORE-01", FIRST_DAY)
    assert [(then.release.number, then.list_price) for then in found] == [(2, Decimal("70.20")), (1, Decimal("78.00"))]
    before = queries.price_history(cast.framework(), "CORE-01", DAY)
    assert [then.release.number for then in before] == [1]
