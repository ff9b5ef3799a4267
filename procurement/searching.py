"""The words a call-off is found by, kept on its row under a trigram index, and frozen with each submitted revision; and
how a list finds rows by words."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from catalogue.models import ServiceVersion
from procurement import passings
from procurement.actors import Person
from procurement.models import CallOff

FEW = 500
Way = Callable[[str, Person, date], Q | None]
_ABOVE: list[Way] = []


def register(way: Way) -> None:
    """How a layer above finds an order by a word (lower case), for a person that day; None where the word cannot be one
    of its."""
    _ABOVE.append(way)


def ways_above(word: str, by: Person, on: date) -> list[Q]:
    return [found for way in _ABOVE if (found := way(word, by, on)) is not None]


def found_by(rows: QuerySet, words: Iterable[str], ways: Callable[[str], Sequence[Q]]) -> QuerySet:
    """The rows that each word finds in one of the ``ways``.

    The ways lie in several tables, and no index answers "this or that" over them. So each way is asked of its own index
    for the first few, the longest word first; where a word finds few, the list is made of those. Words that all find
    many are met soon in whatever order the list has, and are looked for along it.
    """
    words = sorted(set(words), key=len, reverse=True)

    def each(word: str) -> list[Q]:
        return [way for spelling in _spellings(word) for way in ways(spelling)]

    for word in words:
        first, *others = (rows.filter(way).order_by().values_list("pk", flat=True) for way in each(word))
        found = list(first.union(*others, all=True)[: FEW + 1])
        if len(found) <= FEW:
            rows = rows.filter(pk__in=set(found))
            words = [other for other in words if other != word]
            break
    for word in words:
        rows = rows.filter(reduce(or_, each(word)))
    return rows


_NUMBER = re.compile(r"([a-z]+-[0-9]{4})-([1-9][0-9]{0,4})", re.ASCII)


def _spellings(word: str) -> list[str]:
    """The word, and where it is a number of ours without the zeros that are written (``documents.numbers``), that with
    them: con-2007-1 is CON-2007-000001."""
    found = _NUMBER.fullmatch(word)
    return [word, f"{found[1]}-{int(found[2]):06d}"] if found else [word]


def text_of(call_off: CallOff) -> str:
    """Number, title, department (the former ones too), sites and services by code and name, lower case, one space apart."""
    words = [call_off.reference or "", call_off.title, call_off.department.name, call_off.department.code]
    for one in passings.of(call_off) if call_off.pk else ():
        words += [one.outgoing.name, one.outgoing.code]
    if call_off.revision is not None:
        words += [site.name for site in call_off.revision.sites.all()]
        codes = {line.service_code for line in call_off.revision.lines.all()}
        named = ServiceVersion.objects.filter(release__framework=call_off.framework_id, code__in=codes)
        words += sorted(codes | set(named.values_list("name", flat=True)))
    return " ".join(" ".join(words).lower().split())
