"""Rating key performance indicators by the legal scale: from what was measured, confirmed by another, read and commented by the
supplier, and published without either side's words."""

from datetime import date

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from contracts import ratings
from contracts.models import KpiConfirmation, KpiRating, KpiRound
from contracts.rating import Given
from documents.models import Email
from tests import cast, paper
from tests.contracts import ending_cast
from tests.contracts import statutory_cast as made
from tests.contracts.transition_cast import MANAGER, SERVICE, on
from tests.procurement.test_pages import post, sign_in
from tests.refusals import refused

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("in_force")]
APRIL, MAY, JUNE, JULY = (date(2008, month, 1) for month in (4, 5, 6, 7))
REASON = Given("good", "One bad month, put right at once.")


def measured():
    contract = paper.in_force()
    made.measured(contract, {APRIL: {"SD-S-FIX": "74", "EUS-B": "97.9"}, MAY: {}, JUNE: {}})
    return contract


def test_what_was_measured_suggests_a_rating():
    measured()
    found, months = ratings.measured(made.notice("performance"))
    assert [one.measure.measure_code for one in found] == ["EUS-B", "SD-S-FIX", "APP-G"], "those that the order chose"
    assert months == [APRIL, MAY, JUNE]
    assert [str(one.suggested.label) for one in found] == ["Requires improvement", "Approaching target", "Good"]
    assert found[0].months == {"met": 2, "below_minimum": 1}


def test_a_month_that_is_calculated_anew_counts_as_it_stands_last():
    contract = measured()
    from contracts import measuring
    from tests.contracts import levels_cast

    anew = levels_cast.measured(contract, {}, APRIL)
    measuring.correct(contract, APRIL, anew, reason="Counted anew.", by=cast.person(MANAGER), at=levels_cast.AFTER)
    assert {one.suggested.value for one in ratings.measured(made.notice("performance"))[0]} == {"good"}


def test_without_a_measured_month_the_scale_describes_nothing():
    paper.in_force()
    found, months = ratings.measured(made.notice("performance"))
    assert months == [] and {one.suggested.value for one in found} == {"other"}
    words = refused(made.rated, **{"EUS_B": Given("other", "")})
    assert "say why it is rated so" in words


def test_the_manager_rates_another_confirms_the_supplier_comments_and_it_is_published():
    measured()
    assert "are rated, and the ratings confirmed, before they are published" in refused(made.published, made.notice("performance"))
    made.rated()
    round_ = KpiRound.objects.get()
    assert (round_.months_from, round_.months_to) == (APRIL, JUNE)
    assert list(KpiRating.objects.values_list("rating", flat=True)) == ["requires_improvement", "approaching_target", "good"]
    assert Email.objects.filter(template="contracts/email/kpis_rated.txt").exists()
    assert Email.objects.filter(template="contracts/email/kpis_rated_supplier.txt").count() == 2
    made.commented()
    made.confirmed()
    published = made.published(made.notice("performance"))
    assert '"measure": "Approaching target"' in published.content and "strike of others" not in published.content
    assert "is published as" in refused(made.commented)
    call_command("check_invariants")


def test_another_rating_than_the_months_suggest_says_why_and_is_of_the_scale():
    measured()
    assert "say why it is rated so; the months alone suggest “Requires improvement”" in refused(made.rated, **{"EUS_B": Given("good")})
    assert "Choose a rating of the legal scale" in refused(made.rated, **{"EUS_B": Given("excellent", "x")})
    assert "Rate every key performance indicator" in refused(made.rated, **{"EUS_A": Given("good", "x")})
    made.rated(**{"EUS_B": REASON})
    assert KpiRating.objects.get(measure__measure_code="EUS-B").words == REASON.words
    with pytest.raises(IntegrityError, match="kpi_rating_says_why"), transaction.atomic():
        rating = KpiRating.objects.get(measure__measure_code="EUS-B")
        KpiRating.objects.create(
            round=rating.round, measure=rating.measure, rating="good", suggested="other", words="", met=0, below_target=0,
            below_minimum=0, below_critical=0, relieved=0,
        )  # fmt: skip


def test_nobody_confirms_what_they_rated_also_for_somebody_else_and_not_what_was_not_shown():
    measured()
    made.rated()
    assert "DIUS contract manager has rated them: another person confirms." in refused(made.confirmed, email=MANAGER)
    cast.give_post(MANAGER, "DIUS", "signatory")
    assert "another person confirms" in refused(made.confirmed, email=MANAGER)
    deputy = cast.deputy_of(MANAGER)
    assert "another person confirms" in refused(made.confirmed, email=deputy.user.email)
    assert "Only the signatory, the accounting officer or another contract manager" in refused(made.confirmed, email="requester@dius.example")
    from contracts import rating

    assert "not what was rated last" in refused(
        rating.confirm, made.notice("performance"), shown_hash="0" * 64, by=cast.person(made.OFFICER), at=made.RATED_AT
    )
    round_, by = KpiRound.objects.get(), cast.person(MANAGER)
    with pytest.raises(IntegrityError, match="nobody confirms ratings that they gave"), transaction.atomic():
        KpiConfirmation.objects.create(round=round_, confirmed_by=by.person_id, confirmed_by_name="x", confirmed_at=made.RATED_AT)
    made.confirmed(email=made.OFFICER)
    call_command("check_invariants")


def test_who_rates_again_replaces_what_is_not_confirmed_and_nothing_else():
    measured()
    first = made.rated()
    second = made.rated(**{"EUS_B": REASON})
    by = cast.person(made.SIGNATORY)
    with pytest.raises(IntegrityError, match="the last ratings of a notice are confirmed, once"), transaction.atomic():
        KpiConfirmation.objects.create(round=first, confirmed_by=by.person_id, confirmed_by_name="x", confirmed_at=made.RATED_AT)
    assert made.confirmed().round == second
    assert "has confirmed the ratings" in refused(made.rated)
    assert "has confirmed the ratings" in refused(made.confirmed, email=made.OFFICER)


def test_the_next_year_begins_with_the_month_after_the_last_that_was_rated():
    contract = measured()
    made.rated()
    made.confirmed()
    made.published(made.notice("performance"))
    from contracts import statutory_publishing

    statutory_publishing.begin_year(contract, at=on(date(2008, 10, 1)))
    made.measured(contract, {JULY: {}, date(2008, 8, 1): {}})
    found, months = ratings.measured(made.notice("performance"))
    assert months == [JULY, date(2008, 8, 1)] and {one.suggested.value for one in found} == {"good"}


def test_the_last_ratings_are_of_what_is_left_at_the_end():
    contract = measured()
    ending_cast.in_effect(contract)
    last, at = made.notice("performance"), on(date(2009, 3, 2))
    assert last.is_last
    made.rated(last, at=at)
    made.confirmed(last, at=at)
    assert '"status": "terminated"' in made.published(last, at=at).content


def test_only_the_suppliers_managers_comment_and_only_on_what_is_rated():
    measured()
    assert "Nothing is rated yet." in refused(made.commented)
    made.rated()
    assert "Only the service manager or the account manager" in refused(made.commented, email=MANAGER)
    from contracts import rating

    assert "Write what you have to say" in refused(
        rating.comment, made.notice("performance"), words=" ", by=cast.person(SERVICE), at=made.RATED_AT
    )


def test_what_is_not_measured_is_said_up_to_the_month_in_which_the_time_ends_once_that_is_over():
    """As of the ratings at a contract's end, which are given when its last month can be measured."""
    paper.in_force()
    one = made.notice("performance")
    assert one.period_to == date(2008, 9, 30)
    last = {day: ratings.left_out(one, [], day)[-1] for day in (date(2008, 9, 30), date(2008, 10, 1), date(2008, 12, 1))}
    assert list(last.values()) == [date(2008, 8, 1), date(2008, 9, 1), date(2008, 9, 1)]


def test_its_pages_rate_confirm_comment_and_publish(client, settings):
    settings.STEPPABLE_CLOCK = True
    contract = measured()

    cast.wind_to(made.RATED_AT)
    one = made.notice("performance")

    def act(name: str) -> str:
        return reverse("contracts:statutory_notice_act", args=[contract.public_id, one.number, name])

    page = reverse("contracts:statutory_notice", args=[contract.public_id, one.number])
    assert sign_in(client, SERVICE).get(page).status_code == 404, "nothing is rated yet"
    sign_in(client, MANAGER)
    assert "key performance indicators to rate" in client.get("/").content.decode()
    form = client.get(act("rate")).content.decode()
    assert "They suggest: Requires improvement." in form and "below minimum: 1" in form
    assert "are not confirmed and count in no rating" in form and "July 2008" in form and "May 2008" not in form, "to June it was measured"
    given = {"rating_1": "requires_improvement", "rating_2": "good", "rating_3": "good"}
    answer = post(client, act("rate"), **given)
    assert answer.status_code == 200 and "the months alone suggest “Approaching target”" in answer.content.decode()
    assert post(client, act("rate"), **given, words_2="Within the tolerance of the count.").status_code == 302
    assert "another person confirms" in client.get(page).content.decode()
    shown = sign_in(client, SERVICE).get(page).content.decode()
    assert "Requires improvement" in shown and "Within the tolerance of the count." in shown and "Open data" not in shown
    assert post(client, act("comment"), words="A strike of others.").status_code == 302
    sign_in(client, made.SIGNATORY)
    assert "ratings of key performance indicators to confirm" in client.get("/").content.decode()
    hashed = KpiRound.objects.get().content_hash
    assert hashed in client.get(act("confirm")).content.decode()
    assert post(client, act("confirm"), shown_hash=hashed).status_code == 302
    shown = sign_in(client, MANAGER).get(page).content.decode()
    assert "A strike of others." in shown and "Confirmed by" in shown and "Record its publication" in shown
