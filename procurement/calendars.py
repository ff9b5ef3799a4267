"""A person's private calendar address: opened, read by, stopped. A new one is another address; the old one leads nowhere."""

from datetime import datetime
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.utils.translation import gettext as _

from documents import audit
from documents.refusal import refuse
from procurement.actors import Person
from procurement.models import CalendarFeed, User

_SIGNER = "procurement.calendars"


def signature(feed: CalendarFeed) -> str:
    return Signer(salt=_SIGNER).signature(str(feed.public_id))


def open_feed(user: User) -> CalendarFeed | None:
    """The one that can be read now."""
    return CalendarFeed.objects.filter(user=user, stopped_at__isnull=True).first()


def reader(public_id: UUID, signed: str) -> User | None:
    """Whose calendar is at the address; None where there is none, it was stopped, or its owner is not active any more."""
    try:
        Signer(salt=_SIGNER).unsign(f"{public_id}:{signed}")
    except BadSignature:
        return None
    found = CalendarFeed.objects.filter(public_id=public_id, stopped_at__isnull=True, user__is_active=True)
    feed = found.select_related("user").first()
    return feed.user if feed else None


def _own(user: User, by: Person) -> User:
    """A fresh copy under its lock; only they have a calendar of theirs. Raises Refused."""
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if user.person_id != by.person_id:
        refuse(_("A calendar has a private address, which only its owner makes and stops."))
    return user


def _stop(user: User, at: datetime) -> bool:
    found = open_feed(user)
    if found is None:
        return False
    found.stopped_at = at
    found.save()
    return True


@transaction.atomic
def open_calendar(user: User, *, by: Person, at: datetime) -> CalendarFeed:
    """A private address; one that there was is stopped with it."""
    user = _own(user, by)
    again = _stop(user, at)
    made = CalendarFeed.objects.create(user=user, opened_at=at)
    audit.record("user.calendar_opened", user, by=by, at=at, extra={"instead_of_another": again})
    return made


@transaction.atomic
def stop_calendar(user: User, *, by: Person, at: datetime) -> User:
    """Nobody reads it any more, whoever knows the address."""
    user = _own(user, by)
    if not _stop(user, at):
        refuse(_("Your calendar has no private address."))
    audit.record("user.calendar_stopped", user, by=by, at=at)
    return user
