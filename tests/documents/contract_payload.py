"""Payloads of the call-off contract for tests: the real DIUS order, and made-up orders of 1, 40 or 400 lines.

Everything is computed here from config/data/flex with Decimal alone, apart from the product's own pricing, so that a
test which compares the two compares two computations.
"""

import csv
from copy import deepcopy
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from documents import canonical

DATA = Path(__file__).resolve().parents[2] / "config" / "data" / "flex"
KPIS = ("EUS-B", "SD-S-FIX", "SEC-R-REPORT")
PENNY = Decimal("0.01")

Row = dict[str, Any]


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


FRAMEWORK = yaml.safe_load((DATA / "framework.yaml").read_text(encoding="utf-8"))
CATALOGUE = {row["code"]: row for row in _rows("catalogue.csv")}
BANDS: dict[str, list[dict[str, str]]] = {}
for _band in _rows("price_bands.csv"):
    BANDS.setdefault(_band["price_bands"], []).append(_band)
VAT = [(date.fromisoformat(row["from"]), Decimal(row["percent"])) for row in _rows("vat_rates.csv")]


def _penny(amount: Decimal) -> Decimal:
    return amount.quantize(PENNY, rounding=ROUND_HALF_UP)


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _months_on(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return day.replace(year=index // 12, month=index % 12 + 1)


def _price(list_price: Decimal, discount: Decimal) -> Decimal:
    return _penny(list_price * (100 - discount) / 100)


def _discount(table: str, volume: int) -> Decimal:
    reached = [band for band in BANDS[table] if int(band["from_quantity"]) <= volume] or BANDS[table][:1]
    return Decimal(reached[-1]["discount_percent"])


def _slices(table: str, list_price: Decimal, quantity: int) -> list[Row]:
    bands = BANDS[table]
    out = []
    for band, following in zip(bands, [*bands[1:], None], strict=True):
        first = int(band["from_quantity"])
        last = min(quantity, int(following["from_quantity"]) - 1) if following else quantity
        if first <= last:
            price = _price(list_price, Decimal(band["discount_percent"]))
            out.append({
                "from_unit": first, "to_unit": last, "quantity": last - first + 1,
                "discount_percent": band["discount_percent"], "unit_price_gbp": _money(price),
                "total_gbp": _money(price * (last - first + 1)),
            })  # fmt: skip
    return out


def _lines(wanted: list[Row]) -> list[Row]:
    """Priced lines of rows {phase, service, site, quantity, starts_on, months}."""
    volumes = dict(FRAMEWORK["opening_volumes"])
    for row in wanted:
        adds = CATALOGUE[row["service"]]["adds_to_volume"]
        if row["phase"] == "shared" and adds:
            volumes[adds] = volumes.get(adds, 0) + row["quantity"]
    return [_line(number, row, volumes) for number, row in enumerate(wanted, 1)]


def _line(number: int, row: Row, volumes: dict[str, int]) -> Row:
    service = CATALOGUE[row["service"]]
    table, list_price = service["price_bands"], Decimal(service["list_price_gbp"])
    graduated = bool(table) and BANDS[table][0]["method"] == "graduated"
    volume = (row["quantity"] if graduated else volumes[table]) if table else None
    discount = _discount(table, 1 if graduated else volume) if table else Decimal(0)
    slices = _slices(table, list_price, row["quantity"]) if graduated else []
    price = _price(list_price, discount)
    amount = sum((Decimal(s["total_gbp"]) for s in slices), Decimal(0)) or price * row["quantity"]
    recurring = service["charge_type"] == "recurring"
    ends_on = _months_on(row["starts_on"], row["months"]) - timedelta(days=1) if row["months"] else None
    return {
        "number": number, "phase": row["phase"], "service": row["service"], "name": service["name"],
        "unit": service["unit"], "charge_type": service["charge_type"], "site": row["site"] or None,
        "quantity": row["quantity"], "list_price_gbp": _money(list_price), "discount_percent": str(discount),
        "volume": {"name": table, "quantity": volume} if table else None, "unit_price_gbp": _money(price),
        "starts_on": row["starts_on"].isoformat(), "ends_on": ends_on and ends_on.isoformat(),
        "months": row["months"], "monthly_gbp": _money(amount) if recurring else None,
        "total_gbp": _money(amount * row["months"] if recurring else amount),
        "service_level": service["service_level"] or None, "slices": slices,
    }  # fmt: skip


def _sum(lines: list[Row], key: str = "total_gbp") -> Decimal:
    return sum((Decimal(line[key]) for line in lines if line[key] is not None), Decimal("0.00"))


def _by_month(lines: list[Row]) -> dict[date, Decimal]:
    months: dict[date, Decimal] = {}
    for line in lines:
        start = date.fromisoformat(line["starts_on"])
        spread = line["months"] if line["monthly_gbp"] else 1
        for n in range(spread):
            month = _months_on(start, n)
            months[month] = months.get(month, Decimal(0)) + Decimal(line["monthly_gbp"] or line["total_gbp"])
    return months


def _years(lines: list[Row]) -> list[Row]:
    years: dict[str, list[Decimal]] = {}
    for month, net in sorted(_by_month(lines).items()):
        first = month.year if month.month >= 4 else month.year - 1
        rate = [percent for start, percent in VAT if start <= month][-1]
        entry = years.setdefault(f"{first}/{(first + 1) % 100:02d}", [Decimal(0), Decimal(0)])
        entry[0] += net
        entry[1] += _penny(net * rate / 100)
    return [
        {"year": year, "net_gbp": _money(net), "vat_gbp": _money(vat), "gross_gbp": _money(net + vat)}
        for year, (net, vat) in years.items()
    ]


def _vat_rates(lines: list[Row]) -> list[Row]:
    """The rates in force at some time between the first and the last day of the lines, each from its day."""
    first, last = min(x["starts_on"] for x in lines), max(x["ends_on"] or x["starts_on"] for x in lines)
    later = [start.isoformat() for start, _percent in VAT[1:]] + ["9999"]
    return [
        {"from": start.isoformat(), "percent": str(percent)}
        for (start, percent), until in zip(VAT, later, strict=True) if start.isoformat() <= last and until > first
    ]  # fmt: skip


def _phases(lines: list[Row]) -> list[Row]:
    out = []
    for phase in ("interim", "one_off", "shared", "usage"):
        own = [line for line in lines if line["phase"] == phase]
        if own:
            out.append({
                "phase": phase, "starts_on": min(line["starts_on"] for line in own),
                "ends_on": max((line["ends_on"] for line in own if line["ends_on"]), default=None),
                "monthly_gbp": _money(_sum(own, "monthly_gbp")) if any(x["monthly_gbp"] for x in own) else None,
                "total_gbp": _money(_sum(own)),
            })  # fmt: skip
    return out


def _totals(lines: list[Row], years: list[Row]) -> Row:
    of = {
        phase: [line for line in lines if line["phase"] == phase]
        for phase in ("interim", "one_off", "usage", "shared")
    }
    whole = _sum(lines)
    vat = sum((Decimal(year["vat_gbp"]) for year in years), Decimal(0))
    return {
        "monthly_gbp": _money(_sum(of["shared"], "monthly_gbp")),
        **{f"{phase}_gbp": _money(_sum(own)) for phase, own in of.items()},
        "whole_life_gbp": _money(whole), "vat_gbp": _money(vat), "gross_gbp": _money(whole + vat),
        "levy_gbp": _money(_penny(whole * Decimal(FRAMEWORK["levy_percent"]) / 100)),
    }  # fmt: skip


def _milestone(row: dict[str, str], lines: list[Row]) -> Row:
    payments, effect = [], None
    for part in filter(None, (part.strip() for part in row["on_acceptance"].split(";"))):
        if part == "cutover":
            effect = "cutover"
        elif part == "interim lines start":
            effect = "interim_starts"
        elif " percent of " in part:
            percent, code = part.split(" percent of ")
            share = (
                sum(Decimal(x["total_gbp"]) for x in lines if x["service"] == code) * Decimal(percent) / 100
            )
            payments.append({"service": code, "name": CATALOGUE[code]["name"], "percent": percent, "quantity": None,
                             "amount_gbp": _money(share)})  # fmt: skip
        else:
            code, quantity = part.split(" x ")
            price = Decimal(next(x["unit_price_gbp"] for x in lines if x["service"] == code))
            payments.append({"service": code, "name": CATALOGUE[code]["name"], "percent": None,
                             "quantity": int(quantity), "amount_gbp": _money(price * int(quantity))})  # fmt: skip
    return {"number": row["number"], "title": row["title"], "planned_on": row["planned_on"],
            "criteria": [c.strip() for c in row["acceptance_criteria"].split(";")], "payments": payments,
            "effect": effect}  # fmt: skip


def _party(code: str) -> Row:
    row = next(row for row in _rows("organisations.csv") if row["code"] == code)
    return {"code": code, "name": row["name"], "identifier": row["identifier"], "address": row["address"],
            "crown": row["crown"] == "yes"}  # fmt: skip


DATA_PROTECTION = {
    "applies": True,
    "subject_matter": "Running the desktop, e-mail, storage and telephone services of the department's people.",
    "nature_and_purpose": "Storing, backing up, sending and restoring what users keep; answering calls for help.",
    "duration": "The term of this contract and the exit period.",
    "data_types": "Names, work contact details, account names, records of use, and whatever users store.",
    "data_subjects": "The department's staff and the people they correspond with.",
    "retention": "Returned in an open form at exit, then deleted within 30 days.",
    "sub_processors": "", "transfers": "",
}  # fmt: skip
SPECIAL_TERMS = [
    {"number": 1, "heading": "Runcorn lease", "text": "If the lease of the Runcorn Site ends early, the Lines for that "
     "Site end on the same day and no break cost is due for them.\n\nThe Customer gives three months' notice of it."},
    {"number": 2, "heading": "Records management", "text": "The Supplier keeps the present records system readable "
     "until the Customer confirms in writing that its records were moved."},
]  # fmt: skip


def _service_levels(lines: list[Row]) -> list[Row]:
    codes = {line["service_level"] for line in lines}
    return [
        {**row, "critical": row["critical"] or None, "kpi": row["measure_code"] in KPIS}
        for row in _rows("service_levels.csv") if row["service_level"] in codes
    ]  # fmt: skip


def _approved(title: str, wanted: list[Row], sites: list[Row], milestones: bool) -> Row:
    lines = _lines(wanted)
    years = _years(lines)
    starts = date.fromisoformat(min(line["starts_on"] for line in lines))
    ends = date.fromisoformat(max(line["ends_on"] for line in lines if line["ends_on"]))
    tables = sorted({line["volume"]["name"] for line in lines if line["volume"]})
    return {
        "schema": 1, "call_off": {"reference": "CO-2007-000001", "revision": 1, "title": title},
        "framework": {
            "reference": FRAMEWORK["reference"], "title": FRAMEWORK["title"],
            "starts_on": FRAMEWORK["starts_on"].isoformat(), "ends_on": FRAMEWORK["ends_on"].isoformat(),
            "regime": FRAMEWORK["regime"], "levy_percent": "0.5",
            "service_credit_cap_percent": FRAMEWORK["service_credit_cap_percent_of_monthly_charges"],
            "variation_control_percent": FRAMEWORK["variation_control_percent"],
            "quantity_tolerance_percent": FRAMEWORK["quantity_tolerance_percent"],
            "indexation": FRAMEWORK["indexation"], "signing_order": FRAMEWORK["signing_order"],
        },
        "parties": {"department": _party("DIUS"), "authority": _party("CO"), "supplier": _party("FUJITSU")},
        "release": {"number": 1, "valid_from": "2007-05-21"}, "matrix_version": 1, "price_hold_until": "2007-12-30",
        "term": {"starts_on": starts.isoformat(), "ends_on": ends.isoformat(),
                 "months": (ends.year - starts.year) * 12 + ends.month - starts.month + 1, "extension_months": 8},
        "sites": sites, "lines": lines,
        "band_tables": [
            {"code": code, "scope": BANDS[code][0]["scope"], "method": BANDS[code][0]["method"],
             "bands": [{"from_quantity": int(band["from_quantity"]), "discount_percent": band["discount_percent"]}
                       for band in BANDS[code]]}
            for code in tables
        ],
        "totals": _totals(lines, years), "charges_by_financial_year": years, "charges_by_phase": _phases(lines),
        "vat_rates": _vat_rates(lines),
        "milestones": [_milestone(row, lines) for row in _rows("dius_milestones.csv")] if milestones else [],
        "service_levels": _service_levels(lines), "special_terms": deepcopy(SPECIAL_TERMS),
        "data_protection": dict(DATA_PROTECTION), "staff_transfer": {"applies": False, "text": ""},
        "attachments": [
            {"kind": kind, "sha256": sha256(kind.encode()).hexdigest(), "length": length}
            for kind, length in (("business_case", 184_320), ("specification", 65_536))
        ],
        "spend_control_reference": "SC-2007-0418", "budget_commitment": sha256(b"a salt and a code").hexdigest(),
    }  # fmt: skip


_ACTS = (
    ("submitted", "DIUS requester", "requester", "DIUS", "", "2007-10-01T08:00:00Z"),
    ("endorsed", "DIUS budget holder", "budget holder", "DIUS", "", "2007-10-02T08:00:00Z"),
    ("endorsed", "DIUS technology officer", "technology officer", "DIUS", "", "2007-10-02T09:00:00Z"),
    ("endorsed", "DIUS finance director", "finance director", "DIUS", "", "2007-10-03T08:00:00Z"),
    ("committed", "DIUS accounting officer", "accounting officer", "DIUS", "budget", "2007-10-03T14:42:00Z"),
    ("endorsed", "Cabinet Office commercial lead", "commercial lead", "CO", "", "2007-10-04T08:00:00Z"),
    ("endorsed", "Cabinet Office finance lead", "finance lead", "CO", "", "2007-10-04T09:00:00Z"),
    (
        "committed",
        "Cabinet Office deputy director",
        "deputy director",
        "CO",
        "purchase",
        "2007-10-05T08:00:00Z",
    ),
    ("accepted", "Fujitsu Services order desk", "order desk", "FUJITSU", "", "2007-10-08T08:00:00Z"),
)


def _evidence(revision_hash: str, real_at: str) -> list[Row]:
    return [
        {"act": act, "name": name, "post": post, "organisation": _party(code)["name"], "acting_for": "",
         "delegation": f"{kind} delegation of 21 May 2007 to 20 May 2014" if kind else "", "at": at,
         "real_at": real_at or at, "revision_hash": revision_hash}
        for act, name, post, code, kind, at in _ACTS
    ]  # fmt: skip


_CONTACTS = (
    ("The Supplier", "Fujitsu Services supplier signatory", "supplier signatory", "supplier.signatory@fujitsu.example", ""),
    ("The Customer", "DIUS contract manager", "contract manager", "contract.manager@dius.example", "020 7946 0123"),
    ("The Purchasing Authority", "Cabinet Office framework manager", "framework manager", "framework.manager@co.example", ""),
)  # fmt: skip


def payload_of(approved: Row, real_at: str = "2026-11-23T11:30:00Z") -> Row:
    """The document payload of an approved object; ``real_at`` empty means that both clocks agree."""
    revision_hash = canonical.sha256_hex(canonical.dumps(approved))
    accepted_at = _ACTS[-1][-1]
    roles = {
        "supplier": "The Supplier",
        "department": "The Customer",
        "authority": "The Purchasing Authority",
    }
    contract = {"schema": 2, "number": "CON-2007-000001", "accepted_at": accepted_at, "revision_hash": revision_hash}
    return {
        "order": {**approved, "contract": contract}, "evidence": _evidence(revision_hash, real_at),
        "particulars": {
            "purchase_order": "PO-4400017", "invoice_address": "Accounts Payable\nIllustrative address, London",
            "contacts": [
                {"role": role, "name": name, "post": post, "email": email, "telephone": telephone}
                for role, name, post, email, telephone in _CONTACTS
            ],
        },
        "signatories": [
            {"field": f"Signature_{party}", "role": roles[party], "name": approved["parties"][party]["name"],
             "identifier": approved["parties"][party]["identifier"]}
            for party in approved["framework"]["signing_order"]
        ],
        "issued": {"business_at": accepted_at, "real_at": real_at or accepted_at},
    }  # fmt: skip


def dius_approved() -> Row:
    """The approved object of the real DIUS call-off (dius_call_off.csv)."""
    wanted = [
        {"phase": row["phase"], "service": row["service"], "site": row["site"], "quantity": int(row["quantity"]),
         "starts_on": date.fromisoformat(row["starts_on"]), "months": int(row["months"]) if row["months"] else None}
        for row in _rows("dius_call_off.csv")
    ]  # fmt: skip
    sites = [{"name": row["site"], "seats": int(row["seats"])} for row in _rows("dius_sites.csv")]
    return _approved("Shared ICT service for 1,000 users at four sites", wanted, sites, milestones=True)


def dius() -> Row:
    """The document payload of the real DIUS call-off."""
    return payload_of(dius_approved())


_CYCLE = (
    "CORE-01",
    "CORE-02",
    "CORE-04",
    "CORE-06",
    "CORE-07",
    "CORE-08",
    "CORE-15",
    "CORE-16",
    "CALL-01",
    "CALL-05",
)


def sized(lines: int) -> Row:
    """A made-up order of so many lines; with more than one, the last is 150 days of exit services by slice."""
    if lines < 1:
        raise ValueError("an order has at least one line")
    start = date(2008, 4, 1)
    recurring = lines if lines == 1 else lines - 1
    places = -(-recurring // len(_CYCLE))
    wanted = [
        {"phase": "shared", "service": _CYCLE[n % len(_CYCLE)], "site": f"Office {n // len(_CYCLE) + 1}",
         "quantity": 25 * (n % 7 + 1), "starts_on": start, "months": 36}
        for n in range(recurring)
    ]  # fmt: skip
    if lines > 1:
        wanted.append({"phase": "usage", "service": "TRN-04", "site": "", "quantity": 150, "starts_on": start,
                       "months": 36})  # fmt: skip
    sites = [{"name": f"Office {n + 1}", "seats": 100} for n in range(places)]
    return payload_of(_approved(f"An order of {lines} lines", wanted, sites, milestones=False))
