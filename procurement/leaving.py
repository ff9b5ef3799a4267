"""Leaving a framework by notice: a party of the access agreement tells the other the last day, may take that back before it
comes, and the clock ends the membership when the day is over."""

from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from documents import audit
from documents.actors import SYSTEM, Actor
from documents.clock import london_day
from documents.refusal import insist, insist_on_words
from documents.templatetags.flex import day as as_day
from procurement import accession_notifications as notifications
from procurement import agreements
from procurement import leaving_guards as guards
from procurement.actors import Person
from procurement.locking import lock_accession
from procurement.models import Accession, MembershipNotice


@transaction.atomic
def give_notice(accession: Accession, *, last_day: date, reason: str, by: Person, at: datetime) -> MembershipNotice:
    """For the department or the authority, whichever the person speaks for. Until ``last_day`` nothing changes."""
    accession = lock_accession(accession)
    insist(guards.why_not_give_notice(accession, by=by, at=at))
    insist(guards.why_not_last_day(accession, last_day, at=at))
    insist_on_words(reason, _("Give a reason: both parties will read it."))
    side = guards.side_of(accession, by, at)
    acting_for = guards.for_side(accession, side, by, at)
    notice = MembershipNotice.objects.create(
        accession=accession, side=side, reason=reason, last_day=last_day, given_by=by.person_id, given_by_name=by.words,
        given_for=acting_for.person_id if acting_for else None, given_at=at,
    )  # fmt: skip
    _record("notice_given", notice, reason, by, at, acting_for)
    return notice


@transaction.atomic
def take_back_notice(accession: Accession, *, reason: str, by: Person, at: datetime) -> MembershipNotice:
    """The membership goes on as before."""
    accession = lock_accession(accession)
    insist(guards.why_not_take_back(accession, by=by, at=at))
    insist_on_words(reason, _("Give a reason: both parties will read it."))
    notice = guards.standing_notice(accession)
    acting_for = guards.for_side(accession, notice.side, by, at)
    notice.taken_back_by, notice.taken_back_by_name, notice.taken_back_at = by.person_id, by.words, at
    notice.taken_back_for = acting_for.person_id if acting_for else None
    notice.save()
    _record("notice_taken_back", notice, reason, by, at, acting_for)
    return notice


def _record(what: str, notice: MembershipNotice, reason: str, by: Person, at: datetime, acting_for) -> None:
    audit.record(f"accession.{what}", notice.accession, by=by, at=at, reason=reason, acting_for=acting_for,
                 extra={"last_day": notice.last_day.isoformat()})  # fmt: skip
    notifications.tell_notice(notice.accession, notice, what, by, reason, at)


@transaction.atomic
def end_by_notice(accession: Accession, *, at: datetime, by: Actor = SYSTEM) -> Accession:
    """The clock's end at midnight after the last day that was told, as if the framework manager ended it then. Safe to run
    twice: one that was taken back, or a membership that has ended, is left."""
    accession = lock_accession(accession)
    notice = guards.standing_notice(accession)
    if notice is None or notice.last_day >= london_day(at):
        return accession
    reason = _("Its last day was %(day)s, by notice of %(given)s, %(who)s: %(reason)s") % {
        "day": as_day(notice.last_day), "given": as_day(london_day(notice.given_at)), "who": notice.given_by_name,
        "reason": notice.reason,
    }  # fmt: skip
    return agreements.end_for_notice(accession, reason=reason, by=by, at=at)
