"""What waits on a body's way to join: whom the lead proposed, an application to fill in, its review, a question, a
signature of the access agreement; and the baseline that a department states."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from catalogue.models import OVER
from procurement import accession_guards, signing, unsigned_baselines, working_days
from procurement.matters import Kind, Pauses, Waiting, aged, before, ends, since
from procurement.models import (
    BODYS_TURN,
    Accession,
    AccessionDecision,
    AccessionQuestion,
    AccessionState,
    PostCode,
    Reminder,
)

A = AccessionState


def contacts(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """First administrators whom a lead proposed and nobody has confirmed or refused; each proposal is one matter."""
    rows = Accession.objects.filter(
        only, state__in=BODYS_TURN, contact_proposed_at__isnull=False, contact_confirmed_by__isnull=True
    ).exclude(framework__state__in=OVER)
    for accession in rows.select_related("framework").order_by("id"):
        yield Waiting(
            f"contact:{accession.pk}:{accession.contact_proposed_at.timestamp():.3f}", accession,
            accession.framework.authority_id, PostCode.ACCESSION_APPROVER, _("to confirm or refuse whom the lead proposed"),
            *since(accession.contact_proposed_at, accession.framework, pauses.get(accession.framework_id, [])),
            out=frozenset({accession.contact_proposed_by, accession.contact_proposed_for} - {None}),
        )  # fmt: skip


def applications(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Bodies that were asked to apply and have not: as long as a review may take, and told to nobody else."""
    rows = Accession.objects.filter(only, state=A.ENGAGED, invited_at__isnull=False).exclude(framework__state__in=OVER)
    for accession in rows.select_related("framework").order_by("id"):
        days = accession.framework.accession_review_working_days
        yield Waiting(
            f"application:{accession.pk}", accession, accession.department_id, PostCode.ADMINISTRATOR,
            _("to fill in the application and send it"),
            working_days.due_through(accession.invited_at, days, pauses.get(accession.framework_id, [])), None,
            accession.invited_at, or_posts=(PostCode.REQUESTER,),
        )  # fmt: skip


def reviews(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    recommended = AccessionDecision.objects.filter(application__accession=OuterRef("pk"), outcome="recommended")
    rows = Accession.objects.filter(only, state__in=[A.APPLIED, A.IN_REVIEW], due_at__isnull=False)
    rows = rows.exclude(framework__state__in=OVER).annotate(recommended=Exists(recommended))
    for accession in rows.select_related("framework").order_by("id"):
        post = PostCode.ACCESSION_APPROVER if accession.recommended else PostCode.ACCESSION_LEAD
        yield Waiting(
            f"review:{accession.pk}:{post}", accession, accession.framework.authority_id, post,
            _("to decide") if accession.recommended else _("to review"),
            *before(accession.due_at, accession.state_since, accession.framework),
        )  # fmt: skip


def information(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    rows = AccessionQuestion.objects.filter(
        only, answered_at__isnull=True, accession__state=A.INFORMATION_REQUESTED
    ).exclude(accession__framework__state__in=OVER)
    for asked in rows.select_related("accession__framework").order_by("id"):
        accession = asked.accession
        yield Waiting(
            f"information:{asked.pk}", accession, accession.department_id, PostCode.REQUESTER, _("to answer the authority"),
            *since(asked.asked_at, accession.framework, pauses.get(accession.framework_id, [])),
        )  # fmt: skip


def agreements(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Access agreements whose next signature is somebody's to give."""
    rows = Accession.objects.filter(only, state=A.AGREEMENT_ISSUED).exclude(framework__state__in=OVER)
    rows = rows.select_related("framework__authority", "department", "document").order_by("id")
    for accession, party, came in signing.whose_turn(rows):
        box = next(box for box in accession_guards.boxes(accession) if box.party == party)
        yield Waiting(
            f"agreement:{accession.pk}:{party}", accession, box.organisation.pk, box.post, _("to sign the access agreement"),
            *since(came, accession.framework, pauses.get(accession.framework_id, [])),
        )  # fmt: skip


def baselines(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Stated baselines that no finance director has signed off; of those that the register was opened with nobody was asked."""
    rows = unsigned_baselines.unsigned().filter(only, stated_by__isnull=False).exclude(accession__framework__state__in=OVER)
    for baseline in rows.select_related("accession__framework").order_by("id"):
        accession = baseline.accession
        yield Waiting(
            f"baseline:{baseline.pk}", accession, accession.department_id, PostCode.FINANCE_DIRECTOR, _("to sign off the baseline"),
            *since(baseline.stated_at, accession.framework, pauses.get(accession.framework_id, [])),
            url=reverse("procurement:accession_act", args=[accession.public_id, "sign-off-baseline"]),
            out=frozenset({baseline.stated_by, baseline.principal_id} - {None}),
        )  # fmt: skip


KINDS = {
    "contact": Kind(contacts, "pk", aged("contact_proposed_at")),
    "application": Kind(
        applications, "pk", aged("invited_at", "accession_review_working_days"), "pk", Reminder.Level.REMINDED
    ),
    "review": Kind(reviews, "pk", ends("due_at")),
    "information": Kind(information, "accession", aged("asked_at"), "pk"),
    "baseline": Kind(baselines, "accession", aged("stated_at"), "pk"),
    "agreement": Kind(agreements, "pk", aged("state_since")),
}
