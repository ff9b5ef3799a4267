"""English first, every string marked: what a person reads in a template stands inside ``{% translate %}`` or
``{% blocktranslate %}``, so that Welsh texts can come later without touching a template."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.template import Template
from django.template.base import Lexer, Token, TokenType

from documents.kinds import KINDS

ROOT = Path(__file__).resolve().parent.parent
APPS = ("documents", "catalogue", "procurement", "contracts", "config")
# The text of a document is no text of the platform: a version of a legal template is frozen, its words are what the
# parties sign and what its fingerprint covers. Another language would be another document, with a version of its own.
LEGAL = [ROOT / "documents" / "templates" / "documents" / kind for kind in KINDS]
TEMPLATES = [
    path
    for app in APPS
    for path in sorted((ROOT / app / "templates").rglob("*"))
    if path.suffix in (".html", ".txt") and not any(path.is_relative_to(folder) for folder in LEGAL)
]

# the same in every language: the platform's name, file formats, a milestone's code (M1), the demonstration's people
NAMES = re.compile(
    rf"\b(Flex|sha256|csv|CSV|XLSX|M)\b|[\w.]+@\w+\.example\b|{re.escape(settings.DEMONSTRATION_PASSWORD)}"
)
READ = {
    "alt", "aria-description", "aria-label", "aria-roledescription", "aria-valuetext", "label", "placeholder",
    "summary", "title",
}  # fmt: skip
FOR_SCRIPTS = {"data-module", "data-paste-says"}  # the name of a component, the id of an element; other data is shown
TAG = "\ue000"  # stands for a template's tag, where the page has what we do not know here
# what a filter says instead of nothing: {{ name|default:"nobody" }}; marked it would be _("nobody")
SAID = re.compile(r"""\|(?:default|default_if_none|yesno|pluralize|join|add):(["'])(.*?)\1""")


def _name(token: Token) -> str:
    return token.contents.split(maxsplit=1)[0] if token.token_type == TokenType.BLOCK else ""


def unmarked(text: str) -> str:
    """A template without its tags, its comments and what is marked; every line stays where it was."""
    kept, end = "", ""
    for token in Lexer(text).tokenize():
        kept += "\n" * (token.lineno - 1 - kept.count("\n"))
        name = _name(token)
        if end:
            end = "" if name == end else end
        elif token.token_type == TokenType.TEXT:
            kept += token.contents
        else:
            kept += TAG
            if name in ("blocktranslate", "blocktrans", "comment"):
                end = f"end{name}"
            elif token.token_type == TokenType.VAR:
                kept += TAG.join(words for _quote, words in SAID.findall(token.contents))
    return kept


class _Page(HTMLParser):
    """Gathers what a person reads or hears of a page, by line."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.read: list[tuple[int, str]] = []

    def handle_starttag(self, tag, attrs):
        says = READ
        if tag == "input" and dict(attrs).get("type") in ("submit", "button", "reset"):
            says = READ | {"value"}
        for name, value in attrs:
            if value and (name in says or (name.startswith("data-") and name not in FOR_SCRIPTS)):
                self.read.append((self.getpos()[0], value))

    def handle_data(self, data):
        if self.cdata_elem not in ("script", "style"):
            self.read += enumerate(data.split("\n"), start=self.getpos()[0])


def lines_read(suffix: str, text: str) -> list[tuple[int, str]]:
    if suffix == ".txt":
        # the word by which ``documents.mail`` finds the subject is no word of the message
        return list(enumerate(text.removeprefix("Subject:").split("\n"), start=1))
    page = _Page()
    page.feed(text)
    page.close()
    return page.read


def words_unmarked(suffix: str, text: str) -> list[tuple[int, str]]:
    """(line, words) for everything a person would read in English whatever the language."""
    return [
        (line, " ".join(words.replace(TAG, " ").split()))
        for line, words in lines_read(suffix, unmarked(text))
        if any(letter.isalpha() for letter in NAMES.sub("", words))
    ]


@pytest.mark.parametrize(("suffix", "text", "found"), [
    (".html", "<p>Sign <b>here</b></p>", [(1, "Sign"), (1, "here")]),
    (".html", "<p>\n{{ name }} signs\n</p>", [(2, "signs")]),
    (".html", "{% blocktranslate %}Yes\n{% plural %}No{% endblocktranslate %}\nand no", [(3, "and no")]),
    (".html", "<a title='Open{% if x %} {{ x }}{% endif %}'></a>", [(1, "Open")]),
    (".html", '<input placeholder="Name"><input type="submit" value="Send"><input value="code">', [(1, "Name"), (1, "Send")]),
    (".html", '<a class="{{ c|default:"c" }}" title="{{ t|default:"Open" }}"></a>', [(1, "Open")]),
    (".html", '<td{% if x %} class="a"{% endif %} data-label="Price">', [(1, "Price")]),
    (".html", '{{ names|join:", "|default:"nobody" }}', [(1, ", nobody")]),
    (".html", "<title>Home</title>", [(1, "Home")]),
    (".txt", "Subject: {{ a }} waits\nDear {{ name }},\n", [(1, "waits"), (2, "Dear ,")]),
    (".txt", "{{ a }}\nSubject: b", [(2, "Subject: b")]),
])  # fmt: skip
def test_words_that_nobody_marked_are_seen(suffix, text, found):
    assert words_unmarked(suffix, text) == found


@pytest.mark.parametrize(("suffix", "text"), [
    (".html", '<p class="a">{% translate "Sign" %}{# here #}<!-- here -->{% comment %}here{% endcomment %}&nbsp;·</p>'),
    (".html", "<script>let here;</script><style>p { color: red }</style>"),
    (".html", '<a data-module="button" aria-labelledby="here" title="{% translate \'Here\' %}" data-label="{{ here }}"></a>'),
    (".html", '<i class="{{ c|default:"here" }}">{{ names|join:", "|default:_("nobody") }}</i>'),
    (".txt", "Subject: {% blocktranslate %}{{ a }} waits{% endblocktranslate %}\n\n{{ url }}\n"),
])  # fmt: skip
def test_what_is_marked_or_read_by_nobody_is_let_be(suffix, text):
    assert words_unmarked(suffix, text) == []


def test_every_template_is_looked_at():
    looked_at = {path.relative_to(ROOT).parts[0] for path in TEMPLATES}
    assert looked_at == set(APPS) - {"catalogue"}  # it has no pages of its own
    assert len([path for path in TEMPLATES if path.suffix == ".txt"]) >= 40


def test_every_word_of_a_template_is_marked_for_translation():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {words}"
        for path in TEMPLATES
        for line, words in words_unmarked(path.suffix, path.read_text(encoding="utf-8"))
    ]
    assert not found, "\n".join(["no translate tag around these:", *found])


def test_what_is_marked_can_be_said():
    """A marked block takes plain names only: of ``{{ order.title }}`` or ``{{ day|day }}`` it would print nothing."""
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        Template(text)  # no tag stands inside a marked block: said here, and not when a message is to be sent
        inside = False
        for token in Lexer(text).tokenize():
            if token.token_type == TokenType.BLOCK:
                inside = _name(token) in ("blocktranslate", "blocktrans") or (inside and _name(token) == "plural")
            elif inside and token.token_type == TokenType.VAR:
                assert token.contents.isidentifier(), f"{path.relative_to(ROOT)}:{token.lineno}: {token.contents}"


BLOCK = re.compile(r"{% blocktranslate((?: (?!%})\S+)*) ?%}(.*?){% endblocktranslate %}", re.DOTALL)
OF_TIME = re.compile(r"}} (working )?(days|months)\b")


def test_a_length_of_time_is_said_for_one_and_for_more():
    """No "1 working days": a number before days or months stands in a block that counts."""
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        for opening, words in BLOCK.findall(text):
            assert not OF_TIME.search(words) or " count " in opening, f"{path.relative_to(ROOT)}: {words}"
        assert not re.search(r"}} {% translate \"(working )?(days|months)\b", text), path.relative_to(ROOT)
