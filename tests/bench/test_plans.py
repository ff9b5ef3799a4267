"""With thousands of orders each list finds its own by an index: no page reads all call-offs or contracts through."""

import json
from collections.abc import Callable, Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench import lists, originals, pages
from bench.order_flow import InProcess
from contracts import money_queries, savings_kept
from contracts.models import (
    Contract,
    ContractLine,
    ContractSavings,
    ContractVersion,
    LineChange,
    Milestone,
    MonthSavings,
)
from procurement import reminding
from procurement.models import CallOff, CallOffState
from tests import cast
from tests.databases import CLUSTER, sql

S = CallOffState
STATES = (S.WITHDRAWN, S.RETURNED, S.CONTRACTED, S.WITH_SUPPLIER, S.AUTHORITY_APPROVAL)
MANY = 3_000
LARGE = {
    model._meta.db_table
    for model in (CallOff, Contract, ContractSavings, MonthSavings, ContractVersion, ContractLine, LineChange, Milestone)
}
LISTS = ("home", "latest", "number", "purchase_order", "rare_state", "contracts", "contract_number", "contract_state", "search",
         "contracts_deep", "contracts_ending", "contracts_by_end", "charges", "savings", "savings_by_contract")  # fmt: skip


@pytest.fixture
def many(committed_db):
    made = dict.fromkeys(originals.made(STATES), 1)
    name, _seconds = lists.loaded(CLUSTER, committed_db, made, MANY, departments=40)
    try:
        yield name
    finally:
        sql(f"DROP DATABASE {name} WITH (FORCE)")


def read_through(plan: dict) -> Iterator[str]:
    """The large tables of which this part of a plan reads every row. What is read along only until a limit is full (the
    count of a supplier to whom nearly everything goes) is not read through."""
    if plan["Node Type"] == "Limit" and all(below["Plan Rows"] > plan["Plan Rows"] for below in plan["Plans"]):
        plan = plan | {"Plans": [below for below in plan["Plans"] if below["Node Type"] != "Seq Scan"]}
    if plan["Node Type"] in ("Seq Scan", "Parallel Seq Scan") and plan["Relation Name"] in LARGE:
        yield f"{plan['Relation Name']} ({plan['Plan Rows']} rows: {plan.get('Filter', 'all')})"
    for below in plan.get("Plans", ()):
        yield from read_through(below)


def plans_of(who: InProcess, address: str) -> Iterator[str]:
    """What the statements of a page read through."""
    who.get(address)  # what is read once a process is read by now
    yield from _plans(lambda: who.get(address))


def _plans(read: Callable[[], object]) -> Iterator[str]:
    with CaptureQueriesContext(connection) as asked:
        read()
    statements = [query["sql"] for query in asked if query["sql"].lstrip("( ").startswith(("SELECT", "WITH"))]
    assert any(table in statement for statement in statements for table in LARGE)
    with connection.cursor() as cursor:
        for statement in statements:
            if " FOR UPDATE" not in statement and " FOR SHARE" not in statement:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
                (found,) = cursor.fetchone()
                for plan in found if isinstance(found, list) else json.loads(found):
                    yield from read_through(plan["Plan"])


def test_no_list_reads_all_orders_or_contracts_through(many):
    with lists.reading(many):
        assert CallOff.objects.count() > MANY and Contract.objects.count() > MANY // 10
        people = {email: InProcess(email) for email in pages.READERS}
        wanted = {
            name: page for name, page in (pages.lists() | pages.counts()).items() if name.partition("_")[2] in LISTS and not name.startswith("lead")
        }  # fmt: skip
        assert {name.partition("_")[0] for name in wanted} == {"requester", "supplier", "approver"}
        found = {name: list(plans_of(people[email], address)) for name, (email, address) in wanted.items()}
    assert {name: read for name, read in found.items() if read} == {}


def test_the_clock_reads_no_contract_through_to_find_which_returns_and_savings_are_due(many):
    with lists.reading(many):
        assert list(_plans(lambda: money_queries.returns_to_make(cast.START.date()))) == []
        assert list(_plans(lambda: savings_kept.due(cast.START.date()))) == []


def test_the_clock_reads_no_order_contract_or_milestone_through_to_find_whom_to_remind(many):
    """At a moment at which nothing is due yet: it looks twice a minute."""
    with lists.reading(many):
        assert Milestone.objects.count() > MANY
        assert list(_plans(lambda: reminding.due(cast.START))) == []


def test_a_plan_that_reads_a_table_through_is_seen():
    scan = {"Node Type": "Seq Scan", "Relation Name": CallOff._meta.db_table, "Plan Rows": 9, "Filter": "(state = 'x')"}
    assert list(read_through({"Node Type": "Limit", "Plan Rows": 5, "Plans": [{"Node Type": "Sort", "Plan Rows": 9, "Plans": [scan]}]}))
    assert list(read_through({"Node Type": "Limit", "Plan Rows": 9, "Plans": [scan]})), "there is no more than that"
    assert not list(read_through({"Node Type": "Limit", "Plan Rows": 5, "Plans": [scan]}))
    assert not list(read_through({"Node Type": "Index Scan", "Relation Name": CallOff._meta.db_table}))
