"""What people type about who does what: validation only."""

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalogue import uploads, widgets
from catalogue.fields import DayField, EmailField, LineField, MoneyField, UploadField
from procurement.models import APPROVING


class DayForm(forms.Form):
    """Which day the page is about."""

    on = DayField(label=_("As of"), required=False)


class InviteForm(forms.Form):
    name = LineField(label=_("Name"), max_length=120, missing=_("Enter the person's name."))
    email = EmailField(label=_("Email address"), missing=_("Enter their email address."))
    post = forms.ChoiceField(label=_("Post"), widget=widgets.Select,
                             error_messages={"required": _("Choose the post.")})  # fmt: skip
    starts_on = DayField(label=_("From"), required=False, help_text=_("Leave empty for today."))

    outside = forms.BooleanField(
        label=_("This address is of another organisation, and I mean it"), widget=widgets.Checkbox,
        error_messages={"required": _("Nobody of your organisation has an address like this. Check it; if it is right, say so here.")},
    )  # fmt: skip

    def __init__(self, *args, posts=(), hosts=(), **kwargs):
        """``hosts``: those of the addresses that the organisation's people have; another one is asked about."""
        super().__init__(*args, **kwargs)
        self.fields["post"].choices = [("", ""), *((post.value, post.label) for post in posts)]
        typed = self.data.get("email", "").strip().lower()
        if not typed or host_of(typed) in hosts:
            del self.fields["outside"]

    def clean(self):
        data = super().clean()
        data.pop("outside", None)
        return data


def host_of(email: str) -> str:
    return email.rpartition("@")[2]


class EndForm(forms.Form):
    ends_on = DayField(label=_("Last day"), missing=_("Enter the last day."))


class DelegationForm(forms.Form):
    limit_gbp = MoneyField(label=_("Up to, GBP without VAT"), required=False)
    unlimited = forms.BooleanField(label=_("Without limit"), required=False, widget=widgets.Checkbox)
    lot = forms.ChoiceField(label=_("For one lot alone"), required=False, widget=widgets.Select)
    starts_on = DayField(label=_("From"), missing=_("Enter the first day."))
    ends_on = DayField(label=_("To"), required=False, help_text=_("Leave empty if the letter gives no end."))
    letter = UploadField(label=_("The letter that gives it"), kinds=(uploads.PDF, uploads.DOCX, uploads.ODT),
                         missing=_("Attach the letter that gives the delegation."))  # fmt: skip

    def __init__(self, *args, lots=(), **kwargs):
        """``lots``: those that there are to choose from, with their frameworks."""
        super().__init__(*args, **kwargs)
        self.lots = {str(lot.pk): lot for lot in lots}
        self.fields["lot"].choices = [("", _("all lots")), *((key, _lot_words(lot)) for key, lot in self.lots.items())]

    def clean(self):
        data = super().clean()
        lot = self.lots.get(data.get("lot", ""))
        data |= {"framework_id": lot.framework_id if lot else None, "lot": lot.number if lot else None}
        limit = data.get("limit_gbp")
        if limit is not None and data["unlimited"]:
            self.add_error(None, _("Enter a limit or choose “without limit”, not both."))
        elif limit == 0:
            self.add_error("limit_gbp", _("A limit is more than zero."))
        elif limit is None and not data["unlimited"] and "limit_gbp" not in self.errors:
            self.add_error(None, _("Enter a limit, or choose “without limit”."))
        return data


def _lot_words(lot):
    words = {"framework": lot.framework.reference, "number": lot.number, "title": lot.title}
    return gettext("%(framework)s, lot %(number)s: %(title)s") % words


class AddedStepForm(forms.Form):
    post = forms.ChoiceField(label=_("Who endorses too"), widget=widgets.Select,
                             choices=[("", ""), *((post.value, post.label) for post in APPROVING)],
                             error_messages={"required": _("Choose the post.")})  # fmt: skip
    from_gbp = MoneyField(
        label=_("Orders of this whole-life value or more, GBP without VAT"), missing=_("Enter from which value on; 0 for every order."),
    )  # fmt: skip


class DeputyForm(forms.Form):
    deputy = forms.ChoiceField(label=_("Who acts"), widget=widgets.Select,
                               error_messages={"required": _("Choose who acts.")})  # fmt: skip
    starts_on = DayField(label=_("From"), missing=_("Enter the first day."))
    ends_on = DayField(label=_("To"), missing=_("Enter the last day."))

    def __init__(self, *args, people=(), **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["deputy"].choices = [("", ""), *((str(user.pk), user.name) for user in people)]
