"""Why not: generators of reasons in words. The page's shut button and the action read the same ones."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from documents.actors import Actor
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import gbp
from procurement import access, clocks, completeness, headroom, quoting, recusals, routes, seats, splitting, tolerance
from procurement.actors import Person
from procurement.models import (
    IN_APPROVAL,
    OPEN,
    Act,
    CallOff,
    CallOffRevision,
    CallOffState,
    Clarification,
    PostCode,
    Query,
    User,
)
from procurement.standing import (
    framework_is_over,
    why_framework_not_open,
    why_framework_over,
    why_no_member,
    why_several_suppliers,
)

S = CallOffState


def why_not_in_state(call_off: CallOff, *wanted: str, viewpoint: str = "department") -> Iterator[Reason]:
    """``viewpoint``: of whom it is asked, who reads the state as their pages say it."""
    if call_off.state not in wanted:
        yield Reason(_("This call-off is %(state)s.") % {"state": call_off.state_words(viewpoint)})


def why_not_requester(call_off: CallOff, by: Person, on: date) -> Iterator[Reason]:
    """A requester of the department acts for it; not who has declared a conflict of interest in the order, whatever desk
    it is on."""
    if seats.find_seat(by, call_off.department_id, PostCode.REQUESTER, on) is None:
        yield access.requester_needed(call_off, on)
    elif call_off.reference is not None:  # nobody can have declared one in what was never submitted
        yield from recusals.why_recused(call_off, by)


def for_requester(call_off: CallOff, by: Actor, at: datetime) -> User | None:
    """The requester whose deputy the person acts as, as the action records it; None in their own chair, and for the
    system. The chair is held (``seats.acting_for``)."""
    return seats.acting_for(by, call_off.department_id, PostCode.REQUESTER, on=london_day(at))


def why_not_term(term) -> Iterator[Reason]:
    """``term`` has the columns of a revision's term: whole months, without a gap between the phases."""
    for words, day in (("shared", term.shared_starts_on), ("interim", term.interim_starts_on)):
        if day is not None and day.day != 1:
            yield Reason(_("The %(phase)s service must start on the first of a month.") % {"phase": words})
    if (term.interim_starts_on is None) != (term.interim_months is None):
        yield Reason(_("Give both the start and the months of the interim service, or neither."))
    elif term.interim_starts_on is not None:
        index = term.interim_starts_on.year * 12 + term.interim_starts_on.month - 1 + term.interim_months
        if (index // 12, index % 12 + 1) != (term.shared_starts_on.year, term.shared_starts_on.month):
            yield Reason(_("The shared service must start the day after the interim service ends, without a gap."))


def why_not_edit(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(call_off, S.DRAFT, S.RETURNED)
    yield from why_framework_over(call_off.framework, london_day(at))
    yield from why_not_requester(call_off, by, london_day(at))


def why_not_start(framework, department, *, by: Person, at: datetime) -> Iterator[Reason]:
    on = london_day(at)
    yield from why_framework_over(framework, on)  # a draft is no submission: it may be begun under a suspended one
    yield from why_several_suppliers(framework)
    yield from why_no_member(framework, department)
    if seats.find_seat(by, department.pk, PostCode.REQUESTER, on) is None:
        yield Reason(
            _("Only a requester of %(department)s can start a call-off.") % {"department": department.name},
            seats.who_holds(department.pk, PostCode.REQUESTER, on),
        )


def why_not_submit(
    call_off: CallOff, *, quote: quoting.Quote | None = None, counted: splitting.Together | None = None, by: Person,
    at: datetime,
) -> Iterator[Reason]:  # fmt: skip
    """State and post first, then the framework, then every gap of the order, then approvers and capacity. ``quote`` and
    ``counted`` are of this moment, where the caller has them."""
    on = london_day(at)
    blocked = [*why_not_edit(call_off, by=by, at=at)]
    yield from blocked
    if blocked:
        return
    yield from why_not_put(call_off, call_off.revision, quote or quoting.quote(call_off.revision, on), on, counted)


def why_not_put(
    call_off: CallOff, revision: CallOffRevision, quote: quoting.Quote, on: date,
    counted: splitting.Together | None = None,
) -> Iterator[Reason]:  # fmt: skip
    """What keeps a revision, a draft or a counter-proposal accepted, from its approvers, whoever asks."""
    yield from why_framework_not_open(call_off.framework, on)
    yield from why_no_member(call_off.framework, call_off.department)
    missing = list(completeness.gaps(revision, quote, on))
    yield from (Reason(gap.words) for gap in missing)
    if not missing:
        yield from why_not_routed(call_off, (counted or counted_together(revision, quote, on)).total_gbp, on)
        percent = call_off.framework.quantity_tolerance_percent
        yield from why_no_room(call_off, quote.totals.whole_life, tolerance.edge_of_quote(percent, quote))


def counted_together(revision: CallOffRevision, quote: quoting.Quote, on: date) -> splitting.Together:
    """What the order as quoted would be counted together with for its route."""
    return splitting.together(revision, {p.service.code for p in quote.lines}, quote.totals.whole_life, on)


def why_no_room(call_off: CallOff, value: Decimal, edge: Decimal = headroom.ZERO) -> Iterator[Reason]:
    """What a reservation would say now; the counter itself decides (``procurement.capacity``). ``edge``: what is reserved
    beside the value for the quantities that may move without a variation."""
    forecast = headroom.capacity_forecast(call_off, value + edge)
    if not forecast.fits and edge:
        yield Reason(
            _("The order of %(value)s, with %(edge)s for the upper edge of its quantities, passes the framework's ceiling of %(ceiling)s by %(over)s.")
            % {"value": gbp(value), "edge": gbp(edge), "ceiling": gbp(forecast.ceiling), "over": gbp(value + edge - forecast.free_now)},
            _("Order less, or ask the framework manager about the ceiling."),
        )
    elif not forecast.fits:
        yield Reason(
            _("The order of %(value)s passes the framework's ceiling of %(ceiling)s by %(over)s.")
            % {
                "value": gbp(forecast.this_order), "ceiling": gbp(forecast.ceiling),
                "over": gbp(forecast.this_order - forecast.free_now),
            },
            _("Order less, or ask the framework manager about the ceiling."),
        )  # fmt: skip


def why_not_routed(call_off: CallOff, value: Decimal, on: date) -> Iterator[Reason]:
    """Every step needs somebody in its post."""
    matrix = routes.matrix_in_force(call_off.framework, on)
    if matrix is None:
        yield Reason(_("The framework has no approval matrix."), _("The framework manager can publish one."))
        return
    for step, organisation, people in routes.seated(call_off, matrix, value, on):
        post = PostCode(step.post).label
        if not people:
            yield Reason(
                _("Nobody holds the post of %(post)s at %(organisation)s, which has to %(act)s this order.")
                % {"post": post, "organisation": organisation.name, "act": Act(step.act).label},
                _("The administrator of %(organisation)s can appoint somebody.") % {"organisation": organisation.name},
            )


def why_not_recall(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    returned = _("An approver whose turn it is can return it for amendment.")
    for reason in why_not_in_state(call_off, S.DEPARTMENT_APPROVAL):
        yield replace(reason, who_can=returned) if call_off.state == S.AUTHORITY_APPROVAL else reason
    yield from why_not_requester(call_off, by, london_day(at))
    if call_off.state == S.DEPARTMENT_APPROVAL:
        first = call_off.revision.approval.decisions.order_by("decided_at").first()
        if first is not None:
            yield Reason(
                _("%(name)s has already decided on it.") % {"name": first.name}, returned
            )


_DRAFT = "draft"


def why_not_withdraw(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(call_off, *OPEN)
    yield from why_not_requester(call_off, by, london_day(at))


def shown(call_off: CallOff) -> str:
    """What a page on which an order is ended shows of it: the hash of a submitted revision; a draft is whatever stands in it."""
    return call_off.revision.revision_hash or _DRAFT


def why_not_as_shown(call_off: CallOff, shown_hash: str) -> Iterator[Reason]:
    """Who ends an order has read the revision that they end, and not one that a counter-proposal or a colleague has replaced."""
    now = shown(call_off)
    if shown_hash != now:
        words = _("a draft") if shown_hash == _DRAFT else shown_hash[:12]
        yield Reason(
            _("The order is another than on your page (you were shown %(shown)s, and it is %(now)s).")
            % {"shown": words, "now": _("a draft") if now == _DRAFT else now[:12]},
            _("Open it again and decide on what it says now."),
        )


def why_not_copy(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    """In every state: what is ordered again, or for another site, begins where the first one stands. The copy is a draft of
    its own, and what is submitted within days of each other is approved together (``procurement.splitting``)."""
    yield from why_not_start(call_off.framework, call_off.department, by=by, at=at)


def why_not_answer_query(query: Query, call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    if query.answered_at:
        yield Reason(_("%(name)s has already answered.") % {"name": query.answered_by_name})
    yield from why_not_in_state(call_off, *IN_APPROVAL)
    if query.approval_id != call_off.revision.approval_id:
        yield Reason(_("The question is about an earlier revision."))
    yield from why_not_requester(call_off, by, london_day(at))


def why_question_open(call_off: CallOff, on: date) -> Iterator[Reason]:
    if call_off.answer_due_at is None and call_off.clarifications.filter(answered_at__isnull=True).exists():
        yield Reason(
            _("A question of the supplier's has not been answered."),
            seats.who_holds(call_off.department_id, PostCode.REQUESTER, on),
        )


def why_not_answer_clarification(call_off: CallOff, asked: Clarification, *, by: Person, at: datetime) -> Iterator[Reason]:
    if asked.answered_at is not None:
        yield Reason(_("It has been answered by %(name)s.") % {"name": asked.answered_by_name})
    yield from why_not_in_state(call_off, S.WITH_SUPPLIER)
    yield from why_framework_over(call_off.framework, london_day(at))
    yield from why_not_requester(call_off, by, london_day(at))



def why_lapse(call_off: CallOff, *, at: datetime) -> str:
    """What has ended an open call-off by the moment, in words; empty while nothing has."""
    if call_off.state == S.WITH_SUPPLIER and clocks.is_over(call_off, at):
        return _("The supplier did not answer in time.")
    if call_off.state == S.COUNTER_PROPOSED and clocks.is_over(call_off, at):
        return _("The department did not answer the counter-proposal in time.")
    if call_off.state in OPEN and framework_is_over(call_off.framework, london_day(at)):
        return _("The framework has ended.")
    return ""


def why_not_change_particulars(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    if call_off.has_ended_unbound:
        yield from why_not_in_state(call_off, *OPEN)
    yield from why_not_requester(call_off, by, london_day(at))
