from django.urls import path

from config.views import health

app_name = "procurement"
urlpatterns = [path("call-offs/<uuid:public_id>/", health, name="call_off")]
