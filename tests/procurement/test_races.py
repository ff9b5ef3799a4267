"""Two people act at one moment on real connections: one effect, the other gets words.

One acts before each statement of the other in turn, and where money or a signature hangs on it both also start at once, again
and again. Every time starts from the same rows, put back as they were before the first one.
"""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from math import ceil
from threading import Barrier

import psycopg2
import pytest
from django.db import connection, connections

from config.embedded_pg import SUPERUSER
from contracts import formation, rerating
from contracts.models import Contract
from documents import store
from documents.management.commands.check_invariants import FILE, broken, read
from documents.models import SigningIntent
from documents.refusal import Refused
from procurement import access, approval, countering, membership, workflow
from procurement.models import CallOff, CapacityAccount, CounterProposal, Decision, Recusal
from tests import cast, paper
from tests.databases import CLUSTER
from tests.procurement.test_joining_races import meeting

ROUNDS = int(os.environ.get("FLEX_ROUNDS", "50"))  # of both at once, where money or a signature hangs on it
MOMENTS = int(os.environ.get("FLEX_MOMENTS", "6"))  # at which one comes between the other's statements; 1000: at all
ALL = 1000
INVARIANTS = read(FILE.read_text(encoding="utf-8"))


# Which tables are written, so that the others need not be put back.
_NOTING = """
    CREATE SCHEMA before;
    CREATE TABLE before.written (name text);
    CREATE FUNCTION before.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN INSERT INTO before.written VALUES (TG_TABLE_NAME); RETURN NULL; END $$;
"""


class Rewind:
    """The database as it stands now, and a way back to it that no trigger of ours sees (as the superuser)."""

    def __init__(self, database: str, tables: str):
        self.connection = psycopg2.connect(host=str(CLUSTER.socket), user=SUPERUSER, dbname=database)
        self.connection.autocommit = True
        self._do("SET session_replication_role = replica")
        rows = self._do(f"SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename ~ '^({tables})'")
        self._do(_NOTING)
        for (name,) in rows:
            self._do(
                f'CREATE TABLE before."{name}" AS TABLE public."{name}";'
                f'CREATE TRIGGER is_written AFTER INSERT OR UPDATE OR DELETE ON public."{name}" EXECUTE FUNCTION before.note()'
            )

    def _do(self, statement: str) -> list:
        with self.connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def blocked(self) -> bool:
        """Whether one of the two waits for the other."""
        return self._do("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0") != []

    def back(self) -> None:
        written = self._do("SELECT DISTINCT name FROM before.written")
        self._do(
            "BEGIN;"
            + "".join(
                f'DELETE FROM public."{name}"; INSERT INTO public."{name}" SELECT * FROM before."{name}";'
                for (name,) in written
            )
            + "TRUNCATE before.written; COMMIT"
        )


class Race:
    """Two threads, each with a connection that stays open, let go at one moment. ``tables`` is what
    the names of those begin with that the acts write, and that are put back."""

    def __init__(self, database: str, tables: str = "(procurement|contracts|documents)_|catalogue_framework$"):
        self.rewind = Rewind(database, tables)
        self.pool = ThreadPoolExecutor(2)
        self.looked = 0

    def run(self, first, second, after, *, rounds: int = 0) -> None:
        """Each comes ``between`` the other's statements, then ``rounds`` times both at once. ``after(results)`` looks at
        what each left; a result is "done" or the words of the refusal."""
        self.between(first, second, after)
        if second is not first:
            self.between(second, first, lambda results: after(results[::-1]))
        for number in range(rounds):
            start = Barrier(2)
            acts = (first, second) if number % 2 else (second, first)
            futures = [self.pool.submit(self._one, act, start) for act in acts]
            found = [future.result(timeout=60) for future in futures]
            self._look(after, tuple(found if number % 2 else reversed(found)))

    def between(self, act, other, after, *, moments: int = MOMENTS) -> None:
        """``other`` comes before a statement of ``act`` and goes as far as the locks let it: before each in turn, or before
        ``moments`` of them, evenly, where there are more."""
        statements = self._met(act, lambda statement: None)
        self.rewind.back()
        for moment in range(0, statements, max(1, ceil(statements / moments))):
            came = []

            def slip_in(statement, moment=moment, came=came):
                if statement == moment:
                    came.append(self.pool.submit(self._one, other))
                    latest = time.monotonic() + 30
                    while not came[0].done() and not self.rewind.blocked():
                        assert time.monotonic() < latest, "it waits for something that is not the database's"
                        time.sleep(0.001)

            self._met(act, slip_in)
            if came:  # the first time asks for more: what a process keeps, it reads once
                self._look(after, (self.told, came[0].result(timeout=60)))
            else:
                self.rewind.back()

    def _met(self, act, slip_in) -> int:
        """Acts, ``slip_in`` called before each statement with its number; how many there were. What was ``told`` is kept."""
        numbers = count()

        def watched(execute, sql, params, many, context):
            slip_in(next(numbers))
            return execute(sql, params, many, context)

        def met() -> str:
            with connection.execute_wrapper(watched):
                return self._one(act)

        self.told = self.pool.submit(met).result(timeout=60)
        return next(numbers)

    def _look(self, after, results: tuple[str, str]) -> None:
        after(results)
        self.looked += 1
        if self.looked % 20 == 1:
            assert broken(INVARIANTS) == []
        self.rewind.back()

    @staticmethod
    def _one(act, start: Barrier | None = None) -> str:
        if start:
            start.wait(timeout=60)
        try:
            act()
        except Refused as refused:
            return " ".join(str(reason.words) for reason in refused.reasons)
        return "done"

    def close(self) -> None:
        for _ in range(2):
            self.pool.submit(connections.close_all)
        self.pool.shutdown()
        self.rewind.connection.close()


@pytest.fixture
def race(committed_db):
    """Made once the rows stand as every round begins: ``race()``."""
    made = []

    def start(**kwargs) -> Race:
        made.append(Race(committed_db, **kwargs))
        return made[-1]

    yield start
    for one in made:
        one.close()


def one_done(results: tuple[str, str]) -> bool:
    return sorted(result == "done" for result in results) == [False, True] and all(results)


def deciding(call_off: CallOff, email: str):
    by = cast.person(email)
    step = cast.open_step(call_off, by)
    shown = step.approval.content_hash
    return lambda: approval.decide(step, shown_hash=shown, no_conflict=True, by=by, at=cast.START)


def test_one_approval_given_twice_counts_once(race):
    call_off = cast.submitted()
    decide = deciding(call_off, cast.ROUTE[0])

    def after(results):
        assert one_done(results), results
        assert Decision.objects.count() == 1

    race().run(decide, decide, after, rounds=ROUNDS)


def test_nobody_both_approves_and_declares_a_conflict(race):
    call_off = cast.submitted()
    by = cast.person(cast.ROUTE[0])
    step = cast.open_step(call_off, by)

    def after(results):
        assert one_done(results), results
        approved = results[0] == "done"
        assert (Decision.objects.count(), Recusal.objects.count()) == ((1, 0) if approved else (0, 1))

    recuse = lambda: approval.recuse(step, reason="My brother works there.", by=by, at=cast.START)  # noqa: E731
    race().run(deciding(call_off, cast.ROUTE[0]), recuse, after)


def test_an_approval_and_a_recall_exclude_each_other(race):
    call_off = cast.submitted()
    by = cast.requester()

    def after(results):
        assert one_done(results), results
        approved = results[0] == "done"
        assert Decision.objects.count() == int(approved)
        assert cast.fresh(call_off).state == ("department_approval" if approved else "returned")

    race().run(deciding(call_off, cast.ROUTE[0]), lambda: workflow.recall(call_off, by=by, at=cast.START), after)


def test_what_is_withdrawn_while_it_is_approved_holds_no_capacity(race):
    """The department's last approval reserves; whichever comes first, withdrawn it is and nothing stays reserved."""
    call_off = cast.submitted()
    for email in cast.ROUTE[:3]:
        cast.decide(call_off, email)
    by, before = cast.requester(), CapacityAccount.objects.get().reserved_gbp

    def after(results):
        assert results[1] == "done", results
        assert cast.fresh(call_off).state == "withdrawn"
        assert Decision.objects.count() == (4 if results[0] == "done" else 3)
        assert CapacityAccount.objects.get().reserved_gbp == before

    withdraw = lambda: workflow.withdraw(call_off, reason="not needed", by=by, at=cast.START)  # noqa: E731
    race().run(deciding(call_off, cast.ROUTE[3]), withdraw, after, rounds=ROUNDS)


def test_two_parts_of_an_order_submitted_at_one_moment_do_not_miss_each_other(race):
    """Whichever comes second is counted with the first."""
    parts, by = (cast.drafted(), cast.drafted()), cast.requester()

    def after(results):
        assert results == ("done", "done"), results
        revisions = [cast.fresh(part).revision for part in parts]
        references = [cast.fresh(part).reference for part in parts]
        counted = [[one["reference"] for one in revision.approval.counted_with] for revision in revisions]
        assert counted in ([[], [references[0]]], [[references[1]], []]), counted
        assert sorted(revision.approval.route_gbp for revision in revisions) == [
            revisions[0].whole_life_gbp, 2 * revisions[0].whole_life_gbp
        ]  # fmt: skip

    race().run(
        lambda: workflow.submit(parts[0], by=by, at=cast.START), lambda: workflow.submit(parts[1], by=by, at=cast.START),
        after,
    )  # fmt: skip


def test_an_order_accepted_twice_opens_one_contract(race):
    call_off = cast.with_supplier()
    by, shown = cast.person("order.desk@fujitsu.example"), call_off.revision.revision_hash

    def after(results):
        assert one_done(results), results
        assert Contract.objects.count() == 1

    accept = lambda: formation.accept_order(call_off, shown_hash=shown, by=by, at=cast.START)  # noqa: E731
    race().run(accept, accept, after, rounds=ROUNDS)


def test_an_acceptance_and_a_withdrawal_leave_no_contract_of_a_withdrawn_order(race):
    call_off = cast.with_supplier()
    desk, requester = cast.person("order.desk@fujitsu.example"), cast.requester()
    shown = call_off.revision.revision_hash

    def after(results):
        assert one_done(results), results
        accepted = results[0] == "done"
        assert Contract.objects.count() == int(accepted)
        assert cast.fresh(call_off).state == ("confirmed" if accepted else "withdrawn")

    race().run(
        lambda: formation.accept_order(call_off, shown_hash=shown, by=desk, at=cast.START),
        lambda: workflow.withdraw(call_off, reason="not needed", by=requester, at=cast.START), after,
    )  # fmt: skip


def test_a_counter_proposal_and_a_withdrawal_leave_none_open_of_a_withdrawn_order(race):
    """Withdrawn it is, whichever comes first; a counter-proposal made before it ends with it."""
    call_off = cast.with_supplier()
    desk, requester, wanted = cast.person(cast.DESK), cast.requester(), cast.later(call_off)

    def after(results):
        assert results[1] == "done", results
        assert results[0] == "done" or "is withdrawn" in results[0], results
        assert cast.fresh(call_off).state == "withdrawn"
        assert [c.answer for c in CounterProposal.objects.all()] == (["ended"] if results[0] == "done" else [])

    race().run(
        lambda: countering.counter(call_off, wanted, reason="Full.", by=desk, at=cast.START),
        lambda: workflow.withdraw(call_off, reason="not needed", by=requester, at=cast.START), after,
    )  # fmt: skip


def test_a_counter_proposal_and_an_acceptance_exclude_each_other(race):
    call_off = cast.with_supplier()
    desk, wanted, shown = cast.person(cast.DESK), cast.later(call_off), call_off.revision.revision_hash

    def after(results):
        assert one_done(results), results
        countered = results[0] == "done"
        assert (CounterProposal.objects.count(), Contract.objects.count()) == ((1, 0) if countered else (0, 1))

    race().run(
        lambda: countering.counter(call_off, wanted, reason="Full.", by=desk, at=cast.START),
        lambda: formation.accept_order(call_off, shown_hash=shown, by=desk, at=cast.START), after,
    )  # fmt: skip


def test_a_counter_proposal_is_accepted_or_taken_back(race):
    made = cast.countered()
    desk, requester, shown = cast.person(cast.DESK), cast.requester(), cast.shown(made)

    def after(results):
        assert one_done(results), results
        accepted = results[0] == "done"
        assert cast.fresh(made).answer == ("accepted" if accepted else "taken_back")
        assert cast.fresh(made.call_off).state == ("department_approval" if accepted else "with_supplier")

    race().run(
        lambda: countering.accept(made, shown_hash=shown, by=requester, at=cast.START),
        lambda: countering.take_back(made, by=desk, at=cast.START), after,
    )  # fmt: skip


def test_a_counter_proposal_is_accepted_or_its_order_lapses(race):
    """The clock passes the time limit while the requester's page, sent before it, is on its way."""
    made = cast.countered()
    requester, shown, due = cast.requester(), cast.shown(made), cast.fresh(made.call_off).answer_due_at

    def after(results):
        accepted = results[0] == "done"
        assert cast.fresh(made).answer == ("accepted" if accepted else "ended")
        assert cast.fresh(made.call_off).state == ("department_approval" if accepted else "lapsed")
        assert accepted or "lapsed" in results[0]

    race().run(
        lambda: countering.accept(made, shown_hash=shown, by=requester, at=cast.START),
        lambda: workflow.lapse(made.call_off, at=due), after,
    )  # fmt: skip


@pytest.mark.world("issued")
@pytest.mark.parametrize(("second", "rounds"), [("deputy", ROUNDS), ("themselves", 0)])
def test_one_party_signing_twice_is_one_act(race, second, rounds):
    contract = cast.contract()
    email = cast.SIGNATORIES[0][1]
    signatories = [cast.person(email), cast.deputy_of(email) if second == "deputy" else cast.person(email)]
    shown = store.head(contract.document).sha256

    def signing(by):
        return lambda: formation.sign(contract, "supplier", shown_sha256=shown, by=by, at=cast.START)

    def after(results):
        assert one_done(results), results
        assert SigningIntent.objects.count() == 1

    race().run(*map(signing, signatories), after, rounds=rounds)


def test_of_two_orders_that_fit_alone_one_is_reserved(race):
    orders = [cast.submitted(), cast.submitted()]
    for call_off in orders:
        for email in cast.ROUTE[:3]:
            cast.decide(call_off, email)
    value = orders[0].whole_life_gbp
    running = race()
    account = CapacityAccount.objects.get()
    ceiling = account.reserved_gbp + account.committed_gbp + value + value / 2
    for schema in ("public", "before"):
        running.rewind._do(f'UPDATE {schema}."{CapacityAccount._meta.db_table}" SET ceiling_gbp = {ceiling:.2f}')

    def after(results):
        assert one_done(results), results
        now = CapacityAccount.objects.get()
        assert now.reserved_gbp == account.reserved_gbp + value
        assert now.reserved_gbp + now.committed_gbp <= now.ceiling_gbp
        refused = orders[0] if results[1] == "done" else orders[1]
        assert cast.fresh(refused).state == "department_approval"
        assert any("ceiling" in words for words in results)

    running.run(*(deciding(call_off, cast.ROUTE[3]) for call_off in orders), after, rounds=ROUNDS)


def test_who_is_stopped_while_they_decide_did_it_before_or_not_at_all(race):
    order = cast.submitted()
    holder, admin = cast.person("budget.holder@dius.example"), cast.person("administrator@dius.example")
    step = order.revision.approval.steps.get(post="budget_holder")

    def after(results):
        decided = Decision.objects.filter(approval__revision=order.revision).exists()
        assert results[1] == "done"
        assert (results[0] == "done") == decided, results
        assert access.sight(holder.user, cast.START.date()) == access.NOTHING
        told.add(results[0])

    told = set()
    race().between(
        lambda: approval.decide(step, shown_hash=order.revision.revision_hash, no_conflict=True, by=holder, at=cast.START),
        lambda: membership.stop(cast.dius(), holder.user, reason="Now.", by=admin, at=cast.START), after, moments=ALL,
    )  # fmt: skip
    assert "done" in told and len(told) > 2, told


@pytest.mark.parametrize("first", ["decides", "is stopped"])
def test_a_deputy_who_is_stopped_while_they_decide_did_it_before_or_not_at_all(committed_db, first):
    """They hold no chair of their own that would be ended, and the chair they decide from stays."""
    order, admin = cast.submitted(), cast.person("administrator@dius.example")
    deputy = cast.deputy_of("budget.holder@dius.example")
    step = order.revision.approval.steps.get(post="budget_holder")
    acts = {
        "decides": lambda: approval.decide(step, shown_hash=order.revision.revision_hash, no_conflict=True, by=deputy, at=cast.START),
        "is stopped": lambda: membership.stop(cast.dius(), deputy.user, reason="Now.", by=admin, at=cast.START),
    }  # fmt: skip
    (second,) = acts.keys() - {first}
    told = meeting(acts[first], acts[second])
    assert told == "done" if second == "is stopped" else "no longer one of the people" in told
    assert Decision.objects.filter(approval__revision=order.revision).exists() is (first == "decides")
    assert access.sight(deputy.user, cast.START.date()) == access.NOTHING


def test_of_two_that_re_rate_a_contract_one_makes_the_notice(race):
    contract = paper.in_force()
    cast.add_volume("seats", 1500)
    made = []

    def rerate():
        made.append(len(rerating.rerate(contract, at=cast.START)))

    def after(results):
        assert results == ("done", "done") and sorted(made[-2:]) == [0, 1], (results, made)
        assert list(contract.versions.values_list("number", "kind")) == [(1, "contract"), (2, "rerating")]

    race().run(rerate, rerate, after)
