"""What a department has under contract on a framework: the seats that are served already, and the lots that a further
order builds on."""

from collections import Counter
from collections.abc import Callable
from datetime import date

from django.db.models import DateField, Exists, F, Func, OuterRef, QuerySet

from catalogue.models import Organisation
from procurement.models import CallOff, CallOffLine, CallOffState, RevisionSite

_ended: list[Callable[[date], QuerySet]] = []


def register_ended(orders: Callable[[date], QuerySet]) -> None:
    """How the layer above, which knows of contracts, says which orders' contracts have ended before the day."""
    _ended.append(orders)


def in_force(call_off: CallOff, on: date) -> QuerySet[CallOff]:
    """The department's other orders under the framework that are contracted, whose services do not end before the day and whose
    contract has not ended by notice."""
    runs = CallOffLine.objects.filter(revision=OuterRef("revision_id")).annotate(
        over=Func(F("starts_on"), F("months"), template="((%(expressions)s))::date", arg_joiner=" + interval '1 month' * ",
                  output_field=DateField())
    )  # fmt: skip
    same = CallOff.objects.filter(department=call_off.department_id, framework=call_off.framework_id).exclude(pk=call_off.pk)
    found = same.filter(Exists(runs.filter(over__gt=on)), state=CallOffState.CONTRACTED)
    for orders in _ended:
        found = found.exclude(pk__in=orders(on))
    return found


def lots(call_off: CallOff, on: date) -> frozenset[int]:
    """The lots that they are of."""
    found = CallOffLine.objects.filter(revision__in=in_force(call_off, on).values("revision"), service__isnull=False)
    return frozenset(found.order_by().values_list("service__lot", flat=True).distinct())


def offered_sites(call_off: CallOff, on: date) -> list[tuple[str, int]]:
    """(name, seats) of the sites that the register knows of the department, without the seats that are contracted: those
    are charged already, and an order brings only its own."""
    served: Counter[str] = Counter()
    for name, seats in RevisionSite.objects.filter(revision__in=in_force(call_off, on).values("revision")).values_list("name", "seats"):
        served[name.casefold()] += seats
    department: Organisation = call_off.department
    return [(site.name, max(site.seats - served[site.name.casefold()], 0)) for site in department.sites.all()]
