# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Contexts: what names stand for, the core above all, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from contexts_at_hand import STORED, TWIN, VEHICLES, Shelf, renaming

from hanse.jsonld import (
    CORE,
    CORE_URL,
    DEFAULT_VOCABULARY,
    ContextError,
    ContextFault,
    Contexts,
    Limits,
    core_document,
    is_core_url,
)

Json = Any
NGSI = "https://uri.etsi.org/ngsi-ld/"


def test_the_core_document_is_the_published_one(shared_data: Path) -> None:
    published = json.loads((shared_data / "suites/ngsi-ld-contexts/ngsi-ld-core-context-v1.9.jsonld").read_text())
    assert core_document() == published


@pytest.mark.parametrize(
    ("url", "is_core"),
    [
        (CORE_URL, True),
        ("https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context.jsonld", True),
        ("http://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.3.jsonld", True),
        ("https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.1.jsonld", True),
        ("https://uri.etsi.org.example/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld", False),
        ("https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-non-existing.jsonld", False),
    ],
)
def test_every_version_of_the_core_is_known(url: str, *, is_core: bool) -> None:
    assert is_core_url(url) is is_core


@pytest.mark.parametrize(
    ("name", "iri"),
    [
        ("speed", DEFAULT_VOCABULARY + "speed"),
        ("value", NGSI + "hasValue"),
        ("id", "@id"),
        ("type", "@type"),
        ("ngsi-ld:Property", NGSI + "Property"),
        ("unknown:speed", "unknown:speed"),
        ("https://example.org/speed", "https://example.org/speed"),
        ("geojson://x", "geojson://x"),
    ],
)
def test_names_without_a_users_context(name: str, iri: str) -> None:
    assert CORE.expand(name) == iri


def test_a_users_terms_and_prefixes() -> None:
    context = Contexts(Shelf()).get([VEHICLES, CORE_URL])
    assert context.expand("speed") == "https://example.org/terms#speed"
    assert context.expand("ex:length") == "https://example.org/terms#length"
    assert context.compact("https://example.org/terms#speed") == "speed"
    assert context.compact("https://example.org/terms#length") == "ex:length"
    assert context.compact("https://elsewhere.example/length") == "https://elsewhere.example/length"
    assert (context.coercion("isParked"), context.coercion("speed"), context.coercion("none")) == ("@id", None, None)


def test_the_core_wins_wherever_it_stands() -> None:
    for local in (VEHICLES, [CORE_URL, VEHICLES], [VEHICLES, CORE_URL]):
        context = Contexts(Shelf()).get(local)
        assert context.expand("value") == NGSI + "hasValue"
        assert context.compact("https://example.org/not-the-core") == "https://example.org/not-the-core"


def test_a_users_vocabulary_defines_terms_but_not_the_default() -> None:
    context = Contexts(Shelf()).get({"@vocab": "https://example.org/", "length": {"@type": "@id"}})
    assert context.expand("length") == "https://example.org/length"
    assert context.expand("height") == DEFAULT_VOCABULARY + "height"


def test_null_forgets_what_came_before() -> None:
    context = Contexts(Shelf()).get([VEHICLES, None, {"width": "https://example.org/width"}])
    assert context.expand("speed") == DEFAULT_VOCABULARY + "speed"
    assert context.expand("width") == "https://example.org/width"


def test_of_two_terms_the_shorter_and_then_the_earlier_is_written() -> None:
    context = Contexts(Shelf()).get(dict.fromkeys(("bb", "aa", "ccc"), "https://example.org/x"))
    assert context.compact("https://example.org/x") == "aa"


def test_unprotected_contexts_may_say_so() -> None:
    assert Contexts(Shelf()).get({"@protected": False, "a": "https://example.org/a"}).expand("a")


@pytest.mark.parametrize(
    ("local", "fault"),
    [
        ("https://example.org/absent.jsonld", ContextFault.UNAVAILABLE),
        ("https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-non-existing.jsonld", ContextFault.UNAVAILABLE),
        ("relative.jsonld", ContextFault.INVALID),
        ("file:///etc/passwd", ContextFault.INVALID),
        (5, ContextFault.INVALID),
        ([[True]], ContextFault.INVALID),
        ({"a": 5}, ContextFault.INVALID),
        ({"a": {"@id": 5}}, ContextFault.INVALID),
        ({"a": "b", "b": "a"}, ContextFault.INVALID),
        ({"@import": "https://example.org/x"}, ContextFault.INVALID),
        ({"@version": 1.0}, ContextFault.INVALID),
        ({"@bogus": "x"}, ContextFault.INVALID),
        ({"a": {"@id": "@bogus"}}, ContextFault.INVALID),
        ({"a": {"@id": "https://x.example/a", "@bogus": 1}}, ContextFault.INVALID),
        ({"a": {"@id": "https://x.example/a", "@context": {"b": "https://x.example/b"}}}, ContextFault.INVALID),
        ({"": "https://x.example/a"}, ContextFault.INVALID),
        ({"a" * 3000: "https://x.example/a"}, ContextFault.TOO_LARGE),
        ({"a": "https://x.example/" + "a" * 3000}, ContextFault.TOO_LARGE),
        ({f"t{number}": "https://x.example/t" for number in range(10_001)}, ContextFault.TOO_LARGE),
        ([[[[[[[[[[{}]]]]]]]]]], ContextFault.TOO_LARGE),
    ],
)
def test_what_is_no_context_is_refused(local: Json, fault: ContextFault) -> None:
    with pytest.raises(ContextError) as refused:
        Contexts(Shelf()).get(local)
    assert refused.value.fault is fault


def test_a_context_that_includes_itself_is_refused() -> None:
    shelf = Shelf({"https://a.example/": {"@context": "https://b.example/"}})
    shelf.put("https://b.example/", {"@context": [{"x": "https://x.example/"}, "https://a.example/"]})
    with pytest.raises(ContextError) as refused:
        Contexts(shelf).get("https://a.example/")
    assert refused.value.fault is ContextFault.RECURSION
    assert refused.value.url == "https://a.example/"


def test_too_many_documents_are_refused() -> None:
    urls = [f"https://x.example/{number}" for number in range(5)]
    shelf = Shelf({url: {"@context": {}} for url in urls})
    assert Contexts(shelf, Limits(documents=5)).get(urls).key != "core"
    with pytest.raises(ContextError) as refused:
        Contexts(shelf, Limits(documents=4)).get(urls)
    assert refused.value.fault is ContextFault.TOO_LARGE


@pytest.mark.parametrize("document", [5, [], {"a": 1}, None])
def test_a_document_that_holds_no_context_is_refused(document: Json) -> None:
    with pytest.raises(ContextError) as refused:
        Contexts(Shelf({"https://x.example/": document})).get("https://x.example/")
    assert refused.value.fault is ContextFault.NOT_JSON


def test_only_trusted_contexts_may_have_scoped_ones() -> None:
    assert (
        Contexts(Shelf(), scoped=frozenset({TWIN})).get(TWIN).expand("groundHeight") == "urn:hanse:vocab:groundHeight"
    )
    with pytest.raises(ContextError, match="of its own"):
        Contexts(Shelf()).get(TWIN)


def test_contexts_are_processed_once_until_their_content_changes() -> None:
    shelf = Shelf()
    contexts = Contexts(shelf)
    first = contexts.get([VEHICLES])
    assert contexts.get([VEHICLES]) is first
    assert contexts.get([VEHICLES, CORE_URL]) is first  # the same content by another name
    shelf.put(VEHICLES, {"@context": {"speed": "https://example.org/velocity"}})
    assert contexts.get([VEHICLES]).expand("speed") == "https://example.org/velocity"


def test_at_most_so_many_contexts_are_kept() -> None:
    contexts = Contexts(Shelf(), Limits(kept=2))
    first = contexts.get({"a": "https://x.example/0"})
    for number in range(1, 4):
        contexts.get({"a": f"https://x.example/{number}"})
    assert contexts.get({"a": "https://x.example/0"}) is not first


@pytest.mark.parametrize(
    ("local", "name", "stored"),
    [
        (None, "speed", "speed"),
        (VEHICLES, "speed", "https://example.org/terms#speed"),
        (None, "urn:hanse:vocab:groundHeight", "groundHeight"),
        (TWIN, "groundHeight", "groundHeight"),
        (TWIN, "hanse:groundHeight", "groundHeight"),
        (TWIN, "hanse:other", "urn:hanse:vocab:other"),
        (None, "groundHeight", DEFAULT_VOCABULARY + "groundHeight"),  # the store means another by that name
        (None, "location", "location"),
        (None, "urn:hanse:vocab:dataset", "dataset"),
        (None, "type", "@type"),
    ],
)
def test_stored_names(local: Json, name: str, stored: str) -> None:
    assert renaming(local).inward(name) == stored


def test_stored_names_have_no_prefixes() -> None:
    assert STORED.name("http://purl.org/dc/terms/creator") == "http://purl.org/dc/terms/creator"
    assert STORED.iri("dcterms:creator") == "dcterms:creator"


def test_bytes_may_pass_where_names_stay() -> None:
    assert renaming().unchanged_by({"speed", "location", "Vehicle"})
    assert not renaming().unchanged_by({"speed", "groundHeight"})
    assert renaming(TWIN).unchanged_by({"speed", "groundHeight"})
    assert not renaming(VEHICLES).unchanged_by({"speed"})
