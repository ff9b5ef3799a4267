"""The glossary is in the order of the alphabet, says each word once, and has the words that the pages use."""

import pytest
from django.utils.translation import override

from config.glossary import WORDS, in_order

USED = (
    "Accounting officer", "Approval brief", "Approval matrix", "Archive timestamp", "Band", "Business case", "Call-off",
    "Ceiling", "Clarification", "Counter-proposal", "Delegated limit", "Deputy", "Hash", "Headroom", "Interim service",
    "Levy", "Lot", "Milestone", "Order desk", "Price hold", "RDEL, CDEL", "Reserved", "Seal", "Signatory", "Special term",
    "Subject to contract", "Variation", "Void",
)  # fmt: skip


def test_it_stands_in_the_order_of_the_alphabet_and_says_a_word_once():
    with override("en-gb"):
        words = [word.casefold() for word, _meaning in in_order()]
        assert words == sorted(words) and len(set(words)) == len(words) == len(WORDS)
        assert [str(word) for word, _meaning in WORDS] == [word for word, _meaning in in_order()], "also in its source"


def test_it_has_the_words_of_the_pages():
    said = dict(in_order())
    assert [word for word in USED if not said.get(word)] == []


@pytest.mark.usefixtures("db")
def test_the_page_shows_it_to_anybody(client):
    page = client.get("/glossary/").content.decode()
    assert page.index("Accession lead") < page.index("Headroom") < page.index("Working day")
