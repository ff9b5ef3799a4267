"""Reading the catalogue: the release of a day, browsing and searching, with a constant number of queries."""

from datetime import date, datetime

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalogue import queries
from catalogue.models import CatalogueRelease, Framework
from documents.clock import LONDON

pytestmark = pytest.mark.django_db


@pytest.fixture
def framework() -> Framework:
    return Framework.objects.get(reference="FLEX-2007")


@pytest.fixture
def release(framework) -> CatalogueRelease:
    return queries.live_release(framework, date(2007, 10, 1))


def codes(release, **wanted) -> list[str]:
    return [service.code for service in queries.browse(release, **wanted)]


def test_a_release_is_live_from_its_first_day_on(framework, release):
    assert queries.live_release(framework, date(2007, 5, 20)) is None
    assert queries.live_release(framework, date(2007, 5, 21)) == release
    assert queries.live_release(framework, date(2013, 1, 1)) == release


def test_of_any_day_the_release_that_was_in_force_then_is_found(framework, release):
    release.supersede(at=datetime(2009, 1, 1, tzinfo=LONDON))
    release.valid = DateRange(date(2007, 5, 21), date(2009, 1, 1))
    release.save()
    assert queries.live_release(framework, date(2008, 12, 31)) == release
    assert queries.live_release(framework, date(2009, 1, 1)) is None


def test_services_come_in_catalogue_order_by_lot_and_category(release):
    assert codes(release)[:3] == ["CORE-01", "CORE-02", "CORE-03"]
    assert codes(release, lot=3) == ["CHG-01", "CHG-02", "CHG-03"]
    assert codes(release, category="Service desk") == ["CORE-04", "CORE-05", "CORE-18"]
    assert codes(release, lot=2, category="Security") == ["CALL-07"]
    assert queries.categories(release)[:3] == ["Desktop", "Service desk", "Productivity"]
    assert len(queries.categories(release)) == len(set(queries.categories(release)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("thin client", ["CORE-01"]),
        ("LAPTOP", ["CORE-02"]),
        ("core-17", ["CORE-17"]),
        ("desk extended", ["CORE-05"]),
        ("mobile", ["CORE-08", "CORE-09"]),
        ("%", ["CORE-18"]),
        ("_", []),
        ("'; DROP TABLE", []),
        ("\x00thin\ud800", ["CORE-01"]),
    ],
)
def test_a_search_finds_words_in_code_name_and_category(release, text, found):
    assert codes(release, text=text) == found


@given(text=st.text(max_size=80))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_no_search_whatever_fails(release, text):
    assert len(codes(release, text=text)) <= 32


def test_reading_takes_a_constant_number_of_queries(framework, release, django_assert_num_queries):
    with django_assert_num_queries(5):  # with its rules and measures; what has been live never changes, so once is enough
        queries.price_list(release)
    with django_assert_num_queries(0):
        queries.price_list(release), queries.catalogue_rules(release)
    with django_assert_num_queries(1):
        codes(release, text="desktop thin client", lot=1, category="Desktop")
    with django_assert_num_queries(0):
        assert [row.measure_code for row in queries.service_levels(release, ["SD-S", "EUS-B"])] == [
            "EUS-B", "SD-S-ANSWER", "SD-S-FIX",
        ]  # fmt: skip
    with django_assert_num_queries(1):
        queries.categories(release)
