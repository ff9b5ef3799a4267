"""Why not: who has declared a conflict of interest in what is approved keeps out of it, and chooses nobody who acts instead.

What they have given since it was begun, as an administrator or for their own absence, counts for nothing in it: a
post, a deputy's place, a delegation. Since it was begun and not since they declared it, because who knows of a conflict
could choose first and declare then. What was given before stays, or an order of years ago would have nobody left. An
administrator whom they made since then chooses in their stead, and so does whom that one made.
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime
from uuid import UUID

from django.db.models import Model
from django.utils.translation import gettext as _

from documents import audit
from documents.clock import london_day
from documents.models import AuditEvent
from documents.once import once
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from procurement import approvals, passings, seats
from procurement.actors import Person
from procurement.models import Approval, ApprovalStep, Delegation, PostCode, Recusal

GAVE_POST = ("organisation.invited", "organisation.appointed")
NAMED, DELEGATED = "organisation.deputy_named", "organisation.delegated"


def _subject(thing: Model) -> tuple[str, str]:
    return (thing.subject, thing.subject_id) if isinstance(thing, Approval) else audit.subject_of(thing)


def of(thing: Model) -> list[Recusal]:
    """Those declared in an approval's subject, or in the thing that is approved itself: read once for each row in memory,
    which every action has afresh."""
    if "_recusals" not in thing.__dict__:
        read([thing])
    return thing.__dict__["_recusals"]


def read(things: Collection[Model]) -> None:
    """As ``of`` of each, in one query."""
    by_subject: dict[tuple[str, str], list[Recusal]] = {_subject(thing): [] for thing in things}
    rows = Recusal.objects.filter(subject_id__in=[identifier for _label, identifier in by_subject]) if by_subject else ()
    for row in rows:
        by_subject.get((row.subject, row.subject_id), []).append(row)
    for thing in things:
        thing.__dict__["_recusals"] = by_subject[_subject(thing)]


def people(thing: Model) -> set[UUID]:
    """Who declared one."""
    return {declared.person_id for declared in of(thing)}


def declare(step: ApprovalStep, *, reason: str, by: Person, at: datetime) -> Recusal:
    """Write it: of the subject of the step's approval. The caller has asked its guard."""
    subject, subject_id = _subject(step.approval)
    step.approval.__dict__.pop("_recusals", None)
    return Recusal.objects.create(
        subject=subject, subject_id=subject_id, step=step, user=by.user, person_id=by.person_id, name=by.words,
        reason=reason, declared_at=at,
    )  # fmt: skip


def why_recused(thing: Model, by: Person) -> Iterator[Reason]:
    """``thing``: an approval, or what is approved, in every state of it."""
    declared = next((one for one in of(thing) if one.person_id == by.person_id), None)
    if declared is not None:
        yield Reason(
            _("You declared a conflict of interest in %(this)s on %(day)s.")
            % {"this": approvals.KINDS[declared.subject].this, "day": as_day(london_day(declared.declared_at))},
            _("Somebody else has to act in your place; your administrator can name a deputy."),
        )


def why_chosen(approval: Approval, seat: seats.Seat | None) -> Iterator[Reason]:
    """Who keeps out of it does not choose who decides, or signs, instead. Who can is for the caller to say."""
    if seat is None or not of(approval):
        return
    this = {"this": approvals.kind_of(approval).this}
    acting, holding, recused = seat.acting, seat.holding, people(approval)
    if acting and (
        acting.named_by in recused or _given(approval, (NAMED,), acting.deputy.person_id, holding.post.code, acting.starts_on)
    ):
        yield Reason(_("Who made you deputy here has declared a conflict of interest in %(this)s, or was chosen by who has.") % this)
    elif _given(approval, GAVE_POST, holding.user.person_id, holding.post.code, holding.starts_on):
        words = _("Who gave you this post has declared a conflict of interest in %(this)s, or was chosen by who has.") % this
        if acting:
            words = _("Who gave %(name)s this post, for whom you act, has declared a conflict of interest in %(this)s, or was chosen by who has.") % (
                this | {"name": holding.user.name}
            )
        yield Reason(words)


def delegations(approval: Approval, seat: seats.Seat, kind: str, on: date) -> list[Delegation]:
    """The delegations of that kind on the chair that count for it on the day, largest first."""
    held = seats.delegations(seat, kind, on)
    if not held or not of(approval):
        return held
    given = {event.extra["delegation"] for event in _by_recused(approval, (DELEGATED,))}
    return [one for one in held if given.isdisjoint({str(one.pk), str(one.carried_from_id)})]


def _given(approval: Approval, verbs: tuple[str, ...], person_id: UUID, post: str, starts_on: date) -> bool:
    """Whether one of the recused gave the person what they have in the post from that day on."""
    return any(
        event.extra["person"] == str(person_id) and event.extra["post"] == post and london_day(event.at) <= starts_on
        for event in _by_recused(approval, verbs)
    )


def _by_recused(approval: Approval, verbs: tuple[str, ...]) -> list[AuditEvent]:
    """What the recused did at the organisations that decide on it since it was begun: by their own hand, by that of a
    deputy who acted for them, or by that of an administrator whom they made. One query."""
    return once(approval, ("given by the recused", verbs), lambda: [one for one in _theirs(approval)[1] if one.verb in verbs])


def hands(approval: Approval) -> dict[str, str]:
    """Person id to name of the recused and of every administrator of their making: in what is approved each chooses nobody."""
    return _theirs(approval)[0]


def _theirs(approval: Approval) -> tuple[dict[str, str], list[AuditEvent]]:
    """The ``hands``, and what they gave: also at a department that it has passed from, for who was chosen there has been
    carried over."""
    bodies = [audit.subject_of(body) for body in (approval.department, approval.framework.authority)]
    before = passings.departments_of(approval.subject, approval.subject_id)
    since = AuditEvent.objects.filter(
        subject=bodies[0][0], subject_id__in=[identifier for _label, identifier in bodies] + [str(pk) for pk in before],
        verb__in=(*GAVE_POST, NAMED, DELEGATED), at__gte=approval.begun_at,
    )  # fmt: skip
    events = list(since.order_by("id"))
    found = {str(one.person_id): one.name for one in of(approval)}
    while True:
        theirs = [one for one in events if str(one.actor_person_id) in found or _for_one_of(one, found)]
        made = {one.extra["person"]: one.extra["name"] for one in theirs if _makes_administrator(one, found)}
        if made.keys() <= found.keys():
            return found, theirs
        found |= made


def _for_one_of(event: AuditEvent, hands: dict[str, str]) -> bool:
    """Whether a deputy did it for one of them (person id to name). A record from before for whom was kept by their id says
    it by name alone."""
    if event.acting_for_id is not None:
        return str(event.acting_for_id) in hands
    return event.acting_for in hands.values()


def _makes_administrator(event: AuditEvent, hands: dict[str, str]) -> bool:
    """Whether it puts somebody into the chair of an administrator. Who acts there for one of the recused is known by whom
    they act for, and may be an administrator of their own beside."""
    if event.verb not in (*GAVE_POST, NAMED) or event.extra["post"] != PostCode.ADMINISTRATOR:
        return False
    if "principal_id" in event.extra:
        return event.extra["principal_id"] not in hands
    return event.extra.get("principal") not in hands.values()
