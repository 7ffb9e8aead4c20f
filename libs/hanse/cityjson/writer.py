# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Writes features as CityJSONSeq 2.0, integers unchanged."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hanse.cityjson.errors import CityJsonError
from hanse.cityjson.model import Header, Transform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from hanse.cityjson.model import CityObject, Feature, Geometry, Json

_VERSION = "2.0"
_MAX_INTEGER = 2**53 - 1  # RFC 7493: beyond it two JSON readers may differ
_EMPTY = Header(_VERSION, Transform((0.001, 0.001, 0.001), (0.0, 0.0, 0.0)), None, {})
_WHOLE = 1e-6  # how near an offset between two transforms must be to a multiple of the scale


def write_sequence(
    features: Iterable[Feature], *, header: Header | None = None, rounded: bool = False
) -> Iterator[bytes]:
    """Yield the lines of a CityJSONSeq, newlines included: a header, then the features in their order.

    Without features the header stands alone: a sequence has one always (CityJSONSeq 2.0, "the first line").

    Args:
        features: all in one reference system; those without vertices are in any.
        header: of the sequence; by default that of the first feature that has vertices.
        rounded: move vertices that are on another grid to the nearest point of the header's, at most half its
            scale away, instead of refusing them.

    Raises:
        CityJsonError: features are in different reference systems or, unless rounded, on grids that do not fall
            together, so that they cannot share one header exactly; write them to separate sequences.
    """
    waiting: list[Feature] = []
    if header is not None:
        yield _line(header_json(header))
    for feature in features:
        if header is None:
            waiting.append(feature)
            if not len(feature.quantized):
                continue
            header = feature.header
            yield _line(header_json(header))
            yield from (_feature_line(one, header, rounded=rounded) for one in waiting)
        else:
            yield _feature_line(feature, header, rounded=rounded)
    if header is None:
        header = waiting[0].header if waiting else _EMPTY
        yield _line(header_json(header))
        yield from (_feature_line(one, header, rounded=rounded) for one in waiting)


def _feature_line(feature: Feature, header: Header, *, rounded: bool) -> bytes:
    if len(feature.quantized) and feature.crs != header.crs:
        raise CityJsonError(
            f"feature {feature.id!r} is in {feature.crs}, the sequence in {header.crs}; "
            "write one sequence for each reference system"
        )
    return _line(feature_json(replace(feature, quantized=_on_grid(feature, header.transform, rounded=rounded))))


def header_json(header: Header) -> dict[str, Json]:
    """Return the first line of a sequence as JSON."""
    metadata = dict(header.metadata)
    if header.crs:
        metadata["referenceSystem"] = header.crs
    result: dict[str, Json] = {
        "type": "CityJSON",
        "version": _VERSION,
        "transform": {"scale": list(header.transform.scale), "translate": list(header.transform.translate)},
        "CityObjects": {},
        "vertices": [],
    }
    return {**result, "metadata": metadata} if metadata else result


def feature_json(feature: Feature) -> dict[str, Json]:
    """Return one feature as a CityJSONFeature."""
    return {
        "type": "CityJSONFeature",
        "id": feature.id,
        "CityObjects": {key: _object(held) for key, held in feature.objects.items()},
        "vertices": feature.quantized.tolist(),
    }


def _object(held: CityObject) -> dict[str, Json]:
    result: dict[str, Json] = {"type": held.type, **held.other}
    if held.attributes:
        result["attributes"] = dict(held.attributes)
    if held.geometry:
        result["geometry"] = [_geometry(one) for one in held.geometry]
    if held.parents:
        result["parents"] = list(held.parents)
    if held.children:
        result["children"] = list(held.children)
    return result


def _geometry(held: Geometry) -> dict[str, Json]:
    result: dict[str, Json] = {"type": held.type, "lod": held.lod or "0", "boundaries": held.boundaries}
    return {**result, "semantics": dict(held.semantics)} if held.semantics else result


def _on_grid(feature: Feature, target: Transform, *, rounded: bool) -> NDArray[np.int64]:
    own = feature.transform
    if own == target or not len(feature.quantized):
        return feature.quantized
    steps = (np.array(own.translate) - np.array(target.translate)) / np.array(target.scale)
    if own.scale == target.scale and (np.abs(steps - np.rint(steps)) <= _WHOLE).all():
        moved: NDArray[np.int64] = feature.quantized + np.rint(steps).astype(np.int64)
        return moved
    if not rounded:
        raise CityJsonError(
            f"feature {feature.id!r} has another transform than the sequence, so its vertices "
            "would be rounded; write it to a sequence of its own"
        )
    placed = np.rint((feature.vertices - target.translate) / target.scale)
    if np.abs(placed).max() > _MAX_INTEGER:
        raise CityJsonError(f"feature {feature.id!r} is too far away for the sequence's transform; choose another")
    return placed.astype(np.int64)


def _line(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"
