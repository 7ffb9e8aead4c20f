# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""From a CityJSON feature to an NGSI-LD entity in normalised form, with a report of what was lost.

The solids keep their own CRS and the source's integers, so that they come back exactly; ``location`` is their
footprint in WGS 84, for search. Heights are metres in the source's vertical datum, which each of them names.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from hanse import geo
from hanse.cityjson import CityObject, Feature, best_solids, solids
from hanse.cityjson.errors import pointer
from hanse.cityjson.geometry import DEPTH, LocalVertices
from hanse.ngsild import geojson
from hanse.ngsild.attributes import METRE, attributes, json_prop, narrowed, prop
from hanse.ngsild.losses import Loss, LossKind
from hanse.ngsild.names import SHORT_NAME, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Json = Any
_WGS84 = geo.Crs.parse("EPSG:4979")


@dataclass(frozen=True, slots=True)
class FeatureMapping:
    """How features of one data set become entities.

    Attributes:
        dataset: URN of the data set the entities belong to.
        assumed_crs: taken when the source declares no CRS.
        assumed_vertical: taken when the CRS declares no vertical datum, e.g. "NAP"; None leaves it unknown.
        units: UN/CEFACT unit codes by source attribute name, where the data's owner knows them.
        tolerances: thresholds of the validity checks.
    """

    dataset: str
    assumed_crs: str | None = None
    assumed_vertical: str | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    tolerances: geo.Tolerances = field(default_factory=geo.Tolerances)


@dataclass(frozen=True, slots=True)
class Mapped:
    """An entity, what the mapping lost, and whether its geometry passed the checks."""

    entity: dict[str, Json]
    losses: tuple[Loss, ...]
    valid: bool


def stable_urn(authority: str, dataset: str, type_: str, source_id: str) -> str:
    """Return an entity id that depends on nothing but data set and source id.

    128 bits of SHA-256 in base 32, so that any source id fits a URN and two data sets never meet.
    """
    name = hashlib.sha256(f"{dataset}\0{source_id}".encode()).digest()[:16]
    local = base64.b32encode(name).decode().rstrip("=").lower()
    kind = re.sub(r"[^a-z0-9-]", "", type_.lower())[:63] or "entity"
    return f"urn:hanse:{authority}:{kind}:{local}"


def to_entity(feature: Feature, entity_id: str, mapping: FeatureMapping) -> Mapped:
    """Map one feature to the entity ``entity_id`` of the feature's root type.

    Raises:
        hanse.geo.CrsError: no CRS is declared or assumed, it is not in metres, or it cannot be converted to WGS 84.
        hanse.geo.FootprintError: too many surfaces for an outline.
    """
    losses: list[Loss] = []
    crs = _crs(feature, mapping, losses)
    root = feature.root
    entity: dict[str, Json] = {
        "id": entity_id,
        "type": _type(root, losses),
        "sourceId": prop(feature.id),
        "dataset": {"type": "Relationship", "object": mapping.dataset},
    }
    best = best_solids(feature)
    entity.update(_location(feature, best, crs, losses))
    if root.type.startswith("Building"):
        entity.update(_heights(best, crs.vertical))
    if any(held.geometry for held in feature.objects.values()):
        entity["solidGeometry"] = json_prop(_geometry(feature, crs, losses))
    if len(feature.objects) > 1:
        parts = (held for held in feature.objects.values() if held.id != feature.id)
        entity["parts"] = json_prop([_part(held, losses) for held in parts])
    validity = _validity(feature, mapping.tolerances)
    entity["validity"] = json_prop(validity)
    entity.update(attributes(root, mapping.units, losses))
    losses.extend(_structure(feature))
    losses.extend(Loss(LossKind.DROPPED, *_left(left.what, left.pointer)) for left in feature.not_carried)
    return Mapped(entity, tuple(losses), validity["valid"])


def _type(root: CityObject, losses: list[Loss]) -> str:
    """An extension's type loses its plus sign, which restoring puts back, and what no name holds."""
    bare = root.type.removeprefix("+")
    if SHORT_NAME.fullmatch(bare):
        return bare
    where = pointer("CityObjects", root.id, "type")
    losses.append(Loss(LossKind.NARROWED, where, f"{root.type!r} is no NGSI-LD name and was rewritten"))
    return "Type_" + plain(bare)


def _crs(feature: Feature, mapping: FeatureMapping, losses: list[Loss]) -> geo.Crs:
    name = feature.crs or mapping.assumed_crs
    if name is None:
        raise geo.CrsError(
            f"feature {feature.id!r}: /metadata/referenceSystem is absent and no CRS is assumed; declare one"
        )
    if feature.crs is None:
        losses.append(Loss(LossKind.DEFAULTED, "/metadata/referenceSystem", f"the CRS is assumed to be {name}"))
    crs = geo.Crs.parse(name, assumed_vertical=mapping.assumed_vertical)
    if crs.metres != 1.0:
        raise geo.CrsError(f"{name}: solids need a projected CRS in metres, such as EPSG:7415; convert the source")
    if crs.vertical.status is geo.DatumStatus.ASSUMED:
        detail = f"{name} declares no vertical datum; heights are assumed to be in {crs.vertical.name}"
        losses.append(Loss(LossKind.DEFAULTED, "/metadata/referenceSystem", detail))
    elif crs.vertical.status is geo.DatumStatus.UNKNOWN:
        detail = f"{name} declares no vertical datum and none is assumed; heights have an unknown reference"
        losses.append(Loss(LossKind.DEFAULTED, "/metadata/referenceSystem", detail))
    return crs


def _location(feature: Feature, best: list[geo.Solid], crs: geo.Crs, losses: list[Loss]) -> Iterator[tuple[str, Json]]:
    if not len(feature.quantized):
        detail = "the feature has no geometry of its own, so the entity has no location"
        losses.append(Loss(LossKind.UNMAPPED, pointer("CityObjects", feature.id, "geometry"), detail))
        return
    shape: shapely.Point | geo.Plan = geo.footprint(best)
    if shape.is_empty:
        low, high = np.split(np.array(geo.bbox(feature.vertices[:, :2])), 2)
        shape = shapely.Point((low + high) / 2)
        detail = "nothing covers an area, so the location is the middle of the bounding box"
        losses.append(Loss(LossKind.NARROWED, pointer("CityObjects", feature.id, "geometry"), detail))
    convert = geo.transformer(crs, _WGS84)
    degrees = shapely.transform(shape, lambda points: convert(points).coordinates)
    location = {"type": "GeoProperty", "value": geojson.write(degrees)}
    if convert.accuracy_m is not None:
        location["accuracy"] = prop(convert.accuracy_m, METRE)
    yield "location", location


def _heights(best: list[geo.Solid], vertical: geo.VerticalDatum) -> Iterator[tuple[str, Json]]:
    datum = {
        "verticalDatum": prop(vertical.name),
        "verticalDatumStatus": prop(vertical.status.value),
    }
    ground, ridge, eaves = geo.ground_height(best), geo.ridge_height(best), geo.eaves_height(best)
    for name, height in (("groundHeight", ground), ("ridgeHeight", ridge), ("eavesHeight", eaves)):
        if height is not None:
            yield name, prop(_metres(height), METRE, **datum)
    if ground is not None and ridge is not None:
        yield "heightAboveGround", prop(_metres(ridge - ground), METRE, **datum)


def _metres(value: float) -> float:
    """Tenths of a millimetre: what lies beyond is floating-point noise of the source's scaling."""
    return round(value, 4)


def _geometry(feature: Feature, crs: geo.Crs, losses: list[Loss]) -> dict[str, Json]:
    return {
        "crs": crs.uri,
        "verticalDatum": crs.vertical.name,
        "verticalDatumStatus": crs.vertical.status.value,
        "transform": {
            "scale": list(feature.transform.scale),
            "translate": list(feature.transform.translate),
        },
        "lods": [lod for held in feature.objects.values() for lod in _lods(feature, held, losses)],
    }


def _lods(feature: Feature, held: CityObject, losses: list[Loss]) -> Iterator[dict[str, Json]]:
    """Each geometry brings its own vertices: a reader who wants one level of detail needs no other."""
    at = pointer("CityObjects", held.id, "geometry")
    for number, geometry in enumerate(held.geometry):
        local = LocalVertices(len(feature.quantized))
        boundaries = local.remap(geometry.boundaries, DEPTH[geometry.type])
        entry: dict[str, Json] = {
            "object": held.id,
            "lod": geometry.lod,
            "type": geometry.type,
            "vertices": feature.quantized[local.used].tolist(),
            "boundaries": boundaries,
        }
        if geometry.semantics:
            entry["semantics"] = narrowed(geometry.semantics, at + pointer(number, "semantics"), losses)
        yield entry


def _part(held: CityObject, losses: list[Loss]) -> dict[str, Json]:
    at = pointer("CityObjects", held.id)
    part: dict[str, Json] = {"id": held.id, "type": held.type, "parents": list(held.parents)}
    if held.attributes:
        part["attributes"] = narrowed(dict(held.attributes), at + "/attributes", losses)
    return {**part, "other": narrowed(dict(held.other), at, losses)} if held.other else part


def _validity(feature: Feature, tolerances: geo.Tolerances) -> dict[str, Json]:
    count: Counter[tuple[str, str, str]] = Counter()
    first: dict[tuple[str, str, str], str] = {}
    for (key, lod), flag in _flags(feature, tolerances):
        what = (key, lod, flag.fault.value)
        count[what] += 1
        first.setdefault(what, flag.detail)
    flags = [
        {"object": key, "lod": lod, "fault": fault, "count": number, "detail": first[key, lod, fault]}
        for (key, lod, fault), number in count.items()
    ]
    return {"valid": not flags, "flags": flags}


def _flags(feature: Feature, tolerances: geo.Tolerances) -> Iterator[tuple[tuple[str, str], geo.Flag]]:
    """Yield ((object id, level of detail), flag): of each solid by itself, and of the feature's parts together."""
    parts: dict[str, list[geo.Solid]] = {}
    for key, solid in solids(feature):
        for flag in geo.check(solid, tolerances):
            yield (key, solid.lod), flag
        if solid.closed:
            parts.setdefault(solid.lod, []).append(solid)
    for lod, together in parts.items():
        for flag in geo.overlaps(together, tolerances) if len(together) > 1 else ():
            yield (feature.id, lod), flag


def _structure(feature: Feature) -> Iterator[Loss]:
    """Name members of the root, and links out of the feature, that the entity has no place for."""
    root = feature.root
    at = pointer("CityObjects", root.id)
    for name in root.other:
        if name == "geographicalExtent":
            yield Loss(LossKind.DROPPED, f"{at}/{name}", "the extent follows from the geometry")
        elif name != "address":
            yield Loss(LossKind.UNMAPPED, at + pointer(name), "the entity has no place for this member")
    for held in feature.objects.values():
        for member, links in (("parents", held.parents), ("children", held.children)):
            if any(link not in feature.objects for link in links):
                where = pointer("CityObjects", held.id, member)
                yield Loss(LossKind.UNMAPPED, where, "membership in groups is not carried")


def _left(what: str, at: str) -> tuple[str, str]:
    sentence = {
        "GeometryInstance": "geometry templates are not carried",
        "material": "materials are not carried",
        "texture": "textures are not carried",
    }
    return at, sentence.get(what, f"{what} is not carried")
