"""Plain text as people mean it, for every form of the system: what a reader could not see, or a page or document could
not show, is refused in words; the differences nobody means (blanks, composed letters) are evened out.

Refusals are ``ValueError`` with a sentence that says what to do. No form, no database.
"""

import re
import unicodedata

from django.utils.translation import gettext as _

from documents import typeface

LONGEST_WORD = 100
LONGEST_SEARCH, MOST_WORDS = 100, 10  # characters and words that a search looks at
LONGEST_RAW = 1000  # what may be typed beside four times the longest text: blanks and marks that are evened out
MOST_MARKS = 4  # combining marks on one letter; living scripts use up to three

# Invisible and without meaning here; editors and web pages leave them behind, so they are dropped, not complained of.
_LEFT_BEHIND = dict.fromkeys((0x00AD, 0x200B, 0x2060, 0xFEFF))
# Letters and symbols by their category, yet drawn as nothing.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")
# What decoders put in the place of what they could not read: the text did not arrive as it was typed.
_REPLACED = "\ufffd"
# Joiners belong to the spelling of several scripts and to composed emoji.
_JOINERS = frozenset("\u200c\u200d")


def search_words(text: str) -> list[str]:
    """The words of a search, lower case and without the ending of a plural, so that "laptops" finds what "laptop" finds:
    they are looked for inside longer ones. What nobody can type on purpose (NUL, lone surrogates) is passed over, and so
    is what goes past the longest search: a search never fails."""
    shown = "".join(character if character.isprintable() else " " for character in text[:LONGEST_SEARCH])
    return [_singular(word) for word in shown.lower().split()[:MOST_WORDS]]


_PLURAL = re.compile(r"([a-z]{4,}?)(?:(?<=x|z)es|(?<=ch|sh|ss)es|(?<!s)s|ies)")


def _singular(word: str) -> str:
    """The part that an English noun's singular and plural share; other words, and those with digits, as they are."""
    found = _PLURAL.fullmatch(word)
    return found[1] if found else word


def line(text: str, *, longest: int) -> str:
    """One line of text, blanks evened out, in NFC. Raises ValueError with words."""
    if text.isascii() and text.isprintable() and len(text) <= longest:  # nothing to look for, and sheets have many cells
        words = text.split()
        if all(len(word) <= LONGEST_WORD for word in words):
            return " ".join(words)
    cleaned = block(text, longest=longest, most_lines=1)
    return " ".join(cleaned.split())


def block(text: str, *, longest: int, most_lines: int) -> str:
    """Text of several lines: ends of lines are ``\\n``, no blanks at line ends. Raises ValueError with words."""
    if any("\ud800" <= character <= "\udfff" or character == _REPLACED for character in text):
        raise ValueError(_("Type the text again: part of it was damaged on the way and cannot be read."))
    if len(text) > LONGEST_RAW + 4 * longest:  # normalising is slow on what nobody typed
        raise ValueError(_too_long(longest, len(text)))
    _refuse_heaps_of_marks(text)
    text = _even_out(text)
    if not _shows(text):
        return ""
    if len(text) > longest:
        raise ValueError(_too_long(longest, len(text)))
    lines = text.count("\n") + 1
    if lines > most_lines:
        if most_lines == 1:
            raise ValueError(_("Enter it on one line."))
        raise ValueError(
            _("Shorten the text to %(most)s lines or fewer; it has %(lines)s.")
            % {"most": most_lines, "lines": lines}
        )
    _refuse_what_cannot_be_read(text)
    return text


def _too_long(longest: int, length: int) -> str:
    return _("Shorten the text to %(longest)s characters or fewer; it has %(length)s.") % {
        "longest": f"{longest:,}", "length": f"{length:,}",
    }  # fmt: skip


def _refuse_heaps_of_marks(text: str) -> None:
    """Before normalising, which sorts the marks of a letter in time that grows with their square: twice as many as are
    allowed after it, because composing takes marks away."""
    marks = 0
    for position, character in enumerate(text):
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks > 2 * MOST_MARKS:
            raise ValueError(_too_many_marks(text, position - marks))


def _too_many_marks(text: str, position: int) -> str:
    return _(
        "Remove some of the marks above and below the letters after “%(before)s”: there are too many to show."
    ) % {"before": _before(text, position)}


def _even_out(text: str) -> str:
    text = text.translate(_LEFT_BEHIND).replace("\r\n", "\n").replace("\r", "\n")
    text = text.replace("\u2028", "\n").replace("\u2029", "\n").replace("\t", " ")
    text = "".join(" " if unicodedata.category(character) == "Zs" else character for character in text)
    return unicodedata.normalize("NFC", "\n".join(part.rstrip() for part in text.split("\n")).strip())


def _shows(text: str) -> bool:
    """Whether anything of it would be seen."""
    return any(
        unicodedata.category(character)[0] in "LNPS" and character not in _BLANK for character in text
    )  # fmt: skip


def _refuse_what_cannot_be_read(text: str) -> None:
    marks = 0
    for position, character in enumerate(text):
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if marks > MOST_MARKS:
            raise ValueError(_too_many_marks(text, position - marks))
        if (category == "Cc" and character != "\n") or category in ("Co", "Cn"):
            raise ValueError(
                _("Remove the character after “%(before)s”: it cannot be printed.")
                % {"before": _before(text, position)}
            )
        if (category == "Cf" and character not in _JOINERS) or character in _BLANK:
            raise ValueError(
                _(
                    "Type the text again: after “%(before)s” there is a hidden character that changes how it reads."
                )
                % {"before": _before(text, position)}
            )
    if undrawn := typeface.undrawn(text):
        raise ValueError(
            _("Write “%(which)s” in other letters: the typeface of documents cannot show it.") % {"which": undrawn[:20]}
        )
    for word in text.split():
        if len(word) > LONGEST_WORD:
            raise ValueError(
                _(
                    "Put a space into the word that starts “%(start)s”: a word may have %(longest)s characters, it has %(length)s."
                )
                % {"start": word[:20], "longest": LONGEST_WORD, "length": f"{len(word):,}"}
            )


def _before(text: str, position: int) -> str:
    """The last few readable characters before a position, to say where."""
    readable = [
        character for character in text[max(0, position - 40) : position]
        if unicodedata.category(character)[0] in "LNPS" or character == " "
    ]  # fmt: skip
    return "".join(readable[-12:]).strip()
