"""The rules of ordering as pure checks. Each unmet rule names service, site and figure in words.

A rule is data: ``kind`` and ``parameters`` as in framework.yaml. Seats are carried by the desktop services (category
Desktop, charged per user and month): the seat lines of a site must equal its declared seats, and a seat counts once
however many services it takes. Lines without a site count for all sites.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from catalogue.pricing import Line, PriceList, Service


@dataclass(frozen=True)
class Rule:
    kind: str
    parameters: dict[str, Any]
    text: str


@dataclass(frozen=True)
class Unmet:
    rule: str
    service: str
    site: str
    figure: int
    words: str


def carries_seat(service: Service) -> bool:
    return service.category == "Desktop" and service.unit == "user/month"


def unmet(
    rules: Sequence[Rule], sites: Sequence[tuple[str, int]], lines: Sequence[Line], price_list: PriceList,
    lots: Sequence[tuple[int, int | None]] = (),
) -> list[Unmet]:  # fmt: skip
    """Every rule the order does not meet. ``sites`` is (name, seats); ``lots`` is (number, lot it needs or None)."""
    found = [*_seats(sites, lines, price_list)]
    for rule in rules:
        found += _CHECKS[rule.kind](rule, sites, lines, price_list)
    found += _lots(lots, lines, price_list)
    return found


def _shared(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.phase == "shared"]


def _seats(sites, lines, price_list) -> Iterator[Unmet]:
    """Seats at a site = its seat lines."""
    for name, seats in sites:
        ordered = sum(
            line.quantity
            for line in _shared(lines)
            if line.site == name and carries_seat(price_list.services[line.service])
        )
        if ordered != seats:
            yield Unmet(
                "seats", "", name, seats - ordered,
                _("%(site)s has %(seats)s seats and %(ordered)s desktops: %(advice)s.")
                % {"site": name, "seats": seats, "ordered": ordered, "advice": _advice(seats - ordered)},
            )  # fmt: skip
    for line in _shared(lines):
        if line.site is None and carries_seat(price_list.services[line.service]):
            yield Unmet(
                "seats", line.service, "", line.quantity,
                _("%(code)s is ordered for all sites; desktops are ordered site by site.") % {"code": line.service},
            )  # fmt: skip


def _advice(missing: int) -> str:
    if missing > 0:
        return _("add %(n)s or lower the seats") % {"n": missing}
    return _("remove %(n)s or raise the seats") % {"n": -missing}


def _required_per_seat(rule: Rule, sites, lines, price_list) -> Iterator[Unmet]:
    """The group's lines total exactly the seats."""
    group = rule.parameters["services"]
    seats = sum(count for _name, count in sites)
    ordered = sum(line.quantity for line in _shared(lines) if line.service in group)
    if ordered != seats:
        yield Unmet(
            rule.kind, group[0], "", seats - ordered,
            _("%(text)s %(group)s: %(ordered)s ordered for %(seats)s seats.")
            % {"text": rule.text, "group": _(" or ").join(group), "ordered": ordered, "seats": seats},
        )  # fmt: skip


def _required_per_site(rule: Rule, sites, lines, price_list) -> Iterator[Unmet]:
    """Exactly one of the group at every site with seats; by size where the rule says which."""
    group = rule.parameters["services"]
    sizes = rule.parameters.get("by_seats_at_site", {})
    for name, seats in sites:
        if not seats:
            continue
        chosen = [line for line in _shared(lines) if line.site == name and line.service in group]
        total = sum(line.quantity for line in chosen)
        if total != 1:
            yield Unmet(
                rule.kind, group[0], name, 1 - total,
                _("%(text)s %(site)s: %(ordered)s ordered of %(group)s, one is needed.")
                % {"text": rule.text, "site": name, "ordered": total, "group": _(" or ").join(group)},
            )  # fmt: skip
            continue
        if sizes:
            low, high = sizes[chosen[0].service]
            if not (low <= seats and (high is None or seats <= high)):
                right = next(code for code, (a, b) in sizes.items() if a <= seats and (b is None or seats <= b))
                yield Unmet(
                    rule.kind, chosen[0].service, name, seats,
                    _("%(site)s has %(seats)s seats: it takes %(right)s, not %(wrong)s.")
                    % {"site": name, "seats": seats, "right": right, "wrong": chosen[0].service},
                )  # fmt: skip
    known = {name for name, seats in sites if seats}
    for line in _shared(lines):
        if line.service in group and line.site not in known:
            yield Unmet(
                rule.kind, line.service, line.site or "", line.quantity,
                _("%(code)s is ordered for a site without seats, or for all sites; order it site by site.")
                % {"code": line.service},
            )  # fmt: skip


def _by_exception(rule: Rule, sites, lines, price_list) -> Iterator[Unmet]:
    for line in lines:
        if line.service in rule.parameters["services"]:
            yield Unmet(
                rule.kind, line.service, line.site or "", line.quantity,
                _("%(text)s %(n)s of %(code)s ordered.")
                % {"text": rule.text, "n": line.quantity, "code": line.service},
            )  # fmt: skip


def _max_months(rule: Rule, sites, lines, price_list) -> Iterator[Unmet]:
    limit = rule.parameters["months"]
    for line in lines:
        if line.service in rule.parameters["services"] and (line.months or 0) > limit:
            yield Unmet(
                rule.kind, line.service, line.site or "", line.months or 0,
                _("%(text)s %(code)s is ordered for %(months)s months.")
                % {"text": rule.text, "code": line.service, "months": line.months},
            )  # fmt: skip


def _lots(lots, lines, price_list) -> Iterator[Unmet]:
    """A lot that needs another one can only be ordered with it."""
    used = {price_list.services[line.service].lot for line in lines}
    for number, needs in lots:
        if needs is not None and number in used and needs not in used:
            yield Unmet(
                "needs_lot", "", "", needs,
                _("Services of lot %(lot)s can only be ordered together with services of lot %(needs)s.")
                % {"lot": number, "needs": needs},
            )  # fmt: skip


_CHECKS = {
    "required_per_seat": _required_per_seat,
    "required_per_site": _required_per_site,
    "by_exception": _by_exception,
    "max_months": _max_months,
}
KINDS = tuple(_CHECKS)
