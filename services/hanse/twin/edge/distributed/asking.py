# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""What each source is asked for when entities are retrieved or queried: no more than it registered, in its names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hanse import query as languages
from hanse.twin.edge.distributed.calls import Sending, names_of
from hanse.twin.edge.distributed.gather import registered
from hanse.twin.edge.routes import BASE
from hanse.twin.edge.speaking import dumped
from hanse.twin.registrations.matching import ids_of, types_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.jsonld import Renaming
    from hanse.twin.edge.distributed.sources import Source
    from hanse.twin.edge.speaking import Speech
    from hanse.twin.edge.world import World
    from hanse.twin.registrations.matching import Wanted

Json = Any
RETRIEVE: Final = frozenset({"retrieveEntity", "queryEntity", "queryBatch"})
QUERY: Final = frozenset({"queryEntity", "queryBatch"})
FILTERS: Final = frozenset({"q", "georel", "geometry", "coordinates", "geoproperty", "scopeQ"})
_AS_THEY_ARE: Final = ("georel", "geometry", "coordinates", "scopeQ", "idPattern")
_VALUES: Final = ("expandValues", "jsonKeys")
_GEO: Final = ("georel", "geometry", "coordinates", "geoproperty")


@dataclass(frozen=True, slots=True)
class Asking:
    """A request in its names: its parameters, what it is about, and whether entities may be split among sources."""

    speech: Speech
    parameters: Mapping[str, str]
    wanted: Wanted
    split: bool = False


def retrieval(world: World, source: Source, entity_id: str, asking: Asking) -> Sending:
    """What a source is asked for of one entity, by an operation that it takes."""
    names = names_of(world, source, asking.speech.renaming)
    attributes = _narrowed(source, asking.wanted)
    parameters = {"options": "sysAttrs"}
    if attributes is not None:
        parameters["attrs"] = ",".join(sorted(map(names.outward, attributes)))
    if "retrieveEntity" in source.allowed:
        return Sending(source, "GET", f"{BASE}/entities/{entity_id}", parameters)
    types = _types(source, names)
    if "queryEntity" in source.allowed:
        return Sending(source, "GET", f"{BASE}/entities", {"id": entity_id, "type": ",".join(types), **parameters})
    body: dict[str, Json] = {"type": "Query", "entities": [{"id": entity_id, "type": each} for each in types]}
    if attributes is not None:
        body["attrs"] = parameters["attrs"].split(",")
    return _posted(source, body, parameters)


def query(world: World, source: Source, asking: Asking, only: frozenset[str] | None = None) -> Sending:
    """What a source is asked for by a query; `only` are ids that are wanted of it alone."""
    names = names_of(world, source, asking.speech.renaming)
    asked = _selection(source, asking, names, only)
    if not asking.split:
        asked |= _filters(asking, names)
    attributes = registered(source) if asking.split else _narrowed(source, asking.wanted)
    if attributes is not None:
        asked["attrs"] = ",".join(sorted(map(names.outward, attributes)))
    asked = {name: value for name, value in asked.items() if value}
    extra = {"options": "sysAttrs"}
    if "queryEntity" in source.allowed:
        return Sending(source, "GET", f"{BASE}/entities", {**asked, **extra})
    return _posted(source, _body(asked), extra)


def _body(asked: Mapping[str, str]) -> dict[str, Json]:
    """A Query (clause 5.2.23) of parameters."""
    selector: dict[str, Json] = {name: asked[name] for name in ("id", "type", "idPattern") if name in asked}
    if "," in selector.get("id", ""):
        selector["id"] = selector["id"].split(",")
    body: dict[str, Json] = {"type": "Query", "entities": [selector]} if selector else {"type": "Query"}
    body |= {name: asked[name] for name in ("q", "scopeQ") if name in asked}
    body |= {name: asked[name].split(",") for name in ("attrs", *_VALUES) if name in asked}
    if "georel" in asked:
        body["geoQ"] = {name: asked[name] for name in _GEO if name in asked}
    return body


def _selection(source: Source, asking: Asking, names: Renaming, only: frozenset[str] | None) -> dict[str, str]:
    """Types and ids: those of the request that the source has, or those that it registered."""
    found: dict[str, str] = {}
    ids = _ids(source, asking.wanted) if only is None else only
    if "type" in asking.parameters:
        found["type"] = asking.parameters["type"]
        if names is not asking.speech.renaming and found["type"] != "*":
            types = languages.parse_types(found["type"], asking.speech.renaming.inward)
            found["type"] = languages.to_types(types, names.outward)
    elif ids is None or only is not None:
        found["type"] = ",".join(_types(source, names))
    if ids is not None:
        found["id"] = ",".join(sorted(ids))
    return found


def _filters(asking: Asking, names: Renaming) -> dict[str, str]:
    given, inward = asking.parameters, asking.speech.renaming.inward
    found = {name: given[name] for name in _AS_THEY_ARE if name in given}
    same = names is asking.speech.renaming
    if "geoproperty" in given and "georel" in given:
        found["geoproperty"] = given["geoproperty"] if same else names.outward(inward(given["geoproperty"]))
    if "q" in given:
        found["q"] = given["q"] if same else languages.to_q(languages.parse_q(given["q"], inward), names.outward)
        for name in _VALUES:
            if name in given:
                terms = given[name].split(",")
                found[name] = given[name] if same else ",".join(names.outward(inward(each)) for each in terms)
    return found


def _narrowed(source: Source, wanted: Wanted) -> frozenset[str] | None:
    """Attributes to ask a source for; None for all."""
    named = registered(source)
    if named is None:
        return wanted.attributes
    return named if wanted.attributes is None else named & wanted.attributes


def _types(source: Source, names: Renaming) -> list[str]:
    """Types that a registration names, in the names that the source is spoken to in."""
    given = {name for part in source.parts for one in part.get("entities", ()) for name in types_of(one)}
    return sorted(map(names.outward, given))


def _posted(source: Source, body: Mapping[str, Json], parameters: Mapping[str, str]) -> Sending:
    kept = {name: value for name, value in parameters.items() if name in {"limit", "options"}}
    return Sending(source, "POST", f"{BASE}/entityOperations/query", kept, dumped(body), "application/json")


def _ids(source: Source, wanted: Wanted) -> frozenset[str] | None:
    """Ids to ask a source for: those of the request that it has, or those that it registered one by one."""
    given = [ids_of(one) for part in source.parts for one in part.get("entities", ({"type": ""},))]
    if any(each is None for each in given) or not given:
        return wanted.ids
    named = frozenset(name for each in given if each is not None for name in each)
    return named if wanted.ids is None else named & wanted.ids
