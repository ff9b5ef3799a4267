"""One filter for each kind of value: money, counts, percentages, days, moments."""

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext as _

from documents.clock import LONDON
from documents.withheld import is_mark

register = template.Library()

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def _decimal(value) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


@register.filter
def gbp(value) -> str:
    """£11,252,943.00; a minus sign before the pound sign; empty for nothing."""
    if is_mark(value):
        return value
    amount = _decimal(value)
    if amount is None:
        return ""
    sign = "−" if amount < 0 else ""
    return f"{sign}£{abs(amount):,.2f}"


@register.filter
def count(value) -> str:
    """1,000"""
    if is_mark(value):
        return value
    number = _decimal(value)
    return "" if number is None else f"{int(number):,}"


@register.filter
def percent(value) -> str:
    """4% or 24.99%, without trailing zeros; a minus sign, as before money"""
    if is_mark(value):
        return value
    number = _decimal(value)
    if number is None:
        return ""
    text, sign = f"{abs(number):f}", "−" if number < 0 else ""
    return sign + (text.rstrip("0").rstrip(".") if "." in text else text) + "%"


def _as_date(value) -> date | None:
    if isinstance(value, datetime):
        return value.astimezone(LONDON).date()
    if isinstance(value, date):
        return value
    if isinstance(value, str) and value:
        return _as_moment(value).astimezone(LONDON).date() if "T" in value else date.fromisoformat(value)
    return None


def _as_moment(value) -> datetime | None:
    if isinstance(value, str) and value:
        value = datetime.fromisoformat(value.replace("Z", "+00:00"))
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return None


@register.filter
def day(value) -> str:
    """1 October 2007; a moment is shown as its day in London."""
    found = _as_date(value)
    return f"{found.day} {_(_MONTHS[found.month - 1])} {found.year}" if found else ""


@register.filter
def last_day(until) -> str:
    """The last day before a moment that a time limit ends at: midnight of the 9th is the end of the 8th."""
    found = _as_moment(until)
    return day(found - timedelta(seconds=1)) if found else ""


@register.filter
def moment(value) -> str:
    """1 October 2007 at 3:42pm, London"""
    found = _as_moment(value)
    if found is None:
        return ""
    local = found.astimezone(LONDON)
    hour = local.hour % 12 or 12
    return _("%(day)s at %(time)s") % {
        "day": day(local),
        "time": f"{hour}:{local.minute:02d}{'am' if local.hour < 12 else 'pm'}",
    }


@register.filter
def utc(value) -> str:
    """2007-10-01 08:00:00 UTC"""
    found = _as_moment(value)
    return found.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if found else ""


@register.filter
def day_range(start, end) -> str:
    """1 November 2007 to 31 October 2012"""
    if not end:
        return _("from %(start)s") % {"start": day(start)}
    return _("%(start)s to %(end)s") % {"start": day(start), "end": day(end)}


@register.filter
def tonnes(kilograms) -> str:
    """186.99 t CO2e, of kilograms; half-up to two places"""
    number = _decimal(kilograms)
    return "" if number is None else f"{(number / 1000).quantize(Decimal('0.01'), ROUND_HALF_UP):,} t CO2e"


@register.filter
def short_hash(value: str) -> str:
    """The first 12 hex digits."""
    return str(value)[:12]


@register.simple_tag
def idempotency_key() -> str:
    """The hidden field of a form that changes something; see ``documents.idempotency``."""
    from documents.idempotency import FIELD, new_key

    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, new_key())
