"""The few of allauth's pages we use: sign in, sign out, sign in again, change and reset the password."""

from allauth.account import views
from django.urls import path, re_path

from config.account_views import ChangedPassword, ForgottenPassword, NewPassword

urlpatterns = [
    path("sign-in/", views.login, name="account_login"),
    path("sign-out/", views.logout, name="account_logout"),
    path("sign-in-again/", views.reauthenticate, name="account_reauthenticate"),
    path("password/", ChangedPassword.as_view(), name="account_change_password"),
    path("password/forgotten/", ForgottenPassword.as_view(), name="account_reset_password"),
    path("password/forgotten/sent/", views.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/forgotten/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$", NewPassword.as_view(),
        name="account_reset_password_from_key",
    ),
    path(
        "password/forgotten/changed/", views.password_reset_from_key_done, name="account_reset_password_from_key_done"
    ),
]  # fmt: skip
