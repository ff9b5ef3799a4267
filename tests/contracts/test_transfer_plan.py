"""What a plan shows and costs to read, and that whatever passes, passes to the penny."""

import re
from decimal import Decimal
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts import transfer_plan
from contracts.models import Contract
from documents import clock
from documents.management.commands.check_invariants import FILE, broken, read
from procurement.models import CallOff, CapacityAccount
from tests import cast, paper
from tests.contracts import transfer_cast as made
from tests.contracts import variation_cast as varied
from tests.machines import undone
from tests.procurement.test_pages import post, sign_in

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("in_force")]
INVARIANTS = read(FILE.read_text(encoding="utf-8"))
PEOPLE = ("requester", "contract.manager", "signatory", "finance.director", "budget.holder", "administrator")
TODAY = cast.START.date()


def test_whatever_is_chosen_passes_to_the_penny_and_the_rest_stays():
    """A contract with an executed and an open variation, one out for signature, an order with the supplier, one that is being
    approved and a draft; of them and of the people a part, drawn a few times."""
    paper.in_force()
    paper.variation_executed(varied.decided(varied.submitted("VAR-01")))
    varied.decided(varied.submitted("VAR-02"), steps=2)
    cast.leave_free(Decimal(60_000_000))
    paper.issued(cast.accepted())
    cast.with_supplier()
    cast.submitted()
    cast.drafted()
    contracts, orders, account = list(Contract.objects.all()), list(CallOff.objects.all()), CapacityAccount.objects.get()
    for seed in range(6):
        random = Random(seed)
        with undone():
            transfer = made.split(made.asked(kind="split", day=TODAY))
            transfer = made.chosen(
                transfer, contracts=[one for one in contracts if random.random() < 0.5], orders=[one for one in orders if random.random() < 0.5],
                people=[f"{one}@dius.example" for one in PEOPLE if random.random() < 0.5] or ["administrator@dius.example"],
            )  # fmt: skip
            before = transfer_plan.of_bodies(transfer.outgoing, transfer.receiving)
            passes = set(transfer_plan.orders_of(transfer).values_list("pk", flat=True))
            transfer = made.applied(made.agreed(transfer))
            after = transfer_plan.of_bodies(transfer.outgoing, transfer.receiving)
            assert (after.contracts, after.value, after.committed) == (before.contracts, before.value, before.committed), seed
            assert (transfer.value_before_gbp, transfer.reserved_before_gbp) == (transfer.value_after_gbp, transfer.reserved_after_gbp), seed
            assert {one.pk for one in CallOff.objects.filter(department=transfer.receiving)} == passes, seed
            assert cast.fresh(account).committed_gbp == account.committed_gbp, seed
            assert broken(INVARIANTS) == [], seed


def counted(client, email: str, address: str) -> int:
    sign_in(client, email)
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_the_plan_costs_the_same_with_more_of_everything(client, settings):
    settings.STEPPABLE_CLOCK = True
    clock.step_to(cast.START, by=cast.person(made.MANAGER))
    paper.in_force()
    cast.leave_free(Decimal(60_000_000))
    cast.with_supplier()
    varied.submitted("VAR-01")
    paper.issued(cast.accepted())
    transfer = made.agreed()
    plan, listed = reverse("contracts:transfer", args=[transfer.public_id]), reverse("contracts:transfers")
    before = [counted(client, email, address) for email in (made.MANAGER, "requester@dius.example") for address in (plan, listed)]
    varied.submitted("VAR-02", contract=Contract.objects.get(state="executed"))
    paper.issued(cast.accepted())
    cast.submitted()
    after = [counted(client, email, address) for email in (made.MANAGER, "requester@dius.example") for address in (plan, listed)]
    assert [now - then for then, now in zip(before, after, strict=True)] == [0, 0, 0, 0], (before, after)
    assert max(after) <= 75, (after, "in a test, which is a transaction, what stands in the way is asked for each act anew")


def test_what_was_chosen_anew_after_the_plan_was_read_is_not_agreed_to(client, settings):
    """The plan's button says which plan was read; the form keeps that, also when it is shown again."""
    settings.STEPPABLE_CLOCK = True
    clock.step_to(cast.START, by=cast.person(made.MANAGER))
    contract = paper.in_force()
    transfer = made.chosen(made.split(), people=["signatory@dius.example"])
    plan = sign_in(client, made.DIRECTOR).get(reverse("contracts:transfer", args=[transfer.public_id])).content.decode()
    (button,) = re.findall(r'href="([^"]*/agree/[^"]*)"', plan)
    made.chosen(transfer, contracts=[contract])
    for _again in range(2):
        (shown,) = re.findall(r'name="shown_hash" value="([0-9a-f]+)"', client.get(button).content.decode())
        answer = post(client, button, shown_hash=shown)
        assert answer.status_code == 200 and "not what was prepared" in answer.content.decode()
        assert f'name="shown_hash" value="{transfer.content_hash}"' in answer.content.decode()
    assert cast.fresh(transfer).state == "draft"


def test_after_it_the_plan_shows_what_has_passed_and_under_which_posts(client, settings):
    contract = paper.in_force()
    transfer = made.applied()
    settings.STEPPABLE_CLOCK = True
    clock.step_to(made.day_of(transfer), by=cast.person(made.MANAGER))
    page = sign_in(client, "signatory@dius.example").get(reverse("contracts:transfer", args=[transfer.public_id])).content.decode()
    assert contract.number in page and "£50,000,000.00 (signature)" in page and "Continued by Office for National Statistics." in page
    assert page.count("£11,252,943.00") == 5, "before and after, twice, and of the one contract"
    people = sign_in(client, "administrator@dius.example").get("/people/ONS/").content.decode()
    assert "DIUS signatory" in people


def test_of_what_has_not_left_the_department_the_authority_reads_only_that_it_passes(client):
    paper.in_force()
    variation = varied.filled()
    sent, inside = cast.with_supplier(), cast.drafted()
    CallOff.objects.filter(pk=inside.pk).update(title="A secret plan")
    transfer = made.agreed()
    address = reverse("contracts:transfer", args=[transfer.public_id])
    page = sign_in(client, made.MANAGER).get(address).content.decode()
    assert "A secret plan" not in page and variation.title not in page and sent.reference in page
    assert "1 order passes that the department has not sent yet." in page
    assert "1 variation passes that the department is still preparing." in page
    page = sign_in(client, "requester@dius.example").get(address).content.decode()
    assert "A secret plan" in page and variation.title in page and "not sent yet" not in page
    made.withdrawn(transfer)
    part = made.split(made.asked(kind="split", day=TODAY))
    page = sign_in(client, made.MANAGER).get(reverse("contracts:choose_transfer", args=[part.public_id])).content.decode()
    assert "A secret plan" not in page and "An order that is not sent yet, begun on 1 October 2007" in page and sent.title in page
