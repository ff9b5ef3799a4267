"""The message of a reminder. Rows in the caller's transaction, sent after it, each once (unique key)."""

from collections.abc import Iterable

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from catalogue.models import CatalogueRelease, Framework
from documents.clock import london_day
from documents.templatetags.flex import day, last_day
from procurement import mailing, standing
from procurement.matters import Waiting
from procurement.models import Accession, CallOff, Reminder, User


def tell(
    made: Reminder, thing: CallOff | Accession | CatalogueRelease | Framework, people: Iterable[User], waiting: Waiting, *,
    post: str, words: str, deputy: str,
) -> None:  # fmt: skip
    """``post`` is asked what ``waiting`` says; ``words`` say as what the reader is told; ``deputy``: who can name one (you |
    others | nobody: ""). A contract's reader knows it by its number."""
    if isinstance(thing, CallOff):
        number = waiting.number
        name = f"{number} ({thing.reference}) {thing.title}" if number else f"{thing.reference} {thing.title}"
        address = reverse("procurement:call_off", args=[thing.public_id])
    elif isinstance(thing, CatalogueRelease):
        name = _("Catalogue release “%(title)s”") % {"title": thing.title}
        address = reverse("procurement:release", args=[thing.public_id])
    elif isinstance(thing, Framework):
        name, address = f"{thing.reference} {thing.title}", reverse("procurement:framework")
    else:
        name, address = str(thing), reverse("procurement:accession", args=[thing.public_id])
    of = {CatalogueRelease: "organisation", Framework: "authority"}
    body = getattr(thing, of.get(type(thing), "department"))
    ends_on = standing.ending_of(thing, london_day(made.at)) if isinstance(thing, CallOff) else None
    hold = made.subject.startswith("hold:")
    context = {
        "thing": name, "post": str(post), "what": waiting.what, "words": words, "level": str(made.level), "deputy": deputy,
        "since": day(waiting.came_at) if waiting.came_at else "", "lapses": waiting.lapses,
        "ends_on": day(ends_on) if ends_on else "",
        "due": last_day(waiting.due_at) if waiting.due_at else "",
        "held_until": day(thing.revision.approval.hold_until) if hold else "", "department": body.name,
        "url": settings.PUBLIC_URL + (waiting.url or address), "contract": isinstance(thing, CallOff) and not thing.is_binding,
    }  # fmt: skip
    mailing.must_act(people, "procurement/email/reminder.txt", context, f"reminder:{made.subject}:{made.level}")
