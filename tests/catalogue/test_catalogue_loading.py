"""Loading the catalogue: everything or nothing, twice is once, and a bad row is named by file, row, column and value."""

import shutil
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from catalogue import queries
from catalogue.loading import load_catalogue, rows
from catalogue.models import CatalogueRelease, Framework, Organisation, Site, VatRate
from catalogue.rows import LoadRefused
from documents import audit
from documents.actors import operator
from documents.clock import LONDON
from tests.catalogue.figures import DATA, LOTS, PRICES, RULES, vat_rates

pytestmark = pytest.mark.django_db
NOW = datetime(2007, 10, 1, 9, 0, tzinfo=LONDON)
BY = operator("load_flex")


@pytest.fixture
def files(tmp_path) -> Path:
    """A copy of the data under another framework's reference, to be loaded beside the first."""
    copy = tmp_path / "data"
    shutil.copytree(DATA, copy)
    edit(copy / "framework.yaml", "reference: FLEX-2007", "reference: FLEX-2010")
    return copy


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.chmod(0o644)
    path.write_text(text.replace(old, new, 1))


def test_what_was_loaded_prices_as_the_files_do():
    framework = Framework.objects.get(reference="FLEX-2007")
    release = queries.live_release(framework, date(2007, 10, 1))
    stored = queries.price_list(release)
    assert stored == PRICES
    assert list(stored.services) == list(PRICES.services)
    assert list(queries.catalogue_rules(release)) == list(RULES)
    assert queries.lots(framework) == LOTS
    assert queries.vat_rates(date.max) == vat_rates()
    assert queries.vat_rates(date(2008, 11, 30)) == vat_rates()[:1], "a later rate is in nobody's forecast"


def test_the_framework_carries_its_figures():
    framework = Framework.objects.get(reference="FLEX-2007")
    assert framework.state == "live"
    assert framework.authority.code == "CO"
    assert [place.supplier.code for place in framework.framework_suppliers.all()] == ["FUJITSU"]
    assert (framework.ceiling_gbp, framework.levy_percent) == (Decimal("100000000.00"), Decimal("0.500"))
    assert (framework.service_credit_cap_percent, framework.price_hold_days) == (Decimal(10), 90)
    assert framework.signing_order == ["supplier", "department", "authority"]
    dius = Organisation.objects.get(code="DIUS")
    assert (dius.exists_to, dius.succeeded_by.code) == (date(2009, 6, 5), "BIS")
    assert sum(dius.sites.values_list("seats", flat=True)) == 1000


def test_a_second_load_does_nothing():
    def counts():
        return [model.objects.count() for model in (Framework, CatalogueRelease, Organisation, Site, VatRate)]

    before = counts()
    events = audit.AuditEvent.objects.count()
    assert load_catalogue(DATA, by=BY, at=NOW).reference == "FLEX-2007"
    assert counts() == before
    assert audit.AuditEvent.objects.count() == events


def test_opening_states_are_entered_by_one_recorded_act_of_the_operator(files):
    framework = load_catalogue(files, by=BY, at=NOW)
    (event,) = audit.history(framework)
    assert (event.verb, event.after, event.actor_kind, event.actor_person_id) == ("framework.loaded", "draft", "operator", None)
    assert "load_flex" in event.actor_words
    release = framework.releases.get()
    (event,) = audit.history(release)
    assert (event.verb, event.after) == ("catalogue_release.loaded", "live")
    assert (release.author_person_id, release.approver_person_id) == (None, None)
    assert release.valid.lower == framework.starts_on


BAD = [
    ("catalogue.csv", "user/month,recurring,78.00", "user/month,recurring,1e3", "catalogue.csv row 2, column list_price_gbp: '1e3'"),
    ("catalogue.csv", "user/month,recurring,78.00", "user/month,recurring,NaN", "column list_price_gbp: 'NaN'"),
    ("catalogue.csv", "user/month,recurring,78.00", "user/month,recurring,-1", "column list_price_gbp: '-1'"),
    ("catalogue.csv", "user/month,recurring,78.00", "user/month,recurring,1_000", "column list_price_gbp: '1_000'"),
    ("catalogue.csv", "user/month,recurring,78.00", "user/month,recurring,７８", "column list_price_gbp: '７８'"),
    ("catalogue.csv", "user/month,recurring,78.00", "user/month,recurring,78.001", "column list_price_gbp: '78.001'"),
    ("catalogue.csv", "user/month,recurring,78.00", "user/month,weekly,78.00", "column charge_type: 'weekly' is none of"),
    ("catalogue.csv", "user/month,recurring,78.00", "user/month,recurring,", "column list_price_gbp: '' is empty"),
    ("catalogue.csv", "CORE-02,1", "CORE-01,1", "catalogue.csv row 3, column code: 'CORE-01' is there twice"),
    ("catalogue.csv", "CORE-02,1", "CORE-02,7", "row 3, column lot: '7' is none of 1, 2, 3"),
    ("catalogue.csv", "78.00,seats,seats", "78.00,chairs,seats", "column price_bands: 'chairs' is none of"),
    ("catalogue.csv", "78.00,seats,seats", "78.00,seats,chairs", "column adds_to_volume: 'chairs' is none of"),
    ("catalogue.csv", "seats,seats,EUS-B,90", "seats,seats,EUS-Z,90", "column service_level: 'EUS-Z' is none of"),
    ("catalogue.csv", "EUS-B,90,210", "EUS-B,90", "column baseline_kgco2e_per_unit_year"),
    ("catalogue.csv", "EUS-B,90,210", "EUS-B,90,210,5", "row 2: has more values than there are columns"),
    ("catalogue.csv", "list_price_gbp", "price", "column list_price_gbp: is missing"),
    ("catalogue.csv", "CORE-06,1", "CORE-66,1", "catalogue_rules 1: CORE-06 is not in the catalogue"),
    ("price_bands.csv", "seats,framework,slab,1,0", "seats,framework,slab,2,0", "price_bands.csv row 2, column from_quantity: '2' is not 1"),
    ("price_bands.csv", "slab,5000,9", "slab,5000,3", "row 4, column discount_percent: '3' is less than the 4 of the band of seats before it"),
    ("price_bands.csv", "seats,framework,slab,2500", "seats,call_off,slab,2500", "row 3, column scope: 'call_off' is not what row 2 says, framework"),
    ("price_bands.csv", "slab,2500,4", "slab,2.5,4", "price_bands.csv row 3, column from_quantity: '2.5' is not a whole number"),
    ("service_levels.csv", "SD-S,SD-S-FIX", "SD-S,SD-S-ANSWER", "service_levels.csv row 4, column measure_code: 'SD-S-ANSWER'"),
    ("service_levels.csv", "percent,99.5,98.5,95,all", "percent,99.5,99.6,95,all", "service_levels.csv row 2, column minimum: '99.6'"),
    ("service_levels.csv", "CORE-08;CORE-09", "CORE-08;CORE-90", "service_levels.csv row 7, column credit_applies_to: "),
    ("organisations.csv", "2007-06-28", "28/06/2007", "column exists_from: '28/06/2007' is not a day like"),
    ("organisations.csv", "2009-06-05,BIS", "2009-06-05,XXX", "there is no organisation 'XXX'"),
    ("organisations.csv", ",yes,authority", ",maybe,authority", "column crown: 'maybe' is neither yes nor no"),
    ("organisations.csv", "GOVGB-DIUS", "GOVGB-CO", "column identifier: 'GOVGB-CO' is there twice"),
    ("framework.yaml", "suppliers: [FUJITSU]", "suppliers: [NOBODY]", "suppliers: there is no organisation 'NOBODY'"),
    ("framework.yaml", 'levy_percent: "0.500"', "levy_percent: 0.5", "levy_percent: 0.5 is not an amount in quotes"),
    ("framework.yaml", 'levy_percent: "0.500"', 'levy_percent: "NaN"', "levy_percent: 'NaN' is not an amount"),
    ("framework.yaml", "starts_on: 2007-05-21", "starts_on: soon", "starts_on: 'soon' is not a day"),
    ("framework.yaml", "price_hold_days: 90", "", "price_hold_days is missing"),
    ("framework.yaml", "lots:", "lots: [", "framework.yaml: cannot be read"),
    ("framework.yaml", "rule: max_months", "rule: max_years", "catalogue_rules 9: 'max_years' is none of"),
    ("framework.yaml", "CORE-10: [1, 50]", "CORE-10: [1, 40]", "CORE-11 starts at 51 seats, not at 41"),
    ("dius_sites.csv", "London,620", "London,six", "dius_sites.csv row 2, column seats: 'six' is not a whole number"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "words"), BAD)
def test_a_bad_row_is_named_and_nothing_is_loaded(files, file, old, new, words):
    edit(files / file, old, new)
    with pytest.raises(LoadRefused) as refused:
        load_catalogue(files, by=BY, at=NOW)
    assert words in str(refused.value)
    assert not Framework.objects.filter(reference="FLEX-2010").exists()
    assert not CatalogueRelease.objects.filter(framework__reference="FLEX-2010").exists()


def test_a_file_that_is_not_there_or_not_utf8_is_named(tmp_path):
    with pytest.raises(LoadRefused, match=r"framework.yaml: cannot be read"):
        load_catalogue(tmp_path, by=BY, at=NOW)
    with pytest.raises(LoadRefused, match=r"vat_rates.csv: cannot be read"):
        list(rows(tmp_path, "vat_rates.csv"))
    (tmp_path / "vat_rates.csv").write_bytes(b"from,percent\n\xff\xfe,1\n")
    with pytest.raises(LoadRefused, match=r"vat_rates.csv row 2: cannot be read"):
        list(rows(tmp_path, "vat_rates.csv"))


def test_a_spreadsheets_mark_before_the_first_column_is_no_part_of_its_name(tmp_path):
    (tmp_path / "vat_rates.csv").write_bytes(b"\xef\xbb\xbffrom,percent\r\n1991-04-01,17.5\r\n")
    (row,) = rows(tmp_path, "vat_rates.csv")
    assert (row.day("from"), row.amount("percent"), row.number) == (date(1991, 4, 1), Decimal("17.5"), 2)


def test_our_copy_of_the_rules_reads_as_yaml_and_names_every_lot():
    settings = yaml.safe_load((DATA / "framework.yaml").read_text())
    assert {service.lot for service in PRICES.services.values()} == {lot["number"] for lot in settings["lots"]}
