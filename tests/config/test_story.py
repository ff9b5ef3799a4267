"""The story as ``make story`` plays it: what it writes, for whoever reads it by the names of its keys."""

import json
import subprocess
import sys

import pikepdf
import pytest

from tests.databases import ROOT

ORDER = {
    "call_off", "revision_hash", "volumes", "monthly_gbp", "interim_gbp", "one_off_gbp", "whole_life_gbp", "levy_gbp",
    "saving_gbp_a_year", "carbon_saved_kg_a_year", "contract", "document_sha256", "actions", "charges_by_financial_year",
    "framework_after",
}  # fmt: skip
DIUS = {
    "monthly_gbp": "186762.60", "interim_gbp": "740000.00", "one_off_gbp": "241000.00", "whole_life_gbp": "11252943.00",
    "levy_gbp": "56264.72", "saving_gbp_a_year": "746848.80", "carbon_saved_kg_a_year": "186990.00",
}  # fmt: skip
DIUS_YEARS = {"2007/08": "981000.00"} | dict.fromkeys(("2008/09", "2009/10", "2010/11", "2011/12"), "2241151.20") | {
    "2012/13": "1307338.20"
}  # fmt: skip
DIUS_AFTER = {
    "ceiling_gbp": "100000000.00", "committed_gbp": "67252943.00", "reserved_gbp": "0.00", "headroom_gbp": "32747057.00",
}  # fmt: skip
DOCUMENTS = (
    "contract.pdf", "dius-cutover-certificate.pdf", "ons-contract.pdf", "ons-access-agreement.pdf", "dius-new-prices.pdf",
    "dius-var-01.pdf", "dius-var-02.pdf", "dius-transfer-notice.pdf",
)  # fmt: skip
MILESTONES = (  # M3, M4, M8: 50, 25 and 25 % of TRN-02 (96,000.00); M5 to M7: TRN-03 (145.00) by user
    ("M1", "2007-10-12", "0.00"), ("M2", "2007-11-01", "0.00"), ("M3", "2007-12-14", "48000.00"),
    ("M4", "2008-01-25", "24000.00"), ("M5", "2008-02-22", "8700.00"), ("M6", "2008-03-14", "46400.00"),
    ("M7", "2008-03-28", "89900.00"), ("M8", "2008-04-01", "24000.00"),
)  # fmt: skip
TRANSITION = {
    "milestones": [
        {"milestone": label, "state": "achieved", "certificate": f"MC-{day[:4]}-{number:06}", "achieved_on": day,
         "fallen_due_gbp": due}
        for (label, day, due), number in zip(MILESTONES, (1, 2, 3, 1, 2, 3, 4, 5), strict=True)
    ] + [{"milestone": "M9", "state": "planned", "certificate": "", "achieved_on": None, "fallen_due_gbp": "0.00"}],
    "interim_ends_on": "2008-03-31", "shared_starts_on": "2008-04-01",
}  # fmt: skip
RERATING = {
    "monthly_before_gbp": "186762.60", "monthly_after_gbp": "179096.50", "saving_gbp_a_year": "91993.20",
    "effective_on": "2008-07-01",
    "services_changed": ["CALL-05", "CALL-06", "CORE-01", "CORE-02", "CORE-04", "CORE-06", "CORE-07", "CORE-08", "CORE-09",
                         "CORE-15", "CORE-16", "CORE-17"],
}  # fmt: skip
VARIATIONS = [  # 100 and 150 seats at 109.66 a month for the 48 months left, of 11,252,943.00 (dius_variations.csv)
    {"variation": "VAR-01", "value_gbp": "526368.00", "share_percent": "4.68", "cumulative_percent": "4.68",
     "change_notice_first": False},
    {"variation": "VAR-02", "value_gbp": "789552.00", "share_percent": "7.02", "cumulative_percent": "11.69",
     "change_notice_first": True},
]  # fmt: skip
TRANSFER = {  # 11,252,943.00 with 526,368.00 and 789,552.00
    "from": "DIUS", "to": "BIS", "contracts": 1, "value_before_gbp": "12568863.00", "value_after_gbp": "12568863.00",
}  # fmt: skip
AT_ITS_END = {
    "ceiling_gbp": "100000000.00", "committed_gbp": "92183883.80", "reserved_gbp": "0.00", "headroom_gbp": "7816116.20",
}  # fmt: skip
CREDITS = {  # 1.6 and 3.6 points of 179,096.50; 9 points of CALL-03: 6 at 1,363.00, 6 % below its list price
    "month": "2008-09", "monthly_charge_gbp": "179096.50", "cap_gbp": "17909.65",
    "credits": [{"measure_code": "EUS-B", "credit_gbp": "2865.54"}, {"measure_code": "SD-S-FIX", "credit_gbp": "6447.47"},
                {"measure_code": "APP-S", "credit_gbp": "736.02"}],
    "applied_gbp": "10049.03", "capped_off_gbp": "0.00",
}  # fmt: skip
ONS = {
    "monthly_gbp": "637847.80", "interim_gbp": "0.00", "one_off_gbp": "652500.00", "whole_life_gbp": "23615020.80",
    "levy_gbp": "118075.10", "saving_gbp_a_year": "5260826.40", "carbon_saved_kg_a_year": "759860.00",
    "volumes": {"seats": 8000, "devices": 9265, "sites": 16, "servers": 64, "applications": 31},
    "charges_by_financial_year": {"2008/09": "6393130.20", "2009/10": "7654173.60", "2010/11": "7654173.60", "2011/12": "1913543.40"},
}  # fmt: skip
ON_THE_WAY = ["call_off.clarification_asked", "call_off.clarified", "call_off.counter_proposed", "call_off.counter_refused", "call_off.confirmed"]
ONS_AFTER = {
    "ceiling_gbp": "100000000.00", "committed_gbp": "90867963.80", "reserved_gbp": "0.00", "headroom_gbp": "9132036.20",
}  # fmt: skip


@pytest.mark.usefixtures("db")
def test_it_plays_to_eight_documents_with_the_figures_of_the_domain(live_worker, tmp_path):
    playing = subprocess.Popen(
        [sys.executable, "manage.py", "story", "--out", str(tmp_path)], cwd=ROOT, env=live_worker.environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    first = playing.stdout.readline()
    assert first.startswith("2007-10-01") and playing.poll() is None, "a line is there when its act is done"
    said, _ = playing.communicate()
    assert playing.returncode == 0, said
    for name in DOCUMENTS:
        assert f"\n{name}: VALID: " in said, "a verdict says of which file it is"
    assert said.count("VALID") == len(DOCUMENTS)
    told = json.loads((tmp_path / "story.json").read_text(encoding="utf-8"))
    assert set(told) == {"dius", "ons", "framework", "transition", "rerating", "variations", "service_credits", "transfer"}
    assert told["transition"] == TRANSITION
    assert told["rerating"] == RERATING
    assert told["variations"] == VARIATIONS
    assert told["service_credits"] == CREDITS
    assert told["transfer"] == TRANSFER
    assert set(told["dius"]) == set(told["ons"]) == ORDER
    assert {key: told["dius"][key] for key in DIUS} == DIUS
    assert told["dius"]["charges_by_financial_year"] == DIUS_YEARS
    assert told["dius"]["framework_after"] == DIUS_AFTER
    assert {key: told["ons"][key] for key in ONS} == ONS
    assert [act["action"] for act in told["ons"]["actions"] if act["action"] in ON_THE_WAY] == ON_THE_WAY
    assert told["ons"]["framework_after"] == ONS_AFTER
    assert told["framework"] == AT_ITS_END
    checked = subprocess.run(
        [sys.executable, "manage.py", "check_invariants"], cwd=ROOT, env=live_worker.environment, capture_output=True, text=True
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    for prefix, name in (("", "dius"), ("ons-", "ons")):
        assert len(told[name]["document_sha256"]) == 6  # made, sealed, three signatures, the archive timestamp
        assert {"action", "role", "organisation", "at"} == set().union(*told[name]["actions"])
        with pikepdf.open(tmp_path / f"{prefix}contract.pdf") as opened:
            inside = opened.attachments["order.json"].get_file().read_bytes()
        assert inside == (tmp_path / f"{prefix}order.json").read_bytes()
        assert json.loads(inside)["contract"]["revision_hash"] == told[name]["revision_hash"]
