# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Subscriptions over HTTP: to entities (CIM 009 clauses 5.8, 6.10, 6.11) and to registrations (5.11, 6.12, 6.13)."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from hanse.kernel.clock import timestamp
from hanse.kernel.ids import new_id
from hanse.twin.adapters.subscriptions import SubscriptionShelf
from hanse.twin.edge.http import Answer
from hanse.twin.edge.paging import PAGING, page_of
from hanse.twin.edge.parameters import LOCAL, options_of, uri_of
from hanse.twin.edge.problems import Kind, Problem, not_found
from hanse.twin.edge.routes import BASE, Route
from hanse.twin.edge.speaking import answered, listen, received, tenant_header
from hanse.twin.subscriptions import documents
from hanse.twin.subscriptions.engine import following, renewed
from hanse.twin.subscriptions.images import ENTITIES, REGISTRATIONS
from hanse.twin.subscriptions.members import Scope
from hanse.twin.subscriptions.model import Kept, State
from hanse.twin.subscriptions.showing import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hanse.kernel.clock import Clock
    from hanse.twin.edge.http import Request
    from hanse.twin.edge.speaking import Speech
    from hanse.twin.edge.world import World

Json = Any
MAX_SUBSCRIPTIONS: Final = 10_000
_LOOK_S: Final = 0.01
_LOOKS: Final = 30
_PROMPT: Final = timedelta(seconds=2)  # an endpoint that answers later is slow


@dataclass(frozen=True, slots=True)
class Resource:
    """Subscriptions of one kind, under a path."""

    kind: str
    path: str

    def create(self, world: World, request: Request) -> Answer:
        """Create a subscription."""
        document, speech = received(world, request)
        now = world.clock.now()
        identifier = document.get("id")
        if identifier is None:
            identifier = f"urn:ngsi-ld:Subscription:{new_id(world.clock)}"
        uri_of(identifier)
        local = speech.local[0] if isinstance(speech.local, list) and len(speech.local) == 1 else speech.local
        if "jsonldContext" not in document and isinstance(local, list | dict):  # one without a URL of its own
            document = {**document, "jsonldContext": world.contexts.absolute(local, world.base(request))}
        scope = Scope(speech.renaming, now)
        taken = documents.taken({**document, "id": identifier}, speech.local, scope, world.contexts.renaming)
        shelf = self._shelf(world, request, create=True)
        if shelf.count() >= MAX_SUBSCRIPTIONS:
            raise Problem(Kind.TOO_MANY, f"at most {MAX_SUBSCRIPTIONS} subscriptions are kept")
        moment = timestamp(now)
        due = moment if self.kind == REGISTRATIONS else following(taken, now)
        kept = Kept(identifier, taken, moment, moment, state=State(due=due))
        if not shelf.add(kept):
            raise Problem(Kind.ALREADY_EXISTS, f"the subscription {identifier} exists already")
        return Answer(201, headers=(("Location", f"{self.path}/{identifier}"), *tenant_header(request)))

    def retrieve(self, world: World, request: Request) -> Answer:
        """Retrieve a subscription."""
        identifier = uri_of(request.values["id"])
        speech = listen(world, request)
        kept = self._settled(self._shelf(world, request), identifier, world.clock)
        return answered(world, request, speech, self._shown(world, request, speech, kept))

    def query(self, world: World, request: Request) -> Answer:
        """Query subscriptions: a page of them, the oldest first."""
        speech = listen(world, request)
        page = page_of(request.parameters)
        shelf = self._shelf(world, request)
        found = shelf.page(page.offset, page.limit)
        total = shelf.count()
        answer = answered(world, request, speech, [self._shown(world, request, speech, kept) for kept in found])
        following = page.end if page.end < total else None
        headers = page.headers(request, request.parameters, following, total, speech.media)
        return replace(answer, headers=(*headers, *answer.headers))

    def update(self, world: World, request: Request) -> Answer:
        """Update a subscription with a fragment."""
        identifier = uri_of(request.values["id"])
        fragment, speech = received(world, request, merge_patch=True)
        shelf = self._shelf(world, request)
        kept = self._existing(shelf, identifier)
        now = world.clock.now()
        scope = Scope(speech.renaming, now)
        document = documents.changed(kept.document, fragment, speech.local, scope, world.contexts.renaming)
        new = renewed(kept, document, now)
        if self.kind == REGISTRATIONS:  # told anew of all that matches (clause 5.11.7)
            new = replace(new, state=replace(new.state, due=new.modified))
        shelf.replace(new)
        return Answer(204, headers=tenant_header(request))

    def delete(self, world: World, request: Request) -> Answer:
        """Delete a subscription."""
        identifier = uri_of(request.values["id"])
        if not self._shelf(world, request).delete(identifier):
            raise not_found(f"subscription {identifier}")
        return Answer(204, headers=tenant_header(request))

    def _shelf(self, world: World, request: Request, *, create: bool = False) -> SubscriptionShelf:
        store = world.store(request, create=create)
        if create:
            world.settled(store)
        return SubscriptionShelf(store.backend.database, store.tenant, self.kind)

    @staticmethod
    def _existing(shelf: SubscriptionShelf, identifier: str) -> Kept:
        kept = shelf.get(identifier)
        if kept is None:
            raise not_found(f"subscription {identifier}")
        return kept

    def _settled(self, shelf: SubscriptionShelf, identifier: str, clock: Clock) -> Kept:
        """A subscription, with how what was sent just now went, if that is known in a moment.

        Who took a notification and asks at once is told so. Nobody waits for an endpoint that failed before, nor for
        one that is slow to answer; the process that sent may have been killed.
        """
        kept, looks = self._existing(shelf, identifier), 0
        while looks < _LOOKS and _just_sent(kept.state, clock.now()):
            time.sleep(_LOOK_S)
            kept, looks = self._existing(shelf, identifier), looks + 1
        return kept

    def _shown(self, world: World, request: Request, speech: Speech, kept: Kept) -> Mapping[str, Json]:
        now, contexts = world.clock.now(), world.contexts
        document = shown(kept, self.kind, speech.renaming, now, contexts.renaming)
        if options_of(request.parameters, speech.renaming).sys_attrs:
            document |= {"createdAt": kept.created, "modifiedAt": kept.modified}
        return document

    def routes(self) -> tuple[Route, ...]:
        """Its routes."""
        one = {"GET": self.retrieve, "PATCH": self.update, "DELETE": self.delete}
        some = {"GET": self.query, "POST": self.create}
        return (
            Route(
                f"{self.path}/{{id}}",
                one,
                {"GET": LOCAL | {"options"}, "PATCH": LOCAL, "DELETE": LOCAL},
                scopes={"GET": "twin:read", "PATCH": "twin:write", "DELETE": "twin:write"},
            ),
            Route(self.path, some, {"GET": LOCAL | PAGING | {"options"}, "POST": LOCAL}),
        )


def _just_sent(state: State, now: datetime) -> bool:
    """Whether it is about to be known how a notification went."""
    return state.under_way and not state.streak and now - datetime.fromisoformat(state.last) < _PROMPT


SUBSCRIPTIONS: Final = Resource(ENTITIES, f"{BASE}/subscriptions")
REGISTRATION_SUBSCRIPTIONS: Final = Resource(REGISTRATIONS, f"{BASE}/csourceSubscriptions")
ROUTES: Final = (*SUBSCRIPTIONS.routes(), *REGISTRATION_SUBSCRIPTIONS.routes())
