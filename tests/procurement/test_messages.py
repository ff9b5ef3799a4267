"""What waits for somebody is written at once; what has happened comes as they prefer, gathered once a working day."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from documents import clock, mail, periodic
from documents.models import Email
from documents.refusal import Refused
from procurement import framework_life, membership, notifications, workflow, working_days
from procurement.models import News
from tests import cast
from tests.procurement.test_pages import post, sign_in

pytestmark = pytest.mark.usefixtures("db")
REQUESTER = "requester@dius.example"
NEXT_MORNING = datetime(2007, 10, 2, 7, 0, tzinfo=clock.LONDON)


def prefer(email: str, news: str) -> None:
    by = cast.person(email)
    membership.prefer_news(by.user, news=news, by=by, at=cast.START)


def subjects(mailoutbox, email: str) -> list[str]:
    cast.run_all_jobs()
    return [message.subject for message in mailoutbox if message.to == [email]]


@pytest.mark.world("with_supplier")
def test_what_waits_is_sent_at_once_and_what_has_happened_the_next_working_morning(mailoutbox):
    order = cast.with_supplier()
    assert [words for words in subjects(mailoutbox, "order.desk@fujitsu.example") if order.reference in words]
    assert subjects(mailoutbox, REQUESTER) == []
    periodic.run_due(NEXT_MORNING - timedelta(seconds=1))
    assert subjects(mailoutbox, REQUESTER) == []
    periodic.run_due(NEXT_MORNING)
    assert subjects(mailoutbox, REQUESTER) == ["Your messages of 2 October 2007"]
    assert f"{order.reference} is approved and with the supplier" in mailoutbox[-1].body
    assert reverse("procurement:call_off", args=[order.public_id]) in mailoutbox[-1].body


@pytest.mark.world("with_supplier")
def test_a_message_is_gathered_once_however_often_the_clock_runs(mailoutbox):
    cast.with_supplier()
    for _ in range(3):
        periodic.run_due(NEXT_MORNING + timedelta(days=3))
    assert len(subjects(mailoutbox, REQUESTER)) == 1
    held = Email.objects.filter(held_until__isnull=False)
    assert held.exists() and not held.filter(digest__isnull=True).exists() and not held.filter(sent_at__isnull=False).exists()


@pytest.mark.world("with_supplier")
def test_a_step_of_the_clock_stops_at_the_morning():
    cast.with_supplier()
    assert NEXT_MORNING in mail.next_moments()


@pytest.mark.parametrize(("news", "found"), [(News.AT_ONCE, 1), (News.NONE, 0)])
def test_news_comes_at_once_or_not_at_all_as_one_prefers(mailoutbox, news, found):
    prefer(REQUESTER, news)
    order = cast.with_supplier()
    assert len([words for words in subjects(mailoutbox, REQUESTER) if order.reference in words]) == found
    assert not Email.objects.filter(recipient=REQUESTER, held_until__isnull=False).exists()


@pytest.mark.world("submitted")
def test_what_waits_for_somebody_cannot_be_turned_off(mailoutbox):
    prefer(cast.ROUTE[0], News.NONE)
    order = cast.submitted()
    assert [words for words in subjects(mailoutbox, cast.ROUTE[0]) if order.reference in words]


@pytest.mark.world("with_supplier")
def test_a_line_of_a_digest_names_what_it_is_about(mailoutbox):
    order = cast.with_supplier()
    mail.gather(NEXT_MORNING)
    cast.run_all_jobs()
    (digest,) = [message for message in mailoutbox if message.to == [REQUESTER] and message.subject.startswith("Your messages")]
    assert f"- {order.reference} is approved and with the supplier\n  {order.title}\n  http" in digest.body


def test_a_digest_names_the_new_last_day_and_the_new_ceiling():
    manager = cast.person("framework.manager@co.example")
    framework_life.extend(cast.framework(), months=1, reason="Not yet over.", notice="2013/S 1", by=manager, at=cast.START)
    framework_life.change_ceiling(cast.framework(), ceiling=Decimal("90000000.00"), reason="Cut.", by=manager, at=cast.START)
    mail.gather(NEXT_MORNING)
    text = mail.render(Email.objects.get(template=mail.DIGEST, recipient=REQUESTER))[1]
    assert "- FLEX-2007 is extended until 20 June 2014\n  http" in text and "- FLEX-2007 has another ceiling: £90,000,000.00\n" in text


def test_a_subject_in_a_digest_is_plain_text():
    email = Email(template=mail.DIGEST, context={"name": "A & B", "day": "2007-10-02", "lines": [{"subject": "R&D <x>", "url": "u"}]})
    assert "R&D <x>" in mail.render(email)[1] and "A & B" in mail.render(email)[1]


@pytest.mark.parametrize(("days", "words"), [(1, "within 1 working day of the day"), (2, "within 2 working days of the day")])
@pytest.mark.parametrize("name", ["order_received", "with_supplier", "clarified", "counter_refused"])
def test_one_day_is_not_days(name, days, words):
    email = Email(template=f"procurement/email/{name}.txt", context={"name": "A", "due": "", "days_left": days})
    assert words in mail.render(email)[1]


@pytest.mark.parametrize(("reference", "words"), [
    ("CO-2007-000001", 'The call-off CO-2007-000001, "Desks", is now lapsed,'), ("", 'The call-off "Desks" is now lapsed,'),
])  # fmt: skip
def test_an_order_that_never_had_a_number_ends_in_a_plain_sentence(reference, words):
    context = {"name": "A", "reference": reference, "title": "Desks", "state": "lapsed", "reason": "Late."}
    assert words in mail.render(Email(template="procurement/email/ended.txt", context=context))[1]


@pytest.mark.parametrize(("days", "copied"), [(0, True), (30, False)])
def test_a_copy_is_offered_only_while_the_framework_lets_one_be_made(days, copied):
    """``days`` after the last one on which anything can be ordered."""
    order = cast.submitted()
    at = working_days.midnight_after(cast.framework().ends_on + timedelta(days=days)) - timedelta(hours=1)
    notifications.tell_ended(order, "lapsed", at)
    message = Email.objects.get(template__endswith="/ended.txt", recipient=REQUESTER)
    assert ("You can copy it into a new draft" in mail.render(message)[1]) is copied


def test_nobody_sets_how_another_reads():
    with pytest.raises(Refused):
        membership.prefer_news(cast.requester().user, news=News.NONE, by=cast.outsider(), at=cast.START)


def test_the_page_sets_ones_own_and_refuses_what_is_no_choice(client):
    sign_in(client, REQUESTER)
    assert "There is a problem" in post(client, "/messages/", news="never").content.decode()
    assert post(client, "/messages/", news="none")["Location"] == "/messages/"
    assert cast.requester().user.news == News.NONE


@pytest.mark.parametrize(
    ("at", "morning"),
    [
        (datetime(2007, 10, 1, 6, 59), datetime(2007, 10, 1, 7)),
        (datetime(2007, 10, 1, 7, 0), datetime(2007, 10, 2, 7)),
        (datetime(2007, 10, 5, 9, 0), datetime(2007, 10, 8, 7)),
        (datetime(2007, 10, 6, 5, 0), datetime(2007, 10, 8, 7)),
        (datetime(2007, 12, 24, 9, 0), datetime(2007, 12, 27, 7)),
    ],
)
def test_the_digest_comes_on_the_morning_of_a_working_day(at, morning):
    assert working_days.next_morning(at.replace(tzinfo=clock.LONDON)) == morning.replace(tzinfo=clock.LONDON)


# ---- the reminder


@pytest.mark.world("submitted")
def test_a_reminder_goes_to_whoever_has_the_order_once_a_day(mailoutbox):
    order = cast.submitted()
    with pytest.raises(Refused, match="has come to this desk today"):
        workflow.nudge(order, by=cast.requester(), at=cast.START)
    later = cast.START + timedelta(days=1)
    assert workflow.nudge(order, by=cast.requester(), at=later).state == order.state
    with pytest.raises(Refused, match="has reminded them today"):
        workflow.nudge(order, by=cast.requester(), at=later)
    workflow.nudge(order, by=cast.requester(), at=later + timedelta(days=1))
    assert len([words for words in subjects(mailoutbox, cast.ROUTE[0]) if words.startswith("A reminder")]) == 2
    assert not [words for words in subjects(mailoutbox, cast.ROUTE[1]) if words.startswith("A reminder")]


@pytest.mark.world("submitted")
def test_only_a_requester_reminds_and_only_while_others_have_it():
    order, later = cast.submitted(), cast.START + timedelta(days=1)
    for email in (cast.ROUTE[1], "requester@ons.example", "order.desk@fujitsu.example"):
        with pytest.raises(Refused, match="Only a requester"):
            workflow.nudge(order, by=cast.person(email), at=later)
    workflow.recall(order, by=cast.requester(), at=later)
    with pytest.raises(Refused, match="back for amendment"):
        workflow.nudge(order, by=cast.requester(), at=later)


@pytest.mark.world("submitted")
def test_the_order_page_offers_the_reminder_to_its_requesters_and_says_why_not_today(client):
    order = cast.submitted()
    here = reverse("procurement:call_off", args=[order.public_id])
    assert "remind them from tomorrow on" in sign_in(client, REQUESTER).get(here).content.decode()
    clock.step_to(cast.START + timedelta(days=1), by=cast.requester())
    assert reverse("procurement:nudge", args=[order.public_id]) in client.get(here).content.decode()
    assert "A short, polite message goes to DIUS budget holder" in client.get(here + "remind/").content.decode()
    assert post(client, here + "remind/")["Location"] == here
    for email, status in (("requester@ons.example", 404), ("order.desk@fujitsu.example", 404), (cast.ROUTE[0], 403)):
        assert sign_in(client, email).get(here + "remind/").status_code == status, email
