"""An administrator looks after the department's people in a browser; anybody of it asks who could do what on a day."""

from tests import cast


def test_an_administrator_gives_a_post_a_delegation_and_a_deputy(visit, tmp_path):
    letter = tmp_path / "letter.pdf"
    letter.write_bytes(cast.PDF)
    admin = visit("administrator@dius.example")
    admin.follow("People")
    admin.look("people")
    admin.follow("Give somebody a post")
    admin.press("Give the post", refused=True)
    admin.look("invite-refused")
    admin.fill("Name", "Nora New")
    admin.fill("Email address", "nora@dius.example")
    admin.page.get_by_label("Post").select_option("finance_director")
    admin.press("Give the post")
    assert "Nora New" in admin.text()

    admin.follow("Enter a delegation Nora New")
    admin.look("delegate")
    admin.fill("Up to, GBP without VAT", "750,000")
    admin.page.locator("input[type=file]").set_input_files(str(letter))
    admin.press("Enter it")
    assert "budget up to £750,000.00" in admin.text()

    admin.follow("Name a deputy Nora New")
    admin.page.get_by_label("Who acts").select_option(label="DIUS budget holder")
    for part, value in (("day", "12"), ("month", "10"), ("year", "2007")):
        admin.page.locator(f"#id_ends_on_{part}").fill(value)
    admin.look("deputy")
    admin.press("Name the deputy")
    assert "DIUS budget holder, 1" in admin.text()
    admin.look("people-changed")

    admin.follow("End finance director, Nora New")
    admin.look("end-post")
    admin.press("End it")

    auditor = visit("auditor@co.example")
    auditor.go("/people/DIUS/")
    for part, value in (("day", "2"), ("month", "10"), ("year", "2007")):
        auditor.page.locator(f"#id_on_{part}").fill(value)
    auditor.press("Show that day")
    auditor.look("people-of-a-day")
    assert "Who could do what on 2 October 2007" in auditor.heading() and "Nora New" not in auditor.text()
