"""What a change request may move and what it comes to: inside the tolerance that the contract was signed with (its clause 6.6).

What is moved of a service is counted up and down together, over all its sites, against the quantity that was signed: the
contract's with that of its variations. More leavers than joiners at one site and the other way round at another add up. What
moves back to what was signed counts no more. Only the shared services charged by the month: a usage line is a limit that a
variation alone raises (clause 6.5). Money is Decimal GBP with two places, VAT excluded.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue import queries
from catalogue.pricing import ZERO
from contracts import assessing, terms, varied_terms
from contracts.models import ChangeRequest, Contract, ContractVersion, LineVariation
from contracts.terms import RECURRING, Change, StandingLine
from contracts.varied_terms import Asked, Effect, Money, Share
from documents.canonical import money, number
from documents.refusal import Reason
from documents.templatetags.flex import count
from documents.templatetags.flex import day as as_day
from procurement import tolerance
from procurement.models import Phase

SCHEMA = 1
Wanted = Mapping[tuple[str, str], int]  # by service code and site ("" for all sites) how many more, or fewer


def percent_of(contract: Contract) -> Decimal:
    """Per cent as it was signed, whatever the framework says by now; 0 of one that leaves none."""
    return Decimal(json.loads(contract.revision.content)["framework"].get("quantity_tolerance_percent", "0"))


@dataclass(frozen=True)
class Room:
    """Of a service: the units as signed, how many of them may move, and how many have."""

    code: str
    name: str
    signed: int
    most: int
    moved: int

    @property
    def left(self) -> int:
        return max(0, self.most - self.moved)


def rooms(changes: Sequence[Change], percent: Decimal, day: date) -> dict[str, Room]:
    """By service code, as everything stands on the day."""
    signed: dict[str, int] = {}
    moved: dict[tuple[str, str], int] = {}
    names: dict[str, str] = {}
    for version, of_lines in changes:
        if version.effective_from > day:
            continue
        for change in of_lines:
            line, service = change.line, change.line.service
            if line.phase != Phase.SHARED or service.charge_type != RECURRING:
                continue
            names[service.code] = service.name
            if version.kind == ContractVersion.Kind.CHANGE_REQUEST:
                moved[service.code, line.site] = moved.get((service.code, line.site), 0) + change.quantity_change
            else:
                signed[service.code] = signed.get(service.code, 0) + change.quantity_change
    return {
        code: Room(
            code, names[code], quantity, tolerance.most(percent, quantity),
            sum(abs(change) for (of, _site), change in moved.items() if of == code),
        )
        for code, quantity in signed.items()
    }  # fmt: skip


def movable(changes: Sequence[Change], day: date) -> list[StandingLine]:
    """The lines that a change request from the day on can move, by number."""
    return [
        line for line in varied_terms.standing_on(changes, day)
        if line.line.phase == Phase.SHARED and line.line.service.charge_type == RECURRING
    ]  # fmt: skip


@dataclass(frozen=True)
class Found:
    """What is asked for as everything stands on a day. ``counted``: what counts with it in the cumulative share."""

    effective_on: date
    before: list[Change]
    effects: list[Effect]
    money: Money
    share: Share
    counted: list[assessing.Counted]
    rooms: dict[str, Room]
    reasons: list[Reason]

    @property
    def monthly_gbp(self) -> Decimal:
        """More a month once it is in effect; below zero less. Units at prices in whole pennies: nothing is rounded."""
        return sum((one.price * one.after - (one.before_price or ZERO) * one.before for one in self.effects), ZERO)


def asked_of(request: ChangeRequest) -> dict[tuple[str, str], int]:
    return {(one.service_code, one.site): one.quantity_change for one in request.changes.all()}


def find(contract: Contract, wanted: Wanted, effective_on: date, *, on: date, request: ChangeRequest | None = None) -> Found:
    """``on`` is the day it is asked or accepted on. The page and the actions read the same reasons."""
    before, percent = terms.read(contract), percent_of(contract)
    reasons = list(_days(contract, before, effective_on, on))
    stands = {(line.line.service.code, line.line.site) for line in movable(before, effective_on)}
    wanted = {key: change for key, change in wanted.items() if change}
    if not wanted:
        reasons.append(Reason(_("Say of which services there are to be more or fewer.")))
    for code, site in wanted.keys() - stands:
        reasons.append(Reason(
            _("%(code)s, %(site)s: the contract has none of it on that day.") % {"code": code, "site": site or _("all sites")},
            _("What is new is a variation."),
        ))  # fmt: skip
    effects, cost = [], assessing.NO_MONEY
    after = before
    if not reasons:
        lines = [
            LineVariation(phase=Phase.SHARED, service_code=code, site=site, quantity_change=change)
            for (code, site), change in wanted.items()
        ]  # fmt: skip
        effects = varied_terms.effects(before, Asked(effective_on, lines), {}, {})
        version = varied_terms.unsaved(contract, len(before) + 1, effective_on)
        version.kind = ContractVersion.Kind.CHANGE_REQUEST
        after = varied_terms.after(before, version, effects)
        reasons += list(assessing.fewer_than_none(effects)) or list(assessing.fewer_than_none_later(after, effective_on))
        reasons += _given_up(effects)
        reasons += _beyond(before, after, percent, effective_on)
        if not reasons:
            reasons += assessing.unmet_rules(contract, before, after, effective_on)
        cost = varied_terms.money(before, after, queries.vat_rates(on))
    counted = assessing.counted_with(contract, request=request)
    share = varied_terms.share(cost.counted_gbp, [one.counted_gbp for one in counted], contract.original_value_gbp)
    if effects and share.passes(contract.framework.variation_control_percent, contract.original_value_gbp):
        reasons.append(Reason(
            _("With what counts with it this is over the framework’s control of %(percent)s %% of the original value.")
            % {"percent": number(contract.framework.variation_control_percent)},
            _("It is a variation then, with its approval and a notice first."),
        ))  # fmt: skip
    return Found(effective_on, before, effects, cost, share, counted, rooms(before, percent, effective_on), reasons)


def _days(contract: Contract, before: Sequence[Change], effective_on: date, on: date) -> Iterator[Reason]:
    if effective_on <= on:
        yield Reason(
            _("It would hold from %(day)s; it is accepted before its first day, so that is tomorrow at the earliest.")
            % {"day": as_day(effective_on)}
        )
    last = terms.last_day(terms.put_together(before), default=contract.ends_on)
    if not contract.starts_on <= effective_on <= last:
        yield Reason(
            _("It would hold from %(day)s; the contract runs from %(first)s to %(last)s.")
            % {"day": as_day(effective_on), "first": as_day(contract.starts_on), "last": as_day(last)}
        )


def _given_up(effects: Sequence[Effect]) -> Iterator[Reason]:
    """Nothing is given up by a change of quantity: a line stays."""
    for one in effects:
        if one.after == 0 and one.before > 0:
            yield Reason(
                _("%(code)s, %(site)s: nothing of it would be left.") % {"code": one.service.code, "site": one.site or _("all sites")},
                _("To give up a service or a site is a variation."),
            )


def _beyond(before: Sequence[Change], after: Sequence[Change], percent: Decimal, day: date) -> Iterator[Reason]:
    """On its day and on every later one on which the terms change. What goes back towards what was signed is never beyond."""
    days = sorted({day} | {version.effective_from for version, _lines in after if version.effective_from > day})
    said: set[str] = set()
    for on in days:
        was, now = rooms(before, percent, on), rooms(after, percent, on)
        for code, room in now.items():
            moved_before = was[code].moved if code in was else 0
            if code not in said and room.moved > room.most and room.moved > moved_before:
                said.add(code)
                yield Reason(
                    ngettext(
                        "%(code)s: of %(signed)s units as signed %(most)s may move, up and down together; with this %(moved)s would have, on %(day)s.",
                        "%(code)s: of %(signed)s units as signed %(most)s may move, up and down together; with this %(moved)s would have, on %(day)s.",
                        room.signed,
                    ) % {"code": code, "signed": count(room.signed), "most": count(room.most), "moved": count(room.moved), "day": as_day(on)},
                    _("More than that is a variation."),
                )  # fmt: skip


def content(contract: Contract, label: str, reason: str, found: Found) -> dict[str, Any]:
    """What both sides are shown and the supplier accepts; its sha256 is what is repeated."""
    codes = {one.service.code for one in found.effects}
    return {
        "schema": SCHEMA, "contract": {"number": contract.number, "title": contract.title}, "request": label, "reason": reason,
        "effective_on": found.effective_on.isoformat(), "tolerance_percent": number(percent_of(contract)),
        "lines": [
            {"number": one.number, "service": one.service.code, "name": one.service.name, "site": one.site or None,
             "quantity_before": one.before, "quantity_change": one.quantity_change, "quantity_after": one.after,
             "unit_price_gbp": money(one.price), "ends_on": one.ends_on.isoformat() if one.ends_on else None}
            for one in found.effects if one.quantity_change
        ],
        "services": [
            {"service": room.code, "signed": room.signed, "most": room.most, "moved_before": room.moved}
            for code, room in sorted(found.rooms.items()) if code in codes
        ],
        "money": {"value_gbp": money(found.money.value_gbp), "monthly_gbp": money(found.monthly_gbp)},
        "share": {
            "percent": number(found.share.percent), "cumulative_percent": number(found.share.cumulative_percent),
            "with": [one.label for one in found.counted],
        },
    }  # fmt: skip
