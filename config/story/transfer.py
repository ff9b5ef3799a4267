"""The end of DIUS's life: what it has passes to BIS by an order of the Crown, prepared and agreed at the Cabinet Office."""

from datetime import date, datetime

from catalogue.models import Organisation
from contracts import transferring
from contracts.models import Transfer, TransferBasis, TransferKind, TransferState
from documents import clock
from procurement.actors import Person

DAY = date(2009, 6, 5)
ORDER, ORDER_ON = "Illustrative transfer order 2009/1", date(2009, 5, 29)
WORDS = (
    "The Department for Innovation, Universities and Skills is abolished. Its functions, and with them its contracts, orders and "
    "people under this framework, pass to the Department for Business, Innovation and Skills."
)


def _body(code: str) -> Organisation:
    return Organisation.objects.get(code=code)


def find() -> Transfer:
    return Transfer.objects.select_related("authority", "outgoing", "receiving").get(outgoing__code="DIUS")


def prepare(by: Person, at: datetime) -> None:
    asked = transferring.Asked(
        outgoing=_body("DIUS"), receiving=_body("BIS"), kind=TransferKind.ABOLISHED, basis=TransferBasis.ORDER, effective_on=DAY,
        words=WORDS, order_number=ORDER, order_on=ORDER_ON,
    )  # fmt: skip
    transferring.prepare(_body("CO"), asked, by=by, at=at)


def agree(by: Person, at: datetime) -> None:
    made = find()
    transferring.agree(made, shown_hash=made.content_hash, by=by, at=at)


def take_effect(by: Person, at: datetime) -> None:
    """By hand, unless the clock has done it when the day began: it is the same step."""
    made = find()
    if made.state == TransferState.AGREED and made.effective_on <= clock.london_day(at):
        transferring.apply(made, by=by, at=at)
