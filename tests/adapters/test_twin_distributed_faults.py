# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Context sources that hang, fail, talk rubbish, refuse, or are where nobody may call; and what is sent to them."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from cities import Processes
from distributed_world import LINDEMOND, MAREWIJK, Door, create, entity, register, start_edge, url_of, value
from distributed_world import warnings as told
from edge_world import Edge, free_port
from endpoints import Endpoint

from hanse.kernel.neighbours import write_neighbours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge_world import Reply

JSON_TYPE = {"Content-Type": "application/json"}
CONTEXT = {"@context": {"sterkte": "https://example.org/strength", "Brug": "https://example.org/Bridge"}}


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Edge, Edge]]:
    with Processes() as processes:
        here = start_edge(processes, tmp_path_factory.mktemp("city"), MAREWIJK, threads=4)
        there = start_edge(processes, tmp_path_factory.mktemp("city"), LINDEMOND)
        yield here, there
        for each in (here, there):
            assert "defect" not in each.part.output(), each.part.output()


def bytes_of(document: Any) -> bytes:
    return json.dumps(document).encode()


def test_bad_sources_spoil_nothing_and_are_told_of_by_code(twins: tuple[Edge, Edge]) -> None:
    here, there = twins
    create(here, entity("Gate", "here", age=value(1)))
    create(there, entity("Gate", "there", age=value(2)))
    made = [register(here, url_of(there), {"type": "Gate"})]
    with (
        Endpoint(hangs=True) as hanging,
        Endpoint(status=500) as failing,
        Endpoint(status=403) as refusing,
        Endpoint(answer=b"<html>", headers=JSON_TYPE) as talking,
        Endpoint(status=404) as empty,
    ):
        made += [
            register(here, source, {"type": "Gate"}, management={"timeout": wait}, contextSourceAlias=name)
            for source, name, wait in (
                (hanging, "hanging", 300),
                (failing, "failing", 10_000),
                (refusing, "refusing", 10_000),
                (talking, "talking", 10_000),
                (empty, "empty", 10_000),
            )
        ]
        for _ in range(3):
            found = here.call("GET", "/entities?type=Gate")
            assert [each["id"] for each in found.json] == ["urn:ngsi-ld:Gate:here", "urn:ngsi-ld:Gate:there"]
            said = {each.split('"')[1].partition(":")[0]: each.partition(" ")[0] for each in told(found)}
            assert said == {"hanging": "199", "failing": "299", "refusing": "299", "talking": "111"}
        rested = here.call("GET", "/entities?type=Gate")
        assert len(rested.json) == 2
        assert sum("not called again" in each for each in told(rested)) == 2
        assert "refusing" in "".join(told(rested)), "an answer that refuses is no failure of the source"
    for registration in made:
        assert here.call("DELETE", registration).status == 204


def test_a_source_that_hangs_takes_not_all_threads(twins: tuple[Edge, Edge]) -> None:
    here = twins[0]
    create(here, entity("Lock", "one", age=value(1)))
    create(here, entity("Weir", "one", age=value(1)))
    with Endpoint(hangs=True) as source:
        registration = register(here, source, {"type": "Lock"}, management={"timeout": 20_000})
        replies: list[Reply] = []
        callers = [
            threading.Thread(target=lambda: replies.append(here.call("GET", "/entities/urn:ngsi-ld:Lock:one")))
            for _ in range(2)
        ]
        for each in callers:
            each.start()
        source.next(), source.next()
        time.sleep(0.6)  # longer than a source may keep several waiting unsuspected
        spared = here.call("GET", "/entities/urn:ngsi-ld:Lock:one")
        assert spared.json["age"]["value"] == 1
        assert any("calls that are under way" in each for each in told(spared))
        assert here.call("GET", "/entities/urn:ngsi-ld:Weir:one").status == 200
        assert source.came.empty()
        assert replies == []
        source.freed.set()
        for each in callers:
            each.join()
        assert all(each.json["age"]["value"] == 1 for each in replies)
    assert here.call("DELETE", registration).status == 204


def test_no_source_is_called_at_a_private_address(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Processes() as processes, Endpoint(answer=b"[]") as source:
        edge = Edge.start(processes, tmp_path_factory.mktemp("city"))
        create(edge, entity("Gate", "one", age=value(1)))
        port = source.url.rpartition(":")[2]
        for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "169.254.169.254", "10.0.0.1"):  # noqa: S104
            registration = register(edge, f"http://{host}:{port}", {"type": "Gate"})
            found = edge.call("GET", "/entities?type=Gate")
            assert len(found.json) == 1
            assert any("does not call" in each for each in told(found)), (host, told(found))
            assert edge.call("DELETE", registration).status == 204
        assert source.came.empty()


def test_what_a_registration_says_goes_with_the_call(twins: tuple[Edge, Edge]) -> None:
    here = twins[0]
    info = {
        "Authorization": "Bearer of-the-source",
        "X-Area": "north",
        "X-User": "urn:ngsi-ld:request",
        "Via": "1.1 evil",
        "NGSILD-Tenant": "evil",
        "Content-Length": "1",
        "accept": "application/ld+json",
    }
    pairs = [{"key": key, "value": each} for key, each in info.items()]
    with Endpoint(answer=bytes_of(entity("Ramp", "one", age=value(3)))) as source:
        registration = register(
            here, source, {"type": "Ramp"}, contextSourceInfo=pairs, tenant="ramps", management={"localOnly": True}
        )
        assert here.call("GET", "/entities/urn:ngsi-ld:Ramp:one", X_User="ada").json["age"]["value"] == 3
        sent = source.next()
        assert "local=true" in sent.path
        assert (sent.headers["authorization"], sent.headers["x-area"]) == ("Bearer of-the-source", "north")
        assert (sent.headers["x-user"], sent.headers["ngsild-tenant"]) == ("ada", "ramps")
        assert (sent.headers["via"], sent.headers["accept"]) == ("1.1 marewijk.example", "application/ld+json")
        assert here.call("GET", "/entities/urn:ngsi-ld:Ramp:one").status == 200
        assert "x-user" not in source.next().headers
    assert here.call("DELETE", registration).status == 204


def test_a_source_is_spoken_to_in_its_own_names(twins: tuple[Edge, Edge]) -> None:
    here, there = twins
    hosted = here.call("POST", "/jsonldContexts", bytes_of(CONTEXT), Content_Type="application/ld+json")
    assert hosted.status == 201, hosted.body
    url = url_of(here) + hosted.headers["Location"]
    answer = bytes_of({"id": "urn:ngsi-ld:B:1", "type": "Brug", "sterkte": value(5)})
    with Endpoint(answer=answer) as source:
        info = [{"key": "jsonldContext", "value": url}]
        document = {
            "type": "ContextSourceRegistration",
            "information": [{"entities": [{"type": "https://example.org/Bridge"}]}],
            "endpoint": source.url,
            "operations": ["redirectionOps"],
            "contextSourceInfo": info,
        }
        made = here.call("POST", "/csourceRegistrations", document)
        assert made.status == 201, made.body
        full = {"type": "https://example.org/Bridge"}
        found = here.call("GET", f"/entities?type={full['type']}&attrs=https://example.org/strength").json
        assert found[0]["https://example.org/strength"]["value"] == 5
        sent = source.next()
        assert "type=Brug" in sent.path
        assert "attrs=sterkte" in sent.path
        assert url in sent.headers["link"]
        new = {"id": "urn:ngsi-ld:B:2", "type": full["type"], "https://example.org/strength": value(6)}
        source.status, source.answer = 201, b""
        assert here.call("POST", "/entities", new).status == 201
        sent = source.next()
        assert sent.json == {"id": "urn:ngsi-ld:B:2", "type": "Brug", "sterkte": value(6)}
        assert sent.headers["content-type"] == "application/json"
    assert here.call("DELETE", made.headers["Location"].removeprefix("/ngsi-ld/v1")).status == 204
    assert there.call("GET", "/health").status == 200


def test_what_one_source_holds_alone_and_does_not_take_is_a_conflict(twins: tuple[Edge, Edge]) -> None:
    here = twins[0]
    with Endpoint(status=201) as source:
        redirected = register(here, source, {"type": "Vault"}, mode="redirect")
        assert here.call("POST", "/entities", entity("Vault", "one", age=value(1))).error == (409, "Conflict")
        assert here.call("GET", "/entities/urn:ngsi-ld:Vault:one?local=true").status == 404
        batch = [entity("Vault", "two", age=value(1)), entity("Crypt", "one", age=value(1))]
        mixed = here.call("POST", "/entityOperations/create", batch)
        assert (mixed.status, mixed.json["success"]) == (207, ["urn:ngsi-ld:Crypt:one"])
        assert mixed.json["errors"][0]["error"]["status"] == 409
        assert source.came.empty()
    assert here.call("DELETE", redirected).status == 204


def test_what_is_not_updated_somewhere_is_told_with_its_reason(twins: tuple[Edge, Edge]) -> None:
    here, there = twins
    create(here, entity("Mast", "one", age=value(1)))
    create(there, entity("Mast", "one", load=value(1)))
    registration = register(here, url_of(there), {"type": "Mast"}, operations=["redirectionOps"])
    path = "/entities/urn:ngsi-ld:Mast:one/attrs"
    mixed = here.call("POST", f"{path}?options=noOverwrite", {"age": value(2), "load": value(2)})
    assert (mixed.status, mixed.json["success"]) == (207, ["urn:ngsi-ld:Mast:one"])
    own, other = mixed.json["errors"]
    assert "age" in own["error"]["detail"]
    assert "load" in other["error"]["detail"]
    assert other["registrationId"] == registration.rpartition("/")[2]
    whole = here.call("GET", "/entities/urn:ngsi-ld:Mast:one").json
    assert (whole["age"]["value"], whole["load"]["value"]) == (2, 2)
    assert here.call("POST", path, {"colour": value("red")}).status == 204
    assert there.call("GET", "/entities/urn:ngsi-ld:Mast:one").json["colour"]["value"] == "red"
    assert here.call("DELETE", f"{path}/colour").status == 204
    assert here.call("DELETE", "/entities?type=Mast").status == 204
    assert there.call("GET", "/entities?type=Mast").json == []
    assert here.call("DELETE", registration).status == 204


def test_what_is_one_source_s_alone_is_taken_from_no_other(twins: tuple[Edge, Edge]) -> None:
    here, there = twins
    create(here, entity("Silo", "one", level=value(1), age=value(1)))
    create(there, entity("Silo", "one", level=value(2), age=value(2)))
    inclusive = register(here, url_of(there), {"type": "Silo"})
    with Endpoint(answer=bytes_of(entity("Silo", "one", level=value(3), age=value(3)))) as source:
        exclusive = register(
            here,
            source,
            {"type": "Silo", "id": "urn:ngsi-ld:Silo:one"},
            mode="exclusive",
            operations=["redirectionOps"],
            information={"propertyNames": ["level"]},
        )
        one = here.call("GET", "/entities/urn:ngsi-ld:Silo:one").json
        assert one["level"]["value"] == 3
        assert one["age"]["value"] == 2, "the newest; the source registered no age"
        assert "attrs=level" in source.next().path
        source.status = 500
        one = here.call("GET", "/entities/urn:ngsi-ld:Silo:one")
        assert "level" not in one.json
        assert len(told(one)) == 1
        source.status, source.answer = 204, b""
        assert here.call("PATCH", "/entities/urn:ngsi-ld:Silo:one/attrs/level", {"value": 4}).status == 204
        assert "level" not in here.call("GET", "/entities/urn:ngsi-ld:Silo:one?local=true").json
    for each in (inclusive, exclusive):
        assert here.call("DELETE", each).status == 204


def test_a_source_without_batches_gets_entities_one_by_one(twins: tuple[Edge, Edge]) -> None:
    here, there = twins
    registration = register(here, url_of(there), {"type": "Crane"}, mode="redirect", operations=["redirectionOps"])
    batch = [entity("Crane", each, age=value(1)) for each in ("one", "two")]
    made = here.call("POST", "/entityOperations/create", batch)
    assert (made.status, set(made.json)) == (201, {each["id"] for each in batch})
    assert here.call("GET", "/entities?type=Crane&local=true").json == []
    assert len(there.call("GET", "/entities?type=Crane").json) == 2
    fragment = {"id": batch[0]["id"], "type": "Crane", "load": value(9)}
    assert here.call("POST", "/entityOperations/update", [fragment]).status == 204
    assert there.call("GET", f"/entities/{batch[0]['id']}").json["load"]["value"] == 9
    scoped = {**fragment, "scope": "/harbour", "age": "urn:ngsi-ld:null"}
    assert there.call("POST", "/entityOperations/update", [{**fragment, "scope": "/harbour"}]).status == 204
    assert there.call("GET", f"/entities/{batch[0]['id']}").json["scope"] == "/harbour"
    assert there.call("POST", "/entityOperations/update", [scoped]).status == 204
    assert "age" not in there.call("GET", f"/entities/{batch[0]['id']}").json
    assert here.call("POST", "/entityOperations/delete", [each["id"] for each in batch]).status == 204
    assert there.call("GET", "/entities?type=Crane").json == []
    assert here.call("DELETE", registration).status == 204


def test_a_neighbour_is_asked_by_the_city_s_own_gateway(tmp_path_factory: pytest.TempPathFactory) -> None:
    answer = bytes_of(entity("Gate", "one", load=value(4)))
    address = f"127.0.0.1:{free_port()}"
    with Processes() as processes:
        edge = start_edge(processes, tmp_path_factory.mktemp("city"), MAREWIJK, gateway=address)
        write_neighbours(edge.config, {LINDEMOND: "127.0.0.1:1"})
        pairs = [{"key": "X-Area", "value": "north"}, {"key": "Authorization", "value": "Bearer other"}]
        registration = register(edge, f"https://{LINDEMOND}/", {"type": "Gate"}, contextSourceInfo=pairs)
        with Door(edge.config, address, answer) as door:
            found = edge.call("GET", "/entities/urn:ngsi-ld:Gate:one")
            assert found.json["load"]["value"] == 4, told(found)
            path, headers = door.came.get(timeout=20)
        assert path.startswith(f"/cities/{LINDEMOND}/ngsi-ld/v1/entities/urn:ngsi-ld:Gate:one")
        assert headers["authorization"] == f"Bearer {edge.token}"
        assert (headers["via"], headers["x-area"]) == (f"1.1 {MAREWIJK}", "north")
        assert edge.call("DELETE", registration).status == 204


def test_a_neighbour_is_never_looked_up_as_a_host(twins: tuple[Edge, Edge]) -> None:
    here = twins[0]
    write_neighbours(here.config, {LINDEMOND: "127.0.0.1:1"})
    create(here, entity("Turnstile", "one", age=value(1)))
    registration = register(here, f"https://{LINDEMOND.upper()}.", {"type": "Turnstile"})
    found = here.call("GET", "/entities/urn:ngsi-ld:Turnstile:one")
    assert found.json["age"]["value"] == 1
    assert any("serves no HTTP" in each for each in told(found)), told(found)
    assert here.call("DELETE", registration).status == 204
