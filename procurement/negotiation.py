"""What is settled while the order is with the supplier: the order desk asks, the department answers. The supplier's
clock stands meanwhile; question and answer are annexed to the contract."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from documents import audit
from documents.refusal import insist, insist_on_words
from procurement import clocks, guards, notifications, supplier_guards
from procurement.actors import Person
from procurement.locking import lock_call_off
from procurement.models import CallOff, Clarification


@transaction.atomic
def ask(call_off: CallOff, *, text: str, by: Person, at: datetime) -> Clarification:
    """The order desk asks. The working days it has left to answer the order are kept until the answer comes."""
    call_off = lock_call_off(call_off)
    insist(supplier_guards.why_not_clarify(call_off, by=by, at=at))
    insist_on_words(text, _("Write what the department should answer."))
    asked = Clarification.objects.create(
        call_off=call_off, revision=call_off.revision, number=call_off.clarifications.count() + 1, text=text,
        asked_by=by.person_id, asked_by_name=by.words, asked_at=at,
    )  # fmt: skip
    clocks.set_answer(call_off, clocks.answer(call_off).stopped(at))
    call_off.save()
    audit.record("call_off.clarification_asked", call_off, by=by, at=at, reason=text, extra={"number": asked.number},
                 acting_for=supplier_guards.for_order_desk(call_off, by, at))  # fmt: skip
    notifications.tell_clarify(call_off, asked, at)
    return asked


@transaction.atomic
def answer(clarification: Clarification, *, text: str, by: Person, at: datetime) -> Clarification:
    """A requester answers, and the supplier's clock goes on with the working days it had left, one at least (an answer
    late in the evening must be readable), unless the framework is suspended: then when that ends."""
    call_off = lock_call_off(clarification.call_off)
    clarification = Clarification.objects.select_for_update(of=("self",)).get(pk=clarification.pk)
    insist(guards.why_not_answer_clarification(call_off, clarification, by=by, at=at))
    insist_on_words(text, _("Write the answer."))
    clarification.answer, clarification.answered_at = text, at
    clarification.answered_by, clarification.answered_by_name = by.person_id, by.words
    clarification.save()
    clocks.set_answer(call_off, clocks.going(call_off.framework, clocks.answer(call_off), at))
    call_off.save()
    audit.record("call_off.clarified", call_off, by=by, at=at, reason=text, extra={"number": clarification.number},
                 acting_for=guards.for_requester(call_off, by, at))  # fmt: skip
    notifications.tell_clarified(call_off, clarification, at)
    return clarification
