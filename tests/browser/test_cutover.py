"""A cutover in a browser: overdue and expected, begun, submitted with evidence, sent back, submitted again, and accepted."""

import pytest

from documents import clock
from tests import cast, paper
from tests.contracts import transition_cast as made

pytestmark = pytest.mark.world("in_force")

REPORT = {"name": "handover.pdf", "mimeType": "application/pdf", "buffer": made.DATA}
WORDS = "What shows that it is met"


def submit(supplier, words: str, name: str) -> None:
    supplier.follow("Submit for acceptance")
    supplier.look(f"milestone-submit-{name}")
    supplier.press("Submit", refused=True)
    supplier.look(f"milestone-submit-refused-{name}")
    supplier.fill(WORDS, words)
    supplier.page.get_by_label("A file that shows it").set_input_files(REPORT)
    supplier.press("Submit")


def day(visitor, group: str, *parts: str) -> None:
    """The three inputs of a day, in the group of its question."""
    fields = visitor.page.get_by_role("group", name=group)
    for label, value in zip(("Day", "Month", "Year"), parts, strict=True):
        fields.get_by_label(label, exact=True).fill(value)


def test_a_cutover_that_comes_late_is_accepted_and_changes_the_terms(visit):
    contract = paper.in_force()
    first = contract.starts_on
    made.submitted(made.milestone(2), made.on(first))
    made.accepted(made.milestone(2), first, made.on(first))
    clock.step_to(made.on(made.date(2008, 4, 10)), by=cast.requester())
    base, name = f"/contracts/{contract.public_id}/", "M8 Shared service commencement (cutover)"

    supplier, manager = visit(made.SERVICE), visit(made.MANAGER)
    supplier.look("home-milestones-due")
    supplier.go(base)
    supplier.follow("Transition")
    assert "shown as if it came on 11 April 2008" in supplier.text()
    supplier.look("plan-overdue")
    supplier.follow(name)
    supplier.look("milestone-planned")
    supplier.follow("Begin")
    supplier.look("milestone-begin")
    supplier.press("Begin")
    submit(supplier, "All lines were switched at six in the morning.", "first")
    supplier.look("milestone-submitted")

    manager.go("/")
    manager.look("home-milestone-to-decide")
    manager.go(f"{base}charges/")
    manager.look("charges-expected")
    manager.go(f"{base}plan/8/")
    manager.follow("Accept or send back")
    manager.look("milestone-decide")
    manager.choose("Send back: a criterion is not met")
    manager.press("Record the decision", refused=True)
    manager.look("milestone-decide-refused")
    manager.fill("If it is not met, why", "Runcorn was switched at noon.")
    manager.press("Record the decision")
    manager.look("milestone-sent-back")

    supplier.go(f"{base}plan/8/")
    assert "Runcorn was switched at noon." in supplier.text()
    submit(supplier, "Runcorn too.", "again")
    manager.go(f"{base}plan/8/decide/")
    manager.choose("Accept: every criterion is met")
    day(manager, "The day of the cutover: the first of the shared service", "9", "4", "2008")
    manager.press("Record the decision")
    manager.look("milestone-achieved")
    manager.follow("MC-2008-000001")
    assert "Cutover on 9 April 2008" in manager.text()
    manager.look("certificate")
    manager.go(f"{base}plan/")
    assert "shown as if" not in manager.text()
    manager.look("plan-after-cutover")
    manager.go(f"{base}terms/?on=2008-04-09")
    assert "MC-2008-000001" in manager.text()
    manager.look("terms-after-cutover")
    manager.go(f"{base}plan/3/move/")
    manager.look("milestone-move")
    manager.go(f"{base}plan/3/fail/")
    manager.look("milestone-fail")
    outsider = visit("requester@bis.example")
    assert outsider.go(f"{base}plan/8/") == 404
