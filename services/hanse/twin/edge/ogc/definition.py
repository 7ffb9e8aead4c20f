# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""OGC API Features as an OpenAPI 3.0 document and as a page: /ogc/features/v1/api."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from hanse.twin.edge.http import GEO_JSON, JSON, Answer
from hanse.twin.edge.ogc import links, pages, systems
from hanse.twin.edge.ogc.asking import DEFAULT_LIMIT
from hanse.twin.edge.ogc.links import BASE
from hanse.twin.edge.ogc.media import CITY_JSON, DEFINITION, HTML, OPENAPI, SCHEMA, chosen
from hanse.twin.edge.openapi.document import Api, Operation, document
from hanse.twin.edge.routes import Route
from hanse.twin.edge.speaking import dumped
from hanse.twin.model import MAX_PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.twin.edge.http import Request
    from hanse.twin.edge.world import World

Json = Any
_TEXT: Final = {"type": "string"}
_NUMBERS: Final = {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(name: str) -> dict[str, Json]:
    return {"type": "array", "items": _ref(name)}


def _object(required: Sequence[str], **properties: Json) -> dict[str, Json]:
    return {"type": "object", "required": [*required], "properties": properties}


def _form(*media: str) -> Mapping[int, Mapping[str, str]]:
    """What comes back, as one schema, as a page, and as what else there is."""
    name, *kinds = media
    return {200: {**dict.fromkeys(kinds, name), HTML: "Page"}}


_GEOMETRY: Final = {
    "type": "object",
    "nullable": True,
    "required": ["type", "coordinates"],
    "properties": {"type": _TEXT, "coordinates": {"type": "array", "items": {}}},
}
_FEATURE: Final[Mapping[str, Json]] = {
    "type": {"type": "string", "enum": ["Feature"]},
    "id": _TEXT,
    "geometry": _GEOMETRY,
    "properties": {"type": "object"},
    "links": _list("Link"),
}
SCHEMAS: Final[Mapping[str, Json]] = {
    "Page": _TEXT,
    "Sequence": _TEXT,
    "Link": _object(["href", "rel", "type"], href=_TEXT, rel=_TEXT, type=_TEXT, title=_TEXT),
    "Landing": _object(["title", "description", "links"], title=_TEXT, description=_TEXT, links=_list("Link")),
    "Conformance": _object(["conformsTo"], conformsTo={"type": "array", "items": _TEXT}),
    "Extent": _object(
        ["spatial"],
        spatial=_object(["bbox"], bbox={"type": "array", "minItems": 1, "items": _NUMBERS}, crs=_TEXT),
    ),
    "Collection": _object(
        ["id", "title", "description", "itemType", "itemCount", "crs", "storageCrs", "links"],
        id=_TEXT,
        title=_TEXT,
        description=_TEXT,
        itemType={"type": "string", "enum": ["feature"]},
        itemCount={"type": "integer", "minimum": 0},
        extent=_ref("Extent"),
        crs={"type": "array", "minItems": 1, "items": _TEXT},
        storageCrs=_TEXT,
        links=_list("Link"),
    ),
    "Collections": _object(
        ["links", "collections"],
        links=_list("Link"),
        crs={"type": "array", "items": _TEXT},
        collections=_list("Collection"),
    ),
    "Queryables": _object(
        ["$schema", "$id", "type", "properties", "additionalProperties"],
        **{"$schema": _TEXT, "$id": _TEXT},
        title=_TEXT,
        type={"type": "string", "enum": ["object"]},
        properties={"type": "object", "additionalProperties": {"type": "object"}},
        additionalProperties={"type": "boolean"},
    ),
    "Feature": _object(["type", "id", "geometry", "properties"], **_FEATURE),
    "FeatureCollection": _object(
        ["type", "features", "links", "timeStamp", "numberReturned"],
        type={"type": "string", "enum": ["FeatureCollection"]},
        features=_list("Feature"),
        links=_list("Link"),
        timeStamp={"type": "string", "format": "date-time"},
        numberReturned={"type": "integer", "minimum": 0},
        numberMatched={"type": "integer", "minimum": 0},
    ),
    "OpenApi": _object(["openapi", "info", "paths"], openapi=_TEXT, info={"type": "object"}, paths={"type": "object"}),
}
_ITEMS: Final = "/collections/{collectionId}/items"
_FEATURES: Final = {JSON: "FeatureCollection", GEO_JSON: "FeatureCollection", CITY_JSON: "Sequence", HTML: "Page"}
OPERATIONS: Final[Mapping[tuple[str, str], Operation]] = {
    ("/", "GET"): Operation(_form("Landing", JSON)),
    ("/api", "GET"): Operation(_form("OpenApi", OPENAPI, JSON)),
    ("/conformance", "GET"): Operation(_form("Conformance", JSON)),
    ("/collections", "GET"): Operation(_form("Collections", JSON)),
    ("/collections/{collectionId}", "GET"): Operation(_form("Collection", JSON)),
    ("/collections/{collectionId}/queryables", "GET"): Operation(_form("Queryables", SCHEMA)),
    (_ITEMS, "GET"): Operation({200: _FEATURES}),
    (f"{_ITEMS}/{{featureId}}", "GET"): Operation(
        {200: {JSON: "Feature", GEO_JSON: "Feature", CITY_JSON: "Sequence", HTML: "Page"}}
    ),
}


def _parameters(city_crs: str) -> dict[str, Json]:
    crs = {"type": "string", "enum": [*systems.offered(city_crs)], "default": systems.CRS84}
    return {
        "bbox": {
            "description": "Features that meet this box, and those without a place: the lower corner, then the upper; "
            "six numbers with heights in metres above the city's vertical datum.",
            "schema": _NUMBERS,
        },
        "bbox-crs": {"description": "What bbox is in.", "schema": crs},
        "crs": {"description": "What positions of the answer are in.", "schema": crs},
        "cursor": {"description": "The last id of the page before; links to the next page have it.", "schema": _TEXT},
        "datetime": {
            "description": "Features observed at a moment or in an interval, and those that were never observed: "
            "a timestamp, a date, or two of them with / between; .. is no end.",
            "schema": _TEXT,
        },
        "f": {"description": "The form of the answer; else the Accept header counts.", "schema": _TEXT},
        "filter": {"description": "Features for which this CQL2 expression holds.", "schema": _TEXT},
        "filter-crs": {"description": "What geometries in the filter are in.", "schema": crs},
        "filter-lang": {"schema": {"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"}},
        "limit": {
            "description": "How many features a page has; more than the maximum stands for that.",
            "schema": {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": DEFAULT_LIMIT},
        },
    }


def definition(world: World, request: Request, routes: Sequence[Route]) -> dict[str, Json]:
    """The document as this city serves it."""
    api = Api(
        "3.0.3",
        BASE,
        f"OGC API Features of {world.config.city.name}",
        "1.0.0",
        "Collections are the types of entities that the city's digital twin holds. Positions have heights wherever the "
        "data have; the property verticalDatum names what they are counted from.",
        _parameters(world.crs),
        {"NGSILD-Tenant": {"description": "The tenant; the city's own where it is missing."}},
        SCHEMAS,
        OPERATIONS,
    )
    return document(api, routes, links.root(world, request), secured=not world.config.twin_edge.open)


def described(routes: Sequence[Route]) -> tuple[Route, ...]:
    """Routes, and the one that tells of them all."""
    every: list[Route] = []

    def api(world: World, request: Request) -> Answer:
        """What this API is, as OpenAPI or to read."""
        media = chosen(request, DEFINITION)
        told = definition(world, request, every)
        return Answer(200, _page(told), HTML) if media == HTML else Answer(200, dumped(told), media)

    every += [Route(f"{BASE}/api", {"GET": api}, {"GET": frozenset({"f"})}), *routes]
    return tuple(every)


def _page(told: Mapping[str, Json]) -> bytes:
    rows = [
        [f"<code>{method.upper()} {escape(path)}</code>", escape(operation["summary"]), _names(operation)]
        for path, methods in told["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    ]
    parameters = [
        [f"<code>{escape(name)}</code>", escape(value.get("description", ""))]
        for name, value in told["components"]["parameters"].items()
    ]
    return pages.page(
        told["info"]["title"],
        [
            f"<p>{escape(told['info']['description'])}</p>",
            pages.table("Operations", ["operation", "what it does", "parameters"], rows),
            pages.table("Parameters", ["parameter", "what it means"], parameters),
        ],
        [links.link(f"{told['servers'][0]['url']}/", "start", HTML, "The beginning of this API")],
    )


def _names(operation: Mapping[str, Json]) -> str:
    names = [one["$ref"].rpartition("/")[2] if "$ref" in one else one["name"] for one in operation["parameters"]]
    return escape(", ".join(names))
