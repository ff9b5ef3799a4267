"""The sections of a draft: nothing that was typed or ordered goes without being said."""

import re
import uuid
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from contracts import payload
from documents import storage
from documents.refusal import Refused
from procurement import completeness, drafting, papers, quoting, workflow
from procurement.drafting import Site, Term
from procurement.forms import ParticularsForm
from tests import cast
from tests.locks import stored_before_any_lock
from tests.procurement.test_pages import post, sign_in

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def buyer(client):
    return sign_in(client, "requester@dius.example")


def ordered(call_off):
    """{(service, site name or None): quantity}"""
    lines = cast.fresh(call_off).revision.lines.select_related("site")
    return {(line.service_code, line.site and line.site.name): line.quantity for line in lines}


def sites_of(call_off):
    return [(site.name, site.seats) for site in cast.fresh(call_off).revision.sites.all()]


def save_sites(call_off, sites, **more):
    return drafting.save_sites(call_off, sites, by=cast.requester(), at=cast.START, **more)


def test_lines_are_numbered_from_1_in_the_order_of_the_catalogue_in_whatever_order_they_come():
    """By phase, then by service, then all sites before each, as the contract prints them and every page reads."""
    call_off = cast.drafted()
    stored = call_off.revision.lines.select_related("site").order_by("-number")
    given = [drafting.Ordered(line.phase, line.service_code, line.site and line.site.name, line.quantity) for line in stored]
    drafting.save_services(call_off, given, by=cast.requester(), at=cast.START)
    saved = list(cast.fresh(call_off).revision.lines.select_related("site").order_by("number"))
    phases = [phase for phase in drafting.Phase.values for one in given if one.phase == phase]
    assert [line.number for line in saved] == list(range(1, 34)) and [line.phase for line in saved] == phases
    shared = [(line.service_code[:4] == "CALL", line.service_code, line.site.position if line.site else 0)
              for line in saved if line.phase == "shared"]  # fmt: skip
    assert shared == sorted(shared), "CORE before CALL, as the catalogue lists them"


def test_a_renamed_site_keeps_its_quantities_also_when_two_change_names():
    call_off = cast.drafted()
    before = ordered(call_off)
    save_sites(call_off, [
        Site("Sheffield", 620, was="London"), Site("London", 210, was="Sheffield"), Site("Darlington", 110),
        Site("Halton", 60, was="Runcorn"),
    ])  # fmt: skip
    names = {"London": "Sheffield", "Sheffield": "London", "Runcorn": "Halton"}
    assert ordered(call_off) == {(code, names.get(site, site)): count for (code, site), count in before.items()}
    assert sites_of(call_off) == [("Sheffield", 620), ("London", 210), ("Darlington", 110), ("Halton", 60)]


def test_a_site_may_be_called_like_a_number_in_brackets():
    """No name that can be typed is in the way while the others are stored."""
    call_off = cast.drafted()
    before, stored = ordered(call_off), list(call_off.revision.sites.all())
    sites = [Site(f"({stored[-1].pk})", 5), *(Site(row.name, row.seats, was=row.name) for row in stored)]
    save_sites(call_off, sites)
    assert sites_of(call_off) == [(site.name, site.seats) for site in sites]
    assert ordered(call_off) == before


def test_a_site_goes_with_its_quantities_only_when_that_is_said():
    call_off = cast.drafted()
    before, left = ordered(call_off), [Site("London", 620), Site("Sheffield", 210), Site("Darlington", 110)]
    with pytest.raises(Refused, match="Runcorn would go with its quantities: CORE-01 42, CORE-02 18"):
        save_sites(call_off, left)
    assert ordered(call_off) == before and len(sites_of(call_off)) == 4
    save_sites(call_off, left, drop_quantities=True)
    assert ordered(call_off) == {key: count for key, count in before.items() if key[1] != "Runcorn"}


def rows(sites):
    """The form set as a browser sends it: (was, name, seats)."""
    fields = {"site-TOTAL_FORMS": len(sites), "site-INITIAL_FORMS": 4}
    for number, (was, name, seats) in enumerate(sites):
        fields |= {f"site-{number}-was": was, f"site-{number}-name": name, f"site-{number}-seats": seats}
    return fields


def test_the_page_of_sites_says_what_would_be_lost_and_asks(buyer):
    call_off = cast.drafted()
    address = reverse("procurement:sites", args=[call_off.public_id])
    page = buyer.get(address).content.decode()
    assert 'name="site-0-was" value="London"' in page and "drop_quantities" not in page
    typed = rows([("London", "Greater London", "620"), ("Sheffield", "Sheffield", "210"),
                  ("Darlington", "Darlington", "110"), ("Runcorn", "", "")])  # fmt: skip
    answer = post(buyer, address, edits=call_off.revision.edits, **typed)
    page = answer.content.decode()
    assert answer.status_code == 200 and "Runcorn would go with its quantities" in page
    assert "London would go" not in page and 'value="Greater London"' in page and 'name="drop_quantities"' in page
    answer = post(buyer, address, edits=call_off.revision.edits, drop_quantities="1", **typed)
    assert answer.status_code == 302
    assert [name for name, _seats in sites_of(call_off)] == ["Greater London", "Sheffield", "Darlington"]
    assert ordered(call_off)["CORE-01", "Greater London"] == 434


def test_a_site_without_its_name_or_seats_is_marked_on_the_field(buyer):
    call_off = cast.drafted()
    address = reverse("procurement:sites", args=[call_off.public_id])
    typed = rows([("London", "London", ""), ("Sheffield", "", "210")])
    page = post(buyer, address, edits=call_off.revision.edits, **typed).content.decode()
    assert 'href="#id_site-0-seats"' in page and 'id="id_site-0-seats_error"' in page
    assert 'href="#id_site-1-name"' in page and 'id="id_site-1-name_error"' in page
    assert len(sites_of(call_off)) == 4


def test_a_title_can_be_corrected_and_a_copy_keeps_it(buyer):
    call_off = cast.drafted()
    address = reverse("procurement:title", args=[call_off.public_id])
    assert post(buyer, address, edits=call_off.revision.edits, title="Desktops for 1,000").status_code == 302
    withdrawn = workflow.withdraw(cast.fresh(call_off), reason="Not now.", by=cast.requester(), at=cast.START)
    assert workflow.copy(withdrawn, by=cast.requester(), at=cast.START).title == "Desktops for 1,000"


def test_staff_who_transfer_are_named(buyer):
    call_off = cast.drafted()
    address = reverse("procurement:special_terms", args=[call_off.public_id])
    form = {"term-TOTAL_FORMS": "0", "term-INITIAL_FORMS": "0", "staff_transfer": "yes", "staff_transfer_text": " "}
    page = post(buyer, address, edits=call_off.revision.edits, **form).content.decode()
    assert "Say which staff transfer" in page and 'id="id_staff_transfer_text_error"' in page
    drafting.save_special_terms(call_off, [], staff_transfer=True, by=cast.requester(), at=cast.START)
    revision = cast.fresh(call_off).revision
    revision.call_off = call_off
    found = list(completeness.gaps(revision, quoting.quote(revision, cast.START.date()), cast.START.date()))
    assert [(gap.section, "Say which staff transfer" in gap.words) for gap in found] == [("special_terms", True)]


def test_a_late_form_shows_what_is_stored_beside_what_was_typed(buyer):
    call_off = cast.drafted()
    seen = call_off.revision.edits
    drafting.save_title(call_off, "By a colleague", by=cast.requester(), at=cast.START)
    page = post(buyer, reverse("procurement:title", args=[call_off.public_id]), edits=seen, title="Mine")
    words = page.content.decode()
    assert "What is stored now" in words and "By a colleague" in words and 'value="Mine"' in words
    assert cast.fresh(call_off).title == "By a colleague"


def test_a_late_matrix_shows_the_quantities_that_differ(buyer):
    call_off = cast.drafted()
    page = post(buyer, reverse("procurement:services", args=[call_off.public_id]), edits=0, **{"q-CORE-01-1": "5"})
    words = page.content.decode()
    assert "What is stored now" in words and "CORE-01, London" in words and 'value="5"' in words


def typed_form(call_off):
    return {"idempotency_key": str(uuid.uuid4()), "edits": call_off.revision.edits, "budget_code": "a-typed-code"}


OURS = {"Origin": "http://testserver"}


def test_a_form_sent_after_the_session_ended_is_shown_back():
    call_off = cast.drafted()
    address = reverse("procurement:budget", args=[call_off.public_id])
    answer = Client().post(address, typed_form(call_off), headers=OURS)
    words = answer.content.decode()
    assert answer.status_code == 403 and "Nothing was saved" in words and "a-typed-code" in words
    assert str(call_off.revision.edits) + "</dd>" not in words and address in words


def test_a_form_of_an_earlier_session_is_shown_back_in_our_words():
    call_off = cast.drafted()
    strict = sign_in(Client(enforce_csrf_checks=True), "requester@dius.example")
    address = reverse("procurement:budget", args=[call_off.public_id])
    answer = strict.post(address, typed_form(call_off) | {"csrfmiddlewaretoken": "x" * 64}, headers=OURS)
    words = answer.content.decode()
    assert answer.status_code == 403 and "a-typed-code" in words and "x" * 64 not in words
    assert cast.fresh(call_off).revision.budget_code != "a-typed-code"


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://elsewhere.example"}, {"Origin": "null"}])
def test_the_words_of_somebody_elses_page_are_not_repeated(headers):
    call_off = cast.drafted()
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(reverse("procurement:budget", args=[call_off.public_id]), typed_form(call_off), headers=headers)
    assert answer.status_code == 403 and "a-typed-code" not in answer.content.decode()


def test_no_password_is_shown_back():
    strict = Client(enforce_csrf_checks=True)
    sent = {"login": "requester@dius.example", "password": "hunter2-hunter2"}
    words = strict.post(reverse("account_login"), sent, headers=OURS).content.decode()
    assert "requester@dius.example" in words and "hunter2" not in words


@pytest.mark.world("submitted")
def test_particulars_changed_by_a_colleague_meanwhile_are_not_overwritten(buyer):
    call_off = cast.submitted()
    address = reverse("procurement:particulars", args=[call_off.public_id])
    page = buyer.get(address).content.decode()
    shown = papers.seal(call_off.particulars)
    assert shown in page
    values = {name: getattr(call_off.particulars, name) for name in papers.PARTICULARS}
    papers.save_particulars(call_off, values | {"account": "By a colleague"}, by=cast.requester(), at=cast.START)
    late = post(buyer, address, shown=shown, **(values | {"purchase_order": "PO-7"})).content.decode()
    assert "What is stored now" in late and "By a colleague" in late and 'value="PO-7"' in late
    assert cast.fresh(call_off).particulars.account == "By a colleague"
    again = papers.seal(cast.fresh(call_off).particulars)
    assert again in late  # what is sent next was compared
    assert post(buyer, address, shown=again, **(values | {"purchase_order": "PO-7"})).status_code == 302
    assert cast.fresh(call_off).particulars.purchase_order == "PO-7"


def test_the_way_back_from_the_particulars_opens_before_and_after_submission(buyer):
    for call_off in (cast.drafted(), cast.submitted()):
        page = buyer.get(reverse("procurement:particulars", args=[call_off.public_id])).content.decode()
        back = re.search(r'class="govuk-back-link" href="([^"]+)"', page)[1]
        assert buyer.get(back).status_code == 200, back


@pytest.mark.parametrize("typed", ["call me", "1234", "020 7946 0000; drop", "٠٢٠٧٩٤٦٠٠٠٠"])
def test_a_telephone_number_has_digits(typed):
    form = ParticularsForm({"contact_telephone": typed})
    said = str(form.errors["contact_telephone"])
    assert "Enter a telephone number with digits" in said or "in other letters" in said  # digits of another script


@pytest.mark.parametrize(("typed", "name", "words"), [
    ({"invoice_contact_email": "pay@dius.example"}, "invoice_contact_name", "Name the contact for invoices"),
    ({"invoice_contact_telephone": "020 7946 0000"}, "invoice_contact_name", "or leave all three empty"),
    ({"invoice_contact_name": "Payables"}, "invoice_contact_email", "Enter the email address of the contact"),
    ({"invoice_contact_telephone": "call us"}, "invoice_contact_telephone", "Enter a telephone number with digits"),
])  # fmt: skip
def test_a_contact_for_invoices_is_whole_or_absent(typed, name, words):
    assert words in str(ParticularsForm(typed).errors[name])
    assert not {"invoice_contact_name", "invoice_contact_email"} & set(ParticularsForm({}).errors)


def test_the_contact_for_invoices_is_read_and_printed_beside_the_contact_for_the_order(buyer):
    call_off = cast.drafted()
    values = {"invoice_contact_name": "Payables", "invoice_contact_email": "pay@dius.example"}
    papers.save_particulars(call_off, values, by=cast.requester(), at=cast.START)
    printed = payload.particulars(cast.fresh(call_off), on=cast.START.date())["contacts"]
    assert [tuple(one.values()) for one in printed] == [
        ("The Supplier", "Fujitsu Services supplier signatory", "supplier signatory", "supplier.signatory@fujitsu.example", ""),
        ("The Customer", "DIUS contract manager", "contract manager", "contract.manager@dius.example", "020 7946 0000"),
        ("The Purchasing Authority", "Cabinet Office framework manager", "framework manager",
         "framework.manager@co.example", ""),
        ("Invoices", "Payables", "", "pay@dius.example", ""),
    ]  # fmt: skip
    page = buyer.get(f"/call-offs/{call_off.public_id}/particulars/").content.decode()
    assert 'value="Payables"' in page


@pytest.mark.parametrize("typed", ["", "020 7946 0000", "+44 (0)20 7946-0000", "+44 20 7946 0000 ext 12"])
def test_telephone_numbers_as_people_write_them(typed):
    assert "contact_telephone" not in ParticularsForm({"contact_telephone": typed}).errors


@pytest.mark.parametrize(("name", "data", "words"), [
    ("case.txt", b"hello", "its content is plain text, which is not taken. Choose a file of these kinds: .pdf, .docx"), ("case.pdf", b"hello", "its content is plain text"),
    ("case.csv", b"a,b\n1,2\n", "A business case is a text that is read: attach a PDF"),
])  # fmt: skip
def test_a_business_case_is_a_document(buyer, name, data, words):
    call_off = cast.drafted()
    address = reverse("procurement:attachments", args=[call_off.public_id])
    file = SimpleUploadedFile(name, data)
    sent = {"what": "attach", "attach-kind": "business_case", "attach-file": file, "edits": call_off.revision.edits}
    before = call_off.revision.attachments.count()
    assert words in post(buyer, address, **sent).content.decode()
    assert call_off.revision.attachments.count() == before


def test_a_file_is_stored_before_the_order_is_locked(buyer):
    call_off = cast.drafted()
    data = cast.PDF.replace(b"%%EOF", b"% new\n%%EOF")
    sent = {"what": "attach", "attach-kind": "business_case", "edits": call_off.revision.edits,
            "attach-file": SimpleUploadedFile("case.pdf", data, "application/pdf")}  # fmt: skip
    with stored_before_any_lock(data):
        assert post(buyer, reverse("procurement:attachments", args=[call_off.public_id]), **sent).status_code == 302
    assert call_off.revision.attachments.filter(sha256=storage.key_of(data)).exists()


def test_a_file_sent_with_a_stale_form_is_not_attached(buyer):
    call_off = cast.drafted()
    data = cast.PDF.replace(b"%%EOF", b"% stale\n%%EOF")
    address = reverse("procurement:attachments", args=[call_off.public_id])
    sent = {"what": "attach", "attach-kind": "business_case", "edits": call_off.revision.edits + 1,
            "attach-file": SimpleUploadedFile("case.pdf", data, "application/pdf")}  # fmt: skip
    assert "Somebody saved this call-off" in post(buyer, address, **sent).content.decode()
    assert not call_off.revision.attachments.filter(sha256=storage.key_of(data)).exists()


def gaps_of(call_off) -> str:
    revision, day = cast.fresh(call_off).revision, cast.START.date()
    return " ".join(str(gap.words) for gap in completeness.gaps(revision, quoting.quote(revision, day), day))


def test_milestones_go_with_the_term():
    call_off = cast.drafted()
    assert gaps_of(call_off) == ""
    milestones = call_off.revision.milestones
    milestones.filter(number=1).update(effect="cutover")
    assert "Only one milestone can be “interim lines end and shared lines start together”." in gaps_of(call_off)
    milestones.filter(number=1).update(effect="", planned_on=date(2012, 11, 1))
    assert "Milestone M1 is planned for 1 November 2012, after the term has ended on 31 October 2012." in gaps_of(call_off)
    without = Term(date(2008, 4, 1), 55)
    drafting.save_term(call_off, without, drop_quantities=True, by=cast.requester(), at=cast.START)
    found = gaps_of(call_off)
    for number, effect in ((2, "interim lines start"), (8, "interim lines end and shared lines start together")):
        assert f"Milestone M{number} says “{effect}”, and the term has no interim service" in found


WITHOUT_INTERIM = Term(date(2008, 4, 1), 55)


def save_term(call_off, term=WITHOUT_INTERIM, **more):
    return drafting.save_term(cast.fresh(call_off), term, by=cast.requester(), at=cast.START, **more)


def test_an_interim_service_goes_with_its_quantities_only_when_that_is_said():
    call_off = cast.drafted()
    before = ordered(call_off)
    with pytest.raises(Refused, match=r"The interim service would go with its quantities: TRN-01 1,000\."):
        save_term(call_off)
    assert ordered(call_off) == before and cast.fresh(call_off).revision.interim_months == 5
    save_term(call_off, drop_quantities=True)
    assert ordered(call_off) == {key: count for key, count in before.items() if key[0] != "TRN-01"}
    assert cast.fresh(call_off).revision.interim_months is None
    save_term(call_off)  # nothing is left that could go


def test_a_term_with_an_interim_service_keeps_its_quantities():
    call_off = cast.drafted()
    before = ordered(call_off)
    save_term(call_off, Term(date(2008, 3, 1), 55, date(2007, 11, 1), 4), drop_quantities=True)
    assert ordered(call_off) == before
    assert set(cast.fresh(call_off).revision.lines.filter(phase="interim").values_list("months", flat=True)) == {4}


def test_the_page_of_the_term_asks_before_an_interim_service_goes(buyer):
    call_off = cast.drafted()
    before = ordered(call_off)
    address = reverse("procurement:term", args=[call_off.public_id])
    typed = {"shared_starts_on": "1 April 2008", "shared_months": "55"}
    assert "drop_quantities" not in buyer.get(address).content.decode()
    page = post(buyer, address, edits=call_off.revision.edits, **typed).content.decode()
    assert "The interim service would go with its quantities: TRN-01 1,000." in page and 'name="drop_quantities"' in page
    assert 'value="55"' in page and ordered(call_off) == before, "what was typed stays on the page"
    answer = post(buyer, address, edits=call_off.revision.edits, drop_quantities="1", **typed)
    assert answer.status_code == 302 and ("TRN-01", None) not in ordered(call_off)


def test_an_interim_service_that_the_term_does_not_have_is_not_left_out_in_silence():
    """Without days it has no price, so nothing of it would be in what is approved."""
    call_off = cast.drafted()
    lines = [drafting.Ordered(line.phase, line.service_code, line.site and line.site.name, line.quantity)
             for line in call_off.revision.lines.select_related("site")]  # fmt: skip
    save_term(call_off, drop_quantities=True)
    drafting.save_services(cast.fresh(call_off), lines, by=cast.requester(), at=cast.START)
    assert "TRN-01 is an interim service, and the term has none" in gaps_of(call_off)
    with pytest.raises(Refused, match="TRN-01 is an interim service"):
        workflow.submit(cast.fresh(call_off), by=cast.requester(), at=cast.START)


def test_a_term_that_is_too_long_is_said_before_anything_is_ordered():
    call_off = drafting.start(cast.framework(), cast.dius(), title="Long", by=cast.requester(), at=cast.START)
    drafting.save_term(call_off, Term(date(2008, 4, 1), 61), by=cast.requester(), at=cast.START)
    assert "The term is 61 months; this framework allows 60 at most." in gaps_of(call_off)


def test_a_term_is_read_as_it_was_typed_before_a_service_is_ordered(buyer):
    call_off = drafting.start(cast.framework(), cast.dius(), title="Desks", by=cast.requester(), at=cast.START)
    here = reverse("procurement:check", args=[call_off.public_id])
    page = buyer.get(here).content.decode()
    link = f'not yet chosen: <a class="govuk-link" href="{reverse("procurement:term", args=[call_off.public_id])}">'
    assert link in page
    term = Term(shared_starts_on=date(2008, 2, 1), shared_months=12, interim_starts_on=date(2008, 1, 1), interim_months=1,
                extension_months=6)  # fmt: skip
    drafting.save_term(cast.fresh(call_off), term, by=cast.requester(), at=cast.START)
    page = buyer.get(here).content.decode()
    for words in ("1 February 2008 to 31 January 2009 (12 months)", "1 January 2008 to 31 January 2008 (1 month)", "6 months"):
        assert words in page, words
    assert "not yet chosen" not in page
    assert call_off.title in buyer.get(reverse("procurement:tasks", args=[call_off.public_id])).content.decode()


def test_a_percentage_is_shown_alike_wherever_it_stands(buyer):
    """The catalogue says 99% where its sheet has 99.0."""
    call_off = cast.drafted()
    page = buyer.get(reverse("procurement:service_levels", args=[call_off.public_id])).content.decode()
    assert "remote access availability (99%)" in page and "99.0%" not in page


def test_a_milestone_may_come_before_the_service_but_not_before_the_day_of_submission():
    call_off = cast.drafted()
    milestones = call_off.revision.milestones
    assert milestones.get(number=1).planned_on == date(2007, 10, 12) and gaps_of(call_off) == "", "before 1 November, the first service"
    milestones.filter(number=1).update(planned_on=cast.START.date())
    assert gaps_of(call_off) == ""
    milestones.filter(number=1).update(planned_on=date(2007, 9, 30))
    assert gaps_of(call_off) == "Milestone M1 is planned for 30 September 2007, which is past."


def send_milestone(buyer, call_off, payments="", **more):
    rows = {"milestone-TOTAL_FORMS": 1, "milestone-INITIAL_FORMS": 0, "milestone-0-title": "Migrated", "milestone-0-planned_on": "1 April 2008",
            "milestone-0-criteria": "1,000 users", "milestone-0-payments": payments}  # fmt: skip
    address = reverse("procurement:milestones", args=[call_off.public_id])
    return post(buyer, address, **rows, edits=cast.fresh(call_off).revision.edits, **more).content.decode()


def test_milestones_and_the_tick_that_none_are_needed_contradict_each_other(buyer):
    call_off = cast.drafted()
    page = send_milestone(buyer, call_off, none_needed="1")
    assert "You entered milestones and said that none are needed" in page and re.search(r'name="none_needed" value="1" checked', page)
    assert cast.fresh(call_off).revision.milestones.count() == 9, "nothing was saved"


def test_payments_are_read_in_any_case_and_every_line_that_is_none_is_named(buyer):
    call_off = cast.drafted()
    page = send_milestone(buyer, call_off, payments="TRN-02 half\ntrn-03 X 60\nTRN-04 101%\ntrn-03 x 1")
    for words in ("“TRN-02 half” is not a payment", "“TRN-04 101%” is not a payment", "put the 2 payments of TRN-03 together"):
        assert words in page
    send_milestone(buyer, call_off, payments="trn-02  100 %\ntrn-03 X1,000")
    (milestone,) = cast.fresh(call_off).revision.milestones.all()
    paid = list(milestone.payments.values_list("service_code", "percent", "quantity").order_by("service_code"))
    assert paid == [("TRN-02", 100, None), ("TRN-03", None, 1000)]
    send_milestone(buyer, call_off, payments="TRN-02 100%\nTRN-03 x 1000\nTRN-04 50%")
    assert "Milestone M1 pays TRN-04, and the order has no such one-off service." in gaps_of(call_off)
