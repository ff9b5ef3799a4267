"""What a measure of a service level promises, and from which charges its service credit is taken. Pure.

A measure in percent has figures from 0 to 100: by the contract a credit is due below target, a rectification plan below
minimum, and below critical the contract may be ended (domain.md, "Service levels"). A measure that is passed or failed has
outcomes instead, and gives no credit.
"""

import re
from collections.abc import Collection
from decimal import Decimal

from django.utils.translation import gettext as _

PERCENT, PASS_FAIL = UNITS = ("percent", "pass_fail")
OUTCOMES = ("fail", "pass_with_actions", "pass")  # from the worst on
ALL_RECURRING = "all recurring charges"
_FIGURE = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3})?", re.ASCII)

Level = Decimal | int


def level(unit: str, text: str) -> Level:
    """A target, minimum or critical level, to be compared with others of its unit: a percentage, or the place of an
    outcome, the worst first. Raises ValueError with words."""
    if unit == PASS_FAIL:
        if text not in OUTCOMES:
            raise ValueError(_("is none of %(allowed)s") % {"allowed": ", ".join(reversed(OUTCOMES))})
        return OUTCOMES.index(text)
    if not _FIGURE.fullmatch(text) or Decimal(text) > 100:
        raise ValueError(_("is not a percentage from 0 to 100 like 99.5"))
    return Decimal(text)


def credited(text: str, codes: Collection[str]) -> tuple[str, ...] | None:
    """The codes of the services from whose charges a credit is taken, of those there are; None for all recurring
    charges. Raises ValueError with words."""
    if text == ALL_RECURRING:
        return None
    named = [code.strip() for code in text.split(";")]
    unknown = [code for code in named if code not in codes]
    if unknown:
        raise ValueError(
            _("is neither “%(all)s” nor codes of the catalogue with semicolons between them: %(unknown)s is none")
            % {"all": ALL_RECURRING, "unknown": ", ".join(code[:20] or "''" for code in unknown[:5])}
        )
    if len(set(named)) < len(named):
        raise ValueError(_("names a service twice"))
    return tuple(named)
