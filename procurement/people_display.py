"""Who holds which post at an organisation on a day, and what they could approve: plain rows for a page."""

from datetime import date
from typing import Any

from django.db.models import Prefetch, Q
from django.utils.translation import gettext as _

from catalogue.models import Organisation
from documents.templatetags.flex import gbp
from procurement.models import (
    ActingFor,
    AddedStep,
    Delegation,
    PostCode,
    PostHolding,
    in_date,
    in_force,
    not_taken_back,
)
from procurement.people_guards import COMMITTING


def posts(body: Organisation, on: date, *, coming: bool = False) -> list[dict[str, Any]]:
    """By post in the order of ``PostCode``: its holders on the day with delegations and deputies in date, and with those
    ``coming`` later, whose post is to begin among them. Three queries however many people."""
    timely = (Q(ends_on__isnull=True) | Q(ends_on__gte=on)) & not_taken_back() if coming else in_date(on)
    held = in_force(on) | Q(starts_on__gt=on, stopped_at__isnull=True) if coming else in_force(on)
    rows = (
        PostHolding.objects.filter(held, post__organisation=body, user__is_active=True)
        .select_related("post", "user")
        .prefetch_related(
            Prefetch("delegations", Delegation.objects.filter(timely).select_related("framework").order_by("-unlimited", "-limit_gbp"), "now"),
            Prefetch("deputies", ActingFor.objects.filter(timely).select_related("deputy"), "acting"),
        )
        .order_by("user__name", "starts_on")
    )
    order = {code: number for number, code in enumerate(PostCode.values)}
    found = sorted(rows, key=lambda row: order[row.post.code])
    return [
        {
            "holding": row, "post": row.post.get_code_display(), "commits": row.post.code in COMMITTING,
            "delegations": [{"row": d, "words": words(d)} for d in row.now], "deputies": row.acting,
        }
        for row in found
    ]  # fmt: skip


def added_steps(body: Organisation, on: date) -> list[AddedStep]:
    """What the department adds to the approval matrix on the day, from the lowest value up."""
    return list(AddedStep.objects.filter(in_date(on), organisation=body).order_by("from_gbp", "id"))


def words(delegation: Delegation) -> str:
    limit = _("without limit") if delegation.unlimited else _("up to %(limit)s") % {"limit": gbp(delegation.limit_gbp)}
    kind = str(delegation.get_kind_display())
    if delegation.lot is not None:
        return _("%(kind)s %(limit)s, %(lot)s alone") % {"kind": kind, "limit": limit, "lot": delegation.lot_words}
    return f"{kind} {limit}"
