"""Joining in a browser: the Office for National Statistics applies, is asked, is approved, and both parties sign."""

from tests import cast
from tests.browser.test_journey import wait_for


def sign(visit, email, name):
    signatory = visit(email)
    signatory.look(f"home-{name}")
    signatory.sign("Office for National Statistics joins", "Read and sign the agreement", name)
    signatory.page.locator("#progress[hx-get]").wait_for(state="detached", timeout=240_000)
    signatory.close()


def test_a_department_joins(visit, tmp_path, live_worker):
    budgets = "budgets" + "_of_the_office" * 6  # where a name does not break, the page still fits
    for name in ("signatory", budgets, "signature"):
        (tmp_path / f"{name}.pdf").write_bytes(cast.PDF + name.encode())
    buyer = visit("requester@ons.example")
    buyer.look("home-not-joined")
    buyer.follow("Office for National Statistics joins")
    buyer.look("accession-empty")
    here = buyer.page.url

    buyer.follow("What for, and at which sites")
    buyer.fill("What does the department want", "Desktops and a service desk for 4,500 users.")
    for index, site in enumerate(cast.ONS_SITES):
        for name in ("name", "address", "seats"):
            buyer.page.locator(f"#id_site-{index}-{name}").fill(str(site[name]))
    buyer.look("application")
    buyer.press("Save and continue")

    buyer.follow("Who acts for the department")
    assert buyer.page.locator("#id_person-0-email").input_value().endswith("@ons.example"), "whom the register knows"
    buyer.page.locator("#id_person-0-limit_gbp").fill("1e9")
    buyer.press("Save and continue", refused=True)
    buyer.look("people-refused")
    buyer.page.locator("#id_person-0-limit_gbp").fill("")
    buyer.press("Save and continue")
    assert "Attach the evidence of who may sign" in buyer.text()

    buyer.follow("Evidence and delegation letters")
    for name, label in (("signatory", "evidence of who may sign"), (budgets, "delegation letter"), ("signature", "delegation letter")):
        buyer.choose(label)
        buyer.page.locator("input[type=file]").set_input_files(str(tmp_path / f"{name}.pdf"))
        buyer.press("Attach it")
    buyer.look("evidence")
    buyer.go(here)
    assert "It is not said for" in buyer.text()
    buyer.look("accession-letters-not-said")
    buyer.follow("Who acts for the department")
    for number in range(buyer.page.locator("select[name$=-letter_sha256]").count()):
        limited = buyer.page.locator(f"#id_person-{number}-limit_gbp").input_value() or buyer.page.locator(f"#id_person-{number}-unlimited").is_checked()
        signs = buyer.page.locator(f"#id_person-{number}-post").input_value() == "signatory"
        if limited:
            buyer.page.locator(f"#id_person-{number}-letter_sha256").select_option(label="signature.pdf" if signs else f"{budgets}.pdf")
    buyer.look("people-letters")
    buyer.press("Save and continue")
    assert "Still missing" not in buyer.text()
    buyer.follow("Send the application")
    buyer.look("apply")
    buyer.press("Send the application")
    assert "Sent." in buyer.text()
    buyer.look("accession-applied")

    lead = visit("accession.lead@co.example")
    lead.look("home-lead")
    lead.go("/joining/")
    lead.look("board")
    lead.go(here)
    lead.follow("Start the review")
    lead.press("Start the review")
    lead.follow("Ask the department")
    lead.fill("Your question", "Which of the sites has a network of its own?")
    lead.look("ask-department")
    lead.press("Ask the department")
    buyer.go("/")
    buyer.follow("Office for National Statistics joins")
    buyer.follow("Answer the question")
    buyer.fill("Your answer", "Titchfield.")
    buyer.press("Answer the question")
    lead.go(here)
    assert "Titchfield." in lead.text()
    lead.follow("Recommend it")
    assert "signature.pdf" in lead.page.get_by_role("row").filter(has_text="signatory@ons.example").inner_text()
    lead.look("recommend")
    lead.press("Recommend it")

    approver = visit("accession.approver@co.example")
    approver.follow("Office for National Statistics joins")
    approver.look("accession-recommended")
    approver.follow("Approve it")
    approver.press("Approve it")
    wait_for(approver, "Their turn")
    approver.look("agreement-issued")

    sign(visit, "signatory@ons.example", "department-signatory")
    sign(visit, "authority.signatory@co.example", "authority-signatory-agreement")
    buyer.go(here)
    wait_for(buyer, "active")
    buyer.look("accession-active")
    buyer.follow("Read it here")
    buyer.look("agreement-read")
    with buyer.page.expect_download() as got:
        buyer.page.evaluate("address => { location.href = address }", here + "agreement.pdf")
    got.value.save_as(tmp_path / "agreement.pdf")

    anybody = visit()
    anybody.go("/check/")
    anybody.page.locator("input[type=file]").set_input_files(str(tmp_path / "agreement.pdf"))
    anybody.press("Check it")
    wait_for(anybody, "Seals and signatures")
    assert "AA-2007-000001" in anybody.text() and "ONS signatory" in anybody.text()

    buyer.go("/")
    buyer.follow("Start a call-off")
    assert "public sector Flex" in buyer.text()


def test_a_first_administrator_is_proposed_by_one_and_confirmed_by_another(visit):
    lead = visit("accession.lead@co.example")
    lead.go("/joining/")
    lead.follow("Illustrative national museum")
    lead.follow("Invite it to apply")
    lead.fill("Who fills in the application?", "Mary Museum")
    lead.fill("Their email address", "accession.lead@co.example")
    lead.press("Invite it to apply", refused=True)
    lead.look("engage-refused")
    lead.fill("Their email address", "mary@museum.example")
    lead.press("Invite it to apply")
    assert "accession approver" in lead.text()
    lead.look("contact-waits")
    approver = visit("accession.approver@co.example")
    approver.follow("Illustrative national museum joins")
    approver.follow("Confirm the contact")
    approver.look("confirm-contact")
    approver.press("Confirm the contact")
    assert "Confirmed." in approver.text()
    approver.look("contact-confirmed")
    lead.go("/joining/")
    lead.follow("Department for Business, Innovation and Skills")
    lead.follow("Invite it to apply")
    assert "BIS administrator" in lead.text()
    lead.look("engage-known")
    lead.press("Invite it to apply")


def test_a_membership_ends_by_notice(visit):
    signatory = visit("signatory@dius.example")
    signatory.go("/joining/")
    here = signatory.page.url
    signatory.follow("End the membership by notice")
    for name, typed in (("day", "1"), ("month", "11"), ("year", "2007")):
        signatory.page.locator(f"[name=last_day_{name}]").fill(typed)
    signatory.fill("Reason", "The department is merged.")
    signatory.press("End the membership by notice", refused=True)
    signatory.look("notice-too-short")
    signatory.page.locator("[name=last_day_year]").fill("2008")
    signatory.press("End the membership by notice")
    signatory.look("accession-noticed")
    requester = visit("requester@dius.example")
    assert "lasts until 1 November 2008" in requester.text()
    requester.look("home-noticed")
    manager = visit("framework.manager@co.example")
    manager.go("/joining/")
    assert "until 1 November 2008, by notice" in manager.text()
    manager.look("board-noticed")
    signatory.go(here)
    signatory.follow("Take back the notice")
    signatory.look("take-back-notice")
    signatory.fill("Reason", "It is not merged.")
    signatory.press("Take back the notice")
    assert "lasts until" not in signatory.text()
