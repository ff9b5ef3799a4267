"""Two people enter or invite the same at one moment, on real connections: one effect, the other gets words or joins it."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from catalogue.models import Organisation
from documents.refusal import Refused
from procurement import membership, pipeline
from procurement.models import Accession, PostHolding, User
from tests import cast


def words_of(act) -> str:
    try:
        act()
    except Refused as refused:
        return str(refused)
    finally:
        connections.close_all()
    return "done"


def blocked() -> bool:
    """Somebody waits in this database; in the others of the cluster other tests run. ``pg_stat_activity`` would not do: within a
    transaction it shows who was there when it was first asked."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid() AND pid IN"
            " (SELECT pid FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()))"
        )
        return cursor.fetchone()[0] > 0


def meeting(first, second) -> str:
    """What ``second`` is told, on a connection of its own, when it meets ``first`` just before that commits."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            running = pool.submit(words_of, second)
            for _ in range(200):
                if blocked():
                    break
                time.sleep(0.05)
            else:
                raise AssertionError("the second did not meet the first")
        return running.result(timeout=60)


def entering(code: str, identifier: str):
    by, framework = cast.person("accession.lead@co.example"), cast.framework()
    body = pipeline.Interest(code, f"Body {code}", identifier, "London", crown=False)
    return lambda: pipeline.add_interest(framework, body, seats_expected=None, by=by, at=cast.START)


def inviting(code: str, administrator: str):
    by, body = cast.person(administrator), Organisation.objects.get(code=code)
    return lambda: membership.invite(
        body, name="New", email="new@elsewhere.example", post="contract_manager", by=by, at=cast.START
    )


def test_one_identifier_is_entered_once_under_two_codes(committed_db):
    found = meeting(entering("FIRST", "GOVGB-SAME"), entering("SECOND", "GOVGB-SAME"))
    assert "at this moment" in found or "already" in found  # told by the database, or by who came to look second
    assert list(Organisation.objects.filter(identifier="GOVGB-SAME").values_list("code", flat=True)) == ["FIRST"]


def test_one_body_is_entered_once(committed_db):
    found = meeting(entering("SAME", "GOVGB-SAME"), entering("SAME", "GOVGB-SAME"))
    assert "at this moment" in found or "already" in found  # told by the database, or by who came to look second
    assert Accession.objects.filter(department__code="SAME").count() == 1


def test_one_person_invited_by_two_organisations_has_one_account_and_both_posts(committed_db):
    found = meeting(
        inviting("DIUS", "administrator@dius.example"), inviting("ONS", "administrator@ons.example")
    )
    assert found == "done"
    user = User.objects.get(email="new@elsewhere.example")
    held = PostHolding.objects.filter(user=user).values_list("post__organisation__code", flat=True)
    assert set(held) == {"DIUS", "ONS"}


@pytest.mark.parametrize("codes", [("DIUS", "CO"), ("CO", "DIUS")], ids="-".join)
def test_somebody_known_is_invited_to_one_side_of_a_contract_alone(committed_db, codes):
    """They have an account and no post any more: nothing of theirs makes the two invitations meet by itself."""
    known = User.objects.create(email="new@elsewhere.example", name="New", password="!")
    first, second = (inviting(code, f"administrator@{code.lower()}.example") for code in codes)
    assert "acts for another side of its contracts" in meeting(first, second)
    assert [one.post.organisation.code for one in PostHolding.objects.filter(user=known)] == [codes[0]]
