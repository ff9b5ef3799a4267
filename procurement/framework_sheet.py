"""The framework's page as rows of one table: what the reader sees there, for a spreadsheet."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from catalogue.models import Framework
from catalogue.sheets import Value

Line = tuple[str, str, Value, str]


def heading() -> list[str]:
    return [_("Part"), _("What"), _("Figure"), _("In")]


def lines(shown: dict[str, Any]) -> list[Line]:
    """``shown`` is what the page is made of: nothing comes into the file that the reader does not see there."""
    return [*_framework(shown["framework"]), *_capacity(shown), *_orders(shown), *_volumes(shown), *_rules(shown)]


def _framework(framework: Framework) -> Iterator[Line]:
    part = _("Framework")
    yield part, _("Reference"), framework.reference, ""
    yield part, _("Title"), framework.title, ""
    yield part, _("Purchasing authority"), framework.authority.name, ""
    yield part, _("State"), str(framework.get_state_display()), ""
    yield part, _("First day"), framework.starts_on, ""
    yield part, _("Last day"), framework.ends_on, ""


def _capacity(shown: dict[str, Any]) -> Iterator[Line]:
    bar, part, unit = shown["bar"], _("Capacity"), _("GBP, VAT excluded")
    if bar is None:
        return
    for one in bar["parts"]:
        yield part, str(one["label"]), one["amount"], unit
    yield part, _("ceiling"), bar["ceiling"], unit
    if bar["unfit"]:
        yield part, _("of what is in approval: does not fit under the ceiling"), bar["unfit"], unit
    if bar["over"]:
        yield part, _("expected of bodies that may join, beyond what is free"), bar["over"], unit
    if bar["outside"]:
        yield part, _("of what is committed: agreements outside this register"), bar["outside"], unit


def _orders(shown: dict[str, Any]) -> Iterator[Line]:
    for label, _state, many in shown["by_state"]:
        unit = _("orders") if many <= shown["most"] else _("orders at the least; no more were counted")
        yield shown["by_state_of"], str(label), min(many, shown["most"]), unit


def _volumes(shown: dict[str, Any]) -> Iterator[Line]:
    part = _("Volumes against the bands")
    for band in shown["bands"]:
        code = {"code": band["code"]}
        yield part, band["code"], band["volume"], _("units")
        yield part, _("%(code)s: discount") % code, band["discount"], _("percent")
        if band["next"]:
            yield part, _("%(code)s: the next band starts at") % code, band["next"].from_quantity, _("units")
            yield part, _("%(code)s: discount of the next band") % code, band["next"].discount_percent, _("percent")
            yield part, _("%(code)s: still to come until then") % code, band["still"], _("units")
        if band["beyond"]:
            yield part, _("%(code)s: what is still to come") % code, _("more than is free"), ""
    if shown["next_joiner"]:
        joiner, forecast = shown["next_joiner"]["accession"], shown["next_joiner"]["forecast"]
        part = _("Next to join")
        yield part, _("Body"), joiner.department.name, ""
        yield part, _("Seats"), joiner.seats_expected, _("seats")
        yield part, _("Seats with it"), forecast.volume, _("seats")
        yield part, _("Discount for everybody now"), forecast.discount_now, _("percent")
        yield part, _("Discount for everybody then"), forecast.discount_then, _("percent")


def _rules(shown: dict[str, Any]) -> Iterator[Line]:
    part, framework = _("Rules in figures"), shown["framework"]
    yield part, _("Call-offs last at most"), framework.call_off_max_months, _("months")
    yield part, _("Prices are held"), framework.price_hold_days, _("days")
    yield part, _("A department's orders for the same services take one route within"), framework.priced_together_days, _("days")
    yield part, _("The supplier answers within"), framework.supplier_response_working_days, _("working days")
    yield part, _("Levy"), framework.levy_percent, _("percent")
    yield part, _("Departments that have joined"), shown["joined"], _("departments")
    yield part, _("Who does not answer is reminded after"), framework.reminder_working_days, _("working days")
    yield part, _("Others are told after"), framework.escalation_working_days, _("working days")
