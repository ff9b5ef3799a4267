"""The words a call-off is found by, kept on its row under a trigram index, and frozen with each submitted revision."""

from catalogue.models import ServiceVersion
from procurement.models import CallOff


def text_of(call_off: CallOff) -> str:
    """Number, title, department, sites and services by code and name, lower case, one space apart."""
    words = [call_off.reference or "", call_off.title, call_off.department.name, call_off.department.code]
    if call_off.revision is not None:
        words += [site.name for site in call_off.revision.sites.all()]
        codes = set(call_off.revision.lines.values_list("service_code", flat=True))
        named = ServiceVersion.objects.filter(release__framework=call_off.framework_id, code__in=codes)
        words += sorted(codes | set(named.values_list("name", flat=True)))
    return " ".join(" ".join(words).lower().split())
