# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Which handler answers which path and method. Each group of resources brings its own routes."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hanse.twin.edge.http import Answer, Request
from hanse.twin.edge.problems import Kind, Problem, bad_data

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from hanse.twin.edge.world import World

    Handler = Callable[[World, Request], Answer]
    Quick = Callable[[World, Request], Answer | None]

BASE: Final = "/ngsi-ld/v1"
_PARTS: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Route:
    """A resource: a path such as "/ngsi-ld/v1/entities/{id}", its handlers by method.

    Handlers run in a thread pool, but for the methods `inline`, whose handlers are one short read and run where
    requests arrive; one of `quick` is tried there first, and answers None what takes longer. `parameters` are the
    query parameters that each method knows (clause 6.3.20); with `properties` others are names of properties, which
    the handler judges.
    """

    path: str
    handlers: Mapping[str, Handler]
    parameters: Mapping[str, frozenset[str]]
    inline: frozenset[str] = frozenset()
    scopes: Mapping[str, str] | None = None
    properties: bool = False
    quick: Mapping[str, Quick] = field(default_factory=dict)

    def scope(self, method: str) -> str:
        """The scope that a token needs."""
        if self.scopes is not None:
            return self.scopes[method]
        return "twin:read" if method in {"GET", "HEAD", "OPTIONS"} else "twin:write"


class Router:
    """Finds routes. Of those that fit a path the first is taken."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes = [
            (re.compile(_PARTS.sub(r"(?P<\1>.+)", route.path) + "/?"), _last_words(route.path), route)
            for route in routes
        ]

    def find(self, request: Request) -> tuple[Route, Handler]:
        """The route and handler of a request, whose `values` are set. Raises Problem."""
        path = request.path
        for pattern, words, route in self._routes:
            match = pattern.fullmatch(path) if words in path else None
            if match is None:
                continue
            request.values = match.groupdict()
            handler = route.handlers.get("GET" if request.method == "HEAD" else request.method)
            if handler is None:
                if _lacks_id(request):
                    raise bad_data("the path lacks an id")
                allowed = ", ".join(_methods(route))
                raise Problem(
                    Kind.NOT_ALLOWED, f"{request.method[:20]} is none of {allowed}", headers={"Allow": allowed}
                )
            return route, handler
        raise Problem(Kind.NOT_FOUND, "there is no such path in this API")

    def options(self, request: Request) -> Answer:
        """What may be done with a resource."""
        for pattern, _, route in self._routes:
            if pattern.fullmatch(request.path):
                allowed = (("Allow", ", ".join(_methods(route))),)
                patches = (("Accept-Patch", "application/json, application/ld+json, application/merge-patch+json"),)
                return Answer(204, headers=allowed + (patches if "PATCH" in route.handlers else ()))
        raise Problem(Kind.NOT_FOUND, "there is no such path in this API")


def _lacks_id(request: Request) -> bool:
    """Whether a path ends where an entity's id should stand; for other resources the method is what is wrong."""
    evolutions = f"{BASE}/temporal/entities/"
    if request.path.startswith(evolutions):
        return request.method != "DELETE" and request.path.startswith((f"{evolutions}/", f"{evolutions}attrs"))
    if request.method == "DELETE" or not request.path.startswith(f"{BASE}/entities"):
        return False
    return request.path.endswith("/") or "//" in request.path


def _last_words(path: str) -> str:
    """The last part of a path that is no pattern: what does not hold it needs no closer look."""
    return [part for part in _PARTS.split(path)[::2] if part][-1]


def _methods(route: Route) -> list[str]:
    head = ["HEAD"] if "GET" in route.handlers else []
    return [*route.handlers, *head, "OPTIONS"]


def check_parameters(route: Route, request: Request) -> None:
    """Refuses a parameter that the operation has not (clause 6.3.20). Raises Problem: InvalidRequest."""
    if not request.query_string or route.properties:
        return
    known = route.parameters.get("GET" if request.method == "HEAD" else request.method, frozenset())
    for name in request.parameters:
        if name not in known:
            options = ", ".join(sorted(known)) or "none"
            raise Problem(
                Kind.INVALID_REQUEST, f"the parameter {name[:60]!r} is none of this operation's; known: {options}"
            )
