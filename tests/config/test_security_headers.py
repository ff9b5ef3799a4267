"""Every page says what a browser may do with it."""

import pytest
from django.core.cache import cache

from config.sessions import SessionStore

PUBLIC, PRIVATE = "/accounts/sign-in/", "/"


@pytest.fixture
def signed_in(client):
    from procurement.models import User

    client.force_login(User.objects.get(email="requester@dius.example"))
    return client


@pytest.mark.django_db
def test_the_policy_allows_our_own_files_and_nothing_inline(client):
    policy = dict(
        part.strip().split(" ", 1) for part in client.get(PUBLIC)["Content-Security-Policy"].split(";") if part.strip()
    )
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == "'self'"
    assert policy["img-src"] == "'self' data:"
    assert "unsafe" not in str(policy)


@pytest.mark.django_db
@pytest.mark.parametrize("address", [PUBLIC, "/health/", "/nowhere/"])
def test_every_answer_is_closed_to_frames_sniffing_and_referrers(client, address):
    answer = client.get(address)
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Permissions-Policy"].startswith("camera=()")
    assert answer["X-Request-Id"]


@pytest.mark.django_db
def test_pages_for_signed_in_people_are_kept_by_no_cache(client, signed_in):
    answer = signed_in.get(PRIVATE)
    assert answer.status_code == 200
    assert {"private", "no-store"} <= {part.strip() for part in answer["Cache-Control"].split(",")}


@pytest.mark.django_db
def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(client, settings):
    client.post(PUBLIC, {"login": "requester@dius.example", "password": settings.DEMONSTRATION_PASSWORD})
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert cookie["max-age"] == ""  # ends with the browser


@pytest.mark.django_db
def test_nobody_signs_up_and_a_wrong_password_tells_nothing_about_who_exists(client):
    assert client.get("/accounts/signup/").status_code == 404

    def words(email: str) -> str:
        answer = client.post(PUBLIC, {"login": email, "password": "not the password at all"})
        assert answer.status_code == 200
        return answer.content.decode().replace(f'value="{email}"', "")  # what was typed comes back

    known, unknown = words("requester@dius.example"), words("nobody@dius.example")
    assert "The email address or the password is not right" in known
    strip = lambda page: [line for line in page.splitlines() if "csrfmiddlewaretoken" not in line]  # noqa: E731
    assert strip(known) == strip(unknown)


@pytest.mark.django_db
def test_guessing_one_persons_password_is_slowed_down(client):
    for _ in range(5):
        answer = client.post(PUBLIC, {"login": "requester@dius.example", "password": "a guess that is wrong"})
        assert "Too many" not in answer.content.decode()
    answer = client.post(PUBLIC, {"login": "requester@dius.example", "password": "a guess that is wrong"})
    assert "Too many failed login attempts" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["//evil.example", "https://evil.example/", "javascript:alert(1)"])
def test_signing_in_leads_nowhere_else(client, settings, address):
    answer = client.post(
        PUBLIC,
        {"login": "requester@dius.example", "password": settings.DEMONSTRATION_PASSWORD, "next": address},
    )
    assert answer.status_code == 302
    assert answer["Location"] == "/"


@pytest.mark.django_db
def test_another_host_is_refused(client):
    assert client.get("/health/", HTTP_HOST="evil.example").status_code == 400


@pytest.mark.django_db
def test_a_form_of_another_site_changes_nothing():
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(PUBLIC, {"login": "requester@dius.example", "password": "public sector flex 2007"})
    assert answer.status_code == 403


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
def test_another_method_than_a_browsers_is_refused_on_every_page(client, method):
    for address in ("/", "/accounts/login/", "/check/"):
        answer = client.generic(method, address)
        assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.django_db
@pytest.mark.parametrize("announced", [str(10**9), "9" * 40, "-1", "a lot"])
def test_a_body_larger_than_any_form_is_refused_unread(client, announced):
    answer = client.generic("POST", "/check/", b"", CONTENT_LENGTH=announced)
    assert answer.status_code == 413
    assert "No form here takes a file of more than 20 MB" in answer.content.decode()
    assert "default-src" in answer["Content-Security-Policy"]


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["punycode", "raw_unicode_escape", "idna", "rot13", "undefined", "utf-16", "latin-1"])
@pytest.mark.parametrize("address", [PUBLIC, "/check/"])
def test_a_form_in_another_encoding_is_refused_unread(client, charset, address):
    body = b'--x\r\nContent-Disposition: form-data; name="q"\r\n\r\n-' + b"a9" * 500_000 + b"\r\n--x--\r\n"
    answer = client.generic("POST", address, body, content_type=f"multipart/form-data; boundary=x; charset={charset}")
    assert answer.status_code == 400
    assert "It is not written in UTF-8" in answer.content.decode()


@pytest.mark.django_db
def test_a_session_that_is_none_of_ours_is_no_session(client):
    """What the database cannot hold is never asked of it."""
    assert client.get("/", HTTP_COOKIE=r'flex_session="aaaaaaaaaaaa\000"').status_code == 302
    ours = SessionStore()
    ours.save()
    assert SessionStore(ours.session_key).session_key == ours.session_key
    for key in ("aaaaaaaaaaaa\0", "a" * 31, "A" * 32, "a" * 33, ""):
        assert SessionStore(key).session_key is None


@pytest.mark.django_db
def test_a_lock_outlives_what_other_people_try():
    """More attempts than Django's cache keeps without being told: none pushes out a lock that still counts."""
    attempts = [f"attempt:{n}" for n in range(400)]
    for attempt in attempts:
        cache.set(attempt, 1, timeout=300)
    assert all(cache.get(attempt) for attempt in attempts)
