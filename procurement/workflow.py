"""The call-off's life outside approval: submit, recall, withdraw, lapse, copy; and the supplier's side, which
``contracts.formation`` calls."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from documents import audit, numbers
from documents.actors import SYSTEM, Actor, Principal
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from procurement import (
    capacity,
    content,
    copying,
    deciding,
    desks,
    drafting,
    guards,
    notifications,
    quoting,
    routes,
    searching,
    seats,
    splitting,
    supplier_guards,
)
from procurement.actors import Person
from procurement.locking import lock_call_off, lock_ordering
from procurement.models import (
    OPEN,
    Approval,
    ApprovalStep,
    CallOff,
    CallOffLine,
    CallOffRevision,
    CounterAnswer,
    DeclineCode,
    PostCode,
)

PRICED = ["service", "list_price_gbp", "discount_percent", "graduated", "unit_price_gbp", "monthly_gbp", "total_gbp"]


@transaction.atomic
def submit(call_off: CallOff, *, shown_hash: str | None = None, by: Person, at: datetime) -> CallOff:
    """Freeze prices and content, compute the hash, build the steps, and put it before the department's first group.

    ``shown_hash`` is that of the draft as the person checked it (``content.freeze``): refused when a colleague's save,
    a price, a volume or an order counted with it has changed it since. None says that nothing was shown: a command's own order.
    """
    call_off = lock_call_off(call_off)
    lock_ordering(call_off)
    quote = quoting.quote(quoting.read_whole(call_off.revision), london_day(at))
    counted = guards.counted_together(call_off.revision, quote, london_day(at))
    insist(guards.why_not_submit(call_off, quote=quote, counted=counted, by=by, at=at))
    if shown_hash is not None and shown_hash != content.draft_hash(call_off.revision, quote, counted.plain):
        refuse(
            _("The order or its prices have changed since this page was shown."),
            _("Check the answers as they stand now, then submit."),
        )
    if call_off.reference is None:
        call_off.reference = numbers.take("CO", london_day(at).year)
    before = call_off.state
    steps = put_before_approvers(call_off, quote, counted, by=by, at=at)
    call_off.submit(at=at)
    call_off.save()
    audit.record(
        "call_off.submitted", call_off, by=by, at=at, before=before, after=call_off.state,
        hash_shown=call_off.revision.revision_hash, acting_for=guards.for_requester(call_off, by, at),
    )  # fmt: skip
    notifications.tell_openers(call_off, steps, at)
    return call_off


def put_before_approvers(
    call_off: CallOff, quote: quoting.Quote, counted: splitting.Together, *, by: Person, at: datetime
) -> list[ApprovalStep]:
    """Freeze the draft revision and build its steps, the department's first group open. The caller moves the state,
    saves and records; it has taken ``locking.lock_ordering`` before it counted."""
    drafting.remember_hands(call_off.revision, by, at)
    revision = _freeze(call_off, quote, counted, by=by, at=at)
    steps = deciding.begin(revision.approval)
    call_off.whole_life_gbp = revision.whole_life_gbp
    call_off.search_text = revision.search_text
    return steps


def _freeze(
    call_off: CallOff, quote: quoting.Quote, counted: splitting.Together, *, by: Person, at: datetime
) -> CallOffRevision:
    """Prices, totals, content and hash onto the revision; from here on the database refuses any change of it."""
    revision = call_off.revision
    revision.release = quote.release
    revision.approval = _approval(call_off, counted, by=by, at=at)
    services = {service.code: service for service in quote.release.services.all()}
    by_number = {p.line.number: p for p in quote.lines}
    lines = list(revision.lines.all())
    for line in lines:
        priced = by_number[line.number]
        line.service = services[line.service_code]
        line.list_price_gbp = priced.service.list_price
        line.discount_percent = priced.discount_percent
        line.graduated = bool(priced.slices)
        line.unit_price_gbp = priced.unit_price
        line.monthly_gbp = priced.monthly
        line.total_gbp = priced.total
    CallOffLine.objects.bulk_update(lines, PRICED)
    totals = quote.totals
    revision.monthly_gbp, revision.interim_gbp, revision.one_off_gbp = totals.monthly, totals.interim, totals.one_off
    revision.usage_gbp, revision.shared_gbp = totals.usage, totals.shared
    revision.whole_life_gbp, revision.levy_gbp = totals.whole_life, totals.levy
    revision.vat_gbp, revision.gross_gbp = quote.vat_gbp, quote.gross_gbp
    for name, value in vars(quoting.assessment(quote)).items():
        setattr(revision, name, value)
    revision.content, revision.revision_hash = content.freeze(content.approved_object(revision, quote))
    revision.approval.content_hash, revision.approval.lots = revision.revision_hash, sorted({line.service.lot for line in lines})
    revision.approval.save()
    revision.search_text = searching.text_of(call_off)
    revision.submitted_at, revision.submitted_by, revision.submitted_by_name = at, by.person_id, by.words
    revision.save()
    return revision


def _approval(call_off: CallOff, counted: splitting.Together, *, by: Person, at: datetime) -> Approval:
    """The round that begins, not saved yet: its hash and lots are its content's."""
    on = london_day(at)
    subject, subject_id = audit.subject_of(call_off)
    principal = seats.principal(by, call_off.department_id, PostCode.REQUESTER, on=on)
    return Approval(
        subject=subject, subject_id=subject_id, begun_at=call_off.created_at, framework=call_off.framework,
        department=call_off.department, supplier=call_off.supplier, requester_id=call_off.requester.person_id,
        edited_by=sorted(call_off.revision.hands.values_list("person_id", flat=True)),
        submitted_by=by.person_id, submitted_for=principal.person_id if principal else None, submitted_at=at,
        commits_gbp=counted.own_gbp, route_gbp=counted.total_gbp, counted_with=counted.plain,
        matrix=routes.matrix_in_force(call_off.framework, on),
        hold_until=on + timedelta(days=call_off.framework.price_hold_days),
    )  # fmt: skip


def new_draft_revision(call_off: CallOff, *, at: datetime) -> CallOffRevision:
    """A new unsubmitted revision with the content of the last one."""
    last = call_off.revision
    revision = CallOffRevision.objects.create(
        call_off=call_off, number=last.number + 1, previous=last, created_at=at
    )
    copying.copy_content(last, revision)
    call_off.revision = revision
    return revision


@transaction.atomic
def recall(call_off: CallOff, *, by: Person, at: datetime) -> CallOff:
    """Take it back before anybody has decided; the same reference, a new draft revision."""
    call_off = lock_call_off(call_off)
    insist(guards.why_not_recall(call_off, by=by, at=at))
    before = call_off.state
    deciding.void(call_off.revision.approval)
    call_off.recall(at=at)
    new_draft_revision(call_off, at=at)
    call_off.save()
    audit.record("call_off.recalled", call_off, by=by, at=at, before=before, after=call_off.state,
                 acting_for=guards.for_requester(call_off, by, at))  # fmt: skip
    capacity.release_order(call_off, at=at)  # of a counter-proposal accepted; else nothing is reserved yet
    return call_off


@transaction.atomic
def nudge(call_off: CallOff, *, by: Person, at: datetime) -> CallOff:
    """Remind whoever has the order that it waits. Nothing moves, and no answer stays no answer."""
    call_off = lock_call_off(call_off)
    insist(desks.why_not_nudge(call_off, by=by, at=at))
    audit.record(desks.NUDGED, call_off, by=by, at=at, acting_for=guards.for_requester(call_off, by, at))
    notifications.tell_nudged(call_off, by, at)
    return call_off


@transaction.atomic
def withdraw(call_off: CallOff, *, reason: str, shown_hash: str | None = None, by: Person, at: datetime) -> CallOff:
    """End it from any open state; the reservation is released. ``shown_hash``: ``guards.shown`` of the page that asked."""
    call_off = lock_call_off(call_off)
    insist(guards.why_not_withdraw(call_off, by=by, at=at))
    if shown_hash is not None:
        insist(guards.why_not_as_shown(call_off, shown_hash))
    acting_for = guards.for_requester(call_off, by, at)
    return _end(call_off, "withdrawn", "withdraw", reason=reason, by=by, at=at, acting_for=acting_for)


def _end(
    call_off: CallOff, verb: str, move: str, *, reason: str, by: Actor, at: datetime, acting_for: Principal | None = None
) -> CallOff:
    insist_on_words(reason, _("Give a reason."))
    before, was_open = call_off.state, call_off.state in OPEN
    if was_open and call_off.revision.is_submitted:
        deciding.void(call_off.revision.approval)
    getattr(call_off, move)(at=at, reason=reason)
    call_off.save()
    call_off.counter_proposals.filter(answered_at__isnull=True).update(
        answer=CounterAnswer.ENDED, answered_by=by.person_id, answered_by_name=by.words, answered_at=at
    )
    audit.record(f"call_off.{verb}", call_off, by=by, at=at, before=before, after=call_off.state, reason=reason,
                 acting_for=acting_for)  # fmt: skip
    notifications.tell_ended(call_off, verb, at)
    capacity.release_order(call_off, at=at)
    return call_off


@transaction.atomic
def lapse(call_off: CallOff, *, at: datetime, by: Actor = SYSTEM) -> CallOff:
    """The clock's end of an open call-off. Safe to run twice: what is over is asked again under the lock, and a
    call-off that has moved on is left alone."""
    call_off = lock_call_off(call_off)
    if reason := guards.why_lapse(call_off, at=at):
        return _end(call_off, "lapsed", "lapse", reason=reason, by=by, at=at)
    return call_off


@transaction.atomic
def copy(call_off: CallOff, *, by: Person, at: datetime) -> CallOff:
    """A new draft of the same department with the content of an older call-off."""
    call_off = lock_call_off(call_off)
    insist(guards.why_not_copy(call_off, by=by, at=at))
    fresh = drafting.begin(call_off.framework, call_off.department, title=call_off.title, by=by, at=at)
    copying.copy_content(call_off.revision, fresh.revision)
    copying.copy_particulars(call_off.particulars, fresh.particulars)
    fresh.search_text = searching.text_of(fresh)
    fresh.save()
    audit.record("call_off.copied", fresh, by=by, at=at, before=None, after=fresh.state,
                 acting_for=guards.for_requester(fresh, by, at),
                 extra={"from": call_off.reference or str(call_off.public_id)})  # fmt: skip
    return fresh


# The supplier's answer. ``contracts.formation`` opens and voids contracts and calls these inside its transaction.


def confirm(call_off: CallOff, *, shown_hash: str, by: Person, at: datetime) -> CallOff:
    """The order desk accepts by repeating the hash of what was awarded. The caller holds the transaction."""
    call_off = lock_call_off(call_off)
    insist(supplier_guards.why_not_confirm(call_off, by=by, at=at))
    revision = call_off.revision
    if shown_hash != revision.revision_hash:
        refuse(
            _("What you were shown (%(shown)s) is not what was awarded (%(awarded)s).")
            % {"shown": shown_hash[:12] or "-", "awarded": revision.revision_hash[:12]},
            _("Open the order again and accept what it says now."),
        )
    before = call_off.state
    call_off.confirm(at=at)
    call_off.save()
    audit.record(
        "call_off.confirmed", call_off, by=by, at=at, before=before, after=call_off.state, hash_shown=shown_hash,
        acting_for=supplier_guards.for_order_desk(call_off, by, at),
    )  # fmt: skip
    notifications.tell_confirmed(call_off, at)
    return call_off


@transaction.atomic
def decline(
    call_off: CallOff, *, code: str, reason: str, shown_hash: str | None = None, by: Person, at: datetime
) -> CallOff:
    """The order desk says no, with a ``DeclineCode`` and words; the reservation is released. ``shown_hash`` as in ``withdraw``.
    Raises Refused also for a code that is none."""
    call_off = lock_call_off(call_off)
    insist(supplier_guards.why_not_decline(call_off, by=by, at=at))
    if shown_hash is not None:
        insist(guards.why_not_as_shown(call_off, shown_hash))
    if code not in DeclineCode.values:
        refuse(_("Choose one of the reasons for declining."))
    call_off.decline_code = code
    acting_for = supplier_guards.for_order_desk(call_off, by, at)
    return _end(call_off, "declined", "decline", reason=reason, by=by, at=at, acting_for=acting_for)


def conclude(call_off: CallOff, *, at: datetime, by: Actor = SYSTEM) -> CallOff:
    """From the contract's execution: the reservation becomes commitment and the volumes count from this day."""
    call_off = lock_call_off(call_off)
    before = call_off.state
    call_off.conclude(at=at)
    call_off.save()
    audit.record("call_off.contracted", call_off, by=by, at=at, before=before, after=call_off.state)
    revision = call_off.revision
    capacity.commit(
        capacity.of_order(call_off), revision.whole_life_gbp, capacity.volumes_of(revision), at=at, on=london_day(at)
    )
    return call_off


def _reopen(call_off: CallOff, *, reason: str, by: Actor, at: datetime, acting_for: Principal | None = None) -> CallOff:
    call_off = lock_call_off(call_off)
    before = call_off.state
    call_off.reopen(at=at)
    new_draft_revision(call_off, at=at)
    call_off.save()
    audit.record("call_off.reopened", call_off, by=by, at=at, before=before, after=call_off.state, reason=reason,
                 acting_for=acting_for)  # fmt: skip
    return call_off


def reopen(call_off: CallOff, *, reason: str, by: Actor, at: datetime, acting_for: Principal | None = None) -> CallOff:
    """From the contract's void because changes are wanted: back to the requester as a new draft revision."""
    call_off = _reopen(call_off, reason=reason, by=by, at=at, acting_for=acting_for)
    notifications.tell_returned(call_off, reason, at)
    capacity.release_order(call_off, at=at)
    return call_off


def lapse_unsigned(call_off: CallOff, *, reason: str, by: Actor, at: datetime) -> CallOff:
    """From the contract's void because the framework ended before all had signed: reopened, and lapsed at once."""
    call_off = _reopen(call_off, reason=reason, by=by, at=at)
    return _end(call_off, "lapsed", "lapse", reason=reason, by=by, at=at)


def end_refused(call_off: CallOff, *, reason: str, by: Actor, at: datetime, acting_for: Principal | None = None) -> CallOff:
    """From the contract's void because a party refuses to sign: the call-off ends as declined."""
    call_off = lock_call_off(call_off)
    return _end(call_off, "ended", "end", reason=reason, by=by, at=at, acting_for=acting_for)

