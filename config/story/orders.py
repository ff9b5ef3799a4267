"""The orders of the story, built with the actions of the task list from their files."""

from datetime import date, datetime
from decimal import Decimal

from django.core.management.base import CommandError

from catalogue.models import Framework, Organisation
from config.story.data import DATA, rows
from documents import storage
from procurement import drafting, papers
from procurement.actors import Person
from procurement.models import Attachment, CallOff

BUSINESS_CASE = (DATA / "dius_business_case.pdf").read_bytes()


def draft_dius(by: Person, at: datetime) -> CallOff:
    """The call-off of dius_*.csv."""
    call_off = _draft("DIUS", "Shared desktop service for DIUS", by, at)
    acting = {"by": by, "at": at}
    drafting.save_special_terms(
        call_off,
        [("Sites shared with other bodies", "Where a Site is shared with another public body, the Supplier agrees "
          "access and works with the building's manager before it starts.")],
        staff_transfer=False,
        staff_transfer_text="No employee is assigned to the services that this contract replaces.",
        **acting,
    )  # fmt: skip
    _papers(call_off, spend_control="SC-2007-0119", budget_code="DIUS-ICT-2007", purchase_order="PO-DIUS-004711", **acting)
    return call_off


def draft_ons(by: Person, at: datetime) -> CallOff:
    """The call-off of ons_*.csv."""
    call_off = _draft("ONS", "Shared desktop service for ONS", by, at)
    acting = {"by": by, "at": at}
    drafting.save_special_terms(
        call_off, [], staff_transfer=False,
        staff_transfer_text="No employee is assigned to the services that this contract replaces.", **acting,
    )  # fmt: skip
    _papers(call_off, spend_control="SC-2008-0042", budget_code="ONS-ICT-2008", purchase_order="PO-ONS-000815", **acting)
    return call_off


def _draft(code: str, title: str, by: Person, at: datetime) -> CallOff:
    """Sites, term, services, indicators and milestones, as the files say."""
    name, acting = code.lower(), {"by": by, "at": at}
    framework = Framework.objects.get(reference="FLEX-2007")
    call_off = drafting.start(framework, Organisation.objects.get(code=code), title=title, **acting)
    drafting.save_sites(call_off, [drafting.Site(r["site"], int(r["seats"])) for r in rows(f"{name}_sites.csv")], **acting)
    lines = rows(f"{name}_call_off.csv")
    shared = next(r for r in lines if r["phase"] == "shared")
    interim = next((r for r in lines if r["phase"] == "interim"), None)
    drafting.save_term(
        call_off,
        drafting.Term(
            shared_starts_on=date.fromisoformat(shared["starts_on"]), shared_months=int(shared["months"]),
            interim_starts_on=date.fromisoformat(interim["starts_on"]) if interim else None,
            interim_months=int(interim["months"]) if interim else None,
        ),
        **acting,
    )  # fmt: skip
    ordered = [drafting.Ordered(r["phase"], r["service"], r["site"] or None, int(r["quantity"])) for r in lines]
    drafting.save_services(call_off, ordered, **acting)
    drafting.save_kpis(call_off, ["EUS-B", "SD-S-FIX", "APP-G"], **acting)
    drafting.save_milestones(call_off, [milestone(r) for r in rows(f"{name}_milestones.csv")], **acting)
    return call_off


def _papers(
    call_off: CallOff, *, spend_control: str, budget_code: str, purchase_order: str, by: Person, at: datetime
) -> None:
    """Data protection, business case, spend control, budget and particulars."""
    code, acting = call_off.department.code, {"by": by, "at": at}
    papers.save_data_protection(call_off, data_protection(), **acting)
    papers.attach(
        call_off,
        papers.StoredFile("business-case.pdf", "application/pdf", storage.put(BUSINESS_CASE), len(BUSINESS_CASE)),
        kind=Attachment.Kind.BUSINESS_CASE,
        **acting,
    )
    papers.save_spend_control(call_off, spend_control, **acting)
    papers.save_budget(call_off, budget_code=budget_code, **acting)
    papers.save_particulars(
        call_off,
        {
            "purchase_order": purchase_order, "cost_centre": "CC-3100", "account": "52100", "spending": "RDEL",
            "invoice_address": f"Accounts payable, {code}, Illustrative address",
            "contact_name": f"{code} contract manager", "contact_email": f"contract.manager@{code.lower()}.example",
            "contact_telephone": "020 7946 0000",
        },
        **acting,
    )  # fmt: skip


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
