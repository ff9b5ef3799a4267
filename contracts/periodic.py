"""What the clock brings to contracts: every day it is looked for whose prices are to fall; notices of termination take effect,
contracts expire, and of what runs on the contract managers are told; one that not all three have signed when its framework
ends is void, and who does not sign is reminded (by ``procurement.reminding``, among all else that
waits). Whose desk an accepted order is on, and that it is found by its contract's number, is said here too: every process
imports the clock's way in."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import CharField, Exists, F, Min, OuterRef, Q, Value
from django.db.models.functions import Concat

from catalogue.models import OVER, Framework
from contracts import (
    acts_in_words,
    closing,
    ending_queries,
    exiting,
    formation,
    level_reminding,
    money_reminding,
    queries,
    reminding,
    requesting,
    rerating,
    running_on,
    savings_kept,
    statutory,
    statutory_publishing,
    terminating,
    transfer_reminding,
    transferring,
    variation_issuing,
)
from contracts.models import (
    OPEN_TERMINATIONS,
    UNSIGNED_CONTRACTS,
    UNSIGNED_VARIATIONS,
    ChangeRequest,
    Contract,
    ContractState,
    EndReminder,
    RequestState,
    RunningOn,
    RunningState,
    Termination,
    TerminationState,
    Transfer,
    TransferState,
    Variation,
    VariationState,
)
from documents import periodic
from documents.clock import business_now, london_day
from documents.models import Job
from procurement import approvals, contracted, desks, framework_guards, searching, timelines, waiting, working_days
from procurement.models import CallOffState

V = VariationState
GOING_ON = (V.ASSESSED, V.IN_APPROVAL, V.AWAITING_SIGNATURES, V.EXECUTED)


def run(at: datetime) -> list[str]:
    """Void what the framework's end leaves unsigned; let variations take effect, or lapse, on their day. Safe to run twice: the action looks again under the lock."""
    done = _transfers(at)
    found = Contract.objects.filter(_over("framework", at), state__in=UNSIGNED_CONTRACTS, signed_on__isnull=True).select_related("call_off")
    done += periodic.each(found.order_by("id"), lambda contract: _void(contract, at))
    done += _ends(at)
    changing = Variation.objects.filter(state__in=GOING_ON, revision__effective_on__lte=london_day(at)).exclude(
        state=VariationState.EXECUTED, revision__effective_on__gt=F("contract__ends_on")
    )
    changing |= Variation.objects.filter(
        _over("contract__framework", at) | ~Q(contract__state=ContractState.EXECUTED), state__in=UNSIGNED_VARIATIONS
    )
    asked = ChangeRequest.objects.filter(
        Q(effective_on__lte=london_day(at)) | ~Q(contract__state=ContractState.EXECUTED), state=RequestState.ASKED
    )
    done += periodic.each(asked.select_related("contract__call_off").order_by("id"), lambda one: _unanswered(one, at))
    done += periodic.each(changing.select_related("contract__call_off").order_by("id"), lambda one: _go_on(one, at))
    for framework in _unasked(london_day(at)):
        rerating.look(framework, cause=london_day(at).isoformat())
    return done


def _transfers(at: datetime) -> list[str]:
    """Before all else of the day: what is done on it is done by the receiving department."""
    due = Transfer.objects.filter(state=TransferState.AGREED, effective_on__lte=london_day(at))
    return periodic.each(due.select_related("authority", "outgoing", "receiving").order_by("id"), lambda one: _transfer(one, at))


def _transfer(transfer: Transfer, at: datetime) -> list[str]:
    after = transferring.take_effect(transfer, at=at).state
    return [f"{transfer.number} is {after}"] if after != transfer.state else []


def _ends(at: datetime) -> list[str]:
    """Notices of termination before the contracts that expire: both may be due when the clock is late."""
    on = london_day(at)
    noticed = Termination.objects.filter(state__in=OPEN_TERMINATIONS, effective_on__lte=on)
    noticed |= Termination.objects.filter(~Q(contract__state=ContractState.EXECUTED), state=TerminationState.PROPOSED)
    done = periodic.each(noticed.select_related("contract__call_off").order_by("id"), lambda one: _noticed(one, at))
    over = Contract.objects.filter(state=ContractState.EXECUTED, ends_on__lt=on).select_related("call_off")
    done += periodic.each(over.order_by("id"), lambda one: _expire(one, at))
    nearing = Contract.objects.none()
    for days in exiting.REMINDED_BEFORE:
        given = EndReminder.objects.filter(contract=OuterRef("pk"), ends_on=OuterRef("ends_on"), days=days)
        nearing |= Contract.objects.filter(~Exists(given), ~ending_queries.IS_NOTICED, state=ContractState.EXECUTED, ends_on__range=(on, on + timedelta(days=days)))
    done += periodic.each(nearing.select_related("call_off").order_by("id"), lambda one: _remind(one, at))
    done += periodic.each(statutory.without_next_year(on).select_related("call_off").order_by("id"), lambda one: _rated_anew(one, at))
    running = RunningOn.objects.filter(state=RunningState.RUNNING, told_on__lt=on).select_related("contract__call_off")
    return done + periodic.each(running.order_by("id"), lambda one: _told(one, at))


def _noticed(termination: Termination, at: datetime) -> list[str]:
    """It takes effect, or lapses unconfirmed."""
    act = terminating.take_effect if termination.state == TerminationState.GIVEN else terminating.lapse
    before, after = termination.state, act(termination, at=at).state
    return [f"{termination} is {after}"] if after != before else []


def _expire(contract: Contract, at: datetime) -> list[str]:
    contract = exiting.expire(contract, at=at)
    return [f"{contract.number} is expired"] if contract.state == ContractState.EXPIRED else []


def _remind(contract: Contract, at: datetime) -> list[str]:
    exiting.remind_of_end(contract, at=at)
    return [f"{contract.number}: the end that nears was told"]


def _rated_anew(contract: Contract, at: datetime) -> list[str]:
    made = statutory_publishing.begin_year(contract, at=at)
    return [f"{made} is due"] if made else []


def _told(running: RunningOn, at: datetime) -> list[str]:
    running_on.go_on(running, at=at)
    return [f"{running} was told"]


def _unasked(on: date) -> Iterable[Framework]:
    """Frameworks with contracts in force on whose prices nobody has looked that day: what an execution has asked for and
    was lost is found the next day."""
    asked = Job.objects.filter(key=Concat(Value("falls:"), OuterRef("pk"), Value(f":{on.isoformat()}"), output_field=CharField()))
    running = Contract.objects.filter(framework=OuterRef("pk"), state=ContractState.EXECUTED, ends_on__gte=on)
    return Framework.objects.filter(Exists(running), ~Exists(asked)).order_by("pk")


def _over(framework: str, at: datetime) -> Q:
    return Q(**{f"{framework}__state__in": OVER}) | Q(**{f"{framework}__ends_on__lt": london_day(at)})


def _go_on(variation: Variation, at: datetime) -> list[str]:
    """It takes effect, or lapses unsigned."""
    act = variation_issuing.apply if variation.state == V.EXECUTED else variation_issuing.lapse
    before, after = variation.state, act(variation, at=at).state
    return [f"{variation} is {after}"] if after != before else []


def _unanswered(request: ChangeRequest, at: datetime) -> list[str]:
    """It lapses unanswered."""
    before, after = request.state, requesting.lapse(request, at=at).state
    return [f"{request} is {after}"] if after != before else []


def _void(contract: Contract, at: datetime) -> list[str]:
    contract = formation.void_unsigned(contract, at=at)
    return [f"{contract.number} is void"] if contract.state == ContractState.VOID else []


def next_moments() -> list[datetime]:
    """The midnights at which the next contract expires, and the next notice and the next transfer take effect. A framework's last midnight is announced
    where it expires, a reminder of what waits where it is sent."""
    today = london_day(business_now())
    ends = Contract.objects.filter(state=ContractState.EXECUTED, ends_on__gte=today).aggregate(next=Min("ends_on"))["next"]
    notices = Termination.objects.filter(state=TerminationState.GIVEN, effective_on__gt=today).aggregate(next=Min("effective_on"))["next"]
    transfers = Transfer.objects.filter(state=TransferState.AGREED, effective_on__gt=today).aggregate(next=Min("effective_on"))["next"]
    days = ([ends] if ends else []) + [day - timedelta(days=1) for day in (notices, transfers) if day]
    return [working_days.midnight_after(day) for day in days]


periodic.register("contracts", run, next_moments)
periodic.register("money", money_reminding.run, money_reminding.next_moments)
periodic.register("savings", savings_kept.run, list)
waiting.register("contract", reminding.waiting, "call_off", came="state_since")
waiting.register("milestone", reminding.milestones, "contract__call_off", came="state_since")
waiting.register("variation", reminding.variations, "contract__call_off", came="state_since")
waiting.register("contract_termination", reminding.terminations, "contract__call_off", came="state_since")
approvals.register(Variation._meta.label_lower, queries.VARIATIONS)
waiting.register("change_request", reminding.change_requests, "contract__call_off", came="state_since")
waiting.register("service_report", level_reminding.reports, "contract__call_off", came="reported_at")
waiting.register("credit", level_reminding.service_credits, "contract__call_off", came="state_since")
waiting.register("plan", level_reminding.plans, "calculation__contract__call_off", ripe=level_reminding.plan_is_ripe)
waiting.register("redacted_copy", reminding.redacted_copies, "contract__call_off", came="state_since")
waiting.register("transfer", transfer_reminding.transfers, "authority__frameworks", ripe=transfer_reminding.ripe("effective_on"))
waiting.register("novation", transfer_reminding.novations, "contract__call_off", ripe=transfer_reminding.ripe("transfer__effective_on"))
waiting.register("statutory_notice", reminding.statutory_notices, "contract__call_off", ripe=reminding.notice_is_ripe)
waiting.register("invoice", money_reminding.invoices, "contract__call_off", ripe=money_reminding.invoice_is_ripe)
waiting.register("return", money_reminding.returns, "framework", ripe=money_reminding.return_is_ripe)
desks.register(CallOffState.CONFIRMED, reminding.desks)
timelines.register(
    both_sides=acts_in_words.BOTH_SIDES, inside=acts_in_words.INSIDE, without_reason=acts_in_words.WITHOUT_REASON,
)
searching.register(queries.orders_by_number)
framework_guards.register_closing(closing.why_not_close)
contracted.register_ended(queries.orders_that_ended)
