"""Joining: the board of interested bodies, where an accession stands, and every act on it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from documents import audit
from documents.clock import london_day
from documents.templatetags.flex import day as as_day
from procurement import (
    access,
    accession_display,
    agreements,
    baselines,
    forms,
    joining,
    leaving,
    leaving_guards,
    pipeline,
    quoting,
    seats,
)
from procurement import accession_forms as own_forms
from procurement import accession_guards as guards
from procurement.application_gaps import gaps
from procurement.models import BODYS_TURN, AccessionState, PostCode, Side
from procurement.standing import MEMBER
from procurement.views.common import attempt, page

A = AccessionState


@page
def board(request):
    """The pipeline of the framework the person serves; a department's own people are taken to their own accession."""
    found = access.framework_served(request.actor, request.day)
    if found is None:
        own = access.visible_accessions(request.actor, request.day).order_by("-id").first()
        if own is None:
            raise Http404
        return redirect("procurement:accession", own.public_id)
    context = accession_display.board(found, request.day) | {
        "framework": found,
        "add_shut": list(
            guards.why_not_authority(found, PostCode.ACCESSION_LEAD, by=request.actor, at=request.at)
        ),
    }  # fmt: skip
    return render(request, "procurement/joining/board.html", context)


@page
def new(request):
    """A body enters the pipeline."""
    found = access.framework_served(request.actor, request.day)
    if found is None:
        raise Http404
    form = own_forms.InterestForm(request.POST or None)
    errors = list(guards.why_not_authority(found, PostCode.ACCESSION_LEAD, by=request.actor, at=request.at))
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        seats = values.pop("seats_expected")
        accession, errors = attempt(
            request, pipeline.add_interest, found, pipeline.Interest(**values), seats_expected=seats
        )
        if accession:
            return redirect("procurement:accession", accession.public_id)
    context = {"form": form, "errors": errors, "title": _("Add an interested body"), "button": _("Add it")}
    return render(request, "procurement/joining/act.html", context)


@page
def accession(request, public_id):
    """Where it stands, what the department said, who decided what, the agreement and the history."""
    found = access.get_accession(request.actor, public_id, request.day)
    return render(request, "procurement/joining/accession.html", _context(request, found))


def _context(request, found):
    application, *earlier = access.visible_applications(request.actor, found, request.day).order_by("-number").prefetch_related("decisions") or [None]
    by = {"by": request.actor, "at": request.at}
    notice = leaving_guards.standing_notice(found)
    serves = found.framework_id in access.sight_of(request.actor, request.day).frameworks
    return {
        "accession": found, "application": application, "reading": accession_display.reading(application),
        "earlier": [{"application": a, "reading": accession_display.reading(a), "decisions": a.decisions.all()} for a in earlier],
        "decisions": application.decisions.all() if application else (), "questions": found.questions.all(),
        "forecast": accession_display.forecast_of(found, application, request.day),
        "baseline": quoting.baseline_of(found.framework_id, found.department_id),
        "notice": notice, "notice_of": notice and (found.department if notice.side == Side.DEPARTMENT else found.framework.authority),
        "desk": accession_display.desk(found, request.day), "acts": _acts(found, by),
        "contact": accession_display.contact(found) if serves else "", "serves": serves,
        "may_edit": not list(guards.why_not_edit(found, **by)), "gaps": list(gaps(application, request.day)) if application else (),
        "events": accession_display.timeline(audit.history(found), serves=serves),
        **accession_display.agreement(found, **by),
    }  # fmt: skip


@dataclass(frozen=True)
class Act:
    """One act on an accession: its page, and why it cannot be done now."""

    label: str
    words: str
    action: object
    form: type
    states: tuple[str, ...]
    right: str
    why_not: object
    done: str
    danger: bool = False
    binds: Callable | None = None  # the form carries this hash of what was shown
    also: Callable | None = None  # what is said besides, where it holds
    when: Callable | None = None  # it is offered only where that is so


def _with_application(guard):
    return lambda found, **by: guard(found, joining.current(found), **by)


def _application(found):
    return joining.hash_of(found, joining.current(found))


def _contact(found):
    return pipeline.contact_hash(found)


def _anew(found, at):
    if guards.may_apply_anew(found, at=at):
        return _("It can apply anew once the accession lead has entered it again.")
    return _("It cannot apply anew: the framework has ended, or it can have no place on it.")


def _notice(found, at):
    if not found.document_id:
        return ""
    months = leaving_guards.NOTICE_MONTHS
    return ngettext("Its access agreement ends on a day that either party tells the other at least %(months)s month before.",
                    "Its access agreement ends on a day that either party tells the other at least %(months)s months before.",
                    months) % {"months": months}  # fmt: skip


def _earliest(found, at):
    first = as_day(leaving_guards.earliest_last_day(at))
    return _("As its access agreement asks for notice, the last day can be %(day)s or later.") % {"day": first}


def _has_notice(found):
    return leaving_guards.standing_notice(found) is not None


REASON = forms.ReasonForm
ACTS = {
    "engage": Act(_("Invite it to apply"), _("Whoever fills in the application gets an email."), pipeline.engage,
                  own_forms.EngageForm, (A.PROSPECT,), "authority", guards.why_not_engage, _("Engaged.")),
    "seats": Act(_("Change the seats expected"), _("The board and the forecasts reckon with them until the body applies with its own."),
                 pipeline.expect_seats, own_forms.SeatsForm, (A.PROSPECT, A.ENGAGED), "authority", guards.why_not_expect, _("Changed.")),
    "contact": Act(_("Name who fills in the application"), _("Whom you name has to be confirmed by the accession approver."),
                   pipeline.name_contact, own_forms.EngageForm, BODYS_TURN, "authority", guards.why_not_name_contact,
                   _("Proposed. The accession approver confirms it.")),
    "confirm": Act(_("Confirm the contact"), _("They become the body's administrator here and get an email that asks them to apply."),
                   pipeline.confirm_contact, forms.forms.Form, BODYS_TURN, "authority", guards.why_not_confirm,
                   _("Confirmed. They are asked to apply."), binds=_contact),
    "refuse-contact": Act(_("Do not confirm the contact"), _("The accession lead reads your reason and names somebody else."),
                          pipeline.refuse_contact, REASON, BODYS_TURN, "authority", guards.why_not_refuse_contact,
                          _("Not confirmed. The accession lead has been told."), danger=True, binds=_contact),
    "apply": Act(_("Send the application"), _("It cannot be changed after it is sent, except when you are asked something."),
                 joining.apply, forms.forms.Form, (A.ENGAGED,), "department",
                 _with_application(guards.why_not_apply), _("Sent. The purchasing authority reviews it."),
                 binds=_application),
    "review": Act(_("Start the review"), _("You become its reviewer; somebody else will approve it."),
                  joining.start_review, forms.forms.Form, (A.APPLIED,), "authority", guards.why_not_review,
                  _("The review has started.")),
    "ask": Act(_("Ask the department"), _("The review's clock stands until it answers."), joining.ask,
               own_forms.QuestionForm, (A.IN_REVIEW,), "authority", guards.why_not_ask, _("Asked.")),
    "answer": Act(_("Answer the question"), _("Your answer goes back with the application as it stands now."),
                  joining.answer, own_forms.AnswerForm, (A.INFORMATION_REQUESTED,), "department",
                  _with_application(guards.why_not_answer), _("Answered."), binds=_application),
    "recommend": Act(_("Recommend it"), _("It then goes to the accession approver."), joining.recommend,
                     own_forms.NoteForm, (A.IN_REVIEW,), "authority", _with_application(guards.why_not_recommend),
                     _("Recommended."), binds=_application),
    "approve": Act(_("Approve it"), _("The access agreement is then made, and both parties are asked to sign it."),
                   agreements.approve, own_forms.NoteForm, (A.IN_REVIEW,), "authority",
                   _with_application(guards.why_not_approve), _("Approved. The agreement is being made."), binds=_application),
    "state-baseline": Act(_("State the baseline"), _("What a user cost a year before the shared service. Savings are shown against it; the finance director signs it off."),
                          baselines.state, own_forms.BaselineForm, guards.COUNTS_BASELINES, "department", guards.why_not_state_baseline,
                          _("Stated. The finance director can sign it off.")),
    "sign-off-baseline": Act(_("Sign off the baseline"), _("You answer for the figure, on which savings are reported."), baselines.sign_off,
                             forms.forms.Form, guards.COUNTS_BASELINES, "department", guards.why_not_sign_off_baseline, _("Signed off."),
                             binds=baselines.shown_of),
    "decline": Act(_("Decline it"), _("It ends here. The department reads your reason."),
                   joining.decline, REASON, (A.APPLIED, A.IN_REVIEW, A.INFORMATION_REQUESTED, A.APPROVED), "authority",
                   _with_application(guards.why_not_decline), _("Declined."), danger=True, also=_anew),
    "withdraw": Act(_("Withdraw"), _("The body does not join; an agreement under way becomes void."), agreements.withdraw,
                    REASON, guards.PIPELINE, "see", guards.why_not_withdraw, _("Withdrawn."), danger=True),
    "suspend": Act(_("Suspend the membership"), _("Nothing new can be ordered; contracts go on."), agreements.suspend,
                   REASON, (A.ACTIVE,), "authority", partial(guards.why_not_manage, states=(A.ACTIVE,)),
                   _("Suspended."), danger=True),
    "resume": Act(_("Resume the membership"), _("The department can order again."), agreements.resume, REASON,
                  (A.SUSPENDED,), "authority", partial(guards.why_not_manage, states=(A.SUSPENDED,)), _("Resumed.")),
    "end": Act(_("End the membership"), _("Nothing new can be ordered; contracts go on."), agreements.end, REASON,
               (A.ACTIVE, A.SUSPENDED), "authority", partial(guards.why_not_manage, states=(A.ACTIVE, A.SUSPENDED)),
               _("Ended."), danger=True, also=_notice),
    "notice": Act(_("End the membership by notice"), _("It lasts until the day that you name: until then its people can order. Both parties are told at once."),
                  leaving.give_notice, own_forms.NoticeForm, MEMBER, "see", leaving_guards.why_not_give_notice,
                  _("Notice is given. Both parties have been told."), danger=True, also=_earliest, when=lambda found: not _has_notice(found)),
    "take-back-notice": Act(_("Take back the notice"), _("The membership goes on as before. Both parties are told at once."),
                            leaving.take_back_notice, REASON, MEMBER, "see", leaving_guards.why_not_take_back,
                            _("Taken back. The membership goes on."), when=_has_notice),
}  # fmt: skip


# In which chairs an act is done, where it is not the accession lead's for the authority or the applicants' for the department.
CHAIRS = {
    PostCode.ACCESSION_APPROVER: ("confirm", "refuse-contact", "approve", "decline"),
    PostCode.FRAMEWORK_MANAGER: ("suspend", "resume", "end", "notice", "take-back-notice"),
    PostCode.SIGNATORY: ("notice", "take-back-notice"), PostCode.FINANCE_DIRECTOR: ("sign-off-baseline",),
}  # fmt: skip


def _acting(request, found, name):
    """What a deputy would do the act under; None where one of its chairs is the reader's own, or none is."""
    departments = {"see": found.department_id in access.sight_of(request.actor, request.day).organisations, "department": True}
    theirs = departments.get(ACTS[name].right, False)
    chairs = [post for post, names in CHAIRS.items() if name in names] or (guards.APPLICANTS if theirs else [PostCode.ACCESSION_LEAD])
    body = found.department_id if theirs else found.framework.authority_id
    sits = [seat for post in chairs for seat in seats.seats_of(request.actor, body, post, request.day)]
    return sits[0].acting if sits and all(seat.acting_id for seat in sits) else None


def _acts(found, by):
    """What the state allows the reader's side to do, each with why the reader cannot."""
    seen = access.sight_of(by["by"], london_day(by["at"]))
    sides = {"see"}
    sides |= {"department"} if found.department_id in seen.organisations else set()
    sides |= {"authority"} if found.framework_id in seen.frameworks else set()
    return [
        {"name": name, "act": act, "shut": list(act.why_not(found, **by))}
        for name, act in ACTS.items()
        if found.state in act.states and act.right in sides and (act.when is None or act.when(found))
    ]


def _words(wanted, found, at):
    return f"{wanted.words} {wanted.also(found, at)}" if wanted.also else wanted.words


@page
def act(request, public_id, name):
    """One page for every act: what will happen, what it needs, and why it cannot be done now."""
    wanted = ACTS.get(name)
    if wanted is None:
        raise Http404
    found = access.get_accession(request.actor, public_id, request.day, wanted.right)
    asked = guards.applicants(found, request.at) if name == "engage" else ()
    form = (forms.forms.Form if asked else wanted.form)(
        request.POST or None, initial={"seats_expected": found.seats_expected}
    )
    errors = list(wanted.why_not(found, by=request.actor, at=request.at))
    application = access.visible_applications(request.actor, found, request.day).order_by("-number").first()
    if request.method == "POST" and (form.is_valid() or not form.fields):
        more = {"shown_hash": request.POST.get("shown_hash", "")} if wanted.binds else {}
        values = form.cleaned_data if form.fields else {}
        result, errors = attempt(request, wanted.action, found, **more, **values)
        if result:
            messages.success(request, wanted.done)
            return redirect("procurement:accession", public_id)
    context = {
        "accession": found, "application": application, "form": form, "errors": errors, "title": wanted.label,
        "question": found.questions.filter(answered_at=None).first() if name == "answer" else None,
        "words": _words(wanted, found, request.at), "button": wanted.label, "danger": wanted.danger, "asked": asked,
        "reading": accession_display.reading(application) if wanted.binds is _application else None,
        "shown_hash": wanted.binds(found) if wanted.binds else "", "confirming": wanted.binds is _contact, "acting": _acting(request, found, name),
        "account": accession_display.account_of_contact(found, request.day) if wanted.binds is _contact else "",
        "baseline": quoting.baseline_of(found.framework_id, found.department_id) if name.endswith("-baseline") else None,
    }  # fmt: skip
    return render(request, "procurement/joining/act.html", context)
