"""Addresses of ordering. An order is named by its random public id from the draft on."""

from django.urls import path

from procurement.views import (
    agreements,
    applications,
    approvals,
    drafts,
    joining,
    matrix,
    negotiation,
    offers,
    orders,
    papers,
)

app_name = "procurement"

_order = "call-offs/<uuid:public_id>/"
_accession = "joining/<uuid:public_id>/"
_step = _order + "steps/<int:position>/"

urlpatterns = [
    path("catalogue/", offers.catalogue, name="catalogue"),
    path("catalogue/<slug:code>/", offers.service, name="service"),
    path("framework/", offers.framework, name="framework"),
    path("joining/", joining.board, name="joining"),
    path("joining/new/", joining.new, name="interest"),
    path(_accession, joining.accession, name="accession"),
    path(_accession + "application/", applications.application, name="application"),
    path(_accession + "application/people/", applications.people, name="application_people"),
    path(_accession + "application/evidence/", applications.evidence, name="application_evidence"),
    path(_accession + "application/evidence/<str:sha256>/", applications.evidence_file, name="evidence_file"),
    path(_accession + "agreement/", agreements.read, name="agreement"),
    path(_accession + "agreement.pdf", agreements.download, name="agreement_pdf"),
    path(_accession + "agreement/progress/", agreements.progress, name="agreement_progress"),
    path(_accession + "agreement/sign/", agreements.sign, name="sign_agreement"),
    path(_accession + "<slug:name>/", joining.act, name="accession_act"),
    path("clock/", offers.step_clock, name="clock"),
    path("call-offs/", orders.call_offs, name="call_offs"),
    path("call-offs/new/", drafts.new, name="new"),
    path(_order, orders.call_off, name="call_off"),
    path(_order + "tasks/", drafts.tasks, name="tasks"),
    path(_order + "title/", drafts.title, name="title"),
    path(_order + "sites/", drafts.sites, name="sites"),
    path(_order + "term/", drafts.term, name="term"),
    path(_order + "services/", matrix.services, name="services"),
    path(_order + "services/totals/", matrix.totals, name="totals"),
    path(_order + "service-levels/", drafts.service_levels, name="service_levels"),
    path(_order + "milestones/", drafts.milestones, name="milestones"),
    path(_order + "special-terms/", drafts.special_terms, name="special_terms"),
    path(_order + "data-protection/", papers.data_protection, name="data_protection"),
    path(_order + "attachments/", papers.attachments, name="attachments"),
    path(_order + "attachments/<int:attachment_id>/", orders.attachment, name="attachment"),
    path(_order + "budget/", papers.budget, name="budget"),
    path(_order + "particulars/", papers.particulars, name="particulars"),
    path(_order + "order.json", orders.order_json, name="order_json"),
    path(_order + "check/", drafts.check, name="check"),
    path(_order + "submitted/", orders.submitted, name="submitted"),
    path(_order + "recall/", orders.recall, name="recall"),
    path(_order + "withdraw/", orders.withdraw, name="withdraw"),
    path(_order + "copy/", orders.copy, name="copy"),
    path(_order + "decline/", orders.decline, name="decline"),
    path(_order + "ask/", negotiation.ask, name="clarify"),
    path(_order + "questions/<int:number>/", negotiation.answer, name="clarified"),
    path(_order + "queries/<int:query_id>/", approvals.answer, name="answer"),
    path(_step, approvals.brief, name="brief"),
    path(_step + "decide/", approvals.decide, name="decide"),
    path(_step + "return/", approvals.send_back, name="return"),
    path(_step + "reject/", approvals.reject, name="reject"),
    path(_step + "recuse/", approvals.recuse, name="recuse"),
    path(_step + "ask/", approvals.ask, name="ask"),
]
