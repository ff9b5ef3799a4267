"""The main job in a browser: DIUS orders, seven people decide, the supplier accepts, three sign, anybody checks.

The worker, the keys, the documents and the database are real; every page on the way is looked at.
"""

import csv
import re
import time
from hashlib import sha256
from pathlib import Path

from config.story.orders import milestone
from procurement import drafting
from procurement.models import CallOff
from tests import cast
from tests.browser.journey import ROOT

DATA = ROOT / "config" / "data" / "flex"


def rows(name):
    with open(DATA / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def fill_day(buyer, start, day, index=0):
    year, month, number = day.split("-")
    for part, value in (("day", number), ("month", month), ("year", year)):
        buyer.page.locator(f"#{start}_{part}").fill(value)


def order(buyer):
    """The task list from an empty draft to the check page, as a person fills it."""
    buyer.go("/call-offs/new/")
    buyer.look("new")
    buyer.fill("What is the order called?", "Shared desktop service for DIUS")
    buyer.press("Start")
    assert "Shared desktop service for DIUS" in buyer.heading()
    base = buyer.page.url.removesuffix("tasks/")
    buyer.look("tasks-empty")

    buyer.go(base + "sites/")
    for index, row in enumerate(rows("dius_sites.csv")):
        buyer.page.locator(f"#id_site-{index}-name").fill(row["site"])
        buyer.page.locator(f"#id_site-{index}-seats").fill(row["seats"])
    buyer.look("sites")
    buyer.press("Save and continue")

    buyer.go(base + "term/")
    fill_day(buyer, "id_interim_starts_on", "2007-11-01")
    buyer.fill("Months of interim service", "5")
    fill_day(buyer, "id_shared_starts_on", "2008-04-01")
    buyer.fill("Months of shared service", "55")
    buyer.look("term")
    buyer.press("Save and continue")

    buyer.go(base + "services/")
    columns = {"": "all", "London": "1", "Sheffield": "2", "Darlington": "3", "Runcorn": "4"}
    wanted = {f"q-{row['service']}-{columns[row['site']]}": row["quantity"] for row in rows("dius_call_off.csv")}
    if buyer.script:
        paste_the_sheet(buyer, wanted)
    else:
        for cell, quantity in wanted.items():
            buyer.page.locator(f"#{cell}").fill(quantity)
    buyer.look("services")
    buyer.press("Save and show the totals")
    assert "£186,762.60" in buyer.text()
    assert "£11,252,943.00" in buyer.text()
    buyer.press("Save and continue")

    buyer.go(base + "service-levels/")
    for code in ("EUS-B", "SD-S-FIX", "APP-G"):
        buyer.page.locator(f"input[value='{code}']").check()
    buyer.look("service-levels")
    buyer.press("Save and continue")

    for index, row in enumerate(rows("dius_milestones.csv")[:2]):
        buyer.go(base + "milestones/")
        field = f"#id_milestone-{index}-"
        buyer.page.locator(field + "title").fill(row["title"])
        fill_day(buyer, f"id_milestone-{index}-planned_on", row["planned_on"])
        buyer.page.locator(field + "criteria").fill("\n".join(row["acceptance_criteria"].split(";")))
        words = row["on_acceptance"]
        payments = [f"{code} {percent}%" for percent, code in re.findall(r"(\d+) percent of (TRN-\d+)", words)]
        payments += [f"{code} x {units}" for code, units in re.findall(r"(TRN-\d+) x (\d+)", words)]
        buyer.page.locator(field + "payments").fill("\n".join(payments))
        effect = "cutover" if "cutover" in words else "interim_starts" if "interim lines" in words else ""
        buyer.page.locator(field + "effect").select_option(effect)
        buyer.press("Save and add another")
    # seven times more the same form would show nothing else
    wanted = [milestone(row) for row in rows("dius_milestones.csv")]
    drafting.save_milestones(CallOff.objects.get(), wanted, by=cast.requester(), at=cast.START)
    buyer.go(base + "milestones/")
    buyer.look("milestones")

    buyer.go(base + "special-terms/")
    buyer.page.locator("#id_term-0-heading").fill("Shared sites")
    buyer.page.locator("#id_term-0-text").fill("Access to shared buildings is agreed before work starts.")
    buyer.choose("No")
    buyer.look("special-terms")
    buyer.press("Save and continue")

    buyer.go(base + "data-protection/")
    buyer.choose("Yes")
    for label in ("What the processing is about", "Its nature and purpose", "How long it lasts",
                  "Types of personal data", "Whose data it is", "When the data is returned or deleted"):  # fmt: skip
        buyer.fill(label, "As the department's working files and mail need it")
    buyer.look("data-protection")
    buyer.press("Save and continue")

    buyer.go(base + "attachments/")
    case = DATA / "dius_business_case.pdf"
    buyer.choose("business case")
    buyer.page.locator("input[type=file]").set_input_files(str(case))
    buyer.press("Attach it")
    buyer.fill("Spend-control reference", "SC-2007-0119")
    buyer.press("Save the reference")
    buyer.look("attachments")

    buyer.go(base + "budget/")
    buyer.fill("Budget code", "DIUS-ICT-2007")
    buyer.look("budget")
    buyer.press("Save and continue")

    buyer.go(base + "particulars/")
    for label, value in (
        ("Purchase order number", "PO-DIUS-004711"), ("Cost centre", "CC-3100"),
        ("Invoice address", "Accounts payable, London"), ("Contact for the order", "DIUS contract manager"),
        ("Contact's email address", "contract.manager@dius.example"),
    ):  # fmt: skip
        buyer.fill(label, value)
    buyer.fill("Account", "52100", exact=True)
    buyer.choose("RDEL (resource)")
    buyer.look("particulars")
    buyer.press("Save and continue")
    buyer.look("tasks")
    return base


def paste_the_sheet(buyer, wanted):
    """Every cell of the table at once, as a spreadsheet copies it."""
    cells = buyer.page.locator("[data-paste-table]").evaluate(
        "table => [...table.querySelectorAll('tbody tr')].map(row => [...row.querySelectorAll('input')].map(cell => cell.id))"
    )
    cells = [row for row in cells if row]
    assert set(wanted) <= {cell for row in cells for cell in row}
    buyer.paste(f"#{cells[0][0]}", "\n".join("\t".join(wanted.get(cell, "") for cell in row) for row in cells))
    for cell, quantity in wanted.items():
        assert buyer.page.locator(f"#{cell}").input_value() == quantity, cell


def decide(visit, email, button, name, script=True):
    approver = visit(email, script=script)
    approver.look(f"home-{name}")
    approver.follow("CO-2007-000001")
    approver.look(f"brief-{name}")
    approver.follow(button)
    approver.choose("I declare that I have no conflict of interest in this order.")
    approver.look(f"decide-{name}")
    approver.press(button)
    assert "Endorsed." in approver.text() or "Committed." in approver.text()
    approver.close()


def decide_by_keyboard(visit, email):
    """The same without a mouse: every stop of the tabulator is seen, and Enter and the space bar do the work."""
    approver = visit(email)
    approver.tab_to("CO-2007-000001", "Enter")
    approver.tab_to("Endorse", "Enter")
    approver.tab_to("I declare that I have no conflict of interest in this order.", "Space")
    approver.tab_to("Endorse", "Enter")
    assert "Endorsed." in approver.text()
    approver.close()


def wait_for(visitor, words, seconds=240):
    visitor.page.get_by_text(words).first.wait_for(timeout=seconds * 1000)


def test_dius_orders_and_three_parties_sign(visit, tmp_path, live_worker):
    buyer = visit("requester@dius.example", types=True)
    buyer.look("home-empty")
    base = order(buyer)
    buyer.go(base + "check/")
    buyer.look("check")
    buyer.press("Submit for approval")
    assert "CO-2007-000001" in buyer.text()
    buyer.look("submitted")

    stranger = visit("requester@ons.example")
    assert stranger.go(base) == 404
    stranger.look("not-found")

    decide(visit, "budget.holder@dius.example", "Endorse", "budget-holder")
    decide(visit, "technology.officer@dius.example", "Endorse", "technology-officer")
    decide(visit, "finance.director@dius.example", "Endorse", "finance-director")
    decide(visit, "accounting.officer@dius.example", "Commit", "accounting-officer")
    decide(visit, "commercial.lead@co.example", "Endorse", "commercial-lead")
    decide_by_keyboard(visit, "finance.lead@co.example")
    decide(visit, "deputy.director@co.example", "Commit", "deputy-director")

    desk = visit("order.desk@fujitsu.example")
    desk.follow("CO-2007-000001")
    desk.look("order-for-supplier")
    seen = desk.text()
    assert "Subject to contract" in seen
    for secret in ("DIUS-ICT-2007", "746,848", "2,988", "business-case"):
        assert secret not in seen
    desk.follow("Read and accept")
    seen = desk.text()
    for covered in ("Key performance", "Data-protection schedule", "Staff transfer", "PO-DIUS-004711", "Accounts payable"):
        assert covered.casefold() in seen.casefold()
    shown = desk.page.locator("p.flex-hash").first.inner_text()
    with desk.page.expect_download() as got:
        desk.page.get_by_role("link", name="order.json").click()
    assert sha256(Path(got.value.path()).read_bytes()).hexdigest() == shown
    desk.follow("Read the terms of the contract")
    desk.look("terms")
    desk.page.go_back()
    begins = shown[:12]
    desk.fill("Repeat the first 12 characters", begins)
    desk.look("accept")
    desk.press("Accept the order")
    wait_for(desk, "Their turn")
    desk.look("contract-issued")
    contract = desk.page.url

    for email in ("supplier.signatory@fujitsu.example", "signatory@dius.example", "authority.signatory@co.example"):
        signatory = visit(email)
        signatory.sign("CON-2007-000001", "Read and sign", email.partition("@")[0])
        signatory.page.locator("#progress[hx-get]").wait_for(state="detached", timeout=240_000)
        signatory.close()

    buyer.go(contract)
    buyer.page.locator("#progress:not([hx-get])").wait_for(timeout=240_000)
    buyer.go(contract)
    assert buyer.page.locator(".flex-state").inner_text() == "in force"
    buyer.look("contract-executed")
    assert "Subject to contract" not in buyer.text()
    buyer.go(contract + "charges/")
    buyer.look("charges")
    buyer.go(contract + "document/")
    buyer.look("document")
    with buyer.page.expect_download() as got:
        buyer.page.evaluate("address => { location.href = address }", contract + "document.pdf")
    pdf = tmp_path / "contract.pdf"
    got.value.save_as(pdf)

    anybody = visit()
    anybody.go("/check/")
    anybody.look("check-page")
    anybody.page.locator("input[type=file]").set_input_files(str(pdf))
    anybody.press("Check it")
    wait_for(anybody, "Seals and signatures")
    anybody.look("verdict")
    assert "This is the executed document CON-2007-000001" in anybody.text()
    assert "DIUS signatory" in anybody.text()
    forged = tmp_path / "forged.pdf"
    forged.write_bytes(pdf.read_bytes() + b"\n% more\n")
    anybody.go("/check/")
    anybody.page.locator("input[type=file]").set_input_files(str(forged))
    anybody.press("Check it")
    wait_for(anybody, "Not valid")
    assert "DIUS signatory" not in anybody.text()

    for path, name in (("/catalogue/", "catalogue"), ("/catalogue/CORE-01/", "service"), ("/framework/", "framework"),
                       ("/call-offs/", "call-offs"), ("/contracts/", "contracts"), ("/search/?q=runcorn", "search"),
                       ("/glossary/", "glossary"), ("/clock/", "clock"), ("/due/", "due"), ("/due/address/", "due-address"),
                       (base, "order")):  # fmt: skip
        assert buyer.go(path) == 200
        buyer.look(name)
    buyer.go("/search/?q=PO-DIUS-004711")
    assert "CON-2007-000001" in buyer.text()


def reload_until(visitor, pattern, seconds=120):
    """What a page without script asks of its reader."""
    deadline = time.monotonic() + seconds
    while not re.search(pattern, visitor.text()):
        assert time.monotonic() < deadline, visitor.text()
        time.sleep(1)
        visitor.page.reload()


def test_it_works_without_javascript(visit, live_worker):
    buyer = visit("requester@dius.example", script=False, types=True)
    buyer.go("/call-offs/new/")
    buyer.press("Start", refused=True)
    assert buyer.page.title().startswith("Error:")
    assert "Enter a title." in buyer.text()
    base = order(buyer)
    buyer.go(base + "check/")
    buyer.press("Submit for approval")
    decide(visit, cast.ROUTE[0], "Endorse", "budget-holder", script=False)
    call_off = CallOff.objects.get(reference="CO-2007-000001")
    for email in cast.ROUTE[1:]:
        cast.decide(call_off, email)

    desk = visit(cast.DESK, script=False)
    desk.follow("CO-2007-000001")
    desk.follow("Read and accept")
    desk.fill("Repeat the first 12 characters", desk.page.locator("p.flex-hash").first.inner_text()[:12])
    desk.press("Accept the order")
    reload_until(desk, "Their turn")
    signatory = visit("supplier.signatory@fujitsu.example", script=False)
    signatory.sign("CON-2007-000001", "Read and sign", "supplier.signatory")
    reload_until(signatory, r"signature of Fujitsu Services\s+2\s")
