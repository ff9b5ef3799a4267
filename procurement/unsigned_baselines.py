"""Baselines that wait for a finance director's sign-off: the last one that a department stated, while its accession counts them."""

from datetime import date, datetime

from django.db.models import Exists, OuterRef, QuerySet

from procurement import seats, working_days
from procurement.access import sight_of
from procurement.accession_guards import COUNTS_BASELINES
from procurement.actors import Person
from procurement.models import Baseline, PostCode


def unsigned() -> QuerySet[Baseline]:
    newer = Baseline.objects.filter(accession=OuterRef("accession"), number__gt=OuterRef("number"))
    return Baseline.objects.filter(~Exists(newer), sign_off__isnull=True, accession__state__in=COUNTS_BASELINES)


def to_sign_off(by: Person, on: date, most: int) -> list[Baseline]:
    """Those of the departments whose finance director the person is, but for what they, or whom they act for, stated."""
    departments = [body for body, post in sight_of(by, on).posts if post == PostCode.FINANCE_DIRECTOR]
    if not departments:
        return []
    rows = unsigned().filter(accession__department__in=departments).select_related("accession__framework", "accession__department")
    return [row for row in rows.order_by("stated_at", "id")[:most] if not _stated_by(row, by, on)]


def _stated_by(baseline: Baseline, by: Person, on: date) -> bool:
    hands = {baseline.stated_by, baseline.principal_id} - {None}
    if not hands:
        return False
    principal = seats.principal(by, baseline.accession.department_id, PostCode.FINANCE_DIRECTOR, on=on)
    return bool(hands & {by.person_id, principal.person_id if principal else None})


def due_at(baseline: Baseline) -> datetime | None:
    """Until when: after that the next post is told. None of one that the register was opened with, for which nobody was asked."""
    if baseline.stated_by is None:
        return None
    return working_days.due(baseline.stated_at, baseline.accession.framework.escalation_working_days)
