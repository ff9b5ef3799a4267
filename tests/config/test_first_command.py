"""What ``make run`` hands over to, as anybody runs it: an instance from nothing, ready to sign in, and nothing left of it
when it is told to stop."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.embedded_pg import Cluster
from tests.conftest import free_port
from tests.databases import ROOT

NAME = "tried"
INSTANCE = ROOT / "var" / NAME
HOME = ROOT / "var" / f"home-of-{NAME}"
READY_SECONDS = 240
SET_UP_SECONDS = 10_000


def environment() -> dict[str, str]:
    """A home of its own, and a proxy that leads out of the machine, but not just now."""
    ours = {name for name in os.environ if name.startswith("FLEX_") or name == "PUBLIC_URL"}
    theirs = {"FLEX_INSTANCE": NAME, "HOME": str(HOME), "http_proxy": "http://127.0.0.1:9"}
    return {name: value for name, value in os.environ.items() if name not in ours} | theirs


def wipe() -> None:
    if INSTANCE.exists():
        Cluster(INSTANCE / "pg").wipe()
        shutil.rmtree(INSTANCE)
    shutil.rmtree(HOME, ignore_errors=True)


@pytest.fixture
def instance(template_database) -> Iterator[Cluster]:
    """One that is not there yet; the static files, which all instances share, are."""
    wipe()
    HOME.mkdir(parents=True)
    yield Cluster(INSTANCE / "pg")
    wipe()


def started(port: int) -> tuple[subprocess.Popen, str]:
    """The supervisor and what it said until it was ready."""
    began = time.monotonic() - SET_UP_SECONDS  # as if setting up had taken them
    process = subprocess.Popen(
        [sys.executable, "-m", "config.supervisor", "run", "--port", str(port), "--began", str(began)], cwd=ROOT, env=environment(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    said, deadline = "", time.monotonic() + READY_SECONDS
    for line in process.stdout:
        said += line
        if "Sign in with the password" in line:
            return process, said
        assert time.monotonic() < deadline, said
    raise AssertionError(f"it ended with {process.wait()}:\n{said}")


def descendants(of: int) -> set[int]:
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = {of}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def page(port: int, path: str) -> str:
    return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30).read().decode()


def stopped(process: subprocess.Popen, how: signal.Signals) -> str:
    """What it says when it is told to stop; the processes are gone."""
    family = descendants(process.pid)
    assert len(family) >= 6, "the supervisor, the site with its workers, two workers of jobs, their clock"
    process.send_signal(how)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    deadline = time.monotonic() + 10
    while any(is_running(pid) for pid in family):
        assert time.monotonic() < deadline, "something of it runs on"
        time.sleep(0.1)
    return said


def managed(*arguments: str, **changed: str) -> subprocess.CompletedProcess:
    """A command as the README has it, by the python3 that is not the virtual environment's."""
    return subprocess.run(
        [Path(sys.base_prefix) / "bin" / "python3", "manage.py", *arguments], cwd=ROOT, env=environment() | changed,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def verified(path: Path) -> subprocess.CompletedProcess:
    return managed("verify_document", str(path), "--instance", NAME)


def test_from_nothing_to_ready_and_to_nothing_again(instance, tmp_path):
    port = free_port()
    process, said = started(port)
    try:
        assert f"Flex is ready at http://127.0.0.1:{port}" in said
        assert re.search(r"\(after 10\d\d\d s\)", said), f"counted from when the command was given: {said}"
        assert re.search(r"- migrations and rights\n- the Flex framework", said), said
        assert "Email address" in page(port, "/accounts/sign-in/")
        assert page(port, "/health/") == "ok"
        held = tmp_path / "held.pdf"
        held.write_bytes(b"%PDF-1.7 and nothing of ours")
        assert verified(held).returncode == 1 and instance.pid() is not None, "who looks in does not stop it"
    finally:
        said = stopped(process, signal.SIGINT)
    assert said.endswith("\nstopping\nstopped\n") and "shutdown" not in said, said
    assert instance.pid() is None
    assert list(HOME.iterdir()) == [], "nothing is left in the home of whoever starts it, as the server's own control socket was"
    answer = verified(held)
    assert (answer.returncode, "no document of this register" in answer.stdout) == (1, True), answer
    answer = managed("check_invariants")
    assert (answer.returncode, "every stored file is what it was" in answer.stdout) == (0, True), answer
    assert instance.pid() is None, "a look into a stopped instance leaves nothing running"
    answer = managed("check_invariants", FLEX_INSTANCE="none")
    assert (answer.returncode, answer.stderr) == (1, "There is no instance 'none' here; start one with make run.\n")

    process, said = started(port)
    try:
        assert "migrations" not in said and "framework" not in said.partition("Flex is ready")[0], "all of it is there"
        assert "Email address" in page(port, "/accounts/sign-in/")
    finally:
        stopped(process, signal.SIGTERM)
    assert instance.pid() is None
