# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Context source registrations over HTTP (CIM 009 clauses 5.9, 5.10, 6.8 and 6.9)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from hanse import ngsild
from hanse import query as languages
from hanse.kernel.ids import new_id
from hanse.twin.adapters.registrations import RegistrationShelf
from hanse.twin.edge.http import Answer
from hanse.twin.edge.paging import PAGING, page_of
from hanse.twin.edge.parameters import LOCAL, options_of, uri_of
from hanse.twin.edge.problems import Kind, Problem, bad_data, not_found
from hanse.twin.edge.routes import BASE, Route
from hanse.twin.edge.speaking import answered, listen, received, tenant_header
from hanse.twin.registrations import documents
from hanse.twin.registrations.describing import described
from hanse.twin.registrations.matching import Wanted, conflicts, expired, in_time, matching
from hanse.twin.subscriptions.members import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from hanse.jsonld import Renaming
    from hanse.query.model import Near, Spatial
    from hanse.twin.edge.http import Request
    from hanse.twin.edge.speaking import Speech
    from hanse.twin.edge.world import World
    from hanse.twin.registrations.model import Registration

Json = Any
PATH: Final = f"{BASE}/csourceRegistrations"
MAX_REGISTRATIONS: Final = 10_000
_SELECTION: Final = frozenset(
    {
        "id", "type", "idPattern", "attrs", "q", "csf", "georel", "geometry", "coordinates", "geoproperty", "timerel",
        "timeAt", "endTimeAt", "timeproperty", "scopeQ", "lang", "geometryProperty", "pick", "omit", "datasetId",
    }
)  # fmt: skip
_GEO: Final = frozenset({"georel", "geometry", "coordinates"})
_NARROWING: Final = frozenset({"type", "attrs", "q"}) | _GEO
_NO_ATTRIBUTES: Final = frozenset({"id", "type", "scope", "observedAt", "createdAt", "modifiedAt", "deletedAt"})


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for: entities and attributes, and what is said of sources (clause 5.10.2)."""

    wanted: Wanted
    conditions: list[languages.Predicate]
    place: Near | Spatial | None
    window: languages.TimeWindow | None

    def finds(self, document: Mapping[str, Json]) -> bool:
        """Whether a registration matches."""
        timely = in_time(document, self.window)
        return timely and described(document, self.conditions, self.place) and bool(matching(document, self.wanted))


def shelf_of(world: World, request: Request, *, create: bool = False) -> RegistrationShelf:
    """The registrations of a request's tenant. Raises Problem."""
    store = world.store(request, create=create)
    if create:
        world.settled(store)
    return RegistrationShelf(store.backend.database, store.tenant)


def create(world: World, request: Request) -> Answer:
    """Register a context source."""
    document, speech = received(world, request)
    now = world.clock.now()
    identifier = document.get("id")
    if identifier is None:
        identifier = f"urn:ngsi-ld:ContextSourceRegistration:{new_id(world.clock)}"
    uri_of(identifier)
    taken = documents.taken({**document, "id": identifier}, Scope(speech.renaming, now))
    shelf = shelf_of(world, request, create=True)
    others = shelf.documents()
    if len(others) >= MAX_REGISTRATIONS:
        raise Problem(Kind.TOO_MANY, f"at most {MAX_REGISTRATIONS} registrations are kept")
    _refuse_conflict(taken, others, now)
    if not shelf.add(identifier, taken, now):
        raise Problem(Kind.ALREADY_EXISTS, f"the registration {identifier} exists already")
    return Answer(201, headers=(("Location", f"{PATH}/{identifier}"), *tenant_header(request)))


def _refuse_conflict(document: Mapping[str, Json], others: Sequence[Registration], now: datetime) -> None:
    standing = (other.document for other in others if not expired(other.document, now))
    found = conflicts(document, (other for other in standing if other["id"] != document["id"]))
    if found is not None:
        raise Problem(Kind.CONFLICT, f"entities and attributes of it are those of registration {found} alone")


def retrieve(world: World, request: Request) -> Answer:
    """Retrieve a registration."""
    identifier = uri_of(request.values["id"])
    speech = listen(world, request)
    kept = _existing(shelf_of(world, request), identifier)
    return answered(world, request, speech, _shown(request, speech, kept))


def update(world: World, request: Request) -> Answer:
    """Update a registration with a fragment."""
    identifier = uri_of(request.values["id"])
    fragment, speech = received(world, request, merge_patch=True)
    shelf = shelf_of(world, request)
    kept = _existing(shelf, identifier)
    now = world.clock.now()
    document = documents.changed(kept.document, fragment, Scope(speech.renaming, now))
    _refuse_conflict(document, shelf.documents(), now)
    shelf.replace(identifier, document, now)
    return Answer(204, headers=tenant_header(request))


def delete(world: World, request: Request) -> Answer:
    """Delete a registration."""
    identifier = uri_of(request.values["id"])
    if not shelf_of(world, request).delete(identifier, world.clock.now()):
        raise not_found(f"registration {identifier}")
    return Answer(204, headers=tenant_header(request))


def query(world: World, request: Request) -> Answer:
    """Query registrations (clause 5.10.2); each is answered whole, with information that was not asked for, too."""
    speech = listen(world, request)
    parameters = {name: value for name, value in request.parameters.items() if value}
    if not parameters.keys() & _NARROWING:
        raise bad_data("the query is too wide: give a type, attrs, q or georel (clause 5.10.2.4)")
    page = page_of(parameters)
    search = search_by(parameters, speech.renaming)
    now = world.clock.now()
    shelf = shelf_of(world, request)
    found = [kept for kept in shelf.documents() if not expired(kept.document, now) and search.finds(kept.document)]
    shown = [_shown(request, speech, kept) for kept in shelf.with_health(found[page.offset : page.end])]
    answer = answered(world, request, speech, shown)
    following = page.end if page.end < len(found) else None
    headers = page.headers(request, request.parameters, following, len(found), speech.media)
    return replace(answer, headers=(*headers, *answer.headers))


def search_by(parameters: Mapping[str, str], renaming: Renaming) -> Search:
    """What parameters ask for; attributes of q and of the geoquery count as named. Raises QueryError, NgsiLdError."""
    ids, pattern, types = (parameters.get(name) for name in ("id", "idPattern", "type"))
    if pattern is not None:
        languages.parse_id_pattern(pattern)
    named = set(ngsild.parse_names(parameters.get("attrs"), renaming) or ())
    pick = ngsild.parse_projection(parameters.get("pick"), renaming, "pick")
    ngsild.parse_projection(parameters.get("omit"), renaming, "omit")  # leaves no source out
    named |= set(pick.members) if pick is not None else set()
    if "q" in parameters:
        named |= languages.subjects(languages.parse_q(parameters["q"], renaming.inward))
    conditions = [languages.parse_q(parameters["csf"], renaming.inward)] if "csf" in parameters else []
    if "scopeQ" in parameters:
        conditions.append(languages.parse_scope_q(parameters["scopeQ"]))
    place = None
    if parameters.keys() & _GEO:
        georel, geometry, coordinates = (parameters.get(name, "") for name in ("georel", "geometry", "coordinates"))
        property_ = parameters.get("geoproperty", "location")
        place = languages.parse_geo(georel, geometry, coordinates, property_, renaming.inward)
        named |= languages.subjects(place)
    wanted = Wanted(
        ids=languages.parse_ids(ids).ids if ids else None,
        pattern=pattern,
        types=languages.parse_types(types, renaming.inward) if types and types != "*" else None,
        attributes=frozenset(named - _NO_ATTRIBUTES) or None,
        datasets=ngsild.parse_datasets(parameters.get("datasetId")),
    )
    return Search(wanted, conditions, place, _window(parameters))


def _window(parameters: Mapping[str, str]) -> languages.TimeWindow | None:
    if "timerel" not in parameters:
        return None
    asked, end = parameters.get("timeproperty", "observedAt"), parameters.get("endTimeAt")
    return languages.parse_temporal(parameters["timerel"], parameters.get("timeAt", ""), end, asked)


def _existing(shelf: RegistrationShelf, identifier: str) -> Registration:
    kept = shelf.get(identifier)
    if kept is None:
        raise not_found(f"registration {identifier}")
    return kept


def _shown(request: Request, speech: Speech, kept: Registration) -> dict[str, Json]:
    document = documents.shown(kept, speech.renaming)
    if options_of(
        {name: value for name, value in request.parameters.items() if name == "options"}, speech.renaming
    ).sys_attrs:
        document |= {"createdAt": kept.created, "modifiedAt": kept.modified}
    return document


ROUTES: Final = (
    Route(
        f"{PATH}/{{id}}",
        {"GET": retrieve, "PATCH": update, "DELETE": delete},
        {"GET": LOCAL | {"options"}, "PATCH": LOCAL, "DELETE": LOCAL},
    ),
    Route(
        PATH,
        {"GET": query, "POST": create},
        {"GET": _SELECTION | PAGING | LOCAL | {"options"}, "POST": LOCAL},
    ),
)
