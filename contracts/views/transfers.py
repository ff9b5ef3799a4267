"""Transfers from one department to another: the list, the plan of each with the acts on it, what passes of a split department,
and the sealed notices."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from catalogue.models import Framework, Organisation
from contracts import access, transfer_forms, transfer_guards, transfer_notices, transfer_plan, transferring
from contracts.models import OPEN_TRANSFERS, Contract, ContractState, Transfer, TransferNotice, TransferState
from contracts.views import sealed
from contracts.views.ending_common import insist_on, sent
from documents import audit, downloads
from procurement import access as procurement_access
from procurement import timelines
from procurement.actors import Person
from procurement.models import Accession, AccessionState, CallOff
from procurement.views.common import attempt, page, stored, what_was_shown

T = TransferState
MOST = 200


def _authority(request) -> Organisation:
    """Whose transfers the person may prepare or read; 404 for who serves no framework."""
    served = procurement_access.framework_served(request.actor, request.day)
    if served is None:
        raise Http404
    return served.authority


@page
def transfers(request):
    """The newest first: the authority's, or those of the person's department. Nobody else is told that there are any."""
    rows = list(access.visible_transfers(request.actor, request.day)[: MOST + 1])
    serves = procurement_access.framework_served(request.actor, request.day)
    if not rows and serves is None:
        raise Http404
    shut = list(transfer_guards.why_not_prepare(serves.authority, by=request.actor, at=request.at)) if serves else None
    return render(request, "contracts/transfers.html", {"rows": rows[:MOST], "more": len(rows) > MOST, "shut": shut})


@page
def prepare(request):
    """From which department to which, by what and on which day."""
    authority = _authority(request)
    insist_on(transfer_guards.why_not_prepare(authority, by=request.actor, at=request.at))
    form, errors = transfer_forms.PrepareForm(*sent(request), outgoing=_outgoing(authority), receiving=_receiving()), ()
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        made, errors = attempt(request, transferring.prepare, authority, form.asked(stored(upload) if upload else None))
        if made:
            messages.success(request, _("Prepared. A second person agrees to it.") if made.is_whole else _("Prepared. Choose what passes."))
            return redirect("contracts:transfer" if made.is_whole else "contracts:choose_transfer", made.public_id)
    return render(request, "contracts/prepare_transfer.html", {"form": form, "errors": errors})


def _outgoing(authority: Organisation) -> list[Organisation]:
    """Departments that have something under the authority's frameworks: a membership, an order or a contract."""
    mine = {"framework__authority": authority, "department": OuterRef("pk")}
    found = [Exists(model.objects.filter(**mine)) for model in (Accession, CallOff, Contract)]
    return list(Organisation.objects.filter(found[0] | found[1] | found[2]).order_by("name"))


def _receiving() -> list[Organisation]:
    return list(Organisation.objects.filter(framework_places__isnull=True).order_by("name"))


@page
def transfer(request, public_id):
    """The plan: everything that passes, the totals, what stands in the way and what the day brings; and the acts."""
    found = access.get_transfer(request.actor, public_id, request.day)
    serves = access.serves_transfer(request.actor, found, request.day)
    reads = access.reads_what_passes(request.actor, found, request.day)
    is_open, words = found.state in OPEN_TRANSFERS, {"by": request.actor, "at": request.at}
    context = {
        "transfer": found, "basis": transfer_notices.legal_basis(found), "serves": serves, "reads": reads,
        "acts": _acts(found, words) if serves else [], "notices": found.notices.select_related("supplier", "document"),
        "novations": found.novations.select_related("contract", "document") if reads else [],
        "in_the_way": list(transfer_guards.in_the_way(found, request.day)) if serves and is_open else [],
        "what_happens": list(transfer_guards.what_happens(found)) if reads and is_open else [],
        "events": timelines.of(audit.history(found), "authority") if serves else [],
    }  # fmt: skip
    if reads and found.state != T.WITHDRAWN:
        context |= _what_passes(found, request.actor, request.day)
    return render(request, "contracts/transfer.html", context)


def _what_passes(found: Transfer, by: Person, on: date) -> dict:
    """Of orders and variations that have not left the department, the authority reads only how many pass."""
    applied = found.state == T.APPLIED
    contracts = transfer_plan.contracts_of(found).select_related("supplier", "call_off").order_by("-formed_at", "-pk")
    in_flight, open_variations = transfer_plan.in_flight(found), transfer_plan.variations_of(found)
    orders = in_flight.filter(pk__in=procurement_access.visible_call_offs(by, on).values("pk"))
    variations = open_variations.filter(access.variations_shown(by, on))
    values, held = transfer_plan.values(contracts), transfer_plan.reserved(transfer_plan.orders_of(found))
    most = transfer_plan.MOST_SHOWN
    people = transfer_plan.moved(found) if applied else transfer_plan.moving(found, on)
    return {
        "contracts": [(one, values[one.pk]) for one in contracts[:most]], "contracts_more": max(0, len(values) - most),
        "orders": [(one, held.get(one.pk)) for one in orders[:most]], "orders_more": max(0, orders.count() - most),
        "orders_inside": in_flight.count() - orders.count(), "variations": variations[:most],
        "variations_inside": open_variations.count() - variations.count(), "people": people[:most], "people_more": max(0, len(people) - most),
        "memberships": _memberships(found), "totals": transfer_plan.totals(contracts, transfer_plan.orders_of(found)),
        "applied": applied, "most": most,
    }  # fmt: skip


def _memberships(found: Transfer) -> list[tuple[Framework, str]]:
    """Of each framework: what becomes of the membership."""
    if found.state == T.APPLIED:
        rows = Accession.objects.filter(carried_from__department=found.outgoing_id, department=found.receiving_id)
        return [(one.framework, _("Continued by %(body)s.") % {"body": found.receiving.name}) for one in rows.select_related("framework")]
    rows = []
    for framework in transfer_plan.frameworks(found):
        carried, own = transfer_plan.memberships(framework, found)
        if carried is not None:
            member = own is not None and own.state == AccessionState.ACTIVE
            words = _("%(body)s is a member already.") if member else _("%(body)s continues the membership, with the figure of what a user cost before.")
            rows.append((framework, words % {"body": found.receiving.name}))
    return rows


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


def _transfer_acts() -> dict[str, _Act]:
    """By the word in the address."""
    return {
        "agree": _Act(
            _("Agree"), _("Both departments and the suppliers hear of it at once; the notices are sealed, or the novations go out for signature. On its day it takes effect by itself."),
            transfer_guards.why_not_agree, transferring.agree, transfer_forms.AgreeForm, (T.DRAFT,), _("Agreed; its documents are being made and sealed."),
        ),
        "apply": _Act(
            _("Let it take effect now"), _("In one step everything passes. This is not undone."),
            transfer_guards.why_not_apply, transferring.apply, transfer_forms.AgreeForm, (T.AGREED,), _("It has taken effect."), True,
        ),
        "withdraw": _Act(
            _("Withdraw"), _("Everything stays as it is. Everybody who has heard of it is told, with the reason."),
            transfer_guards.why_not_withdraw, transferring.withdraw, transfer_forms.ReasonForm, (T.DRAFT, T.AGREED), _("Withdrawn."), True,
        ),
    }  # fmt: skip


def _acts(found: Transfer, words: dict) -> list[dict]:
    rows = []
    if found.state == T.DRAFT and not found.is_whole:
        reasons = list(transfer_guards.why_not_choose(found, **words))
        rows.append({"label": _("Choose what passes"), "danger": False, "reasons": reasons, "url": reverse("contracts:choose_transfer", args=[found.public_id])})
    shown = {"agree": f"?shown={found.content_hash}"}
    return rows + [
        {"label": act.label, "danger": act.danger, "reasons": list(act.why_not(found, **words)),
         "url": reverse("contracts:transfer_act", args=[found.public_id, name]) + shown.get(name, "")}
        for name, act in _transfer_acts().items() if found.state in act.states
    ]  # fmt: skip


def _of_authority(request, public_id) -> Transfer:
    """For an act: the departments, who may read it, find no act here."""
    found = access.get_transfer(request.actor, public_id, request.day)
    if not access.serves_transfer(request.actor, found, request.day):
        raise Http404
    return found


@page
def transfer_act(request, public_id, name):
    """Each on a page that says what will happen; who cannot act is told why before they type."""
    found, act = _of_authority(request, public_id), _transfer_acts().get(name)
    if act is None:
        raise Http404
    insist_on(act.why_not(found, by=request.actor, at=request.at))
    form, errors = act.form(request.POST or None), ()
    if request.method == "POST" and (form.is_valid() or not form.fields):
        words = dict(form.cleaned_data) if form.fields else {}
        if name == "agree":
            words = {"shown_hash": request.POST.get("shown_hash", "")}
        done, errors = attempt(request, act.action, found, **words)
        if done:
            messages.success(request, act.done)
            return redirect("contracts:transfer", public_id)
    return render(request, "contracts/transfer_act.html", {
        "transfer": found, "basis": transfer_notices.legal_basis(found), "form": form, "errors": errors, "title": act.label,
        "says": act.says, "danger": act.danger, "shown_hash": what_was_shown(request, found.content_hash) if name == "agree" else "",
        "what_happens": list(transfer_guards.what_happens(found)) if name != "withdraw" else [],
        "totals": transfer_plan.totals(transfer_plan.contracts_of(found), transfer_plan.orders_of(found)),
    })  # fmt: skip


@page
def choose(request, public_id):
    """Of a department that is split: contracts, orders and people."""
    found = _of_authority(request, public_id)
    insist_on(transfer_guards.why_not_choose(found, by=request.actor, at=request.at))
    of_body = {"department": found.outgoing, "framework__authority": found.authority}
    initial = {"contracts": list(map(str, found.contracts)), "orders": list(map(str, found.orders)), "people": list(map(str, found.people))}
    form, errors = transfer_forms.ChooseForm(
        request.POST or None, initial=initial,
        contracts=Contract.objects.filter(**of_body).exclude(state=ContractState.VOID).order_by("number"),
        orders=CallOff.objects.filter(**of_body).filter(state__in=transfer_plan.MAY_PASS).order_by("reference", "pk"),
        people=transfer_plan.people_there(found, request.day),
    ), ()  # fmt: skip
    if request.method == "POST" and form.is_valid():
        chosen = {name: [UUID(value) for value in form.cleaned_data[name]] for name in initial}
        done, errors = attempt(request, transferring.choose, found, **chosen)
        if done:
            messages.success(request, _("Chosen. A second person agrees to it."))
            return redirect("contracts:transfer", public_id)
    return render(request, "contracts/choose_transfer.html", {"transfer": found, "form": form, "errors": errors})


@page
def order_file(request, public_id):
    """The transfer order, as a download."""
    found = access.get_transfer(request.actor, public_id, request.day)
    if not found.sha256:
        raise Http404
    return downloads.stored(found.sha256, found.filename)


def _notice(request, public_id, position) -> TransferNotice:
    return access.get_transfer_notice(request.actor, public_id, position, request.day)


@page
def notice(request, public_id, position):
    """The notice as a page, from the same template and the same frozen payload as its file."""
    one = _notice(request, public_id, position)
    seen = access.visible_transfers(request.actor, request.day).filter(pk=one.transfer_id).exists()
    return sealed.respond(request, one.document, "contracts/transfer_document.html", {
        "transfer": one.transfer, "notice": one, "sees_transfer": seen, "withdrawn": one.transfer.state == T.WITHDRAWN,
        "holds": _("The notice is being made and sealed; its file stands here in a moment. It was given when it was agreed."),
        "title": _("Notice of transfer %(number)s") % {"number": one.number},
        "file_url": reverse("contracts:transfer_notice_pdf", args=[public_id, position]),
    })  # fmt: skip


@page
def notice_pdf(request, public_id, position):
    """The sealed file, once it is complete."""
    return sealed.file(_notice(request, public_id, position).document)
