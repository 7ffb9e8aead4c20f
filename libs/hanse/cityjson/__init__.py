# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""CityJSON 1.0, 1.1 and 2.0 and CityJSONSeq: read as a stream of features, written back exactly."""

from __future__ import annotations

from hanse.cityjson.decode import Limits
from hanse.cityjson.errors import CityJsonError, Refused
from hanse.cityjson.model import CityObject, Feature, Geometry, Header, NotCarried, Transform
from hanse.cityjson.reader import Reading, load, parse_feature, read, read_document, read_sequence
from hanse.cityjson.solids import best_solids, solids
from hanse.cityjson.writer import feature_json, header_json, write_sequence

__all__ = [
    "CityJsonError",
    "CityObject",
    "Feature",
    "Geometry",
    "Header",
    "Limits",
    "NotCarried",
    "Reading",
    "Refused",
    "Transform",
    "best_solids",
    "feature_json",
    "header_json",
    "load",
    "parse_feature",
    "read",
    "read_document",
    "read_sequence",
    "solids",
    "write_sequence",
]
