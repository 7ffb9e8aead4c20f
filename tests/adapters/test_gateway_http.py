# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The gateway's HTTP listener: the own city's entities and the neighbour's, who may ask, and what is logged."""

from __future__ import annotations

import re
import ssl
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from cities import city_path
from exchange_rogue import token_for
from gateway_world import TIMEOUT_S, failure, together
from http_world import EXCHANGE, NGSI, WebWorld
from twin_world import signed_token

from hanse.api.exchange.v1 import exchange_pb2, exchange_pb2_grpc
from hanse.api.http.v1 import http_pb2, http_pb2_grpc
from hanse.cli.main import main
from hanse.gateway.exchange.proof import verify_proof
from hanse.kernel.errors import from_rpc
from hanse.kernel.revoked import FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edge_world import Reply

BENCH = "urn:ngsi-ld:Bench:1"
WRITER = "twin:read twin:write"


def bench(city: str, number: int) -> dict[str, Any]:
    return {"id": f"urn:ngsi-ld:Bench:{number}", "type": "Bench", "city": {"type": "Property", "value": city}}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebWorld]:
    made = WebWorld.make(tmp_path_factory.mktemp("web"))
    for place in (made.here, made.there):
        token = signed_token(place.config, scope=WRITER)
        for number in range(1, 4):
            entity = bench(place.authority, number)
            assert made.call("POST", f"{NGSI}/entities", entity, place=place, token=token).status == 201
    yield made
    made.close()


def reason(answer: Reply) -> tuple[int, str]:
    """Status and reason of a refusal, which is told as problem details with a remedy."""
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json
    assert (told["status"], told["type"]) == (answer.status, f"urn:hanse:error:{told['reason']}")
    assert told["remedy"]
    return answer.status, str(told["reason"])


def test_the_own_city(web: WebWorld) -> None:
    answer = web.call("GET", f"{NGSI}/entities/{BENCH}")
    assert (answer.status, answer.json["city"]["value"]) == (200, "marewijk.example")
    assert "hanse-exchange-id" not in answer.headers
    named = web.call("GET", f"/cities/{web.here.authority}{NGSI}/entities/{BENCH}")
    assert named.json == answer.json


def test_the_neighbour(web: WebWorld) -> None:
    answer = web.call("GET", f"{web.abroad}/entities/{BENCH}")
    assert (answer.status, answer.json["city"]["value"]) == (200, "lindemond.example")
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["hanse-exchange-id"]


@pytest.mark.parametrize("city", ["", "abroad"])
def test_an_answer_of_any_status_is_an_answer(web: WebWorld, city: str) -> None:
    base = web.abroad if city else NGSI
    missing = web.call("GET", f"{base}/entities/urn:ngsi-ld:Bench:none")
    assert missing.error == (404, "ResourceNotFound")
    wrong = web.call("GET", f"{base}/entities?q=%28%28")
    assert wrong.error == (400, "BadRequestData")
    head = web.call("HEAD", f"{base}/entities/{BENCH}")
    assert (head.status, head.body) == (200, b"")
    whole = web.call("GET", f"{base}/entities/{BENCH}")
    assert head.headers["content-length"] == str(len(whole.body))
    query = {"type": "Query", "entities": [{"type": "Bench"}]}
    found = web.call("POST", f"{base}/entityOperations/query", query)
    assert [each["id"][-1] for each in found.json] == ["1", "2", "3"]
    geo = web.call("GET", f"{base}/entities/{BENCH}", Accept="application/geo+json")
    assert geo.headers["content-type"].startswith("application/geo+json")


def test_links_lead_to_the_same_city(web: WebWorld) -> None:
    answer = web.call("GET", f"{web.abroad}/entities?type=Bench&limit=1")
    links = answer.headers.get_all("link") or []
    following = next(re.findall(r"<([^>]*)>", link)[0] for link in links if 'rel="next"' in link)
    assert following.startswith(f"{web.abroad}/entities?")
    assert [each["id"] for each in web.call("GET", following).json] == ["urn:ngsi-ld:Bench:2"]
    context = next(re.findall(r"<([^>]*)>", link)[0] for link in links if "json-ld#context" in link)
    assert context.startswith("https://")


def test_what_is_made_across_the_border_is_found_there(web: WebWorld) -> None:
    """Links that a city writes itself begin with what stands before its paths for who asks."""
    own = signed_token(web.here.config, scope=WRITER)
    answer = web.call("POST", f"{NGSI}/jsonldContexts", {"@context": {"x": "urn:x"}}, token=own)
    assert (answer.status, answer.headers["location"].startswith(f"{NGSI}/jsonldContexts/")) == (201, True)
    listed = web.call("GET", f"{NGSI}/jsonldContexts?kind=hosted").json
    host = web.here.config.gateway.http_listen
    assert listed == [f"https://{host}{answer.headers['location']}"]
    there = signed_token(web.there.config, scope=WRITER)
    made = web.call("POST", f"{NGSI}/jsonldContexts", {"@context": {"y": "urn:y"}}, place=web.there, token=there)
    assert made.status == 201
    listed = web.call("GET", f"{web.abroad}/jsonldContexts?kind=hosted").json
    assert listed == [f"https://{host}/cities/{web.there.authority}{made.headers['location']}"]
    assert web.call("GET", listed[0].removeprefix(f"https://{host}")).json == {"@context": {"y": "urn:y"}}


def test_ogc_api_of_the_neighbour(web: WebWorld) -> None:
    start = f"/cities/{web.there.authority}/ogc/features/v1/"
    landing = web.call("GET", start, Accept="application/json")
    assert landing.status == 200
    own = f"https://{web.here.config.gateway.http_listen}"
    hrefs = [link["href"] for link in landing.json["links"] if not link["href"].startswith("http://www.")]
    assert hrefs
    assert [href for href in hrefs if not href.startswith(own + start)] == []
    conformance = next(link["href"] for link in landing.json["links"] if link["rel"].endswith("conformance"))
    assert web.call("GET", conformance.removeprefix(own), Accept="application/json").json["conformsTo"]


def test_both_cities_log_it_and_can_prove_it(web: WebWorld) -> None:
    world = web.world
    answer = web.call("GET", f"{web.abroad}/entities/{BENCH}", hanse_purpose="to prove")
    exchange = answer.headers["hanse-exchange-id"]
    for place in world.places:
        (record,) = (each for each in world.exchanges(place) if each.id == exchange)
        assert (record.method, record.purpose, record.state) == (EXCHANGE, "to prove", record.STATE_COMPLETE)
        asked = exchange_pb2.GetProofRequest(exchange_id=exchange)
        proof = world.log(place).GetProof(asked, metadata=world.metadata(place), timeout=TIMEOUT_S).json
        summary = verify_proof(proof, [world.anchor], world.clock.now())
        assert (summary.asker, summary.answerer) == (web.here.authority, web.there.authority)
        assert (summary.purpose, summary.status) == ("to prove", "OK")
        assert [log.role for log in summary.logs] == ["asker", "answerer"]
        request = http_pb2.ExchangeRequest.FromString(summary.request)
        assert (request.method, request.path) == ("GET", f"{NGSI}/entities/{BENCH}")
        assert not [each for each in request.headers if each.name in {"authorization", "hanse-purpose", "host"}]


def test_the_same_call_as_grpc(web: WebWorld) -> None:
    world = web.world
    stub = http_pb2_grpc.HttpServiceStub(world.channel(web.here.config, "client-operator"))
    request = http_pb2.ExchangeRequest(method="GET", path=f"{NGSI}/entities/{BENCH}")
    here = stub.Exchange(request, metadata=world.metadata(web.here), timeout=TIMEOUT_S)
    there = stub.Exchange(request, metadata=world.abroad(), timeout=TIMEOUT_S)
    assert (here.status, there.status) == (200, 200)
    assert b"marewijk.example" in here.body
    assert b"lindemond.example" in there.body


@pytest.mark.parametrize(
    "wrong",
    [
        {"method": "CONNECT"},
        {"method": ""},
        {"path": ""},
        {"path": "/health"},
        {"path": "/ngsi-ld/../health"},
        {"path": "/ngsi-ld/%2e%2e/health"},
        {"path": "/ngsi-ld/a b"},
        {"path": "/ngsi-ld/v1/types?x"},
        {"path": "/ngsi-ld/" + "x" * 20_000},
        {"query": "a b"},
        {"query": "a\r\nHost: b"},
        {"base": "https://a/evil"},
        {"base": "http://a"},
        {"headers": [http_pb2.Header(name="host", value="a")]},
        {"headers": [http_pb2.Header(name="authorization", value="Bearer a")]},
        {"headers": [http_pb2.Header(name="hanse-caller", value="urn:hanse:a.example:service:identity")]},
        {"headers": [http_pb2.Header(name="Accept", value="a")]},
        {"headers": [http_pb2.Header(name="accept", value="a\r\nhost: b")]},
        {"headers": [http_pb2.Header(name="accept", value="€")]},
        {"headers": [http_pb2.Header(name="accept", value="a")] * 65},
    ],
)
def test_the_answering_city_trusts_no_message(web: WebWorld, wrong: dict[str, Any]) -> None:
    """What an HTTP client cannot bring past its own gateway, another gateway could still send."""
    world = web.world
    stub = http_pb2_grpc.HttpServiceStub(world.channel(web.here.config, "client-operator"))
    request = http_pb2.ExchangeRequest(**({"method": "GET", "path": f"{NGSI}/types"} | wrong))
    for metadata in (world.metadata(web.here), world.abroad()):
        error = failure(partial(stub.Exchange, request, metadata=metadata, timeout=TIMEOUT_S))
        assert error.code() in {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND}
        assert from_rpc(error).reason in {"FIELD_INVALID", "NOT_FOUND"}


@pytest.mark.parametrize("city", ["", "abroad"])
def test_no_token_no_answer(web: WebWorld, city: str) -> None:
    path = f"{web.abroad if city else NGSI}/entities/{BENCH}"
    before = len(web.world.exchanges(web.here))
    for token in ("", "nonsense", signed_token(web.here.config, scope="twin:read", exp=1)):
        answer = web.call("GET", path, token=token)
        assert answer.status == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert len(web.world.exchanges(web.here)) == before


def test_a_token_for_another_city_holds_there_alone(web: WebWorld) -> None:
    token, _ = token_for(web.here.config, "permit", web.there.authority)
    assert web.call("GET", f"{NGSI}/entities/{BENCH}", token=token).status == 403
    assert web.call("GET", f"{web.abroad}/entities/{BENCH}", token=token).status == 200
    elsewhere = signed_token(web.here.config, scope="twin:read", aud="nowhere.example")
    assert reason(web.call("GET", f"{web.abroad}/entities/{BENCH}", token=elsewhere)) == (403, "SCOPE_MISSING")


def test_the_scope_decides(web: WebWorld) -> None:
    reader = signed_token(web.here.config, scope="twin:read")
    assert web.call("DELETE", f"{NGSI}/entities/{BENCH}", token=reader).status == 403
    other = signed_token(web.here.config, scope="permit:check")
    assert web.call("GET", f"{NGSI}/entities/{BENCH}", token=other).status == 403
    assert web.call("GET", f"{NGSI}/entities/{BENCH}").status == 200


def test_the_purpose_is_said_and_kept_to(web: WebWorld) -> None:
    unsaid = web.call("GET", f"{web.abroad}/entities/{BENCH}", hanse_purpose="")
    assert reason(unsaid) == (400, "FIELD_INVALID")
    bound = signed_token(web.here.config, scope="twin:read", purpose="statistics")
    assert web.call("GET", f"{NGSI}/entities/{BENCH}", token=bound, hanse_purpose="statistics").status == 200
    assert web.call("GET", f"{NGSI}/entities/{BENCH}", token=bound, hanse_purpose="curiosity").status == 403
    for_there, _ = token_for(web.here.config, "permit", web.there.authority, "statistics")
    assert web.call("GET", f"{web.abroad}/types", token=for_there, hanse_purpose="statistics").status == 200
    assert web.call("GET", f"{web.abroad}/types", token=for_there, hanse_purpose="curiosity").status == 401


def test_a_client_of_another_city_asks_here_alone(web: WebWorld) -> None:
    guest = web.tls(web.here, "architect", of=web.there)
    assert web.call("GET", f"{NGSI}/entities/{BENCH}", tls=guest).status == 200
    assert reason(web.call("GET", f"{web.abroad}/entities/{BENCH}", tls=guest)) == (403, "CALLER_NOT_ALLOWED")


def test_without_a_certificate_there_is_no_connection(web: WebWorld) -> None:
    context = ssl.create_default_context(cafile=str(web.here.config.keys / "ca.pem"))
    with pytest.raises(OSError, match=r"certificate|reset|EOF|closed"):
        web.call("GET", f"{NGSI}/types", tls=context)


def test_a_revoked_certificate_is_shut_out_at_run_time(web: WebWorld) -> None:
    platform = web.tls(client="platform")
    connection = web.connection(tls=platform)
    token = web.world.operators[web.here.authority]

    def status() -> int:
        connection.request("GET", f"{NGSI}/types", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200 or b"CALLER_NOT_ALLOWED" in body
        return answer.status

    def until(wanted: int) -> None:
        deadline = time.monotonic() + 20
        while status() != wanted:
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.1)

    assert status() == 200
    assert main(["client", "revoke", "platform", "--city", str(city_path(web.here.config))]) == 0
    until(401)
    assert web.call("GET", f"{NGSI}/types").status == 200, "nobody else is shut out"
    (web.here.config.trust / FILE).unlink()
    until(200)
    connection.close()


def test_where_no_way_leads(web: WebWorld) -> None:
    for path in (
        "/",
        "/health",
        "/cities",
        "/cities/lindemond.example",
        "/cities/lindemond.example/health",
        "/ngsi-ld",
    ):
        assert reason(web.call("GET", path)) == (404, "NOT_FOUND"), path
    for path in ("/ngsi-ld/../health", "/ngsi-ld/%2e%2e/health", "/ngsi-ld/v1/..%2f..%2fhealth", "/ngsi-ld/./v1/types"):
        assert reason(web.call("GET", path)) == (400, "FIELD_INVALID"), path
        assert reason(web.call("GET", f"/cities/{web.there.authority}{path}")) == (400, "FIELD_INVALID"), path
    for path in ("/ngsi-ld/v1/a%00b", "/ngsi-ld/v1/a%0d%0ab", "/ngsi-ld/v1/%5c..", "/ngsi-ld/v1/%zz"):
        assert reason(web.call("GET", path)) == (400, "FIELD_INVALID"), path
    assert reason(web.call("GET", f"/cities/nowhere.example{NGSI}/types")) == (404, "CITY_UNKNOWN")
    assert reason(web.call("GET", f"{NGSI}/types", hanse_city=web.there.authority)) == (400, "FIELD_INVALID")
    assert web.call("GET", "/ogc/none").status == 404


def test_many_at_once(web: WebWorld) -> None:
    def status(base: str) -> int:
        return web.call("GET", f"{base}/entities/{BENCH}").status

    assert set(together(*[partial(status, base) for base in [NGSI, web.abroad] * 10])) == {200}


def test_status_tells_of_the_edge(web: WebWorld) -> None:
    stub = exchange_pb2_grpc.PeerServiceStub(web.world.channel(web.here.config, "client-operator"))
    answer = stub.GetCityStatus(exchange_pb2.GetCityStatusRequest(), timeout=TIMEOUT_S)
    (edge,) = (part for part in answer.parts if part.part == "twin_edge")
    assert edge.serving
    assert edge.version
    assert "http/v1" in answer.contracts
