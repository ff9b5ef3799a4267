"""What waits for a person, over everything: one list, whatever it is about, oldest duty first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from documents.clock import london_day
from documents.templatetags.flex import gbp
from procurement import accession_display, approvals, clocks, queries, release_display, unsigned_baselines
from procurement.actors import Person
from procurement.models import Act, CallOff

MOST_OF_A_KIND = 50


@dataclass(frozen=True)
class Item:
    """One thing to do: about what, for whom, what, since when, and until when where a time runs; whether that is about
    an order or a contract that does not bind yet."""

    subject: str
    organisation: str
    todo: str
    url: str
    since: datetime
    due: datetime | None = None
    subject_to_contract: bool = False

    def days(self, on: date) -> int:
        """For how many days it has waited."""
        return (on - london_day(self.since)).days


def in_order(items: Iterable[Item]) -> list[Item]:
    """What has a time limit first, the nearest first; then what has waited longest."""
    return sorted(items, key=lambda item: (item.due is None, item.due or item.since, item.subject))


def kinds(by: Person, on: date) -> list[list[Item]]:
    """Approval steps, the supplier's orders, questions on both sides, counter-proposals, accessions, baselines, catalogue
    releases, proposed terminations, own drafts, of each the ``MOST_OF_A_KIND`` that wait longest; a fixed number of queries.
    Contracts to sign are added above (``contracts.queries.inbox``)."""
    found = (_steps, _orders, _clarifications, _queries, _accessions, _baselines, _releases, _terminations)
    counters, drafts = queries.together(queries.counters_to_answer(by, on)[:MOST_OF_A_KIND], queries.drafts(by, on)[:MOST_OF_A_KIND])
    return [*(list(kind(by, on)) for kind in found), list(_counters(counters)), list(_drafts(drafts))]


def items(by: Person, on: date) -> list[Item]:
    """``kinds`` as one list."""
    return [item for kind in kinds(by, on) for item in kind]


def is_cut(found: Iterable[list[Item]]) -> bool:
    """Whether more may wait than is shown."""
    return any(len(kind) >= MOST_OF_A_KIND for kind in found)


def _order(call_off: CallOff, todo: str, since: datetime, *, due: datetime | None = None, url: str = "") -> Item:
    url = url or reverse("procurement:call_off", args=[call_off.public_id])
    words = f"{call_off.reference} {call_off.title}" if call_off.reference else call_off.title
    return Item(words, call_off.department.name, todo, url, since, due, subject_to_contract=True)


def _steps(by: Person, on: date) -> Iterable[Item]:
    steps = queries.open_steps(by, on, MOST_OF_A_KIND)
    of = approvals.about([step.approval for step in steps])
    for step in steps:
        about, approval = of[step.approval_id], step.approval
        words = _("to commit as %(post)s") if step.act == Act.COMMIT else _("to endorse as %(post)s")
        yield Item(
            about.title, approval.department.name, words % {"post": step.get_post_display()},
            approvals.kind_of(approval).step_url(about, step), step.opened_at, subject_to_contract=True,
        )  # fmt: skip


def _orders(by: Person, on: date) -> Iterable[Item]:
    for order in queries.orders_to_answer(by, on)[:MOST_OF_A_KIND]:
        words = _("to accept or decline") if order.answer_due_at else _("to accept or decline; the clock stands")
        yield _order(order, words, order.desk_since, due=order.answer_due_at)


def _clarifications(by: Person, on: date) -> Iterable[Item]:
    for asked in queries.clarifications_to_answer(by, on)[:MOST_OF_A_KIND]:
        order = asked.call_off
        words = _("%(who)s waits for your answer to a question") % {"who": order.supplier.name}
        url = reverse("procurement:clarified", args=[order.public_id, asked.number])
        yield _order(order, words, asked.asked_at, url=url)


def _queries(by: Person, on: date) -> Iterable[Item]:
    asked = list(queries.queries_to_answer(by, on)[:MOST_OF_A_KIND])
    of = approvals.about([query.approval for query in asked])
    for query in asked:
        about, approval = of[query.approval_id], query.approval
        yield Item(
            about.title, approval.department.name, _("a question from %(who)s") % {"who": query.asked_by_name},
            approvals.kind_of(approval).query_url(about, query), query.asked_at, subject_to_contract=True,
        )  # fmt: skip


def _counters(orders: Iterable[CallOff]) -> Iterable[Item]:
    for order in orders:
        words = _("%(who)s waits for your answer to a counter-proposal") % {"who": order.supplier.name}
        yield _order(order, words, order.state_since, due=clocks.until(order))


def _accessions(by: Person, on: date) -> Iterable[Item]:
    for row in accession_display.waiting(by, on)[:MOST_OF_A_KIND]:
        accession = row["accession"]
        subject = _("%(department)s joins %(framework)s") % {
            "department": accession.department.name, "framework": accession.framework.title,
        }  # fmt: skip
        url = reverse("procurement:accession", args=[accession.public_id])
        yield Item(subject, accession.department.name, row["words"], url, accession.state_since, accession.due_at)


def _baselines(by: Person, on: date) -> Iterable[Item]:
    for baseline in unsigned_baselines.to_sign_off(by, on, MOST_OF_A_KIND):
        department = baseline.accession.department
        subject = _("Baseline of %(department)s, %(amount)s a user and year") % {
            "department": department.name, "amount": gbp(baseline.gbp_per_user_year),
        }  # fmt: skip
        url = reverse("procurement:accession_act", args=[baseline.accession.public_id, "sign-off-baseline"])
        yield Item(subject, department.name, _("to sign off"), url, baseline.stated_at, unsigned_baselines.due_at(baseline))


def _releases(by: Person, on: date) -> Iterable[Item]:
    for row in release_display.waiting(by, on)[:MOST_OF_A_KIND]:
        release = row["release"]
        subject = _("Catalogue release “%(title)s”") % {"title": release.title}
        url = reverse("procurement:release", args=[release.public_id])
        yield Item(subject, release.organisation.name, row["words"], url, release.state_since)


def _terminations(by: Person, on: date) -> Iterable[Item]:
    for proposed in queries.terminations_to_confirm(by, on)[:MOST_OF_A_KIND]:
        framework = proposed.framework
        url = reverse("procurement:framework_act", args=["confirm-termination"])
        subject = _("Termination of %(framework)s") % {"framework": framework.title}
        yield Item(subject, framework.authority.name, _("to confirm or drop"), url, proposed.proposed_at)


def _drafts(orders: Iterable[CallOff]) -> Iterable[Item]:
    for order in orders:
        url = reverse("procurement:tasks", args=[order.public_id])
        yield _order(order, str(order.get_state_display()), order.state_since, url=url)
