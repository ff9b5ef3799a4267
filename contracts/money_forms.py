"""What people type about invoices, returns and the levy."""

from collections.abc import Mapping, Sequence
from datetime import date

from django import forms
from django.utils.dateformat import format as format_month
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalogue import widgets
from catalogue.fields import BalanceField, DayField, LineField, MoneyField, TextField, UploadField
from contracts import returning
from contracts.models import DeclaredLine, ReturnLine


class InvoiceForm(forms.Form):
    """``months``: first days of those that an invoice can be for, the newest first."""

    reference = LineField(label=_("Reference of the invoice"), max_length=60, missing=_("Enter the reference of the invoice."))
    month = forms.ChoiceField(label=_("For the month"), widget=widgets.Select, error_messages={"required": _("Choose the month.")})
    invoiced_on = DayField(label=_("Date of the invoice"), missing=_("Enter the date of the invoice."))
    received_on = DayField(
        label=_("Received by the department on"), missing=_("Enter the day on which the department received it."),
        help_text=_("The time to pay it begins on that day."),
    )  # fmt: skip
    net = MoneyField(label=_("Net, without VAT"), missing=_("Enter the net amount."))
    vat = MoneyField(label=_("VAT"), missing=_("Enter the VAT, 0 where there is none."))
    gross = MoneyField(label=_("Gross, with VAT"), missing=_("Enter the gross amount."))
    file = UploadField(label=_("The invoice as a file"), missing=_("Choose the file of the invoice."))

    def __init__(self, *args, months: Sequence[date], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["month"].choices = [(f"{month:%Y-%m}", format_month(month, "F Y")) for month in months]

    def clean_month(self) -> date:
        year, month = self.cleaned_data["month"].split("-")
        return date(int(year), int(month), 1)


class InvoiceActForm(forms.Form):
    """Of the acts on an invoice that need no more than the act."""


class InvoiceReasonForm(forms.Form):
    reason = TextField(label=_("Reason"), max_length=2000, missing=_("Give a reason: the supplier reads it."))


class InvoiceAnswerForm(forms.Form):
    words = TextField(label=_("What should the department know of it?"), max_length=2000, missing=_("Say what the department should know of it."))


class PaymentForm(forms.Form):
    amount = MoneyField(label=_("Amount paid, with VAT"), missing=_("Enter the amount."))
    paid_on = DayField(label=_("Paid on"), missing=_("Enter the day on which it was paid."))
    reference = LineField(label=_("Reference of the payment (optional)"), max_length=60, required=False)


class LevyPaymentForm(PaymentForm):
    """The levy is as the note says it; the register adds no VAT to it."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["amount"].label = _("Amount paid")


class ReturnForm(forms.Form):
    """``lines``: of a return, each with its contract. ``declared``: what is filled in, by contract number; where it is not as the
    ledger says it is explained."""

    def __init__(self, *args, lines: Sequence[ReturnLine], declared: Mapping[str, DeclaredLine] | None = None, **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            number, before = line.contract.number, (declared or {}).get(line.contract.number)
            self.fields[f"amount_{number}"] = BalanceField(
                label=gettext("%(number)s: charges, without VAT") % {"number": number},
                initial=before.declared_gbp if before else line.charges_gbp, missing=gettext("Enter the charges, 0 where there are none."),
            )  # fmt: skip
            self.fields[f"explanation_{number}"] = TextField(
                label=gettext("%(number)s: explanation, where it is not as the ledger says") % {"number": number}, required=False,
                max_length=2000, widget=widgets.Textarea(rows=2), initial=before.explanation if before else "",
            )  # fmt: skip

    def groups(self):
        return [
            (line, [self[f"amount_{line.contract.number}"], self[f"explanation_{line.contract.number}"]]) for line in self.lines
        ]

    def clean(self):
        for line in self.lines:
            number = line.contract.number
            amount, words = self.cleaned_data.get(f"amount_{number}"), self.cleaned_data.get(f"explanation_{number}")
            if amount is not None and amount != line.charges_gbp and words == "":
                self.add_error(f"explanation_{number}", gettext("Explain why %(contract)s is not as the ledger says.") % {"contract": number})
        return self.cleaned_data

    def declared(self) -> dict[str, returning.Declared]:
        """By contract number."""
        return {
            line.contract.number: returning.Declared(
                self.cleaned_data[f"amount_{line.contract.number}"], self.cleaned_data[f"explanation_{line.contract.number}"]
            )
            for line in self.lines
        }  # fmt: skip


class CorrectReturnForm(ReturnForm):
    reason = TextField(label=_("What was wrong"), max_length=2000, missing=_("Say what was wrong: the authority reads it."))
