"""Addresses of contracts."""

from django.urls import path

from contracts.views import acceptance, charges, register, signing, terms

app_name = "contracts"
_contract = "contracts/<uuid:public_id>/"

urlpatterns = [
    path("call-offs/<uuid:public_id>/accept/", acceptance.accept, name="accept"),
    path("call-offs/<uuid:public_id>/terms/", acceptance.terms, name="terms"),
    path("close-framework/", register.close_framework, name="close_framework"),
    path("contracts/", register.contracts, name="contracts"),
    path(_contract, register.contract, name="contract"),
    path(_contract + "charges/", charges.charges, name="charges"),
    path(_contract + "terms/", terms.in_force, name="terms_in_force"),
    path(_contract + "notices/<int:number>/", terms.notice, name="notice"),
    path(_contract + "notices/<int:number>.pdf", terms.notice_pdf, name="notice_pdf"),
    path(_contract + "progress/", register.progress, name="progress"),
    path(_contract + "document/", register.document, name="document"),
    path(_contract + "document.pdf", register.download, name="download"),
    path(_contract + "sign/", signing.sign, name="sign"),
    path(_contract + "refuse/", signing.refuse, name="refuse"),
]
