"""Every machine (domain.md, "The machines"): in each state each listed action is done, and every other one is refused by the
action in words, by the page in the same words, and by the database; nothing is written. Made from the tables of
``tests/machines``."""

import html
import uuid
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from documents import clock
from documents.machines import TransitionNotAllowed, all_machines, edges
from documents.models import AuditEvent, Email, Job, StateChange
from documents.refusal import Refused
from tests import cast
from tests.machines import Machine, NoAddress, bases, undone, walk
from tests.machines.tables import MACHINES
from tests.procurement.test_pages import sign_in_freshly
from tests.procurement.test_records import TABLE

pytestmark = pytest.mark.django_db


@pytest.fixture
def in_time(settings):
    """The pages' clock at the moment at which the tables act."""
    settings.STEPPABLE_CLOCK = True
    clock.step_to(cast.START, by=cast.person("framework.manager@co.example"))


def written(machine: Machine, thing) -> tuple:
    """Everything that an action could leave behind."""
    fresh = cast.fresh(thing)
    tables = [model._meta.db_table for model in (AuditEvent, StateChange, Email, Job, *machine.rows)]
    with connection.cursor() as cursor:  # one question instead of many: it is asked some thousand times
        cursor.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in tables))
        return machine.state_of(fresh), *cursor.fetchone()


def done(machine: Machine, action, thing) -> tuple[bool, str, set[str]]:
    """Whether it was done, the words if it was refused, and the verbs of its records; taken back either way."""
    before = written(machine, thing)
    try:
        with undone():
            action.act(cast.fresh(thing))
            after = written(machine, thing)
            assert after != before or action.quiet, "an action that is not refused leaves a record"
            newest = AuditEvent.objects.order_by("-id").values_list("verb", flat=True)
            return after != before, "", set(newest[: after[1] - before[1]])
    except (Refused, TransitionNotAllowed) as refused:
        assert written(machine, thing) == before
        assert isinstance(refused, Refused) or action.form is None, "who acts on a page is answered in words"
        return False, str(refused.reasons[0].words) if isinstance(refused, Refused) else str(refused), set()


def sent(client, form):
    """The answer to the form, as a page that was opened in another state would send it; the person has just signed in."""
    return sign_in_freshly(client, form.email).post(form.address, {"idempotency_key": str(uuid.uuid4()), **form.fields})


@pytest.mark.parametrize("name", MACHINES)
def test_each_state_does_what_is_listed_and_nothing_else(name, client, in_time):
    machine, wrong, left = MACHINES[name], [], set()
    for state, thing in walk(machine):
        wrong += [f"{state}: {fault}" for fault in by_action_and_page(client, machine, state, thing, left)]
        wrong += [f"{state}: the database lets through {fault}" for fault in by_hand(name, machine, state, thing)]
    assert wrong == [], "\n".join(wrong)
    if name in BESIDE:
        missing = recorded_of(name) - left - {f"{name}.{act}" for act in BESIDE[name].split()}
        assert missing == set(), "an action that is recorded stands in no row of the machine"


# What is recorded of a thing and no act of its table leaves: its beginning, the act that is tried before the last of its kind, what
# the clock says and a worker has put on. Of a contract and a variation much is recorded that is an act on a part of it.
BESIDE = {
    "call_off": "started committed_by_authority reminded", "accession": "signed signature_left_out reminded", "framework": "reminded",
    "catalogue_release": "reminded", "transfer": "prepared", "novation": "signature_left_out", "running_on": "charged",
    "invoice": "received queried paid", "milestone": "", "change_request": "asked", "service_credit": "", "management_return": "",
    "redacted_copy": "",
}  # fmt: skip


def recorded_of(name: str) -> set[str]:
    """The verbs that the table over all actions (``test_records``) has of the machine's thing."""
    verbs = {verb for (called, _state), rows in TABLE.items() if called == name for row in rows for verb in row.records.split()}
    return {verb for verb in verbs if verb.partition(".")[0] == name}


def test_the_table_over_all_actions_names_what_a_machine_leaves():
    """By the machine's own name: else nothing would be compared."""
    assert [name for name in BESIDE if not recorded_of(name)] == []


def by_action_and_page(client, machine: Machine, state: str, thing, left: set[str]) -> Iterator[str]:
    """What is wrong with the answers to every action in the state; ``left`` takes the verbs of their records."""
    for called, action in machine.actions.items():
        listed = state in action.states
        try:
            did, words, verbs = done(machine, action, thing)
            left |= verbs
            form = action.form(cast.fresh(thing)) if action.form else None
        except NoAddress:
            assert not listed, (state, called)
            continue
        if did != listed:
            yield f"{called} " + ("is done" if did else f"is refused: {words}")
        elif form is not None:
            yield from (f"{called}, page: {fault}" for fault in by_page(client, machine, thing, form, listed, words))


def by_page(client, machine: Machine, thing, form, listed: bool, words: str) -> list[str]:
    """What is wrong with the page's answer to the form."""
    before = written(machine, thing)
    with undone():
        answer = sent(client, form)
        changed = written(machine, thing) != before
    if listed:
        return [] if answer.status_code == 302 and changed else [f"{answer.status_code}, {errors(answer)}"]
    if changed or answer.status_code >= 500:
        return [f"{answer.status_code}, and it has written" if changed else str(answer.status_code)]
    if answer.status_code == 404:
        return []  # no such thing for this reader in this state, in the words of that page
    return [] if words in html.unescape(answer.content.decode()) else [f"{answer.status_code} without “{words}”: {errors(answer)}"]


def errors(answer) -> str:
    page = html.unescape(answer.content.decode())
    start = page.find("flex-shut") if "error-summary" not in page else page.find("error-summary")
    return " ".join(page[start : start + 900].split()) if start >= 0 else page[:200]


def refused_by_the_database(table: str, pk: int, setting: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {setting} WHERE id = %s", [pk])
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            transaction.set_rollback(True)
    except (IntegrityError, DatabaseError):
        return True
    return False


def by_hand(name: str, machine: Machine, state: str, thing) -> list[str]:
    """What a hand in the database gets through of what is no edge."""
    table, base = thing._meta.db_table, state.partition(",")[0]
    wanted = [setting for setting, states in machine.forged.items() if base in states]
    if name in all_machines():
        model, _terminal = all_machines()[name]
        out = {target for source, target, _action in edges(model) if source == base}
        others = [value for value, _label in model._meta.get_field("state").choices if value not in out | {base}]
        wanted += [f"state = '{target}'" for target in others]
    return [setting for setting in wanted if not refused_by_the_database(table, thing.pk, setting)]


@pytest.mark.parametrize("name", [name for name in MACHINES if name in all_machines()])
def test_the_table_has_every_state_of_the_code_that_is_reached(name):
    model, _terminal = all_machines()[name]
    sources = {source for source, _t, _a in edges(model) if source}
    targets = {target for _s, target, _a in edges(model)}
    reached = [state for called, machine in MACHINES.items() if called.partition(",")[0] == name for state in machine.states]
    assert bases(reached) == sources | targets


def test_every_machine_has_its_table():
    assert set(all_machines()) - set(MACHINES) == set()
