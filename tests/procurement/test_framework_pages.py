"""A framework's life through its pages: what each reader sees, who can press what, and bad input."""

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from documents import clock
from documents.models import AuditEvent, BusinessClock
from documents.templatetags.flex import gbp
from procurement import display, framework_life, framework_sheet, periodic, queries, quoting
from procurement.models import Accession, Modification
from procurement.views.listing import as_file
from tests import cast
from tests.cast import START
from tests.procurement.test_pages import post, sign_in

pytestmark = pytest.mark.usefixtures("db")
MANAGER, DIRECTOR, DESK = "framework.manager@co.example", "deputy.director@co.example", "order.desk@fujitsu.example"
HERE = "/framework/"


def page(client, email, address=HERE):
    sign_in(client, email)
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


@pytest.mark.world("with_supplier")
def test_the_manager_suspends_and_resumes_and_reads_what_it_does_to_how_many_orders(client):
    call_off = cast.with_supplier()
    shown = page(client, MANAGER, HERE + "suspend/")
    assert "its clock stands with the days it has left" in shown and "What it does to orders" in shown
    assert post(client, HERE + "suspend/", reason="")["Content-Type"] and cast.framework().state == "live"
    assert post(client, HERE + "suspend/", reason="Accounts are examined.")["Location"] == HERE
    for email in (MANAGER, "requester@dius.example", DESK):
        assert "Accounts are examined." in page(client, email), email
    for email in ("requester@dius.example", DESK):
        shown = page(client, email, f"/call-offs/{call_off.public_id}/")
        assert "time to answer stands, with 5 working days left" in shown and "the framework is suspended" in shown, email
    assert "the clock stands" in page(client, DESK, "/")
    assert "nothing new can be submitted" in page(client, "requester@dius.example", "/")
    assert "an order can be prepared now" in page(client, "requester@dius.example", "/call-offs/new/")
    page(client, MANAGER)
    assert post(client, HERE + "resume/")["Location"] == HERE
    assert cast.framework().state == "live"
    assert "with 5 working days left" not in page(client, DESK, f"/call-offs/{call_off.public_id}/")


def test_a_termination_takes_the_manager_and_the_deputy_director(client):
    page(client, MANAGER)
    assert post(client, HERE + "terminate/", reason="Insolvent.")["Location"] == HERE
    assert "Insolvent." not in page(client, "requester@dius.example"), "a proposal is the authority's own matter"
    assert "Only the deputy director" in page(client, MANAGER)
    assert "Insolvent." in page(client, DIRECTOR, HERE + "confirm-termination/")
    assert post(client, HERE + "confirm-termination/")["Location"] == HERE
    assert cast.framework().state == "terminated"
    shown = page(client, "requester@dius.example")
    assert "Insolvent." in shown and "Terminated on" in shown
    shown = page(client, MANAGER)
    assert "Close it" in shown and "Suspend the framework" not in shown
    assert "bodies are still on their way to join it" in shown and 'href="/close-framework/"' not in shown
    assert "bodies are still on their way to join it" in page(client, MANAGER, "/close-framework/")
    assert "on their way" in post(client, "/close-framework/").content.decode() and cast.framework().state == "terminated"
    periodic.run(START)
    assert 'href="/close-framework/"' in page(client, MANAGER)
    assert post(client, "/close-framework/")["Location"] == HERE and cast.framework().state == "closed"


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("extend", {"months": "0", "notice": "N", "reason": "x"}, "from 1 to 120"),
        ("extend", {"months": "9", "notice": "N", "reason": "x"}, "1 to 8 months"),
        ("extend", {"months": "1e1", "notice": "N", "reason": "x"}, "whole number"),
        ("extend", {"months": "3", "notice": "", "reason": "x"}, "Name the published notice"),
        ("ceiling", {"ceiling": "1e9", "reason": "x"}, "digits and at most two places"),
        ("ceiling", {"ceiling": "NaN", "reason": "x"}, "digits and at most two places"),
        ("ceiling", {"ceiling": "1000.00", "reason": "x"}, "the ceiling cannot be below £56,000,000.00"),
        ("ceiling", {"ceiling": "100000000.00", "reason": "x"}, "already"),
        ("ceiling", {"ceiling": "90,000,000", "reason": ""}, "Give a reason"),
        ("suspend", {"reason": "x" * 2001}, "2,000"),
        ("resume", {}, "FLEX-2007 is live"),
        ("confirm-termination", {}, "Only the deputy director"),
    ],
)
def test_bad_input_gets_words_on_the_same_form_and_nothing_is_written(client, name, typed, words):
    page(client, MANAGER)
    before = AuditEvent.objects.filter(subject="catalogue.framework").count()
    answer = post(client, HERE + name + "/", **typed)
    shown = answer.content.decode()
    assert answer.status_code == 200 and words in shown, shown[-3000:]
    for value in typed.values():
        assert value[:100] in shown, "what was typed stays"
    assert AuditEvent.objects.filter(subject="catalogue.framework").count() == before
    assert not Modification.objects.exists()


def test_an_extension_and_a_ceiling_stand_in_the_history(client):
    page(client, MANAGER)
    assert post(client, HERE + "extend/", months="8", notice="2014/S 001-1", reason="Exit is late.")["Location"] == HERE
    assert post(client, HERE + "ceiling/", ceiling="£120,000,000", reason="More have joined.")["Location"] == HERE
    shown = page(client, "requester@dius.example")
    assert "extended by 8 months" in shown and "From £100,000,000.00 to £120,000,000.00. More have joined." in shown
    assert "More have joined." not in page(client, DESK), "a supplier reads nothing of ceilings"


@pytest.mark.parametrize("name", ["suspend", "resume", "extend", "ceiling", "terminate", "confirm-termination", "drop-termination"])
def test_strangers_find_nothing_and_colleagues_read_why_not(client, name):
    for email, status in (
        ("requester@ons.example", 404), ("requester@dius.example", 404), (DESK, 404), ("auditor@co.example", 200),
    ):  # fmt: skip
        sign_in(client, email)
        assert client.get(f"{HERE}{name}/").status_code == status, email
    assert "Only the" in client.get(f"{HERE}{name}/").content.decode()
    post(client, f"{HERE}{name}/", reason="x", months="1", notice="N", ceiling="90000000")
    assert cast.framework().state == "live"
    sign_in(client, "requester@ons.example")
    assert client.get("/close-framework/").status_code == 404 and client.get(HERE + "nonsense/").status_code == 404


def test_a_get_changes_nothing(client):
    framework_life.propose_termination(cast.framework(), reason="Insolvent.", by=cast.person(MANAGER), at=START)
    sign_in(client, DIRECTOR)
    client.get(HERE + "confirm-termination/")
    assert cast.framework().state == "live"


def test_who_extends_it_reads_which_last_day_each_number_of_months_gives(client):
    shown = page(client, MANAGER, HERE + "extend/")
    assert "1 month: until 20 June 2014" in shown and "8 months: until 20 January 2015" in shown and "9 months" not in shown
    assert "cannot be moved back" in shown


ENDS = "The framework ends on 20 May 2014."


@pytest.mark.parametrize(("made", "readers"), [
    (cast.drafted, ["requester@dius.example"]),
    (cast.submitted, ["requester@dius.example", "budget.holder@dius.example"]),
    (cast.with_supplier, ["requester@dius.example", DESK, "deputy.director@co.example"]),
    (cast.accepted, ["signatory@dius.example", DESK, "authority.signatory@co.example"]),
])  # fmt: skip
def test_a_near_end_of_the_framework_stands_on_what_would_end_with_it(client, made, readers):
    """On its own page and the first one too."""
    thing = made()
    order = getattr(thing, "call_off", thing)
    addresses = ["/", HERE, reverse("procurement:call_off", args=[order.public_id])]
    addresses += [reverse("contracts:contract", args=[thing.public_id])] if thing is not order else []
    for days, said in ((91, False), (90, True), (0, True)):
        BusinessClock.objects.update_or_create(defaults={"moment": clock.first_moment(cast.framework().ends_on - timedelta(days=days))})
        for reader in readers:
            for address in addresses:
                sign_in(client, reader)
                assert (ENDS in client.get(address, follow=True).content.decode()) is said, (days, reader, address)


def test_the_brief_says_that_the_framework_ends_soon(client):
    order = cast.submitted()
    BusinessClock.objects.update_or_create(defaults={"moment": clock.first_moment(cast.framework().ends_on)})
    assert ENDS in page(client, "budget.holder@dius.example", reverse("procurement:brief", args=[order.public_id, 1]))


@pytest.mark.parametrize("reader", ["requester@dius.example", DESK, MANAGER])
def test_the_last_day_of_the_framework_is_due_for_who_buys_and_sells_under_it_too(client, reader):
    BusinessClock.objects.update_or_create(defaults={"moment": clock.first_moment(cast.framework().ends_on - timedelta(days=100))})
    assert "last day of the framework" in page(client, reader, "/due/")
    assert "last day of the framework" not in page(client, "requester@ons.example", "/due/"), "it has not joined"


@pytest.mark.world("with_supplier")
@pytest.mark.parametrize("reader", [MANAGER, "requester@dius.example", DESK])
def test_the_page_as_a_file_has_the_figures_its_reader_sees_and_no_others(client, reader):
    cast.with_supplier()
    shown = page(client, reader)
    rows = list(csv.reader(io.StringIO(page(client, reader, HERE + "?format=csv").removeprefix("\ufeff"))))
    assert rows[0] == ["Part", "What", "Figure", "In"]
    figures = {(part, what): figure for part, what, figure, _unit in rows[1:]}
    assert figures["Framework", "Reference"] == "FLEX-2007"
    assert figures["Volumes against the bands", "seats"] == str(quoting.volumes(cast.framework(), START.date())["seats"])
    assert (("Capacity", "reserved") in figures) == ("reserved £" in shown) == (reader != DESK)
    if reader != DESK:
        assert Decimal(figures["Capacity", "reserved"]) == cast.framework().capacity.reserved_gbp > 0
    assert any(part.startswith("Orders") for part, _what in figures) == (reader == MANAGER)
    book = load_workbook(io.BytesIO(client.get(HERE + "?format=xlsx").content)).active
    assert [[str(cell or "") for cell in row][:2] for row in book.values] == [row[:2] for row in rows]


def test_a_formula_in_the_title_of_the_framework_is_text_in_its_file():
    named = cast.framework()
    named.title = "=cmd|' /C calc'!A0"
    rows = framework_sheet.lines({"framework": named, "bar": None, "by_state": [], "bands": [], "next_joiner": None, "joined": 0})
    files = {kind: as_file(kind, "Framework", "f", framework_sheet.heading(), rows).content for kind in ("csv", "xlsx")}
    assert b"\"Title\",\"'=cmd|" in files["csv"]
    book = load_workbook(io.BytesIO(files["xlsx"])).active
    assert [row[2].data_type for row in book.rows if row[1].value == "Title"] == ["s"]


@pytest.mark.world("ons_applied")
def test_the_authority_reads_what_the_next_joiner_changes_for_everybody(client):
    accession = cast.ons_applied()
    Accession.objects.filter(pk=accession.pk).update(seats_expected=4500)
    Accession.objects.exclude(pk=accession.pk).update(seats_expected=None)
    words = "With its 4,500 seats there would be 7,000; seat services would cost everybody 9% less than list, now 4%."
    assert words in page(client, MANAGER) and "7,000" not in page(client, "requester@dius.example")
    file = page(client, MANAGER, HERE + "?format=csv")
    assert '"Next to join","Seats with it","7000","seats"' in file and '"Discount for everybody then","9.000"' in file
    assert "Next to join" not in page(client, "requester@dius.example", HERE + "?format=csv")
    Accession.objects.filter(pk=accession.pk).update(seats_expected=300)
    assert "seat services would cost everybody what they do now, 4% less than list." in page(client, MANAGER)


@pytest.mark.world("submitted")
def test_what_is_in_approval_is_printed_whole_and_how_much_of_it_does_not_fit(client):
    value = cast.submitted().revision.whole_life_gbp
    cast.leave_free(Decimal("1000.00"))
    unfit = value - 1000
    for address in (HERE, "/"):
        shown = page(client, "requester@dius.example", address)
        assert shown.count(f"in approval {gbp(value)}") == 2, "in the drawing's words and in its key"
        assert f"Of what is in approval, {gbp(unfit)} does not fit under the ceiling." in shown, address
        assert f"in approval and without room {gbp(unfit)}" in shown
    rows = list(csv.reader(io.StringIO(page(client, "requester@dius.example", HERE + "?format=csv").removeprefix("\ufeff"))))
    figures = {what: figure for part, what, figure, _unit in rows if part == "Capacity"}
    assert Decimal(figures["our orders in approval"]) == value
    assert Decimal(figures["of what is in approval: does not fit under the ceiling"]) == unfit
    bar = display.framework_bar(queries.capacity_bar(cast.framework()))
    assert sum(float(part["width"]) for part in bar["parts"]) <= 100.001


def test_what_the_free_ceiling_cannot_buy_is_marked_so_for_bands_and_bodies_and_not_for_the_supplier(client):
    addresses = [(MANAGER, HERE), ("requester@dius.example", HERE), ("requester@dius.example", "/what-if/?change=more&seats=10"), (MANAGER, "/joining/")]
    Accession.objects.update(seats_expected=None)
    Accession.objects.filter(department__code="ONS").update(seats_expected=4500)
    for free, marked in ((Decimal("900000000.00"), False), (Decimal("1000.00"), True)):
        cast.leave_free(free)
        for email, address in addresses:
            assert ("more than is free" in page(client, email, address)) is marked, (email, address, free)
        assert "more than is free" not in page(client, DESK), free
    assert '"seats: what is still to come","more than is free"' in page(client, MANAGER, HERE + "?format=csv")
