"""The supplier's word on a variation: whether it can be delivered as it was assessed, before anybody spends time on deciding it.

It binds nobody and shuts no way: the supplier agrees by its signature alone. Those who decide read it in their brief."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contracts import manager_guards, notifications, varying
from contracts import variation_guards as guards
from contracts.models import Variation, VariationReply
from documents import audit
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from procurement import seats
from procurement.actors import Person


@transaction.atomic
def reply(variation: Variation, *, can_deliver: bool, words: str, shown_hash: str, by: Person, at: datetime) -> VariationReply:
    """Whoever runs the contract for the supplier says it of the content whose hash they were shown. A later word stands for an
    earlier one, and a new revision has none yet."""
    variation = varying.lock(variation)
    insist(guards.why_not_reply(variation, by=by, at=at))
    if shown_hash != variation.revision.content_hash:
        refuse(_("What you were shown is not what stands now."), _("Open the page again, read it, and say it of what it shows."))
    if not can_deliver:
        insist_on_words(words, _("Say what cannot be delivered and what could be instead: the department reads it."))
    seat = seats.hold(manager_guards.supplier_seat(variation.contract, by, london_day(at)))
    made = VariationReply.objects.create(
        revision=variation.revision, can_deliver=can_deliver, words=words.strip(), person_id=by.person_id, person_name=by.words,
        principal_id=seat.principal.person_id if seat.principal else None,
        acting_for=seat.principal.name if seat.principal else "", post=seat.holding.post.code, at=at,
    )  # fmt: skip
    audit.record(
        "variation.deliverable" if can_deliver else "variation.not_deliverable", variation, by=by, at=at, reason=made.words,
        acting_for=seat.principal, hash_shown=shown_hash, extra={"post": made.post},
    )
    notifications.tell_variation_reply(made, variation, at)
    return made
