"""Who is told that a post, a limit or a deputy ends, and that a ceiling changes: whom it is taken from at once, others as
they prefer."""

from datetime import timedelta
from decimal import Decimal

import pytest

from documents.models import Email
from procurement import framework_life, membership
from procurement.models import ActingFor, Delegation, PostHolding
from tests import cast
from tests.cast import START

pytestmark = pytest.mark.usefixtures("db")
ADMINISTRATOR, HOLDER, OFFICER = "administrator@dius.example", "budget.holder@dius.example", "accounting.officer@dius.example"
TODAY = START.date()


def holding() -> PostHolding:
    return PostHolding.objects.get(user__email=HOLDER)


def deputy() -> ActingFor:
    user = cast.person("contract.manager@dius.example").user
    return ActingFor.objects.create(holding=holding(), deputy=user, starts_on=TODAY, ends_on=TODAY + timedelta(days=30))


def told() -> dict[str, bool]:
    """By address: whether it is written at once."""
    return {row.recipient: row.held_until is None for row in Email.objects.filter(template__endswith="right_ended.txt")}


def test_who_loses_a_post_reads_it_at_once_and_their_deputy_too(mailoutbox):
    deputy()
    membership.end_holding(holding(), ends_on=TODAY, by=cast.person(ADMINISTRATOR), at=START)
    assert told() == {HOLDER: True, "contract.manager@dius.example": True, OFFICER: False}
    cast.run_all_jobs()
    (message,) = [one for one in mailoutbox if one.to == [HOLDER]]
    assert message.subject.endswith("until 1 October 2007") and "the post of budget holder" in message.body


def test_who_loses_a_limit_reads_which(mailoutbox):
    found = Delegation.objects.filter(holding=holding()).first()
    membership.end_delegation(found, ends_on=TODAY, by=cast.person(ADMINISTRATOR), at=START)
    assert told() == {HOLDER: True, OFFICER: False}
    cast.run_all_jobs()
    assert "£25,000.00" in mailoutbox[0].body and "not after" in mailoutbox[0].body


def test_both_read_that_a_deputy_acts_no_more_but_not_who_did_it():
    membership.end_deputy(deputy(), by=cast.person(HOLDER), at=START)
    assert told() == {"contract.manager@dius.example": True, ADMINISTRATOR: False, OFFICER: False}


def test_a_changed_ceiling_is_told_to_who_orders_and_to_no_supplier():
    by = cast.person("framework.manager@co.example")
    framework_life.change_ceiling(cast.framework(), ceiling=Decimal("90000000.00"), reason="Cut.", by=by, at=START)
    rows = Email.objects.filter(template__endswith="framework_changed.txt")
    assert "requester@dius.example" in {row.recipient for row in rows}
    assert not [row for row in rows if row.recipient.endswith("@fujitsu.example") or row.held_until is None]
    assert {(row.context["before"], row.context["after"]) for row in rows} == {("£100,000,000.00", "£90,000,000.00")}
