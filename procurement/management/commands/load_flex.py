"""Load the public sector Flex framework with its cast; repeating it changes nothing."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand

from documents import clock
from documents.actors import operator
from procurement.loading import load

DATA = Path(settings.BASE_DIR) / "config" / "data" / "flex"


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args, **options):
        password = settings.DEMONSTRATION_PASSWORD if settings.MODE == "demonstration" else None
        framework = load(DATA, password=password, by=operator("load_flex"), at=clock.business_now())
        self.stdout.write(f"{framework.title} ({framework.reference}) is loaded")
