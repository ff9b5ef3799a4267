"""Who may see and do what: the only way from an address to a row, and the only module that speaks guardian.

A stranger gets 404. A colleague without the right gets ``NotYours`` (403) with reasons in words. Membership is a
dated grant; what a member may do follows from the posts they hold on the day.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.http import Http404
from django.utils.translation import gettext as _
from guardian.shortcuts import get_objects_for_user

from catalogue.models import CatalogueRelease, Framework, FrameworkSupplier, Organisation, ReleaseState
from documents.prepared import Prepared
from documents.refusal import Reason, Refused
from procurement.actors import Person
from procurement.models import (
    ACT_FOR_ORGANISATION,
    SERVE_FRAMEWORK,
    Accession,
    AccessionState,
    ActingFor,
    Application,
    CallOff,
    CallOffRevision,
    PostCode,
    PostHolding,
    Side,
    User,
    in_force,
)
from procurement.seats import acting_now, who_holds


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


def _rows_of(user_id: int, on: date) -> QuerySet:
    """Grants and posts in date: kind (body, framework, post), its id, organisation, post's code, sells, joined ever."""
    user, no, post = User(pk=user_id), Value(False), "post__organisation_id"
    sells = Exists(FrameworkSupplier.objects.filter(supplier=OuterRef("pk")))
    joined_ever = Exists(Accession.objects.filter(department=OuterRef("pk")))
    bodies = _granted(user, ACT_FOR_ORGANISATION, Organisation, "organisationgrant", on)
    frameworks = _granted(user, SERVE_FRAMEWORK, Framework, "frameworkgrant", on)
    held = PostHolding.objects.filter(in_force(on), user=user)
    acting = ActingFor.objects.filter(acting_now(user, on))
    return bodies.order_by().values_list(Value("body"), "pk", F("pk"), Value(""), sells, joined_ever).union(
        frameworks.order_by().values_list(Value("framework"), "pk", "authority_id", Value(""), no, no),
        held.values_list(Value("post"), Value(0), post, "post__code", no, no),
        acting.values_list(Value("post"), Value(0), f"holding__{post}", "holding__post__code", no, no),
    )


_ROWS = Prepared(_rows_of)


def sight(user: User, on: date) -> Sight:
    """What the person may see on that day (one query): by grants in date, and of the posts those at organisations whose
    people they are, by a grant on it or on a framework that it is the authority of. Inactive people see nothing."""
    if not user.is_active:
        return NOTHING
    rows = _ROWS(user.pk, on)
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


def sides(by: Person, call_off: CallOff, on: date) -> set[str]:
    """On which sides of its approval the person stands: what approvers ask, and why somebody keeps out, is read on the
    own side alone. In an order of the authority's own, who is of the department and serves the framework is on both."""
    seen = sight_of(by, on)
    found = {Side.DEPARTMENT: call_off.department_id in seen.organisations,
             Side.AUTHORITY: call_off.framework_id in seen.frameworks and call_off.authority_revision_id is not None}  # fmt: skip
    return {side for side, stands in found.items() if stands}


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
        "framework__authority", "department", "supplier", "requester", "revision__approval"
    )
    call_off = rows.filter(public_id=public_id).first()
    if call_off is None:
        raise Http404
    call_off.share_revision()
    if call_off.revision is not None:
        call_off.revision.call_off = call_off
        call_off.revision.share_approval()
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


def visible_releases(by: Person, on: date) -> QuerySet[CatalogueRelease]:
    """What is or was in force on the frameworks the person serves, has joined or supplies; their own organisation's
    drafts; and for the authority what others have submitted to it."""
    seen = sight_of(by, on)
    frameworks = set(visible_frameworks(by, on).order_by().values_list("pk", flat=True))
    in_force = Q(state__in=[ReleaseState.LIVE, ReleaseState.SUPERSEDED]) | Q(
        state=ReleaseState.SCHEDULED, valid__startswith__lte=on
    )
    served = Q(organisation_id=F("framework__authority_id")) | Q(submitted_at__isnull=False)
    return CatalogueRelease.objects.filter(
        Q(framework_id__in=frameworks) & in_force
        | Q(organisation_id__in=seen.organisations) & ~Q(organisation_id=F("framework__authority_id"))
        | Q(framework_id__in=seen.frameworks) & served
    ).select_related("framework__authority", "organisation")


def visible_frameworks(by: Person, on: date) -> QuerySet[Framework]:
    """Those that the person reads prices of: served, joined or supplied, oldest first; ``has_joined`` says the second."""
    seen = sight_of(by, on)
    found = Framework.objects.annotate(
        has_joined=Exists(joined(by, on).order_by().filter(framework=OuterRef("pk")))
    ).filter(
        Q(pk__in=seen.frameworks) | Q(has_joined=True) | Q(framework_suppliers__supplier_id__in=seen.organisations)
    )  # fmt: skip
    return found.select_related("authority").order_by("pk").distinct()


def find_framework(by: Person, on: date) -> Framework | None:
    """The framework that the person's pages are about; the oldest where there are several."""
    return visible_frameworks(by, on).first()


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
    served = framework_served(by, on)
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
    found = _organisations(by, on).filter(code=code).first()
    if found is None:
        raise Http404
    return found


def _organisations(by: Person, on: date) -> QuerySet[Organisation]:
    seen = sight_of(by, on)
    return Organisation.objects.filter(
        Q(pk__in=seen.organisations)
        | Q(frameworks__in=seen.frameworks)
        | Q(accessions__framework__in=seen.frameworks)
    ).distinct()


def other_organisations(by: Person, body: Organisation, on: date) -> QuerySet[Organisation]:
    """Beside this one, those of ``get_organisation`` in which anybody ever held a post, by name."""
    anybody = PostHolding.objects.filter(post__organisation=OuterRef("pk"))
    return _organisations(by, on).filter(Exists(anybody)).exclude(pk=body.pk).order_by("name")
