"""The DIUS contract made, sealed, signed by three parties and closed, once for all tests of this folder (about twelve
seconds), and the register's own way of looking at it, without a database."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings

from documents import canonical, rendering, signing
from documents.models import Document, DocumentRevision
from tests.documents.contract_payload import dius

KIND, VERSION = "call_off_contract", 1


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


def sign_as(pdf: bytes, signatory: dict[str, str]) -> bytes:
    lines = [signatory["name"], f"Signed by the signatory of {signatory['name']}"]
    return signing.sign(
        pdf, field=signatory["field"], identifier=signatory["identifier"], lines=lines, reason="act of a test"
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


@pytest.fixture
def own_keys(template_database, tmp_path, settings) -> Path:
    """A copy of the keys that the test may spoil."""
    folder = tmp_path / "keys"
    shutil.copytree(settings.KEYS_DIR, folder)
    settings.KEYS_DIR = folder
    return folder


@pytest.fixture(scope="session")
def nss_store(template_database, tmp_path_factory) -> Path:
    """What a reader of another maker is given: our root certificate and nothing else."""
    folder = tmp_path_factory.mktemp("nss")
    store = f"sql:{folder}"
    root = str(Path(settings.KEYS_DIR) / "root.crt")
    for arguments in (["-N", "--empty-password"], ["-A", "-n", "root", "-t", "CT,C,C", "-i", root]):
        subprocess.run(["certutil", *arguments, "-d", store], check=True, capture_output=True)
    return folder
