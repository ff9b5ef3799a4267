"""The DIUS contract made, sealed, signed by three parties and closed, once for all tests of this folder (about twelve
seconds), and the register's own way of looking at it, without a database."""

import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path

import pytest

from documents import canonical, clock, keys, rendering, signing, storage, store
from documents.actors import SYSTEM
from documents.models import Document, DocumentRevision, Purpose, SigningIntent
from tests.documents.contract_payload import dius

KIND, VERSION = "call_off_contract", 4


@dataclass(frozen=True)
class Made:
    """``files``: the bytes after each step: 0 made, 1 sealed, 2-4 the parties in signing order, 5 closed."""

    payload: dict
    order_json: bytes
    files: tuple[bytes, ...]

    @property
    def parties(self) -> list[str]:
        return [signatory["field"] for signatory in self.payload["signatories"]]

    @property
    def fields(self) -> list[str]:
        return [signing.ISSUER_FIELD, *self.parties]

    @property
    def document(self) -> Document:
        """The row that expects these signatures, not stored."""
        signers = [{**signatory, "party": signatory["role"]} for signatory in self.payload["signatories"]]
        return Document(
            kind=KIND, template_version=VERSION, number="CON-2007-000001", expected_signers=signers
        )

    @property
    def base(self) -> DocumentRevision:
        return DocumentRevision(
            number=0, sha256=canonical.sha256_hex(self.files[0]), length=len(self.files[0])
        )

    def fields_at(self, step: int) -> list[str]:
        """The signatures that the file of a step carries."""
        return self.fields[: min(step, 4)]


def render_dius() -> rendering.Rendered:
    payload = dius()
    return rendering.render(KIND, VERSION, payload, canonical.dumps(payload["order"]))


def act_of(field: str) -> uuid.UUID:
    """The act that a test's signature stands for, the same in the file and in the rows."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"https://flex.example/act/{field}")


def sign_as(pdf: bytes, signatory: dict[str, str]) -> bytes:
    lines = [signatory["name"], f"Signed by the signatory of {signatory['name']}"]
    return signing.sign(
        pdf,
        field=signatory["field"],
        identifier=signatory["identifier"],
        lines=lines,
        reason=f"act {act_of(signatory['field'])}",
    )


@pytest.fixture(scope="session")
def made(template_database) -> Made:
    """The template's set-up made the test instance's keys, which signed this."""
    payload = dius()
    files = [render_dius().pdf]
    files.append(signing.seal(files[-1], lines=["Flex contract register", "Issued: CON-2007-000001"]))
    for signatory in payload["signatories"]:
        files.append(sign_as(files[-1], signatory))
    files.append(signing.archive(files[-1]))
    return Made(payload, canonical.dumps(payload["order"]), tuple(files))


def store_steps(made: Made, steps: int) -> Document:
    """Rows and bytes of the made contract after so many steps (1 made, 2 sealed, ... 6 closed), by the store's own
    actions."""
    signers = [
        {"field": s["field"], "party": s["field"].removeprefix("Signature_"), "identifier": s["identifier"],
         "name": s["name"]}
        for s in made.payload["signatories"]
    ]  # fmt: skip
    document = store.create(
        kind=KIND, version=VERSION, subject="contract of a test", number="CON-2007-900001", payload=made.payload,
        signers=signers, by=SYSTEM, at=clock.DEMONSTRATION_START,
    )  # fmt: skip
    purposes = [Purpose.DRAFT, Purpose.ISSUING_SEAL, *[Purpose.SIGNATURE] * 3, Purpose.ARCHIVE_TIMESTAMP]
    base = None
    for step, purpose in enumerate(purposes[:steps]):
        pdf = made.files[step]
        base, before = storage.put(pdf), base
        if purpose != Purpose.SIGNATURE:
            store.add_revision(document, pdf, purpose, base_sha256=before)
            continue
        signer = signers[step - 2]
        intent = SigningIntent.objects.create(
            act_id=act_of(signer["field"]), document=document, field=signer["field"], base_sha256=before,
            identifier=signer["identifier"], created_at=clock.real_now(),
            act={"name": f"A person of {signer['name']}", "post": "signatory", "organisation": signer["name"],
                 "at": "2007-10-10T09:00:00Z"},
        )  # fmt: skip
        store.record_signature(intent, pdf, certificate_sha256=keys.key_id(signer["identifier"]))
    return Document.objects.get(pk=document.pk)


@pytest.fixture
def own_keys(template_database, tmp_path, settings) -> Path:
    """A copy of the keys that the test may spoil."""
    folder = tmp_path / "keys"
    shutil.copytree(settings.KEYS_DIR, folder)
    settings.KEYS_DIR = folder
    return folder
