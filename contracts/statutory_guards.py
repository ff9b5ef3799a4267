"""Why not: reasons in words for publishing a notice, and for rating and confirming what a performance notice says."""

from collections.abc import Iterator
from datetime import date, datetime

from django.utils.translation import gettext as _

from contracts import manager_guards, ratings, statutory
from contracts.models import Contract, KpiRound, NoticeKind, StatutoryNotice
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from procurement import seats
from procurement.actors import Person
from procurement.models import PostCode
from procurement.seats import Seat

CONFIRMING = (PostCode.SIGNATORY, PostCode.ACCOUNTING_OFFICER, PostCode.CONTRACT_MANAGER)


def _why_published(notice: StatutoryNotice) -> Iterator[Reason]:
    found = getattr(notice, "publication", None)
    if found is not None:
        yield Reason(
            _("Notice %(label)s is published as %(reference)s since %(day)s.")
            % {"label": notice.label, "reference": found.reference, "day": as_day(found.published_on)}
        )


def why_not_record(notice: StatutoryNotice) -> Iterator[Reason]:
    """Whether it can be recorded as published at all, whoever asks."""
    yield from _why_published(notice)
    if not statutory.is_needed(notice):
        yield Reason(_("It is not to be published any more: what it was to say has not come about."))


def why_not_publish(notice: StatutoryNotice, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_record(notice)
    if notice.kind == NoticeKind.CHANGE:
        yield Reason(_("The notice of a variation is recorded with it, on its page."))
    if notice.kind == NoticeKind.PERFORMANCE and ratings.confirmed_round(notice) is None:
        yield Reason(
            _("The key performance indicators are rated, and the ratings confirmed, before they are published."),
            _("The contract manager rates, another person confirms."),
        )
    yield from manager_guards.why_not_department(notice.contract, by, london_day(at))


def why_not_before(notice: StatutoryNotice, published_on: date) -> Iterator[Reason]:
    """It came about on the day on which the register made it."""
    made_on = london_day(notice.made_at)
    if published_on < made_on:
        yield Reason(_("%(label)s came about on %(day)s: it was not published before.") % {"label": notice.label, "day": as_day(made_on)})


def why_not_under(notice: StatutoryNotice, reference: str) -> Iterator[Reason]:
    """The platform gives each notice a reference of its own."""
    other = StatutoryNotice.objects.filter(contract=notice.contract, publication__reference=reference.strip()).exclude(pk=notice.pk).first()
    if other is not None:
        yield Reason(_("%(reference)s is the reference of %(label)s: each notice has its own.") % {"reference": reference.strip(), "label": other.label})


def _why_not_of_ratings(notice: StatutoryNotice) -> Iterator[Reason]:
    if notice.kind != NoticeKind.PERFORMANCE:
        yield Reason(_("Only a performance notice has ratings."))
        return
    yield from why_not_record(notice)


def _why_confirmed(notice: StatutoryNotice) -> Iterator[Reason]:
    found = ratings.confirmed_round(notice)
    if found is not None:
        yield Reason(_("%(name)s has confirmed the ratings.") % {"name": found.confirmation.confirmed_by_name})


def why_not_rate(notice: StatutoryNotice, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Also anew, as long as nobody has confirmed it."""
    yield from _why_not_of_ratings(notice)
    if notice.kind == NoticeKind.PERFORMANCE:
        yield from _why_confirmed(notice)
    yield from manager_guards.why_not_department(notice.contract, by, london_day(at))


def _of_rater(made: KpiRound | None, by: Person, seat: Seat) -> bool:
    return made is not None and bool(manager_guards.hands(by, seat) & {made.rated_by, made.rated_for})


def seat_to_confirm(contract: Contract, made: KpiRound | None, by: Person, on: date) -> Seat | None:
    """The first of the person's seats against which nothing stands."""
    sits = [seat for code in CONFIRMING for seat in seats.seats_of(by, contract.department_id, code, on)]
    return seats.choose(sits, lambda seat: any(manager_guards.why_not_from(contract, by, seat, on)) or _of_rater(made, by, seat))


def why_not_confirm(notice: StatutoryNotice, *, by: Person, at: datetime) -> Iterator[Reason]:
    """By another than who rated, whomever either acts for."""
    contract, on = notice.contract, london_day(at)
    yield from _why_not_of_ratings(notice)
    made = notice.rounds.last()
    if made is None:
        yield Reason(_("Nothing is rated yet."), seats.who_holds(contract.department_id, PostCode.CONTRACT_MANAGER, on))
    yield from _why_confirmed(notice)
    seat = seat_to_confirm(contract, made, by, on)
    if seat is None:
        yield Reason(
            _("Only the signatory, the accounting officer or another contract manager of %(department)s can do this.")
            % {"department": contract.department.name},
            seats.who_holds(contract.department_id, PostCode.SIGNATORY, on),
        )
        return
    if _of_rater(made, by, seat):
        yield Reason(
            _("%(name)s has rated them: another person confirms.") % {"name": made.rated_by_name},
            seats.who_holds(contract.department_id, PostCode.SIGNATORY, on),
        )
    yield from manager_guards.why_apart(contract, by, seat, on)


def why_not_comment(notice: StatutoryNotice, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Once something is rated, until it is published."""
    yield from _why_not_of_ratings(notice)
    if not notice.rounds.exists():
        yield Reason(_("Nothing is rated yet."))
    yield from manager_guards.why_not_supplier(notice.contract, by, london_day(at))
