"""A framework is closed when nothing is open under it any more: no order, no contract and nothing that runs on after one, no return
that is still to come or to be declared, no application."""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils.dateformat import format as format_month
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.models import Framework, FrameworkState, Organisation
from catalogue.pricing import add_months
from contracts import money_queries
from contracts.models import Contract, ContractState, ManagementReturn, ReturnState, RunningOn, RunningState
from documents.clock import london_day
from documents.refusal import Reason, insist
from documents.templatetags.flex import count, day
from procurement import framework_life
from procurement.actors import Person
from procurement.framework_guards import why_not_in_state
from procurement.locking import lock_framework
from procurement.models import OPEN, PIPELINE, Accession, CallOff, CallOffState, PostCode
from procurement.standing import why_not_authority


def why_not_close(framework: Framework, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(framework, FrameworkState.EXPIRED, FrameworkState.TERMINATED)
    yield from why_not_authority(framework, PostCode.FRAMEWORK_MANAGER, by=by, at=at)
    orders = CallOff.objects.filter(framework=framework, state__in=[*OPEN, CallOffState.CONFIRMED]).count()
    if orders:
        words = ngettext("%(count)s order under it has not ended.", "%(count)s orders under it have not ended.", orders)
        yield Reason(words % {"count": count(orders)}, _("The clock ends them."))
    running = Contract.objects.filter(
        framework=framework, state=ContractState.EXECUTED, ends_on__gte=london_day(at)
    ).order_by("-ends_on")
    last = running.first()
    if last is not None:
        yield Reason(
            _("%(count)s contracts under it run on, the last until %(day)s.")
            % {"count": count(running.count()), "day": day(last.ends_on)}
        )
    unstopped = RunningOn.objects.filter(contract__framework=framework, state=RunningState.RUNNING).select_related("contract")
    for one in unstopped.order_by("contract__number"):
        yield Reason(
            _("Services of %(number)s run on without a contract.") % {"number": one.contract.number},
            _("Either side records when they stopped."),
        )
    for _framework, supplier, month in money_queries.returns_to_come(framework, london_day(at)):
        yield Reason(
            _("The management information of %(month)s is not made yet.") % {"month": format_month(month, "F Y")},
            _("The clock makes it on %(day)s; then %(supplier)s declares it.")
            % {"day": day(add_months(month, 1)), "supplier": Organisation.objects.get(pk=supplier).name},
        )
    undeclared = ManagementReturn.objects.filter(framework=framework, state=ReturnState.OPEN).select_related("supplier").order_by("month")
    for one in undeclared:
        yield Reason(
            _("The management information of %(month)s is not declared.") % {"month": one.label}, one.supplier.name,
        )
    asking = Accession.objects.filter(framework=framework, state__in=PIPELINE).count()
    if asking:
        yield Reason(
            _("%(count)s bodies are still on their way to join it.") % {"count": count(asking)},
            _("The clock ends them."),
        )


@transaction.atomic
def close(framework: Framework, *, by: Person, at: datetime) -> Framework:
    """Nothing more is done under it."""
    framework = lock_framework(framework)
    insist(why_not_close(framework, by=by, at=at))
    return framework_life.close(framework, by=by, at=at)
