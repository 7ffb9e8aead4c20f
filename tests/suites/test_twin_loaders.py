# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Files as cities publish them, in every further format, through a running twin: counted, found, loaded again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from cities import Processes, make_city
from twin_world import NO_EVENTS, Header, Served, dataset_urn, in_store

from hanse.api.types.v1 import types_pb2 as types

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CITYGML, GEOJSON, CSV = Header.FORMAT_CITYGML, Header.FORMAT_GEOJSON, Header.FORMAT_CSV


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory, store: str) -> Iterator[Served]:
    config = make_city(tmp_path_factory.mktemp("city"), settings={**NO_EVENTS, **in_store(store)})
    with Processes() as processes:
        served = Served.of(processes.start(config, "twin"))
        yield served
        output = served.part.output()
        assert "defect" not in output, output
        served.channel.close()


@pytest.mark.parametrize(
    ("file", "kind", "crs"),
    [
        ("bomen_rotterdam_centrum.geojson", "Tree", ""),
        ("afvalbakken_rotterdam_centrum.geojson", "WasteContainer", ""),
        ("tir_buurten.geojson", "Neighbourhood", "EPSG:28992"),
        ("tir_gemeente.geojson", "Municipality", "EPSG:28992"),
    ],
)
def test_open_data_of_rotterdam(twin: Served, shared_data: Path, file: str, kind: str, crs: str) -> None:
    path = shared_data / "data" / "geojson" / file
    expected = json.loads(path.read_bytes())["features"]
    name = path.stem.replace("_", "-")
    first = twin.loaded(name, path.read_bytes(), GEOJSON, type=kind, assumed_crs=crs)
    assert (first.read, first.created + first.refused) == (len(expected), len(expected))
    assert first.refused == 0, first.refusals
    again = twin.loaded(name, path.read_bytes(), GEOJSON, type=kind, assumed_crs=crs)
    assert (again.created, again.replaced, again.unchanged) == (0, 0, len(expected))
    rotterdam = types.BoundingBox(min_x=3.9, min_y=51.8, max_x=4.7, max_y=52.1)
    assert len(twin.all(dataset=dataset_urn(name), type=kind, bounding_box=rotterdam)) == len(expected)


def test_citygml_of_both_versions(twin: Served, shared_data: Path) -> None:
    folder = shared_data / "data" / "payloads" / "citygml" / "citygml4j-samples" / "input" / "datasets"
    for file in ("lod2_buildings_v3.gml", "lod2_test_ade_v2.gml"):
        data = (folder / file).read_bytes()
        name = file.removesuffix(".gml").replace("_", "-")
        first = twin.loaded(name, data, CITYGML, assumed_vertical_datum="DHHN2016", assumed_crs="EPSG:25833")
        assert first.created > 0, first.refusals
        again = twin.loaded(name, data, CITYGML, assumed_vertical_datum="DHHN2016", assumed_crs="EPSG:25833")
        assert again.unchanged == first.created
        for each in twin.all(dataset=dataset_urn(name)):
            entity = json.loads(each.json)
            assert entity["type"] == "Building"
            assert entity["solidGeometry"]["json"]["lods"]


def test_every_refusal_is_told_once(twin: Served) -> None:
    twin.put("refused")
    records = b"n,lon,lat\n" + b"".join(b"%d,4.5,%d\n" % (n, 51 if n % 3 == 0 else 200) for n in range(1_700))
    mapping = json.dumps({"id": "n"})
    answers = twin.load("refused", records, CSV, type="Post", mapping=mapping)
    told = [each.source_id for answer in answers for each in answer.new_refusals]
    assert told == [str(n) for n in range(1_700) if n % 3]
    assert answers[-1].refused == len(told)
    assert answers[-1].created == 567
    assert len(answers[-1].refusals) == 100
    assert max(len(answer.new_refusals) for answer in answers) <= 500
