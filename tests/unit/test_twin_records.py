# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""GeoJSON and CSV as entities: columns mapped, places converted, every fault with its place."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pyproj
import pytest
from twin_world import AUTHORITY, dataset_urn

from hanse.kernel.errors import InvalidInputError, LimitExceededError
from hanse.twin.loading import mapping, records
from hanse.twin.loading.slices import Converted, Format, Source, convert, slices
from hanse.twin.loading.upserts import Home

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HOME = Home(AUTHORITY, "https://www.opengis.net/def/crs/EPSG/0/7415", dataset_urn("things"))
TREE = {"type": "Feature", "id": 7, "properties": {"soort": "linde", "hoogte": 12.5, "leeg": None}}
PLACE = {"type": "Point", "coordinates": [4.48, 51.92, 1.5]}


def nobody(_: Iterable[str]) -> Mapping[str, str]:
    return {}


def run(data: bytes, form: Format, columns: dict[str, Any] | None = None, crs: str = "") -> Converted:
    said = mapping.read(json.dumps(columns) if columns else "")
    source, whole = Source(HOME, form, assumed_crs=crs, type="Tree", columns=said), Converted()
    for piece in slices(io.BytesIO(data), form):
        made = convert(piece, source, nobody)
        whole.rows += made.rows
        whole.refusals += made.refusals
        whole.read += made.read
    return whole


def entities(made: Converted) -> list[dict[str, Any]]:
    assert made.refusals == []
    return [json.loads(row.json) for row in made.rows]


def collection(*features: Any, **more: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features, **more}).encode()


@pytest.mark.parametrize(
    "data",
    [
        collection({**TREE, "geometry": PLACE}),
        json.dumps({**TREE, "geometry": PLACE}).encode(),
        json.dumps({**TREE, "geometry": PLACE}, indent=2).encode(),
        json.dumps({**TREE, "geometry": PLACE}).encode() + b"\n\n",
        b"\x1e" + json.dumps({**TREE, "geometry": PLACE}).encode() + b"\n",
    ],
)
def test_a_feature_in_every_form(data: bytes) -> None:
    (entity,) = entities(run(data, Format.GEOJSON))
    assert entity["id"].startswith(f"urn:hanse:{AUTHORITY}:tree:")
    assert entity["type"] == "Tree"
    assert entity["sourceId"] == {"type": "Property", "value": "7"}
    assert entity["soort"] == {"type": "Property", "value": "linde"}
    assert entity["hoogte"] == {"type": "Property", "value": 12.5}
    assert "leeg" not in entity
    assert entity["location"]["value"] == PLACE


@pytest.mark.parametrize("declared", ["urn:ogc:def:crs:EPSG::28992", "EPSG:28992", ""])
def test_coordinates_of_another_system_are_converted_and_heights_kept(declared: str) -> None:
    feature = {**TREE, "geometry": {"type": "LineString", "coordinates": [[92438, 437883, 3], [92448, 437883, 4]]}}
    crs = {"crs": {"type": "name", "properties": {"name": declared}}} if declared else {}
    (entity,) = entities(run(collection(feature, **crs), Format.GEOJSON, crs="" if declared else "EPSG:28992"))
    expected = pyproj.Transformer.from_crs("EPSG:28992", "EPSG:4326", always_xy=True)
    found = entity["location"]["value"]["coordinates"]
    for position, x, z in zip(found, (92438, 92448), (3, 4), strict=True):
        assert position[:2] == pytest.approx(expected.transform(x, 437883), abs=1e-6)
        assert position[2] == z


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "http://www.opengis.net/def/crs/OGC/1.3/CRS84"])
def test_the_crs_that_gdal_writes_is_degrees(name: str) -> None:
    data = collection({**TREE, "geometry": PLACE}, crs={"type": "name", "properties": {"name": name}})
    assert entities(run(data, Format.GEOJSON))[0]["location"]["value"] == PLACE


def test_features_without_an_id_are_known_by_their_content() -> None:
    bare = {key: value for key, value in TREE.items() if key != "id"}
    twice = run(collection(bare, bare, {**bare, "properties": {"soort": "eik"}}), Format.GEOJSON)
    again = run(collection(bare), Format.GEOJSON)
    assert len({row.source_id for row in twice.rows}) == 3
    assert again.rows[0].source_id == twice.rows[0].source_id


def test_bad_features_are_refused_with_their_place() -> None:
    made = run(
        collection(
            7,
            {"type": "Feature", "properties": []},
            {**TREE, "geometry": {"type": "Point", "coordinates": [400, 51]}},
            {**TREE, "id": [1]},
            {**TREE, "id": 8, "geometry": {"type": "Polygon", "coordinates": [[[4, 51], [4, 52]]]}},
            {**TREE, "id": 9},
        ),
        Format.GEOJSON,
    )
    assert made.read == 6
    assert len(made.rows) == 1
    assert len(made.refusals) == 5
    assert all(refusal.source_id and refusal.reason for refusal in made.refusals)


@pytest.mark.parametrize(
    "data", [b"[]", b'{"type": "FeatureCollection"}', b"{", collection(crs=7), collection(crs={"type": "link"})]
)
def test_no_geojson_at_all(data: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        run(data, Format.GEOJSON)
    assert caught.value.remedy


def test_a_mapping_says_names_kinds_units_and_times() -> None:
    columns = {
        "id": "nr",
        "height": {"column": "hoogte", "unitCode": "MTR", "observedAt": "tijd"},
        "species": {"column": "soort", "kind": "VocabProperty"},
        "name": {"column": "naam", "kind": "LanguageProperty", "language": "nl"},
        "postcode": {"column": "pc", "kind": "Text"},
        "owner": {"column": "eigenaar", "kind": "Relationship"},
        "location": {"column": "wkt"},
    }
    head = "nr;hoogte;tijd;soort;naam;pc;eigenaar;wkt;rest\n"
    line = "A-1;12.5;2026-11-23T12:00:00Z;tilia;Oude linde;3011;urn:x:1;POINT Z (4.48 51.92 2);x\n"
    (entity,) = entities(run((head + line).encode(), Format.CSV, columns))
    assert {name: entity[name] for name in ("height", "species", "name", "postcode", "owner", "location")} == {
        "height": {"type": "Property", "value": 12.5, "unitCode": "MTR", "observedAt": "2026-11-23T12:00:00Z"},
        "species": {"type": "VocabProperty", "vocab": "tilia"},
        "name": {"type": "LanguageProperty", "languageMap": {"nl": "Oude linde"}},
        "postcode": {"type": "Property", "value": "3011"},
        "owner": {"type": "Relationship", "object": "urn:x:1"},
        "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [4.48, 51.92, 2]}},
    }
    assert entity["sourceId"]["value"] == "A-1"
    assert "rest" not in entity


def test_csv_without_a_mapping() -> None:
    data = "\ufeffid nr,Lon,lat,open,code,note,type\r\n"
    data += '1,4.48,51.92,true,007,"a ""b"",\r\nc",oak\r\n\r\n2,,,false,1e3,,\r\n'
    first, second = entities(run(data.encode(), Format.CSV))
    assert first["location"]["value"] == {"type": "Point", "coordinates": [4.48, 51.92]}
    assert first["open"]["value"] is True
    assert first["code"]["value"] == "007"
    assert first["note"]["value"] == 'a "b",\r\nc'
    assert first["source_id_nr"]["value"] == 1
    assert first["source_type"]["value"] == "oak"
    assert second["code"]["value"] == 1000
    assert "location" not in second
    assert "note" not in second


def test_columns_of_metres() -> None:
    columns = {"id": "n", "longitude": "x", "latitude": "y"}
    (entity,) = entities(run(b"n,x,y\n1,92438,437883\n", Format.CSV, columns, crs="EPSG:28992"))
    expected = pyproj.Transformer.from_crs("EPSG:28992", "EPSG:4326", always_xy=True).transform(92438, 437883)
    assert entity["location"]["value"]["coordinates"] == pytest.approx(expected, abs=1e-6)


def test_bad_records_are_refused_with_their_line() -> None:
    head = b"n,lon,lat\n"
    data = head + b"1,4,51\n2,4\n3,x,51\n,4,51\n\xff\xfe,4,51\n5,4,51\n"
    made = run(data, Format.CSV, {"id": "n"})
    assert [row.source_id for row in made.rows] == ["1", "5"]
    assert [refusal.source_id for refusal in made.refusals] == ["line 3", "line 4", "line 5", "line 6"]
    assert made.read == 6


def test_slices_never_cut_a_quoted_cell() -> None:
    rows = "".join(f'{number},"line\nline"\n' for number in range(1_203))
    made = run(b"n,text\n" + rows.encode(), Format.CSV, {"id": "n", "text": "text"})
    assert [row.source_id for row in made.rows] == [str(number) for number in range(1_203)]
    broken = run(b"n,text\n" + rows.encode() + b"9\n", Format.CSV, {"id": "n", "text": "text"})
    assert [refusal.source_id for refusal in broken.refusals] == [f"line {2 + 2 * 1_203}"]


def test_a_quote_that_is_never_closed_does_not_eat_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_RECORD_BYTES", 1_000)
    with pytest.raises(LimitExceededError) as caught:
        run(b'n,t\n1,"' + b"x\n" * 2_000, Format.CSV)
    assert "quote" in caught.value.remedy


@pytest.mark.parametrize("head", [b"a,a\n", b"a,,b\n", b"\xff,b\n", b"\n", b'"a,b\n'])
def test_bad_headers(head: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        run(head + b"1,2\n", Format.CSV)
    assert caught.value.reason == "CONTRACT_VIOLATION"


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{",
        '{"id": 3}',
        '{"a b": {"column": "x"}}',
        '{"a": {}}',
        '{"a": {"column": "x", "kind": "Geo"}}',
        '{"a": {"column": "x", "colour": "y"}}',
        '{"a": {"column": "x", "unitCode": 3}}',
        '{"createdAt": {"column": "x"}}',
        "x" * 70_000,
    ],
)
def test_bad_mappings(text: str) -> None:
    with pytest.raises(InvalidInputError):
        mapping.read(text)


def test_a_mapping_of_a_column_that_is_not_there() -> None:
    with pytest.raises(InvalidInputError, match="'z'") as caught:
        run(b"x,y\n1,2\n", Format.CSV, {"a": "z"})
    assert "x, y" in caught.value.remedy
