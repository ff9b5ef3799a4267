"""From the approval to membership and its end: the access agreement is made, sealed, signed by both and closed like
every document; then the department has joined and its people belong to it.

The document work runs in a worker (``documents.tasks``), which goes on with ``issued``, ``signature_made``,
``signature_left_out`` and ``activate`` (``procurement.tasks``). Until ``activate`` nothing can be ordered.
"""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from documents import audit, canonical, clock, numbers, steps, store
from documents.actors import SYSTEM, Actor, Principal
from documents.clock import london_day
from documents.models import SigningIntent
from documents.refusal import insist, insist_on_words, refuse
from procurement import accession_guards as guards
from procurement import accession_notifications as notifications
from procurement import membership, provisional, signing
from procurement.actors import Person
from procurement.application_letters import letter_of
from procurement.joining import current, decide
from procurement.locking import lock_accession
from procurement.membership import Named
from procurement.models import Accession, AccessionState, Application, PostCode, SigningBar

A = AccessionState
DOCUMENT_KIND, TEMPLATE_VERSION = "access_agreement", 1


def signing_of(accession: Accession) -> signing.Signing:
    """It commits no money: any signature delegation that is not for one lot covers it. Who had a hand in the
    application, or in what was decided on it, signs for neither party."""
    return signing.Signing(
        accession, guards.boxes(accession), Decimal(0), barred=guards.concerned(accession),
        barred_words=_("Whoever wrote in, sent, reviewed or decided on the application does not sign the agreement."),
    )  # fmt: skip


def why_not_sign(accession: Accession, party: str, *, by: Person, at: datetime, fresh: bool = True):
    if accession.state != A.AGREEMENT_ISSUED:
        yield from guards.why_not_in_state(accession, A.AGREEMENT_ISSUED)
        return
    yield from guards.why_framework_over(accession.framework, london_day(at))
    yield from signing.why_not_sign(signing_of(accession), party, by=by, at=at, fresh=fresh)


@transaction.atomic
def approve(accession: Accession, *, shown_hash: str, reason: str = "", by: Person, at: datetime) -> Accession:
    """The approver's decision on exactly this application. The signatory it names may then sign, and the agreement is
    asked for, in the same transaction."""
    accession = lock_accession(accession)
    application = current(accession)
    insist(guards.why_not_approve(accession, application, by=by, at=at))
    if shown_hash != application.content_hash:
        refuse(
            _("The application you were shown is not the one that stands now."),
            _("Open it again and read what has changed."),
        )
    decide(accession, application, "approved", reason, PostCode.ACCESSION_APPROVER, by, at)
    acting_for = guards.for_authority(accession, PostCode.ACCESSION_APPROVER, by, at)
    signatories = [named for named in people_of(application) if named.post == PostCode.SIGNATORY]
    accession.given = provisional.give(accession, signatories, by=by, at=at, acting_for=acting_for)
    before = accession.state
    accession.approve(at=at)
    accession.due_at = accession.days_left = None
    accession.number = numbers.take("AA", london_day(at).year)
    audit.record("accession.approved", accession, by=by, at=at, before=before, after=accession.state, reason=reason,
                 hash_shown=shown_hash, acting_for=acting_for)  # fmt: skip
    accession.document = store.create(
        kind=DOCUMENT_KIND, version=TEMPLATE_VERSION, subject=f"accession {accession.public_id}",
        number=accession.number,
        payload=payload(accession, application, at=at, real_at=clock.real_now()),
        signers=signing.expected(guards.boxes(accession)), by=by, at=at, acting_for=acting_for,
    )  # fmt: skip
    signing.bar(accession.document, {SigningBar.Why.INVOLVED: guards.concerned(accession)})
    accession.save()
    steps.ask_to_make(accession.document)
    notifications.tell_approved(accession, at)
    return accession


def people_of(application: Application) -> list[Named]:
    """The people as the frozen application names them, a lot being one of its framework's; applications sent before
    limits had lots and ends say neither. Each limit has the letter that it stands in (``application_letters``)."""
    content = json.loads(application.content)
    return [
        Named(p["name"], p["email"], p["post"], Decimal(p["limit_gbp"]) if p["limit_gbp"] else None, p["unlimited"],
              *letter_of(p, content["files"]),
              lot=p.get("lot"), ends_on=date.fromisoformat(p["ends_on"]) if p.get("ends_on") else None,
              framework_id=application.accession.framework_id if p.get("lot") else None)
        for p in content["people"]
    ]  # fmt: skip


def payload(accession: Accession, application: Application, *, at: datetime, real_at: datetime) -> dict[str, Any]:
    """Plain strings, frozen on the document: ``agreement`` (agreement.json), ``evidence``, ``signatories``,
    ``issued``. Limits stay out of it."""
    content = json.loads(application.content)
    framework, department = accession.framework, accession.department
    return {
        "agreement": {
            "schema": 1, "number": accession.number, "statement": application.statement.splitlines(),
            "framework": {
                "reference": framework.reference, "title": framework.title,
                "starts_on": framework.starts_on.isoformat(), "ends_on": framework.ends_on.isoformat(),
            },
            "department": content["department"],
            "authority": {"code": framework.authority.code, "name": framework.authority.name,
                          "identifier": framework.authority.identifier},
            "between_crown_bodies": department.crown and framework.authority.crown,
            "sites": content["sites"], "seats": content["seats"],
            "people": [{"post": str(PostCode(p["post"]).label), "name": p["name"], "email": p["email"]}
                       for p in content["people"]],
            "files": [{"kind": str(Application.FileKind(f["kind"]).label), "filename": f["filename"],
                       "sha256": f["sha256"]} for f in content["files"]],
            "application": {"number": application.number, "hash": application.content_hash,
                            "at": canonical.moment(application.submitted_at), "approved_at": canonical.moment(at)},
        },
        "evidence": _evidence(accession, application),
        "signatories": signing.boxes_payload(guards.boxes(accession)),
        "issued": {"business_at": canonical.moment(at), "real_at": canonical.moment(real_at)},
    }  # fmt: skip


def _evidence(accession: Accession, application: Application) -> list[dict[str, str]]:
    """Who applied, recommended and approved, and for whom a deputy did."""
    told = audit.history(accession).filter(hash_shown=application.content_hash)
    acting_for = {(event.actor_person_id, event.at): event.acting_for for event in told}

    def name(person_id: UUID, words: str, at: datetime) -> str:
        principal = acting_for.get((person_id, at), "")
        return _("%(name)s, acting for %(principal)s") % {"name": words, "principal": principal} if principal else words

    rows = [{
        "act": str(_("Applied")), "post": str(_("applicant")),
        "name": name(application.submitted_by, application.submitted_by_name, application.submitted_at),
        "organisation": accession.department.name, "at": canonical.moment(application.submitted_at),
    }]  # fmt: skip
    words = {"recommended": _("Recommended"), "approved": _("Approved")}
    rows += [
        {
            "act": str(words[decision.outcome]), "post": decision.post,
            "name": name(decision.person_id, decision.name, decision.decided_at),
            "organisation": accession.framework.authority.name, "at": canonical.moment(decision.decided_at),
        }
        for decision in application.decisions.all()
    ]  # fmt: skip
    return rows


@transaction.atomic
def issued(accession: Accession, *, at: datetime, by: Actor = SYSTEM) -> Accession:
    """The document is made and sealed: the first signatory is asked. A repeat finds it done."""
    accession = lock_accession(accession)
    if accession.state != A.APPROVED:
        return accession
    before = accession.state
    accession.issue_agreement(at=at)
    accession.save()
    audit.record("accession.agreement_issued", accession, by=by, at=at, before=before, after=accession.state)
    notifications.tell_next_signatory(accession, signing_of(accession).turn(), at)
    return accession


@transaction.atomic
def sign(accession: Accession, party: str, *, shown_sha256: str, by: Person, at: datetime) -> SigningIntent:
    """A signatory's act, recorded before any key is used; the worker then puts the seal on for it."""
    accession = lock_accession(accession)
    insist(why_not_sign(accession, party, by=by, at=at))
    verb = f"accession.signed_by_{party}"
    return signing.sign(signing_of(accession), party, verb=verb, shown_sha256=shown_sha256, by=by, at=at)


@transaction.atomic
def signature_made(accession: Accession, *, at: datetime, by: Actor = SYSTEM) -> Accession:
    """A signature is on the document: the other party's turn, or after the last the day of signing."""
    accession = lock_accession(accession)
    if accession.state == A.AGREEMENT_ISSUED:  # the body has not withdrawn while it was put on
        tell = notifications.tell_next_signatory
        signing.go_on(signing_of(accession), tell, verb="accession.signed", by=by, at=at)
    return accession


@transaction.atomic
def signature_left_out(accession: Accession, intent: SigningIntent, *, at: datetime, by: Actor = SYSTEM) -> None:
    """The body withdrew after this act: the document is void and gets no signature for it."""
    accession = lock_accession(accession)
    audit.record("accession.signature_left_out", accession, by=by, at=at, extra={"act": str(intent.act_id)})


@transaction.atomic
def activate(accession: Accession, *, at: datetime, by: Actor = SYSTEM) -> Accession:
    """The archive timestamp is stored: the department has joined, and the people it named have their posts,
    delegations and grants from this day."""
    accession = lock_accession(accession)
    if accession.state != A.AGREEMENT_ISSUED:
        return accession
    insist(signing.why_not_complete(accession))
    application = accession.applications.exclude(submitted_at=None).order_by("-number").first()
    for named in people_of(application):
        membership.appoint(accession.department, named, by=by, at=at)
    before = accession.state
    accession.activate(at=at)
    accession.save()
    audit.record("accession.activated", accession, by=by, at=at, before=before, after=accession.state,
                 hash_shown=store.head(accession.document).sha256)  # fmt: skip
    notifications.tell_joined(accession, at)
    return accession


@transaction.atomic
def withdraw(accession: Accession, *, reason: str, by: Person, at: datetime) -> Accession:
    """The body does not join after all; an agreement under way is void."""
    accession = lock_accession(accession)
    insist(guards.why_not_withdraw(accession, by=by, at=at))
    insist_on_words(reason, _("Give a reason: it is kept, and the others will read it."))
    _withdraw(accession, reason=reason, by=by, at=at, acting_for=guards.for_withdrawing(accession, by, at))
    return accession


def withdraw_for_another(
    accession: Accession, *, reason: str, by: Actor, at: datetime, acting_for: Principal | None = None
) -> None:
    """What a body had begun of its own, where it continues the membership of another instead. The caller holds it."""
    _withdraw(accession, reason=reason, by=by, at=at, acting_for=acting_for)


def _withdraw(accession: Accession, *, reason: str, by: Actor, at: datetime, acting_for: Principal | None) -> None:
    """Void the agreement, take back what the approval gave, and tell both sides. The caller holds the accession."""
    before = accession.state
    if accession.document is not None:
        store.void(accession.document, by=by, at=at, acting_for=acting_for)
    provisional.take_back(accession, by=by, at=at, acting_for=acting_for)
    accession.withdraw(at=at, reason=reason)
    accession.due_at = accession.days_left = None
    accession.save()
    audit.record("accession.withdrawn", accession, by=by, at=at, before=before, after=accession.state, reason=reason,
                 acting_for=acting_for)  # fmt: skip
    notifications.tell_closed(accession, at)


@transaction.atomic
def end_with_framework(accession: Accession, *, at: datetime, by: Actor = SYSTEM) -> Accession:
    """The clock's: the framework has ended before the body joined it, so it does not, and an agreement under way is void.
    The last signatory's act stops it, also while its seal is still being put on; an earlier act that is being put on is
    waited for. Safe to run twice."""
    accession = lock_accession(accession)
    if guards.outlives_its_framework(accession, at=at):
        return accession
    _withdraw(accession, reason=_("The framework has ended."), by=by, at=at, acting_for=None)
    return accession


def _manage(accession: Accession, verb: str, states, move, reason: str, by: Person, at: datetime) -> Accession:
    accession = lock_accession(accession)
    insist(guards.why_not_manage(accession, states=states, by=by, at=at))
    insist_on_words(reason, _("Give a reason: the department will read it."))
    return _move(accession, verb, move, reason, by, at, guards.for_authority(accession, PostCode.FRAMEWORK_MANAGER, by, at))


def _move(accession: Accession, verb: str, move, reason: str, by: Actor, at: datetime, acting_for: Principal | None) -> Accession:
    before = accession.state
    move(accession)
    accession.save()
    audit.record(f"accession.{verb}", accession, by=by, at=at, before=before, after=accession.state, reason=reason,
                 acting_for=acting_for)  # fmt: skip
    notifications.tell_membership(accession, verb, reason, at)
    return accession


@transaction.atomic
def suspend(accession: Accession, *, reason: str, by: Person, at: datetime) -> Accession:
    """Nothing new can be ordered; contracts go on."""
    return _manage(accession, "suspended", [A.ACTIVE], lambda a: a.suspend(at=at), reason, by, at)


@transaction.atomic
def resume(accession: Accession, *, reason: str, by: Person, at: datetime) -> Accession:
    return _manage(accession, "resumed", [A.SUSPENDED], lambda a: a.resume(at=at), reason, by, at)


@transaction.atomic
def end(accession: Accession, *, reason: str, by: Person, at: datetime) -> Accession:
    """The department leaves the framework; nothing new can be ordered, contracts and their people stay."""
    return _manage(accession, "ended", [A.ACTIVE, A.SUSPENDED], lambda a: a.end(at=at, reason=reason), reason, by, at)


def end_for_notice(accession: Accession, *, reason: str, by: Actor, at: datetime) -> Accession:
    """The same end, once the last day that was told is over. The caller (``leaving``) holds the transaction and its lock."""
    return _move(accession, "ended", lambda a: a.end(at=at, reason=reason), reason, by, at, None)
