"""Why not: reasons in words for ending a membership by notice.

Clause 2.2 of the access agreement: it ends "on a day that either party tells the other at least three months before".
"""

from collections.abc import Iterator
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from documents.actors import Principal
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import day as as_day
from procurement import seats, standing
from procurement.accession_guards import boxes, why_not_in_state
from procurement.actors import Person
from procurement.completeness import months_after
from procurement.models import Accession, MembershipNotice, PostCode, Side
from procurement.standing import MEMBER, why_framework_over

NOTICE_MONTHS = 3  # clause 2.2 of the access agreement (documents/access_agreement/v1/terms.html)


def standing_notice(accession: Accession) -> MembershipNotice | None:
    return standing.standing_notices().filter(accession=accession).first()


def earliest_last_day(at: datetime) -> date:
    return months_after(london_day(at), NOTICE_MONTHS)


def chair(accession: Accession, side: str) -> tuple[int, str]:
    """Who speaks for a party: the post that signs the agreement for the department, and for the authority the one that ends
    memberships. (organisation id, post)"""
    if side == Side.AUTHORITY:
        return accession.framework.authority_id, PostCode.FRAMEWORK_MANAGER
    department, _authority = boxes(accession)
    return department.organisation.pk, department.post


def side_of(accession: Accession, by: Person, at: datetime) -> str | None:
    """For which party the person speaks; None for neither. Who sits in both chairs, as somebody of an authority that is a member
    of its own framework could, speaks for the department."""
    on = london_day(at)
    return next((side for side in Side.values if seats.find_seat(by, *chair(accession, side), on)), None)


def for_side(accession: Accession, side: str, by: Person, at: datetime) -> Principal | None:
    """Whose deputy the person acts as in the party's chair; None in their own."""
    return seats.acting_for(by, *chair(accession, side), on=london_day(at))


def why_not_give_notice(accession: Accession, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(accession, *MEMBER)
    yield from why_framework_over(accession.framework, london_day(at))
    if side_of(accession, by, at) is None:
        yield _not_theirs(accession, Side.values, at)
    notice = standing_notice(accession)
    if notice is not None:
        yield Reason(
            _("%(who)s has given notice already: the membership lasts until %(day)s.")
            % {"who": notice.given_by_name, "day": as_day(notice.last_day)},
            _("Who gave it can take it back before that day."),
        )
    if accession.framework.ends_on < earliest_last_day(at):
        yield Reason(
            _("The agreement ends with the framework on %(day)s, before a notice could end it.")
            % {"day": as_day(accession.framework.ends_on)}
        )


def why_not_last_day(accession: Accession, last_day: date, *, at: datetime) -> Iterator[Reason]:
    first, last = earliest_last_day(at), accession.framework.ends_on
    if last_day < first:
        yield Reason(
            ngettext("The access agreement asks for %(months)s month's notice (its clause 2.2).",
                     "The access agreement asks for %(months)s months' notice (its clause 2.2).", NOTICE_MONTHS) % {"months": NOTICE_MONTHS},
            _("Today the last day can be %(day)s or later.") % {"day": as_day(first)},
        )  # fmt: skip
    if last_day > last:
        yield Reason(_("The agreement ends with the framework on %(day)s.") % {"day": as_day(last)},
                     _("Choose a last day until then."))  # fmt: skip


def why_not_take_back(accession: Accession, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Whoever speaks for the party that gave it, until the day before the last."""
    yield from why_not_in_state(accession, *MEMBER)
    notice = standing_notice(accession)
    if notice is None:
        yield Reason(_("No notice stands that could be taken back."))
        return
    if seats.find_seat(by, *chair(accession, notice.side), london_day(at)) is None:
        yield _not_theirs(accession, [notice.side], at)
    if london_day(at) >= notice.last_day:
        yield Reason(
            _("The last day, %(day)s, has come: a notice can be taken back until the day before.") % {"day": as_day(notice.last_day)},
            _("The department can ask to join anew."),
        )


def _not_theirs(accession: Accession, sides: list[str], at: datetime) -> Reason:
    chairs = [chair(accession, side) for side in sides]
    words = {
        (Side.DEPARTMENT,): _("Only the %(signatory)s of %(department)s can do this: its side gave the notice."),
        (Side.AUTHORITY,): _("Only the %(manager)s of %(authority)s can do this: its side gave the notice."),
    }.get(tuple(sides), _("Only the %(signatory)s of %(department)s or the %(manager)s of %(authority)s can do this."))  # fmt: skip
    who = " ".join(seats.who_holds(organisation, post, london_day(at)) for organisation, post in chairs)
    return Reason(words % {
        "signatory": PostCode.SIGNATORY.label, "department": accession.department.name,
        "manager": PostCode.FRAMEWORK_MANAGER.label, "authority": accession.framework.authority.name,
    }, who)  # fmt: skip
