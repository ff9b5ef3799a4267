"""The service levels of a contract: measured, confirmed, calculated; each credit notified, disputed, waived or applied."""

import re
import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from contracts import crediting, due, level_queries, levels, measuring, rectifying
from contracts.measuring import Measured
from contracts.models import CalculatedLevel, CreditAct, CreditCalculation, PlanDecision, ServiceCredit, ServiceReport
from documents import audit, clock
from documents.models import Email
from procurement import granting, working_days
from tests import cast
from tests.contracts import levels_cast as made
from tests.contracts import transition_cast
from tests.contracts.test_delivery import declared
from tests.locks import stored_before_any_lock
from tests.procurement.test_pages import sign_in
from tests.refusals import refused

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("executed")]


def test_a_month_from_the_report_to_the_invoice():
    contract = cast.contract()
    report = made.reported(contract)
    assert not ServiceCredit.objects.exists(), "nothing is calculated before the department confirms"
    (told,) = Email.objects.filter(template="contracts/email/service_report.txt").values_list("recipient", flat=True)
    assert told == made.MANAGER
    calculation = measuring.confirm(report, shown_hash=report.content_hash, by=cast.person(made.MANAGER), at=made.AFTER)
    assert calculation.charges_gbp == Decimal("186762.60")
    fix, desktop = made.credit("SD-S-FIX").level, made.credit("EUS-B").level
    assert (fix.credit_gbp, fix.points, fix.standing, fix.plan_due_on) == (Decimal("6723.45"), Decimal("3.6"), "below_target", None)
    assert (desktop.credit_gbp, desktop.standing, desktop.plan_due_on) == (Decimal("2988.20"), "below_minimum", date(2008, 5, 20))
    for code in ("SD-S-FIX", "EUS-B"):
        made.notified(code)
        made.agreed(code)
        made.applied(code)
    assert {one.state for one in ServiceCredit.objects.all()} == {"applied"}
    assert sum(CreditAct.objects.filter(kind="applied").values_list("amount_gbp", flat=True)) == Decimal("9711.65")
    call_command("check_invariants")


def test_the_cap_cuts_the_smallest_first():
    calculation = made.confirmed(cast.contract(), {"SD-S-FIX": "66", "EUS-B": "90", "PRT-S": "80"})
    cut = {level.measurement.measure.measure_code: level.cut_gbp for level in calculation.levels.all() if level.credit_gbp}
    whole = sum(level.credit_gbp for level in calculation.levels.all())
    assert calculation.cap_gbp == (calculation.charges_gbp * calculation.cap_percent / 100).quantize(Decimal("0.01"))
    assert sum(cut.values()) == whole - calculation.cap_gbp and cut["EUS-B"] == 0
    assert cut["PRT-S"] == next(one.credit_gbp for one in calculation.levels.all() if one.measurement.measure.measure_code == "PRT-S")


def test_only_a_month_that_is_over_in_which_a_service_ran():
    contract, by = cast.contract(), cast.person(made.SERVICE)
    good = made.measured(contract)
    assert "is not over: it is measured from 1 May 2008 on" in refused(measuring.report, contract, made.MONTH, good, by=by, at=made.AFTER.replace(month=4))
    for month in (date(2007, 10, 1), date(2012, 11, 1)):
        words = refused(measuring.report, contract, month, good, by=by, at=made.AFTER.replace(year=2013))
        assert "No service of the contract that has service levels ran" in words
    interim = levels.read(contract, date(2007, 11, 1))
    assert [one.measure_code for one in interim.measures] == ["INT-S"] and interim.total == Decimal("148000.00")


def test_only_measures_of_the_contract_and_all_of_them():
    contract, by = cast.contract(), cast.person(made.SERVICE)
    good = made.measured(contract)
    for wrong, words in (
        (good | {"INT-S": Measured("90")}, "measures no service"), ({"EUS-B": Measured("99")}, "is missing"),
        (good | {"EUS-B": Measured("100.1")}, "not a percentage"), (good | {"EUS-B": Measured("1e1")}, "not a percentage"),
        (good | {"EUS-B": Measured("90", "A flood.")}, "Relief is granted by the department"),
    ):  # fmt: skip
        assert words in refused(measuring.report, contract, made.MONTH, wrong, by=by, at=made.AFTER)


def test_a_dispute_is_decided_by_another_and_a_correction_recalculates():
    contract = cast.contract()
    made.confirmed(contract)
    made.notified()
    made.disputed(email=made.MANAGER)
    reason = {"reason": "No.", "by": cast.person(made.MANAGER), "at": made.AFTER}
    assert "You disputed it" in refused(made.act, crediting.uphold, made.credit(), **reason)
    calculation = measuring.correct(
        contract, made.MONTH, made.measured(contract, {"SD-S-FIX": "74"}), reason="Counted anew.", by=cast.person(made.MANAGER), at=made.AFTER,
    )  # fmt: skip
    credit = made.credit()
    assert (credit.state, credit.level.credit_gbp, calculation.number) == ("notified", Decimal("1867.63"), 2)
    assert made.credit("EUS-B").state == "void", "on its target now"
    assert CreditCalculation.objects.get(number=1).levels.get(credits__isnull=True, measurement__measure__measure_code="SD-S-FIX").credit_gbp == Decimal("6723.45")
    made.disputed()
    assert made.act(crediting.uphold, made.credit(), **reason).state == "agreed"
    words = refused(measuring.correct, contract, made.MONTH, made.measured(contract), **reason)
    assert "what it was calculated from stays" in words
    call_command("check_invariants")


def test_an_act_is_on_the_amount_that_its_page_showed(client):
    """A correction leaves a credit notified and makes it another amount; it makes nothing of who clicks on the old page."""
    contract = cast.contract()
    made.confirmed(contract)
    clock.step_to(made.AFTER, by=cast.person("framework.manager@co.example"))
    made.notified()
    sign_in(client, made.SERVICE)
    address = reverse("contracts:credit_act", args=[contract.public_id, made.credit().number, "agree"])
    old = re.search('name="shown" value="([^"]+)"', client.get(address).content.decode())[1]
    worse = made.measured(contract, {"SD-S-FIX": "65"})
    measuring.correct(contract, made.MONTH, worse, reason="Counted anew.", by=cast.person(made.MANAGER), at=made.AFTER)
    now = f"£{made.credit().level.payable_gbp:,}"
    words = {"at": made.AFTER, "reason": "So.", "file": transition_cast.file(), "shown": old}
    for action, email, takes in (
        (crediting.agree, made.SERVICE, ()), (crediting.dispute, made.SERVICE, ("reason", "file")), (crediting.waive, made.FINANCE, ("reason",)),
    ):  # fmt: skip
        given = {name: words[name] for name in ("at", "shown", *takes)}
        no = refused(action, made.credit(), by=cast.person(email), **given)
        assert f"is not what your page showed: by calculation 2 it comes to {now}" in no
    page = client.post(address, {"shown": old, "idempotency_key": str(uuid.uuid4())}).content.decode()
    assert "is not what your page showed" in page and now in page and made.credit().state == "notified"
    shown = re.search('name="shown" value="([^"]+)"', page)[1]
    assert client.post(address, {"shown": shown, "idempotency_key": str(uuid.uuid4())}).status_code == 302
    assert CreditAct.objects.get(kind="agreed").amount_gbp == made.credit().level.payable_gbp


def test_relief_excludes_a_measure():
    contract = cast.contract()
    made.confirmed(contract)
    given = made.measured(contract, made.BAD) | {"SD-S-FIX": Measured("71.4", "A flood at the desk; incident 114.")}
    measuring.correct(contract, made.MONTH, given, reason="Relief.", by=cast.person(made.MANAGER), at=made.AFTER)
    assert (made.credit().state, made.credit("EUS-B").state) == ("void", "calculated")


def test_nobody_waives_a_credit_that_they_had_a_hand_in():
    contract = cast.contract()
    made.confirmed(contract)
    made.notified()
    for email in (made.MANAGER, made.SERVICE):
        assert "Only the finance director" in refused(made.waived, email=email)
    assert "Give a reason" in refused(made.act, crediting.waive, made.credit(), reason=" ", by=cast.person(made.FINANCE), at=made.AFTER)
    act = CreditAct.objects.get()
    with pytest.raises(IntegrityError, match="nobody waives a credit that they had a hand in"), transaction.atomic():
        CreditAct.objects.create(
            credit=act.credit, kind="waived", words="x", amount_gbp=1, person_id=act.person_id, person_name="x", post="x", at=made.AFTER
        )
    assert made.waived(email=made.CATEGORY).state == "waived"
    assert made.waived("EUS-B").state == "waived"


def test_who_keeps_out_of_the_order_or_is_of_the_supplier_waives_nothing():
    made.confirmed(cast.contract())
    declared(made.FINANCE)
    assert "You declared a conflict of interest in this order" in refused(made.waived)
    category, fujitsu = cast.person(made.CATEGORY).user, cast.contract().supplier
    granting.grant_organisation(category, fujitsu, starts_on=made.AFTER.date(), ends_on=made.AFTER.date())
    assert "is one of the people of Fujitsu Services" in refused(made.waived, email=made.CATEGORY)


def test_what_a_deputy_does_is_recorded_for_whom_they_act():
    made.confirmed(cast.contract())
    made.act(crediting.notify, made.credit(), by=cast.deputy_of(made.MANAGER), at=made.AFTER)
    manager, act = cast.person(made.MANAGER), CreditAct.objects.get()
    assert (act.principal_id, act.acting_for) == (manager.person_id, manager.words)
    assert audit.history(act.credit).get(verb="service_credit.notified").acting_for_id == manager.person_id


def test_a_report_by_a_sheet_says_every_fault_at_once_and_loads_nothing_of_it(client):
    contract = cast.contract()
    sign_in(client, made.SERVICE)
    clock.step_to(made.AFTER, by=cast.person("framework.manager@co.example"))
    address = reverse("contracts:report_levels", args=[contract.public_id, "2008-04"])
    good = {one.measure_code: one.target for one in levels.read(contract, made.MONTH).measures if one.unit == "percent"}

    def send(rows):
        text = "month,measure_code,actual\n" + "\n".join(rows)
        return client.post(address, {"sheet": SimpleUploadedFile("report.csv", text.encode(), "text/csv"), "idempotency_key": str(uuid.uuid4())})

    rows = [f"2008-04,{code},{actual}" for code, actual in good.items()]
    page = send(["2008-05,EUS-B,97.9", "2008-04,EUS-B,98", "2008-04,NOWHERE,1", "2008-04,SD-S-FIX,many"]).content.decode()
    for words in ("&#x27;2008-05&#x27; is not the month reported", "is there twice", "is no measure of the catalogue", "is not a percentage"):
        assert words in page
    assert not ServiceReport.objects.exists()
    assert send([*rows, "2008-04,INT-S,92"]).status_code == 302
    assert ServiceReport.objects.get().measurements.count() == len(good)


def test_who_reports_is_asked_to_once_the_month_is_over_and_until_it_is_reported(client):
    contract, words = cast.contract(), "service levels of April 2008 to report"
    sign_in(client, made.SERVICE)
    for moment, asked in ((made.AFTER - timedelta(days=6), False), (made.AFTER, True)):
        clock.step_to(moment, by=cast.person("framework.manager@co.example"))
        assert (words in client.get("/").content.decode()) == asked
    (item,) = [one for one in level_queries.inbox(cast.person(made.SERVICE), made.AFTER.date()) if one.todo == words]
    assert working_days.last_day(item.due) == date(2008, 5, 8), "within five working days of the month: clause 10.3"
    made.reported(contract)
    assert words not in client.get("/").content.decode()
    sign_in(client, made.MANAGER)
    confirm = client.get(reverse("contracts:confirm_levels", args=[contract.public_id, "2008-04"])).content.decode()
    assert "Confirm the report of April 2008" in confirm
    assert [confirm.count(f">{where}<") for where in ("below minimum", "below target")] == [1, 1], "before anything is calculated"
    assert "service report of April 2008 to confirm" in client.get("/").content.decode()


def test_a_rectification_plan_waits_for_the_supplier_until_it_is_submitted():
    def waits(email: str = made.SERVICE) -> list[tuple[str, date]]:
        found = due.duties(cast.person(email), made.AFTER.date())
        return [(one.what, one.on) for one in found if one.waits and "rectification" in one.what]

    contract = cast.contract()
    made.confirmed(contract, made.BAD)
    day = CalculatedLevel.objects.get(plan_due_on__isnull=False).plan_due_on
    asked = [("rectification plan of April 2008 for EUS-B to submit", day)]
    assert waits() == waits("account.manager@fujitsu.example") == asked and waits(made.MANAGER) == []
    measuring.correct(contract, made.MONTH, made.measured(contract, made.BAD), reason="Read again.", by=cast.person(made.MANAGER), at=made.AFTER)
    assert waits() == asked, "of the newest calculation alone"
    level = CalculatedLevel.objects.filter(plan_due_on__isnull=False).latest("id")
    crediting.submit_plan(level, words="The switch is replaced.", by=cast.person(made.SERVICE), at=made.AFTER)
    assert waits() == []


def test_a_rectification_plan_is_approved_or_refused_and_a_better_one_follows(client):
    """The contract's clause 11.2: within ten working days, and within five after a refusal."""
    contract = cast.contract()
    made.confirmed(contract, made.BAD)
    first, manager = made.planned(), cast.person(made.MANAGER)
    clock.step_to(made.AFTER + timedelta(minutes=1), by=cast.person("framework.manager@co.example"))

    def waits(email: str) -> list[tuple[str, date]]:
        found = level_queries.inbox(cast.person(email), made.AFTER.date())
        return [(one.todo, working_days.last_day(one.due)) for one in found if "rectification" in one.todo]

    asked = [("rectification plan of April 2008 for EUS-B to approve or refuse", date(2008, 5, 20))]
    assert (waits(made.MANAGER), waits(made.SERVICE)) == (asked, [])
    decide = reverse("contracts:decide_plan", args=[contract.public_id, "2008-04", "EUS-B"])
    month = reverse("contracts:level_month", args=[contract.public_id, "2008-04"])
    assert sign_in(client, made.SERVICE).get(decide).status_code == 403 and decide not in client.get(month).content.decode()
    assert "Only the contract manager" in refused(rectifying.decide, first, approves=True, by=cast.person(made.SERVICE), at=made.AFTER)
    sign_in(client, made.MANAGER)
    assert decide in client.get(month).content.decode() and "A new disk." in client.get(decide).content.decode()

    def sent(plan, approves: str, words: str = ""):
        return client.post(decide, {"shown": plan.pk, "approves": approves, "words": words, "idempotency_key": str(uuid.uuid4())})

    assert "Say why it is refused" in sent(first, "no").content.decode()
    unsaid = {"approves": "yes", "words": "", "idempotency_key": str(uuid.uuid4())}
    assert client.post(decide, unsaid).status_code == 404 and not PlanDecision.objects.exists(), "of no plan that was shown"
    assert sent(first, "no", "It has no day.").status_code == 302
    assert Email.objects.filter(template="contracts/email/plan_refused.txt", recipient=made.SERVICE).exists()
    better = [("better rectification plan of April 2008 for EUS-B to submit", date(2008, 5, 13))]
    assert (waits(made.MANAGER), waits(made.SERVICE)) == ([], better)
    assert "The plan is refused" in refused(rectifying.decide, first, approves=True, by=manager, at=made.AFTER)
    second = made.planned(words="A new disk by 20 May.")
    assert "A newer plan" in refused(rectifying.decide, first, approves=True, by=manager, at=made.AFTER)
    assert "A newer plan has been submitted" in sent(first, "yes").content.decode(), "what was shown is not what stands"
    assert sent(second, "yes").status_code == 302
    assert waits(made.MANAGER) == waits(made.SERVICE) == []
    for email in (made.SERVICE, made.MANAGER):
        page = sign_in(client, email).get(month).content.decode()
        assert "It has no day." in page and "<strong>Approved</strong>: DIUS contract manager" in page, email
    assert client.get(decide).status_code == 403, "it is decided"
    with pytest.raises(IntegrityError, match="a_refused_plan_says_why"), transaction.atomic():
        PlanDecision.objects.create(plan=made.planned(), approves=False, person_id=uuid.uuid4(), person_name="x", at=made.AFTER)


def test_the_pages_show_the_month_to_both_sides(client):
    contract = cast.contract()
    made.confirmed(contract)
    clock.step_to(made.AFTER + timedelta(minutes=1), by=cast.person("framework.manager@co.example"))
    for email in (made.MANAGER, made.SERVICE):
        sign_in(client, email)
        page = client.get(reverse("contracts:service_levels", args=[contract.public_id])).content.decode()
        assert "April 2008" in page and "1 below minimum" in page
        page = client.get(reverse("contracts:level_month", args=[contract.public_id, "2008-04"])).content.decode()
        assert "3.6 points below target" in page and "£6,723.45" in page and "20 May 2008" in page
        assert "Report 1: Report confirmed: credits calculated" in page and "SC1: Calculated" in page
    text = client.get(reverse("contracts:level_month", args=[contract.public_id, "2008-04"]) + "?format=csv").content.decode()
    assert "SD-S-FIX" in text and "6723.45" in text
    sign_in(client, made.MANAGER)
    act = {name: reverse("contracts:credit_act", args=[contract.public_id, made.credit().number, name]) for name in ("notify", "dispute", "uphold")}
    shown = {"shown": crediting.shown_of(made.credit())}
    assert client.post(act["notify"], shown | {"idempotency_key": str(uuid.uuid4())}).status_code == 302
    sign_in(client, made.SERVICE)
    file = SimpleUploadedFile("log.pdf", transition_cast.DATA, "application/pdf")
    with stored_before_any_lock(transition_cast.DATA):
        sent = shown | {"reason": "A fire alarm.", "file": file, "idempotency_key": str(uuid.uuid4())}
        assert client.post(act["dispute"], sent).status_code == 302
    made_act = CreditAct.objects.get(kind="disputed")
    answer = client.get(reverse("contracts:credit_evidence", args=[contract.public_id, made.credit().number, made_act.pk]))
    assert answer.content == transition_cast.DATA
    assert client.get(act["uphold"]).status_code == 403
    sign_in(client, made.MANAGER)
    crediting.uphold(made.credit(), shown=crediting.shown_of(made.credit()), reason="No alarm is left out.", by=cast.person(made.MANAGER), at=made.AFTER)
    apply = reverse("contracts:credit_act", args=[contract.public_id, made.credit().number, "apply"])
    assert "is recorded under that very reference" in client.get(apply).content.decode()
    answer = client.post(apply, {"shown": crediting.shown_of(made.credit()), "invoice": "FS-99", "idempotency_key": str(uuid.uuid4())}, follow=True)
    assert "No invoice FS-99 is recorded yet" in answer.content.decode()
