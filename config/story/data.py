"""The story's files, and who acts in it."""

import csv
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

from catalogue.models import Organisation
from documents import clock
from procurement import seats
from procurement.actors import Person

DATA = Path(settings.BASE_DIR) / "config" / "data" / "flex"


def rows(name: str) -> list[dict[str, str]]:
    with open(DATA / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def person(organisation: str, post: str) -> Person:
    """The first holder of a post on the business day, acting at the command line with a fresh sign-in."""
    body = Organisation.objects.get(code=organisation)
    user = min(seats.holders(body.pk, post, clock.business_today()), key=lambda holder: holder.pk, default=None)
    if user is None:
        raise CommandError(f"nobody holds the post {post} at {organisation}")
    return Person.of(user, channel="command", session="story", signed_in_at=clock.real_now())
