"""The machines (domain.md, "The machines"), each as one table: how a thing comes into each of its states, and in which
of them each action is done. ``tests/procurement/test_machines.py`` makes the tests of the action, the page and the
database from them.

A state that is looked at in several conditions bears them after a comma: "in_review, recommended".
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Model

from tests import cast


class NoAddress(Exception):
    """The act is on a part that the thing does not have in this state: there is nothing to name, and no page of it."""


@dataclass(frozen=True)
class Form:
    """Who sends what where: the form of a page, as its reader's browser would."""

    email: str
    address: str
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Action:
    """Done in ``states`` and refused in every other. ``form`` is None for what the clock or a worker does. ``quiet``: an
    action of the system, which in other states does nothing instead of refusing."""

    states: tuple[str, ...]
    act: Callable[[Any], Any]
    form: Callable[[Any], Form] | None = None
    quiet: bool = False


@dataclass(frozen=True)
class Machine:
    """``states``: name -> (the state it is reached from, how); None is the beginning. ``rows``: what else an action writes
    beside its records. ``forged``: what a hand in the database would write to get into a state, where that is no edge of
    a registered machine or not one of this thing: SET clause -> the states it is refused in."""

    states: dict[str, tuple[str | None, Callable[[Any], Any]]]
    actions: dict[str, Action]
    state_of: Callable[[Any], str] = lambda thing: thing.state
    rows: tuple[type[Model], ...] = ()
    forged: dict[str, tuple[str, ...]] = field(default_factory=dict)


@contextmanager
def undone() -> Iterator[None]:
    """What is done inside is taken back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def walk(machine: Machine) -> Iterator[tuple[str, Any]]:
    """Each state with a thing in it, every step on the way made once. The caller leaves the world as it found it."""
    yield from _below(machine, None, None)


def _below(machine: Machine, above: str | None, thing: Any) -> Iterator[tuple[str, Any]]:
    for name, (source, reach) in machine.states.items():
        if source == above:
            with undone():
                found = cast.fresh(reach(cast.fresh(thing) if thing is not None else None))
                assert machine.state_of(found) == name.partition(",")[0], name
                yield name, found
                yield from _below(machine, name, found)


def bases(names: Iterable[str]) -> set[str]:
    return {name.partition(",")[0] for name in names}
