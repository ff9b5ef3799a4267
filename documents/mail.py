"""Messages: a row in the action's transaction, rendered and sent by a job after it, once by key. What need not be read
at once is held and gathered into one digest a day."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from django.core.mail import EmailMessage
from django.db import transaction
from django.template import Context
from django.template.loader import get_template

from documents import clock, jobs, periodic
from documents.models import Email

DIGEST = "documents/email/digest.txt"


def enqueue(recipient: str, template: str, context: dict, key: str, *, held_until: datetime | None = None) -> Email:
    """Write the message; ``template`` begins with a "Subject:" line. The same key twice is one message. ``held_until``
    is the business moment from which it goes out within the recipient's digest; without it, it is sent at once."""
    Email.objects.bulk_create(
        [Email(recipient=recipient, template=template, context=context, key=key, created_at=clock.real_now(),
               held_until=held_until)],
        ignore_conflicts=True,
    )  # fmt: skip
    email = Email.objects.get(key=key)
    if email.held_until is None:
        jobs.enqueue("documents.send_email", f"email {email.pk}", key=f"email:{email.pk}", payload={"email": email.pk})
    return email


def render(email: Email) -> tuple[str, str]:
    """(subject, body). Plain text: nothing is escaped, and a line break in the subject is taken out."""
    text = get_template(email.template).template.render(Context(email.context, autoescape=False))
    first, _newline, body = text.partition("\n")
    if not first.startswith("Subject: "):
        raise ValueError(f"{email.template} does not begin with a subject")
    return " ".join(first.removeprefix("Subject: ").split()), body.strip() + "\n"


def send(email: Email) -> None:
    subject, body = render(email)
    name = sha256(email.key.encode()).hexdigest()[:32]  # a resent message keeps its id, so that mailers can drop it
    EmailMessage(
        subject=subject, body=body, to=[email.recipient], headers={"Message-ID": f"<{name}@flex.invalid>"}
    ).send()


Asked = Callable[[str, datetime], bool]
_ASKED: list[Asked] = []


def only_to(is_ours: Asked) -> None:
    """A layer that knows people says to which address a digest still goes at the moment."""
    _ASKED.append(is_ours)


def _held(at: datetime):
    return Email.objects.filter(held_until__lte=at, digest__isnull=True, dropped_at__isnull=True)


def gather(at: datetime) -> list[str]:
    """One digest to everybody for whom messages have been held until now; none to somebody who has left since then. Safe
    to run twice or late: a message is gathered by the one who locks it."""
    recipients = list(_held(at).order_by("recipient").values_list("recipient", flat=True).distinct())
    return periodic.each(recipients, lambda recipient: _gather(recipient, at))


@transaction.atomic
def _gather(recipient: str, at: datetime) -> list[str]:
    held = list(_held(at).filter(recipient=recipient).select_for_update(skip_locked=True).order_by("id"))
    if not held:
        return []
    rows = Email.objects.filter(pk__in=[email.pk for email in held])
    if not all(is_ours(recipient, at) for is_ours in _ASKED):
        rows.update(dropped_at=at)
        return []
    lines = [_line(email) for email in held]
    context = {
        "name": held[0].context.get("name", ""), "lines": lines, "day": clock.london_day(at).isoformat(),
        "subject_to_contract": any(email.context.get("subject_to_contract") for email in held),
    }  # fmt: skip
    digest = enqueue(recipient, DIGEST, context, key=f"digest:{held[0].pk}")
    rows.update(digest=digest)
    return []  # no line of what the clock did: a digest is not news


def _line(email: Email) -> dict[str, str]:
    """What a digest says of a message: its subject, and what it is called where the subject has only its number."""
    subject, title = render(email)[0], email.context.get("title", "")
    return {"subject": subject, "title": "" if title in subject else title, "url": email.context.get("url", "")}


def next_moments() -> list[datetime]:
    waiting = Email.objects.filter(held_until__isnull=False, digest__isnull=True, dropped_at__isnull=True)
    return list(waiting.order_by("held_until").values_list("held_until", flat=True).distinct())


periodic.register("digest", gather, next_moments)
