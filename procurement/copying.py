"""A new draft from what was written before: after a return, and as a copy of an order in any state."""

from procurement.models import (
    Attachment,
    CallOffLine,
    CallOffRevision,
    ExceptionRequest,
    MilestonePayment,
    Particulars,
    PlannedMilestone,
    RevisionHand,
    RevisionSite,
    SpecialTerm,
)


def copy_content(source: CallOffRevision, target: CallOffRevision) -> None:
    """Copy everything a requester wrote from one revision to a new draft; prices are made anew at submission.

    The hands come with the words: whoever wrote, submitted or requested the source may not decide on what became of it.
    """
    hands = {hand.person_id: (hand.name, hand.first_at) for hand in source.hands.all()}
    if source.submitted_by:
        hands.setdefault(source.submitted_by, (source.submitted_by_name, source.submitted_at))
    requester = source.call_off.requester
    hands.setdefault(requester.person_id, (requester.name, source.created_at))
    RevisionHand.objects.bulk_create(
        [
            RevisionHand(revision=target, person_id=person_id, name=name, first_at=first_at)
            for person_id, (name, first_at) in hands.items()
        ],
        ignore_conflicts=True,  # a copy's own requester has touched it already
    )
    sites = {}
    for site in source.sites.all():
        sites[site.pk] = RevisionSite.objects.create(
            revision=target, position=site.position, name=site.name, seats=site.seats
        )
    for name in (
        "interim_starts_on", "interim_months", "shared_starts_on", "shared_months", "extension_months", "budget_code",
        "spend_control_reference", "data_protection", "staff_transfer_applies", "staff_transfer_text", "kpi_codes",
        "no_milestones_needed", "special_terms_settled",
    ):  # fmt: skip
        setattr(target, name, getattr(source, name))
    target.save()
    CallOffLine.objects.bulk_create(
        CallOffLine(
            revision=target, number=line.number, phase=line.phase, service_code=line.service_code,
            site=sites.get(line.site_id), quantity=line.quantity, starts_on=line.starts_on, months=line.months,
        )  # fmt: skip
        for line in source.lines.all()
    )
    for milestone in source.milestones.prefetch_related("payments"):
        row = PlannedMilestone.objects.create(
            revision=target, number=milestone.number, title=milestone.title, planned_on=milestone.planned_on,
            criteria=milestone.criteria, effect=milestone.effect,
        )  # fmt: skip
        MilestonePayment.objects.bulk_create(
            MilestonePayment(milestone=row, service_code=p.service_code, percent=p.percent, quantity=p.quantity)
            for p in milestone.payments.all()
        )
    ExceptionRequest.objects.bulk_create(  # asked for again: what was granted was granted on the hash of its revision
        ExceptionRequest(revision=target, service_code=e.service_code, quantity=e.quantity, reason=e.reason)
        for e in source.exceptions.all()
    )
    SpecialTerm.objects.bulk_create(
        SpecialTerm(revision=target, number=t.number, heading=t.heading, text=t.text)
        for t in source.special_terms.all()
    )
    Attachment.objects.bulk_create(
        Attachment(
            revision=target, kind=a.kind, filename=a.filename, content_type=a.content_type, length=a.length,
            sha256=a.sha256, added_at=a.added_at, added_by_name=a.added_by_name,
        )  # fmt: skip
        for a in source.attachments.all()
    )


def copy_particulars(source: Particulars, target: Particulars) -> None:
    """All but the purchase order, which is of one order."""
    for name in ("cost_centre", "account", "spending", "invoice_address", "contact_name", "contact_email",
                 "contact_telephone", "invoice_contact_name", "invoice_contact_email", "invoice_contact_telephone"):  # fmt: skip
        setattr(target, name, getattr(source, name))
    target.save()
