"""One command brings an instance up; what it starts ends with it, also when it is killed."""

import ast
import errno
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from config import bootstrap
from config.bootstrap import failure, insist_on_packages, words_for_the_machine
from config.ports import insist_on_port, port_number
from config.processes import Family, is_stopping, only_one
from config.supervisor import Stamps, folder_to_fill

ROOT = Path(__file__).resolve().parent.parent.parent
SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
# a child with a child of its own, as the worker has; prints the grandchild's id into a file
PARENT = "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); open(sys.argv[1], 'w').write(str(p.pid)); time.sleep(600)"


def gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def wait_until(condition, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_children_stop_together_with_their_own_children(tmp_path):
    family = Family()
    noted = tmp_path / "pid"
    family.start("one", SLEEPER)
    family.start("two", [sys.executable, "-c", PARENT, str(noted)])
    wait_until(lambda: noted.exists() and noted.read_text())
    pids = [child.pid for child in family.children.values()] + [int(noted.read_text())]
    family.stop()
    wait_until(lambda: all(gone(pid) for pid in pids))


def test_children_end_when_the_supervisor_is_killed(tmp_path):
    noted = tmp_path / "pid"
    script = (
        "import sys, time; from pathlib import Path; from config.processes import Family; f = Family(); "
        "f.start('one', [sys.executable, '-c', 'import time; time.sleep(600)']); "
        "Path(sys.argv[1]).write_text(str(f.children['one'].pid)); time.sleep(600)"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", script, str(noted)], cwd=ROOT)
    wait_until(lambda: noted.exists() and noted.read_text())
    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()
    wait_until(lambda: gone(int(noted.read_text())))


def test_a_child_that_was_killed_is_started_again():
    family = Family()
    family.start("one", SLEEPER)
    first = family.children["one"]
    family.started["one"] -= 60
    os.kill(first.pid, signal.SIGKILL)
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 2)
    try:
        with pytest.raises(KeyboardInterrupt):
            family.watch()
        assert family.children["one"].pid != first.pid
        assert family.children["one"].poll() is None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        family.stop()


def test_a_child_that_ends_at_once_ends_everything_with_words():
    family = Family()
    family.start("web", [sys.executable, "-c", "raise SystemExit(3)"])
    family.children["web"].wait()
    with pytest.raises(SystemExit, match=r"web ended at once \(exit 3\)"):
        family.watch()


def test_one_that_was_up_and_is_killed_again_at_once_takes_nothing_else_with_it():
    family = Family()
    family.start("web", SLEEPER)
    family.start("worker", SLEEPER)
    family.started["worker"] -= 60

    def kill_twice(*_signal):
        child = family.children["worker"]
        if child.poll() is None and child.pid not in killed and len(killed) < 2:
            killed.append(child.pid)
            child.kill()
        elif len(killed) == 2 and child.poll() is None and child.pid not in killed:
            raise KeyboardInterrupt

    killed: list[int] = []
    before = signal.signal(signal.SIGALRM, kill_twice)
    signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            family.watch()
        assert len(killed) == 2 and family.children["web"].poll() is None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        family.stop()


def test_an_instance_runs_once(tmp_path):
    with only_one(tmp_path / "one"), only_one(tmp_path / "two"):
        held = os.open(tmp_path / "one" / "running", os.O_WRONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(held)
        with pytest.raises(SystemExit, match="the instance one is running already"), only_one(tmp_path / "one"):
            raise AssertionError("a second one was let in")
    with only_one(tmp_path / "one"):
        pass


def test_one_that_is_stopping_is_waited_for(tmp_path, capfd):
    held = "import sys, time; from pathlib import Path; from config.processes import is_stopping, only_one\nwith only_one(Path(sys.argv[1])):\n  is_stopping(Path(sys.argv[1])); print('held', flush=True); time.sleep(1)"
    before = subprocess.Popen([sys.executable, "-c", held, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert before.stdout.readline() == "held\n"
    with only_one(tmp_path):
        assert before.wait(timeout=10) == 0
        assert capfd.readouterr().out == "- waiting until the one before has stopped\n"
        with pytest.raises(SystemExit, match="is running already"), only_one(tmp_path):
            raise AssertionError("it was taken for one that is stopping")
        is_stopping(tmp_path)


def test_what_a_chatty_child_prints_is_not_shown_and_what_it_says_is_wrong_is(capfd):
    family, says = Family(), "import sys; print('shown'); print('wrong', file=sys.stderr)"
    for name in ("plain", "chatty"):
        family.start(name, [sys.executable, "-c", says.replace("shown", name)], chatty=name == "chatty")
        family.children[name].wait()
    family.stop()
    said = capfd.readouterr()
    assert (said.out, said.err) == ("plain\n", "wrong\nwrong\n")


def test_the_words_of_a_package_manager_are_said_only_where_it_fails(capfd):
    says = "import sys; print('added 12 packages'); print('a warning', file=sys.stderr); sys.exit(int(sys.argv[1]))"
    assert failure([sys.executable, "-c", says, "0"]) is None
    assert sorted(failure([sys.executable, "-c", says, "3"]).splitlines()) == ["a warning", "added 12 packages"]
    assert failure([sys.executable, "-c", "raise SystemExit(4)"]) == "exit 4", "words also where it says nothing"
    assert capfd.readouterr() == ("", "")


def test_who_may_not_install_packages_is_told_of_all_of_them_at_once(monkeypatch, tmp_path):
    monkeypatch.setattr(bootstrap, "may_install", lambda: False)
    monkeypatch.setattr(bootstrap, "loads", lambda library: "harfbuzz" not in library)
    monkeypatch.setattr(bootstrap, "TEST_TOOLS", {"no-such-tool": "its-package", "sh": "dash"})
    monkeypatch.setattr(bootstrap.shutil, "which", lambda tool: None if tool == "no-such-tool" else f"/usr/bin/{tool}")
    with pytest.raises(SystemExit, match=r"sudo apt-get install --no-install-recommends libharfbuzz-subset0 its-package$"):
        insist_on_packages("test")
    insist_on_packages("lint")
    monkeypatch.setattr(bootstrap, "PYTHON", tmp_path / "python")
    monkeypatch.setattr(bootstrap.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"recommends python3\.\d+-venv libharfbuzz-subset0$"):
        insist_on_packages("run")


def test_what_only_the_machines_owner_can_mend_is_said_in_a_line_and_anything_else_is_not_hidden():
    for number, words in ((errno.EACCES, "var; the clone and its var/ are to be"), (errno.ENOSPC, "No space left on device: var$")):
        with pytest.raises(SystemExit, match=words), words_for_the_machine():
            raise OSError(number, os.strerror(number), "var")
    with pytest.raises(FileNotFoundError), words_for_the_machine():
        Path("/no/such/file").read_text()


def test_an_older_python_reads_as_far_as_the_words_that_refuse_it(monkeypatch):
    ast.parse(Path(bootstrap.__file__).read_text(encoding="utf-8"), feature_version=(3, 8))
    assert isinstance(bootstrap.stop.__annotations__["words"], str), "hints that it does not know are not evaluated"
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 8, 18, "final", 0))
    with pytest.raises(SystemExit, match="Flex needs Python 3.11 or newer"):
        bootstrap.insist_on_python()


def test_a_taken_port_is_said_with_another_to_try():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemExit, match=f"port {port} cannot be had .* make run PORT={port + 1}"):
            insist_on_port(port)
    insist_on_port(port)


@pytest.mark.parametrize("typed", ["abc", "", "0", "-5", "8000.5", "65536", "\u00b2"])
def test_what_is_no_port_is_said_with_one_to_try(typed):
    with pytest.raises(SystemExit, match="is not a port: a number from 1 to 65535, for example  make run PORT=8001"):
        port_number(typed)
    assert port_number("8104") == 8104


def test_a_folder_that_the_story_cannot_be_written_into_is_said_before_it_is_played(tmp_path):
    assert folder_to_fill(str(tmp_path / "two words" / "deep")).is_dir()
    (tmp_path / "file").write_text("in the way")
    for way in ("file", "file/deeper"):
        with pytest.raises(SystemExit, match="cannot be made: .*; choose another:  make story OUT="):
            folder_to_fill(str(tmp_path / way))


def test_a_step_is_done_again_only_for_other_inputs(tmp_path):
    stamps = Stamps(tmp_path / "stamps")
    assert not stamps.fresh("migrated", "a")
    stamps.done("migrated", "a")
    assert Stamps(tmp_path / "stamps").fresh("migrated", "a")
    assert not stamps.fresh("migrated", "b")
    assert not stamps.fresh("loaded", "a")
