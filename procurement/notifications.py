"""One function a message about an order. Rows in the caller's transaction, sent after it, each once (unique key)."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from catalogue.models import Organisation
from documents.clock import london_day
from documents.templatetags.flex import last_day
from procurement import approval_guards, clocks, desks, mailing, seats
from procurement.actors import Person
from procurement.models import (
    ActingFor,
    AddedStep,
    ApprovalStep,
    CallOff,
    CallOffState,
    Clarification,
    CounterProposal,
    PostCode,
    PostHolding,
    Query,
    Recusal,
    User,
)
from procurement.standing import why_framework_over


def _context(call_off: CallOff, **more) -> dict:
    return {
        "reference": call_off.reference, "title": call_off.title, "department": call_off.department.name,
        "framework": call_off.framework.title, "state": call_off.get_state_display(),
        "url": settings.PUBLIC_URL + reverse("procurement:call_off", args=[call_off.public_id]),
        "subject_to_contract": not call_off.is_binding and not call_off.has_ended_unbound, **more,
    }  # fmt: skip


def _send(people, template: str, call_off: CallOff, key: str, **more) -> None:
    """To people who are to act: at once."""
    mailing.must_act(people, f"procurement/email/{template}.txt", _context(call_off, **more), key)


def _inform(people, template: str, call_off: CallOff, key: str, *, at: datetime, **more) -> None:
    """To people who are only told: as they prefer."""
    mailing.inform(people, f"procurement/email/{template}.txt", _context(call_off, **more), key, at=at)


def _post(organisation: Organisation, code: str, at: datetime) -> list[User]:
    return seats.holders(organisation.pk, code, london_day(at))


def requesters(call_off: CallOff, at: datetime) -> list[User]:
    """Who requested it, while they hold the post; else everybody who does: nobody writes to somebody who has left."""
    people = _post(call_off.department, PostCode.REQUESTER, at)
    return [person for person in people if person.pk == call_off.requester_id] or people


def _moment(call_off: CallOff) -> str:
    """A key part that is new at every arrival in a state."""
    return f"{call_off.public_id}:{call_off.revision.number}:{call_off.state}"


def tell_openers(call_off: CallOff, steps: list[ApprovalStep], at: datetime) -> None:
    """Whose turn it is now."""
    for step in steps:
        if step.state == "open":
            people = approval_guards.who_can_take(step, london_day(at))
            _send(people, "your_turn", call_off, f"turn:{step.pk}", post=step.get_post_display(), act=step.act)


def tell_recused(call_off: CallOff, recusal: Recusal, at: datetime) -> None:
    """Whoever else can take the step decides now; the administrator sees to it that somebody does."""
    step = recusal.step
    others = approval_guards.who_can_take(step, london_day(at))
    people = {person.pk: person for person in [*others, *_post(step.organisation, PostCode.ADMINISTRATOR, at)]}
    _send(
        people.values(), "recused", call_off, f"recused:{recusal.pk}", who=recusal.name, post=step.get_post_display(),
        others=", ".join(person.name for person in others),
    )  # fmt: skip


def tell_returned(call_off: CallOff, reason: str, at: datetime) -> None:
    _send(requesters(call_off, at), "returned", call_off, f"returned:{_moment(call_off)}", reason=reason)


def tell_ended(call_off: CallOff, verb: str, at: datetime) -> None:
    """The requester always; the supplier's order desk if the order has been theirs and they did not end it themselves,
    in the words of their pages and without a reason from inside."""
    if call_off.supplier_revision_id and verb in ("withdrawn", "lapsed", "rejected"):
        desk, state = _post(call_off.supplier, PostCode.ORDER_DESK, at), call_off.state_words("supplier")
        _inform(desk, "withdrawn_from_supplier", call_off, f"ended:{_moment(call_off)}", at=at, state=state)
    people, key = requesters(call_off, at), f"ended:{_moment(call_off)}"
    again = not list(why_framework_over(call_off.framework, london_day(at)))  # or no copy of it could be made
    _inform(people, "ended", call_off, key, at=at, reason=call_off.ended_words, again=again)


def tell_supplier(call_off: CallOff, at: datetime) -> None:
    people = _post(call_off.supplier, PostCode.ORDER_DESK, at)
    more = _until(call_off)
    _send(people, "order_received", call_off, f"order:{_moment(call_off)}", **more)
    _inform(requesters(call_off, at), "with_supplier", call_off, f"awarded:{_moment(call_off)}", at=at, **more)


def tell_nudged(call_off: CallOff, by: Person, at: datetime) -> None:
    """Whoever sits in a chair that the order waits for now."""
    for desk in desks.elsewhere(call_off, london_day(at)):
        more = {"url": settings.PUBLIC_URL + desk.url} if desk.url else {}
        key = f"nudge:{call_off.public_id}:{london_day(at)}:{desk.organisation.pk}:{desk.post}"
        _send(desk.users, "nudged", call_off, key, who=by.words, since=desk.since, todo=desk.todo, number=desk.number, **more)


def _until(call_off: CallOff) -> dict:
    """The last day to answer; none while the clock stands, then the working days it will have: one at least
    (``Clock.started``)."""
    return {"due": last_day(call_off.answer_due_at), "days_left": max(1, call_off.answer_days_left or 0)}


def tell_confirmed(call_off: CallOff, at: datetime) -> None:
    _inform(requesters(call_off, at), "confirmed", call_off, f"confirmed:{_moment(call_off)}", at=at)


def tell_clarify(call_off: CallOff, asked: Clarification, at: datetime) -> None:
    """The requesters, by whose answer the supplier's clock goes on."""
    _send(requesters(call_off, at), "clarify", call_off, f"clarify:{asked.pk}", supplier=call_off.supplier.name)


def tell_clarified(call_off: CallOff, asked: Clarification, at: datetime) -> None:
    people = _post(call_off.supplier, PostCode.ORDER_DESK, at)
    _send(people, "clarified", call_off, f"clarified:{asked.pk}", **_until(call_off))


def tell_countered(call_off: CallOff, made: CounterProposal, at: datetime) -> None:
    """The requesters, who accept or refuse it."""
    more = {"supplier": call_off.supplier.name, "due": last_day(clocks.until(call_off))}
    _send(requesters(call_off, at), "counter_proposed", call_off, f"counter:{made.pk}", **more)


def tell_clock_goes_on(call_off: CallOff, at: datetime) -> None:
    """Whoever has the awarded order when the framework is resumed: until when they can answer now."""
    desk = call_off.state == CallOffState.WITH_SUPPLIER
    people = _post(call_off.supplier, PostCode.ORDER_DESK, at) if desk else requesters(call_off, at)
    due = last_day(call_off.answer_due_at)
    _send(people, "clock_goes_on", call_off, f"clock:{_moment(call_off)}:{due}", due=due, countered=not desk)


def tell_counter_taken_back(call_off: CallOff, made: CounterProposal, at: datetime) -> None:
    more = {"supplier": call_off.supplier.name, "at": at}
    _inform(requesters(call_off, at), "counter_taken_back", call_off, f"counter-back:{made.pk}", **more)


def tell_counter_accepted(call_off: CallOff, made: CounterProposal, at: datetime) -> None:
    """The order desk, which is asked again once it is approved; of whose approval is no business of the supplier's."""
    people = _post(call_off.supplier, PostCode.ORDER_DESK, at)
    _inform(people, "counter_accepted", call_off, f"counter-yes:{made.pk}", at=at)


def tell_counter_refused(call_off: CallOff, made: CounterProposal, at: datetime) -> None:
    people = _post(call_off.supplier, PostCode.ORDER_DESK, at)
    _send(people, "counter_refused", call_off, f"counter-no:{made.pk}", reason=made.answer_reason, **_until(call_off))


def tell_appointed(holding: PostHolding) -> None:
    """Somebody has a new post; who has no password yet is told how to choose one."""
    user, post = holding.user, holding.post
    context = {
        "post": post.get_code_display(), "organisation": post.organisation.name, "starts_on": holding.starts_on,
        "url": settings.PUBLIC_URL + reverse("home"), "new_account": not user.has_usable_password(),
        "reset": settings.PUBLIC_URL + reverse("account_reset_password"),
    }  # fmt: skip
    mailing.must_act([user], "procurement/email/appointed.txt", context, f"appointed:{holding.pk}")


OVERSEERS = (PostCode.ADMINISTRATOR, PostCode.ACCOUNTING_OFFICER, PostCode.DEPUTY_DIRECTOR)


def tell_powers(body: Organisation, holding: PostHolding, by: Person, at: datetime, key: str) -> None:
    """Who gave whom what, to those who answer for it: no administrator gives powers unseen."""
    people = [person for post in OVERSEERS for person in _post(body, post, at) if person.person_id != by.person_id]
    held = [approval_guards.delegation_words(row) for row in holding.delegations.order_by("id")]
    context = {
        "who": by.words, "whom": holding.user.name, "email": holding.user.email, "post": holding.post.get_code_display(),
        "organisation": body.name, "limits": held,
        "url": settings.PUBLIC_URL + reverse("procurement:people", args=[body.code]),
    }  # fmt: skip
    mailing.must_act(people, "procurement/email/powers.txt", context, f"powers:{key}")


def tell_added_step(step: AddedStep, by: Person, at: datetime) -> None:
    """A step that is added or ended, to whoever takes it and to those who answer for powers."""
    body = step.organisation
    people = [person for post in {step.post, *OVERSEERS} for person in _post(body, post, at) if person.person_id != by.person_id]
    context = {
        "who": by.words, "post": step.get_post_display(), "organisation": body.name, "from_gbp": step.from_gbp,
        "ends_on": step.ends_on, "url": settings.PUBLIC_URL + reverse("procurement:people", args=[body.code]),
    }  # fmt: skip
    mailing.must_act(people, "procurement/email/added_step.txt", context, f"added_step:{step.pk}:{'ended' if step.ends_on else 'added'}")


def tell_deputy(body: Organisation, acting: ActingFor, by: Person, at: datetime) -> None:
    """Who acts for whom, to both of them and to those who answer for powers: nobody is given a deputy unseen."""
    people = [acting.holding.user, acting.deputy, *(person for post in OVERSEERS for person in _post(body, post, at))]
    context = {
        "who": by.words, "deputy": acting.deputy.name, "principal": acting.holding.user.name, "starts_on": acting.starts_on,
        "ends_on": acting.ends_on, "post": acting.holding.post.get_code_display(), "organisation": body.name,
        "url": settings.PUBLIC_URL + reverse("procurement:people", args=[body.code]),
    }  # fmt: skip
    told = [person for person in people if person.person_id != by.person_id]
    mailing.must_act(told, "procurement/email/deputy.txt", context, f"deputy:{acting.pk}")


def tell_stopped(body: Organisation, person: User, reason: str, by: Person, at: datetime) -> None:
    """To those who answer for powers, and the person's own address: whoever took it over cannot hide it from them."""
    people = [person, *(overseer for post in OVERSEERS for overseer in _post(body, post, at))]
    context = {
        "who": by.words, "whom": person.name, "organisation": body.name, "reason": reason,
        "url": settings.PUBLIC_URL + reverse("procurement:people", args=[body.code]),
    }  # fmt: skip
    told = [one for one in people if one.person_id != by.person_id]
    mailing.must_act(told, "procurement/email/stopped.txt", context, f"stopped:{body.pk}:{person.person_id}:{at.isoformat()}")


def tell_queried(call_off: CallOff, query: Query, at: datetime) -> None:
    _send(requesters(call_off, at), "queried", call_off, f"query:{query.pk}", asked_by=query.asked_by_name)


def tell_answered(call_off: CallOff, query: Query, at: datetime) -> None:
    """Who asked, while they sit in that chair; else everybody who does."""
    people = _post(query.step.organisation, query.step.post, at)
    _send([person for person in people if person.person_id == query.asked_by] or people, "answered", call_off, f"answer:{query.pk}", answered_by=query.answered_by_name)
