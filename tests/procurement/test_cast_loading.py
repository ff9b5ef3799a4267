"""Loading people, posts and delegations: a bad cell is refused by file, row, column and value."""

import shutil
from pathlib import Path

import pytest

from catalogue.rows import LoadRefused
from documents.actors import operator
from procurement import loading
from procurement.models import Delegation, User
from tests import cast

pytestmark = pytest.mark.django_db
DATA = Path(__file__).resolve().parents[2] / "config" / "data" / "flex"


@pytest.mark.parametrize(
    ("file", "was", "now", "words"),
    [
        ("posts.csv", "DIUS,budget_holder,", "DUIS,budget_holder,", "row 3, column organisation: 'DUIS' is the code of no"),
        ("posts.csv", "DIUS,budget_holder,", "DIUS,holder_of_budgets,", "column post: 'holder_of_budgets' is none of"),
        ("people.csv", "2007-05-21", "21/05/2007", "row 2, column from: '21/05/2007' is not a day like"),
        ("people.csv", "DIUS,requester,2007-05-21,", "DIUS,requester,,", "column from: '' is empty"),
        ("delegations.csv", "25000.00", "25,000.00", "row 2: has more values than there are columns"),
        ("delegations.csv", "25000.00", "2.5e4", "column limit_gbp: '2.5e4' is not an amount"),
        ("delegations.csv", "budget.holder@", "nobody@", "column person: 'nobody@dius.example' does not hold the post"),
        ("delegations.csv", "25000.00,no,,", "25000.00,no,9,", "column lot: '9' is no lot of the framework"),
        ("approval_matrix.csv", "25000.00", "NaN", "column up_to_gbp_inclusive: 'NaN' is not an amount"),
        ("approval_matrix.csv", "budget_holder,", "holder,", "column department_steps: 'holder' names no post 'holder'"),
        ("approval_matrix.csv", "budget_holder;technology_officer", "budget_holder;budget_holder", "names a post twice"),
        ("approval_matrix.csv", "500000.00", "25000.00", "one row without an upper bound, no bound twice"),
        ("organisations.csv", "active", "joined", "column accession_state: 'joined' is none of"),
    ],
)
def test_a_bad_cell_is_named(tmp_path, file, was, now, words):
    folder = tmp_path / "flex"
    shutil.copytree(DATA, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert was in text
    (folder / file).write_text(text.replace(was, now, 1), encoding="utf-8")
    load = {
        "posts.csv": lambda: loading._load_posts(folder),
        "people.csv": lambda: loading._load_people(folder, cast.framework(), None),
        "delegations.csv": lambda: loading._load_delegations(folder, cast.framework()),
        "approval_matrix.csv": lambda: loading._load_matrix(folder, cast.framework()),
        "organisations.csv": lambda: loading._load_accessions(folder, cast.framework(), by=operator("load"), at=cast.START),
    }[file]
    with pytest.raises(LoadRefused) as refused:
        load()
    assert words in str(refused.value)
    assert file in str(refused.value)


@pytest.mark.parametrize(("data", "words"), [(None, "cannot be read"), (b"%PDF-1.7 cut off", "cannot be read"), (b"", "The file is empty")])
def test_a_framework_is_not_loaded_without_its_signed_agreement(tmp_path, data, words):
    (tmp_path / loading.AGREEMENT).write_bytes(data) if data is not None else None
    with pytest.raises(LoadRefused) as refused:
        loading._agreement(tmp_path)
    assert loading.AGREEMENT in str(refused.value) and words in str(refused.value)


def test_a_second_load_of_the_same_people_changes_nothing():
    before = (User.objects.count(), Delegation.objects.count())
    loading._load_posts(DATA)
    loading._load_people(DATA, cast.framework(), None)
    assert (User.objects.count(), Delegation.objects.count()) == before
