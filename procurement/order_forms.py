"""What people type about an order beside its sections: exceptions, a sheet, what if. Validation only."""

from collections.abc import Sequence

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalogue import widgets
from catalogue.fields import QuantityField, TextField
from procurement.forms import DecisionForm


class ExceptionsForm(forms.Form):
    """A quantity and a reason for each service that takes an exception; both empty asks for none."""

    def __init__(self, *args, services: Sequence[tuple[str, str, int]], **kwargs):
        """``services`` is (code, name, how many are ordered)."""
        super().__init__(*args, **kwargs)
        self.codes = [code for code, _name, _ordered in services]
        for code, name, ordered in services:
            self.fields[f"quantity-{code}"] = QuantityField(
                label=_("%(code)s %(name)s: for how many?") % {"code": code, "name": name}, required=False,
                help_text=_("Ordered: %(n)s. Leave both empty to ask for none.") % {"n": f"{ordered:,}"},
            )  # fmt: skip
            self.fields[f"reason-{code}"] = TextField(
                label=_("Why %(code)s is needed") % {"code": code}, required=False, max_length=2000,
                help_text=_("The purchasing authority reads it; the supplier does not."), widget=widgets.Textarea(rows=3),
            )  # fmt: skip

    def clean(self):
        data = super().clean()
        for code in self.codes:
            quantity, reason = f"quantity-{code}", f"reason-{code}"
            if quantity in self.errors or reason in self.errors:
                continue
            if data[quantity] and not data[reason]:
                self.add_error(reason, _("Say why it is needed."))
            elif data[reason] and not data[quantity]:
                self.add_error(quantity, _("Say for how many, or empty the reason."))
        return data

    def asked(self) -> list[tuple[str, int, str]]:
        """(service code, quantity, reason)"""
        data = self.cleaned_data
        return [(c, data[f"quantity-{c}"], data[f"reason-{c}"]) for c in self.codes if data[f"quantity-{c}"]]


class ExceptionDecisionForm(DecisionForm):
    GRANT, REFUSE = "grant", "refuse"

    outcome = forms.ChoiceField(
        label=gettext_lazy("Your decision"), widget=widgets.Radios,
        choices=[(GRANT, gettext_lazy("Grant it")),
                 (REFUSE, gettext_lazy("Refuse it: the order is returned for amendment with your reason"))],
        error_messages={"required": gettext_lazy("Grant or refuse it.")},
    )  # fmt: skip
    reason = TextField(label=gettext_lazy("Reason (needed to refuse)"), max_length=2000, required=False,
                       help_text=gettext_lazy("The department reads it; the supplier never does."),
                       widget=widgets.Textarea(rows=3))  # fmt: skip
    field_order = ["outcome", "reason", "no_conflict"]

    def clean(self):
        data = super().clean()
        if data.get("outcome") == self.REFUSE and not data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Give a reason: the requester will read it."))
        return data


class WhatIfForm(forms.Form):
    """How many seats more or fewer; ``fewest`` bounds the fall."""

    MORE, FEWER = "more", "fewer"

    change = forms.ChoiceField(label=gettext_lazy("Which way?"), widget=widgets.Radios,
                               choices=[(MORE, gettext_lazy("more seats")), (FEWER, gettext_lazy("fewer seats"))],
                               error_messages={"required": gettext_lazy("Say whether more or fewer.")})  # fmt: skip
    seats = QuantityField(label=gettext_lazy("How many seats?"), missing=gettext_lazy("Enter how many seats."))

    def __init__(self, *args, own_seats: int, **kwargs):
        super().__init__(*args, **kwargs)
        self.own_seats = own_seats
        if not own_seats:
            self.fields["change"].widget = forms.HiddenInput()  # there is nothing to take off
            self.fields["change"].choices = self.fields["change"].choices[:1]
            self.fields["change"].initial = self.MORE

    def clean(self):
        data = super().clean()
        if data.get("change") == self.FEWER and (data.get("seats") or 0) >= self.own_seats:
            self.add_error("seats", ngettext("The order has %(n)s seat: take off fewer.", "The order has %(n)s seats: take off fewer.", self.own_seats) % {"n": f"{self.own_seats:,}"})
        return data

    @property
    def by(self) -> int:
        """The change in seats, below zero for fewer."""
        return self.cleaned_data["seats"] * (-1 if self.cleaned_data["change"] == self.FEWER else 1)


class SheetField(forms.FileField):
    """A file of at most ``MOST_BYTES``; what is in it is read by ``catalogue.reading``. Cleans to its bytes."""

    widget = widgets.FileInput
    MOST_BYTES = 2 * 1024 * 1024

    def __init__(self, **kwargs):
        super().__init__(required=False, allow_empty_file=True, **kwargs)

    def clean(self, data, initial=None):
        file = super().clean(data, initial)
        if not file:
            return None
        if file.size > self.MOST_BYTES:
            raise ValidationError(
                _("The file is %(size)s MB. A sheet of an order is far smaller: choose one of %(most)s MB or less.")
                % {"size": f"{file.size / 1048576:,.1f}", "most": self.MOST_BYTES // 1048576},
                code="size",
            )
        return file.read()


class SheetForm(forms.Form):
    sites = SheetField(label=gettext_lazy("Sheet of sites"),
                       help_text=gettext_lazy("CSV or XLSX with the columns site and seats. It replaces the sites."))  # fmt: skip
    lines = SheetField(label=gettext_lazy("Sheet of lines"),
                       help_text=gettext_lazy("CSV or XLSX with the columns phase, service, site, quantity, starts_on and "
                                              "months. It replaces the quantities, and the term if it gives another. An interim "
                                              "service is taken out in the term, not by leaving out its lines."))  # fmt: skip

    def clean(self):
        data = super().clean()
        if not self.errors and data.get("sites") is None and data.get("lines") is None:
            self.add_error("lines", _("Choose a sheet of lines, of sites, or both."))
        return data
