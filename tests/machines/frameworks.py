"""The framework, its termination by two, and the releases of its catalogue."""

import shutil
import tempfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from django.urls import reverse

from catalogue.loading import load_catalogue
from catalogue.models import CatalogueRelease, Framework
from contracts import closing
from documents import storage
from documents.actors import operator
from documents.clock import LONDON
from procurement import agreements, capacity, framework_life, joining, releasing
from procurement.models import (
    IN_CONSIDERATION,
    PIPELINE,
    Accession,
    ApprovalMatrix,
    MatrixRow,
    Modification,
    Suspension,
    Termination,
)
from procurement.papers import StoredFile
from tests import cast
from tests.cast import START
from tests.catalogue.figures import DATA
from tests.machines import Action, Form, Machine
from tests.procurement import release_cast as releases
from tests.procurement.release_cast import ACCOUNT_MANAGER, FRAMEWORK_MANAGER, MIDNIGHT

MANAGER, DIRECTOR = "framework.manager@co.example", "deputy.director@co.example"
EXPIRED = datetime(2014, 5, 21, 0, 0, tzinfo=LONDON)
NEAR = datetime(2014, 5, 14, 9, 0, tzinfo=LONDON)  # within the last week
EXTEND = {"months": 1, "reason": "Not yet over.", "notice": "2013/S 1"}
PROPOSED = "live, its termination proposed"
OPERATOR = operator("load_flex")


def drafted(_) -> Framework:
    """Beside the one in force, with a live release and nothing else: as the operator's loading begins."""
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "flex"
        shutil.copytree(DATA, files)
        settings = files / "framework.yaml"
        settings.write_text(settings.read_text(encoding="utf-8").replace("FLEX-2007", "FLEX-2"), encoding="utf-8")
        return load_catalogue(files, by=OPERATOR, at=START)


def ready(framework: Framework) -> Framework:
    """The draft with its matrix and its counter."""
    matrix = ApprovalMatrix.objects.create(framework=framework, version=1, valid_from=framework.starts_on)
    MatrixRow.objects.create(matrix=matrix, department_steps="budget_holder", authority_steps="category_manager")
    capacity.open_account(framework, framework.ceiling_gbp, Decimal(0), at=START)
    return framework


def signed() -> StoredFile:
    data = (DATA / "framework_agreement.pdf").read_bytes()
    return StoredFile("framework_agreement.pdf", "application/pdf", storage.put(data), len(data))


def activated(framework: Framework) -> Framework:
    return framework_life.activate(framework, agreement=signed(), by=OPERATOR, at=START)


def abandoned(framework: Framework) -> Framework:
    framework.abandon()
    framework.save()
    return framework


def by(email: str, action, at=START, **more):
    return lambda framework: action(framework, by=cast.person(email), at=at, **more)


def form(email: str, name: str, **fields):
    """Of the framework that is served; another one has no page."""
    return lambda framework: Form(email, reverse("procurement:framework_act", args=[name]), fields)


def alone(_):
    """The one in force, with nobody on their way to join it, which would keep it from being closed."""
    for accession in Accession.objects.filter(state__in=IN_CONSIDERATION):
        joining.decline(accession, reason="Elsewhere.", by=cast.person("accession.approver@co.example"), at=START)
    for accession in Accession.objects.filter(state__in=PIPELINE):
        agreements.withdraw(accession, reason="Elsewhere.", by=cast.person("accession.lead@co.example"), at=START)
    return cast.framework()


IN_FORCE = ("live", PROPOSED, "suspended")
FRAMEWORK = Machine(
    rows=(Suspension, Modification, Termination),
    states={
        "live": (None, alone),
        "suspended": ("live", by(MANAGER, framework_life.suspend, reason="Examined.")),
        PROPOSED: ("live", lambda f: by(MANAGER, framework_life.propose_termination, reason="Insolvent.")(f) and f),
        "terminated": (PROPOSED, by(DIRECTOR, framework_life.terminate)),
        "expired": ("suspended", lambda f: framework_life.expire(f, at=EXPIRED)),
        "closed": ("expired", by(MANAGER, closing.close, EXPIRED)),
    },
    actions={
        "suspend": Action(("live", PROPOSED), by(MANAGER, framework_life.suspend, reason="Examined."), form(MANAGER, "suspend", reason="Examined.")),
        "resume": Action(("suspended",), by(MANAGER, framework_life.resume), form(MANAGER, "resume")),
        "extend": Action(IN_FORCE, by(MANAGER, framework_life.extend, **EXTEND), form(MANAGER, "extend", **EXTEND)),
        "ceiling": Action(IN_FORCE, by(MANAGER, framework_life.change_ceiling, ceiling=Decimal("90000000.00"), reason="Cut."),
                          form(MANAGER, "ceiling", ceiling="90000000.00", reason="Cut.")),
        "propose": Action(("live", "suspended"), by(MANAGER, framework_life.propose_termination, reason="Insolvent."),
                          form(MANAGER, "terminate", reason="Insolvent.")),
        "terminate": Action((PROPOSED,), by(DIRECTOR, framework_life.terminate), form(DIRECTOR, "confirm-termination")),
        "drop": Action((PROPOSED,), by(DIRECTOR, framework_life.drop_termination, reason="Paid."),
                       form(DIRECTOR, "drop-termination", reason="Paid.")),
        "announce its end": Action(IN_FORCE, lambda f: framework_life.announce_end(f, at=NEAR), quiet=True),
        "expire": Action(IN_FORCE, lambda f: framework_life.expire(f, at=EXPIRED), quiet=True),
        "close": Action(("expired", "terminated"), by(MANAGER, closing.close, EXPIRED),
                        lambda f: Form(MANAGER, reverse("contracts:close_framework"))),
    },
)  # fmt: skip

# What no page does yet: a framework comes by the operator's loading, which activates it.
LOADED = Machine(
    states={
        "draft": (None, drafted), "draft, ready": ("draft", ready), "live": ("draft, ready", activated),
        "abandoned": ("draft", abandoned),
    },
    actions={"activate": Action(("draft, ready",), activated), "close": Action((), by(MANAGER, closing.close)), "suspend": Action(("live",), by(MANAGER, framework_life.suspend, reason="x")),
             "resume": Action((), by(MANAGER, framework_life.resume)), "extend": Action(("live",), by(MANAGER, framework_life.extend, **EXTEND))},
)  # fmt: skip


def proposed(_):
    return framework_life.propose_termination(cast.framework(), reason="Insolvent.", by=cast.person(MANAGER), at=START)


TERMINATION = Machine(
    state_of=lambda row: row.outcome or "proposed",
    forged={"reason = 'Otherwise.'": ("proposed", "confirmed", "dropped")},
    states={
        "proposed": (None, proposed),
        "confirmed": ("proposed", lambda t: by(DIRECTOR, framework_life.terminate)(t.framework) and t),
        "dropped": ("proposed", lambda t: by(DIRECTOR, framework_life.drop_termination, reason="Paid.")(t.framework) and t),
    },
    actions={
        "confirm": Action(("proposed",), lambda t: by(DIRECTOR, framework_life.terminate)(t.framework),
                          form(DIRECTOR, "confirm-termination")),
        "drop": Action(("proposed",), lambda t: by(DIRECTOR, framework_life.drop_termination, reason="Paid.")(t.framework),
                       form(DIRECTOR, "drop-termination", reason="Paid.")),
    },
)  # fmt: skip


def shown(release) -> str:
    return release.content_hash or (releasing.hashed(release, release.draft.sheets) if hasattr(release, "draft") else "0" * 64)


def withdrawer(release) -> str:
    return ACCOUNT_MANAGER if release.state in ("draft", "submitted") else FRAMEWORK_MANAGER


def release_form(email, name: str, *, binds: bool = False, **fields):
    def made(release) -> Form:
        who = email(release) if callable(email) else email
        more = {"shown_hash": shown(release)} if binds else {}
        return Form(who, reverse("procurement:release_act", args=[release.public_id, name]), fields | more)

    return made


def at_release(email: str, action, **more):
    return lambda release: action(release, by=cast.person(email), at=START, **more)


def bound(email: str, action):
    return lambda release: action(release, shown_hash=shown(release), by=cast.person(email), at=START)


def save(release):
    content = releasing.content_of(release)
    edits = release.draft.edits if hasattr(release, "draft") else 0
    return releasing.save(release, content, edits=edits, what="x", by=cast.person(ACCOUNT_MANAGER), at=START)


DAY = {"first_day_day": "1", "first_day_month": "11", "first_day_year": "2007"}
RELEASE = Machine(
    states={
        "draft": (None, lambda _: releases.repriced(releases.drafted())),
        "submitted": ("draft", releases.submit),
        "approved": ("submitted", releases.approve),
        "rejected": ("submitted", at_release(FRAMEWORK_MANAGER, releasing.reject, reason="Too dear.")),
        "withdrawn": ("submitted", at_release(ACCOUNT_MANAGER, releasing.withdraw, reason="A mistake.")),
        "scheduled": ("approved", releases.schedule),
        "live": ("scheduled", lambda r: releasing.go_live(r, at=MIDNIGHT)),
        "superseded": ("live", lambda r: CatalogueRelease.objects.get(number=1)),
    },
    actions={
        "edit": Action(("draft",), save),
        "submit": Action(("draft",), bound(ACCOUNT_MANAGER, releasing.submit), release_form(ACCOUNT_MANAGER, "submit", binds=True)),
        "approve": Action(("submitted",), bound(FRAMEWORK_MANAGER, releasing.approve), release_form(FRAMEWORK_MANAGER, "approve", binds=True)),
        "reject": Action(("submitted",), at_release(FRAMEWORK_MANAGER, releasing.reject, reason="No."),
                         release_form(FRAMEWORK_MANAGER, "reject", reason="No.")),
        "schedule": Action(("approved",), at_release(FRAMEWORK_MANAGER, releasing.schedule, first_day=date(2007, 11, 1)),
                           release_form(FRAMEWORK_MANAGER, "schedule", **DAY)),
        "withdraw": Action(("draft", "submitted", "approved", "scheduled"),
                           lambda r: releasing.withdraw(r, reason="No.", by=cast.person(withdrawer(r)), at=START),
                           release_form(withdrawer, "withdraw", reason="No.")),
        "go_live": Action(("scheduled",), lambda r: releasing.go_live(r, at=MIDNIGHT), quiet=True),
    },
)  # fmt: skip
