# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""CityJSON to NGSI-LD and back restores geometry exactly, whatever the geometry; and the contract holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.cityjson import Feature, load, write_sequence
from hanse.ngsild import FeatureMapping, canonical, stable_urn, to_entity, to_feature, validate_entity

Json = Any
ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "contracts/hanse/contracts/twin/v1/entity.schema.json"
TWIN = jsonschema_rs.validator_for(json.loads(CONTRACT.read_bytes()))
DATASET = "urn:hanse:marewijk.example:dataset:buildings"
MAPPING = FeatureMapping(DATASET, assumed_vertical="NAP")
DEPTH = {"MultiPoint": 1, "MultiLineString": 2, "MultiSurface": 3, "Solid": 4, "MultiSolid": 5, "CompositeSolid": 5}
COUNT = 12

text = st.text(st.characters(codec="utf-8"), max_size=20)
ids = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(-1e9, 1e9) | text
values = st.recursive(scalars, lambda v: st.lists(v, max_size=3) | st.dictionaries(text, v, max_size=3), max_leaves=6)
vertices = st.lists(st.lists(st.integers(-(10**6), 10**6), min_size=3, max_size=3), min_size=COUNT, max_size=COUNT)
crs = st.sampled_from(["https://www.opengis.net/def/crs/EPSG/0/7415", "urn:ogc:def:crs:EPSG::28992"])


def _boundaries(depth: int) -> st.SearchStrategy[Json]:
    """Nested as the type wants, but otherwise anything: short rings, repeated points, empty shells."""
    if depth == 0:
        return st.integers(0, COUNT - 1)
    return st.lists(_boundaries(depth - 1), max_size=6 if depth == 1 else 3)


@st.composite
def _semantics(draw: st.DrawFn, boundaries: Json, depth: int) -> Json:
    surfaces = draw(st.lists(st.sampled_from(["GroundSurface", "RoofSurface", "WallSurface"]), max_size=3))

    def values_of(node: Json, levels: int) -> Json:
        if draw(st.integers(0, 4)) == 0:
            return None
        if levels == 0:
            return draw(st.integers(0, len(surfaces) - 1)) if surfaces else None
        return [values_of(child, levels - 1) for child in node]

    return {
        "surfaces": [{"type": name, "slope": draw(st.integers(0, 90))} for name in surfaces],
        "values": values_of(boundaries, max(depth - 2, 1)),
    }


@st.composite
def _geometries(draw: st.DrawFn) -> Json:
    type_ = draw(st.sampled_from(sorted(DEPTH)))
    boundaries = draw(_boundaries(DEPTH[type_]))
    geometry = {"type": type_, "lod": draw(st.sampled_from(["0", "1", "1.2", "2.2"])), "boundaries": boundaries}
    if draw(st.booleans()):
        geometry["semantics"] = draw(_semantics(boundaries, DEPTH[type_]))
    return geometry


@st.composite
def documents(draw: st.DrawFn) -> Json:
    """One building with parts of parts, any attributes, any geometry that CityJSON's structure allows."""
    names = draw(st.lists(ids, min_size=1, max_size=5, unique=True))
    objects: dict[str, Json] = {}
    for number, name in enumerate(names):
        held: dict[str, Json] = {
            "type": "BuildingPart" if number else "Building",
            "attributes": draw(st.dictionaries(text, values, max_size=4)),
            "geometry": draw(st.lists(_geometries(), max_size=2)),
        }
        if number:
            parent = draw(st.sampled_from(names[:number]))
            held["parents"] = [parent]
            objects[parent].setdefault("children", []).append(name)
        objects[name] = held
    return {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {
            "scale": draw(st.sampled_from([[0.001] * 3, [0.01, 0.01, 0.001]])),
            "translate": draw(st.sampled_from([[85000.0, 447000.0, 0.0], [155000.123, 463000.7, -4.56]])),
        },
        "metadata": {"referenceSystem": draw(crs)},
        "CityObjects": objects,
        "vertices": draw(vertices),
    }


def _feature(document: Json) -> Feature:
    reading = load(json.dumps(document).encode())
    assert reading.refused == ()
    (feature,) = reading.features
    return feature


def _places(feature: Feature) -> list[Json]:
    """Every geometry with its vertices' integers in place of their indices."""

    def place(node: Json) -> Json:
        return [place(child) for child in node] if isinstance(node, list) else feature.quantized[node].tolist()

    return [
        (key, geometry.type, geometry.lod, place(geometry.boundaries), geometry.semantics)
        for key, held in feature.objects.items()
        for geometry in held.geometry
    ]


@settings(deadline=None)
@given(documents())
def test_geometry_comes_back_exactly(document: Json) -> None:
    feature = _feature(document)
    mapped = to_entity(feature, stable_urn("marewijk.example", DATASET, "Building", feature.id), MAPPING)
    back = to_feature(json.loads(json.dumps(mapped.entity)))
    assert _places(back) == _places(feature)
    assert list(back.objects) == list(feature.objects)
    if _places(feature):
        assert back.transform == feature.transform
    for key, held in feature.objects.items():
        assert (back.objects[key].parents, back.objects[key].children) == (held.parents, held.children)


@settings(deadline=None)
@given(documents())
def test_every_entity_keeps_the_rules_of_ngsi_ld_and_of_the_contract(document: Json) -> None:
    feature = _feature(document)
    mapped = to_entity(feature, stable_urn("marewijk.example", DATASET, "Building", feature.id), MAPPING)
    assert validate_entity(mapped.entity) == []
    assert canonical(mapped.entity)
    assert [error.message for error in TWIN.iter_errors(mapped.entity)] == []


@settings(deadline=None)
@given(documents())
def test_attributes_come_back_but_for_the_reported_losses(document: Json) -> None:
    feature = _feature(document)
    mapped = to_entity(feature, stable_urn("marewijk.example", DATASET, "Building", feature.id), MAPPING)
    if not any("/attributes" in loss.path for loss in mapped.losses):
        back = to_feature(mapped.entity)
        assert {key: held.attributes for key, held in back.objects.items()} == {
            key: held.attributes for key, held in feature.objects.items()
        }


@settings(deadline=None)
@given(documents())
def test_a_sequence_written_is_read_back_the_same(document: Json) -> None:
    feature = _feature(document)
    (back,) = load(b"".join(write_sequence([feature]))).features
    assert back.objects == feature.objects
    assert back.quantized.tolist() == feature.quantized.tolist()
