"""What is due: the page, its files, the private address that a calendar program reads it at, and what it reads there."""

from hashlib import sha256
from itertools import groupby

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from icalendar import Calendar, Event, vDuration

from catalogue.pricing import first_of_month
from contracts import due
from documents import clock, downloads
from documents.clock import london_day
from procurement import calendars
from procurement.actors import Person
from procurement.views.common import attempt, page
from procurement.views.listing import FILES, as_file

READ_AGAIN = 6  # hours, after which a calendar program looks again


@page
def calendar(request):
    """By month, what is late first."""
    found = due.duties(request.actor, request.day)
    if request.GET.get("format") in FILES:
        heading = [_("Day"), _("What"), _("About"), _("Organisation"), _("Waits for you"), _("Address")]
        rows = [
            [d.on, d.what, d.subject, d.organisation, _("yes") if d.waits else _("no"), settings.PUBLIC_URL + d.url] for d in found
        ]
        return as_file(request.GET["format"], _("What is due"), "due", heading, rows)
    late = [duty for duty in found if duty.on < request.day]
    ahead = groupby((duty for duty in found if duty.on >= request.day), key=lambda duty: first_of_month(duty.on))
    feed = calendars.open_feed(request.user)
    return render(request, "contracts/due.html", {
        "late": late, "months": [(month, list(rows)) for month, rows in ahead], "months_ahead": due.MONTHS_AHEAD,
        "lists_unbound": any(duty.subject_to_contract for duty in found), "feed": feed, "address": _address(feed) if feed else "",
    })  # fmt: skip


def _address(feed) -> str:
    return settings.PUBLIC_URL + reverse("contracts:calendar_file", args=[feed.public_id, calendars.signature(feed)])


@page
def feed(request):
    """Make a private address, another one, or stop it."""
    stops = request.POST.get("what") == "stop"
    errors = ()
    if request.method == "POST":
        done, errors = attempt(request, calendars.stop_calendar if stops else calendars.open_calendar, request.user)
        if done:
            messages.success(request, _("Nobody reads it any more.") if stops else _("Your calendar has a private address."))
            return redirect("contracts:due")
    known = calendars.open_feed(request.user)
    return render(request, "contracts/due_feed.html", {"errors": errors, "feed": known})


@require_safe
def calendar_file(request, public_id, signature):
    """What a calendar program reads, which cannot sign in: whoever knows the address is its owner's reader."""
    user = calendars.reader(public_id, signature)
    if user is None:
        raise Http404
    person = Person.of(user)
    on = london_day(clock.business_now())
    answer = downloads.respond(_ics(due.duties(person, on)), "due.ics", content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"], answer["X-Robots-Tag"] = "private, no-store", "noindex"
    return answer


def _ics(found: list[due.Duty]) -> bytes:
    """RFC 5545; a whole day each, which makes nobody busy. What is the same duty has the same UID when it is read again."""
    made = Calendar()
    made.add("prodid", "-//Flex//What is due//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", _("Flex: what is due"))
    every = vDuration.from_ical(f"PT{READ_AGAIN}H")
    made.add("refresh-interval", every, parameters={"value": "DURATION"})
    for duty in found:
        event, url = Event(), settings.PUBLIC_URL + duty.url
        event.add("uid", sha256(f"{url} {duty.what}".encode()).hexdigest()[:32] + "@flex")
        event.add("dtstamp", clock.real_now())
        event.add("dtstart", duty.on)
        event.add("summary", f"{duty.what}: {duty.subject}")
        words = [duty.organisation, *([_("Subject to contract.")] if duty.subject_to_contract else []), url]
        event.add("description", "\n".join(words))
        event.add("url", url)
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    return made.to_ical()
