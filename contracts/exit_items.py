"""What is to be done at the end of every contract, as data: by which side, and what comes first (the contract's Schedule 6 and
clause 31)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contracts.models import Party

RETURNED, USABLE, DELETED = "data_return", "data_usable", "data_deleted"


@dataclass(frozen=True)
class Item:
    """``after``: the item that comes first. ``at_the_end``: only once the contract has ended."""

    code: str
    party: str
    title: Promise
    words: Promise
    after: str = ""
    at_the_end: bool = False


ITEMS = (
    Item(RETURNED, Party.SUPPLIER, _("Return the data"),
         _("A complete and current copy of the department's data, in an open form that programs read, with the description needed to use it (Schedule 6, paragraph 4.1).")),
    Item(USABLE, Party.DEPARTMENT, _("Confirm that the data can be used"),
         _("The department has read the copy and can use it (Schedule 6, paragraph 4.2)."), after=RETURNED),
    Item(DELETED, Party.SUPPLIER, _("Delete the data and certify it"),
         _("All other copies are deleted, but what the law requires to be kept. The certificate of return is made from this (Schedule 6, paragraph 4.2)."),
         after=USABLE, at_the_end=True),
    Item("assets", Party.SUPPLIER, _("Return or transfer the assets"),
         _("Equipment, licences and contracts used only for the services, from the register of assets (Schedule 6, paragraph 3.1(c)).")),
    Item("knowledge", Party.SUPPLIER, _("Pass on the knowledge"),
         _("How the services are set up and run, to whoever takes them over (Schedule 6, paragraph 3.1(b)).")),
    Item("access", Party.DEPARTMENT, _("End the supplier's access"),
         _("Accounts, passes and keys of the supplier's people are taken back."), at_the_end=True),
    Item("final_return", Party.SUPPLIER, _("Make the last return"),
         _("What was supplied and measured up to the last day is reported."), at_the_end=True),
    Item("final_invoice", Party.SUPPLIER, _("Send the last invoice"),
         _("The charges up to the last day, less what is owed to the department; sums paid in advance are repaid (clause 31.1)."), at_the_end=True),
)  # fmt: skip
BY_CODE = {item.code: item for item in ITEMS}
