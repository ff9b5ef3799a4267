"""One answer a form: the same key and body get the first answer, another body is refused in words.

Every form that changes something carries ``{% idempotency_key %}``. The key's row is inserted in the transaction of
the effect, so a doubled click waits for the first one and then gets its answer.
"""

import uuid
from collections.abc import Callable
from functools import wraps
from hashlib import sha256

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from documents import clock
from documents.models import IdempotencyKey

FIELD = "idempotency_key"


class _NotStored(Exception):
    """Rolls the key back with the attempt: the form was shown again, and may be sent again corrected."""

    def __init__(self, response: HttpResponse):
        self.response = response


def new_key() -> str:
    return str(uuid.uuid4())


def _parse(text: str) -> uuid.UUID | None:
    try:
        key = uuid.UUID(text)
    except ValueError:
        return None
    return key if str(key) == text else None  # one spelling only: no braces, no upper case


def body_hash(request: HttpRequest) -> str:
    """sha256 over the path, every field but the csrf token, and every file's content."""
    digest = sha256(request.path.encode())
    for name in sorted(request.POST):
        if name == "csrfmiddlewaretoken":
            continue
        for value in request.POST.getlist(name):
            digest.update(f"\0{name}={value}".encode("utf-8", "surrogatepass"))
    for name in sorted(request.FILES):
        for file in request.FILES.getlist(name):
            digest.update(f"\0{name}:{file.name}:".encode("utf-8", "surrogatepass"))
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
    return digest.hexdigest()


def idempotent(view: Callable) -> Callable:
    """For views whose POST changes something and answers with a redirect. GET passes through."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.method != "POST":
            return view(request, *args, **kwargs)
        key = _parse(request.POST.get(FIELD, ""))
        if key is None:
            return render(request, "400.html", {"words": "The form came without its key."}, status=400)
        person_id, wanted = request.actor.person_id, body_hash(request)
        try:
            with transaction.atomic():
                row, created = _take(person_id, key, wanted)
                if not created:
                    return _again(request, row, wanted)
                response = view(request, *args, **kwargs)
                if not isinstance(response, HttpResponseRedirect):
                    raise _NotStored(response)
                row.location = response["Location"]
                IdempotencyKey.objects.filter(pk=row.pk).update(location=row.location)
                return response
        except _NotStored as attempt:
            return attempt.response

    return wrapper


def _take(person_id: uuid.UUID, key: uuid.UUID, wanted: str) -> tuple[IdempotencyKey, bool]:
    """Insert the key, waiting for whoever holds it; then it is either ours or already answered."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {IdempotencyKey._meta.db_table} (person_id, key, request_hash, location, created_at)"  # noqa: S608 - a table name of ours
            " VALUES (%s, %s, %s, '', %s) ON CONFLICT DO NOTHING RETURNING id",
            [person_id, key, wanted, clock.real_now()],
        )
        taken = cursor.fetchone()
    if taken is None:
        return IdempotencyKey.objects.get(person_id=person_id, key=key), False
    return IdempotencyKey(pk=taken[0], person_id=person_id, key=key, request_hash=wanted), True


def _again(request: HttpRequest, row: IdempotencyKey, wanted: str) -> HttpResponse:
    if row.request_hash != wanted or not row.location:
        return render(request, "422.html", status=422)
    return HttpResponseRedirect(row.location)
