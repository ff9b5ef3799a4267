"""What a page asks the database does not grow with what it shows: with one order at each stage, and with many more. The
lists are asked again with 60 and with 500 orders in ``tests.bench``."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import cast

pytestmark = pytest.mark.django_db
MOST_ON_A_LIST = 12  # most ask seven
MOST_AT_HOME = 18  # a list of each kind of thing that can wait for somebody, the framework's bar, and who leaves it
MANY = (20, cast.submitted), (3, cast.with_supplier), (3, cast.accepted)
LISTS = {"home": "/", "call-offs": "/call-offs/", "contracts": "/contracts/", "search": "/search/?q=dius"}
OTHERS = {
    "catalogue": "/catalogue/",
    "framework": "/framework/",
    "service": "/catalogue/CORE-01/",
    "glossary": "/glossary/",
}
READERS = ("requester@dius.example", cast.ROUTE[0], cast.ROUTE[4], "order.desk@fujitsu.example",
           "supplier.signatory@fujitsu.example", "auditor@co.example", "contract.manager@dius.example",
           "service.manager@fujitsu.example")  # fmt: skip


def asked(client, address: str) -> int:
    client.get(address)  # what is read once and kept (sessions, content types) is not the page's
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def counts(client, addresses: dict[str, str]) -> dict[tuple[str, str], int]:
    found = {}
    for email in READERS:
        client.force_login(cast.person(email).user, backend="allauth.account.auth_backends.AuthenticationBackend")
        found |= {(email, name): asked(client, address) for name, address in addresses.items()}
    return found


def test_lists_and_pages_cost_the_same_with_many_orders(client):
    cast.leave_free(Decimal(500_000_000))
    for _number, reach in MANY:
        reach()
    addresses = LISTS | OTHERS
    before = counts(client, addresses)
    for number, reach in MANY:
        for _ in range(number):
            reach()
    after = counts(client, addresses)
    assert {page: (before[page], after[page]) for page in after if after[page] > before[page]} == {}
    most = {page: MOST_AT_HOME if page[1] == "home" else MOST_ON_A_LIST for page in after if page[1] in LISTS}
    assert {page: after[page] for page in most if after[page] > most[page]} == {}
