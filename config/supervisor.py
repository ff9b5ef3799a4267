"""Brings an instance up and keeps it up: database, migrations, rights, data, keys, static files; then web, worker and
beat together, and everything down again on Ctrl-C. ``config/bootstrap.py`` runs it in the virtual environment.

What is unchanged since the last start (by a hash of what it depends on) is not done again.
"""

import argparse
import contextlib
import hashlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from config.bootstrap import words_for_the_machine
from config.embedded_pg import Cluster, EmbeddedPostgresError
from config.ports import insist_on_port, port_number, wait_for
from config.processes import ROOT, SIGNALS, Family, die_with_parent, is_stopping, listen_to_signals, only_one, say

JOB_SECONDS = 115  # what no job may take; the layout's own limits are below it


def instance_directory(name: str) -> Path:
    return Path(os.environ.get("FLEX_VAR", str(ROOT / "var"))) / name


def manage(*arguments: str, owner: bool = False, env: dict[str, str] | None = None) -> None:
    """Run a management command in a process of its own; stop with its words if it fails."""
    role = {"FLEX_DB_ROLE": "owner"} if owner else {}
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments], env=os.environ | role | (env or {}), cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        say(done.stdout[-4000:])
        raise SystemExit(f"manage.py {' '.join(arguments)} failed; its words are above")


def digest(paths: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return found.hexdigest()


class Stamps:
    """What was done for which inputs: one small file a step."""

    def __init__(self, directory: Path):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)

    def fresh(self, step: str, key: str) -> bool:
        path = self.directory / step
        return path.exists() and path.read_text() == key

    def done(self, step: str, key: str) -> None:
        (self.directory / step).write_text(key)


APPS = ("documents", "catalogue", "procurement", "contracts", "config")


def instance_database(directory: Path) -> contextlib.AbstractContextManager[Cluster | None]:
    """The instance's private PostgreSQL is up inside the block; a server that is named instead is its owner's business."""
    return contextlib.nullcontext() if os.environ.get("DATABASE_URL") else Cluster(directory / "pg").in_use()


def keep_up(cluster: Cluster) -> None:
    """The private PostgreSQL, started again where it was killed: until it answers, every page says 503. What keeps it from
    starting is said, and it is tried again."""
    try:
        if cluster.bring_back():
            say("the private PostgreSQL had ended; it is up again")
    except EmbeddedPostgresError as error:
        say(f"the private PostgreSQL has ended: {error}")
        time.sleep(5)


def prepare(directory: Path) -> None:
    """Everything an instance needs before its processes start; its database is up."""
    stamps = Stamps(directory / "stamps")
    models = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "migrations" in path.parts
              or "models" in path.parts or path.name in ("settings.py", "rights.py", "grant_rights.py")]  # fmt: skip
    # another database than last time has not seen what this directory's stamps say was done
    database = hashlib.sha256(os.environ.get("DATABASE_URL", "").encode()).hexdigest()
    key = digest([*models, ROOT / "requirements.txt"]) + database
    if not stamps.fresh("migrated", key):
        say("- migrations and rights")
        manage("set_up_database", "--verbosity", "0", owner=True)
        stamps.done("migrated", key)
    data = digest((ROOT / "config" / "data").rglob("*.*")) + database
    if os.environ.get("FLEX_MODE", "demonstration") == "demonstration" and not stamps.fresh("loaded", data):
        say("- the Flex framework, its catalogue and its people")
        manage("load_flex")
        stamps.done("loaded", data)
    if not stamps.fresh("seals", data):
        say("- keys and certificates")
        manage("make_seals")
        stamps.done("seals", data)
    collect_static(directory.parent)
    directory.chmod(0o700)  # documents, mail and keys are nobody else's on this machine
    for name in ("broker/messages", "store", "mail"):
        (directory / name).mkdir(parents=True, exist_ok=True)


def collect_static(var: Path) -> None:
    """All instances under ``var`` share the collected files; old ones stay, for pages that are still open."""
    own = [path for app in APPS for path in (ROOT / app / "static").rglob("*") if path.is_file()]
    key = digest([*own, ROOT / "package-lock.json", ROOT / "requirements.txt", ROOT / "config" / "staticfiles.py"])
    stamps = Stamps(var / "stamps")
    if not stamps.fresh("static", key) or not (var / "static" / "staticfiles.json").exists():
        say("- static files")
        manage("collectstatic", "--noinput", "--verbosity", "0")
        stamps.done("static", key)


def worker_command() -> list[str]:
    """A worker that does one job at a time in its own process: there is no pool whose lock a killed child would take
    with it. ``documents.jobs`` ends the process when a job takes too long; the supervisor starts it again."""
    return [
        sys.executable, "-m", "celery", "--quiet", "--app", "config", "worker", "--loglevel", "WARNING", "--pool", "solo",
        "--hostname", f"{os.getpid()}-{next(_worker_numbers)}@flex", "--without-gossip", "--without-mingle",
        "--without-heartbeat",
    ]  # fmt: skip


_worker_numbers = itertools.count(1)
WORKERS = 2


def beat_command(directory: Path) -> list[str]:
    return [
        sys.executable, "-m", "celery", "--quiet", "--app", "config", "beat", "--loglevel", "WARNING", "--schedule",
        str(directory / "beat-schedule"), "--pidfile", "",
    ]  # fmt: skip


def start_work(family: "Family", directory: Path) -> None:
    """The workers and the clock that wakes them."""
    os.environ["JOB_SECONDS"] = str(JOB_SECONDS)
    for number in range(1, WORKERS + 1):
        family.start(f"worker {number}", worker_command(), chatty=True)  # "Warm shutdown" whenever it is told to stop
    family.start("beat", beat_command(directory))


def web_command(bind: str) -> list[str]:
    return [
        sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind", bind, "--worker-class", "gthread",
        "--workers", "2", "--threads", "4", "--timeout", "60", "--graceful-timeout", "10", "--log-level", "warning",
        "--no-control-socket",  # nobody orders it about, and its socket lies in the account's home, one for all instances
    ]  # fmt: skip


@contextlib.contextmanager
def family_of(directory: Path) -> Iterator[Family]:
    """The instance's processes and, until they have ended, its database. An impatient second Ctrl-C does not leave
    half of it running."""
    listen_to_signals()
    family = Family()
    say("- database")
    with instance_database(directory) as cluster:
        if cluster is not None:
            family.beside = lambda: keep_up(cluster)
        try:
            yield family
        finally:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            is_stopping(directory)
            family.stop()


def run(directory: Path, port: int, began: float) -> None:
    """``began``: what ``time.monotonic`` said when the command was given."""
    address = f"http://127.0.0.1:{port}"
    os.environ.setdefault("PUBLIC_URL", address)
    insist_on_port(port)
    with family_of(directory) as family:
        with contextlib.suppress(KeyboardInterrupt):
            prepare(directory)
            family.start("web", web_command(f"127.0.0.1:{port}"))
            start_work(family, directory)
            wait_for(address)
            welcome(address, time.monotonic() - began)
            family.watch()
        say("\nstopping")
    say("stopped")


def welcome(address: str, seconds: float) -> None:
    say(f"\nFlex is ready at {address} (after {seconds:.0f} s). Ctrl-C stops everything.")
    if os.environ.get("FLEX_MODE", "demonstration") != "demonstration":
        return
    say("Sign in with the password: public sector flex 2007")
    for email, what in (
        ("requester@dius.example", "orders for the Department for Innovation, Universities and Skills"),
        ("budget.holder@dius.example", "endorses; then technology.officer@ and finance.director@"),
        ("accounting.officer@dius.example", "commits for the department"),
        ("commercial.lead@co.example", "endorses for the Cabinet Office; with finance.lead@"),
        ("deputy.director@co.example", "commits for the Cabinet Office"),
        ("order.desk@fujitsu.example", "accepts or declines for the supplier"),
        ("supplier.signatory@fujitsu.example", "signs first; then signatory@dius.example, authority.signatory@co.example"),
        ("auditor@co.example", "reads what has reached the Cabinet Office, changes nothing"),
    ):
        say(f"  {email:38} {what}")


def folder_to_fill(words: str) -> Path:
    """Where the story is to be written, there already when minutes are spent on making it."""
    folder = Path(words).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SystemExit(f"{folder} cannot be made: {error.strerror}; choose another:  make story OUT=story-out") from error
    if not os.access(folder, os.W_OK):
        raise SystemExit(f"{folder} cannot be written into; choose another:  make story OUT=story-out")
    return folder


def story(directory: Path, out: Path) -> None:
    """The story in an instance of its own, wiped first, with a real worker."""
    Cluster(directory / "pg").wipe()
    for entry in directory.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
    with family_of(directory) as family:
        prepare(directory)
        start_work(family, directory)
        done = subprocess.run(  # in a session of its own: Ctrl-C is answered here, in one line
            [sys.executable, str(ROOT / "manage.py"), "story", "--out", str(out)], cwd=ROOT, check=False,
            start_new_session=True, preexec_fn=die_with_parent,
        )  # fmt: skip
    sys.exit(done.returncode)


def main() -> None:
    parser = argparse.ArgumentParser(prog="supervisor")
    parser.add_argument("what", choices=["run", "story"])
    parser.add_argument("--port", default=os.environ.get("PORT", "8000"))
    parser.add_argument("--out", default="story-out")
    parser.add_argument("--began", type=float, default=time.monotonic(), help="the monotonic clock when make was told")
    options = parser.parse_args()
    port = port_number(options.port)
    name = "story" if options.what == "story" else os.environ.get("FLEX_INSTANCE", "default")
    os.environ["FLEX_INSTANCE"] = name
    os.chdir(ROOT)
    try:
        directory = instance_directory(name)
        with words_for_the_machine(), only_one(directory):
            if options.what == "run":
                run(directory, port, options.began)
            else:
                story(directory, folder_to_fill(options.out))
    except EmbeddedPostgresError as error:
        raise SystemExit(f"the private PostgreSQL: {error}") from error
    except KeyboardInterrupt:
        raise SystemExit("\nstopped before it was done") from None


if __name__ == "__main__":
    main()
