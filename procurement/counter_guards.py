"""Why not: the acts on a counter-proposal. The supplier is told nothing of the department's own gaps, nor of the ceiling."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime

from django.utils.translation import gettext as _

from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import last_day
from procurement import clocks, completeness, guards, proposing, standing, supplier_guards, working_days
from procurement.actors import Person
from procurement.models import CallOff, CallOffState, CounterProposal
from procurement.proposing import Changes, Proposal

S = CallOffState
THEIRS = ("sites", "term", "services", "service_levels", "milestones")  # sections that the supplier can set right


def answer_due(call_off: CallOff, at: datetime) -> datetime:
    """Until when the department answers: the end of the price hold of the order awarded, after which neither that nor
    the counter-proposal stands; and no sooner than the supplier's own time to answer an order."""
    held = working_days.midnight_after(call_off.revision.approval.hold_until)
    return max(held, working_days.due(at, call_off.framework.supplier_response_working_days))


def why_not_counter(call_off: CallOff, *, by: Person, at: datetime) -> Iterator[Reason]:
    """The order desk counter-proposes while its time runs and no question of its is open."""
    yield from supplier_guards.why_not_clarify(call_off, by=by, at=at)
    if call_off.state == S.WITH_SUPPLIER:
        yield from standing.why_supplier_excluded(call_off, london_day(at))


def why_not_propose(call_off: CallOff, changes: Changes, on: date) -> Iterator[Reason]:
    """What keeps the changes from being an order at all, then what the catalogue's rules and the framework's limits say."""
    wrong = list(proposing.faults(changes, proposing.read(call_off.revision), proposing.live_prices(call_off, on)))
    yield from wrong
    if wrong:
        return
    proposal = proposing.propose(call_off, changes, on)
    wrong = list(guards.why_not_term(proposal.revision))
    yield from wrong
    if not wrong:
        yield from _more_by_exception(call_off, proposal)
        gaps = completeness.gaps(proposal.revision, proposal.quote, on)
        yield from (Reason(gap.words) for gap in gaps if gap.section in THEIRS)


def _more_by_exception(call_off: CallOff, proposal: Proposal) -> Iterator[Reason]:
    """More of a service by exception than was awarded could not be accepted: only a department asks for an exception, and
    not in a counter-proposal. By what was awarded, for what was asked for is not the supplier's to read."""
    awarded: Counter[str] = Counter()
    for code, quantity in call_off.revision.lines.values_list("service_code", "quantity"):
        awarded[code] += quantity
    proposed: Counter[str] = Counter()
    for priced in proposal.quote.lines:
        proposed[priced.service.code] += priced.line.quantity
    for code in proposal.quote.exceptional:
        if proposed[code] > awarded[code]:
            yield Reason(
                _("%(code)s is let only by the purchasing authority's exception, for which the department asks: %(proposed)s "
                  "are proposed and %(awarded)s were awarded.")
                % {"code": code, "proposed": f"{proposed[code]:,}", "awarded": f"{awarded[code]:,}"},
                _("Propose no more than was awarded; or decline the order, and the department asks for it in a new one."),
            )  # fmt: skip


def _open(call_off: CallOff, counter: CounterProposal, viewpoint: str) -> Iterator[Reason]:
    yield from guards.why_not_in_state(call_off, S.COUNTER_PROPOSED, viewpoint=viewpoint)
    if call_off.state == S.COUNTER_PROPOSED and not counter.is_open:
        yield Reason(_("This counter-proposal is %(answer)s.") % {"answer": counter.get_answer_display()})


def _over(call_off: CallOff, at: datetime) -> Iterator[Reason]:
    """Its end is the clock's, however late that comes: nobody gives the order new days before it."""
    if call_off.state == S.COUNTER_PROPOSED and clocks.is_over(call_off, at):
        yield Reason(_("The time to answer it ended with %(day)s.") % {"day": last_day(call_off.answer_due_at)})


def why_not_answer(call_off: CallOff, counter: CounterProposal, *, by: Person, at: datetime) -> Iterator[Reason]:
    """A requester of the department, while it is open and in time; shared by accepting and refusing."""
    yield from _open(call_off, counter, "department")
    yield from guards.why_not_requester(call_off, by, london_day(at))
    yield from _over(call_off, at)


def why_not_accept(call_off: CallOff, proposal: Proposal, *, at: datetime) -> Iterator[Reason]:
    """Beyond answering: all that a submission needs of the order as it would be (framework, membership, gaps, approvers
    and capacity)."""
    for reason in guards.why_not_put(call_off, proposal.revision, proposal.quote, london_day(at)):
        yield Reason(reason.words, reason.who_can or _("Refuse it, or withdraw the order and copy it to a new draft."))


def why_not_take_back(call_off: CallOff, counter: CounterProposal, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _open(call_off, counter, "supplier")
    yield from supplier_guards.why_not_order_desk(call_off, by, london_day(at))
    yield from _over(call_off, at)
