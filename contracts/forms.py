"""What people type on the way to a signed contract, through its transition, and about its service levels."""

from collections.abc import Sequence
from decimal import Decimal

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalogue import widgets
from catalogue.fields import ChangeField, DayField, LineField, PercentField, QuantityField, TextField, UploadField
from catalogue.formsets import rows_of
from catalogue.models import ServiceLevelMeasure
from contracts import credits, gateways, level_sheets, measuring
from contracts.models import AcceptanceCriterion, AcceptanceDecision, Gateway, Milestone, VariationKind
from contracts.terms import StandingLine
from documents.templatetags.contract_text import figure as as_figure
from procurement import forms as decision_forms


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


class _OfCriteria(forms.Form):
    """``groups``: each criterion with its own fields; ``others``: the fields beside them."""

    def of(self, criterion: AcceptanceCriterion) -> list[str]:
        return [name for name in self.fields if name.rpartition("_")[2] == str(criterion.number)]

    def groups(self):
        return [(criterion, [self[name] for name in self.of(criterion)]) for criterion in self.criteria]

    def others(self):
        taken = {name for criterion in self.criteria for name in self.of(criterion)}
        return [self[name] for name in self.fields if name not in taken]


class EvidenceForm(_OfCriteria):
    note = TextField(label=_("Note to the department (optional)"), max_length=2000, required=False)

    def __init__(self, *args, criteria: Sequence[AcceptanceCriterion], **kwargs):
        super().__init__(*args, **kwargs)
        self.criteria = criteria
        for criterion in criteria:
            self.fields[f"words_{criterion.number}"] = TextField(
                label=_("What shows that it is met"), max_length=4000, required=False
            )
            self.fields[f"file_{criterion.number}"] = UploadField(label=_("A file that shows it"), required=False)

    def clean(self):
        for criterion in self.criteria:
            names = words, file = f"words_{criterion.number}", f"file_{criterion.number}"
            if not self.cleaned_data.get(words) and not self.cleaned_data.get(file) and not self.errors.keys() & set(names):
                self.add_error(words, gettext("Say in words or by a file what shows that criterion %(number)s is met.") % {"number": criterion.number})
        return self.cleaned_data


Outcome = AcceptanceDecision.Outcome


class DecideForm(_OfCriteria):
    outcome = forms.ChoiceField(
        label=_("Your decision"), widget=widgets.Radios,
        choices=[
            (Outcome.ACCEPTED.value, _("Accept: every criterion is met")),
            (Outcome.CONDITIONAL.value, _("Accept on conditions, or in part")),
            (Outcome.RETURNED.value, _("Send back: a criterion is not met")),
        ],
        error_messages={"required": _("Say what you decide.")},
    )  # fmt: skip
    on = DayField(label=_("The day on which it was achieved"), required=False)
    conditions = TextField(label=_("Conditions, if you accept on conditions"), max_length=2000, required=False)
    conditions_by = DayField(label=_("To be met by"), required=False)
    part = PercentField(label=_("Per cent delivered, if only a part is"), required=False,
                        help_text=_("So much of its payments falls due now, and the rest when the conditions are met."))  # fmt: skip

    def __init__(self, *args, milestone: Milestone, criteria: Sequence[AcceptanceCriterion], **kwargs):
        super().__init__(*args, **kwargs)
        self.criteria = criteria
        if not milestone.payments.exists():
            del self.fields["part"]  # what is delivered in part is paid in part, and nothing is paid for it
        if not milestone.effect:
            del self.fields["on"]
        elif milestone.effect == Milestone.Effect.CUTOVER:
            self.fields["on"].label = _("The day of the cutover: the first of the shared service")
        for criterion in criteria:
            self.fields[f"not_met_{criterion.number}"] = TextField(
                label=_("If it is not met, why"), max_length=2000, required=False, widget=widgets.Textarea(rows=2)
            )

    def not_met(self) -> dict[int, str]:
        """By number of the criterion."""
        found = {one.number: self.cleaned_data.get(f"not_met_{one.number}", "") for one in self.criteria}
        return {number: words for number, words in found.items() if words}

    def clean(self):
        data, outcome = self.cleaned_data, self.cleaned_data.get("outcome")
        if outcome != Outcome.RETURNED and "on" in self.fields and not data.get("on") and "on" not in self.errors:
            self.add_error("on", gettext("Say on which day it was achieved."))
        if outcome == Outcome.ACCEPTED and self.not_met():
            self.add_error("outcome", gettext("You say of a criterion why it is not met: accept on conditions, or send it back."))
        if outcome == Outcome.RETURNED and not self.not_met():
            self.add_error("outcome", gettext("Say of a criterion why it is not met: there is no other reason to send it back for."))
        if outcome == Outcome.CONDITIONAL:
            if not data.get("conditions") and "conditions" not in self.errors:
                self.add_error("conditions", gettext("Say the conditions."))
            if not data.get("conditions_by") and "conditions_by" not in self.errors:
                self.add_error("conditions_by", gettext("Say by which day the conditions are to be met."))
        return data

    @property
    def part_percent(self) -> Decimal:
        """Per cent of each payment; all of it where nothing is said."""
        return self.cleaned_data.get("part") or Decimal(100)


class FailForm(forms.Form):
    reason = TextField(label=_("Reason"), max_length=2000, missing=_("Give a reason: it is what the supplier will read."))


class MoveForm(forms.Form):
    day = DayField(label=_("The new day"), error_messages={"required": _("Enter the new day.")})
    reason = TextField(label=_("Which relief event it was"), max_length=2000, missing=_("Say which relief event it was."))


class BeginVariationForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("What is to change?"), widget=widgets.Radios, choices=VariationKind.choices,
        error_messages={"required": _("Say what is to change.")},
    )  # fmt: skip
    title = LineField(label=_("What is the variation called?"), max_length=100, missing=_("Enter a title."),
                      help_text=_("For example: 100 more desktops at London"))  # fmt: skip

    def __init__(self, *args, extends: bool, **kwargs):
        """``extends``: the contract was ordered with an option to extend."""
        super().__init__(*args, **kwargs)
        if not extends:
            kind = self.fields["kind"]
            kind.choices = [choice for choice in kind.choices if choice[0] != VariationKind.TERM]
            kind.help_text = _("The term stays: the contract has no option to extend, and a longer one needs a new order.")


class VariationDayForm(forms.Form):
    effective_on = DayField(label=_("From which day?"), missing=_("Enter the first day on which it holds."),
                            help_text=_("All three parties sign before it."))  # fmt: skip


class LinesForm(forms.Form):
    """How many more or fewer of each line that stands."""

    def __init__(self, *args, lines: Sequence[StandingLine], **kwargs):
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line in lines:
            what = f"{line.line.service.code}, {line.line.site or gettext('all sites')}"
            self.fields[f"by_{line.number}"] = ChangeField(
                label=what, required=False, widget=widgets.NumberInput({"aria-label": gettext("%(what)s: more or fewer") % {"what": what}})
            )

    labels_in_summary = True

    def groups(self):
        return [(line, self[f"by_{line.number}"]) for line in self.lines]

    def changed(self) -> list[tuple[StandingLine, int]]:
        return [(line, by) for line in self.lines if (by := self.cleaned_data[f"by_{line.number}"])]


class NewLineForm(forms.Form):
    service = LineField(label=_("Service code"), max_length=20, required=False)
    site = LineField(label=_("Site (empty: all sites)"), max_length=80, required=False)
    quantity = QuantityField(label=_("Quantity"), required=False)

    def clean(self):
        data = super().clean()
        if not self.errors and data.get("service") and not data.get("quantity"):
            self.add_error("quantity", gettext("Say how many of it, or empty its row."))
        if not self.errors and not data.get("service") and (data.get("quantity") or data.get("site")):
            self.add_error("service", gettext("Enter the service’s code, or empty the row."))
        return data


NewLineFormSet = rows_of(NewLineForm, extra=3, most=60)


class ExtensionForm(forms.Form):
    extension_months = QuantityField(most=120, label=_("By how many months is the term extended?"),
                                     missing=_("Enter by how many months."))  # fmt: skip


class CorrectionForm(forms.Form):
    place = LineField(label=_("Where in the contract"), max_length=160, required=False,
                      help_text=_("For example: Schedule 2, paragraph 3.1"))  # fmt: skip
    was = TextField(label=_("The words that are wrong"), max_length=2000, required=False)
    reads = TextField(label=_("The words that are right"), max_length=2000, required=False)

    def clean(self):
        data = super().clean()
        given = [name for name in self.fields if data.get(name)]
        if given and len(given) < len(self.fields) and not self.errors:
            missing = next(name for name in self.fields if name not in given)
            self.add_error(missing, gettext("Fill in the whole row, or empty it."))
        return data


CorrectionFormSet = rows_of(CorrectionForm, extra=1, most=40)


class GroundsForm(forms.Form):
    """Why, by which gateway, and an answer for each test of every gateway: the page shows those of the one chosen."""

    reason = TextField(label=_("Why is the contract to be changed?"), max_length=4000,
                       missing=_("Say why: approvers and signatories read it, and it is signed."))  # fmt: skip
    gateway = forms.ChoiceField(
        label=_("By which gateway does the law let it be modified?"), widget=widgets.Radios, choices=Gateway.choices,
        error_messages={"required": _("Choose a gateway.")},
    )  # fmt: skip
    paragraph = forms.ChoiceField(
        label=_("Paragraph of Schedule 8, if it is a permitted modification"), widget=widgets.Select, required=False,
        choices=[("", _("none")), *((one.number, f"{one.number}: {one.words}") for one in gateways.PARAGRAPHS)],
    )  # fmt: skip

    def __init__(self, *args, tests: Sequence[gateways.Test] = (), **kwargs):
        super().__init__(*args, **kwargs)
        self.tests = tests
        for test in tests:
            self.fields[f"test_{test.code}"] = TextField(label=test.words, max_length=2000, required=False,
                                                         help_text=_("Say why it holds."))  # fmt: skip

    def answers(self) -> dict[str, str]:
        return {test.code: self.cleaned_data.get(f"test_{test.code}", "") for test in self.tests}


class WithdrawVariationForm(forms.Form):
    reason = TextField(label=_("Reason"), max_length=2000, missing=_("Give a reason: it stays with the variation."))


class RefuseVariationForm(forms.Form):
    reason = TextField(label=_("Reason"), max_length=2000, missing=_("Give a reason: the other parties read it."))


class ChangeNoticeForm(forms.Form):
    reference = LineField(label=_("Reference of the published notice"), max_length=60, missing=_("Enter its reference."))
    published_on = DayField(label=_("Published on"), missing=_("Enter the day on which it was published."))


class VariationReplyForm(forms.Form):
    can_deliver = forms.TypedChoiceField(
        label=_("Can it be delivered as it stands?"), choices=[("yes", _("Yes")), ("no", _("No, or not so"))],
        widget=widgets.Radios, coerce=lambda said: said == "yes", error_messages={"required": _("Choose whether it can be delivered.")},
    )  # fmt: skip
    words = TextField(
        label=_("What to say about it"), max_length=2000, required=False,
        help_text=_("If it cannot: what cannot be delivered, and what could be instead. The department and those who decide read it."),
    )  # fmt: skip


class _OfVariation(decision_forms.DecisionForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["no_conflict"].label = _("I declare that I have no conflict of interest in this variation.")


class EndorseVariationForm(_OfVariation, decision_forms.EndorseForm):
    pass


class ReturnVariationForm(_OfVariation, decision_forms.ReturnForm):
    pass


class ReportForm(forms.Form):
    """``groups``: each measure with its own field. A sheet, where one is chosen, is read instead of what is typed."""

    sheet = UploadField(label=_("A sheet (CSV or Excel) with month, measure_code and actual (optional)"), required=False)
    note = TextField(label=_("Note to the department (optional)"), max_length=2000, required=False)

    def __init__(self, *args, measures: Sequence[ServiceLevelMeasure], **kwargs):
        super().__init__(*args, **kwargs)
        self.measures = measures
        for measure in measures:
            self.fields[f"actual_{measure.measure_code}"] = LineField(
                label=f"{measure.measure_code} {measure.measure}", required=False, max_length=20,
                help_text=gettext("Target %(target)s") % {"target": as_figure(measure.target, measure.unit)},
            )  # fmt: skip

    def groups(self):
        return [(measure, [self[f"actual_{measure.measure_code}"]]) for measure in self.measures]

    def clean(self):
        if not self.cleaned_data.get("sheet") and "sheet" not in self.errors:
            for measure in self.measures:
                name = f"actual_{measure.measure_code}"
                typed = self.cleaned_data.get(name, "").removesuffix("%").strip()
                fault = measuring.why_not_actual(measure, typed) if typed else ""
                if fault:
                    self.add_error(name, gettext("%(code)s %(why)s.") % {"code": measure.measure_code, "why": fault})
                elif not typed and measure.unit != credits.TESTED:
                    self.add_error(name, gettext("Enter what was measured of %(code)s.") % {"code": measure.measure_code})
        return self.cleaned_data

    def measured(self) -> dict[str, measuring.Measured]:
        """By code, of what is typed."""
        found = {}
        for measure in self.measures:
            typed = self.cleaned_data.get(f"actual_{measure.measure_code}", "").removesuffix("%").strip()
            if typed:
                relief = self.cleaned_data.get(f"relief_{measure.measure_code}", "")
                found[measure.measure_code] = measuring.Measured(
                    typed if measure.unit == credits.TESTED else level_sheets.plain(typed), relief
                )
        return found


class CorrectForm(ReportForm):
    """The department's: what was measured instead, a relief event by measure, and the reason."""

    sheet = None
    note = TextField(label=_("Reason"), max_length=2000, missing=_("Say why: it is what the supplier will read."))

    def __init__(self, *args, measures: Sequence[ServiceLevelMeasure], **kwargs):
        super().__init__(*args, measures=measures, **kwargs)
        for measure in measures:
            self.fields[f"relief_{measure.measure_code}"] = TextField(
                label=_("Relief event that excludes it, and what shows it (optional)"), max_length=2000, required=False,
                widget=widgets.Textarea(rows=2),
            )  # fmt: skip

    def groups(self):
        return [
            (measure, [self[f"actual_{measure.measure_code}"], self[f"relief_{measure.measure_code}"]]) for measure in self.measures
        ]


class CreditForm(forms.Form):
    """Of the acts on a credit that need no more than the act."""


class ReasonForm(forms.Form):
    reason = TextField(label=_("Reason"), max_length=2000, missing=_("Give a reason: the other side reads it."))


class DisputeForm(ReasonForm):
    file = UploadField(label=_("Evidence"), missing=_("Choose the file that shows it."))


class ApplyForm(forms.Form):
    invoice = LineField(label=_("Reference of the invoice that is less by it"), max_length=60, missing=_("Enter the reference of the invoice."))


class RectificationForm(forms.Form):
    words = TextField(label=_("What is done, by when, and how it is shown"), max_length=4000, missing=_("Say how it is put right."))


class PlanDecisionForm(forms.Form):
    approves = forms.ChoiceField(
        label=_("What do you decide?"), widget=widgets.Radios,
        choices=[("yes", _("Approve it: the supplier carries it out at its own cost")), ("no", _("Refuse it: the supplier sends a better one"))],
        error_messages={"required": _("Say what you decide.")},
    )  # fmt: skip
    words = TextField(label=_("Why, if you refuse it"), max_length=2000, required=False, help_text=_("The supplier reads it."))

    def clean(self):
        if self.cleaned_data.get("approves") == "no" and self.cleaned_data.get("words") == "":
            self.add_error("words", gettext("Say why it is refused: the supplier sends a better one."))
        return self.cleaned_data
