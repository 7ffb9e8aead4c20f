# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities read and written together with other sources: merged, told of when in part, never in a loop."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cities import Processes
from edge_world import Edge
from endpoints import Endpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = "/csourceRegistrations"


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory, store: str) -> Iterator[Edge]:
    with Processes() as processes:
        started = Edge.start(processes, tmp_path_factory.mktemp("city"), store, networks=["127.0.0.0/8"])
        yield started
        assert "defect" not in started.part.output(), started.part.output()


def value(content: Any, **more: Any) -> dict[str, Any]:
    return {"type": "Property", "value": content, **more}


def lamp(name: str, **attributes: Any) -> dict[str, Any]:
    return {"id": f"urn:ngsi-ld:Lamp:{name}", "type": "Lamp", **attributes}


def register(edge: Edge, endpoint: Endpoint, entity: str, **members: Any) -> str:
    information = {"entities": [{"id": entity, "type": "Lamp"}], **members.pop("information", {})}
    document = {"type": "ContextSourceRegistration", "information": [information], "endpoint": endpoint.url, **members}
    made = edge.call("POST", SOURCES, document)
    assert made.status == 201, made.body
    return str(made.headers["Location"])


def test_the_newest_of_each_instance_is_answered(edge: Edge) -> None:
    here = lamp("merged", power=value(1, observedAt="2026-01-01T00:00:00Z"), colour=value("red"))
    there = lamp("merged", power=value(2, observedAt="2026-02-01T00:00:00Z"), height=value(3))
    assert edge.call("POST", "/entities", here).status == 201
    with Endpoint(answer=json.dumps(there).encode(), headers={"Content-Type": "application/json"}) as source:
        register(edge, source, here["id"])
        found = edge.call("GET", f"/entities/{here['id']}").json
        sent = source.next()
        assert sent.headers["via"].endswith("marewijk.example")
        assert (found["power"]["value"], found["colour"]["value"], found["height"]["value"]) == (2, "red", 3)
        local = edge.call("GET", f"/entities/{here['id']}?local=true").json
        assert "height" not in local


def test_an_auxiliary_source_fills_gaps_only(edge: Edge) -> None:
    here = lamp("aux", power=value(1))
    there = lamp("aux", power=value(2, observedAt="2026-02-01T00:00:00Z"), height=value(3))
    assert edge.call("POST", "/entities", here).status == 201
    with Endpoint(answer=json.dumps(there).encode()) as source:
        register(edge, source, here["id"], mode="auxiliary")
        found = edge.call("GET", f"/entities/{here['id']}").json
    assert (found["power"]["value"], found["height"]["value"]) == (1, 3)


@pytest.mark.parametrize("answer", [b"no json", b"[1]", b'{"id":1}', b"[" * 100_000])
def test_a_source_that_answers_badly_is_told_of(edge: Edge, answer: bytes) -> None:
    here = lamp(f"bad{len(answer)}", power=value(1))
    assert edge.call("POST", "/entities", here).status == 201
    with Endpoint(answer=answer) as source:
        register(edge, source, here["id"])
        found = edge.call("GET", f"/entities/{here['id']}")
    assert found.status == 200
    assert found.json["power"]["value"] == 1
    assert found.headers["NGSILD-Warning"].startswith("111 marewijk.example")


def test_a_source_that_hangs_is_waited_for_no_longer_than_it_is_given(edge: Edge) -> None:
    here = lamp("hangs", power=value(1))
    assert edge.call("POST", "/entities", here).status == 201
    with Endpoint(hangs=True) as source:
        register(edge, source, here["id"], management={"timeout": 100})
        for _ in range(3):
            found = edge.call("GET", f"/entities/{here['id']}")
            assert (found.status, found.json["power"]["value"]) == (200, 1)
            assert "no answer" in found.headers["NGSILD-Warning"]
            source.next()
        rested = edge.call("GET", f"/entities/{here['id']}")
        assert "not called again" in rested.headers["NGSILD-Warning"]
        assert source.came.empty()


def test_what_is_one_source_s_alone_is_written_there_only(edge: Edge) -> None:
    new = lamp("alone", power=value(1), colour=value("red"))
    with Endpoint(status=201) as source:
        register(
            edge,
            source,
            new["id"],
            mode="exclusive",
            operations=["redirectionOps"],
            information={"propertyNames": ["power"]},
        )
        assert edge.call("POST", "/entities", new).status == 201
        sent = source.next()
    assert (sent.method, sent.path) == ("POST", "/ngsi-ld/v1/entities")
    assert set(sent.json) == {"id", "type", "power"}
    assert "power" not in edge.call("GET", f"/entities/{new['id']}?local=true").json
    second = {"entities": [{"id": new["id"], "type": "Lamp"}], "propertyNames": ["power"]}
    document = {
        "type": "ContextSourceRegistration",
        "information": [second],
        "endpoint": "http://example.org",
        "mode": "exclusive",
    }
    assert edge.call("POST", SOURCES, document).error == (409, "Conflict")


def test_what_was_done_in_part_is_told(edge: Edge) -> None:
    new = lamp("partly", power=value(1))
    with Endpoint(status=500) as source:
        register(edge, source, new["id"], operations=["createEntity"])
        made = edge.call("POST", "/entities", new)
    assert made.status == 207
    assert made.json["success"] == [new["id"]]
    assert made.json["errors"][0]["registrationId"].startswith("urn:ngsi-ld:ContextSourceRegistration:")


def test_a_loop_is_refused(edge: Edge) -> None:
    new = lamp("loop", power=value(1))
    with Endpoint(status=201) as source:
        register(edge, source, new["id"], operations=["createEntity"])
        answer = edge.call("POST", "/entities", new, Via="1.1 other, 1.1 marewijk.example")
        assert answer.status == 508
        assert source.came.empty()


def test_registrations_against_the_clause_are_refused(edge: Edge) -> None:
    for wrong in (
        {"information": []},
        {"information": [{}]},
        {"endpoint": "ftp://example.org"},
        {"endpoint": "http://user:secret@example.org"},
        {"mode": "exclusive", "information": [{"entities": [{"type": "Lamp"}]}]},
        {"operations": ["everything"]},
        {"expiresAt": "2020-01-01T00:00:00Z"},
    ):
        document = {
            "type": "ContextSourceRegistration",
            "information": [{"entities": [{"type": "Lamp"}]}],
            "endpoint": "http://example.org",
            **wrong,
        }
        assert edge.call("POST", SOURCES, document).error == (400, "BadRequestData"), wrong
