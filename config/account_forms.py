"""allauth's forms with GOV.UK controls."""

from allauth.account import forms as account

from catalogue import widgets


def _govuk(form) -> None:
    for field in form.fields.values():
        field.widget.govuk_class = "govuk-checkboxes__input" if field.widget.input_type == "checkbox" else "govuk-input"
        field.widget.attrs.pop("placeholder", None)
        field.help_text = ""


class _Govuk:
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        _govuk(self)


class LoginForm(_Govuk, account.LoginForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Email address"
        self.fields["login"].widget = widgets.Input({"type": "email", "autocomplete": "username"})


class ReauthenticateForm(_Govuk, account.ReauthenticateForm):
    pass


class ResetPasswordForm(_Govuk, account.ResetPasswordForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "Email address"


class ResetPasswordKeyForm(_Govuk, account.ResetPasswordKeyForm):
    pass


class ChangePasswordForm(_Govuk, account.ChangePasswordForm):
    pass
