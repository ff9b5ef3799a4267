"""The statutory notices as open data: a release package of the Open Contracting Data Standard 1.1, one release a notice. What is to be
published is named here field by field, and nothing else gets in: no budget code, no baseline or saving, no price of a unit, no comment,
no person. Amounts are GBP; ``amount`` is without VAT and ``amountGross`` with it.

Codes are those of the standard's closed lists (releaseTag, partyRole, awardStatus, contractStatus). Indicators and their ratings are as
its metrics extension has them: what is agreed under ``agreedMetrics``, what was rated under ``implementation``."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse

from catalogue.pricing import ZERO, add_months
from contracts import ratings, terms
from contracts.models import (
    SIGNED_VARIATIONS,
    Contract,
    Gateway,
    KpiRating,
    NoticeKind,
    Party,
    StatutoryNotice,
    Termination,
    TerminationState,
    party_of,
)
from documents import clock
from documents.clock import london_day
from procurement import passings

VERSION = "1.1"
EXTENSION = "https://raw.githubusercontent.com/open-contracting-extensions/ocds_metrics_extension/master/extension.json"
K = NoticeKind
ROLES = {Party.DEPARTMENT: "buyer", Party.AUTHORITY: "procuringEntity", Party.SUPPLIER: "supplier"}


def ocid(contract: Contract) -> str:
    """Of the whole contracting process, the same in each of its notices."""
    return f"{settings.OCID_PREFIX}-{contract.number}"


def package(notice: StatutoryNotice, *, at: datetime, published_on: date | None = None) -> dict[str, Any]:
    """As it would be published now, or was on a day."""
    contract = notice.contract
    parties = _parties(contract, published_on or london_day(at))
    published = _moment(published_on) if published_on else at.astimezone(clock.LONDON).isoformat(timespec="seconds")
    found: dict[str, Any] = {
        "uri": settings.PUBLIC_URL + reverse("contracts:statutory_notice_file", args=[contract.public_id, notice.number]),
        "version": VERSION, "publishedDate": published, "publisher": {"name": parties[Party.DEPARTMENT]["name"]},
    }  # fmt: skip
    if notice.kind in (K.DETAILS, K.PERFORMANCE):
        found["extensions"] = [EXTENSION]
    return found | {"releases": [_release(notice, published, parties)]}


def text(data: Mapping[str, Any]) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


Parties = Mapping[str, Mapping[str, str]]


def _parties(contract: Contract, on: date) -> Parties:
    """As they were named when the contract was opened, with the department that it was of on the day."""
    return contract.parties | {str(Party.DEPARTMENT): party_of(passings.department_on(contract, on))}


def _release(notice: StatutoryNotice, published: str, parties: Parties) -> dict[str, Any]:
    contract = notice.contract
    supplier, department = (_reference(parties, party) for party in (Party.SUPPLIER, Party.DEPARTMENT))
    award = {
        "id": f"{contract.number}-award", "title": contract.title, "status": "active", "date": _moment(london_day(contract.formed_at)),
        "value": _value(contract.original_value_gbp, contract.revision.gross_gbp), "suppliers": [supplier],
        "items": _items(contract), "contractPeriod": _period(contract),
    }  # fmt: skip
    found = {
        "ocid": ocid(contract), "id": f"{ocid(contract)}-{notice.label}", "date": published, "tag": [_tag(notice)],
        "initiationType": "tender", "language": "en", "parties": [_party(parties, party) for party in Party],
        "buyer": department,
        "tender": {"id": contract.framework.reference, "title": contract.framework.title, "procuringEntity": _reference(parties, Party.AUTHORITY)},
        "awards": [award] if notice.kind == K.AWARD else [{"id": award["id"], "suppliers": [supplier]}],
        "relatedProcesses": [
            {"id": "1", "relationship": ["framework"], "title": contract.framework.title, "identifier": contract.framework.reference}
        ],
    }  # fmt: skip
    if notice.kind != K.AWARD:
        found["contracts"] = [_contract(notice) | {"awardID": award["id"]}]
    return found


def _tag(notice: StatutoryNotice) -> str:
    first = not notice.contract.statutory_notices.filter(kind=K.PERFORMANCE, number__lt=notice.number).exists()
    return {
        K.AWARD: "award", K.DETAILS: "contract", K.PERFORMANCE: "implementation" if first else "implementationUpdate",
        K.CHANGE: "contractAmendment", K.TERMINATION: "contractTermination",
    }[K(notice.kind)]  # fmt: skip


def _party(parties: Parties, party: str) -> dict[str, Any]:
    one = parties[party]
    return _reference(parties, party) | {
        "identifier": {"id": one["identifier"], "legalName": one["name"]}, "roles": [ROLES[Party(party)]]
    }  # fmt: skip


def _reference(parties: Parties, party: str) -> dict[str, str]:
    one = parties[party]
    return {"id": one["identifier"], "name": one["name"]}


def _moment(day: date) -> str:
    """The beginning of the day in London, as the standard's date-time."""
    return clock.first_moment(day).isoformat()


def _value(net: Decimal, gross: Decimal | None = None) -> dict[str, Any]:
    """The standard wants numbers: the shortest decimal of a double is the amount to the penny, as far as our largest amount."""
    found: dict[str, Any] = {"amount": float(net), "currency": "GBP"}
    return found if gross is None else found | {"amountGross": float(gross)}


def _period(contract: Contract) -> dict[str, str]:
    """With the last day that its option to extend could bring; of what is signed by now."""
    last, ends = terms.ordered(contract.revision)[1], contract.ends_on
    most = add_months(last + timedelta(days=1), contract.revision.extension_months) - timedelta(days=1)
    return {"startDate": _moment(contract.starts_on), "endDate": _moment(ends), "maxExtentDate": _moment(max(most, ends))}


def _items(contract: Contract) -> list[dict[str, Any]]:
    """What was ordered, by service; where it stands and what a unit costs is not said."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for line in contract.revision.lines.select_related("service").order_by("number"):
        one = found.setdefault((line.phase, line.service_code), {
            "id": f"{line.phase}-{line.service_code}", "description": line.service.name, "quantity": 0, "unit": {"name": line.service.unit},
        })  # fmt: skip
        one["quantity"] += line.quantity
    return list(found.values())


def _charged(contract: Contract) -> Decimal:
    """What it comes to by its terms as they stand."""
    return terms.total(terms.put_together(terms.read(contract)))


def _contract(notice: StatutoryNotice) -> dict[str, Any]:
    contract = notice.contract
    found: dict[str, Any] = {
        "id": contract.number, "title": contract.title, "status": "active", "period": _period(contract),
        "value": _value(contract.original_value_gbp, contract.revision.gross_gbp),
    }  # fmt: skip
    if contract.signed_on:
        found["dateSigned"] = _moment(contract.signed_on)
    return found | {K.DETAILS: _details, K.PERFORMANCE: _performance, K.CHANGE: _change, K.TERMINATION: _termination}[K(notice.kind)](notice)


def _details(notice: StatutoryNotice) -> dict[str, Any]:
    agreed = [
        {"id": one.measure_code, "title": one.measure, "observations": [{"id": "target", "measure": one.target, "unit": {"name": one.unit}}]}
        for one in ratings.indicators(notice.contract)
    ]  # fmt: skip
    return {"items": _items(notice.contract)} | ({"agreedMetrics": agreed} if agreed else {})


def _performance(notice: StatutoryNotice) -> dict[str, Any]:
    """The confirmed ratings; none before there are any."""
    found = ratings.confirmed_round(notice)
    period = {"startDate": _moment(notice.period_from), "endDate": _moment(notice.period_to)}
    metrics = [_metric(one, period) for one in found.ratings.all()] if found else []
    more = {"status": "terminated"} if notice.is_last else {}
    return more | ({"implementation": {"metrics": metrics}} if metrics else {})


def _metric(one: KpiRating, period: Mapping[str, str]) -> dict[str, Any]:
    """The words that come with a rating are the parties' own, and are not published."""
    return {
        "id": one.measure.measure_code, "title": one.measure.measure,
        "observations": [{"id": "rating", "period": dict(period), "measure": str(one.get_rating_display())}],
    }  # fmt: skip


def _change(notice: StatutoryNotice) -> dict[str, Any]:
    """What all parties sign of the variation: its reason, its gateway, its day."""
    variation, revision = notice.variation, notice.variation.revision
    more = ZERO if variation.state in SIGNED_VARIATIONS else revision.value_gbp
    return {
        "value": _value(_charged(notice.contract) + more),
        "amendments": [{
            "id": variation.label, "date": _moment(revision.effective_on), "rationale": revision.reason,
            "description": f"{variation.get_kind_display()}; {Gateway(revision.gateway).label}; by {revision.value_gbp} GBP over the contract’s life",
        }],
    }  # fmt: skip


def _termination(notice: StatutoryNotice) -> dict[str, Any]:
    contract = notice.contract
    given = Termination.objects.filter(contract=contract, state=TerminationState.IN_EFFECT).first()
    words = f"Terminated: {given.get_ground_display()}" if given else "The term has ended."
    return {"status": "terminated", "value": _value(_charged(contract)), "description": words}
