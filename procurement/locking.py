"""Locks, in the order every action takes them: framework (shared; alone to change its release), call-off or release,
accession, organisation (its people), contract (``contracts.locking``), document, counters."""

from catalogue.models import CatalogueRelease, Framework, Organisation
from procurement.models import Accession, CallOff, CallOffRevision


def share_framework(framework_id: int) -> Framework:
    """The framework as it stands, held against suspension and changes of release or ceiling until the commit."""
    held = f"SELECT * FROM {Framework._meta.db_table} WHERE id = %s FOR SHARE"  # noqa: S608 - a table name of ours
    return Framework.objects.raw(held, [framework_id])[0]


def lock_framework(framework: Framework) -> Framework:
    """A fresh copy held against every other action under it, which all hold it shared: to change its state, its term,
    its ceiling or the release in force. Rows that only point at it may still be written."""
    return (
        Framework.objects.select_for_update(of=("self",), no_key=True).select_related("authority").get(pk=framework.pk)
    )


def lock_release(release: CatalogueRelease, *, alone: bool = False) -> CatalogueRelease:
    """A fresh copy under FOR UPDATE; the framework first, shared, or ``alone`` to change what is in force."""
    framework = lock_framework(release.framework) if alone else share_framework(release.framework_id)
    fresh = (
        CatalogueRelease.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=release.pk)
    )
    fresh.framework = framework
    return fresh


def lock_call_off(call_off: CallOff) -> CallOff:
    """A fresh copy under FOR UPDATE; the framework first, shared. Its revision is read after it: what is joined to a row
    whose lock was waited for is as it stood before, and where the row has moved to another it is missing."""
    framework = share_framework(call_off.framework_id)
    fresh = (
        CallOff.objects.select_for_update(of=("self",))
        .select_related("department", "supplier", "requester")
        .get(pk=call_off.pk)
    )
    fresh.framework = framework
    if fresh.revision_id is not None:
        fresh.revision = CallOffRevision.objects.select_related("approval").get(pk=fresh.revision_id)
        fresh.share_revision()
        fresh.revision.call_off = fresh
        fresh.revision.share_approval()
    return fresh


def lock_accession(accession: Accession) -> Accession:
    """A fresh copy under FOR UPDATE; the framework first, shared."""
    framework = share_framework(accession.framework_id)
    fresh = (
        Accession.objects.select_for_update(of=("self",)).select_related("department", "document").get(pk=accession.pk)
    )
    fresh.framework = framework
    return fresh


def lock_ordering(call_off: CallOff) -> None:
    """One submission of a department under a framework at a time, held until the commit: what is counted together is
    then counted with everything submitted before. The call-off is locked already."""
    list(
        Accession.objects.select_for_update(of=("self",), no_key=True)
        .filter(framework=call_off.framework_id, department=call_off.department_id)
        .order_by("pk")
        .values_list("pk")
    )


def lock_organisation(body: Organisation) -> Organisation:
    """One change of an organisation's people at a time. Rows that only point at it may still be written: whoever writes one
    may hold a chair (``seats.hold``) that this change waits for."""
    return Organisation.objects.select_for_update(no_key=True).get(pk=body.pk)
