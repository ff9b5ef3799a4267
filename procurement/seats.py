"""Who sits in which chair on a day: who holds a post, for themselves or as a deputy, and what is delegated to the post.

A post is dated, and opens nothing to whom is not one of the organisation's people (``procurement.granting``).
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from catalogue.models import Organisation
from documents.actors import Actor
from documents.once import once
from documents.prepared import Prepared
from documents.refusal import refuse
from procurement.actors import Person
from procurement.models import (
    ACT_FOR_ORGANISATION,
    SERVE_FRAMEWORK,
    ActingFor,
    Approval,
    CallOff,
    Delegation,
    FrameworkGrant,
    OrganisationGrant,
    PostCode,
    PostHolding,
    Side,
    User,
    in_date,
    in_force,
)


def _is_one_of(user, organisation, on: date) -> Q:
    """Whether the person is one of the organisation's people that day: by a grant on it, or on a framework that it is
    the authority of. A post without that opens nothing. Both may be ``OuterRef`` or a row or id."""
    own = OrganisationGrant.objects.filter(
        in_force(on), user=user, permission__codename=ACT_FOR_ORGANISATION, content_object=organisation
    )
    serves = FrameworkGrant.objects.filter(
        in_force(on), user=user, permission__codename=SERVE_FRAMEWORK, content_object__authority=organisation
    )
    return Q(Exists(own)) | Q(Exists(serves))


def acting_now(deputy, on: date) -> Q:
    """Of ``ActingFor``: what the deputy acts under that day, in date on both sides, for an active principal."""
    return in_date(on) & in_force(on, "holding__") & Q(deputy=deputy, holding__user__is_active=True)


def holders(organisation_id: int, code: str, on: date) -> list[User]:
    """Active people of the organisation who sit in the chair on the day, by name: who hold the post, and their
    deputies; ``holds`` tells which."""
    return [user for user, _seats in taken(organisation_id, code, on)]


def taken(organisation_id: int, code: str, on: date) -> list[tuple[User, list["Seat"]]]:
    """The ``holders`` of a chair, each with the seats they can act from: their own before a principal's. Two queries."""
    found: dict[int, list[Seat]] = defaultdict(list)
    for acting_id, holding_id, user_id in sorted(_TAKEN(organisation_id, str(code), on)):
        found[user_id].append(Seat(holding_id, acting_id or None, on))
    people = User.objects.filter(pk__in=found).order_by("name") if found else ()
    for user in people:
        user.holds = found[user.pk][0].acting_id is None
    return [(user, found[user.pk]) for user in people]


def _taken(organisation_id: int, code: str, on: date) -> QuerySet:
    """(id of the ``ActingFor`` or 0, id of the holding, who sits there)."""
    chair = {"post__organisation_id": organisation_id, "post__code": code}
    own = PostHolding.objects.filter(
        in_force(on), _is_one_of(OuterRef("user_id"), organisation_id, on), user__is_active=True, **chair
    )
    acting = ActingFor.objects.filter(
        acting_now(F("deputy"), on), _is_one_of(OuterRef("deputy_id"), organisation_id, on), deputy__is_active=True,
        **{f"holding__{field}": value for field, value in chair.items()},
    )
    return own.order_by().values_list(Value(0), "id", "user_id").union(
        acting.order_by().values_list("id", "holding_id", "deputy_id"), all=True
    )  # fmt: skip


_TAKEN = Prepared(_taken)


def named(user: User) -> str:
    """One of the ``holders`` of a chair in words: a deputy as such."""
    return _named(user, holds=user.holds)


def _named(user: User, *, holds: bool) -> str:
    return user.name if holds else _("%(name)s (deputy)") % {"name": user.name}


def sitting(organisation_id: int, code: str, on: date) -> set[UUID]:
    """The person ids of who holds the post on the day and of their deputies, members still or not."""
    own = PostHolding.objects.filter(in_force(on), post__organisation_id=organisation_id, post__code=code)
    deputies = ActingFor.objects.filter(
        in_date(on), in_force(on, "holding__"), holding__post__organisation_id=organisation_id, holding__post__code=code
    )
    return set(own.values_list("user__person_id", flat=True).union(deputies.values_list("deputy__person_id", flat=True)))


def sitters(chairs: Collection[tuple[int, str]], on: date) -> dict[tuple[int, str], tuple[str, ...]]:
    """Of many chairs, (organisation id, post), at once: who sits in each, ``named`` (three queries)."""
    wanted, deputised = Q(), Q()
    for organisation_id, code in chairs:
        wanted |= Q(post__organisation_id=organisation_id, post__code=code)
        deputised |= Q(holding__post__organisation_id=organisation_id, holding__post__code=code)
    if not wanted:
        return {}
    own = PostHolding.objects.filter(
        in_force(on), wanted, _is_one_of(OuterRef("user_id"), OuterRef("post__organisation_id"), on)
    ).values_list("post__organisation_id", "post__code", "user_id")
    acting = ActingFor.objects.filter(
        in_date(on), in_force(on, "holding__"), deputised,
        _is_one_of(OuterRef("deputy_id"), OuterRef("holding__post__organisation_id"), on), holding__user__is_active=True,
    ).values_list("holding__post__organisation_id", "holding__post__code", "deputy_id")  # fmt: skip
    holding, sitting = set(own), set(own) | set(acting)
    people = User.objects.filter(pk__in={user for *_chair, user in sitting}, is_active=True).order_by("name")
    return {
        chair: tuple(
            _named(person, holds=(*chair, person.pk) in holding)
            for person in people if (*chair, person.pk) in sitting
        )
        for chair in chairs
    }  # fmt: skip


def who_holds(organisation_id: int, code: str, on: date) -> str:
    """In words: "DIUS requester and DIUS second requester can."""
    names = [user.name for user in holders(organisation_id, code, on)]
    post = PostCode(code).label
    if not names and not holders(organisation_id, PostCode.ADMINISTRATOR, on):
        return _("Nobody holds the post of %(post)s on this day.") % {"post": post}
    if not names:
        return _("Nobody holds the post of %(post)s on this day; the administrator can appoint somebody.") % {
            "post": post
        }
    return _("%(names)s can.") % {"names": ", ".join(names)}


@dataclass(frozen=True)
class Seat:
    """The chair a person acts from on a day: their own holding, or a principal's while acting for them. The rows are
    read when they are asked for."""

    holding_id: int
    acting_id: int | None = None
    on: date | None = None

    @cached_property
    def holding(self) -> PostHolding:
        if self.acting is not None:
            return self.acting.holding
        return PostHolding.objects.select_related("post__organisation").get(pk=self.holding_id)

    @cached_property
    def acting(self) -> ActingFor | None:
        if self.acting_id is None:
            return None
        return ActingFor.objects.select_related("holding__post__organisation", "holding__user").get(pk=self.acting_id)

    @property
    def principal(self) -> User | None:
        return self.acting.principal if self.acting else None


def find_seat(by: Person, organisation_id: int, code: str, on: date) -> Seat | None:
    """The first of ``seats_of``: where any of them will do; None where the person sits in none. A step of an order and
    a signature have a notion of their own of which (``approval_guards.seat_for``, ``signing.Signing.seat``)."""
    return next(iter(seats_of(by, organisation_id, code, on)), None)


def seats_of(by: Person, organisation_id: int, code: str, on: date) -> list[Seat]:
    """Every seat in the chair that the person can act from on the day: their own holding, then those of the holders whom
    they act for. Inside an action (a transaction) they are read afresh; a page, which locks nothing, asks the same only
    once."""
    return once(by.user, ("seats", organisation_id, code, on), lambda: _seats_of(by, organisation_id, code, on))


def _seats_of(by: Person, organisation_id: int, code: str, on: date) -> list[Seat]:
    found = sorted(_SEATS(by.user.pk, organisation_id, str(code), on))
    return [Seat(holding_id, acting_id or None, on) for _as_deputy, acting_id, holding_id in found]


def choose(sits: Sequence[Seat], against: Callable[[Seat], Any]) -> Seat | None:
    """The seat that least stands against, in the order of ``sits``; None where there is none. ``against`` gives what can
    be compared, nothing first, and is not asked where there is no choice."""
    return min(sits, key=against) if len(sits) > 1 else next(iter(sits), None)


def _seats(user_id: int, organisation_id: int, code: str, on: date) -> QuerySet:
    """(whether as a deputy, id of the ``ActingFor`` or 0, id of the holding)."""
    member = _is_one_of(user_id, organisation_id, on)
    own = PostHolding.objects.filter(
        in_force(on), member, user_id=user_id, post__organisation_id=organisation_id, post__code=code
    )
    acting = ActingFor.objects.filter(
        acting_now(user_id, on), member, holding__post__organisation_id=organisation_id, holding__post__code=code
    )
    return own.order_by().values_list(Value(0), Value(0), "id").union(
        acting.order_by().values_list(Value(1), "id", "holding_id"), all=True
    )  # fmt: skip


_SEATS = Prepared(_seats)


def _seat_in(by: Person, organisation_id: int, codes: Sequence[str], on: date) -> Seat | None:
    """The first seat in any of these chairs, their own before a principal's."""
    found = [seat for code in codes if (seat := find_seat(by, organisation_id, code, on)) is not None]
    return min(found, key=lambda seat: seat.acting_id is not None, default=None)


def principal(by: Person, organisation_id: int, *codes: str, on: date) -> User | None:
    """Whom the person acts for in these chairs; None where one of them is their own, or they sit in none."""
    seat = _seat_in(by, organisation_id, codes, on)
    return seat.principal if seat else None


def acting_for(by: Actor, organisation_id: int, *codes: str, on: date) -> User | None:
    """Their ``principal``, as every record of the act says it, the chair held until the commit (``hold``): for the end of an
    action, whose guard has found that they sit there. The system and operators act for nobody and sit nowhere."""
    return hold(_seat_in(by, organisation_id, codes, on)).principal if isinstance(by, Person) else None


def hold(seat: Seat | None) -> Seat:
    """The same seat, its chair kept until the end of the transaction: who is stopped at this moment acts before it or not at
    all. None: they were stopped since the guard was asked. A deputy, who may hold nothing that is stopped, is kept by their
    own row, and asked again whether they belong."""
    if seat is None:
        refuse(_("You were stopped at this moment: you do not hold the post that this takes any more."))
    if seat.acting is not None:
        deputy = User.objects.select_for_update(of=("self",), no_key=True).filter(pk=seat.acting.deputy_id)
        body = seat.holding.post.organisation
        if not people_of(body, seat.on).filter(pk__in=[user.pk for user in deputy]).exists():
            refuse(_("You are no longer one of the people of %(organisation)s.") % {"organisation": body.name})
    if PostHolding.objects.select_for_update(of=("self",), no_key=True).filter(pk=seat.holding_id, stopped_at=None).first() is None:
        refuse(_("This post was ended with immediate effect."))
    return seat


def delegations(seat: Seat, kind: str, on: date) -> list[Delegation]:
    """The delegations of that kind on the chair, in date, largest first."""
    rows = Delegation.objects.filter(in_date(on), holding_id=seat.holding_id, kind=kind).select_related("framework")
    return sorted(rows, key=lambda d: (d.unlimited, d.limit_gbp or 0), reverse=True)


def organisation_of_side(thing: CallOff | Approval, side: str) -> Organisation:
    return thing.department if side == Side.DEPARTMENT else thing.framework.authority


def people_of(organisation: Organisation, on: date) -> QuerySet[User]:
    """The organisation's active people on the day."""
    return User.objects.filter(_is_one_of(OuterRef("pk"), organisation.pk, on), is_active=True).order_by("name")
