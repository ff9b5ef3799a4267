"""Ask the database every question of config/invariants.sql, and read every stored file that a record names. Each question
must return no rows and each file be what it was; prints what is not, exits 1.

Only reads, the database in one snapshot, so that it may run beside the work; an auditor may run it, or the file by psql.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from documents import storage

FILE = Path(settings.BASE_DIR) / "config" / "invariants.sql"
HEADING = re.compile(r"^-- (?P<number>\d+) (?P<name>\w+): (?P<words>.+)$", re.MULTILINE)
ROWS_SHOWN = 20


class Invariant(NamedTuple):
    number: int
    name: str
    words: str
    query: str


def read(text: str) -> list[Invariant]:
    """The invariants of a file: a heading ``-- 4 name: what must hold``, then one query that finds what breaks it.

    Raises ValueError if two have one name or one has no query: an invariant that asks nothing always holds.
    """
    headings = list(HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    found = [
        Invariant(
            int(heading["number"]),
            heading["name"],
            heading["words"].strip(),
            text[heading.end() : end].strip(),
        )
        for heading, end in zip(headings, ends, strict=True)
    ]
    names = [invariant.name for invariant in found]
    if not found or len(set(names)) != len(names):
        raise ValueError("no invariants, or two of one name")
    for invariant in found:
        if not invariant.query.upper().startswith(("SELECT", "WITH")):
            raise ValueError(f"{invariant.name} asks nothing")
    return found


def broken(invariants: list[Invariant]) -> list[tuple[Invariant, list[dict]]]:
    """The invariants that do not hold, with the first rows that break them."""
    found = []
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for invariant in invariants:
            cursor.execute(invariant.query)
            columns = [column.name for column in cursor.description]
            if rows := cursor.fetchmany(ROWS_SHOWN):
                found.append((invariant, [dict(zip(columns, row, strict=True)) for row in rows]))
    return found


def lost_files() -> Iterator[str]:
    """What a record names and the store does not give back byte for byte, in words. A model says by ``stored_under``
    which of its fields is the key, or a list of files that each have one as ``sha256``. Bytes are stored before they are
    recorded, so work beside this makes nothing look lost."""
    for model in apps.get_models():
        field = getattr(model, "stored_under", None)
        if field is None:
            continue
        for pk, value in model.objects.order_by("pk").values_list("pk", field).iterator(500):
            for key in [one["sha256"] for one in value] if isinstance(value, list) else [value] if value else []:
                if fault := storage.fault(key):
                    yield f"{model._meta.verbose_name} {pk}: its file {key[:12]} {fault}"


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args, **options):
        invariants = read(FILE.read_text(encoding="utf-8"))
        found = broken(invariants)
        for invariant, rows in found:
            self.stdout.write(f"{invariant.number} {invariant.name}: {invariant.words}: does not hold")
            for row in rows:
                self.stdout.write("    " + ", ".join(f"{column}={value}" for column, value in row.items()))
        lost = 0
        for words in lost_files():
            lost += 1
            self.stdout.write(words)
        if found or lost:
            raise CommandError(
                f"{len(found)} of {len(invariants)} invariants do not hold; {lost} stored files are not what they were", returncode=1
            )
        self.stdout.write(f"{len(invariants)} invariants hold, and every stored file is what it was")
