"""Play the Flex story through the real actions, the real worker and real signing: DIUS orders and the three parties sign
(October 2007); its interim service begins and the shared one follows, milestone by milestone, up to the cutover (April
2008); ONS joins by a signed access agreement and orders, with a question answered and a counter-proposal refused on the
way (June 2008), by which prices fall for DIUS too (July 2008); DIUS takes more desktops by two variations (September and
October 2008), the second of which is over the framework's control; in September it misses its service levels, for which
credits are taken off an invoice (October 2008); and it is abolished, and all that it has passes to BIS (June 2009). Writes
contract.pdf, order.json and story.json, and beside them the certificate of the cutover, the documents of ONS, the notice of new
prices, the variations and the notice of the transfer. Run by ``make story OUT=DIR`` in an
instance of its own.

Every figure written is read from the database after the actions.
"""

import io
import json
import re
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pikepdf
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Model

from config.story import figures, joining, orders, service_levels, transfer, transition, variations
from config.story.data import person, rows
from contracts import formation
from contracts.models import Contract, ContractState, ContractVersion, Milestone, Party, TransferState, VariationState
from documents import clock, store
from documents.actors import operator
from documents.models import DocumentState, Job, SigningIntent
from procurement import agreements, approval, countering, negotiation, workflow
from procurement import joining as accessions
from procurement.actors import Person
from procurement.models import AccessionState, CallOff, PostCode, StepState
from procurement.proposing import Changes

PATIENCE_SECONDS = 180
DIUS_EXECUTED, CUTOVER, ONS_EXECUTED, RERATED = (
    "sign: executed", "accept M8: cutover", "sign: ONS executed", "re-rating of DIUS takes effect"
)  # fmt: skip
CREDITED, VARIED, TRANSFERRED = "apply the service credits", "VAR-02 executed", "transfer of DIUS to BIS"
INTERIM_STARTS, INTERIM = "interim service starts", "M2"
DOCUMENTS = (
    "contract.pdf", "dius-cutover-certificate.pdf", "ons-contract.pdf", "ons-access-agreement.pdf", "dius-new-prices.pdf",
    "dius-var-01.pdf", "dius-var-02.pdf", "dius-transfer-notice.pdf",
)  # fmt: skip
QUESTION = "Is the machine room at Newport open to our engineers at weekends?"
ANSWER = "It is, for named engineers; the reception has the list."
COUNTER_REASON = "The lines to Titchfield are ready a month later."
REFUSAL = "The leases of the old desktops end on 30 June; please begin as ordered."


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--out", required=True)

    def handle(self, *args, out, **options):
        self.out = Path(out)
        self.out.mkdir(parents=True, exist_ok=True)
        self.call_off: CallOff | None = None
        told = {}
        for row in sorted([*rows("story.csv"), *rows("story_between.csv")], key=lambda row: row["at"]):
            self.play(row)
            if row["action"] == DIUS_EXECUTED:
                told["dius"] = figures.of_contract(self.contract())
                self.write_documents()
            if row["action"] == CUTOVER:
                told["transition"] = figures.of_transition(self.contract())
            if row["action"] == ONS_EXECUTED:
                told["ons"] = figures.of_contract(self.contract())
                self.write_documents("ons-")
            if row["action"] == RERATED:
                told["rerating"] = self.rerating()
            if row["action"] == CREDITED:
                told["service_credits"] = figures.of_service_credits(self.of_dius())
            if row["action"] == VARIED:
                told["variations"] = figures.of_variations(self.of_dius())
            if row["action"] == TRANSFERRED:
                told["transfer"] = figures.of_transfer(transfer.find())
        told["framework"] = figures.framework_figures(self.call_off.framework)
        (self.out / "story.json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        for name in DOCUMENTS:
            self.verify(self.out / name)
        self.say(f"\nAll of it is in {self.out}")

    def say(self, words: str) -> None:
        """At once, also into a pipe or a file: a line says how far the story is."""
        self.stdout.write(words)
        self.stdout.flush()

    # ---- the calendar

    def play(self, row: dict[str, str]) -> None:
        """A row without an organisation is what the clock brings: the day is stepped to, and that is all."""
        day = date.fromisoformat(row["at"])
        moment = datetime(day.year, day.month, day.day, 10, 0, tzinfo=clock.LONDON)
        if moment > clock.business_now():
            clock.step_to(moment, by=operator("story"))
        if not row["organisation"]:
            return self.say(f"{row['at']} {'':8} {'the clock':20} {row['action']}")
        by, at = person(row["organisation"], row["post"]), clock.business_now()
        action = row["action"].split(":")[0]
        if action.startswith("submit"):
            self.submit(row["organisation"], by, at)
        elif action in ("endorse", "commit"):
            self.decide(row["post"], by, at)
        elif action == "sign":
            self.sign(row["post"], by, at)
        elif action.startswith("deliver M"):
            transition.deliver(transition.milestone_of(self.contract(), action.split()[-1]), by, at)
        elif action.startswith("accept M") or action == INTERIM_STARTS:
            self.accept_milestone(INTERIM if action == INTERIM_STARTS else action.split()[-1], by, at)
        elif "VAR-" in action:
            self.vary(action, row["post"], by, at)
        elif action in service_levels.ACTS:
            service_levels.ACTS[action](self.of_dius(), by, at)
        elif action in self.acts:
            getattr(self, self.acts[action])(by, at)
        else:
            raise CommandError(f"the story does not know how to {row['action']!r}")
        self.say(f"{row['at']} {row['organisation']:8} {row['post']:20} {row['action']}")

    acts = {
        "accept the order": "accept", "ask the department": "ask", "answer the supplier": "answer",
        "counter-propose": "counter", "refuse the counter-proposal": "refuse", "join": "apply",
        "review the application": "review", "recommend the application": "recommend",
        "approve the application": "approve", "access agreement signed": "sign_agreement",
        "prepare the transfer of DIUS to BIS": "prepare_transfer", "agree to the transfer of DIUS to BIS": "agree_to_transfer",
        TRANSFERRED: "transfer",
    }  # fmt: skip

    def fresh(self) -> CallOff:
        return CallOff.objects.select_related("supplier_revision", "revision", "framework").get(pk=self.call_off.pk)

    def contract(self) -> Contract:
        return Contract.objects.select_related("document", "revision", "framework", "call_off__framework").get(
            call_off=self.call_off
        )

    def of_dius(self) -> Contract:
        """Whose life goes on after the order of ONS."""
        return Contract.objects.select_related("document", "framework", "call_off__framework").get(department__code="DIUS")

    def submit(self, organisation: str, by: Person, at: datetime) -> None:
        self.call_off = {"DIUS": orders.draft_dius, "ONS": orders.draft_ons}[organisation](by, at)
        workflow.submit(self.call_off, by=by, at=at)

    def decide(self, post: str, by: Person, at: datetime) -> None:
        step = self.fresh().revision.approval.steps.get(post=post, state=StepState.OPEN)
        approval.decide(step, shown_hash=step.approval.content_hash, no_conflict=True, by=by, at=at)

    def accept(self, by: Person, at: datetime) -> None:
        shown = self.fresh().supplier_revision.revision_hash
        contract = formation.accept_order(self.call_off, shown_hash=shown, by=by, at=at)
        self.wait(contract, lambda c: c.state == ContractState.AWAITING_SIGNATURES)

    def sign(self, post: str, by: Person, at: datetime) -> None:
        party = {PostCode.SUPPLIER_SIGNATORY: Party.SUPPLIER, PostCode.SIGNATORY: Party.DEPARTMENT}.get(
            post, Party.AUTHORITY
        )
        contract = self.contract()
        shown = store.head(contract.document).sha256
        intent = formation.sign(contract, party, shown_sha256=shown, by=by, at=at)
        if party == contract.framework.signing_order[-1]:
            self.wait(contract, lambda c: c.state == ContractState.EXECUTED)
        else:
            self.wait(intent, lambda made: hasattr(made, "signature"))

    def accept_milestone(self, label: str, by: Person, at: datetime) -> None:
        decision = transition.accept(transition.milestone_of(self.contract(), label), clock.london_day(at), by, at)
        self.wait(decision.document, lambda made: made.state == DocumentState.COMPLETE)
        if decision.submission.milestone.effect == Milestone.Effect.CUTOVER:
            made = store.content(store.head(decision.document))
            (self.out / "dius-cutover-certificate.pdf").write_bytes(made)

    def vary(self, action: str, post: str, by: Person, at: datetime) -> None:
        """DIUS varies its contract, though the last order is that of ONS."""
        contract = self.of_dius()
        label = re.search(r"VAR-\d+", action).group()
        if action.startswith("assess"):
            return variations.assess(contract, label, by, at)
        variation = variations.find(contract, label)
        if action.startswith("decide"):
            variations.decide(variation, post, by, at)
            if (made := variations.find(contract, label).document) is not None:
                self.wait(made, lambda document: document.state == DocumentState.SEALED)
        elif action.startswith("publish"):
            variations.publish(variation, by, at)
        else:
            intent = variations.sign(variation, by, at)
            self.wait(intent, lambda one: hasattr(one, "signature"))
        if action.endswith("executed"):
            self.wait(variation, lambda one: one.state == VariationState.EXECUTED)
            document = store.content(store.head(variations.find(contract, label).document))
            (self.out / f"dius-{label.lower()}.pdf").write_bytes(document)

    # ---- the supplier answers back

    def ask(self, by: Person, at: datetime) -> None:
        negotiation.ask(self.call_off, text=QUESTION, by=by, at=at)

    def answer(self, by: Person, at: datetime) -> None:
        negotiation.answer(self.call_off.clarifications.get(answered_at=None), text=ANSWER, by=by, at=at)

    def counter(self, by: Person, at: datetime) -> None:
        """The service begins a month later and ends when it was to end."""
        later = date(2008, 8, 1)
        revision = self.fresh().revision
        moved = {m.number: later for m in revision.milestones.all() if m.planned_on == revision.shared_starts_on}
        term = {"shared_starts_on": later, "shared_months": revision.shared_months - 1}
        countering.counter(self.call_off, Changes(term=term, milestones=moved), reason=COUNTER_REASON, by=by, at=at)

    def refuse(self, by: Person, at: datetime) -> None:
        made = self.call_off.counter_proposals.get(answered_at=None)
        countering.refuse_it(made, reason=REFUSAL, by=by, at=at)

    # ---- joining

    def apply(self, by: Person, at: datetime) -> None:
        joining.apply(by, at, clock.london_day(at))

    def review(self, by: Person, at: datetime) -> None:
        accessions.start_review(joining.accession_of("ONS"), by=by, at=at)

    def recommend(self, by: Person, at: datetime) -> None:
        accessions.recommend(joining.accession_of("ONS"), shown_hash=joining.shown_hash(), by=by, at=at)

    def approve(self, by: Person, at: datetime) -> None:
        accession = agreements.approve(joining.accession_of("ONS"), shown_hash=joining.shown_hash(), by=by, at=at)
        self.wait(accession, lambda a: a.state == AccessionState.AGREEMENT_ISSUED)

    def sign_agreement(self, by: Person, at: datetime) -> None:
        accession = joining.accession_of("ONS")
        party = agreements.signing_of(accession).turn().party
        shown = store.head(accession.document).sha256
        intent = agreements.sign(accession, party, shown_sha256=shown, by=by, at=at)
        if agreements.signing_of(accession).turn() is None:
            self.wait(accession, lambda a: a.state == AccessionState.ACTIVE)
            (self.out / "ons-access-agreement.pdf").write_bytes(store.content(store.head(accession.document)))
        else:
            self.wait(intent, lambda made: hasattr(made, "signature"))

    # ---- the department ends

    def prepare_transfer(self, by: Person, at: datetime) -> None:
        transfer.prepare(by, at)

    def agree_to_transfer(self, by: Person, at: datetime) -> None:
        """The notice goes to the supplier and both departments, sealed."""
        transfer.agree(by, at)
        made = transfer.find().notices.select_related("document").get()
        self.wait(made.document, lambda document: document.state == DocumentState.COMPLETE)
        (self.out / "dius-transfer-notice.pdf").write_bytes(store.content(store.head(made.document)))

    def transfer(self, by: Person, at: datetime) -> None:
        transfer.take_effect(by, at)
        self.wait(transfer.find(), lambda one: one.state == TransferState.APPLIED)

    # ---- what everybody has of it

    def rerating(self) -> dict:
        """Of DIUS, because of what ONS has ordered: the notice, sealed, and what it says."""
        contract = self.of_dius()
        notices = contract.versions.filter(kind=ContractVersion.Kind.RERATING)
        self.wait(contract, lambda _c: notices.filter(document__state=DocumentState.COMPLETE).exists())
        made = notices.select_related("document").get()
        (self.out / "dius-new-prices.pdf").write_bytes(store.content(store.head(made.document)))
        return figures.of_rerating(contract, made)

    def wait(self, thing: Model, reached: Callable[[Model], bool]) -> None:
        """Until the worker has done its part, or say what is in the way."""
        rows_of = type(thing).objects.select_related("signature") if isinstance(thing, SigningIntent) else type(thing).objects
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if reached(rows_of.get(pk=thing.pk)):
                return
            time.sleep(0.1)
        stuck = Job.objects.exclude(state=Job.State.DONE).exclude(task="documents.send_email").first()
        raise CommandError(f"the worker did not finish: {stuck and (stuck.task, stuck.state, stuck.last_error)}")

    # ---- what is left of it

    def write_documents(self, prefix: str = "") -> None:
        pdf = store.content(store.head(self.contract().document))
        (self.out / f"{prefix}contract.pdf").write_bytes(pdf)
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            order = opened.attachments["order.json"].get_file().read_bytes()
        (self.out / f"{prefix}order.json").write_bytes(order)

    def verify(self, document: Path) -> None:
        """The verdict of the check, by the command anybody would use."""
        answer = io.StringIO()
        try:
            call_command("verify_document", str(document), "--instance", settings.INSTANCE, stdout=answer)
        except SystemExit as no:
            if no.code:
                raise CommandError(f"the check of {document.name} says no (exit {no.code}) {answer.getvalue().strip()[-500:]}") from no
        finally:
            self.say(f"\n{document.name}: {answer.getvalue().rstrip()}")
