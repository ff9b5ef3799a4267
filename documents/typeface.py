"""The bundled typeface of documents: its files, and which characters it can draw. What it cannot draw would be an empty
box in a signed document, so text that has such a character is refused where it comes in (``catalogue.text``)."""

import io
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from fontTools.ttLib import TTFont, woff2

FONTS = {
    "regular": ("public-sans-latin-400-normal.woff2", 400),
    "semibold": ("public-sans-latin-600-normal.woff2", 600),
    "bold": ("public-sans-latin-700-normal.woff2", 700),
    "extended": ("public-sans-latin-ext-400-normal.woff2", 400),
    "extended-bold": ("public-sans-latin-ext-700-normal.woff2", 700),
}


@lru_cache(maxsize=1)
def files() -> dict[str, bytes]:
    """name -> the font file; read once a process."""
    return {name: (Path(settings.FONT_DIR) / file).read_bytes() for name, (file, _weight) in FONTS.items()}


@lru_cache(maxsize=1)
def outlines() -> dict[str, bytes]:
    """name -> the font as it is laid out with: unpacked once a process, where the layout would do it for each document."""
    found = {}
    for name, data in files().items():
        unpacked = io.BytesIO()
        woff2.decompress(io.BytesIO(data), unpacked)
        found[name] = unpacked.getvalue()
    return found


@lru_cache(maxsize=1)
def _drawn() -> frozenset[int]:
    """The code points of both ranges, which every weight has."""
    found = [TTFont(io.BytesIO(files()[name])).getBestCmap() for name in ("regular", "extended")]
    return frozenset(code for table in found for code in table)


def undrawn(text: str) -> str:
    """The characters of the text that no document can show, each once; ends of lines are not drawn."""
    return "".join(dict.fromkeys(character for character in text if character != "\n" and ord(character) not in _drawn()))
