"""Ordering well in a browser: a sheet uploaded, a what-if, an exception asked for and granted, parts counted together."""

from pathlib import Path

from procurement import workflow
from tests import cast

DATA = Path(__file__).resolve().parents[2] / "config" / "data" / "flex"
WHY = "Two laboratories at Runcorn drive instruments that need a local disk."
LEAD = "commercial.lead@co.example"


def test_a_sheet_a_question_and_an_exception(visit, tmp_path):
    first = cast.submitted()
    order = cast.drafted()
    here = f"/call-offs/{order.public_id}/"
    buyer = visit("requester@dius.example")
    buyer.go(here + "tasks/")
    buyer.follow("Sites and lines as a sheet")
    buyer.look("sheet")
    choose = buyer.page.locator("input[type=file]")
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    lines = (DATA / "dius_call_off.csv").read_text()
    bad.write_text(lines.replace("London,434", "Paris,434").replace("Sheffield,147", "Sheffield,1e3"))
    good.write_text(
        lines.replace("CORE-01,Runcorn,42,2008-04-01,55", "CORE-01,Runcorn,40,2008-04-01,55\nshared,CORE-03,Runcorn,2,,")
    )
    choose.nth(1).set_input_files(str(bad))
    buyer.press("Check the sheet", refused=True)
    assert "row 5, column site: 'Paris'" in buyer.text() and "row 6, column quantity: '1e3'" in buyer.text()
    buyer.look("sheet-refused")
    buyer.page.locator("input[type=file]").nth(1).set_input_files(str(good))
    buyer.press("Check the sheet")
    assert "CORE-03, Runcorn: 2, new" in buyer.text()
    buyer.look("sheet-preview")
    buyer.press("Put it into the draft")
    assert "The sheet stands in the draft." in buyer.page.inner_text("body")
    buyer.look("tasks-with-exception")

    buyer.follow("What if we ordered more seats, or fewer?")
    buyer.look("what-if")
    buyer.choose("more seats")
    buyer.fill("How many seats?", "1,500")
    buyer.press("Show it")
    assert "2,500 seats instead of 1,000" in buyer.text()
    buyer.look("what-if-answer")
    buyer.go("/what-if/?change=more&seats=4500")
    buyer.look("what-if-before-ordering")

    buyer.go(here + "tasks/")
    buyer.follow("Exceptions asked for")
    buyer.look("exceptions")
    buyer.press("Save and continue", refused=True)
    buyer.look("exceptions-refused")
    buyer.fill("Why CORE-03 is needed", WHY)
    buyer.press("Save and continue")
    buyer.go(here + "check/")
    assert f"{first.reference}, submitted on" in buyer.text() and "Counted together" in buyer.text()
    buyer.look("check-counted-together")
    buyer.press("Submit for approval")
    workflow.withdraw(first, reason="It was a part of the other.", by=cast.requester(), at=cast.START)

    holder = visit("budget.holder@dius.example")
    holder.go(here + "steps/1/")
    assert "Counted together" in holder.text() and WHY in holder.text()
    holder.look("brief-counted-together")
    for email in cast.ROUTE[:4]:
        cast.decide(order, email)

    lead = visit(LEAD)
    step = cast.fresh(order).revision.approval.steps.get(post="commercial_lead")
    lead.go(here + f"steps/{step.position}/")
    lead.look("brief-with-exception")
    lead.follow("Grant or refuse")
    lead.look("exception")
    lead.press("Decide", refused=True)
    lead.look("exception-undecided")
    lead.choose("Grant it")
    lead.choose("I declare that I have no conflict of interest in this order.")
    lead.press("Decide")
    assert "Granted" in lead.text()
    lead.look("brief-exception-granted")
    for email in cast.ROUTE[4:]:
        cast.decide(order, email)

    desk = visit("order.desk@fujitsu.example")
    desk.go(here)
    assert "by exception, granted on" in desk.text() and WHY not in desk.page.content()
    desk.look("order-by-exception-for-supplier")
