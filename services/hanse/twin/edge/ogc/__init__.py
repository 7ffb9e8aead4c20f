# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""OGC API Features over the twin's store: Part 1 (core, GeoJSON, HTML), Part 2 (CRS), Part 3 (filtering with CQL2)."""
