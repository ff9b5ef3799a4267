"""What the pages of a contract in force ask the database: no more for each credit of a month, variation or contract. The rows are
committed: a page that runs in a test's own transaction would read everything afresh, as an action does."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts import levels, measuring
from tests import cast, paper
from tests.contracts import levels_cast as measured
from tests.contracts import variation_cast as varied
from tests.procurement.test_query_counts import MOST_AT_HOME, MOST_ON_A_LIST

READERS = (varied.MANAGER, measured.SERVICE, measured.FINANCE, measured.CATEGORY)
LISTS = {"variations", "service levels", "home"}
MOST_ON_A_PAGE = 38  # a month, with what a post of the department can do about it and about its credits, and why not


def counts(client, pages: dict[str, str]) -> dict[tuple[str, str], int]:
    found = {}
    for email in READERS:
        client.force_login(cast.person(email).user, backend="allauth.account.auth_backends.AuthenticationBackend")
        for name, address in pages.items():
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found[email, name] = len(queries)
    return found


@pytest.mark.world("executed")
def test_pages_cost_the_same_with_many_credits_variations_and_contracts(client, settings, committed_db):
    settings.STEPPABLE_CLOCK = True
    contract = cast.contract()
    measured.confirmed(contract)
    measured.notified()
    varied.submitted()
    later = measured.AFTER + timedelta(days=31)  # May is over, and nothing is reported of it
    cast.wind_to(later)
    of = [contract.public_id]
    pages = {
        "home": reverse("home"), "variations": reverse("contracts:variations", args=of),
        "service levels": reverse("contracts:service_levels", args=of), "a month": reverse("contracts:level_month", args=[*of, "2008-04"]),
        "a variation": reverse("contracts:variation", args=[*of, 1]), "terms": reverse("contracts:terms_in_force", args=of),
    }  # fmt: skip
    before = counts(client, pages)
    worse = {
        one.measure_code: measuring.Measured("50" if one.unit == "percent" else one.target)
        for one in levels.read(contract, measured.MONTH).measures
    }
    measuring.correct(contract, measured.MONTH, worse, reason="Counted anew.", by=cast.person(measured.MANAGER), at=measured.AFTER)
    assert contract.credits.count() > 10
    for _ in range(3):
        varied.assessed()
    paper.in_force()
    after = counts(client, pages)
    assert {page: (before[page], after[page]) for page in after if after[page] > before[page]} == {}
    most = {page: MOST_ON_A_LIST if page[1] in LISTS else MOST_ON_A_PAGE for page in after}
    most |= {page: MOST_AT_HOME for page in after if page[1] == "home"}
    assert {page: count for page, count in after.items() if count > most[page]} == {}
