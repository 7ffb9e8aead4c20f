# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
"""Changes as they are written, followed by whoever asks: what the twin wrote, in order, from a place in its feed."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hanse.api.twin.v1 import twin_pb2 as pb
from hanse.api.types.v1 import types_pb2 as types
from hanse.kernel.errors import PreconditionError, UnavailableError, invalid
from hanse.query.model import And, Ids

if TYPE_CHECKING:
    from collections.abc import Iterator
    from threading import Event

    import grpc

    from hanse.twin.model import Changed, Query
    from hanse.twin.search import Search

LOOK_S = 0.1
QUIET_S = 30.0
BATCH = 500
_LARGEST = 2**63 - 1  # position that a store has room for
_STATES = {
    "created": pb.SubscribeEntitiesResponse.CHANGE_CREATED,
    "replaced": pb.SubscribeEntitiesResponse.CHANGE_REPLACED,
    "deleted": pb.SubscribeEntitiesResponse.CHANGE_DELETED,
}
_NOT_FOLLOWED = ("page_size", "page_token", "order_by", "as_of", "scenario")


@dataclass(frozen=True, slots=True)
class ChangeFeed:
    """The twin's feed of changes; who follows it is let go when `stopping` is set."""

    search: Search
    stopping: Event

    def follow(
        self, request: pb.SubscribeEntitiesRequest, query: Query, context: grpc.ServicerContext
    ) -> Iterator[pb.SubscribeEntitiesResponse]:
        """What changes of the entities that `query` finds, until the caller ends it; a sign of life every 30 s.

        Raises:
            InvalidInputError: the query asks for what a feed has not, or the cursor is none.
            PreconditionError: the cursor lies before what the feed still holds.
            UnavailableError: the twin stops.
        """
        for name in _NOT_FOLLOWED:
            if getattr(request.query, name):
                raise invalid(f"query.{name}", "has no meaning in a subscription")
        if query.nearest is not None:
            raise invalid("query.nearest", "has no meaning in a subscription")
        position = self._start(request.cursor)
        spoken = time.monotonic()
        while context.is_active():
            some = self.search.store.changes(position, BATCH)
            for change in some:
                position = change.position
                told = self._told(change, request, query)
                if told is not None:
                    spoken = time.monotonic()
                    yield told
            if not some:
                if time.monotonic() - spoken > QUIET_S:
                    spoken = time.monotonic()
                    yield pb.SubscribeEntitiesResponse(
                        change=pb.SubscribeEntitiesResponse.CHANGE_NONE, cursor=str(position)
                    )
                if self.stopping.wait(LOOK_S):
                    raise UnavailableError("the twin is stopping", remedy="Subscribe again, with the last cursor.")

    def _start(self, cursor: str) -> int:
        if not cursor:
            return self.search.store.last_change()
        decimal = cursor.isascii() and cursor.isdecimal() and len(cursor) <= len(str(_LARGEST))
        if not decimal or (position := int(cursor)) > _LARGEST:
            raise invalid("cursor", "was not given by this service", reason="TOKEN_MALFORMED")
        if position + 1 < self.search.store.first_change():
            raise PreconditionError(
                "what changed after this cursor is no longer kept",
                remedy="Query the entities anew, then subscribe without a cursor.",
                reason="STATE_CHANGED",
            )
        return position

    def _told(
        self, change: Changed, request: pb.SubscribeEntitiesRequest, query: Query
    ) -> pb.SubscribeEntitiesResponse | None:
        """A change as it is told, None when the query does not mean it; what is gone is told by its type alone."""
        told = pb.SubscribeEntitiesResponse(
            change=_STATES[change.outcome],
            id=change.id,
            type=change.type,
            time=change.time,
            cursor=str(change.position),
        )
        if change.outcome == "deleted":
            return told if query.type in ("", change.type) else None
        wanted = narrowed(query, change.id)
        found = next(self.search.matching(wanted), None)
        if found is None:
            return None
        if request.with_entities:
            told.entity.CopyFrom(types.Entity.FromString(found.wire))
        return told


def narrowed(query: Query, entity_id: str) -> Query:
    """The query for one entity only."""
    own = Ids(frozenset({entity_id}))
    return replace(query, condition=own if query.condition is None else And((own, query.condition)))
