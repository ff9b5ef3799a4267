"""What an application to join still lacks, in words."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _

from documents.refusal import Reason
from procurement import sides
from procurement.application_letters import has_limit, is_taken_off, is_unsaid
from procurement.models import Application, PostCode

NEEDED_POSTS = (PostCode.ADMINISTRATOR, PostCode.REQUESTER, PostCode.ACCOUNTING_OFFICER, PostCode.SIGNATORY)


def gaps(application: Application, on: date) -> Iterator[Reason]:
    """What an application still lacks on the day."""
    if not application.statement.strip():
        yield Reason(_("Say what the department wants to use the framework for."))
    if application.seats == 0:
        yield Reason(_("Name the sites, and the seats at each."))
    for site in application.sites:
        if not site["address"].strip():
            yield Reason(_("Enter the address of the site %(site)s.") % {"site": site["name"]})
    posts = [person["post"] for person in application.people]
    for post in NEEDED_POSTS:
        if post not in posts:
            yield Reason(_("Nobody is named as %(post)s.") % {"post": PostCode(post).label})
    named = {person["email"]: person["name"] for person in application.people}
    yield from sides.why_of_another(application.accession.department, named, on)
    signatories = {person["email"] for person in application.people if person["post"] == PostCode.SIGNATORY}
    requesters = {person["email"] for person in application.people if person["post"] == PostCode.REQUESTER}
    if requesters & signatories:
        yield Reason(_("Whoever requests an order cannot sign its contract: name somebody else as one of the two."))
    kinds = {file["kind"] for file in application.files}
    if Application.FileKind.SIGNATORY not in kinds:
        yield Reason(_("Attach the evidence of who may sign for the department."))
    if any(has_limit(person) for person in application.people) and Application.FileKind.DELEGATION not in kinds:
        yield Reason(_("Attach the letter that gives the limits you have entered."))
    yield from _unknown_letters(application)
    if any(person["post"] == PostCode.SIGNATORY and not has_limit(person) for person in application.people):
        yield Reason(_("Enter up to what value the signatory may sign."))
    for person in application.people:
        if person.get("ends_on") and not _lasts(person, on):
            yield Reason(_("The limit of %(name)s has ended; name its last day anew.") % {"name": person["name"]})
    numbers = set(application.accession.framework.lots.values_list("number", flat=True))
    for person in application.people:
        if person.get("lot") and person["lot"] not in numbers:
            yield Reason(_("The limit of %(name)s is for a lot that the framework does not have.") % {"name": person["name"]})
    yield from why_agreement_unsigned(application, on)


def _unknown_letters(application: Application) -> Iterator[Reason]:
    """Whoever relies on a limit will ask for the letter that it stands in."""
    files = application.files
    unsaid = [person["name"] for person in application.people if is_unsaid(person, files)]
    if unsaid:
        yield Reason(_("Say in which of the delegation letters each limit stands. It is not said for %(names)s.") % {"names": ", ".join(unsaid)})
    gone = defaultdict(list)
    for person in application.people:
        if is_taken_off(person, files):
            gone[person["letter_filename"], person["letter_sha256"]].append(person["name"])
    for (letter, _sha256), names in gone.items():
        yield Reason(
            _("The letter %(letter)s, which gives a limit to %(names)s, is not attached any more.") % {"letter": letter, "names": ", ".join(names)},
            _("Attach it again, or name another letter beside the limit."),
        )


def _lasts(person: dict, on: date) -> bool:
    return not person.get("ends_on") or date.fromisoformat(person["ends_on"]) >= on


def why_agreement_unsigned(application: Application, on: date) -> Iterator[Reason]:
    """A limit for one lot does not cover the access agreement, which is for the whole framework."""
    signatories = [person for person in application.people if person["post"] == PostCode.SIGNATORY and has_limit(person)]
    if signatories and not any(_lasts(person, on) and not person.get("lot") for person in signatories):
        yield Reason(
            _("No signatory has a limit for all lots that lasts until then: the access agreement could not be signed."),
            _("Name one whose limit is for all lots, and that has not ended."),
        )
