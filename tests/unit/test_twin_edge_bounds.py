# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The edge's handlers at their bounds: short pages, linked entities without end, tenants that there are not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from cities import city_path, make_city
from twin_world import NO_EVENTS

from hanse.kernel.clock import system_clock
from hanse.kernel.config import load
from hanse.twin.edge import contexts, world
from hanse.twin.edge.http import Answer, Request, problem_answer
from hanse.twin.edge.making import made_world
from hanse.twin.edge.ngsild import linking, querying
from hanse.twin.edge.problems import KNOWN, problem_of
from hanse.twin.edge.resources import ROUTES
from hanse.twin.edge.routes import Router

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Ask = Callable[..., Answer]


class Headers(dict[str, str]):
    """A request's headers."""

    def get_all(self, key: str) -> list[str]:
        """As the server's own."""
        return [self[key]] if key in self else []


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Ask]:
    """Requests to the handlers of an edge in this process."""
    config = make_city(tmp_path, settings=NO_EVENTS)
    path = city_path(config)
    path.write_text(f'{path.read_text(encoding="utf-8")}\n[twin_edge]\nlisten = "127.0.0.1:9"\n', encoding="utf-8")
    made, close = made_world(load(path), system_clock())
    router = Router(ROUTES)

    def asked(method: str, path: str, body: Any = None, **headers: str) -> Answer:
        where, _, text = path.partition("?")
        sent = Headers({"content-type": "application/json", **headers})
        data = b"" if body is None else json.dumps(body).encode()
        request = Request(method, f"/ngsi-ld/v1{where}", text, sent, data)
        try:
            _, handler = router.find(request)
            return handler(made, request)
        except KNOWN as error:
            return problem_answer(problem_of(error))

    yield asked
    close()


def following(answer: Answer) -> str:
    """The path of the next page, "" where there is none."""
    links = [value for name, value in answer.headers if name == "Link" and 'rel="next"' in value]
    return links[0].partition(">")[0].removeprefix("</ngsi-ld/v1") if links else ""


def test_a_page_cut_by_its_bytes_is_followed_by_what_it_left_out(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(querying, "MAX_PAGE_BYTES", 2_500)
    for number in range(7):
        text = {"type": "Property", "value": "x" * 1_000}
        assert ask("POST", "/entities", {"id": f"urn:x:{number}", "type": "Long", "text": text}).status == 201
    path, seen = "/entities?type=Long&limit=3", []
    while path:
        answer = ask("GET", path)
        seen.append([each["id"] for each in json.loads(answer.body)])
        path = following(answer)
    assert [each for page in seen for each in page] == [f"urn:x:{number}" for number in range(7)]
    assert max(map(len, seen)) == 2


def test_entities_that_all_lead_to_each_other_are_not_told_without_end(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linking, "MAX_INLINE_BYTES", 200_000)
    for level in range(6):
        for number in range(6):
            targets = [f"urn:x:{level + 1}-{each}" for each in range(6)]
            made = {"id": f"urn:x:{level}-{number}", "type": "Knot", "to": {"type": "Relationship", "object": targets}}
            assert ask("POST", "/entities", made).status == 201
    few = ask("GET", "/entities/urn:x:0-0?join=inline&joinLevel=2")
    assert (few.status, few.body.count(b'"Knot"')) == (200, 1 + 6 + 36)
    many = ask("GET", "/entities/urn:x:0-0?join=inline&joinLevel=5")
    assert (many.status, json.loads(many.body)["type"].rpartition("/")[2]) == (403, "TooManyResults")
    flat = ask("GET", "/entities/urn:x:0-0?join=flat&joinLevel=5")
    assert (flat.status, len(json.loads(flat.body))) == (200, 1 + 5 * 6)


def test_asking_for_tenants_that_there_are_not_keeps_no_place(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world, "_MAX_TENANTS", 4)
    for number in range(6):
        assert ask("GET", "/entities?type=Tree", **{"ngsild-tenant": f"none-{number}"}).status == 404
    tree = {"id": "urn:x:tree", "type": "Tree"}
    assert ask("POST", "/entities", tree, **{"ngsild-tenant": "parks"}).status == 201
    found = ask("GET", "/entities?type=Tree", **{"ngsild-tenant": "parks"})
    assert [each["id"] for each in json.loads(found.body)] == ["urn:x:tree"]
    assert ask("GET", "/entities?type=Tree").body == b"[]"


def test_contexts_that_come_with_queries_take_no_room_from_kept_ones(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contexts, "MAX_KEPT", 3)
    host = {"content-type": "application/json"}
    kept = ask("POST", "/jsonldContexts", {"@context": {"kept": "https://a.example/kept"}}, **host)
    assert kept.status == 201
    sent = {"content-type": "application/ld+json", "accept": "application/json"}
    for number in range(6):
        query = {"type": "Query", "entities": [{"type": "Tree"}], "@context": {"x": f"https://a.example/{number}"}}
        assert ask("POST", "/entityOperations/query", query, **sent).status == 200
    assert ask("POST", "/jsonldContexts", {"@context": {"more": "https://a.example/more"}}, **host).status == 201
    found = json.loads(ask("GET", "/jsonldContexts?kind=Hosted").body)
    assert len(found) == 2
