"""The tables of the catalogue, by noun."""

from catalogue.models.frameworks import OVER, Framework, FrameworkState, FrameworkSupplier, Lot, VatRate
from catalogue.models.organisations import Organisation, Site
from catalogue.models.releases import (
    BandTable,
    CatalogueRelease,
    CatalogueRule,
    ChargeType,
    PriceBand,
    ReleaseState,
    ServiceLevelMeasure,
    ServiceVersion,
)

__all__ = [
    "OVER", "BandTable", "CatalogueRelease", "CatalogueRule", "ChargeType", "Framework", "FrameworkState", "FrameworkSupplier",
    "Lot", "Organisation", "PriceBand", "ReleaseState", "ServiceLevelMeasure", "ServiceVersion", "Site", "VatRate",
]  # fmt: skip
