from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ProcurementConfig(AppConfig):
    name = "procurement"
    verbose_name = "Procurement"

    def ready(self):
        from procurement.permissions import make_permissions

        post_migrate.connect(make_permissions, sender=self)
