"""The pages of catalogue releases: who finds them, what forms and uploads keep and refuse, and what they cost."""

import csv
import io
import re
import time
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

import procurement.urls
from catalogue import sheets
from catalogue.contents import COLUMNS
from catalogue.models import CatalogueRelease
from documents import clock
from procurement import releasing, workflow
from procurement.views.releases import ACTS
from tests import cast
from tests.catalogue.test_reading import HOSTILE, repacked
from tests.catalogue.test_release_sheets import FILES, as_workbook, many
from tests.procurement import release_cast as releases
from tests.procurement.release_cast import ACCOUNT_MANAGER, FRAMEWORK_MANAGER, MANAGER
from tests.procurement.test_pages import post, sign_in

pytestmark = pytest.mark.usefixtures("db")
ADDRESSES = {
    pattern.name: str(pattern.pattern)
    for pattern in procurement.urls.urlpatterns
    if str(pattern.pattern).startswith("releases/<uuid")
}


def everywhere(public_id) -> list[str]:
    """Every address of a release, with every act."""
    more = {
        "release_service": [{"code": "CORE-01"}], "release_bands": [{"code": "seats"}],
        "release_measure": [{"code": "SD-S-FIX"}], "release_rule": [{"number": 1}],
        "release_sheet": [{"name": "catalogue", "kind": "csv"}, {"name": "release", "kind": "xlsx"}],
        "release_act": [{"name": name} for name in ACTS],
    }  # fmt: skip
    return [
        reverse(f"procurement:{name}", kwargs={"public_id": public_id, **extra})
        for name in ADDRESSES
        for extra in more.get(name, [{}])
    ]


def at(release, name="release", *args) -> str:
    return reverse(f"procurement:{name}", args=[release.public_id, *args])


def text(answer) -> str:
    return answer.content.decode()


def words(answer) -> str:
    """The page without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", text(answer)))


def file(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def upload(client, release, **files):
    return post(client, at(release, "release_upload"), edits=str(cast.fresh(release).draft.edits), **files)


@pytest.mark.parametrize("state", ["draft", "submitted"])
def test_who_is_not_concerned_finds_nothing_at_any_address_of_a_release(client, state):
    release = releases.IN_STATE[state]()
    for email in ("requester@dius.example", "requester@ons.example", "requester@co.example"):
        sign_in(client, email)
        for address in everywhere(release.public_id):
            assert client.get(address).status_code == 404, (email, address)
            assert post(client, address).status_code == 404, (email, address)


def test_what_is_in_force_is_read_by_every_member_and_worked_on_by_none_of_them(client):
    release = CatalogueRelease.objects.get()
    sign_in(client, "requester@dius.example")
    shown = words(client.get(at(release)))
    assert "Every seat takes e-mail" in shown and "History" not in shown and "in money" not in shown
    for name in ("release_effects", "release_upload", "add_service", "add_rule", "add_bands"):
        assert client.get(at(release, name)).status_code == 404, name
    for name in ACTS:
        assert client.get(at(release, "release_act", name)).status_code == 404
        assert post(client, at(release, "release_act", name), reason="x").status_code == 404
    assert client.get("/releases/new/").status_code == 404
    sign_in(client, "requester@ons.example")
    assert client.get("/releases/").status_code == 404 and client.get(at(release)).status_code == 404


def test_nobody_unsigned_gets_past_the_sign_in_page(client):
    for address in [*everywhere(uuid.uuid4()), "/releases/", "/releases/new/"]:
        answer = client.get(address)
        assert answer.status_code == 302 and answer["Location"].startswith("/accounts/sign-in/"), address


def test_a_colleague_without_the_post_reads_why(client):
    release = releases.drafted()
    sign_in(client, "order.desk@fujitsu.example")
    for name in ("release_upload", "add_service", "add_rule", "add_bands"):
        answer = client.get(at(release, name))
        assert answer.status_code == 403 and "Only the account manager of Fujitsu Services can do this." in text(answer)
    assert "Only the account manager" in text(client.get(at(release)))


def test_a_release_goes_through_its_pages(client):
    sign_in(client, ACCOUNT_MANAGER)
    answer = post(client, "/releases/new/", title="Prices from November")
    release = CatalogueRelease.objects.get(title="Prices from November")
    assert answer["Location"] == at(release)
    service = at(release, "release_service", "CORE-01")
    shown = text(client.get(service))
    assert 'value="78.00"' in shown
    row = release.draft.sheets["catalogue"][0]
    wrong = post(client, service, **row | {"edits": "0", "list_price_gbp": "1e3"})
    assert wrong.status_code == 200 and "“1e3” is not an amount like 1000.00." in text(wrong) and 'value="1e3"' in text(wrong)
    assert post(client, service, **row | {"edits": "0", "list_price_gbp": "£1,070.20"}).status_code == 302
    late = post(client, service, **row | {"edits": "0", "list_price_gbp": "1.00"})
    assert late.status_code == 200 and "There is a problem" in text(late)
    shown = words(client.get(at(release)))
    assert "CORE-01 Managed desktop - thin client list price: £78.00 → £1,070.20 (+1272.1%)" in shown
    submit = at(release, "release_act", "submit")
    shown_hash = re.search('name="shown_hash" value="([0-9a-f]{64})"', text(client.get(submit)))[1]
    assert post(client, submit, shown_hash="0" * 64).status_code == 200
    assert post(client, submit, shown_hash=shown_hash)["Location"] == at(release)
    assert client.get(service).status_code == 403

    sign_in(client, FRAMEWORK_MANAGER)
    assert "Prices from November" in text(client.get("/"))
    approve = at(release, "release_act", "approve")
    assert post(client, approve, shown_hash=shown_hash).status_code == 302
    schedule = at(release, "release_act", "schedule")
    refused = post(client, schedule, first_day_day="1", first_day_month="10", first_day_year="2007")
    assert refused.status_code == 200 and "tomorrow at the earliest" in text(refused)
    assert post(client, schedule, first_day_day="1", first_day_month="11", first_day_year="2007").status_code == 302
    assert (cast.fresh(release).state, cast.fresh(release).number) == ("scheduled", 2)
    assert "1 November 2007" in words(client.get("/releases/"))


def test_what_a_release_would_take_back_of_one_that_is_to_come_is_shown_before_it_is_approved(client):
    releases.scheduled(CORE_02="99.00")
    later = releases.submitted(CORE_01="70.20")
    sign_in(client, FRAMEWORK_MANAGER)
    shown = words(client.get(at(later, "release_act", "approve")))
    today, _mark, to_come = shown.partition("What it changes against release 2, which comes into force on 1 November 2007")
    assert "CORE-01 Managed desktop - thin client list price: £78.00 → £70.20" in today and "CORE-02" not in today
    assert "CORE-02 Managed desktop - laptop (flexible worker) list price: £99.00 → £104.00" in to_come
    assert "would take back what that one changes" in to_come
    assert "which comes into force on" not in words(client.get(at(CatalogueRelease.objects.get(number=2)))), "it has its own day"


def test_the_summary_names_the_field_of_each_fault(client):
    sign_in(client, ACCOUNT_MANAGER)
    shown = words(post(client, at(releases.drafted(), "add_service"), edits="0"))
    for expected in ("Lot: Choose one.", "Charged: Choose one.", "kgCO2e a unit and year before: Enter a figure"):
        assert expected in shown, (expected, shown[:1500])


def test_bands_and_rules_are_changed_in_pages(client):
    sign_in(client, ACCOUNT_MANAGER)
    release = releases.drafted()
    bands = at(release, "release_bands", "seats")
    assert "2500 4" in text(client.get(bands))
    typed = {"code": "seats", "scope": "framework", "method": "slab", "edits": "0"}
    for lines, why in (("1 0\n2500", "Line 2: write a quantity"), ("1 5\n2500 4", "Band 2: “4” is less than the 5 of the band of seats before it"), ("2 0", "Band 1: “2” is not 1"),
                       ("1 0\n2500 x", "is not an amount"), ("1 0\n9999999999 4", "is not a whole number")):  # fmt: skip
        answer = post(client, bands, **typed, bands=lines)
        assert answer.status_code == 200 and why in words(answer), (lines, words(answer)[:600])
    assert post(client, bands, **typed, bands="1: 0%\n2,500: 4.5 %").status_code == 302
    assert "bands: 1: 0%, 2,500: 4%" in words(client.get(at(release)))
    gone = post(client, bands, remove="1", edits="1")
    assert gone.status_code == 200 and "is none of" in words(gone), "services name it"
    rule = at(release, "release_rule", 9)
    assert 'value="6"' in text(client.get(rule))
    typed = {"kind": "max_months", "services": "TRN-01", "text": "The interim service lasts three months at most.", "edits": "1"}
    assert "Enter how many months." in text(post(client, rule, **typed))
    assert "TRN-99 is not in the catalogue" in text(post(client, rule, **typed | {"services": "TRN-99", "months": "3"}))
    assert post(client, rule, **typed, months="3").status_code == 302
    sizes = {"kind": "required_per_site", "services": "CORE-10 CORE-12", "text": "By size.", "edits": "2"}
    add = at(release, "add_rule")
    assert "Line 1: write a code" in text(post(client, add, **sizes, sizes="small: ten"))
    assert "starts at 60 seats, not at 51" in words(post(client, add, **sizes, sizes="CORE-10 1 to 50\nCORE-12 60 and more"))
    assert post(client, add, **sizes, sizes="CORE-10 1 to 50\nCORE-12 51 and more").status_code == 302
    assert post(client, at(release, "release_rule", 1), remove="1", edits="3").status_code == 302
    shown = words(client.get(at(release)))
    assert "three months at most" in shown and "CORE-12: 51 seats and more" in shown
    content = releasing.content_of(cast.fresh(release))
    assert len(content.rules) == 9 and content.rules[-1].parameters["by_seats_at_site"] == {"CORE-10": [1, 50], "CORE-12": [51, None]}


def test_service_levels_are_changed_added_and_taken_out_in_pages(client):
    sign_in(client, ACCOUNT_MANAGER)
    release = releases.drafted()
    row = next(row for row in release.draft.sheets["service_levels"] if row["measure_code"] == "SD-S-FIX")
    here, home = at(release, "release_measure", "SD-S-FIX"), at(release)
    assert here in text(client.get(home)) and 'value="75"' in text(client.get(here))
    refused = post(client, here, edits="0", **row | {"measure_code": "SD S"})
    assert refused.status_code == 200 and "is not a code" in text(refused) and 'value="SD S"' in text(refused)
    assert "Enter the target." in text(post(client, here, edits="0", **row | {"target": " "}))
    assert post(client, here, edits="0", **row | {"target": "80"}).status_code == 302
    assert "first-contact fix (standard hours) (target 80%, minimum 68%, critical 55%)" in words(client.get(home))
    assert "target: 75 → 80" in words(client.get(home))
    new = row | {"measure_code": "SD-S-VISIT", "measure": "visits on the agreed day"}
    assert post(client, at(release, "add_measure"), edits="1", **new).status_code == 302
    assert "is there twice" in text(post(client, at(release, "add_measure"), edits="2", **new))
    levels = [row["service_level"] for row in cast.fresh(release).draft.sheets["service_levels"]]
    assert levels.index("SD-S") + 2 == len(levels) - 1 - levels[::-1].index("SD-S"), "it stands with its level"
    alone = post(client, at(release, "release_measure", "EUS-B"), remove="1", edits="2")
    assert alone.status_code == 200 and "is none of" in words(alone), "services name the level"
    assert post(client, at(release, "release_measure", "SD-S-VISIT"), remove="1", edits="2").status_code == 302
    assert client.get(at(release, "release_measure", "SD-S-VISIT")).status_code == 404


def test_a_service_level_that_no_credit_could_be_computed_from_is_said_on_its_field(client):
    sign_in(client, ACCOUNT_MANAGER)
    release = releases.drafted()
    row = next(row for row in release.draft.sheets["service_levels"] if row["measure_code"] == "MOB-B")
    here = at(release, "release_measure", "MOB-B")
    for change, said in (
        ({"target": "97"}, "“97.5” is above the target of 97."),
        ({"critical": "low"}, "“low” is not a percentage from 0 to 100 like 99.5."),
        ({"credit_applies_to": "CORE-08;CORE-99"}, "CORE-99 is none."),
        ({"unit": "hours"}, "Select a valid choice."),
    ):
        shown = words(post(client, here, edits="0", **row | change))
        assert said in shown, (said, shown)
    taken = post(client, at(release, "release_service", "CORE-09"), remove="1", edits="0")
    assert "CORE-09 is none" in words(taken), "a service credit is on it"
    assert cast.fresh(release).draft.edits == 0


def test_a_draft_kept_before_this_was_asked_of_it_says_so_and_is_mended_by_an_upload(client):
    sign_in(client, ACCOUNT_MANAGER)
    release = releases.drafted()
    release.draft.sheets["service_levels"][0]["target"] = "most of the time"
    release.draft.save()
    for name in ("release", "release_services"):
        answer = client.get(at(release, name))
        assert answer.status_code == 403 and "is not a percentage from 0 to 100" in words(answer), name
    assert upload(client, release, service_levels=file("levels.csv", FILES["service_levels"])).status_code == 302
    assert client.get(at(release)).status_code == 200


def test_a_service_is_added_and_taken_out(client):
    sign_in(client, MANAGER)
    release = releases.drafted(MANAGER)
    row = release.draft.sheets["catalogue"][0] | {"code": "CORE-77", "name": "Managed desktop - tablet"}
    assert post(client, at(release, "add_service"), edits="0", **row).status_code == 302
    twice = post(client, at(release, "add_service"), edits="1", **row)
    assert twice.status_code == 200 and "is there twice" in text(twice)
    needed = post(client, at(release, "release_service", "CORE-06"), remove="1", edits="1")
    assert needed.status_code == 200 and "CORE-06 is not in the catalogue" in text(needed), "a rule names it"
    assert post(client, at(release, "release_service", "CORE-77"), remove="1", edits="1").status_code == 302
    assert "CORE-77" not in text(client.get(at(release, "release_services")))
    assert client.get(at(release, "release_service", "CORE-77")).status_code == 404


def test_a_sheet_is_uploaded_whole_or_every_fault_is_listed_and_nothing_is_changed(client):
    sign_in(client, ACCOUNT_MANAGER)
    release = releases.drafted()
    bad = FILES["catalogue"].replace(b"78.00", b"1e3").replace(b"CORE-02,1", b"CORE-02,9").replace(b"CORE-06,1", b"CORE-04,1")
    answer = upload(client, release, catalogue=file("new.csv", bad))
    shown = words(answer)
    assert answer.status_code == 200
    for expected in ("the sheets have 4 faults", "new.csv 2 list_price_gbp 1e3 is not an amount", "new.csv 3 lot 9 is none of 1, 2, 3",
                     "code CORE-04 is there twice", "CORE-06 is not in the catalogue"):  # fmt: skip
        assert expected in shown, (expected, shown[:3000])
    assert cast.fresh(release).draft.edits == 0
    good = FILES["catalogue"].replace(b"78.00", b"70.20")
    assert upload(client, release, catalogue=file("new.csv", good)).status_code == 302
    assert "£78.00 → £70.20 (−10%)" in words(client.get(at(release)))


def test_one_fault_is_one_fault(client):
    sign_in(client, ACCOUNT_MANAGER)
    answer = upload(client, releases.drafted(), catalogue=file("new.csv", FILES["catalogue"].replace(b"78.00", b"1e3")))
    assert "the sheets have 1 fault. It is listed below." in words(answer)


def book_of(**named: str) -> bytes:
    """A workbook of our sheets under other titles: title=sheet."""
    tables = {name: list(csv.reader(io.StringIO(FILES[name].decode("utf-8-sig")))) for name in COLUMNS}
    return sheets.to_workbook([(title.replace("__", " "), tables[name][0], tables[name][1:]) for title, name in named.items()])


def test_no_sheet_of_a_workbook_is_left_out_without_a_word(client):
    sign_in(client, ACCOUNT_MANAGER)
    release = releases.drafted()
    answer = upload(client, release, catalogue=file("book.xlsx", book_of(catalogue="catalogue", Discounts="price_bands")))
    shown = words(answer)
    assert answer.status_code == 200 and "book.xlsx, sheet Discounts is none of catalogue, price_bands, service_levels" in shown, shown
    twice = book_of(Price__bands="price_bands", price_bands="price_bands")
    assert "the sheet price_bands was given twice" in words(upload(client, release, catalogue=file("book.xlsx", twice)))
    assert cast.fresh(release).draft.edits == 0
    answer = upload(client, release, catalogue=file("book.xlsx", book_of(Catalogue="catalogue", Price__bands="price_bands")))
    assert answer.status_code == 302
    assert "Read without a fault: catalogue (32 services), price_bands (22 bands)." in words(client.get(at(release)))
    alone = upload(client, release, service_levels=file("levels.xlsx", book_of(Sheet1="service_levels")))
    assert alone.status_code == 302, "one sheet by itself is what it was given for"


def test_a_table_in_another_encoding_is_told_how_to_be_saved(client):
    sign_in(client, ACCOUNT_MANAGER)
    data = FILES["catalogue"].replace(b"thin client", "dünner Client".encode("latin-1"))
    shown = words(upload(client, releases.drafted(), catalogue=file("prices.csv", data)))
    assert "Choose a file of these kinds: .csv, .xlsx." in shown and "saved again as “CSV UTF-8”" in shown
    assert "PDF" not in shown


def test_what_is_taken_out_is_uploaded_again_and_changes_nothing(client):
    sign_in(client, ACCOUNT_MANAGER)
    live, release = CatalogueRelease.objects.get(number=1), releases.drafted()
    book = client.get(at(live, "release_sheet", "release", "xlsx"))
    assert book.status_code == 200 and "attachment" in book["Content-Disposition"]
    assert load_workbook(io.BytesIO(book.content)).sheetnames == list(COLUMNS)
    assert upload(client, release, catalogue=file("release.xlsx", book.content)).status_code == 302
    for name in COLUMNS:
        data = client.get(at(live, "release_sheet", name, "csv")).content
        assert upload(client, release, **{name: file(f"{name}.csv", data)}).status_code == 302
    assert releasing.content_of(cast.fresh(release)) == releasing.content_of(live)
    assert "Nothing yet." in words(client.get(at(release)))
    for name, kind in (("release", "csv"), ("catalogue", "xlsx"), ("catalogue", "exe"), ("people", "csv")):
        assert client.get(at(live, "release_sheet", name, kind)).status_code == 404


def test_two_thousand_rows_are_uploaded_in_under_five_seconds_and_go_live(client):
    sign_in(client, ACCOUNT_MANAGER)
    release = releases.drafted()
    data = as_workbook(many(2000))
    started = time.process_time()
    answer = upload(client, release, catalogue=file("big.xlsx", data))
    assert time.process_time() - started < 5
    assert answer.status_code == 302, words(answer)[:2000]
    for address in (at(release), at(release, "release_services"), at(release, "release_services") + "?q=x-1999"):
        started = time.process_time()
        assert client.get(address).status_code == 200
        assert time.process_time() - started < 5, address
    release = releases.submit(release)
    assert release.services.count() == 2000


def test_a_sheet_of_faults_alone_is_listed(client):
    sign_in(client, ACCOUNT_MANAGER)
    bad = many(2000).replace(b"recurring,78.00", b"weekly,free")
    started = time.process_time()
    answer = upload(client, releases.drafted(), catalogue=file("bad.csv", bad))
    assert time.process_time() - started < 5 and answer.status_code == 200
    assert "And 2,9" in words(answer) and "faults. They are listed below." in words(answer)


ODD = {
    "latin.csv": "code\nprénom".encode("latin-1"), "utf16.csv": "code,lot\n1,2".encode("utf-16"), "empty.csv": b"",
    "twice.csv": FILES["catalogue"].replace(b"code,lot", b"code,code", 1), "long.csv": many(60_000), "six.csv": many(6_000),
    "bars.csv": FILES["catalogue"].replace(b",", b"|"), "bytes.xlsx": b"PK\x03\x04 nothing", "old.xlsx": b"\xd0\xcf\x11\xe0",
    "script.csv": b"<html><script>alert(1)</script>", "wide.csv": b"a," * 3000, "prices.pdf": cast.PDF,
}  # fmt: skip


def test_odd_files_get_words_and_change_nothing(client):
    sign_in(client, ACCOUNT_MANAGER)
    release = releases.drafted()
    plain = sheets.to_xlsx("catalogue", ["code"], [["1"]])
    odd = ODD | {f"{name}.xlsx": repacked(plain, parts) for name, (parts, _words) in HOSTILE.items()}
    for name, data in odd.items():
        started = time.process_time()
        answer = upload(client, release, catalogue=file(name, data))
        assert answer.status_code == 200 and "There is a problem" in text(answer), name
        assert time.process_time() - started < 5, name
    nothing = upload(client, release)
    assert "Choose a sheet to upload." in text(nothing)
    large = upload(client, release, catalogue=file("large.csv", b"x" * (2 * 1024 * 1024 + 1)))
    assert large.status_code == 200 and "Choose a file of 2 MB or less" in text(large)
    assert cast.fresh(release).draft.edits == 0


@pytest.mark.world("with_supplier")
def test_the_effect_order_by_order_is_for_who_works_on_it(client):
    order = cast.with_supplier()
    release = releases.submitted(CORE_01="88.00")
    for email in (FRAMEWORK_MANAGER, ACCOUNT_MANAGER):
        sign_in(client, email)
        assert order.reference in words(client.get(at(release, "release_effects")))
        assert "1 counted, £11,252,943.00 as agreed over their whole life" in words(client.get(at(release)))


@pytest.mark.world("approved_by_department")
def test_what_a_release_would_mean_is_said_of_the_orders_that_have_reached_the_reader_and_no_other(client):
    """With the authority's approvers: it has reached the authority, and the supplier knows nothing of it."""
    order = cast.approved_by_department()
    release = releases.submitted(CORE_01="88.00")
    seen = {FRAMEWORK_MANAGER: True, ACCOUNT_MANAGER: False}
    for email, reached in seen.items():
        sign_in(client, email)
        page, rows = words(client.get(at(release))), words(client.get(at(release, "release_effects")))
        assert "Orders under way that have reached you" in page and "only those that have reached you are counted" in page
        assert "only those that have reached you are listed" in rows
        assert ("1 counted, £11,252,943.00" in page, order.reference in rows, "1 found" in rows) == (reached,) * 3
        assert ("Orders under way that have reached you none" in page, "0 found" in rows) == (not reached,) * 2


@pytest.mark.world("countered")
def test_where_an_order_is_that_went_back_is_not_read_from_the_effects(client):
    made, release = cast.countered(), releases.submitted(CORE_01="88.00")
    sign_in(client, ACCOUNT_MANAGER)
    assert "counter-proposed by the supplier" in words(client.get(at(release, "release_effects")))
    order = cast.accept_counter(made)
    inside = [(words(client.get(at(release))), words(client.get(at(release, "release_effects"))))]
    workflow.recall(order, by=cast.requester(), at=cast.START)
    inside.append((words(client.get(at(release))), words(client.get(at(release, "release_effects")))))
    assert inside[0] == inside[1], "nor whether it is decided on"
    assert order.reference not in inside[0][1] and "0 found" in inside[0][1]
    assert "Orders under way that have reached you none" in inside[0][0]


@pytest.mark.world("submitted")
def test_an_order_with_the_departments_approvers_is_in_nobodys_effect(client):
    order = cast.submitted()
    release = releases.submitted(CORE_01="88.00")
    for email in (FRAMEWORK_MANAGER, ACCOUNT_MANAGER):
        sign_in(client, email)
        assert "that have reached you none" in words(client.get(at(release)))
        assert order.reference not in words(client.get(at(release, "release_effects")))


def test_the_catalogue_is_shown_as_it_was_on_a_day(client, settings):
    releases.live(CORE_01="70.20")
    sign_in(client, "requester@dius.example")
    assert "release 1" in words(client.get("/catalogue/"))
    for address in ("/catalogue/?on=2007-11-01", "/catalogue/?on=nonsense", "/catalogue/?on_day=32&on_month=1&on_year=2007"):
        answer = client.get(address)
        assert answer.status_code == 200 and "There is a problem" in text(answer), "a day to come is not told"
        assert "release 1" in words(answer)
    before = client.get("/catalogue/?on=2007-05-20")
    assert "No release was in force on 20 May 2007" in words(before)
    past = client.get("/catalogue/?on=2007-06-01&q=thin")
    assert "as it was on 1 June 2007" in words(past) and "?on=2007-06-01" in text(past)
    assert 'name="on" value="2007-06-01"' in text(past), "a filter keeps the day"
    csv = client.get("/catalogue/?on=2007-06-01&q=thin&format=csv")
    assert csv.status_code == 200 and b"CORE-01" in csv.content
    service = client.get("/catalogue/CORE-01/?on=2007-06-01")
    assert "Price history" in text(service) and "£78.00" in text(service) and "£70.20" not in text(service)


def test_the_last_day_of_a_release_is_told_when_it_is_over_and_before_to_who_sees_what_follows(client, settings):
    releases.scheduled(CORE_01="70.20")  # the supplier's, from 1 November
    pages = ["/releases/", at(CatalogueRelease.objects.get(number=1)), "/catalogue/CORE-01/"]
    told = {FRAMEWORK_MANAGER: True, ACCOUNT_MANAGER: True, "requester@dius.example": False}
    for email, knows in told.items():
        sign_in(client, email)
        for address in pages:
            assert ("31 October 2007" in words(client.get(address))) is knows, (email, address)
    settings.STEPPABLE_CLOCK = True
    clock.step_to(releases.MIDNIGHT, by=cast.person(FRAMEWORK_MANAGER))
    for address in pages:
        assert "31 October 2007" in words(client.get(address)), address


def test_lists_and_pages_cost_the_same_with_many_orders_and_releases(client):
    release = releases.submitted(CORE_01="88.00")
    cast.with_supplier()
    sign_in(client, FRAMEWORK_MANAGER)
    pages = ["/releases/", at(release), at(release, "release_effects"), at(release, "release_services"), "/catalogue/CORE-01/", "/"]

    def asked() -> list[int]:
        found = []
        for address in pages:
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found.append(len(queries))
        return found

    before = asked()
    for _ in range(2):
        cast.with_supplier()
        releases.submitted(CORE_01="80.00")
    after = asked()
    assert after == before
    assert max(before) <= 40
