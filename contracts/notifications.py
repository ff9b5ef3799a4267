"""One function a message about a contract; rows in the caller's transaction, each once."""

from collections.abc import Iterable
from datetime import date, datetime

from django.conf import settings
from django.urls import reverse
from django.utils.dateformat import format as format_month

from contracts import managers
from contracts.access import SIGNING_POST, organisation_of
from contracts.display import ended_words
from contracts.models import (
    AcceptanceDecision,
    CalculatedLevel,
    Contract,
    ContractVersion,
    CreditAct,
    CreditCalculation,
    Milestone,
    MilestoneSubmission,
    Party,
    PlanDecision,
    RectificationPlan,
    ServiceCredit,
    ServiceReport,
    Variation,
    VariationReply,
)
from contracts.queries import DAYS_TO_DECIDE
from documents.clock import london_day
from documents.templatetags.flex import day as format_day
from documents.templatetags.flex import gbp
from procurement import approval_guards, mailing, working_days
from procurement.models import ApprovalStep, PostCode, Query, Recusal, StepState, User
from procurement.notifications import requesters
from procurement.seats import holders
from procurement.signing import Box


def context_of(contract: Contract, **more) -> dict:
    return {
        "number": contract.number, "title": contract.title, "department": contract.department.name,
        "supplier": contract.supplier.name, "reference": contract.call_off.reference,
        "url": settings.PUBLIC_URL + reverse("contracts:contract", args=[contract.public_id]),
        "subject_to_contract": not contract.is_binding, **more,
    }  # fmt: skip


def _signatories(contract: Contract, party: str, at: datetime) -> list[User]:
    return holders(organisation_of(contract, party).pk, SIGNING_POST[Party(party)], london_day(at))


def tell_next_signatory(contract: Contract, box: Box, at: datetime) -> None:
    people = list(holders(box.organisation.pk, box.post, london_day(at)))
    context, key = context_of(contract, party=box.label), f"sign:{contract.public_id}:{box.party}"
    mailing.must_act(people, "contracts/email/please_sign.txt", context, key)


def _everyone(contract: Contract, at: datetime) -> list[User]:
    """The requester, the order desk, the department's contract manager and the three signatories, each once."""
    day = london_day(at)
    people = requesters(contract.call_off, at)
    people += holders(contract.supplier_id, PostCode.ORDER_DESK, day)
    people += of_department(contract, at)
    for party in Party.values:
        people += _signatories(contract, party, at)
    return people


def tell_executed(contract: Contract, at: datetime) -> None:
    key = f"executed:{contract.public_id}"
    mailing.inform(_everyone(contract, at), "contracts/email/executed.txt", context_of(contract), key, at=at)


def tell_void(contract: Contract, at: datetime) -> None:
    context, key = context_of(contract, reason=contract.void_reason), f"void:{contract.public_id}"
    mailing.inform(_everyone(contract, at), "contracts/email/void.txt", context, key, at=at)


def tell_rerated(version: ContractVersion, at: datetime) -> None:
    """Those who run the contract, on both sides: there is nothing to do."""
    contract, on = version.contract, london_day(at)
    people = requesters(contract.call_off, at)
    people += of_department(contract, at)
    people += holders(contract.supplier_id, PostCode.ACCOUNT_MANAGER, on)
    people += holders(contract.supplier_id, PostCode.ORDER_DESK, on)
    notice = version.document.payload["notice"]
    context = context_of(
        contract, notice=version.caused_by, day=format_day(version.effective_from),
        before=gbp(notice["before_gbp"]), after=gbp(notice["after_gbp"]),
    ) | {"url": settings.PUBLIC_URL + reverse("contracts:notice", args=[contract.public_id, version.number])}  # fmt: skip
    mailing.inform(people, "contracts/email/rerated.txt", context, f"rerated:{version.document.public_id}", at=at)


def _milestone(milestone: Milestone, **more) -> dict:
    contract = milestone.contract
    path = reverse("contracts:milestone", args=[contract.public_id, milestone.number])
    return context_of(contract, milestone=f"{milestone.label} {milestone.title}", **more) | {"url": settings.PUBLIC_URL + path}


def of_supplier(contract: Contract, at: datetime) -> list[User]:
    """Who runs it for the supplier."""
    return managers.of_supplier(contract.supplier_id, london_day(at))


def of_department(contract: Contract, at: datetime) -> list[User]:
    """Who runs it for the department."""
    return managers.of_department(contract.department_id, london_day(at))


def tell_submitted(submission: MilestoneSubmission, at: datetime) -> None:
    """The department's contract managers, and their deputies: they decide."""
    milestone = submission.milestone
    people = of_department(milestone.contract, at)
    key = f"submitted:{milestone.pk}:{submission.number}"
    due = format_day(working_days.add_working_days(london_day(at), DAYS_TO_DECIDE))
    mailing.must_act(people, "contracts/email/milestone_submitted.txt", _milestone(milestone, day=due), key)


def tell_sent_back(decision: AcceptanceDecision, at: datetime) -> None:
    milestone = decision.submission.milestone
    reasons = "\n".join(f"- {one.criterion.words}: {one.words}" for one in decision.results.filter(met=False))
    key = f"sent_back:{milestone.pk}:{decision.submission.number}"
    people = of_supplier(milestone.contract, at)
    mailing.must_act(people, "contracts/email/milestone_sent_back.txt", _milestone(milestone, reason=reasons), key)


def tell_failed(milestone: Milestone, reason: str, at: datetime) -> None:
    people, context = of_supplier(milestone.contract, at), _milestone(milestone, reason=reason)
    mailing.inform(people, "contracts/email/milestone_failed.txt", context, f"failed:{milestone.pk}", at=at)


def tell_moved(milestone: Milestone, reason: str, at: datetime) -> None:
    day = format_day(milestone.due_on)
    people, context = of_supplier(milestone.contract, at), _milestone(milestone, reason=reason, day=day)
    key = f"moved:{milestone.pk}:{milestone.due_on}"
    mailing.inform(people, "contracts/email/milestone_moved.txt", context, key, at=at)


def tell_certified(decision: AcceptanceDecision, at: datetime) -> None:
    """Those who run the contract, on both sides: the supplier can invoice what has fallen due."""
    milestone = decision.submission.milestone
    contract = milestone.contract
    people = requesters(contract.call_off, at)
    people += of_department(contract, at)
    people += of_supplier(contract, at)
    context = _milestone(milestone, certificate=decision.number, payable=gbp(decision.document.payload["certificate"]["payable_gbp"]))
    path = reverse("contracts:certificate", args=[contract.public_id, decision.number])
    context["url"] = settings.PUBLIC_URL + path
    mailing.inform(people, "contracts/email/milestone_certified.txt", context, f"certified:{decision.number}", at=at)


def _variation(variation: Variation, **more) -> dict:
    contract = variation.contract
    path = reverse("contracts:variation", args=[contract.public_id, variation.number])
    return context_of(contract, variation=f"{variation.label} {variation.title}", **more) | {"url": settings.PUBLIC_URL + path}


def tell_assessed(variation: Variation, at: datetime) -> None:
    """Those who run the contract for the supplier: they can say whether it can be delivered, and sign it first if it is approved."""
    context = _variation(variation, day=format_day(variation.revision.effective_on), value=gbp(variation.revision.value_gbp))
    key = f"assessed:{variation.public_id}:{variation.revision.number}"
    mailing.inform(of_supplier(variation.contract, at), "contracts/email/variation_assessed.txt", context, key, at=at)


def tell_variation_reply(reply: VariationReply, variation: Variation, at: datetime) -> None:
    """Those who work on it, at once where it cannot be delivered as it stands."""
    context = _variation(variation, words=reply.words, who=reply.person_name, supplier=variation.contract.supplier.name)
    people, key = _those_who_work_on(variation, at), f"variation_reply:{reply.pk}"
    if reply.can_deliver:
        return mailing.inform(people, "contracts/email/variation_deliverable.txt", context, key, at=at)
    return mailing.must_act(people, "contracts/email/variation_not_deliverable.txt", context, key)


def _those_who_work_on(variation: Variation, at: datetime) -> list[User]:
    """Whoever began it, while they hold a post there for it; else the department's contract managers and requesters."""
    contract, on = variation.contract, london_day(at)
    people = of_department(contract, at) + holders(contract.department_id, PostCode.REQUESTER, on)
    return [person for person in people if person.pk == variation.requester_id] or people


def tell_variation_turn(variation: Variation, steps: Iterable[ApprovalStep], at: datetime) -> None:
    """Whose turn it is now."""
    contract = variation.contract
    for step in steps:
        if step.state == StepState.OPEN:
            people = approval_guards.who_can_take(step, london_day(at))
            context = _variation(
                variation, post=step.get_post_display(), act=step.get_act_display(), value=gbp(variation.revision.value_gbp),
                day=format_day(variation.revision.effective_on),
            ) | {"url": settings.PUBLIC_URL + reverse("contracts:variation_brief", args=[contract.public_id, variation.number, step.position])}  # fmt: skip
            mailing.must_act(people, "contracts/email/variation_turn.txt", context, f"turn:{step.pk}")


def tell_variation_recused(variation: Variation, recusal: Recusal, at: datetime) -> None:
    """Whoever else can take the step, and the administrator, who sees to it that somebody does."""
    step, on = recusal.step, london_day(at)
    others = [*approval_guards.who_can_take(step, on), *holders(step.organisation_id, PostCode.ADMINISTRATOR, on)]
    context = _variation(variation, who=recusal.name, post=step.get_post_display())
    people = {person.pk: person for person in others}.values()
    mailing.must_act(people, "contracts/email/variation_recused.txt", context, f"recused:{recusal.pk}")


def tell_variation_returned(variation: Variation, reason: str, at: datetime) -> None:
    key = f"variation_returned:{variation.public_id}:{variation.revision.number}"
    context = _variation(variation, reason=reason)
    mailing.must_act(_those_who_work_on(variation, at), "contracts/email/variation_returned.txt", context, key)


def tell_variation_queried(variation: Variation, query: Query, at: datetime) -> None:
    context = _variation(variation, who=query.asked_by_name, text=query.text)
    people = _those_who_work_on(variation, at)
    mailing.must_act(people, "contracts/email/variation_queried.txt", context, f"variation_queried:{query.pk}")


def tell_variation_answered(variation: Variation, query: Query, at: datetime) -> None:
    context = _variation(variation, who=query.answered_by_name, text=query.answer)
    people = User.objects.filter(person_id=query.asked_by)
    mailing.must_act(people, "contracts/email/variation_answered.txt", context, f"variation_answered:{query.pk}")


def tell_variation_signatory(variation: Variation, box: Box, at: datetime) -> None:
    people = list(holders(box.organisation.pk, box.post, london_day(at)))
    context = _variation(variation, party=box.label, day=format_day(variation.revision.effective_on))
    mailing.must_act(people, "contracts/email/variation_sign.txt", context, f"sign:{variation.public_id}:{box.party}")


def tell_variation_executed(variation: Variation, at: datetime) -> None:
    context = _variation(variation, day=format_day(variation.revision.effective_on))
    people, key = _everyone(variation.contract, at), f"variation_executed:{variation.public_id}"
    mailing.inform(people, "contracts/email/variation_executed.txt", context, key, at=at)


def tell_variation_applied(variation: Variation, at: datetime) -> None:
    """Those who run the contract, on both sides."""
    people = _those_who_work_on(variation, at) + of_supplier(variation.contract, at)
    key = f"variation_applied:{variation.public_id}"
    mailing.inform(people, "contracts/email/variation_applied.txt", _variation(variation), key, at=at)


def tell_variation_ended(variation: Variation, at: datetime) -> None:
    """Those who work on it, and the supplier's people if they have seen it; each reads why as on the page."""
    to = {Party.DEPARTMENT: _those_who_work_on(variation, at)}
    if variation.revisions.filter(assessed_at__isnull=False).exists():
        to[Party.SUPPLIER] = of_supplier(variation.contract, at)
    for party, people in to.items():
        context = _variation(variation, state=variation.get_state_display(), reason=ended_words(variation, party))
        mailing.inform(people, "contracts/email/variation_ended.txt", context, f"variation_ended:{variation.public_id}", at=at)


def _levels(contract: Contract, month: date, **more) -> dict:
    path = reverse("contracts:level_month", args=[contract.public_id, f"{month:%Y-%m}"])
    return context_of(contract, month=format_month(month, "F Y"), **more) | {"url": settings.PUBLIC_URL + path}


def tell_reported(report: ServiceReport, at: datetime) -> None:
    """The department's contract managers, and their deputies: they confirm it or correct it."""
    people = of_department(report.contract, at)
    key = f"service_report:{report.pk}"
    mailing.must_act(people, "contracts/email/service_report.txt", _levels(report.contract, report.month), key)


def tell_calculated(
    calculation: CreditCalculation, below: list[CalculatedLevel], notified: list[ServiceCredit], at: datetime
) -> None:
    """The supplier, where it has something to do: a rectification plan, or a credit it was told of that has changed."""
    if not below and not notified:
        return
    lines = [
        f"- {one.measurement.measure.measure_code}: {one.get_standing_display()}, {format_day(one.plan_due_on)}" for one in below
    ] + [f"- {one.label}: {gbp(one.level.payable_gbp)}" for one in notified]  # fmt: skip
    contract = calculation.contract
    context = _levels(contract, calculation.month, lines="\n".join(lines))
    mailing.must_act(of_supplier(contract, at), "contracts/email/levels_missed.txt", context, f"levels:{calculation.pk}")


def tell_credit(act: CreditAct, at: datetime) -> None:
    """Both sides' people who run the contract; whom it is for to answer is told to."""
    credit = act.credit
    contract = credit.contract
    department = of_department(contract, at)
    context = _levels(
        contract, credit.month, credit=credit.label, measure=credit.measure.measure, amount=gbp(act.amount_gbp),
        what=str(act.get_kind_display()), words=act.words or act.invoice_reference, who=act.person_name,
    )  # fmt: skip
    key = f"credit:{act.pk}"
    if act.kind == CreditAct.Kind.NOTIFIED:
        return mailing.must_act(of_supplier(contract, at), "contracts/email/credit_notified.txt", context, key)
    if act.kind == CreditAct.Kind.DISPUTED:
        return mailing.must_act(list(department), "contracts/email/credit_disputed.txt", context, key)
    return mailing.inform([*department, *of_supplier(contract, at)], "contracts/email/credit.txt", context, key, at=at)


def tell_plan_decided(decision: PlanDecision, contract: Contract, at: datetime) -> None:
    """Whoever runs the contract for the supplier; of a refused one they have to send a better."""
    level = decision.plan.level
    context = _levels(contract, level.calculation.month, measure=level.measurement.measure.measure, words=decision.words, who=decision.person_name)
    people, key = of_supplier(contract, at), f"plan_decision:{decision.pk}"
    if decision.approves:
        return mailing.inform(people, "contracts/email/plan_approved.txt", context, key, at=at)
    return mailing.must_act(people, "contracts/email/plan_refused.txt", context, key)


def tell_plan(plan: RectificationPlan, at: datetime) -> None:
    """The department's contract managers: they approve it or refuse it."""
    calculation = plan.level.calculation
    people = of_department(calculation.contract, at)
    context = _levels(calculation.contract, calculation.month, measure=plan.level.measurement.measure.measure, words=plan.words)
    mailing.must_act(list(people), "contracts/email/rectification_plan.txt", context, f"plan:{plan.pk}")
