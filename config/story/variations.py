"""The two variations of DIUS: more desktops at London, each with what every seat takes (dius_variations.csv)."""

from datetime import date, datetime

from config.story.data import rows
from contracts import variation_approval, variation_issuing, varying
from contracts.models import Contract, Gateway, Variation
from documents import store
from documents.models import SigningIntent
from procurement.actors import Person
from procurement.models import StepState

ANSWERS = {
    "scope": "The same services, for more of the same staff, at a site that has them already.",
    "balance": "The prices of the contract as they stand; the supplier gains nothing beyond what it supplies.",
}
NOTICE = "2008/S 185-244512"


def find(contract: Contract, label: str) -> Variation:
    rows = Variation.objects.select_related("revision", "document", "approval", "contract")
    return rows.get(contract=contract, number=int(label.removeprefix("VAR-")))


def assess(contract: Contract, label: str, by: Person, at: datetime) -> None:
    """Begun, filled in, assessed and submitted for approval in one go."""
    wanted = [row for row in rows("dius_variations.csv") if row["variation"] == label]
    reason = wanted[0]["reason"][0].upper() + wanted[0]["reason"][1:]
    variation = varying.begin(contract, kind="quantity", title=reason, by=by, at=at)
    lines = [varying.Wanted(row["service"], int(row["add_quantity"]), row["site"]) for row in wanted]
    varying.save_lines(variation, lines, effective_on=date.fromisoformat(wanted[0]["starts_on"]), by=by, at=at)
    varying.save_grounds(variation, reason=f"{reason}.", gateway=Gateway.NOT_SUBSTANTIAL, answers=ANSWERS, by=by, at=at)
    variation = varying.assess(variation, by=by, at=at)
    variation_approval.submit(variation, shown_hash=variation.revision.content_hash, by=by, at=at)


def decide(variation: Variation, post: str, by: Person, at: datetime) -> None:
    step = variation.approval.steps.select_related("approval").get(post=post, state=StepState.OPEN)
    variation_approval.decide(step, shown_hash=step.approval.content_hash, no_conflict=True, by=by, at=at)


def publish(variation: Variation, by: Person, at: datetime) -> None:
    variation_approval.record_notice(variation, reference=NOTICE, published_on=at.date(), by=by, at=at)


def sign(variation: Variation, by: Person, at: datetime) -> SigningIntent:
    party, shown = store.next_party(variation.document), store.head(variation.document).sha256
    return variation_issuing.sign(variation, party, shown_sha256=shown, by=by, at=at)
