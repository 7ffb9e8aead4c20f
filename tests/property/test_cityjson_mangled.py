# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Whatever is broken in a document or an entity, the answer is a refusal in words, never another exception."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.cityjson import CityJsonError, Reading, load
from hanse.geo import CrsError
from hanse.ngsild import FeatureMapping, NgsiLdError, restore_losses, to_entity, to_feature, validate_entity

Json = Any
MAPPING = FeatureMapping("urn:hanse:marewijk.example:dataset:buildings", assumed_crs="EPSG:7415")
SOLID = {
    "type": "Solid",
    "lod": "2",
    "boundaries": [[[[0, 1, 2]], [[1, 2, 3], [0, 1, 2]]]],
    "semantics": {"surfaces": [{"type": "GroundSurface"}], "values": [[0, None]]},
    "texture": {"x": {"values": [[[[None]]]]}},
}
DOCUMENT = {
    "type": "CityJSON",
    "version": "2.0",
    "transform": {"scale": [0.001, 0.001, 0.001], "translate": [85000.0, 447000.0, 0.0]},
    "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/28992"},
    "CityObjects": {
        "a": {"type": "Building", "children": ["b"], "attributes": {"x": {"y": [1]}}, "address": [{"z": 1}]},
        "b": {"type": "BuildingPart", "parents": ["a"], "geometry": [SOLID]},
        "g": {"type": "CityObjectGroup", "children": ["a"]},
        "t": {"type": "TINRelief", "geometry": [{"type": "GeometryInstance", "template": 0, "boundaries": [3]}]},
    },
    "vertices": [[0, 0, 0], [1000, 0, 0], [0, 1000, 0], [0, 0, 1000]],
}
ENTITY = next(
    to_entity(feature, "urn:hanse:marewijk.example:building:1", MAPPING).entity
    for feature in load(json.dumps(DOCUMENT).encode()).features
    if feature.id == "a"
)
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "a", "b", "g", "Solid", "Property", "EPSG:4979", "MultiPoint", "+x", "\x00"])
    | st.text(max_size=5),
    lambda v: st.lists(v, max_size=4) | st.dictionaries(st.sampled_from(["type", "value", "json", "a", "é/"]), v),
    max_leaves=8,
)


@st.composite
def mangled(draw: st.DrawFn, source: Json) -> Json:
    """The source with one to three of its nodes replaced, removed, or given a stranger for a neighbour."""
    root = copy.deepcopy(source)
    for _ in range(draw(st.integers(1, 3))):
        node: Json = root
        while isinstance(node, dict | list) and node:
            keys = sorted(node) if isinstance(node, dict) else range(len(node))
            key = draw(st.sampled_from(list(keys)))
            if not isinstance(node[key], dict | list) or not node[key] or draw(st.integers(0, 4)) == 0:
                break
            node = node[key]
        if not isinstance(node, dict | list) or not node:
            continue
        change = draw(st.integers(0, 2))
        if change == 0:
            del node[key]
        elif change == 1 and isinstance(node, dict):
            node[draw(st.text(max_size=5))] = draw(anything)
        else:
            node[key] = draw(anything)
    return root


@settings(deadline=None, max_examples=200)
@given(mangled(DOCUMENT))
def test_a_mangled_document_is_refused_or_loaded(document: Json) -> None:
    reading = Reading((), ())
    with suppress(CityJsonError):
        reading = load(json.dumps(document).encode())
    for refused in reading.refused:
        assert refused.reason
        assert refused.pointer == "" or refused.pointer.startswith("/")
    for feature in reading.features:
        with suppress(CrsError):
            entity = to_entity(feature, "urn:hanse:marewijk.example:building:1", MAPPING).entity
            assert validate_entity(entity) == []


@settings(deadline=None, max_examples=200)
@given(mangled(ENTITY))
def test_a_mangled_entity_is_judged_and_restored_or_refused(entity: Json) -> None:
    validate_entity(entity)
    restore_losses(entity)
    with suppress(NgsiLdError):
        to_feature(entity)


@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,\\0eE+-.tfn \n', max_size=80).map(str.encode))
def test_arbitrary_bytes_are_no_cityjson(data: bytes) -> None:
    with suppress(CityJsonError):
        load(data)


@given(anything)
def test_anything_can_be_judged(value: Json) -> None:
    assert validate_entity(value)
