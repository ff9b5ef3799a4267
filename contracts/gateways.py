"""The lawful gateways of a variation: which tests each asks, and which of them figures already decide.

Source: Procurement Act 2023 s.74 and Schedule 8, by paragraph; to be kept current by whoever runs the framework. A test
that only a person can answer is answered in words, which are signed with the variation. Amounts are Decimal GBP, net of VAT unless
named gross; shares are compared exactly and rounded only in words.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.models import Gateway
from documents.refusal import Reason
from documents.templatetags.flex import gbp, percent

MOST_BELOW_THRESHOLD = Decimal(10)  # per cent of the contract's value: s.74(4)(a), for goods and services
MOST_PERMITTED = Decimal(50)  # per cent of the contract's value: Schedule 8, paragraphs 4, 5 and 8


@dataclass(frozen=True)
class Test:
    code: str
    words: Promise | str


@dataclass(frozen=True)
class Paragraph:
    """One of Schedule 8; ``limited``: not by more than half of the contract's value."""

    number: str
    words: Promise | str
    tests: tuple[Test, ...]
    limited: bool = False


NATURE = Test("nature", gettext_lazy("The overall nature of the contract stays what it is"))
SCOPE = Test("scope", gettext_lazy("The scope of the contract does not change materially"))
BALANCE = Test("balance", gettext_lazy("The economic balance does not move materially in favour of the supplier"))
PARAGRAPHS = (
    Paragraph("1", gettext_lazy("Provided for in the contract"), (
        Test("provided", gettext_lazy("The contract as awarded and the notice of its award provide for it without ambiguity")), NATURE,
    )),
    Paragraph("2", gettext_lazy("Urgency and the protection of life"), (
        Test("urgent", gettext_lazy("A contract for it could be awarded directly because of extreme and unavoidable urgency, or to protect life")),
    )),
    Paragraph("4", gettext_lazy("Unforeseeable circumstances"), (
        Test("unforeseen", gettext_lazy("What makes it necessary could not reasonably have been foreseen before the award")), NATURE,
    ), limited=True),
    Paragraph("5", gettext_lazy("A known risk has materialised"), (
        Test("risk", gettext_lazy("The notice of the award named the risk and that it might need a change like this")),
        Test("no_fault", gettext_lazy("It came about through no act or omission of the department or the supplier")),
        Test("interest", gettext_lazy("Changing the contract serves the public interest better than awarding a new one")),
    ), limited=True),
    Paragraph("8", gettext_lazy("Additional goods, services or works"), (
        Test("repeats", gettext_lazy("What is added repeats or adds to what the contract already supplies")),
        Test("other_supplier", gettext_lazy("From another supplier it would be different or would not fit, with disproportionate technical difficulty")),
        Test("inconvenience", gettext_lazy("Another supplier would mean substantial inconvenience or much of the cost twice")),
    ), limited=True),
)  # fmt: skip
BY_NUMBER = {paragraph.number: paragraph for paragraph in PARAGRAPHS}


def tests(gateway: str, paragraph: str = "") -> tuple[Test, ...]:
    """What is answered in words; empty for a gateway or paragraph that is not known."""
    if gateway == Gateway.PERMITTED:
        found = BY_NUMBER.get(paragraph)
        return found.tests if found else ()
    return {Gateway.NOT_SUBSTANTIAL: (SCOPE, BALANCE), Gateway.BELOW_THRESHOLD: (SCOPE,)}.get(gateway, ())


def why_not(
    gateway: str, paragraph: str, *, counted_gbp: Decimal, original_gbp: Decimal, gross_gbp: Decimal, below_threshold_gbp: Decimal,
    threshold_gbp: Decimal,
) -> Iterator[Reason]:  # fmt: skip
    """What the figures say against the gateway. ``counted_gbp`` is what counts of the variation itself, net of VAT, ``gross_gbp`` the
    same with VAT, ``original_gbp`` the contract's original value: the exact share decides, and words round it. ``below_threshold_gbp`` what all earlier ones that went through that gateway come to (GBP, VAT included, as amounts)."""
    if gateway not in Gateway.values:
        yield Reason(_("Choose the gateway by which the law lets the contract be modified."))
    elif gateway == Gateway.PERMITTED:
        found = BY_NUMBER.get(paragraph)
        if found is None:
            yield Reason(_("Choose the paragraph of Schedule 8 by which it is permitted."))
        elif found.limited and counted_gbp * 100 > MOST_PERMITTED * original_gbp:
            yield Reason(
                _("It changes the contract’s value by %(share)s; paragraph %(number)s permits %(most)s at most.")
                % {"share": _share(counted_gbp, original_gbp), "number": found.number, "most": percent(MOST_PERMITTED)},
                _("Choose another gateway, or award a new contract."),
            )
    elif gateway == Gateway.BELOW_THRESHOLD:
        yield from _why_not_below_threshold(counted_gbp, original_gbp, gross_gbp, below_threshold_gbp, threshold_gbp)


def _share(value: Decimal, original: Decimal) -> str:
    """In words, rounded up to two places: what is over a limit never reads as the limit."""
    return percent((value * 100 / original).quantize(Decimal("0.01"), ROUND_UP))


def _why_not_below_threshold(
    value: Decimal, original: Decimal, gross: Decimal, before: Decimal, threshold: Decimal
) -> Iterator[Reason]:
    """s.74(4): up to a tenth of the contract's value by the exact share, and with VAT, together with ``before``, strictly under the
    threshold."""
    if value * 100 > MOST_BELOW_THRESHOLD * original:
        yield Reason(
            _("It changes the contract’s value by %(share)s; a below-threshold modification changes it by %(most)s at most.")
            % {"share": _share(value, original), "most": percent(MOST_BELOW_THRESHOLD)},
            _("Choose another gateway."),
        )
    if before + gross >= threshold:
        yield Reason(
            _("With VAT it comes to %(gross)s, with the others of this gateway to %(all)s; together they must stay under %(threshold)s.")
            % {"gross": gbp(gross), "all": gbp(before + gross), "threshold": gbp(threshold)},
            _("Choose another gateway."),
        )
