"""Statutory notices of a contract: the list, the page of one with its open data and its ratings, the file, and the acts on it."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from contracts import (
    access,
    open_data,
    rating,
    ratings,
    statutory,
    statutory_forms,
    statutory_publishing,
    statutory_queries,
)
from contracts import statutory_guards as guards
from contracts.models import NoticeKind, Party, StatutoryNotice
from contracts.views.ending_common import insist_on
from documents import downloads
from procurement.views.common import attempt, page

K = NoticeKind


@page
def notices(request, public_id):
    """Each with its last day, and whether it was published in time."""
    contract = access.get_contract(request.actor, public_id, request.day)
    found = list(access.visible_notices(request.actor, contract, request.day).select_related("publication", "variation__revision"))
    return render(request, "contracts/statutory_notices.html", {
        "contract": contract, "rows": [_row(one, contract, request.day) for one in found],
        "is_under_the_act": statutory.is_under_the_act(contract),
    })  # fmt: skip


def _row(notice: StatutoryNotice, contract, on) -> dict:
    notice.contract = contract
    published, last = getattr(notice, "publication", None), statutory.last_day(notice)
    return {
        "one": notice, "published": published, "last_day": last, "needed": published is not None or statutory.is_needed(notice),
        "late": (published.published_on if published else on) > last,
        "url": reverse("contracts:statutory_notice", args=[contract.public_id, notice.number]),
    }  # fmt: skip


@dataclass(frozen=True)
class _Act:
    label: str
    says: str
    why_not: Callable
    action: Callable
    side: str
    done: str


def _acts() -> dict[str, _Act]:
    """By the word in the address."""
    return {
        "rate": _Act(_("Rate the indicators"), _("By the legal scale, from what was measured. Another person confirms it; the supplier reads it and may comment."),
                     guards.why_not_rate, rating.rate, Party.DEPARTMENT, _("Rated. Another person confirms it.")),
        "confirm": _Act(_("Confirm the ratings"), _("They can then be published, and are not changed any more."), guards.why_not_confirm,
                        rating.confirm, Party.DEPARTMENT, _("Confirmed.")),
        "comment": _Act(_("Comment"), _("The department reads it. It is not published."), guards.why_not_comment, rating.comment,
                        Party.SUPPLIER, _("Sent.")),
        "publish": _Act(_("Record its publication"), _("Publish the notice on the central digital platform first; the reference is the one that it gives."),
                        guards.why_not_publish, statutory_publishing.publish, Party.DEPARTMENT, _("Recorded.")),
    }  # fmt: skip


def _offered(notice: StatutoryNotice) -> list[str]:
    """Which acts there are on one of its kind, as far as it is."""
    if getattr(notice, "publication", None) is not None or not statutory.is_needed(notice) or notice.kind == K.CHANGE:
        return []
    if notice.kind != K.PERFORMANCE:
        return ["publish"]
    rated = notice.rounds.exists()
    confirmed = ratings.confirmed_round(notice) is not None
    return [*(["publish"] if confirmed else ["confirm", "rate"] if rated else ["rate"]), *(["comment"] if rated else [])]


@page
def notice(request, public_id, number):
    """What it says, when it is due, who has done what."""
    found = access.get_notice(request.actor, public_id, number, request.day)
    contract = found.contract
    view = access.viewpoint(request.actor, contract, request.day)
    acts = _acts()
    return render(request, "contracts/statutory_notice.html", _row(found, contract, request.day) | {
        "contract": contract, "view": view, "drafted": _text(request, found) if _reads_draft(found, view) else "",
        "acts": [
            {"label": acts[name].label, "reasons": list(acts[name].why_not(found, by=request.actor, at=request.at)),
             "url": reverse("contracts:statutory_notice_act", args=[public_id, number, name])}
            for name in _offered(found) if acts[name].side == view
        ],
        "variation_url": statutory_queries.address(found) if found.kind == K.CHANGE else "",
        "rounds": list(found.rounds.select_related("confirmation").prefetch_related("ratings__measure")),
        "comments": list(found.comments.all()),
    })  # fmt: skip


def _reads_draft(notice: StatutoryNotice, view: str) -> bool:
    """What is published everybody reads; a draft is the department's and the authority's."""
    return getattr(notice, "publication", None) is not None or view != Party.SUPPLIER


def _text(request, notice: StatutoryNotice) -> str:
    published = getattr(notice, "publication", None)
    return published.content if published else open_data.text(open_data.package(notice, at=request.at))


@page
def file(request, public_id, number):
    """The open data, as it was published, or as it would be now."""
    found = access.get_notice(request.actor, public_id, number, request.day)
    if not _reads_draft(found, access.viewpoint(request.actor, found.contract, request.day)):
        raise Http404
    return downloads.respond(_text(request, found).encode(), f"{found.contract.number}-{found.label}.json", content_type=downloads.JSON)


@page
def act(request, public_id, number, name):
    found = access.get_notice(request.actor, public_id, number, request.day)
    chosen = _acts().get(name)
    if chosen is None:
        raise Http404
    insist_on(chosen.why_not(found, by=request.actor, at=request.at))
    made, errors = found.rounds.prefetch_related("ratings__measure").last(), ()
    form = _form(request, name, found)
    if request.method == "POST" and (form.is_valid() or not form.fields):
        words = {"rate": lambda: {"given": form.given()}, "confirm": lambda: {"shown_hash": request.POST.get("shown_hash", "")}}
        done, errors = attempt(request, chosen.action, found, **words.get(name, lambda: form.cleaned_data)())
        if done:
            messages.success(request, chosen.done)
            return redirect("contracts:statutory_notice", public_id, number)
    return render(request, "contracts/statutory_notice_act.html", {
        "contract": found.contract, "one": found, "form": form, "errors": errors, "title": chosen.label, "says": chosen.says,
        "round": made if name == "confirm" else None, "last_day": statutory.last_day(found),
        "left_out": ratings.left_out(found, ratings.measured(found)[1], request.day) if name == "rate" else [],
    })  # fmt: skip


def _form(request, name: str, notice: StatutoryNotice):
    sent = request.POST or None
    if name == "rate":
        return statutory_forms.RateForm(sent, measured=ratings.measured(notice)[0])
    forms = {"confirm": statutory_forms.ConfirmRatingsForm, "comment": statutory_forms.CommentForm, "publish": statutory_forms.PublishForm}
    return forms[name](sent)
