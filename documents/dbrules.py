"""Migration operations for rules that live in the database, whatever the code above it does, and for many tables made
at once."""

from decimal import Decimal

from django.db import migrations
from django.db.migrations.operations.base import Operation

# The largest NUMERIC(14,2). A CHECK against it refuses NaN too, which PostgreSQL holds greater than every number.
LARGEST_GBP = Decimal("999999999999.99")


class AppendOnly(migrations.RunSQL):
    """The table holds facts: UPDATE, DELETE and TRUNCATE are refused (SQLSTATE 23514)."""

    def __init__(self, table: str):
        self.table = table
        super().__init__(
            f"CREATE TRIGGER facts_stay BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION refuse_change_of_fact();"
            f"CREATE TRIGGER facts_are_not_truncated BEFORE TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_fact();",
            f"DROP TRIGGER facts_stay ON {table}; DROP TRIGGER facts_are_not_truncated ON {table};",
        )

    def deconstruct(self):
        return self.__class__.__name__, [self.table], {}


class CreateTogether(Operation):
    """Tables that refer to each other, in any order. After each single one Django would build anew all models that have
    to do with it: most of the time that migrating takes."""

    def __init__(self, tables: list[migrations.CreateModel]):
        self.tables = tables

    def deconstruct(self):
        return self.__class__.__name__, [self.tables], {}

    def state_forwards(self, app_label, state):
        state.__dict__.pop("apps", None)  # what was built before; it is built again when it is asked for
        for table in self.tables:
            table.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for table in self.tables:
            table.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for table in reversed(self.tables):
            table.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self):
        return f"Create {len(self.tables)} tables"
