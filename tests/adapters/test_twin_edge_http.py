# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The edge as a process over mutual TLS: who may call, what HTTP asks for, and how bad requests are refused."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote

import pytest
from cities import Processes
from edge_world import NGSI, Edge
from twin_world import signed_token

from hanse.kernel import keys
from hanse.kernel.config import split_address

LD = "application/ld+json"
CORE = "https://uri.etsi.org/ngsi-ld/v1/ngsi-ld-core-context-v1.8.jsonld"


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory, store: str) -> Iterator[Edge]:
    with Processes() as processes:
        served = Edge.start(processes, tmp_path_factory.mktemp("city"), store, contexts=["http://localhost:1/"])
        yield served
        assert "defect" not in served.part.output(), served.part.output()
        assert "Traceback" not in served.part.output(), served.part.output()


def bench(local: str, /, **attributes: Any) -> dict[str, Any]:
    return {"id": f"urn:x:bench:{local}", "type": "Bench", **attributes}


def prop(value: Any) -> dict[str, Any]:
    return {"type": "Property", "value": value}


def place(*position: float) -> dict[str, Any]:
    return {"type": "GeoProperty", "value": {"type": "Point", "coordinates": list(position)}}


def test_without_a_certificate_of_the_city_nobody_gets_in(edge: Edge) -> None:
    host, port = split_address(edge.config.twin_edge.listen)
    stranger = ssl.create_default_context(cafile=str(edge.config.keys / keys.CA))
    connection = http.client.HTTPSConnection(host, port, timeout=10, context=stranger)
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
        connection.request("GET", "/health")
        connection.getresponse()
    connection.close()


def test_a_token_with_the_right_scope_is_needed(edge: Edge) -> None:
    assert edge.call("GET", "/entities?type=Bench", Authorization="").status == 401
    assert edge.call("GET", "/entities?type=Bench", Authorization="Bearer x.y.z").status == 401
    reader = f"Bearer {signed_token(edge.config, scope='twin:read')}"
    assert edge.call("GET", "/entities?type=Bench", Authorization=reader).status == 200
    refused = edge.call("POST", "/entities", bench("denied"), Authorization=reader)
    assert refused.status == 403
    assert refused.headers["Content-Type"] == "application/json"
    writer = f"Bearer {signed_token(edge.config, scope='twin:write')}"
    assert edge.call("GET", "/entities?type=Bench", Authorization=writer).status == 403
    assert edge.call("GET", "/health", Authorization="").json["status"] == "serving"


def test_an_entity_lives_and_its_id_may_come_again(edge: Edge) -> None:
    entity = bench("life", colour=prop("red"), location=place(4.48, 51.92, 3.5))
    made = edge.call("POST", "/entities", entity)
    assert (made.status, made.body) == (201, b"")
    assert made.headers["Location"] == f"{NGSI}/entities/{entity['id']}"
    assert edge.call("POST", "/entities", entity).error == (409, "AlreadyExists")
    found = edge.call("GET", f"/entities/{entity['id']}")
    assert found.json == entity
    assert 'rel="http://www.w3.org/ns/json-ld#context"' in found.headers["Link"]
    assert edge.call("GET", f"/entities/{entity['id']}", Accept=LD).json["@context"]
    assert edge.call("PATCH", f"/entities/{entity['id']}/attrs", {"colour": prop("blue")}).status == 204
    assert edge.call("GET", f"/entities/{entity['id']}?options=keyValues").json["colour"] == "blue"
    assert edge.call("DELETE", f"/entities/{entity['id']}").status == 204
    assert edge.call("GET", f"/entities/{entity['id']}").error == (404, "ResourceNotFound")
    assert edge.call("POST", "/entities", entity).status == 201


def test_pages_are_linked_and_counted(edge: Edge) -> None:
    some = [{"id": f"urn:x:page:{number:02}", "type": "Paged", "n": prop(number)} for number in range(7)]
    assert edge.call("POST", "/entityOperations/create", some).status == 201
    path, seen = "/entities?type=Paged&limit=3&count=true", []
    while path:
        page = edge.call("GET", path)
        assert page.headers["NGSILD-Results-Count"] == "7"
        seen += [each["id"] for each in page.json]
        links = [link for link in page.headers.get_all("Link") or [] if 'rel="next"' in link]
        path = links[0][1:].split(">")[0].removeprefix(NGSI) if links else ""
    assert seen == [each["id"] for each in some]
    assert edge.call("GET", "/entities?type=Paged&limit=0").error == (400, "BadRequestData")
    assert edge.call("GET", "/entities?type=Paged&limit=0&count=true").json == []
    assert edge.call("GET", "/entities?type=Paged&orderBy=n;desc&limit=1").json[0]["n"]["value"] == 6


def test_tenants_do_not_see_each_other(edge: Edge) -> None:
    entity = bench("tenant")
    assert edge.call("GET", f"/entities/{entity['id']}", NGSILD_Tenant="nobody").error == (404, "NonexistentTenant")
    assert edge.call("POST", "/entities", entity, NGSILD_Tenant="one").status == 201
    found = edge.call("GET", f"/entities/{entity['id']}", NGSILD_Tenant="one")
    assert (found.status, found.headers["NGSILD-Tenant"]) == (200, "one")
    assert edge.call("GET", f"/entities/{entity['id']}").status == 404
    assert edge.call("GET", f"/entities/{entity['id']}", NGSILD_Tenant="a/b").error == (400, "BadRequestData")


def test_head_and_options(edge: Edge) -> None:
    edge.call("POST", "/entities", bench("head"))
    head = edge.call("HEAD", "/entities/urn:x:bench:head")
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["Content-Length"]) > 0
    options = edge.call("OPTIONS", "/entities/urn:x:bench:head")
    assert options.status == 204
    assert {"GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"} == set(options.headers["Allow"].split(", "))


def test_what_http_itself_refuses(edge: Edge) -> None:
    refused = edge.call("PUT", "/entityOperations/create", [])
    assert (refused.status, refused.headers["Allow"]) == (405, "POST, OPTIONS")
    assert edge.call("GET", "/entities?type=X", Accept="text/html").status == 406
    assert edge.call("POST", "/entities", bench("t"), Content_Type="text/plain").status == 415
    assert edge.call("GET", "/entities?type=" + "x" * 20_000).status == 414
    assert edge.call("GET", "/nothing").error == (404, "ResourceNotFound")
    head = f"POST {NGSI}/entities HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {edge.token}\r\n"
    assert edge.raw(f"{head}Content-Type: application/json\r\n\r\n".encode()).startswith(b"HTTP/1.1 411")
    large = f"{head}Content-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n"
    assert edge.raw(large.encode()).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "InvalidRequest"),
        (b"{", "InvalidRequest"),
        (b"[]", "InvalidRequest"),
        (b'{"id": "urn:x:y:1", "id": "urn:x:y:2", "type": "T"}', "InvalidRequest"),
        (b'{"id": "urn:x:y:1", "type": "T", "n": {"type": "Property", "value": NaN}}', "InvalidRequest"),
        (b'{"id": "urn:x:y:1", "type": "T", "n": {"type": "Property", "value": 1e999}}', "BadRequestData"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "BadRequestData"),
        (json.dumps({"id": "no uri", "type": "T"}).encode(), "BadRequestData"),
        (json.dumps({"id": "urn:x:y:1"}).encode(), "BadRequestData"),
        (json.dumps(bench("b", location=place(81_000, 436_000))).encode(), "BadRequestData"),
        (
            json.dumps(bench("b", location={"type": "GeoProperty", "value": {
                "type": "Point", "coordinates": [4, 51], "crs": "EPSG:28992"}})).encode(),
            "BadRequestData",
        ),
        (json.dumps(bench("b", n={**prop(1), "observedAt": "99999-01-01T00:00:00Z"})).encode(), "BadRequestData"),
        (json.dumps({**bench("b"), "@context": CORE}).encode(), "BadRequestData"),
    ],
)  # fmt: skip
def test_bad_entities(edge: Edge, body: bytes, error: str) -> None:
    assert edge.call("POST", "/entities", body).error == (400, error)


@pytest.mark.parametrize(
    "query",
    [
        "q=name==",
        "q=" + "(" * 200 + "a" + ")" * 200,
        "q=a==" + "1|a==" * 2_000 + "1",
        "q=name~=%5B",
        "scopeQ=%3B",
        "idPattern=(&type=T",
        "georel=near;maxDistance==-1&geometry=Point&coordinates=%5B4,51%5D",
        "georel=within&geometry=Polygon&coordinates=%5B%5B%5B0,0%5D,%5B1,1%5D,%5B1,0%5D,%5B0,1%5D,%5B0,0%5D%5D%5D",
        "georel=within&geometry=Point",
        "type=T&limit=-1",
        "type=T&limit=1001",
        "type=T&offset=x",
        "type=T&orderBy=",
        "type=T&pick=a&attrs=b",
        "type=T&lang=%00",
        "id=urn:x:y:1",
        "",
        "type=T&type=U",
    ],
)
def test_bad_queries(edge: Edge, query: str) -> None:
    assert edge.call("GET", f"/entities?{query}").error == (400, "BadRequestData")


def test_unknown_parameters_and_options_are_invalid_requests(edge: Edge) -> None:
    assert edge.call("GET", "/entities?type=T&crs=EPSG:28992").error == (400, "InvalidRequest")
    assert edge.call("GET", "/entities?type=T&options=everything").error == (400, "InvalidRequest")


def test_queries_are_data_whatever_they_look_like(edge: Edge) -> None:
    entity = bench("sql", name=prop("it's; DROP TABLE entity;--"))
    assert edge.call("POST", "/entities", entity).status == 201
    asked = quote('name=="' + entity["name"]["value"] + '"', safe="")
    hit = edge.call("GET", f"/entities?type=Bench&q={asked}")
    assert [each["id"] for each in hit.json] == [entity["id"]]
    slow = quote("name~=(a|a|b?)*(a+)+(a+)+$", safe="")
    assert edge.call("GET", f"/entities?type=Bench&q={slow}").status == 200


def test_in_a_batch_each_entity_is_judged_alone(edge: Edge) -> None:
    batch = [bench("twice", n=prop(1)), bench("twice", n=prop(2)), bench("fine"), {"id": "urn:x:bad", "n": 1}]
    done = edge.call("POST", "/entityOperations/create", batch)
    assert done.status == 207
    assert done.json["success"] == ["urn:x:bench:twice", "urn:x:bench:fine"]
    errors = {each["entityId"]: each["error"]["type"].rpartition("/")[2] for each in done.json["errors"]}
    assert errors == {"urn:x:bench:twice": "AlreadyExists", "urn:x:bad": "BadRequestData"}
    assert edge.call("GET", "/entities/urn:x:bench:twice").json["n"]["value"] == 1
    assert edge.call("POST", "/entityOperations/delete", ["urn:x:bench:fine", "urn:x:no"]).status == 207


def test_a_context_is_fetched_by_allow_list_and_from_public_addresses_only(edge: Edge) -> None:
    for url in ("https://example.org/context.jsonld", "http://localhost:1/context.jsonld", "file:///etc/passwd"):
        entity = {**bench("away"), "@context": [url]}
        refused = edge.call("POST", "/entities", entity, Content_Type=LD)
        assert refused.status in (400, 503)
        assert refused.error[1] in ("LdContextNotAvailable", "BadRequestData")
    refused = edge.call("POST", "/entities", {**bench("away"), "@context": ["http://localhost:1/c"]}, Content_Type=LD)
    assert refused.error == (503, "LdContextNotAvailable")
    assert "private address" in refused.json["detail"]


def test_hosted_contexts_name_what_is_written_with_them(edge: Edge) -> None:
    added = edge.call("POST", "/jsonldContexts", {"@context": {"hue": "https://example.org/hue"}})
    assert added.status == 201
    where = added.headers["Location"]
    entity = {**bench("hosted"), "hue": prop("green"), "@context": where}
    assert edge.call("POST", "/entities", entity, Content_Type=LD).status == 201
    assert edge.call("GET", "/entities/urn:x:bench:hosted").json["https://example.org/hue"] == prop("green")
    link = f'<{where}>; rel="http://www.w3.org/ns/json-ld#context"; type="{LD}"'
    assert edge.call("GET", "/entities/urn:x:bench:hosted", Link=link).json["hue"] == prop("green")
    assert edge.call("GET", where.removeprefix(NGSI)).json == {"@context": {"hue": "https://example.org/hue"}}
    assert edge.call("DELETE", where.removeprefix(NGSI)).status == 204
    assert edge.call("GET", where.removeprefix(NGSI)).error == (404, "ResourceNotFound")
    assert edge.call("GET", f"/jsonldContexts/{CORE.replace('/', '%2F')}").json["@context"]["type"] == "@type"


def test_types_and_attributes_tell_of_what_is_there(edge: Edge) -> None:
    entity = {"id": "urn:x:kiosk:1", "type": ["Kiosk", "Shop"], "wares": prop("ice")}
    edge.call("POST", "/entities", entity)
    assert {"Kiosk", "Shop"} <= set(edge.call("GET", "/types").json["typeList"])
    info = edge.call("GET", "/types/Kiosk").json
    assert (info["entityCount"], [each["attributeName"] for each in info["attributeDetails"]]) == (1, ["wares"])
    assert edge.call("GET", "/attributes/wares").json["typeNames"] == ["Kiosk", "Shop"]
    edge.call("DELETE", "/entities/urn:x:kiosk:1")
    assert edge.call("GET", "/types/Kiosk").error == (404, "ResourceNotFound")
    assert "wares" not in edge.call("GET", "/attributes").json["attributeList"]


def test_what_is_written_at_once_is_not_lost(edge: Edge) -> None:
    """Read and write are one: of many writers to one entity, each one's attribute is there."""
    edge.call("POST", "/entities", bench("busy"))

    def write(number: int) -> int:
        fragment = {f"a{number}": prop(number)}
        return edge.call("POST", "/entities/urn:x:bench:busy/attrs", fragment).status

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(write, range(24))) == {204}
    found = edge.call("GET", "/entities/urn:x:bench:busy?options=keyValues").json
    assert {f"a{number}": number for number in range(24)}.items() <= found.items()
