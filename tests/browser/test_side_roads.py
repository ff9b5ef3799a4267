"""Off the straight road in a browser: asking, returning, rejecting, declining, refusing, copying, and being refused.

The orders are brought to where the page is needed by the real actions; the page itself is used by its person.
"""

import re

import pikepdf

from procurement import approval
from tests import cast
from tests.browser.journey import PASSWORD

REASON = "The quantities of Runcorn are not those of the business case."


def path_of(order, page=""):
    return f"/call-offs/{order.public_id}/{page}"


def test_what_an_approver_and_the_requester_say_to_each_other(visit):
    order = cast.submitted()
    buyer, holder = visit("requester@dius.example"), visit("budget.holder@dius.example")
    holder.go("/")
    holder.follow(order.reference)
    holder.follow("Ask the requester")
    holder.look("ask")
    holder.fill("Your text", "Which budget pays the telephones?")
    holder.press("Send the question")

    buyer.go("/")
    buyer.follow(order.reference)
    buyer.look("answer")
    assert "Which budget pays the telephones?" in buyer.text()
    buyer.fill("Your text", "The same one.")
    buyer.press("Send the answer")
    buyer.look("order-with-question")
    assert buyer.page.locator(".govuk-button", has_text="Recall").count() == 1

    holder.go(path_of(order, "steps/1/"))
    assert "The same one." in holder.text()
    holder.follow("Return for amendment")
    holder.look("return")
    holder.press("Return it", refused=True)
    holder.look("return-refused")
    holder.go(path_of(order, "steps/1/recuse/"))
    holder.look("recuse")
    holder.press("Declare it and keep out", refused=True)
    holder.look("recuse-refused")
    holder.go(path_of(order, "steps/1/return/"))
    holder.fill("Reason", REASON)
    holder.choose("I declare that I have no conflict of interest in this order.")
    holder.press("Return it")
    holder.look("returned-for-approver")

    buyer.go("/")
    buyer.follow(order.reference)
    buyer.look("tasks-returned")
    assert "back for amendment" in buyer.page.locator(".flex-state").inner_text()
    assert REASON in buyer.text()
    buyer.go(path_of(order, "check/"))
    buyer.press("Submit for approval")
    buyer.go(path_of(order, "recall/"))
    buyer.look("recall")
    buyer.press("Recall it")
    buyer.go(path_of(order, "withdraw/"))
    buyer.look("withdraw")
    buyer.fill("Reason", "It is ordered with another department.")
    buyer.press("Withdraw it")
    buyer.look("order-withdrawn")
    buyer.press("Copy to a new draft")
    assert buyer.page.url.endswith("/tasks/")

    assert holder.go(path_of(order, "tasks/")) == 403
    holder.look("not-yours")
    assert "requester" in holder.text()


def test_what_the_supplier_asks_and_the_department_answers(visit):
    order = cast.with_supplier()
    desk, buyer = visit("order.desk@fujitsu.example"), visit("requester@dius.example")
    desk.go(path_of(order))
    desk.follow("Ask the department")
    desk.look("supplier-asks")
    desk.press("Send the question", refused=True)
    desk.fill("Your text", "Is the network room at Runcorn locked at night?")
    desk.press("Send the question")
    desk.look("order-with-open-question")
    assert "has not been answered" in desk.page.locator("main").text_content()

    buyer.go("/")
    buyer.look("home-with-suppliers-question")
    buyer.follow(order.reference)
    buyer.look("answer-the-supplier")
    buyer.fill("Your text", "It is; the key is at the reception.")
    buyer.press("Send the answer")
    buyer.look("order-with-answered-question")
    desk.go(path_of(order))
    assert "the key is at the reception" in desk.text()
    assert desk.page.locator("a[role=button]", has_text="Read and accept").count() == 1


def test_a_rejection_a_decline_and_a_refusal_to_sign_each_end_an_order_in_words(visit, live_worker):
    rejected, declined, refused = cast.submitted(), cast.with_supplier(), cast.accepted()
    holder = visit("budget.holder@dius.example")
    holder.go(path_of(rejected, "steps/1/reject/"))
    holder.look("reject")
    holder.fill("Reason", REASON)
    holder.choose("I declare that I have no conflict of interest in this order.")
    holder.press("Reject it")
    holder.look("order-rejected")
    assert REASON in holder.text()

    desk = visit("order.desk@fujitsu.example")
    desk.go(path_of(declined))
    desk.follow("Decline")
    desk.look("decline")
    desk.choose("We cannot deliver in this time")
    desk.fill("In words", "The data centre of Runcorn is full until May.")
    desk.press("Decline it")
    desk.look("order-declined")
    assert "We cannot deliver in this time. The data centre of Runcorn is full until May." in desk.text()

    signatory = visit("supplier.signatory@fujitsu.example")
    signatory.go(f"/contracts/{refused.public_id}/")
    signatory.page.locator("#progress:not([hx-get])").wait_for(timeout=240_000)
    signatory.go(f"/contracts/{refused.public_id}/")
    signatory.follow("Refuse to sign")
    signatory.look("refuse")
    signatory.choose("The order ends")
    signatory.fill("Reason", "The special term is not what was agreed.")
    signatory.press("Refuse")
    signatory.look("contract-void")
    assert signatory.page.locator(".flex-state").inner_text() == "void"
    assert "nobody is bound by it" in signatory.text()

    auditor = visit("auditor@co.example")
    auditor.look("home-auditor")
    for order, name in ((declined, "order-for-auditor"), (refused, "order-void-for-auditor")):
        auditor.go(path_of(order))
        auditor.look(name)
        assert not auditor.page.locator("main .govuk-button").filter(has_not_text=re.compile("Contract")).count()
    assert auditor.go(path_of(rejected)) == 404  # it never reached the purchasing authority


def test_an_approval_brief_prints_on_one_page(visit, tmp_path):
    """The whole DIUS order with seven decisions, each with its comment, and a question answered."""
    order = cast.submitted()
    for email in cast.ROUTE[:6]:
        by = cast.person(email)
        step = cast.open_step(order, by)
        if step.side == "authority" and step.post == "commercial_lead":
            asked = approval.ask(step, text="Which budget pays the telephones?", by=by, at=cast.START)
            approval.answer(asked, text="The same one.", by=cast.requester(), at=cast.START)
        approval.decide(step, shown_hash=order.revision.revision_hash, no_conflict=True, by=by, at=cast.START,
                        comment="Right as far as this post goes; the figures were compared with the business case.")  # fmt: skip
    director = visit(cast.ROUTE[6])
    director.go(path_of(order, "steps/7/"))
    assert "The same one." in director.text()
    director.page.pdf(path=tmp_path / "brief.pdf", format="A4", prefer_css_page_size=True)
    with pikepdf.open(tmp_path / "brief.pdf") as pdf:
        assert len(pdf.pages) == 1


def test_the_pages_around_signing_in(visit):
    somebody = visit()
    for path, name in (("/accounts/sign-in/", "sign-in"), ("/accounts/password/forgotten/", "password-forgotten")):
        somebody.go(path)
        somebody.look(name)
    somebody.fill("Email address", "requester@dius.example")
    somebody.press("Send the link")
    somebody.look("password-sent")
    somebody.go("/accounts/sign-in/")
    somebody.fill("Email address", "requester@dius.example")
    somebody.fill("Password", "not this one")
    somebody.press("Sign in", refused=True)
    somebody.look("sign-in-refused")
    buyer = visit("requester@dius.example")
    buyer.go("/accounts/password/")
    buyer.look("password-change")
    buyer.go("/accounts/sign-in-again/")
    buyer.look("sign-in-again")
    buyer.fill("Password", PASSWORD)
    buyer.press("Continue")
    buyer.go("/clock/")
    buyer.page.locator("input[id$=_day]").fill("30")
    buyer.page.locator("input[id$=_month]").fill("9")
    buyer.page.locator("input[id$=_year]").fill("2007")
    buyer.press("Step forward", refused=True)
    buyer.look("clock-refused")
    deputy = visit("deputy.budget.holder@dius.example")  # whose address is one long word
    deputy.go("/messages/")
    deputy.look("messages")
    deputy.press("Save")
    deputy.look("messages-saved")
    buyer.go("/accounts/sign-out/")
    buyer.look("sign-out")
