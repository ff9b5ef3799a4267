"""Each invariant of config/invariants.sql finds the damage that it is there for, and names the row.

``DAMAGE``: name of the invariant -> ways to break it, one for each thing that it says. Each is SQL of the superuser,
whom no trigger and no right stops; where a constraint of the table would, the constraint is dropped first: the invariant
is there for the day it is missing. The last statement returns a row, and the invariant must name one with the same
values under the same names. There is one world, and each act is taken back before the next.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

from django.db import connection

from config.embedded_pg import SUPERUSER
from contracts import savings_kept, variation_approval
from documents.management.commands.check_invariants import FILE, Invariant, broken, read
from procurement import agreements, approval, leaving
from tests import cast, paper
from tests.contracts import ending_cast as ending
from tests.contracts import levels_cast, money_cast, publication_cast, request_cast
from tests.contracts import statutory_cast as statutory
from tests.contracts import transfer_cast as transfers
from tests.contracts import transition_cast as made
from tests.contracts import variation_cast as varied
from tests.machines import undone
from tests.procurement import release_cast, test_exceptions

INVARIANTS = read(FILE.read_text(encoding="utf-8"))


def world() -> None:
    """One contract is executed whose quantities may move; a change request is accepted, its indicators are rated, confirmed and published; of its variations one is executed and one approved by the department, after its change notice; of its milestones one is
    achieved that was accepted on conditions, one that was accepted, one is submitted and one sent back; of its service credits
    one is calculated and one waived; of its invoices one is paid in part, one queried, one disputed and one rejected; March is
     declared, corrected and paid in part, April declared, May not yet; a copy of it without the prices is published; notice of its
     termination is given, and it has passed to ONS with a person; its savings are kept; one order is in department_approval (an
     accepted counter-proposal), one
    counter_proposed and one with_supplier (with an exception granted); ONS has joined and given notice; a release is approved."""
    cast.leave_tolerance()
    paper.in_force()
    for number in (3, 4, 5, 6):
        made.submitted(made.milestone(number))
    made.conditional(made.milestone(3), Decimal(40))
    made.met(made.milestone(3))
    made.accepted(made.milestone(4))
    made.sent_back(made.milestone(6))
    request_cast.accepted(request_cast.asked(cast.contract()))
    paper.variation_executed(varied.decided(varied.submitted("VAR-01")))
    changing = varied.decided(varied.submitted("VAR-02"), steps=3)
    variation_approval.record_notice(changing, reference="2007/S 1", published_on=cast.START.date(), by=cast.person(varied.MANAGER), at=cast.START)
    levels_cast.confirmed(cast.contract())
    levels_cast.waived("EUS-B")
    invoices_and_returns()
    statutory.rated()
    statutory.confirmed()
    statutory.published(statutory.notice("performance"))
    cast.accept_counter(cast.countered())
    cast.countered()
    cast.leave_free(Decimal(50_000_000))
    order = test_exceptions.with_authority()
    test_exceptions.act(order, approval.grant_exception)
    for email in cast.ROUTE[4:]:
        cast.decide(order, email)
    paper.agreement_issued(cast.ons_approved())
    agreements.activate(paper.agreement_archived(cast.ons()), at=cast.START)
    leaving.give_notice(cast.ons(), last_day=date(2008, 1, 1), reason="It merges.", by=cast.person("signatory@ons.example"), at=cast.START)
    release_cast.approved()
    publication_cast.on_paper(publication_cast.proposed())
    ending.given()
    transferred()
    savings_kept.run(cast.START)


def invoices_and_returns() -> None:
    contract, number = cast.contract(), cast.contract().number.replace("-", "_")
    money_cast.approved(money_cast.recorded(contract))
    money_cast.paid(amount=Decimal(100))
    money_cast.queried(contract, reference="FS-2")
    march = money_cast.recorded(contract, reference="FS-3", month=date(2008, 3, 1), net=Decimal(100), vat=Decimal("17.50"))
    money_cast.disputed(money_cast.settled(march))
    money_cast.rejected(money_cast.queried(contract, reference="FS-4"))
    declared = money_cast.declared(money_cast.made(date(2008, 3, 1)))
    money_cast.levy_paid(declared, Decimal(1))
    money_cast.corrected(declared, **{number: Decimal("1000.00")})
    money_cast.declared(money_cast.made())
    money_cast.made(date(2008, 5, 1), at=money_cast.moment(date(2008, 6, 2)))


def transferred() -> None:
    """A part of DIUS."""
    transfer = transfers.split(transfers.asked(kind="split", day=cast.START.date()))
    transfer = transfers.chosen(transfer, contracts=[cast.contract()], people=["finance.director@dius.example"])
    transfers.applied(transfers.agreed(transfer))


def of(state: str, column: str = "id") -> str:
    """A column of the one order in the state."""
    return f"(SELECT {column} FROM procurement_calloff WHERE state = '{state}')"


def person(email: str, column: str = "person_id") -> str:
    return f"(SELECT {column} FROM procurement_user WHERE email = '{email}')"


def dropped(table: str, constraint: str) -> str:
    return f"ALTER TABLE {table} DROP CONSTRAINT {constraint};"


AWARDED, CONTRACTED = of("with_supplier", "revision_id"), of("contracted", "revision_id")
REQUESTER, SIGNATORY = person("requester@dius.example"), person("signatory@dius.example")
LEAD, APPROVER = person("accession.lead@co.example"), person("accession.approver@co.example")
APPLICANT, HEAD = person("requester@ons.example"), person("signatory@ons.example")
REQUESTER_ID, SIGNATORY_ID = person("requester@dius.example", "id"), person("signatory@dius.example", "id")
ADMINISTRATOR_ID = person("administrator@dius.example", "id")
BECAME = "(SELECT became_id FROM procurement_counterproposal WHERE answer = 'accepted')"
JOINED = "(SELECT id FROM procurement_accession WHERE document_id IS NOT NULL)"
DECISION = "(SELECT id FROM procurement_accessiondecision WHERE outcome = '{}')"
CONTRACT = "(SELECT min(id) FROM contracts_contract)"
FIRST_LINE = "(SELECT id FROM contracts_contractline WHERE number = 1)"
SECOND_CONTRACT = (
    "ALTER TABLE contracts_contract DROP CONSTRAINT contracts_contract_document_id_key; DROP INDEX one_contract_a_call_off;"
    "INSERT INTO contracts_contract SELECT (jsonb_populate_record(k, jsonb_build_object('id', k.id + 1, 'public_id', "
    "gen_random_uuid(), 'number', 'CON-2007-000002'))).* FROM contracts_contract k;"
)
PAPER = "(SELECT document_id FROM contracts_contract)"
AGREEMENT = "(SELECT document_id FROM procurement_accession WHERE document_id IS NOT NULL)"
FRAMEWORK = "(SELECT id FROM catalogue_framework WHERE reference = 'FLEX-2007')"
ACCEPTED = "(SELECT id FROM procurement_counterproposal WHERE answer = 'accepted')"
AUTHORITY = "(SELECT id FROM catalogue_organisation WHERE code = 'CO')"
SUPPLIER = "(SELECT id FROM catalogue_organisation WHERE code = 'FUJITSU')"


def revision(change: str, which: str = AWARDED) -> str:
    return f"UPDATE procurement_calloffrevision SET {change} WHERE id = {which} RETURNING id AS revision"


def of_revision(which: str) -> str:
    """Its approval's id."""
    return f"(SELECT approval_id FROM procurement_calloffrevision WHERE id = {which})"


def approval_of(change: str, which: str = AWARDED) -> str:
    return f"UPDATE procurement_approval SET {change} WHERE id = {of_revision(which)} RETURNING id AS approval"


def line(change: str) -> str:
    """One whose price is that of the list."""
    first = f"(SELECT min(id) FROM procurement_calloffline WHERE revision_id = {AWARDED} AND NOT graduated)"
    return f"UPDATE procurement_calloffline SET {change} WHERE id = {first} RETURNING id AS line"


def order(state: str, change: str) -> str:
    return f"UPDATE procurement_calloff SET {change} WHERE state = '{state}' RETURNING id AS call_off"


def step(change: str, state: str = "decided") -> str:
    first = f"(SELECT min(id) FROM procurement_approvalstep WHERE state = '{state}')"
    return f"UPDATE procurement_approvalstep SET {change} WHERE id = {first} RETURNING id AS step"


def decision(change: str, post: str = "budget_holder", which: str = AWARDED) -> str:
    found = f"(SELECT id FROM procurement_approvalstep WHERE approval_id = {of_revision(which)} AND post = '{post}')"
    return f"UPDATE procurement_decision SET {change} WHERE step_id = {found} RETURNING id AS decision"


def only(column: str, returned: str) -> str:
    """The same act, saying one of the columns that it returns."""
    return f"{returned.rpartition(' RETURNING ')[0]} RETURNING {column}"


def joining(outcome: str, change: str) -> str:
    return f"UPDATE procurement_accessiondecision SET {change} WHERE outcome = '{outcome}' RETURNING id AS decision"


def contract(change: str) -> str:
    return f"UPDATE contracts_contract SET {change} RETURNING id AS contract"


def counter(change: str, answer: str = "accepted") -> str:
    return f"UPDATE procurement_counterproposal SET {change} WHERE answer = '{answer}' RETURNING id AS counter_proposal"


def payload(change: str) -> str:
    return f"UPDATE documents_document SET payload = {change} WHERE id = {PAPER} RETURNING {CONTRACT} AS contract"


def document(change: str) -> str:
    return f"UPDATE documents_document SET {change} WHERE id = {PAPER} RETURNING id AS document"


def stored(number: int, change: str) -> str:
    return (
        f"UPDATE documents_documentrevision SET {change} WHERE document_id = {PAPER} AND number = {number}"
        " RETURNING id AS revision"
    )


def intent(change: str, document: str = PAPER) -> str:
    return (
        f"UPDATE documents_signingintent SET {change} WHERE document_id = {document} AND field = 'Signature_department'"
        " RETURNING id AS intent"
    )


def signed_by(who: str, document: str = PAPER) -> str:
    return intent(f"act = jsonb_set(act, '{{person_id}}', to_jsonb({who}))", document)


INTENT, OF_AGREEMENT = (
    f"(SELECT id FROM documents_signingintent WHERE document_id = {document} AND field = 'Signature_department')"
    for document in (PAPER, AGREEMENT)
)
SIGNATURE = f"(SELECT id FROM documents_signature WHERE intent_id = {INTENT})"


def signature(change: str) -> str:
    return f"UPDATE documents_signature SET {change} WHERE id = {SIGNATURE} RETURNING id AS signature"


def event(change: str) -> str:
    return f"UPDATE documents_auditevent SET {change} WHERE verb = 'call_off.confirmed' RETURNING id AS event"


def milestone(number: int) -> str:
    return f"(SELECT id FROM contracts_milestone WHERE number = {number})"


def payment(number: int) -> str:
    return f"(SELECT min(id) FROM contracts_paymentdue WHERE milestone_id = {milestone(number)})"


def criterion(change: str) -> str:
    return f"UPDATE contracts_acceptancecriterion SET {change} WHERE milestone_id = {milestone(1)} RETURNING id"


CERTIFICATE = "(SELECT document_id FROM contracts_acceptancedecision WHERE outcome = 'accepted')"


def variation(change: str, state: str = "executed") -> str:
    return f"UPDATE contracts_variation SET {change} WHERE state = '{state}' RETURNING id AS variation"


def of_variation(column: str, state: str = "executed") -> str:
    return f"(SELECT {column} FROM contracts_variation WHERE state = '{state}')"


def said(change: str, state: str = "executed", column: str = "variation_id AS variation") -> str:
    """Of the revision that it is about."""
    return f"UPDATE contracts_variationrevision SET {change} WHERE id = {of_variation('revision_id', state)} RETURNING {column}"


def varied_approval(change: str) -> str:
    approval = of_variation("approval_id")
    return f"UPDATE procurement_approval SET {change} WHERE id = {approval} RETURNING {of_variation('id')} AS variation"


def varied_line(change: str) -> str:
    first = f"(SELECT min(id) FROM contracts_linevariation WHERE revision_id = {of_variation('revision_id')})"
    return f"UPDATE contracts_linevariation SET {change} WHERE id = {first} RETURNING {of_variation('id')} AS variation"


def varied_terms(change: str) -> str:
    return f"UPDATE contracts_contractversion SET {change} WHERE kind = 'variation' RETURNING {of_variation('id')} AS variation"


OF_RATINGS = "; SELECT id AS notice FROM contracts_statutorynotice WHERE kind = 'performance' AND contract_id = (SELECT min(id) FROM contracts_contract)"


def notice(change: str, kind: str) -> str:
    return f"UPDATE contracts_statutorynotice SET {change} WHERE kind = '{kind}' AND contract_id = {CONTRACT} RETURNING id AS notice"


REQUEST = "(SELECT id FROM contracts_changerequest)"
OF_REQUEST = "(SELECT id FROM contracts_contractversion WHERE kind = 'change_request')"


def request(change: str) -> str:
    return f"UPDATE contracts_changerequest SET {change} RETURNING id AS change_request"


def edge_entry(reserved: int, committed: int, state: str) -> str:
    """Of the upper edge of the one order in the state, or of the one that is contracted, once it is in that state."""
    moved = "" if state == "contracted" else f"UPDATE procurement_calloff SET state = '{state}' WHERE id = {of('with_supplier')};"
    return (
        f"{moved} INSERT INTO procurement_capacityentry (account_id, kind, reserved_delta_gbp, committed_delta_gbp, call_off_id, holder, source, key, at)"
        f" SELECT account_id, 'reserve', {reserved}, {committed}, {of(state)}, 'edge of procurement.calloff ' || {of(state, 'public_id')}, 'x', 'edge', at"
        " FROM procurement_capacityentry LIMIT 1;"
    )


def termination(change: str) -> str:
    return f"UPDATE contracts_termination SET {change} RETURNING id AS termination"


def a_copy(change: str) -> str:
    return f"UPDATE contracts_redactedcopy SET {change} RETURNING id AS copy"


def withheld(change: str) -> str:
    return f"UPDATE contracts_withheldfield SET {change} RETURNING copy_id AS copy"


def of_termination(column: str) -> str:
    return f"(SELECT {column} FROM contracts_termination)"


TERMINATED = (
    "INSERT INTO contracts_contractversion (contract_id, number, kind, effective_from, made_at, caused_by, document_id, charge_gbp)"
    " SELECT contract_id, 99, 'termination', effective_on, now(), notice, document_id, break_cost_gbp FROM contracts_termination;"
    "UPDATE contracts_contract SET state = 'terminated';"
)
EXITED = (
    "INSERT INTO contracts_exitact (item_id, ends_on, kind, words, filename, content_type, length, sha256, person_id, person_name, acting_for, post, at)"
    " SELECT id, (SELECT max(ends_on) FROM contracts_contract), 'not_needed', 'x', '', '', 0, '', gen_random_uuid(), 'x', '', 'x', now() FROM contracts_exititem;"
    "UPDATE contracts_milestone SET state = 'failed', achieved_on = NULL; UPDATE contracts_servicecredit SET state = 'waived';"
    "UPDATE contracts_variation SET state = 'withdrawn', ended_reason = 'x'; UPDATE contracts_invoice SET state = 'rejected';"
)
RUNS_ON = (
    "INSERT INTO contracts_runningon (public_id, contract_id, state, state_since, reason, told_on, last_day)"
    " SELECT gen_random_uuid(), id, 'running', now(), 'x', current_date, NULL FROM contracts_contract;"
)


def closed(change: str) -> str:
    """Everything is done but what the change undoes."""
    return f"{EXITED}{change};" + contract("state = 'closed'")


def runs_on(change: str = "") -> str:
    """What runs on is in the terms, but for the change; the contract has expired."""
    version = "(SELECT id FROM contracts_contractversion WHERE number = 98)"
    return (
        "UPDATE contracts_contract SET state = 'expired';"
        "INSERT INTO contracts_contractversion (contract_id, number, kind, effective_from, made_at, caused_by, document_id)"
        " SELECT id, 98, 'running_on', ends_on + 1, now(), number, document_id FROM contracts_contract;"
        "INSERT INTO contracts_linechange (version_id, line_id, quantity_change, ends_on)"
        f" SELECT {version}, {FIRST_LINE}, 0, ends_on + 31 FROM contracts_contract; {change}; SELECT {CONTRACT} AS contract"
    )


def gives_back(reserved: int, amount: int, key: str = "x") -> str:
    return (
        "INSERT INTO procurement_capacityentry (account_id, kind, reserved_delta_gbp, committed_delta_gbp, call_off_id, holder, source, key, at)"
        f" SELECT account_id, 'release', {reserved}, {amount}, {of('contracted')}, 'contracts.termination ' || {of_termination('public_id')}, 'x', '{key}', at"
        f" FROM procurement_capacityentry WHERE call_off_id = {of('contracted')} LIMIT 1"
    )


def granted(right: str) -> str:
    return f"GRANT {right} ON documents_auditevent TO flex_app; SELECT 'documents_auditevent' AS facts"


def job(change: str) -> str:
    return f"UPDATE documents_job SET {change} WHERE id = (SELECT min(id) FROM documents_job) RETURNING id AS job"


def email(change: str) -> str:
    first = "(SELECT min(id) FROM documents_email WHERE held_until IS NULL)"
    return f"UPDATE documents_email SET {change} WHERE id = {first} RETURNING id AS email"


def committed(change: str) -> str:
    """Who committed the order awarded could commit a pound."""
    return (
        f"{approval_of(change)}; UPDATE procurement_delegation g SET unlimited = false, limit_gbp = 1"
        " FROM procurement_decision d WHERE d.delegation_id = g.id AND d.outcome = 'committed'"
        f" AND d.approval_id = {of_revision(AWARDED)} RETURNING d.id AS decision"
    )


STATES = {
    "call_off": ("procurement_calloff", "lapsed"),
    "approval_step": ("procurement_approvalstep", "void"),
    "contract": ("contracts_contract", "void"),
    "milestone": ("contracts_milestone", "failed"),
    "variation": ("contracts_variation", "lapsed"),
    "service_credit": ("contracts_servicecredit", "void"),
    "invoice": ("contracts_invoice", "received"),
    "management_return": ("contracts_managementreturn", "open"),
    "change_request": ("contracts_changerequest", "asked"),
    "contract_termination": ("contracts_termination", "proposed"),
    "redacted_copy": ("contracts_redactedcopy", "replaced"),
    "document": ("documents_document", "void"),
    "accession": ("procurement_accession", "ended"),
    "framework": ("catalogue_framework", "terminated"),
    "catalogue_release": ("catalogue_cataloguerelease", "withdrawn"),
}
RECORDED = (
    "procurement.calloff",
    "procurement.accession",
    "contracts.contract",
    "contracts.milestone",
    "contracts.variation",
    "contracts.servicecredit",
    "contracts.invoice",
    "contracts.managementreturn",
    "contracts.termination",
    "contracts.transfer",
    "contracts.changerequest",
    "contracts.redactedcopy",
    "documents.document",
    "catalogue.cataloguerelease",
)

def transfer(change: str, column: str = "transfer") -> str:
    return f"UPDATE contracts_transfer SET {change} RETURNING id AS {column}"


PASSED = "(SELECT id FROM procurement_passing WHERE subject = 'contracts.contract')"
PASSED_ID = "(SELECT public_id::text FROM contracts_contract)"
DIUS, ONS = (f"(SELECT id FROM catalogue_organisation WHERE code = '{code}')" for code in ("DIUS", "ONS"))
OF_ONS = f"(SELECT id FROM procurement_accession WHERE department_id = {ONS} AND state = 'active')"


def passing(change: str) -> str:
    return f"UPDATE procurement_passing SET {change} WHERE id = {PASSED} RETURNING subject_id"


def carried(change: str) -> str:
    return f"UPDATE procurement_delegation SET {change} WHERE carried_from_id IS NOT NULL RETURNING id AS delegation"


def invoice(change: str, state: str = "approved") -> str:
    return f"UPDATE contracts_invoice SET {change} WHERE state = '{state}' RETURNING id AS invoice"


def a_return(change: str, where: str = "month = '2008-04-01'") -> str:
    return f"UPDATE contracts_managementreturn SET {change} WHERE {where} RETURNING id AS return"


def of_line(change: str, table: str = "declaredline") -> str:
    """Of April."""
    line = "line_id" if table == "declaredline" else "id"
    lines = "SELECT l.id FROM contracts_returnline l JOIN contracts_managementreturn r ON r.id = l.return_of_id WHERE r.month = '2008-04-01'"
    return (
        f"UPDATE contracts_{table} SET {change} WHERE {line} IN ({lines})"
        " RETURNING (SELECT id FROM contracts_managementreturn WHERE month = '2008-04-01') AS return"
    )


APPROVED = "(SELECT id FROM contracts_invoice WHERE state = 'approved')"
APRIL = "(SELECT id FROM contracts_managementreturn WHERE month = '2008-04-01')"

DAMAGE: dict[str, tuple[str, ...]] = {
    "totals_are_sums": (
        *(
            revision(f"{total}_gbp = {total}_gbp - 1")
            for total in ("whole_life", "interim", "one_off", "usage", "shared", "monthly")
        ),
        f"DELETE FROM procurement_calloffline WHERE revision_id = {AWARDED} RETURNING revision_id AS revision",
    ),
    "prices_are_the_releases": (
        line("list_price_gbp = list_price_gbp + 1"),
        line("service_code = 'OTHER'"),
        line("service_id = NULL, list_price_gbp = NULL"),
        line(
            "service_id = (SELECT v.id FROM catalogue_serviceversion v JOIN catalogue_cataloguerelease r"
            " ON r.id = v.release_id AND r.state = 'approved' WHERE v.code = service_code)"
        ),
    ),
    "prices_were_in_force": (
        revision("submitted_at = '1999-12-31 12:00+00'"),
        "UPDATE catalogue_cataloguerelease SET state = 'approved' WHERE state = 'live' RETURNING number AS release",
    ),
    "releases_are_segregated": tuple(
        dropped("catalogue_cataloguerelease", "release_author_does_not_approve")
        + f"UPDATE catalogue_cataloguerelease r SET {column} = (d.hands ->> 0)::uuid FROM catalogue_releasedraft d"
        " WHERE d.release_id = r.id RETURNING r.id AS release"
        for column in ("approver_person_id", "approver_principal_id")
    ),
    "unit_price_follows_discount": (line("discount_percent = discount_percent + 1"),),
    "hash_is_of_the_content": (revision("content = content || ' '"),),
    "variation_hash_is_of_its_content": (
        said("content = content || ' '", column="id AS revision"),
        said("content_hash = repeat('0', 64)", column="id AS revision"),
    ),
    "capacity_is_its_ledger": (
        "UPDATE procurement_capacityaccount SET reserved_gbp = reserved_gbp + 1 RETURNING id AS account",
        "UPDATE procurement_capacityaccount SET committed_gbp = committed_gbp + 1 RETURNING id AS account",
        dropped("procurement_capacityaccount", "ceiling_is_never_passed")
        + "UPDATE procurement_capacityaccount SET ceiling_gbp = reserved_gbp + committed_gbp - 1"
        " RETURNING id AS account",
        "DELETE FROM procurement_capacityentry WHERE kind = 'open' RETURNING account_id AS account",
    ),
    "capacity_follows_the_call_off": (
        *(
            f"DELETE FROM procurement_capacityentry WHERE call_off_id = {of(state)} RETURNING call_off_id AS call_off"
            for state in ("with_supplier", "counter_proposed", "department_approval", "contracted")
        ),
        *(order("contracted", f"state = '{state}'") for state in ("confirmed", "authority_approval", "rejected")),
        "UPDATE procurement_capacityentry SET kind = 'adjust' WHERE kind = 'commit' RETURNING call_off_id AS call_off",
        "WITH less AS (INSERT INTO procurement_capacityentry (account_id, kind, reserved_delta_gbp, committed_delta_gbp, call_off_id,"
        f" holder, source, key, at) SELECT account_id, 'adjust', 0, -1, {of('contracted')}, holder, 'x', 'x', at"
        f" FROM procurement_capacityentry WHERE call_off_id = {of('contracted')} LIMIT 1"
        " RETURNING call_off_id) SELECT call_off_id AS call_off FROM less",
        order("with_supplier", "revision_id = NULL"),
        order("with_supplier", "state = 'contracted'"),
        order("with_supplier", "state = 'returned'"),
    ),
    "capacity_follows_the_variation": (
        said("value_gbp = value_gbp + 1"),
        said("value_gbp = value_gbp + 1", "in_approval"),
        *(variation(f"state = '{state}'") for state in ("awaiting_signatures", "rejected", "assessed")),
        *(variation(f"state = '{state}'", "in_approval") for state in ("withdrawn", "lapsed", "draft", "assessed")),
        "UPDATE procurement_capacityentry SET holder = 'x' WHERE holder LIKE 'contracts.variation %' AND committed_delta_gbp > 0"
        f" RETURNING {of_variation('id')} AS variation",
    ),
    "capacity_follows_the_termination": (
        f"{gives_back(0, -1)}; SELECT {of_termination('id')} AS termination",
        *(
            f"UPDATE contracts_termination SET state = 'in_effect'; {gives_back(*amounts)}; SELECT {of_termination('id')} AS termination"
            for amounts in ((-1, 0), (0, 1), (0, -90_000_000))
        ),
        f"UPDATE contracts_termination SET state = 'in_effect'; {gives_back(0, -1)}; {gives_back(0, -1, 'y')}; SELECT {of_termination('id')} AS termination",
    ),
    "volumes_follow_the_variation": (
        "UPDATE procurement_volumeentry SET quantity = quantity + 1"
        f" WHERE key LIKE 'volume:' || {of_variation('public_id')} || ':%' RETURNING {of_variation('id')} AS variation",
        f"DELETE FROM procurement_volumeentry WHERE key LIKE 'volume:' || {of_variation('public_id')} || ':%'"
        f" RETURNING {of_variation('id')} AS variation",
        variation("state = 'lapsed'"),
    ),
    "capacity_follows_the_change_request": (
        request("state = 'refused', answer = 'x'"),
        *(
            f"UPDATE procurement_capacityentry SET {change} WHERE holder LIKE 'contracts.changerequest %' RETURNING {REQUEST} AS change_request"
            for change in ("reserved_delta_gbp = 1", "committed_delta_gbp = -1", "holder = 'x'")
        ),
    ),
    "edges_are_of_what_goes_on": (
        *(edge_entry(1, 0, state) + f"SELECT {of(state)} AS call_off" for state in ("returned", "lapsed", "rejected")),
        edge_entry(-99_999_999, 0, "contracted") + f"SELECT {of('contracted')} AS call_off",
        edge_entry(0, 1, "contracted") + f"SELECT {of('contracted')} AS call_off",
        edge_entry(1, 0, "contracted") + f"UPDATE contracts_contract SET state = 'expired' RETURNING {of('contracted')} AS call_off",
    ),
    "volumes_follow_the_change_request": (
        f"UPDATE procurement_volumeentry SET quantity = quantity + 1 WHERE key LIKE 'volume:' || (SELECT public_id FROM contracts_changerequest) || ':%'"
        f" RETURNING {REQUEST} AS change_request",
        request("state = 'lapsed', answer = 'x'"),
    ),
    "commitments_cover_the_charges": (
        f"UPDATE procurement_capacityentry SET committed_delta_gbp = committed_delta_gbp - 0.01 WHERE call_off_id = {of('contracted')}"
        f" AND committed_delta_gbp > 0 AND holder LIKE 'contracts.variation %' RETURNING {CONTRACT} AS contract",
        *(
            f"UPDATE contracts_linechange SET {change} WHERE id = (SELECT min(c.id) FROM contracts_linechange c"
            " JOIN contracts_contractversion v ON v.id = c.version_id WHERE v.kind = 'variation')"
            f" RETURNING {CONTRACT} AS contract"
            for change in ("quantity_change = quantity_change + 1", "unit_price_gbp = 1000", "ends_on = '2012-12-01'")
        ),
    ),
    "changes_are_edges": (
        "INSERT INTO documents_statechange (machine, row_id, source, target, txid)"
        f" VALUES ('call_off', {of('contracted')}, 'contracted', 'draft', 1) RETURNING id AS change",
    ),
    "changes_follow_each_other": (
        f"DELETE FROM documents_statechange WHERE machine = 'call_off' AND row_id = {of('contracted')}"
        " AND source = 'with_supplier' RETURNING machine, row_id, target AS source",
        f"DELETE FROM documents_statechange WHERE machine = 'call_off' AND row_id = {of('contracted')}"
        " AND source = '' RETURNING machine, row_id, target AS source",
    ),
    "states_are_where_changes_led": (
        *(
            f"UPDATE {table} SET state = '{state}' WHERE id = (SELECT min(id) FROM {table})"
            f" RETURNING '{machine}' AS machine, id AS row_id, state"
            for machine, (table, state) in STATES.items()
        ),
        f"DELETE FROM procurement_calloff WHERE id = {of('contracted')} RETURNING 'call_off' AS machine, id AS row_id",
        "DELETE FROM documents_statechange WHERE machine = 'contract' RETURNING machine, row_id",
        dropped("contracts_transfer", "transfer_keeps_its_totals")
        + "UPDATE contracts_transfer SET state = 'agreed' RETURNING 'transfer' AS machine, id AS row_id, state",
        RUNS_ON + "SELECT 'running_on' AS machine, id AS row_id FROM contracts_runningon",
    ),
    "decisions_are_segregated": (
        decision(f"person_id = {REQUESTER}"),
        decision(f"principal_id = {REQUESTER}"),
        decision(f"principal_id = {person('deputy.director@co.example')}"),
        *(
            f"UPDATE procurement_approval a SET {column} FROM procurement_decision d"
            f" WHERE d.approval_id = a.id AND a.id = {of_revision(AWARDED)} RETURNING a.id AS approval_id, d.person_id"
            for column in ("submitted_by = d.person_id", "requester_id = d.person_id", "edited_by = edited_by || d.person_id")
        ),
        "INSERT INTO procurement_recusal (subject, subject_id, step_id, user_id, person_id, name, reason, declared_at)"
        " SELECT a.subject, a.subject_id, d.step_id, d.user_id, d.person_id, 'x', 'x', a.submitted_at"
        f" FROM procurement_decision d JOIN procurement_approval a ON a.id = d.approval_id WHERE a.id = {of_revision(AWARDED)}"
        " LIMIT 1 RETURNING person_id",
    ),
    "terminations_are_confirmed_by_another": (
        *(
            dropped("contracts_termination", "contract_termination_needs_two_people") + termination(f"{who} = proposed_by")
            for who in ("confirmed_by", "confirmed_for")
        ),
        dropped("contracts_termination", "given_notice_is_confirmed") + termination("confirmed_by = NULL"),
        "INSERT INTO procurement_recusal (subject, subject_id, step_id, user_id, person_id, name, reason, declared_at)"
        f" SELECT a.subject, a.subject_id, s.id, {SIGNATORY_ID}, {SIGNATORY}, 'x', 'x', now() FROM procurement_approval a"
        f" JOIN procurement_approvalstep s ON s.approval_id = a.id AND s.position = 1 WHERE a.id = {of_revision(CONTRACTED)}"
        f" RETURNING {of_termination('id')} AS termination",
    ),
    "transfers_are_agreed_by_another": (
        transfer("agreed_by = prepared_by").replace("UPDATE", dropped("contracts_transfer", "transfer_needs_two_people") + "UPDATE", 1),
        transfer("agreed_for = prepared_by").replace("UPDATE", dropped("contracts_transfer", "transfer_needs_two_people") + "UPDATE", 1),
        transfer("hands = hands || agreed_by"), transfer("hands = '{}'"),
        dropped("contracts_transfer", "agreed_transfer_says_by_whom") + transfer("agreed_by = NULL"),
        dropped("contracts_transfer", "transfer_keeps_its_totals") + transfer("state = 'draft'"),
    ),
    "withholding_is_decided_by_another": (
        *(
            dropped("contracts_redactedcopy", "withholding_needs_two_people") + a_copy(f"{who} = proposed_by")
            for who in ("decided_by", "decided_for")
        ),
        dropped("contracts_redactedcopy", "copy_for_the_public_is_decided") + a_copy("decided_by = NULL"),
        "INSERT INTO procurement_recusal (subject, subject_id, step_id, user_id, person_id, name, reason, declared_at)"
        f" SELECT a.subject, a.subject_id, s.id, {SIGNATORY_ID}, {SIGNATORY}, 'x', 'x', now() FROM procurement_approval a"
        f" JOIN procurement_approvalstep s ON s.approval_id = a.id AND s.position = 1 WHERE a.id = {of_revision(CONTRACTED)}"
        " RETURNING (SELECT id FROM contracts_redactedcopy) AS copy",
    ),
    "departments_are_administered_by_their_own": (
        "INSERT INTO procurement_organisationgrant (starts_on, content_object_id, permission_id, user_id)"
        f" VALUES ('2007-10-01', {SUPPLIER}, 1, {ADMINISTRATOR_ID}) RETURNING content_object_id AS also_of",
        "INSERT INTO procurement_frameworkgrant (starts_on, content_object_id, permission_id, user_id)"
        f" VALUES ('2007-10-01', {FRAMEWORK}, 1, {ADMINISTRATOR_ID})"
        f" RETURNING {AUTHORITY} AS also_of",
    ),
    "accessions_are_decided_by_others": (
        joining("approved", f"person_id = {APPLICANT}"),
        joining("recommended", f"principal_id = {APPLICANT}"),
        joining("recommended", f"person_id = {HEAD}"),
        joining("approved", f"person_id = {LEAD}"),
        *(
            f"UPDATE procurement_application SET hands = hands || to_jsonb({who}) WHERE accession_id = {JOINED}"
            f" RETURNING {DECISION.format(outcome)} AS decision"
            for who, outcome in ((LEAD, "recommended"), (APPROVER, "approved"))
        ),
        *(
            f"UPDATE procurement_accession SET {column} = {APPROVER} WHERE id = {JOINED}"
            f" RETURNING {DECISION.format('approved')} AS decision"
            for column in ("reviewer_id", "reviewer_principal_id")
        ),
        f"UPDATE procurement_application SET submitted_by = {APPROVER} WHERE accession_id = {JOINED}"
        f" RETURNING {DECISION.format('approved')} AS decision",
        only(f"{DECISION.format('approved')} AS decision", joining("recommended", f"principal_id = {APPROVER}")),
    ),
    "suppliers_do_not_join": (
        f"UPDATE procurement_accession SET department_id = {SUPPLIER} WHERE id = {JOINED} RETURNING id AS accession",
    ),
    "approvals_say_what_was_submitted": (
        *(
            only(f"{AWARDED} AS revision", approval_of(change))
            for change in (
                "subject_id = 'x'", "begun_at = begun_at - interval '1 second'", f"department_id = {AUTHORITY}",
                f"requester_id = {SIGNATORY}", f"submitted_by = {SIGNATORY}", "submitted_at = submitted_at + interval '1 second'",
                "content_hash = repeat('0', 64)", "commits_gbp = commits_gbp - 1", "edited_by = '{}'", "lots = '{}'",
            )
        ),
        "INSERT INTO procurement_revisionhand (person_id, name, first_at, revision_id)"
        f" VALUES ({SIGNATORY}, 'x', now(), {AWARDED}) RETURNING revision_id AS revision",
        dropped("procurement_calloffrevision", "submitted_revision_is_complete") + revision("approval_id = NULL"),
    ),
    "approvals_say_which_variation": (
        *(
            varied_approval(change)
            for change in (
                "subject_id = 'x'", "begun_at = begun_at + interval '1 hour'", f"requester_id = {SIGNATORY}", "edited_by = '{}'",
                "content_hash = repeat('0', 64)", "commits_gbp = commits_gbp - 1", "route_gbp = route_gbp + 1",
                f"supplier_id = {AUTHORITY}",
            )
        ),
        dropped("contracts_variation", "variation_in_approval_has_its_round") + variation("approval_id = NULL", "in_approval"),
    ),
    "decisions_repeat_the_hash": (
        decision("content_hash = repeat('0', 64)"),
        decision(
            "person_id = gen_random_uuid(), (approval_id, content_hash) ="
            f" (SELECT approval_id, revision_hash FROM procurement_calloffrevision WHERE id = {CONTRACTED})"
        ),
        "UPDATE procurement_approvalstep s SET state = 'void' FROM procurement_decision d WHERE d.step_id = s.id"
        f" AND s.approval_id = {of_revision(AWARDED)} RETURNING d.id AS decision",
    ),
    "steps_stand_by_their_decisions": (
        f"DELETE FROM procurement_decision WHERE approval_id = {of_revision(AWARDED)} RETURNING step_id AS step",
        step("state = 'decided'", "waiting"),
        step("state = 'waiting'"),
    ),
    "past_approval_is_approved": (
        f"DELETE FROM procurement_decision WHERE approval_id = {of_revision(AWARDED)} RETURNING step_id AS step",
        f"DELETE FROM procurement_approvalstep WHERE approval_id = {of_revision(AWARDED)} AND side = 'authority'"
        f" RETURNING {of('with_supplier')} AS call_off, side",
        only("step_id AS step", decision("outcome = 'returned', reason = 'x'", "deputy_director")),
        only("step_id AS step", decision("outcome = 'endorsed'", "deputy_director")),
        *(
            order("with_supplier", f"state = '{state}'") + ";"
            + only("step_id AS step", decision("outcome = 'rejected', reason = 'x'", which=of(state, "revision_id")))
            for state in ("authority_approval", "confirmed", "declined")
        ),
        *(
            f"DELETE FROM procurement_decision WHERE approval_id = {of_revision(of(state, 'revision_id'))} RETURNING step_id AS step"
            for state in ("counter_proposed", "contracted")
        ),
    ),
    "variations_past_approval_are_approved": (
        "UPDATE procurement_decision SET outcome = 'returned', reason = 'x'"
        f" WHERE approval_id = {of_variation('approval_id')} RETURNING {of_variation('id')} AS variation",
        variation("state = 'awaiting_signatures'", "in_approval"),
        dropped("contracts_variation", "variation_in_approval_has_its_round") + variation("approval_id = NULL"),
    ),
    "awards_have_their_exceptions": (
        "DELETE FROM procurement_exceptiondecision RETURNING (SELECT service_code FROM procurement_exceptionrequest)",
        "UPDATE procurement_exceptiondecision SET outcome = 'refused', reason = 'x'"
        f" RETURNING {of('with_supplier')} AS call_off",
        f"UPDATE procurement_exceptiondecision SET revision_hash = '' RETURNING {of('with_supplier')} AS call_off",
    ),
    "contract_is_of_one_acceptance": (
        contract("original_value_gbp = original_value_gbp + 1"),
        only(f"{CONTRACT} AS contract", order("contracted", f"revision_id = {AWARDED}")),
        contract("state = 'awaiting_signatures'"),
        only(f"{CONTRACT} AS contract", order("contracted", "state = 'confirmed'")),
        only(f"{CONTRACT} AS contract", event("hash_shown = ''")),
        only(f"{CONTRACT} AS contract", event("verb = 'call_off.declined'")),
    ),
    "accepted_order_has_a_contract": (
        "UPDATE contracts_contract SET state = 'void' RETURNING call_off_id AS call_off",
        f"UPDATE contracts_contract SET call_off_id = {of('with_supplier')} RETURNING {of('contracted')} AS call_off",
        order("with_supplier", "state = 'confirmed'"),
    ),
    "departments_pass_by_their_facts": (
        f"UPDATE contracts_contract SET department_id = {DIUS} RETURNING 'contracts.contract' AS subject, public_id::text AS subject_id",
        order("with_supplier", f"department_id = {ONS}").replace("id AS call_off", "'procurement.calloff' AS subject, public_id::text AS subject_id"),
        passing(f"receiving_id = {AUTHORITY}"), passing(f"outgoing_id = {AUTHORITY}"), passing("subject_id = gen_random_uuid()::text"),
        f"DELETE FROM procurement_passing WHERE id = {PASSED} RETURNING subject_id",
        "UPDATE contracts_contract SET parties = jsonb_set(parties, '{department,code}', '\"CO\"') RETURNING public_id::text AS subject_id",
    ),
    "transfers_keep_their_totals": (
        dropped("contracts_transfer", "transfer_keeps_its_totals") + transfer("value_after_gbp = value_after_gbp + 0.01"),
        dropped("contracts_transfer", "transfer_keeps_its_totals") + transfer("reserved_after_gbp = reserved_after_gbp + 1"),
        dropped("contracts_transfer", "transfer_keeps_its_totals") + transfer("committed_before_gbp = 0"),
        transfer("value_before_gbp = 1, value_after_gbp = 1"), transfer("contracts_before = 2, contracts_after = 2"),
        dropped("contracts_transfer", "transfer_keeps_its_totals") + transfer("state = 'agreed'"),
        "DELETE FROM procurement_passing; SELECT id AS transfer FROM contracts_transfer",
        f"UPDATE procurement_passing SET document_id = NULL WHERE id = {PASSED}; SELECT id AS transfer FROM contracts_transfer",
        f"UPDATE procurement_passing SET document_id = {PAPER} WHERE id = {PASSED}; SELECT id AS transfer FROM contracts_transfer",
        f"UPDATE procurement_passing SET transfer = 'MG-2007-000009' WHERE id = {PASSED} RETURNING 'MG-2007-000009' AS state",
        f"UPDATE procurement_passing SET effective_on = effective_on + 1 WHERE id = {PASSED} RETURNING transfer AS state",
        f"UPDATE contracts_transfer SET receiving_id = {AUTHORITY} RETURNING number AS state",
    ),
    "memberships_are_carried_over": (
        f"UPDATE procurement_accession SET carried_from_id = (SELECT id FROM procurement_accession WHERE department_id = {DIUS}) WHERE id = {OF_ONS}"
        " RETURNING id AS accession",
        carried("limit_gbp = limit_gbp + 1"), carried("kind = 'purchase'"), carried("limit_gbp = NULL, unlimited = true"),
        "UPDATE procurement_delegation w SET ends_on = NULL FROM procurement_delegation d WHERE d.carried_from_id = w.id RETURNING d.id AS delegation",
        "UPDATE procurement_delegation w SET ends_on = d.starts_on FROM procurement_delegation d WHERE d.carried_from_id = w.id RETURNING d.id AS delegation",
    ),
    "notices_keep_their_period": (
        "UPDATE procurement_membershipnotice SET last_day = last_day - 1 RETURNING id AS notice",
        "UPDATE procurement_membershipnotice SET taken_back_by = given_by, taken_back_by_name = 'X', taken_back_at = last_day::timestamp AT TIME ZONE"
        " 'Europe/London' RETURNING id AS notice",
    ),
    "terms_begin_as_accepted": (
        *(
            f"UPDATE contracts_linechange SET {change} WHERE line_id = {FIRST_LINE} RETURNING {CONTRACT} AS contract"
            for change in ("quantity_change = quantity_change + 1", "unit_price_gbp = unit_price_gbp + 0.01",
                           "starts_on = starts_on + 1", "ends_on = ends_on - 1")
        ),
        *(
            f"UPDATE contracts_contractline SET {change} WHERE id = {FIRST_LINE} RETURNING contract_id AS contract"
            for change in ("number = 99", "phase = 'usage'", "site = 'Leeds'",
                           "service_id = (SELECT id FROM catalogue_serviceversion WHERE code = 'CORE-02' LIMIT 1)")
        ),
        "UPDATE contracts_contractversion SET effective_from = effective_from + 1 WHERE number = 1 RETURNING contract_id AS contract",
        f"UPDATE contracts_contractversion SET document_id = {AGREEMENT} WHERE number = 1 RETURNING contract_id AS contract",
        "UPDATE contracts_contractversion SET number = 99, kind = 'rerating' WHERE number = 1 RETURNING contract_id AS contract",
        dropped("contracts_contract", "executed_contract_is_signed") + contract("executed_at = NULL"),
    ),
    "changes_are_of_their_contract": (
        f"UPDATE contracts_linechange SET quantity_change = -1 WHERE line_id = {FIRST_LINE} RETURNING id AS change",
        f"UPDATE contracts_linechange SET unit_price_gbp = NULL WHERE line_id = {FIRST_LINE} RETURNING id AS change",
        f"UPDATE contracts_linechange SET starts_on = NULL WHERE line_id = {FIRST_LINE} RETURNING id AS change",
        f"{SECOND_CONTRACT} UPDATE contracts_contractline SET contract_id = (SELECT max(id) FROM contracts_contract) "
        f"WHERE id = {FIRST_LINE} RETURNING (SELECT id FROM contracts_linechange WHERE line_id = {FIRST_LINE}) AS change",
    ),
    "milestones_are_as_accepted": (
        *(
            f"UPDATE contracts_milestone SET {change} WHERE number = 8 RETURNING contract_id AS contract"
            for change in ("number = 99", "title = 'x'", "planned_on = planned_on - 1", "effect = ''")
        ),
        only(f"{CONTRACT} AS contract", criterion("words = 'x'")),
        f"DELETE FROM contracts_acceptancecriterion WHERE milestone_id = {milestone(1)} RETURNING {CONTRACT} AS contract",
        *(
            f"UPDATE contracts_paymentdue SET {change} WHERE milestone_id = {milestone(8)} RETURNING {CONTRACT} AS contract"
            for change in ("amount_gbp = amount_gbp + 1", "percent = percent + 1", f"line_id = {FIRST_LINE}")
        ),
        f"DELETE FROM contracts_paymentdue WHERE milestone_id = {milestone(8)} RETURNING {CONTRACT} AS contract",
    ),
    "accepted_milestones_are_certified": (
        *(
            f"UPDATE contracts_milestone SET {change} WHERE number = {number} RETURNING id AS milestone"
            for number, change in (
                (1, "state = 'achieved', achieved_on = planned_on"), (1, "state = 'submitted'"), (3, "state = 'conditional'"),
                (4, "achieved_on = achieved_on + 1"), (5, "state = 'in_progress'"), (5, "state = 'planned'"),
                (6, "state = 'submitted'"),
            )
        ),
        *(
            f"UPDATE contracts_acceptancedecision SET {change} WHERE outcome = '{outcome}' RETURNING {milestone(number)} AS milestone"
            for number, outcome, change in (
                (4, "accepted", "shown_hash = repeat('0', 64)"), (3, "met", "shown_hash = repeat('0', 64)"),
                (3, "conditional", "outcome = 'accepted'"), (3, "conditional", "achieved_on = achieved_on + 1"),
                (4, "accepted", "number = 'MC-2007-000009'"), (4, "accepted", f"document_id = {AGREEMENT}"),
            )
        ),
        f"DELETE FROM contracts_acceptancedecision WHERE outcome = 'accepted' RETURNING {milestone(4)} AS milestone",
        f"UPDATE documents_document SET payload = payload #- '{{certificate, number}}' WHERE id = {CERTIFICATE}"
        f" RETURNING {milestone(4)} AS milestone",
    ),
    "payments_fall_due_once": (
        *(
            f"UPDATE contracts_paymentrelease SET amount_gbp = amount_gbp {change} WHERE payment_id = {payment(4)}"
            " RETURNING payment_id AS payment"
            for change in ("+ 0.01", "- 0.01")
        ),
        f"UPDATE contracts_paymentrelease SET payment_id = {payment(8)} WHERE payment_id = {payment(4)} RETURNING payment_id AS payment",
    ),
    "no_day_is_charged_twice": (
        "INSERT INTO contracts_contractversion (contract_id, number, kind, effective_from, made_at, caused_by, document_id)"
        f" VALUES ({CONTRACT}, 99, 'milestone', '2008-03-15', now(), 'x', {AGREEMENT});"
        "INSERT INTO contracts_linechange (version_id, line_id, quantity_change, starts_on)"
        " SELECT (SELECT max(id) FROM contracts_contractversion), min(id), 0, '2008-03-31' FROM contracts_contractline"
        f" WHERE phase = 'shared' RETURNING {CONTRACT} AS contract",
    ),
    "variations_are_in_the_terms": (
        *(
            varied_terms(change)
            for change in ("effective_from = effective_from + 1", "caused_by = 'VAR-09'", "kind = 'milestone'")
        ),
        *(
            varied_line(change)
            for change in ("quantity_change = quantity_change + 1", "site = 'x'", "service_code = 'x'", "phase = 'usage'")
        ),
        variation("state = 'lapsed'", "executed").replace("id AS variation", "document_id AS document"),
        dropped("contracts_variation", "executed_variation_is_signed") + variation("state = 'applied'", "in_approval"),
        "UPDATE contracts_linechange SET quantity_change = quantity_change + 1 WHERE version_id ="
        f" (SELECT id FROM contracts_contractversion WHERE kind = 'variation') RETURNING {of_variation('id')} AS variation",
    ),
    "change_requests_are_in_the_terms": (
        request("state = 'lapsed', answer = 'x'").replace("id AS change_request", f"{OF_REQUEST} AS version"),
        request("effective_on = effective_on + 1"),
        f"UPDATE contracts_requestedchange SET quantity_change = quantity_change + 1 WHERE number = 1 RETURNING {REQUEST} AS change_request",
        f"UPDATE contracts_contractversion SET caused_by = 'CR-09' WHERE kind = 'change_request' RETURNING {REQUEST} AS change_request",
        f"UPDATE contracts_contractversion SET document_id = {AGREEMENT} WHERE kind = 'change_request' RETURNING {REQUEST} AS change_request",
        f"UPDATE contracts_linechange SET quantity_change = quantity_change + 1 WHERE version_id = {OF_REQUEST} RETURNING {REQUEST} AS change_request",
    ),
    "change_requests_stay_inside": (
        f"UPDATE contracts_linechange SET quantity_change = quantity_change + 60 WHERE version_id = {OF_REQUEST} RETURNING version_id AS version",
        "UPDATE procurement_calloffrevision SET content = jsonb_set(content::jsonb, '{framework,quantity_tolerance_percent}', '\"0.5\"')::text"
        f" WHERE id = {CONTRACTED} RETURNING {OF_REQUEST} AS version",
    ),
    "contracts_end_with_their_terms": (
        contract("ends_on = ends_on + 1"),
        "UPDATE contracts_linechange SET ends_on = ends_on + 1 WHERE ends_on ="
        f" (SELECT ends_on FROM contracts_contract) RETURNING {CONTRACT} AS contract",
        TERMINATED + f"SELECT {CONTRACT} AS contract",
    ),
    "terminations_are_in_the_terms": (
        termination("state = 'in_effect'"),
        TERMINATED + "SELECT id AS version FROM contracts_contractversion WHERE number = 99",
        *(
            TERMINATED + "UPDATE contracts_termination SET state = 'in_effect';"
            f"UPDATE contracts_contractversion SET {change} WHERE number = 99 RETURNING id AS version"
            for change in ("charge_gbp = charge_gbp + 1", "charge_gbp = NULL", "effective_from = effective_from + 1", "caused_by = 'x'",
                           f"document_id = {AGREEMENT}")
        ),
        TERMINATED + "UPDATE contracts_contract SET state = 'executed';" + termination("state = 'in_effect'"),
        TERMINATED + "UPDATE contracts_termination SET state = 'in_effect';"
        "INSERT INTO contracts_linechange (version_id, line_id, quantity_change) SELECT v.id, "
        + FIRST_LINE + ", 1 FROM contracts_contractversion v WHERE v.number = 99 RETURNING version_id AS version",
    ),
    "terminations_rest_on_their_contract": tuple(
        dropped("contracts_termination", "termination_rests_on_something") + before + termination(change)
        for before, change in (
            ("", f"milestone_id = {milestone(1)}, contract_id = contract_id + 1"),
            ("", "level_id = (SELECT min(id) FROM contracts_calculatedlevel WHERE standing = 'below_minimum')"),
            ("UPDATE contracts_calculatedlevel SET standing = 'below_critical' WHERE standing = 'below_minimum';",
             "level_id = (SELECT min(id) FROM contracts_calculatedlevel WHERE standing = 'below_critical'), contract_id = contract_id + 1"),
        )
    ),
    "ended_contracts_say_how": (
        contract("state = 'terminated'"),
        only("contract_id AS contract", termination("state = 'in_effect'")),
        "DELETE FROM contracts_exititem;" + contract("state = 'expired'"),
    ),
    "closed_contracts_are_done": (
        closed("DELETE FROM contracts_exitact WHERE id = (SELECT max(id) FROM contracts_exitact)"),
        closed("UPDATE contracts_exitact SET kind = 'done'"),
        closed("UPDATE contracts_exitact SET ends_on = ends_on - 1 WHERE id = (SELECT max(id) FROM contracts_exitact)"),
        closed(f"UPDATE contracts_milestone SET state = 'planned' WHERE id = {milestone(1)}"),
        closed("UPDATE contracts_servicecredit SET state = 'agreed'"),
        closed("UPDATE contracts_invoice SET state = 'approved'"),
        closed("UPDATE contracts_variation SET state = 'draft'"),
        closed(RUNS_ON.removesuffix(";")),
    ),
    "what_runs_on_is_in_the_terms": (
        runs_on(),
        RUNS_ON + contract("state = 'expired'"),
        *(
            runs_on(f"{RUNS_ON} {change}")
            for change in (
                "UPDATE contracts_contract SET state = 'executed'",
                "UPDATE contracts_contractversion SET effective_from = effective_from + 1 WHERE number = 98",
                f"UPDATE contracts_contractversion SET document_id = {AGREEMENT} WHERE number = 98",
                *(
                    f"UPDATE contracts_linechange SET {setting} WHERE version_id = (SELECT id FROM contracts_contractversion WHERE number = 98)"
                    for setting in ("quantity_change = 1", "unit_price_gbp = 1", "starts_on = ends_on", "ends_on = NULL, quantity_change = 1")
                ),
                "UPDATE contracts_runningon SET state = 'stopped', last_day = current_date",
                "INSERT INTO contracts_contractversion (contract_id, number, kind, effective_from, made_at, caused_by, document_id)"
                " SELECT id, 97, 'running_on', ends_on + 1, now(), number, document_id FROM contracts_contract;"
                "INSERT INTO contracts_linechange (version_id, line_id, quantity_change, ends_on) SELECT v.id, n.id, 0, v.effective_from"
                " FROM contracts_contractversion v, contracts_contractline n WHERE v.number = 97 AND n.number = 2",
            )
        ),
    ),
    "savings_are_kept": (
        "DELETE FROM contracts_contractsavings RETURNING contract_id AS contract",
        "DELETE FROM contracts_contractversion RETURNING contract_id AS contract",
        *(f"UPDATE contracts_contractsavings SET {what} RETURNING contract_id AS contract"
          for what in ("framework_id = framework_id + 1", "department_id = department_id + 1", "kept_at = NULL")),
    ),
    "savings_are_summed": (
        *(f"UPDATE contracts_departmentmonth m SET {column} = {column} + 1 FROM contracts_departmentsavings d"
          " WHERE d.id = m.of_id RETURNING d.department_id AS department, m.month"
          for column in ("seat_days", "charges_gbp", "unassessed_gbp", "fallen_gbp", "kg_before", "kg", "baseline_gbp")),
        "UPDATE contracts_monthsavings m SET kg = kg + 1 FROM contracts_contractsavings s"
        " WHERE s.id = m.of_id RETURNING s.department_id AS department, m.month",
        "DELETE FROM contracts_departmentmonth m USING contracts_departmentsavings d"
        " WHERE d.id = m.of_id RETURNING d.department_id AS department, m.month",
        "DELETE FROM contracts_departmentsavings WHERE contracts > 0 RETURNING department_id AS department",
    ),
    "statutory_notices_are_made": (
        *(f"DELETE FROM contracts_statutorynotice WHERE kind = '{kind}' AND contract_id = {CONTRACT} RETURNING contract_id AS contract" for kind in ("award", "details")),
        notice("kind = 'termination'", "details").replace("id AS notice", "contract_id AS contract"),
        "UPDATE procurement_calloffrevision SET content = jsonb_set(content::jsonb, '{framework,regime}', '\"PCR2006\"')::text"
        f" WHERE id = {CONTRACTED} RETURNING {CONTRACT} AS contract",
    ),
    "statutory_notices_are_due": (
        notice("due_on = due_on + 1", "details"),
        notice("due_on = due_on + 1", "performance"),
        notice("period_from = period_from + 1", "performance"),
        notice("is_last = true", "performance"),
        notice("kind = 'termination'", "award"),
    ),
    "change_notices_are_of_their_variations": (
        "DELETE FROM contracts_statutorynotice WHERE kind = 'change' RETURNING variation_id AS variation",
        "UPDATE contracts_variation SET change_notice = 'x' WHERE change_notice <> '' RETURNING id AS variation",
        "UPDATE contracts_noticepublication SET published_on = published_on - 1 WHERE notice_id = (SELECT id FROM contracts_statutorynotice WHERE kind = 'change')"
        " RETURNING notice_id AS notice",
    ),
    "what_is_published_is_kept": (
        "UPDATE contracts_noticepublication SET content = content || ' ' RETURNING id AS publication",
        "UPDATE contracts_noticepublication SET published_on = published_on + 1 RETURNING id AS publication",
    ),
    "ratings_are_confirmed_by_another": (
        "UPDATE contracts_kpiconfirmation SET confirmed_by = (SELECT rated_by FROM contracts_kpiround WHERE id = round_id)" + OF_RATINGS,
        "UPDATE contracts_kpiconfirmation SET confirmed_for = (SELECT rated_by FROM contracts_kpiround WHERE id = round_id)" + OF_RATINGS,
        "INSERT INTO contracts_kpiround SELECT (jsonb_populate_record(r, jsonb_build_object('id', 9999, 'number', r.number + 1))).* FROM contracts_kpiround r" + OF_RATINGS,
        "DELETE FROM contracts_kpiconfirmation" + OF_RATINGS,
    ),
    "ratings_are_whole": (
        "DELETE FROM contracts_kpirating WHERE id = (SELECT min(id) FROM contracts_kpirating) RETURNING round_id AS round",
        "UPDATE contracts_kpirating SET measure_id = (SELECT min(id) FROM catalogue_servicelevelmeasure WHERE measure_code = 'SD-S-ANSWER')"
        " WHERE id = (SELECT min(id) FROM contracts_kpirating) RETURNING round_id AS round",
    ),
    "credits_are_calculated": (
        *(
            f"UPDATE contracts_calculatedlevel SET {change} WHERE standing = 'below_minimum' RETURNING calculation_id AS calculation"
            for change in ("credit_gbp = credit_gbp + 0.01", "points = points - 0.1", "base_gbp = base_gbp - 100", "cut_gbp = 0.01")
        ),
        "UPDATE contracts_creditcalculation SET cap_gbp = cap_gbp - 0.01 RETURNING id AS calculation",
    ),
    "credits_follow_calculations": (
        "UPDATE contracts_servicecredit SET state = 'applied' WHERE state = 'calculated' RETURNING id AS credit",
        "UPDATE contracts_servicecredit SET state = 'agreed' WHERE state = 'waived' RETURNING id AS credit",
        "UPDATE contracts_servicecredit SET month = month - interval '1 month' WHERE state = 'waived' RETURNING id AS credit",
        "UPDATE contracts_creditact SET amount_gbp = amount_gbp + 1 WHERE kind = 'waived' RETURNING credit_id AS credit",
    ),
    "invoices_are_what_they_were_compared_with": (
        dropped("contracts_invoice", "invoice_is_money") + invoice("net_gbp = net_gbp - 1"),
        dropped("contracts_invoice", "invoice_is_money") + invoice("vat_gbp = vat_gbp + 1"),
        invoice("state = 'matched'"),
        invoice("state = 'rejected'", "queried"),
        invoice("content_hash = repeat('0', 64)"),
        invoice("state = 'queried'", "rejected"),
        f"DELETE FROM contracts_invoicecheck WHERE invoice_id = {APPROVED} RETURNING invoice_id AS invoice",
        "UPDATE contracts_invoiceact SET kind = 'settled' WHERE kind = 'disputed' RETURNING invoice_id AS invoice",
        dropped("contracts_invoicecheck", "invoice_check_is_a_sum")
        + f"UPDATE contracts_invoicecheck SET net_gbp = net_gbp + 1 WHERE invoice_id = {APPROVED} RETURNING invoice_id AS invoice",
    ),
    "invoices_are_paid_by_their_payments": (
        invoice("state = 'paid'"),
        invoice("state = 'matched'"),
        *(
            f"UPDATE contracts_invoicepayment SET amount_gbp = i.gross_gbp {change} FROM contracts_invoice i WHERE i.id = invoice_id"
            " RETURNING invoice_id AS invoice"
            for change in ("", "+ 1")
        ),
    ),
    "months_are_invoiced_once": (
        "UPDATE contracts_invoice SET state = 'matched' WHERE reference = 'FS-2' RETURNING contract_id AS contract, month",
        dropped("contracts_invoicecheck", "invoice_check_is_a_sum")
        + f"UPDATE contracts_invoicecheck SET overpaid_gbp = 1 WHERE invoice_id = {APPROVED}"
        + " RETURNING (SELECT contract_id FROM contracts_invoice i WHERE i.id = invoice_id) AS contract, DATE '2008-04-01' AS month",
    ),
    "invoices_are_decided_by_others": (
        *(
            f"UPDATE contracts_invoice SET {column} = (SELECT person_id FROM contracts_invoiceact WHERE kind = 'approved')"
            f" WHERE id = {APPROVED} RETURNING id AS invoice"
            for column in ("recorded_by", "principal_id")
        ),
        f"UPDATE contracts_invoiceact SET principal_id = (SELECT recorded_by FROM contracts_invoice WHERE id = {APPROVED})"
        " WHERE kind = 'approved' RETURNING id AS act",
    ),
    "returns_are_declared_whole": (
        a_return("state = 'open'"),
        a_return("state = 'declared'", "month = '2008-05-01'"),
        f"DELETE FROM contracts_declaration WHERE return_of_id = {APRIL} RETURNING return_of_id AS return",
        of_line("levy_gbp = levy_gbp + 0.01"),
        of_line("declared_gbp = declared_gbp + 0.01"),
        of_line("settlement_gbp = 0.01"),
        of_line("levy_percent = levy_percent + 0.1", "returnline"),
        "DELETE FROM contracts_returnline l USING contracts_managementreturn r WHERE r.id = l.return_of_id AND r.month = '2008-05-01'"
        " RETURNING r.id AS return",
    ),
    "notes_are_of_their_returns": (
        f"UPDATE contracts_levynote SET amount_gbp = amount_gbp + 1 WHERE return_of_id = {APRIL} RETURNING return_of_id AS return",
        f"UPDATE contracts_levynote SET kind = 'credit' WHERE return_of_id = {APRIL} RETURNING return_of_id AS return",
        "UPDATE contracts_levynote SET kind = 'additional' WHERE kind = 'credit' RETURNING return_of_id AS return",
        f"DELETE FROM contracts_levynote WHERE return_of_id = {APRIL} RETURNING return_of_id AS return",
        a_return("state = 'open'"),
        "UPDATE contracts_levypayment SET amount_gbp = amount_gbp + 100000"
        " RETURNING (SELECT return_of_id FROM contracts_levynote WHERE id = note_id) AS return",
        "UPDATE contracts_levypayment SET note_id = (SELECT id FROM contracts_levynote WHERE kind = 'credit')"
        " RETURNING (SELECT id FROM contracts_managementreturn WHERE number = 2) AS return",
        a_return("month = '2008-02-01'", "number = 2"),
        dropped("contracts_managementreturn", "a_later_return_corrects_one") + a_return("number = 3", "number = 2"),
    ),
    "last_returns_settle": (
        f"UPDATE contracts_returnline SET is_last = true WHERE return_of_id = {APRIL};"
        f"UPDATE contracts_declaredline SET settlement_gbp = 1 WHERE line_id IN (SELECT id FROM contracts_returnline WHERE return_of_id = {APRIL})"
        f" RETURNING {CONTRACT} AS contract",
    ),
    "prices_fell_for_everybody": (
        "UPDATE documents_job SET state = 'done', finished_at = now() WHERE task = 'contracts.find_falls';"
        "INSERT INTO procurement_volumeentry (framework_id, volume, quantity, effective_from, source, key) "
        f"VALUES ({FRAMEWORK}, 'seats', 1500, '2008-06-20', 'x', 'x') RETURNING {CONTRACT} AS contract",
    ),
    "counter_proposals_become_what_they_say": (
        *(
            counter(f"content = jsonb_set(content::jsonb, '{{lines, 0, {name}}}', '\"other\"')::text")
            for name in ("number", "service", "quantity", "starts_on", "months")
        ),
        counter("answered_at = answered_at + interval '1 second'"),
        counter("answered_by = proposed_by"),
        counter(f"revision_id = {AWARDED}"),
        only(f"{ACCEPTED} AS counter_proposal", revision("previous_id = NULL", BECAME)),
    ),
    "numbers_are_without_gaps": (
        *(
            f"UPDATE documents_numbercounter SET last = last {change} WHERE series = '{series}' RETURNING series, year"
            for series in ("CO", "CON", "AA", "MC", "LN", "TN", "MG", "ST", "RC") for change in ("+ 1", "- 1")
        ),
        "DELETE FROM documents_numbercounter WHERE series = 'CO' RETURNING series, year",
        only("'CO' AS series, 2007 AS year", order("contracted", "reference = 'CO-2007-000009'")),
        f"UPDATE contracts_exit SET number = 'DR-2007-000001', document_id = {PAPER} RETURNING 'DR' AS series, 2007 AS year",
    ),
    "document_says_its_contract": (
        only(f"{CONTRACT} AS contract", document("number = 'CON-2007-000009'")),
        payload("jsonb_set(payload, '{order, contract, number}', '\"CON-2007-000009\"')"),
        payload("jsonb_set(payload, '{order, contract, revision_hash}', '\"\"')"),
        payload("payload #- '{order, contract}'"),
        contract("document_id = NULL, state = 'preparing'"),
        payload("jsonb_set(payload, '{order, lines, 0, quantity}', '1')"),
    ),
    "published_copies_say_what_was_decided": (
        a_copy("content = replace(content, 'withheld (1)', '74.88')"),
        a_copy("content_hash = repeat('0', 64)"),
        *(
            f"UPDATE documents_document SET {change} WHERE kind = 'redacted_contract' RETURNING (SELECT id FROM contracts_redactedcopy) AS copy"
            for change in (
                "payload = jsonb_set(payload, '{copy, order, lines, 0, unit_price_gbp}', '\"74.88\"')",
                "payload = jsonb_set(payload, '{copy, number}', '\"RC-2007-000009\"')",
                "number = 'RC-2007-000009'",
            )
        ),
        withheld("label = 'x'"), withheld("ground = 'security'"), withheld("until = until + 1"), withheld("number = 2"),
        "DELETE FROM contracts_withheldfield RETURNING copy_id AS copy",
    ),
    "document_revisions_are_a_chain": (
        f"DELETE FROM documents_documentrevision WHERE document_id = {PAPER} AND number = 2"
        " RETURNING document_id, number + 1 AS number",
        *(
            dropped("documents_documentrevision", "document_revisions_are_chained") + stored(number, change)
            for number, change in ((0, "previous_id = -1"), (0, "number = 9"), (2, "previous_id = NULL"))
        ),
        stored(0, "purpose = 'signature'"),
        stored(1, "purpose = 'signature'"),
        stored(3, "purpose = 'draft'"),
        stored(3, "purpose = 'issuing_seal'"),
        stored(4, "number = 9"),
        stored(2, "length = 1"),
        stored(2, f"document_id = {AGREEMENT}, number = 9"),
        only("document_id, number + 1 AS number", stored(3, "purpose = 'archive_timestamp'")),
    ),
    "document_is_where_its_revisions_are": (
        *(document(f"state = '{state}'") for state in ("queued", "drafted", "sealed", "signing")),
        *(
            f"DELETE FROM documents_documentrevision WHERE document_id = {PAPER} AND number >= {number}"
            " RETURNING document_id AS document"
            for number in range(6)
        ),
    ),
    "signatures_have_intents": (
        f"DELETE FROM documents_signature WHERE id = {SIGNATURE} RETURNING revision_id AS revision",
        stored(2, "purpose = 'draft'"),
        signature(f"revision_id = (SELECT max(id) FROM documents_documentrevision WHERE document_id = {PAPER})"),
        signature("signed_at = signed_at - interval '1 day'"),
        only(f"{SIGNATURE} AS signature", intent("base_sha256 = repeat('0', 64)")),
        only("field, (SELECT id FROM documents_signature WHERE intent_id = documents_signingintent.id) AS signature",
             intent(f"document_id = {AGREEMENT}, field = 'x'")),
    ),
    "acts_are_of_expected_signers": (
        intent("field = 'Signature_other'"),
        intent("identifier = 'GOVGB-CO'"),
        only("(SELECT min(id) FROM documents_signingintent WHERE document_id = documents_document.id) AS intent",
             document("expected_signers = '[]'")),
    ),
    "agreements_are_signed_by_others": (
        signed_by(APPLICANT, AGREEMENT),
        signed_by(LEAD, AGREEMENT),
        signed_by(APPROVER, AGREEMENT),
        *(
            f"UPDATE {table} SET {column} = {value} {where}"
            f" RETURNING {OF_AGREEMENT} AS intent"
            for table, column, value, where in (
                ("procurement_accession", "reviewer_id", HEAD, f"WHERE id = {JOINED}"),
                ("procurement_accession", "reviewer_principal_id", HEAD, f"WHERE id = {JOINED}"),
                ("procurement_application", "submitted_by", HEAD, f"WHERE accession_id = {JOINED}"),
                ("procurement_application", "hands", f"to_jsonb(ARRAY[{HEAD}])", f"WHERE accession_id = {JOINED}"),
                ("procurement_accessiondecision", "person_id", HEAD, "WHERE outcome = 'approved'"),
                ("procurement_accessiondecision", "principal_id", HEAD, "WHERE outcome = 'approved'"),
            )
        ),
    ),
    "contracts_are_signed_by_others": (
        signed_by(REQUESTER),
        *(
            only(f"{INTENT} AS intent", act)
            for act in (
                approval_of(f"submitted_by = {SIGNATORY}", CONTRACTED),
                approval_of(f"submitted_for = {SIGNATORY}", CONTRACTED),
                approval_of(f"requester_id = {SIGNATORY}", CONTRACTED),
                # whose delegation it was signed under
                f"UPDATE procurement_postholding SET user_id = {REQUESTER_ID} WHERE user_id = {SIGNATORY_ID} RETURNING id",
            )
        ),
    ),
    "documents_bar_who_may_not_sign": (
        *(
            f"DELETE FROM procurement_signingbar WHERE document_id = {document} RETURNING document_id AS document, person_id, why"
            for document in (PAPER, AGREEMENT)
        ),
        only(f"{PAPER} AS document, 'asked' AS why", approval_of(f"submitted_for = {SIGNATORY}", CONTRACTED)),
        "INSERT INTO procurement_recusal (subject, subject_id, step_id, user_id, person_id, name, reason, declared_at)"
        f" SELECT a.subject, a.subject_id, s.id, {SIGNATORY_ID}, {SIGNATORY}, 'x', 'x', now() FROM procurement_approval a"
        f" JOIN procurement_approvalstep s ON s.approval_id = a.id AND s.position = 1 WHERE a.id = {of_revision(CONTRACTED)}"
        " RETURNING person_id, 'recused' AS why",
        *(
            f"UPDATE {table} SET {change} RETURNING {AGREEMENT} AS document, {HEAD} AS person_id"
            for table, change in (
                ("procurement_accession", f"reviewer_principal_id = {HEAD} WHERE id = {JOINED}"),
                ("procurement_application", f"hands = hands || to_jsonb({HEAD}) WHERE accession_id = {JOINED}"),
                ("procurement_application", f"submitted_by = {HEAD} WHERE accession_id = {JOINED}"),
                ("procurement_accessiondecision", f"principal_id = {HEAD} WHERE outcome = 'approved'"),
            )
        ),
    ),
    "variations_bar_who_may_not_sign": (
        f"DELETE FROM procurement_signingbar WHERE document_id = {of_variation('document_id')} AND why = 'asked'"
        f" RETURNING {of_variation('id')} AS variation",
        f"UPDATE procurement_signingbar SET why = 'recused' WHERE document_id = {of_variation('document_id')}"
        f" RETURNING {of_variation('id')} AS variation",
    ),
    "complete_documents_bear_every_signature": (
        f"DELETE FROM documents_signature WHERE id = {SIGNATURE}"
        f" RETURNING {PAPER} AS document, 'Signature_department' AS missing",
        document("""expected_signers = expected_signers || '[{"field": "x"}]'""") + ", 'x' AS missing",
    ),
    "changes_have_one_record": (
        *(
            "DELETE FROM documents_auditevent WHERE id = (SELECT max(id) FROM documents_auditevent"
            f" WHERE subject = '{subject}' AND before <> after)"
            " RETURNING subject, subject_id, before AS source, after AS target"
            for subject in RECORDED
        ),
        RUNS_ON + "INSERT INTO documents_statechange (machine, row_id, source, target, txid) SELECT 'running_on', id, 'running', 'stopped', 1"
        " FROM contracts_runningon; SELECT 'contracts.runningon' AS subject, public_id::text AS subject_id FROM contracts_runningon",
        only("subject, subject_id, after AS target", event("after = 'declined'")),
        only(f"{of('contracted', 'public_id::text')} AS subject_id, after AS target", event("subject_id = 'x'")),
        f"DELETE FROM documents_statechange WHERE machine = 'call_off' AND row_id = {of('contracted')}"
        f" AND target = 'confirmed' RETURNING {of('contracted', 'public_id::text')} AS subject_id, source, target",
    ),
    "acts_carry_who_acted": (
        *(
            dropped("documents_auditevent", "only_a_persons_act_carries_a_person") + event(change)
            for change in ("actor_person_id = NULL", "actor_kind = 'system'")
        ),
        event("actor_words = ''"),
        event("channel = ''"),
        event("session = ''"),
    ),
    "facts_stay": (
        *(granted(right) for right in ("UPDATE", "DELETE", "TRUNCATE", "UPDATE (reason)")),
        "DROP TRIGGER facts_stay ON procurement_decision; SELECT 'procurement_decision' AS facts",
        "ALTER TABLE documents_signature DISABLE TRIGGER facts_stay; SELECT 'documents_signature' AS facts",
    ),
    "kept_keys_have_answers": (
        "INSERT INTO documents_idempotencykey (person_id, key, request_hash, location, created_at)"
        f" VALUES ({REQUESTER}, gen_random_uuid(), '', '', now()) RETURNING id AS idempotency_key",
    ),
    "ended_jobs_say_when": (
        job("state = 'done'"),
        job("state = 'dead', last_error = 'x'"),
        job("state = 'dead', finished_at = now(), last_error = ''"),
        job("finished_at = now()"),
    ),
    "route_is_of_the_sum": (
        approval_of("route_gbp = route_gbp + 1"),
        approval_of("counted_with = '[]'"),
    ),
    "commits_cover_the_sum": (
        committed("route_gbp = route_gbp"),
    ),
    "waiting_states_have_an_owner": (
        f"UPDATE procurement_approvalstep SET state = 'void' WHERE state = 'open' AND approval_id ="
        f" {of_revision(of('department_approval', 'revision_id'))} RETURNING {of('department_approval')} AS call_off",
        order("with_supplier", "state = 'authority_approval'"),
        order("with_supplier", "answer_due_at = NULL, answer_days_left = 3"),
    ),
    "variations_have_an_owner": (
        f"UPDATE procurement_approvalstep SET state = 'waiting' WHERE approval_id = {of_variation('approval_id', 'in_approval')}"
        f" AND state = 'open' RETURNING {of_variation('id', 'in_approval')} AS variation",
        variation("state = 'awaiting_signatures'", "in_approval"),
        f"UPDATE documents_document SET state = 'void' WHERE id = {of_variation('document_id')} RETURNING {of_variation('id')} AS variation",
    ),
    "counter_proposals_are_answered": (
        only(f"{of('counter_proposed')} AS call_off", counter("answer = 'ended', answered_at = proposed_at", "")),
        only(f"{of('counter_proposed')} AS call_off", counter(f"revision_id = {CONTRACTED}", "")),
        order("counter_proposed", "state = 'with_supplier', answer_days_left = NULL"),
        only(f"{of('with_supplier')} AS call_off", counter(f"call_off_id = {of('with_supplier')}", "")),
    ),
    "clocks_stand_while_suspended": (
        "INSERT INTO procurement_suspension"
        " (reason, suspended_by, suspended_by_name, suspended_at, ended_by_name, framework_id)"
        f" VALUES ('x', {REQUESTER}, 'x', '2007-10-01 12:00+01', '', {FRAMEWORK})"
        f" RETURNING {of('with_supplier')} AS call_off",
    ),
    "frameworks_move_with_their_record": (
        "INSERT INTO documents_statechange (machine, row_id, source, target, txid)"
        f" VALUES ('framework', {FRAMEWORK}, 'live', 'suspended', 1) RETURNING row_id AS framework",
        "UPDATE documents_auditevent SET subject = 'catalogue.framework', before = 'live', after = 'suspended',"
        f" subject_id = {FRAMEWORK}::text WHERE id = (SELECT max(id) FROM documents_auditevent)"
        " RETURNING subject_id::bigint AS framework",
    ),
    "unsent_messages_have_a_job": (
        "DELETE FROM documents_job WHERE key ="
        " (SELECT 'email:' || min(id) FROM documents_email WHERE held_until IS NULL) RETURNING substr(key, 7)::bigint AS email",
        email("sent_at = now()"),
        email("held_until = now()"),
        "UPDATE documents_job SET state = 'done', finished_at = now() WHERE key LIKE 'email:%'"
        " RETURNING substr(key, 7)::bigint AS email",
    ),
    "documents_in_the_making_have_a_job": tuple(
        "UPDATE documents_job SET state = 'done', finished_at = now() WHERE key LIKE 'make:%' OR key LIKE 'close:%';"
        f"UPDATE documents_document SET state = '{state}' WHERE id = {which} RETURNING id AS document"
        for state, which in (("queued", PAPER), ("drafted", PAPER), ("sealed", CERTIFICATE))
    ),
}  # fmt: skip


@contextmanager
def superuser() -> Iterator[None]:
    """The default connection is the superuser's, and goes by no trigger and no foreign key."""
    settings = connection.settings_dict
    connection.close()
    user, settings["USER"] = settings["USER"], SUPERUSER
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
        yield
    finally:
        connection.close()
        settings["USER"] = user


def found(invariant: Invariant, act: str) -> bool:
    """Whether the invariant names the row that the act damages."""
    with undone(), connection.cursor() as cursor:
        cursor.execute(act)
        damaged = dict(zip([column.name for column in cursor.description], cursor.fetchone(), strict=True))
        return any(damaged.items() <= row.items() for _invariant, rows in broken([invariant]) for row in rows)


def test_every_invariant_has_its_damage():
    assert [invariant.name for invariant in INVARIANTS] == list(DAMAGE)


def test_every_damage_is_found_and_its_row_is_named(committed_db):
    world()
    assert broken(INVARIANTS) == []
    with superuser():
        missed = [(one.name, act) for one in INVARIANTS for act in DAMAGE[one.name] if not found(one, act)]
    assert missed == []
