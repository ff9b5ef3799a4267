"""The strict check: what viewers let pass is refused here, each for its own reason."""

import asyncio
import io
from datetime import timedelta

import pikepdf
import pytest
from asn1crypto import cms
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers

from documents import clock, keys, signing, verifying
from documents.signing import _LoadedKeySigner
from documents.verifying import NotAsExpected
from tests.documents.conftest import sign_as


def insist(made, pdf: bytes, step: int = 5, **options):
    return verifying.insist_on_state(
        pdf, made.document, fields=made.fields_at(step), base=made.base, archived=step == 5, **options
    )


def incremental(pdf: bytes, change) -> bytes:
    """The file with one more update at its end, as a viewer or an attacker would save it."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def touch_page(writer):
    page, _parent = writer.find_page_for_modification(0)
    stream = writer.add_object(generic.StreamObject(stream_data=b"0 0 300 300 re f"))
    page.get_object()["/Contents"] = generic.ArrayObject([page.get_object().raw_get("/Contents"), stream])
    writer.update_container(page.get_object())


def add_script(writer):
    script = generic.DictionaryObject(
        {pdf_name("/S"): pdf_name("/JavaScript"), pdf_name("/JS"): generic.TextStringObject("1")}
    )
    writer.root["/OpenAction"] = script
    writer.update_root()


def drop_attachment(writer):
    del writer.root["/AF"]
    del writer.root["/Names"]
    writer.update_root()


def empty_a_field(writer):
    field = writer.root["/AcroForm"]["/Fields"][0]
    del field.get_object()["/V"]
    writer.update_container(field.get_object())


def add_a_field(writer):
    fields.append_signature_field(writer, fields.SigFieldSpec("Signature_guest", box=(0, 0, 100, 50)))


UPDATES = [touch_page, add_script, drop_attachment, empty_a_field, add_a_field]


def as_stranger(pdf: bytes) -> bytes:
    """A signature in a new field, by a key this register knows but does not expect here."""
    metadata = signers.PdfSignatureMetadata(field_name="Signature_stranger", md_algorithm="sha256")
    signer = signers.PdfSigner(metadata, _LoadedKeySigner(keys.seal_name("GOVGB-CO")))
    return asyncio.run(signer.async_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)))).getvalue()


def rewritten(pdf: bytes) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out)
    return out.getvalue()


@pytest.mark.parametrize("step", [1, 3, 5])
def test_each_state_of_the_document_is_accepted_as_that_state(made, step):
    assert [s.field for s in insist(made, made.files[step], step)][
        : len(made.fields_at(step))
    ] == made.fields_at(step)


@pytest.mark.parametrize("update", UPDATES, ids=lambda update: update.__name__)
def test_an_update_after_the_last_signature_is_refused(made, update):
    with pytest.raises(NotAsExpected):
        insist(made, incremental(made.files[1], update), 1)


@pytest.mark.parametrize("update", UPDATES[:3], ids=lambda update: update.__name__)
def test_an_update_hidden_under_a_later_signature_is_refused(made, update):
    changed = incremental(made.files[1], update)
    party = made.payload["signatories"][0]
    try:
        pdf = signing.sign(
            changed, field=party["field"], identifier=party["identifier"], lines=["x"], reason="x"
        )
    except signing.SigningFailed:
        return
    with pytest.raises(NotAsExpected):
        insist(made, pdf, 2)


@pytest.mark.parametrize(
    "spoil",
    [lambda pdf: pdf + b"\n", lambda pdf: pdf + b"% more\n", lambda pdf: pdf[:-1000], lambda pdf: b"\n" + pdf, rewritten,
     lambda pdf: b"", lambda pdf: b"%PDF-1.7\n%%EOF"],
    ids=["newline", "comment", "cut", "moved", "saved anew", "nothing", "hardly anything"],
)  # fmt: skip
def test_other_bytes_are_refused(made, spoil):
    with pytest.raises(NotAsExpected):
        insist(made, spoil(made.files[1]), 1)


@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.9])
def test_one_flipped_byte_anywhere_before_the_signature_is_refused(made, part):
    spoiled = bytearray(made.files[1])
    spoiled[int(spoiled.rfind(b"/Contents <") * part)] ^= 1
    with pytest.raises(NotAsExpected):
        insist(made, bytes(spoiled), 1)


def test_a_flipped_byte_of_the_signature_itself_is_refused(made):
    """The certificates beside it in its container are covered by nothing; a copy changed there is no file of the
    register by its sha256, which ``check`` asks first (``test_check_pages``)."""
    pdf = made.files[1]
    digits = pdf[pdf.rfind(b"/Contents <") :].partition(b"<")[2].partition(b">")[0]
    value = cms.ContentInfo.load(bytes.fromhex(digits.decode()))["content"]["signer_infos"][0]["signature"].native
    spoiled = bytearray(pdf)
    spoiled[pdf.rfind(digits) + 2 * bytes.fromhex(digits.decode()).index(value)] ^= 1
    with pytest.raises(NotAsExpected):
        insist(made, bytes(spoiled), 1)


def test_a_strangers_signature_is_refused(made):
    with pytest.raises(NotAsExpected, match="does not belong|not permitted|not allowed|cannot be read"):
        insist(made, as_stranger(made.files[1]), 1)


def test_one_partys_seal_in_anothers_box_is_refused(made):
    box, other = made.payload["signatories"][0], made.payload["signatories"][1]
    pdf = signing.sign(
        made.files[1], field=box["field"], identifier=other["identifier"], lines=["x"], reason="x"
    )
    with pytest.raises(NotAsExpected, match=f"signed by {other['identifier']}, not by {box['identifier']}"):
        insist(made, pdf, 2)


def test_a_missing_signature_is_named(made):
    with pytest.raises(NotAsExpected, match=made.parties[0]):
        insist(made, made.files[1], 2)


def test_without_the_archive_timestamp_it_is_not_closed(made):
    with pytest.raises(NotAsExpected, match="archive timestamp"):
        verifying.insist_on_state(
            made.files[4], made.document, fields=made.fields, base=made.base, archived=True
        )


def test_a_seal_revoked_before_it_is_closed_is_refused(made, own_keys):
    keys.revoke(made.payload["signatories"][0]["identifier"])
    with pytest.raises(NotAsExpected, match="revoked"):
        insist(made, made.files[2], 2)


def test_what_was_closed_stays_proved_when_its_seals_are_revoked_and_ended(made, own_keys, monkeypatch):
    """Three years on the seals' certificates have ended, one was revoked; the archive timestamp still holds."""
    later = clock.real_now() + timedelta(days=3 * 365)
    assert later > clock.real_now() + timedelta(days=keys.SEAL_DAYS)
    keys.revoke(made.payload["signatories"][1]["identifier"])
    monkeypatch.setattr(clock, "real_now", lambda: later)
    keys.refresh_revocation_lists()
    assert [s.field for s in insist(made, made.files[5])] == [*made.fields, signing.ARCHIVE_FIELD]


def test_what_is_added_to_a_checked_head_is_looked_at_alone(made):
    for step in (2, 3, 4):
        insist(made, made.files[step], step, checked=made.files[step - 1])
    with pytest.raises(NotAsExpected, match="as it last stood"):
        insist(made, made.files[3], 3, checked=made.files[2] + b" ")


@pytest.mark.parametrize("change", UPDATES[:3], ids=lambda change: change.__name__)
def test_a_change_slipped_in_before_a_signature_is_refused_though_the_head_was_checked(made, change):
    spoilt = sign_as(incremental(made.files[2], change), made.payload["signatories"][1])
    with pytest.raises(NotAsExpected, match="not allowed|not permitted"):
        insist(made, spoilt, 3, checked=made.files[2])
