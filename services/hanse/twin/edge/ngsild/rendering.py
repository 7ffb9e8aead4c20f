# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Stored entities as answers. Stored bytes go out as they are where names and representation are what was asked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from hanse import ngsild
from hanse.jsonld import CORE_URL
from hanse.twin.edge.http import GEO_JSON, JSON, LD_JSON, Answer
from hanse.twin.edge.speaking import dumped, link_header, tenant_header
from hanse.twin.timed import times_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.jsonld import Renaming
    from hanse.ngsild import Options, Times
    from hanse.twin.edge.http import Request
    from hanse.twin.edge.speaking import Speech
    from hanse.twin.edge.world import World
    from hanse.twin.model import Stored

Json = Any
_SMALL: Final = 8 * 1024  # bytes of entities that are remembered in the names that were asked for
_REMEMBERED: Final = 4_096


@dataclass(frozen=True, slots=True)
class Read:
    """A stored entity, parsed: stored form and system times."""

    entity: Mapping[str, Json]
    times: Times

    @classmethod
    def of(cls, stored: Stored) -> Read:
        """Parses a stored entity."""
        return cls(json.loads(stored.json), times_of(stored))


def one(world: World, request: Request, speech: Speech, options: Options, stored: Stored) -> Answer:
    """One entity as an answer."""
    body = entity_bytes(stored, speech, options)
    if speech.media == JSON:
        return Answer(200, body, JSON, (link_header(world, request, speech), *tenant_header(request)))
    return Answer(200, body, speech.media, _headers(world, request, speech))


def entity_bytes(stored: Stored, speech: Speech, options: Options) -> bytes:
    """One entity in the media type asked for."""
    if speech.media == GEO_JSON or not options.plain:
        return dumped(entity_document(Read.of(stored), speech, options))
    return as_asked(stored.json, speech)


def as_asked(body: bytes, speech: Speech) -> bytes:
    """Stored JSON in the names, and with the context, of a request for normalised JSON or JSON-LD."""
    body = _in_names(body, speech.renaming)
    return body if speech.media == JSON else _with_context(body, speech)


def entity_document(read: Read, speech: Speech, options: Options) -> dict[str, Json]:
    """One entity in the media type asked for, as JSON values."""
    times = read.times if options.sys_attrs else None
    if speech.media == GEO_JSON:
        return {**ngsild.feature(read.entity, speech.renaming, options, times), "@context": speech.local or CORE_URL}
    found = ngsild.represent(read.entity, speech.renaming, options, times)
    return found if speech.media == JSON else {**found, "@context": speech.local or CORE_URL}


def several(
    world: World, request: Request, speech: Speech, bodies: Sequence[bytes], headers: tuple[tuple[str, str], ...] = ()
) -> Answer:
    """Entities, as `entity_bytes` gives them, as an answer."""
    body = b"[" + b",".join(bodies) + b"]"
    if speech.media == GEO_JSON:
        body = b'{"type":"FeatureCollection","features":' + body + b"}"
    return Answer(200, body, speech.media, (*headers, *_headers(world, request, speech)))


def _headers(world: World, request: Request, speech: Speech) -> tuple[tuple[str, str], ...]:
    told = tenant_header(request)
    return told if speech.media == LD_JSON else (link_header(world, request, speech), *told)


def _with_context(body: bytes, speech: Speech) -> bytes:
    local = speech.local or CORE_URL
    return (_beginning(local) if isinstance(local, str) else b'{"@context":' + dumped(local) + b",") + body[1:]


@lru_cache(maxsize=512)
def _beginning(url: str) -> bytes:
    return b'{"@context":' + dumped(url) + b","


def _in_names(body: bytes, renaming: Renaming) -> bytes:
    """A stored entity in a request's names; its very bytes where those are the stored ones.

    That they are is remembered by a hash of the bytes, which no one outside can foresee: nothing is parsed again.
    """
    key = (hash(body), len(body), renaming)
    if key in _SAME:
        return body
    found = _renamed(body, renaming) if len(body) < _SMALL else _parsed(body, renaming)
    if found == body:
        if len(_SAME) >= _MOST_SAME:
            _SAME.clear()
        _SAME.add(key)
    return found


def _parsed(body: bytes, renaming: Renaming) -> bytes:
    entity = json.loads(body)
    if renaming.unchanged_by(ngsild.names_in(entity)):
        return body
    return dumped(ngsild.represent(entity, renaming))


_renamed = lru_cache(maxsize=_REMEMBERED)(_parsed)
_MOST_SAME: Final = 100_000
_SAME: Final[set[tuple[int, int, Renaming]]] = set()
