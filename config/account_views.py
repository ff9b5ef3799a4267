"""What we add to the library's pages."""

from allauth.account.views import PasswordChangeView, PasswordResetFromKeyView

from config import browsers


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
