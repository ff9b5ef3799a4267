"""The tables of the auditor's file about what changed the contract without a signature, whose it was, and what the law asks to be
published of it, as one side reads them. Money is GBP, VAT excluded; moments are in UTC."""

from collections.abc import Iterable, Iterator

from contracts import access, statutory
from contracts.audit_tables import Table
from contracts.models import Contract, KpiRating, StatutoryNotice, VariationReply
from documents import canonical
from procurement import passings


def notices(contract: Contract, side: str) -> list[StatutoryNotice]:
    found = list(access.notices_for(side, contract).select_related("publication", "variation__revision"))
    for one in found:
        one.contract = contract
    return found


def _passed(contract: Contract, side: str) -> Table:
    """From which department to which: before its day the contract was the first one's."""
    rows = [
        [one.effective_on, one.outgoing.name, one.outgoing.identifier, one.receiving.name, one.receiving.identifier, one.transfer, one.words,
         one.document.number if one.document else "", canonical.moment(one.made_at)]
        for one in passings.of(contract)
    ]  # fmt: skip
    heading = ["from_day", "outgoing", "outgoing_identifier", "receiving", "receiving_identifier", "transfer", "basis", "document", "at_utc"]
    return Table("departments.csv", "From which department to which it passed, and by what", heading, rows)


def _requests(contract: Contract, side: str) -> Iterator[Table]:
    found = list(contract.change_requests.prefetch_related("changes").order_by("number"))
    yield Table(
        "decisions/change_requests.csv", "Quantities asked for inside the tolerance, and what became of it",
        ["request", "from_day", "state", "value_gbp", "share_percent", "cumulative_percent", "reason", "asked_by", "acting_for", "asked_at_utc",
         "answer", "ended_by", "ended_for", "since_utc", "content_sha256"],
        [[one.label, one.effective_on, one.state, one.value_gbp, one.share_percent, one.cumulative_percent, one.reason, one.asked_by_name,
          one.asked_for_name, canonical.moment(one.asked_at), one.answer, one.answered_by_name, one.answered_for_name,
          canonical.moment(one.state_since), one.content_hash] for one in found],
    )  # fmt: skip
    yield Table(
        "decisions/change_request_lines.csv", "How many more or fewer of what each asks for", ["request", "service", "site", "change"],
        [[one.label, line.service_code, line.site, line.quantity_change] for one in found for line in sorted(one.changes.all(), key=lambda line: line.number)],
    )  # fmt: skip


def _replies(contract: Contract, side: str) -> Table:
    """What the supplier said of an assessed variation: the side reads what it reads the variation of."""
    rows = VariationReply.objects.filter(revision__variation__in=access.variations_for(side, contract))
    found = [
        [one.revision.variation.label, one.revision.number, "yes" if one.can_deliver else "no", one.words, one.person_name, one.acting_for,
         str(one.get_post_display()), canonical.moment(one.at)]
        for one in rows.select_related("revision__variation").order_by("id")
    ]  # fmt: skip
    heading = ["variation", "revision", "can_deliver", "words", "by", "acting_for", "post", "at_utc"]
    return Table("decisions/supplier_replies.csv", "Whether the supplier said that it can deliver a variation", heading, found)


def _notices(found: Iterable[StatutoryNotice]) -> Table:
    rows = []
    for one in found:
        published = getattr(one, "publication", None)
        rows.append([
            one.label, one.kind, one.variation.label if one.variation else "", one.period_from, one.period_to, statutory.last_day(one),
            "yes" if published or statutory.is_needed(one) else "no",
            *([published.reference, published.published_on, published.recorded_by_name, published.acting_for,
               canonical.moment(published.recorded_at), published.sha256] if published else [""] * 6),
        ])  # fmt: skip
    heading = ["notice", "kind", "variation", "period_from", "period_to", "last_day", "needed", "reference", "published_on", "recorded_by",
               "acting_for", "recorded_at_utc", "content_sha256"]  # fmt: skip
    return Table("notices/notices.csv", "Notices that the law asks for, their last days, and which were published", heading, rows)


def _ratings(found: Iterable[StatutoryNotice]) -> Table:
    label = {one.pk: one.label for one in found}
    ratings = KpiRating.objects.filter(round__notice__in=label).select_related("measure", "round__confirmation")
    rows = []
    for one in ratings.order_by("round__notice__number", "round__number", "measure__position", "id"):
        confirmed = getattr(one.round, "confirmation", None)
        rows.append([
            label[one.round.notice_id], one.round.number, one.measure.measure_code, one.measure.measure, one.rating, one.suggested, one.words, one.met,
            one.below_target, one.below_minimum, one.below_critical, one.relieved, one.round.rated_by_name, one.round.rated_for_name,
            canonical.moment(one.round.rated_at), confirmed.confirmed_by_name if confirmed else "", confirmed.confirmed_for_name if confirmed else "",
            canonical.moment(confirmed.confirmed_at) if confirmed else "", one.round.content_hash,
        ])  # fmt: skip
    heading = ["notice", "round", "measure", "name", "rating", "suggested", "words", "months_met", "months_below_target", "months_below_minimum",
               "months_below_critical", "months_relieved", "rated_by", "rated_for", "rated_at_utc", "confirmed_by", "confirmed_for", "confirmed_at_utc",
               "content_sha256"]  # fmt: skip
    return Table("notices/ratings.csv", "Ratings of the key performance indicators, and who confirmed them", heading, rows)


def _comments(found: Iterable[StatutoryNotice]) -> Table:
    rows = [
        [one.label, said.words, said.person_name, said.acting_for, canonical.moment(said.at)] for one in found for said in one.comments.all()
    ]
    return Table("notices/comments.csv", "What the supplier said of its ratings", ["notice", "words", "by", "acting_for", "at_utc"], rows)


def all_of(contract: Contract, side: str) -> Iterator[Table]:
    yield _passed(contract, side)
    yield from _requests(contract, side)
    yield _replies(contract, side)
    found = notices(contract, side)
    yield _notices(found)
    yield _ratings(found)
    yield _comments(found)
