"""Who belongs to an organisation, from a day on: accounts, posts, delegations, deputies and the dated grant.

Nothing is back-dated and nothing deleted: what somebody could do on a past day stays as it was said then.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from catalogue.models import Organisation
from documents import audit
from documents.actors import Actor
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from procurement import granting, notifications, people_notifications, seats
from procurement import people_guards as guards
from procurement.actors import Person
from procurement.locking import lock_organisation
from procurement.models import (
    AUTHORITY_POSTS,
    ActingFor,
    Delegation,
    DelegationKind,
    News,
    Post,
    PostCode,
    PostHolding,
    User,
    in_date,
)


@dataclass(frozen=True)
class Named:
    """Somebody the department names for a post; ``limit_gbp`` (GBP, VAT excluded) or ``unlimited`` is the delegation
    that goes with it, None where the post commits nothing, and the letter what gives it. It is for one ``lot`` of the
    framework ``framework_id`` alone or for all (None), until the end of ``ends_on`` or without an end (None)."""

    name: str
    email: str
    post: str
    limit_gbp: Decimal | None = None
    unlimited: bool = False
    letter_filename: str = ""
    letter_sha256: str = ""
    lot: int | None = None
    ends_on: date | None = None
    framework_id: int | None = None


@dataclass(frozen=True)
class Limit:
    """Up to what: ``limit_gbp`` (GBP, VAT excluded) or ``unlimited``; for one ``lot`` of a framework alone or all (None)."""

    kind: str
    limit_gbp: Decimal | None
    unlimited: bool
    lot: int | None
    starts_on: date
    ends_on: date | None
    letter_filename: str = ""
    letter_sha256: str = ""
    framework_id: int | None = None


def kind_of(post: str) -> str:
    """What a post's delegations are for: budget in a department, purchase at the authority, signature of a signatory."""
    if post in guards.SIGNATORIES:
        return DelegationKind.SIGNATURE
    return DelegationKind.PURCHASE if post in AUTHORITY_POSTS else DelegationKind.BUDGET


def appoint(
    body: Organisation, named: Named, *, tell: bool = True, by: Actor, at: datetime, acting_for: User | None = None
) -> User:
    """The named person's account, post, delegation and grant at a department that joins. What they have already stays, and
    a delegation whose last day has passed is not given.
    Who has the post by this is told so, unless the caller writes to them itself (``tell``). The caller holds the
    transaction, has asked its own guard and knows for whom the person acts."""
    body, on = lock_organisation(body), london_day(at)
    before = set(PostHolding.objects.filter(post__organisation=body, user__email=named.email.lower()).values_list("pk", flat=True))
    user, holding = _seat(body, named.name, named.email, named.post, on)
    if tell and holding.pk not in before:
        notifications.tell_appointed(holding)
    if (named.limit_gbp is not None or named.unlimited) and (named.ends_on is None or named.ends_on >= on):
        same = {
            "holding": holding, "kind": kind_of(named.post), "limit_gbp": named.limit_gbp, "unlimited": named.unlimited,
            "lot": named.lot, "framework_id": None if named.lot is None else named.framework_id,
        }  # fmt: skip
        as_long = Q() if named.ends_on is None else Q(ends_on=None) | Q(ends_on__gte=named.ends_on)
        if not Delegation.objects.filter(in_date(on), as_long, **same).exists():
            letter = {"letter_filename": named.letter_filename, "letter_sha256": named.letter_sha256}
            Delegation.objects.create(**same, **letter, starts_on=on, ends_on=named.ends_on)
    _record("appointed", body, user, by, at, acting_for, post=str(named.post))
    return user


def _seat(
    body: Organisation, name: str, email: str, code: str, on: date, starts_on: date | None = None
) -> tuple[User, PostHolding]:
    """The person's account, post and grant, from ``starts_on`` or at once. A post that has been given an end is held on from
    the day after it at the earliest."""
    email = email.strip().lower()
    user, _new = User.objects.get_or_create(  # two organisations may invite one person at one moment
        email=email, defaults={"name": name.strip(), "password": make_password(None)}
    )
    # their row too: two sides of a contract may invite one person at one moment, and each holds its own organisation alone
    user = User.objects.select_for_update(of=("self",), no_key=True).get(pk=user.pk)
    insist(guards.why_not_of(user, body, on))
    post, _created = Post.objects.get_or_create(organisation=body, code=code)
    held = PostHolding.objects.filter(post=post, user=user).exclude(ends_on__lt=on).order_by("starts_on").last()
    if held is None or held.ends_on is not None:
        first = on if held is None else held.ends_on + timedelta(days=1)
        starts_on = max(first, starts_on or first)
        held = PostHolding.objects.create(post=post, user=user, starts_on=starts_on)
    granting.fit_grants(user, body, on=on, make=True)
    return user, held


def _record(verb: str, body: Organisation, user: User, by: Actor, at: datetime, acting_for: User | None, **extra: str) -> None:
    audit.record(f"organisation.{verb}", body, by=by, at=at, acting_for=acting_for,
                 extra={"person": str(user.person_id), "name": user.name} | extra)  # fmt: skip


def _for_administrator(body: Organisation, by: Actor, at: datetime) -> User | None:
    return seats.acting_for(by, body.pk, PostCode.ADMINISTRATOR, on=london_day(at))


@transaction.atomic
def invite(
    body: Organisation, *, name: str, email: str, post: str, starts_on: date | None = None, by: Person, at: datetime
) -> User:
    """Give somebody a post from a day on, or at once; who is new gets an account and is asked by email to choose a password."""
    body = lock_organisation(body)
    insist(guards.why_not_invite(body, email, post, starts_on, by=by, at=at))
    user, holding = _seat(body, name, email, post, london_day(at), starts_on)
    _record("invited", body, user, by, at, _for_administrator(body, by, at), post=str(post))
    notifications.tell_appointed(holding)
    notifications.tell_powers(body, holding, by, at, f"appointed:{holding.pk}")
    return user


def _lock_holding(holding: PostHolding) -> tuple[Organisation, PostHolding]:
    """Its organisation, locked, and a fresh copy: a colleague may have ended it since the page was made."""
    body = lock_organisation(holding.post.organisation)
    return body, PostHolding.objects.select_related("post__organisation", "user").get(pk=holding.pk)


@transaction.atomic
def end_holding(holding: PostHolding, *, ends_on: date, by: Person, at: datetime) -> PostHolding:
    """The post is theirs until the end of that day; its delegations and deputies end with it."""
    body, holding = _lock_holding(holding)
    insist(guards.why_not_end(holding, ends_on, by=by, at=at))
    holding.ends_on = ends_on
    holding.save()
    for row in (*holding.delegations.all(), *holding.deputies.all()):
        if row.starts_on <= ends_on and (row.ends_on is None or row.ends_on > ends_on):
            row.ends_on = ends_on
            row.save()
    granting.fit_grants(holding.user, body, on=london_day(at))
    _record("post_ended", body, holding.user, by, at, _for_administrator(body, by, at), post=holding.post.code, ends_on=ends_on.isoformat())
    people_notifications.tell_post_ended(body, holding, by, at)
    return holding


@transaction.atomic
def stop(body: Organisation, person: User, *, reason: str, by: Person, at: datetime) -> User:
    """From this moment the person can do and see nothing for the organisation; whoever acts for them neither. An account
    that opens nothing else loses its password, which ends its sessions: whoever is given a post again chooses a new one."""
    body, on = lock_organisation(body), london_day(at)
    # without the key: a decision that holds its chair already, and names the person, is not waited for in a circle
    person = User.objects.select_for_update(of=("self",), no_key=True).get(pk=person.pk)
    insist(guards.why_not_stop(body, person, by=by, at=at))
    insist_on_words(reason, _("Give a reason: it stays with the record."))
    acting_for = _for_administrator(body, by, at)  # before: the chair itself may be one that ends
    for holding in guards.held_from(body, person, on):
        _end_rows((*holding.delegations.all(), *holding.deputies.all()), on)
        holding.ends_on, holding.stopped_at = max(on, holding.starts_on), at
        holding.save()
    _end_rows(ActingFor.objects.filter(deputy=person, holding__post__organisation=body), on)
    granting.stop_grants(person, body, on=on, at=at)
    if not granting.belongs_somewhere(person, on):
        person.password = make_password(None)
        person.save()
    audit.record("organisation.person_stopped", body, by=by, at=at, reason=reason, acting_for=acting_for,
                 extra={"person": str(person.person_id), "name": person.name})  # fmt: skip
    notifications.tell_stopped(body, person, reason, by, at)
    return person


def _end_rows(rows: Iterable[Delegation | ActingFor], on: date) -> None:
    """What lasts beyond the day ends with it; what has not begun, on its first day."""
    for row in rows:
        last = max(on, row.starts_on)
        if row.ends_on is None or row.ends_on > last:
            row.ends_on = last
            row.save()


@transaction.atomic
def delegate(holding: PostHolding, limit: Limit, *, by: Person, at: datetime) -> Delegation:
    """How much the holder may commit or sign, as the letter says."""
    body, holding = _lock_holding(holding)
    insist(guards.why_not_delegate(holding, limit, by=by, at=at))
    made = Delegation.objects.create(holding=holding, **vars(limit))
    _record("delegated", body, holding.user, by, at, _for_administrator(body, by, at), post=holding.post.code, delegation=str(made.pk))
    notifications.tell_powers(body, holding, by, at, f"delegated:{made.pk}")
    return made


def _day_before(row: Delegation | ActingFor) -> date:
    """On which what is taken back before its first day ends."""
    return row.starts_on - timedelta(days=1)


@transaction.atomic
def end_delegation(delegation: Delegation, *, ends_on: date, by: Person, at: datetime) -> Delegation:
    """It holds until the end of that day; one that begins later is taken back, and never holds."""
    body = lock_organisation(delegation.holding.post.organisation)
    delegation = Delegation.objects.select_related("holding__post__organisation", "holding__user").get(pk=delegation.pk)
    insist(guards.why_not_end_delegation(delegation, ends_on, by=by, at=at))
    delegation.ends_on = max(ends_on, _day_before(delegation))
    delegation.save()
    _record("delegation_ended", body, delegation.holding.user, by, at, _for_administrator(body, by, at), delegation=str(delegation.pk))
    people_notifications.tell_delegation_ended(body, delegation, by, at)
    return delegation


@transaction.atomic
def name_deputy(
    holding: PostHolding, deputy: User, *, starts_on: date, ends_on: date, by: Person, at: datetime
) -> ActingFor:
    """Somebody of the same organisation acts for the holder from a day to a day, within the holder's limits."""
    body, holding = _lock_holding(holding)
    insist(guards.why_not_name_deputy(holding, deputy, starts_on, ends_on, by=by, at=at))
    made = ActingFor.objects.create(
        holding=holding, deputy=deputy, starts_on=starts_on, ends_on=ends_on, named_by=by.person_id
    )
    own = holding.user.person_id == by.person_id  # an absence of their own, whatever chairs they sit in
    _record("deputy_named", body, deputy, by, at, None if own else _for_administrator(body, by, at), post=holding.post.code,
            principal=holding.user.name, principal_id=str(holding.user.person_id))
    notifications.tell_deputy(body, made, by, at)
    return made


@transaction.atomic
def end_deputy(acting: ActingFor, *, by: Person, at: datetime) -> ActingFor:
    """The deputy acts until the end of today; one who has not begun never does."""
    body = lock_organisation(acting.holding.post.organisation)
    acting = ActingFor.objects.select_related("holding__post__organisation", "deputy").get(pk=acting.pk)
    insist(guards.why_not_end_deputy(acting, by=by, at=at))
    acting.ends_on = max(london_day(at), _day_before(acting))
    acting.save()
    own = acting.principal.person_id == by.person_id
    _record("deputy_ended", body, acting.deputy, by, at, None if own else _for_administrator(body, by, at), post=acting.holding.post.code)
    people_notifications.tell_deputy_ended(body, acting, by, at)
    return acting


@transaction.atomic
def prefer_news(user: User, *, news: str, by: Person, at: datetime) -> User:
    """How a person reads what asks nothing of them (``News``); only they choose. Raises Refused."""
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if user.person_id != by.person_id or news not in News.values:
        refuse(_("Choose how your own messages come."))
    before, user.news = user.news, news
    user.save()
    audit.record("user.preferred_news", user, by=by, at=at, extra={"before": before, "after": news})
    return user
