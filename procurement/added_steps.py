"""What a department adds to the approval matrix for its own orders; the matrix itself is the authority's."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from catalogue.models import Organisation
from documents import audit
from documents.clock import london_day
from documents.refusal import insist
from procurement import notifications, seats
from procurement import people_guards as guards
from procurement.actors import Person
from procurement.locking import lock_organisation
from procurement.models import AddedStep, PostCode


def _record(verb: str, step: AddedStep, by: Person, at: datetime) -> None:
    body = step.organisation
    acting_for = seats.acting_for(by, body.pk, PostCode.ADMINISTRATOR, on=london_day(at))
    audit.record(f"organisation.{verb}", body, by=by, at=at, acting_for=acting_for,
                 extra={"post": step.post, "from_gbp": str(step.from_gbp)})  # fmt: skip
    notifications.tell_added_step(step, by, at)


@transaction.atomic
def add(body: Organisation, *, post: str, from_gbp: Decimal, by: Person, at: datetime) -> AddedStep:
    """From today the post endorses the body's orders of that whole-life value (GBP, VAT excluded) or more. Raises
    Refused."""
    body = lock_organisation(body)
    insist(guards.why_not_add_step(body, post, by=by, at=at))
    step = AddedStep.objects.create(organisation=body, post=post, from_gbp=from_gbp, starts_on=london_day(at))
    _record("step_added", step, by, at)
    return step


@transaction.atomic
def end(step: AddedStep, *, by: Person, at: datetime) -> AddedStep:
    """It counts until the end of today; an order under way keeps the steps it has. Raises Refused."""
    body = lock_organisation(step.organisation)
    step = AddedStep.objects.get(pk=step.pk)
    step.organisation = body
    insist(guards.why_not_end_step(step, by=by, at=at))
    step.ends_on = london_day(at)
    step.save()
    _record("added_step_ended", step, by, at)
    return step
