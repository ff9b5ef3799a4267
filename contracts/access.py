"""Who may see a contract and who may sign for which party. Strangers 404; colleagues without the right 403."""

from datetime import date
from typing import TypeVar
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404

from catalogue.models import Framework, Organisation
from contracts.models import (
    ChangeRequest,
    Contract,
    ContractSavings,
    DepartmentSavings,
    KpiRound,
    ManagementReturn,
    Novation,
    Party,
    RedactedCopy,
    StatutoryNotice,
    Termination,
    Transfer,
    TransferNotice,
    TransferState,
    Variation,
    VariationRevision,
)
from procurement.access import sight_of
from procurement.actors import Person
from procurement.models import PostCode

Numbered = TypeVar("Numbered", ChangeRequest, RedactedCopy, StatutoryNotice, Termination, Variation)

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


def _numbered(rows: QuerySet[Numbered], number: int, contract: Contract) -> Numbered:
    """The one of the rows, which are what somebody sees of the contract, that has the number; with the contract, or 404."""
    found = rows.filter(number=number).first()
    if found is None:
        raise Http404
    found.contract = contract
    return found


def viewpoint(by: Person, contract: Contract, on: date) -> str:
    """From which side the person reads a contract that they may see: the department's before the authority's before the supplier's."""
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


def variations_shown(by: Person, on: date) -> Q:
    """Of variations of several contracts that the person may see: all of their own department's, of others what was assessed."""
    assessed = Exists(VariationRevision.objects.filter(variation=OuterRef("pk"), assessed_at__isnull=False))
    return Q(contract__department__in=sight_of(by, on).buyers) | Q(assessed)


def get_variation(by: Person, public_id: UUID, number: int, on: date) -> Variation:
    """The variation with its contract, or 404."""
    contract = get_contract(by, public_id, on)
    found = _numbered(visible_variations(by, contract, on), number, contract)
    found.revision.variation = found
    return found


def revision_shown(by: Person, variation: Variation, on: date) -> VariationRevision:
    """To the department the newest, to the others the newest that has been assessed."""
    if variation.revision.is_assessed or viewpoint(by, variation.contract, on) == Party.DEPARTMENT:
        return variation.revision
    found = variation.revisions.filter(assessed_at__isnull=False).last()
    found.variation = variation
    return found


def get_change_request(by: Person, public_id: UUID, number: int, on: date) -> ChangeRequest:
    """The change request with its contract, or 404: both sides and the authority read all of them."""
    contract = get_contract(by, public_id, on)
    return _numbered(contract.change_requests.all(), number, contract)


def visible_notices(by: Person, contract: Contract, on: date) -> QuerySet[StatutoryNotice]:
    """Of a contract that the person may see."""
    return notices_for(viewpoint(by, contract, on), contract)


def notices_for(side: str, contract: Contract) -> QuerySet[StatutoryNotice]:
    """The supplier sees those that are published, and its ratings once there are any."""
    rows = contract.statutory_notices.order_by("number")
    if side != Party.SUPPLIER:
        return rows
    return rows.filter(Q(publication__isnull=False) | Exists(KpiRound.objects.filter(notice=OuterRef("pk"))))


def get_notice(by: Person, public_id: UUID, number: int, on: date) -> StatutoryNotice:
    """The notice with its contract, or 404."""
    contract = get_contract(by, public_id, on)
    return _numbered(visible_notices(by, contract, on).select_related("publication", "variation__revision"), number, contract)


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
    return _numbered(visible_terminations(by, contract, on), number, contract)


def reads_savings(by: Person, on: date) -> bool:
    """Whether the person is of a department or an authority: a supplier reads neither baseline nor saving."""
    seen = sight_of(by, on)
    return bool(seen.buyers or seen.frameworks)


def _theirs(by: Person, on: date) -> Q:
    seen = sight_of(by, on)
    return Q(department_id__in=seen.buyers) | Q(framework_id__in=seen.frameworks)


def visible_savings(by: Person, on: date) -> QuerySet[DepartmentSavings]:
    """A department's own, and the authority's under its frameworks; never a supplier's."""
    return DepartmentSavings.objects.filter(_theirs(by, on))


def visible_contract_savings(by: Person, on: date) -> QuerySet[ContractSavings]:
    """The same of each contract."""
    return ContractSavings.objects.filter(_theirs(by, on))


def get_saving_department(by: Person, code: str, on: date) -> Organisation:
    """The person's own department, or one that is known under a framework they serve; 404 for a stranger."""
    seen = sight_of(by, on)
    known = Q(pk__in=seen.buyers) | Q(accessions__framework__in=seen.frameworks) | Q(department_savings__framework__in=seen.frameworks)
    found = Organisation.objects.filter(known, code=code).first()
    if found is None:
        raise Http404
    return found


def visible_transfers(by: Person, on: date) -> QuerySet[Transfer]:
    """The authority's people see all of its transfers. Both departments' see those that were agreed to; once one has taken
    effect the outgoing one's remaining people see nothing of it any more, as of what has passed by it."""
    seen = sight_of(by, on)
    served = Framework.objects.filter(pk__in=seen.frameworks).values("authority")
    agreed = Q(receiving__in=seen.organisations) | Q(outgoing__in=seen.organisations) & ~Q(state=TransferState.APPLIED)
    rows = Transfer.objects.filter(Q(authority__in=served) | agreed & Q(agreed_at__isnull=False))
    return rows.select_related("authority", "outgoing", "receiving")


def get_transfer(by: Person, public_id: UUID, on: date) -> Transfer:
    """The transfer, or 404 for a stranger."""
    found = visible_transfers(by, on).filter(public_id=public_id).first()
    if found is None:
        raise Http404
    return found


def serves_transfer(by: Person, transfer: Transfer, on: date) -> bool:
    """Whether the person is of the authority whose it is."""
    return Framework.objects.filter(pk__in=sight_of(by, on).frameworks, authority=transfer.authority_id).exists()


def reads_what_passes(by: Person, transfer: Transfer, on: date) -> bool:
    """Whose it is reads what there is: the authority, the outgoing department before its day, the receiving one after it."""
    mine = transfer.receiving_id if transfer.state == TransferState.APPLIED else transfer.outgoing_id
    return mine in sight_of(by, on).organisations or serves_transfer(by, transfer, on)


def _whose_transfer(by: Person, on: date) -> Q:
    """Of a document of a transfer: that it is the person's authority's, or of one of both departments, which keep it."""
    seen = sight_of(by, on)
    served = Framework.objects.filter(pk__in=seen.frameworks).values("authority")
    departments = Q(transfer__outgoing__in=seen.organisations) | Q(transfer__receiving__in=seen.organisations)
    return Q(transfer__authority__in=served) | departments


def get_transfer_notice(by: Person, public_id: UUID, position: int, on: date) -> TransferNotice:
    """The notice, for whom it is to: the authority, both departments and its supplier; else 404. It stays with those who were
    given it."""
    rows = TransferNotice.objects.filter(_whose_transfer(by, on) | Q(supplier__in=sight_of(by, on).sellers))
    rows = rows.select_related("transfer__authority", "transfer__outgoing", "transfer__receiving", "supplier", "document")
    found = rows.filter(transfer__public_id=public_id, position=position).first()
    if found is None:
        raise Http404
    return found


def get_novation(by: Person, public_id: UUID, contract_id: UUID, on: date) -> Novation:
    """The novation of a contract by a transfer, for its three parties and the authority; else 404."""
    rows = Novation.objects.filter(_whose_transfer(by, on) | Q(contract__supplier__in=sight_of(by, on).sellers))
    rows = rows.select_related(
        "transfer__authority", "transfer__outgoing", "transfer__receiving", "document", "contract__call_off__framework",
        "contract__framework__authority", "contract__supplier", "contract__department", "contract__revision__approval__framework__authority",
        "contract__revision__approval__department",
    )  # fmt: skip
    found = rows.filter(transfer__public_id=public_id, contract__public_id=contract_id).first()
    if found is None:
        raise Http404
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
    return _numbered(visible_copies(by, contract, on), number, contract)
