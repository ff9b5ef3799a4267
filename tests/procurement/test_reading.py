"""What each reader reads of an order before deciding on it, and that the figures mean the same wherever they stand."""

import copy
import json
import re
from datetime import date
from decimal import Decimal
from hashlib import sha256

import pytest
from django.urls import reverse

from procurement import approval, comparing, drafting, headroom, papers, quoting, workflow
from procurement.forms import MilestoneForm
from procurement.models import CallOff
from tests import cast
from tests.procurement.test_pages import address, sign_in

pytestmark = pytest.mark.usefixtures("db")

# everything the hash covers, and what the supplier needs to deliver and to invoice
COVERED = (
    "Sheffield", "1 November 2007 to 31 October 2012", "Managed desktop", "£74.88", "EUS-B", "KPI", "M8", "£89,900.00",
    "No staff transfer.", "Types of personal data", "kept by the department", "Spend-control reference",
    "PO-DIUS-004711", "Accounts payable", "contract.manager@dius.example", "2012/13",
)  # fmt: skip
NOT_FOR_THE_SUPPLIER = ("DIUS-ICT-2007", "746,848.80", "2,988.00", "business-case.pdf", "186.99", "CC-3100")


@pytest.mark.world("with_supplier")
@pytest.mark.parametrize("email", ["requester@dius.example", "order.desk@fujitsu.example"])
def test_every_reader_reads_all_that_the_hash_covers(client, email):
    order = cast.with_supplier()
    page = sign_in(client, email).get(address("call_off", order)).content.decode()
    for words in COVERED:
        if words != "kept by the department" or email.startswith("order.desk"):
            assert words in page, words


@pytest.mark.world("with_supplier")
def test_the_order_desk_reads_it_all_on_the_page_on_which_it_accepts(client):
    order = cast.with_supplier()
    page = sign_in(client, "order.desk@fujitsu.example").get(reverse("contracts:accept", args=[order.public_id]))
    assert set(re.findall(r"\b[0-9a-f]{64}\b", page.content.decode())) == {order.revision.revision_hash}, "one hash, said to be what it is"
    for words in COVERED:
        assert words in page.content.decode(), words
    for secret in NOT_FOR_THE_SUPPLIER:
        assert secret not in page.content.decode(), secret


@pytest.mark.world("with_supplier")
@pytest.mark.parametrize("email", ["requester@dius.example", "deputy.director@co.example", "order.desk@fujitsu.example"])
def test_order_json_is_the_bytes_of_the_hash_and_keeps_the_departments_secrets(client, email):
    order = cast.with_supplier()
    answer = sign_in(client, email).get(address("order_json", order))
    assert sha256(answer.content).hexdigest() == order.revision.revision_hash
    assert json.loads(answer.content)["totals"]["whole_life_gbp"] == "11252943.00"
    for secret in ("DIUS-ICT-2007", "2988", "business-case", "baseline"):
        assert secret not in answer.content.decode()


def test_a_draft_has_no_order_json_yet(client):
    assert sign_in(client, "requester@dius.example").get(address("order_json", cast.drafted())).status_code == 404


def test_the_terms_are_read_before_there_is_a_contract(client):
    draft = cast.drafted()
    terms = reverse("contracts:terms", args=[draft.public_id])
    page = sign_in(client, "requester@dius.example").get(terms).content.decode()
    assert "30 days" in page
    assert "Special Terms" in page and "£74.88" in page
    assert sign_in(client, "order.desk@fujitsu.example").get(terms).status_code == 404
    order = cast.with_supplier()
    terms = reverse("contracts:terms", args=[order.public_id])
    assert "£74.88" in sign_in(client, "order.desk@fujitsu.example").get(terms).content.decode()
    assert sign_in(client, "requester@ons.example").get(terms).status_code == 404


def test_check_your_answers_shows_every_task_with_a_way_to_change_it(client):
    draft = cast.drafted()
    page = sign_in(client, "requester@dius.example").get(address("check", draft)).content.decode()
    for words in (*COVERED, "DIUS-ICT-2007", "business-case.pdf", "CC-3100"):
        if words != "kept by the department":
            assert words in page, words
    for task in ("sites", "term", "services", "service_levels", "milestones", "special_terms", "data_protection",
                 "attachments", "budget", "particulars"):  # fmt: skip
        assert f'href="{address(task, draft)}">Change' in page, task


def test_an_empty_draft_can_be_checked_and_says_what_is_missing_and_where(client):
    draft = drafting.start(cast.framework(), cast.dius(), title="Empty", by=cast.requester(), at=cast.START)
    page = sign_in(client, "requester@dius.example").get(address("check", draft)).content.decode()
    assert "Add at least one site with its seats." in page
    assert "Submit for approval" not in page
    assert "once the order meets the catalogue&#x27;s rules" in page
    assert page.count(f'href="{address("particulars", draft)}"') > 1  # to change it, and beside what is missing


def test_no_saving_is_claimed_for_an_order_that_does_not_meet_the_rules():
    draft = cast.drafted()
    assert quoting.quote(draft.revision, cast.START.date()).saving.saving_year == Decimal("746848.80")
    without_mail = [
        drafting.Ordered(line.phase, line.service_code, line.site.name if line.site else None, line.quantity)
        for line in draft.revision.lines.select_related("site")
        if line.service_code != "CORE-06"
    ]
    drafting.save_services(draft, without_mail, by=cast.requester(), at=cast.START)
    quote = quoting.quote(cast.fresh(draft).revision, cast.START.date())
    assert quote.saving is None
    assert [unmet.words for unmet in quote.unmet if "CORE-06" in unmet.words]


def test_free_means_the_same_to_everybody_whose_order_is_not_yet_reserved():
    """Two orders in their departments' approval: each counts the other, and neither counts itself twice."""
    first, second = cast.submitted(), cast.drafted()
    value = first.revision.whole_life_gbp
    drafted = headroom.capacity_forecast(second, value)
    assert (drafted.in_approval, drafted.this_order) == (value, value)
    assert headroom.capacity_forecast(first, value).in_approval == 0
    alone = headroom.capacity_forecast(first, value).free_after
    assert drafted.free_after == alone - value


@pytest.mark.world("submitted")
def test_the_next_approver_reads_what_the_earlier_ones_wrote(client):
    order = cast.submitted()
    step = cast.open_step(order, cast.person(cast.ROUTE[0]))
    approval.decide(
        step, shown_hash=order.revision.revision_hash, no_conflict=True, comment="Funded from the 2007 settlement.",
        by=cast.person(cast.ROUTE[0]), at=cast.START,
    )  # fmt: skip
    brief = address("brief", order, position=2)
    page = sign_in(client, cast.ROUTE[1]).get(brief).content.decode()
    for words in ("Funded from the 2007 settlement.", "Fujitsu Services", "Managed desktop", "M8 ", "Special term:",
                  "Read the whole order"):  # fmt: skip
        assert words in page, words


@pytest.mark.world("approved_by_department")
def test_a_commitment_says_where_the_order_goes_and_against_which_limit(client):
    order = cast.approved_by_department()
    for email in cast.ROUTE[4:6]:
        order = cast.decide(order, email)
    last = order.revision.approval.steps.get(state="open")
    page = sign_in(client, cast.ROUTE[6]).get(address("decide", order, position=last.position)).content.decode()
    assert "It then goes to Fujitsu Services to accept." in page
    assert "£11,252,943.00 net, £13,222,208.30 gross" in page
    assert "unlimited, until" in page


def test_the_matrix_shows_the_price_that_is_charged(client):
    draft = cast.drafted()
    page = sign_in(client, "requester@dius.example").get(address("services", draft)).content.decode()
    assert "£74.88 per user/month (list £78.00)" in page


@pytest.mark.world("submitted")
@pytest.mark.parametrize(("code", "told"), [("DIUS-ICT-2007", []), ("DIUS-ICT-2008", ["budget code changed"])])
def test_a_later_revision_says_what_changed_and_nothing_else(client, code, told):
    order = cast.submitted()
    cast.decide(order, cast.ROUTE[0])
    officer = cast.person(cast.ROUTE[1])
    step = cast.open_step(order, officer)
    again = approval.return_for_changes(
        step, reason="Look again at the code.", shown_hash=step.approval.content_hash, no_conflict=True,
        by=officer, at=cast.START,
    )  # fmt: skip
    again.revision.budget_code = code
    again.revision.save()
    again = workflow.submit(cast.fresh(again), by=cast.requester(), at=cast.START)
    step = again.revision.approval.steps.get(post="budget_holder")
    assert comparing.changes_since(comparing.last_seen(step), again.revision) == told
    brief = sign_in(client, cast.ROUTE[0]).get(address("brief", again, position=step.position)).content.decode()
    assert "Changed since revision 1, the last that came to the budget holder" in brief
    assert ("Nothing: services, prices, dates, terms" in brief) is not bool(told)


@pytest.mark.world("submitted")
def test_what_a_milestone_pays_is_told_with_its_figures():
    content = json.loads(cast.submitted().revision.content)
    other = copy.deepcopy(content)
    six, seven = (next(m for m in other["milestones"] if m["number"] == label) for label in ("M6", "M7"))
    six["payments"][0] |= {"quantity": 940, "amount_gbp": "136300.00"}
    seven["payments"] = []
    three = next(m for m in other["milestones"] if m["number"] == "M3")
    three["payments"][0] |= {"percent": "25", "amount_gbp": "24000.00"}
    assert comparing.differences(content, other) == [
        f"M3 {three['title']}: payment of TRN-02 50%, £48,000.00 became TRN-02 25%, £24,000.00",
        f"M6 {six['title']}: payment of TRN-03 x 320, £46,400.00 became TRN-03 x 940, £136,300.00",
        f"M7 {seven['title']}: payment of TRN-03 x 620, £89,900.00 became nothing",
    ]


@pytest.mark.parametrize(("before", "after", "told"), [
    ([("Sites", "a")], [("Sites", "b")], ["special term “Sites”: its words changed"]),
    ([("Sites", "a"), ("Keys", "k")], [("Keys", "k"), ("Doors", "d")],
     ["special term “Sites”: removed", "special term “Doors”: added"]),
    ([("Sites", "a"), ("Keys", "k")], [("Keys", "k"), ("Sites", "a")], ["special terms: they stand in another order"]),
    ([("Sites", "a"), ("Sites", "b")], [("Sites", "a")], ["special term “Sites”: its words changed"]),
    ([("Sites", "a")], [("Sites", "a")], []),
])  # fmt: skip
@pytest.mark.world("submitted")
def test_a_changed_special_term_is_named(before, after, told):
    content = json.loads(cast.submitted().revision.content)
    sides = ([{"heading": h, "text": t} for h, t in side] for side in (before, after))
    assert comparing.differences(*({**content, "special_terms": terms} for terms in sides)) == told


@pytest.mark.world("submitted")
@pytest.mark.parametrize("email", [cast.ROUTE[0], "deputy.budget.holder@dius.example"])
def test_who_may_have_read_a_brief_that_was_recalled_reads_what_changed_since(client, email):
    """Nobody decided on it: it had come to the post, so each who sits there reads the list; the posts after it had
    not seen it."""
    workflow.recall(cast.submitted(), by=cast.requester(), at=cast.START)
    again = CallOff.objects.get()
    papers.save_budget(again, budget_code="DIUS-ICT-2008", by=cast.requester(), at=cast.START)
    again = cast.fresh(workflow.submit(cast.fresh(again), by=cast.requester(), at=cast.START))
    assert "budget code changed" in sign_in(client, email).get(address("brief", again, position=1)).content.decode()
    assert comparing.last_seen(again.revision.approval.steps.get(post="technology_officer")) is None


def test_vat_is_forecast_by_the_rates_known_that_day(client):
    """15 % came on 1 December 2008: nobody knew it in 2007, when 17.5 % was reckoned for all years."""
    order = cast.drafted()
    assert quoting.quote(order.revision, cast.START.date()).vat_rates == ((date(1991, 4, 1), Decimal("17.50")),)
    assert len(quoting.quote(order.revision, date(2008, 12, 1)).vat_rates) == 2
    page = sign_in(client, "requester@dius.example").get(address("check", order)).content.decode()
    assert "the last of them for all later years: 17.5% from 1 April 1991." in " ".join(page.split())


def test_what_costs_more_than_the_baseline_is_said_plainly_and_without_a_percentage(client, monkeypatch):
    order = cast.drafted()
    monkeypatch.setattr(quoting, "baseline", lambda _revision: Decimal("200.00"))
    page = sign_in(client, "requester@dius.example").get(address("check", order)).content.decode()
    assert "Costs more a year" in page and "£2,041,151.20" in page and "than the baseline of £200.00 a user and year" in page
    assert "Saving a year" not in page and "-1,0" not in page and "−" not in page


@pytest.mark.parametrize("payment", ["£23,200", "TRN-03", "TRN-03 (160)", "160 users"])
def test_a_milestone_payment_that_cannot_be_read_says_how_to_write_it(payment):
    form = MilestoneForm({"title": "Pilot", "planned_on": "1 2 2008", "criteria": "It works", "payments": payment})
    assert form.errors["payments"] == [f"“{payment}” is not a payment; write TRN-02 50% or TRN-03 x 320."]


@pytest.mark.world("submitted")
def test_questions_have_a_heading_and_who_does_not_ask_after_all_goes_back_to_the_brief(client):
    order = cast.submitted()
    brief, page = address("brief", order, position=1), sign_in(client, cast.ROUTE[0])
    assert "Questions to the requester" not in page.get(brief).content.decode()
    for name in ("ask", "recuse"):
        form = page.get(address(name, order, position=1)).content.decode()
        assert f'<a class="govuk-link" href="{brief}">Cancel</a>' in form, name
    by = cast.person(cast.ROUTE[0])
    query = approval.ask(cast.open_step(order, by), text="Which leases end?", by=by, at=cast.START)
    asked = page.get(brief).content.decode().partition("Questions to the requester")[2]
    assert "Which leases end?" in asked and "Not answered yet." in asked
    approval.answer(query, text="Those of Sheffield.", by=cast.requester(), at=cast.START)
    assert "Those of Sheffield." in page.get(brief).content.decode().partition("Questions to the requester")[2]
    own = sign_in(client, "requester@dius.example").get(address("call_off", order)).content.decode()
    assert "Those of Sheffield." in own.partition("Questions of the approvers")[2]
