"""A baseline that was stated waits for the finance director: on their desk, among what is due, and reminded of until it is signed off."""

from datetime import timedelta

import pytest
from django.urls import reverse

from contracts import due
from documents.clock import london_day
from documents.models import Email
from procurement import agreements, inbox, periodic, working_days
from procurement.models import Reminder
from tests import cast
from tests.contracts import savings_cast as made
from tests.procurement.test_pages import sign_in

pytestmark = pytest.mark.usefixtures("db")
DAY, SECOND = london_day(cast.START), timedelta(seconds=1)
REMIND, ESCALATE = (working_days.due(cast.START, days) for days in (2, 4))


def waits(email: str) -> list[inbox.Item]:
    return [item for item in inbox.items(cast.person(email), DAY) if "Baseline" in item.subject]


def test_it_is_on_the_finance_directors_desk_alone_until_it_is_signed_off(client):
    opened = waits(made.DIRECTOR)
    assert [(item.subject, item.due) for item in opened] == [
        ("Baseline of Department for Innovation, Universities and Skills, £2,988.00 a user and year", None)
    ], "one that the register was opened with: nobody was asked, and no time runs"
    stated = made.stated("2990.50")
    (item,) = waits(made.DIRECTOR)
    assert "£2,990.50" in item.subject and item.due == working_days.due(cast.START, stated.accession.framework.escalation_working_days)
    address = reverse("procurement:accession_act", args=[stated.accession.public_id, "sign-off-baseline"])
    assert item.url == address and f'href="{address}"' in sign_in(client, made.DIRECTOR).get("/").content.decode()
    for email in (made.DIUS, "finance.director@ons.example", "requester@bis.example", cast.DESK, "commercial.lead@co.example"):
        assert waits(email) == [], email
    made.signed_off()
    assert waits(made.DIRECTOR) == []


def test_it_is_due_on_the_last_day_before_the_next_post_is_told():
    assert [duty for duty in due.duties(cast.person(made.DIRECTOR), DAY) if "Baseline" in duty.subject] == []
    stated = made.stated()
    (duty,) = [duty for duty in due.duties(cast.person(made.DIRECTOR), DAY) if "Baseline" in duty.subject]
    assert duty.waits and duty.what == "to sign off"
    assert duty.on == working_days.add_working_days(DAY, stated.accession.framework.escalation_working_days)


def test_who_stated_it_and_who_acts_for_them_are_not_asked_to_sign_it_off():
    cast.give_post(made.DIUS, "DIUS", "finance_director")
    deputy = cast.deputy_of(made.DIRECTOR).email
    made.stated()
    assert waits(made.DIUS) == []
    assert len(waits(made.DIRECTOR)) == len(waits(deputy)) == 1


def test_the_finance_director_is_reminded_and_then_others_are_told_once():
    stated = made.stated()
    subject = f"baseline:{stated.pk}"

    def levels() -> list[str]:
        return list(Reminder.objects.filter(subject=subject).values_list("level", flat=True))

    periodic.run(REMIND - SECOND)
    assert levels() == []
    for _ in range(2):
        periodic.run(REMIND)
    assert levels() == ["reminded"]
    (mail,) = Email.objects.filter(key__startswith=f"reminder:{subject}:")
    assert mail.recipient == made.DIRECTOR and "sign-off-baseline" in mail.context["url"]
    for _ in range(2):
        periodic.run(ESCALATE)
    assert levels() == ["reminded", "senior"]


def test_nobody_is_reminded_of_what_is_signed_off_or_was_there_from_the_beginning():
    made.stated()
    made.signed_off()
    periodic.run(REMIND)
    periodic.run(ESCALATE + timedelta(days=20))
    assert not Reminder.objects.filter(subject__startswith="baseline:").exists()


def test_it_waits_no_more_where_the_body_does_not_join():
    cast.give_post("administrator@ons.example", "ONS", "finance_director")
    assert len(waits("administrator@ons.example")) == 1
    agreements.withdraw(cast.ons(), reason="No.", by=cast.person("administrator@ons.example"), at=cast.START)
    assert waits("administrator@ons.example") == []
