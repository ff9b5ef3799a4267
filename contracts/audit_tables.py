"""The tables of the auditor's file, as one side reads them: the same rows as its pages. Money is GBP, VAT excluded unless said;
moments are in UTC. Columns have English names, for programs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from catalogue.sheets import Value
from contracts import access, invoice_guards, terms
from contracts.charges import by_line_and_month
from contracts.models import AcceptanceDecision, Contract, NovationState, Party
from documents import audit, canonical
from documents.models import AuditEvent, Document, SigningIntent
from documents.templatetags.flex import day
from procurement import passings
from procurement.models import Approval, Decision, Delegation
from procurement.timelines import is_told, reason_told, words


@dataclass(frozen=True)
class Table:
    """``words`` say what it is, for the list of files."""

    path: str
    words: str
    heading: Sequence[str]
    rows: list[Sequence[Value]]


def approvals(contract: Contract, side: str) -> list[tuple[str, Approval]]:
    """What was approved, by the name of it: the order, and each variation that the side may see. How far the department and the
    authority are with one that has no document yet is not the supplier's."""
    found = [(contract.call_off.reference, contract.revision.approval)]
    rows = (one for one in access.variations_for(side, contract) if side != Party.SUPPLIER or one.document_id)
    return found + [(one.label, one.approval) for one in rows if one.approval_id]


def decisions(contract: Contract, side: str) -> list[tuple[str, Decision]]:
    rows = [
        (what, decision) for what, approval in approvals(contract, side)
        for decision in approval.decisions.select_related("step__organisation", "delegation__framework").order_by("step__position")
    ]  # fmt: skip
    # what the department's and the authority's people wrote to each other before a no is not the supplier's
    return [row for row in rows if side != Party.SUPPLIER or row[1].outcome in ("endorsed", "committed")]


def reads_power(contract: Contract, side: str, organisation_id: int) -> bool:
    """Whether a side reads the limit of somebody of the organisation, and the letter that gives it: its own people's, and the
    authority also those of its members; the supplier nobody's of the others."""
    own = access.organisation_of(contract, side).pk == organisation_id
    return own or (side == Party.AUTHORITY and organisation_id == contract.department_id)


def _limit(delegation: Delegation | None) -> str:
    if delegation is None:
        return ""
    limit = "unlimited" if delegation.unlimited else canonical.money(delegation.limit_gbp)
    return f"{limit}, {delegation.lot_words}" if delegation.lot else limit


def _from(delegation: Delegation | None) -> str:
    """As it stood when it was decided under: its end may have been brought forward since, its beginning never is."""
    if delegation is None:
        return ""
    return f"{delegation.get_kind_display()} delegation from {day(delegation.starts_on)}"


def _decisions(contract: Contract, side: str) -> Table:
    """With the delegation as it stood, and beside it the last day that it has by now; its limit and the reason given only to whom they are told."""
    rows = []
    for what, one in decisions(contract, side):
        power = reads_power(contract, side, one.step.organisation_id)
        rows.append([
            what, one.step.position, one.step.organisation.name, str(one.step.get_post_display()), str(one.get_outcome_display()), one.name,
            one.principal_name, _from(one.delegation), one.delegation.ends_on if one.delegation else None, _limit(one.delegation) if power else "",
            one.delegation.letter_sha256 if power and one.delegation else "", one.reason if side != Party.SUPPLIER else "",
            one.content_hash, canonical.moment(one.decided_at),
        ])  # fmt: skip
    heading = ["of", "step", "organisation", "post", "decision", "by", "acting_for", "delegation", "delegation_ends_on_by_now",
               "limit_gbp", "letter_sha256", "reason", "hash_decided_on", "at_utc"]  # fmt: skip
    return Table("decisions/decisions.csv", "Who decided what, under which delegation", heading, rows)


def signed_documents(contract: Contract, side: str) -> list[Document]:
    """The contract, the variations that have a document, and the novations that all three have signed."""
    varied = [one.document for one in access.variations_for(side, contract) if one.document_id]
    novated = contract.novations.filter(state=NovationState.EXECUTED).select_related("document").order_by("pk")
    return [contract.document, *varied, *(one.document for one in novated)]


def intents(contract: Contract, side: str) -> list[SigningIntent]:
    rows = SigningIntent.objects.filter(document__in=signed_documents(contract, side))
    return list(rows.select_related("document").order_by("document_id", "id"))


def _signatures(contract: Contract, side: str) -> Table:
    rows = [
        [one.document.number, one.act["organisation"], one.identifier, one.act["name"], one.act["post"], one.act["acting_for"],
         one.act["delegation_words"], one.act["hash_shown"], one.act["at"], one.act["real_at"], str(one.act_id)]
        for one in intents(contract, side)
    ]  # fmt: skip
    heading = ["document", "organisation", "identifier", "name", "post", "acting_for", "authority", "hash_shown", "at_utc", "real_at_utc", "act"]
    return Table("decisions/signatures.csv", "Who signed which document, on which act", heading, rows)


def _charges(contract: Contract, side: str) -> Table:
    standing = terms.put_together(terms.read(contract))
    lines = {line.number: line.line for one in standing for line in one.lines}
    rows = []
    for (number, month), amount in sorted(by_line_and_month(terms.ledger(standing)).items(), key=lambda item: (item[0][1], item[0][0])):
        line = lines.get(number)
        named = [line.phase, line.service.code, line.service.name, line.site] if line else ["break cost", "", "", ""]
        rows.append([month, number, *named, amount])
    return Table("money/charges.csv", "What is charged, by line and month", ["month", "line", "phase", "service", "name", "site", "net_gbp"], rows)


def _invoices(contract: Contract, side: str) -> Iterator[Table]:
    found = list(contract.invoices.prefetch_related("payments", "checks", "acts", "answers").order_by("number"))
    for one in found:
        one.contract = contract
    yield Table(
        "money/invoices.csv", "Invoices as the supplier sent them",
        ["invoice", "reference", "month", "dated", "received", "pay_by", "state", "net_gbp", "vat_gbp", "gross_gbp", "paid_gbp", "file_sha256"],
        [[one.label, one.reference, one.month, one.invoiced_on, one.received_on, one.due_on, one.state, one.net_gbp, one.vat_gbp, one.gross_gbp,
          invoice_guards.paid(one), one.sha256] for one in found],
    )  # fmt: skip
    names = ("services_gbp", "milestones_gbp", "delay_gbp", "credits_gbp", "billed_gbp", "overpaid_gbp", "net_gbp", "vat_percent", "vat_gbp")
    yield Table(
        "money/invoice_comparisons.csv", "What was due for each invoice when it was compared", ["invoice", "comparison", *names, "at_utc"],
        [[one.label, check.number, *(getattr(check, name) for name in names), canonical.moment(check.checked_at)]
         for one in found for check in sorted(one.checks.all(), key=lambda check: check.number)],
    )  # fmt: skip
    yield Table(
        "money/invoice_acts.csv", "What was decided on each invoice", ["invoice", "act", "words", "by", "acting_for", "at_utc"],
        [[one.label, act.kind, act.words, act.person_name, act.acting_for, canonical.moment(act.at)]
         for one in found for act in sorted(one.acts.all(), key=lambda act: act.pk)],
    )  # fmt: skip
    yield Table(
        "money/invoice_answers.csv", "What the supplier said of queried invoices", ["invoice", "words", "by", "acting_for", "at_utc"],
        [[one.label, said.words, said.person_name, said.acting_for, canonical.moment(said.at)]
         for one in found for said in sorted(one.answers.all(), key=lambda said: said.pk)],
    )  # fmt: skip
    yield Table(
        "money/payments.csv", "Payments recorded", ["invoice", "payment", "amount_gbp", "paid_on", "reference", "recorded_by", "acting_for", "at_utc"],
        [[one.label, paid.number, paid.amount_gbp, paid.paid_on, paid.reference, paid.recorded_by_name, paid.acting_for, canonical.moment(paid.recorded_at)]
         for one in found for paid in sorted(one.payments.all(), key=lambda paid: paid.number)],
    )  # fmt: skip


def _credits(contract: Contract, side: str) -> Table:
    rows = []
    for one in contract.credits.select_related("measure", "level").prefetch_related("acts").order_by("number"):
        for act in sorted(one.acts.all(), key=lambda act: act.pk) or [None]:
            rows.append([
                f"SC{one.number}", one.month, one.measure.measure_code, one.measure.measure, one.level.credit_gbp, one.level.cut_gbp, one.state,
                *([act.kind, act.amount_gbp, act.words, act.invoice_reference, act.person_name, act.acting_for, canonical.moment(act.at)] if act else [""] * 7),
            ])  # fmt: skip
    heading = ["credit", "month", "measure", "name", "credit_gbp", "cut_by_cap_gbp", "state", "act", "amount_gbp", "words", "invoice", "by", "acting_for",
               "at_utc"]  # fmt: skip
    return Table("money/service_credits.csv", "Service credits, with what was done about each", heading, rows)


def _milestones(contract: Contract, side: str) -> Table:
    rows = [
        [one.label, one.title, one.planned_on, one.due_on, one.state, one.achieved_on, payment.line.service.code if payment else "",
         payment.amount_gbp if payment else None]
        for one in contract.milestones.prefetch_related("payments__line__service").order_by("number")
        for payment in [*one.payments.all()] or [None]
    ]  # fmt: skip
    heading = ["milestone", "title", "planned_on", "due_on", "state", "achieved_on", "pays_for", "amount_gbp"]
    return Table("money/milestones.csv", "Milestones and what each pays", heading, rows)


def subjects(contract: Contract, side: str) -> dict[tuple[str, str], str]:
    """What the history is of, by label and id, and what each is called. The order and all that hangs on the contract."""
    credits = list(contract.credits.order_by("number"))
    reports = list(contract.reports.order_by("id"))
    invoices = list(contract.invoices.order_by("number"))
    for one in (*credits, *reports, *invoices):
        one.contract = contract
    variations, terminations = list(access.variations_for(side, contract)), list(access.terminations_for(side, contract))
    copies = list(access.copies_for(side, contract))
    changes = [(one, one.label) for one in contract.change_requests.all()]
    changes += [(one, f"novation {one.document.number}") for one in contract.novations.select_related("document").order_by("pk")]
    running = [contract.running_on] if hasattr(contract, "running_on") else []
    called = [(contract.call_off, contract.call_off.reference), (contract, contract.number)]
    called += [(one, one.label) for one in (*variations, *contract.milestones.all(), *credits, *invoices, *terminations, *copies)]
    called += changes
    called += [(one, f"service report {one.month:%Y-%m}") for one in reports]
    called += [(one, "continuing without contract") for one in running]
    called += [(document, document.number) for document in documents(contract, side)]
    return {audit.subject_of(thing): name for thing, name in called}


def documents(contract: Contract, side: str) -> list[Document]:
    """Every document of the contract that the side may open, by number, each once."""
    found = [
        *signed_documents(contract, side), *(version.document for version in contract.versions.select_related("document")),
        *(one.document for one in access.terminations_for(side, contract) if one.document_id),
        *(one.document for one in access.copies_for(side, contract) if one.document_id),
        *(decision.document for decision in _certified(contract)),
        *(one.document for one in passings.of(contract) if one.document_id),
    ]  # fmt: skip
    if hasattr(contract, "exit") and contract.exit.document_id:
        found.append(contract.exit.document)
    return sorted({document.pk: document for document in found}.values(), key=lambda document: document.number)


def _certified(contract: Contract) -> Iterable[AcceptanceDecision]:
    return AcceptanceDecision.objects.filter(submission__milestone__contract=contract, document__isnull=False).select_related("document")


def told(contract: Contract, side: str) -> list[tuple[str, AuditEvent]]:
    """The history as the side reads it, oldest first, each event with the name of what it is of."""
    called = subjects(contract, side)
    kinds = {label for label, _identifier in called}
    rows = AuditEvent.objects.filter(subject__in=kinds, subject_id__in={identifier for _label, identifier in called}).order_by("id")
    found = [(called[event.subject, event.subject_id], event) for event in rows if (event.subject, event.subject_id) in called]
    return [(name, event) for name, event in found if is_told(event, side) or event.verb.startswith("document.")]


def _history(contract: Contract, side: str) -> Table:
    rows = [
        [canonical.moment(event.at), canonical.moment(event.real_at), name, event.verb, words(event.verb), event.actor_kind,
         event.actor_words, event.acting_for, reason_told(event, side), event.before if side != Party.SUPPLIER else "",
         event.after if side != Party.SUPPLIER else "", event.hash_shown]
        for name, event in told(contract, side)
    ]  # fmt: skip
    heading = ["at_utc", "real_at_utc", "of", "verb", "what", "actor", "by", "acting_for", "reason", "state_before", "state_after", "hash_shown"]
    return Table("history.csv", "What was done, by whom, when", heading, rows)


def all_of(contract: Contract, side: str) -> Iterable[Table]:
    yield _history(contract, side)
    yield _decisions(contract, side)
    yield _signatures(contract, side)
    yield _charges(contract, side)
    yield from _invoices(contract, side)
    yield _credits(contract, side)
    yield _milestones(contract, side)
