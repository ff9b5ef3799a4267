"""The published copy of a contract: what it withholds is nowhere in it, two people decide, everybody reads what is published and
nothing else."""

import io
import json
import subprocess
from datetime import date, timedelta

import pikepdf
import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from config.management.commands.verify_document import in_words
from contracts import publication_content, publication_queries, publishing, redaction
from contracts.models import RedactedCopy, WithheldField
from contracts.publishing_guards import why_not_marked
from documents import legal_templates, store, verifying
from documents.refusal import Refused
from tests import cast, paper
from tests.cast import START
from tests.contracts import publication_cast as made
from tests.contracts import transfer_cast
from tests.contracts import variation_cast as varied
from tests.contracts.publication_cast import MANAGER, OFFICER, SIGNATORY
from tests.documents import conformance
from tests.machines import undone
from tests.procurement.test_pages import post, sign_in

pytestmark = [pytest.mark.usefixtures("db"), pytest.mark.world("executed")]
FROZEN = "35eb753db91c56f8bf7618bb062c4ffc2b6376f08f73b7e0edd0a478dab031cc"
EVERY_PART = (
    "title", "sites", "prices", "sums", "invoicing", "levels", "staff_transfer", "data_protection", "term:1",
    *(f"milestone:M{number}" for number in range(1, 10)),
)  # fmt: skip


def refusal(act, *args, **how) -> str:
    with pytest.raises(Refused) as caught, transaction.atomic():
        act(*args, **how)
    return str(caught.value)


def sealed(one: RedactedCopy) -> tuple[RedactedCopy, bytes]:
    """Made by the worker, with keys."""
    cast.run_all_jobs()
    one = cast.fresh(one)
    return one, store.content(store.head(one.document))


def outside(pdf: bytes, folder) -> str:
    """All that programs of other makers find in the file: its text by poppler, its objects uncompressed by qpdf, in every
    spelling of a string, and the attached files."""
    path, plain = folder / "copy.pdf", folder / "plain.pdf"
    path.write_bytes(pdf)
    text = subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True, text=True).stdout
    facts = subprocess.run(["pdfinfo", "-meta", path], check=True, capture_output=True, text=True).stdout
    subprocess.run(["qpdf", "--qdf", "--object-streams=disable", path, plain], check=False, capture_output=True)
    raw = plain.read_bytes()
    strings = [str(item) for item in _strings(pdf)]
    return " ".join("\n".join([text, facts, raw.decode("latin-1"), raw.decode("utf-16-be", "ignore"), *strings]).split())


def _strings(pdf: bytes):
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        for item in opened.objects:
            if isinstance(item, pikepdf.Dictionary | pikepdf.Array):
                yield from _of(item)
        for name in opened.attachments:
            yield opened.attachments[name].get_file().read_bytes().decode()


def _of(item):
    """The strings of one object; what it refers to is another of them."""
    if isinstance(item, pikepdf.String):
        yield str(item)
    elif isinstance(item, pikepdf.Dictionary | pikepdf.Array):
        for value in item.values() if isinstance(item, pikepdf.Dictionary) else item:
            if isinstance(value, pikepdf.Object) and not value.is_indirect:
                yield from _of(value)


def secrets(content: dict) -> set[str]:
    """What stands in the parts that are withheld, as it would be printed or kept as data."""
    order = content["order"]
    found = {order["call_off"]["title"], order["special_terms"][0]["text"], order["special_terms"][0]["heading"], order["staff_transfer"]["text"],
             order["milestones"][0]["title"], *order["milestones"][0]["criteria"], content["particulars"]["purchase_order"],
             content["particulars"]["invoice_address"], *(str(v) for k, v in order["data_protection"].items() if k != "applies")}  # fmt: skip
    found |= {site["name"] for site in order["sites"]} - {"London"}  # where moments are, as the copy says
    money = {order["totals"]["whole_life_gbp"], order["totals"]["monthly_gbp"], *(line["unit_price_gbp"] for line in order["lines"]),
             *(line["list_price_gbp"] for line in order["lines"]), *(line["total_gbp"] for line in order["lines"])}  # fmt: skip
    return found | money | {f"{int(one[:-3]):,}{one[-3:]}" for one in money}


def in_it(secrets_of: set[str], text: str) -> list[str]:
    spaced = f" {text} "
    return sorted(one for one in secrets_of if any(f"{before}{' '.join(one.split())}{after}" in spaced for before in ' ("£>,:' for after in ' )"<,;.'))


def test_what_is_withheld_is_nowhere_in_the_file_and_the_rest_is(tmp_path):
    contract = cast.contract()
    content = publication_content.everything(contract)
    one = made.proposed(contract, EVERY_PART)
    one, pdf = sealed(made.approved(one))
    assert one.state == "published" and one.reference == "RC-2007-000001"
    text = outside(pdf, tmp_path)
    for party in content["order"]["parties"].values():  # in the towns of whose sites they also have their registered address
        text = text.replace(party["address"], "")
    assert in_it(secrets(content), text) == []
    people = {row["name"] for row in contract.document.payload["evidence"]} | {row["name"] for row in contract.document.payload["particulars"]["contacts"]}
    people |= {row["email"] for row in contract.document.payload["particulars"]["contacts"]}
    for hidden in (*people, made.SECRET, contract.revision.revision_hash, contract.document.payload["order"]["budget_commitment"], "020 7946 0000"):
        assert hidden not in text, hidden
    for shown in ("withheld (3), s.94(1)(b)", "CORE-01", "Fujitsu", contract.number, "Limits of liability", "left out: personal data", one.reference):
        assert shown in text or shown == "Limits of liability", shown
    whole = " ".join(subprocess.run(["pdftotext", "-layout", "-", "-"], input=store.content(store.head(contract.document)), check=True, capture_output=True).stdout.decode().split())
    assert len(in_it(secrets(content), whole)) > 20, "they are found where they are not withheld"


def test_the_file_follows_both_standards_and_the_check_knows_what_it_is():
    one, pdf = sealed(made.approved(made.proposed()))
    assert conformance.problems(pdf) == []
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        data = json.loads(opened.attachments["redacted.json"].get_file().read_bytes())
    assert data["order"]["lines"][0]["unit_price_gbp"] == "withheld (1), s.94(1)(b)"
    assert data["order"]["totals"]["whole_life_gbp"] == "11252943.00"
    assert [row["what"] for row in data["withheld"]] == ["Prices, discounts and all sums but the whole-life value"]
    verdict = verifying.check(pdf)
    words = in_words(verdict)
    assert verdict.valid and f"redacted copy {one.reference} of contract {one.contract.number}" in words and "is not the contract" in words
    assert [seen["as"] for seen in verdict.signatures] == ["issuing seal", "archive timestamp"]


def test_a_version_is_frozen():
    """To change a word, make the next version beside it, with the parts that differ."""
    assert legal_templates.template_fingerprint(publishing.DOCUMENT_KIND, 1) == FROZEN


def test_variations_that_bind_are_in_the_copy_and_their_money_is_withheld_with_the_prices(tmp_path):
    contract = cast.contract()
    variation = varied.signed_on_paper(varied.approved(varied.assessed()))
    content = publication_content.everything(contract)
    assert [one["label"] for one in content["variations"]] == [variation.label]
    value = content["variations"][0]["money"]["value_gbp"]
    _one, pdf = sealed(made.approved(made.proposed(contract, ("prices", f"variation:{variation.label}"))))
    text = outside(pdf, tmp_path)
    assert f"Variation {variation.label}" in text and varied.REASON not in text
    assert value not in text and f"{int(value[:-3]):,}" not in text and variation.title not in text
    assert conformance.problems(pdf) == []


def test_what_could_be_worked_out_or_stands_elsewhere_is_refused():
    assert "withhold the prices too" in refusal(made.proposed, codes=("sums",))
    assert "“Names of the sites” is withheld and still stands in another place of the copy: Milestone M5: title and criteria" in refusal(made.proposed, codes=("sites",))
    assert made.proposed(codes=("prices", "sums")).state == "proposed"
    content = publication_content.everything(cast.contract())
    content["order"]["special_terms"][0]["text"] = "Each seat costs £74.88 at first."
    left = redaction.redact(content, [redaction.Marked("prices", "commercial", "2010-01-01")]).left
    assert [(one.label[:6], one.place) for one in left] == [("Prices", "Special term 1")]
    content["order"]["special_terms"][0]["text"] = "Each seat costs £174.88 or 74.881."
    assert redaction.redact(content, [redaction.Marked("prices", "commercial", "2010-01-01")]).left == []
    content["order"]["lines"] = content["order"]["lines"][:1]
    marked = [redaction.Marked("prices", "commercial", "2010-01-01")]
    reasons = [str(one) for one in why_not_marked(content, redaction.redact(content, marked), marked)]
    assert any("There is one price" in one for one in reasons)
    with pytest.raises(KeyError, match="nothing"):
        redaction.redact(content, [redaction.Marked("nothing", "commercial", "2010-01-01")])


def test_a_ground_a_reason_and_a_day_to_come_are_asked_for():
    contract, by = cast.contract(), cast.person(MANAGER)

    def propose(**wrong) -> str:
        one = made.asked("prices")[0]
        return refusal(publishing.propose, contract, [type(one)(**(vars(one) | wrong))], by=by, at=START)

    assert "on which ground" in propose(ground="habit")
    assert "on which ground" in propose(code="nothing")
    assert "Say why the ground holds" in propose(words=" ")
    assert "a day after today" in propose(until=START.date())
    assert "withheld once" in refusal(publishing.propose, contract, made.asked("prices", "prices"), by=by, at=START)
    assert not RedactedCopy.objects.exists()


def test_two_people_decide_and_what_was_read_is_what_is_decided():
    one = made.proposed()
    assert "Only the signatory or the accounting officer" in refusal(made.approved, one, email=MANAGER)
    assert "not what was proposed" in refusal(publishing.approve, one, shown_hash="0" * 64, by=cast.person(SIGNATORY), at=START)
    assert "is proposed already" in refusal(made.proposed)
    assert "Only the contract manager" in refusal(made.proposed, email=SIGNATORY)
    deputy = cast.deputy_of(MANAGER)
    assert "Only the signatory" in refusal(publishing.approve, one, shown_hash=one.content_hash, by=deputy, at=START)
    approved = made.approved(one, email=OFFICER)
    assert (approved.state, approved.decided_post) == ("approved", "accounting_officer")
    with pytest.raises(DatabaseError), transaction.atomic():
        RedactedCopy.objects.filter(pk=one.pk).update(decided_by=one.proposed_by)
    with pytest.raises(DatabaseError, match="said when it is proposed"), transaction.atomic():
        WithheldField.objects.create(copy=approved, number=9, code="title", label="x", ground="security", words="x", until=made.UNTIL)
    with pytest.raises(DatabaseError), transaction.atomic():
        RedactedCopy.objects.filter(pk=one.pk).update(content="{}")


def test_a_newer_copy_replaces_the_one_before_it_and_one_that_is_taken_down_is_gone(client):
    first = made.on_paper(made.proposed())
    address = reverse("contracts:published_contract", args=[first.reference])
    assert client.get(address).status_code == 200
    second = made.on_paper(made.proposed(codes=("prices", "sums")))
    assert (cast.fresh(first).state, second.state) == ("replaced", "published")
    assert client.get(address).status_code == 404
    assert client.get(reverse("contracts:published_contract", args=[second.reference])).status_code == 200
    assert "Only the contract manager" in refusal(publishing.take_down, second, reason="x", by=cast.person("requester@dius.example"), at=START)
    with undone():
        assert publishing.take_down(second, reason="A price.", by=cast.person(OFFICER), at=START).state == "taken_down"
    made.taken_down(second)
    for name in ("published_contract", "published_contract_pdf"):
        assert client.get(reverse(f"contracts:{name}", args=[second.reference])).status_code == 404
    assert "None is published" in client.get(reverse("contracts:published_contracts")).content.decode()
    assert publishing.published(second, at=START).state == "taken_down", "a repeat of the step publishes nothing again"


def test_everybody_reads_what_is_published_and_nothing_of_what_is_not(client, django_assert_max_num_queries):
    contract = cast.contract()
    listing = reverse("contracts:published_contracts")
    one = made.proposed(contract, EVERY_PART)
    assert contract.number not in client.get(listing).content.decode()
    approved = made.approved(one)
    for name in ("published_contract", "published_contract_pdf"):
        assert client.get(reverse(f"contracts:{name}", args=[approved.reference])).status_code == 404, "not sealed yet"
    published, pdf = sealed(approved)
    with django_assert_max_num_queries(4):
        pages = client.get(listing).content.decode()
    assert contract.number in pages and published.reference in pages and "withheld (1), s.94(1)(b)" in pages
    page = client.get(reverse("contracts:published_contract", args=[published.reference])).content.decode()
    assert in_it(secrets(publication_content.everything(contract)), page) == [] and made.SECRET not in page
    answer = client.get(reverse("contracts:published_contract_pdf", args=[published.reference]))
    assert answer.content == pdf and answer["Content-Disposition"] == f'attachment; filename="{published.reference}.pdf"'
    for name in ("contract", "copies", "copy", "copy_pdf"):
        parts = [contract.public_id] + ([1] if name in ("copy", "copy_pdf") else [])
        assert client.get(reverse(f"contracts:{name}", args=parts)).status_code == 302
        assert sign_in(client, "requester@ons.example").get(reverse(f"contracts:{name}", args=parts)).status_code == 404
        client.logout()


def test_the_department_proposes_reads_decides_and_publishes_on_pages(client):
    contract = cast.contract()
    propose = reverse("contracts:propose_copy", args=[contract.public_id])
    page = sign_in(client, MANAGER).get(propose).content.decode()
    assert 'value="prices"' in page and "Special term 1" in page
    second = f"{propose}?next=1&part=prices&part=title"
    page = client.get(second).content.decode()
    assert "Title of the contract: on which ground" in page
    assert f'href="{propose}?part=title&amp;part=prices"' in page, "to choose others begins with those that are chosen"
    again = client.get(f"{propose}?part=title&part=prices").content.decode()
    assert [code for code in ("title", "sites", "prices") if f'value="{code}" checked' in again] == ["title", "prices"]
    assert "enter the last day" in post(client, second, ground_1="commercial").content.decode()
    until = {f"until_{n}_{part}": value for n in (1, 2) for part, value in (("day", 31), ("month", 10), ("year", 2010))}
    answer = post(client, second, ground_1="security", ground_2="commercial", words_1="It names a place.", words_2=made.SECRET, **until)
    copy = reverse("contracts:copy", args=[contract.public_id, 1])
    assert answer.status_code == 302 and answer["Location"] == copy
    one = contract.redacted_copies.get()
    assert [(row.code, row.ground, row.until) for row in one.withheld.all()] == [
        ("title", "security", date(2010, 10, 31)), ("prices", "commercial", date(2010, 10, 31))]  # fmt: skip
    page = client.get(copy).content.decode()
    assert "withheld (1), s.94(1)(a)" in page and made.SECRET in page and "74.88" not in page
    for email in ("service.manager@fujitsu.example", "auditor@co.example"):
        assert sign_in(client, email).get(copy).status_code == 404, "only the department knows of it"
    act = reverse("contracts:copy_act", args=[contract.public_id, 1, "publish"])
    page = sign_in(client, SIGNATORY).get(act).content.decode()
    assert one.content_hash in page and made.SECRET in page
    assert post(client, act, shown_hash="0" * 64).status_code == 200
    assert post(client, act, shown_hash=one.content_hash).status_code == 302
    assert "being made and sealed" in client.get(copy).content.decode()
    sealed(cast.fresh(one))
    page = sign_in(client, "service.manager@fujitsu.example").get(copy).content.decode()
    assert "Download the PDF" in page and made.SECRET not in page and "Con" in page
    assert client.get(reverse("contracts:copy_pdf", args=[contract.public_id, 1])).content.startswith(b"%PDF")
    down = reverse("contracts:copy_act", args=[contract.public_id, 1, "take-down"])
    assert client.get(down).status_code == 403
    assert post(sign_in(client, MANAGER), down, reason="A price stood in it.").status_code == 302
    assert cast.fresh(one).state == "taken_down"


def test_what_was_to_be_withheld_until_a_day_that_is_over_is_said(client, settings):
    made.on_paper(made.proposed())
    settings.STEPPABLE_CLOCK = True
    copies = reverse("contracts:copies", args=[cast.contract().public_id])
    assert "is over" not in sign_in(client, MANAGER).get(copies).content.decode()
    cast.wind_to(START.replace(year=2010, month=11, day=2) + timedelta(days=1))
    assert "The day until which something is withheld is over" in sign_in(client, MANAGER).get(copies).content.decode()


def test_lists_and_pages_cost_the_same_with_more_copies(client):
    contract = cast.contract()
    made.on_paper(made.proposed(contract))
    pages = {
        None: [reverse("contracts:published_contracts")],
        MANAGER: [reverse(f"contracts:{name}", args=[contract.public_id]) for name in ("copies", "audit_file")],
    }

    def counted() -> list[int]:
        found = []
        for email, addresses in pages.items():
            client.logout()
            if email:
                sign_in(client, email)
            for address in addresses:
                client.get(address)
                with CaptureQueriesContext(connection) as queries:
                    assert client.get(address).status_code == 200
                found.append(len(queries))
        return found

    before = counted()
    for _ in range(2):
        made.on_paper(made.proposed(contract, ("prices", "sums")))
    made.on_paper(made.proposed(paper.in_force()))
    after = counted()
    assert all(later <= earlier for earlier, later in zip(before, after, strict=True)), (before, after)
    assert max(after) < 38


def test_whoever_decides_finds_it_in_their_inbox():
    made.proposed()
    day = START.date()

    def waits(email: str, on=day) -> list[str]:
        return [item.todo for item in publication_queries.inbox(cast.person(email), on)]

    assert [waits(email) for email in (SIGNATORY, OFFICER, MANAGER, "service.manager@fujitsu.example")] == [
        ["published copy R1 to decide on or refuse"], ["published copy R1 to decide on or refuse"], [], []]  # fmt: skip
    one = made.on_paper(RedactedCopy.objects.get())
    assert waits(SIGNATORY) == [] and waits(MANAGER) == [] and waits(MANAGER, made.UNTIL) == []
    assert waits(MANAGER, made.UNTIL + timedelta(days=1)) == [f"to publish anew: the day until which something is withheld from {one.reference} is over"]


def test_after_it_passed_the_department_that_has_it_publishes_and_the_copy_says_so(client):
    transfer_cast.applied()
    contract, at = cast.contract(), transfer_cast.on(transfer_cast.DAY)
    one = made.on_paper(made.proposed(contract, at=at), at)
    old, new = transfer_cast.body("DIUS").name, transfer_cast.body("ONS").name
    body = " ".join(legal_templates.html_pages(publishing.DOCUMENT_KIND, 1, one.document.payload).split())
    assert f"{new} publishes this copy" in body and f"The contract passed from {old} to {new} with" in body
    assert f"of {new}, another person than proposed it" in body
    page = client.get(reverse("contracts:published_contract", args=[one.reference])).content.decode()
    assert new in page and old not in page


@pytest.mark.parametrize(("words", "stands"), [("£1,200 at first", True), ("£1200 at first", True), ("£1,200.50 at first", False), ("1,200 users", False)])
def test_a_price_of_whole_pounds_is_found_as_people_write_it(words, stands):
    content = publication_content.everything(cast.contract())
    content["order"]["lines"][0]["unit_price_gbp"] = "1200.00"
    content["order"]["special_terms"][0]["text"] = f"A seat costs {words}."
    left = redaction.redact(content, [redaction.Marked("prices", "commercial", "2010-01-01")]).left
    assert ("Special term 1" in [one.place for one in left]) is stands
