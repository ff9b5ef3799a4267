"""The contract, and the document under it."""

from datetime import date, timedelta

from django.urls import reverse

from contracts import delivery, formation, guards
from contracts.models import AcceptanceDecision, Evidence, MilestoneSubmission
from documents import store
from documents.actors import SYSTEM
from documents.models import DocumentRevision, Purpose
from tests import cast, paper
from tests.cast import START
from tests.contracts import transition_cast as made
from tests.machines import Action, Form, Machine

OVER = START.replace(year=2030)
SUPPLIER, DEPARTMENT, AUTHORITY = (email for _party, email in cast.SIGNATORIES)


def shown(contract) -> str:
    head = store.head(contract.document)
    return head.sha256 if head else "0" * 64


def signing(email: str, turn: str) -> Action:
    """Whoever it is signs for the party whose turn it is, or to be told when theirs comes for their own: as on the page."""

    def act(contract):
        party = guards.signing_of(contract).asked(cast.person(email), START).party
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


# ---- the transition: of the third milestone, which changes no terms


def third(_):
    return made.milestone(3, paper.executed(cast.accepted()))


def after(act):
    """The milestone as the act leaves it."""

    def done(milestone):
        act(made.milestone(milestone.number, milestone.contract))
        return milestone

    return done


MOVED_TO, LATE = date(2008, 1, 14), START + timedelta(weeks=30)


def submit(milestone):
    return delivery.submit(milestone, made.shown(milestone), by=cast.person(made.SERVICE), at=START)


def move(milestone):
    return delivery.move_due_day(milestone, MOVED_TO, reason="A strike.", by=cast.person(made.MANAGER), at=START)


def fail(milestone):
    return delivery.fail(milestone, reason="Nobody works on it.", by=cast.person(made.MANAGER), at=LATE)


def page_of(name: str, email: str, **fields):
    """The form of a page of the milestone; it repeats the hash of what was submitted last, whatever the state."""

    def form(milestone):
        address = reverse(f"contracts:{name}", args=[milestone.contract.public_id, milestone.number])
        return Form(email, address, {"shown_hash": made.last(milestone), **fields})

    return form


DAY = {"conditions_by_day": "1", "conditions_by_month": "1", "conditions_by_year": "2030"}
NEW_DAY = {"day_day": "14", "day_month": "1", "day_year": "2008", "reason": "A strike."}
WORKED_ON = ("in_progress", "in_progress, sent back")
MILESTONE = Machine(
    rows=(MilestoneSubmission, Evidence, AcceptanceDecision),
    states={
        "planned": (None, third),
        "in_progress": ("planned", after(made.begun)),
        "submitted": ("in_progress", after(submit)),
        "in_progress, sent back": ("submitted", after(made.sent_back)),
        "conditional": ("submitted", after(made.conditional)),
        "achieved": ("submitted", after(made.accepted)),
        "failed": ("in_progress", after(fail)),
    },
    actions={
        "begin": Action(("planned",), made.begun, page_of("begin_milestone", made.SERVICE)),
        "submit": Action(WORKED_ON, submit, page_of("submit_milestone", made.SERVICE, words_1="Done.", words_2="Done.")),
        "accept": Action(("submitted",), made.accepted, page_of("decide_milestone", made.MANAGER, outcome="accepted")),
        "accept on conditions": Action(("submitted",), made.conditional, page_of(
            "decide_milestone", made.MANAGER, outcome="conditional", conditions="The report.", **DAY)),
        "send back": Action(("submitted",), made.sent_back, page_of(
            "decide_milestone", made.MANAGER, outcome="returned", not_met_1="One is missing.")),
        "conditions met": Action(("conditional",), made.met, page_of("conditions_met", made.MANAGER)),
        "move": Action(("planned", *WORKED_ON), move, page_of("move_milestone", made.MANAGER, **NEW_DAY)),
        "fail": Action(("planned", *WORKED_ON), fail),  # long after the moment that the pages' clock stands at
    },
)  # fmt: skip
