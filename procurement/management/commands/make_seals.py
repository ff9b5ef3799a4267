"""Make the keys that are missing: the register's own, and a seal for every organisation that can be a party to a
contract (authorities, suppliers, departments that have joined). Repeating it makes nothing."""

from django.core.management.base import BaseCommand
from django.db.models import Q

from catalogue.models import Organisation
from documents import keys
from procurement.models import AccessionState


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args, **options):
        parties = (
            Organisation.objects.filter(
                Q(frameworks__isnull=False)
                | Q(framework_places__isnull=False)
                | Q(accessions__state=AccessionState.ACTIVE)
            )
            .distinct()
            .order_by("identifier")
        )
        for name in keys.make((party.identifier, party.name) for party in parties):
            self.stdout.write(f"made the key of {name}")
