"""The collected static files: only what pages use, nothing that points at what is not shipped."""

import re

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.exceptions import SuspiciousFileOperation

from config.staticfiles import PACKAGE_FILES, cleaned_css


def test_stylesheets_lose_fonts_maps_and_addresses_but_keep_drawn_images():
    css = (
        "@font-face{font-family:GDS;src:url(/assets/a.woff2) format('woff2')}.a{color:red}"
        ".b{background:url(/assets/crest.png)}.c{background:url(\"data:image/svg+xml,x\")}/*# sourceMappingURL=a.map */"
    )
    assert cleaned_css(css) == '.a{color:red}.b{background:none}.c{background:url("data:image/svg+xml,x")}'


@pytest.mark.parametrize("name", sorted(PACKAGE_FILES.values()))
def test_every_listed_package_file_is_found_and_collected(name, template_database):
    assert finders.find(name)
    hashed = staticfiles_storage.url(name)
    assert re.search(r"\.[0-9a-f]{12}\.", hashed), hashed


@pytest.mark.parametrize("name", ["govuk/govuk-frontend.css", "moj/moj-frontend.css", "flex/flex.css"])
def test_collected_stylesheets_ask_only_for_collected_files(name, template_database):
    stored = staticfiles_storage.stored_name(name)
    css = staticfiles_storage.open(stored).read().decode()
    for address in re.findall(r"url\(\s*['\"]?([^'\")]+)", css):
        if not address.startswith("data:"):
            folder = stored.rpartition("/")[0]
            assert staticfiles_storage.exists(re.sub(r"[^/]+/\.\./", "", f"{folder}/{address}").split("#")[0]), address
    assert "sourceMappingURL" not in css
    assert "@font-face" not in css or name == "flex/flex.css"


def test_what_is_not_listed_stays_out(template_database):
    assert finders.find("govuk-frontend/package.json") is None
    with pytest.raises(SuspiciousFileOperation):
        finders.find("../manage.py")
