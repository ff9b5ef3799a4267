"""A department is abolished, in a browser: prepared by the framework manager, agreed by the deputy director, looked at by both
departments and the supplier, in effect on its day; and a part of one, and a novation that three sign."""

import pytest

from contracts.models import Transfer
from documents import clock
from tests import cast, paper
from tests.contracts import transfer_cast as made
from tests.contracts import variation_cast as varied

pytestmark = pytest.mark.world("in_force")

WHY = "The department is abolished; its functions pass to another."


def day(visitor, name: str, on) -> None:
    for part, value in (("day", on.day), ("month", on.month), ("year", on.year)):
        visitor.page.locator(f"#id_{name}_{part}").fill(str(value))


def test_a_department_passes_to_another(visit):
    contract = paper.in_force()
    varied.decided(varied.submitted("VAR-01"), steps=1)
    cast.with_supplier()
    manager = visit(made.MANAGER)
    manager.go("/framework/")
    manager.follow("Machinery of government: transfers between departments")
    manager.look("transfers-none")
    manager.follow("Prepare a transfer")
    manager.press("Prepare", refused=True)
    manager.look("transfer-prepare-refused")
    manager.page.get_by_label("From which department?").select_option("DIUS")
    manager.page.get_by_label("To which department?").select_option("ONS")
    manager.page.get_by_label("Abolished, the receiving department takes over").check()
    manager.page.get_by_label("Transfer order, between bodies of the Crown").check()
    manager.fill("Number of the transfer order", "Illustrative order 2007/1")
    day(manager, "order_on", made.asked().order_on)
    day(manager, "effective_on", made.DAY)
    manager.fill("What changes, and why? Both departments and the supplier read it", WHY)
    manager.press("Prepare")
    manager.look("transfer-plan")
    transfer = Transfer.objects.get()
    page = f"/transfers/{transfer.public_id}/"

    director = visit(made.DIRECTOR)
    director.go("/")
    assert "transfer to agree to" in director.text()
    director.go(page)
    director.follow("Agree")
    director.look("transfer-agree")
    director.press("Agree")
    made.noticed(transfer.notices.get())
    director.go(page)
    director.look("transfer-agreed")
    supplier = visit("account.manager@fujitsu.example")
    supplier.go(f"{page}notices/1/")
    supplier.look("transfer-notice")
    department = visit("contract.manager@dius.example")
    department.go(page)
    department.look("transfer-of-department")

    clock.step_to(made.on(made.DAY), by=cast.person(made.MANAGER))
    manager.go(page)
    if "Let it take effect now" in manager.text():
        manager.follow("Let it take effect now")
        manager.look("transfer-apply")
        manager.press("Let it take effect now")
    else:
        made.taken(cast.fresh(transfer))
        manager.go(page)
    manager.look("transfer-applied")
    assert "Continued by Office for National Statistics." in manager.text()
    department.go(f"/contracts/{contract.public_id}/")
    assert "Passed from Department for Innovation, Universities and Skills to Office for National Statistics" in department.text()
    department.look("transfer-contract")
    department.go(f"/contracts/{contract.public_id}/terms/?on={made.DAY.replace(day=1).isoformat()}")
    assert "The department on that day: Department for Innovation, Universities and Skills." in department.text()
    department.look("transfer-terms")


def test_a_part_of_a_department_is_chosen_and_withdrawn(visit):
    contract = paper.in_force()
    cast.submitted()
    transfer = made.split()
    manager = visit(made.MANAGER)
    manager.go(f"/transfers/{transfer.public_id}/")
    manager.follow("Choose what passes")
    manager.page.get_by_label(contract.number).check()
    manager.page.get_by_label("DIUS contract manager").check()
    manager.look("transfer-choose")
    manager.press("Choose")
    manager.look("transfer-chosen")
    manager.follow("Withdraw")
    manager.fill("Reason", "The order was not made.")
    manager.press("Withdraw")
    manager.look("transfer-withdrawn")


def test_three_sign_a_novation(visit):
    contract = paper.in_force()
    transfer = made.agreed(made.prepared(made.novated()))
    one = made.novation_issued(made.novation(transfer))
    page = f"/transfers/{transfer.public_id}/novations/{contract.public_id}/"
    supplier = visit(made.NOVATION_PARTIES[0][1])
    supplier.go(page)
    supplier.look("novation")
    supplier.follow("Refuse to sign")
    supplier.look("novation-refuse")
    for party in made.NOVATION_PARTIES[:2]:
        one = made.sign_novation(one, *party)
    incoming = visit(made.NOVATION_PARTIES[2][1])
    incoming.go(page)
    incoming.look("novation-last")
