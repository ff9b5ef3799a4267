"""Check a document file: exit 0 valid, 1 not valid (or unknown), 2 could not look.

Looks in the instance it runs in; unless --instance says which, the default instance first and then the story's.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from documents import verifying

CHILD = "FLEX_VERIFY_CHILD"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument("--json", action="store_true", help="the verdict as JSON")
        parser.add_argument("--instance", help="look only in this instance")

    def handle(self, *args, file, instance=None, **options):
        path = Path(file)
        try:
            size = path.stat().st_size
            if size > verifying.MAX_BYTES:
                self._give_up(f"{path.name} has {size} bytes; no document of this register has more than "
                              f"{verifying.MAX_BYTES}")  # fmt: skip
            pdf = path.read_bytes()
        except OSError as error:
            self._give_up(f"{path.name} cannot be read: {error.strerror}")
        if os.environ.get(CHILD) or settings.PRODUCTION:
            self._check_here(pdf, options["json"])
        self._check_elsewhere(path, [instance] if instance else ["default", "story"], options["json"])

    def _give_up(self, words: str):
        self.stderr.write(words)
        sys.exit(2)

    def _check_here(self, pdf: bytes, as_json: bool):
        from config.embedded_pg import Cluster

        if not settings.PRODUCTION and not os.environ.get("DATABASE_URL"):
            Cluster(settings.INSTANCE_DIR / "pg").ensure()
        verdict = verifying.check(pdf)
        if as_json:
            self.stdout.write(json.dumps(verdict.as_dict(), indent=2, ensure_ascii=False))
        else:
            self.stdout.write(in_words(verdict))
        sys.exit(0 if verdict.valid else 1)

    def _check_elsewhere(self, path: Path, instances: list[str], as_json: bool):
        """Each instance has its own database and keys, so each is looked at by a process of its own."""
        answer = None
        for name in instances:
            if not (settings.VAR_DIR / name / "pg").exists():
                continue
            command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "verify_document", str(path.resolve())]
            answer = subprocess.run(
                command + (["--json"] if as_json else []), capture_output=True, text=True, check=False,
                env=os.environ | {"FLEX_INSTANCE": name, CHILD: "1"},
            )  # fmt: skip
            if answer.returncode == 0:
                break
        if answer is None:
            self._give_up(f"there is no instance here to look in ({', '.join(instances)}); start one with make run")
        self.stdout.write(answer.stdout.rstrip("\n"))
        if answer.returncode not in (0, 1):
            self.stderr.write(answer.stderr.strip().splitlines()[-1] if answer.stderr.strip() else "it could not look")
            sys.exit(2)
        sys.exit(answer.returncode)


def in_words(verdict: verifying.Verdict) -> str:
    lines = [("VALID: " if verdict.valid else "NOT VALID: ") + verdict.summary, f"sha256 {verdict.sha256}"]
    for seen in verdict.signatures:
        organisation = f", {seen['organisation']}" if "organisation" in seen else ""
        lines.append(f"- {seen['who']}, {seen['as']}{organisation}: {seen['at']}")
    lines += [f"! {problem}" for problem in verdict.problems if problem != verdict.summary]
    return "\n".join(lines)
