"""Why not: reasons in words for changing who does what at an organisation."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Protocol

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from catalogue.models import Lot, Organisation
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import day
from procurement import granting, seats, sides
from procurement.actors import Person
from procurement.models import (
    APPROVING,
    AUTHORITY_POSTS,
    ActingFor,
    AddedStep,
    Delegation,
    PostCode,
    PostHolding,
    User,
    in_force,
)
from procurement.taking_away import why_not_take_away

SIGNATORIES = (PostCode.SIGNATORY, PostCode.AUTHORITY_SIGNATORY, PostCode.SUPPLIER_SIGNATORY)
SUPPLIER_POSTS = (
    PostCode.ACCOUNT_MANAGER, PostCode.ORDER_DESK, PostCode.SUPPLIER_SIGNATORY, PostCode.SERVICE_MANAGER,
)  # fmt: skip
DEPARTMENT_POSTS = tuple(post for post in PostCode if post not in AUTHORITY_POSTS and post not in SUPPLIER_POSTS)
COMMITTING = (
    *APPROVING, PostCode.CATEGORY_MANAGER, PostCode.COMMERCIAL_LEAD, PostCode.FINANCE_LEAD, PostCode.DEPUTY_DIRECTOR, *SIGNATORIES,
)  # fmt: skip


class LimitLike(Protocol):
    framework_id: int | None
    lot: int | None
    starts_on: date
    ends_on: date | None
    letter_sha256: str


def posts_of(body: Organisation) -> list[PostCode]:
    """The posts that an organisation can have, by what it is on a framework."""
    found: list[PostCode] = []
    if orders_for_itself(body):
        found += DEPARTMENT_POSTS
    if body.frameworks.exists():
        found += [post for post in PostCode if post in AUTHORITY_POSTS]
    if body.framework_places.exists():
        found += [PostCode.ADMINISTRATOR, *SUPPLIER_POSTS] if PostCode.ADMINISTRATOR not in found else SUPPLIER_POSTS
    return found


def still_held_after(on: date) -> Q:
    return Q(ends_on__isnull=True) | Q(ends_on__gt=on)


def why_not_manage(body: Organisation, *, by: Person, at: datetime) -> Iterator[Reason]:
    on = london_day(at)
    if seats.find_seat(by, body.pk, PostCode.ADMINISTRATOR, on) is None:
        yield Reason(
            _("Only the administrator of %(body)s can do this.") % {"body": body.name},
            seats.who_holds(body.pk, PostCode.ADMINISTRATOR, on),
        )


def _not_oneself(user: User, body: Organisation, by: Person, at: datetime) -> Iterator[Reason]:
    """Nor to the principal whose chair of administrator they sit in: it would be that person's own hand."""
    seat = seats.find_seat(by, body.pk, PostCode.ADMINISTRATOR, london_day(at))
    principal = seat.principal if seat else None
    if user.person_id == by.person_id:
        yield Reason(_("Nobody gives powers to themselves; another administrator has to do it."))
    elif principal is not None and user.pk == principal.pk:
        yield Reason(
            _("You act for %(name)s: nobody gives powers to whom they act for. Another administrator has to do it.")
            % {"name": principal.name}
        )


def _not_for_own_use(holding: PostHolding, by: Person, at: datetime) -> Iterator[Reason]:
    """Nor to a chair that they, or the principal, are deputy in: they would commit under what they gave."""
    body, on = holding.post.organisation, london_day(at)
    seat = seats.find_seat(by, body.pk, PostCode.ADMINISTRATOR, on)
    using = {by.user.pk} | ({seat.principal.pk} if seat and seat.principal else set())
    acting = holding.deputies.filter(deputy__in=using, ends_on__gte=on).select_related("deputy").first()
    if acting is not None:
        yield Reason(
            _("%(deputy)s acts for %(name)s as %(post)s: nobody gives powers that they use themselves. Another administrator has to do it.")
            % {"deputy": acting.deputy.name, "name": holding.user.name, "post": holding.post.get_code_display()}
        )


def why_not_of(user: User, body: Organisation, on: date, *, leaving: Organisation | None = None) -> Iterator[Reason]:
    """Nobody sits on two sides of one contract. ``leaving``: whose people they are no more from that day on."""
    if granting.acts_for_a_counterparty(user, body, on, leaving=leaving):
        yield Reason(
            _("%(email)s cannot have a post at %(body)s: its owner acts for another side of its contracts.")
            % {"email": user.email, "body": body.name},
            _("Their posts there have to end first."),
        )


def why_not_invite(
    body: Organisation, email: str, post: str, starts_on: date | None = None, *, by: Person, at: datetime
) -> Iterator[Reason]:
    """``starts_on``: the first day that was asked for; None for as soon as can be."""
    yield from why_not_manage(body, by=by, at=at)
    email, on = email.strip().lower(), london_day(at)
    user = User.objects.filter(email=email).first()
    if user is not None:
        yield from _not_oneself(user, body, by, at)
        yield from why_not_of(user, body, on)
        if PostHolding.objects.filter(user=user, post__organisation=body, post__code=post, ends_on__isnull=True).exists():
            yield Reason(_("%(name)s holds this post already.") % {"name": user.name})
    if starts_on is not None:
        yield from _not_past(starts_on, at)
    if user is None or not granting.belongs_somewhere(user, on):
        # or a body could take away the people whom another side of its contracts is about to name
        yield from sides.why_of_another(body, {email: email}, on)
        yield from sides.why_not_their_domain(body, email)
    if post not in posts_of(body):
        yield Reason(_("%(body)s has no such post.") % {"body": body.name})


def _not_past(on: date, at: datetime) -> Iterator[Reason]:
    today = london_day(at)
    if on < today:
        yield Reason(_("%(day)s is past: what could be done then stays as it was.") % {"day": day(on)})


def why_not_end(holding: PostHolding, ends_on: date, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_manage(holding.post.organisation, by=by, at=at)
    yield from _not_past(ends_on, at)
    if ends_on < holding.starts_on:
        yield Reason(_("The post begins on %(day)s.") % {"day": day(holding.starts_on)})
    if holding.ends_on is not None and holding.ends_on <= ends_on:
        yield Reason(_("It ends on %(day)s already.") % {"day": day(holding.ends_on)})
    if holding.post.code == PostCode.ADMINISTRATOR:
        yield from _why_nobody_left(holding, ends_on)
    if holding.user.person_id != by.person_id:
        yield from why_not_take_away(holding.post.organisation, [holding.post.code], by=by, at=at)


def _why_nobody_left(holding: PostHolding, ends_on: date) -> Iterator[Reason]:
    """The last administrator stays until another begins: somebody has to give and end the others' posts."""
    next_day = ends_on + timedelta(days=1)
    others = PostHolding.objects.filter(
        still_held_after(ends_on), starts_on__lte=next_day, post=holding.post, stopped_at=None
    ).exclude(user=holding.user)
    if not others.filter(user__is_active=True).exists():
        yield Reason(
            _("Then nobody would look after the people of %(body)s.") % {"body": holding.post.organisation.name},
            _("Give the post of administrator to somebody else first."),
        )


def held_from(body: Organisation, person: User, on: date) -> QuerySet[PostHolding]:
    """The posts that the person holds at the organisation on the day or later."""
    lasting = PostHolding.objects.filter(user=person, post__organisation=body, stopped_at__isnull=True)
    return lasting.exclude(ends_on__lt=on).select_related("post").order_by("id")


def why_not_stop(body: Organisation, person: User, *, by: Person, at: datetime) -> Iterator[Reason]:
    on = london_day(at)
    yield from why_not_manage(body, by=by, at=at)
    held = list(held_from(body, person, on))
    if not held and not seats.people_of(body, on).filter(pk=person.pk).exists():
        yield Reason(_("%(name)s is not one of the people of %(body)s.") % {"name": person.name, "body": body.name})
    for holding in held:
        if holding.post.code == PostCode.ADMINISTRATOR:
            yield from _why_nobody_left(holding, on)
    if person.person_id != by.person_id:
        acts = ActingFor.objects.filter(deputy=person, holding__post__organisation=body, ends_on__gte=on)
        posts = {holding.post.code for holding in held} | set(acts.values_list("holding__post__code", flat=True))
        yield from why_not_take_away(body, posts, by=by, at=at)


def why_not_delegate(holding: PostHolding, limit: LimitLike, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_manage(holding.post.organisation, by=by, at=at)
    yield from _not_oneself(holding.user, holding.post.organisation, by, at)
    yield from _not_for_own_use(holding, by, at)
    yield from _not_past(limit.starts_on, at)
    if holding.post.code not in COMMITTING:
        yield Reason(_("The post of %(post)s commits and signs nothing.") % {"post": holding.post.get_code_display()})
    if limit.ends_on is not None and limit.ends_on < limit.starts_on:
        yield Reason(_("It ends before it begins."))
    if holding.ends_on is not None and (limit.ends_on is None or limit.ends_on > holding.ends_on):
        yield Reason(_("The post itself ends on %(day)s: let the delegation end then.") % {"day": day(holding.ends_on)})
    if limit.lot is not None and not lots_of(holding.post.organisation).filter(framework=limit.framework_id, number=limit.lot).exists():
        yield Reason(_("%(body)s takes part in no framework with such a lot.") % {"body": holding.post.organisation.name})
    if not limit.letter_sha256:
        yield Reason(_("Attach the letter that gives the delegation."))


def why_not_end_delegation(delegation: Delegation, ends_on: date, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_manage(delegation.holding.post.organisation, by=by, at=at)
    yield from _not_past(ends_on, at)
    if delegation.ends_on is not None and delegation.ends_on <= ends_on:
        yield Reason(_("It ends on %(day)s already.") % {"day": day(delegation.ends_on)})
    if delegation.holding.user.person_id != by.person_id:
        yield from why_not_take_away(delegation.holding.post.organisation, [delegation.holding.post.code], by=by, at=at)


def why_not_name_deputy(
    holding: PostHolding, deputy: User, starts_on: date, ends_on: date, *, by: Person, at: datetime
) -> Iterator[Reason]:
    """By the administrator, or by the holder for their own absence; never for oneself."""
    body = holding.post.organisation
    if holding.user.person_id != by.person_id or holding.pk not in _own_holdings(by, at):
        yield from why_not_manage(body, by=by, at=at)
        yield from _not_oneself(deputy, body, by, at)
    yield from _not_past(starts_on, at)
    if deputy.pk == holding.user_id:
        yield Reason(_("Nobody acts for themselves."))
    if ends_on < starts_on:
        yield Reason(_("It ends before it begins."))
    if holding.ends_on is not None and ends_on > holding.ends_on:
        yield Reason(_("The post itself ends on %(day)s.") % {"day": day(holding.ends_on)})
    if not seats.people_of(body, london_day(at)).filter(pk=deputy.pk).exists():
        yield Reason(_("%(name)s is not one of the people of %(body)s.") % {"name": deputy.name, "body": body.name})


def _own_holdings(by: Person, at: datetime) -> set[int]:
    return set(PostHolding.objects.filter(in_force(london_day(at)), user=by.user).values_list("pk", flat=True))


def why_not_end_deputy(acting: ActingFor, *, by: Person, at: datetime) -> Iterator[Reason]:
    if acting.holding.user.person_id != by.person_id:
        yield from why_not_manage(acting.holding.post.organisation, by=by, at=at)
    if acting.ends_on <= london_day(at):
        yield Reason(_("It ends on %(day)s already.") % {"day": day(acting.ends_on)})
    yield from why_not_take_away(acting.holding.post.organisation, [acting.holding.post.code], by=by, at=at)


def lots_of(body: Organisation) -> QuerySet[Lot]:
    """The lots of every framework on which the organisation is: as a department, the authority or a supplier."""
    takes_part = Q(framework__accessions__department=body) | Q(framework__authority=body) | Q(framework__framework_suppliers__supplier=body)
    return Lot.objects.filter(takes_part).select_related("framework").order_by("framework_id", "number").distinct()


def orders_for_itself(body: Organisation) -> bool:
    """Whether it has a route of its own: a department, or the authority when it orders like one; no supplier."""
    return not body.framework_places.exists()


def why_not_add_step(body: Organisation, post: str, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_manage(body, by=by, at=at)
    if post not in APPROVING or not orders_for_itself(body):
        yield Reason(_("%(body)s has no such step to add.") % {"body": body.name})
    if AddedStep.objects.filter(organisation=body, post=post, ends_on__isnull=True).exists():
        yield Reason(
            _("There is such a step already."), _("To ask from another value on, end it and add it again from tomorrow.")
        )
    elif AddedStep.objects.filter(organisation=body, post=post, ends_on__gte=london_day(at)).exists():
        yield Reason(_("The step that was ended counts until the end of today; add another tomorrow."))


def why_not_end_step(step: AddedStep, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_manage(step.organisation, by=by, at=at)
    if step.ends_on is not None:
        yield Reason(_("It ends on %(day)s already.") % {"day": day(step.ends_on)})
    yield from why_not_take_away(step.organisation, [step.post], by=by, at=at)
