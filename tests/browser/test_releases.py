"""A catalogue release in a browser: the supplier drafts and uploads it, the authority approves it and chooses its day, and
the clock brings it into force."""

from tests import cast
from tests.catalogue.test_release_sheets import FILES
from tests.procurement.release_cast import ACCOUNT_MANAGER, FRAMEWORK_MANAGER


def test_a_release_from_the_sheet_to_the_day_it_is_in_force(visit, tmp_path, monkeypatch):
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the browser's loop runs beside; this is one thread
    order = cast.with_supplier()
    bad, good = tmp_path / "bad.csv", tmp_path / "prices.csv"
    bad.write_bytes(FILES["catalogue"].replace(b"recurring,78.00", b"recurring,1e3").replace(b"CORE-02,1", b"CORE-02,9"))
    good.write_bytes(FILES["catalogue"].replace(b"recurring,78.00", b"recurring,70.20"))

    supplier = visit(ACCOUNT_MANAGER)
    supplier.go("/catalogue/")
    supplier.look("catalogue-with-day")
    supplier.follow("Releases of the catalogue")
    supplier.look("releases")
    supplier.follow("Draft a release")
    supplier.press("Start the draft", refused=True)
    supplier.fill("What is the release called?", "Prices from November")
    supplier.press("Start the draft")
    supplier.look("release-draft")
    here = supplier.page.url

    supplier.follow("Upload sheets")
    supplier.page.locator("#id_catalogue").set_input_files(str(bad))
    supplier.press("Check and save", refused=True)
    assert "1e3" in supplier.text() and "is none of 1, 2, 3" in supplier.text()
    supplier.look("release-upload-faults")
    supplier.page.locator("#id_catalogue").set_input_files(str(good))
    supplier.press("Check and save")
    assert "Read without a fault: catalogue (32 services)." in supplier.text() and "£78.00 → £70.20" in supplier.text()
    supplier.look("release-uploaded")

    supplier.follow("32 services")
    supplier.look("release-services")
    supplier.follow("CORE-02 Managed desktop")
    supplier.fill("List price", "ninety")
    supplier.press("Save", refused=True)
    supplier.look("release-service-refused")
    supplier.fill("List price", "99.00")
    supplier.press("Save")
    supplier.go(here)
    supplier.follow("The interim managed service lasts six months at most.")
    supplier.look("release-rule")
    supplier.page.locator("#id_months").fill("3")
    supplier.fill("The rule in words", "The interim managed service lasts three months at most.")
    supplier.press("Save")
    supplier.follow("seats", exact=True)
    supplier.look("release-bands")
    supplier.go(here)
    supplier.look("release-changed")
    supplier.follow("What it would mean order by order")
    assert order.reference in supplier.text() and "−£" in supplier.text()
    supplier.look("release-effects")
    supplier.go(here)
    supplier.follow("Submit the release")
    supplier.look("release-submit")
    supplier.press("Submit the release")

    manager = visit(FRAMEWORK_MANAGER)
    manager.look("home-release")
    manager.follow("Catalogue release “Prices from November”")
    manager.look("release-submitted")
    manager.follow("Approve the release")
    manager.look("release-approve")
    manager.press("Approve the release")
    manager.follow("Choose its first day")
    for part, value in (("day", "1"), ("month", "11"), ("year", "2007")):
        manager.page.locator(f"#id_first_day_{part}").fill(value)
    manager.look("release-schedule")
    manager.press("Choose its first day")
    manager.look("release-scheduled")

    manager.go("/clock/")
    for part, value in (("day", "2"), ("month", "11"), ("year", "2007")):
        manager.page.locator(f"#id_day_{part}").fill(value)
    manager.page.get_by_role("button", name="Step").first.click()

    buyer = visit("requester@dius.example")
    buyer.go("/catalogue/")
    assert "release 2" in buyer.text()
    for part, value in (("day", "1"), ("month", "10"), ("year", "2007")):
        buyer.page.locator(f"#id_on_{part}").fill(value)
    buyer.press("Show the catalogue of that day")
    assert "release 1" in buyer.text() and "as it was on 1 October 2007" in buyer.text()
    buyer.look("catalogue-as-of")
    buyer.go("/catalogue/CORE-01/")
    assert "£70.20" in buyer.text() and "£78.00" in buyer.text()
    buyer.look("service-history")
    buyer.go(here)
    buyer.look("release-read-by-a-buyer")
    buyer.go("/releases/")
    assert "Before" in buyer.text()
