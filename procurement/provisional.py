"""What an approval gives the signatories whom an application names, so that they can sign the agreement: kept as given,
and taken back if the body does not join after all."""

from datetime import datetime
from typing import Any

from catalogue.models import Organisation
from documents import audit
from documents.actors import Actor, Principal
from documents.clock import london_day
from procurement import granting, membership
from procurement.locking import lock_organisation
from procurement.models import Accession, Delegation, PostHolding


def _rows(body: Organisation, emails: set[str]) -> dict[str, set[int]]:
    people = {"user__email__in": emails, "post__organisation": body}
    return {
        "holdings": set(PostHolding.objects.filter(**people).values_list("pk", flat=True)),
        "delegations": set(
            Delegation.objects.filter(holding__in=PostHolding.objects.filter(**people)).values_list("pk", flat=True)
        ),
        "grants": granting.grants_of(emails, body),
    }


def give(
    accession: Accession, signatories: list[Any], *, by: Actor, at: datetime, acting_for: Principal | None
) -> dict[str, list[int]]:
    """Appoint them; what is new by that, as ids, and as ``held`` the posts they had already. The caller holds the
    transaction and the accession."""
    body = lock_organisation(accession.department)
    emails = {named.email for named in signatories}
    before = _rows(body, emails)
    for named in signatories:
        membership.appoint(body, named, by=by, at=at, acting_for=acting_for)
    after = _rows(body, emails)
    return {kind: sorted(after[kind] - before[kind]) for kind in after} | {"held": sorted(before["holdings"])}


def take_back(accession: Accession, *, by: Actor, at: datetime, acting_for: Principal | None) -> None:
    """Posts, delegations and memberships given by the approval end today; who has been given another post since stays
    one of the body's people."""
    given = accession.given
    if not given:
        return
    body, on = lock_organisation(accession.department), london_day(at)
    holdings = list(PostHolding.objects.filter(pk__in=given["holdings"]).select_related("post", "user"))
    ending = [*holdings, *Delegation.objects.filter(pk__in=given["delegations"])]
    for holding in holdings:
        ending += [*holding.delegations.all(), *holding.deputies.all()]
    for row in ending:
        if row.starts_on <= on and (row.ends_on is None or row.ends_on > on):
            row.ends_on = on
            row.save()
    stays = PostHolding.objects.filter(post__organisation=body).exclude(ends_on__lt=on)
    stays = stays.exclude(pk__in=[*given["holdings"], *given["held"]])
    granting.end_grants(given["grants"], on=on, unless=set(stays.values_list("user_id", flat=True)))
    for holding in holdings:
        audit.record("organisation.post_ended", body, by=by, at=at, acting_for=acting_for, extra={
            "person": str(holding.user.person_id), "name": holding.user.name, "post": holding.post.code,
            "ends_on": on.isoformat(),
        })  # fmt: skip
