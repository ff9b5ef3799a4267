"""One order in each state, made by the actions themselves: what the loader copies. A tenth of B1's order, which five
people approve. Only the signed document is left out: nobody renders and signs seventy thousand of them."""

from collections.abc import Callable, Iterable

from django.db import transaction

from bench.order_flow import drafted as order_of
from contracts import formation, statutory, transition
from contracts.models import Contract
from documents import audit
from documents.actors import SYSTEM
from documents.clock import london_day
from procurement import access, approval, workflow
from procurement.models import CallOff, CallOffState
from tests import cast

S = CallOffState
SEATS = 110
AT = {"at": cast.START}
REASON = "No longer needed in this form."


def drafted() -> CallOff:
    """The first is made field by field; the others are copies of one that ended."""
    ended = CallOff.objects.filter(state=S.WITHDRAWN).first()
    return cast.fresh(workflow.copy(ended, by=cast.requester(), **AT)) if ended else order_of(SEATS)


def submitted() -> CallOff:
    return cast.fresh(workflow.submit(drafted(), by=cast.requester(), **AT))


def _decided(call_off: CallOff, until: str) -> CallOff:
    """By whom its route asks, which is longer the more is counted together."""
    for email in cast.ROUTE:
        posts = [post for _body, post in access.sight_of(cast.person(email), london_day(cast.START)).posts]
        if cast.fresh(call_off).state != until and call_off.revision.approval.steps.filter(state="open", post__in=posts):
            cast.decide(call_off, email)
    return cast.fresh(call_off)


def with_authority() -> CallOff:
    return _decided(submitted(), S.AUTHORITY_APPROVAL)


def with_supplier() -> CallOff:
    return _decided(submitted(), S.WITH_SUPPLIER)


def _said_no(action: Callable) -> CallOff:
    call_off, by = submitted(), cast.person(cast.ROUTE[0])
    step = cast.open_step(call_off, by)
    action(step, reason=REASON, shown_hash=step.approval.content_hash, no_conflict=True, by=by, **AT)
    return call_off


def withdrawn() -> CallOff:
    return workflow.withdraw(submitted(), reason=REASON, by=cast.requester(), **AT)


def declined() -> CallOff:
    return workflow.decline(with_supplier(), code="capacity", reason=REASON, by=cast.person(cast.DESK), **AT)


def lapsed() -> CallOff:
    """By the clock, after the supplier's time to answer."""
    call_off = with_supplier()
    return workflow.lapse(call_off, at=call_off.answer_due_at)


def confirmed() -> CallOff:
    return cast.accept(with_supplier()).call_off


def contracted() -> CallOff:
    """As if the worker had made the document and all had signed: every state moves and is recorded, no byte is made."""
    contract = Contract.objects.get(call_off=confirmed())
    document, by = contract.document, {"by": SYSTEM}
    for move in ("draft", "seal", "sign", "complete"):
        before = document.state
        getattr(document, move)()
        document.save()
        audit.record("document.moved", document, before=before, after=document.state, **by, **AT)
    contract = formation.issued(contract, **AT)
    before = contract.state
    contract.signed_on = london_day(cast.START)
    contract.execute(**AT)
    contract.save()
    formation._first_version(contract, cast.START)
    transition.open_plan(contract, **by, **AT)
    statutory.executed(contract, **AT)
    audit.record("contract.executed", contract, before=before, after=contract.state, **by, **AT)
    with transaction.atomic():
        return workflow.conclude(contract.call_off, **AT)


# Of a hundred orders: most are done, and what waits is a tenth. Those that ended come first, because what stands is
# counted together for the next one's route.
MAKE: dict[str, tuple[Callable[[], CallOff], int]] = {
    S.WITHDRAWN: (withdrawn, 4), S.DRAFT: (drafted, 4), S.RETURNED: (lambda: _said_no(approval.return_for_changes), 1),
    S.REJECTED: (lambda: _said_no(approval.reject), 3), S.DECLINED: (declined, 3), S.LAPSED: (lapsed, 3),
    S.CONTRACTED: (contracted, 73), S.CONFIRMED: (confirmed, 2), S.WITH_SUPPLIER: (with_supplier, 2),
    S.AUTHORITY_APPROVAL: (with_authority, 2), S.DEPARTMENT_APPROVAL: (submitted, 3),
}  # fmt: skip


def made(states: Iterable[str] = MAKE) -> dict[int, int]:
    """The orders, by id, with the weight of their state."""
    found = {}
    for state in states:
        make, weight = MAKE[state]
        call_off = cast.fresh(make())
        assert call_off.state == state, (call_off.state, state)
        found[call_off.pk] = weight
    return found
