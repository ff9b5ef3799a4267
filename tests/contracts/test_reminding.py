"""Who does not sign is reminded like whoever else does not answer, and the next signatory has as long as the first."""

from datetime import date, timedelta

import pytest

from contracts import formation, measuring, rectifying
from contracts.models import CalculatedLevel
from documents.mail import render
from documents.models import Email
from procurement import accession_guards, agreements, framework_life, periodic, reminding, seats, waiting, working_days
from procurement.models import Post, PostHolding, Reminder
from tests import cast, paper
from tests.contracts import levels_cast, money_cast, transfer_cast
from tests.contracts import publication_cast as copies
from tests.contracts import transition_cast as made
from tests.machines.frameworks import EXPIRED
from tests.procurement.test_pages import sign_in

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


def told_of(kind: str) -> list[tuple[str, str]]:
    return [(row.level, row.told) for row in Reminder.objects.filter(subject__startswith=f"{kind}:").order_by("id")]


def message_about(what: str) -> list[Email]:
    return list(Email.objects.filter(template="procurement/email/reminder.txt", context__what__startswith=what).order_by("recipient"))


@pytest.mark.world("executed")
def test_who_does_not_decide_on_a_published_copy_is_reminded_and_not_who_proposed_it():
    copy = copies.proposed()
    periodic.run(working_days.due(copy.state_since, 2) - SECOND)
    assert told_of("redacted_copy") == []
    periodic.run(working_days.due(copy.state_since, 2))
    deciding = [cast.person(email).words for email in (copies.SIGNATORY, copies.OFFICER)]
    assert told_of("redacted_copy") == [("reminded", ", ".join(deciding))]
    sent = message_about("to decide on or refuse published copy R1")
    assert [one.recipient for one in sent] == sorted([copies.SIGNATORY, copies.OFFICER])
    assert sent[0].context["url"].endswith(f"/contracts/{copy.contract.public_id}/copies/1/")
    copies.refused(copy)
    periodic.run(working_days.due(copy.state_since, 9))
    assert len(told_of("redacted_copy")) == 1


@pytest.mark.world("executed")
def test_a_signatory_who_proposed_a_copy_as_contract_manager_is_not_asked_to_decide_on_it():
    PostHolding.objects.create(
        post=Post.objects.get(organisation__code="DIUS", code="contract_manager"), user=cast.person(copies.SIGNATORY).user,
        starts_on=cast.START.date(),
    )  # fmt: skip
    copy = copies.proposed(email=copies.SIGNATORY)
    periodic.run(working_days.due(copy.state_since, 2))
    assert told_of("redacted_copy") == [("reminded", cast.person(copies.OFFICER).words)]


@pytest.mark.world("executed")
def test_a_rectification_plan_is_reminded_of_before_its_day_whoever_has_it():
    """To submit by 20 May 2008, decided on within ten working days of 6 May, bettered within five: two days before each."""
    levels_cast.confirmed(cast.contract(), levels_cast.BAD)
    measure = CalculatedLevel.objects.get(plan_due_on__isnull=False).measurement.measure_id
    first = working_days.ahead(working_days.midnight_after(date(2008, 5, 20)), 2)
    periodic.run(first - SECOND)
    assert told_of("plan") == []
    periodic.run(first)
    running = ", ".join(cast.person(email).words for email in (levels_cast.SERVICE, "account.manager@fujitsu.example"))
    assert told_of("plan") == [("reminded", running)]
    assert Reminder.objects.get(subject=f"plan:{cast.contract().pk}:2008-04:{measure}").call_off == cast.contract().call_off
    assert message_about("to submit a rectification plan of April 2008 for EUS-B")[0].context["url"].endswith("/levels/2008-04/")
    measuring.correct(
        cast.contract(), levels_cast.MONTH, levels_cast.measured(cast.contract(), levels_cast.BAD), reason="Read again.",
        by=cast.person(levels_cast.MANAGER), at=first,
    )  # fmt: skip
    periodic.run(first + SECOND)
    assert len(told_of("plan")) == 1, "measuring anew makes no new plan of it"
    plan = levels_cast.planned()  # on 6 May
    decide = working_days.ahead(working_days.due(plan.submitted_at, 10), 2)
    periodic.run(decide)
    assert told_of("plan")[1:] == [("reminded", cast.person(levels_cast.MANAGER).words)]
    assert [one.recipient for one in message_about("to approve or refuse the rectification plan")] == [levels_cast.MANAGER]
    rectifying.decide(plan, approves=False, words="It has no day.", by=cast.person(levels_cast.MANAGER), at=levels_cast.AFTER)
    periodic.run(decide)
    assert told_of("plan")[2:] == [("reminded", running)], "a better one was owed by 13 May"
    rectifying.decide(levels_cast.planned(), approves=True, by=cast.person(levels_cast.MANAGER), at=levels_cast.AFTER)
    periodic.run(decide + timedelta(days=9))
    assert len(told_of("plan")) == 3


@pytest.mark.world("executed")
def test_who_does_not_confirm_a_service_report_is_reminded_of_the_last_one_of_the_month():
    contract = cast.contract()
    report = levels_cast.reported(contract)
    periodic.run(working_days.due(report.reported_at, 2) - SECOND)
    assert told_of("service_report") == []
    periodic.run(working_days.due(report.reported_at, 2))
    manager = cast.person(levels_cast.MANAGER)
    assert told_of("service_report") == [("reminded", manager.words)]
    assert [one.recipient for one in message_about("to confirm or correct the service report of April 2008")] == [levels_cast.MANAGER]
    later = working_days.due(report.reported_at, 3)
    second = levels_cast.reported(contract, at=later)
    measuring.confirm(second, shown_hash=second.content_hash, by=manager, at=later)
    periodic.run(working_days.due(later, 9))
    assert len(told_of("service_report")) == 1, "of neither: the one is replaced, the other confirmed"


@pytest.mark.world("executed")
def test_a_month_that_misses_many_measures_is_reminded_of_once_for_all_and_not_again_for_those_that_are_left():
    levels_cast.confirmed(cast.contract(), levels_cast.BAD)
    for code in levels_cast.BAD:
        levels_cast.notified(code)
    came = levels_cast.credit().state_since
    periodic.run(working_days.due(came, 2))
    assert [level for level, _told in told_of("credit")] == ["reminded"]
    number = cast.contract().number
    assert [one.context["what"] for one in message_about("to agree to or dispute")] == [
        f"to agree to or dispute 2 service credits of April 2008 of {number}"
    ]
    levels_cast.agreed("EUS-B")
    periodic.run(working_days.due(came, 3))
    assert len(told_of("credit")) == 1
    periodic.run(working_days.due(came, 4))
    assert [level for level, _told in told_of("credit")] == ["reminded", "senior"]
    assert Email.objects.filter(context__what=f"to agree to or dispute service credit {levels_cast.credit().label} of {number}").exists()


@pytest.mark.parametrize("days_left", [1, 2, 3])
@pytest.mark.world("executed")
def test_the_clock_reads_a_plan_when_it_is_reminded_of_and_not_sooner(days_left):
    levels_cast.confirmed(cast.contract(), levels_cast.BAD)
    plan = levels_cast.planned()
    at = working_days.ahead(working_days.due(plan.submitted_at, 10), days_left)
    read = [one.subject for found in waiting.by_kind(waiting.pauses_of_all(), at) for one in found]
    assert (f"plan:{plan.pk}" in read) == (days_left <= 2) == any(one.subject == f"plan:{plan.pk}" for one in reminding.due(at))


@pytest.mark.world("executed")
def test_who_can_agree_to_a_transfer_is_reminded_and_none_of_its_hands():
    transfer = transfer_cast.prepared()
    periodic.run(working_days.due(transfer.state_since, 2) - SECOND)
    assert told_of("transfer") == []
    periodic.run(working_days.due(transfer.state_since, 2))
    agreeing = [transfer_cast.DIRECTOR, transfer_cast.SIGNATORY]
    assert told_of("transfer") == [("reminded", ", ".join(cast.person(email).words for email in agreeing))]
    sent = message_about(f"to agree to transfer {transfer.number}")
    assert [one.recipient for one in sent] == sorted(agreeing)
    assert sent[0].context["url"].endswith(f"/transfers/{transfer.public_id}/") and not sent[0].context["contract"]
    assert Reminder.objects.get(subject=f"transfer:{transfer.pk}").framework == cast.framework()
    transfer_cast.agreed(transfer)
    periodic.run(working_days.due(transfer.state_since, 9))
    assert len(told_of("transfer")) == 1


@pytest.mark.world("executed")
def test_a_transfer_of_which_a_department_has_not_heard_stands_in_no_history_it_reads(client):
    transfer = transfer_cast.prepared()
    periodic.run(working_days.due(transfer.state_since, 2))
    for email, reads in (("requester@dius.example", False), (transfer_cast.DIRECTOR, True)):
        page = sign_in(client, email).get("/framework/").content.decode()
        assert (transfer.number in page) == reads, email


@pytest.mark.world("executed")
def test_a_transfer_that_begins_soon_is_reminded_of_before_its_day():
    """Prepared on Monday for Wednesday, it has to be agreed to by the end of Tuesday: not after the two days that it could wait."""
    soon = cast.START.date() + timedelta(days=2)
    transfer_cast.prepared(transfer_cast.asked(day=soon))
    periodic.run(working_days.midnight_after(cast.START.date()))
    assert [level for level, _told in told_of("transfer")] == ["reminded"]


@pytest.mark.world("executed")
def test_whose_turn_it_is_to_sign_a_novation_is_reminded_of_the_one_body_and_then_of_the_next():
    transfer = transfer_cast.agreed(transfer_cast.prepared(transfer_cast.novated()))
    novation = transfer_cast.novation(transfer)
    later = cast.START + timedelta(days=1)
    periodic.run(working_days.due(later, 3))
    assert told_of("novation") == [], "its document is not made yet"
    transfer_cast.novation_issued(novation)
    periodic.run(working_days.due(cast.START, 2))
    assert told_of("novation") == [("reminded", cast.person(transfer_cast.NOVATION_PARTIES[0][1]).words)]
    assert message_about("to sign the novation of")[0].context["url"].endswith(f"/transfers/{transfer.public_id}/novations/{novation.contract.public_id}/")
    transfer_cast.sign_novation(novation, *transfer_cast.NOVATION_PARTIES[0], at=later)
    transfer_cast.sign_novation(novation, *transfer_cast.NOVATION_PARTIES[1], at=later)
    periodic.run(working_days.due(later, 2))
    assert told_of("novation")[1:] == [("reminded", cast.person("signatory@cafcass.example").words)]
    assert message_about("to sign the novation of")[-1].recipient in ("signatory@cafcass.example", "supplier.signatory@fujitsu.example")
    transfer_cast.withdrawn(transfer, at=later)
    periodic.run(working_days.due(later, 9))
    assert len(told_of("novation")) == 2


@pytest.mark.world("executed")
def test_what_a_contract_asks_for_is_reminded_of_after_its_framework_has_ended_too():
    """The contract goes on, its invoices fall due and its returns are owed; who only waited under the framework does not wait any more."""
    invoice = money_cast.recorded(cast.contract())
    made.submitted(made.milestone(3))
    framework_life.expire(cast.framework(), at=EXPIRED)
    periodic.run(EXPIRED)
    said_of = {subject.partition(":")[0] for subject in Reminder.objects.values_list("subject", flat=True)}
    assert {"invoice", "milestone"} <= said_of and not said_of & {"step", "answer", "release", "contract", "variation"}
    assert cast.framework().state == "expired" and invoice.state == "matched"
