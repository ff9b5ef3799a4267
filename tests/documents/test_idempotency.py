"""A form's key: one answer for one body, and only answers that did something are kept."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse, HttpResponseRedirect
from django.test import RequestFactory

from documents import numbers
from documents.idempotency import FIELD, body_hash, idempotent, new_key
from documents.models import IdempotencyKey, NumberCounter
from tests import cast

pytestmark = pytest.mark.django_db


@idempotent
def order(request):
    """Takes a number; shows the form again if no title was given."""
    number = numbers.take("T", 2007)
    return HttpResponseRedirect("/" + number) if request.POST.get("title") else HttpResponse("give a title")


def send(key: str, by=None, **fields):
    request = RequestFactory().post("/order/", {FIELD: key, **fields})
    request.actor = by or cast.requester()
    return order(request)


def test_another_body_under_the_same_key_is_refused():
    key = new_key()
    assert send(key, title="a").status_code == 302
    assert send(key, title="b").status_code == 422
    assert NumberCounter.objects.get(series="T").last == 1


def test_a_form_shown_again_keeps_nothing_and_can_be_sent_corrected():
    key = new_key()
    assert send(key, title="").status_code == 200
    assert not IdempotencyKey.objects.exists()
    assert send(key, title="a")["Location"] == "/T-2007-000001"


def test_a_key_is_its_persons_own():
    key = new_key()
    assert send(key, title="a")["Location"] != send(key, by=cast.outsider(), title="a")["Location"]


@pytest.mark.parametrize(
    "key", ["", "x", "{9b1c1e0e-5a53-4b8e-9d0e-0d4f3f6a8b11}", "9B1C1E0E-5A53-4B8E-9D0E-0D4F3F6A8B11"]
)
def test_a_form_without_its_key_does_nothing(key):
    assert send(key, title="a").status_code == 400
    assert not NumberCounter.objects.filter(series="T").exists()


def test_the_body_is_its_files_too_but_not_the_csrf_token():
    def hashed(content: bytes, token: str) -> str:
        file = SimpleUploadedFile("a.pdf", content)
        return body_hash(RequestFactory().post("/order/", {"file": file, "csrfmiddlewaretoken": token}))

    assert hashed(b"a", "1") == hashed(b"a", "2")
    assert hashed(b"a", "1") != hashed(b"b", "1")
