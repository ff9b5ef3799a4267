"""What waits for an answer: kind by kind, on whose desk, and from when on the clock speaks of it (``procurement.reminding``)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from catalogue.models import OVER, CatalogueRelease, Framework, ReleaseState
from documents.clock import london_day
from procurement import accession_guards, signing, working_days
from procurement.models import (
    IN_APPROVAL,
    Accession,
    AccessionDecision,
    AccessionQuestion,
    AccessionState,
    ApprovalStep,
    CallOff,
    CallOffState,
    Clarification,
    CounterProposal,
    PostCode,
    Query,
    Reminder,
    StepState,
    Suspension,
)
from procurement.working_days import Pause

S, A, Level = CallOffState, AccessionState, Reminder.Level


@dataclass(frozen=True)
class Waiting:
    """A matter on somebody's desk: whose, what they are asked, and from when on they are reminded and others told (None
    while the clock stands; ``escalates_at`` also where nobody else is told)."""

    subject: str
    thing: CallOff | Accession | CatalogueRelease
    organisation_id: int
    post: str
    what: str
    reminds_at: datetime | None
    escalates_at: datetime | None
    url: str = ""  # where it is done, if not on the page of the thing
    number: str = ""  # the contract's, where it is one that waits
    step: ApprovalStep | None = None  # of which not everybody in the chair may decide

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
            *since(step.opened_at, call_off.framework, pauses.get(call_off.framework_id, [])), step=step,
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


def _releases(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Releases to approve, and approved ones without their first day."""
    rows = CatalogueRelease.objects.filter(only, state__in=[ReleaseState.SUBMITTED, ReleaseState.APPROVED])
    for release in rows.exclude(framework__state__in=OVER).select_related("framework").order_by("id"):
        yield Waiting(
            f"release:{release.pk}:{release.state}", release, release.framework.authority_id, PostCode.FRAMEWORK_MANAGER,
            _("to approve or reject") if release.state == ReleaseState.SUBMITTED else _("to choose its first day"),
            *since(release.state_since, release.framework, pauses.get(release.framework_id, [])),
        )  # fmt: skip


Ripe = Callable[[Framework, datetime], Q]


def _came(field: str) -> Ripe:
    """What came long enough ago for its first reminder, had no suspension stood between."""
    return lambda framework, at: Q(**{f"{field}__lt": working_days.begun_before(at, framework.reminder_working_days)})


def _ends(field: str) -> Ripe:
    """What has no more working days left than those at which it is first reminded of."""
    return lambda framework, at: Q(**{f"{field}__lt": working_days.due(at, framework.reminder_working_days + 1)})


def _over(field: str) -> Ripe:
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
    last: str = Level.SENIOR

    @property
    def to_framework(self) -> str:
        return "framework" if self.of_thing == "pk" else f"{self.of_thing}__framework"


KINDS = {
    "step": Kind(_steps, "revision__call_off", _came("opened_at"), "pk"),
    "query": Kind(_queries, "revision__call_off", _came("asked_at"), "pk"),
    "clarification": Kind(_clarifications, "call_off", _came("asked_at"), "pk"),
    "counter": Kind(_counter_proposals, "call_off", _came("proposed_at"), "pk"),
    "answer": Kind(_answers, "pk", _ends("answer_due_at"), "revision_id"),
    "hold": Kind(_holds, "pk", _over("revision__hold_until"), "revision_id", Level.REMINDED),
    "review": Kind(_reviews, "pk", _ends("due_at")),
    "information": Kind(_information, "accession", _came("asked_at"), "pk"),
    "agreement": Kind(_agreements, "pk", _came("state_since")),
    "release": Kind(_releases, "pk", _came("state_since")),
}


def register(kind: str, find: Callable[[Q, Pauses], Iterator[Waiting]], of_thing: str, *, came: str) -> None:
    """What a layer above also reminds of. ``kind`` stands before the colon of its subjects; ``of_thing`` leads from a row
    of ``find`` to the call-off or accession it is about, ``came`` is the field before whose moment nobody waited."""
    KINDS[kind] = Kind(find, of_thing, _came(came))


def _unsaid(name: str, kind: Kind) -> Q:
    if not kind.field:
        return Q()
    subject = Concat(Value(f"{name}:"), Cast(OuterRef(kind.field), CharField()))
    return Q(~Exists(Reminder.objects.filter(subject=subject, level=kind.last)))


def _ripe(kind: Kind, frameworks: list[Framework], at: datetime) -> Q:
    found = Q(pk__in=[])
    for framework in frameworks:
        found |= Q(**{kind.to_framework: framework}) & kind.ripe(framework, at)
    return found


def by_kind(pauses: Pauses, by: datetime | None = None) -> Iterator[list[Waiting]]:
    """All that waits, a kind at a time, except what nothing is left to be said of; with ``by``, of that only what
    something can have to be said of by that moment."""
    frameworks = list(Framework.objects.exclude(state__in=OVER)) if by is not None else []
    for name, kind in KINDS.items():
        yield list(kind.find(_unsaid(name, kind) & (Q() if by is None else _ripe(kind, frameworks, by)), pauses))


def again(waiting: Waiting, pauses: Pauses) -> Waiting | None:
    """The matter as it stands now; None when it waits no more."""
    kind = KINDS[waiting.subject.partition(":")[0]]
    found = kind.find(Q(**{kind.of_thing: waiting.thing.pk}), pauses)
    return next((one for one in found if one.subject == waiting.subject), None)


def pauses_of_all() -> Pauses:
    """When each framework was suspended."""
    found: Pauses = {}
    for row in Suspension.objects.order_by("suspended_at", "id"):
        found.setdefault(row.framework_id, []).append((row.suspended_at, row.ended_at))
    return found
