"""What people type about a change request."""

from collections.abc import Mapping, Sequence

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalogue import widgets
from catalogue.fields import ChangeField, DayField, TextField
from contracts.terms import StandingLine
from contracts.tolerance import Room
from documents.templatetags.flex import count


class RequestForm(forms.Form):
    """A field for each line that can be moved; empty for none."""

    effective_on = DayField(label=_("From which day on?"), missing=_("Enter the first day."))
    reason = TextField(
        label=_("Why are there more or fewer? The supplier reads it"), max_length=2000, missing=_("Say why there are more or fewer."),
        widget=widgets.Textarea(rows=2),
    )  # fmt: skip

    def __init__(self, *args, lines: Sequence[StandingLine], rooms: Mapping[str, Room], **kwargs):
        super().__init__(*args, **kwargs)
        self.lines: dict[str, tuple[str, str]] = {}
        for line in lines:
            service, name = line.line.service, f"line_{line.number}"
            room = rooms.get(service.code)
            if (service.code, line.line.site) in self.lines.values() or room is None or not (room.left or room.moved):
                continue
            self.lines[name] = (service.code, line.line.site)
            self.fields[name] = ChangeField(
                label=f"{service.code} {service.name}, {line.line.site or gettext('all sites')}", required=False,
                help_text=gettext("%(quantity)s now. Of this service %(left)s can still move.")
                % {"quantity": count(line.quantity), "left": count(room.left)},
            )  # fmt: skip

    def wanted(self) -> dict[tuple[str, str], int]:
        return {key: self.cleaned_data[name] for name, key in self.lines.items() if self.cleaned_data.get(name)}


class AcceptRequestForm(forms.Form):
    words = TextField(label=_("Words to the department (optional)"), max_length=2000, required=False, widget=widgets.Textarea(rows=2))


class RequestWordsForm(forms.Form):
    words = TextField(label=_("Reason"), max_length=2000, missing=_("Give a reason."))
