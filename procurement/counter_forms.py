"""The order as the order desk may change it: dates, quantities and equivalents, each field filled as it was awarded."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue import pricing, widgets
from catalogue.fields import DayField, QuantityField, TextField
from procurement import proposing
from procurement.models import CallOffRevision
from procurement.proposing import DAYS, TERM, Changes

LABELS = {
    "interim_starts_on": gettext_lazy("Interim managed service starts"),
    "interim_months": gettext_lazy("Months of interim service"),
    "shared_starts_on": gettext_lazy("Shared service starts"), "shared_months": gettext_lazy("Months of shared service"),
}  # fmt: skip


class CounterForm(forms.Form):
    """One field for each thing that may change. ``awarded`` as ``proposing.read`` gives it."""

    labels_in_summary = True  # what is wrong with a quantity reads the same for every line
    reason = TextField(label=gettext_lazy("Why you propose it"), max_length=2000,
                       missing=gettext_lazy("Say why: the department will read it."), widget=widgets.Textarea(rows=4))  # fmt: skip

    def __init__(self, data=None, *, awarded: CallOffRevision, price_list: pricing.PriceList | None):
        super().__init__(data, prefix="counter")
        self.awarded = awarded
        for name in TERM:
            value = getattr(awarded, name)
            if value is not None:
                kind = DayField if name in DAYS else QuantityField
                more = {} if name in DAYS else {"most": 120}
                self.fields[name] = kind(label=LABELS[name], initial=value, **more)
        for line in awarded.lines.all():
            self._line_fields(line, price_list)
        for milestone in awarded.milestones.all():
            label = f"{milestone.label} {milestone.title}"
            self.fields[f"planned-{milestone.number}"] = DayField(label=label, initial=milestone.planned_on)
            for payment in milestone.payments.all():
                if payment.quantity is not None:
                    words = _("%(milestone)s: units of %(code)s paid") % {"milestone": milestone.label, "code": payment.service_code}
                    self.fields[f"units-{milestone.number}-{payment.service_code}"] = QuantityField(
                        label=words, initial=payment.quantity
                    )
        self.order_fields([name for name in self.fields if name != "reason"] + ["reason"])

    def _line_fields(self, line, price_list) -> None:
        where = f"{line.service_code}, {line.site.name if line.site else _('all sites')}"
        self.fields[f"quantity-{line.number}"] = QuantityField(
            label=where, initial=line.quantity, least=0,
            widget=widgets.NumberInput({"aria-label": _("Quantity of %(line)s") % {"line": where}}),
        )  # fmt: skip
        found = proposing.equivalents(line, price_list)
        if [service.code for service in found] != [line.service_code]:
            choices = {line.service_code: line.service.name} | {s.code: s.name for s in found}
            self.fields[f"service-{line.number}"] = forms.ChoiceField(
                label=where,
                choices=[(code, f"{code} {name}") for code, name in choices.items()], initial=line.service_code,
                widget=widgets.Select({"aria-label": _("Service instead of %(line)s") % {"line": where}}),
            )  # fmt: skip

    def term_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in TERM if name in self.fields]

    def rows(self) -> Iterator[dict[str, Any]]:
        """The lines with their fields; ``service`` None where nothing else may stand there."""
        for line in self.awarded.lines.all():
            name = f"service-{line.number}"
            yield {
                "line": line, "quantity": self[f"quantity-{line.number}"],
                "service": self[name] if name in self.fields else None,
            }  # fmt: skip

    def milestone_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith(("planned-", "units-"))]

    def typed(self) -> list[tuple[str, str]]:
        """What was sent, to send it again from the page that shows what it comes to."""
        return [(name, value) for name, value in self.data.items() if name.startswith("counter-")]

    def changes(self) -> Changes:
        """Only what differs from the order awarded."""
        data, awarded = self.cleaned_data, self.awarded
        term = {n: data[n] for n in TERM if n in self.fields and data[n] != getattr(awarded, n)}
        lines = {}
        for line in awarded.lines.all():
            new = data.get(f"service-{line.number}", line.service_code), data[f"quantity-{line.number}"]
            if new != (line.service_code, line.quantity):
                lines[line.number] = new
        days: dict[int, date] = {}
        units: dict[tuple[int, str], int] = {}
        for milestone in awarded.milestones.all():
            if data[f"planned-{milestone.number}"] != milestone.planned_on:
                days[milestone.number] = data[f"planned-{milestone.number}"]
            for payment in milestone.payments.all():
                typed = data.get(f"units-{milestone.number}-{payment.service_code}", payment.quantity)
                if typed != payment.quantity:
                    units[milestone.number, payment.service_code] = typed
        return Changes(term, lines, days, units)
