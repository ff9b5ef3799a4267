"""The ground everything stands on: machines, facts, jobs, numbers, the clock, canonical form."""

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from documents import actors, audit, canonical, clock, jobs, mail, numbers
from documents.machines import all_machines, edges
from documents.models import AuditEvent, BusinessClock, Email, Job, StateEdge
from documents.refusal import Refused
from tests import cast

pytestmark = pytest.mark.usefixtures("db")


def test_code_trigger_rows_and_page_draw_the_same_machines():
    for name, (model, terminal) in all_machines().items():
        in_code = {(source, target) for source, target, _action in edges(model)}
        in_database = set(StateEdge.objects.filter(machine=name).values_list("source", "target"))
        assert in_code == in_database, name
        assert not {source for source, _target in in_code} & set(terminal), name
    call_command("graph", check=True)


def test_the_database_refuses_a_change_of_state_that_is_no_edge():
    call_off = cast.drafted()
    with pytest.raises(IntegrityError), transaction.atomic():
        type(call_off).objects.filter(pk=call_off.pk).update(state="contracted", reference="CO-2007-999999")


@pytest.mark.parametrize("statement", ["UPDATE documents_auditevent SET verb = 'x'", "DELETE FROM documents_auditevent",
                                       "TRUNCATE documents_auditevent"])  # fmt: skip
def test_the_record_of_what_was_done_cannot_be_changed(statement):
    cast.drafted()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_system_act_never_carries_a_person():
    with pytest.raises(ValueError, match="carries a person"):
        actors.Actor(kind="system", words="x", person_id=cast.requester().person_id)
    with pytest.raises(ValueError, match="carries a person"):
        actors.Actor(kind="person", words="x")


def test_an_event_keeps_both_moments():
    call_off = cast.submitted()
    event = audit.history(call_off).get(verb="call_off.submitted")
    assert event.at == cast.START
    assert abs(event.real_at - clock.real_now()) < timedelta(minutes=1)
    assert AuditEvent.objects.filter(actor_kind="person", actor_person_id=None).count() == 0


def test_a_persons_act_keeps_the_sign_in_it_was_done_under():
    buyer = cast.requester()
    audit.record("thing.tried", cast.framework(), by=buyer, at=cast.START)
    audit.record("thing.tried", cast.framework(), by=actors.SYSTEM, at=cast.START)
    persons, systems = AuditEvent.objects.order_by("-id")[:2][::-1]
    assert persons.signed_in_at == buyer.signed_in_at is not None
    assert systems.signed_in_at is None


@pytest.mark.world("with_supplier")
def test_the_clock_goes_forward_only_and_lapses_what_is_late():
    call_off = cast.with_supplier()
    with pytest.raises(Refused, match="only goes forward"):
        clock.step_to(cast.START - timedelta(days=30), by=actors.operator("test"))
    done = clock.step_to(cast.START + timedelta(days=30), by=actors.operator("test"))
    assert f"{call_off.reference} lapsed" in done
    assert cast.fresh(call_off).state == "lapsed"
    assert BusinessClock.objects.count() == 1


def test_production_does_not_step_its_clock(settings):
    settings.STEPPABLE_CLOCK = False
    assert abs(clock.business_now() - clock.real_now()) < timedelta(seconds=5)
    with pytest.raises(Refused, match="real time"):
        clock.step_to(clock.real_now() + timedelta(days=1), by=actors.operator("test"))


def test_numbers_have_no_gaps_and_a_series_of_their_own():
    assert [numbers.take("CO", 2007), numbers.take("CO", 2007), numbers.take("CON", 2007), numbers.take("CO", 2008)] == [
        "CO-2007-000001", "CO-2007-000002", "CON-2007-000001", "CO-2008-000001"]  # fmt: skip


def test_canonical_form_is_one_form():
    value = {"b": Decimal("1.5"), "a": [datetime(2007, 10, 1, 8, tzinfo=UTC), None, True, "£"]}
    assert canonical.dumps(value) == '{"a":["2007-10-01T08:00:00Z",null,true,"£"],"b":"1.50"}'.encode()
    for bad in (1.5, Decimal("NaN"), datetime(2007, 10, 1), {1: 2}):
        with pytest.raises(TypeError):
            canonical.dumps(bad)


@pytest.fixture
def tried(monkeypatch):
    """A task that fails as often as it is told to, then sends itself a number."""
    calls = []

    def run(job):
        calls.append(job.attempts)
        if len(calls) <= job.payload.get("failures", 0):
            raise RuntimeError("not yet")
        with jobs.finishing(job):
            numbers.take("T", 2007)

    monkeypatch.setitem(jobs._tasks, "tests.try", jobs.Task("tests.try", run, 3))
    return calls


def test_a_job_is_enqueued_once_by_key_and_done_once(tried):
    first, second = (jobs.enqueue("tests.try", "x", key="k") for _ in range(2))
    assert first.pk == second.pk
    assert jobs.run(first.pk)
    assert not jobs.run(first.pk)
    assert cast.fresh(first).state == Job.State.DONE
    assert tried == [1]


def test_a_failing_job_waits_tries_again_and_ends_dead(tried):
    job = jobs.enqueue("tests.try", "x", key="k", payload={"failures": 9})
    for attempt in (1, 2, 3):
        Job.objects.filter(pk=job.pk).update(run_after=clock.real_now())
        jobs.run(job.pk)
        assert cast.fresh(job).attempts == attempt
    assert cast.fresh(job).state == Job.State.DEAD
    assert "not yet" in cast.fresh(job).last_error
    assert job.pk not in jobs.due()


def test_a_job_whose_worker_died_is_taken_over_and_the_dead_ones_effect_is_rolled_back(tried):
    job = jobs.enqueue("tests.try", "x", key="k")
    dying = jobs.claim(job.pk)
    assert jobs.claim(job.pk) is None
    Job.objects.filter(pk=job.pk).update(lease_until=clock.real_now() - timedelta(seconds=1))
    assert jobs.run(job.pk)
    with pytest.raises(jobs.LostLease), jobs.finishing(dying):
        numbers.take("T", 2007)
    assert numbers.take("T", 2007) == "T-2007-000002"


@pytest.mark.world("submitted")
def test_an_email_is_sent_once_after_the_act_and_says_subject_to_contract(mailoutbox):
    cast.submitted()
    assert mailoutbox == []
    cast.run_all_jobs()
    cast.run_all_jobs()
    turn = [message for message in mailoutbox if "waits for you" in message.subject]
    assert sorted(message.to[0] for message in turn) == [
        "budget.holder@dius.example", "deputy.budget.holder@dius.example"]  # fmt: skip
    assert "Subject to contract." in turn[0].body
    assert Email.objects.filter(sent_at=None, held_until=None).count() == 0


@pytest.mark.world("submitted")
def test_a_line_break_never_gets_into_a_subject():
    call_off = cast.submitted()
    email = mail.enqueue("a@b.example", "procurement/email/returned.txt",
                         {"reference": "CO\nBcc: x@evil.example", "title": call_off.title, "reason": "r"}, "k")  # fmt: skip
    subject, _body = mail.render(email)
    assert "\n" not in subject


@pytest.mark.parametrize(
    ("until", "words"),
    [("2007-10-08T23:00:00Z", "8 October 2007"), ("2007-12-05T00:00:00Z", "4 December 2007"), ("", "")],
)
def test_a_time_limit_that_ends_at_midnight_in_london_is_named_by_the_day_before(until, words):
    from documents.templatetags.flex import last_day

    assert last_day(until) == words


def test_carbon_is_said_in_tonnes_and_half_a_hundredth_is_rounded_up():
    from documents.templatetags.flex import tonnes

    assert [tonnes(kg) for kg in ("186990", "186985", "1234567", 0, None)] == [
        "186.99 t CO2e", "186.99 t CO2e", "1,234.57 t CO2e", "0.00 t CO2e", ""
    ]  # fmt: skip


def test_an_operator_gives_a_job_that_stopped_its_attempts_again(tried):
    job = jobs.enqueue("tests.try", "a thing", key="dead")
    Job.objects.filter(pk=job.pk).update(state="dead", attempts=3, last_error="OSError: away", finished_at=clock.real_now())
    said = io.StringIO()
    call_command("run_jobs", dead=True, stdout=said)
    assert f"{job.pk} tests.try a thing: OSError: away" in said.getvalue()
    call_command("run_jobs", revive=job.pk, stdout=said)
    call_command("run_jobs", stdout=said)
    assert Job.objects.get(pk=job.pk).state == "done"
    with pytest.raises(CommandError, match="has not stopped"):
        call_command("run_jobs", revive=job.pk)


def test_a_hopeless_error_ends_a_patient_job_after_three_attempts(monkeypatch):
    def fail(job):
        raise ArithmeticError("never works")

    monkeypatch.setitem(jobs._tasks, "tests.never", jobs.Task("tests.never", fail, 300, (ArithmeticError,)))
    job = jobs.enqueue("tests.never", "a thing", key="never")
    for _ in range(3):
        Job.objects.filter(pk=job.pk).update(run_after=clock.real_now())
        assert jobs.run(job.pk)
    assert Job.objects.get(pk=job.pk).state == "dead"
