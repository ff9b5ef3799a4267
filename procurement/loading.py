"""Loading the cast of a framework from files: people, posts, delegations, accessions, the approval matrix, and the
opening volumes and commitment. One operator action, recorded as such; a second load changes nothing.
"""

import csv
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import yaml
from django.contrib.auth.hashers import make_password
from django.db import transaction

from catalogue.loading import load_catalogue
from catalogue.models import Framework, Organisation
from documents import audit
from documents.actors import Actor
from procurement import access, capacity
from procurement.models import (
    AUTHORITY_POSTS,
    Accession,
    ApprovalMatrix,
    Delegation,
    MatrixRow,
    Post,
    PostHolding,
    User,
    VolumeEntry,
)


class LoadRefused(ValueError):
    """A file says something that cannot be loaded: file, row and value in words."""


def _rows(directory: Path, name: str) -> list[dict[str, str]]:
    with open(directory / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@transaction.atomic
def load(directory: Path, *, password: str | None, by: Actor, at: datetime) -> Framework:
    """Load everything in ``directory`` (the layout of config/data/flex). ``password`` is given to every new person;
    None leaves them without one until they reset it."""
    framework = load_catalogue(directory, by=by, at=at)
    settings = yaml.safe_load((directory / "framework.yaml").read_text(encoding="utf-8"))
    if ApprovalMatrix.objects.filter(framework=framework).exists():
        return framework
    _load_matrix(directory, framework)
    _load_posts(directory)
    _load_people(directory, framework, password)
    _load_delegations(directory)
    _load_accessions(directory, framework)
    for volume, quantity in settings["opening_volumes"].items():
        VolumeEntry.objects.create(
            framework=framework, volume=volume, quantity=quantity, effective_from=framework.starts_on,
            source="opening volume", key=f"open:{framework.reference}:{volume}",
        )  # fmt: skip
    audit.record("framework.cast_loaded", framework, by=by, at=at, reason="opening states of the register")
    capacity.open_account(
        framework, framework.ceiling_gbp, Decimal(settings["opening_commitment_gbp"]), at=at
    )
    return framework


def _load_matrix(directory: Path, framework: Framework) -> None:
    matrix = ApprovalMatrix.objects.create(framework=framework, version=1, valid_from=framework.starts_on)
    for row in _rows(directory, "approval_matrix.csv"):
        MatrixRow.objects.create(
            matrix=matrix, up_to_gbp=Decimal(row["up_to_gbp_inclusive"]) if row["up_to_gbp_inclusive"] else None,
            department_steps=row["department_steps"], authority_steps=row["authority_steps"],
        )  # fmt: skip


def _organisation(code: str, file: str) -> Organisation:
    try:
        return Organisation.objects.get(code=code)
    except Organisation.DoesNotExist:
        raise LoadRefused(f"{file}: there is no organisation {code!r}") from None


def _load_posts(directory: Path) -> None:
    rows = _rows(directory, "posts.csv")
    for row in rows:
        Post.objects.get_or_create(organisation=_organisation(row["organisation"], "posts.csv"), code=row["post"])
    for row in rows:
        if row["reports_to"]:
            post = Post.objects.get(organisation__code=row["organisation"], code=row["post"])
            post.reports_to = Post.objects.get(organisation__code=row["organisation"], code=row["reports_to"])
            post.save()


def _load_people(directory: Path, framework: Framework, password: str | None) -> None:
    """Each person's post, and the grant that makes them one of the organisation's or of the framework's people."""
    hashed = make_password(password)  # one hash for the whole cast: hashing is slow on purpose
    for row in _rows(directory, "people.csv"):
        organisation = _organisation(row["organisation"], "people.csv")
        user = User.objects.filter(email=row["email"]).first()
        if user is None:
            user = User.objects.create(email=row["email"].lower(), name=row["name"], password=hashed)
        post = Post.objects.get(organisation=organisation, code=row["post"])
        starts_on, ends_on = _day(row["from"]), _day(row["to"])
        PostHolding.objects.get_or_create(post=post, user=user, starts_on=starts_on, defaults={"ends_on": ends_on})
        if row["post"] in AUTHORITY_POSTS:
            access.grant_framework(user, framework, starts_on=starts_on, ends_on=ends_on)
        else:
            access.grant_organisation(user, organisation, starts_on=starts_on, ends_on=ends_on)


def _load_delegations(directory: Path) -> None:
    for number, row in enumerate(_rows(directory, "delegations.csv"), start=2):
        holding = PostHolding.objects.filter(user__email=row["person"], post__code=row["post"]).first()
        if holding is None:
            raise LoadRefused(f"delegations.csv row {number}: {row['person']} does not hold the post {row['post']}")
        Delegation.objects.create(
            holding=holding, kind=row["kind"], limit_gbp=Decimal(row["limit_gbp"]) if row["limit_gbp"] else None,
            unlimited=row["unlimited"] == "yes", lot=int(row["lot"]) if row["lot"] else None,
            starts_on=_day(row["from"]), ends_on=_day(row["to"]),
        )  # fmt: skip


def _load_accessions(directory: Path, framework: Framework) -> None:
    for row in _rows(directory, "organisations.csv"):
        if not row["accession_state"]:
            continue
        baseline = row["baseline_gbp_per_user_year"]
        Accession.objects.create(
            framework=framework, department=_organisation(row["code"], "organisations.csv"),
            state=row["accession_state"], seats_expected=int(row["seats_expected"]) if row["seats_expected"] else None,
            baseline_gbp_per_user_year=Decimal(baseline) if baseline else None,
        )  # fmt: skip
