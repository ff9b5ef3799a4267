"""What people type into a release: validation only. What a value may be is read by ``catalogue.contents``, the same as
from a sheet; these forms hold the values and show what was wrong with them."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalogue import levels, uploads, widgets
from catalogue.contents import BANDS, CATALOGUE, CHARGE_TYPES, COLUMNS, LEVELS, METHODS, SCOPES
from catalogue.fields import DayField, LineField, QuantityField, TextField, UploadField
from catalogue.models import ChargeType
from catalogue.rule_words import KIND_WORDS
from catalogue.rules import KINDS

MOST_BYTES = 2 * 1024 * 1024
SHEETS = (uploads.CSV, uploads.XLSX)
SCOPE_WORDS = {"framework": _("everything ordered under the framework"), "call_off": _("each order by itself")}
METHOD_WORDS = {"slab": _("the whole quantity at the band reached"), "graduated": _("each unit at its own band")}
UNIT_WORDS = {"percent": _("percent"), "pass_fail": _("passed or failed")}


class AsOfForm(forms.Form):
    """Which day the catalogue is shown of; not later than today."""

    on = DayField(label=_("As of"), required=False)

    def __init__(self, *args, today, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["on"].last = today


class TitleForm(forms.Form):
    title = LineField(label=_("What is the release called?"), max_length=100, missing=_("Enter a title."),
                      help_text=_("For whoever approves it. For example: prices from April"))  # fmt: skip


class UploadForm(forms.Form):
    catalogue = UploadField(
        label=_("Services and prices"), required=False, most_bytes=MOST_BYTES, kinds=SHEETS,
        help_text=_("CSV or Excel. A workbook may hold all three as sheets named catalogue, price_bands and service_levels."),
    )  # fmt: skip
    price_bands = UploadField(label=_("Price bands"), required=False, most_bytes=MOST_BYTES, kinds=SHEETS)
    service_levels = UploadField(label=_("Service levels"), required=False, most_bytes=MOST_BYTES, kinds=SHEETS)

    def clean(self):
        data = super().clean()
        if not self.errors and not any(data.get(name) for name in (CATALOGUE, BANDS, LEVELS)):
            self.add_error(CATALOGUE, _("Choose a sheet to upload."))
        return data


def _chosen(label: Any, choices: list[tuple[str, Any]], *, required: bool = True, **kwargs) -> forms.ChoiceField:
    first = [("", "")] if required else [("", _("none"))]
    return forms.ChoiceField(
        label=label, choices=[*first, *choices], required=required, widget=widgets.Select,
        error_messages={"required": _("Choose one.")}, **kwargs,
    )  # fmt: skip


class ServiceForm(forms.Form):
    """A row of the catalogue sheet; fields are named as its columns."""

    labels_in_summary = True  # "Choose one." is said of three of them

    code = LineField(label=_("Code"), max_length=20, missing=_("Enter a code."))
    lot = _chosen(_("Lot"), [])
    category = LineField(label=_("Category"), max_length=40, missing=_("Enter a category."))
    name = LineField(label=_("Name"), max_length=160, missing=_("Enter a name."))
    unit = LineField(label=_("Unit"), max_length=40, missing=_("Enter a unit."), help_text=_("For example: user/month"))
    charge_type = _chosen(_("Charged"), [(kind, ChargeType(kind).label) for kind in CHARGE_TYPES])
    list_price_gbp = LineField(label=_("List price in GBP, without VAT"), max_length=30, missing=_("Enter a price."))
    price_bands = _chosen(_("Price bands"), [], required=False)
    adds_to_volume = _chosen(_("Adds to the volume of"), [], required=False)
    service_level = _chosen(_("Service level"), [], required=False)
    kgco2e_per_unit_year = LineField(label=_("kgCO2e a unit and year"), max_length=30, missing=_("Enter a figure, 0 if it was not assessed."))
    baseline_kgco2e_per_unit_year = LineField(label=_("kgCO2e a unit and year before"), max_length=30, missing=_("Enter a figure, 0 if it was not assessed."))

    def __init__(self, *args, lots=(), sheets, **kwargs):
        super().__init__(*args, **kwargs)
        bands = list(dict.fromkeys(row["price_bands"] for row in sheets[BANDS]))
        levels = list(dict.fromkeys(row["service_level"] for row in sheets[LEVELS]))
        self._offer("lot", [(str(number), f"{number} {title}") for number, title in lots])
        for name, values in (("price_bands", bands), ("adds_to_volume", bands), ("service_level", levels)):
            self._offer(name, [(value, value) for value in values])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        field.choices = [*field.choices[:1], *choices]

    def row(self) -> dict[str, str]:
        """As the sheet has it; money may be typed with commas and a pound sign."""
        cells = {column: self.cleaned_data[column] for column in COLUMNS[CATALOGUE]}
        price = cells["list_price_gbp"].removeprefix("£").strip()
        cells["list_price_gbp"] = price.replace(",", "") if re.fullmatch(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?", price) else price
        return cells


class MeasureForm(forms.Form):
    """A row of the sheet of service levels; fields are named as its columns."""

    service_level = LineField(label=_("Service level"), max_length=20, missing=_("Enter the code of the service level."),
                              help_text=_("Services name it by this code. Several measures may share one."))  # fmt: skip
    measure_code = LineField(label=_("Code of the measure"), max_length=30, missing=_("Enter a code."))
    measure = LineField(label=_("What is measured"), max_length=160, missing=_("Enter what is measured."))
    unit = _chosen(_("Unit"), [(unit, UNIT_WORDS[unit]) for unit in levels.UNITS])
    target = LineField(label=_("Target"), max_length=20, missing=_("Enter the target."),
                       help_text=_("Below it a service credit is due. A percentage like 99.5; or pass, pass_with_actions or fail."))  # fmt: skip
    minimum = LineField(label=_("Minimum"), max_length=20, required=False, help_text=_("Below it a rectification plan is due."))
    critical = LineField(label=_("Critical"), max_length=20, required=False, help_text=_("Below it the contract may be ended."))
    credit_applies_to = LineField(
        label=_("The service credit is on"), max_length=200, missing=_("Enter what the service credit is taken from."),
        help_text=_("Codes of services with semicolons between them, CORE-08;CORE-09, or: all recurring charges"),
    )  # fmt: skip

    def row(self) -> dict[str, str]:
        """As the sheet has it."""
        return {column: self.cleaned_data[column] for column in COLUMNS[LEVELS]}


class BandsForm(forms.Form):
    code = LineField(label=_("Code"), max_length=20, missing=_("Enter a code."))
    scope = _chosen(_("What counts towards the volume"), [(scope, SCOPE_WORDS[scope]) for scope in SCOPES])
    method = _chosen(_("How the discount is taken"), [(method, METHOD_WORDS[method]) for method in METHODS])
    bands = TextField(label=_("Bands"), max_length=2000, max_lines=60, missing=_("Enter the bands."),
                      help_text=_("A line for each: from which quantity, then the discount in percent. The first is 1 0."))  # fmt: skip

    def clean_bands(self) -> list[tuple[str, str]]:
        found = []
        for number, line in enumerate(self.cleaned_data["bands"].splitlines(), start=1):
            parts = line.replace(":", " ").replace("%", " ").split()
            if parts and len(parts) != 2:
                raise ValidationError(_("Line %(n)s: write a quantity and a discount, like 2500 4.") % {"n": number})
            if parts:
                found.append((parts[0].replace(",", ""), parts[1]))
        return found

    def rows(self) -> list[dict[str, str]]:
        data = self.cleaned_data
        return [
            dict(zip(COLUMNS[BANDS], (data["code"], data["scope"], data["method"], quantity, percent), strict=True))
            for quantity, percent in data["bands"]
        ]


_SIZE = re.compile(r"(?P<code>\S+?):?\s+(?P<low>[0-9]{1,7})\s*(to|-)\s*(?P<high>[0-9]{1,7})|(?P<last>\S+?):?\s+(?P<over>[0-9]{1,7})\s*(and more|\+)")


class RuleForm(forms.Form):
    kind = _chosen(_("Rule"), [(kind, KIND_WORDS[kind]) for kind in KINDS])
    services = LineField(label=_("Services"), max_length=300, missing=_("Enter the codes of the services."),
                         help_text=_("Codes with commas between them: CORE-04, CORE-05"))  # fmt: skip
    months = QuantityField(label=_("Months, where the rule is about months"), required=False, most=600)
    sizes = TextField(
        label=_("Sizes, where a site's seats decide which service it takes"), required=False, max_length=1000, max_lines=40,
        help_text=_("A line for each service: CORE-10 1 to 50, and for the largest: CORE-12 251 and more"),
    )  # fmt: skip
    text = LineField(label=_("The rule in words"), max_length=300, missing=_("Enter the rule in words: people read it."))

    def clean_services(self) -> list[str]:
        return self.cleaned_data["services"].replace(",", " ").replace(";", " ").split()

    def clean_sizes(self) -> dict[str, list[int | None]]:
        found: dict[str, list[int | None]] = {}
        for number, line in enumerate(self.cleaned_data["sizes"].splitlines(), start=1):
            if not line.strip():
                continue
            size = _SIZE.fullmatch(line.strip())
            if size is None:
                raise ValidationError(_("Line %(n)s: write a code and its seats, like CORE-10 1 to 50.") % {"n": number})
            code = size["code"] or size["last"]
            if code in found:
                raise ValidationError(_("Line %(n)s: %(code)s is there twice.") % {"n": number, "code": code})
            found[code] = [int(size["low"] or size["over"]), int(size["high"]) if size["high"] else None]
        return found

    def clean(self):
        data = super().clean()
        if not self.errors and data["kind"] == "max_months" and data["months"] is None:
            self.add_error("months", _("Enter how many months."))
        return data

    def rule(self) -> dict[str, Any]:
        """As framework.yaml writes it; only what belongs to the kind."""
        data = self.cleaned_data
        rule = {"rule": data["kind"], "text": data["text"], "services": data["services"]}
        if data["kind"] == "max_months":
            rule["months"] = data["months"]
        if data["kind"] == "required_per_site" and data["sizes"]:
            rule["by_seats_at_site"] = data["sizes"]
        return rule


def rule_initial(rule: dict[str, Any]) -> dict[str, Any]:
    sizes = rule.get("by_seats_at_site", {})
    return {
        "kind": rule["rule"], "text": rule["text"], "services": ", ".join(rule["services"]), "months": rule.get("months"),
        "sizes": "\n".join(f"{code} {low} and more" if high is None else f"{code} {low} to {high}"
                           for code, (low, high) in sizes.items()),
    }  # fmt: skip


class ScheduleForm(forms.Form):
    first_day = DayField(label=_("In force from"), missing=_("Enter the first day."),
                         help_text=_("Tomorrow at the earliest."))  # fmt: skip
