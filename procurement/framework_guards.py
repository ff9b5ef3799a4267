"""Why not: reasons in words for the acts on a framework in force."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.models import Framework, FrameworkState, ReleaseState
from catalogue.uploads import PDF
from documents import storage
from documents.actors import Actor
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import gbp
from procurement import seats
from procurement.actors import Person
from procurement.models import CapacityAccount, MatrixRow, PostCode, Termination, User
from procurement.seats import who_holds
from procurement.standing import why_framework_over, why_not_authority

S = FrameworkState


class Signed(Protocol):
    """A file in the store."""

    sha256: str
    content_type: str


DROPPING = (PostCode.FRAMEWORK_MANAGER, PostCode.DEPUTY_DIRECTOR)
IN_FORCE = (S.LIVE, S.SUSPENDED)


def why_not_in_state(framework: Framework, *wanted: str) -> Iterator[Reason]:
    if framework.state not in wanted:
        yield Reason(
            _("The framework %(reference)s is %(state)s.")
            % {"reference": framework.reference, "state": framework.get_state_display()}
        )


def _manage(framework: Framework, states: tuple[str, ...], by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(framework, *states)
    if framework.state in states:
        yield from why_framework_over(framework, london_day(at))
    yield from why_not_authority(framework, PostCode.FRAMEWORK_MANAGER, by=by, at=at)


def why_not_activate(framework: Framework, agreement: Signed | None, *, by: Actor, at: datetime) -> Iterator[Reason]:
    """What the law asks a framework to say (s.45(5)) its columns hold; beside it stands what orders need."""
    yield from why_not_in_state(framework, S.DRAFT)
    if not framework.releases.filter(state=ReleaseState.LIVE).exists():
        yield Reason(_("The framework %(reference)s has no live release.") % {"reference": framework.reference})
    if not MatrixRow.objects.filter(matrix__framework=framework, up_to_gbp__isnull=True).exists():
        yield Reason(_("The framework %(reference)s has no approval matrix for every value.") % {"reference": framework.reference})
    if not CapacityAccount.objects.filter(framework=framework).exists():
        yield Reason(_("The framework %(reference)s has no counter under its ceiling.") % {"reference": framework.reference})
    if framework.upward_rerating or framework.indexation != "none":
        yield Reason(
            _("Prices that rise during a contract, by indexation or by volumes that fall, are not supported: no contract could keep that term."),
            _("Load the framework with indexation none and upward_rerating false."),
        )
    if agreement is None or not storage.exists(agreement.sha256):
        yield Reason(_("The framework %(reference)s has no signed agreement.") % {"reference": framework.reference})
    elif agreement.content_type != PDF.content_type:
        yield Reason(_("The signed agreement of %(reference)s is no PDF.") % {"reference": framework.reference})


def why_not_suspend(framework: Framework, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _manage(framework, (S.LIVE,), by, at)


def why_not_resume(framework: Framework, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _manage(framework, (S.SUSPENDED,), by, at)


def months_left(framework: Framework) -> int:
    """By how many whole months it may still be extended."""
    return framework.extension_months - framework.extended_months


def why_not_extend(framework: Framework, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Once or several times, while it runs, never beyond what the framework allows in total."""
    yield from _manage(framework, IN_FORCE, by, at)
    if months_left(framework) == 0:
        yield Reason(
            ngettext("It may be extended by %(months)s month in total, and has been.",
                     "It may be extended by %(months)s months in total, and has been.", framework.extension_months) % {"months": framework.extension_months}
            if framework.extension_months
            else _("It may not be extended.")
        )


_closing: list[Callable[..., Iterator[Reason]]] = []


def register_closing(why_not: Callable[..., Iterator[Reason]]) -> None:
    """How the layer above, which knows of contracts, says why a framework cannot be closed."""
    _closing.append(why_not)


def why_not_close(framework: Framework, *, by: Person, at: datetime) -> Iterator[Reason]:
    for why_not in _closing:
        yield from why_not(framework, by=by, at=at)


def why_not_change_ceiling(framework: Framework, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _manage(framework, IN_FORCE, by, at)


def why_not_ceiling_of(framework: Framework, ceiling: Decimal) -> Iterator[Reason]:
    """Never below what is committed and reserved; the counter's CHECK stays the last word."""
    account = CapacityAccount.objects.get(framework=framework)
    held = account.committed_gbp + account.reserved_gbp
    if ceiling < held:
        yield Reason(
            _("%(committed)s is committed and %(reserved)s reserved: the ceiling cannot be below %(held)s.")
            % {"committed": gbp(account.committed_gbp), "reserved": gbp(account.reserved_gbp), "held": gbp(held)},
            _("What is reserved is given back when its order ends."),
        )
    if ceiling == account.ceiling_gbp:
        yield Reason(_("The ceiling is %(ceiling)s already.") % {"ceiling": gbp(ceiling)})


def standing_termination(framework: Framework) -> Termination | None:
    """The proposal to end it that nobody has decided yet."""
    return framework.terminations.filter(outcome="").first()


def why_not_propose_termination(framework: Framework, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from _manage(framework, IN_FORCE, by, at)
    proposed = standing_termination(framework)
    if proposed is not None:
        yield Reason(
            _("%(name)s has proposed it already.") % {"name": proposed.proposed_by_name},
            who_holds(framework.authority_id, PostCode.DEPUTY_DIRECTOR, london_day(at)),
        )


def principal(framework: Framework, *posts: str, by: Person, at: datetime) -> User | None:
    """Whom the person acts for in these chairs of the authority's (``seats.principal``)."""
    return seats.principal(by, framework.authority_id, *posts, on=london_day(at))


def why_not_confirm_termination(framework: Framework, *, by: Person, at: datetime) -> Iterator[Reason]:
    """The deputy director, who is neither the one who proposed it nor whom they acted for, nor acts for either."""
    on = london_day(at)
    yield from why_not_in_state(framework, *IN_FORCE)
    yield from why_framework_over(framework, on)
    yield from why_not_authority(framework, PostCode.DEPUTY_DIRECTOR, by=by, at=at)
    proposed = standing_termination(framework)
    if proposed is None:
        yield Reason(_("Nobody has proposed to terminate it."), _("The framework manager can."))
        return
    acting_for = principal(framework, PostCode.DEPUTY_DIRECTOR, by=by, at=at)
    confirming = {by.person_id, acting_for.person_id if acting_for else None} - {None}
    if confirming & {proposed.proposed_by, proposed.proposed_for}:
        yield Reason(_("It was proposed by the same person: a second one has to confirm it."))


def why_not_drop_termination(framework: Framework, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Either of the two posts can say that it shall not be."""
    if standing_termination(framework) is None:
        yield Reason(_("Nobody has proposed to terminate it."))
    refused = [list(why_not_authority(framework, post, by=by, at=at)) for post in DROPPING]
    if all(refused):
        yield from refused[0]
