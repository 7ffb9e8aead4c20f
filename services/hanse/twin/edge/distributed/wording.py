# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Documents in the names and the media type that a source registered (CIM 009 clause 4.3.6.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse import ngsild
from hanse.jsonld import CORE_URL
from hanse.ngsild import Nulls
from hanse.twin.edge.distributed.calls import CONTEXT, Sending, names_of
from hanse.twin.edge.http import JSON, LD_JSON
from hanse.twin.edge.speaking import dumped, local_context

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hanse.jsonld import Renaming
    from hanse.twin.edge.distributed.sources import Source
    from hanse.twin.edge.http import Request
    from hanse.twin.edge.world import World

Json = Any


def sending(world: World, request: Request, source: Source, method: str, path: str, document: Json) -> Sending:
    """A request with a body, which is an entity, a fragment of one, or a list of entities or ids.

    Raises Problem, ContextError or BadRequestDataError, as the operation itself would.
    """
    several = document if isinstance(document, list) else [document]
    worded = [_worded(world, request, source, each) if isinstance(each, dict) else each for each in several]
    body = worded if isinstance(document, list) else worded[0]
    media, link = _media(world, request, source, several)
    return Sending(source, method, path, request.parameters, dumped(body), media, link)


def _media(world: World, request: Request, source: Source, several: Sequence[Json]) -> tuple[str, str]:
    """The media type, and the context that goes in a Link header where it is not the request's own."""
    if source.info(CONTEXT):
        return JSON, ""
    wanted = source.info("contentType")
    if wanted in {"", request.media}:
        return request.media, ""
    first = next((each for each in several if isinstance(each, dict)), None)
    if wanted == LD_JSON or request.media != LD_JSON or first is None:
        return wanted, ""
    local = local_context(request, first)
    url = local if isinstance(local, str) else world.contexts.implicit(local)
    return wanted, world.base(request) + url if url.startswith("/") else url


def _worded(world: World, request: Request, source: Source, document: Mapping[str, Json]) -> Mapping[str, Json]:
    context, wanted = source.info(CONTEXT), source.info("contentType")
    if not context and wanted in {"", request.media}:
        return document
    local = local_context(request, document)
    content = {name: value for name, value in document.items() if name != "@context"}
    if context:
        renaming = world.contexts.renaming(local)
        return _renamed(content, renaming, names_of(world, source, renaming))
    return {"@context": local or CORE_URL, **content} if wanted == LD_JSON else content


def _renamed(content: Mapping[str, Json], renaming: Renaming, names: Renaming) -> dict[str, Json]:
    identifier = content.get("id", content.get("@id"))
    rest = {name: value for name, value in content.items() if name not in {"id", "@id"}}
    fragment = ngsild.canonicalise_fragment(rest, renaming, Nulls.ANYWHERE, target={})
    found = ngsild.represent(fragment, names)
    return found if identifier is None else {"id": identifier, **found}
