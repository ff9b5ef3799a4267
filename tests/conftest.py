"""Real PostgreSQL for every test: one private cluster, one migrated template with the Flex data loaded (``tests.databases``).

Ordinary tests (``db``) run in a transaction that is rolled back. Tests that commit, race or start processes take
``committed_db``: a fresh database copied from the template in a moment. Both run as the runtime role, so what it may
not do fails in tests too. ``live_site`` and ``live_worker`` add a real web server and a real worker, with a store of
their own. A test may begin in a world that is made once (``tests.worlds``).
"""

import gc
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
from whitenoise.base import WhiteNoise

from config.supervisor import JOB_SECONDS, beat_command, collect_static, die_with_parent, worker_command
from tests import databases, worlds
from tests.databases import CLUSTER, ROOT, SHARED, TEST_VAR, running, sql

# everybody's fixtures, which live with their own noun
template_database, django_db_setup, committed_db = databases.template_database, databases.django_db_setup, databases.committed_db
worlds_folder, starting_world = worlds.worlds_folder, worlds.starting_world

AGREEMENT = ROOT / "config" / "data" / "flex" / "framework_agreement.pdf"


def shelved(path: Path, store: Path) -> None:
    """The file of the loaded framework in a store, as loading puts it there: the database of every test names it."""
    data = path.read_bytes()
    key = hashlib.sha256(data).hexdigest()
    (store / key[:2]).mkdir(parents=True, exist_ok=True)
    (store / key[:2] / key).write_bytes(data)


@pytest.fixture(autouse=True)
def own_store(tmp_path, settings):
    """Each test stores files and mail in a place of its own; keys are the test instance's."""
    settings.STORE_DIR = tmp_path / "store"
    shelved(AGREEMENT, tmp_path / "store")
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.CELERY_BROKER_URL = "memory://"
    return tmp_path


@pytest.fixture(scope="session", autouse=True)
def static_files_found_once():
    """Every test client makes the middleware anew, which would look at each collected file again."""
    found, look = {}, WhiteNoise.update_files_dictionary

    def update(self, root, prefix):
        if (root, prefix) not in found:
            look(self, root, prefix)
            found[root, prefix] = dict(self.files)
        self.files.update(found[root, prefix])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoise, "update_files_dictionary", update)
        yield


@pytest.fixture(autouse=True)
def catalogue_read_afresh():
    """Databases of different tests have releases of the same number: nothing read of one is kept for the next."""
    from catalogue import queries

    queries._settled.cache_clear()


@pytest.fixture(autouse=True)
def quiet_broker(monkeypatch):
    """The doorbell is silent where no worker listens; tests run jobs by ``run_all_jobs``."""
    if os.environ.get("FLEX_RING"):
        return
    from documents import jobs

    monkeypatch.setattr(jobs, "ring", lambda job_id: None)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def start_worker(folder: Path, environment: dict[str, str]) -> subprocess.Popen:
    """A real worker, and the clock that wakes it in the same group of processes: who kills the group kills both."""
    how = {"cwd": ROOT, "env": environment | {"JOB_SECONDS": str(JOB_SECONDS)}, "preexec_fn": die_with_parent}
    worker = subprocess.Popen(worker_command(), process_group=0, **how)
    subprocess.Popen(beat_command(folder), process_group=worker.pid, **how)
    return worker


@pytest.fixture
def live(committed_db, own_store):
    """What real processes beside the test are started with: .database, .folder (theirs alone, with the files that the test
    begins with), .environment, and the .address and .port where a site would be."""
    folder = Path(tempfile.mkdtemp(prefix="flex-live-"))
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "FLEX_TEST_DATABASE": committed_db, "FLEX_TEST_FOLDER": str(folder), "PUBLIC_URL": address,
    }  # fmt: skip
    for name in ("broker/messages", "broker/control", "mail"):
        (folder / name).mkdir(parents=True)
    shutil.copytree(own_store / "store", folder / "store")
    yield SimpleNamespace(address=address, port=port, environment=environment, database=committed_db, folder=folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def live_worker(live):
    """``live`` with a real worker, its process the .worker."""
    live.worker = start_worker(live.folder, live.environment)
    yield live
    _kill(live.worker)


def _kill(process: subprocess.Popen) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def live_site(live):
    """``live`` with a real site at its address. What is done there by a worker waits, unless ``live_worker`` is there."""
    web = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{live.port}",
         "--worker-class", "gthread", "--threads", "4", "--log-level", "warning", "--no-control-socket"],
        cwd=ROOT, env=live.environment, start_new_session=True, preexec_fn=die_with_parent,
    )  # fmt: skip
    try:
        for _ in range(160):
            try:
                urllib.request.urlopen(f"{live.address}/health/", timeout=2)
                break
            except OSError:
                time.sleep(0.25)
        else:
            pytest.fail("the site did not answer within 40 seconds; its words are above")
        yield live
    finally:
        _kill(web)


@pytest.fixture(scope="module")
def chromium():
    """The system's Chromium under Playwright, for one module: while it lives, an event loop runs in this thread, and
    what signs or checks documents here (and not in the site's processes) would find it in the way."""
    from playwright.sync_api import sync_playwright

    flags = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # this thread asks the database beside Playwright's loop
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("chromium-browser"), args=flags
        )
        yield browser
        browser.close()


LONGEST_FIRST = (
    "config/test_story", "config/test_first_command", "browser/", "procurement/test_races", "procurement/test_pairs", "procurement/test_call_off_machine", "test_outsiders", "procurement/test_machines",
    "documents/test_races", "test_authorisation", "documents/", "contracts/", "procurement/",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    """The files that take minutes start first, so that no process is left alone with one at the end."""

    def rank(item) -> int:
        path = item.path.relative_to(ROOT / "tests").as_posix()
        return next((place for place, start in enumerate(LONGEST_FIRST) if path.startswith(start)), len(LONGEST_FIRST))

    items.sort(key=rank)


def pytest_terminal_summary(terminalreporter):
    """Which files ran, with how many tests and seconds: several processes print dots only."""
    files: dict[str, list[float]] = {}
    for report in terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", []):
        files.setdefault(report.nodeid.partition("::")[0], []).append(report.duration)
    for name, durations in sorted(files.items()):
        terminalreporter.write_line(f"{name}: {len(durations)} tests, {sum(durations):.0f} s")


def pytest_sessionstart(session):
    """Static files come first: the manifest is read once a process, and some tests read it as they are collected."""
    collect_static(TEST_VAR)


def pytest_collection_finish(session):
    """What is loaded by now stays to the end, and is not searched for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


GROWN = 400 * 1024**2  # bytes of memory


def pytest_runtest_teardown(item):
    """With so high a threshold whole databases' worth of rows waits in circles: it is searched for once it has grown."""
    now = _resident()
    if now > item.session.stash.get(resident, 0) + GROWN:
        gc.collect()
        item.session.stash[resident] = _resident()


resident = pytest.StashKey[int]()


def _resident() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def pytest_sessionfinish(session, exitstatus):
    if CLUSTER.pid():
        for leftover in (SHARED, f"flex_t_{os.getpid()}", *(f"flex_world_{state}_{os.getpid()}" for state in worlds.WORLDS)):
            sql(f"DROP DATABASE IF EXISTS {leftover} WITH (FORCE)")
    running.close()


@pytest.fixture(scope="session")
def nss_store(template_database, tmp_path_factory) -> Path:
    """What a reader of another maker is given: our root certificate and nothing else."""
    from django.conf import settings

    folder = tmp_path_factory.mktemp("nss")
    store = f"sql:{folder}"
    root = str(Path(settings.KEYS_DIR) / "root.crt")
    for arguments in (["-N", "--empty-password"], ["-A", "-n", "root", "-t", "CT,C,C", "-i", root]):
        subprocess.run(["certutil", *arguments, "-d", store], check=True, capture_output=True)
    return folder
