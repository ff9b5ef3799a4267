"""The shape of the code: what may import what, where names live, what never enters the repository.

The layers inside each app are in pyproject.toml, for import-linter; this file runs it and holds what it cannot say.
"""

import ast
import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from django.apps import apps

from documents import jobs, steps
from documents.kinds import KINDS

ROOT = Path(__file__).resolve().parent.parent
ORDER = ("documents", "catalogue", "procurement", "contracts", "config")  # each imports itself and what is before it
TOP_LEVEL = {
    ".ci", ".gitignore", ".npmrc", "LICENSE", "Makefile", "README.md", "bench", "catalogue", "config", "contracts",
    "docs", "documents", "manage.py", "package-lock.json", "package.json", "procurement", "pyproject.toml",
    "requirements-dev.in", "requirements-dev.txt", "requirements-node.in", "requirements-node.txt",
    "requirements.in", "requirements.txt", "tests",
}  # fmt: skip
SOURCES = [
    path
    for app in ORDER
    for path in sorted((ROOT / app).rglob("*.py"))
    if "node_modules" not in path.parts
]  # fmt: skip
HAND_WRITTEN = [path for path in SOURCES if "migrations" not in path.parts]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tracked() -> list[Path]:
    """Every file git knows, or would take."""
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:  # an archive without its history: everything that is not made here
        made = {".venv", "var", "node_modules", ".git"}
        return [path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.relative_to(ROOT).parts)]
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def imported(path: Path) -> set[str]:
    """The dotted names a module imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return found


def importers(package: str, paths: list[Path]) -> set[str]:
    return {
        name_of(path)
        for path in paths
        if any(name == package or name.startswith(f"{package}.") for name in imported(path))
    }


# ---- the arrow


@pytest.mark.parametrize("app", ORDER)
def test_an_app_imports_only_itself_and_earlier_ones(app):
    later = set(ORDER[ORDER.index(app) + 1 :])
    for path in SOURCES:
        if path.is_relative_to(ROOT / app):
            upward = {name for name in imported(path) if name.split(".")[0] in later}
            assert not upward, f"{name_of(path)} imports {upward}"


def test_the_layers_inside_each_app_hold():
    linter = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr


def test_nothing_but_the_tests_imports_the_tests():
    assert importers("tests", SOURCES) == set()


@pytest.mark.parametrize("app", ["catalogue", "documents"])
def test_timeless_apps_have_no_foreign_key_to_a_user(app):
    for model in apps.get_app_config(app).get_models():
        for field in model._meta.get_fields():
            related = getattr(field, "related_model", None)
            if field.concrete and related is not None:
                assert ORDER.index(related._meta.app_label) <= ORDER.index(app), f"{model.__name__}.{field.name}"


def test_the_catalogue_has_no_pages_of_its_own():
    present = {path.name for path in (ROOT / "catalogue").iterdir()}
    assert not present & {"access.py", "views", "views.py", "urls.py", "templates"}


# ---- one module each


def test_only_one_module_imports_the_state_machine_library():
    assert importers("django_fsm", HAND_WRITTEN) == {"documents/machines.py"}


def test_the_state_machine_library_is_the_one_we_chose():
    """Another distribution replaces the same package silently."""
    assert packages_distributions()["django_fsm"] == ["django-fsm"]


def test_only_access_speaks_guardian():
    spoken_in = importers("guardian", HAND_WRITTEN)
    assert spoken_in <= {"procurement/access.py", "procurement/models/grants.py"}
    assert "procurement/access.py" in spoken_in


def test_only_granting_writes_a_grant():
    """And only where somebody's sight and seats are found are the dated grants read: nobody decides by them elsewhere."""
    grants = {f"procurement.models.{name}" for name in ("OrganisationGrant", "FrameworkGrant")}
    read_in = {name_of(path) for path in HAND_WRITTEN if grants & imported(path)}
    assert read_in == {"procurement/granting.py", "procurement/seats.py"}
    seats = ast.walk(ast.parse((ROOT / "procurement" / "seats.py").read_text(encoding="utf-8")))
    called = {node.func.attr for node in seats if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}
    assert not called & {"create", "bulk_create", "get_or_create", "update_or_create", "update", "delete", "save"}


def test_nobody_asks_who_has_a_permission_past_access():
    """``has_perm`` says yes to every superuser and ignores end dates."""
    for path in HAND_WRITTEN:
        calls = {
            node.func.attr
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }
        assert not calls & {"has_perm", "has_perms", "has_module_perms"}, name_of(path)


def test_the_other_database_driver_is_not_installed():
    """Django would take it silently, with other rules for connections and time."""
    assert importlib.util.find_spec("psycopg") is None


ASKS_THE_TIME = {
    "timezone.now", "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "timezone.localtime",
    "timezone.localdate", "time.time", "time.time_ns", "functions.Now",
}  # fmt: skip
# in the words of SQL; migrations, which fill what was there before, are not of these sources
SQL_TIME = re.compile(r"(?<![\w.])(now|(clock|statement|transaction)_timestamp)\(\)|\b(current_(timestamp|date|time)|localtime(stamp)?)\b", re.I)


def times_asked(text: str) -> set[str]:
    """What asks for the time in a module, also under a name imported by itself, and in the SQL it says."""
    tree = ast.parse(text)
    alone = {
        alias.asname or alias.name: f"{node.module.rpartition('.')[2]}.{alias.name}"
        for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module for alias in node.names
    }  # fmt: skip
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    named = {alone.get(name, ".".join(name.split(".")[-2:])) for name in called}
    said = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return (named & ASKS_THE_TIME) | {found.group() for words in said for found in [SQL_TIME.search(words)] if found}


@pytest.mark.parametrize("text", [
    "import time\ntime.time()", "from time import time\ntime()", "from time import time_ns as t\nt()",
    "from django.db.models.functions import Now\nNow()", "from django.db.models import functions\nfunctions.Now()",
    "from django.utils import timezone\ntimezone.now()", "from django.utils.timezone import now\nnow()",
    "from datetime import date\ndate.today()", "cursor.execute('SELECT now()')", "X = 'UPDATE t SET at = CURRENT_TIMESTAMP'",
])  # fmt: skip
def test_every_way_to_ask_for_the_time_is_seen(text):
    assert times_asked(text)


def test_nobody_but_the_clock_asks_for_the_time():
    for path in HAND_WRITTEN:
        if name_of(path) == "documents/clock.py":
            continue
        text = path.read_text(encoding="utf-8")
        assert not times_asked(text), f"{name_of(path)}: {times_asked(text)}"
        assert not re.search(r"auto_now(_add)?=True", text), f"{name_of(path)}: auto_now asks for the time"


def _at_import(node: ast.AST):
    """What runs when the module is read: not the bodies of its functions."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _at_import(child)


def test_nothing_is_translated_before_a_reader_is_known():
    """A word said at import is in the language of the process, for everybody."""
    for path in HAND_WRITTEN:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        words = {
            alias.asname or alias.name for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
            for alias in node.names if alias.name in ("gettext", "ngettext", "pgettext")
        }  # fmt: skip
        said = [node.lineno for node in _at_import(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") in words]
        assert not said, f"{name_of(path)}: lines {said}"


def test_states_are_moved_by_transitions_only():
    """``thing.state = ...`` outside the models, and outside the job table that has no machine, walks past the graph."""
    for path in HAND_WRITTEN:
        if "models" in path.parts or name_of(path) == "documents/jobs.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else []
            flat = [each for target in targets for each in (target.elts if isinstance(target, ast.Tuple) else [target])]
            assigned = [target for target in flat if isinstance(target, ast.Attribute) and target.attr == "state"]
            assert not assigned, f"{name_of(path)}:{node.lineno} assigns a state"


# ---- tables and rights


def ours():
    """Our tables. Django's join tables of people to groups and permissions stay empty: nothing is written there."""
    return [model for app in ORDER for model in apps.get_app_config(app).get_models()]


@pytest.mark.parametrize("model", ours(), ids=lambda model: model._meta.label)
def test_every_table_says_what_the_runtime_role_may_do(model):
    from documents.rights import Rights

    assert isinstance(getattr(model, "db_rights", None), Rights), f"{model._meta.label} has no db_rights"
    columns = {field.column for field in model._meta.local_concrete_fields}
    assert set(model.db_rights.update) <= columns


@pytest.mark.django_db
def test_the_runtime_role_owns_nothing_and_cannot_make_tables():
    from django.db import ProgrammingError, connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("flex_app",)
        cursor.execute("SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = 'flex_app'")
        assert cursor.fetchone() == (0,)
        with pytest.raises(ProgrammingError, match="permission denied"):
            cursor.execute("CREATE TABLE mine (id int)")


@pytest.mark.django_db
@pytest.mark.parametrize("model", ours(), ids=lambda model: model._meta.label)
def test_the_database_grants_the_runtime_role_what_the_model_says(model):
    from django.db import connection

    table, rights = model._meta.db_table, model.db_rights
    with connection.cursor() as cursor:

        def may(right: str) -> bool:
            cursor.execute("SELECT has_table_privilege('flex_app', %s, %s)", [f'"{table}"', right])
            return cursor.fetchone()[0]

        assert may("SELECT")
        assert may("INSERT") == rights.insert
        assert not may("TRUNCATE")
        assert may("DELETE") == rights.whole_row
        assert may("UPDATE") == rights.whole_row
        for column in {field.column for field in model._meta.local_concrete_fields}:
            cursor.execute("SELECT has_column_privilege('flex_app', %s, %s, 'UPDATE')", [f'"{table}"', column])
            assert cursor.fetchone()[0] == (rights.whole_row or column in rights.update), f"{table}.{column}"


@pytest.mark.django_db
def test_every_trigger_reads_our_tables_and_no_temporary_one():
    from django.db import IntegrityError, connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.oid::regprocedure::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal"
            " AND p.proconfig IS DISTINCT FROM ARRAY['search_path=public, pg_temp']"
        )
        assert cursor.fetchall() == []
        # a posting nobody has, where only a temporary table says that the holder is somebody else
        cursor.execute("SELECT id, user_id FROM procurement_postholding ORDER BY id LIMIT 1")
        holding, holder = cursor.fetchone()
        cursor.execute("CREATE TEMP TABLE procurement_postholding AS SELECT %s AS id, 0 AS user_id", [holding])
        with pytest.raises(IntegrityError, match="nobody acts for themselves"):
            cursor.execute(
                "INSERT INTO procurement_actingfor (holding_id, deputy_id, starts_on, ends_on)"
                " VALUES (%s, %s, '2007-10-01', '2007-10-02')", [holding, holder],
            )  # fmt: skip


@pytest.mark.django_db
def test_no_function_behind_a_trigger_is_the_runtime_roles_to_call():
    """One that writes with the owner's rights, hung on a temporary table whose types are the caller's, would run what
    the caller likes as the owner."""
    from django.db import ProgrammingError, connection, transaction

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.oid::regprocedure::text, has_function_privilege(current_user, p.oid, 'EXECUTE') FROM pg_proc p"
            " WHERE p.pronamespace = 'public'::regnamespace AND (p.prosecdef OR p.prorettype = 'trigger'::regtype)"
        )
        found = cursor.fetchall()
        assert len(found) > 20
        assert [function for function, may_call in found if may_call] == []
        cursor.execute("CREATE TEMP TABLE forged (id bigint, state text)")
        with pytest.raises(ProgrammingError, match="permission denied for function"), transaction.atomic():
            cursor.execute(
                "CREATE TRIGGER t BEFORE INSERT ON forged FOR EACH ROW EXECUTE FUNCTION check_state_edge('call_off')"
            )


@pytest.mark.django_db
def test_the_runtime_role_writes_no_edge_that_the_states_follow_and_no_change_of_one():
    from django.db import ProgrammingError, connection, transaction

    for table, columns in (("stateedge", "machine, source, target"), ("statechange", "machine, source, target, row_id, txid")):
        values = "'framework', 'live', 'closed'" + (", 1, 1" if table == "statechange" else "")
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO documents_{table} ({columns}) VALUES ({values})")


@pytest.mark.django_db
def test_the_migrations_are_what_the_models_say():
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", *ORDER[:-1], verbosity=0)


# ---- what is written about the code

PAGES = {path.name: path.read_text(encoding="utf-8") for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]}
CITED = re.compile(r'([\w-]+\.md)(?:, "([^"]+)")?')  # a page, and maybe one of its headings


def in_one_line(text: str) -> str:
    """Words that a docstring or a comment has broken over lines, joined."""
    return re.sub(r"\s*\n\s*(?:#|--)?\s*", " ", text)


def test_what_is_cited_is_written():
    """Every page that a source, a query or a template names is there, and has the heading it is cited by."""
    for path in tracked():
        if path.suffix in {".py", ".sql", ".html", ".txt", ".md"}:
            for page, heading in CITED.findall(in_one_line(path.read_text(encoding="utf-8"))):
                assert page in PAGES, f"{name_of(path)} names {page}"
                has_it = re.search(rf"^#+ {re.escape(heading)}$", PAGES[page], re.MULTILINE) if heading else True
                assert has_it, f"{name_of(path)}: {page} has no heading {heading!r}"


@pytest.mark.parametrize("page", ["domain.md", "trust.md"])
def test_what_the_rules_are_held_by_is_there(page):
    """The modules, tests, triggers, constraints and columns that a page of rules names."""
    said = "\n".join(path.read_text(encoding="utf-8") for path in tracked() if path.suffix in {".py", ".sql", ".yaml"})
    for named in re.findall(r"`([\w./]+)`", PAGES[page]):
        if "/" in named.strip("/"):
            assert (ROOT / named).exists(), named
        elif re.fullmatch(r"[A-Za-z]\w+", named):
            assert re.search(rf"\b{named}\b", said), named


def test_every_module_of_actions_is_on_the_page_of_the_architecture():
    """An action is a public function of one transaction. What is loaded from files, or computed anew, is none."""
    none = {"catalogue/loading.py", "procurement/loading.py", "contracts/savings_kept.py"}
    listed = set(re.findall(r"\w+\.py", PAGES["architecture.md"].partition("Actions:")[2].partition("**Access**")[0]))
    acting = set()
    for path in HAND_WRITTEN:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and "transaction.atomic" in map(ast.unparse, node.decorator_list):
                acting.add(path)
    found = {path for path in acting if path.parent.name in ("procurement", "contracts") and name_of(path) not in none}
    assert len(found) > 30
    assert sorted(name_of(path) for path in found if path.name not in listed) == []


UNITS = re.compile(r"GBP|[Pp]er cent|percent|kgCO2e|factor")


def described(node: ast.AST, around: str = "") -> Iterator[tuple[ast.FunctionDef, str]]:
    """Every function in it, with what it, its class and its module say."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
        around += f" {ast.get_docstring(node) or ''}"
    if isinstance(node, ast.FunctionDef):
        yield node, around
    for child in ast.iter_child_nodes(node):
        yield from described(child, around)


def test_every_amount_that_a_function_gives_has_its_unit():
    """Whoever reads a rule of money finds beside it what it is in: in the function's own words and those around it. Fields of
    forms give what was typed, and pages show what the rules give."""
    for path in HAND_WRITTEN:
        if "views" in path.parts or path.name == "fields.py":
            continue
        for function, words in described(ast.parse(path.read_text(encoding="utf-8"))):
            if function.returns is not None and "Decimal" in ast.unparse(function.returns) and not function.name.startswith("_"):
                where = f"{name_of(path)}:{function.lineno} {function.name}"
                assert ast.get_docstring(function), f"{where} says nothing of what it gives"
                assert UNITS.search(words), f"{where} does not say in what"


# ---- what never enters the repository


def test_the_top_level_is_the_one_on_the_design_card():
    assert {path.relative_to(ROOT).parts[0] for path in tracked()} <= TOP_LEVEL


# put together from pieces, so that this file does not find itself
REGISTRIES = re.compile("|".join(("pypi" + r"\.org", "python" + "hosted", "npm" + r"js\.(org|com)", "registry" + r"\.[a-z]",
                                  "--index" + "-url", "--find" + "-links", "--trusted" + "-host")), re.IGNORECASE)  # fmt: skip
MACHINE_PATHS = re.compile(r"(?<![\w.<>*/-])/(?:root|home|work|opt|mnt|srv|Users)/\w")


def test_no_file_names_a_registry_or_a_place_on_somebodys_machine():
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a font
        for number, line in enumerate(text.splitlines(), start=1):
            for pattern in (REGISTRIES, MACHINE_PATHS):
                found = pattern.search(line)
                assert not found, f"{name_of(path)}:{number} has {found and found.group()!r}"


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-node.txt"])
def test_every_requirement_is_pinned_with_its_hash(name):
    text = re.sub(r"\s*\\\n\s*", " ", (ROOT / name).read_text())
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert lines
    for line in lines:
        assert re.match(r"[a-z0-9][\w.-]*==\S+ (--hash=sha256:[0-9a-f]{64} ?)+", line), line[:100]


def test_the_requirements_were_compiled_from_their_short_lists():
    for name in ("requirements", "requirements-dev", "requirements-node"):
        pinned = set(re.findall(r"^([\w.-]+)==", (ROOT / f"{name}.txt").read_text(), re.MULTILINE))
        for line in (ROOT / f"{name}.in").read_text().splitlines():
            wanted = re.match(r"([a-zA-Z0-9][\w.-]*)", line)
            if wanted:
                assert wanted.group(1).lower() in pinned, f"{name}.txt lacks {wanted.group(1)}; run make requirements"


def test_what_is_installed_fits_together():
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("linter", [("ruff", "check", "."), ("mypy",)], ids=lambda words: words[0])
def test_the_linters_find_nothing(linter):
    program, *arguments = linter
    done = subprocess.run(
        [str(Path(sys.executable).parent / program), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_work_is_left_undone_in_the_code():
    left = re.compile("|".join(("TO" + "DO", "FIX" + "ME")))
    for path in [*SOURCES, *(ROOT / "tests").rglob("*.py")]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            assert not left.search(line), f"{name_of(path)}:{number}: {line.strip()}"


def test_what_follows_is_said_for_every_kind_of_document():
    jobs.load_tasks()
    assert set(steps._following) == set(KINDS)
    for kind, following in steps._following.items():
        acts = (following.issued, following.signature_made, following.signature_left_out)
        assert not KINDS[kind].signed or steps._nothing not in acts, f"{kind}: nobody would go on after a signature"


def test_every_job_asked_for_has_its_task():
    asked = set()
    for path in HAND_WRITTEN:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "jobs.enqueue":
                assert isinstance(node.args[0], ast.Constant), f"{name_of(path)}: a job is asked for by its name"
                asked.add(node.args[0].value)
    assert len(asked) >= 5
    assert [name for name in sorted(asked) if jobs.find_task(name) is None] == []
