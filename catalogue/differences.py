"""What a release changes against another: what is new, what is gone, and each changed value beside the one before. Pure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalogue.contents import Content, figure
from catalogue.pricing import percent_of
from catalogue.rule_words import check

NEW, GONE, CHANGED = "new", "gone", "changed"
LABELS = {
    "name": _("name"), "lot": _("lot"), "category": _("category"), "unit": _("unit"), "charge_type": _("charged"),
    "list_price": _("list price"), "band_table": _("bands"), "adds_to_volume": _("adds to volume"),
    "service_level": _("service level"), "kgco2e": _("kgCO2e"), "baseline_kgco2e": _("kgCO2e before"),
    "scope": _("scope"), "method": _("method"), "bands": _("bands"), "measure": _("measure"), "target": _("target"),
    "minimum": _("minimum"), "critical": _("critical"), "credit_applies_to": _("credit applies to"),
    "checked": _("checked"),
}  # fmt: skip


@dataclass(frozen=True)
class Value:
    """One changed value; ``money`` where both are GBP, with the change in percent of what it was (None from nothing)."""

    label: str
    was: Any
    now: Any
    money: bool = False

    @property
    def percent(self) -> Decimal | None:
        """By how many per cent an amount has changed; None of what is no amount, or was nothing."""
        return percent_of(self.now - self.was, self.was) if self.money and self.was else None


@dataclass(frozen=True)
class Change:
    """``kind`` is new, gone or changed; ``values`` are those that changed, and of a rule what it checks, in any case."""

    kind: str
    code: str
    name: str
    values: tuple[Value, ...] = ()


@dataclass(frozen=True)
class Differences:
    services: tuple[Change, ...]
    bands: tuple[Change, ...]
    measures: tuple[Change, ...]
    rules: tuple[Change, ...]

    def __bool__(self) -> bool:
        return any((self.services, self.bands, self.measures, self.rules))


def between(before: Content, after: Content) -> Differences:
    return Differences(
        _changes(before.services, after.services, lambda service: service.name),
        _changes(before.bands, after.bands, lambda table: ""),
        _changes(before.measures, after.measures, lambda measure: measure.measure),
        _rules(before, after),
    )


def _changes(before: Sequence, after: Sequence, name: Callable[[Any], str]) -> tuple[Change, ...]:
    was, now = {row.code: row for row in before}, {row.code: row for row in after}
    out = []
    for code in dict.fromkeys([*was, *now]):
        if code not in now:
            out.append(Change(GONE, code, name(was[code])))
        elif code not in was:
            out.append(Change(NEW, code, name(now[code])))
        elif was[code] != now[code]:
            out.append(Change(CHANGED, code, name(now[code]), tuple(_values(was[code], now[code]))))
    return tuple(out)


def _values(was: Any, now: Any) -> Iterable[Value]:
    for field in fields(was):
        old, new = getattr(was, field.name), getattr(now, field.name)
        if old != new:
            yield Value(LABELS.get(field.name, field.name), _shown(old), _shown(new), money=field.name == "list_price")


def _shown(value: Any) -> Any:
    """Bands read "1: 0 %, 2500: 4 %"."""
    if isinstance(value, tuple):
        return ", ".join(f"{band.from_quantity:,}: {figure(band.discount_percent)}%" for band in value)
    return "" if value is None else value


def _rules(before: Content, after: Content) -> tuple[Change, ...]:
    """A rule has no code but its words: where these are the same, what it checks has changed."""
    gone = [rule for rule in before.rules if rule not in after.rules]
    new = [rule for rule in after.rules if rule not in before.rules]
    out = []
    for rule in gone:
        became = next((other for other in new if other.text == rule.text), None)
        if became is not None:
            new.remove(became)
        kind, now = (GONE, "") if became is None else (CHANGED, check(became))
        out.append(Change(kind, "", rule.text, (Value(LABELS["checked"], check(rule), now),)))
    return (*out, *(Change(NEW, "", rule.text, (Value(LABELS["checked"], "", check(rule)),)) for rule in new))
