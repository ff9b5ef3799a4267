"""Migration operations for rules that live in the database, whatever the code above it does."""

from decimal import Decimal

from django.db import migrations

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
