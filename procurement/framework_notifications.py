"""One function a message about a framework's life. Rows in the caller's transaction, sent after it, each once."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from catalogue.models import Framework
from documents.clock import london_day
from documents.templatetags.flex import day
from procurement import mailing, seats
from procurement.models import Accession, AccessionState, PostCode, Termination, User

A = AccessionState


def _context(framework: Framework, **more) -> dict[str, Any]:
    return {
        "framework": framework.title, "reference": framework.reference, "authority": framework.authority.name,
        "url": settings.PUBLIC_URL + reverse("procurement:framework"), **more,
    }  # fmt: skip


def _everybody(framework: Framework, at: datetime, *, suppliers: bool = True) -> list[User]:
    """Whom a change of the framework concerns: the requesters of its departments, its suppliers' order desks and account
    managers, its manager."""
    on = london_day(at)
    members = Accession.objects.filter(framework=framework, state__in=[A.ACTIVE, A.SUSPENDED]).order_by("id")
    chairs = [(department, PostCode.REQUESTER) for department in members.values_list("department_id", flat=True)]
    for supplier in framework.framework_suppliers.order_by("id").values_list("supplier_id", flat=True) if suppliers else ():
        chairs += [(supplier, PostCode.ORDER_DESK), (supplier, PostCode.ACCOUNT_MANAGER)]
    chairs.append((framework.authority_id, PostCode.FRAMEWORK_MANAGER))
    return [person for organisation, post in chairs for person in seats.holders(organisation, post, on)]


def tell_changed(framework: Framework, happened: str, at: datetime, *, key: str, reason: str = "", **figures) -> None:
    """``happened``: suspended | resumed | extended | ceiling | terminated | expired; ``figures`` are words for the message.
    What stops orders is written at once; a supplier reads nothing of ceilings."""
    context = _context(framework, happened=happened, reason=reason, **figures)
    message = "procurement/email/framework_changed.txt", context, f"framework:{happened}:{key}"
    if happened in ("suspended", "terminated", "expired"):
        mailing.must_act(_everybody(framework, at), *message)
    else:
        mailing.inform(_everybody(framework, at, suppliers=happened != "ceiling"), *message, at=at)


def tell_end_nears(framework: Framework, days: int, at: datetime) -> None:
    """``days``: the announcement's; how many are left is read from the day. At once: what is under way has to be signed by then."""
    context = _context(framework, ends_on=day(framework.ends_on), left=(framework.ends_on - london_day(at)).days)
    mailing.must_act(_everybody(framework, at), "procurement/email/framework_ends.txt", context, f"framework:ends:{framework.ends_on}:{days}")


def tell_proposed(framework: Framework, proposed: Termination, at: datetime) -> None:
    """Who confirms a termination."""
    people = seats.holders(framework.authority_id, PostCode.DEPUTY_DIRECTOR, london_day(at))
    context = _context(framework, reason=proposed.reason, who=proposed.proposed_by_name)
    mailing.must_act(people, "procurement/email/termination_proposed.txt", context, f"termination:{proposed.pk}")


def tell_dropped(framework: Framework, proposed: Termination, at: datetime) -> None:
    people = User.objects.filter(person_id=proposed.proposed_by)
    context, key = _context(framework, reason=proposed.words, who=proposed.decided_by_name), f"dropped:{proposed.pk}"
    mailing.inform(people, "procurement/email/termination_dropped.txt", context, key, at=at)
