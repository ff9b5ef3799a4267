"""Why not: generators of reasons in words. The page's shut button and the action read the same ones."""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from catalogue.models import OVER, Framework, FrameworkState, Organisation
from documents import audit
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from documents.templatetags.flex import gbp, last_day
from procurement import absences, access, completeness, quoting, routes, seats, splitting
from procurement.actors import Person
from procurement.models import (
    ENDED,
    IN_APPROVAL,
    OPEN,
    Accession,
    AccessionState,
    Act,
    ApprovalMatrix,
    ApprovalStep,
    CallOff,
    CallOffRevision,
    CallOffState,
    Clarification,
    Delegation,
    DelegationKind,
    ExceptionRequest,
    PostCode,
    Query,
    Recusal,
    Side,
    StepState,
)

S = CallOffState


def _state(call_off: CallOff, *wanted: str) -> Iterator[Reason]:
    if call_off.state not in wanted:
        yield Reason(_("This call-off is %(state)s.") % {"state": call_off.get_state_display()})


def _requester(call_off: CallOff, by: Person, on: date) -> Iterator[Reason]:
    if seats.find_seat(by, call_off.department_id, PostCode.REQUESTER, on) is None:
        yield access.requester_needed(call_off, on)


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
    yield from _state(call_off, S.DRAFT, S.RETURNED)
    yield from why_framework_over(call_off.framework, london_day(at))
    yield from _requester(call_off, by, london_day(at))


def why_not_start(framework, department, *, by: Person, at: datetime) -> Iterator[Reason]:
    on = london_day(at)
    yield from why_framework_over(framework, on)  # a draft is no submission: it may be begun under a suspended one
    yield from why_no_member(framework, department)
    if seats.find_seat(by, department.pk, PostCode.REQUESTER, on) is None:
        yield Reason(
            _("Only a requester of %(department)s can start a call-off.") % {"department": department.name},
            seats.who_holds(department.pk, PostCode.REQUESTER, on),
        )


def why_not_authority(framework: Framework, post: str, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Acts of the purchasing authority on its framework are a post's."""
    authority, on = framework.authority, london_day(at)
    if seats.find_seat(by, authority.pk, post, on) is None:
        yield Reason(
            _("Only the %(post)s of %(authority)s can do this.")
            % {"post": PostCode(post).label, "authority": authority.name},
            seats.who_holds(authority.pk, post, on),
        )


def framework_is_over(framework: Framework, on: date) -> bool:
    """By its state, or by the calendar before the clock has said so."""
    return framework.state in OVER or framework.ends_on < on


def why_framework_over(framework: Framework, on: date) -> Iterator[Reason]:
    """Nothing moves on under a framework that has ended; a suspension stops submissions alone."""
    if framework_is_over(framework, on):
        yield Reason(
            _("The framework %(reference)s has ended: what was not signed by all parties lapses.")
            % {"reference": framework.reference}
        )


def why_framework_not_open(framework: Framework, on: date) -> Iterator[Reason]:
    """For what is new under it: live, and within its term."""
    if framework.state != FrameworkState.LIVE:
        yield Reason(
            _("The framework %(reference)s is %(state)s.")
            % {"reference": framework.reference, "state": framework.get_state_display()},
            _("The framework manager can resume it.") if framework.state == FrameworkState.SUSPENDED else "",
        )
    if not framework.starts_on <= on <= framework.ends_on:
        yield Reason(
            _("The framework %(reference)s runs from %(start)s to %(end)s.")
            % {
                "reference": framework.reference, "start": as_day(framework.starts_on),
                "end": as_day(framework.ends_on),
            }
        )  # fmt: skip


def why_no_member(framework, department) -> Iterator[Reason]:
    active = Accession.objects.filter(framework=framework, department=department, state=AccessionState.ACTIVE)
    if not active.exists():
        yield Reason(
            _("%(department)s is no member of %(framework)s, so nothing new is ordered for it.")
            % {"department": department.name, "framework": framework.title},
            _("The accession lead of the purchasing authority can help it join, the framework manager resume a membership."),
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
        yield from why_not_routed(revision, (counted or counted_together(revision, quote, on)).total_gbp, on)
        yield from why_no_room(revision, quote.totals.whole_life)


def counted_together(revision: CallOffRevision, quote: quoting.Quote, on: date) -> splitting.Together:
    """What the order as quoted would be counted together with for its route."""
    return splitting.together(revision, {p.service.code for p in quote.lines}, quote.totals.whole_life, on)


def why_no_room(revision: CallOffRevision, value: Decimal) -> Iterator[Reason]:
    """What a reservation would say now; the counter itself decides (``procurement.capacity``)."""
    forecast = quoting.capacity_forecast(revision, value)
    if not forecast.fits:
        yield Reason(
            _("The order of %(value)s passes the framework's ceiling of %(ceiling)s by %(over)s.")
            % {
                "value": gbp(forecast.this_order), "ceiling": gbp(forecast.ceiling),
                "over": gbp(forecast.this_order - forecast.free_now),
            },
            _("Order less, or ask the framework manager about the ceiling."),
        )  # fmt: skip


def why_not_routed(revision: CallOffRevision, value: Decimal, on: date) -> Iterator[Reason]:
    """Every step needs somebody in its post."""
    call_off = revision.call_off
    matrix = routes.matrix_in_force(call_off.framework, on)
    if matrix is None:
        yield Reason(_("The framework has no approval matrix."), _("The framework manager can publish one."))
        return
    for step, organisation, people in _seated(call_off, matrix, value, on):
        post = PostCode(step.post).label
        if not people:
            yield Reason(
                _("Nobody holds the post of %(post)s at %(organisation)s, which has to %(act)s this order.")
                % {"post": post, "organisation": organisation.name, "act": Act(step.act).label},
                _("The administrator of %(organisation)s can appoint somebody.") % {"organisation": organisation.name},
            )


def _seated(
    call_off: CallOff, matrix: ApprovalMatrix, value: Decimal, on: date
) -> list[tuple[routes.RouteStep, Organisation, tuple[str, ...]]]:
    """Each step of the route with its organisation and the names of who sits in its chair on the day."""
    steps = [(step, seats.organisation_of_side(call_off, step.side)) for step in routes.build(matrix, value)]
    people = seats.sitters({(body.pk, step.post) for step, body in steps}, on)
    return [(step, body, people[body.pk, step.post]) for step, body in steps]


def why_not_recall(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _state(call_off, S.DEPARTMENT_APPROVAL)
    yield from _requester(call_off, by, london_day(at))
    if call_off.state == S.DEPARTMENT_APPROVAL:
        first = call_off.revision.decisions.order_by("decided_at").first()
        if first is not None:
            yield Reason(
                _("%(name)s has already decided on it.") % {"name": first.name},
                _("An approver whose turn it is can return it for amendment."),
            )


def why_not_withdraw(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _state(call_off, *OPEN)
    yield from _requester(call_off, by, london_day(at))


def why_not_copy(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _state(call_off, *ENDED)
    yield from why_not_start(call_off.framework, call_off.department, by=by, at=at)


def hands_of(call_off: CallOff, revision: CallOffRevision) -> dict:
    """person_id -> what they did on this revision that bars them from deciding on it."""
    barred = {hand.person_id: _("edited this revision") for hand in revision.hands.all()}
    barred[call_off.requester.person_id] = _("requested this order")
    if revision.submitted_by:
        barred[revision.submitted_by] = _("submitted this revision")
    for decision in revision.decisions.all():
        barred[decision.person_id] = _("already decided on this revision")
        if decision.principal_id:
            barred[decision.principal_id] = _("was acted for on this revision")
    return barred


def why_not_segregated(call_off: CallOff, revision: CallOffRevision, by: Person, seat: seats.Seat | None):
    barred = hands_of(call_off, revision)
    if by.person_id in barred:
        yield Reason(_("You %(did)s, so somebody else has to do this.") % {"did": barred[by.person_id]})
    if seat and seat.principal and seat.principal.person_id in barred:
        yield Reason(
            _("%(name)s, for whom you act, %(did)s.")
            % {"name": seat.principal.name, "did": barred[seat.principal.person_id]}
        )


def _step_is_open(call_off: CallOff, step: ApprovalStep) -> Iterator[Reason]:
    wanted = S.DEPARTMENT_APPROVAL if step.side == Side.DEPARTMENT else S.AUTHORITY_APPROVAL
    if step.revision_id != call_off.revision_id or call_off.state != wanted or step.state == StepState.VOID:
        yield Reason(_("This step no longer counts: the call-off is %(state)s.") % {
            "state": call_off.get_state_display()})  # fmt: skip
    elif step.state == StepState.WAITING:
        yield Reason(_("It is not yet the turn of the %(post)s.") % {"post": step.get_post_display()})
    elif step.state == StepState.DECIDED:
        yield Reason(
            _("%(name)s has already %(outcome)s this step.")
            % {"name": step.decision.name, "outcome": step.decision.get_outcome_display()}
        )


def why_not_act_on_step(call_off: CallOff, step: ApprovalStep, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Whose step it is, and segregation; shared by endorse, commit, return and reject."""
    on = london_day(at)
    yield from _step_is_open(call_off, step)
    yield from why_framework_over(call_off.framework, on)
    seat = seats.find_seat(by, step.organisation_id, step.post, on)
    if seat is None:
        yield Reason(
            _("This step is for the %(post)s of %(organisation)s.")
            % {"post": step.get_post_display(), "organisation": step.organisation.name},
            seats.who_holds(step.organisation_id, step.post, on),
        )
    yield from why_not_segregated(call_off, step.revision, by, seat)
    yield from why_recused(call_off, by)
    yield from why_chosen_by_recused(call_off, seat)


def why_chosen_by_recused(call_off: CallOff, seat: seats.Seat | None) -> Iterator[Reason]:
    """Who keeps out of an order does not choose who decides instead."""
    acting = seat.acting if seat else None
    if acting and acting.named_by and Recusal.objects.filter(call_off=call_off, person_id=acting.named_by).exists():
        yield Reason(
            _("Who made you deputy here has declared a conflict of interest in this order."),
            _("The administrator can name a deputy who decides on it."),
        )


def why_recused(call_off: CallOff, by: Person) -> Iterator[Reason]:
    declared = Recusal.objects.filter(call_off=call_off, person_id=by.person_id).first()
    if declared is not None:
        yield Reason(
            _("You declared a conflict of interest in this order on %(day)s.") % {"day": as_day(london_day(declared.declared_at))},
            _("Somebody else has to act in your place; your administrator can name a deputy."),
        )


def why_not_decide(call_off: CallOff, step: ApprovalStep, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Endorse or commit: on top of the turn, the department's membership, the price hold and, where it commits, a
    delegation that covers the value."""
    on = london_day(at)
    yield from why_not_act_on_step(call_off, step, by=by, at=at)
    yield from why_no_member(call_off.framework, call_off.department)
    yield from why_hold_ended(step.revision, on)
    yield from why_exceptions_open(step)
    if step.act == Act.COMMIT:
        yield from why_not_covered(call_off, step, by=by, on=on)
        if step.side == Side.DEPARTMENT:
            yield from why_no_room(step.revision, step.revision.whole_life_gbp)
        else:
            yield from why_supplier_excluded(call_off, on)


def why_exceptions_open(step: ApprovalStep) -> Iterator[Reason]:
    """The authority's exceptions come first: at the step that decides them, and before anybody commits for it."""
    if step.side != Side.AUTHORITY:
        return
    asked = [one for one in step.revision.exceptions.select_related("decision") if not hasattr(one, "decision")]
    if not asked:
        return
    decider = routes.step_for_exceptions(step.revision.steps.select_related("organisation"))
    if step.pk != decider.pk and step.act != Act.COMMIT:
        return
    for one in asked:
        yield Reason(
            _("The exception for %(n)s of %(code)s is neither granted nor refused.")
            % {"n": f"{one.quantity:,}", "code": one.service_code},
            _("The %(post)s of %(organisation)s decides it on the approval brief.")
            % {"post": decider.get_post_display(), "organisation": decider.organisation.name},
        )


def why_not_decide_exception(
    call_off: CallOff, step: ApprovalStep, asked: ExceptionRequest, *, by: Person, at: datetime
) -> Iterator[Reason]:
    """Grant or refuse: whose step it is, the price hold, and that nobody did it before."""
    yield from why_not_act_on_step(call_off, step, by=by, at=at)
    yield from why_hold_ended(step.revision, london_day(at))
    decider = routes.step_for_exceptions(step.revision.steps.all())
    if decider is None or decider.pk != step.pk:
        yield Reason(_("Exceptions are decided at another step of this order."))
    decided = getattr(asked, "decision", None)
    if decided is not None:
        yield Reason(
            _("%(name)s has already %(outcome)s it.")
            % {"name": decided.name, "outcome": decided.get_outcome_display()}
        )


def why_hold_ended(revision: CallOffRevision, on: date) -> Iterator[Reason]:
    if revision.hold_until and on > revision.hold_until:
        yield Reason(
            _("Its prices were held until %(day)s: return to reprice.") % {"day": as_day(revision.hold_until)},
            _("An approver whose turn it is can return it; the requester can withdraw it."),
        )


def commit_kind(side: str) -> str:
    """A department commits under a budget delegation, the authority under a purchase delegation."""
    return DelegationKind.BUDGET if side == Side.DEPARTMENT else DelegationKind.PURCHASE


def why_not_covered(call_off: CallOff, step: ApprovalStep, *, by: Person, on: date) -> Iterator[Reason]:
    seat = seats.find_seat(by, step.organisation_id, step.post, on)
    if seat is None:
        return
    value, lots = step.revision.route_value, step.revision.lots
    held = seats.delegations(seat, commit_kind(step.side), on)
    if any(delegation.covers(value, lots) for delegation in held):
        return
    if not held:
        words = _("%(value)s and you hold no %(kind)s delegation on this day.") % {
            "value": _commits(step.revision), "kind": DelegationKind(commit_kind(step.side)).label,
        }  # fmt: skip
    else:
        words = _("%(value)s; your delegation is %(limit)s.") % {
            "value": _commits(step.revision), "limit": delegation_words(held[0])
        }  # fmt: skip
    yield Reason(words, _who_covers(step, value, lots, on))


def _commits(revision: CallOffRevision) -> str:
    """"It commits £400,000.00; with CO-2007-000001, counted together, £800,000.00"."""
    words = _("It commits %(value)s") % {"value": gbp(revision.whole_life_gbp)}
    if not revision.counted_with:
        return words
    return _("%(words)s; with %(others)s, counted together, %(total)s") % {
        "words": words, "others": revision.counted_words,
        "total": gbp(revision.route_value),
    }  # fmt: skip


def delegation_words(held: Delegation) -> str:
    """"£5,000,000.00 for lot 2 until 20 May 2014"."""
    limit = _("unlimited") if held.unlimited else gbp(held.limit_gbp)
    lot = _(" for lot %(lot)s") % {"lot": held.lot} if held.lot is not None else ""
    until = as_day(held.ends_on) if held.ends_on else _("further notice")
    return _("%(limit)s%(lot)s until %(day)s") % {"limit": limit, "lot": lot, "day": until}


def _who_covers(step: ApprovalStep, value: Decimal, lots: Collection[int], on: date) -> str:
    names = [
        person.name
        for person in seats.holders(step.organisation_id, step.post, on)
        if any(
            d.covers(value, lots)
            for holding in person.holdings.filter(post__code=step.post, post__organisation_id=step.organisation_id)
            for d in seats.delegations(seats.Seat(holding), commit_kind(step.side), on)
        )
    ]
    if names:
        return _("%(names)s can.") % {"names": ", ".join(names)}
    return _("Nobody in this post can; a larger delegation is needed.")


def why_not_query(call_off: CallOff, step: ApprovalStep, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_act_on_step(call_off, step, by=by, at=at)


def why_not_answer_query(query: Query, *, by: Person, at: datetime) -> Iterator[Reason]:
    if query.answered_at:
        yield Reason(_("%(name)s has already answered.") % {"name": query.answered_by_name})
    yield from _state(query.revision.call_off, *IN_APPROVAL)
    if query.revision_id != query.revision.call_off.revision_id:
        yield Reason(_("The question is about an earlier revision."))
    yield from _requester(query.revision.call_off, by, london_day(at))


def _order_desk(call_off: CallOff, by: Person, on: date) -> Iterator[Reason]:
    if seats.find_seat(by, call_off.supplier_id, PostCode.ORDER_DESK, on) is None:
        yield access.order_desk_needed(call_off, on)


def why_not_confirm(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    on = london_day(at)
    yield from _state(call_off, S.WITH_SUPPLIER)
    yield from _order_desk(call_off, by, on)
    if call_off.state == S.WITH_SUPPLIER:
        if call_off.answer_due_at and at >= call_off.answer_due_at:
            yield Reason(_("The time to answer ended with %(day)s.") % {"day": last_day(call_off.answer_due_at)})
        yield from why_framework_over(call_off.framework, on)
        yield from _question_open(call_off, on)
        yield from why_no_member(call_off.framework, call_off.department)
        yield from why_hold_ended(call_off.revision, on)
        yield from why_supplier_excluded(call_off, on)
        yield from why_not_segregated(call_off, call_off.revision, by, seats.find_seat(by, call_off.supplier_id, PostCode.ORDER_DESK, on))


def _question_open(call_off: CallOff, on: date) -> Iterator[Reason]:
    if call_off.answer_due_at is None and call_off.clarifications.filter(answered_at__isnull=True).exists():
        yield Reason(
            _("A question of the supplier's has not been answered."),
            seats.who_holds(call_off.department_id, PostCode.REQUESTER, on),
        )


def why_not_clarify(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    """The order desk asks while its time runs, one question at a time."""
    yield from _state(call_off, S.WITH_SUPPLIER)
    yield from _order_desk(call_off, by, london_day(at))
    if call_off.state == S.WITH_SUPPLIER:
        if call_off.answer_due_at and at >= call_off.answer_due_at:
            yield Reason(_("The time to answer ended with %(day)s.") % {"day": last_day(call_off.answer_due_at)})
        yield from why_framework_over(call_off.framework, london_day(at))
        yield from _question_open(call_off, london_day(at))


def why_not_answer_clarification(call_off: CallOff, asked: Clarification, *, by: Person, at: datetime) -> Iterator[Reason]:
    if asked.answered_at is not None:
        yield Reason(_("It has been answered by %(name)s.") % {"name": asked.answered_by_name})
    yield from _state(call_off, S.WITH_SUPPLIER)
    yield from why_framework_over(call_off.framework, london_day(at))
    yield from _requester(call_off, by, london_day(at))


NUDGED = "call_off.nudged"


def why_not_nudge(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    """A reminder of a requester's to whoever has the order: once a day, and not on the day on which it came to them."""
    on = london_day(at)
    yield from _state(call_off, *IN_APPROVAL, S.WITH_SUPPLIER)
    yield from _requester(call_off, by, on)
    if call_off.state == S.WITH_SUPPLIER:
        yield from _question_open(call_off, on)
    if call_off.state in (*IN_APPROVAL, S.WITH_SUPPLIER):
        moments = call_off.revision.steps.filter(state=StepState.OPEN).values_list("opened_at", flat=True)
        came = min(moments, default=call_off.state_since)
        if london_day(came) == on:
            yield Reason(_("It has come to this desk today; remind them from tomorrow on."))
        last = audit.history(call_off).filter(verb=NUDGED).last()
        if last is not None and london_day(last.at) == on:
            yield Reason(_("%(who)s has reminded them today; once a day is enough.") % {"who": last.actor_words})


def why_supplier_excluded(call_off: CallOff, on: date) -> Iterator[Reason]:
    """No award to, or acceptance by, a supplier excluded from the framework (s.45(6))."""
    row = call_off.framework.framework_suppliers.filter(supplier=call_off.supplier).first()
    if row is None or (row.excluded_from and row.excluded_from <= on):
        yield Reason(
            _("%(supplier)s may not receive orders under %(framework)s.")
            % {"supplier": call_off.supplier.name, "framework": call_off.framework.reference}
        )


def why_lapse(call_off: CallOff, *, at: datetime) -> str:
    """What has ended an open call-off by the moment, in words; empty while nothing has."""
    if call_off.state == S.WITH_SUPPLIER and call_off.answer_due_at and at >= call_off.answer_due_at:
        return _("The supplier did not answer in time.")
    if (
        call_off.state == S.COUNTER_PROPOSED
        and at >= call_off.answer_due_at
        and call_off.framework.state != FrameworkState.SUSPENDED  # while it cannot be accepted
    ):
        return _("The department did not answer the counter-proposal in time.")
    if call_off.state in OPEN and framework_is_over(call_off.framework, london_day(at)):
        return _("The framework has ended.")
    return ""


def why_not_decline(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _state(call_off, S.WITH_SUPPLIER)
    yield from _order_desk(call_off, by, london_day(at))


def why_not_change_particulars(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    if call_off.has_ended_unbound:
        yield from _state(call_off, *OPEN)
    yield from _requester(call_off, by, london_day(at))


def route_preview(call_off: CallOff, value: Decimal, on: date) -> list[dict]:
    """Who will have to endorse and commit an order of this value, before it is submitted, and who of them is away while
    its prices are held."""
    matrix = routes.matrix_in_force(call_off.framework, on)
    if matrix is None or value <= 0:
        return []
    out = []
    for step, organisation, people in _seated(call_off, matrix, value, on):
        out.append({
            "post": PostCode(step.post).label, "organisation": organisation.name, "act": Act(step.act).label,
            "turn": (step.side, step.group), "names": people,
            "chair": (organisation.pk, step.post),
        })  # fmt: skip
    held_until = on + timedelta(days=call_off.framework.price_hold_days)
    away = absences.words({step["chair"] for step in out}, on, held_until)
    return [step | {"away": away.get(step["chair"], [])} for step in out]
