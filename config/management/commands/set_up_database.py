"""What the owner of the database does after every release: migrate, make the cache's table, give the runtime role its
rights. Run with FLEX_DB_ROLE=owner; safe to run again."""

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args, **options):
        call_command("migrate", verbosity=options["verbosity"])
        call_command("createcachetable", verbosity=options["verbosity"])
        call_command("grant_rights")
