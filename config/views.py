"""Pages that belong to no one app."""

from django.db import connection
from django.http import HttpResponse


def health(request):
    """Whether this process can reach its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")


def home(request): ...
def glossary(request): ...
def search(request): ...
