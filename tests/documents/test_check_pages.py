"""The public check of a document: by its bytes alone, in words, in a worker, leaving nothing behind and taking nothing."""

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from documents import checking, clock, storage, store
from documents.actors import SYSTEM
from documents.models import Check, Job
from procurement.models import User
from tests import cast
from tests.documents.conftest import store_steps

pytestmark = pytest.mark.django_db
STRANGER = Client


def send(data: bytes, name: str = "contract.pdf", client: Client | None = None):
    return (client or STRANGER()).post(
        reverse("documents:check"), {"file": SimpleUploadedFile(name, data, "application/pdf")}
    )


def ask(data: bytes, name: str = "contract.pdf", client: Client | None = None):
    """Upload, let the worker look, and read the verdict page as a stranger."""
    response = send(data, name, client)
    assert response.status_code == 302, response.content
    cast.run_all_jobs()
    return STRANGER().get(response["Location"])


@pytest.fixture
def document(made):
    """The executed document, in the store and in the records."""
    return store_steps(made, 6)


def final(document) -> bytes:
    return store.content(store.head(document))


def test_a_stranger_with_the_file_is_told_who_signed_and_when(document):
    page = ask(final(document)).content.decode()
    assert "Valid" in page and "Not valid" not in page and document.number in page
    for words in ("A person of Fujitsu Services", "A person of Department for", "A person of Cabinet Office",
                  "10 October 2007 at 10:00am"):  # fmt: skip
        assert words in page
    assert store.head(document).sha256 in page


def test_checking_a_document_of_the_register_leaves_it_in_the_store(document):
    """The bytes people check most are our own: taking the upload away must not take the document."""
    pdf, attachment = final(document), storage.put(b"line,quantity\n1,1000\n")
    ask(pdf)
    ask(storage.get(attachment), "business-case.csv")
    assert final(document) == pdf and storage.exists(attachment)


def test_the_upload_is_gone_once_the_verdict_is_known(document, own_store):
    ask(final(document))
    assert list((own_store / "store" / "uploads").iterdir()) == []


def test_what_an_interrupted_check_left_is_taken_away_later(own_store, monkeypatch):
    first = checking.ask(b"%PDF-1.7 first", "first.pdf")
    later = clock.real_now() + checking.LONGEST_KEPT + timedelta(minutes=1)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    second = checking.ask(b"%PDF-1.7 second", "second.pdf")
    assert [path.name for path in (own_store / "store" / "uploads").iterdir()] == [str(second.public_id)]
    assert first.public_id != second.public_id


@pytest.mark.parametrize(
    "spoil",
    [lambda pdf: pdf + b"\n% more", lambda pdf: pdf[:-200], lambda pdf: pdf.replace(b"/Sig", b"/Gis", 1),
     lambda pdf: b"%PDF-1.7\n" + pdf, lambda pdf: b"not a document", lambda pdf: pdf[:9000] + bytes([pdf[9000] ^ 1]) + pdf[9001:]],
    ids=["added to", "cut", "changed", "put before", "another file", "one byte"],
)  # fmt: skip
def test_a_changed_file_is_not_valid_and_names_nobody(document, spoil):
    page = ask(spoil(final(document))).content.decode()
    assert "Not valid" in page
    for secret in ("signatory", "Fujitsu", document.number, "11,252,943", "Innovation"):
        assert secret not in page


def test_a_reference_alone_reveals_nothing(document):
    page = ask(document.number.encode(), f"{document.number}.pdf")
    assert "Not valid" in page.content.decode() and "Fujitsu" not in page.content.decode()
    assert STRANGER().get(f"/check/{document.number}/").status_code == 404
    assert STRANGER().get(f"/check/{document.public_id}/").status_code == 404


def test_a_document_not_yet_complete_says_who_is_missing(made):
    page = ask(final(store_steps(made, 3))).content.decode()
    assert "Not valid" in page and "not signed by Department for Innovation" in page
    assert "A person of Fujitsu Services" in page and "A person of Department" not in page


def test_a_void_document_binds_nobody(made):
    document = store_steps(made, 4)
    store.void(document, by=SYSTEM, at=cast.START)
    assert "nobody is bound" in ask(final(document)).content.decode()


def test_until_the_worker_has_looked_the_page_asks_again():
    response = STRANGER().post(reverse("documents:check"), {"file": io.BytesIO(b"%PDF-1.7 x")})
    page = STRANGER().get(response["Location"]).content.decode()
    assert re.search(r'hx-get="/check/[0-9a-f-]{36}/"', page) and "Not valid" not in page
    part = STRANGER().get(response["Location"], headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith("<div") and "<html" not in part
    cast.run_all_jobs()
    assert "hx-get" not in STRANGER().get(response["Location"]).content.decode()


def test_a_check_that_could_not_be_made_says_so_and_stops_asking(own_store):
    response = STRANGER().post(reverse("documents:check"), {"file": io.BytesIO(b"%PDF-1.7 x")})
    for path in (own_store / "store" / "uploads").iterdir():
        path.unlink()
    while Job.objects.filter(task="documents.check").exclude(state=Job.State.DEAD).exists():
        Job.objects.filter(task="documents.check", state=Job.State.QUEUED).update(run_after=clock.real_now())
        cast.run_all_jobs()
    page = STRANGER().get(response["Location"]).content.decode()
    assert "could not be looked at" in page and "hx-get" not in page


def test_the_same_bytes_asked_again_at_once_get_the_same_answer_without_work():
    first = ask(b"%PDF-1.7 same")
    jobs_before = Job.objects.count()
    second = ask(b"%PDF-1.7 same", "other name.pdf")
    assert Job.objects.count() == jobs_before and Check.objects.count() == 2
    assert "Not valid" in first.content.decode() and "Not valid" in second.content.decode()


def test_the_same_bytes_are_looked_at_again_after_a_while(monkeypatch):
    ask(b"%PDF-1.7 same")
    later = clock.real_now() + checking.SAME_ANSWER + timedelta(seconds=1)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    jobs_before = Job.objects.count()
    ask(b"%PDF-1.7 same")
    assert Job.objects.count() == jobs_before + 1


@pytest.mark.parametrize(
    "upload, words",
    [({}, "Choose the PDF file"), ({"file": SimpleUploadedFile("a.pdf", b"")}, "empty"),
     ({"file": SimpleUploadedFile("a.pdf", b"%PDF-" + b"x" * (20 * 1024 * 1024))}, "larger than 20 MB")],
    ids=["nothing", "empty", "too large"],
)  # fmt: skip
def test_what_cannot_be_checked_is_said_beside_the_field(upload, words):
    page = STRANGER().post(reverse("documents:check"), upload).content.decode()
    assert words in page and 'class="govuk-error-message"' in page
    assert not Check.objects.exists()


def test_a_name_of_a_file_is_only_text():
    page = ask(b"%PDF-1.7 x", "<script>alert(1)</script>\u202egnp.pdf").content.decode()
    assert "<script>alert" not in page and "\u202e" not in page


def test_looking_at_the_page_changes_nothing(document):
    client = Client()
    client.force_login(User.objects.get(email="requester@dius.example"))
    for address in (reverse("documents:check"), reverse("documents:root")):
        assert client.get(address).status_code == 200
    assert not Check.objects.exists()


@pytest.mark.parametrize("name", ["root", "issuing"])
def test_the_revocation_lists_are_where_the_certificates_say(name, settings):
    response = STRANGER().get(f"/revocation/{name}.crl")
    assert response["Content-Type"] == "application/pkix-crl"
    assert response.content == (Path(settings.KEYS_DIR) / f"{name}.crl").read_bytes()


def test_no_other_file_of_the_keys_can_be_fetched():
    for name in ("timestamp", "seal-GOVGB-CO", "root.p12", "../secret_key", "issuing.crt"):
        assert STRANGER().get(f"/revocation/{name}.crl").status_code == 404


def test_the_same_bytes_asked_by_many_at_once_are_looked_at_once():
    data = b"%PDF-1.7\n" + b"of nobody" * 9 + b"%%EOF"
    first, second = checking.ask(data, "mine.pdf"), checking.ask(data, "yours.pdf")
    assert first.public_id != second.public_id
    assert Job.objects.filter(task="documents.check").count() == 1
    cast.run_all_jobs()
    for check in (first, second):
        assert cast.fresh(check).verdict["valid"] is False
    assert cast.fresh(second).filename == "yours.pdf"


def test_more_checks_than_the_worker_can_do_are_refused_in_words(monkeypatch):
    monkeypatch.setattr(checking, "MOST_WAITING", 1)
    assert send(b"%PDF-1.7 one %%EOF").status_code == 302
    answer = send(b"%PDF-1.7 two %%EOF")
    assert answer.status_code == 200
    assert "Many documents are being checked just now." in answer.content.decode()
    assert Check.objects.count() == 1


def test_one_visitor_may_not_ask_without_end():
    client = Client()
    for number in range(20):
        assert send(b"%%PDF-1.7 %d" % number, client=client).status_code == 302
    assert "Try again in a minute." in send(b"%PDF-1.7 more", client=client).content.decode()
