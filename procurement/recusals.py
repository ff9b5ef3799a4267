"""Why not: who has declared a conflict of interest in an order keeps out of it, and chooses nobody who acts instead.

What they have given since the order was begun, as an administrator or for their own absence, counts for nothing in it: a
post, a deputy's place, a delegation. Since it was begun and not since they declared it, because who knows of a conflict
could choose first and declare then. What was given before stays, or an order of years ago would have nobody left. An
administrator whom they made since then chooses in their stead, and so does whom that one made.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from django.utils.translation import gettext as _

from documents import audit
from documents.clock import london_day
from documents.models import AuditEvent
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from procurement import seats
from procurement.actors import Person
from procurement.models import CallOff, Delegation, PostCode

GAVE_POST = ("organisation.invited", "organisation.appointed")
NAMED, DELEGATED = "organisation.deputy_named", "organisation.delegated"


def why_recused(call_off: CallOff, by: Person) -> Iterator[Reason]:
    declared = next((one for one in call_off.recusals.all() if one.person_id == by.person_id), None)
    if declared is not None:
        yield Reason(
            _("You declared a conflict of interest in this order on %(day)s.") % {"day": as_day(london_day(declared.declared_at))},
            _("Somebody else has to act in your place; your administrator can name a deputy."),
        )


def why_chosen(call_off: CallOff, seat: seats.Seat | None) -> Iterator[Reason]:
    """Who keeps out of an order does not choose who decides, or signs, instead. Who can is for the caller to say."""
    recused = {declared.person_id for declared in call_off.recusals.all()}
    if seat is None or not recused:
        return
    acting, holding = seat.acting, seat.holding
    if acting and (
        acting.named_by in recused or _given(call_off, (NAMED,), acting.deputy.person_id, holding.post.code, acting.starts_on)
    ):
        yield Reason(_("Who made you deputy here has declared a conflict of interest in this order, or was chosen by who has."))
    elif _given(call_off, GAVE_POST, holding.user.person_id, holding.post.code, holding.starts_on):
        words = _("Who gave you this post has declared a conflict of interest in this order, or was chosen by who has.")
        if acting:
            words = _("Who gave %(name)s this post, for whom you act, has declared a conflict of interest in this order, or was chosen by who has.") % {
                "name": holding.user.name
            }
        yield Reason(words)


def delegations(call_off: CallOff, seat: seats.Seat, kind: str, on: date) -> list[Delegation]:
    """The delegations of that kind on the chair that count for the order on the day, largest first."""
    held = seats.delegations(seat, kind, on)
    if not held or not call_off.recusals.all():
        return held
    given = {event.extra["delegation"] for event in _by_recused(call_off, (DELEGATED,))}
    return [one for one in held if str(one.pk) not in given]


def _given(call_off: CallOff, verbs: tuple[str, ...], person_id, post: str, starts_on: date) -> bool:
    """Whether one of the recused gave the person what they have in the post from that day on."""
    return any(
        event.extra["person"] == str(person_id) and event.extra["post"] == post and london_day(event.at) <= starts_on
        for event in _by_recused(call_off, verbs)
    )


def _by_recused(call_off: CallOff, verbs: tuple[str, ...]) -> list[AuditEvent]:
    """What the recused did at the organisations that decide on the order since it was begun: by their own hand, by that of
    a deputy who acted for them, whom a record has by name, or by that of an administrator whom they made. One query."""
    bodies = [audit.subject_of(body) for body in (call_off.department, call_off.framework.authority)]
    since = AuditEvent.objects.filter(
        subject=bodies[0][0], subject_id__in=[identifier for _label, identifier in bodies],
        verb__in=(*GAVE_POST, NAMED, DELEGATED), at__gte=call_off.created_at,
    )  # fmt: skip
    events = list(since.order_by("id"))
    hands = {str(one.person_id): one.name for one in call_off.recusals.all()}
    while True:
        theirs = [one for one in events if str(one.actor_person_id) in hands or one.acting_for in hands.values()]
        made = {one.extra["person"]: one.extra["name"] for one in theirs if _makes_administrator(one, hands.values())}
        if made.keys() <= hands.keys():
            return [one for one in theirs if one.verb in verbs]
        hands |= made


def _makes_administrator(event: AuditEvent, names: Iterable[str]) -> bool:
    """Whether it puts somebody into the chair of an administrator. Who acts there for one of the recused is known by whom
    they act for, and may be an administrator of their own beside."""
    chair = event.verb in (*GAVE_POST, NAMED) and event.extra["post"] == PostCode.ADMINISTRATOR
    return chair and event.extra.get("principal") not in names
