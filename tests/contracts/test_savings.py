"""Savings against the baseline and carbon: by line and month, against a calculation day by day; the baseline, and who answers for it."""

import csv
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from catalogue.pricing import add_months
from catalogue.rules import carries_seat
from contracts import savings, terms
from documents.refusal import Refused
from procurement import baselines, quoting, workflow
from procurement.models import Baseline, BaselineSignOff
from tests import cast, paper
from tests.contracts import ending_cast
from tests.contracts.savings_cast import DIRECTOR, DIUS, accession, signed_off
from tests.procurement.test_pages import post, sign_in

pytestmark = pytest.mark.usefixtures("db")
PENNY = Decimal("0.01")


def day_by_day(standing, month: date, per_user: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """The month's baseline, kgCO2e before and now, a day at a time."""
    whole = (add_months(month, 1) - month).days
    base, before, now = Fraction(0), {}, {}
    for number in range(whole):
        day = month + timedelta(days=number)
        held = terms.as_of(standing, day)
        for line in held.lines if held else ():
            if line.line.phase != "shared" or line.monthly is None or not line.starts_on <= day <= line.ends_on:
                continue
            part, service = Fraction(line.quantity, whole * 12), line.line.service
            if carries_seat(service):
                base += part * Fraction(per_user)
            if service.kgco2e:
                before[line.number] = before.get(line.number, 0) + part * Fraction(service.baseline_kgco2e)
                now[line.number] = now.get(line.number, 0) + part * Fraction(service.kgco2e)

    def rounded(exact: Fraction) -> Decimal:
        return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(PENNY, ROUND_HALF_UP)

    return rounded(base), sum(map(rounded, before.values())), sum(map(rounded, now.values()))


@pytest.mark.world("in_force")
def test_a_year_in_steady_state_saves_what_the_domain_says():
    contract = paper.in_force()
    found = savings.by_month(terms.put_together(terms.read(contract)), Decimal("2988.00"))
    assert len(found) == 55 and found[0].month == date(2008, 4, 1)
    year = found[:12]
    assert {month.seats for month in year} == {Decimal(1000)}
    assert sum(month.saving for month in year) == Decimal("746848.80")
    assert abs(sum(month.kg_saved for month in year) - 186_990) <= Decimal("0.60"), "rounded a line and month"


@pytest.mark.world("in_force")
def test_a_part_month_and_lower_prices_come_to_what_the_days_come_to():
    contract = paper.in_force()
    cast.add_volume("seats", 1500)
    paper.noticed(contract)
    ending_cast.in_effect(contract)
    standing = terms.put_together(terms.read(contract))
    months = savings.by_month(standing, Decimal("2988.00"))
    assert months[-1].month == ending_cast.MID_MONTH.replace(day=1)
    for month in (months[0], months[3], months[-1]):
        assert day_by_day(standing, month.month, Decimal("2988.00")) == (month.baseline, month.kg_before, month.kg), month.month
    rows = savings.by_line(standing)
    assert all(row.fallen >= 0 for row in rows) and sum(row.fallen for row in rows) > 0, "prices have only fallen"
    assert {row.kg is None for row in rows if row.line.line.service.kgco2e == 0} <= {True}


@pytest.mark.world("in_force")
def test_the_page_is_the_departments_and_the_authoritys_and_marks_what_is_not_signed_off(client):
    contract = paper.in_force()
    address = reverse("contracts:savings", args=[contract.public_id])
    for email in (cast.DESK, "requester@bis.example"):
        assert sign_in(client, email).get(address).status_code == 404
    for email in (DIUS, "commercial.lead@co.example"):
        page = sign_in(client, email).get(address).content.decode()
        assert "not signed off by the finance director" in page and "£62,237.40" in page and "Illustrative" in page
    signed_off()
    assert "Signed off by" in sign_in(client, DIUS).get(address).content.decode()
    for by, columns in (("", 9), ("line", 10)):
        heading, *rows = csv.reader(client.get(f"{address}?by={by}&format=csv").content.decode("utf-8-sig").splitlines())
        assert len(heading) == columns and len(rows) >= 55
    assert address not in sign_in(client, cast.DESK).get(reverse("contracts:contract", args=[contract.public_id])).content.decode()


def test_a_baseline_is_stated_with_its_method_and_signed_off_by_another():
    with pytest.raises(Refused, match="Only an administrator or a requester"):
        baselines.state(accession(), gbp_per_user_year=Decimal(1), method="x", by=cast.person(DIRECTOR), at=cast.START)
    with pytest.raises(Refused, match="Say how it was found"):
        baselines.state(accession(), gbp_per_user_year=Decimal(1), method=" ", by=cast.person(DIUS), at=cast.START)
    with pytest.raises(Refused, match="Only the finance director"):
        signed_off(DIUS)
    with pytest.raises(Refused, match="No user costs more than £1,000,000.00 a year"):
        baselines.state(accession(), gbp_per_user_year=Decimal("1000000.01"), method="x", by=cast.person(DIUS), at=cast.START)
    stale = baselines.shown_of(accession())
    stated = baselines.state(accession(), gbp_per_user_year=Decimal("2990.50"), method="The accounts of 2006/07.", by=cast.person(DIUS), at=cast.START)
    assert (stated.number, quoting.baseline(cast.drafted().revision)) == (2, Decimal("2990.50"))
    with pytest.raises(Refused, match="Another baseline has been stated"):
        baselines.sign_off(accession(), shown_hash=stale, by=cast.person(DIRECTOR), at=cast.START)
    signed_off()
    with pytest.raises(Refused, match="signed off already"):
        signed_off()
    assert quoting.baseline_of(stated.accession.framework_id, stated.accession.department_id).is_signed_off


def test_an_order_is_submitted_at_the_largest_baseline_that_is_taken():
    baselines.state(accession(), gbp_per_user_year=Baseline.MOST_GBP, method="x", by=cast.person(DIUS), at=cast.START)
    order = workflow.submit(cast.drafted(), by=cast.requester(), at=cast.START)
    assert order.revision.baseline_gbp_per_user_year == Baseline.MOST_GBP


def test_nobody_signs_off_a_baseline_that_they_stated():
    cast.give_post(DIUS, "DIUS", "finance_director")
    stated = baselines.state(accession(), gbp_per_user_year=Decimal(1), method="x", by=cast.person(DIUS), at=cast.START)
    with pytest.raises(Refused, match="somebody else signs it off"):
        signed_off(DIUS)
    with pytest.raises(IntegrityError, match="nobody signs off"), transaction.atomic():
        BaselineSignOff.objects.create(baseline=stated, person_id=cast.person(DIUS).person_id, name="x", signed_off_at=cast.START)


def test_its_pages_state_it_and_sign_it_off(client):
    found = accession()
    address = reverse("procurement:accession_act", args=[found.public_id, "state-baseline"])
    sign_in(client, DIUS)
    page = post(client, address, gbp_per_user_year="NaN", method="")
    assert page.status_code == 200 and "Say how it was found." in page.content.decode()
    assert "Enter £1,000,000.00 or less." in post(client, address, gbp_per_user_year="2,990,500,000", method="Of all.").content.decode()
    assert post(client, address, gbp_per_user_year="2,990.50", method="The accounts.").status_code == 302
    sign_in(client, DIRECTOR)
    address = reverse("procurement:accession_act", args=[found.public_id, "sign-off-baseline"])
    page = client.get(address).content.decode()
    assert "£2,990.50" in page and "The accounts." in page
    assert post(client, address, shown_hash="2: 2990.50").status_code == 302
    assert "not signed off" not in client.get(reverse("procurement:accession", args=[found.public_id])).content.decode()
