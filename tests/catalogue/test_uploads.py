"""A file is what its bytes say; what runs, explodes or is two things at once is refused in words."""

import io
import random
import time
import zipfile
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from PIL import Image

from catalogue import uploads
from catalogue.fields import UploadField

PDF = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
WORD_TYPES = (
    b'<?xml version="1.0"?><Types><Override PartName="/word/document.xml" ContentType="application/'
    b'vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
WORD = {"[Content_Types].xml": WORD_TYPES, "word/document.xml": b"<document/>"}


def zipped(parts: dict[str, bytes], comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
        archive.comment = comment
    return out.getvalue()


def workbook() -> bytes:
    out = io.BytesIO()
    book = Workbook()
    book.active.append(["CORE-01", 434])
    book.save(out)
    return out.getvalue()


def picture(fmt: str, size=(4, 4)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, fmt)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PDF, uploads.PDF),
        (workbook(), uploads.XLSX),
        (zipped(WORD), uploads.DOCX),
        (zipped(WORD | {"word/embeddings/Microsoft_Excel_Sheet1.xlsx": b"figures of a chart"}), uploads.DOCX),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<c/>"}), uploads.ODT),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet", "content.xml": b"<c/>"}), uploads.ODS),
        ("service,quantity\nCORE-01,434\n".encode("utf-8-sig"), uploads.CSV),
        (picture("PNG"), uploads.PNG),
        (picture("JPEG"), uploads.JPEG),
    ],
)
def test_a_file_is_what_its_bytes_say(data, kind):
    assert uploads.kind_of(data) == kind


def hidden_script() -> bytes:
    """A PDF whose script lies in a compressed stream of objects."""
    packed = zlib.compress(b"1 0 << /S /JavaScript /JS (app.alert(1)) >>")
    return (
        b"%PDF-1.7\n5 0 obj << /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode >> stream\n"
        + packed + b"\nendstream endobj\n%%EOF\n"
    )  # fmt: skip


def exploding_pdf() -> bytes:
    packed = zlib.compress(b"\0" * (uploads.LARGEST_OBJECTS + 1))
    return b"%PDF-1.7\n5 0 obj << /Type /ObjStm >> stream\n" + packed + b"\nendstream\n%%EOF\n"


def lying_archive() -> bytes:
    """Its headers say 10 bytes; it unpacks to far more."""
    data = bytearray(zipped({**WORD, "word/media/big.bin": b"\0" * 4096}))
    wanted, said = (4096).to_bytes(4, "little"), (10).to_bytes(4, "little")
    return bytes(data.replace(wanted, said))


def doubled_part() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("[Content_Types].xml", WORD_TYPES)
        archive.writestr("[Content_Types].xml", b"<Types/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"%PDF-1.7\n1 0 obj", "cut short"),
        (PDF.replace(b"/Catalog", b"/Catalog /OpenAction << /S /JavaScript >>"), "script"),
        (PDF.replace(b"/Catalog", b"/Catalog /OpenAction << /S /J#61vaScript >>"), "script"),
        (PDF.replace(b"/Catalog", b"/Catalog /OpenAction << /S /Launch >>"), "script"),
        (PDF.replace(b"/Catalog", b"/Catalog /RichMedia"), "script"),
        (PDF.replace(b"/Catalog", b"/Catalog /" + b"".join(b"#%02x" % letter for letter in b"EmbeddedFile")), "script"),
        (PDF.replace(b"/Catalog", b"/Catalog /#4A#61#76#61#53#63#72#69#70#74"), "script"),
        (hidden_script(), "script"),
        (hidden_script().replace(b"/ObjStm", b"/Obj#53tm"), "script"),
        (exploding_pdf(), "far more than its size"),
        (PDF + zipped(WORD), "hides an archive"),
        (picture("PNG") + zipped(WORD), "hides an archive"),
        (zipped({"notes.txt": b"x"}), "archive is not accepted"),
        (zipped(WORD | {"word/vbaProject.bin": b"x"}), "macros"),
        (zipped({"[Content_Types].xml": WORD_TYPES.replace(b"document.main", b"document.macroEnabled.main")}), "macros"),
        (zipped(WORD | {"word/embeddings/oleObject1.bin": b"x"}), "macros"),
        (zipped(WORD | {"word/Embeddings/a\nb.bin": b"x"}), "macros"),
        (zipped(WORD | {"word\\embeddings\\a.xlsx.bin": b"x"}), "macros"),
        (zipped(WORD | {"word/ActiveX/a.xml": b"<a/>"}), "macros"),
        (zipped(WORD | {"word/xVbaData.xml": b"<a/>"}), "macros"),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.text", "Basic/Standard/m.xml": b"<m/>"}), "macros"),
        (zipped(WORD | {"../../etc/passwd": b"x"}), "outside itself"),
        (zipped(WORD | {"/etc/passwd": b"x"}), "outside itself"),
        (zipped(WORD | {"word/a.xml": b'<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>'}), "words of its own"),
        (zipped(WORD | {"word/a.xml": '<!DOCTYPE a [<!ENTITY b "bb">]><a>&b;</a>'.encode("utf-16")}), "not written in UTF-8"),
        (zipped(WORD | {"word/a.xml": b"<?xml version='1.0' encoding='cp037'?>" + "<!DOCTYPE a><a/>".encode("cp037")}),
         "not written in UTF-8"),
        (zipped(WORD | {f"p{n}": b"" for n in range(uploads.MOST_ENTRIES)}), "too many parts"),
        (zipped(WORD | {"big": b"\0" * (uploads.LARGEST_UNPACKED + 1)}), "far more than its size"),
        (zipped(WORD, comment=b"something"), "after its end"),
        (lying_archive(), "damaged"),
        (doubled_part(), "twice"),
        (zipped(WORD)[:-30], "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old kind"),
        (picture("PNG")[:-20], "damaged"),
        (picture("JPEG") + b"<script>alert(1)</script>", "web page"),
        (b"<html><script>alert(1)</script></html>", "Choose a PDF"),
        (b"\xef\xbb\xbf<svg xmlns='x'/>", "Choose a PDF"),
        (b"#!/bin/sh\nrm\n", "Choose a PDF"),
        (b"MZ\x90\x00\x03", "Choose a PDF"),
        (b"\xff\xfea\0b\0", "Choose a PDF"),
        (b"GIF89a\x01\x00", "Choose a PDF"),
    ],
)  # fmt: skip
def test_what_runs_explodes_or_is_two_things_is_refused(data, words):
    with pytest.raises(uploads.NotAccepted, match=words):
        uploads.kind_of(data)


def test_a_picture_of_too_many_dots_is_refused_before_it_is_unpacked():
    with pytest.raises(uploads.NotAccepted, match="8,000 by 8,000 dots"):
        uploads.kind_of(picture("PNG", (8_000, 8_000)))


@given(st.binary(max_size=400), st.sampled_from([b"", b"%PDF-", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"]))
def test_no_bytes_whatever_break_the_check(data, head):
    try:
        assert uploads.kind_of(head + data) in uploads.KINDS
    except uploads.NotAccepted as refused:
        assert str(refused)


def test_an_accepted_file_comes_with_its_kind_whatever_the_browser_said():
    accepted = UploadField().clean(SimpleUploadedFile("Business case.PDF", PDF, content_type="text/html"))
    assert (accepted.filename, accepted.content_type, accepted.length) == ("Business case.PDF", "application/pdf", len(PDF))
    assert accepted.data == PDF


@pytest.mark.parametrize(
    ("field", "name", "data", "words"),
    [
        (UploadField(), "invoice.exe", PDF, "Rename it to end in .pdf"),
        (UploadField(), "invoice", PDF, "Rename it to end in .pdf"),
        (UploadField(), "fdp\u202e.pdf", PDF, "hidden character"),
        (UploadField(), "empty.pdf", b"", "empty"),
        (UploadField(most_bytes=1024 * 1024), "big.pdf", PDF + b" " * 1024 * 1024, "1 MB or less"),
        (UploadField(kinds=(uploads.CSV, uploads.XLSX)), "lines.pdf", PDF, "Choose a file of these kinds: .csv, .xlsx"),
    ],
)
def test_a_file_is_refused_with_what_to_do(field, name, data, words):
    with pytest.raises(ValidationError) as caught:
        field.clean(SimpleUploadedFile(name, data))
    assert words in caught.value.messages[0]


def test_a_missing_file_is_asked_for():
    assert UploadField(required=False).clean(None) is None
    with pytest.raises(ValidationError, match="Attach the business case"):
        UploadField(missing="Attach the business case.").clean(None)


@pytest.mark.parametrize(
    "stream", [b"/ObjStm stream\n", b"/ObjStm stream\n" + zlib.compress(b"x" * 50) + b"\n"], ids=["plain", "deflated"]
)
def test_a_pdf_of_very_many_object_streams_is_refused_quickly(stream):
    data = b"%PDF-1.7\n" + stream * (8_000_000 // len(stream)) + b"%%EOF"
    start = time.process_time()
    with pytest.raises(uploads.NotAccepted, match="unpacks to far more"):
        uploads.kind_of(data)
    assert time.process_time() - start < 5


def test_a_script_in_a_compressed_object_of_many_is_found():
    streams = b"".join(
        b"1 0 obj<</Type/ObjStm>>stream\n" + zlib.compress(part) + b"\nendstream\n"
        for part in (b"harmless" * 5000, b"<</S/JavaScript>>", b"harmless")
    )
    with pytest.raises(uploads.NotAccepted, match="script"):
        uploads.kind_of(b"%PDF-1.7\n" + streams + b"%%EOF")


def long_name() -> bytes:
    """Every folder of the name is one that has to be looked at closely."""
    return zipped(WORD | {"embeddings/" * 5_950 + "a.xlsx": b""})


def streams_inside_each_other() -> bytes:
    """Object streams that begin inside one another and all go on to the end, in blocks that unpack to nothing."""

    def stored(content: bytes) -> bytes:
        length = len(content)
        return b"\0" + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little") + content

    start = b"/ObjStm stream\n\x78\x01"
    return b"%PDF-1.7\n" + start + stored(start) * 500 + stored(b"") * 1_900_000 + b"%%EOF"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (streams_inside_each_other(), "unpacks to far more"),
        (long_name(), "a name longer than 250 characters"),
        (b"%PDF-1.7\n" + b"/ObjStm " * 1_250_000 + b"\n%%EOF", "unpacks to far more"),
        (b"%PDF-1.7\n/ObjStm stream\n" + zlib.compress(b"#41" * 10_000_000, 9) + b"\nendstream\n%%EOF", None),
        (b"%PDF-1.7\n" + b"/#4a#61#76#61#53#63#72#69#70" * 350_000 + b"\n%%EOF", None),
        (b"%PDF-1.7\n" + b"/" * 10_000_000 + b"\n%%EOF", None),
    ],
    ids=["nested streams", "name of a part", "object streams", "spelled letters", "spelled names", "empty names"],
)
def test_a_file_made_to_be_slow_to_look_at_is_looked_at_in_a_second_or_two(data, words):
    start = time.process_time()
    if words is None:
        assert uploads.kind_of(data) == uploads.PDF
    else:
        with pytest.raises(uploads.NotAccepted, match=words):
            uploads.kind_of(data)
    assert time.process_time() - start < 2


def test_a_part_of_an_office_file_may_have_a_long_name_but_no_longer():
    name = "word/media/" + "a" * (uploads.LONGEST_ENTRY - 11)
    assert uploads.kind_of(zipped(WORD | {name: b"x"})) == uploads.DOCX
    with pytest.raises(uploads.NotAccepted, match="a name longer than 250 characters"):
        uploads.kind_of(zipped(WORD | {name + "a": b"x"}))


def test_a_pdf_of_many_honest_object_streams_is_accepted():
    """Streams of every length, each read to its end and no further."""
    noise = random.Random(1)
    streams = b"".join(
        b"1 0 obj<</Type/ObjStm>>stream\n" + zlib.compress(noise.randbytes(size)) + b"\nendstream\n"
        for size in [10, uploads.PIECE - 20, uploads.PIECE, 5 * uploads.PIECE + 1] * 60
    )
    assert uploads.kind_of(b"%PDF-1.7\n" + streams + b"%%EOF") == uploads.PDF
