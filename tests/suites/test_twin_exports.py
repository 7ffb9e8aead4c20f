# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Cities into a served twin and out again: the same objects, places and semantics; maps and 3D models of them."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import glb
import numpy as np
import pytest
import shapely
from cities import Processes, make_city
from refusals import refusal
from shapely.geometry import shape
from twin_world import CITYJSON, NO_EVENTS, Served, dataset_urn, entity, point

from hanse import geo
from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.cityjson import Feature, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Json = Any
Format = pb.ExportEntitiesRequest
CITIES = {"delfshaven": "rotterdam_3-20-DELFSHAVEN.city.json", "den-haag": "denhaag_01.city.json"}


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[Served]:
    config = make_city(tmp_path_factory.mktemp("city"), settings=NO_EVENTS)
    with Processes() as processes:
        served = Served.of(processes.start(config, "twin"))
        for name, file in CITIES.items():
            data = (shared_data / "data" / "cityjson" / file).read_bytes()
            assert not served.loaded(name, data, CITYJSON, assumed_vertical_datum="NAP").refused
        served.put("sensors")
        served.upsert("sensors", entity({"name": "pole", "location": point(4.45, 51.91)}))
        yield served
        output = served.part.output()
        assert "defect" not in output, output
        served.channel.close()


def exported(twin: Served, form: int, **more: Any) -> tuple[bytes, pb.ExportEntitiesResponse.Summary]:
    """The file and its summary, which must fit each other."""
    query = pb.QueryEntitiesRequest(**more.pop("query", {}))
    request = pb.ExportEntitiesRequest(query=query, format=form, **more)
    *parts, last = twin.call("ExportEntities", request, timeout=120)
    assert {part.WhichOneof("part") for part in parts} <= {"chunk"}
    assert all(0 < len(part.chunk) <= 256 * 1024 for part in parts)
    data = b"".join(part.chunk for part in parts)
    assert hashlib.sha256(data).hexdigest() == last.summary.sha256
    return data, last.summary


def shapes(feature: Feature) -> Json:
    """Every geometry with its places in place of indices."""
    vertices = feature.vertices

    def place(node: Json, into: list[Json]) -> Json:
        if isinstance(node, list):
            return [place(child, into) for child in node]
        into.append(vertices[node])
        return 0

    result = []
    for key, held in feature.objects.items():
        for one in held.geometry:
            points: list[Json] = []
            nesting = place(one.boundaries, points)
            result.append((key, one.type, one.lod, nesting, one.semantics, np.array(points)))
    return result


@pytest.mark.parametrize("name", CITIES)
def test_a_city_comes_back_as_it_was(twin: Served, shared_data: Path, name: str) -> None:
    before = load((shared_data / "data" / "cityjson" / CITIES[name]).read_bytes()).features
    data, summary = exported(twin, Format.FORMAT_CITYJSON_SEQ, query={"dataset": dataset_urn(name)})
    reading = load(data)
    assert reading.refused == ()
    assert summary.entities == len(before) == len(reading.features)
    assert [each.id for each in summary.datasets] == [dataset_urn(name)]
    back = {feature.id: feature for feature in reading.features}
    for feature in before:
        again = back[feature.id]
        assert list(again.objects) == list(feature.objects)
        for held, held_again in zip(feature.objects.values(), again.objects.values(), strict=True):
            assert (held_again.type, held_again.attributes) == (held.type, held.attributes)
            assert (held_again.parents, held_again.children) == (held.parents, held.children)
        for (*told, places), (*told_again, places_again) in zip(shapes(feature), shapes(again), strict=True):
            assert told_again == told
            assert np.abs(places_again - places).max() <= min(feature.transform.scale)


def test_what_is_no_city_object_is_a_loss(twin: Served) -> None:
    data, summary = exported(twin, Format.FORMAT_CITYJSON_SEQ, query={"dataset": dataset_urn("sensors")})
    assert summary.entities == 0
    assert [loss.kind for loss in summary.losses] == [1] or summary.losses[0].detail
    assert data == b"" or load(data).features == ()


def test_a_model_holds_every_building_at_its_place(twin: Served, shared_data: Path) -> None:
    data, summary = exported(twin, Format.FORMAT_GLTF, query={"dataset": dataset_urn("delfshaven")})
    document = glb.check(data)
    root, *nodes = document["nodes"]
    before = {
        each.id: each for each in load((shared_data / "data/cityjson" / CITIES["delfshaven"]).read_bytes()).features
    }
    assert summary.entities == len(nodes) == len(before)
    assert {node["name"] for node in nodes} == set(before)
    assert root["extras"]["verticalDatum"] == "NAP"
    origin = np.array(root["extras"]["origin"])
    node = nodes[7]
    east, height, south = node["translation"]
    low = before[node["name"]].vertices.min(axis=0)
    assert np.abs(origin + np.array([east, -south, height]) - low).max() <= 1.0  # anchors are whole metres


def test_a_model_leaves_out_what_has_no_solid(twin: Served) -> None:
    _, summary = exported(twin, Format.FORMAT_GLTF, query={"dataset": dataset_urn("sensors")})
    assert summary.entities == 0
    assert [loss.detail for loss in summary.losses] == ["an entity without a solid"]


@pytest.mark.parametrize("surfaces", [False, True])
def test_a_map_has_heights(twin: Served, shared_data: Path, *, surfaces: bool) -> None:
    request = {"dataset": dataset_urn("delfshaven")}
    data, summary = exported(twin, Format.FORMAT_GEOJSON, query=request, surfaces=surfaces)
    document = json.loads(data)
    before = {
        each.id: each for each in load((shared_data / "data/cityjson" / CITIES["delfshaven"]).read_bytes()).features
    }
    assert summary.entities == len(document["features"]) == len(before)
    assert {loss.kind for loss in summary.losses} != set()
    convert = geo.transformer(geo.Crs.parse("EPSG:7415"), geo.Crs.parse("EPSG:4979"))
    for made in document["features"][:50]:
        properties = made["properties"]
        feature = before[properties["sourceId"]]
        ground = shape(made["geometry"])
        points = shapely.get_coordinates(ground, include_z=True)
        low, high = feature.vertices[:, 2].min(), feature.vertices[:, 2].max()
        expected = convert(feature.vertices).coordinates
        assert (points[:, :2].min(axis=0) >= expected[:, :2].min(axis=0) - 1e-7).all()
        assert (points[:, :2].max(axis=0) <= expected[:, :2].max(axis=0) + 1e-7).all()
        assert properties["verticalDatum"] == "NAP"
        assert points[:, 2].min() == pytest.approx(low, abs=1e-3)
        assert points[:, 2].max() == pytest.approx(high if surfaces else low, abs=1e-3)
        assert ("surfaceTypes" in properties) is surfaces


def test_what_has_no_meaning_is_refused(twin: Served) -> None:
    def ask(**values: Any) -> Any:
        return twin.call("ExportEntities", pb.ExportEntitiesRequest(**values))

    seq = Format.FORMAT_CITYJSON_SEQ
    assert refusal(ask).fields == ("format",)
    assert refusal(lambda: ask(format=seq, surfaces=True)).fields == ("surfaces",)
    assert refusal(lambda: ask(format=seq, query=pb.QueryEntitiesRequest(page_size=3))).fields == ("query.page_size",)
    assert refusal(lambda: ask(format=seq, query=pb.QueryEntitiesRequest(order_by="id"))).fields == ("query.order_by",)
