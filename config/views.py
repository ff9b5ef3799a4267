"""Pages that belong to no one app: the home page, the glossary, search, health."""

import sys
from itertools import chain

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults

from catalogue.text import LONGEST_SEARCH
from config.glossary import in_order
from contracts import due, ending_queries
from contracts import queries as contract_queries
from procurement import access, display, inbox, queries, standing
from procurement.models import PostCode
from procurement.views.common import not_saved, page

MOST_FOUND = 25


def health(request):
    """Whether this process can reach its database: 503 where it cannot."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


def server_error(request):
    """What a page raised that nobody expected; Django has it logged. Where the database does not answer, 503 and when to
    try again: by a page for which nothing is read, nor who is signed in."""
    if not database_is_away(sys.exc_info()[1]):
        return defaults.server_error(request)
    away = HttpResponse(render_to_string("503.html"), status=503)
    away["Retry-After"], away["Cache-Control"] = "60", "no-store"
    return away


# Classes of PostgreSQL's own errors: connection exception, operator intervention (it is shut down or starts), insufficient
# resources (too many connections, no room on the disk). An error without a code comes from the connection itself.
AWAY = ("08", "57P", "53")


def database_is_away(error: BaseException | None) -> bool:
    """Whether it says that the database cannot be reached or has no room, and not that it refuses something (a lock, a deadlock)."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    code = getattr(error.__cause__, "pgcode", None)
    return code is None or code.startswith(AWAY)


def form_refused(request, reason=""):
    """A form whose token is not this session's (Django's CSRF check): in our words, with what was typed."""
    return not_saved(request)


@page
def home(request):
    """Waiting for you, then waiting for others, then the framework's bar."""
    who, on = request.actor, request.day
    seen = access.sight_of(who, on)
    framework = access.find_framework(who, on)
    member = framework is not None and framework.has_joined
    buys = member or (framework is not None and framework.pk in seen.frameworks)  # not the supplier
    reader = None if framework and framework.pk in seen.frameworks else seen.organisations
    bar = queries.capacity_bar(framework, reader=reader) if framework and buys else None
    waiting = due.waiting(who, on)
    items = inbox.in_order(chain.from_iterable(waiting))
    lists = (queries.waiting_for_others, queries.asked_about, queries.with_the_department, queries.ended_lately)
    others, asked, answered, ended = queries.together(*(rows(who, on)[:20] for rows in lists))
    seen_as = {order: access.viewpoint(who, order, on) for order in chain(others, answered, ended)}
    context = {
        "items": [(item, item.days(on)) for item in items],
        "others": [*((order, _("it waits for the answer to your question"), None) for order in asked),
                   *((order, order.state_words(seen_as[order]), order.state_since) for order in chain(others, answered))],
        "most": inbox.MOST_OF_A_KIND if inbox.is_cut(waiting) else None,
        "lists_unbound": any(item.subject_to_contract for item in items) or display.any_unbound([*others, *asked, *answered]),
        "ended": [(order, order.state_words(seen_as[order]), display.ended_words(order, seen_as[order])) for order in ended],
        "ends_on": standing.ending(framework, on) if framework else None,
        "notices": standing.notices_of(seen.buyers),
        "framework": framework, "belongs": member and framework.pk not in seen.frameworks,
        "joins": framework is None and access.visible_accessions(who, on).exists(),
        "serves": framework is not None and framework.pk in seen.frameworks, "bar": display.framework_bar(bar) if bar else None,
        "may_start": member and seen.holds_anywhere(PostCode.REQUESTER), "at": request.at,
    }  # fmt: skip
    return render(request, "home.html", context)


def glossary(request):
    return render(request, "glossary.html", {"words": in_order()})


@page
def search(request):
    """Call-offs and contracts by number, purchase order, department, site and service: the newest ``MOST_FOUND`` of each, and
    the way to the list of all where there are more."""
    text = request.GET.get("q", "")[:LONGEST_SEARCH].strip()
    call_offs, contracts, more = [], [], set()
    if text:
        who = request.actor, request.day
        orders = list(queries.visible_list(*who, text=text).order_by("-created_at", "-id")[: MOST_FOUND + 1])
        became = contract_queries.newest_of(orders, *who)
        call_offs = [
            {"order": order, "state": order.state_words(access.viewpoint(who[0], order, who[1])),
             "contract": became.get(order.pk)}
            for order in orders
        ]  # fmt: skip
        contracts = list(contract_queries.visible_list(*who, text=text).order_by("-formed_at", "-id")[: MOST_FOUND + 1])
        more = {kind for kind, rows in (("call_offs", orders), ("contracts", contracts)) if len(rows) > MOST_FOUND}
        call_offs, contracts = call_offs[:MOST_FOUND], contracts[:MOST_FOUND]
        for found in contracts:
            found.standing_words = ending_queries.words(ending_queries.standing(found, request.day))
    unbound = display.any_unbound([*(found["order"] for found in call_offs), *contracts])
    context = {"q": text, "call_offs": call_offs, "contracts": contracts, "more": more, "most": MOST_FOUND, "lists_unbound": unbound}
    return render(request, "search.html", context)
