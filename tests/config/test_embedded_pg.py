"""The private PostgreSQL: one cluster, whoever starts it, and it comes back after a kill."""

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psycopg2
import pytest

from config import embedded_pg
from config.embedded_pg import (
    OWNER,
    SUPERUSER,
    Cluster,
    EmbeddedPostgresError,
    find_binaries,
    socket_directory,
)
from config.processes import Family
from config.supervisor import keep_up

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster") / "pg")
    made.ensure()
    yield made
    made.wipe()


def ask(cluster: Cluster, statement: str, user: str = SUPERUSER, database: str = "flex"):
    connection = psycopg2.connect(host=str(cluster.socket), user=user, dbname=database)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.close()


def test_it_listens_on_a_socket_in_a_closed_directory_only(cluster):
    assert ask(cluster, "SHOW listen_addresses") == [("",)]
    assert stat.S_IMODE(cluster.socket.stat().st_mode) == 0o700
    assert stat.S_IMODE(cluster.data.stat().st_mode) == 0o700


def test_the_extensions_we_need_are_there(cluster):
    names = {name for (name,) in ask(cluster, "SELECT name FROM pg_available_extensions")}
    assert {"btree_gist", "pg_trgm"} <= names
    assert ask(cluster, "SHOW data_checksums") == [("on",)]


def test_three_roles_and_only_the_first_is_a_superuser(cluster):
    roles = dict(ask(cluster, "SELECT rolname, rolsuper FROM pg_roles WHERE rolname LIKE 'flex%'"))
    assert roles == {SUPERUSER: True, OWNER: False, "flex_app": False}
    assert ask(cluster, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'flex'") == [(OWNER,)]


def test_starting_it_again_is_nothing_and_quick(cluster):
    before = cluster.pid()
    began = time.monotonic()
    Cluster(cluster.root).ensure()
    assert cluster.pid() == before
    assert time.monotonic() - began < 5


def kill(cluster: Cluster) -> int:
    """Until it is dead, which a signal does not wait for; which process it was."""
    killed = cluster.pid()
    os.kill(killed, signal.SIGKILL)
    while cluster.pid() == killed:
        time.sleep(0.01)
    return killed


def test_it_comes_back_after_a_kill_with_what_was_committed(cluster):
    connection = psycopg2.connect(host=str(cluster.socket), user=OWNER, dbname="flex")
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer")
    connection.close()
    killed = kill(cluster)
    cluster.ensure()
    assert cluster.pid() != killed
    assert ask(cluster, "SELECT answer FROM kept", user=OWNER) == [(42,)]


def test_it_is_started_again_under_a_running_instance(cluster, capsys):
    """Whoever watches over the processes watches over it: a page says 503 for seconds, not until somebody comes."""
    family, killed = Family(), kill(cluster)

    def beside():
        keep_up(cluster)
        if cluster.pid() not in (None, killed):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        family.beside = beside
        family.watch()
    assert ask(cluster, "SELECT 1") == [(1,)]
    keep_up(cluster)
    assert capsys.readouterr().out == "the private PostgreSQL had ended; it is up again\n", "said once"


def test_four_starts_at_once_give_one_cluster(tmp_path):
    root = tmp_path / "pg"
    start = f"from config.embedded_pg import Cluster; from pathlib import Path; c = Cluster(Path({str(root)!r})); c.ensure(); print(c.pid())"
    children = [
        subprocess.Popen([sys.executable, "-c", start], cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(4)
    ]
    seen = {child.communicate(timeout=120)[0].strip() for child in children}
    try:
        assert [child.returncode for child in children] == [0, 0, 0, 0]
        assert len(seen) == 1 and seen != {"None"}
    finally:
        Cluster(root).wipe()
    assert not root.exists()


def test_another_major_version_is_refused_with_words(cluster):
    version = cluster.data / "PG_VERSION"
    kept = version.read_text()
    version.write_text("12\n")
    try:
        with pytest.raises(EmbeddedPostgresError, match="is of PostgreSQL 12 and the binaries are 18"):
            cluster.ensure()
    finally:
        version.write_text(kept)


def test_a_long_path_gets_a_short_socket():
    deep = Path("/var") / ("d" * 60) / ("e" * 60)
    assert len(str(socket_directory(deep))) < 60
    assert socket_directory(Path("/var/pg")) == Path("/var/pg")
    assert socket_directory(deep) != socket_directory(deep / "other")
    assert len(str(socket_directory(Path("/var") / ("é" * 45)))) < 40, "it is the bytes that count"


def test_it_runs_in_a_folder_of_any_name_that_a_shell_can_be_told(tmp_path):
    cluster = Cluster(tmp_path / "Projets d'été, 2007" / "pg")
    try:
        cluster.ensure()
        assert ask(cluster, "SELECT 1", user="flex_app") == [(1,)]
    finally:
        cluster.wipe()
    with pytest.raises(EmbeddedPostgresError, match=r"cannot run in a folder with \$ in its path"):
        Cluster(tmp_path / "$HOME" / "pg").ensure()


def test_without_namespaces_it_runs_as_an_ordinary_account(tmp_path, monkeypatch):
    """Root drops to one (PostgreSQL refuses root); anybody else is one."""
    monkeypatch.setattr(embedded_pg, "_allowed", False)
    cluster = Cluster(tmp_path / "pg")
    expected = cluster.account.pw_uid if os.geteuid() == 0 else os.geteuid()
    try:
        cluster.ensure()
        assert Path(f"/proc/{cluster.pid()}").stat().st_uid == expected != 0
        assert stat.S_IMODE(cluster.socket.stat().st_mode) == 0o700
        assert ask(cluster, "SELECT 1", user="flex_app") == [(1,)]
    finally:
        cluster.wipe()
    assert not cluster.root.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands its cluster to another account")
def test_a_clone_in_a_closed_directory_gets_binaries_the_account_can_run(tmp_path, monkeypatch):
    """Root's home is closed to everybody else, and the programs find their libraries beside their package."""
    package = find_binaries().parents[1]
    closed = tmp_path / "home"
    for folder in (package, package.with_name(f"{package.name}.libs")):
        if folder.is_dir():
            shutil.copytree(folder, closed / folder.name, symlinks=True)
    closed.chmod(0o700)
    monkeypatch.setenv("FLEX_PG_BIN", str(closed / package.name / "pginstall" / "bin"))
    monkeypatch.setattr(embedded_pg, "_allowed", False)
    cluster = Cluster(tmp_path / "pg")
    try:
        cluster.ensure()
        assert not str(cluster.binaries).startswith(str(closed))
        assert ask(cluster, "SELECT 1", user="flex_app") == [(1,)]
        copy = cluster.binaries.parents[2]
    finally:
        cluster.wipe()
    assert not copy.exists()
