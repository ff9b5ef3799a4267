"""What people type on the way to a signed contract."""

from django import forms
from django.utils.translation import gettext_lazy as _

from catalogue import widgets
from catalogue.fields import DayField, LineField, TextField


class DayForm(forms.Form):
    """Which day the terms are shown of."""

    on = DayField(label=_("As of"), required=False)


class AcceptForm(forms.Form):
    repeated = LineField(label=_("Repeat the first 12 characters of the order's hash"), max_length=64,
                         missing=_("Repeat the hash, so that it is certain which order you accept."))  # fmt: skip


class SignForm(forms.Form):
    read = forms.BooleanField(
        label=_("I have read the document with this sha256 and sign it for the party named above."),
        widget=widgets.Checkbox, error_messages={"required": _("Say that you have read the document and sign it.")},
    )  # fmt: skip


class RefuseForm(forms.Form):
    changes = forms.ChoiceField(
        label=_("What should happen?"), widget=widgets.Radios,
        choices=[("yes", _("The order goes back to the department for changes")), ("no", _("The order ends"))],
        error_messages={"required": _("Say what should happen.")},
    )  # fmt: skip
    reason = TextField(label=_("Reason"), max_length=2000, missing=_("Give a reason: the other parties read it."))
