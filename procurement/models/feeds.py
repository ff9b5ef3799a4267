"""The private addresses of people's calendars."""

import uuid

from django.db import models
from django.db.models import F, Q

from documents.rights import STATE, Row
from procurement.models.people import User


class CalendarFeed(Row):
    """A person's calendar as a program of theirs reads it, without signing in, until it is stopped. The address has the
    ``public_id`` and a signature of it by the instance's secret key: what lies in the database makes no address."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="calendar_feeds")
    opened_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)

    db_rights = STATE("stopped_at")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(stopped_at__isnull=True), name="one_open_calendar_a_person"),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True) | Q(stopped_at__gte=F("opened_at")), name="a_calendar_stops_after_it_opens"
            ),
        ]

    def __str__(self) -> str:
        return f"calendar of {self.user.name}"
