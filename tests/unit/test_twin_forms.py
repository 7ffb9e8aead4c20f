# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""NGSI-LD files in each of its forms become the same entity; NGSIv2 is refused with what to do; published examples."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from twin_world import AUTHORITY, RD

from hanse.kernel.errors import InvalidInputError
from hanse.twin.loading.forms import normalised
from hanse.twin.loading.slices import Format, Slice, Source, convert
from hanse.twin.loading.upserts import Home

if TYPE_CHECKING:
    from pathlib import Path

    from hanse.twin.loading.slices import Converted

POINT = {"type": "Point", "coordinates": [4.48, 51.92, 12.5]}
ADDRESS = {"type": "PostalAddress", "streetAddress": "Coolsingel 40"}
NORMALISED = {
    "id": "urn:x:1",
    "type": "Bench",
    "colour": {"type": "Property", "value": "red"},
    "address": {"type": "Property", "value": ADDRESS},
    "tags": {"type": "Property", "value": ["a", "b"]},
    "location": {"type": "GeoProperty", "value": POINT},
}
HOME = Home(AUTHORITY, RD, f"urn:hanse:{AUTHORITY}:dataset:x")


def loaded(data: bytes) -> Converted:
    return convert(Slice(data), Source(HOME, Format.NGSI_LD), lambda _ids: {})


@pytest.mark.parametrize(
    "form",
    [
        {"colour": "red", "address": ADDRESS, "tags": ["a", "b"], "location": POINT},
        {"colour": {"value": "red"}, "address": {"value": ADDRESS}, "tags": {"value": ["a", "b"]}, "location": POINT},
        {"colour": {"value": "red"}, "address": ADDRESS, "tags": ["a", "b"], "location": {"value": POINT}},
    ],
    ids=["key values", "concise", "mixed"],
)
def test_every_form_is_the_same_entity(form: dict[str, Any]) -> None:
    made = normalised({"id": "urn:x:1", "type": "Bench", **form})
    assert made == NORMALISED, "heights too"


def test_what_is_normalised_is_left_alone() -> None:
    entity = {**NORMALISED, "owner": [{"type": "Relationship", "object": "urn:x:2", "datasetId": "urn:d:1"}]}
    assert normalised(entity) is entity


def test_relationships_and_times_of_concise_entities_are_kept() -> None:
    made = normalised({"id": "urn:x:1", "type": "Bench", "owner": {"object": "urn:x:2"}, "noise": _noise()})
    assert made["owner"] == {"type": "Relationship", "object": "urn:x:2"}
    assert made["noise"] == {"type": "Property", **_noise()}


def _noise() -> dict[str, Any]:
    return {"value": 40, "unitCode": "2N", "observedAt": "2026-11-23T12:00:00.000Z"}


@pytest.mark.parametrize(
    ("attribute", "said"),
    [
        ({"type": "Text", "value": "red"}, "NGSIv2"),
        ({"value": 1, "observedAt": "yesterday"}, "observedAt"),
        ({"object": "no uri"}, "URI"),
    ],
)
def test_what_is_in_no_form_is_refused_with_its_place(attribute: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said) as refused:
        normalised({"id": "urn:x:1", "type": "Bench", "colour": attribute})
    assert refused.value.violations[0].field.startswith("/colour")
    assert refused.value.remedy


def test_published_examples_load_in_both_forms(shared_data: Path) -> None:
    """Of NGSI-LD normalised, six of those published are none: each says at which place."""
    read: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for path in sorted((shared_data / "data/payloads/smart-data-models").glob("*/*/examples/example*.json*")):
        if path.suffix == ".csv" or "geojson" in path.name:
            continue
        made = loaded(path.read_bytes())
        assert made.read == len(made.rows) + len(made.refusals) == 1
        read[path.name] += 1
        refused[path.name] += len(made.refusals)
        assert all(each.path and each.remedy for each in made.refusals)
        for row in made.rows:
            given = json.loads(path.read_bytes())
            names = {name for name in given if name not in ("@context", "id", "type", "dateCreated", "dateModified")}
            assert names <= json.loads(row.json).keys() | {"createdAt", "modifiedAt"}, path
    assert read["example.json"] == read["example.jsonld"] == 28
    assert refused["example.json"] == refused["example.jsonld"] == 0
    assert refused["example-normalized.jsonld"] == 6
    assert refused["example-normalized.json"] == read["example-normalized.json"], "those are NGSIv2"
