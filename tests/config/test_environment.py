"""What the environment can say is in one table, and the table is what the code reads."""

import ast
import re

import pytest

from tests.test_architecture import HAND_WRITTEN, ROOT

INSIDE = {  # said by one process of ours to another, or by Django
    "DJANGO_SETTINGS_MODULE", "FLEX_TEST_DATABASE", "FLEX_TEST_FOLDER", "PYTHONDONTWRITEBYTECODE",
}  # fmt: skip


def environment_read(text: str) -> set[str]:
    """The names a module asks the environment for, by ``os.environ`` or by the ``env`` of django-environ."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        asked = None
        if isinstance(node, ast.Call) and node.args:
            of = ast.unparse(node.func)
            if of == "os.getenv" or of.partition(".")[0] == "env" or of.startswith("os.environ."):
                asked = node.args[0]
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and ast.unparse(node.value) == "os.environ":
            asked = node.slice
        elif isinstance(node, ast.Compare) and ast.unparse(node.comparators[0]) == "os.environ":
            asked = node.left
        if isinstance(asked, ast.Constant) and isinstance(asked.value, str):
            found.add(asked.value)
    return found


@pytest.mark.parametrize("text", [
    'env("A")', 'env.bool("A", default=False)', 'os.environ.get("A", "")', 'os.environ["A"]', '"A" in os.environ',
    'os.environ.setdefault("A", "b")', 'os.getenv("A")',
])  # fmt: skip
def test_every_way_to_ask_the_environment_is_seen(text):
    assert environment_read(text) == {"A"}
    assert environment_read('os.environ["A"] = "b"') == set()


def test_the_table_of_the_environment_is_what_the_code_reads():
    """Each row of README.md, "Real services": its names in capitals, with or without a value."""
    sources = [*HAND_WRITTEN, ROOT / "manage.py"]
    read = set().union(*(environment_read(path.read_text(encoding="utf-8")) for path in sources)) - INSIDE
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Real services")[2]
    rows = "\n".join(line for line in table.splitlines() if line.startswith("|"))
    assert set(re.findall(r"`([A-Z][A-Z_]+[A-Z])(?:=\w+)?`", rows)) == read
