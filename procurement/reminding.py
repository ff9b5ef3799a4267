"""What waits for an answer, and whom the clock tells: the chair itself, then a deputy, then the next post.

No answer is never a yes, and telling somebody gives them no right: who sits in the chair decides (domain.md, "Approval").
Each level is said once (``Reminder``); a scheduler that was away says what is due, one level a day; two at once are one,
because the thing is locked and looked at again.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from catalogue.models import OVER, Framework
from documents import audit
from documents.actors import SYSTEM
from documents.clock import london_day
from procurement import accession_guards, seats, signing, working_days
from procurement import reminder_notifications as notifications
from procurement.locking import lock_accession, lock_call_off
from procurement.models import (
    IN_APPROVAL,
    Accession,
    AccessionDecision,
    AccessionQuestion,
    AccessionState,
    ActingFor,
    ApprovalStep,
    CallOff,
    CallOffState,
    Clarification,
    CounterProposal,
    Post,
    PostCode,
    Query,
    Reminder,
    StepState,
    Suspension,
    User,
    in_date,
    in_force,
)
from procurement.working_days import Pause

S, A, Level = CallOffState, AccessionState, Reminder.Level
LAST_RESORT = (PostCode.ADMINISTRATOR, PostCode.ACCOUNT_MANAGER)  # where a post reports to nobody


@dataclass(frozen=True)
class Waiting:
    """A matter on somebody's desk: whose, what they are asked, and from when on they are reminded and others told (None
    while the clock stands; ``escalates_at`` also where nobody else is told)."""

    subject: str
    thing: CallOff | Accession
    organisation_id: int
    post: str
    what: str
    reminds_at: datetime | None
    escalates_at: datetime | None
    url: str = ""  # where it is done, if not on the page of the thing

    @property
    def framework(self) -> Framework:
        return self.thing.framework


def since(at: datetime, framework: Framework, pauses: list[Pause]) -> tuple[datetime | None, datetime | None]:
    """For what has no time limit: counted from the moment it came, suspensions left out."""
    return (
        working_days.due_through(at, framework.reminder_working_days, pauses),
        working_days.due_through(at, framework.escalation_working_days, pauses),
    )


def _before(due_at: datetime, came_at: datetime, framework: Framework) -> tuple[datetime, datetime]:
    """For what has a time limit: some working days ahead of its end, and on its last day; never on the day it came."""
    first = working_days.midnight_after(london_day(came_at))
    return (
        max(first, working_days.ahead(due_at, framework.reminder_working_days)),
        max(first, working_days.ahead(due_at, 0)),
    )


Pauses = dict[int, list[Pause]]


def _steps(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    rows = ApprovalStep.objects.filter(only, state=StepState.OPEN).exclude(revision__call_off__framework__state__in=OVER)
    for step in rows.select_related("revision__call_off__framework").order_by("id"):
        call_off = step.revision.call_off
        yield Waiting(
            f"step:{step.pk}", call_off, step.organisation_id, step.post,
            _("to commit") if step.act == "commit" else _("to endorse"),
            *since(step.opened_at, call_off.framework, pauses.get(call_off.framework_id, [])),
        )  # fmt: skip


def _queries(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    rows = Query.objects.filter(only, answered_at__isnull=True, revision__call_off__state__in=IN_APPROVAL)
    for query in rows.select_related("revision__call_off__framework").order_by("id"):
        call_off = query.revision.call_off
        if call_off.revision_id == query.revision_id and call_off.framework.state not in OVER:
            yield Waiting(
                f"query:{query.pk}", call_off, call_off.department_id, PostCode.REQUESTER,
                _("to answer %(name)s") % {"name": query.asked_by_name},
                *since(query.asked_at, call_off.framework, pauses.get(call_off.framework_id, [])),
            )  # fmt: skip


def _clarifications(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    rows = Clarification.objects.filter(only, answered_at__isnull=True, call_off__state=S.WITH_SUPPLIER)
    for asked in rows.exclude(call_off__framework__state__in=OVER).select_related("call_off__framework").order_by("id"):
        call_off = asked.call_off
        yield Waiting(
            f"clarification:{asked.pk}", call_off, call_off.department_id, PostCode.REQUESTER, _("to answer the supplier"),
            *since(asked.asked_at, call_off.framework, pauses.get(call_off.framework_id, [])),
        )  # fmt: skip


def _answers(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    rows = CallOff.objects.filter(only, state=S.WITH_SUPPLIER, answer_due_at__isnull=False)
    for call_off in rows.exclude(framework__state__in=OVER).select_related("framework").order_by("id"):
        yield Waiting(
            f"answer:{call_off.revision_id}", call_off, call_off.supplier_id, PostCode.ORDER_DESK,
            _("to accept or decline"), *_before(call_off.answer_due_at, call_off.state_since, call_off.framework),
        )  # fmt: skip


def _counter_proposals(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    rows = CounterProposal.objects.filter(only, answered_at__isnull=True, call_off__state=S.COUNTER_PROPOSED)
    for made in rows.exclude(call_off__framework__state__in=OVER).select_related("call_off__framework").order_by("id"):
        call_off = made.call_off
        yield Waiting(
            f"counter:{made.pk}", call_off, call_off.department_id, PostCode.REQUESTER, _("to answer the counter-proposal"),
            *since(made.proposed_at, call_off.framework, pauses.get(call_off.framework_id, [])),
        )  # fmt: skip


def _holds(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Prices whose hold has ended: nothing lapses for it, but nothing can be decided either."""
    rows = CallOff.objects.filter(only, state__in=[*IN_APPROVAL, S.WITH_SUPPLIER], revision__hold_until__isnull=False)
    for call_off in rows.exclude(framework__state__in=OVER).select_related("framework", "revision").order_by("id"):
        yield Waiting(
            f"hold:{call_off.revision_id}", call_off, call_off.department_id, PostCode.REQUESTER, _("to return to reprice"),
            working_days.midnight_after(call_off.revision.hold_until), None,
        )  # fmt: skip


def _reviews(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    recommended = AccessionDecision.objects.filter(application__accession=OuterRef("pk"), outcome="recommended")
    rows = Accession.objects.filter(only, state__in=[A.APPLIED, A.IN_REVIEW], due_at__isnull=False)
    rows = rows.exclude(framework__state__in=OVER).annotate(recommended=Exists(recommended))
    for accession in rows.select_related("framework").order_by("id"):
        post = PostCode.ACCESSION_APPROVER if accession.recommended else PostCode.ACCESSION_LEAD
        yield Waiting(
            f"review:{accession.pk}:{post}", accession, accession.framework.authority_id, post,
            _("to decide") if accession.recommended else _("to review"),
            *_before(accession.due_at, accession.state_since, accession.framework),
        )  # fmt: skip


def _information(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    rows = AccessionQuestion.objects.filter(
        only, answered_at__isnull=True, accession__state=A.INFORMATION_REQUESTED
    ).exclude(accession__framework__state__in=OVER)
    for asked in rows.select_related("accession__framework").order_by("id"):
        accession = asked.accession
        yield Waiting(
            f"information:{asked.pk}", accession, accession.department_id, PostCode.REQUESTER, _("to answer the authority"),
            *since(asked.asked_at, accession.framework, pauses.get(accession.framework_id, [])),
        )  # fmt: skip


def _agreements(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Access agreements whose next signature is somebody's to give."""
    rows = Accession.objects.filter(only, state=A.AGREEMENT_ISSUED).exclude(framework__state__in=OVER)
    found = list(rows.select_related("framework__authority", "department", "document").order_by("id"))
    turns, acts = signing.turns(row.document for row in found), signing.last_acts(row.document for row in found)
    for accession in found:
        if accession.document_id not in turns:
            continue
        party = turns[accession.document_id]
        box = next(box for box in accession_guards.boxes(accession) if box.party == party)
        yield Waiting(
            f"agreement:{accession.pk}:{party}", accession, box.organisation.pk, box.post, _("to sign the access agreement"),
            *since(acts.get(accession.document_id, accession.state_since), accession.framework,
                   pauses.get(accession.framework_id, [])),
        )  # fmt: skip


KINDS: dict[str, tuple[Callable[[Q, Pauses], Iterator[Waiting]], str]] = {
    "step": (_steps, "revision__call_off"), "query": (_queries, "revision__call_off"),
    "clarification": (_clarifications, "call_off"), "counter": (_counter_proposals, "call_off"), "answer": (_answers, "pk"), "hold": (_holds, "pk"),
    "review": (_reviews, "pk"), "information": (_information, "accession"),
    "agreement": (_agreements, "pk"),
}  # fmt: skip


def register(kind: str, find: Callable[[Q, Pauses], Iterator[Waiting]], of_thing: str) -> None:
    """What a layer above also reminds of. ``kind`` stands before the colon of its subjects; ``of_thing`` leads from a row
    of ``find`` to the call-off or accession it is about."""
    KINDS[kind] = find, of_thing


def _pauses() -> Pauses:
    found: Pauses = {}
    for row in Suspension.objects.order_by("suspended_at", "id"):
        found.setdefault(row.framework_id, []).append((row.suspended_at, row.ended_at))
    return found


Told = dict[str, Reminder]


def _following(waiting: Waiting, told: Told, pauses: Pauses) -> tuple[str, datetime | None] | None:
    """The level to come and from when on; None when all has been said. A deputy has as long as the chair had before the
    next post is told, and no two levels fall on one day."""
    if Level.REMINDED not in told:
        return Level.REMINDED, waiting.reminds_at
    if Level.SENIOR in told or waiting.escalates_at is None:
        return None
    if Level.DEPUTY in told:
        days = waiting.framework.escalation_working_days - waiting.framework.reminder_working_days
        return Level.SENIOR, working_days.due_through(
            told[Level.DEPUTY].at, days, pauses.get(waiting.thing.framework_id, [])
        )
    return Level.DEPUTY, max(waiting.escalates_at, working_days.midnight_after(london_day(told[Level.REMINDED].at)))


def _all(kinds: Iterable[str] = KINDS) -> Iterator[tuple[Waiting, str, datetime]]:
    """Everything that waits with a level to come, and when. One query and two for each kind."""
    pauses = _pauses()
    for kind in kinds:
        find, _thing = KINDS[kind]
        found = list(find(Q(), pauses))
        told: dict[str, Told] = {}
        for row in Reminder.objects.filter(subject__in=[waiting.subject for waiting in found]):
            told.setdefault(row.subject, {})[row.level] = row
        for waiting in found:
            following = _following(waiting, told.get(waiting.subject, {}), pauses)
            if following is not None and following[1] is not None:
                yield waiting, *following


def due(at: datetime) -> list[Waiting]:
    """What somebody has to be told by the moment."""
    return [waiting for waiting, _level, moment in _all() if moment <= at]


def next_moments() -> list[datetime]:
    return [moment for _waiting, _level, moment in _all()]


@transaction.atomic
def remind(waiting: Waiting, *, at: datetime) -> Reminder | None:
    """Say the level that is due. Looked at again under the lock: what was answered, or said by another scheduler, is
    left alone (None)."""
    lock = lock_call_off if isinstance(waiting.thing, CallOff) else lock_accession
    thing = lock(waiting.thing)
    find, of_thing = KINDS[waiting.subject.partition(":")[0]]
    pauses = _pauses()
    now = next((w for w in find(Q(**{of_thing: thing.pk}), pauses) if w.subject == waiting.subject), None)
    if now is None:
        return None
    told = {row.level: row for row in Reminder.objects.filter(subject=now.subject)}
    following = _following(now, told, pauses)
    if following is None or following[1] is None or following[1] > at:
        return None
    level, people, words = _whom(now, following[0], at)
    names = ", ".join(person.name for person in people)
    made = Reminder.objects.create(
        call_off=thing if isinstance(thing, CallOff) else None,
        accession=thing if isinstance(thing, Accession) else None,
        subject=now.subject, level=level, told=names[:2000], at=at,
    )  # fmt: skip
    kind = "call_off" if isinstance(thing, CallOff) else "accession"
    verb = "reminded" if level == Level.REMINDED else "escalated"
    audit.record(
        f"{kind}.{verb}", thing, by=SYSTEM, at=at, extra={"subject": now.subject, "level": str(level)},
        reason=_("%(post)s, %(what)s. Told: %(names)s")
        % {"post": PostCode(now.post).label, "what": now.what, "names": f"{names} ({words})" if names else _("nobody, because nobody is there to be told")},
    )  # fmt: skip
    notifications.tell(made, thing, people, post=PostCode(now.post).label, what=now.what, words=words, url=now.url)
    return made


def _whom(waiting: Waiting, level: str, at: datetime) -> tuple[str, list[User], str]:
    """Who is told at the level, and as what. Where no deputy is named, the level after it is said at once."""
    on = london_day(at)
    out = set()
    if isinstance(waiting.thing, CallOff):
        out = set(waiting.thing.recusals.values_list("person_id", flat=True))
    in_chair = [p for p in seats.holders(waiting.organisation_id, waiting.post, on) if p.person_id not in out]
    if level == Level.REMINDED:
        return level, in_chair, _("in the post")
    if level == Level.DEPUTY:
        named = set(
            ActingFor.objects.filter(
                in_date(on), in_force(on, "holding__"), holding__post__organisation_id=waiting.organisation_id,
                holding__post__code=waiting.post,
            ).values_list("deputy_id", flat=True)
        )  # fmt: skip
        deputies = [person for person in in_chair if person.pk in named]
        if deputies:
            return level, deputies, _("deputy")
    return Level.SENIOR, *_seniors(waiting, on)


def _seniors(waiting: Waiting, on) -> tuple[list[User], str]:
    """The post this one reports to, unless it has a step of its own on the revision; else who can appoint a deputy."""
    post = Post.objects.filter(organisation_id=waiting.organisation_id, code=waiting.post).select_related("reports_to").first()
    above = post.reports_to if post else None
    if above is not None and not (isinstance(waiting.thing, CallOff) and _has_own_step(waiting.thing, above)):
        found = list(seats.holders(above.organisation_id, above.code, on))
        if found:
            return found, str(above.get_code_display())
    for code in LAST_RESORT:
        found = list(seats.holders(waiting.organisation_id, code, on))
        if found:
            return found, str(code.label)
    return [], ""


def _has_own_step(call_off: CallOff, post: Post) -> bool:
    steps = ApprovalStep.objects.filter(revision_id=call_off.revision_id, post=post.code)
    return steps.filter(organisation_id=post.organisation_id).exists()


