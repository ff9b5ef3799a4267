"""Step the demonstration's business clock forward, running what falls due on the way. Refused in production."""

from datetime import datetime

from django.core.management.base import BaseCommand, CommandError

from documents import clock
from documents.actors import operator
from documents.refusal import Refused


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("moment", help="2007-10-12 or 2007-10-12T09:00, London time")

    def handle(self, moment, **options):
        try:
            wanted = datetime.fromisoformat(moment)
        except ValueError as error:
            raise CommandError(f"{moment!r} is not a day or a moment: {error}") from error
        if "T" not in moment:
            wanted = wanted.replace(hour=9)
        try:
            done = clock.step_to(wanted.replace(tzinfo=clock.LONDON), by=operator("set_clock"))
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        for line in done:
            self.stdout.write(line)
        self.stdout.write(f"it is now {clock.business_now().astimezone(clock.LONDON):%d %B %Y %H:%M}")
