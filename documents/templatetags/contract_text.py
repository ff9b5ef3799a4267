"""What a legal template needs beside the formats of ``flex``: sums of printed whole numbers, and one row a price.

The templates of ``documents/templates/documents/<kind>/v<n>`` are frozen once a document was made from them: a change
here changes what they print, so add filters, never alter one.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template

from documents.templatetags.flex import percent

register = template.Library()

PHASES = {
    "interim": "Interim Service", "one_off": "One-off work", "shared": "Shared Service",
    "usage": "Usage, not to exceed",
}  # fmt: skip
OUTCOMES = {"pass": "pass", "pass_with_actions": "pass with actions", "fail": "fail"}


@register.filter
def phase_name(code: str) -> str:
    """A phase in the words that the contract defines. A contract is in English whatever the reader's language."""
    return PHASES[code]


@register.filter
def figure(value: str | None, unit: str) -> str:
    """A target, minimum or critical figure of a measure in ``percent``, ``pass_fail`` or another unit of the
    catalogue, which is printed as it stands; "none" where it has none."""
    if value in (None, ""):
        return "none"
    return percent(value) if unit == "percent" else OUTCOMES.get(value, value)


@register.filter
def listed(codes: str) -> str:
    """Codes that the catalogue joins by semicolons, as a reader expects them: CORE-08, CORE-09."""
    return ", ".join(code.strip() for code in codes.split(";"))


@register.filter
def total_of(rows: Iterable[Mapping[str, Any]], key: str) -> int:
    """The sum of a whole number over the rows: the seats of all sites."""
    return sum(int(row[key]) for row in rows)


@register.filter
def one_a_price(lines: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first line of each service and price, in order: the rows of the price list that the contract freezes."""
    found: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    for line in lines:
        found.setdefault((line["service"], line["list_price_gbp"], line["unit_price_gbp"]), line)
    return list(found.values())


@register.filter
def in_phase(lines: Iterable[Mapping[str, Any]], phase: str) -> list[Mapping[str, Any]]:
    """The lines of one phase: interim, one_off, shared or usage."""
    return [line for line in lines if line["phase"] == phase]


@register.filter
def of_kind(attachments: Iterable[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    """The attached files of one kind, in the order of the approved object: of the kinds, only a specification is for the supplier."""
    return [attachment for attachment in attachments if attachment["kind"] == kind]


@register.filter
def by_dates(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Lines that run from the same day to the same day, together: {starts_on, ends_on, months, lines}."""
    groups: dict[tuple[str, str | None], dict[str, Any]] = {}
    for line in lines:
        term = (line["starts_on"], line["ends_on"])
        groups.setdefault(
            term, {"starts_on": term[0], "ends_on": term[1], "months": line["months"], "lines": []}
        )
        groups[term]["lines"].append(line)
    return list(groups.values())


@register.filter
def sliced(lines: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The lines priced by a graduated table, which are printed slice by slice."""
    return [line for line in lines if line["slices"]]


@register.filter
def volumes_of(lines: Iterable[Mapping[str, Any]], table: str) -> list[int]:
    """The quantities counted for a price band table, each once, as the lines state them."""
    return sorted(
        {line["volume"]["quantity"] for line in lines if line["volume"] and line["volume"]["name"] == table}
    )
