"""What the clock brings: the end of a framework is announced, and comes; an order nobody answered in time or whose framework
ended lapses, an accession whose framework ended ends with it, a membership ends after the last day that was told, who has
not answered is reminded, and a catalogue release whose day has come goes live."""

from datetime import datetime, time, timedelta

from django.db.models import Q

from catalogue.models import OVER, CatalogueRelease, Framework, ReleaseState
from documents import mail, periodic
from documents.clock import LONDON, first_moment, london_day
from procurement import agreements, framework_life, leaving, mailing, releasing, reminding, standing, workflow
from procurement.framework_guards import IN_FORCE
from procurement.models import AWARDED, OPEN, PIPELINE, Accession, AccessionState, CallOff, CallOffState
from procurement.waiting import Waiting
from procurement.working_days import midnight_after


def run(at: datetime) -> list[str]:
    """End what is over, then remind of what is left. Safe to run twice: each action looks again under the lock."""
    steps = (_expire_all, _announce_all, _lapse_all, _end_accessions, _end_by_notice_all, _remind_all)
    return periodic.each(steps, lambda step: step(at))


def _expire_all(at: datetime) -> list[str]:
    ended = Framework.objects.filter(state__in=IN_FORCE, ends_on__lt=london_day(at)).order_by("id")
    return periodic.each(ended, lambda framework: _expire(framework, at))


def _expire(framework: Framework, at: datetime) -> list[str]:
    framework = framework_life.expire(framework, at=at)
    return [f"{framework.reference} expired"] if framework.state in OVER else []


def _announce_all(at: datetime) -> list[str]:
    """Asked first without the lock, which would stop all that goes on under the framework for a moment."""
    nearing = Framework.objects.filter(
        state__in=IN_FORCE, ends_on__lte=london_day(at) + timedelta(days=max(framework_life.ANNOUNCED_BEFORE))
    )
    due = [framework for framework in nearing.order_by("id") if framework_life.to_announce(framework, at) is not None]
    return periodic.each(due, lambda framework: _announce(framework, at))


def _announce(framework: Framework, at: datetime) -> list[str]:
    framework = framework_life.announce_end(framework, at=at)
    return [f"{framework.reference}: its end was announced"]


def _lapse_all(at: datetime) -> list[str]:
    late = Q(state__in=AWARDED, answer_due_at__lte=at)
    open_still = Q(state__in=OPEN) & _framework_over(at)
    return periodic.each(CallOff.objects.filter(late | open_still).order_by("id"), lambda call_off: _lapse(call_off, at))


def _lapse(call_off: CallOff, at: datetime) -> list[str]:
    call_off = workflow.lapse(call_off, at=at)
    return [f"{call_off.reference or call_off.title} lapsed"] if call_off.state == CallOffState.LAPSED else []


def _framework_over(at: datetime) -> Q:
    return Q(framework__state__in=OVER) | Q(framework__ends_on__lt=london_day(at))


def _end_accessions(at: datetime) -> list[str]:
    joining = Accession.objects.filter(_framework_over(at), state__in=PIPELINE).select_related("department", "framework")
    return periodic.each(joining.order_by("id"), lambda accession: _end_accession(accession, at))


def _end_accession(accession: Accession, at: datetime) -> list[str]:
    accession = agreements.end_with_framework(accession, at=at)
    return [f"{accession} withdrawn"] if accession.state == AccessionState.WITHDRAWN else []


def _end_by_notice_all(at: datetime) -> list[str]:
    over = standing.standing_notices().filter(last_day__lt=london_day(at)).select_related("accession__department", "accession__framework")
    return periodic.each(over.order_by("id"), lambda notice: _end_by_notice(notice.accession, at))


def _end_by_notice(accession: Accession, at: datetime) -> list[str]:
    accession = leaving.end_by_notice(accession, at=at)
    return [f"{accession} ended by notice"] if accession.state == AccessionState.ENDED else []


def _remind_all(at: datetime) -> list[str]:
    return periodic.each(reminding.due(at), lambda waiting: _remind(waiting, at))


def _remind(waiting: Waiting, at: datetime) -> list[str]:
    made = reminding.remind(waiting, at=at)
    return [f"{waiting.thing}: {made.get_level_display()}"] if made else []


def next_moments() -> list[datetime]:
    waiting = CallOff.objects.filter(state__in=AWARDED, answer_due_at__isnull=False)
    frameworks = list(Framework.objects.filter(state__in=IN_FORCE).values_list("ends_on", flat=True))
    announced = [first_moment(ends_on - timedelta(days=days)) for ends_on in frameworks for days in framework_life.ANNOUNCED_BEFORE]
    left = standing.standing_notices().values_list("last_day", flat=True)
    return [
        *waiting.values_list("answer_due_at", flat=True), *map(midnight_after, left), *(midnight_after(ends_on) for ends_on in frameworks), *announced,
        *reminding.next_moments(),
    ]  # fmt: skip


def run_releases(at: datetime) -> list[str]:
    """Releases whose first day has come, in the order of their days."""
    due = _scheduled().filter(valid__startswith__lte=london_day(at))
    return periodic.each(due.order_by("valid", "id"), lambda release: _go_live(release, at))


def _scheduled():
    return CatalogueRelease.objects.filter(state=ReleaseState.SCHEDULED, framework__state__in=IN_FORCE)


def _go_live(release: CatalogueRelease, at: datetime) -> list[str]:
    release = releasing.go_live(release, at=at)
    return [f"release {release.number} is live"] if release.state == ReleaseState.LIVE else []


def release_moments() -> list[datetime]:
    return [datetime.combine(release.first_day, time.min, tzinfo=LONDON) for release in _scheduled() if release.first_day]


periodic.register("procurement", run, next_moments)
periodic.register("releases", run_releases, release_moments)
mail.only_to(mailing.is_here)
