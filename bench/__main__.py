"""``make bench``: B1 (the order flow over the bare SQL floor), B2 and B3 (lists and counts with ten and with a hundred
thousand call-offs) and B4 (the contract document), in an instance of its own that is wiped first. Prints ``RESULT key value unit``; the figures are explained in docs/bench.md.
"""

import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

os.environ["FLEX_INSTANCE"] = "bench"
os.environ["FLEX_MODE"] = "demonstration"
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
os.environ["LOG_LEVEL"] = "WARNING"
for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "BROKER_URL", "EMAIL_URL", "FLEX_DB_ROLE", "FLEX_TEST_DATABASE",
             "FLEX_TEST_FOLDER", "STORE_DIR", "KEYS_DIR", "CELERY_BROKER_URL"):  # fmt: skip
    os.environ.pop(name, None)

from config.embedded_pg import Cluster, find_binaries  # noqa: E402 - the environment comes first
from config.supervisor import ROOT, instance_database, instance_directory, listen_to_signals, only_one, prepare  # noqa: E402


def result(key: str, value: float, unit: str) -> None:
    print(
        f"RESULT {key} {value:.4g} {unit}" if isinstance(value, float) else f"RESULT {key} {value} {unit}", flush=True
    )


def machine() -> None:
    """What the figures were measured on and with."""
    models = [row for row in Path("/proc/cpuinfo").read_text().splitlines() if row.startswith("model name")]
    print(f"MACHINE {models[0].partition(':')[2].strip() if models else platform.processor()}, {os.cpu_count()} cores")
    postgres = subprocess.run([find_binaries() / "postgres", "--version"], capture_output=True, text=True, check=True)
    names = ("Django", "psycopg2-binary", "gunicorn", "weasyprint", "pyHanko")
    print(f"VERSIONS Python {platform.python_version()}, {postgres.stdout.strip()},",
          ", ".join(f"{name} {version(name)}" for name in names), flush=True)  # fmt: skip


def main() -> None:
    os.chdir(ROOT)
    directory = instance_directory("bench")
    listen_to_signals()
    with only_one(directory):
        Cluster(directory / "pg").wipe()
        for entry in directory.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
        with instance_database(directory):
            prepare(directory)
            import django

            django.setup()
            from bench import contract_document, lists, order_flow

            machine()
            lists.measure(directory, result)
            order_flow.measure(directory, result)
            contract_document.measure(result)


if __name__ == "__main__":
    main()
