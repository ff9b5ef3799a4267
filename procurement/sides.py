"""On whose side somebody stands: nobody of an authority or of a supplier applies to join for a department, signs for it
or administers it, and no supplier joins (domain.md, "Accession")."""

from collections.abc import Iterator
from datetime import date

from django.db.models import Q
from django.utils.translation import gettext as _

from catalogue.models import Framework, Organisation
from documents.refusal import Reason
from procurement import granting


def why_no_place(framework: Framework, body: Organisation) -> Iterator[Reason]:
    """What a body is already that it cannot join beside."""
    if body.framework_places.exists():
        yield Reason(_("%(body)s is a supplier here; a supplier does not join as a department.") % {"body": body.name})
    if framework.authority_id == body.pk:
        yield Reason(_("%(body)s is the authority of this framework.") % {"body": body.name})


def _others(body: Organisation) -> list[Organisation]:
    """Authorities and suppliers, without the body itself: an authority may be a department of its own framework."""
    either = Q(frameworks__isnull=False) | Q(framework_places__isnull=False)
    return list(Organisation.objects.filter(either).exclude(pk=body.pk).distinct())


def why_of_another(body: Organisation, emails: dict[str, str], on: date) -> Iterator[Reason]:
    """``emails``: address to name, of people who would act for the body. One of an authority's or a supplier's people is
    refused by their account, and an address like theirs by its host: it could be theirs without an account."""
    if not emails:
        return
    elsewhere = granting.people_ever_after(_others(body), on)
    hosts = {_host(email) for email in elsewhere}
    for email, name in emails.items():
        if email in elsewhere:
            yield Reason(_("%(name)s (%(email)s) is one of the people of the authority or of a supplier.")
                         % {"name": name, "email": email}, _("Name somebody of %(body)s itself.") % {"body": body.name})  # fmt: skip
        elif any(_host(email) == host or _host(email).endswith(f".{host}") for host in hosts):
            yield Reason(_("%(email)s is an address like those of the authority's or of a supplier's people.")
                         % {"email": email}, _("Name somebody of %(body)s itself.") % {"body": body.name})  # fmt: skip


def _host(email: str) -> str:
    return email.rpartition("@")[2].lower()

