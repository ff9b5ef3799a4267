"""What waits for an answer: kind by kind, on whose desk, and from when on the clock speaks of it (``procurement.reminding``)."""

from collections.abc import Callable, Iterator
from datetime import datetime

from django.db.models import CharField, Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Concat, Greatest
from django.utils.translation import gettext as _

from catalogue.models import OVER, CatalogueRelease, Framework, FrameworkState, ReleaseState
from procurement import approvals, clocks, queries, waiting_to_join, working_days
from procurement.matters import Kind, Pauses, Ripe, Waiting, aged, before, ends, over, since
from procurement.models import (
    IN_APPROVAL,
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
    Termination,
)

S, Level = CallOffState, Reminder.Level


def _steps(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """While a question that was asked on it is open, it is the requester who has not answered; then it waits anew."""
    asked = Query.objects.filter(step=OuterRef("pk")).order_by("-answered_at")
    answered = asked.filter(answered_at__isnull=False).values("answered_at")[:1]
    rows = ApprovalStep.objects.filter(only, state=StepState.OPEN).exclude(approval__framework__state__in=OVER)
    rows = rows.exclude(Exists(asked.filter(answered_at__isnull=True))).annotate(came_at=Greatest("opened_at", Subquery(answered)))
    steps = list(rows.select_related("approval__framework").order_by("id"))
    of = approvals.about([step.approval for step in steps])
    for step in steps:
        approval, about = step.approval, of[step.approval_id]
        yield Waiting(
            f"step:{step.pk}", about.call_off, step.organisation_id, step.post,
            _("to commit") if step.act == "commit" else _("to endorse"),
            *since(step.came_at, approval.framework, pauses.get(approval.framework_id, [])),
            url=about.url, number=about.number, approval=approval, step=step,
        )  # fmt: skip


def _queries(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    rows = queries.being_decided(Query.objects.filter(only, answered_at__isnull=True)).exclude(
        approval__framework__state__in=OVER
    )
    asked = list(rows.select_related("approval__framework").order_by("id"))
    of = approvals.about([query.approval for query in asked])
    for query in asked:
        approval, about = query.approval, of[query.approval_id]
        yield Waiting(
            f"query:{query.pk}", about.call_off, approval.department_id, PostCode.REQUESTER,
            _("to answer %(name)s") % {"name": query.asked_by_name},
            *since(query.asked_at, approval.framework, pauses.get(approval.framework_id, [])),
            url=about.url, number=about.number, approval=approval,
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
    rows = CallOff.objects.filter(only, state=S.WITH_SUPPLIER, answer_due_at__isnull=False).annotate(desk_since=clocks.DESK_SINCE)
    for call_off in rows.exclude(framework__state__in=OVER).select_related("framework").order_by("id"):
        yield Waiting(
            f"answer:{call_off.revision_id}", call_off, call_off.supplier_id, PostCode.ORDER_DESK,
            _("to accept or decline"), *before(call_off.answer_due_at, call_off.desk_since, call_off.framework), lapses=True,
        )  # fmt: skip


def _counter_proposals(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    rows = CounterProposal.objects.filter(only, answered_at__isnull=True, call_off__state=S.COUNTER_PROPOSED)
    for made in rows.exclude(call_off__framework__state__in=OVER).select_related("call_off__framework").order_by("id"):
        call_off = made.call_off
        yield Waiting(
            f"counter:{made.pk}", call_off, call_off.department_id, PostCode.REQUESTER, _("to answer the counter-proposal"),
            *since(made.proposed_at, call_off.framework, pauses.get(call_off.framework_id, []), clocks.until(call_off)),
            lapses=True,
        )  # fmt: skip


def _holds(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Prices whose hold has ended: nothing lapses for it, but nothing can be decided either."""
    rows = CallOff.objects.filter(only, state__in=[*IN_APPROVAL, S.WITH_SUPPLIER], revision__approval__isnull=False)
    for call_off in rows.exclude(framework__state__in=OVER).select_related("framework", "revision__approval").order_by("id"):
        yield Waiting(
            f"hold:{call_off.revision_id}", call_off, call_off.department_id, PostCode.REQUESTER, _("to return to reprice"),
            working_days.midnight_after(call_off.revision.approval.hold_until), None,
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


def _terminations(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Proposals to end a framework that no second person has decided. A suspension stops no clock of theirs: what it is
    about is the framework itself."""
    rows = Termination.objects.filter(only, outcome="").exclude(framework__state__in=OVER)
    for proposed in rows.select_related("framework").order_by("id"):
        framework = proposed.framework
        yield Waiting(
            f"termination:{proposed.pk}", framework, framework.authority_id, PostCode.DEPUTY_DIRECTOR,
            _("to confirm or drop its termination"), *since(proposed.proposed_at, framework, []),
            out=frozenset({proposed.proposed_by, proposed.proposed_for} - {None}),
        )  # fmt: skip


KINDS = {
    "step": Kind(_steps, "approval", aged("opened_at"), "pk"),
    "query": Kind(_queries, "approval", aged("asked_at"), "pk"),
    "clarification": Kind(_clarifications, "call_off", aged("asked_at"), "pk"),
    "counter": Kind(_counter_proposals, "call_off", aged("proposed_at"), "pk"),
    "answer": Kind(_answers, "pk", ends("answer_due_at"), "revision_id"),
    "hold": Kind(_holds, "pk", over("revision__approval__hold_until"), "revision_id", Level.REMINDED),
    **waiting_to_join.KINDS,
    "release": Kind(_releases, "pk", aged("state_since")),
    "termination": Kind(_terminations, "framework", aged("proposed_at"), "pk"),
}


def register(
    kind: str, find: Callable[[Q, Pauses], Iterator[Waiting]], of_thing: str, *, came: str = "", ripe: Ripe | None = None
) -> None:
    """What a layer above also reminds of. ``kind`` stands before the colon of its subjects; ``of_thing`` leads from a row
    of ``find`` to what it is about. ``came`` is the field before whose moment nobody waited; what is to be done by a day
    says instead what is ``ripe``."""
    KINDS[kind] = Kind(find, of_thing, ripe or aged(came))


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
    something can have to be said of by that moment. What goes on after its framework (a contract) is reminded of until that is closed;
    what ends with it a kind leaves out itself."""
    frameworks = list(Framework.objects.exclude(state=FrameworkState.CLOSED)) if by is not None else []
    for name, kind in KINDS.items():
        yield list(kind.find(_unsaid(name, kind) & (Q() if by is None else _ripe(kind, frameworks, by)), pauses))


def again(waiting: Waiting, pauses: Pauses) -> Waiting | None:
    """The matter as it stands now; None when it waits no more."""
    name, _colon, number = waiting.subject.partition(":")
    kind = KINDS[name]
    found = kind.find(Q(**({kind.field: number} if kind.field else {kind.of_thing: waiting.thing.pk})), pauses)
    return next((one for one in found if one.subject == waiting.subject), None)


def pauses_of_all() -> Pauses:
    """When each framework was suspended."""
    found: Pauses = {}
    for row in Suspension.objects.order_by("suspended_at", "id"):
        found.setdefault(row.framework_id, []).append((row.suspended_at, row.ended_at))
    return found
