# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Names and IRIs against a second implementation, and against themselves; contexts made of rubbish."""

from __future__ import annotations

import contextlib
from typing import Any

from contexts_at_hand import STORED, Shelf, renaming
from hypothesis import example, given
from hypothesis import strategies as st
from pyld import jsonld

from hanse.jsonld import CORE_TERMS, Context, ContextError, Contexts, Renaming, core_document

Json = Any
IRIS = st.sampled_from(
    [
        "https://a.example/",
        "https://a.example/x",
        "https://a.example/x/y",
        "https://a.example/x#",
        "https://b.example/terms#",
        "https://b.example/terms#z",
        "https://uri.etsi.org/ngsi-ld/default-context/z",
        "https://uri.etsi.org/ngsi-ld/default-context/x",
        "https://uri.etsi.org/ngsi-ld/other",
        "https://uri.etsi.org/ngsi-ld/hasValue",
        "urn:x:y",
    ]
)
TERMS = st.sampled_from(["x", "y", "z", "xx", "long", "value", "title", "name"])
PLAIN_CONTEXTS = st.dictionaries(TERMS, IRIS, max_size=6)
NAMES = st.one_of(TERMS, IRIS, st.builds(lambda prefix, rest: f"{prefix}:{rest}", TERMS, st.sampled_from(["a", "x/y"])))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | IRIS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6) | TERMS, inner, max_size=4),
    max_leaves=12,
)
KEYWORDS = st.sampled_from(
    [
        "@id",
        "@type",
        "@container",
        "@vocab",
        "@base",
        "@language",
        "@reverse",
        "@prefix",
        "@protected",
        "@version",
        "@nest",
    ]
)
NEARLY = st.dictionaries(
    TERMS | KEYWORDS,
    st.none()
    | IRIS
    | KEYWORDS
    | st.booleans()
    | st.dictionaries(KEYWORDS, IRIS | KEYWORDS | st.booleans(), max_size=4),
    max_size=5,
)


def _core() -> dict[str, Json]:
    return {**core_document()["@context"], "ngsildproof": "ngsi-ld:ngsildproof"}  # its scoped one lies on the network


def _processed(local: Json) -> Context:
    return Contexts(Shelf()).get(local)


@given(PLAIN_CONTEXTS, NAMES)
def test_names_expand_as_pyld_expands_them(local: dict[str, str], name: str) -> None:
    expanded = jsonld.expand({"@context": [local, _core()], name: {"@value": 1}})
    assert [_processed(local).expand(name)] == [key for node in expanded for key in node]


@given(PLAIN_CONTEXTS, IRIS)
def test_iris_compact_as_pyld_compacts_them(local: dict[str, str], iri: str) -> None:
    context = _processed(local)
    compacted = jsonld.compact([{iri: [{"@value": 1}]}], {"@context": [local, _core()]}, {"skipExpansion": True})
    found = [name for name in compacted if name != "@context"]
    if iri not in {term.iri for term in CORE_TERMS.values()}:  # PyLD looks at the core's coercions too
        assert found == [context.compact(iri)]


@given(PLAIN_CONTEXTS, IRIS)
def test_what_compacts_expands_again(local: dict[str, str], iri: str) -> None:
    context = _processed(local)
    assert context.expand(context.compact(iri)) == iri


@given(PLAIN_CONTEXTS, NAMES)
def test_names_come_back_from_the_store(local: dict[str, str], name: str) -> None:
    context = _processed(local)
    names = Renaming(context, STORED)
    stored = names.inward(name)
    if not stored.startswith("@"):
        assert context.expand(names.outward(stored)) == context.expand(name)
        assert names.unchanged_by([stored]) == (names.outward(stored) == stored)


@example({"@language": None})
@given(JSON | NEARLY | st.lists(NEARLY, max_size=3))
def test_rubbish_is_refused_in_words(local: Json) -> None:
    with contextlib.suppress(ContextError):
        assert _processed(local).expand("x")


@given(st.text(max_size=20))
def test_any_text_has_a_name_and_comes_back(name: str) -> None:
    names = renaming()
    stored = names.inward(name)
    assert stored.startswith("@") or names.context.expand(names.outward(stored)) == names.context.expand(name)
