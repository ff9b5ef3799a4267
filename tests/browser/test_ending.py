"""The end of a contract in a browser: proposed, notice given by a second person, in effect by the clock, its exit; and what runs
on after another has expired."""

from datetime import timedelta

import pytest

from contracts import terminating
from contracts.models import Termination
from documents import clock
from tests import cast, paper
from tests.contracts import ending_cast as made

pytestmark = pytest.mark.world("in_force")

WHY = "The work moves to another department."


def test_from_a_proposal_to_the_exit(visit):
    contract = paper.in_force()
    page = f"/contracts/{contract.public_id}/end/"
    manager = visit(made.MANAGER)
    manager.go(page)
    manager.follow("Propose its termination")
    manager.press("Propose", refused=True)
    manager.look("end-propose-refused")
    manager.page.get_by_label("Convenience (clause 30.4)").check()
    manager.fill("Why? The notice says it to the supplier", WHY)
    for part, value in (("day", "16"), ("month", "2"), ("year", "2009")):
        manager.page.locator(f"#id_last_day_{part}").fill(value)
    manager.fill("For convenience: break cost, GBP without VAT (optional)", "12,345.67")
    manager.fill("How the supplier has proven it", "Leases that run on.")
    manager.press("Propose")
    officer = visit(made.OFFICER)
    officer.go(page)
    officer.follow("Give notice")
    officer.look("end-confirm")
    officer.press("Give notice")
    officer.look("end-given")
    one = Termination.objects.select_related("contract__call_off").get()
    officer.follow(one.notice)
    officer.look("end-notice")

    terminating.take_effect(one, at=made.on(one.effective_on))
    clock.step_to(made.on(one.effective_on), by=cast.requester())
    supplier = visit(made.SERVICE)
    supplier.go(page)
    supplier.follow("Return the data")
    supplier.fill("What was done, and what shows it", "Handed over on a disk, with its description.")
    supplier.look("end-exit-item")
    supplier.press("Record")
    supplier.look("end-exit")


def test_what_runs_on_is_said_until_it_is_stopped(visit):
    contract = made.expired(paper.in_force())
    clock.step_to(made.over(contract) + timedelta(days=3), by=cast.requester())
    manager = visit(made.MANAGER)
    manager.go(f"/contracts/{contract.public_id}/end/")
    manager.follow("Record that services run on")
    manager.page.get_by_label("CORE-01").check()
    manager.fill("Why?", "The new order is late.")
    manager.press("Record")
    manager.look("end-running-on")
