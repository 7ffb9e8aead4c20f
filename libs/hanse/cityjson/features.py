# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""From city objects to features: a root object with its descendants, checked as one.

CityJSON links second-level objects both ways: children names them, parents names the object above. A
CityObjectGroup's links mean membership, not composition, and do not merge features.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hanse.cityjson.decode import kind, shown
from hanse.cityjson.errors import FeatureFaultError, Refused, pointer
from hanse.cityjson.geometry import INSTANCE, LocalVertices, check_type, geometry, left_behind
from hanse.cityjson.model import CityObject, Feature, Geometry, Header, Json, NotCarried
from hanse.cityjson.types import GROUP, TYPES, upgraded

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Vertices = NDArray[np.int64]
_MAX_ID = 500
_MAX_TYPE = 100
_OWN = frozenset({"type", "attributes", "geometry", "parents", "children"})


def features(
    objects: Mapping[str, Json], vertices: Vertices, header: Header, line: int | None = None
) -> Iterator[Feature | Refused]:
    """Yield one feature, or its refusal, for each root object, in the order of the source."""
    reached: set[str] = set()
    for root in objects:
        if _above(objects, root):
            continue
        members: list[str] = []
        try:
            _collect(objects, root, members, reached)
            yield _feature(objects, members, vertices, header)
        except FeatureFaultError as fault:
            yield Refused(root, fault.pointer, fault.reason, line)
        reached.update(members)
    for left in objects:
        if left not in reached:
            yield _stranded(objects, left, line)


def _links(source: Json, member: str) -> list[Json]:
    links = source.get(member) if isinstance(source, dict) else None
    return links if isinstance(links, list) else []


def _is_group(objects: Mapping[str, Json], key: Json) -> bool:
    source = objects.get(key) if isinstance(key, str) else None
    return isinstance(source, dict) and source.get("type") == GROUP


def _above(objects: Mapping[str, Json], key: str) -> list[Json]:
    """Return the parents of which an object is a part, groups apart."""
    return [parent for parent in _links(objects[key], "parents") if not _is_group(objects, parent)]


def _collect(objects: Mapping[str, Json], root: str, members: list[str], reached: set[str]) -> None:
    """Append root and descendants, depth first, without recursion."""
    waiting = [root]
    seen = {root}
    while waiting:
        key = waiting.pop()
        members.append(key)
        if _is_group(objects, key):
            continue
        below = []
        for number, child in enumerate(_links(objects[key], "children")):
            at = pointer("CityObjects", key, "children", number)
            if not isinstance(child, str) or child not in objects:
                raise FeatureFaultError(
                    at, f"child {shown(child)} is not among the city objects; add it or drop the link"
                )
            if key not in _links(objects[child], "parents"):
                raise FeatureFaultError(at, f"{child!r} does not name {key!r} among its parents; links go both ways")
            if child in seen or child in reached:
                raise FeatureFaultError(at, f"{child!r} is a child of more than one object, or twice; name it once")
            seen.add(child)
            below.append(child)
        waiting.extend(reversed(below))


def _stranded(objects: Mapping[str, Json], key: str, line: int | None) -> Refused:
    """Explain why an object with parents was reached from none."""
    for number, parent in enumerate(_above(objects, key)):
        at = pointer("CityObjects", key, "parents", number)
        if not isinstance(parent, str) or parent not in objects:
            return Refused(key, at, f"parent {shown(parent)} is not among the city objects; add it or drop it", line)
        if key not in _links(objects[parent], "children"):
            return Refused(key, at, f"{parent!r} does not name {key!r} among its children; links go both ways", line)
    at = pointer("CityObjects", key, "parents")
    return Refused(key, at, "no root object leads here: its parents are refused or form a circle", line)


def _feature(objects: Mapping[str, Json], members: list[str], vertices: Vertices, header: Header) -> Feature:
    local = LocalVertices(len(vertices))
    left: list[NotCarried] = []
    held = {key: _object(key, objects[key], local, left) for key in members}
    return Feature(members[0], held, vertices[local.used], header, tuple(left))


def _object(key: str, source: Json, local: LocalVertices, left: list[NotCarried]) -> CityObject:
    at = pointer("CityObjects", key)
    if not isinstance(source, dict):
        raise FeatureFaultError(at, f"a city object is an object, not {kind(source)}")
    source = upgraded(source)
    type_ = source.get("type")
    if not 0 < len(key) <= _MAX_ID:
        raise FeatureFaultError(at, f"an id has 1 to {_MAX_ID} characters, this one {len(key)}")
    if not isinstance(type_, str) or not (type_ in TYPES or (type_.startswith("+") and len(type_) <= _MAX_TYPE)):
        raise FeatureFaultError(at + "/type", f"{shown(type_)} is no CityJSON type; those of extensions begin with +")
    attributes = source.get("attributes") or {}
    if not isinstance(attributes, dict):
        raise FeatureFaultError(at + "/attributes", f"attributes is an object, not {kind(attributes)}")
    return CityObject(
        id=key,
        type=type_,
        attributes=attributes,
        geometry=tuple(_geometries(source.get("geometry"), at + "/geometry", local, left)),
        parents=_ids(source, "parents", at),
        children=_ids(source, "children", at),
        other={name: value for name, value in source.items() if name not in _OWN},
    )


def _ids(source: Mapping[str, Json], member: str, at: str) -> tuple[str, ...]:
    ids = source.get(member) or []
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise FeatureFaultError(f"{at}/{member}", f"{member} is an array of ids")
    return tuple(ids)


def _geometries(source: Json, at: str, local: LocalVertices, left: list[NotCarried]) -> Iterator[Geometry]:
    if source is None:
        return
    if not isinstance(source, list):
        raise FeatureFaultError(at, f"geometry is an array, not {kind(source)}")
    for number, one in enumerate(source):
        here = at + pointer(number)
        type_ = check_type(one, here)
        left.extend(left_behind(one, here))
        if type_ != INSTANCE:
            yield geometry(one, here, local)
