"""The steps of a document as jobs: made and sealed, signed, closed. Here they are asked for; ``documents.tasks`` does them;
what follows each belongs to the app whose row has the document, which registers it for its kind in its own ``tasks``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from documents import jobs
from documents.models import Document, SigningIntent


def _nothing(_thing: Any, *_more: Any, **_words: Any) -> None:
    """Nothing of the kind's own."""


Follow = Callable[..., Any]


@dataclass(frozen=True)
class Following:
    """The actions of one kind. ``model`` is the table whose row has the document, one to one, as ``document``; each
    action is given that row and, but for ``prepare``, the moment ``at``, in the transaction that finishes the job.
    A repeat of a step calls them again: they find it done."""

    model: type[Model]
    complete: Follow  # the archive timestamp is on it
    issued: Follow = _nothing  # made and sealed
    signature_made: Follow = _nothing
    signature_left_out: Follow = _nothing  # the document became void after the act; also given the act's intent
    prepare: Follow = _nothing  # before it is made, with no transaction open

    def row(self, document: Document) -> Model:
        return self.model._default_manager.get(document=document)


_following: dict[str, Following] = {}


def register(kind: str, following: Following) -> None:
    _following[kind] = following


def after(document: Document) -> Following:
    """What follows the steps of this document. Raises LookupError for a kind that no app makes."""
    jobs.load_tasks()
    if document.kind not in _following:
        raise LookupError(f"nothing is said to follow a document of kind {document.kind}")
    return _following[document.kind]


def ask_to_make(document: Document) -> None:
    jobs.enqueue("documents.make", document.subject, key=f"make:{document.public_id}", payload={"document": document.pk})


def ask_to_sign(intent: SigningIntent) -> None:
    jobs.enqueue("documents.sign", intent.document.subject, key=f"sign:{intent.act_id}", payload={"intent": intent.pk})


def ask_to_close(document: Document) -> None:
    """The archive timestamp: when all have signed, or at once where nobody does."""
    jobs.enqueue("documents.close", document.subject, key=f"close:{document.public_id}", payload={"document": document.pk})


def progress(document: Document) -> jobs.Job | None:
    """Its newest job, for the page that waits for it."""
    return jobs.progress(document.subject)
