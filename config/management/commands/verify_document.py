"""Check a document file: exit 0 valid, 1 not valid (or unknown), 2 could not look.

Looks in the instance it runs in; unless --instance says which, the default instance first and then the story's.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand

from config.embedded_pg import Cluster
from config.supervisor import instance_database
from documents import kinds, verifying

CHILD = "FLEX_VERIFY_CHILD"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument("--json", action="store_true", help="the verdict as JSON")
        parser.add_argument("--instance", help="look only in this instance")

    def handle(self, *args, file, instance=None, **options):
        pdf = self._read(Path(file))
        if os.environ.get(CHILD) or not settings.EMBEDDED_DATABASE:
            verdict = self._look_here(pdf)
        else:
            verdict = self._look_in([instance] if instance else ["default", "story"], Path(file))
        as_json = options["json"] or os.environ.get(CHILD)
        self.stdout.write(json.dumps(verdict.as_dict(), indent=2, ensure_ascii=False) if as_json else in_words(verdict))
        sys.exit(0 if verdict.valid else 1)

    def _give_up(self, words: str) -> NoReturn:
        self.stderr.write(words)
        sys.exit(2)

    def _read(self, path: Path) -> bytes:
        try:
            with path.open("rb") as file:
                pdf = file.read(kinds.MAX_BYTES + 1)
        except OSError as error:
            self._give_up(f"{path.name} cannot be read: {error.strerror}")
        if len(pdf) > kinds.MAX_BYTES:
            self._give_up(
                f"{path.name} has more than {kinds.MAX_BYTES} bytes; no document of this register has that many"
            )
        return pdf

    def _look_here(self, pdf: bytes) -> verifying.Verdict:
        """A verdict is only what the check gave: whatever stops it (no database, no keys, a disk) is no verdict."""
        try:
            with instance_database(settings.INSTANCE_DIR):
                return verifying.check(pdf)
        except Exception as error:  # noqa: BLE001 - the words go to the person, and the exit says 2
            self._give_up(f"It could not look: {type(error).__name__}: {' '.join(str(error).split())[:300]}")

    def _look_in(self, instances: list[str], path: Path) -> verifying.Verdict:
        """Each instance has its own database and keys, so each is looked at by a process of its own. The first that
        knows the document answers; "unknown" is an answer only when every one of them could look."""
        verdict, failed = None, ""
        for name in instances:
            if not Cluster(settings.VAR_DIR / name / "pg").is_made:
                continue
            answer = subprocess.run(
                [sys.executable, str(settings.BASE_DIR / "manage.py"), "verify_document", str(path.resolve())],
                capture_output=True, text=True, check=False, env=os.environ | {"FLEX_INSTANCE": name, CHILD: "1"},
            )  # fmt: skip
            try:
                seen = verifying.Verdict(**json.loads(answer.stdout))
            except (ValueError, TypeError):
                failed = f"{name}: {(answer.stderr.strip().splitlines() or ['it could not look'])[-1]}"
                continue
            if seen.number:
                return seen
            verdict = verdict or seen
        if failed:
            self._give_up(failed)
        if verdict is None:
            self._give_up(f"There is no instance here to look in ({', '.join(instances)}); start one with make run")
        return verdict


def in_words(verdict: verifying.Verdict) -> str:
    lines = [("VALID: " if verdict.valid else "NOT VALID: ") + verdict.summary, f"sha256 {verdict.sha256}"]
    for seen in verdict.signatures:
        organisation = f", {seen['organisation']}" if "organisation" in seen else ""
        business = f" (business moment {seen['business_at']})" if "business_at" in seen else ""
        lines.append(f"- {seen['who']}, {seen['as']}{organisation}: {seen['at']}{business}")
    lines += [f"! {problem}" for problem in verdict.problems if problem != verdict.summary]
    return "\n".join(lines)
