"""Worlds that tests begin in. A test marked ``world("executed")`` begins where that function of ``tests.cast`` (or
``tests.paper``) ends: an order takes a second to bring to the supplier and many more to a signed document, so the world is
made once, by performing the actions, and every such test starts in a copy of it; the function then gives what is there.
Its module asks for ``usefixtures("db")`` and not for the mark ``django_db``, whose transaction would begin before.
"""

import fcntl
import os
import shutil
from pathlib import Path

import pytest

from tests.databases import TEMPLATE, connected_to, copy, sql

# Each from the world it goes on from, or from the template.
WORLDS = {
    "submitted": None, "approved_by_department": "submitted", "with_supplier": "approved_by_department",
    "countered": "with_supplier", "accepted": "with_supplier", "issued": "accepted", "executed": "issued",
    "in_force": "accepted",
    "accepted_with_option": None, "accepted_with_tolerance": None,
    "ons_applied": None, "ons_approved": "ons_applied", "ons_joined": "ons_approved",
}  # fmt: skip


@pytest.fixture(scope="session")
def worlds_folder(tmp_path_factory) -> Path:
    """What the documents of each world left in the store, for all processes of this run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "worlds"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(autouse=True)
def starting_world(request, own_store, quiet_broker):
    """For a test marked ``world(state)``: the name of the database that ``db`` works in, with the store as it belongs
    to it; None for others, and where a module's mark is lifted by ``world(None)``."""
    mark = request.node.get_closest_marker("world")
    state = mark.args[0] if mark else None
    if state is None:
        yield None
        return
    request.getfixturevalue("django_db_setup")
    from tests import cast

    blocker, folder = request.getfixturevalue("django_db_blocker"), request.getfixturevalue("worlds_folder")
    name = _made(state, own_store / "store", folder, blocker)
    with connected_to(name, blocker), pytest.MonkeyPatch.context() as patch:
        patch.setattr(cast, "world", state)
        yield name


def _made(state: str, store: Path, folder: Path, blocker) -> str:
    """This process's database of that world; ``store`` is filled with its files."""
    name = f"flex_world_{state}_{os.getpid()}"
    if not sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
        copy(_kept(state, store, folder, blocker), name)
    shutil.copytree(folder / state, store, dirs_exist_ok=True)
    return name


def _kept(state: str, store: Path, folder: Path, blocker) -> str:
    """The database that every process copies that world from, made by the first that asks; the others wait for it."""
    from django.core import mail

    from tests import cast, paper

    before, known = WORLDS[state], folder / f"{state}.database"
    source = _kept(before, store, folder, blocker) if before else TEMPLATE
    with open(folder / f"{state}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not known.exists():
            name = f"flex_kept_{state}_{os.getpid()}"
            if before:
                shutil.copytree(folder / before, store, dirs_exist_ok=True)
            copy(source, name)
            with connected_to(name, blocker), pytest.MonkeyPatch.context() as patch:
                patch.setattr(cast, "world", before)
                getattr(cast if hasattr(cast, state) else paper, state)()
            shutil.copytree(store, folder / state)
            mail.outbox.clear()
            known.write_text(name)
        return known.read_text()
