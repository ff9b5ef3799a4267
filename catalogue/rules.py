"""The rules of ordering as pure checks. Each unmet rule names service, site and figure in words.

A rule is data: ``kind`` and ``parameters`` as in framework.yaml. Seats are carried by the desktop services, and what
makes one is data of the service (category Desktop, charged per user and month): the seat lines of a site must equal its
declared seats, and a seat counts once however many services it takes. Lines without a site count for all sites. The
interim service covers the same seats before the shared one: never the same day twice, and no day between.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.pricing import Line, PriceList, Service, add_months


@dataclass(frozen=True)
class Rule:
    kind: str
    parameters: dict[str, Any]
    text: str


@dataclass(frozen=True)
class Unmet:
    """``service`` or ``site`` is '' where the rule is not about one; ``figure`` is how many are missing (or, below
    zero, too many)."""

    rule: str
    service: str
    site: str
    figure: int
    words: str


def carries_seat(service: Service) -> bool:
    return service.category == "Desktop" and service.unit == "user/month"


def unmet(
    rules: Sequence[Rule], sites: Sequence[tuple[str, int]], lines: Sequence[Line], price_list: PriceList,
    lots: Sequence[tuple[int, int | None]] = (), requested: Mapping[str, int] = MappingProxyType({}),
    lots_held: Collection[int] = (),
) -> list[Unmet]:  # fmt: skip
    """Every rule the order does not meet. ``sites`` is (name, seats); ``lots`` is (number, lot it needs or None);
    ``requested`` is for how many of which service the order asks the authority's exception;
    ``lots_held`` are the lots that the department has under contract."""
    found = [*_seats(sites, lines, price_list), *_interim(sites, lines, price_list)]
    for rule in rules:
        if rule.kind == BY_EXCEPTION:
            found += _by_exception(rule, lines, requested)
        else:
            found += _CHECKS[rule.kind](rule, sites, lines, price_list)
    found += _lots(lots, lines, price_list, lots_held)
    return found


def exceptional(rules: Sequence[Rule]) -> list[str]:
    """The services that take the authority's exception, in the order of the rules."""
    found = [code for rule in rules if rule.kind == BY_EXCEPTION for code in rule.parameters["services"]]
    return list(dict.fromkeys(found))


def _in_seats(seats: int) -> str:
    return ngettext("%(n)s seat", "%(n)s seats", seats) % {"n": f"{seats:,}"}


def _place(line: Line) -> str:
    return line.site or _("all sites")


def _quantities(lines: Sequence[Line], name) -> str:
    """"CORE-01 424, CORE-02 186": the quantities added up by what ``name`` says of a line."""
    added: Counter[str] = Counter()
    for line in lines:
        added[name(line)] += line.quantity
    return ", ".join(f"{what} {quantity:,}" for what, quantity in added.items())


def _shared(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.phase == "shared"]


def _seats(sites, lines, price_list) -> Iterator[Unmet]:
    """Seats at a site = its seat lines."""
    for name, seats in sites:
        desktops = [
            line for line in _shared(lines) if line.site == name and carries_seat(price_list.services[line.service])
        ]
        ordered = sum(line.quantity for line in desktops)
        if ordered != seats:
            which = _quantities(desktops, lambda line: line.service)
            yield Unmet(
                "seats", "", name, seats - ordered,
                ngettext("%(site)s has %(seats)s and %(ordered)s desktop%(which)s: %(advice)s.",
                         "%(site)s has %(seats)s and %(ordered)s desktops%(which)s: %(advice)s.", ordered)
                % {"site": name, "seats": _in_seats(seats), "ordered": f"{ordered:,}",
                   "which": f" ({which})" if which else "", "advice": _advice(seats - ordered)},
            )  # fmt: skip
    for line in _shared(lines):
        if line.site is None and carries_seat(price_list.services[line.service]):
            yield Unmet(
                "seats", line.service, "", line.quantity,
                _("%(code)s: %(n)s ordered for all sites; desktops are ordered site by site.")
                % {"code": line.service, "n": f"{line.quantity:,}"},
            )  # fmt: skip


def _advice(missing: int) -> str:
    if missing > 0:
        return _("add %(n)s or lower the seats") % {"n": f"{missing:,}"}
    return _("remove %(n)s or raise the seats") % {"n": f"{-missing:,}"}


def _interim(sites, lines, price_list) -> Iterator[Unmet]:
    """The interim service is for no more seats than there are, and ends the day before the shared seats start."""
    seats = sum(count for _name, count in sites)
    starts = [line.starts_on for line in _shared(lines) if carries_seat(price_list.services[line.service])]
    for code in sorted({line.service for line in lines if line.phase == "interim"}):
        chosen = [line for line in lines if line.phase == "interim" and line.service == code]
        ordered = sum(line.quantity for line in chosen)
        if ordered > seats:
            yield Unmet(
                "interim", code, "", seats - ordered,
                ngettext("The sites have %(seats)s and %(ordered)s of %(code)s is ordered: %(advice)s.",
                         "The sites have %(seats)s and %(ordered)s of %(code)s are ordered: %(advice)s.", ordered)
                % {"seats": _in_seats(seats), "ordered": f"{ordered:,}", "code": code, "advice": _advice(seats - ordered)},
            )  # fmt: skip
        for line in chosen:
            if line.months is None or not starts:
                continue
            over = add_months(line.starts_on, line.months)  # the first day without it
            days = (min(starts) - over).days
            if days:
                yield Unmet(
                    "interim", code, line.site or "", days,
                    (ngettext(
                        "%(code)s (%(site)s) ends on %(day)s and the shared service starts %(days)s day later: close the gap.",
                        "%(code)s (%(site)s) ends on %(day)s and the shared service starts %(days)s days later: close the gap.",
                        days,
                    )
                     if days > 0
                     else ngettext(
                         "%(code)s (%(site)s) and the shared service both run for %(days)s day, until %(day)s: no seat is "
                         "charged twice for a day.",
                         "%(code)s (%(site)s) and the shared service both run for %(days)s days, until %(day)s: no seat is "
                         "charged twice for a day.", abs(days),
                     ))
                    % {"code": code, "site": _place(line), "day": _day(over - timedelta(days=1)), "days": abs(days)},
                )  # fmt: skip


def _day(day) -> str:
    return f"{day.day} {day:%B %Y}"


def _required_per_seat(rule: Rule, sites, lines, price_list) -> Iterator[Unmet]:
    """The group's lines total exactly the seats."""
    group = rule.parameters["services"]
    seats = sum(count for _name, count in sites)
    chosen = [line for line in _shared(lines) if line.service in group]
    ordered = sum(line.quantity for line in chosen)
    for name, count in sites:
        here = sum(line.quantity for line in chosen if line.site == name)
        if here > count:
            yield Unmet(
                rule.kind, group[0], name, count - here,
                _("%(site)s has %(seats)s and %(ordered)s of %(group)s: %(advice)s.")
                % {"site": name, "seats": _in_seats(count), "ordered": f"{here:,}", "group": _(" or ").join(group),
                   "advice": _advice(count - here)},
            )  # fmt: skip
    if ordered != seats:
        yield Unmet(
            rule.kind, group[0], "", seats - ordered,
            _("%(text)s %(group)s: %(ordered)s ordered for %(seats)s%(short)s; %(advice)s.")
            % {"text": rule.text, "group": _(" or ").join(group), "ordered": f"{ordered:,}", "seats": _in_seats(seats),
               "short": _short(sites, chosen), "advice": _advice(seats - ordered)},
        )  # fmt: skip


def _short(sites, chosen: Sequence[Line]) -> str:
    """Where seats go without, if the group is ordered site by site: ", at London 600 of 620"."""
    if not chosen or any(line.site is None for line in chosen):
        return ""
    here = Counter({name: 0 for name, _seats in sites})
    for line in chosen:
        here[line.site or ""] += line.quantity
    found = [
        _("%(site)s %(have)s of %(seats)s") % {"site": name, "have": f"{here[name]:,}", "seats": f"{seats:,}"}
        for name, seats in sites
        if here[name] < seats
    ]
    return _(", at %(places)s") % {"places": ", ".join(found)} if found else ""


def _required_per_site(rule: Rule, sites, lines, price_list) -> Iterator[Unmet]:
    """Exactly one of the group at every site with seats; where the rule goes by size, the one of the site's."""
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
                _("%(text)s %(site)s: %(ordered)s ordered of %(group)s, %(wants)s.")
                % {"text": rule.text, "site": name, "ordered": total, "group": _(" or ").join(group), "wants": _wanted(sizes, seats)},
            )  # fmt: skip
            continue
        if sizes:
            right = _of_size(sizes, seats)
            if chosen[0].service != right:
                yield Unmet(
                    rule.kind, chosen[0].service, name, seats,
                    _("%(site)s has %(seats)s: it takes %(right)s, not %(wrong)s.")
                    % {"site": name, "seats": _in_seats(seats), "right": right, "wrong": chosen[0].service},
                )  # fmt: skip
    known = {name for name, seats in sites if seats}
    for line in _shared(lines):
        if line.service in group and line.site not in known:
            yield Unmet(
                rule.kind, line.service, line.site or "", line.quantity,
                (_("%(code)s: %(n)s ordered for all sites; order it site by site.") if line.site is None
                 else _("%(code)s: %(n)s ordered at %(site)s, a site without seats; take it off."))
                % {"code": line.service, "n": f"{line.quantity:,}", "site": line.site},
            )  # fmt: skip


def _wanted(sizes: Mapping[str, tuple[int, int | None]], seats: int) -> str:
    if not sizes:
        return _("one is needed")
    return _("with %(seats)s it takes one %(right)s") % {"seats": _in_seats(seats), "right": _of_size(sizes, seats)}


def _of_size(sizes: Mapping[str, tuple[int, int | None]], seats: int) -> str:
    """The service of a site with so many seats; there is one for every number (``faults``)."""
    return next(code for code, (low, high) in sizes.items() if low <= seats and (high is None or seats <= high))


def _by_exception(rule: Rule, lines: Sequence[Line], requested: Mapping[str, int]) -> Iterator[Unmet]:
    """What is ordered of such a service is covered by a request; whether it is granted is the authority's decision."""
    for code in rule.parameters["services"]:
        chosen = [line for line in lines if line.service == code]
        ordered, covered = sum(line.quantity for line in chosen), requested.get(code, 0)
        if ordered > covered:
            yield Unmet(
                rule.kind, code, (chosen[0].site or "") if len(chosen) == 1 else "", ordered - covered,
                _("%(text)s %(code)s: %(ordered)s ordered (%(places)s) and an exception asked for %(covered)s; ask for "
                  "%(missing)s more or order fewer.")
                % {"text": rule.text, "code": code, "ordered": f"{ordered:,}", "covered": f"{covered:,}",
                   "places": _quantities(chosen, _place), "missing": f"{ordered - covered:,}"},
            )  # fmt: skip
        elif covered and not ordered:
            yield Unmet(
                rule.kind, code, "", -covered,
                _("%(code)s: an exception is asked for %(covered)s and none is ordered; take the request back.")
                % {"code": code, "covered": f"{covered:,}"},
            )  # fmt: skip


def _max_months(rule: Rule, sites, lines, price_list) -> Iterator[Unmet]:
    limit = rule.parameters["months"]
    for line in lines:
        if line.service in rule.parameters["services"] and (line.months or 0) > limit:
            yield Unmet(
                rule.kind, line.service, line.site or "", line.months or 0,
                ngettext("%(text)s %(code)s (%(site)s): %(n)s ordered for %(months)s month, %(over)s too long.",
                         "%(text)s %(code)s (%(site)s): %(n)s ordered for %(months)s months, %(over)s too long.", line.months or 0)
                % {"text": rule.text, "code": line.service, "site": _place(line), "n": f"{line.quantity:,}",
                   "months": line.months, "over": (line.months or 0) - limit},
            )  # fmt: skip


def lots_missing(
    lots: Sequence[tuple[int, int | None]], lines: Sequence[Line], price_list: PriceList
) -> list[tuple[int, int]]:  # fmt: skip
    """(lot ordered, lot it needs) where the order has nothing of the lot needed."""
    used = {price_list.services[line.service].lot for line in lines}
    return [(number, needs) for number, needs in lots if needs is not None and number in used and needs not in used]


def _lots(lots, lines, price_list, held) -> Iterator[Unmet]:
    """A lot that needs another one is ordered with it, or where it is under contract already."""
    for number, needs in lots_missing(lots, lines, price_list):
        if needs not in held:
            of_lot = [line for line in lines if price_list.services[line.service].lot == number]
            yield Unmet(
                "needs_lot", "", "", needs,
                _("Services of lot %(lot)s need services of lot %(needs)s, in the same order or under a contract of yours that is "
                  "in force, and there are none: %(which)s.")
                % {"lot": number, "needs": needs,
                   "which": _quantities(of_lot, lambda line: f"{line.service} ({_place(line)})")},
            )  # fmt: skip


BY_EXCEPTION = "by_exception"
_CHECKS = {
    "required_per_seat": _required_per_seat,
    "required_per_site": _required_per_site,
    "max_months": _max_months,
}
KINDS = (*_CHECKS, BY_EXCEPTION)


def faults(rule: Rule, services: Collection[str]) -> Iterator[str]:
    """What keeps a rule from being used with these service codes, in words; a release is loaded without any."""
    if rule.kind not in KINDS:
        yield _("%(kind)s is none of %(all)s") % {"kind": repr(rule.kind), "all": ", ".join(KINDS)}
        return
    group = rule.parameters.get("services") or []
    if not group:
        yield _("names no services")
    for code in sorted({*group, *rule.parameters.get("by_seats_at_site", {})} - set(services)):
        yield _("%(code)s is not in the catalogue") % {"code": code}
    months = rule.parameters.get("months")
    if rule.kind == "max_months" and not (isinstance(months, int) and months > 0):
        yield _("%(months)s is not a number of months") % {"months": repr(months)}
    if rule.kind == "required_per_site" and "by_seats_at_site" in rule.parameters:
        yield from _faults_of_sizes(rule.parameters["by_seats_at_site"], group)


def _faults_of_sizes(sizes: dict[str, list], group: list[str]) -> Iterator[str]:
    """Sizes run on from 1 seat without a gap and the last has no upper end, so that every site has its service."""
    if set(sizes) != set(group):
        yield _("sizes are not given for exactly its services")
    expected: int | None = 1
    for code, (low, high) in sorted(sizes.items(), key=lambda item: item[1][0]):
        if expected is None:
            yield _("%(code)s starts at %(low)s seats, and a larger size before it has no end") % {"code": code, "low": low}
        elif low != expected:
            yield _("%(code)s starts at %(low)s seats, not at %(expected)s") % {"code": code, "low": low, "expected": expected}
        expected = None if high is None else high + 1
    if expected is not None:
        yield _("no service is for sites of %(seats)s seats and more") % {"seats": expected}
