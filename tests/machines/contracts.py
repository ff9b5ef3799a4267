"""The contract, and the document under it."""

from django.urls import reverse

from contracts import formation
from documents import store
from documents.actors import SYSTEM
from documents.models import DocumentRevision, Purpose
from tests import cast, paper
from tests.cast import START
from tests.machines import Action, Form, Machine

OVER = START.replace(year=2030)
SUPPLIER, DEPARTMENT, AUTHORITY = (email for _party, email in cast.SIGNATORIES)


def shown(contract) -> str:
    head = store.head(contract.document)
    return head.sha256 if head else "0" * 64


def signing(email: str, turn: str) -> Action:
    """Whoever it is signs for the party whose turn it is, as on the page, which is their own in one state."""

    def act(contract):
        party = store.next_party(contract.document) or "authority"
        return formation.sign(contract, party, shown_sha256=shown(contract), by=cast.person(email), at=START)

    return Action((turn,), act, lambda c: Form(email, reverse("contracts:sign", args=[c.public_id]), {
        "read": "on", "shown_sha256": shown(c)}))  # fmt: skip


def refuse(contract):
    return formation.refuse_to_sign(contract, "supplier", reason="A term.", changes_wanted=False, by=cast.person(SUPPLIER), at=START)


def closed(contract):
    paper.sign(contract, "authority", AUTHORITY)
    paper.add(contract.document, Purpose.ARCHIVE_TIMESTAMP)
    return contract


NOT_YET = ("preparing", "awaiting_signatures")
CONTRACT = Machine(
    states={
        "preparing": (None, lambda _: cast.accepted()),
        "awaiting_signatures": ("preparing", paper.issued),
        "void": ("awaiting_signatures", refuse),
        "awaiting_signatures, signed by the supplier": ("awaiting_signatures", lambda c: paper.sign(c, "supplier", SUPPLIER)),
        "awaiting_signatures, signed by two": (
            "awaiting_signatures, signed by the supplier", lambda c: paper.sign(c, "department", DEPARTMENT)
        ),
        "awaiting_signatures, closed": ("awaiting_signatures, signed by two", closed),
        "executed": ("awaiting_signatures, closed", lambda c: formation.execute(c, at=START)),
    },
    actions={
        "issue": Action(("preparing",), lambda c: formation.issued(c, at=START) if c.state != "preparing" else paper.issued(c), quiet=True),
        "sign for the supplier": signing(SUPPLIER, "awaiting_signatures"),
        "sign for the department": signing(DEPARTMENT, "awaiting_signatures, signed by the supplier"),
        "sign for the authority": signing(AUTHORITY, "awaiting_signatures, signed by two"),
        "refuse": Action(NOT_YET, refuse, lambda c: Form(SUPPLIER, reverse("contracts:refuse", args=[c.public_id]), {
            "changes": "no", "reason": "A term."})),
        "void at the end of the framework": Action(
            (*NOT_YET, "awaiting_signatures, signed by the supplier", "awaiting_signatures, signed by two"),
            lambda c: formation.void_unsigned(c, at=OVER), quiet=True),
        "execute": Action(("awaiting_signatures, closed",), lambda c: formation.execute(c, at=START), quiet=True),
    },
)  # fmt: skip


def of_contract(_):
    return cast.accepted().document


def adding(purpose: str):
    def act(document):
        paper.add(document, purpose)
        return document

    return act


def of_notice(_):
    return store.create(kind="rerating_notice", version=1, subject="notice of a test", number="RN-2007-900001", payload={},
                        signers=[], by=SYSTEM, at=START)  # fmt: skip


def void(document):
    return store.void(document, by=SYSTEM, at=START)


DOCUMENT = Machine(
    rows=(DocumentRevision,),
    states={
        "queued": (None, of_contract),
        "drafted": ("queued", adding(Purpose.DRAFT)),
        "sealed": ("drafted", adding(Purpose.ISSUING_SEAL)),
        "signing": ("sealed", adding(Purpose.SIGNATURE)),
        "complete": ("signing", adding(Purpose.ARCHIVE_TIMESTAMP)),
        "void": ("sealed", void),
    },
    actions={
        "draft": Action(("queued",), adding(Purpose.DRAFT)),
        "seal": Action(("drafted",), adding(Purpose.ISSUING_SEAL)),
        "sign": Action(("sealed", "signing"), adding(Purpose.SIGNATURE)),
        "complete": Action(("signing",), adding(Purpose.ARCHIVE_TIMESTAMP)),
        "void": Action(("queued", "drafted", "sealed", "signing"), void),
    },
    forged={"state = 'complete'": ("sealed",)},
)  # fmt: skip
NOTICE = Machine(
    rows=(DocumentRevision,),
    states={
        "queued": (None, of_notice),
        "drafted": ("queued", adding(Purpose.DRAFT)),
        "sealed": ("drafted", adding(Purpose.ISSUING_SEAL)),
        "complete": ("sealed", adding(Purpose.ARCHIVE_TIMESTAMP)),
        "void": ("sealed", void),
    },
    actions={
        "draft": Action(("queued",), adding(Purpose.DRAFT)),
        "seal": Action(("drafted",), adding(Purpose.ISSUING_SEAL)),
        "sign": Action((), adding(Purpose.SIGNATURE)),
        "complete": Action(("sealed",), adding(Purpose.ARCHIVE_TIMESTAMP)),
        "void": Action(("queued", "drafted", "sealed"), void),
    },
    forged={"state = 'signing'": ("sealed",)},
)  # fmt: skip
