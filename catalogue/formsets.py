"""Sets of forms of one kind, a row each: one way for every page that has one.

What the request says of the set (its "management form") is checked like everything else that is typed: a count that is
no plain number, or smaller than the rows that came, is refused in words and loses none of them.
"""

import re

from django import forms
from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT, ManagementForm
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _


def _rows_sent(data, prefix: str) -> int:
    """How many rows the request has, by the names of its fields."""
    names = (re.match(rf"{re.escape(prefix)}-([0-9]{{1,4}})-", name, re.ASCII) for name in data)
    return max((int(name[1]) + 1 for name in names if name), default=0)


class _Counts(ManagementForm):
    def clean(self):
        cleaned = super().clean()
        sent = _rows_sent(self.data, self.prefix)
        for name in (TOTAL_FORM_COUNT, INITIAL_FORM_COUNT):
            typed = str(self.data.get(self.add_prefix(name), ""))
            wrong = not re.fullmatch(r"[0-9]{1,4}", typed, re.ASCII) or (name == TOTAL_FORM_COUNT and int(typed) < sent)
            if wrong:
                if name not in self.errors:
                    self.add_error(name, "wrong")
                cleaned[name] = sent if name == TOTAL_FORM_COUNT else 0
        return cleaned


class Rows(forms.BaseFormSet):
    """What is stored fills only the page that is shown first. Of what is sent back each row that is not empty counts,
    whether or not it says what was stored before, and whatever the request says of which rows were."""

    default_error_messages = {
        **forms.BaseFormSet.default_error_messages,
        "missing_management_form": _("The number of rows was damaged on the way. Look over the rows, then save again."),
    }

    def __init__(self, data=None, files=None, *args, initial=None, **kwargs):
        super().__init__(data, files, *args, initial=None if data is not None else initial, **kwargs)

    @cached_property
    def management_form(self):
        if not self.is_bound:
            return super().management_form
        counts = _Counts(self.data, auto_id=self.auto_id, prefix=self.prefix, renderer=self.renderer)
        counts.full_clean()
        return counts

    def counts(self) -> ManagementForm:
        """The counts for the page: those of the rows it shows, never a damaged one again."""
        shown = {TOTAL_FORM_COUNT: self.total_form_count(), INITIAL_FORM_COUNT: 0}
        return ManagementForm(auto_id=self.auto_id, prefix=self.prefix, initial=shown, renderer=self.renderer)

    def initial_form_count(self) -> int:
        return 0 if self.is_bound else super().initial_form_count()


def rows_of(
    form: type[forms.Form], *, extra: int, most: int, formset: type[Rows] = Rows
) -> type[Rows]:
    """A set of forms with a limit that holds: no more are read, drawn or saved, whatever the request says."""
    return forms.formset_factory(
        form, formset=formset, extra=extra, max_num=most, absolute_max=most + extra, validate_max=True
    )
