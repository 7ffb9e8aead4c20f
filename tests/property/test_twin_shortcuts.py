# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What is decided at a glance on the way in is what the rules decide, and what queries read is what is indexed."""

from __future__ import annotations

import json
import math
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from hanse.contracts.parsing import DocumentError, Limits, parse
from hanse.ngsild import validate_entity
from hanse.query.splitting import scalars
from hanse.twin import rows
from hanse.twin.model import INDEXED_TEXT

Json = Any
NAMES = st.sampled_from(["speed", "urn:x:y", "1st", "", "a b", "id2", "value", "object"])
PLAIN = st.one_of(
    st.text(max_size=3), st.integers(), st.booleans(), st.none(), st.floats(), st.lists(st.integers(), max_size=2)
)
TIMES = st.sampled_from(["2026-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "yesterday", 5])
ATTRIBUTES = st.fixed_dictionaries(
    {"type": st.sampled_from(["Property", "Relationship", "GeoProperty", "VocabProperty", 3])},
    optional={
        "value": PLAIN | st.just({"type": "Point", "coordinates": [4.4, 51.9]}),
        "object": PLAIN | st.sampled_from(["urn:x:1", "no uri", ["urn:x:1"], "urn:" + "y" * 2_500]),
        "vocab": PLAIN,
        "observedAt": TIMES,
        "unitCode": st.sampled_from(["CEL", "", 7]),
        "datasetId": st.sampled_from(["urn:d:1", "no uri"]),
        "sub": st.fixed_dictionaries({"type": st.just("Property")}, optional={"value": st.just(1)}),
    },
)
ATTRIBUTE = ATTRIBUTES | st.lists(ATTRIBUTES, max_size=2) | PLAIN


@given(NAMES, ATTRIBUTE)
@example("speed", {"type": "Property", "value": 1, "unitCode": "CEL", "observedAt": "2026-01-01T00:00:00Z"})
@example("speed", {"type": "Property", "value": math.inf})
@example("speed", {"type": "Relationship", "object": "urn:x:1"})
@example("speed", {"type": "Property", "value": 1, "object": "urn:x:1"})
def test_what_a_glance_lets_pass_breaks_no_rule(name: str, attribute: Json) -> None:
    """The rules see the same attribute when it is listed as an instance, where nothing is decided at a glance."""
    alone = validate_entity({"id": "urn:x:1", "type": "T", name: attribute})
    if isinstance(attribute, dict) and name not in ("", "id2"):
        listed = validate_entity({"id": "urn:x:1", "type": "T", name: [attribute]})
        assert [one.reason for one in alone] == [one.reason for one in listed]


@given(ATTRIBUTE)
@example({"type": "Relationship", "object": "urn:" + "y" * 2_000})
@example({"type": "Property", "value": "y" * 2_000})
@example({"type": "GeoProperty", "value": {"type": "Point", "coordinates": [4.4, 51.9]}})
def test_indexed_is_what_queries_read(attribute: Json) -> None:
    entity = {"id": "urn:x:1", "type": "T", "speed": attribute}
    if validate_entity(entity):
        return
    read = dict.fromkeys(
        value[:INDEXED_TEXT] if isinstance(value, str) else value for value, _ in scalars(entity, "speed")
    )
    found = rows.row(entity, "EPSG:28992").scalars
    assert [value for name, value in found if name == "speed"] == (list(read) or [None])


@given(st.text(alphabet='[]{},"\\a1:', max_size=40), st.integers(1, 6), st.integers(0, 8))
def test_limits_hold_whatever_is_looked_at(text: str, depth: int, values: int) -> None:
    """A document that is taken is within the limits, counted on what was read; brackets in texts do not count."""
    try:
        read = parse(text.encode(), Limits(max_depth=depth, max_values=values))
    except DocumentError:
        return
    assert read == json.loads(text)
    assert _depth(read) <= depth
    assert _values(read) <= values + 1


def _depth(value: Json) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


def _values(value: Json) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return sum(1 + _values(each) for each in inner)


def test_every_time_that_is_remembered_is_judged() -> None:
    """A wrong time stays wrong however often it is asked about."""
    entity = {"id": "urn:x:1", "type": "T", "a": {"type": "Property", "value": 1, "observedAt": "2026-02-30T00:00:00Z"}}
    assert [len(validate_entity(entity)) for _ in range(3)] == [1, 1, 1]
