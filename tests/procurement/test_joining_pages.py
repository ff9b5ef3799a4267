"""The pages of joining: who finds them, what the forms keep and refuse, and what they cost."""

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import procurement.urls
from catalogue.models import Organisation
from procurement import agreements, joining, pipeline
from procurement.granting import grant_organisation
from procurement.models import Accession
from procurement.views.joining import ACTS
from tests import cast
from tests.locks import stored_before_any_lock
from tests.procurement.test_pages import post, sign_in, sign_in_freshly

pytestmark = pytest.mark.usefixtures("db")
ADDRESSES = {
    pattern.name: str(pattern.pattern)
    for pattern in procurement.urls.urlpatterns
    if str(pattern.pattern).startswith("joining/<uuid")
}
LEAD, REQUESTER = "accession.lead@co.example", "requester@ons.example"


def everywhere(public_id) -> list[str]:
    """Every address of an accession, with every act."""
    found = []
    for name, pattern in ADDRESSES.items():
        wanted = {"public_id": public_id}
        if "sha256" in pattern:
            wanted["sha256"] = "0" * 64
        names = ACTS if ":name>" in pattern else [None]
        found += [reverse(f"procurement:{name}", kwargs=wanted | ({"name": act} if act else {})) for act in names]
    return found


@pytest.mark.world("ons_applied")
def test_a_stranger_finds_nothing_at_any_address_of_an_accession(client):
    accession = cast.ons_applied()
    for email in ("requester@dius.example", "order.desk@fujitsu.example", "requester@bis.example"):
        sign_in(client, email)
        for address in everywhere(accession.public_id):
            assert client.get(address).status_code == 404, (email, address)
            assert post(client, address).status_code == 404, (email, address)


def test_nobody_unsigned_gets_past_the_sign_in_page(client):
    for address in [*everywhere(uuid.uuid4()), "/joining/", "/joining/new/"]:
        answer = client.get(address)
        assert answer.status_code == 302 and answer["Location"].startswith("/accounts/sign-in/"), address


def test_the_board_is_the_authoritys_and_a_department_is_taken_to_its_own(client):
    sign_in(client, REQUESTER)
    assert client.get("/joining/")["Location"] == reverse("procurement:accession", args=[cast.ons().public_id])
    sign_in(client, "order.desk@fujitsu.example")
    assert client.get("/joining/").status_code == 404
    sign_in(client, LEAD)
    shown = client.get("/joining/").content.decode()
    assert "HM Treasury" in shown and "Crossrail" in shown
    assert "more than is free" in shown, "all of them together pass the ceiling"
    sign_in(client, "auditor@co.example")
    assert "Only the accession lead of Cabinet Office can do this." in client.get("/joining/").content.decode()


def test_the_board_costs_the_same_with_many_bodies(client):
    sign_in(client, LEAD)

    def asked() -> int:
        client.get("/joining/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/joining/").status_code == 200
        return len(queries)

    before = asked()
    for number in range(50):
        body = pipeline.Interest(f"MANY{number}", f"Body {number}", f"GOVGB-MANY{number}", "London", crown=False)
        by = cast.person(LEAD)
        pipeline.add_interest(cast.framework(), body, seats_expected=10 * number, by=by, at=cast.START)
    assert asked() == before <= 12


def test_an_application_goes_through_its_pages(client):
    accession = cast.ons()
    here = reverse("procurement:accession", args=[accession.public_id])
    sign_in(client, REQUESTER)
    people = {"person-TOTAL_FORMS": "4", "person-INITIAL_FORMS": "0"}
    for number, (name, mail, code, limit) in enumerate((
        ("Ada", "ada@ons.example", "administrator", ""), ("Rex", "rex@ons.example", "requester", ""),
        ("Olga", "olga@ons.example", "accounting_officer", ""), ("Sid", "sid@ons.example", "signatory", "£50,000,000.00"),
    )):  # fmt: skip
        people |= {f"person-{number}-name": name, f"person-{number}-email": mail, f"person-{number}-post": code,
                   f"person-{number}-limit_gbp": limit}  # fmt: skip
    people |= {"person-2-unlimited": "on", "person-2-lot": "2", "person-2-ends_on_day": "31",
               "person-2-ends_on_month": "3", "person-2-ends_on_year": "2008"}  # fmt: skip
    sites = {
        "statement": "Desktops.", "site-TOTAL_FORMS": "2", "site-INITIAL_FORMS": "0", "site-0-name": "Newport",
        "site-0-address": "Newport", "site-0-seats": "2,600", "site-1-name": "", "site-1-seats": "",
    }  # fmt: skip
    assert post(client, here + "application/", edits="0", **sites)["Location"] == here
    assert post(client, here + "application/people/", edits="1", **people)["Location"] == here
    for edits, kind in (("2", "signatory"), ("3", "delegation")):
        data = cast.PDF + kind.encode()
        file = SimpleUploadedFile(f"{kind}.pdf", data, "application/pdf")
        with stored_before_any_lock(data):
            answer = post(client, here + "application/evidence/", edits=edits, kind=kind, file=file)
        assert answer.status_code == 302, answer.content.decode()[-3000:]
    shown = client.get(here).content.decode()
    assert "Still missing" not in shown and "£50,000,000.00" in shown and "without limit, for lot 2 alone, until 31 March 2008" in shown
    again = client.get(here + "application/people/").content.decode()
    assert re.search(r'name="person-2-ends_on_year"[^>]*value="2008"', again) and re.search(r'<option value="2"[^>]*selected', again)
    shown = re.search(r'name="shown_hash" value="([0-9a-f]{64})"', client.get(here + "apply/").content.decode())[1]
    assert post(client, here + "apply/", shown_hash=shown)["Location"] == here
    found = cast.fresh(accession)
    assert (found.state, found.seats_expected) == ("applied", 2600)
    link = re.search(r'href="([^"]+/evidence/[0-9a-f]{64}/)"', client.get(here).content.decode())[1]
    sign_in(client, LEAD)
    answer = client.get(link)
    assert answer.status_code == 200 and answer["Content-Type"] == "application/octet-stream"
    sign_in(client, "requester@dius.example")
    assert client.get(link).status_code == 404


def test_a_wrong_row_is_named_and_what_was_typed_stays(client):
    accession = cast.ons()
    sign_in(client, REQUESTER)
    here = reverse("procurement:application_people", args=[accession.public_id])
    answer = post(client, here, edits="0", **{
        "person-TOTAL_FORMS": "1", "person-INITIAL_FORMS": "0", "person-0-name": "Rex", "person-0-email": "rex@ons",
        "person-0-post": "requester", "person-0-limit_gbp": "1e9",
    })  # fmt: skip
    shown = answer.content.decode()
    assert answer.status_code == 200 and "There is a problem" in shown and 'value="1e9"' in shown and "Error: " in shown
    assert joining.current(accession) is None


def test_a_late_form_does_not_overwrite_a_colleagues(client):
    accession = cast.ons()
    sign_in(client, REQUESTER)
    here = reverse("procurement:application", args=[accession.public_id])
    row = {"site-TOTAL_FORMS": "0", "site-INITIAL_FORMS": "0"}
    assert post(client, here, edits="0", statement="Mine", **row).status_code == 302
    late = post(client, here, edits="0", statement="Late", **row)
    assert late.status_code == 200 and "Late" in late.content.decode()
    assert joining.current(accession).statement == "Mine"


@pytest.mark.world("ons_applied")
def test_a_shut_button_says_who_can(client):
    accession = cast.ons_applied()
    sign_in(client, "accession.approver@co.example")
    shown = client.get(reverse("procurement:accession", args=[accession.public_id])).content.decode()
    assert "Only the accession lead of Cabinet Office can do this." in shown
    assert "Cabinet Office accession lead can." in shown


def test_a_new_body_with_the_identifier_of_another_is_refused(client):
    sign_in(client, LEAD)
    form = {"name": "Other", "code": "OTHER", "identifier": "GOVGB-HMT", "address": "London", "crown": "yes"}
    shown = post(client, "/joining/new/", **form).content.decode()
    assert "Another organisation has the identifier GOVGB-HMT already." in shown
    assert not Organisation.objects.filter(code="OTHER").exists()
    assert post(client, "/joining/new/", **(form | {"identifier": "GOVGB-OTHER"})).status_code == 302
    assert Accession.objects.get(department__code="OTHER").state == "prospect"


@pytest.mark.world("ons_joined")
def test_the_agreement_is_read_and_downloaded_by_its_parties_alone(client):
    accession = cast.ons()
    for email, wanted in ((REQUESTER, 200), (LEAD, 200), ("requester@dius.example", 404)):
        sign_in(client, email)
        for name in ("agreement", "agreement_pdf"):
            assert client.get(reverse(f"procurement:{name}", args=[accession.public_id])).status_code == wanted


@pytest.mark.world("ons_approved")
def test_signing_goes_through_its_page(client):
    accession = cast.ons_approved()
    cast.run_all_jobs()
    here = reverse("procurement:sign_agreement", args=[accession.public_id])
    sign_in(client, "authority.signatory@co.example")
    assert client.get(here).status_code == 403, "it is not their turn"
    sign_in(client, "signatory@ons.example")
    assert "/accounts/" in client.get(here)["Location"], "a fresh sign-in comes first"
    assert "You act for" not in sign_in_freshly(client, "signatory@ons.example").get(here).content.decode()
    deputy = cast.deputy_of("signatory@ons.example")
    shown = sign_in_freshly(client, deputy.user.email).get(here).content.decode()
    assert "You act for ONS signatory, 1 October 2007 to 1 October 2030: within their limit, and the record says for whom." in shown


@pytest.mark.parametrize("address", ["/catalogue/", "/catalogue/CORE-01/", "/framework/", "/call-offs/new/"])
def test_who_has_not_joined_reads_why_there_is_nothing_and_who_can_help(client, address):
    """The navigation leads there: a page that says nothing would be a dead end."""
    sign_in(client, REQUESTER)
    answer = client.get(address)
    assert answer.status_code == 403
    assert "Office for National Statistics is no member of public sector Flex" in answer.content.decode()
    assert "The accession lead of the purchasing authority can help it join" in answer.content.decode()


def test_no_page_of_joining_says_that_it_is_the_page_of_people(client):
    sign_in(client, REQUESTER)
    shown = client.get(f"/joining/{cast.ons().public_id}/application/people/").content.decode()
    assert 'aria-current="page"' not in shown
    assert 'aria-current="page">People' in client.get("/people/ONS/").content.decode()


@pytest.mark.world("ons_applied")
def test_who_answers_reads_the_question_beside_the_answer(client):
    accession = cast.ons_applied()
    by = {"by": cast.person(LEAD), "at": cast.START}
    joining.start_review(accession, **by)
    joining.ask(cast.ons(), text="Which of the sites has <lifts>?", **by)
    sign_in(client, REQUESTER)
    assert "Which of the sites has &lt;lifts&gt;?" in client.get(f"/joining/{accession.public_id}/answer/").content.decode()


@pytest.mark.world("ons_applied")
def test_that_a_body_may_apply_anew_is_said_where_it_holds(client):
    accession = cast.ons_applied()
    page = reverse("procurement:accession_act", args=[accession.public_id, "decline"])
    sign_in(client, "accession.approver@co.example")
    assert "It can apply anew once the accession lead has entered it again." in client.get(page).content.decode()
    Organisation.objects.filter(code="ONS").update(exists_to=cast.START.date().replace(day=1, month=9))
    shown = client.get(page).content.decode()
    assert "can apply anew" not in shown and "It cannot apply anew" in shown


@pytest.mark.parametrize(("field", "typed", "words"), [
    ("lot", {"person-0-lot": "1"}, "Enter the limit that this is of"),
    ("ends_on", {"person-0-ends_on": "1/2/2008"}, "Enter the limit that this is of"),
    ("lot", {"person-0-lot": "77", "person-0-limit_gbp": "1"}, "Select a valid choice"),
])  # fmt: skip
def test_a_lot_or_an_end_without_its_limit_is_asked_about(client, field, typed, words):
    accession = cast.ons()
    sign_in(client, REQUESTER)
    row = {"person-TOTAL_FORMS": "1", "person-INITIAL_FORMS": "0", "person-0-name": "Ada", "person-0-email": "ada@ons.example",
           "person-0-post": "budget_holder", "edits": "0"}  # fmt: skip
    answer = post(client, reverse("procurement:application_people", args=[accession.public_id]), **row | typed)
    assert answer.status_code == 200 and words in answer.content.decode(), field
    assert joining.current(accession) is None


@pytest.mark.world("ons_applied")
def test_who_reviews_reads_what_an_earlier_application_said(client):
    """What was changed with an answer is seen beside what it was before."""
    accession = cast.ons_applied()
    by = {"by": cast.person(LEAD), "at": cast.START}
    joining.start_review(accession, **by)
    joining.ask(cast.fresh(accession), text="Which?", **by)
    sites = [{"name": "Newport", "address": "Newport", "seats": 12}]
    applicant = {"by": cast.person(REQUESTER), "at": cast.START}
    joining.save_application(cast.fresh(accession), {"sites": sites}, **applicant)
    joining.answer(cast.fresh(accession), text="This.", **applicant)
    shown = sign_in(client, LEAD).get(reverse("procurement:accession", args=[accession.public_id])).content.decode()
    now, before = shown.split("What application 1 said")
    assert "Titchfield" not in now and "Titchfield" in before and "£50,000,000.00" in before


def test_why_somebody_was_not_confirmed_is_read_by_the_authority_alone(client):
    accession = Accession.objects.get(department__code="ILL05")
    lead, approver = ({"by": cast.person(who), "at": cast.START} for who in (LEAD, "accession.approver@co.example"))
    pipeline.engage(accession, contact_name="Eve", contact_email="eve@museum.example", **lead)
    shown = {"shown_hash": pipeline.contact_hash(cast.fresh(accession))}
    pipeline.refuse_contact(cast.fresh(accession), reason="She was dismissed.", **shown, **approver)
    pipeline.name_contact(cast.fresh(accession), contact_name="Mary", contact_email="mary@museum.example", **lead)
    shown = {"shown_hash": pipeline.contact_hash(cast.fresh(accession))}
    pipeline.confirm_contact(cast.fresh(accession), **shown, **approver)
    here = reverse("procurement:accession", args=[accession.public_id])
    for email, reads in ((LEAD, True), ("auditor@co.example", True), ("mary@museum.example", False)):
        page = sign_in(client, email).get(here).content.decode()
        assert "Contact not confirmed" in page and ("She was dismissed." in page) is reads, email


def test_the_rows_of_the_application_are_named_by_what_they_are(client):
    here = reverse("procurement:accession", args=[cast.ons().public_id])
    sign_in(client, REQUESTER)
    typed = {"person-TOTAL_FORMS": "2", "person-INITIAL_FORMS": "0", "person-1-name": "Ada", "person-1-email": "ada"}
    shown = post(client, here + "application/people/", edits="0", **typed).content.decode()
    assert "Person 2, Email address: Enter an email address" in shown and "Person 2</h2>" in shown
    assert "<title>Error: Who acts for the department" in " ".join(shown.split())
    assert "Site 1</h2>" in client.get(here + "application/").content.decode()


def test_a_file_of_no_known_kind_is_refused_with_the_kinds_that_are_taken(client):
    here = reverse("procurement:application_evidence", args=[cast.ons().public_id])
    odd = SimpleUploadedFile("letter.exe", b"MZ\x90\x00", "application/octet-stream")
    shown = post(sign_in(client, REQUESTER), here, edits="0", kind="signatory", file=odd).content.decode()
    assert "Choose a file of these kinds: .pdf, .docx, .odt, .png, .jpg." in shown and "Excel" not in shown


@pytest.mark.world("ons_applied")
@pytest.mark.parametrize(("principal", "name"), [
    (LEAD, "review"), ("accession.approver@co.example", "decline"), (REQUESTER, "withdraw"),
    ("finance.director@ons.example", "sign-off-baseline"),
])  # fmt: skip
def test_a_deputy_reads_on_the_page_of_the_act_for_whom_they_do_it(client, principal, name):
    accession = cast.ons_applied()
    if name == "sign-off-baseline":
        grant_organisation(cast.person(principal).user, accession.department, starts_on=cast.START.date())
    deputy = cast.deputy_of(principal).user.email
    here = reverse("procurement:accession_act", args=[accession.public_id, name])
    words = f"You act for {cast.person(principal).user.name}, "
    assert words in sign_in(client, deputy).get(here).content.decode()
    assert "You act for" not in sign_in(client, principal).get(here).content.decode()


def test_who_is_no_more_on_their_way_is_still_found_from_the_board(client):
    accession = Accession.objects.get(department__code="ILL05")
    agreements.withdraw(accession, reason="They went elsewhere.", by=cast.person(LEAD), at=cast.START)
    shown = " ".join(sign_in(client, "auditor@co.example").get("/joining/").content.decode().split())
    here = reverse("procurement:accession", args=[accession.public_id])
    before, closed = shown.split("Declined, withdrawn or ended (1)")
    assert here not in before and f'{here}">Illustrative national museum</a>: withdrawn, 1 October 2007' in closed
    assert "They went elsewhere." in client.get(here).content.decode()


def test_the_lead_changes_the_seats_that_are_expected_until_the_body_applies(client):
    accession = Accession.objects.get(department__code="BIS")
    here = reverse("procurement:accession_act", args=[accession.public_id, "seats"])
    sign_in(client, LEAD)
    assert "Enter how many seats are expected." in post(client, here).content.decode()
    assert "Enter a whole number" in post(client, here, seats_expected="1e3").content.decode()
    assert post(client, here, seats_expected="5,000")["Location"] == reverse("procurement:accession", args=[accession.public_id])
    board = client.get("/joining/").content.decode()
    assert "not known" not in board and "5,000</td>" in board
    assert 'value="5000"' in client.get(here).content.decode()
    sign_in(client, "accession.approver@co.example")
    assert "Only the accession lead of Cabinet Office can do this." in post(client, here, seats_expected="1").content.decode()


def test_who_confirms_a_contact_reads_whose_account_the_address_is_already(client):
    accession = Accession.objects.get(department__code="ILL05")
    lead = {"by": cast.person(LEAD), "at": cast.START}
    pipeline.engage(accession, contact_name="Mary", contact_email="requester@dius.example", **lead)
    here = reverse("procurement:accession_act", args=[accession.public_id, "confirm"])
    words = "DIUS requester, who holds a post at Department for Innovation, Universities and Skills"
    assert words in sign_in(client, "accession.approver@co.example").get(here).content.decode()
    pipeline.name_contact(cast.fresh(accession), contact_name="Mary", contact_email="mary@museum.example", **lead)
    assert "Whose account" not in client.get(here).content.decode()
