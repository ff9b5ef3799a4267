"""Releases of the catalogue in every state, reached only by performing the actions."""

from datetime import date, datetime, timedelta
from typing import Any

from catalogue.contents import CATALOGUE
from catalogue.models import CatalogueRelease
from documents.clock import LONDON
from procurement import access, content, guards, quoting, release_edits, releasing
from procurement.models import CallOff
from tests import cast

MANAGER, FRAMEWORK_MANAGER = "catalogue.manager@co.example", "framework.manager@co.example"
ACCOUNT_MANAGER = "account.manager@fujitsu.example"
FIRST_DAY = date(2007, 11, 1)
MIDNIGHT = datetime(2007, 11, 1, 0, 0, tzinfo=LONDON)


def priced(sheets: dict[str, Any], prices: dict[str, str]) -> dict[str, Any]:
    for code, price in prices.items():
        row = next(row for row in sheets[CATALOGUE] if row["code"] == code)
        sheets = release_edits.put_service(sheets, code, row | {"list_price_gbp": price})
    return sheets


def drafted(email: str = ACCOUNT_MANAGER, *, title: str = "Prices from November") -> CatalogueRelease:
    by = cast.person(email)
    framework, organisation = access.drafts_for(by, cast.START.date())
    return releasing.start(framework, organisation, title=title, by=by, at=cast.START)


def repriced(release: CatalogueRelease, email: str = ACCOUNT_MANAGER, **prices: str) -> CatalogueRelease:
    release = cast.fresh(release)
    prices = {code.replace("_", "-"): price for code, price in (prices or {"CORE_01": "70.20"}).items()}
    held, faults = releasing.read(release, priced(release.draft.sheets, prices))
    assert held is not None, faults
    by = cast.person(email)
    return releasing.save(release, held, edits=release.draft.edits, what="prices", by=by, at=cast.START)


def submit(release: CatalogueRelease, email: str = ACCOUNT_MANAGER, at: datetime = cast.START) -> CatalogueRelease:
    release = cast.fresh(release)
    shown = releasing.hashed(release, release.draft.sheets)
    return releasing.submit(release, shown_hash=shown, by=cast.person(email), at=at)


def submitted(email: str = ACCOUNT_MANAGER, **prices: str) -> CatalogueRelease:
    return cast.fresh(submit(repriced(drafted(email), email, **prices), email))


def approve(release: CatalogueRelease, email: str = FRAMEWORK_MANAGER) -> CatalogueRelease:
    release = cast.fresh(release)
    return releasing.approve(release, shown_hash=release.content_hash, by=cast.person(email), at=cast.START)


def approved(**prices: str) -> CatalogueRelease:
    return cast.fresh(approve(submitted(**prices)))


def schedule(release: CatalogueRelease, first_day: date = FIRST_DAY, at: datetime = cast.START) -> CatalogueRelease:
    by = cast.person(FRAMEWORK_MANAGER)
    return cast.fresh(releasing.schedule(cast.fresh(release), first_day=first_day, by=by, at=at))


def scheduled(first_day: date = FIRST_DAY, **prices: str) -> CatalogueRelease:
    return schedule(approved(**prices), first_day)


def live(first_day: date = FIRST_DAY, **prices: str) -> CatalogueRelease:
    release = scheduled(first_day, **prices)
    at = datetime.combine(first_day, datetime.min.time(), tzinfo=LONDON) + timedelta(hours=9)
    return cast.fresh(releasing.go_live(release, at=at))


def withdrawn() -> CatalogueRelease:
    by = cast.person(ACCOUNT_MANAGER)
    return cast.fresh(releasing.withdraw(submitted(), reason="A mistake.", by=by, at=cast.START))


def rejected() -> CatalogueRelease:
    by = cast.person(FRAMEWORK_MANAGER)
    return cast.fresh(releasing.reject(submitted(), reason="Too dear.", by=by, at=cast.START))


def superseded() -> CatalogueRelease:
    live()
    return CatalogueRelease.objects.get(number=1)


def shown_on(call_off: CallOff, day: date) -> str:
    """The hash that the check page of a draft carries on the day."""
    quote = quoting.quote(call_off.revision, day)
    return content.draft_hash(call_off.revision, quote, guards.counted_together(call_off.revision, quote, day).plain)


IN_STATE = {
    "draft": drafted, "submitted": submitted, "approved": approved, "scheduled": scheduled, "live": live,
    "superseded": superseded, "withdrawn": withdrawn, "rejected": rejected,
}  # fmt: skip
