"""What of a department passes to another when the machinery of government changes: its orders with what is being decided of
them, its people with their posts and delegations, its membership and the places that it orders for (domain.md, "Machinery of
government").

The caller holds the transaction, every framework alone (``locking.lock_framework``) and both organisations, and has asked its
guards: nothing else is written about them meanwhile.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import F, Model, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils.translation import gettext as _

from catalogue.models import Framework, Organisation, Site
from documents import audit
from documents.actors import Actor, Principal
from documents.clock import london_day
from documents.models import Document
from procurement import agreements, granting
from procurement.models import (
    AUTHORITY_POSTS,
    PIPELINE,
    Accession,
    AccessionState,
    ActingFor,
    Approval,
    ApprovalStep,
    Baseline,
    BaselineSignOff,
    CallOff,
    Delegation,
    Passing,
    Post,
    PostHolding,
    Side,
    StepState,
    User,
    not_taken_back,
)


@dataclass(frozen=True)
class Passage:
    """From which department to which, from which day on, and by what: ``transfer`` is the number of the act, ``words`` the
    legal basis as people read it, ``letter`` the name and sha256 of its stored file ("" where there is none). ``at`` is when it
    is applied: the day or, where the clock was late, after it. Posts pass with the day on which it is applied, because nobody's
    right is back-dated; everything else says ``effective_on``."""

    outgoing: Organisation
    receiving: Organisation
    effective_on: date
    transfer: str
    words: str
    letter: tuple[str, str]
    by: Actor
    at: datetime
    acting_for: Principal | None = None

    @property
    def on(self) -> date:
        return london_day(self.at)


def passed(passage: Passage, things: Collection[Model], documents: Mapping[int, Document | None] | None = None) -> None:
    """The facts, of rows of one table. ``documents``: by what each passed, by its primary key."""
    Passing.objects.bulk_create(
        Passing(
            subject=label, subject_id=identifier, outgoing=passage.outgoing, receiving=passage.receiving,
            effective_on=passage.effective_on, transfer=passage.transfer, words=passage.words,
            document=(documents or {}).get(thing.pk), made_at=passage.at,
        )
        for thing in things for label, identifier in [audit.subject_of(thing)]
    )  # fmt: skip


def record_each(verb: str, passage: Passage, things: Collection[Model]) -> None:
    """In the history of each: it is another department's from now on, and by what."""
    for thing in things:
        audit.record(
            verb, thing, by=passage.by, at=passage.at, reason=passage.words, acting_for=passage.acting_for,
            extra={"from": passage.outgoing.code, "to": passage.receiving.code, "transfer": passage.transfer},
        )  # fmt: skip


def found_by(passage: Passage) -> Concat:
    """The words that a row is found by, with the receiving department's name beside those of before."""
    return Concat(F("search_text"), Value(f" {passage.receiving.name} {passage.receiving.code}".lower()))


def pass_orders(passage: Passage, orders: QuerySet[CallOff], documents: Mapping[int, Document | None]) -> list[CallOff]:
    """With their state, decisions and reservation: what the one department did counts as done by the other. Revision and hash
    stay. ``documents``: the notice by which each passed, by the order's primary key."""
    found = list(orders.select_for_update(of=("self",)).order_by("pk"))
    passed(passage, found, documents)
    CallOff.objects.filter(pk__in=[one.pk for one in found]).update(department=passage.receiving, search_text=found_by(passage))
    pass_approvals(passage, found)
    record_each("call_off.passed", passage, found)
    return found


def pass_approvals(passage: Passage, things: Sequence[Model]) -> None:
    """Of rows of one table: every round is the receiving department's now, and so is each step of it that nobody has
    decided. What was decided was decided in the outgoing one."""
    if not things:
        return
    label = audit.subject_of(things[0])[0]
    rounds = Approval.objects.filter(subject=label, subject_id__in=[audit.subject_of(one)[1] for one in things])
    keys = list(rounds.values_list("pk", flat=True))
    Approval.objects.filter(pk__in=keys).update(department=passage.receiving)
    undecided = ApprovalStep.objects.filter(approval__in=keys, side=Side.DEPARTMENT, state__in=[StepState.WAITING, StepState.OPEN])
    undecided.filter(organisation=passage.outgoing).update(organisation=passage.receiving)


# ---- people


def people_of(body: Organisation, on: date) -> QuerySet[User]:
    """Who is, on the day or later, one of the department's people, or holds a post there."""
    holding = lasting_posts(body, on).values("user")
    return User.objects.filter(Q(pk__in=granting.lasting_people(body, on)) | Q(pk__in=holding)).order_by("name", "pk")


def lasting_posts(body: Organisation, on: date) -> QuerySet[PostHolding]:
    """The posts of a department that are held on the day or later; those of an authority are of its frameworks, and stay."""
    held = PostHolding.objects.filter(post__organisation=body, stopped_at__isnull=True).exclude(ends_on__lt=on)
    return held.exclude(post__code__in=AUTHORITY_POSTS)


def pass_people(passage: Passage, people: Collection[User]) -> None:
    """Their posts end the day before and begin again at the receiving department, with the delegations, which name the order
    as their letter, and with the deputies who come with them. They see there what they may, and nothing more here."""
    if not people:
        return
    posts = {post.code: post for post in Post.objects.filter(organisation=passage.receiving)}
    held = lasting_posts(passage.outgoing, passage.on).filter(user__in=[one.pk for one in people])
    held = list(held.select_related("post__reports_to", "user").prefetch_related("delegations", "deputies").order_by("pk"))
    for code in sorted({one.post.code for one in held} - posts.keys()):
        posts[code] = Post.objects.create(organisation=passage.receiving, code=code)
    _report_as_before(held, posts)
    carried = {one.pk: _carry(passage, one, posts[one.post.code]) for one in held}
    granting.pass_on(people, passage.outgoing, passage.receiving, on=passage.on, at=passage.at)
    for one in held:
        _carry_deputies(passage, one, carried[one.pk])
    passed(passage, people)
    record_each("user.passed", passage, people)


def _report_as_before(held: Sequence[PostHolding], posts: Mapping[str, Post]) -> None:
    """A post that the receiving department did not have reports to the same post there, if it has that."""
    for one in held:
        post, above = posts[one.post.code], one.post.reports_to
        if post.reports_to_id is None and above is not None and above.code in posts and above.code != post.code:
            post.reports_to = posts[above.code]
            post.save()


def _ends(row: PostHolding | Delegation | ActingFor, passage: Passage) -> date:
    """The day before, or the first day of what has not begun by then."""
    return max(row.starts_on, passage.on - timedelta(days=1))


def _carry(passage: Passage, held: PostHolding, post: Post) -> PostHolding:
    """The holding at the receiving department; one that the person has there already and that lasts as long will do."""
    starts_on, ends_on = max(passage.on, held.starts_on), held.ends_on
    lasting = Q(ends_on__isnull=True) | (Q(ends_on__gte=ends_on) if ends_on else Q(pk__in=[]))
    there = PostHolding.objects.filter(lasting, post=post, user=held.user, stopped_at=None, starts_on__lte=starts_on).first()
    new = there or PostHolding.objects.create(post=post, user=held.user, starts_on=starts_on, ends_on=ends_on)
    name, sha256 = passage.letter
    for one in held.delegations.filter(not_taken_back()):
        if one.ends_on is None or one.ends_on >= passage.on:
            Delegation.objects.create(
                holding=new, kind=one.kind, limit_gbp=one.limit_gbp, unlimited=one.unlimited, framework_id=one.framework_id,
                lot=one.lot, letter_filename=name, letter_sha256=sha256, starts_on=max(passage.on, one.starts_on),
                ends_on=one.ends_on, carried_from=one,
            )  # fmt: skip
            one.ends_on = _ends(one, passage)
            one.save()
    held.ends_on = _ends(held, passage)
    held.stopped_at = passage.at if held.starts_on >= passage.on else None
    held.save()
    return new


def _carry_deputies(passage: Passage, held: PostHolding, new: PostHolding) -> None:
    """Whoever acts for them and is of the receiving department too goes on."""
    there = set(granting.lasting_people(passage.receiving, passage.on).values_list("user_id", flat=True))
    for one in held.deputies.filter(not_taken_back()):
        if one.ends_on >= passage.on:
            if one.deputy_id in there:
                ActingFor.objects.create(
                    holding=new, deputy_id=one.deputy_id, starts_on=max(passage.on, one.starts_on), ends_on=one.ends_on,
                    named_by=one.named_by,
                )  # fmt: skip
            one.ends_on = _ends(one, passage)
            one.save()


# ---- membership


def memberships(framework: Framework, outgoing: Organisation, receiving: Organisation) -> tuple[Accession | None, Accession | None]:
    """Of a framework: the membership that is carried over, and the place that the receiving body has there already."""
    rows = Accession.objects.filter(framework=framework, department__in=[outgoing, receiving]).exclude(
        state__in=[AccessionState.ENDED, AccessionState.DECLINED, AccessionState.WITHDRAWN]
    )
    by_body = {one.department_id: one for one in rows.select_related("framework__authority", "department", "document")}
    own = by_body.get(outgoing.pk)
    return own if own and own.state == AccessionState.ACTIVE else None, by_body.get(receiving.pk)


def pass_membership(passage: Passage, framework: Framework, *, whole: bool) -> None:
    """A receiving body that is no member continues the outgoing one's membership, with the figure of what a user cost before;
    what it had begun of its own is withdrawn. ``whole``: the outgoing body is no member any more."""
    carried, own = memberships(framework, passage.outgoing, passage.receiving)
    if carried is None:
        return
    carried = Accession.objects.select_for_update(of=("self",)).select_related("framework", "department").get(pk=carried.pk)
    words = _("Carried over by %(transfer)s: %(words)s.") % {"transfer": passage.transfer, "words": passage.words}
    if own is not None and own.state in PIPELINE:
        agreements.withdraw_for_another(own, reason=words, by=passage.by, at=passage.at, acting_for=passage.acting_for)
        own = None
    if own is None:
        _continue(passage, carried, words)
    if whole:
        before = carried.state
        carried.end(at=passage.at, reason=words)
        carried.save()
        audit.record("accession.ended", carried, by=passage.by, at=passage.at, before=before, after=carried.state, reason=words,
                     acting_for=passage.acting_for)  # fmt: skip


def _continue(passage: Passage, carried: Accession, words: str) -> None:
    made = Accession(
        framework=carried.framework, department=passage.receiving, state=AccessionState.ACTIVE, state_since=passage.at,
        seats_expected=carried.seats_expected, signed_on=carried.signed_on, carried_from=carried,
    )  # fmt: skip
    made.save()
    passed(passage, [carried])
    own = _admit(passage)
    audit.record("accession.carried_over", made, by=passage.by, at=passage.at, before="", after=made.state, reason=words,
                 acting_for=passage.acting_for, extra={"admitted": [str(user.person_id) for user in own]})  # fmt: skip
    last = carried.baselines.select_related("sign_off").order_by("number").last()
    if last is None:
        return
    baseline = Baseline.objects.create(
        accession=made, number=1, gbp_per_user_year=last.gbp_per_user_year,
        method=_("As %(department)s stated it: %(method)s") % {"department": passage.outgoing.name, "method": last.method[:1800]},
        stated_by=last.stated_by, stated_by_name=last.stated_by_name, principal_id=last.principal_id,
        stated_at=last.stated_at if last.is_signed_off else passage.at,  # its sign-off is due from now on
    )  # fmt: skip
    if last.is_signed_off:
        said = last.sign_off
        BaselineSignOff.objects.create(
            baseline=baseline, person_id=said.person_id, name=said.name, principal_id=said.principal_id,
            acting_for=said.acting_for, signed_off_at=said.signed_off_at,
        )  # fmt: skip


def own_people(receiving: Organisation, on: date) -> list[User]:
    """Who holds a post at a body that was no member, and is none of its people yet; not who acts for another side of its
    contracts."""
    holding = User.objects.filter(pk__in=lasting_posts(receiving, on).values("user")).exclude(pk__in=granting.people_ids(receiving, on))
    return [user for user in holding.order_by("pk") if not granting.acts_for_a_counterparty(user, receiving, on)]


def _admit(passage: Passage) -> list[User]:
    """As where a body joins: from the day on those who hold its posts are its people."""
    found = own_people(passage.receiving, passage.on)
    for user in found:
        granting.fit_grants(user, passage.receiving, on=passage.on, make=True)
    return found


def pass_sites(passage: Passage) -> None:
    """The places that the department orders for are offered to the receiving one too."""
    known = set(Site.objects.filter(organisation=passage.receiving).values_list("name", flat=True))
    Site.objects.bulk_create(
        Site(organisation=passage.receiving, name=one.name, seats=one.seats)
        for one in Site.objects.filter(organisation=passage.outgoing) if one.name not in known
    )  # fmt: skip
