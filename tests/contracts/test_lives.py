"""Lives of a contract: lawful acts in any order and at any time, one after the other. After each of them every invariant holds,
and the ledger is what somebody finds who goes through the rows with a calendar, day by day, by nothing of the code's."""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from random import Random

import pytest
from django.core.management import call_command

from contracts import charges, crediting, levels, measuring, periodic, rerating, terms, varying
from contracts.measuring import Measured
from contracts.models import Contract, ContractState, ContractVersion, MilestoneState
from documents import clock
from documents.refusal import Refused
from procurement.models import VolumeEntry
from tests import cast, paper
from tests.contracts import ending_cast, levels_cast, transfer_cast, transition_cast, variation_cast

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("accepted_with_option")]
ONE_DAY, CUTOVER = timedelta(days=1), 8
SEEDS, STEPS = 3, 9
A_SEAT = ("CORE-04", "CORE-06", "CORE-07", "CORE-15", "CORE-16")  # what a managed desktop needs beside it, one a seat


class Life:
    """One contract and the clock; what is drawn comes from the seed. ``lived`` says what was done."""

    def __init__(self, seed: int):
        self.random, self.lived = Random(seed), []
        self.contract = paper.executed(cast.accepted_with_option())
        self.now = cast.START
        self.levels_until = date(2007, 10, 1)
        self.volumes = 0

    @property
    def today(self) -> date:
        return self.now.date()

    def later(self, most: int) -> None:
        self.now = datetime.combine(self.today + timedelta(days=self.random.randint(1, most)), time(10), tzinfo=clock.LONDON)
        periodic.run(self.now)
        self.contract = cast.fresh(self.contract)

    def standing(self) -> list[terms.Terms]:
        return terms.put_together(terms.read(self.contract))

    def a_day(self) -> date:
        """From tomorrow on, within the contract; as often the first of a month as not."""
        days = (self.contract.ends_on - self.today).days
        day = self.today + timedelta(days=self.random.randint(1, max(1, days)))
        return day.replace(day=1) if self.random.random() < 0.5 and day.replace(day=1) > self.today else day

    # ---- what can happen to it; each says what it did

    def wanted(self) -> list[varying.Wanted]:
        number = self.random.choice([-35, -8, 12, 40, 110])
        if self.random.random() < 0.5:
            return [varying.Wanted("CORE-01", number, "London"), *(varying.Wanted(code, number) for code in A_SEAT)]
        code = self.random.choice(["CORE-08", "CORE-09", "CALL-05", "CALL-06", "CORE-18"])
        site = "London" if number > 0 and code.startswith("CALL") and self.random.random() < 0.5 else ""  # where the contract has none yet
        return [varying.Wanted(code, number, site, phase="usage" if code == "CORE-18" else "shared")]

    def assessed_variation(self):
        if self.random.random() < 0.2:
            return variation_cast.extended(self.random.randint(1, 2), self.now)
        wanted, day = self.wanted(), self.a_day()
        return variation_cast.of_kind(
            "service", lambda one, *, by, at: varying.save_lines(one, wanted, effective_on=day, by=by, at=at), self.now
        )

    def vary(self) -> str:
        one = variation_cast.approved(self.assessed_variation(), self.now)
        return f"{paper.variation_executed(one, self.now)} executed, from {one.revision.effective_on}"

    def vary_by_two_at_once(self) -> str:
        """Both are assessed on the same terms; whichever is signed first, the other stands beside it or is not signed."""
        first, second = self.assessed_variation(), self.assessed_variation()
        self.later(3)
        for one in self.random.sample([first, second], 2):
            paper.variation_executed(variation_cast.approved(one, self.now), self.now)
        return f"{first} and {second} executed"

    def let_prices_fall(self) -> str:
        self.volumes += 1
        volume, quantity = self.random.choice(["seats", "devices", "servers", "applications"]), self.random.choice([-900, 40, 1200, 4500])
        source = f"CO-2008-1{self.volumes:05}"
        VolumeEntry.objects.create(framework=self.contract.framework, volume=volume, quantity=quantity, effective_from=self.today,
                                   source=source, key=f"volume:{source}:{volume}")  # fmt: skip
        made = [version for pk in rerating.candidates(self.contract.framework, self.today)
                for version in rerating.rerate(Contract.objects.get(pk=pk), at=self.now)]  # fmt: skip
        return f"{quantity} {volume}: {[version.caused_by for version in made]}"

    def achieve(self) -> str:
        """The next milestone, wholly or in part; with the cutover the shared service starts, early or late."""
        planned = list(self.contract.milestones.filter(state=MilestoneState.PLANNED).order_by("number").values_list("number", flat=True))
        if not planned or self.today < self.contract.starts_on:
            return ""
        number = CUTOVER if CUTOVER in planned and 2 not in planned and self.random.random() < 0.4 else planned[0]
        one = transition_cast.milestone(number, self.contract)
        transition_cast.submitted(one, self.now)
        if not one.effect and self.random.random() < 0.3:
            transition_cast.conditional(one, Decimal(self.random.choice([40, 75, 100])), self.today, self.now)
            return f"{one.label} accepted on conditions"
        transition_cast.accepted(one, self.today, self.now)
        return f"{one.label} accepted on {self.today}"

    def measure(self) -> str:
        """The months that are over, one after the other, each with what becomes of its credits."""
        months = [month for month in levels.months_to_measure(self.contract, self.standing(), self.today) if month > self.levels_until]
        for month in months[:2]:
            found = {
                one.measure_code: Measured(str(max(Decimal(0), Decimal(one.target) - self.random.choice([0, 0, 1, 3, 12]))))
                for one in levels.read(self.contract, month).measures if one.unit == "percent"
            }
            report = measuring.report(self.contract, month, levels_cast.measured(self.contract, month=month) | found,
                                      by=cast.person(levels_cast.SERVICE), at=self.now)  # fmt: skip
            measuring.confirm(report, shown_hash=report.content_hash, by=cast.person(levels_cast.MANAGER), at=self.now)
            self.levels_until = month
            for credit in self.contract.credits.filter(month=month).select_related("contract__call_off", "level__calculation", "measure"):
                self._decide(credit, month)
        return f"levels of {months[:2]}" if months else ""

    def _decide(self, credit, month: date) -> None:
        manager, service, finance = (cast.person(email) for email in (levels_cast.MANAGER, levels_cast.SERVICE, levels_cast.FINANCE))
        end = self.random.choice(["applied", "applied", "waived", "dropped", "left"])
        if end == "left":
            return
        if end == "waived":
            levels_cast.act(crediting.waive, credit, reason="Traded for training.", by=finance, at=self.now)
            return
        credit = levels_cast.act(crediting.notify, credit, by=manager, at=self.now)
        if end == "dropped":
            credit = levels_cast.act(crediting.dispute, credit, reason="Calls of a fire alarm.", file=transition_cast.file(), by=service, at=self.now)
            levels_cast.act(crediting.drop, credit, reason="The alarm is shown.", by=manager, at=self.now)
            return
        credit = levels_cast.act(crediting.agree, credit, by=service, at=self.now)
        levels_cast.act(crediting.apply, credit, invoice=f"FS-{month:%Y-%m}", by=manager, at=self.now)

    def pass_to_another(self) -> str:
        """Once, by an order to another body of the Crown or by a novation signed by three; the same people go on with it."""
        if self.contract.department.code != "DIUS":
            return ""
        day = self.today + timedelta(days=self.random.randint(1, 20))
        by_order = self.random.random() < 0.5
        what = transfer_cast.asked(day=day, order_on=self.today) if by_order else transfer_cast.novated(day=day)
        transfer = transfer_cast.agreed(transfer_cast.prepared(what, self.now), self.now)
        if not by_order:
            transfer_cast.novation_executed(transfer_cast.novation(transfer), self.now)
        before = charges.by_line_and_month(terms.ledger(self.standing()))
        self.now = ending_cast.on(day)
        periodic.run(self.now)
        self.contract = cast.fresh(self.contract)
        assert charges.by_line_and_month(terms.ledger(self.standing())) == before
        return f"{transfer} {cast.fresh(transfer).state}: {self.contract.department.code}"

    def end(self) -> str:
        """By a notice that the clock brings into effect, or by the last day."""
        if self.random.random() < 0.5:
            day = max(self.today + timedelta(days=200), self.contract.starts_on) + timedelta(days=self.random.randint(0, 60))
            ending_cast.given(self.contract, ending_cast.asked(effective_on=day), self.now)
            self.now = ending_cast.on(day)
        else:
            self.now = ending_cast.on(self.contract.ends_on + ONE_DAY)
        periodic.run(self.now)
        self.contract = cast.fresh(self.contract)
        return f"{self.contract.state} on {self.contract.ends_on}"

    # ---- and what has to hold

    def step(self, act: Callable[[], str]) -> bool:
        """Whether it was done; a refusal has words and changes no terms."""
        try:
            said, done = act(), True
        except Refused as no:
            said, done = f"refused: {no}", False
        self.lived.append((self.today, act.__name__, said))
        self.contract = cast.fresh(self.contract)
        call_command("check_invariants")
        standing = self.standing()
        found = {key: amount for key, amount in charges.by_line_and_month(terms.ledger(standing)).items() if amount}
        monthly = {line.number for line in self.contract.lines.filter(service__charge_type="recurring")} | {charges.BREAK_COST_LINE}
        assert {key: found[key] for key in found if key[0] in monthly} == by_calendar(self.contract), self.lived
        if self.contract.state == ContractState.EXECUTED:
            assert sum((found[key] for key in found if key[0] not in monthly), Decimal(0)) == budgets(self.contract), self.lived
        assert not_twice(standing), self.lived
        return done


def in_order(contract: Contract) -> list[ContractVersion]:
    """In which they take effect, as far as a termination lets them."""
    found = []
    for version in sorted(contract.versions.all(), key=lambda one: (one.effective_from, one.number)):
        found.append(version)
        if version.kind == ContractVersion.Kind.TERMINATION:
            break
    return found


def by_calendar(contract: Contract) -> dict[tuple[int, date], Decimal]:
    """GBP by line and first of month of what is charged by the month, from the rows of the versions alone."""
    versions = in_order(contract)
    over = versions[-1].effective_from if versions[-1].kind == ContractVersion.Kind.TERMINATION else date.max
    found: dict[tuple[int, date], Decimal] = {}
    if versions[-1].charge_gbp:
        found[charges.BREAK_COST_LINE, over.replace(day=1)] = versions[-1].charge_gbp
    for line in contract.lines.filter(service__charge_type="recurring"):
        changes = [(one.effective_from, change) for one in versions for change in one.changes.filter(line=line)]
        for month, exact in of_days(changes, over).items():
            amount = (Decimal(exact.numerator) / exact.denominator).quantize(Decimal("0.01"), ROUND_HALF_UP)
            found |= {(line.number, month): amount} if amount else {}
    return found


def of_days(changes: list, over: date) -> dict[date, Fraction]:
    """GBP by first of month, exactly: each day at the quantity, price and days that were said last by then."""
    exact: dict[date, Fraction] = defaultdict(Fraction)
    day, turns = changes[0][0], {since for since, _change in changes}
    ends = max(change.ends_on for _since, change in changes if change.ends_on)
    quantity = price = first = last = None
    while day <= ends and day < over:
        if day in turns:
            said = [change for since, change in changes if since <= day]
            quantity = sum(change.quantity_change for change in said)
            price = [change.unit_price_gbp for change in said if change.unit_price_gbp is not None][-1]
            first, last = ([one for change in said if (one := getattr(change, name))][-1] for name in ("starts_on", "ends_on"))
        if first <= day <= last:
            exact[day.replace(day=1)] += Fraction(quantity * price) / monthrange(day.year, day.month)[1]
        day += ONE_DAY
    return exact


def budgets(contract: Contract) -> Decimal:
    """GBP of what is paid once or by use, as it was said last."""
    total = Decimal(0)
    for line in contract.lines.exclude(service__charge_type="recurring"):
        changes = [change for one in in_order(contract) for change in one.changes.filter(line=line)]
        price = [change.unit_price_gbp for change in changes if change.unit_price_gbp is not None][-1]
        total += price * sum(change.quantity_change for change in changes)
    return total


def not_twice(standing: list[terms.Terms]) -> bool:
    """No day is charged for the interim and for the shared service."""
    ledger, days = terms.ledger(standing), {one for span in charges.spans(terms.ledger(standing)) for one in span[1:]}
    days |= {day for version in ledger for line in version.lines if line.monthly for day in (line.starts_on, line.ends_on)}
    near = {day + n * ONE_DAY for day in days if date.min < day < date.max for n in (-1, 0, 1)}
    return all(0 in (charges.of_days(ledger, "interim", day, day), charges.of_days(ledger, "shared", day, day)) for day in near)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_happens_to_a_contract_its_ledger_is_the_sum_over_its_days(seed):
    life = Life(seed)
    acts = [life.vary, life.vary, life.vary_by_two_at_once, life.let_prices_fall, life.let_prices_fall, life.achieve, life.achieve, life.measure, life.pass_to_another]
    done = 0
    for _step in range(STEPS):
        life.later(75)
        done += life.step(life.random.choice(acts))
    assert done >= STEPS / 2, life.lived
    life.step(life.end)
    assert life.contract.state in ("terminated", "expired"), life.lived
