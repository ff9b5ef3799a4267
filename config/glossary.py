"""The words of the trade, as the pages use them."""

from django.utils.translation import gettext_lazy as _

WORDS = [
    (_("Accession"), _("How a department joins a framework.")),
    (_("Access agreement"), _("The document by which a department joins: a memorandum between Crown bodies, a simple contract otherwise.")),
    (_("Award"), _("The purchasing authority's last approval, after which the supplier is asked to accept the order.")),
    (_("Band"), _("A volume discount tier. The lower bound is inclusive; a band once reached is kept.")),
    (_("Call-off"), _("A department's order under a framework. When it is executed it is a contract.")),
    (_("Ceiling"), _("The maximum value of everything ordered under a framework. It cannot be passed.")),
    (_("Commit"), _("The last approval of a side, made under a delegation that covers the value.")),
    (_("Delegation"), _("Who may commit or sign for how much, from when to when.")),
    (_("Endorse"), _("An approval that says an order is right as far as a post goes. It commits no money.")),
    (_("Entered into"), _("A contract is entered into when all three parties have signed and the document is closed.")),
    (_("Framework"), _("The agreement between the purchasing authority and suppliers, with lots, a catalogue, a ceiling and a term.")),
    (_("Levy"), _("The authority's fixed percentage of charges, paid by the supplier out of the price.")),
    (_("Lot"), _("A part of a framework's services.")),
    (_("Milestone"), _("A step of the transition, with criteria for its acceptance and the payments it releases.")),
    (_("Post"), _("A chair in an organisation. A person holds it from one day to another.")),
    (_("Purchasing authority"), _("The body that made the framework: here the Cabinet Office.")),
    (_("Release"), _("A version of the catalogue: prices, bands, rules and service levels that come into force together.")),
    (_("Return for amendment"), _("An approver's decision that sends an order back to its requester with a reason.")),
    (_("Revision"), _("What was submitted, exactly. Every approval and the supplier's acceptance repeat its hash.")),
    (_("Seat"), _("A user position, counted once however many services it takes.")),
    (_("Service credit"), _("Money back for a missed service level.")),
    (_("Subject to contract"), _("Nobody is bound yet.")),
    (_("Variation"), _("A signed change to a contract.")),
    (_("Whole-life value"), _("Everything a contract costs over its term, VAT excluded.")),
]  # fmt: skip
