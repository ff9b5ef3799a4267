"""Service reports that wait to be confirmed, service credits that wait for an answer, and rectification plans that are to be submitted or
decided on: reminded of like everything else that waits."""

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.dateformat import format as format_month
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.models import Framework
from contracts import level_queries
from contracts.managers import SUPPLIER_POSTS
from contracts.models import BOUND, CalculatedLevel, Contract, CreditState, ServiceCredit
from documents.clock import london_day
from procurement import working_days
from procurement.matters import Pauses, Waiting, before, since
from procurement.models import PostCode


def reports(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Each that the department has not confirmed: nothing is calculated of the month before."""
    rows = level_queries.reports_to_confirm().filter(only)
    for report in rows.select_related("contract__framework", "contract__call_off__framework").order_by("id"):
        contract = report.contract
        yield Waiting(
            f"service_report:{report.pk}", contract.call_off, contract.department_id, PostCode.CONTRACT_MANAGER,
            _("to confirm or correct the service report of %(month)s of %(contract)s")
            % {"month": format_month(report.month, "F Y"), "contract": contract.number},
            *since(report.reported_at, contract.framework, pauses.get(contract.framework_id, [])),
            url=reverse("contracts:level_month", args=[contract.public_id, f"{report.month:%Y-%m}"]), number=contract.number,
        )  # fmt: skip


def service_credits(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Those that the supplier was told of and has neither agreed to nor disputed, and disputes that are not decided: of a month and a
    day on which they came together, for a month can miss every measure."""
    rows = ServiceCredit.objects.filter(only, state__in=[CreditState.NOTIFIED, CreditState.DISPUTED], contract__state__in=BOUND)
    together: dict[tuple[int, date, str, date], list[ServiceCredit]] = {}
    for credit in rows.select_related("contract__framework", "contract__call_off__framework").order_by("state_since", "id"):
        together.setdefault((credit.contract_id, credit.month, credit.state, london_day(credit.state_since)), []).append(credit)
    for (_contract, month, state, came), found in together.items():
        contract, told = found[0].contract, state == CreditState.NOTIFIED
        yield Waiting(
            f"credit:{contract.pk}:{month:%Y-%m}:{state[0]}:{came:%Y%m%d}", contract.call_off,
            contract.supplier_id if told else contract.department_id,
            PostCode.SERVICE_MANAGER if told else PostCode.CONTRACT_MANAGER, _of_credits(found, told=told),
            *since(found[0].state_since, contract.framework, pauses.get(contract.framework_id, [])),
            url=reverse("contracts:level_month", args=[contract.public_id, f"{month:%Y-%m}"]),
        )  # fmt: skip


def _of_credits(found: list[ServiceCredit], *, told: bool) -> str:
    words = ngettext(
        "to agree to or dispute service credit %(label)s of %(contract)s", "to agree to or dispute %(n)s service credits of %(month)s of %(contract)s",
        len(found),
    ) if told else ngettext(
        "to decide the dispute of service credit %(label)s of %(contract)s",
        "to decide the disputes of %(n)s service credits of %(month)s of %(contract)s", len(found),
    )  # fmt: skip
    first = found[0]
    return words % {"label": first.label, "n": len(found), "month": format_month(first.month, "F Y"), "contract": first.contract.number}


def plans(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Each before its last day, which no suspension moves: whoever runs the contract for the supplier to submit one, or a better one; the
    department's contract manager to decide on it."""
    rows = level_queries.plans_owed().filter(only)
    for row in rows.select_related("calculation__contract__framework", "calculation__contract__call_off__framework").order_by("id"):
        contract, month = row.calculation.contract, row.calculation.month
        came, due = level_queries.plan_time(row)
        decides = level_queries.is_plan_to_decide(row)
        words = _("to approve or refuse the rectification plan of %(month)s for %(measure)s of %(contract)s") if decides else _(
            "to submit a rectification plan of %(month)s for %(measure)s of %(contract)s"
        )
        post, *others = (PostCode.CONTRACT_MANAGER,) if decides else SUPPLIER_POSTS
        yield Waiting(
            _subject(row, contract), contract.call_off, contract.department_id if decides else contract.supplier_id, post,
            words % {"month": format_month(month, "F Y"), "measure": row.measurement.measure.measure_code, "contract": contract.number},
            *before(due, came, contract.framework),
            url=reverse("contracts:level_month", args=[contract.public_id, f"{month:%Y-%m}"]), number=contract.number, or_posts=tuple(others),
        )  # fmt: skip


def _subject(row: CalculatedLevel, contract: Contract) -> str:
    """One a plan, and one after it was refused; the first is owed of a measure and month, however often that is calculated."""
    if row.plan is None:
        return f"plan:{contract.pk}:{row.calculation.month:%Y-%m}:{row.measurement.measure_id}"
    return f"plan:{row.plan}" if row.approves is None else f"plan:{row.plan}:refused"


def plan_is_ripe(framework: Framework, at: datetime) -> Q:
    """No more working days are left than those at which it is first reminded of."""
    ahead = framework.reminder_working_days + 1

    def begun(days: int) -> datetime:
        return working_days.begun_before(at, max(0, days - ahead))

    return (
        Q(plan__isnull=True, plan_due_on__lt=london_day(working_days.due(at, ahead)))
        | Q(approves__isnull=True, submitted_at__lt=begun(level_queries.DAYS_TO_DECIDE))
        | Q(refused_at__lt=begun(level_queries.DAYS_TO_BETTER))
    )
