"""Which notices the law asks to be published of a contract, and by which day (Procurement Act 2023). Each function is called by the
action that causes the duty, in its transaction and under the contract's lock. Only contracts under that Act have them.

The days: an award notice before the contract is entered into (s.50), for which its record's opening makes the duty and the day before
its first day is the last possible; a details notice within 30 days beginning with the day on which it is entered into (s.53); the
ratings of its indicators and their notice once in every 12 months of its life and at its end (s.71); a change notice before the contract is
modified (s.75), where the framework's control asks for one; a termination notice within 30 days beginning with its end (s.80), which is
its expiry too (s.80(4))."""

import json
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet

from contracts import ratings
from contracts.models import ENDED, Contract, ContractState, NoticeKind, StatutoryNotice, Variation, VariationState
from documents.clock import london_day

REGIME = "PA2023"
DAYS = 30  # beginning with the day itself
ONE_DAY = timedelta(days=1)
NOT_CHANGED = (VariationState.REJECTED, VariationState.WITHDRAWN, VariationState.LAPSED)
K = NoticeKind


def is_under_the_act(contract: Contract) -> bool:
    """As its order was approved."""
    return json.loads(contract.revision.content)["framework"].get("regime") == REGIME


def _within(day: date) -> date:
    return day + timedelta(days=DAYS - 1)


def year_after(day: date, years: int) -> date:
    """The same day so many years later; of a leap day the last of its month."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _make(contract: Contract, kind: str, due_on: date, at: datetime, **more: Any) -> StatutoryNotice:
    number = contract.statutory_notices.count() + 1
    return StatutoryNotice.objects.create(contract=contract, number=number, kind=kind, due_on=due_on, made_at=at, **more)


def opened(contract: Contract, *, at: datetime) -> None:
    """The supplier has accepted the order: the award is published before the contract is entered into."""
    if is_under_the_act(contract):
        _make(contract, K.AWARD, max(london_day(at), contract.starts_on - ONE_DAY), at)


def executed(contract: Contract, *, at: datetime) -> None:
    """It is entered into: its details, and where its value asks for it the first year of ratings."""
    if is_under_the_act(contract):
        _make(contract, K.DETAILS, _within(contract.signed_on), at)
        if ratings.asks_for_ratings(contract):
            _year(contract, contract.signed_on, at)


def _year(contract: Contract, begins: date, at: datetime) -> StatutoryNotice:
    last = year_after(begins, 1) - ONE_DAY
    return _make(contract, K.PERFORMANCE, last, at, period_from=begins, period_to=last)


def next_year(contract: Contract, *, at: datetime) -> StatutoryNotice | None:
    """The clock's: the last year of ratings is over and the contract goes on. None where there is none to make."""
    found = contract.statutory_notices.filter(kind=K.PERFORMANCE).order_by("period_from").last()
    if contract.state != ContractState.EXECUTED or found is None or found.is_last or found.period_to >= london_day(at):
        return None
    if contract.ends_on <= found.period_to:  # its end is only waited for: its last ratings are of this year
        return None
    return _year(contract, found.period_to + ONE_DAY, at)


def _before(variation: Variation) -> date:
    """The last day before the contract is modified."""
    return variation.revision.effective_on - ONE_DAY


def of_change(variation: Variation, *, at: datetime) -> StatutoryNotice | None:
    """Of a change notice that is being recorded: its duty, which one that was published though the framework's control did not ask
    for it gets now. None of a contract that is not under the Act."""
    found = StatutoryNotice.objects.filter(variation=variation).first()
    if found is None and is_under_the_act(variation.contract):
        found = _make(variation.contract, K.CHANGE, _before(variation), at, variation=variation)
    return found


def assessed(variation: Variation, *, at: datetime) -> None:
    """It is beyond the framework's control: a change notice before it is signed; assessed anew, with another day."""
    contract = variation.contract
    if not variation.revision.notice_first or not is_under_the_act(contract):
        return
    found, due_on = StatutoryNotice.objects.filter(variation=variation).first(), _before(variation)
    if found is None:
        _make(contract, K.CHANGE, due_on, at, variation=variation)
    else:
        found.due_on = due_on
        found.save()


def ended(contract: Contract, *, at: datetime) -> None:
    """It has expired or was terminated: a termination notice, and the last ratings."""
    if not is_under_the_act(contract):
        return
    due_on = _within(contract.ends_on)
    _make(contract, K.TERMINATION, due_on, at)
    last = contract.statutory_notices.filter(kind=K.PERFORMANCE).order_by("period_from").last()
    if last is not None:
        _make(contract, K.PERFORMANCE, due_on, at, period_from=min(last.period_from, contract.ends_on), period_to=contract.ends_on, is_last=True)


def last_day(notice: StatutoryNotice) -> date:
    """On which it can be published in time: what comes before a signature is late once that is given."""
    signed_on = None
    if notice.kind == K.AWARD:
        signed_on = notice.contract.signed_on
    elif notice.kind == K.CHANGE:
        signed_on = notice.variation.signed_on
    return min(notice.due_on, signed_on) if signed_on else notice.due_on


def is_needed(notice: StatutoryNotice) -> bool:
    """Whether it is still to be published, if it is not: of a contract that never came, a variation that ended, or a year that the
    contract's end came before it is not."""
    contract = notice.contract
    if contract.state == ContractState.VOID:
        return False
    if notice.kind == K.CHANGE:
        return notice.variation.state not in NOT_CHANGED and bool(notice.variation.revision.notice_first)
    if notice.kind == K.PERFORMANCE and not notice.is_last:
        return contract.state not in (*ENDED, ContractState.CLOSED) or notice.due_on < contract.ends_on
    return True


def unpublished(rows: QuerySet[StatutoryNotice]) -> QuerySet[StatutoryNotice]:
    """Those that are still to be published; the same as ``is_needed`` says."""
    over = Q(kind=K.PERFORMANCE, is_last=False, contract__state__in=(*ENDED, ContractState.CLOSED))
    ended_before = over & Q(due_on__gte=F("contract__ends_on"))
    unchanged = Q(kind=K.CHANGE) & (Q(variation__state__in=NOT_CHANGED) | ~Q(variation__revision__notice_first=True))
    return rows.filter(publication__isnull=True).exclude(contract__state=ContractState.VOID).exclude(ended_before).exclude(unchanged)


def without_next_year(on: date) -> QuerySet[Contract]:
    """Contracts in force whose last year of ratings is over."""
    years = StatutoryNotice.objects.filter(kind=K.PERFORMANCE, contract__state=ContractState.EXECUTED)
    going = years.filter(period_to__gte=on).values("contract")
    return Contract.objects.filter(pk__in=years.filter(period_to__lt=on).values("contract"), state=ContractState.EXECUTED).exclude(pk__in=going)
