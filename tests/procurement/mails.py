"""What a message may not look like: something the code did not give it, a gap where a word belongs, a subject of two lines."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template import engines

from documents import mail
from documents.models import Email

ROOT = Path(__file__).resolve().parents[2]
MISSING = "⟦%s⟧"  # what stands where the code gave the template nothing
WRONG = {
    "a word that the code does not give": re.compile(r"⟦[^⟧]*⟧"),
    "a mark of the template": re.compile(r"\{\{|\}\}|\{%|%\}|\{#|%\("),
    "a value that is nothing": re.compile(r"\b(None|NaN|True|False)\b"),
    "a doubled space": re.compile(r"\S  +\S"),
    "a gap where a word belongs": re.compile(r"\(\s*\)|“\s*”|\s[,.;:](?=\s|$)|,\s*,|: *\."),
    "three empty lines": re.compile(r"\n\n\n\n"),
}  # fmt: skip


def templates() -> set[str]:
    """Every message there is, by its name."""
    return {path.stem for path in ROOT.glob("*/templates/*/email/*.txt")}


def faults(email: Email) -> Iterator[str]:
    """What is wrong with the message as it would be sent to its reader, in words."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines["django"].engine, "string_if_invalid", MISSING)
        subject, body = mail.render(email)
        raw = mail.get_template(email.template).template.source.partition("\n")[0]
    name = email.template.rpartition("/")[2]
    if not subject or not raw.startswith("Subject: "):
        yield f"{name}: no subject"
    if not body.startswith(f"Dear {email.context['name']},\n"):
        yield f"{name}: does not address its reader"
    for words, pattern in WRONG.items():
        for text in (subject, body):
            if found := pattern.search(text):
                yield f"{name}: {words}: …{text[max(0, found.start() - 30):found.end() + 30]!r}…"
