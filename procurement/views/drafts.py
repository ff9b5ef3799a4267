"""The task list of a draft and the sections of its order form: each view makes one call into ``procurement.drafting``."""

from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from catalogue import queries as catalogue_queries
from documents import audit
from procurement import (
    access,
    completeness,
    content,
    contracted,
    display,
    drafting,
    figures,
    forms,
    guards,
    headroom,
    quoting,
    standing,
    workflow,
)
from procurement.views.common import attempt, not_joined, page


def draft_of(request, public_id):
    call_off = access.get_call_off(request.actor, public_id, request.day, "edit")
    if not call_off.is_editable:
        raise access.NotYours(guards.why_not_edit(call_off, by=request.actor, at=request.at))
    call_off.revision.call_off = call_off
    return call_off


def edits_of(request):
    typed = request.POST.get("edits", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else -1


def to_tasks(call_off):
    return redirect("procurement:tasks", call_off.public_id)


@page
def new(request):
    """Start a call-off for a department whose requester the person is."""
    accession = access.joined(request.actor, request.day).first()
    if accession is None:
        raise not_joined(request)
    framework, department = accession.framework, accession.department
    shut = list(guards.why_not_start(framework, department, by=request.actor, at=request.at))
    form = forms.TitleForm(request.POST or None)
    errors = ()
    if request.method == "POST" and form.is_valid():
        call_off, errors = attempt(
            request, drafting.start, framework, department, title=form.cleaned_data["title"]
        )
        if call_off:
            return to_tasks(call_off)
    context = {"form": form, "framework": framework, "department": department, "shut": shut, "errors": errors}
    return render(request, "procurement/new.html", context)


@page
def tasks(request, public_id):
    """The task list with what each section still lacks, and the totals so far."""
    call_off = draft_of(request, public_id)
    revision = call_off.revision
    quote = quoting.quote(revision, request.day)
    gaps = list(completeness.gaps(revision, quote, request.day))
    forecast = headroom.capacity_forecast(call_off, quote.totals.whole_life, reader=[call_off.department_id])
    approved = content.approved_object(revision, quote)
    context = {
        "call_off": call_off, "revision": revision, "quote": quote, "gaps": gaps,
        "sections": display.section_rows(call_off, gaps), "bar": display.bar_parts(forecast),
        "sent_back": display.sent_back(call_off) if call_off.is_returned else None,
        "content": approved, "figures": figures.figures_of_draft(approved, quote),
        "ends_on": standing.ending_of(call_off, request.day), "leaves_on": standing.leaves_on(call_off),
        "withdraw_shut": list(guards.why_not_withdraw(call_off, by=request.actor, at=request.at)),
        "copy_shut": list(guards.why_not_copy(call_off, by=request.actor, at=request.at)),
    }  # fmt: skip
    return render(request, "procurement/tasks.html", context)


def section_page(request, call_off, section, form, *, errors=(), template="procurement/section.html", stored=None,
                 late=None, **more):  # fmt: skip
    """``stored`` says how to read the section as it is stored: [(what, value)], shown beside a form that came too late."""
    if late is None:
        late = request.method == "POST" and edits_of(request) != call_off.revision.edits
    context = {"call_off": call_off, "revision": call_off.revision, "name": display.SECTION_NAMES[section],
               "form": form, "errors": errors,
               "stored": [(what, words or _("empty")) for what, words in stored()] if late and stored else (),
               "saved": audit.history(call_off).last() if late and stored else None}  # fmt: skip
    return render(request, template, context | more)


def simple_section(request, public_id, section, form_class, initial, save):
    """A section that is one form: ``save(form)`` says which action with which values."""
    call_off = draft_of(request, public_id)
    form = form_class(request.POST or None, initial=initial(call_off))
    errors = ()
    if request.method == "POST" and form.is_valid():
        action, arguments = save(form)
        done, errors = attempt(request, action, call_off, edits=edits_of(request), **arguments)
        if done:
            return to_tasks(call_off)
    return section_page(request, call_off, section, form, errors=errors, stored=lambda: display.stored_values([form]))


@page
def title(request, public_id):
    return simple_section(
        request, public_id, "title", forms.TitleForm, lambda call_off: {"title": call_off.title},
        lambda form: (drafting.save_title, form.cleaned_data),
    )  # fmt: skip


@page
def term(request, public_id):
    """The phases; where an interim service goes that has lines, the page asks whether they go too."""
    call_off = draft_of(request, public_id)
    form = forms.TermForm(request.POST or None, initial={name: getattr(call_off.revision, name) for name in forms.TermForm.base_fields})
    errors, losing = (), False
    if request.method == "POST" and form.is_valid():
        wanted = drafting.Term(**form.cleaned_data | {"extension_months": form.cleaned_data["extension_months"] or 0})
        done, errors = attempt(
            request, drafting.save_term, call_off, wanted, drop_quantities="drop_quantities" in request.POST,
            edits=edits_of(request),
        )  # fmt: skip
        if done:
            return to_tasks(call_off)
        losing = any(drafting.why_interim_lost(call_off.revision, wanted))
    return section_page(request, call_off, "term", form, errors=errors, template="procurement/term.html", losing=losing,
                        stored=lambda: display.stored_values([form]), lead=display.term_limits(call_off))  # fmt: skip


@page
def service_levels(request, public_id):
    call_off = draft_of(request, public_id)
    quote = quoting.quote(call_off.revision, request.day)
    codes = {p.service.service_level for p in quote.lines if p.service.service_level}
    measures = [m for m in catalogue_queries.service_levels(quote.release, codes) if m.unit == "percent"]
    form = forms.KpiForm(request.POST or None, measures=measures, initial={"kpis": call_off.revision.kpi_codes})
    errors = ()
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(
            request, drafting.save_kpis, call_off, form.cleaned_data["kpis"], edits=edits_of(request)
        )
        if done:
            return to_tasks(call_off)
    return section_page(
        request, call_off, "service_levels", form, errors=errors, stored=lambda: display.stored_values([form])
    )


def _as_stored(formset, rows):
    """The stored rows as forms, without the empty ones for more."""
    return formset(initial=rows).forms[: len(rows)]


def formset_errors(formset):
    """Every error of a set of forms with the row it is in (a form says what its ``row`` is, or its first field does) and the field its link goes to."""
    found = []
    for number, form in enumerate(formset, start=1):
        first = form.visible_fields()[0]
        row = getattr(form, "row", first.label)
        found += [{"words": f"{row} {number}: {e}", "anchor": first.id_for_label} for e in form.non_field_errors()]
        for field in form.visible_fields():
            place = f"{row} {number}" + (f", {field.label}" if field.label != row else "")
            found += [{"words": f"{place}: {e}", "anchor": field.id_for_label} for e in field.errors]
    return found + [{"words": e, "anchor": "main"} for e in formset.non_form_errors()]


@page
def sites(request, public_id):
    call_off = draft_of(request, public_id)
    rows = [{"was": s.name, "name": s.name, "seats": s.seats} for s in call_off.revision.sites.all()]
    offered = [] if rows else contracted.offered_sites(call_off, request.day)
    known = [{"name": name, "seats": seats} for name, seats in offered]
    rows = rows or known
    formset = forms.SiteFormSet(request.POST or None, initial=rows, prefix="site")
    errors, losing = (), False
    if request.method == "POST" and formset.is_valid():
        wanted = [drafting.Site(f["name"], f["seats"], f["was"]) for f in formset.cleaned_data if f.get("name")]
        done, errors = attempt(
            request, drafting.save_sites, call_off, wanted, drop_quantities="drop_quantities" in request.POST,
            edits=edits_of(request),
        )  # fmt: skip
        if done:
            return redirect("procurement:sites", call_off.public_id) if "more" in request.POST else to_tasks(call_off)
        losing = any(drafting.why_quantities_lost(call_off.revision, wanted))
    return section_page(request, call_off, "sites", None, errors=errors, template="procurement/sites.html", losing=losing, known=known,
                    served=bool(contracted.lots(call_off, request.day)),
                    stored=lambda: display.stored_values(_as_stored(forms.SiteFormSet, rows)), formset=formset, formset_errors=formset_errors(formset) if formset.is_bound else [])  # fmt: skip


@page
def milestones(request, public_id):
    call_off = draft_of(request, public_id)
    rows = [
        {
            "title": m.title, "planned_on": m.planned_on, "criteria": "\n".join(m.criteria), "effect": m.effect,
            "payments": "\n".join(_payment_words(p) for p in m.payments.all()),
        }
        for m in call_off.revision.milestones.prefetch_related("payments")
    ]  # fmt: skip
    formset = forms.MilestoneFormSet(request.POST or None, initial=rows, prefix="milestone")
    none_needed = "none_needed" in request.POST if request.method == "POST" else call_off.revision.no_milestones_needed
    errors = ()
    if request.method == "POST" and formset.is_valid():
        wanted = [
            drafting.Milestone(f["title"], f["planned_on"], f["criteria"], f["effect"], f["payments"])
            for f in formset.cleaned_data
            if f.get("title")
        ]
        done, errors = attempt(
            request, drafting.save_milestones, call_off, wanted, none_needed=none_needed, edits=edits_of(request)
        )
        if done:
            more = "more" in request.POST
            return redirect("procurement:milestones", call_off.public_id) if more else to_tasks(call_off)
    return section_page(request, call_off, "milestones", None, errors=errors, template="procurement/milestones.html", none_needed=none_needed,
                    unpaid=quoting.unpaid_one_offs(quoting.quote(call_off.revision, request.day)),
                    stored=lambda: display.stored_values(_as_stored(forms.MilestoneFormSet, rows)), formset=formset, formset_errors=formset_errors(formset) if formset.is_bound else [])  # fmt: skip


def _payment_words(payment):
    if payment.percent is not None:
        return f"{payment.service_code} {payment.percent.normalize():f}%"
    return f"{payment.service_code} x {payment.quantity}"


@page
def special_terms(request, public_id):
    call_off = draft_of(request, public_id)
    revision = call_off.revision
    rows = [{"heading": t.heading, "text": t.text} for t in revision.special_terms.all()]
    formset = forms.SpecialTermFormSet(request.POST or None, initial=rows, prefix="term")
    staff = {True: "yes", False: "no"}.get(revision.staff_transfer_applies)
    form = forms.StaffTransferForm(
        request.POST or None, initial={"staff_transfer": staff, "staff_transfer_text": revision.staff_transfer_text}
    )
    errors = ()
    if request.method == "POST" and all([formset.is_valid(), form.is_valid()]):
        wanted = [(f["heading"], f["text"]) for f in formset.cleaned_data if f.get("heading")]
        done, errors = attempt(
            request, drafting.save_special_terms, call_off, wanted,
            staff_transfer=form.cleaned_data["staff_transfer"] == "yes",
            staff_transfer_text=form.cleaned_data["staff_transfer_text"], edits=edits_of(request),
        )  # fmt: skip
        if done:
            return redirect("procurement:special_terms", call_off.public_id) if "more" in request.POST else to_tasks(call_off)
    return section_page(request, call_off, "special_terms", form, errors=errors,
                    template="procurement/special_terms.html", formset=formset,
                    stored=lambda: display.stored_values([*_as_stored(forms.SpecialTermFormSet, rows), form]),
                    formset_errors=formset_errors(formset) if formset.is_bound else [])  # fmt: skip


@page
def check(request, public_id):
    """Check your answers, then submit."""
    call_off = draft_of(request, public_id)
    errors = ()
    if request.method == "POST":
        shown = request.POST.get("shown_hash", "")
        done, errors = attempt(request, workflow.submit, call_off, shown_hash=shown)
        if done:
            return redirect("procurement:submitted", call_off.public_id)
    revision = quoting.read_whole(call_off.revision)
    quote = quoting.quote(revision, request.day)
    gaps = list(completeness.gaps(revision, quote, request.day))
    approved = content.approved_object(revision, quote)
    counted = guards.counted_together(revision, quote, request.day)
    context = {
        "call_off": call_off, "revision": revision, "quote": quote, "errors": errors, "together": counted,
        "shown_hash": content.draft_hash(revision, quote, counted.plain),
        "leaves_on": standing.leaves_on(call_off),
        "gaps": [{"name": display.SECTION_NAMES[gap.section], "section": gap.section, "words": gap.words} for gap in gaps],
        "shut": [] if gaps else list(
            guards.why_not_submit(call_off, quote=quote, counted=counted, by=request.actor, at=request.at)
        ),
        "figures": figures.figures_of_draft(approved, quote), "sites_wanted": any(gap.section == "sites" for gap in gaps),
        "reading": display.reading(revision, approved, "department", changeable=True),
        "bar": display.bar_parts(
            headroom.capacity_forecast(call_off, quote.totals.whole_life, reader=[call_off.department_id])
        ),
        "steps": display.route_preview(call_off, counted.total_gbp, request.day),
    }  # fmt: skip
    return render(request, "procurement/check.html", context)


