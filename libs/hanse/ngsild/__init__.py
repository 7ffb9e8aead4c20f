# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""NGSI-LD entities (ETSI GS CIM 009): from CityJSON and back, what was lost, structural rules."""

from __future__ import annotations

from hanse.ngsild.entity import FeatureMapping, Mapped, stable_urn, to_entity
from hanse.ngsild.losses import Loss, LossKind
from hanse.ngsild.restore import NgsiLdError, restore_losses, solid_crs, to_feature
from hanse.ngsild.solids import validate_solids
from hanse.ngsild.validate import Violation, canonical, digest, validate_entity

__all__ = [
    "FeatureMapping",
    "Loss",
    "LossKind",
    "Mapped",
    "NgsiLdError",
    "Violation",
    "canonical",
    "digest",
    "restore_losses",
    "solid_crs",
    "stable_urn",
    "to_entity",
    "to_feature",
    "validate_entity",
    "validate_solids",
]
