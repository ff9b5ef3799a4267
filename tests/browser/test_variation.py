"""A variation in a browser: entered beside what stands, its share and gateway, the brief, the document that is signed."""

import pytest

from contracts.models import Variation
from tests import paper
from tests.contracts import variation_cast as made

pytestmark = pytest.mark.world("in_force")

ANSWERS = ("The same services for the same work.", "The same prices.")


def test_a_variation_from_what_changes_to_the_first_signature(visit, live_worker):
    contract = paper.in_force()
    manager = visit(made.MANAGER)
    manager.go(f"/contracts/{contract.public_id}/variations/")
    manager.look("variations-none")
    manager.follow("Begin a variation")
    manager.page.get_by_label("quantities: more or fewer").check()
    manager.fill("What is the variation called?", "100 more desktops at London")
    manager.look("variation-new")
    manager.press("Begin")
    lines = {(line.service.code, line.site): line.number for line in contract.lines.select_related("service")}
    for one in made.wanted():
        manager.page.locator(f"#id_by_{lines[one.service_code, one.site]}").fill(str(one.quantity_change))
    for part, value in (("day", "1"), ("month", "11"), ("year", "2008")):
        manager.page.locator(f"#id_effective_on_{part}").fill(value)
    manager.look("variation-lines")
    manager.press("Save and continue")
    assert "534" in manager.text() and "of £11,252,943.00" in manager.text()
    manager.follow("Say why, and by which gateway")
    manager.fill("Why is the contract to be changed?", made.REASON)
    manager.page.get_by_label("not a substantial modification").check()
    manager.press("Save and continue")
    for place, words in enumerate(ANSWERS, start=1):
        manager.page.locator("textarea").nth(place).fill(words)
    manager.look("variation-grounds")
    manager.press("Save and continue")
    manager.look("variation-draft")
    manager.follow("Assess it")
    manager.look("variation-assess")
    manager.press("Assess it")
    manager.follow("Submit for approval")
    manager.press("Submit for approval")
    manager.look("variation-in-approval")

    approver = visit("budget.holder@dius.example")
    approver.follow("VAR-01")
    approver.look("variation-brief")
    approver.follow("Endorse")
    approver.choose("I declare that I have no conflict of interest in this variation.")
    approver.look("variation-decide")
    approver.press("Endorse")
    assert "Endorsed." in approver.text()
    made.decided(Variation.objects.get())

    signatory = visit("supplier.signatory@fujitsu.example")
    signatory.go(f"/contracts/{contract.public_id}/variations/1/")
    signatory.page.get_by_text("Their turn").wait_for(timeout=240_000)
    signatory.go("/")
    signatory.sign("CON-2007-000001", "Read and sign", "variation")
    signatory.page.locator("#progress[hx-get]").wait_for(state="detached", timeout=240_000)
    signatory.look("variation-signed")
    signatory.follow("Read it here")
    signatory.look("variation-document")
