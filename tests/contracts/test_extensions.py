"""What is agreed while a variation is on its way: an option to extend is used once, and nothing is executed at more money, or until
another day, than was approved and signed."""

from datetime import date, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.core.management import call_command
from django.db.models import Sum
from django.urls import reverse

from contracts import charges, periodic, terms, variation_issuing, varying
from contracts.models import Contract
from documents.models import Purpose
from tests import cast, paper
from tests.contracts import transition_cast
from tests.contracts import variation_cast as made
from tests.procurement.test_pages import post, sign_in
from tests.refusals import refused

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("accepted_with_option")]


def whole_life(contract: Contract) -> Decimal:
    found = charges.by_line_and_month(terms.ledger(terms.put_together(terms.read(contract))))
    return sum(found.values(), Decimal(0))


def committed(contract: Contract) -> Decimal:
    return contract.call_off.capacity_entries.aggregate(total=Sum("committed_delta_gbp"))["total"]


def sign_first(variation) -> str:
    return refused(paper.variation_act, variation, *cast.SIGNATORIES[0])


@pytest.mark.parametrize(("accepted", "offers"), [(cast.accepted_with_option, True), (cast.accepted, False)])
def test_a_longer_term_is_offered_only_of_a_contract_with_an_option(client, accepted, offers):
    contract = paper.executed(accepted())
    begin = reverse("contracts:begin_variation", args=[contract.public_id])
    shown = sign_in(client, transition_cast.MANAGER).get(begin).content.decode()
    assert ('value="term"' in shown, "has no option to extend" in shown) == (offers, not offers)
    assert post(client, begin, kind="term", title="A year more").status_code == (302 if offers else 200)
    assert contract.variations.exists() is offers


def test_each_month_of_the_option_is_used_once(client):
    contract = paper.executed(cast.accepted_with_option())
    made.signed_on_paper(made.approved(made.extended(cast.OPTION - 2)))
    assert "has an option of 6 months, of which 2 are left" in refused(made.extended, 3)
    page = reverse("contracts:variation_changes", args=[contract.public_id, made.begun(kind="term").number])
    assert "Its option is of 6 months, of which 2 are left." in sign_in(client, transition_cast.MANAGER).get(page).content.decode()
    made.signed_on_paper(made.approved(made.extended(2)))
    assert "of which 0 are left" in refused(made.extended, 1)
    assert (contract.ends_on, cast.fresh(contract).ends_on) == (date(2012, 10, 31), date(2013, 4, 30))
    call_command("check_invariants")


def test_of_two_that_are_open_the_second_is_signed_only_at_what_was_approved():
    """More seats, and a longer term: with both the seats last longer, which neither was approved at."""
    contract = paper.executed(cast.accepted_with_option())
    more, longer = made.assessed("VAR-01"), made.extended(cast.OPTION)
    more, longer = paper.variation_issued(made.approved(more)), made.approved(longer)
    before = whole_life(contract)
    made.signed_on_paper(longer)
    assert whole_life(contract) == committed(contract) == before + longer.revision.value_gbp
    words = sign_first(more)
    a_month = more.revision.value_gbp / 48
    assert a_month * 48 == more.revision.value_gbp and "by the terms as they stand; it was assessed at £555,264.00" in words
    assert f"It comes to £{a_month * 54:,.2f}" in words and "Whoever is to sign can refuse it" in words
    assert "until 30 April 2013 by the terms as they stand; it was assessed to run until 31 October 2012" in words
    refusing = cast.person("supplier.signatory@fujitsu.example")
    variation_issuing.refuse_to_sign(more, "supplier", reason="It costs more by now.", by=refusing, at=cast.START)
    anew = made.signed_on_paper(made.approved(made.assessed("VAR-01")))
    assert whole_life(contract) == committed(contract) == before + longer.revision.value_gbp + anew.revision.value_gbp
    call_command("check_invariants")


def test_nobody_signs_upon_terms_that_what_all_have_signed_is_about_to_change():
    paper.executed(cast.accepted_with_option())
    first, second = made.extended(3), made.extended(2)
    first, second = (made.signed_on_paper(made.approved(one), parties=2) for one in (first, second))
    last = cast.SIGNATORIES[2]
    act = paper.variation_act(first, *last)
    assert "All parties have signed VAR-01, which is being closed" in refused(paper.variation_act, second, *last)
    paper.signed(act)
    variation_issuing.signature_made(cast.fresh(first), at=cast.START)
    paper.add(first.document, Purpose.ARCHIVE_TIMESTAMP)
    variation_issuing.execute(cast.fresh(first), at=cast.START)
    assert "it was assessed to run until 31 December 2012" in refused(paper.variation_act, second, *last)


@pytest.mark.parametrize("all_have_signed", [False, True])
def test_an_earlier_cutover_stops_it_or_what_it_adds_is_committed_with_it(all_have_signed):
    """The seats begin with the shared service, by the terms as they were assessed on 1 April."""
    contract = paper.executed(cast.accepted_with_option())
    variation = made.approved(varying.assess(made.filled(day=date(2008, 3, 20)), by=cast.person(made.MANAGER), at=cast.START))
    variation = made.signed_on_paper(variation, parties=2)
    act = paper.variation_act(variation, *cast.SIGNATORIES[2]) if all_have_signed else None
    transition_cast.cut_over(date(2008, 3, 15))
    before = whole_life(contract)
    if act is None:
        assert "by the terms as they stand; it was assessed at" in refused(paper.variation_act, variation, *cast.SIGNATORIES[2])
        return
    paper.signed(act)
    variation_issuing.signature_made(cast.fresh(variation), at=cast.START)
    paper.add(variation.document, Purpose.ARCHIVE_TIMESTAMP)
    variation_issuing.execute(cast.fresh(variation), at=cast.START)
    twelve_days = variation.revision.value_gbp / 55 * 12 / 31
    assert abs(whole_life(contract) - before - variation.revision.value_gbp - twelve_days) < Decimal("0.05")
    assert whole_life(contract) == committed(contract)
    call_command("check_invariants")


def test_each_kind_takes_effect_with_all_that_it_says_and_costs_what_it_was_approved_at():
    contract, day = paper.executed(cast.accepted_with_option()), date(2008, 11, 1)
    first, money = whole_life(contract), Decimal(0)
    exchanged = [varying.Wanted("CORE-04", -10), varying.Wanted("CORE-05", 10)]
    moved = [varying.Wanted("CORE-01", -50, "London"), varying.Wanted("CORE-01", 50, "Leeds"),
             varying.Wanted("CORE-10", 1, "Leeds"), varying.Wanted("CORE-13", 1, "Leeds")]  # fmt: skip
    corrected = [varying.PutRight("Schedule 1", "a day earlier", "a day later")]
    for kind, save in (
        ("service", partial(varying.save_lines, wanted=exchanged, effective_on=day)),
        ("site", partial(varying.save_lines, wanted=moved, effective_on=day)),
        ("correction", partial(varying.save_corrections, wanted=corrected, effective_on=day)),
        ("term", partial(varying.save_term, extension_months=cast.OPTION)),
    ):
        variation = made.signed_on_paper(made.approved(made.of_kind(kind, save)))
        comes = variation.revision.effective_on
        money += variation.revision.value_gbp
        assert (variation.state, whole_life(contract), committed(contract)) == ("executed", first + money, first + money), kind
        assert not [said for said in periodic.run(transition_cast.on(comes - timedelta(days=1))) if "VAR" in said]
        assert [said for said in periodic.run(transition_cast.on(comes)) if "VAR" in said] == [f"{variation} is applied"]
    standing = {
        (line.line.service.code, line.line.site): line
        for line in terms.as_of(terms.put_together(terms.read(contract)), date(2013, 1, 1)).lines
    }
    assert standing["CORE-01", "Leeds"].quantity == 50 and standing["CORE-01", "London"].quantity == 434 - 50
    assert (standing["CORE-05", ""].quantity, standing["CORE-05", ""].ends_on) == (10, date(2013, 4, 30))
    assert [version.caused_by for version in contract.versions.all()] == [contract.number, "VAR-01", "VAR-02", "VAR-04"]
    call_command("check_invariants")
