# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""An OpenAPI document of routes: paths, methods, parameters and scopes are the routes', so it says what is served.

What routes do not say (what comes back, what a body is, what a parameter means) stands in an `Api`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hanse.twin.edge.http import problem_answer
from hanse.twin.edge.problems import Kind, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hanse.twin.edge.routes import Handler, Route

Json = Any
_PARTS: Final = re.compile(r"\{(\w+)\}")
_WORDS: Final = re.compile(r"[A-Za-z0-9]+")
PROBLEM: Final[Mapping[str, Json]] = {
    "type": "object",
    "description": "ProblemDetails (RFC 7807).",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
    },
}


@dataclass(frozen=True, slots=True)
class Operation:
    """What comes back by status (media types with the name of a schema each; none is an empty body), and the body."""

    answers: Mapping[int, Mapping[str, str]]
    body: Mapping[str, str] | None = None
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Api:
    """What the routes below a base do not say of themselves.

    Attributes:
        version: of OpenAPI, "3.0.3" or "3.1.0".
        base: the path that all begin with.
        title, revision, text: for people.
        parameters: parameter objects by name, without name and place.
        headers: parameter objects of headers that every operation knows.
        schemas: by name; "Problem" is there.
        operations: by path below the base and method.
    """

    version: str
    base: str
    title: str
    revision: str
    text: str
    parameters: Mapping[str, Json]
    headers: Mapping[str, Json]
    schemas: Mapping[str, Json]
    operations: Mapping[tuple[str, str], Operation]


def document(api: Api, routes: Iterable[Route], server: str, *, secured: bool) -> dict[str, Json]:
    """The document; `server` is where the base is, `secured` whether a token is needed."""
    paths: dict[str, Json] = {}
    used: set[str] = set()
    for route in routes:
        path = route.path.removeprefix(api.base) or "/"
        named = _PARTS.findall(path)
        made: dict[str, Json] = {"parameters": [_in_path(each) for each in named]} if named else {}
        for method, handler in route.handlers.items():
            names = sorted(route.parameters.get(method, ()))
            used.update(names)
            made[method.lower()] = _operation(api, route, path, method, handler, names, secured=secured)
        paths[path] = made
    components: dict[str, Json] = {
        "schemas": {"Problem": PROBLEM, **api.schemas},
        "parameters": {name: _parameter(name, "query", api.parameters.get(name, {})) for name in sorted(used)}
        | {name: _parameter(name, "header", value) for name, value in api.headers.items()},
        "responses": {"Problem": _problem()},
    }
    if secured:
        components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    return {
        "openapi": api.version,
        "info": {"title": api.title, "version": api.revision, "description": api.text},
        "servers": [{"url": server}],
        "paths": paths,
        "components": components,
    }


def _operation(
    api: Api, route: Route, path: str, method: str, handler: Handler, names: Iterable[str], *, secured: bool
) -> dict[str, Json]:
    known = api.operations.get((path, method), Operation({}))
    summary = known.summary or (handler.__doc__ or f"{method} {path}").strip().partition("\n")[0]
    found: dict[str, Json] = {
        "operationId": method.lower() + "".join(word[:1].upper() + word[1:] for word in _WORDS.findall(path)),
        "summary": summary,
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in (*names, *api.headers)],
        "responses": {str(status): _answer(media) for status, media in known.answers.items()}
        | {"default": {"$ref": "#/components/responses/Problem"}},
    }
    if route.properties:
        found["parameters"].append(_PROPERTIES)
    if known.body is not None:
        found["requestBody"] = {"required": True, "content": _content(known.body)}
    if secured:
        found["security"] = [{"token": []}]
        found["x-scope"] = route.scope(method)
    return found


_PROPERTIES: Final = {
    "name": "properties",
    "in": "query",
    "required": False,
    "description": "Values of queryable properties, each by its name, such as yearOfConstruction=1932.",
    "style": "form",
    "explode": True,
    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
}


def _in_path(name: str) -> dict[str, Json]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _parameter(name: str, place: str, value: Mapping[str, Json]) -> dict[str, Json]:
    style = {"style": "form", "explode": False} if place == "query" else {}
    return {"name": name, "in": place, "required": False, **style, "schema": {"type": "string"}, **value}


def _answer(media: Mapping[str, str]) -> dict[str, Json]:
    found: dict[str, Json] = {"description": "It was done." if not media else "What was asked for."}
    return {**found, "content": _content(media)} if media else found


def _content(media: Mapping[str, str]) -> dict[str, Json]:
    return {kind: {"schema": {"$ref": f"#/components/schemas/{name}"}} for kind, name in media.items()}


def _problem() -> dict[str, Json]:
    """In the media type that problems are told in."""
    media = problem_answer(Problem(Kind.INTERNAL, "")).media
    return {"description": "It was not done, and why.", "content": _content({media: "Problem"})}
