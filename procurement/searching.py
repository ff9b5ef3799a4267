"""Finding a call-off or a contract: the words it is found by, kept on its row under a trigram index."""

from django.db.models import QuerySet

from catalogue.text import search_words
from procurement.models import CallOff


def matching(rows: QuerySet, text: str) -> QuerySet:
    """The rows whose ``search_text`` holds every word."""
    for word in search_words(text):
        rows = rows.filter(search_text__contains=word)
    return rows


def text_of(call_off: CallOff) -> str:
    """Number, purchase order, department, title, sites and service codes, lower case, one space apart."""
    words = [call_off.reference or "", call_off.title, call_off.department.name, call_off.department.code]
    particulars = getattr(call_off, "particulars", None)
    if particulars is not None:
        words.append(particulars.purchase_order)
    if call_off.revision is not None:
        words += [site.name for site in call_off.revision.sites.all()]
        words += sorted(set(call_off.revision.lines.values_list("service_code", flat=True)))
    return " ".join(" ".join(words).lower().split())
