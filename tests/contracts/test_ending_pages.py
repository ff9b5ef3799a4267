"""The pages of the end of a contract: what the register calls each, what waits for whom, and what nobody sees before notice is given."""

from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts import ending_guards, ending_queries, exiting, terminating
from contracts.models import Contract, ExitAct
from documents import clock
from procurement import working_days
from procurement.access import sight_of
from tests import cast, paper
from tests.contracts import ending_cast as made
from tests.contracts.ending_cast import MANAGER, MID_MONTH, OFFICER, SERVICE, SIGNATORY, on
from tests.machines import undone
from tests.machines.contracts import exited
from tests.procurement.test_pages import post, sign_in
from tests.procurement.test_query_counts import MOST_AT_HOME

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("executed")]


@pytest.fixture
def stepping(settings):
    settings.STEPPABLE_CLOCK = True

    def step(at):
        if at > clock.business_now():
            cast.wind_to(at)

    clock.step_to(cast.START, by=cast.person("framework.manager@co.example"))
    return step


def page(name: str, contract: Contract, *parts) -> str:
    return reverse(f"contracts:{name}", args=[contract.public_id, *parts])


def test_the_register_calls_each_contract_by_the_word_that_its_filter_finds_it_by(client, stepping):
    contract = cast.contract()

    def called(at) -> str:
        """By the list, by the contract's page, and by the one filter that finds it."""
        day = at.date()
        found = [
            code for code, _words in ending_queries.choices()
            if ending_queries.with_standing(Contract.objects).filter(ending_queries.standing_filter(code, day)).exists()
        ]  # fmt: skip
        (code,) = found
        assert ending_queries.standing_of(cast.fresh(contract), day) == code
        stepping(at)
        words = ending_queries.words(code)
        answer = sign_in(client, MANAGER).get(reverse("contracts:contracts") + f"?state={code}").content.decode()
        assert contract.number in answer and words in answer
        assert f">{words}</strong>" in client.get(page("contract", contract)).content.decode()
        return words

    assert called(cast.START) == "in force"
    with undone():
        made.given(contract)
        assert called(cast.START) == "notice given"
        terminating.take_effect(contract.terminations.get(), at=on(MID_MONTH))
        assert called(on(MID_MONTH)) == "terminated"
    assert called(on(contract.ends_on - timedelta(days=180))) == "in exit"
    made.expired(contract)
    assert called(made.over(contract)) == "expired"
    made.ran_on(contract)
    assert called(made.over(contract)) == "continuing without contract"


def waits(email: str, on_day) -> list[str]:
    by = cast.person(email)
    assert sight_of(by, on_day)
    return [item.todo for item in ending_queries.inbox(by, on_day)]


def test_what_the_end_asks_of_whom(client, stepping):
    contract = cast.contract()
    assert [waits(email, cast.START.date()) for email in (MANAGER, SIGNATORY, SERVICE)] == [[], [], []]
    made.proposed(contract)
    assert [waits(email, cast.START.date()) for email in (MANAGER, SIGNATORY, OFFICER, SERVICE)] == [
        [], ["termination T1 to confirm or refuse"], ["termination T1 to confirm or refuse"], []]  # fmt: skip
    assert "termination T1 to confirm or refuse" in sign_in(client, SIGNATORY).get("/").content.decode()
    terminating.refuse_to_confirm(contract.terminations.get(), reason="No.", by=cast.person(SIGNATORY), at=cast.START)
    near = on(contract.ends_on - timedelta(days=80))
    exiting.remind_of_end(contract, at=near)
    nears = ["the contract ends: to extend, to order anew, or to prepare its exit"]
    assert [waits(email, near.date()) for email in (MANAGER, SERVICE, SIGNATORY)] == [nears, nears, []]
    made.expired(contract)
    day = made.over(contract).date()
    assert waits(MANAGER, day) == ["exit: End the supplier's access"]
    assert waits(SERVICE, day) == ["exit: Return the data, Return or transfer the assets, Pass on the knowledge, Make the last return, Send the last invoice"]
    made.ran_on(contract)
    assert waits(SERVICE, day)[0] == waits(MANAGER, day)[0] == "services continue without contract: to order, or to stop"


def test_notice_for_convenience_is_to_be_given_so_that_its_days_are_left(stepping):
    contract = cast.contract()
    made.proposed(contract)  # ends with 16 February 2009
    item, = ending_queries.inbox(cast.person(SIGNATORY), cast.START.date())
    assert working_days.last_day(item.due) == date(2008, 11, 18), "90 whole days lie between it and 17 February"
    at = on(date(2008, 11, 18))
    assert list(ending_guards.why_not_from(contract, "convenience", made.MID_MONTH, at.date())) == []
    assert list(ending_guards.why_not_from(contract, "convenience", made.MID_MONTH, at.date() + timedelta(days=1)))
    assert ending_guards.latest("insolvency", made.MID_MONTH) == made.MID_MONTH - timedelta(days=1)


def test_the_page_says_how_the_last_day_comes(client, stepping):
    contract = cast.contract()
    sign_in(client, MANAGER)
    assert "It has no option to extend." in client.get(page("ending", contract)).content.decode()
    made.given(contract)
    shown = client.get(page("ending", contract)).content.decode()
    assert "if the notice below is withdrawn" in shown and "expires by itself" not in shown


def test_a_proposal_is_the_departments_alone_until_notice_is_given(client, stepping):
    contract = cast.contract()
    asks = sign_in(client, MANAGER).get(page("propose_termination", contract)).content.decode()
    assert "once it is given the supplier reads it too" in asks
    one = made.proposed(contract, made.asked(file=made.file()))
    own = [page("termination_act", contract, 1, "confirm"), page("termination_evidence", contract, 1)]
    for email in (SERVICE, "auditor@co.example", "supplier.signatory@fujitsu.example"):
        sign_in(client, email)
        assert [client.get(address).status_code for address in own] == [404, 404]
        assert one.words not in client.get(page("ending", contract)).content.decode()
        assert post(client, own[0], shown_hash=one.content_hash).status_code == 404
    sign_in(client, OFFICER)
    assert client.get(own[1]).content and client.get(own[0]).status_code == 200
    assert client.get(page("termination_notice", contract, 1)).status_code == 404
    assert post(client, own[0], shown_hash="0" * 64).status_code == 200, "not what was shown"
    assert post(client, own[0], shown_hash=one.content_hash).status_code == 302
    page_of_it = sign_in(client, SERVICE).get(page("ending", contract)).content.decode()
    assert one.words in page_of_it and "Withdraw" not in page_of_it
    assert client.get(own[1]).status_code == 200, "the form said so"
    assert client.get(page("termination_notice", contract, 1)).status_code == 200
    assert client.get(page("termination_notice_pdf", contract, 1)).status_code == 404, "not sealed yet"
    paper.notice_sealed(cast.fresh(one))
    assert client.get(page("termination_notice_pdf", contract, 1)).content.startswith(b"%PDF")
    terms = client.get(page("terms_in_force", contract)).content.decode()
    assert "Notice of termination TN-2007-000001 is given" in terms
    csv = client.get(page("charges", contract) + "?format=csv")
    assert "charges-expected" in csv["Content-Disposition"] and "12345.67" in csv.content.decode()


def test_the_exit_and_what_runs_on_are_recorded_on_their_pages(client, stepping):
    contract = made.expired(cast.contract())
    stepping(made.over(contract) + timedelta(days=3))
    sign_in(client, SERVICE)
    assert post(client, page("runs_on", contract), services=["CORE-01"], reason="").status_code == 200
    assert post(client, page("runs_on", contract), services=["CORE-01"], reason="Late.").status_code == 302
    last = contract.ends_on + timedelta(days=2)
    day = {"last_day_day": last.day, "last_day_month": last.month, "last_day_year": last.year}
    assert post(client, page("stopped", contract), reason="Off.", **(day | {"last_day_year": last.year + 1})).status_code == 200
    assert post(client, page("stopped", contract), reason="Off.", **day).status_code == 302
    assert cast.fresh(contract).running_on.last_day == last
    assert client.get(page("exit_item", contract, "access")).status_code == 403
    assert client.get(page("exit_item", contract, "nothing")).status_code == 404
    file = SimpleUploadedFile("list.pdf", cast.PDF + b"list", "application/pdf")
    assert post(client, page("exit_item", contract, "data_return"), words="On a disk.", file=file).status_code == 302
    assert ExitAct.objects.get().filename == "list.pdf"
    assert client.get(page("exit_evidence", contract, "data_return")).content == cast.PDF + b"list"
    sign_in(client, MANAGER)
    assert post(client, page("leave_out", contract, "assets"), reason="None.").status_code == 302
    assert "“Delete the data and certify it” is not done." in client.get(page("ending", contract)).content.decode()


def test_what_was_done_for_an_earlier_end_is_shown_as_that_with_its_file(client, stepping):
    contract = cast.contract()
    one = made.given(contract)
    exiting.do(made.item(contract, "data_return"), words="On a disk.", file=made.file(), by=cast.person(SERVICE), at=cast.START)
    terminating.withdraw(one, reason="Settled.", by=cast.person(SIGNATORY), at=cast.START)
    address = page("exit_item", contract, "data_return")
    shown = sign_in(client, SERVICE).get(page("ending", contract)).content.decode()
    assert "For an earlier end, on 16 February 2009:" in shown and "On a disk." in shown and address in shown
    assert post(client, address, words="On another disk.").status_code == 302
    evidence = page("exit_evidence", contract, "data_return")
    assert f"{evidence}?end=2009-02-16" in client.get(page("ending", contract)).content.decode()
    assert client.get(f"{evidence}?end=2009-02-16").status_code == 200
    assert [client.get(evidence + end).status_code for end in ("", "?end=x", "?end=2012-10-31")] == [404, 404, 404], "no file"


def test_the_page_asks_the_database_no_more_for_more_to_do(client, stepping):
    contract = made.in_effect(cast.contract()).contract
    address, asked = page("ending", contract), {}
    for email in (MANAGER, SERVICE, "auditor@co.example"):
        sign_in(client, email).get(address)
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        asked[email] = len(queries)
    assert max(asked.values()) <= 32, asked
    sign_in(client, MANAGER).get("/")
    with CaptureQueriesContext(connection) as queries:
        client.get("/")
    assert len(queries) <= MOST_AT_HOME, "a list of each kind of thing that can wait for a contract manager"


def test_the_contract_is_closed_on_its_page_once_its_last_month_is_over(client, stepping):
    contract = exited(cast.contract())
    stepping(on(made.FIRST_MONTH))
    sign_in(client, MANAGER)
    shut = client.get(page("ending", contract)).content.decode()
    assert "November 2007 is not over: what it comes to is measured and invoiced from 1 December 2007 on." in shut
    assert post(client, page("close_contract", contract)).status_code == 403
    stepping(made.SETTLED)
    assert post(sign_in(client, MANAGER), page("close_contract", contract)).status_code == 302
    assert cast.fresh(contract).state == "closed"
