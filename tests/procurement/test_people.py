"""Who does what at an organisation: given and ended by its administrator, never back-dated, answered for any day."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import procurement.urls
from catalogue.models import Organisation
from documents import audit, mail
from documents.management.commands.check_invariants import FILE, broken, read
from documents.models import Email
from documents.refusal import Refused
from procurement import absences, access, approval, granting, membership, people_display, seats, working_days
from procurement.models import ActingFor, Decision, Delegation, OrganisationGrant, PostHolding, User
from tests import cast
from tests.locks import stored_before_any_lock
from tests.procurement.test_pages import post, sign_in

pytestmark = pytest.mark.usefixtures("db")
ADMIN, HOLDER = "administrator@dius.example", "budget.holder@dius.example"
TODAY = cast.START.date()
INVARIANTS = read(FILE.read_text(encoding="utf-8"))
LETTER = {"letter_filename": "letter.pdf", "letter_sha256": "a" * 64}


def holding(email: str) -> PostHolding:
    return PostHolding.objects.select_related("post__organisation", "user").get(user__email=email)


def limit(**more) -> membership.Limit:
    values = {"kind": "budget", "limit_gbp": Decimal("90000.00"), "unlimited": False, "lot": None, "starts_on": TODAY,
              "ends_on": None} | LETTER  # fmt: skip
    return membership.Limit(**(values | more))


def invite(name: str, email: str, post: str, by: str = ADMIN):
    return membership.invite(cast.dius(), name=name, email=email, post=post, by=cast.person(by), at=cast.START)


def act(action, *args, email=ADMIN, at=cast.START, **more):
    return action(*args, by=cast.person(email), at=at, **more)


def test_an_address_of_another_organisation_is_asked_about(client):
    sign_in(client, ADMIN)
    typed = {"name": "Nora New", "email": "nora@ons.example", "post": "finance_director"}
    shown = post(client, "/people/DIUS/invite/", **typed)
    assert "Nobody of your organisation has an address like this" in shown.content.decode()
    assert not User.objects.filter(email="nora@ons.example").exists()
    assert post(client, "/people/DIUS/invite/", **typed, outside="on")["Location"] == "/people/DIUS/"


def test_nobody_of_another_side_of_the_contracts_is_given_a_post_before_they_have_an_account():
    """By the host of the address, as where a body joins: their own organisation could not name them any more."""
    with pytest.raises(Refused, match="like those of the authority's or of a supplier's people"):
        invite("Nora New", "nora@co.example", "requester")
    assert not User.objects.filter(email="nora@co.example").exists()


def test_who_is_invited_has_an_account_a_post_and_a_mail(mailoutbox):
    user = invite("Nora New", "Nora@dius.example", "requester")
    cast.run_all_jobs()
    assert (cast.dius().pk, "requester") in access.sight(user, TODAY).posts
    (own,) = [message for message in mailoutbox if message.to == ["nora@dius.example"]]
    assert "Choose its password" in own.body
    assert audit.history(cast.dius()).last().verb == "organisation.invited"


def test_only_the_administrator_changes_people_and_nobody_their_own():
    with pytest.raises(Refused, match="Only the administrator of Department for Innovation"):
        invite("x", "x@dius.example", "requester", by=HOLDER)
    with pytest.raises(Refused, match="Nobody gives powers to themselves"):
        invite("x", ADMIN, "accounting_officer", by=ADMIN)
    with pytest.raises(Refused, match="has no such post"):
        invite("x", "x@dius.example", "order_desk", by=ADMIN)
    with pytest.raises(Refused, match="has no such post"):
        invite("x", "x@dius.example", "deputy_director", by=ADMIN)


@pytest.mark.parametrize("starts_in", [0, 5], ids=["acting", "will act"])
def test_an_administrator_gives_no_delegation_that_they_use_as_deputy(starts_in):
    """Else they would name the limit that they then commit under themselves; nor does who acts for such an administrator."""
    chair, clerk = holding(cast.ROUTE[3]), cast.person("contract.manager@dius.example")
    starts = TODAY + timedelta(days=starts_in)
    act(membership.name_deputy, chair, cast.person(ADMIN).user, email=cast.ROUTE[3], starts_on=starts, ends_on=TODAY + timedelta(days=9))
    own_use = "acts for DIUS accounting officer as accounting officer: nobody gives powers that they use themselves"
    with pytest.raises(Refused, match=own_use):
        act(membership.delegate, chair, limit(limit_gbp=None, unlimited=True))
    act(membership.name_deputy, holding(ADMIN), clerk.user, email=ADMIN, starts_on=TODAY, ends_on=TODAY)
    with pytest.raises(Refused, match=own_use):
        act(membership.delegate, chair, limit(limit_gbp=None, unlimited=True), email=clerk.email)
    act(membership.delegate, holding(HOLDER), limit())
    act(membership.delegate, chair, limit(starts_on=TODAY + timedelta(days=10)), at=cast.START + timedelta(days=10))


def test_a_post_ends_by_date_with_its_delegations_and_the_membership():
    chair = holding(HOLDER)
    last = TODAY + timedelta(days=10)
    act(membership.end_holding, chair, ends_on=last)
    user = chair.user
    assert access.sight(user, last).posts and not access.sight(user, last + timedelta(days=1)).organisations
    assert set(Delegation.objects.filter(holding=chair).values_list("ends_on", flat=True)) == {last}
    assert OrganisationGrant.objects.get(user=user).ends_on == last
    with pytest.raises(Refused, match="ends on 11 October 2007 already"):
        act(membership.end_holding, chair, ends_on=last)


def stopped(email: str, *, at=cast.START, by: str = ADMIN) -> User:
    return membership.stop(cast.dius(), User.objects.get(email=email), reason="The account is in other hands.",
                           by=cast.person(by), at=at)  # fmt: skip


@pytest.mark.world("submitted")
def test_who_is_stopped_is_out_at_once_and_so_is_their_deputy(client):
    """From the next request on: the open session is no use, nor the step that waits, nor the chair to anybody else."""
    order = cast.submitted()
    sign_in(client, HOLDER)
    assert client.get(f"/call-offs/{order.public_id}/").status_code == 200
    act(membership.name_deputy, holding(HOLDER), User.objects.get(email="second.requester@dius.example"), starts_on=TODAY,
        ends_on=TODAY + timedelta(days=5))  # fmt: skip
    deputy = cast.person("second.requester@dius.example")
    assert seats.find_seat(deputy, cast.dius().pk, "budget_holder", TODAY) is not None
    user = stopped(HOLDER)
    assert client.get(f"/call-offs/{order.public_id}/").status_code == 302  # signed out
    assert not user.has_usable_password()
    assert access.sight(user, TODAY) == access.NOTHING
    assert seats.find_seat(deputy, cast.dius().pk, "budget_holder", TODAY) is None
    assert HOLDER not in [user.email for user in seats.holders(cast.dius().pk, "budget_holder", TODAY)]
    with pytest.raises(Refused, match="This step is for the budget holder"):
        approval.decide(order.revision.approval.steps.get(post="budget_holder"), shown_hash=order.revision.revision_hash,
                        no_conflict=True, by=cast.person(HOLDER), at=cast.START)  # fmt: skip
    yesterday = TODAY - timedelta(days=1)
    assert access.sight(user, yesterday).posts == {(cast.dius().pk, "budget_holder")}  # what could be done then stays
    told = set(Email.objects.filter(template__endswith="stopped.txt").values_list("recipient", flat=True))
    assert told == {HOLDER, "accounting.officer@dius.example"}
    assert audit.history(cast.dius()).last().verb == "organisation.person_stopped"


@pytest.mark.world("with_supplier")
@pytest.mark.parametrize("left", [True, False])
def test_who_was_stopped_or_has_left_is_sent_no_digest_of_what_was_held_for_them(left, mailoutbox):
    """The requester's news of the award waits for the morning, and does not go to an account in other hands."""
    requester = "requester@dius.example"
    order = cast.with_supplier()
    if left:
        stopped(requester)
    morning = working_days.next_morning(cast.START)
    mail.gather(morning)
    mail.gather(morning)
    cast.run_all_jobs()
    held = Email.objects.filter(recipient=requester, held_until__isnull=False)
    assert held.exists() and order.reference in str(held.first().context)
    told = [message for message in mailoutbox if message.to == [requester] and message.subject.startswith("Your messages")]
    assert len(told) == (0 if left else 1)
    assert {(one.dropped_at, one.digest_id is None) for one in held} == {(morning, True) if left else (None, False)}
    assert morning not in mail.next_moments()
    assert broken(INVARIANTS) == []


@pytest.mark.world("submitted")
def test_the_database_takes_no_decision_from_a_chair_that_was_ended_at_once():
    order = cast.submitted()
    step = order.revision.approval.steps.get(post="budget_holder")
    chair = holding(HOLDER)
    stopped(HOLDER)
    with pytest.raises(IntegrityError, match="ended at once"), transaction.atomic():
        Decision.objects.create(
            step=step, approval=step.approval, user=chair.user, person_id=chair.user.person_id, name=chair.user.name,
            holding=chair, outcome="endorsed", no_conflict_declared=True, content_hash=order.revision.revision_hash,
            decided_at=cast.START,
        )  # fmt: skip
    chair.refresh_from_db()
    for changed in ({"stopped_at": None}, {"ends_on": None}):
        with pytest.raises(IntegrityError, match="a new row is written"), transaction.atomic():
            PostHolding.objects.filter(pk=chair.pk).update(**changed)
    with pytest.raises(IntegrityError, match="a new row is written"), transaction.atomic():
        OrganisationGrant.objects.filter(user=chair.user).update(stopped_at=None)


def test_who_was_stopped_is_given_a_post_again_from_the_next_day():
    user = stopped(HOLDER)
    invite(user.name, HOLDER, "budget_holder")
    assert access.sight(user, TODAY) == access.NOTHING
    assert access.sight(user, TODAY + timedelta(days=1)).posts == {(cast.dius().pk, "budget_holder")}
    again = stopped(HOLDER)  # before it begins
    assert access.sight(again, TODAY + timedelta(days=1)) == access.NOTHING


def test_who_has_something_to_do_elsewhere_keeps_the_account_and_that():
    user = User.objects.get(email=HOLDER)
    ons = Organisation.objects.get(code="ONS")
    granting.grant_organisation(user, ons, starts_on=TODAY)
    assert stopped(HOLDER).has_usable_password()
    assert access.sight(user, TODAY).organisations == {ons.pk}


def test_only_the_administrator_stops_somebody_for_a_reason_and_never_the_last_administrator():
    user = User.objects.get(email=HOLDER)
    with pytest.raises(Refused, match="Only the administrator"):
        stopped(HOLDER, by="accounting.officer@dius.example")
    with pytest.raises(Refused, match="nobody would look after"):
        stopped(ADMIN)
    with pytest.raises(Refused, match="is not one of the people"):
        stopped("deputy.director@co.example")
    with pytest.raises(Refused, match="Give a reason"):
        act(membership.stop, cast.dius(), user, reason=" ")
    assert access.sight(user, TODAY).posts


def test_an_administrator_stops_somebody_on_a_page(client):
    sign_in(client, ADMIN)
    page = f"/people/DIUS/holdings/{holding(HOLDER).pk}/stop/"
    assert page in client.get("/people/DIUS/").content.decode()
    assert "can do and see nothing" in client.get(page).content.decode()
    assert post(client, page, reason="")["Content-Type"].startswith("text/html")
    assert post(client, page, reason="Left in anger.")["Location"] == "/people/DIUS/"
    assert page not in client.get("/people/DIUS/").content.decode()


def test_a_deputy_is_named_before_the_eyes_of_the_holder_and_of_those_who_answer_for_powers():
    second = User.objects.get(email="second.requester@dius.example")
    act(membership.name_deputy, holding(HOLDER), second, starts_on=TODAY, ends_on=TODAY)
    told = set(Email.objects.filter(template__endswith="deputy.txt").values_list("recipient", flat=True))
    assert told == {HOLDER, second.email, "accounting.officer@dius.example"}


def test_nothing_is_back_dated():
    yesterday = TODAY - timedelta(days=1)
    with pytest.raises(Refused, match="30 September 2007 is past"):
        act(membership.end_holding, holding(HOLDER), ends_on=yesterday)
    with pytest.raises(Refused, match="is past"):
        act(membership.delegate, holding(HOLDER), limit(starts_on=yesterday))
    with pytest.raises(Refused, match="is past"):
        act(membership.end_delegation, Delegation.objects.filter(holding=holding(HOLDER)).first(), ends_on=yesterday)


def test_what_was_entered_by_mistake_is_taken_back_before_its_first_day_and_never_holds():
    chair, first = holding("finance.director@dius.example"), date(2008, 3, 14)
    made = act(membership.delegate, chair, limit(limit_gbp=None, unlimited=True, starts_on=first))
    act(membership.end_delegation, made, ends_on=TODAY)
    deputy = act(membership.name_deputy, holding(HOLDER), cast.person("technology.officer@dius.example").user, starts_on=first, ends_on=first)
    act(membership.end_deputy, deputy)
    for row in (Delegation.objects.get(pk=made.pk), ActingFor.objects.get(pk=deputy.pk)):
        assert row.ends_on == date(2008, 3, 13)
    for on in (TODAY, date(2008, 3, 13), first):
        assert not seats.delegations(seats.Seat(chair), "budget", on)[0].unlimited, on
        assert (cast.dius().pk, "budget_holder") not in access.sight(deputy.deputy, on).posts, on
    for coming in (True, False):
        rows = people_display.posts(cast.dius(), TODAY, coming=coming)
        assert not [d for row in rows for d in row["delegations"] if d["row"].pk == made.pk] and not [a for row in rows for a in row["deputies"]]
    with pytest.raises(Refused, match="ends on 13 March 2008 already"):
        act(membership.end_delegation, made, ends_on=TODAY + timedelta(days=300))
    told = {mail.context["taken_back"] for mail in Email.objects.filter(template__endswith="right_ended.txt")}
    assert told == {True}


def test_the_last_administrator_stays():
    with pytest.raises(Refused, match="nobody would look after the people"):
        act(membership.end_holding, holding(ADMIN), ends_on=TODAY)


def test_what_is_given_on_a_post_that_a_colleague_has_ended_meanwhile_is_refused():
    """On two pages that were open at once: the post is read again under the lock."""
    shown, deputy = holding(HOLDER), cast.person("contract.manager@dius.example").user
    act(membership.end_holding, holding(HOLDER), ends_on=TODAY)
    with pytest.raises(Refused, match="The post itself ends on"):
        act(membership.delegate, shown, limit())
    with pytest.raises(Refused, match="The post itself ends on"):
        act(membership.name_deputy, shown, deputy, starts_on=TODAY, ends_on=TODAY + timedelta(days=9))


def test_a_delegation_needs_its_letter_and_a_post_that_commits():
    with pytest.raises(Refused, match="Attach the letter"):
        act(membership.delegate, holding(HOLDER), limit(letter_sha256=""))
    with pytest.raises(Refused, match="commits and signs nothing"):
        act(membership.delegate, holding("contract.manager@dius.example"), limit())
    made = act(membership.delegate, holding(HOLDER), limit())
    words = [d["words"] for row in people_display.posts(cast.dius(), TODAY) if row["holding"].pk == made.holding_id
             for d in row["delegations"]]  # fmt: skip
    assert words == ["budget up to £90,000.00", "budget up to £25,000.00"]


def test_a_new_delegation_counts_from_its_day_and_an_ended_one_no_longer():
    chair = holding("finance.director@dius.example")
    act(membership.delegate, chair, limit(limit_gbp=None, unlimited=True, starts_on=date(2008, 3, 14)))
    seat = seats.Seat(chair)
    assert not seats.delegations(seat, "budget", date(2008, 3, 13))[0].unlimited
    assert seats.delegations(seat, "budget", date(2008, 3, 14))[0].unlimited


def test_a_holder_names_a_deputy_for_an_absence_of_their_own():
    chair, deputy = holding(HOLDER), cast.person("technology.officer@dius.example").user
    made = act(membership.name_deputy, chair, deputy, email=HOLDER, starts_on=TODAY, ends_on=TODAY + timedelta(days=7))
    assert (cast.dius().pk, "budget_holder") in access.sight(deputy, TODAY).posts
    act(membership.end_deputy, made, email=HOLDER)
    assert ActingFor.objects.get(pk=made.pk).ends_on == TODAY
    for who, words in ((chair.user, "Nobody acts for themselves"), (cast.outsider().user, "is not one of the people")):
        with pytest.raises(Refused, match=words):
            act(membership.name_deputy, chair, who, email=HOLDER, starts_on=TODAY, ends_on=TODAY)
    with pytest.raises(Refused, match="Only the administrator"):
        act(membership.name_deputy, chair, deputy, email="signatory@dius.example", starts_on=TODAY, ends_on=TODAY)


ADDRESSES = {p.name: str(p.pattern) for p in procurement.urls.urlpatterns if str(p.pattern).startswith("people/<")}


def addresses(code: str, pk: int):
    return [
        reverse(f"procurement:{name}", kwargs={"code": code} | ({"pk": pk} if "<int:pk>" in pattern else {}))
        for name, pattern in ADDRESSES.items()
    ]


def test_a_stranger_finds_no_address_of_anothers_people(client):
    for email in ("requester@ons.example", "order.desk@fujitsu.example"):
        sign_in(client, email)
        for address in addresses("DIUS", holding(HOLDER).pk):
            assert client.get(address).status_code == 404, (email, address)
            assert post(client, address).status_code == 404, (email, address)


def test_rows_of_another_organisation_are_not_found_under_ones_own(client):
    sign_in(client, ADMIN)
    theirs = holding("budget.holder@ons.example").pk
    for name in ("end_holding", "delegate", "deputy"):
        assert client.get(reverse(f"procurement:{name}", args=["DIUS", theirs])).status_code == 404


def test_who_could_approve_what_on_a_day_is_a_page(client):
    act(membership.delegate, holding(HOLDER), limit(starts_on=date(2008, 3, 14)))
    sign_in(client, "auditor@co.example")
    ask = {"on_day": "14", "on_month": "3", "on_year": "2008"}
    shown = client.get("/people/DIUS/", ask).content.decode()
    assert "Who could do what on 14 March 2008" in shown and "budget up to £90,000.00" in shown
    before = client.get("/people/DIUS/", ask | {"on_day": "13"}).content.decode()
    assert "£90,000.00" not in before and "budget up to £25,000.00" in before
    wrong = client.get("/people/DIUS/", ask | {"on_day": "31", "on_month": "2"})
    assert wrong.status_code == 200 and "There is a problem" in wrong.content.decode()


def test_an_administrator_does_it_through_the_pages(client):
    sign_in(client, ADMIN)
    assert client.get("/people/")["Location"] == "/people/DIUS/"
    form = {"name": "Nora", "email": "nora@dius.example", "post": "finance_director"}
    assert client.post("/people/DIUS/invite/", {"idempotency_key": str(uuid.uuid4()), **form})["Location"] == "/people/DIUS/"
    chair = holding("nora@dius.example")
    day = {"starts_on_day": "1", "starts_on_month": "10", "starts_on_year": "2007"}
    letter = SimpleUploadedFile("letter.pdf", cast.PDF, "application/pdf")
    here = reverse("procurement:delegate", args=["DIUS", chair.pk])
    refused = post(client, here, **day, letter=letter)
    assert "Enter a limit, or choose" in refused.content.decode()
    data = cast.PDF.replace(b"%%EOF", b"% new\n%%EOF")
    letter = SimpleUploadedFile("letter.pdf", data, "application/pdf")
    with stored_before_any_lock(data):
        assert post(client, here, **day, limit_gbp="750,000", letter=letter).status_code == 302
    made = Delegation.objects.get(holding=chair)
    assert (made.limit_gbp, made.kind, made.letter_filename) == (Decimal("750000.00"), "budget", "letter.pdf")
    assert client.get(reverse("procurement:letter", args=["DIUS", made.pk])).content == data
    sign_in(client, HOLDER)
    assert client.get("/people/DIUS/invite/").status_code == 403
    assert "Name a deputy" in client.get("/people/DIUS/").content.decode()


def test_a_letter_for_a_post_that_commits_nothing_gives_nothing(client):
    sign_in(client, ADMIN)
    chair = holding("administrator@dius.example")
    letter = SimpleUploadedFile("letter.pdf", cast.PDF, "application/pdf")
    day = {"starts_on_day": "1", "starts_on_month": "10", "starts_on_year": "2007"}
    here = reverse("procurement:delegate", args=["DIUS", chair.pk])
    assert "commits and signs nothing" in post(client, here, **day, limit_gbp="5", letter=letter).content.decode()
    assert not Delegation.objects.filter(holding=chair).exists()


def test_the_page_costs_the_same_with_many_people(client):
    sign_in(client, ADMIN)

    def asked() -> int:
        client.get("/people/DIUS/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/people/DIUS/").status_code == 200
        return len(queries)

    before = asked()
    for number in range(50):
        invite(f"P {number}", f"p{number}@dius.example", "requester")
    assert asked() == before <= 12


def test_a_past_day_shows_only_who_could_act_then_and_today_also_what_is_coming(client):
    chair = holding(HOLDER)
    next_week = TODAY + timedelta(days=7)
    ActingFor.objects.create(
        holding=chair, deputy=cast.person("signatory@dius.example").user, starts_on=next_week, ends_on=next_week
    )
    act(membership.delegate, chair, limit(limit_gbp=Decimal("77777.00"), starts_on=next_week))
    sign_in(client, ADMIN)

    def shown(on=""):
        return client.get("/people/DIUS/" + (f"?on={on}" if on else "")).content.decode()

    for words in ("77,777.00", "DIUS signatory, 8 October 2007"):
        assert words in shown(), "the administrator sees what they have entered"
        assert words not in shown(TODAY - timedelta(days=1)) and words in shown(next_week)


def test_a_delegation_is_offered_only_for_posts_that_commit_or_sign(client):
    sign_in(client, ADMIN)
    shown = client.get("/people/DIUS/").content.decode()
    assert f"holdings/{holding(HOLDER).pk}/delegate/" in shown
    assert f"holdings/{holding('contract.manager@dius.example').pk}/delegate/" not in shown


def test_who_is_given_a_post_back_on_the_day_on_which_it_ended_is_shown_with_their_first_day(client, mailoutbox):
    invite("Nora New", "nora@dius.example", "finance_director")
    act(membership.end_holding, holding("nora@dius.example"), ends_on=TODAY)
    invite("Nora New", "nora@dius.example", "finance_director")
    cast.run_all_jobs()
    told = [message.body for message in mailoutbox if message.to == ["nora@dius.example"] and "You hold the post" in message.body]
    assert ["from 1 October 2007." in body for body in told] == [True, False] and "from 2 October 2007." in told[1]
    sign_in(client, ADMIN)
    shown = " ".join(client.get("/people/DIUS/").content.decode().split())
    assert "Nora New<br>nora@dius.example<br>from 2 October 2007" in shown, "who was just given it is on the page, and which account"
    assert "from 2 October 2007" not in client.get("/people/DIUS/?on=2007-09-30").content.decode()
    assert "from 2 October 2007" in client.get("/people/DIUS/?on=2007-10-02").content.decode()
    sign_in(client, HOLDER)
    assert "nora@dius.example" not in client.get("/people/DIUS/").content.decode(), "addresses are for who looks after the people"


def test_a_post_is_given_from_a_day_to_come_and_opens_nothing_before(client):
    first = TODAY + timedelta(days=31)
    sign_in(client, ADMIN)
    typed = {"name": "Nora New", "email": "nora@dius.example", "post": "requester"}
    wrong = post(client, "/people/DIUS/invite/", **typed, starts_on="30 September 2007")
    assert "30 September 2007 is past" in wrong.content.decode() and not User.objects.filter(email="nora@dius.example").exists()
    assert post(client, "/people/DIUS/invite/", **typed, starts_on="1 November 2007").status_code == 302
    user = holding("nora@dius.example").user
    for on, holds in ((TODAY, False), (first - timedelta(days=1), False), (first, True)):
        seen = access.sight_of(cast.person("nora@dius.example"), on)
        assert ((cast.dius().pk, "requester") in seen.posts, cast.dius().pk in seen.organisations) == (holds, holds), on
    assert "from 1 November 2007" in client.get("/people/DIUS/").content.decode()
    assert user in seats.people_of(cast.dius(), first) and user not in seats.people_of(cast.dius(), TODAY)


def test_who_becomes_administrator_later_does_not_yet_stand_for_the_last():
    membership.invite(cast.dius(), name="Nora New", email="nora@dius.example", post="administrator",
                      starts_on=TODAY + timedelta(days=10), by=cast.person(ADMIN), at=cast.START)  # fmt: skip
    with pytest.raises(Refused, match="nobody would look after the people"):
        act(membership.end_holding, holding(ADMIN), ends_on=TODAY + timedelta(days=8))
    assert act(membership.end_holding, holding(ADMIN), ends_on=TODAY + timedelta(days=9)).ends_on == TODAY + timedelta(days=9)


def test_a_holder_finds_how_to_end_the_deputy_whom_they_have_named(client):
    deputy = cast.person("technology.officer@dius.example").user
    made = act(membership.name_deputy, holding(HOLDER), deputy, email=HOLDER, starts_on=TODAY, ends_on=TODAY + timedelta(days=7))
    here = reverse("procurement:end_deputy", args=["DIUS", made.pk])
    for email, finds in ((HOLDER, True), (ADMIN, True), ("signatory@dius.example", False)):
        sign_in(client, email)
        assert (here in client.get("/people/DIUS/").content.decode()) is finds, email


def test_who_may_read_of_several_organisations_goes_from_one_to_another(client):
    sign_in(client, "auditor@co.example")
    shown = client.get("/people/CO/?on=2007-09-30").content.decode()
    assert '/people/DIUS/?on=2007-09-30"' in shown and "/people/FUJITSU/" not in shown
    sign_in(client, ADMIN)
    assert "At another organisation" not in client.get("/people/DIUS/").content.decode()


def test_what_is_wrong_with_a_delegation_is_said_at_once_and_that_the_letter_has_to_be_chosen_again(client):
    sign_in(client, ADMIN)
    here = reverse("procurement:delegate", args=["DIUS", holding(HOLDER).pk])
    day = {"starts_on_day": "1", "starts_on_month": "10", "starts_on_year": "2007"}
    shown = post(client, here, **day, limit_gbp="0").content.decode()
    assert "A limit is more than zero." in shown and "Attach the letter" in shown
    assert "Choose it again" not in shown
    letter = SimpleUploadedFile("letter.pdf", cast.PDF, "application/pdf")
    again = post(client, here, **day, letter=letter).content.decode()
    assert "Enter a limit, or choose" in again and "You had chosen letter.pdf. Choose it again if you send this form again." in again
    assert 'aria-describedby="id_letter_chosen"' in again


def test_who_is_away_stands_beside_the_route_before_an_order_is_submitted(client):
    call_off = cast.drafted()
    later = TODAY + timedelta(days=3)
    ActingFor.objects.create(
        holding=holding(cast.ROUTE[3]), deputy=cast.person("contract.manager@dius.example").user,
        starts_on=TODAY, ends_on=later,
    )  # fmt: skip
    act(membership.end_holding, holding("technology.officer@dius.example"), ends_on=later)
    sign_in(client, "requester@dius.example")
    shown = client.get(f"/call-offs/{call_off.public_id}/check/").content.decode()
    assert "DIUS accounting officer, 1 October 2007 to 4 October 2007; DIUS contract manager acts." in shown
    assert "(DIUS accounting officer, DIUS contract manager (deputy))" in shown
    assert "DIUS technology officer leaves this post after 4 October 2007." in shown
    assert shown.count(">Away<") == 2, "the others are there"


def test_who_holds_the_post_on_from_the_next_day_does_not_leave():
    officer, later = holding(cast.ROUTE[3]), TODAY + timedelta(days=3)
    chair = officer.post.organisation_id, officer.post.code
    act(membership.end_holding, officer, ends_on=later)
    (leaves,) = absences.words([chair], TODAY, TODAY + timedelta(days=30))[chair]
    assert leaves == "DIUS accounting officer leaves this post after 4 October 2007."
    invite("DIUS accounting officer", cast.ROUTE[3], "accounting_officer")
    assert absences.words([chair], TODAY, TODAY + timedelta(days=30)) == {}


def test_who_was_stopped_is_not_away_and_does_not_leave():
    officer = holding(cast.ROUTE[3])
    deputy = cast.person("contract.manager@dius.example").user
    ActingFor.objects.create(holding=officer, deputy=deputy, starts_on=TODAY, ends_on=TODAY + timedelta(days=9))
    chair = officer.post.organisation_id, officer.post.code
    assert absences.words([chair], TODAY, TODAY + timedelta(days=30))[chair]
    act(membership.stop, cast.dius(), officer.user, reason="Left.")
    assert absences.words([chair], TODAY, TODAY + timedelta(days=30)) == {}


def test_an_absence_after_the_prices_are_held_is_not_spoken_of():
    far = TODAY + timedelta(days=100)
    ActingFor.objects.create(
        holding=holding(HOLDER), deputy=cast.person("signatory@dius.example").user, starts_on=far, ends_on=far
    )
    chair = cast.dius().pk, "budget_holder"
    assert absences.words([chair], TODAY, TODAY + timedelta(days=90)) == {}
    assert len(absences.words([chair], TODAY, far)[chair]) == 1
