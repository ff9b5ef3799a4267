"""Who belongs to a department, from a day on: accounts, posts, delegations and the dated grant, given together."""

from datetime import datetime
from typing import Protocol

from catalogue.models import Organisation
from documents import audit
from documents.actors import Actor
from documents.clock import london_day
from procurement import access
from procurement.models import Accession, Delegation, DelegationKind, Post, PostCode, PostHolding, User, in_date

_KIND = {PostCode.SIGNATORY: DelegationKind.SIGNATURE}


class NamedPerson(Protocol):
    name: str
    email: str
    post: str
    limit_gbp: object
    unlimited: bool


def appoint(accession: Accession, named: NamedPerson, *, by: Actor, at: datetime) -> User:
    """The named person's account, post, delegation and grant at the department. What they have already stays."""
    body, on = accession.department, london_day(at)
    user = _account(named)
    access.grant_organisation_once(user, body, on=on)
    holding = _holding(user, body, named.post, on)
    if named.limit_gbp is not None or named.unlimited:
        kind = _KIND.get(PostCode(named.post), DelegationKind.BUDGET)
        same = {"holding": holding, "kind": kind, "limit_gbp": named.limit_gbp, "unlimited": named.unlimited, "lot": None}
        if not Delegation.objects.filter(in_date(on), **same).exists():
            Delegation.objects.create(**same, starts_on=on)
    audit.record("organisation.appointed", body, by=by, at=at,
                 extra={"person": str(user.person_id), "post": str(named.post)})  # fmt: skip
    return user


def _account(named: NamedPerson) -> User:
    email = named.email.strip().lower()
    return User.objects.filter(email=email).first() or User.objects.create_user(email, named.name)


def _holding(user: User, body: Organisation, code: str, on) -> PostHolding:
    post, _created = Post.objects.get_or_create(organisation=body, code=code)
    found = PostHolding.objects.filter(in_date(on), post=post, user=user).first()
    return found or PostHolding.objects.create(post=post, user=user, starts_on=on)
