"""Who has declared a conflict of interest in an order neither signs its contract nor refuses to, nor chooses who does."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from contracts import formation, guards
from documents.models import SigningIntent
from documents.refusal import Refused
from procurement import approval, membership
from procurement.models import Delegation, PostHolding
from tests import cast, paper

pytestmark = pytest.mark.usefixtures("db")
TODAY = cast.START.date()
HOLDER, SIGNATORY = cast.ROUTE[0], "signatory@dius.example"


def contract_before_the_recused():
    """A budget holder who keeps out of the order is a signatory of the department too; it is the department's turn."""
    order, by = cast.submitted(), cast.person(HOLDER)
    cast.give_post(HOLDER, "DIUS", "signatory")
    chair = PostHolding.objects.get(user=by.user, post__code="signatory")
    Delegation.objects.create(holding=chair, kind="signature", unlimited=True, starts_on=TODAY)
    approval.recuse(cast.open_step(order, by), reason="My brother works there.", by=by, at=cast.START)
    for email in ("deputy.budget.holder@dius.example", *cast.ROUTE[1:]):
        cast.decide(order, email)
    return paper.sign(paper.issued(cast.accept(order)), *cast.SIGNATORIES[0]), chair


def refuse(contract, email: str, *, changes_wanted: bool = False):
    return formation.refuse_to_sign(
        contract, "department", reason="No.", changes_wanted=changes_wanted, by=cast.person(email), at=cast.START
    )


@pytest.mark.world("submitted")
@pytest.mark.parametrize("changes_wanted", [True, False])
def test_the_recused_neither_refuses_nor_asks_for_changes(changes_wanted):
    contract, _chair = contract_before_the_recused()
    with pytest.raises(Refused, match="You declared a conflict of interest in this order"):
        refuse(contract, HOLDER, changes_wanted=changes_wanted)
    assert refuse(cast.fresh(contract), SIGNATORY, changes_wanted=changes_wanted).state == "void"


@pytest.mark.world("submitted")
def test_nor_does_a_deputy_whom_they_named():
    contract, chair = contract_before_the_recused()
    deputy = cast.person("contract.manager@dius.example")
    dates = {"starts_on": TODAY, "ends_on": TODAY + timedelta(days=9)}
    membership.name_deputy(chair, deputy.user, **dates, by=cast.person(HOLDER), at=cast.START)
    with pytest.raises(Refused, match="Who made you deputy here has declared a conflict"):
        refuse(contract, deputy.email)
    (reason,) = guards.why_not_refuse(contract, "department", by=deputy, at=cast.START)
    assert "Another signatory can" in reason.who_can


@pytest.mark.world("submitted")
def test_the_database_takes_no_signature_of_the_recused():
    contract, chair = contract_before_the_recused()
    with pytest.raises(IntegrityError, match="whoever declared a conflict of interest does not sign"), transaction.atomic():
        SigningIntent.objects.create(
            document=contract.document, field="Signature_department", identifier="X", base_sha256="0" * 64,
            act={"person_id": str(chair.user.person_id), "delegation": chair.delegations.get().pk}, created_at=cast.START,
        )  # fmt: skip
