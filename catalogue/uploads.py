"""What a file is, told from its bytes and never from its name. Pure: bytes in, a kind out or words why not.

Accepted: PDF, Word, Excel and OpenDocument files without macros, CSV in UTF-8, PNG and JPEG pictures. A file that is
two kinds at once, that unpacks to far more than it weighs, or that carries something that runs, is refused.
"""

import csv
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

MOST_ENTRIES = 2_000
LONGEST_ENTRY = 250  # characters of the name of a part; office programs stay far below it
LARGEST_UNPACKED = 100 * 1024 * 1024
LARGEST_PICTURE = 40_000_000  # pixels
LARGEST_OBJECTS = 32 * 1024 * 1024  # of a PDF's compressed objects, unpacked
MOST_OBJECT_STREAMS = 5_000
MOST_BEFORE_STREAM = 408  # bytes from the type of an object stream to the end of the word that starts its content
PIECE = 16 * 1024
MOST_CSV_ROWS = 50_000
MOST_IN_A_TAG = 10_000  # attributes of one tag: reading them takes time by the square of their number


@dataclass(frozen=True)
class Kind:
    """``endings`` are the file names a kind may have; the first is the usual one."""

    words: str
    content_type: str
    endings: tuple[str, ...]


_OOXML = "application/vnd.openxmlformats-officedocument"
PDF = Kind("PDF", "application/pdf", ("pdf",))
DOCX = Kind("Word document", f"{_OOXML}.wordprocessingml.document", ("docx",))
XLSX = Kind("Excel workbook", f"{_OOXML}.spreadsheetml.sheet", ("xlsx",))
ODT = Kind("OpenDocument text", "application/vnd.oasis.opendocument.text", ("odt",))
ODS = Kind("OpenDocument spreadsheet", "application/vnd.oasis.opendocument.spreadsheet", ("ods",))
CSV = Kind("CSV file", "text/csv", ("csv",))
PNG = Kind("PNG picture", "image/png", ("png",))
JPEG = Kind("JPEG picture", "image/jpeg", ("jpg", "jpeg"))
KINDS = (PDF, DOCX, XLSX, ODT, ODS, CSV, PNG, JPEG)

_OPENDOCUMENT = {kind.content_type.encode(): kind for kind in (ODT, ODS)}
_OFFICE = {f"{kind.content_type}.main+xml".encode(): kind for kind in (DOCX, XLSX)}


def _spelled(*names: bytes) -> re.Pattern[bytes]:
    """Finds the names of a PDF, any of their letters spelled with #xx. Nothing is decoded first: a file of nothing but
    spelled letters would take a call for each. From a "/" no more is looked at than the letters of a name."""
    first = b"".join(name[:1] for name in names)
    letters = (b"".join(b"(?:%c|#(?i:%02x))" % (letter, letter) for letter in name) for name in names)
    return re.compile(b"/(?=[#%s])(?:" % first + b"|".join(letters) + b")")


_RUNS_IN_PDF = _spelled(b"JavaScript", b"Launch", b"EmbeddedFile", b"RichMedia")
_FOLDERS_THAT_RUN = {"basic", "scripts", "activex", "macros"}
_OBJECT_STREAM, _STREAM = _spelled(b"ObjStm"), re.compile(rb"stream\r?\n")
_END_OF_PNG = b"IEND\xaeB`\x82"
_XML_IN = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*<\?xml[^>]*\bencoding\s*=\s*[\"']([^\"']*)")
_MARKUP = re.compile(rb"<\s*(!doctype|\?xml|html|head|body|script|svg|iframe)", re.IGNORECASE)


class NotAccepted(ValueError):
    """The file is refused; the words say what to do."""


class NotKnown(NotAccepted):
    """The file is of no kind that is accepted anywhere."""


def kind_of(data: bytes) -> Kind:
    """The kind of the bytes. Raises NotAccepted."""
    if not data:
        raise NotAccepted(_("The file is empty. Choose the file again, or save it first."))
    if data.startswith(b"PK"):
        return _zipped(data)
    if zipfile.is_zipfile(io.BytesIO(data)):
        raise NotAccepted(
            _("The file hides an archive behind another kind of content. Save it again and choose that.")
        )
    if data.startswith(b"%PDF-"):
        return _pdf(data)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        if not data.endswith(_END_OF_PNG):
            raise NotAccepted(_("The picture is damaged. Save it again and choose the new file."))
        return _picture(data, "PNG", PNG)
    if data.startswith(b"\xff\xd8\xff"):
        return _picture(data, "JPEG", JPEG)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise NotAccepted(_("This is a Word or Excel file of the old kind. Save it as .docx, .xlsx or PDF."))
    return _csv(data)


def _pdf(data: bytes) -> Kind:
    if b"%%EOF" not in data[-1024:]:
        raise NotAccepted(_("The PDF is cut short. Save it again and choose the new file."))
    for part in (data, *_object_streams(data)):
        if _RUNS_IN_PDF.search(part):
            raise NotAccepted(
                _("The PDF carries a script or another file inside. Print it to a new PDF and choose that.")
            )
    return PDF


def _object_streams(data: bytes) -> list[bytes]:
    """The compressed objects of a PDF, unpacked within a limit. Every mention counts, whether a stream follows or not:
    looking for one takes time too. So does reading what unpacks to next to nothing: all that is read is no more than
    the file, and one piece a stream, which is enough for streams that do not lie inside each other."""
    found, left, whole = [], LARGEST_OBJECTS, memoryview(data)
    pieces = len(data) // PIECE + MOST_OBJECT_STREAMS
    for number, start in enumerate(_starts_of_streams(data)):
        part, read = (b"", 0) if start is None else _inflated(whole[start:], left + 1)
        left, pieces = left - len(part), pieces - read
        if left < 0 or pieces < 0 or number >= MOST_OBJECT_STREAMS:
            raise NotAccepted(
                _("The PDF unpacks to far more than its size. Print it to a new PDF and choose that.")
            )
        found.append(part)
    return found


def _starts_of_streams(data: bytes) -> Iterator[int | None]:
    """For each mention of an object stream, where its content starts; None when none does soon after it."""
    after = 0
    while mention := _OBJECT_STREAM.search(data, after):
        after = mention.end()
        if match := _STREAM.search(data, after, after + MOST_BEFORE_STREAM):
            after = match.end()
            yield after
        else:
            yield None


def _inflated(data: memoryview, most: int) -> tuple[bytes, int]:
    """What deflated data at the start unpacks to, ``most`` bytes at most, and how many pieces of it were read: the rest
    of a large file is never copied. Empty when it is not deflated: its text then lies in the file, searched there."""
    unpack, out, read = zlib.decompressobj(), bytearray(), 0
    try:
        for start in range(0, len(data), PIECE):
            read += 1
            out += unpack.decompress(data[start : start + PIECE], most - len(out))
            if unpack.eof or len(out) >= most:
                break
    except zlib.error:
        pass
    return bytes(out), read


def _zipped(data: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _office(archive, _unpack(archive))
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        if isinstance(error, NotAccepted):
            raise
        raise NotAccepted(
            _("The file is damaged or locked with a password. Save it again without one.")
        ) from error


def _unpack(archive: zipfile.ZipFile) -> dict[str, bytes]:
    """Every XML and text part, each entry read to its end: what headers say of sizes is not believed."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > MOST_ENTRIES or len(set(names)) != len(names):
        raise NotAccepted(
            _("The file has too many parts or the same part twice. Save it again and choose that.")
        )
    left, parts = LARGEST_UNPACKED, {}
    for entry in entries:
        if len(entry.filename) > LONGEST_ENTRY:
            raise NotAccepted(
                _("A part of the file has a name longer than %(most)s characters. Save it as PDF and choose that.")
                % {"most": LONGEST_ENTRY}
            )
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise NotAccepted(_("The file has parts outside itself. Save it again and choose that."))
        if _runs(entry.filename):
            raise NotAccepted(
                _(
                    "The file carries macros or other files inside. Save it without them, or as PDF, and choose that."
                )
            )
        content = bytearray()
        with archive.open(entry) as part:
            while chunk := part.read(min(1 << 20, left + 1)):
                left -= len(chunk)
                if left < 0:
                    raise NotAccepted(
                        _("The file unpacks to far more than its size. Save it as PDF and choose that.")
                    )
                content += chunk
        if entry.filename == "mimetype" or entry.filename.endswith((".xml", ".rels")):
            insist_on_plain_xml(content)
            parts[entry.filename] = bytes(content)
    return parts


def _runs(name: str) -> bool:
    """Whether a part of an archive is by its name something that runs. Word keeps the figures of a chart as a plain
    workbook under embeddings/; anything else there is an object that opens."""
    name = name.replace("\\", "/").casefold()
    folders = set(name.split("/")[:-1])
    return (
        "vbaproject" in name
        or "vbadata" in name
        or not folders.isdisjoint(_FOLDERS_THAT_RUN)
        or ("embeddings" in folders and not name.endswith(".xlsx"))
    )


def insist_on_plain_xml(content: bytes | bytearray) -> None:
    """XML that means what its bytes say: in UTF-8, as every office program writes it, since in another encoding nobody
    finds what is looked for in its bytes; and without words of its own, which unpack. Raises NotAccepted."""
    declared = _XML_IN.match(content)
    if b"\x00" in content or (declared and declared[1].lower() not in (b"utf-8", b"us-ascii", b"ascii")):
        raise NotAccepted(_("The file is not written in UTF-8. Save it again, or as PDF, and choose that."))
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise NotAccepted(_("The file defines words of its own that unpack. Save it as PDF and choose that."))


def tags_of(content: bytes) -> int:
    """How many tags XML has: parsing takes time by their number. Raises NotAccepted for one that would take as long as
    many, and for what ``insist_on_plain_xml`` refuses (where tags are not where they seem)."""
    insist_on_plain_xml(content)
    pieces = content.split(b"<")
    if any(piece.count(b"=") > MOST_IN_A_TAG for piece in pieces):
        raise NotAccepted(_("The file has a part that nothing can be read from. Save it again and choose that."))
    return len(pieces) - 1


def _office(archive: zipfile.ZipFile, parts: dict[str, bytes]) -> Kind:
    kind = _OPENDOCUMENT.get(parts.get("mimetype", b"").strip())
    types = parts.get("[Content_Types].xml", b"")
    if b"macroEnabled" in types or b"vnd.ms-office.vbaProject" in types:
        raise NotAccepted(
            _("The file carries macros. Save it without them, as .docx or .xlsx, and choose that.")
        )
    kinds = [kind] if kind else [office for main, office in _OFFICE.items() if main in types]
    if len(kinds) != 1:
        raise NotAccepted(_("An archive is not accepted. Choose the files in it one by one."))
    if archive.comment:
        raise NotAccepted(_("The file carries something after its end. Save it again and choose that."))
    return kinds[0]


def _picture(data: bytes, fmt: str, kind: Kind) -> Kind:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit is ours, below
            with Image.open(io.BytesIO(data), formats=[fmt]) as picture:
                width, height = picture.size
                if width * height > LARGEST_PICTURE:
                    raise NotAccepted(
                        _(
                            "The picture is %(width)s by %(height)s dots. Make it smaller than 40 million dots."
                        )
                        % {"width": f"{width:,}", "height": f"{height:,}"}
                    )
                picture.load()
    except NotAccepted:
        raise
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
    ) as error:
        raise NotAccepted(_("The picture is damaged. Save it again and choose the new file.")) from error
    if _MARKUP.search(data[-64 * 1024 :]):
        raise NotAccepted(_("The picture carries a web page inside. Save it again and choose the new file."))
    return kind


def _csv(data: bytes) -> Kind:
    refusal = NotKnown(
        _("Choose a PDF, a Word, Excel or OpenDocument file, a CSV file in UTF-8, or a PNG or JPEG picture.")
    )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refusal from None
    if any(ord(character) < 32 and character not in "\t\r\n" for character in text):
        raise refusal
    if _MARKUP.match(data.lstrip(b"\xef\xbb\xbf \t\r\n")) or text.startswith(("#!", "%!", "{\\rtf")):
        raise refusal
    try:
        rows = sum(1 for _row in csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        raise refusal from None
    if rows > MOST_CSV_ROWS:
        raise NotAccepted(
            _("The file has %(rows)s rows. Split it into files of %(most)s rows or fewer.")
            % {"rows": f"{rows:,}", "most": f"{MOST_CSV_ROWS:,}"}
        )
    return CSV
