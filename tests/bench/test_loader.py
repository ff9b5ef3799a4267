"""What the bench measures on is what an instance would hold: the invariants, and lists that cost the same with more."""

import pytest

from bench import lists, originals, pages
from bench.loader import LEFT_OUT
from documents.management.commands.check_invariants import FILE, broken, read
from procurement.models import CallOff, CallOffState
from tests import cast
from tests.databases import CLUSTER, sql

S = CallOffState
STATES = (S.WITHDRAWN, S.RETURNED, S.CONTRACTED, S.WITH_SUPPLIER, S.AUTHORITY_APPROVAL)
FEW, MANY = 60, 500


@pytest.fixture
def both(committed_db):
    """Databases with few and with many orders, half of them DIUS's, the states alike often."""
    made = dict.fromkeys(originals.made(STATES), 1)
    names = []
    try:
        for orders in (FEW, MANY):
            names.append(lists.loaded(CLUSTER, committed_db, made, orders, departments=8, share=500)[0])
        yield names
    finally:
        for name in names:
            sql(f"DROP DATABASE {name} WITH (FORCE)")


def test_loaded_orders_hold_the_invariants_and_every_list_of_them_costs_the_same_with_more(both):
    few, many = both
    with lists.reading(many):
        assert CallOff.objects.count() == MANY + len(STATES)
        assert CallOff.objects.exclude(department=cast.dius()).exists()
        assert {one.name for one, _rows in broken(read(FILE.read_text(encoding="utf-8")))} == LEFT_OUT
    with lists.reading(few):
        wanted = {
            name: page for name, page in (pages.lists() | pages.counts()).items()
            if name.startswith("lead") or name.endswith(("home", "latest", "contracts", "framework"))
        }  # fmt: skip
    assert lists.statements(many, wanted) == lists.statements(few, wanted)
    assert lists.tick(many) > 0, "nothing falls due on the first day"
