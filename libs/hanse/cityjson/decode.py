# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""From bytes to JSON within limits, and from JSON to the header of a CityJSON document."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from hanse.cityjson.errors import CityJsonError
from hanse.cityjson.model import Header, Json, Transform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

VERSIONS = ("1.0", "1.1", "2.0")
_WITHOUT_TRANSFORM = "1.0"  # 1.1 made the member mandatory (CityJSON 1.1 section 4)
_VERTEX = 3
_MAX_DIGITS = 9
_FARTHEST = 1e9  # in metres or feet, far beyond any reference system
_MAX_INTEGER = 2**53 - 1  # RFC 7493: beyond it two JSON readers may differ
# An unterminated string swallows the rest, so matching stays linear whatever the input.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


@dataclass(frozen=True, slots=True)
class Limits:
    """How much input is taken before it is refused.

    Attributes:
        max_bytes: of a whole document.
        max_line_bytes: of one line of a sequence.
        max_depth: nesting of arrays and objects.
        max_objects: city objects in a document or a line.
        max_vertices: vertices in a document or a line.
    """

    max_bytes: int = 512 * 2**20
    max_line_bytes: int = 64 * 2**20
    max_depth: int = 64
    max_objects: int = 2_000_000
    max_vertices: int = 50_000_000


def parse(data: bytes, max_bytes: int, max_depth: int) -> Json:
    """Parse UTF-8 JSON strictly: no duplicate keys, no NaN, limited size and depth.

    Raises:
        CityJsonError: with line and column where the parser knows them.
    """
    if len(data) > max_bytes:
        raise CityJsonError(f"the input has {len(data)} bytes, at most {max_bytes} are taken; split it")
    if (depth := _depth(data)) > max_depth:
        raise CityJsonError(f"the input nests {depth} levels deep, at most {max_depth} are taken")
    try:
        parsed = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_unique, parse_constant=_constant)
        if b"\\u" in data:  # only an escape can smuggle in half a surrogate pair, which UTF-8 cannot write
            json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise CityJsonError("not usable JSON: a string escapes half a surrogate pair") from error
    except UnicodeDecodeError as error:
        raise CityJsonError(f"the input is not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise CityJsonError(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}") from error
    except ValueError as error:  # ours, or an integer of more digits than Python converts
        raise CityJsonError(f"not usable JSON: {error}") from error
    return parsed


def _depth(data: bytes) -> int:
    """Return how deep brackets nest, strings apart, without recursion."""
    brackets = _STRING.sub(b"", data).translate(None, _NOT_BRACKETS)
    if not brackets:
        return 0
    codes = np.frombuffer(brackets, dtype=np.uint8)
    opening = (codes == ord("[")) | (codes == ord("{"))
    return int(np.cumsum(np.where(opening, 1, -1), dtype=np.int64).max())


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    result = dict(pairs)
    if len(result) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the member {twice!r} occurs twice in one object; each id or name may stand once")
    return result


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number; leave the member out instead")


def header_of(document: Json, limits: Limits) -> Header:
    """Read version, transform and metadata of a document or a sequence's first line.

    Raises:
        CityJsonError: it is not CityJSON of a known version, or transform or metadata are malformed.
    """
    if not isinstance(document, dict):
        raise CityJsonError(f"a CityJSON document is a JSON object, this is {kind(document)}")
    if document.get("type") == "CityJSONFeature":
        raise CityJsonError("/type is CityJSONFeature; put the sequence's first line, of type CityJSON, before it")
    if document.get("type") != "CityJSON":
        raise CityJsonError(f'/type must be "CityJSON", not {shown(document.get("type"))}')
    version = document.get("version")
    known = next((v for v in VERSIONS if isinstance(version, str) and (version == v or version[:4] == f"{v}.")), None)
    if known is None:
        raise CityJsonError(f"/version {shown(version)} is not read; convert to one of {', '.join(VERSIONS)}")
    metadata = document.get("metadata", {})
    if not isinstance(metadata, dict):
        raise CityJsonError(f"/metadata must be an object, not {kind(metadata)}")
    crs = metadata.get("referenceSystem")
    if crs is not None and not isinstance(crs, str):
        raise CityJsonError(f"/metadata/referenceSystem must be a URI in a string, not {kind(crs)}")
    vertices = document.get("vertices", [])
    if isinstance(vertices, list) and len(vertices) > limits.max_vertices:
        raise CityJsonError(f"/vertices has {len(vertices)} entries, at most {limits.max_vertices} are taken")
    return Header(known, _transform(document, known), crs or None, metadata)


def _transform(document: Mapping[str, Json], version: str) -> Transform:
    transform = document.get("transform")
    if transform is None and version == _WITHOUT_TRANSFORM:
        return _decimal_transform(document.get("vertices", []))
    if transform is None:
        # Taken for whole units, a file's millimetres would become metres: nobody could tell from the numbers alone.
        raise CityJsonError(
            f"/transform is missing, which CityJSON {version} needs to place its vertices; add scale and translate, "
            f"or say version {_WITHOUT_TRANSFORM} if they are coordinates"
        )
    if not isinstance(transform, dict):
        raise CityJsonError(f"/transform must be an object, not {kind(transform)}")
    scale, translate = (_triple(transform.get(name), name) for name in ("scale", "translate"))
    if 0.0 in scale:
        raise CityJsonError("/transform/scale must not contain 0")
    return Transform(scale, translate)


def _triple(value: Json, name: str) -> tuple[float, float, float]:
    if isinstance(value, list) and len(value) == _VERTEX and all(_finite(number) for number in value):
        return float(value[0]), float(value[1]), float(value[2])
    raise CityJsonError(f"/transform/{name} must be three finite numbers, not {shown(value)}")


def _decimal_transform(vertices: Json) -> Transform:
    """CityJSON 1.0 may give real coordinates: find the power of ten at which they are all integers."""
    points = _points(vertices)
    largest = max(float(np.abs(points).max(initial=0.0)), 1.0)
    most = max(0, min(_MAX_DIGITS, int(math.log10(_MAX_INTEGER / largest))))
    digits = next((d for d in range(most) if _whole(points, 10.0**d)), most)
    scale = float(f"1e-{digits}")
    return Transform((scale, scale, scale), (0.0, 0.0, 0.0))


def _whole(points: NDArray[np.float64], factor: float) -> bool:
    return bool((np.rint(points * factor) / factor == points).all())


def quantized(document: Mapping[str, Json], header: Header, limits: Limits) -> NDArray[np.int64]:
    """Return the vertices as integers (n, 3) under the header's transform.

    Raises:
        CityJsonError: missing, of a wrong shape, not integer under a transform, or out of range.
    """
    vertices = document.get("vertices")
    if isinstance(vertices, list) and len(vertices) > limits.max_vertices:
        raise CityJsonError(f"/vertices has {len(vertices)} entries, at most {limits.max_vertices} are taken")
    points = _points(vertices)
    if document.get("type") == "CityJSON" and document.get("transform") is None:
        points = points / np.array(header.transform.scale)
        whole = np.rint(points)
    else:
        whole = np.rint(points)
        if (whole != points).any():
            at = int(np.argmax((whole != points).any(axis=1)))
            raise CityJsonError(f"/vertices/{at} has fractions; where a transform is given vertices are integers")
    if len(whole) and np.abs(whole).max() > _MAX_INTEGER:
        raise CityJsonError(f"/vertices has a number beyond {_MAX_INTEGER}; choose a coarser transform.scale")
    _check_reach(whole, header.transform)
    integers: NDArray[np.int64] = whole.astype(np.int64)
    return integers


def _check_reach(whole: NDArray[np.float64], transform: Transform) -> None:
    largest = np.abs(whole).max(axis=0, initial=0.0).tolist()
    for size, scale, translate in zip(largest, transform.scale, transform.translate, strict=True):
        if not size * abs(scale) + abs(translate) <= _FARTHEST:
            raise CityJsonError(f"coordinates reach beyond {_FARTHEST:g}, which is no place on Earth; check /transform")


def _points(vertices: Json) -> NDArray[np.float64]:
    if not isinstance(vertices, list):
        raise CityJsonError(f"/vertices must be an array of [x, y, z], not {kind(vertices)}")
    try:
        points = np.array(vertices, dtype=np.float64).reshape(-1, _VERTEX) if vertices else np.empty((0, _VERTEX))
    except (ValueError, TypeError, OverflowError):
        points = np.empty((0, _VERTEX))
    if len(points) != len(vertices) or not np.isfinite(points).all() or not all(map(_is_vertex, vertices)):
        at = next(number for number, vertex in enumerate(vertices) if not _is_vertex(vertex))
        raise CityJsonError(f"/vertices/{at} must be an array of three finite numbers")
    return points


def _is_vertex(vertex: Json) -> bool:
    return type(vertex) is list and len(vertex) == _VERTEX and all(_finite(number) for number in vertex)


def _finite(number: Json) -> bool:
    if type(number) is int:
        return abs(number) <= 2**1000  # far beyond any coordinate, and still a float
    return type(number) is float and math.isfinite(number)


def kind(value: Json) -> str:
    """Name the JSON type of a value."""
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "nothing"}
    return names.get(type(value), "a number")


def shown(value: Json) -> str:
    """Show a scalar, cut to a readable length, or name the type of anything else."""
    return kind(value) if isinstance(value, dict | list) or value is None else json.dumps(value)[:60]
