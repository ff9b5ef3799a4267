"""A production service refuses to start with a demonstration's settings."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PRODUCTION = {
    "FLEX_MODE": "production", "SECRET_KEY": "kestrel-9-harbour-" * 4, "ALLOWED_HOSTS": "flex.example",
    "PUBLIC_URL": "https://flex.example", "DATABASE_URL": "postgres://flex_app:x@database.example/flex",
    "DATABASE_OWNER_URL": "postgres://flex_owner:x@database.example/flex",
}  # fmt: skip


def start(folder: Path, *arguments: str, **changes: str | None) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FLEX_", "DATABASE_", "DJANGO_"))}
    wanted = environment | PRODUCTION | {"FLEX_VAR": str(folder)} | changes
    return subprocess.run(
        [sys.executable, *(arguments or ("-c", "import config.settings"))], cwd=ROOT, capture_output=True, text=True,
        check=False, env={name: value for name, value in wanted.items() if value is not None},
    )  # fmt: skip


def test_production_passes_djangos_own_deployment_check(tmp_path):
    done = start(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SECRET_KEY": None}, "production needs SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "at least 50 characters"),
        ({"DEBUG": "1"}, "does not run with DEBUG"),
        ({"ALLOWED_HOSTS": None}, "production needs ALLOWED_HOSTS"),
        ({"PUBLIC_URL": None}, "PUBLIC_URL"),
        ({"DATABASE_URL": None}, "production needs DATABASE_URL"),
        ({"FLEX_MODE": "staging"}, "demonstration or production"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_production_does_not_start_without_what_it_must_be_told(tmp_path, changes, words):
    instance = tmp_path / "instance"
    instance.mkdir()
    done = start(instance, **changes)
    assert done.returncode != 0
    assert words in done.stderr.splitlines()[-1]
    assert not list(instance.iterdir())  # and made no secret of its own


def test_the_demonstration_keeps_a_secret_of_its_own(tmp_path):
    changes = dict.fromkeys(PRODUCTION) | {"FLEX_INSTANCE": "one"}
    show = ("-c", "from config import settings; print(settings.SECRET_KEY)")
    first, second = start(tmp_path, *show, **changes), start(tmp_path, *show, **changes)
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout and len(first.stdout.strip()) > 50
    assert (tmp_path / "one" / "secret_key").stat().st_mode & 0o777 == 0o600
    other = start(tmp_path, *show, **(changes | {"FLEX_INSTANCE": "two"}))
    assert other.stdout != first.stdout


def test_migrations_wait_ten_seconds_for_a_lock_and_no_longer(tmp_path):
    show = ("-c", "from config import settings; d = settings.DATABASES['default']; print(d['USER'], d.get('OPTIONS'))")
    owner = start(tmp_path, *show, FLEX_DB_ROLE="owner")
    assert "flex_owner" in owner.stdout and "lock_timeout=10s" in owner.stdout, owner.stderr
    runtime = start(tmp_path, *show)
    assert "flex_app" in runtime.stdout and "lock_timeout" not in runtime.stdout


@pytest.mark.django_db
def test_the_demonstrations_password_opens_nothing_in_production(client, settings):
    from procurement.models import User

    def signed_in() -> bool:
        client.post("/accounts/sign-in/", {"login": user.email, "password": settings.DEMONSTRATION_PASSWORD})
        return "_auth_user_id" in client.session

    user = User.objects.get(email="requester@dius.example")
    assert signed_in()
    client.logout()
    settings.PRODUCTION = True
    assert not signed_in()


def test_nobody_chooses_the_demonstrations_password(settings):
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError, match="choose your own"):
        validate_password(settings.DEMONSTRATION_PASSWORD)
    validate_password("three counted otters 88")


@pytest.mark.parametrize(("behind", "proxies"), [("true", "1"), (None, "0")])
def test_limits_by_address_count_the_visitor_and_not_the_proxy(tmp_path, behind, proxies):
    show = "import config.settings as s; print(s.ALLAUTH_TRUSTED_PROXY_COUNT)"
    assert start(tmp_path, "-c", show, BEHIND_PROXY=behind).stdout.split()[-1] == proxies
