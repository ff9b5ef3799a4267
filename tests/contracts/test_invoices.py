"""Invoices: recorded, compared with the ledger, approved or disputed, paid; the pages of both sides."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from contracts import accepting, billing, crediting, invoicing
from contracts.models import Invoice, InvoiceAct, InvoiceAnswer, InvoicePayment
from documents import clock
from documents.models import Email
from documents.refusal import Refused
from procurement import periodic
from procurement.models import Reminder
from tests import cast
from tests.contracts import levels_cast
from tests.contracts import money_cast as money
from tests.contracts import transition_cast as made
from tests.contracts.test_delivery import declared
from tests.procurement.test_pages import sign_in
from tests.refusals import refused

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("executed")]
MAY = date(2008, 5, 1)


def test_an_invoice_from_its_record_to_its_payment_in_two_parts():
    contract = cast.contract()
    found = money.recorded(contract)
    assert (found.state, found.label, found.due_on) == ("matched", "INV1", date(2008, 6, 4)), "the thirtieth day, that of receipt the first"
    (told,) = Email.objects.filter(template="contracts/email/invoice_matched.txt").values_list("recipient", flat=True)
    assert told == made.MANAGER
    assert "What you were shown is not this invoice" in refused(
        invoicing.approve, found, shown_hash="0" * 64, by=cast.person(made.MANAGER), at=money.AFTER
    )
    assert money.approved().state == "approved"
    half = Decimal("100000.00")
    money.paid(amount=half)
    assert money.invoice().state == "approved"
    assert "£119,446.06 of it is not paid yet" in refused(money.paid, amount=Decimal("119446.07"))
    assert "is still to come" in refused(
        invoicing.pay, money.invoice(), amount=half, paid_on=date(2008, 5, 7), by=cast.person(made.MANAGER), at=money.AFTER
    )
    money.paid(amount=Decimal("119446.06"))
    assert money.invoice().state == "paid"
    call_command("check_invariants")


def test_what_differs_is_queried_in_words_and_figures():
    contract = cast.contract()
    assert money.recorded(contract, net=money.NET + 1).state == "queried"
    words = {mail.recipient: mail.context["difference"] for mail in Email.objects.filter(template="contracts/email/invoice_queried.txt")}
    assert set(words) == {made.MANAGER, made.SERVICE, money.ACCOUNT}
    assert set(words.values()) == {
        "£186,763.60 is asked and £186,762.60 is due, VAT excluded: £1.00 too much."
    }
    assert "more than is due is not paid" in refused(money.settled)
    assert money.recorded(contract, reference="FS-2", vat=money.VAT + 1).state == "queried"
    assert "VAT of £186,762.60 is £32,683.46" in refused(money.settled)
    assert money.queried(contract, reference="FS-3").state == "queried"
    assert money.settled().state == "matched"
    assert money.compared().state == "matched", "the department has taken that difference"
    assert money.approved().state == "approved"
    call_command("check_invariants")


@pytest.mark.parametrize(("wrong", "words"), [
    ({"gross": Decimal(1)}, "are £219,446.06, not £1.00"), ({"net": Decimal(0)}, "asks for more than nothing"),
    ({"received_on": date(2008, 5, 7)}, "is still to come"), ({"invoiced_on": date(2008, 5, 7)}, "dated after"),
    ({"month": date(2008, 6, 1)}, "is for a month from"), ({"month": date(2007, 9, 1)}, "is for a month from"),
    ({"reference": " "}, "Say its reference"),
    ({"month": MAY, "invoiced_on": date(2008, 4, 30), "received_on": date(2008, 4, 30)}, "on 1 May 2008 at the earliest"),
])  # fmt: skip
def test_an_invoice_that_cannot_be_so_is_refused(wrong, words):
    assert words in refused(money.recorded, cast.contract(), **wrong)
    assert not Invoice.objects.exists()


def test_one_reference_once_until_it_is_rejected():
    contract = cast.contract()
    first = money.recorded(contract)
    assert "INV1 has the reference FS-1 already" in refused(money.recorded, contract, reference="fs-1 ")
    money.rejected(first)
    assert money.recorded(contract).state == "matched", "what was rejected uses up nothing"


def test_two_invoices_of_a_month_come_to_no_more_than_it():
    contract = cast.contract()
    money.recorded(contract)
    second = money.recorded(contract, reference="FS-2")
    last = second.checks.get()
    assert (second.state, last.billed_gbp, last.net_gbp) == ("queried", money.NET, Decimal("0.00"))
    money.disputed(contract.invoices.get(number=1))
    assert money.compared(second).state == "matched", "what is disputed uses up nothing"
    assert "more than is due" in refused(money.settled, contract.invoices.get(number=1))


def test_a_month_that_runs_waits_until_it_is_over_unless_what_is_due_already_is_asked():
    contract = cast.contract()
    waiting = money.recorded(contract, month=MAY)
    assert waiting.state == "received"
    money.all_made()
    assert money.invoice().state == "received"
    for _ in range(2):
        money.all_made(money.moment(date(2008, 6, 1)))
    assert money.invoice().state == "matched" and waiting.checks.count() == 2
    assert money.invoice().due_on == date(2008, 6, 30), "nothing was due before the first of June"


def test_milestones_are_due_at_once_less_what_their_delay_takes():
    contract = cast.contract()
    made.submitted(made.milestone(3))
    milestone = made.milestone(3)
    at = money.moment(milestone.due_on + timedelta(days=1))
    accepting.accept(milestone, shown_hash=made.last(milestone), by=cast.person(made.MANAGER), at=at)
    (release,) = made.milestone(3).submissions.get().decisions.get().releases.all()
    month = at.date().replace(day=1)
    found = money.recorded(contract, month=month, at=at, invoiced_on=at.date(), received_on=at.date(), net=release.payable_gbp,
                           vat=(release.payable_gbp * Decimal("0.175")).quantize(Decimal("0.01")))  # fmt: skip
    assert (found.state, found.checks.get().milestones_gbp) == ("matched", release.amount_gbp)
    assert found.due_on == at.date() + timedelta(days=29), "what is due while the month runs is paid from receipt on"
    assert found.checks.get().services_gbp == 0, "of a month that runs no service is due"


def test_a_credit_comes_off_the_invoice_that_it_names():
    contract = cast.contract()
    levels_cast.confirmed(contract)
    money.recorded(contract)
    money.applied("FS-1")
    assert money.invoice().state == "queried" and money.invoice().checks.last().credits_gbp == Decimal("6723.45")
    money.rejected()
    assert "INV1, FS-1, was rejected, and a service credit names that reference" in refused(money.recorded, contract, reference="FS-2")
    less = money.NET - Decimal("6723.45")
    assert money.recorded(contract, net=less, vat=(less * Decimal("0.175")).quantize(Decimal("0.01"))).state == "matched"
    money.approved()
    credit = Decimal("6723.45")
    assert money.recorded(contract, reference="FS-2", net=credit, vat=(credit * Decimal("0.175")).quantize(Decimal("0.01"))).state == "queried"
    assert "£0.00 is due" in refused(money.settled), "what a credit gave back is not asked for again"
    assert "name one that is still to be approved" in refused(money.applied, "FS-1", "EUS-B")
    other = levels_cast.credit("EUS-B")
    words = {"shown": crediting.shown_of(other), "by": cast.person(made.MANAGER), "at": money.AFTER}
    assert "would leave nothing to ask for" in refused(crediting.apply, other, invoice="fs-2", **words)
    assert other.level.payable_gbp > 0
    call_command("check_invariants")


def test_what_is_due_is_looked_at_again_before_it_is_approved():
    contract = cast.contract()
    found = money.recorded(contract)
    other = money.queried(contract, reference="FS-9")
    assert "more than is due" in refused(money.settled, other)
    money.disputed(found)
    money.settled(other)
    assert "It asks for £186,762.60 and £1.00 is due" in refused(money.settled, found)


def test_a_dispute_is_the_departments_to_end():
    contract = cast.contract()
    money.recorded(contract)
    assert money.disputed().state == "queried"
    assert "The department disputes it" in refused(money.compared)
    assert money.settled().state == "matched"
    assert "Give a reason" in refused(invoicing.reject, money.invoice(), reason=" ", by=cast.person(made.MANAGER), at=money.AFTER)


def test_who_keeps_out_of_the_order_or_recorded_the_invoice_decides_nothing():
    contract = cast.contract()
    found = money.recorded(contract)
    assert "Only the contract manager" in refused(invoicing.approve, found, shown_hash=found.content_hash, by=cast.person(made.SERVICE), at=money.AFTER)
    assert "Only the service manager" in refused(money.recorded, contract, reference="FS-2", by=cast.person(made.MANAGER))
    service, at = cast.person(made.SERVICE), money.AFTER
    with pytest.raises(IntegrityError, match="nobody decides on an invoice of their own"), transaction.atomic():
        InvoiceAct.objects.create(invoice=found, check_made=found.checks.get(), kind="rejected", words="x", person_id=service.person_id, person_name="x", at=at)
    declared(made.MANAGER)
    assert "You declared a conflict of interest in this order" in refused(money.approved, found)


def test_the_database_pays_nothing_that_is_not_approved_nor_more_than_it():
    found = money.recorded(cast.contract())
    row = {"invoice": found, "number": 1, "amount_gbp": 1, "paid_on": money.AFTER.date(), "recorded_by": uuid.uuid4(), "recorded_by_name": "x", "recorded_at": money.AFTER}
    with pytest.raises(IntegrityError, match="a payment is of an approved invoice"), transaction.atomic():
        InvoicePayment.objects.create(**row)
    money.approved()
    with pytest.raises(IntegrityError, match="a payment is of an approved invoice"), transaction.atomic():
        InvoicePayment.objects.create(**row | {"amount_gbp": found.gross_gbp + 1})
    with pytest.raises(IntegrityError, match="paid by its payments"), transaction.atomic():
        Invoice.objects.filter(pk=found.pk).update(state="paid")


def test_who_is_to_pay_is_reminded_before_the_last_day():
    contract = cast.contract()
    money.recorded(contract)
    money.approved()
    periodic.run(money.moment(date(2008, 5, 29)))
    assert not Reminder.objects.filter(subject__startswith="invoice").exists()
    for _ in range(2):
        periodic.run(money.moment(date(2008, 6, 3)))
    (said,) = Reminder.objects.filter(subject__startswith="invoice")
    assert said.level == "reminded" and said.told == cast.person(made.MANAGER).words
    money.paid(at=money.moment(date(2008, 6, 4)))
    periodic.run(money.moment(date(2008, 6, 20)))
    assert Reminder.objects.filter(subject__startswith="invoice").count() == 1


def test_the_pages_of_both_sides(client):
    contract = cast.contract()
    clock.step_to(money.AFTER, by=cast.person("framework.manager@co.example"))
    sign_in(client, made.SERVICE)
    new = reverse("contracts:record_invoice", args=[contract.public_id])
    typed = {
        "reference": "FS-1", "month": "2008-04", "invoiced_on_day": "5", "invoiced_on_month": "5", "invoiced_on_year": "2008",
        "received_on_day": "6", "received_on_month": "5", "received_on_year": "2008", "net": "186,762.60", "vat": "32,683.46",
        "gross": "219,446.06", "file": SimpleUploadedFile("i.pdf", made.DATA, "application/pdf"), "idempotency_key": str(uuid.uuid4()),
    }  # fmt: skip
    assert client.post(new, typed).status_code == 302
    found = money.invoice()
    address = reverse("contracts:invoice", args=[contract.public_id, 1])
    page = client.get(address).content.decode()
    assert "£186,762.60" in page and "4 June 2008" in page and "29 days left" in page and "Approve for payment" not in page
    assert client.get(reverse("contracts:invoice_file", args=[contract.public_id, 1])).content == made.DATA

    def act(name, **more):
        return client.post(reverse("contracts:invoice_act", args=[contract.public_id, 1, name]), {"idempotency_key": str(uuid.uuid4()), **more})

    assert act("approve", shown_hash=found.content_hash).status_code == 403
    sign_in(client, made.MANAGER)
    assert "invoice FS-1 to approve or dispute" in client.get("/").content.decode()
    assert client.get(new).status_code == 403
    assert act("approve", shown_hash=found.content_hash).status_code == 302
    paid_on = {"paid_on_day": "6", "paid_on_month": "5", "paid_on_year": "2008"}
    assert act("pay", amount="100,000", **paid_on).status_code == 302
    page = client.get(address).content.decode()
    assert "£119,446.06 left" in page and "Record a payment" in page
    assert "in force" in client.get(reverse("contracts:invoices", args=[contract.public_id])).content.decode(), "as every page of the contract says"
    text = client.get(reverse("contracts:invoices", args=[contract.public_id]) + "?format=csv").content.decode()
    assert "219446.06" in text and "100000.00" in text
    clock.step_to(money.moment(date(2008, 6, 10)), by=cast.person("framework.manager@co.example"))
    page = client.get(address).content.decode()
    assert "6 days late" in page and "13.5%" in page and "from 5 June 2008 to 10 June 2008" in page


def test_the_supplier_answers_on_what_is_queried_and_decides_nothing(client):
    """Both sides read it, the department is told, and the invoice stays queried until the department has decided."""
    contract = cast.contract()
    clock.step_to(money.AFTER, by=cast.person("framework.manager@co.example"))
    found = money.queried(contract)
    address = reverse("contracts:invoice", args=[contract.public_id, found.number])
    answer = reverse("contracts:invoice_act", args=[contract.public_id, found.number, "answer"])
    sign_in(client, made.SERVICE)
    page = client.get(address).content.decode()
    assert "Answer the query" in page and "takes it as it is, where it asks for no more than is due, or rejects it" in page
    key = {"idempotency_key": str(uuid.uuid4())}
    assert "Say what the department should know of it." in client.post(answer, key | {"words": ""}).content.decode()
    assert client.post(answer, {"idempotency_key": str(uuid.uuid4()), "words": "The pound is for the lock."}).status_code == 302
    assert Email.objects.get(template="contracts/email/invoice_answered.txt").recipient == made.MANAGER
    for email in (made.SERVICE, made.MANAGER):
        sign_in(client, email)
        page = client.get(address).content.decode()
        assert "The supplier answers" in page and "The pound is for the lock." in page and ">queried<" in page, email
    assert "Answer the query" not in page and client.get(answer).status_code == 403, "the department decides instead"
    money.settled(found)
    with pytest.raises(Refused, match="is matched"):
        money.answered(found)
    with pytest.raises(IntegrityError, match="an_invoice_answer_says_something"), transaction.atomic():
        InvoiceAnswer.objects.create(
            invoice=found, check_made=found.checks.last(), words="", person_id=uuid.uuid4(), person_name="x", at=money.AFTER
        )
    call_command("check_invariants")


def test_who_records_an_invoice_sees_what_is_left_to_invoice(client):
    contract = cast.contract()
    clock.step_to(money.AFTER, by=cast.person("framework.manager@co.example"))
    sign_in(client, made.SERVICE)
    new = reverse("contracts:record_invoice", args=[contract.public_id])
    april = billing.not_invoiced(contract, money.AFTER.date())[0]
    assert (april.month, april.net, april.vat) == (money.MONTH, money.NET, money.VAT), "May runs: nothing of it is due"
    page = client.get(new).content.decode()
    assert "Not invoiced yet" in page and "£186,762.60" in page and "£32,683.46" in page and "comes off the invoice" not in page
    money.queried(contract, reference="FS-8")
    assert "but FS-8 over £186,761.60, which is queried" in client.get(new).content.decode(), "it has been invoiced, and waits"
    money.rejected()
    assert "FS-8" not in client.get(new).content.decode()
    levels_cast.confirmed(contract, {"SD-S-FIX": "71.4"})
    money.applied("FS-9")
    page = client.get(new).content.decode()
    assert "comes off the invoice of the reference FS-9" in page and "£6,723.45" in page
    credit = billing.credited(contract, "FS-9")
    money.recorded(contract, reference="FS-9", net=money.NET - credit, vat=billing.vat(money.NET - credit, Decimal("17.5")))
    assert money.invoice().state == "matched" and billing.credits_without_invoice(contract) == []
    assert money.MONTH not in [one.month for one in billing.not_invoiced(contract, money.AFTER.date())], "all of it is used up"
