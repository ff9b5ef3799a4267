"""A variation decided, signed and in effect: its approvers, its document, the terms that it changes; and how it ends otherwise."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import IntegrityError, ProgrammingError, transaction
from django.urls import reverse

from contracts import charges as ledger
from contracts import periodic, terms, variation_approval, variation_issuing, varying
from contracts.models import ContractVersion, Variation
from documents import canonical, store, verifying
from documents.models import Purpose, SigningIntent
from documents.templatetags.flex import moment as format_moment
from procurement import periodic as reminding
from procurement import working_days
from procurement.models import (
    ActingFor,
    ApprovalStep,
    CapacityAccount,
    PostHolding,
    StepState,
    VolumeEntry,
)
from tests import cast, paper
from tests.cast import START
from tests.contracts import variation_cast as made
from tests.contracts.transition_cast import on
from tests.procurement.test_pages import sign_in
from tests.refusals import refused

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("executed")]
DAY = date(2008, 11, 1)


def whole_life(contract) -> Decimal:
    found = ledger.by_line_and_month(terms.ledger(terms.put_together(terms.read(contract))))
    return sum(found.values(), Decimal(0))


def account() -> CapacityAccount:
    return CapacityAccount.objects.get(framework=cast.framework())


def test_from_submitted_to_in_effect_with_a_document_that_is_valid():
    contract = cast.contract()
    before, committed = whole_life(contract), account().committed_gbp
    signed_document = store.head(contract.document).sha256
    variation = made.submitted()
    value = variation.revision.value_gbp
    posts = list(variation.approval.steps.values_list("side", "post", "act"))
    assert posts == [
        ("department", "budget_holder", "endorse"), ("department", "technology_officer", "endorse"),
        ("department", "finance_director", "commit"), ("authority", "commercial_lead", "endorse"),
        ("authority", "finance_lead", "commit"),
    ]  # fmt: skip - the row up to 5,000,000.00 of approval_matrix.csv
    made.decided(variation, steps=2)
    assert account().reserved_gbp == 0
    variation = made.decided(variation, steps=1)
    assert account().reserved_gbp == value, "the department's last approval reserves"
    variation = made.decided(variation)
    assert variation.state == "awaiting_signatures"
    assert whole_life(contract) == before
    variation = made.signed(variation)
    assert (variation.state, variation.signed_on) == ("executed", START.date())
    assert whole_life(contract) == before + value
    assert (account().reserved_gbp, account().committed_gbp) == (0, committed + value)
    seats = VolumeEntry.objects.get(key=f"volume:{variation.public_id}:seats")
    assert (seats.quantity, seats.effective_from) == (100, START.date()), "a volume counts from the execution"
    version = contract.versions.get(kind=ContractVersion.Kind.VARIATION)
    assert (version.effective_from, version.caused_by, version.document) == (DAY, "VAR-01", variation.document)
    assert store.head(cast.fresh(contract).document).sha256 == signed_document, "the signed contract never changes"
    verdict = verifying.check(store.content(store.head(variation.document)))
    assert verdict.valid, verdict
    call_command("check_invariants")
    periodic.run(on(DAY - timedelta(days=2)))  # a year is over, and the ratings of the next are due
    assert periodic.run(on(DAY - timedelta(days=1))) == []
    assert periodic.run(on(DAY)) == [f"{variation} is applied"]
    assert periodic.run(on(DAY)) == [] and Variation.objects.get(pk=variation.pk).state == "applied"


def test_two_that_are_open_at_once_lose_none_of_each_others_changes():
    first, second = made.assessed("VAR-01"), made.assessed("VAR-02")
    before, committed = whole_life(cast.contract()), account().committed_gbp
    for variation in (second, first):
        submitted = variation_approval.submit(
            variation, shown_hash=variation.revision.content_hash, by=cast.person(made.MANAGER), at=START
        )
        if submitted.revision.notice_first:
            variation_approval.record_notice(submitted, reference="2008/S 1", published_on=START.date(), by=cast.person(made.MANAGER), at=START)
        made.signed_on_paper(made.decided(submitted))
    line = next(one for one in terms.as_of(terms.put_together(terms.read(cast.contract())), DAY).lines
                if (one.line.service.code, one.line.site) == ("CORE-01", "London"))  # fmt: skip
    assert line.quantity == 434 + 100 + 150
    more = first.revision.value_gbp + second.revision.value_gbp
    assert (whole_life(cast.contract()), account().committed_gbp) == (before + more, committed + more)
    call_command("check_invariants")


def test_beyond_the_frameworks_control_the_authority_commits_after_the_change_notice():
    made.assessed("VAR-01")
    second = made.assessed("VAR-02")
    second = variation_approval.submit(second, shown_hash=second.revision.content_hash, by=cast.requester(), at=START)
    assert second.approval.route_gbp == second.revision.cumulative_gbp > second.approval.commits_gbp
    made.decided(second, steps=4)
    step = ApprovalStep.objects.select_related("approval").get(approval=second.approval, state=StepState.OPEN)
    by = cast.person("finance.lead@co.example")
    words = refused(variation_approval.decide, step, shown_hash=step.approval.content_hash, no_conflict=True, by=by, at=START)
    assert "A contract change notice comes first" in words and "contract manager of Department" in words
    manager = cast.person(made.MANAGER)
    assert "still to come" in refused(
        variation_approval.record_notice, second, reference="2008/S 1", published_on=date(2030, 1, 1), by=manager, at=START)  # fmt: skip
    assert "no notice of it was published before" in refused(
        variation_approval.record_notice, second, reference="2008/S 1", published_on=date(1990, 1, 1), by=manager, at=START)  # fmt: skip
    variation_approval.record_notice(second, reference="2008/S 1", published_on=START.date(), by=manager, at=START)
    decided = variation_approval.decide(step, shown_hash=step.approval.content_hash, no_conflict=True, by=by, at=START)
    payload = decided.document.payload
    assert payload["change_notice"] == {"reference": "2008/S 1", "published_on": START.date().isoformat()}
    acts = [(act["act"], act["post"]) for act in payload["evidence"]]
    assert acts[:2] == [("submitted", "requester"), ("endorsed", "budget holder")] and len(acts) == 6
    for act in payload["evidence"]:
        assert act["revision_hash"] == second.revision.content_hash and act["real_at"] > act["at"] == canonical.moment(START)


def test_who_works_on_it_neither_decides_nor_signs():
    variation = made.submitted()
    cast.give_post(made.MANAGER, "DIUS", "budget_holder")
    step = variation.approval.steps.get(post="budget_holder")
    words = refused(
        variation_approval.decide, step, shown_hash=variation.revision.content_hash, no_conflict=True, by=cast.person(made.MANAGER), at=START
    )
    assert "requested this variation" in words or "edited this revision" in words or "submitted this revision" in words
    variation = paper.variation_issued(made.decided(variation))
    with pytest.raises(IntegrityError, match="does not sign|bars|barred"), transaction.atomic():
        store.record_intent(
            variation.document, field="Signature_supplier", identifier="GB-COH-00096056", base_sha256=store.head(variation.document).sha256,
            act={"party": "supplier", "name": "x", "person_id": str(cast.person(made.MANAGER).person_id), "email": "", "post": "", "organisation": "",
                 "identifier": "", "acting_for": "", "principal_id": "", "delegation": None, "delegation_words": "", "signed_in_at": "",
                 "hash_shown": "", "at": "2007-10-11T09:00:00Z", "real_at": "2007-10-11T09:00:00Z", "session": ""},
        )  # fmt: skip
    assert not SigningIntent.objects.filter(document=variation.document).exists()


def test_the_hands_come_with_the_words_of_an_earlier_revision_and_of_whom_a_deputy_submitted_for():
    """As of an order: who wrote what another then changes or submits does not decide on it."""
    other, wrote = cast.requester(), cast.person(made.MANAGER)
    variation = varying.begin(cast.contract(), kind="quantity", title="100 more desktops at London", by=other, at=START)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Variation.objects.filter(pk=variation.pk).update(requester=wrote.user)  # nobody becomes another's requester
    varying.save_lines(variation, made.wanted(), effective_on=DAY, by=wrote, at=START)
    varying.save_grounds(variation, reason=made.REASON, gateway="not_substantial", answers=made.ANSWERS, by=wrote, at=START)
    variation = varying.assess(variation, by=other, at=START)
    variation = varying.assess(varying.revise(variation, by=other, at=START), by=other, at=START)
    deputy = cast.deputy_of("budget.holder@dius.example")
    cast.give_post("budget.holder@dius.example", "DIUS", "contract_manager")
    holding = PostHolding.objects.get(user__email="budget.holder@dius.example", post__code="contract_manager")
    ActingFor.objects.create(holding=holding, deputy=deputy.user, starts_on=START.date(), ends_on=date(2030, 1, 1))
    shown = variation.revision.content_hash
    variation = variation_approval.submit(cast.fresh(variation), shown_hash=shown, by=cast.person(deputy.email), at=START)
    cast.give_post(made.MANAGER, "DIUS", "budget_holder")
    step = variation.approval.steps.get(post="budget_holder")
    for email in (made.MANAGER, "budget.holder@dius.example"):
        words = refused(variation_approval.decide, step, shown_hash=shown, no_conflict=True, by=cast.person(email), at=START)
        assert "edited this revision" in words, email


def test_who_keeps_out_of_it_does_not_work_on_it_from_another_post_either():
    """As of an order. Recused as approver of what they neither wrote nor asked for; then it is theirs to rewrite as a requester."""
    variation, holder = made.submitted(), "budget.holder@dius.example"
    cast.give_post(holder, "DIUS", "requester")
    step = variation.approval.steps.get(post="budget_holder")
    variation_approval.recuse(step, reason="My brother works there.", by=cast.person(holder), at=START)
    shown = variation.revision.content_hash
    words = {"by": cast.person(holder), "at": START}
    expected = "You declared a conflict of interest in this variation"
    assert expected in refused(variation_approval.withdraw, cast.fresh(variation), reason="It is not wanted.", **words)
    assert expected in refused(variation_approval.record_notice, cast.fresh(variation), reference="1", published_on=START.date(), **words)
    by = cast.person("deputy.budget.holder@dius.example")
    variation_approval.return_for_changes(step, reason="Why?", shown_hash=shown, no_conflict=True, by=by, at=START)
    assert expected in refused(varying.save_lines, cast.fresh(variation), made.wanted(), effective_on=DAY, **words)
    assert expected in refused(varying.assess, cast.fresh(variation), **words)


def test_a_decision_is_on_what_the_approver_read_also_where_the_form_is_shown_again(client):
    variation = made.submitted()
    read, at = variation.revision.content_hash, {"at": START}
    step = variation.approval.steps.get(post="budget_holder")
    place = [variation.contract.public_id, variation.number, step.position]
    decide = reverse("contracts:decide_variation", args=place) + f"?shown={read}"
    sign_in(client, "budget.holder@dius.example")
    assert decide in client.get(reverse("contracts:variation_brief", args=place)).content.decode()
    by, manager = cast.person("deputy.budget.holder@dius.example"), cast.person(made.MANAGER)
    variation_approval.return_for_changes(step, reason="Why?", shown_hash=read, no_conflict=True, by=by, **at)
    varying.save_grounds(cast.fresh(variation), reason="Other words.", gateway="not_substantial", answers=made.ANSWERS, by=manager, **at)
    now = varying.assess(cast.fresh(variation), by=manager, **at).revision.content_hash
    variation_approval.submit(cast.fresh(variation), shown_hash=now, by=manager, **at)
    assert "has changed since your page was made" in client.get(decide).content.decode()
    again = client.post(decide, {"idempotency_key": str(uuid.uuid4()), "shown_hash": read}).content.decode()  # without the declaration
    assert f'name="shown_hash" value="{read}"' in again and now not in again
    answer = client.post(decide, {"idempotency_key": str(uuid.uuid4()), "shown_hash": read, "no_conflict": "on"})
    assert "has changed since your page was made" in answer.content.decode()


def test_returned_rejected_withdrawn_and_refused_release_what_is_reserved_and_leave_the_contract():
    contract = cast.contract()
    before = whole_life(contract)
    variation = made.decided(made.submitted(), steps=3)
    step = ApprovalStep.objects.select_related("approval").filter(approval=variation.approval, state=StepState.OPEN).first()
    by = cast.person("commercial.lead@co.example")
    returned = variation_approval.return_for_changes(
        step, reason="Say what it is for.", shown_hash=step.approval.content_hash, no_conflict=True, by=by, at=START
    )
    assert (returned.state, returned.revision.number, account().reserved_gbp) == ("draft", 2, 0)
    assert "You have decided this step (returned for amendment)" in refused(
        variation_approval.decide, step, shown_hash=step.approval.content_hash, no_conflict=True, by=by, at=START)  # fmt: skip
    withdrawn = variation_approval.withdraw(returned, reason="Not wanted.", by=cast.person(made.MANAGER), at=START)
    assert withdrawn.state == "withdrawn"
    other = made.decided(made.submitted(), steps=3)
    step = ApprovalStep.objects.select_related("approval").filter(approval=other.approval, state=StepState.OPEN).first()
    rejected = variation_approval.reject(
        step, reason="No.", shown_hash=step.approval.content_hash, no_conflict=True, by=by, at=START
    )
    assert (rejected.state, account().reserved_gbp) == ("rejected", 0)
    third = made.signed_on_paper(made.decided(made.submitted()), parties=1)
    ended = variation_issuing.refuse_to_sign(
        third, "department", reason="Not like this.", by=cast.person("signatory@dius.example"), at=START
    )
    assert (ended.state, cast.fresh(ended.document).state, account().reserved_gbp) == ("rejected", "void", 0)
    assert whole_life(contract) == before
    call_command("check_invariants")


def test_its_steps_say_who_was_reminded_and_lead_to_the_briefs_of_the_readers_side(client):
    variation = made.submitted()
    reminding.run(working_days.due(START, 2))
    sign_in(client, made.MANAGER)
    shown = " ".join(client.get(reverse("contracts:variation", args=[variation.contract.public_id, 1])).content.decode().split())
    assert f"Reminded, {format_moment(working_days.due(START, 2))}: {cast.person('budget.holder@dius.example').words}" in shown
    assert [number for number in range(1, 6) if f"/variations/1/steps/{number}/" in shown] == [1, 2, 3]


def test_what_not_all_have_signed_before_its_first_day_lapses_and_the_last_act_stops_that():
    lapsing = made.signed_on_paper(made.decided(made.submitted()), parties=2)
    periodic.run(on(DAY - timedelta(days=1)))  # a year is over, and the ratings of the next are due
    assert periodic.run(on(DAY)) == [f"{lapsing} is lapsed"]
    lapsed = Variation.objects.get(pk=lapsing.pk)
    assert (lapsed.document.state, account().reserved_gbp) == ("void", 0) and "came before all parties had signed" in lapsed.ended_reason
    second = made.signed_on_paper(made.decided(made.submitted()), parties=2)
    act = paper.variation_act(second, "authority", "authority.signatory@co.example")
    assert periodic.run(on(DAY)) == []
    paper.signed(act)
    variation_issuing.signature_made(cast.fresh(second), at=START)
    paper.add(second.document, Purpose.ARCHIVE_TIMESTAMP)
    assert variation_issuing.execute(cast.fresh(second), at=START).state == "executed"


def test_a_draft_lapses_with_its_contract_and_not_on_its_day():
    draft, empty = made.filled(), made.begun()
    end = cast.contract().ends_on

    def of_variations(day: date) -> list[str]:
        return [said for said in periodic.run(on(day)) if "VAR" in said]

    assert of_variations(DAY) == of_variations(end) == []
    assert of_variations(end + timedelta(days=1)) == [f"{draft} is lapsed", f"{empty} is lapsed"]
    assert {one.ended_reason for one in Variation.objects.all()} == {"The contract has ended on 31 October 2012."}
    assert of_variations(end + timedelta(days=2)) == []
    call_command("check_invariants")


def test_what_is_agreed_for_a_later_day_is_not_taken_away_twice():
    by = cast.person(made.MANAGER)

    def taking(day: date, times: int):
        variation = made.begun()
        fewer = [varying.Wanted(one.service_code, -one.quantity_change * times, one.site) for one in made.wanted()]
        varying.save_lines(variation, fewer, effective_on=day, by=by, at=START)
        return varying.save_grounds(variation, reason=made.REASON, gateway="not_substantial", answers=made.ANSWERS, by=by, at=START)

    first = varying.assess(taking(DAY, 2), by=by, at=START)
    first = variation_approval.submit(first, shown_hash=first.revision.content_hash, by=by, at=START)
    variation_approval.record_notice(first, reference="2008/S 2", published_on=START.date(), by=by, at=START)
    assert made.signed_on_paper(made.decided(first)).state == "executed"
    words = refused(varying.assess, taking(date(2008, 6, 1), 3), by=by, at=START)
    assert "CORE-01, London: from 1 November 2008 VAR-01 takes away more than would be left" in words


def test_what_gives_everything_up_ends_no_contract_and_leaves_nothing_to_extend():
    """The interim lines, which ended long before, are not what its last day follows."""
    contract, day = cast.contract(), date(2009, 1, 1)
    standing, ends_on = terms.put_together(terms.read(contract))[-1], contract.ends_on
    fewer = [varying.Wanted(line.line.service.code, -line.quantity, line.line.site) for line in standing.lines if line.line.phase == "shared"]
    given_up = made.of_kind("service", lambda one, *, by, at: varying.save_lines(one, fewer, effective_on=day, by=by, at=at))
    paper.variation_executed(made.approved(given_up))
    periodic.run(on(date(2009, 1, 2)))
    contract = cast.fresh(contract)
    assert (contract.state, contract.ends_on) == ("executed", ends_on)
    together = terms.ledger(terms.put_together(terms.read(contract)))
    assert {month for (_line, month), amount in ledger.by_line_and_month(together).items() if month >= day and amount} == set()
    assert "there is nothing to extend" in refused(made.extended, 1, on(date(2009, 1, 2)))
    call_command("check_invariants")
