# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Context source registrations over HTTP (CIM 009 clauses 5.9, 5.10, 6.8 and 6.9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hanse import query as languages
from hanse.kernel.ids import new_id
from hanse.ngsild import parse_names
from hanse.twin.adapters.registrations import RegistrationShelf
from hanse.twin.edge.http import Answer
from hanse.twin.edge.parameters import LOCAL, PAGING, options_of, paging
from hanse.twin.edge.problems import Kind, Problem, bad_data, not_found
from hanse.twin.edge.routes import BASE, Route
from hanse.twin.edge.speaking import answered, listen, received, tenant_header
from hanse.twin.edge.subscriptions import page_links, uri_of
from hanse.twin.registrations import documents
from hanse.twin.registrations.matching import Wanted, conflicts, expired, in_time, matching, properties
from hanse.twin.subscriptions.members import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.jsonld import Renaming
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
        "timeAt", "endTimeAt", "timeproperty", "scopeQ", "lang", "geometryProperty",
    }
)  # fmt: skip
_NARROWING: Final = frozenset({"id", "type", "idPattern", "attrs", "q", "csf", "georel", "timerel", "scopeQ"})


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
    others = shelf.all()
    if len(others) >= MAX_REGISTRATIONS:
        raise Problem(Kind.TOO_MANY, f"at most {MAX_REGISTRATIONS} registrations are kept")
    _refuse_conflict(taken, others)
    if not shelf.add(identifier, taken, now):
        raise Problem(Kind.ALREADY_EXISTS, f"the registration {identifier} exists already")
    return Answer(201, headers=(("Location", f"{PATH}/{identifier}"), *tenant_header(request)))


def _refuse_conflict(document: Mapping[str, Json], others: list[Registration]) -> None:
    found = conflicts(document, (other.document for other in others if other.id != document["id"]))
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
    _refuse_conflict(document, shelf.all())
    shelf.replace(identifier, document, now)
    return Answer(204, headers=tenant_header(request))


def delete(world: World, request: Request) -> Answer:
    """Delete a registration."""
    identifier = uri_of(request.values["id"])
    if not shelf_of(world, request).delete(identifier, world.clock.now()):
        raise not_found(f"registration {identifier}")
    return Answer(204, headers=tenant_header(request))


def query(world: World, request: Request) -> Answer:
    """Query registrations (clause 5.10.2)."""
    speech = listen(world, request)
    parameters = {name: value for name, value in request.parameters.items() if value}
    if not parameters.keys() & _NARROWING:
        raise bad_data("give a type or attrs: which registrations are meant?")
    limit, offset, count = paging(parameters)
    wanted = wanted_by(parameters, speech.renaming)
    condition, window = _conditions(parameters, speech.renaming)
    now = world.clock.now()
    found = [
        kept
        for kept in shelf_of(world, request).all()
        if not expired(kept.document, now)
        and in_time(kept.document, window)
        and matching(kept.document, wanted)
        and all(languages.matches(each, properties(kept.document)) for each in condition)
    ]
    page = [_shown(request, speech, kept) for kept in found[offset : offset + limit]]
    answer = answered(world, request, speech, page)
    more = page_links(request, speech, limit, offset, len(found))
    if count:
        more.append(("NGSILD-Results-Count", str(len(found))))
    return Answer(answer.status, answer.body, answer.media, (*more, *answer.headers))


def wanted_by(parameters: Mapping[str, str], renaming: Renaming) -> Wanted:
    """What parameters ask for. Raises QueryError or BadRequestDataError."""
    ids, pattern = parameters.get("id"), parameters.get("idPattern")
    types = parameters.get("type")
    if pattern is not None:
        languages.parse_id_pattern(pattern)
    return Wanted(
        ids=languages.parse_ids(ids).ids if ids else None,
        pattern=pattern,
        types=languages.parse_types(types, renaming.inward) if types and types != "*" else None,
        attributes=parse_names(parameters.get("attrs"), renaming),
    )


def _conditions(
    parameters: Mapping[str, str], renaming: Renaming
) -> tuple[list[languages.Predicate], languages.TimeWindow | None]:
    found: list[languages.Predicate] = []
    found += [languages.parse_q(parameters[name], renaming.inward) for name in ("q", "csf") if name in parameters]
    if "scopeQ" in parameters:
        found.append(languages.parse_scope_q(parameters["scopeQ"]))
    if parameters.keys() & {"georel", "geometry", "coordinates"}:
        georel, geometry, coordinates = (parameters.get(name, "") for name in ("georel", "geometry", "coordinates"))
        place = parameters.get("geoproperty", "location")
        found.append(languages.parse_geo(georel, geometry, coordinates, place, renaming.inward))
    window = None
    if "timerel" in parameters:
        window = languages.parse_temporal(
            parameters["timerel"],
            parameters.get("timeAt", ""),
            parameters.get("endTimeAt"),
            parameters.get("timeproperty", "observedAt"),
        )
    return found, window


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
