"""A query that is built once gives each time what it would give if it were built anew."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents.prepared import Prepared
from procurement.models import PostHolding
from tests import cast

pytestmark = pytest.mark.django_db


def held(user_id: int, code: str, on: date):
    return PostHolding.objects.filter(user_id=user_id, post__code=code, starts_on__lte=on).values_list("pk", "post__code")


def test_it_answers_for_the_arguments_of_each_call_with_one_statement():
    prepared, day = Prepared(held), cast.START.date()
    requester, desk = (cast.person(email).user for email in ("requester@dius.example", cast.DESK))
    for arguments in [(requester.pk, "requester", day), (desk.pk, "order_desk", day), (desk.pk, "requester", day),
                      (requester.pk, "requester", date(1900, 1, 1)), (requester.pk, "'; --", day + timedelta(days=1))]:  # fmt: skip
        with CaptureQueriesContext(connection) as queries:
            found = prepared(*arguments)
        assert len(queries) == 1
        assert list(found) == list(held(*arguments))
    assert len(prepared(requester.pk, "requester", day)) == 1


def test_an_argument_that_the_query_does_not_use_as_it_is_is_refused():
    unused = Prepared(lambda user_id, other: PostHolding.objects.filter(user_id=user_id).values_list("pk"))
    with pytest.raises(ValueError, match="uses only"):
        unused(1, 2)
    changed = Prepared(lambda user_id: PostHolding.objects.filter(user_id=user_id + 1).values_list("pk"))
    with pytest.raises(ValueError, match="uses only"):
        changed(1)
