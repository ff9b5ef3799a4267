"""A list page: filters, an order, pages, a count, and the same rows as CSV or Excel.

Pages and count end at ``MOST_LISTED`` rows, so that a page costs the same whatever lies behind it; what lies beyond is
reached by a filter, a search or another order.

What a cell shows and what a file holds come from the one ``Column.value``, so list and export cannot differ; where a
cell puts several facts into words, ``Column.in_file`` gives them apart, as plain values. Every parameter of the address is optional, and one that means nothing is passed over: a list never fails.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from catalogue import sheets
from documents import downloads
from procurement import display

PAGE_SIZE = 25
MOST_LISTED = 1_000  # rows that are counted and paged
MOST_EXPORTED = 5_000  # rows of a file; more is asked for in parts, by the filters
TEXT, GBP, COUNT, DAY, STATE = "text", "gbp", "count", "day", "state"
NUMERIC = (GBP, COUNT)
FILES = ("csv", "xlsx")


def counted(rows: QuerySet, most: int) -> int:
    """How many there are; one more than the most where there are more."""
    return rows.order_by().values("pk")[: most + 1].count()


class Pages(Paginator):
    """The pages of the first ``MOST_LISTED`` rows; ``more``: there are others. The rows of a page are found by their
    ids, so that those before it are passed over in the index alone."""

    @cached_property
    def _found(self) -> int:
        return counted(self.object_list, MOST_LISTED)

    @property
    def more(self) -> bool:
        return self._found > MOST_LISTED

    @property
    def count(self) -> int:
        return min(self._found, MOST_LISTED)

    def _get_page(self, rows, number, paginator):
        ids = list(rows.values_list("pk", flat=True))
        found = self.object_list.order_by().in_bulk(ids)
        return super()._get_page([found[pk] for pk in ids if pk in found], number, paginator)


@dataclass(frozen=True)
class Column:
    """``name`` stands in ?sort=; ``order`` are the fields it sorts by, none when it cannot be sorted. A file has the
    columns ``in_file`` in its place, where there are any."""

    name: str
    label: str
    value: Callable[[object], sheets.Value]
    order: tuple[str, ...] = ()
    kind: str = TEXT
    in_file: tuple["Column", ...] = ()

    @property
    def numeric(self) -> bool:
        return self.kind in NUMERIC


def numbered(name: str, label: str, shown: Callable[[object], str]) -> Column:
    """What a row is called: its number, which is the field ``name``, and its title in one cell; apart in a file."""
    return Column(name, label, shown, (name,), in_file=(
        Column(name, _("Number"), lambda row: getattr(row, name)), Column("title", _("Title"), lambda row: row.title),
    ))  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """A filter of one list of values. ``choices`` are (value, words); ``chosen`` is one of the values or empty."""

    name: str
    label: str
    choices: Sequence[tuple[str, str]]
    chosen: str


def choice(request, name: str, label: str, choices: Sequence[tuple[str, str]]) -> Choice:
    """The filter with what the address chose, if that is one of the choices."""
    wanted = request.GET.get(name, "")
    return Choice(name, label, choices, wanted if wanted in {value for value, _words in choices} else "")


@dataclass(frozen=True)
class Listing:
    """``rows`` are filtered already. The first column links to ``url(row)``. ``sort`` is a column's name, with a minus
    in front for the last first; rows that tie stand in the order of ``ties``."""

    request: object
    rows: QuerySet
    columns: Sequence[Column]
    url: Callable[[object], str]
    title: str
    filename: str
    search_label: str
    text: str
    choices: Sequence[Choice] = ()
    keep: Mapping[str, str] = field(default_factory=dict)  # of the address, beside what is filtered and sorted
    sort: str = ""
    ties: tuple[str, ...] = ("-id",)
    page_size: int | None = None
    of_orders: bool = False  # or of contracts: the page says that they are subject to contract

    @cached_property
    def _sorted_by(self) -> str:
        """The column asked for, else the default, with its minus."""
        wanted = self.request.GET.get("sort", "")
        known = {column.name for column in self.columns if column.order}
        return wanted if wanted.removeprefix("-") in known else self.sort

    @cached_property
    def _ordered(self) -> QuerySet:
        name, last_first = self._sorted_by.removeprefix("-"), self._sorted_by.startswith("-")
        fields = next((column.order for column in self.columns if column.name == name), ())
        ways = [F(f).desc(nulls_last=True) if last_first else F(f).asc(nulls_last=True) for f in fields]
        return self.rows.order_by(*ways, *self.ties)

    def _address(self, **changed: str) -> str:
        chosen = {**self.keep, "q": self.text} | {c.name: c.chosen for c in self.choices} | {"sort": self._sorted_by} | changed
        return "?" + urlencode({name: value for name, value in chosen.items() if value})

    def _whole(self) -> str:
        """The address of the whole list, where a search or a filter leaves rows out; empty where none does."""
        if not self.text and not any(each.chosen for each in self.choices):
            return ""
        return self._address(**dict.fromkeys(["q", *(each.name for each in self.choices)], ""))

    def _cells(self, row) -> list[sheets.Value]:
        return [column.value(row) for column in self.columns]

    def _heading(self) -> list[dict]:
        """Each column's words, the address that sorts by it, and how it is sorted now."""
        found = []
        for column in self.columns:
            name, last_first = self._sorted_by.removeprefix("-"), self._sorted_by.startswith("-")
            now = column.name == name
            turned = f"-{name}" if now and not last_first else column.name
            found.append({
                "column": column, "address": self._address(sort=turned) if column.order else "",
                "aria": ("descending" if last_first else "ascending") if now else "none",
            })  # fmt: skip
        return found

    def respond(self, template: str, **context) -> HttpResponse:
        """The page, or the file when the address asks for ``format=csv`` or ``xlsx``."""
        wanted = self.request.GET.get("format")
        too_many = False
        if wanted in FILES:
            too_many = counted(self.rows, MOST_EXPORTED) > MOST_EXPORTED
            if not too_many:
                return self._file(wanted)
        page = Pages(self._ordered, self.page_size or PAGE_SIZE).get_page(self.request.GET.get("page"))
        listing = {
            "page": page, "heading": self._heading(), "text": self.text, "choices": self.choices, "title": self.title,
            "rows": [
                {"url": self.url(row), "cells": list(zip(self.columns, self._cells(row), strict=True))} for row in page
            ],
            "search_label": self.search_label, "keep": self.keep, "sort": self._sorted_by,
            "all": self._whole(), "csv": self._address(format="csv"), "xlsx": self._address(format="xlsx"),
            "too_many": too_many, "most": MOST_EXPORTED, "more": page.paginator.more, "listed": MOST_LISTED,
            "previous": self._address(page=str(page.previous_page_number())) if page.has_previous() else "",
            "next": self._address(page=str(page.next_page_number())) if page.has_next() else "",
        }  # fmt: skip
        context |= {"listing": listing, "lists_unbound": self.of_orders and display.any_unbound(page)}
        return render(self.request, template, context, status=422 if too_many else 200)

    def _file(self, kind: str) -> HttpResponse:
        columns = [part for column in self.columns for part in column.in_file or (column,)]
        heading, cells = [column.label for column in columns], [[column.value(row) for column in columns] for row in self._ordered]
        return as_file(kind, self.title, self.filename, heading, cells)


def as_file(
    kind: str, title: str, filename: str, heading: Sequence[str], cells: Sequence[Sequence[sheets.Value]]
) -> HttpResponse:
    """The rows as a download; ``kind`` is csv or xlsx."""
    if kind == "csv":
        return downloads.respond(sheets.to_csv(heading, cells), f"{filename}.csv", content_type=downloads.CSV)
    return downloads.respond(sheets.to_xlsx(title, heading, cells), f"{filename}.{kind}", content_type=downloads.XLSX)
