"""Do the jobs that are due, without any broker. ``--watch`` keeps looking; otherwise it ends when none is due.
``--dead`` lists the jobs that have stopped, with why; ``--revive ID`` gives one its attempts again."""

import time

from django.core.management.base import BaseCommand, CommandError

from documents import jobs
from documents.actors import operator


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser):
        parser.add_argument("--watch", action="store_true", help="look again every half second until stopped")
        parser.add_argument("--dead", action="store_true", help="list the jobs that have stopped")
        parser.add_argument("--revive", type=int, metavar="ID", help="queue a stopped job again")

    def handle(self, *args, watch=False, dead=False, revive=None, **options):
        if dead:
            for job in jobs.Job.objects.filter(state=jobs.Job.State.DEAD).order_by("id"):
                self.stdout.write(f"{job.pk} {job.task} {job.subject}: {job.last_error}")
        elif revive is not None:
            if not jobs.revive(revive, by=operator("run_jobs")):
                raise CommandError(f"job {revive} has not stopped; --dead lists those that have")
            self.stdout.write(f"job {revive} is queued again")
        else:
            self._run(watch)

    def _run(self, watch: bool) -> None:
        while True:
            found = jobs.due()
            for job_id in found:
                jobs.run(job_id)
            if not watch and not found:
                return
            if watch and not found:
                time.sleep(0.5)
