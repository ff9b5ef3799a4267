"""What can be approved, kind by kind: what it is called, what it is of, where it is read and decided. Lists, reminders and
sentences ask here, so that they are the same for every kind; a layer above registers its own (``register``)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from procurement.models import Approval, ApprovalStep, CallOff, CallOffRevision, Query


@dataclass(frozen=True)
class About:
    """What an approval is of. ``call_off``: the order that it is or belongs to; ``title``: as lists name it; ``url``: its own
    page, if not that of the order; ``number``: the contract's, where it is known by that."""

    call_off: CallOff
    title: str
    url: str = ""
    number: str = ""


@dataclass(frozen=True)
class Kind:
    """``this`` and ``content`` stand in sentences for the thing and for what of it was frozen. ``read``: what each of many
    approvals is of, by their ids, in as many queries however many they are. ``step_url`` is where a step is decided,
    ``query_url`` where a question asked on it is answered."""

    this: Any
    content: Any
    read: Callable[[Collection[Approval]], dict[int, About]]
    step_url: Callable[[About, ApprovalStep], str]
    query_url: Callable[[About, Query], str]


def _orders(found: Collection[Approval]) -> dict[int, About]:
    revisions = CallOffRevision.objects.filter(approval__in=found).select_related(
        "call_off__framework", "call_off__department"
    )
    return {one.approval_id: About(one.call_off, f"{one.call_off.reference} {one.call_off.title}") for one in revisions}


KINDS = {
    CallOff._meta.label_lower: Kind(
        _("this order"), _("this revision"), _orders,
        lambda about, step: reverse("procurement:brief", args=[about.call_off.public_id, step.position]),
        lambda about, query: reverse("procurement:answer", args=[about.call_off.public_id, query.pk]),
    ),
}  # fmt: skip


def register(subject: str, kind: Kind) -> None:
    """``subject`` is the kind's own word in the records (``audit.subject_of``)."""
    KINDS[subject] = kind


def kind_of(approval: Approval) -> Kind:
    return KINDS[approval.subject]


def about(found: Collection[Approval]) -> dict[int, About]:
    """What each is of, by its id: one read of each kind."""
    by_kind: dict[str, list[Approval]] = {}
    for one in found:
        by_kind.setdefault(one.subject, []).append(one)
    return {pk: of for subject, some in by_kind.items() for pk, of in KINDS[subject].read(some).items()}
