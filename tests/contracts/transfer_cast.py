"""The people of a transfer, and its steps in one call each; states are reached only by the actions."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from catalogue.models import Organisation
from contracts import novating, transferring
from contracts.models import Contract, Novation, Transfer, TransferNotice
from contracts.transferring import Asked
from documents import store
from documents.actors import operator
from documents.models import Purpose, SigningIntent
from procurement import membership
from procurement.membership import Named
from tests import cast, paper
from tests.cast import START
from tests.contracts.ending_cast import on

MANAGER, DIRECTOR, SIGNATORY = "framework.manager@co.example", "deputy.director@co.example", "authority.signatory@co.example"
DAY = START.date() + timedelta(days=45)  # after the interim service has begun
DAY_OF_BIS = date(2009, 6, 5)
WORDS = "The department's functions pass to another.\nNothing else changes."
NOVATION_PARTIES = (
    ("supplier", "supplier.signatory@fujitsu.example"), ("outgoing", "signatory@dius.example"), ("incoming", "signatory@cafcass.example"),
)  # fmt: skip


def body(code: str) -> Organisation:
    return Organisation.objects.get(code=code)


def asked(outgoing: str = "DIUS", receiving: str = "ONS", day: date = DAY, **words: Any) -> Asked:
    """Abolished, by an order between bodies of the Crown."""
    known: dict[str, Any] = {"kind": "abolished", "basis": "order", "order_number": "Illustrative order 2007/1", "order_on": date(2007, 9, 28), "words": WORDS}
    return Asked(outgoing=body(outgoing), receiving=body(receiving), effective_on=day, **(known | words))


def novated(receiving: str = "CAFCASS", **words: Any) -> Asked:
    """To a body that is not of the Crown; it has a signatory and a contract manager."""
    with transaction.atomic():
        for post in ("signatory", "contract_manager"):
            named = Named(f"Cafcass {post}", f"{post.replace('_', '.')}@cafcass.example", post, unlimited=post == "signatory")
            membership.appoint(body(receiving), named, by=operator("test"), at=START)
    return asked(receiving=receiving, **({"basis": "novation", "order_number": "", "order_on": None} | words))


def prepared(what: Asked | None = None, at: datetime = START, email: str = MANAGER) -> Transfer:
    return transferring.prepare(body("CO"), what or asked(), by=cast.person(email), at=at)


def split(what: Asked | None = None, at: datetime = START) -> Transfer:
    return prepared(what or asked(kind="split"), at)


def chosen(transfer: Transfer, *, contracts=(), orders=(), people=(), at: datetime = START, email: str = MANAGER) -> Transfer:
    """Rows instead of their ids."""
    return transferring.choose(
        transfer, contracts=[one.public_id for one in contracts], orders=[one.public_id for one in orders],
        people=[cast.person(one).person_id for one in people], by=cast.person(email), at=at,
    )  # fmt: skip


def agreed(transfer: Transfer | None = None, at: datetime = START, email: str = DIRECTOR) -> Transfer:
    transfer = transfer or prepared(at=at)
    return transferring.agree(transfer, shown_hash=transfer.content_hash, by=cast.person(email), at=at)


def day_of(transfer: Transfer) -> datetime:
    return on(transfer.effective_on)


def applied(transfer: Transfer | None = None, email: str = MANAGER) -> Transfer:
    """By hand, on its day."""
    transfer = transfer or agreed()
    return transferring.apply(transfer, by=cast.person(email), at=day_of(transfer))


def taken(transfer: Transfer, at: datetime | None = None) -> Transfer:
    """By the clock."""
    return transferring.take_effect(cast.fresh(transfer), at=at or day_of(transfer))


def withdrawn(transfer: Transfer, at: datetime = START, email: str = MANAGER) -> Transfer:
    return transferring.withdraw(transfer, reason="The order was not made.", by=cast.person(email), at=at)


def noticed(notice: TransferNotice) -> TransferNotice:
    """Sealed and closed, on paper."""
    paper.made(notice.document)
    paper.add(notice.document, Purpose.ARCHIVE_TIMESTAMP)
    transferring.announced(notice, at=START)
    return notice


def novation(transfer: Transfer, contract: Contract | None = None) -> Novation:
    rows = transfer.novations.select_related("transfer", "contract__call_off", "document")
    return rows.get(contract=contract) if contract else rows.get()


def novation_issued(made: Novation, at: datetime = START) -> Novation:
    paper.made(made.document)
    return novating.issued(made, at=at)


def novation_act(made: Novation, party: str, email: str, at: datetime = START) -> SigningIntent:
    made = novation(made.transfer, made.contract)
    return novating.sign(made, party, shown_sha256=store.head(made.document).sha256, by=cast.person(email), at=at)


def sign_novation(made: Novation, party: str, email: str, at: datetime = START) -> Novation:
    paper.signed(novation_act(made, party, email, at))
    return novating.signature_made(novation(made.transfer, made.contract), at=at)


def novation_archived(made: Novation, at: datetime = START) -> Novation:
    """Issued, signed by all three, and closed: ``novating.execute`` is what comes next."""
    novation_issued(made, at)
    for party, email in NOVATION_PARTIES:
        sign_novation(made, party, email, at)
    paper.add(made.document, Purpose.ARCHIVE_TIMESTAMP)
    return novation(made.transfer, made.contract)


def novation_executed(made: Novation, at: datetime = START) -> Novation:
    return novating.execute(novation_archived(made, at), at=at)
