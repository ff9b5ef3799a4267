"""The contract, and the document under it."""

from datetime import date, timedelta
from decimal import Decimal

from django.urls import reverse

from contracts import (
    audit_making,
    crediting,
    delivery,
    exiting,
    formation,
    guards,
    invoice_guards,
    invoicing,
    publishing,
    requesting,
    returning,
    running_on,
    terminating,
    variation_approval,
    variation_decision_guards,
    variation_issuing,
    variation_replying,
    varying,
)
from contracts.models import (
    AcceptanceDecision,
    AuditFile,
    ChangeRequest,
    ContractVersion,
    CreditAct,
    Declaration,
    EndReminder,
    Evidence,
    ExitAct,
    InvoiceAct,
    InvoiceAnswer,
    InvoiceCheck,
    InvoicePayment,
    LevyNote,
    LevyPayment,
    ManagementReturn,
    MilestoneSubmission,
    RedactedCopy,
    RunningOn,
    Termination,
    VariationHand,
    VariationReply,
    VariationRevision,
    WithheldField,
)
from documents import store
from documents.actors import SYSTEM
from documents.models import DocumentRevision, Purpose
from procurement.models import CapacityEntry, Decision, Query, Recusal
from tests import cast, paper
from tests.cast import START
from tests.contracts import (
    ending_cast,
    levels_cast,
    money_cast,
    publication_cast,
    request_cast,
    statutory_cast,
)
from tests.contracts import transition_cast as made
from tests.contracts import variation_cast as varied
from tests.machines import Action, Form, Machine, NoAddress

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


def exited(contract):
    """Ended in its first month, which is over and measured; everything of its exit is done or not needed, and nothing else open."""
    contract, at = ending_cast.in_effect(contract, ending_cast.insolvent(ending_cast.FIRST_MONTH)).contract, ending_cast.SETTLED
    ending_cast.levels_confirmed(contract)
    exiting.leave_out(ending_cast.item(contract, "data_return"), reason="It kept none.", by=cast.person(made.MANAGER), at=at)
    for code in ("data_usable", "data_deleted"):
        exiting.leave_out(ending_cast.item(contract, code), reason="It kept none.", by=cast.person(made.MANAGER), at=at)
    for code in ("assets", "knowledge", "access", "final_return", "final_invoice"):
        ending_cast.done(contract, code, at)
    for one in contract.milestones.all():
        delivery.fail(one, reason="The contract has ended.", by=cast.person(made.MANAGER), at=at)
    return contract


def close(contract):
    return exiting.close(contract, by=cast.person(made.MANAGER), at=ending_cast.SETTLED)


def remind(contract):
    return exiting.remind_of_end(contract, at=ending_cast.on(contract.ends_on))


def ending_page(name: str, **fields):
    return lambda c: Form(made.MANAGER, reverse(f"contracts:{name}", args=[c.public_id]), fields)


INSOLVENT = {"ground": "insolvency", "words": "A winding-up order was made.", "last_day_day": "16", "last_day_month": "2", "last_day_year": "2009"}
RUNS_ON = {"services": ["CORE-01", "CORE-02"], "reason": "The new order is late."}
NOT_YET = ("preparing", "awaiting_signatures")
CONTRACT = Machine(
    rows=(Termination, RunningOn, ExitAct, EndReminder, RedactedCopy, AuditFile),
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
        "executed, rated": ("executed", lambda c: (statutory_cast.rated(), c)[1]),
        "expired": ("executed", ending_cast.expired),
        "terminated": ("executed", lambda c: ending_cast.in_effect(c).contract),
        "terminated, done": ("executed", exited),
        "closed": ("terminated, done", close),
    },
    actions={
        "propose its termination": Action(("executed", "executed, rated"), lambda c: ending_cast.proposed(c, ending_cast.insolvent(ending_cast.MID_MONTH)),
                                          ending_page("propose_termination", **INSOLVENT)),
        "propose a published copy": Action(("executed", "executed, rated", "expired", "terminated", "terminated, done", "closed"), publication_cast.proposed,
                                          lambda c: Form(made.MANAGER, reverse("contracts:propose_copy", args=[c.public_id]) + "?next=1", {})),
        "ask for the auditor's file": Action(("executed", "executed, rated", "expired", "terminated", "terminated, done", "closed"),
                                             lambda c: audit_making.ask(c, by=cast.person(made.MANAGER), at=START), ending_page("audit_file")),
        "remind of its end": Action(("executed", "executed, rated"), remind, quiet=True),
        "expire": Action(("executed", "executed, rated"), lambda c: exiting.expire(c, at=ending_cast.over(c)), quiet=True),
        "record what runs on": Action(("expired",), ending_cast.ran_on, ending_page("runs_on", **RUNS_ON)),
        "close": Action(("terminated, done",), close),  # after the month, later than the moment that the pages' clock stands at
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
    return made.milestone(3, paper.in_force())


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


# ---- a variation


def of_executed(_):
    return varied.filled(contract=paper.in_force())


def assess(variation):
    return varying.assess(variation, by=cast.person(varied.MANAGER), at=START)


def submit_variation(variation):
    shown = variation.revision.content_hash
    return variation_approval.submit(variation, shown_hash=shown, by=cast.person(varied.MANAGER), at=START)


def reply_to_variation(variation):
    shown = variation.revision.content_hash
    return variation_replying.reply(
        variation, can_deliver=False, words="Not so soon.", shown_hash=shown, by=cast.person(made.SERVICE), at=START
    )


def withdraw_variation(variation):
    return variation_approval.withdraw(variation, reason="Not needed.", by=cast.person(varied.MANAGER), at=START)


def step_of(variation):
    """The open one, else the last that was; and whoever sits in its chair."""
    if variation.approval is None:
        raise NoAddress
    steps = variation.approval.steps
    found = steps.filter(state="open").first() or steps.last()
    return found, f"{found.post.replace('_', '.')}@{'dius' if found.side == 'department' else 'co'}.example"


def on_open_step(action, *, shown: bool = True, **words):
    def act(variation):
        step, email = step_of(variation)
        more = {"shown_hash": step.approval.content_hash, "no_conflict": True} if shown else {}
        return action(step, by=cast.person(email), at=START, **more, **words)

    return act


def query_of(variation):
    found = variation.approval and variation.approval.queries.first()
    if not found:
        raise NoAddress
    return found


def asked(variation):
    on_open_step(variation_approval.ask, shown=False, text="Why now?")(variation)
    return variation


def returned(variation):
    return on_open_step(variation_approval.return_for_changes, reason="Too many.")(variation)


def rejected(variation):
    return on_open_step(variation_approval.reject, reason="Too many.")(variation)


def answer_query(variation):
    return variation_approval.answer(query_of(variation), text="They come.", by=cast.person(varied.MANAGER), at=START)


def record_notice(variation):
    return variation_approval.record_notice(
        variation, reference="2007/S 1", published_on=START.date(), by=cast.person(varied.MANAGER), at=START
    )


def its_document(variation):
    if variation.document is None:
        raise NoAddress
    return variation.document


def signing_variation(email: str, turn: str) -> Action:
    def act(variation):
        document = its_document(variation)
        head = store.head(document)
        return variation_issuing.sign(
            variation, variation_decision_guards.signing_of(variation).asked(cast.person(email), START).party, shown_sha256=head.sha256 if head else "0" * 64,
            by=cast.person(email), at=START,
        )  # fmt: skip

    def form(variation):
        head = store.head(its_document(variation))
        return Form(email, variation_at(variation, "sign_variation"), {"read": "on", "shown_sha256": head.sha256 if head else "0" * 64})

    return Action((turn,), act, form)


def refuse_variation(variation):
    its_document(variation)
    return variation_issuing.refuse_to_sign(variation, "supplier", reason="A term.", by=cast.person(SUPPLIER), at=START)


def issue_variation(variation):
    document = its_document(variation)
    return paper.variation_issued(variation) if document.state == "queued" else variation_issuing.issued(variation, at=START)


def variation_closed(variation):
    paper.sign_variation(variation, "authority", AUTHORITY)
    paper.add(variation.document, Purpose.ARCHIVE_TIMESTAMP)
    return variation


def variation_at(variation, name: str, *arguments) -> str:
    return reverse(f"contracts:{name}", args=[variation.contract.public_id, variation.number, *arguments])


def by_manager(name: str, **fields):
    """A page of the contract manager; it repeats what the revision says and how often it was edited."""

    def form(variation):
        shown = {"edits": variation.revision.edits, "shown_hash": variation.revision.content_hash}
        return Form(varied.MANAGER, variation_at(variation, name), shown | fields)

    return form


def by_approver(name: str, **fields):
    def form(variation):
        step, email = step_of(variation)
        return Form(email, variation_at(variation, name, step.position), {"shown_hash": step.approval.content_hash, **fields})

    return form


def save_lines(variation):
    edits = variation.revision.edits
    return varying.save_lines(
        variation, varied.wanted(), effective_on=FIRST_DAY, edits=edits, by=cast.person(varied.MANAGER), at=START
    )


FIRST_DAY = date(2008, 11, 1)
THAT_DAY = START.replace(year=2008, month=11, day=1)
LINES = {"effective_on_day": "1", "effective_on_month": "11", "effective_on_year": "2008", "row-TOTAL_FORMS": "0", "row-INITIAL_FORMS": "0"}
PUBLISHED = {"reference": "2007/S 1", "published_on_day": str(START.day), "published_on_month": str(START.month), "published_on_year": str(START.year)}
SAYS = {"no_conflict": "on", "reason": "Too many."}
WITH_AUTHORITY = "in_approval, with the authority"
DECIDED_ON = ("in_approval", WITH_AUTHORITY)
TO_SIGN, BY_ONE, BY_TWO = "awaiting_signatures", "awaiting_signatures, signed by the supplier", "awaiting_signatures, signed by two"
BEING_MADE, CLOSED = "awaiting_signatures, being made", "awaiting_signatures, closed"
VARIATION = Machine(
    rows=(VariationRevision, VariationHand, VariationReply, Decision, Query, Recusal, ContractVersion),
    states={
        "draft": (None, of_executed),
        "assessed": ("draft", assess),
        "in_approval": ("assessed", lambda v: asked(submit_variation(v))),
        "rejected": ("in_approval", rejected),
        "withdrawn": ("in_approval", withdraw_variation),
        WITH_AUTHORITY: ("in_approval", lambda v: varied.decided(v, steps=3)),
        BEING_MADE: (WITH_AUTHORITY, varied.decided),
        TO_SIGN: (BEING_MADE, paper.variation_issued),
        "lapsed": (TO_SIGN, lambda v: variation_issuing.lapse(v, at=THAT_DAY)),
        BY_ONE: (TO_SIGN, lambda v: paper.sign_variation(v, "supplier", SUPPLIER)),
        BY_TWO: (BY_ONE, lambda v: paper.sign_variation(v, "department", DEPARTMENT)),
        CLOSED: (BY_TWO, variation_closed),
        "executed": (CLOSED, lambda v: variation_issuing.execute(v, at=START)),
        "applied": ("executed", lambda v: variation_issuing.apply(v, at=THAT_DAY)),
    },
    actions={
        "save lines": Action(("draft",), save_lines, by_manager("variation_changes", **LINES)),
        "assess": Action(("draft",), assess, by_manager("assess_variation")),
        "revise": Action(("assessed",), lambda v: varying.revise(v, by=cast.person(varied.MANAGER), at=START), by_manager("revise_variation")),
        "reply": Action(("assessed", *DECIDED_ON), reply_to_variation, lambda v: Form(
            made.SERVICE, variation_at(v, "reply_variation"), {"can_deliver": "no", "words": "Not so soon.", "shown_hash": v.revision.content_hash})),
        "submit": Action(("assessed",), submit_variation, by_manager("submit_variation")),
        "record the notice": Action(("assessed", *DECIDED_ON), record_notice, by_manager("variation_notice", **PUBLISHED)),
        "withdraw": Action(("draft", "assessed", *DECIDED_ON), withdraw_variation, by_manager("withdraw_variation", reason="Not needed.")),
        "decide": Action(DECIDED_ON, on_open_step(variation_approval.decide), by_approver("decide_variation", no_conflict="on")),
        "return": Action(DECIDED_ON, returned, by_approver("return_variation", **SAYS)),
        "reject": Action(DECIDED_ON, rejected, by_approver("reject_variation", **SAYS)),
        "recuse": Action(DECIDED_ON, on_open_step(variation_approval.recuse, shown=False, reason="My brother."),
                         by_approver("recuse_variation", reason="My brother.")),
        "ask": Action(DECIDED_ON, on_open_step(variation_approval.ask, shown=False, text="Why?"), by_approver("ask_variation", text="Why?")),
        "answer": Action(DECIDED_ON, answer_query, lambda v: Form(
            varied.MANAGER, variation_at(v, "answer_variation", query_of(v).pk), {"text": "They come."})),
        "issue": Action((BEING_MADE,), issue_variation, quiet=True),
        "sign for the supplier": signing_variation(SUPPLIER, TO_SIGN),
        "sign for the department": signing_variation(DEPARTMENT, BY_ONE),
        "sign for the authority": signing_variation(AUTHORITY, BY_TWO),
        "refuse": Action((TO_SIGN, BEING_MADE), refuse_variation, lambda v: Form(SUPPLIER, variation_at(v, "refuse_variation"), {"reason": "A term."})),
        "lapse on its day": Action(("assessed", *DECIDED_ON, BEING_MADE, TO_SIGN, BY_ONE, BY_TWO),
                                   lambda v: variation_issuing.lapse(v, at=THAT_DAY), quiet=True),
        "execute": Action((CLOSED,), lambda v: variation_issuing.execute(v, at=START), quiet=True),
        "apply": Action(("executed",), lambda v: variation_issuing.apply(v, at=THAT_DAY), quiet=True),
    },
)  # fmt: skip


# ---- a change request: twenty joiners at London


def first_request(_):
    cast.leave_tolerance()
    return request_cast.asked(paper.in_force())


def of_request(act):
    return lambda one: act(ChangeRequest.objects.select_related("contract__call_off").get(pk=one.pk))


def lapse_request(one):
    return requesting.lapse(one, at=request_cast.on_its_day())


def request_page(name: str, email: str, **fields):
    return lambda one: Form(
        email, reverse("contracts:change_request_act", args=[one.contract.public_id, one.number, name]), {"shown_hash": one.content_hash, **fields}
    )  # fmt: skip


CHANGE_REQUEST = Machine(
    rows=(ContractVersion, CapacityEntry),
    states={
        "asked": (None, first_request),
        "accepted": ("asked", of_request(request_cast.accepted)),
        "refused": ("asked", of_request(request_cast.refused)),
        "withdrawn": ("asked", of_request(request_cast.withdrawn)),
        "lapsed": ("asked", of_request(lapse_request)),
    },
    actions={
        "accept": Action(("asked",), of_request(request_cast.accepted), request_page("accept", made.SERVICE)),
        "refuse": Action(("asked",), of_request(request_cast.refused), request_page("refuse", made.SERVICE, words="Nobody is there.")),
        "withdraw": Action(("asked",), of_request(request_cast.withdrawn), request_page("withdraw", made.MANAGER, words="They stay away.")),
        "lapse": Action(("asked",), of_request(lapse_request), quiet=True),
    },
)  # fmt: skip


# ---- a service credit: of first-contact fix in the first month of the shared service


def first_credit(_):
    levels_cast.confirmed(paper.in_force())
    return levels_cast.credit()


def deciding(act):
    return lambda credit: levels_cast.act(act, credit, reason="Looked at.", by=cast.person(levels_cast.MANAGER), at=levels_cast.AFTER)


def of_credit(act):
    return lambda _credit: act()


def credit_page(name: str, email: str, **fields):
    return lambda credit: Form(email, reverse("contracts:credit_act", args=[credit.contract.public_id, credit.number, name]), fields | {"shown": crediting.shown_of(credit)})


REASON = {"reason": "Looked at."}
NOTIFIED = ("notified",)
SERVICE_CREDIT = Machine(
    rows=(CreditAct,),
    states={
        "calculated": (None, first_credit),
        "notified": ("calculated", of_credit(levels_cast.notified)),
        "disputed": ("notified", of_credit(levels_cast.disputed)),
        "agreed": ("notified", of_credit(levels_cast.agreed)),
        "applied": ("agreed", of_credit(levels_cast.applied)),
        "waived": ("disputed", of_credit(levels_cast.waived)),
        "void": ("disputed", deciding(crediting.drop)),
    },
    actions={
        "notify": Action(("calculated",), of_credit(levels_cast.notified), credit_page("notify", levels_cast.MANAGER)),
        "agree": Action(NOTIFIED, of_credit(levels_cast.agreed), credit_page("agree", levels_cast.SERVICE)),
        "dispute": Action(NOTIFIED, of_credit(levels_cast.disputed)),  # its page takes a file: test_levels
        "uphold": Action(("disputed",), deciding(crediting.uphold), credit_page("uphold", levels_cast.MANAGER, **REASON)),
        "drop": Action(("disputed",), deciding(crediting.drop), credit_page("drop", levels_cast.MANAGER, **REASON)),
        "waive": Action(("calculated", "notified", "disputed", "agreed"), of_credit(levels_cast.waived),
                        credit_page("waive", levels_cast.FINANCE, **REASON)),
        "apply": Action(("agreed",), of_credit(levels_cast.applied), credit_page("apply", levels_cast.MANAGER, invoice="FS-1")),
    },
)  # fmt: skip


# ---- an invoice: of the first month of the shared service, for all of it, or for a pound less


def first_invoice(_):
    return money_cast.recorded(paper.in_force())


def of_a_month_that_runs(_):
    return money_cast.recorded(paper.in_force(), month=date(2008, 5, 1))


def of_invoice(act):
    return lambda invoice: act(invoice)


def invoice_page(name: str, email: str, **fields):
    return lambda invoice: Form(
        email, reverse("contracts:invoice_act", args=[invoice.contract.public_id, invoice.number, name]),
        {"shown_hash": invoice.content_hash, **fields},
    )  # fmt: skip


def part_paid(invoice):
    money_cast.paid(invoice, Decimal("100.00"))
    return invoice


def after_payment(invoice):
    money_cast.paid(invoice, invoice.gross_gbp - invoice_guards.paid(invoice))
    return invoice


PAID = {"amount": "1.00", "paid_on_day": "6", "paid_on_month": "5", "paid_on_year": "2008"}
UNDECIDED = ("received", "matched", "queried", "queried, disputed")
INVOICE = Machine(
    rows=(InvoiceCheck, InvoiceAct, InvoiceAnswer, InvoicePayment),
    states={
        "received": (None, of_a_month_that_runs),
        "matched": (None, first_invoice),
        "queried": (None, lambda _: money_cast.queried(paper.in_force())),
        "queried, disputed": ("matched", of_invoice(money_cast.disputed)),
        "approved": ("matched", of_invoice(money_cast.approved)),
        "approved, paid in part": ("approved", part_paid),
        "paid": ("approved, paid in part", after_payment),
        "rejected": ("queried", of_invoice(money_cast.rejected)),
    },
    actions={
        "compare": Action(("received", "matched", "queried"), of_invoice(money_cast.compared), invoice_page("check", levels_cast.SERVICE)),
        "approve": Action(("matched",), of_invoice(money_cast.approved)),  # its page, at a later moment than the tables': test_invoices
        "dispute": Action(("matched",), of_invoice(money_cast.disputed), invoice_page("dispute", levels_cast.MANAGER, **REASON)),
        "settle": Action(("queried", "queried, disputed"), of_invoice(money_cast.settled)),  # the same
        "answer": Action(("queried", "queried, disputed"), of_invoice(money_cast.answered), invoice_page("answer", levels_cast.SERVICE, words="The pound is for the lock.")),
        "reject": Action(UNDECIDED, of_invoice(money_cast.rejected), invoice_page("reject", levels_cast.MANAGER, **REASON)),
        "pay": Action(("approved", "approved, paid in part"), part_paid),  # the same
        "the month is over": Action(("received",), lambda i: invoicing.month_over(i, at=START.replace(year=2008, month=6)), quiet=True),
    },
)  # fmt: skip


# ---- a return: of the same month


def first_return(_):
    paper.in_force()
    return money_cast.made()


def of_return(act):
    return lambda found: act(found)


def return_page(name: str, amount: str, **fields):
    def form(found):
        lines = list(found.lines.select_related("contract"))
        typed = {f"amount_{line.contract.number}": amount for line in lines} | {f"explanation_{line.contract.number}": "So." for line in lines}
        return Form(money_cast.ACCOUNT, reverse(f"contracts:{name}", args=[found.public_id]),
                    {"shown_hash": returning.hash_of(found, lines), **typed, **fields})  # fmt: skip

    return form


def corrected_return(found):
    number = found.lines.get().contract.number.replace("-", "_")
    money_cast.corrected(found, **{number: Decimal("5.00")})
    return found


RETURN = Machine(
    rows=(Declaration, LevyNote, LevyPayment, ManagementReturn),
    states={
        "open": (None, first_return),
        "declared": ("open", of_return(money_cast.declared)),
        "declared, corrected": ("declared", corrected_return),
        "declared, its levy paid": ("declared", lambda found: (money_cast.levy_paid(found), found)[1]),
    },
    actions={
        "declare": Action(("open",), of_return(money_cast.declared), return_page("declare_return", "186762.60")),
        "correct": Action(("declared", "declared, its levy paid"), corrected_return, return_page("correct_return", "5.00", reason="Counted anew.")),
        "pay the levy": Action(("declared", "declared, corrected"), lambda found: money_cast.levy_paid(found, Decimal("0.01"))),  # the same
    },
)  # fmt: skip


# ---- a termination of the contract: for convenience, in the middle of a month


def of_termination(act):
    return lambda one: act(Termination.objects.select_related("contract__call_off").get(pk=one.pk))


def withdraws(one) -> str:
    """A proposal the contract manager, a notice who can give one."""
    return made.MANAGER if one.state == "proposed" else ending_cast.SIGNATORY


def refuse_termination(one):
    return terminating.refuse_to_confirm(one, reason="It is needed.", by=cast.person(ending_cast.SIGNATORY), at=START)


def withdraw_termination(one):
    return terminating.withdraw(one, reason="Settled.", by=cast.person(withdraws(one)), at=START)


def termination_page(name: str, email, **fields):
    def form(one):
        by = email(one) if callable(email) else email
        address = reverse("contracts:termination_act", args=[one.contract.public_id, one.number, name])
        return Form(by, address, {"shown_hash": one.content_hash, **fields})

    return form


DAY_OF_END = ending_cast.on(ending_cast.MID_MONTH)
CONTRACT_TERMINATION = Machine(
    rows=(ContractVersion, CapacityEntry),
    states={
        "proposed": (None, lambda _: ending_cast.proposed(paper.in_force())),
        "given": ("proposed", ending_cast.confirmed),
        "in_effect": ("given", lambda one: terminating.take_effect(one, at=DAY_OF_END)),
        "refused": ("proposed", refuse_termination),
        "withdrawn": ("given", withdraw_termination),
        "lapsed": ("proposed", lambda one: terminating.lapse(one, at=DAY_OF_END)),
    },
    actions={
        "confirm": Action(("proposed",), of_termination(ending_cast.confirmed), termination_page("confirm", ending_cast.SIGNATORY)),
        "refuse": Action(("proposed",), of_termination(refuse_termination), termination_page("refuse", ending_cast.SIGNATORY, reason="It is needed.")),
        "withdraw": Action(("proposed", "given"), of_termination(withdraw_termination), termination_page("withdraw", withdraws, reason="Settled.")),
        "take effect": Action(("given",), of_termination(lambda one: terminating.take_effect(one, at=DAY_OF_END)), quiet=True),
        "lapse": Action(("proposed",), of_termination(lambda one: terminating.lapse(one, at=DAY_OF_END)), quiet=True),
    },
)  # fmt: skip


# ---- a copy of the contract for the public


def of_copy(act):
    return lambda one: act(RedactedCopy.objects.select_related("contract__call_off").get(pk=one.pk))


def copy_page(name: str, email: str, **fields):
    def form(one):
        return Form(email, reverse("contracts:copy_act", args=[one.contract.public_id, one.number, name]), {"shown_hash": one.content_hash, **fields})

    return form


def replaced_copy(one):
    """Another is published."""
    publication_cast.on_paper(publication_cast.proposed(cast.fresh(one.contract)))
    return cast.fresh(one)


REDACTED_COPY = Machine(
    rows=(WithheldField,),
    states={
        "proposed": (None, lambda _: publication_cast.proposed(paper.in_force())),
        "approved": ("proposed", of_copy(publication_cast.approved)),
        "published": ("approved", of_copy(paper.copy_published)),
        "replaced": ("published", of_copy(replaced_copy)),
        "taken_down": ("published", of_copy(publication_cast.taken_down)),
        "refused": ("proposed", of_copy(publication_cast.refused)),
        "withdrawn": ("proposed", of_copy(publication_cast.withdrawn)),
    },
    actions={
        "publish": Action(("proposed",), of_copy(publication_cast.approved), copy_page("publish", publication_cast.SIGNATORY)),
        "refuse": Action(("proposed",), of_copy(publication_cast.refused), copy_page("refuse", publication_cast.SIGNATORY, reason="More.")),
        "withdraw": Action(("proposed",), of_copy(publication_cast.withdrawn), copy_page("withdraw", made.MANAGER, reason="Too early.")),
        "its document is complete": Action(("approved",), of_copy(lambda one: publishing.published(one, at=START)), quiet=True),
        "take down": Action(("published",), of_copy(publication_cast.taken_down), copy_page("take-down", made.MANAGER, reason="A price.")),
    },
)  # fmt: skip


# ---- what runs on after the contract's last day


def next_day(running):
    return ending_cast.over(running.contract) + timedelta(days=1)


def stop(running):
    last = running.contract.ends_on + timedelta(days=1)
    return running_on.stop(running, last, reason="Switched off.", by=cast.person(made.MANAGER), at=next_day(running))


RUNNING_ON = Machine(
    rows=(ContractVersion,),
    states={
        "running": (None, lambda _: ending_cast.ran_on(ending_cast.expired(paper.in_force()))),
        "stopped": ("running", stop),
    },
    actions={
        "go on": Action(("running",), lambda running: running_on.go_on(running, at=next_day(running)), quiet=True),
        "stop": Action(("running",), stop),  # its page looks at the clock: test_ending_pages
    },
)  # fmt: skip
