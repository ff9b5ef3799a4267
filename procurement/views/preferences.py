"""What a person sets for themselves."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from procurement import forms, membership
from procurement.views.common import attempt, page


@page
def mail(request):
    """How messages that ask nothing of the person come. What waits for them is always sent at once."""
    form = forms.NewsForm(request.POST or None, initial={"news": request.user.news})
    errors = ()
    if request.method == "POST" and form.is_valid():
        result, errors = attempt(request, membership.prefer_news, request.user, news=form.cleaned_data["news"])
        if result:
            messages.success(request, _("Your preferences are saved."))
            return redirect("procurement:mail")
    return render(request, "procurement/mail.html", {"form": form, "errors": errors})
