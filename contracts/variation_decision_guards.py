"""Why not: submitting a variation for approval, what deciding on it asks beside ``procurement.approval_guards``, and signing
it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from contracts import assessing, guards, variation_content
from contracts import variation_guards as own
from contracts.models import UNSIGNED_VARIATIONS, ContractState, Variation, VariationState
from documents import store
from documents.clock import london_day
from documents.models import DocumentState
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from documents.templatetags.flex import gbp
from procurement import headroom, recusals, routes, seats, signing
from procurement.actors import Person
from procurement.approval_guards import why_hold_ended, why_not_covered, why_not_take
from procurement.models import (
    Act,
    ApprovalStep,
    PostCode,
    Query,
    Side,
    SigningBar,
    StepState,
)
from procurement.standing import framework_is_over, why_framework_over

V = VariationState


def variation_of(step: ApprovalStep) -> Variation:
    """The variation as the step's approval has it: of an earlier round, found by what it is of."""
    found = getattr(step.approval, "variation", None)
    return found or Variation.objects.select_related("contract__framework", "revision").get(public_id=step.approval.subject_id)


def why_no_longer_fits(variation: Variation, on: date) -> Iterator[Reason]:
    """What has been agreed since it was assessed may leave no room for it, or make of it what nobody has approved: more
    money, or another last day than its document says."""
    found = assessing.assess(variation.revision, on=on)
    who_can = _("The department can change it and have it assessed anew.")
    if variation.state == V.AWAITING_SIGNATURES:
        who_can = _("Whoever is to sign can refuse it; the department can then have another assessed.")
    for reason in found.unmet or _why_other_than_assessed(variation, found):
        yield replace(reason, who_can=reason.who_can or who_can)


def _why_other_than_assessed(variation: Variation, found: assessing.Assessment) -> Iterator[Reason]:
    """Route, delegations and commitment are of the value assessed. Less of it either way is covered by them, as where prices
    have fallen."""
    if not found.effects:
        return
    was, now, content = variation.revision.value_gbp, found.money.value_gbp, json.loads(variation.revision.content)
    counted = abs(now) if content["schema"] == variation_content.NET_COUNTS else found.money.counted_gbp
    if counted > variation.revision.counted_gbp or now > max(was, headroom.ZERO):
        yield Reason(_("It comes to %(now)s by the terms as they stand; it was assessed at %(was)s.") % {"now": gbp(now), "was": gbp(was)})
    term = content["term"]
    if (ends_on := variation_content.term(variation, found)["ends_on"]) != term["ends_on"]:
        yield Reason(
            _("With it the contract would run until %(now)s by the terms as they stand; it was assessed to run until %(was)s.")
            % {"now": as_day(ends_on), "was": as_day(term["ends_on"])}
        )


def why_not_submit(variation: Variation, *, by: Person, at: datetime) -> Iterator[Reason]:
    on = london_day(at)
    yield from own.why_not_revise(variation, by=by, at=at)
    if variation.state == V.ASSESSED:
        yield from why_no_longer_fits(variation, on)
        yield from _why_not_routed(variation, on)


def _why_not_routed(variation: Variation, on: date) -> Iterator[Reason]:
    """Every step needs somebody in its post."""
    contract = variation.contract
    matrix = routes.matrix_in_force(contract.framework, on)
    if matrix is None:
        yield Reason(_("The framework has no approval matrix."), _("The framework manager can publish one."))
        return
    for step, organisation, people in routes.seated(contract.call_off, matrix, variation.revision.cumulative_gbp, on):
        if not people:
            yield Reason(
                _("Nobody is %(post)s of %(organisation)s on this day.")
                % {"post": PostCode(step.post).label, "organisation": organisation.name},
                _("The administrator of %(organisation)s can appoint somebody.") % {"organisation": organisation.name},
            )


def _why_not_counting(step: ApprovalStep) -> Iterator[Reason]:
    variation = variation_of(step)
    passed = variation.state != V.IN_APPROVAL and step.state != StepState.DECIDED  # one that was decided counts for what follows
    if variation.approval_id != step.approval_id or passed or step.state == StepState.VOID:
        yield Reason(
            _("This step no longer counts: variation %(label)s is %(state)s.")
            % {"label": variation.label, "state": variation.get_state_display()}
        )


def why_not_act_on_step(step: ApprovalStep, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Shared by endorse, commit, return, reject, ask and declaring a conflict of interest. Who keeps out of the order keeps out
    of what changes its contract."""
    yield from why_not_take(step, list(_why_not_counting(step)), by=by, at=at)
    yield from recusals.why_recused(variation_of(step).contract.revision.approval, by)


def why_not_decide(step: ApprovalStep, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Endorse or commit: on top of the turn, that it still fits, the price hold and, where it commits, a delegation that covers
    the cumulative value; the authority commits after the change notice, where one comes first."""
    on, approval, variation = london_day(at), step.approval, variation_of(step)
    yield from why_not_act_on_step(step, by=by, at=at)
    if step.state == StepState.DECIDED:
        return
    yield from own.why_not_in_force(variation.contract, on)
    yield from why_hold_ended(approval, on, _("An approver whose turn it is can return it; a contract manager can withdraw it."))
    yield from why_no_longer_fits(variation, on)
    if step.act == Act.COMMIT:
        yield from why_not_covered(step, by=by, on=on)
        if step.side == Side.DEPARTMENT:
            yield from _why_no_room(variation)
        else:
            yield from why_notice_first(variation)


def why_notice_first(variation: Variation) -> Iterator[Reason]:
    """Beyond the framework's control a contract change notice is published before the contract is changed (s.75)."""
    if variation.revision.notice_first and not variation.change_notice:
        yield Reason(
            _("A contract change notice comes first: with what counts with it this is over the framework's control."),
            _("The contract manager of %(department)s records its reference once it is published.")
            % {"department": variation.contract.department.name},
        )


def _why_no_room(variation: Variation) -> Iterator[Reason]:
    """What a reservation would say now; the counter itself decides."""
    value = max(variation.revision.value_gbp, headroom.ZERO)
    forecast = headroom.capacity_forecast(variation.contract.call_off, value, holder=variation)
    if value and not forecast.fits:
        yield Reason(
            _("The %(value)s that it adds pass the framework’s ceiling of %(ceiling)s by %(over)s.")
            % {"value": gbp(value), "ceiling": gbp(forecast.ceiling), "over": gbp(value - forecast.free_now)},
            _("Add less, or ask the framework manager about the ceiling."),
        )


def why_not_record_notice(variation: Variation, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from own.why_not_in_state(variation, V.ASSESSED, V.IN_APPROVAL)
    yield from own.why_not_work_on(variation, by, london_day(at))
    if variation.change_notice:
        yield Reason(
            _("Notice %(reference)s of %(day)s is recorded.")
            % {"reference": variation.change_notice, "day": as_day(variation.change_notice_on)}
        )


# ---- signing


def barred(variation: Variation) -> dict[str, frozenset[UUID]]:
    """Who does not sign it, by why: kept with its document when that is made, so that the database refuses them too."""
    approval = variation.approval
    return {
        SigningBar.Why.ASKED: guards.asked_for(approval),
        SigningBar.Why.RECUSED: frozenset(recusals.people(approval) | recusals.people(variation.contract.revision.approval)),
    }


def signing_of(variation: Variation) -> signing.Signing:
    """As the contract itself: by the same three parties, each under a delegation that covers what counts of the
    variation, whichever way it goes. Who keeps out of the order keeps out of what changes its contract."""
    asked = guards.signed_under(variation.approval)

    def apart(by: Person, seat: seats.Seat) -> Iterator[Reason]:
        yield from recusals.why_recused(variation.contract.revision.approval, by)
        yield from asked["apart"](by, seat)

    return signing.Signing(
        variation, guards.boxes(variation.contract), variation.revision.counted_gbp, **asked | {"apart": apart},
        barred_words=_("Whoever requested or submitted a variation, or had it submitted for them, cannot sign it."),
    )  # fmt: skip


def why_not_sign(variation: Variation, party: str, *, by: Person, at: datetime, fresh: bool = True) -> Iterator[Reason]:
    """As for every document, while it waits for signatures, before its first day, and while it fits."""
    on = london_day(at)
    if variation.state != V.AWAITING_SIGNATURES:
        yield from own.why_not_in_state(variation, V.AWAITING_SIGNATURES)
        return
    if variation.document.state not in (DocumentState.SEALED, DocumentState.SIGNING):
        yield Reason(_("Its document is being made; look again in a moment."))
        return
    yield from own.why_not_in_force(variation.contract, on)
    yield from why_framework_over(variation.framework, on)
    yield from _why_another_first(variation)
    yield from why_no_longer_fits(variation, on)
    yield from signing.why_not_sign(signing_of(variation), party, by=by, at=at, fresh=fresh)


def _why_another_first(variation: Variation) -> Iterator[Reason]:
    """What all parties have signed changes the terms when it is closed: nobody signs upon terms that are about to change."""
    others = variation.contract.variations.filter(state=V.AWAITING_SIGNATURES).exclude(pk=variation.pk)
    for other in others.select_related("document"):
        if store.next_party(other.document) is None:
            yield Reason(
                _("All parties have signed %(label)s, which is being closed and changes the terms.") % {"label": other.label},
                _("Look again in a moment."),
            )


def why_not_refuse(variation: Variation, party: str, *, by: Person, at: datetime) -> Iterator[Reason]:
    """A signatory whose turn it is may refuse instead of signing."""
    if variation.state != V.AWAITING_SIGNATURES:
        yield from own.why_not_in_state(variation, V.AWAITING_SIGNATURES)
        return
    yield from signing.why_not_refuse(signing_of(variation), party, by=by, at=at)


def why_not_answer(query: Query, variation: Variation, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from own.why_not_work_on(variation, by, london_day(at))
    if query.answered_at is not None:
        yield Reason(_("%(name)s has answered it.") % {"name": query.answered_by_name})
    elif variation.state != V.IN_APPROVAL or query.approval_id != variation.approval_id:
        yield from own.why_not_in_state(variation, V.IN_APPROVAL)


def why_lapsed(variation: Variation, *, at: datetime) -> str:
    """In words; "" while it goes on, or once nothing can stop it any more. A draft is bound to no day: it can be given
    another one while the contract lasts."""
    on, contract = london_day(at), variation.contract
    if variation.state not in UNSIGNED_VARIATIONS:
        return ""
    if variation.state == V.AWAITING_SIGNATURES and (
        store.next_party(variation.document) is None or store.pending_intent(variation.document) is not None
    ):
        return ""
    if framework_is_over(contract.framework, on):
        return _("The framework has ended.")
    if contract.ends_on < on:
        return _("The contract has ended on %(day)s.") % {"day": as_day(contract.ends_on)}
    if contract.state != ContractState.EXECUTED:
        return _("The contract is %(state)s.") % {"state": contract.get_state_display()}
    if variation.state != V.DRAFT and variation.revision.effective_on <= on:
        return _("Its first day, %(day)s, came before all parties had signed.") % {"day": as_day(variation.revision.effective_on)}
    return ""
