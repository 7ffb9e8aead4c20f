# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Files cut into slices and slices made into rows: every form, every fault with its place, nothing counted twice."""

from __future__ import annotations

import importlib
import io
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from twin_world import AUTHORITY, RD, as_sequence, cubes, dataset_urn

from hanse.kernel.errors import InvalidInputError, LimitExceededError
from hanse.twin.loading import slices as load
from hanse.twin.loading.slices import Converted, Format, Source, convert, slices
from hanse.twin.loading.upserts import Home

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HOME = Home(AUTHORITY, "https://www.opengis.net/def/crs/EPSG/0/7415", dataset_urn("things"))
BENCH = {"type": "Bench", "width": {"type": "Property", "value": 2}}


def nobody(_: Iterable[str]) -> Mapping[str, str]:
    return {}


def run(data: bytes, form: Format, **assumed: str) -> Converted:
    """All slices of a file, each as a worker gets it."""
    source, whole = Source(HOME, form, **assumed), Converted()
    for piece in slices(io.BytesIO(data), form):
        made = convert(pickle.loads(pickle.dumps(piece)), pickle.loads(pickle.dumps(source)), nobody)  # noqa: S301
        whole.rows += made.rows
        whole.refusals += made.refusals
        whole.losses += made.losses
        whole.read += made.read
    return whole


def entities(made: Converted) -> list[dict[str, Any]]:
    return [json.loads(row.json) for row in made.rows]


@pytest.mark.parametrize("form", [Format.CITYJSON, Format.CITYJSON_SEQ])
def test_document_and_sequence_give_the_same(form: Format) -> None:
    document = cubes(3)
    data = json.dumps(document).encode() if form is Format.CITYJSON else as_sequence(document)
    made = run(data, form, assumed_vertical_datum="NAP")
    assert (made.read, len(made.rows), made.refusals) == (3, 3, [])
    assert [row.source_id for row in made.rows] == ["cube-0", "cube-1", "cube-2"]
    for number, entity in enumerate(entities(made)):
        assert entity["number"] == {"type": "Property", "value": number}
        assert entity["ridgeHeight"]["value"] == 10.0
        assert entity["ridgeHeight"]["verticalDatum"]["value"] == "NAP"
        assert entity["ridgeHeight"]["verticalDatumStatus"]["value"] == "assumed"
        assert entity["solidGeometry"]["json"]["verticalDatumStatus"] == "assumed"
        assert entity["validity"]["json"]["valid"] is True
    assert {row.flagged for row in made.rows} == {False}
    assert any("assumed to be in NAP" in loss.detail for loss in made.losses)


@pytest.fixture
def small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "BATCH", 5)


@pytest.mark.usefixtures("small_slices")
def test_a_sequence_longer_than_a_slice() -> None:
    made = run(as_sequence(cubes(12)), Format.CITYJSON_SEQ)
    assert made.read == 12
    assert {row.source_id for row in made.rows} == {f"cube-{number}" for number in range(12)}
    assert len(list(slices(io.BytesIO(as_sequence(cubes(12))), Format.CITYJSON_SEQ))) == 3


@pytest.mark.usefixtures("small_slices")
def test_a_header_with_objects_of_its_own_is_read_once() -> None:
    lines = as_sequence(cubes(6)).splitlines(keepends=True)
    own = cubes(1, start=9000)
    header = json.dumps({**json.loads(lines[0]), "CityObjects": own["CityObjects"], "vertices": own["vertices"]})
    made = run(b"".join([header.encode() + b"\n", *lines[1:]]), Format.CITYJSON_SEQ)
    assert made.read == 7
    assert len({row.source_id for row in made.rows}) == 7
    assert run(header.encode(), Format.CITYJSON_SEQ).read == 1
    assert run(lines[0], Format.CITYJSON_SEQ).read == 0


def test_a_broken_vertex_index_says_object_and_place() -> None:
    document = cubes(3)
    document["CityObjects"]["cube-1"]["geometry"][0]["boundaries"][0][2][0][1] = 99_999
    made = run(json.dumps(document).encode(), Format.CITYJSON)
    assert [row.source_id for row in made.rows] == ["cube-0", "cube-2"]
    (refusal,) = made.refusals
    assert refusal.source_id == "cube-1"
    assert refusal.path == "/CityObjects/cube-1/geometry/0/boundaries/0/2/0/1"
    assert "99999" in refusal.reason


@pytest.mark.usefixtures("small_slices")
def test_a_broken_line_says_its_number_and_the_rest_loads() -> None:
    lines = as_sequence(cubes(9)).splitlines(keepends=True)
    for broken in (2, 7):
        lines[broken] = b'{"type":"CityJSONFeature",\n'
    made = run(b"".join(lines), Format.CITYJSON_SEQ)
    assert (made.read, len(made.rows)) == (9, 7)
    assert [refusal.source_id for refusal in made.refusals] == ["line 3", "line 8"]


def test_what_is_geometrically_invalid_is_flagged_not_dropped() -> None:
    document = cubes(2)
    document["CityObjects"]["cube-1"]["geometry"][0]["boundaries"][0].pop()  # a wall is missing
    made = run(json.dumps(document).encode(), Format.CITYJSON)
    assert [(row.source_id, row.flagged) for row in made.rows] == [("cube-0", False), ("cube-1", True)]
    validity = entities(made)[1]["validity"]["json"]
    assert validity["valid"] is False
    assert validity["flags"]


def test_a_feature_of_too_many_surfaces_is_refused_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.import_module("hanse.geo.footprint"), "MAX_SURFACES", 2)  # a cube's floor and roof
    document = cubes(3)
    shell = document["CityObjects"]["cube-1"]["geometry"][0]["boundaries"][0]
    shell.append(shell[0])
    made = run(json.dumps(document).encode(), Format.CITYJSON)
    assert [row.source_id for row in made.rows] == ["cube-0", "cube-2"]
    assert [refusal.source_id for refusal in made.refusals] == ["cube-1"]
    assert "more than 2 overlapping surfaces" in made.refusals[0].reason


def test_no_coordinate_system_and_none_assumed() -> None:
    data = json.dumps(cubes(1, crs=None)).encode()
    made = run(data, Format.CITYJSON)
    assert (len(made.rows), made.refusals[0].source_id) == (0, "cube-0")
    assert "/metadata/referenceSystem" in made.refusals[0].reason
    assert len(run(data, Format.CITYJSON, assumed_crs=RD).rows) == 1


def test_a_wrong_coordinate_system_is_not_stored_somewhere_else() -> None:
    """Degrees, or metres that lie nowhere on Earth."""
    for crs in ("https://www.opengis.net/def/crs/EPSG/0/4326", "https://www.opengis.net/def/crs/EPSG/0/999999"):
        made = run(json.dumps(cubes(1, crs=crs)).encode(), Format.CITYJSON)
        assert (len(made.rows), len(made.refusals)) == (0, 1)


@pytest.mark.parametrize("place", [[1e8, 1e8, 0.0], [437_000.0, 90_000.0, 0.0], [600_000.0, 5_750_000.0, 0.0]])
def test_features_far_from_where_their_system_is_used_are_refused(place: list[float]) -> None:
    transform = {"scale": [0.001, 0.001, 0.001], "translate": place}
    made = run(json.dumps(cubes(2, transform=transform)).encode(), Format.CITYJSON)
    assert made.rows == []
    assert [refusal.source_id for refusal in made.refusals] == ["cube-0", "cube-1"]
    assert all("lies outside the area where EPSG:28992" in refusal.reason for refusal in made.refusals)


@pytest.mark.parametrize(
    "data",
    [b"{", b"[]", b"{}", b"null", b'{"type":"FeatureCollection"}', b"\x00\x01", b"ISO-10303-21;", b"[" * 1000],
)
@pytest.mark.parametrize("form", [Format.CITYJSON, Format.CITYJSON_SEQ])
def test_no_cityjson_at_all(data: bytes, form: Format) -> None:
    with pytest.raises(InvalidInputError) as caught:
        run(data, form)
    assert caught.value.reason == "CONTRACT_VIOLATION"
    assert "CityJSON" in caught.value.remedy


@pytest.mark.parametrize("form", list(Format))
def test_an_empty_file(form: Format) -> None:
    with pytest.raises(InvalidInputError) as caught:
        run(b"", form)
    assert "empty" in caught.value.message


NGSI_LD = {
    "array": json.dumps([BENCH, BENCH]).encode(),
    "array over many lines": json.dumps([BENCH, BENCH], indent=1).encode(),
    "array with a byte order mark": b"\xef\xbb\xbf" + json.dumps([BENCH, BENCH]).encode(),
    "lines": (json.dumps(BENCH) + "\n" + json.dumps(BENCH)).encode(),
    "lines with a byte order mark": ("\ufeff" + json.dumps(BENCH) + "\n" + json.dumps(BENCH)).encode(),
    "lines with blanks": ("\n" + json.dumps(BENCH) + "\r\n\r\n" + json.dumps(BENCH) + "\n\n").encode(),
}


@pytest.mark.parametrize("data", NGSI_LD.values(), ids=NGSI_LD.keys())
def test_ngsi_ld_in_every_form(data: bytes) -> None:
    made = run(data, Format.NGSI_LD)
    assert (made.read, len(made.rows), made.refusals) == (2, 2, [])
    assert len({row.id for row in made.rows}) == 2


def test_one_entity_printed_over_many_lines() -> None:
    made = run(json.dumps(BENCH, indent=2).encode(), Format.NGSI_LD)
    assert (made.read, len(made.rows)) == (1, 1)


def test_bad_entities_are_refused_with_their_place() -> None:
    bad = {"type": "Bench", "id": "urn:x:1", "width": {"type": "Number", "value": 3}}
    made = run(json.dumps([BENCH, 7, bad, BENCH]).encode(), Format.NGSI_LD)
    assert (made.read, len(made.rows)) == (4, 2)
    assert [(refusal.source_id, refusal.path) for refusal in made.refusals] == [("/1", ""), ("urn:x:1", "/width/type")]
    lines = [json.dumps(BENCH), "{", "[]", json.dumps(BENCH)]
    made = run("\n".join(lines).encode(), Format.NGSI_LD)
    assert [refusal.source_id for refusal in made.refusals] == ["line 2", "line 3"]
    assert (made.read, len(made.rows)) == (4, 2)


def test_a_first_line_that_is_broken_does_not_hide_the_others() -> None:
    lines = ["{ broken", json.dumps(BENCH), json.dumps(BENCH)]
    made = run("\n".join(lines).encode(), Format.NGSI_LD)
    assert [refusal.source_id for refusal in made.refusals] == ["line 1"]
    assert len(made.rows) == 2


def test_a_source_id_that_comes_twice_is_one_entity() -> None:
    twice = [{**BENCH, "id": "urn:x:1"}, {**BENCH, "id": "urn:x:2"}, {**BENCH, "id": "urn:x:1"}]
    made = run(json.dumps(twice).encode(), Format.NGSI_LD)
    assert [row.source_id for row in made.rows] == ["urn:x:1", "urn:x:2", "urn:x:1"]
    assert made.rows[0].id == made.rows[2].id != made.rows[1].id


@pytest.mark.parametrize("data", [b"{", b"[", b"[1,", b"text", b"\xff", b"[" * 100_000, b'[{"a":1,"a":2}]'])
def test_no_json_at_all(data: bytes) -> None:
    with pytest.raises(InvalidInputError) as caught:
        run(data, Format.NGSI_LD)
    assert caught.value.reason == "CONTRACT_VIOLATION"
    assert caught.value.remedy


def test_lines_and_documents_have_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "MAX_LINE_BYTES", 1000)
    monkeypatch.setattr(load, "MAX_DOCUMENT_BYTES", 5000)
    for data, form in (
        (b"[" + b" " * 6000 + b"]", Format.CITYJSON),
        (json.dumps(cubes(30)).encode(), Format.CITYJSON),
        (b"x" * 1001, Format.CITYJSON_SEQ),
        (b"{}\n" + b"x" * 1001, Format.NGSI_LD),
    ):
        with pytest.raises(LimitExceededError) as caught:
            list(slices(io.BytesIO(data), form))
        assert caught.value.remedy


def test_losses_are_counted_not_repeated() -> None:
    made = run(json.dumps(cubes(9)).encode(), Format.CITYJSON)
    (loss,) = made.losses
    assert loss.detail.endswith("(9 times)")
