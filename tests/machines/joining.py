"""The accession, with its access agreement."""

from datetime import date
from decimal import Decimal

from django.urls import reverse

from documents import store
from procurement import agreements, baselines, joining, leaving, pipeline
from procurement.models import AccessionQuestion, AccessionState, Application, Baseline, MembershipNotice, User
from tests import cast, paper
from tests.cast import START
from tests.machines import Action, Form, Machine, NoAddress

A = AccessionState
LEAD, APPROVER, MANAGER = "accession.lead@co.example", "accession.approver@co.example", "framework.manager@co.example"
ONS, CONTACT = "requester@ons.example", {"contact_name": "Mary", "contact_email": "mary@museum.example"}
PROPOSED, RECOMMENDED = "engaged, a contact proposed", "in_review, recommended"
OVER = START.replace(year=2030)  # when every framework has ended
SIGNED_BY_ONE, CLOSED = "agreement_issued, signed by the department", "agreement_issued, closed"
PIPELINE = ("prospect", "engaged", PROPOSED, "applied", "in_review", RECOMMENDED, "information_requested", "approved",
            "agreement_issued", SIGNED_BY_ONE)  # fmt: skip
NOTICED, LAST_DAY = "active, notice given", date(2008, 1, 1)  # three months after START
ITS_DAY = {"last_day_day": "1", "last_day_month": "1", "last_day_year": "2008"}
AFTER_IT = START.replace(year=2008, month=1, day=2)

WITH_PEOPLE = ("engaged", "applied", "in_review", RECOMMENDED, "information_requested", "approved", "agreement_issued", SIGNED_BY_ONE,
               CLOSED, "active", NOTICED, "suspended")  # fmt: skip
BASELINE = {"gbp_per_user_year": Decimal("3000.00"), "method": "The accounts."}


def museum(_):
    body = pipeline.Interest("MUSEUM", "The Museum", "GOVGB-MUSEUM", "London", crown=False)
    return pipeline.add_interest(cast.framework(), body, seats_expected=50, by=cast.person(LEAD), at=START)


def by(email: str, action, **more):
    return lambda accession: action(accession, by=cast.person(email), at=START, **more)


def application(accession) -> str:
    return joining.hash_of(accession, joining.current(accession))


def bound(email: str, action, hashed=application, **more):
    """The same, with the hash of what was shown."""
    return lambda accession: action(accession, shown_hash=hashed(accession), by=cast.person(email), at=START, **more)


def form(email: str, name: str, hashed=None, **fields):
    def made(accession) -> Form:
        shown = {"shown_hash": hashed(accession)} if hashed else {}
        return Form(email, reverse("procurement:accession_act", args=[accession.public_id, name]), fields | shown)

    return made


def filled_in(_):
    values = {
        "statement": "Desktops.", "sites": cast.ONS_SITES, "people": cast.ons_people(),
        "files": [cast.evidence("signatory"), cast.evidence("delegation")],
    }  # fmt: skip
    joining.save_application(cast.ons(), values, by=cast.person(ONS), at=START)
    return cast.ons()


def edit(accession):
    return joining.save_application(accession, {"statement": "Other words."}, by=cast.person(ONS), at=START)


def question(accession):
    return joining.ask(accession, text="Which lots?", by=cast.person(LEAD), at=START)


def signing(email: str, turn: str) -> Action:
    """Whoever it is signs for the party whose turn it is, or to be told when theirs comes for their own: as on the page."""

    def shown(accession) -> str:
        head = store.head(accession.document) if accession.document else None
        return head.sha256 if head else "0" * 64

    def act(accession):
        found = agreements.signing_of(accession)
        party = found.asked(cast.person(email), START).party if accession.document else "authority"
        return agreements.sign(accession, party, shown_sha256=shown(accession), by=cast.person(email), at=START)

    return Action((turn,), act, lambda a: Form(email, reverse("procurement:sign_agreement", args=[a.public_id]), {
        "read": "on", "shown_sha256": shown(a)}))  # fmt: skip


def finance_director(accession) -> str:
    """Of the department, once it has one."""
    email = f"finance.director@{accession.department.code.lower()}.example"
    if not User.objects.filter(email=email).exists():
        raise NoAddress
    return email


def sign_off_baseline(accession):
    by = cast.person(finance_director(accession))
    return baselines.sign_off(accession, shown_hash=baselines.shown_of(accession), by=by, at=START)


def engage_form(accession) -> Form:
    return form(LEAD, "engage", **CONTACT)(accession)


def closed(accession):
    paper.sign_agreement(accession, *paper.PARTIES[1])
    paper.add(accession.document, "archive_timestamp")
    return accession


def withdraw(accession):
    email = ONS if accession.department.code == "ONS" else LEAD
    return agreements.withdraw(accession, reason="Not now.", by=cast.person(email), at=START)


def withdraw_form(accession) -> Form:
    return form(ONS if accession.department.code == "ONS" else LEAD, "withdraw", reason="Not now.")(accession)


give_notice = by(MANAGER, leaving.give_notice, last_day=LAST_DAY, reason="It merges.")

ACCESSION = Machine(
    rows=(Application, AccessionQuestion, Baseline, MembershipNotice),
    states={
        "prospect": (None, museum),
        PROPOSED: ("prospect", by(LEAD, pipeline.engage, **CONTACT)),
        "engaged": (None, filled_in),
        "applied": ("engaged", bound(ONS, joining.apply)),
        "in_review": ("applied", by(LEAD, joining.start_review)),
        "information_requested": ("in_review", lambda a: question(a) and a),
        RECOMMENDED: ("in_review", bound(LEAD, joining.recommend)),
        "declined": (RECOMMENDED, by(APPROVER, joining.decline, reason="No room.")),
        "approved": (RECOMMENDED, bound(APPROVER, agreements.approve)),
        "withdrawn": ("approved", withdraw),
        "agreement_issued": ("approved", paper.agreement_issued),
        SIGNED_BY_ONE: ("agreement_issued", lambda a: paper.sign_agreement(a, *paper.PARTIES[0])),
        CLOSED: (SIGNED_BY_ONE, closed),
        "active": (CLOSED, lambda a: agreements.activate(a, at=START)),
        NOTICED: ("active", lambda a: give_notice(a).accession),
        "suspended": ("active", by(MANAGER, agreements.suspend, reason="Dues.")),
        "ended": ("suspended", by(MANAGER, agreements.end, reason="Merged.")),
    },
    actions={
        "engage": Action(("prospect",), by(LEAD, pipeline.engage, **CONTACT), engage_form),
        "expect seats": Action(("prospect", PROPOSED, "engaged"), by(LEAD, pipeline.expect_seats, seats_expected=60), form(LEAD, "seats", seats_expected="60")),
        "name a contact": Action((PROPOSED,), by(LEAD, pipeline.name_contact, **CONTACT), form(LEAD, "contact", **CONTACT)),
        "confirm the contact": Action((PROPOSED,), bound(APPROVER, pipeline.confirm_contact, pipeline.contact_hash),
                                      form(APPROVER, "confirm", pipeline.contact_hash)),
        "refuse the contact": Action((PROPOSED,), bound(APPROVER, pipeline.refuse_contact, pipeline.contact_hash, reason="Unknown."),
                                     form(APPROVER, "refuse-contact", pipeline.contact_hash, reason="Unknown.")),
        "state the baseline": Action(WITH_PEOPLE, by(ONS, baselines.state, **BASELINE), form(ONS, "state-baseline", **BASELINE)),
        "sign off the baseline": Action(("active", NOTICED, "suspended"), sign_off_baseline, lambda a: form(
            finance_director(a), "sign-off-baseline", baselines.shown_of)(a)),
        "edit": Action(("engaged", "information_requested"), edit),
        "apply": Action(("engaged",), bound(ONS, joining.apply), form(ONS, "apply", application)),
        "start_review": Action(("applied",), by(LEAD, joining.start_review), form(LEAD, "review")),
        "request_information": Action(("in_review", RECOMMENDED), question, form(LEAD, "ask", text="Which lots?")),
        "inform": Action(("information_requested",), bound(ONS, joining.answer, text="All."), form(ONS, "answer", application, text="All.")),
        "recommend": Action(("in_review",), bound(LEAD, joining.recommend), form(LEAD, "recommend", application)),
        "approve": Action((RECOMMENDED,), bound(APPROVER, agreements.approve), form(APPROVER, "approve", application)),
        "decline": Action(("applied", "in_review", RECOMMENDED, "information_requested", "approved"),
                          by(APPROVER, joining.decline, reason="No room."), form(APPROVER, "decline", reason="No room.")),
        "withdraw": Action(PIPELINE, withdraw, withdraw_form),
        "end with the framework": Action(PIPELINE, lambda a: agreements.end_with_framework(a, at=OVER), quiet=True),
        "issue": Action(("approved",), lambda a: agreements.issued(a, at=START) if a.state != "approved" else paper.agreement_issued(a),
                        quiet=True),
        "sign for the department": signing(paper.PARTIES[0][1], "agreement_issued"),
        "sign for the authority": signing(paper.PARTIES[1][1], SIGNED_BY_ONE),
        "activate": Action((CLOSED,), lambda a: agreements.activate(a, at=START), quiet=True),
        "suspend": Action(("active", NOTICED), by(MANAGER, agreements.suspend, reason="Dues."), form(MANAGER, "suspend", reason="Dues.")),
        "resume": Action(("suspended",), by(MANAGER, agreements.resume, reason="Paid."), form(MANAGER, "resume", reason="Paid.")),
        "end": Action(("active", NOTICED, "suspended"), by(MANAGER, agreements.end, reason="Merged."), form(MANAGER, "end", reason="Merged.")),
        "give notice": Action(("active", "suspended"), give_notice,
                              form(MANAGER, "notice", reason="It merges.", **ITS_DAY)),
        "take back the notice": Action((NOTICED,), by(MANAGER, leaving.take_back_notice, reason="It does not."),
                                       form(MANAGER, "take-back-notice", reason="It does not.")),
        "end by notice": Action((NOTICED,), lambda a: leaving.end_by_notice(a, at=AFTER_IT), quiet=True),
    },
)  # fmt: skip
