"""What people type on the way to joining: validation only."""

import re

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalogue import uploads, widgets
from catalogue.fields import DayField, EmailField, LineField, MoneyField, QuantityField, TextField, UploadField
from catalogue.formsets import Rows, rows_of
from procurement.models import AUTHORITY_POSTS, Application, Baseline, PostCode

SUPPLIER_POSTS = {PostCode.ACCOUNT_MANAGER, PostCode.ORDER_DESK, PostCode.SUPPLIER_SIGNATORY, PostCode.SERVICE_MANAGER}
DEPARTMENT_POSTS = [(post.value, post.label) for post in PostCode if post not in AUTHORITY_POSTS | SUPPLIER_POSTS]
COMMITTING = {PostCode.BUDGET_HOLDER, PostCode.TECHNOLOGY_OFFICER, PostCode.FINANCE_DIRECTOR,
              PostCode.ACCOUNTING_OFFICER, PostCode.SIGNATORY}  # fmt: skip


class InterestForm(forms.Form):
    name = LineField(label=_("Name of the body"), max_length=160, missing=_("Enter its name."))
    code = LineField(label=_("Short code"), max_length=20, missing=_("Enter a short code."),
                     help_text=_("Capital letters and digits, for lists: HMT"))  # fmt: skip
    identifier = LineField(label=_("Registered identifier"), max_length=60, missing=_("Enter its registered identifier."),
                           help_text=_("Its seal will carry it: GOVGB-HMT"))  # fmt: skip
    address = LineField(label=_("Address"), max_length=300, missing=_("Enter its address."))
    crown = forms.ChoiceField(
        label=_("Is it a body of the Crown?"), choices=[("yes", _("Yes")), ("no", _("No"))], widget=widgets.Radios,
        help_text=_("The access agreement is a memorandum between Crown bodies, a simple contract otherwise."),
        error_messages={"required": _("Say whether it is a body of the Crown.")},
    )  # fmt: skip
    seats_expected = QuantityField(label=_("Seats expected"), required=False)

    def clean_code(self):
        code = self.cleaned_data["code"].upper()
        if not re.fullmatch(r"[A-Z][A-Z0-9]{1,19}", code, re.ASCII):
            raise ValidationError(_("Use capital letters and digits only, beginning with a letter."))
        return code

    def clean_identifier(self):
        identifier = self.cleaned_data["identifier"].upper()
        if not re.fullmatch(r"[A-Z0-9]+(-[A-Z0-9]+)+", identifier, re.ASCII):
            raise ValidationError(_("Write the kind, a hyphen and the number or name, like GOVGB-HMT or NTRGB-00096056."))
        return identifier

    def clean_crown(self):
        return self.cleaned_data["crown"] == "yes"


class SeatsForm(forms.Form):
    seats_expected = QuantityField(label=_("Seats expected"), error_messages={"required": _("Enter how many seats are expected.")})


class EngageForm(forms.Form):
    contact_name = LineField(label=_("Who fills in the application?"), max_length=120, missing=_("Enter a name."))
    contact_email = EmailField(label=_("Their email address"), missing=_("Enter an email address."),
                               help_text=_("When the accession approver has confirmed them, they become the body's administrator here and are asked to apply."))  # fmt: skip


class NoticeForm(forms.Form):
    last_day = DayField(label=_("Last day of the membership"), missing=_("Enter the last day."))
    reason = TextField(label=_("Reason"), max_length=1500, missing=_("Give a reason: it is what others will read."))


class StatementForm(forms.Form):
    statement = TextField(label=_("What does the department want to use the framework for?"), max_length=4000,
                          max_lines=40, required=False)  # fmt: skip


class SiteForm(forms.Form):
    row = _("Site")
    name = LineField(label=_("Site"), max_length=80, required=False)
    address = LineField(label=_("Address"), max_length=300, required=False)
    seats = QuantityField(label=_("Seats"), required=False)

    def clean(self):
        data = super().clean()
        if not self.errors and any(data.get(name) for name in ("name", "address", "seats")):
            if not data.get("name"):
                self.add_error("name", _("Enter the site's name, or empty the row to remove it."))
            if data.get("seats") is None:
                self.add_error("seats", _("Enter the site's seats, or empty the row to remove it."))
        return data


class PersonForm(forms.Form):
    row = _("Person")
    name = LineField(label=_("Name"), max_length=120, required=False)
    email = EmailField(label=_("Email address"), required=False)
    post = forms.ChoiceField(label=_("Post"), choices=[("", ""), *DEPARTMENT_POSTS], required=False,
                             widget=widgets.Select)  # fmt: skip
    limit_gbp = MoneyField(label=_("May commit or sign up to, GBP"), required=False)
    unlimited = forms.BooleanField(label=_("Without limit"), required=False, widget=widgets.Checkbox)
    lot = forms.TypedChoiceField(label=_("For one lot alone"), required=False, widget=widgets.Select, coerce=int, empty_value=None)
    ends_on = DayField(label=_("Until"), required=False, help_text=_("Leave empty if the letter gives no end."))
    letter_sha256 = forms.ChoiceField(label=_("Letter that gives the limit"), required=False, widget=widgets.Select,
                                      error_messages={"invalid_choice": _("Choose one of the letters that are attached.")})  # fmt: skip

    def __init__(self, *args, lots=(), letters=(), **kwargs):
        """``lots``: those of the framework; ``letters``: {filename, sha256, words} of those to choose from, none where
        nobody needs to be asked."""
        super().__init__(*args, **kwargs)
        self.filenames = {letter["sha256"]: letter["filename"] for letter in letters}
        self.fields["letter_sha256"].choices = [("", ""), *((letter["sha256"], letter["words"]) for letter in letters)]
        if not letters:
            del self.fields["letter_sha256"]
        self.fields["lot"].choices = [("", _("all lots")), *((str(lot.number), lot_words(lot)) for lot in lots)]

    def clean(self):
        data = super().clean()
        data["letter_filename"] = self.filenames.get(data.get("letter_sha256"), "")
        typed = ("name", "email", "post", "limit_gbp", "unlimited", "lot", "ends_on", "letter_sha256")
        if self.errors or not any(data.get(name) for name in typed):
            return data
        for name, words in (("name", _("Enter the person's name.")), ("email", _("Enter their email address.")),
                            ("post", _("Choose their post."))):  # fmt: skip
            if not data.get(name):
                self.add_error(name, words)
        if data.get("limit_gbp") is not None and data.get("unlimited"):
            self.add_error("limit_gbp", _("Enter a limit or choose “without limit”, not both."))
        if data.get("limit_gbp") == 0:
            self.add_error("limit_gbp", _("A limit is more than zero; leave it empty if the post commits nothing."))
        if (data.get("limit_gbp") is not None or data.get("unlimited")) and data.get("post") not in COMMITTING:
            self.add_error("limit_gbp", _("This post commits and signs nothing: leave its limit empty."))
        elif data.get("limit_gbp") is None and not data.get("unlimited"):
            for name in ("lot", "ends_on", "letter_sha256"):
                if data.get(name):
                    self.add_error(name, _("Enter the limit that this is of, or leave it empty."))
        return data


def lot_words(lot):
    return gettext("lot %(number)s: %(title)s") % {"number": lot.number, "title": lot.title}


class _OnePerPost(Rows):
    def clean(self):
        if any(self.errors) or self.non_form_errors():
            return
        found = [(f["email"].lower(), f["post"]) for f in self.cleaned_data if f.get("email")]
        if len(set(found)) != len(found):
            raise ValidationError(_("A person stands twice for the same post; remove one of the rows."))


SiteFormSet = rows_of(SiteForm, extra=3, most=60)
PersonFormSet = rows_of(PersonForm, extra=3, most=60, formset=_OnePerPost)


class EvidenceForm(forms.Form):
    kind = forms.ChoiceField(label=_("What is it?"), choices=Application.FileKind.choices, widget=widgets.Radios,
                             error_messages={"required": _("Say what it is.")})  # fmt: skip
    file = UploadField(label=_("File"), kinds=(uploads.PDF, uploads.DOCX, uploads.ODT, uploads.PNG, uploads.JPEG),
                       missing=_("Choose a file."))  # fmt: skip


class BaselineForm(forms.Form):
    gbp_per_user_year = MoneyField(label=_("What a user cost a year, GBP"), most=Baseline.MOST_GBP, help_text=_("VAT excluded; all that the shared service is to replace."))
    method = TextField(label=_("How was that found?"), max_length=2000, widget=widgets.Textarea(rows=4),
                       help_text=_("Which year, which costs and how many users, and where that stands."),
                       missing=_("Say how it was found."))  # fmt: skip


class QuestionForm(forms.Form):
    text = TextField(label=_("Your question"), max_length=2000, missing=_("Write what the department should answer."))


class AnswerForm(forms.Form):
    text = TextField(label=_("Your answer"), max_length=2000, missing=_("Write the answer."))


class NoteForm(forms.Form):
    reason = TextField(label=_("Comment (optional)"), max_length=2000, required=False, widget=widgets.Textarea(rows=3),
                       help_text=_("It stays in the record of the application, which the department reads too."))  # fmt: skip


class SignForm(forms.Form):
    read = forms.BooleanField(
        label=_("I have read the document with this sha256 and sign it for the party named above."),
        widget=widgets.Checkbox, error_messages={"required": _("Say that you have read the document and sign it.")},
    )  # fmt: skip
