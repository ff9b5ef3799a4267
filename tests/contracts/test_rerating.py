"""Prices that fall for everybody: a notice, once, from the first of the following month; and never a rise."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from contracts import charges, exiting, periodic, rerating, terms
from contracts.models import Contract, ContractVersion
from documents import clock, jobs, store, verifying
from documents.management.commands.check_invariants import FILE, broken, read
from documents.models import Email, Job
from procurement.models import CapacityAccount, VolumeEntry
from tests import cast
from tests.cast import START
from tests.contracts import ending_cast
from tests.procurement.test_pages import sign_in

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("executed")]
LATER = datetime(2008, 6, 20, 10, 0, tzinfo=clock.LONDON)
JULY = date(2008, 7, 1)


def ordered(volume: str, quantity: int, on: date, source: str = "CO-2008-000002") -> None:
    """Another department's contract is executed on that day."""
    VolumeEntry.objects.create(framework=cast.framework(), volume=volume, quantity=quantity, effective_from=on,
                               source=source, key=f"volume:{source}:{volume}")  # fmt: skip


def monthly(contract, on: date) -> Decimal:
    standing = terms.as_of(terms.put_together(terms.read(contract)), on)
    return sum(line.monthly for line in standing.lines if line.line.phase == "shared")


def expected(contract, discounts: dict[str, int]) -> Decimal:
    """What the shared lines cost a month at these discounts, from the catalogue alone."""
    total = Decimal(0)
    for row in contract.revision.lines.filter(phase="shared").select_related("service"):
        share = Decimal(100 - discounts.get(row.service.band_table, 0)) / 100
        total += row.quantity * (row.service.list_price_gbp * share).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return total


NOW = {"seats": 4, "devices": 7, "servers": 6, "applications": 6}
THEN = NOW | {"seats": 9, "devices": 11}


def test_a_new_band_is_everybodys_from_the_first_of_the_next_month():
    contract = cast.contract()
    assert monthly(contract, JULY) == expected(contract, NOW) == Decimal("186762.60")
    ordered("seats", 4500, LATER.date())
    ordered("devices", 5200, LATER.date())
    (made,) = rerating.rerate(contract, at=LATER)
    assert (made.effective_from, made.number, made.kind, made.caused_by) == (JULY, 2, "rerating", "RN-2008-000001")
    assert monthly(contract, date(2008, 6, 30)) == Decimal("186762.60")
    assert monthly(contract, JULY) == expected(contract, THEN) < Decimal("186762.60")
    account = CapacityAccount.objects.get()
    assert str(account.committed_gbp) == "67252943.00", "a fall gives no capacity back"
    call_command("check_invariants")


def test_it_is_made_once_however_often_it_is_asked_for():
    contract = cast.contract()
    ordered("seats", 4500, LATER.date())
    for _time in range(3):
        rerating.rerate(contract, at=LATER)
    assert contract.versions.count() == 2 and rerating.candidates(cast.framework(), JULY) == []


def test_late_it_still_holds_from_its_day_and_each_month_gets_its_own():
    """The worker was away for months: two bands were reached, in two months."""
    contract = cast.contract()
    ordered("seats", 4500, LATER.date())
    ordered("seats", 5000, date(2008, 8, 2), "CO-2008-000003")
    made = rerating.rerate(contract, at=datetime(2008, 12, 1, 9, 0, tzinfo=clock.LONDON))
    assert [version.effective_from for version in made] == [JULY, date(2008, 9, 1)]
    assert monthly(contract, JULY) == expected(contract, NOW | {"seats": 9})
    assert monthly(contract, date(2008, 9, 1)) == expected(contract, NOW | {"seats": 14})


def test_a_band_once_reached_is_kept():
    contract = cast.contract()
    ordered("seats", 4500, LATER.date())
    rerating.rerate(contract, at=LATER)
    ordered("seats", -4500, date(2008, 9, 1), "CO-2008-000004")
    assert rerating.rerate(contract, at=datetime(2008, 9, 1, 9, 0, tzinfo=clock.LONDON)) == []
    assert monthly(contract, date(2009, 1, 1)) == expected(contract, NOW | {"seats": 9})


def test_a_band_that_was_reached_and_lost_within_a_month_is_kept_too():
    contract = cast.contract()
    ordered("seats", 4500, date(2008, 6, 5))
    ordered("seats", -4500, date(2008, 6, 25), "CO-2008-000004")
    with pytest.raises((CommandError, SystemExit)):
        call_command("check_invariants")
    assert rerating.candidates(cast.framework(), LATER.date()) == [contract.pk]
    (made,) = rerating.rerate(contract, at=datetime(2008, 7, 3, 9, 0, tzinfo=clock.LONDON))
    assert made.effective_from == JULY and monthly(contract, JULY) == expected(contract, NOW | {"seats": 9})
    assert cast.fresh(made.document).payload["notice"]["volumes"][0]["quantity"] == 8000
    call_command("check_invariants")


def test_a_band_that_was_lost_before_the_signature_is_not_kept():
    contract = cast.contract()
    ordered("seats", 4500, date(2007, 8, 1))
    ordered("seats", -4500, date(2007, 9, 1), "CO-2008-000004")
    assert rerating.candidates(cast.framework(), LATER.date()) == []
    assert rerating.rerate(contract, at=LATER) == []
    call_command("check_invariants")


def test_a_fall_of_an_earlier_month_than_one_already_made_is_found():
    """A volume that was entered late counts from its own day: the months between have its price, those after theirs."""
    contract = cast.contract()
    ordered("seats", 9500, date(2008, 8, 2))
    rerating.rerate(contract, at=datetime(2008, 8, 3, 9, 0, tzinfo=clock.LONDON))
    ordered("seats", 4500, LATER.date(), "CO-2008-000003")
    with pytest.raises((CommandError, SystemExit)):
        call_command("check_invariants")
    assert rerating.candidates(cast.framework(), date(2008, 8, 4)) == [contract.pk]
    (made,) = rerating.rerate(contract, at=datetime(2008, 8, 4, 9, 0, tzinfo=clock.LONDON))
    assert made.effective_from == JULY
    assert monthly(contract, date(2008, 8, 31)) == expected(contract, NOW | {"seats": 9})
    assert monthly(contract, date(2008, 9, 1)) == expected(contract, NOW | {"seats": 14})
    call_command("check_invariants")


def test_a_contract_that_has_ended_before_anybody_looked_is_left_alone():
    contract = cast.contract()
    ordered("seats", 4500, LATER.date())
    over = datetime.combine(contract.ends_on + timedelta(days=1), datetime.min.time(), tzinfo=clock.LONDON)
    assert rerating.rerate(contract, at=over) == []
    assert len(rerating.rerate(contract, at=over - timedelta(seconds=1))) == 1, "on its last day it is in force"


@pytest.mark.parametrize("how", ["expiry", "termination"])
def test_a_clock_that_is_late_ends_a_contract_with_the_prices_that_were_due_in_it(how):
    contract = cast.contract()
    ordered("seats", 4500, LATER.date())
    ordered("devices", 5200, contract.ends_on, "CO-2012-000003")  # its turn comes after the contract
    if how == "expiry":
        exiting.expire(contract, at=datetime.combine(contract.ends_on + timedelta(days=3), datetime.min.time(), tzinfo=clock.LONDON))
    else:
        ending_cast.in_effect(contract)
    assert list(contract.versions.filter(kind="rerating").values_list("effective_from", flat=True)) == [JULY]
    assert monthly(contract, JULY) == expected(contract, NOW | {"seats": 9})
    assert rerating.rerate(contract, at=datetime(2014, 1, 1, tzinfo=clock.LONDON)) == []
    call_command("check_invariants")


def test_an_execution_has_every_contract_asked_that_it_gives_a_price_to_in_any_month(django_assert_max_num_queries):
    """Also one whose last price is the one that the volumes come to: only the months before it are too dear."""
    contract = cast.contract()
    ordered("seats", 4500, date(2008, 8, 2))
    rerating.rerate(contract, at=datetime(2008, 8, 3, 9, 0, tzinfo=clock.LONDON))
    ordered("seats", 4500, LATER.date(), "CO-2008-000003")
    rerating.look(contract.framework, cause="an execution")
    with django_assert_max_num_queries(8):
        assert rerating.candidates(contract.framework, date(2008, 8, 4)) == [contract.pk]
    cast.run_all_jobs()
    assert Job.objects.get(task="contracts.rerate").payload == {"contract": contract.pk}
    assert JULY in contract.versions.values_list("effective_from", flat=True)


def test_inside_a_band_nothing_happens():
    ordered("seats", 1499, LATER.date())  # 4,999 in all
    assert rerating.candidates(cast.framework(), LATER.date()) == []
    assert rerating.rerate(cast.contract(), at=LATER) == []
    ordered("seats", 1, LATER.date(), "CO-2008-000005")
    assert rerating.candidates(cast.framework(), LATER.date()) == [cast.contract().pk]


def test_in_the_month_of_its_own_signature_the_price_is_the_one_that_was_signed():
    contract = cast.contract()
    ordered("seats", 4500, date(2007, 9, 20))  # counted after its price was frozen
    (made,) = rerating.rerate(contract, at=START)
    assert made.effective_from == date(2007, 11, 1), "signed on 1 October"


def test_no_fall_takes_effect_before_the_contract_does():
    contract = cast.contract()
    Contract.objects.filter(pk=contract.pk).update(signed_on=date(2007, 8, 1))  # long before its first day, 1 November
    ordered("seats", 4500, date(2007, 8, 20))
    (made,) = rerating.rerate(cast.fresh(contract), at=START)
    assert made.effective_from == contract.starts_on
    assert monthly(contract, date(2008, 4, 1)) == expected(contract, NOW | {"seats": 9})
    found = {one.name for one, _rows in broken(read(FILE.read_text(encoding="utf-8")))}
    assert found == {"statutory_notices_are_due"}, "whose days are still of the signature that was"


def test_a_price_that_does_not_fall_is_found_however_often_it_is_tried(monkeypatch):
    """A job that fails is tried for a day, and the next day brings another: one is always open."""
    ordered("seats", 4500, LATER.date())
    rerating.look(cast.framework(), cause="a day")
    call_command("check_invariants")  # it is being looked for
    monkeypatch.setattr(rerating, "rerate", lambda *_contract, **_how: 1 / 0)
    for task in ("contracts.find_falls", "contracts.rerate"):
        jobs.run(Job.objects.get(task=task, state="queued").pk)
    assert Job.objects.get(task="contracts.rerate").state == "queued"
    with pytest.raises((CommandError, SystemExit)):
        call_command("check_invariants")


def test_every_day_somebody_looks_once():
    contract = cast.contract()
    ordered("seats", 4500, LATER.date())
    for _tick in range(2):
        periodic.run(LATER)
    assert Job.objects.filter(task="contracts.find_falls").count() == 2, "one of the execution, one of the day"
    cast.run_all_jobs()
    assert contract.versions.count() == 2


def test_what_has_ended_by_then_is_left_alone():
    contract = cast.contract()
    ordered("seats", 4500, date(2012, 10, 5))
    assert rerating.rerate(contract, at=datetime(2012, 10, 5, 9, 0, tzinfo=clock.LONDON)) == []


def test_the_notice_is_a_sealed_document_that_says_it_line_by_line(client, mailoutbox):
    contract = cast.contract()
    ordered("seats", 4500, LATER.date())
    (made,) = rerating.rerate(contract, at=LATER)
    sign_in(client, "contract.manager@dius.example")
    address = reverse("contracts:notice", args=[contract.public_id, made.number])
    assert "is being made and sealed" in client.get(address).content.decode()
    file = reverse("contracts:notice_pdf", args=[contract.public_id, made.number])
    assert client.get(file).status_code == 404, "nothing is shown as sealed that is not"
    cast.run_all_jobs()
    verdict = verifying.check(client.get(file).content)
    assert verdict.valid and verdict.number == made.caused_by, verdict
    notice = cast.fresh(made.document).payload["notice"]
    before = charges.by_line_and_month(terms.ledger(terms.put_together(terms.read(contract)[:1])))
    after = charges.by_line_and_month(terms.ledger(terms.put_together(terms.read(contract))))
    assert notice["volumes"] == [{"code": "seats", "quantity": 8000, "from_quantity": 5000, "discount_percent": "9"}]
    assert Decimal(notice["before_gbp"]) == sum(before.values()) == contract.original_value_gbp
    assert Decimal(notice["after_gbp"]) == sum(after.values()) < contract.original_value_gbp
    assert {line["service"] for line in notice["lines"]} == {
        "CORE-01", "CORE-02", "CORE-04", "CORE-06", "CORE-07", "CORE-08", "CORE-15", "CORE-16", "CORE-17"}  # fmt: skip
    page = client.get(address).content.decode()
    assert "There is nothing to do." in page and "£70.98" in page
    contract_page = client.get(reverse("contracts:contract", args=[contract.public_id])).content.decode()
    assert address in contract_page and "Prices fall: notice made" in contract_page
    in_force = client.get(reverse("contracts:terms_in_force", args=[contract.public_id]), {"on": "2008-07-01"})
    assert made.caused_by in in_force.content.decode()
    told = Email.objects.filter(template="contracts/email/rerated.txt").values_list("recipient", flat=True)
    assert sorted(told) == ["account.manager@fujitsu.example", "contract.manager@dius.example",
                            "order.desk@fujitsu.example", "requester@dius.example", "second.order.desk@fujitsu.example"]  # fmt: skip
    sign_in(client, "requester@ons.example")
    assert client.get(address).status_code == client.get(file).status_code == 404
    call_command("check_invariants")


def test_a_notice_whose_work_has_stopped_says_so_and_so_does_an_invariant(client, mailoutbox):
    contract = cast.contract()
    ordered("seats", 4500, LATER.date())
    (made,) = rerating.rerate(contract, at=LATER)
    sign_in(client, "contract.manager@dius.example")
    address = reverse("contracts:notice", args=[contract.public_id, made.number])
    assert "It waits to be made." in client.get(address).content.decode()
    call_command("check_invariants")
    job = Job.objects.filter(key=f"make:{made.document.public_id}")
    job.update(state="dead", finished_at=clock.real_now(), last_error="RenderFailed: no")
    stopped = client.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "needs an operator" in stopped and "<h1" not in stopped
    with pytest.raises((CommandError, SystemExit)):
        call_command("check_invariants")
    job.update(state="queued", finished_at=None)
    assert "tries again" in client.get(address).content.decode()
    cast.run_all_jobs()
    assert client.get(address, headers={"HX-Request": "true"}).headers["HX-Refresh"] == "true"


def test_an_execution_asks_for_it_and_a_repeat_of_the_job_changes_nothing():
    contract = cast.contract()
    ordered("seats", 4500, START.date())
    found = Job.objects.get(task="contracts.find_falls")
    assert found.state == "done", "the execution of this contract has asked already"
    for key in ("again", "and again"):
        jobs.enqueue("contracts.find_falls", "x", key=key, payload={"framework": contract.framework_id, "cause": key})
        cast.run_all_jobs()
    assert list(ContractVersion.objects.values_list("number", "kind")) == [(1, "contract"), (2, "rerating")]
    assert store.head(contract.versions.last().document).purpose == "archive_timestamp"
