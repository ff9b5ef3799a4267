"""The signed agreement by which a framework comes into force: asked for, kept as a fact, read by the authority's people."""

from dataclasses import replace
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, transaction

from documents import audit, storage
from documents.refusal import Refused
from procurement import framework_life
from tests import cast
from tests.cast import START
from tests.machines import frameworks
from tests.procurement.test_pages import sign_in

pytestmark = pytest.mark.usefixtures("db")
MANAGER = "framework.manager@co.example"


def test_a_framework_comes_into_force_by_its_signed_agreement_alone():
    framework = frameworks.ready(frameworks.drafted(None))
    signed, by = frameworks.signed(), frameworks.OPERATOR
    for agreement, words in (
        (None, "has no signed agreement"), (replace(signed, sha256="0" * 64), "has no signed agreement"),
        (replace(signed, content_type="text/csv"), "is no PDF"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=words):
            framework_life.activate(framework, agreement=agreement, by=by, at=START)
    bare = cast.fresh(framework)
    bare.activate()
    with pytest.raises(IntegrityError, match="has no signed agreement"), transaction.atomic():
        bare.save()
    assert frameworks.activated(framework).state == "live"
    kept = framework.signed_agreement
    assert (kept.sha256, kept.length, kept.received_by_name) == (signed.sha256, signed.length, by.words)
    event = audit.history(framework).get(verb="framework.activated")
    assert event.extra == {"agreement": signed.sha256}
    with pytest.raises(TypeError, match="is a fact"):
        kept.save()
    with pytest.raises(DatabaseError), transaction.atomic():
        type(kept).objects.update(sha256="0" * 64)


def test_the_signed_agreement_is_the_authoritys_to_read(client):
    sign_in(client, MANAGER)
    kept = cast.framework().signed_agreement
    page = client.get("/framework/").content.decode()
    assert kept.sha256 in page and 'href="/framework/agreement/"' in page
    answer = client.get("/framework/agreement/")
    assert storage.key_of(answer.content) == kept.sha256 and answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="framework_agreement.pdf"'
    for email in ("requester@dius.example", "order.desk@fujitsu.example"):
        sign_in(client, email)
        assert client.get("/framework/agreement/").status_code == 404
        assert kept.sha256 not in client.get("/framework/").content.decode()


def test_a_signed_agreement_that_the_store_lost_is_named(settings):
    key = cast.framework().signed_agreement.sha256
    (Path(settings.STORE_DIR) / key[:2] / key).unlink()
    with pytest.raises(CommandError, match="1 stored files"):
        call_command("check_invariants")
