"""What people type about a transfer."""

from collections.abc import Iterable, Sequence

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalogue import widgets
from catalogue.fields import DayField, LineField, TextField, UploadField
from catalogue.models import Organisation
from contracts.models import Contract, TransferBasis, TransferKind
from contracts.transferring import Asked
from documents.templatetags.flex import moment as as_moment
from procurement.models import CallOff, User
from procurement.papers import StoredFile


class PrepareForm(forms.Form):
    outgoing = forms.ChoiceField(label=_("From which department?"), widget=widgets.Select, error_messages={"required": _("Choose the outgoing department.")})
    receiving = forms.ChoiceField(label=_("To which department?"), widget=widgets.Select, error_messages={"required": _("Choose the receiving department.")})
    kind = forms.ChoiceField(
        label=_("What becomes of the outgoing department?"), widget=widgets.Radios, choices=lambda: [(one.value, capfirst(one.label)) for one in TransferKind],
        error_messages={"required": _("Choose what becomes of the outgoing department.")},
    )  # fmt: skip
    basis = forms.ChoiceField(
        label=_("By what does it pass?"), widget=widgets.Radios, choices=lambda: [(one.value, capfirst(one.label)) for one in TransferBasis],
        error_messages={"required": _("Choose by what it passes.")},
    )  # fmt: skip
    order_number = LineField(label=_("Number of the transfer order"), max_length=120, required=False)
    order_on = DayField(label=_("Date of the transfer order"), required=False)
    file = UploadField(label=_("The transfer order as a file (optional)"), required=False,
                       help_text=_("Delegations that are carried over name it as their letter."))  # fmt: skip
    effective_on = DayField(label=_("On which day does it take effect?"), missing=_("Enter the day on which it takes effect."))
    words = TextField(label=_("What changes, and why? Both departments and the supplier read it"), max_length=2000, missing=_("Say what changes and why."))

    def __init__(self, *args, outgoing: Iterable[Organisation], receiving: Iterable[Organisation], **kwargs):
        super().__init__(*args, **kwargs)
        self.bodies = {one.code: one for one in (*outgoing, *receiving)}
        for name, bodies in (("outgoing", outgoing), ("receiving", receiving)):
            self.fields[name].choices = [("", _("Choose one")), *((one.code, one.name) for one in bodies)]

    def asked(self, file: StoredFile | None) -> Asked:
        data = self.cleaned_data
        return Asked(
            outgoing=self.bodies[data["outgoing"]], receiving=self.bodies[data["receiving"]], kind=data["kind"], basis=data["basis"],
            effective_on=data["effective_on"], words=data["words"], order_number=data["order_number"], order_on=data["order_on"], file=file,
        )  # fmt: skip


def _named(order: CallOff) -> str:
    """One that the department has not sent yet is not read by the authority, which chooses it by the day on which it was begun."""
    if order.authority_revision_id is None:
        return gettext("An order that is not sent yet, begun on %(moment)s") % {"moment": as_moment(order.created_at)}
    return f"{order.reference} {order.title}"


class ChooseForm(forms.Form):
    contracts = forms.MultipleChoiceField(label=_("Contracts, each with its order and what changes it"), widget=widgets.Checkboxes, required=False)
    orders = forms.MultipleChoiceField(label=_("Orders under way"), widget=widgets.Checkboxes, required=False)
    people = forms.MultipleChoiceField(label=_("People, each with their posts and delegations"), widget=widgets.Checkboxes, required=False)

    def __init__(self, *args, contracts: Sequence[Contract], orders: Sequence[CallOff], people: Sequence[User], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["contracts"].choices = [(str(one.public_id), f"{one.number} {one.title}") for one in contracts]
        self.fields["orders"].choices = [(str(one.public_id), _named(one)) for one in orders]
        self.fields["people"].choices = [(str(one.person_id), one.name) for one in people]


class AgreeForm(forms.Form):
    """Agreeing, and applying by hand, need no more than the act."""


class ReasonForm(forms.Form):
    reason = TextField(label=_("Reason"), max_length=2000, missing=_("Give a reason."))
