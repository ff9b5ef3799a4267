"""What the published copies of contracts ask of a person."""

from collections.abc import Iterable
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from contracts.ending_guards import CONFIRMING
from contracts.models import CopyState, RedactedCopy
from procurement import working_days
from procurement.access import sight_of
from procurement.actors import Person
from procurement.inbox import MOST_OF_A_KIND, Item
from procurement.models import PostCode


def inbox(by: Person, on: date) -> list[Item]:
    """Of the signatory and the accounting officer: what is withheld from a copy is to be decided. Of the contract manager: the day
    until which something is withheld is over. One question each, none where they sit in neither chair."""
    held = sight_of(by, on).posts
    confirms = [organisation for organisation, post in held if post in CONFIRMING]
    runs = [organisation for organisation, post in held if post == PostCode.CONTRACT_MANAGER]
    return [*(_to_decide(confirms) if confirms else ()), *(_past(runs, on) if runs else ())]


def _item(copy: RedactedCopy, todo: str, address: str, **more) -> Item:
    contract = copy.contract
    return Item(f"{contract.number} {contract.title}", contract.department.name, todo, address, **more)


def _to_decide(organisations: list[int]) -> Iterable[Item]:
    rows = RedactedCopy.objects.filter(state=CopyState.PROPOSED, contract__department__in=organisations)
    for one in rows.select_related("contract__department").order_by("proposed_at", "id")[:MOST_OF_A_KIND]:
        address = reverse("contracts:copy", args=[one.contract.public_id, one.number])
        yield _item(one, _("published copy %(label)s to decide on or refuse") % {"label": one.label}, address, since=one.proposed_at)


def _past(organisations: list[int], on: date) -> Iterable[Item]:
    rows = RedactedCopy.objects.filter(state=CopyState.PUBLISHED, contract__department__in=organisations, withheld__until__lt=on)
    for one in rows.select_related("contract__department").prefetch_related("withheld").order_by("published_at", "id").distinct()[:MOST_OF_A_KIND]:
        first = working_days.midnight_after(min(part.until for part in one.withheld.all()))
        words = _("to publish anew: the day until which something is withheld from %(label)s is over") % {"label": one.label}
        yield _item(one, words, reverse("contracts:copies", args=[one.contract.public_id]), since=first)
