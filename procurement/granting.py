"""Who is one of an organisation's people: the dated grants, made, ended and asked for. ``procurement.access`` reads them
as a sight, ``procurement.seats`` with the posts that somebody holds by them. Nothing else writes a grant.
"""

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Greatest

from catalogue.models import Framework, Organisation
from procurement.models import (
    ACT_FOR_ORGANISATION,
    AUTHORITY_POSTS,
    SERVE_FRAMEWORK,
    FrameworkGrant,
    OrganisationGrant,
    PostHolding,
    User,
    in_force,
)


def grant_organisation(user: User, organisation: Organisation, *, starts_on: date, ends_on: date | None = None) -> None:
    """Make the person one of the organisation's people, from a day on. Repeating it changes nothing."""
    _grant(OrganisationGrant, user, organisation, ACT_FOR_ORGANISATION, starts_on, ends_on)


def fit_grants(user: User, body: Organisation, *, on: date, make: bool = False) -> None:
    """A person belongs to an organisation until the last day of the last post they hold there: its grants that are in
    date end then, later or earlier than they did. ``make``: where the person has none in date, from the day on, or from
    that of their first post if that comes later."""
    held = PostHolding.objects.filter(user=user, post__organisation=body, stopped_at__isnull=True).exclude(ends_on__lt=on)
    rows = list(held.values_list("post__code", "starts_on", "ends_on"))
    for (model, target, codename), found in [
        *((grant, [row for row in rows if row[0] in AUTHORITY_POSTS]) for grant in _grants_of_authority(body)),
        ((OrganisationGrant, body, ACT_FOR_ORGANISATION), [row for row in rows if row[0] not in AUTHORITY_POSTS]),
    ]:
        if not found:
            continue
        ends = [end for _code, _start, end in found]
        last = None if None in ends else max(ends)
        if not model.objects.filter(in_force(on), user=user, content_object=target).update(ends_on=last) and make:
            _grant(model, user, target, codename, max(on, min(start for _code, start, _end in found)), last)


def _grants_of_authority(body: Organisation) -> list[tuple]:
    return [(FrameworkGrant, framework, SERVE_FRAMEWORK) for framework in Framework.objects.filter(authority=body)]


def stop_grants(user: User, body: Organisation, *, on: date, at: datetime) -> None:
    """From this moment the person is not one of the organisation's people, whatever they hold. Grants that have not begun
    end on their first day, unused."""
    for model, bodies in ((OrganisationGrant, {"content_object": body}), (FrameworkGrant, {"content_object__authority": body})):
        lasting = model.objects.filter(user=user, stopped_at__isnull=True, **bodies).exclude(ends_on__lt=on)
        lasting.update(ends_on=Greatest("starts_on", Value(on)), stopped_at=at)


def lasting_people(body: Organisation, on: date) -> QuerySet:
    """The user ids of who is, on the day or later, one of the organisation's people."""
    lasting = Q(stopped_at__isnull=True) & (Q(ends_on__isnull=True) | Q(ends_on__gte=on))
    return OrganisationGrant.objects.filter(lasting, content_object=body).values("user")


def people_ids(body: Organisation, on: date) -> QuerySet:
    """The user ids of who is one of the organisation's people on the day."""
    return OrganisationGrant.objects.filter(in_force(on), content_object=body).values("user")


def pass_on(people: Collection[User], outgoing: Organisation, receiving: Organisation, *, on: date, at: datetime) -> None:
    """Who is one of the one organisation's people is one of the other's instead, from the day on and as long as they would
    have been. ``procurement.passing_on`` has carried their posts over."""
    lasting = OrganisationGrant.objects.filter(user__in=people, content_object=outgoing, stopped_at__isnull=True).exclude(ends_on__lt=on)
    for grant in lasting.select_related("user").order_by("pk"):
        there = OrganisationGrant.objects.filter(in_force(on), user=grant.user, content_object=receiving)
        if not there.exists():
            _grant(OrganisationGrant, grant.user, receiving, ACT_FOR_ORGANISATION, max(on, grant.starts_on), grant.ends_on)
        grant.ends_on = max(grant.starts_on, on - timedelta(days=1))
        grant.stopped_at = at if grant.starts_on >= on else None
        grant.save()
    for user in people:
        fit_grants(user, receiving, on=on, make=True)


def belongs_somewhere(user: User, on: date) -> bool:
    """Whether the person is, or will be, one of any organisation's people."""
    return any(
        model.objects.filter(user=user, stopped_at__isnull=True).exclude(ends_on__lt=on).exists()
        for model in (OrganisationGrant, FrameworkGrant)
    )


def grants_of(emails: Iterable[str], body: Organisation) -> set[int]:
    """The ids of these people's grants on the organisation, whenever they run."""
    found = OrganisationGrant.objects.filter(user__email__in=emails, content_object=body)
    return set(found.values_list("pk", flat=True))


def end_grants(grants: Iterable[int], *, on: date, unless: Collection[int]) -> None:
    """These grants on an organisation end on the day, except those of the people (user ids) in ``unless``."""
    lasting = OrganisationGrant.objects.filter(in_force(on), pk__in=list(grants))
    lasting.exclude(user_id__in=unless).update(ends_on=on)


def acts_for_a_counterparty(user: User, body: Organisation, on: date, *, leaving: Organisation | None = None) -> bool:
    """Whether the person is, from the day on, one of the people of an organisation that contracts with this one: of a
    supplier or an authority, or of anybody where this one is such. Who sits on two sides could agree with themselves.
    ``leaving``: an organisation whose grant ends with that day; that they serve a framework of it does not."""
    lasting = OrganisationGrant.objects.exclude(ends_on__lt=on).filter(user=user, stopped_at__isnull=True)
    if leaving is not None:
        lasting = lasting.exclude(content_object=leaving)
    others = Organisation.objects.filter(
        Q(pk__in=lasting.values("content_object"))
        | Q(frameworks__in=FrameworkGrant.objects.exclude(ends_on__lt=on).filter(user=user, stopped_at__isnull=True).values("content_object"))
    ).exclude(pk=body.pk)
    trades = Q(frameworks__isnull=False) | Q(framework_places__isnull=False)
    return (others if Organisation.objects.filter(trades, pk=body.pk).exists() else others.filter(trades)).exists()


def people_ever_after(organisations: Iterable[Organisation], on: date) -> dict[str, str]:
    """Address to name of everybody who is, or will be, one of the organisations' people on the day or later: by a
    grant, by serving a framework of theirs, or by a post."""
    stays = Q(ends_on__isnull=True) | Q(ends_on__gte=on)
    bodies = list(organisations)
    found = [
        OrganisationGrant.objects.filter(stays, content_object__in=bodies),
        FrameworkGrant.objects.filter(stays, content_object__authority__in=bodies),
        PostHolding.objects.filter(stays, post__organisation__in=bodies),
    ]
    return {email: name for rows in found for email, name in rows.values_list("user__email", "user__name")}


def grant_framework(user: User, framework: Framework, *, starts_on: date, ends_on: date | None = None) -> None:
    """Make the person one of the authority's people for a framework, from a day on."""
    _grant(FrameworkGrant, user, framework, SERVE_FRAMEWORK, starts_on, ends_on)


def _grant(model, user, target, codename, starts_on, ends_on) -> None:
    permission = Permission.objects.get(codename=codename, content_type__app_label="catalogue")
    model.objects.get_or_create(
        user=user, content_object=target, permission=permission, starts_on=starts_on, defaults={"ends_on": ends_on}
    )
