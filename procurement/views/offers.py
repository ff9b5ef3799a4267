"""The catalogue and the framework, for people who may order from it, and the demonstration's clock."""

from datetime import datetime, time

from django.conf import settings
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from catalogue import queries as catalogue_queries
from catalogue.models import Framework, ServiceVersion
from documents import clock
from documents.refusal import Refused
from procurement import access, display, forms, queries, quoting
from procurement.models import Accession, AccessionState
from procurement.views.common import page


def _framework(request):
    """The framework of the person: served, joined or supplied; 404 for a stranger."""
    seen = access.sight_of(request.actor, request.day)
    joined = Accession.objects.filter(department_id__in=seen.organisations).values("framework_id")
    found = (
        Framework.objects.filter(pk__in=seen.frameworks)
        | Framework.objects.filter(pk__in=joined)
        | Framework.objects.filter(framework_suppliers__supplier_id__in=seen.organisations)
    )
    framework = found.select_related("authority").order_by("pk").first()
    if framework is None:
        raise Http404
    return framework


@page
def catalogue(request):
    """Browse and search: price at today's volume and at the next bands, service level, carbon."""
    framework = _framework(request)
    release = catalogue_queries.live_release(framework, request.day)
    text = request.GET.get("q", "")[:80]
    lot = request.GET.get("lot", "")
    chosen = int(lot) if lot in {str(x.number) for x in framework.lots.all()} else None
    rows = catalogue_queries.browse(release, text=text, lot=chosen) if release else ServiceVersion.objects.none()
    price_list = catalogue_queries.price_list(release) if release else None
    volumes = quoting.volumes(framework, request.day)
    services = [
        {"row": row, "prices": display.next_prices(price_list.services[row.code], price_list, volumes)} for row in rows
    ]
    context = {"framework": framework, "release": release, "services": services, "q": text, "lot": chosen,
               "lots": framework.lots.all()}  # fmt: skip
    return render(request, "procurement/catalogue.html", context)


@page
def service(request, code):
    framework = _framework(request)
    release = catalogue_queries.live_release(framework, request.day)
    row = release.services.filter(code=code).first() if release else None
    if row is None:
        raise Http404
    price_list = catalogue_queries.price_list(release)
    context = {
        "framework": framework, "row": row, "release": release,
        "lot": framework.lots.filter(number=row.lot).first(),
        "prices": display.next_prices(
            price_list.services[code], price_list, quoting.volumes(framework, request.day)
        ),
        "measures": catalogue_queries.service_levels(release, [row.service_level]) if row.service_level else [],
        "rules": [rule.text for rule in catalogue_queries.catalogue_rules(release)
                  if code in rule.parameters.get("services", ())],
    }  # fmt: skip
    return render(request, "procurement/service.html", context)


@page
def framework(request):
    """The framework: term, capacity, volumes against bands. Money of one department is shown to nobody else."""
    found = _framework(request)
    release = catalogue_queries.live_release(found, request.day)
    price_list = catalogue_queries.price_list(release) if release else None
    current = quoting.volumes(found, request.day)
    bands = []
    for table in price_list.bands.values() if price_list else ():
        if table.scope == "framework":
            volume = current.get(table.code, 0)
            following = table.following(volume)
            bands.append({
                "code": table.code, "volume": volume, "discount": table.reached(volume).discount_percent,
                "next": following[0] if following else None,
                "still": following[0].from_quantity - volume if following else None,
            })  # fmt: skip
    is_authority = found.pk in access.sight_of(request.actor, request.day).frameworks
    context = {
        "framework": found, "release": release, "bands": bands,
        "bar": display.framework_bar(queries.capacity_bar(found)),
        "joined": Accession.objects.filter(framework=found, state=AccessionState.ACTIVE).count(),
        "by_state": queries.orders_by_state(found) if is_authority else None,
        "lots": found.lots.all(),
    }  # fmt: skip
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
            words = _("The clock was stepped.")
            messages.success(request, " ".join([words, *done]))
            return redirect("procurement:clock")
    return render(request, "procurement/clock.html", {"form": form, "errors": errors})
