"""Lists: what they find, how they sort, and that a file of a list holds what the list shows and runs nothing."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from catalogue import sheets
from config import views
from procurement import searching, workflow
from procurement.models import CallOff
from procurement.views import listing
from tests import cast

DESK = "order.desk@fujitsu.example"
HOSTILE = ["\x00", "%00", "\ud800", "a" * 5000, "é\u0301" * 90, "'; DROP TABLE", "\u202e", " ".join("w" * 50)]


@pytest.fixture
def signed_in(client, db):
    def become(email):
        client.force_login(cast.person(email).user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return become


def as_dicts(answer) -> list[dict[str, str]]:
    heading, *rows = rows_of(answer)
    return [dict(zip(heading, row, strict=True)) for row in rows]


def test_the_file_of_the_catalogue_is_data(signed_in):
    """Every fact in a column of its own: plain numbers, days as 2007-10-01, codes; what the page puts into words it has not."""
    found = {row["Code"]: row for row in as_dicts(signed_in("requester@dius.example").get("/catalogue/", {"format": "csv"}))}
    assert {name: found["CORE-01"][name] for name in ("Lot", "List price", "Today", "Next band from", "Next price", "Prices of")} == {
        "Lot": "1", "List price": "78.00", "Today": "74.88", "Next band from": "5000", "Next price": "70.98", "Prices of": "2007-10-01",
    }  # fmt: skip
    assert found["CORE-01"]["Name"] == "Managed desktop - thin client"
    assert found["CHG-01"]["kgCO2e a year"] == "" and "£" not in str(found)


def test_a_list_says_what_a_band_counts_and_how_to_see_all_of_it(signed_in):
    buyer = signed_in("requester@dius.example")
    found, whole = (buyer.get("/catalogue/", {"q": text}).content.decode() for text in ("thin", ""))
    assert "£70.98 from 5,000 seats" in found
    assert "show all" in found and "show all" not in whole


def test_a_search_that_finds_no_order_leads_to_the_catalogue(signed_in):
    page = signed_in("requester@dius.example").get("/search/", {"q": "thin client"}).content.decode()
    assert 'href="/catalogue/?q=thin%20client"' in page


@pytest.mark.parametrize("text", ["laptops", "laptop", "Managed Desktops"])
def test_a_plural_finds_what_its_singular_finds(signed_in, text):
    found = as_dicts(signed_in("requester@dius.example").get("/catalogue/", {"format": "csv", "q": text}))
    assert "CORE-02" in {row["Code"] for row in found}


def test_an_order_is_found_by_its_number_without_the_zeros(signed_in):
    order = cast.submitted()
    short = f"co-2007-{int(order.reference.rpartition('-')[2])}"
    for text, found in ((short, True), (order.reference, True), ("co-2007-77", False)):
        page = signed_in("requester@dius.example").get("/call-offs/", {"q": text, "format": "csv"}).content.decode()
        assert (order.reference in page) is found, text


def rows_of(answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize("address", ["/call-offs/", "/contracts/", "/catalogue/", "/search/"])
@pytest.mark.parametrize("text", HOSTILE)
def test_a_search_never_fails(signed_in, address, text):
    answer = signed_in("requester@dius.example").get(address, {"q": text.encode("utf-8", "surrogatepass")})
    assert answer.status_code == 200


@pytest.mark.parametrize("address", ["/call-offs/", "/contracts/", "/catalogue/"])
def test_parameters_that_mean_nothing_are_passed_over(signed_in, address):
    nonsense = {"sort": "-password", "state": "x", "department": "x", "lot": "9" * 40, "category": "x", "page": "-1",
                "format": "exe"}  # fmt: skip
    assert signed_in("requester@dius.example").get(address, nonsense).status_code == 200


def test_the_list_sorts_by_a_column_both_ways(signed_in):
    client = signed_in("requester@dius.example")
    prices = [
        [Decimal(row["List price"]) for row in as_dicts(client.get("/catalogue/", {"format": "csv", "sort": sort}))]
        for sort in ("list", "-list")
    ]
    assert prices[0] == sorted(prices[0])
    assert prices[1] == sorted(prices[0], reverse=True)
    page = client.get("/catalogue/", {"sort": "-list"}).content.decode()
    assert 'aria-sort="descending"' in page
    assert "sort=list" in page, "a second press turns it round"


def test_filters_and_order_stay_while_pages_are_turned(signed_in, monkeypatch):
    monkeypatch.setattr(listing, "PAGE_SIZE", 1)
    first, second = cast.submitted(), cast.submitted()
    client = signed_in("requester@dius.example")
    chosen = {"q": "dius", "state": "department_approval", "sort": "reference"}
    page = client.get("/call-offs/", chosen)
    following = page.context["listing"]["next"]
    assert following == "?q=dius&state=department_approval&sort=reference&page=2"
    assert first.reference in page.content.decode()
    assert second.reference in client.get("/call-offs/" + following).content.decode()
    page = client.get("/call-offs/", {"q": "a&state=x"}).content.decode()
    assert 'value="a&amp;state=x"' in page


def test_the_file_holds_what_the_list_shows(signed_in):
    order = cast.submitted()
    answer = signed_in("requester@dius.example").get("/call-offs/", {"format": "csv"})
    assert answer["Content-Disposition"] == 'attachment; filename="call-offs.csv"'
    heading, row = rows_of(answer)
    assert (heading[:2], row[:2]) == (["Number", "Title"], [order.reference, order.title]), "apart, where a cell has both"
    assert row[-1] == "11252943.00"
    book = load_workbook(
        io.BytesIO(signed_in("requester@dius.example").get("/call-offs/", {"format": "xlsx"}).content)
    )
    cells = list(book.active.values)
    assert cells[1][-1] == 11252943
    assert cells[1][0] == row[0]


def test_a_search_that_finds_more_than_it_shows_says_so_and_leads_to_all_of_it(signed_in, monkeypatch):
    monkeypatch.setattr(views, "MOST_FOUND", 1)
    first, client = cast.drafted(), signed_in("requester@dius.example")
    page = client.get("/search/", {"q": "desktop"})
    assert "1 call-off," in (shown := page.content.decode()) and "more than" not in shown and first.title in shown
    cast.drafted()
    page = client.get("/search/", {"q": "desktop"})
    assert '<a class="govuk-link" href="/call-offs/?q=desktop">more than 1 call-offs</a>' in page.content.decode()
    assert len(page.context["call_offs"]) == 1


def test_a_draft_that_was_given_up_is_not_called_a_draft_any_more(signed_in):
    order = cast.drafted()
    client = signed_in("requester@dius.example")
    shown = [f">draft {order.title}<" in client.get(address, {"q": "dius"}).content.decode() for address in ("/call-offs/", "/search/")]
    workflow.withdraw(order, reason="No.", by=cast.requester(), at=cast.START)
    after = [client.get(address, {"q": "dius"}).content.decode() for address in ("/call-offs/", "/search/")]
    assert shown == [True, True]
    assert all(f">{order.title}<" in page and f">draft {order.title}<" not in page for page in after)


def test_a_list_and_its_file_are_for_those_who_may_see_it(signed_in):
    order = cast.submitted()
    for email in (cast.outsider().user.email, DESK, "deputy.director@co.example"):
        for kind in ("", "csv"):
            answer = signed_in(email).get("/call-offs/", {"format": kind, "q": "dius"})
            assert order.reference not in answer.content.decode()
        assert signed_in(email).get("/search/", {"q": order.reference}).context["call_offs"] == []


def test_the_supplier_reads_the_value_that_was_sent_to_it(signed_in):
    """Whatever the department changes in an order that came back is not on the supplier's list until it is sent."""
    order = cast.with_supplier()
    CallOff.objects.filter(pk=order.pk).update(whole_life_gbp=Decimal("1.00"))
    sent = str(order.revision.whole_life_gbp)
    assert rows_of(signed_in(DESK).get("/call-offs/", {"format": "csv"}))[1][-1] == sent
    assert rows_of(signed_in("requester@dius.example").get("/call-offs/", {"format": "csv"}))[1][-1] == "1.00"


def test_a_file_of_too_many_rows_is_refused_in_words(signed_in, monkeypatch):
    monkeypatch.setattr(listing, "MOST_EXPORTED", 1)
    cast.submitted()
    cast.submitted()
    answer = signed_in("requester@dius.example").get("/call-offs/", {"format": "csv"})
    assert answer.status_code == 422
    assert "narrow the list to 1 rows or fewer" in answer.content.decode()


def test_a_list_counts_and_pages_so_many_and_says_that_there_are_more(signed_in, monkeypatch):
    monkeypatch.setattr(listing, "MOST_LISTED", 2)
    monkeypatch.setattr(listing, "PAGE_SIZE", 1)
    newest = [cast.submitted().reference for _ in range(3)][::-1]
    client = signed_in("requester@dius.example")
    pages = [client.get("/call-offs/", {"page": page}).content.decode() for page in (1, 2, 3)]
    assert all("more than 2 found" in page and "of 2" in page for page in pages)
    assert [newest[n] in pages[n] for n in (0, 1)] == [True, True]
    assert not any(newest[2] in page for page in pages), "it is reached by another order or a filter"
    assert newest[2] in client.get("/call-offs/", {"q": newest[2]}).content.decode()
    assert len(rows_of(client.get("/call-offs/", {"format": "csv"}))) == 4, "a file holds more than the pages do"


@pytest.mark.parametrize(("few", "words"), [(500, "shared"), (0, "shared"), (0, "dius shared"), (500, "po-dius-004711")])
def test_words_find_the_same_whether_they_find_few_or_many(signed_in, monkeypatch, few, words):
    """Few are listed by their ids, many are looked for along the list: by number, title, and purchase order."""
    monkeypatch.setattr(searching, "FEW", few)
    order = cast.submitted()
    for email in ("requester@dius.example", "requester@ons.example"):
        found = signed_in(email).get("/call-offs/", {"q": words, "format": "csv"})
        assert (order.reference in found.content.decode()) is (email == "requester@dius.example")
    nothing = signed_in("requester@dius.example").get("/call-offs/", {"q": f"{words} nowhere", "format": "csv"})
    assert len(rows_of(nothing)) == 1


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_a_file_is_a_formula(text):
    read = list(csv.reader(io.StringIO(sheets.to_csv([text], [[text]]).decode("utf-8-sig"))))
    assert {cell for row in read for cell in row} == {"'" + text.replace("\t", "\t'").replace("\r", "\r'")}
    if text.isprintable():
        sheet = load_workbook(io.BytesIO(sheets.to_xlsx("t", [text], [[text]]))).active
        assert [(cell.value, cell.data_type) for row in sheet for cell in row] == [(text, "s"), (text, "s")]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("text", ["x;=1+1", "x;=1+1;y", 'x";=1+1;y', "x;@SUM(A1)", "x\n=1+1", "x\t=1+1", "=1;-1"])
def test_no_cell_of_a_file_is_a_formula_whatever_a_spreadsheet_separates_by(text, delimiter):
    written = sheets.to_csv([text, text], [[text, text]]).decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(written, newline=""), delimiter=delimiter) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))], cells


def test_every_cell_of_a_file_stands_in_quotation_marks():
    written = sheets.to_csv(["a", "b"], [["x;y", 1]]).decode("utf-8-sig")
    assert written == '"a","b"\r\n"x;y","1"\r\n'


def test_a_file_of_many_columns_widens_each_of_them():
    heading = [f"column {number} of many" for number in range(1, 31)]
    sheet = load_workbook(io.BytesIO(sheets.to_xlsx("t", heading, []))).active
    assert {name: width.width for name, width in sheet.column_dimensions.items()}["AD"] == len(heading[29]) + 2


def test_a_file_keeps_money_and_days():
    rows = [[Decimal("1234.50"), date(2007, 10, 1), None, 7]]
    assert sheets.to_csv(["a"], rows).decode("utf-8-sig").splitlines()[1] == '"1234.50","2007-10-01","","7"'
    (cells,) = list(load_workbook(io.BytesIO(sheets.to_xlsx("t", [], rows))).active.values)[1:]
    assert cells[0] == 1234.5
    assert cells[1].date() == date(2007, 10, 1)
