"""What of a contract can be withheld from its published copy, and the copy without it. Plain data in, plain data out.

A part that is marked takes with it whatever it could be worked out from. What is never published: the names, addresses and
numbers of people (UK GDPR), and every hash over content of which a part may be withheld, by which guesses could be tried.
Source: Procurement Act 2023 s.94; of what is withheld the copy says the fact and the subsection (s.94(3)).
"""

import copy
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from documents.withheld import mark

SUBSECTIONS = {"security": "(1)(a)", "commercial": "(1)(b)"}
PERSONAL = "left out: personal data"
NO_HASH = "left out of a published copy"
KNOWN_ANYWAY = ("order parties", "customer", "passed")  # the registered names and addresses of the bodies: a site in the same town says nothing
NAME, SENTENCE = 4, 16  # letters: the shortest text that is looked for in what is left, of names and figures and of sentences


@dataclass(frozen=True)
class Marked:
    """One part that is withheld: ``code`` of ``parts``, ``ground`` of ``SUBSECTIONS``, ``until`` an ISO day."""

    code: str
    ground: str
    until: str


@dataclass
class _Hidden:
    """Puts a mark in the place of every text, and keeps what stood there."""

    words: str
    found: set[str] = field(default_factory=set)

    def __call__(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self(item) for item in value]
        if value is None or value == "" or isinstance(value, bool):
            return value
        self.found.add(str(value))
        return self.words

    def keys(self, row: dict[str, Any], *names: str) -> None:
        for name in names:
            if row.get(name) is not None:
                row[name] = self(row[name])


def _prices(content: dict[str, Any], hide: _Hidden) -> None:
    """Each price, and every sum that is of one line, phase or year: from enough of those the prices could be worked out."""
    order = content["order"]
    for line in order["lines"]:
        hide.keys(line, "list_price_gbp", "unit_price_gbp", "discount_percent")
    kept = _Hidden(hide.words)  # a sum may well stand elsewhere as the sum of something else
    for line in order["lines"]:
        kept.keys(line, "monthly_gbp", "total_gbp")
        for slice_ in line["slices"]:
            hide.keys(slice_, "unit_price_gbp")
            kept.keys(slice_, "discount_percent", "total_gbp")
    for table in order["band_tables"]:
        for band in table["bands"]:
            kept.keys(band, "discount_percent")
    for phase in order["charges_by_phase"]:
        kept.keys(phase, "monthly_gbp", "total_gbp")
    for year in order["charges_by_financial_year"]:
        kept.keys(year, "net_gbp", "vat_gbp", "gross_gbp")
    for milestone in order["milestones"]:
        for payment in milestone["payments"]:
            kept.keys(payment, "amount_gbp")
    kept.keys(order["totals"], "monthly_gbp", "interim_gbp", "one_off_gbp", "usage_gbp", "shared_gbp", "vat_gbp", "gross_gbp")
    for variation in content["variations"]:
        for line in variation["lines"]:
            hide.keys(line, "unit_price_before_gbp", "unit_price_gbp")
        kept.keys(variation, "money", "share")


def _sums(content: dict[str, Any], hide: _Hidden) -> None:
    hide.keys(content["order"]["totals"], "whole_life_gbp", "levy_gbp")


def _sites(content: dict[str, Any], hide: _Hidden) -> None:
    for site in content["order"]["sites"]:
        hide.keys(site, "name")
    for line in [*content["order"]["lines"], *(line for one in content["variations"] for line in one["lines"])]:
        hide.keys(line, "site")


def _levels(content: dict[str, Any], hide: _Hidden) -> None:
    for level in content["order"]["service_levels"]:
        _Hidden(hide.words).keys(level, "target", "minimum", "critical")  # figures that stand elsewhere for something else


def _specifications(content: dict[str, Any], hide: _Hidden) -> None:
    for file in content["order"]["attachments"]:
        hide.keys(file, "sha256")
        _Hidden(hide.words).keys(file, "length")


def _in_order(*path: str) -> Callable[[dict[str, Any], _Hidden], None]:
    """All texts at a place of the order."""

    def apply(content: dict[str, Any], hide: _Hidden) -> None:
        row = content["order"]
        for name in path[:-1]:
            row = row[name]
        hide.keys(row, path[-1])

    return apply


def _invoicing(content: dict[str, Any], hide: _Hidden) -> None:
    hide.keys(content["particulars"], "purchase_order", "invoice_address")


def _of_list(rows: Callable[[dict[str, Any]], list[dict[str, Any]]], at: int, *names: str) -> Callable[[dict[str, Any], _Hidden], None]:
    def apply(content: dict[str, Any], hide: _Hidden) -> None:
        hide.keys(rows(content)[at], *names)

    return apply


def _words_of_variation(at: int) -> Callable[[dict[str, Any], _Hidden], None]:
    def apply(content: dict[str, Any], hide: _Hidden) -> None:
        variation = content["variations"][at]
        hide.keys(variation, "title", "reason", "corrections")
        for test in variation["tests"]:  # what is asked is the law's
            hide.keys(test, "answer")

    return apply


@dataclass(frozen=True)
class Part:
    """What can be marked. ``label`` in the words of the copy, which say what it is and nothing of what it says."""

    code: str
    label: str
    apply: Callable[[dict[str, Any], _Hidden], None]
    shortest: int = SENTENCE


def parts(content: Mapping[str, Any]) -> list[Part]:
    """What of this contract can be withheld, in the order in which it stands in the copy. ``content``: ``everything``."""
    order = content["order"]
    found = [
        Part("title", _("Title of the contract"), _in_order("call_off", "title"), NAME),
        Part("sites", _("Names of the sites"), _sites, NAME),
        Part("prices", _("Prices, discounts and all sums but the whole-life value"), _prices, NAME),
        Part("sums", _("Whole-life value and levy"), _sums, NAME),
        Part("invoicing", _("Purchase order and invoice address"), _invoicing, NAME),
        Part("levels", _("Figures of the service levels"), _levels),
    ]
    if order["staff_transfer"]["text"]:
        found.append(Part("staff_transfer", _("What is said about staff transfer"), _in_order("staff_transfer", "text")))
    if order["data_protection"].get("applies"):
        found.append(Part("data_protection", _("Particulars of the data processing"), _in_order("data_protection")))
    if order["attachments"]:
        found.append(Part("specifications", _("Hashes of the specifications"), _specifications))
    for at, milestone in enumerate(order["milestones"]):
        label = _("Milestone %(number)s: title and criteria") % {"number": milestone["number"]}
        found.append(Part(f"milestone:{milestone['number']}", label, _of_list(lambda c: c["order"]["milestones"], at, "title", "criteria")))
    for at, term in enumerate(order["special_terms"]):
        label = _("Special term %(number)s") % {"number": term["number"]}
        found.append(Part(f"term:{term['number']}", label, _of_list(lambda c: c["order"]["special_terms"], at, "heading", "text")))
    for at, asked in enumerate(content["clarifications"]):
        label = _("Question and answer %(number)s") % {"number": asked["number"]}
        found.append(Part(f"clarification:{asked['number']}", label, _of_list(lambda c: c["clarifications"], at, "text", "answer")))
    for at, one in enumerate(content["variations"]):
        label = _("Variation %(label)s: title, reasons and corrections") % {"label": one["label"]}
        found.append(Part(f"variation:{one['label']}", label, _words_of_variation(at)))
    return found


@dataclass(frozen=True)
class Left:
    """Something withheld that still stands, word for word, in another place of the copy: the part that it is of, or where none is
    marked there, its place in the data."""

    label: str
    place: str


@dataclass(frozen=True)
class Redacted:
    content: dict[str, Any]
    withheld: list[dict[str, Any]]
    left: list[Left]


def redact(content: Mapping[str, Any], marked: Sequence[Marked]) -> Redacted:
    """``content`` without what is marked, in the order of ``parts``. Raises KeyError for a code that is none of them."""
    known = parts(content)
    by_code = {one.code: one for one in marked}
    if unknown := set(by_code) - {part.code for part in known}:
        raise KeyError(sorted(unknown)[0])
    result = copy.deepcopy(dict(content))
    withheld, hidden = [], []
    for part in (part for part in known if part.code in by_code):
        one, number = by_code[part.code], len(withheld) + 1
        hide = _Hidden(mark(number, SUBSECTIONS[one.ground]))
        part.apply(result, hide)
        hidden.append((part, hide.found))
        withheld.append({"number": number, "what": part.label, "ground": one.ground, "subsection": SUBSECTIONS[one.ground], "until": one.until})
    return Redacted(result, withheld, _named(content, known, list(_left(result, hidden))))


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, f"{place} {key}".strip())
    elif isinstance(value, list):
        for at, item in enumerate(value, start=1):
            yield from _texts(item, f"{place} {at}")
    elif isinstance(value, str):
        yield place, value


def _spellings(text: str) -> Iterator[str]:
    """As it stands, and money also as it is printed and, of whole pounds, as people write it."""
    yield text
    if re.fullmatch(r"\d+\.\d\d", text):
        yield f"{int(text[:-3]):,}{text[-3:]}"
        if text.endswith(".00"):
            yield from (f"£{text[:-3]}", f"£{int(text[:-3]):,}")


def _left(content: dict[str, Any], hidden: list[tuple[Part, set[str]]]) -> Iterator[Left]:
    """What is withheld in one place and stands in another: each once. Of a text of several lines each line is looked for."""
    texts = [(place, " ".join(text.split()).casefold()) for place, text in _texts(content, "") if not place.startswith(KNOWN_ANYWAY)]
    for part, found in hidden:
        wanted = {spelling for text in found for line in text.splitlines() for spelling in _spellings(" ".join(line.split()).casefold())}
        patterns = [re.compile(rf"(?<![\w.,]){re.escape(one)}(?![\w]|[.,]\d)") for one in wanted if len(one) >= part.shortest]
        for place, text in texts:
            if any(pattern.search(text) for pattern in patterns):
                yield Left(part.label, place)


def _named(content: Mapping[str, Any], known: Sequence[Part], left: Sequence[Left]) -> list[Left]:
    """Each once, by the part that whoever proposes the copy would have to mark too."""
    whose: dict[str, str] = {}
    for part in known if left else ():
        without = copy.deepcopy(dict(content))
        part.apply(without, _Hidden(words := mark(1, SUBSECTIONS["security"])))
        whose |= {place: part.label for place, text in _texts(without, "") if text == words}
    return list(dict.fromkeys(Left(one.label, whose.get(one.place, one.place)) for one in left))
