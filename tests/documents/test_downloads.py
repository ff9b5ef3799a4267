"""What is downloaded: one way for all, that no name can break out of."""

import pytest
from django.http import Http404

from documents import downloads, storage
from tests.databases import ROOT


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("report.pdf", 'attachment; filename="report.pdf"'),
        ('a"; x="b.pdf', "attachment; filename=\"a'; x='b.pdf\""),
        ("a\\b.pdf", 'attachment; filename="a_b.pdf"'),
        ("Prüfbericht €.pdf", "attachment; filename=\"Pr_fbericht _.pdf\"; filename*=UTF-8''Pr%C3%BCfbericht%20%E2%82%AC.pdf"),
    ],
)
def test_a_name_that_somebody_typed_stays_a_name(name, header):
    answer = downloads.respond(b"x", name)
    assert answer["Content-Disposition"] == header and answer["Content-Type"] == "application/octet-stream"


def test_a_stored_file_is_read_by_its_hash_and_a_document_without_bytes_is_not_found():
    answer = downloads.stored(storage.put(b"bytes"), "a.txt")
    assert (answer.content, answer["Content-Type"]) == (b"bytes", "application/octet-stream")
    with pytest.raises(Http404):
        downloads.document(None, "CON-2007-000001")


def test_nobody_else_writes_the_header():
    written = [
        str(path.relative_to(ROOT)) for app in ("catalogue", "config", "contracts", "documents", "procurement")
        for path in (ROOT / app).rglob("*.py") if "Content-Disposition" in path.read_text("utf-8")
    ]  # fmt: skip
    assert written == ["documents/downloads.py"]
