"""An invoice from its record to a part of its payment, and a month declared to the authority, in a browser."""

from datetime import date

import pytest

from documents import clock
from tests import cast, paper
from tests.contracts import money_cast as money
from tests.contracts import transition_cast as made

pytestmark = pytest.mark.world("in_force")

PAPER = {"name": "invoice.pdf", "mimeType": "application/pdf", "buffer": made.DATA}


def _day(visitor, name: str, day: date) -> None:
    for part, value in (("day", day.day), ("month", day.month), ("year", day.year)):
        visitor.page.locator(f"#id_{name}_{part}").fill(str(value))


def test_an_invoice_is_paid_and_a_month_declared(visit):
    contract = paper.in_force()
    clock.step_to(money.AFTER, by=cast.requester())
    supplier = visit(money.ACCOUNT)
    supplier.go(f"/contracts/{contract.public_id}/invoices/")
    supplier.follow("Record an invoice")
    supplier.press("Record", refused=True)
    supplier.look("invoice-record-refused")
    supplier.fill("Reference of the invoice", "FS-2008-04")
    for name, day in (("invoiced_on", date(2008, 4, 30)), ("received_on", date(2008, 5, 2))):
        _day(supplier, name, day)
    for label, amount in (("Net, without VAT", "186,762.60"), ("VAT", "32,683.46"), ("Gross, with VAT", "219,446.06")):
        supplier.fill(label, amount, exact=True)
    supplier.page.get_by_label("The invoice as a file").set_input_files(PAPER)
    supplier.press("Record")
    assert "matched" in supplier.text() and "31 May 2008" in supplier.text()

    manager = visit(made.MANAGER)
    manager.go(f"/contracts/{contract.public_id}/invoices/1/")
    manager.follow("Approve for payment")
    manager.press("Approve for payment")
    manager.follow("Record a payment")
    manager.fill("Amount paid, with VAT", "200,000.00")
    manager.press("Record a payment")
    assert "£19,446.06 left" in manager.text()
    manager.look("invoice-paid-in-part")
    manager.follow("Invoices")
    manager.look("invoices")

    supplier.go("/returns/")
    supplier.look("returns")
    supplier.follow("April 2008")
    supplier.follow("Confirm or explain")
    supplier.look("return-declare")
    supplier.page.locator(f"#id_amount_{contract.number}").fill("186,662.60")
    supplier.page.locator(f"#id_explanation_{contract.number}").fill("One desk was closed for a day.")
    supplier.press("Declare")
    assert "£933.31" in supplier.text()
    supplier.look("return-declared")
    supplier.go("/waived-credits/")
    supplier.look("waived-credits")
