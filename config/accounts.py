"""Signing in: people are added by their organisation's administrator, never by themselves."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _


class Adapter(DefaultAccountAdapter):
    def authenticate(self, request, **credentials):
        """Also where a production service was made from a demonstration's data, everybody's password opens nothing."""
        if settings.PRODUCTION and credentials.get("password") == settings.DEMONSTRATION_PASSWORD:
            self.pre_authenticate(request, **credentials)
            self.authentication_failed(request, **credentials)
            return None
        return super().authenticate(request, **credentials)

    def is_open_for_signup(self, request):
        return False

    def add_message(self, request, level, message_template=None, message_context=None, extra_tags="", message=None):
        """Signing in and out needs no announcement; the page shows who is signed in."""
        if message_template and message_template.endswith(("logged_in.txt", "logged_out.txt")):
            return
        super().add_message(request, level, message_template, message_context, extra_tags, message)


class NotTheDemonstrationsPassword:
    """A password validator: nobody takes the password that the demonstration prints."""

    def validate(self, password, user=None):
        if password == settings.DEMONSTRATION_PASSWORD:
            raise ValidationError(_("This is the demonstration's password; choose your own."), code="demonstration")

    def get_help_text(self):
        return _("It must not be the demonstration's password.")
