"""Jobs and forms on real connections: workers beside each other, killed workers, no broker, doubled clicks."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.http import HttpResponseRedirect
from django.test import RequestFactory

from contracts.models import Contract
from documents import clock, document_work, idempotency, jobs, mail, numbers, store
from documents.models import (
    Document,
    DocumentRevision,
    Email,
    IdempotencyKey,
    Job,
    NumberCounter,
    Signature,
    SigningIntent,
)
from procurement.models import Attachment, FrameworkAgreement
from tests import cast
from tests.conftest import AGREEMENT, shelved, start_worker
from tests.databases import ROOT, sql

MAKING = "documents.make"


def together(do, times: int = 4) -> list:
    """Call it in as many threads at one moment, each with a connection of its own."""
    start = Barrier(times)

    def one(_number):
        try:
            connection.ensure_connection()
            start.wait()
            return do()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def message() -> Email:
    context = {"reference": "CO-2007-000001", "title": "t", "reason": "r"}
    return mail.enqueue("a@b.example", "procurement/email/returned.txt", context, "k")


def test_of_many_workers_one_claims_and_one_message_is_sent(committed_db, mailoutbox):
    message()
    job = Job.objects.get()
    assert sorted(together(lambda: jobs.run(job.pk))) == [False, False, False, True]
    assert len(mailoutbox) == 1
    assert cast.fresh(job).attempts == 1


def test_the_lease_of_a_job_is_renewed_while_it_is_worked_on_and_no_longer(committed_db, monkeypatch):
    message()
    job = Job.objects.get()
    monkeypatch.setattr(jobs, "RENEWED_EVERY", 0.02)
    seen = []

    def long_work(_email):
        began = cast.fresh(job).lease_until
        for _ in range(200):
            if cast.fresh(job).lease_until > began:
                break
            time.sleep(0.02)
        seen.append(cast.fresh(job).lease_until - began)
        assert not jobs.run(job.pk), "nobody else has it"

    monkeypatch.setattr(mail, "send", long_work)
    threads = threading.active_count()
    assert jobs.run(job.pk)
    assert seen[0] > timedelta(0) and threading.active_count() == threads
    assert cast.fresh(job).state == Job.State.DONE and cast.fresh(job).lease_until is None


def test_a_doubled_click_has_one_effect_and_one_answer(committed_db):
    by, key = cast.requester(), idempotency.new_key()

    @idempotency.idempotent
    def order(request):
        return HttpResponseRedirect("/" + numbers.take("T", 2007))

    def click():
        request = RequestFactory().post("/order/", {idempotency.FIELD: key, "title": "x"})
        request.actor = by
        return order(request)["Location"]

    assert together(click) == ["/T-2007-000001"] * 4
    assert NumberCounter.objects.get(series="T").last == 1
    assert IdempotencyKey.objects.get().location == "/T-2007-000001"


def test_an_order_is_submitted_without_a_broker_and_its_work_follows(committed_db, mailoutbox):
    order = cast.drafted()
    call_command("run_jobs")
    assert not Job.objects.filter(state=Job.State.QUEUED).exists()
    mailoutbox.clear()
    act = (
        "import time, django; django.setup()\n"
        "from procurement import workflow\n"
        "from procurement.models import CallOff\n"
        "from tests import cast\n"
        "order, by, began = CallOff.objects.get(), cast.requester(), time.monotonic()\n"
        "workflow.submit(order, by=by, at=cast.START)\n"
        "print('seconds', time.monotonic() - began)\n"
    )
    nowhere = os.environ | {
        "FLEX_TEST_DATABASE": committed_db, "BROKER_URL": "amqp://127.0.0.1:1//",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", act],
        cwd=ROOT,
        env=nowhere,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "the broker was not reached" in done.stderr
    assert float(done.stdout.split()[-1]) < 5, "nobody waits for a broker that is away, once for each message"
    assert (cast.fresh(order).state, {job.state for job in Job.objects.filter(finished_at=None)}) == ("department_approval", {Job.State.QUEUED})
    assert mailoutbox == []
    call_command("run_jobs")
    assert cast.ROUTE[0] in {address for message in mailoutbox for address in message.to}


@pytest.fixture
def worker(committed_db, settings):
    """Starts real workers on this database, which share their store with the test; kills what is left of them."""
    folder = Path(tempfile.mkdtemp(prefix="flex-worker-"))
    for name in ("broker/messages", "broker/control", "store", "mail", "tmp"):
        (folder / name).mkdir(parents=True)
    settings.STORE_DIR = folder / "store"
    shelved(AGREEMENT, folder / "store")
    started = []

    def start() -> subprocess.Popen:
        environment = os.environ | {
            "FLEX_TEST_DATABASE": committed_db, "FLEX_TEST_FOLDER": str(folder), "TMPDIR": str(folder / "tmp"),
        }  # fmt: skip
        started.append(start_worker(folder, environment))
        return started[-1]

    yield start, folder
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    shutil.rmtree(folder, ignore_errors=True)


def wait_for(condition, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.02)


def kill(process: subprocess.Popen) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def documents_in(folder: Path) -> list[Path]:
    """What is in the store beside the order's own attachments and the framework's agreement."""
    attached = set(Attachment.objects.values_list("sha256", flat=True)) | set(FrameworkAgreement.objects.values_list("sha256", flat=True))
    return [path for path in (folder / "store").rglob("*") if path.is_file() and path.name not in attached]


def killed_before_rendering(start, folder) -> None:
    """It stood still when the order was accepted: nobody has claimed the job."""
    call_off = cast.with_supplier()
    first = start()
    wait_for(lambda: not Email.objects.filter(sent_at=None, held_until=None).exists())
    os.killpg(first.pid, signal.SIGSTOP)
    cast.accept(call_off)
    kill(first)
    assert Job.objects.get(task=MAKING).attempts == 0


def killed_while_rendering(start, folder) -> None:
    """The layout ran in its child, which leaves a folder beside its own temporary files."""
    cast.accepted()
    first = start()
    wait_for(lambda: list((folder / "tmp").glob("flex-render-*")))
    kill(first)
    assert not documents_in(folder)


def killed_after_rendering(start, folder) -> None:
    """The bytes were stored and their row waited for the document's lock."""
    contract = cast.accepted()
    with transaction.atomic():
        Document.objects.select_for_update().get(pk=contract.document_id)
        first = start()
        wait_for(waiting_for_a_row)
        kill(first)
    assert len(documents_in(folder)) == 1


@pytest.mark.parametrize("killed", [killed_before_rendering, killed_while_rendering, killed_after_rendering])
def test_a_worker_killed_around_its_rendering_and_a_wiped_broker_lose_nothing_and_do_nothing_twice(worker, killed):
    start, folder = worker
    killed(start, folder)
    assert not DocumentRevision.objects.exists()
    making = Job.objects.filter(task=MAKING)
    begun = making.get().attempts
    shutil.rmtree(folder / "broker" / "messages")
    (folder / "broker" / "messages").mkdir()
    making.update(lease_until=clock.real_now() - timedelta(seconds=1))  # rather than wait for it to end
    start()
    wait_for(lambda: making.get().state == Job.State.DONE)
    assert making.get().attempts == begun + 1
    contract = Contract.objects.get()
    assert contract.state == "awaiting_signatures"
    purposes = DocumentRevision.objects.filter(document=contract.document).values_list("purpose", flat=True)
    assert list(purposes) == ["draft", "issuing_seal"]
    call_command("check_invariants")


def test_a_worker_killed_between_signing_and_recording_signs_once(worker):
    """The killed worker had made and stored the signed bytes and waited for the document's row to record them."""
    start, _folder = worker
    contract = cast.accepted()
    first = start()
    wait_for(lambda: cast.fresh(contract).state == "awaiting_signatures")
    cast.sign(cast.fresh(contract), *cast.SIGNATORIES[0])
    document = cast.fresh(contract).document
    with transaction.atomic():
        Document.objects.select_for_update().get(pk=document.pk)
        wait_for(waiting_for_a_row)
        kill(first)
        assert not Signature.objects.exists()
    signing = Job.objects.get(task="documents.sign")
    assert signing.state == Job.State.RUNNING
    Job.objects.filter(pk=signing.pk).update(lease_until=clock.real_now() - timedelta(seconds=1))
    start()
    wait_for(lambda: cast.fresh(signing).state == Job.State.DONE)
    assert cast.fresh(signing).attempts == 2
    made = Signature.objects.get()
    revisions = DocumentRevision.objects.filter(document=document).order_by("number")
    assert [revision.purpose for revision in revisions] == ["draft", "issuing_seal", "signature"]
    assert store.head(document) == made.revision
    call_command("check_invariants")


@pytest.mark.world("issued")
def test_two_workers_that_put_one_signature_on_record_it_once(committed_db):
    """As when the lease of the first ran out while it was still at work."""
    contract = cast.contract()
    cast.sign(contract, *cast.SIGNATORIES[0])
    made = together(lambda: document_work.sign(SigningIntent.objects.select_related("document").get()), times=2)
    assert made == [Signature.objects.get()] * 2
    assert DocumentRevision.objects.filter(document=contract.document).count() == 3
    assert store.head(contract.document) == made[0].revision
    call_command("check_invariants")


def waiting_for_a_row() -> bool:
    """Asked on a connection of its own: what a transaction sees of the others does not change while it lasts."""
    name = connection.settings_dict["NAME"]
    return bool(sql(f"SELECT 1 FROM pg_stat_activity WHERE datname = '{name}' AND wait_event_type = 'Lock'"))


def test_a_process_whose_job_hangs_is_ended():
    """Also outside Python, where no exception could be raised: the supervisor starts the worker again."""
    hang = (
        "import django; django.setup()\n"
        "from documents.jobs import _no_longer_than\n"
        "import threading\n"
        "with _no_longer_than(1):\n"
        "    threading.Lock().acquire(); lock = threading.Lock(); lock.acquire(); lock.acquire()\n"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run([sys.executable, "-c", hang], cwd=ROOT, env=environment, capture_output=True, timeout=60)
    assert done.returncode == 1 and b"Timeout" in done.stderr
