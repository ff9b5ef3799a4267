"""Child processes that start, are watched and stop together, with nothing of them left behind; and that one family at
a time has an instance."""

import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STOPPING_SECONDS = 15
AT_ONCE_SECONDS = 3  # what ends sooner than this after its start has not come up
LONGEST_PAUSE_SECONDS = 30
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
RUNNING, STOPPING = "running", "stopping"  # what an instance's lock file says of whoever holds it
DIES_WITH_PARENT = 1  # prctl(PR_SET_PDEATHSIG)


def say(words: str) -> None:
    print(words, flush=True)


@contextlib.contextmanager
def only_one(directory: Path) -> Iterator[None]:
    """One supervisor an instance: a second would start a second web server and worker on the same data. One that is
    stopping is waited for."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / "running"
    with open(path, "a") as file:
        deadline = time.monotonic() + 2 * STOPPING_SECONDS  # its processes, then its database
        waits = False
        while not _locked(file):
            if path.read_text() != STOPPING or time.monotonic() > deadline:
                raise SystemExit(f"the instance {directory.name} is running already; stop it first (Ctrl-C there)")
            if not waits:
                say("- waiting until the one before has stopped")
            waits = True
            time.sleep(0.1)
        path.write_text(RUNNING)
        yield


def _locked(file) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_stopping(directory: Path) -> None:
    """Whoever wants the instance next is told to wait, and not to stop what is stopping."""
    (directory / "running").write_text(STOPPING)


def die_with_parent() -> None:
    """In a child, before it starts: end in order when the supervisor is killed, so that nothing is left behind."""
    ctypes.CDLL(None).prctl(DIES_WITH_PARENT, signal.SIGTERM)


def end_group(child: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


class Family:
    """Child processes that start and stop together; if one ends by itself, it is started again. One that has never come up
    stops all, with its words; one that has, and then ends again and again, is waited for longer each time, and takes nothing
    else with it: the pages are there while a worker is killed twice."""

    def __init__(self):
        self.commands: dict[str, list[str]] = {}
        self.beside: Callable[[], None] = lambda: None  # looks after what the children need and is none of them
        self.children: dict[str, subprocess.Popen] = {}
        self.started: dict[str, float] = {}
        self.failed: dict[str, int] = {}  # how often in a row it has ended at once; only of what has come up once
        self.again: dict[str, float] = {}  # when what has ended is started again
        self.chatty: set[str] = set()

    def start(self, name: str, command: list[str], *, chatty: bool = False) -> None:
        """``chatty``: it prints what nobody needs to read. What is wrong goes to its log, which is standard error."""
        self.commands[name] = command
        self.started[name] = time.monotonic()
        if chatty:
            self.chatty.add(name)
        self.children[name] = subprocess.Popen(  # the supervisor has one thread, so the hook is safe
            command, cwd=ROOT, start_new_session=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if name in self.chatty else None, preexec_fn=die_with_parent,
        )  # fmt: skip

    def watch(self) -> None:
        """Keep the children alive until a signal; stop if one ends at once that has never come up."""
        while True:
            time.sleep(0.5)
            self.beside()
            for name, child in list(self.children.items()):
                lived = time.monotonic() - self.started[name]
                if child.poll() is None:
                    if lived >= AT_ONCE_SECONDS:
                        self.failed[name] = 0
                elif name not in self.again:
                    self._ended(name, child, lived)
                elif time.monotonic() >= self.again[name]:
                    del self.again[name]
                    self.start(name, self.commands[name])

    def _ended(self, name: str, child: subprocess.Popen, lived: float) -> None:
        at_once = lived < AT_ONCE_SECONDS
        if at_once and name not in self.failed:
            raise SystemExit(f"{name} ended at once (exit {child.returncode}); its words are above")
        self.failed[name] = self.failed.get(name, 0) + 1 if at_once else 0
        pause = min(2 ** self.failed[name] - 1, LONGEST_PAUSE_SECONDS)
        say(f"{name} ended (exit {child.returncode}); starting it again{f' in {pause} s' if pause else ''}")
        end_group(child)  # its own children outlive it when it was killed
        self.again[name] = time.monotonic() + pause

    def stop(self) -> None:
        for child in self.children.values():
            if child.poll() is None:
                child.terminate()  # the parent tells its own children, in order
        deadline = time.monotonic() + STOPPING_SECONDS
        for name, child in self.children.items():
            try:
                child.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                say(f"{name} did not stop in {STOPPING_SECONDS} s and is ended")
            end_group(child)
            child.wait()


def listen_to_signals() -> None:
    """Ctrl-C, a closed terminal and an ordinary kill all end in the same orderly way, also where a shell started
    this in its background and so had Ctrl-C ignored."""
    for number in SIGNALS:
        signal.signal(number, signal.default_int_handler)
