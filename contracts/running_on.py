"""Services that run on after the contract's last day: continuing without contract (its clause 5.4). They are charged at the last
price, month by month, until a recorded stop.

Each month that has begun is a version of the terms, of the contract's own document: the lines that run on last until its end.
All take effect on the day after the last day, so that of several the last made holds, also the stop's.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from catalogue.pricing import add_months, first_of_month
from contracts import ending_guards, ending_notifications, manager_guards
from contracts.locking import lock_contract
from contracts.models import Contract, ContractLine, ContractVersion, LineChange, RunningOn, RunningState
from documents import audit
from documents.actors import SYSTEM, Actor
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from documents.templatetags.flex import day as as_day
from procurement import seats
from procurement.actors import Person
from procurement.seats import Seat


def lock(running: RunningOn) -> RunningOn:
    """A fresh copy; the contract's lock holds it."""
    contract = lock_contract(running.contract)
    fresh = RunningOn.objects.get(pk=running.pk)
    fresh.contract = contract
    return fresh


@transaction.atomic
def run_on(contract: Contract, services: Collection[str], *, reason: str, by: Person, at: datetime) -> RunningOn:
    """Either side records which services, by code, run on without a contract, and why. It is a fact and no permission: no
    capacity is asked for, and nobody's approval."""
    contract = lock_contract(contract)
    insist(ending_guards.why_not_run_on(contract, by=by, at=at))
    insist_on_words(reason, _("Say why it runs on: both sides read it."))
    lines = [one.line for one in ending_guards.runs_at_the_end(contract) if one.line.service.code in services]
    if not lines or {line.service.code for line in lines} != set(services):
        refuse(_("Choose the services that run on, of those that ran on the contract's last day."))
    seat = seats.hold(_seat(contract, by, at))
    made = RunningOn.objects.create(contract=contract, state_since=at, reason=reason, told_on=london_day(at))
    _version(contract, lines, _end_of_month(max(london_day(at), contract.ends_on + timedelta(days=1))), at)
    audit.record("running_on.recorded", made, by=by, at=at, before="", after=made.state, reason=reason, acting_for=seat.principal,
                 extra={"services": sorted(services)})  # fmt: skip
    ending_notifications.tell_running(made, at)
    return made


def _seat(contract: Contract, by: Person, at: datetime) -> Seat:
    on = london_day(at)
    return manager_guards.department_seat(contract, by, on) or manager_guards.supplier_seat(contract, by, on)


def _end_of_month(day: date) -> date:
    return add_months(first_of_month(day), 1) - timedelta(days=1)


def _version(contract: Contract, lines: Collection[ContractLine], last_day: date, at: datetime) -> None:
    version = ContractVersion.objects.create(
        contract=contract, number=contract.versions.count() + 1, kind=ContractVersion.Kind.RUNNING_ON,
        effective_from=contract.ends_on + timedelta(days=1), made_at=at, caused_by=contract.number, document=contract.document,
    )  # fmt: skip
    LineChange.objects.bulk_create(LineChange(version=version, line=line, ends_on=last_day) for line in lines)


def _newest(contract: Contract) -> tuple[date, list[ContractLine]]:
    """Until when it is charged as it stands, and the lines that run on."""
    version = contract.versions.filter(kind=ContractVersion.Kind.RUNNING_ON).latest("number")
    changes = list(version.changes.select_related("line__service"))
    return changes[0].ends_on, [change.line for change in changes]


@transaction.atomic
def go_on(running: RunningOn, *, at: datetime, by: Actor = SYSTEM) -> RunningOn:
    """The clock's, every day: the month that has begun is charged, and both contract managers are told, once a day. Safe to run
    twice, and late: a month that was missed is charged with the next."""
    running = lock(running)
    if running.state != RunningState.RUNNING or running.told_on >= london_day(at):
        return running
    running.told_on = london_day(at)
    running.save()
    until, lines = _newest(running.contract)
    if until < london_day(at):
        _version(running.contract, lines, _end_of_month(london_day(at)), at)
        audit.record("running_on.charged", running, by=by, at=at, before=running.state, after=running.state,
                     extra={"until": _end_of_month(london_day(at)).isoformat()})  # fmt: skip
    ending_notifications.tell_running(running, at)
    return running


@transaction.atomic
def stop(running: RunningOn, last_day: date, *, reason: str, by: Person, at: datetime) -> RunningOn:
    """Either side records on which day they stopped: charged up to it, whatever was charged ahead."""
    running = lock(running)
    contract = running.contract
    insist(ending_guards.why_not_stop(contract, by=by, at=at))
    insist_on_words(reason, _("Say how it was stopped: both sides read it."))
    if not contract.ends_on < last_day <= london_day(at):
        refuse(
            _("They ran until a day after %(end)s, and not one to come.") % {"end": as_day(contract.ends_on)},
            _("What is to stop later is recorded when it has."),
        )
    seat = seats.hold(_seat(contract, by, at))
    _until, lines = _newest(contract)
    _version(contract, lines, last_day, at)
    before = running.state
    running.stop(at=at, last_day=last_day)
    running.save()
    audit.record("running_on.stopped", running, by=by, at=at, before=before, after=running.state, reason=reason,
                 acting_for=seat.principal, extra={"last_day": last_day.isoformat()})  # fmt: skip
    ending_notifications.tell_stopped(running, reason, at)
    return running
