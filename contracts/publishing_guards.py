"""Why not: reasons in words for publishing a redacted copy of a contract, and for taking it down."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from contracts import ending_guards, manager_guards, redaction
from contracts.models import OPEN_COPIES, Contract, CopyState, RedactedCopy
from documents.clock import london_day
from documents.refusal import Reason
from procurement import seats
from procurement.actors import Person
from procurement.models import PostCode

S = CopyState


def why_not_executed(contract: Contract) -> Iterator[Reason]:
    if not contract.is_binding:
        yield Reason(_("The contract is %(state)s: what is not executed is not published.") % {"state": contract.get_state_display()})


def why_not_propose(contract: Contract, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_executed(contract)
    found = contract.redacted_copies.filter(state__in=OPEN_COPIES).first()
    if found is not None:
        yield Reason(
            _("Copy %(label)s is %(state)s already.") % {"label": found.label, "state": found.get_state_display()},
            _("It is decided or withdrawn before another is proposed."),
        )
    yield from manager_guards.why_not_department(contract, by, london_day(at))


def why_not_marked(content: dict[str, Any], redacted: redaction.Redacted, marked: Sequence[redaction.Marked]) -> Iterator[Reason]:
    """What is withheld must not be worked out from what is left, nor stand in another place of it."""
    codes = {one.code for one in marked}
    prices = {(line["service"], line["unit_price_gbp"]) for line in content["order"]["lines"]}
    if "sums" in codes and "prices" not in codes:
        yield Reason(_("The whole-life value can be worked out from prices and quantities: withhold the prices too, or publish it."))
    if "prices" in codes and "sums" not in codes and len(prices) < 2:
        yield Reason(_("There is one price: it can be worked out from the whole-life value. Withhold that too, or publish the price."))
    for left in redacted.left:
        yield Reason(
            _("“%(part)s” is withheld and still stands in another place of the copy: %(place)s.") % {"part": left.label, "place": left.place},
            _("Withhold that place too, or publish both."),
        )


def _in_state(copy: RedactedCopy, *wanted: str) -> Iterator[Reason]:
    if copy.state not in wanted:
        yield Reason(_("Copy %(label)s is %(state)s.") % {"label": copy.label, "state": copy.get_state_display()})


def why_not_decide(copy: RedactedCopy, *, by: Person, at: datetime) -> Iterator[Reason]:
    """To publish it, or to refuse to: the signatory or the accounting officer of the contracting authority, which is the
    department (s.94 asks it to be satisfied), another person than proposed it, whomever either acts for."""
    contract, on = copy.contract, london_day(at)
    yield from _in_state(copy, S.PROPOSED)
    yield from ending_guards.why_not_confirming(contract, by, on)
    if manager_guards.hands(by, ending_guards.seat_to_confirm(contract, by, on)) & {copy.proposed_by, copy.proposed_for}:
        yield Reason(
            _("%(name)s proposed it: a second person decides what is withheld.") % {"name": copy.proposed_by_name},
            seats.who_holds(contract.department_id, PostCode.ACCOUNTING_OFFICER, on),
        )


def why_not_withdraw(copy: RedactedCopy, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _in_state(copy, S.PROPOSED)
    yield from manager_guards.why_not_department(copy.contract, by, london_day(at))


def why_not_take_down(copy: RedactedCopy, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Something was published that should not have been: either of the two who decide on it does it at once."""
    on = london_day(at)
    yield from _in_state(copy, S.PUBLISHED)
    reasons = list(manager_guards.why_not_department(copy.contract, by, on))
    if reasons and any(ending_guards.why_not_confirming(copy.contract, by, on)):
        yield from reasons
