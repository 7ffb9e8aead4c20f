# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The OpenAPI documents say what is served: valid, every route in them and no other, and answers as they say."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from itertools import chain
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from cities import Processes
from edge_world import Edge, Reply
from jsonschema import Draft202012Validator
from ogc_world import OGC, building, ogc, put

from hanse.twin.edge.ogc.definition import OPERATIONS as OGC_OPERATIONS
from hanse.twin.edge.openapi.ngsi_ld import OPERATIONS
from hanse.twin.edge.openapi.ngsi_ld_words import PARAMETERS
from hanse.twin.edge.resources import ROUTES

NGSI_LD = "/ngsi-ld/v1"
BASES = {OGC: OGC_OPERATIONS, NGSI_LD: OPERATIONS}
LD = "application/ld+json"
ONE = f"{NGSI_LD}/entities/urn:x:building:001"


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    with Processes() as processes:
        served = Edge.start(processes, tmp_path_factory.mktemp("city"))
        put(served, [building(number, 4.45 + number * 0.001, 51.91) for number in range(3)])
        yield served
        assert "defect" not in served.part.output(), served.part.output()


@pytest.fixture(scope="module")
def documents(edge: Edge) -> dict[str, dict[str, Any]]:
    """The documents by the base that they are of."""
    return {OGC: ogc(edge, "/api").json, NGSI_LD: edge.call("GET", "/openapi.json").json}


def send(edge: Edge, method: str, path: str, body: Any = None, **headers: str) -> Reply:
    sent = {
        "Authorization": f"Bearer {edge.token}",
        "Content-Type": LD if "@context" in str(body) else "application/json",
    }
    connection: http.client.HTTPConnection = edge.connection()
    try:
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, sent | headers)
        answer = connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


@pytest.mark.parametrize("base", BASES)
def test_a_document_is_valid(documents: dict[str, Any], base: str) -> None:
    checking = pytest.importorskip("openapi_spec_validator")
    checking.validate(documents[base])
    assert documents[base]["openapi"] == {OGC: "3.0.3", NGSI_LD: "3.1.0"}[base]


@pytest.mark.parametrize("base", BASES)
def test_every_route_is_in_its_document_and_nothing_else(documents: dict[str, Any], base: str) -> None:
    served = {
        (route.path.removeprefix(base) or "/", method)
        for route in ROUTES
        if route.path.startswith(base)
        for method in route.handlers
    }
    told = {
        (path, method.upper())
        for path, methods in documents[base]["paths"].items()
        for method in methods
        if method != "parameters"
    }
    assert told == served
    assert served == set(BASES[base]), "each operation says what comes back"
    assert all(route.path.startswith(tuple(BASES)) for route in ROUTES)


@pytest.mark.parametrize("base", BASES)
def test_each_parameter_that_is_taken_is_told(documents: dict[str, Any], base: str) -> None:
    for route in ROUTES:
        if not route.path.startswith(base):
            continue
        for method in route.handlers:
            operation = documents[base]["paths"][route.path.removeprefix(base) or "/"][method.lower()]
            assert operation["summary"]
            told = {each["$ref"].rpartition("/")[2] for each in operation["parameters"] if "$ref" in each}
            assert told - {"NGSILD-Tenant"} == route.parameters.get(method, frozenset())
            assert operation["x-scope"] == route.scope(method)
    if base == NGSI_LD:
        assert set(documents[base]["components"]["parameters"]) - {"NGSILD-Tenant"} == set(PARAMETERS)


def test_a_parameter_that_is_not_told_is_refused(edge: Edge, documents: dict[str, Any]) -> None:
    for base, document in documents.items():
        for path, methods in document["paths"].items():
            if "get" in methods:
                told = path.replace("{featureId}", "urn:x:building:001").replace("{collectionId}", "Building")
                answer = send(edge, "GET", f"{base}{told}?untold=1")
                assert answer.status == 400, (path, answer.body)


def checked(document: dict[str, Any], base: str, method: str, path: str, reply: Reply) -> str:
    """The operation of a document that an answer is one of, once it is as the document says."""
    template = next(
        each
        for each in sorted(document["paths"], key=lambda name: (name.count("{"), -len(name)))
        if fits(each, urlsplit(path).path.removeprefix(base) or "/") and method.lower() in document["paths"][each]
    )
    responses = document["paths"][template][method.lower()]["responses"]
    told = responses.get(str(reply.status), responses["default"])
    if "$ref" in told:
        assert reply.status >= 400, (method, path, reply.status, reply.body)
        told = document["components"]["responses"][told["$ref"].rpartition("/")[2]]
    media = reply.headers["Content-Type"]
    if "content" not in told:
        assert (reply.body, media) == (b"", None)
        return template
    assert media in told["content"], (method, path, media)
    if "json" in media and not media.endswith("seq"):
        validator(document, told["content"][media]["schema"]).validate(reply.json)
    return template


def fits(template: str, path: str) -> bool:
    wanted, given = template.strip("/").split("/"), path.strip("/").split("/")
    return len(wanted) == len(given) and all(
        one == two or one.startswith("{") for one, two in zip(wanted, given, strict=True)
    )


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    whole = {**schema, "components": document["components"]}
    if document["openapi"].startswith("3.1"):
        return Draft202012Validator(whole)
    return pytest.importorskip("openapi_schema_validator").OAS30Validator(whole)


def test_answers_of_ogc_features_are_as_the_document_says(edge: Edge, documents: dict[str, Any]) -> None:
    building_1 = "/collections/Building/items/urn:x:building:001"
    seen = set()
    for path in ("/", "/conformance", "/collections", "/api", "/collections/Building"):
        for form in ("", "?f=json", "?f=html"):
            seen.add(checked(documents[OGC], OGC, "GET", path, ogc(edge, path + form)))
    for path in ("/collections/Building/queryables", "/collections/Building/items", building_1):
        for form in ("", "?f=json", "?f=html", *(("?f=cityjson",) if "items" in path else ())):
            seen.add(checked(documents[OGC], OGC, "GET", path, ogc(edge, path + form)))
    for path in ("/collections/None", "/collections/Building/items?bbox=x", f"{building_1}?crs=x", "/api?f=x"):
        answer = ogc(edge, path)
        assert answer.status in {400, 404}
        checked(documents[OGC], OGC, "GET", path, answer)
    assert seen == set(documents[OGC]["paths"])


def test_what_the_document_says_of_parameters_holds(edge: Edge, documents: dict[str, Any]) -> None:
    parameters = documents[OGC]["components"]["parameters"]
    limit = parameters["limit"]["schema"]
    for value in (limit["minimum"], limit["maximum"]):
        assert ogc(edge, "/collections/Building/items", {"limit": value}).status == 200
    assert ogc(edge, "/collections/Building/items", {"limit": limit["minimum"] - 1}).status == 400
    for name in ("crs", "bbox-crs", "filter-crs"):
        for value in parameters[name]["schema"]["enum"]:
            assert ogc(edge, "/collections/Building/items", {name: value}).status == 200
    for value in parameters["filter-lang"]["schema"]["enum"]:
        assert ogc(edge, "/collections/Building/items", {"filter-lang": value}).status == 200


Requests = Iterator[tuple[str, str, Any]]
LAMP = {"id": "urn:x:lamp:1", "type": "Lamp", "lit": {"type": "Property", "value": True}}


def entities() -> Requests:
    """One request or more for each operation, in an order in which they succeed."""
    lit = {"lit": {"type": "Property", "value": False}}
    every = f"{NGSI_LD}/entities"
    lamp = f"{every}/{LAMP['id']}"
    yield "POST", every, LAMP
    yield "POST", every, LAMP
    yield "GET", f"{every}?type=Lamp", None
    yield "GET", f"{every}?type=Lamp&options=keyValues&count=true", None
    yield "GET", lamp, None
    yield "GET", f"{lamp}?pick=lit", None
    yield "PUT", lamp, LAMP
    yield "PATCH", lamp, lit
    yield "POST", f"{lamp}/attrs", {"height": {"type": "Property", "value": 4}}
    yield "POST", f"{lamp}/attrs?options=noOverwrite", {"height": {"type": "Property", "value": 5}}
    yield "PATCH", f"{lamp}/attrs", {**lit, "none": {"type": "Property", "value": 5}}
    yield "PATCH", f"{lamp}/attrs/lit", {"type": "Property", "value": True}
    yield "PUT", f"{lamp}/attrs/lit", {"type": "Property", "value": True}
    yield "DELETE", f"{lamp}/attrs/height", None
    yield "DELETE", f"{every}?type=Lamp&drop=lit", None
    yield "DELETE", lamp, None


def batches() -> Requests:
    batch = f"{NGSI_LD}/entityOperations"
    for name in ("create", "upsert", "update", "merge"):
        yield "POST", f"{batch}/{name}", [{**LAMP, "id": "urn:x:lamp:2"}, {**LAMP, "id": f"urn:x:lamp:{name}"}]
    yield "POST", f"{batch}/upsert", [{**LAMP, "id": "urn:x:lamp:2"}]
    yield "POST", f"{batch}/query", {"type": "Query", "entities": [{"type": "Lamp"}]}
    yield "POST", f"{batch}/delete", ["urn:x:lamp:2", "urn:x:lamp:none"]


def evolutions() -> Requests:
    every = f"{NGSI_LD}/temporal/entities"
    past = f"{every}/urn:x:past:1"
    then = {"type": "Property", "value": 1, "observedAt": "2026-01-01T00:00:00Z"}
    window = {"timerel": "before", "timeAt": "2027-01-01T00:00:00Z"}
    yield "POST", every, {"id": "urn:x:past:1", "type": "Past", "n": [then]}
    yield "GET", f"{every}?type=Past&timerel=before&timeAt=2027-01-01T00:00:00Z", None
    yield "GET", past, None
    yield "POST", f"{past}/attrs", {"n": [{**then, "observedAt": "2026-01-02T00:00:00Z"}]}
    asked = {"type": "Query", "entities": [{"type": "Past"}], "temporalQ": window}
    yield "POST", f"{NGSI_LD}/temporal/entityOperations/query", asked
    yield "PATCH", f"{past}/attrs/n/urn:x:none", {"n": then}
    yield "DELETE", f"{past}/attrs/n/urn:x:none", None
    yield "DELETE", f"{past}/attrs/n", None
    yield "DELETE", past, None


def catalogue() -> Requests:
    for kind, name in (("types", "urn:hanse:vocab:Building"), ("attributes", "storeys")):
        yield "GET", f"{NGSI_LD}/{kind}", None
        yield "GET", f"{NGSI_LD}/{kind}?details=true", None
        yield "GET", f"{NGSI_LD}/{kind}/{quote(name)}", None
    contexts = f"{NGSI_LD}/jsonldContexts"
    yield "POST", contexts, {"@context": {"lit": "https://x.example/lit"}}
    yield "GET", contexts, None
    yield "GET", f"{contexts}?details=true", None
    yield "GET", f"{contexts}/LOCATION", None
    yield "GET", f"{contexts}/LOCATION?details=true", None
    yield "DELETE", f"{contexts}/LOCATION", None
    yield "GET", f"{NGSI_LD}/info/sourceIdentity", None
    yield "GET", f"{NGSI_LD}/openapi.json", None


def documents_kept() -> Requests:
    told = {"endpoint": {"uri": "http://127.0.0.1:9/", "accept": "application/json"}}
    subscription = {"type": "Subscription", "entities": [{"type": "Lamp"}], "notification": told}
    registration = {
        "type": "ContextSourceRegistration",
        "information": [{"entities": [{"type": "Elsewhere"}]}],
        "endpoint": "http://127.0.0.1:9/",
    }
    for path, document in (
        ("subscriptions", subscription),
        ("csourceSubscriptions", subscription),
        ("csourceRegistrations", registration),
    ):
        yield "POST", f"{NGSI_LD}/{path}", document
        yield "GET", f"{NGSI_LD}/{path}{'?type=Elsewhere' if path == 'csourceRegistrations' else ''}", None
        yield "GET", f"{NGSI_LD}/{path}/LOCATION", None
        yield "PATCH", f"{NGSI_LD}/{path}/LOCATION", {"expiresAt": "2099-01-01T00:00:00Z"}
        yield "DELETE", f"{NGSI_LD}/{path}/LOCATION", None


def maps() -> Requests:
    yield "GET", f"{NGSI_LD}/entityMaps?type=Building", None
    yield "POST", f"{NGSI_LD}/entityMaps", {"type": "Query", "entities": [{"type": "Building"}]}
    yield "GET", f"{NGSI_LD}/entityMaps/LOCATION", None
    yield "PATCH", f"{NGSI_LD}/entityMaps/LOCATION", {"expiresAt": "2099-01-01T00:00:00Z"}
    yield "DELETE", f"{NGSI_LD}/entityMaps/LOCATION", None


def accepts(method: str, path: str) -> tuple[str, ...]:
    if method != "GET":
        return ("application/json",)
    return ("application/json", LD, *(("application/geo+json",) if "/v1/entities" in path else ()))


def test_answers_of_the_ngsi_ld_api_are_as_the_document_says(edge: Edge, documents: dict[str, Any]) -> None:
    document, seen, succeeded, location = documents[NGSI_LD], set(), set(), ""
    for method, path, body in chain(entities(), batches(), evolutions(), catalogue(), documents_kept(), maps()):
        target = path.replace("LOCATION", location)
        for accept in accepts(method, path):
            reply = send(edge, method, target, body, Accept=accept)
            if reply.status == 201 and "entityMaps" in path:
                location = reply.json["id"]
            elif reply.status == 201 and "Location" in reply.headers:
                location = reply.headers["Location"].rpartition("/")[2]
            found = checked(document, NGSI_LD, method, target, reply)
            seen.add((found, method))
            if reply.status < 400:
                succeeded.add((found, method))
    assert seen == set(OPERATIONS)
    instances = "/temporal/entities/{id}/attrs/{attribute}/{instance}"
    assert seen - succeeded == {(instances, "PATCH"), (instances, "DELETE")}
