# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What an export's summary tells of what its format leaves out, and what an export does not take."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from twin_world import AUTHORITY, LocalTwin, cubes, point

from hanse import cityjson
from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.kernel.errors import InvalidInputError
from hanse.ngsild import FeatureMapping, to_entity
from hanse.twin import rows
from hanse.twin.exports.files import Exports
from hanse.twin.search import Search
from hanse.twin.wire import convert

if TYPE_CHECKING:
    from collections.abc import Iterator

    Summary = pb.ExportEntitiesResponse.Summary

Request = pb.ExportEntitiesRequest
SENSOR = f"urn:hanse:{AUTHORITY}:sensor:1"


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalTwin]:
    made = LocalTwin.make(tmp_path_factory.mktemp("twin"))
    home, crs = made.put("one"), made.config.city.crs
    (feature,) = cityjson.load(json.dumps(cubes(1)).encode()).features
    mapping = FeatureMapping(home, assumed_vertical="NAP")
    speed = {"type": "Property", "value": 5, "unitCode": "KMH", "observedAt": "2026-01-01T00:00:00Z"}
    sensor = {
        "id": SENSOR,
        "type": "Sensor",
        "location": point(4.4, 51.9),
        "speed": {**speed, "accuracy": {"type": "Property", "value": 1}},
        "plain": {"type": "Property", "value": 1},
    }
    building = to_entity(feature, f"urn:hanse:{AUTHORITY}:building:1", mapping).entity
    made.store.write(home, [rows.row(sensor, crs), rows.row(building, crs)])
    yield made
    made.database.close()


def exported(twin: LocalTwin, form: Request.Format.ValueType, **query: Any) -> tuple[bytes, Summary]:
    crs = twin.config.city.crs
    workers: Any = None  # which make glTF alone
    exports = Exports(Search(twin.store, crs), crs, workers, twin.config.state)
    request = Request(format=form, query=pb.QueryEntitiesRequest(**query))
    context: Any = SimpleNamespace(is_active=lambda: True)
    *chunks, last = exports.export(request, convert.query(request.query, crs, lambda _: 0), context)
    return b"".join(each.chunk for each in chunks), last.summary


def test_a_map_tells_what_plain_values_leave_out(twin: LocalTwin) -> None:
    data, summary = exported(twin, Request.FORMAT_GEOJSON, type="Sensor")
    assert json.loads(data)["features"][0]["properties"]["speed"] == 5
    assert {loss.path.rpartition("/")[2] for loss in summary.losses} == {"unitCode", "observedAt", "accuracy"}
    assert {loss.path.partition("/speed")[0] for loss in summary.losses} == {f"/{SENSOR}"}


def test_a_sequence_tells_that_its_vertical_datum_was_assumed(twin: LocalTwin) -> None:
    data, summary = exported(twin, Request.FORMAT_CITYJSON_SEQ, type="Building")
    assert any("NAP is assumed as vertical datum" in loss.detail for loss in summary.losses)
    (again,) = cityjson.load(data).features
    mapping = FeatureMapping(f"urn:hanse:{AUTHORITY}:dataset:one", assumed_vertical="NAP")
    (before,) = [
        json.loads(each.json)
        for each in twin.store.matching(
            convert.query(pb.QueryEntitiesRequest(type="Building"), twin.config.city.crs, lambda _: 0)
        )
    ]
    assert dict(to_entity(again, before["id"], mapping).entity) == before


@pytest.mark.parametrize("asked", [{"pick": ["speed"]}, {"omit": ["speed"]}, {"language": "nl"}])
def test_what_an_export_does_not_look_at_is_refused(twin: LocalTwin, asked: dict[str, Any]) -> None:
    (name,) = asked
    with pytest.raises(InvalidInputError) as refused:
        exported(twin, Request.FORMAT_GEOJSON, **asked)
    assert [each.field for each in refused.value.violations] == [f"query.{name}"]


def test_a_sequence_of_nothing_can_be_read(twin: LocalTwin) -> None:
    written, summary = exported(twin, Request.FORMAT_CITYJSON_SEQ, type="Nothing")
    assert summary.entities == 0
    assert json.loads(written)["type"] == "CityJSON", "its header line"
    assert not cityjson.load(written).features
