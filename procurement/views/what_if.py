"""What if more seats, or fewer. A GET that changes nothing, so the answer can be bookmarked and sent on."""

from django.http import Http404
from django.shortcuts import render

from procurement import access, forecasting, queries, what_if
from procurement.order_forms import WhatIfForm
from procurement.views.common import reading_page


@reading_page
def order(request, public_id):
    """Of one of the department's own orders, drafts and contracts among them."""
    call_off = access.get_call_off(request.actor, public_id, request.day, "department")
    return _page(request, what_if.of_order(call_off, request.day), call_off.framework, call_off=call_off)


@reading_page
def nothing(request):
    """Before there is an order: a department that has joined asks what a number of seats would cost."""
    accession = access.joined(request.actor, request.day).first()
    if accession is None:
        raise Http404
    return _page(request, what_if.of_nothing(accession.framework, request.day), accession.framework)


def _page(request, case, framework, **more):
    own_seats = case.seats if case else 0
    form = WhatIfForm(request.GET if "seats" in request.GET else None, own_seats=own_seats)
    answer = what_if.answer(case, form.by) if case and form.is_valid() else None
    context = {
        "form": form, "case": case, "answer": answer, "framework": framework,
        "beyond": answer is not None and _is_beyond(answer, framework, request.day),
        "short": what_if.short_gbp(answer, framework, more.get("call_off")) if answer else None,
    } | more  # fmt: skip
    return render(request, "procurement/what_if.html", context)


def _is_beyond(answer: what_if.Answer, framework, on) -> bool:
    """Whether the seats that the next band would lack then cost more than is free now."""
    band = next((row for row in answer.bands if row.code == forecasting.SEATS and row.still), None)
    market = forecasting.market(framework, on) if band else None
    return market is not None and forecasting.is_beyond(
        market, band.still, queries.capacity_bar(framework).free, beside=band.volume_then - market.volumes.get(band.code, 0)
    )
