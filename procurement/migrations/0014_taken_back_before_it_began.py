"""A delegation or a deputy that was entered by mistake is taken back before its first day: it then ends on the day before."""

from datetime import timedelta

from django.db import migrations, models
from django.db.models import F, Q


def may_be_taken_back(model: str, name: str) -> list:
    condition = Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on") - timedelta(days=1))
    return [migrations.RemoveConstraint(model, name), migrations.AddConstraint(model, models.CheckConstraint(condition=condition, name=name))]


class Migration(migrations.Migration):
    dependencies = [("procurement", "0013_passings")]

    operations = [
        *may_be_taken_back("delegation", "delegation_ends_after_it_starts"),
        *may_be_taken_back("actingfor", "acting_for_ends_after_it_starts"),
    ]
