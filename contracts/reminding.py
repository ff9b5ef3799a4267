"""Contracts that wait for a signature, on whose desk they are, milestones that wait for a decision, terminations that wait to be
confirmed, and copies for the public that wait for their second person: reminded of like everything else that does. A contract goes on
after its framework, and so do the reminders of it; what ends with the framework is not reminded of any more."""

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from catalogue.models import OVER, Framework
from contracts import ending_guards, statutory, statutory_guards, statutory_queries
from contracts.access import SIGNING_POST, organisation_of
from contracts.models import (
    BOUND,
    ChangeRequest,
    Contract,
    ContractState,
    CopyState,
    Milestone,
    MilestoneState,
    NoticeKind,
    RedactedCopy,
    RequestState,
    Termination,
    TerminationState,
    Variation,
    VariationState,
)
from documents.clock import london_day
from procurement import signing, working_days
from procurement.desks import Desk
from procurement.models import CallOff, PostCode
from procurement.waiting import Pauses, Waiting, before, since


def _awaiting(only: Q):
    rows = Contract.objects.filter(only, state=ContractState.AWAITING_SIGNATURES)
    return rows.select_related("framework__authority", "department", "supplier", "document").order_by("id")


def desks(call_off: CallOff, on: date) -> list[Desk]:
    """The signatory's whose turn it is."""
    return [
        Desk(organisation_of(contract, party), SIGNING_POST[party], came, on, todo=_("to sign the contract"),
             url=reverse("contracts:contract", args=[contract.public_id]), number=contract.number)
        for contract, party, came in signing.whose_turn(_awaiting(Q(call_off=call_off)))
    ]  # fmt: skip


def waiting(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Each whose next signature is somebody's to give, since it was made or the party before signed."""
    rows = _awaiting(only).exclude(framework__state__in=OVER).select_related("call_off__framework", "call_off__department")
    for contract, party, came in signing.whose_turn(rows):
        yield Waiting(
            f"contract:{contract.pk}:{party}", contract.call_off, organisation_of(contract, party).pk, SIGNING_POST[party],
            _("to sign the contract"),
            *since(came, contract.framework, pauses.get(contract.framework_id, [])),
            url=reverse("contracts:contract", args=[contract.public_id]), number=contract.number,
        )  # fmt: skip


def milestones(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Each that is submitted, since it was: the first reminder and the word to others come before the department's five
    working days are over."""
    rows = Milestone.objects.filter(only, state=MilestoneState.SUBMITTED, contract__state__in=BOUND)
    for milestone in rows.annotate(times=Count("submissions")).select_related("contract__framework", "contract__call_off__framework").order_by("id"):
        contract = milestone.contract
        yield Waiting(
            f"milestone:{milestone.pk}:{milestone.times}", contract.call_off, contract.department_id, PostCode.CONTRACT_MANAGER,
            _("to accept or send back milestone %(label)s of %(contract)s")
            % {"label": milestone.label, "contract": contract.number},
            *since(milestone.state_since, contract.framework, pauses.get(contract.framework_id, [])),
            url=reverse("contracts:milestone", args=[contract.public_id, milestone.number]),
        )  # fmt: skip


def variations(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Each whose next signature is somebody's to give; who decides on one is reminded as of every approval."""
    rows = Variation.objects.filter(only, state=VariationState.AWAITING_SIGNATURES).exclude(contract__framework__state__in=OVER)
    rows = rows.select_related("document", "contract__framework__authority", "contract__department", "contract__supplier", "contract__call_off__framework")
    for variation, party, came in signing.whose_turn(rows.order_by("id")):
        contract = variation.contract
        yield Waiting(
            f"variation:{variation.pk}:{party}", contract.call_off, organisation_of(contract, party).pk, SIGNING_POST[party],
            _("to sign %(label)s of %(contract)s") % {"label": variation.label, "contract": contract.number},
            *since(came, contract.framework, pauses.get(contract.framework_id, [])),
            url=reverse("contracts:variation", args=[contract.public_id, variation.number]),
        )  # fmt: skip


def terminations(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Each that is proposed, since it was: the signatory confirms it or refuses; the accounting officer, who can too, is not
    reminded of the other's desk."""
    rows = Termination.objects.filter(only, state=TerminationState.PROPOSED)
    for one in rows.select_related("contract__framework", "contract__call_off__framework").order_by("id"):
        contract = one.contract
        yield Waiting(
            f"contract_termination:{one.pk}", contract.call_off, contract.department_id, PostCode.SIGNATORY,
            _("to confirm or refuse termination %(label)s of %(contract)s") % {"label": one.label, "contract": contract.number},
            *since(one.state_since, contract.framework, pauses.get(contract.framework_id, [])),
            url=reverse("contracts:ending", args=[contract.public_id]),
        )  # fmt: skip


def statutory_notices(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Each that is still to be published, before its last day: the contract managers; of ratings that are to be confirmed those who
    can, but not who rated."""
    rows = statutory_queries.open_notices().filter(only).exclude(kind=NoticeKind.CHANGE)
    for one in rows.select_related("contract__framework", "contract__call_off__framework", "variation").order_by("id"):
        contract = one.contract
        confirmed_next = statutory_queries.is_to_confirm(one)
        post, *others = statutory_guards.CONFIRMING if confirmed_next else (PostCode.CONTRACT_MANAGER,)
        yield Waiting(
            f"statutory_notice:{one.pk}:{one.last_round or 0}:{one.is_confirmed}", contract.call_off, contract.department_id, post,
            statutory_queries.asked(one),
            *before(working_days.midnight_after(statutory.last_day(one)), one.made_at, contract.framework),
            url=statutory_queries.address(one), number=contract.number, or_posts=tuple(others),
            out=frozenset({one.rater, one.rated_for} - {None}) if confirmed_next else frozenset(),
        )  # fmt: skip


def notice_is_ripe(framework: Framework, at: datetime) -> Q:
    return Q(due_on__lt=london_day(working_days.due(at, framework.reminder_working_days + 1))) | Q(kind=NoticeKind.AWARD)


def change_requests(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Each that the supplier has not answered, since it was asked."""
    rows = ChangeRequest.objects.filter(only, state=RequestState.ASKED, contract__state__in=BOUND)
    for one in rows.select_related("contract__framework", "contract__call_off__framework").order_by("id"):
        contract = one.contract
        yield Waiting(
            f"change_request:{one.pk}", contract.call_off, contract.supplier_id, PostCode.SERVICE_MANAGER,
            _("to accept or refuse change request %(label)s of %(contract)s") % {"label": one.label, "contract": contract.number},
            *since(one.state_since, contract.framework, pauses.get(contract.framework_id, [])),
            url=reverse("contracts:change_request", args=[contract.public_id, one.number]), or_posts=(PostCode.ACCOUNT_MANAGER,),
        )  # fmt: skip


def redacted_copies(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Each that is proposed for the public: those who decide on it, but not who proposed it."""
    rows = RedactedCopy.objects.filter(only, state=CopyState.PROPOSED, contract__state__in=BOUND)
    for one in rows.select_related("contract__framework", "contract__call_off__framework").order_by("id"):
        contract = one.contract
        yield Waiting(
            f"redacted_copy:{one.pk}", contract.call_off, contract.department_id, ending_guards.CONFIRMING[0],
            _("to decide on or refuse published copy %(label)s of %(contract)s") % {"label": one.label, "contract": contract.number},
            *since(one.state_since, contract.framework, pauses.get(contract.framework_id, [])),
            url=reverse("contracts:copy", args=[contract.public_id, one.number]), number=contract.number,
            or_posts=ending_guards.CONFIRMING[1:], out=frozenset({one.proposed_by, one.proposed_for} - {None}),
        )  # fmt: skip
