"""Variations of a contract whose order has an option to extend: what is used of it, and what two that are open at once come to."""

from datetime import date

import pytest
from django.core.management import call_command

from documents.refusal import Refused
from tests import cast, paper
from tests.contracts import variation_cast as made

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("accepted_with_option")]


def refused(act, *args, **words) -> str:
    with pytest.raises(Refused) as no:
        act(*args, **words)
    return str(no.value)


def test_each_month_of_the_option_is_used_once():
    contract = paper.executed(cast.accepted_with_option())
    made.signed_on_paper(made.approved(made.extended(cast.OPTION - 2)))
    assert "has an option of 6 months, of which 2 are left" in refused(made.extended, 3)
    made.signed_on_paper(made.approved(made.extended(2)))
    assert "of which 0 are left" in refused(made.extended, 1)
    assert (contract.ends_on, cast.fresh(contract).ends_on) == (date(2012, 10, 31), date(2013, 4, 30))
    call_command("check_invariants")
