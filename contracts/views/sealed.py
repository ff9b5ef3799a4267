"""A document that nobody signs, a notice or a certificate: its page from the first moment, its file once it is complete."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django_htmx.http import HttpResponseClientRefresh

from documents import downloads, legal_templates, steps, store
from documents.models import Document, DocumentState


def respond(request, document: Document, template: str, context: dict[str, Any]):
    """The page, from the same template and the same frozen payload as the file. While the worker works it asks again for the
    part that says how far that is; when it is done, all of the page is read anew. ``holds`` in the context: what holds
    meanwhile."""
    complete = document.state == DocumentState.COMPLETE
    context |= {"document": document, "complete": complete, "job": None if complete else steps.progress(document)}
    if request.htmx:
        return HttpResponseClientRefresh() if complete else render(request, "contracts/_making.html", context)
    body = legal_templates.html_pages(document.kind, document.template_version, document.payload)
    return render(request, template, context | {"body": body, "head": store.head(document)})


def file(document: Document) -> HttpResponse:
    """The sealed file; 404 before it is complete: nothing is shown as sealed that is not."""
    if document.state != DocumentState.COMPLETE:
        raise Http404
    return downloads.document(store.head(document), document.number)
