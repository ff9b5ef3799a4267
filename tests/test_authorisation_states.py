"""Who gets what at which address, state by state: of an order with its contract, of a framework, of a release.

The addresses come from the url list; one without a row fails. A cell says, state by state, who reads (200), is sent on
(302) or told why not (403), by letter: the outsider of another department, the order desk, the requester, the authority;
of releases the supplier that drafts it, a requester, and the authority's own drafter. Who is not named finds nothing
(404), and what the outsider does not find takes no form either.
"""

import uuid

import pytest
from django.urls import reverse

from contracts import exiting, terminating
from contracts.models import Evidence
from documents import clock
from procurement.models import Query
from tests import cast, paper
from tests.contracts import ending_cast as ending
from tests.contracts import money_cast, publication_cast, request_cast, transfer_cast
from tests.contracts import statutory_cast as statutory
from tests.contracts import transition_cast as made
from tests.contracts import variation_cast as varied
from tests.machines import Machine, walk
from tests.machines.contracts import asked
from tests.machines.frameworks import FRAMEWORK, RELEASE
from tests.machines.orders import CALL_OFF, DESK, S, ask
from tests.machines.transfers import TRANSFER
from tests.procurement.test_pages import sign_in
from tests.test_authorisation import patterns

pytestmark = pytest.mark.django_db
BUYERS = {"O": "requester@bis.example", "D": DESK, "R": "requester@dius.example", "A": "commercial.lead@co.example"}
DRAFTERS = {
    "O": "requester@bis.example", "S": "account.manager@fujitsu.example", "R": "requester@dius.example",
    "M": "catalogue.manager@co.example",
}  # fmt: skip


def queried(order):
    """Submitted, and the first approver has asked something."""
    ask(CALL_OFF.states[S.DEPARTMENT_APPROVAL][1](order))
    return order


def rerated(order):
    """Its contract is executed, other orders have brought its prices down, of its milestones one is submitted and one
    accepted, of its variations one is a draft and one, about which an approver has asked something, awaits signatures; it has
    an invoice and two change requests, and its indicators are rated; one termination was proposed and withdrawn, of another notice is given,
    and its data is returned; a copy of it is published."""
    order = CALL_OFF.states[S.CONTRACTED][1](order)
    cast.add_volume("seats", 1500)
    paper.noticed(order.contracts.get())
    made.submitted(made.milestone(2))
    made.submitted(made.milestone(3))
    paper.certified(made.accepted(made.milestone(3)))
    varied.begun()
    paper.variation_issued(varied.decided(asked(varied.submitted())))
    money_cast.recorded(order.contracts.get())
    terminating.withdraw(ending.proposed(), reason="Settled.", by=cast.person(made.MANAGER), at=cast.START)
    publication_cast.on_paper(publication_cast.proposed())
    notice = ending.given(what=ending.asked(file=made.file()))
    paper.notice_sealed(notice)
    request_cast.asked(order.contracts.get())
    request_cast.asked(order.contracts.get(), more=5)
    statutory.rated(at=cast.START)
    exiting.do(ending.item(notice.contract, "data_return"), words="On a disk.", file=made.file(), by=cast.person(made.SERVICE), at=cast.START)
    return order


def drafted(_):
    """Of an order whose quantities may move."""
    cast.leave_tolerance()
    return CALL_OFF.states[S.DRAFT][1](_)


# A draft and an order with the supplier are in the world of ``test_authorisation``; these are the others that differ.
ORDER = Machine(
    states={
        S.DRAFT: (CALL_OFF.states[S.DRAFT][0], drafted), S.DEPARTMENT_APPROVAL: (S.DRAFT, queried),
        **{state: CALL_OFF.states[state] for state in (
            S.WITHDRAWN, S.AUTHORITY_APPROVAL, S.WITH_SUPPLIER, S.LAPSED, S.CONFIRMED)},
        S.CONTRACTED: (S.CONFIRMED, rerated),
    },
    actions={},
)  # fmt: skip


@pytest.fixture
def in_time(settings):
    settings.STEPPABLE_CLOCK = True
    clock.step_to(cast.START, by=cast.person("framework.manager@co.example"))


def order_values(order) -> dict:
    query = Query.objects.filter(approval__revision__call_off=order).values_list("pk", flat=True).first()
    return {
        "public_id": order.public_id, "position": 1, "number": 1, "query_id": query or 0, "code": "CORE-03", "kind": "csv",
        "attachment_id": order.revision.attachments.get().pk,
    }  # fmt: skip


def look(client, machine: Machine, states: tuple[str, ...], addresses, readers: dict[str, str]) -> dict[str, list[str]]:
    """address -> who gets what there, state by state."""
    seen: dict[str, list[str]] = {}
    for state, thing in walk(machine):
        if state not in states:
            continue
        got: dict[str, list[str]] = {}
        for who, email in readers.items():
            sign_in(client, email)
            for name, address in addresses(thing).items():
                status = client.get(address).status_code
                got.setdefault(name, []).extend([f"{who}{status}"] if status != 404 else [])
                if who == "O" and status == 404:
                    sent = client.post(address, {"idempotency_key": str(uuid.uuid4())})
                    assert sent.status_code in (404, 405), (state, name)
        for name, who in got.items():
            seen.setdefault(name, ["-"] * len(states))[states.index(state)] = " ".join(who) or "-"
    return seen


def written(rows: dict[str, list[str]]) -> str:
    """As the table above has it."""
    grouped: dict[str, list[str]] = {}
    for name, cells in rows.items():
        grouped.setdefault(" | ".join(cells), []).append(name)
    return "\n".join(f'    "{cells}":\n        "{" ".join(names)}",' for cells, names in grouped.items())


def unwritten(table: dict[str, str]) -> dict[str, list[str]]:
    return {name: cells.split(" | ") for cells, names in table.items() for name in names.split()}


def order_addresses(order) -> dict[str, str]:
    values = order_values(order)
    contract = order.contracts.last()
    made = {}
    for name, pattern in patterns().items():
        parts = [piece.split(">")[0] for piece in pattern.split("<")[1:]]
        if pattern.startswith("call-offs/<"):
            made[name] = reverse(name, kwargs={part: values[part] for part in parts})
        elif pattern.startswith("contracts/<") and contract is not None:
            shown = Evidence.objects.filter(submission__milestone__contract=contract).exclude(sha256="").first()
            question = Query.objects.filter(approval__variation__contract=contract).first()
            given = {"public_id": contract.public_id, "number": 2, "evidence_id": shown.pk if shown else 0,
                     "certificate": "MC-2007-000001", "position": 1, "query_id": question.pk if question else 0,
                     "month": "2008-04", "code": "data_return" if "/end/" in pattern else "EUS-B",
                     "name": "withdraw" if "/end/" in pattern else "notify"}
            given |= {"number": 1, "name": "approve"} if pattern.startswith("contracts/<public_id>/invoices/") else {}
            given |= {"name": "accept"} if pattern.startswith("contracts/<public_id>/requests/") else {}
            given |= {"number": 3, "name": "comment"} if pattern.startswith("contracts/<public_id>/publications/") else {}
            given |= {"number": 1, "name": "withdraw"} if pattern.startswith("contracts/<public_id>/copies/") else {}
            made[name] = reverse(name, kwargs={part: given[part] for part in parts})
    return made


def framework_addresses(framework):
    made = {}
    for name, pattern in patterns().items():
        if pattern.startswith(("framework/", "catalogue/", "releases/new", "close-framework", "what-if/", "call-offs/new")) or pattern in ("releases/", "joining/", "joining/new/"):
            parts = [piece.split(">")[0] for piece in pattern.split("<")[1:]]
            made[name] = reverse(name, kwargs={part: {"name": "extend", "code": "CORE-01"}[part] for part in parts})
    return made


CODES = {"procurement:release_bands": "seats", "procurement:release_measure": "EUS-B"}


def release_addresses(release):
    made = {}
    for name, pattern in patterns().items():
        if pattern.startswith("releases/<"):
            parts = [piece.split(">")[0] for piece in pattern.split("<")[1:]]
            given = {"public_id": release.public_id, "code": CODES.get(name, "CORE-01"), "number": 1, "kind": "csv", "name": "catalogue" if "kind" in parts else "withdraw"}
            made[name] = reverse(name, kwargs={part: given[part] for part in parts})
    return made


def noticed(transfer):
    """Agreed to, with its notice sealed."""
    transfer = transfer_cast.agreed(transfer)
    transfer_cast.noticed(transfer.notices.get())
    return transfer


NOTICED = Machine(states=TRANSFER.states | {"agreed": ("draft", noticed)}, actions={})


def transfer_addresses(transfer):
    made = {}
    for name, pattern in patterns().items():
        if pattern.startswith("transfers/"):
            parts = [piece.split(">")[0] for piece in pattern.split("<")[1:]]
            given = {"public_id": transfer.public_id, "position": 1, "name": "withdraw", "contract_id": cast.contract().public_id}
            made[name] = reverse(name, kwargs={part: given[part] for part in parts})
    return made


ORDER_STATES = (S.DEPARTMENT_APPROVAL, S.WITHDRAWN, S.LAPSED, S.CONTRACTED)
ORDERS = {
    "R200 | R200 | D200 R200 A200 | D200 R200 A200":
        "procurement:call_off procurement:order_json contracts:terms",
    "R403 | R403 | R403 | R403":
        "procurement:tasks procurement:title procurement:sites procurement:term procurement:services "
        "procurement:totals procurement:sheet procurement:sheet_file procurement:exceptions "
        "procurement:service_levels procurement:milestones procurement:special_terms "
        "procurement:data_protection procurement:attachments procurement:budget procurement:check",
    "R200 | R200 | R200 | R200":
        "procurement:what_if procurement:particulars procurement:submitted procurement:recall "
        "procurement:withdraw procurement:nudge procurement:copy procurement:answer procurement:brief "
        "procurement:decide procurement:return procurement:reject procurement:recuse procurement:ask",
    "R200 | R200 | R200 A200 | R200 A200":
        "procurement:attachment",
    "- | - | D200 | D200":
        "procurement:decline procurement:clarify contracts:accept",
    "- | - | - | -":
        "procurement:clarified procurement:accept_counter procurement:refuse_counter "
        "procurement:take_back_counter procurement:decide_exception contracts:confirm_levels "
        "contracts:rectification_plan contracts:decide_plan contracts:credit_evidence contracts:credit_act "
        "contracts:data_certificate contracts:data_certificate_pdf contracts:audit_file_zip",
    "- | - | D403 | D403":
        "procurement:counter procurement:send_counter",
    "- | - | - | D200 R200 A200":
        "contracts:contract contracts:charges contracts:progress contracts:document contracts:download "
        "contracts:service_levels contracts:level_month contracts:invoices contracts:invoice contracts:invoice_file "
        "contracts:terms_in_force contracts:notice contracts:notice_pdf contracts:plan contracts:milestone "
        "contracts:milestone_evidence contracts:certificate contracts:certificate_pdf contracts:variations "
        "contracts:variation contracts:variation_progress contracts:variation_document contracts:variation_pdf "
        "contracts:ending contracts:termination_notice contracts:termination_notice_pdf contracts:termination_evidence "
        "contracts:exit_evidence contracts:change_request contracts:statutory_notices contracts:statutory_notice "
        "contracts:copies contracts:copy contracts:copy_pdf contracts:audit_file",
    "- | - | - | R200 A200":
        "contracts:savings contracts:statutory_notice_file",
    "- | - | - | D403 R200 A403":
        "contracts:begin_variation",
    "- | - | - | R200":
        "contracts:variation_brief contracts:decide_variation contracts:return_variation contracts:reject_variation "
        "contracts:recuse_variation contracts:ask_variation contracts:answer_variation",
    "- | - | - | D403 R403 A403":
        "contracts:report_levels contracts:correct_levels contracts:record_invoice contracts:invoice_act "
        "contracts:propose_termination contracts:termination_act "
        "contracts:exit_item contracts:leave_out contracts:runs_on contracts:stopped contracts:close_contract "
        "contracts:propose_copy contracts:copy_act "
        "contracts:sign contracts:refuse contracts:begin_milestone contracts:submit_milestone "
        "contracts:decide_milestone contracts:conditions_met contracts:move_milestone contracts:fail_milestone "
        "contracts:variation_changes contracts:variation_grounds contracts:assess_variation contracts:revise_variation "
        "contracts:reply_variation contracts:withdraw_variation contracts:submit_variation contracts:variation_notice contracts:sign_variation "
        "contracts:refuse_variation contracts:ask_change contracts:change_request_act contracts:statutory_notice_act",
}
FRAMEWORK_STATES = ("suspended", "terminated")
FRAMEWORKS = {
    "O403 D200 R200 A200 | O403 D200 R200 A200":
        "procurement:catalogue procurement:service procurement:framework",
    "D200 R200 A200 | D200 R200 A200":
        "procurement:releases",
    "A200 | A200":
        "procurement:framework_act procurement:framework_agreement procurement:interest contracts:close_framework",
    "D200 A200 | D200 A200":
        "procurement:new_release",
    "O302 R302 A200 | O302 R302 A200":
        "procurement:joining",
    "R200 | R200":
        "procurement:what_if_seats",
    "O403 R200 | O403 R200":
        "procurement:new",
}
RELEASE_STATES = ("draft", "submitted", "live", "superseded")
RELEASES = {
    "S200 | S200 M200 | S200 R200 M200 | S200 R200 M200":
        "procurement:release procurement:release_services procurement:release_sheet",
    "S200 | S200 M200 | S200 M200 | M200":
        "procurement:release_effects procurement:release_act",
    "S200 | S403 | S403 | M403":
        "procurement:release_upload procurement:add_service procurement:release_service procurement:add_bands "
        "procurement:release_bands procurement:add_measure procurement:release_measure procurement:add_rule "
        "procurement:release_rule",
}
TRANSFER_STATES = ("draft", "agreed", "applied", "withdrawn")
TRANSFERS = {  # whose is what passes; before it is agreed to nobody outside the authority reads anything
    "A200 | R200 A200 I200 | R200 A200 I200 | R200 A200 I200":
        "contracts:transfer contracts:transfers",
    "A403 | A403 | A403 | A403":
        "contracts:choose_transfer contracts:transfer_act contracts:prepare_transfer",
    "- | D200 R200 A200 I200 | D200 R200 A200 I200 | D200 R200 A200 I200":
        "contracts:transfer_notice contracts:transfer_notice_pdf",
    "- | - | - | -":
        "contracts:transfer_order contracts:novation contracts:novation_progress contracts:novation_pdf contracts:sign_novation "
        "contracts:refuse_novation",
}
BODIES = BUYERS | {"I": "requester@ons.example"}
TABLES = {transfer_addresses: TRANSFERS, order_addresses: ORDERS, framework_addresses: FRAMEWORKS, release_addresses: RELEASES}


@pytest.mark.parametrize(
    ("machine", "states", "addresses", "readers"),
    [(ORDER, ORDER_STATES, order_addresses, BUYERS), (FRAMEWORK, FRAMEWORK_STATES, framework_addresses, BUYERS),
     (RELEASE, RELEASE_STATES, release_addresses, DRAFTERS), (NOTICED, TRANSFER_STATES, transfer_addresses, BODIES)],
    ids=["orders", "frameworks", "releases", "transfers"],
)  # fmt: skip
def test_each_reader_gets_what_the_table_says_in_each_state(client, in_time, machine, states, addresses, readers):
    seen = look(client, machine, states, addresses, readers)
    assert seen == unwritten(TABLES[addresses]), "\n" + written(seen)
