"""How a contract ends: by the clock, by notice; what that does to its terms, its charges and the framework's capacity."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from contracts import (
    charges,
    delivery,
    ending_guards,
    ending_terms,
    exiting,
    measuring,
    money_queries,
    periodic,
    returning,
    running_on,
    terminating,
    terms,
    variation_issuing,
)
from contracts.models import Contract, Termination
from documents.management.commands.check_invariants import FILE, broken, read
from documents.models import Email
from documents.refusal import Refused
from procurement import contracted, working_days
from procurement import periodic as procurement_periodic
from procurement.models import CapacityAccount, Recusal, Reminder
from tests import cast, paper
from tests.cast import START
from tests.contracts import ending_cast as made
from tests.contracts import levels_cast
from tests.contracts import transition_cast as moved
from tests.contracts import variation_cast as varied
from tests.contracts.ending_cast import (
    BREAK_COST,
    FIRST_MONTH,
    MID_MONTH,
    OFFICER,
    SETTLED,
    SIGNATORY,
    asked,
    insolvent,
    on,
)
from tests.contracts.transition_cast import MANAGER, SERVICE
from tests.machines import undone

pytestmark = pytest.mark.usefixtures("db")
INVARIANTS = read(FILE.read_text(encoding="utf-8"))


def ledger(contract: Contract) -> dict:
    return charges.by_line_and_month(terms.ledger(terms.put_together(terms.read(contract))))


def by_month(contract: Contract) -> dict[date, Decimal]:
    found: dict[date, Decimal] = {}
    for (_line, month), amount in ledger(contract).items():
        found[month] = found.get(month, Decimal(0)) + amount
    return found


@pytest.mark.world("executed")
def test_a_contract_expires_at_midnight_after_its_last_day_and_twice_is_once():
    contract = cast.contract()
    assert exiting.expire(contract, at=on(contract.ends_on)).state == "executed"
    assert f"{contract.number} is expired" in periodic.run(made.over(contract))
    assert periodic.run(made.over(contract)) == []
    assert cast.fresh(contract).state == "expired" and cast.fresh(contract).exit.items.count() == 8
    assert broken(INVARIANTS) == []
    with pytest.raises(Refused, match="The contract is expired"):
        varied.begun(cast.fresh(contract), at=made.over(contract))
    with pytest.raises(Refused, match="The contract is expired"):
        made.proposed(cast.fresh(contract), at=made.over(contract))


@pytest.mark.world("executed")
def test_notice_for_convenience_ends_the_charges_in_the_middle_of_a_month_and_costs_once():
    contract = cast.contract()
    before = ledger(contract)
    committed = CapacityAccount.objects.get().committed_gbp
    one = made.given(contract)
    assert (one.state, cast.fresh(contract).state, ledger(contract)) == ("given", "executed", before), "notice changes no charge yet"
    assert terminating.take_effect(one, at=on(MID_MONTH - timedelta(days=1))).state == "given"
    late = on(MID_MONTH + timedelta(days=40))
    assert periodic.run(late)[0] == f"{one} is in_effect"
    assert not [said for said in periodic.run(late) if "is" in said]
    contract = cast.fresh(contract)
    assert (contract.state, contract.ends_on) == ("terminated", MID_MONTH - timedelta(days=1))
    after, february = ledger(contract), MID_MONTH.replace(day=1)
    assert after.pop((0, february)) == BREAK_COST
    assert {key: amount for key, amount in after.items() if key[1] < february} == {key: amount for key, amount in before.items() if key[1] < february}
    for (number, month), amount in after.items():
        if month == february:
            assert amount == (before[number, month] * 16 / 28).quantize(Decimal("0.01")), number
    assert max(month for _line, month in after) == february
    charged = sum(after.values()) + BREAK_COST
    assert committed - CapacityAccount.objects.get().committed_gbp == contract.original_value_gbp - charged
    assert contract.call_off.capacity_entries.aggregate(total=Sum("committed_delta_gbp"))["total"] == charged
    assert broken(INVARIANTS) == []


@pytest.mark.world("executed")
def test_who_proposed_it_does_not_confirm_it_nor_does_the_database_let_them():
    contract = cast.contract()
    one = made.proposed(contract)
    with pytest.raises(Refused, match="Only the signatory or the accounting officer"):
        made.confirmed(one, email=MANAGER)
    with pytest.raises(Refused, match="not what was proposed"):
        terminating.confirm(one, shown_hash="0" * 64, by=cast.person(SIGNATORY), at=START)
    with pytest.raises(IntegrityError, match="nobody confirms a termination that they proposed"), transaction.atomic():
        forge(one, f"state = 'given', confirmed_by = '{one.proposed_by}'")
    with pytest.raises(IntegrityError, match="is confirmed when it is given"), transaction.atomic():
        forge(one, "confirmed_by = gen_random_uuid()")
    assert made.confirmed(one, email=OFFICER).confirmed_post == "accounting_officer"
    with pytest.raises(IntegrityError, match="who confirmed a notice of termination stays"), transaction.atomic():
        forge(one, "confirmed_by = gen_random_uuid()")


def forge(one: Termination, setting: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE contracts_termination SET {setting} WHERE id = %s", [one.pk])


@pytest.mark.world("executed")
def test_a_notice_that_is_withdrawn_changes_nothing_and_what_is_not_confirmed_lapses():
    contract = cast.contract()
    before = ledger(contract)
    one = made.given(contract)
    with pytest.raises(Refused, match="Only the signatory or the accounting officer"):
        terminating.withdraw(one, reason="Settled.", by=cast.person(MANAGER), at=START)
    with pytest.raises(Refused, match="both sides read it"):
        terminating.withdraw(one, reason=" ", by=cast.person(SIGNATORY), at=START)
    assert terminating.withdraw(one, reason="Settled.", by=cast.person(OFFICER), at=START).state == "withdrawn"
    assert terminating.take_effect(one, at=on(MID_MONTH)).state == "withdrawn"
    told = Email.objects.filter(template__endswith="termination_withdrawn.txt").values_list("recipient", flat=True)
    assert {SERVICE, MANAGER, "supplier.signatory@fujitsu.example"} <= set(told)
    other = made.proposed(contract, insolvent(MID_MONTH))
    assert f"{other} is lapsed" in periodic.run(on(MID_MONTH))
    assert not Email.objects.filter(template__endswith="not_given.txt", recipient__endswith="fujitsu.example").exists()
    assert (cast.fresh(contract).state, ledger(contract)) == ("executed", before)
    assert broken(INVARIANTS) == []


@pytest.mark.world("executed")
def test_a_ground_is_shown_and_a_break_cost_is_of_convenience_and_has_a_most():
    contract = cast.contract()
    for what, words in (
        (asked(words=" "), "Say why the contract is to end"),
        (asked(ground="default", basis="", break_cost=Decimal(0)), "what that ground rests on"),
        (asked(ground="default", basis="breach", break_cost=Decimal(0)), "what that ground rests on"),
        (asked(ground="default", basis="critical_level", break_cost=Decimal(0)), "below its critical figure"),
        (asked(ground="default", basis="late_milestone", milestone=moved.milestone(3), break_cost=Decimal(0)), "more than 60 days late"),
        (asked(ground="default", basis="material"), "Only an end for convenience has a break cost"),
        (asked(ground="procurement", basis="excluded", break_cost=Decimal(0)), "what the supplier was told beforehand"),
        (asked(break_cost_words=""), "proven the break cost"),
        (asked(break_cost=Decimal("560287.81")), "at most three months' charges of what is ended: £560,287.80"),
        (asked(effective_on=START.date() + timedelta(days=90)), "90 whole days of notice: its last day is 30 December 2007 at the earliest"),
        (insolvent(START.date()), "the last day is 1 October 2007 at the earliest"),
        (insolvent(contract.starts_on), "which is its last day at the earliest"),
        (insolvent(contract.ends_on + timedelta(days=1)), "ends by itself"),
        (asked(ground="whim"), "Choose the ground"),
    ):
        with pytest.raises(Refused, match=words):
            made.proposed(contract, what)
    assert not Termination.objects.exists()
    failed = asked(ground="default", basis="late_milestone", milestone=moved.milestone(3), break_cost=Decimal(0))
    late = on(moved.milestone(3).due_on + timedelta(days=61))
    one = made.given(contract, failed, at=late)
    assert one.document.payload["notice"]["milestone"]["number"] == "M3"
    with pytest.raises(Refused, match="Termination T1 is notice given already"):
        made.proposed(contract, at=late)



@pytest.mark.world("executed")
def test_no_notice_is_given_on_a_ground_that_has_gone_since():
    contract, nothing = cast.contract(), Decimal(0)
    late = on(moved.milestone(3).due_on + timedelta(days=61))
    with undone():
        one = made.proposed(contract, asked(ground="default", basis="late_milestone", milestone=moved.milestone(3), break_cost=nothing), at=late)
        delivery.move_due_day(moved.milestone(3), late.date(), reason="A strike.", by=cast.person(MANAGER), at=late)
        with pytest.raises(Refused, match="Milestone M3 is planned, due on .*: it has not failed, nor is it more than 60 days late"):
            made.confirmed(one, at=late)
    with undone():
        levels_cast.confirmed(contract, {"SD-S-FIX": "1"})
        (level,) = ending_guards.critical_levels(contract)
        one = made.proposed(contract, asked(ground="default", basis="critical_level", level=level, break_cost=nothing), at=levels_cast.AFTER)
        with undone():
            assert made.confirmed(one, at=levels_cast.AFTER).state == "given"
        measuring.correct(contract, levels_cast.MONTH, levels_cast.measured(contract), reason="Counted.", by=cast.person(MANAGER), at=levels_cast.AFTER)
        with pytest.raises(Refused, match="in April 2008 was calculated anew after it was proposed"):
            made.confirmed(one, at=levels_cast.AFTER)
    one = made.proposed(contract, asked(break_cost=Decimal("560287.80")))
    cast.add_volume("seats", 1500)
    paper.noticed(cast.fresh(contract))
    with pytest.raises(Refused, match="at most three months' charges of what is ended: £[0-9,.]+"):
        made.confirmed(one)


@pytest.mark.world("executed")
def test_services_that_run_on_are_charged_at_the_last_price_and_told_of_once_a_day():
    contract = made.expired(cast.contract())
    end, before = contract.ends_on, ledger(contract)
    with pytest.raises(Refused, match="Choose the services that run on"):
        made.ran_on(contract, services=("CORE-01", "TRN-01"))
    running = made.ran_on(contract)
    prices = {"CORE-01": Decimal("74.88"), "CORE-02": Decimal("99.84")}
    month = [line for line in terms.put_together(terms.read(contract))[-1].lines if line.line.service.code in prices and line.monthly]
    assert {line.line.service.code: line.unit_price for line in month} == prices
    full = sum(line.monthly for line in month)

    def extra() -> dict[date, Decimal]:
        return {first: amount for first, amount in by_month(contract).items() if first > end}

    first = end + timedelta(days=1)
    assert extra() == {first: full}
    days = [end + timedelta(days=number) for number in (1, 1, 2, 2, 33, 33)]
    for day in days:
        periodic.run(on(day))
    told = Email.objects.filter(template__endswith="/running_on.txt", recipient=SERVICE)
    assert told.count() == 3 == Email.objects.filter(template__endswith="/running_on.txt", recipient=MANAGER).count()
    second = (first + timedelta(days=31)).replace(day=1)
    assert extra() == {first: full, second: full}
    with pytest.raises(Refused, match="not one to come"):
        running_on.stop(running, on(end).date() + timedelta(days=40), reason="Off.", by=cast.person(SERVICE), at=on(days[-1]))
    assert broken(INVARIANTS) == []
    last = first + timedelta(days=9)
    stopped = running_on.stop(running, last, reason="Switched off.", by=cast.person(SERVICE), at=on(days[-1]))
    said = [str(one.words) for one in ending_guards.why_not_close(cast.fresh(contract), by=cast.person(MANAGER), at=on(last))]
    assert said[0].startswith(f"{first:%B %Y} is not over"), "the month of the stop"
    after = extra()
    whole = (second - first).days
    assert after == {first: sum(((line.monthly * 10 / whole).quantize(Decimal("0.01")) for line in month), Decimal(0))}
    assert {key: amount for key, amount in ledger(contract).items() if key[1] <= end} == before
    assert (stopped.state, cast.fresh(contract).ends_on) == ("stopped", end)
    periodic.run(on(days[-1] + timedelta(days=5)))
    assert told.count() == 3
    assert broken(INVARIANTS) == []


@pytest.mark.world("executed")
def test_the_exit_is_done_item_by_item_and_then_the_contract_is_closed():
    contract = made.in_effect(cast.contract(), insolvent(FIRST_MONTH)).contract
    at, month = on(FIRST_MONTH), FIRST_MONTH.replace(day=1)
    with pytest.raises(Refused, match="“Return the data” comes first"):
        made.done(contract, "data_usable", at)
    with pytest.raises(Refused, match="It is needed as long as “Return the data” is"):
        exiting.leave_out(made.item(contract, "data_usable"), reason="No.", by=cast.person(MANAGER), at=at)
    with pytest.raises(Refused, match="Only the service manager or the account manager"):
        exiting.do(made.item(contract, "data_return"), words="x", by=cast.person(MANAGER), at=at)
    with pytest.raises(Refused, match="Milestone M1 is planned"):
        exiting.close(contract, by=cast.person(MANAGER), at=at)
    for code in ("data_return", "data_usable", "data_deleted", "knowledge", "access", "final_return", "final_invoice"):
        made.done(contract, code, at)
    exiting.leave_out(made.item(contract, "assets"), reason="There are none.", by=cast.person(MANAGER), at=at)
    with pytest.raises(Refused, match="It is done already"):
        made.done(contract, "knowledge", at)
    for one in contract.milestones.all():
        delivery.fail(one, reason="The contract has ended.", by=cast.person(MANAGER), at=at)
    with pytest.raises(Refused, match="no sealed certificate"):
        exiting.close(contract, by=cast.person(MANAGER), at=at)
    with pytest.raises(IntegrityError, match="already|closed after its exit"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE contracts_exit SET number = NULL, document_id = NULL")
        cursor.execute("UPDATE contracts_contract SET state = 'closed'")
    paper.return_certified(cast.fresh(contract).exit)
    with pytest.raises(Refused, match="November 2007 is not over: what it comes to is measured and invoiced from 1 December 2007 on"):
        exiting.close(contract, by=cast.person(MANAGER), at=at)
    with pytest.raises(Refused, match="The service levels of 1 month are not confirmed: November 2007"):
        exiting.close(contract, by=cast.person(MANAGER), at=SETTLED)
    made.levels_confirmed(contract)
    assert exiting.close(contract, by=cast.person(MANAGER), at=SETTLED).state == "closed"
    assert (contract.framework_id, contract.supplier_id, month) in money_queries.returns_to_make(date(2007, 12, 1))
    assert [one.contract for one in returning.lines_of(contract.framework, contract.supplier, month)] == [contract], "it was charged in it"
    assert broken(INVARIANTS) == []


@pytest.mark.world("executed")
def test_what_was_done_for_an_earlier_end_is_done_anew_for_the_later_one():
    contract = cast.contract()
    one = made.given(contract)
    for code in ("data_return", "data_usable", "knowledge"):
        made.done(contract, code, START)
    with pytest.raises(Refused, match="It is done already"):
        made.done(contract, "data_return", START)
    with undone():
        terminating.take_effect(one, at=on(MID_MONTH))
        made.done(contract, "data_deleted", on(MID_MONTH))
    terminating.withdraw(one, reason="Settled.", by=cast.person(SIGNATORY), at=START)
    contract = made.expired(contract)
    at = made.over(contract)
    with pytest.raises(Refused, match="“Confirm that the data can be used” comes first"):
        made.done(contract, "data_deleted", at)
    with pytest.raises(Refused, match="“Return the data” comes first"):
        made.done(contract, "data_usable", at)
    assert "“Pass on the knowledge” is not done." in [str(one.words) for one in ending_guards.why_not_close(contract, by=cast.person(MANAGER), at=at)]
    for code in ("data_return", "data_usable", "data_deleted"):
        made.done(contract, code, at)
    assert {act["at"][:4] for act in cast.fresh(contract).exit.document.payload["certificate"]["acts"]} == {"2012"}
    assert made.item(contract, "data_return").acts.count() == 2, "what was done stays to be read"
    assert broken(INVARIANTS) == []


@pytest.mark.world("executed")
def test_before_the_end_those_who_run_it_are_reminded_once_each_and_again_of_another_end():
    contract = cast.contract()
    end = contract.ends_on

    def told(days: int) -> int:
        periodic.run(on(end - timedelta(days=days)))
        periodic.run(on(end - timedelta(days=days)))
        return Email.objects.filter(template__endswith="end_nears.txt", recipient=MANAGER).count()

    assert [told(days) for days in (181, 180, 179, 90, 31, 30, 1)] == [0, 1, 1, 2, 2, 3, 3]
    assert Email.objects.filter(template__endswith="end_nears.txt", recipient=SERVICE).count() == 3
    assert contract.end_reminders.count() == 3 and cast.fresh(contract).exit.items.count() == 8


@pytest.mark.world("executed")
def test_a_reminder_that_is_late_is_one_of_the_last_day_count_that_was_reached():
    contract = cast.contract()
    periodic.run(on(contract.ends_on - timedelta(days=20)))
    assert Email.objects.filter(template__endswith="end_nears.txt", recipient=MANAGER).count() == 1
    assert contract.end_reminders.count() == 3


@pytest.mark.world("executed")
def test_a_variation_of_a_contract_that_is_terminated_lapses_or_never_takes_effect():
    contract = cast.contract()
    executed = paper.variation_executed(varied.decided(varied.submitted("VAR-01")))
    waiting = varied.decided(varied.submitted("VAR-02"), steps=3)
    day = executed.revision.effective_on - timedelta(days=10)
    made.in_effect(contract, insolvent(day))
    after = by_month(contract)
    assert max(after) == day.replace(day=1)
    periodic.run(on(executed.revision.effective_on))
    assert (cast.fresh(executed).state, cast.fresh(waiting).state) == ("executed", "lapsed")
    assert by_month(contract) == after
    charged = contract.call_off.capacity_entries.aggregate(total=Sum("committed_delta_gbp"))["total"]
    assert charged == sum(after.values()), "what the variation committed is released too"
    assert broken(INVARIANTS) == []


def day_by_day(before: list, first: date, last: date) -> Iterator[tuple[date, Counter]]:
    """Each day with the days that each line, which is charged by the month, has stood in a month up to the day before: counted one
    after the other, by nothing of ``charges`` but the lines themselves."""
    counted: Counter[tuple[int, Decimal, date]] = Counter()
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    for day in days:
        yield day, counted
        (*_earlier, now) = [one for one in before if one.effective_from <= day]
        for line in now.lines:
            if line.monthly is not None and line.starts_on <= day <= (line.ends_on or day):
                counted[line.number, line.monthly, day.replace(day=1)] += 1


def summed(counted: Counter) -> dict[date, Decimal]:
    exact: dict[tuple[int, date], Fraction] = defaultdict(Fraction)
    for (number, monthly, month), days in counted.items():
        exact[number, month] += Fraction(monthly) * days / ((month + timedelta(days=31)).replace(day=1) - month).days
    found: dict[date, Decimal] = defaultdict(Decimal)
    for (_number, month), amount in exact.items():
        found[month] += (Decimal(amount.numerator) / amount.denominator).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return found


@pytest.mark.world("executed")
def test_whatever_its_day_a_notice_charges_the_days_before_it_and_no_other():
    """Twenty days from the first to the last of the contract, in months of every length, with a variation in between, against a sum
    of days; what had begun by the month is charged by its days, and what is budgeted in the months before it."""
    contract = cast.contract()
    paper.variation_executed(varied.decided(varied.submitted("VAR-01")))
    changes = terms.read(contract)
    before = terms.put_together(changes)
    whole = charges.by_line_and_month(terms.ledger(before))
    recurring = {line.number for one in before for line in one.lines if line.monthly is not None}
    step = (contract.ends_on - contract.starts_on).days // 20
    for first, counted in day_by_day(before, contract.starts_on, contract.ends_on):
        if (first - contract.starts_on).days % step != 7:
            continue
        one = Termination(contract=contract, number=1, effective_on=first, break_cost_gbp=BREAK_COST)
        after = charges.by_line_and_month(terms.ledger(ending_terms.ended(changes, contract, one)))
        assert after.pop((charges.BREAK_COST_LINE, first.replace(day=1))) == BREAK_COST
        charged: dict[date, Decimal] = defaultdict(Decimal)
        for (line, month), amount in after.items():
            if line in recurring:
                charged[month] += amount
            else:
                assert amount == whole[line, month] and month < first
        assert {month: amount for month, amount in charged.items() if amount} == summed(counted), first


@pytest.mark.world("executed")
def test_who_keeps_out_of_the_order_neither_proposes_its_end_nor_gives_notice():
    contract = cast.contract()
    approval = contract.revision.approval
    step = approval.steps.first()
    for email in (MANAGER, SIGNATORY):
        by = cast.person(email)
        Recusal.objects.create(subject=approval.subject, subject_id=approval.subject_id, step=step, user=by.user, person_id=by.person_id,
                               name=by.words, reason="My brother.", declared_at=START)  # fmt: skip
    contract = cast.fresh(contract)
    with pytest.raises(Refused, match="declared a conflict of interest"):
        made.proposed(contract)
    cast.give_post("requester@dius.example", "DIUS", "contract_manager")
    one = made.proposed(contract, email="requester@dius.example")
    with pytest.raises(Refused, match="declared a conflict of interest"):
        made.confirmed(one)
    with pytest.raises(IntegrityError, match="keeps out of the order"), transaction.atomic():
        forge(one, f"state = 'given', confirmed_by = '{cast.person(SIGNATORY).person_id}', confirmed_at = now(), notice = 'TN-2007-000001',"
                   f" document_id = {contract.document_id}")  # fmt: skip
    cast.give_post("requester@dius.example", "DIUS", "accounting_officer")
    with pytest.raises(Refused, match="a second person confirms it"):
        made.confirmed(one, email="requester@dius.example")
    assert made.confirmed(one, email=OFFICER).state == "given"


@pytest.mark.world("executed")
def test_no_further_order_builds_on_a_contract_that_was_ended_by_notice():
    contract = cast.contract()
    order, before = cast.drafted(), MID_MONTH - timedelta(days=1)
    assert contracted.in_force(order, MID_MONTH).get() == contract.call_off
    one = made.given(contract)
    assert contracted.in_force(order, before).exists() and not contracted.in_force(order, MID_MONTH).exists()
    terminating.take_effect(one, at=on(MID_MONTH))
    assert not contracted.lots(order, MID_MONTH)


@pytest.mark.world("executed")
def test_what_was_done_in_time_is_settled_after_the_end():
    """A cutover that was submitted before the notice's day, and the last month: decided and reported after it, at their own days."""
    contract = cast.contract()
    first, day, ends = contract.starts_on, date(2008, 4, 10), date(2008, 5, 1)
    moved.submitted(moved.milestone(2), on(first))
    moved.accepted(moved.milestone(2), first, on(first))
    moved.submitted(moved.milestone(8), on(day))
    one = made.in_effect(contract, insolvent(ends))
    after = on(date(2008, 5, 6))
    assert terms.read(cast.fresh(contract))[-1][0].kind == "termination"
    moved.accepted(moved.milestone(8), day, after)
    assert max(by_month(contract)) == date(2008, 4, 1), "the end stands"
    interim = {line.number for line in terms.put_together(terms.read(contract))[0].lines if line.line.phase == "interim"}
    assert {amount > 0 for (line, month), amount in ledger(contract).items() if line in interim and month == date(2008, 4, 1)} <= {True}
    confirmed = levels_cast.confirmed(cast.fresh(contract))
    assert confirmed.month == date(2008, 4, 1) and cast.fresh(one).contract.state == "terminated"
    assert broken(INVARIANTS) == []


@pytest.mark.world("executed")
def test_who_is_to_confirm_a_termination_is_reminded_like_whoever_else_is_waited_for():
    contract = cast.contract()
    one = made.proposed(contract)
    due = working_days.due(one.state_since, 2)
    procurement_periodic.run(due - timedelta(seconds=1))
    assert not Reminder.objects.filter(subject__startswith="contract_termination").exists()
    procurement_periodic.run(due)
    assert Reminder.objects.get(subject=f"contract_termination:{one.pk}").told == cast.person(SIGNATORY).words


@pytest.mark.world("executed")
def test_the_last_signature_of_a_variation_goes_before_the_end():
    """Signed by all three, and its document not closed yet: the notice, and the last day, wait for it."""
    contract = cast.contract()
    variation = paper.variation_archived(varied.decided(varied.submitted("VAR-01")))
    one = made.given(contract, insolvent(MID_MONTH))
    assert terminating.take_effect(one, at=on(MID_MONTH)).state == "given"
    assert exiting.expire(contract, at=made.over(contract)).state == "executed"
    variation_issuing.execute(variation, at=on(MID_MONTH))
    assert terminating.take_effect(one, at=on(MID_MONTH)).state == "in_effect"
    assert broken(INVARIANTS) == []
