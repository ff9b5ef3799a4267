"""What waits for an answer, and whom the clock tells: the chair itself, then a deputy, then the next post.

No answer is never a yes, and telling somebody gives them no right: who sits in the chair decides (domain.md, "Approval").
Each level is said once (``Reminder``); a scheduler that was away says what is due, one level a day; two at once are one,
because the thing is locked and looked at again.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from catalogue.models import CatalogueRelease, Framework, ReleaseState
from documents import audit
from documents.actors import SYSTEM
from documents.clock import london_day
from procurement import approval_guards, recusals, seats, working_days
from procurement import reminder_notifications as notifications
from procurement.locking import lock_accession, lock_call_off, lock_framework, lock_release
from procurement.matters import Pauses, Waiting
from procurement.models import (
    Accession,
    ActingFor,
    ApprovalStep,
    CallOff,
    Post,
    PostCode,
    Reminder,
    User,
    in_date,
    in_force,
)
from procurement.waiting import again, by_kind, pauses_of_all

Level = Reminder.Level
LAST_RESORT = (PostCode.ADMINISTRATOR, PostCode.ACCOUNT_MANAGER)  # where a post reports to nobody
Told = dict[str, Reminder]


def _following(waiting: Waiting, told: Told, pauses: Pauses) -> tuple[str, datetime | None] | None:
    """The level to come and from when on; None when all has been said. A deputy has as long as the chair had before the
    next post is told, and no two levels fall on one day."""
    if Level.REMINDED not in told:
        return Level.REMINDED, waiting.reminds_at
    if Level.SENIOR in told or waiting.escalates_at is None:
        return None
    if Level.DEPUTY in told:
        days = waiting.framework.escalation_working_days - waiting.framework.reminder_working_days
        return Level.SENIOR, working_days.due_through(told[Level.DEPUTY].at, days, waiting.pauses(pauses))
    return Level.DEPUTY, max(waiting.escalates_at, working_days.midnight_after(london_day(told[Level.REMINDED].at)))


def _all(by: datetime | None = None) -> Iterator[tuple[Waiting, str, datetime]]:
    """Everything that waits with a level to come, and when; of what can have come ``by`` a moment, if one is given. Two
    queries, and two for each kind."""
    pauses = pauses_of_all()
    for found in by_kind(pauses, by):
        told: dict[str, Told] = {}
        for row in Reminder.objects.filter(subject__in=[waiting.subject for waiting in found]):
            told.setdefault(row.subject, {})[row.level] = row
        for waiting in found:
            following = _following(waiting, told.get(waiting.subject, {}), pauses)
            if following is not None and following[1] is not None:
                yield waiting, *following


def due(at: datetime) -> list[Waiting]:
    """What somebody has to be told by the moment."""
    return [waiting for waiting, _level, moment in _all(by=at) if moment <= at]


def next_moments() -> list[datetime]:
    return [moment for _waiting, _level, moment in _all()]


# what a matter is about: the field of its reminder, the first word of its records, its lock
_OF = {
    CallOff: ("call_off", "call_off", lock_call_off), Accession: ("accession", "accession", lock_accession),
    CatalogueRelease: ("release", "catalogue_release", lock_release), Framework: ("framework", "framework", lock_framework),
}  # fmt: skip


@transaction.atomic
def remind(waiting: Waiting, *, at: datetime) -> Reminder | None:
    """Say the level that is due. Looked at again under the lock: what was answered, or said by another scheduler, is
    left alone (None)."""
    about, kind, lock = _OF[type(waiting.thing)]
    thing = lock(waiting.thing)
    pauses = pauses_of_all()
    now = again(waiting, pauses)
    if now is None:
        return None
    told = {row.level: row for row in Reminder.objects.filter(subject=now.subject)}
    following = _following(now, told, pauses)
    if following is None or following[1] is None or following[1] > at:
        return None
    level, people, words = _whom(now, following[0], at)
    names = ", ".join(person.name for person in people)
    made = Reminder.objects.create(
        **{about: thing}, subject=now.subject, level=level, told=names[:2000], at=at,
    )  # fmt: skip
    post = _(" or ").join(str(PostCode(code).label) for code in (now.post, *now.or_posts))
    verb = "reminded" if level == Level.REMINDED else "escalated"
    audit.record(
        f"{kind}.{verb}", thing, by=SYSTEM, at=at, extra={"subject": now.subject, "level": str(level)},
        reason=_("%(post)s, %(what)s. Told: %(names)s")
        % {"post": post, "what": now.what, "names": f"{names} ({words})" if names else _("nobody, because nobody is there to be told")},
    )  # fmt: skip
    notifications.tell(made, thing, people, now, post=post, words=words, deputy=_who_names_a_deputy(now, people, at))
    return made


def _whom(waiting: Waiting, level: str, at: datetime) -> tuple[str, list[User], str]:
    """Who is told at the level, and as what. Where no deputy is named, the level after it is said at once."""
    on = london_day(at)
    if waiting.step is not None:
        in_chair = approval_guards.who_can_take(waiting.step, on)
    else:
        chairs = (waiting.post, *waiting.or_posts)
        in_chair = _not_recused(waiting, [
            person for post in chairs for person in seats.holders(waiting.organisation_id, post, on)
        ])  # fmt: skip
        in_chair = list({person.pk: person for person in in_chair}.values())
    if level == Level.REMINDED:
        return level, in_chair, _("in the post")
    if level == Level.DEPUTY:
        named = set(
            ActingFor.objects.filter(
                in_date(on), in_force(on, "holding__"), holding__post__organisation_id=waiting.organisation_id,
                holding__post__code=waiting.post,
            ).values_list("deputy_id", flat=True)
        )  # fmt: skip
        deputies = [person for person in in_chair if person.pk in named]
        if deputies:
            return level, deputies, _("deputy")
    return Level.SENIOR, *_seniors(waiting, on)


def _who_names_a_deputy(waiting: Waiting, told: Iterable[User], at: datetime) -> str:
    """In the words of who is told: "you", "others" where somebody else can, and "" where the organisation has nobody who
    could."""
    administrators = seats.holders(waiting.organisation_id, PostCode.ADMINISTRATOR, london_day(at))
    if not administrators:
        return ""
    return "you" if {person.pk for person in told} <= {person.pk for person in administrators} else "others"


def _not_recused(waiting: Waiting, people: Iterable[User]) -> list[User]:
    """Who keeps out of an order, wrote in a release that waits to be approved, or proposed what a second person is to
    confirm, is not written to about it."""
    out = {str(person_id) for person_id in waiting.out}
    if isinstance(waiting.thing, CallOff):
        out |= {str(person_id) for person_id in recusals.people(waiting.approval or waiting.thing)}
    elif isinstance(waiting.thing, CatalogueRelease) and waiting.thing.state == ReleaseState.SUBMITTED:
        out |= set(waiting.thing.draft.hands)
    return [person for person in people if str(person.person_id) not in out]


def _seniors(waiting: Waiting, on) -> tuple[list[User], str]:
    """The post this one reports to, unless it has a step of its own on the revision; else who can appoint a deputy."""
    post = Post.objects.filter(organisation_id=waiting.organisation_id, code=waiting.post).select_related("reports_to").first()
    above = post.reports_to if post else None
    if above is not None and not (isinstance(waiting.thing, CallOff) and _has_own_step(waiting, above)):
        found = _not_recused(waiting, seats.holders(above.organisation_id, above.code, on))
        if found:
            return found, str(above.get_code_display())
    for code in LAST_RESORT:
        found = _not_recused(waiting, seats.holders(waiting.organisation_id, code, on))
        if found:
            return found, str(code.label)
    return [], ""


def _has_own_step(waiting: Waiting, post: Post) -> bool:
    steps = ApprovalStep.objects.filter(post=post.code, organisation_id=post.organisation_id)
    if waiting.approval is not None:
        return steps.filter(approval=waiting.approval).exists()
    return steps.filter(approval__revision=waiting.thing.revision_id).exists()


