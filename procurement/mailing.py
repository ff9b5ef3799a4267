"""How people are written to: at once where they must act; in their daily digest, or as they prefer, about the rest."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from documents import mail
from documents.clock import london_day
from procurement import access, working_days
from procurement.models import News, User


def must_act(people: Iterable[User], template: str, context: dict[str, Any], key: str) -> None:
    """Write at once, to each person once by key: they are to do something."""
    for person in _each_once(people):
        mail.enqueue(person.email, template, context | {"name": person.name}, f"{key}:{person.person_id}")


def inform(people: Iterable[User], template: str, context: dict[str, Any], key: str, *, at: datetime) -> None:
    """Write what has happened and asks nothing, as each person prefers: within the digest of the next working
    morning, at once, or not at all."""
    for person in _each_once(people):
        if person.news != News.NONE:
            held = working_days.next_morning(at) if person.news == News.DAILY else None
            mail.enqueue(
                person.email, template, context | {"name": person.name}, f"{key}:{person.person_id}", held_until=held
            )


def is_here(address: str, at: datetime) -> bool:
    """Whether somebody with the address is of an organisation or a framework here that day."""
    user = User.objects.filter(email__iexact=address).first()
    if user is None:
        return False
    seen = access.sight(user, london_day(at))
    return bool(seen.organisations or seen.frameworks)


def _each_once(people: Iterable[User]) -> Iterable[User]:
    return {person.pk: person for person in people}.values()
