"""Where a framework and who acts under it stand: whether it runs, who is a member, who may receive orders, who acts for
the authority. Reasons in words, for guards.
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from catalogue.models import OVER, Framework, FrameworkState, Organisation
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from procurement import seats
from procurement.actors import Person
from procurement.models import (
    OPEN,
    Accession,
    AccessionState,
    CallOff,
    CallOffState,
    MembershipNotice,
    PostCode,
)


def why_not_authority(framework: Framework, post: str, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Acts of the purchasing authority on its framework are a post's."""
    authority, on = framework.authority, london_day(at)
    if seats.find_seat(by, authority.pk, post, on) is None:
        yield Reason(
            _("Only the %(post)s of %(authority)s can do this.")
            % {"post": PostCode(post).label, "authority": authority.name},
            seats.who_holds(authority.pk, post, on),
        )


def framework_is_over(framework: Framework, on: date) -> bool:
    """By its state, or by the calendar before the clock has said so."""
    return framework.state in OVER or framework.ends_on < on


ENDS_SOON = 90  # days


def ending(framework: Framework, on: date) -> date | None:
    """Its last day, where that is near: what is not signed by all by then lapses."""
    near = framework.state not in OVER and 0 <= (framework.ends_on - on).days <= ENDS_SOON
    return framework.ends_on if near else None


def ending_of(call_off: CallOff, on: date) -> date | None:
    """``ending``, for an order that would end with it."""
    return ending(call_off.framework, on) if call_off.state in (*OPEN, CallOffState.CONFIRMED) else None


def why_framework_over(framework: Framework, on: date) -> Iterator[Reason]:
    """Nothing moves on under a framework that has ended; a suspension stops submissions alone."""
    if framework_is_over(framework, on):
        yield Reason(
            _("The framework %(reference)s has ended: what was not signed by all parties lapses.")
            % {"reference": framework.reference}
        )


def why_framework_not_open(framework: Framework, on: date) -> Iterator[Reason]:
    """For what is new under it: live, and within its term."""
    if framework.state != FrameworkState.LIVE:
        yield Reason(
            _("The framework %(reference)s is %(state)s.")
            % {"reference": framework.reference, "state": framework.get_state_display()},
            _("The framework manager can resume it.") if framework.state == FrameworkState.SUSPENDED else "",
        )
    if not framework.starts_on <= on <= framework.ends_on:
        yield Reason(
            _("The framework %(reference)s runs from %(start)s to %(end)s.")
            % {
                "reference": framework.reference, "start": as_day(framework.starts_on),
                "end": as_day(framework.ends_on),
            }
        )  # fmt: skip


def why_no_member(framework, department) -> Iterator[Reason]:
    active = Accession.objects.filter(framework=framework, department=department, state=AccessionState.ACTIVE)
    if not active.exists():
        yield Reason(
            _("%(department)s is no member of %(framework)s, so nothing new is ordered for it.")
            % {"department": department.name, "framework": framework.title},
            _("The accession lead of the purchasing authority can help it join, the framework manager resume a membership."),
        )


MEMBER = (AccessionState.ACTIVE, AccessionState.SUSPENDED)


def standing_notices() -> QuerySet[MembershipNotice]:
    """Of memberships that last: not taken back."""
    return MembershipNotice.objects.filter(taken_back_at=None, accession__state__in=MEMBER)


def notices_of(departments: Collection[int]) -> QuerySet[MembershipNotice]:
    """By which the memberships of these departments end (one query)."""
    found = standing_notices().filter(accession__department__in=departments)
    return found.select_related("accession__department", "accession__framework").order_by("last_day", "id")


def leaves_on(call_off: CallOff) -> date | None:
    """The last day of its department's membership, where notice is given: an order that the supplier has not accepted by its
    end cannot go on. None for an order that has been accepted, or is over."""
    if call_off.state not in OPEN:
        return None
    of_it = standing_notices().filter(accession__framework=call_off.framework_id, accession__department=call_off.department_id)
    return of_it.values_list("last_day", flat=True).first()


def why_supplier_excluded(call_off: CallOff, on: date) -> Iterator[Reason]:
    """No award to, or acceptance by, a supplier excluded from the framework (s.45(6))."""
    yield from why_excluded(call_off.framework, call_off.supplier, on)


def why_several_suppliers(framework: Framework) -> Iterator[Reason]:
    """Orders are awarded directly, which only a framework with one supplier allows."""
    many = framework.framework_suppliers.count()
    if many > 1:
        yield Reason(
            _("The framework %(reference)s has %(many)s suppliers, and a choice among them by a further competition is not "
              "offered here.") % {"reference": framework.reference, "many": many}
        )  # fmt: skip


def why_excluded(framework: Framework, supplier: Organisation, on: date) -> Iterator[Reason]:
    row = framework.framework_suppliers.filter(supplier=supplier).first()
    if row is None or (row.excluded_from and row.excluded_from <= on):
        yield Reason(
            _("%(supplier)s may not receive orders under %(framework)s.")
            % {"supplier": supplier.name, "framework": framework.reference}
        )
