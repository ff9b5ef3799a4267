"""The legal templates as HTML: for the layout, and for reading in a page. A template version is frozen once a document
was made from it."""

from hashlib import sha256
from pathlib import Path
from typing import Any

from django.template.loader import get_template, select_template

from documents.kinds import KINDS


def _template(kind: str, version: int, part: str):
    """A part of a template version: its own, or where it has none the one of the newest version before it that has.
    Versions are frozen, so a later one brings only the parts in which it differs."""
    return select_template([f"documents/{kind}/v{number}/{part}" for number in range(version, 0, -1)])


def part_name(kind: str, version: int, part: str) -> str:
    """The template that a version has for a part, by which another kind's template can include it."""
    return _template(kind, version, part).template.name


def sheet(kind: str, version: int) -> str:
    """The style sheets of the versions up to this one, in order: a later one adds the rules in which it differs. Before them
    those of the kind that this one is laid out like."""
    like = KINDS[kind].like
    return (sheet(*like) if like else "") + _own_sheet(kind, version)


def _own_sheet(kind: str, version: int) -> str:
    folder = Path(get_template(f"documents/{kind}/v1/document.html").origin.name).parents[1]
    sheets = [folder / f"v{number}" / KINDS[kind].sheet for number in range(1, version + 1)]
    return "".join(sheet.read_text(encoding="utf-8") for sheet in sheets if sheet.exists())


def template_fingerprint(kind: str, version: int) -> str:
    """sha256 over every file of a template version, in order of name: a legal template is frozen once used."""
    folder = Path(get_template(f"documents/{kind}/v{version}/document.html").origin.name).parent
    digest = sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def html(kind: str, version: int, payload: dict[str, Any]) -> str:
    """The whole document as HTML for the layout; autoescaped."""
    return _template(kind, version, "document.html").render({"payload": payload})


def html_pages(kind: str, version: int, payload: dict[str, Any]) -> str:
    """The body of the same template, for reading in a page."""
    return _template(kind, version, "body.html").render({"payload": payload, "on_screen": True})


TERMS = ("terms.html", *(f"schedules/{name}.html" for name in (
    "services_and_charges", "service_levels", "transition", "data_processing", "security_and_continuity", "exit",
    "special_terms",
)))  # fmt: skip


def html_terms(kind: str, version: int, order: dict[str, Any]) -> str:
    """The terms and schedules of the same template for an order of which there is no contract yet."""
    parts = [_template(kind, version, part).render({"order": order}) for part in TERMS]
    return "\n".join(parts)
