"""The register of contracts is narrowed by how they stand, whose they are, when they end and what they are worth."""

from decimal import Decimal

import pytest

from contracts import filtering
from contracts.models import Contract
from documents import clock
from tests import cast, paper
from tests.contracts import ending_cast
from tests.procurement.test_pages import sign_in
from tests.procurement.test_two_sides import own_order_signed_by_the_supplier

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("in_force")]
AUDITOR = "auditor@co.example"


@pytest.fixture
def contracts(settings) -> dict[str, Contract]:
    """One of DIUS in force, another of which notice is given, and the Cabinet Office's own, not signed by all."""
    settings.STEPPABLE_CLOCK = True
    clock.step_to(cast.START, by=cast.person("framework.manager@co.example"))
    cast.leave_free(Decimal(100_000_000))
    found = {"in force": paper.in_force()}
    found["notice"] = paper.in_force()
    ending_cast.given(found["notice"])
    found["own"] = own_order_signed_by_the_supplier()
    return found


def shown(client, contracts, asked: str) -> set[str]:
    page = client.get(f"/contracts/?{asked}").content.decode()
    return {name for name, contract in contracts.items() if f">{contract.number} " in page}


def test_each_filter_says_what_it_names(client, contracts):
    sign_in(client, AUDITOR)
    for asked, wanted in {
        "": {"in force", "notice", "own"}, "state=noticed": {"notice"}, "state=in_force": {"in force"},
        "department=CO": {"own"}, "department=DIUS": {"in force", "notice"}, "department=DIUS&state=noticed": {"notice"},
        "ends=12": set(), "ends=later": {"in force", "notice", "own"}, "ends=over": set(),
        "value=1000000": set(), "value=5000000": set(), "value=more": {"in force", "notice", "own"},
        "department=BIS&ends=x&value=-1": {"in force", "notice", "own"},
    }.items():  # fmt: skip
        assert shown(client, contracts, asked) == wanted, asked


def test_what_ends_in_some_months_counts_the_last_of_them_whole(contracts):
    end = contracts["in force"].ends_on
    for before, code in ((end.replace(month=7, day=31), "3"), (end, "3"), (end.replace(year=2011), "12")):
        assert Contract.objects.filter(filtering.ends_in(code, before), pk=contracts["in force"].pk).exists(), (before, code)
    for before, code in ((end.replace(month=6, day=30), "3"), (end.replace(year=2011, month=9, day=30), "12")):
        assert not Contract.objects.filter(filtering.ends_in(code, before), pk=contracts["in force"].pk).exists(), (before, code)


def test_a_side_on_which_there_is_one_alone_is_not_asked_for(client, contracts):
    sign_in(client, AUDITOR)
    page = client.get("/contracts/").content.decode()
    assert 'name="department"' in page and 'name="supplier"' not in page
    sign_in(client, "requester@dius.example")
    page = client.get("/contracts/?department=CO").content.decode()
    assert 'name="department"' not in page and "Cabinet Office" not in page.partition('id="main"')[2]
