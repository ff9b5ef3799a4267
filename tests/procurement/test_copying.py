"""Every order, whatever its state, is the beginning of another: one click on its page makes a new draft of it. What is
done and refused in which state stands in ``tests/machines`` and is tested by ``test_machines``."""

import pytest

from contracts import formation
from documents import audit
from documents.refusal import Refused
from procurement import approval, timelines, workflow
from procurement.models import UNBOUND, CallOff
from tests import cast, paper
from tests.cast import START
from tests.machines.orders import decline, lapse, on_step, withdraw

pytestmark = pytest.mark.django_db


def void():
    contract = paper.issued(cast.accepted())
    formation.refuse_to_sign(contract, "supplier", reason="A term.", changes_wanted=False, at=START,
                             by=cast.person("supplier.signatory@fujitsu.example"))  # fmt: skip
    return contract.call_off


ENDINGS = {
    "rejected": lambda: on_step(approval.reject, reason="As it stands.")(cast.submitted()),
    "declined": lambda: decline(cast.with_supplier()), "lapsed": lambda: lapse(cast.with_supplier()),
    "withdrawn": lambda: withdraw(cast.submitted()),
    "a draft withdrawn": lambda: withdraw(cast.drafted()), "refused by a signatory": void,
    "a counter-proposal withdrawn": lambda: withdraw(cast.countered().call_off),
    "a counter-proposal lapsed": lambda: lapse(cast.countered().call_off),
}  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_order_that_ended_unbound_is_copied_from_its_page(client, ending):
    order = cast.fresh(ENDINGS[ending]())
    assert order.state in UNBOUND
    client.force_login(cast.requester().user, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/call-offs/{order.public_id}/").content.decode()
    assert f'action="/call-offs/{order.public_id}/copy/"' in page, "one click"
    answer = client.post(f"/call-offs/{order.public_id}/copy/", {"idempotency_key": "0b0e9f2e-8f3c-4b58-9d1c-6f3a0d8c1a11"})
    copy = CallOff.objects.latest("id")
    assert answer["Location"].endswith(f"/call-offs/{copy.public_id}/tasks/")
    assert (copy.state, copy.revision.lines.count()) == ("draft", order.revision.lines.count())


GOING_ON = {
    "a draft": cast.drafted, "with the department's approvers": cast.submitted, "with the authority": cast.approved_by_department,
    "with the supplier": cast.with_supplier, "counter-proposed": lambda: cast.countered().call_off,
    "accepted": lambda: cast.accepted().call_off,
}  # fmt: skip


@pytest.mark.parametrize("state", GOING_ON)
def test_an_order_that_goes_on_is_copied_from_its_page_and_said_to_go_on(client, state):
    order = cast.fresh(GOING_ON[state]())
    was = (order.state, order.revision_id, order.whole_life_gbp)
    client.force_login(cast.requester().user, backend="allauth.account.auth_backends.AuthenticationBackend")
    page = client.get(f"/call-offs/{order.public_id}/", follow=True).content.decode()
    assert f'action="/call-offs/{order.public_id}/copy/"' in page, "one click"
    words = f"{order.reference or '“' + order.title + '”'} goes on beside the copy: if it is meant once, withdraw one of them."
    assert words in client.get(f"/call-offs/{order.public_id}/copy/").content.decode()
    answer = client.post(
        f"/call-offs/{order.public_id}/copy/", {"idempotency_key": "0b0e9f2e-8f3c-4b58-9d1c-6f3a0d8c1a12"}, follow=True
    )
    copy = CallOff.objects.latest("id")
    assert (copy.state, copy.revision.lines.count(), copy.department_id) == ("draft", order.revision.lines.count(), order.department_id)
    assert words in answer.content.decode()
    now = cast.fresh(order)
    assert (now.state, now.revision_id, now.whole_life_gbp) == was
    assert copy.revision.lines.filter(total_gbp__isnull=False).count() == 0 and not copy.revision.revision_hash, "no price is copied"


def test_no_order_is_copied_into_another_department():
    with pytest.raises(Refused, match="Only a requester of Department for Innovation"):
        workflow.copy(cast.submitted(), by=cast.person("requester@co.example"), at=START)


def test_a_copy_names_the_order_it_was_made_of_to_its_department_alone():
    copied = workflow.copy(cast.submitted(), by=cast.requester(), at=START)
    events = list(audit.history(copied))
    assert [row["title"] for row in timelines.of(events, "department")] == ["Copied from CO-2007-000001"]
    assert [row["title"] for row in timelines.of(events, "authority")] == ["Copied from an earlier call-off"]
    of_a_draft = workflow.copy(copied, by=cast.requester(), at=START)
    assert [row["title"] for row in timelines.of(audit.history(of_a_draft), "department")] == ["Copied from an earlier call-off"]
