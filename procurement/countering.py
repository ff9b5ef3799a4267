"""The order desk counter-proposes dates, quantities and equivalents; the department accepts or refuses; the order desk
may take it back before that (domain.md, "Negotiation")."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from documents import audit
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from procurement import (
    capacity,
    clocks,
    counter_guards,
    guards,
    notifications,
    proposing,
    quoting,
    supplier_guards,
    workflow,
)
from procurement.actors import Person
from procurement.locking import lock_call_off, lock_ordering
from procurement.models import CallOff, CallOffRevision, CounterAnswer, CounterProposal
from procurement.proposing import Changes


@transaction.atomic
def counter(
    call_off: CallOff, changes: Changes, *, reason: str, shown_hash: str | None = None, by: Person, at: datetime
) -> CounterProposal:
    """Propose changes to the order awarded, priced from the live release; the supplier's clock stands meanwhile.

    ``shown_hash`` is that of the order as its price was shown (``proposing.Proposal``): refused when a price or volume
    has changed since. None says that nothing was shown: a command's own proposal.
    """
    call_off = lock_call_off(call_off)
    insist(counter_guards.why_not_counter(call_off, by=by, at=at))
    insist_on_words(reason, _("Say why: the department will read it."))
    insist(counter_guards.why_not_propose(call_off, changes, london_day(at)))
    proposal = proposing.propose(call_off, changes, london_day(at))
    if shown_hash is not None:
        _insist_on_what_was_shown(shown_hash, proposal)
    before = call_off.state
    made = CounterProposal.objects.create(
        call_off=call_off, revision=call_off.revision, number=call_off.counter_proposals.count() + 1,
        changes=changes.as_data(), reason=reason, release=proposal.quote.release, content=proposal.content,
        content_hash=proposal.content_hash, whole_life_gbp=proposal.quote.totals.whole_life, proposed_by=by.person_id,
        proposed_by_name=by.words, proposed_at=at,
    )  # fmt: skip
    call_off.counter(
        at=at, answer_due_at=counter_guards.answer_due(call_off, at),
        days_left=clocks.answer(call_off).stopped(at).days_left,
    )  # fmt: skip
    call_off.save()
    audit.record(
        "call_off.counter_proposed", call_off, by=by, at=at, before=before, after=call_off.state, reason=reason,
        hash_shown=made.content_hash, acting_for=supplier_guards.for_order_desk(call_off, by, at), extra={"number": made.number},
    )  # fmt: skip
    notifications.tell_countered(call_off, made, at)
    return made


def _insist_on_what_was_shown(shown_hash: str, proposal: proposing.Proposal) -> None:
    if shown_hash != proposal.content_hash:
        refuse(
            _("The prices or volumes have changed since this page was shown."),
            _("Look at what it comes to now, then decide."),
        )


def _lock(made: CounterProposal) -> tuple[CallOff, CounterProposal]:
    call_off = lock_call_off(made.call_off)
    return call_off, CounterProposal.objects.select_for_update(of=("self",)).get(pk=made.pk)


def _close(made: CounterProposal, answer: str, *, reason: str = "", became: CallOffRevision | None = None, by: Person,
           at: datetime) -> None:  # fmt: skip
    made.answer, made.answer_reason, made.became = answer, reason, became
    made.answered_by, made.answered_by_name, made.answered_at = by.person_id, by.words, at
    made.save()


@transaction.atomic
def accept(made: CounterProposal, *, shown_hash: str, by: Person, at: datetime) -> CallOff:
    """A requester accepts: the order with its changes is a new revision that this requester submits, at the prices live
    now, and its approvals start again. The reservation stays at the higher of both until the department's last approval.

    ``shown_hash`` is that of the order as the requester was shown it, priced on the day (``proposing.Proposal``).
    """
    call_off, made = _lock(made)
    lock_ordering(call_off)
    insist(counter_guards.why_not_answer(call_off, made, by=by, at=at))
    changes = Changes.of(made.changes)
    proposal = proposing.propose(call_off, changes, london_day(at))
    insist(counter_guards.why_not_accept(call_off, proposal, at=at))
    _insist_on_what_was_shown(shown_hash, proposal)
    before, awarded = call_off.state, call_off.revision
    draft = workflow.new_draft_revision(call_off, at=at)
    proposing.write(changes, draft)
    draft.refresh_from_db()
    draft.call_off = call_off
    quote = quoting.quote(draft, london_day(at))
    counted = guards.counted_together(draft, quote, london_day(at))
    steps = workflow.put_before_approvers(call_off, quote, counted, by=by, at=at)
    call_off.accept_counter(at=at)
    call_off.save()
    _close(made, CounterAnswer.ACCEPTED, became=draft, by=by, at=at)
    audit.record(
        "call_off.counter_accepted", call_off, by=by, at=at, before=before, after=call_off.state,
        hash_shown=draft.revision_hash, acting_for=guards.for_requester(call_off, by, at), extra={"number": made.number},
    )  # fmt: skip
    notifications.tell_openers(call_off, steps, at)
    notifications.tell_counter_accepted(call_off, made, at)
    capacity.reserve_to(
        capacity.of_order(call_off), max(awarded.whole_life_gbp, draft.whole_life_gbp), act="counter", at=at
    )
    return call_off


@transaction.atomic
def refuse_it(made: CounterProposal, *, reason: str, by: Person, at: datetime) -> CallOff:
    """A requester refuses: the order awarded is before the supplier again, with the working days it had left."""
    call_off, made = _lock(made)
    insist(counter_guards.why_not_answer(call_off, made, by=by, at=at))
    insist_on_words(reason, _("Give a reason: the supplier will read it."))
    before = call_off.state
    call_off.refuse_counter(at=at)
    clocks.set_answer(call_off, clocks.going(call_off.framework, clocks.Clock(None, call_off.answer_days_left), at))
    call_off.save()
    _close(made, CounterAnswer.REFUSED, reason=reason, by=by, at=at)
    audit.record(
        "call_off.counter_refused", call_off, by=by, at=at, before=before, after=call_off.state, reason=reason,
        acting_for=guards.for_requester(call_off, by, at), extra={"number": made.number},
    )  # fmt: skip
    notifications.tell_counter_refused(call_off, made, at)
    return call_off


@transaction.atomic
def take_back(made: CounterProposal, *, by: Person, at: datetime) -> CallOff:
    """The order desk takes it back unanswered, and has the working days again that it had left."""
    call_off, made = _lock(made)
    insist(counter_guards.why_not_take_back(call_off, made, by=by, at=at))
    before = call_off.state
    call_off.withdraw_counter(at=at)
    clocks.set_answer(call_off, clocks.going(call_off.framework, clocks.Clock(None, call_off.answer_days_left), at))
    call_off.save()
    _close(made, CounterAnswer.TAKEN_BACK, by=by, at=at)
    audit.record(
        "call_off.counter_withdrawn", call_off, by=by, at=at, before=before, after=call_off.state,
        acting_for=supplier_guards.for_order_desk(call_off, by, at), extra={"number": made.number},
    )  # fmt: skip
    notifications.tell_counter_taken_back(call_off, made, at)
    return call_off
