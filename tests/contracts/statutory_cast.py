"""The steps of statutory notices and ratings in one call each: of the DIUS contract, whose value asks for ratings."""

from datetime import date, datetime
from decimal import Decimal

from contracts import measuring, rating, ratings, statutory_publishing
from contracts.models import Contract, KpiConfirmation, KpiRound, NoticePublication, StatutoryNotice
from tests import cast
from tests.contracts import levels_cast
from tests.contracts.transition_cast import MANAGER, SERVICE, on

SIGNATORY, OFFICER = "signatory@dius.example", "accounting.officer@dius.example"
RATED_AT = on(date(2008, 9, 15))  # in the first year of the contract, which was signed on 1 October 2007
MORE = Decimal("0.01")


def notice(kind: str, contract: Contract | None = None) -> StatutoryNotice:
    """The newest of the kind."""
    rows = StatutoryNotice.objects.select_related("contract__call_off").filter(kind=kind)
    return (rows.filter(contract=contract) if contract else rows).latest("number")


def fresh(one: StatutoryNotice) -> StatutoryNotice:
    return StatutoryNotice.objects.select_related("contract__call_off").get(pk=one.pk)


def given(one: StatutoryNotice, **more: rating.Given) -> dict[str, rating.Given]:
    """As the months suggest it, and where there are none Other."""
    found = {}
    for measured in ratings.measured(one)[0]:
        words = "Nothing was measured." if measured.suggested == "other" else ""
        found[measured.measure.measure_code] = rating.Given(measured.suggested, words)
    return found | {code.replace("_", "-"): value for code, value in more.items()}


def rated(one: StatutoryNotice | None = None, at: datetime = RATED_AT, email: str = MANAGER, **more: rating.Given) -> KpiRound:
    one = fresh(one) if one else notice("performance")
    return rating.rate(one, given(one, **more), by=cast.person(email), at=at)


def confirmed(one: StatutoryNotice | None = None, at: datetime = RATED_AT, email: str = SIGNATORY) -> KpiConfirmation:
    one = fresh(one) if one else notice("performance")
    return rating.confirm(one, shown_hash=one.rounds.last().content_hash, by=cast.person(email), at=at)


def commented(one: StatutoryNotice | None = None, at: datetime = RATED_AT, email: str = SERVICE):
    return rating.comment(fresh(one) if one else notice("performance"), words="A strike of others.", by=cast.person(email), at=at)


def published(one: StatutoryNotice, on_day: date | None = None, at: datetime = RATED_AT, email: str = MANAGER, reference: str = "") -> NoticePublication:
    """Under a reference of its own, if none is given."""
    reference = reference or f"2007/S 000-{one.number:06}"
    return statutory_publishing.publish(fresh(one), reference=reference, published_on=on_day or at.date(), by=cast.person(email), at=at)


def measured(contract: Contract, months: dict[date, dict[str, str]]) -> None:
    """Each month reported with these actuals, everything else on its target, and confirmed at once."""
    for month, actuals in months.items():
        at = on(date(month.year + month.month // 12, month.month % 12 + 1, 6))
        made = measuring.report(contract, month, levels_cast.measured(contract, actuals, month), by=cast.person(SERVICE), at=at)
        measuring.confirm(made, shown_hash=made.content_hash, by=cast.person(MANAGER), at=at)
