"""What the register checks by a rule of ordering, in words, beside the words that its author gave it. Pure."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalogue.rules import Rule

KIND_WORDS = {
    "required_per_seat": gettext_lazy("every seat takes one of the services"),
    "required_per_site": gettext_lazy("every site takes one of the services"),
    "by_exception": gettext_lazy("only by the authority's exception"),
    "max_months": gettext_lazy("at most so many months"),
}


def check(rule: Rule) -> str:
    """Its kind, services and figures: "At most so many months: TRN-01; 6 months"."""
    services = _(" or ").join(rule.parameters["services"])
    words = _("%(kind)s: %(services)s") % {"kind": str(KIND_WORDS[rule.kind]).capitalize(), "services": services}
    if "months" in rule.parameters:
        words += ngettext("; %(n)s month", "; %(n)s months", rule.parameters["months"]) % {"n": rule.parameters["months"]}
    for code, (low, high) in rule.parameters.get("by_seats_at_site", {}).items():
        size = ngettext("%(low)s seat and more", "%(low)s seats and more", low) % {"low": low} if high is None else _("%(low)s to %(high)s seats") % {"low": low, "high": high}  # fmt: skip
        words += f"; {code}: {size}"
    return words
