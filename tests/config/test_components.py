"""Our form markup against the front-end package's own fixtures: what its styles and scripts were made for."""

import json
from pathlib import Path

import pytest
from django import forms
from django.template.loader import render_to_string

from catalogue import fields, widgets
from tests.documents.html_tree import Element, Tree

COMPONENTS = Path(__file__).resolve().parents[2] / "node_modules/govuk-frontend/dist/govuk/components"
SIZES = ("--s", "--m", "--l", "--xl")
MEANING = ("type", "data-module", "inputmode", "tabindex", "href")


def fixture(component: str, name: str) -> str:
    known = json.loads((COMPONENTS / component / "fixtures.json").read_text(encoding="utf-8"))["fixtures"]
    return next(each["html"] for each in known if each["name"] == name)


def skeleton(html: str) -> list:
    """Tags, classes and what attributes mean: identifiers by what they lead to, sizes of labels and widths left out."""
    root = Tree(html).root
    by_id = {element.attrs["id"]: element for element in root.all() if "id" in element.attrs}

    def classes(element: Element) -> list[str]:
        return sorted(c for c in element.classes if not c.endswith(SIZES) and "--width-" not in c)

    def leads_to(element: Element, attribute: str) -> list:
        return [classes(by_id[name]) for name in element.attrs.get(attribute, "").split()]

    def bones(element: Element) -> list:
        said = {name: element.attrs[name] for name in MEANING if name in element.attrs}
        for attribute in ("for", "aria-describedby"):
            if element.attrs.get(attribute):
                said[attribute] = leads_to(element, attribute)
        if "href" in said:
            said["href"] = "#"
        kids = [bones(child) for child in element.children if isinstance(child, Element)]
        return [element.tag, classes(element), said, kids]

    return [bones(child) for child in root.children if isinstance(child, Element)]


def drawn(field: forms.Field, *, error: str = "", name: str = "thing") -> str:
    made = type("Made", (forms.Form,), {name: field})
    form = made(data={} if error else None)
    if error:
        form.errors.pop(name, None)
        form.add_error(name, error)
    return form[name].as_field_group()


CHOICES = [("yes", "Yes"), ("no", "No")]
ERROR = "Something is wrong"


def text(**more) -> forms.Field:
    return forms.CharField(label="Label", required=False, widget=widgets.Input, **more)


CASES = [
    ("input", "default", lambda: drawn(text())),
    ("input", "with hint text", lambda: drawn(text(help_text="Hint"))),
    ("input", "with error message", lambda: drawn(text(), error=ERROR)),
    ("input", "with error and hint", lambda: drawn(text(help_text="Hint"), error=ERROR)),
    ("textarea", "default", lambda: drawn(forms.CharField(widget=widgets.Textarea))),
    ("textarea", "with hint and error message",
     lambda: drawn(forms.CharField(widget=widgets.Textarea, help_text="Hint"), error=ERROR)),
    ("select", "hint", lambda: drawn(forms.ChoiceField(widget=widgets.Select, choices=CHOICES, help_text="Hint"))),
    ("radios", "with hint and error message",
     lambda: drawn(forms.ChoiceField(widget=widgets.Radios, choices=CHOICES, help_text="Hint"), error=ERROR)),
    ("checkboxes", "with error message",
     lambda: drawn(forms.MultipleChoiceField(widget=widgets.Checkboxes, choices=[*CHOICES, ("x", "X")]), error=ERROR)),
    ("date-input", "with error message and hint", lambda: drawn(fields.DayField(label="L", help_text="Hint"), error=ERROR)),
    ("file-upload", "with hint text", lambda: drawn(forms.FileField(widget=widgets.FileInput, help_text="Hint"))),
]  # fmt: skip


@pytest.mark.parametrize(("component", "name", "ours"), CASES, ids=[f"{c}: {n}" for c, n, _o in CASES])
def test_a_field_is_drawn_as_the_package_draws_it(component, name, ours):
    assert without_items(skeleton(ours())) == without_items(skeleton(fixture(component, name)))


def without_items(bones: list) -> list:
    """Without the options of a list and the hints of single choices, which ours never have."""
    kept = []
    for tag, classes, said, kids in bones:
        if tag == "option" or {"govuk-radios__hint", "govuk-checkboxes__hint"} & set(classes):
            continue
        if {"govuk-radios__input", "govuk-checkboxes__input"} & set(classes):
            said = {key: value for key, value in said.items() if key != "aria-describedby"}
        kept.append([tag, classes, said, without_items(kids)])
    return kept


def test_an_error_summary_is_drawn_as_the_package_draws_it():
    class Form(forms.Form):
        first, second = text(), text()

    form = Form({})
    form.is_valid()
    form.add_error("first", ERROR)
    form.add_error("second", ERROR)
    ours = skeleton(render_to_string("components/errors.html", {"form": form, "errors": []}))
    assert ours[0][0:2] == ["div", ["govuk-error-summary"]]
    theirs = skeleton(fixture("error-summary", "default"))
    theirs[0][2]["tabindex"] = "-1"  # the script of the package puts it there; ours needs none for the focus
    assert ours == theirs


@pytest.mark.parametrize("error", ["", ERROR])
def test_a_single_checkbox_is_drawn_as_a_choice_with_its_words_beside_it(error):
    """The package hides the browser's own box and draws its own on the label that follows it in the item."""
    field = skeleton(drawn(forms.BooleanField(label="I agree", widget=widgets.Checkbox), error=error))
    expected = without_items(item_of(skeleton(fixture("checkboxes", "default"))))
    (ours,) = item_of(field)
    if error:
        assert ours[3][0][2].pop("aria-describedby") == [["govuk-error-message"]]
    assert [ours] == expected
    assert [kid[1] for kid in field[0][3] if kid[0] == "label"] == [], "the words stand once"


def item_of(bones: list) -> list:
    """The first choice in it."""
    for bone in bones:
        if "govuk-checkboxes__item" in bone[1]:
            return [bone]
        if found := item_of(bone[3]):
            return found
    return []
