"""Reads over several tables: what waits for whom, lists, where an order is."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)

from catalogue.models import Framework, FrameworkState, Organisation
from catalogue.text import search_words
from documents.clock import first_moment
from procurement import access, approval_guards, clocks, headroom, recusals, searching, seats
from procurement.actors import Person
from procurement.models import (
    IN_APPROVAL,
    ApprovalStep,
    CallOff,
    CallOffState,
    CapacityAccount,
    CapacityEntry,
    Clarification,
    PostCode,
    Query,
    StepState,
    Termination,
)

S = CallOffState


def open_steps(by: Person, on: date, most: int) -> list[ApprovalStep]:
    """The open steps of the person's chairs, oldest first, that nothing bars them from (``approval_guards.why_barred``): at
    most so many. Read by as many at a time, with what bars, so that a list costs the same however long it is."""
    wanted = Q()
    for organisation_id, post in access.sight_of(by, on).posts:
        wanted |= Q(organisation_id=organisation_id, post=post)
    if not wanted:
        return []
    rows = (
        ApprovalStep.objects.filter(wanted, state=StepState.OPEN)
        .select_related("approval__department", "approval__framework", "organisation")
        .prefetch_related("approval__decisions")
        .order_by("opened_at", "id")
    )  # fmt: skip
    can = _Taker(by, on)
    found: list[ApprovalStep] = []
    first, read = 0, most
    while read == most and len(found) < most:
        some = list(rows[first : first + most])
        recusals.read([step.approval for step in some])
        found += [step for step in some if can.take(step)]
        first, read = first + most, len(some)
    return found[:most]


class _Taker:
    """A person before many steps: each chair and each requesting team is read once."""

    def __init__(self, by: Person, on: date):
        self.by, self.on = by, on
        self.seats: dict[tuple[int, str], list[seats.Seat]] = {}
        self.requesting: dict[int, set[UUID]] = {}

    def take(self, step: ApprovalStep) -> bool:
        chair = step.organisation_id, step.post
        if chair not in self.seats:
            self.seats[chair] = seats.seats_of(self.by, *chair, self.on)
        if approval_guards.is_own_order(step) and chair[0] not in self.requesting:
            self.requesting[chair[0]] = seats.sitting(chair[0], PostCode.REQUESTER, self.on)
        requesting = self.requesting.get(chair[0])
        seat = approval_guards.seat_for(step, self.by, self.on, sits=self.seats[chair], requesting=requesting)
        reasons = approval_guards.why_barred(step, self.by, seat, self.on, requesting=requesting)
        return not any(reasons)


def orders_to_answer(by: Person, on: date) -> QuerySet[CallOff]:
    """The awarded orders whose answer is the person's order desk's to give; ``desk_since``: since when they have each."""
    return (
        CallOff.objects.filter(supplier_id__in=_desks(by, on), state=S.WITH_SUPPLIER)
        .exclude(Exists(Clarification.objects.filter(call_off=OuterRef("pk"), answered_at__isnull=True)))
        .annotate(desk_since=clocks.DESK_SINCE)
        .select_related("department", "framework")
        .order_by(F("answer_due_at").asc(nulls_last=True), "id")
    )


SHOWN = ("department", "framework", "supplier")  # what a list of orders reads beside each


def drafts(by: Person, on: date) -> QuerySet[CallOff]:
    """Drafts and returned call-offs of the departments whose requester the person is."""
    organisations = [org for org, post in access.sight_of(by, on).posts if post == PostCode.REQUESTER]
    return (
        CallOff.objects.filter(department_id__in=organisations, state__in=[S.DRAFT, S.RETURNED])
        .select_related(*SHOWN)
        .order_by("-state_since", "-id")
    )


def being_decided(queries: QuerySet[Query]) -> QuerySet[Query]:
    """Of questions, those on what is still being decided: a step of it is open."""
    steps = ApprovalStep.objects.filter(approval=OuterRef("approval"), state=StepState.OPEN)
    return queries.filter(Exists(steps))


def queries_to_answer(by: Person, on: date) -> QuerySet[Query]:
    organisations = [org for org, post in access.sight_of(by, on).posts if post == PostCode.REQUESTER]
    asked = Query.objects.filter(answered_at__isnull=True, approval__department_id__in=organisations)
    return being_decided(asked).select_related("approval__department").order_by("asked_at", "id")


def clarifications_to_answer(by: Person, on: date) -> QuerySet[Clarification]:
    """The supplier's open questions to the departments whose requester the person is."""
    organisations = [org for org, post in access.sight_of(by, on).posts if post == PostCode.REQUESTER]
    return (
        Clarification.objects.filter(
            answered_at__isnull=True, call_off__department_id__in=organisations, call_off__state=S.WITH_SUPPLIER
        )
        .select_related("call_off__department", "call_off__supplier")
        .order_by("asked_at", "id")
    )


def counters_to_answer(by: Person, on: date) -> QuerySet[CallOff]:
    """Orders of the departments whose requester the person is, to which the supplier has a counter-proposal open."""
    organisations = [org for org, post in access.sight_of(by, on).posts if post == PostCode.REQUESTER]
    return (
        CallOff.objects.filter(department_id__in=organisations, state=S.COUNTER_PROPOSED)
        .select_related(*SHOWN)
        .order_by("answer_due_at", "id")
    )


def waiting_for_others(by: Person, on: date) -> QuerySet[CallOff]:
    """The person's departments' orders that are on somebody else's desk (a supplier's: ``with_the_department``)."""
    organisations = [org for org, post in access.sight_of(by, on).posts if post == PostCode.REQUESTER]
    asked = Clarification.objects.filter(call_off=OuterRef("pk"), answered_at__isnull=True)
    return (
        CallOff.objects.filter(
            department_id__in=organisations, state__in=[*IN_APPROVAL, S.WITH_SUPPLIER, S.CONFIRMED]
        )
        .exclude(Exists(asked), state=S.WITH_SUPPLIER)
        .select_related(*SHOWN)
        .order_by("state_since", "id")
    )


def asked_about(by: Person, on: date) -> QuerySet[CallOff]:
    """Awarded orders of which the person's order desk has asked the department something that it has not answered."""
    asked = Clarification.objects.filter(answered_at__isnull=True).values("call_off")
    rows = CallOff.objects.filter(supplier_id__in=_desks(by, on), state=S.WITH_SUPPLIER, pk__in=asked)
    return rows.select_related(*SHOWN).order_by("state_since", "id")


def with_the_department(by: Person, on: date) -> QuerySet[CallOff]:
    """Orders that the person's order desk has made a counter-proposal to, or accepted, and whose contract is not complete."""
    rows = CallOff.objects.filter(supplier_id__in=_desks(by, on), state__in=[S.COUNTER_PROPOSED, S.CONFIRMED])
    return rows.select_related(*SHOWN).order_by("state_since", "id")


def _desks(by: Person, on: date) -> list[int]:
    return [organisation for organisation, post in access.sight_of(by, on).posts if post == PostCode.ORDER_DESK]


def ended_lately(by: Person, on: date) -> QuerySet[CallOff]:
    """Orders that others, or the clock, ended within four weeks: a requester's department's, and an order desk's that had
    been awarded to its supplier."""
    posts = access.sight_of(by, on).posts
    requests = [organisation for organisation, post in posts if post == PostCode.REQUESTER]
    return CallOff.objects.filter(
        Q(department_id__in=requests, state__in=[S.REJECTED, S.DECLINED, S.LAPSED])
        | Q(supplier_id__in=_desks(by, on), supplier_revision__isnull=False, state__in=[S.WITHDRAWN, S.LAPSED]),
        state_since__gte=first_moment(on - timedelta(days=28)),
    ).select_related(*SHOWN).order_by("-state_since", "-id")  # fmt: skip


def together(*lists: QuerySet[CallOff]) -> list[list[CallOff]]:
    """The rows of lists that have no row in common, each cut and ordered as it is, in one query."""
    first, *others = (rows.annotate(of=Value(place)) for place, rows in enumerate(lists))
    found = list(first.union(*others, all=True))
    return [[order for order in found if order.of == place] for place in range(len(lists))]


@dataclass(frozen=True)
class Bar:
    """The framework's capacity in GBP, VAT excluded; together they make the ceiling (free may be passed by hopes)."""

    ceiling: object
    committed: object
    reserved: object
    in_approval: object
    free: object
    outside: object  # of the committed: by agreements outside the register
    withheld: bool = False  # in approval is the reader's own alone (``headroom.in_approval``)


def capacity_bar(framework: Framework, *, reader: Collection[int] | None = None) -> Bar:
    """Committed, reserved (past the department), in the department's approval, and free; ``reader`` as for
    ``headroom.pending``. One query."""
    waiting = headroom.unreserved(CallOff.objects.filter(framework=OuterRef("framework"))).order_by().values("framework")
    values = {
        name: Subquery(waiting.annotate(**{name: value}).values(name)) for name, value in headroom.pending(reader).items()
    }
    opened = CapacityEntry.objects.filter(account=OuterRef("pk"), kind=CapacityEntry.Kind.OPEN)
    outside = opened.order_by().values("account").annotate(total=Sum("committed_delta_gbp")).values("total")
    account = CapacityAccount.objects.annotate(outside_gbp=Subquery(outside), **values).get(framework=framework)
    pending, withheld = headroom.in_approval({name: getattr(account, name) for name in values})
    return Bar(
        account.ceiling_gbp, account.committed_gbp, account.reserved_gbp, pending, account.headroom_gbp,
        account.outside_gbp or 0, withheld,
    )


def terminations_to_confirm(by: Person, on: date) -> list[Termination]:
    """Proposed by somebody else than the person and whom they act for, who sits in the deputy director's chair."""
    authorities = [body for body, post in access.sight_of(by, on).posts if post == PostCode.DEPUTY_DIRECTOR]
    if not authorities:
        return []
    found = Termination.objects.filter(
        outcome="", framework__authority__in=authorities, framework__state__in=[FrameworkState.LIVE, FrameworkState.SUSPENDED],
        framework__ends_on__gte=on,
    ).select_related("framework__authority").order_by("proposed_at", "id")  # fmt: skip
    return [row for row in found if not {row.proposed_by, row.proposed_for} & _confirming(by, row, on)]


def _confirming(by: Person, proposed: Termination, on: date) -> set[UUID]:
    principal = seats.principal(by, proposed.framework.authority_id, PostCode.DEPUTY_DIRECTOR, on=on)
    return {by.person_id} | ({principal.person_id} if principal else set())


def visible_list(by: Person, on: date, *, text: str = "", state: str = "", department: str = "") -> QuerySet[CallOff]:
    """The person's call-offs by text (number, their contract's, purchase order, department, site, service), state and
    department code.

    ``value_seen`` is the whole-life value (GBP, VAT excluded) of the newest revision that reached the reader.
    """
    seen = access.sight_of(by, on)
    rows = access.visible_call_offs(by, on).select_related("department", "framework", "supplier")
    if state:
        rows = rows.filter(state=state)
    if department:
        rows = rows.filter(department=Subquery(Organisation.objects.filter(code=department).values("pk")))
    value = Case(
        When(department_id__in=seen.buyers, then="whole_life_gbp"),
        When(framework_id__in=seen.frameworks, authority_revision__isnull=False,
             then="authority_revision__whole_life_gbp"),
        default="supplier_revision__whole_life_gbp",
    )  # fmt: skip
    rows = searching.found_by(rows, search_words(text), lambda word: [*_ways(word, seen), *searching.ways_above(word, by, on)])
    return rows.annotate(value_seen=value)


def _ways(word: str, seen: access.Sight) -> list[Q]:
    """Each reader finds an order by what reached them: its department by what stands in it now, the others by the newest
    revision they were sent. The purchase order is in no revision; whoever sees the order sees it."""
    return [
        Q(department_id__in=seen.buyers, search_text__contains=word),
        Q(framework_id__in=seen.frameworks, authority_revision__search_text__contains=word),
        Q(supplier_id__in=seen.sellers, supplier_revision__search_text__contains=word),
        Q(particulars__purchase_order__icontains=word),
    ]


def only_sells(by: Person, on: date) -> bool:
    """Whether the person looks at every order as its supplier: then states and dates inside are not theirs to sort by."""
    seen = access.sight_of(by, on)
    ordered = CallOff.objects.filter(department_id__in=seen.buyers)
    return bool(seen.sellers) and not seen.frameworks and not ordered.exists()


def departments_seen(by: Person, on: date) -> list[tuple[str, str]]:
    """(code, name) of the departments whose call-offs the person may see, by name."""
    ordered = access.visible_call_offs(by, on).filter(department=OuterRef("pk"))
    return list(Organisation.objects.filter(Exists(ordered)).values_list("code", "name").order_by("name"))


def orders_by_state(framework: Framework) -> dict[str, int]:
    """How many orders there are in each state."""
    return dict(CallOff.objects.filter(framework=framework).values_list("state").annotate(n=Count("*")))


MOST_COUNTED = 1_000


def counted_by_state(framework: Framework, buyers: Collection[int] | None = None) -> dict[str, int]:
    """How many orders of these departments are in each state, or where none are named how many have reached the
    authority; one more than ``MOST_COUNTED`` where there are more, so that a page costs the same when they are a hundred
    thousand."""
    which, of = ("authority_revision_id IS NOT NULL", []) if buyers is None else ("department_id = ANY(%s)", [list(buyers)])
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT s.state, (SELECT count(*) FROM (SELECT 1 FROM {CallOff._meta.db_table} WHERE framework_id = %s"  # noqa: S608 - a table name and a condition of ours
            f" AND state = s.state AND {which} LIMIT %s) found) FROM unnest(%s) AS s(state)",
            [framework.pk, *of, MOST_COUNTED + 1, S.values],
        )
        return dict(cursor.fetchall())
