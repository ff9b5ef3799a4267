"""Pages of ordering through Django's client: what is saved, what is refused, who may look."""

import uuid

import pytest
from django.urls import reverse

from procurement.models import CallOff, Phase
from tests import cast

pytestmark = pytest.mark.django_db


def sign_in(client, email):
    client.force_login(cast.person(email).user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def post(client, address, **fields):
    return client.post(address, {"idempotency_key": str(uuid.uuid4()), **fields})


@pytest.fixture
def buyer(client):
    return sign_in(client, "requester@dius.example")


def test_the_matrix_saves_what_was_typed(buyer):
    call_off = cast.drafted()
    address = reverse("procurement:services", args=[call_off.public_id])
    assert 'value="434"' in buyer.get(address).content.decode()
    answer = post(buyer, address, edits=call_off.revision.edits, stay="1",
                  **{"q-CORE-01-1": "400", "q-CORE-04-all": "1,000", "q-TRN-01-all": "1000"})  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()
    lines = {(line.service_code, line.quantity, line.phase) for line in call_off.revision.lines.all()}
    assert lines == {
        ("CORE-01", 400, Phase.SHARED), ("CORE-04", 1000, Phase.SHARED), ("TRN-01", 1000, Phase.INTERIM)
    }  # fmt: skip
