"""The pages that B2 and B3 read: by whom, and at which address. The numbers in them are of an order of DIUS that every
size has."""

from django.urls import reverse

from procurement.models import CallOff, CallOffState
from tests import cast

REQUESTER, APPROVER, LEAD = "requester@dius.example", "budget.holder@dius.example", "commercial.lead@co.example"
DEEPEST_OF_A_DEPARTMENT = 14  # page of its contracts, among ten thousand orders
READERS = (REQUESTER, APPROVER, LEAD, cast.DESK)


def lists() -> dict[str, tuple[str, str]]:
    """Name -> (who, address). Deep is a page that is there at every size."""
    orders, contracts, found = reverse("procurement:call_offs"), reverse("contracts:contracts"), reverse("search")
    one = CallOff.objects.filter(department=cast.dius(), state=CallOffState.CONTRACTED).latest("pk")
    number, bought = one.reference, one.particulars.purchase_order
    charges = reverse("contracts:charges", args=[one.contracts.get().public_id])
    pages = {}
    for who, email, deep, rare in (
        ("requester", REQUESTER, 19, number), ("lead", LEAD, 40, "b007"), ("supplier", cast.DESK, 40, "b007")
    ):  # fmt: skip
        pages |= {
            f"{who}_home": (email, reverse("home")),
            f"{who}_latest": (email, orders),
            f"{who}_deep": (email, f"{orders}?page={deep}"),
            f"{who}_number": (email, f"{orders}?q={number}"),
            f"{who}_purchase_order": (email, f"{orders}?q={bought}"),
            f"{who}_service": (email, f"{orders}?q=core-07"),
            f"{who}_text": (email, f"{orders}?q=core-07+{rare}"),
            f"{who}_common_state": (email, f"{orders}?state=contracted"),
            f"{who}_rare_state": (email, f"{orders}?state=with_supplier"),
            f"{who}_contracts": (email, contracts),
            f"{who}_contract_number": (email, f"{contracts}?q={number}"),
            f"{who}_contract_state": (email, f"{contracts}?state=preparing"),
            f"{who}_contracts_deep": (email, f"{contracts}?page={DEEPEST_OF_A_DEPARTMENT if email == REQUESTER else deep}"),
            f"{who}_contracts_ending": (email, f"{contracts}?ends=12"),
            f"{who}_contracts_by_end": (email, f"{contracts}?sort=ends"),
            f"{who}_charges": (email, charges),
            f"{who}_search": (email, f"{found}?q={number}"),
        }
    return pages | {
        "approver_home": (APPROVER, reverse("home")),
        "lead_department": (LEAD, f"{orders}?department=DIUS"),
        "lead_small_department": (LEAD, f"{orders}?department=B007"),
        "lead_department_and_state": (LEAD, f"{orders}?department=DIUS&state=returned"),
    }


def counts() -> dict[str, tuple[str, str]]:
    """The framework's page has the bar, the bands, and for the authority the orders by state and what is expected;
    savings are those of every department, of one, and of each of its contracts."""
    framework, joining = reverse("procurement:framework"), reverse("procurement:joining")
    own = reverse("contracts:department_savings", args=["DIUS"])
    return {
        "requester_framework": (REQUESTER, framework), "supplier_framework": (cast.DESK, framework),
        "lead_framework": (LEAD, framework), "lead_joining": (LEAD, joining),
        "lead_savings": (LEAD, reverse("contracts:savings_in_sum")), "requester_savings": (REQUESTER, own),
        "requester_savings_by_contract": (REQUESTER, f"{own}contracts/"),
    }  # fmt: skip
