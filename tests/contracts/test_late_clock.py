"""A scheduler that was dead for three days catches up once: what had fallen due is as if it had never stopped, and there is
nothing left to do."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import partial

import pytest
from django.core.management import call_command
from django.db import transaction

from contracts import varying
from contracts.models import ContractVersion, ManagementReturn, Variation
from documents import clock, jobs, machines, periodic
from documents.models import AuditEvent, BusinessClock, Email, Job
from procurement.models import CapacityAccount, VolumeEntry
from tests import cast, paper
from tests.contracts import ending_cast, variation_cast
from tests.contracts.transition_cast import on
from tests.procurement import release_cast

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("executed")]
STOPPED = date(2008, 2, 28)  # a Thursday in a leap year; a month ends within the three days
ITS_JOBS = ("contracts.find_falls", "contracts.rerate")  # documents are made whenever a worker comes to it


class _Undone(Exception):
    pass


def tick(moment: datetime) -> None:
    BusinessClock.objects.update_or_create(defaults={"moment": moment})
    periodic.run_due(moment)
    while found := Job.objects.filter(task__in=ITS_JOBS, state=Job.State.QUEUED).values_list("pk", flat=True):
        for job in list(found):
            jobs.run(job)


def assessed(day: date, at: datetime) -> Variation:
    """Some more of a service from the day on."""
    wanted = [varying.Wanted("CORE-08", 20)]
    return variation_cast.of_kind("quantity", partial(varying.save_lines, wanted=wanted, effective_on=day), at)


def much_falls_due() -> None:
    """Within the three days: a variation takes effect and another lapses, prices fall, a release goes live, a month is
    over that a return is made of, and a notice of termination takes effect."""
    tick(on(STOPPED - timedelta(days=1)))
    contract, at = cast.contract(), on(STOPPED)
    signed = variation_cast.approved(assessed(date(2008, 3, 1), at), at)
    paper.variation_executed(signed, at)
    assessed(date(2008, 2, 29), at)
    release_cast.scheduled(date(2008, 2, 29), CORE_01="70.00")
    VolumeEntry.objects.create(framework=contract.framework, volume="seats", quantity=4500, effective_from=STOPPED,
                               source="CO-2008-000009", key="volume:CO-2008-000009:seats")  # fmt: skip
    ending_cast.given(contract, ending_cast.insolvent(date(2008, 3, 2)), at)


def twice_a_day(last: datetime) -> None:
    moment = on(STOPPED)
    while moment < last:
        moment += timedelta(hours=12)
        tick(moment)


def once_late(last: datetime) -> None:
    tick(last)


def told(play: Callable[[datetime], None], last: datetime) -> dict:
    """How everything stands after it, and that the next ticks find nothing. The database is as before."""
    found: dict = {}
    try:
        with transaction.atomic():
            play(last)
            found |= {
                "states": {str(thing): thing.state for name, (model, _over) in machines.all_machines().items() if model._meta.label in SEEN
                           for thing in model.objects.all()},
                "versions": [(one.kind, one.effective_from, [(change.line.number, change.quantity_change, change.unit_price_gbp) for change in one.changes.order_by("line__number")])
                             for one in ContractVersion.objects.order_by("effective_from", "kind")],
                "ends": cast.contract().ends_on,
                "returns": [(one.month, [(line.contract.number, line.charges_gbp) for line in one.lines.all()]) for one in ManagementReturn.objects.order_by("month")],
                "money": CapacityAccount.objects.values("committed_gbp", "reserved_gbp").get(),
            }  # fmt: skip
            call_command("check_invariants")
            written = [model.objects.count() for model in (AuditEvent, Email, Job)]
            for _again in range(2):
                tick(last)
            assert [model.objects.count() for model in (AuditEvent, Email, Job)] == written
            raise _Undone
    except _Undone:
        return found


SEEN = {"contracts.Contract", "contracts.Variation", "contracts.Termination", "catalogue.CatalogueRelease", "procurement.CallOff"}


def test_three_days_are_caught_up_once():
    much_falls_due()
    last = datetime.combine(STOPPED + timedelta(days=3), time(10), tzinfo=clock.LONDON)
    never_stopped, caught_up = told(twice_a_day, last), told(once_late, last)
    assert caught_up == never_stopped
