"""One function a message about the ratings of a contract; rows in the caller's transaction, each once."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from contracts.models import KpiComment, KpiConfirmation, KpiRound, StatutoryNotice
from contracts.notifications import context_of, of_department, of_supplier
from contracts.statutory_guards import CONFIRMING
from documents.clock import london_day
from documents.templatetags.flex import day as format_day
from procurement import mailing
from procurement.seats import holders


def _context(notice: StatutoryNotice, **more) -> dict:
    path = reverse("contracts:statutory_notice", args=[notice.contract.public_id, notice.number])
    return context_of(notice.contract, label=notice.label, due=format_day(notice.due_on), **more) | {"url": settings.PUBLIC_URL + path}


def tell_rated(made: KpiRound, at: datetime) -> None:
    """Who can confirm it, but not who rated in another post; and the supplier, who may comment."""
    notice, own = made.notice, {made.rated_by, made.rated_for}
    people = [user for code in CONFIRMING for user in holders(notice.contract.department_id, code, london_day(at)) if user.person_id not in own]
    context, key = _context(notice, who=made.rated_by_name), f"rated:{notice.pk}:{made.number}"
    mailing.must_act(people, "contracts/email/kpis_rated.txt", context, key)
    mailing.inform(of_supplier(notice.contract, at), "contracts/email/kpis_rated_supplier.txt", context, f"{key}:supplier", at=at)


def tell_confirmed(notice: StatutoryNotice, confirmed: KpiConfirmation, at: datetime) -> None:
    """The contract managers, who publish it, and the supplier."""
    people = of_department(notice.contract, at) + of_supplier(notice.contract, at)
    context = _context(notice, who=confirmed.confirmed_by_name)
    mailing.inform(people, "contracts/email/ratings_confirmed.txt", context, f"confirmed:{notice.pk}", at=at)


def tell_commented(made: KpiComment, at: datetime) -> None:
    notice = made.notice
    people = of_department(notice.contract, at)
    context = _context(notice, who=made.person_name, words=made.words)
    mailing.inform(people, "contracts/email/ratings_commented.txt", context, f"commented:{made.pk}", at=at)
