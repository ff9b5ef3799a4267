"""Every order that ended unbound is the beginning of another: one click on its page makes a new draft of it. What is
done and refused in which state stands in ``tests/machines`` and is tested by ``test_machines``."""

import pytest

from contracts import formation
from procurement import approval
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
