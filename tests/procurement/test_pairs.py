"""Every two actions that can meet do meet on real connections: each is done or gets words, nothing else is raised, every change
of state begins where the last one ended, and the database holds its invariants. What a pair of weight must leave stands in
``test_races`` and its neighbours.

The suite lets each action meet itself and one other; ``FLEX_MOMENTS=6`` all of them, at so many moments, for an hour."""

import os
from collections.abc import Callable
from itertools import cycle, product

import pytest

from documents.management.commands.check_invariants import broken
from documents.models import StateChange
from procurement import agreements, framework_life, releasing
from tests import cast
from tests.machines import Machine, NoAddress
from tests.machines.frameworks import MANAGER, PROPOSED
from tests.machines.tables import MACHINES
from tests.procurement import release_cast as releases
from tests.procurement.test_races import INVARIANTS, Race, race  # noqa: F401 - the fixture

ALL_PAIRS = "FLEX_MOMENTS" in os.environ
MOMENTS = int(os.environ.get("FLEX_MOMENTS", "1"))
TABLES = "(procurement|contracts|documents|catalogue)_"
OF_THE_MARKET = ("call_off", "query", "clarification", "counter_proposal", "exception", "accession", "framework", "catalogue_release")
OF_A_WORKER = {"issue"}  # a document's: a job that two workers never have at once
Act = Callable[[], object]


def reached(machine: Machine, state: str):
    source, reach = machine.states[state]
    thing = reached(machine, source) if source is not None else None
    return cast.fresh(reach(cast.fresh(thing) if thing is not None else None))


def acts_in(name: str, state: str, thing) -> dict[str, Act]:
    found = {
        called: action.act for called, action in MACHINES[name].actions.items()
        if {state, state.partition(",")[0]} & {*action.states} and called not in OF_A_WORKER
    }  # fmt: skip
    return {f"{name} {called}": lambda act=act: acted(act, thing) for called, act in found.items()}


def acted(act: Callable[..., object], thing):
    """A table looks for what is acted on (a file, a question) when it acts: the other may have taken it away before."""
    try:
        return act(thing)
    except NoAddress:
        return None


def meet(running: Race, pairs, acts: dict[str, Act]) -> list[str]:
    """What is wrong with what they left."""
    wrong = []
    for first, second in pairs:

        def after(results, met=f"{first} x {second}"):
            if ALL_PAIRS:
                wrong.extend(f"{met}: {results} {found}" for found in broken(INVARIANTS))
            now: dict[tuple[str, int], str] = {}
            for machine, row, source, target in StateChange.objects.order_by("id").values_list("machine", "row_id", "source", "target"):
                if now.get((machine, row), source) != source:
                    wrong.append(f"{met}: {machine} {row} went {source} -> {target}")
                now[machine, row] = target

        try:
            running.between(acts[first], acts[second], after, moments=MOMENTS)
        except Exception as error:  # noqa: BLE001 - told with the others
            wrong.append(f"{first} x {second}: {type(error).__name__} {error}")
            running.rewind.back()
    return wrong


def several(name: str, state: str) -> bool:
    return sum(bool({state, state.partition(",")[0]} & {*action.states}) for action in MACHINES[name].actions.values()) > 2


CASES = [(name, state) for name in OF_THE_MARKET for state in MACHINES[name].states if several(name, state)]


@pytest.mark.parametrize(("name", "state"), CASES, ids=lambda one: one)
def test_whatever_meets_on_one_thing_is_done_or_told_why_not(race, name, state):  # noqa: F811
    acts = acts_in(name, state, reached(MACHINES[name], state))
    names = list(acts)
    pairs = product(names, names) if ALL_PAIRS else [*zip(names, names, strict=True), *zip(names, names[1:] + names[:1], strict=True)]
    assert meet(race(tables=TABLES), pairs, acts) == []


def membership_acts() -> dict[str, Act]:
    member, by = cast.framework().accessions.get(department=cast.dius()), cast.person(MANAGER)
    return {
        "membership suspend": lambda: agreements.suspend(member, reason="Dues.", by=by, at=cast.START),
        "membership end": lambda: agreements.end(member, reason="Merged.", by=by, at=cast.START),
    }


def framework_acts() -> dict[str, Act]:
    """Of one in force whose termination is proposed: all but the proposal."""
    framework_life.propose_termination(cast.framework(), reason="Insolvent.", by=cast.person(MANAGER), at=cast.START)
    return acts_in("framework", PROPOSED, cast.framework())


def release_acts() -> dict[str, Act]:
    release = releases.scheduled(CORE_01="70.20")
    return {"release go live": lambda: releasing.go_live(release, at=releases.MIDNIGHT)}


AROUND = [
    *[("call_off", state) for state in ("draft", "department_approval", "authority_approval", "with_supplier", "counter_proposed")],
    ("clarification", "open"), ("exception", "asked"),
    *[("accession", state) for state in ("engaged", "applied", "in_review", "in_review, recommended", "information_requested", "agreement_issued", "active")],
    *[("catalogue_release", state) for state in ("draft", "submitted", "approved", "scheduled")],
]  # fmt: skip


@pytest.mark.parametrize(("name", "state"), AROUND, ids=lambda one: one)
def test_whatever_meets_what_is_around_it_is_done_or_told_why_not(race, name, state):  # noqa: F811
    around = release_acts() if name == "call_off" else {}
    own = acts_in(name, state, reached(MACHINES[name], state))
    around |= framework_acts() | (membership_acts() if name in ("call_off", "clarification", "exception") else {})
    pairs = [*product(own, around)] if ALL_PAIRS else [*zip(own, cycle(around), strict=False), *zip(cycle(own), around, strict=False)]
    if ALL_PAIRS:
        ways = [way for one, other in pairs for way in ((one, other), (other, one))]
    else:  # each comes first in turn
        ways = [(one, other) if place % 2 else (other, one) for place, (one, other) in enumerate(pairs)]
    assert meet(race(tables=TABLES), ways, own | around) == []
