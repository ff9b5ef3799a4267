"""What a framework's end does to a contract in signing: void until the third act, untouched after it; a suspension changes
nothing of it."""

from datetime import datetime

import pytest

from contracts import formation, periodic
from contracts.models import Contract
from documents import audit, store
from documents.clock import LONDON
from documents.management.commands.check_invariants import FILE, broken, read
from documents.models import Email
from documents.refusal import Refused
from procurement import framework_life
from procurement import periodic as procurement_periodic
from procurement.models import CapacityAccount
from tests import cast, paper
from tests.cast import START

pytestmark = pytest.mark.usefixtures("db")
MANAGER, DIRECTOR = "framework.manager@co.example", "deputy.director@co.example"
EXPIRED = datetime(2014, 5, 21, tzinfo=LONDON)
INVARIANTS = read(FILE.read_text(encoding="utf-8"))


def terminate():
    framework_life.propose_termination(cast.framework(), reason="Insolvent.", by=cast.person(MANAGER), at=START)
    framework_life.terminate(cast.framework(), by=cast.person(DIRECTOR), at=START)


@pytest.mark.world("accepted")
def test_an_accepted_order_lapses_and_its_contract_is_void_before_its_document_is_made():
    contract = cast.accepted()
    call_off = contract.call_off
    terminate()
    assert periodic.run(START) == [f"{contract.number} is void"]
    assert periodic.run(START) == []
    assert (cast.fresh(contract).state, cast.fresh(call_off).state) == ("void", "lapsed")
    assert cast.fresh(contract).void_reason == cast.fresh(call_off).ended_reason == "The framework has ended."
    assert CapacityAccount.objects.get().reserved_gbp == 0
    assert [e.after for e in audit.history(call_off)][-2:] == ["returned", "lapsed"]
    told = Email.objects.filter(recipient="requester@dius.example")
    assert told.filter(template__contains="void").count() == told.filter(template="procurement/email/ended.txt").count() == 1
    assert not told.filter(template__contains="returned").exists(), "it does not come back to be amended"
    assert broken(INVARIANTS) == []
    cast.run_all_jobs()  # the document that was asked for is not made any more
    assert store.head(contract.document) is None


@pytest.mark.world("issued")
def test_two_of_three_signatures_do_not_save_it_and_the_third_act_does():
    contract = cast.contract()
    for party, email in cast.SIGNATORIES[:2]:
        act = paper.act(contract, party, email)
        assert periodic.run(START) == [], "its framework is in force"
        paper.put_on(act, contract)
    framework_life.suspend(cast.framework(), reason="Examined.", by=cast.person(MANAGER), at=START)
    act = paper.act(contract, *cast.SIGNATORIES[2])  # a suspension stops no signature
    terminate()
    assert periodic.run(EXPIRED) == [], "all three have acted, though the last seal is still to come"
    paper.put_on(act, contract)
    assert (cast.fresh(contract).state, cast.fresh(contract.call_off).state) == ("executed", "contracted")
    said = procurement_periodic.run(EXPIRED)  # whoever was on their way to join; no order and no contract
    reminded = [words for words in said if words == f"{contract.call_off.reference}: reminded"]  # what is owed for it still is
    ended = [words for words in said if words not in reminded]
    assert ended and all(words.endswith("on FLEX-2007 withdrawn") for words in ended)
    assert periodic.run(EXPIRED) == [f"{contract.number} is expired"], "its own last day is over by then, and nothing else"
    assert periodic.run(EXPIRED) == [] == procurement_periodic.run(EXPIRED)
    assert (cast.fresh(contract).state, cast.fresh(contract.call_off).state) == ("expired", "contracted")
    assert broken(INVARIANTS) == []


@pytest.mark.world("issued")
def test_nobody_signs_after_the_last_midnight():
    contract = cast.contract()
    shown = store.head(contract.document).sha256
    with pytest.raises(Refused, match="has ended"):
        formation.sign(contract, "supplier", shown_sha256=shown, by=cast.person(cast.SIGNATORIES[0][1]), at=EXPIRED)
    procurement_periodic.run(EXPIRED)
    assert periodic.run(EXPIRED) == [f"{contract.number} is void"]
    assert Contract.objects.get().signed_on is None


@pytest.mark.world("issued")
def test_an_act_whose_seal_is_being_put_on_is_waited_for():
    contract = cast.contract()
    cast.sign(contract, *cast.SIGNATORIES[0])
    terminate()
    assert periodic.run(START) == []
    cast.run_all_jobs()
    assert periodic.run(START) == [f"{contract.number} is void"]
