"""Who gets what at which address: one table over every address there is, for a world with one of everything of DIUS.

An address without a row fails. Columns: nobody signed in, somebody of another department (BIS), the supplier's order desk,
a requester and an approver of DIUS, the Cabinet Office's commercial lead and its auditor. The status is that of reading
(GET); what a reader does not find (404) is not found by sending a form either, and reading changes nothing.
"""

import uuid
from urllib.parse import urlsplit

import pytest
from django.urls import URLPattern, get_resolver, reverse

from documents.models import AuditEvent, Email, Job, StateChange
from procurement import approval, negotiation
from procurement.models import PostHolding, Query
from tests import cast, paper
from tests.contracts import money_cast, transfer_cast, transition_cast
from tests.procurement.test_pages import sign_in

pytestmark = pytest.mark.django_db
READERS = (
    None, "requester@bis.example", "order.desk@fujitsu.example", "requester@dius.example", "budget.holder@dius.example",
    "commercial.lead@co.example", "auditor@co.example",
)  # fmt: skip
TABLE = {
    "home": (302, 200, 200, 200, 200, 200, 200),
    "health": (200, 200, 200, 200, 200, 200, 200),
    "glossary": (200, 200, 200, 200, 200, 200, 200),
    "search": (302, 200, 200, 200, 200, 200, 200),
    "account_login": (200, 302, 302, 302, 302, 302, 302),
    "account_logout": (302, 200, 200, 200, 200, 200, 200),
    "account_reauthenticate": (302, 200, 200, 200, 200, 200, 200),
    "account_change_password": (302, 200, 200, 200, 200, 200, 200),
    "account_reset_password": (200, 200, 200, 200, 200, 200, 200),
    "account_reset_password_done": (200, 200, 200, 200, 200, 200, 200),
    "account_reset_password_from_key": (200, 200, 200, 200, 200, 200, 200),
    "account_reset_password_from_key_done": (200, 200, 200, 200, 200, 200, 200),
    "documents:check": (200, 200, 200, 200, 200, 200, 200),
    "documents:root": (200, 200, 200, 200, 200, 200, 200),
    "documents:revocation_list": (404, 404, 404, 404, 404, 404, 404),
    "documents:verdict": (404, 404, 404, 404, 404, 404, 404),
    "procurement:catalogue": (302, 403, 200, 200, 200, 200, 200),
    "procurement:service": (302, 403, 200, 200, 200, 200, 200),
    "procurement:framework": (302, 403, 200, 200, 200, 200, 200),
    "procurement:framework_agreement": (302, 404, 404, 404, 404, 200, 200),
    "procurement:framework_act": (302, 404, 404, 404, 404, 200, 200),
    "procurement:releases": (302, 404, 200, 200, 200, 200, 200),
    "procurement:new_release": (302, 404, 200, 404, 404, 200, 200),
    "procurement:release": (302, 404, 200, 200, 200, 200, 200),
    "procurement:release_effects": (302, 404, 404, 404, 404, 200, 200),
    "procurement:release_upload": (302, 404, 404, 404, 404, 403, 403),
    "procurement:release_services": (302, 404, 200, 200, 200, 200, 200),
    "procurement:add_service": (302, 404, 404, 404, 404, 403, 403),
    "procurement:release_service": (302, 404, 404, 404, 404, 403, 403),
    "procurement:add_bands": (302, 404, 404, 404, 404, 403, 403),
    "procurement:release_bands": (302, 404, 404, 404, 404, 403, 403),
    "procurement:add_measure": (302, 404, 404, 404, 404, 403, 403),
    "procurement:release_measure": (302, 404, 404, 404, 404, 403, 403),
    "procurement:add_rule": (302, 404, 404, 404, 404, 403, 403),
    "procurement:release_rule": (302, 404, 404, 404, 404, 403, 403),
    "procurement:release_sheet": (302, 404, 404, 404, 404, 404, 404),
    "procurement:release_act": (302, 404, 404, 404, 404, 200, 200),
    "procurement:joining": (302, 302, 404, 302, 302, 200, 200),
    "procurement:interest": (302, 404, 404, 404, 404, 200, 200),
    "procurement:accession": (302, 404, 404, 404, 404, 200, 200),
    "procurement:application": (302, 404, 404, 404, 404, 404, 404),
    "procurement:application_people": (302, 404, 404, 404, 404, 404, 404),
    "procurement:application_evidence": (302, 404, 404, 404, 404, 404, 404),
    "procurement:evidence_file": (302, 404, 404, 404, 404, 404, 404),
    "procurement:agreement": (302, 404, 404, 404, 404, 200, 200),
    "procurement:agreement_pdf": (302, 404, 404, 404, 404, 200, 200),
    "procurement:agreement_progress": (302, 404, 404, 404, 404, 200, 200),
    "procurement:sign_agreement": (302, 404, 404, 404, 404, 403, 403),
    "procurement:accession_act": (302, 404, 404, 404, 404, 200, 200),
    "procurement:my_people": (302, 302, 302, 302, 302, 302, 302),
    "procurement:people": (302, 404, 404, 200, 200, 200, 200),
    "procurement:invite": (302, 404, 404, 403, 403, 403, 403),
    "procurement:end_holding": (302, 404, 404, 403, 403, 403, 403),
    "procurement:stop_person": (302, 404, 404, 403, 403, 403, 403),
    "procurement:delegate": (302, 404, 404, 403, 403, 403, 403),
    "procurement:deputy": (302, 404, 404, 403, 200, 403, 403),
    "procurement:end_delegation": (302, 404, 404, 403, 403, 403, 403),
    "procurement:add_step": (302, 404, 404, 403, 403, 403, 403),
    "procurement:end_step": (302, 404, 404, 403, 403, 403, 403),
    "procurement:letter": (302, 404, 404, 404, 404, 404, 404),
    "procurement:end_deputy": (302, 404, 404, 404, 404, 404, 404),
    "procurement:mail": (302, 200, 200, 200, 200, 200, 200),
    "procurement:what_if_seats": (302, 404, 404, 200, 200, 404, 404),
    "procurement:clock": (302, 200, 200, 200, 200, 200, 200),
    "procurement:call_offs": (302, 200, 200, 200, 200, 200, 200),
    "procurement:new": (302, 403, 404, 200, 200, 404, 404),
    "procurement:call_off": (302, 404, 200, 200, 200, 200, 200),
    "procurement:tasks": (302, 404, 404, 200, 403, 404, 404),
    "procurement:title": (302, 404, 404, 200, 403, 404, 404),
    "procurement:sites": (302, 404, 404, 200, 403, 404, 404),
    "procurement:term": (302, 404, 404, 200, 403, 404, 404),
    "procurement:services": (302, 404, 404, 200, 403, 404, 404),
    "procurement:totals": (302, 404, 404, 200, 403, 404, 404),
    "procurement:sheet": (302, 404, 404, 403, 403, 404, 404),
    "procurement:sheet_file": (302, 404, 404, 403, 403, 404, 404),
    "procurement:what_if": (302, 404, 404, 200, 200, 404, 404),
    "procurement:exceptions": (302, 404, 404, 200, 403, 404, 404),
    "procurement:service_levels": (302, 404, 404, 200, 403, 404, 404),
    "procurement:milestones": (302, 404, 404, 200, 403, 404, 404),
    "procurement:special_terms": (302, 404, 404, 200, 403, 404, 404),
    "procurement:data_protection": (302, 404, 404, 200, 403, 404, 404),
    "procurement:attachments": (302, 404, 404, 200, 403, 404, 404),
    "procurement:attachment": (302, 404, 404, 200, 200, 200, 200),
    "procurement:budget": (302, 404, 404, 200, 403, 404, 404),
    "procurement:particulars": (302, 404, 404, 200, 403, 404, 404),
    "procurement:order_json": (302, 404, 200, 200, 200, 200, 200),
    "procurement:check": (302, 404, 404, 200, 403, 404, 404),
    "procurement:submitted": (302, 404, 404, 200, 200, 404, 404),
    "procurement:recall": (302, 404, 404, 200, 403, 404, 404),
    "procurement:withdraw": (302, 404, 404, 200, 403, 404, 404),
    "procurement:nudge": (302, 404, 404, 200, 403, 404, 404),
    "procurement:copy": (302, 404, 404, 200, 403, 404, 404),
    "procurement:decline": (302, 404, 200, 404, 404, 404, 404),
    "procurement:clarify": (302, 404, 200, 404, 404, 404, 404),
    "procurement:clarified": (302, 404, 404, 200, 403, 404, 404),
    "procurement:counter": (302, 404, 403, 404, 404, 404, 404),
    "procurement:send_counter": (302, 404, 403, 404, 404, 404, 404),
    "procurement:accept_counter": (302, 404, 404, 404, 403, 404, 404),
    "procurement:refuse_counter": (302, 404, 404, 404, 403, 404, 404),
    "procurement:take_back_counter": (302, 404, 404, 404, 404, 404, 404),
    "procurement:answer": (302, 404, 404, 200, 403, 404, 404),
    "procurement:brief": (302, 404, 404, 200, 200, 404, 404),
    "procurement:decide": (302, 404, 404, 200, 200, 404, 404),
    "procurement:decide_exception": (302, 404, 404, 404, 404, 404, 404),
    "procurement:return": (302, 404, 404, 200, 200, 404, 404),
    "procurement:reject": (302, 404, 404, 200, 200, 404, 404),
    "procurement:recuse": (302, 404, 404, 200, 200, 404, 404),
    "procurement:ask": (302, 404, 404, 200, 200, 404, 404),
    "contracts:accept": (302, 404, 200, 404, 404, 404, 404),
    "contracts:terms": (302, 404, 200, 200, 200, 200, 200),
    "contracts:close_framework": (302, 404, 404, 404, 404, 200, 200),
    "contracts:due": (302, 200, 200, 200, 200, 200, 200),
    "contracts:due_feed": (302, 200, 200, 200, 200, 200, 200),
    "contracts:calendar_file": (404, 404, 404, 404, 404, 404, 404),
    "contracts:contracts": (302, 200, 200, 200, 200, 200, 200),
    "contracts:contract": (302, 404, 200, 200, 200, 200, 200),
    "contracts:charges": (302, 404, 200, 200, 200, 200, 200),
    "contracts:savings": (302, 404, 404, 200, 200, 200, 200),
    "contracts:savings_in_sum": (302, 302, 404, 302, 302, 200, 200),
    "contracts:department_savings": (302, 404, 404, 200, 200, 200, 200),
    "contracts:department_savings_contracts": (302, 404, 404, 200, 200, 200, 200),
    "contracts:terms_in_force": (302, 404, 200, 200, 200, 200, 200),
    "contracts:notice": (302, 404, 404, 404, 404, 404, 404),
    "contracts:notice_pdf": (302, 404, 404, 404, 404, 404, 404),
    "contracts:plan": (302, 404, 200, 200, 200, 200, 200),
    "contracts:milestone": (302, 404, 404, 404, 404, 404, 404),
    "contracts:begin_milestone": (302, 404, 404, 404, 404, 404, 404),
    "contracts:submit_milestone": (302, 404, 404, 404, 404, 404, 404),
    "contracts:decide_milestone": (302, 404, 404, 404, 404, 404, 404),
    "contracts:conditions_met": (302, 404, 404, 404, 404, 404, 404),
    "contracts:move_milestone": (302, 404, 404, 404, 404, 404, 404),
    "contracts:fail_milestone": (302, 404, 404, 404, 404, 404, 404),
    "contracts:milestone_evidence": (302, 404, 404, 404, 404, 404, 404),
    "contracts:service_levels": (302, 404, 200, 200, 200, 200, 200),
    "contracts:level_month": (302, 404, 404, 404, 404, 404, 404),
    "contracts:report_levels": (302, 404, 403, 403, 403, 403, 403),
    "contracts:confirm_levels": (302, 404, 404, 404, 404, 404, 404),
    "contracts:correct_levels": (302, 404, 403, 403, 403, 403, 403),
    "contracts:rectification_plan": (302, 404, 404, 404, 404, 404, 404),
    "contracts:decide_plan": (302, 404, 404, 404, 404, 404, 404),
    "contracts:credit_evidence": (302, 404, 404, 404, 404, 404, 404),
    "contracts:credit_act": (302, 404, 404, 404, 404, 404, 404),
    "contracts:invoices": (302, 404, 200, 200, 200, 200, 200),
    "contracts:record_invoice": (302, 404, 403, 403, 403, 403, 403),
    "contracts:invoice": (302, 404, 404, 404, 404, 404, 404),
    "contracts:invoice_file": (302, 404, 404, 404, 404, 404, 404),
    "contracts:invoice_act": (302, 404, 404, 404, 404, 404, 404),
    "contracts:returns": (302, 404, 200, 404, 404, 200, 200),
    "contracts:return": (302, 404, 200, 404, 404, 200, 200),
    "contracts:declare_return": (302, 404, 403, 404, 404, 403, 403),
    "contracts:correct_return": (302, 404, 403, 404, 404, 403, 403),
    "contracts:pay_levy": (302, 404, 403, 404, 404, 403, 403),
    "contracts:transfers": (302, 404, 404, 200, 200, 200, 200),
    "contracts:prepare_transfer": (302, 404, 404, 404, 404, 403, 403),
    "contracts:transfer": (302, 404, 404, 200, 200, 200, 200),
    "contracts:choose_transfer": (302, 404, 404, 404, 404, 403, 403),
    "contracts:transfer_order": (302, 404, 404, 200, 200, 200, 200),
    "contracts:transfer_notice": (302, 404, 200, 200, 200, 200, 200),
    "contracts:transfer_notice_pdf": (302, 404, 200, 200, 200, 200, 200),
    "contracts:transfer_act": (302, 404, 404, 404, 404, 403, 403),
    "contracts:novation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:novation_progress": (302, 404, 404, 404, 404, 404, 404),
    "contracts:novation_pdf": (302, 404, 404, 404, 404, 404, 404),
    "contracts:sign_novation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:refuse_novation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:waived_credits": (200, 200, 200, 200, 200, 200, 200),
    "contracts:certificate": (302, 404, 404, 404, 404, 404, 404),
    "contracts:certificate_pdf": (302, 404, 404, 404, 404, 404, 404),
    "contracts:variations": (302, 404, 200, 200, 200, 200, 200),
    "contracts:begin_variation": (302, 404, 403, 403, 403, 403, 403),
    "contracts:statutory_notices": (302, 404, 200, 200, 200, 200, 200),
    "contracts:statutory_notice": (302, 404, 404, 200, 200, 200, 200),
    "contracts:statutory_notice_file": (302, 404, 404, 200, 200, 200, 200),
    "contracts:statutory_notice_act": (302, 404, 404, 404, 404, 404, 404),
    "contracts:ask_change": (302, 404, 403, 403, 403, 403, 403),
    "contracts:change_request": (302, 404, 404, 404, 404, 404, 404),
    "contracts:change_request_act": (302, 404, 404, 404, 404, 404, 404),
    "contracts:variation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:variation_changes": (302, 404, 404, 404, 404, 404, 404),
    "contracts:variation_grounds": (302, 404, 404, 404, 404, 404, 404),
    "contracts:assess_variation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:revise_variation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:withdraw_variation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:reply_variation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:submit_variation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:variation_notice": (302, 404, 404, 404, 404, 404, 404),
    "contracts:variation_brief": (302, 404, 404, 404, 404, 404, 404),
    "contracts:decide_variation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:return_variation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:reject_variation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:recuse_variation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:ask_variation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:answer_variation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:variation_progress": (302, 404, 404, 404, 404, 404, 404),
    "contracts:variation_document": (302, 404, 404, 404, 404, 404, 404),
    "contracts:variation_pdf": (302, 404, 404, 404, 404, 404, 404),
    "contracts:sign_variation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:refuse_variation": (302, 404, 404, 404, 404, 404, 404),
    "contracts:ending": (302, 404, 200, 200, 200, 200, 200),
    "contracts:propose_termination": (302, 404, 403, 403, 403, 403, 403),
    "contracts:termination_notice": (302, 404, 404, 404, 404, 404, 404),
    "contracts:termination_notice_pdf": (302, 404, 404, 404, 404, 404, 404),
    "contracts:termination_evidence": (302, 404, 404, 404, 404, 404, 404),
    "contracts:termination_act": (302, 404, 404, 404, 404, 404, 404),
    "contracts:exit_item": (302, 404, 404, 404, 404, 404, 404),
    "contracts:leave_out": (302, 404, 404, 404, 404, 404, 404),
    "contracts:exit_evidence": (302, 404, 404, 404, 404, 404, 404),
    "contracts:data_certificate": (302, 404, 404, 404, 404, 404, 404),
    "contracts:data_certificate_pdf": (302, 404, 404, 404, 404, 404, 404),
    "contracts:runs_on": (302, 404, 403, 403, 403, 403, 403),
    "contracts:stopped": (302, 404, 403, 403, 403, 403, 403),
    "contracts:close_contract": (302, 404, 403, 403, 403, 403, 403),
    "contracts:audit_file": (302, 404, 200, 200, 200, 200, 200),
    "contracts:audit_file_zip": (302, 404, 404, 404, 404, 404, 404),
    "contracts:copies": (302, 404, 200, 200, 200, 200, 200),
    "contracts:propose_copy": (302, 404, 403, 403, 403, 403, 403),
    "contracts:copy": (302, 404, 404, 404, 404, 404, 404),
    "contracts:copy_pdf": (302, 404, 404, 404, 404, 404, 404),
    "contracts:copy_act": (302, 404, 404, 404, 404, 404, 404),
    "contracts:published_contracts": (200, 200, 200, 200, 200, 200, 200),
    "contracts:published_contract": (404, 404, 404, 404, 404, 404, 404),
    "contracts:published_contract_pdf": (404, 404, 404, 404, 404, 404, 404),
    "contracts:progress": (302, 404, 200, 200, 200, 200, 200),
    "contracts:document": (302, 404, 200, 200, 200, 200, 200),
    "contracts:download": (302, 404, 200, 200, 200, 200, 200),
    "contracts:sign": (302, 404, 403, 403, 403, 403, 403),
    "contracts:refuse": (302, 404, 403, 403, 403, 403, 403),
}


def addresses(resolver=None, namespace: str = "") -> list[str]:
    """The names of every address, with their namespace."""
    found = []
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            found.append(f"{namespace}{entry.name}")
        else:
            found += addresses(entry, f"{entry.namespace}:" if entry.namespace else namespace)
    return found


@pytest.fixture
def world(client):
    """name of an address -> the values it takes, in a world in which each exists."""
    joined = paper.agreement_issued(cast.ons_approved())
    asked = cast.submitted()
    by = cast.person(cast.ROUTE[0])
    approval.ask(cast.open_step(asked, by), text="Why now?", by=by, at=cast.START)
    question = Query.objects.get()
    draft, order = cast.drafted(), cast.with_supplier()
    negotiation.ask(order, text="When?", by=cast.person("order.desk@fujitsu.example"), at=cast.START)
    contract = paper.issued(cast.accepted())
    made = money_cast.entered(contract)
    transfer = transfer_cast.agreed(transfer_cast.prepared(transfer_cast.asked(file=transition_cast.file())))
    transfer_cast.noticed(transfer.notices.get())
    holding = PostHolding.objects.get(user__email="budget.holder@dius.example")
    drafting = {
        "tasks", "title", "sites", "term", "services", "totals", "service_levels", "milestones", "special_terms",
        "data_protection", "attachments", "budget", "check", "order_sheets", "exceptions", "exception",
    }  # fmt: skip

    def values(name: str, pattern: str) -> dict:
        short = name.rpartition(":")[2]
        wanted = {}
        for part in [piece.split(">")[0].rpartition(":")[2] for piece in pattern.split("<")[1:]]:
            wanted[part] = {
                "public_id": draft.public_id if short in drafting else order.public_id,
                "position": 1, "query_id": question.pk, "attachment_id": order.revision.attachments.get().pk, "number": 1,
                "code": "DIUS" if pattern.startswith(("people/", "savings/")) else "CORE-01", "pk": holding.pk, "kind": "csv",
                "name": "lines", "sha256": "0" * 64, "uidb36": "1", "key": "k", "evidence_id": 1,
                "certificate": "MC-2007-000001", "month": "2008-04", "signature": "s", "contract_id": contract.public_id,
                "reference": "RC-2007-000001",
            }[part]  # fmt: skip
        if pattern.startswith("contracts/") and wanted:
            wanted["public_id"] = contract.public_id
        if pattern.startswith("joining/") and "public_id" in wanted:
            wanted["public_id"] = joined.public_id
            wanted |= {"name": "withdraw"} if "name" in wanted else {}
        if pattern.startswith("returns/") and wanted:
            wanted["public_id"] = made.public_id
        if pattern.startswith("transfers/") and wanted:
            wanted |= {"public_id": transfer.public_id} | ({"name": "withdraw"} if "name" in wanted else {})
        if pattern.startswith("releases/") and "public_id" in wanted:
            wanted["public_id"] = cast.framework().releases.get().public_id
            wanted |= {"name": "services" if "kind" in wanted else "withdraw"} if "name" in wanted else {}
        if pattern.startswith("framework/") and "name" in wanted:
            wanted["name"] = "suspend"
        if short == "answer":
            wanted["public_id"] = asked.public_id
        if pattern.startswith("check/") and "public_id" in wanted:
            wanted["public_id"] = uuid.uuid4()
        if pattern.startswith("revocation/") and wanted:
            wanted["name"] = "register"
        return wanted

    return values


def patterns() -> dict[str, str]:
    """name -> how the address is written."""
    return {name: _written(name) for name in addresses()}


def _written(name: str) -> str:
    namespace, _colon, short = name.rpartition(":")
    resolver = get_resolver()
    table = resolver.namespace_dict[namespace][1].reverse_dict if namespace else resolver.reverse_dict
    form, names = table.getlist(short)[0][0][0]
    return form.replace("%(", "<").replace(")s", ">") if names else form


def test_every_address_has_its_row():
    assert set(addresses()) - set(TABLE) == set(), "say who gets what there"
    assert set(TABLE) - set(addresses()) == set(), "there is no such address"


def test_each_reader_gets_what_the_table_says_and_reading_changes_nothing(client, world):
    made = {name: reverse(name, kwargs=world(name, pattern)) for name, pattern in patterns().items()}
    watched = (AuditEvent, StateChange, Email, Job)
    before = [model.objects.count() for model in watched]
    found: dict[str, list[int]] = {}
    for reader in READERS:
        client.logout()
        if reader:
            sign_in(client, reader)
        for name, address in made.items():
            found.setdefault(name, []).append(client.get(address).status_code)
    assert [model.objects.count() for model in watched] == before, "reading has changed something"
    wrong = {name: got for name, got in found.items() if tuple(got) != TABLE.get(name)}
    assert wrong == {}, "\n".join(f'    "{name}": {tuple(got)},' for name, got in wrong.items())


def test_what_a_reader_does_not_find_takes_no_form_either(client, world):
    for place, reader in enumerate(READERS):
        client.logout()
        if reader:
            sign_in(client, reader)
        for name, pattern in patterns().items():
            if TABLE[name][place] == 404:
                address = reverse(name, kwargs=world(name, pattern))
                answer = client.post(address, {"idempotency_key": str(uuid.uuid4())})
                assert answer.status_code in (404, 405), (reader, name)
            elif TABLE[name][place] == 302 and reader is None:
                assert urlsplit(client.get(reverse(name, kwargs=world(name, pattern)))["Location"]).path == "/accounts/sign-in/", name
