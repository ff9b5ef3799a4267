"""The sections of a draft beside its lines: budget, data protection, particulars, attached files."""

from django.http import Http404
from django.shortcuts import redirect

from procurement import access, display, forms, papers
from procurement.views.common import attempt, page, stored
from procurement.views.drafts import draft_of, edits_of, section_page, simple_section, to_tasks


@page
def budget(request, public_id):
    return simple_section(
        request, public_id, "budget", forms.BudgetForm,
        lambda call_off: {"budget_code": call_off.revision.budget_code},
        lambda form: (papers.save_budget, form.cleaned_data),
    )  # fmt: skip


@page
def data_protection(request, public_id):
    def initial(call_off):
        schedule = call_off.revision.data_protection
        return schedule | {"applies": {True: "yes", False: "no"}.get(schedule.get("applies"))}

    return simple_section(
        request, public_id, "data_protection", forms.DataProtectionForm, initial,
        lambda form: (papers.save_data_protection, {"schedule": form.schedule()}),
    )  # fmt: skip


@page
def particulars(request, public_id):
    call_off = access.get_call_off(request.actor, public_id, request.day, "edit")
    row = call_off.particulars
    stored = {name: getattr(row, name) for name in papers.PARTICULARS} | {"shown": papers.seal(row)}
    form = forms.ParticularsForm(request.POST or None, initial=stored)
    errors = ()
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        shown = values.pop("shown")
        done, errors = attempt(request, papers.save_particulars, call_off, values=values, shown=shown)
        if done:
            return to_tasks(call_off) if call_off.is_editable else redirect("procurement:call_off", call_off.public_id)
    late = bool(errors) and form.cleaned_data["shown"] != stored["shown"]
    if late:
        form.data = form.data.copy()
        form.data["shown"] = stored["shown"]  # both are shown now: what is sent next was compared
    return section_page(
        request, call_off, "particulars", form, errors=errors, late=late, stored=lambda: display.stored_values([form])
    )


@page
def attachments(request, public_id):
    """Attach or remove a file."""
    call_off = draft_of(request, public_id)
    what = request.POST.get("what", "")
    attach = forms.AttachForm(
        request.POST if what == "attach" else None, request.FILES if what == "attach" else None, prefix="attach"
    )
    reference = forms.SpendControlForm(
        request.POST if what == "reference" else None, prefix="reference",
        initial={"reference": call_off.revision.spend_control_reference},
    )  # fmt: skip
    errors, done = (), None
    if what == "attach" and attach.is_valid():
        file = stored(attach.cleaned_data["file"])
        done, errors = attempt(
            request, papers.attach, call_off, file, kind=attach.cleaned_data["kind"], edits=edits_of(request)
        )
    elif what == "remove":
        chosen = call_off.revision.attachments.filter(pk=_number(request.POST.get("attachment"))).first()
        if chosen is None:
            raise Http404
        done, errors = attempt(request, papers.detach, call_off, chosen.pk, edits=edits_of(request))
    elif what == "reference" and reference.is_valid():
        done, errors = attempt(
            request, papers.save_spend_control, call_off, reference.cleaned_data["reference"], edits=edits_of(request)
        )
    if done:
        return to_tasks(call_off) if what == "reference" else redirect("procurement:attachments", call_off.public_id)
    form = attach if what == "attach" else reference
    return section_page(request, call_off, "attachments", form, errors=errors, template="procurement/attachments.html",
                    attach=attach, reference=reference)  # fmt: skip


def _number(typed):
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 18 else 0
