"""One function a message about a framework's life. Rows in the caller's transaction, sent after it, each once."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from catalogue.models import Framework
from documents import mail
from documents.clock import london_day
from procurement import access
from procurement.models import Accession, AccessionState, PostCode, Termination, User

A = AccessionState


def _send(people: Iterable[User], template: str, framework: Framework, key: str, **more) -> None:
    for person in {person.pk: person for person in people}.values():
        context = {
            "name": person.name, "framework": framework.title, "reference": framework.reference,
            "authority": framework.authority.name, "url": settings.PUBLIC_URL + reverse("procurement:framework"), **more,
        }  # fmt: skip
        mail.enqueue(person.email, f"procurement/email/{template}.txt", context, f"{key}:{person.person_id}")


def _everybody(framework: Framework, at: datetime) -> list[User]:
    """Whom a change of the framework concerns: the requesters of its departments, its suppliers' order desks and account
    managers, its manager."""
    on = london_day(at)
    members = Accession.objects.filter(framework=framework, state__in=[A.ACTIVE, A.SUSPENDED]).order_by("id")
    chairs = [(department, PostCode.REQUESTER) for department in members.values_list("department_id", flat=True)]
    for supplier in framework.framework_suppliers.order_by("id").values_list("supplier_id", flat=True):
        chairs += [(supplier, PostCode.ORDER_DESK), (supplier, PostCode.ACCOUNT_MANAGER)]
    chairs.append((framework.authority_id, PostCode.FRAMEWORK_MANAGER))
    return [person for organisation, post in chairs for person in access.holders(organisation, post, on)]


def tell_changed(framework: Framework, happened: str, at: datetime, *, key: str, reason: str = "", **figures) -> None:
    """``happened``: suspended | resumed | extended | terminated | expired; ``figures`` are words for the message."""
    _send(
        _everybody(framework, at), "framework_changed", framework, f"framework:{happened}:{key}", happened=happened,
        reason=reason, **figures,
    )  # fmt: skip


def tell_proposed(framework: Framework, proposed: Termination, at: datetime) -> None:
    """Who confirms a termination."""
    people = access.holders(framework.authority_id, PostCode.DEPUTY_DIRECTOR, london_day(at))
    _send(
        people, "termination_proposed", framework, f"termination:{proposed.pk}", reason=proposed.reason,
        who=proposed.proposed_by_name,
    )  # fmt: skip


def tell_dropped(framework: Framework, proposed: Termination, at: datetime) -> None:
    people = User.objects.filter(person_id=proposed.proposed_by)
    _send(
        people, "termination_dropped", framework, f"termination-dropped:{proposed.pk}", reason=proposed.words,
        who=proposed.decided_by_name,
    )  # fmt: skip
