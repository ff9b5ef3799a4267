"""What people type on the way to a call-off: validation only."""

import re
from collections import Counter
from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalogue import widgets
from catalogue.fields import (
    DayField,
    EmailField,
    LineField,
    PercentField,
    QuantityField,
    TextField,
    UploadField,
)
from catalogue.formsets import rows_of
from documents.templatetags.flex import gbp, percent
from procurement.completeness import DATA_PROTECTION_LABELS, KPI_VALUE_GBP
from procurement.models import Attachment, DeclineCode, News, Particulars, PlannedMilestone

YES_NO = [("yes", _("Yes")), ("no", _("No"))]


class TitleForm(forms.Form):
    title = LineField(label=_("What is the order called?"), max_length=100, missing=_("Enter a title."),
                      help_text=_("It stands on the cover of the contract. For example: shared desktop service for 1,000 users"))  # fmt: skip


class SiteForm(forms.Form):
    was = forms.CharField(widget=forms.HiddenInput, required=False, max_length=80)  # the name it is stored under
    name = LineField(label=_("Site"), max_length=80, required=False)
    seats = QuantityField(least=0, label=_("Seats"), required=False)

    def clean(self):
        data = super().clean()
        if not self.errors and data.get("seats") is not None and not data.get("name"):
            self.add_error("name", _("Enter the site's name, or empty its seats to remove the row."))
        if not self.errors and data.get("name") and data.get("seats") is None:
            self.add_error("seats", _("Enter the site's seats, or empty its name to remove the row."))
        return data


SiteFormSet = rows_of(SiteForm, extra=2, most=60)


class TermForm(forms.Form):
    labels_in_summary = True  # two dates and three numbers: the summary says which one it means

    interim_starts_on = DayField(label=_("Interim managed service starts"), required=False,
                                 help_text=_("The first of a month. Leave empty if there is no interim service."))  # fmt: skip
    interim_months = QuantityField(most=120, label=_("Months of interim service"), required=False)
    shared_starts_on = DayField(label=_("Shared service starts"), help_text=_("The first of a month."),
                                missing=_("Enter when the shared service starts."))  # fmt: skip
    shared_months = QuantityField(most=120, label=_("Months of shared service"), missing=_("Enter for how many months."))
    extension_months = QuantityField(least=0, most=120, label=_("Months of an extension option"), required=False)


class KpiForm(forms.Form):
    kpis = forms.MultipleChoiceField(
        label=_("Key performance indicators"), widget=widgets.Checkboxes, required=False,
        help_text=_("At least three when the order is worth more than %(value)s with VAT and options. The target of each stands in brackets.") % {"value": gbp(KPI_VALUE_GBP)},
    )  # fmt: skip

    def __init__(self, *args, measures=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kpis"].choices = [
            (m.measure_code, f"{m.measure_code}: {m.measure} ({percent(m.target) if m.unit == 'percent' else m.target})")
            for m in measures
        ]


def _payment(line):
    """(service code, percent or None, quantity or None) of a line such as "TRN-02 50%" or "trn-03 X 320"."""
    code, _space, rest = re.sub(r"\s+", " ", line).partition(" ")
    if rest.endswith("%"):
        return code.upper(), PercentField().clean(rest), None
    return code.upper(), None, QuantityField().clean(re.sub(r"^[xX×] ?", "", rest))


class MilestoneForm(forms.Form):
    title = LineField(label=_("Milestone"), max_length=160, required=False)
    planned_on = DayField(label=_("Planned on"), required=False)
    criteria = TextField(label=_("Acceptance criteria, one a line"), max_length=3000, max_lines=20, required=False,
                         widget=widgets.Textarea(rows=4))  # fmt: skip
    payments = TextField(label=_("Payments on acceptance, one a line"), max_length=600, max_lines=12, required=False,
                         widget=widgets.Textarea(rows=2),
                         help_text=_("A share of a one-off service, as TRN-02 50%, or units of it, as TRN-03 x 320."))  # fmt: skip
    effect = forms.ChoiceField(label=_("What it starts or ends"), choices=PlannedMilestone.Effect.choices,
                               required=False, widget=widgets.Select)  # fmt: skip

    def clean_criteria(self):
        found = tuple(line.strip() for line in self.cleaned_data["criteria"].splitlines() if line.strip())
        if any(len(line) > 300 for line in found):
            raise ValidationError(_("A criterion is longer than 300 characters; say it shorter, or split it in two."))
        return found

    def clean_payments(self):
        """[(service code, percent or None, quantity or None)]; every line that is none is named, not only the first."""
        found, wrong = [], []
        for line in filter(None, (part.strip() for part in self.cleaned_data["payments"].splitlines())):
            try:
                found.append(_payment(line))
            except ValidationError:
                wrong.append(_("“%(line)s” is not a payment; write TRN-02 50%% or TRN-03 x 320.") % {"line": line})
        for code, times in Counter(code for code, _percent, _quantity in found).items():
            if times > 1:
                wrong.append(
                    _("A milestone pays each service once; put the %(times)s payments of %(code)s together.")
                    % {"times": times, "code": code}
                )
        if wrong:
            raise ValidationError(wrong)
        return tuple(found)

    def clean(self):
        data = super().clean()
        if self.errors or not any(data.get(name) for name in ("title", "planned_on", "criteria", "payments")):
            return data
        if not data.get("title"):
            self.add_error("title", _("Enter what the milestone is."))
        if not data.get("planned_on"):
            self.add_error("planned_on", _("Enter the day it is planned for."))
        if not data.get("criteria"):
            self.add_error("criteria", _("Enter at least one acceptance criterion."))
        return data


MilestoneFormSet = rows_of(MilestoneForm, extra=1, most=60)


class SpecialTermForm(forms.Form):
    heading = LineField(label=_("Heading"), max_length=120, required=False)
    text = TextField(label=_("Text"), max_length=4000, max_lines=60, required=False, widget=widgets.Textarea(rows=3))

    def clean(self):
        data = super().clean()
        if not self.errors and bool(data.get("heading")) != bool(data.get("text")):
            raise ValidationError(_("Give each special term both a heading and a text."))
        return data


SpecialTermFormSet = rows_of(SpecialTermForm, extra=1, most=40)


class StaffTransferForm(forms.Form):
    staff_transfer = forms.ChoiceField(label=_("Do staff transfer to the supplier (TUPE)?"), choices=YES_NO,
                                       widget=widgets.Radios,
                                       error_messages={"required": _("Say whether staff transfer.")})  # fmt: skip
    staff_transfer_text = TextField(label=_("What the contract should say about it"), required=False, max_length=3000,
                                    widget=widgets.Textarea(rows=3))  # fmt: skip

    def clean(self):
        data = super().clean()
        if data.get("staff_transfer") == "yes" and not data.get("staff_transfer_text") and not self.errors:
            self.add_error("staff_transfer_text", _("Say which staff transfer, when, and who carries the costs."))
        return data


class DataProtectionForm(forms.Form):
    applies = forms.ChoiceField(label=_("Does the supplier process personal data for you?"), choices=YES_NO,
                                widget=widgets.Radios,
                                error_messages={"required": _("Say whether personal data is processed.")})  # fmt: skip
    subject_matter = TextField(label=DATA_PROTECTION_LABELS["subject_matter"], required=False, max_length=1000)
    nature_and_purpose = TextField(label=DATA_PROTECTION_LABELS["nature_and_purpose"], required=False, max_length=1000)
    duration = LineField(label=DATA_PROTECTION_LABELS["duration"], required=False, max_length=200)
    data_types = TextField(label=DATA_PROTECTION_LABELS["data_types"], required=False, max_length=1000)
    data_subjects = TextField(label=DATA_PROTECTION_LABELS["data_subjects"], required=False, max_length=1000)
    retention = LineField(label=DATA_PROTECTION_LABELS["retention"], required=False, max_length=200)
    sub_processors = LineField(label=DATA_PROTECTION_LABELS["sub_processors"], required=False, max_length=200)
    transfers = LineField(label=DATA_PROTECTION_LABELS["transfers"], required=False, max_length=200)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for name in ("subject_matter", "nature_and_purpose", "data_types", "data_subjects"):
            self.fields[name].widget.attrs["rows"] = 2

    def schedule(self) -> dict:
        return {**self.cleaned_data, "applies": self.cleaned_data["applies"] == "yes"}


class AttachForm(forms.Form):
    kind = forms.ChoiceField(label=_("What is it?"), choices=Attachment.Kind.choices, widget=widgets.Radios,
                             error_messages={"required": _("Say what the file is.")})  # fmt: skip
    file = UploadField(label=_("File"), help_text=_("PDF, Word, Excel, OpenDocument, CSV, PNG or JPEG."))


class SpendControlForm(forms.Form):
    reference = LineField(label=_("Spend-control reference"), max_length=60, missing=_("Enter the reference."))


class BudgetForm(forms.Form):
    budget_code = LineField(label=_("Budget code"), max_length=60, missing=_("Enter the budget code."),
                            help_text=_("The supplier never sees it."))  # fmt: skip


class ParticularsForm(forms.Form):
    shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)  # papers.seal of what was shown
    purchase_order = LineField(label=_("Purchase order number"), max_length=40, required=False,
                               help_text=_("If you have it already; it can follow later."))  # fmt: skip
    cost_centre = LineField(label=_("Cost centre"), max_length=40, missing=_("Enter the cost centre."))
    account = LineField(label=_("Account"), max_length=40, missing=_("Enter the account."))
    spending = forms.ChoiceField(label=_("Kind of spending"), choices=Particulars.Spending.choices,
                                 widget=widgets.Radios,
                                 error_messages={"required": _("Say whether it is RDEL or CDEL.")})  # fmt: skip
    invoice_address = TextField(label=_("Invoice address"), max_length=600, max_lines=8,
                                missing=_("Enter where invoices go."), widget=widgets.Textarea(rows=3))  # fmt: skip
    contact_name = LineField(label=_("Contact for the order"), max_length=120, missing=_("Name a contact."))
    contact_email = EmailField(label=_("Contact's email address"), missing=_("Enter the contact's email address."))
    contact_telephone = LineField(label=_("Contact's telephone number"), max_length=30, required=False)
    invoice_contact_name = LineField(label=_("Contact for invoices"), max_length=120, required=False,
                                     help_text=_("If it is somebody else."))  # fmt: skip
    invoice_contact_email = EmailField(label=_("Email address for invoices"), required=False)
    invoice_contact_telephone = LineField(label=_("Telephone number for invoices"), max_length=30, required=False)

    def clean(self):
        values = super().clean()
        if values.get("invoice_contact_telephone") or values.get("invoice_contact_email"):
            if not values.get("invoice_contact_name"):
                self.add_error("invoice_contact_name", _("Name the contact for invoices, or leave all three empty."))
        elif values.get("invoice_contact_name"):
            self.add_error("invoice_contact_email", _("Enter the email address of the contact for invoices."))
        return values

    def clean_contact_telephone(self):
        return self._telephone("contact_telephone")

    def clean_invoice_contact_telephone(self):
        return self._telephone("invoice_contact_telephone")

    def _telephone(self, name: str) -> str:
        typed = self.cleaned_data[name]
        if typed and not re.fullmatch(r"\+?[0-9 ()-]{5,24}( ?(ext\.?|x) ?[0-9]{1,6})?", typed, re.ASCII):
            raise ValidationError(_("Enter a telephone number with digits, like 020 7946 0000 or +44 20 7946 0000 ext 12."))
        return typed


class ReasonForm(forms.Form):
    reason = TextField(label=_("Reason"), max_length=2000, missing=_("Give a reason: it is what others will read."))


class DecisionForm(forms.Form):
    no_conflict = forms.BooleanField(label=_("I declare that I have no conflict of interest in this order."),
                                     widget=widgets.Checkbox,
                                     error_messages={"required": _("Declare that you have no conflict of interest.")})  # fmt: skip


class EndorseForm(DecisionForm):
    comment = TextField(label=_("Comment (optional)"), max_length=2000, required=False,
                        help_text=_("The supplier never sees it."), widget=widgets.Textarea(rows=3))  # fmt: skip


class ReturnForm(DecisionForm):
    reason = TextField(label=_("Reason"), max_length=2000, missing=_("Give a reason: the requester will read it."))
    field_order = ["reason", "no_conflict"]


class TextForm(forms.Form):
    text = TextField(label=_("Your text"), max_length=2000, missing=_("Write something."))


class NewsForm(forms.Form):
    news = forms.ChoiceField(label=_("What has happened and asks nothing of you"), choices=News.choices,
                             widget=widgets.Radios, error_messages={"required": _("Choose how it comes.")})  # fmt: skip


class RecuseForm(forms.Form):
    reason = TextField(label=_("What is the conflict?"), max_length=2000, missing=_("Say what the conflict is."),
                       help_text=_("Your own side and your administrator can read it."))  # fmt: skip


class DeclineForm(forms.Form):
    code = forms.ChoiceField(label=_("Why?"), choices=DeclineCode.choices, widget=widgets.Radios,
                             error_messages={"required": _("Choose a reason.")})  # fmt: skip
    reason = TextField(label=_("In words"), max_length=2000, missing=_("Say it in words: the department will read it."))


class ClockForm(forms.Form):
    day = DayField(label=_("Step to"), first=date(2007, 1, 1), last=date(2036, 12, 31),
                   missing=_("Enter a day."))  # fmt: skip


class MatrixForm(forms.Form):
    """One quantity for every service and column; names are q-<service>-all and q-<service>-<site position>."""

    def __init__(self, data=None, *, services, sites, initial=None):
        super().__init__(data)
        self.services, self.sites = services, sites
        self.cell_errors: dict[str, str] = {}
        self.initial = dict(initial or {})
        self.values = dict(self.initial)

    def names(self):
        for service in self.services:
            yield f"q-{service.code}-all", service, None
            for site in self.sites:
                yield f"q-{service.code}-{site.position}", service, site.name

    def read(self) -> list[tuple]:
        """[(service, site name or None, quantity)] with every bad cell in ``cell_errors``; typed values are kept."""
        found, field = [], QuantityField(required=False)
        for name, service, site in self.names():
            typed = self.data.get(name, "")
            self.values[name] = typed
            try:
                quantity = field.clean(typed)
            except ValidationError as error:
                where = site or _("all sites")
                self.cell_errors[name] = f"{service.code} {service.name}, {where}: {' '.join(error.messages)}"
                continue
            if quantity:
                found.append((service, site, quantity))
        return found


