"""The person who acts: an ``Actor`` with the account behind it."""

from dataclasses import dataclass, field
from datetime import datetime

from documents.actors import Actor
from procurement.models import User


@dataclass(frozen=True)
class Person(Actor):
    """A signed-in person. Every action takes one as ``by``; superusers get nothing extra."""

    user: User = field(default=None, compare=False)  # type: ignore[assignment]

    @classmethod
    def of(
        cls, user: User, *, channel: str = "page", session: str = "", signed_in_at: datetime | None = None
    ) -> "Person":
        return cls(
            kind="person", words=user.name, person_id=user.person_id, email=user.email, channel=channel,
            session=session, signed_in_at=signed_in_at, user=user,
        )  # fmt: skip
