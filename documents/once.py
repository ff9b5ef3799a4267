"""What a page asks again and again about a row that it has in memory, asked once."""

from collections.abc import Callable, Hashable
from typing import TypeVar

from django.db import connection
from django.db.models import Model

Answer = TypeVar("Answer")


def once(row: Model, question: Hashable, ask: Callable[[], Answer]) -> Answer:
    """The answer to ``question`` about the row, kept on it. A page locks nothing, and what it says is of one moment; inside
    an action (a transaction), which locks and reads again, it is asked every time."""
    if connection.in_atomic_block:
        return ask()
    known = row.__dict__.setdefault("_once", {})
    if question not in known:
        known[question] = ask()
    return known[question]
