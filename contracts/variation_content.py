"""What is approved and signed of a variation: its content as canonical JSON, and the sha256 of that. The supplier reads all
of it. Money is GBP, VAT excluded unless named gross.

Shape: ``schema``, ``contract``, ``variation``, ``reason``, ``effective_on``, ``lines``, ``term``, ``corrections``, ``money``,
``share``, ``gateway``, ``terms_of`` (by which documents the terms stood as they were when it was assessed).
"""

from datetime import date
from typing import Any

from catalogue.pricing import financial_year
from contracts import gateways, terms
from contracts.assessing import Assessment
from contracts.models import Variation, VariationRevision
from contracts.varied_terms import Effect
from documents import canonical
from documents.canonical import money, number

SCHEMA = 2  # 2: the share says what counts
NET_COUNTS = 1  # of what was assessed by that one, the net amount


def build(revision: VariationRevision, found: Assessment) -> dict[str, Any]:
    """Also of a draft, with what it has so far."""
    variation, contract = revision.variation, revision.variation.contract
    return {
        "schema": SCHEMA,
        "contract": {"number": contract.number, "title": contract.title, "framework": contract.framework.reference},
        "variation": {"label": variation.label, "kind": variation.kind, "title": variation.title},
        "reason": revision.reason, "effective_on": _day(found.effective_on or revision.effective_on),
        "lines": [_line(one) for one in found.effects], "term": term(variation, found),
        "corrections": [{"place": one.place, "was": one.was, "reads": one.reads} for one in revision.corrections.all()],
        "money": {
            "value_gbp": money(found.money.value_gbp), "gross_gbp": money(found.money.gross_gbp),
            "monthly_gbp": money(found.monthly_gbp), "by_financial_year": _years(found),
        },
        "share": {
            "counted_gbp": money(found.share.value_gbp), "original_value_gbp": money(contract.original_value_gbp), "percent": number(found.share.percent),
            "cumulative_gbp": money(found.share.cumulative_gbp), "cumulative_percent": number(found.share.cumulative_percent),
            "with": [
                {"label": other.label, "assessed_on": other.on.isoformat(), "amount_gbp": money(other.counted_gbp)}
                for other in found.others
            ],
            "control_percent": number(contract.framework.variation_control_percent), "notice_first": found.notice_first,
        },
        "gateway": {
            "code": revision.gateway, "words": str(revision.get_gateway_display()), "paragraph": revision.paragraph,
            "tests": [
                {"test": str(test.words), "answer": revision.answers.get(test.code, "")}
                for test in gateways.tests(revision.gateway, revision.paragraph)
            ],
        },
        "terms_of": [version.caused_by for version, _changes in found.before],
    }  # fmt: skip


def _line(one: Effect) -> dict[str, Any]:
    return {
        "number": one.number, "phase": one.phase, "service": one.service.code, "name": one.service.name, "site": one.site or None,
        "quantity_before": one.before, "quantity_change": one.quantity_change, "quantity_after": one.after,
        "unit_price_before_gbp": money(one.before_price), "unit_price_gbp": money(one.price),
        "starts_on": _day(one.starts_on), "ends_on_before": _day(one.before_ends_on), "ends_on": _day(one.ends_on),
    }  # fmt: skip


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def term(variation: Variation, found: Assessment) -> dict[str, str]:
    """The contract's last day without and with it."""
    default = variation.contract.ends_on
    was, now = (terms.last_day(terms.put_together(changes), default=default) for changes in (found.before, found.after))
    return {"ends_on_before": was.isoformat(), "ends_on": now.isoformat()}


def _years(found: Assessment) -> list[dict[str, str]]:
    years: dict[str, Any] = {}
    for month, amount in found.money.months.items():
        years[financial_year(month)] = years.get(financial_year(month), 0) + amount
    return [{"year": year, "net_gbp": money(amount)} for year, amount in years.items()]


def freeze(revision: VariationRevision, found: Assessment) -> None:
    """Set the content and its hash; the caller saves."""
    data = canonical.dumps(build(revision, found))
    revision.content, revision.content_hash = data.decode(), canonical.sha256_hex(data)
