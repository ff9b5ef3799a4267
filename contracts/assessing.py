"""What a variation comes to before anybody is asked about it: line by line, in money, as a share of the contract's value, and
what it still lacks. The page and the action that freezes it read the same. Money is Decimal GBP with two places, VAT excluded
unless named gross; ``contracts.varied_terms`` says how it is rounded.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from catalogue import pricing, queries, rules
from catalogue.models import ServiceVersion
from catalogue.pricing import ZERO
from contracts import gateways, terms, varied_terms
from contracts.models import (
    ChangeRequest,
    Contract,
    Gateway,
    LineVariation,
    RequestState,
    Variation,
    VariationKind,
    VariationRevision,
    VariationState,
)
from contracts.terms import Change, StandingLine
from contracts.varied_terms import Asked, Effect, Money, Share
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import count
from documents.templatetags.flex import day as as_day
from procurement import quoting
from procurement.completeness import latest_end
from procurement.models import Phase

V = VariationState
COUNTED = (V.ASSESSED, V.IN_APPROVAL, V.AWAITING_SIGNATURES, V.EXECUTED, V.APPLIED)
NO_MONEY = Money({}, ZERO, ZERO, ZERO)


@dataclass(frozen=True)
class Counted:
    """What counts with a change in the cumulative share: a variation that was assessed on a day, or a change request that was
    accepted, by the amount that counts of it (GBP, VAT excluded, never below zero)."""

    label: str
    on: date
    counted_gbp: Decimal


@dataclass(frozen=True)
class Assessment:
    """``unmet``: what is entered and does not fit; ``gaps``: what is not entered yet. ``others``: what counts with it: the
    variations by number, then the change requests."""

    effective_on: date | None
    before: list[Change]
    after: list[Change]
    effects: list[Effect]
    money: Money
    share: Share
    others: list[Counted]
    notice_first: bool
    unmet: list[Reason]
    gaps: list[Reason]

    @property
    def reasons(self) -> list[Reason]:
        return [*self.gaps, *self.unmet]

    @property
    def monthly_gbp(self) -> Decimal:
        """GBP a month more (or less) once it is in effect: its recurring lines."""
        return sum(
            (_monthly(one, one.after, one.price) - _monthly(one, one.before, one.before_price or ZERO) for one in self.effects), ZERO
        )


def _monthly(effect: Effect, quantity: int, price: Decimal) -> Decimal:
    """What so many units cost a month; nothing of a line that is charged by use."""
    return price * quantity if effect.service.charge_type == terms.RECURRING else ZERO


def others_of(contract: Contract, variation: Variation | None = None) -> list[VariationRevision]:
    """What is assessed or further of the contract's variations that count, without the one given; one query."""
    rows = VariationRevision.objects.filter(
        variation__contract=contract, variation__state__in=COUNTED, assessed_at__isnull=False,
        pk__in=Variation.objects.filter(contract=contract).values("revision"),
    )  # fmt: skip
    rows = rows.exclude(variation__kind=VariationKind.CORRECTION)
    if variation is not None:
        rows = rows.exclude(variation=variation)
    return list(rows.select_related("variation").order_by("variation__number"))


def _as_counted(revisions: list[VariationRevision]) -> list[Counted]:
    return [Counted(one.variation.label, london_day(one.assessed_at), one.counted_gbp) for one in revisions]


def _requests(contract: Contract, request: ChangeRequest | None = None) -> list[Counted]:
    """The change requests that were accepted, without the one given; one query."""
    rows = ChangeRequest.objects.filter(contract=contract, state=RequestState.ACCEPTED).exclude(pk=request.pk if request else None)
    return [Counted(one.label, london_day(one.state_since), one.counted_gbp) for one in rows.order_by("number")]


def counted_with(contract: Contract, *, request: ChangeRequest | None = None) -> list[Counted]:
    """All that counts with a change request, the given one left out; two queries."""
    return _as_counted(others_of(contract)) + _requests(contract, request)


def assess(revision: VariationRevision, *, on: date) -> Assessment:
    """As everything stands on the day. ``revision`` comes with its variation and that with its contract."""
    variation, contract = revision.variation, revision.variation.contract
    before = terms.read(contract)
    changes = list(revision.changes.select_related("service__release"))
    gaps = list(_gaps(revision, changes))
    asked = _asked(revision, changes, before)
    unmet: list[Reason] = []
    after, effects, cost = before, [], NO_MONEY
    if asked is not None:
        offered = _offered(contract, on)
        unmet += _days(contract, asked, before, on)
        unknown = _unknown(changes, before, offered)
        unmet += unknown
        if not unknown:
            effects = varied_terms.effects(before, asked, offered, quoting.volumes(contract.framework, on))
            if not effects:
                unmet.append(Reason(_("Nothing that is charged by the month runs until the last day: there is nothing to extend.")))
            version = varied_terms.unsaved(contract, len(before) + 1, asked.effective_on)
            after = varied_terms.after(before, version, effects)
            unmet += list(fewer_than_none(effects)) or list(fewer_than_none_later(after, asked.effective_on))
            if not unmet:
                unmet += unmet_rules(contract, before, after, asked.effective_on)
            cost = varied_terms.money(before, after, queries.vat_rates(on))
    if cost.counted_gbp > contract.framework.ceiling_gbp:
        unmet.append(Reason(_("What it changes is worth more than the whole framework may be.")))
    others = others_of(contract, variation)
    counted = [] if variation.kind == VariationKind.CORRECTION else _as_counted(others) + _requests(contract)
    share = varied_terms.share(cost.counted_gbp, [one.counted_gbp for one in counted], contract.original_value_gbp)
    unmet += gateways.why_not(
        revision.gateway, revision.paragraph, counted_gbp=cost.counted_gbp, original_gbp=contract.original_value_gbp,
        gross_gbp=cost.counted_gross_gbp,
        below_threshold_gbp=sum((o.counted_gross_gbp for o in others if o.gateway == Gateway.BELOW_THRESHOLD), ZERO),
        threshold_gbp=contract.framework.modification_threshold_gbp,
    ) if revision.gateway else []  # fmt: skip
    return Assessment(
        asked.effective_on if asked else None, before, after, effects, cost, share, counted,
        share.passes(contract.framework.variation_control_percent, contract.original_value_gbp), unmet, gaps,
    )  # fmt: skip


def _asked(revision: VariationRevision, changes: list[LineVariation], before: list[Change]) -> Asked | None:
    """None as long as there is nothing that could be worked out."""
    if revision.variation.kind == VariationKind.TERM:
        if not revision.extension_months or not before:
            return None
        last = terms.last_day(terms.put_together(before), default=revision.variation.contract.ends_on)
        return Asked(last + timedelta(days=1), (), revision.extension_months)
    if revision.effective_on is None or not changes or not before:
        return None
    return Asked(revision.effective_on, changes)


def _offered(contract: Contract, on: date) -> Mapping[str, ServiceVersion]:
    """The services of the release that is live: what the contract does not have yet."""
    release = queries.live_release(contract.framework, on)
    if release is None:
        return {}
    return {row.code: row for row in ServiceVersion.objects.filter(release=release).select_related("release")}


def _gaps(revision: VariationRevision, changes: list[LineVariation]) -> Iterator[Reason]:
    kind = revision.variation.kind
    if not revision.reason.strip():
        yield Reason(_("Say why the contract is to be changed."))
    if kind == VariationKind.CORRECTION:
        if not revision.corrections.all():
            yield Reason(_("Say which words are put right."))
    elif kind == VariationKind.TERM:
        if not revision.extension_months:
            yield Reason(_("Say by how many months the term is extended."))
    elif not changes:
        yield Reason(_("Say which services, how many more or fewer, and where."))
    if kind != VariationKind.TERM and revision.effective_on is None:
        yield Reason(_("Say from which day it is to hold."))
    if not revision.gateway:
        yield Reason(_("Choose the gateway by which the law lets the contract be modified."))
    for test in gateways.tests(revision.gateway, revision.paragraph):
        if not revision.answers.get(test.code, "").strip():
            yield Reason(_("Say why this holds: %(test)s.") % {"test": test.words})


def _days(contract: Contract, asked: Asked, before: list[Change], on: date) -> Iterator[Reason]:
    last = terms.last_day(terms.put_together(before), default=contract.ends_on)
    if asked.extension_months:
        yield from _extension(contract, asked.extension_months, last)
        return
    if asked.effective_on <= on:
        yield Reason(
            _("It would hold from %(day)s; all parties sign before its first day, so that is tomorrow at the earliest.")
            % {"day": as_day(asked.effective_on)}
        )
    if not contract.starts_on <= asked.effective_on <= last:
        yield Reason(
            _("It would hold from %(day)s; the contract runs from %(first)s to %(last)s.")
            % {"day": as_day(asked.effective_on), "first": as_day(contract.starts_on), "last": as_day(last)}
        )


def option_left(contract: Contract, last: date) -> int:
    """Months of the option to extend that the present last day has not used yet."""
    _first, ordered = terms.ordered(contract.revision)
    used = (last.year - ordered.year) * 12 + last.month - ordered.month
    return max(0, contract.revision.extension_months - used)


def _extension(contract: Contract, months: int, last: date) -> Iterator[Reason]:
    """Within the option that was ordered, what of it is used already counted, and within what the framework allows."""
    left = option_left(contract, last)
    if months > left:
        yield Reason(
            _("The contract has an option of %(option)s months, of which %(left)s are left.")
            % {"option": contract.revision.extension_months, "left": left},
            _("A longer term needs a new order."),
        )
    ends = pricing.add_months(last + timedelta(days=1), months) - timedelta(days=1)
    if ends > (limit := latest_end(contract.framework)):
        yield Reason(
            _("It would run until %(day)s; a call-off may run until %(limit)s at the latest.")
            % {"day": as_day(ends), "limit": as_day(limit)}
        )


def _unknown(changes: list[LineVariation], before: list[Change], offered: Mapping[str, ServiceVersion]) -> list[Reason]:
    had = {change.line.service.code for _version, of_lines in before for change in of_lines}
    found = []
    for one in changes:
        service = one.service or offered.get(one.service_code)
        if one.service_code not in had and service is None:
            found.append(Reason(_("%(code)s is neither in the contract nor in the live catalogue release.") % {"code": one.service_code}))
        elif service is not None and _phase(service) != one.phase:
            found.append(Reason(_("%(code)s cannot be ordered by a variation: its charge is neither by the month nor by use.") % {"code": one.service_code}))
    return found


def _phase(service: ServiceVersion) -> str | None:
    """The phase that a variation orders a service in; None for one that it does not."""
    return {"recurring": Phase.SHARED, "usage": Phase.USAGE}.get(service.charge_type)


def fewer_than_none(effects: list[Effect]) -> Iterator[Reason]:
    for one in effects:
        if one.after < 0:
            yield Reason(
                _("%(code)s, %(site)s: %(before)s stand and %(fewer)s are to go.")
                % {"code": one.service.code, "site": one.site or _("all sites"), "before": count(one.before),
                   "fewer": count(-one.quantity_change)},
            )  # fmt: skip


def fewer_than_none_later(after: list[Change], day: date) -> Iterator[Reason]:
    """What has been agreed for a later day takes away too."""
    for found in terms.put_together(after):
        for line in found.lines:
            if found.effective_from > day and line.quantity < 0:
                yield Reason(
                    _("%(code)s, %(site)s: from %(day)s %(document)s takes away more than would be left.")
                    % {"code": line.line.service.code, "site": line.line.site or _("all sites"),
                       "day": as_day(found.effective_from), "document": found.version.caused_by},
                )  # fmt: skip
                return


def unmet_rules(contract: Contract, before: list[Change], after: list[Change], day: date) -> Iterator[Reason]:
    """The catalogue rules of the contract's own release that hold before and no more after. An exception is for the
    authority to see: it approves each line."""
    release = contract.revision.release
    wanted = [rule for rule in queries.catalogue_rules(release) if rule.kind != rules.BY_EXCEPTION]
    was, now = (_unmet(wanted, varied_terms.standing_on(changes, day), release) for changes in (before, after))
    known = {(one.rule, one.service, one.site, one.figure) for one in was}
    for one in now:
        if (one.rule, one.service, one.site, one.figure) not in known:
            yield Reason(one.words)


def _unmet(wanted: list[rules.Rule], standing: list[StandingLine], release) -> list[rules.Unmet]:
    services = dict(queries.price_list(release).services)
    for line in standing:
        services.setdefault(line.line.service.code, queries.as_service(line.line.service))
    shared = [line for line in standing if line.line.phase == Phase.SHARED]
    lines = [
        pricing.Line(line.number, line.line.phase, line.line.service.code, line.line.site or None, line.quantity, line.starts_on, None)
        for line in shared
    ]
    seats: dict[str, int] = {}
    for line in shared:
        if line.line.site and rules.carries_seat(services[line.line.service.code]):
            seats[line.line.site] = seats.get(line.line.site, 0) + line.quantity
    price_list = pricing.PriceList(services, queries.price_list(release).bands)
    return rules.unmet(wanted, list(seats.items()), lines, price_list)
