# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What must hold of any query: it is read back as written, and a store that narrows by its index loses nothing."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import cql2
import query_trees as trees
from hypothesis import assume, given
from hypothesis import strategies as st

from hanse import query
from hanse.query import QueryError, model
from hanse.query.relations import Span, temporal

FUNCTIONS = {"f": lambda value: value}
Entity = dict[str, Any]


@given(trees.q_trees)
def test_q_is_read_back_as_it_was_written(tree: model.Predicate) -> None:
    assert query.parse_q(query.to_q(tree)) == tree


@given(trees.cql2_trees)
def test_cql2_json_is_read_back_as_it_was_written(tree: model.Predicate) -> None:
    document = query.to_cql2_json(tree)
    assert query.parse_cql2_json(document) == tree
    assert query.parse_cql2_json(json.dumps(document)) == tree


@given(trees.cql2_trees)
def test_cql2_text_is_read_back_as_it_was_written(tree: model.Predicate) -> None:
    assert query.parse_cql2_text(query.to_cql2_text(tree)) == tree


@given(trees.cql2_trees)
def test_another_reader_of_cql2_text_reads_the_same(tree: model.Predicate) -> None:
    text = query.to_cql2_text(tree)
    assume("()" not in text)  # an array of nothing: in the standard's grammar, not in theirs
    assume(text.count("(") < 60)  # beyond that they take long
    theirs = _flat(cql2.parse_text(text).to_json())
    assert query.parse_cql2_json(theirs) == query.parse_cql2_json(
        _flat(query.to_cql2_json(query.parse_cql2_text(text)))
    )


@given(trees.trees, trees.entities())
def test_narrowing_loses_no_entity_and_residual_and_index_decide(tree: model.Predicate, entity: Entity) -> None:
    halves = query.split(tree)
    whole = query.matches(tree, entity, functions=FUNCTIONS, linked=_world(entity))
    admitted = all(query.admits(term, entity) for term in halves.index)
    assert admitted or not whole
    rest = halves.residual is None or query.matches(halves.residual, entity, functions=FUNCTIONS, linked=_world(entity))
    assert whole == (admitted and rest)


@given(trees.trees, trees.entities())
def test_not_of_not_and_de_morgan_hold(tree: model.Predicate, entity: Entity) -> None:
    def holds(predicate: model.Predicate) -> bool:
        return query.matches(predicate, entity, functions=FUNCTIONS, linked=_world(entity))

    assert holds(model.Not(model.Not(tree))) == holds(tree)
    assert not (holds(tree) and holds(model.Not(tree)))
    both = (tree, model.Not(tree))
    assert not holds(model.And(both))
    assert holds(model.Not(model.And(both))) == holds(model.Or((model.Not(tree), tree)))


moments = st.integers(0, 4)
spans = st.tuples(moments, moments).filter(lambda ends: ends[0] < ends[1]).map(lambda ends: Span(*map(float, ends)))
ALLEN = sorted(model.TEMPORAL - {"t_disjoint", "t_intersects"})


@given(spans, spans)
def test_of_allen_s_thirteen_relations_one_holds(one: Span, other: Span) -> None:
    assert len(ALLEN) == 13
    assert sum(temporal(relation, one, other) for relation in ALLEN) == 1
    apart = {"t_after", "t_before"}
    assert temporal("t_disjoint", one, other) == any(temporal(relation, one, other) for relation in apart)
    assert temporal("t_intersects", one, other) != temporal("t_disjoint", one, other)


GARBAGE = (
    st.text()
    | st.text(alphabet="ab01.,;|()[]{}<>=!~\"'\\/#+-*^%: TZ$@\x00é")
    | st.lists(
        st.sampled_from(
            [
                "a",
                "(",
                ")",
                " AND ",
                " OR ",
                "NOT ",
                "=",
                "==",
                "'",
                '"',
                "1",
                "..",
                "DATE(",
                "POINT",
                "(1 2)",
                "CASEI(",
                " LIKE ",
                "IN",
                "{",
                "}",
                "[",
                "]",
                "2020-01-01",
                "T00:00:00Z",
                "-",
                ",",
                "BBOX(",
                "INTERVAL(",
                "POLYGON((",
                "~=",
                "\\",
                "true",
                "urn:x",
                "99999999999",
            ]
        )
    ).map("".join)
)
LIMITS = query.Limits(length=400, depth=12, terms=50)


@given(GARBAGE)
def test_garbage_is_refused_in_words_or_read(text: str) -> None:
    readers = (
        lambda: query.parse_q(text, limits=LIMITS, expand_values={"a"}),
        lambda: query.parse_scope_q(text, limits=LIMITS),
        lambda: query.parse_types(text, limits=LIMITS),
        lambda: query.parse_ids(text, limits=LIMITS),
        lambda: query.parse_id_pattern(text, limits=LIMITS),
        lambda: query.parse_order(text, limits=LIMITS, origin="[8,40]"),
        lambda: query.parse_cql2_text(text, limits=LIMITS),
        lambda: query.parse_cql2_json(text, limits=LIMITS),
        lambda: query.parse_geo(text, "Point", "[8,40]", limits=LIMITS),
        lambda: query.parse_geo("within", text, "[8,40]", limits=LIMITS),
        lambda: query.parse_geo("within", "Polygon", text, limits=LIMITS),
        lambda: query.parse_geo("within", "Point", "[8,40]", text, limits=LIMITS),
        lambda: query.parse_temporal(text, "2020-01-01T00:00:00Z"),
        lambda: query.parse_temporal("between", "2020-01-01T00:00:00Z", text),
        lambda: query.parse_temporal("before", "2020-01-01T00:00:00Z", timeproperty=text),
    )
    for read in readers:
        with contextlib.suppress(QueryError):
            read()


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text() | st.sampled_from(["a", ".."]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["op", "args", "property", "date", "timestamp", "interval", "bbox", "type", "coordinates", "geometries"]
            ),
            inner
            | st.sampled_from(
                ["and", "=", "like", "in", "isNull", "between", "s_within", "Point", "Polygon", "GeometryCollection"]
            ),
        )
        | st.fixed_dictionaries(
            {
                "op": st.sampled_from(["and", "not", "=", "like", "in", "isNull", "t_after", "a_equals", "f", "+"]),
                "args": st.lists(inner, max_size=3),
            }
        )
    ),
    max_leaves=12,
)


@given(JSON, trees.entities())
def test_any_json_is_refused_in_words_or_decides(document: object, entity: Entity) -> None:
    with contextlib.suppress(QueryError):
        assert query.matches(query.parse_cql2_json(document), entity) in {True, False}


def _world(entity: Entity) -> Any:
    return lambda uri: {**entity, "id": uri} if uri != "urn:x:2" else None


def _flat(document: Any) -> Any:
    """CQL2 JSON with what parentheses alone say taken out: AND in AND, an array of one."""
    if isinstance(document, list):
        return [_flat(each) for each in document]
    if not isinstance(document, dict):
        return document
    document = {key: _flat(value) for key, value in document.items()}
    if str(document.get("op")).startswith("a_"):  # an array of one is a group to them
        document["args"] = [
            arg if isinstance(arg, list) or {"property", "op"} & set(arg) else [arg]
            for arg in map(_listed, document["args"])
        ]
    if document.get("op") in {"and", "or"}:
        inner = document["args"]
        same = [isinstance(arg, dict) and arg.get("op") == document["op"] for arg in inner]
        document["args"] = [
            leaf for arg, joined in zip(inner, same, strict=True) for leaf in (arg["args"] if joined else [arg])
        ]
    return document


def _listed(arg: Any) -> Any:
    return arg if isinstance(arg, list | dict) else [arg]
