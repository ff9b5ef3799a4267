"""The kinds of document the register makes: for each, the part of its payload that goes inside as data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """``data`` names the part of the payload that is attached, canonically, as ``attachment``; ``sheet`` is the style
    sheet in the template's folder."""

    data: str
    attachment: str
    description: str
    sheet: str


MAX_BYTES = 20 * 1024 * 1024  # a file with more is no document of this register

KINDS = {
    "call_off_contract": Kind("order", "order.json", "The order as data", "contract.css"),
    "access_agreement": Kind("agreement", "agreement.json", "The agreement as data", "agreement.css"),
}
