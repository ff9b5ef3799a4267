"""Queries that are asked so often that building them costs more than asking: built once a process, then only asked."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import QuerySet

_STAND_INS: dict[type, Callable[[int], Any]] = {
    int: lambda n: -(2**31) + n,
    str: lambda n: f"\u0001stand-in {n}",
    date: lambda n: date.min.replace(day=n + 1),
}


class Prepared:
    """``build`` makes a query with ``values_list`` of its arguments, which are ints, strings or days, none of them None,
    and gets stand-ins for them once. What a call returns are the rows. Raises ValueError for an argument that the query
    does not use as it is."""

    def __init__(self, build: Callable[..., QuerySet]):
        self.build, self.known = build, {}

    def __call__(self, *arguments: Any) -> Sequence[tuple]:
        kinds = tuple(type(argument) for argument in arguments)
        if kinds not in self.known:
            self.known[kinds] = self._prepare(kinds)
        sql, parameters = self.known[kinds]
        with connection.cursor() as cursor:
            cursor.execute(sql, [arguments[place] if place is not None else fixed for place, fixed in parameters])
            return cursor.fetchall()

    def _prepare(self, kinds: tuple[type, ...]) -> tuple[str, list[tuple[int | None, Any]]]:
        stand_ins = [_STAND_INS[kind](n) for n, kind in enumerate(kinds)]
        sql, used = self.build(*stand_ins).query.sql_with_params()
        places = [stand_ins.index(value) if value in stand_ins else None for value in used]
        if set(places) - {None} != set(range(len(kinds))):
            raise ValueError(f"of {len(kinds)} arguments, {self.build.__qualname__} uses only {sorted(set(places) - {None})}")
        return sql, list(zip(places, used, strict=True))
