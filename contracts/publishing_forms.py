"""What the contract manager says of each part that is withheld from the published copy."""

from collections.abc import Sequence

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue import widgets
from catalogue.fields import DayField, TextField
from contracts.models import WithholdingGround
from contracts.publishing import Asked
from contracts.redaction import Part


class WithholdForm(forms.Form):
    """Ground, reason and last day of each chosen part; ``ground_2`` is of the second."""

    def __init__(self, *args, parts: Sequence[Part], **kwargs):
        super().__init__(*args, **kwargs)
        self.parts = list(parts)
        grounds = [(one.value, capfirst(one.label)) for one in WithholdingGround]
        for number, part in enumerate(self.parts, start=1):
            named = {"part": part.label}
            self.fields[f"ground_{number}"] = forms.ChoiceField(
                label=_("%(part)s: on which ground is it withheld?") % named, choices=grounds, widget=widgets.Radios,
                error_messages={"required": _("%(part)s: choose the ground.") % named},
            )  # fmt: skip
            self.fields[f"words_{number}"] = TextField(
                label=_("%(part)s: why does that hold?") % named, max_length=2000, widget=widgets.Textarea(rows=2),
                missing=_("%(part)s: say why the ground holds.") % named, help_text=_("Who decides on it reads it. It is not published."),
            )  # fmt: skip
            self.fields[f"until_{number}"] = DayField(
                label=_("%(part)s: until when?") % named, missing=_("%(part)s: enter the last day.") % named
            )

    def asked(self) -> list[Asked]:
        data = self.cleaned_data
        return [
            Asked(part.code, data[f"ground_{number}"], data[f"words_{number}"], data[f"until_{number}"])
            for number, part in enumerate(self.parts, start=1)
        ]


class PublishForm(forms.Form):
    """To publish needs no more than the act."""


class ReasonForm(forms.Form):
    reason = TextField(label=gettext_lazy("Reason"), max_length=2000, missing=gettext_lazy("Give a reason."))
