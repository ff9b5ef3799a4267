"""Transfers that wait for a second person, and novations for a signature: reminded of like everything else that waits, and in time for
the day before which it must be done."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from catalogue.models import OVER, Framework, FrameworkState, Organisation
from contracts import novation_guards, transfer_guards, transfer_queries
from contracts.models import Novation, NovationState, Transfer, TransferState
from documents.clock import london_day
from procurement import signing, working_days
from procurement.matters import Pauses, Ripe, Waiting, aged, before, since, sooner


def transfers(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Each that is prepared: those of the authority who can agree, but none of its hands. Nobody else has heard of it, so it is said of
    the authority's framework, whose suspension stops no clock of it."""
    rows = Transfer.objects.filter(only, state=TransferState.DRAFT).distinct()
    for one in rows.select_related("outgoing", "receiving", "authority").prefetch_related("authority__frameworks").order_by("id"):
        framework, (post, *others) = _framework(one.authority), transfer_guards.AGREEING
        yield Waiting(
            f"transfer:{one.pk}", framework, one.authority_id, post,
            _("to agree to transfer %(number)s of %(outgoing)s to %(receiving)s")
            % {"number": one.number, "outgoing": one.outgoing.name, "receiving": one.receiving.name},
            *sooner(since(one.state_since, framework, []), before(transfer_queries.until(one), one.state_since, framework)),
            url=reverse("contracts:transfer", args=[one.public_id]), or_posts=tuple(others), out=frozenset(one.hands),
        )  # fmt: skip


def _framework(authority: Organisation) -> Framework:
    """The one by whose days it is reminded: the first in force, else the first that has not been closed."""
    known = [one for one in authority.frameworks.all() if one.state != FrameworkState.CLOSED]
    return min(known, key=lambda one: (one.state in OVER, one.pk))


def novations(only: Q, pauses: Pauses) -> Iterator[Waiting]:
    """Each whose next signature is somebody's to give: unsigned on its day it takes the whole transfer with it."""
    rows = Novation.objects.filter(only, state=NovationState.AWAITING_SIGNATURES, transfer__state=TransferState.AGREED)
    rows = rows.select_related(
        "document", "contract__framework", "contract__supplier", "contract__call_off__framework", "contract__call_off__department",
        "transfer__outgoing", "transfer__receiving",
    )  # fmt: skip
    for one, party, came in signing.whose_turn(rows.order_by("id")):
        contract, transfer = one.contract, one.transfer
        framework, box = contract.framework, novation_guards.box_of(transfer, contract, party)
        yield Waiting(
            f"novation:{one.pk}:{party}", contract.call_off, box.organisation.pk, box.post,
            _("to sign the novation of %(contract)s to %(receiving)s") % {"contract": contract.number, "receiving": transfer.receiving.name},
            *sooner(
                since(came, framework, pauses.get(framework.pk, [])), before(transfer_queries.until(transfer), came, framework)
            ),
            url=reverse("contracts:novation", args=[transfer.public_id, contract.public_id]), number=contract.number,
            out=frozenset(transfer.hands),
        )  # fmt: skip


def ripe(day: str) -> Ripe:
    """Old enough, or so near the ``day`` before which it is to be done that it is reminded of."""
    def found(framework: Framework, at: datetime) -> Q:
        near = london_day(working_days.due(at, framework.reminder_working_days + 1))
        return aged("state_since")(framework, at) | Q(**{f"{day}__lte": near})

    return found
