"""Joiners and leavers inside the tolerance of a contract's quantities: asked, accepted, counted, paid for, and what they may not."""

import random
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from contracts import charges, exiting, periodic, requesting, rerating, terms, tolerance
from contracts.models import ChangeRequest, ContractVersion
from documents.models import Email
from documents.refusal import Refused
from procurement import capacity, workflow
from procurement import tolerance as ordering
from procurement.models import CapacityAccount, CapacityEntry, VolumeEntry
from tests import cast, paper
from tests.cast import START
from tests.contracts import ending_cast
from tests.contracts import request_cast as made
from tests.contracts import variation_cast as varied
from tests.contracts.transition_cast import MANAGER, SERVICE, on
from tests.procurement.test_pages import post, sign_in
from tests.refusals import refused

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("accepted_with_tolerance")]
# 5 % of each recurring service of DIUS, in whole units, at its price, over 55 months
EDGE = 55 * (
    35 * Decimal("74.88") + 15 * Decimal("99.84") + 50 * sum(map(Decimal, ("12.96", "9.22", "7.58", "6.14"))) + 22 * Decimal("15.55")
    + 6 * Decimal("22.32") + 40 * Decimal("4.90") + 10 * Decimal("14.11") + 50 * Decimal("10.97") + 2 * Decimal("109.74")
)  # fmt: skip
A_SEAT = sum(map(Decimal, ("74.88", "12.96", "9.22", "7.58", "6.14", "4.90")))  # GBP a month, of what ``made.seats`` moves


def executed():
    return paper.executed(cast.accepted_with_tolerance())


def account() -> CapacityAccount:
    return CapacityAccount.objects.get(framework=cast.framework())


def whole_life(contract) -> Decimal:
    return sum(charges.by_line_and_month(terms.ledger(terms.put_together(terms.read(contract)))).values(), Decimal(0))


def quantity(contract, code: str, site: str, day: date = made.DAY) -> int:
    lines = terms.as_of(terms.put_together(terms.read(contract)), day).lines
    return sum(line.quantity for line in lines if (line.line.service.code, line.line.site) == (code, site))


def test_what_is_accepted_changes_the_terms_from_its_day_and_is_paid_out_of_the_upper_edge():
    contract = executed()
    before, committed = whole_life(contract), account().committed_gbp
    assert account().reserved_gbp == EDGE, "reserved with the order, and kept when that became a contract"
    one = made.asked(contract)
    value = 52 * made.PLUS * A_SEAT  # from July 2008 to October 2012
    assert (one.state, one.value_gbp, account().reserved_gbp) == ("asked", value, EDGE)
    assert whole_life(contract) == before, "nothing holds before it is accepted"
    one = made.accepted(one)
    assert (one.state, one.answered_by_name != "") == ("accepted", True)
    assert whole_life(contract) == before + value
    assert (account().reserved_gbp, account().committed_gbp) == (EDGE - value, committed + value)
    version = contract.versions.get(kind=ContractVersion.Kind.CHANGE_REQUEST)
    assert (version.effective_from, version.caused_by, version.document) == (made.DAY, "CR-01", contract.document)
    assert quantity(contract, "CORE-01", "London") == 434 + made.PLUS
    assert quantity(contract, "CORE-01", "London", made.DAY - timedelta(days=1)) == 434
    assert VolumeEntry.objects.get(key=f"volume:{one.public_id}:seats").quantity == made.PLUS
    call_command("check_invariants")


def test_the_upper_edge_is_given_back_when_the_order_ends_and_when_its_contract_does():
    contract = executed()
    ended = exiting.expire(contract, at=ending_cast.over(contract))
    assert (ended.state, account().reserved_gbp) == ("expired", 0)
    cast.leave_free(Decimal(50_000_000))
    order = cast.submitted()
    for email in cast.ROUTE[:4]:
        cast.decide(order, email)
    edge = ordering.edge_of_revision(order.revision)  # at the prices that the first contract has brought down
    assert edge < EDGE and account().reserved_gbp == order.revision.whole_life_gbp + edge
    workflow.withdraw(order, reason="Not needed.", by=cast.requester(), at=START)
    assert account().reserved_gbp == 0
    call_command("check_invariants")


def test_an_order_that_fits_without_its_upper_edge_alone_is_not_approved():
    order = cast.submitted()
    for email in cast.ROUTE[:3]:
        cast.decide(order, email)
    cast.leave_free(order.revision.whole_life_gbp + EDGE - 1)
    assert "for the upper edge of its quantities" in refused(cast.decide, order, cast.ROUTE[3])


def test_a_notice_that_takes_effect_gives_the_upper_edge_back():
    ending_cast.in_effect(executed())
    assert account().reserved_gbp == 0
    call_command("check_invariants")


def test_up_and_down_count_together_over_all_sites_and_what_goes_back_counts_no_more():
    contract = executed()
    made.accepted(made.asked(contract, more=20))
    made.accepted(made.asked(contract, more=-10, site="Sheffield"))
    room = tolerance.rooms(terms.read(contract), Decimal(5), made.DAY)["CORE-01"]
    assert (room.signed, room.most, room.moved, room.left) == (700, 35, 30, 5)
    words = refused(made.asked, contract, more=6)
    assert "CORE-01: of 700 units as signed 35 may move, up and down together; with this 36 would have" in words
    assert "More than that is a variation." in words
    made.accepted(made.asked(contract, more=-20))
    assert tolerance.rooms(terms.read(contract), Decimal(5), made.DAY)["CORE-01"].moved == 10, "London is as it was signed"
    made.accepted(made.asked(contract, more=25))
    call_command("check_invariants")


def test_money_that_was_committed_is_not_given_back_and_not_taken_twice():
    contract = executed()
    made.accepted(made.asked(contract, more=20))
    committed = account().committed_gbp
    made.accepted(made.asked(contract, more=-20, day=date(2008, 8, 1)))
    assert account().committed_gbp == committed
    made.accepted(made.asked(contract, more=20, day=date(2008, 9, 1)))
    assert account().committed_gbp == committed, "the month in between is less than what is committed already"
    call_command("check_invariants")


def test_a_later_day_counts_too():
    contract = executed()
    made.accepted(made.asked(contract, more=30, day=date(2008, 9, 1)))
    assert "on 1 September 2008" in refused(made.asked, contract, more=10, day=date(2008, 7, 1))


def test_what_a_variation_has_signed_is_what_the_tolerance_is_of():
    contract = executed()
    made.accepted(made.asked(contract, more=35))
    assert "36 would have" in refused(made.asked, contract, more=1)
    paper.variation_executed(varied.approved(varied.assessed("VAR-01", contract)))
    day = date(2008, 11, 1)
    room = tolerance.rooms(terms.read(contract), Decimal(5), day)["CORE-01"]
    assert (room.signed, room.most, room.moved) == (800, 40, 35)
    made.accepted(made.asked(contract, more=5, day=day))
    call_command("check_invariants")


def test_the_rules_per_seat_hold_and_nothing_is_new_or_given_up():
    contract, by = executed(), cast.person(MANAGER)

    def ask(wanted, day=made.DAY):
        return refused(requesting.ask, contract, wanted, effective_on=day, reason="Joiners.", by=by, at=START)

    assert "CORE-06" in ask({("CORE-01", "London"): 5}), "every seat takes mail"
    assert "CORE-03, London: the contract has none of it on that day." in ask({("CORE-03", "London"): 1})
    assert "the contract has none of it on that day" in ask({("CORE-01", "Swindon"): 1})
    assert "of 3 units as signed 0 may move" in ask({("CORE-11", "Sheffield"): -1}) or "nothing of it would be left" in ask({("CORE-11", "Sheffield"): -1})
    assert "Say of which services" in ask({("CORE-01", "London"): 0})
    assert "tomorrow at the earliest" in ask({("CORE-01", "London"): 5}, START.date())
    assert "the contract runs from" in ask({("CORE-01", "London"): 5}, date(2013, 1, 1))
    assert "Say why there are more or fewer" in refused(
        requesting.ask, contract, made.seats(contract, 5), effective_on=made.DAY, reason=" ", by=by, at=START
    )


def test_only_the_contract_manager_asks_and_only_the_suppliers_managers_answer_what_they_were_shown():
    contract = executed()
    assert "Only the contract manager" in refused(made.asked, contract, email=SERVICE)
    assert "Only the contract manager" in refused(made.asked, contract, email="requester@dius.example")
    one = made.asked(contract)
    assert "Only the service manager or the account manager" in refused(made.accepted, one, email=MANAGER)
    assert "Only the service manager or the account manager" in refused(made.accepted, one, email=cast.DESK)
    assert "What you were shown is not what was asked" in refused(
        requesting.accept, one, shown_hash="0" * 64, by=cast.person(SERVICE), at=START
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        ChangeRequest.objects.filter(pk=one.pk).update(state="accepted", answered_by=one.asked_by)
    made.accepted(one)
    assert "Change request CR-01 is accepted." in refused(made.refused, one)
    with pytest.raises(IntegrityError, match="the answer to a change request stays"), transaction.atomic():
        ChangeRequest.objects.filter(pk=one.pk).update(answered_by_name="x")


def test_it_is_refused_withdrawn_or_lapses_and_the_quantities_stay():
    contract = executed()
    before, reserved = whole_life(contract), account().reserved_gbp
    assert made.refused(made.asked(contract)).answer == "There is nobody to install them."
    assert made.withdrawn(made.asked(contract)).state == "withdrawn"
    late = made.asked(contract, day=date(2008, 7, 1))
    assert "Say why not" in refused(requesting.decline, late, words="", by=cast.person(SERVICE), at=START)
    assert f"{late} is lapsed" in periodic.run(on(date(2008, 7, 1)))
    assert "came before it was accepted" in cast.fresh(late).answer
    assert (whole_life(contract), account().reserved_gbp) == (before, reserved)
    assert not CapacityEntry.objects.filter(holder__startswith="contracts.changerequest").exists()
    call_command("check_invariants")


def test_one_that_is_open_when_the_contract_ends_lapses():
    contract = executed()
    one = made.asked(contract, day=contract.ends_on)
    at = ending_cast.over(contract)
    periodic.run(at)
    assert cast.fresh(one).state == "lapsed" and cast.fresh(contract).state == "expired"


def test_a_contract_without_a_reserved_edge_takes_its_room_when_it_is_accepted():
    """As one of before the framework reserved it."""
    contract = executed()
    capacity.release_all(capacity.edge_of(contract.call_off), at=START)
    one = made.asked(contract)
    cast.leave_free(one.value_gbp - 1)
    assert "is free under its ceiling" in refused(made.accepted, one)
    assert cast.fresh(one).state == "asked"
    cast.leave_free(one.value_gbp)
    made.accepted(one)
    assert (account().reserved_gbp, account().headroom_gbp) == (0, 0)


def test_a_contract_without_a_tolerance_varies_all_its_quantities():
    cast.leave_tolerance(Decimal(0))
    cast.leave_free(Decimal(50_000_000))
    before = account().reserved_gbp
    contract = paper.executed(cast.accept(cast.with_supplier()))
    assert account().reserved_gbp == before, "nothing moves, and nothing is reserved"
    cast.leave_tolerance(Decimal(5))
    assert "leaves its quantities no tolerance" in refused(made.asked, contract), "what counts is what was signed"


def test_it_counts_in_the_shares_of_variations_and_does_not_pass_the_frameworks_control():
    contract = executed()
    one = made.accepted(made.asked(contract, more=30))
    first = varied.assessed("VAR-01", contract)
    assert first.revision.cumulative_gbp == first.revision.value_gbp + one.value_gbp
    assert '"label":"CR-01"' in first.revision.content
    second = varied.assessed("VAR-02", contract)
    assert second.revision.cumulative_percent > 10
    words = refused(made.asked, contract, more=-5)
    assert "over the framework’s control of 10 %" in words and "It is a variation then" in words


def test_one_service_exchanged_for_another_counts_though_it_adds_little():
    contract = executed()
    wanted = {("CORE-08", ""): 20, ("CORE-09", ""): -6}
    one = requesting.ask(contract, wanted, effective_on=made.DAY, reason="Other work.", by=cast.person(MANAGER), at=START)
    more, fewer = 20 * Decimal("15.55") * 52, 6 * Decimal("22.32") * 52
    assert (one.value_gbp, one.counted_gbp) == (more - fewer, more)
    made.accepted(one)
    first = varied.assessed("VAR-01", contract)
    assert first.revision.cumulative_gbp == first.revision.counted_gbp + one.counted_gbp
    call_command("check_invariants")


def test_prices_that_fall_for_it_fall_in_its_money_and_what_was_asked_before_is_accepted_for_less():
    contract = executed()
    one = made.asked(contract)
    cast.add_volume("seats", 1500)
    assert rerating.rerate(contract, at=START)
    before = whole_life(contract)
    made.accepted(one)
    assert whole_life(contract) - before < one.value_gbp
    call_command("check_invariants")


def test_what_has_come_to_more_since_it_was_asked_is_asked_anew():
    """Of fewer units at lower prices less is saved than was asked for."""
    contract = executed()
    one = made.asked(contract, more=made.MINUS)
    cast.add_volume("seats", 1500)
    rerating.rerate(contract, at=START)
    assert "it was asked at" in refused(made.accepted, one)


@pytest.mark.parametrize("seed", range(4))
def test_any_sequence_of_them_stays_inside_and_is_charged_by_its_days(seed):
    """Against the quantities of each day, added up one by one."""
    contract, chance = executed(), random.Random(seed)
    done: list[tuple[date, int]] = []
    for _turn in range(6):
        day, more = date(2008, chance.randint(5, 9), chance.randint(1, 28)), chance.choice([-30, -12, -3, 4, 11, 25])
        try:
            made.accepted(made.asked(contract, more=more, day=day))
        except Refused:
            continue
        done.append((day, more))
    month, days = date(2008, 8, 1), 31
    moved = sum(sum(more for since, more in done if since <= month + timedelta(days=n)) for n in range(days))
    found = charges.by_line_and_month(terms.ledger(terms.put_together(terms.read(contract))))
    line = contract.lines.get(service__code="CORE-01", site="London")
    exact = (Decimal("74.88") * (434 * days + moved) / days).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    assert found[line.number, month] == exact
    for n in range(150):
        on_day = sum(more for since, more in done if since <= date(2008, 5, 1) + timedelta(days=n))
        assert abs(on_day) <= 35
    call_command("check_invariants")


def test_its_pages_ask_show_and_accept_it(client):
    contract = executed()
    lines = {line.service.code: line.number for line in contract.lines.filter(phase="shared") if line.site in ("London", "")}
    address = reverse("contracts:ask_change", args=[contract.public_id])
    sign_in(client, MANAGER)
    assert address in client.get(reverse("contracts:variations", args=[contract.public_id])).content.decode()
    page = client.get(address).content.decode()
    assert "5% of what was signed" in page and "CORE-11" not in page, "of three lines no unit may move"
    sent = {f"line_{lines[code]}": "3" for code in ("CORE-01", "CORE-04", "CORE-06", "CORE-07", "CORE-15", "CORE-16")}
    sent |= {"reason": "Joiners.", "effective_on_day": "1", "effective_on_month": "7", "effective_on_year": "2008"}
    answer = post(client, address, **sent)
    assert answer.status_code == 302
    one = ChangeRequest.objects.get()
    page = client.get(answer["Location"]).content.decode()
    assert "Change request CR-01" in page and "+3" in page and "Withdraw" in page
    assert Email.objects.filter(template="contracts/email/change_asked.txt").count() == 2
    sign_in(client, SERVICE)
    assert "change request CR-01 to accept or refuse" in client.get("/").content.decode()
    act = reverse("contracts:change_request_act", args=[contract.public_id, 1, "accept"])
    assert one.content_hash in client.get(act).content.decode()
    assert client.get(reverse("contracts:change_request_act", args=[contract.public_id, 1, "approve"])).status_code == 404
    assert post(client, act, shown_hash=one.content_hash, words="Welcome.").status_code == 302
    assert cast.fresh(one).state == "accepted"
    page = client.get(reverse("contracts:terms_in_force", args=[contract.public_id]), {"on": "2008-07-01"}).content.decode()
    assert reverse("contracts:change_request", args=[contract.public_id, 1]) in page and "CR-01" in page
    page = client.get(reverse("contracts:variations", args=[contract.public_id])).content.decode()
    assert "Change requests" in page and "accepted" in page
    assert sign_in(client, "requester@ons.example").get(reverse("contracts:change_request", args=[contract.public_id, 1])).status_code == 404
