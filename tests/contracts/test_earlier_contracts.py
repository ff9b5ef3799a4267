"""Contracts that were executed before there were milestones have those of their order, as an execution makes them now."""

from importlib import import_module

import psycopg2
import pytest
from django.core.management import call_command

from config.embedded_pg import SUPERUSER
from tests import cast
from tests.conftest import CLUSTER

OF_THE_ORDERS = import_module("contracts.migrations.0005_milestones").OF_THE_ORDERS
WITHOUT = """
SET session_replication_role = replica;
DELETE FROM contracts_paymentdue; DELETE FROM contracts_acceptancecriterion; DELETE FROM contracts_milestone;
DELETE FROM documents_statechange WHERE machine = 'milestone'; DELETE FROM documents_auditevent WHERE subject = 'contracts.milestone';
SET session_replication_role = DEFAULT;
"""


def plan() -> list[tuple]:
    return [
        (one.number, one.title, one.effect, one.planned_on, one.due_on, one.state, one.state_since,
         [criterion.words for criterion in one.criteria.all()],
         [(paid.line_id, paid.percent, paid.quantity, paid.amount_gbp) for paid in one.payments.all()])
        for one in cast.contract().milestones.all()
    ]  # fmt: skip


@pytest.mark.world("executed")
def test_the_migration_makes_the_plan_that_an_execution_makes(committed_db):
    made = plan()
    with psycopg2.connect(host=str(CLUSTER.socket), user=SUPERUSER, dbname=committed_db) as connection, connection.cursor() as cursor:
        cursor.execute(WITHOUT)
    assert len(made) == 9 and plan() == []
    with psycopg2.connect(host=str(CLUSTER.socket), user=SUPERUSER, dbname=committed_db) as connection, connection.cursor() as cursor:
        cursor.execute(OF_THE_ORDERS)
    assert plan() == made
    call_command("check_invariants")
