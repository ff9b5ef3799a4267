"""Plain text: what cannot be seen or shown is refused in words, what nobody means is evened out."""

import time
import unicodedata

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from catalogue import text
from catalogue.fields import LineField, TextField


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("London\ud800", "damaged"),
        ("\udc80", "damaged"),
        ("Lond\ufffdn", "damaged"),
        ("exe.\u202efdp", "hidden character"),
        ("\u2066abc\u2069", "hidden character"),
        ("a\u200fb", "hidden character"),
        ("a\U000e0041b", "hidden character"),
        ("a\u3164b", "hidden character"),
        ("a\x00b", "cannot be printed"),
        ("a\x1b[31mb", "cannot be printed"),
        ("a\x85b", "cannot be printed"),
        ("a\ue000b", "cannot be printed"),
        ("a\uffffb", "cannot be printed"),
        ("e" + "\u0301" * 20_000, "Shorten"),
        ("e" + "\u0323" * 60, "marks"),
        ("x" * 101, "Put a space"),
        ("two\nlines", "one line"),
        ("word " * 50, "Shorten"),
    ],
)
def test_a_line_that_cannot_be_read_is_refused(typed, words):
    with pytest.raises(ValueError, match=words):
        text.line(typed, longest=120)


@pytest.mark.parametrize("typed", ["", "  ", "\u200b", "\u200b\u200c\u2060\ufeff", "\u3164", "\u2800 \u2800", "\u00a0", "\u0301"])
def test_text_that_shows_nothing_is_empty(typed):
    assert text.line(typed, longest=120) == ""
    with pytest.raises(ValidationError, match="Enter the title"):
        LineField(missing="Enter the title.").clean(typed)


@pytest.mark.parametrize(
    "name",
    ["Zoë O’Brien-Smith", "Łukasz Żółć", "Siân Gruffydd", "Llŷr ap Gwŷn", "İpek Şahin", "Åse Ærø", "IT & HR (£1.5m)"],
)
def test_the_names_of_real_people_pass(name):
    assert text.line(name, longest=120) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(("typed", "named"), [("£ é 漢字", "漢字"), ("go → there", "→"), ("a\N{GRINNING FACE}b", "\N{GRINNING FACE}")])
def test_what_a_document_cannot_show_is_refused_by_name(typed, named):
    """A signed contract would have an empty box where the order had a letter."""
    with pytest.raises(ValueError, match=f"Write “{named}” in other letters"):
        text.block(typed, longest=120, most_lines=3)


def test_what_nobody_means_is_evened_out():
    assert text.line("  70\u00a0Whitehall,\tLondon\ufeff ", longest=120) == "70 Whitehall, London"
    assert text.line("Zoe\u0308", longest=120) == "Zoë"
    assert text.block("one  \r\ntwo\rthree\u2028four\n\n", longest=120, most_lines=4) == "one\ntwo\nthree\nfour"


def test_limits_count_what_is_kept():
    assert len(text.line("ab " * 40, longest=119)) == 119
    with pytest.raises(ValueError, match="119 characters or fewer; it has 120"):
        text.line("ab " * 39 + "abc", longest=119)
    with pytest.raises(ValueError, match="2 lines or fewer; it has 3"):
        text.block("a\nb\nc", longest=120, most_lines=2)


def test_a_refusal_says_where():
    with pytest.raises(ValueError, match="after “Sheffield”"):
        text.line("Sheffield\u202e", longest=120)


@given(st.text(max_size=200))
def test_what_passes_once_passes_again_unchanged(typed):
    for clean in (
        lambda value: text.line(value, longest=300),
        lambda value: text.block(value, longest=300, most_lines=20),
    ):
        try:
            kept = clean(typed)
        except ValueError:
            continue
        assert clean(kept) == kept
        kept.encode("utf-8")
        assert not any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") and c != "\n" for c in kept)


def test_fields_carry_the_refusal_to_the_form():
    with pytest.raises(ValidationError, match="hidden character"):
        TextField().clean("gnp.\u202etext")
    assert TextField(required=False).clean("\u200b") == ""


def test_heaps_of_marks_are_refused_before_the_slow_work():
    """Sorting 80,000 marks took six seconds."""
    heap = "e" + "\u0315" * 40_000 + "\u0316" * 40_000
    start = time.process_time()
    for longest in (100, 4_000, 100_000):
        with pytest.raises(ValueError, match="marks|Shorten"):
            text.block(heap, longest=longest, most_lines=1)
    assert time.process_time() - start < 1
