"""Whose a thing was on a day: an order, a contract or a variation that has passed from one department to another."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db.models import Model

from catalogue.models import Organisation
from documents import audit
from procurement.models import Passing


def of(thing: Model) -> list[Passing]:
    """In the order in which it passed; nothing of what never did."""
    label, identifier = audit.subject_of(thing)
    return list(Passing.objects.filter(subject=label, subject_id=identifier).select_related("outgoing", "receiving", "document"))


def department_on(thing: Model, on: date) -> Organisation:
    """``thing`` has a ``department``: whose it is now."""
    return _on(of(thing), thing.department, on)


def departments_on(things: Iterable[Model], on: date) -> dict[int, Organisation]:
    """The same of many rows of one table, by primary key (one query beside their ``department``)."""
    things = list(things)
    if not things:
        return {}
    label = audit.subject_of(things[0])[0]
    passed: dict[str, list[Passing]] = defaultdict(list)
    rows = Passing.objects.filter(subject=label, subject_id__in=[audit.subject_of(thing)[1] for thing in things])
    for row in rows.select_related("outgoing"):
        passed[row.subject_id].append(row)
    return {thing.pk: _on(passed[audit.subject_of(thing)[1]], thing.department, on) for thing in things}


def _on(passed: list[Passing], now: Organisation, on: date) -> Organisation:
    return next((one.outgoing for one in passed if on < one.effective_on), now)


def departments_of(subject: str, subject_id: str) -> set[int]:
    """The ids of the departments that it was of before."""
    rows = Passing.objects.filter(subject=subject, subject_id=subject_id)
    return set(rows.values_list("outgoing_id", flat=True))
