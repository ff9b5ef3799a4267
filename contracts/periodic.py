"""What the clock brings to contracts: every day it is looked for whose prices are to fall; one that not all three have
signed when its framework ends is void, and who does not sign is reminded (by ``procurement.reminding``, among all else that
waits). Whose desk an accepted order is on, and that it is found by its contract's number, is said here too: every process
imports the clock's way in."""

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Concat

from catalogue.models import OVER, Framework
from contracts import closing, formation, queries, reminding, rerating, variation_issuing
from contracts.models import UNSIGNED as UNSIGNED_VARIATIONS
from contracts.models import Contract, ContractState, Variation, VariationState
from documents import periodic
from documents.clock import london_day
from documents.models import Job
from procurement import approvals, desks, framework_guards, searching, waiting
from procurement.models import CallOffState

UNSIGNED = (ContractState.PREPARING, ContractState.AWAITING_SIGNATURES)
V = VariationState
GOING_ON = (V.ASSESSED, V.IN_APPROVAL, V.AWAITING_SIGNATURES, V.EXECUTED)


def run(at: datetime) -> list[str]:
    """Void what the framework's end leaves unsigned; let variations take effect, or lapse, on their day. Safe to run twice: the action looks again under the lock."""
    found = Contract.objects.filter(_over("framework", at), state__in=UNSIGNED, signed_on__isnull=True).select_related("call_off")
    done = periodic.each(found.order_by("id"), lambda contract: _void(contract, at))
    changing = Variation.objects.filter(state__in=GOING_ON, revision__effective_on__lte=london_day(at))
    changing |= Variation.objects.filter(
        _over("contract__framework", at) | Q(contract__ends_on__lt=london_day(at)), state__in=UNSIGNED_VARIATIONS
    )
    done += periodic.each(changing.select_related("contract__call_off").order_by("id"), lambda one: _go_on(one, at))
    for framework in _unasked(london_day(at)):
        rerating.look(framework, cause=london_day(at).isoformat())
    return done


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


def _void(contract: Contract, at: datetime) -> list[str]:
    contract = formation.void_unsigned(contract, at=at)
    return [f"{contract.number} is void"] if contract.state == ContractState.VOID else []


def next_moments() -> list[datetime]:
    """None of its own: a framework's last midnight is announced where it expires, a reminder where it is sent."""
    return []


periodic.register("contracts", run, next_moments)
waiting.register("contract", reminding.waiting, "call_off", came="state_since")
waiting.register("milestone", reminding.milestones, "contract__call_off", came="state_since")
waiting.register("variation", reminding.variations, "contract__call_off", came="state_since")
approvals.register(Variation._meta.label_lower, queries.VARIATIONS)
waiting.register("credit", reminding.service_credits, "contract__call_off", came="state_since")
desks.register(CallOffState.CONFIRMED, reminding.desks)
searching.register(queries.orders_by_number)
framework_guards.register_closing(closing.why_not_close)
