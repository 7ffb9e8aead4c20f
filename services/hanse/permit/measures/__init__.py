# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The measures of contract zoning/v1, one file each; importing this package registers them all."""

from __future__ import annotations

from hanse.permit.measures import (
    footprint_within,
    max_height,
    neighbour_distance,
    neighbour_height,
    use_allowed,
)
from hanse.permit.measures.base import Context, measure_named

__all__ = [
    "Context",
    "footprint_within",
    "max_height",
    "measure_named",
    "neighbour_distance",
    "neighbour_height",
    "use_allowed",
]
