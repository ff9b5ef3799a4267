"""A worker with paper instead of keys: every row, move and record of a document is made by the real functions, and only
the bytes are no PDF. What seals, signatures and timestamps are is tested where they are made (tests/documents,
tests/contracts/test_formation.py); here they would cost a second each."""

from datetime import datetime

from contracts import (
    accepting,
    exiting,
    formation,
    publishing,
    rerating,
    terminating,
    variation_issuing,
)
from contracts.models import AcceptanceDecision, Contract, ContractVersion, Exit, RedactedCopy, Termination, Variation
from documents import storage, store
from documents.models import Document, Purpose, Signature, SigningIntent
from procurement import agreements
from procurement.models import Accession
from tests import cast
from tests.cast import START


def _next(document: Document, words: str) -> bytes:
    """The bytes that would follow, in the store."""
    last = store.head(document)
    pdf = (storage.get(last.sha256) if last else b"%PDF-1.7 on paper\n") + f"{words} {document.pk}\n".encode()
    storage.put(pdf)
    return pdf


def add(document: Document, purpose: str) -> None:
    last = store.head(document)
    pages = 1 if last is None else None
    store.add_revision(document, _next(document, purpose), purpose, base_sha256=last.sha256 if last else None, pages=pages)


def made(document: Document) -> None:
    add(document, Purpose.DRAFT)
    add(document, Purpose.ISSUING_SEAL)


def signed(intent: SigningIntent) -> Signature:
    return store.record_signature(intent, _next(intent.document, intent.field), certificate_sha256="0" * 64)


def issued(contract: Contract) -> Contract:
    made(contract.document)
    return formation.issued(cast.fresh(contract), at=START)


def act(contract: Contract, party: str, email: str, at: datetime = START) -> SigningIntent:
    shown = store.head(contract.document).sha256
    return formation.sign(cast.fresh(contract), party, shown_sha256=shown, by=cast.person(email), at=at)


def put_on(intent: SigningIntent, contract: Contract, at: datetime = START) -> Contract:
    """The signature that somebody has acted for; after the last one the document is closed and the contract executed."""
    signed(intent)
    contract = formation.signature_made(cast.fresh(contract), at=at)
    if store.next_party(contract.document) is not None:
        return contract
    add(contract.document, Purpose.ARCHIVE_TIMESTAMP)
    return formation.execute(cast.fresh(contract), at=at)


def sign(contract: Contract, party: str, email: str) -> Contract:
    signed(act(contract, party, email))
    return formation.signature_made(cast.fresh(contract), at=START)


def archived(contract: Contract) -> Contract:
    """Issued, signed by all three, and closed: ``formation.execute`` is what comes next."""
    issued(contract)
    for party, email in cast.SIGNATORIES:
        sign(contract, party, email)
    add(contract.document, Purpose.ARCHIVE_TIMESTAMP)
    return cast.fresh(contract)


def executed(contract: Contract) -> Contract:
    return formation.execute(archived(contract), at=START)


@cast.once_a_world(Contract.objects.get)
def in_force() -> Contract:
    """The contract of the DIUS order, signed by all three."""
    return executed(cast.accepted())


def noticed(contract: Contract) -> ContractVersion:
    """The notice of new prices that is due, sealed and closed."""
    (version,) = rerating.rerate(contract, at=START)
    made(version.document)
    add(version.document, Purpose.ARCHIVE_TIMESTAMP)
    rerating.announced(version, at=START)
    return version


def certified(decision: AcceptanceDecision) -> AcceptanceDecision:
    """Its certificate, sealed and closed."""
    made(decision.document)
    add(decision.document, Purpose.ARCHIVE_TIMESTAMP)
    accepting.certified(decision, at=START)
    return decision


def notice_sealed(termination: Termination) -> Termination:
    """Its notice, sealed and closed."""
    made(termination.document)
    add(termination.document, Purpose.ARCHIVE_TIMESTAMP)
    terminating.announced(termination, at=START)
    return termination


def return_certified(exit: Exit) -> Exit:
    """Its certificate, sealed and closed."""
    made(exit.document)
    add(exit.document, Purpose.ARCHIVE_TIMESTAMP)
    exiting.certified(exit, at=START)
    return exit


def copy_published(copy: RedactedCopy) -> RedactedCopy:
    """Its document, sealed and closed."""
    made(copy.document)
    add(copy.document, Purpose.ARCHIVE_TIMESTAMP)
    return publishing.published(cast.fresh(copy), at=START)


def variation_issued(variation: Variation, at: datetime = START) -> Variation:
    made(variation.document)
    return variation_issuing.issued(cast.fresh(variation), at=at)


def variation_act(variation: Variation, party: str, email: str, at: datetime = START) -> SigningIntent:
    shown = store.head(variation.document).sha256
    return variation_issuing.sign(cast.fresh(variation), party, shown_sha256=shown, by=cast.person(email), at=at)


def sign_variation(variation: Variation, party: str, email: str, at: datetime = START) -> Variation:
    signed(variation_act(variation, party, email, at))
    return variation_issuing.signature_made(cast.fresh(variation), at=at)


def variation_archived(variation: Variation, at: datetime = START) -> Variation:
    """Issued, signed by all three, and closed: ``variation_issuing.execute`` is what comes next."""
    variation_issued(variation, at)
    for party, email in cast.SIGNATORIES:
        sign_variation(variation, party, email, at)
    add(variation.document, Purpose.ARCHIVE_TIMESTAMP)
    return cast.fresh(variation)


def variation_executed(variation: Variation, at: datetime = START) -> Variation:
    return variation_issuing.execute(variation_archived(variation, at), at=at)


PARTIES = (("department", "signatory@ons.example"), ("authority", "authority.signatory@co.example"))


def agreement_issued(accession: Accession) -> Accession:
    made(accession.document)
    return agreements.issued(cast.fresh(accession), at=START)


def agreement_act(accession: Accession, party: str, email: str) -> SigningIntent:
    shown = store.head(accession.document).sha256
    return agreements.sign(cast.fresh(accession), party, shown_sha256=shown, by=cast.person(email), at=START)


def sign_agreement(accession: Accession, party: str, email: str) -> Accession:
    signed(agreement_act(accession, party, email))
    return agreements.signature_made(cast.fresh(accession), at=START)


def agreement_archived(accession: Accession) -> Accession:
    for party, email in PARTIES:
        sign_agreement(accession, party, email)
    add(accession.document, Purpose.ARCHIVE_TIMESTAMP)
    return cast.fresh(accession)
