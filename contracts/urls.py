from django.urls import path

from config.views import health

app_name = "contracts"
urlpatterns = [path("contracts/<uuid:public_id>/", health, name="contract")]
