# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""From an entity with ``solidGeometry`` back to the CityJSON feature that it was made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse.cityjson import CityJsonError, Feature, parse_feature
from hanse.cityjson.errors import pointer
from hanse.cityjson.geometry import DEPTH
from hanse.cityjson.types import TYPES
from hanse.geo import Crs, DatumStatus
from hanse.ngsild.errors import NgsiLdError
from hanse.ngsild.losses import Loss, LossKind
from hanse.ngsild.names import CORE, MAPPED

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

Json = Any
_BACK = frozenset({"Property", "JsonProperty"})
_OWN = frozenset({"type", "value", "json", "sourceName"})
_LEFT = ("@context", "scope", "createdAt", "modifiedAt", "deletedAt", "expiresAt", "dataset")


def to_feature(entity: Mapping[str, Json]) -> Feature:
    """Restore the feature: same objects, same integers, same boundaries and semantics.

    Vertices that two geometries shared come back once for each. Attributes come back under
    their source's names. What has a body and no ``sourceId`` never came from a file and is known by its own id; of
    several types the first that CityJSON has counts, else the first.

    Raises:
        NgsiLdError: the entity lacks what is needed, or its geometry is broken.
    """
    root = _name(entity)
    geometry = _value(entity, "solidGeometry", "json", dict) if "solidGeometry" in entity else {}
    parts = _value(entity, "parts", "json", list) if "parts" in entity else []
    objects: dict[str, dict[str, Json]] = {root: _root(entity)}
    for number, part in enumerate(parts):
        if not isinstance(part, dict) or not isinstance(part.get("id"), str) or part["id"] in objects:
            raise NgsiLdError(f"/parts/json/{number} must be an object with an id of its own")
        objects[part["id"]] = _part(part)
    _link(objects)
    vertices = _place(geometry, objects, root)
    header = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": geometry.get("transform", {"scale": [1.0, 1.0, 1.0], "translate": [0.0, 0.0, 0.0]}),
        "metadata": {"referenceSystem": geometry["crs"]} if "crs" in geometry else {},
    }
    document = {"type": "CityJSONFeature", "id": root, "CityObjects": objects, "vertices": vertices}
    try:
        return parse_feature(document, header)
    except CityJsonError as error:
        raise NgsiLdError(f"entity {entity.get('id')!r}: {error}") from error


def restore_losses(entity: Mapping[str, Json]) -> tuple[Loss, ...]:
    """Return what ``to_feature`` leaves behind; paths are JSON pointers into the entity.

    Attributes that follow from the geometry (location, heights, validity) are not lost.
    """
    losses = [Loss(LossKind.DROPPED, f"/{name}", "CityJSON has no place for it") for name in _LEFT if name in entity]
    losses += [
        Loss(LossKind.UNMAPPED, pointer(name), "only the JsonProperty that CityJSON gave is carried")
        for name in ("address", "validity")
        if name in entity and not _is_json(entity[name])
    ]
    for name, attribute in entity.items():
        if name in CORE | MAPPED:
            continue
        if not isinstance(attribute, dict) or not _names(attribute.get("type"), _BACK):
            detail = "CityJSON attributes are plain values: only a single Property or JsonProperty is carried"
            losses.append(Loss(LossKind.UNMAPPED, pointer(name), detail))
            continue
        detail = "CityJSON attributes have no sub-attributes"
        losses.extend(Loss(LossKind.DROPPED, pointer(name, sub), detail) for sub in attribute.keys() - _OWN)
    return tuple(sorted(losses, key=lambda loss: loss.path))


def solid_crs(entity: Mapping[str, Json]) -> Crs:
    """Return the CRS that an entity's solids are in, with the vertical datum as declared or assumed there.

    Raises:
        NgsiLdError: the entity has no solidGeometry that names a CRS.
        hanse.geo.CrsError: the CRS is not known.
    """
    geometry = _value(entity, "solidGeometry", "json", dict)
    name, datum = geometry.get("crs"), geometry.get("verticalDatum")
    if not isinstance(name, str):
        raise NgsiLdError("/solidGeometry/json/crs is missing; it must name an EPSG system by its URI")
    assumed = geometry.get("verticalDatumStatus") == DatumStatus.ASSUMED and isinstance(datum, str)
    return Crs.parse(name, assumed_vertical=datum if assumed else None)


def _value(entity: Mapping[str, Json], name: str, member: str, kind: type) -> Json:
    attribute = entity.get(name)
    value = attribute.get(member) if isinstance(attribute, dict) else None
    if not isinstance(value, kind):
        raise NgsiLdError(f"/{name}/{member} is missing or of a wrong type; it is what the feature is restored from")
    return value


def _name(entity: Mapping[str, Json]) -> str:
    if "sourceId" not in entity and "solidGeometry" in entity and isinstance(entity.get("id"), str):
        return str(entity["id"])
    return str(_value(entity, "sourceId", "value", str))


def _type(entity: Mapping[str, Json]) -> str:
    held = entity.get("type")
    names = [str(each) for each in (held if isinstance(held, list) else [held])]
    return next((each for each in names if each in TYPES), f"+{names[0]}" if names else "+")


def _root(entity: Mapping[str, Json]) -> dict[str, Json]:
    attributes = {}
    for name, attribute in entity.items():
        if name in CORE | MAPPED or not isinstance(attribute, dict) or not _names(attribute.get("type"), _BACK):
            continue
        source = attribute.get("sourceName")
        key = source.get("value") if isinstance(source, dict) else name
        attributes[str(key)] = attribute.get("json" if attribute["type"] == "JsonProperty" else "value")
    result: dict[str, Json] = {"type": _type(entity), "attributes": attributes}
    if _is_json(entity.get("address")):
        result["address"] = _value(entity, "address", "json", object)
    return result


def _is_json(attribute: Json) -> bool:
    """Whether this is the form that CityJSON's own get; other data models use the same names otherwise."""
    return isinstance(attribute, dict) and attribute.get("type") == "JsonProperty"


def _part(part: dict[str, Json]) -> dict[str, Json]:
    other = part.get("other", {})
    if not isinstance(other, dict):
        raise NgsiLdError(f"/parts: other of {part['id']!r} must be an object")
    kept = {name: part[name] for name in ("type", "attributes", "parents") if name in part}
    return {**other, **kept}


def _link(objects: dict[str, dict[str, Json]]) -> None:
    """Children are named in the order in which parts stand; links out of the entity were not carried."""
    for key, held in objects.items():
        parents = held.get("parents", [])
        if not isinstance(parents, list):
            raise NgsiLdError(f"/parts: parents of {key!r} must be an array of ids")
        held["parents"] = [parent for parent in parents if isinstance(parent, str) and parent in objects]
        for parent in held["parents"]:
            objects[parent].setdefault("children", []).append(key)


def _place(geometry: Mapping[str, Json], objects: dict[str, dict[str, Json]], root: str) -> list[Json]:
    """Put each geometry at its object, its indices moved into one table of vertices, which is returned."""
    lods = geometry.get("lods", [])
    if not isinstance(lods, list):
        raise NgsiLdError("/solidGeometry/json/lods must be an array")
    vertices: list[Json] = []
    for number, entry in enumerate(lods):
        at = f"/solidGeometry/json/lods/{number}"
        if not isinstance(entry, dict) or not _names(entry.get("type"), DEPTH):
            raise NgsiLdError(f"{at} must be an object whose type is one of {', '.join(DEPTH)}")
        holder = entry.get("object", root)
        own = entry.get("vertices")
        if not _names(holder, objects) or not isinstance(own, list):
            raise NgsiLdError(f"{at} must name an object of the entity and have an array of vertices")
        boundaries = _moved(entry.get("boundaries"), DEPTH[entry["type"]], len(vertices), len(own), at)
        vertices.extend(own)
        restored = {"type": entry["type"], "boundaries": boundaries}
        restored.update({name: entry[name] for name in ("lod", "semantics") if entry.get(name)})
        objects[holder].setdefault("geometry", []).append(restored)
    return vertices


def _names(value: Json, known: Container[str]) -> bool:
    return isinstance(value, str) and value in known


def _moved(node: Json, depth: int, by: int, count: int, at: str) -> Json:
    if depth == 0:
        if type(node) is int and 0 <= node < count:
            return node + by
        raise NgsiLdError(f"{at}/boundaries has an index that its {count} vertices do not hold")
    if not isinstance(node, list):
        raise NgsiLdError(f"{at}/boundaries must be nested arrays of vertex indices")
    return [_moved(child, depth - 1, by, count, at) for child in node]
