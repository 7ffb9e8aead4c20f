# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""CityGML 2.0 and 3.0 buildings: what is read, what is said to be left behind, what is refused and why."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from hanse.citygml import CityGmlError, Limits, Options, Reading, load, read
from hanse.cityjson import Feature, Refused, solids, write_sequence
from hanse.cityjson import load as load_json
from hanse.geo import check
from hanse.ngsild import FeatureMapping, to_entity, to_feature, validate_entity

Json = Any
NAMESPACES = {
    "2.0": (
        'xmlns="http://www.opengis.net/citygml/2.0" xmlns:bldg="http://www.opengis.net/citygml/building/2.0" '
        'xmlns:gen="http://www.opengis.net/citygml/generics/2.0" xmlns:gml="http://www.opengis.net/gml" '
        'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:app="http://www.opengis.net/citygml/appearance/2.0" '
        'xmlns:xAL="urn:oasis:names:tc:ciq:xsdschema:xAL:2.0" xmlns:ade="http://example.org/ade"'
    ),
    "3.0": (
        'xmlns="http://www.opengis.net/citygml/3.0" xmlns:bldg="http://www.opengis.net/citygml/building/3.0" '
        'xmlns:con="http://www.opengis.net/citygml/construction/3.0" xmlns:xAL="urn:oasis:names:tc:ciq:xal:3" '
        'xmlns:gen="http://www.opengis.net/citygml/generics/3.0" xmlns:gml="http://www.opengis.net/gml/3.2" '
        'xmlns:xlink="http://www.w3.org/1999/xlink"'
    ),
}
RD = "urn:ogc:def:crs,crs:EPSG::28992,crs:EPSG::5709"
CORNERS = [(x, y, z) for z in (0, 3) for x, y in ((0, 0), (10, 0), (10, 8), (0, 8))]
SIDES = {
    "Ground": (0, 3, 2, 1),
    "Roof": (4, 5, 6, 7),
    "South": (0, 1, 5, 4),
    "East": (1, 2, 6, 5),
    "North": (2, 3, 7, 6),
    "West": (3, 0, 4, 7),
}


def _envelope(srs: str | None, corner: str = "85000 447000 0") -> str:
    name = f' srsName="{srs}"' if srs else ""
    return (
        f"<gml:boundedBy><gml:Envelope{name}><gml:lowerCorner>{corner}</gml:lowerCorner></gml:Envelope></gml:boundedBy>"
    )


def _document(*members: str, version: str = "2.0", srs: str | None = RD, before: str = "") -> bytes:
    inner = "".join(f"<cityObjectMember>{member}</cityObjectMember>" for member in members)
    head = _envelope(srs) if srs else ""
    return f"{before}<CityModel {NAMESPACES[version]}>{head}{inner}</CityModel>".encode()


def _building(*inside: str, key: str = "b1") -> str:
    return f'<bldg:Building gml:id="{key}">{"".join(inside)}</bldg:Building>'


def _polygon(side: str, key: str | None = None, lift: float = 0, east: float = 85_000, north: float = 447_000) -> str:
    ring = [*SIDES[side], SIDES[side][0]]
    numbers = " ".join(f"{east + CORNERS[i][0]} {north + CORNERS[i][1]} {CORNERS[i][2] + lift}" for i in ring)
    name = f' gml:id="{key}"' if key else ""
    return (
        f"<gml:Polygon{name}><gml:exterior><gml:LinearRing><gml:posList>{numbers}</gml:posList></gml:LinearRing>"
        "</gml:exterior></gml:Polygon>"
    )


def _member(inside: str) -> str:
    return f"<gml:surfaceMember>{inside}</gml:surfaceMember>"


def _link(key: str) -> str:
    return f'<gml:surfaceMember xlink:href="#{key}"/>'


def _solid(members: str, lod: int = 2, prefix: str = "bldg:") -> str:
    return (
        f"<{prefix}lod{lod}Solid><gml:Solid><gml:exterior><gml:CompositeSurface>{members}</gml:CompositeSurface>"
        f"</gml:exterior></gml:Solid></{prefix}lod{lod}Solid>"
    )


def _box(lod: int = 1, lift: float = 0) -> str:
    return _solid("".join(_member(_polygon(side, lift=lift)) for side in SIDES), lod)


def _thematic(kind: str, side: str, inside: str = "", lod: int = 2) -> str:
    return (
        f'<bldg:boundedBy><bldg:{kind} gml:id="s-{side}"><bldg:lod{lod}MultiSurface><gml:MultiSurface>'
        f"{_member(_polygon(side, 'p-' + side))}</gml:MultiSurface></bldg:lod{lod}MultiSurface>{inside}"
        f"</bldg:{kind}></bldg:boundedBy>"
    )


KINDS = {"Ground": "GroundSurface", "Roof": "RoofSurface"}
BOUNDED = "".join(_thematic(KINDS.get(side, "WallSurface"), side) for side in SIDES)


def _one(data: bytes, options: Options | None = None) -> Feature:
    reading = load(data, options=options or Options())
    assert reading.refused == ()
    (feature,) = reading.features
    return feature


def _refused(*members: str, limits: Limits | None = None) -> Refused:
    reading = load(_document(*members), limits=limits or Limits())
    assert reading.features == ()
    (refused,) = reading.refused
    return refused


def test_a_solid_of_referenced_surfaces_has_their_semantics() -> None:
    links = "".join(_link(f"p-{side}") for side in SIDES)
    for order in (BOUNDED + _solid(links), _solid(links) + BOUNDED):
        feature = _one(_document(_building(order)))
        (geometry,) = feature.root.geometry
        assert (geometry.type, geometry.lod) == ("Solid", "2")
        assert geometry.semantics is not None
        assert [surface["type"] for surface in geometry.semantics["surfaces"]] == [
            KINDS.get(side, "WallSurface") for side in SIDES
        ]
        assert geometry.semantics["values"] == [[0, 1, 2, 3, 4, 5]]
        assert len(feature.quantized) == 8
        ((_, solid),) = solids(feature)
        assert check(solid) == []
        assert solid.vertices.min(axis=0).tolist() == [85_000, 447_000, 0]


def test_surfaces_without_a_solid_become_one_multisurface() -> None:
    (geometry,) = _one(_document(_building(BOUNDED))).root.geometry
    assert (geometry.type, geometry.lod, len(geometry.boundaries)) == ("MultiSurface", "2", 6)
    assert geometry.semantics is not None
    assert geometry.semantics["values"] == [0, 1, 2, 3, 4, 5]


def test_several_levels_of_detail_stand_side_by_side() -> None:
    foot = (
        f"<bldg:lod0FootPrint><gml:MultiSurface>{_member(_polygon('Ground'))}</gml:MultiSurface></bldg:lod0FootPrint>"
    )
    feature = _one(_document(_building(foot, _box(1), BOUNDED)))
    assert [(g.type, g.lod) for g in feature.root.geometry] == [
        ("MultiSurface", "0"),
        ("Solid", "1"),
        ("MultiSurface", "2"),
    ]
    assert feature.root.geometry[0].semantics == {"surfaces": [{"type": "GroundSurface"}], "values": [0]}
    assert feature.root.geometry[1].semantics is None


def test_openings_hang_under_their_wall() -> None:
    door = (
        '<bldg:opening><bldg:Door gml:id="d"><bldg:lod3MultiSurface><gml:MultiSurface>'
        f"{_member(_polygon('East'))}</gml:MultiSurface></bldg:lod3MultiSurface></bldg:Door></bldg:opening>"
    )
    (geometry,) = _one(_document(_building(_thematic("WallSurface", "South", door, lod=3)))).root.geometry
    assert geometry.semantics == {
        "surfaces": [
            {"type": "WallSurface", "id": "s-South", "children": [1]},
            {"type": "Door", "id": "d", "parent": 0},
        ],
        "values": [0, 1],
    }


def test_parts_and_installations_are_children() -> None:
    parts = "".join(
        f"<bldg:consistsOfBuildingPart><bldg:BuildingPart{name}>{_box(1, lift)}</bldg:BuildingPart>"
        "</bldg:consistsOfBuildingPart>"
        for name, lift in ((' gml:id="p"', 0), ("", 3))
    )
    chimney = (
        '<bldg:outerBuildingInstallation><bldg:BuildingInstallation gml:id="i"><bldg:function>1010</bldg:function>'
        f"<bldg:lod2Geometry><gml:MultiSurface>{_member(_polygon('Roof'))}</gml:MultiSurface></bldg:lod2Geometry>"
        "</bldg:BuildingInstallation></bldg:outerBuildingInstallation>"
    )
    feature = _one(_document(_building(parts, chimney)))
    assert {key: (held.type, held.parents) for key, held in feature.objects.items()} == {
        "b1": ("Building", ()),
        "p": ("BuildingPart", ("b1",)),
        "b1-2": ("BuildingPart", ("b1",)),
        "i": ("BuildingInstallation", ("b1",)),
    }
    assert feature.root.children == ("p", "b1-2", "i")
    assert feature.objects["i"].attributes == {"function": "1010"}


def test_attributes_are_typed() -> None:
    said = (
        "<gml:name>Het Witte Huis</gml:name><gml:name>White House</gml:name><creationDate>2020-01-02</creationDate>"
        '<gen:stringAttribute name="bron"><gen:value>BAG</gen:value></gen:stringAttribute>'
        '<gen:intAttribute name="id"><gen:value>12</gen:value></gen:intAttribute>'
        '<gen:measureAttribute name="area"><gen:value uom="m2">12.5</gen:value></gen:measureAttribute>'
        '<gen:genericAttributeSet name="energy"><gen:doubleAttribute name="use"><gen:value>1.5</gen:value>'
        "</gen:doubleAttribute></gen:genericAttributeSet>"
        "<bldg:function>1000</bldg:function><bldg:yearOfConstruction>1898</bldg:yearOfConstruction>"
        '<bldg:measuredHeight uom="m">43.0</bldg:measuredHeight><bldg:storeysAboveGround>10</bldg:storeysAboveGround>'
        '<bldg:storeyHeightsAboveGround uom="m">4.0 3.5</bldg:storeyHeightsAboveGround>'
    )
    assert _one(_document(_building(said, _box()))).root.attributes == {
        "name": ["Het Witte Huis", "White House"],
        "creationDate": "2020-01-02",
        "bron": "BAG",
        "id": 12,
        "area": 12.5,
        "energy": {"use": 1.5},
        "function": "1000",
        "yearOfConstruction": 1898,
        "measuredHeight": 43.0,
        "storeysAboveGround": 10,
        "storeyHeightsAboveGround": [4.0, 3.5],
    }


def test_version_3_says_the_same_otherwise() -> None:
    surfaces = "".join(
        f"<boundary><con:{KINDS.get(side, 'WallSurface')} gml:id='s-{side}'><lod2MultiSurface><gml:MultiSurface>"
        f"{_member(_polygon(side, 'p-' + side))}</gml:MultiSurface></lod2MultiSurface>"
        f"</con:{KINDS.get(side, 'WallSurface')}></boundary>"
        for side in SIDES
    )
    links = "".join(_link(f"p-{side}") for side in SIDES)
    solid = f"<lod2Solid><gml:Solid><gml:exterior><gml:Shell>{links}</gml:Shell></gml:exterior></gml:Solid></lod2Solid>"
    said = (
        "<genericAttribute><gen:IntAttribute><gen:name>id</gen:name><gen:value>7</gen:value></gen:IntAttribute>"
        "</genericAttribute><con:height><con:Height><con:value uom='m'>3.0</con:value><con:status>measured</con:status>"
        "</con:Height></con:height>"
    )
    feature = _one(_document(_building(said, surfaces, solid), version="3.0"))
    old = _one(_document(_building(BOUNDED, _solid(links))))
    assert feature.root.geometry == old.root.geometry
    assert feature.root.attributes == {
        "id": 7,
        "measuredHeight": 3.0,
        "height": [{"value": 3.0, "status": "measured"}],
    }
    assert feature.version == "3.0"


def test_holes_turned_surfaces_and_triangles() -> None:
    square = "<gml:posList>85002 447002 3 85002 447004 3 85004 447004 3 85004 447002 3 85002 447002 3</gml:posList>"
    hole = _polygon("Roof").replace(
        "</gml:Polygon>", f"<gml:interior><gml:LinearRing>{square}</gml:LinearRing></gml:interior></gml:Polygon>"
    )
    turned = (
        '<gml:OrientableSurface orientation="-"><gml:baseSurface>'
        f"{_polygon('Ground')}</gml:baseSurface></gml:OrientableSurface>"
    )
    triangle = (
        "<gml:TriangulatedSurface><gml:trianglePatches><gml:Triangle><gml:exterior><gml:LinearRing>"
        "<gml:pos>85000 447000 0</gml:pos><gml:pos>85001 447000 0</gml:pos><gml:pos>85000 447001 0</gml:pos>"
        "<gml:pos>85000 447000 0</gml:pos></gml:LinearRing></gml:exterior></gml:Triangle></gml:trianglePatches>"
        "</gml:TriangulatedSurface>"
    )
    members = _member(hole) + _member(turned) + _member(triangle)
    shape = f"<bldg:lod2MultiSurface><gml:MultiSurface>{members}</gml:MultiSurface></bldg:lod2MultiSurface>"
    feature = _one(_document(_building(shape)))
    (geometry,) = feature.root.geometry
    assert [[len(ring) for ring in surface] for surface in geometry.boundaries] == [[4, 4], [4], [3]]
    ground = [tuple(feature.vertices[i][:2] - (85_000, 447_000)) for i in geometry.boundaries[1][0]]
    assert ground == [(0, 0), (10, 0), (10, 8), (0, 8)]


@pytest.mark.parametrize(
    ("srs", "crs"),
    [
        (RD, "https://www.opengis.net/def/crs/EPSG/0/7415"),
        ("EPSG:7415", "https://www.opengis.net/def/crs/EPSG/0/7415"),
        ("http://www.opengis.net/gml/srs/epsg.xml#28992", "https://www.opengis.net/def/crs/EPSG/0/28992"),
        ("urn:adv:crs:ETRS89_UTM32*DE_DHHN92_NH", "https://www.opengis.net/def/crs/EPSG/0/5555"),
        ("urn:example:own", "urn:example:own"),
        (None, None),
    ],
)
def test_reference_systems_by_their_many_names(srs: str | None, crs: str | None) -> None:
    assert _one(_document(_building(_box()), srs=srs)).crs == crs


def test_degrees_come_latitude_first_under_a_urn() -> None:
    polygon = _polygon("Roof", east=35, north=139)
    shape = f"<bldg:lod2MultiSurface><gml:MultiSurface>{_member(polygon)}</gml:MultiSurface></bldg:lod2MultiSurface>"
    document = _document(_building(shape), srs="urn:ogc:def:crs:EPSG::4979").replace(b"85000 447000 0", b"35 139 0")
    assert _one(document).vertices[0].tolist() == pytest.approx([139, 35, 3])
    assert _one(document, Options(northing_first=False)).vertices[0].tolist() == pytest.approx([35, 139, 3])


def test_degrees_that_are_metres_are_too_far_for_the_grid() -> None:
    document = _document(_building(_box()), srs="EPSG:4979").replace(b"85000 447000 0</gml:lower", b"4 52 0</gml:lower")
    assert "too far" in load(document.replace(b"85010", b"85010000")).refused[0].reason


def test_coordinates_are_rounded_to_the_grid_asked_for() -> None:
    data = _document(_building(_box())).replace(b"85010", b"85010.00049")
    assert _one(data).vertices[:, 0].max() == pytest.approx(85010.0, abs=1e-9)
    assert _one(data, Options(scale=1e-5)).vertices[:, 0].max() == pytest.approx(85010.00049, abs=1e-9)


def test_what_is_left_behind_is_named() -> None:
    extra = (
        "<bldg:lod2MultiCurve><gml:MultiCurve/></bldg:lod2MultiCurve><ade:heating>gas</ade:heating>"
        "<app:appearance><app:Appearance/></app:appearance>"
        "<bldg:lod1ImplicitRepresentation><ImplicitGeometry/></bldg:lod1ImplicitRepresentation>"
    )
    feature = _one(_document(_building(_box(), extra)))
    assert [left.what for left in feature.not_carried] == ["lod2MultiCurve", "heating", "material", "GeometryInstance"]
    mapped = to_entity(feature, "urn:hanse:a.example:building:1", FeatureMapping("urn:hanse:a.example:dataset:d"))
    assert {loss.path.rsplit("/", 1)[1] for loss in mapped.losses} == {
        "lod2MultiCurve",
        "heating",
        "appearance",
        "lod1ImplicitRepresentation",
    }


def test_a_building_becomes_an_entity_and_comes_back() -> None:
    links = "".join(_link(f"p-{side}") for side in SIDES)
    feature = _one(_document(_building("<gml:name>A</gml:name>", BOUNDED, _solid(links))))
    mapped = to_entity(feature, "urn:hanse:a.example:building:1", FeatureMapping("urn:hanse:a.example:dataset:d"))
    assert mapped.valid
    assert validate_entity(mapped.entity) == []
    back = to_feature(json.loads(json.dumps(mapped.entity)))
    assert back.objects == feature.objects
    (again,) = load_json(b"".join(write_sequence([feature]))).features
    assert again.objects == feature.objects


LOOP = (
    '<bldg:lod2MultiSurface><gml:MultiSurface gml:id="m"><gml:surfaceMember xlink:href="#m"/>'
    '<gml:surfaceMember xlink:href="#m"/></gml:MultiSurface></bldg:lod2MultiSurface>'
)


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        (_solid(_link("nowhere")), "not within this building"),
        (_solid('<gml:surfaceMember xlink:href="http://10.0.0.1/x.gml#a"/>'), "not within this building"),
        (LOOP, "nest or refer"),
        (_box().replace("85010", "NaN"), "not a finite number"),
        (_box().replace("85010", "1e999"), "not a finite number"),
        (_box().replace("85010", "1e30"), "no finite number below"),
        (_box().replace("85010", "8_5"), "not a finite number"),
        (_box().replace("85000 447000 0</gml:posList>", "85000 447000</gml:posList>"), "positions of three"),
        (_box().replace("85000 447000 0</gml:posList>", "85000 447000 1</gml:posList>"), "not closed"),
        (_box().replace("<gml:posList>", '<gml:posList srsDimension="2">'), "need heights"),
        (_box().replace("gml:posList", "gml:curveThing"), "posList or pos"),
        (
            _box()
            .replace("<gml:exterior><gml:LinearRing>", "<gml:interior><gml:LinearRing>")
            .replace("</gml:LinearRing></gml:exterior>", "</gml:LinearRing></gml:interior>"),
            "without an exterior",
        ),
        (_solid(_member("<gml:Cone/>")), "Cone is no surface"),
        ("<bldg:lod2Solid/>", "empty"),
        ("<bldg:measuredHeight>high</bldg:measuredHeight>", "not a finite number"),
        ("<bldg:storeysAboveGround>1.5</bldg:storeysAboveGround>", "whole number"),
        ('<gen:intAttribute name="x"/>', "has no value"),
        ("<gen:intAttribute><gen:value>1</gen:value></gen:intAttribute>", "needs a name"),
        (_thematic("WallSurface", "East") + _thematic("WallSurface", "East"), "occurs twice"),
        ('<bldg:lod1Solid><gml:Solid srsName="EPSG:25832"/></bldg:lod1Solid>', "is not the document's"),
    ],
)
def test_a_faulty_building_is_refused_and_the_next_is_read(inside: str, reason: str) -> None:
    reading = load(_document(_building(inside, key="bad"), _building(_box(), key="good")))
    assert [feature.id for feature in reading.features] == ["good"]
    (refused,) = reading.refused
    assert reason in refused.reason
    assert refused.feature_id == "bad"
    assert refused.pointer.startswith("/CityModel/cityObjectMember[1]")


def test_what_is_no_building_of_this_document_is_refused() -> None:
    assert "only buildings" in _refused('<bldg:Tower gml:id="t"/>').reason
    assert "no gml:id" in _refused("<bldg:Building/>").reason
    elsewhere = _document().replace(b"</CityModel>", b'<cityObjectMember xlink:href="a.gml#b"/></CityModel>')
    assert "not fetched" in load(elsewhere).refused[0].reason
    looks = _document().replace(b"</CityModel>", b"<app:appearanceMember/></CityModel>")
    assert "not carried" in load(looks).refused[0].reason


def test_the_same_id_twice_is_refused_the_second_time() -> None:
    reading = load(_document(_building(_box()), _building(_box(2))))
    assert [feature.id for feature in reading.features] == ["b1"]
    assert "twice in the document" in reading.refused[0].reason


def test_a_member_that_is_too_large_is_refused_alone() -> None:
    reading = load(_document(_building(_box(), _box(2)), _building("", key="b2")), limits=Limits(max_elements=50))
    assert [feature.id for feature in reading.features] == ["b2"]
    assert "more than 50 elements" in reading.refused[0].reason
    assert "more than 6 vertices" in _refused(_building(_box()), limits=Limits(max_vertices=6)).reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not well-formed"),
        (b"<a/>", "root element"),
        (_document(_building(_box()))[:-30], "not well-formed"),
        (_document(before='<!DOCTYPE a [<!ENTITY x "y">]>'), "document type or entities"),
        (_document(before='<!DOCTYPE a SYSTEM "file:///etc/passwd">'), "document type or entities"),
        (_document(before='<?xml version="1.0" encoding="no-such-code"?>'), "decoded|not well-formed"),
        (b"\xff\xfe" + _document(), "not well-formed"),
        (_document("<bldg:a>" * 200 + "</bldg:a>" * 200), "nest more than"),
    ],
)
def test_a_document_that_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(CityGmlError, match=reason):
        load(data)


def test_a_document_longer_than_allowed_is_refused() -> None:
    with pytest.raises(CityGmlError, match="more than 100 bytes"):
        load(_document(_building(_box())), limits=Limits(max_bytes=100))


def test_buildings_come_before_the_document_is_read_to_its_end() -> None:
    stream = io.BytesIO(_document(*(_building(_box(), key=f"b{number}") for number in range(500))))
    first = next(read(stream))
    assert isinstance(first, Feature)
    assert stream.tell() < 200_000 < len(stream.getvalue())


def test_buildings_before_a_break_stand() -> None:
    held: list[Feature | Refused] = []
    with pytest.raises(CityGmlError):
        held.extend(read(io.BytesIO(_document(_building(_box())) + b"<rest")))
    broken = _document(*(_building(_box(), key=f"b{number}") for number in range(300)))[:-100]
    with pytest.raises(CityGmlError):
        for item in read(io.BytesIO(broken)):
            held.append(item)  # noqa: PERF402 - what came before the error is what is counted
    assert len(held) > 200


def test_an_empty_model_has_no_buildings() -> None:
    assert load(_document()) == Reading((), ())
