"""Whose desk it is on while a contract is being signed, and what a suspension does to a counter-proposal, in a browser."""

from datetime import timedelta

from documents import clock
from procurement import framework_life
from tests import cast, paper


def test_who_is_to_sign_is_named_and_reminded(visit):
    contract = paper.issued(cast.accepted())
    clock.step_to(cast.START + timedelta(days=1), by=cast.requester())
    buyer = visit("requester@dius.example")
    for name, address in (("order", f"/call-offs/{contract.call_off.public_id}/"), ("contract", f"/contracts/{contract.public_id}/")):
        buyer.go(address)
        assert "supplier signatory, Fujitsu Services (to sign the contract)" in buyer.text()
        buyer.look(f"{name}-being-signed")
    buyer.follow("Remind them")
    buyer.look("remind-signatory")
    buyer.press("Send the reminder")
    buyer.look("order-signatory-reminded")
    signatory = visit("supplier.signatory@fujitsu.example")
    signatory.look("home-to-sign")


def test_a_counter_proposal_under_a_suspended_framework_says_that_its_time_stands(visit):
    made = cast.countered()
    manager = "framework.manager@co.example"
    by = cast.person(manager)
    suspending = visit(manager)
    suspending.go("/framework/suspend/")
    assert "Counter-proposed by the supplier\t1\t" in suspending.text()
    suspending.look("suspend-with-counter-proposal")
    framework_life.suspend(cast.framework(), reason="The accounts are examined.", by=by, at=cast.START)
    for email, name in (("requester@dius.example", "department"), (cast.DESK, "supplier")):
        reader = visit(email)
        reader.go(f"/call-offs/{made.call_off.public_id}/")
        assert "the time to answer it stands" in reader.text()
        reader.look(f"counter-proposal-suspended-{name}")
