# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Boundary representation of buildings: surfaces over one table of vertices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ring = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Surface:
    """A polygon in space.

    Attributes:
        rings: exterior ring first, then holes; indices into the solid's vertices, the first not repeated.
        semantic: CityGML surface type such as "GroundSurface" or "RoofSurface"; None when not told.
    """

    rings: tuple[Ring, ...]
    semantic: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """Surfaces that bound a volume, or are merely collected.

    Attributes:
        vertices: float64 (n, 3), metres in a projected CRS, heights in that CRS's vertical datum.
        shells: exterior shell first, then cavities. Loose surfaces form a single "shell".
        closed: whether the source says that the shells bound a volume (CityJSON Solid, against MultiSurface).
        lod: level of detail as the source writes it ("2", "2.2"); "" when unknown.
    """

    vertices: Floats
    shells: tuple[tuple[Surface, ...], ...]
    closed: bool = False
    lod: str = ""

    @property
    def surfaces(self) -> tuple[Surface, ...]:
        """Return the surfaces of all shells."""
        return tuple(surface for shell in self.shells for surface in shell)

    def used(self, semantic: str | None = None) -> Floats:
        """Return the vertices (k, 3) that surfaces use, of one semantic type or of all."""
        indices = {
            index
            for surface in self.surfaces
            if semantic is None or surface.semantic == semantic
            for ring in surface.rings
            for index in ring
        }
        return self.vertices[sorted(indices)]
