"""Building a variation: what it changes and comes to, its share of the contract's value, its gateway, and its assessment."""

import json
import uuid
from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse

from contracts import assessing, gateways, terms, variation_approval, variation_replying, varying
from contracts.models import LineVariation, VariationRevision
from documents.models import Email
from documents.templatetags.flex import percent
from tests import cast
from tests.cast import START
from tests.contracts import variation_cast as made
from tests.contracts.transition_cast import SERVICE
from tests.procurement.test_pages import post, sign_in
from tests.refusals import refused

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("executed")]
DAY = date(2008, 11, 1)
MONTHS = 48  # from November 2008 to the contract's last, October 2012
BY_SEAT = Decimal("74.88") + Decimal("12.96") + Decimal("9.22")  # CORE-01, CORE-04, CORE-06


def by():
    return cast.person(made.MANAGER)


def test_what_is_added_costs_its_price_for_each_month_that_is_left_and_its_share_is_cumulative():
    contract = cast.contract()
    price = {line.service.code: line.unit_price_gbp for line in contract.revision.lines.select_related("service")}
    assert price["CORE-01"] + price["CORE-04"] + price["CORE-06"] == BY_SEAT
    first = made.assessed("VAR-01").revision
    seat = sum(price[row["service"]] for row in made.rows("VAR-01"))
    assert first.value_gbp == 100 * seat * MONTHS
    assert first.share_percent == first.cumulative_percent == (first.value_gbp * 100 / contract.original_value_gbp).quantize(Decimal("0.01"))
    assert not first.notice_first
    second = made.assessed("VAR-02").revision
    assert second.value_gbp == 150 * seat * MONTHS
    assert second.cumulative_gbp == first.value_gbp + second.value_gbp
    assert second.cumulative_percent > 10 > second.share_percent and second.notice_first
    content = json.loads(second.content)
    assert [one["label"] for one in content["share"]["with"]] == ["VAR-01"] and content["terms_of"] == [contract.number]
    by_year = {year["year"]: Decimal(year["net_gbp"]) for year in content["money"]["by_financial_year"]}
    assert sum(by_year.values()) == second.value_gbp and by_year["2008/09"] == 150 * seat * 5


def test_the_warning_of_a_change_notice_counts_what_counts_with_it(client):
    made.assessed("VAR-01")
    second = made.assessed("VAR-02")
    sign_in(client, made.MANAGER)
    page = client.get(reverse("contracts:variation", args=[second.contract.public_id, second.number])).content.decode()
    assert f"With the one that counts with it this is {percent(second.revision.cumulative_percent)} of the original value" in page
    alone = json.loads(second.revision.content)
    alone["share"]["with"] = []
    page = render_to_string("contracts/_variation_money.html", {"content": alone})
    assert f"This is {percent(second.revision.share_percent)} of the original value" in page, "nothing else counts with it"


def test_each_line_is_shown_before_and_after_and_one_that_the_contract_has_not_is_new():
    content = json.loads(made.assessed().revision.content)
    london = content["lines"][0]
    assert (london["service"], london["site"], london["quantity_before"], london["quantity_change"], london["quantity_after"]) == (
        "CORE-01", "London", 434, 100, 534)  # fmt: skip
    assert london["unit_price_gbp"] == london["unit_price_before_gbp"] == "74.88"
    variation = made.begun(kind="service")
    varying.save_lines(variation, [varying.Wanted("CORE-05", 10)], effective_on=date(2008, 11, 1), by=by(), at=START)
    found = assessing.assess(varying.lock(variation).revision, on=START.date())
    (new,) = found.effects
    assert (new.line, new.before, new.after, new.ends_on) == (None, 0, 10, date(2012, 10, 31))
    assert new.price < new.service.list_price_gbp, "at the band that the framework's volume has reached"


def test_what_is_missing_and_what_does_not_fit_is_said_in_words():
    variation = made.begun()
    words = refused(varying.assess, variation, by=by(), at=START)
    assert "Say why the contract is to be changed." in words and "how many more or fewer" in words and "Choose the gateway" in words
    for wanted, day, expected in (
        ([varying.Wanted("CORE-01", -500, "London")], date(2008, 11, 1), "434 stand and 500 are to go"),
        ([varying.Wanted("CORE-01", 10, "London")], date(2008, 11, 1), "add 10 or lower the seats"),
        ([varying.Wanted("CORE-99", 10)], date(2008, 11, 1), "CORE-99 is neither in the contract nor in the live catalogue"),
        ([varying.Wanted("TRN-03", 10)], date(2008, 11, 1), "TRN-03 cannot be ordered by a variation"),
        (made.wanted(), START.date(), "tomorrow at the earliest"),
        (made.wanted(), date(2013, 1, 1), "the contract runs from 1 November 2007 to 31 October 2012"),
    ):  # fmt: skip
        varying.save_lines(variation, wanted, effective_on=day, by=by(), at=START)
        assert expected in refused(varying.assess, variation, by=by(), at=START)
    twice = [varying.Wanted("CORE-01", 1, "London"), varying.Wanted("CORE-01", 2, "London")]
    assert "stands twice" in refused(varying.save_lines, variation, twice, effective_on=date(2008, 11, 1), by=by(), at=START)


def test_more_than_the_whole_framework_may_be_is_refused_in_words():
    """Also what is more than an amount of money can be."""
    wanted = [varying.Wanted("CALL-04", 1_000_000, f"Site {number}") for number in range(8)]
    words = refused(made.of_kind, "service", lambda one, *, by, at: varying.save_lines(one, wanted, effective_on=DAY, by=by, at=at))
    assert "worth more than the whole framework may be" in words


def test_a_gateway_that_the_figures_shut_is_refused_with_them():
    variation = made.filled()
    varying.save_grounds(variation, reason=made.REASON, gateway="below_threshold", answers=made.ANSWERS, by=by(), at=START)
    assert "together they must stay under £135,018.00" in refused(varying.assess, variation, by=by(), at=START)
    varying.save_grounds(variation, reason=made.REASON, gateway="permitted", answers={}, by=by(), at=START)
    assert "Choose the paragraph of Schedule 8" in refused(varying.assess, variation, by=by(), at=START)
    varying.save_grounds(variation, reason=made.REASON, gateway="permitted", paragraph="4", answers={}, by=by(), at=START)
    assert "could not reasonably have been foreseen" in refused(varying.assess, variation, by=by(), at=START)


def test_an_extension_is_within_the_option_that_was_ordered():
    contract = cast.contract()
    variation = made.begun(kind="term")
    varying.save_term(variation, extension_months=contract.revision.extension_months + 1, by=by(), at=START)
    assert "has an option of" in refused(varying.assess, variation, by=by(), at=START)


def test_what_has_been_assessed_never_changes_and_is_revised_as_a_new_revision():
    variation = made.assessed()
    revision = variation.revision
    assert variation.state == "assessed" and len(revision.content_hash) == 64
    assert "is assessed" in refused(varying.save_term, variation, extension_months=1, by=by(), at=START)
    for change in (
        lambda: VariationRevision.objects.filter(pk=revision.pk).update(value_gbp=1),
        lambda: LineVariation.objects.filter(revision=revision).update(quantity_change=1),
        lambda: LineVariation.objects.filter(revision=revision).delete(),
    ):
        with pytest.raises(IntegrityError, match="an assessed variation never changes"), transaction.atomic():
            change()
    told = Email.objects.filter(template="contracts/email/variation_assessed.txt").values_list("recipient", flat=True)
    assert "service.manager@fujitsu.example" in set(told)
    again = varying.revise(variation, by=by(), at=START)
    assert (again.state, again.revision.number, again.revision.changes.count()) == ("draft", 2, 6)
    anew = varying.assess(again, by=by(), at=START).revision
    assert anew.value_gbp == revision.value_gbp
    withdrawn = variation_approval.withdraw(variation, reason="No longer wanted.", by=by(), at=START)
    assert withdrawn.state == "withdrawn"


def test_a_form_that_is_older_than_what_is_stored_is_refused():
    variation = made.filled()
    words = refused(varying.save_lines, variation, made.wanted(), effective_on=date(2008, 11, 1), edits=0, by=by(), at=START)
    assert "while this form was open" in words


def test_only_the_department_works_on_it_and_the_others_see_it_from_its_assessment_on(client):
    contract = cast.contract()
    for email in ("service.manager@fujitsu.example", "commercial.lead@co.example", "requester@ons.example"):
        assert "Only the contract manager or a requester" in refused(
            varying.begin, contract, kind="quantity", title="x", by=cast.person(email), at=START)  # fmt: skip
    variation = made.filled()
    page = reverse("contracts:variation", args=[contract.public_id, variation.number])
    listed = reverse("contracts:variations", args=[contract.public_id])
    sign_in(client, "service.manager@fujitsu.example")
    assert client.get(page).status_code == 404 and b"VAR-01" not in client.get(listed).content
    varying.assess(variation, by=by(), at=START)
    assert client.get(page).status_code == 200 and b"VAR-01" in client.get(listed).content
    sign_in(client, "requester@ons.example")
    assert client.get(page).status_code == client.get(listed).status_code == 404


def test_from_the_contract_page_to_an_assessed_variation_by_the_forms(client):
    contract = cast.contract()
    sign_in(client, made.MANAGER)
    assert reverse("contracts:variations", args=[contract.public_id]).encode() in client.get(
        reverse("contracts:contract", args=[contract.public_id])).content  # fmt: skip

    def send(name, data, *, number=1):
        url = reverse(f"contracts:{name}", args=[contract.public_id] + ([number] if number else []))
        assert client.get(url).status_code == 200
        edits = contract.variations.first().revision.edits if number else 0
        return client.post(url, data | {"edits": edits, "idempotency_key": str(uuid.uuid4())}, follow=True)

    send("begin_variation", {"kind": "quantity", "title": "More desktops"}, number=0)
    lines = {(line.service.code, line.site): line.number for line in contract.lines.select_related("service")}
    rows = {"row-TOTAL_FORMS": 3, "row-INITIAL_FORMS": 0, "effective_on_day": 1, "effective_on_month": 11, "effective_on_year": 2008}
    rows |= {f"by_{lines[one.service_code, one.site]}": f"+{one.quantity_change}" for one in made.wanted()}
    shown = send("variation_changes", rows)
    assert "534" in shown.content.decode(), shown.content.decode()[:4000]
    asked = send("variation_grounds", {"reason": made.REASON, "gateway": "not_substantial"})
    assert b"economic balance" in asked.content
    answers = {f"test_{code}": words for code, words in made.ANSWERS.items()}
    send("variation_grounds", {"reason": made.REASON, "gateway": "not_substantial"} | answers)
    done = send("assess_variation", {})
    assert b"Assessed. The supplier" in done.content
    assert contract.variations.get().state == "assessed"


def test_a_variation_changes_nothing_of_another_kind():
    correction, term = made.begun(kind="correction"), made.begun(kind="term")
    by = cast.person(made.MANAGER)
    assert "changes something else: correction" in refused(
        varying.save_lines, correction, made.wanted(), effective_on=date(2008, 11, 1), by=by, at=START
    )
    assert "changes something else: correction" in refused(varying.save_term, correction, extension_months=12, by=by, at=START)
    right = [varying.PutRight("Schedule 1", "a", "b")]
    assert "changes something else: term" in refused(
        varying.save_corrections, term, right, effective_on=date(2008, 11, 1), by=by, at=START
    )


def test_services_exchanged_for_others_count_though_they_add_nothing_and_one_that_moves_does_not():
    """The desk's standard hours for its extended ones, and so many fewer of something else that the sum is near nothing."""
    contract, day, by = cast.contract(), date(2008, 11, 1), cast.person(made.MANAGER)
    price = {line.line.service.code: line.unit_price for line in terms.put_together(terms.read(contract))[0].lines}
    exchanged = [varying.Wanted("CALL-05", 500), varying.Wanted("CORE-08", -300)]

    def saved(variation, wanted):
        return varying.assess(varying.save_grounds(
            varying.save_lines(variation, wanted, effective_on=day, by=by, at=START),
            reason="More telephones.", gateway="not_substantial", answers=made.ANSWERS, by=by, at=START,
        ), by=by, at=START).revision  # fmt: skip

    more = price["CALL-05"] * 500 * 48
    one = saved(made.begun(kind="service"), exchanged)
    assert one.value_gbp == more - price["CORE-08"] * 300 * 48 < one.counted_gbp == more
    assert one.counted_gross_gbp > one.gross_gbp and one.cumulative_gbp == more
    fewer = saved(made.begun(kind="service"), [varying.Wanted("CORE-09", -100)])
    assert fewer.value_gbp == -fewer.counted_gbp < 0 and fewer.cumulative_gbp == more + fewer.counted_gbp
    moved = saved(made.begun(kind="site"), [varying.Wanted("CORE-01", -5, "London"), varying.Wanted("CORE-01", 5, "Sheffield")])
    assert moved.value_gbp == moved.counted_gbp == 0


@pytest.mark.parametrize(("gateway", "paragraph", "most"), [("permitted", "4", 500_000), ("below_threshold", "", 100_000)])
def test_a_penny_more_than_the_share_that_a_gateway_allows_is_over_it(gateway, paragraph, most):
    def reasons(value: str) -> list[str]:
        figures = {"gross_gbp": Decimal(0), "below_threshold_gbp": Decimal(0), "threshold_gbp": Decimal(1)}
        found = gateways.why_not(gateway, paragraph, counted_gbp=Decimal(value), original_gbp=Decimal("1000000.00"), **figures)
        return [str(one) for one in found]

    assert reasons(f"{most}.00") == []
    (over,) = reasons(f"{most}.01")
    assert f"by {most // 10_000}.01%" in over, "and it reads so"


def test_the_supplier_says_of_what_was_assessed_whether_it_can_be_delivered(client):
    variation, service = made.assessed(), cast.person(SERVICE)
    shown = variation.revision.content_hash
    said = {"can_deliver": False, "words": "", "shown_hash": shown, "by": service, "at": START}
    assert "Say what cannot be delivered" in refused(variation_replying.reply, variation, **said)
    assert "not what stands now" in refused(variation_replying.reply, variation, **said | {"words": "x", "shown_hash": "0" * 64})
    assert "Only the service manager or the account manager" in refused(
        variation_replying.reply, variation, **said | {"words": "x", "by": cast.person(made.MANAGER)}
    )
    page = reverse("contracts:variation", args=[variation.contract.public_id, variation.number])
    address = reverse("contracts:reply_variation", args=[variation.contract.public_id, variation.number])
    sign_in(client, SERVICE)
    asked = "variation VAR-01: say whether it can be delivered"
    assert asked in client.get("/").content.decode()
    assert address in client.get(page).content.decode()
    form = client.get(address).content.decode()
    assert shown in form and "+100" in form
    half = post(client, address, shown_hash=shown, can_deliver="no", words="")
    assert half.status_code == 200 and "Say what cannot be delivered" in half.content.decode()
    assert post(client, address, shown_hash=shown, can_deliver="no", words="Not before January.").status_code == 302
    assert asked not in client.get("/").content.decode(), "it is said"
    for email in (SERVICE, made.MANAGER, "commercial.lead@co.example"):
        sign_in(client, email)
        told = client.get(page).content.decode()
        assert "cannot deliver it as it stands" in told and "Not before January." in told, email
    assert Email.objects.filter(template="contracts/email/variation_not_deliverable.txt").get().recipient == made.MANAGER
    variation_replying.reply(variation, **said | {"can_deliver": True})
    assert "can deliver it as it stands" in client.get(page).content.decode() and "Not before January." in client.get(page).content.decode()
    variation_approval.submit(cast.fresh(variation), shown_hash=shown, by=cast.person(made.MANAGER), at=START)
    sign_in(client, "budget.holder@dius.example")
    brief = client.get(reverse("contracts:variation_brief", args=[variation.contract.public_id, variation.number, 1])).content.decode()
    assert "The supplier can deliver it as it stands" in brief
    variation_approval.withdraw(cast.fresh(variation), reason="Another day.", by=cast.person(made.MANAGER), at=START)
    assert "is withdrawn" in refused(variation_replying.reply, variation, **said | {"words": "x"})
