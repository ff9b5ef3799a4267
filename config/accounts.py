"""Signing in: people are added by their organisation's administrator, never by themselves."""

from urllib.parse import urlsplit
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from documents import mail

TEMPLATES = {"account/email/password_reset_key": "account/email/password_reset.txt"}  # allauth's name: ours


class Adapter(DefaultAccountAdapter):
    def authenticate(self, request, **credentials):
        """Also where a production service was made from a demonstration's data, everybody's password opens nothing."""
        if settings.PRODUCTION and credentials.get("password") == settings.DEMONSTRATION_PASSWORD:
            self.pre_authenticate(request, **credentials)
            self.authentication_failed(request, **credentials)
            return None
        return super().authenticate(request, **credentials)

    def send_mail(self, template_prefix, email, context):
        """By the queue, so that the answer takes as long for an address without an account; and with our own address,
        never the request's."""
        name = TEMPLATES[template_prefix]
        address = settings.PUBLIC_URL + urlsplit(context["password_reset_url"]).path
        mail.enqueue(email, name, {"name": context["user"].name, "url": address}, key=f"account:{uuid4()}")

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
