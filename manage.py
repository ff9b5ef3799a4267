#!/usr/bin/env python3
"""Django's command line, for any python3: it goes on in the virtual environment that ``make`` made. What a person asks
of an instance is answered whether it runs or not."""

import os
import sys
from contextlib import nullcontext
from pathlib import Path

VENV = Path(__file__).resolve().parent / ".venv"
OF_AN_INSTANCE = ("check_invariants", "run_jobs", "set_clock")


def main() -> None:
    python = VENV / "bin" / "python"
    if python.exists() and not VENV.samefile(sys.prefix):
        os.execv(python, [str(python), *sys.argv])  # noqa: S606 - this process becomes the command
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Nothing is set up here yet: make run, or make test, does it.")
    with _its_database() if sys.argv[1:2] and sys.argv[1] in OF_AN_INSTANCE else nullcontext():
        execute_from_command_line(sys.argv)


def _its_database():
    from config.embedded_pg import Cluster
    from config.supervisor import instance_database, instance_directory

    directory = instance_directory(os.environ.get("FLEX_INSTANCE", "default"))
    if not os.environ.get("DATABASE_URL") and not Cluster(directory / "pg").is_made:
        sys.exit(f"There is no instance {directory.name!r} here; start one with make run.")
    return instance_database(directory)


if __name__ == "__main__":
    main()
