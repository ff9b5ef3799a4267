"""One function a message about joining. Rows in the caller's transaction, sent after it, each once (unique key)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from documents.clock import london_day
from documents.templatetags.flex import day as as_day
from documents.templatetags.flex import gbp
from procurement import mailing, seats
from procurement.actors import Person
from procurement.models import Accession, AccessionQuestion, Baseline, MembershipNotice, PostCode, User
from procurement.signing import Box


def _message(template: str, accession: Accession, key: str, **more) -> tuple[str, dict[str, Any], str]:
    context = {
        "department": accession.department.name, "framework": accession.framework.title,
        "authority": accession.framework.authority.name, "number": accession.number or "",
        "url": settings.PUBLIC_URL + reverse("procurement:accession", args=[accession.public_id]), **more,
    }  # fmt: skip
    return f"procurement/email/accession_{template}.txt", context, f"accession:{key}:{accession.public_id}"


def _send(people: Iterable[User], template: str, accession: Accession, key: str, **more) -> None:
    mailing.must_act(people, *_message(template, accession, key, **more))


def _inform(people: Iterable[User], template: str, accession: Accession, key: str, *, at: datetime, **more) -> None:
    mailing.inform(people, *_message(template, accession, key, **more), at=at)


def _authority(accession: Accession, post: str, at: datetime) -> list[User]:
    return seats.holders(accession.framework.authority_id, post, london_day(at))


def _applicants(accession: Accession, at: datetime) -> list[User]:
    day = london_day(at)
    return [
        person
        for post in (PostCode.ADMINISTRATOR, PostCode.REQUESTER)
        for person in seats.holders(accession.department_id, post, day)
    ]


def tell_invited(accession: Accession, people: Iterable[User]) -> None:
    reset = settings.PUBLIC_URL + reverse("account_reset_password")
    for user in people:
        _send([user], "invited", accession, "invited", reset=reset, new_account=not user.has_usable_password())


def tell_contact_proposed(accession: Accession, by: Person, at: datetime) -> None:
    people = _authority(accession, PostCode.ACCESSION_APPROVER, at)
    _send(people, "confirm", accession, f"confirm:{at.isoformat()}", proposer=by.words,
          contact=accession.contact_name, email=accession.contact_email)  # fmt: skip


def tell_contact_refused(accession: Accession, contact: str, reason: str, at: datetime) -> None:
    people = _authority(accession, PostCode.ACCESSION_LEAD, at)
    _send(people, "contact_refused", accession, f"refused:{at.isoformat()}", contact=contact, reason=reason)


def tell_applied(accession: Accession, at: datetime) -> None:
    _send(_authority(accession, PostCode.ACCESSION_LEAD, at), "applied", accession, f"applied:{at.isoformat()}")


def tell_asked(accession: Accession, question: AccessionQuestion, at: datetime) -> None:
    _send(_applicants(accession, at), "asked", accession, f"asked:{question.pk}")


def tell_baseline(accession: Accession, baseline: Baseline, at: datetime) -> None:
    """The finance director, who answers for it."""
    people = seats.holders(accession.department_id, PostCode.FINANCE_DIRECTOR, london_day(at))
    _send(people, "baseline", accession, f"baseline:{baseline.number}", who=baseline.stated_by_name, amount=gbp(baseline.gbp_per_user_year))


def tell_informed(accession: Accession, at: datetime) -> None:
    _send(_authority(accession, PostCode.ACCESSION_LEAD, at), "informed", accession, f"informed:{at.isoformat()}")


def tell_recommended(accession: Accession, at: datetime) -> None:
    people = _authority(accession, PostCode.ACCESSION_APPROVER, at)
    _send(people, "recommended", accession, f"recommended:{at.isoformat()}")


def tell_approved(accession: Accession, at: datetime) -> None:
    _inform(_applicants(accession, at), "approved", accession, "approved", at=at)


def tell_next_signatory(accession: Accession, box: Box, at: datetime) -> None:
    people = seats.holders(box.organisation.pk, box.post, london_day(at))
    _send(people, "please_sign", accession, f"sign:{box.party}")


def tell_joined(accession: Accession, at: datetime) -> None:
    people = [*_applicants(accession, at), *_authority(accession, PostCode.ACCESSION_LEAD, at)]
    _inform(people, "joined", accession, "joined", at=at)


def tell_closed(accession: Accession, at: datetime) -> None:
    """Declined or withdrawn: both sides read why."""
    people = [*_applicants(accession, at), *_authority(accession, PostCode.ACCESSION_LEAD, at)]
    _inform(people, "closed", accession, f"closed:{accession.state}", at=at, state=accession.get_state_display(),
          reason=accession.ended_words)  # fmt: skip


def tell_membership(accession: Accession, verb: str, reason: str, at: datetime) -> None:
    _inform(_applicants(accession, at), "membership", accession, f"{verb}:{at.isoformat()}", at=at, state=accession.get_state_display(), reason=reason)  # fmt: skip


def tell_notice(accession: Accession, notice: MembershipNotice, template: str, by: Person, reason: str, at: datetime) -> None:
    """Given or taken back: both parties at once, and whoever orders, who have until the last day."""
    department = seats.holders(accession.department_id, PostCode.SIGNATORY, london_day(at))
    authority = [*_authority(accession, PostCode.FRAMEWORK_MANAGER, at), *_authority(accession, PostCode.ACCESSION_LEAD, at)]
    _send([*_applicants(accession, at), *department, *authority], template, accession, f"{template}:{notice.pk}",
          who=by.words, day=as_day(notice.last_day), reason=reason)  # fmt: skip
