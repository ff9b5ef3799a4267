"""What people type when they change a framework's life: validation only."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from catalogue.fields import LineField, MoneyField, QuantityField, TextField


def _reason() -> TextField:
    return TextField(label=_("Reason"), max_length=2000, missing=_("Give a reason: departments and suppliers will read it."),
                     help_text=_("Departments and suppliers will read it."))  # fmt: skip


class PublicReasonForm(forms.Form):
    reason = _reason()


class DropForm(forms.Form):
    reason = TextField(label=_("Reason"), max_length=2000, missing=_("Give a reason: who proposed it will read it."))


class ExtendForm(forms.Form):
    months = QuantityField(most=120, label=_("By how many months?"), missing=_("Enter by how many months."))
    notice = LineField(label=_("Published notice"), max_length=120, missing=_("Name the published notice."),
                       help_text=_("Its number. An extension of a framework is notified before it is made (section 75)."))  # fmt: skip
    reason = _reason()


class CeilingForm(forms.Form):
    ceiling = MoneyField(label=_("New ceiling, VAT excluded"), least=Decimal("0.01"), missing=_("Enter the new ceiling."))
    notice = LineField(label=_("Published notice (optional)"), max_length=120, required=False)
    reason = TextField(label=_("Reason"), max_length=2000, missing=_("Give a reason: departments will read it."),
                       help_text=_("The departments will read it."))  # fmt: skip
