"""The people of invoices and returns, and their steps in one call each; states are reached only by the actions."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from catalogue.models import Framework
from contracts import billing, crediting, invoicing, money_reminding, returning
from contracts.models import Contract, Invoice, InvoicePayment, ManagementReturn, ReturnLine
from contracts.returning import Declared
from documents import clock, storage
from procurement.papers import StoredFile
from tests import cast
from tests.contracts import levels_cast
from tests.contracts.transition_cast import MANAGER, SERVICE

ACCOUNT, FINANCE_LEAD = "account.manager@fujitsu.example", "finance.lead@co.example"
MONTH, AFTER = levels_cast.MONTH, levels_cast.AFTER  # April 2008, the first of the shared service; 6 May
NET, VAT = Decimal("186762.60"), Decimal("32683.46")  # at 17.5 per cent
DATA = b"%PDF-1.7 an invoice\n"


def moment(day: date) -> datetime:
    return datetime.combine(day, time(10), tzinfo=clock.LONDON)


def file() -> StoredFile:
    return StoredFile("invoice.pdf", "application/pdf", storage.put(DATA), len(DATA))


def fields(**others) -> dict:
    """What an invoice for all of April says; ``gross`` follows what is changed."""
    found = {
        "reference": "FS-1", "month": MONTH, "invoiced_on": AFTER.date() - timedelta(days=1), "received_on": AFTER.date(),
        "net": NET, "vat": VAT, "file": file(),
    } | others  # fmt: skip
    return {"gross": found["net"] + found["vat"]} | found


def recorded(contract: Contract, *, by=None, at: datetime = AFTER, **others) -> Invoice:
    return invoicing.record(contract, **fields(**others), by=by or cast.person(SERVICE), at=at)


def queried(contract: Contract, **others) -> Invoice:
    """It asks for a pound less than is due."""
    net = NET - 1
    return recorded(contract, **({"net": net, "vat": billing.vat(net, Decimal("17.5"))} | others))


def invoice() -> Invoice:
    return Invoice.objects.select_related("contract__call_off").latest("id")


def approved(found: Invoice | None = None, *, at: datetime = AFTER) -> Invoice:
    found = found or invoice()
    return invoicing.approve(found, shown_hash=found.content_hash, by=cast.person(MANAGER), at=at)


def disputed(found: Invoice | None = None) -> Invoice:
    return invoicing.dispute(found or invoice(), reason="The hours are wrong.", by=cast.person(MANAGER), at=AFTER)


def settled(found: Invoice | None = None) -> Invoice:
    return invoicing.settle(found or invoice(), reason="Agreed by telephone.", by=cast.person(MANAGER), at=AFTER)


def answered(found: Invoice | None = None) -> Invoice:
    found = found or invoice()
    invoicing.answer(found, words="The pound is for the lock.", by=cast.person(SERVICE), at=AFTER)
    return found


def rejected(found: Invoice | None = None) -> Invoice:
    return invoicing.reject(found or invoice(), reason="It names another contract.", by=cast.person(MANAGER), at=AFTER)


def compared(found: Invoice | None = None, email: str = SERVICE) -> Invoice:
    return invoicing.check(found or invoice(), by=cast.person(email), at=AFTER)


def paid(found: Invoice | None = None, amount: Decimal | None = None, *, at: datetime = AFTER) -> InvoicePayment:
    found = found or invoice()
    return invoicing.pay(found, amount=found.gross_gbp if amount is None else amount, paid_on=at.date(), by=cast.person(MANAGER), at=at)


def applied(reference: str, code: str = "SD-S-FIX") -> None:
    """A credit of April is taken off the invoice of the reference."""
    levels_cast.notified(code)
    levels_cast.agreed(code)
    credit = levels_cast.credit(code)
    crediting.apply(credit, shown=crediting.shown_of(credit), invoice=reference, by=cast.person(MANAGER), at=AFTER)


def made(month: date = MONTH, at: datetime = AFTER) -> ManagementReturn:
    """By the clock's action; the months before it are made only by the clock itself."""
    framework, supplier = Framework.objects.get(pk=cast.contract().framework_id), cast.contract().supplier
    return returning.make(framework, supplier, month, at=at)


def the_return() -> ManagementReturn:
    return ManagementReturn.objects.select_related("framework__authority", "supplier").latest("id")


def all_made(at: datetime = AFTER) -> None:
    money_reminding.run(at)


def figures(lines: list[ReturnLine], **others: Decimal) -> dict[str, Declared]:
    """What the ledger says, but for the contracts (by their number without its hyphens) that are given."""
    given = {number.replace("_", "-"): amount for number, amount in others.items()}
    return {
        line.contract.number: Declared(given[line.contract.number], "Three days fewer.") if line.contract.number in given
        else Declared(line.charges_gbp)
        for line in lines
    }  # fmt: skip


def declared(found: ManagementReturn | None = None, *, email: str = ACCOUNT, at: datetime = AFTER, **others: Decimal) -> ManagementReturn:
    found = found or the_return()
    lines = list(found.lines.select_related("contract"))
    shown = returning.hash_of(found, lines)
    return returning.declare(found, figures(lines, **others), shown_hash=shown, by=cast.person(email), at=at)


def corrected(found: ManagementReturn | None = None, *, at: datetime = AFTER, **others: Decimal) -> ManagementReturn:
    found = found or the_return()
    lines = returning.lines_of(found.framework, found.supplier, found.month)
    return returning.correct(
        found, figures(lines, **others), reason="Counted anew.", shown_hash=returning.hash_of(found, lines),
        by=cast.person(ACCOUNT), at=at,
    )  # fmt: skip


def levy_paid(found: ManagementReturn | None = None, amount: Decimal | None = None):
    found = found or the_return()
    amount = found.note.amount_gbp if amount is None and hasattr(found, "note") else amount or Decimal(1)
    return returning.pay(found, amount=amount, paid_on=AFTER.date(), by=cast.person(FINANCE_LEAD), at=AFTER)


def entered(contract: Contract) -> ManagementReturn:
    """A return without a line, as a row: of a contract that is not in force none is made."""
    return ManagementReturn.objects.create(
        framework=contract.framework, supplier=contract.supplier, month=MONTH, number=1, due_on=returning.due_on(MONTH),
        made_at=AFTER, state_since=AFTER,
    )  # fmt: skip
