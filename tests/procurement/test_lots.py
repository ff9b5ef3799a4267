"""A lot has its number inside its framework: a delegation for lot 1 of one covers nothing in lot 1 of another."""

import uuid
from importlib import import_module

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from catalogue.models import Framework, Lot
from config.embedded_pg import OWNER
from documents.refusal import Refused
from procurement import approval_guards, membership
from procurement.models import Decision, Delegation, Outcome, PostHolding, StepState
from tests import cast
from tests.databases import sql
from tests.procurement.test_pages import sign_in
from tests.procurement.test_people import limit

OFFICER, TODAY = "accounting.officer@dius.example", cast.START.date()


def another_framework() -> Framework:
    own = cast.framework()
    same = {f.attname: getattr(own, f.attname) for f in Framework._meta.concrete_fields if f.attname not in ("id", "reference", "state")}
    other = Framework.objects.create(reference="OTHER-2007", **same)
    Lot.objects.create(framework=other, number=1, title="Paper")
    return other


def for_lot_1(framework: Framework, email: str = OFFICER) -> Delegation:
    holding = PostHolding.objects.get(user__email=email)
    return Delegation.objects.create(
        holding=holding, kind="budget", unlimited=True, framework=framework, lot=1, starts_on=TODAY
    )


@pytest.mark.world("submitted")
def test_a_delegation_for_a_lot_of_another_framework_commits_nothing(committed_db):
    """An order of lot 1 alone: the framework is all that is wrong. The database refuses it too."""
    sql("SET session_replication_role = replica; UPDATE catalogue_serviceversion SET lot = 1;"
        " UPDATE procurement_approval SET lots = '{1}'", committed_db)
    order = cast.submitted()
    for email in cast.ROUTE[:3]:
        cast.decide(order, email)
    Delegation.objects.filter(holding__user__email=OFFICER).update(ends_on=TODAY.replace(month=9))
    other, step = for_lot_1(another_framework()), order.revision.approval.steps.get(state=StepState.OPEN)
    with pytest.raises(Refused, match="your delegation is unlimited for lot 1 of OTHER-2007 until further notice"):
        cast.decide(order, OFFICER)
    by = cast.person(OFFICER)
    with pytest.raises(IntegrityError, match="a lot of another framework"), transaction.atomic():
        Decision.objects.create(
            step=step, approval=step.approval, user=by.user, person_id=by.person_id, name=by.words, holding=other.holding,
            delegation=other, outcome=Outcome.COMMITTED, no_conflict_declared=True,
            content_hash=step.approval.content_hash, decided_at=cast.START,
        )  # fmt: skip
    own = for_lot_1(cast.framework())
    assert approval_guards.covers(own, step.approval)
    cast.decide(order, OFFICER)
    assert Decision.objects.get(step=step).delegation == own


def test_a_delegation_of_before_is_of_the_framework_that_its_organisation_is_on(committed_db):
    """Not of an older one on which it is not; one for a lot that there is nowhere covers nothing, as before."""
    another_framework()
    (own,), (other,) = (sql(f"SELECT id FROM catalogue_framework WHERE reference = '{name}'", committed_db)[0]
                        for name in ("FLEX-2007", "OTHER-2007"))  # fmt: skip
    renumbered = "SET session_replication_role = replica; UPDATE catalogue_framework SET id = 0 WHERE id = {0};" \
                 "UPDATE catalogue_lot SET framework_id = 0 WHERE framework_id = {0}"  # fmt: skip
    sql(renumbered.format(other), committed_db)
    sql("ALTER TABLE procurement_delegation DROP CONSTRAINT delegation_lot_is_of_a_framework", committed_db, OWNER)
    for_each = "UPDATE procurement_delegation d SET lot = {} FROM procurement_postholding h JOIN procurement_user u ON u.id = h.user_id" \
               " WHERE h.id = d.holding_id AND u.email = '{}'"  # fmt: skip
    for lot, email in ((1, OFFICER), (9, cast.ROUTE[0])):
        sql(for_each.format(lot, email), committed_db, OWNER)
    sql(import_module("procurement.migrations.0004_lot_of_a_framework").WHICH, committed_db, OWNER)
    found = dict(Delegation.objects.exclude(lot=None).values_list("holding__user__email", "framework_id"))
    assert found[OFFICER] == own and set(found) == {OFFICER, cast.ROUTE[0]}
    assert not Lot.objects.filter(number=9).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("framework", [True, False])
def test_a_delegation_names_a_lot_with_its_framework_or_neither(framework):
    with pytest.raises(IntegrityError, match="delegation_lot_is_of_a_framework"), transaction.atomic():
        Delegation.objects.create(
            holding=PostHolding.objects.get(user__email=OFFICER), kind="budget", unlimited=True, starts_on=TODAY,
            framework=cast.framework() if framework else None, lot=None if framework else 1,
        )  # fmt: skip


@pytest.mark.django_db
def test_an_administrator_chooses_among_the_lots_that_their_organisation_can_order(client):
    """By name and framework; those of a framework on which it has no place are not offered, nor taken."""
    other, holding = another_framework(), PostHolding.objects.get(user__email=OFFICER)
    admin = "administrator@dius.example"
    here = reverse("procurement:delegate", args=["DIUS", holding.pk])
    shown = sign_in(client, admin).get(here).content.decode()
    assert "FLEX-2007, lot 1:" in shown and "OTHER-2007" not in shown
    day = {"starts_on_day": "1", "starts_on_month": "10", "starts_on_year": "2007", "limit_gbp": "5"}

    def enter(lot: Lot):
        letter = SimpleUploadedFile("letter.pdf", cast.PDF, "application/pdf")
        return client.post(here, {"idempotency_key": str(uuid.uuid4()), "lot": lot.pk, "letter": letter} | day)

    assert "There is a problem" in enter(other.lots.get()).content.decode()
    assert enter(cast.framework().lots.get(number=2)).status_code == 302
    made = Delegation.objects.get(holding=holding, lot=2)
    assert made.framework == cast.framework()
    assert "budget up to £5.00, lot 2 of FLEX-2007 alone" in client.get("/people/DIUS/").content.decode()
    with pytest.raises(Refused, match="takes part in no framework with such a lot"):
        membership.delegate(
            holding, limit(framework_id=other.pk, lot=1), by=cast.person(admin), at=cast.START
        )
