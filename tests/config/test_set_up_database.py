"""A database is brought up from nothing or from all of the replaced migrations, never from some of them."""

import pytest
from django.core.management import CommandError, call_command

from config.embedded_pg import OWNER
from tests.databases import sql


@pytest.mark.parametrize("seen", ["0003_list_indexes", "0002_rules"])
def test_a_database_that_stopped_among_the_replaced_migrations_is_refused(committed_db, seen):
    sql(f"DELETE FROM django_migrations WHERE app = 'contracts' AND name > '{seen}'", committed_db, OWNER)
    with pytest.raises(CommandError, match="has not seen contracts.000"):
        call_command("set_up_database", verbosity=0)


def test_a_database_that_has_seen_them_all_has_nothing_to_apply(committed_db, capsys):
    call_command("migrate", "--check")
    call_command("migrate", "--plan")
    assert "No planned migration operations" in capsys.readouterr().out
