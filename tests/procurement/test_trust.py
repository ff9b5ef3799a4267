"""What nobody may do or learn by a detour: through a new revision, a search, a brief, an ended membership."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse

from contracts import formation
from documents.models import Email
from documents.refusal import Refused
from procurement import (
    access,
    approval,
    drafting,
    granting,
    order_decision_guards,
    papers,
    quoting,
    workflow,
)
from procurement.models import (
    Accession,
    ActingFor,
    CallOff,
    CapacityAccount,
    OrganisationGrant,
    Post,
    PostCode,
    PostHolding,
    User,
)
from tests import cast
from tests.procurement.test_pages import address, post, sign_in

pytestmark = pytest.mark.usefixtures("db")
HOLDER, LEAD = "budget.holder@dius.example", "commercial.lead@co.example"


def also_requester(email: str):
    """The person holds the requester's post beside their own."""
    person = cast.person(email)
    post = Post.objects.get(organisation=cast.dius(), code=PostCode.REQUESTER)
    PostHolding.objects.create(post=post, user=person.user, starts_on=cast.START.date())
    return person


def why_not(order: CallOff, by) -> str:
    step = cast.fresh(order).revision.approval.steps.get(post="budget_holder")
    return " ".join(str(r.words) for r in order_decision_guards.why_not_act_on_step(step, by=by, at=cast.START))


def written_by_the_approver() -> tuple[CallOff, object]:
    """An order submitted by its requester, whose special term the budget holder wrote."""
    holder = also_requester(HOLDER)
    draft = cast.drafted()
    terms = [("Side deal", "The department pays the budget holder's friend.")]
    drafting.save_special_terms(draft, terms, staff_transfer=False, by=holder, at=cast.START)
    return workflow.submit(cast.fresh(draft), by=cast.requester(), at=cast.START), holder


def test_who_wrote_an_order_decides_on_no_later_revision_of_it():
    order, holder = written_by_the_approver()
    assert "edited this revision" in why_not(order, holder)
    order = workflow.recall(cast.fresh(order), by=holder, at=cast.START)
    order = workflow.submit(cast.fresh(order), by=cast.requester(), at=cast.START)
    assert order.revision.number == 2
    assert "edited this revision" in why_not(order, holder)
    step = order.revision.approval.steps.get(post="budget_holder")
    with pytest.raises(Refused, match="edited this revision"):
        approval.decide(step, shown_hash=order.revision.revision_hash, no_conflict=True, by=holder, at=cast.START)


def test_for_whom_an_order_was_written_or_submitted_does_not_decide_on_it():
    """The budget holder is a requester too; their deputy at the requester's desk only submits, or only writes."""
    holder = also_requester(HOLDER)
    desk = holder.user.holdings.get(post__code=PostCode.REQUESTER)
    deputy = cast.person("contract.manager@dius.example")
    ActingFor.objects.create(holding=desk, deputy=deputy.user, starts_on=cast.START.date(), ends_on=cast.START.date())
    order = workflow.submit(cast.drafted(), by=deputy, at=cast.START)
    assert "edited this revision" in why_not(order, holder)
    order = workflow.recall(cast.fresh(order), by=cast.requester(), at=cast.START)
    order = workflow.submit(cast.fresh(order), by=cast.requester(), at=cast.START)
    assert "edited this revision" in why_not(order, holder)  # the words came with their hands
    other = cast.drafted()
    drafting.save_special_terms(other, [("A term", "Words.")], staff_transfer=False, by=deputy, at=cast.START)
    assert "edited this revision" in why_not(workflow.submit(cast.fresh(other), by=cast.requester(), at=cast.START), holder)


def test_who_wrote_an_order_decides_on_no_copy_of_it():
    order, holder = written_by_the_approver()
    workflow.withdraw(cast.fresh(order), reason="Again, please.", by=cast.requester(), at=cast.START)
    copy = workflow.copy(cast.fresh(order), by=cast.requester(), at=cast.START)
    copy = workflow.submit(cast.fresh(copy), by=cast.requester(), at=cast.START)
    assert "edited this revision" in why_not(copy, holder)


def returned_by_the_authority() -> CallOff:
    order = cast.approved_by_department()
    lead = cast.person("commercial.lead@co.example")
    step = cast.open_step(order, lead)
    approval.return_for_changes(
        step, reason="Too large.", shown_hash=step.approval.content_hash, no_conflict=True, by=lead, at=cast.START
    )
    return cast.fresh(order)


def reopened_by_the_supplier() -> CallOff:
    contract = cast.contract()
    formation.refuse_to_sign(
        contract, "supplier", reason="A term.", changes_wanted=True, at=cast.START,
        by=cast.person("supplier.signatory@fujitsu.example"),
    )  # fmt: skip
    return cast.fresh(contract.call_off)


@pytest.mark.parametrize(
    ("email", "came_back"),
    [
        ("commercial.lead@co.example", returned_by_the_authority),
        pytest.param("order.desk@fujitsu.example", reopened_by_the_supplier, marks=pytest.mark.world("issued")),
    ],
)
def test_a_search_finds_no_word_of_a_draft_that_has_not_reached_the_reader(client, email, came_back):
    order = came_back()
    drafting.save_sites(order, [drafting.Site("Bletchley Bunker", 20)], drop_quantities=True, by=cast.requester(), at=cast.START)
    for path in ("/call-offs/?q=", "/search/?q="):
        assert order.reference not in sign_in(client, email).get(path + "bletchley").content.decode()
        assert order.reference in client.get(path + "runcorn").content.decode()
        assert order.reference in sign_in(client, "requester@dius.example").get(path + "bletchley").content.decode()


@pytest.mark.world("accepted")
def test_a_purchase_order_that_came_later_finds_the_order_and_its_contract(client):
    contract = cast.accepted()
    papers.save_particulars(contract.call_off, {"purchase_order": "PO-LATER-1"}, by=cast.requester(), at=cast.START)
    found = sign_in(client, "order.desk@fujitsu.example").get("/search/?q=po-later-1").content.decode()
    assert contract.number in found
    assert contract.call_off.reference in found


@pytest.mark.world("issued")
def test_the_supplier_is_told_nothing_of_what_happens_inside_after_it_refused(client):
    order = reopened_by_the_supplier()
    workflow.submit(order, by=cast.requester(), at=cast.START)

    def read(path):
        return sign_in(client, "order.desk@fujitsu.example").get(path).content.decode()

    page, listed = read(address("call_off", order)), read("/call-offs/")
    for text in (page, listed, read("/search/?q=runcorn")):
        assert "back with the department" in text
        assert "budget holder" not in text
        assert "approvers" not in text
    assert "department_approval" not in listed
    holder = cast.person(HOLDER)
    step = cast.open_step(order, holder)
    approval.reject(
        step, reason="The fallback limit is nine million.", shown_hash=step.approval.content_hash, no_conflict=True,
        by=holder, at=cast.START,
    )  # fmt: skip
    page = read(address("call_off", order))
    assert "fallback limit" not in page
    assert "ended by the department" in page
    told = Email.objects.get(template__endswith="withdrawn_from_supplier.txt", recipient="order.desk@fujitsu.example")
    assert told.context["state"] == "ended by the department"
    assert "fallback limit" not in str(told.context)
    assert "fallback limit" in sign_in(client, "requester@dius.example").get(address("call_off", order)).content.decode()


def asked_by_both_sides() -> CallOff:
    """The budget holder of DIUS asked at step 1 and the commercial lead of the Cabinet Office at step 5; both answered."""
    order = cast.submitted()
    for email, text in ((HOLDER, "Will the permanent secretary mind?"), (LEAD, "Is the minister keen?")):
        query = approval.ask(cast.open_step(order, cast.person(email)), text=text, by=cast.person(email), at=cast.START)
        approval.answer(query, text="Answered of old.", by=cast.requester(), at=cast.START)
        for decider in cast.ROUTE[:4] if email == HOLDER else ():
            cast.decide(order, decider)
    return cast.fresh(order)


@pytest.mark.parametrize(("reader", "own", "other", "reads", "never"), [
    ("accounting.officer@dius.example", 1, 5, "permanent secretary", "minister"),
    ("finance.lead@co.example", 5, 1, "minister", "permanent secretary"),
])  # fmt: skip
def test_a_side_reads_none_of_the_others_questions(client, reader, own, other, reads, never):
    order = asked_by_both_sides()
    sign_in(client, reader)
    for name in ("brief", "decide", "return", "reject", "recuse", "ask"):
        assert client.get(address(name, order, position=other)).status_code == 404, name
    brief = client.get(address("brief", order, position=own)).content.decode()
    for page in (brief, client.get(address("call_off", order)).content.decode()):
        assert reads in page and never not in page
        assert address("brief", order, position=own) in page
        assert address("brief", order, position=other) not in page


def test_a_requester_reads_the_questions_of_both_sides_because_they_answer_them(client):
    order = asked_by_both_sides()
    page = sign_in(client, "requester@dius.example").get(address("call_off", order)).content.decode()
    assert "permanent secretary" in page and "minister" in page
    assert client.get(address("brief", order, position=5)).status_code == 404


@pytest.mark.parametrize("email", [HOLDER, "requester@dius.example", "order.desk@fujitsu.example"])
def test_a_post_without_membership_opens_nothing(client, email):
    order = cast.submitted() if email != "order.desk@fujitsu.example" else cast.with_supplier()
    person = cast.person(email)
    assert order.reference in sign_in(client, email).get("/").content.decode()
    OrganisationGrant.objects.filter(user=person.user).update(ends_on=cast.START.date() - timedelta(days=1))
    person = cast.person(email)
    assert not access.sight_of(person, cast.START.date()).posts
    page = sign_in(client, email).get("/").content.decode()
    assert order.reference not in page
    assert client.get(address("call_off", order)).status_code == 404
    if email == HOLDER:
        step = order.revision.approval.steps.get(post="budget_holder")
        with pytest.raises(Refused):
            approval.decide(step, shown_hash=order.revision.revision_hash, no_conflict=True, by=person, at=cast.START)


@pytest.mark.world("submitted")
def test_a_question_is_not_answered_when_the_order_has_ended():
    order = cast.submitted()
    query = approval.ask(
        cast.open_step(order, cast.person(HOLDER)), text="Why?", by=cast.person(HOLDER), at=cast.START
    )
    workflow.withdraw(cast.fresh(order), reason="Not needed.", by=cast.requester(), at=cast.START)
    with pytest.raises(Refused, match="withdrawn"):
        approval.answer(query, text="Because.", by=cast.requester(), at=cast.START)


@pytest.mark.world("issued")
def test_only_the_party_whose_turn_it_is_refuses_to_sign():
    contract = cast.contract()
    with pytest.raises(Refused, match="turn of Fujitsu Services"):
        formation.refuse_to_sign(
            contract, "department", reason="No.", changes_wanted=False, by=cast.person("signatory@dius.example"),
            at=cast.START,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "prefix", "fields"),
    [("sites", "site", {"name": "Site {}", "seats": "5"}),
     ("special_terms", "term", {"heading": "Heading {}", "text": "Words."}),
     ("milestones", "milestone", {"title": "Step {}"})],
)  # fmt: skip
def test_a_set_of_forms_reads_no_more_rows_than_it_may_have(client, name, prefix, fields):
    draft = cast.drafted()
    rows = 1000
    data = {f"{prefix}-TOTAL_FORMS": rows, f"{prefix}-INITIAL_FORMS": 0, "staff_transfer": "no", "edits": draft.revision.edits}
    for number in range(rows):
        data |= {f"{prefix}-{number}-{field}": value.format(number) for field, value in fields.items()}
    answer = post(sign_in(client, "requester@dius.example"), address(name, draft), **data)
    assert answer.status_code == 200
    assert len(answer.content) < 400_000
    assert "Please submit at most" in answer.content.decode()
    assert cast.fresh(draft).revision.edits == draft.revision.edits


def test_an_order_has_no_more_lines_than_its_document_can_carry():
    draft = cast.drafted()
    too_many = [drafting.Ordered("shared", "CORE-01", "London", 1)] * (drafting.MOST_LINES + 1)
    with pytest.raises(Refused, match="one order can have 400"):
        drafting.save_services(draft, too_many, by=cast.requester(), at=cast.START)


def test_an_address_with_and_one_without_an_account_get_the_same_answer(client, settings):
    found = {}
    for email in ("requester@dius.example", "nobody@dius.example"):
        answer = client.post(reverse("account_reset_password"), {"email": email})
        found[email] = (answer.status_code, answer["Location"])
    assert len(set(found.values())) == 1


def test_what_is_submitted_is_what_was_checked(client):
    """A colleague's save between the check page and the click is not submitted unseen."""
    draft = cast.drafted()
    check = address("check", draft)
    shown = re.search(r'name="shown_hash" value="([0-9a-f]{64})"', sign_in(client, "requester@dius.example").get(check).content.decode())[1]
    drafting.save_special_terms(
        draft, [("Side deal", "Unseen.")], staff_transfer=False, by=cast.requester(), at=cast.START
    )
    page = post(client, check, shown_hash=shown).content.decode()
    assert "have changed since this page was shown" in page
    assert "Side deal" in page
    assert cast.fresh(draft).state == "draft"
    again = re.search(r'name="shown_hash" value="([0-9a-f]{64})"', page)[1]
    assert again != shown
    assert post(client, check, shown_hash=again).status_code == 302
    assert cast.fresh(draft).state == "department_approval"


def deputy_of(email: str, name: str) -> None:
    """Somebody of the same organisation without a post sits in the chair from today."""
    principal = cast.person(email)
    holding = PostHolding.objects.get(user=principal.user)
    deputy = User.objects.create(email=name, name=name.split("@")[0], password="!")
    granting.grant_organisation(deputy, holding.post.organisation, starts_on=cast.START.date())
    ActingFor.objects.create(
        holding=holding, deputy=deputy, starts_on=cast.START.date(),
        ends_on=cast.START.date() + timedelta(days=10),
    )  # fmt: skip


def test_a_deputy_reads_does_and_is_told_what_the_principal_would():
    """Requester and order desk: what home lists opens, what opens can be done, and the mail comes too."""
    deputy_of("requester@dius.example", "deputy.requester@dius.example")
    deputy_of("order.desk@fujitsu.example", "deputy.desk@fujitsu.example")
    draft = cast.drafted()
    client = Client()
    assert sign_in(client, "deputy.requester@dius.example").get(address("tasks", draft)).status_code == 200
    drafting.save_title(draft, "By the deputy", by=cast.person("deputy.requester@dius.example"), at=cast.START)
    order = cast.with_supplier()
    accept = reverse("contracts:accept", args=[order.public_id])
    home = sign_in(client, "deputy.desk@fujitsu.example").get("/").content.decode()
    assert order.reference in home
    assert client.get(accept).status_code == 200
    assert Email.objects.filter(recipient="deputy.desk@fujitsu.example").exists()


@pytest.mark.world("submitted")
def test_mail_goes_to_who_holds_the_post_when_it_is_written():
    """Opened ten days later, a step is announced to who holds its post then; and nobody writes to who has left."""
    order = cast.submitted()
    later = cast.START + timedelta(days=10)
    old = PostHolding.objects.get(user__email="technology.officer@dius.example")
    PostHolding.objects.filter(pk=old.pk).update(ends_on=cast.START.date() + timedelta(days=1))
    new = User.objects.create(email="new.officer@dius.example", name="New officer", password="!")
    granting.grant_organisation(new, cast.dius(), starts_on=cast.START.date())
    PostHolding.objects.create(post=old.post, user=new, starts_on=cast.START.date() + timedelta(days=2))
    cast.decide(order, HOLDER, at=later)
    told = set(Email.objects.filter(template__endswith="your_turn.txt").values_list("recipient", flat=True))
    assert "new.officer@dius.example" in told
    assert "technology.officer@dius.example" not in told
    requester = PostHolding.objects.get(user__email="requester@dius.example")
    PostHolding.objects.filter(pk=requester.pk).update(ends_on=cast.START.date() + timedelta(days=1))
    by = cast.person("finance.director@dius.example")
    approval.reject(
        order.revision.approval.steps.get(post="finance_director"), reason="No.", no_conflict=True, by=by, at=later,
        shown_hash=order.revision.revision_hash,
    )  # fmt: skip
    ended = set(Email.objects.filter(template__endswith="/ended.txt").values_list("recipient", flat=True))
    assert ended
    assert "requester@dius.example" not in ended


@pytest.mark.world("submitted")
def test_the_commit_button_is_shut_by_what_the_click_would_refuse():
    order = cast.submitted()
    for email in cast.ROUTE[:3]:
        cast.decide(order, email)
    officer = cast.person(cast.ROUTE[3])
    step = cast.open_step(order, officer)
    assert not list(order_decision_guards.why_not_decide(step, by=officer, at=cast.START))
    CapacityAccount.objects.update(ceiling_gbp=F("committed_gbp") + F("reserved_gbp") + 1)
    reasons = " ".join(str(r.words) for r in order_decision_guards.why_not_decide(step, by=officer, at=cast.START))
    assert "passes the framework's ceiling" in reasons


def test_the_law_s_threshold_counts_vat_and_the_option_to_extend():
    draft = cast.drafted()
    quote = quoting.quote(draft.revision, cast.START.date())
    assert quoting.estimated_value(draft.revision, quote) == quote.gross_gbp
    draft.revision.extension_months = 12
    option = quote.totals.monthly * 12
    assert quoting.estimated_value(draft.revision, quote) > quote.gross_gbp + option


def test_who_has_not_joined_reads_no_prices(client):
    prospect = Accession.objects.exclude(state="active").select_related("department").first().department
    somebody = User.objects.create(email="somebody@prospect.example", name="Somebody", password="!")
    granting.grant_organisation(somebody, prospect, starts_on=cast.START.date())
    sign_in(client, "somebody@prospect.example")
    for path in ("/catalogue/", "/framework/"):
        refused = client.get(path)
        assert refused.status_code == 403 and "£" not in refused.content.decode(), path
    shut = client.get("/call-offs/new/")
    assert shut.status_code == 403 and f"{prospect.name} is no member of" in shut.content.decode()
    assert "Capacity of the framework" not in client.get("/").content.decode()


@pytest.mark.world("submitted")
def test_a_decision_is_on_what_the_approver_read_also_where_the_form_is_shown_again(client):
    """The order was returned, changed and submitted again while its brief was open."""
    order, read = cast.submitted(), "0" * 64  # what was read is no more
    now, step = order.revision.revision_hash, cast.open_step(order, cast.person(HOLDER))
    sign_in(client, HOLDER)
    decide = reverse("procurement:decide", args=[order.public_id, step.position])
    brief = client.get(reverse("procurement:brief", args=[order.public_id, step.position])).content.decode()
    assert f"{decide}?shown={now}" in brief
    assert "has changed since your page was made" in client.get(f"{decide}?shown={read}").content.decode()
    again = client.post(decide, {"idempotency_key": str(uuid.uuid4()), "shown_hash": read}).content.decode()  # without the declaration
    assert f'name="shown_hash" value="{read}"' in again
