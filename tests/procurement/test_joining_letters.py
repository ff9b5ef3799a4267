"""Which letter gives a limit of an application: said by the applicant, read by the reviewer, kept with the delegation."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.urls import reverse

from documents import storage
from documents.refusal import Refused
from procurement import accession_display, agreements, joining
from procurement.models import Accession, Delegation, PostCode
from tests import cast, paper
from tests.procurement.test_pages import post, sign_in

pytestmark = pytest.mark.usefixtures("db")
LEAD, APPROVER, REQUESTER = "accession.lead@co.example", "accession.approver@co.example", "requester@ons.example"


def letter(name: str) -> dict:
    data = cast.PDF + name.encode()
    return {"kind": "delegation", "filename": name, "content_type": "application/pdf", "length": len(data), "sha256": storage.put(data)}


def names(file: dict) -> dict[str, str]:
    return {"letter_filename": file["filename"], "letter_sha256": file["sha256"]}


def save(**values) -> Accession:
    joining.save_application(cast.ons(), values, by=cast.person(REQUESTER), at=cast.START)
    return cast.ons()


def save_all(files: list[dict], people) -> Accession:
    """An application that lacks nothing but what the letters leave open."""
    return save(statement="Desktops.", sites=cast.ONS_SITES, people=people, files=[cast.evidence("signatory"), *files])


def act(action, email, **more):
    return action(cast.ons(), by=cast.person(email), at=cast.START, **more)


def all_by(file: dict, **others) -> list:
    """The people with each limit by the file, but that of a post by another: (limit in GBP or None, file)."""
    found = []
    for named in cast.ons_people():
        limit, other = others.get(named.post, (None, file))
        has = named.limit_gbp is not None or named.unlimited
        found.append(replace(named, limit_gbp=Decimal(limit) if limit else named.limit_gbp, **(names(other) if has else {})))
    return found


def said() -> list[str]:
    """What stands between the application and its sending."""
    with pytest.raises(Refused) as caught:
        act(joining.apply, REQUESTER)
    return [str(reason) for reason in caught.value.reasons]


def address(name: str, *more) -> str:
    return reverse(f"procurement:{name}", args=[cast.ons().public_id, *more])


def page(client, name: str) -> str:
    return " ".join(client.get(address(name)).content.decode().split())


def chosen(shown: str, row: int) -> str:
    """The letter that stands chosen in the row of the people's form."""
    select = re.search(rf'<select name="person-{row}-letter_sha256".*?</select>', shown, re.DOTALL)[0]
    found = re.search(r'<option value="([0-9a-f]*)"\s+selected', select)
    return found[1] if found else ""


def row(shown: str, name: str) -> str:
    """The row of the table of people that has the name."""
    return next(part for part in re.findall(r"<tr.*?</tr>", shown, re.DOTALL) if name in part)


def test_each_delegation_comes_with_the_letter_that_its_limit_stands_in():
    budget, others = letter("budget.pdf"), letter("others.pdf")
    people = all_by(others, budget_holder=("31000", budget), technology_officer=("510000", others), signatory=("51000000", budget))
    save_all([others, budget], people)
    act(joining.apply, REQUESTER)
    act(joining.start_review, LEAD)
    shown = joining.current(cast.ons()).content_hash
    act(joining.recommend, LEAD, shown_hash=shown)
    act(agreements.approve, APPROVER, shown_hash=shown)
    signatory = Delegation.objects.get(limit_gbp=Decimal("51000000"))
    assert (signatory.letter_filename, signatory.letter_sha256) == ("budget.pdf", budget["sha256"]), "given at the approval"
    agreements.activate(paper.agreement_archived(paper.agreement_issued(cast.ons())), at=cast.START)
    given = {
        str(one.limit_gbp): (one.letter_filename, one.letter_sha256)
        for one in Delegation.objects.filter(limit_gbp__in=["31000", "510000", "51000000"])
    }
    assert given == {
        "31000.00": ("budget.pdf", budget["sha256"]), "510000.00": ("others.pdf", others["sha256"]),
        "51000000.00": ("budget.pdf", budget["sha256"]),
    }  # fmt: skip
    call_command("check_invariants")


def test_one_letter_is_meant_without_asking_and_a_second_asks_which(client):
    only, second = letter("only.pdf"), letter("second.pdf")
    accession = save_all([only], cast.ons_people())
    sign_in(client, REQUESTER)
    assert "letter_sha256" not in page(client, "application_people")
    assert "only.pdf</a>" in row(page(client, "accession"), "ONS budget holder")
    save(files=[*joining.current(accession).files, second])
    shown = page(client, "application_people")
    assert "only.pdf</option>" in shown and "second.pdf</option>" in shown and "Letter that gives the limit" in shown
    assert "not said" in row(page(client, "accession"), "ONS budget holder")
    (gap,) = said()
    assert gap.startswith("Say in which of the delegation letters each limit stands. It is not said for ONS budget holder, ")
    assert "ONS requester" not in gap, "no limit stands beside that name"
    assert gap in page(client, "accession")


def test_what_one_letter_gives_without_asking_is_that_letter():
    only = letter("only.pdf")
    save_all([only], cast.ons_people())
    act(joining.apply, REQUESTER)
    given = {(named.letter_filename, named.letter_sha256) for named in agreements.people_of(joining.current(cast.ons()))
             if named.limit_gbp is not None or named.unlimited}  # fmt: skip
    assert given == {("only.pdf", only["sha256"])}


def typed(*rows: dict) -> dict[str, str]:
    found = {"person-TOTAL_FORMS": str(len(rows)), "person-INITIAL_FORMS": "0"}
    for number, one in enumerate(rows):
        found |= {f"person-{number}-{name}": value for name, value in one.items()}
    return found


BUDGET_HOLDER = {"name": "Ada", "email": "ada@ons.example", "post": "budget_holder", "limit_gbp": "30,000"}


def test_the_letter_that_is_chosen_is_kept_also_when_the_form_comes_back(client):
    first, second = letter("first.pdf"), letter("second.pdf")
    accession = save(files=[first, second])
    sign_in(client, REQUESTER)
    here, choice = address("application_people"), BUDGET_HOLDER | {"letter_sha256": second["sha256"]}
    refused = post(client, here, edits="1", **typed(choice | {"email": "ada"})).content.decode()
    assert "There is a problem" in refused and chosen(refused, 0) == second["sha256"]
    late = post(client, here, edits="0", **typed(choice)).content.decode()
    assert "Somebody saved this application" in late and chosen(late, 0) == second["sha256"]
    assert post(client, here, edits="1", **typed(choice)).status_code == 302
    (ada,) = joining.current(accession).people
    assert (ada["letter_filename"], ada["letter_sha256"]) == ("second.pdf", second["sha256"])
    assert chosen(client.get(here).content.decode(), 0) == second["sha256"]


@pytest.mark.parametrize(("more", "words"), [
    ({"limit_gbp": ""}, "Enter the limit that this is of"),
    ({"letter_sha256": "0" * 64}, "Choose one of the letters that are attached."),
])  # fmt: skip
def test_a_letter_without_a_limit_or_one_that_is_not_attached_is_refused_in_words(client, more, words):
    first, second = letter("first.pdf"), letter("second.pdf")
    accession = save(files=[first, second])
    row_typed = BUDGET_HOLDER | {"letter_sha256": first["sha256"]} | more
    shown = post(sign_in(client, REQUESTER), address("application_people"), edits="1", **typed(row_typed)).content.decode()
    assert words in shown and joining.current(accession).people == []


def test_a_letter_that_is_named_and_taken_off_is_missed_in_words_until_another_is_named(client):
    kept, gone = letter("kept.pdf"), letter("gone.pdf")
    accession = save_all([kept, gone], all_by(kept, budget_holder=("31000", gone), finance_director=("5000000", gone)))
    sign_in(client, REQUESTER)
    away = post(client, address("application_evidence"), edits="1", what="remove", sha256=gone["sha256"], kind="delegation")
    assert away.status_code == 302
    assert said() == [
        "The letter gone.pdf, which gives a limit to ONS budget holder, ONS finance director, is not attached any more. "
        "Attach it again, or name another letter beside the limit."
    ]
    assert "gone.pdf (not attached any more)" in row(page(client, "accession"), "ONS budget holder")
    shown = page(client, "application_people")
    assert chosen(shown, 1) == gone["sha256"] and "gone.pdf (not attached any more)" in shown, "saving the rest loses nothing"
    save(files=[*joining.current(accession).files, gone])
    assert act(joining.apply, REQUESTER).state == "applied"


def test_letters_of_one_name_are_told_apart(client):
    first, second = letter("letter.pdf"), letter("other") | {"filename": "letter.pdf"}
    save(files=[first, second])
    shown = page(sign_in(client, REQUESTER), "application_people")
    for file in (first, second):
        assert f"letter.pdf, sha256 {file['sha256'][:12]}</option>" in shown


def test_who_reviews_reads_the_letter_beside_the_limit(client):
    budget, others = letter("budget.pdf"), letter("others.pdf")
    save_all([others, budget], all_by(others, budget_holder=("31000", budget)))
    act(joining.apply, REQUESTER)
    act(joining.start_review, LEAD)
    sign_in(client, LEAD)
    for shown in (page(client, "accession"), " ".join(client.get(address("accession_act", "recommend")).content.decode().split())):
        beside = row(shown, "ONS budget holder")
        assert f'href="{address("evidence_file", budget["sha256"])}">budget.pdf</a>' in beside and "£31,000.00" in beside
        assert "others.pdf</a>" in row(shown, "ONS finance director")
        assert ".pdf" not in row(shown, "ONS requester")


def test_an_application_sent_before_people_were_asked_reads_as_before():
    """Several letters and none named: the first is meant; the oldest have no word of letters, lots and ends."""
    first, second = letter("first.pdf"), letter("second.pdf")
    accession = save_all([first, second], cast.ons_people())
    old, bare = joining.current(accession), ("name", "email", "post", "limit_gbp", "unlimited")
    old.people = [{name: person[name] for name in bare} for person in old.people]
    old.content, old.submitted_at = joining._content(accession, old).decode(), cast.START
    given = {named.post: (named.letter_filename, named.letter_sha256) for named in agreements.people_of(old)}
    assert given[PostCode.BUDGET_HOLDER] == ("first.pdf", first["sha256"]) and given[PostCode.REQUESTER] == ("", "")
    read = {person["post"]: person["letter"] for person in accession_display.reading(old)["people"]}
    assert read[PostCode.BUDGET_HOLDER.label] == {"words": "first.pdf", "sha256": first["sha256"]}
