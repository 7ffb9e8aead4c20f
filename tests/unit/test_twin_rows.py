# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""From entity to row: what is refused and where, what can be asked for, where it lies; batches and adoption."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from twin_world import AUTHORITY, dataset_urn, point

from hanse.kernel.clock import system_clock
from hanse.kernel.errors import HanseError, InvalidInputError
from hanse.ngsild import canonical
from hanse.twin import rows
from hanse.twin.loading.upserts import Home, Item, prepare
from hanse.twin.model import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTRACT = Path(__file__).resolve().parents[2] / "contracts/hanse/contracts/twin/v1/examples"
CITY = "https://www.opengis.net/def/crs/EPSG/0/7415"
URN = f"urn:hanse:{AUTHORITY}:bench:1"
HOME = Home(AUTHORITY, CITY, dataset_urn("things"))


def made(**attributes: Any) -> dict[str, Any]:
    return {"id": URN, "type": "Bench", **attributes}


def prop(value: Any) -> dict[str, Any]:
    return {"type": "Property", "value": value}


def test_a_row_is_the_canonical_entity() -> None:
    entity = made(width=prop(1.50), b=prop("x"), a=prop(True))
    row = rows.row(entity, CITY)
    assert row.json == canonical(entity)
    assert json.loads(row.json) == entity
    assert (row.id, row.type, row.source_id) == (URN, "Bench", "")
    assert (row.degrees, row.metres, row.footprint) == (None, None, None)


def test_every_attribute_can_be_asked_for() -> None:
    entity = made(
        number=prop(3),
        share=prop(0.5),
        name=prop("Bank"),
        open=prop(True),
        tags=prop(["a", "b"]),
        details={"type": "JsonProperty", "json": {"street": "Kade"}},
        owner={"type": "Relationship", "object": "urn:x:1"},
        label={"type": "LanguageProperty", "languageMap": {"nl": "Bank"}},
        price=[{**prop(1), "datasetId": "urn:x:a"}, {**prop(2), "datasetId": "urn:x:b"}],
        long=prop("y" * 1000),
    )
    row = rows.row(entity, CITY)
    assert sorted(row.scalars, key=str) == sorted(
        [
            ("number", 3),
            ("share", 0.5),
            ("name", "Bank"),
            ("open", True),
            ("tags", "a"),
            ("tags", "b"),
            ("details", None),
            ("owner", "urn:x:1"),
            ("label", "Bank"),
            ("price", 1),
            ("price", 2),
            ("long", "y" * 512),
        ],
        key=str,
    )


def test_a_place_in_degrees_and_in_the_citys_metres() -> None:
    """The tower of Amersfoort is the origin of RD: 155,000 463,000 (Kadaster)."""
    row = rows.row(made(location=point(5.38720621, 52.15517440)), CITY)
    assert row.degrees is not None
    assert row.metres is not None
    assert row.footprint is not None
    assert (row.degrees.min_x, row.degrees.max_y) == (5.38720621, 52.15517440)
    assert (row.metres.min_x, row.metres.min_y) == pytest.approx((155_000, 463_000), abs=0.3)
    assert shapely.from_wkb(row.footprint).equals_exact(shapely.Point(row.metres.min_x, row.metres.min_y))


def test_heights_in_a_location_are_no_obstacle() -> None:
    high = {"type": "Point", "coordinates": [5.0, 52.0, 7.0]}
    row = rows.row(made(location={"type": "GeoProperty", "value": high}), CITY)
    assert row.footprint is not None
    assert not shapely.from_wkb(row.footprint).has_z


def test_ids_of_others_several_types_and_several_places_are_kept() -> None:
    here, there = point(5.0, 52.0), {**point(5.1, 52.2), "datasetId": "urn:x:there"}
    entity = {"id": "https://example.org/bench/1", "type": ["Bench", "Seat"], "location": [here, there]}
    row = rows.row(entity, CITY)
    assert (row.id, row.types) == (entity["id"], ("Bench", "Seat"))
    assert row.degrees is not None
    assert (row.degrees.min_x, row.degrees.max_y) == (5.0, 52.2)


@pytest.mark.parametrize(
    ("pointer", "entity"),
    [
        ("/id", {"type": "Bench", "id": "no uri"}),
        ("/id", {"type": "Bench", "id": 7}),
        ("/id", {"type": "Bench", "id": "urn:x:a b"}),
        ("/type", {"id": URN}),
        ("/type", {"id": URN, "type": ["Bench", "Bench"]}),
        ("/type", {"id": URN, "type": []}),
        ("/width", made(width=3)),
        ("/width/value", made(width={"type": "Property"})),
        ("/width/value", made(width=prop(None))),
        ("/width/type", made(width={"type": "Number", "value": 1})),
        ("/location/value/coordinates", made(location=point(500, 52))),
        ("/location/value/coordinates", made(location={**point(5, 52), "value": {"type": "Point", "coordinates": []}})),
        ("/groundHeight", made(groundHeight=prop("low"))),
        ("", made(width=prop(2**60))),
        ("", made(width=prop("\ud800"))),
        ("", made(width=prop("x" * (17 * 1024 * 1024)))),
    ],
)  # fmt: skip
def test_what_breaks_the_contract_is_named(pointer: str, entity: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError) as caught:
        rows.row(entity, CITY)
    assert caught.value.reason == "CONTRACT_VIOLATION"
    assert caught.value.remedy
    assert caught.value.violations[0].field.startswith(pointer)
    assert caught.value.violations[0].description


def building() -> dict[str, Any]:
    """The contract's example, with a place for each fault."""
    example: dict[str, Any] = json.loads((CONTRACT / "valid/building.json").read_text())
    rows.row(example, CITY)
    return example


@pytest.mark.parametrize(
    ("pointer", "index", "reason"),
    [
        ("/boundaries/0/0/0/0", 99, "index 99 does not exist"),
        ("/semantics/values/0/0", 99, "there are 3 surfaces"),
    ],
)
def test_a_broken_index_of_a_solid_is_named(pointer: str, index: int, reason: str) -> None:
    entity = building()
    node = entity["solidGeometry"]["json"]["lods"][0]
    *path, last = pointer.strip("/").split("/")
    for name in path:
        node = node[int(name) if isinstance(node, list) else name]
    node[int(last)] = index
    with pytest.raises(InvalidInputError) as caught:
        rows.row(entity, CITY)
    assert caught.value.reason == "CONTRACT_VIOLATION"
    assert caught.value.violations[0].field == f"/solidGeometry/json/lods/0{pointer}"
    assert reason in caught.value.violations[0].description


def item(document: Any, **head: str) -> Item:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Item(**{"id": "", "type": "", "contract": "", "dataset": "", **head, "json": data})


def prepared(*items: Item, known: Mapping[str, str] | None = None) -> list[Row | HanseError]:
    return prepare(items, HOME, lambda _: known or {}, system_clock())


def test_without_an_id_it_gets_one_of_the_city() -> None:
    one, two = prepared(item({"type": "Bench"}), item({"type": "Bench"}))
    assert isinstance(one, Row)
    assert isinstance(two, Row)
    assert one.id != two.id
    assert one.id.startswith(f"urn:hanse:{AUTHORITY}:bench:")
    assert json.loads(one.json)["dataset"] == {"type": "Relationship", "object": HOME.dataset}


def test_what_was_read_can_be_written_back_to_its_own_data_set() -> None:
    (row,) = prepared(item({"type": "Bench", "id": URN}))
    assert isinstance(row, Row)
    (again,) = prepared(item(row.json))
    assert isinstance(again, Row)
    assert again.sha256 == row.sha256


def test_another_authoritys_id_becomes_the_source_id() -> None:
    foreign = "urn:ngsi-ld:Bench:7"
    fresh, known = prepared(item({"type": "Bench", "id": foreign}))[0], URN
    assert isinstance(fresh, Row)
    assert fresh.source_id == foreign
    assert json.loads(fresh.json)["sourceId"]["value"] == foreign
    (again,) = prepared(item({"type": "Bench", "id": foreign}), known={foreign: known})
    assert isinstance(again, Row)
    assert again.id == known


def test_a_source_id_met_twice_is_one_entity() -> None:
    one, two = prepared(item({"type": "Bench", "id": "urn:x:1"}), item({"type": "Bench"}, id="urn:x:1"))
    assert isinstance(one, Row)
    assert isinstance(two, Row)
    assert one.id == two.id


def test_a_source_id_of_its_own_is_kept_beside_the_foreign_id() -> None:
    (row,) = prepared(item({"type": "Bench", "id": "urn:x:1", "sourceId": prop("seven")}))
    assert isinstance(row, Row)
    assert row.source_id == "urn:x:1"  # by which it is found again when it is loaded again
    assert json.loads(row.json)["sourceId"]["value"] == "seven"


@pytest.mark.parametrize(
    ("pointer", "bad"),
    [
        ("", item(b"")),
        ("", item(b"{")),
        ("", item(b"[]")),
        ("", item(b'"text"')),
        ("", item(b"\xff\xfe")),
        ("", item(b'{"type":"Bench","type":"Bench"}')),
        ("", item(b'{"type":"Bench","a":{"type":"Property","value":NaN}}')),
        ("", item(b"[" * 100_000)),
        ("", item(b'{"a":' * 500 + b"1" + b"}" * 500)),
        ("", item(b'{"type":"Bench","a":{"type":"Property","value":' + b"9" * 5000 + b"}}")),
        ("", item({"type": "Bench"}, contract="twin/v2")),
        ("", item({"type": "Bench"}, dataset="urn:hanse:x:dataset:y")),
        ("/id", item({"type": "Bench", "id": URN}, id=URN + "0")),
        ("/type", item({"type": "Bench"}, type="Chair")),
        ("/dataset", item({"type": "Bench", "dataset": {"type": "Relationship", "object": "urn:hanse:x:dataset:y"}})),
        ("/dataset", item({"type": "Bench", "dataset": None})),
        ("/id", item({"type": "Bench", "id": ""})),
        ("/id", item({"type": "Bench", "id": URN + " "})),
    ],
)  # fmt: skip
def test_bad_items_are_refused_one_by_one(pointer: str, bad: Item) -> None:
    good = item({"type": "Bench"})
    first, found, last = prepared(good, bad, good)
    assert isinstance(first, Row)
    assert isinstance(last, Row)
    assert isinstance(found, HanseError)
    assert found.reason == "CONTRACT_VIOLATION"
    assert found.remedy
    assert (found.violations[0].field if found.violations else "") == pointer
