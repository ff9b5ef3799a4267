"""In which of the delegation letters of an application the limit of a person stands.

A person of an application names it by ``letter_sha256`` and ``letter_filename``. Both are empty where one letter is attached
alone: that one is meant. Applications that were sent before people were asked name none of several: their first is meant.
"""

from collections.abc import Iterable
from typing import Any

from procurement.models import Application

Row = dict[str, Any]  # a person or a file, as ``Application`` keeps them


def has_limit(person: Row) -> bool:
    return bool(person["limit_gbp"] or person["unlimited"])


def letters(files: Iterable[Row]) -> list[Row]:
    return [file for file in files if file["kind"] == Application.FileKind.DELEGATION]


def letter_of(person: Row, files: Iterable[Row]) -> tuple[str, str]:
    """Name and sha256 of the letter, one that was taken off too; both empty where there is no limit or no letter."""
    if not has_limit(person):
        return "", ""
    attached, named = letters(files), person.get("letter_sha256")
    found = next((letter for letter in attached if not named or letter["sha256"] == named), None)
    if found is None:
        return person.get("letter_filename", ""), named or ""
    return found["filename"], found["sha256"]


def is_unsaid(person: Row, files: Iterable[Row]) -> bool:
    """The limit could stand in any of several letters."""
    return has_limit(person) and not person.get("letter_sha256") and len(letters(files)) > 1


def is_taken_off(person: Row, files: Iterable[Row]) -> bool:
    """The limit is said to stand in a letter that is not attached."""
    named = person.get("letter_sha256")
    return has_limit(person) and bool(named) and named not in {letter["sha256"] for letter in letters(files)}


def to_choose_from(application: Application | None) -> list[Row]:
    """The letters that a limit can be said to stand in, with those that are named though they were taken off: nobody loses
    what was said by saving the rest. Empty where there is nothing to choose and nobody has chosen."""
    if application is None:
        return []
    attached = letters(application.files)
    named = [person for person in application.people if has_limit(person) and person.get("letter_sha256")]
    if len(attached) < 2 and not named:
        return []
    gone = {
        person["letter_sha256"]: {"filename": person["letter_filename"], "sha256": person["letter_sha256"], "gone": True}
        for person in named
        if is_taken_off(person, attached)
    }
    return [*attached, *gone.values()]
