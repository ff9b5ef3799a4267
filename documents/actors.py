"""Who acts. A person, the system (timers, on-commit work) or an operator at the command line."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

KINDS = ("person", "system", "operator")
CHANNELS = ("page", "command", "worker", "clock", "api")


@dataclass(frozen=True)
class Actor:
    """A system's or operator's act never carries a person; a person's act always does (ValueError otherwise)."""

    kind: str
    words: str
    person_id: UUID | None = None
    email: str = ""
    channel: str = "page"
    session: str = ""
    signed_in_at: datetime | None = None

    def __post_init__(self):
        if self.kind not in KINDS or self.channel not in CHANNELS:
            raise ValueError(f"unknown kind {self.kind!r} or channel {self.channel!r}")
        if (self.kind == "person") != (self.person_id is not None):
            raise ValueError("a person's act, and only a person's, carries a person")


@dataclass(frozen=True)
class Principal:
    """For whom a deputy acts. An account, which has the same two, will do wherever one is asked for."""

    name: str
    person_id: UUID


SYSTEM = Actor(kind="system", words="the system", channel="worker")


def operator(command: str) -> Actor:
    """Whoever runs a command on the machine; the command's name is what is known of them."""
    return Actor(kind="operator", words=f"system operator (command {command})", channel="command", session=command)
