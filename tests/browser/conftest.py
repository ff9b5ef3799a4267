"""A browser for each person who comes to the site."""

import os
from pathlib import Path

import pytest

from tests.browser.journey import Visitor

# pictures of every page, when somebody wants to look at them: PICTURES=some/folder make test
PICTURES = Path(os.environ["PICTURES"]) if os.environ.get("PICTURES") else None


@pytest.fixture
def visit(chromium, live_site):
    opened = []
    if PICTURES:
        PICTURES.mkdir(parents=True, exist_ok=True)

    def come(email=None, **kwargs):
        visitor = Visitor(chromium, live_site.address, email, PICTURES, **kwargs)
        opened.append(visitor)
        return visitor

    yield come
    for visitor in opened:
        visitor.close()
