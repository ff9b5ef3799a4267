"""Two people act on the invoices of one month, or on one return, at one moment: one effect, the other gets words."""

import pytest

from contracts.models import Declaration, Invoice, InvoicePayment, LevyNote, ManagementReturn
from tests import paper
from tests.contracts import money_cast as money
from tests.procurement.test_races import one_done, race  # noqa: F401 - the fixture

pytestmark = pytest.mark.world("in_force")


def test_of_two_invoices_of_a_month_one_is_matched(race):  # noqa: F811
    contract = paper.in_force()
    money.file()

    def after(results):
        assert results == ("done", "done"), results
        assert sorted(Invoice.objects.values_list("state", flat=True)) == ["matched", "queried"]

    race().run(lambda: money.recorded(contract), lambda: money.recorded(contract, reference="FS-2"), after)


def test_it_is_paid_or_disputed(race):  # noqa: F811
    """Of approving it, which pays it, and disputing it: one is done."""
    found = money.recorded(paper.in_force())

    def after(results):
        assert one_done(results), results
        assert Invoice.objects.get().state == ("approved" if results[0] == "done" else "queried")

    race().run(lambda: money.approved(found), lambda: money.disputed(found), after)


def test_a_doubled_payment_is_recorded_once(race):  # noqa: F811
    found = money.approved(money.recorded(paper.in_force()))

    def after(results):
        assert one_done(results), results
        assert InvoicePayment.objects.count() == 1 and Invoice.objects.get().state == "paid"

    race().run(lambda: money.paid(found), lambda: money.paid(found), after)


def test_a_doubled_declaration_asks_once(race):  # noqa: F811
    paper.in_force()
    found = money.made()

    def after(results):
        assert one_done(results), results
        assert (Declaration.objects.count(), LevyNote.objects.count()) == (1, 1)

    race().run(lambda: money.declared(found), lambda: money.declared(found), after)


def test_two_clocks_make_one_return(race):  # noqa: F811
    paper.in_force()

    def after(results):
        assert results == ("done", "done"), results
        assert ManagementReturn.objects.count() == 1

    race().run(money.made, money.made, after)
