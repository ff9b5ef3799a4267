"""What people type about statutory notices and ratings."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalogue import widgets
from catalogue.fields import DayField, LineField, TextField
from contracts.models import CalculatedLevel, Rating
from contracts.rating import Given
from contracts.ratings import Measured
from documents.templatetags.contract_text import figure as as_figure

SAYS = {
    Rating.GOOD: _("meets or exceeds it"), Rating.APPROACHING: _("close to meeting it"), Rating.IMPROVE: _("below it"),
    Rating.INADEQUATE: _("significantly below it"), Rating.OTHER: _("none of these describes it"),
}  # fmt: skip


class PublishForm(forms.Form):
    reference = LineField(label=_("Under which reference was it published?"), max_length=60, missing=_("Enter the reference."))
    published_on = DayField(label=_("On which day?"), missing=_("Enter the day."))


class RateForm(forms.Form):
    """Of each indicator its rating, as the months suggest it, and words."""

    def __init__(self, *args, measured: Sequence[Measured], **kwargs):
        super().__init__(*args, **kwargs)
        self.measured = measured
        choices = [(one.value, f"{one.label}: {SAYS[one]}") for one in Rating]
        for number, one in enumerate(measured, start=1):
            self.fields[f"rating_{number}"] = forms.ChoiceField(
                label=one.measure.measure, widget=widgets.Radios, choices=choices, initial=one.suggested,
                help_text=_months(one), error_messages={"required": _("Choose a rating.")},
            )
            self.fields[f"words_{number}"] = TextField(
                label=gettext("%(measure)s: why, if it is another rating than the months suggest, or Other. The supplier reads it")
                % {"measure": one.measure.measure}, max_length=2000, required=False, widget=widgets.Textarea(rows=2),
            )  # fmt: skip

    def given(self) -> dict[str, Given]:
        data = self.cleaned_data
        return {
            one.measure.measure_code: Given(data[f"rating_{number}"], data[f"words_{number}"])
            for number, one in enumerate(self.measured, start=1)
        }


def _months(one: Measured) -> str:
    """How often it stood how."""
    said = [f"{CalculatedLevel.Standing(standing).label}: {count}" for standing, count in one.months.items() if count]
    measured = ", ".join(said) or gettext("not measured")
    return gettext("Target %(target)s. Months: %(months)s. They suggest: %(suggested)s.") % {
        "target": as_figure(one.measure.target, one.measure.unit), "months": measured, "suggested": one.suggested.label,
    }  # fmt: skip


class ConfirmRatingsForm(forms.Form):
    """Confirming needs no more than the act."""


class CommentForm(forms.Form):
    words = TextField(label=_("What do you say of the ratings? Both sides read it; it is not published"), max_length=4000,
                      missing=_("Write what you have to say."))  # fmt: skip
