"""Where the database does not answer, a page says so with 503, in words, and the log says why."""

import logging

import pytest
from django.conf import settings
from django.core.cache.backends.db import DatabaseCache
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from config.views import database_is_away
from tests import cast


@pytest.fixture
def away(committed_db):
    """The database cannot be reached; what has been connected is closed."""
    settings = connections["default"].settings_dict
    host = settings["HOST"]

    def go() -> None:
        connections["default"].close()
        settings["HOST"] = "/nowhere"

    yield go
    settings["HOST"] = host


@pytest.mark.parametrize("signed_in", [False, True])
@pytest.mark.parametrize("address", ["/", "/accounts/sign-in/", "/health/", "/call-offs/"])
def test_every_page_says_that_the_database_is_away(away, caplog, address, signed_in):
    client = Client(raise_request_exception=False)
    if signed_in:
        client.force_login(cast.requester().user, backend="allauth.account.auth_backends.AuthenticationBackend")
    away()
    with caplog.at_level(logging.ERROR, logger="django.request"):
        answer = client.post(address) if address == "/accounts/sign-in/" else client.get(address)
    if not signed_in and address in ("/", "/call-offs/"):
        assert answer.status_code == 302, "nothing is read to send a stranger to the page of signing in"
        return
    assert answer.status_code == 503
    words = answer.content.decode()
    assert "Its database does not answer" in words and "DIUS requester" not in words
    assert (answer["Retry-After"], answer["Cache-Control"]) == ("60", "no-store")
    assert "default-src" in answer["Content-Security-Policy"]
    assert "OperationalError" in caplog.text and "/nowhere" in caplog.text


def test_a_connection_that_is_cut_in_the_middle_of_a_page_is_the_same(committed_db, monkeypatch):
    client = Client(raise_request_exception=False)
    client.force_login(cast.requester().user, backend="allauth.account.auth_backends.AuthenticationBackend")

    def cut(*_args, **_more):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr("config.views.access.joined", cut)
    assert client.get("/").status_code == 503


@pytest.mark.django_db
def test_what_the_database_refuses_is_an_error_of_ours():
    with pytest.raises(OperationalError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$")
    assert not database_is_away(refused.value)
    assert not database_is_away(ValueError("x")) and not database_is_away(None)


@pytest.mark.django_db
def test_a_full_disk_is_no_fault_of_ours():
    with pytest.raises(OperationalError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DO $$ BEGIN RAISE EXCEPTION 'no space' USING ERRCODE = '53100'; END $$")
    assert database_is_away(refused.value)


@pytest.mark.django_db
def test_where_no_attempt_can_be_counted_nobody_signs_in_and_nobody_tried_too_often(monkeypatch, caplog):
    """Django's cache keeps it to itself when the disk has no room for a row."""
    monkeypatch.setattr(DatabaseCache, "add", lambda *_args, **_more: False)
    client = Client(raise_request_exception=False)
    with caplog.at_level(logging.ERROR, logger="django.request"):
        answer = client.post("/accounts/sign-in/", {"login": "requester@dius.example", "password": settings.DEMONSTRATION_PASSWORD})
    assert answer.status_code == 503 and "or has no room" in answer.content.decode()
    assert "is the disk full?" in caplog.text


@pytest.mark.django_db
def test_any_other_fault_stays_500(monkeypatch):
    client = Client(raise_request_exception=False)
    client.force_login(cast.requester().user, backend="allauth.account.auth_backends.AuthenticationBackend")
    monkeypatch.setattr("config.views.access.joined", lambda *_args: 1 / 0)
    answer = client.get("/")
    assert answer.status_code == 500 and "Something went wrong" in answer.content.decode()
