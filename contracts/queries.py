"""Reads of contracts over several tables."""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from django.db.models import Count, Exists, F, Func, IntegerField, JSONField, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.text import search_words
from contracts import access, ending_queries
from contracts.access import SIGNING_POST
from contracts.managers import SUPPLIER_POSTS
from contracts.models import (
    BOUND,
    NOTICED,
    NUMBER_SERIES,
    AcceptanceDecision,
    Contract,
    ContractState,
    Milestone,
    MilestoneState,
    Party,
    Termination,
    Variation,
    VariationReply,
    VariationState,
)
from documents.models import SigningIntent
from procurement import approvals, searching, signing, working_days
from procurement.access import sight_of
from procurement.actors import Person
from procurement.inbox import MOST_OF_A_KIND, Item
from procurement.models import Approval, CallOff, PostCode

M, V = MilestoneState, VariationState
DAYS_TO_DECIDE = 5  # working days that the department has for a milestone (the contract's Schedule 3, paragraph 3.2)
SOON_DAYS = 14


def to_sign(by: Person, on: date) -> QuerySet[Contract]:
    """Contracts whose next signature is the person's to give now: not while the one before is still being put on. Whose
    turn it is, is how many have signed: they do in the order the document was made for."""
    held = sight_of(by, on).posts
    wanted = Q()
    for organisation_id, post in held:
        if post == SIGNING_POST[Party.SUPPLIER]:
            wanted |= Q(supplier_id=organisation_id, turn=Party.SUPPLIER)
        if post == SIGNING_POST[Party.DEPARTMENT]:
            wanted |= Q(department_id=organisation_id, turn=Party.DEPARTMENT)
        if post == SIGNING_POST[Party.AUTHORITY]:
            wanted |= Q(framework__authority_id=organisation_id, turn=Party.AUTHORITY)
    if not wanted:
        return Contract.objects.none()
    signed = SigningIntent.objects.filter(document=OuterRef("document")).order_by()
    count = signed.values("document").annotate(n=Count("*")).values("n")
    following = Func(
        F("document__expected_signers"), Cast(Coalesce(Subquery(count), 0), IntegerField()), arg_joiner=" -> ",
        template="(%(expressions)s)", output_field=JSONField(),
    )  # fmt: skip
    return (
        Contract.objects.annotate(turn=KeyTextTransform("party", following))
        .filter(~Exists(signed.filter(signature__isnull=True)), wanted, state=ContractState.AWAITING_SIGNATURES)
        .select_related("department")
        .order_by("state_since", "id")
    )


def inbox(by: Person, on: date) -> list[Item]:
    """Contracts to sign, as what waits for the person, each since it has been their turn."""
    found = list(to_sign(by, on)[:MOST_OF_A_KIND])
    acts = signing.last_acts(contract.document_id for contract in found)
    return [
        Item(
            f"{contract.number} {contract.title}", contract.department.name, _("to sign"),
            reverse("contracts:contract", args=[contract.public_id]),
            acts.get(contract.document_id, contract.state_since), subject_to_contract=True,
        )  # fmt: skip
        for contract in found
    ]


def transition(by: Person, on: date) -> list[Item]:
    """Milestones that wait for the person: to decide, where the conditions of one are to be looked at, and to bring about
    what is due soon. One query."""
    held = sight_of(by, on).posts
    buys = [organisation for organisation, post in held if post == PostCode.CONTRACT_MANAGER]
    sells = [organisation for organisation, post in held if post in SUPPLIER_POSTS]
    if not buys and not sells:
        return []
    soon = on + timedelta(days=SOON_DAYS)
    of_conditions = AcceptanceDecision.objects.filter(
        submission__milestone=OuterRef("pk"), outcome=AcceptanceDecision.Outcome.CONDITIONAL
    ).values("conditions_by")[:1]
    rows = Milestone.objects.filter(
        Q(state__in=[M.SUBMITTED, M.CONDITIONAL], contract__department_id__in=buys)
        | Q(state=M.CONDITIONAL, contract__supplier_id__in=sells)
        | Q(state__in=[M.PLANNED, M.IN_PROGRESS], due_on__lte=soon, contract__supplier_id__in=sells),
        contract__state__in=BOUND,
    ).annotate(conditions_by=Subquery(of_conditions))
    return [
        _due(milestone, delivers=milestone.contract.supplier_id in sells)
        for milestone in rows.select_related("contract__department").order_by("due_on", "id")[:MOST_OF_A_KIND]
    ]


def _due(milestone: Milestone, *, delivers: bool) -> Item:
    """``delivers``: whether the reader is the supplier's, who meets the conditions that the department looks at."""
    contract, words = milestone.contract, {
        M.SUBMITTED: _("milestone %(label)s to accept or send back"),
        M.CONDITIONAL: _("milestone %(label)s: its conditions to meet") if delivers else _("milestone %(label)s: are its conditions met?"),
        M.PLANNED: _("milestone %(label)s to begin"),
        M.IN_PROGRESS: _("milestone %(label)s to submit"),
    }
    until = working_days.midnight_after(milestone.due_on)
    if milestone.state == M.SUBMITTED:
        until = working_days.due(milestone.state_since, DAYS_TO_DECIDE)
    if milestone.state == M.CONDITIONAL:
        until = working_days.midnight_after(milestone.conditions_by)
    return Item(
        f"{contract.number} {contract.title}", contract.department.name, words[milestone.state] % {"label": milestone.label},
        reverse("contracts:milestone", args=[contract.public_id, milestone.number]), milestone.state_since,
        until,
    )  # fmt: skip


def visible_list(by: Person, on: date, *, text: str = "", standing: str = "") -> QuerySet[Contract]:
    """The person's contracts by text (number, supplier and what its call-off is found by) and by how they stand."""
    rows = ending_queries.with_standing(access.visible_contracts(by, on).select_related("department", "supplier"))
    if standing:
        rows = rows.filter(ending_queries.standing_filter(standing, on))
    return searching.found_by(rows, search_words(text), _ways)


def orders_by_number(word: str, by: Person, on: date) -> Q | None:
    """Orders by how the number of a contract of theirs begins; a void one finds its order too."""
    if not word.startswith(f"{NUMBER_SERIES.lower()}-"):
        return None
    found = access.visible_contracts(by, on).filter(number__startswith=word.upper())
    return Q(pk__in=found.values("call_off"))


def orders_that_ended(on: date) -> QuerySet:
    """Ids of the orders whose contract a notice of termination ends before the day."""
    noticed = Termination.objects.filter(state__in=NOTICED, effective_on__lte=on)
    return noticed.values("contract__call_off")


def newest_of(orders: Iterable[CallOff], by: Person, on: date) -> dict[int, Contract]:
    """By order: the contract it became, the newest where an earlier one is void. One query."""
    rows = access.visible_contracts(by, on).filter(call_off__in=list(orders)).order_by("id")
    return {contract.call_off_id: contract for contract in rows}


def _ways(word: str) -> list[Q]:
    return [Q(search_text__contains=word), Q(call_off__particulars__purchase_order__icontains=word)]


def variations(by: Person, on: date) -> list[Item]:
    """Variations that wait for the person: to sign, for a contract manager those to finish or to submit, and for whoever runs
    the contract for the supplier those of which nobody has said whether they can be delivered. Three queries."""
    held = sight_of(by, on).posts
    works = [organisation for organisation, post in held if post == PostCode.CONTRACT_MANAGER]
    sells = [organisation for organisation, post in held if post in SUPPLIER_POSTS]
    sides = {party: [organisation for organisation, post in held if post == code] for party, code in SIGNING_POST.items()}
    if not works and not sells and not any(sides.values()):
        return []
    said = Exists(VariationReply.objects.filter(revision=OuterRef("revision")))
    mine = Q(contract__department__in=works, state__in=[V.DRAFT, V.ASSESSED]) | Q(
        ~said, contract__supplier__in=sells, state__in=[V.ASSESSED, V.IN_APPROVAL]
    )
    signs = Q(contract__supplier__in=sides[Party.SUPPLIER]) | Q(contract__department__in=sides[Party.DEPARTMENT]) | Q(
        contract__framework__authority__in=sides[Party.AUTHORITY]
    )
    rows = Variation.objects.filter(mine | signs & Q(state=V.AWAITING_SIGNATURES)).select_related(
        "document", "contract__department", "contract__framework"
    )
    found = list(rows.order_by("state_since", "id")[:MOST_OF_A_KIND])
    words = {V.DRAFT: _("variation %(label)s to finish"), V.ASSESSED: _("variation %(label)s to submit for approval")}
    answers = _("variation %(label)s: say whether it can be delivered")
    items = [
        _changing(one, answers if one.contract.supplier_id in sells else words[one.state], one.state_since)
        for one in found if one.state != V.AWAITING_SIGNATURES
    ]  # fmt: skip
    for one, party, came in signing.whose_turn(one for one in found if one.state == V.AWAITING_SIGNATURES):
        if access.organisation_of(one.contract, Party(party)).pk in sides[Party(party)]:
            items.append(_changing(one, _("variation %(label)s to sign"), came))
    return items


def _changing(variation: Variation, words: str, came: datetime) -> Item:
    contract = variation.contract
    return Item(
        f"{contract.number} {contract.title}", contract.department.name, words % {"label": variation.label},
        reverse("contracts:variation", args=[contract.public_id, variation.number]), came,
    )


def _of_variations(found: Collection[Approval]) -> dict[int, approvals.About]:
    rows = Variation.objects.filter(public_id__in={one.subject_id for one in found}).select_related(
        "contract__call_off__framework", "contract__call_off__department"
    )
    of = {str(row.public_id): row for row in rows}
    return {one.pk: _about(of[one.subject_id]) for one in found}


def _about(variation: Variation) -> approvals.About:
    contract = variation.contract
    url = reverse("contracts:variation", args=[contract.public_id, variation.number])
    return approvals.About(contract.call_off, f"{contract.number} {variation.label} {variation.title}", url, contract.number)


VARIATIONS = approvals.Kind(
    gettext_lazy("this variation"), gettext_lazy("this revision"), _of_variations,
    lambda about, step: f"{about.url}steps/{step.position}/",
    lambda about, query: f"{about.url}queries/{query.pk}/",
)  # fmt: skip
