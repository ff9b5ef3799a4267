"""What other departments have in approval is shown to a department only when three of them stand behind the figure."""

import pytest

from catalogue.models import Organisation
from documents.templatetags.flex import gbp
from procurement import headroom, queries, workflow
from procurement.models import CallOff
from tests import cast
from tests.databases import sql
from tests.procurement.test_pages import sign_in

NOTE, OTHERS = "is shown only when three of them have", ("ONS", "HMT", "CAFCASS")
VALUE = 1_000_000


def in_approval(database: str, others: int) -> CallOff:
    """The department's own order, and one of each of so many others; each has a value of its own."""
    own = cast.submitted()
    for number, code in enumerate(OTHERS[:others], 1):
        other = workflow.submit(cast.drafted(), by=cast.requester(), at=cast.START)
        sql(
            "SET session_replication_role = replica; UPDATE procurement_calloff SET whole_life_gbp = "
            f"{VALUE * number}, department_id = (SELECT id FROM catalogue_organisation WHERE code = '{code}') WHERE id = {other.pk}",
            database,
        )
    return own


@pytest.mark.world("submitted")
@pytest.mark.parametrize(("others", "shown"), [(0, None), (1, None), (2, None), (3, 6 * VALUE)])
def test_a_department_reads_the_figure_of_three_others_and_of_no_fewer(committed_db, client, others, shown):
    own = in_approval(committed_db, others)
    ours, all_of_it = own.whole_life_gbp, own.whole_life_gbp + VALUE * sum(range(others + 1))
    reader, framework = [own.department_id], cast.framework()
    bar = queries.capacity_bar(framework, reader=reader)
    forecast = headroom.capacity_forecast(own, ours, reader=reader)
    assert (bar.in_approval, bar.withheld) == (ours + (shown or 0), shown is None)
    assert (forecast.in_approval, forecast.withheld) == (shown or 0, shown is None)
    assert forecast.free_after == forecast.free_now - ours - (shown or 0), "nor is it to be read from what would be left"
    assert queries.capacity_bar(framework).in_approval == all_of_it, "the authority reads it all"
    address = f"/call-offs/{own.public_id}/steps/1/"
    for email, page in (("requester@dius.example", "/"), ("requester@dius.example", "/framework/"), (cast.ROUTE[0], address)):
        words = sign_in(client, email).get(page).content.decode()
        assert (NOTE in words) is (shown is None), page
        assert ("our" in words.partition("flex-key")[2].partition("</ul>")[0]) is (shown is None), page
        if shown is None and others:
            assert gbp(all_of_it) not in words and gbp(all_of_it - ours) not in words, page
    authority = sign_in(client, "framework.manager@co.example").get("/framework/").content.decode()
    assert NOTE not in authority and gbp(all_of_it) in authority


@pytest.mark.world("submitted")
def test_several_orders_of_one_other_department_are_one_department(committed_db):
    own = in_approval(committed_db, 3)
    ons = Organisation.objects.get(code="ONS").pk
    sql(f"SET session_replication_role = replica; UPDATE procurement_calloff SET department_id = {ons} WHERE id <> {own.pk}", committed_db)
    assert queries.capacity_bar(cast.framework(), reader=[own.department_id]).withheld
