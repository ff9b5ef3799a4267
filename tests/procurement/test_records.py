"""Every action leaves one record of what it did on each thing it moved, and writes to exactly whom it concerns.

One table over all actions of ordering, joining, releases, frameworks, people and contracts: an action without a row
fails. The worlds are those of ``tests/machines``, each state come to once.
"""

import inspect
import pkgutil
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import contracts
import procurement
from contracts import (
    accepting,
    audit_making,
    closing,
    crediting,
    delivery,
    exiting,
    formation,
    invoicing,
    measuring,
    novating,
    publishing,
    rating,
    rectifying,
    requesting,
    rerating,
    returning,
    running_on,
    savings_kept,
    statutory_publishing,
    terminating,
    transferring,
    variation_approval,
    variation_issuing,
    variation_replying,
    varying,
)
from documents import storage, store
from documents.actors import Actor
from documents.models import AuditEvent, Email, StateChange
from procurement import (
    accession_display,
    added_steps,
    agreements,
    approval,
    baselines,
    calendars,
    countering,
    drafting,
    framework_display,
    framework_life,
    joining,
    leaving,
    loading,
    membership,
    negotiation,
    order_sheets,
    papers,
    pipeline,
    release_display,
    releasing,
    reminding,
    timelines,
    workflow,
    working_days,
)
from procurement.actors import Person
from procurement.models import ActingFor, AddedStep, Attachment, Delegation, Phase, PostHolding
from tests import cast, paper
from tests.cast import DESK, START
from tests.contracts import ending_cast as E
from tests.contracts import levels_cast as L
from tests.contracts import money_cast as M
from tests.contracts import publication_cast as B
from tests.contracts import request_cast as Q
from tests.contracts import statutory_cast as P
from tests.contracts import transfer_cast as T
from tests.contracts import transition_cast as made
from tests.contracts import variation_cast as varied
from tests.machines import contracts as of_contracts
from tests.machines import frameworks as of_frameworks
from tests.machines import joining as of_joining
from tests.machines import orders as of_orders
from tests.machines import transfers as of_transfers
from tests.machines import undone, walk
from tests.machines.frameworks import EXPIRED, EXTEND, FRAMEWORK_MANAGER, OPERATOR, shown
from tests.machines.tables import MACHINES
from tests.procurement.mails import faults as misprints
from tests.procurement.mails import templates
from tests.procurement.release_cast import ACCOUNT_MANAGER, FIRST_DAY, MIDNIGHT

pytestmark = pytest.mark.django_db
BUYER, LEAD, APPROVER = "requester@dius.example", "accession.lead@co.example", "accession.approver@co.example"
MANAGER, DIRECTOR, ADMINISTRATOR = "framework.manager@co.example", "deputy.director@co.example", "administrator@dius.example"
# who is written to, together
REQUESTER = "requester@dius"  # the one who requested it, not every requester of the department
FIRST = "budget.holder@dius deputy.budget.holder@dius"
DESKS = "order.desk@fujitsu second.order.desk@fujitsu"
ALL_SIDES = ("authority.signatory@co contract.manager@dius order.desk@fujitsu requester@dius second.order.desk@fujitsu "
             "signatory@dius supplier.signatory@fujitsu")  # fmt: skip
APPLICANTS = "administrator@ons requester@ons"
BOTH = f"accession.lead@co {APPLICANTS}"
TOLD = "accession.lead@co administrator@ons framework.manager@co requester@ons signatory@ons"  # of a notice
APPROVERS = "catalogue.manager@co framework.manager@co"
DRAFTERS_TOO = f"account.manager@fujitsu {APPROVERS}"
EVERYBODY = ("account.manager@fujitsu framework.manager@co order.desk@fujitsu requester@co requester@dius "
             "second.order.desk@fujitsu second.requester@dius")  # fmt: skip
BUYERS = "framework.manager@co requester@co requester@dius second.requester@dius"
RUNNERS = "account.manager@fujitsu service.manager@fujitsu"
BOTH_RUN = "account.manager@fujitsu contract.manager@dius service.manager@fujitsu"
CONFIRMERS = "accounting.officer@dius signatory@dius"
MADE = ("1:1", "0" * 64, 1, 1)  # an auditor's file: its stamp, sha256, length and how many files
BOTH_AND_CONFIRMERS = "account.manager@fujitsu accounting.officer@dius contract.manager@dius service.manager@fujitsu signatory@dius"
AT_THE_END = ("account.manager@fujitsu accounting.officer@dius authority.signatory@co contract.manager@dius requester@dius service.manager@fujitsu "
              "signatory@dius supplier.signatory@fujitsu")  # fmt: skip
AGREEING, OF_THE_AUTHORITY = "authority.signatory@co deputy.director@co", "authority.signatory@co deputy.director@co framework.manager@co"
OF_A_TRANSFER = ("account.manager@fujitsu administrator@dius administrator@ons authority.signatory@co contract.manager@dius deputy.director@co "
                 "finance.director@dius framework.manager@co requester@dius requester@ons second.requester@dius service.manager@fujitsu "
                 "signatory@dius supplier.signatory@fujitsu")  # fmt: skip
OF_A_NOTICE = ("account.manager@fujitsu administrator@dius administrator@ons contract.manager@dius finance.director@dius requester@dius "
               "requester@ons second.requester@dius service.manager@fujitsu signatory@dius supplier.signatory@fujitsu")  # fmt: skip
OF_A_NOVATION = ("account.manager@fujitsu administrator@dius contract.manager@cafcass contract.manager@dius finance.director@dius "
                 "framework.manager@co requester@dius second.requester@dius service.manager@fujitsu signatory@cafcass signatory@dius "
                 "supplier.signatory@fujitsu")  # fmt: skip
ALL_HAS_PASSED = f"call_off.passed contract.passed {'user.passed ' * 10}accession.withdrawn accession.carried_over accession.ended transfer.applied"
WHO_IS_MOVED = {  # everybody of both departments, and what ONS had begun of its own is over
    "transfer_applied": ("accounting.officer@dius administrator@dius administrator@ons authority.signatory@co budget.holder@dius "
                         "contract.manager@dius contract.manager@ons deputy.budget.holder@dius deputy.director@co finance.director@dius "
                         "finance.director@ons framework.manager@co requester@dius requester@ons second.requester@dius "
                         "signatory@dius signatory@ons technology.officer@dius"),
    "transfer_applied_to_supplier": "account.manager@fujitsu service.manager@fujitsu supplier.signatory@fujitsu",
    "accession_closed": "accession.lead@co administrator@dius administrator@ons requester@dius requester@ons second.requester@dius",
}  # fmt: skip
NEXT_WEEK = START + timedelta(days=7)


@dataclass(frozen=True)
class Row:
    """``action`` is called with what ``given`` makes of the thing; ``records`` are the verbs it leaves; ``mails`` who is
    written to by which template, addresses without ".example"."""

    action: Callable
    given: Callable[[Any], tuple[tuple, dict]]
    records: str
    mails: dict[str, str] = field(default_factory=dict)


def on(email: str | None, /, *arguments, at=START, **words):
    """With the thing itself, as the person; None for the system."""

    def given(thing):
        more = {name: value(thing) if callable(value) else value for name, value in words.items()}
        if email is not None:
            more["by"] = cast.person(email)
        return (thing, *(argument(thing) if callable(argument) else argument for argument in arguments)), more | {"at": at}

    return given


def instead(find: Callable, given: Callable):
    """With something that belongs to the thing."""
    return lambda thing: given(find(thing))


def changed_return(found):
    lines = returning.lines_of(found.framework, found.supplier, found.month)
    declared = {line.contract.number: returning.Declared(Decimal(5), "Fewer.") for line in lines}
    shown = returning.hash_of(found, lines)
    return (found, declared), {"reason": "Counted.", "shown_hash": shown, "by": cast.person(M.ACCOUNT), "at": M.AFTER}


def in_chair(thing):
    """The open step, decided by whoever sits in its chair on what it shows."""
    step = of_orders.step(thing)
    return step, of_orders.holder(step), step.approval.content_hash


def on_step(*, shown: bool = True, **words):
    def given(thing):
        step, email, hashed = in_chair(thing)
        more = {"shown_hash": hashed, "no_conflict": True} if shown else {}
        return (step,), words | more | {"by": cast.person(email), "at": START}

    return given


def on_variation(*, shown: bool = True, **words):
    """Its open step, decided by whoever sits in its chair."""

    def given(variation):
        step, email = of_contracts.step_of(variation)
        more = {"shown_hash": step.approval.content_hash, "no_conflict": True} if shown else {}
        return (step,), words | more | {"by": cast.person(email), "at": START}

    return given


def of_kind(kind: str, given: Callable):
    """With a new one of the same contract."""
    return lambda thing: given(varied.begun(thing.contract, kind=kind))


def on_exception(**words):
    def given(asked):
        step = asked.revision.approval.steps.get(post="commercial_lead")
        more = {"shown_hash": asked.revision.revision_hash, "no_conflict": True, "by": cast.person(of_orders.LEAD), "at": START}
        return (step, asked), words | more

    return given


def holding(email: str) -> PostHolding:
    return PostHolding.objects.filter(user__email=email).first()


def fallen(contract):
    """Somebody else's order has brought its prices down."""
    cast.add_volume("seats", 1500)
    return contract


def noticed(contract):
    return rerating.rerate(fallen(contract), at=START)[0]


def body(code: str):
    return lambda _thing: membership.Organisation.objects.get(code=code)


def deputised(_):
    found = holding("budget.holder@dius.example")
    deputy = cast.person("contract.manager@dius.example").user
    return ActingFor.objects.create(holding=found, deputy=deputy, starts_on=START.date(), ends_on=FIRST_DAY)


def added_step(_):
    return AddedStep.objects.create(
        organisation=cast.dius(), post="finance_director", from_gbp=Decimal("9000.00"), starts_on=START.date()
    )


def limit() -> membership.Limit:
    sha256 = storage.put(cast.PDF)
    return membership.Limit("budget", Decimal("30000.00"), False, None, START.date(), None, "letter.pdf", sha256)


def returned(contract):
    """Its exit, once the data is returned and deleted."""
    for code in ("data_return", "data_usable", "data_deleted"):
        E.done(contract, code)
    return cast.fresh(contract).exit


def stored(_order) -> papers.StoredFile:
    data = cast.PDF + b"other"
    return papers.StoredFile("plan.pdf", "application/pdf", storage.put(data), len(data))


def release_content(release):
    return releasing.content_of(release)


def waiting(kind: str, moment):
    return lambda _thing: (next(w for w in reminding.due(moment) if w.subject.startswith(kind)),)


def no_more(_thing) -> order_sheets.Sheet:
    return order_sheets.Sheet(sites=(drafting.Site("London", 1000),), term=None, lines=None)


S = of_orders.S
TERM = drafting.Term(date(2008, 4, 1), 55, date(2007, 11, 1), 5)
STEP_REMINDED = working_days.due(START, 2)
LONG_AFTER = START + timedelta(days=60)
def stated(accession):
    baselines.state(accession, gbp_per_user_year=Decimal("3000.00"), method="The accounts.", by=cast.person(of_joining.ONS), at=START)
    return accession


def audit_file(contract):
    return audit_making.ask(contract, by=cast.person(L.MANAGER), at=START)


TABLE: dict[tuple[str, str], list[Row]] = {
    ("call_off", S.DRAFT): [
        Row(workflow.submit, on(BUYER), "call_off.submitted", {"your_turn": FIRST}),
        Row(drafting.save_title, on(BUYER, "Another"), "call_off.title_saved"),
        Row(drafting.save_sites, on(BUYER, [drafting.Site("London", 1000)], drop_quantities=True), "call_off.sites_saved"),
        Row(drafting.save_term, on(BUYER, TERM), "call_off.term_saved"),
        Row(drafting.save_services, on(BUYER, [drafting.Ordered(Phase.SHARED, "CORE-01", None, 1000)]), "call_off.services_saved"),
        Row(drafting.save_kpis, on(BUYER, []), "call_off.service_levels_saved"),
        Row(drafting.save_milestones, on(BUYER, []), "call_off.milestones_saved"),
        Row(drafting.save_special_terms, on(BUYER, [], staff_transfer=False), "call_off.special_terms_saved"),
        Row(papers.save_data_protection, on(BUYER, {"applies": False}), "call_off.data_protection_saved"),
        Row(papers.save_budget, on(BUYER, budget_code="B-1"), "call_off.budget_saved"),
        Row(papers.save_spend_control, on(BUYER, "SC-1"), "call_off.spend_control_saved"),
        Row(papers.save_exceptions, on(BUYER, []), "call_off.exceptions_saved"),
        Row(papers.attach, on(BUYER, stored, kind=Attachment.Kind.OTHER), "call_off.attachments_saved"),
        Row(papers.detach, on(BUYER, lambda o: o.revision.attachments.get().pk), "call_off.attachments_saved"),
        Row(papers.save_particulars, on(BUYER, of_orders.PARTICULARS), "call_off.particulars_saved"),
        Row(order_sheets.take_over, on(BUYER, no_more), "call_off.sheet_saved"),
        Row(workflow.withdraw, on(BUYER, reason="Not needed."), "call_off.withdrawn", {"ended": REQUESTER}),
        Row(drafting.start, lambda o: ((o.framework, o.department), {"title": "New", "by": cast.requester(), "at": START}), "call_off.started"),
    ],
    ("call_off", S.DEPARTMENT_APPROVAL): [
        Row(workflow.recall, on(BUYER), "call_off.recalled"),
        Row(workflow.nudge, on(BUYER, at=NEXT_WEEK), "call_off.nudged", {"nudged": FIRST}),
        Row(workflow.withdraw, on(BUYER, reason="Not needed."), "call_off.withdrawn", {"ended": REQUESTER}),
        Row(workflow.lapse, on(None, at=EXPIRED), "call_off.lapsed", {"ended": REQUESTER}),
        Row(approval.decide, on_step(), "call_off.endorsed_by_department", {"your_turn": "finance.director@dius technology.officer@dius"}),
        Row(approval.return_for_changes, on_step(reason="Too large."), "call_off.returned", {"returned": REQUESTER}),
        Row(approval.reject, on_step(reason="Too large."), "call_off.rejected", {"ended": REQUESTER}),
        Row(approval.recuse, on_step(shown=False, reason="My brother."), "call_off.recused", {"recused": "administrator@dius deputy.budget.holder@dius"}),
        Row(approval.ask, on_step(shown=False, text="Why?"), "call_off.queried", {"queried": REQUESTER}),
        Row(reminding.remind, lambda t: (waiting("step", STEP_REMINDED)(t), {"at": STEP_REMINDED}), "call_off.reminded", {"reminder": FIRST}),
    ],
    ("approval_step", "open"): [
        Row(approval.decide, on_step(), "call_off.committed_by_department", {"your_turn": "commercial.lead@co finance.lead@co"}),
    ],
    ("call_off", S.AUTHORITY_APPROVAL): [
        Row(approval.decide, on_step(), "call_off.endorsed_by_authority"),
        Row(approval.decide, instead(lambda o: of_orders.decide_all(o, cast.ROUTE[4:6]), on_step()), "call_off.committed_by_authority",
            {"order_received": DESKS, "with_supplier": REQUESTER}),
        Row(approval.return_for_changes, on_step(reason="Too large."), "call_off.returned", {"returned": REQUESTER}),
        Row(approval.reject, on_step(reason="Too large."), "call_off.rejected", {"ended": REQUESTER}),
    ],
    ("call_off", S.WITH_SUPPLIER): [
        Row(workflow.nudge, on(BUYER, at=NEXT_WEEK - timedelta(days=4)), "call_off.nudged", {"nudged": DESKS}),
        Row(workflow.withdraw, on(BUYER, reason="Not needed."), "call_off.withdrawn", {"ended": REQUESTER, "withdrawn_from_supplier": DESKS}),
        Row(workflow.lapse, on(None, at=EXPIRED), "call_off.lapsed", {"ended": REQUESTER, "withdrawn_from_supplier": DESKS}),
        Row(workflow.decline, on(DESK, code="capacity", reason="Full."), "call_off.declined", {"ended": REQUESTER}),
        Row(negotiation.ask, on(DESK, text="Which door?"), "call_off.clarification_asked", {"clarify": REQUESTER}),
        Row(countering.counter, on(DESK, cast.later, reason="Full."), "call_off.counter_proposed", {"counter_proposed": REQUESTER}),
        Row(formation.accept_order, on(DESK, shown_hash=lambda o: o.revision.revision_hash),
            "call_off.confirmed document.asked_for contract.opened", {"confirmed": REQUESTER}),
    ],
    ("call_off", S.COUNTER_PROPOSED): [
        Row(countering.accept, instead(of_orders.newest, on(BUYER, shown_hash=cast.shown)), "call_off.counter_accepted", {"counter_accepted": DESKS, "your_turn": FIRST}),
        Row(countering.refuse_it, instead(of_orders.newest, on(BUYER, reason="No.")), "call_off.counter_refused", {"counter_refused": DESKS}),
        Row(approval.reject, instead(lambda o: cast.accept_counter(of_orders.newest(o)), on_step(reason="Too large.")), "call_off.rejected", {"ended": REQUESTER, "withdrawn_from_supplier": DESKS}),
        Row(countering.take_back, instead(of_orders.newest, on(DESK)), "call_off.counter_withdrawn", {"counter_taken_back": REQUESTER}),
        Row(workflow.withdraw, on(BUYER, reason="Not needed."), "call_off.withdrawn", {"ended": REQUESTER, "withdrawn_from_supplier": DESKS}),
    ],
    ("call_off", S.REJECTED): [Row(workflow.copy, on(BUYER), "call_off.copied")],
    ("call_off", S.CONFIRMED): [Row(workflow.copy, on(BUYER), "call_off.copied")],
    ("query", "open"): [Row(approval.answer, on(BUYER, text="It is."), "call_off.query_answered", {"answered": "budget.holder@dius"})],
    ("clarification", "open"): [Row(negotiation.answer, on(BUYER, text="The left."), "call_off.clarified", {"clarified": DESKS})],
    ("exception", "asked"): [
        Row(approval.grant_exception, on_exception(), "call_off.exception_granted"),
        Row(approval.refuse_exception, on_exception(reason="No."), "call_off.exception_refused", {"returned": REQUESTER}),
    ],
    ("contract", "preparing"): [
        Row(formation.issued, instead(lambda c: paper.made(c.document) or cast.fresh(c), on(None)), "contract.issued", {"please_sign": "supplier.signatory@fujitsu"}),
        Row(formation.take_back, on(None, reason="Passed."), "document.voided contract.voided call_off.reopened", {"void": ALL_SIDES, "returned": "requester@dius"}),
        Row(formation.void_unsigned, on(None, at=of_contracts.OVER), "document.voided contract.voided call_off.reopened call_off.lapsed", {"void": ALL_SIDES, "ended": REQUESTER, "withdrawn_from_supplier": DESKS}),
    ],
    ("contract", "awaiting_signatures"): [
        Row(formation.sign, on(of_contracts.SUPPLIER, "supplier", shown_sha256=of_contracts.shown), "contract.signed_by_supplier"),
        Row(formation.refuse_to_sign, on(of_contracts.SUPPLIER, "supplier", reason="A term.", changes_wanted=True),
            "document.voided contract.voided call_off.reopened", {"void": ALL_SIDES, "returned": REQUESTER}),
        Row(formation.refuse_to_sign, on(of_contracts.SUPPLIER, "supplier", reason="A term.", changes_wanted=False),
            "document.voided contract.voided call_off.ended", {"void": ALL_SIDES, "ended": REQUESTER}),
        Row(formation.signature_made, instead(lambda c: paper.signed(paper.act(c, *cast.SIGNATORIES[0])) and c, on(None)),
            "", {"please_sign": "signatory@dius"}),  # the signature itself is the document's record
        Row(formation.signature_left_out, instead(lambda c: c, on(None, lambda c: paper.act(c, *cast.SIGNATORIES[0]))), "contract.signature_left_out"),
    ],
    ("contract", "awaiting_signatures, signed by two"): [
        Row(formation.signature_made, instead(lambda c: paper.signed(paper.act(c, *cast.SIGNATORIES[2])) and c, on(None)),
            "contract.binding"),
    ],
    ("contract", "executed"): [
        Row(rerating.rerate, instead(fallen, on(None)), "document.asked_for contract.rerated"),
        Row(rerating.announced, instead(noticed, on(None)), "", {"rerated": f"account.manager@fujitsu contract.manager@dius order.desk@fujitsu {REQUESTER} second.order.desk@fujitsu"}),
        Row(measuring.report, on(L.SERVICE, L.MONTH, L.measured, at=L.AFTER), "service_report.made", {"service_report": "contract.manager@dius"}),
        Row(measuring.confirm, instead(L.reported, on(L.MANAGER, at=L.AFTER, shown_hash=lambda r: r.content_hash)),
            "service_report.confirmed service_credit.calculated service_credit.calculated", {"levels_missed": RUNNERS}),
        Row(measuring.correct, on(L.MANAGER, L.MONTH, L.measured, at=L.AFTER, reason="Counted."), "service_report.made service_report.confirmed"),
        Row(terminating.propose, on(L.MANAGER, lambda _: E.asked()), "contract_termination.proposed", {"termination_proposed": CONFIRMERS}),
        Row(publishing.propose, on(L.MANAGER, lambda _: B.asked("prices")), "redacted_copy.proposed", {"copy_proposed": CONFIRMERS}),
        Row(audit_making.ask, on(L.MANAGER), "audit_file.asked_for"),
        Row(audit_making.made, instead(audit_file, on(None, lambda _: MADE)), "audit_file.made"),
        Row(audit_making.drop, instead(lambda c: audit_making.made(audit_file(c), MADE, at=START), on(None)), "audit_file.dropped"),
        Row(exiting.expire, lambda c: ((c,), {"at": E.over(c)}), "contract.expired", {"contract_ended": AT_THE_END}),
        Row(exiting.remind_of_end, lambda c: ((c,), {"at": E.on(c.ends_on)}), "contract.end_announced", {"end_nears": BOTH_RUN}),
    ],
    ("contract", "executed, rated"): [
        Row(rating.rate, lambda c: ((P.notice("performance"), P.given(P.notice("performance"))), {"by": cast.person(L.MANAGER), "at": P.RATED_AT}),
            "contract.kpis_rated", {"kpis_rated": CONFIRMERS, "kpis_rated_supplier": RUNNERS}),
        Row(rating.comment, lambda c: ((P.notice("performance"),), {"words": "A strike.", "by": cast.person(L.SERVICE), "at": P.RATED_AT}),
            "contract.ratings_commented", {"ratings_commented": "contract.manager@dius"}),
        Row(rating.confirm, lambda c: ((P.notice("performance"),), {"shown_hash": P.notice("performance").rounds.last().content_hash,
            "by": cast.person(P.SIGNATORY), "at": P.RATED_AT}), "contract.ratings_confirmed", {"ratings_confirmed": BOTH_RUN}),
        Row(statutory_publishing.publish, lambda c: ((P.notice("details"),), {"reference": "2007/S 1", "published_on": START.date(), "by": cast.person(L.MANAGER), "at": P.RATED_AT}),
            "contract.notice_published"),
        Row(statutory_publishing.begin_year, lambda c: ((c,), {"at": P.on(date(2008, 10, 1))}), "contract.kpi_year_begun"),
    ],
    ("contract", "expired"): [
        Row(exiting.do, lambda c: ((E.item(c, "data_return"),), {"words": "On a disk.", "by": cast.person(L.SERVICE), "at": E.over(c)}), "contract.exit_done"),
        Row(exiting.leave_out, lambda c: ((E.item(c, "assets"),), {"reason": "None.", "by": cast.person(L.MANAGER), "at": E.over(c)}), "contract.exit_not_needed"),
        Row(exiting.certified, lambda c: ((returned(c),), {"at": E.over(c)}), "", {"data_returned": BOTH_RUN}),
        Row(running_on.run_on, lambda c: ((c, ["CORE-01"]), {"reason": "Late.", "by": cast.person(L.MANAGER), "at": E.over(c)}), "running_on.recorded", {"running_on": BOTH_RUN}),
    ],
    ("contract", "terminated, done"): [
        Row(exiting.close, lambda c: ((c,), {"by": cast.person(L.MANAGER), "at": E.SETTLED}), "contract.closed", {"contract_closed": BOTH_RUN}),
    ],
    ("contract_termination", "proposed"): [
        Row(terminating.confirm, on(E.SIGNATORY, shown_hash=lambda t: t.content_hash), "document.asked_for contract_termination.given", {"termination_given": AT_THE_END}),
        Row(terminating.refuse_to_confirm, on(E.SIGNATORY, reason="No."), "contract_termination.refused", {"termination_not_given": "accounting.officer@dius contract.manager@dius signatory@dius"}),
        Row(terminating.withdraw, on(L.MANAGER, reason="No."), "contract_termination.withdrawn", {"termination_not_given": "accounting.officer@dius contract.manager@dius signatory@dius"}),
        Row(terminating.lapse, on(None, at=of_contracts.DAY_OF_END), "contract_termination.lapsed", {"termination_not_given": "accounting.officer@dius contract.manager@dius signatory@dius"}),
    ],
    ("contract_termination", "given"): [
        Row(terminating.announced, on(None), "", {"termination_sealed": BOTH_RUN}),
        Row(terminating.withdraw, on(E.SIGNATORY, reason="Settled."), "contract_termination.withdrawn", {"termination_withdrawn": AT_THE_END}),
        Row(terminating.take_effect, on(None, at=of_contracts.DAY_OF_END), "contract_termination.in_effect contract.terminated", {"contract_ended": AT_THE_END}),
    ],
    ("transfer", "draft"): [
        Row(transferring.agree, on(T.DIRECTOR, shown_hash=lambda t: t.content_hash), "transfer.agreed document.asked_for", {"transfer_agreed": OF_A_TRANSFER}),
        Row(transferring.withdraw, on(T.MANAGER, reason="No."), "transfer.withdrawn", {"transfer_withdrawn": OF_THE_AUTHORITY}),
    ],
    ("transfer", "draft, of a part"): [
        Row(transferring.prepare, lambda _: ((T.body("CO"), T.asked("ONS", "HMT")), {"by": cast.person(T.MANAGER), "at": START}), "transfer.prepared", {"transfer_prepared": AGREEING}),
        Row(transferring.choose, on(T.MANAGER, contracts=lambda t: t.contracts, orders=[], people=[]), "transfer.chosen", {"transfer_prepared": AGREEING}),
    ],
    ("transfer", "agreed"): [
        Row(transferring.announced, instead(lambda t: t.notices.get(), on(None)), "", {"transfer_sealed": OF_A_NOTICE}),
        Row(transferring.withdraw, on(T.MANAGER, reason="No."), "transfer.withdrawn", {"transfer_withdrawn": OF_A_TRANSFER}),
        Row(transferring.apply, on(T.MANAGER), ALL_HAS_PASSED, WHO_IS_MOVED),
        Row(transferring.take_effect, on(None), ALL_HAS_PASSED, WHO_IS_MOVED),
    ],
    ("transfer", "agreed, in its way"): [
        Row(transferring.take_effect, on(None), "", {"transfer_waits": OF_THE_AUTHORITY}),
    ],
    ("novation", "awaiting_signatures"): [
        Row(novating.issued, instead(lambda n: paper.made(n.document) or n, on(None)), "", {"transfer_novation_sign": "supplier.signatory@fujitsu"}),
        Row(novating.refuse_to_sign, on(of_transfers.SUPPLIER, "supplier", reason="No."), "document.voided novation.voided", {"transfer_novation_void": OF_A_NOVATION}),
    ],
    ("novation", of_transfers.MADE): [
        Row(novating.sign, on(of_transfers.SUPPLIER, "supplier", shown_sha256=of_transfers.shown), "novation.signed_by_supplier"),
        Row(novating.signature_made, instead(lambda n: paper.signed(T.novation_act(n, *T.NOVATION_PARTIES[0])) and n, on(None)), "", {"transfer_novation_sign": "signatory@dius"}),
        Row(novating.signature_left_out, lambda n: ((n, T.novation_act(n, *T.NOVATION_PARTIES[0])), {"at": START}), "novation.signature_left_out"),
    ],
    ("novation", of_transfers.CLOSED): [
        Row(novating.execute, on(None), "novation.executed", {"transfer_novated": OF_A_NOVATION}),
    ],
    ("redacted_copy", "proposed"): [
        Row(publishing.approve, on(E.SIGNATORY, shown_hash=lambda c: c.content_hash), "document.asked_for redacted_copy.approved"),
        Row(publishing.refuse_to_publish, on(E.SIGNATORY, reason="No."), "redacted_copy.refused", {"copy_not_published": "accounting.officer@dius contract.manager@dius signatory@dius"}),
        Row(publishing.withdraw, on(L.MANAGER, reason="No."), "redacted_copy.withdrawn", {"copy_not_published": "accounting.officer@dius contract.manager@dius signatory@dius"}),
    ],
    ("redacted_copy", "approved"): [
        Row(publishing.published, on(None), "redacted_copy.published", {"copy_published": BOTH_AND_CONFIRMERS}),
    ],
    ("redacted_copy", "published"): [
        Row(publishing.take_down, on(L.MANAGER, reason="A price."), "redacted_copy.taken_down", {"copy_taken_down": BOTH_AND_CONFIRMERS}),
    ],
    ("running_on", "running"): [
        Row(running_on.go_on, lambda r: ((r,), {"at": E.on(r.contract.ends_on + timedelta(days=40))}), "running_on.charged", {"running_on": BOTH_RUN}),
        Row(running_on.stop, lambda r: ((r, r.contract.ends_on + timedelta(days=1)), {"reason": "Off.", "by": cast.person(L.SERVICE), "at": of_contracts.next_day(r)}),
            "running_on.stopped", {"running_stopped": BOTH_RUN}),
    ],
    ("change_request", "asked"): [
        Row(requesting.ask, lambda q: ((q.contract, Q.seats(q.contract, 5)), {"effective_on": Q.DAY, "reason": "More.", "by": cast.person(L.MANAGER), "at": START}),
            "change_request.asked", {"change_asked": RUNNERS}),
        Row(requesting.accept, on(L.SERVICE, shown_hash=lambda q: q.content_hash), "change_request.accepted", {"change_answered": "contract.manager@dius"}),
        Row(requesting.decline, on(L.SERVICE, words="No."), "change_request.refused", {"change_answered": "contract.manager@dius"}),
        Row(requesting.withdraw, on(L.MANAGER, words="No."), "change_request.withdrawn", {"change_ended": BOTH_RUN}),
        Row(requesting.lapse, on(None, at=Q.on_its_day()), "change_request.lapsed", {"change_ended": BOTH_RUN}),
    ],
    ("service_credit", "calculated"): [
        Row(crediting.notify, on(L.MANAGER, shown=crediting.shown_of, at=L.AFTER), "service_credit.notified", {"credit_notified": RUNNERS}),
        Row(crediting.waive, on(L.FINANCE, shown=crediting.shown_of, at=L.AFTER, reason="Traded."), "service_credit.waived", {"credit": BOTH_RUN}),
        Row(crediting.submit_plan, instead(lambda c: L.credit("EUS-B").level, on(L.SERVICE, at=L.AFTER, words="A new disk.")),
            "service_report.plan_submitted", {"rectification_plan": "contract.manager@dius"}),
        Row(rectifying.decide, instead(lambda c: L.planned(), on(L.MANAGER, at=L.AFTER, approves=True)),
            "service_report.plan_approved", {"plan_approved": RUNNERS}),
        Row(rectifying.decide, instead(lambda c: L.planned(), on(L.MANAGER, at=L.AFTER, approves=False, words="No day.")),
            "service_report.plan_refused", {"plan_refused": RUNNERS}),
    ],
    ("service_credit", "notified"): [
        Row(crediting.agree, on(L.SERVICE, shown=crediting.shown_of, at=L.AFTER), "service_credit.agreed", {"credit": BOTH_RUN}),
        Row(crediting.dispute, on(L.SERVICE, shown=crediting.shown_of, at=L.AFTER, reason="No.", file=lambda _: made.file()), "service_credit.disputed",
            {"credit_disputed": "contract.manager@dius"}),
    ],
    ("service_credit", "disputed"): [
        Row(crediting.uphold, on(L.MANAGER, shown=crediting.shown_of, at=L.AFTER, reason="It was."), "service_credit.upheld", {"credit": BOTH_RUN}),
        Row(crediting.drop, on(L.MANAGER, shown=crediting.shown_of, at=L.AFTER, reason="It was not."), "service_credit.dropped", {"credit": BOTH_RUN}),
    ],
    ("service_credit", "agreed"): [
        Row(crediting.apply, on(L.MANAGER, shown=crediting.shown_of, at=L.AFTER, invoice="FS-1"), "service_credit.applied", {"credit": BOTH_RUN}),
    ],
    ("invoice", "received"): [
        Row(invoicing.record, lambda i: ((i.contract,), M.fields(reference="FS-2") | {"by": cast.person(L.SERVICE), "at": M.AFTER}),
            "invoice.received invoice.matched", {"invoice_matched": "contract.manager@dius"}),
        Row(invoicing.record, lambda i: ((i.contract,), M.fields(reference="FS-2", net=Decimal(5)) | {"by": cast.person(L.SERVICE), "at": M.AFTER}),
            "invoice.received invoice.queried", {"invoice_queried": BOTH_RUN}),
        Row(invoicing.record, lambda i: ((i.contract,), M.fields(reference="FS-2", month=date(2008, 5, 1)) | {"by": cast.person(L.SERVICE), "at": M.AFTER}),
            "invoice.received", {"invoice_received": "contract.manager@dius"}),
        Row(invoicing.month_over, on(None, at=M.moment(date(2008, 6, 2))), "invoice.matched", {"invoice_matched": "contract.manager@dius"}),
        Row(invoicing.check, on(L.SERVICE, at=M.AFTER), "invoice.compared"),
    ],
    ("invoice", "matched"): [
        Row(invoicing.approve, on(L.MANAGER, at=M.AFTER, shown_hash=lambda i: i.content_hash), "invoice.approved", {"invoice_decided": RUNNERS}),
        Row(invoicing.dispute, on(L.MANAGER, at=M.AFTER, reason="No."), "invoice.disputed", {"invoice_refused": RUNNERS}),
        Row(invoicing.reject, on(L.MANAGER, at=M.AFTER, reason="No."), "invoice.rejected", {"invoice_refused": RUNNERS}),
    ],
    ("invoice", "queried"): [
        Row(invoicing.answer, on(L.SERVICE, at=M.AFTER, words="The pound is for the lock."), "invoice.answered", {"invoice_answered": "contract.manager@dius"}),
        Row(invoicing.settle, on(L.MANAGER, at=M.AFTER, reason="Agreed."), "invoice.settled", {"invoice_decided": RUNNERS}),
    ],
    ("invoice", "approved"): [
        Row(invoicing.pay, on(L.MANAGER, at=M.AFTER, amount=Decimal(1), paid_on=M.AFTER.date()), "invoice.part_paid", {"invoice_paid": RUNNERS}),
        Row(invoicing.pay, on(L.MANAGER, at=M.AFTER, amount=lambda i: i.gross_gbp, paid_on=M.AFTER.date()), "invoice.paid", {"invoice_paid": RUNNERS}),
    ],
    ("management_return", "open"): [
        Row(returning.make, lambda r: ((r.framework, r.supplier, date(2008, 3, 1)), {"at": M.AFTER}), "management_return.made", {"return_made": RUNNERS}),
        Row(returning.declare, lambda r: ((r, M.figures(list(r.lines.all()))), {
            "shown_hash": returning.hash_of(r, list(r.lines.all())), "by": cast.person(M.ACCOUNT), "at": M.AFTER}),
            "management_return.declared", {"levy_note": "account.manager@fujitsu finance.lead@co service.manager@fujitsu"}),
        Row(returning.declare, lambda r: ((r, {line.contract.number: returning.Declared(Decimal("0.00"), "Nothing.") for line in r.lines.all()}), {
            "shown_hash": returning.hash_of(r, list(r.lines.all())), "by": cast.person(M.ACCOUNT), "at": M.AFTER}),
            "management_return.declared", {"return_declared": "finance.lead@co"}),
    ],
    ("management_return", "declared"): [
        Row(returning.correct, changed_return, "management_return.made management_return.declared",
            {"levy_note": "account.manager@fujitsu finance.lead@co service.manager@fujitsu"}),
        Row(returning.pay, on(M.FINANCE_LEAD, at=M.AFTER, amount=Decimal(1), paid_on=M.AFTER.date()), "management_return.levy_paid"),
    ],
    ("contract", "awaiting_signatures, closed"): [Row(formation.execute, on(None), " ".join(["milestone.planned"] * 9 + ["contract.executed", "call_off.contracted"]), {"executed": ALL_SIDES})],
    ("milestone", "planned"): [
        Row(delivery.begin, on(made.SERVICE), "milestone.begun"),
        Row(delivery.move_due_day, on(made.MANAGER, of_contracts.MOVED_TO, reason="A strike."), "milestone.moved", {"milestone_moved": RUNNERS}),
        Row(delivery.fail, on(made.MANAGER, reason="Gone.", at=of_contracts.LATE), "milestone.failed", {"milestone_failed": RUNNERS}),
    ],
    ("milestone", "in_progress"): [
        Row(delivery.submit, on(made.SERVICE, made.shown), "milestone.submitted", {"milestone_submitted": "contract.manager@dius"}),
    ],
    ("milestone", "submitted"): [
        Row(accepting.accept, on(made.MANAGER, shown_hash=made.last), "document.asked_for milestone.accepted"),
        Row(accepting.accept_on_conditions, on(made.MANAGER, shown_hash=made.last, conditions="All of it.", conditions_by=FIRST_DAY),
            "document.asked_for milestone.accepted_on_conditions"),
        Row(accepting.send_back, on(made.MANAGER, shown_hash=made.last, not_met=lambda _: {1: "Gone."}), "milestone.sent_back", {"milestone_sent_back": RUNNERS}),
        Row(accepting.certified, instead(made.accepted, on(None)), "", {"milestone_certified": f"account.manager@fujitsu contract.manager@dius {REQUESTER} service.manager@fujitsu"}),
    ],
    ("milestone", "conditional"): [
        Row(accepting.conditions_met, on(made.MANAGER, shown_hash=made.last), "document.asked_for milestone.conditions_met"),
    ],
}  # fmt: skip
V = of_contracts
GROUNDS = {"reason": varied.REASON, "gateway": "not_substantial", "answers": varied.ANSWERS}
TABLE |= {
    ("variation", "draft"): [
        Row(varying.begin, lambda v: ((v.contract,), {"kind": "quantity", "title": "New", "by": cast.person(made.MANAGER), "at": START}), "variation.begun"),
        Row(varying.save_lines, on(made.MANAGER, varied.wanted(), effective_on=V.FIRST_DAY), "variation.lines_saved"),
        Row(varying.save_term, of_kind("term", on(made.MANAGER, extension_months=12)), "variation.term_saved"),
        Row(varying.save_corrections, of_kind("correction", on(made.MANAGER, [varying.PutRight("Schedule 1", "a", "b")], effective_on=V.FIRST_DAY)), "variation.corrections_saved"),
        Row(varying.save_grounds, on(made.MANAGER, **GROUNDS), "variation.grounds_saved"),
        Row(varying.assess, on(made.MANAGER), "variation.assessed", {"variation_assessed": RUNNERS}),
        Row(variation_approval.withdraw, on(made.MANAGER, reason="Not needed."), "variation.withdrawn", {"variation_ended": "contract.manager@dius"}),
    ],
    ("variation", "assessed"): [
        Row(varying.revise, on(made.MANAGER), "variation.revised"),
        Row(variation_replying.reply, on(L.SERVICE, can_deliver=True, words="", shown_hash=lambda v: v.revision.content_hash), "variation.deliverable", {"variation_deliverable": "contract.manager@dius"}),
        Row(variation_replying.reply, on(L.SERVICE, can_deliver=False, words="Not so soon.", shown_hash=lambda v: v.revision.content_hash), "variation.not_deliverable", {"variation_not_deliverable": "contract.manager@dius"}),
        Row(variation_approval.submit, on(made.MANAGER, shown_hash=lambda v: v.revision.content_hash), "variation.submitted", {"variation_turn": FIRST}),
        Row(variation_approval.record_notice, on(made.MANAGER, reference="2007/S 1", published_on=START.date()), "variation.notice_recorded"),
    ],
    ("variation", "in_approval"): [
        Row(variation_approval.decide, on_variation(), "variation.endorsed_by_department", {"variation_turn": "technology.officer@dius"}),
        Row(variation_approval.return_for_changes, on_variation(reason="Too many."), "variation.returned", {"variation_returned": "contract.manager@dius"}),
        Row(variation_approval.reject, on_variation(reason="Too many."), "variation.rejected", {"variation_ended": BOTH_RUN}),
        Row(variation_approval.recuse, on_variation(shown=False, reason="My brother."), "variation.recused", {"variation_recused": "administrator@dius deputy.budget.holder@dius"}),
        Row(variation_approval.ask, on_variation(shown=False, text="Why?"), "variation.queried", {"variation_queried": "contract.manager@dius"}),
        Row(variation_approval.answer, instead(V.query_of, on(made.MANAGER, text="They come.")), "variation.query_answered", {"variation_answered": "budget.holder@dius"}),
        Row(variation_approval.withdraw, on(made.MANAGER, reason="Not needed."), "variation.withdrawn", {"variation_ended": BOTH_RUN}),
    ],
    ("variation", V.WITH_AUTHORITY): [
        Row(variation_approval.decide, on_variation(), "variation.endorsed_by_authority", {"variation_turn": "finance.lead@co"}),
        Row(variation_approval.decide, instead(lambda v: varied.decided(v, steps=1), on_variation()), "variation.committed_by_authority document.asked_for"),
        Row(variation_approval.reject, on_variation(reason="Too many."), "variation.rejected", {"variation_ended": BOTH_RUN}),
    ],
    ("variation", V.BEING_MADE): [
        Row(variation_issuing.issued, instead(lambda v: paper.made(v.document) or cast.fresh(v), on(None)), "", {"variation_sign": "supplier.signatory@fujitsu"}),
        Row(variation_issuing.take_back, on(None, reason="Passed."), "document.voided variation.lapsed", {"variation_ended": BOTH_RUN}),
        Row(variation_issuing.lapse, on(None, at=V.THAT_DAY), "document.voided variation.lapsed", {"variation_ended": BOTH_RUN}),
    ],
    ("variation", V.TO_SIGN): [
        Row(variation_issuing.sign, on(V.SUPPLIER, "supplier", shown_sha256=V.shown), "variation.signed_by_supplier"),
        Row(variation_issuing.refuse_to_sign, on(V.SUPPLIER, "supplier", reason="A term."), "document.voided variation.refused", {"variation_ended": BOTH_RUN}),
        Row(variation_issuing.signature_made, instead(lambda v: paper.signed(paper.variation_act(v, *cast.SIGNATORIES[0])) and v, on(None)), "", {"variation_sign": "signatory@dius"}),
        Row(variation_issuing.signature_left_out, on(None, lambda v: paper.variation_act(v, *cast.SIGNATORIES[0])), "variation.signature_left_out"),
    ],
    ("variation", V.BY_TWO): [
        Row(variation_issuing.signature_made, instead(lambda v: paper.signed(paper.variation_act(v, *cast.SIGNATORIES[2])) and v, on(None)), "variation.binding"),
    ],
    ("variation", V.CLOSED): [Row(variation_issuing.execute, on(None), "variation.executed", {"variation_executed": ALL_SIDES})],
    ("variation", "executed"): [Row(variation_issuing.apply, on(None, at=V.THAT_DAY), "variation.applied", {"variation_applied": BOTH_RUN})],
}  # fmt: skip
A = of_joining
TABLE |= {
    ("accession", "prospect"): [
        Row(pipeline.engage, on(LEAD, **A.CONTACT), "accession.engaged", {"accession_confirm": "accession.approver@co"}),
        Row(pipeline.expect_seats, on(LEAD, seats_expected=60), "accession.seats_expected"),
        Row(agreements.withdraw, on(LEAD, reason="No."), "accession.withdrawn", {"accession_closed": "accession.lead@co"}),
    ],
    ("accession", A.PROPOSED): [
        Row(reminding.remind, lambda t: (waiting("contact", STEP_REMINDED)(t), {"at": STEP_REMINDED}), "accession.reminded", {"reminder": "accession.approver@co"}),
        Row(pipeline.name_contact, on(LEAD, **A.CONTACT), "accession.contact_named"),
        Row(pipeline.refuse_contact, on(APPROVER, shown_hash=pipeline.contact_hash, reason="Nobody knows her."),
            "accession.contact_refused", {"accession_contact_refused": "accession.lead@co"}),
        Row(pipeline.confirm_contact, on(APPROVER, shown_hash=pipeline.contact_hash), "organisation.appointed accession.contact_confirmed", {"accession_invited": "mary@museum"}),
    ],
    ("accession", "engaged"): [
        Row(reminding.remind, lambda t: (waiting("application", LONG_AFTER)(t), {"at": LONG_AFTER}), "accession.reminded", {"reminder": APPLICANTS}),
        Row(joining.save_application, on(A.ONS, {"statement": "Other."}), "accession.application_saved"),
        Row(joining.apply, on(A.ONS, shown_hash=A.application), "accession.applied", {"accession_applied": "accession.lead@co"}),
    ],
    ("accession", "applied"): [
        Row(joining.start_review, on(LEAD), "accession.review_started"),
        Row(joining.decline, on(APPROVER, reason="No room."), "accession.declined", {"accession_closed": BOTH}),
        Row(reminding.remind, lambda t: (waiting("review", START + timedelta(days=60))(t), {"at": START + timedelta(days=60)}), "accession.reminded", {"reminder": "accession.lead@co"}),
    ],
    ("accession", "in_review"): [
        Row(joining.ask, on(LEAD, text="Which lots?"), "accession.information_requested", {"accession_asked": APPLICANTS}),
        Row(joining.recommend, on(LEAD, shown_hash=A.application), "accession.recommended", {"accession_recommended": "accession.approver@co"}),
    ],
    ("accession", "information_requested"): [Row(joining.answer, on(A.ONS, text="All."), "accession.informed", {"accession_informed": "accession.lead@co"})],
    ("accession", A.RECOMMENDED): [
        Row(agreements.approve, on(APPROVER, shown_hash=A.application), "organisation.appointed accession.approved document.asked_for", {"accession_approved": APPLICANTS}),
    ],
    ("accession", "approved"): [
        Row(agreements.issued, instead(lambda a: paper.made(a.document) or cast.fresh(a), on(None)), "accession.agreement_issued", {"accession_please_sign": "signatory@ons"}),
        Row(agreements.withdraw, on(A.ONS, reason="No."), "document.voided accession.withdrawn", {"accession_closed": BOTH}),
    ],
    ("accession", "agreement_issued"): [
        Row(agreements.sign, on(paper.PARTIES[0][1], "department", shown_sha256=lambda a: store.head(a.document).sha256), "accession.signed_by_department"),
        Row(agreements.end_with_framework, on(None, at=EXPIRED), "document.voided accession.withdrawn", {"accession_closed": BOTH}),
        Row(agreements.signature_left_out, on(None, lambda a: paper.agreement_act(a, *paper.PARTIES[0])), "accession.signature_left_out"),
    ],
    ("accession", A.SIGNED_BY_ONE): [
        Row(agreements.signature_made, instead(lambda a: paper.signed(paper.agreement_act(a, *paper.PARTIES[1])) and a, on(None)), "accession.signed"),
    ],
    ("accession", A.CLOSED): [Row(agreements.activate, on(None), " ".join(["organisation.appointed"] * 8 + ["accession.activated"]), {"accession_joined": BOTH})],
    ("accession", "active"): [
        Row(baselines.state, on(A.ONS, gbp_per_user_year=Decimal("3000.00"), method="The accounts."), "accession.baseline_stated", {"accession_baseline": "finance.director@ons"}),
        Row(baselines.sign_off, instead(stated, on("finance.director@ons.example", shown_hash=baselines.shown_of)), "accession.baseline_signed_off"),
        Row(agreements.suspend, on(MANAGER, reason="Dues."), "accession.suspended", {"accession_membership": APPLICANTS}),
        Row(agreements.end, on(MANAGER, reason="Merged."), "accession.ended", {"accession_membership": APPLICANTS}),
        Row(leaving.give_notice, on("signatory@ons.example", last_day=A.LAST_DAY, reason="Merged."), "accession.notice_given", {"accession_notice_given": TOLD}),
    ],
    ("accession", A.NOTICED): [
        Row(leaving.take_back_notice, on(MANAGER, reason="No."), "accession.notice_taken_back", {"accession_notice_taken_back": TOLD}),
        Row(leaving.end_by_notice, on(None, at=A.AFTER_IT), "accession.ended", {"accession_membership": APPLICANTS}),
    ],
    ("accession", "suspended"): [Row(agreements.resume, on(MANAGER, reason="Paid."), "accession.resumed", {"accession_membership": APPLICANTS})],
    ("framework", "live"): [
        Row(framework_life.suspend, on(MANAGER, reason="Examined."), "framework.suspended", {"framework_changed": EVERYBODY}),
        Row(framework_life.extend, on(MANAGER, **EXTEND), "framework.extended", {"framework_changed": EVERYBODY}),
        Row(framework_life.change_ceiling, on(MANAGER, ceiling=Decimal("90000000.00"), reason="Cut."), "framework.ceiling_changed", {"framework_changed": BUYERS}),
        Row(framework_life.propose_termination, on(MANAGER, reason="Insolvent."), "framework.termination_proposed", {"termination_proposed": "deputy.director@co"}),
        Row(framework_life.announce_end, on(None, at=of_frameworks.NEAR), "framework.end_announced", {"framework_ends": EVERYBODY}),
        Row(framework_life.expire, on(None, at=EXPIRED), "framework.expired", {"framework_changed": EVERYBODY}),
        Row(pipeline.add_interest, lambda f: ((f, pipeline.Interest("MUSEUM", "The Museum", "GOVGB-MUSEUM", "London", crown=False)),
            {"seats_expected": 5, "by": cast.person(LEAD), "at": START}), "organisation.entered accession.entered"),
        Row(releasing.start, lambda f: ((f, cast.person(ACCOUNT_MANAGER).user.holdings.first().post.organisation),
            {"title": "New", "by": cast.person(ACCOUNT_MANAGER), "at": START}), "catalogue_release.drafted"),
        Row(membership.invite, instead(body("DIUS"), on(ADMINISTRATOR, name="New", email="new@dius.example", post="contract_manager")), "organisation.invited", {"appointed": "new@dius", "powers": "accounting.officer@dius"}),
        Row(membership.end_holding, instead(lambda _: holding("budget.holder@dius.example"), on(ADMINISTRATOR, ends_on=START.date())), "organisation.post_ended", {"right_ended": "accounting.officer@dius budget.holder@dius"}),
        Row(membership.delegate, instead(lambda _: holding("budget.holder@dius.example"), on(ADMINISTRATOR, lambda _: limit())), "organisation.delegated", {"powers": "accounting.officer@dius"}),
        Row(membership.end_delegation, instead(lambda _: Delegation.objects.filter(holding__user__email=cast.ROUTE[3]).first(),
            on(ADMINISTRATOR, ends_on=START.date())), "organisation.delegation_ended", {"right_ended": "accounting.officer@dius"}),
        Row(membership.name_deputy, instead(lambda _: holding("budget.holder@dius.example"), on(ADMINISTRATOR,
            lambda _: cast.person("contract.manager@dius.example").user, starts_on=START.date(), ends_on=FIRST_DAY)), "organisation.deputy_named",
            {"deputy": "accounting.officer@dius budget.holder@dius contract.manager@dius"}),
        Row(membership.end_deputy, instead(deputised, on(ADMINISTRATOR)), "organisation.deputy_ended",
            {"right_ended": "accounting.officer@dius budget.holder@dius contract.manager@dius"}),
        Row(added_steps.add, instead(body("DIUS"), on(ADMINISTRATOR, post="finance_director", from_gbp=Decimal("9000.00"))),
            "organisation.step_added", {"added_step": "accounting.officer@dius finance.director@dius"}),
        Row(added_steps.end, instead(added_step, on(ADMINISTRATOR)), "organisation.added_step_ended",
            {"added_step": "accounting.officer@dius finance.director@dius"}),
        Row(membership.stop, instead(body("DIUS"), on(ADMINISTRATOR, lambda _: cast.person("budget.holder@dius.example").user, reason="Left.")),
            "organisation.person_stopped", {"stopped": "accounting.officer@dius budget.holder@dius"}),
        Row(membership.prefer_news, instead(lambda _: cast.requester().user, on(BUYER, news="none")), "user.preferred_news"),
        Row(calendars.open_calendar, instead(lambda _: cast.requester().user, on(BUYER)), "user.calendar_opened"),
        Row(calendars.stop_calendar, instead(lambda _: calendars.open_calendar(cast.requester().user, by=cast.requester(), at=START) and cast.requester().user, on(BUYER)), "user.calendar_stopped"),
    ],
    ("framework, loaded", "draft, ready"): [Row(framework_life.activate, lambda f: ((f,), {"agreement": of_frameworks.signed(), "by": OPERATOR, "at": START}), "framework.activated")],
    ("framework", "suspended"): [Row(framework_life.resume, on(MANAGER), "framework.resumed", {"framework_changed": EVERYBODY})],
    ("framework", "live, its termination proposed"): [
        Row(reminding.remind, lambda t: (waiting("termination", STEP_REMINDED)(t), {"at": STEP_REMINDED}), "framework.reminded", {"reminder": "deputy.director@co"}),
        Row(framework_life.terminate, on(DIRECTOR), "framework.terminated", {"framework_changed": EVERYBODY}),
        Row(framework_life.drop_termination, on(DIRECTOR, reason="Paid."), "framework.termination_dropped", {"termination_dropped": "framework.manager@co"}),
    ],
    ("framework", "expired"): [Row(closing.close, on(MANAGER, at=EXPIRED), "framework.closed")],
    ("catalogue_release", "draft"): [
        Row(releasing.save, on(ACCOUNT_MANAGER, release_content, edits=lambda r: r.draft.edits, what="prices"), "catalogue_release.edited"),
        Row(releasing.submit, on(ACCOUNT_MANAGER, shown_hash=shown), "catalogue_release.submitted", {"release_submitted": APPROVERS}),
        Row(releasing.withdraw, on(ACCOUNT_MANAGER, reason="No."), "catalogue_release.withdrawn"),
    ],
    ("catalogue_release", "submitted"): [
        Row(reminding.remind, lambda t: (waiting("release", STEP_REMINDED)(t), {"at": STEP_REMINDED}), "catalogue_release.reminded", {"reminder": "framework.manager@co"}),
        Row(releasing.approve, on(FRAMEWORK_MANAGER, shown_hash=shown), "catalogue_release.approved", {"release_decided": "account.manager@fujitsu"}),
        Row(releasing.reject, on(FRAMEWORK_MANAGER, reason="No."), "catalogue_release.rejected", {"release_decided": "account.manager@fujitsu"}),
        Row(releasing.withdraw, on(ACCOUNT_MANAGER, reason="No."), "catalogue_release.withdrawn", {"release_decided": DRAFTERS_TOO}),
    ],
    ("catalogue_release", "approved"): [Row(releasing.schedule, on(FRAMEWORK_MANAGER, first_day=FIRST_DAY), "catalogue_release.scheduled", {"release_scheduled": "account.manager@fujitsu"})],
    ("catalogue_release", "scheduled"): [
        Row(releasing.withdraw, on(FRAMEWORK_MANAGER, reason="No."), "catalogue_release.withdrawn", {"release_decided": DRAFTERS_TOO}),
        Row(releasing.go_live, on(None, at=MIDNIGHT), "catalogue_release.superseded catalogue_release.live", {"release_live": "account.manager@fujitsu"}),
    ],
}  # fmt: skip


def actions() -> set[Callable]:
    """Every public function of the two apps that is one transaction and is told the moment."""
    found = set()
    for package in (procurement, contracts):
        for module in pkgutil.iter_modules(package.__path__):
            if module.name not in ("migrations", "models", "management", "views"):
                for name, thing in vars(import_module(f"{package.__name__}.{module.name}")).items():
                    if inspect.isfunction(thing) and not name.startswith("_") and hasattr(thing, "__wrapped__"):
                        where = inspect.unwrap(thing)
                        keywords = inspect.signature(thing).parameters
                        if "at" in keywords and where.__module__.startswith(package.__name__) and _is_atomic(thing):
                            found.add(thing)
    return found


def _is_atomic(function: Callable) -> bool:
    return any("atomic" in line for line in inspect.getsource(function).splitlines()[:3])


# the operator's opening of the register; a part of ``go_live``; sums of what stands elsewhere, that nobody did
NO_ACTIONS = {loading.load, releasing.supersede, savings_kept.keep, savings_kept.add_up}


def test_every_action_has_its_row():
    rows = {row.action for rows in TABLE.values() for row in rows}
    assert len(rows) > 80
    missing = actions() - rows - NO_ACTIONS
    assert missing == set(), sorted(f"{f.__module__}.{f.__name__}" for f in missing)
    assert rows <= actions()


def test_every_record_reads_in_words():
    """On the page of what it is of. Saves stand on none, nor what is done to a person or an organisation, nor on a document alone."""
    left = {verb for rows in TABLE.values() for row in rows for verb in row.records.split()}
    known = {*timelines.verbs(), *accession_display.VERBS, *framework_display.VERBS, *release_display.VERBS}
    elsewhere = ("document", "organisation", "user")
    assert {verb for verb in left - known if not verb.endswith("_saved") and verb.partition(".")[0] not in elsewhere} == set()


def test_every_message_is_one_that_an_action_of_the_table_leaves():
    """So that each is printed with what the code gives it (``left``)."""
    assert {name for rows in TABLE.values() for row in rows for name in row.mails} == templates() - {"clock_goes_on", "digest", "password_reset", "release_reprices"}  # test_mails


@dataclass
class Findings:
    """What is wrong with the actions of a machine's table, from one walk through its states; and the states it met."""

    records: list[str] = field(default_factory=list)
    chairs: list[str] = field(default_factory=list)
    deputies: list[str] = field(default_factory=list)
    met: set[str] = field(default_factory=set)


@cache
def found_in(name: str) -> Findings:
    """Walked once, which is dear, for all that is asked of it."""
    found = Findings()
    for state, thing in walk(MACHINES[name]):
        found.met.add(state)
        for row in TABLE.get((name, state), ()):
            where = f"{state}, {row.action.__module__}.{row.action.__name__}"
            records, mails, faults, held = left(row, cast.fresh(thing))
            if (records, mails, faults) != (row.records, row.mails, []):
                found.records.append(f"{where}: {records!r}, {mails!r} {faults}")
            if not held and row.action not in PERSONAL:
                found.chairs.append(where)
            if row.action not in PERSONAL and (wrong := of_a_deputy(row, cast.fresh(thing))):
                found.deputies.append(f"{where}: {wrong}")
    return found


def left(row: Row, thing) -> tuple[str, dict[str, str], list[str], bool]:
    """The verbs, the mails, what is wrong with the records and the mails, of the action done and taken back; and whether who did
    it was held: else somebody could stop them between its guard and its record."""
    with undone():
        arguments, words = row.given(thing)
        events, mails, changes = (model.objects.order_by("-id").values_list("id", flat=True).first() or 0 for model in (AuditEvent, Email, StateChange))
        wanted = _rows_that_hold(words.get("by"))
        with CaptureQueriesContext(connection) as ran:
            row.action(*arguments, **words)
        locked = {found.groups() for one in ran if (found := LOCKED.search(one["sql"]))}
        recorded = list(AuditEvent.objects.filter(id__gt=events).order_by("id"))
        sent: dict[str, list[str]] = {}
        for template, to in Email.objects.filter(id__gt=mails).order_by("template", "recipient").values_list("template", "recipient"):
            sent.setdefault(template.rpartition("/")[2].removesuffix(".txt"), []).append(to.removesuffix(".example"))
        moved = Counter((c.source, c.target) for c in StateChange.objects.filter(id__gt=changes).exclude(machine="approval_step"))
        said = Counter((e.before, e.after) for e in recorded if e.before != e.after)
        faults = [] if moved == said else [f"moved {dict(moved)}, recorded {dict(said)}"]
        faults += [fault for email in Email.objects.filter(id__gt=mails).order_by("id") for fault in misprints(email)]
        return " ".join(e.verb for e in recorded), {name: " ".join(to) for name, to in sent.items()}, faults, not wanted or bool(wanted & locked)


def _rows_that_hold(by: Actor | None) -> set[tuple[str, str]]:
    """Table and id of what has to be locked, one of them: the chairs a person sits in, and the organisations whose people are
    changed; nothing of the system and operators."""
    if not isinstance(by, Person):
        return set()
    chairs = PostHolding.objects.filter(user=by.user).select_related("post__organisation")
    return {(one._meta.db_table, str(one.pk)) for chair in chairs for one in (chair, chair.post.organisation)}


LOCKED = re.compile(r'FROM "(procurement_postholding|catalogue_organisation)" WHERE .*"id" = (\d+).* FOR NO KEY UPDATE')
PERSONAL = {membership.prefer_news, calendars.open_calendar, calendars.stop_calendar, framework_life.activate, audit_making.ask}  # of no post


def of_a_deputy(row: Row, thing) -> str:
    """What is wrong with the records of the action done by a deputy of whoever does it, and taken back."""
    with undone():
        arguments, words = row.given(thing)
        principal = words.get("by")
        if principal is None:
            return ""
        words["by"] = cast.deputy_of(principal.email)
        last = AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
        row.action(*arguments, **words)
        recorded = AuditEvent.objects.filter(id__gt=last, actor_person_id=words["by"].person_id)
        said = {event.verb: event.acting_for for event in recorded}
        return "" if said and set(said.values()) == {principal.words} else f"{said}, for {principal.words}"


EVERY_MACHINE = pytest.mark.parametrize("name", sorted({name for name, _state in TABLE}))


@EVERY_MACHINE
def test_an_action_leaves_its_records_and_mails_and_no_other(name):
    found = found_in(name)
    assert found.records == [], "\n".join(found.records)
    assert {state for called, state in TABLE if called == name} <= found.met


@EVERY_MACHINE
def test_who_acts_is_held_in_their_chair_until_it_is_done(name):
    """Else who is stopped at that moment has acted after it."""
    assert found_in(name).chairs == []


@EVERY_MACHINE
def test_every_record_of_a_deputys_act_says_for_whom(name):
    assert found_in(name).deputies == []
