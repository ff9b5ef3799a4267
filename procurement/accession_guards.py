"""Why not: reasons in words for the acts of joining."""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.models import Framework, Organisation
from documents import audit, store
from documents.actors import Actor
from documents.clock import london_day
from documents.refusal import Reason
from documents.templatetags.flex import gbp, moment
from procurement import forecasting, quoting, seats, sides, signing
from procurement.actors import Person
from procurement.application_gaps import gaps, why_agreement_unsigned
from procurement.models import (
    BODYS_TURN,
    IN_CONSIDERATION,
    PIPELINE,
    Accession,
    AccessionDecision,
    AccessionState,
    Application,
    CapacityAccount,
    PostCode,
    User,
)
from procurement.standing import framework_is_over, why_framework_not_open, why_framework_over, why_not_authority

A = AccessionState
APPLICANTS = (PostCode.ADMINISTRATOR, PostCode.REQUESTER)
ASKED = "accession.information_requested"



class InterestLike(Protocol):
    name: str
    identifier: str
    crown: bool


def why_not_in_state(accession: Accession, *wanted: str) -> Iterator[Reason]:
    if accession.state not in wanted:
        yield Reason(
            _("The accession of %(department)s is %(state)s.")
            % {"department": accession.department.name, "state": accession.get_state_display()}
        )


def _authority(accession: Accession, post: str, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_authority(accession.framework, post, by=by, at=at)


def _applicant(accession: Accession, by: Person, at: datetime) -> Iterator[Reason]:
    on = london_day(at)
    if any(seats.find_seat(by, accession.department_id, post, on) for post in APPLICANTS):
        return
    if accession.state in BODYS_TURN and not applicants(accession, at):
        mend = _("Nobody there holds either post; the accession lead can name somebody.")
    else:
        mend = seats.who_holds(accession.department_id, PostCode.ADMINISTRATOR, on)
    yield Reason(
        _("Only an administrator or a requester of %(department)s can do this.") % {"department": accession.department.name}, mend
    )


def applicants(accession: Accession, at: datetime) -> list[User]:
    """Who of the body can apply for it already."""
    on = london_day(at)
    found = [user for post in APPLICANTS for user in seats.holders(accession.department_id, post, on)]
    return list({user.pk: user for user in found}.values())


def why_not_enter(framework: Framework, body: Organisation | None, interest: InterestLike) -> Iterator[Reason]:
    """A body that is known by its code is chosen only by who knows it: what was typed would count for nothing else."""
    if body is None:
        return
    yield from sides.why_no_place(framework, body)
    typed = " ".join(interest.name.split()).casefold(), interest.identifier.upper(), interest.crown
    if typed != (body.name.casefold(), body.identifier.upper(), body.crown):
        yield Reason(
            _("The code %(code)s is that of %(body)s, %(identifier)s, %(crown)s.")
            % {"code": body.code, "body": body.name, "identifier": body.identifier,
               "crown": _("a body of the Crown") if body.crown else _("no body of the Crown")},
            _("If you mean it, enter it like that; otherwise choose another code."),
        )  # fmt: skip


def applicant_hands(accession: Accession, by: Person, at: datetime) -> set[str]:
    """Whose hand it is when the person writes for the department: theirs, and their principal's."""
    found = [acting(accession.department_id, post, by, at) for post in APPLICANTS]
    return {str(person) for people in found for person in people}


def why_not_engage(accession: Accession, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(accession, A.PROSPECT)
    yield from why_framework_not_open(accession.framework, london_day(at))
    yield from _authority(accession, PostCode.ACCESSION_LEAD, by, at)
    yield from sides.why_no_place(accession.framework, accession.department)


def why_not_expect(accession: Accession, *, by: Person, at: datetime) -> Iterator[Reason]:
    """What the authority reckons with, until the body says it itself in an application."""
    yield from why_not_in_state(accession, A.PROSPECT, A.ENGAGED)
    yield from _authority(accession, PostCode.ACCESSION_LEAD, by, at)


def why_not_name_contact(accession: Accession, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Somebody (else) is proposed while nobody there can apply, or answer."""
    yield from why_not_in_state(accession, *BODYS_TURN)
    yield from _authority(accession, PostCode.ACCESSION_LEAD, by, at)
    yield from sides.why_no_place(accession.framework, accession.department)
    yield from why_looked_after(accession, at)


def why_looked_after(accession: Accession, at: datetime) -> Iterator[Reason]:
    """Nobody from outside gives a body an administrator that has people who can apply."""
    if found := applicants(accession, at):
        yield Reason(
            _("%(body)s has people here who can apply: %(names)s.")
            % {"body": accession.department.name, "names": ", ".join(user.name for user in found)},
            _("Its administrator can give a post to somebody else there."),
        )


def why_not_contact(accession: Accession, email: str, name: str, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Who may become the first administrator of a body."""
    body, on = accession.department, london_day(at)
    if email == by.email.lower():
        yield Reason(_("Nobody gives powers to themselves: name somebody of %(body)s.") % {"body": body.name})
        return
    yield from sides.why_of_another(body, {email: name}, on)
    known = User.objects.filter(email=email).first()
    if known is not None and not known.is_active:
        yield Reason(_("The account of %(email)s is closed.") % {"email": email})
    people = list(seats.people_of(body, on))
    if people and email not in {person.email for person in people}:
        yield Reason(
            _("%(body)s has people here already; name one of them: %(names)s.")
            % {"body": body.name, "names": ", ".join(f"{p.name} ({p.email})" for p in people[:10])}
        )


def why_not_refuse_contact(accession: Accession, *, by: Person, at: datetime) -> Iterator[Reason]:
    """A second person of the authority decides on whom the lead has proposed."""
    yield from why_not_in_state(accession, *BODYS_TURN)
    yield from _authority(accession, PostCode.ACCESSION_APPROVER, by, at)
    if not accession.contact_waits:
        yield Reason(
            _("Nobody is proposed whom you would have to confirm."),
            seats.who_holds(accession.framework.authority_id, PostCode.ACCESSION_LEAD, london_day(at)),
        )
        return
    proposed = {accession.contact_proposed_by, accession.contact_proposed_for}
    if proposed & acting(accession.framework.authority_id, PostCode.ACCESSION_APPROVER, by, at):
        yield Reason(_("You proposed this person, or act for who did; somebody else decides on them."))


def why_not_confirm(accession: Accession, *, by: Person, at: datetime) -> Iterator[Reason]:
    """On top of who decides, all that was asked when the contact was proposed, afresh."""
    yield from why_not_refuse_contact(accession, by=by, at=at)
    if not accession.contact_waits:
        return
    yield from sides.why_no_place(accession.framework, accession.department)
    yield from why_looked_after(accession, at)
    yield from why_not_contact(accession, accession.contact_email, accession.contact_name, by=by, at=at)


def acting(organisation_id: int, post: str, by: Person, at: datetime) -> set[UUID]:
    """The person, and whom they act for in the chair."""
    return {by.person_id} | ({found} if (found := principal_id(organisation_id, post, by, at)) else set())


def principal_id(organisation_id: int, post: str, by: Person, at: datetime) -> UUID | None:
    found = seats.principal(by, organisation_id, post, on=london_day(at))
    return found.person_id if found else None


def for_authority(accession: Accession, post: str, by: Actor, at: datetime) -> User | None:
    """Whose deputy the person acts as in that chair of the authority; None in their own."""
    return seats.acting_for(by, accession.framework.authority_id, post, on=london_day(at))


def for_applicant(accession: Accession, by: Actor, at: datetime) -> User | None:
    """The same in the chairs that write for the department."""
    return seats.acting_for(by, accession.department_id, *APPLICANTS, on=london_day(at))


COUNTS_BASELINES = (A.ENGAGED, *IN_CONSIDERATION, A.APPROVED, A.AGREEMENT_ISSUED, A.ACTIVE, A.SUSPENDED)


def why_not_state_baseline(accession: Accession, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(accession, *COUNTS_BASELINES)
    yield from _applicant(accession, by, at)


def why_not_sign_off_baseline(accession: Accession, *, by: Person, at: datetime) -> Iterator[Reason]:
    """The finance director, who has not stated it, nor acts for who did."""
    on = london_day(at)
    yield from why_not_in_state(accession, *COUNTS_BASELINES)
    if seats.find_seat(by, accession.department_id, PostCode.FINANCE_DIRECTOR, on) is None:
        yield Reason(
            _("Only the finance director of %(department)s can do this.") % {"department": accession.department.name},
            seats.who_holds(accession.department_id, PostCode.FINANCE_DIRECTOR, on),
        )
    found = quoting.baseline_of(accession.framework_id, accession.department_id)
    if found is None:
        yield Reason(_("No baseline has been stated."), seats.who_holds(accession.department_id, PostCode.REQUESTER, on))
    elif found.is_signed_off:
        yield Reason(_("It is signed off already: %(name)s did it.") % {"name": found.sign_off.name})
    elif {found.stated_by, found.principal_id} & acting(accession.department_id, PostCode.FINANCE_DIRECTOR, by, at):
        yield Reason(_("%(name)s stated it: somebody else signs it off.") % {"name": found.stated_by_name})


def why_not_edit(accession: Accession, *, by: Person, at: datetime) -> Iterator[Reason]:
    """The application is filled in until it is sent, and again while information is asked for."""
    yield from why_not_in_state(accession, *BODYS_TURN)
    yield from _applicant(accession, by, at)


def _signatory_free(accession: Accession, application: Application, by: Person, at: datetime) -> Iterator[Reason]:
    """The agreement will have somebody to sign it: a signatory without a hand in the application, the sender's too."""
    named = {person["email"] for person in application.people if person["post"] == PostCode.SIGNATORY}
    wrote = {str(hand) for hand in hands(accession)} | applicant_hands(accession, by, at)
    if named and named <= set(User.objects.filter(person_id__in=wrote).values_list("email", flat=True)):
        yield Reason(
            _("Who is named as signatory has written in this application, so could not sign the agreement."),
            _("Name another signatory as well, or let somebody else send it."),
        )


def why_not_apply(accession: Accession, application: Application | None, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(accession, A.ENGAGED)
    yield from why_framework_not_open(accession.framework, london_day(at))
    yield from _applicant(accession, by, at)
    if application is None:
        yield Reason(_("There is no application yet; fill it in first."))
        return
    yield from gaps(application, london_day(at))
    yield from _signatory_free(accession, application, by, at)


def why_not_answer(accession: Accession, application: Application | None, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(accession, A.INFORMATION_REQUESTED)
    yield from _applicant(accession, by, at)
    if application is None:
        yield Reason(_("There is no application yet; fill it in first."))
        return
    asked = accession.questions.filter(answered_at=None, asked_at__gt=at).first()
    if asked is not None:
        yield Reason(
            _("The question is of %(asked)s, which the register's clock has not reached.") % {"asked": moment(asked.asked_at)},
            _("It can be answered then; whoever keeps the clock can step it on."),
        )
    yield from gaps(application, london_day(at))
    yield from _signatory_free(accession, application, by, at)


def why_not_review(accession: Accession, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(accession, A.APPLIED)
    yield from why_framework_over(accession.framework, london_day(at))
    yield from _authority(accession, PostCode.ACCESSION_LEAD, by, at)
    yield from _own_case(accession, PostCode.ACCESSION_LEAD, by, at)


def hands(accession: Accession) -> set[UUID]:
    """Who wrote in any of its applications or sent one, for themselves or for a principal."""
    found: set[UUID] = set()
    for application in accession.applications.all():
        found |= {UUID(hand) for hand in application.hands} | ({application.submitted_by} - {None})
    return found


def concerned(accession: Accession) -> frozenset[UUID]:
    """Who wrote in, sent, reviewed or decided on its applications, and whom they acted for: none of them signs."""
    decided = AccessionDecision.objects.filter(application__accession=accession)
    pairs = [(accession.reviewer_id, accession.reviewer_principal_id), *decided.values_list("person_id", "principal_id")]
    return frozenset(hands(accession) | {person for pair in pairs for person in pair if person is not None})


def _own_case(accession: Accession, post: str, by: Person, at: datetime) -> Iterator[Reason]:
    """Nobody considers what they, or whom they act for, wrote, or in which they are named."""
    people = acting(accession.framework.authority_id, post, by, at)
    if people & hands(accession):
        yield Reason(_("You have written in this application yourself; somebody else has to consider it."))
    emails = {person["email"] for application in accession.applications.all() for person in application.people}
    if User.objects.filter(person_id__in=people, email__in=emails).exists():
        yield Reason(_("You, or whom you act for, are named in this application; somebody else has to consider it."))


def why_not_ask(accession: Accession, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(accession, A.IN_REVIEW)
    yield from _authority(accession, PostCode.ACCESSION_LEAD, by, at)
    yield from _own_case(accession, PostCode.ACCESSION_LEAD, by, at)


def why_not_recommend(accession: Accession, application: Application | None, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(accession, A.IN_REVIEW)
    yield from _authority(accession, PostCode.ACCESSION_LEAD, by, at)
    yield from _own_case(accession, PostCode.ACCESSION_LEAD, by, at)
    yield from _sent(application)
    if application and application.decisions.filter(outcome="recommended").exists():
        yield Reason(_("This application has been recommended already; the accession approver decides."))


def _sent(application: Application | None) -> Iterator[Reason]:
    if application is None or application.submitted_at is None:
        yield Reason(
            _("The department has not sent its application through this register."),
            _("Ask it to: the question opens the application to it."),
        )


def why_not_approve(accession: Accession, application: Application | None, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Somebody who had no part in the review, nor any principal of theirs; an eligible body; room under the ceiling for
    what it would bring."""
    yield from why_not_in_state(accession, A.IN_REVIEW)
    yield from why_framework_over(accession.framework, london_day(at))
    yield from _authority(accession, PostCode.ACCESSION_APPROVER, by, at)
    yield from _own_case(accession, PostCode.ACCESSION_APPROVER, by, at)
    yield from _sent(application)
    if application is None:
        return
    if not application.decisions.filter(outcome="recommended").exists():
        yield Reason(_("The review is not finished."), _("The accession lead recommends it first."))
    if acting(accession.framework.authority_id, PostCode.ACCESSION_APPROVER, by, at) & _reviewers(accession):
        yield Reason(_("You reviewed this application; somebody else approves it."))
    yield from why_agreement_unsigned(application, london_day(at))
    yield from _eligible(accession, at)
    yield from _headroom(accession, application, at)


def _reviewers(accession: Accession) -> set[UUID | None]:
    """Who started the review, asked in it or recommended, and whom they acted for."""
    recommended = AccessionDecision.objects.filter(application__accession=accession, outcome="recommended")
    asked = audit.history(accession).filter(verb=ASKED)  # the question says its hand alone, its record for whom too
    pairs = [*recommended.values_list("person_id", "principal_id"), *asked.values_list("actor_person_id", "acting_for_id")]
    return {accession.reviewer_id, accession.reviewer_principal_id, *(person for pair in pairs for person in pair)}


def _eligible(accession: Accession, at: datetime) -> Iterator[Reason]:
    body, on = accession.department, london_day(at)
    if (body.exists_from and body.exists_from > on) or (body.exists_to and body.exists_to < on):
        yield Reason(_("%(department)s does not exist on this day.") % {"department": body.name})
    yield from sides.why_no_place(accession.framework, body)


def may_apply_anew(accession: Accession, *, at: datetime) -> bool:
    """Whether the body, once declined, could be entered again: under a framework in force, as a body that exists and may
    have a place on it."""
    return not any(why_framework_over(accession.framework, london_day(at))) and not any(_eligible(accession, at))


def _headroom(accession: Accession, application: Application, at: datetime) -> Iterator[Reason]:
    market = forecasting.market(accession.framework, london_day(at))
    if market is None:
        yield Reason(_("No catalogue release is live: what the department would bring cannot be forecast."))
        return
    value = forecasting.forecast(market, application.seats).value_gbp
    free = CapacityAccount.objects.get(framework=accession.framework).headroom_gbp
    if value > free:
        yield Reason(
            ngettext("Its %(seats)s seat would bring about %(value)s over the longest term; %(free)s are free under the ceiling.",
                     "Its %(seats)s seats would bring about %(value)s over the longest term; %(free)s are free under the ceiling.", application.seats)
            % {"seats": f"{application.seats:,}", "value": gbp(value), "free": gbp(free)},
            _("The framework manager can raise the ceiling where the law allows it."),
        )


def why_not_decline(accession: Accession, application: Application | None, *, by: Person, at: datetime) -> Iterator[Reason]:
    yield from why_not_in_state(accession, *IN_CONSIDERATION, A.APPROVED)
    yield from _authority(accession, PostCode.ACCESSION_APPROVER, by, at)
    yield from _own_case(accession, PostCode.ACCESSION_APPROVER, by, at)


def why_not_withdraw(accession: Accession, *, by: Person, at: datetime) -> Iterator[Reason]:
    """The department at any time before it has joined; the lead may close what never became an application.
    The last signatory's act ends that, before its signature is on the document."""
    yield from why_not_in_state(accession, *PIPELINE)
    if accession.document is not None and store.next_party(accession.document) is None:
        yield Reason(_("Both parties have signed the agreement; it is being closed."),
                     _("The framework manager can end the membership."))  # fmt: skip
    if not _closes_as_lead(accession, by, at):
        yield from _applicant(accession, by, at)


def _closes_as_lead(accession: Accession, by: Person, at: datetime) -> bool:
    return accession.state in (A.PROSPECT, A.ENGAGED) and not any(_authority(accession, PostCode.ACCESSION_LEAD, by, at))


def for_withdrawing(accession: Accession, by: Person, at: datetime) -> User | None:
    """Whose deputy the person withdraws it as, on whichever side they do."""
    if _closes_as_lead(accession, by, at):
        return for_authority(accession, PostCode.ACCESSION_LEAD, by, at)
    return for_applicant(accession, by, at)


def outlives_its_framework(accession: Accession, *, at: datetime) -> bool:
    """Whether the end of its framework leaves the accession alone, now or for good."""
    return (
        accession.state not in PIPELINE
        or not framework_is_over(accession.framework, london_day(at))
        or (
            accession.document is not None
            and (store.next_party(accession.document) is None or store.pending_intent(accession.document) is not None)
        )
    )


def why_not_manage(accession: Accession, *, states: Collection[str], by: Person, at: datetime) -> Iterator[Reason]:
    """Suspending, resuming and ending a membership."""
    yield from why_not_in_state(accession, *states)
    yield from _authority(accession, PostCode.FRAMEWORK_MANAGER, by, at)


def boxes(accession: Accession) -> tuple[signing.Box, ...]:
    """The department signs first, then the authority."""
    return (
        signing.Box("department", _("the department"), "The Department", accession.department, PostCode.SIGNATORY),
        signing.Box(
            "authority", _("the purchasing authority"), "The Purchasing Authority", accession.framework.authority,
            PostCode.AUTHORITY_SIGNATORY,
        ),
    )  # fmt: skip
