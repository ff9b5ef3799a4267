"""Messages: a row in the action's transaction, rendered and sent by a job after it, once by key."""

from hashlib import sha256

from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from documents import clock, jobs
from documents.models import Email


def enqueue(recipient: str, template: str, context: dict, key: str) -> Email:
    """Write the message; ``template`` begins with a "Subject:" line. The same key twice is one message."""
    Email.objects.bulk_create(
        [Email(recipient=recipient, template=template, context=context, key=key, created_at=clock.real_now())],
        ignore_conflicts=True,
    )
    email = Email.objects.get(key=key)
    jobs.enqueue("documents.send_email", f"email {email.pk}", key=f"email:{email.pk}", payload={"email": email.pk})
    return email


def render(email: Email) -> tuple[str, str]:
    """(subject, body). Plain text: nothing is escaped, and a line break in the subject is taken out."""
    text = render_to_string(email.template, {**email.context, "plain_text": True})
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
