"""``manage.py verify_document`` as a process: 0 valid, 1 not valid, 2 could not look, and always words."""

import json
import os
import subprocess
import sys

import pytest

from documents import store
from tests.databases import ROOT
from tests.documents.conftest import store_steps


@pytest.fixture
def verify(committed_db, tmp_path):
    """Runs the command on these bytes: (exit, what it printed, what it complained)."""

    def run(data: bytes | None, *arguments: str, **environment: str) -> tuple[int, str, str]:
        path = tmp_path / "held.pdf"
        if data is not None:
            path.write_bytes(data)
        done = subprocess.run(
            [sys.executable, "manage.py", "verify_document", str(path), "--instance", "test", *arguments],
            cwd=ROOT, capture_output=True, text=True, check=False,
            env=os.environ | {"FLEX_TEST_DATABASE": committed_db} | environment,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    return run


def test_the_executed_document_is_valid_and_a_changed_one_is_not(verify, made):
    executed = store.content(store.head(store_steps(made, 6)))
    code, words, _ = verify(executed)
    assert (code, words[:7]) == (0, "VALID: ")
    assert words.count(" (business moment 2007-10-") == 3
    assert words.count("\n- ") == 5  # seal, three parties, archive timestamp
    code, words, _ = verify(executed + b"\n% more")
    assert (code, words[:11]) == (1, "NOT VALID: ")
    assert verify(b"no document at all")[0] == 1


def test_an_earlier_state_is_not_valid_and_says_who_is_missing(verify, made):
    code, printed, _ = verify(store.content(store.head(store_steps(made, 4))), "--json")
    verdict = json.loads(printed)
    assert (code, verdict["valid"], verdict["number"]) == (1, False, "CON-2007-900001")
    assert "not signed by" in verdict["summary"] and len(verdict["signatures"]) == 3


def test_what_could_not_look_says_so_and_gives_no_verdict(verify, made):
    executed = store.content(store.head(store_steps(made, 6)))
    for environment, said in (({"FLEX_TEST_DATABASE": "flex_of_nobody"}, "flex_of_nobody"),
                              ({"KEYS_DIR": "/nowhere"}, "could not look")):  # fmt: skip
        code, printed, complaint = verify(executed, **environment)
        assert (code, printed) == (2, ""), environment
        assert said in complaint and "Traceback" not in complaint


@pytest.mark.parametrize("arguments", [("--instance", "none-such"), ()])
def test_without_a_file_or_an_instance_it_says_what_is_missing(verify, arguments):
    code, printed, complaint = verify(b"%PDF-" if arguments else None, *arguments)
    assert (code, printed) == (2, "")
    assert ("make run" if arguments else "cannot be read") in complaint


def test_a_file_larger_than_any_document_is_not_read(verify):
    assert verify(b"%PDF-" + bytes(20 * 1024 * 1024))[0] == 2
