"""What the pages of the end of a contract have in common."""

from typing import Any

from django.shortcuts import redirect, render

from contracts.models import Contract
from documents.refusal import Reason
from procurement.access import NotYours


def back(contract: Contract):
    return redirect("contracts:ending", contract.public_id)


def insist_on(reasons) -> None:
    found: list[Reason] = list(reasons)
    if found:
        raise NotYours(found)


def sent(request) -> tuple:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def ask(request, contract: Contract, form, errors, **words: Any):
    return render(request, "contracts/ending_act.html", {"contract": contract, "form": form, "errors": errors} | words)
