"""What the acceptance of a milestone does to the terms: the interim service begins, or it ends and the shared one begins in
the same moment (the contract's Schedule 3, paragraphs 5.1 to 5.3).

Only first and last days of lines are set. What is forecast while such a milestone is overdue is the same change, put
together with the terms when they are read and kept nowhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from contracts import charges, ending_terms, terms
from contracts.models import (
    ACCEPTED,
    Contract,
    ContractLine,
    ContractState,
    ContractVersion,
    LineChange,
    Milestone,
    Termination,
    TerminationState,
)
from contracts.terms import StandingLine
from procurement.models import Phase

Effect = Milestone.Effect
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Shift:
    """A line whose first or last day is set; None: as it was."""

    line: ContractLine
    starts_on: date | None = None
    ends_on: date | None = None

    def of(self, version: ContractVersion) -> LineChange:
        return LineChange(version=version, line=self.line, starts_on=self.starts_on, ends_on=self.ends_on)


@dataclass(frozen=True)
class Moved:
    """``before`` with the shifts that a day brings, from ``effective_from`` on. Without a shift nothing changes: it is the day
    that was planned, or (``kept``) later, and the shared service costs less than the interim one would."""

    before: list[terms.Change]
    effective_from: date
    shifts: tuple[Shift, ...]
    kept: bool = False

    def changes(self, contract: Contract | None, **more: Any) -> list[terms.Change]:
        """Not saved: a version for the shifts, and one more for each later day on which a variation adds a line that they move,
        for what is said of a line before it is there would not hold. ``more``: what else the versions say."""
        by_day: dict[date, list[Shift]] = {}
        for shift in self.shifts:
            by_day.setdefault(max(self.effective_from, self._added_on(shift.line)), []).append(shift)
        found = []
        for number, day in enumerate(sorted(by_day), start=len(self.before) + 1):
            version = ContractVersion(
                contract=contract, number=number, kind=ContractVersion.Kind.MILESTONE, effective_from=day, caused_by="", **more
            )
            found.append((version, [shift.of(version) for shift in by_day[day]]))
        return found

    def _added_on(self, line: ContractLine) -> date:
        return min(version.effective_from for version, changes in self.before for change in changes if change.line_id == line.pk)

    def after(self, contract: Contract | None = None) -> list[terms.Change]:
        return [*self.before, *self.changes(contract)]


def starts(before: Sequence[terms.Change], phase: str) -> date | None:
    """The first day of a phase's lines by the terms as they are; None where it has none."""
    return min((line.starts_on for line in _standing(before, phase)), default=None)


def _standing(before: Sequence[terms.Change], phase: str) -> list[StandingLine]:
    """The recurring lines of a phase with all that has been said about them, but that the contract was ended: one that is given
    up on a later day as it is until then, and none that is given up by its first day."""
    together = terms.put_together(terms.without_end(before))
    found = {line.number: line for one in together for line in one.lines if line.line.phase == phase and line.monthly is not None}
    return [line for line in found.values() if _is_there_on(together, line)]


def _is_there_on(together: Sequence[terms.Terms], line: StandingLine) -> bool:
    """Whether it still has a quantity when it begins."""
    then = terms.as_of(together, max(line.starts_on, line.version.effective_from))
    return then is not None and any(one.number == line.number for one in then.lines)


def move(before: list[terms.Change], effect: str, day: date) -> Moved | None:
    """What the terms become if the milestone of that effect is achieved on the day; None where it has none on them."""
    phase = Phase.INTERIM if effect == Effect.INTERIM_STARTS else Phase.SHARED
    planned = starts(before, phase) if effect else None
    if planned is None:
        return None
    if effect == Effect.INTERIM_STARTS:
        return Moved(before, planned, tuple(_begun(before, day)))
    moved = Moved(before, min(day, planned), tuple(_cut(before, planned, day)))
    if day > planned and _interim_costs_more(moved, planned, day):
        return Moved(before, planned, (), kept=True)
    return moved


def _begun(before: list[terms.Change], day: date) -> Iterator[Shift]:
    """The interim lines begin on the day, if that is later than their own."""
    for line in _standing(before, Phase.INTERIM):
        if line.starts_on < day:
            yield Shift(line.line, starts_on=day)


def _cut(before: list[terms.Change], planned: date, day: date) -> Iterator[Shift]:
    """The interim lines that last until the cutover end the day before, the shared ones that begin with it on the day; a
    last day of a shared line stays."""
    last = day - ONE_DAY
    for line in _standing(before, Phase.INTERIM):
        if line.ends_on != last and (line.ends_on == planned - ONE_DAY or line.ends_on > last):
            yield Shift(line.line, ends_on=last)
    for line in _standing(before, Phase.SHARED):
        if line.starts_on != day and (line.starts_on == planned or line.starts_on < day):
            yield Shift(line.line, starts_on=day)


def _interim_costs_more(moved: Moved, planned: date, day: date) -> bool:
    """Of the days of a delay, whether the interim service would cost more than the shared one as it was planned."""
    after = terms.ledger(terms.put_together(moved.after()))
    as_planned = terms.ledger(terms.put_together(moved.before))
    days = planned, day - ONE_DAY
    return charges.of_days(after, Phase.INTERIM, *days) > charges.of_days(as_planned, Phase.SHARED, *days)


@dataclass(frozen=True)
class Expected:
    """The terms as they are expected on a day: ``days`` says of each milestone that has not come when it is taken to come,
    ``notice`` which notice of termination is taken to take effect."""

    terms: list[terms.Terms]
    days: tuple[tuple[Milestone, date], ...]
    notice: Termination | None = None

    @property
    def is_forecast(self) -> bool:
        return bool(self.days) or self.notice is not None


def expected(contract: Contract, on: date) -> Expected:
    """The terms, with each milestone that changes them and is overdue taken to come the day after ``on``, or on the day to
    which relief events have moved it, and with a notice that was given taken to take effect. Five queries."""
    changes, days = terms.read(contract), []
    if contract.state != ContractState.EXECUTED:
        return Expected(terms.put_together(changes), ())
    if changes:
        for milestone in contract.milestones.exclude(effect="").exclude(state__in=ACCEPTED).order_by("number"):
            phase = Phase.INTERIM if milestone.effect == Effect.INTERIM_STARTS else Phase.SHARED
            planned = starts(changes, phase)
            day = _forecast(milestone, planned, on)
            moved = move(changes, milestone.effect, day) if planned and day > planned else None
            if moved and moved.shifts:
                changes = moved.after(contract)
                days.append((milestone, day))
    notice = contract.terminations.filter(state=TerminationState.GIVEN).first()
    if notice is not None:
        changes = [*changes, (ending_terms.version(contract, notice, len(changes) + 1), [])]
    return Expected(terms.put_together(changes), tuple(days), notice)


def _forecast(milestone: Milestone, planned: date | None, on: date) -> date:
    """Never before the day that the lines are planned for."""
    days = [planned or milestone.due_on]
    if milestone.due_on > milestone.planned_on:
        days.append(milestone.due_on)
    if milestone.due_on < on:
        days.append(on + ONE_DAY)
    return max(days)
