"""What the database says after the acts: every figure of story.json."""

import json
from datetime import timedelta
from decimal import Decimal

from catalogue.models import Framework
from contracts import terms
from contracts.models import AcceptanceDecision, Contract, ContractVersion, CreditAct, Transfer
from documents import audit, clock
from documents.canonical import money
from documents.models import DocumentRevision
from procurement import quoting
from procurement.models import CapacityAccount, Phase, PostHolding, in_date


def framework_figures(framework: Framework) -> dict[str, str]:
    account = CapacityAccount.objects.get(framework=framework)
    return {
        "ceiling_gbp": money(account.ceiling_gbp), "committed_gbp": money(account.committed_gbp),
        "reserved_gbp": money(account.reserved_gbp), "headroom_gbp": money(account.headroom_gbp),
    }  # fmt: skip


def actions_of(thing) -> list[dict[str, str]]:
    """The recorded acts in order, saves of the draft left out; role and organisation are the post held that day."""
    out = []
    for event in audit.history(thing):
        if event.verb.endswith("_saved"):
            continue
        holding = (
            PostHolding.objects.filter(in_date(clock.london_day(event.at)), user__person_id=event.actor_person_id)
            .select_related("post__organisation")
            .first()
            if event.actor_person_id
            else None
        )
        out.append({
            "action": event.verb, "role": holding.post.code if holding else event.actor_kind,
            "organisation": holding.post.organisation.code if holding else "",
            "at": event.at.astimezone(clock.LONDON).isoformat(),
        })  # fmt: skip
    return out


def of_contract(contract: Contract) -> dict:
    """One department's order, contract and acts, with the framework as it stands now."""
    call_off, revision = contract.call_off, contract.revision
    years = json.loads(revision.content)["charges_by_financial_year"]
    shas = DocumentRevision.objects.filter(document=contract.document).order_by("number")
    return {
        "call_off": call_off.reference,
        "revision_hash": revision.revision_hash,
        "volumes": quoting.volumes(call_off.framework, clock.business_today()),
        **{
            name: money(getattr(revision, name))
            for name in ("monthly_gbp", "interim_gbp", "one_off_gbp", "whole_life_gbp", "levy_gbp")
        },
        "saving_gbp_a_year": money(revision.saving_gbp_a_year),
        "carbon_saved_kg_a_year": money(revision.carbon_saved_kg_a_year),
        "contract": contract.number,
        "document_sha256": [r.sha256 for r in shas],
        "actions": actions_of(call_off) + actions_of(contract),
        "charges_by_financial_year": {y["year"]: y["net_gbp"] for y in years},
        "framework_after": framework_figures(call_off.framework),
    }


def of_transition(contract: Contract) -> dict:
    """Each milestone with its certificate and what fell due for it, and the days between which the services changed."""
    lines = terms.put_together(terms.read(contract))[-1].lines
    recurring = [line for line in lines if line.monthly is not None]
    due = {
        milestone: sum((r.payable_gbp for p in milestone.payments.all() for r in p.releases.all()), Decimal(0))
        for milestone in contract.milestones.prefetch_related("payments__releases")
    }
    certified = AcceptanceDecision.objects.filter(submission__milestone__contract=contract, number__isnull=False)
    numbers = dict(certified.values_list("submission__milestone", "number"))
    return {
        "milestones": [
            {
                "milestone": milestone.label, "state": milestone.state, "certificate": numbers.get(milestone.pk, ""),
                "achieved_on": milestone.achieved_on.isoformat() if milestone.achieved_on else None,
                "fallen_due_gbp": money(due[milestone]),
            }
            for milestone in due
        ],
        "interim_ends_on": max(line.ends_on for line in recurring if line.line.phase == Phase.INTERIM).isoformat(),
        "shared_starts_on": min(line.starts_on for line in recurring if line.line.phase == Phase.SHARED).isoformat(),
    }  # fmt: skip


def of_rerating(contract: Contract, notice: ContractVersion) -> dict:
    """What the recurring shared lines cost a month on the day before the notice takes effect and from then on."""
    standing = terms.put_together(terms.read(contract))
    on = notice.effective_from
    before, after = (terms.as_of(standing, day) for day in (on - timedelta(days=1), on))
    was, now = _steady(before), _steady(after)
    changed = {line.line.service.code for line in after.lines if line.version == notice}
    return {
        "monthly_before_gbp": money(was), "monthly_after_gbp": money(now), "saving_gbp_a_year": money((was - now) * 12),
        "services_changed": sorted(changed), "effective_on": on.isoformat(),
    }  # fmt: skip


def _steady(standing: terms.Terms) -> Decimal:
    return sum((line.monthly for line in standing.lines if line.line.phase == Phase.SHARED and line.monthly), Decimal(0))


def of_variations(contract: Contract) -> list[dict]:
    """Each as it was assessed: what it adds over the contract's life, and its share alone and with those before it."""
    rows = contract.variations.exclude(executed_at=None).select_related("revision").order_by("number")
    return [
        {
            "variation": one.label, "value_gbp": money(one.revision.value_gbp), "share_percent": money(one.revision.share_percent),
            "cumulative_percent": money(one.revision.cumulative_percent), "change_notice_first": one.revision.notice_first,
        }
        for one in rows
    ]  # fmt: skip


def of_transfer(transfer: Transfer) -> dict:
    """What was agreed of the contracts that passed, with their variations, read before the step and after it."""
    return {
        "from": transfer.outgoing.code, "to": transfer.receiving.code, "contracts": transfer.contracts_after,
        "value_before_gbp": money(transfer.value_before_gbp), "value_after_gbp": money(transfer.value_after_gbp),
    }  # fmt: skip


def of_service_credits(contract: Contract) -> dict:
    """Of the last month that was calculated: its credits as calculated, what the cap took, and what was applied."""
    calculation = contract.calculations.order_by("month", "number").last()
    credited = calculation.levels.filter(credit_gbp__gt=0).select_related("measurement__measure")
    applied = CreditAct.objects.filter(credit__contract=contract, credit__month=calculation.month, kind=CreditAct.Kind.APPLIED)
    return {
        "month": f"{calculation.month:%Y-%m}", "monthly_charge_gbp": money(calculation.charges_gbp),
        "cap_gbp": money(calculation.cap_gbp),
        "credits": [
            {"measure_code": level.measurement.measure.measure_code, "credit_gbp": money(level.credit_gbp)} for level in credited
        ],
        "applied_gbp": money(sum(applied.values_list("amount_gbp", flat=True), Decimal(0))),
        "capped_off_gbp": money(sum((level.cut_gbp for level in credited), Decimal(0))),
    }  # fmt: skip
