# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""NGSI-LD entities (ETSI GS CIM 009): read, changed, represented; from CityJSON and back; structural rules."""

from __future__ import annotations

from hanse.ngsild.contents import Nulls
from hanse.ngsild.entity import FeatureMapping, Mapped, stable_urn, to_entity
from hanse.ngsild.errors import AttributeNotFoundError, BadRequestDataError, NgsiLdError
from hanse.ngsild.kinds import DEFAULT_INSTANCE, NULL
from hanse.ngsild.losses import Loss, LossKind
from hanse.ngsild.normalise import attribute_name, canonicalise, canonicalise_attribute, canonicalise_fragment
from hanse.ngsild.options import (
    PLAIN,
    Form,
    Languages,
    Options,
    Projection,
    Requested,
    TemporalForm,
    parse_datasets,
    parse_languages,
    parse_names,
    parse_options,
    parse_projection,
)
from hanse.ngsild.patching import (
    Change,
    ChangeKind,
    NotUpdated,
    Outcome,
    append,
    created,
    delete_attribute,
    merge,
    removed,
    replace,
    replace_attribute,
    update,
    update_attribute,
)
from hanse.ngsild.representing import (
    feature,
    has_wanted,
    names_in,
    projected,
    represent,
    represent_instance,
    unchanged_by,
)
from hanse.ngsild.restore import restore_losses, solid_crs, to_feature
from hanse.ngsild.solids import validate_solids
from hanse.ngsild.temporal import Aggregate, temporal_aggregated, temporal_normalized, temporal_values
from hanse.ngsild.times import Times, advanced
from hanse.ngsild.validate import Violation, canonical, digest, validate_entity

__all__ = [
    "DEFAULT_INSTANCE",
    "NULL",
    "PLAIN",
    "Aggregate",
    "AttributeNotFoundError",
    "BadRequestDataError",
    "Change",
    "ChangeKind",
    "FeatureMapping",
    "Form",
    "Languages",
    "Loss",
    "LossKind",
    "Mapped",
    "NgsiLdError",
    "NotUpdated",
    "Nulls",
    "Options",
    "Outcome",
    "Projection",
    "Requested",
    "TemporalForm",
    "Times",
    "Violation",
    "advanced",
    "append",
    "attribute_name",
    "canonical",
    "canonicalise",
    "canonicalise_attribute",
    "canonicalise_fragment",
    "created",
    "delete_attribute",
    "digest",
    "feature",
    "has_wanted",
    "merge",
    "names_in",
    "parse_datasets",
    "parse_languages",
    "parse_names",
    "parse_options",
    "parse_projection",
    "projected",
    "removed",
    "replace",
    "replace_attribute",
    "represent",
    "represent_instance",
    "restore_losses",
    "solid_crs",
    "stable_urn",
    "temporal_aggregated",
    "temporal_normalized",
    "temporal_values",
    "to_entity",
    "to_feature",
    "unchanged_by",
    "update",
    "update_attribute",
    "validate_entity",
    "validate_solids",
]
