"""Sites and lines as a sheet: every error at once, nothing half-loaded, a look at what changes, and a round trip."""

import csv
import io
import re
from datetime import date
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from catalogue import queries
from documents.refusal import Refused
from procurement import drafting, order_sheets, sheet_display, sheet_reading
from procurement.drafting import Term
from procurement.models import CallOff
from tests import cast
from tests.procurement.test_draft_sections import ordered, sites_of
from tests.procurement.test_pages import post, sign_in

pytestmark = pytest.mark.usefixtures("db")
DATA = Path(__file__).resolve().parents[2] / "config" / "data" / "flex"
LINES, SITES = ((DATA / f"dius_{name}.csv").read_bytes() for name in ("call_off", "sites"))


@pytest.fixture
def buyer(client):
    return sign_in(client, "requester@dius.example")


def empty() -> CallOff:
    call_off = drafting.start(cast.framework(), cast.dius(), title="Desktops", by=cast.requester(), at=cast.START)
    return cast.fresh(call_off)


def read(call_off, lines=None, sites=None):
    services = queries.price_list(queries.live_release(cast.framework(), cast.START.date())).services
    return sheet_reading.read(
        call_off.revision, services, lines=lines, sites=sites
    )


def take_over(call_off, sheet, **more):
    return order_sheets.take_over(call_off, sheet, by=cast.requester(), at=cast.START, **more)


def test_the_files_of_dius_make_its_order_with_its_term():
    call_off = empty()
    sheet, faults = read(call_off, LINES, SITES)
    assert faults == []
    take_over(call_off, order_sheets.Sheet.of(sheet.plain()))
    made, known = cast.fresh(call_off), cast.drafted()
    assert ordered(made) == ordered(known) and sites_of(made) == sites_of(known)
    for name in ("shared_starts_on", "shared_months", "interim_starts_on", "interim_months"):
        assert getattr(made.revision, name) == getattr(known.revision, name), name
    assert [(line.starts_on, line.months) for line in made.revision.lines.all()] == [
        (line.starts_on, line.months) for line in known.revision.lines.all()
    ]


def test_every_error_of_both_files_is_said_by_row_column_and_value_and_nothing_is_loaded():
    call_off = cast.drafted()
    before = ordered(call_off), sites_of(call_off)
    lines = (
        b"phase,service,site,quantity,starts_on,months\n"
        b"shared,CORE-01,Paris,10,2008-04-01,55\n"
        b"interim,CORE-01,London,10,2008-04-01,55\n"
        b"shared,CORE-99,London,10,2008-04-01,55\n"
        b"shared,CORE-06,,-5,2008-05-01,55\n"
        b"shared,CORE-07,,1e3,31/02/2008,fifty\n"
        b"shared,CORE-02,London,7,2008-04-01,55\n"
        b"shared,CORE-02,london,8,2008-04-01,55\n"
        b"sharing,CORE-15,,8,,\n"
        b"shared,CORE-15,,=1+1,,\n"
        b"shared,CORE-16,,1,,,stray\n"
    )
    sheet, faults = read(call_off, lines)
    assert sheet is None
    for words in (
        "Lines row 2, column site: 'Paris' is not a site of this order: London, Sheffield, Darlington, Runcorn",
        "Lines row 3, column phase: 'interim' is not where CORE-01 is ordered, which is shared",
        "Lines row 4, column service: 'CORE-99' is not in the live catalogue",
        "Lines row 5, column quantity: '-5' cannot be used: Enter a whole number",
        "Lines row 5, column starts_on: '2008-05-01' is not what row 2 says, 2008-04-01: the lines of a phase go together",
        "Lines row 6, column quantity: '1e3'", "Lines row 6, column starts_on: '31/02/2008'", "Lines row 6, column months: 'fifty'",
        "Lines row 8, column service: 'CORE-02' is for London in row 7 already; put them together",
        "Lines row 9, column phase: 'sharing' is none of interim, one_off, shared, usage",
        "Lines row 10, column quantity: '=1+1' is a formula or an error, which is not read; put its value there",
        "Lines row 11: has more values than there are columns: stray",
    ):  # fmt: skip
        assert any(words in fault for fault in faults), (words, faults)
    _sheet, faults = read(call_off, LINES, b"site,seats\nLondon,620\nlondon,1\n,5\nRuncorn,none\n")
    assert [fault for fault in faults if fault.startswith("Sites")] == faults and len(faults) == 3
    assert (ordered(call_off), sites_of(call_off)) == before


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("one_off,TRN-02,,1,2008-05-01,", "is not when one-off lines start, which is 1 November 2007, with the term"),
        ("one_off,TRN-02,,1,,3", "cannot be used: one-off lines have no months of their own"),
        ("shared,CORE-06,,1000,2008-05-01,55", "The sheet has no interim lines, but the draft has an interim service"),
        ("shared,CORE-06,,1000,2008-04-02,55", "first of a month"),
    ],
)
def test_days_and_months_that_do_not_make_a_term_are_said(row, words):
    heading = "phase,service,site,quantity,starts_on,months\n"
    _sheet, faults = read(cast.drafted(), f"{heading}{row}\n".encode())
    assert any(words in fault for fault in faults), faults


def book(**sheets: bytes) -> bytes:
    """A workbook of CSV data, each under its title."""
    made = Workbook()
    made.remove(made.active)
    for title, data in sheets.items():
        sheet = made.create_sheet(title)
        for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))):
            sheet.append(row)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_one_workbook_may_hold_both_and_no_sheet_of_it_is_left_out_without_a_word():
    call_off = empty()
    both, none = book(Sites=SITES, lines=LINES), []
    alone = read(call_off, LINES, SITES)
    assert read(call_off, both) == read(call_off, None, both) == alone and alone[1] == none
    assert read(call_off, book(Sheet1=LINES), book(Table1=SITES)) == alone, "one by itself is what it was given for"
    assert read(call_off, book(sites=SITES), book(lines=LINES)) == alone, "its title says what it is"
    _sheet, faults = read(call_off, book(lines=LINES, Notes=b"call me"), SITES)
    assert faults == ["Lines, sheet Notes: is none of sites, lines; call the sheet one of these, or delete it if it is not to be read"]
    _sheet, faults = read(call_off, both, SITES)
    assert faults == ["Lines, sheet Sites: the sheet sites was given twice"]
    _sheet, faults = read(call_off, None, SITES.splitlines()[0] + b"\n" + b"".join(b"Site %d,1,,\n" % n for n in range(61)))
    assert faults == ["Sites: has more than 60 rows; take some out, or split it"]


def of_lines(*rows: str) -> bytes:
    return "\n".join(["phase,service,site,quantity,starts_on,months", *rows, ""]).encode()


def test_the_days_of_usage_lines_by_themselves_are_the_term():
    sheet, faults = read(empty(), of_lines("usage,CHG-01,,28,2007-11-01,6", "usage,CHG-02,,5,,"))
    assert faults == [] and sheet.term == Term(date(2007, 11, 1), 6)
    sheet, faults = read(cast.drafted(), of_lines("shared,CORE-06,,1000,,", "usage,CHG-01,,28,2007-11-01,6"))
    assert sheet is None and "is not when usage" in " ".join(faults), "beside shared lines they follow the term"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("usage,CHG-01,,28,2007-11-01,", "Give the usage lines both a start and their months."),
        ("shared,CORE-06,,1000,,55", "Give the shared lines both a start and their months."),
        ("one_off,TRN-02,,1,2007-11-01,", "The draft has no term yet: enter it first"),
    ],
)
def test_days_that_no_term_comes_of_are_not_passed_over(row, words):
    _sheet, faults = read(empty(), of_lines(row))
    assert len(faults) == 1 and words in faults[0]


WITHOUT_INTERIM = b"\n".join(row for row in LINES.splitlines() if not row.startswith(b"interim"))


def test_a_sheet_without_the_interim_lines_names_them_and_what_stays():
    call_off = cast.drafted()
    sheet, faults = read(call_off, WITHOUT_INTERIM)
    assert faults == []
    assert sheet_display.preview(call_off.revision, sheet).changes == [
        "TRN-01, all sites: 1,000, taken out",
        "The interim service stays in the term without a line: order it, or take it out in the term.",
    ]
    take_over(call_off, sheet)
    assert ("TRN-01", None) not in ordered(call_off) and cast.fresh(call_off).revision.interim_months == 5
    again = cast.fresh(call_off)
    assert sheet_display.preview(again.revision, sheet).changes == [], "it changes nothing more"


def test_a_sheet_that_leaves_no_room_for_the_interim_service_is_told_what_it_has_forgotten():
    call_off = cast.drafted()
    before = ordered(call_off)
    sheet, faults = read(call_off, WITHOUT_INTERIM.replace(b"2008-04-01", b"2008-05-01"))
    assert sheet is None and faults == [
        "Lines: The sheet has no interim lines, but the draft has an interim service of 5 months from 1 November 2007 "
        "(TRN-01 1,000), which does not end the day before the shared service starts on 1 May 2008. Give interim lines "
        "that do, or first take the interim service out in the term."
    ]
    take_over(call_off, read(call_off, WITHOUT_INTERIM)[0])
    _sheet, faults = read(cast.fresh(call_off), WITHOUT_INTERIM.replace(b"2008-04-01", b"2008-05-01"))
    assert "(nothing ordered)" in faults[0]
    gap = LINES.replace(b"2008-04-01", b"2008-05-01")
    assert read(call_off, gap)[1] == [
        "Lines: The shared service must start the day after the interim service ends, without a gap."
    ], "with interim lines in the sheet it is their days"
    assert before[("TRN-01", None)] == 1000


def test_interim_lines_need_days_where_the_term_has_no_interim_service():
    call_off = cast.drafted()
    drafting.save_term(call_off, Term(date(2008, 4, 1), 55), drop_quantities=True, by=cast.requester(), at=cast.START)
    call_off = cast.fresh(call_off)
    undated = LINES.replace(b"2007-11-01", b"").replace(b",5\n", b",\n")
    assert read(call_off, undated)[1] == [
        "Lines: The sheet has interim lines, and the draft's term has no interim service: give them a start and their months."
    ]
    sheet, faults = read(call_off, LINES)
    assert faults == [] and sheet_display.preview(call_off.revision, sheet).changes == [
        "Term, interim service: none becomes 5 months from 1 November 2007", "TRN-01, all sites: 1,000, new",
    ]  # fmt: skip


def test_a_site_left_out_goes_with_its_quantities_and_that_is_shown_before():
    call_off = cast.drafted()
    sheet, faults = read(call_off, sites=b"site,seats\nLondon,630\nSheffield,210\nDarlington,110\n")
    assert faults == []
    shown = sheet_display.preview(call_off.revision, sheet)
    assert shown.changes[:2] == ["London: 620 seats become 630", "Runcorn: 60 seats, taken out"]
    assert "CORE-01, Runcorn: 42, taken out" in shown.changes and len(shown.changes) == 6
    take_over(call_off, sheet)
    assert not [site for _code, site in ordered(call_off) if site == "Runcorn"]
    assert sites_of(call_off)[0] == ("London", 630)


def test_a_draft_saved_meanwhile_is_not_replaced():
    call_off = cast.drafted()
    sheet, _faults = read(call_off, LINES, SITES)
    with pytest.raises(Refused, match="Somebody saved this call-off"):
        take_over(call_off, sheet, edits=call_off.revision.edits - 1)


def upload(buyer, call_off, **files):
    files = {name: SimpleUploadedFile(filename, data) for name, (filename, data) in files.items()}
    return post(buyer, reverse("procurement:sheet", args=[call_off.public_id]), **files)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_is_downloaded_comes_back_without_a_change(buyer, kind):
    call_off = cast.drafted()
    files = {}
    for name in ("lines", "sites"):
        address = reverse("procurement:sheet_file", args=[call_off.public_id, name])
        answer = buyer.get(address, {"as": kind} if kind == "xlsx" else {})
        assert answer.status_code == 200 and answer["Content-Disposition"].endswith(f'draft-{name}.{kind}"')
        files[name] = (f"{name}.{kind}", answer.content)
    page = upload(buyer, call_off, **files).content.decode()
    assert "Nothing: the draft says what the sheet says." in page, page


def test_a_sheet_is_looked_at_and_then_taken_over(buyer):
    call_off = cast.drafted()
    changed = LINES.replace(b"shared,CORE-01,London,434", b"shared,CORE-01,London,424")
    answer = upload(buyer, call_off, lines=("lines.csv", changed))
    page = answer.content.decode()
    assert answer.status_code == 200 and "CORE-01, London: 434 become 424" in page
    assert "London has 620 seats and 610 desktops" in page, "the rules are measured on what would stand"
    assert "£11,252,943.00" in page and ordered(call_off)[("CORE-01", "London")] == 434
    checked = re.search(r'name="checked" value="([^"]+)"', page)[1]
    address = reverse("procurement:sheet", args=[call_off.public_id])
    answer = post(buyer, address, edits=call_off.revision.edits, checked=checked + "x")
    assert "did not come back as it was shown" in answer.content.decode()
    answer = post(buyer, address, edits=call_off.revision.edits, checked=checked)
    assert answer.status_code == 302 and ordered(call_off)[("CORE-01", "London")] == 424
    answer = post(buyer, address, edits=call_off.revision.edits, checked=checked)
    assert "Somebody saved this call-off" in answer.content.decode()
    other = cast.drafted()
    answer = post(buyer, reverse("procurement:sheet", args=[other.public_id]), edits=other.revision.edits, checked=checked)
    assert "did not come back as it was shown" in answer.content.decode(), "it was checked for another order"


def bomb() -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for _row in range(100_000):
        sheet.append(["shared", "CORE-01", "London", 1, "=1+1", 5])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\x00" * 100, "is not a table"),
        (LINES.decode().encode("utf-16"), "UTF-16"),
        (b"service,service\n", "is there twice"),
        (b"x" * (2 * 1024 * 1024 + 1), "A sheet of an order is far smaller"),
        (LINES.splitlines()[0] + b"\n" + b"shared,CORE-01,London,1,,\n" * 100_000, "far smaller"),
        (LINES.splitlines()[0] + b"\n" + b"shared,CORE-01,London,1,,\n" * 500, "more than 400 rows"),
        (LINES.splitlines()[0] + b"\n" + b"=1,=1,=1,=1,=1,=1\n" * 300, "And 1,700 more."),
        (LINES.splitlines()[0], "the sheet has no rows."),
    ],
)  # fmt: skip
def test_a_hostile_sheet_gets_words(buyer, data, words):
    call_off = cast.drafted()
    before = ordered(call_off)
    answer = upload(buyer, call_off, lines=("lines.csv", data))
    assert answer.status_code == 200 and words in answer.content.decode()
    assert ordered(call_off) == before


def test_a_workbook_of_100000_rows_gets_words(buyer):
    answer = upload(buyer, cast.drafted(), lines=("lines.xlsx", bomb()))
    assert answer.status_code == 200 and "There is a problem" in answer.content.decode()


def test_no_sheet_at_all_is_said(buyer):
    assert "Choose a sheet of lines, of sites, or both." in upload(buyer, cast.drafted()).content.decode()


@pytest.mark.world("submitted")
def test_the_sheet_is_of_a_draft_and_of_its_requester(client):
    call_off = cast.submitted()
    for name, more in (("sheet", []), ("sheet_file", ["lines"])):
        address = reverse(f"procurement:{name}", args=[call_off.public_id, *more])
        assert sign_in(client, "requester@dius.example").get(address).status_code == 403
        assert sign_in(client, "budget.holder@dius.example").get(address).status_code == 403
        for email in ("requester@ons.example", "order.desk@fujitsu.example"):
            assert sign_in(client, email).get(address).status_code == 404
