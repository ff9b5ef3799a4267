"""The messages when somebody's post, limit or deputy ends. Whom it is taken from reads it at once: by the next morning they
may be nobody's people any more. Who answers for powers reads it as they prefer their news."""

from collections.abc import Iterable
from datetime import date, datetime

from django.conf import settings
from django.urls import reverse

from catalogue.models import Organisation
from documents.actors import Actor
from documents.clock import london_day
from procurement import approval_guards, mailing, seats
from procurement.models import ActingFor, Delegation, PostHolding, User
from procurement.notifications import OVERSEERS


def _tell(
    body: Organisation, holding: PostHolding, people: Iterable[User], what: str, key: str, *, ends_on: date, by: Actor,
    at: datetime, taken_back: bool = False, **more: str,
) -> None:  # fmt: skip
    """``what`` ends: post | limit | deputy; or is ``taken_back`` before its first day."""
    context = {
        "what": what, "who": by.words, "whom": holding.user.name, "post": holding.post.get_code_display(),
        "organisation": body.name, "ends_on": ends_on, "taken_back": taken_back, "url": settings.PUBLIC_URL + reverse("procurement:people", args=[body.code]),
        **more,
    }  # fmt: skip
    message = "procurement/email/right_ended.txt", context, f"{what}_ended:{key}:{ends_on.isoformat()}"
    losing = [person for person in people if person.person_id != by.person_id]
    mailing.must_act(losing, *message)
    told = {person.pk for person in losing}
    others = [person for post in OVERSEERS for person in seats.holders(body.pk, post, london_day(at))]
    mailing.inform([one for one in others if one.pk not in told and one.person_id != by.person_id], *message, at=at)


def tell_post_ended(body: Organisation, holding: PostHolding, by: Actor, at: datetime) -> None:
    """To the holder, and to the deputies whose place ends with it."""
    deputies = [acting.deputy for acting in holding.deputies.filter(ends_on=holding.ends_on).select_related("deputy")]
    _tell(body, holding, [holding.user, *deputies], "post", str(holding.pk), ends_on=holding.ends_on, by=by, at=at)


def tell_delegation_ended(body: Organisation, delegation: Delegation, by: Actor, at: datetime) -> None:
    holding = delegation.holding
    _tell(body, holding, [holding.user], "limit", str(delegation.pk), ends_on=delegation.ends_on, by=by, at=at,
          taken_back=delegation.ends_on < delegation.starts_on, limit=approval_guards.delegation_words(delegation))  # fmt: skip


def tell_deputy_ended(body: Organisation, acting: ActingFor, by: Actor, at: datetime) -> None:
    """To both: who acted, and for whom nobody acts any more."""
    _tell(body, acting.holding, [acting.deputy, acting.holding.user], "deputy", str(acting.pk), ends_on=acting.ends_on,
          by=by, at=at, taken_back=acting.ends_on < acting.starts_on, deputy=acting.deputy.name)  # fmt: skip
