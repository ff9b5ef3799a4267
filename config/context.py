"""What every page shows beside its own content."""

from functools import partial

from django.conf import settings

from documents import clock


def look(request):
    """The person, the demonstration's date, and whether this is a demonstration."""
    return {
        "actor": getattr(request, "actor", None),
        "demonstration": settings.STEPPABLE_CLOCK,
        "business_now": partial(_business_now, request) if settings.STEPPABLE_CLOCK else None,
    }


def _business_now(request):
    """The moment the page was made for, if it has one: the banner and the page never disagree."""
    return getattr(request, "at", None) or clock.business_now()

