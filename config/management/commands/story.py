"""Play the DIUS story up to the signed contract of October 2007, through the real actions, the real worker and real
signing, and write contract.pdf, order.json and story.json. Run by ``make story OUT=DIR`` in an instance of its own.

Every figure written is read from the database after the actions.
"""

import csv
import io
import json
import subprocess
import sys
import time
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pikepdf
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from catalogue.models import Framework, Organisation
from contracts import formation
from contracts.models import Contract, ContractState, Party
from documents import audit, clock, storage, store
from documents.actors import operator
from documents.models import DocumentRevision, Job
from procurement import access, approval, drafting, papers, quoting, workflow
from procurement.actors import Person
from procurement.models import Attachment, CallOff, CapacityAccount, PostCode, PostHolding, StepState, in_date

DATA = Path(settings.BASE_DIR) / "config" / "data" / "flex"
PATIENCE_SECONDS = 180
CONTRACT_SIGNED = "sign: executed"  # the last action of this part of story.csv

BUSINESS_CASE = (DATA / "dius_business_case.pdf").read_bytes()


def rows(name: str) -> list[dict[str, str]]:
    with open(DATA / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def person(organisation: str, post: str) -> Person:
    """The first holder of a post on the business day, acting at the command line with a fresh sign-in."""
    body = Organisation.objects.get(code=organisation)
    user = access.holders(body.pk, post, clock.business_today()).order_by("id").first()
    if user is None:
        raise CommandError(f"nobody holds the post {post} at {organisation}")
    return Person.of(user, channel="command", session="story", signed_in_at=clock.real_now())


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--out", required=True)

    def handle(self, *args, out, **options):
        self.out = Path(out)
        self.out.mkdir(parents=True, exist_ok=True)
        self.call_off: CallOff | None = None
        for row in rows("story.csv"):
            self.play(row)
            if row["action"] == CONTRACT_SIGNED:
                break
        self.write()
        self.verify()

    # ---- the calendar

    def play(self, row: dict[str, str]) -> None:
        day = date.fromisoformat(row["at"])
        moment = datetime(day.year, day.month, day.day, 10, 0, tzinfo=clock.LONDON)
        if moment > clock.business_now():
            clock.step_to(moment, by=operator("story"))
        by, at = person(row["organisation"], row["post"]), clock.business_now()
        action = row["action"].split(":")[0]
        if action.startswith("submit"):
            self.call_off = draft_dius(by, at)
            workflow.submit(self.call_off, by=by, at=at)
        elif action in ("endorse", "commit"):
            self.decide(row["post"], by, at)
        elif action == "accept the order":
            revision = self.fresh().supplier_revision
            contract = formation.accept_order(self.call_off, shown_hash=revision.revision_hash, by=by, at=at)
            self.wait(contract, lambda c: c.state == ContractState.AWAITING_SIGNATURES)
        elif action == "sign":
            self.sign(row["post"], by, at)
        else:
            raise CommandError(f"the story does not know how to {row['action']!r}")
        self.stdout.write(f"{row['at']} {row['organisation']:8} {row['post']:20} {row['action']}")

    def fresh(self) -> CallOff:
        return CallOff.objects.select_related("supplier_revision", "revision").get(pk=self.call_off.pk)

    def decide(self, post: str, by: Person, at: datetime) -> None:
        step = self.fresh().revision.steps.get(post=post, state=StepState.OPEN)
        approval.decide(step, shown_hash=step.revision.revision_hash, no_conflict=True, by=by, at=at)

    def sign(self, post: str, by: Person, at: datetime) -> None:
        party = {PostCode.SUPPLIER_SIGNATORY: Party.SUPPLIER, PostCode.SIGNATORY: Party.DEPARTMENT}.get(
            post, Party.AUTHORITY
        )
        contract = Contract.objects.get(call_off=self.call_off)
        shown = store.head(contract.document).sha256
        intent = formation.sign(contract, party, shown_sha256=shown, by=by, at=at)
        if party == contract.framework.signing_order[-1]:
            self.wait(contract, lambda c: c.state == ContractState.EXECUTED)
        else:
            self.wait(contract, lambda c: hasattr(type(intent).objects.get(pk=intent.pk), "signature"))

    def wait(self, contract: Contract, reached) -> None:
        """Until the worker has done its part, or say what is in the way."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if reached(Contract.objects.get(pk=contract.pk)):
                return
            time.sleep(0.1)
        stuck = Job.objects.exclude(state=Job.State.DONE).exclude(task="documents.send_email").first()
        raise CommandError(f"the worker did not finish: {stuck and (stuck.task, stuck.state, stuck.last_error)}")

    # ---- what the database says after it

    def write(self) -> None:
        contract = Contract.objects.select_related("document", "revision", "framework").get(call_off=self.call_off)
        pdf = store.content(store.head(contract.document))
        (self.out / "contract.pdf").write_bytes(pdf)
        with pikepdf.open(io.BytesIO(pdf)) as opened:
            order = opened.attachments["order.json"].get_file().read_bytes()
        (self.out / "order.json").write_bytes(order)
        told = {"dius": self.dius(contract), "framework": framework_figures(contract.framework)}
        (self.out / "story.json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    def dius(self, contract: Contract) -> dict:
        call_off = self.fresh()
        revision = call_off.revision
        years = json.loads(revision.content)["charges_by_financial_year"]
        shas = DocumentRevision.objects.filter(document=contract.document).order_by("number")
        return {
            "call_off": call_off.reference,
            "revision_hash": revision.revision_hash,
            "volumes": quoting.volumes(call_off.framework, clock.business_today()),
            **{
                name: money(getattr(revision, name))
                for name in ("monthly_gbp", "interim_gbp", "one_off_gbp", "whole_life_gbp", "levy_gbp")
            },
            "saving_gbp_a_year": money(revision.saving_gbp_a_year),
            "carbon_saved_kg_a_year": money(revision.carbon_saved_kg_a_year),
            "contract": contract.number,
            "document_sha256": [r.sha256 for r in shas],
            "actions": actions_of(call_off) + actions_of(contract),
            "charges_by_financial_year": {y["year"]: y["net_gbp"] for y in years},
            "framework_after": framework_figures(call_off.framework),
        }

    def verify(self) -> None:
        """The verdict of the check, by the command anybody would use."""
        answer = subprocess.run(
            [sys.executable, str(Path(settings.BASE_DIR) / "manage.py"), "verify_document",
             str(self.out / "contract.pdf"), "--instance", settings.INSTANCE],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        self.stdout.write(answer.stdout.rstrip())
        if answer.returncode:
            raise CommandError(f"the check says no (exit {answer.returncode}) {answer.stderr.strip()[-500:]}")


def money(value: Decimal) -> str:
    return f"{value:.2f}"


def framework_figures(framework: Framework) -> dict[str, str]:
    account = CapacityAccount.objects.get(framework=framework)
    return {
        "ceiling_gbp": money(account.ceiling_gbp), "committed_gbp": money(account.committed_gbp),
        "reserved_gbp": money(account.reserved_gbp), "headroom_gbp": money(account.headroom_gbp),
    }  # fmt: skip


def actions_of(thing) -> list[dict[str, str]]:
    """The recorded acts in order, saves of the draft left out; role and organisation are the post held that day."""
    out = []
    for event in audit.history(thing):
        if event.verb.endswith("_saved"):
            continue
        holding = (
            PostHolding.objects.filter(in_date(clock.london_day(event.at)), user__person_id=event.actor_person_id)
            .select_related("post__organisation")
            .first()
            if event.actor_person_id
            else None
        )
        out.append({
            "action": event.verb, "role": holding.post.code if holding else event.actor_kind,
            "organisation": holding.post.organisation.code if holding else "",
            "at": event.at.astimezone(clock.LONDON).isoformat(),
        })  # fmt: skip
    return out


def draft_dius(by: Person, at: datetime) -> CallOff:
    """The call-off of dius_*.csv, built with the actions of the task list."""
    framework = Framework.objects.get(reference="FLEX-2007")
    department = Organisation.objects.get(code="DIUS")
    call_off = drafting.start(framework, department, title="Shared desktop service for DIUS", by=by, at=at)
    acting = {"by": by, "at": at}
    drafting.save_sites(call_off, [drafting.Site(r["site"], int(r["seats"])) for r in rows("dius_sites.csv")], **acting)
    lines = rows("dius_call_off.csv")
    shared = next(r for r in lines if r["phase"] == "shared")
    interim = next(r for r in lines if r["phase"] == "interim")
    drafting.save_term(
        call_off,
        drafting.Term(
            shared_starts_on=date.fromisoformat(shared["starts_on"]), shared_months=int(shared["months"]),
            interim_starts_on=date.fromisoformat(interim["starts_on"]), interim_months=int(interim["months"]),
        ),
        **acting,
    )  # fmt: skip
    ordered = [drafting.Ordered(r["phase"], r["service"], r["site"] or None, int(r["quantity"])) for r in lines]
    drafting.save_services(call_off, ordered, **acting)
    drafting.save_kpis(call_off, ["EUS-B", "SD-S-FIX", "APP-G"], **acting)
    drafting.save_milestones(call_off, [milestone(r) for r in rows("dius_milestones.csv")], **acting)
    drafting.save_special_terms(
        call_off,
        [("Sites shared with other bodies", "Where a Site is shared with another public body, the Supplier agrees "
          "access and works with the building's manager before it starts.")],
        staff_transfer=False,
        staff_transfer_text="No employee is assigned to the services that this contract replaces.",
        **acting,
    )  # fmt: skip
    papers.save_data_protection(call_off, data_protection(), **acting)
    papers.attach(
        call_off,
        papers.StoredFile("business-case.pdf", "application/pdf", storage.put(BUSINESS_CASE), len(BUSINESS_CASE)),
        kind=Attachment.Kind.BUSINESS_CASE,
        **acting,
    )
    papers.save_spend_control(call_off, "SC-2007-0119", **acting)
    papers.save_budget(call_off, budget_code="DIUS-ICT-2007", **acting)
    papers.save_particulars(
        call_off,
        {
            "purchase_order": "PO-DIUS-004711", "cost_centre": "CC-3100", "account": "52100", "spending": "RDEL",
            "invoice_address": "Accounts payable, DIUS, Illustrative address, London",
            "contact_name": "DIUS contract manager", "contact_email": "contract.manager@dius.example",
            "contact_telephone": "020 7946 0000",
        },
        **acting,
    )  # fmt: skip
    return call_off


def milestone(row: dict[str, str]) -> drafting.Milestone:
    """Reads the "on_acceptance" words of dius_milestones.csv: payments and effects, separated by semicolons."""
    payments, effect = [], ""
    for part in filter(None, (words.strip() for words in row["on_acceptance"].split(";"))):
        words = part.split()
        if part == "cutover":
            effect = "cutover"
        elif part == "interim lines start":
            effect = "interim_starts"
        elif words[1:3] == ["percent", "of"]:
            payments.append((words[3], Decimal(words[0]), None))
        elif words[1] == "x":
            payments.append((words[0], None, int(words[2])))
        else:
            raise CommandError(f"dius_milestones.csv: {part!r} is not understood")
    criteria = tuple(words.strip() for words in row["acceptance_criteria"].split(";"))
    return drafting.Milestone(row["title"], date.fromisoformat(row["planned_on"]), criteria, effect, tuple(payments))


def data_protection() -> dict:
    return {
        "applies": True,
        "subject_matter": "Running desktops, e-mail, file and print, mobile working and service desk for the department",
        "nature_and_purpose": "Storage, transmission, support and recovery of the department's working files and mail",
        "duration": "The term of the contract and the exit period",
        "data_types": "Names, contact details, job titles, account names, mail and files that users create, support calls",
        "data_subjects": "Employees and contractors of the department; people who write to it",
        "retention": "Returned and then deleted within 30 days after the end of the contract",
        "sub_processors": "None without the department's prior written consent",
        "transfers": "None outside the United Kingdom",
    }
