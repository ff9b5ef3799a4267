"""A negotiation in a browser: a question and its answer, a counter-proposal refused, a second one accepted."""

from documents import clock
from tests import cast
from tests.browser.test_side_roads import path_of


def counter(desk, order):
    """Four months of the interim service: the form, what it comes to, and off it goes."""
    desk.go(path_of(order))
    desk.follow("Counter-propose")
    desk.look("counter-form")
    desk.press("See what it comes to", refused=True)
    assert "Say why" in desk.text()
    desk.look("counter-form-refused")
    desk.fill("Months of interim service", "4")
    desk.fill("Months of shared service", "56")
    desk.page.locator("#id_counter-shared_starts_on_month").fill("3")
    desk.fill("Why you propose it", "The data centre of Runcorn is full until May.")
    desk.press("See what it comes to")
    desk.look("counter-check")
    desk.press("Change it")
    assert desk.page.get_by_label("Months of interim service").input_value() == "4"
    desk.press("See what it comes to")
    desk.press("Send the counter-proposal")
    assert "Sent." in desk.text()
    desk.look("order-counter-proposed")


def test_a_negotiation(visit):
    order = cast.with_supplier()
    desk, buyer = visit("order.desk@fujitsu.example"), visit("requester@dius.example")
    desk.go(path_of(order))
    desk.follow("Ask the department")
    desk.fill("Your text", "May the interim service last until April?")
    desk.press("Send the question")
    buyer.go(path_of(order))
    buyer.follow("Answer the supplier")
    buyer.fill("Your text", "If it must; propose it.")
    buyer.press("Send the answer")

    counter(desk, order)
    desk.follow("Take it back")
    desk.look("counter-take-back")
    desk.press("Take it back")
    assert "Taken back." in desk.text()
    cast.countered(order, cast.later(order), clock.business_now())
    buyer.go("/")
    buyer.look("home-with-counter-proposal")
    buyer.follow(order.reference)
    buyer.look("order-with-counter-proposal")
    buyer.follow("Refuse the counter-proposal")
    buyer.look("counter-refuse")
    buyer.press("Refuse it", refused=True)
    buyer.fill("Reason", "Not earlier but later, please.")
    buyer.press("Refuse it")
    assert "Refused." in buyer.text()

    desk.go(path_of(order))
    assert "Not earlier but later, please." in desk.text()
    desk.look("order-counter-refused")
    cast.countered(order, cast.later(order), clock.business_now())
    buyer.go(path_of(order))
    buyer.follow("Read and accept the counter-proposal")
    buyer.look("counter-accept")
    assert "Who will decide again" in buyer.text()
    buyer.press("Accept and submit for approval")
    buyer.look("counter-accepted")
    buyer.go(path_of(order))
    buyer.look("order-after-counter")
    assert "Counter-proposal 3: accepted" in buyer.text() and "May the interim service" in buyer.text()
    assert "revision 2" in buyer.text()

    desk.go(path_of(order))
    desk.look("order-back-with-the-department")
    assert "back with the department" in desk.text()
    holder = visit("budget.holder@dius.example")
    holder.go("/")
    holder.follow(order.reference)
    holder.look("brief-after-counter")
    assert "Changed since revision 1, the last that came to the budget holder" in holder.text()
