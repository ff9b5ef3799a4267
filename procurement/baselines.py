"""A department's baseline: stated by those who apply or order for it, signed off by its finance director. Every act locks the
accession."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from documents import audit, canonical
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from documents.templatetags.flex import gbp
from procurement import accession_guards as guards
from procurement import accession_notifications as notifications
from procurement import seats
from procurement.actors import Person
from procurement.locking import lock_accession
from procurement.models import Accession, Baseline, BaselineSignOff, PostCode
from procurement.quoting import baseline_of


def shown_of(accession: Accession) -> str:
    """What a sign-off repeats of what its page showed: which baseline, and what it comes to (GBP a user and year)."""
    found = baseline_of(accession.framework_id, accession.department_id)
    return f"{found.number}: {canonical.money(found.gbp_per_user_year)}" if found else ""


@transaction.atomic
def state(accession: Accession, *, gbp_per_user_year: Decimal, method: str, by: Person, at: datetime) -> Baseline:
    """What a user costs a year before the shared service (GBP, VAT excluded), and how that was found. It counts for what is
    submitted from then on, and for what is reported of contracts."""
    accession = lock_accession(accession)
    insist(guards.why_not_state_baseline(accession, by=by, at=at))
    insist_on_words(method, _("Say how it was found: years, costs and users it is made of, and where they stand."))
    if gbp_per_user_year > Baseline.MOST_GBP:
        refuse(_("No user costs more than %(most)s a year: state what one user costs.") % {"most": gbp(Baseline.MOST_GBP)})
    principal = guards.for_applicant(accession, by, at)
    made = Baseline.objects.create(
        accession=accession, number=accession.baselines.count() + 1, gbp_per_user_year=gbp_per_user_year, method=method,
        stated_by=by.person_id, stated_by_name=by.words, stated_at=at,
        principal_id=principal.person_id if principal else None,
    )  # fmt: skip
    audit.record("accession.baseline_stated", accession, by=by, at=at, acting_for=principal,
                 extra={"gbp_per_user_year": canonical.money(gbp_per_user_year), "number": made.number})  # fmt: skip
    notifications.tell_baseline(accession, made, at)
    return made


@transaction.atomic
def sign_off(accession: Accession, *, shown_hash: str, by: Person, at: datetime) -> BaselineSignOff:
    """The finance director answers for the last one that was stated. ``shown_hash``: ``shown_of``."""
    accession = lock_accession(accession)
    insist(guards.why_not_sign_off_baseline(accession, by=by, at=at))
    if shown_hash != shown_of(accession):
        refuse(_("Another baseline has been stated since your page was made."), _("Open it again, and decide on what it says now."))
    seat = seats.hold(seats.find_seat(by, accession.department_id, PostCode.FINANCE_DIRECTOR, london_day(at)))
    made = BaselineSignOff.objects.create(
        baseline=baseline_of(accession.framework_id, accession.department_id), person_id=by.person_id, name=by.words,
        principal_id=seat.principal.person_id if seat.principal else None, acting_for=seat.principal.name if seat.principal else "",
        signed_off_at=at,
    )  # fmt: skip
    audit.record("accession.baseline_signed_off", accession, by=by, at=at, acting_for=seat.principal, extra={"number": made.baseline.number})
    return made
