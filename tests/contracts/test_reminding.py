"""Who does not sign is reminded like whoever else does not answer, and the next signatory has as long as the first."""

from datetime import timedelta

import pytest

from contracts import formation
from documents.mail import render
from documents.models import Email
from procurement import accession_guards, agreements, periodic, seats, working_days
from procurement.models import Reminder
from tests import cast, paper
from tests.contracts import transition_cast as made

pytestmark = pytest.mark.usefixtures("db")
SECOND = timedelta(seconds=1)


def said() -> list[tuple[str, str, str]]:
    rows = Reminder.objects.exclude(subject__startswith="hold").exclude(subject__startswith="statutory_notice").order_by("id")
    return [(row.subject.partition(":")[0] + ":" + row.subject.rpartition(":")[2], row.level, row.told) for row in rows]


@pytest.mark.world("issued")
def test_whose_turn_it_is_to_sign_a_contract_is_reminded_and_then_others_are_told():
    contract = cast.contract()
    came = contract.state_since
    periodic.run(working_days.due(came, 2) - SECOND)
    assert said() == []
    periodic.run(working_days.due(came, 2))
    periodic.run(working_days.due(came, 2))
    assert said() == [("contract:supplier", "reminded", cast.person("supplier.signatory@fujitsu.example").words)]
    mail = Email.objects.get(template="procurement/email/reminder.txt")
    assert mail.recipient == "supplier.signatory@fujitsu.example"
    assert mail.context["url"].endswith(f"/contracts/{contract.public_id}/")
    assert mail.context["what"] == "to sign the contract"
    assert f"{contract.number} ({contract.call_off.reference})" in render(mail)[0], "its reader knows the contract's number"
    periodic.run(working_days.due(came, 4))
    assert [level for _subject, level, _told in said()] == ["reminded", "senior"]


@pytest.mark.world("issued")
def test_the_next_signatory_counts_from_the_signature_before_and_nobody_from_the_last():
    contract = cast.contract()
    late = contract.state_since + timedelta(days=1)
    act = paper.act(contract, *cast.SIGNATORIES[0], at=late)
    periodic.run(working_days.due(late, 2))
    assert said() == [], "while a signature is put on it is nobody's turn"
    paper.put_on(act, contract, at=late)
    periodic.run(working_days.due(late, 2) - SECOND)
    assert said() == []
    periodic.run(working_days.due(late, 2))
    assert [(subject, level) for subject, level, _told in said()] == [("contract:department", "reminded")]
    for party, email in cast.SIGNATORIES[1:]:
        paper.put_on(paper.act(contract, party, email, at=late), contract, at=late)
    periodic.run(working_days.due(late, 9))
    assert len(said()) == 1


@pytest.mark.world("issued")
def test_nobody_is_reminded_of_a_contract_that_is_void():
    contract = cast.contract()
    by = cast.person("supplier.signatory@fujitsu.example")
    formation.refuse_to_sign(contract, "supplier", reason="Sold.", changes_wanted=False, by=by, at=cast.START)
    periodic.run(working_days.due(contract.state_since, 9))
    assert said() == []


@pytest.mark.world("executed")
def test_who_does_not_decide_on_a_milestone_is_reminded_of_each_submission_before_the_five_days_are_over():
    made.submitted(made.milestone(3))
    came = made.milestone(3).state_since
    periodic.run(working_days.due(came, 2) - SECOND)
    assert said() == []
    periodic.run(working_days.due(came, 2))
    assert said() == [("milestone:1", "reminded", "DIUS contract manager")]
    mail = Email.objects.get(template="procurement/email/reminder.txt", context__url__endswith="/plan/3/")
    assert mail.recipient == made.MANAGER and mail.context["url"].endswith("/plan/3/")
    assert "to accept or send back milestone M3" in render(mail)[1] and "Subject to contract" not in render(mail)[1]
    periodic.run(working_days.due(came, 4))
    assert [level for _subject, level, _told in said()] == ["reminded", "senior"]
    made.sent_back(made.milestone(3))
    later = working_days.due(came, 6)
    made.submitted(made.milestone(3), later)
    periodic.run(working_days.due(later, 2))
    assert said()[-1] == ("milestone:2", "reminded", "DIUS contract manager")
    made.accepted(made.milestone(3), at=later)
    periodic.run(working_days.due(later, 9))
    assert len(said()) == 3


@pytest.mark.world("ons_approved")
def test_an_access_agreement_is_reminded_of_in_turn_too():
    accession = cast.ons_approved()
    cast.run_all_jobs()
    accession = cast.fresh(accession)
    came, first = accession.state_since, accession_guards.boxes(accession)[0]
    periodic.run(working_days.due(came, 2))
    names = ", ".join(user.name for user in seats.holders(first.organisation.pk, first.post, came.date()))
    assert said() == [("agreement:department", "reminded", names)]
    assert agreements.signing_of(accession).turn() == first
