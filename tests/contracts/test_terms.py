"""The terms as of a day: versions put together, whatever the order in which they were made."""

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogue.models import ServiceVersion
from catalogue.pricing import Band, BandTable
from contracts import terms
from contracts.models import ContractLine, ContractVersion, LineChange
from tests import cast
from tests.contracts import variation_cast as varied
from tests.procurement.test_pages import sign_in

START = date(2008, 4, 1)
ENDS = date(2009, 3, 31)
SERVICE = ServiceVersion(code="CORE-01", name="Thin client", charge_type="recurring", list_price_gbp=Decimal("78.00"))
LINE = ContractLine(pk=1, number=1, phase="shared", service=SERVICE)


def version(number: int, day: date, **change) -> terms.Change:
    made = ContractVersion(number=number, effective_from=day, caused_by=f"V{number}")
    return made, [LineChange(version=made, line=LINE, line_id=1, **change)]


FIRST = version(1, START, quantity_change=100, unit_price_gbp=Decimal("74.88"), starts_on=START, ends_on=ENDS)


def state(found: terms.Terms | None) -> tuple:
    return tuple((line.number, line.quantity, line.unit_price, line.ends_on) for line in found.lines) if found else ()


def test_two_changes_that_were_open_at_once_both_stand():
    joiners = version(2, date(2008, 11, 1), quantity_change=100)
    more = version(3, date(2008, 11, 1), quantity_change=150)
    cheaper = version(4, date(2008, 7, 1), unit_price_gbp=Decimal("70.98"))
    for order in permutations([joiners, more, cheaper]):
        together = terms.put_together([FIRST, *order])
        assert [one.effective_from.isoformat() for one in together] == ["2008-04-01", "2008-07-01", "2008-11-01", "2008-11-01"]
        assert state(terms.as_of(together, date(2008, 6, 30))) == ((1, 100, Decimal("74.88"), ENDS),)
        assert state(terms.as_of(together, date(2008, 7, 1))) == ((1, 100, Decimal("70.98"), ENDS),)
        assert state(terms.as_of(together, date(2008, 11, 1))) == ((1, 350, Decimal("70.98"), ENDS),)
        assert terms.as_of(together, date(2008, 3, 31)) is None
        assert [line.version.caused_by for line in together[1].lines] == ["V4"]


def test_a_line_without_a_quantity_is_no_longer_there():
    gone = terms.put_together([FIRST, version(2, date(2008, 6, 1), quantity_change=-100)])
    assert state(gone[-1]) == () and len(terms.ledger(gone)[0].lines) == 1


DAYS = ServiceVersion(code="TRN-04", name="Exit", charge_type="usage", list_price_gbp=Decimal("560.00"))
GRADUATED = BandTable("days", "call_off", "graduated", (Band(1, Decimal(0)), Band(100, Decimal(5)), Band(500, Decimal(10))))


def test_graduated_units_fill_the_bands_line_after_line_also_when_an_earlier_line_grows(monkeypatch):
    """80 and 80 days, then 40 more on the first: together 200, 99 at 560.00 and 101 at 532.00."""
    monkeypatch.setattr(terms, "bands_of", lambda line: GRADUATED)
    lines = [ContractLine(pk=n, number=n, phase="usage", service=DAYS) for n in (1, 2)]
    first, second = (ContractVersion(number=n, effective_from=START, caused_by=f"V{n}") for n in (1, 2))
    ordered = [
        LineChange(version=first, line=line, line_id=line.pk, quantity_change=80, unit_price_gbp=Decimal("560.00"), starts_on=START, ends_on=ENDS)
        for line in lines
    ]
    more = [LineChange(version=second, line=lines[0], line_id=1, quantity_change=40)]
    now = terms.put_together([(first, ordered), (second, more)])[-1]
    assert [line.units_before for line in now.lines] == [0, 120]
    assert sum(line.amount for line in now.lines) == Decimal("109172.00")


CHANGES = st.lists(
    st.tuples(
        st.integers(0, 330).map(lambda n: START + timedelta(days=n)), st.integers(-20, 60),
        st.one_of(st.none(), st.integers(1, 9999).map(lambda pence: Decimal(pence) / 100)),
    ).filter(lambda one: one[1] or one[2] is not None),
    max_size=6,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(CHANGES, st.randoms())
def test_on_every_day_all_that_took_effect_by_then_holds(found, shuffle):
    made = [FIRST] + [
        version(number, day, quantity_change=quantity, unit_price_gbp=price)
        for number, (day, quantity, price) in enumerate(found, start=2)
    ]
    shuffled = list(made)
    shuffle.shuffle(shuffled)
    together = terms.put_together(shuffled)
    for day in (START + timedelta(days=n) for n in range(0, 365, 7)):
        upto = sorted((one for one in enumerate(found) if one[1][0] <= day), key=lambda one: (one[1][0], one[0]))
        quantity = 100 + sum(change[1] for _number, change in upto)
        prices = [Decimal("74.88"), *(change[2] for _number, change in upto if change[2] is not None)]
        now = terms.as_of(together, day)
        assert state(now) == (((1, quantity, prices[-1], ENDS),) if quantity else ())


# ---- of a real contract


@pytest.mark.usefixtures("db")
@pytest.mark.world("executed")
def test_the_first_version_is_what_was_accepted():
    contract = cast.contract()
    (first,) = terms.put_together(terms.read(contract))
    ordered = contract.revision.lines.select_related("site").order_by("number")
    assert [
        (line.number, line.line.phase, line.line.service_id, line.line.site, line.quantity, line.unit_price, line.monthly)
        for line in first.lines
    ] == [
        (row.number, row.phase, row.service_id, row.site.name if row.site else "", row.quantity, row.unit_price_gbp,
         row.monthly_gbp)
        for row in ordered
    ]  # fmt: skip
    assert sum(line.monthly for line in first.lines if line.line.phase == "shared") == contract.revision.monthly_gbp
    assert {line.version.document_id for line in first.lines} == {contract.document_id}


@pytest.mark.usefixtures("db")
@pytest.mark.world("executed")
def test_the_page_says_what_holds_on_any_day_and_an_outsider_does_not_find_it(client):
    contract = cast.contract()
    address = reverse("contracts:terms_in_force", args=[contract.public_id])
    sign_in(client, "contract.manager@dius.example")
    assert address in client.get(reverse("contracts:contract", args=[contract.public_id])).content.decode()
    page = client.get(address).content.decode()
    assert "Terms in force on 1 November 2007" in page and "£148,000.00</strong>" in page, "it has not begun: its first day"
    later = client.get(address, {"on": "2008-04-01"}).content.decode()
    assert "£186,762.60</strong>" in later and contract.number in later
    assert "Nothing held on that day" in client.get(address, {"on": "2007-10-31"}).content.decode()
    after = client.get(address, {"on": "2012-11-01"}).content.decode()
    assert "last day is 31 October 2012" in after and "CORE-01" not in after
    assert "CORE-01" in client.get(address, {"on": "2012-10-31"}).content.decode()
    wrong = client.get(address, {"on_day": "31", "on_month": "2", "on_year": "2008"})
    assert wrong.status_code == 200 and "govuk-error-summary" in wrong.content.decode()
    wrong = client.get(address, {"on": "31/2/2008", "format": "csv"})
    assert wrong["Content-Type"].startswith("text/html") and "govuk-error-summary" in wrong.content.decode()
    rows = client.get(address, {"on": "2008-04-01", "format": "csv"}).content.decode("utf-8-sig").splitlines()
    assert len(rows) == 1 + 33 and contract.number in rows[1]
    sign_in(client, "requester@ons.example")
    for query in ({}, {"format": "csv"}):
        assert client.get(address, query).status_code == 404


@pytest.mark.usefixtures("db")
@pytest.mark.world("issued")
def test_before_it_is_executed_there_are_no_terms(client):
    contract = cast.contract()
    address = reverse("contracts:terms_in_force", args=[contract.public_id])
    sign_in(client, "contract.manager@dius.example")
    for query in ({}, {"format": "csv"}):
        assert "from the day on which the contract is executed" in client.get(address, query).content.decode()
    assert address not in client.get(reverse("contracts:contract", args=[contract.public_id])).content.decode()


@pytest.mark.usefixtures("db")
@pytest.mark.world("executed")
def test_the_database_keeps_them_whole():
    contract = cast.contract()
    version, line = contract.versions.get(), contract.lines.first()
    for wrong in (
        lambda: ContractVersion.objects.create(contract=contract, number=2, kind="contract", effective_from=START,
                                               made_at=cast.START, caused_by="x", document=contract.document),
        lambda: ContractVersion.objects.create(contract=contract, number=2, kind="rerating", made_at=cast.START,
                                               effective_from=contract.starts_on - timedelta(days=1), caused_by="x",
                                               document=contract.document),
        lambda: LineChange.objects.create(version=version, line=line, quantity_change=1),
        lambda: LineChange.objects.filter(version=version).update(quantity_change=1),
        lambda: ContractLine.objects.filter(pk=line.pk).update(site="Leeds"),
    ):  # fmt: skip
        with pytest.raises((IntegrityError, ProgrammingError)), transaction.atomic():
            wrong()


@pytest.mark.usefixtures("db")
@pytest.mark.world("executed")
def test_every_document_that_changed_the_terms_is_read_from_their_page(client):
    """The contract's and a variation's; every link of the page leads somewhere."""
    assert varied.signed_on_paper(varied.decided(varied.submitted())).state == "executed"
    contract = cast.contract()
    sign_in(client, "contract.manager@dius.example")
    page = client.get(reverse("contracts:terms_in_force", args=[contract.public_id]), {"on": "2008-11-01"}).content.decode()
    links = set(re.findall(r'href="(/contracts/[^"#?]+)"', page.partition("<main")[2].partition("</main>")[0]))
    assert reverse("contracts:variation_document", args=[contract.public_id, 1]) in links
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)
