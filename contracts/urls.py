"""Addresses of contracts."""

from django.urls import path

from contracts import views

app_name = "contracts"
_contract = "contracts/<uuid:public_id>/"

urlpatterns = [
    path("call-offs/<uuid:public_id>/accept/", views.accept, name="accept"),
    path("call-offs/<uuid:public_id>/terms/", views.terms, name="terms"),
    path("close-framework/", views.close_framework, name="close_framework"),
    path("contracts/", views.contracts, name="contracts"),
    path(_contract, views.contract, name="contract"),
    path(_contract + "progress/", views.progress, name="progress"),
    path(_contract + "document/", views.document, name="document"),
    path(_contract + "document.pdf", views.download, name="download"),
    path(_contract + "sign/", views.sign, name="sign"),
    path(_contract + "refuse/", views.refuse, name="refuse"),
]
