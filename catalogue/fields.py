"""Form fields that read what people type and refuse, in words, what nobody means. Every form of the system uses these.

A refused value stays in the form as it was typed; nothing is stored. What is accepted: money like ``1,000.00``, days
day first, whole numbers, plain text (``catalogue.text``), files by their content (``catalogue.uploads``).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue import text, uploads, widgets

LARGEST_GBP = Decimal("999999999999.99")
LARGEST_QUANTITY = 1_000_000
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2099, 12, 31)

# ASCII digits only: what looks like a digit in another script is not read as one, nor are 1e3, 1_000 and signs.
_WHOLE = re.compile(r"[0-9]{1,3}(,[0-9]{3})+|[0-9]+", re.ASCII)
_AMOUNT = re.compile(r"£? ?(?P<whole>[0-9]{1,3}(,[0-9]{3})+|[0-9]+)(\.(?P<rest>[0-9]{1,2}))?", re.ASCII)
_PERCENT = re.compile(r"(?P<whole>[0-9]{1,3})(\.(?P<rest>[0-9]{1,2}))? ?%?", re.ASCII)
_LONGEST_NUMBER = 30


def _typed(value: Any) -> str:
    return "" if value is None else str(value).strip(" \t")


def _matching(pattern: re.Pattern, typed: str, refusal: str) -> re.Match:
    found = pattern.fullmatch(typed) if len(typed) <= _LONGEST_NUMBER else None
    if found is None:
        raise ValidationError(refusal, code="invalid")
    return found


class _Labelled(forms.Field):
    """A field whose ``missing`` sentence says what to enter."""

    def __init__(self, *, missing: str | None = None, **kwargs):
        messages = {**kwargs.pop("error_messages", {})}
        if missing is not None:
            messages.setdefault("required", missing)
        super().__init__(error_messages=messages, **kwargs)


class MoneyField(_Labelled):
    """GBP with at most two places, zero or more: ``1,000.00``, ``1000`` and ``£1,000`` are the same amount."""

    widget = widgets.MoneyInput
    default_error_messages = {"required": gettext_lazy("Enter an amount in pounds.")}

    def __init__(self, *, least: Decimal = Decimal("0.00"), most: Decimal = LARGEST_GBP, **kwargs):
        self.least, self.most = least, most
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Decimal | None:
        typed = _typed(value)
        if not typed:
            return None
        found = _matching(
            _AMOUNT, typed, _("Enter an amount in pounds with digits and at most two places, like 1,000.00.")
        )
        amount = Decimal(f"{found['whole'].replace(',', '')}.{(found['rest'] or '').ljust(2, '0')}")
        if amount < self.least:
            raise ValidationError(
                _("Enter £%(least)s or more.") % {"least": f"{self.least:,.2f}"}, code="least"
            )
        if amount > self.most:
            raise ValidationError(_("Enter £%(most)s or less.") % {"most": f"{self.most:,.2f}"}, code="most")
        return amount

    def has_changed(self, initial: Any, data: Any) -> bool:
        return _differs(self.to_python, initial, data)


class BalanceField(MoneyField):
    """GBP that may be below zero: ``-1,000.00``. Never ``-0.00``."""

    def to_python(self, value: Any) -> Decimal | None:
        typed = _typed(value).replace("\N{MINUS SIGN}", "-")
        if not typed.startswith("-"):
            return super().to_python(typed)
        amount = super().to_python(typed[1:])
        if not amount:
            raise ValidationError(_("Enter an amount in pounds with digits and at most two places, like 1,000.00."), code="invalid")
        return -amount


class QuantityField(_Labelled):
    """A whole number between ``least`` and ``most``: ``1,000`` and ``1000`` are the same."""

    widget = widgets.NumberInput
    default_error_messages = {"required": gettext_lazy("Enter a whole number.")}

    def __init__(self, *, least: int = 1, most: int = LARGEST_QUANTITY, **kwargs):
        self.least, self.most = least, most
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> int | None:
        typed = _typed(value)
        if not typed:
            return None
        quantity = int(
            _matching(_WHOLE, typed, _("Enter a whole number, like 1,000."))
            .group()
            .replace(",", "")
        )
        if not self.least <= quantity <= self.most:
            raise ValidationError(
                _("Enter a whole number from %(least)s to %(most)s.")
                % {"least": f"{self.least:,}", "most": f"{self.most:,}"},
                code="range",
            )
        return quantity

    def has_changed(self, initial: Any, data: Any) -> bool:
        return _differs(self.to_python, initial, data)


class ChangeField(_Labelled):
    """So many more or fewer: ``100`` and ``+100`` are the same, ``-100`` takes away; never 0."""

    widget = widgets.NumberInput

    def __init__(self, *, most: int = LARGEST_QUANTITY, **kwargs):
        self.most = most
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> int | None:
        typed = _typed(value).replace("\N{MINUS SIGN}", "-")
        if not typed:
            return None
        digits = _matching(_WHOLE, typed.lstrip("+-") if len(typed) - len(typed.lstrip("+-")) <= 1 else typed,
                           _("Enter how many more or fewer, like 100 or -100.")).group()  # fmt: skip
        change = int(digits.replace(",", "")) * (-1 if typed.startswith("-") else 1)
        if not 0 < abs(change) <= self.most:
            raise ValidationError(
                _("Enter how many more or fewer, from 1 to %(most)s.") % {"most": f"{self.most:,}"}, code="range"
            )
        return change

    def has_changed(self, initial: Any, data: Any) -> bool:
        return _differs(self.to_python, initial, data)


class PercentField(_Labelled):
    """More than 0 and at most 100, at most two places."""

    widget = widgets.NumberInput
    default_error_messages = {"required": gettext_lazy("Enter a percentage.")}

    def to_python(self, value: Any) -> Decimal | None:
        typed = _typed(value)
        if not typed:
            return None
        found = _matching(
            _PERCENT, typed, _("Enter a percentage with digits and at most two places, like 12.5.")
        )
        percent = Decimal(f"{found['whole']}.{(found['rest'] or '').ljust(2, '0')}")
        if not 0 < percent <= 100:
            raise ValidationError(_("Enter a percentage above 0 and up to 100."), code="range")
        return percent

    def has_changed(self, initial: Any, data: Any) -> bool:
        return _differs(self.to_python, initial, data)


_MONTHS = {
    name: number
    for number, names in enumerate(
        ("jan january", "feb february", "mar march", "apr april", "may", "jun june", "jul july", "aug august",
         "sep sept september", "oct october", "nov november", "dec december"), start=1,
    )
    for name in names.split()
}  # fmt: skip
_ONE_LINE_DAY = re.compile(r"([^\s/.-]{1,2})[\s/.-]+([^\s/.-]{1,9})[\s/.-]+([^\s/.-]{1,4})")
_ISO_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)


class DayField(_Labelled):
    """A day, day first: three inputs, or one text like ``1/2/2026`` (1 February 2026), ``1 February 2026`` or
    ``2026-02-01``. Days outside ``first`` to ``last`` are refused."""

    widget = widgets.DayInput
    default_error_messages = {"required": gettext_lazy("Enter a date.")}

    def __init__(self, *, first: date = FIRST_DAY, last: date = LAST_DAY, **kwargs):
        self.first, self.last = first, last
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        if value is None or isinstance(value, date):
            return value
        parts = (
            [_typed(part) for part in value]
            if isinstance(value, (tuple, list))
            else self._split(_typed(value))
        )
        if not any(parts):
            return None
        missing = [
            name for name, part in zip((_("a day"), _("a month"), _("a year")), parts, strict=True) if not part
        ]  # fmt: skip
        if missing:
            raise ValidationError(
                _("The date must include %(missing)s.") % {"missing": _(" and ").join(missing)},
                code="incomplete",
            )
        return self._day(*parts)

    def _split(self, typed: str) -> list[str]:
        if not typed:
            return []
        if iso := _ISO_DAY.fullmatch(typed):
            return [iso[3], iso[2], iso[1]]
        found = _ONE_LINE_DAY.fullmatch(typed)
        if found is None:
            raise self._refusal()
        return list(found.groups())

    @staticmethod
    def _refusal() -> ValidationError:
        return ValidationError(
            _("Enter a real date: day, month and a year of four digits, like 27 3 2008."), code="invalid"
        )

    def _day(self, day: str, month: str, year: str) -> date:
        number = _MONTHS.get(month.lower(), month)
        if not (
            re.fullmatch("[0-9]{1,2}", day)
            and re.fullmatch("[0-9]{1,2}", str(number))
            and re.fullmatch("[0-9]{4}", year)
        ):
            raise self._refusal()
        try:
            found = date(int(year), int(number), int(day))
        except ValueError:
            raise self._refusal() from None
        if not self.first <= found <= self.last:
            raise ValidationError(
                _("Enter a date from %(first)s to %(last)s.")
                % {"first": _in_words(self.first), "last": _in_words(self.last)},
                code="range",
            )
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return _differs(self.to_python, initial, data)


def _in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _differs(read: Callable[[Any], Any], initial: Any, data: Any) -> bool:
    """Whether the typed value means something else than the initial one; what cannot be read has changed."""
    try:
        return read(data) != read(initial)
    except ValidationError:
        return True


class LineField(_Labelled):
    """One line of plain text; empty is ''."""

    widget = widgets.Input
    default_error_messages = {"required": gettext_lazy("Enter a text.")}

    def __init__(self, *, max_length: int = 120, **kwargs):
        self.max_length = max_length
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> str:
        return self._read(text.line, value, longest=self.max_length)

    @staticmethod
    def _read(how: Callable[..., str], value: Any, **limits: int) -> str:
        try:
            return how("" if value is None else str(value), **limits)
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        return _differs(self.to_python, initial, data)


class TextField(LineField):
    """Plain text of several lines; empty is ''."""

    widget = widgets.Textarea

    def __init__(self, *, max_length: int = 4_000, max_lines: int = 200, **kwargs):
        self.max_lines = max_lines
        super().__init__(max_length=max_length, **kwargs)

    def to_python(self, value: Any) -> str:
        return self._read(text.block, value, longest=self.max_length, most_lines=self.max_lines)


class EmailField(LineField):
    """An address at a named host: ``a@[127.0.0.1]`` and hosts without a dot are refused."""

    default_error_messages = {"required": gettext_lazy("Enter an email address.")}
    _valid = EmailValidator(allowlist=[])

    def __init__(self, **kwargs):
        kwargs.setdefault("widget", widgets.Input({"type": "email", "autocomplete": "email"}))
        super().__init__(max_length=254, **kwargs)
        self.widget.input_type = "email"

    def to_python(self, value: Any) -> str:
        address = super().to_python(value)
        if not address:
            return ""
        try:
            self._valid(address)
        except ValidationError:
            address = "["
        if "[" in address or '"' in address or not address.isascii():
            raise ValidationError(_("Enter an email address like name@example.com."), code="invalid")
        return address


@dataclass(frozen=True)
class Upload:
    """A file as it was accepted: its content says what it is; ``length`` is in bytes."""

    filename: str
    content_type: str
    data: bytes

    @property
    def length(self) -> int:
        return len(self.data)


class UploadField(forms.FileField):
    """A file of an accepted kind, at most ``most_bytes``. Cleans to an ``Upload``; None when empty and not required."""

    widget = widgets.FileInput
    default_error_messages = {"required": gettext_lazy("Choose a file.")}

    def __init__(self, *, most_bytes: int = 10 * 1024 * 1024, kinds: tuple[uploads.Kind, ...] = uploads.KINDS,
                 missing: str | None = None, **kwargs):  # fmt: skip
        self.most_bytes, self.kinds = most_bytes, kinds
        if missing is not None:
            kwargs["error_messages"] = {"required": missing, **kwargs.get("error_messages", {})}
        super().__init__(allow_empty_file=True, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> Upload | None:
        file = super().clean(data, initial)
        if not file:
            return None
        if file.size > self.most_bytes:
            raise ValidationError(
                _("The file is %(size)s MB. Choose a file of %(most)s MB or less.")
                % {"size": f"{file.size / 1048576:,.1f}", "most": self.most_bytes // 1048576},
                code="size",
            )
        content = file.read()
        file.seek(0)
        try:
            name = text.line(file.name, longest=120)
            kind = uploads.kind_of(content)
        except uploads.NotKnown as error:
            raise ValidationError(self._known_here(error), code="invalid") from error
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from error
        self._insist_on_name(name, kind)
        return Upload(name, kind.content_type, content)

    @property
    def _accepted(self) -> str:
        return ", ".join(f".{kind.endings[0]}" for kind in self.kinds)

    def _known_here(self, error: uploads.NotKnown) -> str:
        """Where not every kind is accepted, those that are; a table in another encoding is told how to be saved."""
        if self.kinds == uploads.KINDS:
            return str(error)
        words = _("Choose a file of these kinds: %(accepted)s.") % {"accepted": self._accepted}
        if uploads.CSV not in self.kinds:
            return words
        return f"{words} {_('A table that is one already is saved again as “CSV UTF-8”: a character in it is not UTF-8.')}"

    def _insist_on_name(self, name: str, kind: uploads.Kind) -> None:
        stem, dot, ending = name.rpartition(".")
        if kind not in self.kinds:
            raise ValidationError(
                _("This is a %(kind)s. Choose a file of these kinds: %(accepted)s.")
                % {"kind": kind.words, "accepted": self._accepted},
                code="kind",
            )
        if not (stem and dot and ending.lower() in kind.endings) and kind is uploads.CSV:
            raise ValidationError(
                _("The file is called %(name)s and its content is plain text, which is not taken. Choose a file of these kinds: "
                  "%(accepted)s. Name a table .csv.")
                % {"name": name, "accepted": self._accepted},
                code="name",
            )
        if not (stem and dot and ending.lower() in kind.endings):
            raise ValidationError(
                _("The file is called %(name)s and it is a %(kind)s. Rename it to end in .%(ending)s.")
                % {"name": name, "kind": kind.words, "ending": kind.endings[0]},
                code="name",
            )
