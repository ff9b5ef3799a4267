"""What is due: on one page what waits and what comes, as a file, and as the calendar that a program reads at a private address."""

import csv
import re
import uuid
from datetime import date

import icalendar
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts import due, exiting, periodic, terminating
from documents import clock
from documents.refusal import Refused
from procurement import calendars, working_days
from procurement.models import CalendarFeed
from tests import cast, paper
from tests.contracts import ending_cast as ending
from tests.contracts import transition_cast as made
from tests.procurement.test_pages import post, sign_in
from tests.procurement.test_query_counts import MOST_AT_HOME

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("in_force")]
PAGE, ADDRESS = "/due/", "/due/address/"
DUTIES_OF_THE_CONTRACT = [f"milestone M{number} is due" for number in range(1, 9)]  # M9 is more than a year away


@pytest.fixture
def contract(settings):
    settings.STEPPABLE_CLOCK = True
    clock.step_to(cast.START, by=cast.person("framework.manager@co.example"))
    return paper.in_force()


def of(email: str, on: date = cast.START.date()) -> list[due.Duty]:
    return due.duties(cast.person(email), on)


def what(email: str, on: date = cast.START.date()) -> list[str]:
    return [duty.what for duty in of(email, on)]


def test_who_runs_the_contract_sees_its_days_in_order_and_nobody_else_does(contract):
    for email in (made.MANAGER, made.SERVICE):
        assert [one for one in what(email) if one in DUTIES_OF_THE_CONTRACT] == [
            one for one in DUTIES_OF_THE_CONTRACT if one not in _waiting(email)
        ], email
    for email in ("budget.holder@dius.example", "requester@bis.example", "order.desk@fujitsu.example"):
        assert not set(DUTIES_OF_THE_CONTRACT) & set(what(email)), email
    days = [duty.on for duty in of(made.MANAGER)]
    assert days == sorted(days)


def test_the_page_of_a_contract_says_what_of_it_waits_for_who_reads(contract, client):
    address = reverse("contracts:contract", args=[contract.public_id])
    for email in (made.MANAGER, made.SERVICE):
        found = due.of_contract(contract, cast.person(email), cast.START.date(), with_notices=True)
        assert [one.todo for one in found.waits] == [one.what for one in of(email) if one.waits and one.url.startswith(address)], email
        assert {one.url for one in found.ahead} >= {one.url for one in of(email) if not one.waits and one.url.startswith(address)}, email
        assert {(one.url, one.on) for one in found.ahead}.isdisjoint((one.url, working_days.last_day(one.due)) for one in found.waits if one.due)
        assert not found.cut
    page = sign_in(client, made.SERVICE).get(address).content.decode()
    assert "What is due" in page and "Milestone M1 to begin" in page and "waits for you" in page and "Milestone M8 is due" in page
    assert "waits for you" not in sign_in(client, "budget.holder@dius.example").get(address).content.decode(), "nothing of it is theirs to do"


def _waiting(email: str) -> set[str]:
    """The milestones that are on the person's desk already, and stand among what waits."""
    return {f"milestone {duty.what.split()[1]} is due" for duty in of(email) if duty.waits and duty.what.startswith("milestone ")}


def test_a_day_that_has_been_met_is_gone_and_one_that_waits_stands_once(contract):
    made.submitted(made.milestone(3))
    waits = [duty for duty in of(made.MANAGER) if "M3" in duty.what]
    assert [(duty.waits, duty.what) for duty in waits] == [(True, "milestone M3 to accept or send back")]
    made.accepted(made.milestone(3))
    assert not [duty for duty in of(made.MANAGER) if "M3" in duty.what]


def test_the_last_days_of_contract_and_framework_are_among_them(contract):
    assert ("last day of the contract", date(2012, 10, 31)) in [(d.what, d.on) for d in of(made.MANAGER, date(2012, 1, 10))]
    assert "last day of the contract" not in what(made.MANAGER, date(2011, 1, 10)), "more than a year away"
    assert ("last day of the framework", date(2014, 5, 20)) in [
        (d.what, d.on) for d in of("framework.manager@co.example", date(2014, 1, 10))
    ]


def test_a_notice_of_termination_is_among_them_until_it_is_withdrawn(contract):
    notice = ending.given(contract)
    assert ("notice of termination takes effect", ending.MID_MONTH) in [
        (d.what, d.on) for d in of(made.SERVICE, date(2008, 6, 2))
    ]
    terminating.withdraw(notice, reason="Settled.", by=cast.person(ending.SIGNATORY), at=cast.START)
    assert "notice of termination takes effect" not in what(made.SERVICE, date(2008, 6, 2))


def test_while_notice_is_given_its_day_stands_there_and_not_the_end_that_it_comes_before(contract):
    """In the last half year, in which the end by itself is a task that is on the desk."""
    day, near = date(2012, 9, 17), ending.on(date(2012, 5, 10))
    exiting.remind_of_end(contract, at=near)
    extends = ("the contract ends: to extend, to order anew, or to prepare its exit", contract.ends_on)
    last, ends = ("last day of the contract", contract.ends_on), ("notice of termination takes effect", day)

    def days(email: str) -> list:
        return [(duty.what, duty.on) for duty in of(email, near.date())]

    assert extends in days(made.SERVICE) and last in days(made.SERVICE)
    notice = ending.given(contract, ending.insolvent(day), at=near)
    for email in (made.MANAGER, made.SERVICE):
        assert ends in days(email) and not {extends, last} & set(days(email)), email
    told = contract.end_reminders.count()
    later = ending.on(date(2012, 8, 10))
    assert not [said for said in periodic.run(later) if "end that nears" in said]
    exiting.remind_of_end(contract, at=later)
    assert contract.end_reminders.count() == told
    terminating.withdraw(notice, reason="Settled.", by=cast.person(ending.SIGNATORY), at=later)
    assert extends in days(made.SERVICE) and ends not in days(made.SERVICE)
    assert [said for said in periodic.run(later) if "end that nears" in said], "it is told of as soon as it is the end again"


def test_the_page_of_a_contract_says_what_is_due_of_it_to_whoever_reads_it(client, contract):
    page = reverse("contracts:contract", args=[contract.public_id])
    with_notices = {"Milestone M3 is due", "Contract details notice (s.53) to publish"}
    for email, wanted in (
        (made.MANAGER, with_notices), ("requester@dius.example", with_notices), ("auditor@co.example", with_notices),
        (made.SERVICE, {"Milestone M3 is due"}),
    ):
        shown = sign_in(client, email).get(page).content.decode()
        assert {words for words in with_notices if f">{words}</a>" in shown} == wanted, email
    late = due.days_of_contract(contract, date(2008, 10, 1), with_notices=False)
    assert late[0].what == "milestone M1 is due" and late[0].on < date(2008, 10, 1), "what is late comes first"
    ending.given(contract)
    assert [duty.what for duty in due.days_of_contract(contract, date(2009, 1, 5), with_notices=False)][-1] == "notice of termination takes effect"


def test_the_page_of_a_contract_names_each_document_that_has_changed_it(client, contract):
    cast.wind_to(made.on(date(2007, 11, 1)))
    sign_in(client, made.SERVICE)
    page = reverse("contracts:contract", args=[contract.public_id])
    assert "What has changed it" not in client.get(page).content.decode()
    termination = ending.in_effect(contract)
    shown = client.get(page).content.decode()
    assert f">{termination.notice}</a>, notice of termination: from 17 February 2009" in shown


def test_what_runs_on_for_months_is_named_once(client, contract):
    ending.expired(contract)
    ending.ran_on(contract)
    cast.wind_to(ending.on(date(2013, 2, 3)))
    assert contract.versions.filter(kind="running_on").count() > 1
    shown = sign_in(client, made.SERVICE).get(reverse("contracts:contract", args=[contract.public_id])).content.decode()
    assert shown.count("services that run on after the term: from") == 1 == shown.count("services that run on after the term: from 1 November 2012")


def test_the_page_has_months_and_files_and_asks_as_much_with_more_to_show(client, contract):
    sign_in(client, made.MANAGER)
    page = client.get(PAGE).content.decode()
    assert "October 2007" in page and contract.number in page and "milestone M4 is due" in page
    heading, *rows = csv.reader(client.get(PAGE + "?format=csv").content.decode("utf-8-sig").splitlines())
    assert heading[:3] == ["Day", "What", "About"] and len(rows) == len(of(made.MANAGER))
    assert rows[0][2] == f"{contract.number} {contract.title}" and rows[0][5].startswith("http")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(PAGE).status_code == 200
        return len(queries)

    before = asked()
    cast.leave_free(100_000_000)
    for _ in range(3):
        paper.in_force()
    assert asked() <= before <= MOST_AT_HOME


def test_a_program_reads_it_at_the_private_address_until_that_is_changed_or_stopped(client, contract):
    sign_in(client, made.MANAGER)
    assert post(client, ADDRESS, what="open").status_code == 302
    address = re.search(r"http[^\"]+\.ics", client.get(PAGE).content.decode())[0].partition("//")[2].partition("/")[2]
    client.logout()
    answer = client.get("/" + address)
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/calendar")
    assert "no-store" in answer["Cache-Control"] and not answer.cookies
    read = icalendar.Calendar.from_ical(answer.content)
    events = {str(event["summary"]): event for event in read.events}
    assert {event["dtstart"].dt for event in read.events} == {duty.on for duty in of(made.MANAGER)}
    assert events[f"milestone M4 is due: {contract.number} {contract.title}"]["url"].endswith("/plan/4/")
    assert len({str(event["uid"]) for event in read.events}) == len(read.events)
    assert client.post("/" + address).status_code == 405, "nothing is done there"

    sign_in(client, made.MANAGER)
    post(client, ADDRESS, what="open")
    assert client.get("/" + address).status_code == 404, "another address was made"
    post(client, ADDRESS, what="stop")
    assert not CalendarFeed.objects.filter(stopped_at=None).exists()
    assert "Stop it" not in client.get(ADDRESS).content.decode()
    refused = post(client, ADDRESS, what="stop")
    assert refused.status_code == 200 and "has no private address" in refused.content.decode()


def test_a_guessed_or_forged_address_and_that_of_somebody_who_has_left_lead_nowhere(client, contract):
    user = cast.person(made.MANAGER).user
    feed = calendars.open_calendar(user, by=cast.person(made.MANAGER), at=cast.START)
    good = reverse("contracts:calendar_file", args=[feed.public_id, calendars.signature(feed)])
    assert client.get(good).status_code == 200
    for public_id, signed in (
        (feed.public_id, "x"), (feed.public_id, calendars.signature(feed)[:-1]), (uuid.uuid4(), calendars.signature(feed)),
    ):  # fmt: skip
        assert client.get(reverse("contracts:calendar_file", args=[public_id, signed])).status_code == 404
    user.is_active = False
    user.save()
    assert client.get(good).status_code == 404


def test_only_its_owner_makes_or_stops_it_and_there_is_one():
    user, other = cast.person(made.MANAGER).user, cast.requester()
    for act in (calendars.open_calendar, calendars.stop_calendar):
        with pytest.raises(Refused):
            act(user, by=other, at=cast.START)
    calendars.open_calendar(user, by=cast.person(made.MANAGER), at=cast.START)
    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarFeed.objects.create(user=user, opened_at=cast.START)
