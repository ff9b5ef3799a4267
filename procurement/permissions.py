"""The two permissions that guardian's grants carry, on the catalogue's content types (guardian wants them there)."""

from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType

from procurement.models.grants import ACT_FOR_ORGANISATION, SERVE_FRAMEWORK


def make_permissions(sender, using="default", **kwargs):
    """Run after every migrate; repeating it changes nothing."""
    from catalogue.models import Framework, Organisation

    for codename, name, model in (
        (ACT_FOR_ORGANISATION, "Can act for the organisation", Organisation),
        (SERVE_FRAMEWORK, "Can serve the framework", Framework),
    ):
        content_type = ContentType.objects.db_manager(using).get_for_model(model)
        Permission.objects.using(using).get_or_create(
            codename=codename, content_type=content_type, defaults={"name": name}
        )
