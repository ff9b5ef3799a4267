"""What the signed file is to programs of other makers, and that nothing half-signed ever leaves."""

import asyncio
import io
import re
import subprocess
from datetime import timedelta
from itertools import pairwise, permutations
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.policy_decl import REQUIRE_REVINFO, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager

from documents import clock, keys, signing
from documents.signing import SigningFailed
from tests.documents.conftest import act_of, sign_as


def tool(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def pdfsig(pdf: bytes, folder: Path, nss: Path) -> list[dict[str, str]]:
    """poppler's verdict on each signature, by the words before the colon."""
    path = folder / "file.pdf"
    path.write_bytes(pdf)
    shown = tool("pdfsig", "-no-ocsp", "-nssdir", f"sql:{nss}", str(path)).stdout
    blocks = re.split(r"Signature #\d+:", shown)[1:]
    lines = [re.findall(r"- (?:The )?([^:\n]+): ?(.*)", block) for block in blocks]
    return [dict(found) for found in lines]


def policy() -> PdfSignatureValidationSpec:
    """Our root, revocation information required, all of it from the file, nothing fetched."""
    return PdfSignatureValidationSpec(
        SignatureValidationSpec(
            cert_validation_policy=CertValidationPolicySpec(
                trust_manager=SimpleTrustManager.build(trust_roots=[keys.certificate("root")]),
                revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
            ),
            revinfo_gathering_policy=RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY),
            local_knowledge=LocalKnowledge(known_certs=[keys.certificate("issuing")]),
        )
    )


def test_each_step_begins_with_the_bytes_of_the_one_before(made):
    for before, after in pairwise(made.files):
        assert after.startswith(before) and len(after) > len(before)


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5])
def test_pdfsig_calls_every_signature_valid_and_trusted(made, step, tmp_path, nss_store):
    signatures = [
        s for s in pdfsig(made.files[step], tmp_path, nss_store) if "Archive" not in s["Signature Field Name"]
    ]
    signed = [s for s in signatures if "Signature Validation" in s]
    assert [s["Signature Field Name"] for s in signed] == made.fields_at(step)
    for found in signed:
        assert found["Signature Validation"] == "Signature is Valid."
        assert found["Certificate Validation"] == "Certificate is Trusted."
        assert found["Signature Type"] == "ETSI.CAdES.detached"


def test_pdfsig_trusts_nothing_without_our_root(made, tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    tool("certutil", "-N", "--empty-password", "-d", f"sql:{folder}")
    found = [s for s in pdfsig(made.files[4], tmp_path, folder) if "Certificate Validation" in s]
    assert len(found) == len(made.fields_at(4))
    assert all(s["Certificate Validation"] != "Certificate is Trusted." for s in found)


@pytest.mark.parametrize("step", range(6))
def test_qpdf_finds_nothing_wrong(made, step, tmp_path):
    path = tmp_path / "file.pdf"
    path.write_bytes(made.files[step])
    checked = tool("qpdf", "--check", str(path))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_closed_file_proves_itself_by_what_it_carries(made):
    """PAdES B-LTA by pyHanko's own algorithm: every signature, from the file and our root alone."""

    async def judge() -> list[tuple]:
        reader = PdfFileReader(io.BytesIO(made.files[5]))
        return [(s.field_name, (await ades_lta_validation(s, policy())).ades_subindic)
                for s in reader.embedded_regular_signatures]  # fmt: skip

    assert asyncio.run(judge()) == [(name, AdESPassed.OK) for name in made.fields]


@pytest.mark.parametrize("order", list(permutations(range(3)))[1:], ids=str)
def test_the_parties_may_sign_in_any_order_the_framework_sets(made, order):
    pdf = made.files[1]
    for turn in order:
        pdf = sign_as(pdf, made.payload["signatories"][turn])
    reader = PdfFileReader(io.BytesIO(signing.archive(pdf)), strict=True)
    assert [s.field_name for s in reader.embedded_regular_signatures] == [
        made.fields[0],
        *(made.parties[turn] for turn in order),
    ]


def test_the_seal_certifies_and_permits_only_signatures_after_it(made):
    reader = PdfFileReader(io.BytesIO(made.files[5]))
    first = reader.embedded_regular_signatures[0]
    assert first.field_name == signing.ISSUER_FIELD
    assert reader.root["/Perms"]["/DocMDP"]["/Reference"][0]["/TransformParams"]["/P"] == 2


def test_a_document_is_certified_once_and_a_box_filled_once(made):
    with pytest.raises(SigningFailed):
        signing.seal(made.files[1], lines=["again"])
    with pytest.raises(SigningFailed):
        sign_as(made.files[2], made.payload["signatories"][0])


def test_only_boxes_of_the_layout_can_be_signed(made):
    with pytest.raises(SigningFailed):
        signing.sign(made.files[1], field="Signature_guest", identifier="GOVGB-CO", lines=["x"], reason="x")


def test_a_revoked_seal_signs_nothing(made, own_keys):
    keys.revoke("NTRGB-00096056")
    with pytest.raises(SigningFailed):
        sign_as(made.files[1], made.payload["signatories"][0])


def test_an_ended_seal_signs_nothing(made, own_keys, monkeypatch):
    later = clock.real_now() + timedelta(days=keys.SEAL_DAYS + 1)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    with pytest.raises(SigningFailed):
        sign_as(made.files[1], made.payload["signatories"][0])


@pytest.mark.parametrize("missing", ["seal-NTRGB-00096056.p12", "seal-NTRGB-00096056.crt", "timestamp.p12"])
def test_a_missing_key_signs_nothing(made, own_keys, missing):
    (own_keys / missing).unlink()
    with pytest.raises(keys.KeyMissing):
        sign_as(made.files[1], made.payload["signatories"][0])


def test_a_key_of_another_certificate_signs_nothing(made, own_keys):
    (own_keys / "seal-NTRGB-00096056.p12").write_bytes((own_keys / "seal-GOVGB-DIUS.p12").read_bytes())
    with pytest.raises(SigningFailed):
        sign_as(made.files[1], made.payload["signatories"][0])


def test_an_unreachable_timestamp_service_signs_and_closes_nothing(made, monkeypatch):
    monkeypatch.setenv("TSA_URL", "http://127.0.0.1:9/")
    with pytest.raises(SigningFailed):
        sign_as(made.files[1], made.payload["signatories"][0])
    with pytest.raises(SigningFailed):
        signing.archive(made.files[4])


def test_what_is_signed_says_which_act_it_stands_for(made):
    reader = PdfFileReader(io.BytesIO(made.files[5]))
    reasons = [str(s.sig_object["/Reason"]) for s in reader.embedded_regular_signatures]
    assert reasons == ["Issued by the contract register", *[f"act {act_of(field)}" for field in made.parties]]
