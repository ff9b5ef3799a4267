"""The call-off, and what hangs on it: approval steps, queries, clarifications, counter-proposals, exceptions."""

from datetime import date, timedelta
from typing import Any

from django.core import signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from documents import storage
from procurement import approval, countering, drafting, negotiation, order_sheets, papers, workflow
from procurement.models import (
    Attachment,
    CallOffState,
    CapacityEntry,
    Clarification,
    CounterProposal,
    ExceptionDecision,
    Phase,
    Query,
)
from tests import cast, paper
from tests.cast import DESK, START
from tests.machines import Action, Form, Machine, NoAddress
from tests.procurement import release_cast
from tests.procurement.test_countering_pages import LATER, typed
from tests.procurement.test_exceptions import with_pcs

S = CallOffState
BUYER, LEAD = "requester@dius.example", cast.ROUTE[4]
EDITABLE = (S.DRAFT, S.RETURNED)
IN_APPROVAL = (S.DEPARTMENT_APPROVAL, S.AUTHORITY_APPROVAL)
OPEN = (*EDITABLE, *IN_APPROVAL, S.WITH_SUPPLIER, S.COUNTER_PROPOSED)
ENDED = (S.CONTRACTED, S.REJECTED, S.DECLINED, S.WITHDRAWN, S.LAPSED)
DECIDED = {"no_conflict": "on", "reason": "Too large."}


def at(order, name: str, *arguments, app: str = "procurement") -> str:
    return reverse(f"{app}:{name}", args=[order.public_id, *arguments])


def requester(name: str, **fields):
    return lambda order: Form(BUYER, at(order, name), fields)


def desk(name: str, *, app: str = "procurement", **fields):
    return lambda order: Form(DESK, at(order, name, app=app), fields)


def step(thing):
    """Of an order, or beside a step: the open one, else the last that was."""
    approval = thing.approval if hasattr(thing, "position") else thing.revision.approval
    if approval is None:
        raise NoAddress
    return approval.steps.filter(state="open").first() or approval.steps.last()


def holder(found) -> str:
    return cast.ROUTE[found.position - 1]


def on_step(action, **words):
    """The step, or the open step of an order, decided by whoever sits in its chair."""

    def act(thing):
        found = thing if hasattr(thing, "position") else step(thing)
        shown = found.approval.content_hash
        return action(found, shown_hash=shown, no_conflict=True, by=cast.person(holder(found)), at=START, **words)

    return act


def step_form(name: str, **fields):
    def form(thing):
        found = thing if hasattr(thing, "position") else step(thing)
        order = found.approval.revision.call_off
        return Form(holder(found), at(order, name, found.position), fields | {"shown_hash": found.approval.content_hash})

    return form


def newest(order) -> CounterProposal:
    found = order.counter_proposals.last()
    if found is None:
        raise NoAddress
    return found


def counter_form(email: str, name: str, **fields):
    def form(thing):
        made = thing if isinstance(thing, CounterProposal) else newest(thing)
        shown = {"shown_hash": cast.shown(made)} if name == "accept_counter" and made.call_off.state in OPEN else {}
        return Form(email, at(made.call_off, name, made.number), fields | shown)

    return form


def send_counter(order) -> Form:
    if order.state == S.WITH_SUPPLIER:
        shown = cast.proposing.propose(order, cast.later(order), START.date()).content_hash
        return Form(DESK, at(order, "send_counter"), typed(order, **LATER) | {"shown_hash": shown})
    return Form(DESK, at(order, "send_counter"))


def withdraw(order):
    return workflow.withdraw(order, reason="Not needed.", by=cast.requester(), at=START)


def decline(order):
    return workflow.decline(order, code="capacity", reason="Full.", by=cast.person(DESK), at=START)


def lapse(order):
    return workflow.lapse(order, at=START.replace(year=2030))


def counter(order):
    return countering.counter(order, cast.later(order), reason="Full.", by=cast.person(DESK), at=START)


def accept_counter(made):
    shown = cast.shown(made) if made.call_off.state == S.COUNTER_PROPOSED else "0" * 64
    return countering.accept(made, shown_hash=shown, by=cast.requester(), at=START)


def refuse_counter(made):
    return countering.refuse_it(made, reason="No.", by=cast.requester(), at=START)


def take_back(made):
    return countering.take_back(made, by=cast.person(DESK), at=START)


def decide_all(order, emails):
    for email in emails:
        cast.decide(order, email)
    return order


def submit_form(order) -> Form:
    shown = release_cast.shown_on(order, START.date()) if order.state in EDITABLE else order.revision.revision_hash
    return Form(BUYER, at(order, "check"), {"shown_hash": shown})


def title_form(order) -> Form:
    return Form(BUYER, at(order, "title"), {"title": "Another", "edits": order.revision.edits})


def section(action, name: str, *arguments, fields: dict[str, Any], **words) -> Action:
    """A part of the draft: saved by its action, and by its page with the fields that come to the same."""

    def given(value, order):
        return value(order) if callable(value) else value

    return Action(
        EDITABLE,
        lambda o: action(o, *(given(argument, o) for argument in arguments), by=cast.requester(), at=START, **words),
        lambda o: Form(BUYER, at(o, name), {"edits": o.revision.edits, **{key: given(value, o) for key, value in fields.items()}}),
    )


def rows_of(prefix: str, *rows: dict[str, Any]) -> dict[str, Any]:
    """The fields of a set of forms."""
    found = {f"{prefix}-{number}-{name}": value for number, row in enumerate(rows) for name, value in row.items()}
    return {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0, **found}


def first_file(order) -> int:
    found = order.revision.attachments.first()
    if found is None:
        raise NoAddress
    return found.pk


def stored_file(_order) -> papers.StoredFile:
    return papers.StoredFile("plan.pdf", "application/pdf", storage.put(cast.PDF), len(cast.PDF))


ONE_SITE, TERM = drafting.Site("London", 1000), drafting.Term(date(2008, 4, 1), 55, date(2007, 11, 1), 5)
WITHOUT_LINES = order_sheets.Sheet(sites=(ONE_SITE,), term=None, lines=None)
TERM_FIELDS = {
    "shared_starts_on_day": "1", "shared_starts_on_month": "4", "shared_starts_on_year": "2008", "shared_months": "55",
    "interim_starts_on_day": "1", "interim_starts_on_month": "11", "interim_starts_on_year": "2007", "interim_months": "5",
}  # fmt: skip
SECTIONS = {
    "save the sites": section(drafting.save_sites, "sites", [ONE_SITE], drop_quantities=True,
                              fields=rows_of("site", {"name": "London", "seats": "1000"}) | {"drop_quantities": "on"}),
    "save the term": section(drafting.save_term, "term", TERM, fields=TERM_FIELDS),
    "save the services": section(drafting.save_services, "services", [drafting.Ordered(Phase.SHARED, "CORE-01", None, 1000)],
                                 fields={"q-CORE-01-all": "1000"}),
    "save the indicators": section(drafting.save_kpis, "service_levels", [], fields={}),
    "save the milestones": section(drafting.save_milestones, "milestones", [], none_needed=True,
                                   fields=rows_of("milestone") | {"none_needed": "on"}),
    "save the special terms": section(drafting.save_special_terms, "special_terms", [], staff_transfer=False,
                                      fields=rows_of("term") | {"staff_transfer": "no"}),
    "save data protection": section(papers.save_data_protection, "data_protection", {"applies": False}, fields={"applies": "no"}),
    "save the budget": section(papers.save_budget, "budget", budget_code="B-1", fields={"budget_code": "B-1"}),
    "save the spend control": section(papers.save_spend_control, "attachments", "SC-1",
                                      fields={"what": "reference", "reference-reference": "SC-1"}),
    "save the exceptions": section(papers.save_exceptions, "exceptions", [], fields={}),
    "attach": section(papers.attach, "attachments", stored_file, kind=Attachment.Kind.OTHER, fields={
        "what": "attach", "attach-kind": "other", "attach-file": lambda _: SimpleUploadedFile("plan.pdf", cast.PDF, "application/pdf")}),
    "detach": section(papers.detach, "attachments", first_file, fields={"what": "remove", "attachment": first_file}),
    "take over a sheet": section(order_sheets.take_over, "sheet", WITHOUT_LINES, fields={
        "checked": lambda o: signing.dumps(WITHOUT_LINES.plain(), salt=f"order-sheet:{o.public_id}", compress=True)}),
}  # fmt: skip


def recuse(found):
    found = found if hasattr(found, "position") else step(found)
    return approval.recuse(found, reason="My brother.", by=cast.person(holder(found)), at=START)


def ask(found):
    found = found if hasattr(found, "position") else step(found)
    return approval.ask(found, text="Why?", by=cast.person(holder(found)), at=START)


def executed(order):
    paper.executed(order.contracts.get())
    return order


PARTICULARS = {
    "purchase_order": "PO-1", "cost_centre": "C1", "account": "A1", "spending": "RDEL", "invoice_address": "Victoria Street",
    "contact_name": "Ann", "contact_email": "ann@dius.example",
}  # fmt: skip

CALL_OFF = Machine(
    rows=(CounterProposal, Clarification, CapacityEntry, Query),
    states={
        S.DRAFT: (None, lambda _: cast.drafted()),
        S.DEPARTMENT_APPROVAL: (S.DRAFT, lambda o: workflow.submit(o, by=cast.requester(), at=START)),
        S.RETURNED: (S.DEPARTMENT_APPROVAL, lambda o: workflow.recall(o, by=cast.requester(), at=START)),
        S.REJECTED: (S.DEPARTMENT_APPROVAL, on_step(approval.reject, reason="As it stands.")),
        S.WITHDRAWN: (S.DEPARTMENT_APPROVAL, withdraw),
        S.AUTHORITY_APPROVAL: (S.DEPARTMENT_APPROVAL, lambda o: decide_all(o, cast.ROUTE[:4])),
        S.WITH_SUPPLIER: (S.AUTHORITY_APPROVAL, lambda o: decide_all(o, cast.ROUTE[4:])),
        S.DECLINED: (S.WITH_SUPPLIER, decline),
        S.LAPSED: (S.WITH_SUPPLIER, lapse),
        S.COUNTER_PROPOSED: (S.WITH_SUPPLIER, lambda o: counter(o).call_off),
        S.CONFIRMED: (S.WITH_SUPPLIER, lambda o: cast.accept(o).call_off),
        S.CONTRACTED: (S.CONFIRMED, executed),
    },
    actions={
        "submit": Action(EDITABLE, lambda o: workflow.submit(o, by=cast.requester(), at=START), submit_form),
        **SECTIONS,
        "save the title": Action(EDITABLE, lambda o: drafting.save_title(o, "Another", by=cast.requester(), at=START), title_form),
        "recall": Action((S.DEPARTMENT_APPROVAL,), lambda o: workflow.recall(o, by=cast.requester(), at=START), requester("recall")),
        "decide": Action(IN_APPROVAL, on_step(approval.decide), step_form("decide", no_conflict="on")),
        "return": Action(IN_APPROVAL, on_step(approval.return_for_changes, reason="Too large."), step_form("return", **DECIDED)),
        "reject": Action(IN_APPROVAL, on_step(approval.reject, reason="Too large."), step_form("reject", **DECIDED)),
        "recuse": Action(IN_APPROVAL, recuse, step_form("recuse", reason="My brother.")),
        "query": Action(IN_APPROVAL, ask, step_form("ask", text="Why?")),
        "clarify": Action((S.WITH_SUPPLIER,), lambda o: negotiation.ask(o, text="Which door?", by=cast.person(DESK), at=START),
                          desk("clarify", text="Which door?")),
        "counter": Action((S.WITH_SUPPLIER,), counter, send_counter),
        "accept_counter": Action((S.COUNTER_PROPOSED,), lambda o: accept_counter(newest(o)), counter_form(BUYER, "accept_counter")),
        "refuse_counter": Action((S.COUNTER_PROPOSED,), lambda o: refuse_counter(newest(o)),
                                 counter_form(BUYER, "refuse_counter", reason="No.")),
        "withdraw_counter": Action((S.COUNTER_PROPOSED,), lambda o: take_back(newest(o)), counter_form(DESK, "take_back_counter")),
        "confirm": Action((S.WITH_SUPPLIER,), cast.accept, lambda o: Form(DESK, at(o, "accept", app="contracts"), {
            "shown_hash": o.revision.revision_hash, "repeated": o.revision.revision_hash[:12] or "0" * 12})),
        "decline": Action((S.WITH_SUPPLIER,), decline, desk("decline", code="capacity", reason="Full.")),
        # from the day after it came there; while its document is made, it is on nobody's desk
        "nudge": Action((*IN_APPROVAL, S.WITH_SUPPLIER),
                        lambda o: workflow.nudge(o, by=cast.requester(), at=START + timedelta(days=1))),
        "withdraw": Action(OPEN, withdraw, requester("withdraw", reason="Not needed.")),
        "lapse": Action(OPEN, lapse, quiet=True),
        "copy": Action((*OPEN, S.CONFIRMED, *ENDED), lambda o: workflow.copy(o, by=cast.requester(), at=START), requester("copy")),
        "particulars": Action((*OPEN, S.CONFIRMED, S.CONTRACTED),
                              lambda o: papers.save_particulars(o, PARTICULARS, by=cast.requester(), at=START),
                              lambda o: Form(BUYER, at(o, "particulars"), PARTICULARS | {"shown": papers.seal(o.particulars)})),
    },
)  # fmt: skip


def ended(found, act):
    act(found.approval.revision.call_off)
    return found


STEP = Machine(
    rows=(Query,),
    states={
        "waiting": (None, lambda _: cast.submitted().revision.approval.steps.get(position=4)),
        "open": ("waiting", lambda s: decide_all(s.approval.revision.call_off, cast.ROUTE[:3]) and s),
        "decided": ("open", lambda s: cast.decide(s.approval.revision.call_off, cast.ROUTE[3]) and s),
        "void": ("open", lambda s: ended(s, withdraw)),
    },
    actions={
        "decide": Action(("open",), on_step(approval.decide), step_form("decide", no_conflict="on")),
        "return": Action(("open",), on_step(approval.return_for_changes, reason="No."), step_form("return", **DECIDED)),
        "reject": Action(("open",), on_step(approval.reject, reason="No."), step_form("reject", **DECIDED)),
        "recuse": Action(("open",), recuse, step_form("recuse", reason="My brother.")),
        "ask": Action(("open",), ask, step_form("ask", text="Why?")),
    },
)


def answered(row) -> str:
    return "answered" if row.answered_at else "open"


ANSWER_FORGED = {"answer = 'Otherwise.'": ("answered",), "answered_at = NULL": ("answered",)}

QUERY = Machine(
    state_of=answered, forged=ANSWER_FORGED,
    states={
        "open": (None, lambda _: ask(cast.submitted())),
        "answered": ("open", lambda q: approval.answer(q, text="It is.", by=cast.requester(), at=START)),
        "open, its revision returned": ("open", lambda q: ended(q, on_step(approval.return_for_changes, reason="No."))),
    },
    actions={
        "answer": Action(("open",), lambda q: approval.answer(q, text="It is.", by=cast.requester(), at=START),
                         lambda q: Form(BUYER, at(q.approval.revision.call_off, "answer", q.pk), {"text": "It is."})),
    },
)  # fmt: skip

CLARIFICATION = Machine(
    state_of=answered, forged=ANSWER_FORGED,
    states={
        "open": (None, lambda _: negotiation.ask(cast.with_supplier(), text="Which door?", by=cast.person(DESK), at=START)),
        "answered": ("open", lambda c: negotiation.answer(c, text="The left one.", by=cast.requester(), at=START)),
        "open, its order withdrawn": ("open", lambda c: withdraw(c.call_off) and c),
    },
    actions={
        "answer": Action(("open",), lambda c: negotiation.answer(c, text="The left one.", by=cast.requester(), at=START),
                         lambda c: Form(BUYER, at(c.call_off, "clarified", c.number), {"text": "The left one."})),
    },
)  # fmt: skip

COUNTER = Machine(
    state_of=lambda made: made.answer or "open",
    forged={f"answer = '{to}'": tuple(state for state in ("accepted", "refused", "taken_back", "ended") if state != to)
            for to in ("accepted", "refused", "taken_back", "ended", "")},
    states={
        "open": (None, lambda _: cast.countered()),
        "accepted": ("open", lambda m: accept_counter(m) and m),
        "refused": ("open", lambda m: refuse_counter(m) and m),
        "refused, another open": ("refused", lambda m: counter(cast.fresh(m.call_off)) and m),
        "taken_back": ("open", lambda m: take_back(m) and m),
        "ended": ("open", lambda m: withdraw(m.call_off) and m),
    },
    actions={
        "accept": Action(("open",), accept_counter, counter_form(BUYER, "accept_counter")),
        "refuse": Action(("open",), refuse_counter, counter_form(BUYER, "refuse_counter", reason="No.")),
        "take_back": Action(("open",), take_back, counter_form(DESK, "take_back_counter")),
    },
)  # fmt: skip


def excepted(_):
    order = with_pcs()
    papers.save_exceptions(order, [("CORE-03", 2, "Instruments.")], by=cast.requester(), at=START)
    order = cast.fresh(order)
    workflow.submit(order, by=cast.requester(), at=START)
    decide_all(order, cast.ROUTE[:4])
    return cast.fresh(order).revision.exceptions.get()


def on_exception(action, **words):
    def act(asked):
        found = asked.revision.approval.steps.get(post="commercial_lead")
        return action(found, asked, shown_hash=asked.revision.revision_hash, no_conflict=True, by=cast.person(LEAD), at=START, **words)

    return act


def exception_form(outcome: str):
    return lambda asked: Form(LEAD, at(asked.revision.call_off, "decide_exception", 5, asked.service_code), {
        "outcome": outcome, "no_conflict": "on", "reason": "As asked.", "shown_hash": asked.revision.revision_hash})  # fmt: skip


GRANT, REFUSE = on_exception(approval.grant_exception), on_exception(approval.refuse_exception, reason="No.")
EXCEPTION = Machine(
    state_of=lambda asked: asked.decision.outcome if hasattr(asked, "decision") else "asked", rows=(ExceptionDecision,),
    forged={"quantity = 3": ("asked", "granted", "refused")},
    states={
        "asked": (None, excepted),
        "granted": ("asked", lambda a: GRANT(a) and a),
        "refused": ("asked", lambda a: REFUSE(a) and a),
    },
    actions={
        "grant": Action(("asked",), GRANT, exception_form("grant")),
        "refuse": Action(("asked",), REFUSE, exception_form("refuse")),
    },
)  # fmt: skip
