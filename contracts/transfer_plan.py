"""What passes by a transfer: before its day what there is of the outgoing department, after it what the facts say. Reads only; a
fixed number of queries, however much passes. Money is Decimal GBP with two places, VAT excluded; it is added up and never rounded,
so that what is there before and after is compared to the penny."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from catalogue.models import Framework, Organisation
from catalogue.pricing import ZERO
from contracts.models import (
    BOUND,
    CHARGED,
    UNSIGNED_CONTRACTS,
    UNSIGNED_VARIATIONS,
    Contract,
    Novation,
    NovationState,
    Transfer,
    TransferBasis,
    TransferState,
    Variation,
    VariationState,
)
from procurement import passing_on
from procurement.models import (
    AWARDED,
    IN_APPROVAL,
    OPEN,
    Accession,
    CallOff,
    CallOffState,
    CapacityEntry,
    Delegation,
    Passing,
    PostHolding,
    User,
)

MOST_SHOWN = 200  # rows of a kind on the page; the totals are of all
UNDER_WAY = (*IN_APPROVAL, *AWARDED, CallOffState.CONFIRMED)  # orders that somebody has submitted and nobody is bound by
MAY_PASS = (*OPEN, CallOffState.CONFIRMED)
OPEN_VARIATIONS = (*UNSIGNED_VARIATIONS, VariationState.EXECUTED)


@dataclass(frozen=True)
class Totals:
    """Of contracts that bind or bound somebody: how many, and what was agreed of them with their executed variations; of the
    orders with them: what is reserved and committed for them. GBP, VAT excluded."""

    contracts: int
    value: Decimal
    reserved: Decimal
    committed: Decimal


def frameworks(transfer: Transfer) -> QuerySet[Framework]:
    return Framework.objects.filter(authority=transfer.authority_id).order_by("pk")


def _passed(transfer: Transfer, model: type) -> QuerySet[Passing]:
    return Passing.objects.filter(transfer=transfer.number, subject=model._meta.label_lower)


def _by_public_id(model: type, transfer: Transfer) -> Q:
    return Q(public_id__in=[row.subject_id for row in _passed(transfer, model)])


def contracts_of(transfer: Transfer) -> QuerySet[Contract]:
    """Whatever has become of them: their history passes too."""
    if transfer.state == TransferState.APPLIED:
        return Contract.objects.filter(_by_public_id(Contract, transfer))
    theirs = Contract.objects.filter(department=transfer.outgoing_id, framework__authority=transfer.authority_id)
    if transfer.is_whole:
        return theirs
    return theirs.filter(Q(public_id__in=transfer.contracts) | Q(call_off__public_id__in=transfer.orders))


def orders_of(transfer: Transfer) -> QuerySet[CallOff]:
    """With those that have become the contracts. By novation no order passes on which others have acted: nobody can be made
    to have decided for another body that is not of the Crown."""
    if transfer.state == TransferState.APPLIED:
        return CallOff.objects.filter(_by_public_id(CallOff, transfer))
    theirs = CallOff.objects.filter(department=transfer.outgoing_id, framework__authority=transfer.authority_id)
    if transfer.is_whole:
        return theirs
    of_contract = Contract.objects.filter(call_off=OuterRef("pk"), public_id__in=transfer.contracts)
    return theirs.filter(Q(public_id__in=transfer.orders) | Exists(of_contract))


def people_of(transfer: Transfer, on: date) -> QuerySet[User]:
    if transfer.state == TransferState.APPLIED:
        return User.objects.filter(pk__in=[row.subject_id for row in _passed(transfer, User)]).order_by("name", "pk")
    theirs = passing_on.people_of(transfer.outgoing, on)
    return theirs if transfer.is_whole else theirs.filter(person_id__in=transfer.people)


def variations_of(transfer: Transfer) -> QuerySet[Variation]:
    """Those of its contracts that are not over."""
    rows = Variation.objects.filter(contract__in=contracts_of(transfer), state__in=OPEN_VARIATIONS)
    return rows.select_related("contract", "revision").order_by("contract_id", "number")


def people_there(transfer: Transfer, on: date) -> QuerySet[User]:
    """Among whom those are chosen who pass."""
    return passing_on.people_of(transfer.outgoing, on)


def memberships(framework: Framework, transfer: Transfer) -> tuple[Accession | None, Accession | None]:
    """Of a framework: the outgoing department's that is carried over, and the receiving one's own place."""
    return passing_on.memberships(framework, transfer.outgoing, transfer.receiving)


def in_flight(transfer: Transfer) -> QuerySet[CallOff]:
    return orders_of(transfer).filter(state__in=MAY_PASS).select_related("framework", "supplier").order_by("-created_at", "-pk")


def totals(contracts: QuerySet[Contract], orders: QuerySet[CallOff]) -> Totals:
    """What was agreed is what was signed first with what each executed variation was assessed at; what is held is the ledger of
    capacity's sum over the orders. Three queries."""
    bound = contracts.filter(state__in=CHARGED)
    own = bound.aggregate(n=Count("pk"), value=Sum("original_value_gbp"))
    varied = Variation.objects.filter(contract__in=bound, executed_at__isnull=False).aggregate(value=Sum("revision__value_gbp"))
    held = CapacityEntry.objects.filter(call_off__in=orders).aggregate(reserved=Sum("reserved_delta_gbp"), committed=Sum("committed_delta_gbp"))
    return Totals(own["n"], (own["value"] or ZERO) + (varied["value"] or ZERO), held["reserved"] or ZERO, held["committed"] or ZERO)


def of_bodies(outgoing: Organisation, receiving: Organisation) -> Totals:
    """Everything that both departments have together: no transfer between them changes it."""
    both = [outgoing.pk, receiving.pk]
    return totals(Contract.objects.filter(department__in=both), CallOff.objects.filter(department__in=both))


def values(contracts: QuerySet[Contract]) -> dict[int, Decimal]:
    """What was agreed of each with its executed variations, by primary key."""
    varied = dict(
        Variation.objects.filter(contract__in=contracts, executed_at__isnull=False).order_by().values_list("contract").annotate(Sum("revision__value_gbp"))
    )
    return {pk: own + varied.get(pk, ZERO) for pk, own in contracts.order_by().values_list("pk", "original_value_gbp")}


def reserved(orders: QuerySet[CallOff]) -> dict[int, Decimal]:
    """By primary key: what is reserved for an order, and for what changes its contract."""
    rows = CapacityEntry.objects.filter(call_off__in=orders).order_by().values_list("call_off").annotate(Sum("reserved_delta_gbp"))
    return {pk: amount for pk, amount in rows if amount}


@dataclass(frozen=True)
class Moving:
    """A person with the posts that pass with them and what each may commit."""

    user: User
    posts: tuple[tuple[PostHolding, tuple[Delegation, ...]], ...]


def moving(transfer: Transfer, on: date) -> list[Moving]:
    """Before it is applied; three queries."""
    people = list(people_of(transfer, on))
    held: dict[int, list] = {}
    rows = passing_on.lasting_posts(transfer.outgoing, on).filter(user__in=people)
    for one in rows.select_related("post").prefetch_related("delegations").order_by("post__code", "pk"):
        lasting = tuple(row for row in one.delegations.all() if row.ends_on is None or row.ends_on >= on)
        held.setdefault(one.user_id, []).append((one, lasting))
    return [Moving(user, tuple(held.get(user.pk, ()))) for user in people]


def moved(transfer: Transfer) -> list[Moving]:
    """After: the posts that they were given at the receiving department."""
    people, on = list(people_of(transfer, transfer.effective_on)), transfer.applied_at
    held: dict[int, list] = {}
    rows = PostHolding.objects.filter(post__organisation=transfer.receiving_id, user__in=people, delegations__carried_from__isnull=False)
    rows |= PostHolding.objects.filter(post__organisation=transfer.receiving_id, user__in=people, starts_on__gte=transfer.effective_on)
    for one in rows.distinct().select_related("post").prefetch_related("delegations").order_by("post__code", "pk"):
        held.setdefault(one.user_id, []).append((one, tuple(row for row in one.delegations.all() if row.carried_from_id)))
    return [Moving(user, tuple(held.get(user.pk, ()))) for user in people] if on else []


def unsigned_contracts(transfer: Transfer) -> QuerySet[Contract]:
    return contracts_of(transfer).filter(state__in=UNSIGNED_CONTRACTS).select_related("document", "call_off").order_by("pk")


def unsigned_variations(transfer: Transfer) -> QuerySet[Variation]:
    rows = Variation.objects.filter(contract__in=contracts_of(transfer), state=VariationState.AWAITING_SIGNATURES)
    return rows.select_related("document", "contract__call_off").order_by("pk")


def not_novated(transfer: Transfer) -> QuerySet[Contract]:
    """Contracts under which something is still to be done that no signed novation names."""
    signed = Novation.objects.filter(contract=OuterRef("pk"), transfer=transfer, state=NovationState.EXECUTED)
    return contracts_of(transfer).filter(~Exists(signed), state__in=BOUND).order_by("pk")


def acted_on(transfer: Transfer) -> QuerySet[CallOff]:
    return orders_of(transfer).filter(state__in=UNDER_WAY).order_by("pk")


def by_novation(transfer: Transfer) -> bool:
    return transfer.basis == TransferBasis.NOVATION


def elsewhere(transfer: Transfer) -> QuerySet[Contract]:
    """Contracts of the outgoing department under a framework of another authority, which this transfer does not move."""
    rows = Contract.objects.filter(department=transfer.outgoing_id, state__in=[*BOUND, *UNSIGNED_CONTRACTS])
    return rows.exclude(framework__authority=transfer.authority_id).select_related("framework").order_by(F("framework_id"), "pk")


def orders_elsewhere(transfer: Transfer) -> QuerySet[CallOff]:
    """Orders of the outgoing department that others have acted on, under a framework of another authority: nobody would be left to
    bring them to their contract."""
    rows = CallOff.objects.filter(department=transfer.outgoing_id, state__in=UNDER_WAY)
    return rows.exclude(framework__authority=transfer.authority_id).order_by("pk")
