"""The money of a contract's end: what its last months ask in invoices and returns, by a sum of days that is not the ledger's."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest

from catalogue.pricing import add_months
from contracts import billing, closing, invoice_guards, money_queries, returning, running_on, terms
from contracts.models import Invoice
from documents.management.commands.check_invariants import FILE, broken, read
from tests import cast, paper
from tests.contracts import ending_cast as made
from tests.contracts import money_cast as money

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("in_force")]
PENNY = Decimal("0.01")


def days_of(contract, month: date, days: int) -> Decimal:
    """What the lines charged by the month that stood before the end come to for so many days of a month, a line at a time."""
    before = terms.put_together(terms.without_end(terms.read(contract)))
    whole = (add_months(month, 1) - month).days
    lines = terms.as_of(before, month).lines
    amounts = (line.monthly * days / whole for line in lines if line.monthly is not None and line.starts_on <= month <= line.ends_on)
    return sum((amount.quantize(PENNY, ROUND_HALF_UP) for amount in amounts), Decimal(0))


def of(contract, month: date):
    return contract.framework_id, contract.supplier_id, month


def test_the_month_of_a_termination_asks_for_its_days_and_the_break_cost():
    contract = made.in_effect(paper.in_force()).contract
    month = made.MID_MONTH.replace(day=1)
    asked = days_of(contract, month, made.MID_MONTH.day - 1) + made.BREAK_COST
    assert billing.of_services(terms.put_together(terms.read(contract)), month) == asked
    assert of(contract, month) in money_queries.returns_to_make(add_months(month, 1))
    assert of(contract, add_months(month, 1)) not in money_queries.returns_to_make(add_months(month, 2))
    found = returning.make(contract.framework, contract.supplier, month, at=money.moment(date(2009, 3, 2)))
    assert [(line.charges_gbp, line.is_last) for line in found.lines.all()] == [(asked, True)]
    assert broken(read(FILE.read_text(encoding="utf-8"))) == []


def test_the_clock_announces_the_return_of_the_month_of_a_break_cost():
    made.in_effect(paper.in_force(), made.asked(effective_on=date(2009, 4, 1)))
    assert money_queries.next_return(date(2009, 4, 10)) == date(2009, 5, 1)
    assert money_queries.next_return(date(2009, 5, 10)) is None


def test_what_runs_on_without_a_contract_is_invoiced_and_declared_until_it_stops():
    contract = made.expired(paper.in_force())
    november = contract.ends_on + timedelta(days=1)
    assert of(contract, november) not in money_queries.returns_to_make(add_months(november, 2))
    made.ran_on(contract)
    later = add_months(november, 1)
    wanted = {of(contract, november), of(contract, later)}
    assert wanted <= set(money_queries.returns_to_make(add_months(november, 2)))
    against = closing.why_not_close(cast.framework(), by=cast.person("framework.manager@co.example"), at=made.on(november))
    said = [str(one.words) for one in against]
    assert f"Services of {contract.number} run on without a contract." in said
    assert {f"The management information of {month} 2012 is not made yet." for month in ("October", "November")} <= set(said)

    def reasons(month: date) -> list[str]:
        said = {"reference": "FS-9", "month": month, "net": Decimal(1), "vat": Decimal(0), "gross": Decimal(1)}
        days = {"invoiced_on": add_months(month, 1), "received_on": add_months(month, 1)}
        at = made.on(add_months(month, 1))
        return [str(one.words) for one in invoice_guards.why_not_so(cast.fresh(contract), **said, **days, at=at)]

    assert reasons(november) == []
    assert "The contract ended on 31 October 2012: nothing was due in that month." in reasons(later), "it is not charged ahead"


def test_what_was_paid_of_days_that_were_not_worked_comes_off_the_next_invoice_once():
    contract = made.expired(paper.in_force())
    running = made.ran_on(contract)
    september, october, november = date(2012, 9, 1), date(2012, 10, 1), date(2012, 11, 1)
    on = date(2012, 12, 5)

    def services(month: date) -> Decimal:
        return billing.of_services(terms.put_together(terms.read(contract)), month)

    def asked(month: date, net: Decimal, reference: str) -> Invoice:
        percent = billing.due(Invoice(contract=contract, month=month, reference=reference), on).vat_percent
        said = {"invoiced_on": on, "received_on": on, "net": net, "vat": billing.vat(net, percent)}
        return money.recorded(cast.fresh(contract), reference=reference, month=month, at=made.on(on), **said)

    before = services(november)
    assert asked(november, before, "FS-1").state == "matched"
    running_on.stop(running, date(2012, 11, 28), reason="Off.", by=cast.person(made.SERVICE), at=made.on(on))
    too_much = before - services(november)
    assert 0 < too_much < services(october) and billing.overpaid(contract, on) == too_much
    assert asked(october, services(october), "FS-2").state == "queried"
    right = asked(october, services(october) - too_much, "FS-3")
    assert (right.state, right.checks.get().overpaid_gbp) == ("matched", too_much)
    assert asked(september, services(september), "FS-4").state == "matched", "it is taken back once"
    assert billing.overpaid(contract, on) == 0
    rest = asked(october, too_much, "FS-5")
    assert (rest.state, rest.checks.get().net_gbp) == ("queried", 0), "and what took it back is not asked for again"
    assert broken(read(FILE.read_text(encoding="utf-8"))) == []
