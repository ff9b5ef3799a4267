"""Loading the cast of a framework from files: people, posts, delegations, accessions, the approval matrix, the opening
volumes and commitment, and its signed agreement. One operator action, recorded as such; a second load changes nothing. Raises
``catalogue.rows.LoadRefused`` with file, row, column and value.
"""

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import yaml
from django.contrib.auth.hashers import make_password
from django.db import transaction

from catalogue import uploads
from catalogue.loading import load_catalogue, rows
from catalogue.models import Framework, Organisation
from catalogue.rows import Fault, LoadRefused, Row
from documents import audit, storage
from documents.actors import Actor
from procurement import capacity, framework_life, granting, papers, routes
from procurement.accession_guards import APPLICANTS
from procurement.models import (
    AUTHORITY_POSTS,
    OPENING_STATES,
    PIPELINE,
    Accession,
    AccessionState,
    ApprovalMatrix,
    Baseline,
    Delegation,
    DelegationKind,
    MatrixRow,
    Post,
    PostCode,
    PostHolding,
    User,
    VolumeEntry,
)


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
    _load_accessions(directory, framework, by=by, at=at)
    _load_people(directory, framework, password)
    _ask_to_apply(framework, at)
    _load_delegations(directory, framework)
    for volume, quantity in settings["opening_volumes"].items():
        VolumeEntry.objects.create(
            framework=framework, volume=volume, quantity=quantity, effective_from=framework.starts_on,
            source="opening volume", key=f"open:{framework.reference}:{volume}",
        )  # fmt: skip
    audit.record("framework.cast_loaded", framework, by=by, at=at, reason="opening states of the register")
    capacity.open_account(
        framework, framework.ceiling_gbp, Decimal(settings["opening_commitment_gbp"]), at=at
    )
    return framework_life.activate(framework, agreement=_agreement(directory), by=by, at=at)


AGREEMENT = "framework_agreement.pdf"


def _agreement(directory: Path) -> papers.StoredFile:
    """The signed agreement, put into the store. Raises LoadRefused."""
    try:
        data = (directory / AGREEMENT).read_bytes()
        kind = uploads.kind_of(data)
    except (OSError, uploads.NotAccepted) as error:
        raise LoadRefused(Fault(AGREEMENT, f"cannot be read: {error}")) from error
    return papers.StoredFile(AGREEMENT, kind.content_type, storage.put(data), len(data))


def _amount(row: Row, column: str) -> Decimal | None:
    return row.amount(column) if row.text(column) else None


def _load_matrix(directory: Path, framework: Framework) -> None:
    found = [
        MatrixRow(
            up_to_gbp=_amount(row, "up_to_gbp_inclusive"), department_steps=_steps(row, "department_steps"),
            authority_steps=_steps(row, "authority_steps"),
        )
        for row in rows(directory, "approval_matrix.csv")
    ]  # fmt: skip
    bounds = [row.up_to_gbp for row in found]
    if len(set(bounds)) != len(bounds) or None not in bounds:
        raise LoadRefused(Fault(
            "approval_matrix.csv", "every value needs one route: one row without an upper bound, no bound twice"
        ))  # fmt: skip
    matrix = ApprovalMatrix.objects.create(framework=framework, version=1, valid_from=framework.starts_on)
    for row in found:
        row.matrix = matrix
        row.save()


def _steps(row: Row, column: str) -> str:
    """``a;b+c`` of known posts, none twice: nobody could decide both."""
    posts = [post for group in routes.parse(row.needed(column)) for post in group]
    unknown = [post for post in posts if post not in PostCode.values]
    if unknown or len(set(posts)) != len(posts):
        row.refuse(column, f"names no post {unknown[0]!r}" if unknown else "names a post twice")
    return row.needed(column)


def _organisation(row: Row, column: str = "organisation") -> Organisation:
    found = Organisation.objects.filter(code=row.needed(column)).first()
    return found or row.refuse(column, "is the code of no organisation")


def _post(row: Row, column: str = "post") -> Post:
    code = row.one_of(column, PostCode.values)
    found = Post.objects.filter(organisation=_organisation(row), code=code).first()
    return found or row.refuse(column, "is no post of the organisation in posts.csv")


def _load_posts(directory: Path) -> None:
    found = list(rows(directory, "posts.csv"))
    for row in found:
        Post.objects.get_or_create(organisation=_organisation(row), code=row.one_of("post", PostCode.values))
    for row in found:
        if row.text("reports_to"):
            post = _post(row)
            post.reports_to = _post(row, "reports_to")
            post.save()


def _load_people(directory: Path, framework: Framework, password: str | None) -> None:
    """Each person's post, and the grant that makes them one of the organisation's or of the framework's people."""
    hashed = make_password(password)  # one hash for the whole cast: hashing is slow on purpose
    for row in rows(directory, "people.csv"):
        post = _post(row)
        user, _created = User.objects.get_or_create(
            email=row.needed("email").lower(), defaults={"name": row.needed("name"), "password": hashed}
        )
        starts_on = row.day("from") or row.refuse("from", "is empty")
        ends_on = row.day("to")
        PostHolding.objects.get_or_create(post=post, user=user, starts_on=starts_on, defaults={"ends_on": ends_on})
        if post.code in AUTHORITY_POSTS:
            granting.grant_framework(user, framework, starts_on=starts_on, ends_on=ends_on)
        elif post.code in APPLICANTS or not _has_yet_to_join(post.organisation, framework):
            granting.grant_organisation(user, post.organisation, starts_on=starts_on, ends_on=ends_on)


def _has_yet_to_join(organisation: Organisation, framework: Framework) -> bool:
    """Its people get their grants when its accession becomes active; until then only those who apply for it."""
    return Accession.objects.filter(framework=framework, department=organisation, state__in=PIPELINE).exists()


def _load_delegations(directory: Path, framework: Framework) -> None:
    for row in rows(directory, "delegations.csv"):
        lot = row.whole("lot") if row.text("lot") else None
        if lot is not None and not framework.lots.filter(number=lot).exists():
            row.refuse("lot", "is no lot of the framework")
        code = row.one_of("post", PostCode.values)
        holding = PostHolding.objects.filter(user__email=row.needed("person").lower(), post__code=code).first()
        Delegation.objects.create(
            holding=holding or row.refuse("person", f"does not hold the post {code}"),
            kind=row.one_of("kind", DelegationKind.values), limit_gbp=_amount(row, "limit_gbp"),
            unlimited=row.yes("unlimited"), lot=lot, framework=None if lot is None else framework,
            starts_on=row.day("from") or row.refuse("from", "is empty"), ends_on=row.day("to"),
        )  # fmt: skip


def _load_accessions(directory: Path, framework: Framework, *, by: Actor, at: datetime) -> None:
    """The states that the register is opened with: none that rests on a document which is not in it."""
    for row in rows(directory, "organisations.csv"):
        if row.text("accession_state"):
            accession = Accession.objects.create(
                framework=framework, department=_organisation(row, "code"), state_since=at,
                state=row.one_of("accession_state", [AccessionState.PROSPECT, *OPENING_STATES]),
                seats_expected=row.whole("seats_expected") if row.text("seats_expected") else None,
            )  # fmt: skip
            if (baseline := _amount(row, "baseline_gbp_per_user_year")) is not None:
                Baseline.objects.create(
                    accession=accession, number=1, gbp_per_user_year=baseline, method=row.needed("baseline_method"), stated_at=at
                )
            audit.record("accession.entered", accession, by=by, at=at, before=None, after=accession.state,
                         reason="opening states of the register")  # fmt: skip


def _ask_to_apply(framework: Framework, at: datetime) -> None:
    """An engaged body whose people are here has been asked; for another one the lead has to name somebody first."""
    for accession in framework.accessions.filter(state=AccessionState.ENGAGED).order_by("id"):
        if PostHolding.objects.filter(post__organisation=accession.department_id, post__code__in=APPLICANTS).exists():
            accession.invited_at = at
            accession.save()
