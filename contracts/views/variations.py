"""Variations of a contract: the list, each with what it changes and comes to, and the forms of one that is being built."""

import json
from datetime import date

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from contracts import (
    access,
    assessing,
    forms,
    gateways,
    request_guards,
    terms,
    tolerance,
    variation_approval,
    variation_content,
    variation_replying,
    varied_terms,
    varying,
)
from contracts import variation_decision_guards as decision_guards
from contracts import variation_guards as guards
from contracts.display import ended_words
from contracts.models import Party, Variation, VariationKind, VariationRevision, VariationState
from contracts.terms import StandingLine
from contracts.views import variation_signing
from contracts.views.variation_decisions import steps_of
from documents import audit
from procurement import desks, timelines
from procurement.access import NotYours
from procurement.models import Phase
from procurement.views.common import attempt, page, what_was_shown
from procurement.views.drafts import edits_of, formset_errors

V = VariationState
VARIED = (Phase.SHARED, Phase.USAGE)


@page
def variations(request, public_id):
    """Every variation that the reader may see, newest last, as their contract numbers them."""
    contract = access.get_contract(request.actor, public_id, request.day)
    rows = list(access.visible_variations(request.actor, contract, request.day).order_by("number"))
    words = {"by": request.actor, "at": request.at}
    shut = list(guards.why_not_begin(contract, **words))
    department = access.viewpoint(request.actor, contract, request.day) == Party.DEPARTMENT
    asks = department and bool(tolerance.percent_of(contract))
    return render(request, "contracts/variations.html", {
        "contract": contract, "rows": rows, "shut": shut, "may_begin": department, "requests": list(contract.change_requests.all()),
        "asks": asks, "ask_shut": list(request_guards.why_not_ask(contract, **words)) if asks else [],
    })  # fmt: skip


@page
def begin(request, public_id):
    contract = access.get_contract(request.actor, public_id, request.day)
    reasons = list(guards.why_not_begin(contract, by=request.actor, at=request.at))
    if reasons:
        raise NotYours(reasons)
    form, errors = forms.BeginVariationForm(request.POST or None, extends=bool(contract.revision.extension_months)), ()
    if request.method == "POST" and form.is_valid():
        variation, errors = attempt(request, varying.begin, contract, **form.cleaned_data)
        if variation:
            return redirect("contracts:variation_changes", contract.public_id, variation.number)
    return render(request, "contracts/begin_variation.html", {"contract": contract, "form": form, "errors": errors})


def _shown(request, variation: Variation) -> tuple[VariationRevision, dict, list]:
    """The revision that the reader sees, its content as data, and what it still lacks if it is a draft."""
    revision = access.revision_shown(request.actor, variation, request.day)
    if revision.is_assessed:
        return revision, json.loads(revision.content), []
    found = assessing.assess(revision, on=request.day)
    return revision, variation_content.build(revision, found), found.reasons


@page
def variation(request, public_id, number):
    """What it changes line by line, in money and as a share of the contract's value; who has done what."""
    found = access.get_variation(request.actor, public_id, number, request.day)
    view = access.viewpoint(request.actor, found.contract, request.day)
    revision, content, lacks = _shown(request, found)
    return render(request, "contracts/variation.html", {
        "contract": found.contract, "variation": found, "revision": revision, "content": content, "lacks": lacks,
        "phases": dict(Phase.choices), "acts": _acts(request, found, view), "reply": revision.replies.last(),
        "ended": ended_words(found, view), "editable": view == Party.DEPARTMENT and found.state == V.DRAFT, "view": view,
        "steps": steps_of(found, view),
        "desks": desks.of_approval(found.approval, request.day) if found.state == V.IN_APPROVAL and view != Party.SUPPLIER else [],
        "questions": found.approval.queries.filter(answered_at=None) if found.approval and view == Party.DEPARTMENT else [],
        "events": timelines.of(audit.history(found), view),
    } | variation_signing.context_of(request, found))  # fmt: skip


def _acts(request, variation: Variation, view: str) -> list[dict]:
    """What the reader's side can do in this state, each with why it is shut, if it is."""
    words = {"by": request.actor, "at": request.at}
    offered = {Party.DEPARTMENT: _of_department(variation), Party.SUPPLIER: OF_SUPPLIER}.get(view, [])
    return [
        {"label": label, "url": reverse(f"contracts:{name}", args=[variation.contract.public_id, variation.number]),
         "reasons": list(why_not(variation, **words))}
        for states, label, name, why_not in offered if variation.state in states
    ]  # fmt: skip


OF_SUPPLIER = [((V.ASSESSED, V.IN_APPROVAL), _lazy("Say whether it can be delivered"), "reply_variation", guards.why_not_reply)]


def _of_department(variation: Variation) -> list[tuple]:
    offered = [
        ((V.DRAFT,), _("Assess it"), "assess_variation", guards.why_not_edit),
        ((V.ASSESSED,), _("Submit for approval"), "submit_variation", decision_guards.why_not_submit),
        ((V.ASSESSED,), _("Change it"), "revise_variation", guards.why_not_revise),
        ((V.DRAFT, V.ASSESSED, V.IN_APPROVAL), _("Withdraw"), "withdraw_variation", guards.why_not_withdraw),
    ]
    if variation.revision.notice_first and not variation.change_notice:
        offered.insert(0, ((V.ASSESSED, V.IN_APPROVAL), _("Record the change notice"), "variation_notice", decision_guards.why_not_record_notice))
    return offered


def _open(request, public_id, number, why_not) -> Variation:
    """The variation, for whoever can act on it now; the others get the reasons."""
    found = access.get_variation(request.actor, public_id, number, request.day)
    reasons = list(why_not(found, by=request.actor, at=request.at))
    if reasons:
        raise NotYours(reasons)
    return found


def _page(request, template: str, variation: Variation, **more):
    context = {"contract": variation.contract, "variation": variation, "revision": variation.revision} | more
    return render(request, f"contracts/{template}.html", context)


def _to(variation: Variation, name: str = "variation"):
    return redirect(f"contracts:{name}", variation.contract.public_id, variation.number)


@page
def changes(request, public_id, number):
    """What is to change: lines, the term, or words, as its kind says."""
    found = _open(request, public_id, number, guards.why_not_edit)
    if found.kind == VariationKind.TERM:
        return _extension(request, found)
    return _corrections(request, found) if found.kind == VariationKind.CORRECTION else _lines(request, found)


def _lines(request, variation: Variation):
    """Every line that stands, with how many more or fewer; and rows for what the contract does not have there."""
    contract, revision, sent = variation.contract, variation.revision, request.POST or None
    day = forms.VariationDayForm(sent, initial={"effective_on": revision.effective_on})
    standing = _standing(variation, request.day)
    stored = {(one.phase, one.service_code, one.site): one for one in revision.changes.all()}
    initial = {
        f"by_{line.number}": one.quantity_change
        for line in standing if (one := stored.pop((line.line.phase, line.line.service.code, line.line.site), None))
    }  # fmt: skip
    lines = forms.LinesForm(sent, lines=standing, initial=initial)
    new = [{"service": one.service_code, "site": one.site, "quantity": one.quantity_change} for one in stored.values()]
    rows, errors = forms.NewLineFormSet(sent, initial=new, prefix="row"), ()
    if request.method == "POST" and all([day.is_valid(), lines.is_valid(), rows.is_valid()]):
        wanted = [varying.Wanted(line.line.service.code, by, line.line.site, line.line.phase) for line, by in lines.changed()]
        added = [(row["service"].upper(), row["quantity"], row["site"]) for row in rows.cleaned_data if row.get("service")]
        phases = varying.phases_of(contract, {code for code, _quantity, _site in added}, request.day)
        wanted += [varying.Wanted(code, quantity, site, phases.get(code, Phase.SHARED)) for code, quantity, site in added]
        done, errors = attempt(
            request, varying.save_lines, variation, wanted, effective_on=day.cleaned_data["effective_on"], edits=edits_of(request)
        )
        if done:
            return _to(variation, "variation_changes") if "more" in request.POST else _to(variation)
    return _page(
        request, "variation_lines", variation, day=day, lines=lines, rows=rows, errors=errors,
        formset_errors=formset_errors(rows) if rows.is_bound else [],
    )  # fmt: skip


def _standing(variation: Variation, on: date) -> list[StandingLine]:
    """What stands on the variation's day, as far as a variation can change it."""
    day = variation.revision.effective_on or max(on, variation.contract.starts_on)
    return [line for line in varied_terms.standing_on(terms.read(variation.contract), day) if line.line.phase in VARIED]


def _corrections(request, variation: Variation):
    revision, sent = variation.revision, request.POST or None
    day = forms.VariationDayForm(sent, initial={"effective_on": revision.effective_on})
    stored = [{"place": one.place, "was": one.was, "reads": one.reads} for one in revision.corrections.all()]
    rows, errors = forms.CorrectionFormSet(sent, initial=stored, prefix="row"), ()
    if request.method == "POST" and all([day.is_valid(), rows.is_valid()]):
        wanted = [varying.PutRight(row["place"], row["was"], row["reads"]) for row in rows.cleaned_data if row.get("place")]
        done, errors = attempt(
            request, varying.save_corrections, variation, wanted, effective_on=day.cleaned_data["effective_on"], edits=edits_of(request)
        )
        if done:
            return _to(variation, "variation_changes") if "more" in request.POST else _to(variation)
    return _page(
        request, "variation_corrections", variation, day=day, rows=rows, errors=errors,
        formset_errors=formset_errors(rows) if rows.is_bound else [],
    )  # fmt: skip


def _extension(request, variation: Variation):
    form = forms.ExtensionForm(request.POST or None, initial={"extension_months": variation.revision.extension_months})
    errors = ()
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(request, varying.save_term, variation, edits=edits_of(request), **form.cleaned_data)
        if done:
            return _to(variation)
    left = assessing.option_left(variation.contract, variation.contract.ends_on)
    return _page(request, "variation_term", variation, form=form, errors=errors, option=variation.contract.revision.extension_months, left=left)


@page
def grounds(request, public_id, number):
    """After its figures: why, by which gateway, and why each test of that holds. Who changes the gateway is asked its
    tests next."""
    found = _open(request, public_id, number, guards.why_not_edit)
    revision = found.revision
    chosen = (request.POST.get("gateway", ""), request.POST.get("paragraph", "")) if request.method == "POST" else (
        revision.gateway, revision.paragraph
    )
    tests = gateways.tests(*chosen)
    initial = {"reason": revision.reason, "gateway": revision.gateway, "paragraph": revision.paragraph}
    initial |= {f"test_{code}": words for code, words in revision.answers.items()}
    form, errors = forms.GroundsForm(request.POST or None, tests=tests, initial=initial), ()
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        done, errors = attempt(
            request, varying.save_grounds, found, reason=data["reason"], gateway=data["gateway"], paragraph=data["paragraph"],
            answers=form.answers(), edits=edits_of(request),
        )  # fmt: skip
        if done:
            unanswered = any(not words for words in form.answers().values())
            return _to(found, "variation_grounds") if unanswered else _to(found)
    assessed = assessing.assess(revision, on=request.day)
    return _page(
        request, "variation_grounds", found, form=form, errors=errors, content=variation_content.build(revision, assessed)
    )


@page
def assess(request, public_id, number):
    """All of it once more; then it is frozen, and the supplier and the authority see it."""
    found = _open(request, public_id, number, guards.why_not_edit)
    assessed, errors = assessing.assess(found.revision, on=request.day), ()
    if request.method == "POST":
        done, errors = attempt(request, varying.assess, found, edits=edits_of(request))
        if done:
            messages.success(request, _("Assessed. The supplier and the purchasing authority can see it now."))
            return _to(found)
    return _page(
        request, "assess_variation", found, errors=errors, lacks=assessed.reasons, phases=dict(Phase.choices),
        content=variation_content.build(found.revision, assessed),
    )  # fmt: skip


@page
def revise(request, public_id, number):
    found, errors = _open(request, public_id, number, guards.why_not_revise), ()
    if request.method == "POST":
        done, errors = attempt(request, varying.revise, found)
        if done:
            return _to(found)
    return _page(request, "revise_variation", found, errors=errors)


@page
def reply(request, public_id, number):
    """The supplier says whether it can be delivered as it was assessed."""
    found = _open(request, public_id, number, guards.why_not_reply)
    form, errors = forms.VariationReplyForm(request.POST or None), ()
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(request, variation_replying.reply, found, shown_hash=request.POST.get("shown_hash", ""), **form.cleaned_data)
        if done:
            messages.success(request, _("Your word on it is recorded. The department has been told."))
            return _to(found)
    return _page(
        request, "reply_variation", found, form=form, errors=errors, phases=dict(Phase.choices),
        content=json.loads(found.revision.content), shown_hash=what_was_shown(request, found.revision.content_hash),
    )  # fmt: skip


@page
def withdraw(request, public_id, number):
    found = _open(request, public_id, number, guards.why_not_withdraw)
    form, errors = forms.WithdrawVariationForm(request.POST or None), ()
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(request, variation_approval.withdraw, found, reason=form.cleaned_data["reason"])
        if done:
            messages.success(request, _("The variation is withdrawn. Who was working on it has been told."))
            return _to(found)
    return _page(request, "withdraw_variation", found, form=form, errors=errors)
