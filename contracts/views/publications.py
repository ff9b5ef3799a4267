"""The published copies of a contract: the pages of the department that proposes and decides, and those for everybody."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from contracts import access, publication_content, publishing, publishing_forms, publishing_guards, redaction
from contracts.models import Contract, CopyState, Party, RedactedCopy
from contracts.views import sealed
from contracts.views.ending_common import insist_on
from documents import audit, legal_templates
from procurement import timelines
from procurement.views.common import attempt, page

S = CopyState
A_PAGE = 50


def _back(contract: Contract):
    return redirect("contracts:copies", contract.public_id)


@page
def copies(request, public_id):
    """What of the contract is published, was, or is proposed to be."""
    found = access.get_contract(request.actor, public_id, request.day)
    view = access.viewpoint(request.actor, found, request.day)
    rows = list(access.visible_copies(request.actor, found, request.day).prefetch_related("withheld").order_by("-number"))
    return render(request, "contracts/copies.html", {
        "contract": found, "copies": rows, "proposes": view == Party.DEPARTMENT and found.is_binding,
        "shut": list(publishing_guards.why_not_propose(found, by=request.actor, at=request.at)) if view == Party.DEPARTMENT else [],
        "past": [one for row in rows if row.state == S.PUBLISHED for one in row.withheld.all() if one.until < request.day],
        "events": timelines.of(audit.history(*rows), view, names={one.audit_id: one.label for one in rows}),
    })  # fmt: skip


@page
def propose(request, public_id):
    """First which parts, by an address that says them, also to choose others; then of each the ground, why and until when."""
    found = access.get_contract(request.actor, public_id, request.day)
    insist_on(publishing_guards.why_not_propose(found, by=request.actor, at=request.at))
    known = redaction.parts(publication_content.everything(found))
    chosen = [part for part in known if part.code in request.GET.getlist("part")]
    if request.method == "GET" and "next" not in request.GET:
        return render(request, "contracts/propose_copy.html", {"contract": found, "parts": known, "chosen": chosen})
    form, errors = publishing_forms.WithholdForm(request.POST or None, parts=chosen), ()
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(request, publishing.propose, found, form.asked())
        if done:
            messages.success(request, _("Proposed. The signatory or the accounting officer decides on it."))
            return redirect("contracts:copy", found.public_id, done.number)
    return render(request, "contracts/propose_copy.html", {"contract": found, "form": form, "errors": errors, "chosen": chosen})


@dataclass(frozen=True)
class _Act:
    label: str
    says: str
    why_not: Callable
    action: Callable
    form: type
    states: tuple[str, ...]
    done: str
    danger: bool = False


def _acts() -> dict[str, _Act]:
    """By the word in the address."""
    return {
        "publish": _Act(
            _("Decide and publish"), _("What is marked is withheld, everything else is published. The copy is made and sealed; then everybody can read it, and the one before it no more."),
            publishing_guards.why_not_decide, publishing.approve, publishing_forms.PublishForm, (S.PROPOSED,), _("Decided. The copy is being made and sealed."),
        ),
        "refuse": _Act(
            _("Refuse"), _("Nothing is published. Whoever proposed it reads the reason."),
            publishing_guards.why_not_decide, publishing.refuse_to_publish, publishing_forms.ReasonForm, (S.PROPOSED,), _("Refused."),
        ),
        "withdraw": _Act(
            _("Withdraw"), _("It is not decided on any more, and can be proposed anew."),
            publishing_guards.why_not_withdraw, publishing.withdraw, publishing_forms.ReasonForm, (S.PROPOSED,), _("Withdrawn."),
        ),
        "take-down": _Act(
            _("Take it down"), _("Nobody outside can read it here any more, at once. What somebody has downloaded before stays with them."),
            publishing_guards.why_not_take_down, publishing.take_down, publishing_forms.ReasonForm, (S.PUBLISHED,), _("Taken down."), True,
        ),
    }  # fmt: skip


@page
def copy(request, public_id, number):
    """One copy as everybody will read it, or reads it, and what can be done about it."""
    one = access.get_copy(request.actor, public_id, number, request.day)
    view, words = access.viewpoint(request.actor, one.contract, request.day), {"by": request.actor, "at": request.at}
    offered = _acts().items() if view == Party.DEPARTMENT else ()
    context: dict[str, Any] = {
        "contract": one.contract, "copy": one, "withheld": list(one.withheld.all()), "reads_why": view != Party.SUPPLIER,
        "holds": _("The copy is being made and sealed; it is published when it is."),
        "file_url": reverse("contracts:copy_pdf", args=[public_id, number]),
        "acts": [
            {"label": act.label, "danger": act.danger, "reasons": list(act.why_not(one, **words)), "url": reverse("contracts:copy_act", args=[public_id, number, name])}
            for name, act in offered if one.state in act.states
        ],
    }  # fmt: skip
    if one.document is not None:
        return sealed.respond(request, one.document, "contracts/copy.html", context)
    payload = publication_content.payload(one, at=one.proposed_at)
    body = legal_templates.html_pages(publishing.DOCUMENT_KIND, publishing.TEMPLATE_VERSION, payload)
    return render(request, "contracts/copy.html", context | {"body": body})


@page
def copy_act(request, public_id, number, name):
    one = access.get_copy(request.actor, public_id, number, request.day)
    act = _acts().get(name)
    if act is None:
        raise Http404
    insist_on(act.why_not(one, by=request.actor, at=request.at))
    form, errors = act.form(request.POST or None), ()
    if request.method == "POST" and (form.is_valid() or not form.fields):
        words = dict(form.cleaned_data) if form.fields else {"shown_hash": request.POST.get("shown_hash", "")}
        done, errors = attempt(request, act.action, one, **words)
        if done:
            messages.success(request, act.done)
            return _back(one.contract)
    return render(request, "contracts/copy_act.html", {
        "contract": one.contract, "copy": one, "withheld": list(one.withheld.all()), "form": form, "errors": errors, "title": act.label,
        "says": act.says, "danger": act.danger, "shown_hash": one.content_hash if not form.fields else "", "reads_why": True,
    })  # fmt: skip


@page
def copy_pdf(request, public_id, number):
    one = access.get_copy(request.actor, public_id, number, request.day)
    if one.document is None:
        raise Http404
    return sealed.file(one.document)


# ---- for everybody, signed in or not


def _published() -> Any:
    rows = RedactedCopy.objects.filter(state=S.PUBLISHED)
    return rows.select_related("contract__department", "contract__supplier", "contract__framework", "document")


def published_contracts(request):
    """The contracts of which a copy is published, newest first. Of the others nothing is said, not even how many there are."""
    pages = Paginator(_published().order_by("-published_at", "-id"), A_PAGE).get_page(request.GET.get("page"))
    rows = [{"copy": one, "title": publishing.title(one)} for one in pages]
    return render(request, "contracts/published_contracts.html", {"rows": rows, "pages": pages})


def _published_copy(reference: str) -> RedactedCopy:
    found = _published().filter(reference=reference).first()
    if found is None:
        raise Http404
    return found


def published_contract(request, reference):
    """What a published copy is of, what it withholds, and its file."""
    one = _published_copy(reference)
    content = json.loads(one.content)
    return render(request, "contracts/published_contract.html", {"copy": one, "content": content, "order": content["order"]})


def published_contract_pdf(request, reference):
    return sealed.file(_published_copy(reference).document)
