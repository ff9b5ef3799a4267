"""Signing in: people are added by their organisation's administrator, never by themselves."""

from urllib.parse import urlsplit
from uuid import uuid4

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal import ratelimit
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from config import attempts, browsers
from documents import mail

TEMPLATES = {"account/email/password_reset_key": "account/email/password_reset.txt"}  # allauth's name: ours


class Adapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": gettext_lazy("The email address or the password is not right; try again, or choose a new password."),
        "too_many_login_attempts": gettext_lazy(
            "Too many failed login attempts. Try again later, sign in from a browser in which you have signed in before, or "
            "choose a new password by the link “I have forgotten my password”."
        )
    }

    def pre_authenticate(self, request, **credentials):
        """Counts the attempt until it turns out right, and refuses it where there were too many wrong ones: for the
        account from this network, for it from all networks together, and from this network for all accounts. None shuts
        out a browser in which the person has signed in before, which has a count of its own: else anybody could keep
        anybody from their account, and whoever guesses the thousands who share their network."""
        email = credentials.get("email", "").lower()
        browser = browsers.known(request, email)
        if browser is not None:
            counts = [("login_failed_known", f"{email}:{browser}")]
        else:
            counts = [("login_failed", f"{email}:{ratelimit.get_ip(request)}"), ("login_failed_anywhere", email),
                      ("login_failed_network", "")]  # fmt: skip
        usage = attempts.take(request, counts)
        if usage is None:
            raise self.validation_error("too_many_login_attempts")
        self._login_failed_rl_usage = usage  # the library takes it back when the password was right

    def post_login(self, request, user, **how):
        response = super().post_login(request, user, **how)
        browsers.remember(request, response, user.email)
        return response

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
