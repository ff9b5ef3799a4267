"""The notices as open data: releases of the Open Contracting Data Standard 1.1, and nothing in them that is not to be published.

``SHAPES`` is the test's own reading of the standard's reference, of the parts that are used: what an object must have, and of
which type and code each of its fields is."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from contracts import open_data
from contracts.models import StatutoryNotice
from procurement.models import Baseline
from tests import cast, paper
from tests.contracts import ending_cast, transfer_cast
from tests.contracts import statutory_cast as made
from tests.contracts import variation_cast as varied

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("in_force")]

TEXT, NUMBER, MOMENT, ADDRESS = "text", "number", "moment", "address"
TAGS = {"award", "contract", "contractAmendment", "implementation", "implementationUpdate", "contractTermination"}
REFERENCE = {"id!": TEXT, "name": TEXT}
VALUE = {"amount": NUMBER, "amountGross": NUMBER, "currency": {"GBP"}}
PERIOD = {"startDate": MOMENT, "endDate": MOMENT, "maxExtentDate": MOMENT}
ITEM = {"id!": TEXT, "description": TEXT, "quantity": NUMBER, "unit": {"name": TEXT}}
OBSERVATION = {"id!": TEXT, "period": PERIOD, "measure": TEXT, "unit": {"name": TEXT}}
METRIC = {"id!": TEXT, "title": TEXT, "observations": [OBSERVATION]}
SHAPES: dict[str, Any] = {
    "uri!": ADDRESS, "version!": {"1.1"}, "publishedDate!": MOMENT, "publisher!": {"name!": TEXT}, "extensions": [ADDRESS],
    "releases!": [{
        "ocid!": TEXT, "id!": TEXT, "date!": MOMENT, "tag!": [TAGS], "initiationType!": {"tender"}, "language": {"en"},
        "parties": [REFERENCE | {"identifier": {"id": TEXT, "legalName": TEXT}, "roles": [{"buyer", "procuringEntity", "supplier"}]}],
        "buyer": REFERENCE, "tender": {"id!": TEXT, "title": TEXT, "procuringEntity": REFERENCE},
        "awards": [{"id!": TEXT, "title": TEXT, "status": {"pending", "active"}, "date": MOMENT, "value": VALUE, "suppliers": [REFERENCE],
                    "items": [ITEM], "contractPeriod": PERIOD}],
        "contracts": [{
            "id!": TEXT, "awardID!": TEXT, "title": TEXT, "description": TEXT, "status": {"pending", "active", "cancelled", "terminated"},
            "period": PERIOD, "value": VALUE, "items": [ITEM], "dateSigned": MOMENT, "agreedMetrics": [METRIC],
            "implementation": {"metrics": [METRIC]},
            "amendments": [{"id": TEXT, "date": MOMENT, "rationale": TEXT, "description": TEXT}],
        }],
        "relatedProcesses": [{"id!": TEXT, "relationship": [{"framework"}], "title": TEXT, "identifier": TEXT}],
    }],
}  # fmt: skip


def faults(found: Any, shape: Any, where: str = "") -> list[str]:
    """What of it is not as the standard has it."""
    if isinstance(shape, list):
        if not isinstance(found, list) or not found:
            return [f"{where}: no list, or an empty one"]
        doubled = len({json.dumps(one, sort_keys=True) for one in found}) < len(found)
        ids = [one["id"] for one in found if isinstance(one, dict) and "id" in one]
        said = [f"{where}: the same twice"] if doubled or len(set(ids)) < len(ids) else []
        return said + [fault for place, one in enumerate(found) for fault in faults(one, shape[0], f"{where}[{place}]")]
    if isinstance(shape, dict):
        if not isinstance(found, dict):
            return [f"{where}: no object"]
        names = {name.rstrip("!"): inner for name, inner in shape.items()}
        missing = [f"{where}: lacks {name}" for name in shape if name.endswith("!") and name[:-1] not in found]
        return missing + [
            fault for name, one in found.items()
            for fault in (faults(one, names[name], f"{where}.{name}") if name in names else [f"{where}: has {name}"])
        ]  # fmt: skip
    return [] if _is(found, shape) else [f"{where}: {found!r} is no {shape}"]


def _is(found: Any, shape: Any) -> bool:
    if isinstance(shape, set):
        return found in shape
    if shape == NUMBER:
        return isinstance(found, int | float) and not isinstance(found, bool)
    if not isinstance(found, str) or not found:
        return False
    if shape == MOMENT:
        return datetime.fromisoformat(found).tzinfo is not None and "T" in found
    return shape == TEXT or re.match(r"https?://", found) is not None


def unresolved(release: dict[str, Any]) -> list[str]:
    """References to organisations and awards that the release does not have."""
    parties = {one["id"]: one for one in release["parties"]}
    named = [release["buyer"], release["tender"]["procuringEntity"]] + [one for award in release["awards"] for one in award["suppliers"]]
    awards = {award["id"] for award in release["awards"]}
    return [one["id"] for one in named if one["name"] != parties.get(one["id"], {}).get("name")] + [
        one["awardID"] for one in release.get("contracts", ()) if one["awardID"] not in awards
    ]  # fmt: skip


def packages() -> dict[tuple[str, bool], dict[str, Any]]:
    """One of every kind, of one contract's life."""
    contract = paper.in_force()
    made.measured(contract, {date(2008, 4, 1): {"EUS-B": "97.9"}, date(2008, 5, 1): {}})
    varied.assessed("VAR-01")
    varied.assessed("VAR-02")
    made.rated()
    made.commented()
    made.confirmed()
    ending_cast.in_effect(contract)
    rows = StatutoryNotice.objects.select_related("contract__call_off", "variation__revision")
    return {
        (one.kind, one.is_last): json.loads(open_data.text(open_data.package(one, at=cast.START)), parse_float=Decimal) for one in rows
    }  # fmt: skip


def test_each_is_a_release_of_the_standard_and_refers_to_what_it_has():
    found = packages()
    assert set(found) == {("award", False), ("details", False), ("performance", False), ("change", False), ("termination", False), ("performance", True)}
    for kind, package in found.items():
        plain = json.loads(json.dumps(package, default=float))
        assert faults(plain, SHAPES) == [], kind
        (release,) = package["releases"]
        assert unresolved(release) == [], kind
        assert release["date"] <= package["publishedDate"] and "#" not in release["id"]
    assert len({package["releases"][0]["id"] for package in found.values()}) == len(found)
    assert {package["releases"][0]["ocid"] for package in found.values()} == {"ocds-000000-CON-2007-000001"}
    tags = {kind: package["releases"][0]["tag"][0] for kind, package in found.items()}
    assert tags[("performance", False)] == "implementation" and tags[("performance", True)] == "implementationUpdate"
    assert (tags[("change", False)], tags[("termination", False)]) == ("contractAmendment", "contractTermination")


def test_the_day_of_the_award_is_the_day_in_london():
    cast.accepted()
    notice = made.notice("award")
    notice.contract.formed_at = datetime(2008, 5, 31, 23, 30, tzinfo=UTC)  # half past midnight in summer
    (award,) = open_data.package(notice, at=cast.START)["releases"][0]["awards"]
    assert award["date"] == "2008-06-01T00:00:00+01:00"


def test_the_checker_of_this_test_finds_what_is_wrong():
    paper.in_force()
    package = json.loads(open_data.text(open_data.package(made.notice("details"), at=cast.START)))
    release = package["releases"][0]
    assert faults(package, SHAPES) == [] and unresolved(release) == []
    for change, fault in (
        (lambda one: one.pop("ocid"), "lacks ocid"), (lambda one: one.update(tag=["contracts"]), "contracts"),
        (lambda one: one.update(budget={}), "has budget"), (lambda one: one["contracts"][0]["period"].update(endDate="2012-10-31"), "endDate"),
        (lambda one: one["contracts"][0]["value"].update(amount="1.00"), "amount"),
        (lambda one: one["parties"].append(one["parties"][0]), "the same twice"),
    ):  # fmt: skip
        wrong = json.loads(json.dumps(package))
        change(wrong["releases"][0])
        assert any(fault in said for said in faults(wrong, SHAPES)), fault
    release["contracts"][0]["awardID"] = "x"
    assert unresolved(release) == ["x"]


def test_the_figures_are_those_of_the_contract():
    found = packages()
    award = found["award", False]["releases"][0]["awards"][0]
    assert award["value"] == {"amount": Decimal("11252943.0"), "currency": "GBP", "amountGross": Decimal("13222208.3")}
    assert award["contractPeriod"]["startDate"] == "2007-11-01T00:00:00+00:00"
    assert [one["quantity"] for one in award["items"] if one["id"] == "shared-CORE-01"] == [700]
    details = found["details", False]["releases"][0]["contracts"][0]
    assert [one["id"] for one in details["agreedMetrics"]] == ["EUS-B", "SD-S-FIX", "APP-G"]
    assert details["agreedMetrics"][0]["observations"][0]["measure"] == "99.5"
    rated = found["performance", False]["releases"][0]["contracts"][0]["implementation"]["metrics"]
    assert [one["observations"][0]["measure"] for one in rated] == ["Requires improvement", "Good", "Good"]
    assert "implementation" not in found["performance", True]["releases"][0]["contracts"][0], "nobody has confirmed its ratings"
    ended = found["termination", False]["releases"][0]["contracts"][0]
    assert ended["status"] == "terminated" and "convenience" in ended["description"]
    change = found["change", False]["releases"][0]["contracts"][0]["amendments"][0]
    assert (change["id"], change["rationale"]) == ("VAR-02", varied.REASON)


def test_nothing_is_in_it_that_is_not_to_be_published():
    found = json.dumps(list(packages().values()), default=float)
    revision = cast.contract().revision
    secret = [revision.budget_code, "A strike of others.", "baseline", "saving", "budget", "unit_price", "London", "PO-DIUS"]
    secret += [f"{row.gbp_per_user_year}".rstrip("0").rstrip(".") for row in Baseline.objects.all()]
    secret += ["DIUS contract manager", "Fujitsu Services service manager"]
    assert revision.budget_code and [words for words in secret if words and words in found] == []


def test_the_buyer_of_what_is_published_after_it_passed_is_the_department_that_it_passed_to():
    paper.in_force()
    transfer_cast.applied()
    package = open_data.package(made.notice("details"), at=transfer_cast.on(transfer_cast.DAY))
    (release,) = package["releases"]
    name = transfer_cast.body("ONS").name
    assert package["publisher"]["name"] == release["buyer"]["name"] == name
    assert unresolved(release) == [] and transfer_cast.body("DIUS").name not in open_data.text(package)
