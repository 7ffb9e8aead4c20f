# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The landing page, what the API conforms to, and its collections (Part 1 clauses 7.2 to 7.14, Part 3 queryables)."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from hanse.twin.edge.http import JSON, Answer
from hanse.twin.edge.ogc import links, pages, systems
from hanse.twin.edge.ogc.media import DESCRIPTION, FEATURES, HTML, OPENAPI, PAGE, SCHEMA, chosen
from hanse.twin.edge.speaking import dumped, tenant_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hanse.twin.adapters.repository import SqlTwin
    from hanse.twin.edge.http import Request
    from hanse.twin.edge.world import World

Json = Any
_OGC: Final = "http://www.opengis.net/spec/"
CONFORMANCE: Final = (
    *(f"{_OGC}ogcapi-features-1/1.0/conf/{name}" for name in ("core", "oas30", "html", "geojson")),
    f"{_OGC}ogcapi-features-2/1.0/conf/crs",
    *(
        f"{_OGC}ogcapi-features-3/1.0/conf/{name}"
        for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")
    ),
    *(
        f"{_OGC}cql2/1.0/conf/{name}"
        for name in (
            "cql2-text",
            "cql2-json",
            "basic-cql2",
            "advanced-comparison-operators",
            "case-insensitive-comparison",
            "accent-insensitive-comparison",
            "basic-spatial-functions",
            "basic-spatial-functions-plus",
            "spatial-functions",
            "temporal-functions",
            "array-functions",
            "property-property",
            "arithmetic",
        )
    ),
)


def landing(world: World, request: Request) -> Answer:
    """The landing page."""
    media, base = chosen(request, PAGE), links.root(world, request)
    told = [
        *links.itself(f"{base}/", request.parameters, PAGE, media),
        links.link(f"{base}/api", "service-desc", OPENAPI, "What this API is, as OpenAPI 3.0"),
        links.link(f"{base}/api?f=html", "service-doc", HTML, "What this API is, to read"),
        links.link(f"{base}/conformance", "conformance", JSON, "Which standards it conforms to"),
        links.link(f"{base}/collections", "data", JSON, "Its collections"),
    ]
    city = world.config.city
    title = f"The digital twin of {city.name}"
    text = "City objects, sensors and whatever else the twin holds, with their heights, as OGC API Features."
    if media == HTML:
        return _told(request, pages.page(title, [f"<p>{text}</p>"], told), HTML, told)
    return _told(request, dumped({"title": title, "description": text, "links": told}), JSON, told)


def conformance(_world: World, request: Request) -> Answer:
    """Which conformance classes the API fulfils."""
    media = chosen(request, PAGE)
    if media == HTML:
        listed = "".join(f"<li>{escape(each)}</li>" for each in CONFORMANCE)
        return Answer(200, pages.page("Conformance", [f"<ul>{listed}</ul>"], []), HTML)
    return Answer(200, dumped({"conformsTo": CONFORMANCE}), JSON)


def collections(world: World, request: Request) -> Answer:
    """The collections: one for each type of entity that the tenant holds."""
    media, base, store = chosen(request, PAGE), links.root(world, request), world.store(request)
    found = [_collection(world, store, base, name) for name in world.ogc.names(store)]
    told = [*links.itself(f"{base}/collections", request.parameters, PAGE, media)]
    if media == HTML:
        rows = [[pages.anchor(f"{one['links'][0]['href']}?f=html", one["title"]), *_row(one)] for one in found]
        parts = [pages.table("Collections", ["collection", "features", "west, south, east, north"], rows)]
        return _told(request, pages.page("Collections", parts, told), HTML, told)
    body = {"links": told, "crs": [*systems.offered(world.crs)], "collections": found}
    return _told(request, dumped(body), JSON, told)


def collection(world: World, request: Request) -> Answer:
    """One collection: its extent, coordinate systems and links."""
    media, base, name = chosen(request, PAGE), links.root(world, request), request.values["collectionId"]
    store = world.store(request)
    found = _collection(world, store, base, name)
    own = [*links.itself(links.of_collection(base, name), request.parameters, PAGE, media)]
    found["links"] = [*own, *found["links"][1:]]
    if media == HTML:
        number, extent = _row(found)
        rows = [
            ["features", number],
            ["west, south, east, north", extent],
            ["coordinate systems", _lines(found["crs"])],
        ]
        parts = [f"<p>{escape(found['description'])}</p>", pages.table(f"What {name} is", ["what", "value"], rows)]
        return _told(request, pages.page(name, parts, found["links"]), HTML, found["links"])
    return _told(request, dumped(found), JSON, found["links"])


def queryables(world: World, request: Request) -> Answer:
    """What the features of a collection can be asked by, as a JSON Schema."""
    media, base, name = chosen(request, DESCRIPTION), links.root(world, request), request.values["collectionId"]
    known = world.ogc.queryables(world.store(request), name)
    url = f"{links.of_collection(base, name)}/queryables"
    told = [*links.itself(url, request.parameters, DESCRIPTION, media)]
    if media == HTML:
        rows = [[escape(key), escape(_type(schema))] for key, schema in known.items()]
        parts = [pages.table(f"Queryables of {name}", ["property", "type"], rows)]
        return _told(request, pages.page(f"Queryables of {name}", parts, told), HTML, told)
    body = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": url,
        "title": name,
        "type": "object",
        "properties": known,
        "additionalProperties": False,
    }
    return _told(request, dumped(body), SCHEMA if media == JSON else media, told)


def _told(request: Request, body: bytes, media: str, told: Sequence[Mapping[str, Json]]) -> Answer:
    return Answer(200, body, media, (*links.header(told), *tenant_header(request)))


def _collection(world: World, store: SqlTwin, base: str, name: str) -> dict[str, Json]:
    summary = world.ogc.of(store, name, world.clock)[0].summary
    of, offered = links.of_collection(base, name), [*systems.offered(world.crs)]
    found: dict[str, Json] = {
        "id": name,
        "title": name,
        "description": f"Entities of type {name} in the twin of {world.config.city.name}.",
        "itemType": "feature",
        "itemCount": summary.count,
    }
    if summary.box is not None:
        box = summary.box
        found["extent"] = {
            "spatial": {"bbox": [[box.min_x, box.min_y, box.max_x, box.max_y]], "crs": systems.CRS84},
        }
    found |= {"crs": offered, "storageCrs": systems.CRS84}
    found["links"] = [
        links.link(of, "self", JSON, f"The collection {name}"),
        *(
            links.link(f"{of}/items?f={form}", "items", media, f"Features of {name} as {form}")
            for form, media in FEATURES.items()
        ),
        links.link(f"{of}/queryables", links.QUERYABLES, SCHEMA, "What features can be asked by"),
    ]
    return found


def _row(found: Mapping[str, Json]) -> list[str]:
    extent = found.get("extent", {}).get("spatial", {}).get("bbox", [[]])[0]
    return [str(found["itemCount"]), ", ".join(f"{each:.6f}" for each in extent)]


def _lines(values: Iterable[str]) -> str:
    return "<br>".join(map(escape, values))


def _type(schema: Mapping[str, Json]) -> str:
    found = schema.get("type", schema.get("format", ""))
    return ", ".join(found) if isinstance(found, list) else str(found)
