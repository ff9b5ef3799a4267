"""What is approved: the revision as one canonical object, and its hash (domain.md, "What is approved").

Shape (``schema`` 1): parties, term, sites, lines, totals, the VAT rates of the forecast, milestones with criteria and
payments, service levels, special terms, data-protection schedule, attachments' hashes, release and matrix version.
Money is strings with two places, days ISO dates. The budget code, and how many of a service an exception is asked for
and why (``exceptions``, there only if any is), are represented by a salted sha256, because the supplier receives this
object. Of a draft, ``release`` and ``term`` are null while there is no live release or no dated
line; nothing with a gap is ever submitted.
"""

from datetime import date
from hashlib import sha256
from typing import Any

from catalogue import pricing, queries
from catalogue.models import Organisation
from catalogue.pricing import ZERO
from documents import canonical
from documents.canonical import money, number
from procurement.models import CallOffRevision
from procurement.quoting import Quote

SCHEMA = 1


def party(organisation: Organisation) -> dict[str, Any]:
    return {
        "code": organisation.code, "name": organisation.name, "identifier": organisation.identifier,
        "address": organisation.address, "crown": organisation.crown,
    }  # fmt: skip


def _line(priced: pricing.PricedLine) -> dict[str, Any]:
    service, line = priced.service, priced.line
    volume = None
    if service.band_table and priced.volume is not None:
        volume = {"name": service.band_table, "quantity": priced.volume}
    return {
        "number": line.number, "phase": line.phase, "service": service.code, "name": service.name,
        "unit": service.unit, "charge_type": service.charge_type, "site": line.site, "quantity": line.quantity,
        "list_price_gbp": money(service.list_price), "discount_percent": number(priced.discount_percent),
        "volume": volume, "unit_price_gbp": money(priced.unit_price), "starts_on": line.starts_on.isoformat(),
        "ends_on": priced.ends_on.isoformat() if priced.ends_on else None, "months": line.months,
        "monthly_gbp": money(priced.monthly), "total_gbp": money(priced.total),
        "service_level": service.service_level,
        "slices": [
            {"from_unit": s.from_unit, "to_unit": s.to_unit, "quantity": s.quantity,
             "discount_percent": number(s.discount_percent), "unit_price_gbp": money(s.unit_price),
             "total_gbp": money(s.total)}
            for s in priced.slices
        ],
    }  # fmt: skip


def _phases(quote: Quote) -> list[dict[str, Any]]:
    out = []
    for phase in ("interim", "one_off", "shared", "usage"):
        lines = [p for p in quote.lines if p.line.phase == phase]
        if not lines:
            continue
        ends = [p.ends_on for p in lines if p.ends_on]
        monthly = [p.monthly for p in lines if p.monthly is not None]
        out.append({
            "phase": phase, "starts_on": min(p.line.starts_on for p in lines).isoformat(),
            "ends_on": max(ends).isoformat() if ends else None,
            "monthly_gbp": money(sum(monthly, ZERO)) if monthly else None,
            "total_gbp": money(sum((p.total for p in lines), ZERO)),
        })  # fmt: skip
    return out


def term_of(quote: Quote) -> tuple[date, date, int] | None:
    """First day, last day and whole months of the recurring lines (and usage) together; None without such a line."""
    starts = [p.line.starts_on for p in quote.lines]
    ends = [p.ends_on for p in quote.lines if p.ends_on]
    if not ends:
        return None
    first, last = min(starts), max(ends)
    return first, last, (last.year - first.year) * 12 + last.month - first.month + 1


def _term(revision: CallOffRevision, quote: Quote) -> dict[str, Any] | None:
    term = term_of(quote)
    if term is None:
        return None
    first, last, months = term
    return {
        "starts_on": first.isoformat(), "ends_on": last.isoformat(), "months": months,
        "extension_months": revision.extension_months,
    }  # fmt: skip


def _release(quote: Quote) -> dict[str, Any] | None:
    if quote.release is None:
        return None
    return {"number": quote.release.number, "valid_from": quote.release.valid.lower.isoformat()}


def _service_levels(revision: CallOffRevision, quote: Quote) -> list[dict[str, Any]]:
    codes = {p.service.service_level for p in quote.lines if p.service.service_level}
    if quote.release is None:
        return []
    return [
        {"service_level": s.service_level, "measure_code": s.measure_code, "measure": s.measure, "unit": s.unit,
         "target": s.target, "minimum": s.minimum, "critical": s.critical,
         "credit_applies_to": s.credit_applies_to, "kpi": s.measure_code in revision.kpi_codes}
        for s in queries.service_levels(quote.release, codes)
    ]  # fmt: skip


def _band_tables(quote: Quote) -> list[dict[str, Any]]:
    codes = sorted({p.service.band_table for p in quote.lines if p.service.band_table})
    if quote.price_list is None:
        return []
    return [
        {"code": code, "scope": table.scope, "method": table.method,
         "bands": [{"from_quantity": b.from_quantity, "discount_percent": number(b.discount_percent)}
                   for b in table.bands]}
        for code in codes
        for table in [quote.price_list.bands[code]]
    ]  # fmt: skip


def _vat_rates(quote: Quote) -> list[dict[str, Any]]:
    """The rates of the forecast, each from its day: those in force at some time in the term."""
    term = term_of(quote)
    if term is None:
        return []
    first, last, _months = term
    later = [start for start, _percent in quote.vat_rates[1:]] + [None]
    return [
        {"from": start.isoformat(), "percent": number(percent)}
        for (start, percent), until in zip(quote.vat_rates, later, strict=True)
        if start <= last and (until is None or until > first)
    ]


def _exceptions(revision: CallOffRevision) -> dict[str, Any]:
    """Only where there is something to say: an order without a request has the content it always had."""
    asked = [
        {"service": one.service_code, "commitment": _commitment(revision, one.service_code, one.quantity, one.reason)}
        for one in revision.exceptions.all()
    ]
    return {"exceptions": asked} if asked else {}


def _commitment(revision: CallOffRevision, *parts: Any) -> str:
    """A salted sha256 of what approvers read and the supplier does not."""
    return sha256(canonical.dumps([revision.budget_salt, *parts])).hexdigest()


def approved_object(revision: CallOffRevision, quote: Quote) -> dict[str, Any]:
    call_off = revision.call_off
    framework = call_off.framework
    payments = {m.number: m for m in quote.milestones}
    return _exceptions(revision) | {
        "schema": SCHEMA,
        "call_off": {"reference": call_off.reference, "revision": revision.number, "title": call_off.title},
        "framework": {
            "reference": framework.reference, "title": framework.title, "starts_on": framework.starts_on.isoformat(),
            "ends_on": framework.ends_on.isoformat(), "regime": framework.regime,
            "levy_percent": number(framework.levy_percent),
            "service_credit_cap_percent": number(framework.service_credit_cap_percent),
            "variation_control_percent": number(framework.variation_control_percent),
            "quantity_tolerance_percent": number(framework.quantity_tolerance_percent),
            "indexation": framework.indexation, "signing_order": list(framework.signing_order),
        },
        "parties": {
            "department": party(call_off.department), "authority": party(framework.authority),
            "supplier": party(call_off.supplier),
        },
        "release": _release(quote),
        "matrix_version": revision.approval.matrix.version if revision.approval else None,
        "price_hold_until": revision.approval.hold_until.isoformat() if revision.approval else None,
        "term": _term(revision, quote),
        "sites": [{"name": site.name, "seats": site.seats} for site in revision.sites.all()],
        "lines": [_line(p) for p in quote.lines],
        "band_tables": _band_tables(quote),
        "totals": {
            "monthly_gbp": money(quote.totals.monthly), "interim_gbp": money(quote.totals.interim),
            "one_off_gbp": money(quote.totals.one_off), "usage_gbp": money(quote.totals.usage),
            "shared_gbp": money(quote.totals.shared), "whole_life_gbp": money(quote.totals.whole_life),
            "vat_gbp": money(quote.vat_gbp), "gross_gbp": money(quote.gross_gbp),
            "levy_gbp": money(quote.totals.levy),
        },
        "charges_by_financial_year": [
            {"year": y.year, "net_gbp": money(y.net), "vat_gbp": money(y.vat), "gross_gbp": money(y.gross)}
            for y in quote.years
        ],
        "vat_rates": _vat_rates(quote),
        "charges_by_phase": _phases(quote),
        "milestones": [
            {"number": m.label, "title": m.title, "planned_on": m.planned_on.isoformat(), "criteria": list(m.criteria),
             "payments": [
                 {"service": code, "name": name, "percent": None if percent is None else number(percent),
                  "quantity": quantity, "amount_gbp": money(amount)}
                 for code, name, percent, quantity, amount in payments[m.number].payments
             ],
             "effect": m.effect or None}
            for m in revision.milestones.all()
        ],
        "service_levels": _service_levels(revision, quote),
        "special_terms": [
            {"number": t.number, "heading": t.heading, "text": t.text} for t in revision.special_terms.all()
        ],
        "data_protection": revision.data_protection,
        "staff_transfer": {"applies": revision.staff_transfer_applies, "text": revision.staff_transfer_text},
        "attachments": [
            {"kind": a.kind, "sha256": a.sha256, "length": a.length} for a in sorted(revision.attachments.all(), key=lambda file: file.sha256)
        ],
        "spend_control_reference": revision.spend_control_reference,
        "budget_commitment": sha256(f"{revision.budget_salt}{revision.budget_code}".encode()).hexdigest(),
    }  # fmt: skip


def freeze(approved: dict[str, Any]) -> tuple[str, str]:
    """The canonical text and its sha256: the revision hash every decision and the acceptance repeat."""
    data = canonical.dumps(approved)
    return data.decode(), canonical.sha256_hex(data)


def draft_hash(revision: CallOffRevision, quote: Quote, counted_with: list[dict[str, str]]) -> str:
    """The hash of a draft as it is shown for checking, before submission adds reference, matrix and price hold; and of
    the orders counted together with it, which are no part of what is approved but decide who approves it."""
    return freeze(approved_object(revision, quote) | {"counted_with": counted_with})[1]
