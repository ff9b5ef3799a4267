"""Work that the clock brings: each app's periodic.py registers functions that are safe to run twice, late, or by two
schedulers. A beat task runs them; stepping the demonstration's clock runs them too."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple


class Hook(NamedTuple):
    name: str
    run: Callable[[datetime], list[str]]
    next_moments: Callable[[], Iterable[datetime]]


_hooks: dict[str, Hook] = {}


def register(name: str, run: Callable[[datetime], list[str]], next_moments: Callable[[], Iterable[datetime]]) -> None:
    """``run(at)`` does what is due by the moment and says what it did; ``next_moments()`` announces what comes."""
    _hooks[name] = Hook(name, run, next_moments)


def next_moments() -> list[datetime]:
    """Moments still to come at which some hook has work, so that a step of the clock can stop there."""
    from documents.clock import business_now

    now = business_now()
    return sorted(moment for hook in _hooks.values() for moment in hook.next_moments() if moment > now)


def run_due(at: datetime) -> list[str]:
    return [line for hook in _hooks.values() for line in hook.run(at)]
