"""The variations of the DIUS story (config/data/flex/dius_variations.csv), and the steps of one in one call each."""

import csv
from datetime import date, datetime
from functools import partial

from contracts import variation_approval, variation_issuing, varying
from contracts.models import Contract, Variation
from documents import store
from procurement import approval_guards
from procurement.models import ApprovalStep, StepState
from tests import cast, paper
from tests.cast import START
from tests.databases import ROOT

MANAGER = "contract.manager@dius.example"
REASON = "More staff than was planned for."
ANSWERS = {"scope": "The same services for the same work.", "balance": "The same prices."}


def rows(label: str) -> list[dict[str, str]]:
    with open(ROOT / "config" / "data" / "flex" / "dius_variations.csv", newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["variation"] == label]


def wanted(label: str = "VAR-01") -> list[varying.Wanted]:
    return [varying.Wanted(row["service"], int(row["add_quantity"]), row["site"]) for row in rows(label)]


def begun(contract: Contract | None = None, kind: str = "quantity", at: datetime = START) -> Variation:
    return varying.begin(contract or cast.contract(), kind=kind, title="100 more desktops at London", by=cast.person(MANAGER), at=at)


def filled(
    label: str = "VAR-01", day: date = date(2008, 11, 1), contract: Contract | None = None, at: datetime = START
) -> Variation:
    variation = begun(contract, at=at)
    varying.save_lines(variation, wanted(label), effective_on=day, by=cast.person(MANAGER), at=at)
    return varying.save_grounds(
        variation, reason=REASON, gateway="not_substantial", answers=ANSWERS, by=cast.person(MANAGER), at=at
    )


def assessed(label: str = "VAR-01", contract: Contract | None = None, at: datetime = START) -> Variation:
    return varying.assess(filled(label, contract=contract, at=at), by=cast.person(MANAGER), at=at)


def extended(months: int, at: datetime = START) -> Variation:
    """The option to extend is used by so many months: assessed."""
    return of_kind("term", partial(varying.save_term, extension_months=months), at)


def approved(variation: Variation, at: datetime = START) -> Variation:
    """From assessed, after the change notice where one comes first: awaiting signatures."""
    by = cast.person(MANAGER)
    if variation.revision.notice_first:
        variation = variation_approval.record_notice(variation, reference=f"2008/S {variation.number}", published_on=at.date(), by=by, at=at)
    return decided(variation_approval.submit(variation, shown_hash=variation.revision.content_hash, by=by, at=at), at)


def of_kind(kind: str, save, at: datetime = START) -> Variation:
    """``save(variation, by=, at=)`` enters what it changes: assessed."""
    by = cast.person(MANAGER)
    variation = begun(kind=kind, at=at)
    save(variation, by=by, at=at)
    varying.save_grounds(variation, reason=REASON, gateway="not_substantial", answers=ANSWERS, by=by, at=at)
    return varying.assess(variation, by=by, at=at)


def submitted(label: str = "VAR-01", contract: Contract | None = None, at: datetime = START) -> Variation:
    variation = assessed(label, contract, at)
    return variation_approval.submit(variation, shown_hash=variation.revision.content_hash, by=cast.person(MANAGER), at=at)


def decided(variation: Variation, at: datetime = START, steps: int | None = None) -> Variation:
    """By the first who can take each step, in order; ``steps``: only so many."""
    done = 0
    while steps is None or done < steps:
        step = ApprovalStep.objects.filter(approval=variation.approval_id, state=StepState.OPEN).select_related("approval").first()
        if step is None:
            break
        by = cast.person(approval_guards.who_can_take(step, at.date())[0].email)
        variation = variation_approval.decide(step, shown_hash=step.approval.content_hash, no_conflict=True, by=by, at=at)
        done += 1
    return variation


def signed(variation: Variation, at: datetime = START, parties: int = 3) -> Variation:
    """By so many parties in turn, the worker's part done in this process."""
    for _turn in range(parties):
        cast.run_all_jobs()
        variation = Variation.objects.get(pk=variation.pk)
        party = store.next_party(variation.document)
        variation_issuing.sign(
            variation, party, shown_sha256=store.head(variation.document).sha256, by=cast.person(dict(cast.SIGNATORIES)[party]), at=at
        )
    cast.run_all_jobs()
    return Variation.objects.get(pk=variation.pk)


def signed_on_paper(variation: Variation, parties: int = 3) -> Variation:
    """As ``signed``, with a document of the real rows and no PDF."""
    if parties == len(cast.SIGNATORIES):
        return paper.variation_executed(variation)
    paper.variation_issued(variation)
    for party, email in cast.SIGNATORIES[:parties]:
        paper.sign_variation(variation, party, email)
    return cast.fresh(variation)
