# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entities that OGC API Features is asked about, and requests to it: over HTTP, or to the handlers in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

from cities import city_path, make_city
from edge_world import Edge, Reply
from twin_world import NO_EVENTS, dataset_message, in_store

from hanse.contracts import registry
from hanse.kernel.clock import system_clock
from hanse.kernel.config import load
from hanse.twin import rows
from hanse.twin.edge.http import Answer, Request, problem_answer
from hanse.twin.edge.making import made_world
from hanse.twin.edge.problems import KNOWN, problem_of
from hanse.twin.edge.resources import ROUTES
from hanse.twin.edge.routes import Router, check_parameters
from hanse.twin.wire.convert import dataset as dataset_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from hanse.twin.edge.world import World

OGC = "/ogc/features/v1"
NAP = {"verticalDatum": {"type": "Property", "value": "NAP"}}


def building(number: int, west: float, south: float, *, ground: float | None = 1.5, **more: Any) -> dict[str, Any]:
    """A building of about 20 m by 20 m, its ground so many metres above NAP."""
    east, north = round(west + 0.0003, 6), round(south + 0.0002, 6)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    found: dict[str, Any] = {
        "id": f"urn:x:building:{number:03}",
        "type": "Building",
        "location": {"type": "GeoProperty", "value": {"type": "Polygon", "coordinates": [ring]}},
        "storeys": {"type": "Property", "value": number % 5},
        "use": {"type": "Property", "value": "home" if number % 2 else "shop"},
    }
    if ground is not None:
        found["groundHeight"] = {"type": "Property", "value": ground, "unitCode": "MTR", **NAP}
        found["ridgeHeight"] = {"type": "Property", "value": ground + 9, "unitCode": "MTR", **NAP}
    return {**found, **more}


def ogc(edge: Edge, path: str, parameters: Mapping[str, Any] | None = None, /, **headers: str) -> Reply:
    """One GET below /ogc/features/v1, or of a whole URL that the edge has told."""
    target = path.split("/ogc/features/v1", 1)[-1]
    query = f"?{urlencode(parameters)}" if parameters else ""
    sent = {"Authorization": f"Bearer {edge.token}"} | {name.replace("_", "-"): text for name, text in headers.items()}
    connection = edge.connection()
    try:
        connection.request("GET", OGC + target + query, headers=sent)
        answer = connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def put(edge: Edge, entities: Iterable[Mapping[str, Any]]) -> None:
    """Writes entities whose names are those of twin/v1's context."""
    terms = json.loads(registry.get("twin/v1").read("context.jsonld"))["@context"]
    own = {name: iri for name, iri in terms.items() if isinstance(iri, str) and iri.startswith("hanse:")}
    context = {"hanse": terms["hanse"], **own}
    some = [{**each, "@context": context} for each in entities]
    made = edge.call("POST", "/entityOperations/create", some, Content_Type="application/ld+json")
    assert made.status == 201, made.body


class Headers(dict[str, str]):
    """A request's headers."""

    def get_all(self, key: str) -> list[str]:
        """As the server's own."""
        return [self[key]] if key in self else []


@dataclass(frozen=True, repr=False)
class Handlers:
    """The edge's handlers in this process, over a store of their own."""

    world: World
    router: Router
    close: Callable[[], None]

    @classmethod
    def of(cls, folder: Path, store: str = "sqlite") -> Self:
        """Of a new city; `store` "postgres" needs the fixture `postgres`."""
        config = make_city(folder, settings={**NO_EVENTS, **in_store(store)})
        path = city_path(config)
        path.write_text(f'{path.read_text(encoding="utf-8")}\n[twin_edge]\nlisten = "127.0.0.1:9"\n', encoding="utf-8")
        world, close = made_world(load(path), system_clock())
        return cls(world, Router(ROUTES), close)

    def put(self, entities: Iterable[Mapping[str, Any]]) -> None:
        """Writes entities into the city's own tenant."""
        store, city = self.world.store_of(self.world.config.tenant), self.world.config.city
        made = dataset_of(dataset_message("ogc"), city.authority, city.crs)
        store.put_dataset(made)
        store.write(made.id, [rows.row(dict(each), city.crs) for each in entities])

    def answer(self, path: str, parameters: Mapping[str, Any] | None = None) -> Answer:
        """What a GET below /ogc/features/v1 is answered."""
        request = Request("GET", OGC + path, urlencode(parameters or {}), Headers(host="edge.example"))
        try:
            route, handler = self.router.find(request)
            check_parameters(route, request)
            return handler(self.world, request)
        except KNOWN as error:
            return problem_answer(problem_of(error))

    def ask(self, path: str, parameters: Mapping[str, Any] | None = None) -> tuple[int, Any]:
        """Status and JSON of a GET."""
        answer = self.answer(path, parameters)
        return answer.status, json.loads(answer.body)

    def ids(self, parameters: Mapping[str, Any], *, collection: str = "Building", limit: int = 1000) -> list[str]:
        """Ids of all that a query finds, page after page."""
        found: list[str] = []
        asked: dict[str, Any] = {**parameters, "limit": limit}
        while True:
            status, body = self.ask(f"/collections/{collection}/items", asked)
            assert status == 200, body
            assert body["numberReturned"] == len(body["features"]) <= limit
            found += [each["id"] for each in body["features"]]
            if not any(link["rel"] == "next" for link in body["links"]):
                return found
            asked = {**asked, "cursor": found[-1]}
