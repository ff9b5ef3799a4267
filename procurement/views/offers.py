"""The catalogue and the framework, for people who may order from it, and the demonstration's clock."""

from datetime import datetime, time
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from catalogue import queries as catalogue_queries
from catalogue.models import Framework, FrameworkState, ServiceVersion
from catalogue.text import LONGEST_SEARCH
from documents import clock
from documents.refusal import Refused
from documents.templatetags.flex import count, gbp
from procurement import (
    access,
    accession_display,
    display,
    forecasting,
    forms,
    framework_display,
    framework_guards,
    framework_sheet,
    queries,
    quoting,
    release_display,
    release_forms,
)
from procurement.actors import Person
from procurement.models import Accession, AccessionState, CallOffState
from procurement.standing import ending
from procurement.views.common import not_joined, page
from procurement.views.framework import acts
from procurement.views.listing import FILES, GBP, Column, Listing, as_file, choice


def _framework(request):
    """The framework of the person: served, joined or supplied; who has not joined reads why, a stranger gets 404."""
    found = access.find_framework(request.actor, request.day)
    if found is None:
        raise not_joined(request)
    return found


@page
def catalogue(request):
    """Browse and search: price at today's volume and at the next band, service level, carbon."""
    framework = _framework(request)
    as_of = _as_of(request)
    on = as_of["on"]
    release = catalogue_queries.live_release(framework, on)
    text = request.GET.get("q", "")[:LONGEST_SEARCH]
    lots = [(str(lot.number), f"{lot.number} {lot.title}") for lot in framework.lots.all()]
    lot = choice(request, "lot", _("Lot"), lots)
    categories = catalogue_queries.categories(release) if release else []
    category = choice(request, "category", _("Category"), [(name, name) for name in categories])
    rows = ServiceVersion.objects.none()
    if release:
        rows = catalogue_queries.browse(
            release, text=text, lot=int(lot.chosen) if lot.chosen else None, category=category.chosen
        )
    listing = Listing(
        request, rows, columns=_catalogue_columns(framework, release, on, past=as_of["past"]),
        url=lambda s: reverse("procurement:service", args=[s.code]) + as_of["query"], keep=as_of["keep"], title=_("Services and prices, VAT excluded"),
        filename="catalogue", text=text, search_label=_("Word, code or category"), choices=[lot, category],
        ties=ServiceVersion._meta.ordering, page_size=100,
    )  # fmt: skip
    return listing.respond("procurement/catalogue.html", framework=framework, release=release, **as_of)


def _as_of(request):
    """The day the catalogue is shown of: today, or the past day that the address names (``on``, or its three parts)."""
    asked = any(name in request.GET for name in ("on", "on_day"))
    form = release_forms.AsOfForm(request.GET if asked else None, today=request.day)
    on = (form.cleaned_data["on"] if form.is_bound and form.is_valid() else None) or request.day
    past = on != request.day
    return {
        "form": form, "on": on, "past": past, "keep": {"on": on.isoformat()} if past else {},
        "query": f"?on={on.isoformat()}" if past else "",
    }  # fmt: skip


def _catalogue_columns(framework, release, on, *, past):
    price_list = catalogue_queries.price_list(release) if release else None
    volumes = quoting.volumes(framework, on)

    @cache
    def prices(code):
        return display.next_prices(price_list.services[code], price_list, volumes)

    def next_price(row):
        following = prices(row.code)[1:]
        return _("%(price)s from %(quantity)s %(volume)s") % {
            "price": gbp(following[0]["price"]), "quantity": count(following[0]["from_quantity"]), "volume": row.band_table,
        } if following else ""  # fmt: skip

    def next_band(row, name):
        following = prices(row.code)[1:]
        return following[0][name] if following else None

    def kgco2e(row):
        return row.kgco2e if row.kgco2e or row.baseline_kgco2e else None

    def carbon(row):
        return _("not assessed") if kgco2e(row) is None else count(kgco2e(row))

    return [
        Column("service", _("Service"), lambda s: f"{s.code} {s.name}", ("code",), in_file=(
            Column("code", _("Code"), lambda s: s.code), Column("name", _("Name"), lambda s: s.name),
            Column("lot", _("Lot"), lambda s: s.lot),
        )),
        Column("category", _("Category"), lambda s: s.category, ("category",)),
        Column("unit", _("Unit"), lambda s: s.unit),
        Column("list", _("List price"), lambda s: s.list_price_gbp, ("list_price_gbp",), GBP),
        Column("today", _("That day") if past else _("Today"), lambda s: prices(s.code)[0]["price"], kind=GBP),
        Column("next", _("Next band"), next_price, in_file=(
            Column("next_from", _("Next band from"), lambda s: next_band(s, "from_quantity")),
            Column("next_price", _("Next price"), lambda s: next_band(s, "price")),
        )),
        Column("level", _("Service level"), lambda s: s.service_level, ("service_level",)),
        Column("carbon", _("kgCO2e a year"), carbon, in_file=(
            Column("kgco2e", _("kgCO2e a year"), kgco2e),
            Column("day", _("Prices of"), lambda _s: on),
        )),
    ]  # fmt: skip


@page
def service(request, code):
    framework = _framework(request)
    as_of = _as_of(request)
    on = as_of["on"]
    release = catalogue_queries.live_release(framework, on)
    row = release.services.filter(code=code).first() if release else None
    if row is None:
        raise Http404
    price_list = catalogue_queries.price_list(release)
    context = {
        "framework": framework, "row": row, "release": release,
        "lot": framework.lots.filter(number=row.lot).first(),
        "prices": display.next_prices(
            price_list.services[code], price_list, quoting.volumes(framework, on)
        ),
        **as_of, "history": release_display.price_history(framework, code, request.actor, request.day),
        "measures": catalogue_queries.service_levels(release, [row.service_level]) if row.service_level else [],
        "rules": [rule.text for rule in catalogue_queries.catalogue_rules(release)
                  if code in rule.parameters.get("services", ())],
    }  # fmt: skip
    return render(request, "procurement/service.html", context)


def _closing(found: Framework, *, by: Person, at: datetime) -> dict[str, Any] | None:
    """The page that closes a framework which has ended, or what stands against it."""
    if found.state not in (FrameworkState.EXPIRED, FrameworkState.TERMINATED):
        return None
    shut = list(framework_guards.why_not_close(found, by=by, at=at))
    return {"url": reverse("contracts:close_framework"), "shut": shut}


@page
def framework(request):
    """The framework: term, capacity, volumes against bands. Money of one department is shown to nobody else."""
    found = _framework(request)
    release = catalogue_queries.live_release(found, request.day)
    price_list = catalogue_queries.price_list(release) if release else None
    current = quoting.volumes(found, request.day)
    seen = access.sight_of(request.actor, request.day)
    is_authority = found.pk in seen.frameworks
    joined = access.joined(request.actor, request.day).filter(framework=found).exists()
    buys = is_authority or joined  # the supplier reads nothing of orders that have not reached it, or of what is free
    bar = queries.capacity_bar(found, reader=None if is_authority else seen.organisations) if buys else None
    market = forecasting.market(found, request.day, current) if buys else None
    bands = []
    for table in price_list.bands.values() if price_list else ():
        if table.scope == "framework":
            volume = current.get(table.code, 0)
            following = table.following(volume)
            still = following[0].from_quantity - volume if following else None
            bands.append({
                "code": table.code, "volume": volume, "discount": table.reached(volume).discount_percent,
                "next": following[0] if following else None,
                "still": still, "beyond": bool(
                    bar and market and still and table.code == forecasting.SEATS and forecasting.is_beyond(market, still, bar.free)
                ),
            })  # fmt: skip
    standing = framework_display.standing(found)
    counted = queries.counted_by_state(found, None if is_authority else seen.buyers) if buys else {}
    context = {
        "framework": found, "release": release, "bands": bands,
        "bar": display.framework_bar(
            bar, accession_display.expected(found, request.day, current) if is_authority else None
        ) if bar else None,
        "joined": Accession.objects.filter(framework=found, state=AccessionState.ACTIVE).count(),
        "most": queries.MOST_COUNTED,
        "by_state_of": _("Orders that have reached the authority") if is_authority else _("Our orders"),
        "by_state": [(state.label, state.value, counted[state]) for state in CallOffState if counted.get(state)],
        "next_joiner": accession_display.next_joiner(found, request.day, current) if is_authority else None,
        "is_authority": is_authority, "standing": standing, "ends_on": ending(found, request.day),
        "agreement": framework_display.signed_agreement(found) if is_authority else None,
        "acts": acts(found, standing["proposed"] is not None, by=request.actor, at=request.at) if is_authority else (),
        "closing": _closing(found, by=request.actor, at=request.at) if is_authority else None,
        "events": framework_display.history(found, authority=is_authority, buys=buys),
        "accessions_url": reverse("procurement:joining") if buys else "",
    }  # fmt: skip
    wanted = request.GET.get("format")
    if wanted in FILES:
        cells = framework_sheet.lines(context)
        return as_file(wanted, _("Framework"), found.reference, framework_sheet.heading(), cells)
    return render(request, "procurement/framework.html", context)


@page
def step_clock(request):
    """The demonstration's clock, forward only. There is no such page in production."""
    if not settings.STEPPABLE_CLOCK:
        raise Http404
    form = forms.ClockForm(request.POST or None)
    errors = ()
    if request.method == "POST" and form.is_valid():
        wanted = datetime.combine(form.cleaned_data["day"], time(9, 0), tzinfo=clock.LONDON)
        try:
            done = clock.step_to(wanted, by=request.actor)
        except Refused as refused:
            errors = refused.reasons
        else:
            messages.success(request, " ".join([_("The clock was stepped."), *(f"{capfirst(words)}." for words in done)]))
            return redirect("procurement:clock")
    return render(request, "procurement/clock.html", {"form": form, "errors": errors})
