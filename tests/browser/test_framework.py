"""A framework suspended and resumed in a browser, a reminder and a lapse by the clock, and an end that two people make."""

from tests import cast

MANAGER, DIRECTOR, DESK = "framework.manager@co.example", "deputy.director@co.example", "order.desk@fujitsu.example"


def step_to(visitor, day, month, year):
    visitor.go("/clock/")
    for label, value in (("Day", day), ("Month", month), ("Year", year)):
        visitor.fill(label, str(value), exact=True)
    visitor.press("Step forward")


def test_a_framework_stands_goes_on_and_an_order_lapses_by_the_clock(visit):
    waiting, deciding = cast.with_supplier(), cast.submitted()
    here, there = f"/call-offs/{waiting.public_id}/", f"/call-offs/{deciding.public_id}/"

    manager = visit(MANAGER)
    manager.go("/framework/")
    manager.look("framework-live")
    manager.follow("Extend the framework")
    manager.look("framework-extend")
    manager.fill("By how many months?", "20")
    manager.press("Extend the framework", refused=True)
    manager.look("framework-extend-refused")
    manager.go("/framework/")
    manager.follow("Suspend the framework")
    manager.look("framework-suspend")
    manager.fill("Reason", "The supplier's accounts are being examined.")
    manager.press("Suspend the framework")
    assert "Suspended since" in manager.text()
    manager.look("framework-suspended")

    desk = visit(DESK)
    desk.look("home-clock-stands")
    desk.go(here)
    assert "time to answer stands, with 5 working days left" in desk.text()
    desk.look("order-clock-stands")
    buyer = visit("requester@dius.example")
    buyer.go(there)
    assert "Reminders stand; approvals go on" in buyer.text()
    buyer.look("order-reminders-stand")

    step_to(manager, 15, 10, 2007)
    desk.go(here)
    assert "time to answer stands, with 5 working days left" in desk.text(), "two weeks on, and nothing has lapsed"
    manager.go("/framework/")
    manager.follow("Resume the framework")
    manager.look("framework-resume")
    manager.press("Resume the framework")
    desk.go(here)
    assert "to answer by the end of 22 October 2007" in desk.text()

    step_to(manager, 19, 10, 2007)
    buyer.go(there)
    assert "Reminded, 18 October 2007" in buyer.text()
    buyer.look("order-reminded")
    step_to(manager, 24, 10, 2007)
    buyer.go(here)
    assert "The supplier did not answer in time." in buyer.text()
    buyer.look("order-lapsed")
    buyer.press("Copy to a new draft")
    buyer.go(there)
    assert "The next in line was told" in buyer.text()
    buyer.look("order-escalated")

    manager.go("/framework/")
    manager.follow("Propose its termination")
    manager.look("framework-propose")
    manager.fill("Reason", "The supplier is insolvent.")
    manager.press("Propose its termination")
    manager.go("/framework/")
    manager.look("framework-proposed")
    director = visit(DIRECTOR)
    director.look("home-termination-proposed")
    director.follow("Termination of")
    director.look("framework-confirm")
    director.press("Confirm its termination")
    director.look("framework-terminated")
    step_to(manager, 25, 10, 2007)
    buyer.go(there)
    assert "The framework has ended." in buyer.text()
    buyer.look("order-lapsed-with-its-framework")
    manager.go("/framework/")
    manager.follow("Close it")
    manager.look("framework-close")
