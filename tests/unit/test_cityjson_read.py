# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""CityJSON read: features, versions, and a sentence for everything that can be wrong."""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from hanse.cityjson import CityJsonError, Limits, best_solids, load, parse_feature, read_sequence, solids

if TYPE_CHECKING:
    from collections.abc import Callable

Json = Any
SQUARE = [[[[0, 1, 2, 3]], [[4, 5, 6, 7]]]]
VERTICES = [[x, y, z] for z in (0, 3000) for x, y in ((0, 0), (1000, 0), (1000, 1000), (0, 1000))]


def _document() -> dict[str, Json]:
    """A building with one part, and a tree; valid CityJSON 2.0."""
    return {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [0.001, 0.001, 0.001], "translate": [85000.0, 447000.0, -1.0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "CityObjects": {
            "house": {"type": "Building", "children": ["house/0"], "attributes": {"storeysAboveGround": 2}},
            "house/0": {
                "type": "BuildingPart",
                "parents": ["house"],
                "geometry": [
                    {
                        "type": "Solid",
                        "lod": "2.2",
                        "boundaries": copy.deepcopy(SQUARE),
                        "semantics": {
                            "surfaces": [{"type": "GroundSurface"}, {"type": "RoofSurface"}],
                            "values": [[0, 1]],
                        },
                    }
                ],
            },
            "tree": {
                "type": "SolitaryVegetationObject",
                "geometry": [{"type": "MultiPoint", "lod": "1", "boundaries": [7]}],
            },
        },
        "vertices": copy.deepcopy(VERTICES),
    }


def _bytes(document: Json) -> bytes:
    return json.dumps(document).encode()


def test_a_building_and_its_parts_are_one_feature() -> None:
    reading = load(_bytes(_document()))
    assert reading.refused == ()
    house, tree = reading.features
    assert (house.id, list(house.objects), house.root.type) == ("house", ["house", "house/0"], "Building")
    assert (tree.id, list(tree.objects)) == ("tree", ["tree"])
    assert house.crs == "https://www.opengis.net/def/crs/EPSG/0/7415"
    assert house.root.attributes == {"storeysAboveGround": 2}


def test_vertices_are_the_features_own_with_the_transform_applied() -> None:
    house, tree = load(_bytes(_document())).features
    assert len(house.vertices) == 8
    assert tree.vertices.tolist() == [[85000.0, 447001.0, 2.0]]
    assert tree.quantized.tolist() == [[0, 1000, 3000]]
    assert tree.root.geometry[0].boundaries == [0]


def test_semantics_reach_the_surfaces() -> None:
    house = load(_bytes(_document())).features[0]
    ((key, solid),) = solids(house)
    assert key == "house/0"
    assert [surface.semantic for surface in solid.surfaces] == ["GroundSurface", "RoofSurface"]
    assert solid.closed
    assert solid.lod == "2.2"


def test_the_best_solids_are_the_most_detailed_of_each_object_without_level_0_outlines() -> None:
    document = _document()
    outline = {"type": "MultiSurface", "lod": "0", "boundaries": [[[0, 1, 2, 3]]]}
    document["CityObjects"]["house"]["geometry"] = [outline]
    document["CityObjects"]["house/0"]["geometry"].append(
        {"type": "MultiSurface", "lod": "1.2", "boundaries": [[[0, 1, 2]]]}
    )
    house = load(_bytes(document)).features[0]
    assert [solid.lod for solid in best_solids(house)] == ["2.2"]
    del document["CityObjects"]["house/0"]["geometry"]
    assert [solid.lod for solid in best_solids(load(_bytes(document)).features[0])] == ["0"]


def test_version_1_0_is_upgraded() -> None:
    document = _document()
    document["version"] = "1.0"
    objects = document["CityObjects"]
    objects["house"]["address"] = {"ThoroughfareName": "Havenstraat"}
    objects["house/0"]["geometry"][0]["lod"] = 2.2
    objects["tree"]["geometry"][0]["lod"] = 1
    objects["group"] = {"type": "CityObjectGroup", "members": ["house", "tree"]}
    objects["deck"] = {"type": "BridgeConstructionElement", "parents": ["bridge"]}
    objects["bridge"] = {"type": "Bridge", "children": ["deck"]}
    features = {feature.id: feature for feature in load(_bytes(document)).features}
    assert features["house"].version == "1.0"
    assert features["house"].objects["house/0"].geometry[0].lod == "2.2"
    assert features["tree"].root.geometry[0].lod == "1"
    assert features["house"].root.other["address"] == [{"ThoroughfareName": "Havenstraat"}]
    assert features["group"].root.children == ("house", "tree")
    assert features["bridge"].objects["deck"].type == "BridgeConstructiveElement"


def test_real_coordinates_without_transform_keep_every_decimal() -> None:
    document = _document()
    document["version"] = "1.0"
    del document["transform"]
    document["vertices"] = [[85000.0 + x / 1000, 447000.125, z / 1000] for x, _, z in VERTICES]
    house = load(_bytes(document)).features[0]
    assert house.transform.scale == (0.001, 0.001, 0.001)
    assert house.vertices.tolist() == document["vertices"]


@pytest.mark.parametrize("version", ["1.1", "2.0", "2.0.1"])
def test_without_transform_only_version_1_0_is_read(version: str) -> None:
    document = {**_document(), "version": version}
    del document["transform"]
    with pytest.raises(CityJsonError, match=r"^/transform is missing.* add scale and translate"):
        load(_bytes(document))
    with pytest.raises(CityJsonError, match=r"^/transform is missing"):
        load(_bytes({**document, "transform": None}))


def test_members_of_a_group_stay_features_of_their_own() -> None:
    document = _document()
    objects = document["CityObjects"]
    objects["group"] = {"type": "CityObjectGroup", "children": ["house", "tree"]}
    objects["house"]["parents"] = ["group"]
    objects["tree"]["parents"] = ["group"]
    reading = load(_bytes(document))
    assert reading.refused == ()
    assert [feature.id for feature in reading.features] == ["house", "tree", "group"]


def test_appearance_and_templates_are_named_as_not_carried() -> None:
    document = _document()
    document["CityObjects"]["house/0"]["geometry"][0]["material"] = {"": {"value": 0}}
    document["CityObjects"]["tree"]["geometry"].append({"type": "GeometryInstance", "template": 0})
    house, tree = load(_bytes(document)).features
    assert [(left.what, left.pointer) for left in house.not_carried] == [
        ("material", "/CityObjects/house~10/geometry/0/material")
    ]
    assert [(left.what, left.pointer) for left in tree.not_carried] == [
        ("GeometryInstance", "/CityObjects/tree/geometry/1")
    ]


def _set(*path: str | int) -> Callable[[dict[str, Json], Json], None]:
    def change(document: dict[str, Json], value: Json) -> None:
        node: Json = document
        for step in path[:-1]:
            node = node[step]
        node[path[-1]] = value

    return change


PART = ("CityObjects", "house/0")
GEOMETRY = (*PART, "geometry", 0)
AT = "/CityObjects/house~10"


@pytest.mark.parametrize(
    ("path", "value", "pointer", "reason"),
    [
        (
            (*GEOMETRY, "boundaries", 0, 1, 0, 2),
            8,
            f"{AT}/geometry/0/boundaries/0/1/0/2",
            "vertex index 8 .* 8 vertices",
        ),
        ((*GEOMETRY, "boundaries", 0, 0, 0, 0), -1, f"{AT}/geometry/0/boundaries/0/0/0/0", "vertex index -1"),
        ((*GEOMETRY, "boundaries", 0, 0, 0, 0), True, f"{AT}/geometry/0/boundaries/0/0/0/0", "an integer"),
        ((*GEOMETRY, "boundaries", 0, 0, 0, 0), 1.0, f"{AT}/geometry/0/boundaries/0/0/0/0", "an integer, not 1.0"),
        ((*GEOMETRY, "boundaries", 0, 0, 0), 1, f"{AT}/geometry/0/boundaries/0/0/0", "array"),
        ((*GEOMETRY, "boundaries"), None, f"{AT}/geometry/0/boundaries", "array"),
        ((*GEOMETRY, "type"), "Sphere", f"{AT}/geometry/0/type", '"Sphere" is not one of .*MultiSolid'),
        ((*GEOMETRY, "type"), None, f"{AT}/geometry/0/type", "not one of"),
        ((*GEOMETRY, "lod"), [2], f"{AT}/geometry/0/lod", "string"),
        ((*GEOMETRY, "semantics", "values"), [[0]], f"{AT}/geometry/0/semantics/values/0", "1 values for 2"),
        ((*GEOMETRY, "semantics", "values"), [[0, 2]], f"{AT}/geometry/0/semantics/values/0/1", "2 surfaces"),
        ((*GEOMETRY, "semantics", "surfaces"), [1], f"{AT}/geometry/0/semantics/surfaces/0", "type"),
        ((*PART, "geometry"), {}, f"{AT}/geometry", "array"),
        ((*PART, "geometry"), [7], f"{AT}/geometry/0", "object"),
        ((*PART, "type"), "Castle", f"{AT}/type", '"Castle"'),
        ((*PART, "attributes"), [], "", ""),
        ((*PART, "attributes"), [1], f"{AT}/attributes", "object"),
        (PART, 5, "/CityObjects/house/children/0", "name 'house' among its parents"),
        (("CityObjects", "house", "children"), ["attic"], "/CityObjects/house/children/0", "not among"),
        (("CityObjects", "house", "children"), ["house/0", "house/0"], "/CityObjects/house/children/1", "twice"),
        ((*PART, "parents"), ["shed"], "/CityObjects/house/children/0", "links go both ways"),
    ],
)
def test_a_broken_feature_is_refused_by_place_and_the_rest_loads(
    path: tuple[str | int, ...], value: Json, pointer: str, reason: str
) -> None:
    document = _document()
    _set(*path)(document, value)
    reading = load(_bytes(document))
    if not pointer:
        assert reading.refused == ()
        return
    assert [feature.id for feature in reading.features] == ["tree"]
    refused = reading.refused[0]
    assert (refused.feature_id, refused.pointer) == ("house", pointer)
    assert re.search(reason, refused.reason), refused.reason


def test_objects_that_no_root_leads_to_are_refused() -> None:
    document = _document()
    document["CityObjects"]["lost"] = {"type": "BuildingPart", "parents": ["gone"]}
    document["CityObjects"]["stray"] = {"type": "BuildingPart", "parents": ["tree"]}
    document["CityObjects"]["a"] = {"type": "BuildingPart", "parents": ["b"], "children": ["b"]}
    document["CityObjects"]["b"] = {"type": "BuildingPart", "parents": ["a"], "children": ["a"]}
    reading = load(_bytes(document))
    assert [feature.id for feature in reading.features] == ["house", "tree"]
    reasons = {refused.feature_id: (refused.pointer, refused.reason) for refused in reading.refused}
    assert reasons["lost"][0] == "/CityObjects/lost/parents/0"
    assert "not among the city objects" in reasons["lost"][1]
    assert "links go both ways" in reasons["stray"][1]
    assert "circle" in reasons["a"][1]
    assert "circle" in reasons["b"][1]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("type",), "FeatureCollection", "/type"),
        (("version",), "0.9", "/version"),
        (("version",), 2.0, "/version"),
        (("transform", "scale"), [0.001, 0.001], "/transform/scale"),
        (("transform", "scale"), [0.001, 0.001, 0], "must not contain 0"),
        (("transform", "translate"), ["0", 0, 0], "/transform/translate"),
        (("transform",), 1, "/transform"),
        (("transform", "translate"), [85000.0, 1e10, 0], "no place on Earth"),
        (("transform", "scale"), [0.001, 0.001, 1e300], "no place on Earth"),
        (("CityObjects",), [], "/CityObjects"),
        (("vertices",), {}, "/vertices"),
        (("vertices", 3), [1, 2], "/vertices/3"),
        (("vertices", 3), [1, 2, "3"], "/vertices/3"),
        (("vertices", 3), [1, 2, True], "/vertices/3"),
        (("vertices", 3), [1, 2, 0.5], "/vertices/3 has fractions"),
        (("vertices", 3), [1, 2, 10**17], "beyond"),
        (("vertices", 3), [1, 2, 10**400], "/vertices/3"),
        (("metadata",), [], "/metadata"),
        (("metadata", "referenceSystem"), 7415, "/metadata/referenceSystem"),
    ],
)
def test_a_document_that_cannot_be_placed_is_an_error(path: tuple[str | int, ...], value: Json, message: str) -> None:
    document = _document()
    _set(*path)(document, value)
    with pytest.raises(CityJsonError, match=message):
        load(_bytes(document))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not JSON"),
        (b"<CityModel/>", "not JSON: .* line 1, column 1"),
        (b"ISO-10303-21;", "not JSON"),
        (b"[]", "an array"),
        (b"null", "nothing"),
        (b'{"type":"CityJSON"', "not JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":-Infinity}', "Infinity"),
        (b'{"type":"CityJSON","version":"1.0","CityObjects":{},"vertices":[[1e999,0,0]]}', "/vertices/0"),
        (b'{"a":1,"a":2}', "'a' occurs twice"),
        (b'{"a":"\\ud800"}', "surrogate"),
        (b"[" * 100_000, "nests"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "65 levels deep"),
        (b'{"a":' + b"9" * 5000 + b"}", "not usable JSON"),
    ],
)
def test_what_is_no_cityjson_is_refused_in_a_sentence(data: bytes, message: str) -> None:
    with pytest.raises(CityJsonError, match=message):
        load(data)


def test_brackets_in_strings_are_not_depth() -> None:
    document = _document()
    document["CityObjects"]["house"]["attributes"] = {"note": '[{"\\' * 1000}
    assert len(load(_bytes(document)).features) == 2


def test_limits_are_kept() -> None:
    data = _bytes(_document())
    for limits, message in (
        (Limits(max_bytes=100), "at most 100"),
        (Limits(max_depth=5), "at most 5"),
        (Limits(max_objects=2), "3 objects, at most 2"),
        (Limits(max_vertices=7), "8 entries, at most 7"),
    ):
        with pytest.raises(CityJsonError, match=message):
            load(data, limits=limits)


def test_a_pretty_printed_document_is_no_sequence() -> None:
    assert len(load(json.dumps(_document(), indent=1).encode()).features) == 2
    assert len(load(b"\xef\xbb\xbf" + _bytes(_document()) + b"\n\n").features) == 2


def _sequence() -> list[dict[str, Json]]:
    document = _document()
    objects = document.pop("CityObjects")
    tree = {"type": "CityJSONFeature", "id": "tree", "CityObjects": {"tree": objects.pop("tree")}}
    house = {"type": "CityJSONFeature", "id": "house", "CityObjects": objects}
    header = {**document, "CityObjects": {}, "vertices": []}
    return [header, {**house, "vertices": VERTICES}, {**tree, "vertices": VERTICES}]


def _lines(items: list[Json]) -> bytes:
    return b"\n".join(json.dumps(item).encode() for item in items) + b"\n"


def test_a_sequence_gives_what_the_document_gives() -> None:
    from_lines = load(_lines(_sequence()))
    from_document = load(_bytes(_document()))
    assert from_lines.refused == ()
    for a, b in zip(from_lines.features, from_document.features, strict=True):
        assert (a.id, a.objects, a.quantized.tolist(), a.header) == (b.id, b.objects, b.quantized.tolist(), b.header)


def test_a_broken_line_is_refused_by_number_and_the_next_is_read() -> None:
    header, house, tree = _sequence()
    misplaced = {**tree, "id": "shrub"}
    lines = [json.dumps(header), "{", "", json.dumps(house)[:-9], "[]", json.dumps(misplaced), json.dumps(tree)]
    items = load("\n".join(lines).encode())
    assert [feature.id for feature in items.features] == ["tree"]
    assert [(refused.line, refused.pointer) for refused in items.refused] == [
        (2, ""),
        (4, ""),
        (5, "/type"),
        (6, "/id"),
    ]


def test_a_sequence_is_read_line_by_line() -> None:
    header, house, _ = _sequence()
    taken = 0

    def lines() -> Any:
        nonlocal taken
        yield json.dumps(header).encode()
        while True:
            taken += 1
            yield json.dumps(house).encode()

    items = read_sequence(lines())
    for _ in range(3):
        next(items)
    assert taken == 3


def test_a_sequence_needs_its_header() -> None:
    header, house, _ = _sequence()
    for items, message in (
        ([house], "/type"),
        ([{k: v for k, v in header.items() if k != "transform"}, house], "/transform is missing"),
    ):
        with pytest.raises(CityJsonError, match=message):
            list(read_sequence(json.dumps(item).encode() for item in items))
    with pytest.raises(CityJsonError, match="empty"):
        list(read_sequence([b"", b"\n"]))


def test_one_feature_is_parsed_from_json_at_hand() -> None:
    header, house, _ = _sequence()
    assert parse_feature(house, header).id == "house"
    with pytest.raises(CityJsonError, match="vertex index 4"):
        parse_feature({**house, "vertices": VERTICES[:4]}, header)
    with pytest.raises(CityJsonError, match="0 root objects"):
        parse_feature({**house, "CityObjects": {}}, header)
    with pytest.raises(CityJsonError, match="header"):
        parse_feature(house, {})
