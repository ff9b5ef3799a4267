"""What a matter that waits is, and how the clock finds the ones of a kind (``procurement.waiting`` has the kinds)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from catalogue.models import CatalogueRelease, Framework
from documents.clock import london_day
from procurement import working_days
from procurement.models import Accession, Approval, ApprovalStep, CallOff, Reminder
from procurement.working_days import Pause

Pauses = dict[int, list[Pause]]  # of each framework


@dataclass(frozen=True)
class Waiting:
    """A matter on somebody's desk: whose, what they are asked, from when on they are reminded and others told (None
    while the clock stands; ``escalates_at`` also where nobody else is told), since when they have it and until when they
    are to do it, where a time runs."""

    subject: str
    thing: CallOff | Accession | CatalogueRelease | Framework
    organisation_id: int
    post: str
    what: str
    reminds_at: datetime | None
    escalates_at: datetime | None
    came_at: datetime | None = None
    due_at: datetime | None = None
    lapses: bool = False  # what nobody has answered by then
    url: str = ""  # where it is done, if not on the page of the thing
    number: str = ""  # the contract's, where it is one that waits
    approval: Approval | None = None  # whose recused are not written to, and whose posts have steps of their own
    step: ApprovalStep | None = None  # of which not everybody in the chair may decide
    or_posts: tuple[str, ...] = ()  # whose holders can do it just as well, and are reminded with the post
    out: frozenset[UUID] = frozenset()  # people who may not do it, whatever chair they sit in

    @property
    def framework(self) -> Framework:
        return self.thing if isinstance(self.thing, Framework) else self.thing.framework

    def pauses(self, of_all: Pauses) -> list[Pause]:
        """When its clock stood: with the framework, but for what is about the framework itself."""
        return [] if isinstance(self.thing, Framework) else of_all.get(self.thing.framework_id, [])


class Times(NamedTuple):
    """The moments of a matter (``Waiting``)."""

    reminds_at: datetime | None
    escalates_at: datetime | None
    came_at: datetime
    due_at: datetime | None


def since(at: datetime, framework: Framework, pauses: list[Pause], due_at: datetime | None = None) -> Times:
    """Counted from the moment it came, suspensions left out: for what has no time limit, or a long one."""
    return Times(
        working_days.due_through(at, framework.reminder_working_days, pauses),
        working_days.due_through(at, framework.escalation_working_days, pauses), at, due_at,
    )  # fmt: skip


def before(due_at: datetime, came_at: datetime, framework: Framework) -> Times:
    """For what has a time limit: some working days ahead of its end, and on its last day; never on the day it came."""
    first = working_days.midnight_after(london_day(came_at))
    return Times(
        max(first, working_days.ahead(due_at, framework.reminder_working_days)),
        max(first, working_days.ahead(due_at, 0)), came_at, due_at,
    )  # fmt: skip


def sooner(counted: Times, limited: Times) -> Times:
    """For what is ``since`` and also ends on a day (``before``): whichever comes first. A suspension stops the one, and not the other."""
    return Times(*(min(one or limit, limit) for one, limit in zip(counted, limited, strict=True)))


Ripe = Callable[[Framework, datetime], Q]


def aged(field: str, days: str = "reminder_working_days") -> Ripe:
    """What came long enough ago for its first reminder, after so many of the framework's ``days``, had no suspension
    stood between."""
    return lambda framework, at: Q(**{f"{field}__lt": working_days.begun_before(at, getattr(framework, days))})


def ends(field: str) -> Ripe:
    """What has no more working days left than those at which it is first reminded of."""
    return lambda framework, at: Q(**{f"{field}__lt": working_days.due(at, framework.reminder_working_days + 1)})


def over(field: str) -> Ripe:
    """What ended before that day."""
    return lambda _framework, at: Q(**{f"{field}__lt": london_day(at)})


@dataclass(frozen=True)
class Kind:
    """A kind of matter: how the database finds it, and the path from a row to what it is about. The
    clock looks twice a minute, so it reads no row of which nothing can be said yet (``ripe``) or ever again: the last
    level of ``<kind>:<this field of the row>`` has been said, where a row is one matter all its life."""

    find: Callable[[Q, Pauses], Iterator[Waiting]]
    of_thing: str
    ripe: Ripe
    field: str = ""
    last: str = Reminder.Level.SENIOR

    @property
    def to_framework(self) -> str:
        if self.of_thing == "pk":
            return "framework"
        is_framework = self.of_thing.rpartition("__")[2] in ("framework", "frameworks")
        return self.of_thing if is_framework else f"{self.of_thing}__framework"
