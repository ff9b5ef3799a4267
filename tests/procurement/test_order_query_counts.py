"""What the pages of one order ask the database does not grow with its lines."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench.order_flow import drafted as small_draft
from procurement import countering, drafting, workflow
from procurement.models import CallOff
from tests import cast

pytestmark = pytest.mark.django_db
MOST, MOST_OF = 48, {"procurement:call_off": 35, "procurement:check": 43, "procurement:accept_counter": 49, "contracts:accept": 15, "contracts:contract": 21}
MORE = ("CALL-01", "CALL-02", "CALL-03", "CALL-04", "CALL-05", "CALL-06")
DRAFT_PAGES = (
    "tasks", "sites", "term", "services", "exceptions", "sheet", "service_levels", "milestones", "special_terms",
    "attachments", "check", "what_if",
)  # fmt: skip


def large_draft() -> CallOff:
    """The DIUS draft and six more services at each of its four sites: more than fifty lines."""
    call_off = cast.drafted()
    lines = [
        drafting.Ordered(line.phase, line.service_code, line.site.name if line.site else None, line.quantity)
        for line in call_off.revision.lines.select_related("site")
    ]
    lines += [drafting.Ordered("shared", code, s.name, 1) for code in MORE for s in call_off.revision.sites.all()]
    drafting.save_services(call_off, lines, by=cast.requester(), at=cast.START)
    assert len(lines) > 50
    return cast.fresh(call_off)


def asked(client, email: str, address: str) -> int:
    client.force_login(cast.person(email).user, backend="allauth.account.auth_backends.AuthenticationBackend")
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200, address
    return len(queries)


def every_page(client, call_off: CallOff) -> dict[str, int]:
    """The pages of a draft, of the order with an approver and with the supplier, and of its contract."""
    order = {"public_id": call_off.public_id}
    found = {}

    def look(stage: str, email: str, name: str, **more) -> None:
        found[f"{name} as {email} {stage}"] = asked(client, email, reverse(name, kwargs=order | more))

    for name in DRAFT_PAGES:
        look("drafting", "requester@dius.example", f"procurement:{name}")
    workflow.submit(call_off, by=cast.requester(), at=cast.START)
    first = cast.fresh(call_off).revision.approval.steps.get(state="open").position
    for name in ("brief", "decide"):
        look("deciding", cast.ROUTE[0], f"procurement:{name}", position=first)
    look("deciding", "requester@dius.example", "procurement:call_off")
    for email in cast.ROUTE:
        cast.decide(call_off, email)
    for email in (cast.ROUTE[0], cast.ROUTE[4], "order.desk@fujitsu.example"):
        look("awarded", email, "procurement:call_off")
    look("awarded", "order.desk@fujitsu.example", "contracts:accept")
    look("awarded", "order.desk@fujitsu.example", "procurement:counter")
    made = cast.countered(cast.fresh(call_off))
    look("counter-proposed", "order.desk@fujitsu.example", "procurement:call_off")
    for name in ("procurement:call_off", "procurement:accept_counter"):
        look("counter-proposed", "requester@dius.example", name, **({"number": 1} if "accept" in name else {}))
    countering.refuse_it(made, reason="Not now.", by=cast.requester(), at=cast.START)
    contract = cast.accept(call_off)
    order = {"public_id": contract.public_id}
    for email in ("requester@dius.example", "order.desk@fujitsu.example"):
        look("accepted", email, "contracts:contract")
    return found


def test_the_pages_of_an_order_cost_the_same_with_many_lines(client):
    small, large = every_page(client, small_draft()), every_page(client, large_draft())
    assert {page: (small[page], large[page]) for page in small if large[page] > small[page]} == {}
    assert {page: count for page, count in small.items() if count > MOST_OF.get(page.split()[0], MOST)} == {}
