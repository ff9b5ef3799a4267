"""Who will be away from a chair while an order is decided, and who acts for them. Reads only."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from documents.templatetags.flex import day, day_range
from procurement.models import ActingFor, PostHolding

Chair = tuple[int, str]  # organisation id, post


def _of(chairs: Iterable[Chair], path: str) -> Q:
    wanted = Q(pk=None)
    for organisation_id, code in chairs:
        wanted |= Q(**{f"{path}post__organisation_id": organisation_id, f"{path}post__code": code})
    return wanted


def words(chairs: Iterable[Chair], first: date, last: date) -> dict[Chair, list[str]]:
    """By chair, in words: whose deputy acts on some day from the first to the last, and whose post ends on one of them, if
    it was not given to them again from the next; who was stopped at once has gone, and is not spoken of. Two queries, however
    many chairs."""
    chairs, found = list(chairs), defaultdict(list)
    acting = ActingFor.objects.filter(
        _of(chairs, "holding__"), starts_on__lte=last, ends_on__gte=first, holding__user__is_active=True,
        holding__stopped_at__isnull=True,
    ).select_related("holding__post", "holding__user", "deputy")
    for row in acting.order_by("starts_on", "id"):
        chair = row.holding.post.organisation_id, row.holding.post.code
        found[chair].append(
            _("%(name)s, %(days)s; %(deputy)s acts.")
            % {"name": row.principal.name, "days": day_range(row.starts_on, row.ends_on), "deputy": row.deputy.name}
        )
    held_on = PostHolding.objects.filter(
        post=OuterRef("post"), user=OuterRef("user"), starts_on=OuterRef("ends_on") + timedelta(days=1), stopped_at__isnull=True
    )
    ending = PostHolding.objects.filter(
        ~Exists(held_on), _of(chairs, ""), starts_on__lte=first, ends_on__gte=first, ends_on__lte=last, user__is_active=True,
        stopped_at__isnull=True,
    ).select_related("post", "user")
    for holding in ending.order_by("ends_on", "id"):
        found[holding.post.organisation_id, holding.post.code].append(
            _("%(name)s leaves this post after %(day)s.") % {"name": holding.user.name, "day": day(holding.ends_on)}
        )
    return dict(found)
