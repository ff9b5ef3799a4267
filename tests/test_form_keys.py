"""Every form that changes something carries its key, and nothing is changed by one that comes without: a doubled click has one
effect because of it (``documents/idempotency.py``)."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import get_resolver, reverse
from django.urls.converters import IntConverter, UUIDConverter

from contracts.models import CERTIFICATE_SERIES, COPY_SERIES
from contracts.urls import CertificateNumber, CopyNumber
from documents import clock
from tests import cast
from tests.procurement.test_pages import sign_in
from tests.test_authorisation import addresses
from tests.test_marked_strings import ROOT, TEMPLATES

POSTS = re.compile(r'<form\b[^>]*\bmethod="?post\b.*?</form>', re.IGNORECASE | re.DOTALL)
# a session is begun or ended; an upload is checked; a counter-proposal is shown as a difference, and sent from that page
WITHOUT = {
    "config/templates/account/_form.html", "documents/templates/documents/check.html", "procurement/templates/procurement/counter/form.html",
}  # fmt: skip
# addresses that change nothing whatever is sent to them
READ = {
    "health", "glossary", "documents:check", "documents:verdict", "documents:root", "documents:revocation_list",
    "procurement:what_if", "procurement:what_if_seats", "procurement:totals", "procurement:counter",
    "contracts:calendar_file", "contracts:waived_credits", "contracts:published_contracts", "contracts:published_contract",
    "contracts:published_contract_pdf",
}  # fmt: skip


def test_every_form_that_is_sent_carries_its_key():
    pages = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in TEMPLATES if path.suffix == ".html"}
    forms = {name: POSTS.findall(text) for name, text in pages.items()}
    assert {name: len(found) for name, found in forms.items()} == {name: text.count('method="post"') for name, text in pages.items()}
    assert {name for name, found in forms.items() if any("{% idempotency_key %}" not in one for one in found)} == WITHOUT


def example(converter) -> object:
    if isinstance(converter, UUIDConverter):
        return uuid4()
    if isinstance(converter, CopyNumber):
        return f"{COPY_SERIES}-2008-000001"
    if isinstance(converter, CertificateNumber):
        return f"{CERTIFICATE_SERIES}-2008-000001"
    return 1 if isinstance(converter, IntConverter) else "x"


def address(name: str) -> str:
    """An address of that name, of nothing that exists: the key is asked for first."""
    namespace, _colon, short = name.rpartition(":")
    resolver = get_resolver()
    table = resolver.namespace_dict[namespace][1].reverse_dict if namespace else resolver.reverse_dict
    _forms, _pattern, _defaults, converters = table.getlist(short)[0]
    return reverse(name, kwargs={part: example(converter) for part, converter in converters.items()})


@pytest.mark.django_db
def test_nothing_is_done_by_a_form_without_its_key(client: Client):
    clock.step_to(cast.START, by=cast.person("framework.manager@co.example"))
    sign_in(client, "requester@dius.example")
    answers = {name: client.post(address(name)).status_code for name in addresses() if not name.startswith("account")}
    assert {name for name, status in answers.items() if status != 400} == READ
