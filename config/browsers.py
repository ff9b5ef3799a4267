"""The browsers that somebody has signed in from. Whoever guesses a password elsewhere shuts out others who come from
elsewhere, never these: a lock that anybody could turn would keep people from their own accounts."""

from secrets import token_hex

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse

KEPT_SECONDS = 180 * 24 * 3600


def remember(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """This browser has just proved that it is the account's, by its password or by a link from its mailbox. It keeps the
    name it has, so that signing in again gives nobody new attempts. A browser knows the last account alone."""
    response.set_signed_cookie(
        settings.BROWSER_COOKIE_NAME, known(request, email) or token_hex(16), salt=_salt(email), max_age=KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax",
    )  # fmt: skip


def known(request: HttpRequest, email: str) -> str | None:
    """The name that this browser was given for the account of the address; None where it was given none. Signed for the
    address, so that it opens nothing for another account, and for its password: whoever knew an earlier one has no name."""
    name = settings.BROWSER_COOKIE_NAME
    return request.get_signed_cookie(name, default=None, salt=_salt(email), max_age=KEPT_SECONDS)


def _salt(email: str) -> str:
    """Asked for every address, so that an answer takes as long for one without an account."""
    password = get_user_model().objects.filter(email=email.lower()).values_list("password", flat=True).first()
    return f"browser:{email.lower()}:{password or ''}"
