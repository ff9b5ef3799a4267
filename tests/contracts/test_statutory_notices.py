"""Statutory notices: each a duty of the action that causes it, with the day that the law sets, drafted, published, or late."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, transaction
from django.urls import reverse

from contracts import due, periodic, statutory, statutory_publishing, statutory_queries, variation_approval
from contracts.models import NoticePublication, StatutoryNotice
from documents.models import Email
from procurement import periodic as reminding
from procurement import timelines
from procurement.models import CallOffRevision, Reminder
from tests import cast, paper
from tests.cast import START
from tests.contracts import ending_cast
from tests.contracts import statutory_cast as made
from tests.contracts import variation_cast as varied
from tests.contracts.transition_cast import MANAGER, SERVICE, on
from tests.procurement.test_pages import post, sign_in
from tests.refusals import refused

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("in_force")]
AUDITOR = "auditor@co.example"


def days() -> list[tuple[str, date]]:
    return list(StatutoryNotice.objects.order_by("number").values_list("kind", "due_on"))


@pytest.mark.world("accepted")
def test_the_award_is_a_duty_once_the_order_is_accepted_and_the_details_once_the_contract_is_entered_into():
    contract = cast.accepted()
    assert days() == [("award", date(2007, 10, 31))], "before the contract is entered into; it begins on 1 November"
    contract = paper.executed(contract)
    assert contract.signed_on == START.date()
    assert days()[1:] == [
        ("details", date(2007, 10, 30)),  # 1 October is the first of thirty days
        ("performance", date(2008, 9, 30)),  # within the twelve months that begin with the signature
    ]
    year = made.notice("performance")
    assert (year.period_from, year.period_to, year.is_last) == (date(2007, 10, 1), date(2008, 9, 30), False)
    call_command("check_invariants")


def test_a_notice_is_published_once_it_has_come_about_under_a_reference_of_its_own():
    paper.in_force()
    details = made.notice("details")
    early = refused(made.published, details, details.made_at.date() - timedelta(days=1))
    assert "SN-02 came about on 1 October 2007: it was not published before" in early
    made.published(made.notice("award"), at=on(date(2007, 10, 2)), reference="2007/S 7")
    assert "2007/S 7 is the reference of SN-01" in refused(made.published, details, reference=" 2007/S 7 ")
    assert made.published(details, details.made_at.date(), reference="2007/S 8").reference == "2007/S 8"
    changing = {"published_on": START.date(), "by": cast.person(MANAGER), "at": START}
    variation = varied.assessed("VAR-01")
    assert "2007/S 8 is the reference of SN-02" in refused(variation_approval.record_notice, variation, reference="2007/S 8", **changing)
    assert variation_approval.record_notice(variation, reference="2007/S 9", **changing).change_notice == "2007/S 9"


def test_an_award_notice_that_comes_after_the_signature_is_late():
    contract = paper.in_force()
    award = made.notice("award")
    award.contract = contract
    assert statutory.last_day(award) == contract.signed_on
    made.published(award, at=on(date(2007, 10, 2)))
    found = NoticePublication.objects.get()
    assert (found.reference, found.published_on, found.recorded_by_name) == ("2007/S 000-000001", date(2007, 10, 2), "DIUS contract manager")


@pytest.mark.world("accepted")
def test_a_contract_that_never_came_publishes_no_award():
    contract = paper.issued(cast.accepted())
    from tests.machines.contracts import refuse

    refuse(contract)
    award = made.notice("award")
    assert not statutory.is_needed(award) and not statutory.unpublished(StatutoryNotice.objects.all()).exists()
    assert "has not come about" in refused(made.published, award)


def test_a_notice_of_termination_and_an_expiry_make_a_termination_notice_and_the_last_ratings():
    contract = paper.in_force()
    ending_cast.in_effect(contract)
    last = ending_cast.MID_MONTH - timedelta(days=1)
    assert days()[3:] == [("termination", last + timedelta(days=29)), ("performance", last + timedelta(days=29))]
    final = made.notice("performance")
    assert (final.is_last, final.period_to) == (True, last)
    year = StatutoryNotice.objects.get(kind="performance", is_last=False)
    assert statutory.is_needed(year), "its twelve months were over before the end"
    call_command("check_invariants")


def test_a_year_that_the_end_comes_into_is_rated_at_the_end_alone():
    contract = paper.in_force()
    ending_cast.in_effect(contract, ending_cast.insolvent(ending_cast.FIRST_MONTH))
    year = StatutoryNotice.objects.select_related("contract").get(kind="performance", is_last=False)
    assert not statutory.is_needed(year)
    kinds = set(statutory.unpublished(StatutoryNotice.objects.all()).values_list("kind", "is_last"))
    assert kinds == {("award", False), ("details", False), ("termination", False), ("performance", True)}
    call_command("check_invariants")


def test_an_expiry_ends_it_as_a_notice_does():
    contract = paper.in_force()
    ending_cast.expired(contract)
    assert ("termination", contract.ends_on + timedelta(days=29)) in days()


def test_the_clock_makes_the_next_year_and_no_year_twice():
    contract = paper.in_force()
    at = on(date(2008, 10, 1))
    assert any("is due" in said for said in periodic.run(at))
    assert statutory_publishing.begin_year(contract, at=at) is None
    periodic.run(at)
    years = StatutoryNotice.objects.filter(kind="performance").values_list("period_from", "period_to")
    assert list(years) == [(date(2007, 10, 1), date(2008, 9, 30)), (date(2008, 10, 1), date(2009, 9, 30))]
    call_command("check_invariants")


def test_a_variation_beyond_the_control_makes_a_change_notice_whose_day_moves_with_it():
    paper.in_force()
    varied.assessed("VAR-01")
    assert not StatutoryNotice.objects.filter(kind="change").exists(), "inside the framework's control none comes first"
    second = varied.assessed("VAR-02")
    change = made.notice("change")
    assert (change.variation, change.due_on) == (second, date(2008, 10, 31))
    manager = cast.person(MANAGER)
    assert "is recorded with it, on its page" in refused(made.published, change)
    from contracts import varying

    again = varying.revise(second, by=manager, at=START)
    varying.save_lines(again, varied.wanted("VAR-02"), effective_on=date(2008, 12, 1), by=manager, at=START)
    again = varying.assess(again, by=manager, at=START)
    assert made.notice("change").due_on == date(2008, 11, 30)
    variation_approval.record_notice(again, reference="2008/S 1", published_on=START.date(), by=manager, at=START)
    found = NoticePublication.objects.get()
    assert (found.notice, found.reference) == (change, "2008/S 1") and '"contractAmendment"' in found.content
    call_command("check_invariants")


def test_the_change_notice_of_a_variation_that_ends_is_not_published():
    paper.in_force()
    varied.assessed("VAR-01")
    second = varied.assessed("VAR-02")
    variation_approval.withdraw(second, reason="Not needed.", by=cast.person(MANAGER), at=START)
    assert not statutory.is_needed(made.notice("change"))
    assert not statutory.unpublished(StatutoryNotice.objects.filter(kind="change")).exists()


def test_only_the_contract_manager_publishes_once_and_not_tomorrow():
    paper.in_force()
    details = made.notice("details")
    assert "Only the contract manager" in refused(made.published, details, email=SERVICE)
    assert "Only the contract manager" in refused(made.published, details, email="requester@dius.example")
    assert "still to come" in refused(made.published, details, on_day=date(2030, 1, 1))
    words = {"published_on": START.date(), "by": cast.person(MANAGER), "at": START}
    assert "Enter the reference" in refused(statutory_publishing.publish, made.fresh(details), reference=" ", **words)
    made.published(details)
    assert "is published as 2007/S 000-000002" in refused(made.published, details)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        NoticePublication.objects.filter(notice=details).update(reference="x")


@pytest.mark.world("accepted")
def test_a_contract_under_another_law_has_none():
    contract = cast.accepted()
    revision = CallOffRevision.objects.get(pk=contract.revision_id)
    revision.content = revision.content.replace('"regime":"PA2023"', '"regime":"PCR2006"')
    contract.revision = revision
    assert not statutory.is_under_the_act(contract)
    statutory.ended(contract, at=START)
    statutory.executed(contract, at=START)
    assert days() == [("award", date(2007, 10, 31))]


def test_it_is_on_the_managers_page_in_the_calendar_and_reminded_of():
    paper.in_force()
    manager = cast.person(MANAGER)
    found = {(duty.what, duty.on, duty.waits) for duty in due.duties(manager, date(2007, 10, 2))}
    assert ("contract award notice (s.50) to publish", date(2007, 10, 1), True) in found, "late since the signature"
    assert ("contract details notice (s.53) to publish", date(2007, 10, 30), True) in found
    assert ("contract performance notice (s.71) to publish", date(2008, 9, 30), False) in found, "a year ahead, and on nobody's desk yet"
    near = {(duty.what, duty.on, duty.waits) for duty in due.duties(manager, date(2008, 8, 15))}
    assert ("key performance indicators to rate", date(2008, 9, 30), True) in near
    assert not [duty for duty in due.duties(cast.person(SERVICE), date(2007, 10, 2)) if "notice (s." in duty.what]
    reminding.run(on(date(2007, 10, 29)))
    reminded = set(Reminder.objects.values_list("subject", flat=True))
    assert any(subject.startswith(f"statutory_notice:{made.notice('details').pk}:") for subject in reminded)
    asked = set(Email.objects.filter(template="procurement/email/reminder.txt").values_list("context__what", flat=True))
    assert f"to publish the contract details notice (s.53) of {cast.contract().number}" in asked, "its message is a sentence"
    made.published(made.notice("details"))
    assert "contract details notice (s.53) to publish" not in {duty.what for duty in due.duties(manager, date(2007, 10, 29))}


def test_its_pages_show_it_let_it_be_published_and_say_what_is_late(client, settings):
    contract = paper.in_force()
    listed, details = reverse("contracts:statutory_notices", args=[contract.public_id]), made.notice("details")
    page = sign_in(client, MANAGER).get(listed).content.decode()
    assert page.count("late") >= 1 and "contract details notice (s.53)" in page
    address = reverse("contracts:statutory_notice", args=[contract.public_id, details.number])
    page = client.get(address).content.decode()
    assert "Record its publication" in page and "As it would be published now" in page and "ocds-" in page
    act = reverse("contracts:statutory_notice_act", args=[contract.public_id, details.number, "publish"])
    assert client.get(act).status_code == 200
    sent = {"reference": "2007/S 7", "published_on_day": "1", "published_on_month": "10", "published_on_year": "2007"}
    assert post(client, act, **sent).status_code == 302
    page = client.get(address).content.decode()
    assert "1 October 2007, as 2007/S 7" in page and "As it was published" in page and "Record its publication" not in page
    file = client.get(reverse("contracts:statutory_notice_file", args=[contract.public_id, details.number]))
    assert file["Content-Type"].startswith("application/json") and file.content.decode() == details.publication.content
    assert client.get(reverse("contracts:statutory_notice_act", args=[contract.public_id, details.number, "print"])).status_code == 404
    sign_in(client, SERVICE)
    assert client.get(address).status_code == 200, "what is published the supplier reads"
    award = made.notice("award")
    for name in ("statutory_notice", "statutory_notice_file"):
        assert client.get(reverse(f"contracts:{name}", args=[contract.public_id, award.number])).status_code == 404, "a draft it does not"
    assert "award notice" not in client.get(listed).content.decode()
    assert sign_in(client, AUDITOR).get(reverse("contracts:statutory_notice", args=[contract.public_id, award.number])).status_code == 200
    assert sign_in(client, "requester@bis.example").get(listed).status_code == 404


def test_a_year_ends_before_the_same_day_of_the_next():
    assert statutory.year_after(date(2008, 2, 29), 1) == date(2009, 2, 28)
    assert statutory.year_after(date(2007, 10, 1), 1) == date(2008, 10, 1)


def test_under_the_value_that_asks_for_ratings_none_are_due():
    from contracts import ratings

    contract = paper.in_force()
    revision = contract.revision
    assert ratings.estimated_gross(contract) == revision.gross_gbp > 5_000_000
    revision.gross_gbp = Decimal("5000000.00")
    assert not ratings.asks_for_ratings(contract), "more than five million, VAT and options included"
    revision.extension_months = 1
    assert ratings.asks_for_ratings(contract), "the option counts, with its VAT"
    assert ratings.estimated_gross(contract) == Decimal("5000000.00") + (revision.monthly_gbp * Decimal("1.175")).quantize(Decimal("0.01"))


def test_a_change_notice_that_was_recorded_before_it_was_asked_for_is_the_one_that_is_asked_for():
    paper.in_force()
    first, manager = varied.assessed("VAR-01"), cast.person(MANAGER)
    first = variation_approval.record_notice(first, reference="2008/S 1", published_on=START.date(), by=manager, at=START)
    assert NoticePublication.objects.get().notice == made.notice("change") and not first.revision.notice_first
    from contracts import varying

    varied.assessed("VAR-02")
    again = varying.revise(first, by=manager, at=START)
    varying.save_lines(again, varied.wanted("VAR-02"), effective_on=date(2008, 12, 1), by=manager, at=START)
    again = varying.assess(again, by=manager, at=START)
    assert again.revision.notice_first
    assert not statutory.unpublished(StatutoryNotice.objects.filter(variation=again)).exists()
    call_command("check_invariants")


def test_a_signatory_finds_ratings_to_confirm_behind_any_number_of_notices_of_others(monkeypatch):
    paper.in_force()
    made.rated()
    monkeypatch.setattr(statutory_queries, "MOST_OF_A_KIND", 1)
    found = statutory_queries.inbox(cast.person(made.SIGNATORY), made.RATED_AT.date())
    assert [(item.todo, item.since) for item in found] == [("ratings of key performance indicators to confirm", made.RATED_AT)]
    assert [item.todo for item in statutory_queries.inbox(cast.person(MANAGER), made.RATED_AT.date())] == ["contract details notice (s.53) to publish"]


def test_what_is_recorded_of_it_reads_in_words():
    missing = {
        f"contract.{verb}" for verb in ("notice_published", "kpi_year_begun", "kpis_rated", "ratings_confirmed", "ratings_commented")
    } | {f"change_request.{verb}" for verb in ("asked", "accepted", "refused", "withdrawn", "lapsed")}
    assert missing <= set(timelines.verbs())


def test_no_year_begins_after_the_last_day_of_a_contract_whose_end_is_waited_for():
    contract = paper.in_force()
    contract.ends_on = date(2008, 9, 30)
    assert statutory.next_year(contract, at=on(date(2008, 10, 5))) is None
    contract.ends_on = date(2008, 10, 1)
    assert statutory.next_year(contract, at=on(date(2008, 10, 5))).period_from == date(2008, 10, 1)
