"""Services by site: the matrix a person fills or pastes into, and its totals while they type."""

from itertools import groupby

from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from catalogue import queries as catalogue_queries
from procurement import display, drafting, forms, headroom, quoting
from procurement.views.common import attempt, page, reading_page
from procurement.views.drafts import draft_of, edits_of, section_page, to_tasks


def _matrix(request, call_off):
    """The matrix form over the live catalogue, filled from the lines."""
    release = catalogue_queries.live_release(call_off.framework, request.day)
    services = list(release.services.all()) if release else []
    rows = list(call_off.revision.sites.all())
    position = {site.pk: site.position for site in rows}
    initial = {
        f"q-{line.service_code}-{position[line.site_id] if line.site_id else 'all'}": line.quantity
        for line in call_off.revision.lines.all()
    }
    return forms.MatrixForm(request.POST or None, services=services, sites=rows, initial=initial)


def _ordered(found):
    return [
        drafting.Ordered(
            drafting.phase_of(service, interim=service.category == "Transition"), service.code, site, quantity
        )
        for service, site, quantity in found
    ]


@page
def services(request, public_id):
    """Services by site, with an all-sites column; the totals follow as the person types."""
    call_off = draft_of(request, public_id)
    form = _matrix(request, call_off)
    errors = ()
    if request.method == "POST":
        found = form.read()
        if not form.cell_errors:
            done, errors = attempt(request, drafting.save_services, call_off, _ordered(found), edits=edits_of(request))
            if done:
                more = "stay" in request.POST
                return redirect("procurement:services", call_off.public_id) if more else to_tasks(call_off)
    quote = quoting.quote(call_off.revision, request.day)
    forecast = headroom.capacity_forecast(call_off, quote.totals.whole_life, reader=[call_off.department_id])
    cells = [{"words": words, "anchor": name} for name, words in form.cell_errors.items()]
    return section_page(request, call_off, "services", None, errors=errors, template="procurement/services.html",
                    groups=_groups(form, quote), sites=form.sites, quote=quote, forecast=forecast, stored=lambda: _stored(form),
                    formset_errors=cells, warns_on_leaving=True, unsaved=request.method == "POST")  # fmt: skip


@reading_page
def totals(request, public_id):
    """The totals of what is typed and not yet saved; nothing is changed."""
    call_off = draft_of(request, public_id)
    form = _matrix(request, call_off)
    found = form.read()
    sites, codes = {site.name: site for site in form.sites}, [service.code for service in form.services]
    rows = drafting.unsaved_lines(call_off.revision, _ordered(found), sites, codes)
    quote = quoting.quote(call_off.revision, request.day, rows)
    forecast = headroom.capacity_forecast(call_off, quote.totals.whole_life, reader=[call_off.department_id])
    context = {"quote": quote, "forecast": forecast, "typed": True, "bad": list(form.cell_errors.values()), "prices": _prices(form, quote)}
    return render(request, "procurement/_totals.html", context)


def _stored(form):
    """[(cell, quantity)] of the cells in which another quantity is stored than was typed."""
    return [
        (f"{service.code}, {site or _('all sites')}", form.initial.get(name, ""))
        for name, service, site in form.names()
        if str(form.values.get(name, "")).strip() != str(form.initial.get(name, ""))
    ]


def _groups(form, quote):
    """[(category, [(service, price, [(name, column, value, bad)])])] row by row as the catalogue lists the services, so
    that a block copied from its sheet falls on its own rows; a category that it comes back to has its heading again."""
    columns = [("all", _("all sites"))] + [(str(site.position), site.name) for site in form.sites]

    def cells(service):
        names = [(f"q-{service.code}-{column}", label) for column, label in columns]
        return [(name, label, form.values.get(name, ""), name in form.cell_errors) for name, label in names]

    rows = ((service, price, cells(service)) for service, price in _prices(form, quote))
    return [(category, list(found)) for category, found in groupby(rows, key=lambda row: row[0].category)]


def _prices(form, quote):
    """[(service, what the order pays a unit)]: of its first line, or what the service would cost beside them."""
    charged = {}
    for priced in quote.lines:
        charged.setdefault(priced.service.code, priced.unit_price)
    volumes = quoting.volumes_with(quote)
    return [
        (service, charged.get(service.code)
         or display.next_prices(quote.price_list.services[service.code], quote.price_list, volumes)[0]["price"])
        for service in form.services
    ]  # fmt: skip
