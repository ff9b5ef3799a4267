"""What we add to the library's pages."""

from allauth.account.views import PasswordChangeView, PasswordResetFromKeyView, PasswordResetView
from django.shortcuts import redirect

from config import attempts, browsers


class ForgottenPassword(PasswordResetView):
    """A link by mail, so many an hour to one address and from one network; what is beyond is not sent and is answered
    alike, so that nobody floods a mailbox or learns who has an account. The links of the hour before still open the page,
    so whoever asks in another's name does not keep them from it."""

    def form_valid(self, form):
        email = form.cleaned_data["email"].lower()
        if attempts.take(self.request, [("reset_mail_network", ""), ("reset_mail", email)]) is None:
            return redirect(self.get_success_url())
        return super().form_valid(form)


class NewPassword(PasswordResetFromKeyView):
    """A new password, by a link from the person's own mailbox: from then on they sign in from this browser, whoever is
    guessing elsewhere."""

    def form_valid(self, form):
        response = super().form_valid(form)
        browsers.remember(self.request, response, self.reset_user.email)
        return response


class ChangedPassword(PasswordChangeView):
    """A new password makes every browser a stranger but the one in which it was chosen."""

    def form_valid(self, form):
        response = super().form_valid(form)
        browsers.remember(self.request, response, form.user.email)
        return response
