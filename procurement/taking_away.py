"""Why not: who keeps out of something for a conflict of interest takes away nobody's power over it, as an administrator either.

Who is left in a chair decides as surely as who is put there. What they give counts for nothing in it (``procurement.recusals``);
what is taken away cannot be counted as still there, so it is refused while the thing is under way: an order until its
contract is signed by all or it has ended, anything else until its steps are decided. An administrator whom the recused made
since it was begun takes away in their stead, and so does a deputy for them.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from catalogue.models import Organisation
from documents.clock import london_day
from documents.refusal import Reason
from procurement import approvals, recusals, seats
from procurement.actors import Person
from procurement.models import (
    OPEN,
    Approval,
    ApprovalStep,
    CallOffRevision,
    CallOffState,
    PostCode,
    Recusal,
    Side,
    StepState,
    User,
)

# of either side of what is approved: who signs it, and who gives and ends the posts of those who decide
ALWAYS = frozenset({PostCode.SIGNATORY, PostCode.AUTHORITY_SIGNATORY, PostCode.ADMINISTRATOR})


def why_not_take_away(body: Organisation, posts: Collection[str], *, by: Person, at: datetime) -> Iterator[Reason]:
    """Of what gives power in those posts of the organisation: a holding, a delegation, a deputy's place, an added step."""
    on = london_day(at)
    seat = seats.find_seat(by, body.pk, PostCode.ADMINISTRATOR, on)
    principal = seat.principal if seat else None
    for approval in _under_way(body):
        hands, over = recusals.hands(approval), _posts_over(approval, body)
        if over.isdisjoint(posts):
            continue
        words = _whose_hand(approval, hands, by, principal)
        if words:
            title = approvals.about([approval])[approval.pk].title
            yield Reason(words % {"it": title}, _who_can(body, hands, seats.taken(body.pk, PostCode.ADMINISTRATOR, on)))


def _under_way(body: Organisation) -> list[Approval]:
    """The last rounds of what somebody has declared a conflict of interest in, at an organisation that decides on it."""
    of_subject = {"subject": OuterRef("subject"), "subject_id": OuterRef("subject_id")}
    undecided = ApprovalStep.objects.filter(approval=OuterRef("pk"), state__in=[StepState.WAITING, StepState.OPEN])
    order = CallOffRevision.objects.filter(approval=OuterRef("pk"), call_off__state__in=(*OPEN, CallOffState.CONFIRMED))
    return list(
        Approval.objects.filter(
            Q(department=body) | Q(framework__authority=body),
            Exists(Recusal.objects.filter(**of_subject)),
            ~Exists(Approval.objects.filter(**of_subject, pk__gt=OuterRef("pk"))),
            Exists(undecided) | Exists(order),
        ).select_related("department", "framework__authority").order_by("pk")
    )  # fmt: skip


def _posts_over(approval: Approval, body: Organisation) -> set[str]:
    """The organisation's posts that decide on it or sign it, or appoint who does."""
    stands = {Side.DEPARTMENT: approval.department_id == body.pk, Side.AUTHORITY: approval.framework.authority_id == body.pk}
    steps = approval.steps.filter(side__in=[side for side, there in stands.items() if there])
    return ALWAYS | set(steps.values_list("post", flat=True))


def _whose_hand(approval: Approval, hands: dict[str, str], by: Person, principal: User | None) -> str:
    """What makes it the hand of one of the recused (person id to name); empty where it is nobody's of them."""
    recused = {str(person_id) for person_id in recusals.people(approval)}
    if str(by.person_id) in recused:
        return _("You declared a conflict of interest in %(it)s: who keeps out of it takes away nobody's power over it.")
    if str(by.person_id) in hands:
        return _("You were made administrator by who has declared a conflict of interest in %(it)s: who keeps out of it takes away nobody's power over it.")
    if principal is not None and str(principal.person_id) in hands:
        return _("You act for who has declared a conflict of interest in %(it)s, or was made administrator by who has: who keeps out of it takes away nobody's power over it.")
    return ""


def _who_can(body: Organisation, hands: dict[str, str], taken: list[tuple[User, list[seats.Seat]]]) -> str:
    """The administrators who are none of the hands, a deputy by whom they act for."""
    able = [
        seats.named(user) for user, sits in taken
        if str(user.person_id) not in hands and (sits[0].principal is None or str(sits[0].principal.person_id) not in hands)
    ]  # fmt: skip
    if able:
        return _("%(names)s can.") % {"names": ", ".join(able)}
    return _("An administrator of %(body)s who has declared no conflict in it can; otherwise it is decided or withdrawn first.") % {
        "body": body.name
    }
