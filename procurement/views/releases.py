"""Catalogue releases: what is, was and will be in force; one release, what it changes and means; every act on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from catalogue import contents, differences, release_rows, sheets
from catalogue import queries as catalogue_queries
from catalogue.models import ReleaseState
from documents import audit, downloads
from documents.clock import london_day
from procurement import access, forms, release_display, release_effects, release_forms, releasing
from procurement import release_guards as guards
from procurement.views.common import attempt, page

S = ReleaseState
MOST_COMING = 3  # scheduled releases that another one is compared with on one page


@page
def releases(request):
    """In force today, coming, and past, of the framework whose prices the person reads."""
    framework = access.find_framework(request.actor, request.day)
    if framework is None:
        raise Http404
    rows = access.visible_releases(request.actor, request.day).filter(framework=framework).order_by("-state_since", "-id")
    drafter = access.drafts_for(request.actor, request.day)
    context = {
        "framework": framework, **release_display.overview(list(rows), request.actor, request.day),
        "form": release_forms.AsOfForm(None, today=request.day), "drafter": drafter,
        "draft_shut": list(guards.why_not_draft(*drafter, by=request.actor, at=request.at)) if drafter else (),
    }  # fmt: skip
    return render(request, "procurement/releases/releases.html", context)


@page
def new(request):
    """Start a draft as a copy of what is in force, or of an earlier one (``?like=``)."""
    drafter = access.drafts_for(request.actor, request.day)
    if drafter is None:
        raise Http404
    like = _like(request)
    form = release_forms.TitleForm(request.POST or None, initial={"title": like.title} if like else None)
    errors = list(guards.why_not_draft(*drafter, by=request.actor, at=request.at))
    if request.method == "POST" and form.is_valid():
        release, errors = attempt(request, releasing.start, *drafter, title=form.cleaned_data["title"], like=like)
        if release:
            return redirect("procurement:release", release.public_id)
    return _act_page(request, None, form, errors, title=_("Draft a release"), button=_("Start the draft"),
                     words=_("It begins as a copy: change it in pages, or upload the sheets."))  # fmt: skip


def _like(request):
    """An ended release of the person's own organisation to begin from."""
    wanted = request.GET.get("like", "")
    rows = access.visible_releases(request.actor, request.day).filter(state__in=[S.REJECTED, S.WITHDRAWN])
    drafter = access.drafts_for(request.actor, request.day)
    return next((row for row in rows if str(row.public_id) == wanted and row.organisation_id == drafter[1].pk), None)


def _act_page(request, release, form, errors, **words):
    return render(request, "procurement/releases/act.html", {"release": release, "form": form, "errors": errors} | words)


@page
def release(request, public_id):
    """What it changes against what is in force, its rules in words, and where it stands."""
    found = access.get_release(request.actor, public_id, request.day)
    content = releasing.content_of(found)
    release_display.tell_last_days([found], request.actor, request.day)
    shut = list(guards.why_not_edit(found, by=request.actor, at=request.at))
    drafts = found.state == S.DRAFT and "drafter" in access.release_sides(request.actor, found, request.day)
    by = {"by": request.actor, "at": request.at}
    context = {
        "release": found, "state": release_display.state_words(found, request.day), "content": content,
        **_difference(request, found, content),
        "rules": release_display.rules_in_words(content.rules), "acts": _acts(found, by),
        "may_edit": not shut, "edit_shut": shut if drafts else None, "own": _is_own(request, found),
        "events": release_display.timeline(audit.history(found)) if _is_own(request, found) else (),
        "sheets": contents.COLUMNS,
    }  # fmt: skip
    return render(request, "procurement/releases/release.html", context)


def _difference(request, found, content):
    """Against what is in force, and what will be before it, with its effect in money for who works with it. What is past
    is compared with nothing: what changed then is in the history of each price."""
    live = catalogue_queries.live_release(found.framework, request.day)
    if live is None or live.pk == found.pk or found.state in (S.LIVE, S.SUPERSEDED):
        return {"compared": (), "effects": ()}
    return {
        "compared": [
            {"release": other, "differences": differences.between(release_rows.of(other), content)}
            for other in (live, *_coming_before(request, found))
        ],
        "effects": _totals(request, found, content) if _is_own(request, found) else (),
    }  # fmt: skip


def _coming_before(request, found):
    """Releases with a day to come that this one may replace: it was begun from what is in force today, without what they
    change. Of one that has its own day, those before it."""
    coming = access.visible_releases(request.actor, request.day).filter(
        framework=found.framework_id, state=S.SCHEDULED, valid__startswith__gt=request.day
    ).exclude(pk=found.pk)  # fmt: skip
    if found.first_day is not None:
        coming = coming.filter(valid__startswith__lt=found.first_day)
    return coming.order_by("valid")[:MOST_COMING]


def _is_own(request, found) -> bool:
    """Whether the reader works with it, and does not only read its prices."""
    return bool(access.release_sides(request.actor, found, request.day))


def _totals(request, found, content):
    rows = release_effects.concerned(found, request.actor, request.day)
    contracted = rows.filter(state="contracted")
    under_way = rows.exclude(state="contracted")
    return [
        {"label": label, "total": release_effects.total(group, content, request.actor, request.day)}
        for label, group in ((_("Live contracts"), contracted), (_("Orders under way that have reached you"), under_way))
    ]


@page
def effects(request, public_id):
    """Each order that the reader sees: what the same basket would cost under the release."""
    found = access.get_release(request.actor, public_id, request.day)
    if not _is_own(request, found):
        raise Http404
    rows = release_effects.concerned(found, request.actor, request.day)
    shown = Paginator(rows, 25).get_page(request.GET.get("page"))
    content = releasing.content_of(found)
    context = {
        "release": found, "page": shown,
        "effects": release_effects.of(list(shown), content, request.actor, request.day),
    }  # fmt: skip
    return render(request, "procurement/releases/effects.html", context)


@page
def sheet(request, public_id, name, kind):
    """One sheet as CSV, or all of them as a workbook, as they can be uploaded again."""
    found = access.get_release(request.actor, public_id, request.day)
    rows = contents.to_sheets(releasing.content_of(found))
    stem = f"{found.framework.reference.lower()}-{found.number or 'draft'}"
    if kind == "csv" and name in rows:
        data = sheets.to_csv(contents.COLUMNS[name], contents.cells(name, rows[name]))
        return downloads.respond(data, f"{stem}-{name}.csv", content_type=downloads.CSV)
    if kind == "xlsx" and name == "release":
        parts = [(name, contents.COLUMNS[name], contents.cells(name, rows[name])) for name in contents.COLUMNS]
        return downloads.respond(sheets.to_workbook(parts), f"{stem}.xlsx", content_type=downloads.XLSX)
    raise Http404


@dataclass(frozen=True)
class Act:
    """One act on a release: its page, in which states and for which side, and why it cannot be done now."""

    label: Any
    words: Any
    action: Callable
    form: type
    states: tuple[str, ...]
    side: str
    why_not: Callable
    done: Any
    danger: bool = False
    binds: bool = False  # the form carries the hash of the content that was shown


ACTS = {
    "submit": Act(_("Submit the release"), _("It cannot be changed after it is submitted. The purchasing authority decides."),
                  releasing.submit, forms.forms.Form, (S.DRAFT,), "drafter", guards.why_not_submit,
                  _("Submitted. The approvers are told."), binds=True),
    "approve": Act(_("Approve the release"), _("You or a colleague then choose the day from which it is in force."),
                   releasing.approve, forms.forms.Form, (S.SUBMITTED,), "authority", guards.why_not_approve,
                   _("Approved. Choose its first day next."), binds=True),
    "reject": Act(_("Reject the release"), _("It ends here. Whoever drafted it reads your reason."), releasing.reject,
                  forms.ReasonForm, (S.SUBMITTED,), "authority", guards.why_not_reject, _("Rejected."), danger=True),
    "schedule": Act(_("Choose its first day"), _("What is in force now ends the day before. Contracts, and orders submitted before, keep their prices."),
                    releasing.schedule, release_forms.ScheduleForm, (S.APPROVED,), "authority", guards.why_not_schedule,
                    _("Its first day is set.")),
    "withdraw": Act(_("Withdraw the release"), _("It never comes into force; what is in force goes on."), releasing.withdraw,
                    forms.ReasonForm, (S.DRAFT, S.SUBMITTED, S.APPROVED, S.SCHEDULED), "either", guards.why_not_withdraw,
                    _("Withdrawn."), danger=True),
}  # fmt: skip


def _sides(found, by) -> set[str]:
    sides = access.release_sides(by["by"], found, london_day(by["at"]))
    return sides | ({"either"} if sides else set())


def _acts(found, by):
    """What the state allows the reader's side to do, each with why the reader cannot."""
    sides = _sides(found, by)
    return [
        {"name": name, "act": act, "shut": list(act.why_not(found, **by))}
        for name, act in ACTS.items()
        if found.state in act.states and act.side in sides
    ]


@page
def act(request, public_id, name):
    """One page for every act: what will happen, what it needs, and why it cannot be done now."""
    wanted = ACTS.get(name)
    if wanted is None:
        raise Http404
    found = access.get_release(request.actor, public_id, request.day)
    by = {"by": request.actor, "at": request.at}
    if wanted.side not in _sides(found, by):
        raise Http404
    form = wanted.form(request.POST or None)
    errors = list(wanted.why_not(found, **by))
    if request.method == "POST" and (not form.fields or form.is_valid()):
        more = {"shown_hash": request.POST.get("shown_hash", "")} if wanted.binds else {}
        result, errors = attempt(request, wanted.action, found, **more, **(form.cleaned_data if form.fields else {}))
        if result:
            messages.success(request, wanted.done)
            return redirect("procurement:release", public_id)
    bound = {}
    if wanted.binds and hasattr(found, "draft"):  # the register's first release never was one: its state says why not
        bound = _difference(request, found, releasing.content_of(found))
        bound["shown_hash"] = found.content_hash or releasing.hashed(found, found.draft.sheets)
    return _act_page(request, found, form, errors, title=wanted.label, words=wanted.words, button=wanted.label,
                     danger=wanted.danger, **bound)  # fmt: skip
