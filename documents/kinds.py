"""The kinds of document the register makes: for each, the part of its payload that goes inside as data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """``data`` names the part of the payload that is attached, canonically, as ``attachment``; ``sheet`` is the style
    sheet in the template's folder. ``signed``: parties sign it; else the register's seal issues it and nobody does. ``like``:
    kind and template version whose style sheets come first, and parts of whose template are in this one's."""

    data: str
    attachment: str
    description: str
    sheet: str
    signed: bool = True
    like: tuple[str, int] | None = None


MAX_BYTES = 20 * 1024 * 1024  # a file with more is no document of this register

KINDS = {
    "call_off_contract": Kind("order", "order.json", "The order as data", "contract.css"),
    "access_agreement": Kind("agreement", "agreement.json", "The agreement as data", "agreement.css"),
    "contract_variation": Kind("variation", "variation.json", "The variation as data", "variation.css"),
    "novation_agreement": Kind("novation", "novation.json", "The novation as data", "novation.css"),
    "transfer_notice": Kind("notice", "notice.json", "The notice as data", "notice.css", signed=False),
    "rerating_notice": Kind("notice", "notice.json", "The notice as data", "notice.css", signed=False),
    "redacted_contract": Kind(
        "copy", "redacted.json", "The redacted copy as data", "redacted.css", signed=False, like=("call_off_contract", 3)
    ),
    "termination_notice": Kind("notice", "notice.json", "The notice as data", "notice.css", signed=False),
    "data_return_certificate": Kind(
        "certificate", "certificate.json", "The certificate as data", "certificate.css", signed=False
    ),
    "milestone_certificate": Kind(
        "certificate", "certificate.json", "The certificate as data", "certificate.css", signed=False
    ),
}
