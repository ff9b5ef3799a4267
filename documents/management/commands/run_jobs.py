"""Do the jobs that are due, without any broker. ``--watch`` keeps looking; otherwise it ends when none is due."""

import time

from django.core.management.base import BaseCommand

from documents import jobs


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--watch", action="store_true", help="look again every half second until stopped")

    def handle(self, *args, watch=False, **options):
        while True:
            found = jobs.due()
            for job_id in found:
                jobs.run(job_id)
            if not watch and not found:
                return
            if watch and not found:
                time.sleep(0.5)
