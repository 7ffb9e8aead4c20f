# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The form in which CityJSON features are held: parts resolved, indices local, coordinates exact."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

Json = Any
Triple = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Transform:
    """How integers become coordinates: value * scale + translate (CityJSON 2.0 section 4)."""

    scale: Triple
    translate: Triple

    def apply(self, quantized: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return float64 (n, 3) coordinates in the units of the CRS."""
        scale, translate = (np.array(triple, dtype=np.float64) for triple in (self.scale, self.translate))
        return quantized.astype(np.float64) * scale + translate


@dataclass(frozen=True, slots=True)
class Header:
    """What holds for a whole document or sequence.

    Attributes:
        version: "1.0", "1.1" or "2.0", as the source says; features are always in 2.0 form.
        transform: of all features.
        crs: metadata.referenceSystem as the source writes it; None when it is absent.
        metadata: the metadata object, referenceSystem included.
    """

    version: str
    transform: Transform
    crs: str | None
    metadata: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Geometry:
    """One geometry of an object.

    Attributes:
        type: CityJSON geometry type, e.g. "Solid".
        lod: "2", "2.2"; "" when the source gives none.
        boundaries: nested lists whose innermost integers index the feature's vertices.
        semantics: {"surfaces": [...], "values": ...} or None.
    """

    type: str
    lod: str
    boundaries: list[Json]
    semantics: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True)
class CityObject:
    """A city object.

    Attributes:
        id: as in the source.
        type: CityJSON object type, e.g. "BuildingPart".
        attributes: as in the source.
        geometry: in the source's order; geometry instances are not among them.
        parents, children: ids; a CityObjectGroup's members are its children.
        other: members that are none of the above, such as "address" or those of extensions.
    """

    id: str
    type: str
    attributes: Mapping[str, Json] = field(default_factory=dict)
    geometry: tuple[Geometry, ...] = ()
    parents: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    other: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NotCarried:
    """Something that the source has and the feature does not: appearance, geometry templates.

    Attributes:
        pointer: JSON pointer into the feature.
        what: "texture", "material" or "GeometryInstance".
    """

    pointer: str
    what: str


@dataclass(frozen=True, slots=True, eq=False)
class Feature:
    """A city object with all its descendants: a building and its parts, a terrain, a tree.

    Attributes:
        id: id of the root object.
        objects: root first, then descendants; by id.
        quantized: int64 (n, 3), the source's integers; every vertex is used.
        header: version, transform, CRS and metadata of the source.
        not_carried: what was left behind.
    """

    id: str
    objects: Mapping[str, CityObject]
    quantized: NDArray[np.int64]
    header: Header
    not_carried: tuple[NotCarried, ...] = ()

    @property
    def root(self) -> CityObject:
        """Return the object that the feature is named after."""
        return self.objects[self.id]

    @property
    def vertices(self) -> NDArray[np.float64]:
        """Return float64 (n, 3) coordinates: the transform applied, in the units of ``crs``."""
        return self.header.transform.apply(self.quantized)

    @property
    def transform(self) -> Transform:
        """Return the transform that the integers belong to."""
        return self.header.transform

    @property
    def crs(self) -> str | None:
        """Return the reference system as the source writes it."""
        return self.header.crs

    @property
    def version(self) -> str:
        """Return the version of the source."""
        return self.header.version

    @property
    def metadata(self) -> Mapping[str, Json]:
        """Return the source's metadata."""
        return self.header.metadata
