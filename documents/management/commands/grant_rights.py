"""Give the runtime role what the models say, and nothing else. Run as the owner, after every migrate.

No function behind a trigger may be called, and so hung on a table of somebody's own: one of them writes with the owner's
rights, and would run there whatever the types of that table ask for. Triggers fire without that right.

The functions behind the triggers read our tables and no others: without a path of their own, a temporary table of the
same name would be read first, and whoever can run a statement could show a trigger whatever it asks for.
"""

from django.apps import apps
from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from documents.rights import statements

OURS = ("documents", "catalogue", "procurement", "contracts")
# libraries' tables the runtime role writes: sessions, sign-in, the shared cache
LIBRARY_TABLES = ("django_session", "account_emailaddress", "account_emailconfirmation", "flex_cache")
OPEN_FUNCTIONS = """
SELECT p.oid::regprocedure FROM pg_proc p
 WHERE p.pronamespace = 'public'::regnamespace AND p.proowner = current_user::regrole
   AND NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=public, pg_temp']
"""

TRIGGER_FUNCTIONS = """
SELECT p.oid::regprocedure FROM pg_proc p
 WHERE p.pronamespace = 'public'::regnamespace AND p.proowner = current_user::regrole
   AND (p.prosecdef OR p.prorettype = 'trigger'::regtype)
"""


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args, **options):
        role = f'"{settings.RUNTIME_ROLE}"'
        with connection.cursor() as cursor:
            tables = set(connection.introspection.table_names(cursor))
            cursor.execute(f"GRANT USAGE ON SCHEMA public TO {role}")
            cursor.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}")
            cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
            cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
            for table in LIBRARY_TABLES:
                if table in tables:
                    cursor.execute(f'GRANT INSERT, UPDATE, DELETE ON "{table}" TO {role}')
            for app in OURS:
                for model in apps.get_app_config(app).get_models(include_auto_created=True):
                    for statement in statements(model, role) if hasattr(model, "db_rights") else []:
                        cursor.execute(statement)
            cursor.execute(OPEN_FUNCTIONS)
            for (function,) in cursor.fetchall():
                cursor.execute(f"ALTER FUNCTION {function} SET search_path = public, pg_temp")
            cursor.execute(TRIGGER_FUNCTIONS)
            for (function,) in cursor.fetchall():
                cursor.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC, {role}")
