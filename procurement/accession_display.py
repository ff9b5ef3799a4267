"""What the pages of joining show: plain rows, ready for a template."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, Subquery, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.models import Framework, Organisation
from documents import steps, store
from documents.templatetags.flex import day as as_day
from documents.templatetags.flex import gbp, short_hash
from procurement import access, agreements, forecasting, queries, signing, standing
from procurement.actors import Person
from procurement.application_letters import is_taken_off, is_unsaid, letter_of, to_choose_from
from procurement.models import (
    BODYS_TURN,
    PIPELINE,
    Accession,
    AccessionDecision,
    AccessionState,
    Application,
    Delegation,
    PostCode,
    PostHolding,
    User,
    in_date,
    in_force,
)
from procurement.seats import holders

A = AccessionState
VERBS = {
    "accession.entered": gettext_lazy("Entered"), "accession.engaged": gettext_lazy("Invited to apply"),
    "accession.seats_expected": gettext_lazy("Seats expected changed"),
    "accession.contact_named": gettext_lazy("Another contact proposed"),
    "accession.contact_confirmed": gettext_lazy("Contact confirmed"),
    "accession.contact_refused": gettext_lazy("Contact not confirmed"),
    "accession.applied": gettext_lazy("Applied"), "accession.review_started": gettext_lazy("Review started"),
    "accession.information_requested": gettext_lazy("Information requested"),
    "accession.informed": gettext_lazy("Answered"), "accession.recommended": gettext_lazy("Recommended"),
    "accession.approved": gettext_lazy("Approved"), "accession.agreement_issued": gettext_lazy("Agreement issued"),
    "accession.signed_by_department": gettext_lazy("Signed by the department"),
    "accession.signed_by_authority": gettext_lazy("Signed by the purchasing authority"),
    "accession.carried_over": gettext_lazy("Carried over from a department that has passed to it"),
    "accession.signed": gettext_lazy("Both parties have signed"),
    "accession.signature_left_out": gettext_lazy("Not put on: the agreement had become void"),
    "accession.activated": gettext_lazy("Joined"), "accession.suspended": gettext_lazy("Suspended"),
    "accession.resumed": gettext_lazy("Resumed"), "accession.ended": gettext_lazy("Ended"),
    "accession.notice_given": gettext_lazy("Notice given"), "accession.notice_taken_back": gettext_lazy("Notice taken back"),
    "accession.clock_stopped": gettext_lazy("The review's clock stands"),
    "accession.clock_started": gettext_lazy("The review's clock goes on"),
    "accession.reminded": gettext_lazy("A reminder was sent"),
    "accession.escalated": gettext_lazy("Others were told that there is no answer"),
    "accession.baseline_stated": gettext_lazy("Baseline stated"),
    "accession.baseline_signed_off": gettext_lazy("Baseline signed off"),
    "accession.declined": gettext_lazy("Declined"), "accession.withdrawn": gettext_lazy("Withdrawn"),
}  # fmt: skip


def board(framework: Framework, on: date) -> dict[str, Any]:
    """The pipeline by state, furthest first, each body with its seats, what every member's price would fall by, and
    whether the free ceiling could buy it; the totals if all of them joined; and who is no more on their way, newest first. Six
    queries, however many bodies."""
    found = forecasting.market(framework, on)
    free = queries.capacity_bar(framework).free
    on_framework = Accession.objects.filter(framework=framework).select_related("department")
    notices = standing.standing_notices().filter(accession=OuterRef("pk"))
    rows = on_framework.filter(state__in=[*PIPELINE, A.ACTIVE, A.SUSPENDED]).annotate(last_day=Subquery(notices.values("last_day")[:1]))
    groups = {state: [] for state in (*reversed(PIPELINE), A.ACTIVE, A.SUSPENDED)}
    hoped = 0
    for row in rows.order_by("-state_since", "department__name"):
        groups[row.state].append({"accession": row, **_effect(found, row.seats_expected, free, row.state)})
        hoped += (row.seats_expected or 0) if row.state in PIPELINE else 0
    together = forecasting.forecast(found, hoped) if found and hoped else None
    return {
        "groups": [(AccessionState(state).label, entries) for state, entries in groups.items() if entries],
        "together": together, "beyond": together is not None and together.value_gbp > free, "free": free,
        "closed": on_framework.filter(state__in=[A.DECLINED, A.WITHDRAWN, A.ENDED]).order_by("-state_since", "-id"),
    }  # fmt: skip


def expected(framework: Framework, on: date, volumes: Mapping[str, int] | None = None) -> Decimal | None:
    """GBP (VAT excluded) that all bodies in the pipeline together would bring at the least; None when none is there."""
    rows = Accession.objects.filter(framework=framework, state__in=PIPELINE)
    seats = rows.aggregate(seats=Sum("seats_expected"))["seats"]
    found = forecasting.market(framework, on, volumes) if seats else None
    return forecasting.forecast(found, seats).value_gbp if found else None


def next_joiner(framework: Framework, on: date, volumes: Mapping[str, int] | None = None) -> dict[str, Any] | None:
    """What the body furthest on its way would change for every member; None while nobody's seats are known."""
    rows = Accession.objects.filter(framework=framework, state__in=PIPELINE, seats_expected__gt=0)
    found = sorted(rows.select_related("department"), key=lambda row: (-PIPELINE.index(row.state), row.state_since, row.pk))
    market = forecasting.market(framework, on, volumes) if found else None
    return {"accession": found[0], "forecast": forecasting.forecast(market, found[0].seats_expected)} if market else None


def _effect(found: forecasting.Market | None, seats: int | None, free: Decimal, state: str) -> dict[str, Any]:
    if found is None or not seats or state not in PIPELINE:
        return {}
    forecast = forecasting.forecast(found, seats)
    return {"forecast": forecast, "beyond": forecast.value_gbp > free}


def forecast_of(accession: Accession, application: Application | None, on: date) -> dict[str, Any]:
    """What it would bring, for the authority and for the department itself."""
    seats = application.seats if application and application.seats else accession.seats_expected
    found = forecasting.market(accession.framework, on)
    return _effect(found, seats, queries.capacity_bar(accession.framework).free, accession.state)


def known_people(department: Organisation, on: date) -> list[dict[str, Any]]:
    """Who holds which post at the department on the day, and up to what value: what a first application starts from."""
    held = (
        PostHolding.objects.filter(in_force(on), post__organisation=department, user__is_active=True)
        .select_related("post", "user")
        .prefetch_related(Prefetch("delegations", Delegation.objects.filter(in_date(on), lot=None)))
        .order_by("post_id", "user__name")
    )
    rows = []
    for holding in held:
        most = max(holding.delegations.all(), key=lambda d: (d.unlimited, d.limit_gbp or 0), default=None)
        rows.append({
            "name": holding.user.name, "email": holding.user.email, "post": holding.post.code,
            "limit_gbp": most.limit_gbp if most else None, "unlimited": bool(most and most.unlimited),
            "ends_on": most.ends_on if most else None,
        })  # fmt: skip
    return rows


def waiting(by: Person, on: date) -> list[dict[str, Any]]:
    """Accessions whose next move is the person's: (accession, what to do)."""
    posts = access.sight_of(by, on).posts
    todo = {
        PostCode.ADMINISTRATOR: {A.ENGAGED: _("to fill in the application"), A.INFORMATION_REQUESTED: _("to answer a question")},
        PostCode.REQUESTER: {A.ENGAGED: _("to fill in the application"), A.INFORMATION_REQUESTED: _("to answer a question")},
        PostCode.ACCESSION_LEAD: {
            A.PROSPECT: _("to invite, or to close"), A.ENGAGED: _("to name who fills in the application"), A.APPLIED: _("to review"),
            A.IN_REVIEW: _("to recommend, or to ask about"), A.INFORMATION_REQUESTED: _("to name who answers"),
        },
        PostCode.ACCESSION_APPROVER: {
            A.ENGAGED: _("to confirm who fills in the application"), A.IN_REVIEW: _("to approve or decline"),
            A.INFORMATION_REQUESTED: _("to confirm who answers"),
        },
        PostCode.SIGNATORY: {A.AGREEMENT_ISSUED: _("to sign the access agreement")},
        PostCode.AUTHORITY_SIGNATORY: {A.AGREEMENT_ISSUED: _("to sign the access agreement")},
    }  # fmt: skip
    wanted = Q(pk=None)
    for organisation, post in posts:
        states = list(todo.get(post, ()))
        wanted |= Q(department_id=organisation, state__in=states) | Q(framework__authority_id=organisation, state__in=states)
    if not any(post in todo for _organisation, post in posts):
        return []
    rows = list(
        access.visible_accessions(by, on)
        .filter(wanted)
        .annotate(
            recommended=Exists(AccessionDecision.objects.filter(
                application__accession=OuterRef("pk"), outcome="recommended",
                application__number=Subquery(_newest_number()),
            )),
            looked_after=Exists(PostHolding.objects.filter(
                in_force(on), post__organisation=OuterRef("department_id"), user__is_active=True,
                post__code__in=[PostCode.ADMINISTRATOR, PostCode.REQUESTER],
            )),
        )
        .order_by("state_since", "id")
    )  # fmt: skip
    turns = signing.turns(row.document for row in rows if row.state == A.AGREEMENT_ISSUED) if rows else {}
    found = []
    for row in rows:
        for organisation, post in posts:
            words = todo.get(post, {}).get(row.state)
            side = row.department_id if post in (PostCode.ADMINISTRATOR, PostCode.REQUESTER, PostCode.SIGNATORY) else row.framework.authority_id
            party = {PostCode.SIGNATORY: "department", PostCode.AUTHORITY_SIGNATORY: "authority"}.get(post)
            if not words or organisation != side or (party and turns.get(row.document_id) != party):
                continue
            if post == PostCode.ACCESSION_APPROVER and row.state in BODYS_TURN and not row.contact_waits:
                continue
            if post == PostCode.ACCESSION_LEAD and row.state in BODYS_TURN and (row.contact_waits or row.looked_after):
                continue
            if row.state == A.IN_REVIEW and row.recommended != (post == PostCode.ACCESSION_APPROVER):
                continue
            found.append({"accession": row, "words": words})
            break
    return found


def _newest_number():
    return Application.objects.filter(accession=OuterRef("application__accession")).order_by("-number").values("number")[:1]


def files(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"words": Application.FileKind(row["kind"]).label} for row in rows]


def reading(application: Application | None) -> dict[str, Any] | None:
    """The application in words."""
    if application is None:
        return None
    people = [
        {"name": p["name"], "email": p["email"], "post": PostCode(p["post"]).label, "limit": _limit(p), "letter": _letter(p, application)}
        for p in application.people
    ]
    return {"people": people, "letters": any(p["letter"]["words"] for p in people), "files": files(application.files), "seats": application.seats}


def _letter(person: dict[str, Any], application: Application) -> dict[str, str]:
    """``words``, and as ``sha256`` the attached file that they link to; empty where no letter gives the person anything."""
    files = application.files
    if application.submitted_at is None and is_unsaid(person, files):
        return {"words": _("not said"), "sha256": ""}
    filename, sha256 = letter_of(person, files)
    if is_taken_off(person, files):
        return {"words": _taken_off(filename), "sha256": ""}
    return {"words": filename, "sha256": sha256}


def _taken_off(filename: str) -> str:
    return _("%(letter)s (not attached any more)") % {"letter": filename}


def letters_to_choose_from(application: Application | None) -> list[dict[str, Any]]:
    """With ``words`` that tell letters of one name apart."""
    rows = to_choose_from(application)
    names = [row["filename"] for row in rows]
    found = []
    for row in rows:
        name = row["filename"] if names.count(row["filename"]) == 1 else f"{row['filename']}, sha256 {short_hash(row['sha256'])}"
        found.append(row | {"words": _taken_off(name) if row.get("gone") else name})
    return found


def _limit(person: dict[str, Any]) -> str:
    if not person["unlimited"] and not person["limit_gbp"]:
        return ""
    words = [_("without limit") if person["unlimited"] else gbp(Decimal(person["limit_gbp"]))]
    if person.get("lot"):
        words.append(_("for lot %(lot)s alone") % {"lot": person["lot"]})
    if person.get("ends_on"):
        words.append(_("until %(day)s") % {"day": as_day(date.fromisoformat(person["ends_on"]))})
    return ", ".join(str(word) for word in words)


def desk(accession: Accession, on: date) -> str:
    """Whose move it is, in words; empty when nobody's."""
    authority, department = accession.framework.authority_id, accession.department_id
    applicants = department, PostCode.ADMINISTRATOR, PostCode.REQUESTER
    turns = {
        A.PROSPECT: (authority, PostCode.ACCESSION_LEAD), A.ENGAGED: applicants,
        A.APPLIED: (authority, PostCode.ACCESSION_LEAD), A.INFORMATION_REQUESTED: applicants,
    }  # fmt: skip
    if accession.contact_waits:
        turns[accession.state] = authority, PostCode.ACCESSION_APPROVER
    elif accession.state in BODYS_TURN and not any(holders(department, post, on) for post in applicants[1:]):
        turns[accession.state] = authority, PostCode.ACCESSION_LEAD  # names who fills in the application
    if accession.state == A.IN_REVIEW:
        last = accession.applications.order_by("-number").first()
        ready = last is not None and last.decisions.filter(outcome="recommended").exists()
        turns[A.IN_REVIEW] = authority, PostCode.ACCESSION_APPROVER if ready else PostCode.ACCESSION_LEAD
    if accession.state == A.AGREEMENT_ISSUED:
        box = agreements.signing_of(accession).turn()
        if box is not None:
            turns[A.AGREEMENT_ISSUED] = box.organisation.pk, box.post
    if accession.state not in turns:
        return ""
    organisation, *posts = turns[accession.state]
    words = []
    for post in posts:
        names = ", ".join(user.name for user in holders(organisation, post, on))
        words.append(f"{PostCode(post).label}: {names or _('nobody holds this post')}")
    return "; ".join(words)


def account_of_contact(accession: Accession, on: date) -> str:
    """For who confirms: whose account the proposed address is already, under whatever name it was proposed, and where they
    hold posts on the day; empty where there is none."""
    user = User.objects.filter(email=accession.contact_email).first() if accession.contact_email else None
    if user is None:
        return ""
    held = PostHolding.objects.filter(in_force(on), user=user)
    bodies = ", ".join(held.order_by("post__organisation__name").values_list("post__organisation__name", flat=True).distinct())
    return _("%(name)s, who holds a post at %(bodies)s") % {"name": user.name, "bodies": bodies} if bodies else user.name


def contact(accession: Accession) -> str:
    """For the authority: who is to fill in the application, and whether they are confirmed; empty when nobody is named."""
    if not accession.contact_email:
        return ""
    who = f"{accession.contact_name} ({accession.contact_email})"
    if accession.contact_waits:
        return _("%(who)s, proposed and not confirmed yet") % {"who": who}
    if accession.contact_confirmed_by:
        return _("%(who)s, confirmed") % {"who": who}
    return who


def agreement(accession: Accession, *, by, at) -> dict[str, Any]:
    """The agreement on the page: its boxes, its head, what the worker does, and what a signatory can do."""
    if accession.document is None:
        return {"working": False}
    found = agreements.signing_of(accession)
    waiting = accession.state == A.AGREEMENT_ISSUED
    closing = waiting and (store.pending_intent(accession.document) is not None or found.turn() is None)
    return {
        "working": accession.state == A.APPROVED or closing, "job": steps.progress(accession.document),
        "head": store.head(accession.document), "signatures": signing.in_boxes(found, open_for_signing=waiting),
        "signing": signing.for_person(
            found, by=by, at=at,
            why_not=lambda party: agreements.why_not_sign(accession, party, by=by, at=at, fresh=False),
        ) if waiting else None,
    }  # fmt: skip


def timeline(events, *, serves: bool) -> list[dict[str, Any]]:
    """Newest first, saves left out. Why somebody was not confirmed is read by who ``serves`` the framework alone: the
    accession lead was told that they will read it, and it speaks of a person."""
    return [
        {"title": _title(event), "actor_words": event.actor_words, "acting_for": event.acting_for, "at": event.at, "real_at": event.real_at,
         "reason": event.reason if serves or event.verb != "accession.contact_refused" else ""}
        for event in reversed(list(events)) if event.verb in VERBS
    ]  # fmt: skip


def _title(event) -> str:
    """With the last day, of a notice."""
    if "last_day" not in event.extra:
        return VERBS[event.verb]
    return _("%(what)s: last day %(day)s") % {"what": VERBS[event.verb], "day": as_day(date.fromisoformat(event.extra["last_day"]))}
