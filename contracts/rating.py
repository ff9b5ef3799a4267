"""Rating the key performance indicators of a contract by the legal scale: the contract manager rates, another person confirms, the
supplier may comment (Procurement Act 2023 s.71; the Procurement Regulations 2024)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from contracts import manager_guards, ratings, statutory_notifications
from contracts import statutory_guards as guards
from contracts.models import CalculatedLevel, KpiComment, KpiConfirmation, KpiRating, KpiRound, Rating, StatutoryNotice
from contracts.statutory_publishing import lock
from documents import audit, canonical
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from procurement import seats
from procurement.actors import Person

S = CalculatedLevel.Standing


@dataclass(frozen=True)
class Given:
    """A rating, and why it is not what the months alone suggest."""

    rating: str
    words: str = ""


@transaction.atomic
def rate(notice: StatutoryNotice, given: Mapping[str, Given], *, by: Person, at: datetime) -> KpiRound:
    """Every indicator, by measure code. Who may confirm it is told, and so is the supplier."""
    notice = lock(notice)
    insist(guards.why_not_rate(notice, by=by, at=at))
    measured, months = ratings.measured(notice)
    if {one.measure.measure_code for one in measured} != set(given):
        refuse(_("Rate every key performance indicator of the contract, and no other."))
    for one in measured:
        said = given[one.measure.measure_code]
        if said.rating not in Rating.values:
            refuse(_("Choose a rating of the legal scale for %(measure)s.") % {"measure": one.measure.measure})
        if said.rating != one.suggested or said.rating == Rating.OTHER:
            insist_on_words(said.words, _("%(measure)s: say why it is rated so; the months alone suggest “%(suggested)s”.")
                            % {"measure": one.measure.measure, "suggested": one.suggested.label})  # fmt: skip
    seat, number = seats.hold(manager_guards.department_seat(notice.contract, by, london_day(at))), notice.rounds.count() + 1
    rated = [(one, given[one.measure.measure_code].rating, given[one.measure.measure_code].words.strip()) for one in measured]
    made = KpiRound.objects.create(
        notice=notice, number=number, months_from=months[0] if months else None, months_to=months[-1] if months else None,
        content_hash=canonical.sha256_hex(canonical.dumps(ratings.content(notice, number, months, rated))),
        rated_by=by.person_id, rated_by_name=by.words, rated_for=seat.principal.person_id if seat.principal else None,
        rated_for_name=seat.principal.name if seat.principal else "", rated_at=at,
    )  # fmt: skip
    KpiRating.objects.bulk_create(
        KpiRating(
            round=made, measure=one.measure, rating=rating, suggested=one.suggested, words=words, met=one.months.get(S.MET, 0),
            below_target=one.months.get(S.BELOW_TARGET, 0), below_minimum=one.months.get(S.BELOW_MINIMUM, 0),
            below_critical=one.months.get(S.BELOW_CRITICAL, 0), relieved=one.months.get(S.RELIEVED, 0),
        )
        for one, rating, words in rated
    )  # fmt: skip
    audit.record("contract.kpis_rated", notice.contract, by=by, at=at, acting_for=seat.principal, hash_shown=made.content_hash,
                 extra={"notice": notice.label, "round": number})  # fmt: skip
    statutory_notifications.tell_rated(made, at)
    return made


@transaction.atomic
def confirm(notice: StatutoryNotice, *, shown_hash: str, by: Person, at: datetime) -> KpiConfirmation:
    """Another person confirms the last ratings: they can be published."""
    notice = lock(notice)
    insist(guards.why_not_confirm(notice, by=by, at=at))
    made = notice.rounds.last()
    if shown_hash != made.content_hash:
        refuse(_("What you were shown is not what was rated last."), _("Open the page again, read it, and decide on what it shows."))
    seat = seats.hold(guards.seat_to_confirm(notice.contract, made, by, london_day(at)))
    confirmed = KpiConfirmation.objects.create(
        round=made, confirmed_by=by.person_id, confirmed_by_name=by.words,
        confirmed_for=seat.principal.person_id if seat.principal else None,
        confirmed_for_name=seat.principal.name if seat.principal else "", confirmed_at=at,
    )  # fmt: skip
    audit.record("contract.ratings_confirmed", notice.contract, by=by, at=at, acting_for=seat.principal, hash_shown=shown_hash,
                 extra={"notice": notice.label, "round": made.number})  # fmt: skip
    statutory_notifications.tell_confirmed(notice, confirmed, at)
    return confirmed


@transaction.atomic
def comment(notice: StatutoryNotice, *, words: str, by: Person, at: datetime) -> KpiComment:
    """What the supplier says of its ratings: both sides read it, and it is not published."""
    notice = lock(notice)
    insist(guards.why_not_comment(notice, by=by, at=at))
    insist_on_words(words, _("Write what you have to say of the ratings."))
    seat = seats.hold(manager_guards.supplier_seat(notice.contract, by, london_day(at)))
    made = KpiComment.objects.create(
        notice=notice, words=words, person_id=by.person_id, person_name=by.words,
        principal_id=seat.principal.person_id if seat.principal else None,
        acting_for=seat.principal.name if seat.principal else "", at=at,
    )  # fmt: skip
    audit.record("contract.ratings_commented", notice.contract, by=by, at=at, acting_for=seat.principal, reason=words,
                 extra={"notice": notice.label})  # fmt: skip
    statutory_notifications.tell_commented(made, at)
    return made
