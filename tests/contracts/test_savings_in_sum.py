"""Savings and carbon of many contracts: what each reader sees of them, how they add up, and what a page costs with more of them."""

import csv
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts import savings_kept
from contracts.models import ContractSavings, DepartmentSavings, MonthSavings
from tests import cast, paper
from tests.contracts import ending_cast, transfer_cast, transition_cast
from tests.contracts import savings_cast as made
from tests.databases import sql
from tests.procurement.test_pages import sign_in
from tests.procurement.test_query_counts import MOST_ON_A_LIST

pytestmark = pytest.mark.world("in_force")
AUTHORITY, OTHERS = "commercial.lead@co.example", ("BIS", "ONS", "HMT", "CAFCASS")
SUM, DEPARTMENT, CONTRACTS = "/savings/", "/savings/DIUS/", "/savings/DIUS/contracts/"
YEAR = "£746,848.80"  # in steady state (domain.md, "Price")


@pytest.fixture
def executed(committed_db, settings):
    """A contract of DIUS, looked at when a year of the shared service is over."""
    contract = paper.in_force()
    transition_cast.cut_over(made.CUTOVER)
    made.run()
    settings.STEPPABLE_CLOCK = True
    cast.wind_to(ending_cast.on(made.AFTER_A_YEAR))
    return contract


def copied(database: str, codes: tuple[str, ...]) -> None:
    """A contract of the same months for each of these departments, with a baseline of its own, as the clock would keep them."""
    head, own = ContractSavings.objects.get(), MonthSavings._meta.db_table
    columns = "month, seat_days, charges_gbp, unassessed_gbp, fallen_gbp, kg_before, kg, days"
    for code in codes:
        sql(
            f"""SET session_replication_role = replica;
            INSERT INTO procurement_accession (SELECT (jsonb_populate_record(a, jsonb_build_object('id', a.id + 1000000 + o.id,
                'public_id', gen_random_uuid(), 'department_id', o.id))).* FROM procurement_accession a, catalogue_organisation o
             WHERE a.department_id = {head.department_id} AND o.code = '{code}'
               AND NOT EXISTS (SELECT 1 FROM procurement_accession x WHERE x.department_id = o.id));
            INSERT INTO procurement_baseline (accession_id, number, gbp_per_user_year, method, stated_by_name, stated_at)
            SELECT a.id, 9, 2400, 'x', '', now() FROM procurement_accession a JOIN catalogue_organisation o ON o.id = a.department_id
             WHERE o.code = '{code}';
            INSERT INTO contracts_contractsavings (contract_id, framework_id, department_id, is_due, kept_at)
            SELECT -o.id, {head.framework_id}, o.id, false, now() FROM catalogue_organisation o WHERE o.code = '{code}';
            INSERT INTO {own} (of_id, {columns}) SELECT s.id, {columns} FROM {own} m
              JOIN contracts_contractsavings s ON s.contract_id < 0 AND s.id = (SELECT max(id) FROM contracts_contractsavings)
             WHERE m.of_id = {head.pk};
            INSERT INTO contracts_departmentsavings (framework_id, department_id, contracts, is_due)
            SELECT {head.framework_id}, o.id, 0, true FROM catalogue_organisation o WHERE o.code = '{code}'""",
            database,
        )  # fmt: skip
    made.run()


def rows(client, address: str) -> list[list[str]]:
    return list(csv.reader(client.get(address).content.decode("utf-8-sig").splitlines()))


def test_a_department_reads_its_own_money_and_nobody_elses(client, executed, committed_db):
    copied(committed_db, OTHERS[:1])
    for address in (SUM, DEPARTMENT, CONTRACTS, "/savings/BIS/", f"{SUM}?by=department&format=csv"):
        assert sign_in(client, cast.DESK).get(address).status_code == 404, f"a supplier reads no saving: {address}"
    sign_in(client, made.DIUS)
    assert client.get(SUM)["Location"] == DEPARTMENT
    page = client.get(DEPARTMENT).content.decode()
    assert YEAR in page and "By contract" in page and "Business" not in page and "By department" not in page
    for address in ("/savings/BIS/", "/savings/BIS/contracts/", "/savings/CO/", "/savings/XYZ/"):
        assert client.get(address).status_code == 404, address
    assert executed.number in client.get(CONTRACTS).content.decode()
    sign_in(client, "requester@bis.example")
    page = client.get("/savings/BIS/").content.decode()
    assert "£2,988" not in page and YEAR not in page and executed.number not in page
    for address in (DEPARTMENT, CONTRACTS):
        assert client.get(address).status_code == 404, address
    for name, *_rest in rows(client, f"{SUM}?by=department&format=csv")[1:]:
        assert name == "BIS"


def test_the_authority_reads_by_department_and_in_sum(client, executed, committed_db):
    copied(committed_db, OTHERS[:2])
    sign_in(client, AUTHORITY)
    page = client.get(SUM).content.decode()
    for code in ("DIUS", *OTHERS[:2]):
        assert f'href="/savings/{code}/"' in page
    heading, *found = rows(client, f"{SUM}?by=department&format=csv")
    so_far = {row[0]: Decimal(row[heading.index("Saving, GBP")]) for row in found if row[3] != "whole life"}
    assert so_far == {"DIUS": Decimal("746848.80"), "BIS": Decimal("158848.80"), "ONS": Decimal("158848.80")}
    assert "£1,064,546.40" in page, "together"
    months, years = rows(client, f"{SUM}?by=month&format=csv"), rows(client, f"{SUM}?by=year&format=csv")
    place = months[0].index("Saving, GBP")
    assert sum(Decimal(row[place]) for row in months[1:]) == sum(Decimal(row[place]) for row in years[1:])
    assert sum(Decimal(row[place]) for row in months[1:13]) == Decimal("1064546.40") and len(months) == 56
    assert client.get(f"{SUM}?by=framework&format=xlsx").content.startswith(b"PK")
    assert client.get(f"{SUM}?year=2010%2F11").content.decode().count("<th scope=\"row\"") >= 12
    assert client.get(f"{SUM}?year=x&by=y&format=z").status_code == 200, "what means nothing is passed over"


def test_what_no_finance_director_has_signed_off_says_so_wherever_it_stands(client, executed):
    words = "not signed off by the finance director"
    for signed in (False, True):
        for email, addresses in ((made.DIUS, (DEPARTMENT, CONTRACTS)), (AUTHORITY, (SUM, DEPARTMENT, CONTRACTS))):
            sign_in(client, email)
            for address in addresses:
                assert (words in client.get(address).content.decode()) is not signed, address
        heading, *found = rows(client, f"{SUM}?by=year&format=csv")
        place = heading.index("Saving not signed off by a finance director, GBP")
        assert all(bool(row[place]) is not signed for row in found)
        if not signed:
            made.signed_off()


def test_without_a_baseline_there_is_no_saving_and_carbon_all_the_same(client, executed, committed_db):
    sql("SET session_replication_role = replica; DELETE FROM procurement_baseline", committed_db)
    made.run()
    assert not savings_kept.departments_due(), "what has none is not looked at again and again"
    for email, address in ((made.DIUS, DEPARTMENT), (AUTHORITY, SUM)):
        page = sign_in(client, email).get(address).content.decode()
        assert "no saving can be shown" in page and "for which no baseline has been stated" in page and "saved" in page
        assert YEAR not in page
    assert sign_in(client, made.DIUS).get(CONTRACTS).status_code == 200


def test_services_whose_carbon_is_not_assessed_are_said(client, executed, committed_db):
    sql("UPDATE contracts_monthsavings SET unassessed_gbp = 100; UPDATE contracts_departmentsavings SET is_due = true", committed_db)
    made.run()
    page = sign_in(client, made.DIUS).get(DEPARTMENT).content.decode()
    assert "£5,500.00 are charged for services whose carbon is not assessed" in page


@pytest.mark.parametrize(("others", "shown"), [(0, False), (2, False), (3, True)])
def test_a_department_reads_what_all_save_only_where_three_others_stand_behind_it(client, executed, committed_db, others, shown):
    copied(committed_db, OTHERS[:others])
    page = sign_in(client, made.DIUS).get(DEPARTMENT).content.decode()
    assert ("of their baselines saved so far under" in page) is shown
    assert ("12.01% of their baselines" in page) is shown  # (746,848.80 + 3 x 158,848.80) / (2,988,000 + 3 x 2,400,000)
    assert "£158,848.80" not in page and "£1,223,395.20" not in page, "and never their money"


def test_a_contract_that_counts_under_another_department_leaves_the_first(client, executed, committed_db):
    before = {month: charges for month, (_baseline, charges) in made.of_department().items()}
    transfer_cast.applied(transfer_cast.agreed(transfer_cast.prepared(transfer_cast.asked(receiving="BIS", day=transfer_cast.DAY_OF_BIS))))
    assert made.is_due(executed)
    page = sign_in(client, AUTHORITY).get(SUM).content.decode()
    assert "is being added up anew" in page
    made.run(ending_cast.on(transfer_cast.DAY_OF_BIS))
    assert made.of_department() == {}
    assert {month: charges for month, (_baseline, charges) in made.of_department("BIS").items()} == before
    assert DepartmentSavings.objects.get(department__code="DIUS").contracts == 0
    assert "is being added up anew" not in client.get(SUM).content.decode()


def test_pages_ask_the_same_with_more_departments_and_contracts(client, executed, committed_db):
    def counts() -> dict[tuple[str, str], int]:
        found = {}
        for email, addresses in ((made.DIUS, (DEPARTMENT, CONTRACTS)), (AUTHORITY, (SUM, DEPARTMENT, CONTRACTS))):
            sign_in(client, email)
            for address in addresses:
                client.get(address)
                with CaptureQueriesContext(connection) as asked:
                    assert client.get(address).status_code == 200
                found[email, address] = len(asked)
        return found

    before = counts()
    copied(committed_db, OTHERS)
    cast.leave_free(Decimal(100_000_000))
    paper.executed(cast.accept(cast.with_supplier()))
    made.run()
    after = counts()
    # what all departments save together is one row of an answer that is asked for in any case
    assert after == before
    assert max(after.values()) <= MOST_ON_A_LIST, after


def test_the_register_leads_there_whoever_may_read_it(client, executed):
    address = reverse("contracts:savings_in_sum")
    for email, found in ((made.DIUS, True), (AUTHORITY, True), (cast.DESK, False)):
        assert (f'href="{address}"' in sign_in(client, email).get(reverse("contracts:contracts")).content.decode()) is found
