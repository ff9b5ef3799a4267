"""Puts the acting person on the request."""

from datetime import UTC, datetime
from hashlib import sha256

from procurement.actors import Person


class ActorMiddleware:
    """``request.actor`` is the signed-in ``Person``, None when nobody is signed in."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.actor = actor_of(request)
        return self.get_response(request)


def actor_of(request) -> Person | None:
    """Who acts, with the moment of their newest proof of identity. A page that has just asked for the password again
    reads it anew: the middleware saw the moment before."""
    if not request.user.is_authenticated:
        return None
    return Person.of(
        request.user, channel="page", session=_session_name(request), signed_in_at=_signed_in_at(request)
    )


def _session_name(request) -> str:
    """A name for the session that is not its key."""
    key = request.session.session_key or ""
    return sha256(key.encode()).hexdigest()[:16] if key else ""


def _signed_in_at(request):
    """The moment of the newest proof of identity in this session (real time), as allauth keeps it."""
    records = request.session.get("account_authentication_methods", [])
    moments = [record["at"] for record in records if "at" in record]
    return datetime.fromtimestamp(max(moments), UTC) if moments else None
