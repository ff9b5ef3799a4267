"""The end of a contract in a browser: proposed, notice given by a second person, in effect by the clock, its exit; and what runs
on after another has expired."""

from datetime import timedelta

from contracts import terminating
from contracts.models import Termination
from documents import clock
from tests import cast, paper
from tests.contracts import ending_cast as made

WHY = "The work moves to another department."


def test_from_a_proposal_to_the_exit(visit):
    contract = paper.executed(cast.accepted())
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
    supplier = visit(made.SERVICE)
    supplier.go(page)
    assert WHY not in supplier.text()

    officer = visit(made.OFFICER)
    assert "termination T1 to confirm or refuse" in officer.text()
    officer.go(page)
    officer.follow("Give notice")
    officer.look("end-confirm")
    officer.press("Give notice")
    officer.look("end-given")
    one = paper.notice_sealed(Termination.objects.select_related("contract__call_off").get())
    supplier.go(page)
    assert WHY in supplier.text() and "notice given" in supplier.text()
    supplier.follow(one.notice)
    supplier.look("end-notice")
    officer.go(f"/contracts/{contract.public_id}/charges/")
    assert "£12,345.67" in officer.text()

    terminating.take_effect(one, at=made.on(one.effective_on))
    clock.step_to(made.on(one.effective_on), by=cast.requester())
    supplier = visit(made.SERVICE)
    assert "exit: Return the data" in supplier.text()
    supplier.go(page)
    supplier.follow("Return the data")
    supplier.fill("What was done, and what shows it", "Handed over on a disk, with its description.")
    supplier.look("end-exit-item")
    supplier.press("Record")
    for code in ("data_usable", "data_deleted"):
        made.done(contract, code, made.on(one.effective_on))
    paper.return_certified(cast.fresh(contract).exit)
    manager = visit(made.MANAGER)
    manager.go(page)
    manager.look("end-exit")
    manager.follow("Certificate of returned data DR-2009-000001")
    manager.look("end-certificate")
    manager.go("/contracts/?state=terminated")
    assert contract.number in manager.text()
    manager.look("end-register")
    assert visit("requester@bis.example").go(page) == 404


def test_what_runs_on_is_said_until_it_is_stopped(visit):
    contract = made.expired(paper.executed(cast.accepted()))
    page = f"/contracts/{contract.public_id}/end/"
    clock.step_to(made.over(contract) + timedelta(days=3), by=cast.requester())
    manager = visit(made.MANAGER)
    manager.go(page)
    manager.follow("Record that services run on")
    manager.look("end-runs-on")
    manager.press("Record", refused=True)
    manager.page.get_by_label("CORE-01").check()
    manager.fill("Why?", "The new order is late.")
    manager.press("Record")
    assert "continuing without contract" in manager.text()
    manager.look("end-running-on")
    manager.follow("Record that they stopped")
    manager.fill("How was it stopped?", "Switched off.")
    manager.look("end-stop")
    manager.press("Record")
    manager.look("end-stopped")
