"""A membership ends by notice: the last day is told three months before, may be taken back, and comes by the clock."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from contracts import due
from documents import audit, clock
from documents.clock import first_moment
from documents.models import Email
from documents.refusal import Refused
from procurement import agreements, leaving, periodic
from procurement.models import MembershipNotice
from tests import cast
from tests.cast import START
from tests.procurement.test_pages import address, post, sign_in

pytestmark = pytest.mark.usefixtures("db")
HEAD, MANAGER, REQUESTER = "signatory@ons.example", "framework.manager@co.example", "requester@ons.example"
LAST_DAY = date(2008, 1, 1)  # START is 1 October 2007
MIDNIGHT = first_moment(date(2008, 1, 2))


def given(email: str = HEAD, last_day: date = LAST_DAY, at=START) -> MembershipNotice:
    return leaving.give_notice(cast.ons(), last_day=last_day, reason="It merges.", by=cast.person(email), at=at)


def taken_back(email: str = HEAD, at=START) -> MembershipNotice:
    return leaving.take_back_notice(cast.ons(), reason="It does not.", by=cast.person(email), at=at)


@pytest.fixture
def joined():
    return cast.ons()


@pytest.mark.world("ons_joined")
@pytest.mark.parametrize("email", [HEAD, MANAGER])
def test_either_party_ends_it_by_notice_and_the_clock_does_when_its_last_day_is_over(joined, email):
    """Once, however often the clock comes; until then its people order as before."""
    given(email)
    assert MIDNIGHT in periodic.next_moments()
    periodic.run(MIDNIGHT - timedelta(seconds=1))
    assert cast.fresh(joined).state == "active"
    cast.start_order(REQUESTER)
    assert any("ended by notice" in line for line in periodic.run(MIDNIGHT))
    ended = cast.fresh(joined)
    assert ended.state == "ended" and "1 January 2008" in ended.ended_words and "It merges." in ended.ended_words
    last = audit.history(joined).last()
    assert (last.verb, last.actor_kind, last.reason) == ("accession.ended", "system", ended.ended_words)
    assert MIDNIGHT not in periodic.next_moments()
    periodic.run(MIDNIGHT + timedelta(days=1))
    assert audit.history(joined).filter(verb="accession.ended").count() == 1
    with pytest.raises(Refused, match="is no member of"):
        cast.start_order(REQUESTER)
    call_command("check_invariants")


@pytest.mark.world("ons_joined")
def test_a_notice_is_not_shorter_than_the_agreement_asks_for_nor_longer_than_the_framework(joined):
    with pytest.raises(Refused, match=r"3 months' notice.*Today the last day can be 1 January 2008 or later"):
        given(last_day=LAST_DAY - timedelta(days=1))
    with pytest.raises(Refused, match="ends with the framework"):
        given(last_day=joined.framework.ends_on + timedelta(days=1))
    with pytest.raises(Refused, match="before a notice could end it"):
        given(at=first_moment(joined.framework.ends_on - timedelta(days=30)))
    assert not MembershipNotice.objects.exists()


@pytest.mark.world("ons_joined")
def test_one_notice_stands_at_a_time_and_the_side_that_gave_it_takes_it_back(joined):
    first = given(HEAD)
    with pytest.raises(Refused, match="has given notice already: the membership lasts until 1 January 2008"):
        given(MANAGER)
    with pytest.raises(IntegrityError, match="one_standing_notice_a_membership"), transaction.atomic():
        MembershipNotice.objects.create(accession=joined, side="authority", reason="Twice.", last_day=LAST_DAY,
                                        given_by=first.given_by, given_by_name="X", given_at=START)  # fmt: skip
    with pytest.raises(Refused, match="Only the signatory of Office for National Statistics can do this: its side gave"):
        taken_back(MANAGER)
    with pytest.raises(Refused, match="can be taken back until the day before"):
        taken_back(HEAD, at=first_moment(LAST_DAY))
    taken_back(HEAD, at=first_moment(LAST_DAY) - timedelta(seconds=1))
    periodic.run(MIDNIGHT)
    assert cast.fresh(joined).state == "active"
    with pytest.raises(Refused, match="No notice stands"):
        taken_back()
    given(MANAGER)
    with pytest.raises(Refused, match="Only the framework manager of"):
        taken_back(HEAD)
    call_command("check_invariants")


@pytest.mark.world("ons_joined")
def test_who_speaks_for_no_party_gives_no_notice(joined):
    for email in (REQUESTER, "accession.lead@co.example", "signatory@dius.example"):
        with pytest.raises(Refused, match="Only the signatory of .* or the framework manager of .* can do this"):
            given(email)


@pytest.mark.world("ons_joined")
def test_a_suspended_membership_ends_by_notice_too_and_ending_it_at_once_comes_first(joined):
    agreements.suspend(joined, reason="Dues.", by=cast.person(MANAGER), at=START)
    given()
    agreements.end(cast.ons(), reason="At once.", by=cast.person(MANAGER), at=START)
    assert MIDNIGHT not in periodic.next_moments()
    periodic.run(MIDNIGHT)
    assert cast.fresh(joined).ended_words == "At once."


@pytest.mark.world("ons_joined")
def test_both_parties_and_the_requesters_are_told_the_last_day_at_once(joined):
    given()
    told = Email.objects.filter(template__endswith="/accession_notice_given.txt")
    assert {row.recipient for row in told} == {
        HEAD, MANAGER, REQUESTER, "administrator@ons.example", "accession.lead@co.example",
    }  # fmt: skip
    assert {row.context["day"] for row in told} == {"1 January 2008"} and {row.held_until for row in told} == {None}


@pytest.mark.world("ons_joined")
@pytest.mark.parametrize(("email", "stands"), [(REQUESTER, True), (MANAGER, True), ("requester@dius.example", False)])
def test_the_last_day_is_among_the_days_of_both_parties_alone(joined, email, stands):
    given()
    found = {(duty.on, duty.organisation) for duty in due.duties(cast.person(email), START.date()) if duty.what == "last day of the membership"}
    assert found == ({(LAST_DAY, joined.department.name)} if stands else set())


@pytest.mark.world("ons_joined")
def test_notice_is_given_and_taken_back_on_its_page_and_its_people_read_the_last_day(joined, client, settings):
    settings.STEPPABLE_CLOCK = True
    clock.step_to(START, by=cast.person(MANAGER))
    page = reverse("procurement:accession", args=[joined.public_id])
    sign_in(client, HEAD)
    answer = client.get(page).content.decode()
    assert "End the membership by notice" in answer and "Take back the notice" not in answer
    short = {"last_day_day": "31", "last_day_month": "12", "last_day_year": "2007", "reason": "It merges."}
    refused = post(client, page + "notice/", **short).content.decode()
    assert "3 months&#x27; notice" in refused and "It merges." in refused
    assert post(client, page + "notice/", **short | {"last_day_day": "1", "last_day_month": "1", "last_day_year": "2008"}).status_code == 302
    order = cast.start_order(REQUESTER)
    sign_in(client, MANAGER)
    assert "until 1 January 2008, by notice" in client.get("/joining/").content.decode()
    sign_in(client, REQUESTER)
    for where in (page, "/", address("tasks", order), address("check", order)):
        assert "lasts until 1 January 2008" in " ".join(client.get(where).content.decode().split()), where
    assert "Take back the notice" in client.get(page).content.decode()
    assert "its side gave the notice" in client.get(page + "take-back-notice/").content.decode()
    sign_in(client, HEAD)
    assert post(client, page + "take-back-notice/", reason="It does not.").status_code == 302
    history = client.get(page).content.decode()
    assert "Notice given: last day 1 January 2008" in history and "Notice taken back: last day 1 January 2008" in history
    sign_in(client, REQUESTER)
    assert "lasts until" not in client.get("/").content.decode()


@pytest.mark.world("ons_joined")
def test_a_stranger_gives_no_notice_and_reads_of_none(joined, client):
    given()
    page = reverse("procurement:accession", args=[joined.public_id])
    for email in ("signatory@dius.example", "order.desk@fujitsu.example"):
        sign_in(client, email)
        for name in ("notice/", "take-back-notice/"):
            assert client.get(page + name).status_code == post(client, page + name, reason="Mine.").status_code == 404
        assert "lasts until 1 January 2008" not in client.get("/").content.decode()


@pytest.mark.world("ons_joined")
def test_who_ends_it_at_once_reads_the_notice_that_its_agreement_asks_for(client, joined):
    shown = sign_in(client, MANAGER).get(reverse("procurement:accession_act", args=[joined.public_id, "end"])).content.decode()
    assert "Its access agreement ends on a day that either party tells the other at least 3 months before." in shown
