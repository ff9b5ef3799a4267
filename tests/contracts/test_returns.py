"""Returns of management information and the levy: made by the clock, declared, corrected, paid; the pages; what is waived."""

import uuid
from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalogue.models import Organisation
from contracts import due, money_queries, return_guards, returning
from contracts.models import (
    Contract,
    CreditAct,
    DeclaredLine,
    LevyNote,
    LevyPayment,
    ManagementReturn,
    ServiceCredit,
    party_of,
)
from documents import clock, periodic
from documents.models import Email
from procurement import periodic as procurement_periodic
from procurement.models import Reminder
from tests import cast
from tests.contracts import levels_cast
from tests.contracts import money_cast as money
from tests.procurement.test_pages import sign_in
from tests.refusals import refused

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("executed")]
BY_CLOCK = "framework.manager@co.example"


def test_the_clock_makes_a_return_a_month_once_however_late():
    contract = cast.contract()
    for _ in range(2):
        money.all_made()
    rows = ManagementReturn.objects.order_by("month")
    assert [f"{row.month:%Y-%m}" for row in rows] == ["2007-11", "2007-12", "2008-01", "2008-02", "2008-03", "2008-04"]
    assert rows[0].due_on == date(2007, 12, 7) and rows[5].due_on == date(2008, 5, 8), "the fifth working day; 5 May is a holiday"
    (line,) = rows[5].lines.all()
    assert (line.contract, line.charges_gbp, line.levy_percent, line.is_last) == (contract, money.NET, Decimal("0.500"), False)
    assert rows[0].lines.get().charges_gbp == Decimal("148000.00")
    assert Email.objects.filter(template="contracts/email/return_made.txt").count() == 12, "two people, six months"
    assert money.made() is None and money.made(date(2008, 5, 1)) is None, "it is there already; that month is not over"
    call_command("check_invariants")


def test_the_clock_announces_the_first_of_the_month_and_makes_it_on_that_day(settings):
    settings.STEPPABLE_CLOCK = True
    clock.step_to(money.moment(date(2008, 4, 20)), by=cast.person(BY_CLOCK))
    assert clock.first_moment(date(2008, 5, 1)) in periodic.next_moments()
    clock.step_to(money.AFTER, by=cast.person(BY_CLOCK))
    made = ManagementReturn.objects.get(month=money.MONTH)
    assert made.made_at == clock.first_moment(date(2008, 5, 1))


def test_a_return_is_declared_as_the_ledger_says_or_explained():
    found = money.made()
    assert "Only the service manager or the account manager" in refused(money.declared, found, email="order.desk@fujitsu.example")
    number = found.lines.get().contract.number
    other = {number: returning.Declared(money.NET - 100)}
    by = {"by": cast.person(money.ACCOUNT), "at": money.AFTER, "shown_hash": returning.hash_of(found, list(found.lines.all()))}
    assert f"Explain what is not as the ledger says: {number}" in refused(returning.declare, found, other, **by)
    assert "Each contract of the return" in refused(returning.declare, found, {}, **by)
    assert "What you were shown" in refused(returning.declare, found, other, **by | {"shown_hash": "0" * 64})
    assert money.declared(found).state == "declared"
    note = LevyNote.objects.get()
    assert (note.number, note.kind, note.amount_gbp, note.due_on) == ("LN-2008-000001", "levy", Decimal("933.81"), date(2008, 6, 5))
    told = set(Email.objects.filter(template="contracts/email/levy_note.txt").values_list("recipient", flat=True))
    assert told == {money.ACCOUNT, money.SERVICE, money.FINANCE_LEAD}
    assert "is declared" in refused(money.declared, found)
    call_command("check_invariants")


def test_a_correction_is_a_new_return_with_a_credit_note_and_the_old_one_stays():
    first = money.declared(money.made())
    assert "Nothing of it is different" in refused(money.corrected, first)
    number = first.lines.get().contract.number.replace("-", "_")
    second = money.corrected(first, **{number: money.NET - 1000})
    assert (second.number, second.corrects, second.state) == (2, first, "declared")
    credit = LevyNote.objects.get(return_of=second)
    assert (credit.kind, credit.amount_gbp, credit.corrects) == ("credit", Decimal("5.00"), first.note)
    assert DeclaredLine.objects.get(line__return_of=first).declared_gbp == money.NET
    assert "£928.81 of it is not paid yet" in refused(money.levy_paid, first, Decimal("928.82")), "the credit is set off"
    assert "Nothing is to be paid by this return" in refused(money.levy_paid, second)
    assert "that one is corrected" in refused(money.corrected, first, **{number: money.NET - 5})
    third = money.corrected(second, **{number: money.NET + 1000})
    assert (third.note.kind, third.note.amount_gbp, third.note.corrects) == ("additional", Decimal("10.00"), credit)
    assert money_queries.levied([cast.contract().pk])[cast.contract().pk].levy == Decimal("938.81")
    call_command("check_invariants")


def test_what_a_month_gives_back_beyond_what_it_asked_counts_for_what_it_asks_later():
    """Declared below nothing, where more was given back than charged, and above it again."""
    money.declared(money.made())
    credit = money.corrected(CON_2007_000001=Decimal("-400.00")).note
    assert (credit.kind, credit.amount_gbp) == ("credit", Decimal("935.81")), "933.81 and 2.00 beyond it"
    more = money.corrected(CON_2007_000001=Decimal("600.00"))
    assert (more.note.kind, more.note.amount_gbp) == ("additional", Decimal("5.00"))
    assert return_guards.note_of(more) == (more.note, Decimal("3.00")), "the levy of 600.00"
    call_command("check_invariants")


def test_what_is_given_back_after_it_was_paid_counts_for_what_is_asked_later():
    money.declared(money.made())
    money.levy_paid()
    assert money.corrected(CON_2007_000001=money.NET - 1000).note.amount_gbp == Decimal("5.00")
    more = money.corrected(CON_2007_000001=money.NET + 1000)
    assert (more.note.kind, more.note.amount_gbp) == ("additional", Decimal("10.00"))
    assert return_guards.note_of(more) == (more.note, Decimal("5.00")), "933.81 are paid of 938.81"
    money.levy_paid(more, Decimal("5.00"))
    assert return_guards.note_of(more)[1] == 0


def test_the_levies_of_a_whole_life_come_to_the_percentage_of_all_that_was_declared():
    contract = cast.contract()
    Contract.objects.filter(pk=contract.pk).update(ends_on=date(2008, 4, 30))  # so that April is its last month
    money.all_made()
    for found in ManagementReturn.objects.order_by("month"):
        number = contract.number.replace("-", "_")
        money.declared(found, **({number: Decimal("100.99")} if found.month < money.MONTH else {}))
    lines = DeclaredLine.objects.filter(line__contract=contract)
    assert [row.levy_gbp for row in lines.order_by("line__return_of__month")][:5] == [Decimal("0.50")] * 5
    last = lines.get(line__return_of__month=money.MONTH)
    whole = 5 * Decimal("100.99") + money.NET
    assert last.settlement_gbp == Decimal("0.03"), "five times 0.50495 is 2.52, and 2.50 was asked; April is rounded down by 0.003"
    assert sum(row.total_gbp for row in lines) == (whole * Decimal("0.005")).quantize(Decimal("0.01"))


def test_a_credit_lowers_the_charges_of_the_month_in_which_it_is_applied():
    levels_cast.confirmed(cast.contract())
    money.applied("FS-1")
    assert money.made().lines.get().charges_gbp == money.NET
    later = money.made(date(2008, 5, 1), at=money.moment(date(2008, 6, 2)))
    assert later.lines.get().charges_gbp == money.NET - Decimal("6723.45")


def test_who_has_not_declared_is_reminded_before_the_day():
    money.made()
    procurement_periodic.run(money.AFTER)
    assert not Reminder.objects.filter(subject__startswith="return:").exists(), "not on the day it came"
    for _ in range(2):
        procurement_periodic.run(money.moment(date(2008, 5, 8)))
    said = Reminder.objects.filter(subject__startswith="return:")
    assert [row.level for row in said] == ["reminded"]
    assert cast.person(money.ACCOUNT).words in said[0].told and cast.person(money.SERVICE).words in said[0].told
    money.declared(at=money.moment(date(2008, 5, 8)))
    procurement_periodic.run(money.moment(date(2008, 5, 30)))
    assert said.count() == 1


def test_the_finance_lead_records_what_came_of_the_levy():
    money.declared(money.made())
    assert "Only the finance lead" in refused(returning.pay, money.the_return(), amount=Decimal(1), paid_on=money.AFTER.date(), by=cast.person(money.ACCOUNT), at=money.AFTER)
    money.levy_paid(amount=Decimal("900.00"))
    assert "£33.81 of it is not paid yet" in refused(money.levy_paid, amount=Decimal("33.82"))
    money.levy_paid(amount=Decimal("33.81"))
    assert "All of LN-2008-000001 is paid, or given back" in refused(money.levy_paid, amount=Decimal(1))
    note = LevyNote.objects.get()
    with pytest.raises(IntegrityError, match="no more than is left of its note"), transaction.atomic():
        LevyPayment.objects.create(note=note, number=3, amount_gbp=1, paid_on=money.AFTER.date(), recorded_by=uuid.uuid4(), recorded_by_name="x", recorded_at=money.AFTER)
    call_command("check_invariants")


def test_a_levy_that_is_asked_waits_for_who_pays_it_and_for_who_records_it():
    first = money.declared(money.made())

    def waits(email: str) -> list[str]:
        return [item.todo for item in money_queries.inbox(cast.person(email), money.AFTER.date()) if "levy" in item.todo]

    assert waits(money.ACCOUNT) == waits(money.SERVICE) == ["levy LN-2008-000001 to pay: £933.81"]
    assert waits(money.FINANCE_LEAD) == ["levy LN-2008-000001 to come in: £933.81"]
    assert waits("requester@dius.example") == waits("framework.manager@co.example") == []
    duty = next(one for one in due.duties(cast.person(money.ACCOUNT), money.AFTER.date()) if "levy" in one.what)
    assert duty.on == date(2008, 6, 5), "in the calendar too"
    money.levy_paid(amount=Decimal("900.00"))
    number = first.lines.get().contract.number.replace("-", "_")
    second = money.corrected(first, **{number: money.NET - 1000})
    assert waits(money.FINANCE_LEAD) == ["levy LN-2008-000001 to come in: £28.81"], "less what the credit gives back"
    money.corrected(second, **{number: money.NET - 10000})
    assert waits(money.ACCOUNT) == waits(money.FINANCE_LEAD) == []


def test_the_levies_that_wait_are_asked_for_at_once_and_not_hidden_by_those_that_were_given_back(monkeypatch):
    money.all_made()
    months = list(ManagementReturn.objects.select_related("framework__authority", "supplier").order_by("month"))

    def waits() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as asked:
            found = [one for one in money_queries.inbox(cast.person(money.FINANCE_LEAD), money.AFTER.date()) if "levy" in one.todo]
        return len(found), len(asked)

    for found in months[:2]:
        money.declared(found)
    before = waits()
    for found in months[2:]:
        money.declared(found)
    assert before[0] == 2 and waits() == (6, before[1])
    for found in months[:5]:
        money.corrected(found, CON_2007_000001=Decimal("0.00"))
    monkeypatch.setattr(money_queries, "MOST_OF_A_KIND", 2)
    assert waits() == (1, before[1]), "five are never paid, and the sixth is due no sooner than they were"


def test_what_was_paid_and_given_back_after_is_owed_to_the_supplier(client):
    clock.step_to(money.AFTER, by=cast.person(BY_CLOCK))
    first = money.declared(ManagementReturn.objects.get(month=money.MONTH))
    money.levy_paid(first)
    number = first.lines.get().contract.number.replace("-", "_")
    money.corrected(first, **{number: money.NET - 1000})
    sign_in(client, money.FINANCE_LEAD)
    page = client.get(reverse("contracts:return", args=[first.public_id])).content.decode()
    assert "£5.00 more was paid than it comes to now: it is owed to the supplier" in page and "nothing is left" not in page
    assert "owed to the supplier since a correction: £5.00" in client.get(reverse("contracts:returns")).content.decode()


def test_a_correction_to_what_the_ledger_says_explains_nothing():
    contract = cast.contract()
    number = contract.number.replace("-", "_")
    first = money.declared(money.made(), **{number: money.NET + 500})
    assert DeclaredLine.objects.get(line__return_of=first).explanation
    said = {contract.number: returning.Declared(money.NET, "A loan machine.")}
    lines = returning.lines_of(first.framework, first.supplier, first.month)
    second = returning.correct(
        first, said, reason="It is of another contract.", shown_hash=returning.hash_of(first, lines), by=cast.person(money.ACCOUNT), at=money.AFTER,
    )  # fmt: skip
    assert DeclaredLine.objects.get(line__return_of=second).explanation == ""


def test_the_database_declares_nothing_by_half():
    found = money.made()
    line = found.lines.get()
    for wrong in ({"declared_gbp": 1, "levy_gbp": Decimal("0.01")}, {"levy_gbp": 1}, {"settlement_gbp": 1}):
        row = {"line": line, "declared_gbp": line.charges_gbp, "levy_gbp": Decimal("933.81")} | wrong
        with pytest.raises(IntegrityError, match="a difference is explained"), transaction.atomic():
            DeclaredLine.objects.create(**row)
    with pytest.raises(IntegrityError, match="line by line"), transaction.atomic():
        ManagementReturn.objects.filter(pk=found.pk).update(state="declared")


def test_the_pages_of_supplier_and_authority(client):
    clock.step_to(money.AFTER, by=cast.person(BY_CLOCK))
    found = ManagementReturn.objects.get(month=money.MONTH)
    address = reverse("contracts:return", args=[found.public_id])
    sign_in(client, money.ACCOUNT)
    assert "management information of April 2008 to confirm or explain" in client.get("/").content.decode()
    page = client.get(address).content.decode()
    assert "£186,762.60" in page and "£933.81" in page and "Confirm or explain" in page
    form = client.get(reverse("contracts:declare_return", args=[found.public_id]))
    number = found.lines.get().contract.number
    typed = {"shown_hash": returning.hash_of(found, list(found.lines.all())), f"amount_{number}": "186,662.60", f"explanation_{number}": ""}

    def send(name, **more):
        return client.post(reverse(f"contracts:{name}", args=[found.public_id]), typed | more | {"idempotency_key": str(uuid.uuid4())})

    assert form.status_code == 200 and f"Explain why {number} is not as the ledger says" in send("declare_return").content.decode()
    assert send("declare_return", **{f"explanation_{number}": "=A strike of a day."}).status_code == 302
    page = client.get(address).content.decode()
    assert "differs by −£100.00" in page and "£933.31" in page and "LN-2008-000001" in page
    text = client.get(address + "?format=csv").content.decode()
    assert "'=A strike of a day." in text and "186662.60" in text, "no cell of it is a formula"
    assert "2008-04" in client.get(reverse("contracts:returns") + "?format=csv").content.decode()
    sign_in(client, money.FINANCE_LEAD)
    assert client.get(reverse("contracts:declare_return", args=[found.public_id])).status_code == 403
    paid_on = {"paid_on_day": "6", "paid_on_month": "5", "paid_on_year": "2008"}
    assert send("pay_levy", amount="900", **paid_on).status_code == 302
    assert "£33.31 to be paid by 5 June 2008" in client.get(address).content.decode()
    listed = client.get(reverse("contracts:returns")).content.decode()
    assert "overdue" in listed and "£900.00" in listed, "the months before are not declared"
    sign_in(client, money.ACCOUNT)
    assert send("correct_return", **{f"amount_{number}": "186,762.60", "reason": "There was no strike."}).status_code == 302
    newest = ManagementReturn.objects.get(month=money.MONTH, number=2)
    assert "Corrected by" in client.get(address).content.decode()
    assert "Additional levy" in client.get(reverse("contracts:return", args=[newest.public_id])).content.decode()
    lower = {f"amount_{number}": "186,562.60", f"explanation_{number}": "Two days.", "reason": "There were two."}
    answer = client.post(reverse("contracts:correct_return", args=[newest.public_id]), typed | lower | {"idempotency_key": str(uuid.uuid4())})
    assert answer.status_code == 302
    assert "£0.50 given back by credit notes" in client.get(reverse("contracts:return", args=[newest.public_id])).content.decode()
    assert "£32.81 to be paid by 5 June 2008" in client.get(address).content.decode(), "the rest of that credit, of the note before"
    for email in ("requester@dius.example", "contract.manager@dius.example"):
        sign_in(client, email)
        assert client.get(address).status_code == 404 == client.get(reverse("contracts:returns")).status_code


def test_the_lists_cost_the_same_however_long_they_are(client):
    clock.step_to(money.AFTER, by=cast.person(BY_CLOCK))
    contract, rows = cast.contract(), list(ManagementReturn.objects.order_by("month"))
    invoices = reverse("contracts:invoices", args=[contract.public_id])
    sign_in(client, money.ACCOUNT)
    costs = []
    for number, found in enumerate(rows, start=1):
        money.declared(found)
        money.queried(contract, reference=f"FS-{number}")
        for address in (reverse("contracts:returns"), reverse("contracts:return", args=[found.public_id]), invoices):
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            costs.append((address.partition("-")[0] if address != invoices else "invoices", len(queries)))
    first, last = costs[:3], costs[-3:]
    assert [cost for _name, cost in first] == [cost for _name, cost in last], (first, last)
    assert max(cost for _name, cost in (first[0], first[2])) <= 12, first


def test_no_total_of_what_is_waived_is_published_of_fewer_than_three_departments(client):
    contract = cast.contract()
    levels_cast.confirmed(contract)
    levels_cast.waived()
    assert levels_cast.waived("EUS-B").state == "waived"
    june = date(2008, 6, 1)
    clock.step_to(money.moment(june), by=cast.person(BY_CLOCK))
    page = client.get(reverse("contracts:waived_credits")).content.decode()
    assert "No total is published" in page and "9,711" not in page
    for number, code in enumerate(("ONS", "BIS"), start=1):
        waived_too(CreditAct.objects.filter(kind="waived").first(), Organisation.objects.get(code=code), number)
        page = client.get(reverse("contracts:waived_credits")).content.decode()
        assert ("No total is published" in page) == (number == 1), "two departments, then three"
    assert "£23,158.55" in page and "3 departments" in page and "ONS" not in page and "As it was at the end of 31 May 2008" in page
    assert money_queries.waived(date(2008, 5, 31)) is None, "of a month that runs nothing is published"


def waived_too(act: CreditAct, department: Organisation, number: int) -> None:
    """The same waiver under a contract of another department, row by row: three executed contracts would take a minute."""
    credit, contract = act.credit, act.credit.contract
    contract.pk, contract.public_id, contract.number, contract.department = None, uuid.uuid4(), f"CON-2007-90000{number}", department
    contract.parties |= {"department": party_of(department)}
    contract.call_off, contract.document, contract.executed_at, contract.signed_on = cast.submitted(), None, None, None
    contract = Contract.objects.create(**{
        field.attname: getattr(contract, field.attname) for field in Contract._meta.concrete_fields if field.name not in ("id", "state")
    })  # fmt: skip
    other = ServiceCredit.objects.create(
        contract=contract, number=1, month=credit.month, measure=credit.measure, level=credit.level, state_since=money.AFTER
    )
    CreditAct.objects.create(
        credit=other, kind="waived", words="x", amount_gbp=act.amount_gbp, person_id=uuid.uuid4(), person_name="x", post="x", at=money.AFTER
    )
