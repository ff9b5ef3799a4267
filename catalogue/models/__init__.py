"""The tables of the catalogue, by noun."""

from catalogue.models.frameworks import OVER, Framework, FrameworkState, FrameworkSupplier, Lot, VatRate
from catalogue.models.organisations import Organisation, Site
from catalogue.models.releases import (
    IN_FORCE,
    OPEN_RELEASES,
    UNAPPROVED,
    BandTable,
    CatalogueRelease,
    CatalogueRule,
    ChargeType,
    PriceBand,
    ReleaseDraft,
    ReleaseState,
    ServiceLevelMeasure,
    ServiceVersion,
)

__all__ = [
    "IN_FORCE", "OPEN_RELEASES", "OVER", "UNAPPROVED",
    "BandTable", "CatalogueRelease", "CatalogueRule", "ChargeType", "Framework", "FrameworkState", "FrameworkSupplier",
    "Lot", "Organisation", "PriceBand", "ReleaseDraft", "ReleaseState", "ServiceLevelMeasure", "ServiceVersion", "Site", "VatRate",
]  # fmt: skip
