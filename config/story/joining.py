"""The Office for National Statistics joins: its application, and the access agreement signed by both parties."""

from datetime import date, datetime
from typing import Any

from config.story.data import DATA, rows
from documents import storage
from procurement import accession_display, joining
from procurement.actors import Person
from procurement.membership import Named
from procurement.models import Accession, Application

STATEMENT = "Desktops, service desk, business continuity and hosting for 4,500 users at three sites."
FILES = (
    (Application.FileKind.SIGNATORY, "ons_signatory_evidence.pdf"),
    (Application.FileKind.DELEGATION, "ons_delegation_letters.pdf"),
)


def accession_of(code: str) -> Accession:
    return Accession.objects.select_related("framework__authority", "department", "document").get(department__code=code)


def apply(by: Person, at: datetime, on: date) -> Accession:
    """Sites from ons_sites.csv; people and limits as the register knows them; evidence and letters as files."""
    accession = accession_of("ONS")
    sites = [
        {"name": r["site"], "address": f"Illustrative address, {r['site']}", "seats": int(r["seats"])}
        for r in rows("ons_sites.csv")
    ]
    people = [Named(**person) for person in accession_display.known_people(accession.department, on)]
    values = {"statement": STATEMENT, "sites": sites, "people": people, "files": [_file(*file) for file in FILES]}
    joining.save_application(accession, values, by=by, at=at)
    return joining.apply(accession_of("ONS"), by=by, at=at)


def _file(kind: str, name: str) -> dict[str, Any]:
    data = (DATA / name).read_bytes()
    return {
        "kind": str(kind), "filename": name, "content_type": "application/pdf", "length": len(data),
        "sha256": storage.put(data),
    }  # fmt: skip


def shown_hash() -> str:
    """Of the application as it was sent."""
    return joining.current(accession_of("ONS")).content_hash
