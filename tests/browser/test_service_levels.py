"""A month of service levels in a browser: reported, confirmed, a credit disputed with evidence, upheld, and taken off an invoice."""

import pytest

from documents import clock
from tests import cast, paper
from tests.contracts import levels_cast, transition_cast

pytestmark = pytest.mark.world("in_force")

LOG = {"name": "log.pdf", "mimeType": "application/pdf", "buffer": transition_cast.DATA}
ALARM, DECIDED = "A fire alarm stopped the desk on the 9th.", "The desk has a second site for that."


def test_a_month_from_the_report_over_a_dispute_to_the_invoice(visit):
    contract = paper.in_force()
    clock.step_to(levels_cast.AFTER, by=cast.requester())
    month = f"/contracts/{contract.public_id}/levels/2008-04/"
    supplier = visit(levels_cast.SERVICE)
    assert "service levels of April 2008 to report" in supplier.text()
    supplier.look("home-levels-to-report")
    supplier.go(month)
    supplier.look("levels-none")
    supplier.follow("Report what was measured")
    supplier.look("levels-report")
    supplier.press("Report", refused=True)
    supplier.look("levels-report-refused")
    for code, one in levels_cast.measured(contract, {"SD-S-FIX": "71.4"}).items():
        supplier.page.locator(f"#id_actual_{code}").fill(one.actual)
    supplier.press("Report")
    supplier.look("levels-reported")

    manager = visit(levels_cast.MANAGER)
    manager.go(month)
    manager.follow("Confirm the report")
    manager.look("levels-confirm")
    manager.press("Confirm")
    assert "3.6 points below target" in manager.text()
    manager.look("levels-calculated")
    manager.follow("Notify the supplier")
    manager.look("credit-notify")
    manager.press("Notify the supplier")

    supplier.go(month)
    supplier.follow("Dispute")
    supplier.look("credit-dispute")
    supplier.fill("Reason", ALARM)
    supplier.press("Dispute", refused=True)
    supplier.look("credit-dispute-refused")
    supplier.page.get_by_label("Evidence").set_input_files(LOG)
    supplier.press("Dispute")
    supplier.look("credit-disputed")

    manager.go(month)
    assert ALARM in manager.text()
    manager.follow("Uphold the credit")
    manager.look("credit-uphold")
    manager.fill("Reason", DECIDED)
    manager.press("Uphold the credit")
    manager.follow("Apply to an invoice")
    manager.fill("Reference of the invoice that is less by it", "FS-2008-04")
    manager.look("credit-apply")
    manager.press("Apply to an invoice")
    manager.look("credit-applied")
    manager.follow("Service levels")
    assert "£6,723.45" in manager.text()
    manager.look("levels")
    outsider = visit("requester@bis.example")
    assert outsider.go(month) == 404
