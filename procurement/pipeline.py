"""How a body enters the pipeline and is asked to apply: interest, invitation, and the contact whom two people name.

Its application and the decision on it are ``procurement.joining``. Every act locks the accession after its framework.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from catalogue.models import Framework, Organisation
from documents import audit, canonical
from documents.clock import london_day
from documents.refusal import insist, insist_on_words, refuse
from procurement import accession_guards as guards
from procurement import accession_notifications as notifications
from procurement import membership, seats
from procurement.actors import Person
from procurement.locking import lock_accession, share_framework
from procurement.membership import Named
from procurement.models import Accession, PostCode


@dataclass(frozen=True)
class Interest:
    """A body that may join. ``identifier`` is its registered id, which its seal will carry (as GOVGB-HMT)."""

    code: str
    name: str
    identifier: str
    address: str
    crown: bool


@transaction.atomic
def add_interest(
    framework: Framework, interest: Interest, *, seats_expected: int | None, by: Person, at: datetime
) -> Accession:
    """A body enters the pipeline as a prospect."""
    framework = share_framework(framework.pk)
    insist(guards.why_not_authority(framework, PostCode.ACCESSION_LEAD, by=by, at=at))
    acting_for = seats.acting_for(by, framework.authority_id, PostCode.ACCESSION_LEAD, on=london_day(at))
    body = Organisation.objects.filter(code=interest.code).first()
    insist(guards.why_not_enter(framework, body, interest))
    if body is None:
        if Organisation.objects.filter(identifier=interest.identifier).exists():
            refuse(_("Another organisation has the identifier %(id)s already.") % {"id": interest.identifier})
        body = _only(lambda: Organisation.objects.create(**asdict(interest)))
        audit.record("organisation.entered", body, by=by, at=at, acting_for=acting_for)
    if Accession.objects.filter(framework=framework, department=body).exclude(
        state__in=["ended", "declined", "withdrawn"]
    ).exists():  # fmt: skip
        refuse(_("%(body)s is in the pipeline already, or has joined.") % {"body": body.name})
    accession = _only(
        lambda: Accession.objects.create(
            framework=framework, department=body, state_since=at, seats_expected=seats_expected
        )
    )
    audit.record("accession.entered", accession, by=by, at=at, before=None, after=accession.state, acting_for=acting_for)
    return accession


def _only(make: Callable[[], Model]) -> Model:
    """The row, unless somebody else enters the same at this moment: the database lets one of them in."""
    try:
        with transaction.atomic():
            return make()
    except IntegrityError:
        refuse(_("Somebody has entered this body, or one with its code or identifier, at this moment."),
               _("Look at the board, and enter it again if it is not the same."))  # fmt: skip


@transaction.atomic
def expect_seats(accession: Accession, *, seats_expected: int, by: Person, at: datetime) -> Accession:
    """With how many seats the forecasts reckon, as long as the body has not applied with its own."""
    accession = lock_accession(accession)
    insist(guards.why_not_expect(accession, by=by, at=at))
    before, accession.seats_expected = accession.seats_expected, seats_expected
    accession.save()
    audit.record("accession.seats_expected", accession, by=by, at=at,
                 acting_for=guards.for_authority(accession, PostCode.ACCESSION_LEAD, by, at),
                 extra={"before": before, "after": seats_expected})  # fmt: skip
    return accession


@transaction.atomic
def engage(
    accession: Accession, *, contact_name: str = "", contact_email: str = "", by: Person, at: datetime
) -> Accession:
    """The body is to apply. Who can do that for it is asked to by email. Only where nobody can is a contact named, who
    becomes its first administrator when another person of the authority has confirmed them (``confirm_contact``)."""
    accession = lock_accession(accession)
    insist(guards.why_not_engage(accession, by=by, at=at))
    asked = guards.applicants(accession, at)
    if asked and contact_email:
        insist(guards.why_looked_after(accession, at))
    before = accession.state
    accession.engage(at=at)
    if asked:
        accession.invited_at = at
        accession.contact_name, accession.contact_email = asked[0].name, asked[0].email
    else:
        _propose(accession, contact_name, contact_email, by, at)
    accession.save()
    audit.record("accession.engaged", accession, by=by, at=at, before=before, after=accession.state,
                 acting_for=guards.for_authority(accession, PostCode.ACCESSION_LEAD, by, at),
                 extra={"contact": accession.contact_email})  # fmt: skip
    if asked:
        notifications.tell_invited(accession, asked)
    else:
        notifications.tell_contact_proposed(accession, by, at)
    return accession


def _propose(accession: Accession, name: str, email: str, by: Person, at: datetime) -> None:
    name, email = name.strip(), email.strip().lower()
    if not name or not email:
        refuse(_("Name who fills in the application, with an email address."))
    insist(guards.why_not_contact(accession, email, name, by=by, at=at))
    authority = accession.framework.authority_id
    accession.contact_name, accession.contact_email = name, email
    accession.contact_proposed_by, accession.contact_proposed_at, accession.contact_confirmed_by = by.person_id, at, None
    accession.contact_proposed_for = guards.principal_id(authority, PostCode.ACCESSION_LEAD, by, at)


@transaction.atomic
def name_contact(accession: Accession, *, contact_name: str, contact_email: str, by: Person, at: datetime) -> Accession:
    """Somebody else is proposed, while nobody there can apply yet."""
    accession = lock_accession(accession)
    insist(guards.why_not_name_contact(accession, by=by, at=at))
    _propose(accession, contact_name, contact_email, by, at)
    accession.save()
    audit.record("accession.contact_named", accession, by=by, at=at, acting_for=guards.for_authority(accession, PostCode.ACCESSION_LEAD, by, at),
                 extra={"contact": accession.contact_email})  # fmt: skip
    notifications.tell_contact_proposed(accession, by, at)
    return accession


def contact_hash(accession: Accession) -> str:
    """What a confirmation binds to: whom exactly."""
    return canonical.sha256_hex(canonical.dumps([accession.contact_name, accession.contact_email]))


@transaction.atomic
def confirm_contact(accession: Accession, *, shown_hash: str, by: Person, at: datetime) -> Accession:
    """The second person's word: whom the lead has proposed becomes the body's administrator and is asked to apply."""
    accession = lock_accession(accession)
    insist(guards.why_not_confirm(accession, by=by, at=at))
    _insist_on_contact(accession, shown_hash)
    named = Named(accession.contact_name, accession.contact_email, PostCode.ADMINISTRATOR)
    acting_for = guards.for_authority(accession, PostCode.ACCESSION_APPROVER, by, at)
    user = membership.appoint(accession.department, named, tell=False, by=by, at=at, acting_for=acting_for)  # the invitation says so
    accession.contact_confirmed_by, accession.invited_at = by.person_id, at
    accession.save()
    audit.record("accession.contact_confirmed", accession, by=by, at=at, hash_shown=shown_hash, acting_for=acting_for,
                 extra={"contact": user.email})  # fmt: skip
    notifications.tell_invited(accession, [user])
    return accession


@transaction.atomic
def refuse_contact(accession: Accession, *, shown_hash: str, reason: str, by: Person, at: datetime) -> Accession:
    """The second person's no: nobody is proposed any more, and the lead, who reads why, names somebody else."""
    accession = lock_accession(accession)
    insist(guards.why_not_refuse_contact(accession, by=by, at=at))
    _insist_on_contact(accession, shown_hash)
    insist_on_words(reason, _("Give a reason: the accession lead will read it."))
    name, email = accession.contact_name, accession.contact_email
    accession.forget_contact()
    accession.save()
    audit.record("accession.contact_refused", accession, by=by, at=at, reason=reason, hash_shown=shown_hash,
                 acting_for=guards.for_authority(accession, PostCode.ACCESSION_APPROVER, by, at),
                 extra={"contact": email})  # fmt: skip
    notifications.tell_contact_refused(accession, f"{name} ({email})", reason, at)
    return accession


def _insist_on_contact(accession: Accession, shown_hash: str) -> None:
    if shown_hash != contact_hash(accession):
        refuse(_("Somebody else is proposed now than when this page was shown."), _("Look at whom it names now."))
