"""Every address that answers somebody with a page is looked at once, at both widths, whatever journey leads there: also those
that no journey passes."""

import pytest
from django.test import Client
from django.urls import reverse

from contracts import savings_kept
from documents import clock
from tests import cast
from tests.contracts import levels_cast, transition_cast, variation_cast
from tests.procurement.test_pages import sign_in
from tests.test_authorisation import patterns, world  # noqa: F401 - a fixture
from tests.test_authorisation_states import order_addresses, rerated

READERS = (
    variation_cast.MANAGER, "requester@dius.example", transition_cast.SERVICE, "account.manager@fujitsu.example", cast.DESK,
    cast.ROUTE[0], "signatory@dius.example", levels_cast.FINANCE, "administrator@dius.example", "framework.manager@co.example",
    "catalogue.manager@co.example", "accession.lead@co.example", "finance.lead@co.example",
)  # fmt: skip
SIGNING_IN = "account_"  # of whom nobody knows yet: tests.browser.test_side_roads
SUMS = {"savings_in_sum": [], "department_savings": ["DIUS"], "department_savings_contracts": ["DIUS"]}
CREDIT_ACTS = ("notify", "agree", "dispute", "uphold", "drop", "waive", "apply")


@pytest.fixture
def in_order(committed_db, world) -> dict[str, str]:  # noqa: F811
    """One of everything that comes before a contract is signed."""
    return {name: reverse(name, kwargs=world(name, pattern)) for name, pattern in patterns().items() if not name.startswith(SIGNING_IN)}


@pytest.fixture
def in_force(committed_db, settings) -> dict[str, str]:
    """A contract that has been varied, whose prices have fallen, whose transition goes on and which has been given notice; of a
    month the credits are notified and a rectification plan is submitted, and there is an invoice; savings are kept."""
    cast.leave_tolerance()
    order = rerated(cast.accept(cast.with_supplier()).call_off)
    contract = cast.contract()
    levels_cast.confirmed(contract)
    levels_cast.notified()
    levels_cast.planned()
    settings.STEPPABLE_CLOCK = True
    clock.step_to(levels_cast.AFTER, by=cast.person("framework.manager@co.example"))
    found = {name: address for name, address in order_addresses(order).items() if address.startswith("/contracts/")}
    acts = {
        f"credit {credit.number} {act}": reverse("contracts:credit_act", args=[contract.public_id, credit.number, act])
        for credit in contract.credits.all() for act in CREDIT_ACTS
    }  # fmt: skip
    savings_kept.run(levels_cast.AFTER)
    sums = {name: reverse(f"contracts:{name}", args=parts) for name, parts in SUMS.items()}
    return found | acts | sums


def look_at_each(visit, addresses: dict[str, str]) -> int:
    """Each as the first reader who gets a page there (a part of one is looked at with its page); how many."""
    left, client, faults, looked = dict(addresses), Client(), [], 0
    for email in READERS:
        sign_in(client, email)
        answers = {name: client.get(address) for name, address in left.items()}
        found = [name for name, got in answers.items() if got.status_code == 200 and got.content.lstrip().lower().startswith(b"<!doctype html")]
        visitor = visit(email) if found else None
        for name in found:
            visitor.go(left.pop(name))
            try:
                visitor.look(f"every-{name.rpartition(':')[2].replace(' ', '-')}")
            except AssertionError as fault:
                faults.append(str(fault))
            looked += 1
        if visitor:
            visitor.close()
    assert faults == [], "\n".join(faults)
    return looked


def test_no_page_before_a_contract_is_left_out(visit, in_order):
    assert look_at_each(visit, in_order) > 80


def test_no_page_of_a_contract_is_left_out(visit, in_force):
    assert look_at_each(visit, in_force) > 35
