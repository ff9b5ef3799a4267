"""Static files: our own, and the few front-end packages' files we use, collected under hashed names."""

import re
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# package file -> static name; everything else in node_modules stays out
PACKAGE_FILES = {
    "govuk-frontend/dist/govuk/govuk-frontend.min.css": "govuk/govuk-frontend.css",
    "govuk-frontend/dist/govuk/govuk-frontend.min.js": "govuk/govuk-frontend.js",
    "@ministryofjustice/frontend/moj/moj-frontend.min.css": "moj/moj-frontend.css",
    "htmx.org/dist/htmx.min.js": "htmx/htmx.js",
    "@fontsource/public-sans/files/public-sans-latin-400-normal.woff2": "fonts/public-sans-400.woff2",
    "@fontsource/public-sans/files/public-sans-latin-600-normal.woff2": "fonts/public-sans-600.woff2",
    "@fontsource/public-sans/files/public-sans-latin-700-normal.woff2": "fonts/public-sans-700.woff2",
}


class NodePackageFinder(BaseFinder):
    """Finds the listed files of installed front-end packages."""

    def find(self, path, find_all=False, **kwargs):
        for source, name in PACKAGE_FILES.items():
            if name == path:
                full = str(settings.NODE_MODULES / source)
                return [full] if find_all else full
        return []

    def list(self, ignore_patterns):
        for source, name in PACKAGE_FILES.items():
            if not matches_patterns(name, ignore_patterns):
                yield name, _Renamed(settings.NODE_MODULES, name, source)


class _Renamed(FileSystemStorage):
    """One package file under its static name, without what points at files we do not ship."""

    prefix = ""

    def __init__(self, root: Path, name: str, source: str):
        super().__init__(location=str(root))
        self.renames = {name: source}

    def path(self, name):
        return super().path(self.renames.get(name, name))

    def _open(self, name, mode="rb"):
        file = super()._open(name, mode)
        if name.endswith(".css"):
            return ContentFile(cleaned_css(file.read().decode("utf-8")).encode("utf-8"), name)
        if name.endswith(".js"):
            return ContentFile(re.sub(rb"//# sourceMappingURL=\S+", b"", file.read()), name)
        return file


class ManifestStorage(CompressedManifestStaticFilesStorage):
    """Hashed names, compressed; an address of a file that is not there fails the collecting."""

    manifest_strict = True


def cleaned_css(css: str) -> str:
    """A stylesheet without @font-face, without addresses of files, without source maps."""
    css = re.sub(r"@font-face\s*\{[^}]*\}", "", css)
    css = re.sub(r"/\*# sourceMappingURL=.*?\*/", "", css)
    return re.sub(r"url\((?!['\"]?data:)[^)]*\)", "none", css)
