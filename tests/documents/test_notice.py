"""A document that nobody signs, the notice of new prices: sealed by the register, closed by the archive timestamp, complete;
and no way to make it look signed, or a contract complete without its signatures."""

import io
import json

import pikepdf
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from config.management.commands.verify_document import in_words
from documents import canonical, document_work, legal_templates, rendering, signing, steps, storage, store, verifying
from documents.actors import SYSTEM
from documents.machines import TransitionNotAllowed
from documents.models import Document, Job
from documents.verifying import NotAsExpected
from tests import cast
from tests.documents import conformance
from tests.documents.conftest import store_steps
from tests.documents.html_tree import Tree
from tests.documents.test_check_pages import ask

KIND, VERSION = "rerating_notice", 1
SEALED = "sealed by the register and closed by the archive timestamp. Nobody signs it."


def body(name: str) -> dict[str, str]:
    return {"code": name.upper(), "name": name, "identifier": f"GOVGB-{name.upper()}"}


def notice(lines: int = 2) -> dict:
    """One service charged by the month, the others as they are used: of those no monthly charge is known."""
    used = {"monthly_before_gbp": None, "monthly_after_gbp": None, "site": "", "quantity": 40}
    monthly = {"monthly_before_gbp": "74880.00", "monthly_after_gbp": "73320.00", "site": "London", "quantity": 1000}
    return {
        "notice": {
            "schema": 1, "number": "RN-2008-000001", "effective_on": "2008-06-01",
            "framework": {"reference": "FLEX-2007", "title": "Flexible Framework"},
            "contract": {"number": "CON-2007-000001", "title": "Desktops for <everybody>"},
            "department": body("Dius"), "supplier": body("Fujitsu"), "authority": body("Co"),
            "volumes": [{"code": "seats", "quantity": 8000, "from_quantity": 5000, "discount_percent": "9"}],
            "lines": [
                {"number": number, "service": "CORE-01", "name": "Thin client", "unit_price_before_gbp": "74.88",
                 "unit_price_after_gbp": "73.32", **(monthly if number == 1 else used)}
                for number in range(1, lines + 1)
            ],
            "monthly_before_gbp": "74880.00", "monthly_after_gbp": "73320.00",
            "years": [{"year": "2008/09", "before_gbp": "898560.00", "after_gbp": "882960.00"}],
            "before_gbp": "898560.00", "after_gbp": "882960.00",
        },
        "signatories": [],
        "issued": {"business_at": "2008-05-06T09:00:00Z", "real_at": "2026-11-28T09:00:00Z"},
    }  # fmt: skip


def rendered(payload: dict) -> rendering.Rendered:
    return rendering.render(KIND, VERSION, payload, canonical.dumps(payload["notice"]))


@pytest.fixture(scope="module")
def files(template_database) -> tuple[bytes, ...]:
    """Made, sealed, closed."""
    made = rendered(notice()).pdf
    sealed = signing.seal(made, lines=["Flex contract register", "Issued: RN-2008-000001"])
    return made, sealed, signing.archive(sealed)


# ---- the template


def test_it_says_what_changes_and_that_there_is_nothing_to_do():
    root = Tree(legal_templates.html(KIND, VERSION, notice())).root
    for said in ("RN-2008-000001", "FLEX-2007", "CON-2007-000001", "Desktops for <everybody>", "Dius", "Fujitsu",
                 "New prices from 1 June 2008", "There is nothing to do.", "Nobody signs this notice."):  # fmt: skip
        assert said in root.text, said
    rows = [" | ".join(cell.text for cell in row.all("th", "td")) for row in root.all("tr")]
    assert rows[-9:] == [
        "Band table | Volume | Band from | Discount from list price",
        "seats | 8,000 | 5,000 | 9%",
        "Line | Service | Quantity | Unit price before | Unit price after | Monthly before | Monthly after",
        "1 | CORE-01 Thin client, London | 1,000 | £74.88 | £73.32 | £74,880.00 | £73,320.00",
        "2 | CORE-01 Thin client | 40 | £74.88 | £73.32 | – | –",
        " | All lines of this notice |  |  |  | £74,880.00 | £73,320.00",
        "Financial year | Before | After",
        "2008/09 | £898,560.00 | £882,960.00",
        "All years | £898,560.00 | £882,960.00",
    ]


def test_its_page_is_the_same_notice_without_a_box():
    page = Tree(f"<main>{legal_templates.html_pages(KIND, VERSION, notice())}</main>").root
    assert "There is nothing to do." in page.text and "Nobody signs it." in page.text
    assert not page.all("input") and not page.all("h1") and page.all("h2")


@pytest.mark.parametrize("step", ["made", "sealed", "closed"])
def test_the_file_follows_both_standards_at_every_step(files, step):
    assert conformance.problems(files[["made", "sealed", "closed"].index(step)]) == []


def test_a_long_notice_follows_them_too_and_comes_out_the_same_each_time():
    long = notice(lines=200)
    assert rendered(long).pdf == rendered(long).pdf
    assert conformance.problems(rendered(long).pdf) == []


def test_its_one_field_is_the_registers_on_its_first_page_and_it_carries_itself_as_data(files):
    with pikepdf.open(io.BytesIO(files[2])) as pdf:
        boxes = [(page, str(widget.T)) for page, widget in conformance.widgets(pdf)]
        assert json.loads(pdf.attachments["notice.json"].get_file().read_bytes()) == notice()["notice"]
    assert boxes[0] == (1, signing.ISSUER_FIELD) and [name for _page, name in boxes[1:]] == [signing.ARCHIVE_FIELD]


# ---- its way


@pytest.fixture
def followed(monkeypatch) -> list[tuple[str, str]]:
    """What follows its steps is written down: the step, and the state of the document then."""
    told = []

    class OfItself(steps.Following):
        def row(self, document):
            return Document.objects.get(pk=document.pk)

    def tell(step: str):
        return lambda document, *, at=None: told.append((step, document.state))

    steps.after(Document(kind="call_off_contract"))  # the apps have said theirs
    monkeypatch.setitem(
        steps._following, KIND,
        OfItself(Document, prepare=tell("prepare"), issued=tell("issued"), complete=tell("complete")),
    )  # fmt: skip
    return told


def frozen() -> Document:
    return store.create(kind=KIND, version=VERSION, subject="notice of a test", number="RN-2008-000001",
                        payload=notice(), signers=[], by=SYSTEM, at=cast.START)  # fmt: skip


def stored_to(files, state: str) -> Document:
    """Frozen, and these steps of it in the store."""
    document, base = frozen(), None
    for pdf, purpose in zip(files, ("draft", "issuing_seal", "archive_timestamp"), strict=True):
        if cast.fresh(document).state != state:
            storage.put(pdf)
            base = store.add_revision(document, pdf, purpose, base_sha256=base and base.sha256)
    return cast.fresh(document)


@pytest.mark.django_db
def test_asked_for_once_it_is_made_sealed_closed_and_complete(followed):
    document = frozen()
    steps.ask_to_make(document)
    steps.ask_to_make(document)
    cast.run_all_jobs()
    assert followed == [("prepare", "queued"), ("issued", "sealed"), ("complete", "complete")]
    assert list(Job.objects.order_by("id").values_list("task", "state")) == [
        ("documents.make", "done"), ("documents.close", "done")]  # fmt: skip
    assert steps.progress(document).task == "documents.close"
    revisions = document.revisions.all()
    assert [revision.purpose for revision in revisions] == ["draft", "issuing_seal", "archive_timestamp"]
    verdict = verifying.check(store.content(revisions[2]))
    assert verdict.valid and verdict.number == "RN-2008-000001" and SEALED in in_words(verdict)
    assert [seen["as"] for seen in verdict.signatures] == ["issuing seal", "archive timestamp"]
    earlier = verifying.check(store.content(revisions[1]))
    assert not earlier.valid and "its archive timestamp is not on it" in earlier.summary
    call_command("check_invariants")


@pytest.mark.django_db
def test_the_public_check_says_that_it_is_sealed_and_that_nobody_signs_it(files):
    page = ask(store.content(store.head(stored_to(files, "complete"))), client=Client())
    words = page.content.decode()
    assert page.status_code == 200 and SEALED in words and "Seals and signatures" in words and "Not valid" not in words
    assert page.request["PATH_INFO"].startswith(reverse("documents:check"))


@pytest.mark.django_db
def test_one_that_became_void_before_it_was_made_is_not_made(followed):
    document = frozen()
    store.void(document, by=SYSTEM, at=cast.START)
    steps.ask_to_make(document)
    cast.run_all_jobs()
    assert (followed, store.head(document), Job.objects.get().state) == ([], None, "done")


@pytest.mark.django_db
def test_one_that_became_void_before_it_was_closed_stays_void(files, followed):
    document = stored_to(files, "sealed")
    store.void(document, by=SYSTEM, at=cast.START)
    steps.ask_to_close(document)
    cast.run_all_jobs()
    assert (followed, cast.fresh(document).state, Job.objects.get().state) == ([], "void", "done")
    assert "voided" in verifying.check(files[1]).summary


# ---- nobody signs it, and nothing that is signed goes its way


@pytest.mark.django_db
def test_nobody_can_sign_it(files):
    document = stored_to(files, "sealed")
    with pytest.raises(ValueError, match="nobody signs"):
        store.record_intent(document, field="Signature_department", identifier="GOVGB-DIUS", act={"person_id": "x"},
                            base_sha256=store.head(document).sha256)  # fmt: skip
    with pytest.raises(TransitionNotAllowed):
        document.sign()


@pytest.mark.django_db
def test_a_contract_is_not_closed_before_its_parties_have_signed(made):
    document = store_steps(made, 2)
    with pytest.raises(NotAsExpected, match="signature is missing"):
        document_work.archive(document)
    with pytest.raises(TransitionNotAllowed):
        document.complete()


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "signers"), [(KIND, [{"field": "Signature_department"}]), ("call_off_contract", [])])
def test_a_kind_that_is_signed_has_signers_and_another_none(kind, signers):
    with pytest.raises(ValueError, match="signers"):
        store.create(kind=kind, version=1, subject="x", number="X-1", payload={}, signers=signers, by=SYSTEM, at=cast.START)


@pytest.mark.django_db
def test_a_kind_that_no_app_makes_is_refused():
    with pytest.raises(LookupError, match="of_nobody"):
        steps.after(Document(kind="of_nobody"))
