"""What changed between two submitted revisions, in words: what an approver who saw the earlier one has to read."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from documents.templatetags.flex import day, day_range, gbp
from procurement.models import ApprovalStep, CallOffRevision, Phase

TOTALS = {"monthly_gbp": gettext_lazy("a month"), "one_off_gbp": gettext_lazy("one-off"), "whole_life_gbp": gettext_lazy("whole life")}
PARTS = {
    "sites": gettext_lazy("sites"), "term": gettext_lazy("term"),
    "service_levels": gettext_lazy("service levels"),
    "data_protection": gettext_lazy("data-protection schedule"), "staff_transfer": gettext_lazy("staff transfer"),
    "attachments": gettext_lazy("attachments"), "spend_control_reference": gettext_lazy("spend-control reference"),
}  # fmt: skip
OF_A_MILESTONE = {
    "title": gettext_lazy("title"), "criteria": gettext_lazy("acceptance criteria"), "effect": gettext_lazy("effect on charges"),
}  # fmt: skip


def last_seen(step: ApprovalStep) -> CallOffRevision | None:
    """The newest earlier revision that came to the post of the step: whoever sat there then could read it, whether it
    was decided on there or recalled before."""
    revision = step.approval.revision
    return (
        CallOffRevision.objects.filter(
            call_off=revision.call_off_id, number__lt=revision.number, approval__steps__organisation=step.organisation_id,
            approval__steps__post=step.post, approval__steps__opened_at__isnull=False,
        )
        .order_by("-number")
        .first()
    )  # fmt: skip


def changes_since(earlier: CallOffRevision, revision: CallOffRevision) -> list[str]:
    """The differences in words, maybe none."""
    found = differences(json.loads(earlier.content), json.loads(revision.content))
    # Each revision salts what the supplier may not read anew, so the commitments in the content differ even where it
    # does not.
    if earlier.budget_code != revision.budget_code:
        found.append(_("%(part)s changed") % {"part": _("budget code")})
    if _asked(earlier) != _asked(revision):
        found.append(_("%(part)s changed") % {"part": _("exceptions asked for")})
    return found


def _asked(revision: CallOffRevision) -> list[tuple[str, int, str]]:
    return list(revision.exceptions.values_list("service_code", "quantity", "reason"))


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    out = []
    for name, words in TOTALS.items():
        was, now = before["totals"][name], after["totals"][name]
        if was != now:
            out.append(_("%(what)s: %(was)s became %(now)s") % {"what": words, "was": gbp(was), "now": gbp(now)})
    was, now = before["call_off"]["title"], after["call_off"]["title"]
    if was != now:
        out.append(_("title: “%(was)s” became “%(now)s”") % {"was": was, "now": now})
    was_lines, now_lines = ({_key(line): line for line in side["lines"]} for side in (before, after))
    for key in sorted(was_lines.keys() | now_lines.keys()):
        was, now = was_lines.get(key), now_lines.get(key)
        name = f"{key[1]}{', ' + key[2] if key[2] else ''}"
        if was is None:
            out.append(_("%(line)s: %(n)s added") % {"line": name, "n": now["quantity"]})
        elif now is None:
            out.append(_("%(line)s: %(n)s removed") % {"line": name, "n": was["quantity"]})
        elif (was["quantity"], was["unit_price_gbp"]) != (now["quantity"], now["unit_price_gbp"]):
            out.append(
                _("%(line)s: %(a)s at %(p)s became %(b)s at %(q)s")
                % {"line": name, "a": was["quantity"], "p": gbp(was["unit_price_gbp"]), "b": now["quantity"],
                   "q": gbp(now["unit_price_gbp"])}  # fmt: skip
            )
    out += _milestones(before["milestones"], after["milestones"])
    out += _special_terms(before["special_terms"], after["special_terms"])
    out += [
        _("%(what)s: %(was)s became %(now)s") % {"what": c.what, "was": c.was, "now": c.now} for c in phases(before, after)
    ]
    out += [_("%(part)s changed") % {"part": words} for part, words in PARTS.items() if before[part] != after[part]]
    return out


def _milestones(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[str]:
    """Which milestone changed, and in what."""
    was, now = ({milestone["number"]: milestone for milestone in side} for side in (before, after))
    out = []
    for number in sorted(was.keys() | now.keys(), key=lambda label: (len(label), label)):
        old, new = was.get(number), now.get(number)
        name = f"{number} {(new or old)['title']}"
        if old is None:
            out.append(_("%(milestone)s: added") % {"milestone": name})
        elif new is None:
            out.append(_("%(milestone)s: removed") % {"milestone": name})
        elif old["planned_on"] != new["planned_on"]:
            days = {"was": day(old["planned_on"]), "now": day(new["planned_on"])}
            out.append(_("%(milestone)s: %(was)s became %(now)s") % ({"milestone": name} | days))
        if old and new and old["payments"] != new["payments"]:
            pays = {"was": _pays(old) or _("nothing"), "now": _pays(new) or _("nothing")}
            out.append(_("%(milestone)s: payment of %(was)s became %(now)s") % ({"milestone": name} | pays))
        parts = [words for part, words in OF_A_MILESTONE.items() if old and new and old[part] != new[part]]
        out += [_("%(milestone)s: %(part)s changed") % {"milestone": name, "part": words} for words in parts]
    return out


def _special_terms(before: list[dict[str, str]], after: list[dict[str, str]]) -> list[str]:
    """Which special term was added, removed or worded anew, by its heading; else whether they stand in another order."""
    was, now = ({term["heading"]: [t["text"] for t in side if t["heading"] == term["heading"]] for term in side}
                for side in (before, after))  # fmt: skip
    out = []
    for heading in [*was, *(heading for heading in now if heading not in was)]:
        name = {"heading": heading}
        if heading not in was:
            out.append(_("special term “%(heading)s”: added") % name)
        elif heading not in now:
            out.append(_("special term “%(heading)s”: removed") % name)
        elif was[heading] != now[heading]:
            out.append(_("special term “%(heading)s”: its words changed") % name)
    return out or ([_("special terms: they stand in another order")] if before != after else [])


def _key(line: dict[str, Any]) -> tuple[str, str, str]:
    return line["phase"], line["service"], line["site"] or ""


@dataclass(frozen=True)
class Change:
    """Something in words, as it was and as it is; either may be empty."""

    what: str
    was: str
    now: str


def phases(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """The phases of the term that stand on other days."""
    was, now = ({p["phase"]: _days(p) for p in side["charges_by_phase"]} for side in (before, after))
    found = [Change(str(p.label), was.get(p, ""), now.get(p, "")) for p in Phase if p in was.keys() | now.keys()]
    return [change for change in found if change.was != change.now]


def dates(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """The phases, then the milestones of both, that stand on other days."""
    was, now = ({m["number"]: m for m in side["milestones"]} for side in (before, after))
    return phases(before, after) + [
        Change(f"{number} {new['title']}", day(was[number]["planned_on"]), day(new["planned_on"]))
        for number, new in now.items() if number in was and was[number]["planned_on"] != new["planned_on"]
    ]  # fmt: skip


def payments(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    """The milestones of both that pay something else: the sum may be the same and fall due earlier."""
    was, now = ({m["number"]: m for m in side["milestones"]} for side in (before, after))
    return [
        Change(f"{number} {new['title']}", _pays(was[number]), _pays(new))
        for number, new in now.items() if number in was and _pays(was[number]) != _pays(new)
    ]  # fmt: skip


def _pays(milestone: dict[str, Any]) -> str:
    """TRN-03 x 620, £89,900.00"""
    return "; ".join(
        f"{payment['service']} {_share(payment)}, {gbp(payment['amount_gbp'])}" for payment in milestone["payments"]
    )


def _share(payment: dict[str, Any]) -> str:
    return f"x {payment['quantity']:,}" if payment["quantity"] is not None else f"{payment['percent']}%"


def _days(phase: dict[str, Any]) -> str:
    return day_range(phase["starts_on"], phase["ends_on"]) if phase["ends_on"] else day(phase["starts_on"])


@dataclass(frozen=True)
class LineChange:
    """One line of two orders that number their lines alike (``was`` or ``now`` None where it has none), and what it adds
    in GBP a month (None for a line without a monthly charge) and over the whole life."""

    name: str
    site: str
    was: dict[str, Any] | None
    now: dict[str, Any] | None

    @property
    def month(self) -> Decimal | None:
        """More a month, below zero less."""
        if not any(side and side["monthly_gbp"] for side in (self.was, self.now)):
            return None
        return _amount(self.now, "monthly_gbp") - _amount(self.was, "monthly_gbp")

    @property
    def whole_life(self) -> Decimal:
        """More over the whole life, below zero less."""
        return _amount(self.now, "total_gbp") - _amount(self.was, "total_gbp")


def _amount(line: dict[str, Any] | None, name: str) -> Decimal:
    return Decimal((line or {}).get(name) or "0.00")


def lines(before: dict[str, Any], after: dict[str, Any]) -> list[LineChange]:
    """The lines that differ in service, quantity, price or term, by number."""
    was, now = ({line["number"]: line for line in side["lines"]} for side in (before, after))
    out = []
    for number in sorted(was.keys() | now.keys()):
        old, new = was.get(number), now.get(number)
        if not (old and new and all(old[k] == new[k] for k in ("service", "quantity", "unit_price_gbp", "total_gbp"))):
            line = new or old
            replaced = old and new and old["service"] != new["service"]
            name = _("%(now)s instead of %(was)s") % {"now": new["name"], "was": old["name"]} if replaced else line["name"]
            out.append(LineChange(name, line["site"] or "", old, new))
    return out


@dataclass(frozen=True)
class TotalChange:
    """A sum of two orders, GBP, VAT excluded."""

    what: str
    was: Decimal
    now: Decimal

    @property
    def difference(self) -> Decimal:
        """What it is more, below zero less."""
        return self.now - self.was


def totals(before: dict[str, Any], after: dict[str, Any]) -> list[TotalChange]:
    """A month, the parts beside it that either order has, and the whole life (GBP, VAT excluded)."""
    names = {
        "monthly_gbp": _("A month, shared service"), "interim_gbp": _("Interim, in all"), "one_off_gbp": _("One-off"),
        "usage_gbp": _("Usage, not to exceed"), "whole_life_gbp": _("Whole life, net"),
    }  # fmt: skip
    rows = [
        TotalChange(words, Decimal(before["totals"][name]), Decimal(after["totals"][name])) for name, words in names.items()
    ]
    return [row for row in rows if row.was or row.now]
