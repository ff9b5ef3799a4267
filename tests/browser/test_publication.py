"""A contract's copy for the public and its auditor's file in a browser: proposed, decided by a second person, read by somebody who has
no account; asked for, watched while it is made, downloaded; the latter also without JavaScript."""

import io
import zipfile

import pytest

from contracts.models import RedactedCopy
from tests import cast, paper
from tests.contracts import publication_cast as made

pytestmark = pytest.mark.world("in_force")

WHY = "The supplier bids for others at these prices."


def test_a_copy_is_proposed_decided_and_read_by_everybody(visit):
    contract = paper.in_force()
    page = f"/contracts/{contract.public_id}/copies/"
    manager = visit(made.MANAGER)
    manager.go(f"/contracts/{contract.public_id}/")
    manager.follow("Published copies")
    manager.look("copies-none")
    manager.follow("Propose a copy")
    manager.look("copy-parts")
    manager.page.get_by_label("Prices, discounts and all sums but the whole-life value").check()
    manager.press("Continue")
    manager.press("Propose", refused=True)
    manager.look("copy-grounds-refused")
    manager.page.get_by_label("Sensitive commercial information").check()
    manager.fill("why does that hold?", WHY)
    for part, value in (("day", "31"), ("month", "10"), ("year", "2010")):
        manager.page.locator(f"#id_until_1_{part}").fill(value)
    manager.press("Propose")
    manager.look("copy-proposed")
    officer = visit(made.OFFICER)
    officer.go("/")
    officer.follow(f"{contract.number} {contract.title}")
    officer.look("copy-to-decide")
    officer.follow("Decide and publish")
    officer.look("copy-decide")
    officer.press("Decide and publish")
    one = RedactedCopy.objects.get()
    officer.go(f"{page}1/")
    officer.look("copy-being-made")
    paper.copy_published(one)
    officer.go(page)
    officer.look("copies-published")
    anybody = visit()
    anybody.go("/published-contracts/")
    anybody.look("published-contracts")
    anybody.follow(f"{contract.number} {contract.title}")
    anybody.look("published-contract")
    manager.go(f"{page}1/")
    manager.follow("Take it down")
    manager.look("copy-take-down")


def test_an_auditors_file_is_asked_for_watched_and_downloaded(visit, live_site, settings):
    settings.STORE_DIR = live_site.folder / "store"  # the site's: what is made here is downloaded there
    contract = paper.in_force()
    page = f"/contracts/{contract.public_id}/audit-file/"
    auditor = visit("auditor@co.example")
    auditor.go(page)
    auditor.look("audit-file-none")
    auditor.press("Make the file")
    auditor.look("audit-file-being-made")
    cast.run_all_jobs()
    auditor.page.get_by_role("button", name="Download the file").wait_for()
    auditor.look("audit-file-made")
    with auditor.page.expect_download() as waited:
        auditor.page.get_by_role("button", name="Download the file").click()
    with open(waited.value.path(), "rb") as file:
        assert "README.txt" in zipfile.ZipFile(io.BytesIO(file.read())).namelist()


def test_without_javascript_the_page_is_read_anew_by_a_link(visit, live_site, settings):
    settings.STORE_DIR = live_site.folder / "store"  # the site's: what is made here is downloaded there
    contract = paper.in_force()
    auditor = visit("auditor@co.example", script=False)
    auditor.go(f"/contracts/{contract.public_id}/audit-file/")
    auditor.press("Make the file")
    cast.run_all_jobs()
    auditor.follow("Refresh")
    assert auditor.page.get_by_role("button", name="Download the file").is_visible()
