# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Features written for others to look at: GeoJSON (RFC 7946) for maps, glTF 2.0 binary (GLB) for 3D viewers.

Both lose what the formats have no place for; CityJSONSeq (``hanse.cityjson``) is the export that loses nothing.
"""

from __future__ import annotations

from hanse.exports.geojson import Shape, feature_geojson
from hanse.exports.gltf import COLOURS, Model, models, write_glb

__all__ = ["COLOURS", "Model", "Shape", "feature_geojson", "models", "write_glb"]
