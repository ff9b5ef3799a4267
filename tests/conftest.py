"""Real PostgreSQL for every test: one private cluster, one migrated template with the Flex data loaded.

Ordinary tests (``db``) run in a transaction that is rolled back. Tests that commit, race or start processes take
``committed_db``: a fresh database copied from the template in a moment. Both run as the runtime role, so what it may
not do fails in tests too. ``live_site`` and ``live_worker`` add a real web server and a real worker, with a store of
their own.

A test marked ``world("executed")`` begins where that function of ``tests.cast`` ends: an order takes a second to bring to
the supplier and many more to a signed document, so the world is made once, by performing the actions, and every such test
starts in a copy of it; the function then gives what is there.
Its module asks for ``usefixtures("db")`` and not for the mark ``django_db``, whose transaction would begin before.
"""

import contextlib
import fcntl
import gc
import os
import re
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

import psycopg2
import pytest
from whitenoise.base import WhiteNoise

from config.embedded_pg import OWNER, SUPERUSER, Cluster
from config.supervisor import APPS, JOB_SECONDS, beat_command, collect_static, die_with_parent, digest, worker_command

ROOT = Path(__file__).resolve().parent.parent
TEST_VAR = ROOT / "var"
CLUSTER = Cluster(TEST_VAR / "test" / "pg")
running = contextlib.ExitStack()  # the cluster, from the first test that asks for it; the last session to end stops it
TEMPLATE = "flex_template"
SHARED = f"flex_shared_{os.getpid()}"
# copies of the template are made in memory, ten times as fast, where the machine lends that much of it
MEMORY, ENOUGH_BYTES = Path("/dev/shm"), 4 * 1024**3
TABLESPACE = "flex_memory"


def sql(statement: str, database: str = "postgres", user: str = SUPERUSER) -> list:
    connection = psycopg2.connect(host=str(CLUSTER.socket), user=user, dbname=database)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def _manage(*arguments: str, database: str, owner: bool = False) -> None:
    env = os.environ | {"FLEX_TEST_DATABASE": database} | ({"FLEX_DB_ROLE": "owner"} if owner else {})
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _template_key() -> str:
    return digest(
        path
        for app in APPS
        for path in (ROOT / app).rglob("*.*")
        if path.suffix in (".py", ".csv", ".yaml") and "__pycache__" not in path.parts
        and ({"migrations", "models", "data"} & set(path.parts) or path.name.startswith(("loading", "settings", "rights", "grant_rights")))
    )  # fmt: skip


@pytest.fixture(scope="session")
def template_database() -> str:
    """The migrated and loaded template, made anew when models, migrations or data changed."""
    running.enter_context(CLUSTER.in_use(before_it_stops=_give_memory_back))
    _do_not_wait_for_the_disk()
    with _template_lock():
        _drop_leftovers()
        _take_memory()
    stamp = TEST_VAR / "test" / "template.key"
    key = _template_key()
    with _template_lock():
        exists = sql(f"SELECT 1 FROM pg_database WHERE datname = '{TEMPLATE}'")
        if not exists or not stamp.exists() or stamp.read_text() != key:
            partial = f"{TEMPLATE}_new"  # made beside and renamed: a session that is cut off leaves no half of it
            sql(f"DROP DATABASE IF EXISTS {partial} WITH (FORCE)")
            sql(f"CREATE DATABASE {partial} OWNER {OWNER}")
            _manage("set_up_database", "--verbosity", "0", database=partial, owner=True)
            _manage("load_flex", database=partial)
            _manage("make_seals", database=partial)
            sql(f"DROP DATABASE IF EXISTS {TEMPLATE} WITH (FORCE)")
            sql(f"ALTER DATABASE {partial} RENAME TO {TEMPLATE}")
            stamp.write_text(key)
        collect_static(TEST_VAR)
    return TEMPLATE


def _do_not_wait_for_the_disk() -> None:
    """These databases are thrown away, and no test turns the machine off: nothing waits until a commit is on the disk."""
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        sql(f"ALTER SYSTEM SET {setting} = off")
    sql("SELECT pg_reload_conf()")


def _of_sessions() -> list[str]:
    """Every database that a session made for itself, with the number of its process in the name."""
    found = sql("SELECT datname FROM pg_database WHERE datname ~ '^flex_(shared|t|(world|kept)_[a-z_]+)(_[0-9]+)+$'")
    return [name for (name,) in found]


def _drop_leftovers() -> None:
    """Databases of sessions that were killed before they could drop them."""
    for name in _of_sessions():
        if not Path(f"/proc/{re.search(r'[0-9]+', name).group()}").exists():
            sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _memory_folder() -> Path:
    return MEMORY / f"flex-test-{CLUSTER.root.stat().st_ino}"


def _memory_taken() -> bool:
    return bool(sql(f"SELECT 1 FROM pg_tablespace WHERE spcname = '{TABLESPACE}'"))


def _take_memory() -> None:
    """A tablespace in memory; the databases in it are dropped with the session, and what a restart of the machine
    left of it has been dropped by now."""
    folder = _memory_folder()
    if _memory_taken() and not folder.exists():
        sql(f"DROP TABLESPACE {TABLESPACE}")
    if _memory_taken() or not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ENOUGH_BYTES:
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    if CLUSTER.account is not None:
        os.chown(folder, CLUSTER.account.pw_uid, CLUSTER.account.pw_gid)
    sql(f"CREATE TABLESPACE {TABLESPACE} LOCATION '{folder}'")


def _give_memory_back() -> None:
    """Called by the last session, before the server stops: nobody else is here, whatever process has such a number now."""
    for name in _of_sessions():
        sql(f"DROP DATABASE {name} WITH (FORCE)")
    if _memory_taken():
        sql(f"DROP TABLESPACE {TABLESPACE}")
        _memory_folder().rmdir()


@contextlib.contextmanager
def _template_lock():
    """Several sessions may run beside each other; one makes the template or copies it at a time."""
    with open(TEST_VAR / "test" / "template.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _copy(template: str, name: str) -> None:
    with _template_lock():
        sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        where = f"TABLESPACE {TABLESPACE}" if _memory_taken() else ""
        sql(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER} {where}")


@contextlib.contextmanager
def _connected_to(database: str, blocker):
    """The default connection goes to another database, and back to the shared one."""
    from django.db import connections

    with blocker.unblock():
        connections["default"].close()
        connections["default"].settings_dict["NAME"] = database
        try:
            yield
        finally:
            connections.close_all()
            connections["default"].settings_dict["NAME"] = SHARED


@pytest.fixture(scope="session")
def django_db_setup(template_database, django_db_blocker):
    """pytest-django's tests run in a copy of the template, as the runtime role."""
    from django.db import connections

    _copy(template_database, SHARED)
    with django_db_blocker.unblock():
        connections["default"].close()
        connections["default"].settings_dict["NAME"] = SHARED
    yield
    with django_db_blocker.unblock():
        connections["default"].close()


@pytest.fixture
def committed_db(template_database, django_db_setup, django_db_blocker, starting_world):
    """A database of this test's own, for what commits; yields its name."""
    name = f"flex_t_{os.getpid()}"
    _copy(starting_world or template_database, name)
    with _connected_to(name, django_db_blocker):
        yield name
    sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(autouse=True)
def own_store(tmp_path, settings):
    """Each test stores files and mail in a place of its own; keys are the test instance's."""
    settings.STORE_DIR = tmp_path / "store"
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


# Each from the world it goes on from, or from the template.
WORLDS = {
    "submitted": None, "approved_by_department": "submitted", "with_supplier": "approved_by_department",
    "countered": "with_supplier", "accepted": "with_supplier", "issued": "accepted", "executed": "issued",
    "ons_applied": None, "ons_approved": "ons_applied", "ons_joined": "ons_approved",
}  # fmt: skip


@pytest.fixture(scope="session")
def worlds_folder(tmp_path_factory) -> Path:
    """What the documents of each world left in the store, for all processes of this run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "worlds"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def starting_world(request, own_store, quiet_broker):
    """For a test marked ``world(state)``: the name of the database that ``db`` works in, with the store as it belongs
    to it; None for others."""
    mark = request.node.get_closest_marker("world")
    if mark is None:
        yield None
        return
    request.getfixturevalue("django_db_setup")
    from tests import cast

    blocker, folder = request.getfixturevalue("django_db_blocker"), request.getfixturevalue("worlds_folder")
    (state,) = mark.args
    name = _made(state, own_store / "store", folder, blocker)
    with _connected_to(name, blocker), pytest.MonkeyPatch.context() as patch:
        patch.setattr(cast, "world", state)
        yield name


def _made(state: str, store: Path, folder: Path, blocker) -> str:
    """This process's database of that world; ``store`` is filled with its files."""
    name = f"flex_world_{state}_{os.getpid()}"
    if not sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
        _copy(_kept(state, store, folder, blocker), name)
    shutil.copytree(folder / state, store, dirs_exist_ok=True)
    return name


def _kept(state: str, store: Path, folder: Path, blocker) -> str:
    """The database that every process copies that world from, made by the first that asks; the others wait for it."""
    from django.core import mail

    from tests import cast

    before, known = WORLDS[state], folder / f"{state}.database"
    source = _kept(before, store, folder, blocker) if before else TEMPLATE
    with open(folder / f"{state}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not known.exists():
            name = f"flex_kept_{state}_{os.getpid()}"
            if before:
                shutil.copytree(folder / before, store, dirs_exist_ok=True)
            _copy(source, name)
            with _connected_to(name, blocker), pytest.MonkeyPatch.context() as patch:
                patch.setattr(cast, "world", before)
                getattr(cast, state)()
            shutil.copytree(store, folder / state)
            mail.outbox.clear()
            known.write_text(name)
        return known.read_text()


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
def live(committed_db):
    """What real processes beside the test are started with: .database, .folder (theirs alone), .environment, and the
    .address and .port where a site would be."""
    folder = Path(tempfile.mkdtemp(prefix="flex-live-"))
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {
        "FLEX_TEST_DATABASE": committed_db, "FLEX_TEST_FOLDER": str(folder), "PUBLIC_URL": address,
    }  # fmt: skip
    for name in ("broker/messages", "broker/control", "store", "mail"):
        (folder / name).mkdir(parents=True)
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
         "--worker-class", "gthread", "--threads", "4", "--log-level", "warning"],
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
    "config/test_story", "config/test_first_command", "browser/", "procurement/test_races", "procurement/test_call_off_machine", "test_outsiders", "procurement/test_machines",
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


def pytest_sessionfinish(session, exitstatus):
    if CLUSTER.pid():
        for leftover in (SHARED, f"flex_t_{os.getpid()}", *(f"flex_world_{state}_{os.getpid()}" for state in WORLDS)):
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
