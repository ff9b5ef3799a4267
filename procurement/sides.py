"""On whose side somebody stands: nobody of an authority or of a supplier applies to join for a department, signs for it
or administers it, no supplier joins (domain.md, "Accession"), and neither takes the addresses of another."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache

from django.db.models import Q
from django.utils.translation import gettext as _
from publicsuffixlist import PublicSuffixList

from catalogue.models import Framework, Organisation
from documents.refusal import Reason
from procurement import granting
from procurement.models import Accession, Application

# Mail domains that public bodies alone are given.
GOVERNMENT = (
    "gov.uk", "gov.scot", "gov.wales", "llyw.cymru", "hscni.net", "judiciary.uk", "mod.uk", "nhs.net", "nhs.scot", "nhs.uk",
    "nhs.wales", "parliament.scot", "parliament.uk", "police.scot", "police.uk", "senedd.wales",
)  # fmt: skip


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
        elif any(_within(_host(email), host) for host in hosts):
            yield Reason(_("%(email)s is an address like those of the authority's or of a supplier's people.")
                         % {"email": email}, _("Name somebody of %(body)s itself.") % {"body": body.name})  # fmt: skip


def why_not_their_domain(body: Organisation, email: str) -> Iterator[Reason]:
    """What keeps an authority or a supplier from a new address: the hosts of its people's addresses bar everybody else
    from them (``why_of_another``), so it takes none that another organisation has, or that only public bodies are given.
    A department's people bar nobody, and between departments an address is only asked about."""
    supplies = body.framework_places.exists()
    if not supplies and not body.frameworks.exists():
        return
    host = _host(email)
    name_own = _("Name somebody with an address of %(body)s itself.") % {"body": body.name}
    if supplies and any(_under(host, domain) for domain in GOVERNMENT):
        yield Reason(_("%(email)s is an address of a public body; no supplier's people have one.") % {"email": email}, name_own)
    elif not any(_within(host, own) for own in _hosts_ever([body])):
        taken = _hosts_ever(Organisation.objects.exclude(pk=body.pk))
        if any(_within(host, other) or _within(other, host) for other in taken):
            yield Reason(
                _("%(email)s is an address like those of another organisation's people.") % {"email": email}, name_own
            )


def _hosts_ever(bodies: Iterable[Organisation]) -> set[str]:
    """The hosts of the addresses of everybody who was ever one of the organisations' people, or is named on their way to
    join: a domain stays its owner's when the last of them has left, and is before the first has come."""
    bodies = list(bodies)
    found = set(granting.people_ever_after(bodies, date.min))
    found.update(Accession.objects.filter(department__in=bodies).values_list("contact_email", flat=True))
    for people in Application.objects.filter(accession__department__in=bodies).values_list("people", flat=True):
        found.update(person["email"] for person in people)
    return {_host(email) for email in found} - {""}


def _within(host: str, domain: str) -> bool:
    """Whether the host belongs to whoever has the domain. Under a public suffix (org.uk, co.uk) anybody has names: it is
    nobody's, even where somebody has an address right at it. Where an organisation lets others have names under its own
    (gov.scot), the addresses right at that are its own, and those under it are not."""
    if host == domain:
        return not _suffixes_of_registries().is_public(domain)
    return _under(host, domain) and not _suffixes().is_public(domain)


def _under(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


@cache
def _suffixes() -> PublicSuffixList:
    """Mozilla's list (publicsuffix.org) as the package carries it, read once a process; nothing is fetched."""
    return PublicSuffixList()


@cache
def _suffixes_of_registries() -> PublicSuffixList:
    """Its part of the registries' own, without what organisations let others have names under."""
    return PublicSuffixList(only_icann=True)


def _host(email: str) -> str:
    return email.rpartition("@")[2].lower()

