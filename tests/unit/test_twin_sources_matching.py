# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Registrations of context sources: what is taken, and which a request finds (CIM 009 clauses 5.2.9, 5.10.2, 5.12)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from contexts_at_hand import renaming
from hypothesis import given
from hypothesis import strategies as st

from hanse import query as languages
from hanse.ngsild import BadRequestDataError
from hanse.twin.registrations import documents, operations
from hanse.twin.registrations.describing import described
from hanse.twin.registrations.matching import Wanted, expired, in_time, matching
from hanse.twin.subscriptions.members import Scope

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HARBOUR = [[[4.40, 51.88], [4.50, 51.88], [4.50, 51.93], [4.40, 51.93], [4.40, 51.88]]]


def taken(**members: Any) -> dict[str, Any]:
    document = {
        "id": "urn:ngsi-ld:ContextSourceRegistration:a",
        "type": "ContextSourceRegistration",
        "information": [{"entities": [{"type": "Lamp"}]}],
        "endpoint": "https://source.example",
        **members,
    }
    return documents.taken(document, Scope(renaming(), NOW))


@pytest.mark.parametrize(
    "wrong",
    [
        {"refreshRate": "often"},
        {"management": {"cacheDuration": "5 minutes"}},
        {"management": {"timeout": 0}},
        {"datasetId": ["no uri"]},
        {"contextSourceInfo": [{"key": "accept", "value": "text/html"}]},
        {"contextSourceInfo": [{"key": "ngsildConformance", "value": "latest"}]},
        {"contextSourceInfo": [{"key": "jsonldContext", "value": "file:///etc/passwd"}]},
        {"mode": "auxiliary", "operations": ["federationOps"]},
        {"mode": "auxiliary", "operations": ["queryEntity", "createEntity"]},
        {"observationInterval": {"endAt": "2026-01-01T00:00:00Z"}},
        {"expiresAt": "2026-11-23T12:00:00Z"},
    ],
)
def test_what_is_against_the_clause_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadRequestDataError):
        taken(**wrong)


def test_every_member_of_the_clause_is_kept() -> None:
    given_members = {
        "contextSourceAlias": "lamps",
        "contextSourceInfo": [
            {"key": "accept", "value": "application/ld+json"},
            {"key": "ngsildConformance", "value": "1.5"},
            {"key": "X-Key", "value": "k"},
        ],
        "datasetId": ["urn:x:survey", "@none"],
        "description": "street lamps",
        "expiresAt": "2027-01-01T00:00:00Z",
        "location": {"type": "Polygon", "coordinates": HARBOUR},
        "management": {"localOnly": True, "cacheDuration": "PT5M", "timeout": 500, "cooldown": 1000},
        "mode": "auxiliary",
        "operations": ["retrieveOps"],
        "refreshRate": "PT1H",
        "registrationName": "lamps",
        "scope": "/harbour",
        "tenant": "lighting",
    }
    kept = taken(**given_members)
    assert {name: kept[name] for name in given_members} == given_members


def test_groups_of_operations_are_those_of_the_table() -> None:
    federation, association = (operations.GROUPS[name] for name in ("federationOps", "associationOps"))
    assert federation - association == {
        "retrieveEntityMap", "updateEntityMap", "deleteEntityMap", "createEntityMapQueryEntity",
    }  # fmt: skip
    assert "retrieveContextSourceIdentity" in association & operations.GROUPS["redirectionOps"]
    assert operations.expanded(["updateOps"]) == {"updateEntity", "updateAttrs", "replaceEntity", "replaceAttrs"}


@pytest.mark.parametrize(
    ("georel", "geometry", "coordinates", "found"),
    [
        ("within", "Polygon", [[[4.45, 51.90], [4.60, 51.90], [4.60, 52.0], [4.45, 52.0], [4.45, 51.90]]], True),
        ("within", "Polygon", [[[4.60, 51.90], [4.70, 51.90], [4.70, 52.0], [4.60, 52.0], [4.60, 51.90]]], False),
        ("equals", "Point", [4.45, 51.90], True),
        ("equals", "Point", [4.55, 51.90], False),
        ("disjoint", "Point", [4.45, 51.90], True),
        ("disjoint", "Polygon", [[[4.0, 51.0], [5.0, 51.0], [5.0, 52.0], [4.0, 52.0], [4.0, 51.0]]], False),
        ("near;maxDistance==100", "Point", [4.45, 51.90], True),
        ("near;maxDistance==100", "Point", [4.55, 51.90], False),
        ("near;minDistance==3000", "Point", [4.45, 51.90], True),  # from its middle the corners are 4 km away
        ("near;minDistance==9000", "Point", [4.45, 51.90], False),
    ],
)
def test_an_area_answers_what_a_place_in_it_might(georel: str, geometry: str, coordinates: Any, *, found: bool) -> None:
    place = languages.parse_geo(georel, geometry, coordinates)
    assert described(taken(location={"type": "Polygon", "coordinates": HARBOUR}), [], place) is found


@given(st.floats(4.41, 4.49), st.floats(51.89, 51.92), st.floats(0.001, 0.2))
def test_a_place_in_an_area_is_never_missed(longitude: float, latitude: float, half: float) -> None:
    """Whatever a lamp in the harbour answers, the harbour's registration answers, too."""
    west, east, south, north = longitude - half, longitude + half / 3, latitude - half, latitude + half / 3
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    lamp = {"id": "urn:x:1", "type": "Lamp"}
    lamp["location"] = {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [longitude, latitude]}}  # type: ignore[assignment]
    harbour = taken(location={"type": "Polygon", "coordinates": HARBOUR})
    for georel in ("within", "intersects", "disjoint", "near;maxDistance==500", "near;minDistance==500"):
        place = languages.parse_geo(georel, "Polygon", [ring])
        assert described(harbour, [], place) or not languages.matches(place, lamp), georel


def test_sources_are_filtered_by_what_describes_them() -> None:
    kept = taken(contextSourceAlias="lamps", owner="Marewijk", quality={"type": "Property", "value": 4}, scope="/a/b")
    for text, holds in (
        ('owner=="Marewijk"', True),
        ('owner=="Lindemond"', False),
        ("quality>3", True),
        ('contextSourceAlias=="lamps"', True),
        ("information", False),
    ):
        assert described(kept, [languages.parse_q(text, renaming().inward)], None) is holds, text
    assert described(kept, [languages.parse_scope_q("/a/#")], None)


def test_datasets_in_common_are_needed_where_both_name_some() -> None:
    one = frozenset({"urn:x:one"})
    assert matching(taken(), Wanted(datasets=one))
    assert matching(taken(datasetId=["urn:x:one", "@none"]), Wanted(datasets=one))
    assert matching(taken(datasetId=["urn:x:two"]), Wanted())
    assert not matching(taken(datasetId=["urn:x:two"]), Wanted(datasets=one))


@pytest.mark.parametrize(
    ("relation", "time_at", "end", "found"),
    [
        ("before", "2026-01-01T00:00:00Z", None, True),  # an endpoint counts
        ("before", "2025-12-31T00:00:00Z", None, False),
        ("after", "2026-02-01T00:00:00Z", None, True),
        ("after", "2026-02-02T00:00:00Z", None, False),
        ("between", "2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z", True),
        ("between", "2025-01-01T00:00:00Z", "2025-06-01T00:00:00Z", False),
    ],
)
def test_intervals_are_of_one_temporal_property(relation: str, time_at: str, end: str | None, *, found: bool) -> None:
    kept = taken(observationInterval={"startAt": "2026-01-01T00:00:00Z", "endAt": "2026-02-01T00:00:00Z"})
    assert in_time(kept, languages.parse_temporal(relation, time_at, end, "observedAt")) is found
    assert not in_time(kept, languages.parse_temporal(relation, time_at, end, "modifiedAt"))
    assert not in_time(kept, None)
    assert in_time(taken(), None)


def test_a_registration_ends_at_its_moment() -> None:
    kept = taken(expiresAt="2026-11-23T12:00:01Z")
    assert not expired(kept, NOW)
    assert expired(kept, NOW.replace(second=1))


def test_names_of_the_entity_itself_are_told_apart() -> None:
    tree = languages.parse_q('a.b==1;(c[d]=="x"|e)')
    assert languages.subjects(tree) == {"a", "c", "e"}
