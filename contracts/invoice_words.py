"""What an invoice's comparison says, in words and figures."""

from decimal import Decimal

from django.utils.translation import gettext as _

from contracts.models import InvoiceCheck
from documents.templatetags.flex import gbp


def difference(made: InvoiceCheck) -> str:
    """One sentence a difference; empty where it agrees."""
    net, vat = made.net_difference, made.vat_difference
    found = []
    if net:
        words = _("%(asked)s is asked and %(due)s is due, VAT excluded: %(by)s too much.") if net > 0 else _(
            "%(asked)s is asked and %(due)s is due, VAT excluded: %(by)s less than is due."
        )
        found.append(_with(words, made.invoice.net_gbp, made.net_gbp, net))
    if vat:
        words = _("VAT of %(asked)s is asked and %(due)s is due: %(by)s too much.") if vat > 0 else _(
            "VAT of %(asked)s is asked and %(due)s is due: %(by)s less than is due."
        )
        found.append(_with(words, made.invoice.vat_gbp, made.vat_gbp, vat))
    return " ".join(found)


def _with(words: str, asked: Decimal, due: Decimal, by: Decimal) -> str:
    return words % {"asked": gbp(asked), "due": gbp(due), "by": gbp(abs(by))}
