"""The task list of a draft: one view a section, each making one call into ``procurement.drafting``."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from catalogue import queries as catalogue_queries
from catalogue.models import Framework
from catalogue.rules import carries_seat
from documents import storage
from procurement import access, completeness, drafting, forms, guards, quoting, workflow
from procurement.display import bar_parts, preview, section_rows
from procurement.models import Accession, AccessionState
from procurement.views.common import attempt, page, reading_page


def _draft(request, public_id):
    call_off = access.get_call_off(request.actor, public_id, request.day, "edit")
    if not call_off.is_editable:
        raise access.NotYours(guards.why_not_edit(call_off, by=request.actor, at=request.at))
    call_off.revision.call_off = call_off
    return call_off


def _edits(request):
    typed = request.POST.get("edits", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 9 else -1


def _tasks(call_off):
    return redirect("procurement:tasks", call_off.public_id)


@page
def new(request):
    """Start a call-off for a department whose requester the person is."""
    seen = access.sight_of(request.actor, request.day)
    accession = (
        Accession.objects.filter(department_id__in=seen.organisations, state=AccessionState.ACTIVE)
        .select_related("framework", "department")
        .first()
    )
    framework = accession.framework if accession else Framework.objects.first()
    department = accession.department if accession else None
    if department is None:
        raise Http404
    shut = list(guards.why_not_start(framework, department, by=request.actor, at=request.at))
    form = forms.StartForm(request.POST or None)
    errors = ()
    if request.method == "POST" and form.is_valid():
        call_off, errors = attempt(
            request, drafting.start, framework, department, title=form.cleaned_data["title"]
        )
        if call_off:
            return _tasks(call_off)
    context = {"form": form, "framework": framework, "department": department, "shut": shut, "errors": errors}
    return render(request, "procurement/new.html", context)


@page
def tasks(request, public_id):
    """The task list with what each section still lacks, and the totals so far."""
    call_off = _draft(request, public_id)
    revision = call_off.revision
    quote = quoting.quote(revision, request.day)
    gaps = list(completeness.gaps(revision, quote, request.day))
    forecast = quoting.capacity_forecast(revision, quote.totals.whole_life)
    context = {
        "call_off": call_off, "revision": revision, "quote": quote, "gaps": gaps,
        "sections": section_rows(call_off, gaps), "bar": bar_parts(forecast),
        "withdraw_shut": list(guards.why_not_withdraw(call_off, by=request.actor, at=request.at)),
    }  # fmt: skip
    return render(request, "procurement/tasks.html", context)


def _section(request, call_off, section, form, *, errors=(), template="procurement/section.html", **more):
    context = {"call_off": call_off, "revision": call_off.revision, "section": section, "form": form, "errors": errors}
    return render(request, template, context | more)


def _simple(request, public_id, section, form_class, initial, save):
    """A section that is one form: ``save(call_off, form)`` says which action with which values."""
    call_off = _draft(request, public_id)
    form = form_class(request.POST or None, initial=initial(call_off))
    errors = ()
    if request.method == "POST" and form.is_valid():
        action, arguments = save(form)
        done, errors = attempt(request, action, call_off, edits=_edits(request), **arguments)
        if done:
            return _tasks(call_off)
    return _section(request, call_off, section, form, errors=errors)


@page
def term(request, public_id):
    def initial(call_off):
        names = ("interim_starts_on", "interim_months", "shared_starts_on", "shared_months", "extension_months")
        return {name: getattr(call_off.revision, name) for name in names}

    def save(form):
        values = form.cleaned_data | {"extension_months": form.cleaned_data["extension_months"] or 0}
        return drafting.save_term, {"term": drafting.Term(**values)}

    return _simple(request, public_id, "term", forms.TermForm, initial, save)


@page
def budget(request, public_id):
    return _simple(
        request, public_id, "budget", forms.BudgetForm,
        lambda call_off: {"budget_code": call_off.revision.budget_code},
        lambda form: (drafting.save_budget, form.cleaned_data),
    )  # fmt: skip


@page
def data_protection(request, public_id):
    def initial(call_off):
        schedule = call_off.revision.data_protection
        return schedule | {"applies": {True: "yes", False: "no"}.get(schedule.get("applies"))}

    return _simple(
        request, public_id, "data_protection", forms.DataProtectionForm, initial,
        lambda form: (drafting.save_data_protection, {"schedule": form.schedule()}),
    )  # fmt: skip


@page
def particulars(request, public_id):
    call_off = access.get_call_off(request.actor, public_id, request.day, "edit")
    row = call_off.particulars
    form = forms.ParticularsForm(request.POST or None, initial={n: getattr(row, n) for n in forms.ParticularsForm.base_fields})
    errors = ()
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(request, drafting.save_particulars, call_off, values=form.cleaned_data)
        if done:
            return _tasks(call_off) if call_off.is_editable else redirect("procurement:call_off", call_off.public_id)
    return _section(request, call_off, "particulars", form, errors=errors)


@page
def service_levels(request, public_id):
    call_off = _draft(request, public_id)
    quote = quoting.quote(call_off.revision, request.day)
    codes = {p.service.service_level for p in quote.lines if p.service.service_level}
    measures = [m for m in catalogue_queries.service_levels(quote.release, codes) if m.unit == "percent"]
    form = forms.KpiForm(request.POST or None, measures=measures, initial={"kpis": call_off.revision.kpi_codes})
    errors = ()
    if request.method == "POST" and form.is_valid():
        done, errors = attempt(
            request, drafting.save_kpis, call_off, form.cleaned_data["kpis"], edits=_edits(request)
        )
        if done:
            return _tasks(call_off)
    return _section(request, call_off, "service_levels", form, errors=errors)


def _formset_errors(formset):
    """Every error of a set of forms with the field its link goes to."""
    found = []
    for form in formset:
        found += [{"words": e, "anchor": form[next(iter(form.fields))].id_for_label} for e in form.non_field_errors()]
        for field in form:
            found += [{"words": e, "anchor": field.id_for_label} for e in field.errors]
    return found + [{"words": e, "anchor": "main"} for e in formset.non_form_errors()]


@page
def sites(request, public_id):
    call_off = _draft(request, public_id)
    rows = [{"name": s.name, "seats": s.seats} for s in call_off.revision.sites.all()]
    if not rows:
        rows = [{"name": s.name, "seats": s.seats} for s in call_off.department.sites.all()]
    formset = forms.SiteFormSet(request.POST or None, initial=rows, prefix="site")
    errors = ()
    if request.method == "POST" and formset.is_valid():
        wanted = [(f["name"], f["seats"]) for f in formset.cleaned_data if f.get("name")]
        done, errors = attempt(request, drafting.save_sites, call_off, wanted, edits=_edits(request))
        if done:
            return redirect("procurement:sites", call_off.public_id) if "more" in request.POST else _tasks(call_off)
    return _section(request, call_off, "sites", None, errors=errors, template="procurement/sites.html",
                    formset=formset, formset_errors=_formset_errors(formset) if formset.is_bound else [])  # fmt: skip


@page
def milestones(request, public_id):
    call_off = _draft(request, public_id)
    rows = [
        {
            "title": m.title, "planned_on": m.planned_on, "criteria": "\n".join(m.criteria), "effect": m.effect,
            "payments": "\n".join(_payment_words(p) for p in m.payments.all()),
        }
        for m in call_off.revision.milestones.prefetch_related("payments")
    ]  # fmt: skip
    formset = forms.MilestoneFormSet(request.POST or None, initial=rows, prefix="milestone")
    errors = ()
    if request.method == "POST" and formset.is_valid():
        wanted = [
            drafting.Milestone(f["title"], f["planned_on"], f["criteria"], f["effect"], f["payments"])
            for f in formset.cleaned_data
            if f.get("title")
        ]
        done, errors = attempt(
            request, drafting.save_milestones, call_off, wanted, none_needed="none_needed" in request.POST,
            edits=_edits(request),
        )  # fmt: skip
        if done:
            more = "more" in request.POST
            return redirect("procurement:milestones", call_off.public_id) if more else _tasks(call_off)
    return _section(request, call_off, "milestones", None, errors=errors, template="procurement/milestones.html",
                    formset=formset, formset_errors=_formset_errors(formset) if formset.is_bound else [])  # fmt: skip


def _payment_words(payment):
    if payment.percent is not None:
        return f"{payment.service_code} {payment.percent.normalize():f}%"
    return f"{payment.service_code} x {payment.quantity}"


@page
def special_terms(request, public_id):
    call_off = _draft(request, public_id)
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
            staff_transfer_text=form.cleaned_data["staff_transfer_text"], edits=_edits(request),
        )  # fmt: skip
        if done:
            return _tasks(call_off)
    return _section(request, call_off, "special_terms", form, errors=errors,
                    template="procurement/special_terms.html", formset=formset,
                    formset_errors=_formset_errors(formset) if formset.is_bound else [])  # fmt: skip


@page
def attachments(request, public_id):
    """Attach or remove a file; the bytes are stored under their hash before the row names them."""
    call_off = _draft(request, public_id)
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
        upload = attach.cleaned_data["file"]
        stored = drafting.StoredFile(
            upload.filename, upload.content_type, storage.put(upload.data), len(upload.data)
        )
        done, errors = attempt(
            request, drafting.attach, call_off, stored, kind=attach.cleaned_data["kind"], edits=_edits(request)
        )
    elif what == "remove":
        chosen = call_off.revision.attachments.filter(pk=_number(request.POST.get("attachment"))).first()
        if chosen is None:
            raise Http404
        done, errors = attempt(request, drafting.detach, call_off, chosen.pk, edits=_edits(request))
    elif what == "reference" and reference.is_valid():
        done, errors = attempt(
            request, drafting.save_spend_control, call_off, reference.cleaned_data["reference"], edits=_edits(request)
        )
    if done:
        return redirect("procurement:attachments", call_off.public_id)
    form = attach if what == "attach" else reference
    return _section(request, call_off, "attachments", form, errors=errors, template="procurement/attachments.html",
                    attach=attach, reference=reference)  # fmt: skip


def _number(typed):
    return int(typed) if typed and typed.isascii() and typed.isdigit() and len(typed) < 18 else 0


def _matrix(request, call_off):
    """The matrix form over the live catalogue, filled from the lines."""
    release = catalogue_queries.live_release(call_off.framework, request.day)
    services = list(release.services.all()) if release else []
    rows = list(call_off.revision.sites.all())
    position = {site.pk: site.position for site in rows}
    initial = {
        f"q-{line.service_code}-{position[line.site_id] if line.site_id else 'all'}": line.quantity
        for line in call_off.revision.lines.all()
    }
    return forms.MatrixForm(request.POST or None, services=services, sites=rows, initial=initial)


def _ordered(found):
    return [
        drafting.Ordered(
            drafting.phase_of(service, interim=service.category == "Transition"), service.code, site, quantity
        )
        for service, site, quantity in found
    ]


@page
def services(request, public_id):
    """Services by site, with an all-sites column; the totals follow as the person types."""
    call_off = _draft(request, public_id)
    form = _matrix(request, call_off)
    errors = ()
    if request.method == "POST":
        found = form.read()
        if not form.cell_errors:
            done, errors = attempt(request, drafting.save_services, call_off, _ordered(found), edits=_edits(request))
            if done:
                more = "stay" in request.POST
                return redirect("procurement:services", call_off.public_id) if more else _tasks(call_off)
    quote = quoting.quote(call_off.revision, request.day)
    unmet = quoting.unmet_rules(call_off.revision, quote)
    cells = [{"words": words, "anchor": name} for name, words in form.cell_errors.items()]
    return _section(request, call_off, "services", None, errors=errors, template="procurement/services.html",
                    groups=_groups(form, quote), sites=form.sites, quote=quote, unmet=unmet,
                    formset_errors=cells)  # fmt: skip


@reading_page
def totals(request, public_id):
    """The totals of what is typed and not yet saved; nothing is changed."""
    call_off = _draft(request, public_id)
    form = _matrix(request, call_off)
    found = form.read()
    rows = drafting.unsaved_lines(
        call_off.revision, _ordered(found), {site.name: site for site in form.sites}
    )
    quote = quoting.quote(call_off.revision, request.day, rows)
    context = {"quote": quote, "typed": True, "bad": len(form.cell_errors)}
    return render(request, "procurement/_totals.html", context)


def _groups(form, quote):
    """[(category, [(service, carries a seat, [(name, label, value, bad)])])] in catalogue order."""
    groups: list = []
    for service in form.services:
        if not groups or groups[-1][0] != service.category:
            groups.append((service.category, []))
        columns = [("all", _("all sites"))] + [(str(site.position), site.name) for site in form.sites]
        cells = []
        for column, label in columns:
            name = f"q-{service.code}-{column}"
            cells.append((name, f"{service.code}, {label}", form.values.get(name, ""), name in form.cell_errors))
        priced = quote.price_list.services[service.code] if quote.price_list else None
        groups[-1][1].append((service, bool(priced and carries_seat(priced)), cells))
    return groups


@page
def check(request, public_id):
    """Check your answers, then submit."""
    call_off = _draft(request, public_id)
    errors = ()
    if request.method == "POST":
        done, errors = attempt(request, workflow.submit, call_off)
        if done:
            return redirect("procurement:submitted", call_off.public_id)
    quote = quoting.quote(call_off.revision, request.day)
    shut = list(guards.why_not_submit(call_off, by=request.actor, at=request.at))
    context = {
        "call_off": call_off, "revision": call_off.revision, "quote": quote, "shut": shut, "errors": errors,
        "content": preview(call_off.revision, quote), "viewpoint": "department",
        "bar": bar_parts(quoting.capacity_forecast(call_off.revision, quote.totals.whole_life)),
        "steps": guards.route_preview(call_off, quote.totals.whole_life, request.day),
    }  # fmt: skip
    return render(request, "procurement/check.html", context)


