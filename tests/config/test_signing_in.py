"""Guessing a password is slowed down, and keeps nobody else from their account."""

import re

import pytest
from django.conf import settings as now
from django.core import mail
from django.test import Client

from tests import cast

pytestmark = pytest.mark.django_db
SIGN_IN, WHO, OTHER = "/accounts/sign-in/", "requester@dius.example", "second.requester@dius.example"
RIGHT, TOO_MANY = now.DEMONSTRATION_PASSWORD, "Too many failed login attempts"


def attempt(client: Client, network: str, password: str = "a guess that is wrong", who: str = WHO) -> str:
    """``in``, ``wrong`` or ``refused``: without having been tried."""
    answer = client.post(SIGN_IN, {"login": who, "password": password}, REMOTE_ADDR=network)
    if answer.status_code == 302:
        del client.cookies[now.SESSION_COOKIE_NAME]  # signed out; the browser keeps its name
        return "in"
    return "refused" if TOO_MANY in answer.content.decode() else "wrong"


def guess(times: int, network: str) -> set[str]:
    return {attempt(Client(), network) for _ in range(times)}


@pytest.fixture
def few(settings):
    """Six wrong ones from all networks together, in place of a hundred."""
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed_anywhere": "6/h/key"}


def guess_from_everywhere() -> None:
    assert {attempt(Client(), f"198.51.100.{n}") for n in range(6)} == {"wrong"}


def test_who_guesses_shuts_out_themselves_and_not_the_person():
    assert guess(5, "203.0.113.5") == {"wrong"}
    assert attempt(Client(), "203.0.113.5", RIGHT) == "refused", "the guesser learns nothing by the next attempt"
    assert attempt(Client(), "192.0.2.7", RIGHT) == "in"


def test_addresses_of_one_network_are_one(settings):
    assert {attempt(Client(), f"2001:db8:1:2::{n}") for n in range(1, 6)} == {"wrong"}
    assert attempt(Client(), "2001:db8:1:2:ffff::9", RIGHT) == "refused"


@pytest.fixture
def small(settings):
    """A network with an allowance of seven wrong ones in an hour, in place of a thousand."""
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed_network": "7/h/ip"}


def test_a_department_behind_one_address_is_not_shut_out_by_the_wrong_guesses_of_some():
    """Fifteen in a minute on three accounts; what is refused and not tried uses up nothing of the network's."""
    for n in range(3):
        assert {attempt(Client(), "192.0.2.7", who=f"nobody{n}@dius.example") for _ in range(5)} == {"wrong"}
    assert {attempt(Client(), "192.0.2.7", who="nobody1@dius.example") for _ in range(15)} == {"refused"}
    assert attempt(Client(), "192.0.2.7", RIGHT) == "in", "in a new browser"


def test_what_is_refused_uses_up_nothing_of_the_network_and_the_right_ones_neither(small):
    assert guess(5, "192.0.2.7") == {"wrong"}
    assert guess(10, "192.0.2.7") == {"refused"}
    assert {attempt(Client(), "192.0.2.7", RIGHT, OTHER) for _ in range(3)} == {"in"}
    assert attempt(Client(), "192.0.2.7", who=OTHER) == "wrong"


def test_one_password_on_many_accounts_is_slowed_down_by_network_and_no_known_browser_with_it(small):
    own = Client()
    assert attempt(own, "192.0.2.7", RIGHT) == "in"
    assert {attempt(Client(), "192.0.2.7", who=f"nobody{n}@dius.example") for n in range(7)} == {"wrong"}
    assert attempt(Client(), "192.0.2.7", RIGHT, OTHER) == "refused"
    assert attempt(own, "192.0.2.7", RIGHT) == "in"
    assert attempt(Client(), "192.0.2.9", RIGHT, OTHER) == "in"


def forget(client: Client, email: str, network: str = "192.0.2.7"):
    answer = client.post("/accounts/password/forgotten/", {"email": email}, REMOTE_ADDR=network)
    return answer.status_code, answer.headers["Location"]


def test_nobody_floods_a_mailbox_with_links_and_the_answer_says_nothing():
    """From many networks; by another spelling of the same address; and the first link still opens the page."""
    answers = {forget(Client(), email, f"198.51.100.{n}") for n in range(4) for email in (WHO, WHO.upper(), "nobody@dius.example")}
    assert answers == {(302, "/accounts/password/forgotten/sent/")}
    cast.run_all_jobs()
    assert [message.to for message in mail.outbox] == [[WHO]] * 3
    address = re.search(r"http://[^/]+(/accounts/password/forgotten/\S+)", mail.outbox[0].body)[1]
    assert Client().get(address).status_code == 302
    assert forget(Client(), OTHER)[0] == 302
    cast.run_all_jobs()
    assert mail.outbox[-1].to == [OTHER], "nobody else's link is kept back"


def test_a_network_asks_for_so_many_links(settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"reset_mail_network": "2/h/ip"}
    people = (WHO, OTHER, "approver@dius.example")
    assert {forget(Client(), email) for email in people} == {(302, "/accounts/password/forgotten/sent/")}
    cast.run_all_jobs()
    assert len(mail.outbox) == 2


def test_guessing_from_many_networks_is_slowed_down_too(few):
    guess_from_everywhere()
    assert attempt(Client(), "192.0.2.7", RIGHT) == "refused"
    assert attempt(Client(), "192.0.2.7", RIGHT, OTHER) == "in", "nobody else's account is meant"


def test_a_browser_that_has_signed_in_is_not_shut_out_by_others(few):
    own = Client()
    assert attempt(own, "192.0.2.7", RIGHT) == "in"
    guess(5, "192.0.2.7")  # in the same network, too
    guess_from_everywhere_but_one()
    assert attempt(own, "192.0.2.7", RIGHT) == "in"
    assert attempt(own, "192.0.2.8", RIGHT) == "in", "wherever it is taken"


def guess_from_everywhere_but_one() -> None:
    assert attempt(Client(), "198.51.100.1") == "wrong"
    assert attempt(Client(), "198.51.100.2") == "refused"


def test_such_a_browser_has_a_count_of_its_own():
    own = Client()
    assert attempt(own, "192.0.2.7", RIGHT) == "in"
    name = own.cookies[now.BROWSER_COOKIE_NAME].value.partition(":")[0]
    assert attempt(own, "192.0.2.7", RIGHT) == "in"
    assert own.cookies[now.BROWSER_COOKIE_NAME].value.partition(":")[0] == name, "signing in again gives no new attempts"
    assert [attempt(own, f"192.0.2.{n}") for n in range(6)] == ["wrong"] * 5 + ["refused"]
    assert attempt(Client(), "192.0.2.7", RIGHT) == "in"


def test_with_a_new_password_every_other_browser_is_a_stranger():
    """Who knew the old one could have named as many browsers as they liked, each with attempts of its own."""
    own, *theirs = (Client() for _ in range(3))
    new = "a long new password of mine"
    assert {attempt(client, "192.0.2.7", RIGHT) for client in theirs} == {"in"}
    own.post(SIGN_IN, {"login": WHO, "password": RIGHT}, REMOTE_ADDR="192.0.2.8")
    changed = own.post("/accounts/password/", {"oldpassword": RIGHT, "password1": new, "password2": new})
    assert changed.status_code == 302
    del own.cookies[now.SESSION_COOKIE_NAME]
    assert [attempt(client, "203.0.113.5") for client in theirs for _ in range(3)] == ["wrong"] * 5 + ["refused"]
    guess(5, "192.0.2.8")
    assert attempt(own, "192.0.2.8", new) == "in"


@pytest.mark.parametrize("forged", [False, True])
def test_a_browser_of_another_account_or_with_a_name_of_its_own_making_is_like_any_other(few, forged):
    own = Client()
    assert attempt(own, "192.0.2.7", RIGHT, OTHER) == "in"
    if forged:
        own.cookies[now.BROWSER_COOKIE_NAME] = own.cookies[now.BROWSER_COOKIE_NAME].value[:-2] + "xx"
    guess_from_everywhere()
    assert attempt(own, "192.0.2.7", RIGHT) == "refused"


def test_the_name_of_a_browser_is_out_of_reach_of_scripts_and_other_sites():
    own = Client()
    attempt(own, "192.0.2.7", RIGHT)
    cookie = own.cookies[now.BROWSER_COOKIE_NAME]
    assert cookie["httponly"] and cookie["samesite"] == "Lax" and WHO not in cookie.value


def test_who_is_shut_out_everywhere_signs_in_after_choosing_a_new_password_by_mail(few):
    guess_from_everywhere()
    own, new = Client(), "a long new password of mine"
    assert "choose a new password" in own.post(SIGN_IN, {"login": WHO, "password": RIGHT}).content.decode()
    own.post("/accounts/password/forgotten/", {"email": WHO})
    cast.run_all_jobs()
    address = re.search(r"http://[^/]+(/accounts/password/forgotten/\S+)", mail.outbox[-1].body)[1]
    form = own.get(address)["Location"]
    assert own.post(form, {"password1": new, "password2": new}).status_code == 302
    assert attempt(own, "192.0.2.7", new) == "in"
