"""Saying no in words. A guard is a generator of reasons; the page and the action read the same one."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Reason:
    """Why something cannot be done now, in words with figures, and who can change that (may be empty)."""

    words: str
    who_can: str = ""

    def __str__(self) -> str:
        return f"{self.words} {self.who_can}".strip()


class Refused(Exception):
    """An action said no. ``reasons`` is never empty; nothing was changed."""

    def __init__(self, reasons: Iterable[Reason]):
        self.reasons = tuple(reasons)
        super().__init__(" ".join(str(reason) for reason in self.reasons))


def insist(reasons: Iterable[Reason]) -> None:
    """Raise ``Refused`` if the guard gave any reason."""
    found = tuple(reasons)
    if found:
        raise Refused(found)


def refuse(words: str, who_can: str = "") -> None:
    raise Refused([Reason(str(words), str(who_can))])


def insist_on_words(typed: str, words: str, who_can: str = "") -> None:
    """Raise ``Refused`` with the words where nothing was typed: a reason, wherever an action says no."""
    if not typed.strip():
        refuse(words, who_can)
