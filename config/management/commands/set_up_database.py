"""What the owner of the database does after every release: migrate, make the cache's table, give the runtime role its
rights. Run with FLEX_DB_ROLE=owner; safe to run again."""

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args, **options):
        _insist_on_whole_replacements()
        call_command("migrate", verbosity=options["verbosity"])
        call_command("createcachetable", verbosity=options["verbosity"])
        call_command("grant_rights")


def _insist_on_whole_replacements() -> None:
    """A database that stopped among migrations which others have replaced lacks the rest of them: Django may take it for
    complete."""
    applied = MigrationRecorder(connection).applied_migrations()
    for (app, name), migration in MigrationLoader(None).replacements.items():
        missing = [old for old in migration.replaces if old not in applied]
        begun = (app, name) in applied or len(missing) < len(migration.replaces)
        if missing and begun:
            raise CommandError(
                f"this database was made by an older version and has not seen {app}.{missing[0][1]}: "
                "run the last version that has that migration on it once, then this one"
            )
