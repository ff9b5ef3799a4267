"""Every address. Each app serves its own nouns; the front page and sign-in are composed here."""

from django.urls import include, path

from config import views

handler500 = "config.views.server_error"

urlpatterns = [
    path("", views.home, name="home"),
    path("health/", views.health, name="health"),
    path("glossary/", views.glossary, name="glossary"),
    path("search/", views.search, name="search"),
    path("accounts/", include("config.account_urls")),
    path("", include("documents.urls")),
    path("", include("procurement.urls")),
    path("", include("contracts.urls")),
]
