"""What is downloaded is kept as a file and never shown in the page: the one place that says how."""

from typing import BinaryIO
from urllib.parse import quote

from django.http import FileResponse, Http404, HttpResponse

from documents import storage, store
from documents.models import DocumentRevision

UNKNOWN, PDF, CSV, JSON = "application/octet-stream", "application/pdf", "text/csv; charset=utf-8", "application/json"
ZIP = "application/zip"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def disposition(filename: str) -> str:
    """The header for a name that somebody typed: in ASCII for every browser, and as it is for those that read RFC 6266."""
    plain = filename.encode("ascii", "replace").decode().replace('"', "'").replace("\\", "_").replace("?", "_")
    own = "" if filename.isascii() else f"; filename*=UTF-8''{quote(filename, safe='')}"
    return f'attachment; filename="{plain}"{own}'


def respond(data: bytes, filename: str, *, content_type: str = UNKNOWN) -> HttpResponse:
    """What people have sent has no type that a browser would open."""
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = disposition(filename)
    return response


def stored(sha256: str, filename: str) -> HttpResponse:
    """A file of the store. Raises FileNotFoundError or StorageDamaged."""
    return respond(storage.get(sha256), filename)


def document(head: DocumentRevision | None, name: str) -> HttpResponse:
    """The newest bytes of a document, the same for everyone; 404 before it has any."""
    if head is None:
        raise Http404
    response = respond(store.content(head), f"{name}.pdf", content_type=PDF)
    response["X-Document-Sha256"] = head.sha256
    return response


def stream(file: BinaryIO, filename: str, *, content_type: str = UNKNOWN) -> FileResponse:
    """A file that may be large, in pieces; it is closed with the answer."""
    response = FileResponse(file, content_type=content_type)
    response["Content-Disposition"] = disposition(filename)
    return response
