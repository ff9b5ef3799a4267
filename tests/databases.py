"""The PostgreSQL of the tests: one private cluster, one migrated template with the Flex data loaded, and copies of it."""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

from config.embedded_pg import OWNER, SUPERUSER, Cluster
from config.supervisor import APPS, collect_static, digest

ROOT = Path(__file__).resolve().parent.parent
TEST_VAR = ROOT / "var"
CLUSTER = Cluster(TEST_VAR / "test" / "pg")
running = contextlib.ExitStack()  # the cluster, from the first test that asks for it; the last session to end stops it
TEMPLATE = "flex_template"
SHARED = f"flex_shared_{os.getpid()}"
# copies of the template are made in memory, ten times as fast, where the machine lends that much of it
MEMORY, ENOUGH_BYTES = Path("/dev/shm"), 4 * 1024**3
TABLESPACE = "flex_memory"


# How a test gives the framework, which is loaded and then law, another tolerance of quantities than the data's 0: in a schema
# that no instance has.
TOLERANCE = """
CREATE SCHEMA tests; GRANT USAGE ON SCHEMA tests TO flex_app;
CREATE FUNCTION tests.leave_tolerance(percent numeric) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS
    'UPDATE catalogue_framework SET quantity_tolerance_percent = percent'
"""


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
        if path.suffix in (".py", ".csv", ".yaml", ".pdf") and "__pycache__" not in path.parts
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
            sql(TOLERANCE, partial, OWNER)
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


def copy(template: str, name: str) -> None:
    with _template_lock():
        sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        where = f"TABLESPACE {TABLESPACE}" if _memory_taken() else ""
        sql(f"CREATE DATABASE {name} TEMPLATE {template} OWNER {OWNER} {where}")


@contextlib.contextmanager
def connected_to(database: str, blocker):
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

    copy(template_database, SHARED)
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
    copy(starting_world or template_database, name)
    with connected_to(name, django_db_blocker):
        yield name
    sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
