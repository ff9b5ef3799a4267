"""Inputs as GOV.UK draws them. ``govuk_class`` is what the form renderer (config.forms) puts on the control."""

import re
from datetime import date
from typing import Any

from django import forms


class Input(forms.TextInput):
    """One line; ``width`` is a GOV.UK width in characters: 2, 3, 4, 5, 10, 20, 30."""

    govuk_class = "govuk-input"

    def __init__(self, attrs: dict | None = None, *, width: int | None = None):
        attrs = {"spellcheck": "false", **(attrs or {})}
        if width:
            attrs["class"] = f"{attrs.get('class', '')} govuk-input--width-{width}".strip()
        super().__init__(attrs)


class MoneyInput(Input):
    """A pound sign before the input; what was typed is shown again as it was typed."""

    template_name = "forms/widgets/money.html"

    def __init__(self, attrs: dict | None = None):
        super().__init__({"inputmode": "decimal", "autocomplete": "off", **(attrs or {})}, width=10)


class NumberInput(Input):
    """A plain input with a number pad: browsers' own number inputs change or drop what was typed."""

    def __init__(self, attrs: dict | None = None, *, width: int = 5):
        super().__init__({"inputmode": "numeric", "autocomplete": "off", **(attrs or {})}, width=width)


class Textarea(forms.Textarea):
    govuk_class = "govuk-textarea"

    def __init__(self, attrs: dict | None = None, *, rows: int = 5):
        super().__init__({"rows": rows, **(attrs or {})})


class FileInput(forms.FileInput):
    govuk_class = "govuk-file-upload"


ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class DayInput(forms.Widget):
    """Day, month and year in three inputs named ``<name>_day``, ``_month``, ``_year``; also reads one ``<name>``."""

    template_name = "forms/widgets/day.html"
    govuk_class = "govuk-input"  # of each of the three
    use_fieldset = True
    PARTS = ("day", "month", "year")

    def value_from_datadict(self, data, files, name: str) -> tuple[str, str, str] | str | None:
        if any(f"{name}_{part}" in data for part in self.PARTS):
            return tuple(data.get(f"{name}_{part}") or "" for part in self.PARTS)
        return data.get(name)

    def value_omitted_from_data(self, data, files, name: str) -> bool:
        return name not in data and not any(f"{name}_{part}" in data for part in self.PARTS)

    def id_for_label(self, id_: str) -> str:
        """The error summary's link goes to the first input."""
        return f"{id_}_day" if id_ else id_

    def get_context(self, name: str, value: Any, attrs: dict | None) -> dict:
        context = super().get_context(name, value, attrs)
        identifier = context["widget"]["attrs"].get("id", "")
        context["widget"]["parts"] = [
            {"part": part, "name": f"{name}_{part}", "id": f"{identifier}_{part}" if identifier else "", "value": typed}
            for part, typed in zip(self.PARTS, self._typed(value), strict=True)
        ]  # fmt: skip
        return context

    def _typed(self, value: Any) -> tuple[str, str, str]:
        if isinstance(value, date):
            return str(value.day), str(value.month), str(value.year)
        if isinstance(value, (tuple, list)):
            return tuple(value)
        written = str(value or "")
        parts = written.split("-")[::-1] if ISO_DAY.fullmatch(written) else written.split("/")
        return tuple(parts) if len(parts) == 3 else (written, "", "")


class Radios(forms.RadioSelect):
    template_name = "flex/widgets/radios.html"
    use_fieldset = True


class Checkboxes(forms.CheckboxSelectMultiple):
    template_name = "flex/widgets/checkboxes.html"
    use_fieldset = True


class Checkbox(forms.CheckboxInput):
    govuk_class = "govuk-checkboxes__input"


class Select(forms.Select):
    govuk_class = "govuk-select"
