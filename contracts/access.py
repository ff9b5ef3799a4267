"""Who may see a contract and who may sign for which party. Strangers 404; colleagues without the right 403."""

from datetime import date
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from catalogue.models import Organisation
from contracts.models import Contract, ManagementReturn, Party, RedactedCopy, Termination, Variation, VariationRevision
from procurement.access import sight_of
from procurement.actors import Person
from procurement.models import PostCode

SIGNING_POST = {
    Party.SUPPLIER: PostCode.SUPPLIER_SIGNATORY,
    Party.DEPARTMENT: PostCode.SIGNATORY,
    Party.AUTHORITY: PostCode.AUTHORITY_SIGNATORY,
}


def visible_contracts(by: Person, on: date) -> QuerySet[Contract]:
    """The contracts of the person's organisations (as department or supplier) and frameworks."""
    seen = sight_of(by, on)
    return Contract.objects.filter(
        Q(department_id__in=seen.buyers)
        | Q(framework_id__in=seen.frameworks)
        | Q(supplier_id__in=seen.sellers)
    )


def get_contract(by: Person, public_id: UUID, on: date) -> Contract:
    """The contract, or 404 for a stranger."""
    rows = visible_contracts(by, on).select_related(
        "call_off__requester", "revision__approval", "framework__authority", "department", "supplier", "document"
    )
    contract = rows.filter(public_id=public_id).first()
    if contract is None:
        raise Http404
    return contract


def viewpoint(by: Person, contract: Contract, on: date) -> str:
    seen = sight_of(by, on)
    if contract.department_id in seen.organisations:
        return Party.DEPARTMENT
    if contract.framework_id in seen.frameworks:
        return Party.AUTHORITY
    return Party.SUPPLIER


def organisation_of(contract: Contract, party: str) -> Organisation:
    return {
        Party.SUPPLIER: contract.supplier,
        Party.DEPARTMENT: contract.department,
        Party.AUTHORITY: contract.framework.authority,
    }[Party(party)]


def visible_variations(by: Person, contract: Contract, on: date) -> QuerySet[Variation]:
    """Of a contract that the person may see."""
    return variations_for(viewpoint(by, contract, on), contract)


def variations_for(side: str, contract: Contract) -> QuerySet[Variation]:
    """The department sees its drafts, the others what has been assessed."""
    rows = contract.variations.select_related("revision", "requester", "document", "approval__department", "approval__framework")
    if side == Party.DEPARTMENT:
        return rows
    return rows.filter(Exists(VariationRevision.objects.filter(variation=OuterRef("pk"), assessed_at__isnull=False)))


def get_variation(by: Person, public_id: UUID, number: int, on: date) -> Variation:
    """The variation with its contract, or 404."""
    contract = get_contract(by, public_id, on)
    found = visible_variations(by, contract, on).filter(number=number).first()
    if found is None:
        raise Http404
    found.contract = contract
    found.revision.variation = found
    return found


def revision_shown(by: Person, variation: Variation, on: date) -> VariationRevision:
    """To the department the newest, to the others the newest that has been assessed."""
    if variation.revision.is_assessed or viewpoint(by, variation.contract, on) == Party.DEPARTMENT:
        return variation.revision
    found = variation.revisions.filter(assessed_at__isnull=False).last()
    found.variation = variation
    return found


def visible_returns(by: Person, on: date) -> QuerySet[ManagementReturn]:
    """A supplier's own, and the authority's under its frameworks; never a department's."""
    seen = sight_of(by, on)
    rows = ManagementReturn.objects.filter(Q(supplier_id__in=seen.sellers) | Q(framework_id__in=seen.frameworks))
    return rows.select_related("framework__authority", "supplier")


def may_have_returns(by: Person, on: date) -> bool:
    """Whether the person is of a supplier or an authority."""
    seen = sight_of(by, on)
    return bool(seen.sellers or seen.frameworks)


def get_return(by: Person, public_id: UUID, on: date) -> ManagementReturn:
    """The return, or 404 for a stranger."""
    found = visible_returns(by, on).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def visible_terminations(by: Person, contract: Contract, on: date) -> QuerySet[Termination]:
    """Of a contract that the person may see."""
    return terminations_for(viewpoint(by, contract, on), contract)


def terminations_for(side: str, contract: Contract) -> QuerySet[Termination]:
    """The department sees what it proposes, the others the notices that were given."""
    rows = contract.terminations.select_related("document", "level__calculation", "level__measurement__measure", "milestone")
    return rows if side == Party.DEPARTMENT else rows.filter(notice__isnull=False)


def get_termination(by: Person, public_id: UUID, number: int, on: date) -> Termination:
    """The termination with its contract, or 404."""
    contract = get_contract(by, public_id, on)
    found = visible_terminations(by, contract, on).filter(number=number).first()
    if found is None:
        raise Http404
    found.contract = contract
    return found


def visible_copies(by: Person, contract: Contract, on: date) -> QuerySet[RedactedCopy]:
    """Of a contract that the person may see."""
    return copies_for(viewpoint(by, contract, on), contract)


def copies_for(side: str, contract: Contract) -> QuerySet[RedactedCopy]:
    """The department sees what it proposes, the others what was published."""
    rows = contract.redacted_copies.select_related("document")
    return rows if side == Party.DEPARTMENT else rows.filter(published_at__isnull=False)


def get_copy(by: Person, public_id: UUID, number: int, on: date) -> RedactedCopy:
    """The redacted copy with its contract, or 404."""
    contract = get_contract(by, public_id, on)
    found = visible_copies(by, contract, on).filter(number=number).first()
    if found is None:
        raise Http404
    found.contract = contract
    return found
