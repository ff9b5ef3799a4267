"""The people of an organisation: who could do what on a day, and what its administrator changes."""

from datetime import date

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from catalogue.models import Organisation
from documents import downloads
from documents.templatetags.flex import day as as_day
from procurement import access, added_steps, membership, people_display, people_forms, seats
from procurement import people_guards as guards
from procurement.forms import ReasonForm
from procurement.models import ActingFor, AddedStep, Delegation, PostHolding, User
from procurement.views.common import attempt, page, stored


@page
def mine(request):
    """To the people of the organisation one belongs to."""
    seen = access.sight_of(request.actor, request.day)
    own = Organisation.objects.filter(pk__in=seen.organisations).order_by("code").first()
    served = access.framework_served(request.actor, request.day)
    body = own or (served.authority if served else None)
    if body is None:
        raise Http404
    return redirect("procurement:people", body.code)


@page
def people(request, code):
    """Who could approve what on a day."""
    body = access.get_organisation(request.actor, code, request.day)
    form = people_forms.DayForm(request.GET if "on_day" in request.GET or "on" in request.GET else None)
    on = (form.cleaned_data["on"] if form.is_bound and form.is_valid() else None) or request.day
    context = {
        "body": body, "form": form, "on": on, "today": on == request.day, "rows": people_display.posts(body, on, coming=on == request.day),
        "shut": list(guards.why_not_manage(body, by=request.actor, at=request.at)),
        "others": access.other_organisations(request.actor, body, request.day), "orders": guards.orders_for_itself(body), "added": people_display.added_steps(body, on),
    }  # fmt: skip
    return render(request, "procurement/people/people.html", context)


def _change(request, body, form, do, **words):
    """One page for every change; ``do(form)`` calls the action."""
    errors = ()
    if request.method == "POST" and (not form.fields or form.is_valid()):
        result, errors = do(form)
        if result:
            messages.success(request, words["done"])
            return redirect("procurement:people", body.code)
    return render(request, "procurement/people/change.html", {"body": body, "form": form, "errors": errors} | words)


def _managed(request, code):
    """The organisation, for its administrator; anybody else of it reads who that is."""
    body = access.get_organisation(request.actor, code, request.day)
    shut = list(guards.why_not_manage(body, by=request.actor, at=request.at))
    if shut:
        raise access.NotYours(shut)
    return body


def _row(model, pk, **belongs):
    found = model.objects.filter(pk=pk, **belongs).first()
    if found is None:
        raise Http404
    return found


@page
def invite(request, code):
    body = _managed(request, code)
    hosts = {people_forms.host_of(user.email) for user in seats.people_of(body, request.day)}
    form = people_forms.InviteForm(request.POST or None, posts=guards.posts_of(body), hosts=hosts)
    return _change(
        request, body, form, lambda f: attempt(request, membership.invite, body, **f.cleaned_data),
        title=_("Give somebody a post"), button=_("Give the post"), done=_("Done. An email tells them from which day they hold it."),
        words=_("Who is new here gets an account and an email. Who holds the post until a day holds it on from the next at the earliest."),
    )  # fmt: skip


@page
def end_holding(request, code, pk):
    body = _managed(request, code)
    holding = _row(PostHolding, pk, post__organisation=body)
    form = people_forms.EndForm(request.POST or None, initial={"ends_on": request.day})
    return _change(
        request, body, form, lambda f: attempt(request, membership.end_holding, holding, **f.cleaned_data),
        title=_("End the post of %(post)s for %(name)s") % {"post": holding.post.get_code_display(), "name": holding.user.name},
        button=_("End it"), done=_("The post is ended. Its holder has been told."), words=_("Its delegations and deputies end with it."),
    )  # fmt: skip


@page
def stop(request, code, pk):
    """End everything that a person can do for the organisation, at once."""
    body = _managed(request, code)
    person = _row(PostHolding, pk, post__organisation=body).user
    form = ReasonForm(request.POST or None)
    return _change(
        request, body, form, lambda f: attempt(request, membership.stop, body, person, **f.cleaned_data),
        title=_("End everything of %(name)s at once") % {"name": person.name}, button=_("End it now"), danger=True,
        done=_("Ended. Nothing is open to them here any more."),
        words=_("From this moment they can do and see nothing for %(body)s, whatever posts they hold, and nobody acts for "
                "them. If they have nothing to do elsewhere they are signed out. What they did stays as it was.")
        % {"body": body.name},
    )  # fmt: skip


@page
def delegate(request, code, pk):
    body = _managed(request, code)
    holding = _row(PostHolding, pk, post__organisation=body)
    form = people_forms.DelegationForm(
        request.POST or None, request.FILES or None, initial={"starts_on": request.day}, lots=guards.lots_of(body)
    )

    def do(checked):
        values = dict(checked.cleaned_data)
        letter = stored(values.pop("letter"))
        limit = membership.Limit(
            kind=membership.kind_of(holding.post.code), letter_filename=letter.filename,
            letter_sha256=letter.sha256, **values,
        )  # fmt: skip
        return attempt(request, membership.delegate, holding, limit)

    return _change(
        request, body, form, do, button=_("Enter it"), done=_("The delegation is entered. Its holder has been told."),
        title=_("A delegation for %(name)s, %(post)s") % {"post": holding.post.get_code_display(), "name": holding.user.name},
        words=_("As the letter gives it. It can be ended by date, not changed: enter another."),
    )  # fmt: skip


def _of(delegation: Delegation, on: date) -> str:
    said = people_display.words(delegation)
    if delegation.starts_on <= on:
        return said
    return _("%(limit)s, from %(day)s. With a last day before its first it is taken back and never holds.") % {"limit": said, "day": as_day(delegation.starts_on)}


@page
def end_delegation(request, code, pk):
    body = _managed(request, code)
    delegation = _row(Delegation, pk, holding__post__organisation=body)
    form = people_forms.EndForm(request.POST or None, initial={"ends_on": request.day})
    return _change(
        request, body, form, lambda f: attempt(request, membership.end_delegation, delegation, **f.cleaned_data),
        title=_("End a delegation of %(name)s") % {"name": delegation.holding.user.name}, button=_("End it"),
        done=_("The delegation is ended. Its holder has been told."), words=_of(delegation, request.day),
    )  # fmt: skip


@page
def deputy(request, code, pk):
    """By the administrator, or the holder for an absence of their own."""
    body = access.get_organisation(request.actor, code, request.day)
    holding = _row(PostHolding, pk, post__organisation=body)
    if holding.user_id != request.actor.user.pk:
        _managed(request, code)
    others = [user for user in seats.people_of(body, request.day) if user.pk != holding.user_id]
    form = people_forms.DeputyForm(request.POST or None, people=others, initial={"starts_on": request.day})

    def do(checked):
        values = dict(checked.cleaned_data)
        chosen = User.objects.get(pk=values.pop("deputy"))
        return attempt(request, membership.name_deputy, holding, chosen, **values)

    return _change(
        request, body, form, do, button=_("Name the deputy"), done=_("The deputy is named and has been told."),
        title=_("A deputy for %(name)s, %(post)s") % {"post": holding.post.get_code_display(), "name": holding.user.name},
        words=_("They act within the holder's own limits; every act says for whom."),
    )  # fmt: skip


@page
def end_deputy(request, code, pk):
    body = access.get_organisation(request.actor, code, request.day)
    acting = _row(ActingFor, pk, holding__post__organisation=body)
    if acting.holding.user_id != request.actor.user.pk:
        _managed(request, code)
    return _change(
        request, body, people_forms.forms.Form(request.POST or None),
        lambda f: attempt(request, membership.end_deputy, acting), done=_("The deputy has been told."),
        button=_("End it today") if acting.starts_on <= request.day else _("Take it back"),
        title=_("%(name)s acts no longer") % {"name": acting.deputy.name},
        words=_("They act until the end of today.") if acting.starts_on <= request.day else _("It has not begun, and never does."),
    )  # fmt: skip


@page
def add_step(request, code):
    body = _managed(request, code)
    if not guards.orders_for_itself(body):
        raise Http404
    form = people_forms.AddedStepForm(request.POST or None)
    return _change(
        request, body, form, lambda f: attempt(request, added_steps.add, body, **f.cleaned_data),
        title=_("Add a step to your approvals"), button=_("Add it"), done=_("Added. Orders submitted from now on have it."),
        words=_("Beside what the framework's approval matrix asks for, the post endorses before your last approver commits. "
                "Where the matrix asks for that post already nothing is added."),
    )  # fmt: skip


@page
def end_step(request, code, pk):
    body = _managed(request, code)
    step = _row(AddedStep, pk, organisation=body)
    return _change(
        request, body, people_forms.forms.Form(request.POST or None),
        lambda f: attempt(request, added_steps.end, step), button=_("End it today"), done=_("Done."),
        title=_("The added step of %(post)s ends") % {"post": step.get_post_display()},
        words=_("It counts for what is submitted until the end of today. Orders under way keep the steps that they have."),
    )  # fmt: skip


@page
def letter(request, code, pk):
    """The letter of a delegation, as a download, never shown in the page."""
    body = access.get_organisation(request.actor, code, request.day)
    found = _row(Delegation, pk, holding__post__organisation=body)
    if not found.letter_sha256:
        raise Http404
    return downloads.stored(found.letter_sha256, found.letter_filename)
