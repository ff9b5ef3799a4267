"""What the department decides on a rectification plan: it approves it, or refuses it with why, and the supplier sends a better one
(the contract's clause 11.2)."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contracts import level_guards, manager_guards, notifications
from contracts.locking import lock_contract
from contracts.models import PlanDecision, RectificationPlan
from documents import audit
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from procurement import seats
from procurement.actors import Person


@transaction.atomic
def decide(plan: RectificationPlan, *, approves: bool, words: str = "", by: Person, at: datetime) -> PlanDecision:
    """On the newest plan of its measure and month. A refused one is followed by another, which is decided on in its turn."""
    contract = lock_contract(plan.level.calculation.contract)
    level = plan.level
    newest = level_guards.newest_plan(contract, level.calculation.month, level.measurement.measure.measure_code)
    if newest is None or newest.pk != plan.pk:
        refuse(_("A newer plan has been submitted."), _("Open the page again, and decide on what it shows."))
    insist(level_guards.why_not_decide_plan(newest, contract, by=by, at=at))
    if not approves:
        insist_on_words(words, _("Say why it is refused: the supplier sends a better one."))
    seat = seats.hold(manager_guards.department_seat(contract, by, london_day(at)))
    made = PlanDecision.objects.create(
        plan=newest, approves=approves, words=words.strip(), person_id=by.person_id, person_name=by.words,
        principal_id=seat.principal.person_id if seat.principal else None,
        acting_for=seat.principal.name if seat.principal else "", at=at,
    )  # fmt: skip
    report = newest.level.calculation.report
    audit.record(
        "service_report.plan_approved" if approves else "service_report.plan_refused", report, by=by, at=at, reason=made.words,
        acting_for=seat.principal, extra={"measure": newest.level.measurement.measure.measure_code},
    )
    notifications.tell_plan_decided(made, contract, at)
    return made
