"""The auditor's file of a contract: what is in it for whom, that it proves itself by programs of other makers, how it is made, kept
and dropped."""

import csv
import io
import json
import subprocess
import uuid
import zipfile
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest
from asn1crypto import x509
from django.urls import reverse
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from contracts import audit_content, audit_making
from contracts.models import AuditFile
from documents import clock, jobs, storage, verifying
from documents.models import AuditEvent, Job
from documents.refusal import Refused
from procurement import membership, passings
from procurement.models import PostHolding
from tests import cast, paper
from tests.cast import START
from tests.contracts import (
    ending_cast,
    levels_cast,
    money_cast,
    publication_cast,
    request_cast,
    statutory_cast,
    transfer_cast,
)
from tests.contracts import variation_cast as varied
from tests.contracts.transition_cast import MANAGER, SERVICE
from tests.procurement.test_pages import post, sign_in

pytestmark = [pytest.mark.usefixtures("db")]
AUDITOR = "auditor@co.example"
SIDES = {"department": MANAGER, "authority": AUDITOR, "supplier": SERVICE}
LETTER = b"%PDF-1.7\n% the letter of a delegation\n%%EOF\n"


def made(side: str = "authority", at=START) -> AuditFile:
    """Asked for by somebody of the side, and made by the worker."""
    file = audit_making.ask(cast.contract(), by=cast.person(SIDES[side]), at=at)
    cast.run_all_jobs()
    return cast.fresh(file)


def opened(file: AuditFile) -> zipfile.ZipFile:
    return zipfile.ZipFile(storage.open_made(file.public_id, file.sha256))


def rows(archive: zipfile.ZipFile, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(path).decode("utf-8-sig"))))


def with_a_letter() -> None:
    """The signatory of DIUS signs under a delegation that a letter gives."""
    holding = PostHolding.objects.get(user__email="signatory@dius.example", post__code="signatory")
    limit = membership.Limit("signature", Decimal("11300000.00"), False, None, date(2007, 10, 1), None, "Délégation of Sir.pdf", storage.put(LETTER))
    membership.delegate(holding, limit, by=cast.person("administrator@dius.example"), at=START)


def full() -> None:
    """One of everything that comes into the file, the contract and its published copy with keys."""
    with_a_letter()
    contract = cast.executed()
    varied.signed_on_paper(varied.approved(varied.assessed()))
    varied.begun()
    levels_cast.confirmed(contract)
    levels_cast.notified()
    money_cast.approved(money_cast.recorded(contract))
    money_cast.paid()
    publication_cast.approved(publication_cast.proposed())
    cast.run_all_jobs()
    ending_cast.proposed(contract)


@pytest.mark.world("issued")
def test_each_side_gets_what_it_may_see_and_every_hash_holds(tmp_path):
    full()
    archives = {side: opened(made(side, levels_cast.AFTER)) for side in SIDES}
    contract = cast.contract()
    for side, archive in archives.items():
        assert archive.testzip() is None and len(set(archive.namelist())) == len(archive.namelist())
        folder = tmp_path / side
        archive.extractall(folder)
        found = subprocess.run(["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout + found.stderr
        summed = {line.split("  ", 1)[1] for line in archive.read("SHA256SUMS").decode().splitlines()}
        assert summed == set(archive.namelist()) - {"SHA256SUMS"}
        listed = {row["path"]: (int(row["bytes"]), row["sha256"], row["what"]) for row in rows(archive, "manifest.csv")}
        assert set(listed) == summed - {"manifest.csv"} and all(what for _n, _sha, what in listed.values())
        for path, (length, digest, _what) in listed.items():
            data = archive.read(path)
            assert (len(data), sha256(data).hexdigest()) == (length, digest)
        names = set(archive.namelist())
        assert {f"documents/{contract.number}.pdf", f"data/{contract.number}.order.json", "documents/RC-2007-000001.pdf", "history.csv",
                "money/charges.csv", "money/payments.csv", "README.txt"} <= names  # fmt: skip
        assert any("VAR-01" in name for name in names if name.startswith("documents/"))
        assert rows(archive, "money/payments.csv")[0]["invoice"] and rows(archive, "money/service_credits.csv")
    sees = {side: set(archive.namelist()) for side, archive in archives.items()}
    letter = [name for name in sees["department"] if "letters/" in name]
    assert letter == [f"decisions/letters/{sha256(LETTER).hexdigest()[:12]}-D_l_gation_of_Sir.pdf"]
    assert set(letter) <= sees["authority"] and not set(letter) & sees["supplier"]
    assert any("business-case" in name for name in sees["authority"]) and not any("business-case" in name for name in sees["supplier"])
    of_authority = {
        side: {row["limit_gbp"] for row in rows(archive, "decisions/decisions.csv") if row["organisation"] == "Cabinet Office"} - {""}
        for side, archive in archives.items()
    }
    assert of_authority["authority"] and not of_authority["department"], "the limits of the authority's people are its own"
    leaks(archives["supplier"], archives["department"])


def leaks(supplier: zipfile.ZipFile, department: zipfile.ZipFile) -> None:
    """Limits, letters, comments, budget codes, baselines, drafts and proposals are the department's, and not in the supplier's."""
    whole = {name: supplier.read(name).decode("utf-8", "replace") for name in supplier.namelist() if not name.endswith(".pdf")}
    inside = rows(department, "decisions/decisions.csv")
    assert not any("VAR-02" in name for name in supplier.namelist())
    limits = {row["limit_gbp"] for row in inside} - {"", "unlimited"}
    assert limits
    forbidden = {*limits, "unlimited", "DIUS-ICT-2007", "baseline", "11300000.00", publication_cast.SECRET, sha256(LETTER).hexdigest(),
                 "The work moves to another department."}  # fmt: skip
    for name, text in whole.items():
        found = {one for one in forbidden if one in text}
        assert not found, (name, found)
    outside = rows(supplier, "decisions/decisions.csv")
    assert outside and {row["limit_gbp"] + row["letter_sha256"] + row["reason"] for row in outside} == {""}
    verbs = {row["verb"] for row in rows(supplier, "history.csv")}
    assert not {verb for verb in verbs if verb.startswith("call_off.")} - {"call_off.confirmed", "call_off.contracted", "call_off.committed_by_authority"}
    assert "contract_termination.proposed" not in verbs and "variation.begun" not in verbs
    assert {"contract_termination.proposed", "variation.begun"} <= {row["verb"] for row in rows(department, "history.csv")}
    assert not any("VAR-02" in row["of"] for row in rows(supplier, "history.csv"))


@pytest.mark.world("executed")
def test_the_signed_documents_in_it_check_with_its_own_certificate_and_with_ours():
    publication_cast.approved(publication_cast.proposed())
    cast.run_all_jobs()
    archive, contract = opened(made()), cast.contract()
    root = x509.Certificate.load(archive.read("trust/flex-root.crt"))
    for path in (name for name in archive.namelist() if name.startswith("documents/")):
        pdf = archive.read(path)
        assert verifying.check(pdf).valid, path
        signatures = PdfFileReader(io.BytesIO(pdf)).embedded_regular_signatures
        assert len(signatures) == (4 if contract.number in path else 1)
        for one in signatures:
            status = validate_pdf_signature(one, ValidationContext(trust_roots=[root], allow_fetching=False))
            assert status.intact and status.valid and status.trusted, path
    order = json.loads(archive.read(f"data/{contract.number}.order.json"))
    assert archive.read("README.txt").decode().count(contract.number) > 3
    order.pop("contract")
    digest = sha256(json.dumps(order, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
    assert {row["hash_decided_on"] for row in rows(archive, "decisions/decisions.csv")} == {digest}, "as the README says it is checked"


@pytest.mark.world("executed")
def test_the_same_records_make_the_same_bytes_and_another_record_another_file():
    contract = cast.contract()
    first = io.BytesIO()
    n = audit_content.write(contract, "authority", first)
    again = io.BytesIO()
    assert audit_content.write(cast.fresh(contract), "authority", again) == n and again.getvalue() == first.getvalue()
    file = made()
    assert (file.sha256, file.files, file.length) == (sha256(first.getvalue()).hexdigest(), n, len(first.getvalue()))
    assert made() == file and AuditFile.objects.count() == 1, "nothing was recorded since"
    assert made("department") != file, "another side has a file of its own"
    money_cast.recorded(contract)
    newer = made(at=levels_cast.AFTER)
    assert newer != file and newer.sha256 != file.sha256
    assert [event.verb for event in AuditEvent.objects.filter(subject="contracts.auditfile", subject_id=file.audit_id).order_by("id")] == [
        "audit_file.asked_for", "audit_file.made"]  # fmt: skip


@pytest.mark.world("executed")
def test_it_is_dropped_after_its_days_and_made_again_for_who_asks():
    file = made()
    later = Job.objects.get(task="contracts.drop_audit_file")
    assert timedelta(days=6) < later.run_after - clock.real_now() <= audit_making.KEPT and later.state == "queued"
    Job.objects.filter(pk=later.pk).update(run_after=clock.real_now())
    cast.run_all_jobs()
    with pytest.raises(FileNotFoundError):
        opened(file)
    assert cast.fresh(file).dropped_at and audit_making.newest(cast.contract(), "authority") is None
    again = made()
    assert again != file and again.sha256 == file.sha256 and opened(again).testzip() is None


@pytest.mark.world("executed")
def test_a_worker_that_does_it_twice_makes_it_once_and_a_damaged_file_is_not_given():
    file = made()
    found = (file.stamp, file.sha256, file.length, file.files)
    audit_making.made(file, found, at=START)
    assert AuditEvent.objects.filter(verb="audit_file.made").count() == 1
    path = storage._made(file.public_id)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(storage.StorageDamaged):
        opened(file)


@pytest.mark.world("executed")
def test_one_that_a_restored_store_does_not_have_is_made_again(client):
    file = made()
    storage.drop_made(file.public_id)
    of = [cast.contract().public_id]
    assert sign_in(client, AUDITOR).get(reverse("contracts:audit_file_zip", args=of)).status_code == 404
    assert "Make it again" in client.get(reverse("contracts:audit_file", args=of)).content.decode()
    again = made()
    assert again != file and again.sha256 == file.sha256


@pytest.mark.world("accepted")
def test_before_the_contract_is_executed_there_is_none():
    with pytest.raises(Refused, match="nothing to audit"):
        made()


@pytest.mark.world("executed")
def test_it_is_asked_for_watched_and_downloaded_on_its_page(client):
    contract = cast.contract()
    page, zipped = (reverse(f"contracts:{name}", args=[contract.public_id]) for name in ("audit_file", "audit_file_zip"))
    assert sign_in(client, AUDITOR).get(zipped).status_code == 404
    assert "Make the file" in client.get(page).content.decode()
    assert post(client, page).status_code == 302
    assert "is being made" in client.get(page).content.decode()
    part = client.get(page, HTTP_HX_REQUEST="true")
    assert part.status_code == 200 and b"<html" not in part.content and b"is being made" in part.content
    assert post(client, page).status_code == 302 and AuditFile.objects.count() == 1, "what is being made is not made twice"
    cast.run_all_jobs()
    assert client.get(page, HTTP_HX_REQUEST="true")["HX-Refresh"] == "true"
    shown = client.get(page).content.decode()
    file = AuditFile.objects.get()
    assert file.sha256 in shown and "Make it again" not in shown
    answer = client.get(zipped)
    assert answer["Content-Disposition"] == f'attachment; filename="{contract.number}-audit.zip"' and answer["Content-Type"] == "application/zip"
    assert sha256(b"".join(answer.streaming_content)).hexdigest() == file.sha256
    assert sign_in(client, SERVICE).get(zipped).status_code == 404, "that of another side is not theirs"
    assert file.sha256 not in client.get(page).content.decode()
    money_cast.recorded(contract)
    shown = sign_in(client, AUDITOR).get(page).content.decode()
    assert "since this file was made" in shown and "Make it again" in shown
    for email in ("requester@ons.example", "requester@bis.example"):
        assert [sign_in(client, email).get(address).status_code for address in (page, zipped)] == [404, 404]


def test_a_name_that_somebody_typed_is_no_place_elsewhere():
    assert [audit_content.safe(name) for name in ("../../etc/passwd", "a b.pdf", "..", "", "é" * 300, "x" * 300 + ".pdf")] == [
        "etc_passwd", "a_b.pdf", "file", "file", "file", "x" * 76 + ".pdf"]  # fmt: skip


def test_what_is_made_is_whole_or_not_there():
    name = uuid.uuid4()

    def fails(target):
        target.write(b"half")
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        storage.keep_made(name, fails)
    with pytest.raises(FileNotFoundError):
        storage.open_made(name, "0" * 64)
    assert list((storage._made(name).parent).iterdir()) == []
    assert storage.keep_made(name, lambda target: target.write(b"whole")) == (sha256(b"whole").hexdigest(), 5)
    storage.drop_made(name)
    storage.drop_made(name)
    assert jobs.find_task("contracts.drop_audit_file") is not None


@pytest.mark.world("executed")
def test_how_far_the_others_are_with_a_variation_is_not_the_suppliers():
    changing = varied.decided(varied.submitted(), steps=2)
    assert changing.state == "in_approval"
    seen = {side: {row["of"] for row in rows(opened(made(side)), "decisions/decisions.csv")} for side in SIDES}
    order = cast.contract().call_off.reference
    assert seen == {"department": {order, "VAR-01"}, "authority": {order, "VAR-01"}, "supplier": {order}}
    varied.signed_on_paper(varied.decided(cast.fresh(changing)))
    assert {row["of"] for row in rows(opened(made("supplier")), "decisions/decisions.csv")} == {order, "VAR-01"}, "it is in what they sign"


def test_what_changed_it_without_a_signature_and_what_was_published_of_it_is_in_it():
    cast.leave_tolerance()
    paper.in_force()
    first = made("supplier")
    asked = request_cast.asked()
    assert not audit_making.is_current(first), "what it says is not all that is recorded any more"
    request_cast.refused(asked)
    statutory_cast.rated()
    statutory_cast.confirmed()
    statutory_cast.commented()
    published = statutory_cast.published(statutory_cast.notice("performance"))
    archive = opened(made("supplier", statutory_cast.RATED_AT))
    assert [(row["request"], row["state"], row["answer"]) for row in rows(archive, "decisions/change_requests.csv")] == [
        ("CR-01", "refused", "There is nobody to install them.")]  # fmt: skip
    assert {row["change"] for row in rows(archive, "decisions/change_request_lines.csv")} == {"20"}
    assert archive.read("notices/SN-03.json") == published.content.encode()
    notices = rows(archive, "notices/notices.csv")
    assert [(row["notice"], row["kind"], row["reference"]) for row in notices] == [("SN-03", "performance", "2007/S 000-000003")], "drafts are not the supplier's"
    assert len(rows(opened(made("authority", statutory_cast.RATED_AT)), "notices/notices.csv")) == 3
    assert {row["confirmed_by"] for row in rows(archive, "notices/ratings.csv")} == {cast.person(statutory_cast.SIGNATORY).words}
    assert [row["words"] for row in rows(archive, "notices/comments.csv")] == ["A strike of others."]
    told = {row["verb"] for row in rows(archive, "history.csv")}
    assert {"change_request.asked", "change_request.refused", "contract.kpis_rated", "contract.notice_published"} <= told


@pytest.mark.world("executed")
def test_after_the_contract_passed_nobody_gets_the_file_of_the_department_before():
    with_a_letter()
    contract, before = cast.contract(), made("department")
    transfer_cast.applied()
    cast.run_all_jobs()
    assert not audit_making.kept(cast.fresh(contract), "department").exists() and cast.fresh(before).dropped_at is None
    file = audit_making.ask(cast.fresh(contract), by=cast.person(MANAGER), at=transfer_cast.on(transfer_cast.DAY))
    cast.run_all_jobs()
    archive = opened(cast.fresh(file))
    assert [(row["from_day"], row["outgoing"], row["receiving"]) for row in rows(archive, "departments.csv")] == [
        (transfer_cast.DAY.isoformat(), transfer_cast.body("DIUS").name, transfer_cast.body("ONS").name)]  # fmt: skip
    (passing,) = passings.of(contract)
    assert f"documents/{passing.document.number}.pdf" in archive.namelist(), "the notice by which it passed"
    assert json.loads(archive.read("contract.json"))["department"] == "ONS"
    committed = next(row for row in rows(archive, "decisions/decisions.csv") if row["post"] == "accounting officer")
    assert (committed["delegation"], committed["delegation_ends_on_by_now"]) == (
        "budget delegation from 21 May 2007", (transfer_cast.DAY - timedelta(days=1)).isoformat()), "it ended by the passing, long after the decision"  # fmt: skip
