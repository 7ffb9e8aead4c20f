# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Real city models and data models, and the example that ships, in a running twin: counted, found, given back."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from cities import Processes, make_city
from shapely.geometry import shape
from twin_world import (
    AUTHORITY,
    CITYJSON,
    NGSI_LD,
    NO_EVENTS,
    OPERATOR,
    RD,
    SEQUENCE,
    Served,
    dataset_urn,
)

from hanse import cityjson, geo
from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.api.types.v1 import types_pb2 as types
from hanse.cityjson import solids
from hanse.contracts.validation import validate_document
from hanse.examples.borderland import cityjson as example
from hanse.examples.borderland.write import scene
from hanse.ngsild import to_feature

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Name of the data set: file, format, features by type, what cannot be read, geometrically invalid.
MODELS: dict[str, tuple[str, int, dict[str, int]]] = {
    "delfshaven": ("rotterdam_3-20-DELFSHAVEN.city.json", CITYJSON, {"Building": 853}),
    "den-haag": ("denhaag_01.city.json", CITYJSON, {"Building": 844, "TINRelief": 1}),
    "random-5": ("denhaag_random_5.city.jsonl", SEQUENCE, {"Building": 5}),
    "bag": ("3dbag_tile_901_trimmed.city.jsonl", SEQUENCE, {"Building": 52}),
}


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    config = make_city(tmp_path_factory.mktemp("city"), settings=NO_EVENTS)
    with Processes() as processes:
        served = Served.of(processes.start(config, "twin"))
        yield served
        output = served.part.output()
        assert "defect" not in output, output
        served.channel.close()


@pytest.fixture(scope="module")
def loads(twin: Served, shared_data: Path) -> dict[str, pb.LoadEntitiesResponse]:
    """All four models in one twin, each in its data set."""
    folder = shared_data / "data" / "cityjson"
    return {
        name: twin.loaded(name, (folder / file).read_bytes(), form, assumed_vertical_datum="NAP")
        for name, (file, form, _) in MODELS.items()
    }


@pytest.fixture(scope="module")
def held(twin: Served, loads: dict[str, pb.LoadEntitiesResponse]) -> dict[str, list[dict[str, Any]]]:
    return {name: [json.loads(each.json) for each in twin.all(dataset=dataset_urn(name))] for name in loads}


@pytest.mark.parametrize("name", MODELS)
def test_counts_are_those_of_the_file(
    loads: dict[str, pb.LoadEntitiesResponse], held: dict[str, list[dict[str, Any]]], name: str
) -> None:
    expected = MODELS[name][2]
    answer = loads[name]
    assert (answer.read, answer.created, answer.refused) == (sum(expected.values()), sum(expected.values()), 0)
    assert Counter(entity["type"] for entity in held[name]) == expected
    assert len({entity["id"] for entity in held[name]}) == sum(expected.values())


def test_what_is_invalid_is_loaded_and_flagged(
    loads: dict[str, pb.LoadEntitiesResponse], held: dict[str, list[dict[str, Any]]]
) -> None:
    """val3dity counts 207 of Delfshaven's and 320 of Den Haag's invalid; the checks here are cheaper ones."""
    for name, invalid in (("delfshaven", 207), ("den-haag", 320)):
        flagged = [entity for entity in held[name] if not entity["validity"]["json"]["valid"]]
        assert len(flagged) == loads[name].flagged == pytest.approx(invalid, abs=10)
        assert all(entity["validity"]["json"]["flags"] for entity in flagged)


def test_the_assumed_datum_is_declared_where_the_source_names_none(held: dict[str, list[dict[str, Any]]]) -> None:
    for name, status in (("delfshaven", "assumed"), ("den-haag", "declared"), ("bag", "declared")):
        for entity in held[name]:
            for attribute in (entity[height] for height in ("groundHeight", "ridgeHeight") if height in entity):
                assert attribute["verticalDatum"]["value"] == "NAP"
                assert attribute["verticalDatumStatus"]["value"] == status


def test_every_entity_fulfils_the_contract(held: dict[str, list[dict[str, Any]]]) -> None:
    for entities in held.values():
        for entity in entities:
            assert validate_document(entity, "twin/v1", "entity") == []


@pytest.mark.parametrize("name", MODELS)
def test_geometry_comes_back_to_the_integer(
    held: dict[str, list[dict[str, Any]]], shared_data: Path, name: str
) -> None:
    reading = cityjson.load((shared_data / "data" / "cityjson" / MODELS[name][0]).read_bytes())
    by_source = {entity["sourceId"]["value"]: entity for entity in held[name]}
    assert by_source.keys() == {feature.id for feature in reading.features}
    for feature in reading.features:
        back = to_feature(by_source[feature.id])
        assert back.transform == feature.transform
        assert Counter(map(tuple, points(back))) == Counter(map(tuple, points(feature)))
        for (key, one), (key_back, other) in zip(solids(feature), solids(back), strict=True):
            assert (key, one.lod) == (key_back, other.lod)
            assert [[_corners(one, ring) for ring in s.rings] for s in one.surfaces] == [
                [_corners(other, ring) for ring in s.rings] for s in other.surfaces
            ]


def points(feature: cityjson.Feature) -> list[list[int]]:
    """The source's integers of every corner of every solid, as often as it stands in a ring."""
    found = []
    for _, solid in solids(feature):
        for surface in solid.surfaces:
            for ring in surface.rings:
                found += [[round(c * 1e6) for c in solid.vertices[i]] for i in ring]
    return found


def _corners(solid: geo.Solid, ring: Any) -> list[tuple[float, ...]]:
    return [tuple(map(float, solid.vertices[i])) for i in ring]


def test_boxes_and_circles_find_what_shapely_finds(twin: Served, held: dict[str, list[dict[str, Any]]]) -> None:
    plane = geo.transformer(geo.Crs.parse("EPSG:4326"), geo.Crs.parse(RD))
    footprints = {
        entity["id"]: shapely.transform(shape(entity["location"]["value"]), lambda p: plane(p).coordinates)
        for entity in held["delfshaven"]
    }
    middle = shapely.MultiPoint([ground.centroid for ground in footprints.values()]).centroid
    x, y = middle.x, middle.y
    mine = {"dataset": dataset_urn("delfshaven")}
    for half in (20.0, 100.0, 400.0):
        box = types.BoundingBox(crs=RD, min_x=x - half, min_y=y - half, max_x=x + half, max_y=y + half)
        inside = {
            name
            for name, ground in footprints.items()
            if shapely.box(*ground.bounds).intersects(shapely.box(x - half, y - half, x + half, y + half))
        }
        assert {each.id for each in twin.all(bounding_box=box, **mine)} == inside
        circle = types.Circle(crs=RD, x=x, y=y, radius_m=half)
        near = {name for name, ground in footprints.items() if ground.distance(shapely.Point(x, y)) <= half}
        assert {each.id for each in twin.all(circle=circle, **mine)} == near
    assert len(inside) > 100


def test_attributes_of_the_source_can_be_asked_for(twin: Served, held: dict[str, list[dict[str, Any]]]) -> None:
    high = pb.AttributeFilter(attribute="ridgeHeight", operator=OPERATOR.OPERATOR_GREATER, value="30")
    found = twin.all(filters=[high], dataset=dataset_urn("delfshaven"))
    expected = {e["id"] for e in held["delfshaven"] if e.get("ridgeHeight", {}).get("value", 0) > 30}
    assert {each.id for each in found} == expected
    assert expected


@pytest.mark.usefixtures("loads")
def test_loading_again_changes_nothing(twin: Served, shared_data: Path) -> None:
    for name in ("random-5", "bag"):
        file, form, expected = MODELS[name]
        data = (shared_data / "data" / "cityjson" / file).read_bytes()
        before = twin.all(dataset=dataset_urn(name))
        again = twin.load(name, data, form, assumed_vertical_datum="NAP")[-1]
        assert again.unchanged == sum(expected.values())
        assert twin.all(dataset=dataset_urn(name)) == before


# These examples of the Smart Data Models are no NGSI-LD (CIM 009), for the reason that stands at the place named.
NOT_VALID = {
    "VibrationsObserved": "/location/type",
    "AirQualityMonitoring": "/location/type",
    "FloodMonitoring": "/floodLevelStatus/type",
    "NightSkyQuality": "/dateModified/type",
    "PhreaticObserved": "/depth/observedAt",
    "WaterObserved": "/dateObserved/object",
}


@pytest.mark.parametrize("form", ["array", "lines", "one by one"])
def test_smart_data_models_load_where_they_are_valid(twin: Served, shared_data: Path, form: str) -> None:
    folder = shared_data / "data" / "payloads" / "smart-data-models"
    paths = sorted(folder.rglob("example-normalized.jsonld"), key=lambda path: path.parts[-3])
    examples = {path.parts[-3]: json.loads(path.read_bytes()) for path in paths}
    assert len(examples) == 28
    name = "models-" + form.replace(" ", "-")
    if form == "array":
        answers = [twin.loaded(name, json.dumps(list(examples.values()), indent=1).encode(), NGSI_LD)]
    elif form == "lines":
        answers = [twin.loaded(name, "\n".join(map(json.dumps, examples.values())).encode(), NGSI_LD)]
    else:  # as they are published, printed over many lines
        answers = [twin.loaded(name, path.read_bytes(), NGSI_LD) for path in paths]
    assert sum(answer.read for answer in answers) == 28
    # Two examples have one id: the second replaces the first.
    assert sum(answer.created for answer in answers) == 28 - len(NOT_VALID) - 1
    assert sum(answer.replaced for answer in answers) == 1
    refused = {refusal.source_id: refusal.path for answer in answers for refusal in answer.refusals}
    assert refused == {examples[model]["id"]: path for model, path in NOT_VALID.items()}
    last = {document["id"]: document for model, document in sorted(examples.items()) if model not in NOT_VALID}
    for document in last.values():
        stored = json.loads(twin.call("GetEntity", pb.GetEntityRequest(id=document["id"])).json)
        ours = {"id", "dataset", "sourceId"}
        assert {key: value for key, value in stored.items() if key not in ours} == {
            key: value for key, value in document.items() if key not in ours
        }
        assert stored["id"].startswith(f"urn:hanse:{AUTHORITY}:")


def test_the_example_that_ships(twin: Served) -> None:
    """One of its cities, with streets, trees and a river, as the demonstration loads it."""
    city = scene().cities["marewijk"]
    lines = "".join(example.lines(city)).encode()
    reading = cityjson.load(lines)
    assert reading.refused == ()
    answer = twin.loaded("example", lines, SEQUENCE)
    assert (answer.created, answer.refused) == (len(reading.features), 0)
    found = twin.all(dataset=dataset_urn("example"))
    assert Counter(each.type for each in found) == Counter(feature.root.type for feature in reading.features)
    assert Counter(each.type for each in found)["Building"] == len(city.buildings)
    documents = [json.loads(each.json) for each in found]
    assert sum(not document["validity"]["json"]["valid"] for document in documents) == answer.flagged < 5
    heights = [document["ridgeHeight"] for document in documents if document["type"] == "Building"]
    assert {height["verticalDatumStatus"]["value"] for height in heights} == {"declared"}
    streamed = twin.call("StreamEntities", pb.QueryEntitiesRequest(dataset=dataset_urn("example"), page_size=200))
    assert [each for message in streamed for each in message.entities] == found
