# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Media types and JSON-LD contexts of requests and answers (CIM 009 clauses 6.3.4 to 6.3.6)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from hanse.jsonld import CORE_URL
from hanse.twin.edge.http import GEO_JSON, JSON, LD_JSON, MERGE_PATCH, Answer
from hanse.twin.edge.problems import Kind, Problem, bad_data

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanse.jsonld import Renaming
    from hanse.twin.edge.http import Request
    from hanse.twin.edge.world import World

Json = Any
RELATION: Final = "http://www.w3.org/ns/json-ld#context"
TENANT: Final = "ngsild-tenant"
PLAIN_OFFER: Final = (JSON, LD_JSON)
ENTITY_OFFER: Final = (JSON, LD_JSON, GEO_JSON)
_LINK: Final = re.compile(r"<([^<>]{1,4000})>((?:\s*;\s*[\w*-]+\s*=\s*(?:\"[^\"]*\"|[^\s\",;]+))*)")
_PARAMETER: Final = re.compile(r";\s*([\w*-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))")
_MAX_HEADER: Final = 8_192


@dataclass(frozen=True, slots=True)
class Speech:
    """How a request is answered: the media type, the `@context` value that it asked with, and the names of that."""

    media: str
    local: Json
    renaming: Renaming


def listen(world: World, request: Request, offer: Sequence[str] = PLAIN_OFFER) -> Speech:
    """How to answer a request that brings no context in a body. Raises Problem or ContextError."""
    media = accepted(request, offer)
    local = link_context(request)
    return Speech(media, local, world.contexts.used(local))


def received(
    world: World, request: Request, *, merge_patch: bool = False, offer: Sequence[str] = PLAIN_OFFER
) -> tuple[Json, Speech]:
    """The body, without its `@context`, and how to answer. Raises Problem or ContextError."""
    body = parsed(request, merge_patch=merge_patch)
    media = accepted(request, offer)
    if not isinstance(body, dict):
        raise Problem(Kind.INVALID_REQUEST, "the body must be a JSON object")
    local = local_context(request, body)
    content = {name: value for name, value in body.items() if name != "@context"}
    return content, Speech(media, local, world.contexts.used(local))


def parsed(request: Request, *, merge_patch: bool = False) -> Json:
    """The body as JSON of one of the media types that are taken. Raises Problem."""
    allowed = (JSON, LD_JSON, MERGE_PATCH) if merge_patch else (JSON, LD_JSON)
    if not request.media:
        raise Problem(Kind.INVALID_REQUEST, f"a body needs a Content-Type: one of {', '.join(allowed)}")
    if request.media not in allowed:
        raise Problem(Kind.UNSUPPORTED_MEDIA, f"the body must be one of {', '.join(allowed)}")
    return request.json()


def local_context(request: Request, document: Json) -> Json:
    """The `@context` value that a document of the body is read with (clause 6.3.5). Raises Problem."""
    linked = link_context(request)
    inside = isinstance(document, dict) and "@context" in document
    if request.media == LD_JSON:
        refuse_link(request)
        if not inside:
            raise bad_data("a body in application/ld+json needs an @context")
        if document["@context"] is None:
            raise bad_data("the @context must not be null")
        return document["@context"]
    if inside:
        raise bad_data("an @context stands in a body in application/ld+json only; use a Link header")
    return linked


def refuse_link(request: Request) -> None:
    """A body in application/ld+json goes with no context in a Link header. Raises Problem."""
    if request.media == LD_JSON and link_context(request) is not None:
        raise bad_data("a body in application/ld+json brings its @context itself, not by a Link header")


def link_context(request: Request) -> str | None:
    """The URL of the context that a Link header names. Raises Problem."""
    if request.headers.get("link") is None:
        return None
    return _linked(", ".join(request.headers.get_all("link")))


@lru_cache(maxsize=512)
def _linked(header: str) -> str | None:
    if len(header) > _MAX_HEADER:
        raise bad_data("the Link header is too long")
    found = []
    for target, parameters in _LINK.findall(header):
        values = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(parameters)}
        if RELATION in values.get("rel", "").split():
            found.append(target)
    if len(found) > 1:
        raise bad_data("Link headers name more than one JSON-LD context")
    return found[0] if found else None


def accepted(request: Request, offer: Sequence[str] = PLAIN_OFFER) -> str:
    """The media type to answer with. Raises Problem: 406."""
    header = request.headers.get("accept")
    if header is None:
        return offer[0]
    found = _chosen(header[:_MAX_HEADER], tuple(offer))
    if found is None:
        raise Problem(Kind.NOT_ACCEPTABLE, f"this can be had as {', '.join(offer)}")
    return found


@lru_cache(maxsize=512)
def _chosen(header: str, offer: tuple[str, ...]) -> str | None:
    """RFC 9110 section 12.5.1: the offer with the highest weight, the first of equals."""
    weights: dict[str, float] = {}
    for part in header.split(","):
        name, _, rest = part.partition(";")
        quality = re.search(r"(?:^|;)\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*(?:;|$)", rest)
        weights[name.strip().lower()] = float(quality[1]) if quality else 1.0

    def weight(media: str) -> float:
        kind = media.partition("/")[0]
        return weights.get(media, weights.get(f"{kind}/*", weights.get("*/*", 0.0)))

    best = max(offer, key=weight)
    return best if weight(best) > 0 else None


def answered(world: World, request: Request, speech: Speech, body: Json, status: int = 200) -> Answer:
    """A JSON answer: its context in the body or in a Link header."""
    if speech.media == LD_JSON:
        context = {"@context": speech.local or CORE_URL}
        body = [{**one, **context} for one in body] if isinstance(body, list) else {**body, **context}
        return Answer(status, dumped(body), LD_JSON, tenant_header(request))
    headers = (link_header(world, request, speech), *tenant_header(request))
    return Answer(status, dumped(body), speech.media, headers)


def link_header(world: World, request: Request, speech: Speech) -> tuple[str, str]:
    """The Link header that names the context of an answer."""
    url = speech.local if isinstance(speech.local, str) else world.contexts.implicit(speech.local)
    if url.startswith("/"):
        url = world.base(request) + url
    return _link(url)


@lru_cache(maxsize=512)
def _link(url: str) -> tuple[str, str]:
    return "Link", f'<{url}>; rel="{RELATION}"; type="{LD_JSON}"'


def tenant_header(request: Request) -> tuple[tuple[str, str], ...]:
    """The tenant, told again in the answer (clause 6.3.14)."""
    name = request.headers.get(TENANT)
    return (("NGSILD-Tenant", name),) if name else ()


def dumped(body: Json) -> bytes:
    """JSON without blanks."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
