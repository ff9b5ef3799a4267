"""Who may see and do what: the only way from an address to a row, and the only module that speaks guardian.

A stranger gets 404. A colleague without the right gets ``NotYours`` (403) with reasons in words. Membership is a
dated grant; what a member may do follows from the posts they hold on the day.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Greatest
from django.http import Http404
from django.utils.translation import gettext as _
from guardian.shortcuts import get_objects_for_user

from catalogue.models import CatalogueRelease, Framework, FrameworkSupplier, Organisation, ReleaseState
from documents.refusal import Reason, Refused, refuse
from procurement.actors import Person
from procurement.models import (
    ACT_FOR_ORGANISATION,
    AUTHORITY_POSTS,
    SERVE_FRAMEWORK,
    Accession,
    AccessionState,
    ActingFor,
    Application,
    CallOff,
    CallOffRevision,
    Delegation,
    FrameworkGrant,
    OrganisationGrant,
    PostCode,
    PostHolding,
    Side,
    User,
    in_date,
    in_force,
)


class NotYours(Refused):
    """The person may see the thing but not do this with it (403)."""


@dataclass(frozen=True)
class Sight:
    """What a person belongs to and holds on a day: organisation ids, framework ids, and the chairs they sit in, for
    themselves or for a principal, as (organisation id, code). ``buyers`` and ``sellers`` are the organisations that can
    have ordered and that can have been ordered from: a list then asks for one of both, which one index answers."""

    organisations: frozenset[int]
    frameworks: frozenset[int]
    posts: frozenset[tuple[int, str]]
    buyers: frozenset[int]
    sellers: frozenset[int]

    def holds(self, organisation_id: int, *codes: str) -> bool:
        return any((organisation_id, code) in self.posts for code in codes)

    def holds_anywhere(self, *codes: str) -> bool:
        return any(code in codes for _organisation, code in self.posts)


NOTHING = Sight(frozenset(), frozenset(), frozenset(), frozenset(), frozenset())


def _granted(user: User, permission: str, model: type, grants: str, on: date) -> QuerySet:
    objects = get_objects_for_user(
        user, f"catalogue.{permission}", model, accept_global_perms=False, with_superuser=False, use_groups=False
    )
    dated = Q(**{f"{grants}__user": user, f"{grants}__permission__codename": permission})
    return objects.filter(dated & in_force(on, f"{grants}__"))


def _is_one_of(user, organisation, on: date) -> Q:
    """Whether the person is one of the organisation's people that day: by a grant on it, or on a framework that it is
    the authority of. A post without that opens nothing. Both may be ``OuterRef`` or a row or id."""
    own = OrganisationGrant.objects.filter(
        in_force(on), user=user, permission__codename=ACT_FOR_ORGANISATION, content_object=organisation
    )
    serves = FrameworkGrant.objects.filter(
        in_force(on), user=user, permission__codename=SERVE_FRAMEWORK, content_object__authority=organisation
    )
    return Q(Exists(own)) | Q(Exists(serves))


def _acting_now(deputy, on: date) -> Q:
    """Of ``ActingFor``: what the deputy acts under that day, in date on both sides, for an active principal."""
    return in_date(on) & in_force(on, "holding__") & Q(deputy=deputy, holding__user__is_active=True)


def sight(user: User, on: date) -> Sight:
    """What the person may see on that day (one query): by grants in date, and of the posts those at organisations whose
    people they are, by a grant on it or on a framework that it is the authority of. Inactive people see nothing."""
    if not user.is_active:
        return NOTHING
    no, post = Value(False), "post__organisation_id"
    sells = Exists(FrameworkSupplier.objects.filter(supplier=OuterRef("pk")))
    joined_ever = Exists(Accession.objects.filter(department=OuterRef("pk")))
    bodies = _granted(user, ACT_FOR_ORGANISATION, Organisation, "organisationgrant", on)
    frameworks = _granted(user, SERVE_FRAMEWORK, Framework, "frameworkgrant", on)
    held = PostHolding.objects.filter(in_force(on), user=user)
    acting = ActingFor.objects.filter(_acting_now(user, on))
    rows = list(
        bodies.order_by().values_list(Value("body"), "pk", F("pk"), Value(""), sells, joined_ever).union(
            frameworks.order_by().values_list(Value("framework"), "pk", "authority_id", Value(""), no, no),
            held.values_list(Value("post"), Value(0), post, "post__code", no, no),
            acting.values_list(Value("post"), Value(0), f"holding__{post}", "holding__post__code", no, no),
        )
    )
    member = {body for kind, _pk, body, _code, _sells, _joined in rows if kind != "post"}
    own = [(pk, sells, joined) for kind, pk, _body, _code, sells, joined in rows if kind == "body"]
    return Sight(
        organisations=frozenset(pk for pk, _sells, _joined in own),
        frameworks=frozenset(pk for kind, pk, *_rest in rows if kind == "framework"),
        posts=frozenset((body, code) for kind, _pk, body, code, *_rest in rows if kind == "post" and body in member),
        buyers=frozenset(pk for pk, sells, joined in own if joined or not sells),
        sellers=frozenset(pk for pk, sells, _joined in own if sells),
    )


def sight_of(by: Person, on: date) -> Sight:
    """The person's sight, read once per request and day."""
    known = by.user.__dict__.setdefault("_sight", {})
    if on not in known:
        known[on] = sight(by.user, on)
    return known[on]


def joined(by: Person, on: date) -> QuerySet[Accession]:
    """The active accessions of the person's departments: who has not joined, or has left, reads no prices."""
    return (
        Accession.objects.filter(department_id__in=sight_of(by, on).organisations, state=AccessionState.ACTIVE)
        .select_related("framework", "department")
        .order_by("framework_id", "department_id")
    )


def visible_accessions(by: Person, on: date) -> QuerySet[Accession]:
    """A department's own; the authority's of the frameworks the person serves; never a supplier's, even where a row
    says that it joins."""
    seen = sight_of(by, on)
    supplier = FrameworkSupplier.objects.filter(supplier=OuterRef("department_id"))
    own = Q(department_id__in=seen.organisations) & ~Q(Exists(supplier))
    return Accession.objects.filter(own | Q(framework_id__in=seen.frameworks)).select_related(
        "framework__authority", "department", "document"
    )


def visible_applications(by: Person, accession: Accession, on: date) -> QuerySet[Application]:
    """Of an accession the person may see: all of them for its own people, and for the authority those that were sent."""
    sent = accession.applications.exclude(submitted_at=None)
    return accession.applications.all() if accession.department_id in sight_of(by, on).organisations else sent


def framework_served(by: Person, on: date) -> Framework | None:
    """The framework whose authority's people the person is one of; the oldest where there are several."""
    served = Framework.objects.filter(pk__in=sight_of(by, on).frameworks)
    return served.select_related("authority").order_by("pk").first()


def get_accession(by: Person, public_id: UUID, on: date, right: str = "see") -> Accession:
    """The accession, or 404 for a stranger. Rights: ``see``; ``department`` its own people; ``authority`` those of the
    framework."""
    accession = visible_accessions(by, on).filter(public_id=public_id).first()
    seen = sight_of(by, on)
    allowed = accession is not None and {
        "see": True,
        "department": accession.department_id in seen.organisations,
        "authority": accession.framework_id in seen.frameworks,
    }[right]
    if not allowed:
        raise Http404
    return accession


def visible_call_offs(by: Person, on: date) -> QuerySet[CallOff]:
    """A department's own; the authority's once sent to it; the supplier's once awarded to it."""
    seen = sight_of(by, on)
    return CallOff.objects.filter(
        Q(department_id__in=seen.buyers)
        | Q(framework_id__in=seen.frameworks, authority_revision__isnull=False)
        | Q(supplier_id__in=seen.sellers, supplier_revision__isnull=False)
    )


def viewpoint(by: Person, call_off: CallOff, on: date) -> str:
    """From where the person looks at it: ``department`` before ``authority`` before ``supplier``."""
    seen = sight_of(by, on)
    if call_off.department_id in seen.organisations:
        return "department"
    if call_off.framework_id in seen.frameworks and call_off.authority_revision_id:
        return "authority"
    if call_off.supplier_id in seen.organisations and call_off.supplier_revision_id:
        return "supplier"
    raise Http404


def revision_seen(call_off: CallOff, viewpoint: str) -> CallOffRevision:
    """The newest revision this reader may see."""
    return {
        "department": call_off.revision,
        "authority": call_off.authority_revision,
        "supplier": call_off.supplier_revision,
    }[viewpoint]


def get_call_off(by: Person, public_id: UUID, on: date, right: str = "see") -> CallOff:
    """The call-off, or 404 for a stranger, or ``NotYours`` for a colleague without the right.

    Rights: ``see`` any viewpoint; ``edit`` a requester of the department; ``department`` anybody of the department;
    ``internal`` the department or the authority (never the supplier); ``order_desk`` the supplier's order desk.
    """
    rows = visible_call_offs(by, on).select_related(
        "framework__authority", "department", "supplier", "requester", "revision", "authority_revision",
        "supplier_revision",
    )  # fmt: skip
    call_off = rows.filter(public_id=public_id).first()
    if call_off is None:
        raise Http404
    view = viewpoint(by, call_off, on)
    seen = sight_of(by, on)
    if right == "see":
        return call_off
    if right == "internal":
        if view == "supplier":
            raise Http404
        return call_off
    if right == "department":
        if view != "department":
            raise Http404
        return call_off
    if right == "edit":
        if view != "department":
            raise Http404
        if not seen.holds(call_off.department_id, PostCode.REQUESTER):
            raise NotYours([requester_needed(call_off, on)])
        return call_off
    if right == "order_desk":
        if call_off.supplier_id not in seen.organisations or not call_off.supplier_revision_id:
            raise Http404
        if not seen.holds(call_off.supplier_id, PostCode.ORDER_DESK):
            raise NotYours([order_desk_needed(call_off, on)])
        return call_off
    raise ValueError(f"unknown right {right!r}")


def requester_needed(call_off: CallOff, on: date) -> Reason:
    return Reason(
        _("Only a requester of %(department)s can do this.") % {"department": call_off.department.name},
        who_holds(call_off.department_id, PostCode.REQUESTER, on),
    )


def order_desk_needed(call_off: CallOff, on: date) -> Reason:
    return Reason(
        _("Only the order desk of %(supplier)s can do this.") % {"supplier": call_off.supplier.name},
        who_holds(call_off.supplier_id, PostCode.ORDER_DESK, on),
    )


def holders(organisation_id: int, code: str, on: date) -> QuerySet[User]:
    """Active people of the organisation who sit in the chair on the day: who hold the post, and their deputies."""
    own = PostHolding.objects.filter(
        in_force(on), user=OuterRef("pk"), post__organisation_id=organisation_id, post__code=code
    )
    deputy = ActingFor.objects.filter(
        _acting_now(OuterRef("pk"), on), holding__post__organisation_id=organisation_id, holding__post__code=code
    )
    member = _is_one_of(OuterRef("pk"), organisation_id, on)
    people = User.objects.filter(Exists(own) | Exists(deputy), member, is_active=True)
    return people.annotate(holds=Exists(own)).order_by("name")


def names(organisation_id: int, code: str, on: date, *, without: Collection[UUID] = ()) -> tuple[str, ...]:
    """Who sits in the chair on the day, deputies as such, except these person ids."""
    return tuple(called(user) for user in holders(organisation_id, code, on) if user.person_id not in without)


def called(user: User) -> str:
    """One of the ``holders`` of a chair, by name, a deputy as such."""
    return user.name if user.holds else _("%(name)s (deputy)") % {"name": user.name}


def sitters(chairs: Collection[tuple[int, str]], on: date) -> dict[tuple[int, str], tuple[str, ...]]:
    """Of many chairs, (organisation id, post), at once: the ``names`` of each (three queries)."""
    wanted, deputised = Q(), Q()
    for organisation_id, code in chairs:
        wanted |= Q(post__organisation_id=organisation_id, post__code=code)
        deputised |= Q(holding__post__organisation_id=organisation_id, holding__post__code=code)
    if not wanted:
        return {}
    own = PostHolding.objects.filter(
        in_force(on), wanted, _is_one_of(OuterRef("user_id"), OuterRef("post__organisation_id"), on)
    ).values_list("post__organisation_id", "post__code", "user_id")
    acting = ActingFor.objects.filter(
        in_date(on), in_force(on, "holding__"), deputised,
        _is_one_of(OuterRef("deputy_id"), OuterRef("holding__post__organisation_id"), on), holding__user__is_active=True,
    ).values_list("holding__post__organisation_id", "holding__post__code", "deputy_id")  # fmt: skip
    holding, sitting = set(own), set(own) | set(acting)
    people = User.objects.filter(pk__in={user for *_chair, user in sitting}, is_active=True).order_by("name")
    return {
        chair: tuple(
            person.name if (*chair, person.pk) in holding else _("%(name)s (deputy)") % {"name": person.name}
            for person in people if (*chair, person.pk) in sitting
        )
        for chair in chairs
    }  # fmt: skip


def who_holds(organisation_id: int, code: str, on: date) -> str:
    """In words: "DIUS requester and DIUS second requester can."""
    names = [user.name for user in holders(organisation_id, code, on)]
    post = PostCode(code).label
    if not names:
        return _("Nobody holds the post of %(post)s on this day; the administrator can appoint somebody.") % {
            "post": post
        }
    return _("%(names)s can.") % {"names": ", ".join(names)}


@dataclass(frozen=True)
class Seat:
    """The chair a person acts from: their own holding, or a principal's while acting for them."""

    holding: PostHolding
    acting: ActingFor | None = None

    @property
    def principal(self) -> User | None:
        return self.acting.principal if self.acting else None


def find_seat(by: Person, organisation_id: int, code: str, on: date) -> Seat | None:
    """The person's own holding of the post on the day, else one they act for, else None. Inside an action (a
    transaction) it is read afresh; a page, which locks nothing, asks the same only once."""
    if connection.in_atomic_block:
        return _find_seat(by, organisation_id, code, on)
    known = by.user.__dict__.setdefault("_seats", {})
    wanted = organisation_id, code, on
    if wanted not in known:
        known[wanted] = _find_seat(by, organisation_id, code, on)
    return known[wanted]


def _find_seat(by: Person, organisation_id: int, code: str, on: date) -> Seat | None:
    member = _is_one_of(by.user, organisation_id, on)
    own = (
        PostHolding.objects.filter(
            in_force(on), member, user=by.user, post__organisation_id=organisation_id, post__code=code
        )
        .select_related("post__organisation")
        .first()
    )
    if own is not None:
        return Seat(own)
    acting = (
        ActingFor.objects.filter(
            _acting_now(by.user, on),
            member,
            holding__post__organisation_id=organisation_id,
            holding__post__code=code,
        )
        .select_related("holding__post__organisation", "holding__user")
        .first()
    )
    return Seat(acting.holding, acting) if acting else None


def hold(seat: Seat) -> None:
    """Keep the chair until the end of the transaction: who is stopped at this moment acts before it or not at all."""
    if PostHolding.objects.select_for_update(of=("self",), no_key=True).filter(pk=seat.holding.pk, stopped_at=None).first() is None:
        refuse(_("This post was ended with immediate effect."))


def delegations(seat: Seat, kind: str, on: date) -> list[Delegation]:
    """The delegations of that kind on the chair, in date, largest first."""
    rows = Delegation.objects.filter(in_date(on), holding=seat.holding, kind=kind)
    return sorted(rows, key=lambda d: (d.unlimited, d.limit_gbp or 0), reverse=True)


def organisation_of_side(call_off: CallOff, side: str) -> Organisation:
    return call_off.department if side == Side.DEPARTMENT else call_off.framework.authority


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


def acts_for_a_counterparty(user: User, body: Organisation, on: date) -> bool:
    """Whether the person is, from the day on, one of the people of an organisation that contracts with this one: of a
    supplier or an authority, or of anybody where this one is such. Who sits on two sides could agree with themselves."""
    others = Organisation.objects.filter(
        Q(pk__in=OrganisationGrant.objects.exclude(ends_on__lt=on).filter(user=user, stopped_at__isnull=True).values("content_object"))
        | Q(frameworks__in=FrameworkGrant.objects.exclude(ends_on__lt=on).filter(user=user, stopped_at__isnull=True).values("content_object"))
    ).exclude(pk=body.pk)
    trades = Q(frameworks__isnull=False) | Q(framework_places__isnull=False)
    return (others if Organisation.objects.filter(trades, pk=body.pk).exists() else others.filter(trades)).exists()


def people_of(organisation: Organisation, on: date) -> QuerySet[User]:
    """The organisation's active people on the day."""
    return User.objects.filter(_is_one_of(OuterRef("pk"), organisation.pk, on), is_active=True).order_by("name")


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


def visible_releases(by: Person, on: date) -> QuerySet[CatalogueRelease]:
    """What is or was in force on the frameworks the person serves, has joined or supplies; their own organisation's
    drafts; and for the authority what others have submitted to it."""
    seen = sight_of(by, on)
    frameworks = set(seen.frameworks) | set(framework_ids(by, on))
    in_force = Q(state__in=[ReleaseState.LIVE, ReleaseState.SUPERSEDED]) | Q(
        state=ReleaseState.SCHEDULED, valid__startswith__lte=on
    )
    served = Q(organisation_id=F("framework__authority_id")) | Q(submitted_at__isnull=False)
    return CatalogueRelease.objects.filter(
        Q(framework_id__in=frameworks) & in_force
        | Q(organisation_id__in=seen.organisations) & ~Q(organisation_id=F("framework__authority_id"))
        | Q(framework_id__in=seen.frameworks) & served
    ).select_related("framework__authority", "organisation")


def framework_ids(by: Person, on: date) -> list[int]:
    """The frameworks that the person reads prices of: served, joined or supplied, oldest first."""
    seen = sight_of(by, on)
    found = Framework.objects.filter(
        Q(pk__in=seen.frameworks)
        | Q(pk__in=joined(by, on).order_by().values("framework_id"))
        | Q(framework_suppliers__supplier_id__in=seen.organisations)
    )
    return list(found.order_by("pk").values_list("pk", flat=True).distinct())


def get_release(by: Person, public_id: UUID, on: date) -> CatalogueRelease:
    """The release, or 404 for whom it is not visible to."""
    release = visible_releases(by, on).filter(public_id=public_id).first()
    if release is None:
        raise Http404
    return release


def release_sides(by: Person, release: CatalogueRelease, on: date) -> set[str]:
    """From where the person works on it: ``authority``, ``drafter`` (whose release it is), both, or neither: then they
    only read what is in force. The authority's own department is not the authority."""
    seen = sight_of(by, on)
    own, serves = release.organisation_id == release.framework.authority_id, release.framework_id in seen.frameworks
    sides = {"authority"} if serves else set()
    return sides | ({"drafter"} if (serves if own else release.organisation_id in seen.organisations) else set())


def drafts_for(by: Person, on: date) -> tuple[Framework, Organisation] | None:
    """The framework whose releases the person may draft, and for whom: its authority, or one of its suppliers."""
    seen = sight_of(by, on)
    served = Framework.objects.filter(pk__in=seen.frameworks).select_related("authority").order_by("pk").first()
    if served is not None:
        return served, served.authority
    place = (
        FrameworkSupplier.objects.filter(supplier_id__in=seen.organisations)
        .filter(Q(excluded_from__isnull=True) | Q(excluded_from__gt=on))
        .select_related("framework__authority", "supplier")
        .order_by("pk")
        .first()
    )
    return (place.framework, place.supplier) if place else None


def get_organisation(by: Person, code: str, on: date) -> Organisation:
    """An organisation whose people's page the person may read: their own, or one that has a place on their framework;
    404 for a stranger, and for a department's or supplier's people asking about another."""
    seen = sight_of(by, on)
    rows = Organisation.objects.filter(
        Q(pk__in=seen.organisations)
        | Q(frameworks__in=seen.frameworks)
        | Q(accessions__framework__in=seen.frameworks)
    ).distinct()
    found = rows.filter(code=code).first()
    if found is None:
        raise Http404
    return found


def grant_framework(user: User, framework: Framework, *, starts_on: date, ends_on: date | None = None) -> None:
    """Make the person one of the authority's people for a framework, from a day on."""
    _grant(FrameworkGrant, user, framework, SERVE_FRAMEWORK, starts_on, ends_on)


def _grant(model, user, target, codename, starts_on, ends_on) -> None:
    permission = Permission.objects.get(codename=codename, content_type__app_label="catalogue")
    model.objects.get_or_create(
        user=user, content_object=target, permission=permission, starts_on=starts_on, defaults={"ends_on": ends_on}
    )
