# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""CityJSON in, entities in between, CityJSONSeq out: the same objects, vertices and semantics."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hanse.cityjson import Feature, load, write_sequence
from hanse.ngsild import FeatureMapping, LossKind, restore_losses, to_entity, to_feature

if TYPE_CHECKING:
    from pathlib import Path

Json = Any
MAPPING = FeatureMapping("urn:hanse:test.example:dataset:city", assumed_vertical="NAP")
NAMES = {
    "rotterdam_3-20-DELFSHAVEN.city.json": {"Building": 853},
    "denhaag_01.city.json": {"Building": 844, "BuildingPart": 1653, "TINRelief": 1},
    "3dbag_tile_901_trimmed.city.jsonl": {"Building": 52, "BuildingPart": 52},
    "denhaag_random_5.city.jsonl": {"Building": 5, "BuildingPart": 12},
}


def _shapes(feature: Feature) -> Json:
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


@pytest.mark.parametrize("name", NAMES)
def test_a_city_comes_back_as_it_was(shared_data: Path, name: str) -> None:
    before = load((shared_data / "data" / "cityjson" / name).read_bytes()).features
    entities = []
    for number, feature in enumerate(before):
        mapped = to_entity(feature, f"urn:hanse:test.example:building:{number}", MAPPING)
        assert {loss.kind for loss in mapped.losses} <= {LossKind.DEFAULTED, LossKind.DROPPED}
        dropped = [loss.path for loss in mapped.losses if loss.kind is LossKind.DROPPED]
        assert {path.rsplit("/", 1)[1] for path in dropped} <= {"texture", "material"}
        assert [loss.path for loss in restore_losses(mapped.entity)] == ["/dataset"]
        entities.append(json.dumps(mapped.entity))
    written = b"".join(write_sequence(to_feature(json.loads(entity)) for entity in entities))
    reading = load(written)
    assert reading.refused == ()
    assert Counter(held.type for feature in reading.features for held in feature.objects.values()) == NAMES[name]
    for feature, back in zip(before, reading.features, strict=True):
        assert list(back.objects) == list(feature.objects)
        for held, held_back in zip(feature.objects.values(), back.objects.values(), strict=True):
            assert (held_back.type, held_back.attributes) == (held.type, held.attributes)
            assert (held_back.parents, held_back.children) == (held.parents, held.children)
            assert held_back.other.get("address") == held.other.get("address")
        for (*told, places), (*told_back, places_back) in zip(_shapes(feature), _shapes(back), strict=True):
            assert told_back == told
            assert np.abs(places_back - places).max() <= min(feature.transform.scale) / 2
