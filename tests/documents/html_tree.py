"""A strict little HTML reader for tests of templates, on the standard library."""

import re
from html.parser import HTMLParser

VOID = {"meta", "br", "input", "link", "hr", "img"}


class Element:
    """``children`` are elements and strings, in order."""

    def __init__(self, tag, attrs, parent):
        self.tag, self.attrs, self.parent = tag, dict(attrs), parent
        self.children = []

    @property
    def text(self) -> str:
        joined = "".join(c if isinstance(c, str) else c.text for c in self.children)
        return re.sub(r"\s+", " ", joined).strip()

    @property
    def classes(self):
        return self.attrs.get("class", "").split()

    def all(self, *tags, cls=None):
        found = []
        for child in self.children:
            if isinstance(child, Element):
                if (not tags or child.tag in tags) and (cls is None or cls in child.classes):
                    found.append(child)
                found += child.all(*tags, cls=cls)
        return found


class Tree(HTMLParser):
    """A strict little reader: a tag that does not close, or closes twice, is an error."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.root = self.at = Element("#root", [], None)
        self.feed(source)
        self.close()
        assert self.at is self.root, f"<{self.at.tag}> is never closed"

    def handle_starttag(self, tag, attrs):
        element = Element(tag, attrs, self.at)
        self.at.children.append(element)
        if tag not in VOID:
            self.at = element

    def handle_endtag(self, tag):
        assert tag == self.at.tag, f"</{tag}> closes <{self.at.tag}>: {self.at.text[:80]}"
        self.at = self.at.parent

    def handle_data(self, data):
        self.at.children.append(data)
