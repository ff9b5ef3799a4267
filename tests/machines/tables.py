"""Every machine by its name: those that are registered by the name they are registered under."""

from tests.machines.contracts import (
    CHANGE_REQUEST,
    CONTRACT,
    CONTRACT_TERMINATION,
    DOCUMENT,
    INVOICE,
    MILESTONE,
    NOTICE,
    REDACTED_COPY,
    RETURN,
    RUNNING_ON,
    SERVICE_CREDIT,
    VARIATION,
)
from tests.machines.frameworks import FRAMEWORK, LOADED, RELEASE, TERMINATION
from tests.machines.joining import ACCESSION
from tests.machines.orders import CALL_OFF, CLARIFICATION, COUNTER, EXCEPTION, QUERY, STEP
from tests.machines.transfers import NOVATION, TRANSFER

MACHINES = {
    "call_off": CALL_OFF, "approval_step": STEP, "query": QUERY, "clarification": CLARIFICATION, "counter_proposal": COUNTER,
    "exception": EXCEPTION, "contract": CONTRACT, "milestone": MILESTONE, "variation": VARIATION, "change_request": CHANGE_REQUEST,
    "service_credit": SERVICE_CREDIT,
    "invoice": INVOICE, "management_return": RETURN, "contract_termination": CONTRACT_TERMINATION, "running_on": RUNNING_ON,
    "transfer": TRANSFER, "novation": NOVATION, "redacted_copy": REDACTED_COPY,
    "document": DOCUMENT,
    "document, nobody signs": NOTICE, "accession": ACCESSION, "framework": FRAMEWORK,
    "framework, loaded": LOADED, "termination": TERMINATION, "catalogue_release": RELEASE,
}  # fmt: skip
