"""How a body comes to join: interest, invitation, application, review, and the decision by somebody else.

The agreement that follows is ``procurement.agreements``. Every act locks the accession after its framework.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from catalogue.models import Framework, Organisation
from documents import audit, canonical, store
from documents.refusal import insist, refuse
from procurement import accession_guards as guards
from procurement import accession_notifications as notifications
from procurement import clocks, membership, provisional
from procurement.actors import Person
from procurement.locking import lock_accession, share_framework
from procurement.models import (
    Accession,
    AccessionDecision,
    AccessionQuestion,
    Application,
    PostCode,
)

SCHEMA = 1
MOST_FILES = 20


@dataclass(frozen=True)
class Interest:
    """A body that may join. ``identifier`` is its registered id, which its seal will carry (as GOVGB-HMT)."""

    code: str
    name: str
    identifier: str
    address: str
    crown: bool


@dataclass(frozen=True)
class Named:
    """Somebody the department names for a post; ``limit_gbp`` (GBP, VAT excluded) or ``unlimited`` is the delegation
    that goes with it, None where the post commits nothing."""

    name: str
    email: str
    post: str
    limit_gbp: Decimal | None = None
    unlimited: bool = False


def current(accession: Accession) -> Application | None:
    """The newest application, sent or being filled in."""
    return accession.applications.order_by("-number").first()


def sent(accession: Accession) -> Application | None:
    """The newest application that was sent: what the authority reads and decides on."""
    return accession.applications.exclude(submitted_at=None).order_by("-number").first()


def hash_of(accession: Accession, application: Application | None) -> str:
    """The sha256 that a form about the application carries: of what was sent, or of what would be sent now."""
    if application is None:
        return ""
    return application.content_hash or canonical.sha256_hex(_content(accession, application))


def _content(accession: Accession, application: Application) -> bytes:
    """The application in canonical JSON."""
    return canonical.dumps({
        "schema": SCHEMA, "framework": accession.framework.reference, "number": application.number,
        "department": {"code": accession.department.code, "name": accession.department.name,
                       "identifier": accession.department.identifier},
        "statement": application.statement, "sites": application.sites, "people": application.people,
        "files": application.files, "seats": application.seats,
    })  # fmt: skip


@transaction.atomic
def add_interest(
    framework: Framework, interest: Interest, *, seats_expected: int | None, by: Person, at: datetime
) -> Accession:
    """A body enters the pipeline as a prospect."""
    framework = share_framework(framework.pk)
    insist(guards.why_not_authority(framework, PostCode.ACCESSION_LEAD, by=by, at=at))
    body = Organisation.objects.filter(code=interest.code).first()
    insist(guards.why_not_enter(framework, body, interest))
    if body is None:
        if Organisation.objects.filter(identifier=interest.identifier).exists():
            refuse(_("Another organisation has the identifier %(id)s already.") % {"id": interest.identifier})
        body = _only(lambda: Organisation.objects.create(**asdict(interest)))
        audit.record("organisation.entered", body, by=by, at=at)
    if Accession.objects.filter(framework=framework, department=body).exclude(
        state__in=["ended", "declined", "withdrawn"]
    ).exists():  # fmt: skip
        refuse(_("%(body)s is in the pipeline already, or has joined.") % {"body": body.name})
    accession = _only(
        lambda: Accession.objects.create(
            framework=framework, department=body, state_since=at, seats_expected=seats_expected
        )
    )
    audit.record("accession.entered", accession, by=by, at=at, before=None, after=accession.state)
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
        accession.contact_name, accession.contact_email = asked[0].name, asked[0].email
    else:
        _propose(accession, contact_name, contact_email, by, at)
    accession.save()
    audit.record("accession.engaged", accession, by=by, at=at, before=before, after=accession.state,
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
    accession.contact_proposed_by, accession.contact_confirmed_by = by.person_id, None
    accession.contact_proposed_for = guards.principal_id(authority, PostCode.ACCESSION_LEAD, by, at)


@transaction.atomic
def name_contact(accession: Accession, *, contact_name: str, contact_email: str, by: Person, at: datetime) -> Accession:
    """Somebody else is proposed, while nobody there can apply yet."""
    accession = lock_accession(accession)
    insist(guards.why_not_name_contact(accession, by=by, at=at))
    _propose(accession, contact_name, contact_email, by, at)
    accession.save()
    audit.record("accession.contact_named", accession, by=by, at=at, extra={"contact": accession.contact_email})
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
    user = membership.appoint(accession.department, named, tell=False, by=by, at=at)  # the invitation says so
    accession.contact_confirmed_by = by.person_id
    accession.save()
    audit.record("accession.contact_confirmed", accession, by=by, at=at, hash_shown=shown_hash,
                 extra={"contact": user.email})  # fmt: skip
    notifications.tell_invited(accession, [user])
    return accession


@transaction.atomic
def refuse_contact(accession: Accession, *, shown_hash: str, reason: str, by: Person, at: datetime) -> Accession:
    """The second person's no: nobody is proposed any more, and the lead, who reads why, names somebody else."""
    accession = lock_accession(accession)
    insist(guards.why_not_refuse_contact(accession, by=by, at=at))
    _insist_on_contact(accession, shown_hash)
    if not reason.strip():
        refuse(_("Give a reason: the accession lead will read it."))
    name, email = accession.contact_name, accession.contact_email
    accession.contact_name = accession.contact_email = ""
    accession.contact_proposed_by = accession.contact_proposed_for = None
    accession.save()
    audit.record("accession.contact_refused", accession, by=by, at=at, reason=reason, hash_shown=shown_hash,
                 extra={"contact": email})  # fmt: skip
    notifications.tell_contact_refused(accession, f"{name} ({email})", reason, at)
    return accession


def _insist_on_contact(accession: Accession, shown_hash: str) -> None:
    if shown_hash != contact_hash(accession):
        refuse(_("Somebody else is proposed now than when this page was shown."), _("Look at whom it names now."))


def _open(accession: Accession, by: Person) -> Application:
    """The application being filled in; after one was sent, a copy of it under the next number."""
    last = current(accession)
    if last is not None and last.submitted_at is None:
        return last
    copied = {name: getattr(last, name) for name in ("statement", "sites", "people", "files")} if last else {}
    return Application.objects.create(accession=accession, number=last.number + 1 if last else 1, **copied)


@transaction.atomic
def save_application(
    accession: Accession, values: dict[str, Any], *, edits: int | None = None, by: Person, at: datetime
) -> Application:
    """Any of ``statement``, ``sites`` [{name, address, seats}], ``people`` [Named], ``files``. ``edits`` is the count
    the form was opened at: refused when a colleague has saved since."""
    accession = lock_accession(accession)
    insist(guards.why_not_edit(accession, by=by, at=at))
    application = _open(accession, by)
    if edits is not None and edits != application.edits:
        refuse(
            _("Somebody saved this application while this form was open."),
            _("Open it again and look at what stands in it now; what you typed is still here to copy."),
        )
    if len(values.get("files", ())) > MOST_FILES:
        refuse(_("An application has at most %(most)s files.") % {"most": MOST_FILES})
    for name, value in values.items():
        setattr(application, name, [_plain(person) for person in value] if name == "people" else value)
    application.hands = sorted({*application.hands, *guards.applicant_hands(accession, by, at)})
    application.edits += 1
    application.save()
    audit.record("accession.application_saved", accession, by=by, at=at, extra={"what": sorted(values)})
    return application


def _plain(person: Named) -> dict[str, Any]:
    limit = f"{person.limit_gbp:.2f}" if person.limit_gbp is not None else ""
    return asdict(person) | {"email": person.email.lower(), "post": str(person.post), "limit_gbp": limit}


def _send(accession: Accession, application: Application, *, by: Person, at: datetime) -> None:
    """Freeze it: canonical JSON and its sha256."""
    content = _content(accession, application)
    application.content, application.content_hash = content.decode(), canonical.sha256_hex(content)
    application.submitted_at, application.submitted_by, application.submitted_by_name = at, by.person_id, by.words
    application.hands = sorted({*application.hands, *guards.applicant_hands(accession, by, at)})
    application.save()


@transaction.atomic
def apply(accession: Accession, *, shown_hash: str | None = None, by: Person, at: datetime) -> Accession:
    """The department sends its application; the review is due in the framework's working days. ``shown_hash``
    (``hash_of``) is of what the person was shown; None says that nothing was: a command's own application."""
    accession = lock_accession(accession)
    application = current(accession)
    insist(guards.why_not_apply(accession, application, by=by, at=at))
    _insist_on_hash(accession, application, shown_hash)
    _send(accession, application, by=by, at=at)
    before = accession.state
    accession.apply(at=at)
    accession.seats_expected = application.seats
    days = accession.framework.accession_review_working_days
    clocks.set_review(accession, clocks.begun(accession.framework, days, at))
    accession.save()
    audit.record("accession.applied", accession, by=by, at=at, before=before, after=accession.state,
                 hash_shown=application.content_hash)  # fmt: skip
    notifications.tell_applied(accession, at)
    return accession


@transaction.atomic
def start_review(accession: Accession, *, by: Person, at: datetime) -> Accession:
    """A lead takes it on: the reviewer, who will not be the one to approve it."""
    accession = lock_accession(accession)
    insist(guards.why_not_review(accession, by=by, at=at))
    before = accession.state
    accession.reviewer_id, accession.reviewer_name = by.person_id, by.words
    accession.reviewer_principal_id = guards.principal_id(
        accession.framework.authority_id, PostCode.ACCESSION_LEAD, by, at
    )
    accession.start_review(at=at)
    accession.save()
    audit.record("accession.review_started", accession, by=by, at=at, before=before, after=accession.state)
    return accession


@transaction.atomic
def ask(accession: Accession, *, text: str, by: Person, at: datetime) -> AccessionQuestion:
    """A question back to the department: the review's clock stands until it is answered."""
    accession = lock_accession(accession)
    insist(guards.why_not_ask(accession, by=by, at=at))
    if not text.strip():
        refuse(_("Write what the department should answer."))
    question = AccessionQuestion.objects.create(
        accession=accession, text=text, asked_by=by.person_id, asked_by_name=by.words, asked_at=at
    )
    before = accession.state
    clocks.set_review(accession, clocks.review(accession).stopped(at))
    accession.request_information(at=at)
    accession.save()
    audit.record("accession.information_requested", accession, by=by, at=at, before=before, after=accession.state,
                 extra={"question": question.pk})  # fmt: skip
    notifications.tell_asked(accession, question, at)
    return question


@transaction.atomic
def answer(accession: Accession, *, text: str, shown_hash: str | None = None, by: Person, at: datetime) -> Accession:
    """The department answers, with its application as it now stands and was shown (as for ``apply``); the clock goes
    on."""
    accession = lock_accession(accession)
    application = current(accession)
    insist(guards.why_not_answer(accession, application, by=by, at=at))
    _insist_on_hash(accession, application, shown_hash)
    if not text.strip():
        refuse(_("Write the answer."))
    if application.submitted_at is None:
        _send(accession, application, by=by, at=at)
    question = accession.questions.select_for_update(of=("self",)).filter(answered_at__isnull=True).first()
    if question is not None:
        question.answer, question.answered_by, question.answered_by_name = text, by.person_id, by.words
        question.answered_at = at
        question.save()
    before = accession.state
    days = accession.days_left if accession.days_left is not None else accession.framework.accession_review_working_days
    clocks.set_review(accession, clocks.begun(accession.framework, days, at))
    accession.seats_expected = application.seats
    accession.inform(at=at)
    accession.save()
    audit.record("accession.informed", accession, by=by, at=at, before=before, after=accession.state, reason=text,
                 hash_shown=application.content_hash)  # fmt: skip
    notifications.tell_informed(accession, at)
    return accession


def decide(accession: Accession, application: Application, outcome: str, reason: str, post: str, by: Person, at) -> None:
    """The decision as a fact, with whom the person acted for."""
    AccessionDecision.objects.create(
        application=application, outcome=outcome, person_id=by.person_id, name=by.words, post=PostCode(post).label,
        principal_id=guards.principal_id(accession.framework.authority_id, post, by, at), reason=reason,
        content_hash=application.content_hash, decided_at=at,
    )  # fmt: skip


@transaction.atomic
def recommend(accession: Accession, *, shown_hash: str, reason: str = "", by: Person, at: datetime) -> Accession:
    """The reviewer's word for exactly this application; it goes to the accession approver."""
    accession = lock_accession(accession)
    application = current(accession)
    insist(guards.why_not_recommend(accession, application, by=by, at=at))
    _insist_on_hash(accession, application, shown_hash)
    decide(accession, application, "recommended", reason, PostCode.ACCESSION_LEAD, by, at)
    audit.record("accession.recommended", accession, by=by, at=at, reason=reason, hash_shown=shown_hash)
    notifications.tell_recommended(accession, at)
    return accession


def _insist_on_hash(accession: Accession, application: Application, shown_hash: str | None) -> None:
    if shown_hash is not None and shown_hash != hash_of(accession, application):
        refuse(
            _("The application you were shown is not the one that stands now."),
            _("Open it again and read what has changed."),
        )


@transaction.atomic
def decline(accession: Accession, *, reason: str, by: Person, at: datetime) -> Accession:
    accession = lock_accession(accession)
    application = sent(accession)
    insist(guards.why_not_decline(accession, application, by=by, at=at))
    if not reason.strip():
        refuse(_("Give a reason: the department will read it."))
    if application is not None:
        decide(accession, application, "declined", reason, PostCode.ACCESSION_APPROVER, by, at)
    before = accession.state
    if accession.document is not None:
        store.void(accession.document, by=by, at=at)
    provisional.take_back(accession, by=by, at=at)
    accession.decline(at=at, reason=reason)
    accession.due_at = accession.days_left = None
    accession.save()
    audit.record("accession.declined", accession, by=by, at=at, before=before, after=accession.state, reason=reason)
    notifications.tell_closed(accession, at)
    return accession
