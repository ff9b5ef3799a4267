"""What an approver reads on one page: the plain facts of an order, and apart from them where it leaves the standard."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from documents.templatetags.flex import count, day, day_range, gbp
from procurement import quoting
from procurement.models import CallOffRevision, Phase


def facts(revision: CallOffRevision, approved: dict[str, Any]) -> list[tuple[str, str]]:
    """(what, words) in the order of reading."""
    sites = ", ".join(f"{site['name']} {count(site['seats'])}" for site in approved["sites"])
    seats = count(sum(site["seats"] for site in approved["sites"]))
    term = approved["term"]
    rows = [
        (
            _("Term"),
            ngettext(
                "%(term)s (%(months)s month); prices held until %(until)s",
                "%(term)s (%(months)s months); prices held until %(until)s", term["months"],
            )
            % {"term": day_range(term["starts_on"], term["ends_on"]), "months": term["months"],
               "until": day(revision.approval.hold_until)},
        ),
        (_("Seats"), _("%(seats)s: %(sites)s") % {"seats": seats, "sites": sites} if sites else _("none are brought by this order")),
    ]  # fmt: skip
    for phase in approved["charges_by_phase"]:
        ordered = _quantities(approved, phase["phase"])
        words = ", ".join(f"{name} {count(quantity)}" for name, quantity in ordered.items())
        rows.append((str(Phase(phase["phase"]).label).capitalize(), f"{gbp(phase['total_gbp'])}: {words}"))
    if approved["milestones"]:
        rows.append((_("Milestones"), "; ".join(_milestone(m) for m in approved["milestones"])))
    rows.append((
        _("Budget code"),
        _("%(code)s; spend control %(reference)s")
        % {"code": revision.budget_code, "reference": revision.spend_control_reference or _("none")},
    ))  # fmt: skip
    return rows


def _quantities(approved: dict[str, Any], phase: str) -> dict[str, int]:
    """Quantity by service over all sites, in catalogue order."""
    found: dict[str, int] = {}
    for line in approved["lines"]:
        if line["phase"] == phase:
            found[line["name"]] = found.get(line["name"], 0) + line["quantity"]
    return found


def _milestone(milestone: dict[str, Any]) -> str:
    pays = ", ".join(gbp(payment["amount_gbp"]) for payment in milestone["payments"])
    return f"{milestone['number']} {milestone['title']}, {day(milestone['planned_on'])}" + (f" ({pays})" if pays else "")


def deviations(approved: dict[str, Any]) -> list[str]:
    """Where the order leaves the standard contract or carries a risk of its own; none is an answer."""
    found = [_("Special term: %(heading)s.") % {"heading": term["heading"]} for term in approved["special_terms"]]
    if approved["staff_transfer"]["applies"]:
        found.append(_("Staff transfer to the supplier (TUPE)."))
    protection = approved["data_protection"]
    if protection.get("applies"):
        found.append(
            _("Personal data: %(types)s (of: %(whose)s)")
            % {"types": protection["data_types"], "whose": protection["data_subjects"]}
        )
    term, framework = approved["term"], approved["framework"]
    if term["ends_on"] > framework["ends_on"]:
        found.append(
            _("It ends on %(end)s, after the framework's own end on %(framework)s.")
            % {"end": day(term["ends_on"]), "framework": day(framework["ends_on"])}
        )
    if term["extension_months"]:
        value = quoting.option_value(Decimal(approved["totals"]["monthly_gbp"]), term["extension_months"])
        found.append(
            ngettext(
                "An option to extend by %(months)s month, worth %(value)s net, not in the whole-life value.",
                "An option to extend by %(months)s months, worth %(value)s net, not in the whole-life value.",
                term["extension_months"],
            )
            % {"months": term["extension_months"], "value": gbp(value)}
        )
    return found
