# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Entity maps over HTTP (CIM 009 clauses 5.2.39, 5.5.9.3, 5.14, 6.32, 6.34 and 6.35).

A map fixes which entities a query is about, and says which registrations hold parts of each ("@none": this city).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from hanse.kernel.clock import parse_timestamp, timestamp
from hanse.kernel.errors import InvalidInputError
from hanse.kernel.ids import new_id
from hanse.twin.adapters.entity_maps import EntityMap, EntityMaps
from hanse.twin.edge.http import Answer
from hanse.twin.edge.parameters import LOCAL, boolean, uri_of
from hanse.twin.edge.problems import bad_data, not_found
from hanse.twin.edge.routes import BASE, Route
from hanse.twin.edge.speaking import answered, listen, received, tenant_header
from hanse.twin.history.periods import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from hanse.twin.edge.http import Request
    from hanse.twin.edge.world import World

Json = Any
PATH: Final = f"{BASE}/entityMaps"
HEADER: Final = "NGSILD-EntityMap"
LIFETIME: Final = timedelta(minutes=30)
LONGEST_LIFETIME: Final = timedelta(days=1)
_PORTION: Final = 50  # ids in one request, so that its URL stays short


def is_asked(request: Request) -> bool:
    """Whether a request asks for the map of its query, or gives one. Raises Problem."""
    return boolean(request.parameters, "entityMap") or request.headers.get(HEADER.lower()) is not None


def given(world: World, request: Request) -> EntityMap | None:
    """The map that a request gives; None when there is none, or it has expired: a new one is made then."""
    location = request.headers.get(HEADER.lower())
    return _at(world, request, location) if location else None


def kept_at(world: World, request: Request, location: str) -> EntityMap:
    """The map at a location. Raises Problem: ResourceNotFound."""
    kept = _at(world, request, location)
    if kept is None:
        raise not_found(f"entity map at {location}")
    return kept


def _at(world: World, request: Request, location: str) -> EntityMap | None:
    name = location.rstrip("/").rpartition("/")[2]
    return _shelf(world, request).get(name, world.clock.now())


def header(
    world: World, request: Request, kept: EntityMap | None, origins: Mapping[str, Sequence[str]]
) -> tuple[str, str]:
    """Where the map of a query is; without one, it is made of `origins`. Raises Problem."""
    if kept is None:
        now = world.clock.now()
        identifier = f"urn:ngsi-ld:EntityMap:{new_id(world.clock)}"
        kept = EntityMap(identifier, timestamp(now + _lifetime(request)), dict(origins))
        _shelf(world, request).put(kept, now)
    return HEADER, f"{PATH}/{kept.id}"


def put(world: World, request: Request, kept: EntityMap) -> None:
    """Keeps a changed map."""
    _shelf(world, request).put(kept, world.clock.now())


def _shelf(world: World, request: Request) -> EntityMaps:
    store = world.store(request)
    return EntityMaps(store.backend.database, store.tenant)


def _lifetime(request: Request) -> timedelta:
    """How long a map is kept: as asked, within limits (table 6.4.3.2-1). Raises Problem."""
    text = request.parameters.get("entityMapLifetime")
    if text is None:
        return LIFETIME
    try:
        asked = duration(text, "entityMapLifetime")
    except InvalidInputError as error:
        raise bad_data(error.message) from None
    if asked.endless:
        raise bad_data("entityMapLifetime must be above zero")
    if asked.months or asked.days:
        return LONGEST_LIFETIME
    return min(LONGEST_LIFETIME, timedelta(microseconds=min(asked.micros, 86_400_000_000)))


def portions(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Ids in as many requests as they need."""
    for start in range(0, len(ids), _PORTION):
        yield ids[start : start + _PORTION]


def retrieve(world: World, request: Request) -> Answer:
    """Retrieve a map (clause 5.14.1)."""
    return answered(world, request, listen(world, request), document(_existing(world, request)))


def document(kept: EntityMap) -> dict[str, Json]:
    """A map as it is answered (clause 5.2.39)."""
    return {"id": kept.id, "type": "EntityMap", "expiresAt": kept.expires, "entityMap": dict(kept.entities)}


def update(world: World, request: Request) -> Answer:
    """Update a map (clause 5.14.2): when it expires; its other members are the system's, and left out."""
    kept = _existing(world, request)
    fragment, _ = received(world, request, merge_patch=True)
    now = world.clock.now()
    if "expiresAt" in fragment:
        try:
            wished = parse_timestamp(str(fragment["expiresAt"]))
        except ValueError as error:
            raise bad_data(f"expiresAt: {error}") from None
        expires = min(wished, now + LONGEST_LIFETIME)
        _shelf(world, request).put(EntityMap(kept.id, timestamp(expires), kept.entities), now)
    return Answer(204, headers=tenant_header(request))


def delete(world: World, request: Request) -> Answer:
    """Delete a map (clause 5.14.3)."""
    identifier = uri_of(request.values["id"])
    if not _shelf(world, request).delete(identifier, world.clock.now()):
        raise not_found(f"entity map {identifier}")
    return Answer(204, headers=tenant_header(request))


def _existing(world: World, request: Request) -> EntityMap:
    identifier = uri_of(request.values["id"])
    kept = _shelf(world, request).get(identifier, world.clock.now())
    if kept is None:
        raise not_found(f"entity map {identifier}")
    return kept


ROUTES: Final = (
    Route(
        f"{PATH}/{{id}}",
        {"GET": retrieve, "PATCH": update, "DELETE": delete},
        {"GET": LOCAL, "PATCH": LOCAL, "DELETE": LOCAL},
    ),
)
