"""The public check of a document."""

from django.urls import path

from documents import views

app_name = "documents"
urlpatterns = [
    path("check/", views.check, name="check"),
    path("check/root.crt", views.root_certificate, name="root"),
    path("revocation/<slug:name>.crl", views.revocation_list, name="revocation_list"),
    path("check/<uuid:public_id>/", views.verdict, name="verdict"),
]
