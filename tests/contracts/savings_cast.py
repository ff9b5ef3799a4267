"""What savings are compared with, and what is kept of them, in one call each."""

from datetime import date, datetime
from decimal import Decimal

from contracts import cutover, savings, savings_kept
from contracts.models import Contract, ContractSavings, DepartmentSavings
from procurement import baselines
from procurement.models import Accession, Baseline
from tests import cast
from tests.cast import START

DIUS, DIRECTOR = "requester@dius.example", "finance.director@dius.example"
CUTOVER, AFTER_A_YEAR = date(2008, 4, 1), date(2009, 4, 20)


def accession(code: str = "DIUS") -> Accession:
    return Accession.objects.select_related("framework", "department").get(department__code=code)


def stated(amount: str = "2990.50", at: datetime = START) -> Baseline:
    return baselines.state(
        accession(), gbp_per_user_year=Decimal(amount), method="The accounts of 2006/07.", by=cast.person(DIUS), at=at
    )


def signed_off(email: str = DIRECTOR, at: datetime = START):
    return baselines.sign_off(accession(), shown_hash=baselines.shown_of(accession()), by=cast.person(email), at=at)


def is_due(contract: Contract) -> bool:
    return ContractSavings.objects.get(contract=contract).is_due


def kept(contract: Contract) -> list[tuple]:
    fields = ("month", "seat_days", "charges_gbp", "unassessed_gbp", "fallen_gbp", "kg_before", "kg")
    return list(ContractSavings.objects.get(contract=contract).months.order_by("month").values_list(*fields))


def computed(contract: Contract, at: datetime = START) -> list[tuple]:
    """What ``contracts.savings`` says of the terms as the contract's page shows them."""
    standing = cutover.expected(cast.fresh(contract), at.date()).terms
    return [
        (m.month, m.seat_days, m.charges, m.unassessed, m.fallen, m.kg_before, m.kg) for m in savings.by_month(standing, None)
    ]


def run(at: datetime = START) -> None:
    assert savings_kept.run(at) == []


def of_department(code: str = "DIUS") -> dict:
    """GBP by month: what its seats cost before, and what is charged."""
    head = DepartmentSavings.objects.get(department__code=code)
    return {month: (baseline, charges) for month, baseline, charges in head.months.values_list("month", "baseline_gbp", "charges_gbp")}
