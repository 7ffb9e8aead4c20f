# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""The NGSI-LD API as an OpenAPI 3.1 document: /ngsi-ld/v1/openapi.json."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from hanse.twin.edge.http import GEO_JSON, JSON, LD_JSON, MERGE_PATCH, Answer
from hanse.twin.edge.openapi.document import Api, Operation, document
from hanse.twin.edge.openapi.ngsi_ld_words import PARAMETERS, SCHEMAS, SUMMARIES
from hanse.twin.edge.routes import BASE, Route
from hanse.twin.edge.speaking import dumped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hanse.twin.edge.http import Request
    from hanse.twin.edge.world import World

Json = Any
PATH: Final = f"{BASE}/openapi.json"
OPENAPI: Final = "application/vnd.oai.openapi+json;version=3.1"


def _plain(name: str) -> Mapping[str, str]:
    return {JSON: name, LD_JSON: name}


def _entities(name: str, geographic: str) -> Mapping[str, str]:
    return {**_plain(name), GEO_JSON: geographic}


def _written(body: str, *statuses: int) -> Operation:
    """An operation that writes: 201 and 204 bring no body, 207 says what was done and what not."""
    answers = {each: _plain("Done") if each == _SOME else {} for each in statuses}
    return Operation(answers, _plain(body))


def _patched(body: str, *statuses: int) -> Operation:
    found = _written(body, *statuses)
    return Operation(found.answers, {**_plain(body), MERGE_PATCH: body})


_SOME: Final = 207
_GONE: Final = Operation({204: {}, _SOME: _plain("Done")})


def _batch(body: str, *statuses: int) -> Operation:
    answers = {each: _plain("Ids" if each == 201 else "Done") for each in statuses if each != 204}  # noqa: PLR2004
    return Operation({**answers, **({204: {}} if 204 in statuses else {})}, _plain(body))  # noqa: PLR2004


def _kept(path: str, one: str, several: str) -> dict[tuple[str, str], Operation]:
    """What is made, read, changed and deleted under an id."""
    return {
        (path, "GET"): Operation({200: _plain(several)}),
        (path, "POST"): Operation({201: {}}, _plain(one)),
        (f"{path}/{{id}}", "GET"): Operation({200: _plain(one)}),
        (f"{path}/{{id}}", "PATCH"): Operation({204: {}}, {**_plain("Fragment"), MERGE_PATCH: "Fragment"}),
        (f"{path}/{{id}}", "DELETE"): Operation({204: {}}),
    }


_ONE: Final = "/entities/{id}"
_TEMPORAL: Final = "/temporal/entities/{id}"
_BATCH: Final = "/entityOperations"
OPERATIONS: Final[Mapping[tuple[str, str], Operation]] = {
    ("/entities", "GET"): Operation(
        {200: _entities("EntitiesShown", "FeatureCollection"), 201: _entities("EntitiesShown", "FeatureCollection")}
    ),
    ("/entities", "POST"): _written("Entity", 201, _SOME),
    ("/entities", "DELETE"): _GONE,
    (_ONE, "GET"): Operation({200: _entities("EntityShown", "Feature")}),
    (_ONE, "PUT"): _written("Fragment", 204, _SOME),
    (_ONE, "PATCH"): _patched("Fragment", 204, _SOME),
    (_ONE, "DELETE"): _GONE,
    (f"{_ONE}/attrs", "POST"): _written("Fragment", 204, _SOME),
    (f"{_ONE}/attrs", "PATCH"): _patched("Fragment", 204, _SOME),
    (f"{_ONE}/attrs/{{attribute}}", "PUT"): _written("Fragment", 204, _SOME),
    (f"{_ONE}/attrs/{{attribute}}", "PATCH"): _patched("Fragment", 204, _SOME),
    (f"{_ONE}/attrs/{{attribute}}", "DELETE"): _GONE,
    ("/temporal/entities", "GET"): Operation({200: _plain("EntitiesShown"), 206: _plain("EntitiesShown")}),
    ("/temporal/entities", "POST"): _written("Entity", 201, 204),
    (_TEMPORAL, "GET"): Operation({200: _plain("EntityShown"), 206: _plain("EntityShown")}),
    (_TEMPORAL, "DELETE"): Operation({204: {}}),
    (f"{_TEMPORAL}/attrs", "POST"): _written("Fragment", 204),
    (f"{_TEMPORAL}/attrs/{{attribute}}", "DELETE"): Operation({204: {}}),
    (f"{_TEMPORAL}/attrs/{{attribute}}/{{instance}}", "PATCH"): _patched("Fragment", 204),
    (f"{_TEMPORAL}/attrs/{{attribute}}/{{instance}}", "DELETE"): Operation({204: {}}),
    ("/temporal/entityOperations/query", "POST"): Operation(
        {200: _plain("EntitiesShown"), 206: _plain("EntitiesShown")}, _plain("Query")
    ),
    (f"{_BATCH}/create", "POST"): _batch("Entities", 201, _SOME),
    (f"{_BATCH}/upsert", "POST"): _batch("Entities", 201, 204, _SOME),
    (f"{_BATCH}/update", "POST"): _batch("Entities", 204, _SOME),
    (f"{_BATCH}/merge", "POST"): _batch("Entities", 204, _SOME),
    (f"{_BATCH}/delete", "POST"): _batch("Ids", 204, _SOME),
    (f"{_BATCH}/query", "POST"): Operation(
        {200: _entities("EntitiesShown", "FeatureCollection"), 201: _entities("EntitiesShown", "FeatureCollection")},
        _plain("Query"),
    ),
    ("/types", "GET"): Operation({200: _plain("TypesShown")}),
    ("/types/{type}", "GET"): Operation({200: _plain("EntityTypeInfo")}),
    ("/attributes", "GET"): Operation({200: _plain("AttributesShown")}),
    ("/attributes/{attribute}", "GET"): Operation({200: _plain("Attribute")}),
    ("/jsonldContexts", "GET"): Operation({200: {JSON: "ContextsShown"}}),
    ("/jsonldContexts", "POST"): Operation({201: {}}, _plain("Context")),
    ("/jsonldContexts/{id}", "GET"): Operation({200: {JSON: "ContextShown", LD_JSON: "Context"}}),
    ("/jsonldContexts/{id}", "DELETE"): Operation({204: {}}),
    **_kept("/subscriptions", "Subscription", "Subscriptions"),
    **_kept("/csourceSubscriptions", "Subscription", "Subscriptions"),
    **_kept("/csourceRegistrations", "Registration", "Registrations"),
    ("/entityMaps", "GET"): Operation({201: _plain("EntityMap")}),
    ("/entityMaps", "POST"): Operation({201: _plain("EntityMap")}, _plain("Query")),
    ("/entityMaps/{id}", "GET"): Operation({200: _plain("EntityMap")}),
    ("/entityMaps/{id}", "PATCH"): Operation({204: {}}, {**_plain("Fragment"), MERGE_PATCH: "Fragment"}),
    ("/entityMaps/{id}", "DELETE"): Operation({204: {}}),
    ("/info/sourceIdentity", "GET"): Operation({200: _plain("SourceIdentity")}),
    ("/openapi.json", "GET"): Operation({200: {OPENAPI: "OpenApi"}}),
}
API: Final = Api(
    "3.1.0",
    BASE,
    "NGSI-LD API of the city's digital twin",
    "1.8.1",
    "ETSI GS CIM 009 V1.8.1. Names in bodies and parameters are those of the JSON-LD context that comes with a "
    "request, by a Link header or in a body of application/ld+json; without one, of the core context.",
    PARAMETERS,
    {"NGSILD-Tenant": {"description": "The tenant; the city's own where it is missing."}},
    SCHEMAS,
    {key: replace(one, summary=SUMMARIES.get(key, "")) for key, one in OPERATIONS.items()},
)


def described(routes: Sequence[Route]) -> tuple[Route, ...]:
    """Routes, and the one that tells of them all."""
    every: list[Route] = []

    def definition(world: World, request: Request) -> Answer:
        """The API as an OpenAPI document."""
        return Answer(200, dumped(told(every, world, request)), OPENAPI)

    every += [*routes, Route(PATH, {"GET": definition}, {"GET": frozenset()})]
    return tuple(every)


def told(routes: Iterable[Route], world: World, request: Request) -> dict[str, Json]:
    """The document as this city serves it."""
    return document(API, routes, world.base(request) + BASE, secured=not world.config.twin_edge.open)
