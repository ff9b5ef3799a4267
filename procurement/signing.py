"""Signing a document that parties sign in turn: whose turn it is, from which chair, under which authority, the recorded
act, and how it goes on from one party to the next. One way for every kind of document; what is signed, in which states,
and what its completion brings belongs to its own module."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.models import Organisation
from documents import audit, canonical, clock, steps, store
from documents.actors import Actor
from documents.clock import london_day
from documents.models import Document, DocumentState, SigningIntent
from documents.refusal import Reason, refuse
from documents.store import signature_field
from documents.templatetags.flex import day, gbp
from procurement import seats
from procurement.actors import Person
from procurement.approval_guards import delegation_words as limit_words
from procurement.models import ActingFor, Delegation, DelegationKind, PostCode, PostHolding, SigningBar
from procurement.seats import Seat

FRESH_SIGN_IN = timedelta(minutes=5)
T = TypeVar("T", bound=Any)  # what has a document, and since when it is out: each app's own rows


@dataclass(frozen=True)
class Box:
    """A party's place on a document: the holder of the post at the organisation signs in it."""

    party: str
    label: str  # what pages call the party
    role: str  # what the document calls it
    organisation: Organisation
    post: str

    @property
    def field(self) -> str:
        return signature_field(self.party)

    def seats(self, by: Person, at: datetime) -> list[Seat]:
        """The seats in the signatory's chair that the person can act from that day."""
        return seats.seats_of(by, self.organisation.pk, self.post, london_day(at))


def _nobody(by: Person, seat: Seat) -> Iterator[Reason]:
    return iter(())


def signature_delegations(seat: Seat, on: date) -> list[Delegation]:
    """The signature delegations on the chair, in date, largest first."""
    return seats.delegations(seat, DelegationKind.SIGNATURE, on)


@dataclass(frozen=True)
class Signing:
    """What is to be signed: the document of ``thing``, under its framework. ``boxes`` in signing order; ``value_gbp`` (GBP, net) and ``lots`` are what a signature
    delegation has to cover, zero and none where no money is committed; ``barred`` may not sign, for ``barred_words``, nor
    may whom ``apart`` has a reason against, by person and seat. ``held``: under which delegations a seat signs on a day."""

    thing: Any
    boxes: tuple[Box, ...]
    value_gbp: Decimal
    lots: Collection[int] = ()
    barred: Collection[UUID] = field(default_factory=frozenset)
    barred_words: str = ""
    apart: Callable[[Person, Seat], Iterator[Reason]] = _nobody
    held: Callable[[Seat, date], list[Delegation]] = signature_delegations

    @property
    def document(self) -> Document:
        return self.thing.document

    def covered_by(self, delegation: Delegation) -> bool:
        return delegation.covers(self.value_gbp, self.thing.framework_id, self.lots)

    def box(self, party: str) -> Box:
        return next(box for box in self.boxes if box.party == party)

    def turn(self) -> Box | None:
        """Whose turn it is; None when all have signed."""
        party = store.next_party(self.document)
        return None if party is None else self.box(party)

    def before(self, party: str) -> list[Box]:
        """Who signs first, from whose turn it is; nobody where the party has signed or is next."""
        places, turn = [box.party for box in self.boxes], self.turn()
        return list(self.boxes[places.index(turn.party):places.index(party)]) if turn else []

    def asked(self, by: Person, at: datetime) -> Box:
        """For which party somebody who wants to sign does it: for that whose turn it is where they can, else for their
        own, to be told when its turn comes."""
        turn = self.turn() or self.boxes[-1]
        return turn if turn.seats(by, at) else self.box_of(by, at) or turn

    def box_of(self, by: Person, at: datetime) -> Box | None:
        """The first box that the person may sit before, whether signed or not."""
        return next((box for box in self.boxes if box.seats(by, at)), None)

    def seat(self, party: str, by: Person, at: datetime) -> Seat | None:
        """The seat from which the person signs for the party, or refuses; None where they sit in none. Who acts for
        several does it from the first against whom nothing stands, their own before others', under a delegation that
        covers it. Guard, act and record all ask this."""

        def against(seat: Seat) -> tuple[bool, bool]:
            return any(_why_barred(self, by, seat)), any(_covered(self, seat, at))

        return seats.choose(self.box(party).seats(by, at), against)


def deputised(of: Signing, party: str, by: Person, at: datetime) -> ActingFor | None:
    """What the person signs under as a deputy: for the page, which says it before they do."""
    seat = of.seat(party, by, at)
    return seat.acting if seat else None


def bar(document: Document, people: Mapping[str, Collection[UUID]]) -> None:
    """Keep with a document who may not sign it, by why (``SigningBar.Why``), when it is made."""
    SigningBar.objects.bulk_create(
        SigningBar(document=document, person_id=person_id, why=why)
        for why, persons in people.items() for person_id in sorted(persons)
    )  # fmt: skip


def boxes_payload(boxes: Iterable[Box]) -> list[dict[str, str]]:
    """The boxes of the signature page, as a document's payload has them."""
    return [
        {"field": box.field, "role": box.role, "name": box.organisation.name, "identifier": box.organisation.identifier}
        for box in boxes
    ]


def expected(boxes: Iterable[Box]) -> list[dict[str, str]]:
    """Who signs, in order, as the document's row keeps it and the strict check expects it."""
    return [
        {"field": box.field, "party": box.party, "identifier": box.organisation.identifier, "name": box.organisation.name}
        for box in boxes
    ]


def delegation_words(delegation: Delegation | None) -> str:
    """Kind and dates, never the limit: the other parties read this."""
    if delegation is None:
        return ""
    words = {"kind": str(delegation.get_kind_display()), "start": day(delegation.starts_on)}
    if delegation.ends_on is None:
        return _("%(kind)s delegation from %(start)s") % words
    return _("%(kind)s delegation of %(start)s to %(end)s") % (words | {"end": day(delegation.ends_on)})


def _out_of_turn(signing: Signing, turn: Box | None, party: str) -> Iterator[Reason]:
    if turn is None:
        yield Reason(_("All parties have signed; the document is being closed."))
    elif turn.party != party:
        own, waited_for = signing.box(party), signing.before(party)
        yield Reason(
            _("It is the turn of %(party)s to sign.") % {"party": turn.organisation.name},
            ngettext(
                "Your turn, for %(own)s, comes when %(others)s has signed.", "Your turn, for %(own)s, comes when %(others)s have signed.",
                len(waited_for),
            ) % {
                "own": own.organisation.name,
                "others": get_text_list([box.organisation.name for box in waited_for], _("and then")),
            }
            if waited_for
            else _("%(own)s has signed already, and neither signs again nor refuses.") % {"own": own.organisation.name},
        )  # fmt: skip


def _not_their_chair(box: Box, at: datetime) -> Reason:
    return Reason(
        _("Only the %(post)s of %(organisation)s can do this.")
        % {"post": PostCode(box.post).label, "organisation": box.organisation.name},
        seats.who_holds(box.organisation.pk, box.post, london_day(at)),
    )


def why_not_refuse(signing: Signing, party: str, *, by: Person, at: datetime) -> Iterator[Reason]:
    """Of a document that is being signed: a signatory whose turn it is, and whom nothing keeps ``apart``, may refuse."""
    yield from _out_of_turn(signing, signing.turn(), party)
    seat = signing.seat(party, by, at)
    if seat is None:
        yield _not_their_chair(signing.box(party), at)
    else:
        yield from signing.apart(by, seat)


def why_not_sign(
    signing: Signing, party: str, *, by: Person, at: datetime, fresh: bool = True
) -> Iterator[Reason]:
    """Whose turn, whose post, authority at this moment, and unless not ``fresh`` a new sign-in (real time): the page
    that leads to signing leaves that to the page of signing, which asks for it."""
    turn = signing.turn()
    yield from _out_of_turn(signing, turn, party)
    if turn is not None and store.pending_intent(signing.document) is not None:
        yield Reason(_("The signature before yours is still being put on the document; try again in a moment."))
    seat = signing.seat(party, by, at)
    if seat is None:
        yield _not_their_chair(signing.box(party), at)
        return
    yield from _why_barred(signing, by, seat)
    yield from _covered(signing, seat, at)
    if fresh and (by.signed_in_at is None or clock.real_now() - by.signed_in_at > FRESH_SIGN_IN):
        yield Reason(_("Sign in again just before you sign."), _("The page asks you for your password."))


def _why_barred(signing: Signing, by: Person, seat: Seat) -> Iterator[Reason]:
    """What keeps somebody from signing from a seat whatever its delegation."""
    if by.person_id in signing.barred or (seat.principal and seat.principal.person_id in signing.barred):
        yield Reason(signing.barred_words)
    yield from _signed_already(signing, by, seat)
    yield from signing.apart(by, seat)


def _signed_already(signing: Signing, by: Person, seat: Seat) -> Iterator[Reason]:
    """One person, one signature, whatever chairs they sit in. A signature counts for who signs and for whom they act:
    nobody signs beside their deputy or their principal, nor do two deputies of one principal."""
    people = {str(by.person_id), *([str(seat.principal.person_id)] if seat.principal else [])}
    for intent in SigningIntent.objects.filter(document=signing.document):
        if people & _behind(intent.act):
            words = _("%(name)s has signed this document for another party.")
            if intent.act["acting_for"]:
                words = _("%(name)s, acting for %(acting_for)s, has signed this document for another party.")
            yield Reason(words % {"name": intent.act["name"], "acting_for": intent.act["acting_for"]})


def _behind(act: dict[str, Any]) -> set[str]:
    """The person ids of who signed and of whom they acted for. An act that was recorded before ``principal_id`` was kept
    says it by its delegation: that is on the holding they signed from."""
    principal = act.get("principal_id")
    if principal is None:
        principal = str(PostHolding.objects.values_list("user__person_id", flat=True).get(delegations=act["delegation"]))
    return {act["person_id"], principal} - {""}


def _covered(signing: Signing, seat: Seat, at: datetime) -> Iterator[Reason]:
    held = signing.held(seat, london_day(at))
    if any(map(signing.covered_by, held)):
        return
    if not held and signature_delegations(seat, london_day(at)):
        yield Reason(
            _("The signature delegation does not count here: who gave it has declared a conflict of interest."),
            _("Another administrator can enter one, with the letter that gives it."),
        )
        return
    if not held:
        yield Reason(
            _("You hold no signature delegation on this day."),
            _("The administrator of your organisation can enter one, with the letter that gives it."),
        )
        return
    yield Reason(
        _("It is worth %(value)s; your signature delegation is %(limit)s.")
        % {"value": gbp(signing.value_gbp), "limit": limit_words(held[0])},
        _("Somebody with a larger signature delegation has to sign."),
    )


def sign(signing: Signing, party: str, *, verb: str, shown_sha256: str, by: Person, at: datetime) -> SigningIntent:
    """A signatory's act, recorded on the thing as ``verb`` before any key is used; a worker then puts the seal on for it.
    The caller holds the transaction, has locked the thing and has asked ``why_not_sign``. Refused when the person was
    shown other bytes than those that stand now."""
    seat = seats.hold(signing.seat(party, by, at))
    intent = _record_act(signing, party, seat, shown_sha256=shown_sha256, by=by, at=at)
    audit.record(
        verb, signing.thing, by=by, at=at, hash_shown=shown_sha256, acting_for=seat.principal,
        extra={"act": str(intent.act_id)},
    )  # fmt: skip
    steps.ask_to_sign(intent)
    return intent


def _record_act(signing: Signing, party: str, seat: Seat, *, shown_sha256: str, by: Person, at: datetime) -> SigningIntent:
    head = store.head(signing.document)
    if head is None or shown_sha256 != head.sha256:
        refuse(
            _("The document you were shown (%(shown)s) is not the document as it stands.")
            % {"shown": shown_sha256[:12] or "-"},
            _("Open the signing page again, read it, and sign what it shows."),
        )
    box = signing.box(party)
    delegation = min(
        filter(signing.covered_by, signing.held(seat, london_day(at))),
        key=lambda held: (held.unlimited, held.limit_gbp or 0),
    )
    act = {
        "party": party, "name": by.words, "person_id": str(by.person_id), "email": by.email,
        "post": str(seat.holding.post.get_code_display()), "organisation": box.organisation.name,
        "identifier": box.organisation.identifier, "acting_for": seat.principal.name if seat.principal else "",
        "principal_id": str(seat.principal.person_id) if seat.principal else "",
        "delegation": delegation.pk, "delegation_words": delegation_words(delegation),
        "signed_in_at": canonical.moment(by.signed_in_at), "hash_shown": shown_sha256, "at": canonical.moment(at),
        "real_at": canonical.moment(clock.real_now()), "session": by.session,
    }  # fmt: skip
    return store.record_intent(
        signing.document, field=box.field, identifier=box.organisation.identifier, act=act, base_sha256=shown_sha256
    )


def go_on(
    signing: Signing, tell: Callable[[Any, Box, datetime], None], *, verb: str, by: Actor, at: datetime
) -> None:
    """A signature is on the document: ``tell`` tells the next party. After the last one the thing is signed, recorded as
    ``verb``, on the day of that act however late its seal was put on, and the archive timestamp is asked for. The caller
    has locked the thing. A repeat finds it done."""
    thing, box = signing.thing, signing.turn()
    if box is not None:
        tell(thing, box, at)
    elif thing.signed_on is None:
        thing.signed_on = london_day(last_acts([signing.document])[signing.document.pk])
        thing.save()
        audit.record(verb, thing, by=by, at=at)
        steps.ask_to_close(signing.document)


def why_not_complete(thing: Any) -> Iterator[Reason]:
    document = Document.objects.get(pk=thing.document_id)  # as it stands: what is read beside a locked row may be older
    if document.state != DocumentState.COMPLETE or thing.signed_on is None:
        yield Reason(_("The document is not complete: it has not all its signatures and its archive timestamp."))


def in_boxes(signing: Signing, *, open_for_signing: bool) -> list[dict[str, Any]]:
    """The boxes in signing order for a page: who signed, in which post, when; or whose turn it is."""
    intents = {
        intent.field: intent
        for intent in SigningIntent.objects.filter(document=signing.document).select_related("signature")
    }
    waits = store.party_after(signing.document, intents) if open_for_signing else None
    return [
        {
            "party": box.label, "organisation": box.organisation.name,
            "act": intents[box.field].act if box.field in intents else None,
            "signed_at": getattr(getattr(intents.get(box.field), "signature", None), "signed_at", None),
            "turn": box.party == waits,
        }
        for box in signing.boxes
    ]  # fmt: skip


def for_person(signing: Signing, *, by: Person, at: datetime, why_not) -> dict[str, Any] | None:
    """For a signatory only: what they signed, or whether they can sign or refuse now and if not, why not
    (``why_not(party)`` gives the reasons of the subject)."""
    intents = list(SigningIntent.objects.filter(document=signing.document))
    signed = next((intent for intent in intents if intent.act["person_id"] == str(by.person_id)), None)
    if signed is not None:
        return {"signed": signed.act}
    intended = {intent.field for intent in intents}
    for box in signing.boxes:
        if box.field not in intended and box.seats(by, at):
            mine = box.party == store.party_after(signing.document, intended)
            return {"shut": list(why_not(box.party)), "my_turn": mine}
    return None


def turns(documents: Iterable[Document]) -> dict[int, str]:
    """By document: the party who can sign now, in one query. None is given for a document whose last act is still
    being put on, nor for one that all have signed."""
    documents = list(documents)
    signed: dict[int, set[str]] = defaultdict(set)
    being_put_on = set()
    intents = SigningIntent.objects.filter(document__in=documents)
    for document, box, done in intents.values_list("document_id", "field", "signature"):
        signed[document].add(box)
        if done is None:
            being_put_on.add(document)
    found = {
        document.pk: store.party_after(document, signed[document.pk])
        for document in documents
        if document.pk not in being_put_on
    }
    return {document: party for document, party in found.items() if party is not None}


def whose_turn(things: Iterable[T]) -> Iterator[tuple[T, str, datetime]]:
    """Of things with a document that parties sign, each whose next signature is somebody's to give: the party, and since when, which is
    the signature before it or, of the first, ``state_since``. Not while the document is made or a signature put on. Two queries."""
    found = [one for one in things if one.document.state in (DocumentState.SEALED, DocumentState.SIGNING)]
    party_of, acts = turns(one.document for one in found), last_acts(one.document_id for one in found)
    for one in found:
        if one.document_id in party_of:
            yield one, party_of[one.document_id], acts.get(one.document_id, one.state_since)


def being_signed(documents: Iterable[Document]) -> list[Document]:
    """Of documents that parties sign: those that a signature is being put on, or that all have signed and that are being closed.
    One query."""
    documents = list(documents)
    signed: dict[int, set[str]] = defaultdict(set)
    being_put_on = set()
    for document, box, done in SigningIntent.objects.filter(document__in=documents).values_list("document_id", "field", "signature"):
        signed[document].add(box)
        if done is None:
            being_put_on.add(document)
    return [one for one in documents if one.pk in being_put_on or store.party_after(one, signed[one.pk]) is None]


def last_acts(documents: Iterable[Document | int]) -> dict[int, datetime]:
    """By document: when a party last signed it, by the business clock; since then it is the next one's turn. One query."""
    acts = SigningIntent.objects.filter(document__in=list(documents)).values_list("document_id", "act__at")
    found: dict[int, datetime] = {}
    for document, at in acts:
        moment = datetime.fromisoformat(at)
        found[document] = max(moment, found.get(document, moment))
    return found
