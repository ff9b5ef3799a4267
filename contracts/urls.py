"""Addresses of contracts."""

from django.urls import path, register_converter

from contracts.models import CERTIFICATE_SERIES, COPY_SERIES
from contracts.views import (
    acceptance,
    audit_files,
    charges,
    delivery,
    due,
    endings,
    exits,
    invoices,
    levels,
    novations,
    plan,
    publications,
    rectification,
    register,
    requests,
    returns,
    savings,
    savings_in_sum,
    signing,
    statutory_notices,
    terms,
    transfers,
    variation_decisions,
    variation_signing,
    variations,
)

app_name = "contracts"


class CertificateNumber:
    """As numbers are given: what is none (a NUL, which the database does not take) is not found."""

    regex = f"{CERTIFICATE_SERIES}-[0-9]{{4}}-[0-9]{{6,10}}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class CopyNumber(CertificateNumber):
    regex = f"{COPY_SERIES}-[0-9]{{4}}-[0-9]{{6,10}}"


register_converter(CertificateNumber, "certificate_number")
register_converter(CopyNumber, "copy_number")
_contract = "contracts/<uuid:public_id>/"
_milestone = _contract + "plan/<int:number>/"
_variation = _contract + "variations/<int:number>/"
_request = _contract + "requests/<int:number>/"
_notice = _contract + "publications/<int:number>/"
_step = _variation + "steps/<int:position>/"
_month = _contract + "levels/<str:month>/"
_credit = _contract + "credits/<int:number>/"
_invoice = _contract + "invoices/<int:number>/"
_return = "returns/<uuid:public_id>/"
_ending = _contract + "end/"
_transfer = "transfers/<uuid:public_id>/"
_novation = _transfer + "novations/<uuid:contract_id>/"
_termination = _ending + "terminations/<int:number>/"
_copy = _contract + "copies/<int:number>/"
_published = "published-contracts/"

urlpatterns = [
    path("call-offs/<uuid:public_id>/accept/", acceptance.accept, name="accept"),
    path("call-offs/<uuid:public_id>/terms/", acceptance.terms, name="terms"),
    path("close-framework/", register.close_framework, name="close_framework"),
    path("due/", due.calendar, name="due"),
    path("due/address/", due.feed, name="due_feed"),
    path("due/<uuid:public_id>/<str:signature>.ics", due.calendar_file, name="calendar_file"),
    path("contracts/", register.contracts, name="contracts"),
    path(_contract, register.contract, name="contract"),
    path(_contract + "charges/", charges.charges, name="charges"),
    path(_contract + "savings/", savings.of_contract, name="savings"),
    path(_contract + "terms/", terms.in_force, name="terms_in_force"),
    path(_contract + "notices/<int:number>/", terms.notice, name="notice"),
    path(_contract + "notices/<int:number>.pdf", terms.notice_pdf, name="notice_pdf"),
    path(_contract + "publications/", statutory_notices.notices, name="statutory_notices"),
    path(_notice, statutory_notices.notice, name="statutory_notice"),
    path(_notice + "notice.json", statutory_notices.file, name="statutory_notice_file"),
    path(_notice + "<str:name>/", statutory_notices.act, name="statutory_notice_act"),
    path(_contract + "plan/", plan.plan, name="plan"),
    path(_milestone, plan.milestone, name="milestone"),
    path(_milestone + "begin/", delivery.begin, name="begin_milestone"),
    path(_milestone + "submit/", delivery.submit, name="submit_milestone"),
    path(_milestone + "decide/", delivery.decide, name="decide_milestone"),
    path(_milestone + "conditions/", delivery.conditions, name="conditions_met"),
    path(_milestone + "move/", delivery.move, name="move_milestone"),
    path(_milestone + "fail/", delivery.fail, name="fail_milestone"),
    path(_milestone + "evidence/<int:evidence_id>/", plan.evidence, name="milestone_evidence"),
    path(_contract + "certificates/<certificate_number:certificate>/", plan.certificate, name="certificate"),
    path(_contract + "certificates/<certificate_number:certificate>.pdf", plan.certificate_pdf, name="certificate_pdf"),
    path(_contract + "variations/", variations.variations, name="variations"),
    path(_contract + "variations/new/", variations.begin, name="begin_variation"),
    path(_contract + "requests/new/", requests.ask, name="ask_change"),
    path(_request, requests.change_request, name="change_request"),
    path(_request + "<str:name>/", requests.change_request_act, name="change_request_act"),
    path(_variation, variations.variation, name="variation"),
    path(_variation + "changes/", variations.changes, name="variation_changes"),
    path(_variation + "grounds/", variations.grounds, name="variation_grounds"),
    path(_variation + "assess/", variations.assess, name="assess_variation"),
    path(_variation + "revise/", variations.revise, name="revise_variation"),
    path(_variation + "withdraw/", variations.withdraw, name="withdraw_variation"),
    path(_variation + "reply/", variations.reply, name="reply_variation"),
    path(_variation + "submit/", variation_decisions.submit, name="submit_variation"),
    path(_variation + "notice/", variation_decisions.notice, name="variation_notice"),
    path(_step, variation_decisions.brief, name="variation_brief"),
    path(_step + "decide/", variation_decisions.decide, name="decide_variation"),
    path(_step + "return/", variation_decisions.send_back, name="return_variation"),
    path(_step + "reject/", variation_decisions.reject, name="reject_variation"),
    path(_step + "recuse/", variation_decisions.recuse, name="recuse_variation"),
    path(_step + "ask/", variation_decisions.ask, name="ask_variation"),
    path(_variation + "queries/<int:query_id>/", variation_decisions.answer, name="answer_variation"),
    path(_variation + "progress/", variation_signing.progress, name="variation_progress"),
    path(_variation + "document/", variation_signing.document, name="variation_document"),
    path(_variation + "document.pdf", variation_signing.download, name="variation_pdf"),
    path(_variation + "sign/", variation_signing.sign, name="sign_variation"),
    path(_variation + "refuse/", variation_signing.refuse, name="refuse_variation"),
    path(_contract + "levels/", levels.service_levels, name="service_levels"),
    path(_month, levels.level_month, name="level_month"),
    path(_month + "report/", levels.report, name="report_levels"),
    path(_month + "confirm/", levels.confirm, name="confirm_levels"),
    path(_month + "correct/", levels.correct, name="correct_levels"),
    path(_month + "plans/<str:code>/", levels.plan, name="rectification_plan"),
    path(_month + "plans/<str:code>/decide/", rectification.decide, name="decide_plan"),
    path(_credit + "evidence/<int:evidence_id>/", levels.credit_evidence, name="credit_evidence"),
    path(_credit + "<str:name>/", levels.credit_act, name="credit_act"),
    path(_contract + "invoices/", invoices.invoices, name="invoices"),
    path(_contract + "invoices/new/", invoices.record, name="record_invoice"),
    path(_invoice, invoices.invoice, name="invoice"),
    path(_invoice + "file/", invoices.invoice_file, name="invoice_file"),
    path(_invoice + "<str:name>/", invoices.invoice_act, name="invoice_act"),
    path(_ending, endings.ending, name="ending"),
    path(_ending + "terminate/", endings.propose, name="propose_termination"),
    path(_termination + "notice/", endings.termination_notice, name="termination_notice"),
    path(_termination + "notice.pdf", endings.termination_notice_pdf, name="termination_notice_pdf"),
    path(_termination + "evidence/", endings.termination_evidence, name="termination_evidence"),
    path(_termination + "<str:name>/", endings.termination_act, name="termination_act"),
    path(_ending + "exit/<slug:code>/", exits.exit_item, name="exit_item"),
    path(_ending + "exit/<slug:code>/not-needed/", exits.leave_out, name="leave_out"),
    path(_ending + "exit/<slug:code>/evidence/", exits.exit_evidence, name="exit_evidence"),
    path(_ending + "certificate/", exits.data_certificate, name="data_certificate"),
    path(_ending + "certificate.pdf", exits.data_certificate_pdf, name="data_certificate_pdf"),
    path(_ending + "runs-on/", exits.runs_on, name="runs_on"),
    path(_ending + "stopped/", exits.stopped, name="stopped"),
    path(_ending + "close/", exits.close, name="close_contract"),
    path(_contract + "audit-file/", audit_files.audit_file, name="audit_file"),
    path(_contract + "audit-file.zip", audit_files.audit_file_zip, name="audit_file_zip"),
    path(_contract + "copies/", publications.copies, name="copies"),
    path(_contract + "copies/new/", publications.propose, name="propose_copy"),
    path(_copy, publications.copy, name="copy"),
    path(_copy + "copy.pdf", publications.copy_pdf, name="copy_pdf"),
    path(_copy + "<str:name>/", publications.copy_act, name="copy_act"),
    path(_contract + "progress/", register.progress, name="progress"),
    path(_contract + "document/", register.document, name="document"),
    path(_contract + "document.pdf", register.download, name="download"),
    path(_contract + "sign/", signing.sign, name="sign"),
    path(_contract + "refuse/", signing.refuse, name="refuse"),
    path("savings/", savings_in_sum.overview, name="savings_in_sum"),
    path("savings/<slug:code>/", savings_in_sum.of_department, name="department_savings"),
    path("savings/<slug:code>/contracts/", savings_in_sum.contracts_of_department, name="department_savings_contracts"),
    path("returns/", returns.returns, name="returns"),
    path(_return, returns.return_page, name="return"),
    path(_return + "declare/", returns.declare, name="declare_return"),
    path(_return + "correct/", returns.correct, name="correct_return"),
    path(_return + "pay/", returns.pay, name="pay_levy"),
    path("transfers/", transfers.transfers, name="transfers"),
    path("transfers/new/", transfers.prepare, name="prepare_transfer"),
    path(_transfer, transfers.transfer, name="transfer"),
    path(_transfer + "choose/", transfers.choose, name="choose_transfer"),
    path(_transfer + "order/", transfers.order_file, name="transfer_order"),
    path(_transfer + "notices/<int:position>/", transfers.notice, name="transfer_notice"),
    path(_transfer + "notices/<int:position>.pdf", transfers.notice_pdf, name="transfer_notice_pdf"),
    path(_novation, novations.novation, name="novation"),
    path(_novation + "progress/", novations.progress, name="novation_progress"),
    path(_novation + "document.pdf", novations.download, name="novation_pdf"),
    path(_novation + "sign/", novations.sign, name="sign_novation"),
    path(_novation + "refuse/", novations.refuse, name="refuse_novation"),
    path(_transfer + "<str:name>/", transfers.transfer_act, name="transfer_act"),
    path(_published, publications.published_contracts, name="published_contracts"),
    path(_published + "<copy_number:reference>/", publications.published_contract, name="published_contract"),
    path(_published + "<copy_number:reference>.pdf", publications.published_contract_pdf, name="published_contract_pdf"),
    path("waived-credits/", returns.waived_credits, name="waived_credits"),
]
