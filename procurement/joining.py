"""How a body comes to join: its application, the review, and the decision by somebody else.

What comes before is ``procurement.pipeline``, the agreement that follows ``procurement.agreements``. Every act locks the
accession after its framework.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from documents import audit, canonical, store
from documents.refusal import insist, insist_on_words, refuse
from procurement import accession_guards as guards
from procurement import accession_notifications as notifications
from procurement import clocks, provisional
from procurement.actors import Person
from procurement.locking import lock_accession
from procurement.membership import Named
from procurement.models import Accession, AccessionDecision, AccessionQuestion, Application, PostCode

SCHEMA = 1
MOST_FILES = 20


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


def _open(accession: Accession) -> Application:
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
    application = _open(accession)
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
    audit.record("accession.application_saved", accession, by=by, at=at, acting_for=guards.for_applicant(accession, by, at),
                 extra={"what": sorted(values)})  # fmt: skip
    return application


def _plain(person: Named) -> dict[str, Any]:
    limit = f"{person.limit_gbp:.2f}" if person.limit_gbp is not None else ""
    ends_on = person.ends_on.isoformat() if person.ends_on else ""
    plain = asdict(person) | {
        "email": person.email.lower(), "post": str(person.post), "limit_gbp": limit, "ends_on": ends_on,
    }  # fmt: skip
    del plain["framework_id"]  # it is the accession's
    return plain


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
    if accession.contact_waits:
        accession.forget_contact()  # it has found somebody without
    accession.apply(at=at)
    accession.seats_expected = application.seats
    days = accession.framework.accession_review_working_days
    clocks.set_review(accession, clocks.begun(accession.framework, days, at))
    accession.save()
    audit.record("accession.applied", accession, by=by, at=at, before=before, after=accession.state,
                 hash_shown=application.content_hash, acting_for=guards.for_applicant(accession, by, at))  # fmt: skip
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
    audit.record("accession.review_started", accession, by=by, at=at, before=before, after=accession.state,
                 acting_for=guards.for_authority(accession, PostCode.ACCESSION_LEAD, by, at))  # fmt: skip
    return accession


@transaction.atomic
def ask(accession: Accession, *, text: str, by: Person, at: datetime) -> AccessionQuestion:
    """A question back to the department: the review's clock stands until it is answered."""
    accession = lock_accession(accession)
    insist(guards.why_not_ask(accession, by=by, at=at))
    insist_on_words(text, _("Write what the department should answer."))
    question = AccessionQuestion.objects.create(
        accession=accession, text=text, asked_by=by.person_id, asked_by_name=by.words, asked_at=at
    )
    before = accession.state
    clocks.set_review(accession, clocks.review(accession).stopped(at))
    accession.request_information(at=at)
    accession.save()
    audit.record(guards.ASKED, accession, by=by, at=at, before=before, after=accession.state,
                 acting_for=guards.for_authority(accession, PostCode.ACCESSION_LEAD, by, at),
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
    insist_on_words(text, _("Write the answer."))
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
                 hash_shown=application.content_hash, acting_for=guards.for_applicant(accession, by, at))  # fmt: skip
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
    audit.record("accession.recommended", accession, by=by, at=at, reason=reason, hash_shown=shown_hash,
                 acting_for=guards.for_authority(accession, PostCode.ACCESSION_LEAD, by, at))  # fmt: skip
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
    insist_on_words(reason, _("Give a reason: the department will read it."))
    if application is not None:
        decide(accession, application, "declined", reason, PostCode.ACCESSION_APPROVER, by, at)
    before = accession.state
    acting_for = guards.for_authority(accession, PostCode.ACCESSION_APPROVER, by, at)
    if accession.document is not None:
        store.void(accession.document, by=by, at=at, acting_for=acting_for)
    provisional.take_back(accession, by=by, at=at, acting_for=acting_for)
    accession.decline(at=at, reason=reason)
    accession.due_at = accession.days_left = None
    accession.save()
    audit.record("accession.declined", accession, by=by, at=at, before=before, after=accession.state, reason=reason,
                 acting_for=acting_for)  # fmt: skip
    notifications.tell_closed(accession, at)
    return accession
