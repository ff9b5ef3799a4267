"""What people type about the end of a contract."""

from collections.abc import Sequence
from datetime import timedelta

from django import forms
from django.utils.dateformat import format as format_month
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalogue import widgets
from catalogue.fields import DayField, MoneyField, TextField, UploadField
from catalogue.pricing import ZERO
from contracts.models import BASES, Basis, CalculatedLevel, Ground, Milestone
from contracts.terminating import Asked
from contracts.terms import StandingLine
from procurement.papers import StoredFile


class TerminationForm(forms.Form):
    """``rests_on`` is a basis, with the id of the level or milestone behind a colon where it is one."""

    ground = forms.ChoiceField(
        label=_("On which ground?"), widget=widgets.Radios, choices=lambda: [(one.value, capfirst(one.label)) for one in Ground],
        error_messages={"required": _("Choose the ground on which it ends.")},
    )  # fmt: skip
    rests_on = forms.ChoiceField(label=_("Of a default, or by procurement law: what does it rest on?"), widget=widgets.Radios, required=False)
    words = TextField(label=_("Why? The notice says it to the supplier"), max_length=4000, missing=_("Say why the contract is to end."))
    heard = TextField(
        label=_("By procurement law: what the supplier was told beforehand, and what it said"), max_length=4000, required=False,
        widget=widgets.Textarea(rows=3),
    )  # fmt: skip
    last_day = DayField(label=_("Last day of the contract"), missing=_("Enter its last day."))
    break_cost = MoneyField(label=_("For convenience: break cost, GBP without VAT (optional)"), required=False)
    break_cost_words = TextField(
        label=_("How the supplier has proven it"), max_length=2000, required=False, widget=widgets.Textarea(rows=2)
    )
    file = UploadField(
        label=_("Evidence (optional)"), required=False,
        help_text=_("Until notice is given only the department reads it; once it is given the supplier reads it too."),
    )  # fmt: skip

    def __init__(self, *args, levels: Sequence[CalculatedLevel], milestones: Sequence[Milestone], **kwargs):
        super().__init__(*args, **kwargs)
        self.things = {f"{Basis.CRITICAL_LEVEL}:{one.pk}": one for one in levels}
        self.things |= {f"{Basis.LATE_MILESTONE}:{one.pk}": one for one in milestones}
        choices = [(key, self._words(one)) for key, one in self.things.items()]
        apart = (Basis.CRITICAL_LEVEL, Basis.LATE_MILESTONE)
        choices += [(one.value, capfirst(one.label)) for of_ground in BASES.values() for one in of_ground if one not in apart]
        self.fields["rests_on"].choices = choices

    @staticmethod
    def _words(one: CalculatedLevel | Milestone) -> str:
        if isinstance(one, Milestone):
            return gettext("Milestone %(label)s %(title)s: 60 days late, or failed (30.1(c))") % {"label": one.label, "title": one.title}
        return gettext("%(measure)s in %(month)s: below its critical figure (30.1(b))") % {
            "measure": one.measurement.measure.measure, "month": format_month(one.calculation.month, "F Y"),
        }  # fmt: skip

    def asked(self, file: StoredFile | None) -> Asked:
        data = self.cleaned_data
        ground, rests_on = data["ground"], data["rests_on"]
        thing = self.things.get(rests_on)
        return Asked(
            ground=ground, words=data["words"], effective_on=data["last_day"] + timedelta(days=1),
            basis=rests_on.partition(":")[0] if BASES[Ground(ground)] else "",
            level=thing if isinstance(thing, CalculatedLevel) and BASES[Ground(ground)] else None,
            milestone=thing if isinstance(thing, Milestone) and BASES[Ground(ground)] else None,
            heard=data["heard"], break_cost=data["break_cost"] or ZERO, break_cost_words=data["break_cost_words"], file=file,
        )  # fmt: skip


class ConfirmForm(forms.Form):
    """Giving notice needs no more than the act."""


class ReasonForm(forms.Form):
    reason = TextField(label=_("Reason"), max_length=2000, missing=_("Give a reason."))


class ExitForm(forms.Form):
    words = TextField(label=_("What was done, and what shows it"), max_length=4000, missing=_("Say what was done, and what shows it."))
    file = UploadField(label=_("A file that shows it (optional)"), required=False)


class RunsOnForm(forms.Form):
    services = forms.MultipleChoiceField(
        label=_("Which services run on?"), widget=widgets.Checkboxes, error_messages={"required": _("Choose the services that run on.")}
    )
    reason = TextField(label=_("Why?"), max_length=2000, missing=_("Say why it runs on: both sides read it."))

    def __init__(self, *args, lines: Sequence[StandingLine], **kwargs):
        super().__init__(*args, **kwargs)
        names = {line.line.service.code: line.line.service.name for line in lines}
        self.fields["services"].choices = [(code, f"{code} {name}") for code, name in names.items()]


class StopForm(forms.Form):
    last_day = DayField(label=_("On which day did they last run?"), missing=_("Enter the last day on which they ran."))
    reason = TextField(label=_("How was it stopped?"), max_length=2000, missing=_("Say how it was stopped: both sides read it."))


