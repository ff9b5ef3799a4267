"""What every page shows beside its own content."""

from django.conf import settings

from documents import clock


def look(request):
    """The person, the demonstration's date, and whether this is a demonstration."""
    return {
        "actor": getattr(request, "actor", None),
        "demonstration": settings.STEPPABLE_CLOCK,
        "business_now": clock.business_now if settings.STEPPABLE_CLOCK else None,
    }

