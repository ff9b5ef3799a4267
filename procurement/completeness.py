"""What a draft still lacks, section by section. The task list, the check page and ``submit`` read the same gaps."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalogue import queries, rules
from catalogue.models import Framework
from catalogue.pricing import add_months
from documents.clock import london_day
from documents.templatetags.flex import day as as_day
from documents.templatetags.flex import gbp
from procurement import contracted
from procurement.models import Attachment, CallOffRevision, PlannedMilestone
from procurement.quoting import Quote, estimated_value, unpaid_one_offs

SECTIONS = (
    "title", "sites", "term", "services", "exceptions", "service_levels", "milestones", "special_terms", "data_protection", "attachments",
    "budget", "particulars",
)  # fmt: skip
KPIS_NEEDED = 3
KPI_VALUE_GBP = Decimal("5000000.00")  # Procurement Act 2023 s.52: at least three KPIs above it, VAT and options in


@dataclass(frozen=True)
class Gap:
    section: str
    words: str


DATA_PROTECTION_LABELS = {
    "subject_matter": gettext_lazy("What the processing is about"),
    "nature_and_purpose": gettext_lazy("Its nature and purpose"),
    "duration": gettext_lazy("How long it lasts"),
    "data_types": gettext_lazy("Types of personal data"),
    "data_subjects": gettext_lazy("Whose data it is"),
    "retention": gettext_lazy("When the data is returned or deleted"),
    "sub_processors": gettext_lazy("Sub-processors"),
    "transfers": gettext_lazy("Transfers outside the United Kingdom"),
}
DATA_PROTECTION_FIELDS = {
    "subject_matter": "what the processing is about",
    "nature_and_purpose": "its nature and purpose",
    "duration": "how long it lasts",
    "data_types": "the types of personal data",
    "data_subjects": "whose data it is",
    "retention": "when the data is returned or deleted",
}


def gaps(revision: CallOffRevision, quote: Quote, on: date) -> Iterator[Gap]:
    """Every gap, in the order of the task list."""
    yield from _sites(revision, quote, on)
    yield from _term(revision, on)
    yield from _services(revision, quote)
    yield from _service_levels(revision, quote)
    yield from _milestones(revision, quote, on)
    yield from _special_terms(revision)
    yield from _data_protection(revision)
    yield from _attachments(revision, quote)
    if not revision.budget_code:
        yield Gap("budget", _("Enter the budget code that pays for this order."))
    yield from _particulars(revision)


def _sites(revision: CallOffRevision, quote: Quote, on: date) -> Iterator[Gap]:
    """An order brings seats, but for one of which every service is of a lot without seats (consultants), or of one that
    the department has under contract (more servers for the seats it has): their rules bind where they were ordered."""
    if any(site.seats for site in revision.sites.all()):
        return
    services = quote.price_list.services.values() if quote.price_list else ()
    seated = {service.lot for service in services if rules.carries_seat(service)} & {p.service.lot for p in quote.lines}
    if not quote.lines or (seated and seated - contracted.lots(revision.call_off, on)):
        yield Gap("sites", _("Add at least one site with its seats."))


def _term(revision: CallOffRevision, on: date) -> Iterator[Gap]:
    framework = revision.call_off.framework
    if revision.shared_starts_on is None or revision.shared_months is None:
        yield Gap("term", _("Enter when the shared service starts and for how many months."))
        return
    first = revision.interim_starts_on or revision.shared_starts_on
    if first < on:
        yield Gap("term", _("The service would start on %(day)s, which is past.") % {"day": as_day(first)})
    last, months = last_day(revision), (revision.interim_months or 0) + revision.shared_months
    if months > framework.call_off_max_months:
        yield Gap(
            "term",
            ngettext("The term is %(months)s month; this framework allows %(limit)s at most.",
                     "The term is %(months)s months; this framework allows %(limit)s at most.", months)
            % {"months": months, "limit": framework.call_off_max_months},
        )
    limit = latest_end(framework)
    if last > limit:
        yield Gap(
            "term",
            _("The term ends on %(day)s; a call-off may run until %(limit)s at the latest.")
            % {"day": as_day(last), "limit": as_day(limit)},
        )
    if revision.extension_months and revision.extension_months > framework.extension_months:
        yield Gap(
            "term",
            ngettext("The extension option is %(months)s month; this framework allows %(limit)s at most.",
                     "The extension option is %(months)s months; this framework allows %(limit)s at most.", revision.extension_months)
            % {"months": revision.extension_months, "limit": framework.extension_months},
        )


def last_day(revision: CallOffRevision) -> date:
    """The last day of a term that has been entered."""
    return add_months(revision.shared_starts_on, revision.shared_months) - timedelta(days=1)


def latest_end(framework: Framework) -> date:
    """The last day a call-off under the framework may have."""
    return months_after(framework.ends_on, framework.call_off_may_outlive_framework_months)


def months_after(day: date, months: int) -> date:
    """The same day of the month ``months`` later, or the month's last day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    for length in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, length)
        except ValueError:
            continue
    raise ValueError(f"no day {day.day} in month {month + 1} of {year}")


def _services(revision: CallOffRevision, quote: Quote) -> Iterator[Gap]:
    if quote.release is None:
        yield Gap("services", _("The framework has no catalogue release live on this day."))
        return
    for code in quote.unknown_services:
        yield Gap("services", _("%(code)s is not in the live catalogue release.") % {"code": code})
    if revision.shared_starts_on is not None:  # else the term's own gap says it, of every line
        for code in quote.undated:  # not priced, so it would be left out of what is approved
            yield Gap("services", _("%(code)s is an interim service, and the term has none: give its months, or empty its quantities.") % {"code": code})
    if not quote.lines:
        yield Gap("services", _("Order at least one service."))
        return
    phases = {p.line.phase for p in quote.lines}
    if "interim" in phases and "shared" not in phases:
        yield Gap("services", _("The interim service ends when the shared service starts: order at least one shared service."))
    if revision.interim_months and "interim" not in phases:
        yield Gap("services", _("The term has an interim period but no interim service is ordered."))
    if quote.totals.whole_life > revision.call_off.framework.ceiling_gbp:
        yield Gap("services", _("The order is worth more than the whole framework may be."))
    for asked in revision.exceptions.all():
        if asked.service_code not in quote.exceptional:
            yield Gap(
                "exceptions",
                _("%(code)s: an exception is asked for %(n)s and the catalogue wants none; take the request back.")
                % {"code": asked.service_code, "n": f"{asked.quantity:,}"},
            )
    for unmet in quote.unmet:
        yield Gap("exceptions" if unmet.rule == rules.BY_EXCEPTION else "services", unmet.words)


def _service_levels(revision: CallOffRevision, quote: Quote) -> Iterator[Gap]:
    value = estimated_value(revision, quote)
    if quote.release is None or value <= KPI_VALUE_GBP:
        return
    codes = {p.service.service_level for p in quote.lines if p.service.service_level}
    offered = {s.measure_code for s in queries.service_levels(quote.release, codes)}
    chosen = offered & set(revision.kpi_codes)
    if len(chosen) < KPIS_NEEDED:
        yield Gap(
            "service_levels",
            ngettext("Choose at least %(needed)s key performance indicators: the order is worth %(value)s with VAT and options, "
                     "and %(chosen)s is chosen.",
                     "Choose at least %(needed)s key performance indicators: the order is worth %(value)s with VAT and options, "
                     "and %(chosen)s are chosen.", len(chosen))
            % {"needed": KPIS_NEEDED, "value": gbp(value), "chosen": len(chosen)},
        )


def _milestones(revision: CallOffRevision, quote: Quote, on: date) -> Iterator[Gap]:
    """A milestone may come before the service starts, as the governance board does, but not before the day it is submitted
    on, nor after the term. Of an order submitted already, which the supplier counters, that day was another."""
    submitted_on = london_day(revision.submitted_at) if revision.submitted_at else on
    milestones = list(revision.milestones.all())
    if not milestones and not revision.no_milestones_needed:
        yield Gap("milestones", _("Add the transition milestones, or say that none are needed."))
    for code, total, paid in unpaid_one_offs(quote):
        yield Gap(
            "milestones",
            _("%(code)s costs %(total)s and the milestones pay %(paid)s of it; they must pay all of it, once.")
            % {"code": code, "total": gbp(total), "paid": gbp(paid)},
        )
    if not revision.submitted_at:  # a counter-proposal that leaves a service out takes its payments along
        for paid in quote.milestones:
            for code in paid.unknown:
                yield Gap(
                    "milestones",
                    _("Milestone M%(number)s pays %(code)s, and the order has no such one-off service.")
                    % {"number": paid.number, "code": code},
                )
    for milestone in milestones:
        if milestone.planned_on < submitted_on:
            yield Gap(
                "milestones",
                _("Milestone M%(number)s is planned for %(day)s, which is past.")
                % {"number": milestone.number, "day": as_day(milestone.planned_on)},
            )
        if revision.shared_starts_on and revision.shared_months and milestone.planned_on > last_day(revision):
            yield Gap(
                "milestones",
                _("Milestone M%(number)s is planned for %(day)s, after the term has ended on %(last)s.")
                % {"number": milestone.number, "day": as_day(milestone.planned_on), "last": as_day(last_day(revision))},
            )
        if milestone.effect and not revision.interim_months:
            yield Gap(
                "milestones",
                _("Milestone M%(number)s says “%(effect)s”, and the term has no interim service: choose “%(none)s”.")
                % {"number": milestone.number, "effect": milestone.get_effect_display(),
                   "none": PlannedMilestone.Effect.NONE.label},
            )  # fmt: skip
    if not revision.interim_months:
        return
    effects = [milestone.effect for milestone in milestones]
    if milestones and PlannedMilestone.Effect.CUTOVER not in effects:
        yield Gap("milestones", _("Say which milestone is the cutover from the interim to the shared service."))
    for effect in (PlannedMilestone.Effect.INTERIM_STARTS, PlannedMilestone.Effect.CUTOVER):
        if effects.count(effect) > 1:
            yield Gap("milestones", _("Only one milestone can be “%(effect)s”.") % {"effect": effect.label})


def _special_terms(revision: CallOffRevision) -> Iterator[Gap]:
    if not revision.special_terms_settled:
        yield Gap("special_terms", _("Add special terms, or say that there are none."))
    if revision.staff_transfer_applies is None:
        yield Gap("special_terms", _("Say whether staff transfer to the supplier (TUPE)."))
    elif revision.staff_transfer_applies and not revision.staff_transfer_text:
        yield Gap("special_terms", _("Say which staff transfer: the contract refers to what the order says about it."))


def _data_protection(revision: CallOffRevision) -> Iterator[Gap]:
    schedule = revision.data_protection
    if not schedule:
        yield Gap("data_protection", _("Fill in the data-protection schedule."))
        return
    if schedule.get("applies"):
        for field, words in DATA_PROTECTION_FIELDS.items():
            if not schedule.get(field):
                yield Gap("data_protection", _("In the data-protection schedule, say %(what)s.") % {"what": _(words)})


def _attachments(revision: CallOffRevision, quote: Quote) -> Iterator[Gap]:
    framework = revision.call_off.framework
    kinds = {attachment.kind for attachment in revision.attachments.all()}
    if Attachment.Kind.BUSINESS_CASE not in kinds:
        yield Gap("attachments", _("Attach the business case."))
    threshold = framework.spend_control_reference_from_gbp
    if threshold is not None and quote.totals.whole_life >= threshold and not revision.spend_control_reference:
        yield Gap(
            "attachments",
            _("Enter the spend-control reference: the order is worth %(value)s and one is needed from %(threshold)s.")
            % {"value": gbp(quote.totals.whole_life), "threshold": gbp(threshold)},
        )


def _particulars(revision: CallOffRevision) -> Iterator[Gap]:
    particulars = revision.call_off.particulars
    wanted = {
        "cost_centre": _("Enter the cost centre."),
        "account": _("Enter the account."),
        "spending": _("Say whether the spending is RDEL or CDEL."),
        "invoice_address": _("Enter the invoice address."),
        "contact_name": _("Name a contact for the order."),
        "contact_email": _("Enter the contact's email address."),
    }
    for field, words in wanted.items():
        if not getattr(particulars, field):
            yield Gap("particulars", words)
