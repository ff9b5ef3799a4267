"""The words a call-off is found by, kept on its row under a trigram index, and frozen with each submitted revision."""

from procurement.models import CallOff


def text_of(call_off: CallOff) -> str:
    """Number, title, department, sites and service codes, lower case, one space apart."""
    words = [call_off.reference or "", call_off.title, call_off.department.name, call_off.department.code]
    if call_off.revision is not None:
        words += [site.name for site in call_off.revision.sites.all()]
        words += sorted(set(call_off.revision.lines.values_list("service_code", flat=True)))
    return " ".join(" ".join(words).lower().split())
