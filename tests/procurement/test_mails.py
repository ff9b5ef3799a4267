"""The messages that no action of the records' table leaves, each printed with what the code gives it."""

import pytest
from django.urls import reverse

from documents import mail
from documents.models import Email
from procurement import framework_life, periodic, releasing, working_days
from tests import cast
from tests.cast import START
from tests.procurement import release_cast as releases
from tests.procurement.mails import MISSING, WRONG, faults

pytestmark = pytest.mark.usefixtures("db")
MANAGER = "framework.manager@co.example"


def printed(name: str) -> list[str]:
    found = list(Email.objects.filter(template__endswith=f"/{name}.txt"))
    assert found, name
    return [fault for email in found for fault in faults(email)]


def test_a_digest_is_printed_whole():
    framework_life.extend(cast.framework(), months=1, reason="Not yet over.", notice="2013/S 1", by=cast.person(MANAGER), at=START)
    mail.gather(working_days.next_morning(START))
    assert printed("digest") == []


def test_a_forgotten_password_is_printed_whole(client):
    client.post(reverse("account_reset_password"), {"email": "requester@dius.example"})
    assert printed("password_reset") == []


def test_that_a_release_changes_a_drafts_price_is_printed_whole():
    cast.drafted()
    release = releases.scheduled(CORE_01="70.20")
    releasing.go_live(release, at=releases.MIDNIGHT)
    assert printed("release_reprices") == []


@pytest.mark.parametrize("which", ["with_supplier", "countered"])
def test_that_the_time_to_answer_goes_on_is_printed_whole(which):
    getattr(cast, which)()
    by = cast.person(MANAGER)
    framework_life.suspend(cast.framework(), reason="Examined.", by=by, at=START)
    framework_life.resume(cast.framework(), by=by, at=START)
    assert printed("clock_goes_on") == []


@pytest.mark.world("submitted")
def test_every_level_of_a_reminder_and_prices_held_no_longer_are_printed_whole():
    call_off = cast.submitted()
    for moment in (working_days.due(START, 2), working_days.due(START, 4), working_days.midnight_after(call_off.revision.approval.hold_until)):
        periodic.run(moment)
    assert {row.context["level"] for row in Email.objects.filter(template__endswith="/reminder.txt")} == {"reminded", "senior"}
    assert printed("reminder") == []


@pytest.mark.parametrize("wrong", [
    f"Dear Ada, {MISSING % 'who'} did it.", "Dear Ada, {{ who }} did it.", "It ends on None.", "It is  there.",
    "They are (  ) there.", "By  , today.", "a\n\n\n\nb",
])  # fmt: skip
def test_what_a_message_may_not_look_like_is_seen(wrong):
    assert any(pattern.search(wrong) for pattern in WRONG.values())
