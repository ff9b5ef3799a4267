"""Work that the clock brings: each app's periodic.py registers functions that are safe to run twice, late, or by two
schedulers. A beat task runs them; stepping the demonstration's clock runs them too."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple, TypeVar

Item = TypeVar("Item")


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
    """Run every hook, also after one that fails. Raises ExceptionGroup with what failed, when all have run."""
    return each(_hooks.values(), lambda hook: hook.run(at))


def each(items: Iterable[Item], act: Callable[[Item], list[str]]) -> list[str]:
    """Act on every item: one that fails keeps no other waiting. Raises ExceptionGroup with the failures at the end."""
    done, failed = [], []
    for item in items:
        try:
            done += act(item)
        except Exception as error:  # noqa: BLE001 - raised with the others at the end
            error.add_note(f"at {item}")
            failed.append(error)
    if failed:
        raise ExceptionGroup("what the clock brings", failed)
    return done
