"""A transfer from one department to another, and the novation of a contract by one."""

from django.urls import reverse

from contracts import novating, novation_guards
from contracts.models import Novation, TransferNotice
from documents import store
from documents.models import Purpose
from procurement import agreements
from procurement.models import Accession, Passing, PostHolding
from tests import cast, paper
from tests.cast import START
from tests.contracts import transfer_cast as made
from tests.machines import Action, Form, Machine

TODAY = START.date()  # at which the pages' clock stands


def prepared(_):
    paper.in_force()
    return made.prepared(made.asked(day=TODAY))


def split(_):
    paper.in_force()
    return chosen(made.split(made.asked(kind="split", day=TODAY)))


def chosen(transfer):
    return made.chosen(transfer, contracts=[cast.contract()], people=["contract.manager@dius.example"])


def at(name: str, *more):
    return lambda one: reverse(f"contracts:{name}", args=[one.public_id, *more])


def page(email: str, name: str, *more, **fields):
    def form(one):
        said = {"shown_hash": one.content_hash} if more == ("agree",) else {}
        return Form(email, at(name, *more)(one), said | {key: value(one) if callable(value) else value for key, value in fields.items()})

    return form


def suspended(transfer):
    """The outgoing department's membership: it cannot be carried over."""
    agreements.suspend(Accession.objects.get(department__code="DIUS"), reason="Late.", by=cast.person(made.MANAGER), at=START)
    return transfer


DRAFTS, IN_ITS_WAY = ("draft", "draft, of a part"), "agreed, in its way"
TRANSFER = Machine(
    rows=(Passing, TransferNotice, PostHolding, Novation),
    states={
        "draft": (None, prepared),
        "draft, of a part": (None, split),
        "agreed": ("draft", made.agreed),
        IN_ITS_WAY: ("agreed", suspended),
        "applied": ("agreed", made.applied),
        "withdrawn": ("agreed", made.withdrawn),
    },
    actions={
        "choose": Action(("draft, of a part",), chosen, page(made.MANAGER, "choose_transfer", people=lambda _: [str(cast.person("signatory@dius.example").person_id)])),
        "agree": Action(DRAFTS, made.agreed, page(made.DIRECTOR, "transfer_act", "agree")),
        "withdraw": Action((*DRAFTS, "agreed", IN_ITS_WAY), made.withdrawn, page(made.MANAGER, "transfer_act", "withdraw", reason="The order was not made.")),
        "apply": Action(("agreed",), made.applied, page(made.MANAGER, "transfer_act", "apply")),
        "take effect": Action(("agreed", IN_ITS_WAY), made.taken, quiet=True),  # or say what is in its way
    },
)  # fmt: skip


# ---- a novation


def issued(_):
    paper.in_force()
    return made.novation(made.agreed(made.prepared(made.novated())))


def of(act):
    """With what it belongs to, read as a page does."""
    return lambda one: act(made.novation(one.transfer, one.contract))


SUPPLIER, OUTGOING, INCOMING = (email for _party, email in made.NOVATION_PARTIES)


def shown(one) -> str:
    head = store.head(one.document)
    return head.sha256 if head else "0" * 64


def address(one, name: str) -> str:
    return reverse(f"contracts:{name}", args=[one.transfer.public_id, one.contract.public_id])


def signing(email: str, turn: str) -> Action:
    """Whoever it is signs for the party whose turn it is, or to be told when theirs comes for their own: as on the page."""

    def act(one):
        party = novation_guards.signing_of(one).asked(cast.person(email), START).party
        return novating.sign(one, party, shown_sha256=shown(one), by=cast.person(email), at=START)

    return Action((turn,), of(act), lambda one: Form(email, address(one, "sign_novation"), {"read": "on", "shown_sha256": shown(one)}))


def signed(place: int):
    return of(lambda one: made.sign_novation(one, *made.NOVATION_PARTIES[place]))


def closed(one):
    one = made.sign_novation(one, *made.NOVATION_PARTIES[2])
    paper.add(one.document, Purpose.ARCHIVE_TIMESTAMP)
    return one


def refused(one):
    return novating.refuse_to_sign(one, "supplier", reason="A term.", by=cast.person(SUPPLIER), at=START)


MADE, BY_ONE, BY_TWO, CLOSED = (f"awaiting_signatures, {words}" for words in ("made", "signed by the supplier", "signed by two", "closed"))
NOVATION = Machine(
    states={
        "awaiting_signatures": (None, issued),
        MADE: ("awaiting_signatures", of(made.novation_issued)),
        "void": (MADE, of(refused)),
        BY_ONE: (MADE, signed(0)),
        BY_TWO: (BY_ONE, signed(1)),
        CLOSED: (BY_TWO, of(closed)),
        "executed": (CLOSED, of(lambda one: novating.execute(one, at=START))),
    },
    actions={
        "issue": Action(("awaiting_signatures",), of(lambda one: made.novation_issued(one) if store.head(one.document) is None else novating.issued(one, at=START)), quiet=True),
        "sign for the supplier": signing(SUPPLIER, MADE),
        "sign for the outgoing body": signing(OUTGOING, BY_ONE),
        "sign for the incoming body": signing(INCOMING, BY_TWO),
        "refuse": Action(("awaiting_signatures", MADE), of(refused), lambda one: Form(SUPPLIER, address(one, "refuse_novation"), {"reason": "A term."})),
        "execute": Action((CLOSED,), of(lambda one: novating.execute(one, at=START)), quiet=True),
    },
)  # fmt: skip
