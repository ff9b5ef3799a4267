"""One row of a sheet, and what is wrong with it by file, row, column and value: the same readings for what an operator
loads and for what somebody uploads. Pure: text in, plain values or words out."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from catalogue import text

LONGEST_SHOWN = 60
LONGEST_CODE, LONGEST_LONG_CODE = 20, 30
AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,3})?", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*", re.ASCII)


@dataclass(frozen=True)
class Fault:
    """Why a sheet cannot be used. ``row`` is counted as a spreadsheet counts, 0 where it is not about one row; ``column``
    is '' where it is not about one; ``value`` is what stands there, shortened, None where nothing does."""

    file: str
    words: str
    row: int = 0
    column: str = ""
    value: str | None = None

    def __str__(self) -> str:
        where = self.file + (_(" row %(n)s") % {"n": self.row} if self.row else "")
        if not self.column:
            return f"{where}: {self.words}"
        if self.value is None:
            return _("%(where)s, column %(column)s: %(words)s") % {
                "where": where, "column": self.column, "words": self.words}  # fmt: skip
        return _("%(where)s, column %(column)s: %(value)r %(words)s") % {
            "where": where, "column": self.column, "value": self.value, "words": self.words,
        }  # fmt: skip


class Formula(str):
    """A cell that says how a value is computed, or that it could not be, and so has none."""

    @staticmethod
    def words() -> str:
        return _("is a formula or an error, which is not read; put its value there")


class LoadRefused(ValueError):
    """A file cannot be loaded; ``faults`` says why, and the message is all of them."""

    def __init__(self, *faults: Fault):
        self.faults = faults
        super().__init__("\n".join(str(fault) for fault in faults))


def shown(value: Any) -> str | None:
    """A value as a page and a log can show it."""
    if value is None:
        return None
    printable = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in str(value))
    return printable if len(printable) <= LONGEST_SHOWN else printable[: LONGEST_SHOWN - 1] + "…"


class Row:
    """One row of a file; every reading of a column says where it failed. Raises LoadRefused."""

    def __init__(self, file: str, number: int, values: dict[str, str | None]):
        self.file, self.number, self.values = file, number, values

    def refuse(self, column: str, why: str):
        raise LoadRefused(Fault(self.file, why, self.number, column, shown(self.values.get(column))))

    def text(self, column: str, longest: int = 300) -> str:
        """One line of text that can be read and printed (``catalogue.text``); '' where the cell is empty."""
        value = self.values.get(column)
        if value is None:
            self.refuse(column, _("is missing"))
        if isinstance(value, Formula):
            self.refuse(column, Formula.words())
        try:
            return text.line(value or "", longest=longest)
        except ValueError as error:
            return self.refuse(column, _("cannot be used: %(why)s") % {"why": error})

    def needed(self, column: str, longest: int = 300) -> str:
        return self.text(column, longest) or self.refuse(column, _("is empty"))

    def code(self, column: str, longest: int = LONGEST_CODE) -> str:
        """Letters, digits, hyphens and underscores: codes stand in addresses and in other sheets."""
        found = self.needed(column, longest)
        return found if _CODE.fullmatch(found) else self.refuse(
            column, _("is not a code of letters, digits and hyphens, like CORE-01")
        )  # fmt: skip

    def long_code(self, column: str) -> str:
        return self.code(column, LONGEST_LONG_CODE)

    def amount(self, column: str, below: Decimal | None = None) -> Decimal:
        """Digits with at most two places, zero or more: money, a percentage or a factor; less than ``below``."""
        found = self.needed(column)
        if not AMOUNT.fullmatch(found) or Decimal(found) != round(Decimal(found), 2):
            self.refuse(column, _("is not an amount like 1000.00"))
        if below is not None and Decimal(found) >= below:
            self.refuse(column, _("is not less than %(below)s") % {"below": f"{below:,}"})
        return Decimal(found)

    def percentage(self, column: str) -> Decimal:
        """An amount in percent, less than 100, with or without its sign: 4, 4%, 0.5."""
        sign_off = {**self.values, column: self.needed(column).removesuffix("%").rstrip()}
        try:
            return Row(self.file, self.number, sign_off).amount(column, below=Decimal(100))
        except LoadRefused as refused:
            return self.refuse(column, refused.faults[0].words)

    def whole(self, column: str) -> int:
        found = self.needed(column)
        if not re.fullmatch("[0-9]{1,9}", found, re.ASCII):
            self.refuse(column, _("is not a whole number"))
        return int(found)

    def day(self, column: str) -> date | None:
        found = self.text(column)
        try:
            return date.fromisoformat(found) if found else None
        except ValueError:
            return self.refuse(column, _("is not a day like 2007-10-01"))

    def yes(self, column: str) -> bool:
        found = self.needed(column)
        return found == "yes" if found in ("yes", "no") else self.refuse(column, _("is neither yes nor no"))

    def one_of(self, column: str, allowed: Collection) -> str:
        found = self.needed(column)
        return found if found in allowed else self.refuse(
            column, _("is none of %(allowed)s") % {"allowed": ", ".join(map(str, allowed))}
        )  # fmt: skip

    def only_once(self, column: str, seen: set[str], reading: Callable[[str], str] | None = None) -> str:
        """A value no earlier row has, by the reading given; it is added to those seen."""
        found = (reading or self.needed)(column)
        if found in seen:
            self.refuse(column, _("is there twice"))
        seen.add(found)
        return found


class Faults(list[Fault]):
    """What is wrong with sheets, all of it: a reading that fails is noted, and the next one goes on."""

    def read(self, reading: Callable, *args, **kwargs) -> Any:
        """What the reading returns, or None where it was refused."""
        try:
            return reading(*args, **kwargs)
        except LoadRefused as refused:
            self.extend(refused.faults)
            return None

    def insist(self) -> None:
        """Raises LoadRefused with all of them."""
        if self:
            raise LoadRefused(*self)
